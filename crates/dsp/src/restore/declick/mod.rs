//! Clicks: found where neither past nor future foretells a sample, then replaced by what the samples around them foretell.
//!
//! Detection is apart from repair. [`detect`] weighs the two-way prediction error of an autoregressive model against a
//! robust local scale, in windows of four lengths ([`super::whitened`]), mends what it found, fits the models
//! again and looks anew. Candidates that the programme's own transients would explain are dropped: a plosive goes on after
//! its front, brass and the glottis repeat at the pitch period. What remains is repaired by least-squares interpolation.
//!
//! The trigger follows the recording. On a worn disc the surface noise holds the error's scale nearly constant; in a
//! clean recording it moves with the programme by a factor of ten and more (the *unrest*), and there only what stands far
//! out is damage. Where strong clicks are common, weak ones are likely too.
//!
//! Sources and symbols stand in [`super::whitened`] and `repair`; the hysteresis (trigger, extend) is that of Godsill
//! and Rayner, *Digital Audio Restoration* (1998), §5.3.
//!
//! **Assumptions.** Clicks are shorter than 2.5 ms and do not fill more than some 5 % of the time; denser, smaller pulses
//! are [`Decrackle`](super::Decrackle)'s, longer ones are left. **Known failures.** A single
//! percussive click of the programme (a castanet, a mouth click close to the horn) cannot be told from damage.

pub(super) mod candidate;
pub(super) mod repair;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{SampleRate, Signal};

use self::candidate::{Candidate, Surroundings, candidates};
use self::repair::{Damage, Repairer};
use super::whitened::{Whitened, trust_at};
use super::{Repair, Stage, StageReport, StageSettings, in_range};
use crate::DspError;

/// The scale never counts as smaller than this: a fifth of a 16-bit step, below which there is only rounding.
const FLOOR: f32 = 6e-6;
/// The scale never counts as smaller than this share of the programme's level (−66 dB): below it, damage is not heard.
const INAUDIBLE: f32 = 5e-4;
/// The windows in which energy is weighed, in seconds: 1, 4, 13 and 40 samples at 44.1 kHz.
const WINDOW_SECS: [f64; 4] = [0.000_02, 0.000_09, 0.000_3, 0.000_9];
/// Spans extend while scores stay above this.
const EXTEND: f32 = 2.5;
/// Rounds of fit, search and repair.
const ROUNDS: usize = 2;
/// A click stands above the scores around it by this factor.
const LONELINESS: f32 = 1.6;
/// A candidate that recurs at a pitch period with this share of its score is the programme's.
const RECURRENCE: f32 = 0.5;
/// Scores that no noise reaches: they tell how common clicks are.
const STRONG: f32 = 8.0;
/// What the trigger rises by where nothing strong is found, and how fast that goes with strong ones per second.
const RARE_EXTRA: f64 = 1.5;
const RARE_RATE: f64 = 3.0;
/// What the trigger rises by for each doubling of the unrest beyond what is allowed.
const QUIET_EXTRA: f32 = 5.0;
const UNREST_ALLOWED: f32 = 1.8;

/// How clicks are found and mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclickSettings {
    /// How readily a click is believed: 0 to 1, default 0.5. Thresholds scale by 2^(1 − 2·sensitivity).
    pub sensitivity: f64,
    /// Trigger on a worn disc, in standard deviations of noise: 3 to 30, default 4.5.
    pub trigger: f64,
    /// The longest span repaired, in milliseconds: 0.1 to 10, default 2.5.
    pub longest_ms: f64,
    /// Samples added on each side of a span: 0 to 16, default 1.
    pub guard_samples: usize,
}

impl Default for DeclickSettings {
    fn default() -> Self {
        Self { sensitivity: 0.5, trigger: 4.5, longest_ms: 2.5, guard_samples: 1 }
    }
}

/// A click that was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// First damaged sample.
    pub start: usize,
    /// One past the last damaged sample.
    pub end: usize,
    /// The highest score inside, in multiples of the local scale.
    pub score: f32,
    /// The probability, 0 to 1, that this is damage.
    pub confidence: f32,
}

/// The clicks of one channel at default settings, ascending and apart.
///
/// # Errors
/// None for a rate that [`SampleRate`] accepts; the signature leaves room for filters that cannot be built.
pub fn detect(samples: &[f32], rate: SampleRate) -> Result<Vec<Detection>, DspError> {
    Declick::new(DeclickSettings::default())?.detect(samples, rate)
}

/// The stage that repairs clicks.
#[derive(Clone, Debug)]
pub struct Declick {
    settings: DeclickSettings,
}

impl Declick {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] where one lies outside its range.
    pub fn new(settings: DeclickSettings) -> Result<Self, DspError> {
        in_range("declick.sensitivity", settings.sensitivity, 0.0, 1.0, "")?;
        in_range("declick.trigger", settings.trigger, 3.0, 30.0, "σ")?;
        in_range("declick.longest_ms", settings.longest_ms, 0.1, 10.0, "ms")?;
        in_range("declick.guard_samples", settings.guard_samples as f64, 0.0, 16.0, "samples")?;
        Ok(Self { settings })
    }

    /// The clicks of one channel, ascending and apart.
    ///
    /// # Errors
    /// As [`detect`].
    pub fn detect(&self, samples: &[f32], rate: SampleRate) -> Result<Vec<Detection>, DspError> {
        let lengths = WINDOW_SECS.map(|secs| rate.samples_in(secs).max(1));
        let floor = floor_of(samples, rate);
        let repairer = Repairer::new(rate.as_f64(), 1);
        let mut found: Vec<Detection> = Vec::new();
        // Large clicks bend the models that are to reveal the small ones: mend, fit again, and look at the input anew.
        for _round in 0..ROUNDS {
            let mended = repairer.repair(samples, &damage_of(&found));
            let whitened = Whitened::of(samples, &mended, rate.as_f64(), floor);
            found = self.accept(&whitened, &lengths, rate);
        }
        Ok(found)
    }

    fn guard(&self, rate: SampleRate) -> usize {
        // The guard is meant at 44.1 kHz.
        (self.settings.guard_samples as f64 * (rate.as_f64() / 44_100.0).max(1.0)).round() as usize
    }

    /// The candidates that survive the checks.
    fn accept(&self, whitened: &Whitened, lengths: &[usize], rate: SampleRate) -> Vec<Detection> {
        let sharp = whitened.scores(&lengths[..2]);
        let mut scores = whitened.scores(&lengths[2..]);
        for (score, sharp) in scores.iter_mut().zip(&sharp) {
            *score = score.max(*sharp);
        }
        let eager = 2f64.powf(1.0 - 2.0 * self.settings.sensitivity) as f32;
        let trigger = self.settings.trigger as f32 * eager;
        let longest = rate.samples_in(self.settings.longest_ms * 1e-3);
        let surroundings = Surroundings {
            guard: rate.samples_in(0.0004).max(2),
            cell: rate.samples_in(0.001).max(4),
            cells: 9,
            periods: (rate.samples_in(0.0018), rate.samples_in(0.016)),
        };
        let guard = self.guard(rate);
        let alone: Vec<Candidate> = candidates(&scores, trigger, EXTEND, rate.samples_in(0.0001).max(2))
            .into_par_iter()
            .map(|mut candidate| {
                candidate.narrow(&sharp, EXTEND, lengths[2]);
                candidate
            })
            .filter(|candidate| {
                let sides = surroundings.side_level(&scores, candidate);
                let recurrence = surroundings.recurrence(&scores, candidate);
                candidate.span.len() <= longest
                    && candidate.score > LONELINESS * sides
                    && (recurrence < RECURRENCE || recurrence * candidate.score < 0.9 * trigger)
            })
            .collect();
        // What is rare must be plain, what is common may be weak; and where there is no surface noise, there is no wear.
        let secs = scores.len() as f64 / rate.as_f64();
        let plain = alone.iter().filter(|c| c.score > STRONG * eager).count();
        let rare = (RARE_EXTRA / (1.0 + RARE_RATE * plain as f64 / secs.max(1e-9))) as f32;
        let quiet = QUIET_EXTRA * (whitened.unrest() / UNREST_ALLOWED).max(1.0).log2();
        let trigger = trigger + (rare + quiet) * eager;
        alone
            .into_iter()
            .filter(|candidate| candidate.score >= trigger)
            .map(|candidate| Detection {
                start: candidate.span.start.saturating_sub(guard),
                end: (candidate.span.end + guard).min(scores.len()),
                score: candidate.score,
                confidence: confidence(candidate.score, trigger),
            })
            .fold(Vec::new(), |found, next| merge(found, vec![next], 0))
    }
}

/// The least scale that counts, for a recording of this loudness.
fn floor_of(samples: &[f32], rate: SampleRate) -> f32 {
    let mut levels: Vec<f32> = samples
        .chunks(rate.samples_in(0.023).max(1))
        .map(|block| (block.iter().map(|x| x * x).sum::<f32>() / block.len() as f32).sqrt())
        .collect();
    if levels.is_empty() {
        return FLOOR;
    }
    // The 80th percentile over blocks stands for the programme, whatever its pauses.
    let place = levels.len() * 4 / 5;
    let programme = *levels.select_nth_unstable_by(place, f32::total_cmp).1;
    (INAUDIBLE * programme).max(FLOOR)
}

/// A probability from how far a score exceeds its trigger: ½ at 0.8 of the trigger, 0.9 at 1.15.
fn confidence(score: f32, trigger: f32) -> f32 {
    1.0 / (1.0 + (-6.3 * (score / trigger - 0.8)).exp())
}

fn damage_of(found: &[Detection]) -> Vec<Damage> {
    found.iter().map(|d| Damage { span: d.start..d.end, trust: trust_at(d.score) }).collect()
}

/// Both lists in one, ascending; what touches or lies within `bridge` samples becomes one.
fn merge(mut found: Vec<Detection>, more: Vec<Detection>, bridge: usize) -> Vec<Detection> {
    found.extend(more);
    found.sort_by_key(|d| (d.start, d.end));
    let mut merged: Vec<Detection> = Vec::with_capacity(found.len());
    for next in found {
        match merged.last_mut() {
            Some(last) if next.start <= last.end + bridge => {
                last.end = last.end.max(next.end);
                if next.score > last.score {
                    (last.score, last.confidence) = (next.score, next.confidence);
                }
            }
            _ => merged.push(next),
        }
    }
    merged
}

impl StageSettings for DeclickSettings {
    type Stage = Declick;

    fn build(&self) -> Result<Declick, DspError> {
        Declick::new(self.clone())
    }

    fn at_strength(&self, strength: f64) -> Self {
        Self { sensitivity: self.sensitivity * strength, ..self.clone() }
    }
}

impl Stage for Declick {
    fn name(&self) -> &'static str {
        "declick"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let rate = signal.sample_rate();
        let found: Vec<Vec<Detection>> = signal
            .channels()
            .par_iter()
            .map(|samples| self.detect(samples, rate))
            .collect::<Result<_, _>>()?;
        let repairer = Repairer::new(rate.as_f64(), 3);
        let channels = signal
            .channels()
            .par_iter()
            .zip(&found)
            .map(|(samples, found)| repairer.repair(samples, &damage_of(found)))
            .collect();
        let output = Signal::new(rate, channels)?;
        let mut report = StageReport::new(self.name());
        describe(&mut report, &found, signal, "clicks");
        Ok((output, report))
    }
}

/// Fills in repairs, counts and shares.
pub(super) fn describe(report: &mut StageReport, found: &[Vec<Detection>], signal: &Signal, what: &str) {
    for (channel, found) in found.iter().enumerate() {
        report.repairs.extend(found.iter().map(|d| Repair {
            channel,
            start: d.start,
            end: d.end,
            confidence: d.confidence,
        }));
    }
    report.repairs.sort_by_key(|r| (r.start, r.channel));
    let count = report.repairs.len();
    let touched: usize = report.repairs.iter().map(|r| r.end - r.start).sum();
    let channels = signal.channel_count() as f64;
    let per_second = count as f64 / channels / signal.duration().get().max(1e-9);
    report.find("repairs", count as f64, "");
    report.find("repairs_per_second", per_second, "1/s");
    report.find("share_replaced", touched as f64 / (signal.len() as f64 * channels).max(1.0), "");
    report.summary = format!("{count} {what} repaired ({per_second:.1} a second)");
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::click::{ClickPlan, plant};

    use super::*;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    fn hiss(seed: u64, len: usize, level: f64) -> Vec<f32> {
        let mut random = tonearm_testkit::random::Random::new(seed);
        (0..len).map(|_| (level * random.normal()) as f32).collect()
    }

    #[test]
    fn planted_clicks_are_found_and_mended() {
        let clean = hiss(1, 88_200, 0.004);
        let mut damaged = clean.clone();
        let planted = plant(2, &mut damaged, &ClickPlan::default());
        let signal = Signal::mono(rate(), damaged.clone()).unwrap();
        let (output, report) = Declick::new(DeclickSettings::default()).unwrap().process(&signal).unwrap();
        let hit = planted
            .iter()
            .filter(|c| report.repairs.iter().any(|r| r.start < c.end && r.end > c.start))
            .count();
        assert!(hit as f64 >= 0.95 * planted.len() as f64, "{hit} of {}", planted.len());
        let energy = |x: &[f32]| -> f64 { x.iter().zip(&clean).map(|(a, b)| f64::from(a - b).powi(2)).sum() };
        let gain = 10.0 * (energy(&damaged) / energy(output.channel(0))).log10();
        assert!(gain > 9.0, "{gain} dB");
    }

    #[test]
    fn noise_alone_is_left_alone() {
        let signal = Signal::mono(rate(), hiss(5, 132_300, 0.01)).unwrap();
        let (output, report) = Declick::new(DeclickSettings::default()).unwrap().process(&signal).unwrap();
        assert!(report.repairs.len() <= 1, "{:?}", report.repairs);
        assert!(tonearm_testkit::level::snr_db(signal.channel(0), output.channel(0)) > 40.0);
    }

    #[test]
    fn odd_inputs_pass() {
        for samples in [vec![], vec![0.3], vec![0.0; 5_000], vec![1.0; 100]] {
            let signal = Signal::mono(rate(), samples).unwrap();
            let (output, report) =
                Declick::new(DeclickSettings::default()).unwrap().process(&signal).unwrap();
            assert_eq!(output, signal);
            assert!(report.repairs.is_empty());
        }
    }
}
