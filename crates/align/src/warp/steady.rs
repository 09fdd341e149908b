//! Sound that is no speech, told by its steadiness: applause, music, a crowd, a machine.
//!
//! No model of such sounds is brought along: each is its own. A frame is compared with the second before it and with the second after
//! it, each as a normal distribution; what is steady (in its spectrum, its slopes and the spread of both) looks like
//! its own past or future far more than like any sound of speech, and speech, which passes through some ten sounds in a second, far less.
//! This is the likelihood ratio by which changes of the sound are found in S. S. Chen and P. S. Gopalakrishnan, "Speaker, environment and
//! channel change detection and clustering via the Bayesian information criterion", DARPA Broadcast News
//! Workshop 1998, section 3, with the models of the text's sounds in the place of the model of all.
//!
//! Pauses are steady too: there the ratio is taken to the model of pauses, which is learned from them.
//!
//! Shapes: `[frames, dims]` in, one number a frame out. Known failures: sung notes held for more than a second look steady; a quarter of a
//! second at either end of a steady stretch may look like the speech beside it.

use ndarray::Axis;
use rayon::prelude::*;

use super::models::Scorer;
use crate::features::{FeatureSequence, HOP_SECS};

/// How much of the recording before and after a frame says what it might be.
const NEIGHBOURHOOD_SECS: f64 = 1.0;
/// Frames overlap for 20 ms, and slopes reach further: nothing nearer than this is a witness.
const APART_SECS: f64 = 0.04;
/// Less of a neighbourhood than this share (at the ends of the recording) says nothing.
const LEAST_SHARE: f64 = 0.6;
/// Half the time over which the ratio is averaged: no sound of speech is longer.
const HALF_SECS: f64 = 0.25;
/// A frame that is like nothing at all decides nothing: bound of the ratio, in nats.
const MOST_NATS: f32 = 15.0;
/// Variances are never below this share of the least that any sound has.
const VARIANCE_SHARE: f64 = 0.5;
/// Frames whose sums begin anew: drift stays small, and the work can be parted anywhere.
const BLOCK: usize = 4_096;
/// By how much the likeliest sound is better than what explains a doubtful frame, in nats.
const DOUBTED_NATS: f32 = 1.0;
/// What `Steadiness` says where no neighbourhood is long enough.
const UNLIKELY: f32 = -1e3;

/// How well each frame of a recording is explained by its neighbourhood alone.
#[derive(Clone, Debug)]
pub(crate) struct Steadiness {
    /// Scaled log likelihoods as those of the scorer.
    scores: Vec<f32>,
    half: usize,
    scale: f32,
    /// Frames in which a gap explains nearly as much as the likeliest sound does; none at all where there are none.
    doubtful: Vec<bool>,
    /// Frames of lulls; none at all where there are none.
    lulls: Vec<bool>,
}

/// Scores that speech and pauses have for a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameScores {
    pub(crate) pause: f32,
    /// Of what sounds in general would explain.
    pub(crate) filler: f32,
    /// Of the likeliest sound.
    pub(crate) best: f32,
}

impl Steadiness {
    /// Of `features`, whose frames last `hops` hops, on the scale of `scorer`.
    pub(crate) fn of(features: &FeatureSequence, scorer: &Scorer, hops: usize) -> Self {
        let frames = |secs: f64| ((secs / (HOP_SECS * hops as f64)).round() as usize).max(1);
        let floor: Vec<f64> =
            scorer.least_variance().into_iter().map(|v| VARIANCE_SHARE * f64::from(v)).collect();
        let (span, apart) = (frames(NEIGHBOURHOOD_SECS), frames(APART_SECS));
        let scale = scorer.scale();
        let scores = (0..features.nrows())
            .step_by(BLOCK)
            .collect::<Vec<usize>>()
            .into_par_iter()
            .flat_map_iter(|first| {
                let end = (first + BLOCK).min(features.nrows());
                let mut before = Neighbourhood::new(features, &floor, span);
                let mut after = Neighbourhood::new(features, &floor, span);
                (first..end)
                    .map(|t| {
                        before.move_to((t + 1).saturating_sub(apart + span)..(t + 1).saturating_sub(apart));
                        let last = features.nrows();
                        after.move_to((t + apart).min(last)..(t + apart + span).min(last));
                        scale * before.score(t).max(after.score(t))
                    })
                    .collect::<Vec<f32>>()
            })
            .collect();
        Self { scores, half: frames(HALF_SECS), scale, doubtful: Vec::new(), lulls: Vec::new() }
    }

    /// The same with `doubt`, ranges of fine frames of which `hops` make one here, in which speech is not to be believed.
    pub(crate) fn doubting(mut self, doubt: &[std::ops::Range<usize>], hops: usize) -> Self {
        if !doubt.is_empty() {
            self.doubtful = vec![false; self.scores.len()];
        }
        for range in doubt {
            let end = (range.end / hops).min(self.doubtful.len());
            self.doubtful[(range.start / hops).min(end)..end].fill(true);
        }
        self
    }

    /// The same with the lulls of the recording, given for fine frames of which `hops` make one here.
    pub(crate) fn with_lulls(self, lulls: &[bool], hops: usize) -> Self {
        Self { lulls: lulls.iter().copied().step_by(hops).collect(), ..self }
    }

    /// Whether a frame lies in a lull.
    pub(crate) fn is_lull(&self, t: usize) -> bool {
        self.lulls.get(t).is_some_and(|lull| *lull)
    }

    /// How many frames on either side of a frame [`Steadiness::apply`] looks at.
    pub(crate) fn reach(&self) -> usize {
        self.half
    }

    /// For each frame of `inner`, what it scores as a steady sound, `margin` nats below its likelihood; none where speech or a pause explains
    /// it as well. `speech` holds the scores of the frames from `first` on, which reach around `inner`.
    pub(crate) fn apply(
        &self,
        speech: &[FrameScores],
        first: usize,
        inner: std::ops::Range<usize>,
        margin: f32,
    ) -> Vec<Option<f32>> {
        let most = self.scale * MOST_NATS;
        let mut sums = Vec::with_capacity(speech.len() + 1);
        sums.push(0f64);
        for (i, known) in speech.iter().enumerate() {
            let ratio = self.scores[first + i] - known.best.max(known.pause);
            sums.push(sums[i] + f64::from(ratio.clamp(-most, most)));
        }
        inner
            .map(|t| {
                let from = t.saturating_sub(self.half).max(first) - first;
                let to = (t + self.half + 1 - first).min(speech.len());
                let mean = (sums[to] - sums[from]) / (to - from) as f64;
                let wanted = self.scale * margin;
                let steady = (mean > f64::from(wanted)).then(|| self.scores[t] - wanted);
                let doubtful = self.doubtful.get(t).is_some_and(|doubtful| *doubtful);
                let doubted = doubtful.then(|| speech[t - first].best - self.scale * DOUBTED_NATS);
                steady.into_iter().chain(doubted).reduce(f32::max)
            })
            .collect()
    }
}

/// Sums over a span of frames that moves.
struct Neighbourhood<'a> {
    features: &'a FeatureSequence,
    floor: &'a [f64],
    span: usize,
    range: std::ops::Range<usize>,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl<'a> Neighbourhood<'a> {
    fn new(features: &'a FeatureSequence, floor: &'a [f64], span: usize) -> Self {
        let dims = features.ncols();
        Self { features, floor, span, range: 0..0, sum: vec![0.0; dims], squares: vec![0.0; dims] }
    }

    fn add(&mut self, t: usize, sign: f64) {
        for ((x, sum), squares) in self.features.row(t).iter().zip(&mut self.sum).zip(&mut self.squares) {
            let x = f64::from(*x);
            *sum += sign * x;
            *squares += sign * x * x;
        }
    }

    /// Moves on to `range`, whose ends never come before those it had.
    fn move_to(&mut self, range: std::ops::Range<usize>) {
        if self.range.end <= range.start {
            self.sum.fill(0.0);
            self.squares.fill(0.0);
            self.range = range.start..range.start;
        }
        for t in self.range.end..range.end {
            self.add(t, 1.0);
        }
        for t in self.range.start..range.start {
            self.add(t, -1.0);
        }
        self.range = range;
    }

    /// The log likelihood of frame `t` in this neighbourhood, without the constant that all models share.
    fn score(&self, t: usize) -> f32 {
        let count = self.range.len() as f64;
        if count < LEAST_SHARE * self.span as f64 {
            return UNLIKELY;
        }
        let mut score = 0f64;
        for (d, x) in self.features.index_axis(Axis(0), t).iter().enumerate() {
            let mean = self.sum[d] / count;
            // The floor is a prior too: some frames of a steady sound know its spread but roughly.
            let variance = (self.squares[d] / count - mean * mean).max(0.0) + self.floor[d];
            score -= 0.5 * ((f64::from(*x) - mean).powi(2) / variance + variance.ln());
        }
        score as f32
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::warp::models::SoundModels;

    /// Pseudorandom numbers in −1..1.
    fn noise(i: usize) -> f32 {
        let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// Ten classes far apart, and a pause.
    fn models() -> SoundModels {
        let mean =
            Array2::from_shape_fn(
                (11, 6),
                |(class, d)| if class == 10 { -6.0 } else { 3.0 * noise(6 * class + d) },
            );
        SoundModels { mean, variance: Array2::from_elem((11, 6), 0.3) }
    }

    fn scores(features: &Array2<f32>, scorer: &Scorer) -> Vec<FrameScores> {
        scorer.frame_scores(features)
    }

    #[test]
    fn steady_sound_is_told_from_a_run_of_sounds_and_from_pauses() {
        let models = models();
        let scorer = Scorer::new(&models, 0.5);
        // Two seconds of sounds of 60 ms, two of one sound that no class is like, two of pause.
        let features = Array2::from_shape_fn((300, 6), |(t, d)| {
            let spread = 0.4 * noise(1_000 + 6 * t + d);
            spread
                + match t {
                    0..100 => models.mean[[((noise(t / 3) + 1.0) * 4.99) as usize, d]],
                    100..200 => 2.0 * noise(700 + d),
                    _ => -6.0,
                }
        });
        let steady = Steadiness::of(&features, &scorer, 4);
        let found = steady.apply(&scores(&features, &scorer), 0, 0..300, 3.0);
        assert!(found[..85].iter().all(Option::is_none));
        assert!(found[115..185].iter().all(Option::is_some), "{:?}", &found[115..185]);
        assert!(found[215..].iter().all(Option::is_none));
    }

    #[test]
    fn blocks_and_parts_are_heard_as_one() {
        let scorer = Scorer::new(&models(), 1.0);
        let features = Array2::from_shape_fn((BLOCK + 700, 6), |(t, d)| noise(6 * t + d));
        let steady = Steadiness::of(&features, &scorer, 1);
        // A plain computation of one frame in the second block.
        let t = BLOCK + 300;
        let floor = 0.15;
        let plain = |range: std::ops::Range<usize>| -> f64 {
            (0..6)
                .map(|d| {
                    let values: Vec<f64> = range.clone().map(|t| f64::from(features[[t, d]])).collect();
                    let mean = values.iter().sum::<f64>() / values.len() as f64;
                    let variance =
                        values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64 + floor;
                    -0.5 * ((f64::from(features[[t, d]]) - mean).powi(2) / variance + variance.ln())
                })
                .sum()
        };
        let expected = plain(t + 1 - 208..t + 1 - 8).max(plain(t + 8..t + 208));
        assert!((f64::from(steady.scores[t]) - expected).abs() < 1e-3, "{} {expected}", steady.scores[t]);
        let all = scores(&features, &scorer);
        let whole = steady.apply(&all, 0, 0..features.nrows(), 0.5);
        let reach = steady.reach();
        let part = steady.apply(&all[1_000 - reach..1_200 + reach], 1_000 - reach, 1_000..1_200, 0.5);
        assert_eq!(
            whole[1_000..1_200].iter().map(Option::is_some).collect::<Vec<_>>(),
            part.iter().map(Option::is_some).collect::<Vec<_>>()
        );
    }
}
