//! Cholesky's factorisation of a symmetric positive definite matrix that is zero beyond a band.
//!
//! Golub and Van Loan, *Matrix Computations*, 4th ed., §4.3.5. Column j holds the elements (j, j)…(j+w, j) at
//! `columns[j·stride..]`, the diagonal first; what would lie below the last row, and what fills a column up to its stride, is zero. So the
//! loops run along columns, where neighbours lie side by side and no sum waits for its end, and in whole vectors: most columns are a few
//! vectors long, and what is left over one by one would take as long as they.

use crate::inner_product::dot;
use crate::wide_vectors::in_wide_vectors;

/// Elements of a vector; columns have as many or a multiple.
const LANES: usize = 4;

/// The lower half of a banded symmetric matrix.
#[derive(Clone)]
pub(crate) struct BandedSymmetric {
    size: usize,
    bandwidth: usize,
    stride: usize,
    /// And after the last one room for two columns, with zeros behind each, that the factorisation works with.
    columns: Vec<f64>,
}

impl BandedSymmetric {
    /// A matrix of zeros with `bandwidth` diagonals below the main one.
    pub(crate) fn zeros(size: usize, bandwidth: usize) -> Self {
        let stride = (bandwidth + 1).next_multiple_of(LANES);
        let columns = vec![0.0; size * stride + 2 * (stride + 2 * LANES)];
        Self { size, bandwidth, stride, columns }
    }

    /// Element (`row`, `column`), with `column ≤ row` inside the band.
    pub(crate) fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.columns[column * self.stride + row - column]
    }

    /// The value of element (`row`, `column`), as for [`at`](Self::at).
    #[inline(always)]
    pub(super) fn element(&self, row: usize, column: usize) -> f64 {
        self.columns[column * self.stride + row - column]
    }

    /// Diagonals below the main one.
    pub(super) fn bandwidth(&self) -> usize {
        self.bandwidth
    }

    /// Factorises in place and solves A·x = `right`, which becomes x. Returns log det A; none where A is not positive definite.
    #[must_use]
    pub(crate) fn solve(mut self, right: &mut [f64]) -> Option<f64> {
        if !self.factorise() {
            return None;
        }
        let columns = &self.columns[..self.size * self.stride];
        substitute(columns, self.stride, self.bandwidth, right);
        Some(self.log_determinant())
    }

    /// The inverse, `[row, column]`, row by row; none where the matrix is not positive definite.
    pub(crate) fn inverse(mut self) -> Option<Vec<f64>> {
        if !self.factorise() {
            return None;
        }
        let columns = &self.columns[..self.size * self.stride];
        let mut inverse = vec![0.0; self.size * self.size];
        for (place, unit) in inverse.chunks_exact_mut(self.size.max(1)).enumerate() {
            unit[place] = 1.0;
            substitute(columns, self.stride, self.bandwidth, unit);
        }
        Some(inverse)
    }

    /// Puts L, of A = L·Lᵀ, in the place of A; false where A is not positive definite.
    fn factorise(&mut self) -> bool {
        let (columns, room) = self.columns.split_at_mut(self.size * self.stride);
        factorise(columns, room, self.stride, self.bandwidth)
    }

    /// Of the matrix that was factorised.
    fn log_determinant(&self) -> f64 {
        2.0 * sum_of_logarithms(self.columns.iter().step_by(self.stride).take(self.size).copied())
    }
}

/// Σ ln x over numbers above zero.
pub(super) fn sum_of_logarithms(values: impl Iterator<Item = f64>) -> f64 {
    // A logarithm takes as long as many products.
    let (mut sum, mut product) = (0.0, 1.0);
    for value in values {
        product *= value;
        if !(1e-100..1e100).contains(&product) {
            sum += f64::ln(product);
            product = 1.0;
        }
    }
    sum + product.ln()
}

in_wide_vectors! {
    /// As [`BandedSymmetric::factorise`]. Columns are taken away from the later ones two at a time, the first one first.
    fn factorise(columns: &mut [f64], room: &mut [f64], stride: usize, width: usize) -> bool {
        let size = columns.len() / stride;
        // The second begins one row later, and reaches as much further.
        let (first, second) = room.split_at_mut(stride + 2 * LANES);
        for column in (0..size).step_by(2) {
            let (done, later) = columns.split_at_mut((column + 1) * stride);
            if !finish(&mut done[column * stride..], first) {
                return false;
            }
            let reach = (width + 1).min(size - column);
            let Some((next, later)) = later.split_at_mut_checked(stride) else { break };
            if reach > 1 {
                take_away(next, [first[1], 0.0], &first[1..], &second[..], reach - 1);
            }
            if !finish(next, second) {
                return false;
            }
            let reach = (width + 1).min(size - column - 1);
            for (below, other) in (1..reach).zip(later.chunks_exact_mut(stride)) {
                let (one, two) = (&first[below + 1..], &second[below..]);
                take_away(other, [one[0], two[0]], one, two, reach - below);
            }
        }
        true
    }

    /// Solves L·y = right, then Lᵀ·x = y, which becomes `right`.
    fn substitute(columns: &[f64], stride: usize, width: usize, right: &mut [f64]) {
        for (row, column) in columns.chunks_exact(stride).enumerate() {
            let value = right[row] / column[0];
            right[row] = value;
            for (x, l) in right[row + 1..].iter_mut().zip(&column[1..=width]) {
                *x -= l * value;
            }
        }
        for (row, column) in columns.chunks_exact(stride).enumerate().rev() {
            let later = dot(&column[1..=width], &right[row + 1..]);
            right[row] = (right[row] - later) / column[0];
        }
    }
}

/// Makes a column of L of one from which all columns before it were taken away, and copies it to `room`; false where its diagonal is not
/// above zero.
#[inline(always)]
fn finish(column: &mut [f64], room: &mut [f64]) -> bool {
    if column[0].is_nan() || column[0] <= 0.0 {
        return false;
    }
    let diagonal = column[0].sqrt();
    let inverse = 1.0 / diagonal;
    for (x, copy) in column.iter_mut().zip(room.iter_mut()) {
        *x *= inverse;
        *copy = *x;
    }
    column[0] = diagonal;
    true
}

/// Takes two columns, times their factors, away from the first `count` elements of another, and zeros from what fills up the last vector.
#[inline(always)]
fn take_away(other: &mut [f64], factors: [f64; 2], first: &[f64], second: &[f64], count: usize) {
    let count = count.next_multiple_of(LANES);
    let (other, _) = other[..count].as_chunks_mut::<LANES>();
    let (first, _) = first[..count].as_chunks::<LANES>();
    let (second, _) = second[..count].as_chunks::<LANES>();
    for ((other, first), second) in other.iter_mut().zip(first).zip(second) {
        // All of a vector is read before any of it is written.
        let before = *other;
        *other = std::array::from_fn(|k| (before[k] - factors[0] * first[k]) - factors[1] * second[k]);
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
