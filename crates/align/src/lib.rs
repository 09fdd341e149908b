//! Finds when each word of a known transcript is spoken.

mod error;
pub mod text;

pub use error::AlignError;
