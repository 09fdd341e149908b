//! Tones and sweeps.

use std::f64::consts::TAU;

/// A sine of `frequency_hz` and peak `amplitude`, starting at phase 0.
pub fn sine(rate_hz: u32, frequency_hz: f64, amplitude: f64, len: usize) -> Vec<f32> {
    let step = frequency_hz / f64::from(rate_hz);
    (0..len).map(|i| (amplitude * (TAU * (step * i as f64).fract()).sin()) as f32).collect()
}

/// Harmonics of `fundamental_hz` below the Nyquist frequency: harmonic `k` (from 1) has peak `amplitudes[k - 1]` and a phase
/// of its own (`k²` radians, which keeps the crest low and is the same in every run).
pub fn harmonics(rate_hz: u32, fundamental_hz: f64, amplitudes: &[f64], len: usize) -> Vec<f32> {
    let mut sum = vec![0.0; len];
    for (index, amplitude) in amplitudes.iter().enumerate() {
        let order = (index + 1) as f64;
        let step = order * fundamental_hz / f64::from(rate_hz);
        if step >= 0.5 {
            break;
        }
        for (i, value) in sum.iter_mut().enumerate() {
            *value += amplitude * (TAU * (step * i as f64).fract() + order * order).sin();
        }
    }
    sum.into_iter().map(|x| x as f32).collect()
}

/// An exponential sweep from `from_hz` to `to_hz` with peak `amplitude`.
pub fn sweep(rate_hz: u32, from_hz: f64, to_hz: f64, amplitude: f64, len: usize) -> Vec<f32> {
    let duration = len as f64 / f64::from(rate_hz);
    let growth = (to_hz / from_hz).ln() / duration;
    (0..len)
        .map(|i| {
            let time = i as f64 / f64::from(rate_hz);
            (amplitude * (TAU * from_hz / growth * ((growth * time).exp() - 1.0)).sin()) as f32
        })
        .collect()
}

/// One sample of 1 at `at`, zeros elsewhere.
///
/// # Panics
/// Where `at` is not below `len`.
pub fn impulse(len: usize, at: usize) -> Vec<f32> {
    let mut samples = vec![0.0; len];
    samples[at] = 1.0;
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::rms;

    #[test]
    fn a_sine_has_the_power_of_a_sine() {
        let samples = sine(8_000, 1_000.0, 0.5, 8_000);
        assert!((rms(&samples) - 0.5 / 2f64.sqrt()).abs() < 1e-6);
        assert!(samples[0].abs() < f32::EPSILON && (samples[2] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn harmonics_stop_below_nyquist() {
        let with_alias = harmonics(8_000, 1_500.0, &[1.0, 1.0, 1.0], 8_000);
        let without = harmonics(8_000, 1_500.0, &[1.0, 1.0], 8_000);
        assert_eq!(with_alias, without);
    }
}
