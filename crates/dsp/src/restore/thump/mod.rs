//! Thumps: the slow swing of the pick-up arm after a deep crack, modelled and subtracted.
//!
//! A crack throws the arm aside; arm and disc then swing at their resonance, 15 to 110 Hz, for 5 to 50 ms. What is recorded
//! is programme + swing, so nothing need be cut out: the swing is estimated and taken away, and the programme under it
//! stays. After every crack the band below 500 Hz is looked at alone, at 2 kHz:
//!
//! 1. an autoregressive model of the programme is fitted to what surrounds the swing;
//! 2. for each frequency and decay of a grid, a damped sine and cosine that begin at the crack are fitted by least squares
//!    under that model: their prediction errors against the input's. The samples of the crack itself are free: they tell
//!    nothing, and [`Declick`](super::Declick) mends them;
//! 3. the best pair is kept if it explains far more than chance would and stands above the programme's own level, or explains so much
//!    that it is a swing beyond doubt; the next pair is fitted to what remains, because the resonance falls as the swing dies.
//!
//! Source: Godsill and Rayner, *Digital Audio Restoration* (1998), ch. 7, who separate the pulse as a second autoregressive
//! process of low order; a damped sine is that process's answer to one impulse, with its two parameters on a grid.
//!
//! | symbol (ch. 7) | here |
//! |---|---|
//! | A₁, the programme's error filter | `model` |
//! | x₂, the pulse | `Swing` |
//! | n₀, its onset | `onset` |
//!
//! **Assumptions.** The stage runs before the [`Rumble`](super::Rumble) filter, which would ring on both sides of a swing.
//! **Known failures.** Of two cracks within 10 ms the stronger counts. A deep drum whose stroke is a crack may be a swing: most of them beat faster than
//! an arm swings, and stay.

mod swing;

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use tonearm_audio::{Hertz, SampleRate, Signal};

use self::swing::{Grid, Swing, Unexplained};
use super::each_channel::each_channel;
use super::whitened::Whitened;
use super::{Repair, Stage, StageReport, StageSettings, in_range};
use crate::DspError;
use crate::autoregression::{ArModel, autocorrelation};
use crate::filter::Butterworth;
use crate::inner_product::dot;

/// The rate at which swings are fitted, in hertz, and the edge of the low-pass before it (order 4, twice).
const LOW_RATE_HZ: f64 = 2_000.0;
const LOW_PASS_HZ: f64 = 500.0;
const LOW_PASS_ORDER: usize = 4;
/// What is looked at before and after a crack, in seconds.
const BEFORE_SECS: f64 = 0.08;
const AFTER_SECS: f64 = 0.12;
/// The part after a crack that the first model of the programme leaves out, in seconds.
const SWING_SECS: f64 = 0.05;
/// How far the low-pass spreads a crack, in seconds: those samples are free.
const SPREAD_SECS: f64 = 0.000_7;
/// Order of the programme's model at the low rate: 10 ms, a pitch period and more.
const ORDER: usize = 20;
/// Damped pairs in one swing.
const COMPONENTS: usize = 3;
/// What a pair must explain, in variances of the prediction error: chance gives the best of the grid some 15.
const LEAST_EVIDENCE: f64 = 40.0;
/// What makes a pair a swing beyond doubt, though it may be so many decibels lower: of glottal pulses after cracks that are none, few explain as much.
const CLEAR_EVIDENCE: f64 = 300.0;
const CLEAR_MAY_BE_LOWER_DB: f64 = 10.0;
/// What beats faster than this is a drum or a voice.
const FASTEST_HZ: f64 = 100.0;
/// What dies away faster than this, in seconds, is the crack's own foot or a glottal pulse, unless it explains this much.
const SHORTEST_DECAY_SECS: f64 = 0.0033;
const SHORT_EVIDENCE: f64 = 1_000.0;
/// A crack's least score, in standard deviations, and that of a strong one. The peaks of noise are weak cracks too: a swing after one must stand so much
/// higher, in decibels, and explain so much.
const CRACK_SCORE: f32 = 4.5;
const STRONG_SCORE: f32 = 8.0;
const AFTER_WEAK_DB: f64 = 6.0;
const AFTER_WEAK_EVIDENCE: f64 = 100.0;
/// The score at which a crack ends, and the least distance of two, in seconds.
const CRACK_EXTEND: f32 = 3.0;
const APART_SECS: f64 = 0.01;
/// The windows in which cracks are sought, in seconds.
const CRACK_WINDOW_SECS: [f64; 2] = [0.000_02, 0.000_5];
const CRACK_FLOOR: f32 = 6e-6;
/// A swing is followed until it has fallen to this share.
const FOLLOWED: f64 = 1e-3;

/// When a swing is believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThumpSettings {
    /// The least height of a swing over the level around it below 500 Hz (root mean square), in decibels: −20 to 40, default 6. One
    /// beyond doubt may be 10 dB lower.
    pub least_over_level_db: f64,
}

impl Default for ThumpSettings {
    fn default() -> Self {
        Self { least_over_level_db: 6.0 }
    }
}

/// The stage that takes thumps away.
#[derive(Clone, Debug)]
pub struct Thump {
    settings: ThumpSettings,
}

/// Where the prediction error stands out.
struct Crack {
    span: Range<usize>,
    is_strong: bool,
}

/// A swing that was found: its place at full rate and its pairs.
struct Found {
    span: Range<usize>,
    onset: usize,
    pairs: Vec<Swing>,
    evidence: f64,
}

impl Found {
    /// The swing's value at sample `n`.
    fn at(&self, n: usize, rate_hz: f64) -> f64 {
        let t = (n as f64 - self.onset as f64) / rate_hz;
        self.pairs.iter().map(|pair| pair.at(t)).sum()
    }
}

impl Thump {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] outside the range.
    pub fn new(settings: ThumpSettings) -> Result<Self, DspError> {
        in_range("thump.least_over_level_db", settings.least_over_level_db, -20.0, 40.0, "dB")?;
        Ok(Self { settings })
    }

    /// The channel without its swings, and where they were.
    fn work(&self, samples: &[f32], rate: SampleRate) -> Result<(Vec<f32>, Vec<Found>), DspError> {
        let step = (rate.as_f64() / LOW_RATE_HZ).round().max(1.0) as usize;
        let cutoff = Hertz::new(LOW_PASS_HZ.min(0.4 * rate.as_f64()));
        let mut low: Vec<f64> = Butterworth::low_pass(LOW_PASS_ORDER, cutoff, rate)?
            .zero_phase(samples)
            .into_iter()
            .step_by(step)
            .map(f64::from)
            .collect();
        let window = Window { step, rate_hz: rate.as_f64(), samples: samples.len() };
        let mut found: Vec<Found> = Vec::new();
        // The strongest first: a little one before it, or within its swing, is looked at without it.
        for crack in cracks(samples, rate) {
            if let Some(thump) = self.swing_after(&low, &crack, &window) {
                for (k, x) in
                    low.iter_mut().enumerate().take(thump.span.end / step).skip(thump.span.start / step)
                {
                    *x -= thump.at(k * step, rate.as_f64());
                }
                found.push(thump);
            }
        }
        let mut output = samples.to_vec();
        for thump in &found {
            for n in thump.span.clone() {
                output[n] -= thump.at(n, rate.as_f64()) as f32;
            }
        }
        Ok((output, found))
    }

    /// The swing after a crack, if there is one.
    fn swing_after(&self, low: &[f64], crack: &Crack, window: &Window) -> Option<Found> {
        let Crack { span: crack, is_strong } = crack;
        let low_rate = window.rate_hz / window.step as f64;
        let centre = crack.start / window.step;
        let first = centre.saturating_sub((BEFORE_SECS * low_rate) as usize);
        let last = (centre + (AFTER_SECS * low_rate) as usize).min(low.len());
        let observed = low.get(first..last).filter(|y| y.len() > 6 * ORDER)?;
        let onset = crack.start as f64 / window.step as f64 - first as f64;
        let spread = SPREAD_SECS * low_rate;
        let free_end = crack.end as f64 / window.step as f64 - first as f64 + spread;
        let free = ((onset - spread).max(0.0) as usize)..(free_end.ceil() as usize).min(observed.len());
        let swing_end = free.end + (SWING_SECS * low_rate) as usize;

        let mut bridged = observed.to_vec();
        bridge(&mut bridged, &free);
        let level = |span: Range<usize>| {
            let part = bridged.get(span).unwrap_or_default();
            (dot(part, part) / part.len().max(1) as f64).sqrt()
        };
        let around = level(0..free.start).max(level(swing_end..bridged.len()));
        let height =
            bridged.get(free.end..swing_end.min(bridged.len()))?.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let least = around * 10f64.powf(self.settings.least_over_level_db / 20.0);
        let above_least_db = if *is_strong { -CLEAR_MAY_BE_LOWER_DB } else { AFTER_WEAK_DB };
        if height < least * 10f64.powf(above_least_db / 20.0) {
            return None;
        }
        let needed = |height: f64| match is_strong {
            _ if height < least => CLEAR_EVIDENCE,
            true => LEAST_EVIDENCE,
            false => AFTER_WEAK_EVIDENCE,
        };

        let mut model = surroundings(&bridged, free.start, swing_end);
        let mut rest = bridged.clone();
        let (mut pairs, mut evidence): (Vec<Swing>, f64) = (Vec::new(), 0.0);
        for component in 0..COMPONENTS {
            let grid = Grid::new(onset, low_rate, rest.len());
            let needed_here = if component == 0 { needed(height) } else { LEAST_EVIDENCE };
            let unexplained = Unexplained::of(&model, &rest, &free, grid);
            let Some((pair, gain)) = unexplained.best_pair(needed_here) else { break };
            let values: Vec<f64> = (0..rest.len()).map(|n| pair.at((n as f64 - onset) / low_rate)).collect();
            let peak = values.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            let is_swing = pair.frequency_hz <= FASTEST_HZ
                && (pair.decay_secs >= SHORTEST_DECAY_SECS || gain >= SHORT_EVIDENCE);
            if component == 0 && (gain < needed(peak) || !is_swing) {
                return None;
            }
            rest.iter_mut().zip(&values).for_each(|(x, v)| *x -= v);
            bridge(&mut rest, &free);
            pairs.push(pair);
            evidence += gain;
            // What is left of the input is nearer to the programme than its surroundings were.
            model = ArModel::fit(&rest, ORDER);
        }
        let longest = pairs.iter().map(|pair| pair.decay_secs).reduce(f64::max)?;
        let end = crack.start + (longest * -FOLLOWED.ln() * window.rate_hz) as usize;
        Some(Found { span: crack.start..end.min(window.samples), onset: crack.start, pairs, evidence })
    }
}

/// How the low band was taken from the signal.
struct Window {
    step: usize,
    rate_hz: f64,
    /// Of the signal, at its full rate.
    samples: usize,
}

/// Cracks, the strongest first. Of those closer than [`APART_SECS`] the strongest counts: on a worn disc a little
/// one just before would hide it.
fn cracks(samples: &[f32], rate: SampleRate) -> Vec<Crack> {
    let lengths = CRACK_WINDOW_SECS.map(|secs| rate.samples_in(secs).max(1));
    let scores = Whitened::of(samples, samples, rate.as_f64(), 0, CRACK_FLOOR).scores(&lengths);
    let apart = rate.samples_in(APART_SECS).max(1);
    let score = |n: usize| scores.get(n).copied().unwrap_or(0.0);
    let mut peaks: Vec<usize> = (0..scores.len())
        .filter(|&n| {
            scores[n] >= CRACK_SCORE && scores[n] >= score(n + 1) && (n == 0 || scores[n] > score(n - 1))
        })
        .collect();
    peaks.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut taken = BTreeSet::new();
    peaks.retain(|&peak| {
        let is_alone = taken.range(peak.saturating_sub(apart - 1)..peak + apart).next().is_none();
        is_alone && taken.insert(peak)
    });
    let belongs = |n: &usize| scores[*n] >= CRACK_EXTEND;
    let around = |peak: usize| {
        let start = (peak.saturating_sub(apart)..peak).rev().take_while(belongs).last().unwrap_or(peak);
        let end = (peak..(peak + apart).min(scores.len())).take_while(belongs).last().unwrap_or(peak);
        Crack { span: start..end + 1, is_strong: scores[peak] >= STRONG_SCORE }
    };
    peaks.into_iter().map(around).collect()
}

/// A straight line over `free`.
fn bridge(samples: &mut [f64], free: &Range<usize>) {
    let left = free.start.checked_sub(1).and_then(|n| samples.get(n)).copied();
    let right = samples.get(free.end).copied();
    let (left, right) = (left.or(right).unwrap_or(0.0), right.or(left).unwrap_or(0.0));
    let steps = (free.len() + 1) as f64;
    for (i, x) in samples[free.clone()].iter_mut().enumerate() {
        *x = left + (right - left) * (i + 1) as f64 / steps;
    }
}

/// A model of what lies before `end` and after `start`.
fn surroundings(samples: &[f64], end: usize, start: usize) -> ArModel {
    let mut sum = vec![0.0; ORDER + 1];
    let mut power_scale = 0.0;
    for part in [&samples[..end], samples.get(start..).unwrap_or_default()] {
        let windowed: Vec<f64> = part
            .iter()
            .enumerate()
            .map(|(i, x)| x * (std::f64::consts::PI * (i as f64 + 0.5) / part.len() as f64).sin())
            .collect();
        // A sine window keeps half of the power.
        power_scale += 0.5 * part.len() as f64;
        sum.iter_mut().zip(autocorrelation(&windowed, ORDER)).for_each(|(s, r)| *s += r);
    }
    ArModel::from_autocorrelation(&sum, power_scale)
}

impl StageSettings for ThumpSettings {
    type Stage = Thump;

    fn build(&self) -> Result<Thump, DspError> {
        Thump::new(self.clone())
    }
}

impl Stage for Thump {
    fn name(&self) -> &'static str {
        "thump"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let rate = signal.sample_rate();
        let worked = each_channel(signal, |samples| self.work(samples, rate))?;
        let mut report = StageReport::new(self.name());
        let mut channels = Vec::with_capacity(worked.len());
        for (channel, (samples, found)) in worked.into_iter().enumerate() {
            report.repairs.extend(found.iter().map(|thump| Repair {
                channel,
                start: thump.span.start,
                end: thump.span.end,
                confidence: (1.0 - LEAST_EVIDENCE / (2.0 * thump.evidence)) as f32,
            }));
            channels.push(samples);
        }
        report.repairs.sort_by_key(|r| (r.start, r.channel));
        let count = report.repairs.len();
        report.find("thumps", count as f64, "");
        report.summary = format!("{count} thumps subtracted");
        Ok((Signal::new(rate, channels)?, report))
    }
}

#[cfg(test)]
mod tests;
