//! Signal processing for disc restoration.

mod error;
pub mod restore;

pub use error::DspError;
