//! The text in an acoustic model's tokens, and which sounds of the text each token stands for.
//!
//! Tokens are letters or sounds. Letters are those of the words as they are said (`1919` spelt out), in whichever case the model
//! writes, accents taken off where it knows only the bare letter. They are laid over the sounds of their word in
//! proportion: the third of six letters covers the second of four sounds, in part. Sounds are the pronouncer's, one for one,
//! joined and palatalised ones taken apart where the model does so.
//!
//! **Known failures.** Silent letters shift the letters after them by a sound or so (`through`); the streams that use a spelling
//! allow for one letter to either side. Pieces of words (`▁the`, `ing`) are refused: too little is spelt in single letters.

use std::collections::BTreeMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Tokens;
use crate::AlignError;
use crate::phones::PhoneSequence;
use crate::text::{Transcript, said};

/// Tokens that cover less of the text than this are another language's, or pieces of words.
const LEAST_COVERAGE: f64 = 0.8;
/// Letters of the IPA that no alphabet in common use has: a model that knows some of them hears sounds.
const SOUND_LETTERS: &str = "əɪʃʊɛɔθʒŋɹɾɐɨɕʲˈː";
/// So many of them.
const LEAST_SOUND_LETTERS: usize = 3;
/// Marks of a sound that a model may leave out.
const SOUND_MARKS: [char; 6] = ['ʲ', 'ː', 'ʰ', 'ˠ', '\u{303}', '\u{329}'];

/// A token of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpelledToken {
    /// Its index.
    pub(crate) token: usize,
    /// The sounds of the text that it stands for.
    pub(crate) phones: Range<usize>,
}

/// Every word in tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// For each word of the text; empty where the model knows none of its letters or the word makes no sound.
    pub(crate) words: Vec<Vec<SpelledToken>>,
    /// Whether tokens are letters: what they stand for is then known to about a sound.
    pub(crate) by_letters: bool,
}

impl Spelling {
    /// Spells `transcript`, whose sounds are `phones`, in letters or in sounds, whichever the model has.
    ///
    /// # Errors
    /// [`AlignError::AcousticTokens`] where the tokens cover too little of the text.
    pub(crate) fn of(
        transcript: &Transcript,
        phones: &PhoneSequence,
        tokens: &Tokens,
        language: &str,
    ) -> Result<Self, AlignError> {
        let index = tokens.index();
        let (letters, letters_covered) = in_letters(transcript, phones, &index, language);
        let (sounds, sounds_covered) = in_sounds(phones, &index);
        let hears_sounds =
            SOUND_LETTERS.chars().filter(|c| index.keys().any(|name| name.contains(*c))).count();
        let by_letters = !(sounds_covered > letters_covered
            || (hears_sounds >= LEAST_SOUND_LETTERS && sounds_covered >= LEAST_COVERAGE));
        let (words, covered) = if by_letters { (letters, letters_covered) } else { (sounds, sounds_covered) };
        tracing::debug!(
            by_letters,
            letters_covered,
            sounds_covered,
            "the text in the acoustic model's tokens"
        );
        if covered < LEAST_COVERAGE {
            return Err(AlignError::AcousticTokens {
                reason: format!(
                    "they cover {:.0} % of the letters of the text and {:.0} % of its sounds, at least {:.0} % of \
                     either are needed; is the model for this language, and are its tokens single letters or IPA?",
                    100.0 * letters_covered,
                    100.0 * sounds_covered,
                    100.0 * LEAST_COVERAGE
                ),
            });
        }
        Ok(Self { words, by_letters })
    }

    /// For each sound of the text the tokens that stand for it, ascending.
    pub(crate) fn tokens_of_phones(&self, phones: usize) -> Vec<Vec<usize>> {
        let mut tokens = vec![Vec::new(); phones];
        for spelled in self.words.iter().flatten() {
            for phone in spelled.phones.clone() {
                tokens[phone].push(spelled.token);
            }
        }
        for set in &mut tokens {
            set.sort_unstable();
            set.dedup();
        }
        tokens
    }
}

/// Words in letters, and the share of letters that the model knows.
fn in_letters(
    transcript: &Transcript,
    phones: &PhoneSequence,
    index: &BTreeMap<&str, usize>,
    language: &str,
) -> (Vec<Vec<SpelledToken>>, f64) {
    let mut words = Vec::with_capacity(phones.words.len());
    let (mut known, mut total) = (0, 0);
    for sentence in transcript.sentences() {
        let written: Vec<&str> = sentence.words.iter().map(|word| word.text.as_str()).collect();
        for at in 0..written.len() {
            let spoken = said(&written, at, language).unwrap_or_else(|| vec![written[at].to_owned()]);
            let range = phones.words[words.len()].clone();
            let mut tokens = Vec::new();
            for c in spoken.iter().flat_map(|word| word.nfc().collect::<Vec<char>>()) {
                let found = letter(c, index);
                if c.is_alphanumeric() {
                    total += 1;
                    known += usize::from(found.is_some());
                }
                // Signs that the model has beside its letters are no sounds, apart from apostrophes inside words.
                tokens.extend(found.filter(|_| c.is_alphanumeric()));
            }
            words.push(spread(&tokens, range));
        }
    }
    (words, f64::from(known as u32) / f64::from(total.max(1) as u32))
}

/// The token of a letter, in either case, with or without its accent.
fn letter(c: char, index: &BTreeMap<&str, usize>) -> Option<usize> {
    let bare: String = std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c)).collect();
    let exact = c.to_string();
    [&exact, &bare]
        .into_iter()
        .flat_map(|form| [form.clone(), form.to_lowercase(), form.to_uppercase()])
        .find_map(|form| index.get(form.as_str()).copied())
}

/// Tokens laid over the sounds `range` in proportion.
fn spread(tokens: &[usize], range: Range<usize>) -> Vec<SpelledToken> {
    if range.is_empty() {
        return Vec::new();
    }
    let (count, sounds) = (tokens.len(), range.len());
    tokens
        .iter()
        .enumerate()
        .map(|(j, token)| SpelledToken {
            token: *token,
            phones: range.start + j * sounds / count..range.start + ((j + 1) * sounds).div_ceil(count),
        })
        .collect()
}

/// Words in sounds, and the share of sounds that the model knows.
fn in_sounds(phones: &PhoneSequence, index: &BTreeMap<&str, usize>) -> (Vec<Vec<SpelledToken>>, f64) {
    let mut known = 0usize;
    let words = phones
        .words
        .iter()
        .map(|range| {
            let mut word = Vec::new();
            for phone in range.clone() {
                let tokens = sound(&phones.phones[phone].symbol, index);
                known += usize::from(!tokens.is_empty());
                word.extend(tokens.into_iter().map(|token| SpelledToken { token, phones: phone..phone + 1 }));
            }
            word
        })
        .collect();
    (words, known as f64 / phones.phones.len().max(1) as f64)
}

/// The tokens of a sound: as a whole, without its marks, or part by part, longest parts first; none where a part is unknown.
fn sound(symbol: &str, index: &BTreeMap<&str, usize>) -> Vec<usize> {
    let bare: String = symbol.chars().filter(|c| !SOUND_MARKS.contains(c)).collect();
    for form in [symbol, bare.as_str()] {
        if let Some(token) = index.get(form) {
            return vec![*token];
        }
    }
    let parts: Vec<char> = bare.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < parts.len() {
        let longest = (at + 1..=parts.len()).rev().find_map(|end| {
            let part: String = parts[at..end].iter().collect();
            index.get(part.as_str()).map(|token| (*token, end))
        });
        let Some((token, end)) = longest else { return Vec::new() };
        tokens.push(token);
        at = end;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::{pronounce, read_transcript};

    fn spelled(text: &str, language: &str, tokens: &str) -> Result<(Spelling, PhoneSequence), AlignError> {
        let transcript = read_transcript(text.as_bytes(), Some("text.txt")).unwrap();
        let pronouncer = pronounce::builtin(language).unwrap();
        let phones = PhoneSequence::of(&transcript, pronouncer.as_ref(), &BTreeSet::new()).unwrap();
        let tokens = Tokens::read(tokens, None).unwrap();
        Ok((Spelling::of(&transcript, &phones, &tokens, language)?, phones))
    }

    fn alphabet(letters: impl Iterator<Item = char>) -> String {
        letters.fold("<pad>\n|\n".to_owned(), |text, c| text + &c.to_string() + "\n")
    }

    #[test]
    fn letters_are_those_of_the_words_as_they_are_said() {
        let (spelling, phones) = spelled("Café in 1919.", "en", &alphabet('A'..='Z')).unwrap();
        assert!(spelling.by_letters);
        let word = |w: usize| -> String {
            spelling.words[w].iter().map(|t| char::from(b'A' + (t.token - 2) as u8)).collect()
        };
        assert_eq!([word(0), word(1), word(2)], ["CAFE", "IN", "NINETEENNINETEEN"]);
        for (tokens, range) in spelling.words.iter().zip(&phones.words) {
            assert_eq!(
                (tokens[0].phones.start, tokens[tokens.len() - 1].phones.end),
                (range.start, range.end)
            );
        }
    }

    #[test]
    fn a_model_of_sounds_is_told_from_one_of_letters() {
        let (letters, _) = spelled("Старая запись.", "ru", &alphabet('а'..='я')).unwrap();
        assert!(letters.by_letters);
        let sounds: BTreeSet<char> = {
            let (_, phones) = spelled("Старая запись.", "ru", &alphabet('а'..='я')).unwrap();
            phones.phones.iter().flat_map(|phone| phone.symbol.chars().collect::<Vec<_>>()).collect()
        };
        let (by_sound, phones) = spelled("Старая запись.", "ru", &alphabet(sounds.into_iter())).unwrap();
        assert!(!by_sound.by_letters);
        assert!(by_sound.tokens_of_phones(phones.phones.len()).iter().all(|tokens| !tokens.is_empty()));
    }

    #[test]
    fn tokens_of_another_script_are_refused() {
        let error = spelled("Старая запись.", "ru", &alphabet('a'..='d')).unwrap_err();
        assert!(error.to_string().contains("% of the letters"), "{error}");
    }
}
