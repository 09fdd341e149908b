//! Undo and redo: each change keeps the sentences it touched as they were before and after.
//!
//! A sentence is small and a drag touches two at most, so the history of a long afternoon stays small, and going back
//! restores the document to the last bit, whatever the rules of editing derive from one another.

use tonearm_timeline::{Sentence, Timeline};

/// A sentence of a timeline, with what a change of it changes above it.
#[derive(Clone, Debug, PartialEq)]
struct Snapshot {
    paragraph: usize,
    sentence: usize,
    content: Sentence,
    paragraph_span: (f64, f64),
}

/// One change that can be taken back.
#[derive(Clone, Debug, PartialEq)]
struct Change {
    before: Vec<Snapshot>,
    after: Vec<Snapshot>,
}

/// What was changed, and what was taken back.
#[derive(Clone, Debug, Default)]
pub(crate) struct EditHistory {
    done: Vec<Change>,
    undone: Vec<Change>,
    open: Option<Vec<Snapshot>>,
    /// How many changes were done when the document was last saved; none where that state cannot be reached again.
    saved: Option<usize>,
}

impl EditHistory {
    /// The history of a document that is as it is on disk.
    pub(crate) fn new() -> Self {
        Self { saved: Some(0), ..Self::default() }
    }

    /// Begins a change of some sentences, given as paragraph and sentence.
    pub(crate) fn begin(&mut self, timeline: &Timeline, places: &[(usize, usize)]) {
        self.open = Some(snapshots(timeline, places));
    }

    /// Ends the change that was begun; one that changed nothing leaves no trace.
    pub(crate) fn finish(&mut self, timeline: &Timeline) {
        let Some(before) = self.open.take() else { return };
        let places: Vec<_> = before.iter().map(|snapshot| (snapshot.paragraph, snapshot.sentence)).collect();
        let after = snapshots(timeline, &places);
        if before == after {
            return;
        }
        if self.saved.is_some_and(|saved| saved > self.done.len()) {
            self.saved = None;
        }
        self.undone.clear();
        self.done.push(Change { before, after });
    }

    /// Takes the change that was begun back.
    pub(crate) fn abandon(&mut self, timeline: &mut Timeline) {
        if let Some(before) = self.open.take() {
            put_back(timeline, &before);
        }
    }

    /// Whether a change is under way.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the last change back; whether there was one.
    pub(crate) fn undo(&mut self, timeline: &mut Timeline) -> bool {
        let Some(change) = self.done.pop() else { return false };
        put_back(timeline, &change.before);
        self.undone.push(change);
        true
    }

    /// Does again what was taken back last; whether there was anything.
    pub(crate) fn redo(&mut self, timeline: &mut Timeline) -> bool {
        let Some(change) = self.undone.pop() else { return false };
        put_back(timeline, &change.after);
        self.done.push(change);
        true
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// The document is now as it is on disk.
    pub(crate) fn mark_saved(&mut self) {
        self.saved = Some(self.done.len());
    }

    /// Whether the document differs from what was saved last.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.saved != Some(self.done.len())
    }
}

fn snapshots(timeline: &Timeline, places: &[(usize, usize)]) -> Vec<Snapshot> {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .filter_map(|(paragraph, sentence)| {
            let holder = timeline.paragraphs.get(paragraph)?;
            let content = holder.sentences.get(sentence)?.clone();
            Some(Snapshot { paragraph, sentence, content, paragraph_span: (holder.start, holder.end) })
        })
        .collect()
}

fn put_back(timeline: &mut Timeline, snapshots: &[Snapshot]) {
    for snapshot in snapshots {
        let Some(paragraph) = timeline.paragraphs.get_mut(snapshot.paragraph) else { continue };
        (paragraph.start, paragraph.end) = snapshot.paragraph_span;
        if let Some(sentence) = paragraph.sentences.get_mut(snapshot.sentence) {
            *sentence = snapshot.content.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn change(history: &mut EditHistory, timeline: &mut Timeline, end: f64) {
        history.begin(timeline, &[(0, 0)]);
        timeline.paragraphs[0].sentences[0].words[0].end = end;
        history.finish(timeline);
    }

    #[test]
    fn undo_and_redo_walk_through_every_state() {
        let mut timeline = fixture::timeline();
        let mut history = EditHistory::new();
        let mut states = vec![timeline.clone()];
        for end in [0.7, 0.75, 0.72] {
            change(&mut history, &mut timeline, end);
            states.push(timeline.clone());
        }
        for state in states.iter().rev().skip(1) {
            assert!(history.undo(&mut timeline));
            assert_eq!(&timeline, state);
        }
        assert!(!history.undo(&mut timeline));
        for state in &states[1..] {
            assert!(history.redo(&mut timeline));
            assert_eq!(&timeline, state);
        }
        assert!(!history.redo(&mut timeline));
    }

    #[test]
    fn a_new_change_forgets_what_was_taken_back() {
        let mut timeline = fixture::timeline();
        let mut history = EditHistory::new();
        change(&mut history, &mut timeline, 0.7);
        history.undo(&mut timeline);
        change(&mut history, &mut timeline, 0.75);
        assert!(!history.can_redo() && history.can_undo());
    }

    #[test]
    fn a_change_of_nothing_leaves_no_trace() {
        let mut timeline = fixture::timeline();
        let mut history = EditHistory::new();
        change(&mut history, &mut timeline, 0.8);
        assert!(!history.can_undo() && !history.is_unsaved());
    }

    #[test]
    fn what_was_saved_is_known_through_undo_and_redo() {
        let mut timeline = fixture::timeline();
        let mut history = EditHistory::new();
        change(&mut history, &mut timeline, 0.7);
        assert!(history.is_unsaved());
        history.mark_saved();
        assert!(!history.is_unsaved());
        history.undo(&mut timeline);
        assert!(history.is_unsaved());
        history.redo(&mut timeline);
        assert!(!history.is_unsaved());
        history.undo(&mut timeline);
        change(&mut history, &mut timeline, 0.71);
        assert!(history.is_unsaved(), "the saved state cannot be reached again");
        history.undo(&mut timeline);
        assert!(history.is_unsaved());
    }

    #[test]
    fn an_abandoned_change_is_taken_back() {
        let mut timeline = fixture::timeline();
        let original = timeline.clone();
        let mut history = EditHistory::new();
        history.begin(&timeline, &[(0, 0)]);
        timeline.paragraphs[0].sentences[0].words[0].end = 0.6;
        history.abandon(&mut timeline);
        assert_eq!(timeline, original);
        assert!(!history.can_undo());
    }
}
