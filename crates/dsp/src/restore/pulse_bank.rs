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

use super::pulse_form::{Band, Form, OVERSAMPLING, Response};
use super::whitened::{Stretch, Whitened};
use crate::wide_vectors::in_wide_vectors;

/// Lengths of clicks at 44.1 kHz in samples, from the front to 5 %, in steps of about 1.8; turns of the swing in that time.
const CLICK_LENGTHS: [f64; 8] = [0.5, 3.0, 6.0, 11.0, 20.0, 36.0, 64.0, 110.0];
const CLICK_TURNS: [f64; 4] = [0.15, 0.5, 0.9, 1.25];
/// The same for pulses of crackle.
const CRACKLE_LENGTHS: [f64; 3] = [0.5, 2.0, 3.5];
const CRACKLE_TURNS: [f64; 2] = [0.3, 0.9];
/// The rate at which the lengths are meant.
const LENGTHS_RATE_HZ: f64 = 44_100.0;
/// Where nothing is known of the transfer's band: −3 dB at 0.24 of the rate.
const USUAL_BAND: Band = Band::Gentle { deviation: 0.55 };
/// As good as none: what was added after the transfer, or by it.
const SHARP_BAND: Band = Band::Gentle { deviation: 0.15 };
/// Bands that transfers may have.
const BANDS: [Band; 10] = [
    SHARP_BAND,
    Band::Gentle { deviation: 0.35 },
    Band::Gentle { deviation: 0.75 },
    Band::Gentle { deviation: 1.0 },
    Band::Gentle { deviation: 1.4 },
    Band::Steep { edge: 0.12 },
    Band::Steep { edge: 0.18 },
    Band::Steep { edge: 0.25 },
    Band::Steep { edge: 0.32 },
    Band::Steep { edge: 0.41 },
];
/// How far a pulse's largest value may lie from where another band would put it, in samples.
const BAND_SLACK: usize = 3;
/// Natural logarithm of the odds by which another band must explain the pulses better than the usual one.
const BAND_ODDS: f64 = 5.0;
/// Forms shorter than this lie on half samples too; longer ones do not change by half a sample.
const FINE_BELOW: f64 = 8.0;
/// How far forms may lie from a match to be compared with it, in samples.
const PROFILE_SLACK: usize = 2;
/// Scores below this are kept as 0.
const LEAST_SCORE: f32 = 2.0;

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

/// How forms of every length match near one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Profile<const N: usize> {
    /// The highest score of each class.
    pub(crate) classes: [f32; N],
    /// The score whose likelihood is the mean of that of all forms and places: what a pulse of unknown form shows.
    pub(crate) together: f32,
}

/// The score of the best match of each sample, see [`PulseBank::scores`].
pub(crate) struct BankScores {
    pub(crate) values: Vec<f32>,
    /// Of each block and form 1/√(hᵀAᵀA·h).
    inverses: Vec<Vec<f32>>,
}

/// The forms for one rate.
#[derive(Clone, Debug)]
pub(crate) struct PulseBank {
    pub(super) forms: Vec<Form>,
    pub(super) response: Response,
    /// That of no band.
    pub(super) sharp: Response,
}

impl PulseBank {
    /// The forms of clicks in a signal of `rate_hz`.
    pub(crate) fn clicks(rate_hz: f64) -> Self {
        Self::drawn(&CLICK_LENGTHS, &CLICK_TURNS, rate_hz, USUAL_BAND)
    }

    /// The forms of crackle in a signal of `rate_hz`.
    pub(crate) fn crackle(rate_hz: f64) -> Self {
        Self::drawn(&CRACKLE_LENGTHS, &CRACKLE_TURNS, rate_hz, USUAL_BAND)
    }

    /// The forms of clicks in the band that explains the pulses at `peaks` best; none where the usual one does.
    ///
    /// What a groove throws at a stylus is shorter than the transfer's band lets through: a strong click shows that band.
    pub(crate) fn clicks_in_band_of(peaks: &[usize], whitened: &Whitened, rate_hz: f64) -> Option<Self> {
        Self::in_band_of(peaks, whitened, |band| Self::drawn(&CLICK_LENGTHS, &CLICK_TURNS, rate_hz, band))
    }

    /// As [`clicks_in_band_of`](Self::clicks_in_band_of), the forms of crackle.
    pub(super) fn crackle_in_band_of(peaks: &[usize], whitened: &Whitened, rate_hz: f64) -> Option<Self> {
        Self::in_band_of(peaks, whitened, |band| Self::drawn(&CRACKLE_LENGTHS, &CRACKLE_TURNS, rate_hz, band))
    }

    fn in_band_of(peaks: &[usize], whitened: &Whitened, drawn: impl Fn(Band) -> Self + Sync) -> Option<Self> {
        let usual = drawn(USUAL_BAND).likelihood(peaks, whitened);
        let judged: Vec<(f64, Self)> =
            BANDS.into_par_iter().map(&drawn).map(|bank| (bank.likelihood(peaks, whitened), bank)).collect();
        let (best, bank) = judged.into_iter().max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        (best > usual + BAND_ODDS).then_some(bank)
    }

    /// The logarithm of the likelihood of pulses of these forms at `peaks`, against none: half the squares of the scores.
    fn likelihood(&self, peaks: &[usize], whitened: &Whitened) -> f64 {
        let near = |peak: usize| peak.saturating_sub(BAND_SLACK)..=peak + BAND_SLACK;
        let scores =
            |peak: usize| self.forms.iter().flat_map(move |form| form.statistics(whitened, near(peak)));
        peaks
            .iter()
            .map(|&peak| scores(peak).fold(0.0, |most: f32, score| most.max(score.abs())))
            .map(|best| 0.5 * f64::from(best).powi(2))
            .sum()
    }

    fn drawn(lengths: &[f64], turns: &[f64], rate_hz: f64, band: Band) -> Self {
        let response = Response::of(band);
        let mut forms: Vec<Form> = Vec::new();
        for length in lengths.iter().map(|length| length * rate_hz / LENGTHS_RATE_HZ) {
            let turns = if length < 1.0 { &turns[..1] } else { turns };
            let fractions = if length < FINE_BELOW { &[0, OVERSAMPLING / 2][..] } else { &[0][..] };
            for turns in turns {
                for fraction in fractions {
                    let form = Form::draw(length, *turns, *fraction, &response);
                    // At low rates the short ones coincide.
                    if forms.iter().all(|known| known.values != form.values) {
                        forms.push(form);
                    }
                }
            }
        }
        Self { forms, response, sharp: Response::of(SHARP_BAND) }
    }

    /// How many forms there are, from the shortest to the longest.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.forms.len()
    }

    /// The form of a match.
    pub(crate) fn form(&self, found: &Match) -> &Form {
        &self.forms[usize::from(found.form)]
    }

    /// Samples before and after its largest value over which a form may reach.
    pub(crate) fn reach(&self) -> usize {
        self.forms.iter().map(|form| form.values.len()).max().unwrap_or(0)
    }

    /// How the forms of each class of length (lower edges `class_samples`) match near `peak`, and all of them together.
    pub(crate) fn profile<const N: usize>(
        &self,
        whitened: &Whitened,
        peak: usize,
        class_samples: &[f64; N],
    ) -> Profile<N> {
        let mut profile = Profile { classes: [0.0; N], together: 0.0 };
        let (mut squares, mut places) = (Vec::new(), 0);
        for form in &self.forms {
            let class = class_samples.iter().rposition(|edge| *edge <= form.length).unwrap_or(0);
            let near = peak.saturating_sub(PROFILE_SLACK)..=peak + PROFILE_SLACK;
            places += near.clone().count();
            for score in form.statistics(whitened, near) {
                profile.classes[class] = profile.classes[class].max(score.abs());
                squares.push(0.5 * score * score);
            }
        }
        let most = squares.iter().fold(0.0, |most: f32, square| most.max(*square));
        let sum = squares.iter().map(|square| (square - most).exp()).sum::<f32>();
        let evidence = most + (sum.max(f32::MIN_POSITIVE) / places.max(1) as f32).ln();
        profile.together = (2.0 * evidence.max(0.0)).sqrt();
        profile
    }

    /// The highest score of any form in the span of a match at `peak` once the match is taken away, in standard deviations.
    ///
    /// A click that a form describes leaves noise; a transient of the programme goes on in its own way.
    pub(crate) fn unexplained(&self, whitened: &Whitened, found: &Match, peak: usize) -> f32 {
        let (form, height) = (self.form(found), found.height);
        let block = whitened.block_of(peak);
        let (kernel, errors) = (whitened.kernel(block), whitened.interpolation_error(block));
        let scale = whitened.scale(peak);
        let start = peak.saturating_sub(form.lead());
        let end = start + form.values.len();
        let margin = kernel.len() + form.values.len();
        let first = start.saturating_sub(margin).max(errors.first);
        let last = (end + margin).min(errors.first + errors.values.len());
        if first >= last {
            return 0.0;
        }
        let mut rest =
            Stretch { first, values: errors.values[first - errors.first..last - errors.first].to_vec() };
        for (k, h) in form.values.iter().enumerate() {
            let centre = start + k;
            let height = height * scale * h;
            for (n, value) in (first..last).zip(&mut rest.values) {
                *value -= height * kernel.get(n.abs_diff(centre)).copied().unwrap_or(0.0);
            }
        }
        let longest = 2.0 * form.length.max(FINE_BELOW);
        let mut products = vec![0.0; end - start];
        let mut most = 0.0f32;
        for other in self.forms.iter().filter(|other| other.length <= longest) {
            let places = other.products(&rest, start, &mut products);
            let inverse = other.inverse(whitened, block) / scale;
            let scores = places.step_by(other.step).map(|place| (products[place] * inverse).abs());
            most = scores.fold(most, f32::max);
        }
        most
    }

    /// How hard a match's form is to see under the model at `peak`: the error that a form of unit energy makes.
    pub(crate) fn plainness(&self, whitened: &Whitened, found: &Match, peak: usize) -> f32 {
        1.0 / self.form(found).inverse(whitened, whitened.block_of(peak))
    }

    /// The statistic of one match's form, positive where its sign is the match's, at every place of `places`; 0 where nothing is known.
    pub(crate) fn signed(&self, whitened: &Whitened, found: &Match, places: Range<usize>) -> Vec<f32> {
        let form = self.form(found);
        let mut statistics = vec![0.0; places.len()];
        let mut first = places.start;
        while first < places.end {
            let block = whitened.block_of(first);
            let end = ((block + 1) * whitened.hop()).min(places.end);
            let part = &mut statistics[first - places.start..end - places.start];
            let known = form.products_everywhere(whitened.interpolation_error(block), first, part);
            let factor = found.height.signum() * form.inverse(whitened, block);
            let mut scales = vec![0.0; known.len()];
            whitened.scales(first + known.start, &mut scales);
            part[..known.start].fill(0.0);
            part[known.end..].fill(0.0);
            scale(&mut part[known], factor, &scales);
            first = end;
        }
        statistics
    }

    /// For each sample the score of the best match among the pulses whose largest value falls there; 0 where nothing matches. The errors must
    /// reach as far beyond their blocks as the forms.
    pub(crate) fn scores(&self, whitened: &Whitened, len: usize) -> BankScores {
        let mut values = vec![0.0; len];
        let blocks = values.par_chunks_mut(whitened.hop()).enumerate();
        let of_block = |(block, scores): (usize, &mut [f32])| {
            let first = block * whitened.hop();
            let errors = whitened.interpolation_error(block);
            let mut products = vec![0.0; scores.len()];
            let inverses: Vec<f32> = self.forms.iter().map(|form| form.inverse(whitened, block)).collect();
            for (form, inverse) in self.forms.iter().zip(&inverses) {
                let places = form.products(errors, first, &mut products);
                raise(&mut scores[places.clone()], &products[places], *inverse, form.step);
            }
            // Of all forms the same: it cannot change which is highest.
            let mut inverse_scales = products;
            whitened.inverse_scales(first, &mut inverse_scales);
            for (score, inverse_scale) in scores.iter_mut().zip(inverse_scales) {
                let scaled = *score * inverse_scale;
                *score = if scaled > LEAST_SCORE { scaled } else { 0.0 };
            }
            inverses
        };
        let inverses = blocks.map(of_block).collect();
        BankScores { values, inverses }
    }

    /// Which form it is that has its score at sample `place`, and how high.
    pub(crate) fn best_at(&self, whitened: &Whitened, scores: &BankScores, place: usize) -> Match {
        let score = scores.values[place];
        let block = whitened.block_of(place);
        let errors = whitened.interpolation_error(block);
        let (mut inverse_scale, mut product) = ([0.0], [0.0]);
        whitened.inverse_scales(place, &mut inverse_scale);
        for (index, (form, inverse)) in self.forms.iter().zip(&scores.inverses[block]).enumerate() {
            let is_tried = !form.products(errors, place, &mut product).is_empty();
            let value = product[0] * inverse * inverse_scale[0];
            // The same sums in the same order give the same bits.
            if is_tried && value.abs() >= score && score > 0.0 {
                return Match { score, height: value * inverse, form: index as u16 };
            }
        }
        Match::default()
    }
}

in_wide_vectors! {
    /// Raises the `scores` of every `step`th place to those of a form with these `products`. Which form is highest is not noted: it would cost
    /// more than the comparison, and only a few places ask.
    fn raise(scores: &mut [f32], products: &[f32], inverse: f32, step: usize) {
        if step == 1 {
            for (score, product) in scores.iter_mut().zip(products) {
                let value = (product * inverse).abs();
                *score = if value > *score { value } else { *score };
            }
        } else {
            for place in (0..scores.len()).step_by(step) {
                let value = (products[place] * inverse).abs();
                scores[place] = if value > scores[place] { value } else { scores[place] };
            }
        }
    }

    /// Multiplies `statistics` by `factor` over these scales.
    fn scale(statistics: &mut [f32], factor: f32, scales: &[f32]) {
        for (statistic, scale) in statistics.iter_mut().zip(scales) {
            *statistic *= factor / scale;
        }
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

    /// The best match of every place, of which scores are known alone.
    fn matches(bank: &PulseBank, whitened: &Whitened, len: usize) -> Vec<Match> {
        let scores = bank.scores(whitened, len);
        let known = scores.values.iter().enumerate().map(|(place, score)| {
            let best = bank.best_at(whitened, &scores, place);
            assert_eq!(best.score.to_bits(), score.to_bits(), "at {place}");
            best
        });
        known.collect()
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
        let matches = matches(&bank, &whitened, noise.len());
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
            let matches = matches(&bank, &whitened, damaged.len());
            let best =
                (0..matches.len()).max_by(|&a, &b| matches[a].score.total_cmp(&matches[b].score)).unwrap();
            assert!(best.abs_diff(place + form.lead()) <= form.step, "{best} for {place} + {}", form.lead());
            let height = matches[best].height * whitened.scale(best);
            assert!((height / 0.4 - 1.0).abs() < 0.25, "{height}");
        }
    }

    #[test]
    fn strong_pulses_show_the_band_of_the_transfer() {
        let clean = coloured(4, 44_100);
        let usual = PulseBank::clicks(44_100.0);
        let whitened_with = |bank: &PulseBank, peaks: &mut Vec<usize>| {
            let mut damaged = clean.clone();
            for place in (2_000..42_000).step_by(4_000) {
                let form = &bank.forms[3];
                damaged[place..].iter_mut().zip(&form.values).for_each(|(x, h)| *x += 0.3 * h);
                peaks.push(place + form.lead());
            }
            Whitened::of(&damaged, &clean, 44_100.0, 200, 1e-6)
        };
        let mut peaks = Vec::new();
        let whitened = whitened_with(&usual, &mut peaks);
        assert!(PulseBank::clicks_in_band_of(&peaks, &whitened, 44_100.0).is_none());
        for band in [Band::Gentle { deviation: 1.0 }, Band::Steep { edge: 0.25 }] {
            let mut peaks = Vec::new();
            let drawn = PulseBank::drawn(&CLICK_LENGTHS, &CLICK_TURNS, 44_100.0, band);
            let whitened = whitened_with(&drawn, &mut peaks);
            let taken = PulseBank::clicks_in_band_of(&peaks, &whitened, 44_100.0).unwrap();
            assert_eq!(taken.forms, drawn.forms, "{band:?}");
            assert!(
                taken.likelihood(&peaks, &whitened) > 1.05 * usual.likelihood(&peaks, &whitened),
                "{band:?}"
            );
        }
    }
}
