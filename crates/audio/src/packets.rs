//! Packets to samples: every container and codec that symphonia reads.

use std::fs::File;

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_AC3, CODEC_ID_ADPCM_IMA_QT, CODEC_ID_ALAC, CODEC_ID_DCA, CODEC_ID_EAC3,
    CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_OPUS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32BE,
    CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_MULAW, CODEC_ID_SPEEX,
    CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoderOptions, CODEC_ID_NULL_AUDIO,
};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{MetadataOptions, RawValue, StandardTag, Tag};

use crate::{Container, SampleFormat};

/// What came out of a stream.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) sample_rate_hz: u32,
    pub(crate) channels: Vec<Vec<f32>>,
    pub(crate) sample_format: Option<SampleFormat>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) warnings: Vec<String>,
}

/// Why nothing came out of a stream.
#[derive(Debug)]
pub(crate) enum PacketError {
    Io(std::io::Error),
    Damaged(String),
    Unsupported(String),
}

/// The longest stretch of silence put in for one packet that cannot be decoded, in samples: no codec here has longer ones.
const MAX_PACKET_SAMPLES: u64 = 65_536;

/// Decodes the first audio track of `file`.
pub(crate) fn decode(file: File, container: Container) -> Result<Decoded, PacketError> {
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut hint = Hint::new();
    hint.with_extension(match container {
        Container::Wav => "wav",
        Container::Flac => "flac",
        Container::Aiff => "aiff",
        Container::Mp3 => "mp3",
        Container::Ogg => "ogg",
        Container::Mp4 => "m4a",
        Container::Adts => "aac",
    });
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| failure(error, "its header cannot be understood"))?;
    let (track_id, parameters, promised) = audio_track(format.as_ref(), container)?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|error| match error {
            Error::Unsupported(found) => PacketError::Unsupported(codec_name(parameters.codec).map_or_else(
                || format!("{container} audio of a codec not supported ({found})"),
                |name| format!("{name} audio"),
            )),
            other => failure(other, "its codec cannot be set up"),
        })?;

    let mut decoded = Decoded { sample_rate_hz: parameters.sample_rate.unwrap_or(0), ..Decoded::default() };
    let mut planes: Vec<Vec<f32>> = Vec::new();
    let mut damaged_packets = 0usize;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // A new stream chained behind the first: another recording.
            Err(Error::ResetRequired) => {
                decoded
                    .warnings
                    .push("a second stream follows the first in this file and is left out".into());
                break;
            }
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(Error::IoError(error)) => return Err(PacketError::Io(error)),
            Err(error) => {
                decoded.warnings.push(format!("the stream ends early: {error}"));
                break;
            }
        };
        if packet.track_id != track_id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(buffer) => {
                let spec = buffer.spec();
                if decoded.channels.is_empty() {
                    decoded.sample_rate_hz = spec.rate();
                    decoded.channels = vec![Vec::new(); buffer.num_planes()];
                } else if spec.rate() != decoded.sample_rate_hz
                    || buffer.num_planes() != decoded.channels.len()
                {
                    decoded.warnings.push(format!(
                        "from {:.3} s on the stream has another rate or other channels, and is left out",
                        decoded.channels[0].len() as f64 / f64::from(decoded.sample_rate_hz.max(1))
                    ));
                    break;
                }
                buffer.copy_to_vecs_planar(&mut planes);
                for (channel, plane) in decoded.channels.iter_mut().zip(&planes) {
                    channel.extend_from_slice(plane);
                }
            }
            Err(Error::DecodeError(_)) => {
                damaged_packets += 1;
                // Silence in its place keeps all that follows at its time.
                let silence = packet.dur.get().min(MAX_PACKET_SAMPLES) as usize;
                for channel in &mut decoded.channels {
                    channel.resize(channel.len() + silence, 0.0);
                }
            }
            Err(error) => return Err(failure(error, "its sound cannot be decoded")),
        }
    }
    if damaged_packets > 0 {
        decoded.warnings.push(format!("{damaged_packets} damaged packets are replaced by silence"));
    }
    let found = decoded.channels.first().map_or(0, Vec::len) as u64;
    if let Some(promised) = promised.filter(|promised| found < *promised) {
        decoded.warnings.push(format!(
            "the file is cut short: its header promises {promised} samples a channel and {found} are there"
        ));
    }
    decoded.sample_format = Some(sample_format(&parameters));
    decoded.tags = tags(format.as_mut());
    Ok(decoded)
}

/// The track to decode, its parameters, and how many samples a channel its header promises.
fn audio_track(
    format: &dyn FormatReader,
    container: Container,
) -> Result<(u32, AudioCodecParameters, Option<u64>), PacketError> {
    let track =
        format.default_track(TrackType::Audio).or_else(|| format.first_track(TrackType::Audio)).ok_or_else(
            || PacketError::Unsupported(format!("{container} without an audio track of a known codec")),
        )?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio())
        .filter(|parameters| parameters.codec != CODEC_ID_NULL_AUDIO)
        .ok_or_else(|| PacketError::Unsupported(format!("{container} with a codec it does not know")))?;
    // Other containers give estimates, or count what is trimmed later.
    let is_exact = matches!(container, Container::Flac | Container::Aiff);
    Ok((track.id, parameters.clone(), track.num_frames.filter(|_| is_exact)))
}

/// The depth that the codec keeps.
fn sample_format(parameters: &AudioCodecParameters) -> SampleFormat {
    use symphonia::core::audio::sample::SampleFormat as Stored;
    match parameters.codec {
        CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3 | CODEC_ID_VORBIS | CODEC_ID_AAC => {
            return SampleFormat::Lossy;
        }
        CODEC_ID_PCM_F32BE | CODEC_ID_PCM_F32LE => return SampleFormat::Float32,
        CODEC_ID_PCM_F64BE | CODEC_ID_PCM_F64LE => return SampleFormat::Float64,
        CODEC_ID_PCM_ALAW | CODEC_ID_PCM_MULAW => return SampleFormat::Int16,
        _ => {}
    }
    // The decoder's configuration says it (ALACSpecificConfig: frame length, version, bit depth).
    let alac_bits = parameters
        .extra_data
        .as_ref()
        .filter(|_| parameters.codec == CODEC_ID_ALAC)
        .and_then(|config| config.get(5).copied())
        .map(u32::from);
    match (alac_bits.or(parameters.bits_per_sample), parameters.sample_format) {
        (Some(bits), _) => SampleFormat::of_integer_bits(bits),
        (None, Some(Stored::U8 | Stored::S8)) => SampleFormat::Int8,
        (None, Some(Stored::U16 | Stored::S16)) => SampleFormat::Int16,
        (None, Some(Stored::F32)) => SampleFormat::Float32,
        (None, Some(Stored::F64)) => SampleFormat::Float64,
        (None, Some(Stored::U32 | Stored::S32)) => SampleFormat::Int32,
        (None, _) => SampleFormat::Int24,
    }
}

/// Codecs that are known by name and not decoded.
fn codec_name(codec: AudioCodecId) -> Option<&'static str> {
    Some(match codec {
        CODEC_ID_OPUS => "Opus",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_AC3 => "Dolby AC-3",
        CODEC_ID_EAC3 => "Dolby E-AC-3",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_AAC => "AAC (other than low complexity)",
        CODEC_ID_ADPCM_IMA_QT => "IMA ADPCM",
        _ => return None,
    })
}

fn failure(error: Error, what: &str) -> PacketError {
    match error {
        Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PacketError::Damaged(format!("{what}: the file ends too soon"))
        }
        Error::IoError(error) => PacketError::Io(error),
        Error::Unsupported(found) => {
            PacketError::Unsupported(format!("audio of a kind not supported ({found})"))
        }
        other => PacketError::Damaged(format!("{what}: {other}")),
    }
}

/// All tags under Vorbis comment names, in the order of the file, without repetitions.
fn tags(format: &mut dyn FormatReader) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut metadata = format.metadata();
    loop {
        for tag in metadata.current().into_iter().flat_map(|revision| {
            revision.media.tags.iter().chain(revision.per_track.iter().flat_map(|track| &track.metadata.tags))
        }) {
            let Some(value) = value_of(tag) else { continue };
            let entry = (name_of(tag), value);
            if !entry.0.is_empty() && !entry.1.trim().is_empty() && !found.contains(&entry) {
                found.push(entry);
            }
        }
        if metadata.pop().is_none() {
            return found;
        }
    }
}

/// The tag's text; none for pictures and other bytes.
fn value_of(tag: &Tag) -> Option<String> {
    // One field `7/13` comes as two tags, number and total, both with the whole of it.
    if let Some(
        StandardTag::TrackNumber(n)
        | StandardTag::TrackTotal(n)
        | StandardTag::DiscNumber(n)
        | StandardTag::DiscTotal(n),
    ) = tag.std
    {
        return Some(n.to_string());
    }
    Some(match &tag.raw.value {
        RawValue::String(text) => text.to_string(),
        RawValue::StringList(list) => list.join("; "),
        RawValue::Boolean(value) => u8::from(*value).to_string(),
        RawValue::Float(value) => value.to_string(),
        RawValue::SignedInt(value) => value.to_string(),
        RawValue::UnsignedInt(value) => value.to_string(),
        _ => return None,
    })
}

/// The Vorbis comment name of a tag.
fn name_of(tag: &Tag) -> String {
    let known = match tag.std.as_ref() {
        Some(StandardTag::TrackTitle(_)) => "TITLE",
        Some(StandardTag::Artist(_)) => "ARTIST",
        Some(StandardTag::AlbumArtist(_)) => "ALBUMARTIST",
        Some(StandardTag::Album(_)) => "ALBUM",
        Some(StandardTag::Composer(_)) => "COMPOSER",
        Some(StandardTag::Lyricist(_)) => "LYRICIST",
        Some(StandardTag::Performer(_)) => "PERFORMER",
        Some(StandardTag::Conductor(_)) => "CONDUCTOR",
        Some(StandardTag::Genre(_)) => "GENRE",
        Some(StandardTag::Comment(_)) => "COMMENT",
        Some(StandardTag::Copyright(_)) => "COPYRIGHT",
        Some(StandardTag::Description(_)) => "DESCRIPTION",
        Some(StandardTag::TrackNumber(_)) => "TRACKNUMBER",
        Some(StandardTag::TrackTotal(_)) => "TRACKTOTAL",
        Some(StandardTag::DiscNumber(_)) => "DISCNUMBER",
        Some(StandardTag::DiscTotal(_)) => "DISCTOTAL",
        Some(
            StandardTag::RecordingDate(_)
            | StandardTag::RecordingYear(_)
            | StandardTag::ReleaseDate(_)
            | StandardTag::ReleaseYear(_),
        ) => "DATE",
        Some(StandardTag::Label(_)) => "ORGANIZATION",
        Some(StandardTag::IdentIsrc(_)) => "ISRC",
        Some(StandardTag::IdentCatalogNumber(_)) => "CATALOGNUMBER",
        Some(StandardTag::Language(_)) => "LANGUAGE",
        Some(StandardTag::Encoder(_)) => "ENCODER",
        Some(StandardTag::EncodedBy(_)) => "ENCODED_BY",
        _ => "",
    };
    if known.is_empty() { tag.raw.key.to_uppercase() } else { known.to_owned() }
}
