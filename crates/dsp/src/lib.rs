//! Signal processing for disc restoration.

mod error;
pub mod level;
mod resample;
mod stft;
mod window;
pub mod autoregression;
pub mod filter;
pub mod restore;

pub use error::DspError;
pub use resample::{resample, resampled_len};
pub use stft::{OverlapAdd, Spectrogram, Stft};
pub use window::Window;
