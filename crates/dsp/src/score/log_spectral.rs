//! Log-spectral distance: how far the short-time spectrum is from the clean one.
//!
//! Over frames of 32 ms every 8 ms (Hann): the root over bins from 200 to 4 000 Hz of the mean squared difference of both log power
//! spectra in dB, then the mean over the frames in which the clean signal is active (after A. H. Gray and J. D. Markel, "Distance
//! measures for speech processing", IEEE Trans. ASSP 24(5), 1976). Both spectra are floored at 60 dB below the loud frames, so
//! that digital silence between partials does not decide.

use tonearm_audio::{Centering, FrameGrid, Hertz, SampleRate};

use crate::level::percentile;
use crate::{DspError, Stft, Window};

const FRAME_SECS: f64 = 0.032;
const HOP_SECS: f64 = 0.008;
const BAND_HZ: (f64, f64) = (200.0, 4_000.0);
/// A frame is active at most this far below the loud frames.
const ACTIVE_RANGE_DB: f64 = 30.0;
/// Bins are floored this far below the loud frames' mean bin.
const FLOOR_DB: f64 = 60.0;
/// The loud frames.
const LOUD_SHARE: f64 = 0.95;

/// Log-spectral distance of `samples` from `clean` in dB between 200 and 4 000 Hz; 0 where `clean` is silent.
///
/// # Errors
/// None for rates that a [`SampleRate`] can hold.
pub fn log_spectral_distance_db(samples: &[f32], clean: &[f32], rate: SampleRate) -> Result<f64, DspError> {
    let grid = FrameGrid::new(
        rate,
        rate.samples_in(FRAME_SECS).max(2),
        rate.samples_in(HOP_SECS).max(1),
        Centering::Centered,
    );
    let stft = Stft::new(grid, Window::Hann)?;
    let bins = stft.bin_at(Hertz::new(BAND_HZ.0))..stft.bin_at(Hertz::new(BAND_HZ.1)) + 1;
    let clean = stft.power(clean);
    let test = stft.power(samples);
    let levels: Vec<f64> = clean
        .outer_iter()
        .map(|frame| {
            frame.iter().skip(bins.start).take(bins.len()).map(|p| f64::from(*p)).sum::<f64>()
                / bins.len() as f64
        })
        .collect();
    let loud = percentile(&levels, LOUD_SHARE).unwrap_or(0.0);
    if loud <= 0.0 {
        return Ok(0.0);
    }
    let floor = loud * 10f64.powf(-FLOOR_DB / 10.0);
    let least = loud * 10f64.powf(-ACTIVE_RANGE_DB / 10.0);
    let (mut sum, mut count) = (0.0, 0usize);
    for ((level, clean), test) in levels.iter().zip(clean.outer_iter()).zip(test.outer_iter()) {
        if *level < least {
            continue;
        }
        let squares: f64 = bins
            .clone()
            .map(|bin| {
                let ratio = f64::from(test[bin]).max(floor) / f64::from(clean[bin]).max(floor);
                (10.0 * ratio.log10()).powi(2)
            })
            .sum();
        sum += (squares / bins.len() as f64).sqrt();
        count += 1;
    }
    Ok(sum / count.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::noise;

    use super::*;

    #[test]
    fn a_gain_of_six_decibels_is_a_distance_of_six() {
        let rate = SampleRate::new(16_000).unwrap();
        let clean = noise::white(1, 16_000, 0.1);
        let louder: Vec<f32> = clean.iter().map(|x| 2.0 * x).collect();
        let distance = log_spectral_distance_db(&louder, &clean, rate).unwrap();
        assert!((distance - 20.0 * 2f64.log10()).abs() < 1e-3, "{distance}");
        assert!(log_spectral_distance_db(&clean, &clean, rate).unwrap() < 1e-9);
    }
}
