//! What each third of each sound looks like on this recording: a normal distribution a class.
//!
//! Classes are numbered `3 · symbol + third`; the last row is the pause. Source of the re-estimation: J.-L. Gauvain and
//! C.-H. Lee, "Maximum a posteriori estimation for multivariate Gaussian mixture observations of Markov chains", IEEE
//! Trans. Speech and Audio Processing 2(2), 1994, equations 32 and 33 (τ → [`Learning::prior_frames`]); the affine map
//! before it is a diagonal least-squares fit from what the reference expects to what was found.
//!
//! Shapes: `[classes, dimensions]`.

use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

use super::lattice::highest;
use super::steady::FrameScores;
use crate::features::FeatureSequence;

/// Normal distributions with diagonal covariance.
#[derive(Clone, Debug)]
pub(crate) struct SoundModels {
    pub(crate) mean: Array2<f32>,
    pub(crate) variance: Array2<f32>,
}

/// Sums over the frames that belong to each class.
#[derive(Clone, Debug)]
pub(crate) struct Statistics {
    pub(crate) count: Array1<f64>,
    pub(crate) sum: Array2<f64>,
    pub(crate) squares: Array2<f64>,
}

/// How strongly a recording re-shapes the models.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Learning {
    /// How many frames the reference's mean is worth.
    pub(crate) prior_frames: f64,
    /// How many frames the common variance is worth.
    pub(crate) variance_frames: f64,
    /// Variance is never below this share of the variance of all speech.
    pub(crate) variance_floor: f64,
}

impl Statistics {
    pub(crate) fn new(classes: usize, dims: usize) -> Self {
        Self {
            count: Array1::zeros(classes),
            sum: Array2::zeros((classes, dims)),
            squares: Array2::zeros((classes, dims)),
        }
    }

    /// Adds frames `from..to` of `features` to `class`.
    pub(crate) fn add(&mut self, class: usize, features: &FeatureSequence, from: usize, to: usize) {
        for t in from..to.min(features.nrows()) {
            self.count[class] += 1.0;
            for (d, x) in features.row(t).iter().enumerate() {
                self.sum[[class, d]] += f64::from(*x);
                self.squares[[class, d]] += f64::from(*x).powi(2);
            }
        }
    }

    pub(crate) fn mean(&self, class: usize, dim: usize) -> f64 {
        self.sum[[class, dim]] / self.count[class].max(1.0)
    }
}

impl SoundModels {
    /// Models of this recording: the reference's means `prior` taken through an affine map to where the sounds were found,
    /// then re-estimated from `found`.
    pub(crate) fn learned(prior: &Array2<f32>, found: &Statistics, learning: Learning) -> Self {
        let (classes, dims) = prior.dim();
        let sounds = classes - 1;
        let mut mean = Array2::zeros((classes, dims));
        for d in 0..dims {
            let (slope, offset) = affine(prior, found, d, sounds);
            for class in 0..sounds {
                let expected = slope * f64::from(prior[[class, d]]) + offset;
                let weight = learning.prior_frames;
                mean[[class, d]] =
                    ((weight * expected + found.sum[[class, d]]) / (weight + found.count[class])) as f32;
            }
            mean[[sounds, d]] = ((learning.prior_frames * f64::from(prior[[sounds, d]])
                + found.sum[[sounds, d]])
                / (learning.prior_frames + found.count[sounds])) as f32;
        }
        let variance = variances(&mean, found, learning);
        Self { mean, variance }
    }
}

/// Slope and offset of the weighted regression of found means on expected ones, in dimension `d`.
fn affine(prior: &Array2<f32>, found: &Statistics, d: usize, sounds: usize) -> (f64, f64) {
    let (mut weight, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for class in 0..sounds {
        weight += found.count[class];
        x_sum += found.count[class] * f64::from(prior[[class, d]]);
        y_sum += found.sum[[class, d]];
    }
    if weight < 1.0 {
        return (1.0, 0.0);
    }
    let (x_mean, y_mean) = (x_sum / weight, y_sum / weight);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for class in 0..sounds {
        let x = f64::from(prior[[class, d]]) - x_mean;
        covariance += found.count[class] * x * (found.mean(class, d) - y_mean);
        variance += found.count[class] * x * x;
    }
    let slope = (covariance / (variance + 1e-6)).clamp(0.2, 1.2);
    (slope, y_mean - slope * x_mean)
}

fn variances(mean: &Array2<f32>, found: &Statistics, learning: Learning) -> Array2<f32> {
    let (classes, dims) = mean.dim();
    let mut variance = Array2::zeros((classes, dims));
    for d in 0..dims {
        // Around the models' means, and around the mean of all.
        let around = |class: usize| {
            let m = f64::from(mean[[class, d]]);
            (found.squares[[class, d]] - 2.0 * m * found.sum[[class, d]] + m * m * found.count[class])
                .max(0.0)
        };
        let total: f64 = (0..classes - 1).map(|class| found.count[class]).sum::<f64>().max(1.0);
        let within = (0..classes - 1).map(around).sum::<f64>() / total;
        let grand = (0..classes - 1).map(|class| found.sum[[class, d]]).sum::<f64>() / total;
        let overall =
            (0..classes - 1).map(|class| found.squares[[class, d]]).sum::<f64>() / total - grand * grand;
        let floor = learning.variance_floor * overall.max(1e-3);
        for class in 0..classes {
            let common = within.max(floor);
            variance[[class, d]] = ((learning.variance_frames * common + around(class))
                / (learning.variance_frames + found.count[class]))
                .max(floor) as f32;
        }
    }
    variance
}

/// Classes that are scored side by side.
const LANES: usize = 8;

/// Evaluates log likelihoods, scaled.
#[derive(Clone, Debug)]
pub(crate) struct Scorer {
    dims: usize,
    /// For each class its means, then its halved inverse variances.
    parameters: Vec<f32>,
    /// The same numbers with [`LANES`] classes side by side: for each group of classes and each dimension their means,
    /// then their halved inverse variances.
    side_by_side: Vec<[f32; LANES]>,
    offsets: Vec<f32>,
    scale: f32,
}

impl Scorer {
    /// Scores with `models`; frames 5 ms apart are no independent witnesses, so `scale` lies below one.
    pub(crate) fn new(models: &SoundModels, scale: f32) -> Self {
        let (classes, dims) = models.mean.dim();
        let half = models.variance.mapv(|v| 0.5 / v);
        let mut parameters = Vec::with_capacity(2 * classes * dims);
        let mut offsets = Vec::with_capacity(classes);
        for class in 0..classes {
            parameters.extend(models.mean.row(class));
            parameters.extend(half.row(class));
            offsets.push(models.variance.row(class).iter().map(|v| -0.5 * v.ln()).sum());
        }
        let mut side_by_side = Vec::with_capacity(2 * classes.div_ceil(LANES) * dims);
        for first in (0..classes).step_by(LANES) {
            for d in 0..dims {
                for values in [&models.mean, &half] {
                    side_by_side
                        .push(std::array::from_fn(|lane| values[[(first + lane).min(classes - 1), d]]));
                }
            }
        }
        Self { dims, parameters, side_by_side, offsets, scale }
    }

    /// How many classes, the pause included.
    pub(crate) fn classes(&self) -> usize {
        self.offsets.len()
    }

    /// The class of the pause.
    pub(crate) fn pause(&self) -> usize {
        self.classes() - 1
    }

    /// The scaled log likelihood of `frame` under `class`.
    #[cfg(test)]
    pub(crate) fn score(&self, class: usize, frame: &[f32]) -> f32 {
        self.scores_of(class, [frame])[0]
    }

    /// The scaled log likelihoods of `N` frames under `class`, the same as one by one.
    pub(crate) fn scores_of<const N: usize>(&self, class: usize, frames: [&[f32]; N]) -> [f32; N] {
        let at = 2 * class * self.dims;
        let (mean, half) = self.parameters[at..at + 2 * self.dims].split_at(self.dims);
        let frames = frames.map(|frame| &frame[..self.dims]);
        let mut distances = [0f32; N];
        for (d, (m, h)) in mean.iter().zip(half).enumerate() {
            for (distance, frame) in distances.iter_mut().zip(&frames) {
                let away = frame[d] - m;
                *distance += away * away * h;
            }
        }
        distances.map(|distance| self.scale * (self.offsets[class] - distance))
    }

    /// The scaled log likelihoods of `frame` under every class, into `scores`: the same as one by one.
    pub(crate) fn score_all(&self, frame: &[f32], scores: &mut Vec<f32>) {
        scores.clear();
        let groups = self.side_by_side.chunks_exact(2 * self.dims.max(1));
        for (parameters, offsets) in groups.zip(self.offsets.chunks(LANES)) {
            let mut distances = [0f32; LANES];
            for (x, pair) in frame.iter().zip(parameters.chunks_exact(2)) {
                for lane in 0..LANES {
                    let away = x - pair[0][lane];
                    distances[lane] += away * away * pair[1][lane];
                }
            }
            scores.extend(
                offsets.iter().zip(distances).map(|(offset, distance)| self.scale * (offset - distance)),
            );
        }
    }

    /// What speech in general makes of a frame whose `scores` are known: the mean likelihood over all sounds, as a log.
    pub(crate) fn filler(&self, scores: &[f32]) -> f32 {
        let sounds = &scores[..self.pause()];
        let best = highest(sounds);
        best + (sounds.iter().map(|s| (s - best).exp()).sum::<f32>() / sounds.len().max(1) as f32).ln()
    }

    /// What a frame whose `scores` are known is worth as a pause, as speech in general, and as the likeliest sound.
    pub(crate) fn summary(&self, scores: &[f32]) -> FrameScores {
        let best = highest(&scores[..self.pause()]);
        FrameScores { pause: scores[self.pause()], filler: self.filler(scores), best }
    }

    /// The [`summary`](Self::summary) of every frame of `features`.
    pub(crate) fn frame_scores(&self, features: &FeatureSequence) -> Vec<FrameScores> {
        features
            .axis_iter(Axis(0))
            .into_par_iter()
            .map_init(Vec::new, |scores, frame| {
                self.score_all(frame.to_slice().unwrap_or(&[]), scores);
                self.summary(scores)
            })
            .collect()
    }

    /// What log likelihoods are multiplied with.
    pub(crate) fn scale(&self) -> f32 {
        self.scale
    }

    /// The least variance that any class has, a dimension.
    pub(crate) fn least_variance(&self) -> Vec<f32> {
        let half = |class: usize, d: usize| self.parameters[(2 * class + 1) * self.dims + d];
        (0..self.dims)
            .map(|d| 0.5 / (0..self.classes()).map(|class| half(class, d)).fold(f32::MIN_POSITIVE, f32::max))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_evidence_outweighs_the_reference_and_little_does_not() {
        let prior = Array2::from_shape_vec((3, 1), vec![0.0, 4.0, -3.0]).unwrap();
        let frames = |value: f32, count: usize| Array2::from_elem((count, 1), value);
        let mut found = Statistics::new(3, 1);
        found.add(0, &frames(1.0, 4_000), 0, 4_000);
        found.add(1, &frames(5.0, 4_000), 0, 4_000);
        let learning = Learning { prior_frames: 20.0, variance_frames: 20.0, variance_floor: 0.05 };
        let models = SoundModels::learned(&prior, &found, learning);
        assert!((models.mean[[0, 0]] - 1.0).abs() < 0.01);
        // The pause was not seen: it stays where it was.
        assert!((models.mean[[2, 0]] + 3.0).abs() < 1e-6);
        let scorer = Scorer::new(&models, 0.5);
        assert!(scorer.score(0, &[1.0]) > scorer.score(1, &[1.0]));
        let mut scores = Vec::new();
        scorer.score_all(&[1.0], &mut scores);
        assert!(scorer.filler(&scores) < scores[0]);
    }

    #[test]
    fn all_classes_at_once_are_what_each_is_alone() {
        let noise = |i: usize| ((i * 2_654_435_761) % 1_000) as f32 / 500.0 - 1.0;
        let mean = Array2::from_shape_fn((21, 5), |(k, d)| noise(5 * k + d));
        let variance = Array2::from_shape_fn((21, 5), |(k, d)| 1.2 + noise(300 + 5 * k + d));
        let scorer = Scorer::new(&SoundModels { mean, variance }, 0.3);
        let frames: Vec<Vec<f32>> =
            (0..4).map(|t| (0..5).map(|d| noise(900 + 5 * t + d)).collect()).collect();
        let mut scores = Vec::new();
        scorer.score_all(&frames[2], &mut scores);
        let alone: Vec<f32> = (0..21).map(|class| scorer.score(class, &frames[2])).collect();
        assert_eq!(scores, alone);
        let four: [&[f32]; 4] = std::array::from_fn(|t| frames[t].as_slice());
        assert_eq!(scorer.scores_of(7, four)[2].to_bits(), alone[7].to_bits());
    }
}
