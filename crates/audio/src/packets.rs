//! Packets to samples: every container and codec that symphonia reads.

use std::panic::{self, AssertUnwindSafe};

use symphonia::core::audio::GenericAudioBufferRef;
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
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::{ChapterGroup, ChapterGroupItem, MetadataOptions, RawValue, StandardTag, Tag};
use symphonia::core::units::TimeBase;

use crate::{Container, Marker, SampleFormat, flac};

/// Takes samples as they come out of a stream: their rate in hertz, and one vector a channel.
pub(crate) type TakeBlock<'a> = dyn FnMut(u32, Vec<Vec<f32>>) + 'a;

/// What came out of a stream beside its samples.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) sample_rate_hz: u32,
    pub(crate) sample_format: Option<SampleFormat>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) markers: Vec<Marker>,
    pub(crate) warnings: Vec<String>,
}

/// Why nothing came out of a stream.
#[derive(Debug)]
pub(crate) enum PacketError {
    Io(std::io::Error),
    Damaged(String),
    Unsupported(String),
}

/// The longest gap in a stream that is taken for damage; beyond, its clock was set, or is damaged itself.
const MAX_GAP_SECS: u64 = 60;

/// Decodes the first audio track of `source`, handed to `take` in blocks of at least `block_frames`; the last may be shorter.
///
/// symphonia panics on some damaged files: a chapter mark with sixty-four decimal places makes it divide by zero (0.6.1).
/// That must not end the program: it is caught here. All that it worked on is dropped with it.
pub(crate) fn decode(
    source: Box<dyn MediaSource>,
    container: Container,
    block_frames: usize,
    take: &mut TakeBlock<'_>,
) -> Result<Decoded, PacketError> {
    let decode = AssertUnwindSafe(|| decode_unguarded(source, container, block_frames, take));
    panic::catch_unwind(decode).unwrap_or_else(|_| {
        Err(PacketError::Damaged("its header or stream makes no sense to the decoder".into()))
    })
}

fn decode_unguarded(
    source: Box<dyn MediaSource>,
    container: Container,
    block_frames: usize,
    take: &mut TakeBlock<'_>,
) -> Result<Decoded, PacketError> {
    let stream = MediaSourceStream::new(source, Default::default());
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
    let AudioTrack { track_id, parameters, time_base, promised } = audio_track(format.as_ref(), container)?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default().verify(container == Container::Flac))
        .map_err(|error| match error {
            Error::Unsupported(found) => PacketError::Unsupported(codec_name(parameters.codec).map_or_else(
                || format!("{container} audio of a codec not supported ({found})"),
                |name| format!("{name} audio"),
            )),
            other => failure(other, "its codec cannot be set up"),
        })?;

    let mut assembly = Assembly::new(container, &parameters, time_base);
    let mut was_behind = false;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // A new stream chained behind the first: another recording.
            Err(Error::ResetRequired) => {
                assembly
                    .decoded
                    .warnings
                    .push("a second stream follows the first in this file and is left out".into());
                break;
            }
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(Error::IoError(error)) => return Err(PacketError::Io(error)),
            Err(error) => {
                assembly.decoded.warnings.push(format!("the stream ends early: {error}"));
                break;
            }
        };
        if packet.track_id != track_id {
            continue;
        }
        let start = i128::from(packet.pts.get()) + i128::from(packet.trim_start.get());
        // What was lost must not be blended with what comes. A decoder that was reset may yield nothing at first.
        let is_behind = assembly.missing_before(start) > 0;
        if is_behind && !was_behind {
            decoder.reset();
        }
        was_behind = is_behind;
        match decoder.decode(&packet) {
            Ok(buffer) => {
                if !assembly.append(start, &buffer) {
                    break;
                }
                assembly.hand_on(block_frames, take);
            }
            Err(Error::DecodeError(_)) => assembly.damaged_packets += 1,
            Err(error) => return Err(failure(error, "its sound cannot be decoded")),
        }
    }
    assembly.hand_on(1, take);
    let matches_checksum = decoder.finalize().verify_ok;
    let mut decoded = assembly.finish(promised, matches_checksum);
    decoded.sample_format = Some(sample_format(&parameters));
    decoded.tags = tags(format.as_mut());
    if let Some(chapters) = format.chapters() {
        push_markers(chapters, decoded.sample_rate_hz, &mut decoded.markers);
        decoded.markers.sort_by_key(|marker| marker.sample);
    }
    Ok(decoded)
}

/// Samples put together at the times that their packets state, so that a lost packet moves nothing behind it.
struct Assembly {
    decoded: Decoded,
    /// What was not handed on yet, and how many samples a channel were.
    channels: Vec<Vec<f32>>,
    handed_on: u64,
    time_base: Option<TimeBase>,
    /// Whether the stream's time begins at 0, so that even its first packet can be missed.
    begins_at_zero: bool,
    /// Time of sample 0, in ticks; none before the first packet.
    origin: Option<i128>,
    planes: Vec<Vec<f32>>,
    filled_samples: u64,
    damaged_packets: u64,
}

impl Assembly {
    fn new(container: Container, parameters: &AudioCodecParameters, time_base: Option<TimeBase>) -> Self {
        Self {
            decoded: Decoded { sample_rate_hz: parameters.sample_rate.unwrap_or(0), ..Decoded::default() },
            channels: Vec::new(),
            handed_on: 0,
            time_base,
            begins_at_zero: container == Container::Flac,
            origin: None,
            planes: Vec::new(),
            filled_samples: 0,
            damaged_packets: 0,
        }
    }

    fn len(&self) -> u64 {
        self.handed_on + self.channels.first().map_or(0, Vec::len) as u64
    }

    /// Lets go of what has come together, where that is `frames` or more.
    fn hand_on(&mut self, frames: usize, take: &mut TakeBlock<'_>) {
        let len = self.channels.first().map_or(0, Vec::len);
        if len >= frames.max(1) {
            self.handed_on += len as u64;
            let empty = vec![Vec::new(); self.channels.len()];
            take(self.decoded.sample_rate_hz, std::mem::replace(&mut self.channels, empty));
        }
    }

    /// How many samples are missing between what is there and a packet that starts at `start` ticks.
    fn missing_before(&self, start: i128) -> u64 {
        let (Some(origin), Some(base)) = (self.origin, self.time_base) else { return 0 };
        let rate = i128::from(self.decoded.sample_rate_hz);
        let (numer, denom) = (i128::from(base.numer.get()), i128::from(base.denom.get()));
        let position = (start - origin).saturating_mul(numer * rate) / denom;
        let missing = u64::try_from(position - i128::from(self.len())).unwrap_or(0);
        // Ticks coarser than a sample cannot show less than a packet's worth.
        let smallest = if numer * rate == denom { 1 } else { self.decoded.sample_rate_hz / 50 };
        if missing < u64::from(smallest) { 0 } else { missing }
    }

    /// Appends a packet's samples at their time; false where the stream has become another.
    fn append(&mut self, start: i128, buffer: &GenericAudioBufferRef<'_>) -> bool {
        let (rate_hz, planes) = (buffer.spec().rate(), buffer.num_planes());
        let len = self.len();
        let decoded = &mut self.decoded;
        if self.channels.is_empty() {
            decoded.sample_rate_hz = rate_hz;
            self.channels = vec![Vec::new(); planes];
        } else if rate_hz != decoded.sample_rate_hz || planes != self.channels.len() {
            decoded.warnings.push(format!(
                "from {:.3} s on the stream has another rate or other channels, and is left out",
                len as f64 / f64::from(decoded.sample_rate_hz.max(1))
            ));
            return false;
        }
        if buffer.frames() == 0 {
            // The first packet of an overlapping transform yields nothing yet.
            return true;
        }
        let longest_gap = u64::from(rate_hz) * MAX_GAP_SECS;
        if self.origin.is_none() {
            let is_near_zero = start >= 0 && (start as u128) < u128::from(longest_gap);
            self.origin = Some(if self.begins_at_zero && is_near_zero { 0 } else { start });
        }
        let missing = self.missing_before(start);
        if missing > longest_gap {
            // No gap but a clock that was set: time goes on from here.
            self.decoded.warnings.push(format!(
                "the stream's clock jumps by {:.1} s at {:.3} s, which is not followed",
                missing as f64 / f64::from(rate_hz),
                self.len() as f64 / f64::from(rate_hz)
            ));
            self.origin = None;
            self.time_base = None;
        } else if missing > 0 {
            self.filled_samples += missing;
            for channel in &mut self.channels {
                channel.resize(channel.len() + missing as usize, 0.0);
            }
        }
        buffer.copy_to_vecs_planar(&mut self.planes);
        for (channel, plane) in self.channels.iter_mut().zip(&self.planes) {
            channel.extend_from_slice(plane);
        }
        true
    }

    /// What came together, with a warning for all that did not.
    fn finish(mut self, promised: Option<u64>, matches_checksum: Option<bool>) -> Decoded {
        let found = self.len();
        let secs = |samples: u64| samples as f64 / f64::from(self.decoded.sample_rate_hz.max(1));
        let warnings = &mut self.decoded.warnings;
        if self.filled_samples > 0 {
            warnings.push(format!(
                "parts of the stream are damaged: {:.3} s of silence stand where they were",
                secs(self.filled_samples)
            ));
        } else if self.damaged_packets > 0 {
            warnings.push(format!(
                "parts of the stream are damaged: {} packets are left out",
                self.damaged_packets
            ));
        }
        if let Some(promised) = promised.filter(|promised| found < *promised) {
            warnings.push(format!(
                "the file is cut short: its header promises {promised} samples a channel and {found} are there"
            ));
        }
        if matches_checksum == Some(false) && warnings.is_empty() {
            warnings.push(
                "the sound does not match the checksum in the file's header: something has changed it".into(),
            );
        }
        self.decoded
    }
}

/// The track that is decoded.
struct AudioTrack {
    track_id: u32,
    parameters: AudioCodecParameters,
    time_base: Option<TimeBase>,
    /// Samples a channel after trimming, where the header states them exactly.
    promised: Option<u64>,
}

fn audio_track(format: &dyn FormatReader, container: Container) -> Result<AudioTrack, PacketError> {
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
    // An MP3 without LAME's tag gives an estimate, and MPEG-4 counts what is trimmed later.
    let is_exact = match container {
        Container::Flac | Container::Aiff => true,
        Container::Mp3 => track.delay.is_some(),
        _ => false,
    };
    Ok(AudioTrack {
        track_id: track.id,
        parameters: parameters.clone(),
        time_base: track.time_base,
        promised: track.num_frames.filter(|_| is_exact),
    })
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
        Error::Unsupported(found) if found.contains("missing moov") => PacketError::Damaged(
            "its index (the moov box) is missing, as where a file was cut short or never finished".into(),
        ),
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

/// The points of a group of chapters and of all groups within it.
fn push_markers(group: &ChapterGroup, rate_hz: u32, markers: &mut Vec<Marker>) {
    for item in &group.items {
        match item {
            ChapterGroupItem::Group(inner) => push_markers(inner, rate_hz, markers),
            ChapterGroupItem::Chapter(chapter) => {
                let named = |wanted: &str| {
                    chapter.tags.iter().find(|tag| tag.raw.key.ends_with(wanted)).and_then(value_of)
                };
                let titled = |tag: &&Tag| {
                    matches!(tag.std, Some(StandardTag::ChapterTitle(_) | StandardTag::TrackTitle(_)))
                };
                let label = chapter.tags.iter().find(titled).and_then(value_of).unwrap_or_default();
                let sample = named("SAMPLE").and_then(|value| value.parse().ok());
                markers.push(flac::point_of_chapter(
                    chapter.start_time.as_secs_f64(),
                    sample,
                    label,
                    rate_hz,
                ));
            }
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
