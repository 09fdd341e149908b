//! Audio files in.
//!
//! [`read`] tells what a file is by its content, never by its name, and returns the whole recording: samples, the format
//! they were stored in, tags, and a warning for everything that had to be put right. WAV goes through the crate's own
//! RIFF layer, all else through symphonia. Encoder delay is trimmed (LAME's tag in MP3, granule positions in Ogg, edit
//! list or `iTunSMPB` in MPEG-4), so that sample 0 is the first of the recording.
//!
//! ```no_run
//! use std::path::Path;
//!
//! let recording = tonearm_audio::decode::read(Path::new("side-a.flac"))?;
//! println!("{} of {}", recording.signal.duration(), recording.format);
//! for warning in &recording.warnings {
//!     eprintln!("{warning}");
//! }
//! # Ok::<(), tonearm_audio::AudioError>(())
//! ```

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use symphonia::core::io::MediaSource;

use crate::aiff::{self, Header};
use crate::mp4::{self, Edit};
use crate::packets::{self, Decoded, PacketError};
use crate::riff::{self, RiffError};
use crate::sniff::{self, Kind};
use crate::{AudioError, Container, Metadata, SampleFormat, SampleRate, Signal, SourceFormat, flac, wav};

/// A recording as it came out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Its samples.
    pub signal: Signal,
    /// How the file stored them.
    pub format: SourceFormat,
    /// What the file says about itself.
    pub metadata: Metadata,
    /// What was found wrong with the file and how it was taken, one sentence each; empty for a sound file.
    pub warnings: Vec<String>,
}

/// Reads a whole audio file.
///
/// A damaged file is read as far as it goes, with a warning in the recording.
///
/// # Errors
/// One clear sentence that names the file: [`AudioError::NoSuchFile`], [`AudioError::IsDirectory`],
/// [`AudioError::EmptyFile`], [`AudioError::NotAudio`], [`AudioError::UnsupportedAudio`], [`AudioError::Damaged`],
/// [`AudioError::NoSamples`], [`AudioError::FileNotFinite`], [`AudioError::FileSampleRate`], [`AudioError::Io`].
pub fn read(path: &Path) -> Result<Recording, AudioError> {
    let io_error = |source| AudioError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => AudioError::NoSuchFile { path: path.to_owned() },
        _ if path.is_dir() => AudioError::IsDirectory { path: path.to_owned() },
        _ => io_error(source),
    })?;
    if file.metadata().map_err(io_error)?.is_dir() {
        return Err(AudioError::IsDirectory { path: path.to_owned() });
    }
    let mut head = Vec::with_capacity(sniff::SNIFF_BYTES);
    file.by_ref().take(sniff::SNIFF_BYTES as u64).read_to_end(&mut head).map_err(io_error)?;
    if head.is_empty() {
        return Err(AudioError::EmptyFile { path: path.to_owned() });
    }
    match sniff::kind_of(&head) {
        Kind::Audio(Container::Wav) => read_wav(path, BufReader::with_capacity(1 << 16, file)),
        Kind::Audio(container) => {
            file.rewind().map_err(io_error)?;
            read_packets(path, file, container)
        }
        Kind::Unread(name) => {
            Err(AudioError::UnsupportedAudio { path: path.to_owned(), found: name.to_owned() })
        }
        Kind::Unknown => {
            Err(AudioError::NotAudio { path: path.to_owned(), starts_with: sniff::beginning_of(&head) })
        }
    }
}

fn read_wav(path: &Path, mut source: impl Read + Seek) -> Result<Recording, AudioError> {
    let failed = |error| match error {
        RiffError::Io(source) => AudioError::Io { path: path.to_owned(), source },
        RiffError::Damaged(problem) => AudioError::Damaged { path: path.to_owned(), problem },
        RiffError::Unsupported(found) => AudioError::UnsupportedAudio { path: path.to_owned(), found },
    };
    let layout = riff::read_layout(&mut source).map_err(failed)?;
    let rate = sample_rate(path, layout.format.sample_rate_hz)?;
    let channels = wav::read_samples(&mut source, &layout).map_err(failed)?;
    let format = SourceFormat { container: Container::Wav, sample_format: layout.format.sample_format() };
    Ok(Recording {
        signal: signal(path, rate, channels)?,
        format,
        metadata: layout.metadata,
        warnings: layout.warnings,
    })
}

fn read_packets(path: &Path, mut file: File, container: Container) -> Result<Recording, AudioError> {
    let io_error = |source| AudioError::Io { path: path.to_owned(), source };
    let damaged = |problem| AudioError::Damaged { path: path.to_owned(), problem };
    let mut second_handle = file.try_clone().ok().map(BufReader::new);
    let mut mended = None;
    if container == Container::Aiff {
        match aiff::inspect(&mut file).map_err(io_error)? {
            Header::Sound => {}
            Header::Mended(bytes, warning) => mended = Some((bytes, warning)),
            Header::Impossible(problem) => return Err(damaged(problem)),
        }
        file.rewind().map_err(io_error)?;
    }
    let (source, warning): (Box<dyn MediaSource>, _) = match mended {
        Some((bytes, warning)) => (Box::new(Cursor::new(bytes)), Some(warning)),
        None => (Box::new(file), None),
    };
    let mut decoded = packets::decode(source, container).map_err(|error| match error {
        PacketError::Io(source) => io_error(source),
        PacketError::Damaged(problem) => damaged(problem),
        PacketError::Unsupported(found) => AudioError::UnsupportedAudio { path: path.to_owned(), found },
    })?;
    if let Some(warning) = warning {
        // It says in bytes what the decoder may say once more in samples.
        decoded.warnings = vec![warning];
    }
    if decoded.channels.is_empty() {
        return Err(AudioError::NoSamples { path: path.to_owned() });
    }
    let rate = sample_rate(path, decoded.sample_rate_hz)?;
    let sample_format = decoded.sample_format.unwrap_or(SampleFormat::Lossy);
    if container == Container::Mp4 && sample_format == SampleFormat::Lossy {
        let by_tag = decoded.tags.iter().find(|(name, _)| name.ends_with("ITUNSMPB"));
        let edit = by_tag
            .and_then(|(_, value)| mp4::edit_of_tag(value))
            .or_else(|| mp4::read_edit(second_handle.as_mut()?, rate.hz()));
        if let Some(edit) = edit {
            trim(&mut decoded, edit);
        }
        decoded.tags.retain(|(name, _)| !name.ends_with("ITUNSMPB"));
    }
    if container == Container::Flac
        && let Some(mut file) = second_handle
    {
        file.rewind().map_err(io_error)?;
        let markers = flac::read_markers(file, rate.hz());
        if !markers.is_empty() {
            decoded.markers = markers;
        }
    }
    let (tags, broadcast) = flac::lift_broadcast(decoded.tags);
    Ok(Recording {
        signal: signal(path, rate, decoded.channels)?,
        format: SourceFormat { container, sample_format },
        metadata: Metadata { tags, broadcast, ixml: None, markers: decoded.markers },
        warnings: decoded.warnings,
    })
}

/// Leaves only the recording itself of what was decoded.
fn trim(decoded: &mut Decoded, edit: Edit) {
    for channel in &mut decoded.channels {
        let skip = usize::try_from(edit.skip).unwrap_or(usize::MAX).min(channel.len());
        channel.drain(..skip);
        if let Some(len) = edit.len {
            channel.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        }
    }
}

fn sample_rate(path: &Path, hz: u32) -> Result<SampleRate, AudioError> {
    SampleRate::new(hz).map_err(|_| AudioError::FileSampleRate { path: path.to_owned(), actual_hz: hz })
}

/// The channels as a signal, with the file's name in what may be wrong with them.
fn signal(path: &Path, rate: SampleRate, channels: Vec<Vec<f32>>) -> Result<Signal, AudioError> {
    if channels.first().is_none_or(Vec::is_empty) {
        return Err(AudioError::NoSamples { path: path.to_owned() });
    }
    let total = channels.iter().flatten().filter(|x| !x.is_finite()).count();
    Signal::new(rate, channels).map_err(|error| match error {
        AudioError::NotFinite { channel, sample } => AudioError::FileNotFinite {
            path: path.to_owned(),
            channel,
            sample,
            at_secs: rate.instant_of(sample).get(),
            total,
        },
        other => AudioError::Damaged { path: path.to_owned(), problem: other.to_string() },
    })
}
