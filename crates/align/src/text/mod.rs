//! From a transcript's bytes to words and how they sound.

mod decode;
mod language;
mod marks;
mod markup;
mod phone;
mod plain;
pub mod pronounce;
mod reader;
mod sentences;
mod spoken;
mod transcript;
mod turns;

pub use language::guess_language;
pub use phone::{Phone, Pronouncer, Pronunciation, Stress};
pub use reader::read_transcript;
pub(crate) use spoken::{hesitates, said};
pub use transcript::{Paragraph, Reason, Sentence, SetAside, Transcript, Word};
