//! The blocks of a recording: the model of each, its prediction errors and their scale.

use std::ops::Range;

use rayon::prelude::*;

use crate::autoregression::{ArModel, hann};
use crate::inner_product::dot;

/// The upper quartile of the standard normal distribution: median(|x|) of Gaussian noise of σ = 1. The median ignores up
/// to half of the samples, so clicks do not raise the scale they are measured by (Huber, *Robust Statistics*, §5.1).
const NORMAL_QUARTILE: f64 = 0.674_489_750_196_081_7;

/// How a recording is divided, in samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    /// Length of a block.
    pub(crate) hop: usize,
    /// Weights of its model.
    pub(crate) order: usize,
    /// How far its interpolation errors reach beyond it; with 0 there are none.
    pub(crate) reach: usize,
}

/// One block's share of the work, but for the prediction errors.
pub(super) struct Block {
    pub(super) interpolation: Stretch,
    pub(super) scale: f32,
    /// The largest magnitude of the errors.
    pub(super) largest: f32,
    /// The level of the recording, root mean square.
    pub(super) level: f32,
    pub(super) model: ArModel,
}

/// Values of samples from `first` on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stretch {
    pub(crate) first: usize,
    pub(crate) values: Vec<f32>,
}

impl Blocks {
    /// How far the stretch that a block's model is fitted to reaches beyond it.
    fn margin(&self) -> usize {
        (self.hop / 2).max(self.order)
    }
}

/// All blocks. Their prediction errors, sample by sample and 0 where one direction is missing, are left in `errors`, forwards and backwards, if
/// these are asked for.
pub(super) fn whiten(
    observed: &[f32],
    mended: &[f32],
    layout: &Blocks,
    errors: Option<[&mut [f32]; 2]>,
) -> Vec<Block> {
    let weights = hann(layout.hop + 2 * layout.margin());
    let of_block = |block: usize, errors: [&mut [f32]; 2]| {
        whiten_block(observed, mended, block * layout.hop, layout, &weights, errors)
    };
    if let Some([forward, backward]) = errors {
        let both = forward.par_chunks_mut(layout.hop).zip(backward.par_chunks_mut(layout.hop));
        return both
            .enumerate()
            .map(|(block, (forward, backward))| of_block(block, [forward, backward]))
            .collect();
    }
    let room = || [(); 2].map(|()| vec![0.0; layout.hop]);
    (0..observed.len().div_ceil(layout.hop))
        .into_par_iter()
        .map_init(room, |[forward, backward], block| {
            let len = layout.hop.min(observed.len() - block * layout.hop);
            of_block(block, [&mut forward[..len], &mut backward[..len]])
        })
        .collect()
}

/// `weights` are the window of a stretch that lies within the recording.
fn whiten_block(
    observed: &[f32],
    mended: &[f32],
    start: usize,
    layout: &Blocks,
    weights: &[f64],
    errors: [&mut [f32]; 2],
) -> Block {
    let Blocks { hop, order, reach } = *layout;
    let end = (start + hop).min(observed.len());
    let [forward, backward] = errors;
    let mut block = Block {
        interpolation: Stretch { first: start, values: vec![0.0; end - start] },
        scale: 0.0,
        largest: 0.0,
        level: (dot(&observed[start..end], &observed[start..end]) / (end - start) as f32).sqrt(),
        model: ArModel::new(vec![0.0; order], 0.0),
    };
    let margin = layout.margin();
    let (first, last) = (start.saturating_sub(margin), (end + margin).min(observed.len()));
    let fitted: Vec<f64> = mended[first..last].iter().map(|&x| f64::from(x)).collect();
    if fitted.len() < 4 * order {
        return block;
    }
    let model = if fitted.len() == weights.len() {
        ArModel::fit_weighted(&fitted, weights, order)
    } else {
        ArModel::fit(&fitted, order)
    };
    let range = start.saturating_sub(reach)..(end + reach).min(observed.len());
    let near_first = range.start.saturating_sub(order);
    let near: Vec<f64> =
        observed[near_first..(range.end + order).min(observed.len())].iter().map(|&x| f64::from(x)).collect();
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    model.forward_error(&near, &mut ahead);
    let own = &near[start - near_first..];
    model.backward_error(&own[..(end - start + order).min(own.len())], &mut behind);
    // At the ends of the recording one direction is missing, and nothing is claimed.
    let begin = start.max(near_first + order);
    let known = begin..start + behind.len().max(begin - start);
    let ahead_of = &ahead[(begin - near_first - order).min(ahead.len())..];
    let mut magnitudes = Vec::with_capacity(2 * hop);
    for ((n, f), b) in known.zip(ahead_of).zip(behind.get(begin - start..).unwrap_or_default()) {
        forward[n - start] = *f as f32;
        backward[n - start] = *b as f32;
        if observed[n].to_bits() == mended[n].to_bits() {
            magnitudes.extend([f.abs() as f32, b.abs() as f32].map(f32::to_bits));
        }
    }
    block.largest = f32::from_bits(magnitudes.iter().copied().max().unwrap_or(0));
    block.scale = (f64::from(median_of_magnitudes(&mut magnitudes)) / NORMAL_QUARTILE) as f32;
    if reach > 0 {
        block.interpolation = interpolation_error(&model, ahead, near_first, range);
    }
    block.model = model;
    block
}

/// The prediction error `ahead`, that of the samples from `order` after `first` on, run backwards through the same model's filter, over
/// `range`; 0 where the recording ends within reach of it.
fn interpolation_error(model: &ArModel, mut ahead: Vec<f64>, first: usize, range: Range<usize>) -> Stretch {
    let order = model.order();
    let mut twice = Vec::new();
    ahead.resize(ahead.len() + order, 0.0);
    model.backward_error(&ahead, &mut twice);
    let at = |n: usize| {
        (n - first).checked_sub(order).and_then(|k| twice.get(k)).map_or(0.0, |error| *error as f32)
    };
    Stretch { first: range.start, values: range.map(at).collect() }
}

/// The median (upper of the two middle values for an even count); 0 for none. Reorders `values`.
pub(super) fn median(values: &mut [f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// As [`median`] for the bits of magnitudes, which are ordered as these are, and compared with one instruction.
pub(super) fn median_of_magnitudes(bits: &mut [u32]) -> f32 {
    if bits.is_empty() {
        return 0.0;
    }
    let middle = bits.len() / 2;
    f32::from_bits(*bits.select_nth_unstable(middle).1)
}
