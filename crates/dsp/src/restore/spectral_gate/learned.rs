//! A gain that was learned: how much of a band to keep, from the evidence around it.
//!
//! Every statistical rule (Wiener, log-spectral amplitude, OM-LSA) is a function from a few ratios of power to a gain, derived
//! for Gaussian spectra that know nothing of each other. Real programme is not like that: its partials go on in time, stand at
//! multiples of a pitch, begin together. So here the function is fitted instead, on damaged recordings whose clean programme is known (J.
//! S. Erkelens, J. Jensen and R. Heusdens, "A data-driven approach to optimizing spectral speech enhancement methods for various error
//! criteria", Speech Communication 49, 2007, have the idea). It is small, two layers of rectified sums and a logistic, looks at nothing
//! but ratios to the noise, and is the same for every band and frame, so what it knows is what programme in noise looks like
//! close up, not any voice.
//!
//! The gain is found twice. A first function sees the evidence in noise; a second sees that and the same evidence in what the first
//! would keep, where pitch and neighbourhood are plainer (auto-context: Z. Tu and X. Bai, IEEE TPAMI 32, 2010, section 3).
//!
//! Both are fitted cell by cell; the second then goes on in whole frames towards what is heard: the score of the perceptual model of PESQ
//! (ITU-T P.862.2), to which noise added between partials counts more than what is missing, and pauses whose noise does not twitter.
//!
//! `crates/dsp/gain/` holds the programs that made the discs and fitted the weights.
//!
//! Shapes: [`FEATURES`] looks, for the second gain twice as many → [`FIRST`] or [`SECOND`] sums → 1. Known failures: programme that is noise itself (applause, rain) and stays for
//! longer than a second is taken for noise as soon as the noise profile holds it; frames of a length other than about 46 ms are
//! foreign to it.

use ndarray::Array2;

use super::evidence::{Evidence, FEATURES};

/// Sums in the two layers of the first gain and of the second.
const FIRST: [usize; 2] = [32, 16];
const SECOND: [usize; 2] = [64, 32];
/// Power to which the fitted gain is raised. Synthetic voices, most of what there is to learn from, have emptier spectra than people, so
/// what was learned takes a little too much. Chosen by the tuning part of `comparison/`, when there was one gain: against 1.0 the
/// log-spectral distance fell from 9.7 to 9.3 dB, for 0.03 dB of SI-SDR.
const MILDNESS: f32 = 0.85;
/// Bands that go through the layers together: the intermediate sums stay in the nearest cache.
const TILE: usize = 64;

/// Little-endian f32: kernel `[in, out]` and bias of each layer.
static WEIGHTS: &[u8] = include_bytes!("gain.weights");

/// What was learned: a first gain, and a second that looks at what the first would keep as well.
pub(super) struct LearnedGain {
    first: Network,
    second: Network,
}

/// The layers of one gain.
struct Network {
    first: Layer,
    second: Layer,
    last: Layer,
}

struct Layer {
    /// `[in, out]`.
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    fn read(values: &mut impl Iterator<Item = f32>, inputs: usize, outputs: usize) -> Self {
        let kernel = values.take(inputs * outputs).collect();
        Self { kernel, bias: values.take(outputs).collect() }
    }

    /// Sums of a tile: `inputs` and `outputs` are rows of [`TILE`] bands.
    fn apply(&self, inputs: &[[f32; TILE]], outputs: &mut [[f32; TILE]]) {
        for (output, bias) in outputs.iter_mut().zip(&self.bias) {
            output.fill(*bias);
        }
        for (input, weights) in inputs.iter().zip(self.kernel.chunks_exact(self.bias.len())) {
            for (output, weight) in outputs.iter_mut().zip(weights) {
                for (sum, value) in output.iter_mut().zip(input) {
                    *sum += weight * value;
                }
            }
        }
    }
}

fn rectify(rows: &mut [[f32; TILE]]) {
    rows.iter_mut().flatten().for_each(|value| *value = value.max(0.0));
}

impl Network {
    fn read(values: &mut impl Iterator<Item = f32>, inputs: usize, sums: [usize; 2]) -> Self {
        let first = Layer::read(values, inputs, sums[0]);
        let second = Layer::read(values, sums[0], sums[1]);
        Self { first, second, last: Layer::read(values, sums[1], 1) }
    }

    /// The gain of every cell, 0 to 1, from the looks at each evidence in turn.
    fn gains(&self, evidence: &[&Evidence]) -> Array2<f32> {
        let (frames, bands) = evidence[0].shape();
        let mut gains = Array2::zeros((frames, bands));
        let mut looks = Vec::new();
        let mut inputs = vec![[0.0f32; TILE]; evidence.len() * FEATURES];
        let tile = |layer: &Layer| vec![[0.0f32; TILE]; layer.bias.len()];
        let (mut first, mut second, mut last) = (tile(&self.first), tile(&self.second), tile(&self.last));
        for (frame, mut gains) in gains.rows_mut().into_iter().enumerate() {
            looks.clear();
            evidence.iter().for_each(|evidence| evidence.looks(frame, &mut looks));
            for start in (0..bands).step_by(TILE) {
                let len = TILE.min(bands - start);
                for (input, look) in inputs.iter_mut().zip(looks.chunks_exact(bands)) {
                    input[..len].copy_from_slice(&look[start..start + len]);
                }
                self.first.apply(&inputs, &mut first);
                rectify(&mut first);
                self.second.apply(&first, &mut second);
                rectify(&mut second);
                self.last.apply(&second, &mut last);
                for (gain, sum) in gains.iter_mut().skip(start).zip(&last[0][..len]) {
                    *gain = 1.0 / (1.0 + (-sum).exp());
                }
            }
        }
        gains
    }
}

impl LearnedGain {
    pub(super) fn new() -> Self {
        let mut values =
            WEIGHTS.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        let first = Network::read(&mut values, FEATURES, FIRST);
        Self { first, second: Network::read(&mut values, 2 * FEATURES, SECOND) }
    }

    /// The evidence after the first gain, for the second.
    pub(super) fn kept(&self, evidence: &Evidence) -> Evidence {
        evidence.after(&self.first.gains(&[evidence]))
    }

    /// The gain of every cell, `[frames, bands]`, 0 to 1.
    pub(super) fn gains(&self, evidence: &Evidence) -> Array2<f32> {
        self.second.gains(&[evidence, &self.kept(evidence)]).mapv_into(|gain| gain.powf(MILDNESS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_all_there() {
        let count =
            |inputs, [first, second]: [usize; 2]| (inputs + 1) * first + (first + 1) * second + second + 1;
        assert_eq!(WEIGHTS.len(), 4 * (count(FEATURES, FIRST) + count(2 * FEATURES, SECOND)));
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
        let layer = Layer { kernel: vec![1.0, 2.0, 3.0, 4.0], bias: vec![0.5, -0.5] };
        let inputs = [[2.0; TILE], [10.0; TILE]];
        let mut outputs = [[0.0; TILE]; 2];
        layer.apply(&inputs, &mut outputs);
        assert_eq!((outputs[0][3], outputs[1][TILE - 1]), (32.5, 43.5));
    }
}
