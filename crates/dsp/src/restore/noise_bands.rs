//! The bands in which noise is told from what sounds over it, their levels over time, and which of these are noise.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;
use tonearm_audio::{Decibels, Signal};

use super::mean_power::{BLOCK_FRAMES, channel_mean_power};
use crate::Stft;
use crate::level::percentile;
use crate::mel::mel_of_hz;

/// Bands for finding pauses: wide enough to average many bins, narrow enough to find gaps between sounds.
pub(super) const BANDS: usize = 24;
/// Frames averaged before levels are compared: 7 at a quarter-frame hop are about 80 ms, shorter than a pause between words.
pub(super) const SMOOTHING_FRAMES: usize = 7;
/// The share of quiet frames in which the search begins.
const FIRST_QUANTILE: f64 = 0.10;
/// A frame counts as noise up to this many times the guess (power).
pub(super) const KEEP_BELOW: f64 = 1.6;
/// The mean of noise cut at [`KEEP_BELOW`], as a share of the mean of all of it, is 1 / this. Fitted on white noise by
/// `noise_profile`'s test `white_noise_is_found_without_bias`.
const TRUNCATION_GAIN: f64 = 1.02;
/// Rounds of the search; it settles in four to six.
const ROUNDS: usize = 12;
/// Noise is heard alone where so many bands are quiet at once: music has no moment without a sound in some of them.
pub(super) const ALONE_BANDS: usize = BANDS * 3 / 4;
/// Frames below this level (mean square) are digital silence, which no transfer of a disc holds.
const DIGITAL_SILENCE_DBFS: f64 = -110.0;

/// Triangular bands, equal on the mel scale, that add up to one in every bin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bands {
    /// For each bin its lower band and how much of it belongs to the next one.
    places: Vec<(usize, f32)>,
}

impl Bands {
    pub(super) fn of(stft: &Stft) -> Self {
        let top = mel_of_hz(stft.grid().sample_rate().nyquist().get());
        let places = (0..stft.bins())
            .map(|bin| {
                let position = mel_of_hz(stft.frequency_of(bin).get()) / top * (BANDS - 1) as f64;
                let lower = (position.floor() as usize).min(BANDS - 2);
                (lower, (position - lower as f64) as f32)
            })
            .collect();
        Self { places }
    }

    pub(super) fn share(&self, bin: usize, value: impl Fn(usize) -> f32) -> f32 {
        let (lower, upper_share) = self.places[bin];
        value(lower) * (1.0 - upper_share) + value(lower + 1) * upper_share
    }

    /// The band to which most of a bin belongs.
    pub(super) fn nearest(&self, bin: usize) -> usize {
        let (lower, upper_share) = self.places[bin];
        lower + usize::from(upper_share >= 0.5)
    }

    /// The mean of each band over its bins.
    pub(super) fn means(&self, bins: ArrayView1<f32>) -> [f32; BANDS] {
        let (mut sums, mut width) = ([0.0f32; BANDS], [f32::MIN_POSITIVE; BANDS]);
        for (value, (lower, upper_share)) in bins.iter().zip(&self.places) {
            for (band, share) in [(*lower, 1.0 - upper_share), (lower + 1, *upper_share)] {
                sums[band] += value * share;
                width[band] += share;
            }
        }
        std::array::from_fn(|band| sums[band] / width[band])
    }
}

/// The mean power of the bins of each band in each frame, `[frames, BANDS]`, mean over channels; and of each bin the mean over the frames.
pub(super) fn band_powers(signal: &Signal, stft: &Stft, bands: &Bands) -> (Array2<f32>, Vec<f32>) {
    let frames = stft.grid().frame_count(signal.len());
    let blocks: Vec<(Vec<f32>, Vec<f64>)> = (0..frames.div_ceil(BLOCK_FRAMES))
        .into_par_iter()
        .map(|block| {
            let power = channel_mean_power(
                signal,
                stft,
                block * BLOCK_FRAMES..frames.min((block + 1) * BLOCK_FRAMES),
            );
            let mut levels = Vec::with_capacity(power.nrows() * BANDS);
            let mut sums = vec![0.0; stft.bins()];
            for frame in power.rows() {
                levels.extend(bands.means(frame));
                sums.iter_mut().zip(frame).for_each(|(sum, power)| *sum += f64::from(*power));
            }
            (levels, sums)
        })
        .collect();
    let mut levels = Array2::zeros((frames, BANDS));
    let mut mean = vec![0.0; stft.bins()];
    for (mut to, (block, sums)) in levels.axis_chunks_iter_mut(Axis(0), BLOCK_FRAMES).zip(blocks) {
        to.iter_mut().zip(block).for_each(|(to, level)| *to = level);
        mean.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum);
    }
    (levels, mean.into_iter().map(|sum: f64| (sum / frames.max(1) as f64) as f32).collect())
}

/// The levels of the bands over time: means over [`SMOOTHING_FRAMES`] frames about each; infinite where one of those is digital silence.
pub(super) fn smoothed_levels(levels: &Array2<f32>, stft: &Stft) -> Array2<f64> {
    let silence = Decibels::new(DIGITAL_SILENCE_DBFS).to_power() * stft.window_energy();
    let sounding: Vec<bool> = levels.rows().into_iter().map(|row| f64::from(row.sum()) > silence).collect();
    let (frames, reach) = (levels.nrows(), SMOOTHING_FRAMES / 2);
    let mut smoothed = Array2::from_elem(levels.dim(), f64::INFINITY);
    for (frame, mut smoothed) in smoothed.rows_mut().into_iter().enumerate() {
        let about = frame.saturating_sub(reach)..(frame + reach + 1).min(frames);
        if sounding[about.clone()].iter().all(|sounding| *sounding) {
            for (band, smoothed) in smoothed.iter_mut().enumerate() {
                *smoothed =
                    about.clone().map(|f| f64::from(levels[[f, band]])).sum::<f64>() / about.len() as f64;
            }
        }
    }
    smoothed
}

/// The mean of those `levels` of a band that are noise alone; none of none.
pub(super) fn mean_of_quiet(levels: &[f64]) -> Option<f64> {
    let mut guess = percentile(levels, FIRST_QUANTILE)?;
    for _ in 0..ROUNDS {
        let below = levels.iter().filter(|p| **p <= KEEP_BELOW * guess);
        let (sum, count) = below.fold((0.0, 0u32), |(sum, count), p| (sum + p, count + 1));
        if count == 0 {
            break;
        }
        guess = sum / f64::from(count) * TRUNCATION_GAIN;
    }
    Some(guess)
}
