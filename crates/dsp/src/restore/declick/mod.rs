//! Clicks: found by two kinds of evidence, then replaced by what the samples around them foretell.
//!
//! Detection is apart from repair. [`detect`] weighs, sample by sample, (A) the energy above the programme's band
//! and (B) the prediction error of an autoregressive model in both directions of time, each against a robust local scale.
//! Candidates that the programme's own transients would explain are dropped: a plosive goes on after its front,
//! brass and the glottis repeat at the pitch period. What remains is repaired by least-squares interpolation.
//!
//! Sources and symbols stand in the three modules; the hysteresis (trigger, extend) is that of Godsill and Rayner (1998),
//! §5.3.
//!
//! **Assumptions.** Clicks are shorter than 2.5 ms and do not fill more than some 5 % of the time; denser, smaller pulses
//! are [`Decrackle`](super::Decrackle)'s, longer ones [`Thump`](super::Thump)'s. **Known failures.** A single
//! percussive click of the programme (a castanet, a mouth click close to the horn) cannot be told from damage.

mod candidate;
mod high_band;
mod prediction_error;
pub(super) mod repair;

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{SampleRate, Signal};

use self::candidate::{Candidate, Surroundings, candidates};
use self::repair::Repairer;
use super::{Repair, Stage, StageReport, in_range};
use crate::DspError;

/// The scale never counts as smaller than this: a fifth of a 16-bit step, below which there is only rounding.
const FLOOR: f32 = 6e-6;
/// The edge taken for the programme where none is given: what an acoustic or early electrical disc can hold.
const DEFAULT_EDGE_HZ: f64 = 6_000.0;

/// How clicks are found and mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclickSettings {
    /// How readily a click is believed: 0 to 1, default 0.5. Thresholds scale by 2^(1 − 2·sensitivity).
    pub sensitivity: f64,
    /// Trigger above the programme's band, in multiples of the local scale: 3 to 20, default 5.
    pub high_band_trigger: f64,
    /// Trigger of the two-way prediction error, in multiples of its scale: 3 to 30, default 7.
    pub prediction_trigger: f64,
    /// Where the programme's band ends, in hertz; without it, 6 kHz.
    pub programme_edge_hz: Option<f64>,
    /// The longest span repaired, in milliseconds: 0.1 to 10, default 2.5.
    pub longest_ms: f64,
    /// Samples added on each side of a span: 0 to 16, default 1.
    pub guard_samples: usize,
}

impl Default for DeclickSettings {
    fn default() -> Self {
        Self {
            sensitivity: 0.5,
            high_band_trigger: 5.0,
            prediction_trigger: 7.0,
            programme_edge_hz: None,
            longest_ms: 2.5,
            guard_samples: 1,
        }
    }
}

/// Which evidence found a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Energy above the programme's band.
    HighBand,
    /// Prediction error in both directions.
    PredictionError,
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
    /// What found it.
    pub evidence: Evidence,
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
        in_range("declick.high_band_trigger", settings.high_band_trigger, 3.0, 20.0, "σ")?;
        in_range("declick.prediction_trigger", settings.prediction_trigger, 3.0, 30.0, "σ")?;
        if let Some(edge) = settings.programme_edge_hz {
            in_range("declick.programme_edge_hz", edge, 500.0, 100_000.0, "Hz")?;
        }
        in_range("declick.longest_ms", settings.longest_ms, 0.1, 10.0, "ms")?;
        in_range("declick.guard_samples", settings.guard_samples as f64, 0.0, 16.0, "samples")?;
        Ok(Self { settings })
    }

    /// The clicks of one channel, ascending and apart.
    ///
    /// # Errors
    /// As [`detect`].
    pub fn detect(&self, samples: &[f32], rate: SampleRate) -> Result<Vec<Detection>, DspError> {
        let mut found = Vec::new();
        if let Some(cutoff) = self.cutoff(rate) {
            let scores = high_band::scores(samples, rate, cutoff, FLOOR)?;
            found = self.accept(&scores, self.settings.high_band_trigger, Evidence::HighBand, rate);
        }
        // Large clicks bend the model that is to reveal the small ones: mend first, then look again.
        let spans = spans_of(&found);
        let repairer = Repairer::new(rate.as_f64(), 1);
        for _round in 0..2 {
            let mended = repairer.repair(samples, &spans_of(&found));
            let scores = prediction_error::scores(&mended, rate.as_f64(), FLOOR);
            let more =
                self.accept(&scores, self.settings.prediction_trigger, Evidence::PredictionError, rate);
            if more.is_empty() {
                break;
            }
            found = merge(found, more, self.guard(rate));
        }
        debug_assert!(spans.len() <= samples.len());
        Ok(found)
    }

    fn cutoff(&self, rate: SampleRate) -> Option<tonearm_audio::Hertz> {
        high_band::cutoff(self.settings.programme_edge_hz.unwrap_or(DEFAULT_EDGE_HZ), rate)
    }

    fn guard(&self, rate: SampleRate) -> usize {
        // The guard is meant at 44.1 kHz.
        (self.settings.guard_samples as f64 * (rate.as_f64() / 44_100.0).max(1.0)).round() as usize
    }

    /// The candidates of one kind of evidence that survive the checks.
    fn accept(&self, scores: &[f32], trigger: f64, evidence: Evidence, rate: SampleRate) -> Vec<Detection> {
        let trigger = (trigger * 2f64.powf(1.0 - 2.0 * self.settings.sensitivity)) as f32;
        let longest = rate.samples_in(self.settings.longest_ms * 1e-3);
        let surroundings = Surroundings {
            guard: rate.samples_in(0.0004).max(2),
            cell: rate.samples_in(0.001).max(4),
            cells: 9,
            periods: (rate.samples_in(0.0018), rate.samples_in(0.016)),
        };
        let guard = self.guard(rate);
        candidates(scores, trigger, trigger / 2.0, rate.samples_in(0.0001).max(2))
            .into_par_iter()
            .filter(|candidate| candidate.span.len() <= longest)
            .filter_map(|candidate: Candidate| {
                let sides = surroundings.side_level(scores, &candidate);
                let recurrence = surroundings.recurrence(scores, &candidate);
                let alone = candidate.score > 1.6 * sides;
                let once = recurrence < 0.5 || recurrence * candidate.score < 0.9 * trigger;
                (alone && once).then(|| Detection {
                    start: candidate.span.start.saturating_sub(guard),
                    end: (candidate.span.end + guard).min(scores.len()),
                    score: candidate.score,
                    confidence: confidence(candidate.score, trigger),
                    evidence,
                })
            })
            .collect::<Vec<_>>()
            .into_iter()
            .fold(Vec::new(), |found, next| merge(found, vec![next], 0))
    }
}

/// A probability from how far a score exceeds its trigger: ½ at 0.8 of the trigger, 0.9 at 1.15.
fn confidence(score: f32, trigger: f32) -> f32 {
    1.0 / (1.0 + (-6.3 * (score / trigger - 0.8)).exp())
}

fn spans_of(found: &[Detection]) -> Vec<Range<usize>> {
    found.iter().map(|d| d.start..d.end).collect()
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
                    (last.score, last.confidence, last.evidence) =
                        (next.score, next.confidence, next.evidence);
                }
            }
            _ => merged.push(next),
        }
    }
    merged
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
            .map(|(samples, found)| repairer.repair(samples, &spans_of(found)))
            .collect();
        let output = Signal::new(rate, channels)?;
        let mut report = StageReport::new(self.name());
        if self.cutoff(rate).is_none() {
            report.warnings.push(format!(
                "at {rate} the input has no band above {:.0} Hz to look for clicks in: small ones may stay",
                self.settings.programme_edge_hz.unwrap_or(DEFAULT_EDGE_HZ)
            ));
        }
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
        assert!(gain > 15.0, "{gain} dB");
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

    #[test]
    fn a_low_rate_is_said() {
        let signal = Signal::mono(SampleRate::new(8_000).unwrap(), hiss(4, 8_000, 0.01)).unwrap();
        let (_, report) = Declick::new(DeclickSettings::default()).unwrap().process(&signal).unwrap();
        assert!(report.warnings[0].contains("8000 Hz"), "{:?}", report.warnings);
    }
}
