//! Finds when each word of a known transcript is spoken.

pub mod acoustic;
mod aligner;
mod alignment;
mod anchors;
mod by_pauses;
mod confidence;
mod error;
mod expectation;
pub mod features;
mod method;
mod noise_match;
pub mod phones;
mod recording;
pub mod reference;
mod sound_kind;
pub mod text;
pub mod translation;
mod warp;
mod words;

pub use aligner::{AlignSettings, Aligner, Progress};
pub use alignment::{AlignedPhone, AlignedWord, Alignment};
pub use anchors::Anchor;
pub use error::AlignError;
pub use method::Method;
pub use recording::{Listener, Recording, recording_features};
pub use reference::SoundGroup;
