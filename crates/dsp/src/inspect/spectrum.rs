//! What the long-term spectrum tells: mains hum and bandwidth.

use ndarray::Array2;
use serde::Serialize;
use tonearm_audio::{Centering, FrameGrid, Hertz, SampleRate};

use super::activity::Activity;
use crate::level::median;
use crate::{DspError, Stft, Window, resample};

/// Mains hum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Hum {
    /// Its fundamental, near 50 or 60 Hz.
    pub fundamental_hz: f64,
    /// How far the strongest harmonic stands over the spectrum around it.
    pub prominence_db: f64,
    /// How many of the first eight harmonics stand out.
    pub harmonics: usize,
}

/// Hum is looked for below this frequency, at this rate.
const HUM_RATE_HZ: u32 = 2_000;
/// Two seconds a frame: half a hertz a bin.
const HUM_FRAME_LEN: usize = 4_096;
/// A harmonic counts where it stands this far out, and hum is reported from two harmonics.
const STANDS_OUT_DB: f64 = 9.0;
const FEWEST_HARMONICS: usize = 2;
const HARMONICS: usize = 8;

pub(super) fn hum(mono: &[f32], rate: SampleRate) -> Result<Option<Hum>, DspError> {
    let low_rate = SampleRate::new(HUM_RATE_HZ)?;
    let signal = tonearm_audio::Signal::mono(rate, mono.to_vec())?;
    let low = resample(&signal, low_rate)?;
    if low.len() < HUM_FRAME_LEN {
        return Ok(None);
    }
    let grid = FrameGrid::new(low_rate, HUM_FRAME_LEN, HUM_FRAME_LEN / 4, Centering::Leading);
    let stft = Stft::new(grid, Window::Hann)?;
    let power = stft.power(low.channel(0));
    // The median over time: speech passes through a bin, hum stays.
    let steady: Vec<f64> = power
        .columns()
        .into_iter()
        .map(|column| {
            let values: Vec<f64> = column.iter().map(|p| f64::from(*p)).collect();
            10.0 * median(&values).unwrap_or(0.0).max(1e-20).log10()
        })
        .collect();
    let prominence = |bin: usize| {
        let around: Vec<f64> = (bin.saturating_sub(24)..(bin + 25).min(steady.len()))
            .filter(|other| other.abs_diff(bin) > 4)
            .map(|other| steady[other])
            .collect();
        let peak = steady[bin.saturating_sub(1)..(bin + 2).min(steady.len())]
            .iter()
            .fold(f64::MIN, |a, b| a.max(*b));
        peak - median(&around).unwrap_or(0.0)
    };
    let candidates = [50.0, 60.0]
        .into_iter()
        .flat_map(|mains: f64| (-4..=4).map(move |step| mains + f64::from(step) * 0.25));
    let mut best: Option<(f64, Hum)> = None;
    for fundamental_hz in candidates {
        let heights: Vec<f64> = (1..=HARMONICS)
            .map(|harmonic| prominence(stft.bin_at(Hertz::new(fundamental_hz * harmonic as f64))))
            .filter(|height| *height >= STANDS_OUT_DB)
            .collect();
        let total: f64 = heights.iter().sum();
        if heights.len() >= FEWEST_HARMONICS && best.is_none_or(|(most, _)| total > most) {
            let prominence_db = heights.iter().fold(0.0, |a: f64, b| a.max(*b));
            best = Some((total, Hum { fundamental_hz, prominence_db, harmonics: heights.len() }));
        }
    }
    Ok(best.map(|(_, hum)| hum))
}

/// The programme must stand this far over the noise for its band to count.
const OVER_NOISE_DB: f64 = 3.0;

/// The upper edge of the highest third-octave band in which active frames stand over quiet ones.
pub(super) fn bandwidth(power: &Array2<f32>, stft: &Stft, activity: &Activity) -> Option<f64> {
    activity.programme_over_noise_db?;
    let bins = power.ncols();
    let (mut loud, mut quiet) = (vec![0.0; bins], vec![0.0; bins]);
    let (mut loud_frames, mut quiet_frames) = (0_usize, 0_usize);
    for (frame, row) in power.rows().into_iter().enumerate() {
        let (sum, count) = if activity.is_active(stft.grid().instant_of(frame).get()) {
            (&mut loud, &mut loud_frames)
        } else {
            (&mut quiet, &mut quiet_frames)
        };
        *count += 1;
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    if loud_frames == 0 || quiet_frames == 0 {
        return None;
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
