//! Whether pulses lie on the whole surface, as crackle does.

use std::ops::RangeInclusive;

use tonearm_audio::SampleRate;

use super::{Decrackle, Pulse};

/// Cell and reach of the density of pulses, in seconds.
pub(super) const CELL_SECS: f64 = 0.25;
const REACH_SECS: f64 = 2.0;
/// The deviation of the gaps between pulses over their mean: 1 for chance, 0 for a beat.
const LEAST_IRREGULARITY: f64 = 0.6;
/// Cells that must be there before heights are compared.
const LEAST_CELLS: usize = 6;
/// How far the height of crackle may swing between its lower and its upper tenth of cells: planted crackle stays
/// below 1.25 on speech and music, clean speech and plucked strings lie above 2, clean trumpets may fall below 1.6.
const GREATEST_SWING: f32 = 1.35;
/// The same where a sixth of the cells is crowded, in rates at which the crackle of pauses may have been taken for clicks before, the highest
/// pulses first, which leaves it lower there than in the programme: at 22 to 32 kHz such crackle swings by 1.48 to 1.72.
const TAKEN_SWING: f32 = 1.75;
const TAKEN_RATES_HZ: RangeInclusive<u32> = 22_050..=32_000;
/// How many parts of the cells must be dense, and how many times as dense as crackle is at least; and to be crowded.
const DENSE: (usize, usize) = (4, 2);
const CROWDED: (usize, usize) = (6, 5);
/// Pulses smaller than this share of the height that tells of the crackle are left: the programme has more of them.
const LEAST_HEIGHT: f32 = 0.1;
/// So are pulses that exceed it by this factor (some nine standard deviations of crackle): they are a reed's, or clicks.
const GREATEST_HEIGHT: f32 = 6.0;

impl Decrackle {
    /// Keeps pulses where they are dense all around and come at no pitch: crackle lies on the whole surface, a voice pauses.
    pub(super) fn dense(&self, found: Vec<Pulse>, len: usize, rate: SampleRate) -> Vec<Pulse> {
        let cell = rate.samples_in(CELL_SECS).max(1);
        let mut gaps: Vec<Vec<f64>> = vec![Vec::new(); len.div_ceil(cell)];
        let mut previous = 0;
        for Pulse { span, .. } in &found {
            gaps[span.start / cell].push((span.start - previous) as f64);
            previous = span.start;
        }
        // The count of a cell, or none where pulses keep a beat.
        let counts: Vec<f64> = gaps
            .iter()
            .map(|gaps| {
                let count = gaps.len() as f64;
                let mean = gaps.iter().sum::<f64>() / count;
                let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / count;
                if variance.sqrt() >= LEAST_IRREGULARITY * mean { count } else { 0.0 }
            })
            .collect();
        let least = self.settings.least_per_second * CELL_SECS;
        let reach = (REACH_SECS / CELL_SECS) as usize;
        let everywhere: Vec<bool> = (0..counts.len())
            .map(|i| {
                let mut near = counts[i.saturating_sub(reach)..(i + reach + 1).min(counts.len())].to_vec();
                let place = near.len() / 4;
                *near.select_nth_unstable_by(place, f64::total_cmp).1 >= least
            })
            .collect();
        found.into_iter().filter(|pulse| everywhere[pulse.span.start / cell]).collect()
    }

    /// The height that pulses exceed `least_per_second` times a second, if it is the same through pauses and programme.
    ///
    /// Crackle does not know how loud the programme is; what the programme itself throws up grows and fades with it, or,
    /// where it is steady (brass, applause), all but vanishes once its scale is doubted ([`allowed_swing`](Self::allowed_swing)).
    pub(super) fn even_height(
        &self,
        plain: &[Pulse],
        swing: f32,
        len: usize,
        rate: SampleRate,
    ) -> Option<f32> {
        let mut heights = vec![Vec::new(); cells_in(len, rate)?];
        for (cell, pulse) in in_cells(plain, heights.len(), rate) {
            heights[cell].push(pulse.height);
        }
        let least = self.least_in_cell();
        let mut exceeded: Vec<f32> = heights
            .iter_mut()
            .map(|heights| {
                heights.sort_unstable_by(|a, b| b.total_cmp(a));
                heights.get(least - 1).copied().unwrap_or(0.0)
            })
            .collect();
        exceeded.sort_unstable_by(f32::total_cmp);
        let cells = exceeded.len();
        let (lower, upper) = (exceeded[cells / 10], exceeded[cells - 1 - cells / 10]);
        let even = lower > 0.0 && upper < swing * lower;
        even.then_some(exceeded[cells / 2])
    }

    /// How far the height of pulses may swing if they are crackle, where they are dense in parts of the recording even though the
    /// programme's excitation is doubted; none elsewhere, and [`even_height`](Self::even_height) need not be asked.
    pub(super) fn allowed_swing(&self, doubted: &[Pulse], len: usize, rate: SampleRate) -> Option<f32> {
        let cells = cells_in(len, rate)?;
        let mut counts = vec![0usize; cells];
        in_cells(doubted, cells, rate).for_each(|(cell, _)| counts[cell] += 1);
        counts.sort_unstable();
        let in_part = |(parts, times)| counts[cells - 1 - cells / parts] >= times * self.least_in_cell();
        if TAKEN_RATES_HZ.contains(&rate.hz()) && in_part(CROWDED) {
            return Some(TAKEN_SWING);
        }
        in_part(DENSE).then_some(GREATEST_SWING)
    }

    /// How many pulses a cell of crackle holds at least.
    fn least_in_cell(&self) -> usize {
        (self.settings.least_per_second * CELL_SECS).max(1.0) as usize
    }
}

/// How many cells a recording of `len` samples has; none where there are too few to compare.
fn cells_in(len: usize, rate: SampleRate) -> Option<usize> {
    let cells = len / rate.samples_in(CELL_SECS).max(1);
    (cells >= LEAST_CELLS).then_some(cells)
}

/// Pulses with the cell that each begins in, of the first `cells`.
fn in_cells(found: &[Pulse], cells: usize, rate: SampleRate) -> impl Iterator<Item = (usize, &Pulse)> {
    let cell = rate.samples_in(CELL_SECS).max(1);
    found.iter().map(move |pulse| (pulse.span.start / cell, pulse)).filter(move |(at, _)| *at < cells)
}

/// Pulses of about the `height` that tells of the crackle.
pub(super) fn of_height(mut found: Vec<Pulse>, height: f32) -> Vec<Pulse> {
    let plausible = LEAST_HEIGHT * height..GREATEST_HEIGHT * height;
    found.retain(|pulse| plausible.contains(&pulse.height));
    found
}

/// Of the pulses `hidden` at first those in cells that have some of the `found` ones.
pub(super) fn beside(mut hidden: Vec<Pulse>, found: &[Pulse], rate: SampleRate) -> Vec<Pulse> {
    let cell = rate.samples_in(CELL_SECS).max(1);
    hidden.retain(|pulse| {
        let place = found.partition_point(|other| other.peak / cell < pulse.peak / cell);
        found.get(place).is_some_and(|other| other.peak / cell == pulse.peak / cell)
    });
    hidden
}

#[cfg(test)]
mod tests {
    use super::super::{Damage, DecrackleSettings};
    use super::*;

    /// Eight seconds whose first cells, so many of them, hold so many pulses each.
    fn pulses(crowded: usize, count: usize, rate: SampleRate) -> Vec<Pulse> {
        let cell = rate.samples_in(CELL_SECS);
        let pulse = |peak: usize| Pulse {
            span: peak..peak + 1,
            peak,
            positive: true,
            score: 6.0,
            height: 0.1,
            damage: Damage::default(),
        };
        (0..crowded).flat_map(|at| (0..count).map(move |k| at * cell + 2 * k)).map(pulse).collect()
    }

    #[test]
    fn crowded_pauses_allow_for_what_was_taken_before_only_where_it_is_taken() {
        let stage = Decrackle::new(DecrackleSettings::default()).unwrap();
        let swing = |crowded, count, rate_hz| {
            let rate = SampleRate::new(rate_hz).unwrap();
            stage.allowed_swing(&pulses(crowded, count, rate), 8 * rate_hz as usize, rate)
        };
        // 32 cells; crackle is 50 pulses a cell at least.
        assert_eq!(swing(6, 250, 22_050), Some(TAKEN_SWING));
        assert_eq!(swing(6, 250, 16_000), None);
        assert_eq!(swing(5, 250, 22_050), None);
        assert_eq!(swing(6, 249, 22_050), None);
        assert_eq!(swing(9, 249, 22_050), Some(GREATEST_SWING));
        assert_eq!(swing(9, 250, 44_100), Some(GREATEST_SWING));
        assert_eq!(swing(9, 99, 44_100), None);
    }
}
