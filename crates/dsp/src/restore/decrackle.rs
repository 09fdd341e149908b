//! Crackle: dense small pulses, hundreds a second and more, re-estimated block by block.
//!
//! Pulses are sought with matched filters on the interpolation error ([`super::pulse_bank`]), at a lower trigger than
//! clicks, because where they are dense they are likely. The models of the search are short: a pulse disturbs as many
//! errors as the model has weights, and at 1,500 pulses a second a long model leaves no error undisturbed to take the scale
//! from. All flagged samples of a block are then solved together by least-squares interpolation with a long model
//! ([`ArModel::estimate`]); each keeps what was observed with a weight that falls with the height of its pulse. Models and
//! scale come from what was mended before, in rounds.
//!
//! Crackle lies on the whole surface. Pulses are kept only where they are dense through two seconds on each side, pauses of
//! the programme included, and where the gaps between them are those of chance: glottal pulses and brass keep a
//! beat (the deviation of Poisson gaps is their mean). In a recording that is quiet beside its crackle, the scale of
//! the programme would hide it wherever somebody speaks; there the evidence is that pulses of one height come as often
//! in the programme as in its pauses.
//!
//! **Assumptions.** Pulses are shorter than 0.7 ms. **Known failures.** In a wide-band hiss as loud as the
//! crackle, pulses cannot be told from noise, and are left; beyond some 40 % of all samples there is too little left
//! to foretell the rest from.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{SampleRate, Signal};

use super::crackle_pitch::without_pitch;
use super::declick::floor_of;
use super::pulse_bank::PulseBank;
use super::whitened::{Blocks, Programme, Whitened};
use super::{Repair, Stage, StageReport, StageSettings, in_range};
use crate::DspError;
use crate::autoregression::ArModel;

/// The block in which one model serves, in seconds.
const BLOCK_SECS: f64 = 0.012;
/// Orders of the models in seconds: 6 at 44.1 kHz to search, 31 to mend.
const SEARCH_ORDER_SECS: f64 = 0.000_136;
const ORDER_SECS: f64 = 0.0007;
/// Rounds of search and repair. More of them flag ever more of the programme: what was mended is too smooth a measure.
const ROUNDS: usize = 2;
/// What the trigger is higher by in the first round, whose models still hold all the crackle.
const FIRST_EXTRA: f32 = 0.5;
/// Cell and reach of the density of pulses, in seconds.
const DENSITY_SECS: f64 = 0.25;
const DENSITY_REACH_SECS: f64 = 2.0;
/// The deviation of the gaps between pulses over their mean: 1 for chance, 0 for a beat.
const LEAST_IRREGULARITY: f64 = 0.6;

/// Cells that must be there before heights are compared.
const LEAST_CELLS: usize = 6;
/// How far the height of crackle may swing between its lower and its upper tenth of cells: planted crackle stays
/// below 1.25 on speech and music, clean speech and plucked strings lie above 2, clean trumpets may fall below 1.6.
const GREATEST_SWING: f32 = 1.35;
/// Pulses smaller than this share of the height that tells of the crackle are left: the programme has more of them.
const LEAST_HEIGHT: f32 = 0.1;
/// So are pulses that exceed it by this factor (some nine standard deviations of crackle): they are a reed's, or clicks.
const GREATEST_HEIGHT: f32 = 6.0;

/// A pulse of crackle.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    pub(super) span: Range<usize>,
    /// The sample of its largest value.
    pub(super) peak: usize,
    pub(super) positive: bool,
    pub(super) score: f32,
    /// Its largest value.
    pub(super) height: f32,
    /// How far what was observed is still believed ([`ArModel::estimate`]).
    pub(super) trust: f64,
}

/// How crackle is found and mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecrackleSettings {
    /// Trigger, in standard deviations of noise: 2 to 20, default 3.5.
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
        Self { trigger: 3.5, longest_us: 700.0, least_per_second: 200.0, greatest_share: 0.4 }
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
        let order = rate.samples_in(SEARCH_ORDER_SECS).max(4);
        let floor = floor_of(samples, rate);
        let bank = PulseBank::crackle(rate.as_f64());
        let blocks = Blocks { hop: block, order, reach: bank.reach() };
        let (mut mended, mut found) = (samples.to_vec(), Vec::new());
        let mut even_height = None;
        // The second round sees the rest of the pulses better, because its models and scale hold fewer of them.
        for round in 0..ROUNDS {
            let trigger = self.settings.trigger as f32 + if round == 0 { FIRST_EXTRA } else { 0.0 };
            let pulses = |programme| {
                let whitened = Whitened::with_order(samples, &mended, blocks, floor, programme);
                self.pulses(&bank, &whitened, samples.len(), trigger, rate)
            };
            let (mut plain, mut doubted) = (Vec::new(), Vec::new());
            if round == 0 {
                (plain, doubted) = (pulses(Programme::Ignored), pulses(Programme::Doubted));
                even_height = self.even_height(&plain, &doubted, samples.len(), rate);
            } else if even_height.is_some() {
                plain = pulses(Programme::Ignored);
            } else {
                doubted = pulses(Programme::Doubted);
            }
            found = match even_height {
                Some(height) => {
                    let plausible = LEAST_HEIGHT * height..GREATEST_HEIGHT * height;
                    plain.retain(|pulse| plausible.contains(&pulse.height));
                    plain
                }
                None => self.dense(doubted, samples.len(), rate),
            };
            found = self.bounded(found, block);
            if found.is_empty() {
                return (samples.to_vec(), found);
            }
            mended = mend(samples, &mended, &found, block, rate);
        }
        (mended, found)
    }

    /// Matches that reach the trigger and that no stronger one overlaps, ascending.
    fn pulses(
        &self,
        bank: &PulseBank,
        whitened: &Whitened,
        len: usize,
        trigger: f32,
        rate: SampleRate,
    ) -> Vec<Pulse> {
        let longest = rate.samples_in(self.settings.longest_us * 1e-6).max(1);
        let matched = bank.scores(whitened, len);
        let scores = &matched.values;
        let mut order: Vec<usize> = (0..len).filter(|&n| scores[n] >= trigger).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let mut taken = vec![false; len];
        let mut found = Vec::new();
        for peak in order {
            // A sample that is taken lies in the span of whatever form matches there.
            if taken[peak] {
                continue;
            }
            let best = bank.best_at(whitened, &matched, peak);
            let form = bank.form(&best);
            let start = peak.saturating_sub(form.lead());
            let span = start..(start + form.values.len()).min(len);
            if span.len() > longest || taken[span.clone()].contains(&true) {
                continue;
            }
            taken[span.clone()].fill(true);
            let deviation = f64::from(best.height * form.largest());
            found.push(Pulse {
                span,
                peak,
                positive: deviation > 0.0,
                score: best.score,
                height: (deviation.abs() * f64::from(whitened.scale(peak))) as f32,
                trust: 1.0 / deviation.powi(2).max(1e-6),
            });
        }
        found.sort_by_key(|pulse| pulse.peak);
        without_pitch(found, DENSITY_SECS, rate)
    }

    /// Keeps pulses where they are dense all around and come at no pitch: crackle lies on the whole surface, a voice pauses.
    fn dense(&self, found: Vec<Pulse>, len: usize, rate: SampleRate) -> Vec<Pulse> {
        let cell = rate.samples_in(DENSITY_SECS).max(1);
        let mut gaps: Vec<Vec<f64>> = vec![Vec::new(); len.div_ceil(cell)];
        let mut previous = 0;
        for Pulse { span, .. } in &found {
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
        found.into_iter().filter(|pulse| everywhere[pulse.span.start / cell]).collect()
    }

    /// The height that pulses exceed `least_per_second` times a second, if it is the same through pauses and programme.
    ///
    /// Crackle does not know how loud the programme is; what the programme itself throws up grows and fades with it, or,
    /// where it is steady (brass, applause), all but vanishes once its scale is `doubted`.
    fn even_height(&self, plain: &[Pulse], doubted: &[Pulse], len: usize, rate: SampleRate) -> Option<f32> {
        let cell = rate.samples_in(DENSITY_SECS).max(1);
        let cells = len / cell;
        if cells < LEAST_CELLS {
            return None;
        }
        let least = (self.settings.least_per_second * DENSITY_SECS).max(1.0) as usize;
        let mut heights = vec![Vec::new(); cells];
        let mut counts = vec![0usize; cells];
        for pulse in plain.iter().filter(|pulse| pulse.span.start / cell < cells) {
            heights[pulse.span.start / cell].push(pulse.height);
        }
        for pulse in doubted.iter().filter(|pulse| pulse.span.start / cell < cells) {
            counts[pulse.span.start / cell] += 1;
        }
        let mut exceeded: Vec<f32> = heights
            .iter_mut()
            .map(|heights| {
                heights.sort_unstable_by(|a, b| b.total_cmp(a));
                heights.get(least - 1).copied().unwrap_or(0.0)
            })
            .collect();
        exceeded.sort_unstable_by(f32::total_cmp);
        counts.sort_unstable();
        let (lower, upper) = (exceeded[cells / 10], exceeded[cells - 1 - cells / 10]);
        let even = lower > 0.0 && upper < GREATEST_SWING * lower;
        (even && counts[cells - 1 - cells / 4] >= 2 * least).then_some(exceeded[cells / 2])
    }

    /// Keeps the strongest pulses of each block, as many as the share allows.
    fn bounded(&self, found: Vec<Pulse>, block: usize) -> Vec<Pulse> {
        let allowed = (self.settings.greatest_share * block as f64) as usize;
        let mut kept: Vec<Pulse> = Vec::with_capacity(found.len());
        for group in found.chunk_by(|a, b| a.span.start / block == b.span.start / block) {
            let mut strongest: Vec<&Pulse> = group.iter().collect();
            strongest.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.span.start.cmp(&b.span.start)));
            let mut used = 0;
            let mut chosen: Vec<Pulse> = strongest
                .into_iter()
                .take_while(|pulse| {
                    used += pulse.span.len();
                    used <= allowed
                })
                .cloned()
                .collect();
            chosen.sort_by_key(|pulse| pulse.span.start);
            kept.extend(chosen);
        }
        kept
    }
}

/// Solves all flagged samples block by block under models of what was `mended` before; each block reads its context from the
/// input alone.
fn mend(samples: &[f32], mended: &[f32], found: &[Pulse], block: usize, rate: SampleRate) -> Vec<f32> {
    let order = rate.samples_in(ORDER_SECS).max(8);
    let mut output = samples.to_vec();
    output.par_chunks_mut(block).enumerate().for_each(|(index, output)| {
        let start = index * block;
        let end = start + output.len();
        let first = start.saturating_sub(block);
        let last = (end + block).min(samples.len());
        let from = found.partition_point(|pulse| pulse.span.end <= first);
        let until = found.partition_point(|pulse| pulse.span.start < last);
        let near = &found[from..until];
        if !near.iter().any(|pulse| pulse.span.start < end && pulse.span.end > start) {
            return;
        }
        let doubles = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let mut segment = doubles(&samples[first..last]);
        let (mut missing, mut trust) = (Vec::new(), Vec::new());
        for pulse in near {
            for n in pulse.span.start.max(first)..pulse.span.end.min(last) {
                missing.push(n - first);
                trust.push(pulse.trust);
            }
        }
        let bound = segment.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let model = ArModel::fit(&doubles(&mended[first..last]), order.min(segment.len() / 6));
        if model.estimate(&mut segment, &missing, &trust).is_none() {
            return;
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
            touched += found.iter().map(|pulse| pulse.span.len()).sum::<usize>();
            report.repairs.extend(found.into_iter().map(|Pulse { span, score, .. }| Repair {
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
        assert!(gain > 8.0, "{gain} dB");
    }

    #[test]
    fn crackle_alone_goes_from_a_voice_that_pauses() {
        let rate = SampleRate::new(44_100).unwrap();
        let mut random = tonearm_testkit::random::Random::new(19);
        let clean: Vec<f32> = (0..176_400)
            .map(|i| {
                let t = f64::from(i) / 44_100.0;
                // Half a second of voice, half a second of pause, 60 dB apart.
                let level = (5.0 * (std::f64::consts::TAU * t).sin()).clamp(0.001, 1.0);
                let voice: f64 = (1..=20)
                    .map(|h| (std::f64::consts::TAU * 130.0 * f64::from(h) * t).sin() / f64::from(h).powi(2))
                    .sum();
                (level * (0.1 * voice + 0.0005 * random.normal())) as f32
            })
            .collect();
        let stage = Decrackle::new(DecrackleSettings::default()).unwrap();
        let signal = Signal::mono(rate, clean.clone()).unwrap();
        assert_eq!(stage.process(&signal).unwrap().0, signal);
        let mut damaged = clean.clone();
        plant_crackle(4, &mut damaged, 44_100, 1_500.0, 0.02);
        let (output, _) = stage.process(&Signal::mono(rate, damaged.clone()).unwrap()).unwrap();
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
