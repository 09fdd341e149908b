//! Whether the channels of a recording are so unlike in their noise that what is right for one of them is wrong for another.
//!
//! Channels of one disc or tape share their noise, and a gain that they share keeps the image still. Where one channel is far noisier than another, next to
//! its own programme as well as absolutely (a cable, a dead head, a tape of two programmes), the gain that its noise asks for takes the other's
//! programme. A channel that was recorded at a lower level is not less noisy, nor is one whose instrument rests.
//!
//! Shapes: levels, power `[frames, BANDS]`.

use ndarray::Array2;
use tonearm_audio::{Decibels, Signal};

use super::heard::Heard;
use super::noise_bands::{BANDS, mean_of_quiet};
use crate::level::{median, percentile};
use crate::{DspError, Stft};

/// The noise of channels with gains of their own differs at least so much, dB. See `docs/restoration.md`.
const LEAST_APART_DB: f64 = 8.0;
/// The bands in which the programme stands highest over the noise begin here.
const HIGHEST: f64 = 0.8;

/// Whether the noises of the channels lie apart.
///
/// # Errors
/// [`DspError`] where a channel cannot be taken by itself.
pub(super) fn noises_lie_apart(signal: &Signal, stft: &Stft) -> Result<bool, DspError> {
    let channels = signal.channels();
    if channels.windows(2).all(|pair| pair[0] == pair[1]) {
        return Ok(false);
    }
    let mut known = Vec::new();
    for samples in channels {
        let own = Signal::mono(signal.sample_rate(), samples.clone())?;
        known.extend(ChannelNoise::of(&Heard::in_whole(&own, stft).levels));
    }
    let apart =
        |a: &ChannelNoise, b: &ChannelNoise| a.over(b) >= Decibels::new(LEAST_APART_DB).to_power().ln();
    Ok(known.iter().any(|noisy| known.iter().any(|other| apart(noisy, other))))
}

/// The noise of a channel, as logarithms of power.
struct ChannelNoise {
    noise: [f64; BANDS],
    /// How far the programme stands over it where it stands highest.
    programme_over_noise: f64,
}

impl ChannelNoise {
    /// None where a band holds nothing.
    fn of(levels: &Array2<f64>) -> Option<Self> {
        let (mut noise, mut over) = ([0.0; BANDS], [0.0; BANDS]);
        for (band, levels) in levels.columns().into_iter().enumerate() {
            let present: Vec<f64> = levels.iter().copied().filter(|level| level.is_finite()).collect();
            let quiet = mean_of_quiet(&present).filter(|noise| *noise > 0.0)?;
            let mean = present.iter().sum::<f64>() / present.len() as f64;
            (noise[band], over[band]) = (quiet.ln(), (mean / quiet).ln());
        }
        Some(Self { noise, programme_over_noise: percentile(&over, HIGHEST)? })
    }

    /// How much noisier this channel is than the `other`: absolutely or next to its programme, whichever is less.
    fn over(&self, other: &Self) -> f64 {
        let absolutely: Vec<f64> =
            self.noise.iter().zip(&other.noise).map(|(own, other)| own - other).collect();
        let next_to_programme = other.programme_over_noise - self.programme_over_noise;
        median(&absolutely).unwrap_or(0.0).min(next_to_programme)
    }
}
