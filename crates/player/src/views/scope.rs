//! The scope: the whole side in small, and below it outline, words, spectrogram and time axis of the visible stretch.

use egui::{
    self, Align2, CornerRadius, CursorIcon, FontId, Painter, Pos2, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo,
    WidgetType,
};

use super::{lanes, word_lane};
use crate::app::PlayerApp;
use crate::commands::{Command, ZOOM_STEP};
use crate::theme;
use crate::time_view::{TimeView, clock_text};

const OVERVIEW_HEIGHT: f32 = 44.0;
const WORDS_HEIGHT: f32 = 32.0;
const AXIS_HEIGHT: f32 = 24.0;
const GUTTER: f32 = 50.0;
/// The outline's share of what outline and spectrogram have between them.
const OUTLINE_SHARE: f32 = 0.32;
/// Marks of the time axis are at least so far apart.
const TICK_PIXELS: f32 = 84.0;
/// The playhead's line and its handle.
const PLAYHEAD_WIDTH: f32 = 1.5;

/// Draws the scope.
pub(super) fn show(app: &mut PlayerApp, ui: &mut Ui) {
    let size = ui.available_size();
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(8), theme::SCOPE);
    let ui = &mut ui.new_child(egui::UiBuilder::new().max_rect(rect));
    ui.set_clip_rect(ui.clip_rect().intersect(rect));

    let overview =
        Rect::from_min_size(rect.min, Vec2::new(rect.width(), OVERVIEW_HEIGHT)).shrink2(Vec2::new(8.0, 5.0));
    show_overview(app, ui, overview);

    let left = rect.left() + GUTTER;
    let right = rect.right() - 8.0;
    let words_height = if app.session.is_some() { WORDS_HEIGHT } else { 0.0 };
    let top = rect.top() + OVERVIEW_HEIGHT;
    let room = (rect.bottom() - top - words_height - AXIS_HEIGHT).max(40.0);
    let lane =
        |from: f32, height: f32| Rect::from_min_max(Pos2::new(left, from), Pos2::new(right, from + height));
    let outline = lane(top, room * OUTLINE_SHARE);
    let words = lane(outline.bottom(), words_height);
    let spectrogram = lane(words.bottom(), room * (1.0 - OUTLINE_SHARE));
    let axis = lane(spectrogram.bottom(), AXIS_HEIGHT);

    lanes::outline(app, ui.painter(), outline);
    lanes::spectrogram(app, ui, spectrogram);
    lanes::frequency_axis(app, ui.painter(), spectrogram);
    time_axis(&app.time, ui.painter(), axis);
    if app.session.is_some() {
        word_lane::show(app, ui, words, Rect::from_min_max(outline.min, spectrogram.max));
    }
    playhead(app, ui.painter(), Rect::from_min_max(outline.min, spectrogram.max));
    interact(app, ui, outline, "Waveform");
    interact(app, ui, spectrogram, "Spectrogram");
    zoom_and_scroll(app, ui, Rect::from_min_max(outline.min, axis.max));
}

/// The pixel column of an instant.
pub(super) fn x_of(time: &TimeView, rect: Rect, secs: f64) -> f32 {
    rect.left() + time.share_of(secs) as f32 * rect.width()
}

/// The instant of a pixel column.
pub(super) fn secs_at(time: &TimeView, rect: Rect, x: f32) -> f64 {
    time.secs_at(f64::from((x - rect.left()) / rect.width()))
}

fn show_overview(app: &mut PlayerApp, ui: &mut Ui, rect: Rect) {
    let response = ui.interact(rect, ui.id().with("overview"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, "The whole side"));
    let painter = ui.painter();
    painter.rect_filled(rect, 3.0, theme::LANE);
    let mut all = app.time;
    all.show_all();
    let visible = Rect::from_x_y_ranges(
        x_of(&all, rect, app.time.start_secs())..=x_of(&all, rect, app.time.end_secs()),
        rect.y_range(),
    );
    painter.rect_filled(visible, 3.0, theme::LANE_LINE);
    lanes::outline_of(app, painter, rect, &all);
    painter.rect_stroke(visible, 3.0, Stroke::new(1.0, theme::EDGE), egui::StrokeKind::Inside);
    let x = x_of(&all, rect, app.position_secs());
    painter.vline(x, rect.y_range(), Stroke::new(PLAYHEAD_WIDTH, theme::PLAYHEAD));
    app.view.panning = response.dragged();
    if (response.clicked() || response.dragged())
        && let Some(pointer) = response.interact_pointer_pos()
    {
        app.perform(Command::Seek(secs_at(&all, rect, pointer.x)));
    }
    response.on_hover_cursor(CursorIcon::PointingHand);
}

fn time_axis(time: &TimeView, painter: &Painter, rect: Rect) {
    let (ticks, decimals) = time.ticks((rect.width() / TICK_PIXELS) as usize);
    for secs in ticks {
        let x = x_of(time, rect, secs);
        painter.vline(x, rect.top()..=rect.top() + 5.0, Stroke::new(1.0, theme::SCOPE_TEXT));
        let anchor = if x + 30.0 > rect.right() { Align2::RIGHT_TOP } else { Align2::LEFT_TOP };
        painter.text(
            Pos2::new(x + 3.0, rect.top() + 4.0),
            anchor,
            clock_text(secs, decimals),
            FontId::proportional(11.5),
            theme::SCOPE_TEXT,
        );
    }
}

fn playhead(app: &PlayerApp, painter: &Painter, rect: Rect) {
    let x = x_of(&app.time, rect, app.position_secs());
    if rect.x_range().contains(x) {
        painter.vline(x, rect.y_range(), Stroke::new(PLAYHEAD_WIDTH, theme::PLAYHEAD));
        painter.circle_filled(Pos2::new(x, rect.top() + 3.0), 4.0, theme::PLAYHEAD);
    }
}

/// A click goes there, a drag moves the picture.
fn interact(app: &mut PlayerApp, ui: &Ui, rect: Rect, name: &str) {
    let response = ui.interact(rect, ui.id().with(name), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, name));
    if response.clicked()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        app.perform(Command::Seek(secs_at(&app.time, rect, pointer.x)));
    }
    if response.dragged() {
        let secs_per_pixel = app.time.span_secs() / f64::from(rect.width());
        app.time.scroll(-f64::from(response.drag_delta().x) * secs_per_pixel);
        app.view.panning = true;
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    if let Some(pointer) = response.hover_pos() {
        app.view.pointed_at = lanes::describe(app, rect, pointer, name == "Spectrogram");
    }
}

fn zoom_and_scroll(app: &mut PlayerApp, ui: &Ui, rect: Rect) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()).filter(|pointer| rect.contains(*pointer))
    else {
        return;
    };
    if !ui.rect_contains_pointer(rect) {
        return;
    }
    let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta));
    if (zoom - 1.0).abs() > f32::EPSILON {
        // One notch of the wheel comes as a factor of its own; a pinch as many small ones.
        let anchor = secs_at(&app.time, rect, pointer.x);
        app.time.zoom(f64::from(1.0 / zoom).clamp(ZOOM_STEP, 1.0 / ZOOM_STEP), anchor);
    }
    let along = if scroll.x.abs() > scroll.y.abs() { scroll.x } else { scroll.y };
    if along.abs() > 0.0 {
        app.time.scroll(-f64::from(along / rect.width()) * app.time.span_secs());
    }
}
