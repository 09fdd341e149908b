//! One step of the fine path's recursions: from the scores at one boundary's places to those at the next one's, over a sound or a gap; the
//! best way, or the sum over all.
//!
//! Durations run outside and places inside, so that places are computed side by side; each place sees its durations in ascending order.

use std::ops::Range;
use std::sync::LazyLock;

use super::segmental::Chain;

/// What is summed in linear scale is no smaller, the largest being one.
const LEAST_LINEAR: f32 = 1e-30;
/// The most frames that a third of a sound may take.
pub(super) const LONGEST: usize = 160;
/// Natural logs of 1, 2, … frames.
static LOG_LENGTHS: LazyLock<[f32; LONGEST]> =
    LazyLock::new(|| std::array::from_fn(|i| (i as f32 + 1.0).ln()));

impl Chain<'_> {
    /// Log scores of durations 1, 2, … of a third.
    pub(super) fn duration_scores(&self, log_frames: f32) -> Vec<f32> {
        LOG_LENGTHS[..self.durations.longest(log_frames)]
            .iter()
            .map(|log_length| {
                let z = (log_length - log_frames) / self.durations.sigma;
                -0.5 * self.durations.weight * z * z
            })
            .collect()
    }

    pub(super) fn sound_step(
        &self,
        from: &Range<usize>,
        to: &Range<usize>,
        scores: &[f32],
        emissions: &[f32],
        log_frames: f32,
    ) -> (Vec<f32>, Vec<u32>) {
        let durations = self.duration_scores(log_frames);
        let open: Vec<f32> = scores.iter().zip(emissions).map(|(s, e)| s - e).collect();
        let mut next = vec![f32::NEG_INFINITY; to.len()];
        let mut lengths = vec![0u32; to.len()];
        for (d, duration) in (1..).zip(&durations) {
            let Some((ends, starts)) = ends_after(d, from, to) else { continue };
            let ends = next[ends.clone()].iter_mut().zip(&mut lengths[ends]);
            for ((best, length), open) in ends.zip(&open[starts]) {
                let value = open + duration;
                // The shortest of the likeliest.
                let is_better = value > *best;
                *best = if is_better { value } else { *best };
                *length = if is_better { d as u32 } else { *length };
            }
        }
        for ((next, length), t) in next.iter_mut().zip(&lengths).zip(to.clone()) {
            if *length > 0 {
                *next += emissions[t - from.start];
            }
        }
        (next, lengths)
    }

    pub(super) fn gap_step(
        &self,
        from: &Range<usize>,
        to: &Range<usize>,
        scores: &[f32],
        kind: usize,
    ) -> (Vec<f32>, Vec<u32>) {
        let mut next: Vec<f32> = to
            .clone()
            .map(|t| if from.contains(&t) { scores[t - from.start] } else { f32::NEG_INFINITY })
            .collect();
        let mut lengths = vec![0u32; to.len()];
        for (cumulative, entry) in self.gaps.choices(kind) {
            let base = cumulative[from.start];
            let at = |t: usize| (cumulative[t] - base) as f32;
            let mut best = (f32::NEG_INFINITY, 0);
            let mut begun = from.start;
            for (i, t) in to.clone().enumerate() {
                while begun < t && begun < from.end {
                    let value = scores[begun - from.start] - at(begun);
                    if value > best.0 {
                        best = (value, begun);
                    }
                    begun += 1;
                }
                let through = best.0 + at(t) + entry;
                if through > next[i] {
                    next[i] = through;
                    lengths[i] = (t - best.1) as u32;
                }
            }
        }
        (next, lengths)
    }

    /// One step of the forward (or backward) sum over durations, in linear scale after the largest is taken out.
    pub(super) fn sound_sum(
        &self,
        from: &Range<usize>,
        to: &Range<usize>,
        scores: &[f32],
        emissions: &[f32],
        log_frames: f32,
        backward: bool,
    ) -> Vec<f32> {
        let durations: Vec<f32> = self.duration_scores(log_frames).into_iter().map(f32::exp).collect();
        let (entry, exit) = if backward { (to, from) } else { (from, to) };
        let sign = if backward { 1.0 } else { -1.0 };
        let open: Vec<f32> = entry
            .clone()
            .zip(scores)
            .map(|(t, s)| s + sign * emissions[t.saturating_sub(from.start).min(emissions.len() - 1)])
            .collect();
        let largest = open.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let linear: Vec<f32> = open.iter().map(|x| (x - largest).exp()).collect();
        // A start `d` frames before its end, whichever is entered.
        let pairs = |d: usize| match backward {
            true => ends_after(d, exit, entry).map(|(ends, starts)| (starts, ends)),
            false => ends_after(d, entry, exit),
        };
        let mut sums = vec![0f32; exit.len()];
        for (d, duration) in (1..).zip(&durations) {
            let Some((exits, entries)) = pairs(d) else { continue };
            sums[exits].iter_mut().zip(&linear[entries]).for_each(|(sum, entry)| *sum += entry * duration);
        }
        let mut logs: Vec<f32> = sums.iter().map(|sum| sum.ln() + largest).collect();
        if sums.iter().any(|sum| sum.is_nan() || *sum <= LEAST_LINEAR) {
            // Too far below the best for linear scale: the likeliest duration stands for all.
            let mut likeliest = vec![f32::NEG_INFINITY; exit.len()];
            for (d, duration) in (1..).zip(&durations) {
                let Some((exits, entries)) = pairs(d) else { continue };
                let duration = duration.ln();
                let exits = likeliest[exits].iter_mut().zip(&open[entries]);
                exits.for_each(|(best, open)| *best = best.max(open + duration));
            }
            for ((log, sum), likeliest) in logs.iter_mut().zip(&sums).zip(likeliest) {
                *log = if *sum > LEAST_LINEAR { *log } else { likeliest };
            }
        }
        for (log, t) in logs.iter_mut().zip(exit.clone()) {
            *log -= sign * emissions[t.saturating_sub(from.start).min(emissions.len() - 1)];
        }
        logs
    }

    pub(super) fn gap_sum(
        &self,
        from: &Range<usize>,
        to: &Range<usize>,
        scores: &[f32],
        kind: usize,
        backward: bool,
    ) -> Vec<f32> {
        let (entry_window, exit_window) = if backward { (to, from) } else { (from, to) };
        let direct = |t: usize| {
            if entry_window.contains(&t) { scores[t - entry_window.start] } else { f32::NEG_INFINITY }
        };
        let mut sums: Vec<f32> = exit_window.clone().map(direct).collect();
        for (cumulative, entry) in self.gaps.choices(kind) {
            let base = cumulative[from.start];
            let at = |t: usize| (cumulative[t] - base) as f32;
            let mut gathered = f32::NEG_INFINITY;
            if backward {
                let mut begun = to.end;
                for (i, t) in from.clone().enumerate().rev() {
                    while begun > t + 1 && begun > to.start {
                        begun -= 1;
                        gathered = log_add(gathered, scores[begun - to.start] + at(begun));
                    }
                    sums[i] = log_add(sums[i], gathered - at(t) + entry);
                }
            } else {
                let mut begun = from.start;
                for (i, t) in to.clone().enumerate() {
                    while begun < t && begun < from.end {
                        gathered = log_add(gathered, scores[begun - from.start] - at(begun));
                        begun += 1;
                    }
                    sums[i] = log_add(sums[i], gathered + at(t) + entry);
                }
            }
        }
        sums
    }
}

/// The places in `to` that lie `d` frames after places in `from`, and those places; none where there are none.
fn ends_after(d: usize, from: &Range<usize>, to: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let (first, end) = (to.start.max(from.start + d), to.end.min(from.end + d));
    (first < end).then(|| (first - to.start..end - to.start, first - d - from.start..end - d - from.start))
}

fn log_add(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == f32::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}
