//! Words in time.

mod document;

pub use document::*;
