//! First-order filters that follow an analogue magnitude closely up to the top of the band.
//!
//! The bilinear transform squeezes all frequencies above the band into it: a treble roll-off comes out several decibels too
//! low near the top. Here a section is fitted instead: the power response of any first-order section is
//! `|H|² = (a + b·cos ω) / (1 + d·cos ω)`, so three frequencies at which it shall equal the analogue one give three linear
//! equations. Its spectral factors with pole and zero inside the unit circle are minimum-phase, as the analogue circuit is,
//! and the filter with both exchanged is its exact inverse.
//!
//! Source of the idea of matching magnitudes: M. Vicanek, *Matched Second Order Digital Filters* (2016), §2, for one order less.

use std::f64::consts::TAU;

use tonearm_audio::{Hertz, SampleRate};

use crate::filter::Section;

/// The uppermost frequency that is matched: a share of the Nyquist frequency, and no more than one hears.
const TOP_SHARE: f64 = 0.9;
const TOP_HZ: f64 = 18_000.0;
/// The middle frequency lies at most here.
const MIDDLE_SHARE: f64 = 0.45;

/// A first-order minimum-phase section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MatchedSection {
    gain: f64,
    zero: f64,
    pole: f64,
}

impl MatchedSection {
    /// The section whose power response equals `power` at 0 Hz, at `corner` and near the top of the band; none where no
    /// section of first order with a stable inverse does.
    pub(crate) fn fit(power: impl Fn(f64) -> f64, corner: Hertz, rate: SampleRate) -> Option<Self> {
        let nyquist = rate.nyquist().get();
        let places = [0.0, corner.get().min(MIDDLE_SHARE * nyquist), (TOP_SHARE * nyquist).min(TOP_HZ)];
        let cosines = places.map(|f| (TAU * f / rate.as_f64()).cos());
        let powers = places.map(power);
        // At ω = 0 the equation reads a + b = P₀·(1 + d): it takes a away from the other two.
        let row = |i: usize| (cosines[i] - 1.0, powers[0] - powers[i] * cosines[i], powers[i] - powers[0]);
        let ((b1, d1, r1), (b2, d2, r2)) = (row(1), row(2));
        let determinant = b1 * d2 - b2 * d1;
        let b = (r1 * d2 - r2 * d1) / determinant;
        let d = (b1 * r2 - b2 * r1) / determinant;
        let a = powers[0] * (1.0 + d) - b;
        let (zero, pole) = (root(b / a)?, root(d)?);
        // a·(1 + (b/a)·cos ω) = a/(1 + z²)·(1 + z² − 2z·cos ω).
        let gain = (a / (1.0 + zero * zero) * (1.0 + pole * pole)).sqrt();
        gain.is_finite().then_some(Self { gain, zero, pole })
    }

    /// The section that undoes this one.
    pub(crate) fn inverse(self) -> Self {
        Self { gain: 1.0 / self.gain, zero: self.pole, pole: self.zero }
    }

    /// The same shape, louder by a factor.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Self { gain: self.gain * factor, ..self }
    }

    pub(crate) fn magnitude_at(self, frequency: Hertz, rate: SampleRate) -> f64 {
        self.section().magnitude_at(TAU * frequency.get() / rate.as_f64())
    }

    /// Filters in place, from rest.
    pub(crate) fn run(self, samples: &mut [f64]) {
        self.section().run(samples, 0.0);
    }

    fn section(self) -> Section {
        Section { b: [self.gain, -self.gain * self.zero, 0.0], a: [-self.pole, 0.0] }
    }
}

/// The root `z` inside the unit circle with `−2z / (1 + z²) = ratio`.
fn root(ratio: f64) -> Option<f64> {
    if ratio.abs() < 1e-12 {
        return Some(0.0);
    }
    (ratio.abs() < 1.0).then(|| ((1.0 - ratio * ratio).sqrt() - 1.0) / ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pole_and_a_shelf_are_followed_to_half_a_decibel() {
        for rate_hz in [8_000, 22_050, 44_100, 96_000] {
            let rate = SampleRate::new(rate_hz).unwrap();
            for corner in [1_590.0, 4_300.0, 6_800.0] {
                let pole = move |f: f64| 1.0 / (1.0 + (f / corner).powi(2));
                let section = MatchedSection::fit(pole, Hertz::new(corner), rate).unwrap();
                for share in [0.01, 0.1, 0.3, 0.6, 0.9] {
                    let f = share * rate.nyquist().get().min(18_000.0);
                    let error =
                        20.0 * section.magnitude_at(Hertz::new(f), rate).log10() - 10.0 * pole(f).log10();
                    assert!(error.abs() < 0.5, "{rate_hz} Hz, pole at {corner}: {error:.2} dB at {f:.0} Hz");
                }
            }
        }
    }

    #[test]
    fn the_inverse_undoes() {
        let rate = SampleRate::new(44_100).unwrap();
        let section =
            MatchedSection::fit(|f| 1.0 / (1.0 + (f / 2e3).powi(2)), Hertz::new(2e3), rate).unwrap();
        let input: Vec<f64> = (0..1_000).map(|n| (f64::from(n) * 0.37).sin()).collect();
        let mut output = input.clone();
        section.run(&mut output);
        assert!(output.iter().zip(&input).any(|(a, b)| (a - b).abs() > 0.1));
        section.inverse().run(&mut output);
        assert!(output.iter().zip(&input).all(|(a, b)| (a - b).abs() < 1e-10));
    }
}
