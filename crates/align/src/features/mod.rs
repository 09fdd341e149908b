//! What the aligner sees of a recording: mel powers every 5 ms, and from them cepstra, their slopes, energy and onset
//! strength.
//!
//! ```text
//! Signal -> 16 kHz mono -> declicked -> MelPower (64 fine bands) -> banded to the recording's bandwidth
//!        -> log -> cepstra + slopes + onset strength -> FeatureSequence
//! ```
//!
//! Recording and reference go through the same functions, so that they can be compared.

mod activity;
mod bandwidth;
mod cepstra;
mod declick;
mod mel;

pub use activity::SpeechActivity;
pub use bandwidth::{Bandwidth, measure_bandwidth};
pub use cepstra::{CEPSTRA, DIMENSIONS, FeatureSequence, Normalizer, raw_features};
pub use mel::{Bands, FINE_BANDS, HOP_SECS, MelPower, RATE_HZ, mel_power};

use ndarray::Array2;
use tonearm_audio::{SampleRate, Signal};

use crate::AlignError;

/// The recording as the aligner analyses it: one channel at [`RATE_HZ`], without DC, clicks taken out, its highest sample
/// at full scale.
///
/// # Errors
/// [`AlignError::Analysis`] where the signal cannot be resampled.
pub fn analysis_signal(signal: &Signal) -> Result<Vec<f32>, AlignError> {
    scaled_analysis_signal(signal, None)
}

/// Means over `count` frames; a last group of fewer frames is averaged over what there is.
pub(crate) fn averaged(features: &FeatureSequence, count: usize) -> Array2<f32> {
    let groups = features.nrows().div_ceil(count);
    let mut out = Array2::zeros((groups, features.ncols()));
    for (g, mut row) in out.outer_iter_mut().enumerate() {
        let end = ((g + 1) * count).min(features.nrows());
        for t in g * count..end {
            row += &features.row(t);
        }
        row /= (end - g * count) as f32;
    }
    out
}

/// The same with the amplitude `full_scale` at full scale; the highest sample where none is given.
pub(crate) fn scaled_analysis_signal(
    signal: &Signal,
    full_scale: Option<f32>,
) -> Result<Vec<f32>, AlignError> {
    let mono = Signal::mono(signal.sample_rate(), signal.downmix())?;
    let rate = SampleRate::new(RATE_HZ)?;
    let mut samples = tonearm_dsp::resample(&mono, rate)?.into_channels().swap_remove(0);
    drop(mono);
    let peak = full_scale.unwrap_or_else(|| samples.iter().fold(0f32, |peak, x| peak.max(x.abs())));
    if peak > 0.0 {
        samples.iter_mut().for_each(|x| *x /= peak);
    }
    declick::declick(&mut samples)?;
    Ok(samples)
}
