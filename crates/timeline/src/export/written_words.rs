//! Where the words of a sentence stand in its text: what a page, an e-book or an annotation marks.

use std::ops::Range;

use crate::Sentence;

/// The byte range of each word in the sentence's text, ascending and apart; none where the words cannot be found there one
/// after the other with nothing but punctuation between them.
pub(super) fn written_words(sentence: &Sentence) -> Option<Vec<Range<usize>>> {
    let text = sentence.text.as_str();
    let mut ranges = Vec::with_capacity(sentence.words.len());
    let mut from = 0;
    for word in &sentence.words {
        let gap = text[from..].find(word.text.as_str())?;
        // Letters in between would belong to a word that the sentence does not list.
        if text[from..from + gap].contains(char::is_alphanumeric) {
            return None;
        }
        ranges.push(from + gap..from + gap + word.text.len());
        from += gap + word.text.len();
    }
    Some(ranges)
}

/// The text of a sentence and where its words stand in it. Where the sentence's own text does not list them, the words
/// themselves with spaces between.
pub(super) fn text_with_words(sentence: &Sentence) -> (String, Vec<Range<usize>>) {
    if let Some(ranges) = written_words(sentence) {
        return (sentence.text.clone(), ranges);
    }
    let mut text = String::new();
    let mut ranges = Vec::with_capacity(sentence.words.len());
    for word in &sentence.words {
        if !text.is_empty() {
            text.push(' ');
        }
        ranges.push(text.len()..text.len() + word.text.len());
        text.push_str(&word.text);
    }
    (text, ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;

    #[test]
    fn words_are_found_between_punctuation_or_stand_for_themselves() {
        let mut timeline = small();
        let sentence = &mut timeline.paragraphs[0].sentences[0];
        sentence.text = "— Hello, «world.»".to_owned();
        let (text, ranges) = text_with_words(sentence);
        assert_eq!(ranges.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(), ["Hello,", "world."]);
        assert_eq!(text, sentence.text);
        sentence.text = "Hello, my world.".to_owned();
        assert_eq!(text_with_words(sentence), ("Hello, world.".to_owned(), vec![0..6, 7..13]));
    }
}
