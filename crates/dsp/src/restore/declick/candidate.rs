//! From scores to spans: hysteresis, and the checks that tell a click from the programme's own transients.

use std::ops::Range;

/// A span whose scores rise above a threshold.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::restore) struct Candidate {
    /// Samples whose score lies above the lower threshold, small gaps bridged.
    pub(in crate::restore) span: Range<usize>,
    /// The sample of the highest score.
    pub(super) peak: usize,
    /// The highest score, in multiples of the local scale.
    pub(in crate::restore) score: f32,
}

/// Spans in which a score reaches `trigger`, extended on both sides while scores stay above `extend`, with gaps of up to
/// `bridge` samples.
pub(in crate::restore) fn candidates(
    scores: &[f32],
    trigger: f32,
    extend: f32,
    bridge: usize,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut index = 0;
    while index < scores.len() {
        if scores[index] < extend {
            index += 1;
            continue;
        }
        let start = index;
        let mut end = index + 1;
        let mut peak = index;
        while index < scores.len() && index <= end + bridge {
            if scores[index] >= extend {
                end = index + 1;
                if scores[index] > scores[peak] {
                    peak = index;
                }
            }
            index += 1;
        }
        index = end;
        if scores[peak] >= trigger {
            found.push(Candidate { span: start..end, peak, score: scores[peak] });
        }
    }
    found
}

impl Candidate {
    /// Narrows the span to the samples whose `sharp` score (that of short windows) lies above `extend`; where none does, to
    /// `least` samples around the peak.
    pub(super) fn narrow(&mut self, sharp: &[f32], extend: f32, least: usize) {
        let above = |n: &usize| sharp[*n] >= extend;
        match (self.span.clone().find(above), self.span.clone().rfind(above)) {
            (Some(first), Some(last)) => self.span = first..last + 1,
            _ => {
                let start = self.peak.saturating_sub(least / 2).max(self.span.start);
                self.span = start..(start + least).min(self.span.end);
            }
        }
    }
}

/// What the programme's own transients look like around a candidate, in samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// Distance at which the sides begin.
    pub(super) guard: usize,
    /// How far a pulse may come before or after its beat.
    pub(super) slack: usize,
    /// Length of one cell of a side.
    pub(super) cell: usize,
    /// Cells on each side.
    pub(super) cells: usize,
    /// Shortest and longest pitch period.
    pub(super) periods: (usize, usize),
}

impl Surroundings {
    /// The level of the louder side: the upper third among the cells' largest scores.
    ///
    /// A plosive goes on after its front, a brass tone pulses on both sides; a click stands alone.
    pub(super) fn side_level(&self, scores: &[f32], candidate: &Candidate) -> f32 {
        let [before, after] = self.sides(scores, candidate);
        before.max(after)
    }

    /// The level of the side before and of the side after.
    pub(super) fn sides(&self, scores: &[f32], candidate: &Candidate) -> [f32; 2] {
        let reach = self.cell * self.cells;
        let before_end = candidate.span.start.saturating_sub(self.guard);
        let after_start = (candidate.span.end + self.guard).min(scores.len());
        let before = &scores[before_end.saturating_sub(reach)..before_end];
        let after = &scores[after_start..(after_start + reach).min(scores.len())];
        [upper_cell(before, self.cell), upper_cell(after, self.cell)]
    }

    /// The strength at which a candidate recurs one period before and one after, or two on one side, as a share of it.
    pub(super) fn recurrence(&self, scores: &[f32], candidate: &Candidate) -> f32 {
        let (shortest, longest) = self.periods;
        let slack = self.slack.max(2);
        let around = |centre: isize| -> f32 {
            let Ok(centre) = usize::try_from(centre) else { return 0.0 };
            if centre >= scores.len() {
                return 0.0;
            }
            scores[centre.saturating_sub(slack)..(centre + slack + 1).min(scores.len())]
                .iter()
                .fold(0.0, |m: f32, &s| m.max(s))
        };
        let centre = candidate.peak as isize;
        let mut strongest = 0.0f32;
        for period in (shortest..=longest).step_by(slack) {
            let period = period as isize;
            let (before, after) = (around(centre - period), around(centre + period));
            let both = before.min(after);
            let onset = after.min(around(centre + 2 * period));
            let release = before.min(around(centre - 2 * period));
            strongest = strongest.max(both).max(onset).max(release);
        }
        strongest / candidate.score
    }
}

/// The upper third among the largest scores of each cell.
fn upper_cell(side: &[f32], cell: usize) -> f32 {
    let mut peaks: Vec<f32> =
        side.chunks(cell.max(1)).map(|c| c.iter().fold(0.0, |m: f32, &s| m.max(s))).collect();
    if peaks.is_empty() {
        return 0.0;
    }
    let place = peaks.len() * 2 / 3;
    *peaks.select_nth_unstable_by(place, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hysteresis_keeps_what_reaches_the_trigger() {
        let scores = [0.0, 3.0, 6.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 0.0, 9.0];
        let found = candidates(&scores, 5.0, 2.5, 1);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].span.clone(), found[0].peak), (1..5, 2));
        assert_eq!((found[1].span.clone(), found[1].peak), (9..13, 12));
    }

    #[test]
    fn a_lone_click_has_quiet_sides_and_a_burst_has_not() {
        let surroundings = Surroundings { guard: 5, slack: 5, cell: 20, cells: 6, periods: (40, 200) };
        let mut scores = vec![1.0f32; 2_000];
        scores[1_000] = 10.0;
        let click = &candidates(&scores, 5.0, 2.5, 2)[0].clone();
        assert!(surroundings.side_level(&scores, click) < 1.5);
        assert!(surroundings.recurrence(&scores, click) < 0.2);
        for i in (1_005..1_300).step_by(9) {
            scores[i] = 8.0;
        }
        assert!(surroundings.side_level(&scores, click) > 7.0);
    }

    #[test]
    fn a_pulse_train_recurs() {
        let surroundings = Surroundings { guard: 5, slack: 5, cell: 20, cells: 6, periods: (40, 400) };
        let mut scores = vec![1.0f32; 3_000];
        for i in (300..2_700).step_by(300) {
            scores[i] = 10.0;
        }
        let train = candidates(&scores, 5.0, 2.5, 2);
        for pulse in &train {
            assert!(surroundings.recurrence(&scores, pulse) > 0.9, "{pulse:?}");
        }
    }
}
