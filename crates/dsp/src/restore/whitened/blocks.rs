//! The blocks of a recording: the model of each, its prediction errors and their scale.
//!
//! A click shapes the model of the block that it lies in, most of all in noise that falls towards the treble, where one sample outweighs all that is there: such a
//! model takes the click's spectrum for the programme's, foretells next to nothing, and hides the click in errors as high as itself. Of
//! several models the one under which the median of the errors is least is not bent (an S-estimate; Rousseeuw and Yohai, "Robust regression by means of
//! S-estimators", 1984), and the blocks beside have models that were fitted without the click.

use std::ops::Range;

use rayon::prelude::*;

use crate::autoregression::{ArModel, hann};
use crate::inner_product::dot;

/// The upper quartile of the standard normal distribution: median(|x|) of Gaussian noise of σ = 1. The median ignores up
/// to half of the samples, so clicks do not raise the scale they are measured by (Huber, *Robust Statistics*, §5.1).
const NORMAL_QUARTILE: f64 = 0.674_489_750_196_081_7;

/// Blocks on each side whose models are tried: a click bends those of its own block and of the next, the one after shares no sample with it.
const LENDERS: usize = 2;
/// A model whose errors have this many times the scale of a neighbour's is bent.
const BENT: f64 = 3.0;

/// How a recording is divided, in samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    /// Length of a block.
    pub(crate) hop: usize,
    /// Weights of its model.
    pub(crate) order: usize,
    /// How far its interpolation errors reach beyond it; with 0 there are none.
    pub(crate) reach: usize,
    /// A block whose model damage has bent takes a neighbour's.
    pub(crate) borrows: bool,
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
    let recording = Recording { observed, mended, layout };
    let indices = 0..observed.len().div_ceil(layout.hop);
    let models: Vec<ArModel> =
        indices.clone().into_par_iter().map(|index| recording.model(index, &weights)).collect();
    let of_block = |index: usize, errors: [&mut [f32]; 2]| {
        recording.whiten_block(index, recording.fitting(&models, index), errors)
    };
    if let Some([forward, backward]) = errors {
        let both = forward.par_chunks_mut(layout.hop).zip(backward.par_chunks_mut(layout.hop));
        return both
            .enumerate()
            .map(|(index, (forward, backward))| of_block(index, [forward, backward]))
            .collect();
    }
    let room = || [(); 2].map(|()| vec![0.0; layout.hop]);
    indices
        .into_par_iter()
        .map_init(room, |[forward, backward], index| {
            let len = recording.range(index).len();
            of_block(index, [&mut forward[..len], &mut backward[..len]])
        })
        .collect()
}

/// What is divided into blocks.
struct Recording<'a> {
    observed: &'a [f32],
    mended: &'a [f32],
    layout: &'a Blocks,
}

impl Recording<'_> {
    /// The samples of a block.
    fn range(&self, index: usize) -> Range<usize> {
        let start = index * self.layout.hop;
        start..(start + self.layout.hop).min(self.observed.len())
    }

    /// The samples that a block's own model is fitted to.
    fn stretch(&self, index: usize) -> &[f32] {
        let (Range { start, end }, margin) = (self.range(index), self.layout.margin());
        &self.mended[start.saturating_sub(margin)..(end + margin).min(self.mended.len())]
    }

    /// Whether a block's stretch is too short for a model.
    fn is_too_short(&self, index: usize) -> bool {
        self.stretch(index).len() < 4 * self.layout.order
    }

    /// A block's own model, of zeros where it is too short; `weights` are the window of a stretch that lies within the recording.
    fn model(&self, index: usize, weights: &[f64]) -> ArModel {
        let order = self.layout.order;
        if self.is_too_short(index) {
            return ArModel::new(vec![0.0; order], 0.0);
        }
        let stretch: Vec<f64> = self.stretch(index).iter().map(|&x| f64::from(x)).collect();
        if stretch.len() == weights.len() {
            ArModel::fit_weighted(&stretch, weights, order)
        } else {
            ArModel::fit(&stretch, order)
        }
    }

    /// A block's own model, or the best of its neighbours' where on either side one has errors of a third of the scale: then what bends its own is
    /// brief, and no onset.
    fn fitting<'a>(&self, models: &'a [ArModel], index: usize) -> &'a ArModel {
        let own = &models[index];
        let expects_less = |model: &&ArModel| BENT * BENT * model.variance() < own.variance();
        let before = index.saturating_sub(LENDERS)..index;
        let after = index + 1..(index + 1 + LENDERS).min(models.len());
        let sides = [&models[before], &models[after]];
        if !self.layout.borrows || !sides.iter().all(|side| side.iter().any(|model| expects_less(&model))) {
            return own;
        }
        let most = self.scale_under(own, index) / BENT as f32;
        let best_of = |side: &'a [ArModel]| {
            let lenders = side.iter().filter(expects_less);
            let scales = lenders.map(|model| (self.scale_under(model, index), model));
            scales.filter(|(scale, _)| *scale < most).min_by(|(a, _), (b, _)| a.total_cmp(b))
        };
        match sides.map(best_of) {
            [Some((before, earlier)), Some((after, later))] => {
                if after < before {
                    later
                } else {
                    earlier
                }
            }
            _ => own,
        }
    }

    /// The scale of the errors by which a model foretells a block forwards.
    fn scale_under(&self, model: &ArModel, index: usize) -> f32 {
        let Range { start, end } = self.range(index);
        let first = start.saturating_sub(model.order());
        let samples: Vec<f64> = self.observed[first..end].iter().map(|&x| f64::from(x)).collect();
        let mut errors = Vec::new();
        model.forward_error(&samples, &mut errors);
        let known = first + model.order()..end;
        let kept = errors.iter().zip(known).filter(|(_, n)| self.is_kept(*n));
        let mut magnitudes: Vec<u32> = kept.map(|(error, _)| (error.abs() as f32).to_bits()).collect();
        scale_of(&mut magnitudes)
    }

    /// Whether a sample was not replaced.
    fn is_kept(&self, n: usize) -> bool {
        self.observed[n].to_bits() == self.mended[n].to_bits()
    }

    /// A block, and its errors under `model`.
    fn whiten_block(&self, index: usize, model: &ArModel, errors: [&mut [f32]; 2]) -> Block {
        let (observed, Blocks { hop, order, reach, .. }) = (self.observed, *self.layout);
        let Range { start, end } = self.range(index);
        let [forward, backward] = errors;
        let mut block = Block {
            interpolation: Stretch { first: start, values: vec![0.0; end - start] },
            scale: 0.0,
            largest: 0.0,
            level: (dot(&observed[start..end], &observed[start..end]) / (end - start) as f32).sqrt(),
            model: model.clone(),
        };
        if self.is_too_short(index) {
            return block;
        }
        let range = start.saturating_sub(reach)..(end + reach).min(observed.len());
        let near_first = range.start.saturating_sub(order);
        let near: Vec<f64> = observed[near_first..(range.end + order).min(observed.len())]
            .iter()
            .map(|&x| f64::from(x))
            .collect();
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
            if self.is_kept(n) {
                magnitudes.extend([f.abs() as f32, b.abs() as f32].map(f32::to_bits));
            }
        }
        block.largest = f32::from_bits(magnitudes.iter().copied().max().unwrap_or(0));
        block.scale = scale_of(&mut magnitudes);
        if reach > 0 {
            block.interpolation = interpolation_error(model, ahead, near_first, range);
        }
        block
    }
}

/// The robust scale of errors from the bits of their magnitudes.
fn scale_of(magnitudes: &mut [u32]) -> f32 {
    (f64::from(median_of_magnitudes(magnitudes)) / NORMAL_QUARTILE) as f32
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
