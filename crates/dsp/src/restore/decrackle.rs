//! Crackle: dense small pulses, a thousand a second and more, found against a running median and re-estimated block by block.
//!
//! The second difference x\[n−1\] − 2x\[n\] + x\[n+1\] of a programme that has little at the top of the band is small; a pulse
//! of one to eight samples is not. Its magnitude is compared with a running **median**, which the crackle itself cannot
//! inflate as it would a mean. All flagged samples of a block are then solved together by least-squares autoregressive
//! interpolation of low order ([`ArModel::interpolate`]): one model serves a block, however many pulses it holds.
//!
//! **Assumptions.** Pulses are short against the period of the programme's highest strong component. **Known failures.** In a
//! wide-band hiss as loud as the crackle, pulses cannot be told from noise, and are left.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{SampleRate, Signal};

use super::local_scale::LocalScale;
use super::{Repair, Stage, StageReport, in_range};
use crate::DspError;
use crate::autoregression::ArModel;

/// The least scale, as in declick: rounding of 16-bit sources lies below.
const FLOOR: f32 = 6e-6;
/// The block in which one model serves, in seconds.
const BLOCK_SECS: f64 = 0.012;
/// The model's order at 44.1 kHz and above.
const ORDER: usize = 12;
/// Rounds of fit and interpolation.
const ROUNDS: usize = 2;
/// Share of the equations' diagonal.
const RIDGE: f64 = 1e-6;

/// How crackle is found and mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecrackleSettings {
    /// Trigger, in multiples of the running median scale: 2 to 20, default 4.
    pub trigger: f64,
    /// The longest pulse in microseconds: 20 to 1000, default 180 (8 samples at 44.1 kHz).
    pub longest_us: f64,
    /// At most this share of the samples of a block is touched: 0 to 0.5, default 0.15.
    pub greatest_share: f64,
}

impl Default for DecrackleSettings {
    fn default() -> Self {
        Self { trigger: 4.0, longest_us: 180.0, greatest_share: 0.15 }
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
        in_range("decrackle.greatest_share", settings.greatest_share, 0.0, 0.5, "")?;
        Ok(Self { settings })
    }

    /// The pulses of one channel, ascending and apart, each with its score.
    fn detect(&self, samples: &[f32], rate: SampleRate) -> Vec<(Range<usize>, f32)> {
        let mut curve = vec![0.0f32; samples.len()];
        for n in 1..samples.len().saturating_sub(1) {
            curve[n] = samples[n - 1] - 2.0 * samples[n] + samples[n + 1];
        }
        let scale = LocalScale::measure(&curve, rate.samples_in(0.003), 2);
        let trigger = self.settings.trigger as f32;
        let longest = rate.samples_in(self.settings.longest_us * 1e-6).max(1) + 2;
        let mut found = Vec::new();
        let mut n = 0;
        while n < curve.len() {
            let score = |n: usize| curve[n].abs() / scale.at(n).max(FLOOR);
            if score(n) < trigger / 2.0 {
                n += 1;
                continue;
            }
            let start = n;
            let mut highest = 0.0f32;
            while n < curve.len() && score(n) >= trigger / 2.0 {
                highest = highest.max(score(n));
                n += 1;
            }
            if highest >= trigger && n - start <= longest {
                // A pulse at n bends the curve at n − 1 and n + 1 also.
                let span = if n - start > 2 { start + 1..n - 1 } else { start..n };
                found.push((span, highest));
            }
        }
        found
    }

    /// Keeps the strongest pulses of each block, as many as the share allows.
    fn bounded(&self, found: Vec<(Range<usize>, f32)>, block: usize) -> Vec<(Range<usize>, f32)> {
        let allowed = (self.settings.greatest_share * block as f64) as usize;
        let mut kept: Vec<(Range<usize>, f32)> = Vec::with_capacity(found.len());
        for group in found.chunk_by(|a, b| a.0.start / block == b.0.start / block) {
            let mut strongest: Vec<&(Range<usize>, f32)> = group.iter().collect();
            strongest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.start.cmp(&b.0.start)));
            let mut used = 0;
            let mut chosen: Vec<(Range<usize>, f32)> = strongest
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
fn mend(samples: &[f32], found: &[(Range<usize>, f32)], block: usize) -> Vec<f32> {
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
        let order = ORDER.min(segment.len() / 6);
        let bound = segment.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        for &n in &missing {
            segment[n] = 0.0;
        }
        for _round in 0..ROUNDS {
            if !ArModel::fit(&segment, order).interpolate(&mut segment, &missing, RIDGE) {
                return;
            }
        }
        for &n in missing.iter().filter(|&&n| (start..end).contains(&(n + first))) {
            output[n + first - start] = segment[n].clamp(-bound, bound) as f32;
        }
    });
    output
}

impl Stage for Decrackle {
    fn name(&self) -> &'static str {
        "decrackle"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let rate = signal.sample_rate();
        let block = rate.samples_in(BLOCK_SECS).max(64);
        let worked: Vec<(Vec<f32>, Vec<(Range<usize>, f32)>)> = signal
            .channels()
            .par_iter()
            .map(|samples| {
                let found = self.bounded(self.detect(samples, rate), block);
                (mend(samples, &found, block), found)
            })
            .collect();
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
        let clean: Vec<f32> = (0..44_100)
            .map(|i| (0.3 * (std::f64::consts::TAU * 440.0 * f64::from(i) / 44_100.0).sin()) as f32)
            .collect();
        let mut damaged = clean.clone();
        plant_crackle(3, &mut damaged, 44_100, 1_500.0, 0.02);
        let signal = Signal::mono(rate, damaged.clone()).unwrap();
        let (output, _) = Decrackle::new(DecrackleSettings::default()).unwrap().process(&signal).unwrap();
        let gain = snr_db(&clean, output.channel(0)) - snr_db(&clean, &damaged);
        assert!(gain > 8.0, "{gain} dB");
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
