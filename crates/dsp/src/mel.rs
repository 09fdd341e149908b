//! The mel scale: frequency as the ear spaces it, and pictures whose rows are even on it.
//!
//! Source: D. O'Shaughnessy, *Speech Communication*, 1987, p. 150: m = 2595·log₁₀(1 + f/700).

use tonearm_audio::Hertz;

use crate::Stft;

/// The mel value of a frequency in hertz.
pub fn mel_of_hz(hz: f64) -> f64 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

/// The frequency in hertz of a mel value.
pub fn hz_of_mel(mel: f64) -> f64 {
    700.0 * (10f64.powf(mel / 2595.0) - 1.0)
}

/// Where a frequency lies in a picture that is even in mel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MelAxis {
    /// Frequency at the lower edge.
    pub min_hz: f64,
    /// Frequency at the upper edge.
    pub max_hz: f64,
}

impl MelAxis {
    /// From 0 Hz to `max`.
    pub fn up_to(max: Hertz) -> Self {
        Self { min_hz: 0.0, max_hz: max.get() }
    }

    /// The share of the axis, 0 at the lower edge and 1 at the upper, at which `hz` lies.
    pub fn position_of(self, hz: f64) -> f64 {
        let (low, high) = self.edges();
        (mel_of_hz(hz) - low) / (high - low)
    }

    /// The frequency at the share `position` of the axis.
    pub fn frequency_at(self, position: f64) -> f64 {
        let (low, high) = self.edges();
        hz_of_mel(low + position * (high - low))
    }

    fn edges(self) -> (f64, f64) {
        (mel_of_hz(self.min_hz), mel_of_hz(self.max_hz))
    }

    /// The bins that each of `count` rows of a picture shows, top row (highest frequency) first.
    pub fn rows(self, stft: &Stft, count: usize) -> Vec<MelRow> {
        let hz_per_bin = stft.grid().sample_rate().as_f64() / stft.fft_len() as f64;
        let last_bin = stft.bins() - 1;
        (0..count)
            .map(|row| {
                let from_top = |edge: usize| self.frequency_at(1.0 - edge as f64 / count as f64) / hz_per_bin;
                let (upper, lower) = (from_top(row), from_top(row + 1));
                let (first, end) = (lower.ceil() as usize, (upper.floor() as usize + 1).min(last_bin + 1));
                if end > first + 1 {
                    return MelRow {
                        first_bin: first,
                        weights: vec![1.0 / (end - first) as f64; end - first],
                    };
                }
                let centre = ((lower + upper) / 2.0).clamp(0.0, last_bin as f64);
                let first_bin = (centre.floor() as usize).min(last_bin - 1);
                let above = centre - first_bin as f64;
                MelRow { first_bin, weights: vec![1.0 - above, above] }
            })
            .collect()
    }
}

/// The bins that make up one pixel row: whole bins inside its band, or the two nearest where the band holds none.
#[derive(Clone, Debug, PartialEq)]
pub struct MelRow {
    first_bin: usize,
    weights: Vec<f64>,
}

impl MelRow {
    /// The mean power in the row's band of a power spectrum.
    ///
    /// # Panics
    /// Where the spectrum has fewer bins than the transform that the row was made for; that is the caller's bug.
    pub fn power<T: Copy + Into<f64>>(&self, spectrum: &[T]) -> f64 {
        let bins = self.weights.iter().zip(&spectrum[self.first_bin..]);
        bins.map(|(weight, power)| weight * (*power).into()).sum()
    }
}

#[cfg(test)]
mod tests {
    use tonearm_audio::{Centering, FrameGrid, SampleRate};

    use super::*;
    use crate::Window;

    #[test]
    fn a_thousand_hertz_is_a_thousand_mel_and_the_scale_inverts() {
        assert!((mel_of_hz(1_000.0) - 1_000.0).abs() < 0.1);
        for hz in [0.0, 60.0, 440.0, 16_000.0] {
            assert!((hz_of_mel(mel_of_hz(hz)) - hz).abs() < 1e-8);
        }
    }

    #[test]
    fn axis_positions_invert() {
        let axis = MelAxis::up_to(Hertz::new(16_000.0));
        for hz in [0.0, 100.0, 1_000.0, 16_000.0] {
            assert!((axis.frequency_at(axis.position_of(hz)) - hz).abs() < 1e-6);
        }
    }

    #[test]
    fn a_flat_spectrum_is_flat_in_every_row() {
        let grid = FrameGrid::new(SampleRate::new(16_000).unwrap(), 1_024, 96, Centering::Centered);
        let stft = Stft::new(grid, Window::Hann).unwrap();
        let rows = MelAxis::up_to(Hertz::new(8_000.0)).rows(&stft, 256);
        assert_eq!(rows.len(), 256);
        for row in rows {
            assert!((row.power(&vec![1.0; stft.bins()]) - 1.0).abs() < 1e-9);
        }
    }
}
