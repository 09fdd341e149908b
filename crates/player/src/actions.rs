//! What a person asks of the player, done: places, versions, corrections, files.

use std::path::Path;

use crate::app::{PlayerApp, Question};
use crate::commands::Command;
use crate::playback_clock::Loop;
use crate::session::{Saved, Session};
use crate::version::Version;
use crate::word_edges::{Edge, WordEdge};

impl PlayerApp {
    /// Does what was asked.
    pub(crate) fn perform(&mut self, command: Command) {
        let position = self.deck.clock.state().position_secs;
        let session = self.session.as_ref();
        match command {
            Command::PlayPause if self.deck.clock.state().playing => self.deck.clock.pause(),
            Command::PlayPause => self.deck.clock.play(),
            Command::Seek(secs) => self.seek(secs),
            Command::Step(secs) => self.seek(position + secs),
            Command::NextSentence => self.seek_if(session.and_then(|s| s.next_sentence_start(position))),
            Command::PreviousSentence => {
                self.seek_if(session.map(|s| s.previous_sentence_start(position).unwrap_or(0.0)));
            }
            Command::NextWord => {
                self.seek_if(session.and_then(|s| s.neighbouring_word_start(position, true)))
            }
            Command::PreviousWord => {
                self.seek_if(session.and_then(|s| s.neighbouring_word_start(position, false)));
            }
            Command::ToggleLoop => {
                self.looping = !self.looping;
                self.renew_loop(position);
            }
            Command::Hear(version) => self.hear(version),
            Command::Zoom(factor) => {
                let visible = self.time.start_secs()..=self.time.end_secs();
                let middle = self.time.secs_at(0.5);
                self.time.zoom(factor, if visible.contains(&position) { position } else { middle });
            }
            Command::ShowAll => self.time.show_all(),
            Command::ShowSentence => {
                if let Some(sentence) = session.and_then(|s| s.sentence_at(position)) {
                    self.time.show(sentence.start, sentence.end);
                }
            }
            Command::Undo => self.walk_history("undo", Session::undo),
            Command::Redo => self.walk_history("redo", Session::redo),
            Command::Save => {
                self.save(false);
            }
            Command::SaveAs => {
                if let Some(session) = session {
                    self.view.choose_file_to_save(session.path());
                }
            }
            Command::Open => self.view.choose_file_to_open(session.map(Session::path)),
            Command::ToggleKeys => self.view.keys_shown = !self.view.keys_shown,
            Command::Nudge(edge, secs) => self.nudge(edge, secs),
        }
    }

    fn seek_if(&mut self, secs: Option<f64>) {
        if let Some(secs) = secs {
            self.seek(secs);
        }
    }

    /// Goes to an instant; a loop moves to the sentence there.
    fn seek(&mut self, secs: f64) {
        self.deck.clock.seek(secs);
        let landed = self.deck.clock.state();
        self.shown_secs = self.playhead.follow(landed, 0.0);
        self.time.follow(landed.position_secs);
        self.renew_loop(landed.position_secs);
    }

    fn renew_loop(&mut self, position: f64) {
        let sentence = self.session.as_ref().and_then(|session| session.sentence_at(position));
        let repeat = sentence.map(|sentence| Loop { start_secs: sentence.start, end_secs: sentence.end });
        self.looping &= repeat.is_some();
        self.deck.clock.set_loop(repeat.filter(|_| self.looping));
    }

    pub(crate) fn hear(&mut self, version: Version) {
        let track = &self.tracks[version.index()];
        if track.loaded.is_some() || track.is_loading {
            self.version = version;
            self.deck.select(version);
        }
    }

    fn nudge(&mut self, edge: Edge, secs: f64) {
        let Some(word) = self.current_word() else { return };
        let Some(session) = self.session.as_mut() else { return };
        let moved = WordEdge { word, edge };
        let Some(at) = moved.secs(session.timeline()) else { return };
        session.begin_drag(moved, false);
        session.drag_to(at + secs);
        self.finish_drag();
    }

    /// Lets go of the edge that was held.
    pub(crate) fn finish_drag(&mut self) {
        let Some(session) = self.session.as_mut() else { return };
        if let Err(error) = session.finish_drag() {
            self.problem(format!("{error:#}"));
        }
        self.renew_loop(self.deck.clock.state().position_secs);
    }

    fn walk_history(&mut self, name: &str, walk: impl FnOnce(&mut Session) -> bool) {
        let Some(session) = self.session.as_mut() else { return };
        if !walk(session) {
            self.say(format!("there is nothing to {name}"));
        }
        self.renew_loop(self.deck.clock.state().position_secs);
    }

    /// Saves; whether the document is on disk now.
    pub(crate) fn save(&mut self, overwrite: bool) -> bool {
        let Some(session) = self.session.as_mut() else { return false };
        let path = session.path().display().to_string();
        match session.save(overwrite) {
            Ok(Saved::Done) => {
                self.question = None;
                self.say(format!("saved {path}"));
                true
            }
            Ok(Saved::ChangedOnDisk) => {
                self.question = Some(Question::ChangedOnDisk);
                false
            }
            Err(error) => {
                self.problem(format!("{error:#}"));
                false
            }
        }
    }

    /// Saves under another name.
    pub(crate) fn save_as(&mut self, path: &Path) {
        let Some(session) = self.session.as_mut() else { return };
        match session.save_as(path) {
            Ok(()) => {
                self.question = None;
                self.settings.remember(path);
                self.say(format!("saved {}", path.display()));
            }
            Err(error) => self.problem(format!("{error:#}")),
        }
    }
}
