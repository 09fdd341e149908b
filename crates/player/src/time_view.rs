//! The stretch of the recording that the window shows, and where an instant lies in it.

/// At the closest, a tenth of a second fills the window: single periods of the voice show.
const SHORTEST_SECS: f64 = 0.1;
/// When playback runs out of the window, it goes on this share of the window from its left edge.
const PAGE_MARGIN: f64 = 0.08;
/// Distances between marks of the time axis, in seconds.
const TICK_STEPS_SECS: [f64; 15] =
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0];

/// The visible span of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeView {
    start_secs: f64,
    span_secs: f64,
    duration_secs: f64,
}

impl TimeView {
    /// A view of the first `span_secs` of a recording.
    pub(crate) fn new(duration_secs: f64, span_secs: f64) -> Self {
        let mut view = Self { start_secs: 0.0, span_secs, duration_secs: duration_secs.max(SHORTEST_SECS) };
        view.settle();
        view
    }

    pub(crate) fn start_secs(&self) -> f64 {
        self.start_secs
    }

    pub(crate) fn span_secs(&self) -> f64 {
        self.span_secs
    }

    pub(crate) fn end_secs(&self) -> f64 {
        self.start_secs + self.span_secs
    }

    /// The recording turned out longer.
    pub(crate) fn extend(&mut self, duration_secs: f64) {
        self.duration_secs = self.duration_secs.max(duration_secs);
    }

    /// Where an instant lies, 0 at the left edge and 1 at the right.
    pub(crate) fn share_of(&self, secs: f64) -> f64 {
        (secs - self.start_secs) / self.span_secs
    }

    /// The instant at a share of the width.
    pub(crate) fn secs_at(&self, share: f64) -> f64 {
        self.start_secs + share * self.span_secs
    }

    /// Makes the span `factor` times as long and keeps `anchor_secs` where it is.
    pub(crate) fn zoom(&mut self, factor: f64, anchor_secs: f64) {
        let share = self.share_of(anchor_secs).clamp(0.0, 1.0);
        self.span_secs = (self.span_secs * factor).clamp(SHORTEST_SECS, self.duration_secs);
        self.start_secs = anchor_secs - share * self.span_secs;
        self.settle();
    }

    /// Moves by seconds.
    pub(crate) fn scroll(&mut self, secs: f64) {
        self.start_secs += secs;
        self.settle();
    }

    /// Shows the span from `start_secs` to `end_secs` with some air on both sides.
    pub(crate) fn show(&mut self, start_secs: f64, end_secs: f64) {
        let air = PAGE_MARGIN * (end_secs - start_secs);
        (self.start_secs, self.span_secs) = (start_secs - air, end_secs - start_secs + 2.0 * air);
        self.settle();
    }

    /// The whole side.
    pub(crate) fn show_all(&mut self) {
        (self.start_secs, self.span_secs) = (0.0, self.duration_secs);
    }

    /// Turns to the page that holds an instant, where this one does not.
    pub(crate) fn follow(&mut self, secs: f64) {
        if !(0.0..=1.0).contains(&self.share_of(secs)) {
            self.start_secs = secs - PAGE_MARGIN * self.span_secs;
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.span_secs = self.span_secs.clamp(SHORTEST_SECS, self.duration_secs);
        self.start_secs = self.start_secs.clamp(0.0, self.duration_secs - self.span_secs);
    }

    /// Instants for the marks of the time axis, at most `most` of them, and how many decimals tell them apart.
    pub(crate) fn ticks(&self, most: usize) -> (Vec<f64>, usize) {
        let least_step = self.span_secs / most.max(1) as f64;
        let step = TICK_STEPS_SECS.into_iter().find(|step| *step >= least_step).unwrap_or(3600.0);
        let first = (self.start_secs / step).ceil() as u64;
        let ticks = (first..).map(|n| n as f64 * step).take_while(|t| *t <= self.end_secs()).collect();
        let decimals = if step < 0.1 {
            2
        } else if step < 1.0 {
            1
        } else {
            0
        };
        (ticks, decimals)
    }
}

/// Minutes, seconds and so many decimals: `1:02.5`; hours where there are any.
pub(crate) fn clock_text(secs: f64, decimals: usize) -> String {
    let unit = 10u64.pow(decimals as u32);
    let ticks = (secs.max(0.0) * unit as f64).round() as u64;
    let (whole, part) = (ticks / unit, ticks % unit);
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    let head = if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    };
    if decimals == 0 { head } else { format!("{head}.{part:0decimals$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_anchor_in_its_place() {
        let mut view = TimeView::new(100.0, 10.0);
        view.scroll(40.0);
        let before = view.share_of(43.0);
        view.zoom(0.5, 43.0);
        assert!((view.share_of(43.0) - before).abs() < 1e-9);
        assert!((view.span_secs() - 5.0).abs() < 1e-9);
        assert!((view.secs_at(view.share_of(42.0)) - 42.0).abs() < 1e-9);
    }

    #[test]
    fn the_view_never_leaves_the_recording() {
        let mut view = TimeView::new(30.0, 10.0);
        view.scroll(-5.0);
        assert!(view.start_secs() >= 0.0);
        view.scroll(500.0);
        assert!((view.end_secs() - 30.0).abs() < 1e-9);
        view.zoom(100.0, 3.0);
        assert!((view.span_secs() - 30.0).abs() < 1e-9);
        view.zoom(1e-9, 3.0);
        assert!((view.span_secs() - SHORTEST_SECS).abs() < 1e-9);
    }

    #[test]
    fn playback_turns_the_page() {
        let mut view = TimeView::new(60.0, 10.0);
        view.follow(9.9);
        assert!(view.start_secs().abs() < 1e-9);
        view.follow(10.5);
        assert!(view.start_secs() > 9.0 && view.share_of(10.5) < 0.1);
    }

    #[test]
    fn marks_are_round_and_few() {
        let mut view = TimeView::new(60.0, 10.0);
        let (ticks, decimals) = view.ticks(10);
        assert_eq!((ticks.len(), decimals), (11, 0));
        view.show(20.0, 20.5);
        let (ticks, decimals) = view.ticks(12);
        assert!(ticks.len() <= 13 && decimals == 2, "{ticks:?}");
    }

    #[test]
    fn times_read_as_people_write_them() {
        assert_eq!(clock_text(62.46, 1), "1:02.5");
        assert_eq!(clock_text(59.96, 1), "1:00.0");
        assert_eq!(clock_text(3725.0, 0), "1:02:05");
        assert_eq!(clock_text(-1.0, 0), "0:00");
    }
}
