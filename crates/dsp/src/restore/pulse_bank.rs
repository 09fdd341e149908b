//! Matched filters: how far each place stands out if a pulse of a known form began there.
//!
//! For a signal of autoregressive prediction error σ² the least detectable pulse of form h is found by the matched filter
//! under the model: with z = Aᵀ·A·x/σ (the error of *interpolating* each sample from both sides) the statistic
//! hᵀz / √(hᵀAᵀA·h) is standard normal where there is no pulse, and no other linear statistic shows the pulse better.
//! Against the energy of prediction errors in a window it gains most for short pulses in coloured noise, and it sees less
//! of glottal pulses and bow noise, which excite the model from one side alone.
//!
//! The forms are what throws a stylus aside: a steep front and a damped swing of up to 1¼ turns, from a single sample to
//! 2.5 ms for clicks and to 0.1 ms for crackle, rounded by the transfer's own band.
//!
//! Sources: Godsill and Rayner, *Digital Audio Restoration* (1998), §5.3.2 (matched filter after the whitening filter);
//! Vaseghi and Rayner, "Detection and suppression of impulsive noise in speech communication systems", IEE Proc. I 137
//! (1990), §3.
//!
//! | symbol | here |
//! |---|---|
//! | h | `Form::values`, of unit energy |
//! | z | [`Whitened::interpolation_error`] |
//! | √(hᵀAᵀA·h) | `energy`, from the model's kernel |
//!
//! **Known failures.** A pulse that swings many times matches no form well; the energy of windows finds it
//! ([`Whitened::scores`]).

use std::ops::Range;

use rayon::prelude::*;

use super::whitened::{Stretch, Whitened};
use crate::inner_product::{correlate, dot};

/// Lengths of clicks at 44.1 kHz in samples, from the front to 5 %, in steps of about 1.8; turns of the swing in that time.
const CLICK_LENGTHS: [f64; 8] = [0.5, 3.0, 6.0, 11.0, 20.0, 36.0, 64.0, 110.0];
const CLICK_TURNS: [f64; 4] = [0.15, 0.5, 0.9, 1.25];
/// The same for pulses of crackle.
const CRACKLE_LENGTHS: [f64; 3] = [0.5, 2.0, 3.5];
const CRACKLE_TURNS: [f64; 2] = [0.3, 0.9];
/// The rate at which the lengths are meant.
const LENGTHS_RATE_HZ: f64 = 44_100.0;
/// The fall of the envelope over the length: e⁻³ is 5 %.
const FALL: f64 = 3.0;
/// The converter's low-pass as a Gaussian, standard deviation in samples: −3 dB at 0.24 of the rate.
const ROUNDING: f64 = 0.55;
/// Drawn points per sample.
const OVERSAMPLING: usize = 8;
/// What is below this share of the largest value is left off at both ends.
const TAIL: f64 = 0.03;
/// Forms shorter than this lie on half samples too; longer ones do not change by half a sample.
const FINE_BELOW: f64 = 8.0;
/// A form is tried at every place, or at steps of this share of its length.
const STEP_SHARE: f64 = 1.0 / 12.0;
/// Scores below this are kept as 0.
const LEAST_SCORE: f32 = 2.0;
/// No form is taken to show better than this much of what it would show in white noise (−50 dB): a model of steady tones claims
/// to know the lows between them to any depth.
const LEAST_ENERGY: f32 = 1e-5;

/// A pulse's form on samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    /// Values, the sum of their squares 1.
    pub(crate) values: Vec<f32>,
    /// The sample of the largest magnitude.
    peak: usize,
    /// Distance of the places tried.
    step: usize,
    /// Of the values, from lag 0.
    autocorrelation: Vec<f32>,
}

/// A place where a form matches.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Match {
    /// In standard deviations of noise; 0 where nothing matches.
    pub(crate) score: f32,
    /// Height of the unit form, in units of the local scale, with its sign.
    pub(crate) height: f32,
    /// The form's place in the bank.
    pub(crate) form: u16,
}

/// The forms for one rate.
#[derive(Clone, Debug)]
pub(crate) struct PulseBank {
    forms: Vec<Form>,
}

impl PulseBank {
    /// The forms of clicks in a signal of `rate_hz`.
    pub(crate) fn clicks(rate_hz: f64) -> Self {
        Self::drawn(&CLICK_LENGTHS, &CLICK_TURNS, rate_hz)
    }

    /// The forms of crackle in a signal of `rate_hz`.
    pub(crate) fn crackle(rate_hz: f64) -> Self {
        Self::drawn(&CRACKLE_LENGTHS, &CRACKLE_TURNS, rate_hz)
    }

    fn drawn(lengths: &[f64], turns: &[f64], rate_hz: f64) -> Self {
        let mut forms: Vec<Form> = Vec::new();
        for length in lengths.iter().map(|length| length * rate_hz / LENGTHS_RATE_HZ) {
            let turns = if length < 1.0 { &turns[..1] } else { turns };
            let fractions = if length < FINE_BELOW { &[0.0, 0.5][..] } else { &[0.0][..] };
            for turns in turns {
                for fraction in fractions {
                    let form = Form::draw(length, *turns, *fraction);
                    // At low rates the short ones coincide.
                    if !forms.contains(&form) {
                        forms.push(form);
                    }
                }
            }
        }
        Self { forms }
    }

    /// The form of a match.
    pub(crate) fn form(&self, found: &Match) -> &Form {
        &self.forms[usize::from(found.form)]
    }

    /// Samples before and after its largest value over which a form may reach.
    pub(crate) fn reach(&self) -> usize {
        self.forms.iter().map(|form| form.values.len()).max().unwrap_or(0)
    }

    /// For each sample the best match among the pulses whose largest value falls there. The errors must reach as far beyond
    /// their blocks as the forms.
    pub(crate) fn matches(&self, whitened: &Whitened, len: usize) -> Vec<Match> {
        let mut matches = vec![Match::default(); len];
        matches.par_chunks_mut(whitened.hop()).enumerate().for_each(|(block, matches)| {
            let first = block * whitened.hop();
            let errors = whitened.interpolation_error(block);
            let inverse_scales: Vec<f32> =
                (first..first + matches.len()).map(|n| 1.0 / whitened.scale(n)).collect();
            let mut products = vec![0.0; matches.len()];
            for (index, form) in self.forms.iter().enumerate() {
                let inverse = 1.0 / form.energy(whitened.kernel(block)).sqrt();
                let places = form.products(errors, first, &mut products);
                for place in places.step_by(form.step) {
                    let value = products[place] * inverse * inverse_scales[place];
                    let best = &mut matches[place];
                    if value.abs() > best.score.max(LEAST_SCORE) {
                        *best = Match { score: value.abs(), height: value * inverse, form: index as u16 };
                    }
                }
            }
        });
        matches
    }
}

impl Form {
    fn draw(length: f64, turns: f64, fraction: f64) -> Self {
        let points = ((length * OVERSAMPLING as f64) as usize).max(1);
        let swing = |k: usize| {
            let place = (k as f64 + 0.5) / points as f64;
            (-FALL * place).exp() * (std::f64::consts::TAU * turns * place).cos()
        };
        let reach = 3.0;
        let count = (length + 2.0 * reach).ceil() as usize + 1;
        let drawn: Vec<f64> = (0..count)
            .map(|n| {
                let at = n as f64 - reach - fraction;
                (0..points)
                    .map(|k| {
                        let distance = at - k as f64 / OVERSAMPLING as f64;
                        swing(k) * (-0.5 * (distance / ROUNDING).powi(2)).exp()
                    })
                    .sum()
            })
            .collect();
        let largest = drawn.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let loud = |x: &f64| x.abs() >= TAIL * largest;
        let start = drawn.iter().position(loud).unwrap_or(0);
        let end = drawn.iter().rposition(loud).map_or(1, |last| last + 1);
        let drawn = &drawn[start..end];
        let norm = drawn.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        let peak = (0..drawn.len()).max_by(|&a, &b| drawn[a].abs().total_cmp(&drawn[b].abs())).unwrap_or(0);
        let values: Vec<f32> = drawn.iter().map(|x| (x / norm) as f32).collect();
        let autocorrelation = (0..values.len()).map(|lag| dot(&values[lag..], &values)).collect();
        Self { values, peak, step: ((length * STEP_SHARE) as usize).max(1), autocorrelation }
    }

    /// Samples before the largest value.
    pub(crate) fn lead(&self) -> usize {
        self.peak
    }

    /// The largest magnitude.
    pub(crate) fn largest(&self) -> f32 {
        self.values[self.peak].abs()
    }

    /// hᵀAᵀA·h from the kernel b of the model.
    fn energy(&self, kernel: &[f32]) -> f32 {
        let variance = kernel.first().copied().unwrap_or(1.0);
        let lagged = kernel.iter().zip(&self.autocorrelation).skip(1).map(|(b, lagged)| 2.0 * b * lagged);
        let sum = variance * self.autocorrelation[0] + lagged.sum::<f32>();
        sum.max(LEAST_ENERGY * variance).max(f32::MIN_POSITIVE)
    }

    /// hᵀz at the places from `first` on, as far as `errors` hold all of the form: written to `products`, of which the range and in it every
    /// [`step`](Self::step) counts. Places are multiples of the step, whatever `first` is.
    fn products(&self, errors: &Stretch, first: usize, products: &mut [f32]) -> Range<usize> {
        let lead = self.peak + errors.first;
        let begin = first.max(lead).next_multiple_of(self.step) - first;
        let last = (lead + errors.values.len() + 1).saturating_sub(self.values.len() + first);
        let places = begin..products.len().min(last);
        let errors = errors.values.get((first + begin).saturating_sub(lead)..).unwrap_or_default();
        if places.is_empty() || errors.is_empty() {
            return 0..0;
        }
        if self.step == 1 {
            correlate(&self.values, errors, &mut products[places.clone()]);
        } else {
            for place in places.clone().step_by(self.step) {
                products[place] = dot(&self.values, &errors[place - begin..]);
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    fn coloured(seed: u64, len: usize) -> Vec<f32> {
        let mut random = Random::new(seed);
        let mut x = vec![0.0f64; len];
        for i in 2..len {
            x[i] = 0.01 * random.normal() + 1.2 * x[i - 1] - 0.5 * x[i - 2];
        }
        x.into_iter().map(|v| v as f32).collect()
    }

    #[test]
    fn products_are_plain_sums_as_far_as_the_form_lies_within() {
        let errors = Stretch { first: 40, values: coloured(3, 300) };
        for form in &PulseBank::clicks(44_100.0).forms {
            for (first, len) in [(0, 100), (100, 77), (250, 100)] {
                let mut products = vec![f32::NAN; len];
                let places = form.products(&errors, first, &mut products);
                for (place, found) in products.iter().enumerate() {
                    let start = (first + place).checked_sub(form.peak + errors.first);
                    let window = start.and_then(|start| errors.values.get(start..start + form.values.len()));
                    let tried = (first + place).is_multiple_of(form.step);
                    assert_eq!(places.contains(&place) && tried, window.is_some() && tried);
                    let Some(window) = window.filter(|_| tried) else { continue };
                    let plain: f32 = form.values.iter().zip(window).map(|(h, z)| h * z).sum();
                    assert!((found - plain).abs() < 1e-5, "{found} for {plain}");
                }
            }
        }
    }

    #[test]
    fn noise_alone_matches_as_chance_would() {
        let noise = coloured(1, 220_500);
        let bank = PulseBank::clicks(44_100.0);
        let whitened = Whitened::of(&noise, &noise, 44_100.0, bank.reach(), 1e-6);
        let matches = bank.matches(&whitened, noise.len());
        // Some forty forms a place: one normal variable exceeds 5 in 6e-7 of all cases, both signs together.
        let beyond = matches.iter().filter(|m| m.score > 5.0).count() as f64 / matches.len() as f64;
        assert!(beyond < 4e-5, "{beyond}");
    }

    #[test]
    fn a_pulse_is_found_at_its_place_with_its_height() {
        let clean = coloured(2, 44_100);
        let bank = PulseBank::clicks(44_100.0);
        for (index, place) in [(0, 9_000), (bank.forms.len() / 2, 20_000), (bank.forms.len() - 2, 30_000)] {
            let form = &bank.forms[index];
            let mut damaged = clean.clone();
            for (x, h) in damaged[place..].iter_mut().zip(&form.values) {
                *x += 0.4 * h;
            }
            let whitened = Whitened::of(&damaged, &clean, 44_100.0, bank.reach(), 1e-6);
            let matches = bank.matches(&whitened, damaged.len());
            let best =
                (0..matches.len()).max_by(|&a, &b| matches[a].score.total_cmp(&matches[b].score)).unwrap();
            assert!(best.abs_diff(place + form.lead()) <= form.step, "{best} for {place} + {}", form.lead());
            let height = matches[best].height * whitened.scale(best);
            assert!((height / 0.4 - 1.0).abs() < 0.25, "{height}");
        }
    }
}
