//! What is heard of a recording while the needle lies in the groove, in bands: from this its noise is found.

use std::ops::Range;

use ndarray::Array2;
use tonearm_audio::Signal;

use super::groove_extent::{groove_extent, within};
use super::noise_bands::{Bands, band_powers, smoothed_levels};
use crate::Stft;

/// Gaps of digital silence, and their share of the side, from which they are the recording's pauses.
const SILENT_PAUSES: usize = 3;
const SILENT_SHARE: f64 = 0.05;

/// What is heard of a recording in bands, from which its noise is found.
pub(super) struct Heard {
    /// Smoothed power, `[frames, BANDS]`, infinite where nothing sounds and outside of the groove.
    pub(super) levels: Array2<f64>,
    /// The frames in which the needle lies in the groove.
    pub(super) groove: Range<usize>,
    /// Of each bin the mean power over all frames.
    pub(super) side: Vec<f32>,
}

impl Heard {
    pub(super) fn in_whole(signal: &Signal, stft: &Stft) -> Self {
        let (powers, side) = band_powers(signal, stft, &Bands::of(stft));
        let levels = smoothed_levels(&powers, stft);
        let groove = groove_extent(&levels, stft.grid().hop_duration().get());
        Self { levels: within(levels, &groove), groove, side }
    }

    /// Whether digital silence between sounds is the side's pauses, and not the gap between two files joined.
    pub(super) fn pauses_are_silent(&self) -> bool {
        let sounding: Vec<bool> = self.levels.rows().into_iter().map(|row| row[0].is_finite()).collect();
        let Some(first) = sounding.iter().position(|sounding| *sounding) else { return false };
        let last = sounding.iter().rposition(|sounding| *sounding).unwrap_or(first);
        let between = &sounding[first..=last];
        let silent = between.iter().filter(|sounding| !**sounding).count();
        let pauses = between.windows(2).filter(|pair| pair[0] && !pair[1]).count();
        pauses >= SILENT_PAUSES && silent as f64 >= SILENT_SHARE * between.len() as f64
    }
}
