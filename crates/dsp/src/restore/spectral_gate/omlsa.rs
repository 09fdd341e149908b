//! The gain of one frame: optimally modified log-spectral amplitude.
//!
//! Sources: Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error log-spectral amplitude
//! estimator", IEEE Trans. ASSP 33(2), 1985 (gain, equation 20); the same, 32(6), 1984 (decision-directed SNR, equation
//! 51); I. Cohen and B. Berdugo, "Speech enhancement for non-stationary noise environments", Signal Processing 81, 2001
//! (gain under uncertain presence, equation 14; probability of absence, section 3).
//!
//! | paper | here |
//! |---|---|
//! | γ, a posteriori SNR | `posterior` |
//! | ξ, a priori SNR | `prior` |
//! | α = 0.98 | [`DECISION_WEIGHT`] |
//! | q, probability of absence | `absence` |
//! | p, probability of presence | `presence` |
//! | G_H1, G_min | `gain_present`, `floor_gain` |
//!
//! Assumes complex Gaussian spectra of programme and noise in every bin, independent of each other.

use std::sync::LazyLock;

use crate::elementary;

/// Weight of the previous frame's estimate in the a priori SNR.
const DECISION_WEIGHT: f32 = 0.98;
/// The least a priori SNR, −25 dB: keeps the residual noise even.
const MIN_PRIOR: f32 = 0.003_162_277_7;
/// The largest a posteriori SNR considered, 40 dB: beyond it the gain is one.
const MAX_POSTERIOR: f32 = 1e4;
/// Recursive weight over time of the a priori SNR that presence is judged by.
const PRESENCE_WEIGHT: f32 = 0.7;
/// Below this a priori SNR programme is held to be absent, above [`PRESENT_DB`] present (Cohen and Berdugo: −10, −5 dB).
const ABSENT_DB: f32 = -10.0;
const PRESENT_DB: f32 = -5.0;
/// Absence is never more certain than this.
const MAX_ABSENCE: f32 = 0.95;
/// Bins each side that are averaged for the local and the broad view of presence.
const LOCAL_REACH: usize = 1;
const BROAD_REACH: usize = 15;

/// The recursion over frames.
pub(super) struct Omlsa {
    floor_ln: f32,
    floor_gain: f32,
    /// |Ŝ|²/N of the previous frame in each bin.
    previous: Vec<f32>,
    /// Smoothed a priori SNR.
    smoothed: Vec<f32>,
    posterior: Vec<f32>,
    prior: Vec<f32>,
    sums: Vec<f32>,
}

impl Omlsa {
    pub(super) fn new(bins: usize, floor_gain: f32) -> Self {
        Self {
            floor_ln: floor_gain.ln(),
            floor_gain,
            previous: vec![1.0; bins],
            smoothed: vec![0.0; bins],
            posterior: vec![0.0; bins],
            prior: vec![0.0; bins],
            sums: vec![0.0; bins + 1],
        }
    }

    /// Gains of the next frame, from its power and the noise's.
    pub(super) fn step(&mut self, power: &[f32], noise: &[f32], gains: &mut [f32]) {
        let bins = gains.len();
        for bin in 0..bins {
            // Where there is no noise there is nothing to take away.
            let posterior =
                if noise[bin] > 0.0 { (power[bin] / noise[bin]).min(MAX_POSTERIOR) } else { MAX_POSTERIOR };
            let prior =
                DECISION_WEIGHT * self.previous[bin] + (1.0 - DECISION_WEIGHT) * (posterior - 1.0).max(0.0);
            self.posterior[bin] = posterior;
            self.prior[bin] = prior.max(MIN_PRIOR);
            self.smoothed[bin] =
                PRESENCE_WEIGHT * self.smoothed[bin] + (1.0 - PRESENCE_WEIGHT) * self.prior[bin];
        }
        let mut sum = 0.0;
        for bin in 0..bins {
            self.sums[bin] = sum;
            sum += self.smoothed[bin];
        }
        self.sums[bins] = sum;
        let frame_presence = presence_of(self.mean(0, bins));
        for (bin, gain) in gains.iter_mut().enumerate() {
            let local =
                presence_of(self.mean(bin.saturating_sub(LOCAL_REACH), (bin + LOCAL_REACH + 1).min(bins)));
            let broad =
                presence_of(self.mean(bin.saturating_sub(BROAD_REACH), (bin + BROAD_REACH + 1).min(bins)));
            let absence = (1.0 - local * broad * frame_presence).min(MAX_ABSENCE);
            let (posterior, prior) = (self.posterior[bin], self.prior[bin]);
            let v = posterior * prior / (1.0 + prior);
            let gain_present = (prior / (1.0 + prior) * half_exponential_integral(v)).min(1.0);
            let presence = 1.0 / (1.0 + absence / (1.0 - absence) * (1.0 + prior) * (-v).exp());
            self.previous[bin] = gain_present * gain_present * posterior;
            let weighed = presence * gain_present.max(1e-6).ln() + (1.0 - presence) * self.floor_ln;
            *gain = weighed.exp().clamp(self.floor_gain, 1.0);
        }
    }

    fn mean(&self, from: usize, to: usize) -> f32 {
        (self.sums[to] - self.sums[from]).max(0.0) / (to - from) as f32
    }
}

fn presence_of(prior: f32) -> f32 {
    ((10.0 * prior.max(1e-10).log10() - ABSENT_DB) / (PRESENT_DB - ABSENT_DB)).clamp(0.0, 1.0)
}

/// Table of exp(½ E₁(v)) over log₂ v: the exponential integral costs more than all the rest of a gain.
static HALF_E1: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..=TABLE_STEPS)
        .map(|step| {
            let v = 2f64.powf(TABLE_MIN_LOG2 + step as f64 / f64::from(STEPS_PER_OCTAVE));
            (0.5 * exponential_integral(v)).exp() as f32
        })
        .collect()
});
const TABLE_MIN_LOG2: f64 = -20.0;
const STEPS_PER_OCTAVE: u16 = 32;
const TABLE_STEPS: usize = 26 * 32;

/// exp(½ E₁(v)), to about 1e-4.
fn half_exponential_integral(v: f32) -> f32 {
    HalfExponentialIntegral::new().at(HalfExponentialIntegral::place(v))
}

/// [`half_exponential_integral`] in its two steps, for who asks for many.
pub(super) struct HalfExponentialIntegral(&'static [f32]);

impl HalfExponentialIntegral {
    pub(super) fn new() -> Self {
        Self(&HALF_E1)
    }

    /// Where `v` lies in the table.
    #[inline(always)]
    pub(super) fn place(v: f32) -> f32 {
        let place = (elementary::log2(v) - TABLE_MIN_LOG2 as f32) * f32::from(STEPS_PER_OCTAVE);
        let place = if place > 0.0 { place } else { 0.0 };
        if place < TABLE_STEPS as f32 - 1.0 { place } else { TABLE_STEPS as f32 - 1.0 }
    }

    /// The value at a place in the table.
    #[inline(always)]
    pub(super) fn at(&self, place: f32) -> f32 {
        let below = place as u16;
        let weight = place - f32::from(below);
        let below = usize::from(below);
        self.0[below] * (1.0 - weight) + self.0[below + 1] * weight
    }
}

/// E₁(v) = ∫ᵥ^∞ e⁻ᵗ/t dt for v > 0: the series below 1 (Abramowitz and Stegun 5.1.11), a continued fraction above (5.1.22).
fn exponential_integral(v: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if v < 1.0 {
        let (mut sum, mut term) = (-EULER - v.ln(), -1.0);
        for k in 1..40 {
            let k = f64::from(k);
            term *= -v / k;
            sum += term / k;
        }
        sum
    } else {
        let mut fraction = 0.0;
        for k in (1..60).rev() {
            let k = f64::from(k);
            fraction = k / (1.0 + k / (v + fraction));
        }
        (-v).exp() / (v + fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz and Stegun, table 5.1.
    #[test]
    fn the_exponential_integral_is_the_tables() {
        for (v, e1) in
            [(0.1, 1.822_923_958), (0.5, 0.559_773_595), (1.0, 0.219_383_934), (2.0, 0.048_900_511)]
        {
            assert!((exponential_integral(v) - e1).abs() < 1e-8, "E1({v}) = {}", exponential_integral(v));
        }
    }

    #[test]
    fn the_table_is_the_function() {
        for v in [1e-5f32, 1e-3, 0.07, 0.9, 1.0, 3.3, 25.0] {
            let exact = (0.5 * exponential_integral(f64::from(v))).exp();
            assert!((f64::from(half_exponential_integral(v)) / exact - 1.0).abs() < 1e-3, "{v}");
        }
    }

    #[test]
    fn loud_frames_pass_and_noise_falls_to_the_floor() {
        let mut omlsa = Omlsa::new(64, 0.25);
        let mut gains = vec![0.0; 64];
        for _ in 0..50 {
            omlsa.step(&[1.0; 64], &[1.0; 64], &mut gains);
        }
        assert!(gains.iter().all(|g| *g < 0.27), "{gains:?}");
        for _ in 0..50 {
            omlsa.step(&[1e4; 64], &[1.0; 64], &mut gains);
        }
        assert!(gains.iter().all(|g| *g > 0.99), "{gains:?}");
    }
}
