//! What a recording is.
//!
//! [`Signal`] holds planar samples, [`SampleRate`], [`Seconds`], [`Hertz`] and [`Decibels`] name their units,
//! [`TimeRange`] is a span of time and [`FrameGrid`] owns every conversion between frames, samples and seconds. With the
//! default feature `codecs`, [`decode`] reads audio files and [`encode`] writes them.
//!
//! ```
//! use tonearm_audio::{SampleRate, Signal};
//!
//! let rate = SampleRate::new(44_100)?;
//! let signal = Signal::mono(rate, vec![0.0; 441])?;
//! assert_eq!(signal.duration().get(), 0.01);
//! # Ok::<(), tonearm_audio::AudioError>(())
//! ```

#[cfg(feature = "codecs")]
mod aiff;
#[cfg(feature = "codecs")]
pub mod decode;
#[cfg(feature = "codecs")]
pub mod encode;
mod error;
#[cfg(feature = "codecs")]
mod flac;
#[cfg(feature = "codecs")]
mod format;
mod frame_grid;
#[cfg(feature = "codecs")]
mod metadata;
#[cfg(feature = "codecs")]
mod mp4;
#[cfg(feature = "codecs")]
mod packets;
#[cfg(feature = "codecs")]
mod quantize;
#[cfg(feature = "codecs")]
mod riff;
mod signal;
#[cfg(feature = "codecs")]
mod sniff;
mod units;
#[cfg(feature = "codecs")]
mod wav;

pub use error::AudioError;
#[cfg(feature = "codecs")]
pub use format::{Container, SampleFormat, SourceFormat};
pub use frame_grid::{Centering, FrameGrid};
#[cfg(feature = "codecs")]
pub use metadata::{BroadcastExtension, BroadcastLoudness, Marker, Metadata};
pub use signal::Signal;
pub use units::{Decibels, Hertz, SampleRate, Seconds, TimeRange};
