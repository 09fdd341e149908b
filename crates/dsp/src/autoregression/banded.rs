//! Cholesky's factorisation of a symmetric positive definite matrix that is zero beyond a band.
//!
//! Golub and Van Loan, *Matrix Computations*, 4th ed., §4.3.5. Column j holds the elements (j, j)…(j+w, j) at
//! `columns[j·(w+1)..]`, the diagonal first; what would lie below the last row is unused. So the loops run along columns, where neighbours lie
//! side by side and no sum waits for its end.

use crate::inner_product::dot;
use crate::wide_vectors::in_wide_vectors;

/// The lower half of a banded symmetric matrix.
#[derive(Clone)]
pub(crate) struct BandedSymmetric {
    size: usize,
    bandwidth: usize,
    columns: Vec<f64>,
}

impl BandedSymmetric {
    /// A matrix of zeros with `bandwidth` diagonals below the main one.
    pub(crate) fn zeros(size: usize, bandwidth: usize) -> Self {
        Self { size, bandwidth, columns: vec![0.0; size * (bandwidth + 1)] }
    }

    /// Element (`row`, `column`), with `column ≤ row` inside the band.
    pub(crate) fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.columns[column * (self.bandwidth + 1) + row - column]
    }

    /// Factorises in place and solves A·x = `right`, which becomes x. Returns log det A; none where A is not positive definite.
    #[must_use]
    pub(crate) fn solve(mut self, right: &mut [f64]) -> Option<f64> {
        if !factorise(&mut self.columns, self.bandwidth) {
            return None;
        }
        substitute(&self.columns, self.bandwidth, right);
        Some(self.columns.iter().step_by(self.bandwidth + 1).map(|diagonal| 2.0 * diagonal.ln()).sum())
    }

    /// The inverse, `[row, column]`, row by row; none where the matrix is not positive definite.
    pub(crate) fn inverse(mut self) -> Option<Vec<f64>> {
        if !factorise(&mut self.columns, self.bandwidth) {
            return None;
        }
        let mut inverse = vec![0.0; self.size * self.size];
        for (place, unit) in inverse.chunks_exact_mut(self.size.max(1)).enumerate() {
            unit[place] = 1.0;
            substitute(&self.columns, self.bandwidth, unit);
        }
        Some(inverse)
    }
}

in_wide_vectors! {
    /// Puts L, of A = L·Lᵀ, in the place of A; false where A is not positive definite.
    fn factorise(columns: &mut [f64], width: usize) -> bool {
        let stride = width + 1;
        let size = columns.len() / stride;
        for column in 0..size {
            let (done, later) = columns.split_at_mut((column + 1) * stride);
            let own = &mut done[column * stride..][..stride.min(size - column)];
            if own[0].is_nan() || own[0] <= 0.0 {
                return false;
            }
            own[0] = own[0].sqrt();
            let inverse = 1.0 / own[0];
            own[1..].iter_mut().for_each(|x| *x *= inverse);
            for (below, other) in (1..own.len()).zip(later.chunks_exact_mut(stride)) {
                let factor = own[below];
                for (x, l) in other.iter_mut().zip(&own[below..]) {
                    *x -= factor * l;
                }
            }
        }
        true
    }

    /// Solves L·y = right, then Lᵀ·x = y, which becomes `right`.
    fn substitute(columns: &[f64], width: usize, right: &mut [f64]) {
        for (row, column) in columns.chunks_exact(width + 1).enumerate() {
            let value = right[row] / column[0];
            right[row] = value;
            for (x, l) in right[row + 1..].iter_mut().zip(&column[1..]) {
                *x -= l * value;
            }
        }
        for (row, column) in columns.chunks_exact(width + 1).enumerate().rev() {
            let later = dot(&column[1..], &right[row + 1..]);
            right[row] = (right[row] - later) / column[0];
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Gaussian elimination with pivots: slow and obvious.
    pub(crate) fn solve_dense(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
        let size = right.len();
        for i in 0..size {
            let pivot = (i..size).max_by(|&a, &b| matrix[a][i].abs().total_cmp(&matrix[b][i].abs())).unwrap();
            matrix.swap(i, pivot);
            right.swap(i, pivot);
            for row in i + 1..size {
                let factor = matrix[row][i] / matrix[i][i];
                let above = matrix[i].clone();
                for (value, upper) in matrix[row].iter_mut().zip(&above).skip(i) {
                    *value -= factor * upper;
                }
                right[row] -= factor * right[i];
            }
        }
        for i in (0..size).rev() {
            let sum: f64 = (i + 1..size).map(|j| matrix[i][j] * right[j]).sum();
            right[i] = (right[i] - sum) / matrix[i][i];
        }
        right
    }

    #[test]
    fn banded_is_dense() {
        for (size, bandwidth) in [(1, 0), (1, 3), (5, 1), (40, 7), (12, 20)] {
            let element = |i: usize, j: usize| match i.abs_diff(j) {
                0 => 4.0 * bandwidth as f64 + 1.0 + (i % 3) as f64,
                d if d <= bandwidth => 1.0 / (d as f64 + 1.0) - ((i + j) % 5) as f64 * 0.3,
                _ => 0.0,
            };
            let mut banded = BandedSymmetric::zeros(size, bandwidth);
            for i in 0..size {
                for j in i.saturating_sub(bandwidth)..=i {
                    *banded.at(i, j) = element(i, j);
                }
            }
            let right: Vec<f64> = (0..size).map(|i| (i as f64 * 0.7).sin()).collect();
            let dense = solve_dense(
                (0..size).map(|i| (0..size).map(|j| element(i, j)).collect()).collect(),
                right.clone(),
            );
            let mut solved = right;
            assert!(banded.solve(&mut solved).is_some());
            for (a, b) in solved.iter().zip(&dense) {
                assert!((a - b).abs() < 1e-10, "{a} {b}");
            }
        }
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        let indefinite = || {
            let mut banded = BandedSymmetric::zeros(2, 1);
            *banded.at(0, 0) = 1.0;
            *banded.at(1, 0) = 2.0;
            *banded.at(1, 1) = 1.0;
            banded
        };
        assert!(indefinite().solve(&mut [1.0, 1.0]).is_none());
        assert!(indefinite().inverse().is_none());
    }
}
