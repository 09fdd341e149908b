//! Cepstra, their slopes and onset strength from mel powers: what is compared.
//!
//! Cepstra: Davis and Mermelstein 1980, section III (orthonormal DCT-II of the log band powers). Slopes: S. Furui,
//! "Speaker-independent isolated word recognition using dynamic features of speech spectrum", IEEE Trans. ASSP 34(1), 1986
//! (regression over ± [`SLOPE_REACH`] frames). Onset strength: half-wave rectified spectral flux, the mean over bands of
//! the rise of the log power.
//!
//! | paper | here |
//! |---|---|
//! | mfcc i | dimension i, `0..CEPSTRA` (0 is the energy) |
//! | Δ mfcc i | dimension `CEPSTRA + i` |
//! | flux | dimension `DIMENSIONS − 1` |
//!
//! Shapes: `[frames, DIMENSIONS]`. After the [`Normalizer`] each dimension has variance one over the speech of the
//! recording, times its weight.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Cepstral coefficients that are kept, the energy included.
pub const CEPSTRA: usize = 13;
/// Dimensions of a feature vector.
pub const DIMENSIONS: usize = 2 * CEPSTRA + 1;
/// ± 30 ms: shorter slopes follow the noise, longer ones smear the boundary.
const SLOPE_REACH: usize = 6;
/// Frames between the two spectra whose difference is the flux.
const FLUX_REACH: usize = 2;
/// Slopes and flux weigh more than cepstra: they mark boundaries.
const SLOPE_WEIGHT: f32 = 1.5;
const FLUX_WEIGHT: f32 = 2.0;

/// Feature vectors, `[frames, dimensions]`.
pub type FeatureSequence = Array2<f32>;

/// Features before normalisation, from powers in bands (all above zero).
pub fn raw_features(power: &Array2<f32>) -> FeatureSequence {
    let (frames, bands) = power.dim();
    let log = power.mapv(|p| p.max(1e-20).ln());
    let basis = dct_basis(bands);
    let mut features = Array2::zeros((frames, DIMENSIONS));
    features.axis_iter_mut(Axis(0)).into_par_iter().zip(log.axis_iter(Axis(0))).for_each(|(mut row, log)| {
        for (coefficient, basis) in basis.axis_iter(Axis(0)).enumerate() {
            row[coefficient] = basis.dot(&log);
        }
    });
    if frames == 0 {
        return features;
    }
    let last = frames - 1;
    let norm: f32 = 2.0 * (1..=SLOPE_REACH).map(|k| (k * k) as f32).sum::<f32>();
    let slopes: Vec<[f32; CEPSTRA + 1]> = (0..frames)
        .into_par_iter()
        .map(|t| {
            let mut out = [0f32; CEPSTRA + 1];
            for k in 1..=SLOPE_REACH {
                let (after, before) = ((t + k).min(last), t.saturating_sub(k));
                for (i, slope) in out.iter_mut().take(CEPSTRA).enumerate() {
                    *slope += k as f32 * (features[[after, i]] - features[[before, i]]) / norm;
                }
            }
            let (after, before) =
                (log.row((t + FLUX_REACH).min(last)), log.row(t.saturating_sub(FLUX_REACH)));
            out[CEPSTRA] =
                after.iter().zip(before).map(|(a, b)| (a - b).max(0.0)).sum::<f32>() / bands.max(1) as f32;
            out
        })
        .collect();
    for (mut row, slopes) in features.outer_iter_mut().zip(&slopes) {
        for (value, slope) in row.iter_mut().skip(CEPSTRA).zip(slopes) {
            *value = *slope;
        }
    }
    features
}

/// Rows are the first [`CEPSTRA`] vectors of the orthonormal DCT-II of length `bands`.
fn dct_basis(bands: usize) -> Array2<f32> {
    Array2::from_shape_fn((CEPSTRA, bands), |(i, j)| {
        let scale = if i == 0 { 1.0 / bands as f64 } else { 2.0 / bands as f64 }.sqrt();
        (scale * (std::f64::consts::PI * i as f64 * (j as f64 + 0.5) / bands as f64).cos()) as f32
    })
}

/// Takes features to zero mean and unit variance over the speech of a recording, weighted by kind.
#[derive(Clone, Debug)]
pub struct Normalizer {
    mean: Vec<f32>,
    scale: Vec<f32>,
}

impl Normalizer {
    /// Measured over the frames of `features` that `is_speech` names.
    pub fn measured(features: &FeatureSequence, is_speech: &[bool]) -> Self {
        let dims = features.ncols();
        let (mut sum, mut squares, mut count) = (vec![0f64; dims], vec![0f64; dims], 0f64);
        for (row, _) in features.outer_iter().zip(is_speech).filter(|(_, speech)| **speech) {
            count += 1.0;
            for (d, x) in row.iter().enumerate() {
                sum[d] += f64::from(*x);
                squares[d] += f64::from(*x).powi(2);
            }
        }
        let count = count.max(1.0);
        let mut mean: Vec<f32> = sum.iter().map(|s| (s / count) as f32).collect();
        let scale = (0..dims)
            .map(|d| {
                let variance = squares[d] / count - (sum[d] / count).powi(2);
                let weight = match d {
                    _ if d < CEPSTRA => 1.0,
                    _ if d < 2 * CEPSTRA => SLOPE_WEIGHT,
                    _ => FLUX_WEIGHT,
                };
                weight / (variance.max(1e-8).sqrt() as f32)
            })
            .collect();
        // The mean slope over speech is zero by nature; a measured one is chance.
        mean[CEPSTRA..2 * CEPSTRA].fill(0.0);
        Self { mean, scale }
    }

    /// What one of its units is worth in dimension `d` before it was applied.
    pub(crate) fn unit(&self, d: usize) -> f32 {
        1.0 / self.scale[d]
    }

    /// Applies it in place.
    pub fn apply(&self, features: &mut FeatureSequence) {
        for mut row in features.outer_iter_mut() {
            for ((x, mean), scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                *x = (*x - mean) * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_spectrum_has_only_energy() {
        let features = raw_features(&Array2::from_elem((5, 24), std::f32::consts::E));
        let row = features.row(2);
        assert!((row[0] - 24f32.sqrt()).abs() < 1e-4);
        assert!(row.iter().skip(1).all(|x| x.abs() < 1e-4), "{row}");
    }

    #[test]
    fn slopes_are_those_of_a_line() {
        let power = Array2::from_shape_fn((40, 24), |(t, _)| (0.1 * t as f32).exp());
        let features = raw_features(&power);
        let rise = features[[21, 0]] - features[[20, 0]];
        assert!((features[[20, CEPSTRA]] - rise).abs() < 1e-3);
        assert!((features[[20, DIMENSIONS - 1]] - 0.1 * 2.0 * FLUX_REACH as f32).abs() < 1e-3);
    }
}
