//! A gain that was learned: how much of a band to keep, from the evidence around it.
//!
//! Every statistical rule (Wiener, log-spectral amplitude, OM-LSA) is a function from a few ratios of power to a gain, derived
//! for Gaussian spectra that know nothing of each other. Real programme is not like that: its partials go on in time, stand at
//! multiples of a pitch, begin together. So here the function is fitted instead, on damaged recordings whose clean programme is known (J.
//! S. Erkelens, J. Jensen and R. Heusdens, "A data-driven approach to optimizing spectral speech enhancement methods for various error
//! criteria", Speech Communication 49, 2007, have the idea). It is small, two layers of rectified sums and a logistic, looks at nothing
//! but ratios to the noise, and is the same for every band and frame.
//!
//! The gain is found twice. A first function sees the evidence in noise; a second sees that and the same evidence in what the first
//! would keep, where pitch and neighbourhood are plainer (auto-context: Z. Tu and X. Bai, IEEE TPAMI 32, 2010, section 3), and is told by the
//! [`Context`] what whole frames and their course look like: close up, a weak consonant and a swell of the noise are alike.
//!
//! Both are fitted cell by cell; the second and the context then go on in whole frames towards what is heard: the score of the perceptual
//! model of PESQ (ITU-T P.862.2), to which noise added between partials counts more than what is missing, and pauses whose noise does not
//! twitter.
//!
//! `crates/dsp/gain/` holds the programs that made the discs and fitted the weights.
//!
//! Shapes: [`FEATURES`] looks, for the second gain [`SECOND_LOOKS`] → [`FIRST`] or [`SECOND`] sums → 1. Known failures: programme that is
//! noise itself (applause, rain) and stays for longer than a second is taken for noise as soon as the noise profile holds it; frames of a
//! length other than about 46 ms are foreign to it.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};

use super::context::{Context, SAYS, Said};
use super::evidence::{Evidence, FEATURES};
use crate::elementary;
use crate::wide_vectors::in_wide_vectors;

/// Sums in the two layers of the first gain and of the second.
const FIRST: [usize; 2] = [32, 16];
const SECOND: [usize; 2] = [64, 32];
/// What the second gain looks at: the evidence, the evidence in what the first keeps, and what the context says.
const SECOND_LOOKS: usize = 2 * FEATURES + SAYS;
/// Power to which the fitted gain is raised. Synthetic voices, most of what there is to learn from, have emptier spectra than people, so
/// what was learned takes a little too much. Chosen by the tuning part of `comparison/`, when there was one gain: against 1.0 the
/// log-spectral distance fell from 9.7 to 9.3 dB, for 0.03 dB of SI-SDR.
const MILDNESS: f32 = 0.85;
/// Little-endian f32: kernel `[in, out]` and bias of each layer.
static WEIGHTS: &[u8] = include_bytes!("gain.weights");

/// What was learned: a first gain, and a second that looks at what the first would keep as well.
pub(super) struct LearnedGain {
    first: Network,
    context: Context,
    second: Network,
}

/// The layers of one gain.
struct Network {
    first: Layer,
    second: Layer,
    last: Layer,
}

/// Sums and where they begin.
pub(in crate::restore) struct Layer {
    /// `[in, out]`.
    pub(super) kernel: Array2<f32>,
    /// `[out, 1]`, the same for every band or frame.
    pub(super) bias: Array2<f32>,
}

impl Layer {
    pub(in crate::restore) fn read(
        values: &mut impl Iterator<Item = f32>,
        inputs: usize,
        outputs: usize,
    ) -> Self {
        let mut read = |rows, columns| {
            Array2::from_shape_simple_fn((rows, columns), || values.next().unwrap_or(f32::NAN))
        };
        Self { kernel: read(inputs, outputs), bias: read(outputs, 1) }
    }

    /// Sums `[out, bands]` of `inputs`, `[in, bands]`.
    pub(in crate::restore) fn apply(&self, inputs: ArrayView2<f32>) -> Array2<f32> {
        self.sums(inputs, |sum| sum)
    }

    /// The sums that are above zero, zero for the others.
    pub(in crate::restore) fn rectified(&self, inputs: ArrayView2<f32>) -> Array2<f32> {
        self.sums(inputs, |sum| if sum > 0.0 { sum } else { 0.0 })
    }

    /// The sums, `then` applied to each.
    fn sums(&self, inputs: ArrayView2<f32>, then: impl Fn(f32) -> f32) -> Array2<f32> {
        let mut sums = self.kernel.t().dot(&inputs);
        // Row by row: a bias that goes along with each element keeps them out of vectors.
        for (mut row, bias) in sums.rows_mut().into_iter().zip(&self.bias) {
            row.map_inplace(|sum| *sum = then(*sum + bias));
        }
        sums
    }
}

impl Network {
    fn read(values: &mut impl Iterator<Item = f32>, inputs: usize, sums: [usize; 2]) -> Self {
        let first = Layer::read(values, inputs, sums[0]);
        let second = Layer::read(values, sums[0], sums[1]);
        Self { first, second, last: Layer::read(values, sums[1], 1) }
    }

    /// The gain of every cell of `frames`, 0 to 1, from the looks at each evidence in turn and what the context says.
    fn gains(&self, evidence: &[&Evidence], said: Option<&Said>, frames: Range<usize>) -> Array2<f32> {
        let (_, bands) = evidence[0].shape();
        let mut gains = Array2::zeros((frames.len(), bands));
        let mut looks = Array2::zeros((self.first.kernel.nrows(), bands));
        for (frame, mut gains) in frames.zip(gains.rows_mut()) {
            let (mut of_cells, of_frame) = looks.view_mut().split_at(Axis(0), evidence.len() * FEATURES);
            for (evidence, looks) in evidence.iter().zip(of_cells.axis_chunks_iter_mut(Axis(0), FEATURES)) {
                evidence.looks(frame, looks);
            }
            if let Some(said) = said {
                said.looks(frame, of_frame);
            }
            let sums = self.second.rectified(self.first.rectified(looks.view()).view());
            gains.assign(&self.last.apply(sums.view()).row(0));
            logistic(gains.into_slice().unwrap_or_default());
        }
        gains
    }
}

impl LearnedGain {
    pub(super) fn new() -> Self {
        let mut values =
            WEIGHTS.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        let first = Network::read(&mut values, FEATURES, FIRST);
        let context = Context::read(&mut values);
        Self { first, context, second: Network::read(&mut values, SECOND_LOOKS, SECOND) }
    }

    /// The evidence after the first gain, for the second.
    pub(super) fn kept(&self, evidence: &Evidence) -> Evidence {
        evidence.after(&self.first.gains(&[evidence], None, 0..evidence.shape().0))
    }

    /// The gain of every cell of `frames`, `[frames, bands]`, 0 to 1.
    pub(super) fn gains(&self, evidence: &Evidence, frames: Range<usize>) -> Array2<f32> {
        let kept = self.kept(evidence);
        let said = self.context.said(evidence, &kept);
        let mut gains = self.second.gains(&[evidence, &kept], Some(&said), frames);
        make_mild(gains.as_slice_mut().unwrap_or_default());
        gains
    }
}

in_wide_vectors! {
    /// Puts a number from 0 to 1 in the place of every sum.
    fn logistic(sums: &mut [f32]) {
        for sum in sums {
            *sum = 1.0 / (1.0 + elementary::exp(-*sum));
        }
    }

    /// Raises every gain to the power of [`MILDNESS`].
    fn make_mild(gains: &mut [f32]) {
        for gain in gains {
            *gain = elementary::exp(MILDNESS * elementary::ln(*gain));
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_weights_are_all_there() {
        let mut values = WEIGHTS.len() / 4;
        let mut counted = std::iter::from_fn(|| {
            values -= 1;
            Some(0.0)
        });
        Network::read(&mut counted, FEATURES, FIRST);
        Context::read(&mut counted);
        Network::read(&mut counted, SECOND_LOOKS, SECOND);
        assert_eq!(values, 0, "that many are left over");
        let gain = LearnedGain::new();
        for network in [gain.first, gain.second] {
            assert_eq!(network.last.bias.len(), 1);
            assert!(
                network.first.kernel.iter().chain(&network.second.kernel).all(|weight| weight.is_finite())
            );
        }
    }

    #[test]
    fn a_layer_is_its_sums() {
        let layer = Layer { kernel: array![[1.0, 2.0], [3.0, 4.0]], bias: array![[0.5], [-50.0]] };
        let inputs = array![[2.0, 1.0, 0.0], [10.0, 0.0, 1.0]];
        assert_eq!(layer.apply(inputs.view()), array![[32.5, 1.5, 3.5], [-6.0, -48.0, -46.0]]);
        assert_eq!(layer.rectified(inputs.view()), array![[32.5, 1.5, 3.5], [0.0, 0.0, 0.0]]);
    }
}
