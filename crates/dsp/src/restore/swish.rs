//! Swish: surface noise that swells and sinks with the angle of the disc, the same way every turn.
//!
//! The level of each band, over the mean of its noise, is looked at where it is quiet. What many bands have in common there is searched
//! for a line at the speeds of discs and cylinders: a swell that keeps its phase over all turns stands out of the periodogram, the
//! rhythm of speech does not (J. D. Scargle, Astrophys. J. 263, 1982, section II, for the chance that noise makes such a line). Then
//! each band's swell is fitted by least squares, one wave a turn and a second of twice that rate.
//!
//! | | unit |
//! |---|---|
//! | levels in | power, `[frames, bands]` |
//! | swell | nepers of power, log-mean-free over a turn |
//!
//! Assumes: at least [`LEAST_TURNS`] turns at one speed within a thousandth. Music whose beat is a turn's and whose pauses beat with it would be
//! taken for swish; no swell is believed beyond [`GREATEST_SWELL`].

use std::f64::consts::TAU;

use ndarray::{Array2, ArrayView1};
use realfft::RealFftPlanner;

use crate::autoregression::BandedSymmetric;
use crate::level::median;

/// Turns a second that are searched: 33⅓, 45, the 70 to 90 a minute of coarse-groove discs, 120 to 185 of cylinders.
const SPEEDS_HZ: [(f64, f64); 4] = [(0.53, 0.58), (0.72, 0.78), (1.16, 1.5), (2.0, 3.1)];
/// Turns that must lie in the recording.
const LEAST_TURNS: f64 = 10.0;
/// Steps of the search, at least, to one period more or less in the recording.
const STEPS: usize = 8;
/// Power of the line over the mean of its surroundings: chance reaches this in one of 2 000 places once in 600 recordings.
const LEAST_LINE: f64 = 14.0;
/// A smaller swell, dB from trough to crest, is not worth following.
const LEAST_DEPTH_DB: f64 = 0.5;
/// ±5 dB, ln power.
const GREATEST_SWELL: f64 = 1.15;
/// Levels beyond this multiple of the mean noise are programme.
const QUIET_BELOW: f64 = 2.5;
/// Of the bands, those that must be quiet in a frame for it to count in the search.
const LEAST_QUIET_BANDS: usize = 6;
/// Seconds over which the common level's own slow course is taken off.
const COURSE_SECS: f64 = 4.0;
/// Values of a wave: cosine and sine of one a turn, and of two a turn.
const WAVES: usize = 4;

/// How the noise of a side swells with the angle.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Swish {
    /// Seconds a turn.
    pub(super) period_secs: f64,
    /// Of each band the swell's waves, and the logarithm of their mean power.
    bands: Vec<([f64; WAVES], f64)>,
}

impl Swish {
    /// The swish in `levels`, smoothed power `[frames, bands]` at `hop_secs`, of noise whose mean power is `noise` in each band. None where
    /// none stands out.
    pub(super) fn find(levels: &Array2<f64>, noise: &[f32], hop_secs: f64) -> Option<Self> {
        let common = common_level(levels, noise, hop_secs);
        let rate_hz = strongest_line(&common, hop_secs)?;
        let bands: Vec<([f64; WAVES], f64)> = levels
            .columns()
            .into_iter()
            .zip(noise)
            .map(|(level, noise)| {
                let waves = fitted(level, *noise, rate_hz, hop_secs);
                (waves, mean_power(&waves).ln())
            })
            .collect();
        let swish = Self { period_secs: 1.0 / rate_hz, bands };
        (swish.depth_db() >= LEAST_DEPTH_DB).then_some(swish)
    }

    /// What the noise of each band is at `secs`, over its mean over a turn.
    pub(super) fn gains(&self, secs: f64) -> Vec<f32> {
        let waves = waves_at(secs / self.period_secs);
        self.bands.iter().map(|(band, log_mean)| (swell(band, &waves) - log_mean).exp() as f32).collect()
    }

    /// From trough to crest, dB, mean over the bands.
    pub(super) fn depth_db(&self) -> f64 {
        let depth = |(waves, _): &([f64; WAVES], f64)| {
            let levels = turn().map(|angle| swell(waves, &waves_at(angle)));
            let (low, high) = levels.fold((f64::MAX, f64::MIN), |(low, high), s| (low.min(s), high.max(s)));
            high - low
        };
        DB_PER_NEPER * self.bands.iter().map(depth).sum::<f64>() / self.bands.len().max(1) as f64
    }
}

const DB_PER_NEPER: f64 = 10.0 / std::f64::consts::LN_10;

/// Angles of a turn, in turns.
fn turn() -> impl Iterator<Item = f64> {
    (0..64).map(|step| f64::from(step) / 64.0)
}

fn waves_at(turns: f64) -> [f64; WAVES] {
    let angle = TAU * turns;
    [angle.cos(), angle.sin(), (2.0 * angle).cos(), (2.0 * angle).sin()]
}

fn swell(weights: &[f64; WAVES], waves: &[f64; WAVES]) -> f64 {
    weights.iter().zip(waves).map(|(w, x)| w * x).sum::<f64>().clamp(-GREATEST_SWELL, GREATEST_SWELL)
}

fn mean_power(weights: &[f64; WAVES]) -> f64 {
    turn().map(|angle| swell(weights, &waves_at(angle)).exp()).sum::<f64>() / turn().count() as f64
}

/// The logarithm of a band's level over its noise, where it is quiet.
fn quiet(level: f64, noise: f32) -> Option<f64> {
    let ratio = level / f64::from(noise);
    (ratio > 0.0 && ratio < QUIET_BELOW).then(|| ratio.ln())
}

/// For each frame the mean over its quiet bands of their levels, without its slow course; none where too few are quiet.
fn common_level(levels: &Array2<f64>, noise: &[f32], hop_secs: f64) -> Vec<Option<f64>> {
    let common: Vec<Option<f64>> = levels
        .rows()
        .into_iter()
        .map(|row| {
            let quiet: Vec<f64> =
                row.iter().zip(noise).filter_map(|(level, noise)| quiet(*level, *noise)).collect();
            (quiet.len() >= LEAST_QUIET_BANDS).then(|| quiet.iter().sum::<f64>() / quiet.len() as f64)
        })
        .collect();
    let reach = (COURSE_SECS / hop_secs) as usize / 2;
    // Running sums of the levels and of how many there are.
    let mut sums = vec![(0.0, 0u32)];
    for level in &common {
        let (sum, count) = sums[sums.len() - 1];
        sums.push((sum + level.unwrap_or(0.0), count + u32::from(level.is_some())));
    }
    let course = |frame: usize| {
        let (first, end) = (sums[frame.saturating_sub(reach)], sums[(frame + reach + 1).min(common.len())]);
        (end.0 - first.0) / f64::from((end.1 - first.1).max(1))
    };
    common.iter().enumerate().map(|(frame, level)| level.map(|level| level - course(frame))).collect()
}

/// The rate in hertz at which the levels swell most, if chance does not.
fn strongest_line(levels: &[Option<f64>], hop_secs: f64) -> Option<f64> {
    let secs = levels.len() as f64 * hop_secs;
    let (powers, step_hz) = periodogram(levels, hop_secs)?;
    let bins = |low: f64, high: f64| (low / step_hz) as usize..((high / step_hz) as usize).min(powers.len());
    let mut best: Option<(usize, f64)> = None;
    for (low, high) in SPEEDS_HZ.into_iter().filter(|(low, _)| low * secs >= LEAST_TURNS) {
        // The surroundings reach beyond the speeds, where the rhythm of the programme is the same. The median of an exponential
        // distribution is ln 2 of its mean.
        let mean = median(&powers[bins(low / 1.2, high * 1.2)])? / std::f64::consts::LN_2;
        let bin = bins(low, high).max_by(|a, b| powers[*a].total_cmp(&powers[*b]))?;
        let line = powers[bin] / mean.max(f64::MIN_POSITIVE);
        if line >= LEAST_LINE && best.is_none_or(|(_, least)| line > least) {
            best = Some((bin, line));
        }
    }
    let (bin, _) = best?;
    // The top of the parabola through the line and its neighbours.
    let [below, top, above] =
        [bin.checked_sub(1)?, bin, bin + 1].map(|bin| powers.get(bin).copied().unwrap_or(0.0));
    let bend = below - 2.0 * top + above;
    let shift = if bend < 0.0 { (0.5 * (below - above) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    Some((bin as f64 + shift) * step_hz)
}

/// The power of the levels at multiples of a step, and the step in hertz; a missing level counts as the mean, which is zero.
fn periodogram(levels: &[Option<f64>], hop_secs: f64) -> Option<(Vec<f64>, f64)> {
    let len = (STEPS * levels.len()).next_power_of_two();
    let mut series: Vec<f64> = levels.iter().map(|level| level.unwrap_or(0.0)).collect();
    series.resize(len, 0.0);
    let transform = RealFftPlanner::new().plan_fft_forward(len);
    let mut spectrum = transform.make_output_vec();
    transform.process(&mut series, &mut spectrum).ok()?;
    Some((spectrum.iter().map(|value| value.norm_sqr()).collect(), 1.0 / (len as f64 * hop_secs)))
}

/// The waves of one band by least squares over its quiet frames; zeros where they are too few.
fn fitted(level: ArrayView1<f64>, noise: f32, rate_hz: f64, hop_secs: f64) -> [f64; WAVES] {
    /// The waves and what is constant.
    const TERMS: usize = WAVES + 1;
    let (mut normal, mut right) = (BandedSymmetric::zeros(TERMS, WAVES), [0.0; TERMS]);
    let mut frames = 0;
    for (frame, level) in level.iter().enumerate() {
        let Some(level) = quiet(*level, noise) else { continue };
        let waves = waves_at(frame as f64 * hop_secs * rate_hz);
        let term = |index: usize| waves.get(index).copied().unwrap_or(1.0);
        for (row, right) in right.iter_mut().enumerate() {
            *right += level * term(row);
            (0..=row).for_each(|column| *normal.at(row, column) += term(row) * term(column));
        }
        frames += 1;
    }
    let turns = f64::from(frames) * hop_secs * rate_hz;
    if turns >= 1.0 && normal.solve(&mut right).is_some() {
        std::array::from_fn(|wave| right[wave])
    } else {
        [0.0; WAVES]
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    const HOP_SECS: f64 = 0.011_6;
    const BANDS: usize = 24;

    /// Levels of noise (of 80 independent values each) that swells by ±`swell`, under syllables at random.
    fn levels(seed: u64, secs: f64, swell: f64, rate_hz: f64) -> Array2<f64> {
        let mut random = Random::new(seed);
        let frames = (secs / HOP_SECS) as usize;
        let mut levels = Array2::zeros((frames, BANDS));
        let (mut loud, mut left) = (0.0f64, 0usize);
        for (frame, mut row) in levels.rows_mut().into_iter().enumerate() {
            if left == 0 {
                loud = if random.uniform() < 0.6 { 30.0 * random.uniform() } else { 0.0 };
                left = (random.between(0.05, 0.4) / HOP_SECS) as usize;
            }
            left = left.saturating_sub(1);
            let noise = (swell * (TAU * rate_hz * frame as f64 * HOP_SECS + 1.0).cos()).exp();
            row.iter_mut().for_each(|p| *p = 3.0 * (noise * (1.0 + 0.11 * random.normal()) + loud));
        }
        levels
    }

    #[test]
    fn a_swell_is_found_with_its_period_and_depth() {
        for (seed, turns_a_minute) in [(1, 78.26), (2, 80.0), (3, 33.33), (4, 160.0)] {
            let rate_hz = turns_a_minute / 60.0;
            let swish =
                Swish::find(&levels(seed, 60.0, 0.3, rate_hz), &[3.0; BANDS], HOP_SECS).expect("a swish");
            assert!((swish.period_secs * rate_hz - 1.0).abs() < 2e-3, "{} at {rate_hz}", swish.period_secs);
            assert!((swish.depth_db() / (0.6 * DB_PER_NEPER) - 1.0).abs() < 0.15, "{}", swish.depth_db());
            // At the crest and at the trough.
            for (angle, gain) in [(0.0, 0.3f64), (0.5, -0.3)] {
                let secs = (angle - 1.0 / TAU + 20.0) / rate_hz;
                let found = f64::from(swish.gains(secs)[5]).ln();
                assert!((found - gain).abs() < 0.08, "{found} for {gain}");
            }
        }
    }

    #[test]
    fn steady_noise_under_speech_has_none() {
        for seed in 0..40 {
            let found = Swish::find(&levels(seed, 40.0, 0.0, 1.3), &[3.0; BANDS], HOP_SECS);
            assert_eq!(found, None, "seed {seed}");
        }
        assert_eq!(Swish::find(&levels(1, 5.0, 0.4, 1.3), &[3.0; BANDS], HOP_SECS), None);
        assert_eq!(Swish::find(&Array2::zeros((0, BANDS)), &[0.0; BANDS], HOP_SECS), None);
        assert_eq!(Swish::find(&Array2::zeros((9_000, BANDS)), &[0.0; BANDS], HOP_SECS), None);
    }
}
