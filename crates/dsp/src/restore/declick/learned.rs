//! The learned decision: how likely a candidate on a worn disc is damage, from what it looks like ([`super::evidence`]).
//!
//! Every look alone (height, sides, kin at a pitch) needs a threshold, and thresholds that hold in a voice are wrong in brass. A network of
//! two layers of rectified sums weighs them together; `crates/dsp/click/fit.py` fitted it to candidates on simulated discs of many voices,
//! instruments, noises and bands. It is fitted by likelihood, so that its answer is a probability (C. M. Bishop, *Neural Networks
//! for Pattern Recognition*, 1995, §6.7).
//!
//! Shapes: [`LOOKS`] looks → [`SUMS`] → 1. Known failures: a player unlike all that were learned from whose lips or reeds
//! give a pulse each period as high as clicks.

use ndarray::Array2;

use super::evidence::{LOOKS, Looks};
use crate::restore::spectral_gate::Layer;

/// Sums in the two layers.
const SUMS: [usize; 2] = [24, 12];
/// Looks further out than so many deviations count as if they were there: nothing like them was learned from.
const FURTHEST: f32 = 6.0;
/// Little-endian f32: mean and deviation of each look, then kernel `[in, out]` and bias of each layer.
static WEIGHTS: &[u8] = include_bytes!("click.weights");

/// The fitted network.
pub(super) struct Decision {
    mean: Array2<f32>,
    deviation: Array2<f32>,
    layers: [Layer; 3],
}

impl Decision {
    pub(super) fn new() -> Self {
        let mut values =
            WEIGHTS.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        let mut column = || Array2::from_shape_simple_fn((LOOKS, 1), || values.next().unwrap_or(f32::NAN));
        let (mean, deviation) = (column(), column());
        let layers = [(LOOKS, SUMS[0]), (SUMS[0], SUMS[1]), (SUMS[1], 1)]
            .map(|(inputs, outputs)| Layer::read(&mut values, inputs, outputs));
        Self { mean, deviation, layers }
    }

    /// The logarithm of the odds that this is damage.
    pub(super) fn log_odds(&self, looks: &Looks) -> f32 {
        let mut seen = Array2::from_shape_fn((LOOKS, 1), |(look, _)| looks.values()[look]);
        seen -= &self.mean;
        seen /= &self.deviation;
        seen.mapv_inplace(|value| value.clamp(-FURTHEST, FURTHEST));
        let [first, second, last] = &self.layers;
        last.apply(second.rectified(first.rectified(seen.view()).view()).view())[[0, 0]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_all_there() {
        let sizes = [LOOKS, SUMS[0], SUMS[1], 1];
        let wanted = 2 * LOOKS + sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum::<usize>();
        assert_eq!(WEIGHTS.len(), 4 * wanted);
        assert!(Decision::new().log_odds(&Looks::NONE).is_finite());
    }
}
