//! Is there hum, at which fundamental, and which of its harmonics stand out?
//!
//! The spectrum that is *always* there: for each bin the lower fifth of its power over time. Speech and music pass through a
//! bin, hum stays. A comb of harmonics is laid over it for every fundamental near the mains' 50 and 60 Hz (a disc played at the
//! wrong speed shifts them) and for the motor of a lathe or turntable below; the comb whose teeth stand highest over their
//! surroundings wins.

use serde::Serialize;
use tonearm_audio::{Centering, FrameGrid, SampleRate};

use crate::level::{median, percentile};
use crate::{DspError, Stft, Window};

/// At 2 kHz two seconds a frame, a quarter of a hertz a bin by padding.
const FRAME_LEN: usize = 4_096;
const FFT_LEN: usize = 8_192;
/// Share of the time below which a bin's power is taken as always there.
const ALWAYS: f64 = 0.2;
/// Where fundamentals lie, in hertz: the two mains, and motors.
const FAMILIES: [(f64, f64); 3] = [(47.5, 52.5), (57.0, 63.0), (21.0, 35.0)];
const STEP_HZ: f64 = 0.05;
/// Harmonics of a comb, the fundamental included.
const HARMONICS: usize = 16;
/// A tooth stands out from here on, in dB over the median around it; what is always there by chance alone stays below 5.
const STANDS_OUT_DB: f64 = 8.0;
/// Teeth that must stand out, and what a comb must add up to, in dB.
pub(super) const FEWEST: usize = 2;
const LEAST_SUM_DB: f64 = 22.0;
/// Bins around a tooth that tell its surroundings: 6 Hz to each side, less the main lobe's 1.5 Hz.
const AROUND_BINS: usize = 24;
const LOBE_BINS: usize = 6;

/// Mains hum or motor rumble.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hum {
    /// Its fundamental.
    pub fundamental_hz: f64,
    /// How far the strongest harmonic stands over the spectrum around it.
    pub prominence_db: f64,
    /// The numbers of the harmonics that stand out, 1 for the fundamental.
    pub harmonics: Vec<usize>,
}

/// What stands out of a channel as hum would, at a rate of up to [`LOW_RATE_HZ`](super::LOW_RATE_HZ): a note may stand out as well.
pub(super) fn stands_out(low: &[f32], rate: SampleRate) -> Result<Option<Hum>, DspError> {
    if low.len() < FRAME_LEN {
        return Ok(None);
    }
    let grid = FrameGrid::new(rate, FRAME_LEN, FRAME_LEN / 4, Centering::Leading);
    let stft = Stft::new(grid, Window::BlackmanHarris)?.zero_padded(FFT_LEN)?;
    let power = stft.power(low);
    // The last frames reach over the end.
    let whole = (low.len() - FRAME_LEN) / grid.hop_len() + 1;
    let steady: Vec<f64> = power
        .columns()
        .into_iter()
        .map(|column| {
            let values: Vec<f64> = column.iter().take(whole).map(|p| f64::from(*p)).collect();
            10.0 * percentile(&values, ALWAYS).unwrap_or(0.0).max(1e-20).log10()
        })
        .collect();
    let heights: Vec<f64> = (0..steady.len()).map(|bin| prominence(&steady, bin)).collect();
    let bins_per_hz = FFT_LEN as f64 / rate.as_f64();
    let height_at = |frequency_hz: f64| {
        let place = frequency_hz * bins_per_hz;
        let below = place as usize;
        if below + 1 >= heights.len() {
            return 0.0;
        }
        let share = place - below as f64;
        heights[below] * (1.0 - share) + heights[below + 1] * share
    };
    let mut best: Option<(f64, Hum)> = None;
    for (from_hz, to_hz) in FAMILIES {
        let steps = ((to_hz - from_hz) / STEP_HZ).round() as usize;
        for fundamental_hz in (0..=steps).map(|step| from_hz + step as f64 * STEP_HZ) {
            let teeth: Vec<(usize, f64)> = (1..=HARMONICS)
                .map(|harmonic| (harmonic, height_at(harmonic as f64 * fundamental_hz)))
                .filter(|(_, height)| *height >= STANDS_OUT_DB)
                .collect();
            let sum: f64 = teeth.iter().map(|(_, height)| height).sum();
            // A comb of half the fundamental has the same teeth: it must have more to win.
            let wins =
                best.as_ref().is_none_or(|(most, _)| sum > 1.1 * most || (sum > *most && from_hz > 40.0));
            if teeth.len() >= FEWEST && sum >= LEAST_SUM_DB && wins {
                let prominence_db = teeth.iter().map(|(_, height)| *height).fold(0.0, f64::max);
                let harmonics = teeth.iter().map(|(harmonic, _)| *harmonic).collect();
                best = Some((sum, Hum { fundamental_hz, prominence_db, harmonics }));
            }
        }
    }
    Ok(best.map(|(_, hum)| hum))
}

/// How far a bin of a spectrum in dB stands over the median around it.
fn prominence(spectrum_db: &[f64], bin: usize) -> f64 {
    let around: Vec<f64> = (bin.saturating_sub(AROUND_BINS)..(bin + AROUND_BINS + 1).min(spectrum_db.len()))
        .filter(|other| other.abs_diff(bin) > LOBE_BINS)
        .map(|other| spectrum_db[other])
        .collect();
    spectrum_db[bin] - median(&around).unwrap_or(0.0)
}
