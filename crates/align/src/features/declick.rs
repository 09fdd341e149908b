//! Takes clicks out of the analysis signal, so that a tick does not pass for the burst of a `t`.
//!
//! A light relative of restoration's declicker, for analysis only: samples whose high-passed magnitude stands far above
//! the local level are bridged by a straight line. A click in a disc is shorter than any frame, so a line is enough for a
//! spectrum of 25 ms. Where more than a fifth of the signal would be touched the evidence is worthless and nothing is.
//!
//! Assumes 16 kHz. Known failure: strong fricatives right after silence lose a few samples, which a frame does not show.

use tonearm_audio::{Hertz, SampleRate};
use tonearm_dsp::filter::Butterworth;

use super::mel::RATE_HZ;
use crate::AlignError;

/// Speech is weak above this frequency, clicks are not.
const HIGH_PASS_HZ: f64 = 1_800.0;
/// A click's magnitude over the local root mean square: 4.5 left clean speech alone and caught ticks at 10 dB noise.
const TRIGGER: f32 = 4.5;
/// The span of the local level, 25 ms at 16 kHz: longer than any click, shorter than a syllable.
const LEVEL_SPAN: usize = 400;
/// At either end of the signal nothing is judged over this many samples (4 ms).
const EDGE_SAMPLES: usize = 64;
/// Samples around a detection that count as part of it (0.5 ms each side).
const GUARD: usize = 8;
/// Share of samples above which the detections are not believed.
const MAX_SHARE: f64 = 0.2;

/// Bridges clicks in place.
pub(super) fn declick(samples: &mut [f32]) -> Result<(), AlignError> {
    if samples.len() < 4 * LEVEL_SPAN {
        return Ok(());
    }
    let rate = SampleRate::new(RATE_HZ)?;
    let mut magnitude = Butterworth::high_pass(4, Hertz::new(HIGH_PASS_HZ), rate)?.zero_phase(samples);
    magnitude.iter_mut().for_each(|x| *x = x.abs());
    let ceiling = percentile(&magnitude, 0.99);
    let level = running_rms(&magnitude, ceiling);
    let mut bad = vec![false; samples.len()];
    for (i, (x, level)) in magnitude.iter().zip(&level).enumerate() {
        if *x > TRIGGER * level {
            let end = (i + GUARD + 1).min(bad.len());
            bad[i.saturating_sub(GUARD)..end].fill(true);
        }
    }
    // The filter mirrors the signal at its ends; the kink of a wave cut short is no click.
    let edge = EDGE_SAMPLES.min(bad.len());
    let last = bad.len() - edge;
    bad[..edge].fill(false);
    bad[last..].fill(false);
    let share = bad.iter().filter(|b| **b).count() as f64 / bad.len() as f64;
    if share <= MAX_SHARE {
        bridge(samples, &bad);
    }
    Ok(())
}

/// The value that the share `share` of `values` does not exceed, from every 16th of them.
fn percentile(values: &[f32], share: f64) -> f32 {
    let mut some: Vec<f32> = values.iter().step_by(16).copied().collect();
    some.sort_by(f32::total_cmp);
    some[((some.len() - 1) as f64 * share) as usize]
}

/// The root mean square over [`LEVEL_SPAN`] samples, single values bounded by `ceiling`.
fn running_rms(magnitude: &[f32], ceiling: f32) -> Vec<f32> {
    let half = LEVEL_SPAN / 2;
    let square = |i: usize| f64::from(magnitude[i].min(ceiling)).powi(2);
    let mut sum: f64 = (0..half.min(magnitude.len())).map(square).sum();
    (0..magnitude.len())
        .map(|i| {
            if i + half < magnitude.len() {
                sum += square(i + half);
            }
            if i > half {
                sum -= square(i - half - 1);
            }
            // At the ends the span holds fewer samples.
            let count = (i + half).min(magnitude.len() - 1) + 1 - i.saturating_sub(half);
            (sum.max(0.0) / count as f64).sqrt() as f32 + 1e-7
        })
        .collect()
}

/// Replaces every run of bad samples by the line between its neighbours.
fn bridge(samples: &mut [f32], bad: &[bool]) {
    let mut i = 0;
    while i < samples.len() {
        if !bad[i] {
            i += 1;
            continue;
        }
        let end = (i..bad.len()).find(|&j| !bad[j]).unwrap_or(bad.len());
        let left = if i > 0 { samples[i - 1] } else { 0.0 };
        let right = samples.get(end).copied().unwrap_or(left);
        let steps = (end - i + 1) as f32;
        for (k, sample) in samples[i..end].iter_mut().enumerate() {
            *sample = left + (right - left) * (k + 1) as f32 / steps;
        }
        i = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_goes_and_the_tone_stays() {
        let clean: Vec<f32> = (0..16_000).map(|i| 0.3 * (i as f32 * 0.2).sin()).collect();
        let mut ticked = clean.clone();
        ticked[5_000] = 1.0;
        ticked[5_001] = -1.0;
        declick(&mut ticked).unwrap();
        assert!((ticked[5_000] - clean[5_000]).abs() < 0.3, "{} {}", ticked[5_000], clean[5_000]);
        let mut untouched = clean.clone();
        declick(&mut untouched).unwrap();
        assert_eq!(untouched, clean);
    }
}
