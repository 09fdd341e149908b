//! What the window shows before anything is open.

use egui::{Align, Button, Layout, RichText, Ui};

use crate::app::PlayerApp;
use crate::commands::Command;

/// Draws the first page.
pub(super) fn show(app: &mut PlayerApp, ui: &mut Ui) {
    let mut wanted = None;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space(ui.available_height() * 0.2);
        ui.label(RichText::new("Hear, read and correct a side").heading().strong());
        ui.add_space(6.0);
        ui.label(
            RichText::new(
                "Drop a timeline here, a folder that `tonearm run` wrote, or a recording; or open one with Ctrl O.",
            )
            .weak(),
        );
        ui.add_space(14.0);
        if ui.add(Button::new(RichText::new("Open a file").size(16.0))).clicked() {
            app.perform(Command::Open);
        }
        if !app.settings.recent.is_empty() {
            ui.add_space(28.0);
            ui.label(RichText::new("Recent").weak());
            for path in &app.settings.recent {
                let name = path.display().to_string();
                if ui.add(Button::new(RichText::new(&name)).frame(false)).clicked() {
                    wanted = Some(path.clone());
                }
            }
        }
    });
    if let Some(path) = wanted {
        app.open(&path);
    }
}
