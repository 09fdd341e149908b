//! The fine path: each third of each sound takes a segment of frames, with an explicit distribution of its duration.
//!
//! Source: M. Ostendorf, V. Digalakis and O. Kimball, "From HMM's to segment models: a unified view of stochastic modeling for
//! speech recognition", IEEE Trans. Speech and Audio Processing 4(5), 1996, section III (dynamic programming over segment
//! boundaries); posteriors by the forward–backward recursion of S.-Z. Yu, "Hidden semi-Markov models", Artificial
//! Intelligence 174(2), 2010, section 2.2.
//!
//! | paper | here |
//! |---|---|
//! | segment boundary t_i | boundary `i`, between node `i − 1` and node `i` |
//! | p(l given a), duration | log-normal, [`Node::Sound::log_frames`], σ in [`Durations`] |
//! | α_t(j), β_t(j) | forward and backward scores at a boundary |
//!
//! Boundaries are searched within a window around where they were found before. Memory: nodes × window.

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;

use super::models::Scorer;
use super::omissions::{Omission, Omissions};
use super::steps::LONGEST;
use super::word_fit::WordFit;
use crate::acoustic::Occupancies;

/// Nodes whose emissions are computed at once.
const NODES_AT_ONCE: usize = 512;
/// Frames whose scores are computed side by side: their sums wait for one another only within a frame.
const FRAMES_AT_ONCE: usize = 4;

/// A stretch of the text that takes frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    /// A third of a sound.
    Sound {
        /// Its sound in the text.
        phone: usize,
        /// Its class.
        class: usize,
        /// Natural log of the expected frames.
        log_frames: f32,
    },
    /// An optional gap; the index says which set of frame scores it uses.
    Gap {
        /// Index into [`Gaps::cumulative`].
        kind: usize,
    },
}

/// What gaps cost.
#[derive(Clone, Debug)]
pub(crate) struct Gaps {
    /// For each kind of gap: sums of the scores of all frames before `t`, `frames + 1` long.
    pub(crate) cumulative: Vec<Vec<f64>>,
    /// For each kind: the score of having a gap at all.
    pub(crate) entry: Vec<f32>,
    /// For each kind: a gap that holds speech which is not in the text: the sums of its frames' scores, and what it costs beyond the gap itself.
    pub(crate) stray: Option<(Vec<Vec<f64>>, f32)>,
    /// How well the word behind each gap but the last fits where it was found.
    pub(crate) fits: Vec<WordFit>,
    /// What is taken off the score of every frame, sounds and gaps alike.
    pub(crate) baseline: Vec<f32>,
}

impl Gaps {
    /// What a gap of `kind` may be: sums of frame scores, and the score of having it.
    pub(super) fn choices(&self, kind: usize) -> impl Iterator<Item = (&[f64], f32)> {
        let entry = self.entry[kind];
        let stray = self.stray.as_ref().map(|(sums, cost)| (sums[kind].as_slice(), entry + cost));
        std::iter::once((self.cumulative[kind].as_slice(), entry)).chain(stray)
    }
}

/// How durations are weighed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durations {
    /// Standard deviation of the log duration of a third.
    pub(crate) sigma: f32,
    /// Weight of its log probability.
    pub(crate) weight: f32,
}

/// A chain of nodes with a window for each boundary.
pub(crate) struct Chain<'a> {
    pub(crate) features: &'a Array2<f32>,
    pub(crate) nodes: &'a [Node],
    /// Where boundary `i` may lie; `nodes.len() + 1` of them, ascending.
    pub(crate) windows: Vec<Range<usize>>,
    pub(crate) scorer: &'a Scorer,
    pub(crate) gaps: &'a Gaps,
    pub(crate) durations: Durations,
    /// What an acoustic model heard.
    pub(crate) heard: Option<&'a Occupancies>,
}

impl Durations {
    /// The most frames that a third of `log_frames` may take.
    pub(super) fn longest(self, log_frames: f32) -> usize {
        ((log_frames + 3.0 * self.sigma).exp() as usize).clamp(6, LONGEST)
    }
}

impl Chain<'_> {
    /// The kind of gap that node `n` is; of sounds the first.
    pub(super) fn gap_kind(&self, n: usize) -> usize {
        if let Node::Gap { kind } = self.nodes[n] { kind } else { 0 }
    }

    /// Sums of emissions of node `n` from the first frame of its entry window.
    fn emissions(&self, n: usize) -> Vec<f32> {
        let Node::Sound { phone, class, .. } = self.nodes[n] else { return Vec::new() };
        let (first, last) = (self.windows[n].start, self.windows[n + 1].end - 1);
        let mut sum = 0f32;
        let mut sums = Vec::with_capacity(last.saturating_sub(first) + 1);
        sums.push(0.0);
        let mut add = |t: usize, score: f32| {
            sum += score - self.gaps.baseline[t];
            if let Some(heard) = self.heard {
                sum += heard.sound(phone, t);
            }
            sums.push(sum);
        };
        let frame = |t: usize| self.features.row(t).to_slice().unwrap_or(&[]);
        let mut t = first;
        while t + FRAMES_AT_ONCE <= last {
            let frames: [&[f32]; FRAMES_AT_ONCE] = std::array::from_fn(|i| frame(t + i));
            for (i, score) in self.scorer.scores_of(class, frames).into_iter().enumerate() {
                add(t + i, score);
            }
            t += FRAMES_AT_ONCE;
        }
        for t in t..last {
            add(t, self.scorer.scores_of(class, [frame(t)])[0]);
        }
        sums
    }

    /// Calls `visit` with every node in order and its emissions, which are computed in parallel in blocks.
    fn for_each_node(&self, reversed: bool, mut visit: impl FnMut(usize, &[f32]) + Send) {
        let order: Vec<usize> =
            if reversed { (0..self.nodes.len()).rev().collect() } else { (0..self.nodes.len()).collect() };
        let scored =
            |block: &[usize]| -> Vec<Vec<f32>> { block.par_iter().map(|n| self.emissions(*n)).collect() };
        let blocks: Vec<&[usize]> = order.chunks(NODES_AT_ONCE).collect();
        let mut emissions = blocks.first().map_or_else(Vec::new, |block| scored(block));
        for (i, block) in blocks.iter().enumerate() {
            // While one block is visited, the next one is scored.
            let (next, ()) = rayon::join(
                || blocks.get(i + 1).map_or_else(Vec::new, |next| scored(next)),
                || block.iter().zip(&emissions).for_each(|(n, emissions)| visit(*n, emissions)),
            );
            emissions = next;
        }
    }

    /// The best boundaries, `nodes + 1` of them; none where no path fits the windows.
    pub(crate) fn best_boundaries(&self) -> Option<Vec<usize>> {
        let mut scores = vec![0f32; self.windows[0].len()];
        let mut taken: Vec<Vec<u32>> = Vec::with_capacity(self.nodes.len());
        self.for_each_node(false, |n, emissions| {
            let (from, to) = (&self.windows[n], &self.windows[n + 1]);
            let (next, lengths) = match self.nodes[n] {
                Node::Sound { log_frames, .. } => self.sound_step(from, to, &scores, emissions, log_frames),
                Node::Gap { kind } => self.gap_step(from, to, &scores, kind),
            };
            scores = rebased(next).0;
            taken.push(lengths);
        });
        let last = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)))?;
        if !scores[last].is_finite() {
            return None;
        }
        let mut boundaries = vec![0; self.nodes.len() + 1];
        let mut t = self.windows[self.nodes.len()].start + last;
        boundaries[self.nodes.len()] = t;
        for n in (0..self.nodes.len()).rev() {
            t -= taken[n][t - self.windows[n + 1].start] as usize;
            boundaries[n] = t;
        }
        Some(boundaries)
    }

    /// The posterior probability of each place in each boundary's window.
    pub(crate) fn posteriors(&self) -> Vec<Vec<f32>> {
        let (mut posteriors, _) = self.forward(|_| true);
        let last = vec![0f32; self.windows[self.nodes.len()].len()];
        combine(&mut posteriors[self.nodes.len()], &last);
        self.backward(|n, _, _, before| combine(&mut posteriors[n], before));
        posteriors
    }

    /// What speaks for words not having been spoken.
    pub(crate) fn omissions(&self) -> Vec<Omission> {
        let is_gap = |n: usize| matches!(self.nodes.get(n), Some(Node::Gap { .. }));
        // Over hours every kept score counts.
        let (forward, levels) = self.forward(|n| is_gap(n) || n == self.nodes.len());
        let count = self.nodes.len();
        let mut omissions = Omissions::new(levels[count] + f64::from(log_sum(&forward[count])));
        self.backward(|n, behind, level, _| {
            if let Node::Gap { kind } = self.nodes[n] {
                omissions.gap_before(self, n, kind, &forward[n], levels[n]);
                omissions.gap_after(n, behind, level);
            }
        });
        omissions.found()
    }

    /// The forward scores before each node and behind the last, where they are `kept`, and what was taken off them so far.
    fn forward(&self, kept: impl Fn(usize) -> bool + Send + Sync) -> (Vec<Vec<f32>>, Vec<f64>) {
        let mut forward: Vec<Vec<f32>> = Vec::with_capacity(self.nodes.len() + 1);
        forward.push(vec![0f32; self.windows[0].len()]);
        let mut levels = vec![0f64];
        self.for_each_node(false, |n, emissions| {
            let (from, to) = (&self.windows[n], &self.windows[n + 1]);
            let next = match self.nodes[n] {
                Node::Sound { log_frames, .. } => {
                    self.sound_sum(from, to, &forward[n], emissions, log_frames, false)
                }
                Node::Gap { kind } => self.gap_sum(from, to, &forward[n], kind, false),
            };
            let (next, level) = rebased(next);
            levels.push(levels[n] + f64::from(level));
            if !kept(n) {
                forward[n] = Vec::new();
            }
            forward.push(next);
        });
        (forward, levels)
    }

    /// Tells `each` node from the last to the first the backward scores behind it, what was taken off them, and the scores before it.
    fn backward(&self, mut each: impl FnMut(usize, &[f32], f64, &[f32]) + Send) {
        let mut behind = vec![0f32; self.windows[self.nodes.len()].len()];
        let mut level = 0f64;
        self.for_each_node(true, |n, emissions| {
            let (from, to) = (&self.windows[n], &self.windows[n + 1]);
            let before = match self.nodes[n] {
                Node::Sound { log_frames, .. } => {
                    self.sound_sum(from, to, &behind, emissions, log_frames, true)
                }
                Node::Gap { kind } => self.gap_sum(from, to, &behind, kind, true),
            };
            let (before, off) = rebased(before);
            each(n, &behind, level, &before);
            behind = before;
            level += f64::from(off);
        });
    }
}

/// Scores relative to the best, so that long chains keep their precision in `f32`, and the best.
fn rebased(mut scores: Vec<f32>) -> (Vec<f32>, f32) {
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !best.is_finite() {
        return (scores, 0.0);
    }
    scores.iter_mut().for_each(|s| *s -= best);
    (scores, best)
}

/// The log of the sum of what `scores` are logs of.
pub(super) fn log_sum(scores: &[f32]) -> f32 {
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if best.is_finite() { best + scores.iter().map(|s| (s - best).exp()).sum::<f32>().ln() } else { best }
}

/// Forward scores become posterior probabilities.
fn combine(forward: &mut [f32], backward: &[f32]) {
    let mut best = f32::NEG_INFINITY;
    for (f, b) in forward.iter_mut().zip(backward) {
        *f += b;
        best = best.max(*f);
    }
    let mut sum = 0f32;
    for f in forward.iter_mut() {
        *f = if best.is_finite() { (*f - best).exp() } else { 0.0 };
        sum += *f;
    }
    if sum > 0.0 {
        forward.iter_mut().for_each(|f| *f /= sum);
    }
}

#[cfg(test)]
#[path = "segmental_tests.rs"]
mod tests;
