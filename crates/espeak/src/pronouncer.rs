//! How words sound, according to eSpeak NG.
//!
//! A sentence is spoken as a whole, since its words change each other (`the apple`, `без шума`), and its phones are then
//! shared out among its words. A word for which nothing is left is spoken alone, and where eSpeak NG is silent even
//! then (a script that it cannot read) the aligner's own rules speak it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use espeak_ng::translate::{normalize_voice_tag, resolve_dict_stem, select_phoneme_table};
use espeak_ng::{PhonemeData, Translator};
use tonearm_align::AlignError;
use tonearm_align::text::{Phone, Pronouncer, Pronunciation};

use crate::divide::divide;
use crate::phones::{groups, inventory};
use crate::{DataDir, EspeakError};

/// Speaks one language by eSpeak NG's dictionaries and rules.
pub struct EspeakPronouncer {
    /// As it was asked for.
    language: String,
    /// eSpeak NG's name of it.
    voice: String,
    data_dir: PathBuf,
    translator: Translator,
    phoneme_table: PhonemeData,
    /// Words spoken alone, since a text says the same ones over and over.
    alone: Mutex<BTreeMap<String, Vec<Phone>>>,
}

impl std::fmt::Debug for EspeakPronouncer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EspeakPronouncer").field("voice", &self.voice).finish_non_exhaustive()
    }
}

impl EspeakPronouncer {
    /// Speaks `language`, a BCP 47 tag such as `ru`, `en-US` or `pt-BR`.
    ///
    /// # Errors
    /// [`EspeakError::UnknownLanguage`] where eSpeak NG has no dictionary for it, [`EspeakError::Engine`] where its data
    /// cannot be read.
    pub fn new(language: &str, data: &DataDir) -> Result<Self, EspeakError> {
        let voice = normalize_voice_tag(language);
        let unknown = || EspeakError::UnknownLanguage { language: language.to_string() };
        let engine = |source| EspeakError::Engine { language: language.to_string(), source };
        resolve_dict_stem(data.path(), &voice).ok_or_else(unknown)?;
        let mut phoneme_table = PhonemeData::load(data.path()).map_err(engine)?;
        select_phoneme_table(&mut phoneme_table, data.path(), &voice).map_err(|_| unknown())?;
        let translator = Translator::new(&voice, Some(data.path())).map_err(engine)?;
        Ok(Self {
            language: language.to_string(),
            voice,
            data_dir: data.path().to_path_buf(),
            translator,
            phoneme_table,
            alone: Mutex::new(BTreeMap::new()),
        })
    }

    /// Every symbol that the language's sounds have, sorted. Phones in context may carry a few more.
    pub fn inventory(&self) -> Vec<String> {
        inventory(&self.phoneme_table)
    }

    fn groups(&self, text: &str) -> Result<Vec<Vec<Phone>>, AlignError> {
        let codes = self.translator.translate_to_codes(text).map_err(|source| AlignError::Pronunciation {
            language: self.language.clone(),
            reason: format!("eSpeak NG cannot speak `{text}`: {source}"),
        })?;
        Ok(groups(&codes, &self.phoneme_table, &self.data_dir, &self.voice))
    }

    fn speak_alone(&self, word: &str) -> Result<Vec<Phone>, AlignError> {
        if let Some(known) = self.alone.lock().unwrap_or_else(PoisonError::into_inner).get(word) {
            return Ok(known.clone());
        }
        let phones = self.groups(word)?.concat();
        self.alone.lock().unwrap_or_else(PoisonError::into_inner).insert(word.to_string(), phones.clone());
        Ok(phones)
    }
}

impl Pronouncer for EspeakPronouncer {
    fn name(&self) -> &str {
        "espeak"
    }

    fn language(&self) -> &str {
        &self.language
    }

    fn pronounce(&self, sentence: &[&str]) -> Result<Vec<Pronunciation>, AlignError> {
        if sentence.is_empty() {
            return Ok(Vec::new());
        }
        let together = self.groups(&sentence.join(" "))?;
        let words = if together.len() == sentence.len() {
            together
        } else {
            let alone = sentence.iter().map(|word| self.speak_alone(word)).collect::<Result<Vec<_>, _>>()?;
            divide(&together, &alone)
        };
        sentence
            .iter()
            .zip(words)
            .map(|(word, phones)| {
                let phones = if phones.is_empty() { self.speak_alone(word)? } else { phones };
                Ok(Pronunciation { phones })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pronouncer(language: &str) -> EspeakPronouncer {
        // One folder for all tests: several of them write it at once, which it has to bear.
        let cache = std::env::temp_dir().join("tonearm-test-cache");
        EspeakPronouncer::new(language, &DataDir::install_in(&cache).unwrap()).unwrap()
    }

    fn sounds(language: &str, sentence: &str) -> Vec<String> {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        pronouncer(language)
            .pronounce(&words)
            .unwrap()
            .into_iter()
            .map(|word| word.phones.into_iter().map(|phone| phone.symbol).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// The C program says `vˈetʲɪr v rɐsʲˈiji` and the like; here it is one entry for each written word.
    #[test]
    fn words_that_are_spoken_together_stay_apart() {
        let english = sounds("en-gb", "most of the people, and all of it.");
        assert_eq!(english.len(), 8);
        assert_eq!(english[2], "ð ə");
        assert!(english.iter().all(|word| !word.is_empty()), "{english:?}");
        let russian = sounds("ru", "Что такое Советская власть?");
        assert_eq!(russian[3], "v ɭ ɑ s tʲ");
    }

    #[test]
    fn no_word_is_silent() {
        for (language, sentence) in [("en-us", "Ω 北京 hello №5 ###x"), ("ru", "hello 北京 ъ мир 5 x²")]
        {
            let words = sounds(language, sentence);
            assert!(words.iter().all(|word| !word.is_empty()), "{language}: {words:?}");
        }
    }

    #[test]
    fn an_unknown_language_is_named() {
        let cache = std::env::temp_dir().join("tonearm-test-cache");
        let error = EspeakPronouncer::new("tlh-xx", &DataDir::install_in(&cache).unwrap()).unwrap_err();
        assert!(error.to_string().contains("tlh-xx"), "{error}");
    }
}
