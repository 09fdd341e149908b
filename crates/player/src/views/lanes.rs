//! Outline and spectrogram of the visible stretch.

use egui::{
    Align2, Color32, Context, FontId, Mesh, Painter, Pos2, Rect, Shape, Stroke, TextureHandle,
    TextureOptions, Ui, Vec2,
};

use super::scope::secs_at;
use crate::app::{PlayerApp, Track};
use crate::theme;
use crate::time_view::{TimeView, clock_text};
use crate::version::Version;

/// Frequencies that the axis names, in hertz.
const NAMED_HZ: [(f64, &str); 8] = [
    (250.0, "250"),
    (500.0, "500"),
    (1_000.0, "1k"),
    (2_000.0, "2k"),
    (4_000.0, "4k"),
    (8_000.0, "8k"),
    (12_000.0, "12k"),
    (16_000.0, "16k Hz"),
];
/// The loudest sample of the version that sets the scale reaches so far up the lane.
const HEADROOM: f32 = 0.92;
/// Names of the axis are at least so far apart, in points.
const AXIS_TEXT_HEIGHT: f32 = 13.0;

/// What a picture was drawn from.
#[derive(Clone, Copy, PartialEq)]
struct PictureKey {
    time: TimeView,
    width: usize,
    version: Version,
    generation: u64,
}

/// The spectrogram's picture, kept until something changes.
pub(super) struct Picture {
    key: PictureKey,
    texture: TextureHandle,
}

/// The outline of the visible stretch, with its middle line.
pub(super) fn outline(app: &PlayerApp, painter: &Painter, rect: Rect) {
    painter.hline(rect.x_range(), rect.center().y, Stroke::new(1.0, theme::LANE_LINE));
    if app.track().loaded.is_none() {
        let text = if app.track().is_loading { "reading the recording…" } else { "no recording" };
        painter.text(
            rect.center(),
            Align2::CENTER_CENTER,
            text,
            FontId::proportional(13.0),
            theme::SCOPE_TEXT,
        );
    }
    outline_of(app, painter, rect, &app.time);
}

/// The outline of any stretch: for each pixel column the least and the greatest sample.
pub(super) fn outline_of(app: &PlayerApp, painter: &Painter, rect: Rect, time: &TimeView) {
    let Some(loaded) = &app.track().loaded else { return };
    let full_scale = full_scale(app);
    let rate = loaded.signal.sample_rate().as_f64();
    let pixel = 1.0 / painter.ctx().pixels_per_point();
    let columns = (rect.width() / pixel) as usize;
    let y = |sample: f32| rect.center().y - (sample / full_scale).clamp(-1.0, 1.0) * 0.5 * rect.height();
    let sample_at = |column: usize| (time.secs_at(column as f64 / columns as f64) * rate).max(0.0) as usize;
    let mut mesh = Mesh::default();
    let colour = theme::of_version(app.version);
    let mut last: Option<(f32, f32)> = None;
    for column in 0..columns {
        let from = sample_at(column);
        let to = sample_at(column + 1).max(from + 1);
        let Some((low, high)) = loaded.peaks.extremes(&loaded.mono, from..to) else { break };
        // From one column to the next the line must not break where the signal is steep.
        let (joined_low, joined_high) = last
            .map_or((low, high), |(before_low, before_high)| (low.min(before_high), high.max(before_low)));
        last = Some((low, high));
        let (top, bottom) = (y(joined_high), y(joined_low).max(y(joined_high) + pixel));
        let x = rect.left() + column as f32 * pixel;
        mesh.add_colored_rect(Rect::from_min_max(Pos2::new(x, top), Pos2::new(x + pixel, bottom)), colour);
    }
    painter.add(Shape::mesh(mesh));
}

/// What reaches the lane's edge: the restored version's peak, so that versions can be compared and clicks stand out.
fn full_scale(app: &PlayerApp) -> f32 {
    let peak_of = |track: &Track| track.loaded.as_ref().map(|loaded| loaded.peaks.peak());
    let peak = peak_of(&app.tracks[Version::After.index()]).or_else(|| peak_of(app.track())).unwrap_or(1.0);
    (peak / HEADROOM).max(1e-4)
}

/// The spectrogram of the visible stretch.
pub(super) fn spectrogram(app: &mut PlayerApp, ui: &Ui, rect: Rect) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, theme::LANE);
    let width = ((rect.width() * painter.ctx().pixels_per_point()) as usize).max(1);
    let key = PictureKey { time: app.time, width, version: app.version, generation: app.generation };
    if app.view.picture.as_ref().is_none_or(|picture| picture.key != key) {
        app.view.picture = draw(app, painter.ctx(), key);
    }
    match &app.view.picture {
        Some(picture) => {
            let whole = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
            painter.image(picture.texture.id(), rect, whole, Color32::WHITE);
        }
        None if app.track().loaded.is_some() => {
            let text = "the spectrogram is being made…";
            painter.text(
                rect.center(),
                Align2::CENTER_CENTER,
                text,
                FontId::proportional(13.0),
                theme::SCOPE_TEXT,
            );
        }
        None => {}
    }
}

fn draw(app: &PlayerApp, ctx: &Context, key: PictureKey) -> Option<Picture> {
    let (levels, scale) = (app.track().levels.as_ref()?, app.scale?);
    let secs_per_pixel = key.time.span_secs() / key.width as f64;
    let image = levels.picture(key.time.start_secs(), secs_per_pixel, key.width, scale);
    let options = TextureOptions::LINEAR;
    // The texture that stands is filled anew: one upload, no new texture for every turn of the page.
    let texture = match &app.view.picture {
        Some(picture) => {
            let mut texture = picture.texture.clone();
            texture.set(image, options);
            texture
        }
        None => ctx.load_texture("spectrogram", image, options),
    };
    Some(Picture { key, texture })
}

/// Frequencies beside the spectrogram.
pub(super) fn frequency_axis(app: &PlayerApp, painter: &Painter, rect: Rect) {
    let Some(axis) = app.track().levels.as_ref().map(|levels| levels.axis()) else { return };
    let mut last = f32::INFINITY;
    for (hz, name) in NAMED_HZ.into_iter().filter(|(hz, _)| *hz <= axis.max_hz) {
        let y = rect.bottom() - axis.position_of(hz) as f32 * rect.height();
        if last - y < AXIS_TEXT_HEIGHT {
            continue;
        }
        last = y;
        painter.hline(rect.left() - 4.0..=rect.left(), y, Stroke::new(1.0, theme::SCOPE_TEXT));
        let y = y.max(rect.top() + AXIS_TEXT_HEIGHT / 2.0);
        let at = Pos2::new(rect.left() - 7.0, y);
        painter.text(at, Align2::RIGHT_CENTER, name, FontId::proportional(11.0), theme::SCOPE_TEXT);
    }
}

/// What lies under the pointer.
pub(super) fn describe(app: &PlayerApp, rect: Rect, pointer: Pos2, in_spectrogram: bool) -> String {
    let secs = secs_at(&app.time, rect, pointer.x);
    let time = clock_text(secs, 3);
    let share = f64::from((pointer.y - rect.top()) / rect.height());
    let level = app.track().levels.as_ref().filter(|_| in_spectrogram).and_then(|levels| {
        let hz = levels.axis().frequency_at(1.0 - share);
        Some(format!("{time}  ·  {hz:.0} Hz  ·  {:.0} dB/Hz", levels.level_db(secs, share)?))
    });
    level.unwrap_or(time)
}

/// The colours of the spectrogram with the levels at their ends.
pub(super) fn legend(app: &PlayerApp, ui: &mut Ui) {
    let Some(scale) = app.scale else { return };
    let (rect, _) = ui.allocate_exact_size(Vec2::new(96.0, 10.0), egui::Sense::hover());
    let mut mesh = Mesh::default();
    let steps = rect.width() as usize;
    for step in 0..steps {
        let colorous::Color { r, g, b } = colorous::INFERNO.eval_continuous(step as f64 / (steps - 1) as f64);
        let x = rect.left() + step as f32;
        let column = Rect::from_min_max(Pos2::new(x, rect.top()), Pos2::new(x + 1.0, rect.bottom()));
        mesh.add_colored_rect(column, Color32::from_rgb(r, g, b));
    }
    ui.painter().add(Shape::mesh(mesh));
    let ends = format!("{:.0} to {:.0} dB/Hz", scale.floor_db(), scale.top_db());
    ui.label(egui::RichText::new(ends).small().weak());
}
