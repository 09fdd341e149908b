//! An open timeline: what is spoken now, its corrections, and saving them.
//!
//! Saving writes the whole document under a temporary name beside its target, flushes it, and renames it. A file that
//! was changed by someone else since it was read is not overwritten unless that is asked for.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tonearm_timeline::{Sentence, Timeline, WordIndex, WordPosition};

use crate::edit_history::EditHistory;
use crate::word_edges::{self, WordEdge};

/// A timeline that is open, with the file it came from.
#[derive(Debug)]
pub(crate) struct Session {
    timeline: Timeline,
    index: WordIndex,
    history: EditHistory,
    drag: Option<Drag>,
    path: PathBuf,
    /// What the file held when it was read or written last.
    on_disk: Vec<u8>,
}

/// An edge that is being moved.
#[derive(Clone, Copy, Debug)]
struct Drag {
    edge: WordEdge,
    shared: Option<WordEdge>,
}

/// How a save ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// The file holds the document.
    Done,
    /// Someone else changed or removed the file since it was read; nothing was written.
    ChangedOnDisk,
}

impl Session {
    /// Opens a timeline's file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let on_disk = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = std::str::from_utf8(&on_disk)
            .with_context(|| format!("{} is no timeline: it is not UTF-8 text", path.display()))?;
        let timeline =
            Timeline::from_json(text).with_context(|| format!("cannot open {}", path.display()))?;
        let index = WordIndex::new(&timeline);
        Ok(Self { timeline, index, history: EditHistory::new(), drag: None, path: path.to_owned(), on_disk })
    }

    pub(crate) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn history(&self) -> &EditHistory {
        &self.history
    }

    /// The word that is spoken at an instant.
    pub(crate) fn word_at(&self, secs: f64) -> Option<WordPosition> {
        self.index.at(secs)
    }

    /// All sentences in order, each with its paragraph's number and its own in the paragraph.
    pub(crate) fn sentences(&self) -> impl DoubleEndedIterator<Item = (usize, usize, &Sentence)> {
        self.timeline.paragraphs.iter().enumerate().flat_map(|(paragraph, content)| {
            content.sentences.iter().enumerate().map(move |(number, sentence)| (paragraph, number, sentence))
        })
    }

    /// The sentence that an instant belongs to: the last that has begun, or the first.
    pub(crate) fn sentence_at(&self, secs: f64) -> Option<&Sentence> {
        let begun = self.sentences().take_while(|(_, _, s)| s.start <= secs + JUST_AT_SECS).last();
        begun.or_else(|| self.sentences().next()).map(|(_, _, sentence)| sentence)
    }

    /// The start of the sentence after an instant.
    pub(crate) fn next_sentence_start(&self, secs: f64) -> Option<f64> {
        self.sentences().map(|(_, _, s)| s.start).find(|start| *start > secs + JUST_AT_SECS)
    }

    /// The start of the sentence at an instant, or of the one before where that has just begun.
    pub(crate) fn previous_sentence_start(&self, secs: f64) -> Option<f64> {
        self.sentences().map(|(_, _, s)| s.start).rev().find(|start| *start < secs - BACK_AGAIN_SECS)
    }

    /// The start of the next or the previous word that begins after or before an instant.
    pub(crate) fn neighbouring_word_start(&self, secs: f64, forward: bool) -> Option<f64> {
        let mut starts = self.timeline.words().map(|word| word.start);
        if forward {
            starts.find(|start| *start > secs + JUST_AT_SECS)
        } else {
            starts.take_while(|start| *start < secs - JUST_AT_SECS).last()
        }
    }

    /// Begins to move an edge of a word; `alone` leaves a neighbour that touches it where it is.
    pub(crate) fn begin_drag(&mut self, edge: WordEdge, alone: bool) {
        let shared = if alone { None } else { edge.shared(&self.timeline) };
        let places: Vec<_> = [Some(edge), shared]
            .into_iter()
            .flatten()
            .map(|edge| (edge.word.paragraph, edge.word.sentence))
            .collect();
        self.history.begin(&self.timeline, &places);
        self.drag = Some(Drag { edge, shared });
    }

    /// Moves the edge that is held to an instant, or as near as it may go.
    pub(crate) fn drag_to(&mut self, secs: f64) {
        if let Some(drag) = self.drag {
            word_edges::move_edge(&mut self.timeline, drag.edge, drag.shared, secs);
        }
    }

    /// Whether an edge is held.
    pub(crate) fn is_dragging(&self) -> bool {
        self.drag.is_some() && self.history.is_open()
    }

    /// Lets the edge go. A correction that would make the document inconsistent is taken back.
    ///
    /// # Errors
    /// What would be inconsistent.
    pub(crate) fn finish_drag(&mut self) -> Result<()> {
        self.drag = None;
        let verdict = self.timeline.validate();
        match &verdict {
            Ok(()) => self.history.finish(&self.timeline),
            Err(_) => self.history.abandon(&mut self.timeline),
        }
        self.index = WordIndex::new(&self.timeline);
        verdict.context("the correction was taken back")
    }

    /// Takes the last correction back; whether there was one.
    pub(crate) fn undo(&mut self) -> bool {
        let undone = self.history.undo(&mut self.timeline);
        self.index = WordIndex::new(&self.timeline);
        undone
    }

    /// Does again what was taken back; whether there was anything.
    pub(crate) fn redo(&mut self) -> bool {
        let redone = self.history.redo(&mut self.timeline);
        self.index = WordIndex::new(&self.timeline);
        redone
    }

    /// Saves to the file it came from. A file that was changed meanwhile is left alone unless `overwrite`.
    ///
    /// # Errors
    /// Where the document is inconsistent or the file cannot be written.
    pub(crate) fn save(&mut self, overwrite: bool) -> Result<Saved> {
        if !overwrite && !fs::read(&self.path).is_ok_and(|bytes| bytes == self.on_disk) {
            return Ok(Saved::ChangedOnDisk);
        }
        let path = self.path.clone();
        self.write(&path)?;
        Ok(Saved::Done)
    }

    /// Saves under another name, which becomes the session's file.
    ///
    /// # Errors
    /// Where the document is inconsistent or the file cannot be written.
    pub(crate) fn save_as(&mut self, path: &Path) -> Result<()> {
        self.write(path)?;
        self.path = path.to_owned();
        Ok(())
    }

    fn write(&mut self, path: &Path) -> Result<()> {
        let bytes = self.timeline.to_json_pretty()?.into_bytes();
        replace_file(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
        self.on_disk = bytes;
        self.history.mark_saved();
        Ok(())
    }
}

/// An instant this near after a start still counts as the start: seeks land a rounding away from it.
const JUST_AT_SECS: f64 = 0.001;
/// Going back a sentence soon after its start goes to the one before, as on any player.
const BACK_AGAIN_SECS: f64 = 0.6;

/// Puts a file in place at once: it holds either what it held or all of `bytes`.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tonearm-").suffix(".part");
    // A temporary file is its owner's alone; the file in place keeps the permissions that it had.
    if let Ok(standing) = fs::metadata(path) {
        builder.permissions(standing.permissions());
    } else {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
    }
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::word_edges::Edge;

    fn open() -> (tempfile::TempDir, Session) {
        let dir = fixture::out_dir();
        let session = Session::open(&dir.path().join("timeline.json")).unwrap();
        (dir, session)
    }

    fn correct(session: &mut Session, secs: f64) {
        let word = session.timeline().positions().next().unwrap();
        session.begin_drag(WordEdge { word, edge: Edge::End }, false);
        session.drag_to(secs);
        session.finish_drag().unwrap();
    }

    #[test]
    fn a_correction_moves_what_is_spoken_and_can_be_undone() {
        let (_dir, mut session) = open();
        let spoken =
            |session: &Session| session.timeline().word(session.word_at(0.9).unwrap()).unwrap().id.clone();
        assert_eq!(spoken(&session), "w2");
        correct(&mut session, 1.0);
        assert_eq!(spoken(&session), "w1");
        assert!(session.undo());
        assert_eq!(spoken(&session), "w2");
        assert!(session.redo() && !session.redo());
        assert_eq!(spoken(&session), "w1");
    }

    #[test]
    fn saving_writes_what_can_be_opened_again() {
        let (_dir, mut session) = open();
        correct(&mut session, 0.9);
        assert!(session.history().is_unsaved());
        assert_eq!(session.save(false).unwrap(), Saved::Done);
        assert!(!session.history().is_unsaved());
        let again = Session::open(session.path()).unwrap();
        assert_eq!(again.timeline(), session.timeline());
        correct(&mut session, 0.95);
        assert_eq!(session.save(false).unwrap(), Saved::Done, "its own save is no change by others");
    }

    #[test]
    fn a_file_that_others_changed_is_not_overwritten_unasked() {
        let (_dir, mut session) = open();
        correct(&mut session, 0.9);
        let path = session.path().to_owned();
        fs::write(&path, "someone else's work").unwrap();
        assert_eq!(session.save(false).unwrap(), Saved::ChangedOnDisk);
        assert_eq!(fs::read_to_string(&path).unwrap(), "someone else's work");
        assert!(session.history().is_unsaved());
        assert_eq!(session.save(true).unwrap(), Saved::Done);
        assert!(Session::open(&path).is_ok());
    }

    #[test]
    fn saving_under_another_name_leaves_the_first_file_alone() {
        let (dir, mut session) = open();
        let original = fs::read(session.path()).unwrap();
        correct(&mut session, 0.9);
        let copy = dir.path().join("corrected.json");
        session.save_as(&copy).unwrap();
        assert_eq!(fs::read(dir.path().join("timeline.json")).unwrap(), original);
        assert_eq!(session.path(), copy);
        assert!(session.save_as(&dir.path().join("no/such/folder.json")).is_err());
        assert_eq!(session.path(), copy, "a save that failed moves nothing");
    }

    #[test]
    fn what_is_no_timeline_is_refused_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        for content in [&b"{}"[..], b"\xff\xfe", b"", b"[1, 2"] {
            let path = dir.path().join("wrong.json");
            fs::write(&path, content).unwrap();
            let message = format!("{:#}", Session::open(&path).unwrap_err());
            assert!(message.contains("wrong.json"), "{message}");
        }
        assert!(Session::open(&dir.path().join("absent.json")).is_err());
    }

    #[test]
    fn keys_walk_from_sentence_to_sentence_and_word_to_word() {
        let (_dir, session) = open();
        assert_eq!(session.next_sentence_start(0.0), Some(0.5));
        assert_eq!(session.next_sentence_start(0.5), Some(1.4));
        assert_eq!(session.next_sentence_start(1.4), None);
        assert_eq!(session.previous_sentence_start(1.5), Some(0.5));
        assert_eq!(session.previous_sentence_start(2.1), Some(1.4));
        assert_eq!(session.neighbouring_word_start(0.5, true), Some(0.8));
        assert_eq!(session.neighbouring_word_start(0.8, false), Some(0.5));
        assert_eq!(session.sentence_at(0.0).unwrap().id, "s1");
        assert_eq!(session.sentence_at(1.3).unwrap().id, "s1");
        assert_eq!(session.sentence_at(1.4).unwrap().id, "s2");
    }
}
