//! The words in view with their edges, which can be dragged; whole sentences where words would be too narrow to read.

use egui::{
    self, Align2, Color32, CornerRadius, CursorIcon, FontId, Pos2, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo,
    WidgetType,
};
use tonearm_timeline::{State, Word, WordPosition};

use super::scope::{secs_at, x_of};
use crate::app::PlayerApp;
use crate::commands::Command;
use crate::theme;
use crate::time_view::clock_text;
use crate::word_edges::{Edge, WordEdge};

/// Below this mean width of a word, in points, sentences are shown instead.
const NARROWEST_WORD: f32 = 22.0;
/// How wide the part of an edge is that can be taken hold of, in points.
const HANDLE_WIDTH: f32 = 9.0;

/// Draws the lane; `scope` is where the line of a held edge is drawn through.
pub(super) fn show(app: &mut PlayerApp, ui: &mut Ui, rect: Rect, scope: Rect) {
    ui.painter().rect_filled(rect, 0.0, theme::LANE);
    ui.painter().text(
        Pos2::new(rect.left() - 7.0, rect.center().y),
        Align2::RIGHT_CENTER,
        "words",
        FontId::proportional(11.0),
        theme::SCOPE_TEXT,
    );
    let Some(session) = &app.session else { return };
    let (from, to) = (app.time.start_secs(), app.time.end_secs());
    let current = app.current_word();
    let visible: Vec<(WordPosition, Word)> = session
        .timeline()
        .positions()
        .filter_map(|position| session.timeline().word(position).map(|word| (position, word)))
        .filter(|(_, word)| word.end >= from && word.start <= to)
        .map(|(position, word)| (position, word.clone()))
        .collect();
    let clip = ui.clip_rect();
    ui.set_clip_rect(clip.intersect(rect));
    if rect.width() / (visible.len().max(1) as f32) < NARROWEST_WORD {
        sentences(app, ui, rect);
    } else {
        for (position, word) in &visible {
            word_box(app, ui, rect, *position, word, current == Some(*position));
        }
        ui.set_clip_rect(clip.intersect(scope.expand(HANDLE_WIDTH)));
        for (position, word) in &visible {
            for edge in [Edge::Start, Edge::End] {
                handle(app, ui, rect, scope, WordEdge { word: *position, edge }, word);
            }
        }
    }
    ui.set_clip_rect(clip);
}

fn sentences(app: &mut PlayerApp, ui: &Ui, rect: Rect) {
    let position = app.position_secs();
    let mut wanted = None;
    let Some(session) = &app.session else { return };
    for (_, _, sentence) in session.sentences() {
        let space = Rect::from_x_y_ranges(
            x_of(&app.time, rect, sentence.start)..=x_of(&app.time, rect, sentence.end),
            rect.y_range(),
        )
        .shrink2(Vec2::new(0.5, 3.0));
        if !space.intersects(rect) {
            continue;
        }
        let lit = (sentence.start..sentence.end).contains(&position);
        let (fill, ink) = if lit { (theme::LIT, theme::LIT_TEXT) } else { (theme::WORD, theme::WORD_TEXT) };
        let response = ui.interact(space.intersect(rect), ui.id().with(&sentence.id), Sense::click());
        response.widget_info(|| {
            WidgetInfo::labeled(WidgetType::Button, true, format!("Sentence {}", sentence.text))
        });
        paint_box(ui, space, rect, &sentence.text, fill, ink);
        if response.clicked() {
            wanted = Some(sentence.start);
        }
        response.on_hover_text(&sentence.text);
    }
    if let Some(secs) = wanted {
        app.perform(Command::Seek(secs));
    }
}

fn word_box(app: &mut PlayerApp, ui: &Ui, rect: Rect, position: WordPosition, word: &Word, lit: bool) {
    let space = Rect::from_x_y_ranges(
        x_of(&app.time, rect, word.start)..=x_of(&app.time, rect, word.end),
        rect.y_range(),
    )
    .shrink2(Vec2::new(0.5, 3.0));
    let (fill, ink) = match word.confidence.state {
        _ if lit => (theme::LIT, theme::LIT_TEXT),
        State::Measured => (theme::WORD, theme::WORD_TEXT),
        State::Inferred => (theme::WORD, theme::UNCERTAIN_TEXT),
        State::Absent => (Color32::TRANSPARENT, theme::UNCERTAIN_TEXT),
    };
    let response = ui.interact(space.intersect(rect), ui.id().with(position), Sense::click());
    let name = format!("{} at {}", word.text, clock_text(word.start, 2));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
    paint_box(ui, space, rect, &word.text, fill, ink);
    if response.hovered() {
        app.view.pointed_at = describe(word);
    }
    if response.clicked() {
        app.perform(Command::Seek(word.start));
    }
}

/// A box with as much of a text as fits, in the part that is in view.
fn paint_box(ui: &Ui, space: Rect, lane: Rect, text: &str, fill: Color32, ink: Color32) {
    let painter = ui.painter();
    painter.rect_filled(space, CornerRadius::same(3), fill);
    let visible = space.intersect(lane);
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), FontId::proportional(12.5), ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(visible.width().max(0.0));
    if visible.width() > 9.0 {
        let galley = painter.layout_job(job);
        painter.galley(visible.center() - galley.size() / 2.0, galley, ink);
    }
}

/// What is known of a word.
pub(super) fn describe(word: &Word) -> String {
    let how = match (word.confidence.state, word.confidence.plus_minus_ms) {
        (State::Measured, Some(spread)) => format!("heard, start ± {spread:.0} ms"),
        (State::Measured, None) => "heard or set by hand".to_owned(),
        (State::Inferred, Some(spread)) => format!("placed from its neighbours, ± {spread:.0} ms"),
        (State::Inferred, None) => "placed from its neighbours".to_owned(),
        (State::Absent, _) => "not spoken".to_owned(),
    };
    let length_ms = (word.end - word.start) * 1_000.0;
    format!(
        "{}  ·  {} – {}  ·  {length_ms:.0} ms  ·  {how}",
        word.text,
        clock_text(word.start, 3),
        clock_text(word.end, 3)
    )
}

fn handle(app: &mut PlayerApp, ui: &Ui, rect: Rect, scope: Rect, edge: WordEdge, word: &Word) {
    let Some(session) = app.session.as_mut() else { return };
    let is_held = app.view.held_edge.is_some_and(|(held, _)| held == edge);
    // Words that were not spoken have no edges to hear; a shared edge is the earlier word's.
    if word.confidence.state == State::Absent
        || (edge.edge == Edge::Start && edge.shared(session.timeline()).is_some() && !is_held)
    {
        return;
    }
    let Some(secs) = edge.secs(session.timeline()) else { return };
    let x = x_of(&app.time, rect, secs);
    if !rect.x_range().contains(x) && !is_held {
        return;
    }
    let space = Rect::from_center_size(Pos2::new(x, rect.center().y), Vec2::new(HANDLE_WIDTH, rect.height()));
    let response = ui.interact(space, ui.id().with(edge), Sense::drag());
    let which = if edge.edge == Edge::Start { "Start" } else { "End" };
    response
        .widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, format!("{which} of {}", word.text)));

    if response.drag_started() {
        session.begin_drag(edge, ui.input(|input| input.modifiers.alt));
        let taken_at = ui.input(|input| input.pointer.press_origin()).map_or(x, |pointer| pointer.x);
        app.view.held_edge = Some((edge, x - taken_at));
    }
    if response.dragged()
        && session.is_dragging()
        && let Some((_, offset)) = app.view.held_edge
        && let Some(pointer) = response.interact_pointer_pos()
    {
        session.drag_to(secs_at(&app.time, rect, pointer.x + offset));
    }
    let active = response.hovered() || response.dragged();
    if active {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        if let Some(word) = session.timeline().word(edge.word) {
            app.view.pointed_at = describe(word);
        }
        ui.painter().vline(x, scope.y_range(), Stroke::new(1.0, theme::LIT));
    }
    let stroke = if active { Stroke::new(3.0, theme::LIT) } else { Stroke::new(1.5, theme::EDGE) };
    ui.painter().vline(x, rect.top() + 2.0..=rect.bottom() - 2.0, stroke);
    if response.drag_stopped() {
        app.view.held_edge = None;
        app.finish_drag();
    }
}
