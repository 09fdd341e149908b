//! The places of words in their transcript, for timelines from formats that know none.

use crate::score::token_alignment::{align, tokens};
use crate::{SourceRange, Timeline};

/// A word of a transcript and the bytes that it stands at in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The word as written.
    pub text: String,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Gives each word of the timeline that is found among `places`, in order, its bytes; says how many were. Words are compared as
/// in scoring: without case and punctuation.
pub fn locate(timeline: &mut Timeline, places: &[Place]) -> usize {
    let mut theirs = Vec::new();
    for (index, place) in places.iter().enumerate() {
        theirs.extend(tokens(&place.text, 0.0, 0.0, index));
    }
    let mut ours = Vec::new();
    for (index, word) in timeline.words().enumerate() {
        ours.extend(tokens(&word.text, 0.0, 0.0, index));
    }
    let links = align(&theirs, &ours);
    let mut found: Vec<Option<SourceRange>> = vec![None; timeline.words().count()];
    for link in links {
        let (first, last) =
            (&places[theirs[link.reference.start].span], &places[theirs[link.reference.end - 1].span]);
        for token in &ours[link.timeline] {
            found[token.span]
                .get_or_insert(SourceRange { start: first.start, end: last.end.max(first.start) });
        }
    }
    let words = timeline
        .paragraphs
        .iter_mut()
        .flat_map(|paragraph| &mut paragraph.sentences)
        .flat_map(|sentence| &mut sentence.words);
    let mut count = 0;
    for (word, range) in words.zip(found) {
        if let Some(range) = range {
            word.source = range;
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;

    #[test]
    fn words_find_their_bytes() {
        let mut timeline = small();
        let text = "Title\n\nhello world — yes";
        let place = |word: &str| {
            let start = text.find(word).unwrap();
            Place { text: word.to_owned(), start, end: start + word.len() }
        };
        let places = ["Title", "hello", "world", "yes"].map(place);
        assert_eq!(locate(&mut timeline, &places), 3);
        let found: Vec<&str> =
            timeline.words().map(|word| &text[word.source.start..word.source.end]).collect();
        assert_eq!(found, ["hello", "world", "yes"]);
    }
}
