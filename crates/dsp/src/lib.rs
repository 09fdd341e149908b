//! Signal processing for disc restoration.

pub mod autoregression;
mod elementary;
mod error;
pub mod filter;
mod inner_product;
pub mod inspect;
pub mod level;
mod matched_section;
pub mod mel;
mod resample;
pub mod restore;
pub mod score;
pub mod simulate;
pub mod speed;
mod stft;
mod wide_vectors;
mod window;
mod windowed_sinc;

pub use error::DspError;
pub use resample::{resample, resampled_len};
pub use stft::{OverlapAdd, Spectrogram, Stft};
pub use window::Window;
pub use windowed_sinc::WindowedSinc;
