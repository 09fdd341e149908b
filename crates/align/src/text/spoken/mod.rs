//! What is said where a word, a number or a sign is written: `1919`, `№ 5`, `50 %`, `Nicholas II`, `и т. д.`
//!
//! English and Russian are spelt out here, the same for every pronouncer; what is written as it is said is left alone. In other
//! languages numbers are left to the pronouncer. Rules look at the neighbours of a word, not at the sense: `1919` is a year
//! unless a separator or a unit says otherwise.
//!
//! **Known failures.** A house number of four digits is said as a year; Russian cardinals stay in the nominative
//! (`с 5 рублями`), which differs in an ending; `St.` is always a saint, `г.` always a year.

mod english;
mod roman;
mod russian;
mod talk;

pub(super) use russian::cardinal as russian_cardinal;
pub(super) use talk::{has_mark_of_talk, is_hesitation, sounded};

/// Whether a token, as it is written, is what speakers say while they think.
pub(crate) fn hesitates(token: &str) -> bool {
    is_hesitation(sounded(token).trim_matches(|c: char| !c.is_alphanumeric()))
}

use std::borrow::Cow;

use super::pronounce::rules_for;
use super::{Pronouncer, Pronunciation};
use crate::AlignError;

/// Signs that are said where they stand alone.
const SAID_SIGNS: &str = "%‰№§&+=×÷°$€£¥½¼¾";

/// Whether a token between white space is said at all.
pub(super) fn is_said(token: &str) -> bool {
    token.chars().any(char::is_alphanumeric)
        || (token.chars().any(|c| SAID_SIGNS.contains(c)) && token.chars().count() <= 3)
}

/// The words that word `at` of a sentence is said as; none where it is said as it is written.
pub(crate) fn said(sentence: &[&str], at: usize, language: &str) -> Option<Vec<String>> {
    let words = match language.split(['-', '_']).next().unwrap_or_default() {
        "en" => english::said(sentence, at),
        "ru" => russian::said(sentence, at),
        _ => None,
    }?;
    let words: Vec<String> =
        words.split_whitespace().filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (!words.is_empty()).then_some(words)
}

/// Letters, digits and signs of a token without the punctuation that clings to it.
fn bare(token: &str) -> &str {
    token.trim_matches(|c: char| !c.is_alphanumeric() && !SAID_SIGNS.contains(c))
}

/// The beginning of a word that was broken off (`th-`, `st--`), where it holds no vowel: pronouncers that know words alone would
/// name its letters.
fn broken_off(token: &str) -> Option<&str> {
    let stem = token
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches(|c: char| !c.is_alphanumeric() && !DASHES.contains(&c));
    let letters = stem.trim_end_matches(DASHES);
    let is_mute = |c: char| c.is_alphabetic() && !VOWELS.contains(c);
    // What ends in a capital is an acronym before a dash.
    let is_broken = letters.len() < stem.len() && letters.ends_with(char::is_lowercase);
    (is_broken && letters.to_lowercase().chars().all(is_mute)).then_some(letters)
}

/// What a word that is broken off ends in.
const DASHES: [char; 2] = ['-', '‐'];
const VOWELS: &str = "aeiouyаеёиоуыэюяαεηιουω";

/// Whether most words of a sentence are in capitals, which then tell nothing.
fn is_shouted(sentence: &[&str]) -> bool {
    let words = || sentence.iter().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    let small = words().filter(|word| word.chars().any(char::is_lowercase)).count();
    words().count() > 1 && 2 * small < words().count()
}

/// A pronouncer that says numbers, abbreviations and signs as they are spoken, and falls back to the built-in rules for what
/// `inner` is silent about: every word gets a sound.
struct Speaking {
    inner: Box<dyn Pronouncer>,
    fallback: Box<dyn Pronouncer>,
}

/// Lets `inner` say what is meant by numbers, abbreviations and signs.
///
/// # Errors
/// [`AlignError::Pronunciation`] where the language's code is empty.
pub(super) fn speaking(inner: Box<dyn Pronouncer>) -> Result<Box<dyn Pronouncer>, AlignError> {
    let fallback = rules_for(inner.language())?;
    Ok(Box::new(Speaking { inner, fallback }))
}

impl Pronouncer for Speaking {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn language(&self) -> &str {
        self.inner.language()
    }

    fn pronounce(&self, sentence: &[&str]) -> Result<Vec<Pronunciation>, AlignError> {
        let sounded: Vec<Cow<str>> = sentence.iter().map(|token| sounded(token)).collect();
        let sentence: &[&str] = &sounded.iter().map(AsRef::as_ref).collect::<Vec<_>>();
        let said: Vec<Option<Vec<String>>> =
            (0..sentence.len()).map(|at| said(sentence, at, self.language())).collect();
        let mut spoken: Vec<&str> = Vec::new();
        for (word, said) in sentence.iter().zip(&said) {
            match said {
                Some(words) => spoken.extend(words.iter().map(String::as_str)),
                None => spoken.push(word),
            }
        }
        let mut sounds = self.inner.pronounce(&spoken)?.into_iter();
        sentence
            .iter()
            .zip(&said)
            .map(|(word, said)| {
                let count = said.as_ref().map_or(1, Vec::len);
                let phones: Vec<_> = sounds.by_ref().take(count).flat_map(|sounds| sounds.phones).collect();
                let broken = broken_off(word).filter(|_| said.is_none());
                if !phones.is_empty() && broken.is_none() {
                    return Ok(Pronunciation { phones });
                }
                let rules = self.fallback.pronounce(&[broken.unwrap_or(word)])?;
                Ok(rules.into_iter().next().unwrap_or_default())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_a_word_that_broke_off_are_not_named() {
        for (token, stem) in [
            ("th-", "th"),
            ("\"st--,", "st"),
            ("W-", ""),
            ("в-", "в"),
            ("rep--", ""),
            ("no", ""),
            ("TV-", ""),
        ] {
            assert_eq!(broken_off(token).unwrap_or_default(), stem, "{token}");
        }
        let pronouncer = speaking(rules_for("en").unwrap()).unwrap();
        let sounds = pronouncer.pronounce(&["I", "th-", "think"]).unwrap();
        assert_eq!(sounds[1].phones.len(), 1, "{:?}", sounds[1]);
    }
}
