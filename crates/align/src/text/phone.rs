//! Speech sounds and whoever knows how words sound.

use crate::AlignError;

/// A speech sound in IPA, without stress or length marks, such as `a`, `tɕ`, `ɪ`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone {
    /// The IPA symbol with the diacritics that change the sound (`ʲ`, `̃`), without `ˈ ˌ ː`.
    pub symbol: String,
    /// Stress of the syllable it is the nucleus of; consonants have none.
    pub stress: Stress,
    /// Whether it was marked long (`ː`).
    pub long: bool,
}

/// Stress of a vowel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stress {
    /// None.
    #[default]
    None,
    /// Secondary (`ˌ`).
    Secondary,
    /// Primary (`ˈ`).
    Primary,
}

/// How one written word sounds. Never empty for a word that is spoken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pronunciation {
    /// The sounds in order.
    pub phones: Vec<Phone>,
}

/// Knows how words of one language sound.
pub trait Pronouncer: Send + Sync {
    /// Who it is, for reports: `builtin`, `espeak`, `dictionary`.
    fn name(&self) -> &str;

    /// The language it speaks, as a BCP 47 tag.
    fn language(&self) -> &str;

    /// One pronunciation for each of a sentence's words, in order. Words are given as written (with clinging punctuation);
    /// numbers, abbreviations and signs are spoken out.
    ///
    /// # Errors
    /// [`AlignError`] where the language's data cannot be read.
    fn pronounce(&self, sentence: &[&str]) -> Result<Vec<Pronunciation>, AlignError>;
}
