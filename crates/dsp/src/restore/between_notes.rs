//! Noise between the notes: what tells surface noise from music that never pauses.
//!
//! A held or a repeated note is as steady as noise, and a profile taken from the quietest moments holds it. But notes are lines, and between
//! lines only the noise is heard. Frames long enough to part the lines of a chord are compared with the profile bin by bin:
//! under noise alone the ratios are exponentially distributed about 1, and so is every low quantile of them where it belongs; under notes most ratios
//! of a band lie far below. The quantile's ratio to its expectation in noise says how much of the profile is noise.
//!
//! Source: the distribution of periodograms, Brockwell and Davis, *Time Series: Theory and Methods* (1991), theorem 10.3.2; the expectation of an
//! order statistic of exponentials, Rényi, Acta Math. Acad. Sci. Hung. 4 (1953).
//!
//! Shapes: one share a band, at most 1. **Known failures.** Voices and instruments that glide, and chords so dense that their lines
//! touch, leave no gaps: their share stays high.

use std::array;

use rayon::prelude::*;
use tonearm_audio::{Centering, FrameGrid, Signal};

use super::mean_power::channel_mean_power;
use super::noise_bands::{BANDS, Bands, mean_of_quiet};
use crate::{Stft, Window};

/// A frame in seconds: its lines are 11 Hz apart at the closest.
const FRAME_SECS: f64 = 0.186;
/// Frames looked at, at most: more tell nothing new of hours of sound.
const MOST_FRAMES: usize = 1_000;
/// Of the bins of a band, those below the quantile.
const QUANTILE: f64 = 0.2;
/// Bins that a band must have for its quantile.
const LEAST_BINS: usize = 6;
/// Bins at the bottom that hold what the window leaves of 0 Hz.
const BOTTOM_BINS: usize = 3;
/// Blocks of this many seconds below this level are digital silence: a frame that holds one is not all noise.
const SILENT_SECS: f64 = 0.01;
const SILENT_PEAK: f32 = 3e-6;
/// The estimate in noise alone reaches from 0.9 to 1.3: down to here nothing is corrected.
const CERTAIN_BELOW: f64 = 0.8;

/// How much of `profile`, one power a bin of `stft`, lies between the notes of `signal`, for each band; all of it where too little is heard to
/// tell.
pub(super) fn share_between_notes(signal: &Signal, profile: &[f32], stft: &Stft) -> [f32; BANDS] {
    let Some(long) = long_transform(signal, stft) else { return [1.0; BANDS] };
    let expected = expected_power(profile, stft, &long);
    let bands = Bands::of(&long);
    let members: [Vec<usize>; BANDS] = array::from_fn(|band| {
        (BOTTOM_BINS..long.bins()).filter(|bin| bands.nearest(*bin) == band && expected[*bin] > 0.0).collect()
    });
    let frames = (signal.len() - long.grid().frame_len()) / long.grid().hop_len() + 1;
    let ratios: Vec<[f64; BANDS]> = (0..frames)
        .into_par_iter()
        .filter(|frame| sounds_throughout(signal, frame * long.grid().hop_len(), long.grid().frame_len()))
        .map(|frame| {
            let power = channel_mean_power(signal, &long, frame..frame + 1);
            let ratio = |bin: &usize| power[[0, *bin]] / expected[*bin];
            array::from_fn(|band| low_quantile(members[band].iter().map(ratio).collect()))
        })
        .collect();
    array::from_fn(|band| {
        let heard: Vec<f64> = ratios.iter().map(|ratios| ratios[band]).filter(|ratio| *ratio > 0.0).collect();
        match mean_of_quiet(&heard).filter(|_| members[band].len() >= LEAST_BINS) {
            Some(share) if share < CERTAIN_BELOW => (share / CERTAIN_BELOW) as f32,
            _ => 1.0,
        }
    })
}

/// Whether no part of the `len` samples from `first` on is digital silence.
fn sounds_throughout(signal: &Signal, first: usize, len: usize) -> bool {
    let block = signal.sample_rate().samples_in(SILENT_SECS).max(1);
    signal.channels().iter().any(|samples| {
        samples[first..first + len].chunks(block).all(|block| block.iter().any(|x| x.abs() > SILENT_PEAK))
    })
}

/// The transform of long frames; none where not one fits into the recording.
fn long_transform(signal: &Signal, stft: &Stft) -> Option<Stft> {
    let rate = signal.sample_rate();
    let frame_len = rate.samples_in(FRAME_SECS).next_power_of_two();
    let room = signal.len().checked_sub(frame_len)?;
    let hop = (frame_len / 2).max(room / MOST_FRAMES).max(1);
    Stft::new(FrameGrid::new(rate, frame_len, hop, Centering::Leading), Window::Hann)
        .ok()
        .filter(|long| long.bins() > stft.bins())
}

/// `profile` at the bins of `long`, between those of `stft` in straight lines of its logarithm.
fn expected_power(profile: &[f32], stft: &Stft, long: &Stft) -> Vec<f32> {
    let scale = (long.window_energy() / stft.window_energy()) as f32;
    let steps = (profile.len() - 1) as f64 / (long.bins() - 1) as f64;
    (0..long.bins())
        .map(|bin| {
            let place = bin as f64 * steps;
            let below = (place as usize).min(profile.len() - 2);
            let share = (place - below as f64) as f32;
            scale * profile[below].powf(1.0 - share) * profile[below + 1].powf(share)
        })
        .collect()
}

/// The value at [`QUANTILE`] of `ratios`, over what it is on average where they are exponentially distributed about 1; 0 for too few.
fn low_quantile(mut ratios: Vec<f32>) -> f64 {
    let count = ratios.len();
    if count < LEAST_BINS {
        return 0.0;
    }
    let place = (QUANTILE * count as f64) as usize;
    let expected: f64 = (0..=place).map(|below| 1.0 / (count - below) as f64).sum();
    f64::from(*ratios.select_nth_unstable_by(place, f32::total_cmp).1) / expected
}
