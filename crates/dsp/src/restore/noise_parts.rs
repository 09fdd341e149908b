//! The parts of a recording whose noises differ, each with a profile of its own: two transfers joined have two.
//!
//! What [`noise_steps`](super::noise_steps) finds is measured part by part, as if each were a recording by itself. Parts whose profiles, with what lies
//! between notes and what is no floor taken off, do not differ after all are one: a chord held for a minute looks like noise until then.

use std::ops::Range;

use ndarray::ArrayView1;
use tonearm_audio::{Signal, TimeRange};

use super::heard::Heard;
use super::noise_bands::Bands;
use super::noise_print::NoisePrint;
use super::noise_profile::NoiseProfile;
use super::noise_steps::{are_a_step_apart, bounds, noise_steps};
use crate::{DspError, Stft};

/// A stretch of a recording and its noise.
pub(super) struct NoisePart {
    /// Frames of the whole recording.
    pub(super) frames: Range<usize>,
    /// Its instants count from the start of the part.
    pub(super) profile: NoiseProfile,
}

/// The parts of `signal`, in their order and without gaps: one where its noise does not step, or where it is given by a `print`.
///
/// # Errors
/// [`DspError::NoiseTooShort`] where a given range or recording is shorter than one frame.
pub(super) fn noise_parts(
    signal: &Signal,
    print: &NoisePrint,
    stft: &Stft,
) -> Result<Vec<NoisePart>, DspError> {
    let whole = 0..stft.grid().frame_count(signal.len());
    let heard = Heard::in_whole(signal, stft);
    let mut steps = match print {
        NoisePrint::Auto if !heard.pauses_are_silent() => {
            noise_steps(&heard.levels, &heard.groove, stft.grid().hop_duration().get())
        }
        _ => Vec::new(),
    };
    while !steps.is_empty() {
        let parts = measured(signal, print, stft, &bounds(&whole, &steps))?;
        let Some(same) = parts.windows(2).position(|pair| !differ(&pair[0], &pair[1], stft)) else {
            return Ok(parts);
        };
        steps.remove(same);
    }
    Ok(vec![NoisePart { frames: whole, profile: NoiseProfile::of(&heard, signal, print, stft)? }])
}

/// The parts between `bounds`, each measured by itself.
fn measured(
    signal: &Signal,
    print: &NoisePrint,
    stft: &Stft,
    bounds: &[usize],
) -> Result<Vec<NoisePart>, DspError> {
    let part = |bounds: &[usize]| {
        let secs = |frame| stft.grid().instant_of(frame);
        let own = signal.cut(TimeRange::new(secs(bounds[0]), secs(bounds[1]))?);
        Ok(NoisePart { frames: bounds[0]..bounds[1], profile: NoiseProfile::measure(&own, print, stft)? })
    };
    bounds.windows(2).map(part).collect()
}

/// Whether the noise steps from a part to the next.
fn differ(part: &NoisePart, next: &NoisePart, stft: &Stft) -> bool {
    let bands = Bands::of(stft);
    let [before, after] = [part, next].map(|part| bands.means(ArrayView1::from(&part.profile.power)));
    are_a_step_apart(&before, &after)
}
