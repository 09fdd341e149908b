//! Which word is spoken at an instant, in logarithmic time.
//!
//! Words may overlap, so a binary search over the starts alone would have to walk back an unknown way. The index sweeps
//! the words once and keeps the instants at which the answer changes: at most two a word, whatever the overlaps. Of the
//! words that are spoken at an instant, the answer is the one that started last.
//!
//! Words that were not spoken and words without length are never the answer.

use crate::{Sentence, State, Timeline, Word};

/// Where a word stands in a timeline; [`Timeline::word`] fetches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordPosition {
    /// Index of the paragraph.
    pub paragraph: usize,
    /// Index of the sentence in the paragraph.
    pub sentence: usize,
    /// Index of the word in the sentence.
    pub word: usize,
}

/// Answers "which word is spoken now" without walking the document: build once, ask as often as the screen is drawn.
///
/// It holds positions, not references, so a player can keep it beside its timeline; after an edit of the times build it
/// anew.
#[derive(Clone, Debug, Default)]
pub struct WordIndex {
    /// Instants at which the answer changes, ascending, each with the answer from there on.
    changes: Vec<(f64, Option<WordPosition>)>,
}

impl WordIndex {
    /// Sweeps the words of a timeline.
    pub fn new(timeline: &Timeline) -> Self {
        let mut words: Vec<(f64, f64, WordPosition)> = timeline
            .positions()
            .filter_map(|position| timeline.word(position).map(|word| (position, word)))
            .filter(|(_, word)| word.confidence.state != State::Absent && word.start < word.end)
            .map(|(position, word)| (word.start, word.end, position))
            .collect();
        words.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut index = Self::default();
        // Words that have started, the latest on top; those underneath may have ended meanwhile.
        let mut open: Vec<(f64, WordPosition)> = Vec::new();
        for (start, end, position) in words {
            index.close_until(start, &mut open);
            index.change(start, Some(position));
            // A word that ends before this one does can never show again: the stack's ends descend towards its top.
            while open.last().is_some_and(|(below, _)| *below <= end) {
                open.pop();
            }
            open.push((end, position));
        }
        index.close_until(f64::INFINITY, &mut open);
        index
    }

    /// The word that is spoken at an instant.
    pub fn at(&self, instant_secs: f64) -> Option<WordPosition> {
        let after = self.changes.partition_point(|(from, _)| *from <= instant_secs);
        self.changes[..after].last().and_then(|(_, position)| *position)
    }

    /// The next instant at which the answer changes, so that a player knows when to draw again.
    pub fn next_change(&self, instant_secs: f64) -> Option<f64> {
        let after = self.changes.partition_point(|(from, _)| *from <= instant_secs);
        self.changes.get(after).map(|(from, _)| *from)
    }

    /// Ends every open word that is over by `until`, and shows the one below, if any.
    fn close_until(&mut self, until: f64, open: &mut Vec<(f64, WordPosition)>) {
        while let Some((end, _)) = open.last().copied().filter(|(end, _)| *end <= until) {
            open.pop();
            self.change(end, open.last().map(|(_, position)| *position));
        }
    }

    fn change(&mut self, instant: f64, position: Option<WordPosition>) {
        match self.changes.last_mut() {
            Some(last) if last.0.total_cmp(&instant).is_eq() => last.1 = position,
            _ => self.changes.push((instant, position)),
        }
    }
}

impl Timeline {
    /// The places of all words, in order.
    pub fn positions(&self) -> impl Iterator<Item = WordPosition> + '_ {
        self.paragraphs.iter().enumerate().flat_map(|(paragraph, content)| {
            content.sentences.iter().enumerate().flat_map(move |(sentence, content)| {
                (0..content.words.len()).map(move |word| WordPosition { paragraph, sentence, word })
            })
        })
    }

    /// The word at a place.
    pub fn word(&self, position: WordPosition) -> Option<&Word> {
        self.sentence(position)?.words.get(position.word)
    }

    /// The word at a place, to change it.
    pub fn word_mut(&mut self, position: WordPosition) -> Option<&mut Word> {
        let sentence = self.paragraphs.get_mut(position.paragraph)?.sentences.get_mut(position.sentence)?;
        sentence.words.get_mut(position.word)
    }

    /// The sentence that holds the word at a place.
    pub fn sentence(&self, position: WordPosition) -> Option<&Sentence> {
        self.paragraphs.get(position.paragraph)?.sentences.get(position.sentence)
    }

    /// The word that is spoken at an instant: of several the one that started last. It walks the document without
    /// allocating; who asks again and again keeps a [`WordIndex`].
    pub fn word_at(&self, instant_secs: f64) -> Option<&Word> {
        self.words()
            .filter(|word| word.confidence.state != State::Absent)
            .filter(|word| word.start <= instant_secs && instant_secs < word.end)
            .reduce(|best, word| if word.start >= best.start { word } else { best })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::fixture::{small, with_words};

    #[test]
    fn the_word_is_found_and_pauses_are_none() {
        let timeline = small();
        let index = WordIndex::new(&timeline);
        let text = |instant| index.at(instant).and_then(|p| timeline.word(p)).map(|word| word.text.as_str());
        assert_eq!(text(0.0), None);
        assert_eq!(text(0.5), Some("Hello,"));
        assert_eq!(text(0.85), Some("world."));
        assert_eq!(text(1.2), None);
        assert_eq!(index.next_change(0.6), Some(0.8));
        assert_eq!(index.next_change(5.0), None);
    }

    #[test]
    fn a_long_word_shows_again_when_the_word_over_it_ends() {
        let timeline = with_words(&[(0.0, 10.0), (1.0, 3.0), (2.0, 2.5), (4.0, 4.0)]);
        let index = WordIndex::new(&timeline);
        let at = |instant| index.at(instant).map(|position| position.word);
        assert_eq!(
            [0.5, 1.5, 2.2, 2.7, 3.0, 4.0, 10.0].map(at),
            [Some(0), Some(1), Some(2), Some(1), Some(0), Some(0), None]
        );
    }

    proptest! {
        #[test]
        fn the_index_agrees_with_a_walk(
            mut spans in prop::collection::vec((0u8..40, 0u8..12), 0..20),
            instants in prop::collection::vec(0u8..60, 1..30),
        ) {
            spans.sort_unstable();
            let spans: Vec<(f64, f64)> =
                spans.iter().map(|&(start, length)| (f64::from(start), f64::from(start) + f64::from(length))).collect();
            let timeline = with_words(&spans);
            let index = WordIndex::new(&timeline);
            for instant in instants.into_iter().map(|instant| f64::from(instant) / 2.0) {
                let found = index.at(instant).and_then(|position| timeline.word(position));
                prop_assert_eq!(found, timeline.word_at(instant));
            }
        }
    }
}
