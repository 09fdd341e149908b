//! The window: what the player holds, drawn; what a person does, told to the player.

mod dialogs;
mod header;
mod lanes;
mod scope;
mod status;
mod text;
mod welcome;
mod word_lane;

use std::path::{Path, PathBuf};

use egui::{CentralPanel, Context, Frame, Margin, TopBottomPanel};
use egui_file_dialog::FileDialog;

use crate::app::PlayerApp;
use crate::word_edges::WordEdge;

/// What the window remembers from frame to frame and the player need not know.
#[derive(Default)]
pub(crate) struct ViewState {
    pub(crate) keys_shown: bool,
    files: Option<FileDialog>,
    saving: bool,
    picture: Option<lanes::Picture>,
    text: text::TextState,
    /// What the pointer is over, said in the status line.
    pointed_at: String,
    /// The edge that is held, and how far from the pointer it was taken, in points.
    held_edge: Option<(WordEdge, f32)>,
    panning: bool,
}

impl ViewState {
    /// Another side was opened.
    pub(crate) fn forget(&mut self) {
        self.picture = None;
        self.text = text::TextState::default();
        self.held_edge = None;
    }

    /// Whether a person holds the picture, so that it must not turn its page.
    pub(crate) fn is_held(&self) -> bool {
        self.held_edge.is_some() || self.panning
    }

    /// Whether the file dialog is open and takes the keys.
    pub(crate) fn is_choosing_file(&self) -> bool {
        self.files.is_some()
    }

    /// Asks for a file to open, beside the one that is open.
    pub(crate) fn choose_file_to_open(&mut self, beside: Option<&Path>) {
        let mut dialog = dialog(beside).title("Open a timeline or a recording");
        dialog.pick_file();
        (self.files, self.saving) = (Some(dialog), false);
    }

    /// Asks for a name to save under.
    pub(crate) fn choose_file_to_save(&mut self, now: &Path) {
        let stem = now.file_stem().map_or("timeline".into(), |stem| stem.to_string_lossy());
        let name = format!("{stem}.corrected.json");
        let mut dialog = dialog(Some(now)).default_file_name(&name).title("Save the timeline as");
        dialog.save_file();
        (self.files, self.saving) = (Some(dialog), true);
    }

    /// Shows the file dialog; the file that was chosen, and whether it is to be written.
    fn show_file_dialog(&mut self, ctx: &Context) -> Option<(PathBuf, bool)> {
        let dialog = self.files.as_mut()?;
        dialog.update(ctx);
        let chosen = dialog.take_picked();
        if !matches!(dialog.state(), egui_file_dialog::DialogState::Open) {
            self.files = None;
        }
        chosen.map(|path| (path, self.saving))
    }
}

fn dialog(beside: Option<&Path>) -> FileDialog {
    let dialog = FileDialog::new();
    match beside.and_then(Path::parent).filter(|dir| dir.is_dir()) {
        Some(dir) => dialog.initial_directory(dir.to_owned()),
        None => dialog,
    }
}

/// Draws the window.
pub(crate) fn show(app: &mut PlayerApp, ctx: &Context) {
    app.view.pointed_at.clear();
    let fill = ctx.style().visuals.panel_fill;
    let padded = |x: i8, y: i8| Frame::new().fill(fill).inner_margin(Margin::symmetric(x, y));
    TopBottomPanel::top("header").frame(padded(18, 12)).show(ctx, |ui| header::show(app, ui));
    TopBottomPanel::bottom("status").frame(padded(18, 6)).show(ctx, |ui| status::show(app, ui));
    if app.is_empty() {
        CentralPanel::default().frame(padded(18, 12)).show(ctx, |ui| welcome::show(app, ui));
    } else if app.session.is_some() {
        let height = ctx.content_rect().height();
        TopBottomPanel::top("scope")
            .frame(padded(18, 8))
            .resizable(true)
            .default_height(height * 0.52)
            .height_range(height * 0.25..=height * 0.75)
            .show(ctx, |ui| scope::show(app, ui));
        CentralPanel::default().frame(padded(18, 4)).show(ctx, |ui| text::show(app, ui));
    } else {
        CentralPanel::default().frame(padded(18, 8)).show(ctx, |ui| scope::show(app, ui));
    }
    if let Some((path, saving)) = app.view.show_file_dialog(ctx) {
        if saving { app.save_as(&path) } else { app.open(&path) }
    }
    dialogs::show(app, ctx);
    hint_of_files_above(ctx);
}

/// While files hang over the window: that they can be dropped.
fn hint_of_files_above(ctx: &Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::new("files above"));
    let painter = ctx.layer_painter(layer);
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, egui::Color32::from_black_alpha(170));
    painter.text(
        rect.center(),
        egui::Align2::CENTER_CENTER,
        "Drop a timeline, a folder of tonearm’s, or a recording",
        egui::FontId::proportional(24.0),
        egui::Color32::WHITE,
    );
}
