//! The text in time: the word that is spoken lit, the translation beside each sentence.
//!
//! Only what is in view is laid out: the heights of sentences are kept from when they were last seen.

use egui::{
    Align, Color32, Frame, Label, Layout, Margin, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, Vec2,
};
use tonearm_timeline::{Sentence, State, WordPosition};

use super::word_lane::describe;
use crate::app::PlayerApp;
use crate::commands::Command;
use crate::theme;
use crate::time_view::clock_text;

const TIME_WIDTH: f32 = 58.0;
const WORD_SIZE: f32 = 18.0;
const TRANSLATION_SIZE: f32 = 15.5;
/// The spoken text's share of the width that text and translation have between them.
const SPOKEN_SHARE: f32 = 0.56;
/// The height that a sentence is taken for before it was seen.
const GUESSED_HEIGHT: f32 = 60.0;

/// What the text view remembers from frame to frame.
#[derive(Default)]
pub(super) struct TextState {
    heights: Vec<f32>,
    width: f32,
    /// The sentence that was last brought into view.
    followed: Option<usize>,
}

/// Draws the text.
pub(super) fn show(app: &mut PlayerApp, ui: &mut Ui) {
    let position = app.position_secs();
    let current = app.current_word();
    let mut state = std::mem::take(&mut app.view.text);
    let Some(session) = &app.session else { return };
    let sentences: Vec<(usize, usize, &Sentence)> = session.sentences().collect();
    if sentences.is_empty() {
        ui.centered_and_justified(|ui| ui.label(RichText::new("This timeline holds no sentences.").weak()));
        return;
    }
    let spoken_now = sentences.iter().rposition(|(_, _, sentence)| sentence.start <= position + 0.001);
    if (state.width - ui.available_width()).abs() > 0.5 || state.heights.len() != sentences.len() {
        state.width = ui.available_width();
        state.heights = vec![f32::NAN; sentences.len()];
    }
    let follow = spoken_now != state.followed;
    let mut wish = None;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (index, (paragraph, number, sentence)) in sentences.iter().enumerate() {
            if *number == 0 && index > 0 {
                ui.add_space(12.0);
            }
            let known = state.heights[index];
            let height = if known.is_nan() { GUESSED_HEIGHT } else { known };
            let here = Rect::from_min_size(ui.cursor().min, Vec2::new(ui.available_width(), height));
            let is_now = spoken_now == Some(index);
            if !known.is_nan() && !ui.is_rect_visible(here) {
                ui.allocate_exact_size(here.size(), Sense::hover());
            } else {
                let place = |word| WordPosition { paragraph: *paragraph, sentence: *number, word };
                let row = show_sentence(ui, sentence, is_now, &|word| current == Some(place(word)));
                wish = wish.or(row.1);
                state.heights[index] = row.0.height();
            }
            if is_now && follow {
                let seen = Rect::from_min_size(here.min, Vec2::new(here.width(), height));
                ui.scroll_to_rect(seen, Some(Align::Center));
            }
        }
        ui.add_space(ui.clip_rect().height() * 0.4);
    });
    state.followed = spoken_now;
    app.view.text = state;
    if let Some(secs) = wish {
        app.perform(Command::Seek(secs));
    }
}

/// Draws a sentence; the room it took, and the instant that was clicked.
fn show_sentence(
    ui: &mut Ui,
    sentence: &Sentence,
    is_now: bool,
    is_lit: &dyn Fn(usize) -> bool,
) -> (Rect, Option<f64>) {
    let mut wish = None;
    let fill = if is_now { ui.visuals().faint_bg_color } else { Color32::TRANSPARENT };
    let frame = Frame::new().fill(fill).corner_radius(6.0).inner_margin(Margin::symmetric(8, 5));
    let response = frame.show(ui, |ui| {
        let width = ui.available_width();
        let text_width =
            (width - TIME_WIDTH) * if sentence.translation.is_some() { SPOKEN_SHARE } else { 1.0 };
        let top = ui.cursor().min;
        let column = |left: f32, width: f32| {
            Rect::from_min_size(top + Vec2::new(left, 0.0), Vec2::new(width.max(40.0), f32::INFINITY))
        };
        let in_column = |ui: &mut Ui, rect: Rect| {
            ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)))
        };
        let mut times = in_column(ui, column(0.0, TIME_WIDTH));
        let time = RichText::new(clock_text(sentence.start, 0)).monospace().size(12.5).weak();
        times.add_space(3.5);
        if times.add(Label::new(time).selectable(false).sense(Sense::click())).clicked() {
            wish = Some(sentence.start);
        }
        let mut spoken = in_column(ui, column(TIME_WIDTH, text_width - 16.0));
        let clicked = words(&mut spoken, sentence, is_lit);
        let mut bottom = times.min_rect().bottom().max(spoken.min_rect().bottom());
        if let Some(translation) = &sentence.translation {
            let mut beside = in_column(ui, column(TIME_WIDTH + text_width, width - TIME_WIDTH - text_width));
            beside.add_space(1.5);
            let text = RichText::new(&translation.text).size(TRANSLATION_SIZE);
            let text = if is_now { text } else { text.weak() };
            beside.add(Label::new(text).wrap());
            bottom = bottom.max(beside.min_rect().bottom());
        }
        wish = wish.or(clicked);
        ui.allocate_rect(Rect::from_min_max(top, top + Vec2::new(width, bottom - top.y)), Sense::hover());
    });
    (response.response.rect, wish)
}

/// The words of a sentence, each of which can be clicked; the instant that was.
fn words(ui: &mut Ui, sentence: &Sentence, is_lit: &dyn Fn(usize) -> bool) -> Option<f64> {
    let mut wish = None;
    // Rows as high as their letters: the height of a button would set the first row apart.
    ui.spacing_mut().interact_size.y = 0.0;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::new(5.0, 4.0);
        for (number, word) in sentence.words.iter().enumerate() {
            let mut text = RichText::new(&word.text).size(WORD_SIZE);
            if is_lit(number) {
                text = text.background_color(theme::LIT).color(theme::LIT_TEXT);
            } else if word.confidence.state == State::Absent {
                text = text.weak().strikethrough();
            }
            let response = ui.add(Label::new(text).selectable(false).sense(Sense::click()));
            if response.clicked() {
                wish = Some(word.start);
            }
            response.on_hover_text(describe(word));
        }
        if sentence.words.is_empty() {
            ui.label(RichText::new(&sentence.text).size(WORD_SIZE).weak());
        }
    });
    wish
}
