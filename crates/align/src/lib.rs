//! Finds when each word of a known transcript is spoken.

mod error;
pub mod features;
pub mod phones;
pub mod reference;
pub mod text;

pub use error::AlignError;
