//! Estimation of samples whose damage is correlated: a form of unknown height, and what departs from it.
//!
//! As [`ArModel::estimate`](super::ArModel::estimate), where the trust in the samples of one damage is a matrix: the variance of the prediction
//! error times the inverse of the damage's covariance C. The most probable samples solve (B + Λ)·x = −z + Λ·observed; Λ has a block for
//! each damage, so that B + Λ is as banded as B while no damage is longer than the model.

use std::ops::Range;

use super::ArModel;
use super::banded::BandedSymmetric;
use super::interpolation::NormalEquations;
use crate::inner_product::dot;

/// A stretch of damaged samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Damaged {
    /// The samples.
    pub(crate) span: Range<usize>,
    /// The variance of the prediction error times the inverse of the damage's covariance: `[sample, sample]`, row by row.
    pub(crate) trust: Vec<f64>,
}

impl ArModel {
    /// Replaces the samples of all `damaged` stretches, ascending and apart, by the most probable ones. What lies beyond either end of
    /// `samples` counts as known zeros. Returns false where the equations have no stable solution.
    ///
    /// # Panics
    /// Where a stretch reaches beyond `samples`, or its matrix is smaller than it; that is the caller's bug.
    pub(crate) fn estimate_correlated(&self, samples: &mut [f64], damaged: &[Damaged]) -> bool {
        let places: Vec<usize> = damaged.iter().flat_map(|stretch| stretch.span.clone()).collect();
        let longest = damaged.iter().map(|stretch| stretch.span.len()).max().unwrap_or(0);
        if longest == 0 {
            return true;
        }
        let observed: Vec<f64> = places.iter().map(|&t| samples[t]).collect();
        places.iter().for_each(|&t| samples[t] = 0.0);
        let NormalEquations { mut matrix, mut right } =
            NormalEquations::new(self, samples, &places, longest - 1);
        let mut first = 0;
        for Damaged { span, trust } in damaged {
            let observed = &observed[first..first + span.len()];
            for (i, row) in trust.chunks_exact(span.len()).enumerate() {
                right[first + i] += dot(row, observed);
                for (j, trust) in row[..=i].iter().enumerate() {
                    *matrix.at(first + i, first + j) += trust;
                }
            }
            first += span.len();
        }
        let is_solved = matrix.solve(&mut right).is_some() && right.iter().all(|x| x.is_finite());
        if is_solved {
            places.iter().zip(&right).for_each(|(&t, x)| samples[t] = *x);
        }
        is_solved
    }
}

/// The inverse of a symmetric positive definite matrix of `size` rows, row by row; none where it is not positive definite.
pub(crate) fn inverse_of(matrix: &[f64], size: usize) -> Option<Vec<f64>> {
    let mut lower = BandedSymmetric::zeros(size, size.saturating_sub(1));
    for (i, row) in matrix.chunks_exact(size.max(1)).enumerate() {
        for (j, value) in row[..=i].iter().enumerate() {
            *lower.at(i, j) = *value;
        }
    }
    lower.inverse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoregression::banded::tests::solve_dense;

    /// Σ over rows of a covariance of two forms and a little of everything.
    fn covariance(count: usize) -> Vec<f64> {
        let form = |k: usize, i: usize| ((i + 1) as f64 * 0.7 + k as f64).sin();
        let element = |i: usize, j: usize| {
            (0..2).map(|k| form(k, i) * form(k, j)).sum::<f64>() + if i == j { 0.05 } else { 0.0 }
        };
        (0..count * count).map(|n| element(n / count, n % count)).collect()
    }

    #[test]
    fn the_inverse_solves_unit_vectors() {
        for size in [1, 2, 7, 40] {
            let matrix = covariance(size);
            let rows: Vec<Vec<f64>> = matrix.chunks_exact(size).map(<[f64]>::to_vec).collect();
            let inverse = inverse_of(&matrix, size).unwrap();
            for unit in 0..size {
                let right = (0..size).map(|i| f64::from(u8::from(i == unit))).collect();
                for (a, b) in solve_dense(rows.clone(), right).iter().zip(&inverse[unit * size..]) {
                    assert!((a - b).abs() < 1e-8, "{a} {b}");
                }
            }
        }
        assert!(inverse_of(&[1.0, 2.0, 2.0, 1.0], 2).is_none());
    }

    #[test]
    fn a_diagonal_trust_is_that_of_independent_damage() {
        let observed: Vec<f64> =
            (0..200).map(|i| ((i * i) as f64 * 0.7).sin() + (i as f64 * 0.1).sin()).collect();
        let model = ArModel::fit_burg(&observed, 9);
        let spans = [3..6, 50..75, 80..82, 198..200];
        let suspect: Vec<usize> = spans.iter().cloned().flatten().collect();
        let trust: Vec<f64> = suspect.iter().map(|&t| 0.1 + 0.01 * (t % 5) as f64).collect();
        let mut expected = observed.clone();
        assert!(model.estimate(&mut expected, &suspect, &trust).is_some());
        let mut next = trust.iter();
        let damaged: Vec<Damaged> = spans
            .iter()
            .map(|span| {
                let mut trust = vec![0.0; span.len() * span.len()];
                trust.iter_mut().step_by(span.len() + 1).for_each(|own| *own = *next.next().unwrap());
                Damaged { span: span.clone(), trust }
            })
            .collect();
        let mut estimated = observed;
        assert!(model.estimate_correlated(&mut estimated, &damaged));
        for (a, b) in estimated.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn damage_of_a_known_form_is_taken_away_where_nothing_foretells_the_samples() {
        // White noise of variance 0.01: samples that are unknown would become 0.
        let clean: Vec<f64> = (0..60).map(|i| 0.1 * ((i * i * 7) as f64 * 0.37).sin()).collect();
        let form = [0.5, 1.0, -0.8, 0.6, -0.4, 0.2];
        let mut observed = clean.clone();
        observed[20..26].iter_mut().zip(form).for_each(|(x, f)| *x += 3.0 * f);
        let element = |i: usize, j: usize| 9.0 * form[i] * form[j] + if i == j { 1e-4 } else { 0.0 };
        let covariance: Vec<f64> = (0..36).map(|n| element(n / 6, n % 6)).collect();
        let trust: Vec<f64> = inverse_of(&covariance, 6).unwrap().iter().map(|value| 0.01 * value).collect();
        let model = ArModel::new(vec![0.0; 4], 0.01);
        let mut estimated = observed;
        assert!(model.estimate_correlated(&mut estimated, &[Damaged { span: 20..26, trust }]));
        let error =
            |x: &[f64]| x[20..26].iter().zip(&clean[20..26]).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        // One height of six unknowns: a sixth of the noise's energy is lost, not all of it.
        assert!(error(&estimated) < 0.5 * error(&[0.0; 60]), "{}", error(&estimated));
    }
}
