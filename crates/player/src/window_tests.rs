//! The window as a person uses it, without a display: what is drawn is found by the names that screen readers read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tonearm_timeline::Timeline;

use crate::app::{PlayerApp, Question};
use crate::args::Args;
use crate::deck::Deck;
use crate::fixture;
use crate::settings::Settings;
use crate::sound::SoundOutput;
use crate::version::Version;

const PATIENCE: Duration = Duration::from_secs(60);
/// What a frame of the window lasts in these tests.
const FRAME_SECS: f32 = 0.05;
/// Rounding of pixels to instants: a third of a pixel of these windows is a millisecond.
const PIXEL_SECS: f64 = 0.005;

type Window = Harness<'static, Option<PlayerApp>>;

fn window(args: Args, settings: Settings) -> Window {
    let show = move |ctx: &egui::Context, app: &mut Option<PlayerApp>| {
        app.get_or_insert_with(|| {
            let sound = SoundOutput::none("there is no sound card here");
            let mut app = PlayerApp::new(ctx, Arc::new(Deck::new()), sound, settings.clone());
            app.open_args(&args);
            app
        })
        .frame(ctx);
    };
    let mut window =
        Harness::builder().with_size([1200.0, 800.0]).with_step_dt(FRAME_SECS).build_state(show, None);
    window.run_steps(2);
    window
}

fn open(path: &Path) -> Window {
    let mut window = window(Args { path: Some(path.to_owned()), audio: None }, Settings::default());
    settle(&mut window);
    window
}

/// Waits until all recordings are read and drawn.
fn settle(window: &mut Window) {
    let patience = Instant::now() + PATIENCE;
    let busy = |app: &PlayerApp| {
        app.tracks.iter().any(|track| track.is_loading || (track.loaded.is_some() && track.levels.is_none()))
    };
    while busy(app(window)) {
        assert!(Instant::now() < patience, "the recordings were not read");
        std::thread::sleep(Duration::from_millis(2));
        window.step();
    }
    window.run_steps(3);
}

fn app(window: &Window) -> &PlayerApp {
    window.state().as_ref().unwrap()
}

fn position(window: &Window) -> f64 {
    app(window).deck.clock.state().position_secs
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
}

fn click(window: &mut Window, name: &str) {
    window.get_by_label(name).click();
    window.run_steps(2);
}

fn first_end(window: &Window) -> f64 {
    app(window).session.as_ref().unwrap().timeline().words().next().unwrap().end
}

/// Drags from one point to another with the button held, as a hand does: in steps.
fn drag(window: &mut Window, from: Pos2, to: Pos2, modifiers: Modifiers) {
    let button =
        |pressed, pos| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers };
    window.input_mut().modifiers = modifiers;
    window.event(Event::PointerMoved(from));
    window.step();
    window.event(button(true, from));
    window.step();
    for step in 1..=4 {
        window.event(Event::PointerMoved(from + (to - from) * (step as f32 / 4.0)));
        window.step();
    }
    window.event(button(false, to));
    window.step();
    window.input_mut().modifiers = Modifiers::NONE;
    window.run_steps(2);
}

/// Drags the end of the first word to an instant.
fn correct_first_word(window: &mut Window, secs: f64, modifiers: Modifiers) {
    let handle = window.get_by_label("End of Советская").rect().center();
    let lane = window.get_by_label("Waveform").rect();
    let x = lane.left() + app(window).time.share_of(secs) as f32 * lane.width();
    drag(window, handle, Pos2::new(x, handle.y), modifiers);
}

#[test]
fn a_folder_of_the_command_opens_with_words_translation_and_three_versions() {
    let dir = fixture::out_dir();
    let window = open(dir.path());
    for name in
        ["Советская", "власть.", "Soviet power.", "Spectrogram", "Waveform", "Before", "After", "Removed"]
    {
        assert!(window.query_by_label(name).is_some(), "{name} is not shown");
    }
    assert_eq!(app(&window).version, Version::After);
    assert!(app(&window).tracks.iter().all(|track| track.levels.is_some()));
    assert_eq!(app(&window).message, None);
}

#[test]
fn clicks_on_words_and_pictures_go_there() {
    let dir = fixture::out_dir();
    let mut window = open(dir.path());
    click(&mut window, "there.");
    assert!((position(&window) - 1.9).abs() < 1e-9);
    click(&mut window, "власть. at 0:00.80");
    assert!((position(&window) - 0.8).abs() < 1e-9);
    for name in ["Spectrogram", "Waveform"] {
        let rect: Rect = window.get_by_label(name).rect();
        let expected = app(&window).time.secs_at(0.5);
        window.get_by_label(name).click();
        window.run_steps(2);
        assert!((position(&window) - expected).abs() < PIXEL_SECS, "{name} {rect}: {}", position(&window));
    }
}

#[test]
fn keys_play_walk_loop_and_switch() {
    let dir = fixture::out_dir();
    let mut window = open(dir.path());
    press(&mut window, Modifiers::NONE, Key::CloseBracket);
    assert!((position(&window) - 0.5).abs() < 1e-9);
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert!((position(&window) - 0.8).abs() < 1e-9);
    press(&mut window, Modifiers::NONE, Key::ArrowRight);
    assert!((position(&window) - 1.8).abs() < 1e-9);
    // Soon after a sentence has begun, back means the one before.
    press(&mut window, Modifiers::NONE, Key::OpenBracket);
    assert!((position(&window) - 0.5).abs() < 1e-9);
    press(&mut window, Modifiers::NONE, Key::L);
    let repeat = app(&window).deck.clock.state().repeat.unwrap();
    assert!((repeat.start_secs - 0.5).abs() < 1e-9 && (repeat.end_secs - 1.2).abs() < 1e-9);
    let before = position(&window);
    press(&mut window, Modifiers::NONE, Key::Num1);
    assert_eq!(app(&window).version, Version::Before);
    assert!((position(&window) - before).abs() < 1e-9, "switching moves nothing");
    press(&mut window, Modifiers::NONE, Key::Space);
    assert!(app(&window).deck.clock.state().playing);
}

#[test]
fn without_a_sound_card_the_words_are_lit_in_time_and_the_window_says_so() {
    let dir = fixture::out_dir();
    let mut window = open(dir.path());
    assert!(window.query_by_label("No sound").is_some());
    click(&mut window, "Советская");
    click(&mut window, "Play");
    let start = position(&window);
    window.run_steps(8);
    let moved = position(&window) - start;
    assert!((moved - 8.0 * f64::from(FRAME_SECS)).abs() < 1e-3, "the silent clock moved by {moved}");
    let word = app(&window).current_word().unwrap();
    assert_eq!(app(&window).session.as_ref().unwrap().timeline().word(word).unwrap().text, "власть.");
    click(&mut window, "Pause");
    let stopped = position(&window);
    window.run_steps(5);
    assert!((position(&window) - stopped).abs() < 1e-9);
}

#[test]
fn a_dragged_edge_can_be_undone_redone_and_saved() {
    let dir = fixture::out_dir();
    let path = dir.path().join("timeline.json");
    let mut window = open(dir.path());
    correct_first_word(&mut window, 1.0, Modifiers::NONE);
    let corrected = first_end(&window);
    assert!((corrected - 1.0).abs() < PIXEL_SECS, "{corrected}");
    let starts = |window: &Window| {
        app(window).session.as_ref().unwrap().timeline().words().map(|word| word.start).collect::<Vec<_>>()
    };
    assert!((starts(&window)[1] - corrected).abs() < 1e-9, "the shared edge moves for both words");
    press(&mut window, Modifiers::COMMAND, Key::Z);
    assert!((first_end(&window) - 0.8).abs() < 1e-9);
    press(&mut window, Modifiers::COMMAND, Key::Y);
    assert!((first_end(&window) - corrected).abs() < 1e-9);
    press(&mut window, Modifiers::COMMAND, Key::S);
    let saved = Timeline::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!((saved.words().next().unwrap().end - corrected).abs() < 1e-9);
    assert!(!app(&window).is_unsaved());
}

#[test]
fn with_alt_the_neighbour_stays_and_keys_move_edges_too() {
    let dir = fixture::out_dir();
    let mut window = open(dir.path());
    correct_first_word(&mut window, 0.7, Modifiers::ALT);
    assert!((first_end(&window) - 0.7).abs() < PIXEL_SECS);
    let second = app(&window).session.as_ref().unwrap().timeline().words().nth(1).unwrap().start;
    assert!((second - 0.8).abs() < 1e-9);
    click(&mut window, "Советская");
    press(&mut window, Modifiers::SHIFT, Key::Period);
    assert!((first_end(&window) - 0.71).abs() < PIXEL_SECS);
    press(&mut window, Modifiers::COMMAND, Key::Z);
    press(&mut window, Modifiers::COMMAND, Key::Z);
    assert!((first_end(&window) - 0.8).abs() < 1e-9);
}

#[test]
fn a_file_that_others_changed_is_asked_about() {
    let dir = fixture::out_dir();
    let path = dir.path().join("timeline.json");
    let mut window = open(dir.path());
    correct_first_word(&mut window, 1.0, Modifiers::NONE);
    std::fs::write(&path, "theirs").unwrap();
    press(&mut window, Modifiers::COMMAND, Key::S);
    assert_eq!(app(&window).question, Some(Question::ChangedOnDisk));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
    click(&mut window, "Overwrite it");
    assert_eq!(app(&window).question, None);
    assert!(Timeline::from_json(&std::fs::read_to_string(&path).unwrap()).is_ok());
}

#[test]
fn another_file_does_not_lose_corrections_unasked() {
    let dir = fixture::out_dir();
    let other = fixture::out_dir();
    let mut window = open(dir.path());
    correct_first_word(&mut window, 1.0, Modifiers::NONE);
    drop_file(&mut window, other.path().to_owned());
    assert!(matches!(app(&window).question, Some(Question::Unsaved(_))));
    assert!(app(&window).session.as_ref().unwrap().path().starts_with(dir.path()));
    click(&mut window, "Lose them");
    settle(&mut window);
    assert!(app(&window).session.as_ref().unwrap().path().starts_with(other.path()));
    assert!((first_end(&window) - 0.8).abs() < 1e-9);
}

fn drop_file(window: &mut Window, path: PathBuf) {
    let file = egui::DroppedFile { path: Some(path), ..Default::default() };
    window.input_mut().dropped_files.push(file);
    window.step();
    window.input_mut().dropped_files.clear();
    window.run_steps(2);
}

#[test]
fn a_missing_recording_is_said_and_can_be_dropped_on_the_window() {
    let dir = fixture::out_dir();
    let recording = dir.path().join("elsewhere.wav");
    std::fs::rename(dir.path().join("side.wav"), &recording).unwrap();
    for gone in ["restored.wav", "removed.wav"] {
        std::fs::remove_file(dir.path().join(gone)).unwrap();
    }
    let mut window = open(dir.path());
    assert!(app(&window).message.as_ref().unwrap().text.contains("side.wav was not found"));
    assert!(window.query_by_label("Советская").is_some(), "the text is there all the same");
    click(&mut window, "Play");
    window.run_steps(4);
    assert!(position(&window) > 0.1, "the words run without a recording");
    drop_file(&mut window, recording);
    settle(&mut window);
    assert!(app(&window).tracks[Version::Before.index()].levels.is_some());
    assert_eq!(app(&window).version, Version::Before);
}

#[test]
fn bad_input_is_said_in_the_window_and_closes_nothing() {
    let dir = fixture::out_dir();
    let wrong = dir.path().join("wrong.json");
    std::fs::write(&wrong, "{}").unwrap();
    let mut window = open(&wrong);
    let message = |window: &Window| app(window).message.clone().unwrap().text;
    assert!(message(&window).contains("wrong.json") && message(&window).contains("no timeline"));
    drop_file(&mut window, dir.path().join("timeline.json"));
    settle(&mut window);
    drop_file(&mut window, wrong);
    assert!(message(&window).contains("wrong.json"));
    assert!(window.query_by_label("Советская").is_some(), "what was open stays open");
    let noise = dir.path().join("noise.wav");
    std::fs::write(&noise, "this is not sound").unwrap();
    drop_file(&mut window, noise);
    settle(&mut window);
    assert!(message(&window).contains("noise.wav"));
}

#[test]
fn a_recording_alone_can_be_heard_and_seen() {
    let dir = fixture::out_dir();
    let mut window = open(&dir.path().join("side.wav"));
    assert!(window.query_by_label("Spectrogram").is_some());
    assert!((app(&window).deck.clock.state().duration_secs - 3.0).abs() < 1e-9);
    press(&mut window, Modifiers::NONE, Key::Space);
    assert!(app(&window).deck.clock.state().playing);
}

#[test]
fn recent_files_wait_on_the_first_page() {
    let dir = fixture::out_dir();
    let settings_file = dir.path().join("player.json");
    let timeline = dir.path().join("timeline.json");
    let mut first =
        window(Args { path: Some(timeline.clone()), audio: None }, Settings::read(&settings_file));
    settle(&mut first);
    let mut second = window(Args::default(), Settings::read(&settings_file));
    click(&mut second, &timeline.display().to_string());
    settle(&mut second);
    assert!(second.query_by_label("Советская").is_some());
}
