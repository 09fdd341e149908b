//! Autoregression: a sample as a weighted sum of those before it.
//!
//! x\[n\] = Σₖ aₖ·x\[n−k\] + e\[n\]. [`ArModel::fit`] finds the weights from the autocorrelation, [`ArModel::fit_burg`] by
//! Burg's lattice; [`ArModel::forward_error`] and [`ArModel::backward_error`] give e in both directions of time;
//! [`ArModel::interpolate`] restores missing samples so that the error's energy is least.
//!
//! Sources: Makhoul, "Linear prediction: a tutorial review", Proc. IEEE 63 (1975), §II–III; Burg, *Maximum entropy
//! spectral analysis* (1975), ch. II; Janssen, Veldhuis and Vries, "Adaptive interpolation of discrete-time signals that
//! can be modeled as autoregressive processes", IEEE Trans. ASSP 34 (1986), §III.
//!
//! | symbol | here |
//! |---|---|
//! | p | `order` |
//! | aₖ, k = 1…p (Makhoul's −aₖ, Janssen's −aₖ) | `coefficients[k − 1]` |
//! | R(i) | `autocorrelation[i]` |
//! | kᵢ, reflection | `reflection` |
//! | b_l = Σₖ aₖ·a_{k+l}, a₀ = 1 (Janssen's eq. 9) | `kernel[l]` |
//! | t(1)…t(m), unknown positions | `missing` |
//!
//! **Assumptions.** The signal is stationary over the frame, and the frame is at least four times the order.
//! **Known failures.** An interpolated span shrinks towards zero as it grows beyond the order (the expected value of noise
//! is zero): gaps above some 100 samples at 44.1 kHz sound hollow in noise.

mod banded;
mod correlated;
mod fit;
mod interpolation;
mod side_by_side;

pub(crate) use banded::BandedSymmetric;
pub(crate) use correlated::{Damaged, inverse_of};
pub use fit::autocorrelation;
pub(crate) use fit::{WindowedFrame, hann};
pub use interpolation::Evidence;
pub(crate) use interpolation::NormalEquations;
use serde::Serialize;
pub(crate) use side_by_side::{ACCOUNTS, Accounts, Workspace};

use crate::inner_product::correlate;

/// An autoregressive model of a frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArModel {
    coefficients: Vec<f64>,
    variance: f64,
}

impl ArModel {
    /// A model with the given weights a₁…a_p and error variance.
    pub fn new(coefficients: Vec<f64>, variance: f64) -> Self {
        Self { coefficients, variance }
    }

    /// a₁…a_p: x\[n\] ≈ Σ a\[k−1\]·x\[n−k\].
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// p.
    pub fn order(&self) -> usize {
        self.coefficients.len()
    }

    /// The variance of the prediction error over the frame that was fitted.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// The error of predicting `samples[n]` from the p samples before it, for every n in p..len.
    ///
    /// `errors[i]` belongs to `samples[p + i]`; it is cleared first.
    pub fn forward_error(&self, samples: &[f64], errors: &mut Vec<f64>) {
        let order = self.order();
        errors.clear();
        // Reversed weights, so that each prediction is a plain dot product.
        let weights: Vec<f64> = self.coefficients.iter().rev().copied().collect();
        predict(&weights, samples, &samples[order.min(samples.len())..], errors);
    }

    /// The error of predicting `samples[n]` from the p samples after it, for every n in 0..len−p.
    ///
    /// `errors[n]` belongs to `samples[n]`; it is cleared first. The spectrum of a process does not know the direction
    /// of time, so the same weights serve.
    pub fn backward_error(&self, samples: &[f64], errors: &mut Vec<f64>) {
        errors.clear();
        let count = samples.len().saturating_sub(self.order());
        predict(&self.coefficients, samples.get(1..).unwrap_or_default(), &samples[..count], errors);
    }
}

/// The error of predicting each of `observed` by the weights from the `samples` at its place and after, into `errors`, which is empty.
fn predict(weights: &[f64], samples: &[f64], observed: &[f64], errors: &mut Vec<f64>) {
    errors.resize(observed.len(), 0.0);
    correlate(weights, samples, errors);
    errors.iter_mut().zip(observed).for_each(|(error, observed)| *error = observed - *error);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_perfect_model_vanish() {
        // A sine obeys x[n] = 2cos(ω)·x[n−1] − x[n−2] exactly, in both directions.
        let omega = 0.3f64;
        let samples: Vec<f64> = (0..200).map(|n| (omega * n as f64).sin()).collect();
        let model = ArModel::new(vec![2.0 * omega.cos(), -1.0], 0.0);
        let mut errors = Vec::new();
        model.forward_error(&samples, &mut errors);
        assert_eq!(errors.len(), 198);
        assert!(errors.iter().all(|e| e.abs() < 1e-12));
        model.backward_error(&samples, &mut errors);
        assert_eq!(errors.len(), 198);
        assert!(errors.iter().all(|e| e.abs() < 1e-12));
    }

    #[test]
    fn a_frame_shorter_than_the_order_has_no_error() {
        let model = ArModel::new(vec![0.5; 8], 1.0);
        let mut errors = vec![1.0];
        model.forward_error(&[1.0; 5], &mut errors);
        assert!(errors.is_empty());
        model.backward_error(&[1.0; 5], &mut errors);
        assert!(errors.is_empty());
    }
}
