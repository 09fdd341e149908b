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

use ndarray::{Array2, ArrayView2, Axis, Slice};

use super::cells::Cells;
use super::context::{Context, SAYS};
use super::evidence::{Evidence, FEATURES};
use super::halving;
use super::tiles::{Tiled, TiledNetwork};
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
pub(super) struct Network {
    looks: usize,
    layers: [Tiled; 3],
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
    fn read(values: &mut impl Iterator<Item = f32>, looks: usize, sums: [usize; 2]) -> Self {
        let layers = [(looks, sums[0]), (sums[0], sums[1]), (sums[1], 1)];
        Self {
            looks,
            layers: layers.map(|(inputs, outputs)| Tiled::new(&Layer::read(values, inputs, outputs))),
        }
    }

    /// How many numbers it looks at.
    pub(super) fn looks(&self) -> usize {
        self.looks
    }

    /// The gain of every cell of a tile, 0 to 1, from its looks.
    pub(super) fn tiled(&self) -> TiledNetwork<'_> {
        TiledNetwork::new(&self.layers)
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

    /// The first gain of every cell, `[frames, bands]`, and the evidence after it, for the second.
    pub(super) fn kept(&self, evidence: &Evidence) -> (Array2<f32>, Evidence) {
        let (frames, _) = evidence.shape();
        let evidence_alone = [evidence];
        let mut cells = Cells::new(&self.first, &evidence_alone, None, 0..frames);
        (0..frames).for_each(|frame| cells.ask_all(frame));
        let gains = cells.finish();
        let kept = evidence.after(&gains);
        (gains, kept)
    }

    /// The gain of every cell of `frames`, `[frames, bands]`, 0 to 1. The first frame is one of those whose cells are all asked ([`halving`]).
    pub(super) fn gains(&self, evidence: &Evidence, frames: Range<usize>) -> Array2<f32> {
        let (first_gains, kept) = self.kept(evidence);
        let said = self.context.said(evidence, &kept);
        let both = [evidence, &kept];
        let reach = halving::reach(&frames, evidence.shape().0);
        let mut cells = Cells::new(&self.second, &both, Some(&said), reach.clone());
        halving::find(&mut cells, reach, first_gains.view());
        let mut gains = cells.finish();
        gains.slice_axis_inplace(Axis(0), Slice::from(..frames.len()));
        make_mild(gains.as_slice_mut().unwrap_or_default());
        gains
    }
}

in_wide_vectors! {
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

    use super::super::context::Said;
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
        let weights =
            WEIGHTS.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        assert!(weights.into_iter().all(f32::is_finite));
    }

    const BANDS: usize = 321;

    /// Noise with a tone that swells for half of the frames.
    fn evidence(frames: usize) -> Evidence {
        let mut seed = 7u32;
        let mut uniform = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((seed >> 8) as f32 + 1.0) / 16_777_217.0
        };
        let power = Array2::from_shape_fn((frames, BANDS), |(frame, band)| {
            let swell = (frame as f32 * 0.05).sin().max(0.0);
            let tone = if band % 12 < 2 && band < 120 { 3e3 * swell * swell } else { 0.0 };
            -uniform().ln() + tone
        });
        Evidence::new(&power, &[1.0; BANDS], &[30.0; BANDS])
    }

    #[test]
    fn gains_of_some_cells_stand_for_those_of_all() {
        let (learned, evidence, frames) = (LearnedGain::new(), evidence(250), 250);
        let of_all = |network: &Network, evidence: &[&Evidence], said: Option<&Said>| {
            let mut cells = Cells::new(network, evidence, said, 0..frames);
            (0..frames).for_each(|frame| cells.ask_all(frame));
            cells.finish()
        };
        let first = of_all(&learned.first, &[&evidence], None);
        let kept = evidence.after(&first);
        let said = learned.context.said(&evidence, &kept);
        let mut all = of_all(&learned.second, &[&evidence, &kept], Some(&said));
        make_mild(all.as_slice_mut().unwrap());
        let some = learned.gains(&evidence, 0..frames);
        let power = evidence.here().mapv(|here| 10f32.powf(here));
        let kept_power = (&all * &all * &power).sum();
        let error_db =
            10.0 * ((&all - &some).mapv(|d| d * d) * &power).sum().log10() - 10.0 * kept_power.log10();
        println!("error {error_db:.1} dB");
        assert!(error_db < -35.0, "{error_db:.1} dB");
    }

    #[test]
    fn a_stretch_has_the_gains_of_the_whole() {
        let (learned, evidence) = (LearnedGain::new(), evidence(120));
        let (whole, part) = (learned.gains(&evidence, 0..120), learned.gains(&evidence, 16..45));
        assert_eq!(part, whole.slice_axis(Axis(0), Slice::from(16..45)));
    }

    #[test]
    fn a_layer_is_its_sums() {
        let layer = Layer { kernel: array![[1.0, 2.0], [3.0, 4.0]], bias: array![[0.5], [-50.0]] };
        let inputs = array![[2.0, 1.0, 0.0], [10.0, 0.0, 1.0]];
        assert_eq!(layer.apply(inputs.view()), array![[32.5, 1.5, 3.5], [-6.0, -48.0, -46.0]]);
        assert_eq!(layer.rectified(inputs.view()), array![[32.5, 1.5, 3.5], [0.0, 0.0, 0.0]]);
    }
}
