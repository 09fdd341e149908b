//! Clicks: how much of their error is gone, how many were found, how many repairs touched nothing.

use serde::Serialize;

use super::distortion::ratio_db;
use crate::restore::Repair;
use crate::simulate::{ClickKind, DiscTruth, PlantedClick, crackle_pulses};

/// The error that is left inside the planted clicks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClickScore {
    /// Energy of restored − clean over energy of input − clean inside clicks and ticks, in dB: negative is better.
    pub error_change_db: f64,
    /// The same outside of every planted click: what the repairs and all else did to the rest.
    pub outside_change_db: f64,
    /// Samples inside.
    pub samples: usize,
}

/// Repairs against planted clicks. Clicks and ticks of at least [`CLEAR_SIGMAS`] count as to be found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DetectionScore {
    /// Share of the clicks and ticks above [`CLEAR_SIGMAS`] that a repair overlaps.
    pub recall: f64,
    /// Share of the repairs that overlap something planted, of whatever kind and size.
    pub precision: f64,
    /// Repairs made.
    pub repairs: usize,
    /// Repairs that touch nothing planted.
    pub false_repairs: usize,
    /// By size: peaks over the level of the surface noise.
    pub classes: Vec<SizeClass>,
}

/// Clicks of one size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SizeClass {
    /// Peaks from this multiple of the surface noise's root mean square …
    pub from_sigmas: f64,
    /// … to below this; none for the last class.
    pub to_sigmas: Option<f64>,
    /// Clicks and ticks planted.
    pub planted: usize,
    /// Of them found.
    pub found: usize,
}

/// Clicks above this multiple of the surface noise's root mean square are to be found.
pub const CLEAR_SIGMAS: f64 = 4.0;
/// Edges of the size classes.
const EDGES: [f64; 5] = [0.0, CLEAR_SIGMAS, 8.0, 16.0, 32.0];

fn is_click(click: &PlantedClick) -> bool {
    matches!(click.kind, ClickKind::Click | ClickKind::Tick)
}

/// The error inside planted clicks; all three signals mixed down, level and place compensated. `None` where nothing was planted.
pub fn error_inside_clicks_db(
    restored: &[f32],
    input: &[f32],
    clean: &[f32],
    truth: &DiscTruth,
) -> Option<ClickScore> {
    let len = clean.len().min(restored.len()).min(input.len());
    let mut inside = vec![false; len];
    let mut touched = vec![false; len];
    for click in &truth.clicks {
        let span = click.start.min(len)..click.end.min(len);
        touched[span.clone()].fill(true);
        if is_click(click) {
            inside[span].fill(true);
        }
    }
    let samples = inside.iter().filter(|inside| **inside).count();
    let error = |signal: &[f32], wanted: &dyn Fn(usize) -> bool| -> f64 {
        (0..len).filter(|i| wanted(*i)).map(|i| (f64::from(signal[i]) - f64::from(clean[i])).powi(2)).sum()
    };
    let change =
        |wanted: &dyn Fn(usize) -> bool| ratio_db(error(restored, wanted).max(1e-30), error(input, wanted));
    (samples > 0).then(|| ClickScore {
        error_change_db: change(&|i| inside[i]),
        outside_change_db: change(&|i| !touched[i]),
        samples,
    })
}

/// Recall and precision of `repairs`, whose places come `lag_samples` later than the truth's. Crackle, which the truth only
/// counts, is planted again to know where it was.
pub fn detection_score(repairs: &[Repair], truth: &DiscTruth, lag_samples: isize) -> DetectionScore {
    let channels = truth.clicks.iter().map(|click| click.channel + 1).max().unwrap_or(1);
    let crackle = if truth.settings.crackle.listed { Vec::new() } else { crackle_pulses(truth) };
    let mut planted_at = vec![vec![false; truth.samples]; channels];
    for click in truth.clicks.iter().chain(&crackle) {
        if let Some(at) = planted_at.get_mut(click.channel) {
            at[click.start.min(truth.samples)..click.end.min(truth.samples)].fill(true);
        }
    }
    let mut repaired_at = vec![vec![false; truth.samples]; channels];
    let mut false_repairs = 0;
    for repair in repairs {
        let place = |sample: usize| (sample as isize - lag_samples).clamp(0, truth.samples as isize) as usize;
        let span = place(repair.start)..place(repair.end);
        // A mono restoration of two walls repairs both.
        let channel = repair.channel.min(channels - 1);
        repaired_at[channel][span.clone()].fill(true);
        false_repairs += usize::from(!planted_at[channel][span].iter().any(|planted| *planted));
    }
    let sigma = 10f64.powf(truth.surface_level_dbfs / 20.0);
    let mut classes: Vec<SizeClass> = EDGES
        .iter()
        .enumerate()
        .map(|(i, from)| SizeClass {
            from_sigmas: *from,
            to_sigmas: EDGES.get(i + 1).copied(),
            planted: 0,
            found: 0,
        })
        .collect();
    for click in truth.clicks.iter().filter(|click| is_click(click)) {
        let sigmas = f64::from(click.peak.abs()) / sigma;
        let class = EDGES.partition_point(|edge| *edge <= sigmas).saturating_sub(1);
        classes[class].planted += 1;
        let span = click.start.min(truth.samples)..click.end.min(truth.samples);
        classes[class].found +=
            usize::from(repaired_at[click.channel][span].iter().any(|repaired| *repaired));
    }
    let (planted, found) =
        classes[1..].iter().fold((0, 0), |(p, f), class| (p + class.planted, f + class.found));
    let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    DetectionScore {
        recall: share(found, planted),
        precision: share(repairs.len() - false_repairs, repairs.len()),
        repairs: repairs.len(),
        false_repairs,
        classes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::truth_of;

    fn click(start: usize, end: usize, sigmas: f32) -> PlantedClick {
        // The truth of the tests has its surface at −40 dBFS: 0.01.
        PlantedClick { start, end, peak: 0.01 * sigmas, kind: ClickKind::Click, channel: 0 }
    }

    fn repair(start: usize, end: usize) -> Repair {
        Repair { channel: 0, start, end, confidence: 1.0 }
    }

    fn truth() -> DiscTruth {
        let mut truth = truth_of(vec![click(10, 20, 10.0), click(50, 55, -5.0), click(70, 71, 2.0)], 100);
        truth.settings.crackle.per_second = 0.0;
        truth
    }

    #[test]
    fn found_and_false_are_counted() {
        let score = detection_score(&[repair(19, 22), repair(30, 31), repair(70, 72)], &truth(), 0);
        assert!((score.recall - 0.5).abs() < 1e-12);
        assert!((score.precision - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(score.false_repairs, 1);
        let counts: Vec<(usize, usize)> =
            score.classes.iter().map(|class| (class.planted, class.found)).collect();
        assert_eq!(counts, [(1, 1), (1, 0), (1, 1), (0, 0), (0, 0)]);
    }

    #[test]
    fn a_lag_moves_the_repairs() {
        assert!((detection_score(&[repair(115, 125)], &truth(), 100).recall - 0.5).abs() < 1e-12);
    }

    #[test]
    fn halved_error_is_six_decibels() {
        let clean = vec![0.0; 100];
        let mut input = clean.clone();
        let mut restored = clean.clone();
        for i in 10..20 {
            input[i] = 0.2;
            restored[i] = 0.1;
        }
        input[90] = 0.1;
        restored[90] = 0.1;
        let score = error_inside_clicks_db(&restored, &input, &clean, &truth()).unwrap();
        assert!((score.error_change_db + 6.02).abs() < 0.01, "{}", score.error_change_db);
        assert!(score.outside_change_db.abs() < 1e-9);
        assert_eq!(score.samples, 16);
    }
}
