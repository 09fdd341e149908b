//! One sound a letter, for any alphabet, and the frame that the better rules share.

use num2words::Num2Words;

use super::super::spoken;
use super::super::{Phone, Pronouncer, Pronunciation, Stress};
use crate::AlignError;

/// From a lower-case word of letters to IPA symbols; `ˈ` before a symbol marks the stressed vowel.
pub(super) type Sounds = fn(&str) -> Vec<String>;

struct Rules {
    language: String,
    sounds: Sounds,
}

/// A pronouncer of rules.
pub(super) fn rules(language: &str, sounds: Sounds) -> Box<dyn Pronouncer> {
    Box::new(Rules { language: language.to_owned(), sounds })
}

impl Pronouncer for Rules {
    fn name(&self) -> &str {
        "builtin"
    }

    fn language(&self) -> &str {
        &self.language
    }

    fn pronounce(&self, sentence: &[&str]) -> Result<Vec<Pronunciation>, AlignError> {
        Ok(sentence.iter().map(|word| self.word(word)).collect())
    }
}

impl Rules {
    fn word(&self, written: &str) -> Pronunciation {
        let mut phones = Vec::new();
        for part in spoken_parts(written, &self.language) {
            phones.extend((self.sounds)(&part).iter().map(|symbol| phone(symbol)));
        }
        if phones.is_empty() && written.chars().any(char::is_alphanumeric) {
            // Signs that no rule knows still take time: a vowel, which falls back to whatever is there.
            phones.push(phone("ə"));
        }
        Pronunciation { phones }
    }
}

fn phone(symbol: &str) -> Phone {
    match symbol.strip_prefix('ˈ') {
        Some(rest) => Phone { symbol: rest.to_owned(), stress: Stress::Primary, long: false },
        None => Phone { symbol: symbol.to_owned(), stress: Stress::None, long: false },
    }
}

/// The words that a written word is spoken as: numbers spelt out, compounds taken apart, in lower case.
fn spoken_parts(written: &str, language: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut run = String::new();
    let mut flush = |run: &mut String| {
        if run.chars().all(|c| c.is_ascii_digit()) {
            if let Ok(number) = run.parse::<i64>() {
                let words = if language.starts_with("ru") {
                    spoken::russian_cardinal(number)
                } else {
                    english_number(number)
                };
                parts.extend(
                    words.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).map(str::to_owned),
                );
            }
        } else {
            parts.push(run.to_lowercase());
        }
        run.clear();
    };
    for c in written.chars() {
        let joins = run.chars().last().is_none_or(|last| last.is_ascii_digit() == c.is_ascii_digit());
        if c.is_alphabetic() || c.is_ascii_digit() || matches!(c, '\'' | '’' | '\u{301}') {
            if !joins {
                flush(&mut run);
            }
            run.push(c);
        } else if !run.is_empty() {
            flush(&mut run);
        }
    }
    if !run.is_empty() {
        flush(&mut run);
    }
    parts
}

fn english_number(number: i64) -> String {
    Num2Words::new(number).to_words().unwrap_or_default()
}

/// One sound a letter: right for few languages, near enough in most to find a word between its neighbours.
pub(super) fn sounds(word: &str) -> Vec<String> {
    use unicode_normalization::UnicodeNormalization;
    let mut sounds = Vec::new();
    for c in word.nfd() {
        let symbol = match c {
            'a' | 'а' | 'α' => "a",
            'b' | 'б' => "b",
            'c' | 'k' | 'q' | 'к' | 'κ' => "k",
            'd' | 'д' | 'δ' => "d",
            'e' | 'э' | 'е' | 'ε' | 'є' => "e",
            'f' | 'ф' | 'φ' => "f",
            'g' | 'г' | 'γ' | 'ґ' => "ɡ",
            'h' | 'х' | 'χ' => "x",
            'i' | 'y' | 'и' | 'і' | 'ї' | 'ι' | 'η' | 'υ' | 'ы' => "i",
            'j' | 'й' => "j",
            'l' | 'л' | 'λ' => "l",
            'm' | 'м' | 'μ' => "m",
            'n' | 'н' | 'ν' => "n",
            'o' | 'о' | 'ο' | 'ω' | 'ё' => "o",
            'p' | 'п' | 'π' => "p",
            'r' | 'р' | 'ρ' => "r",
            's' | 'с' | 'σ' | 'ς' => "s",
            't' | 'т' | 'τ' => "t",
            'θ' => "θ",
            'u' | 'у' | 'ю' => "u",
            'v' | 'w' | 'в' | 'β' => "v",
            'x' | 'ξ' => "ks",
            'z' | 'з' | 'ζ' => "z",
            'ж' => "ʒ",
            'ц' => "ts",
            'ч' => "tʃ",
            'ш' | 'щ' => "ʃ",
            'я' => "a",
            'ψ' => "ps",
            c if c.is_alphabetic() => "ə",
            _ => continue,
        };
        match symbol {
            "ks" | "ps" => sounds.extend(symbol.chars().map(String::from)),
            symbol => sounds.push(symbol.to_owned()),
        }
    }
    sounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelt_out() {
        assert_eq!(spoken_parts("nine-tenths,", "en"), ["nine", "tenths"]);
        assert_eq!(spoken_parts("42nd", "en"), ["forty", "two", "nd"]);
    }

    #[test]
    fn no_word_is_without_a_sound() {
        for language in ["en", "ru", "el", "cs", "ja"] {
            let pronouncer = super::super::builtin(language).unwrap();
            for sounds in pronouncer.pronounce(&["Word,", "слово", "λόγος", "12", "語", "ъ"]).unwrap()
            {
                assert!(!sounds.phones.is_empty(), "{language}");
            }
        }
    }
}
