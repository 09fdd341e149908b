//! Moving one edge of a word: what moves with it, and how far it may go.
//!
//! An edge never passes the word's other edge nor goes into a neighbour. Where two words touch, they share an edge and it
//! moves for both, unless it is moved alone. Sentence and paragraph begin and end with the words that are spoken in them,
//! and the speech sounds of a word stretch with it. A time that was set by hand is no longer the aligner's: the interval
//! it stated is taken away. The listening page follows the same rules.

use tonearm_timeline::{Confidence, Paragraph, Sentence, State, Timeline, Word, WordPosition};

/// Closer than this, two words' edges are one.
const SHARED_EDGE_SECS: f64 = 0.002;
/// No word is made shorter by hand: the shortest speech sounds last about as long.
const SHORTEST_WORD_SECS: f64 = 0.01;
/// Times are kept to a tenth of a millisecond, as the aligner writes them.
const STEPS_PER_SECOND: f64 = 1e4;

/// Which edge of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Edge {
    Start,
    End,
}

/// An edge of a word of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WordEdge {
    pub(crate) word: WordPosition,
    pub(crate) edge: Edge,
}

impl WordEdge {
    /// The instant it lies at.
    pub(crate) fn secs(self, timeline: &Timeline) -> Option<f64> {
        timeline.word(self.word).map(|word| match self.edge {
            Edge::Start => word.start,
            Edge::End => word.end,
        })
    }

    /// The edge of the neighbouring word that faces this one, where there is such a word that is spoken.
    pub(crate) fn facing(self, timeline: &Timeline) -> Option<Self> {
        let spoken = |position: &WordPosition| {
            timeline.word(*position).is_some_and(|word| word.confidence.state != State::Absent)
        };
        match self.edge {
            Edge::Start => timeline
                .positions()
                .take_while(|position| *position < self.word)
                .filter(spoken)
                .last()
                .map(|word| Self { word, edge: Edge::End }),
            Edge::End => timeline
                .positions()
                .skip_while(|position| *position <= self.word)
                .find(spoken)
                .map(|word| Self { word, edge: Edge::Start }),
        }
    }

    /// The facing edge, where it lies at the same instant.
    pub(crate) fn shared(self, timeline: &Timeline) -> Option<Self> {
        let facing = self.facing(timeline)?;
        let apart = facing.secs(timeline)? - self.secs(timeline)?;
        (apart.abs() < SHARED_EDGE_SECS).then_some(facing)
    }
}

/// Moves an edge to `secs` or as near as it may go, the shared edge of the neighbour with it unless `alone`.
///
/// `shared` is the neighbour's edge that was one with this when the drag began.
pub(crate) fn move_edge(timeline: &mut Timeline, moved: WordEdge, shared: Option<WordEdge>, secs: f64) {
    let Some(bounds) = bounds(timeline, moved, shared) else { return };
    let secs = (secs.clamp(bounds.0, bounds.1) * STEPS_PER_SECOND).round() / STEPS_PER_SECOND;
    for edge in [Some(moved), shared].into_iter().flatten() {
        place(timeline, edge, secs);
    }
}

/// How far an edge may go.
fn bounds(timeline: &Timeline, moved: WordEdge, shared: Option<WordEdge>) -> Option<(f64, f64)> {
    let word = timeline.word(moved.word)?;
    let duration = timeline.audio.duration;
    let neighbour = moved.facing(timeline).and_then(|facing| timeline.word(facing.word));
    // A neighbour that overlaps already does not push the edge: it holds it where it is.
    let (low, high) = match moved.edge {
        Edge::Start => {
            let limit = match neighbour {
                None => 0.0,
                Some(before) if shared.is_some() => before.start + SHORTEST_WORD_SECS,
                Some(before) if before.end <= word.start => before.end,
                Some(before) => before.start,
            };
            let own = word.end - SHORTEST_WORD_SECS;
            (limit.min(word.start), own.max(word.start))
        }
        Edge::End => {
            let limit = match neighbour {
                None => duration,
                Some(after) if shared.is_some() => after.end - SHORTEST_WORD_SECS,
                Some(after) if after.start >= word.end => after.start,
                Some(after) => after.end,
            };
            let own = word.start + SHORTEST_WORD_SECS;
            (own.min(word.end), limit.max(word.end))
        }
    };
    Some((low.max(0.0), high.min(duration).max(low)))
}

fn place(timeline: &mut Timeline, edge: WordEdge, secs: f64) {
    let WordPosition { paragraph, sentence, word } = edge.word;
    let Some(paragraph) = timeline.paragraphs.get_mut(paragraph) else { return };
    let Some(sentence) = paragraph.sentences.get_mut(sentence) else { return };
    let Some(word) = sentence.words.get_mut(word) else { return };
    let (start, end) = match edge.edge {
        Edge::Start => (secs, word.end.max(secs)),
        Edge::End => (word.start.min(secs), secs),
    };
    stretch_phones(word, start, end);
    (word.start, word.end) = (start, end);
    word.confidence = Confidence { state: State::Measured, plus_minus_ms: None };
    fit_sentence(sentence);
    fit_paragraph(paragraph);
}

fn stretch_phones(word: &mut Word, start: f64, end: f64) {
    let (old_start, old_len) = (word.start, word.end - word.start);
    let scale = if old_len > 0.0 { (end - start) / old_len } else { 0.0 };
    for phone in &mut word.phones {
        phone.start = start + (phone.start - old_start) * scale;
        phone.end = start + (phone.end - old_start) * scale;
    }
}

fn fit_sentence(sentence: &mut Sentence) {
    let spoken = sentence.words.iter().filter(|word| word.confidence.state != State::Absent);
    if let Some((start, end)) = extent(spoken.map(|word| (word.start, word.end))) {
        (sentence.start, sentence.end) = (start, end);
    }
}

fn fit_paragraph(paragraph: &mut Paragraph) {
    if let Some((start, end)) = extent(paragraph.sentences.iter().map(|s| (s.start, s.end))) {
        (paragraph.start, paragraph.end) = (start, end);
    }
}

fn extent(spans: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    spans.reduce(|(start, end), (from, to)| (start.min(from), end.max(to)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn edge(sentence: usize, word: usize, edge: Edge) -> WordEdge {
        WordEdge { word: WordPosition { paragraph: 0, sentence, word }, edge }
    }

    fn times(timeline: &Timeline) -> Vec<(f64, f64)> {
        timeline.words().map(|word| (word.start, word.end)).collect()
    }

    #[test]
    fn a_shared_edge_moves_for_both_words() {
        let mut timeline = fixture::timeline();
        let moved = edge(0, 0, Edge::End);
        let shared = moved.shared(&timeline);
        assert_eq!(shared, Some(edge(0, 1, Edge::Start)));
        move_edge(&mut timeline, moved, shared, 0.87);
        assert_eq!(times(&timeline)[..2], [(0.5, 0.87), (0.87, 1.2)]);
        timeline.validate().unwrap();
        let word = timeline.words().next().unwrap();
        assert_eq!(word.confidence, Confidence { state: State::Measured, plus_minus_ms: None });
    }

    #[test]
    fn an_edge_moved_alone_opens_a_gap() {
        let mut timeline = fixture::timeline();
        move_edge(&mut timeline, edge(0, 0, Edge::End), None, 0.7);
        assert_eq!(times(&timeline)[..2], [(0.5, 0.7), (0.8, 1.2)]);
    }

    #[test]
    fn no_edge_passes_the_other_or_a_neighbour() {
        for wanted in [-50.0, 0.0, 0.79, 0.81, 1.19, 50.0] {
            for sentence in 0..2 {
                for word in 0..2 {
                    for which in [Edge::Start, Edge::End] {
                        for alone in [false, true] {
                            let mut timeline = fixture::timeline();
                            let moved = edge(sentence, word, which);
                            let shared = if alone { None } else { moved.shared(&timeline) };
                            move_edge(&mut timeline, moved, shared, wanted);
                            timeline.validate().unwrap();
                            let times = times(&timeline);
                            for pair in times.windows(2) {
                                assert!(pair[0].1 <= pair[1].0 + 1e-9, "{moved:?} to {wanted}: {times:?}");
                            }
                            for (start, end) in times {
                                assert!(end - start > SHORTEST_WORD_SECS - 1e-9);
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn sentence_and_paragraph_follow_their_words() {
        let mut timeline = fixture::timeline();
        move_edge(&mut timeline, edge(0, 0, Edge::Start), None, 0.31);
        assert_eq!((timeline.paragraphs[0].start, timeline.paragraphs[0].sentences[0].start), (0.31, 0.31));
        move_edge(&mut timeline, edge(1, 1, Edge::End), None, 2.5);
        assert_eq!((timeline.paragraphs[0].end, timeline.paragraphs[0].sentences[1].end), (2.5, 2.5));
        timeline.validate().unwrap();
    }

    #[test]
    fn speech_sounds_stretch_with_their_word() {
        let mut timeline = fixture::timeline();
        let phone = |start, end| tonearm_timeline::Phone { symbol: "a".into(), start, end };
        timeline.paragraphs[0].sentences[0].words[0].phones = vec![phone(0.5, 0.6), phone(0.6, 0.8)];
        move_edge(&mut timeline, edge(0, 0, Edge::End), None, 0.65);
        timeline.validate().unwrap();
        let word = timeline.words().next().unwrap();
        assert!((word.phones[0].end - 0.55).abs() < 1e-9 && (word.phones[1].end - 0.65).abs() < 1e-9);
    }
}
