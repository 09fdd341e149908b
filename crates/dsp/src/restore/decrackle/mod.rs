//! Crackle: dense small pulses, hundreds a second and more, re-estimated block by block.
//!
//! Pulses are sought with matched filters on the interpolation error ([`super::pulse_bank`]), at a lower trigger than
//! clicks, because where they are dense they are likely. The models of the search are short: a pulse disturbs as many
//! errors as the model has weights, and at 1,500 pulses a second a long model leaves no error undisturbed to take the scale
//! from. The strongest pulses tell of the transfer's band, and so of the forms (`PulseShapes`): what a pulse may have added is known but for
//! its height, its place between two samples and what little departs from the forms. All samples that pulses touch are then solved together, the
//! most probable ones under a long model of the programme and the covariance of the damage (`mend`). Models and scale come from what was mended
//! before, in three rounds; the last looks for what strong pulses hid, in what was mended, and believes each as far as it shows.
//!
//! Crackle lies on the whole surface. Pulses are kept only where they are dense through two seconds on each side, pauses of
//! the programme included, and where the gaps between them are those of chance: glottal pulses and brass keep a
//! beat (the deviation of Poisson gaps is their mean). In a recording that is quiet beside its crackle, the scale of
//! the programme would hide it wherever somebody speaks; there the evidence is that pulses of one height come as often
//! in the programme as in its pauses.
//!
//! **Assumptions.** Pulses are shorter than 0.7 ms. **Known failures.** In a wide-band hiss as loud as the
//! crackle, pulses cannot be told from noise, and are left; beyond some 40 % of all samples there is too little left
//! to foretell the rest from. Of pulses that are wider than the forms a part stays.

mod density;
mod mend;
mod search;
mod shapes;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tonearm_audio::{SampleRate, Signal};

use super::declick::floor_of;
use super::each_channel::each_channel;
use super::pulse_bank::PulseBank;
use super::whitened::{Blocks, Programme, Whitened};
use super::{Repair, Stage, StageReport, StageSettings, in_range, scaled};
use crate::DspError;
use density::{beside, of_height};
use mend::{mend, span_of, touched};
pub(super) use shapes::Damage;
use shapes::PulseShapes;

/// The block in which one model serves, in seconds.
const BLOCK_SECS: f64 = 0.012;
/// The order of the models of the search in seconds: 6 at 44.1 kHz.
const SEARCH_ORDER_SECS: f64 = 0.000_136;
/// What the trigger is higher by in the first round, whose models still hold all the crackle.
const FIRST_EXTRA: f32 = 0.5;
/// And lower by in the last, which looks among known pulses and believes each as far as it shows.
const HIDDEN_LESS: f32 = 0.5;
/// How many of the strongest pulses tell of the transfer's band.
const BAND_PULSES: usize = 200;
/// How much longer forms of another band may be, in samples.
const BAND_REACH: usize = 20;

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
    /// What it may have added to the samples.
    pub(super) damage: Damage,
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
    /// At most this share of the samples of a block is taken for pulses, the strongest first, before those are sought that they hide: 0 to 0.5,
    /// default 0.4.
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

    /// The pulses of one channel, ascending, and the channel with them mended.
    fn work(&self, samples: &[f32], rate: SampleRate) -> (Vec<f32>, Vec<Pulse>) {
        let look = Look { stage: self, rate, floor: floor_of(samples, rate) };
        let trigger = self.settings.trigger as f32;
        let bank = PulseBank::crackle(rate.as_f64());
        let first = trigger + FIRST_EXTRA;
        let doubted = look.at(&bank, samples, samples, Programme::Doubted, first);
        let plain = self.allowed_swing(&doubted.found, samples.len(), rate).map(|swing| {
            let seen = look.at(&bank, samples, samples, Programme::Ignored, first);
            (self.even_height(&seen.found, swing, samples.len(), rate), seen)
        });
        let even_height = plain.as_ref().and_then(|(height, _)| *height);
        let programme = even_height.map_or(Programme::Doubted, |_| Programme::Ignored);
        let seen = plain.filter(|(height, _)| height.is_some()).map_or(doubted, |(_, seen)| seen);
        let kept = |found: Vec<Pulse>| match even_height {
            Some(height) => of_height(found, height),
            None => self.dense(found, samples.len(), rate),
        };
        let mut found = self.bounded(kept(seen.found), look.block());
        if found.is_empty() {
            return (samples.to_vec(), found);
        }
        let in_band = PulseBank::crackle_in_band_of(&strongest(&found), &seen.whitened, rate.as_f64());
        let bank = in_band.unwrap_or(bank);
        let shapes = PulseShapes::new(&bank, rate.as_f64());
        shapes.describe(&seen.whitened, &mut found, samples.len());
        let mended = mend(samples, samples, &found, look.block(), rate);

        // Now models and scale hold fewer of the pulses.
        let seen = look.at(&bank, samples, &mended, programme, trigger);
        let mut found = self.bounded(kept(seen.found), look.block());
        if found.is_empty() {
            return (samples.to_vec(), found);
        }
        shapes.describe(&seen.whitened, &mut found, samples.len());
        let mended = mend(samples, &mended, &found, look.block(), rate);

        // What the strong ones hid.
        let seen = look.at(&bank, &mended, &mended, programme, trigger - HIDDEN_LESS);
        let mut hidden = match even_height {
            Some(height) => of_height(seen.found, height),
            None => beside(seen.found, &found, rate),
        };
        shapes.describe(&seen.whitened, &mut hidden, samples.len());
        found.append(&mut hidden);
        found.sort_by_key(|pulse| pulse.peak);
        (mend(samples, &mended, &found, look.block(), rate), found)
    }
}

/// How pulses are looked for in one channel.
struct Look<'a> {
    stage: &'a Decrackle,
    rate: SampleRate,
    /// The least scale that counts.
    floor: f32,
}

/// What a look shows.
struct Seen {
    whitened: Whitened,
    found: Vec<Pulse>,
}

impl Look<'_> {
    /// Samples in which one model serves.
    fn block(&self) -> usize {
        self.rate.samples_in(BLOCK_SECS).max(64)
    }

    /// Pulses of the `observed` signal under models of the `mended` one.
    fn at(
        &self,
        bank: &PulseBank,
        observed: &[f32],
        mended: &[f32],
        programme: Programme,
        trigger: f32,
    ) -> Seen {
        let order = self.rate.samples_in(SEARCH_ORDER_SECS).max(4);
        let blocks = Blocks { hop: self.block(), order, reach: bank.reach() + BAND_REACH, borrows: false };
        let whitened = Whitened::from_both_sides(observed, mended, blocks, self.floor, programme);
        let found = self.stage.pulses(bank, &whitened, observed.len(), trigger, self.rate);
        Seen { whitened, found }
    }
}

/// The peaks of the strongest pulses, ascending.
fn strongest(found: &[Pulse]) -> Vec<usize> {
    let mut strong: Vec<&Pulse> = found.iter().collect();
    strong.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.peak.cmp(&b.peak)));
    let mut peaks: Vec<usize> = strong.iter().take(BAND_PULSES).map(|pulse| pulse.peak).collect();
    peaks.sort_unstable();
    peaks
}

impl StageSettings for DecrackleSettings {
    type Stage = Decrackle;

    fn build(&self) -> Result<Decrackle, DspError> {
        Decrackle::new(self.clone())
    }

    /// Half strength takes half as much again to believe a pulse.
    fn at_strength(&self, strength: f64) -> Self {
        Self { trigger: scaled(self.trigger, 2.0 - strength).min(20.0), ..self.clone() }
    }
}

impl Stage for Decrackle {
    fn name(&self) -> &'static str {
        "decrackle"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let rate = signal.sample_rate();
        let worked = each_channel(signal, |samples| Ok(self.work(samples, rate)))?;
        let mut report = StageReport::new(self.name());
        let mut channels = Vec::with_capacity(worked.len());
        let mut pulses = 0;
        for (channel, (samples, found)) in worked.into_iter().enumerate() {
            pulses += found.len();
            report.repairs.extend(touched(&found).iter().map(|group| {
                let span = span_of(group);
                let score = group.iter().fold(0.0, |most: f32, pulse| most.max(pulse.score));
                let confidence = (score / (score + self.settings.trigger as f32)).min(1.0);
                Repair { channel, start: span.start, end: span.end, confidence }
            }));
            channels.push(samples);
        }
        let touched: usize = report.repairs.iter().map(|repair| repair.end - repair.start).sum();
        report.repairs.sort_by_key(|r| (r.start, r.channel));
        let count = signal.channel_count() as f64;
        let per_second = pulses as f64 / count / signal.duration().get().max(1e-9);
        let share = touched as f64 / (signal.len() as f64 * count).max(1.0);
        report.find("pulses_per_second", per_second, "1/s");
        report.find("share_replaced", share, "");
        report.summary = format!(
            "{pulses} pulses repaired ({per_second:.0} a second, {:.1} % of the samples)",
            100.0 * share
        );
        Ok((Signal::new(rate, channels)?, report))
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::click::{CrackleForm, plant_crackle, plant_crackle_of};
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
    fn crackle_of_forms_that_no_bank_draws_goes_in_part() {
        let rate = SampleRate::new(44_100).unwrap();
        for (form, least) in CrackleForm::ALL.into_iter().zip([3.0, 1.5, 5.0]) {
            let mut random = tonearm_testkit::random::Random::new(29);
            // Falls towards the treble, as shellac does.
            let mut low = 0.0;
            let clean: Vec<f32> = (0..132_300)
                .map(|i| {
                    let tone = (std::f64::consts::TAU * 440.0 * f64::from(i) / 44_100.0).sin();
                    low = 0.7 * low + 0.001 * random.normal();
                    (0.1 * tone + low) as f32
                })
                .collect();
            let mut damaged = clean.clone();
            plant_crackle_of(form, 5, &mut damaged, 44_100, 1_500.0, 0.02);
            let signal = Signal::mono(rate, damaged.clone()).unwrap();
            let (output, _) = Decrackle::new(DecrackleSettings::default()).unwrap().process(&signal).unwrap();
            let gain = snr_db(&clean, output.channel(0)) - snr_db(&clean, &damaged);
            assert!(gain > least, "{form:?}: {gain} dB");
        }
    }

    #[test]
    fn nothing_but_what_is_reported_changes() {
        let rate = SampleRate::new(44_100).unwrap();
        let mut random = tonearm_testkit::random::Random::new(39);
        let mut samples: Vec<f32> = (0..88_200).map(|_| (0.001 * random.normal()) as f32).collect();
        plant_crackle(6, &mut samples, 44_100, 1_500.0, 0.02);
        let signal = Signal::mono(rate, samples.clone()).unwrap();
        let (output, report) =
            Decrackle::new(DecrackleSettings::default()).unwrap().process(&signal).unwrap();
        let mut reported = vec![false; samples.len()];
        report.repairs.iter().for_each(|repair| reported[repair.start..repair.end].fill(true));
        assert!(report.repairs.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!(output.channel(0) != samples);
        let untouched =
            samples.iter().zip(output.channel(0)).zip(&reported).filter(|(_, reported)| !**reported);
        assert!(untouched.into_iter().all(|((a, b), _)| a.to_bits() == b.to_bits()));
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
