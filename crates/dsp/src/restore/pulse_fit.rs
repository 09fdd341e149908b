//! A pulse's own form, refined from the bank's nearest: its length, its swing, and where between two samples it begins.
//!
//! The bank's lengths stand apart by a factor of 1.8 and its fronts by half a sample: enough to find a pulse, but a strong one would leave
//! a fifth of itself. The statistic of [`super::pulse_bank`] is the logarithm of the likelihood of a form, whatever its height, so its
//! maximum is the most likely form (Kay, *Fundamentals of Statistical Signal Processing: Estimation Theory*, 1993, §7.4). It is sought along
//! one parameter after the other, in steps that become finer.

use super::pulse_bank::{Match, PulseBank};
use super::pulse_form::{Form, OVERSAMPLING, Response};
use super::whitened::Whitened;

/// Steps of length (factors) and swing (turns); the front moves by eighths of a sample.
const LENGTH_STEPS: [f64; 3] = [1.32, 1.15, 1.07];
const TURNS_STEPS: [f64; 3] = [0.18, 0.09, 0.045];
const FRONT_STEPS: [f64; 3] = [0.25, 0.125, 0.125];
/// Lengths in samples and turns that a pulse may have.
const LENGTHS: (f64, f64) = (0.25, 160.0);
const TURNS: (f64, f64) = (0.0, 1.6);

/// A pulse as it was fitted.
#[derive(Clone, Debug)]
pub(crate) struct FittedPulse {
    /// The sample of the first value.
    pub(crate) start: usize,
    /// What it added to each sample, full scale ±1.
    pub(crate) values: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    front: f64,
    length: f64,
    turns: f64,
}

/// A form with its place and its statistic.
struct Trial {
    form: Form,
    place: usize,
    statistic: f32,
}

impl PulseBank {
    /// The most likely pulse near a match whose largest value lies at `peak`: in the band of the bank, or in none, as what crept in
    /// after the transfer has.
    pub(crate) fn fitted(&self, whitened: &Whitened, found: &Match, peak: usize) -> FittedPulse {
        let nearest = self.form(found);
        let sign = found.height.signum();
        let front = peak as f64 - nearest.lead() as f64 + nearest.front;
        let shape = Shape { front, length: nearest.length, turns: nearest.turns };
        let itself = Trial { form: nearest.clone(), place: peak, statistic: sign * found.score };
        let mut best = likeliest(whitened, &self.response, sign, shape, itself);
        if let Some(sharp) = trial(whitened, &self.sharp, shape) {
            let sharp = likeliest(whitened, &self.sharp, sign, shape, sharp);
            if sharp.statistic * sign > best.statistic * sign {
                best = sharp;
            }
        }
        let block = whitened.block_of(best.place);
        let height = best.statistic * best.form.inverse(whitened, block);
        let scale = height * whitened.scale(best.place);
        FittedPulse {
            start: best.place.saturating_sub(best.form.lead()),
            values: best.form.values.iter().map(|value| scale * value).collect(),
        }
    }

    /// The match itself, without a closer look.
    pub(crate) fn unfitted(&self, whitened: &Whitened, found: &Match, peak: usize) -> FittedPulse {
        let form = self.form(found);
        let height = found.height * whitened.scale(peak);
        FittedPulse {
            start: peak.saturating_sub(form.lead()),
            values: form.values.iter().map(|value| height * value).collect(),
        }
    }
}

/// The likeliest form of this sign that can be reached from `best`, which has the shape `shape`.
fn likeliest(
    whitened: &Whitened,
    response: &Response,
    sign: f32,
    mut shape: Shape,
    mut best: Trial,
) -> Trial {
    for level in 0..LENGTH_STEPS.len() {
        let moves: [&dyn Fn(Shape, f64) -> Shape; 3] = [
            &|s, way| Shape { front: s.front + way * FRONT_STEPS[level], ..s },
            &|s, way| Shape { length: s.length * LENGTH_STEPS[level].powf(way), ..s },
            &|s, way| Shape { turns: s.turns + way * TURNS_STEPS[level], ..s },
        ];
        for change in moves {
            for way in [1.0, -1.0] {
                let next = change(shape, way);
                let Some(trial) = trial(whitened, response, next) else { continue };
                if trial.statistic * sign > best.statistic * sign {
                    (best, shape) = (trial, next);
                    break;
                }
            }
        }
    }
    best
}

/// A form of this shape where it would lie.
fn trial(whitened: &Whitened, response: &Response, shape: Shape) -> Option<Trial> {
    let fits = (LENGTHS.0..=LENGTHS.1).contains(&shape.length) && (TURNS.0..=TURNS.1).contains(&shape.turns);
    if !fits {
        return None;
    }
    let eighths = (shape.front * OVERSAMPLING as f64).round() as usize;
    let (sample, rest) = (eighths / OVERSAMPLING, eighths % OVERSAMPLING);
    let form = Form::draw(shape.length, shape.turns, rest, response);
    let ahead = form.front - rest as f64 / OVERSAMPLING as f64;
    let place = sample.checked_add_signed(form.lead() as isize - ahead.round() as isize)?;
    let statistic = form.statistic(whitened, place)?;
    Some(Trial { form, place, statistic })
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::super::pulse_form::Band;
    use super::*;

    #[test]
    fn a_strong_pulse_between_the_banks_forms_is_fitted() {
        let mut random = Random::new(5);
        let clean: Vec<f32> = (0..44_100).map(|_| (0.01 * random.normal()) as f32).collect();
        let bank = PulseBank::clicks(44_100.0);
        let response = Response::of(Band::Gentle { deviation: 0.55 });
        for (length, turns, eighths) in [(4.2, 0.3, 2), (15.0, 0.7, 6), (48.0, 1.1, 3)] {
            let form = Form::draw(length, turns, eighths, &response);
            let mut damaged = clean.clone();
            damaged[20_000..].iter_mut().zip(&form.values).for_each(|(x, h)| *x += 1.0 * h);
            let whitened = Whitened::of(&damaged, &clean, 44_100.0, bank.reach(), 1e-6);
            let scores = bank.scores(&whitened, damaged.len());
            let near = 19_950..20_100;
            let peak = near.max_by(|&a, &b| scores.values[a].total_cmp(&scores.values[b])).unwrap();
            let found = bank.best_at(&whitened, &scores, peak);
            let left = |start: usize, values: &[f32]| -> f32 {
                let mut rest = damaged[19_900..20_200].to_vec();
                rest[start - 19_900..].iter_mut().zip(values).for_each(|(x, h)| *x -= h);
                rest.iter().zip(&clean[19_900..]).map(|(a, b)| (a - b).powi(2)).sum()
            };
            let nearest = bank.form(&found);
            let height = found.height * whitened.scale(peak);
            let coarse: Vec<f32> = nearest.values.iter().map(|h| height * h).collect();
            let fitted = bank.fitted(&whitened, &found, peak);
            let (before, after) = (left(peak - nearest.lead(), &coarse), left(fitted.start, &fitted.values));
            assert!(after < 0.5 * before && after < 0.02, "{length}: {before} to {after}");
        }
    }

    #[test]
    fn a_pulse_sharper_than_the_bank_is_fitted_as_it_is() {
        let mut random = Random::new(6);
        let clean: Vec<f32> = (0..44_100).map(|_| (0.003 * random.normal()) as f32).collect();
        let bank = PulseBank::clicks(44_100.0);
        // What was added after the transfer is not rounded by its band.
        let mut damaged = clean.clone();
        damaged[20_000..20_060].iter_mut().enumerate().for_each(|(k, x)| *x += (-(k as f32) / 8.0).exp());
        let whitened = Whitened::of(&damaged, &clean, 44_100.0, bank.reach(), 1e-6);
        let scores = bank.scores(&whitened, damaged.len());
        let near = 19_950..20_100;
        let peak = near.max_by(|&a, &b| scores.values[a].total_cmp(&scores.values[b])).unwrap();
        let fitted = bank.fitted(&whitened, &bank.best_at(&whitened, &scores, peak), peak);
        let mut rest = damaged[19_900..20_200].to_vec();
        rest[fitted.start - 19_900..].iter_mut().zip(&fitted.values).for_each(|(x, h)| *x -= h);
        let left: f32 = rest.iter().zip(&clean[19_900..]).map(|(a, b)| (a - b).powi(2)).sum();
        assert!(left < 0.03, "{left}");
    }
}
