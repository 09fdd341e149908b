//! Noise between the notes: what tells surface noise from music that never pauses.
//!
//! A held or a repeated note is as steady as noise, and a profile taken from the quietest moments holds it. But notes are lines, and between
//! lines only the noise is heard. Frames long enough to part the lines of a chord are compared with the profile bin by bin:
//! under noise alone the ratios are exponentially distributed about 1, and so is every low quantile of them where it belongs; under notes most ratios
//! of a band lie far below. The quantile's ratio to its expectation in noise says how much of the profile is noise. A vibrato smears the lines
//! of long frames and not those of shorter ones: of two lengths the lower share counts.
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

/// A frame in seconds at the least, and less than twice that: its lines are 11 Hz apart at the closest.
const FRAME_SECS: f64 = 0.186;
/// Frames of such parts of that length are looked at, too: a vibrato smears the lines of long ones.
const PARTS: [usize; 2] = [1, 4];
/// Frames looked at, at most: more tell nothing new of hours of sound.
const MOST_FRAMES: usize = 1_000;
/// Of the bins of a band, those below the quantile.
const QUANTILE: f64 = 0.2;
/// Frames over which a band's quantile is averaged: that of a narrow band is uncertain by a half.
const AVERAGED_FRAMES: usize = 5;
/// Bins and frames from which a quantile needs no averaging.
const CERTAIN_CELLS: usize = 200;
/// Bins that a band must have for its quantile.
const LEAST_BINS: usize = 6;
/// Below this the cutoff of rumble falls steeply, and the profile's shorter frames blur it.
const BOTTOM_HZ: f64 = 120.0;
/// Few bins of short frames lie in a narrow band, and the slope of rumble reaches further up in them.
const BOTTOM_OF_PARTS_HZ: f64 = 300.0;
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
    let mut least = [1.0f32; BANDS];
    for view in View::all(signal, profile, stft) {
        let shares = view.shares(signal);
        least.iter_mut().zip(shares).for_each(|(least, share)| *least = least.min(share));
    }
    least
}

/// Frames of one length, against which a profile is held.
struct View {
    stft: Stft,
    /// What the profile says of each bin.
    expected: Vec<f32>,
    /// The bins by which each band is judged.
    members: [Vec<usize>; BANDS],
    /// The first frames of what is looked at as a whole, and how many frames that is.
    starts: Vec<usize>,
    together: usize,
}

impl View {
    /// All lengths of frames; none where the longest does not fit into the recording.
    fn all(signal: &Signal, profile: &[f32], stft: &Stft) -> Vec<Self> {
        let rate = signal.sample_rate();
        let longest = rate.samples_in(FRAME_SECS).next_power_of_two();
        let Some(room) = signal.len().checked_sub(longest) else { return Vec::new() };
        let shortest = longest / PARTS[PARTS.len() - 1];
        let step = (longest / 2).max(room / MOST_FRAMES) / shortest * shortest;
        let starts: Vec<usize> = (0..=room)
            .step_by(step.max(1))
            .filter(|first| sounds_throughout(signal, *first, longest))
            .collect();
        let view = |part: &usize| {
            let len = longest / part;
            let grid = FrameGrid::new(rate, len, shortest, Centering::Leading);
            let own = Stft::new(grid, Window::Hann).ok()?;
            let expected = expected_power(profile, stft, &own);
            let bands = Bands::of(&own);
            let bottom = Hertz::new(if *part > 1 { BOTTOM_OF_PARTS_HZ } else { BOTTOM_HZ });
            let members = array::from_fn(|band| members(band, &bands, &expected, &own, bottom));
            let starts = starts.iter().map(|first| first / shortest).collect();
            Some(Self { stft: own, expected, members, starts, together: (longest - len) / shortest + 1 })
        };
        PARTS.iter().filter_map(view).collect()
    }

    /// The share of each band.
    fn shares(&self, signal: &Signal) -> [f32; BANDS] {
        let ratios: Vec<[f64; BANDS]> = self
            .starts
            .par_iter()
            .map(|first| {
                let power = channel_mean_power(signal, &self.stft, *first..first + self.together);
                let ratio = |frame: usize, bin: usize| power[[frame, bin]] / self.expected[bin];
                array::from_fn(|band| {
                    let of_frame = |frame| self.members[band].iter().map(move |bin| ratio(frame, *bin));
                    low_quantile((0..self.together).flat_map(of_frame).collect())
                })
            })
            .collect();
        let mut shares: [Option<f32>; BANDS] = array::from_fn(|band| {
            let heard: Vec<f64> =
                ratios.iter().map(|ratios| ratios[band]).filter(|ratio| *ratio > 0.0).collect();
            let cells = (self.members[band].len() * self.together).max(1);
            let averaged = CERTAIN_CELLS.div_ceil(cells).min(AVERAGED_FRAMES).min(heard.len()).max(1);
            let averaged: Vec<f64> = heard
                .windows(averaged)
                .map(|ratios| ratios.iter().sum::<f64>() / ratios.len() as f64)
                .collect();
            mean_of_quiet(&averaged).map(|share| (share / CERTAIN_BELOW).min(1.0) as f32)
        });
        // The lowest bands tell nothing and are as the one above them; short frames leave them out.
        if self.together == 1 {
            (0..BANDS - 1).rev().for_each(|band| shares[band] = shares[band].or(shares[band + 1]));
        }
        shares.map(|share| share.unwrap_or(1.0))
    }
}

/// The bins of `stft` by which a band is judged; none where they are too few.
fn members(band: usize, bands: &Bands, expected: &[f32], stft: &Stft, bottom: Hertz) -> Vec<usize> {
    let all: Vec<usize> = (stft.bin_at(bottom)..stft.bins())
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

    #[test]
    fn a_vibrato_is_hardly_noise() {
        // 220 Hz and 30 partials that swing by a fifth of a semitone; in long frames the upper ones smear over one another.
        let mut phase = 0.0f64;
        let mut song: Vec<f32> = (0..8 * RATE_HZ)
            .map(|n| {
                let secs = f64::from(n) / f64::from(RATE_HZ);
                let swing = 1.0 + 0.012 * (std::f64::consts::TAU * 5.5 * secs).sin();
                phase += std::f64::consts::TAU * 220.0 * swing / f64::from(RATE_HZ);
                (1..=30).map(|h| 0.05 * (f64::from(h) * phase).sin() / f64::from(h)).sum::<f64>() as f32
            })
            .collect();
        noise::add(&mut song, &noise::white(6, 8 * RATE_HZ as usize, 1e-4));
        let shares = shares(song);
        assert!(shares[4..14].iter().all(|share| *share < 0.25), "{shares:?}");
    }
}
