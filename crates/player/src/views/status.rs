//! One line: what happened, what the pointer is over, and whether there is sound.

use egui::{Align, Button, Label, Layout, RichText, Ui};

use super::lanes;
use crate::app::PlayerApp;
use crate::theme;

const IDLE: &str =
    "Click to go there, drag to move, Ctrl and the wheel to zoom. Drag a word’s edge to correct it.";

/// Draws the status line.
pub(super) fn show(app: &mut PlayerApp, ui: &mut Ui) {
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            lanes::legend(app, ui);
            if let Some(problem) = app.sound.problem() {
                let note = RichText::new("No sound").color(theme::warning(dark)).strong();
                ui.add(Label::new(note))
                    .on_hover_text(format!("{problem}. The words are shown in time all the same."));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| left(app, ui, dark));
        });
    });
}

fn left(app: &mut PlayerApp, ui: &mut Ui, dark: bool) {
    if let Some(message) = app.message.clone() {
        if ui.add(Button::new("×").frame(false)).on_hover_text("Put this message away").clicked() {
            app.message = None;
        }
        let text = RichText::new(&message.text);
        let text = if message.is_problem { text.color(theme::warning(dark)).strong() } else { text };
        ui.add(Label::new(text).truncate().show_tooltip_when_elided(true));
        return;
    }
    let text = match () {
        () if !app.view.pointed_at.is_empty() => app.view.pointed_at.clone(),
        () if app.is_empty() => String::new(),
        () => match app.sound.problem() {
            Some(problem) => format!("{problem}; the words are shown in time all the same"),
            None => IDLE.to_owned(),
        },
    };
    ui.add(Label::new(RichText::new(text).weak()).truncate());
}
