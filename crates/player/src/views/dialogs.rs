//! Questions that must be answered, and the list of keys.

use egui::{Context, Frame, Grid, Id, Modal, RichText, Ui};

use crate::app::{Leaving, PlayerApp, Question};
use crate::commands::{Command, KEYS_HELP};

/// Shows what must be answered or was asked for.
pub(super) fn show(app: &mut PlayerApp, ctx: &Context) {
    match app.question.clone() {
        Some(Question::ChangedOnDisk) => changed_on_disk(app, ctx),
        Some(Question::Unsaved(leaving)) => unsaved(app, ctx, leaving),
        None if app.view.keys_shown => keys(app, ctx),
        None => {}
    }
}

fn changed_on_disk(app: &mut PlayerApp, ctx: &Context) {
    let modal = modal(ctx, "changed on disk").show(ctx, |ui| {
        heading(ui, "The file was changed by someone else");
        let path =
            app.session.as_ref().map(|session| session.path().display().to_string()).unwrap_or_default();
        ui.label(format!("{path} is no longer what was opened here. Saving would lose what it holds now."));
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            if ui.button("Save under another name…").clicked() {
                app.question = None;
                app.perform(Command::SaveAs);
            }
            if ui.button("Overwrite it").clicked() {
                app.save(true);
            }
            if ui.button("Cancel").clicked() {
                app.question = None;
            }
        });
    });
    if modal.should_close() {
        app.question = None;
    }
}

fn unsaved(app: &mut PlayerApp, ctx: &Context, leaving: Leaving) {
    let modal = modal(ctx, "unsaved").show(ctx, |ui| {
        heading(ui, "Your corrections are not saved");
        ui.label(match &leaving {
            Leaving::Quit => "Closing the window would lose them.".to_owned(),
            Leaving::Open(path) => format!("Opening {} would lose them.", path.display()),
        });
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            if ui.button("Save them").clicked() && app.save(false) {
                app.leave(ctx, leaving.clone());
            }
            if ui.button("Lose them").clicked() {
                app.leave(ctx, leaving.clone());
            }
            if ui.button("Cancel").clicked() {
                app.question = None;
            }
        });
    });
    if modal.should_close() {
        app.question = None;
    }
}

fn keys(app: &mut PlayerApp, ctx: &Context) {
    let modal = modal(ctx, "keys").show(ctx, |ui| {
        heading(ui, "Keys");
        ui.spacing_mut().interact_size.y = 0.0;
        Grid::new("keys").num_columns(2).spacing([24.0, 6.0]).show(ui, |ui| {
            for (key, what) in KEYS_HELP {
                ui.label(RichText::new(key).strong());
                ui.label(what);
                ui.end_row();
            }
        });
        ui.add_space(8.0);
        if ui.button("Close").clicked() {
            app.view.keys_shown = false;
        }
    });
    if modal.should_close() {
        app.view.keys_shown = false;
    }
}

fn modal(ctx: &Context, name: &str) -> Modal {
    Modal::new(Id::new(name)).frame(Frame::popup(&ctx.style()).inner_margin(18.0))
}

fn heading(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).size(18.0).strong());
    ui.add_space(6.0);
}
