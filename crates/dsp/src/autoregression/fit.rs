//! Fitting: Levinson's recursion on the autocorrelation, and Burg's lattice.

use super::ArModel;
use crate::inner_product::{correlate, dot};

/// White noise added to the autocorrelation's lag 0, as a share of it: −90 dB. Band-limited input would otherwise make
/// the normal equations singular.
const WHITE_FLOOR: f64 = 1e-9;
/// Lags that are summed side by side: as many as [`correlate`] takes at once; and cosines of a window.
const LAGS: usize = 8;

impl ArModel {
    /// Fits by the autocorrelation method: a Hann window over the frame, then Levinson's recursion (Makhoul 1975, eq. 38).
    ///
    /// Stable always. A silent frame, or one not longer than the order, gives a model of zeros.
    pub fn fit(frame: &[f64], order: usize) -> Self {
        Self::fit_weighted(frame, &hann(frame.len()), order)
    }

    /// As [`fit`](Self::fit) for who fits many frames of one length: `weights` are those of [`hann`].
    pub(crate) fn fit_weighted(frame: &[f64], weights: &[f64], order: usize) -> Self {
        WindowedFrame::new(frame, weights, order).model()
    }

    /// Fits without a window, for frames that were weighted already. `power_scale` is the number of samples (times the
    /// window's power) that the autocorrelation sums over; it scales the variance alone.
    pub fn from_autocorrelation(autocorrelation: &[f64], power_scale: f64) -> Self {
        let order = autocorrelation.len().saturating_sub(1);
        let mut coefficients = vec![0.0; order];
        let mut error = autocorrelation.first().map_or(0.0, |r0| r0 * (1.0 + WHITE_FLOOR));
        // Denormal power is silence.
        if error < f64::MIN_POSITIVE / WHITE_FLOOR {
            return Self::new(coefficients, 0.0);
        }
        let mut previous = vec![0.0; order];
        for i in 0..order {
            let predicted: f64 = (0..i).map(|k| coefficients[k] * autocorrelation[i - k]).sum();
            let reflection = (autocorrelation[i + 1] - predicted) / error;
            if !reflection.is_finite() || reflection.abs() >= 1.0 {
                break;
            }
            previous[..i].copy_from_slice(&coefficients[..i]);
            for k in 0..i {
                coefficients[k] = previous[k] - reflection * previous[i - 1 - k];
            }
            coefficients[i] = reflection;
            error *= 1.0 - reflection * reflection;
        }
        Self::new(coefficients, error / power_scale.max(1.0))
    }

    /// Fits by Burg's method, without a window: sharper on short frames than [`fit`](Self::fit), at more cost; stable.
    pub fn fit_burg(frame: &[f64], order: usize) -> Self {
        let mut coefficients = vec![0.0; order];
        if frame.len() <= order || order == 0 {
            return Self::new(coefficients, mean_square(frame));
        }
        let (mut forward, mut backward) = (frame.to_vec(), frame.to_vec());
        let mut error = mean_square(frame);
        let mut previous = vec![0.0; order];
        for i in 0..order {
            let ahead = &forward[i + 1..];
            let behind = &backward[i..backward.len() - 1];
            let energy = dot(ahead, ahead) + dot(behind, behind);
            if energy <= f64::MIN_POSITIVE {
                break;
            }
            let reflection = 2.0 * dot(ahead, behind) / (energy * (1.0 + WHITE_FLOOR));
            previous[..i].copy_from_slice(&coefficients[..i]);
            for k in 0..i {
                coefficients[k] = previous[k] - reflection * previous[i - 1 - k];
            }
            coefficients[i] = reflection;
            error *= 1.0 - reflection * reflection;
            // From the end, so that backward[n − 1] is still that of the stage before.
            for n in (i + 1..frame.len()).rev() {
                let (f, b) = (forward[n], backward[n - 1]);
                forward[n] = f - reflection * b;
                backward[n] = b - reflection * f;
            }
        }
        Self::new(coefficients, error)
    }
}

/// A frame in its window, with the sums that a fit needs: samples can be replaced for less than a new fit.
pub(crate) struct WindowedFrame<'a> {
    weights: &'a [f64],
    windowed: Vec<f64>,
    autocorrelation: Vec<f64>,
}

impl<'a> WindowedFrame<'a> {
    /// `weights` are those of [`hann`], as many as the frame has samples.
    pub(crate) fn new(frame: &[f64], weights: &'a [f64], order: usize) -> Self {
        let windowed: Vec<f64> = frame.iter().zip(weights).map(|(x, weight)| x * weight).collect();
        let autocorrelation = autocorrelation(&windowed, order);
        Self { weights, windowed, autocorrelation }
    }

    /// The model of the frame as it is.
    pub(crate) fn model(&self) -> ArModel {
        // A Hann window keeps 3/8 of the power.
        ArModel::from_autocorrelation(&self.autocorrelation, 0.375 * self.windowed.len() as f64)
    }

    /// Puts `value` in the place of the sample at `place`.
    pub(crate) fn replace(&mut self, place: usize, value: f64) {
        let value = value * self.weights[place];
        let change = value - self.windowed[place];
        let squares = value * value - self.windowed[place] * self.windowed[place];
        let Some((power, sums)) = self.autocorrelation.split_first_mut() else { return };
        *power += squares;
        let (before, after) = (&self.windowed[..place], &self.windowed[place + 1..]);
        sums.iter_mut().zip(after).for_each(|(sum, x)| *sum += change * x);
        sums.iter_mut().zip(before.iter().rev()).for_each(|(sum, x)| *sum += change * x);
        self.windowed[place] = value;
    }
}

/// The Hann window of a frame, at the midpoints of its samples.
pub(crate) fn hann(len: usize) -> Vec<f64> {
    let step = std::f64::consts::TAU / len as f64;
    // cos φ, each from two before it, several side by side: a call for each would take as long as a fit.
    let cosine_at = |n: f64| ((n + 0.5) * step).cos();
    let mut before: [f64; LAGS] = std::array::from_fn(|lane| cosine_at(lane as f64 - LAGS as f64));
    let mut cosines: [f64; LAGS] = std::array::from_fn(|lane| cosine_at(lane as f64));
    let twice = 2.0 * (LAGS as f64 * step).cos();
    let mut weights = vec![0.0; len];
    for weights in weights.chunks_mut(LAGS) {
        for (weight, cosine) in weights.iter_mut().zip(cosines) {
            *weight = 0.5 - 0.5 * cosine;
        }
        let next = std::array::from_fn(|lane| twice * cosines[lane] - before[lane]);
        (before, cosines) = (cosines, next);
    }
    weights
}

/// R(i) = Σₙ x\[n\]·x\[n+i\] for i in 0..=order.
pub fn autocorrelation(frame: &[f64], order: usize) -> Vec<f64> {
    let mut sums = vec![0.0; order + 1];
    // Lags side by side, as far as all of them reach; then what is left of each.
    let (shared, whole) = match frame.len().checked_sub(order) {
        Some(shared) => (shared, (order + 1) / LAGS * LAGS),
        None => (0, 0),
    };
    correlate(&frame[..shared], frame, &mut sums[..whole]);
    for (lag, sum) in sums.iter_mut().enumerate() {
        let first = if lag < whole { shared } else { 0 };
        *sum += frame.get(first + lag..).map_or(0.0, |later| dot(later, &frame[first..]));
    }
    sums
}

fn mean_square(frame: &[f64]) -> f64 {
    if frame.is_empty() { 0.0 } else { dot(frame, frame) / frame.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoregression::banded::tests::solve_dense;

    /// Seeded, unit variance, uniform: enough for whiteness.
    fn noise(seed: u64, len: usize) -> Vec<f64> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        (0..len)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                ((state >> 11) as f64 / (1u64 << 53) as f64 - 0.5) * 12f64.sqrt()
            })
            .collect()
    }

    fn process(weights: &[f64], seed: u64, len: usize) -> Vec<f64> {
        let mut x = noise(seed, len);
        for n in 0..len {
            for (k, w) in weights.iter().enumerate().take(n) {
                x[n] += w * x[n - 1 - k];
            }
        }
        x
    }

    #[test]
    fn levinson_solves_the_normal_equations() {
        for seed in 1..6 {
            let frame = process(&[1.2, -0.8, 0.2], seed, 600);
            let order = 12;
            let r = autocorrelation(&frame, order);
            let mut matrix: Vec<Vec<f64>> =
                (0..order).map(|i| (0..order).map(|j| r[i.abs_diff(j)]).collect()).collect();
            for (i, row) in matrix.iter_mut().enumerate() {
                row[i] *= 1.0 + WHITE_FLOOR;
            }
            let direct = solve_dense(matrix, r[1..].to_vec());
            let model = ArModel::from_autocorrelation(&r, frame.len() as f64);
            for (a, b) in model.coefficients().iter().zip(&direct) {
                assert!((a - b).abs() < 1e-9, "{a} {b}");
            }
        }
    }

    #[test]
    fn both_methods_find_a_known_process() {
        let weights = [1.5, -0.9, 0.1, -0.1];
        let frame = process(&weights, 7, 40_000);
        for model in [ArModel::fit(&frame, 4), ArModel::fit_burg(&frame, 4)] {
            for (found, planted) in model.coefficients().iter().zip(weights) {
                assert!((found - planted).abs() < 0.03, "{found} for {planted}");
            }
            assert!((model.variance() - 1.0).abs() < 0.05, "{}", model.variance());
        }
    }

    #[test]
    fn burg_is_exact_on_a_short_tone() {
        let omega = 0.5f64;
        let frame: Vec<f64> = (0..40).map(|n| (omega * n as f64 + 0.3).sin()).collect();
        let model = ArModel::fit_burg(&frame, 2);
        assert!((model.coefficients()[0] - 2.0 * omega.cos()).abs() < 0.01);
        assert!((model.coefficients()[1] + 1.0).abs() < 0.01);
    }

    #[test]
    fn the_autocorrelation_is_the_plain_sum() {
        for (len, order) in [(0, 3), (1, 0), (5, 8), (9, 8), (40, 31), (500, 46), (500, 7)] {
            let frame = noise(3, len);
            for (lag, found) in autocorrelation(&frame, order).into_iter().enumerate() {
                let plain: f64 = frame.iter().skip(lag).zip(&frame).map(|(x, y)| x * y).sum();
                assert!((found - plain).abs() < 1e-10, "{found} for {plain} at {lag} of {len}");
            }
        }
    }

    #[test]
    fn a_replaced_sample_is_one_that_was_always_there() {
        let mut frame = noise(5, 200);
        let weights = hann(frame.len());
        let mut windowed = WindowedFrame::new(&frame, &weights, 12);
        for (place, value) in [(0, 2.0), (7, -3.0), (8, 1.5), (100, 0.0), (199, 4.0), (195, -1.0)] {
            windowed.replace(place, value);
            frame[place] = value;
            let (found, anew) = (windowed.model(), ArModel::fit(&frame, 12));
            for (a, b) in found.coefficients().iter().zip(anew.coefficients()) {
                assert!((a - b).abs() < 1e-12, "{a} for {b} at {place}");
            }
        }
    }

    #[test]
    fn the_window_is_a_raised_cosine() {
        for len in [1, 2, 7, 8, 9, 2_048] {
            for (n, weight) in hann(len).into_iter().enumerate() {
                let exact = (std::f64::consts::PI * (n as f64 + 0.5) / len as f64).sin().powi(2);
                assert!((weight - exact).abs() < 1e-12, "{weight} for {exact} at {n} of {len}");
            }
        }
    }

    #[test]
    fn silence_and_short_frames_give_zeros() {
        for model in [ArModel::fit(&[0.0; 64], 8), ArModel::fit_burg(&[0.0; 64], 8), ArModel::fit(&[], 8)] {
            assert!(model.coefficients().iter().all(|a| a.abs() < f64::MIN_POSITIVE));
        }
        assert_eq!(ArModel::fit_burg(&[1.0, 2.0], 8).order(), 8);
    }
}
