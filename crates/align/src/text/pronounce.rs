//! Pronouncers built in: rules from letters to sounds for English, Russian and, coarsely, any alphabet; and a dictionary of the user's.

mod dictionary;
mod english;
mod letters;
mod russian;

use super::Pronouncer;
use crate::AlignError;

pub use dictionary::with_dictionary;

/// A pronouncer that needs no data: rules for English and Russian, and for any other language one sound a letter.
///
/// # Errors
/// [`AlignError::Pronunciation`] where the language's code is empty.
pub fn builtin(language: &str) -> Result<Box<dyn Pronouncer>, AlignError> {
    speaking(rules_for(language)?)
}

/// Lets `inner` say numbers, abbreviations and signs as they are spoken, and the built-in rules what it is silent about.
///
/// # Errors
/// [`AlignError::Pronunciation`] where the language's code is empty.
pub fn speaking(inner: Box<dyn Pronouncer>) -> Result<Box<dyn Pronouncer>, AlignError> {
    super::spoken::speaking(inner)
}

/// The rules alone.
pub(super) fn rules_for(language: &str) -> Result<Box<dyn Pronouncer>, AlignError> {
    let primary = language.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    if primary.is_empty() {
        return Err(AlignError::Pronunciation {
            language: language.to_owned(),
            reason: "give a code such as en or ru".to_owned(),
        });
    }
    Ok(match primary.as_str() {
        "en" => letters::rules(language, english::sounds),
        "ru" => letters::rules(language, russian::sounds),
        _ => letters::rules(language, letters::sounds),
    })
}
