//! Least-squares interpolation of missing samples (Janssen, Veldhuis and Vries 1986).
//!
//! The energy of the prediction error is a quadratic form in the unknown samples; its minimum solves B·x = −z with
//! B\[i\]\[j\] = b at lag |t(i) − t(j)| and z the same kernel over the known neighbours (eqs. 8–12). B is banded, symmetric
//! and positive definite. A small ridge bounds the answer where the model is nearly singular (tones, band-limited input).

use super::ArModel;
use super::banded::{BandedSymmetric, sum_of_logarithms};
use crate::inner_product::dot;

/// The equations B·x = −z of suspect samples in their surroundings: what all accounts of their damage have in common.
pub(crate) struct NormalEquations {
    /// B.
    pub(super) matrix: BandedSymmetric,
    /// −z.
    pub(super) right: Vec<f64>,
}

/// The most probable samples under one account of their damage.
pub(crate) struct Estimate {
    /// One for each suspect sample.
    pub(crate) values: Vec<f64>,
    pub(crate) evidence: Evidence,
}

impl NormalEquations {
    /// The equations of the `suspect` places under a model; `samples` hold zeros there. The matrix has room for so many diagonals below the main
    /// one, or for the model's, if these are more.
    pub(crate) fn new(model: &ArModel, samples: &[f64], suspect: &[usize], diagonals: usize) -> Self {
        let (order, kernel) = (model.order(), model.kernel());
        // b at lags −p…p, so that each right-hand side is one dot product.
        let two_sided: Vec<f64> = kernel.iter().skip(1).rev().chain(&kernel).copied().collect();
        let asked = |&t: &usize| {
            let first = t.saturating_sub(order);
            let last = (t + order + 1).min(samples.len());
            -dot(&two_sided[first + order - t..], &samples[first..last])
        };
        let width = order.max(diagonals).min(suspect.len().saturating_sub(1));
        let mut matrix = BandedSymmetric::zeros(suspect.len(), width);
        for (i, &t) in suspect.iter().enumerate() {
            for (j, &u) in suspect[..=i].iter().enumerate().rev() {
                let Some(b) = kernel.get(t - u) else { break };
                *matrix.at(i, j) = *b;
            }
        }
        Self { matrix, right: suspect.iter().map(asked).collect() }
    }

    /// Solves (B + Λ)·x = −z + Λ·`observed` for independent damage, `trust` being the diagonal of Λ; none without a stable solution.
    pub(crate) fn estimate(&self, observed: &[f64], trust: &[f64]) -> Option<Estimate> {
        let mut matrix = self.matrix.clone();
        let mut asked = self.right.clone();
        for (i, (asked, (trust, observed))) in asked.iter_mut().zip(trust.iter().zip(observed)).enumerate() {
            *matrix.at(i, i) += trust;
            *asked += trust * observed;
        }
        let mut values = asked.clone();
        let spread = matrix.solve(&mut values).filter(|_| values.iter().all(|x| x.is_finite()))?;
        let mut evidence = Evidence { error: 0.0, spread };
        for ((value, asked), (trust, observed)) in values.iter().zip(asked).zip(trust.iter().zip(observed)) {
            evidence.error += trust * observed * observed - asked * value;
        }
        evidence.spread -= sum_of_logarithms(trust.iter().copied());
        Some(Estimate { values, evidence })
    }
}

/// How likely an account of damage is, beside another account of the same samples in the same context.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence {
    /// The least energy of the prediction error and the damage together, less what is the same for every account.
    pub(super) error: f64,
    /// The logarithm of what the account spreads over.
    pub(super) spread: f64,
}

impl Evidence {
    /// −2·log of the likelihood where the prediction error has this variance.
    pub fn misfit(self, variance: f64) -> f64 {
        self.error / variance + self.spread
    }
}

impl ArModel {
    /// Replaces `samples[t]` for every `t` of `missing` by the values that make the prediction error's energy least.
    ///
    /// `missing` ascends without repeats. What lies beyond either end of `samples` counts as known zeros: give at least
    /// [`order`](Self::order) samples of context on each side where there are any. `ridge` is a share of the matrix's
    /// diagonal, 0 for the pure solution; 1e-6 is invisible and keeps tones bounded. Returns false, and leaves zeros, where
    /// the equations have no stable solution.
    ///
    /// # Panics
    /// Where `missing` reaches beyond `samples`; that is the caller's bug.
    pub fn interpolate(&self, samples: &mut [f64], missing: &[usize], ridge: f64) -> bool {
        let ridge = ridge * self.kernel()[0];
        for &t in missing {
            samples[t] = 0.0;
        }
        self.estimate(samples, missing, &vec![ridge; missing.len()]).is_some()
    }

    /// As [`interpolate`](Self::interpolate) for samples that are damaged but not worthless: each `samples[t]` is what was
    /// observed, and `trust` gives, in the order of `suspect`, the variance of the prediction error over the variance
    /// of the damage.
    ///
    /// The result is the most probable one for Gaussian damage: (B + Λ)·x = −z + Λ·observed. Where the neighbours determine a
    /// sample well it is replaced; where they do not (a tone in a long gap) what was observed weighs more.
    /// Returns none, and leaves zeros, where the equations have no stable solution.
    ///
    /// # Panics
    /// Where `suspect` reaches beyond `samples`, or `trust` is shorter than it; that is the caller's bug.
    pub fn estimate(&self, samples: &mut [f64], suspect: &[usize], trust: &[f64]) -> Option<Evidence> {
        let observed: Vec<f64> = suspect.iter().map(|&t| samples[t]).collect();
        suspect.iter().for_each(|&t| samples[t] = 0.0);
        let estimate = NormalEquations::new(self, samples, suspect, 0).estimate(&observed, trust)?;
        suspect.iter().zip(&estimate.values).for_each(|(&t, x)| samples[t] = *x);
        Some(estimate.evidence)
    }

    /// b_l, the autocorrelation of the prediction-error filter 1, −a₁, …, −a_p.
    pub(crate) fn kernel(&self) -> Vec<f64> {
        let filter: Vec<f64> = std::iter::once(1.0).chain(self.coefficients().iter().map(|a| -a)).collect();
        (0..filter.len()).map(|lag| dot(&filter[lag..], &filter)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoregression::banded::tests::solve_dense;

    fn tones(len: usize) -> Vec<f64> {
        (0..len).map(|n| (0.1 * n as f64).sin() + 0.5 * (0.37 * n as f64 + 1.0).cos()).collect()
    }

    /// The error filter as a dense matrix over the zero-extended signal, then plain normal equations.
    fn direct(model: &ArModel, samples: &[f64], missing: &[usize]) -> Vec<f64> {
        let (order, len) = (model.order(), samples.len());
        let mut filter = vec![1.0];
        filter.extend(model.coefficients().iter().map(|a| -a));
        let rows = len + order;
        let element = |row: usize, t: usize| if row >= t && row - t <= order { filter[row - t] } else { 0.0 };
        let known: Vec<f64> = (0..rows)
            .map(|row| (0..len).filter(|t| !missing.contains(t)).map(|t| element(row, t) * samples[t]).sum())
            .collect();
        let normal = missing
            .iter()
            .map(|&t| {
                missing.iter().map(|&u| (0..rows).map(|r| element(r, t) * element(r, u)).sum()).collect()
            })
            .collect();
        let right =
            missing.iter().map(|&t| -(0..rows).map(|r| element(r, t) * known[r]).sum::<f64>()).collect();
        solve_dense(normal, right)
    }

    #[test]
    fn interpolation_is_the_direct_least_squares() {
        let mut samples = tones(120);
        for (i, x) in samples.iter_mut().enumerate() {
            *x += 0.2 * ((i * i) as f64 * 0.7).sin();
        }
        let model = ArModel::fit_burg(&samples, 9);
        for missing in [vec![50], (40..60).collect(), vec![3, 4, 5, 30, 33, 34, 90, 118, 119], vec![0]] {
            let expected = direct(&model, &samples, &missing);
            let mut repaired = samples.clone();
            assert!(model.interpolate(&mut repaired, &missing, 0.0));
            for (t, e) in missing.iter().zip(&expected) {
                assert!((repaired[*t] - e).abs() < 1e-8, "{t}: {} for {e}", repaired[*t]);
            }
            for t in (0..120).filter(|t| !missing.contains(t)) {
                assert_eq!(repaired[t].to_bits(), samples[t].to_bits());
            }
        }
    }

    #[test]
    fn tones_come_back() {
        let clean = tones(1_200);
        let missing: Vec<usize> = (600..640).collect();
        let mut damaged = clean.clone();
        for &t in &missing {
            damaged[t] = 0.0;
        }
        // Four coefficients describe two tones exactly; the weights follow from the frequencies.
        let (first, second) = (2.0 * 0.1f64.cos(), 2.0 * 0.37f64.cos());
        let model = ArModel::new(vec![first + second, -2.0 - first * second, first + second, -1.0], 0.0);
        assert!(model.interpolate(&mut damaged, &missing, 0.0));
        let worst = missing.iter().map(|&t| (damaged[t] - clean[t]).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-5, "{worst}");
        // A model fitted to the damaged frame comes close after three rounds (Janssen's iteration).
        for &t in &missing {
            damaged[t] = 0.0;
        }
        for _round in 0..3 {
            assert!(ArModel::fit(&damaged, 31).interpolate(&mut damaged, &missing, 1e-9));
        }
        let worst = missing.iter().map(|&t| (damaged[t] - clean[t]).abs()).fold(0.0, f64::max);
        assert!(worst < 0.1, "{worst}");
    }

    #[test]
    fn a_white_model_gives_the_expected_value_zero() {
        let mut samples = vec![1.0; 20];
        assert!(ArModel::new(vec![0.0; 4], 1.0).interpolate(&mut samples, &[9, 10], 0.0));
        assert!(samples[9].abs() < 1e-15 && samples[10].abs() < 1e-15);
    }
}
