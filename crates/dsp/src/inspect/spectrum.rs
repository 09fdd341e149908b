//! What the long-term spectrum tells: bandwidth.

use ndarray::Array2;
use tonearm_audio::Hertz;

use super::activity::Activity;
use crate::Stft;

/// The programme must stand this far over the noise for its band to count.
const OVER_NOISE_DB: f64 = 3.0;

/// Without noise everything stands out, were it rounding: what lies so far below the loudest band does not count.
const LEAST_SHARE: f64 = 1e-7;

/// The upper edge of the highest third-octave band in which active frames stand over quiet ones; over the `noise`, the power of each bin, where it is
/// known not to be what sounds in the quiet ones.
pub(super) fn bandwidth(
    power: &Array2<f32>,
    stft: &Stft,
    activity: &Activity,
    noise: Option<&[f32]>,
) -> Option<f64> {
    activity.programme_over_noise_db?;
    let bins = power.ncols();
    let (mut loud, mut quiet) = (vec![0.0; bins], vec![0.0; bins]);
    let (mut loud_frames, mut quiet_frames) = (0_usize, 0_usize);
    for (frame, row) in power.rows().into_iter().enumerate() {
        let instant_secs = stft.grid().instant_of(frame).get();
        if !activity.is_counted(instant_secs) {
            continue;
        }
        let (sum, count) = if activity.is_active(instant_secs) {
            (&mut loud, &mut loud_frames)
        } else {
            (&mut quiet, &mut quiet_frames)
        };
        *count += 1;
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    if loud_frames == 0 || (quiet_frames == 0 && noise.is_none()) {
        return None;
    }
    if let Some(noise) = noise {
        let least = LEAST_SHARE * loud.iter().copied().fold(0.0, f64::max) / loud_frames as f64;
        quiet = noise.iter().map(|noise| f64::from(*noise).max(least)).collect();
        quiet_frames = 1;
    }
    let nyquist = stft.frequency_of(bins - 1).get();
    let mut edge = None;
    let mut low_hz = 500.0;
    while low_hz < nyquist {
        let high_hz = (low_hz * 2f64.powf(1.0 / 3.0)).min(nyquist);
        let band = stft.bin_at(Hertz::new(low_hz))
            ..stft.bin_at(Hertz::new(high_hz)).max(stft.bin_at(Hertz::new(low_hz)) + 1);
        let mean = |sums: &[f64], frames: usize| {
            sums[band.start.min(bins - 1)..band.end.min(bins)].iter().sum::<f64>() / frames as f64
        };
        let ratio = mean(&loud, loud_frames) / mean(&quiet, quiet_frames).max(1e-20);
        if 10.0 * ratio.log10() < OVER_NOISE_DB {
            break;
        }
        edge = Some(high_hz);
        low_hz = high_hz;
    }
    edge
}
