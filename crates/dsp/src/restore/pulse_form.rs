//! The form of one pulse on samples: what throws a stylus aside, drawn finely and rounded by the transfer's band.
//!
//! A band too wide or too narrow by a third costs a tenth of a pulse's score, since surface noise falls beyond the band and its model
//! looks hardest where the pulse has nothing.

use std::ops::{Range, RangeInclusive};

use rustfft::num_complex::Complex64;

use super::whitened::{Stretch, Whitened};
use crate::inner_product::{correlate, correlate_in_steps, dot};
use crate::wide_vectors::in_wide_vectors;
use crate::windowed_sinc::bessel_i0;

/// The fall of the envelope over the length: e⁻³ is 5 %.
const FALL: f64 = 3.0;
/// Drawn points per sample.
pub(super) const OVERSAMPLING: usize = 8;
/// What is below this share of the largest value is left off at both ends.
const TAIL: f64 = 0.03;
/// A form is tried at every place, or at steps of this share of its length.
const STEP_SHARE: f64 = 1.0 / 12.0;
/// No form is taken to show better than this much of what it would show in white noise (−50 dB): a model of steady tones claims
/// to know the lows between them to any depth.
const LEAST_ENERGY: f32 = 1e-5;

/// Points of a swing that are drawn side by side.
const POINTS: usize = 8;
/// Half the length of a steep band's impulse response in samples, and the shape of its Kaiser window (side lobes near −60 dB).
const STEEP_REACH: f64 = 8.0;
const STEEP_BETA: f64 = 6.0;

/// The low-pass between the stylus and the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Band {
    /// A Gaussian, standard deviation in samples.
    Gentle { deviation: f64 },
    /// A windowed sinc; the edge (−6 dB) as a share of the rate.
    Steep { edge: f64 },
}

impl Band {
    /// The impulse response at `distance` samples from its centre.
    fn response(self, distance: f64) -> f64 {
        match self {
            Self::Gentle { deviation } => (-0.5 * (distance / deviation).powi(2)).exp(),
            Self::Steep { edge } => {
                let place = distance / STEEP_REACH;
                if place.abs() >= 1.0 {
                    return 0.0;
                }
                let turn = std::f64::consts::TAU * edge * distance;
                let sinc = if turn.abs() < 1e-12 { 1.0 } else { turn.sin() / turn };
                sinc * bessel_i0(STEEP_BETA * (1.0 - place * place).sqrt())
            }
        }
    }

    /// Samples over which the response reaches on each side.
    fn reach(self) -> f64 {
        match self {
            Self::Gentle { deviation } => (5.0 * deviation).max(3.0),
            Self::Steep { .. } => STEEP_REACH,
        }
    }
}

/// A band's impulse response at every drawn point, from its reach before to its reach after its centre; the same both ways.
#[derive(Clone, Debug)]
pub(super) struct Response(Vec<f64>);

impl Response {
    pub(super) fn of(band: Band) -> Self {
        let reach = (band.reach() * OVERSAMPLING as f64).ceil() as usize;
        let distance = |step: usize| (step as f64 - reach as f64) / OVERSAMPLING as f64;
        Self((0..=2 * reach).map(|step| band.response(distance(step))).collect())
    }
}

/// The swing before the band rounds it, at so many points: an envelope that falls to e⁻³ over them, and in it so many turns.
fn swing(points: usize, turns: f64) -> Vec<f64> {
    let step = 1.0 / points as f64;
    let at = |place: f64| Complex64::from_polar((-FALL * place).exp(), std::f64::consts::TAU * turns * place);
    // Each point from the one before: an exponential and a cosine for each would take longer than all the rest. Several side by side, since
    // each product waits for the one before it.
    let factor = at(step);
    let mut value = at(0.5 * step);
    let (mut real, mut imaginary) = ([0.0; POINTS], [0.0; POINTS]);
    for (re, im) in real.iter_mut().zip(&mut imaginary) {
        (*re, *im) = (value.re, value.im);
        value *= factor;
    }
    let mut swing = vec![0.0; points];
    turned(real, imaginary, at(POINTS as f64 * step), &mut swing);
    swing
}

in_wide_vectors! {
    /// The real parts of some points and of those that follow, each `factor` times the one as many before it.
    fn turned(real: [f64; POINTS], imaginary: [f64; POINTS], factor: Complex64, reals: &mut [f64]) {
        let (mut real, mut imaginary) = (real, imaginary);
        for reals in reals.chunks_mut(POINTS) {
            reals.iter_mut().zip(&real).for_each(|(x, re)| *x = *re);
            let (re, im) = (real, imaginary);
            real = std::array::from_fn(|k| re[k] * factor.re - im[k] * factor.im);
            imaginary = std::array::from_fn(|k| re[k] * factor.im + im[k] * factor.re);
        }
    }

    /// The swing through the band, on `count` samples; its front lies `eighths` of a sample after one.
    fn rounded(swing: &[f64], response: &[f64], eighths: usize, count: usize) -> Vec<f64> {
        let width = response.len();
        let mut rounded = vec![0.0; count];
        for (k, rounded) in rounded.iter_mut().enumerate() {
            // Points whose response reaches this sample.
            let end = (k * OVERSAMPLING + 1).saturating_sub(eighths);
            let points = end.saturating_sub(width).min(swing.len())..end.min(swing.len());
            if let Some(response) = response.get((width + points.start).saturating_sub(end)..) {
                *rounded = dot(&swing[points], response);
            }
        }
        rounded
    }

    fn autocorrelation(values: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0; values.len()];
        for (lag, sum) in sums.iter_mut().enumerate() {
            *sum = dot(&values[lag..], values);
        }
        sums
    }
}

/// A pulse's form on samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    /// Values, the sum of their squares 1.
    pub(crate) values: Vec<f32>,
    /// From the front to 5 %, in samples, before the band rounds it.
    pub(super) length: f64,
    /// Turns of the swing in that time.
    pub(super) turns: f64,
    /// Where the front lies before the band rounds it, in samples from the first value.
    pub(super) front: f64,
    /// The sample of the largest magnitude.
    pub(super) peak: usize,
    /// Distance of the places tried.
    pub(super) step: usize,
    /// Of the values, from lag 0.
    autocorrelation: Vec<f32>,
}

impl Form {
    /// The form of `length` samples and `turns` whose front lies `eighths` of a sample after one.
    pub(super) fn draw(length: f64, turns: f64, eighths: usize, response: &Response) -> Self {
        let points = ((length * OVERSAMPLING as f64) as usize).max(1);
        let swing = swing(points, turns);
        let width = response.0.len();
        let reach = (width / 2) as f64 / OVERSAMPLING as f64;
        let count = (length + 2.0 * reach).ceil() as usize + 1;
        let drawn = rounded(&swing, &response.0, eighths, count);
        let largest = drawn.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let loud = |x: &f64| x.abs() >= TAIL * largest;
        let start = drawn.iter().position(loud).unwrap_or(0);
        let end = drawn.iter().rposition(loud).map_or(1, |last| last + 1);
        let drawn = &drawn[start..end];
        let norm = drawn.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        let peak = (0..drawn.len()).max_by(|&a, &b| drawn[a].abs().total_cmp(&drawn[b].abs())).unwrap_or(0);
        let values: Vec<f32> = drawn.iter().map(|x| (x / norm) as f32).collect();
        let autocorrelation = autocorrelation(&values);
        let step = ((length * STEP_SHARE) as usize).max(1);
        let front = reach + eighths as f64 / OVERSAMPLING as f64 - start as f64;
        Self { values, length, turns, front, peak, step, autocorrelation }
    }

    /// 1/√(hᵀAᵀA·h) under a block's model.
    pub(super) fn inverse(&self, whitened: &Whitened, block: usize) -> f32 {
        1.0 / self.energy(whitened.kernel(block)).sqrt()
    }

    /// hᵀz for a pulse whose largest value lies at `place` of `block`; none beyond what is known.
    pub(super) fn matched(&self, whitened: &Whitened, block: usize, place: usize) -> Option<f32> {
        let errors = whitened.interpolation_error(block);
        let start = place.checked_sub(self.peak + errors.first)?;
        Some(dot(&self.values, errors.values.get(start..start + self.values.len())?))
    }

    /// The score at `place`, with its sign.
    pub(super) fn statistic(&self, whitened: &Whitened, place: usize) -> Option<f32> {
        let block = whitened.block_of(place);
        Some(self.matched(whitened, block, place)? * self.inverse(whitened, block) / whitened.scale(place))
    }

    /// The same at each of `places` where it is known, for less.
    pub(super) fn statistics<'a>(
        &'a self,
        whitened: &'a Whitened,
        places: RangeInclusive<usize>,
    ) -> impl Iterator<Item = f32> + 'a {
        let mut known: Option<(usize, f32)> = None;
        places.filter_map(move |place| {
            let block = whitened.block_of(place);
            let matched = self.matched(whitened, block, place)?;
            let (_, inverse) = match known {
                Some(known) if known.0 == block => known,
                _ => *known.insert((block, self.inverse(whitened, block))),
            };
            Some(matched * inverse / whitened.scale(place))
        })
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
    pub(super) fn products(&self, errors: &Stretch, first: usize, products: &mut [f32]) -> Range<usize> {
        self.products_in_steps(self.step, errors, first, products)
    }

    /// As [`products`](Self::products), at every place of the range.
    pub(super) fn products_everywhere(
        &self,
        errors: &Stretch,
        first: usize,
        products: &mut [f32],
    ) -> Range<usize> {
        self.products_in_steps(1, errors, first, products)
    }

    fn products_in_steps(
        &self,
        step: usize,
        errors: &Stretch,
        first: usize,
        products: &mut [f32],
    ) -> Range<usize> {
        let lead = self.peak + errors.first;
        let begin = first.max(lead).next_multiple_of(step) - first;
        let last = (lead + errors.values.len() + 1).saturating_sub(self.values.len() + first);
        let places = begin..products.len().min(last);
        let errors = errors.values.get((first + begin).saturating_sub(lead)..).unwrap_or_default();
        if places.is_empty() || errors.is_empty() {
            return 0..0;
        }
        if step == 1 {
            correlate(&self.values, errors, &mut products[places.clone()]);
        } else {
            correlate_in_steps(&self.values, errors, step, &mut products[places.clone()]);
        }
        places
    }
}
