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
use crate::packets::{self, PacketError};
use crate::riff::{self, RiffError};
use crate::sniff::{self, Kind};
use crate::{AudioError, Container, Metadata, SampleFormat, SampleRate, Signal, SourceFormat, flac, wav};

/// What a file says about itself and the sound in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// How the file stored its samples.
    pub format: SourceFormat,
    /// Tags, markers and the like.
    pub metadata: Metadata,
    /// What was found wrong with the file and how it was taken, one sentence each; empty for a sound file.
    pub warnings: Vec<String>,
}

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
    let mut whole = None;
    let described = read_in_blocks(path, usize::MAX, &mut |block| whole = Some(block))?;
    let Description { format, metadata, warnings } = described;
    let signal = whole.ok_or_else(|| AudioError::NoSamples { path: path.to_owned() })?;
    Ok(Recording { signal, format, metadata, warnings })
}

/// Reads an audio file as [`read`] does, and hands its samples to `take` as they are decoded, in blocks that together are the
/// signal that [`read`] returns: what hours need. A block has at least `block_frames` samples a channel (the last may have
/// fewer), and at most a packet or a gap more. MPEG-4, whose encoder delay may be stated behind the sound, comes in one block.
///
/// # Errors
/// As [`read`]; what was handed on before belongs to no recording then.
pub fn read_in_blocks(
    path: &Path,
    block_frames: usize,
    take: &mut dyn FnMut(Signal),
) -> Result<Description, AudioError> {
    let mut blocks = Blocks { take, samples: 0, faults: Vec::new(), failure: None };
    let described = described(path, block_frames, &mut blocks)?;
    blocks.finish(path)?;
    Ok(described)
}

/// Blocks on their way out, and what is wrong with their samples.
struct Blocks<'a> {
    take: &'a mut dyn FnMut(Signal),
    /// Samples a channel so far, sound or not.
    samples: usize,
    /// The first sample of each channel that is not finite, and how many are not.
    faults: Vec<(Option<usize>, usize)>,
    failure: Option<Failure>,
}

/// What the samples of a file cannot be.
enum Failure {
    Rate(u32),
    NotFinite(SampleRate),
    Other(AudioError),
}

impl Blocks<'_> {
    fn push(&mut self, rate_hz: u32, channels: Vec<Vec<f32>>) {
        let Ok(rate) = SampleRate::new(rate_hz) else {
            self.failure.get_or_insert(Failure::Rate(rate_hz));
            return;
        };
        self.faults.resize(channels.len(), (None, 0));
        for (channel, (first, total)) in channels.iter().zip(&mut self.faults) {
            let count = channel.iter().filter(|x| !x.is_finite()).count();
            if count > 0 {
                *total += count;
                let at = || channel.iter().position(|x| !x.is_finite()).map(|at| self.samples + at);
                *first = first.or_else(at);
                self.failure.get_or_insert(Failure::NotFinite(rate));
            }
        }
        self.samples += channels.first().map_or(0, Vec::len);
        if self.failure.is_none() {
            match Signal::new(rate, channels) {
                Ok(block) => (self.take)(block),
                Err(error) => self.failure = Some(Failure::Other(error)),
            }
        }
    }

    /// The file's name in what was wrong.
    fn finish(self, path: &Path) -> Result<(), AudioError> {
        let path = path.to_owned();
        match self.failure {
            None if self.samples == 0 => Err(AudioError::NoSamples { path }),
            None => Ok(()),
            Some(Failure::Rate(actual_hz)) => Err(AudioError::FileSampleRate { path, actual_hz }),
            Some(Failure::Other(error)) => Err(AudioError::Damaged { path, problem: error.to_string() }),
            Some(Failure::NotFinite(rate)) => {
                let total = self.faults.iter().map(|(_, total)| total).sum();
                let first = self
                    .faults
                    .iter()
                    .enumerate()
                    .find_map(|(channel, (first, _))| Some((channel, (*first)?)));
                let (channel, sample) = first.unwrap_or_default();
                let at_secs = rate.instant_of(sample).get();
                Err(AudioError::FileNotFinite { path, channel, sample, at_secs, total })
            }
        }
    }
}

/// Finds out what a file is, and reads it.
fn described(path: &Path, block_frames: usize, blocks: &mut Blocks<'_>) -> Result<Description, AudioError> {
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
        Kind::Audio(Container::Wav) => {
            read_wav(path, BufReader::with_capacity(1 << 16, file), block_frames, blocks)
        }
        Kind::Audio(container) => {
            file.rewind().map_err(io_error)?;
            read_packets(path, file, container, block_frames, blocks)
        }
        Kind::Unread(name) => {
            Err(AudioError::UnsupportedAudio { path: path.to_owned(), found: name.to_owned() })
        }
        Kind::Unknown => {
            Err(AudioError::NotAudio { path: path.to_owned(), starts_with: sniff::beginning_of(&head) })
        }
    }
}

fn read_wav(
    path: &Path,
    mut source: impl Read + Seek,
    block_frames: usize,
    blocks: &mut Blocks<'_>,
) -> Result<Description, AudioError> {
    let failed = |error| match error {
        RiffError::Io(source) => AudioError::Io { path: path.to_owned(), source },
        RiffError::Damaged(problem) => AudioError::Damaged { path: path.to_owned(), problem },
        RiffError::Unsupported(found) => AudioError::UnsupportedAudio { path: path.to_owned(), found },
    };
    let layout = riff::read_layout(&mut source).map_err(failed)?;
    let rate_hz = sample_rate(path, layout.format.sample_rate_hz)?.hz();
    let mut take = |block| blocks.push(rate_hz, block);
    wav::read_samples(&mut source, &layout, block_frames, &mut take).map_err(failed)?;
    let format = SourceFormat { container: Container::Wav, sample_format: layout.format.sample_format() };
    Ok(Description { format, metadata: layout.metadata, warnings: layout.warnings })
}

fn read_packets(
    path: &Path,
    mut file: File,
    container: Container,
    block_frames: usize,
    blocks: &mut Blocks<'_>,
) -> Result<Description, AudioError> {
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
    // Samples that may be trimmed once all is known are held back.
    let (mut held_back, holds_back) = (Vec::new(), container == Container::Mp4);
    let mut take = |rate_hz, block| match holds_back {
        true => held_back = block,
        false => blocks.push(rate_hz, block),
    };
    let block_frames = if holds_back { usize::MAX } else { block_frames };
    let decoded = packets::decode(source, container, block_frames, &mut take);
    let mut decoded = decoded.map_err(|error| match error {
        PacketError::Io(source) => io_error(source),
        PacketError::Damaged(problem) => damaged(problem),
        PacketError::Unsupported(found) => AudioError::UnsupportedAudio { path: path.to_owned(), found },
    })?;
    if let Some(warning) = warning {
        // It says in bytes what the decoder may say once more in samples.
        decoded.warnings = vec![warning];
    }
    if blocks.samples == 0 && held_back.is_empty() && blocks.failure.is_none() {
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
            trim(&mut held_back, edit);
        }
        decoded.tags.retain(|(name, _)| !name.ends_with("ITUNSMPB"));
    }
    if holds_back {
        blocks.push(rate.hz(), held_back);
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
    Ok(Description {
        format: SourceFormat { container, sample_format },
        metadata: Metadata { tags, broadcast, ixml: None, markers: decoded.markers },
        warnings: decoded.warnings,
    })
}

/// Leaves only the recording itself of what was decoded.
fn trim(channels: &mut [Vec<f32>], edit: Edit) {
    for channel in channels {
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
