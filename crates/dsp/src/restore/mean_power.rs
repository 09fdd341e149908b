//! Mean power spectra of stretches of a recording, over its channels.

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;
use tonearm_audio::Signal;

use crate::{Spectrogram, Stft};

/// Frames analysed at once: bounds the memory for hours of sound.
pub(super) const BLOCK_FRAMES: usize = 512;

/// The power of the frames `frames`, mean over channels, `[frames, bins]`.
pub(super) fn channel_mean_power(signal: &Signal, stft: &Stft, frames: Range<usize>) -> Array2<f32> {
    let mut mean = stft.power_of_frames(signal.channel(0), frames.clone());
    for channel in &signal.channels()[1..] {
        mean += &stft.power_of_frames(channel, frames.clone());
    }
    over_channels(mean, signal.channels().len())
}

/// The mean from a sum.
fn over_channels(sum: Array2<f32>, channels: usize) -> Array2<f32> {
    if channels > 1 { sum / channels as f32 } else { sum }
}

/// The power of each channel's spectra, mean over channels, `[frames, bins]`.
///
/// # Panics
/// Where there is no channel.
pub(super) fn mean_over_channels(spectra: &[Spectrogram]) -> Array2<f32> {
    let mut mean = spectra[0].power();
    for channel in &spectra[1..] {
        mean.zip_mut_with(&channel.values, |mean, value| *mean += value.norm_sqr());
    }
    over_channels(mean, spectra.len())
}

/// The mean power per bin over `frames`, each weighted by `weight(bin, row)`, where row counts within `frames`.
pub(super) fn weighted_mean_power(
    signal: &Signal,
    stft: &Stft,
    frames: &[usize],
    weight: impl Fn(usize, usize) -> f32 + Sync,
) -> Vec<f32> {
    let bins = stft.bins();
    let blocks: Vec<(Vec<f64>, Vec<f64>)> = (0..frames.len().div_ceil(BLOCK_FRAMES))
        .into_par_iter()
        .map(|block| {
            let rows = block * BLOCK_FRAMES..frames.len().min((block + 1) * BLOCK_FRAMES);
            let first = frames[rows.start];
            let power = channel_mean_power(signal, stft, first..first + rows.len());
            let (mut sums, mut weights) = (vec![0.0; bins], vec![0.0; bins]);
            for (frame, row) in power.rows().into_iter().zip(rows) {
                for (bin, p) in frame.iter().enumerate() {
                    let weight = f64::from(weight(bin, row));
                    sums[bin] += weight * f64::from(*p);
                    weights[bin] += weight;
                }
            }
            (sums, weights)
        })
        .collect();
    let (mut sums, mut weights) = (vec![0.0; bins], vec![0.0; bins]);
    for (block_sums, block_weights) in blocks {
        for bin in 0..bins {
            sums[bin] += block_sums[bin];
            weights[bin] += block_weights[bin];
        }
    }
    sums.iter()
        .zip(&weights)
        .map(|(sum, weight)| if *weight > 0.0 { (sum / weight) as f32 } else { 0.0 })
        .collect()
}
