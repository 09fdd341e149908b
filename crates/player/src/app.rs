//! The player: what is open, what is heard, and what a person asks of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tonearm_timeline::WordPosition;

use crate::args::Args;
use crate::commands;
use crate::deck::Deck;
use crate::fonts;
use crate::loader::{Arrival, LoadedTrack, Loader};
use crate::playback_clock::Playhead;
use crate::session::Session;
use crate::settings::Settings;
use crate::sound::SoundOutput;
use crate::sources::{self, Opened};
use crate::spectral_levels::{Scale, SpectralLevels};
use crate::theme;
use crate::time_view::TimeView;
use crate::version::Version;
use crate::views::{self, ViewState};

/// What a side shows when it is opened: words are wide enough to read and to correct.
const FIRST_SPAN_SECS: f64 = 10.0;
/// So many of the letters that cannot be shown are named.
const SHOWN_LETTERS: usize = 8;

/// One version of the side.
#[derive(Default)]
pub(crate) struct Track {
    pub(crate) loaded: Option<LoadedTrack>,
    pub(crate) levels: Option<SpectralLevels>,
    pub(crate) is_loading: bool,
}

/// One sentence for the person, until it is put away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) is_problem: bool,
}

/// A question that must be answered before anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// The timeline's file was changed by someone else: overwrite it?
    ChangedOnDisk,
    /// There are corrections that are not saved, and something would lose them.
    Unsaved(Leaving),
}

/// What would lose corrections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    Open(PathBuf),
    Quit,
}

/// Whether the letters of what is open can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    Unknown,
    /// Fonts of the system were added and can be asked from the next frame on.
    FontsAdded,
    Known,
}

/// The player.
pub(crate) struct PlayerApp {
    pub(crate) deck: Arc<Deck>,
    pub(crate) sound: SoundOutput,
    pub(crate) session: Option<Session>,
    pub(crate) tracks: [Track; 3],
    pub(crate) version: Version,
    pub(crate) time: TimeView,
    pub(crate) looping: bool,
    pub(crate) message: Option<Message>,
    pub(crate) question: Option<Question>,
    pub(crate) settings: Settings,
    pub(crate) view: ViewState,
    /// Colours of the spectrogram, the same for all versions.
    pub(crate) scale: Option<Scale>,
    /// Counts what has arrived, so that pictures of it are drawn anew.
    pub(crate) generation: u64,
    loader: Loader,
    wake: Arc<dyn Fn() + Send + Sync>,
    pub(crate) playhead: Playhead,
    pub(crate) shown_secs: f64,
    last_frame: Option<(f64, bool)>,
    quitting: bool,
    letters: Letters,
}

impl PlayerApp {
    /// The player as the command starts it.
    pub(crate) fn start(ctx: &egui::Context, args: &Args) -> Self {
        let deck = Arc::new(Deck::new());
        let sound = SoundOutput::open(&deck);
        if let Some(problem) = sound.problem() {
            eprintln!("tonearm-player: {problem}; the words are shown in time all the same");
        }
        let mut app = Self::new(ctx, deck, sound, Settings::of_user());
        app.open_args(args);
        app
    }

    /// A player with nothing open.
    pub(crate) fn new(ctx: &egui::Context, deck: Arc<Deck>, sound: SoundOutput, settings: Settings) -> Self {
        theme::install(ctx);
        theme::choose(ctx, settings.colours);
        deck.set_volume(settings.volume);
        let waking = ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || waking.request_repaint());
        Self {
            loader: Loader::new(Arc::clone(&wake)),
            wake,
            deck,
            sound,
            session: None,
            tracks: Default::default(),
            version: Version::After,
            time: TimeView::new(0.0, FIRST_SPAN_SECS),
            looping: false,
            message: None,
            question: None,
            settings,
            view: ViewState::default(),
            scale: None,
            generation: 0,
            playhead: Playhead::default(),
            shown_secs: 0.0,
            last_frame: None,
            quitting: false,
            letters: Letters::Known,
        }
    }

    /// Opens what was named on the command line.
    pub(crate) fn open_args(&mut self, args: &Args) {
        if let Some(path) = &args.path {
            self.open(path);
        }
        if let Some(audio) = &args.audio {
            self.open_audio(audio, Version::Before);
        }
    }

    /// One frame of the window.
    pub(crate) fn frame(&mut self, ctx: &egui::Context) {
        self.tick(ctx);
        self.receive();
        self.look_at_letters(ctx);
        self.take_dropped_files(ctx);
        self.guard_close(ctx);
        if self.question.is_none() && !self.view.is_choosing_file() {
            for command in commands::pressed(ctx) {
                self.perform(command);
            }
        }
        views::show(self, ctx);
        if self.deck.clock.state().playing {
            ctx.request_repaint();
        }
    }

    /// Moves the clock where no sound device does, and the drawn position after it.
    fn tick(&mut self, ctx: &egui::Context) {
        let now_secs = ctx.input(|input| input.time);
        self.sound.watch(&self.deck, Instant::now());
        let state = self.deck.clock.state();
        // Only time that passed while playing counts: the window sleeps while nothing moves.
        let elapsed_secs = match self.last_frame {
            Some((last, true)) => now_secs - last,
            _ => 0.0,
        };
        if self.sound.problem().is_some() {
            self.deck.clock.advance(elapsed_secs);
        }
        let moved = self.deck.clock.state();
        self.shown_secs = self.playhead.follow(moved, elapsed_secs);
        // Also in the frame in which playback came to the end.
        if (state.playing || elapsed_secs > 0.0) && !self.view.is_held() {
            self.time.follow(self.shown_secs);
        }
        self.last_frame = Some((now_secs, moved.playing));
    }

    /// Where playback stands, as drawn.
    pub(crate) fn position_secs(&self) -> f64 {
        self.shown_secs
    }

    /// The word that is spoken where playback stands.
    pub(crate) fn current_word(&self) -> Option<WordPosition> {
        self.session.as_ref().and_then(|session| session.word_at(self.shown_secs))
    }

    /// The version that is heard.
    pub(crate) fn track(&self) -> &Track {
        &self.tracks[self.version.index()]
    }

    /// Whether anything is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.session.is_none() && self.tracks.iter().all(|track| track.loaded.is_none() && !track.is_loading)
    }

    pub(crate) fn problem(&mut self, text: String) {
        eprintln!("tonearm-player: {text}");
        self.message = Some(Message { text, is_problem: true });
    }

    pub(crate) fn say(&mut self, text: String) {
        self.message = Some(Message { text, is_problem: false });
    }

    /// Opens a timeline, a folder, or a recording; asks first where corrections would be lost.
    pub(crate) fn open(&mut self, path: &Path) {
        match sources::identify(path) {
            Err(error) => self.problem(format!("{error:#}")),
            Ok(Opened::Audio(audio)) if self.session.is_some() => {
                self.open_audio(&audio, sources::version_of(&audio));
            }
            Ok(_) if self.is_unsaved() => {
                self.question = Some(Question::Unsaved(Leaving::Open(path.to_owned())));
            }
            Ok(Opened::Audio(audio)) => {
                self.settings.remember(&audio);
                self.open_audio(&audio, sources::version_of(&audio));
            }
            Ok(Opened::Timeline(timeline)) => self.open_timeline(&timeline),
        }
    }

    fn open_timeline(&mut self, path: &Path) {
        let session = match Session::open(path) {
            Ok(session) => session,
            Err(error) => return self.problem(format!("{error:#}")),
        };
        self.start_over(session.timeline().audio.duration);
        self.message = None;
        let named = session.timeline().audio.path.clone();
        let found = sources::beside(path, &named);
        if found[Version::Before.index()].is_none() {
            self.problem(format!(
                "the recording {named} was not found: drop it on this window, or give it by --audio"
            ));
        }
        self.version = if found[Version::After.index()].is_some() { Version::After } else { Version::Before };
        self.deck.select(self.version);
        // What is heard first is read first.
        let mut wanted: Vec<_> = Version::ALL.into_iter().zip(found).collect();
        wanted.sort_by_key(|(version, _)| *version != self.version);
        let wanted: Vec<_> =
            wanted.into_iter().filter_map(|(version, path)| Some((version, path?))).collect();
        for (version, _) in &wanted {
            self.tracks[version.index()].is_loading = true;
        }
        self.loader.load(wanted);
        self.settings.remember(path);
        self.session = Some(session);
        self.letters = Letters::Unknown;
    }

    /// Takes fonts from the system where the text needs them, and says which letters cannot be shown even then.
    fn look_at_letters(&mut self, ctx: &egui::Context) {
        let Some(session) = self.session.as_ref().filter(|_| self.letters != Letters::Known) else { return };
        let texts = session.sentences().flat_map(|(_, _, sentence)| {
            [Some(&sentence.text), sentence.translation.as_ref().map(|translation| &translation.text)]
        });
        let missing = fonts::missing(ctx, texts.flatten().map(String::as_str));
        match self.letters {
            _ if missing.is_empty() => self.letters = Letters::Known,
            Letters::Unknown => {
                fonts::add_system_fonts(ctx);
                self.letters = Letters::FontsAdded;
                ctx.request_repaint();
            }
            _ => {
                self.letters = Letters::Known;
                let some: String = missing.iter().take(SHOWN_LETTERS).collect();
                self.problem(format!(
                    "no font here holds {} letters of this text, such as {some}: install one that does",
                    missing.len()
                ));
            }
        }
    }

    /// Opens a recording as one of the versions.
    pub(crate) fn open_audio(&mut self, path: &Path, version: Version) {
        self.tracks[version.index()] = Track { is_loading: true, ..Track::default() };
        if self.tracks[self.version.index()].loaded.is_none() {
            self.hear(version);
        }
        self.loader.load(vec![(version, path.to_owned())]);
    }

    fn start_over(&mut self, duration_secs: f64) {
        // A new loader: what the old one still sends is of the side before.
        self.loader = Loader::new(Arc::clone(&self.wake));
        self.deck.clear();
        self.deck.clock.restart(duration_secs);
        self.tracks = Default::default();
        self.session = None;
        self.time = TimeView::new(duration_secs, FIRST_SPAN_SECS);
        self.looping = false;
        self.scale = None;
        self.shown_secs = 0.0;
        self.playhead = Playhead::default();
        self.view.forget();
        self.generation += 1;
    }

    fn receive(&mut self) {
        let arrivals: Vec<_> = self.loader.arrivals().collect();
        for arrival in arrivals {
            self.generation += 1;
            match arrival {
                Arrival::Track(version, loaded) => self.put_on(version, loaded),
                Arrival::Levels(version, levels) => {
                    // The version that is heard by default sets the colours: it shows speech, not clicks.
                    if self.scale.is_none() || version == Version::After {
                        self.scale = Some(levels.scale());
                    }
                    self.tracks[version.index()].levels = Some(levels);
                }
                Arrival::Failed(version, reason) => {
                    self.tracks[version.index()].is_loading = false;
                    self.problem(reason);
                }
            }
        }
    }

    fn put_on(&mut self, version: Version, loaded: LoadedTrack) {
        let duration_secs = loaded.signal.duration().get();
        let was_empty = self.deck.clock.state().duration_secs <= 0.0;
        self.deck.clock.extend(duration_secs);
        self.deck.put(version, Arc::clone(&loaded.signal));
        if was_empty {
            self.time = TimeView::new(duration_secs, FIRST_SPAN_SECS);
        } else {
            self.time.extend(duration_secs);
        }
        if let Some(warning) = loaded.warnings.first() {
            self.problem(format!("{}: {warning}", loaded.path.display()));
        }
        self.tracks[version.index()] = Track { loaded: Some(loaded), levels: None, is_loading: false };
    }

    fn take_dropped_files(&mut self, ctx: &egui::Context) {
        let mut dropped: Vec<PathBuf> =
            ctx.input(|input| input.raw.dropped_files.iter().filter_map(|file| file.path.clone()).collect());
        // A timeline first: its recordings then belong to it.
        dropped.sort_by_key(|path| !matches!(sources::identify(path), Ok(Opened::Timeline(_))));
        for path in dropped {
            self.open(&path);
        }
    }

    fn guard_close(&mut self, ctx: &egui::Context) {
        if ctx.input(|input| input.viewport().close_requested()) && self.is_unsaved() && !self.quitting {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.question = Some(Question::Unsaved(Leaving::Quit));
        }
    }

    /// Whether there are corrections that are not on disk.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.history().is_unsaved())
    }

    /// Goes on with what would lose corrections: they were saved or given up.
    pub(crate) fn leave(&mut self, ctx: &egui::Context, leaving: Leaving) {
        self.question = None;
        match leaving {
            Leaving::Quit => {
                self.quitting = true;
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            Leaving::Open(path) => {
                self.session = None;
                self.open(&path);
            }
        }
    }
}

impl eframe::App for PlayerApp {
    fn update(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.frame(ctx);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.settings.write();
    }
}
