//! The user's own pronunciations, before any other's. A line is a word, a tab, and IPA; `#` begins a comment.

use std::collections::HashMap;

use super::super::{Phone, Pronouncer, Pronunciation, Stress};
use crate::AlignError;

struct WithDictionary {
    entries: HashMap<String, Pronunciation>,
    rest: Box<dyn Pronouncer>,
}

impl Pronouncer for WithDictionary {
    fn name(&self) -> &str {
        self.rest.name()
    }

    fn language(&self) -> &str {
        self.rest.language()
    }

    fn pronounce(&self, sentence: &[&str]) -> Result<Vec<Pronunciation>, AlignError> {
        let mut sounds = self.rest.pronounce(sentence)?;
        for (word, sounds) in sentence.iter().zip(&mut sounds) {
            if let Some(own) = self.entries.get(&key(word)) {
                *sounds = own.clone();
            }
        }
        Ok(sounds)
    }
}

/// A pronouncer that looks words up in `dictionary` first and asks `rest` for the others.
///
/// # Errors
/// [`AlignError::Dictionary`] names the line that is no entry.
pub fn with_dictionary(
    rest: Box<dyn Pronouncer>,
    dictionary: &str,
) -> Result<Box<dyn Pronouncer>, AlignError> {
    let mut entries = HashMap::new();
    for (index, line) in dictionary.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let entry = line.split_once('\t').map(|(word, ipa)| (key(word), pronunciation(ipa)));
        let Some((word, sounds)) =
            entry.filter(|(word, sounds)| !word.is_empty() && !sounds.phones.is_empty())
        else {
            return Err(AlignError::Dictionary { line: index + 1 });
        };
        entries.insert(word, sounds);
    }
    Ok(Box::new(WithDictionary { entries, rest }))
}

fn key(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// IPA to phones: marks of length, softness, nasality and ties belong to the symbol before them.
fn pronunciation(ipa: &str) -> Pronunciation {
    let mut phones: Vec<Phone> = Vec::new();
    let mut stress = Stress::None;
    let mut tied = false;
    for c in ipa.trim().chars() {
        match c {
            'ˈ' => stress = Stress::Primary,
            'ˌ' => stress = Stress::Secondary,
            'ː' | 'ˑ' => {
                if let Some(last) = phones.last_mut() {
                    last.long = true;
                }
            }
            '\u{361}' => tied = true,
            'ʲ' | 'ʰ' | 'ʷ' | '\u{300}'..='\u{36f}' => {
                if let Some(last) = phones.last_mut() {
                    last.symbol.push(c);
                }
            }
            c if c.is_whitespace() || matches!(c, '.' | '-') => {}
            c => match phones.last_mut() {
                Some(last) if tied => {
                    last.symbol.push(c);
                    tied = false;
                }
                _ => {
                    let vowel = "aeiouyæɐɑɒɔəɚɛɜɪɨɵøœʊʌɯɤʏᵻ".contains(c);
                    let own = if vowel { std::mem::take(&mut stress) } else { Stress::None };
                    phones.push(Phone { symbol: c.to_string(), stress: own, long: false });
                }
            },
        }
    }
    Pronunciation { phones }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_goes_first() {
        let rest = super::super::builtin("en").unwrap();
        let pronouncer = with_dictionary(rest, "# names\nIshmael\tˈɪʃmeɪəl\n").unwrap();
        let sounds = pronouncer.pronounce(&["Ishmael.", "me"]).unwrap();
        assert_eq!(
            sounds[0].phones[0],
            Phone { symbol: "ɪ".to_owned(), stress: Stress::Primary, long: false }
        );
        assert_eq!(sounds[1].phones.len(), 2);
    }

    #[test]
    fn a_line_that_is_no_entry_is_named() {
        let rest = || super::super::builtin("en").unwrap();
        assert!(matches!(with_dictionary(rest(), "a\tə\nno tab"), Err(AlignError::Dictionary { line: 2 })));
        assert!(matches!(with_dictionary(rest(), "word\t"), Err(AlignError::Dictionary { line: 1 })));
    }
}
