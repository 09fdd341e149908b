//! From a transcript's bytes to words and how they sound.

mod phone;
mod transcript;

pub use phone::{Phone, Pronouncer, Pronunciation, Stress};
pub use transcript::{Paragraph, Reason, Sentence, SetAside, Transcript, Word};
