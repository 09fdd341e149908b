//! The fundamental followed through the side, and each of its harmonics measured along it.

use std::f64::consts::TAU;

use rayon::prelude::*;
use rustfft::num_complex::Complex64;
use tonearm_audio::SampleRate;

use super::Hum;
use crate::Window;
use crate::level::{self, percentile};

/// One measurement of each line, in seconds, and how often.
const FRAME_SECS: f64 = 0.5;
pub(super) const HOP_SECS: f64 = 0.125;
/// Power beside a line is measured this far from it, in hertz: outside the window's main lobe (four bins of 2 Hz).
const BESIDE_HZ: [f64; 4] = [-8.0, -6.0, 6.0, 8.0];
/// Standard deviation of the means over time, in seconds: for the track and for the amplitudes.
const TRACK_SECS: f64 = 1.0;
const AMPLITUDE_SECS: f64 = 1.5;
/// Rounds of correcting the track.
const ROUNDS: usize = 3;
/// A line whose mean power stays below this multiple of its estimate's variance is chance.
const LEAST_CERTAINTY: f64 = 8.0;
/// Hum's weakest tenth of the time begins at this share of its median or above: 0.34 to 1.0 in voices and music, notes at 0.00 to 0.28.
const WEAKEST: f64 = 0.1;
const LEAST_OF_MEDIAN: f64 = 0.3;
/// A line below this amplitude is digital silence.
const SILENCE: f64 = 1e-9;

/// The fundamental's frequency over time, one value a hop.
pub(super) struct Track {
    frequencies_hz: Vec<f64>,
    /// Turns of the fundamental up to each hop.
    turns: Vec<f64>,
}

impl Track {
    fn of(frequencies_hz: Vec<f64>) -> Self {
        let mut turns = Vec::with_capacity(frequencies_hz.len());
        let mut sum = 0.0;
        for (hop, frequency) in frequencies_hz.iter().enumerate() {
            if hop > 0 {
                sum += 0.5 * (frequency + frequencies_hz[hop - 1]) * HOP_SECS;
            }
            turns.push(sum);
        }
        Self { frequencies_hz, turns }
    }

    /// Follows the harmonics of `hum` through a channel.
    pub(super) fn follow(low: &[f32], rate: SampleRate, hum: &Hum) -> Self {
        let hops = (low.len() as f64 / rate.as_f64() / HOP_SECS).ceil() as usize + 2;
        let mut track = Self::of(vec![hum.fundamental_hz; hops]);
        for round in 0..ROUNDS {
            // Low harmonics first: they tell the frequency without ambiguity, the higher ones more finely.
            let highest = if round == 0 { hum.harmonics[0].max(2) } else { usize::MAX };
            let asked: Vec<usize> =
                hum.harmonics.iter().copied().filter(|harmonic| *harmonic <= highest).collect();
            let lines = track.lines(low, rate, &asked);
            let smooth = kernel(TRACK_SECS);
            let corrections: Vec<f64> = (0..hops)
                .map(|hop| {
                    // The turn from hop to hop, all lines together; each weighs by how well it is seen.
                    let (mut turn, mut weight) = (0.0, 0.0);
                    for line in &lines {
                        let mut product = Complex64::default();
                        for (offset, share) in &smooth {
                            let Some(at) = hop.checked_add_signed(*offset) else { continue };
                            let Some(pair) = line.raw.get(at..at + 2) else { continue };
                            product += share * pair[1] * pair[0].conj() / line.beside[at].max(1e-30);
                        }
                        let harmonic = line.harmonic as f64;
                        turn += product.norm() * harmonic * product.arg();
                        weight += product.norm() * harmonic * harmonic;
                    }
                    if weight > 0.0 { turn / weight / TAU / HOP_SECS } else { 0.0 }
                })
                .collect();
            track = Self::of(track.frequencies_hz.iter().zip(corrections).map(|(f, c)| f + c).collect());
        }
        track
    }

    /// Turns of the fundamental up to an instant.
    pub(super) fn turns_at(&self, secs: f64) -> f64 {
        let place = (secs / HOP_SECS).clamp(0.0, (self.turns.len() - 1) as f64);
        let hop = (place as usize).min(self.turns.len().saturating_sub(2));
        let Some(next) = self.frequencies_hz.get(hop + 1) else { return self.turns[hop] };
        // The frequency runs in straight lines between hops, so its integral is a parabola.
        let (share, start) = (secs / HOP_SECS - hop as f64, self.frequencies_hz[hop]);
        self.turns[hop] + HOP_SECS * share * (start + 0.5 * share * (next - start))
    }

    pub(super) fn mean_hz(&self) -> f64 {
        self.frequencies_hz.iter().sum::<f64>() / self.frequencies_hz.len() as f64
    }

    /// These harmonics of a channel.
    pub(super) fn lines(&self, low: &[f32], rate: SampleRate, harmonics: &[usize]) -> Vec<Line> {
        let measured = Measured::new(low.len(), rate, self);
        harmonics.par_iter().map(|harmonic| Line::measure(low, &measured, *harmonic)).collect()
    }

    pub(super) fn spread_hz(&self) -> f64 {
        let ends =
            |most: f64, pick: fn(f64, f64) -> f64| self.frequencies_hz.iter().fold(most, |a, b| pick(a, *b));
        ends(f64::MIN, f64::max) - ends(f64::MAX, f64::min)
    }
}

/// One harmonic.
pub(super) struct Line {
    pub(super) harmonic: usize,
    /// What was measured at each hop, turned down by the track.
    raw: Vec<Complex64>,
    /// Power of what lies beside the line, as it falls into one measurement.
    beside: Vec<f64>,
    /// The smooth estimate; a cosine of amplitude 1 gives ½.
    pub(super) amplitude: Vec<Complex64>,
    /// Mean power of the estimate over its mean variance.
    certainty: f64,
}

/// What the measurements of all lines of a channel have in common.
struct Measured {
    rate: SampleRate,
    window: Vec<f64>,
    /// What turns to beside a line, of each sample of a frame.
    beside_turns: [Vec<Complex64>; BESIDE_HZ.len()],
    /// What turns the fundamental back to a constant, of each sample of the channel; its powers do so for the harmonics.
    turns: Vec<Complex64>,
    hops: usize,
}

impl Measured {
    /// Along `track`, of a channel of `len` samples.
    fn new(len: usize, rate: SampleRate, track: &Track) -> Self {
        let frame_len = rate.samples_in(FRAME_SECS);
        let secs = |n: usize| n as f64 / rate.as_f64();
        let beside = |offset_hz: f64| -> Vec<Complex64> {
            (0..frame_len).map(|i| Complex64::cis(-TAU * offset_hz * i as f64 / rate.as_f64())).collect()
        };
        Self {
            rate,
            window: Window::BlackmanHarris.coefficients(frame_len),
            beside_turns: BESIDE_HZ.map(beside),
            turns: (0..len).map(|n| Complex64::cis(-TAU * track.turns_at(secs(n)).fract())).collect(),
            hops: track.frequencies_hz.len(),
        }
    }
}

impl Line {
    /// Of a channel.
    fn measure(low: &[f32], measured: &Measured, harmonic: usize) -> Self {
        let Measured { rate, window, beside_turns, turns, hops } = measured;
        let frame_len = window.len();
        let scale = 1.0 / window.iter().sum::<f64>();
        // Each sample lies in several measurements and is turned once.
        let turned: Vec<Complex64> = low
            .iter()
            .zip(turns)
            .map(|(sample, turn)| f64::from(*sample) * turn.powu(harmonic as u32))
            .collect();
        let mut raw = Vec::with_capacity(*hops);
        let mut beside = Vec::with_capacity(*hops);
        for hop in 0..*hops {
            let first = rate.samples_in(hop as f64 * HOP_SECS) as isize - (frame_len / 2) as isize;
            // The part of the window that lies within the channel.
            let own = first.min(0).unsigned_abs().min(frame_len);
            let samples = turned.get(first.max(0).unsigned_abs()..).unwrap_or_default();
            let mut sum = Complex64::default();
            let mut sides = [Complex64::default(); BESIDE_HZ.len()];
            let mut coverage = 0.0;
            for ((i, weight), sample) in window.iter().enumerate().skip(own).zip(samples) {
                let value = sample * weight;
                sum += value;
                // The phase at the frame's start does not matter: only the power is kept.
                for (side, turned) in sides.iter_mut().zip(beside_turns) {
                    *side += value * turned[i];
                }
                coverage += weight;
            }
            // At the ends a part of the window lies outside.
            let own_scale = if coverage > 0.0 { 1.0 / coverage } else { scale };
            raw.push(sum * own_scale);
            let power = sides.iter().map(|side| (side * own_scale).norm_sqr()).sum::<f64>();
            beside.push(power / BESIDE_HZ.len() as f64);
        }
        let mut line = Self { harmonic, raw, beside, amplitude: Vec::new(), certainty: 0.0 };
        line.estimate();
        line
    }

    /// Weighted means over time, and Wiener's share of them.
    fn estimate(&mut self) {
        let smooth = kernel(AMPLITUDE_SECS);
        let floor = 1e-4 * level::median(&self.beside).unwrap_or(0.0) + 1e-24;
        // Measurements overlap fourfold, and one line beside another tells its power with an error of its own.
        let overlap = FRAME_SECS / HOP_SECS / 2.0;
        let (mut powers, mut variances) = (0.0, 0.0);
        let mut amplitude = Vec::with_capacity(self.raw.len());
        for hop in 0..self.raw.len() {
            let (mut sum, mut weights, mut squares) = (Complex64::default(), 0.0, 0.0);
            for (offset, share) in &smooth {
                let Some(at) = hop.checked_add_signed(*offset).filter(|at| *at < self.raw.len()) else {
                    continue;
                };
                let weight = share / (self.beside[at] + floor);
                sum += weight * self.raw[at];
                weights += weight;
                squares += weight * weight * (self.beside[at] + floor);
            }
            let mean = sum / weights;
            let variance = overlap * squares / (weights * weights);
            powers += mean.norm_sqr();
            variances += variance;
            let share = 1.0 - (variance / mean.norm_sqr().max(1e-30)).min(1.0);
            amplitude.push(share * mean);
        }
        self.certainty = powers / variances.max(1e-30);
        self.amplitude = amplitude;
    }

    /// Whether it is more than chance.
    pub(super) fn is_certain(&self) -> bool {
        self.certainty >= LEAST_CERTAINTY
    }

    /// Whether it sounds all the time, as hum does and notes do not; digital silence does not count.
    pub(super) fn lasts(&self) -> bool {
        is_steady(self.raw.iter())
    }

    /// Whether it sounds all the time where there is little beside it: a voice that swells and falls at its frequency hides there what lasts.
    pub(super) fn lasts_in_quiet(&self) -> bool {
        let usual = level::median(&self.beside).unwrap_or(0.0);
        is_steady(
            self.raw.iter().zip(&self.beside).filter(|(_, beside)| **beside <= usual).map(|(raw, _)| raw),
        )
    }
}

/// Whether what sounds of `raw` hardly ever falls far below its median.
fn is_steady<'a>(raw: impl Iterator<Item = &'a Complex64>) -> bool {
    let heard: Vec<f64> = raw.map(|raw| raw.norm()).filter(|amplitude| *amplitude > SILENCE).collect();
    let low = percentile(&heard, WEAKEST).unwrap_or(0.0);
    low >= LEAST_OF_MEDIAN * level::median(&heard).unwrap_or(0.0)
}

/// A Gaussian of standard deviation `secs` over hops, cut off at three deviations.
fn kernel(secs: f64) -> Vec<(isize, f64)> {
    let reach = (3.0 * secs / HOP_SECS).ceil() as isize;
    (-reach..=reach).map(|hop| (hop, (-0.5 * (hop as f64 * HOP_SECS / secs).powi(2)).exp())).collect()
}
