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

mod error;
mod frame_grid;
mod signal;
mod units;

pub use error::AudioError;
pub use frame_grid::{Centering, FrameGrid};
pub use signal::Signal;
pub use units::{Decibels, Hertz, SampleRate, Seconds, TimeRange};
