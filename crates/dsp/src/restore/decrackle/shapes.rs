//! What a pulse of crackle may have added: the covariance of the damage over all forms that match about as well.
//!
//! A match tells that a pulse is there, and of the bank's few forms the nearest. What is mended from it is only as good as the form, so
//! forms between the bank's are tried on every quarter of a sample. The likelihood of a form at its best height is e^(t²/2) with the
//! matched filter's statistic t (Kay, *Fundamentals of Statistical Signal Processing: Estimation Theory*, 1993, §7.4); with these
//! as weights w the damage has the covariance C = p·Σ w·h²·f·fᵀ, of the fitted height h of each form f. In much noise many forms weigh alike and C
//! spreads over them, in little noise it is one form's. p is the probability that there is a pulse at all, with heights normal about 0 and
//! as many of them as were found. What no form describes is added on the diagonal.
//!
//! **Assumptions.** Pulses are as short as the crackle's bank draws them; longer ones are described by what departs from the forms.

use std::ops::Range;

use rayon::prelude::*;

use super::Pulse;
use crate::restore::pulse_bank::PulseBank;
use crate::restore::pulse_form::{Form, OVERSAMPLING};
use crate::restore::whitened::Whitened;

/// Lengths at 44.1 kHz in samples, turns, and the step of fronts in eighths of a sample.
const LENGTHS: [f64; 6] = [0.25, 1.0, 1.6, 2.3, 3.2, 4.5];
const TURNS: [f64; 4] = [0.1, 0.45, 0.8, 1.2];
const FRONT_STEP: usize = 2;
/// The rate at which the lengths are meant.
const LENGTHS_RATE_HZ: f64 = 44_100.0;
/// Forms this much less likely than the best (natural logarithm) are left out.
const LEAST_LIKELIHOOD: f32 = 5.0;
/// The variance of what departs from the forms: a share of each sample's own and a share of the whole energy. Found with
/// `declick_bench --only crackle` on the simulator's forms and on others.
const OWN_DEPARTURE: f64 = 0.1;
const DEPARTURE: f64 = 0.01;
/// Samples at either end are left off where their variance is below this share of the energy, beside the departure.
const TAIL: f64 = 0.001;

/// What one pulse may have added to the samples.
#[derive(Clone, Debug, Default)]
pub(in crate::restore) struct Damage {
    /// The samples it may have touched.
    pub(super) span: Range<usize>,
    /// `[sample, sample]`, row by row, full scale ±1.
    pub(super) covariance: Vec<f64>,
}

/// Forms between those of a bank.
pub(super) struct PulseShapes {
    forms: Vec<Form>,
    /// How far the largest value may lie from the match's, in samples.
    slack: usize,
}

/// A form where it may lie.
struct Trial<'a> {
    form: &'a Form,
    start: usize,
    height: f64,
    /// Half the square of the statistic.
    evidence: f32,
}

/// How often pulses come and how high they are.
#[derive(Clone, Copy)]
struct Expectation {
    /// Pulses a sample.
    density: f64,
    /// Mean square of their largest values.
    mean_square: f64,
}

impl PulseShapes {
    /// Forms in the band of `bank`.
    pub(super) fn new(bank: &PulseBank, rate_hz: f64) -> Self {
        let samples = rate_hz / LENGTHS_RATE_HZ;
        let mut forms = Vec::new();
        for length in LENGTHS {
            let turns = if length < 0.5 { &TURNS[..1] } else { &TURNS };
            for turns in turns {
                let fronts = (0..OVERSAMPLING).step_by(FRONT_STEP);
                forms.extend(
                    fronts.map(|eighths| Form::draw(length * samples, *turns, eighths, &bank.response)),
                );
            }
        }
        Self { forms, slack: samples.round().max(1.0) as usize }
    }

    /// Tells of all pulses `found` in a signal of `len` samples, ascending, what they may have added.
    pub(super) fn describe(&self, whitened: &Whitened, found: &mut [Pulse], len: usize) {
        let count = found.len() as f64;
        let squares: f64 = found.iter().map(|pulse| f64::from(pulse.height).powi(2)).sum();
        let expected = Expectation { density: count / len as f64, mean_square: squares / count.max(1.0) };
        let block_of = |pulse: &Pulse| whitened.block_of(pulse.peak);
        let groups: Vec<&mut [Pulse]> = found.chunk_by_mut(|a, b| block_of(a) == block_of(b)).collect();
        groups.into_par_iter().for_each(|group| {
            let block = block_of(&group[0]);
            let inverses: Vec<f32> = self.forms.iter().map(|form| form.inverse(whitened, block)).collect();
            for pulse in group {
                let trials = self.trials(whitened, block, &inverses, pulse.peak);
                pulse.damage = damage(&trials, expected, self.forms.len(), len);
            }
        });
    }

    /// The likelier of all forms near `peak`.
    fn trials(&self, whitened: &Whitened, block: usize, inverses: &[f32], peak: usize) -> Vec<Trial<'_>> {
        let scale = whitened.scale(peak);
        let mut trials = Vec::with_capacity(self.forms.len());
        let mut most = 0.0f32;
        for place in peak.saturating_sub(self.slack)..=peak + self.slack {
            for (form, inverse) in self.forms.iter().zip(inverses) {
                let Some(start) = place.checked_sub(form.lead()) else { continue };
                let Some(product) = form.matched(whitened, block, place) else { continue };
                let statistic = product * inverse / scale;
                let evidence = 0.5 * statistic * statistic;
                if evidence > most - LEAST_LIKELIHOOD {
                    most = most.max(evidence);
                    trials.push(Trial {
                        form,
                        start,
                        height: f64::from(product * inverse * inverse),
                        evidence,
                    });
                }
            }
        }
        trials.retain(|trial| trial.evidence > most - LEAST_LIKELIHOOD);
        trials
    }
}

/// The probability that one of the `trials` of so many `forms` is a pulse.
fn probability(trials: &[Trial], expected: Expectation, forms: usize) -> f64 {
    let odds = |trial: &Trial| {
        let (evidence, largest) = (f64::from(trial.evidence), f64::from(trial.form.largest()));
        // The variance of the statistic that heights bring, beside 1 of the noise.
        let power =
            2.0 * evidence * expected.mean_square / (trial.height * largest).powi(2).max(f64::MIN_POSITIVE);
        (evidence * power / (1.0 + power)).min(50.0).exp() / (1.0 + power).sqrt()
    };
    let odds = expected.density * trials.iter().map(odds).sum::<f64>() / forms as f64;
    odds / (1.0 + odds)
}

/// The covariance of what one pulse may have added, of these forms.
fn damage(trials: &[Trial], expected: Expectation, forms: usize, len: usize) -> Damage {
    let start = trials.iter().map(|trial| trial.start).min().unwrap_or(0);
    let end = trials.iter().map(|trial| trial.start + trial.form.values.len()).max().unwrap_or(0).min(len);
    let count = end.saturating_sub(start);
    let most = trials.iter().fold(0.0f32, |most, trial| most.max(trial.evidence));
    let weight = |trial: &Trial| f64::from((trial.evidence - most).exp());
    let total: f64 = trials.iter().map(weight).sum();
    let believed = probability(trials, expected, forms);
    let mut covariance = vec![0.0; count * count];
    let mut energy = 0.0;
    for trial in trials {
        let power = believed * weight(trial) / total * trial.height.powi(2);
        energy += power;
        let first = trial.start - start;
        let values = &trial.form.values[..trial.form.values.len().min(count - first)];
        for (row, a) in covariance.chunks_exact_mut(count).skip(first).zip(values) {
            let factor = power * f64::from(*a);
            for (element, b) in row[first..].iter_mut().zip(values) {
                *element += factor * f64::from(*b);
            }
        }
    }
    trimmed(start, count, &covariance, energy)
}

/// The covariance without ends that hold next to nothing, and with what departs from the forms.
fn trimmed(start: usize, count: usize, covariance: &[f64], energy: f64) -> Damage {
    let own = |n: &usize| covariance[n * count + n] > TAIL * energy;
    let first = (0..count).find(own).unwrap_or(0);
    let last = (0..count).rfind(own).map_or(count, |last| last + 1);
    let mut kept: Vec<f64> = covariance
        .chunks_exact(count.max(1))
        .skip(first)
        .take(last - first)
        .flat_map(|row| row[first..last].iter().copied())
        .collect();
    for own in kept.iter_mut().step_by(last - first + 1) {
        *own = *own * (1.0 + OWN_DEPARTURE) + DEPARTURE * energy;
    }
    Damage { span: start + first..start + last, covariance: kept }
}
