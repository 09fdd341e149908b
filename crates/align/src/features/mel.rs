//! Power in bands spaced evenly on the mel scale, every 5 ms.
//!
//! Source: S. B. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition",
//! IEEE Trans. ASSP 28(4), 1980, section III, with O'Shaughnessy's mel(f) = 2595·log₁₀(1 + f/700).
//!
//! Two steps: [`mel_power`] measures [`FINE_BANDS`] narrow bands up to 8 kHz, which is also how templates are stored;
//! [`Bands`] pools them into the few that a recording of limited bandwidth supports, and can stretch the frequency axis of
//! a reference to another length of vocal tract. Recording and reference are pooled alike.
//!
//! Shapes: `[frames, bands]`. Frame `i` is centred on `i` × [`HOP_SECS`]. Units: power of a signal of full scale ±1.

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use tonearm_audio::{Centering, FrameGrid, SampleRate};
use tonearm_dsp::mel::{hz_of_mel, mel_of_hz};
use tonearm_dsp::{Stft, Window};

use crate::AlignError;

/// Samples per second of the analysis: speech needs no more.
pub const RATE_HZ: u32 = 16_000;
/// Seconds from one frame to the next.
pub const HOP_SECS: f64 = 0.005;
/// Bands of a [`MelPower`] frame.
pub const FINE_BANDS: usize = 64;
const HOP_SAMPLES: usize = 80;
/// 20 ms: two periods of a deep voice, yet short enough to see a closure.
const FRAME_SAMPLES: usize = 320;
const FFT_LEN: usize = 512;
const LOWEST_HZ: f64 = 60.0;
const HIGHEST_HZ: f64 = 8_000.0;
/// Frames that are transformed before their spectra are dropped: bounds memory for recordings of hours.
const FRAMES_AT_ONCE: usize = 4_096;

/// Power in [`FINE_BANDS`] mel bands, `[frames, FINE_BANDS]`.
pub type MelPower = Array2<f32>;

/// `bands + 2` frequencies, evenly spaced on the mel scale: edges and centres of overlapping triangles.
fn corners(low_hz: f64, high_hz: f64, bands: usize) -> Vec<f64> {
    let (low, high) = (mel_of_hz(low_hz), mel_of_hz(high_hz));
    (0..bands + 2).map(|i| hz_of_mel(low + (high - low) * i as f64 / (bands + 1) as f64)).collect()
}

fn triangle(corners: &[f64], band: usize, hz: f64) -> f64 {
    let (left, centre, right) = (corners[band], corners[band + 1], corners[band + 2]);
    ((hz - left) / (centre - left)).min((right - hz) / (right - centre)).max(0.0)
}

/// A sparse row of weights: first column and the weights from there on.
#[derive(Clone, Debug)]
struct Pool {
    first: usize,
    weights: Vec<f32>,
}

impl Pool {
    fn of(weights: &[f64]) -> Self {
        let first = weights.iter().position(|w| *w > 0.0).unwrap_or(0);
        let end = weights.iter().rposition(|w| *w > 0.0).map_or(first, |last| last + 1);
        Self { first, weights: weights[first..end].iter().map(|w| *w as f32).collect() }
    }

    fn apply(&self, values: &[f32]) -> f32 {
        values[self.first..].iter().zip(&self.weights).map(|(x, w)| x * w).sum()
    }
}

/// The fine mel powers of `samples` at [`RATE_HZ`].
///
/// # Errors
/// [`AlignError::Analysis`] where the transform cannot be planned.
pub fn mel_power(samples: &[f32]) -> Result<MelPower, AlignError> {
    let grid = FrameGrid::new(SampleRate::new(RATE_HZ)?, FRAME_SAMPLES, HOP_SAMPLES, Centering::Centered);
    let stft = Stft::new(grid, Window::Hamming)?.zero_padded(FFT_LEN)?;
    let corners = corners(LOWEST_HZ, HIGHEST_HZ, FINE_BANDS);
    let pools: Vec<Pool> = (0..FINE_BANDS)
        .map(|band| {
            let mut weights: Vec<f64> =
                (0..stft.bins()).map(|bin| triangle(&corners, band, stft.frequency_of(bin).get())).collect();
            if weights.iter().sum::<f64>() < 0.5 {
                // Narrower than a bin: take the two bins around its centre.
                let at = corners[band + 1] / stft.frequency_of(1).get();
                let below = (at as usize).min(stft.bins() - 2);
                weights.fill(0.0);
                weights[below] = 1.0 - (at - below as f64);
                weights[below + 1] = at - below as f64;
            }
            Pool::of(&weights)
        })
        .collect();
    let frames = grid.frame_count(samples.len());
    let mut power = Array2::zeros((frames, FINE_BANDS));
    for (block, mut rows) in power.axis_chunks_iter_mut(Axis(0), FRAMES_AT_ONCE).enumerate() {
        let first = block * FRAMES_AT_ONCE;
        let spectra = stft.analyze_frames(samples, first..first + rows.nrows());
        rows.axis_iter_mut(Axis(0)).into_par_iter().zip(spectra.values.axis_iter(Axis(0))).for_each(
            |(mut row, spectrum)| {
                let bins: Vec<f32> = spectrum.iter().map(|value| value.norm_sqr()).collect();
                for (value, pool) in row.iter_mut().zip(&pools) {
                    *value = pool.apply(&bins);
                }
            },
        );
    }
    Ok(power)
}

/// The bands that alignment compares, pooled from the fine ones.
#[derive(Clone, Debug)]
pub struct Bands {
    pools: Vec<Pool>,
}

impl Bands {
    /// `count` bands between `low_hz` and `high_hz`, of a voice whose formants are to be moved up by the factor `stretch`.
    pub fn new(low_hz: f64, high_hz: f64, count: usize, stretch: f64) -> Self {
        let fine = corners(LOWEST_HZ, HIGHEST_HZ, FINE_BANDS);
        let pooled = corners(low_hz, high_hz, count);
        let pools = (0..count)
            .map(|band| {
                let mut weights: Vec<f64> =
                    (1..=FINE_BANDS).map(|i| triangle(&pooled, band, fine[i] * stretch)).collect();
                if weights.iter().sum::<f64>() < 0.3 {
                    let centre = pooled[band + 1] / stretch;
                    let nearest = (0..FINE_BANDS)
                        .min_by(|a, b| (fine[a + 1] - centre).abs().total_cmp(&(fine[b + 1] - centre).abs()))
                        .unwrap_or(0);
                    weights[nearest] = 1.0;
                }
                Pool::of(&weights)
            })
            .collect();
        Self { pools }
    }

    /// How many bands.
    pub fn count(&self) -> usize {
        self.pools.len()
    }

    /// Fine powers pooled into these bands, `[frames, count]`.
    pub fn pool(&self, fine: &MelPower) -> Array2<f32> {
        let mut pooled = Array2::zeros((fine.nrows(), self.count()));
        pooled.axis_iter_mut(Axis(0)).into_par_iter().zip(fine.axis_iter(Axis(0))).for_each(
            |(mut row, fine)| {
                let fine = fine.to_slice().unwrap_or(&[]);
                for (value, pool) in row.iter_mut().zip(&self.pools) {
                    *value = pool.apply(fine);
                }
            },
        );
        pooled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lies_in_its_band() {
        let hz = 1_000.0;
        let tone: Vec<f32> = (0..16_000)
            .map(|i| (std::f64::consts::TAU * hz * f64::from(i) / 16_000.0).sin() as f32)
            .collect();
        let power = mel_power(&tone).unwrap();
        let row = power.row(100);
        let loudest = (0..FINE_BANDS).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        let centre = corners(LOWEST_HZ, HIGHEST_HZ, FINE_BANDS)[loudest + 1];
        assert!((centre - hz).abs() < 40.0, "{centre}");
        assert_eq!(power.nrows(), 201);
    }

    #[test]
    fn stretching_moves_a_formant_up() {
        let mut fine = MelPower::zeros((1, FINE_BANDS));
        fine[[0, 30]] = 1.0;
        let centre = |stretch: f64| {
            let pooled = Bands::new(100.0, 7_000.0, 24, stretch).pool(&fine);
            let total: f32 = pooled.sum();
            pooled.iter().enumerate().map(|(i, p)| i as f32 * p).sum::<f32>() / total
        };
        assert!(centre(1.15) > centre(1.0) + 0.5);
    }
}
