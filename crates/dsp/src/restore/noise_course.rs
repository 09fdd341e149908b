//! How the level of the noise moves in the course of a side: the groove runs slower towards the label, the wear changes.
//!
//! In each window of half a minute the noise of each band is found as for the whole side, and the bands are asked how far it stands over
//! their mean. What most of them agree on is the course: sustained music fills some bands for so long, noise fills all.

use std::ops::Range;

use ndarray::Array2;

use super::noise_bands::mean_of_quiet;
use crate::level::percentile;

/// Length of a window, and the step from one to the next, seconds.
const WINDOW_SECS: f64 = 30.0;
const STEP_SECS: f64 = 10.0;
/// The share of the bands that may stand below the course.
const BANDS_BELOW: f64 = 0.4;
/// No course is believed beyond this, ln power: −9 to +6 dB.
const LOG_GAINS: Range<f64> = -2.07..1.38;
/// A course within this is as good as none, ln power: ±0.75 dB.
const LEAST_LOG_GAIN: f64 = 0.17;

/// The logarithm of the noise's power over the profile's, at equal steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NoiseCourse {
    log_gains: Vec<f64>,
}

impl NoiseCourse {
    /// The course in `levels`, smoothed power `[frames, bands]` at `hop_secs`, infinite where nothing sounds, of noise whose power is `noise` in each
    /// band, within the frames of `groove`. None where the noise is steady or the groove shorter than two windows.
    pub(super) fn find(
        levels: &Array2<f64>,
        groove: &Range<usize>,
        noise: &[f32],
        hop_secs: f64,
    ) -> Option<Self> {
        let (window, step) = ((WINDOW_SECS / hop_secs) as usize, STEP_SECS / hop_secs);
        if groove.len() < 2 * window {
            return None;
        }
        let steps = (levels.nrows() as f64 / step) as usize + 1;
        let found: Vec<f64> = (0..steps)
            .map(|index| {
                let centre = (index as f64 * step) as usize;
                let first = centre.saturating_sub(window / 2).clamp(groove.start, groove.end - window);
                log_gain(levels, noise, first..first + window).clamp(LOG_GAINS.start, LOG_GAINS.end)
            })
            .collect();
        let at = |index: isize| found[index.clamp(0, steps as isize - 1) as usize];
        let smooth = |index: isize| 0.25 * at(index - 1) + 0.5 * at(index) + 0.25 * at(index + 1);
        let log_gains: Vec<f64> = (0..steps as isize).map(smooth).collect();
        log_gains.iter().any(|gain| gain.abs() > LEAST_LOG_GAIN).then_some(Self { log_gains })
    }

    /// The noise's power at `secs` over the profile's.
    pub(super) fn gain(&self, secs: f64) -> f32 {
        let place = (secs / STEP_SECS).clamp(0.0, (self.log_gains.len() - 1) as f64);
        let (before, share) = (place as usize, place.fract());
        let after = (before + 1).min(self.log_gains.len() - 1);
        (self.log_gains[before] * (1.0 - share) + self.log_gains[after] * share).exp() as f32
    }

    /// From the quietest to the loudest noise of the side, dB.
    pub(super) fn span_db(&self) -> f64 {
        let (low, high) =
            self.log_gains.iter().fold((f64::MAX, f64::MIN), |(low, high), g| (low.min(*g), high.max(*g)));
        10.0 * (high - low) / std::f64::consts::LN_10
    }
}

/// What the bands agree on in a window; 0 where nothing sounds.
fn log_gain(levels: &Array2<f64>, noise: &[f32], window: Range<usize>) -> f64 {
    let of_bands: Vec<f64> = levels
        .columns()
        .into_iter()
        .zip(noise)
        .filter_map(|(level, noise)| {
            let present: Vec<f64> =
                window.clone().map(|frame| level[frame]).filter(|p| p.is_finite()).collect();
            let found = mean_of_quiet(&present)?;
            (found > 0.0 && *noise > 0.0).then(|| (found / f64::from(*noise)).ln())
        })
        .collect();
    percentile(&of_bands, BANDS_BELOW).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    const HOP_SECS: f64 = 0.011_6;

    /// Levels of 24 bands of noise at `gain(secs)`, with programme in `filled` bands all the time and in all bands half of it.
    fn levels(secs: f64, filled: usize, gain: impl Fn(f64) -> f64) -> Array2<f64> {
        let mut random = Random::new(5);
        Array2::from_shape_fn(((secs / HOP_SECS) as usize, 24), |(frame, band)| {
            let secs = frame as f64 * HOP_SECS;
            let programme = if band < filled { 50.0 } else { f64::from(secs.fract() < 0.5) * 30.0 };
            gain(secs) * (1.0 + 0.08 * random.normal()) + programme
        })
    }

    /// The course over the whole of `levels`, of a noise of 1.
    fn found(levels: &Array2<f64>) -> Option<NoiseCourse> {
        NoiseCourse::find(levels, &(0..levels.nrows()), &[1.0; 24], HOP_SECS)
    }

    #[test]
    fn a_rise_towards_the_label_is_followed() {
        let rising = |secs: f64| 10f64.powf(0.4 * secs / 150.0);
        let course = found(&levels(150.0, 0, rising)).expect("a course");
        for secs in [25.0, 75.0, 125.0] {
            let error_db = 10.0 * (f64::from(course.gain(secs)) / rising(secs)).log10();
            assert!(error_db.abs() < 0.6, "{error_db:.2} dB at {secs} s");
        }
        assert!((course.span_db() - 3.5).abs() < 0.7, "{}", course.span_db());
    }

    #[test]
    fn steady_noise_has_none_and_music_in_some_bands_is_not_noise() {
        assert_eq!(found(&levels(150.0, 0, |_| 1.0)), None);
        assert_eq!(found(&levels(150.0, 12, |_| 1.0)), None);
        assert_eq!(found(&levels(40.0, 0, |_| 3.0)), None);
        assert_eq!(found(&Array2::from_elem((20_000, 24), f64::INFINITY)), None);
    }
}
