//! The recording with what can be foreseen taken out: the signal in which damage of every length is sought.
//!
//! A block's autoregressive model foretells each sample from the 0.7 ms before it, and again from the 0.7 ms after it;
//! what neither foretells is noise, or damage. Both errors are divided by their robust local scale. Damage of L samples
//! raises the energy of L neighbouring errors above what L samples of noise hold; the χ² energy of windows of several
//! lengths is turned into the equivalent number of standard deviations of one normal variable, so that one threshold
//! serves all lengths.
//!
//! Sources: Niedźwiecki and Ciołek, "Elimination of impulsive disturbances from archive audio signals using bidirectional
//! processing", IEEE Trans. ASLP 21 (2013), for demanding both directions of time (one alone takes every
//! glottal pulse for a click); Godsill and Rayner, *Digital Audio Restoration* (1998), ch. 5, for the detector; Wilson and
//! Hilferty, "The distribution of chi-square", PNAS 17 (1931), for the cube root.
//!
//! | symbol | here |
//! |---|---|
//! | p | `ORDER_SECS`, 31 at 44.1 kHz; crackle asks for less |
//! | e_f, e_b | `forward`, `backward`, in units of σ |
//! | σ | local scale, of one block |
//! | σ₀ | floor: the quietest tenth of the blocks within 4 s |
//!
//! **The programme is no noise.** Where a block's scale stands far above the floor, the error is the programme's own
//! excitation (glottal pulses, bow, plosives), which has a heavy tail; there the scale is raised further
//! (`PENALTY` in `scales`). On a worn disc the surface noise fills every block and nothing is raised.
//!
//! **Known failures.** A smooth pulse much longer than the order is foretold by its own beginning.

mod blocks;
mod scales;

use rayon::prelude::*;

use self::blocks::{Block, median, whiten};
pub(crate) use self::blocks::{Blocks, Stretch};
use self::scales::{in_groove, raised_scales, unrest};
use crate::wide_vectors::in_wide_vectors;

/// The model's order in seconds.
const ORDER_SECS: f64 = 0.0007;
/// The step of blocks in seconds; a block's model is fitted to twice as much.
const HOP_SECS: f64 = 0.023;
/// Samples scored at a time.
const CHUNK: usize = 1 << 13;

/// What is made of a scale that stands far above the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Programme {
    /// It is the programme's excitation, and its tail is heavy: the scale is raised.
    Doubted,
    /// It is noise like any other.
    Ignored,
}

/// Prediction errors in both directions, each divided by the local scale, and interpolation errors.
pub(crate) struct Whitened {
    forward: Vec<f32>,
    backward: Vec<f32>,
    interpolation: Vec<Stretch>,
    unrest: f32,
    hop: usize,
    /// Each block's kernel: the autocorrelation of its prediction-error filter.
    kernels: Vec<Vec<f32>>,
    /// Each block's scale, raised.
    scales: Vec<f32>,
}

impl Whitened {
    /// Errors of `observed` under models fitted to `mended`, which has the damage known so far replaced.
    ///
    /// The scale is that of samples that were not replaced; it never falls below `floor`. Interpolation errors reach beyond
    /// each block by `reach` samples; with 0 there are none.
    pub(crate) fn of(observed: &[f32], mended: &[f32], rate_hz: f64, reach: usize, floor: f32) -> Self {
        let order = ((ORDER_SECS * rate_hz).round() as usize).max(8);
        let hop = ((HOP_SECS * rate_hz).round() as usize).max(2 * order);
        let layout = Blocks { hop, order, reach, borrows: true };
        let [mut forward, mut backward] = [(); 2].map(|()| vec![0.0; observed.len()]);
        let blocks = whiten(observed, mended, &layout, Some([&mut forward, &mut backward]));
        let mut whitened = Self::of_blocks(blocks, hop, floor, Programme::Doubted);
        whitened.take_errors(forward, backward);
        whitened
    }

    /// The interpolation errors alone, with a choice of blocks and of what a loud scale means.
    pub(crate) fn from_both_sides(
        observed: &[f32],
        mended: &[f32],
        layout: Blocks,
        floor: f32,
        programme: Programme,
    ) -> Self {
        Self::of_blocks(whiten(observed, mended, &layout, None), layout.hop, floor, programme)
    }

    fn of_blocks(blocks: Vec<Block>, hop: usize, floor: f32, programme: Programme) -> Self {
        let mut scales: Vec<f32> = blocks.iter().map(|b| b.scale.max(floor)).collect();
        // Beside a lifted needle the groove's own noise would stand far above the floor, and seem restless.
        let groove = in_groove(&blocks);
        let unrest = unrest(&blocks[groove.clone()]);
        if programme == Programme::Doubted {
            let raised = raised_scales(&scales[groove.clone()]);
            scales[groove].copy_from_slice(&raised);
        }
        let single = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        Self {
            forward: Vec::new(),
            backward: Vec::new(),
            unrest,
            hop,
            scales,
            kernels: blocks.iter().map(|block| single(&block.model.kernel())).collect(),
            interpolation: blocks.into_iter().map(|block| block.interpolation).collect(),
        }
    }

    /// Takes over the errors, over the local scale.
    fn take_errors(&mut self, mut forward: Vec<f32>, mut backward: Vec<f32>) {
        let mut inverse = vec![0.0; self.hop];
        let blocks = forward.chunks_mut(self.hop).zip(backward.chunks_mut(self.hop));
        for (index, (forward, backward)) in blocks.enumerate() {
            let inverse = &mut inverse[..forward.len()];
            self.inverse_scales(index * self.hop, inverse);
            for errors in [forward, backward] {
                errors.iter_mut().zip(&*inverse).for_each(|(error, inverse)| *error *= inverse);
            }
        }
        (self.forward, self.backward) = (forward, backward);
    }

    /// How far the scale moves in the course of the recording: its upper tenth over its lower tenth. On a worn disc the
    /// surface noise holds it within a factor of about 3; in a clean recording speech and pauses differ by 10 and more.
    pub(crate) fn unrest(&self) -> f32 {
        self.unrest
    }

    /// The median of the blocks' scales, raised where they were.
    pub(crate) fn usual_scale(&self) -> f32 {
        median(&mut self.scales.clone())
    }

    /// The errors of foretelling each sample from those before it, divided by the local scale.
    pub(crate) fn forward(&self) -> &[f32] {
        &self.forward
    }

    /// The errors of foretelling each sample from those after it, divided by the local scale.
    pub(crate) fn backward(&self) -> &[f32] {
        &self.backward
    }

    /// The local scale at sample `n`: between centres of blocks it moves in a straight line.
    pub(crate) fn scale(&self, n: usize) -> f32 {
        let index = self.block_of(n);
        let place = ((n - index * self.hop) as f32 + 0.5) / self.hop as f32 - 0.5;
        let neighbour =
            if place < 0.0 { index.saturating_sub(1) } else { (index + 1).min(self.scales.len() - 1) };
        let own = self.scales[index];
        own + place.abs() * (self.scales[neighbour] - own)
    }

    /// [`scale`](Self::scale) at the samples from `first` on, all of one block.
    pub(crate) fn scales(&self, first: usize, scales: &mut [f32]) {
        let index = self.block_of(first);
        let own = self.scales[index];
        let before = self.scales[index.saturating_sub(1)] - own;
        let after = self.scales[(index + 1).min(self.scales.len() - 1)] - own;
        straight_lines((first - index * self.hop) as i32, self.hop as f32, own, before, after, scales);
    }

    /// 1 over [`scale`](Self::scale) at the samples from `first` on, all of one block.
    pub(crate) fn inverse_scales(&self, first: usize, inverse: &mut [f32]) {
        self.scales(first, inverse);
        inverse.iter_mut().for_each(|scale| *scale = 1.0 / *scale);
    }

    /// The block that holds sample `n`.
    pub(crate) fn block_of(&self, n: usize) -> usize {
        n / self.hop
    }

    /// The autocorrelation of a block's prediction-error filter, from lag 0.
    pub(crate) fn kernel(&self, block: usize) -> &[f32] {
        self.kernels.get(block).map_or(&[], Vec::as_slice)
    }

    /// Samples of a block.
    pub(crate) fn hop(&self) -> usize {
        self.hop
    }

    /// The error of interpolating each sample of a block, and those within reach of it, from both sides under the block's
    /// model: the prediction error run once more through the prediction-error filter, backwards. Divided by σ² its variance
    /// is the kernel's first value.
    ///
    /// A smooth pulse shows in what little the filter leaves of the lows. Errors of two models side by side would not cancel
    /// there, and every border in a sustained chord would look like a pulse.
    pub(crate) fn interpolation_error(&self, block: usize) -> &Stretch {
        &self.interpolation[block]
    }

    /// For each sample the number of standard deviations by which the most telling window around it exceeds noise, in
    /// that direction of time which shows less. Windows have `lengths` samples; scores below 1 count as 0.
    pub(crate) fn scores(&self, lengths: &[usize]) -> Vec<f32> {
        let mut scores = vec![0.0f32; self.forward.len()];
        let margin = lengths.iter().copied().max().unwrap_or(0);
        scores.par_chunks_mut(CHUNK).enumerate().for_each(|(index, scores)| {
            let start = index * CHUNK;
            let errors = [self.forward.as_slice(), self.backward.as_slice()];
            let [ahead, behind] = running_energies(errors, start, scores.len(), margin);
            let mut energies = vec![0.0f64; scores.len()];
            for &length in lengths {
                // Below this energy the score is under 1.
                let quiet = f64::from(energy_at(1.0, length));
                let first = margin - length / 2;
                window_energies(&ahead[first..], &behind[first..], length, &mut energies);
                for (score, energy) in scores.iter_mut().zip(&energies) {
                    if *energy > quiet {
                        *score = score.max(normal_equivalent(*energy as f32, length));
                    }
                }
            }
        });
        scores
    }
}

in_wide_vectors! {
    /// What [`Whitened::scale`] is `first` samples after a block's start and on: straight lines between the centres of blocks of `hop` samples, the
    /// block's `own` in its centre, and so much more or less one block `before` and one `after`.
    fn straight_lines(first: i32, hop: f32, own: f32, before: f32, after: f32, scales: &mut [f32]) {
        // In 32 bits, which vectors turn into floats.
        for (n, scale) in (first..).zip(scales) {
            let place = (n as f32 + 0.5) / hop - 0.5;
            *scale = own + place.abs() * if place < 0.0 { before } else { after };
        }
    }

    /// The energy of each window of `length` from its running sums, of the two that which is less.
    fn window_energies(ahead: &[f64], behind: &[f64], length: usize, energies: &mut [f64]) {
        let windows = ahead.iter().zip(&ahead[length..]).zip(behind.iter().zip(&behind[length..]));
        for (energy, ((a0, a1), (b0, b1))) in energies.iter_mut().zip(windows) {
            let (a, b) = (a1 - a0, b1 - b0);
            *energy = if a < b { a } else { b };
        }
    }
}

/// Running sums of squares of both `errors`, of one length, from `margin` samples before `start` to `margin` after `start + len`; nothing lies
/// beyond the ends.
fn running_energies(errors: [&[f32]; 2], start: usize, len: usize, margin: usize) -> [Vec<f64>; 2] {
    let (first, last) = (start.saturating_sub(margin), (start + len + margin).min(errors[0].len()));
    let before = margin.saturating_sub(start);
    let mut running = [(); 2].map(|()| Vec::with_capacity(len + 2 * margin + 1));
    running.iter_mut().for_each(|sums| sums.resize(before + 1, 0.0));
    // Side by side: each sum waits for the one before it.
    let mut sums = [0.0f64; 2];
    let [ahead, behind] = &mut running;
    for (a, b) in errors[0][first..last].iter().zip(&errors[1][first..last]) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        sums[0] += a * a;
        sums[1] += b * b;
        ahead.push(sums[0]);
        behind.push(sums[1]);
    }
    for (running, sum) in running.iter_mut().zip(sums) {
        running.resize(len + 2 * margin + 1, sum);
    }
    running
}

/// Wilson and Hilferty: χ² of `length` degrees of freedom as a standard normal variable.
fn normal_equivalent(energy: f32, length: usize) -> f32 {
    let k = length as f32;
    let spread = 2.0 / (9.0 * k);
    ((energy / k).cbrt() - (1.0 - spread)) / spread.sqrt()
}

/// How far an observed sample may still be believed where damage of this score lies: the variance of the prediction error
/// over that of the damage.
pub(crate) fn trust_at(score: f32) -> f64 {
    1.0 / f64::from(energy_at(score, 1)).max(1.0)
}

/// The inverse of [`normal_equivalent`].
fn energy_at(score: f32, length: usize) -> f32 {
    let k = length as f32;
    let spread = 2.0 / (9.0 * k);
    k * (1.0 - spread + score * spread.sqrt()).powi(3)
}

#[cfg(test)]
mod tests;
