//! Title, files, transport, and which version is heard.

use egui::{
    self, Align, Color32, CornerRadius, Layout, Pos2, Response, RichText, Sense, Shape, Slider, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, WidgetType,
};

use crate::app::PlayerApp;
use crate::commands::Command;
use crate::playback_clock::SPEED_RANGE;
use crate::settings::Colours;
use crate::theme;
use crate::time_view::clock_text;
use crate::version::Version;

/// Draws the header.
pub(super) fn show(app: &mut PlayerApp, ui: &mut Ui) {
    let mut wish = None;
    let shown: &PlayerApp = app;
    egui::Sides::new().shrink_left().truncate().height(46.0).show(
        ui,
        |ui| title(shown, ui),
        |ui| wish = file_buttons(shown, ui),
    );
    if let Some(command) = wish {
        app.perform(command);
    }
    if app.is_empty() {
        return;
    }
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        transport(app, ui);
        ui.add_space(10.0);
        versions(app, ui);
        ui.add_space(10.0);
        settings(app, ui);
    });
}

fn title(app: &PlayerApp, ui: &mut Ui) {
    let Some(session) = &app.session else {
        let loaded = app.tracks.iter().find_map(|track| track.loaded.as_ref());
        let name = loaded.and_then(|loaded| loaded.path.file_name()).map(|name| name.to_string_lossy());
        ui.heading(RichText::new(name.as_deref().unwrap_or("tonearm player")).strong());
        return;
    };
    let timeline = session.timeline();
    let first = timeline.sentences().next().map_or("", |sentence| sentence.text.as_str());
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add(
            egui::Label::new(RichText::new(first).heading().strong())
                .truncate()
                .show_tooltip_when_elided(true),
        );
        let file = session.path().file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let unsaved = if session.history().is_unsaved() { "  •  not saved" } else { "" };
        let words = timeline.words().count();
        let facts = format!(
            "{file}{unsaved}  ·  {}  ·  {} kHz  ·  {}  ·  {words} words",
            clock_text(timeline.audio.duration, 0),
            f64::from(timeline.audio.sample_rate) / 1_000.0,
            timeline.language,
        );
        ui.label(RichText::new(facts).weak().size(13.0)).on_hover_text(session.path().display().to_string());
    });
}

/// The buttons for files and corrections, from the right; what was pressed.
fn file_buttons(app: &PlayerApp, ui: &mut Ui) -> Option<Command> {
    let mut buttons = vec![
        (true, "Keys", "Show the keys (F1)", Command::ToggleKeys),
        (true, "Open…", "Open a timeline, a folder or a recording (Ctrl O)", Command::Open),
    ];
    if let Some(history) = app.session.as_ref().map(|session| session.history()) {
        buttons.extend([
            (true, "Save as…", "Save under another name (Ctrl Shift S)", Command::SaveAs),
            (history.is_unsaved(), "Save", "Save the corrections (Ctrl S)", Command::Save),
            (history.can_redo(), "Redo", "Do again what was taken back (Ctrl Y)", Command::Redo),
            (history.can_undo(), "Undo", "Take the last correction back (Ctrl Z)", Command::Undo),
        ]);
    }
    let mut pressed = None;
    for (enabled, name, hint, command) in buttons {
        if ui.add_enabled(enabled, egui::Button::new(name)).on_hover_text(hint).clicked() {
            pressed = Some(command);
        }
    }
    pressed
}

fn transport(app: &mut PlayerApp, ui: &mut Ui) {
    let state = app.deck.clock.state();
    if play_button(ui, state.playing).clicked() {
        app.perform(Command::PlayPause);
    }
    let now = clock_text(app.position_secs(), 1);
    let all = clock_text(state.duration_secs, 1);
    // A fixed width, so that nothing moves while the time runs.
    let (rect, _) = ui.allocate_exact_size(Vec2::new(128.0, 28.0), Sense::hover());
    let text = ui.visuals().text_color();
    let painter = ui.painter();
    let shown =
        painter.text(rect.left_center(), egui::Align2::LEFT_CENTER, now, egui::FontId::monospace(19.0), text);
    painter.text(
        Pos2::new(shown.right() + 6.0, rect.center().y + 1.5),
        egui::Align2::LEFT_CENTER,
        format!("/ {all}"),
        egui::FontId::monospace(12.5),
        ui.visuals().weak_text_color(),
    );
}

/// A round button with a triangle or two bars.
fn play_button(ui: &mut Ui, playing: bool) -> Response {
    let name = if playing { "Pause" } else { "Play" };
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(42.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
    let visuals = ui.visuals();
    let (disc, sign) = (visuals.text_color(), visuals.panel_fill);
    let disc = if response.hovered() { theme::accent(visuals.dark_mode) } else { disc };
    let (painter, centre) = (ui.painter(), rect.center());
    painter.circle_filled(centre, 20.0, disc);
    if response.has_focus() {
        painter.circle_stroke(centre, 21.0, Stroke::new(2.0, theme::accent(visuals.dark_mode)));
    }
    if playing {
        for x in [-5.0, 5.0] {
            let bar = egui::Rect::from_center_size(centre + Vec2::new(x, 0.0), Vec2::new(4.5, 15.0));
            painter.rect_filled(bar, 1.0, sign);
        }
    } else {
        let corners = [(-5.5, -8.5), (-5.5, 8.5), (9.0, 0.0)].map(|(x, y)| centre + Vec2::new(x, y));
        painter.add(Shape::convex_polygon(corners.to_vec(), sign, Stroke::NONE));
    }
    response.on_hover_text(format!("{name} (Space)"))
}

/// Three buttons in one: before, after, removed.
fn versions(app: &mut PlayerApp, ui: &mut Ui) {
    let dark = ui.visuals().dark_mode;
    let frame = egui::Frame::new().fill(ui.visuals().faint_bg_color).corner_radius(8.0).inner_margin(3.0);
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (number, version) in (1..).zip(Version::ALL) {
            let track = &app.tracks[version.index()];
            let there = track.loaded.is_some() || track.is_loading;
            let chosen = app.version == version && there;
            let response = ui
                .add_enabled_ui(there, |ui| version_button(ui, version, number, chosen, dark))
                .inner
                .on_disabled_hover_text(
                    "there is no such recording beside the timeline: drop one on the window",
                );
            if response.clicked() {
                app.perform(Command::Hear(version));
            }
        }
    });
}

fn version_button(ui: &mut Ui, version: Version, number: usize, chosen: bool, dark: bool) -> Response {
    let font = egui::FontId::proportional(14.5);
    let text = ui.visuals().text_color();
    let name = ui.painter().layout_no_wrap(version.name().to_owned(), font, text);
    let size = Vec2::new(name.size().x + 50.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(WidgetType::RadioButton, ui.is_enabled(), chosen, version.name())
    });
    let visuals = ui.visuals();
    if chosen {
        let fill = if dark { visuals.widgets.active.bg_fill } else { visuals.window_fill };
        ui.painter().rect(
            rect,
            CornerRadius::same(6),
            fill,
            Stroke::new(1.0, visuals.weak_text_color().gamma_multiply(0.4)),
            StrokeKind::Inside,
        );
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 6.0, visuals.widgets.hovered.bg_fill);
    }
    if response.has_focus() {
        let stroke = Stroke::new(2.0, theme::accent(dark));
        ui.painter().rect_stroke(rect, CornerRadius::same(6), stroke, StrokeKind::Inside);
    }
    let painter = ui.painter();
    painter.circle_filled(rect.left_center() + Vec2::new(14.0, 0.0), 4.5, dot(version, dark));
    painter.galley(Pos2::new(rect.left() + 25.0, rect.center().y - name.size().y / 2.0), name, text);
    painter.text(
        rect.right_center() - Vec2::new(9.0, 0.0),
        egui::Align2::RIGHT_CENTER,
        number,
        egui::FontId::proportional(11.0),
        visuals.weak_text_color(),
    );
    response
}

/// A version's colour, darkened where the ground is light.
fn dot(version: Version, dark: bool) -> Color32 {
    let colour = theme::of_version(version);
    if dark { colour } else { colour.lerp_to_gamma(Color32::BLACK, 0.3) }
}

fn settings(app: &mut PlayerApp, ui: &mut Ui) {
    if app.session.is_some() {
        let button = egui::Button::new("Loop sentence").selected(app.looping);
        if ui.add(button).on_hover_text("Repeat the sentence at the playhead (L)").clicked() {
            app.perform(Command::ToggleLoop);
        }
    }
    let mut speed = app.deck.clock.state().speed;
    ui.label("Speed");
    let slider =
        Slider::new(&mut speed, SPEED_RANGE.0..=SPEED_RANGE.1).step_by(0.05).suffix("×").max_decimals(2);
    let hint = "Slower or faster, with the pitch kept; double-click for the speed it was recorded at";
    ui.spacing_mut().slider_width = 90.0;
    let response = ui.add(slider).on_hover_text(hint);
    if response.double_clicked() {
        speed = 1.0;
    }
    if response.changed() || response.double_clicked() {
        app.deck.clock.set_speed(speed);
    }
    give_keys_back(&response);
    ui.label("Volume");
    ui.spacing_mut().slider_width = 80.0;
    let response =
        ui.add(Slider::new(&mut app.settings.volume, 0.0..=1.0).show_value(false).trailing_fill(true));
    if response.changed() {
        app.deck.set_volume(app.settings.volume);
    }
    give_keys_back(&response);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| colours(app, ui));
}

/// A slider that was dragged keeps the keyboard; Space must go on playing.
fn give_keys_back(response: &Response) {
    if response.drag_stopped() {
        response.surrender_focus();
    }
}

fn colours(app: &mut PlayerApp, ui: &mut Ui) {
    let (name, next) = match app.settings.colours {
        Colours::System => ("Colours: system", Colours::Light),
        Colours::Light => ("Colours: light", Colours::Dark),
        Colours::Dark => ("Colours: dark", Colours::System),
    };
    if ui
        .add(egui::Button::new(name).frame(false))
        .on_hover_text("Light, dark, or as the system says")
        .clicked()
    {
        app.settings.colours = next;
        theme::choose(ui.ctx(), next);
        app.settings.write();
    }
}
