//! How much of a prediction error is noise: what surface noise, clicks and crackle leave is spread over all frequencies, what steady tones, lips
//! and reeds leave is a row of lines.

use tonearm_audio::{Centering, FrameGrid, SampleRate};

use crate::level::{median, percentile};
use crate::{Stft, Window};

/// Share of noise in the error's spectrum, at least, in the noisiest tenth of a worn disc: 1.01 to 1.07 on simulated ones under brass and
/// voices, 0.35 to 0.75 on clean organs that have no unrest.
pub(super) const LEAST_NOISE: f32 = 0.88;
/// Those frames begin here, in order of their share.
const NOISIEST: f64 = 0.9;
/// Frames in which lines are told from noise, in seconds.
const FRAME_SECS: f64 = 0.046;

/// The noise's share of the power of `errors`, in its noisiest frames: the median of a frame's bins over their mean, 1 for noise (whose bins are
/// distributed exponentially), near 0 for lines.
pub(super) fn noise_share(errors: &[f32], rate: SampleRate) -> f32 {
    let frame = rate.samples_in(FRAME_SECS).next_power_of_two();
    let grid = FrameGrid::new(rate, frame, frame, Centering::Leading);
    let Ok(transform) = Stft::new(grid, Window::Hann) else { return 1.0 };
    let shares: Vec<f64> = transform
        .power(errors)
        .outer_iter()
        .filter_map(|row| {
            let bins: Vec<f64> = row.iter().map(|power| f64::from(*power)).collect();
            let mean = bins.iter().sum::<f64>() / bins.len() as f64;
            Some(median(&bins)? / std::f64::consts::LN_2 / mean).filter(|_| mean > 0.0)
        })
        .collect();
    percentile(&shares, NOISIEST).map_or(1.0, |share| share as f32)
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    #[test]
    fn noise_and_pulses_by_chance_are_all_noise_and_a_beat_is_lines() {
        let mut random = Random::new(1);
        let rate = SampleRate::new(44_100).unwrap();
        let noise: Vec<f32> = (0..88_200).map(|_| random.normal() as f32).collect();
        let mut crackle = vec![0.0f32; 88_200];
        (0..3_000).for_each(|_| crackle[random.between(0.0, 88_199.0) as usize] += random.normal() as f32);
        let beat: Vec<f32> = (0..88_200).map(|n| if n % 331 == 0 { 1.0 } else { 0.0 }).collect();
        for (name, errors, noisy) in
            [("noise", noise, true), ("crackle", crackle, true), ("beat", beat, false)]
        {
            assert_eq!(noise_share(&errors, rate) >= LEAST_NOISE, noisy, "{name}");
        }
        assert!(noise_share(&[], rate) >= LEAST_NOISE);
    }
}
