//! Where exactly a sound begins: a small network that looks at 200 ms around a boundary that the path has found and says
//! how far from there the sound begins.
//!
//! Sequence models place a boundary where the score of the whole text is best, not where a listener puts it. Correcting them
//! by what is known of each kind of boundary is the way to a listener's precision: D. T. Toledano, L. A. Hernández Gómez and
//! L. Villarrubia Grande, "Automatic phonetic segmentation", IEEE Trans. Speech and Audio Processing 11(6), 2003, section V
//! (statistical correction by context); S. S. Park and N. S. Kim, "On using multiple models for automatic speech
//! segmentation", IEEE Trans. Audio, Speech and Language Processing 15(8), 2007. Here one network serves all contexts: it is
//! told the groups of the two sounds.
//!
//! Fitted by `templates/fit_boundaries.py` to speech of voices built of recorded units, with moved formants, clean and noisy;
//! none of the voices that accuracy is reported for is among them.
//!
//! Input: [`CONTEXT`] frames × [`DIMENSIONS_SEEN`] features, then the two groups, one of [`SoundGroup::COUNT`] each. One
//! hidden layer of rectified units, then a softmax over shifts of ± [`REACH`] frames.
//!
//! Layout of the file, little-endian: `TNRB`, version `u8`, hidden units `u16`, then `f32`: input weights
//! `[inputs, hidden]`, hidden offsets, output weights `[hidden, 2 · REACH + 1]`, output offsets.
//!
//! Known failures: where the path is off by more than [`REACH`] frames nothing here can mend it; a plosive after a pause
//! begins at its burst, as listeners hear it, not at its inaudible closure.

use ndarray::{Array1, Array2};

use crate::AlignError;
use crate::features::{CEPSTRA, DIMENSIONS, FeatureSequence};
use crate::reference::SoundGroup;

/// Frames that are looked at, relative to the boundary: denser near it.
const CONTEXT: [isize; 15] = [-20, -14, -10, -7, -5, -3, -1, 0, 1, 3, 5, 7, 10, 14, 20];
/// Of each frame: the cepstra and the onset strength.
const DIMENSIONS_SEEN: usize = CEPSTRA + 1;
/// The largest shift, in frames (60 ms).
pub(crate) const REACH: usize = 12;
const SHIFTS: usize = 2 * REACH + 1;
const INPUTS: usize = CONTEXT.len() * DIMENSIONS_SEEN + 2 * SoundGroup::COUNT;
const MAGIC: &[u8; 4] = b"TNRB";
const VERSION: u8 = 1;

/// The fitted network.
#[derive(Clone, Debug)]
pub(crate) struct BoundaryModel {
    input: Array2<f32>,
    hidden: Array1<f32>,
    output: Array2<f32>,
    last: Array1<f32>,
}

impl BoundaryModel {
    /// The one that this crate carries.
    ///
    /// # Errors
    /// [`AlignError::Templates`] where it is damaged.
    pub(crate) fn embedded() -> Result<Self, AlignError> {
        Self::from_bytes(include_bytes!("../../templates/boundaries.bin"))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, AlignError> {
        let damaged = AlignError::Templates { reason: "the boundary model is damaged" };
        let Some((header, weights)) = bytes.split_at_checked(MAGIC.len() + 3) else { return Err(damaged) };
        if !header.starts_with(MAGIC) || header[4] != VERSION {
            return Err(damaged);
        }
        let units = usize::from(u16::from_le_bytes([header[5], header[6]]));
        let values: Vec<f32> =
            weights.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let sizes = [INPUTS * units, units, units * SHIFTS, SHIFTS];
        if values.len() != sizes.iter().sum::<usize>() || values.iter().any(|value| !value.is_finite()) {
            return Err(damaged);
        }
        let mut rest = values.as_slice();
        let mut next = |count: usize| {
            let (taken, left) = rest.split_at(count);
            rest = left;
            taken.to_vec()
        };
        let shaped = |values: Vec<f32>, shape| {
            Array2::from_shape_vec(shape, values)
                .map_err(|_| AlignError::Templates { reason: "the boundary model is damaged" })
        };
        let input = shaped(next(sizes[0]), (INPUTS, units))?;
        let hidden = Array1::from(next(sizes[1]));
        let output = shaped(next(sizes[2]), (units, SHIFTS))?;
        Ok(Self { input, hidden, output, last: Array1::from(next(sizes[3])) })
    }

    /// The probability of each shift of −[`REACH`]..=[`REACH`] frames from frame `at`, where a sound of group `right`
    /// begins after one of group `left`.
    fn shifts(&self, features: &FeatureSequence, at: usize, left: SoundGroup, right: SoundGroup) -> Vec<f32> {
        let end = features.nrows() as isize - 1;
        let mut hidden = self.hidden.clone();
        for (k, offset) in CONTEXT.iter().enumerate() {
            let frame = features.row((at as isize + offset).clamp(0, end) as usize);
            let seen = frame.iter().take(CEPSTRA).chain(frame.iter().skip(DIMENSIONS - 1));
            for (i, value) in seen.enumerate() {
                hidden.scaled_add(*value, &self.input.row(k * DIMENSIONS_SEEN + i));
            }
        }
        let groups = CONTEXT.len() * DIMENSIONS_SEEN;
        hidden += &self.input.row(groups + left as usize);
        hidden += &self.input.row(groups + SoundGroup::COUNT + right as usize);
        hidden.mapv_inplace(|x| x.max(0.0));
        let scores = hidden.dot(&self.output) + &self.last;
        let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exponentials: Vec<f32> = scores.iter().map(|s| (s - largest).exp()).collect();
        let sum: f32 = exponentials.iter().sum();
        exponentials.into_iter().map(|e| e / sum).collect()
    }

    /// The posterior of a boundary, from what the path makes of it (`posterior`, places from `first` on): what the network
    /// says, looking from each likely place, `posterior` raised to the power `flattening`. Places of the result are from `first − REACH` on, in hops from time zero.
    pub(crate) fn refined(
        &self,
        features: &FeatureSequence,
        posterior: &[f32],
        first: usize,
        left: SoundGroup,
        right: SoundGroup,
        flattening: f32,
    ) -> Vec<f32> {
        let mut refined = vec![0f32; posterior.len() + 2 * REACH];
        let flat: Vec<f32> = posterior.iter().map(|p| p.powf(flattening)).collect();
        let likely = LIKELY * flat.iter().copied().fold(0.0, f32::max);
        for (i, p) in flat.iter().enumerate().filter(|(_, p)| **p > likely) {
            for (sum, shift) in refined[i..].iter_mut().zip(self.shifts(features, first + i, left, right)) {
                *sum += p * shift;
            }
        }
        refined
    }
}

/// Places whose posterior is below this share of the highest are not looked from.
const LIKELY: f32 = 0.02;

#[cfg(test)]
mod tests {
    use tonearm_audio::{SampleRate, Signal};

    use super::*;
    use crate::confidence::Interval;
    use crate::features::{HOP_SECS, RATE_HZ};
    use crate::recording::recording_features;

    #[test]
    fn the_embedded_model_is_whole_and_damage_is_an_error() {
        let bytes = include_bytes!("../../templates/boundaries.bin");
        assert!(BoundaryModel::from_bytes(bytes).is_ok());
        assert!(BoundaryModel::from_bytes(&bytes[..bytes.len() - 4]).is_err());
        assert!(BoundaryModel::from_bytes(b"RIFF").is_err());
    }

    #[test]
    fn a_vowel_after_a_hiss_is_found_from_forty_milliseconds_away() {
        // 0.2 s of hiss, 0.2 s of a voice of 120 Hz, 0.2 s of quiet, five times.
        let rate = f64::from(RATE_HZ);
        let mut state = 1u32;
        let samples: Vec<f32> = (0..(3.0 * rate) as usize)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 8) as f32 / (1u32 << 24) as f32 - 0.5;
                let t = i as f64 / rate;
                let voice: f64 = (1..20)
                    .map(|k| (std::f64::consts::TAU * 120.0 * f64::from(k) * t).sin() / f64::from(k))
                    .sum();
                match (t % 0.6) / 0.2 {
                    part if part < 1.0 => 0.2 * noise,
                    part if part < 2.0 => 0.3 * voice as f32 + 1e-3 * noise,
                    _ => 1e-3 * noise,
                }
            })
            .collect();
        let signal = Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap();
        let (features, _) = recording_features(&signal).unwrap();
        let model = BoundaryModel::embedded().unwrap();
        for (away, start) in [(-8isize, 0.8), (8, 1.4), (-6, 2.0)] {
            let at = ((start / HOP_SECS) as isize + away) as usize;
            let (left, right) = (SoundGroup::VoicelessSibilant, SoundGroup::Vowel);
            let refined = model.refined(&features, &[1.0], at, left, right, 1.0);
            assert!((refined.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            let found = Interval::of(&refined, at as f64 - REACH as f64).unwrap().median * HOP_SECS;
            assert!((found - start).abs() < 0.012, "{found} for {start}");
        }
    }
}
