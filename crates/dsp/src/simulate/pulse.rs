//! One click as the transfer hears it: broadband, from 5 µs to 2.5 ms, at a place between samples.
//!
//! A scratch or a grain throws the stylus aside within microseconds; what follows is a short swing. The pulse is drawn at eight
//! times the rate, with a steep front and a damped oscillation, and then brought down through a short low-pass, as the
//! converter does: so a 5 µs pulse still has the width of the transfer's own band and falls on any fraction of a sample.

use std::f64::consts::{PI, TAU};

use crate::windowed_sinc::bessel_i0;

/// Points of the drawing for each sample.
const OVERSAMPLING: usize = 8;
/// Half the length of the low-pass, in samples.
const HALF_LENGTH: usize = 8;
/// Shape of the low-pass's Kaiser window: side lobes near −60 dB.
const KAISER_BETA: f64 = 6.0;
/// A pulse's span ends where it stays below this share of its peak; what lies outside is not planted.
const SPAN_SHARE: f64 = 0.01;

/// A pulse on samples: largest magnitude 1, not silent at either end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pulse {
    /// First sample, against the sample the pulse was placed on; may be negative.
    pub(super) offset: isize,
    /// Values, the largest magnitude of them 1.
    pub(super) samples: Vec<f64>,
}

/// The form of a pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PulseForm {
    /// From the front until little is left, in samples.
    pub(super) duration_samples: f64,
    /// Turns of the oscillation in that time.
    pub(super) turns: f64,
    /// Place of the front between two samples, 0 to 1.
    pub(super) fraction: f64,
    /// Upper edge of what the transfer lets through, as a share of the rate (0.5 is the Nyquist frequency).
    pub(super) cutoff: f64,
}

impl PulseForm {
    /// The pulse on samples.
    pub(super) fn render(&self) -> Pulse {
        let drawn_len = ((self.duration_samples * OVERSAMPLING as f64).round() as usize).max(1);
        let drawn: Vec<f64> = (0..drawn_len)
            .map(|i| {
                let place = (i as f64 + 0.5) / drawn_len as f64;
                // Down to 5 % at the end, closed by a half cosine over the last tenth.
                let close = if place > 0.9 { 0.5 + 0.5 * (PI * (place - 0.9) / 0.1).cos() } else { 1.0 };
                (-3.0 * place).exp() * (TAU * self.turns * place).cos() * close
            })
            .collect();
        let shift = (self.fraction * OVERSAMPLING as f64).floor() as isize;
        let reach = (HALF_LENGTH * OVERSAMPLING) as isize;
        let first = -(HALF_LENGTH as isize);
        let count = drawn_len / OVERSAMPLING + 2 * HALF_LENGTH + 2;
        let mut samples: Vec<f64> = (0..count)
            .map(|n| {
                let centre = (first + n as isize) * OVERSAMPLING as isize - shift;
                let from = (centre - reach).max(0);
                let to = (centre + reach + 1).clamp(0, drawn_len as isize);
                (from..to).map(|k| drawn[k as usize] * low_pass(centre - k, self.cutoff)).sum()
            })
            .collect();
        let peak = samples.iter().fold(0.0, |peak: f64, x| peak.max(x.abs()));
        if peak > 0.0 {
            samples.iter_mut().for_each(|x| *x /= peak);
        }
        let loud = |x: &f64| x.abs() >= SPAN_SHARE;
        let start = samples.iter().position(loud).unwrap_or(0);
        let end = samples.iter().rposition(loud).map_or(1, |last| last + 1);
        Pulse { offset: first + start as isize, samples: samples[start..end].to_vec() }
    }
}

/// The low-pass at `at` points from its centre.
fn low_pass(at: isize, cutoff: f64) -> f64 {
    let samples = at as f64 / OVERSAMPLING as f64;
    let place = samples / HALF_LENGTH as f64;
    if place.abs() >= 1.0 {
        return 0.0;
    }
    let argument = TAU * cutoff * samples;
    let sinc = if argument.abs() < 1e-12 { 1.0 } else { argument.sin() / argument };
    sinc * bessel_i0(KAISER_BETA * (1.0 - place * place).sqrt()) / bessel_i0(KAISER_BETA)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(duration_samples: f64, fraction: f64) -> Pulse {
        PulseForm { duration_samples, turns: 0.5, fraction, cutoff: 0.45 }.render()
    }

    #[test]
    fn a_pulse_is_normalised_and_as_long_as_asked() {
        // 5 µs, 100 µs, 2.5 ms at 44.1 kHz.
        for duration in [0.22, 4.4, 110.0] {
            let pulse = pulse(duration, 0.0);
            let peak = pulse.samples.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            assert!((peak - 1.0).abs() < 1e-12);
            assert!(pulse.samples.len() as f64 <= duration + 2.0 * HALF_LENGTH as f64 + 2.0);
            assert!(pulse.samples.len() as f64 >= duration * 0.8);
            assert!(pulse.samples[0].abs() >= SPAN_SHARE);
        }
    }

    #[test]
    fn a_short_pulse_is_broadband() {
        let pulse = pulse(0.22, 0.3);
        let power_at = |share: f64| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, x) in pulse.samples.iter().enumerate() {
                re += x * (TAU * share * i as f64).cos();
                im += x * (TAU * share * i as f64).sin();
            }
            10.0 * (re * re + im * im).log10()
        };
        assert!((power_at(0.3) - power_at(0.02)).abs() < 3.0, "{} {}", power_at(0.3), power_at(0.02));
    }

    #[test]
    fn the_front_moves_between_samples() {
        let (early, late) = (pulse(2.0, 0.0), pulse(2.0, 0.5));
        let centre = |p: &Pulse| {
            let weight: f64 = p.samples.iter().map(|x| x * x).sum();
            p.offset as f64
                + p.samples.iter().enumerate().map(|(i, x)| i as f64 * x * x).sum::<f64>() / weight
        };
        assert!((centre(&late) - centre(&early) - 0.5).abs() < 0.25, "{} {}", centre(&early), centre(&late));
    }
}
