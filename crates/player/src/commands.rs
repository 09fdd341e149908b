//! What a person can ask of the player, and the keys that ask for it.

use egui::{Context, Key, KeyboardShortcut, Modifiers};

use crate::version::Version;
use crate::word_edges::Edge;

/// A wish, however it was uttered: by key, button or click.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    PlayPause,
    Seek(f64),
    /// Move by seconds.
    Step(f64),
    NextSentence,
    PreviousSentence,
    NextWord,
    PreviousWord,
    ToggleLoop,
    Hear(Version),
    /// Multiply the visible span.
    Zoom(f64),
    ShowAll,
    ShowSentence,
    Undo,
    Redo,
    Save,
    SaveAs,
    Open,
    ToggleKeys,
    /// Move an edge of the word at the playhead by seconds.
    Nudge(Edge, f64),
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const NONE: Modifiers = Modifiers::NONE;
/// One press of the zoom keys.
pub(crate) const ZOOM_STEP: f64 = 0.7;
/// One press of an arrow, and with Shift.
const STEP_SECS: f64 = 1.0;
const LONG_STEP_SECS: f64 = 5.0;
/// One press of the keys that correct an edge: half of what a careful ear tells apart.
const NUDGE_SECS: f64 = 0.01;

/// Keys that work wherever no text is being typed; longer combinations come first, so that they are not taken for shorter.
fn keys() -> Vec<(Modifiers, Key, Command)> {
    use Command::*;
    vec![
        (CTRL_SHIFT, Key::S, SaveAs),
        (CTRL_SHIFT, Key::Z, Redo),
        (CTRL, Key::S, Save),
        (CTRL, Key::O, Open),
        (CTRL, Key::Z, Undo),
        (CTRL, Key::Y, Redo),
        (Modifiers::SHIFT, Key::ArrowLeft, Step(-LONG_STEP_SECS)),
        (Modifiers::SHIFT, Key::ArrowRight, Step(LONG_STEP_SECS)),
        (NONE, Key::ArrowLeft, Step(-STEP_SECS)),
        (NONE, Key::ArrowRight, Step(STEP_SECS)),
        (NONE, Key::ArrowUp, PreviousWord),
        (NONE, Key::ArrowDown, NextWord),
        (NONE, Key::OpenBracket, PreviousSentence),
        (NONE, Key::CloseBracket, NextSentence),
        (NONE, Key::L, ToggleLoop),
        (NONE, Key::Num1, Hear(Version::Before)),
        (NONE, Key::Num2, Hear(Version::After)),
        (NONE, Key::Num3, Hear(Version::Removed)),
        (NONE, Key::Plus, Zoom(ZOOM_STEP)),
        (NONE, Key::Equals, Zoom(ZOOM_STEP)),
        (NONE, Key::Minus, Zoom(1.0 / ZOOM_STEP)),
        (NONE, Key::Num0, ShowAll),
        (NONE, Key::Z, ShowSentence),
        (NONE, Key::Home, Seek(0.0)),
        (Modifiers::SHIFT, Key::Comma, Nudge(Edge::End, -NUDGE_SECS)),
        (Modifiers::SHIFT, Key::Period, Nudge(Edge::End, NUDGE_SECS)),
        (NONE, Key::Comma, Nudge(Edge::Start, -NUDGE_SECS)),
        (NONE, Key::Period, Nudge(Edge::Start, NUDGE_SECS)),
        (NONE, Key::F1, ToggleKeys),
        (NONE, Key::Questionmark, ToggleKeys),
    ]
}

/// The keys as the help shows them.
pub(crate) const KEYS_HELP: [(&str, &str); 16] = [
    ("Space", "play, pause"),
    ("Left, Right", "a second back, on; with Shift five"),
    ("Up, Down", "a word back, on"),
    ("[ ]", "a sentence back, on"),
    ("L", "repeat the sentence"),
    ("1 2 3", "hear before, after, removed"),
    ("+ -", "zoom; also Ctrl and the wheel"),
    ("0, Z", "show the whole side, the sentence"),
    ("Home", "go to the start"),
    ("drag an edge", "correct a word; with Alt, its neighbour stays"),
    (", .", "move the word’s start by 10 ms; with Shift its end"),
    ("Ctrl Z, Ctrl Y", "undo, redo a correction"),
    ("Ctrl S", "save the timeline"),
    ("Ctrl Shift S", "save it under another name"),
    ("Ctrl O", "open; or drop files on the window"),
    ("F1", "show or hide these keys"),
];

/// What the keys that were pressed since the last frame ask for.
pub(crate) fn pressed(ctx: &Context) -> Vec<Command> {
    if ctx.wants_keyboard_input() {
        return Vec::new();
    }
    let mut commands = Vec::new();
    // A button that was reached by Tab is pressed by Space; everywhere else Space plays.
    let focused = ctx.memory(|memory| memory.focused().is_some());
    ctx.input_mut(|input| {
        for (modifiers, key, command) in keys() {
            if input.consume_shortcut(&KeyboardShortcut::new(modifiers, key)) {
                commands.push(command);
            }
        }
        if !focused && input.consume_key(NONE, Key::Space) {
            commands.push(Command::PlayPause);
        }
    });
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        let keys = keys();
        for (place, (modifiers, key, _)) in keys.iter().enumerate() {
            assert!(!keys[..place].iter().any(|(m, k, _)| m == modifiers && k == key), "{key:?}");
        }
    }
}
