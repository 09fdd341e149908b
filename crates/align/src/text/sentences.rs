//! Cutting a paragraph's lines into sentences and words, with each word's place in the file.

use super::spoken::is_said;
use super::{Sentence, Word, marks};

/// Abbreviations after which a full stop ends no sentence, without their last full stop.
const ABBREVIATIONS: [&str; 30] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "no", "vol", "vs", "etc", "e.g", "i.e", "cf", "jr", "sr", "pp",
    "fig", "gen", "col", "т", "е", "д", "п", "г", "гг", "им", "тов", "стр", "см", "руб",
];

/// The sentences of a paragraph given as lines with their byte offsets in the file, and the marks of sounds between them.
pub(super) fn sentences(lines: &[(&str, usize)], is_talk: bool) -> (Vec<Sentence>, Vec<Word>) {
    let mut tokens = tokens(lines, is_talk);
    let marks = marks::take(&mut tokens, is_talk);
    let mut sentences = Vec::new();
    let mut from = 0;
    for index in 0..tokens.len() {
        // A dash alone is looked through: `«Что?» — сказал он.` is one sentence.
        let next = tokens[index + 1..].iter().find(|token| token.text.chars().any(char::is_alphanumeric));
        // Dots alone are a pause where talk is transcribed.
        let is_pause = is_talk && !tokens[index].text.chars().any(char::is_alphanumeric);
        if next.is_none_or(|next| !is_pause && ends_here(&tokens[index].text, &next.text)) {
            sentences.extend(sentence(&tokens[from..=index]));
            from = index + 1;
        }
    }
    (sentences, marks)
}

/// Everything between white space; a word hyphenated at a line's end is joined with its rest. In talk such a word was broken off.
fn tokens(lines: &[(&str, usize)], is_talk: bool) -> Vec<Word> {
    let mut tokens: Vec<Word> = Vec::new();
    for (text, start) in lines {
        let mut first = true;
        for piece in text.split_whitespace() {
            let offset = start + (piece.as_ptr() as usize - text.as_ptr() as usize);
            let source = offset..offset + piece.len();
            match tokens.last_mut() {
                Some(before)
                    if first
                        && !is_talk
                        && is_hyphenated(&before.text)
                        && piece.starts_with(char::is_lowercase) =>
                {
                    before.text.pop();
                    before.text.push_str(piece);
                    before.source.end = source.end;
                }
                _ => tokens.push(Word { text: piece.to_owned(), source }),
            }
            first = false;
        }
    }
    tokens
}

fn is_hyphenated(text: &str) -> bool {
    let mut back = text.chars().rev();
    matches!(back.next(), Some('-' | '\u{ad}' | '‐')) && back.next().is_some_and(char::is_alphabetic)
}

/// Whether a sentence ends between two tokens.
fn ends_here(token: &str, next: &str) -> bool {
    let bare = token.trim_end_matches(['"', '”', '»', ')', '’', '\'', ']']);
    let begins = next.trim_start_matches(['"', '“', '«', '(', '‘', '[', '—', '–', '-']);
    let begins_big =
        begins.chars().next().is_none_or(|c| c.is_uppercase() || c.is_numeric() || !c.is_alphabetic());
    if bare.ends_with(['!', '?', '…']) {
        return begins_big;
    }
    let Some(stem) = bare.strip_suffix('.') else { return false };
    if stem.ends_with('.') {
        return begins_big;
    }
    let stem = stem.trim_start_matches(|c: char| !c.is_alphanumeric());
    let initial = stem.chars().count() == 1 && stem.chars().all(char::is_uppercase);
    let abbreviated = ABBREVIATIONS.contains(&stem.to_lowercase().as_str());
    begins_big && !initial && !abbreviated
}

fn sentence(tokens: &[Word]) -> Option<Sentence> {
    let text = tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
    let words: Vec<Word> = tokens.iter().filter(|token| is_said(&token.text)).cloned().collect();
    (!words.is_empty()).then_some(Sentence { text, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let mut start = 0;
        let lines: Vec<(&str, usize)> = text
            .split('\n')
            .map(|line| {
                let at = start;
                start += line.len() + 1;
                (line, at)
            })
            .collect();
        sentences(&lines, false).0.into_iter().map(|sentence| sentence.text).collect()
    }

    #[test]
    fn stops_that_end_nothing() {
        assert_eq!(
            texts("V. I. Lenin spoke. He paid 3.5 to Mr. Smith."),
            ["V. I. Lenin spoke.", "He paid 3.5 to Mr. Smith."]
        );
        assert_eq!(texts("Это и т. д. и т. п. Всё."), ["Это и т. д. и т. п. Всё."]);
        assert_eq!(texts("«Что?» — сказал он. «Да!» Нет…"), ["«Что?» — сказал он.", "«Да!»", "Нет…"]);
    }

    #[test]
    fn hyphens_at_line_ends_are_undone() {
        assert_eq!(texts("the admin-\nistration of nine-tenths"), ["the administration of nine-tenths"]);
    }
}
