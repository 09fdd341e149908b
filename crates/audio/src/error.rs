//! What can be wrong with a recording.

use std::path::PathBuf;

/// Why a recording could not be made, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// A sample rate outside the accepted range.
    #[error("the sample rate {actual_hz} Hz is outside {min} to {max} Hz", min = crate::SampleRate::MIN, max = crate::SampleRate::MAX)]
    SampleRate {
        /// The rate that was found.
        actual_hz: u32,
    },
    /// A span whose end lies before its start, or that is not finite.
    #[error("{start_secs} s to {end_secs} s is no span of time: the start must come first, both finite")]
    TimeRange {
        /// Start that was given.
        start_secs: f64,
        /// End that was given.
        end_secs: f64,
    },
    /// A signal without channels.
    #[error("a signal needs at least one channel")]
    NoChannels,
    /// Channels of unequal length.
    #[error("channel {channel} has {actual_samples} samples where channel 0 has {expected_samples}")]
    ChannelLength {
        /// The channel that differs.
        channel: usize,
        /// Samples in channel 0.
        expected_samples: usize,
        /// Samples in the channel that differs.
        actual_samples: usize,
    },
    /// A sample that is NaN or infinite.
    #[error("sample {sample} of channel {channel} is not a finite number")]
    NotFinite {
        /// The channel that holds it.
        channel: usize,
        /// Its index.
        sample: usize,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no file of that name.
    #[error("{}: there is no such file", path.display())]
    NoSuchFile {
        /// The name that was given.
        path: PathBuf,
    },
    /// The name is a directory's.
    #[error("{} is a directory, not an audio file", path.display())]
    IsDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// A file without a single byte.
    #[error("{} is empty: it holds no bytes at all", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// Content of no known kind, whatever the name says.
    #[error("{} is not an audio file tonearm can read: it starts with {starts_with}", path.display())]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// Its first bytes, as text where they are text and in hexadecimal where not.
        starts_with: String,
    },
    /// Audio of a kind that is known and not read.
    #[error("{} holds {found}, which tonearm cannot read: convert it to WAV or FLAC first", path.display())]
    UnsupportedAudio {
        /// The file.
        path: PathBuf,
        /// The container or codec that was found.
        found: String,
    },
    /// A header or stream that contradicts itself, or ends too soon to be understood.
    #[error("{} is damaged: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the place where it was found.
        problem: String,
    },
    /// A well-formed file without samples.
    #[error("{} holds no samples: its header is whole, but there is no sound after it", path.display())]
    NoSamples {
        /// The file.
        path: PathBuf,
    },
    /// A file with NaN or infinite samples.
    #[error(
        "{}: sample {sample} of channel {channel} (at {at_secs:.6} s) is not a finite number, \
         and {total} samples are such in all: repair the file first",
        path.display()
    )]
    FileNotFinite {
        /// The file.
        path: PathBuf,
        /// The first channel that holds one.
        channel: usize,
        /// Index of the first in that channel.
        sample: usize,
        /// Its instant in seconds.
        at_secs: f64,
        /// How many there are over all channels.
        total: usize,
    },
    /// A sample rate outside the accepted range, in a file.
    #[error(
        "{} has a sample rate of {actual_hz} Hz, outside {min} to {max} Hz",
        path.display(), min = crate::SampleRate::MIN, max = crate::SampleRate::MAX
    )]
    FileSampleRate {
        /// The file.
        path: PathBuf,
        /// The rate that was found.
        actual_hz: u32,
    },
    /// A file name whose ending is of no format that can be written.
    #[error("{}: the ending {found} is of no format that can be written: use {writable}", path.display())]
    UnknownEnding {
        /// The name that was given.
        path: PathBuf,
        /// Its ending, or `(none)`.
        found: String,
        /// The endings that can be written.
        writable: &'static str,
    },
    /// A container that cannot be written, or cannot hold what was asked of it.
    #[error("{container} cannot be written so: {problem}")]
    NotWritable {
        /// The container.
        container: &'static str,
        /// What it cannot hold, and what can be done.
        problem: String,
    },
    /// The writer that was handed in refused.
    #[error("the audio could not be written: {source}")]
    Write {
        /// What the system said.
        source: std::io::Error,
    },
}
