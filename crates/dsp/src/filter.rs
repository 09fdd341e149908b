//! Butterworth filters, forwards in time and with zero phase.
//!
//! A filter of order N is a cascade of ⌊N/2⌋ second-order sections and, for odd N, one of first order, each the
//! bilinear transform of the analogue prototype with its cutoff pre-warped (Oppenheim and Schafer, *Discrete-Time
//! Signal Processing*, 3rd ed., §7.2.1; the pole angles are those of §B.1). State is `f64` in transposed direct form II.
//!
//! [`Butterworth::zero_phase`] runs the cascade forwards and then backwards (the same book, §6.7.2's non-causal
//! filtering): no frequency is delayed, so a waveform is not smeared to one side, and the magnitude response is squared.
//! At the cutoff the causal filter passes −3.01 dB, the zero-phase one −6.02 dB.
//!
//! | symbol | here |
//! |---|---|
//! | N | `order` |
//! | Ω_c, pre-warped | `warped` = tan(π·cutoff/rate) |
//! | Q of section k | `quality` = 1 / (2 cos θ_k) |
//! | b_i, a_i of H(z) | `Section::{b, a}` |
//!
//! **Edges.** Before the zero-phase run the signal is mirrored about its first and its last sample as far as the slowest
//! pole rings, and each section starts in the steady state of the first value; a constant therefore passes a low-pass
//! unaltered up to the very edge, and a high-pass gives zero there. The mirror is even: the odd one that is usual for
//! trends would shift the base line of a wave that ends off zero, and a high-pass would turn that into a thump.
//!
//! **Known failures.** The ringing of a high order at a low cutoff may outlast a very short signal, whose edges are then less exact.

use tonearm_audio::{Hertz, SampleRate};

use crate::DspError;

/// The highest order accepted: above it the sections' qualities exceed 8 and the filter rings audibly.
pub const MAX_ORDER: usize = 24;

/// The ringing left when the mirrored part begins, as a share of its start: below 24-bit resolution.
const SETTLED: f64 = 1e-8;

/// One section of at most second order: H(z) = (b₀ + b₁z⁻¹ + b₂z⁻²) / (1 + a₁z⁻¹ + a₂z⁻²).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Section {
    pub(crate) b: [f64; 3],
    pub(crate) a: [f64; 2],
}

#[derive(Clone, Copy)]
enum Side {
    Low,
    High,
}

/// A Butterworth filter: maximally flat in its passband.
///
/// ```
/// use tonearm_audio::{Hertz, SampleRate};
/// use tonearm_dsp::filter::Butterworth;
///
/// let rate = SampleRate::new(44_100)?;
/// let rumble = Butterworth::high_pass(4, Hertz::new(30.0), rate)?;
/// let constant = vec![0.5; 4_410];
/// assert!(rumble.zero_phase(&constant).iter().all(|x| x.abs() < 1e-6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Butterworth {
    rate: SampleRate,
    sections: Vec<Section>,
    /// Samples until the slowest pole has decayed to [`SETTLED`].
    settle_samples: usize,
}

impl Butterworth {
    /// Passes what lies below `cutoff` (−3.01 dB there in one direction).
    ///
    /// # Errors
    /// [`DspError::Setting`] where the order is not 1 to [`MAX_ORDER`] or the cutoff not between 0 and half the rate.
    pub fn low_pass(order: usize, cutoff: Hertz, rate: SampleRate) -> Result<Self, DspError> {
        Ok(Self::of(rate, sections(order, cutoff, rate, Side::Low)?))
    }

    /// Passes what lies above `cutoff` (−3.01 dB there in one direction).
    ///
    /// # Errors
    /// As [`low_pass`](Self::low_pass).
    pub fn high_pass(order: usize, cutoff: Hertz, rate: SampleRate) -> Result<Self, DspError> {
        Ok(Self::of(rate, sections(order, cutoff, rate, Side::High)?))
    }

    /// Passes what lies between `low` and `high`: a high-pass and a low-pass in cascade, each of `order`.
    ///
    /// # Errors
    /// As [`low_pass`](Self::low_pass), also where `high` is not above `low`.
    pub fn band_pass(order: usize, low: Hertz, high: Hertz, rate: SampleRate) -> Result<Self, DspError> {
        if high.get() <= low.get() {
            return Err(DspError::Setting {
                setting: "upper cutoff",
                actual: high.get(),
                min: low.get(),
                max: rate.nyquist().get(),
                unit: "Hz",
            });
        }
        let mut cascade = sections(order, low, rate, Side::High)?;
        cascade.extend(sections(order, high, rate, Side::Low)?);
        Ok(Self::of(rate, cascade))
    }

    fn of(rate: SampleRate, sections: Vec<Section>) -> Self {
        let radius = sections.iter().map(|s| s.pole_radius()).fold(0.0, f64::max);
        let settle_samples = if radius > 0.0 { (SETTLED.ln() / radius.ln()).ceil() as usize } else { 2 };
        Self { rate, sections, settle_samples }
    }

    /// The magnitude response |H| at `frequency` in one direction; [`zero_phase`](Self::zero_phase) has its square.
    pub fn magnitude_at(&self, frequency: Hertz) -> f64 {
        let omega = std::f64::consts::TAU * frequency.get() / self.rate.as_f64();
        self.sections.iter().map(|s| s.magnitude_at(omega)).product()
    }

    /// Filters forwards in time from rest, as an instrument would; the output is delayed by the filter's phase.
    pub fn causal(&self, samples: &[f32]) -> Vec<f32> {
        let mut work: Vec<f64> = samples.iter().map(|&x| f64::from(x)).collect();
        for section in &self.sections {
            section.run(&mut work, 0.0);
        }
        work.into_iter().map(|x| x as f32).collect()
    }

    /// Filters forwards and backwards: no phase shift, no delay, the magnitude response squared.
    pub fn zero_phase(&self, samples: &[f32]) -> Vec<f32> {
        if samples.is_empty() {
            return Vec::new();
        }
        let reach = self.settle_samples.min(samples.len() - 1);
        let mut work = Vec::with_capacity(samples.len() + 2 * reach);
        work.extend((1..=reach).rev().map(|i| f64::from(samples[i])));
        work.extend(samples.iter().map(|&x| f64::from(x)));
        work.extend((1..=reach).map(|i| f64::from(samples[samples.len() - 1 - i])));
        for sections in self.sections.chunks(TOGETHER) {
            let start = work[0];
            run_together(sections, start, work.iter_mut());
        }
        for sections in self.sections.chunks(TOGETHER) {
            let start = work[work.len() - 1];
            run_together(sections, start, work.iter_mut().rev());
        }
        work[reach..reach + samples.len()].iter().map(|&x| x as f32).collect()
    }
}

/// Sections that run together.
const TOGETHER: usize = 4;

/// A section at work.
#[derive(Clone, Copy)]
struct Running {
    section: Section,
    state: [f64; 2],
}

impl Running {
    /// In the steady state that a constant input of `start` would have left.
    fn steady(section: Section, start: f64) -> Self {
        let ([b0, b1, b2], [a1, a2]) = (section.b, section.a);
        let steady = start * (b0 + b1 + b2) / (1.0 + a1 + a2);
        Self { section, state: [steady - b0 * start, b2 * start - a2 * steady] }
    }

    /// The output for the next sample.
    #[inline(always)]
    fn next(&mut self, x: f64) -> f64 {
        let ([b0, b1, b2], [a1, a2]) = (self.section.b, self.section.a);
        let y = b0 * x + self.state[0];
        self.state = [b1 * x - a1 * y + self.state[1], b2 * x - a2 * y];
        y
    }
}

/// Filters in place by up to [`TOGETHER`] sections, each in the steady state of the first value that reaches it, had it always been `start`. Every
/// output of a section waits for the one before it; the sections of a cascade wait side by side.
fn run_together<'a>(sections: &[Section], start: f64, samples: impl Iterator<Item = &'a mut f64>) {
    match *sections {
        [] => {}
        [one] => run_all([one], start, samples),
        [one, two] => run_all([one, two], start, samples),
        [one, two, three] => run_all([one, two, three], start, samples),
        [one, two, three, four, ..] => run_all([one, two, three, four], start, samples),
    }
}

/// As [`run_together`]; their number is known, so that what they remember stays in registers.
fn run_all<'a, const N: usize>(
    sections: [Section; N],
    start: f64,
    samples: impl Iterator<Item = &'a mut f64>,
) {
    let mut reaching = start;
    let mut running = sections.map(|section| {
        let steady = Running::steady(section, reaching);
        let mut at_start = steady;
        reaching = at_start.next(reaching);
        steady
    });
    samples.for_each(|x| *x = running.iter_mut().fold(*x, |x, section| section.next(x)));
}

/// The cascade of one Butterworth low- or high-pass.
fn sections(order: usize, cutoff: Hertz, rate: SampleRate, side: Side) -> Result<Vec<Section>, DspError> {
    if !(1..=MAX_ORDER).contains(&order) {
        return Err(DspError::Setting {
            setting: "filter order",
            actual: order as f64,
            min: 1.0,
            max: MAX_ORDER as f64,
            unit: "poles",
        });
    }
    let nyquist = rate.nyquist().get();
    if !(cutoff.get() > 0.0 && cutoff.get() < nyquist) {
        return Err(DspError::Setting {
            setting: "cutoff",
            actual: cutoff.get(),
            min: 0.0,
            max: nyquist,
            unit: "Hz",
        });
    }
    let warped = (std::f64::consts::PI * cutoff.get() / rate.as_f64()).tan();
    let mut cascade = Vec::with_capacity(order.div_ceil(2));
    if order % 2 == 1 {
        cascade.push(Section::first_order(warped, side));
    }
    for pair in 0..order / 2 {
        // The angle of a pole pair from the negative real axis; odd orders have a real pole at angle 0.
        let angle = if order % 2 == 1 { (pair + 1) as f64 } else { pair as f64 + 0.5 } * std::f64::consts::PI
            / order as f64;
        cascade.push(Section::second_order(warped, 0.5 / angle.cos(), side));
    }
    Ok(cascade)
}

impl Section {
    fn first_order(warped: f64, side: Side) -> Self {
        let scale = 1.0 / (1.0 + warped);
        let b = match side {
            Side::Low => [warped * scale, warped * scale, 0.0],
            Side::High => [scale, -scale, 0.0],
        };
        Self { b, a: [(warped - 1.0) * scale, 0.0] }
    }

    fn second_order(warped: f64, quality: f64, side: Side) -> Self {
        let square = warped * warped;
        let scale = 1.0 / (1.0 + warped / quality + square);
        let b = match side {
            Side::Low => [square * scale, 2.0 * square * scale, square * scale],
            Side::High => [scale, -2.0 * scale, scale],
        };
        Self { b, a: [2.0 * (square - 1.0) * scale, (1.0 - warped / quality + square) * scale] }
    }

    /// Filters in place, starting in the steady state that a constant input of `start` would have left.
    pub(crate) fn run(&self, samples: &mut [f64], start: f64) {
        let mut running = Running::steady(*self, start);
        samples.iter_mut().for_each(|x| *x = running.next(*x));
    }

    /// The larger of the two pole radii.
    fn pole_radius(&self) -> f64 {
        let [a1, a2] = self.a;
        let discriminant = a1 * a1 / 4.0 - a2;
        if discriminant < 0.0 { a2.sqrt() } else { a1.abs() / 2.0 + discriminant.sqrt() }
    }

    pub(crate) fn magnitude_at(&self, omega: f64) -> f64 {
        let norm = |c: [f64; 3]| {
            let re = c[0] + c[1] * omega.cos() + c[2] * (2.0 * omega).cos();
            let im = c[1] * omega.sin() + c[2] * (2.0 * omega).sin();
            re.hypot(im)
        };
        norm(self.b) / norm([1.0, self.a[0], self.a[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    fn sine(frequency: f64, len: usize) -> Vec<f32> {
        (0..len).map(|i| (std::f64::consts::TAU * frequency * i as f64 / 44_100.0).sin() as f32).collect()
    }

    /// Gain and lag of `output` against a sine of `frequency`, over the middle half.
    fn gain_and_phase(output: &[f32], frequency: f64) -> (f64, f64) {
        let (mut re, mut im) = (0.0, 0.0);
        // A whole number of cycles, so that the projection is exact.
        let cycle = 44_100.0 / frequency;
        let cycles = (output.len() as f64 / 2.0 / cycle).floor();
        let start = output.len() / 4;
        let len = (cycles * cycle).round() as usize;
        for (i, &y) in output.iter().enumerate().skip(start).take(len) {
            let phase = std::f64::consts::TAU * frequency * i as f64 / 44_100.0;
            re += f64::from(y) * phase.sin();
            im += f64::from(y) * phase.cos();
        }
        (2.0 * re.hypot(im) / len as f64, im.atan2(re))
    }

    /// Butterworth's own formula, |H|² = 1 / (1 + (Ω/Ω_c)^2N), with frequencies pre-warped: the textbook case.
    fn textbook(order: usize, frequency: f64, cutoff: f64, high: bool) -> f64 {
        let warp = |f: f64| (std::f64::consts::PI * f / 44_100.0).tan();
        let ratio = warp(frequency) / warp(cutoff);
        let ratio = if high { 1.0 / ratio } else { ratio };
        (1.0 + ratio.powi(2 * order as i32)).sqrt().recip()
    }

    #[test]
    fn the_response_is_butterworths() {
        for order in 1..=MAX_ORDER {
            for cutoff in [40.0, 1_000.0, 8_000.0, 21_000.0] {
                let low = Butterworth::low_pass(order, Hertz::new(cutoff), rate()).unwrap();
                let high = Butterworth::high_pass(order, Hertz::new(cutoff), rate()).unwrap();
                for frequency in [0.5 * cutoff, cutoff, 1.04 * cutoff] {
                    let at = Hertz::new(frequency);
                    assert!((low.magnitude_at(at) - textbook(order, frequency, cutoff, false)).abs() < 1e-6);
                    assert!((high.magnitude_at(at) - textbook(order, frequency, cutoff, true)).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn causal_output_has_the_stated_response() {
        let filter = Butterworth::high_pass(5, Hertz::new(2_000.0), rate()).unwrap();
        for frequency in [1_000.0, 2_000.0, 5_000.0] {
            let (gain, _) = gain_and_phase(&filter.causal(&sine(frequency, 44_100)), frequency);
            assert!(
                (gain - filter.magnitude_at(Hertz::new(frequency))).abs() < 1e-4,
                "{frequency} Hz: {gain}"
            );
        }
    }

    #[test]
    fn zero_phase_has_the_square_and_no_phase() {
        let filter = Butterworth::band_pass(4, Hertz::new(300.0), Hertz::new(3_400.0), rate()).unwrap();
        for frequency in [300.0, 1_050.0, 3_400.0] {
            let (gain, phase) = gain_and_phase(&filter.zero_phase(&sine(frequency, 44_100)), frequency);
            let expected = filter.magnitude_at(Hertz::new(frequency)).powi(2);
            assert!((gain - expected).abs() < 1e-3, "{frequency} Hz: {gain} for {expected}");
            assert!(phase.abs() < 2e-3, "{frequency} Hz: {phase} rad");
        }
    }

    #[test]
    fn zero_phase_is_even_about_an_impulse() {
        let mut impulse = vec![0.0f32; 8_001];
        impulse[4_000] = 1.0;
        let y = Butterworth::high_pass(6, Hertz::new(500.0), rate()).unwrap().zero_phase(&impulse);
        for i in 1..4_000 {
            assert!((y[4_000 - i] - y[4_000 + i]).abs() < 1e-7);
        }
    }

    #[test]
    fn a_constant_leaves_no_edge() {
        let low = Butterworth::low_pass(4, Hertz::new(50.0), rate()).unwrap();
        let high = Butterworth::high_pass(4, Hertz::new(20.0), rate()).unwrap();
        for len in [1, 2, 50, 5_000] {
            let constant = vec![0.25f32; len];
            assert!(low.zero_phase(&constant).iter().all(|y| (y - 0.25).abs() < 1e-6));
            assert!(high.zero_phase(&constant).iter().all(|y| y.abs() < 1e-6));
        }
    }

    #[test]
    fn edges_of_a_tone_stay_close_to_it() {
        // In the passband the output must follow the input up to the first and last sample.
        let x = sine(1_000.0, 10_003);
        let y = Butterworth::high_pass(4, Hertz::new(30.0), rate()).unwrap().zero_phase(&x);
        let worst = x.iter().zip(&y).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // 2 % (−34 dB) at the very edge, where the mirror has a kink.
        assert!(worst < 0.03, "{worst}");
    }

    #[test]
    fn silence_and_nothing_pass() {
        let filter = Butterworth::high_pass(4, Hertz::new(30.0), rate()).unwrap();
        assert!(filter.zero_phase(&[]).is_empty());
        assert!(filter.zero_phase(&[0.0; 100]).iter().all(|&y| y.to_bits() == 0));
    }

    #[test]
    fn settings_are_checked() {
        for cutoff in [0.0, -1.0, 22_050.0, f64::NAN] {
            assert!(Butterworth::low_pass(4, Hertz::new(cutoff), rate()).is_err());
        }
        assert!(Butterworth::low_pass(0, Hertz::new(100.0), rate()).is_err());
        assert!(Butterworth::low_pass(MAX_ORDER + 1, Hertz::new(100.0), rate()).is_err());
        assert!(Butterworth::band_pass(2, Hertz::new(300.0), Hertz::new(200.0), rate()).is_err());
    }
}
