//! Clicks: found where neither past nor future foretells a sample, then replaced by what the samples around them foretell.
//!
//! Detection is apart from repair. [`detect`] sets a bank of matched filters on the interpolation error of an
//! autoregressive model ([`super::pulse_bank`]), and beside it the two-way prediction error's energy in windows of several
//! lengths ([`super::whitened`]); it mends what it found, fits the models again and looks anew. Candidates that the
//! programme's own transients would explain are dropped (`search`), on a worn disc by a learned decision (`judged`), and once a scratch's period is known
//! ([`super::find_period`]), its next tick is looked for where it is due. What remains is repaired by least-squares
//! interpolation (`repair`).
//!
//! A transfer whose band ends at a steep edge is searched and mended at the lowest rate that holds the band
//! ([`super::narrow_band`]); a repair then rounds off some eight samples of that rate beyond the span that is reported.
//!
//! Sources and symbols stand in those files; the hysteresis (trigger, extend) is that of Godsill and Rayner, *Digital Audio
//! Restoration* (1998), §5.3.
//!
//! **Assumptions.** Clicks are shorter than 2.5 ms and do not fill more than some 5 % of the time; denser, smaller pulses
//! are [`Decrackle`](super::Decrackle)'s, longer ones are left. **Known failures.** A single
//! percussive click of the programme (a castanet, a mouth click close to the horn) cannot be told from damage.

pub(super) mod candidate;
pub(super) mod damage;
mod evidence;
mod faint;
mod judged;
mod kinship;
mod learned;
pub(super) mod repair;
mod search;
mod wear;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tonearm_audio::{SampleRate, Signal};

use self::damage::Damage;
use self::evidence::{Look, Looked};
use self::faint::{beside, listed, softened};
use self::judged::Judged;
use self::learned::Decision;
use self::repair::Repairer;
use self::search::{Click, Scored, Search};
use super::each_channel::each_channel;
use super::narrow_band::NarrowBand;
use super::ticks::{TickPeriod, find_period};
use super::whitened::Whitened;
use super::{Repair, Stage, StageReport, StageSettings, in_range, scaled};
use crate::DspError;

/// The scale never counts as smaller than this: a fifth of a 16-bit step, below which there is only rounding.
const FLOOR: f32 = 6e-6;
/// The scale never counts as smaller than this share of the programme's level (−66 dB): below it, damage is not heard.
const INAUDIBLE: f32 = 5e-4;
/// The least rate at which the learned decision is asked.
const LEARNED_RATE_HZ: u32 = 22_050;
/// Rounds of fit, search and repair.
const ROUNDS: usize = 2;

/// How clicks are found and mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclickSettings {
    /// How readily a click is believed: 0 to 1, default 0.5. Thresholds scale by 2^(1 − 2·sensitivity).
    pub sensitivity: f64,
    /// Trigger on a worn disc, in standard deviations of noise: 3 to 30, default 5.
    pub trigger: f64,
    /// The longest span repaired, in milliseconds: 0.1 to 10, default 2.5.
    pub longest_ms: f64,
    /// Samples added on each side of a span: 0 to 16, default 1.
    pub guard_samples: usize,
}

impl Default for DeclickSettings {
    fn default() -> Self {
        Self { sensitivity: 0.5, trigger: 5.0, longest_ms: 2.5, guard_samples: 1 }
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

/// A candidate's samples and its looks.
pub type Evidence = (Range<usize>, Vec<f32>);

/// The names of what the learned decision looks at, in the order of [`Declick::evidence`].
pub fn look_names() -> Vec<String> {
    Look::ALL.iter().map(|look| format!("{look:?}")).collect()
}

/// What was found in one channel.
#[derive(Default)]
struct Findings {
    clicks: Vec<Detection>,
    /// How many pulses were softened.
    faint: usize,
    ticks: Option<TickPeriod>,
    looked: Vec<Looked>,
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
        Ok(self.work(samples, rate)?.1.clicks)
    }

    /// What the learned decision sees of one channel: for each candidate its samples and its looks, as [`look_names`] names them. Nothing
    /// where the recording is not worn, or its band ends at a steep edge.
    ///
    /// # Errors
    /// As [`detect`].
    pub fn evidence(&self, samples: &[f32], rate: SampleRate) -> Result<Vec<Evidence>, DspError> {
        let looked = self.work(samples, rate)?.1.looked;
        Ok(looked.into_iter().map(|(span, looks)| (span, looks.values().to_vec())).collect())
    }

    /// One channel with its clicks mended, and what was found; where the band ends early, at the rate that holds it.
    fn work(&self, samples: &[f32], rate: SampleRate) -> Result<(Vec<f32>, Findings), DspError> {
        let band = NarrowBand::of(samples, rate);
        // What was learned was learned in wide bands.
        let decision = (band.is_none() && rate.hz() >= LEARNED_RATE_HZ).then(Decision::new);
        let mend = |samples: &[f32], rate: SampleRate| {
            let (Judged { clicks, faint, looked }, ticks) = self.find(samples, rate, decision.as_ref());
            let faint = beside(faint, &clicks);
            let softened = softened(samples, &faint);
            let mended = Repairer::new(rate.as_f64(), 3).repair(&softened, &damage_of(&clicks));
            (mended, Judged { clicks, faint, looked }, ticks)
        };
        let mut mended = samples.to_vec();
        let mut findings = Findings::default();
        if band.as_ref().is_none_or(NarrowBand::has_pulses_beyond) {
            let (own, Judged { clicks, faint, looked }, ticks) = mend(samples, rate);
            mended = own;
            let listed = apart(listed(&clicks, &faint));
            findings = Findings { clicks: listed, faint: faint.len(), ticks, looked };
        }
        if let Some(band) = band {
            let low = band.lowered(&mended)?;
            let (low_mended, Judged { clicks: found, .. }, period) = mend(&low, band.low_rate());
            band.change(&mut mended, &low, &low_mended, found.iter().map(|click| click.damage.span.clone()));
            findings.clicks.extend(found.iter().map(|Click { detection, .. }| {
                let span = band.span(&(detection.start..detection.end), samples.len());
                Detection { start: span.start, end: span.end, ..*detection }
            }));
            findings.clicks = apart(findings.clicks);
            findings.ticks = period.or(findings.ticks);
        }
        Ok((mended, findings))
    }

    /// The clicks of one channel with what is needed to mend them, what may be clicks, and the period of ticks.
    fn find(
        &self,
        samples: &[f32],
        rate: SampleRate,
        decision: Option<&Decision>,
    ) -> (Judged, Option<TickPeriod>) {
        let floor = floor_of(samples, rate);
        let repairer = Repairer::new(rate.as_f64(), 1);
        let mut search = Search::new(&self.settings, rate);
        let (mut judged, mut ticks) = (Judged::default(), None);
        let mut before: Option<Scored> = None;
        // Large clicks bend the models that are to reveal the small ones: mend, fit again, and look at the input anew.
        for round in 0..ROUNDS {
            let unfit = search.unfit_for_models(&judged.clicks, samples.len());
            // Where nothing was found, everything stands out as before.
            let same = before.take().filter(|_| unfit.is_empty());
            let decides = |search: &Search| decision.filter(|_| round > 0 && search.is_worn());
            if same.is_some() && decides(&search).is_none() {
                break;
            }
            let scored = same.unwrap_or_else(|| {
                let mended = repairer.repair(samples, &unfit);
                let whitened = Whitened::of(samples, &mended, rate.as_f64(), search.reach(), floor);
                search.judge_wear(&whitened, floor / INAUDIBLE);
                search.scored(whitened)
            });
            search.fits = round + 1 == ROUNDS;
            judged = match decides(&search) {
                Some(decision) => search.judged(&scored, ticks.as_ref(), decision),
                None => Judged { clicks: search.clicks(&scored, ticks.as_ref()), ..Judged::default() },
            };
            if round == 0 {
                search.take_band_of(&judged.clicks, &scored.whitened);
            }
            before = Some(scored);
            let detections: Vec<Detection> = judged.clicks.iter().map(|click| click.detection).collect();
            ticks = find_period(&detections, rate);
        }
        (judged, ticks)
    }
}

/// The least scale that counts, for a recording of this loudness.
pub(super) fn floor_of(samples: &[f32], rate: SampleRate) -> f32 {
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

/// The clicks in ascending order, those that overlap as one.
fn apart(mut clicks: Vec<Detection>) -> Vec<Detection> {
    clicks.sort_by_key(|click| (click.start, click.end));
    clicks.into_iter().fold(Vec::new(), |mut kept, next| {
        match kept.last_mut() {
            Some(last) if next.start < last.end => {
                last.end = last.end.max(next.end);
                last.score = last.score.max(next.score);
                last.confidence = last.confidence.max(next.confidence);
            }
            _ => kept.push(next),
        }
        kept
    })
}

fn damage_of(found: &[Click]) -> Vec<Damage> {
    found.iter().map(|click| click.damage.clone()).collect()
}

impl StageSettings for DeclickSettings {
    type Stage = Declick;

    fn build(&self) -> Result<Declick, DspError> {
        Declick::new(self.clone())
    }

    fn at_strength(&self, strength: f64) -> Self {
        Self { sensitivity: scaled(self.sensitivity, strength), ..self.clone() }
    }
}

impl Stage for Declick {
    fn name(&self) -> &'static str {
        "declick"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let rate = signal.sample_rate();
        let worked = each_channel(signal, |samples| self.work(samples, rate))?;
        let (channels, found): (Vec<Vec<f32>>, Vec<Findings>) = worked.into_iter().unzip();
        let output = Signal::new(rate, channels)?;
        let mut report = StageReport::new(self.name());
        describe(&mut report, &found, signal);
        Ok((output, report))
    }
}

/// Fills in repairs, counts and shares.
fn describe(report: &mut StageReport, found: &[Findings], signal: &Signal) {
    for (channel, Findings { clicks, ticks, .. }) in found.iter().enumerate() {
        report.repairs.extend(clicks.iter().map(|detection| Repair {
            channel,
            start: detection.start,
            end: detection.end,
            confidence: detection.confidence,
        }));
        if let Some(ticks) = ticks {
            report.find("tick_period", ticks.period_secs, "s");
            report.find("ticks", ticks.ticks as f64, "");
        }
    }
    report.repairs.sort_by_key(|r| (r.start, r.channel));
    let count = report.repairs.len();
    let touched: usize = report.repairs.iter().map(|r| r.end - r.start).sum();
    let channels = signal.channel_count() as f64;
    let per_second = count as f64 / channels / signal.duration().get().max(1e-9);
    report.find("repairs", count as f64, "");
    report.find("repairs_per_second", per_second, "1/s");
    report.find("softened", found.iter().map(|findings| findings.faint as f64).sum(), "");
    report.find("share_replaced", touched as f64 / (signal.len() as f64 * channels).max(1.0), "");
    report.summary = format!("{count} clicks repaired ({per_second:.1} a second)");
}

#[cfg(test)]
mod tests;
