//! The damped pairs of which a swing consists, and how they are fitted: steps 2 and 3 of [`thump`](super).

use std::f64::consts::TAU;
use std::ops::Range;

use rustfft::num_complex::Complex64;

use crate::autoregression::ArModel;
use crate::inner_product::dot;

/// The grid of frequencies (Hz) and decays (s).
const FREQUENCY_HZ: (f64, f64) = (15.0, 110.0);
const FREQUENCIES: usize = 13;
const DECAY_SECS: [f64; 6] = [0.003, 0.005, 0.007, 0.010, 0.014, 0.020];
/// How often the best pair of the grid is refined, each time by half of the step before, and the grid's step of decays.
const REFINEMENTS: i32 = 3;
const DECAY_RATIO: f64 = 1.45;
/// The rise of a swing, in seconds: an arm has mass and cannot jump.
const RISE_SECS: f64 = 0.000_5;

/// One damped pair at full rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Swing {
    pub(super) frequency_hz: f64,
    pub(super) decay_secs: f64,
    sine: f64,
    cosine: f64,
}

impl Swing {
    /// The value `t` seconds after the crack.
    pub(super) fn at(&self, t: f64) -> f64 {
        let [sine, cosine] = pair_at(self.frequency_hz, self.decay_secs, t);
        self.sine * sine + self.cosine * cosine
    }
}

/// The damped sine and cosine `t` seconds after their beginning.
fn pair_at(frequency_hz: f64, decay_secs: f64, t: f64) -> [f64; 2] {
    if t <= 0.0 {
        return [0.0, 0.0];
    }
    let envelope = envelope_at(decay_secs, t);
    let (sine, cosine) = (TAU * frequency_hz * t).sin_cos();
    [envelope * sine, envelope * cosine]
}

/// The height of a damped pair `t` seconds after its beginning.
fn envelope_at(decay_secs: f64, t: f64) -> f64 {
    if t <= 0.0 { 0.0 } else { (-t / decay_secs).exp() * (1.0 - (-t / RISE_SECS).exp()) }
}

/// The times at which pairs are tried. What is exponential in time is found at each from the one before: a call for each would take longer than
/// all the rest.
pub(super) struct Grid {
    /// The first sample after the onset, its distance from it, that of two samples, in seconds, and the number of samples.
    first: usize,
    start_secs: f64,
    step_secs: f64,
    len: usize,
}

impl Grid {
    /// `len` samples at `rate_hz`, of which the onset lies `onset` after the first.
    pub(super) fn new(onset: f64, rate_hz: f64, len: usize) -> Self {
        let first = ((onset.floor() + 1.0).max(0.0) as usize).min(len);
        Self { first, start_secs: (first as f64 - onset) / rate_hz, step_secs: 1.0 / rate_hz, len }
    }

    /// e^(`exponent`·t) from the onset on, 0 before.
    fn powers(&self, exponent: Complex64) -> Vec<Complex64> {
        let mut value = (exponent * self.start_secs).exp();
        let factor = (exponent * self.step_secs).exp();
        let mut powers = vec![Complex64::default(); self.len];
        for power in &mut powers[self.first..] {
            *power = value;
            value *= factor;
        }
        powers
    }

    /// Cosine and sine.
    fn turns(&self, frequency_hz: f64) -> Vec<Complex64> {
        self.powers(Complex64::new(0.0, TAU * frequency_hz))
    }

    /// [`envelope_at`] each time.
    fn envelope(&self, decay_secs: f64) -> Vec<f64> {
        let fall = self.powers(Complex64::new(-1.0 / decay_secs, 0.0));
        let rise = self.powers(Complex64::new(-1.0 / RISE_SECS, 0.0));
        fall.iter().zip(rise).map(|(fall, rise)| fall.re * (1.0 - rise.re)).collect()
    }
}

/// What a swing is to explain: the prediction error of samples, less what the free ones could change in it.
pub(super) struct Unexplained<'a> {
    model: &'a ArModel,
    /// Of unit length and at right angles: how the free samples change the errors.
    directions: Vec<Vec<f64>>,
    error: Vec<f64>,
    grid: Grid,
}

impl<'a> Unexplained<'a> {
    pub(super) fn of(model: &'a ArModel, samples: &[f64], free: &Range<usize>, grid: Grid) -> Self {
        let mut directions: Vec<Vec<f64>> = Vec::with_capacity(free.len());
        for n in free.clone() {
            let mut unit = vec![0.0; samples.len()];
            unit[n] = 1.0;
            let mut direction = errors(model, &unit);
            remove(&mut direction, &directions);
            let length = dot(&direction, &direction).sqrt();
            if length > 1e-9 {
                direction.iter_mut().for_each(|x| *x /= length);
                directions.push(direction);
            }
        }
        let mut error = errors(model, samples);
        remove(&mut error, &directions);
        Self { model, directions, error, grid }
    }

    /// The pair that explains most of the error, and how much of it, in variances of what it leaves; none where that is less than `needed`.
    pub(super) fn best_pair(&self, needed: f64) -> Option<(Swing, f64)> {
        let ratio = (FREQUENCY_HZ.1 / FREQUENCY_HZ.0).powf(1.0 / (FREQUENCIES - 1) as f64);
        // Each turn once for all decays, each envelope once for all frequencies.
        let turns: Vec<(f64, Vec<Complex64>)> = (0..FREQUENCIES)
            .map(|step| FREQUENCY_HZ.0 * ratio.powi(step as i32))
            .map(|frequency_hz| (frequency_hz, self.grid.turns(frequency_hz)))
            .collect();
        let envelopes = DECAY_SECS.map(|decay_secs| (decay_secs, self.grid.envelope(decay_secs)));
        let best_of_every = |step: usize| {
            envelopes
                .iter()
                .step_by(step)
                .flat_map(|envelope| turns.iter().step_by(step).map(move |turns| (turns, envelope)))
                .filter_map(|(turns, envelope)| self.fit(turns, envelope))
                .max_by(|a, b| a.1.total_cmp(&b.1))
        };
        // Neighbours on the grid are much alike.
        let (_, explained) = best_of_every(2)?;
        if self.evidence(explained) < needed / 2.0 {
            return None;
        }
        let (pair, explained) = self.refined(best_of_every(1)?, ratio);
        let evidence = self.evidence(explained);
        (evidence >= needed).then_some((pair, evidence))
    }

    /// The best pair between those of the grid, whose frequencies are `ratio` apart, near the best of them.
    fn refined(&self, best_of_grid: (Swing, f64), ratio: f64) -> (Swing, f64) {
        (1..=REFINEMENTS).fold(best_of_grid, |best, halvings| {
            let step = 0.5f64.powi(halvings);
            let (frequency_step, decay_step) = (ratio.powf(step), DECAY_RATIO.powf(step));
            [(-1, 0), (1, 0), (0, -1), (0, 1)]
                .into_iter()
                .filter_map(|(faster, longer)| {
                    let frequency_hz = best.0.frequency_hz * frequency_step.powi(faster);
                    let decay_secs = best.0.decay_secs * decay_step.powi(longer);
                    let turns = (frequency_hz, self.grid.turns(frequency_hz));
                    self.fit(&turns, &(decay_secs, self.grid.envelope(decay_secs)))
                })
                .fold(best, |best, near| if near.1 > best.1 { near } else { best })
        })
    }

    /// So much of the error's energy, in variances of the rest.
    fn evidence(&self, explained: f64) -> f64 {
        let rest = dot(&self.error, &self.error) - explained;
        let variance = rest / (self.error.len() as f64 - self.directions.len() as f64).max(1.0);
        explained / variance.max(f64::MIN_POSITIVE)
    }

    /// The heights of one damped pair, and how much of the error's energy it explains.
    fn fit(
        &self,
        (frequency_hz, turns): &(f64, Vec<Complex64>),
        (decay_secs, envelope): &(f64, Vec<f64>),
    ) -> Option<(Swing, f64)> {
        let damped = |of: fn(&Complex64) -> f64| -> Vec<f64> {
            envelope.iter().zip(turns).map(|(envelope, turn)| envelope * of(turn)).collect()
        };
        let s = errors(self.model, &damped(|turn| turn.im));
        let c = errors(self.model, &damped(|turn| turn.re));
        let (mut ss, mut sc, mut cc) = (dot(&s, &s), dot(&s, &c), dot(&c, &c));
        for direction in &self.directions {
            let (along_s, along_c) = (dot(&s, direction), dot(&c, direction));
            ss -= along_s * along_s;
            sc -= along_s * along_c;
            cc -= along_c * along_c;
        }
        let (sy, cy) = (dot(&s, &self.error), dot(&c, &self.error));
        let determinant = ss * cc - sc * sc;
        if determinant <= 1e-6 * ss * cc {
            return None;
        }
        let (sine, cosine) = ((cc * sy - sc * cy) / determinant, (ss * cy - sc * sy) / determinant);
        let pair = Swing { frequency_hz: *frequency_hz, decay_secs: *decay_secs, sine, cosine };
        Some((pair, sine * sy + cosine * cy))
    }
}

/// The model's errors in predicting each of `values` that has enough before it.
fn errors(model: &ArModel, values: &[f64]) -> Vec<f64> {
    let mut errors = Vec::new();
    model.forward_error(values, &mut errors);
    errors
}

/// Takes the parts along the orthonormal `directions` out of `vector`.
fn remove(vector: &mut [f64], directions: &[Vec<f64>]) {
    for direction in directions {
        let part = dot(vector, direction);
        vector.iter_mut().zip(direction).for_each(|(x, d)| *x -= part * d);
    }
}
