//! First-order filters that follow an analogue magnitude closely up to the top of the band.
//!
//! The bilinear transform squeezes all frequencies above the band into it: a treble roll-off comes out several decibels too
//! low near the top. Here sections are fitted instead. The power response of a first-order section is
//! `|H|² = (a + b·cos ω) / (1 + d·cos ω)`, that of two in a row the same with squares of the cosine: three and five frequencies at
//! which it shall equal the analogue one settle it (a rational function through points, by Thiele's continued fraction). Its spectral
//! factors with poles and zeros inside the unit circle are minimum-phase, as the analogue circuit is, and the filter with both
//! exchanged is its exact inverse.
//!
//! The power of a pole or a shelf is a Stieltjes function of the cosine, so all that the fraction puts into the band's end are real zeros and
//! poles in turn, outside of −1 to 1: two first-order sections always come out (G. A. Baker and P. Graves-Morris, *Padé Approximants* (1996), §5.1).
//!
//! Sources: M. Vicanek, *Matched Second Order Digital Filters* (2016), §2, for matching magnitudes; Baker and Graves-Morris, §7.1, for the
//! continued fraction.

use std::f64::consts::TAU;

use tonearm_audio::{Hertz, SampleRate};

use crate::filter::Section;

/// The uppermost frequency that a single section matches: a share of the Nyquist frequency, and no more than one hears.
const TOP_SHARE: f64 = 0.9;
const TOP_HZ: f64 = 18_000.0;
/// The middle frequency lies at most here.
const MIDDLE_SHARE: f64 = 0.45;
/// Where two sections are matched, in shares of the uppermost frequency: closer towards the end of the band.
const PAIR_SHARES: [f64; 5] = [0.0, 0.35, 0.7, 0.9, 0.98];
const PAIR_TOP_SHARE: f64 = 0.97;
const PAIR_TOP_HZ: f64 = 22_000.0;

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
        let [over, under] = through(&places, power, rate);
        Self::of(-over[1] / over[0], -under[1] / under[0], (over[0] + over[1]) / (under[0] + under[1]))
    }

    /// Two sections, one after the other, whose power response equals `power` at five places up to the top of the band; none where no such
    /// pair with a stable inverse does.
    pub(crate) fn fit_pair(power: impl Fn(f64) -> f64, rate: SampleRate) -> Option<[Self; 2]> {
        let top = (PAIR_TOP_SHARE * rate.nyquist().get()).min(PAIR_TOP_HZ);
        let [over, under] = through(&PAIR_SHARES.map(|share| share * top), power, rate);
        let (zeros, poles) = (reciprocal_roots(over)?, reciprocal_roots(under)?);
        let at_rest = over.iter().sum::<f64>() / under.iter().sum::<f64>();
        Some([Self::of(zeros[0], poles[0], at_rest)?, Self::of(zeros[1], poles[1], 1.0)?])
    }

    /// The section whose power is zero and infinite where the cosine is the reciprocal of these, and `at_rest` at 0 Hz.
    fn of(zero: f64, pole: f64, at_rest: f64) -> Option<Self> {
        let (zero, pole) = (inside(zero)?, inside(pole)?);
        let gain = at_rest.sqrt() * (1.0 - pole) / (1.0 - zero);
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

/// A polynomial of second degree in the cosine, from the constant up.
type Quadratic = [f64; 3];

/// Numerator and denominator of the rational function of the cosine, of degrees as even as can be, that takes the values of `power` at `places`, three or
/// five of them, in hertz.
fn through(places: &[f64], power: impl Fn(f64) -> f64, rate: SampleRate) -> [Quadratic; 2] {
    let cosines: Vec<f64> = places.iter().map(|f| (TAU * f / rate.as_f64()).cos()).collect();
    // Inverse differences: P(c) = d₀ + (c − c₀)/(d₁ + (c − c₁)/(d₂ + …)).
    let mut differences: Vec<f64> = places.iter().map(|f| power(*f)).collect();
    for level in 1..places.len() {
        let (last, cosine) = (differences[level - 1], cosines[level - 1]);
        for (difference, c) in differences.iter_mut().zip(&cosines).skip(level) {
            *difference = (c - cosine) / (*difference - last);
        }
    }
    let innermost = differences.pop().unwrap_or(1.0);
    let start = [[innermost, 0.0, 0.0], [1.0, 0.0, 0.0]];
    differences.iter().zip(&cosines).rev().fold(start, |[over, under], (difference, cosine)| {
        // d + (c − cᵢ)/(over/under) = (d·over + (c − cᵢ)·under)/over
        let next = std::array::from_fn(|power| {
            let raised = if power > 0 { under[power - 1] } else { 0.0 };
            difference * over[power] + raised - cosine * under[power]
        });
        [next, over]
    })
}

/// The reciprocals of a polynomial's roots; none where they are not real.
fn reciprocal_roots([constant, linear, square]: Quadratic) -> Option<[f64; 2]> {
    let half = -0.5 * linear / constant;
    let discriminant = half * half - square / constant;
    (discriminant >= 0.0).then(|| {
        // The larger one first: the smaller is the product over it, without loss of digits.
        let larger = half + discriminant.sqrt().copysign(half);
        [larger, if larger == 0.0 { 0.0 } else { square / constant / larger }]
    })
}

/// The point `z` inside the unit circle whose factor `1 + z² − 2z·cos ω` vanishes where the cosine is the reciprocal of `ratio`.
fn inside(ratio: f64) -> Option<f64> {
    if ratio.abs() < 1e-12 {
        return Some(0.0);
    }
    (ratio.abs() < 1.0).then(|| (1.0 - (1.0 - ratio * ratio).sqrt()) / ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decibels that `sections` are off at a share of what is heard of the band.
    fn error_db(
        sections: &[MatchedSection],
        power: impl Fn(f64) -> f64,
        share: f64,
        rate: SampleRate,
    ) -> f64 {
        let frequency = Hertz::new(share * rate.nyquist().get().min(20_000.0));
        let gain: f64 = sections.iter().map(|section| section.magnitude_at(frequency, rate)).product();
        20.0 * gain.log10() - 10.0 * power(frequency.get()).log10()
    }

    #[test]
    fn a_pole_is_followed_up_to_the_end_of_the_band() {
        for rate_hz in [8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000] {
            let rate = SampleRate::new(rate_hz).unwrap();
            for corner in [632.0, 1_590.0, 2_122.0, 4_300.0, 6_800.0, 25_000.0] {
                let pole = |f: f64| 1.0 / (1.0 + (f / corner).powi(2));
                let sections = MatchedSection::fit_pair(pole, rate).unwrap();
                for share in (1..20).map(|step| 0.05 * f64::from(step)) {
                    let error = error_db(&sections, pole, share, rate);
                    assert!(
                        error.abs() < 0.06,
                        "{rate_hz} Hz, pole at {corner}: {error:.3} dB at {share:.2}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_shelf_is_followed_up_to_the_end_of_the_band() {
        for (rate_hz, allowed) in [(8_000, 0.15), (22_050, 0.06), (44_100, 0.06), (192_000, 0.06)] {
            let rate = SampleRate::new(rate_hz).unwrap();
            for turnover in [50.0, 300.0, 1_000.0] {
                let shelf = |f: f64| (f * f + turnover * turnover) / (f * f + 400.0);
                let section = MatchedSection::fit(shelf, Hertz::new(turnover), rate).unwrap();
                for share in (1..20).map(|step| 0.05 * f64::from(step)) {
                    let error = error_db(&[section], shelf, share, rate);
                    assert!(
                        error.abs() < allowed,
                        "{rate_hz} Hz, shelf from {turnover}: {error:.3} dB at {share:.2}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_inverse_undoes() {
        let rate = SampleRate::new(44_100).unwrap();
        let sections = MatchedSection::fit_pair(|f| 1.0 / (1.0 + (f / 2e3).powi(2)), rate).unwrap();
        let input: Vec<f64> = (0..1_000).map(|n| (f64::from(n) * 0.37).sin()).collect();
        let mut output = input.clone();
        sections.iter().for_each(|section| section.run(&mut output));
        assert!(output.iter().zip(&input).any(|(a, b)| (a - b).abs() > 0.1));
        sections.iter().for_each(|section| section.inverse().run(&mut output));
        assert!(output.iter().zip(&input).all(|(a, b)| (a - b).abs() < 1e-10));
    }
}
