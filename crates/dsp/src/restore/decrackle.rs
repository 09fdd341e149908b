//! Crackle: dense small pulses, hundreds a second and more, re-estimated block by block.
//!
//! Pulses are sought where the prediction error of an autoregressive model stands out in both directions of time
//! ([`super::whitened`]), at a lower trigger than clicks, because where they are dense they are likely. All flagged
//! samples of a block are then solved together by least-squares interpolation ([`ArModel::interpolate`]): one model serves
//! a block, however many pulses it holds. Models and scale come from what was mended before, in rounds.
//!
//! Crackle lies on the whole surface. Pulses are kept only where they are dense through two seconds on each side, pauses of
//! the programme included, and where the gaps between them are those of chance: glottal pulses and brass keep a
//! beat (the deviation of Poisson gaps is their mean).
//!
//! **Assumptions.** Pulses are shorter than 0.7 ms. **Known failures.** In a wide-band hiss as loud as the
//! crackle, pulses cannot be told from noise, and are left; beyond some 40 % of all samples there is too little left
//! to foretell the rest from.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{SampleRate, Signal};

use super::whitened::{Whitened, trust_at};
use super::{Repair, Stage, StageReport, StageSettings, in_range};
use crate::DspError;
use crate::autoregression::ArModel;

/// The least scale, as in declick: rounding of 16-bit sources lies below.
const FLOOR: f32 = 6e-6;
/// The block in which one model serves, in seconds.
const BLOCK_SECS: f64 = 0.012;
/// The model's order in seconds: 31 at 44.1 kHz.
const ORDER_SECS: f64 = 0.0007;
/// Rounds of search and repair, and of fit and interpolation in each.
const ROUNDS: usize = 3;
const FITS: usize = 2;
/// The windows in which energy is weighed, in seconds: 1, 3 and 6 samples at 44.1 kHz.
const WINDOW_SECS: [f64; 3] = [0.000_02, 0.000_07, 0.000_14];
/// Pulses extend while scores stay above this share of the trigger.
const EXTEND: f32 = 0.6;
/// Cell and reach of the density of pulses, in seconds.
const DENSITY_SECS: f64 = 0.25;
const DENSITY_REACH_SECS: f64 = 2.0;
/// The deviation of the gaps between pulses over their mean: 1 for chance, 0 for a beat.
const LEAST_IRREGULARITY: f64 = 0.6;

/// A pulse's samples and its highest score.
type Pulse = (Range<usize>, f32);

/// How crackle is found and mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecrackleSettings {
    /// Trigger, in standard deviations of noise: 2 to 20, default 3.2.
    pub trigger: f64,
    /// The longest pulse in microseconds: 20 to 1000, default 700 (31 samples at 44.1 kHz).
    pub longest_us: f64,
    /// Fewer pulses a second than this are no crackle and stay: 0 to 10 000, default 200.
    pub least_per_second: f64,
    /// At most this share of the samples of a block is touched: 0 to 0.5, default 0.4.
    pub greatest_share: f64,
}

impl Default for DecrackleSettings {
    fn default() -> Self {
        Self { trigger: 3.2, longest_us: 700.0, least_per_second: 200.0, greatest_share: 0.4 }
    }
}

/// The stage that takes crackle away.
#[derive(Clone, Debug)]
pub struct Decrackle {
    settings: DecrackleSettings,
}

impl Decrackle {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] where one lies outside its range.
    pub fn new(settings: DecrackleSettings) -> Result<Self, DspError> {
        in_range("decrackle.trigger", settings.trigger, 2.0, 20.0, "σ")?;
        in_range("decrackle.longest_us", settings.longest_us, 20.0, 1_000.0, "µs")?;
        in_range("decrackle.least_per_second", settings.least_per_second, 0.0, 10_000.0, "1/s")?;
        in_range("decrackle.greatest_share", settings.greatest_share, 0.0, 0.5, "")?;
        Ok(Self { settings })
    }

    /// The pulses of one channel, ascending and apart, each with its score, and the channel with them mended.
    fn work(&self, samples: &[f32], rate: SampleRate) -> (Vec<f32>, Vec<Pulse>) {
        let block = rate.samples_in(BLOCK_SECS).max(64);
        let lengths = WINDOW_SECS.map(|secs| rate.samples_in(secs).max(1));
        let (mut mended, mut found) = (samples.to_vec(), Vec::new());
        // Each round sees the rest of the pulses better, because the models and the scale hold fewer of them.
        for _round in 0..ROUNDS {
            let scores = Whitened::of(samples, &mended, rate.as_f64(), FLOOR).scores(&lengths);
            found = self.dense(self.pulses(&scores, rate), samples.len(), rate);
            found = self.bounded(found, block);
            if found.is_empty() {
                return (samples.to_vec(), found);
            }
            mended = mend(samples, &found, block, rate);
        }
        (mended, found)
    }

    /// Runs of scores above half the trigger that reach it somewhere, none longer than allowed.
    fn pulses(&self, scores: &[f32], rate: SampleRate) -> Vec<Pulse> {
        let trigger = self.settings.trigger as f32;
        let longest = rate.samples_in(self.settings.longest_us * 1e-6).max(1);
        let mut found = Vec::new();
        let mut n = 0;
        while n < scores.len() {
            if scores[n] < EXTEND * trigger {
                n += 1;
                continue;
            }
            let start = n;
            let mut highest = 0.0f32;
            while n < scores.len() && scores[n] >= EXTEND * trigger {
                highest = highest.max(scores[n]);
                n += 1;
            }
            if highest >= trigger && n - start <= longest {
                found.push((start..n, highest));
            }
        }
        found
    }

    /// Keeps pulses where they are dense all around and come at no pitch: crackle lies on the whole surface, a voice pauses.
    fn dense(&self, found: Vec<Pulse>, len: usize, rate: SampleRate) -> Vec<Pulse> {
        let cell = rate.samples_in(DENSITY_SECS).max(1);
        let mut gaps: Vec<Vec<f64>> = vec![Vec::new(); len.div_ceil(cell)];
        let mut previous = 0;
        for (span, _) in &found {
            gaps[span.start / cell].push((span.start - previous) as f64);
            previous = span.start;
        }
        // The count of a cell, or none where pulses keep a beat.
        let counts: Vec<f64> = gaps
            .iter()
            .map(|gaps| {
                let count = gaps.len() as f64;
                let mean = gaps.iter().sum::<f64>() / count;
                let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / count;
                if variance.sqrt() >= LEAST_IRREGULARITY * mean { count } else { 0.0 }
            })
            .collect();
        let least = self.settings.least_per_second * DENSITY_SECS;
        let reach = (DENSITY_REACH_SECS / DENSITY_SECS) as usize;
        let everywhere: Vec<bool> = (0..counts.len())
            .map(|i| {
                let mut near = counts[i.saturating_sub(reach)..(i + reach + 1).min(counts.len())].to_vec();
                let place = near.len() / 4;
                *near.select_nth_unstable_by(place, f64::total_cmp).1 >= least
            })
            .collect();
        found.into_iter().filter(|(span, _)| everywhere[span.start / cell]).collect()
    }

    /// Keeps the strongest pulses of each block, as many as the share allows.
    fn bounded(&self, found: Vec<Pulse>, block: usize) -> Vec<Pulse> {
        let allowed = (self.settings.greatest_share * block as f64) as usize;
        let mut kept: Vec<Pulse> = Vec::with_capacity(found.len());
        for group in found.chunk_by(|a, b| a.0.start / block == b.0.start / block) {
            let mut strongest: Vec<&Pulse> = group.iter().collect();
            strongest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.start.cmp(&b.0.start)));
            let mut used = 0;
            let mut chosen: Vec<Pulse> = strongest
                .into_iter()
                .take_while(|(span, _)| {
                    used += span.len();
                    used <= allowed
                })
                .cloned()
                .collect();
            chosen.sort_by_key(|(span, _)| span.start);
            kept.extend(chosen);
        }
        kept
    }
}

/// Solves all flagged samples block by block; each block reads its context from `samples` alone.
fn mend(samples: &[f32], found: &[Pulse], block: usize, rate: SampleRate) -> Vec<f32> {
    let order = rate.samples_in(ORDER_SECS).max(8);
    let mut output = samples.to_vec();
    output.par_chunks_mut(block).enumerate().for_each(|(index, output)| {
        let start = index * block;
        let end = start + output.len();
        let near = |position: usize| found.partition_point(|(span, _)| span.end <= position);
        if found.get(near(start)).is_none_or(|(span, _)| span.start >= end) {
            return;
        }
        let first = start.saturating_sub(block);
        let last = (end + block).min(samples.len());
        let mut segment: Vec<f64> = samples[first..last].iter().map(|&x| f64::from(x)).collect();
        let missing: Vec<usize> = found[near(first)..]
            .iter()
            .take_while(|(span, _)| span.start < last)
            .flat_map(|(span, _)| span.start.max(first)..span.end.min(last))
            .map(|n| n - first)
            .collect();
        let order = order.min(segment.len() / 6);
        let trust: Vec<f64> = found[near(first)..]
            .iter()
            .take_while(|(span, _)| span.start < last)
            .flat_map(|(span, score)| (span.start.max(first)..span.end.min(last)).map(|_| trust_at(*score)))
            .collect();
        let bound = segment.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let observed = segment.clone();
        for &n in &missing {
            segment[n] = 0.0;
        }
        for _fit in 0..FITS {
            let model = ArModel::fit(&segment, order);
            for &n in &missing {
                segment[n] = observed[n];
            }
            if !model.estimate(&mut segment, &missing, &trust) {
                return;
            }
        }
        for &n in missing.iter().filter(|&&n| (start..end).contains(&(n + first))) {
            output[n + first - start] = segment[n].clamp(-bound, bound) as f32;
        }
    });
    output
}

impl StageSettings for DecrackleSettings {
    type Stage = Decrackle;

    fn build(&self) -> Result<Decrackle, DspError> {
        Decrackle::new(self.clone())
    }

    /// Half strength takes half as much again to believe a pulse.
    fn at_strength(&self, strength: f64) -> Self {
        Self { trigger: (self.trigger * (2.0 - strength)).min(20.0), ..self.clone() }
    }
}

impl Stage for Decrackle {
    fn name(&self) -> &'static str {
        "decrackle"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let rate = signal.sample_rate();
        let worked: Vec<(Vec<f32>, Vec<Pulse>)> =
            signal.channels().par_iter().map(|samples| self.work(samples, rate)).collect();
        let mut report = StageReport::new(self.name());
        let mut channels = Vec::with_capacity(worked.len());
        let mut touched = 0;
        for (channel, (samples, found)) in worked.into_iter().enumerate() {
            touched += found.iter().map(|(span, _)| span.len()).sum::<usize>();
            report.repairs.extend(found.into_iter().map(|(span, score)| Repair {
                channel,
                start: span.start,
                end: span.end,
                confidence: (score / (score + self.settings.trigger as f32)).min(1.0),
            }));
            channels.push(samples);
        }
        report.repairs.sort_by_key(|r| (r.start, r.channel));
        let count = signal.channel_count() as f64;
        let per_second = report.repairs.len() as f64 / count / signal.duration().get().max(1e-9);
        let share = touched as f64 / (signal.len() as f64 * count).max(1.0);
        report.find("pulses_per_second", per_second, "1/s");
        report.find("share_replaced", share, "");
        report.summary = format!(
            "{} pulses repaired ({per_second:.0} a second, {:.1} % of the samples)",
            report.repairs.len(),
            100.0 * share
        );
        Ok((Signal::new(rate, channels)?, report))
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::click::plant_crackle;
    use tonearm_testkit::level::snr_db;

    use super::*;

    #[test]
    fn planted_crackle_goes() {
        let rate = SampleRate::new(44_100).unwrap();
        let mut random = tonearm_testkit::random::Random::new(9);
        let clean: Vec<f32> = (0..44_100)
            .map(|i| {
                let tone = (std::f64::consts::TAU * 440.0 * f64::from(i) / 44_100.0).sin();
                (0.1 * tone + 0.0005 * random.normal()) as f32
            })
            .collect();
        let mut damaged = clean.clone();
        plant_crackle(3, &mut damaged, 44_100, 1_500.0, 0.02);
        let signal = Signal::mono(rate, damaged.clone()).unwrap();
        let (output, _) = Decrackle::new(DecrackleSettings::default()).unwrap().process(&signal).unwrap();
        let gain = snr_db(&clean, output.channel(0)) - snr_db(&clean, &damaged);
        assert!(gain > 6.0, "{gain} dB");
    }

    #[test]
    fn odd_inputs_pass() {
        for samples in [vec![], vec![0.3], vec![0.1, 0.2], vec![0.0; 5_000]] {
            let signal = Signal::mono(SampleRate::new(44_100).unwrap(), samples).unwrap();
            let (output, _) = Decrackle::new(DecrackleSettings::default()).unwrap().process(&signal).unwrap();
            assert_eq!(output, signal);
        }
    }
}
