//! Which language a transcript seems to be in: by its script, then by its commonest short words.

use super::Transcript;

/// Words that are common in one language and rare in the others.
const COMMON_WORDS: [(&str, &[&str]); 12] = [
    ("en", &["the", "and", "of", "is", "that", "it", "was", "to", "in", "have"]),
    ("de", &["der", "die", "und", "das", "ist", "nicht", "ein", "zu", "mit", "den"]),
    ("fr", &["le", "la", "les", "et", "est", "des", "une", "dans", "que", "pas"]),
    ("es", &["el", "los", "las", "y", "es", "que", "por", "una", "con", "del"]),
    ("it", &["il", "di", "che", "è", "non", "per", "una", "sono", "della", "gli"]),
    ("pt", &["o", "não", "uma", "os", "é", "do", "da", "em", "com", "mais"]),
    ("pl", &["się", "nie", "jest", "na", "że", "do", "to", "jak", "ale", "i"]),
    ("cs", &["je", "se", "na", "že", "není", "jsem", "ale", "jako", "byl", "a"]),
    ("nl", &["het", "een", "van", "niet", "zijn", "dat", "en", "ik", "op", "voor"]),
    ("sv", &["och", "att", "det", "är", "som", "en", "inte", "på", "jag", "av"]),
    ("ru", &["и", "в", "не", "на", "что", "это", "как", "его", "с", "по"]),
    ("uk", &["і", "в", "не", "на", "що", "це", "як", "його", "з", "та"]),
];

/// The language of a transcript, or none where nothing speaks for one.
pub fn guess_language(transcript: &Transcript) -> Option<&'static str> {
    let words: Vec<String> = transcript
        .words()
        .map(|word| word.text.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let letters: String = words.concat();
    let share = |belongs: fn(char) -> bool| {
        letters.chars().filter(|c| belongs(*c)).count() * 2 > letters.chars().count()
    };
    if share(|c| matches!(c, 'α'..='ω' | 'ά'..='ώ')) {
        return Some("el");
    }
    let cyrillic = share(|c| matches!(c, 'а'..='я' | 'ё' | 'і' | 'ї' | 'є' | 'ґ'));
    let (code, hits) = COMMON_WORDS
        .iter()
        .filter(|(code, _)| matches!(*code, "ru" | "uk") == cyrillic)
        .map(|(code, common)| (*code, words.iter().filter(|word| common.contains(&word.as_str())).count()))
        // The first of equals, so that the order of the table decides.
        .rev()
        .max_by_key(|(_, hits)| *hits)?;
    match hits {
        0 if cyrillic => Some("ru"),
        0 => None,
        _ => Some(code),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_transcript;
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (text, code) in [
            ("What is the essence of this new power?", Some("en")),
            ("В чём заключается сущность этой новой власти?", Some("ru")),
            ("Das ist nicht der Weg und die Wahrheit.", Some("de")),
            ("Τι είναι η σοβιετική εξουσία;", Some("el")),
            ("Xyzzy plugh.", None),
        ] {
            assert_eq!(guess_language(&read_transcript(text.as_bytes(), None).unwrap()), code, "{text}");
        }
    }
}
