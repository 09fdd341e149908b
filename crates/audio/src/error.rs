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
}
