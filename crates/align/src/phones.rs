//! The text as one sequence of sounds: what is warped onto the recording.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::AlignError;
use crate::text::{Pronouncer, Stress, Transcript, hesitates};

/// The most letters that a joined sound has, such as `tʃʲ` or `aɪɚ`.
const MAX_JOINED: usize = 3;

/// A sound of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextPhone {
    /// IPA, parts of diphthongs and affricates joined where the inventory knows them as one.
    pub symbol: String,
    /// Whether the syllable it is the nucleus of is stressed.
    pub stressed: bool,
    /// Whether it was marked long.
    pub long: bool,
    /// Index of its word in the transcript.
    pub word: usize,
    /// First sound of its word.
    pub begins_word: bool,
    /// First sound of its sentence.
    pub begins_sentence: bool,
    /// Whether its word is what speakers say while they think (`um`): drawn out at will.
    pub hesitates: bool,
}

/// All sounds of a transcript in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhoneSequence {
    /// In order.
    pub phones: Vec<TextPhone>,
    /// For each word of the transcript, its range in `phones`; empty where it makes no sound.
    pub words: Vec<Range<usize>>,
    /// For each sentence of the transcript, its range in `words`.
    pub sentences: Vec<Range<usize>>,
}

impl PhoneSequence {
    /// Asks `pronouncer` for every word; joins what `inventory` knows as one sound.
    ///
    /// # Errors
    /// What the pronouncer reports; [`AlignError::EmptyTranscript`] without words; [`AlignError::Unpronounceable`] where
    /// (nearly) no word got a sound, as in another script.
    pub fn of(
        transcript: &Transcript,
        pronouncer: &dyn Pronouncer,
        inventory: &BTreeSet<String>,
    ) -> Result<Self, AlignError> {
        let mut sequence = Self::default();
        for sentence in transcript.sentences() {
            let words: Vec<&str> = sentence.words.iter().map(|word| word.text.as_str()).collect();
            let pronunciations = pronouncer.pronounce(&words)?;
            let first_word = sequence.words.len();
            let first_phone = sequence.phones.len();
            for (i, word) in words.iter().enumerate() {
                let start = sequence.phones.len();
                let parts: Vec<(String, bool, bool)> = pronunciations
                    .get(i)
                    .map(|p| &p.phones[..])
                    .unwrap_or(&[])
                    .iter()
                    .map(|phone| (phone.symbol.clone(), phone.stress != Stress::None, phone.long))
                    .collect();
                for (symbol, stressed, long) in join(&parts, inventory) {
                    sequence.phones.push(TextPhone {
                        symbol,
                        stressed,
                        long,
                        word: first_word + i,
                        begins_word: sequence.phones.len() == start,
                        begins_sentence: sequence.phones.len() == first_phone,
                        hesitates: hesitates(word),
                    });
                }
                sequence.words.push(start..sequence.phones.len());
            }
            sequence.sentences.push(first_word..sequence.words.len());
        }
        if sequence.words.is_empty() {
            return Err(AlignError::EmptyTranscript);
        }
        let silent = sequence.words.iter().filter(|range| range.is_empty()).count();
        if 2 * silent > sequence.words.len() {
            return Err(AlignError::Unpronounceable {
                silent,
                words: sequence.words.len(),
                pronouncer: pronouncer.name().to_owned(),
                language: pronouncer.language().to_owned(),
            });
        }
        Ok(sequence)
    }
}

impl PhoneSequence {
    /// A part of the text that holds every sound, stressed and unstressed, that occurs in it: the first words up to about
    /// `enough` sounds, then only words with something new. References need no more of a text of hours.
    pub(crate) fn sample(&self, enough: usize) -> Self {
        let mut sample = Self::default();
        let mut known: BTreeSet<(&str, bool)> = BTreeSet::new();
        for range in self.words.iter().filter(|range| !range.is_empty()) {
            let phones = &self.phones[range.clone()];
            let fresh = phones.iter().any(|phone| !known.contains(&(phone.symbol.as_str(), phone.stressed)));
            if fresh || sample.phones.len() < enough {
                known.extend(phones.iter().map(|phone| (phone.symbol.as_str(), phone.stressed)));
                let start = sample.phones.len();
                sample.phones.extend(phones.iter().cloned());
                sample.words.push(start..sample.phones.len());
            }
        }
        sample
    }
}

/// Joins neighbours whose symbols together are one sound of the inventory, longest first.
fn join(parts: &[(String, bool, bool)], inventory: &BTreeSet<String>) -> Vec<(String, bool, bool)> {
    let mut joined = Vec::with_capacity(parts.len());
    let mut i = 0;
    while i < parts.len() {
        let found = (2..=MAX_JOINED.min(parts.len() - i)).rev().find_map(|count| {
            let symbol: String = parts[i..i + count].iter().map(|part| part.0.as_str()).collect();
            inventory.contains(&symbol).then_some((symbol, count))
        });
        let (symbol, count) = found.unwrap_or_else(|| (parts[i].0.clone(), 1));
        let group = &parts[i..i + count];
        joined.push((symbol, group.iter().any(|p| p.1), group.iter().any(|p| p.2)));
        i += count;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_diphthong_are_joined() {
        let inventory: BTreeSet<String> = ["aɪ", "tʃ", "aɪɚ"].iter().map(|s| (*s).to_owned()).collect();
        let parts: Vec<(String, bool, bool)> = ["a", "ɪ", "t", "ʃ", "f", "a", "ɪ", "ɚ"]
            .iter()
            .map(|s| ((*s).to_owned(), *s == "a", false))
            .collect();
        let joined: Vec<(String, bool)> =
            join(&parts, &inventory).into_iter().map(|(s, t, _)| (s, t)).collect();
        let expected = [("aɪ", true), ("tʃ", false), ("f", false), ("aɪɚ", true)];
        assert_eq!(joined, expected.map(|(s, t)| (s.to_owned(), t)));
    }
}
