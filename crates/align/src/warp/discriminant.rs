//! A linear projection that tells the sounds of this recording apart: feature vectors with their neighbours, reduced to the
//! directions in which classes differ most for how much each varies in itself.
//!
//! Source: R. Haeb-Umbach and H. Ney, "Linear discriminant analysis for improved large vocabulary continuous speech
//! recognition", Proc. ICASSP 1992, section 2: the leading solutions of S_b u = λ S_w u. Here both scatters are mixed from
//! the recording, labelled by the path found so far, and the references, labelled by construction.
//!
//! | paper | here |
//! |---|---|
//! | S_w, within-class scatter | [`Scatter::within`] |
//! | S_b, between-class scatter | [`Scatter::between`] |
//!
//! The problem is reduced by Cholesky's S_w = L·Lᵀ to a symmetric one, solved by cyclic Jacobi rotations (Golub and Van
//! Loan, *Matrix Computations*, section 8.5). Assumes far more frames than stacked dimensions.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use crate::features::FeatureSequence;

/// Offsets of the frames that are stacked: ± 40 ms in steps of 20.
const CONTEXT: [isize; 5] = [-8, -4, 0, 4, 8];
/// Frames that are stacked at once.
const FRAMES_AT_ONCE: usize = 2_048;
/// Added to the within-class scatter's diagonal, as a share of its mean, so that it can be inverted.
const RIDGE: f64 = 1e-3;
const SWEEPS: usize = 12;
/// Frames of one signal that are looked at, evenly spread: scatters of 135 dimensions need no more.
const ENOUGH_FRAMES: usize = 40_000;

/// Scatter of labelled frames.
#[derive(Clone, Debug)]
pub(crate) struct Scatter {
    /// Products of stacked vectors, summed.
    products: Array2<f64>,
    /// Sums of each class.
    sums: Array2<f64>,
    counts: Vec<f64>,
}

/// Frames `range` of `features` with their neighbours, `[frames, CONTEXT · dims]`.
fn stacked(features: &FeatureSequence, frames: &[usize]) -> Array2<f32> {
    let dims = features.ncols();
    let last = features.nrows() as isize - 1;
    let mut out = Array2::zeros((frames.len(), CONTEXT.len() * dims));
    for (mut row, t) in out.outer_iter_mut().zip(frames) {
        for (k, offset) in CONTEXT.iter().enumerate() {
            let source = features.row((*t as isize + offset).clamp(0, last) as usize);
            row.iter_mut().skip(k * dims).zip(source).for_each(|(x, value)| *x = *value);
        }
    }
    out
}

impl Scatter {
    pub(crate) fn new(classes: usize, dims: usize) -> Self {
        let stacked = CONTEXT.len() * dims;
        Self {
            products: Array2::zeros((stacked, stacked)),
            sums: Array2::zeros((classes, stacked)),
            counts: vec![0.0; classes],
        }
    }

    /// Adds the frames that have a label.
    pub(crate) fn add(&mut self, features: &FeatureSequence, labels: &[Option<usize>]) {
        let frames: Vec<usize> =
            (0..labels.len().min(features.nrows())).filter(|t| labels[*t].is_some()).collect();
        let step = frames.len().div_ceil(ENOUGH_FRAMES).max(1);
        let frames: Vec<usize> = frames.into_iter().step_by(step).collect();
        let partial: Vec<(Array2<f32>, Array2<f32>)> = frames
            .par_chunks(FRAMES_AT_ONCE)
            .map(|chunk| {
                let stack = stacked(features, chunk);
                (stack.t().dot(&stack), stack)
            })
            .collect();
        for ((products, stack), chunk) in partial.iter().zip(frames.chunks(FRAMES_AT_ONCE)) {
            self.products.zip_mut_with(products, |sum, p| *sum += f64::from(*p));
            for (row, t) in stack.outer_iter().zip(chunk) {
                let Some(class) = labels[*t] else { continue };
                self.counts[class] += 1.0;
                self.sums.row_mut(class).zip_mut_with(&row, |sum, x| *sum += f64::from(*x));
            }
        }
    }

    fn total(&self) -> f64 {
        self.counts.iter().sum::<f64>().max(1.0)
    }

    fn class_products(&self) -> Array2<f64> {
        let mut scaled = self.sums.clone();
        for (mut row, count) in scaled.outer_iter_mut().zip(&self.counts) {
            row /= count.sqrt().max(1e-9);
        }
        scaled.t().dot(&scaled)
    }

    fn within(&self) -> Array2<f64> {
        (&self.products - &self.class_products()) / self.total()
    }

    fn between(&self) -> Array2<f64> {
        let grand = self.sums.sum_axis(Axis(0)) / self.total();
        let grand = grand.insert_axis(Axis(0));
        self.class_products() / self.total() - grand.t().dot(&grand)
    }

    /// Mean of each class after the projection; zero where none was seen.
    pub(crate) fn projected_means(&self, projection: &Projection) -> Array2<f32> {
        let mut means = self.sums.clone();
        for (mut row, count) in means.outer_iter_mut().zip(&self.counts) {
            row /= count.max(1.0);
        }
        means.mapv(|x| x as f32).dot(&projection.directions)
    }

    /// Frames of each class.
    pub(crate) fn counts(&self) -> &[f64] {
        &self.counts
    }
}

/// Directions in the stacked space, `[CONTEXT · dims, kept]`.
#[derive(Clone, Debug)]
pub(crate) struct Projection {
    directions: Array2<f32>,
}

impl Projection {
    /// The `kept` best directions for the recording's and the references' scatter, the latter weighing `share`; none where
    /// the scatter is degenerate.
    pub(crate) fn of(recording: &Scatter, references: &Scatter, share: f64, kept: usize) -> Option<Self> {
        let mut within = recording.within() * (1.0 - share) + references.within() * share;
        let between = recording.between() * (1.0 - share) + references.between() * share;
        let ridge = RIDGE * within.diag().sum() / within.nrows() as f64;
        within.diag_mut().iter_mut().for_each(|x| *x += ridge);
        let lower = cholesky(&within)?;
        // L⁻¹ S_b L⁻ᵀ
        let half = forward_solve(&lower, &between);
        let reduced = forward_solve(&lower, &half.t().to_owned());
        let (values, vectors) = jacobi(reduced);
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
        let chosen = vectors.select(Axis(1), &order[..kept.min(order.len())]);
        Some(Self { directions: backward_solve(&lower, &chosen).mapv(|x| x as f32) })
    }

    /// Every frame of `features` projected.
    pub(crate) fn apply(&self, features: &FeatureSequence) -> FeatureSequence {
        let kept = self.directions.ncols();
        let mut out = Array2::zeros((features.nrows(), kept));
        out.axis_chunks_iter_mut(Axis(0), FRAMES_AT_ONCE).into_par_iter().enumerate().for_each(
            |(block, mut rows)| {
                let first = block * FRAMES_AT_ONCE;
                let frames: Vec<usize> = (first..first + rows.nrows()).collect();
                rows.assign(&stacked(features, &frames).dot(&self.directions));
            },
        );
        out
    }
}

/// L with A = L·Lᵀ; none where A is not positive definite.
fn cholesky(a: &Array2<f64>) -> Option<Array2<f64>> {
    let n = a.nrows();
    let mut lower = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| lower[[i, k]] * lower[[j, k]]).sum();
            let rest = a[[i, j]] - dot;
            if i == j {
                if rest <= 0.0 {
                    return None;
                }
                lower[[i, i]] = rest.sqrt();
            } else {
                lower[[i, j]] = rest / lower[[j, j]];
            }
        }
    }
    Some(lower)
}

/// X with L·X = B.
fn forward_solve(lower: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut x = b.clone();
    for i in 0..lower.nrows() {
        let (above, mut rest) = x.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        for (k, above) in above.outer_iter().enumerate() {
            row.scaled_add(-lower[[i, k]], &above);
        }
        let scale = 1.0 / lower[[i, i]];
        x.row_mut(i).mapv_inplace(|v| v * scale);
    }
    x
}

/// X with Lᵀ·X = B.
fn backward_solve(lower: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut x = b.clone();
    for i in (0..lower.nrows()).rev() {
        for k in i + 1..lower.nrows() {
            let factor = lower[[k, i]];
            let below = x.row(k).to_owned();
            x.row_mut(i).scaled_add(-factor, &below);
        }
        let scale = 1.0 / lower[[i, i]];
        x.row_mut(i).mapv_inplace(|v| v * scale);
    }
    x
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix.
fn jacobi(mut a: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = a.nrows();
    // Rows of `vectors` are the eigenvectors while rotating: rows are contiguous.
    let mut vectors = Array2::<f64>::eye(n);
    for _ in 0..SWEEPS {
        let off: f64 = (0..n).map(|i| (i + 1..n).map(|j| a[[i, j]].powi(2)).sum::<f64>()).sum();
        let trace: f64 = a.diag().iter().map(|x| x * x).sum();
        if off <= 1e-16 * trace {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[[p, q]];
                if apq.abs() < 1e-14 * (a[[p, p]].abs() + a[[q, q]].abs()) {
                    continue;
                }
                let theta = (a[[q, q]] - a[[p, p]]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta.abs() < 1e-300 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let sine = t * c;
                for k in 0..n {
                    let (kp, kq) = (a[[k, p]], a[[k, q]]);
                    a[[k, p]] = c * kp - sine * kq;
                    a[[k, q]] = sine * kp + c * kq;
                }
                rotate_rows(&mut a, p, q, c, sine);
                rotate_rows(&mut vectors, p, q, c, sine);
            }
        }
    }
    (a.diag().to_vec(), vectors.reversed_axes())
}

fn rotate_rows(a: &mut Array2<f64>, p: usize, q: usize, c: f64, sine: f64) {
    let (mut upper, mut rest) = a.view_mut().split_at(Axis(0), q);
    let (mut row_p, mut row_q) = (upper.row_mut(p), rest.row_mut(0));
    row_p.iter_mut().zip(row_q.iter_mut()).for_each(|(x, y)| {
        let (old_x, old_y) = (*x, *y);
        *x = c * old_x - sine * old_y;
        *y = sine * old_x + c * old_y;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_are_eigenvectors() {
        let a = Array2::from_shape_fn((6, 6), |(i, j)| 1.0 / (1.0 + i as f64 + j as f64) + f64::from(i == j));
        let (values, vectors) = jacobi(a.clone());
        for (k, value) in values.iter().enumerate() {
            let v = vectors.column(k);
            let residual = a.dot(&v) - &v * *value;
            assert!(residual.iter().all(|r| r.abs() < 1e-9), "{residual}");
        }
    }

    #[test]
    fn the_direction_that_separates_is_found() {
        // Two classes that differ in dimension 1 alone; dimension 0 is loud and says nothing.
        let features = Array2::from_shape_fn((2_000, 2), |(t, d)| {
            let noise = ((t * 7_919 + d * 104_729) % 1_009) as f32 / 1_009.0 - 0.5;
            if d == 0 { 20.0 * noise } else { noise + if (t / 100) % 2 == 0 { 2.0 } else { -2.0 } }
        });
        let labels: Vec<Option<usize>> = (0..2_000).map(|t| Some((t / 100) % 2)).collect();
        let mut scatter = Scatter::new(2, 2);
        scatter.add(&features, &labels);
        let projection = Projection::of(&scatter, &scatter, 0.3, 1).unwrap();
        let projected = projection.apply(&features);
        let means = scatter.projected_means(&projection);
        let right = (0..2_000)
            .filter(|t| {
                let x = projected[[*t, 0]];
                let nearest = usize::from((x - means[[1, 0]]).abs() < (x - means[[0, 0]]).abs());
                Some(nearest) == labels[*t]
            })
            .count();
        assert!(right > 1_950, "{right}");
    }
}
