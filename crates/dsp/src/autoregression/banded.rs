//! Cholesky's factorisation of a symmetric positive definite matrix that is zero beyond a band.
//!
//! Golub and Van Loan, *Matrix Computations*, 4th ed., §4.3.5. Row i holds the elements (i, i−w)…(i, i) at
//! `rows[i·(w+1)..]`, the diagonal last; what would lie left of column 0 is unused.

use crate::inner_product::dot;
use crate::wide_vectors::in_wide_vectors;

/// The lower half of a banded symmetric matrix.
pub(crate) struct BandedSymmetric {
    size: usize,
    bandwidth: usize,
    rows: Vec<f64>,
}

impl BandedSymmetric {
    /// A matrix of zeros with `bandwidth` diagonals below the main one.
    pub(crate) fn zeros(size: usize, bandwidth: usize) -> Self {
        Self { size, bandwidth, rows: vec![0.0; size * (bandwidth + 1)] }
    }

    /// Element (`row`, `column`), with `column ≤ row` inside the band.
    pub(crate) fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.rows[row * (self.bandwidth + 1) + self.bandwidth + column - row]
    }

    /// Factorises in place and solves A·x = `right`, which becomes x. Returns log det A; none where A is not positive definite.
    #[must_use]
    pub(crate) fn solve(mut self, right: &mut [f64]) -> Option<f64> {
        let (width, stride) = (self.bandwidth, self.bandwidth + 1);
        if !factorise(&mut self.rows, width) {
            return None;
        }
        substitute(&self.rows, width, right);
        Some((0..self.size).map(|row| 2.0 * self.rows[row * stride + width].ln()).sum())
    }

    /// The inverse, `[row, column]`, row by row; none where the matrix is not positive definite.
    pub(crate) fn inverse(mut self) -> Option<Vec<f64>> {
        if !factorise(&mut self.rows, self.bandwidth) {
            return None;
        }
        let mut inverse = vec![0.0; self.size * self.size];
        for (place, unit) in inverse.chunks_exact_mut(self.size.max(1)).enumerate() {
            unit[place] = 1.0;
            substitute(&self.rows, self.bandwidth, unit);
        }
        Some(inverse)
    }
}

in_wide_vectors! {
    /// Puts L, of A = L·Lᵀ, in the place of A; false where A is not positive definite.
    fn factorise(rows: &mut [f64], width: usize) -> bool {
        let stride = width + 1;
        for row in 0..rows.len() / stride {
            let first = row.saturating_sub(width);
            for column in first..=row {
                let shared = column.saturating_sub(width).max(first);
                let count = column - shared;
                let own = row * stride + width + shared - row;
                let other = column * stride + width + shared - column;
                let sum = dot(&rows[own..own + count], &rows[other..other + count]);
                let rest = rows[own + count] - sum;
                if column == row {
                    if rest.is_nan() || rest <= 0.0 {
                        return false;
                    }
                    rows[own + count] = rest.sqrt();
                } else {
                    rows[own + count] = rest / rows[column * stride + width];
                }
            }
        }
        true
    }

    /// Solves L·y = right, then Lᵀ·x = y, which becomes `right`.
    fn substitute(rows: &[f64], width: usize, right: &mut [f64]) {
        let stride = width + 1;
        let size = rows.len() / stride;
        for row in 0..size {
            let first = row.saturating_sub(width);
            let own = row * stride + width + first - row;
            let sum = dot(&rows[own..own + row - first], &right[first..row]);
            right[row] = (right[row] - sum) / rows[row * stride + width];
        }
        for row in (0..size).rev() {
            right[row] /= rows[row * stride + width];
            let value = right[row];
            let first = row.saturating_sub(width);
            let own = row * stride + width + first - row;
            for (x, l) in right[first..row].iter_mut().zip(&rows[own..]) {
                *x -= l * value;
            }
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
