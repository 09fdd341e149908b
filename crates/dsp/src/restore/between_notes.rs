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
use tonearm_audio::{Centering, FrameGrid, Hertz, Signal};

use super::mean_power::channel_mean_power;
use super::noise_bands::{BANDS, Bands, mean_of_quiet};
use crate::{Stft, Window};

/// A frame in seconds: its lines are 11 Hz apart at the closest.
const FRAME_SECS: f64 = 0.186;
/// Frames looked at, at most: more tell nothing new of hours of sound.
const MOST_FRAMES: usize = 1_000;
/// Of the bins of a band, those below the quantile.
const QUANTILE: f64 = 0.2;
/// Frames over which a band's quantile is averaged: that of a narrow band is uncertain by a half.
const AVERAGED_FRAMES: usize = 5;
/// Bins that a band must have for its quantile.
const LEAST_BINS: usize = 6;
/// Below this the cutoff of rumble falls steeply, and the profile's shorter frames blur it.
const BOTTOM_HZ: f64 = 120.0;
/// So they do a transfer's edge: bins whose share of their band's mean is less than this tell nothing.
const LEAST_OF_BAND: f32 = 0.1;
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
    let members: [Vec<usize>; BANDS] = array::from_fn(|band| members(band, &bands, &expected, &long));
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
    let mut shares: [Option<f32>; BANDS] = array::from_fn(|band| {
        let heard: Vec<f64> = ratios.iter().map(|ratios| ratios[band]).filter(|ratio| *ratio > 0.0).collect();
        let averaged: Vec<f64> = heard
            .windows(AVERAGED_FRAMES.min(heard.len()).max(1))
            .map(|ratios| ratios.iter().sum::<f64>() / ratios.len() as f64)
            .collect();
        mean_of_quiet(&averaged).map(|share| (share / CERTAIN_BELOW).min(1.0) as f32)
    });
    // A band that tells nothing, as the lowest, is as the one above it.
    (0..BANDS - 1).rev().for_each(|band| shares[band] = shares[band].or(shares[band + 1]));
    shares.map(|share| share.unwrap_or(1.0))
}

/// The bins of `long` by which a band is judged; none where they are too few.
fn members(band: usize, bands: &Bands, expected: &[f32], long: &Stft) -> Vec<usize> {
    let all: Vec<usize> = (long.bin_at(Hertz::new(BOTTOM_HZ))..long.bins())
        .filter(|bin| bands.nearest(*bin) == band && expected[*bin] > 0.0)
        .collect();
    let least = LEAST_OF_BAND * all.iter().map(|bin| expected[*bin]).sum::<f32>() / all.len().max(1) as f32;
    let telling: Vec<usize> = all.into_iter().filter(|bin| expected[*bin] >= least).collect();
    if telling.len() < LEAST_BINS { Vec::new() } else { telling }
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

/// The value at [`QUANTILE`] of `ratios`, over what it is on average where they are exponentially distributed about 1; 0 for none.
fn low_quantile(mut ratios: Vec<f32>) -> f64 {
    let count = ratios.len();
    if count == 0 {
        return 0.0;
    }
    let place = (QUANTILE * count as f64) as usize;
    let expected: f64 = (0..=place).map(|below| 1.0 / (count - below) as f64).sum();
    f64::from(*ratios.select_nth_unstable_by(place, f32::total_cmp).1) / expected
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;
    use tonearm_testkit::{noise, tone};

    use super::*;
    use crate::filter::Butterworth;
    use crate::restore::mean_power::weighted_mean_power;

    const RATE_HZ: u32 = 44_100;

    /// The shares of `samples` in a profile of its own mean power.
    fn shares(samples: Vec<f32>) -> [f32; BANDS] {
        let rate = SampleRate::new(RATE_HZ).unwrap();
        let stft =
            Stft::new(FrameGrid::new(rate, 2_048, 512, Centering::Centered), Window::SqrtHann).unwrap();
        let signal = Signal::mono(rate, samples).unwrap();
        let frames: Vec<usize> = (0..stft.grid().frame_count(signal.len())).collect();
        let profile = weighted_mean_power(&signal, &stft, &frames, |_, _| 1.0);
        share_between_notes(&signal, &profile, &stft)
    }

    #[test]
    fn noise_is_all_noise_up_to_its_edges() {
        let rate = SampleRate::new(RATE_HZ).unwrap();
        let white = noise::white(5, 10 * RATE_HZ as usize, 0.1);
        let high = Butterworth::high_pass(3, Hertz::new(80.0), rate).unwrap().zero_phase(&white);
        let both = Butterworth::low_pass(8, Hertz::new(5_000.0), rate).unwrap().zero_phase(&high);
        for (name, samples, bands) in
            [("white", white, 0..BANDS), ("high", high, 0..BANDS), ("both", both, 0..14)]
        {
            let shares = shares(samples);
            assert!(shares[bands].iter().all(|share| *share > 0.99), "{name}: {shares:?}");
        }
    }

    #[test]
    fn a_held_chord_is_hardly_noise() {
        let partials: Vec<f64> = (1..=30).map(|h| 0.05 / f64::from(h)).collect();
        let mut chord = tone::harmonics(RATE_HZ, 220.0, &partials, 8 * RATE_HZ as usize);
        noise::add(&mut chord, &tone::harmonics(RATE_HZ, 277.2, &partials, 8 * RATE_HZ as usize));
        noise::add(&mut chord, &noise::white(6, 8 * RATE_HZ as usize, 1e-4));
        let shares = shares(chord);
        assert!(shares[1..12].iter().all(|share| *share < 0.1), "{shares:?}");
    }
}
