//! Hum: the harmonics of the mains and of motors, followed in frequency, amplitude and phase, and subtracted.
//!
//! [`find_hum`] says whether there is hum at all and which harmonics stand out; without hum the signal stays bit for bit. The
//! fundamental is then tracked: each harmonic is turned down to 0 Hz by the phase of the track so far, and what still turns
//! is the track's error, which the strongest harmonics correct (a phase-locked loop over the whole side, run off line).
//! The amplitudes that are left are smooth over seconds. They are estimated by weighted means in which each moment counts
//! with the inverse of the power beside the line, so the pauses of the programme tell of the hum, and a vowel that
//! happens to sit on a harmonic does not. Where the estimate's own variance reaches the hum's power, less is subtracted
//! (Wiener's rule). The sum of the harmonics goes from the signal: a notch about 0.3 Hz wide, without ringing.
//!
//! Source of the heterodyne estimate: S. M. Kay, *Fundamentals of Statistical Signal Processing: Estimation Theory* (1993),
//! example 7.16 (amplitude, frequency and phase of a sinusoid).
//!
//! | symbol | here |
//! |---|---|
//! | φ(t), phase of the fundamental | `Track::phase_at`, in turns |
//! | Â_h(t), complex amplitude of harmonic h | `Line::amplitude` |
//! | σ²_h(t), power beside the line | `Line::beside` |
//!
//! **Assumptions.** The hum is of the transfer, so its frequency wanders slowly. **Known failures.** Hum that was cut into the disc swings
//! with the disc's wow once a turn: its higher harmonics then smear over more than the notch and stay in part. Buzz above 900 Hz stays.

mod comb;

use std::f64::consts::TAU;

use rayon::prelude::*;
use rustfft::num_complex::Complex64;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Decibels, SampleRate, Signal};

pub use self::comb::{Hum, find_hum};
use super::{Stage, StageReport, StageSettings, in_range};
use crate::{DspError, Window, level, resample};

/// How [`Dehum`] works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DehumSettings {
    /// Share of the hum that is taken away, 0 to 1.
    pub depth: f64,
}

impl Default for DehumSettings {
    fn default() -> Self {
        Self { depth: 1.0 }
    }
}

/// Follows hum and subtracts it.
#[derive(Clone, Debug)]
pub struct Dehum {
    settings: DehumSettings,
}

/// Hum is measured at this rate.
const LOW_RATE_HZ: u32 = 2_000;
/// One measurement of each line, in seconds, and how often.
const FRAME_SECS: f64 = 0.5;
const HOP_SECS: f64 = 0.125;
/// Power beside a line is measured this far from it, in hertz: outside the window's main lobe (four bins of 2 Hz).
const BESIDE_HZ: [f64; 4] = [-8.0, -6.0, 6.0, 8.0];
/// Standard deviation of the means over time, in seconds: for the track and for the amplitudes.
const TRACK_SECS: f64 = 1.0;
const AMPLITUDE_SECS: f64 = 1.5;
/// Rounds of correcting the track.
const ROUNDS: usize = 3;
/// A line whose mean power stays below this multiple of its estimate's variance is chance.
const LEAST_CERTAINTY: f64 = 8.0;

impl Dehum {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] for a depth outside 0 to 1.
    pub fn new(settings: DehumSettings) -> Result<Self, DspError> {
        in_range("dehum.depth", settings.depth, 0.0, 1.0, "")?;
        Ok(Self { settings })
    }
}

impl StageSettings for DehumSettings {
    type Stage = Dehum;

    fn build(&self) -> Result<Dehum, DspError> {
        Dehum::new(self.clone())
    }

    fn at_strength(&self, strength: f64) -> Self {
        Self { depth: self.depth * strength }
    }
}

impl Stage for Dehum {
    fn name(&self) -> &'static str {
        "dehum"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let mut report = StageReport::new(self.name());
        let rate = signal.sample_rate();
        // One mains for all channels, so one track; each channel has its own amplitudes.
        let per_channel: Vec<Option<Hum>> =
            signal.channels().iter().map(|samples| find_hum(samples, rate)).collect::<Result<_, _>>()?;
        let strongest = per_channel
            .iter()
            .enumerate()
            .filter_map(|(channel, hum)| hum.as_ref().map(|hum| (channel, hum)))
            .max_by(|(_, a), (_, b)| a.prominence_db.total_cmp(&b.prominence_db));
        let Some((reference, hum)) = strongest else {
            report.summary = "no hum stands out: left as it is".to_owned();
            return Ok((signal.clone(), report));
        };
        let low_rate = SampleRate::new(LOW_RATE_HZ.min(rate.hz()))?;
        let low = resample(signal, low_rate)?;
        let track = Track::follow(low.channel(reference), low_rate, hum);
        let mut taken = Vec::with_capacity(signal.channel_count());
        let mut lines_taken: Vec<usize> = Vec::new();
        let mut channels = Vec::with_capacity(signal.channel_count());
        for (samples, low) in signal.channels().iter().zip(low.channels()) {
            let lines: Vec<Line> = hum
                .harmonics
                .par_iter()
                .map(|harmonic| Line::measure(low, low_rate, &track, *harmonic))
                .collect::<Vec<_>>()
                .into_iter()
                .filter_map(|line| line.certain())
                .collect();
            let hum = synthesize(&lines, &track, samples.len(), rate, self.settings.depth);
            lines_taken.extend(lines.iter().map(|line| line.harmonic));
            channels.push(samples.iter().zip(&hum).map(|(x, h)| x - h).collect());
            taken.push(level::rms(&hum));
        }
        lines_taken.sort_unstable();
        lines_taken.dedup();
        if lines_taken.is_empty() {
            report.summary =
                format!("a tone near {:.2} Hz is too unsteady to be hum: left as it is", track.mean_hz());
            return Ok((signal.clone(), report));
        }
        let loudest = taken.iter().fold(0.0f64, |a, b| a.max(*b));
        let mean_hz = track.mean_hz();
        report.find("fundamental", mean_hz, "Hz");
        report.find("fundamental_wanders", track.spread_hz(), "Hz");
        report.find("prominence", hum.prominence_db, "dB");
        report.find("harmonics", lines_taken.len() as f64, "");
        report.find("removed_level", level::dbfs(loudest).get(), "dBFS");
        let list: Vec<String> = lines_taken.iter().map(ToString::to_string).collect();
        report.summary = format!(
            "{} harmonics of {mean_hz:.2} Hz ({}) taken away, {:.1} dBFS",
            list.len(),
            list.join(", "),
            Decibels::from_amplitude(loudest.max(1e-10)).get()
        );
        Ok((Signal::new(rate, channels)?, report))
    }
}

/// The fundamental's frequency over time, one value a hop.
struct Track {
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
    fn follow(low: &[f32], rate: SampleRate, hum: &Hum) -> Self {
        let hops = (low.len() as f64 / rate.as_f64() / HOP_SECS).ceil() as usize + 2;
        let mut track = Self::of(vec![hum.fundamental_hz; hops]);
        for round in 0..ROUNDS {
            // Low harmonics first: they tell the frequency without ambiguity, the higher ones more finely.
            let highest = if round == 0 { hum.harmonics[0].max(2) } else { usize::MAX };
            let lines: Vec<Line> = hum
                .harmonics
                .par_iter()
                .filter(|harmonic| **harmonic <= highest)
                .map(|harmonic| Line::measure(low, rate, &track, *harmonic))
                .collect();
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
    fn turns_at(&self, secs: f64) -> f64 {
        let place = (secs / HOP_SECS).clamp(0.0, (self.turns.len() - 1) as f64);
        let hop = (place as usize).min(self.turns.len().saturating_sub(2));
        let Some(next) = self.frequencies_hz.get(hop + 1) else { return self.turns[hop] };
        // The frequency runs in straight lines between hops, so its integral is a parabola.
        let (share, start) = (secs / HOP_SECS - hop as f64, self.frequencies_hz[hop]);
        self.turns[hop] + HOP_SECS * share * (start + 0.5 * share * (next - start))
    }

    fn mean_hz(&self) -> f64 {
        self.frequencies_hz.iter().sum::<f64>() / self.frequencies_hz.len() as f64
    }

    fn spread_hz(&self) -> f64 {
        let ends =
            |most: f64, pick: fn(f64, f64) -> f64| self.frequencies_hz.iter().fold(most, |a, b| pick(a, *b));
        ends(f64::MIN, f64::max) - ends(f64::MAX, f64::min)
    }
}

/// One harmonic.
struct Line {
    harmonic: usize,
    /// What was measured at each hop, turned down by the track.
    raw: Vec<Complex64>,
    /// Power of what lies beside the line, as it falls into one measurement.
    beside: Vec<f64>,
    /// The smooth estimate; a cosine of amplitude 1 gives ½.
    amplitude: Vec<Complex64>,
    /// Mean power of the estimate over its mean variance.
    certainty: f64,
}

impl Line {
    fn measure(low: &[f32], rate: SampleRate, track: &Track, harmonic: usize) -> Self {
        let frame_len = rate.samples_in(FRAME_SECS);
        let window = Window::BlackmanHarris.coefficients(frame_len);
        let scale = 1.0 / window.iter().sum::<f64>();
        let beside_turns = BESIDE_HZ.map(|offset_hz| -> Vec<Complex64> {
            (0..frame_len).map(|i| Complex64::cis(-TAU * offset_hz * i as f64 / rate.as_f64())).collect()
        });
        let hops = track.frequencies_hz.len();
        let mut raw = Vec::with_capacity(hops);
        let mut beside = Vec::with_capacity(hops);
        for hop in 0..hops {
            let first = rate.samples_in(hop as f64 * HOP_SECS) as isize - (frame_len / 2) as isize;
            let mut sum = Complex64::default();
            let mut sides = [Complex64::default(); BESIDE_HZ.len()];
            let mut coverage = 0.0;
            for (i, weight) in window.iter().enumerate() {
                let Ok(n) = usize::try_from(first + i as isize) else { continue };
                let Some(sample) = low.get(n) else { break };
                let secs = n as f64 / rate.as_f64();
                let value = f64::from(*sample)
                    * weight
                    * Complex64::cis(-TAU * (harmonic as f64 * track.turns_at(secs)).fract());
                sum += value;
                // The phase at the frame's start does not matter: only the power is kept.
                for (side, turned) in sides.iter_mut().zip(&beside_turns) {
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

    /// The line, where it is more than chance.
    fn certain(self) -> Option<Self> {
        (self.certainty >= LEAST_CERTAINTY).then_some(self)
    }
}

/// A Gaussian of standard deviation `secs` over hops, cut off at three deviations.
fn kernel(secs: f64) -> Vec<(isize, f64)> {
    let reach = (3.0 * secs / HOP_SECS).ceil() as isize;
    (-reach..=reach).map(|hop| (hop, (-0.5 * (hop as f64 * HOP_SECS / secs).powi(2)).exp())).collect()
}

/// The sum of all lines at the signal's own rate.
fn synthesize(lines: &[Line], track: &Track, len: usize, rate: SampleRate, depth: f64) -> Vec<f32> {
    const CHUNK: usize = 1 << 14;
    let mut hum = vec![0.0f32; len];
    hum.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, hum)| {
        for (i, sample) in hum.iter_mut().enumerate() {
            let secs = (chunk * CHUNK + i) as f64 / rate.as_f64();
            let place = secs / HOP_SECS;
            let (hop, share) = (place as usize, place.fract());
            let fundamental = Complex64::cis(TAU * track.turns_at(secs).fract());
            let mut sum = 0.0;
            for line in lines {
                let Some(pair) = line.amplitude.get(hop..hop + 2) else { continue };
                let amplitude = pair[0] * (1.0 - share) + pair[1] * share;
                sum += (amplitude * fundamental.powu(line.harmonic as u32)).re;
            }
            *sample = (2.0 * depth * sum) as f32;
        }
    });
    hum
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::{level, noise, speech, tone};

    use super::*;

    const RATE_HZ: u32 = 44_100;

    fn run(samples: Vec<f32>) -> (Vec<f32>, StageReport) {
        let signal = Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap();
        let (output, report) = Dehum::new(DehumSettings::default()).unwrap().process(&signal).unwrap();
        (output.into_channels().remove(0), report)
    }

    fn reading(seed: u64) -> Vec<f32> {
        let mut samples = speech::speech_like(seed, RATE_HZ, 12.0).samples;
        let surface = noise::surface(seed + 50, RATE_HZ, samples.len(), 0.003);
        noise::add(&mut samples, &surface);
        samples
    }

    /// Harmonics of a fundamental whose frequency runs from one value to another.
    fn drifting(from_hz: f64, to_hz: f64, amplitudes: &[f64], len: usize) -> Vec<f32> {
        let secs = len as f64 / f64::from(RATE_HZ);
        (0..len)
            .map(|n| {
                let t = n as f64 / f64::from(RATE_HZ);
                let turns = from_hz * t + 0.5 * (to_hz - from_hz) * t * t / secs;
                let harmonics = amplitudes.iter().enumerate();
                harmonics.map(|(h, a)| a * (TAU * (h + 1) as f64 * turns + h as f64).sin()).sum::<f64>()
                    as f32
            })
            .collect()
    }

    /// Energy of hum before over what the output still differs by, in dB.
    fn gain_db(clean: &[f32], hum: &[f32], output: &[f32]) -> f64 {
        let left: Vec<f32> = output.iter().zip(clean).map(|(y, x)| y - x).collect();
        20.0 * (level::rms(hum) / level::rms(&left)).log10()
    }

    #[test]
    fn hum_goes_by_twenty_decibels_whatever_its_frequency() {
        for (seed, from_hz, to_hz) in [(1, 50.0, 50.0), (2, 60.0, 60.0), (3, 49.93, 50.08), (4, 51.3, 51.3)] {
            let clean = reading(seed);
            let hum = drifting(from_hz, to_hz, &[0.02, 0.005, 0.01, 0.0, 0.005], clean.len());
            let (output, report) = run(clean.iter().zip(&hum).map(|(x, h)| x + h).collect());
            let gain = gain_db(&clean, &hum, &output);
            assert!(gain > 20.0, "{from_hz} to {to_hz} Hz: {gain:.1} dB; {}", report.summary);
            let found = report.finding("fundamental").unwrap();
            assert!((found - 0.5 * (from_hz + to_hz)).abs() < 0.02, "{found} Hz");
        }
    }

    #[test]
    fn without_hum_nothing_changes() {
        for seed in [5, 6] {
            let clean = reading(seed);
            assert_eq!(run(clean.clone()).0, clean);
        }
        let music = tone::harmonics(RATE_HZ, 50.0, &[0.1, 0.1, 0.1], 8 * RATE_HZ as usize);
        // A held note of 50 Hz that sounds for two seconds of eight is music.
        let played: Vec<f32> = music
            .iter()
            .enumerate()
            .map(|(n, x)| if (88_200..176_400).contains(&n) { *x } else { 0.0 })
            .zip(noise::white(7, music.len(), 0.001))
            .map(|(x, n)| x + n)
            .collect();
        assert_eq!(run(played.clone()).0, played);
    }

    #[test]
    fn a_motor_is_found_below_the_mains() {
        let clean = reading(8);
        let hum = drifting(28.8, 28.8, &[0.02, 0.02, 0.01], clean.len());
        let (output, report) = run(clean.iter().zip(&hum).map(|(x, h)| x + h).collect());
        assert!((report.finding("fundamental").unwrap() - 28.8).abs() < 0.05, "{}", report.summary);
        assert!(gain_db(&clean, &hum, &output) > 15.0);
    }

    #[test]
    fn depth_is_checked_and_scales() {
        assert!(Dehum::new(DehumSettings { depth: 1.5 }).is_err());
        assert!((DehumSettings::default().at_strength(0.25).depth - 0.25).abs() < 1e-12);
    }

    #[test]
    fn silence_and_nothing_pass() {
        for len in [0, 1, 200_000] {
            assert_eq!(run(vec![0.0; len]).0, vec![0.0; len]);
        }
    }
}
