//! The short-time Fourier transform: the only one of the project.
//!
//! Analysis takes each frame of a [`FrameGrid`], multiplies it by the window and transforms it. Synthesis multiplies the
//! inverse transform by the same window, adds the frames up and divides by the sum of the squared windows that in fact
//! fell on each sample, so `synthesize(analyze(x)) = x` at the ends too, for any window and hop that leave no sample
//! uncovered. After a change of the spectrogram it returns the signal whose transform lies nearest to it in the
//! least-squares sense.
//!
//! Source: D. Griffin and J. Lim, "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP 32(2),
//! 1984, equation 6.
//!
//! | paper | here |
//! |---|---|
//! | w(n) | `window` |
//! | S, the shift | [`FrameGrid::hop_len`] |
//! | L, the window's length | [`FrameGrid::frame_len`] |
//! | X_w(mS, ω) | [`Spectrogram::values`]`[[m, bin]]` |
//!
//! Shapes: `[frames, bins]`, the transpose of librosa's. Bins: `fft_len / 2 + 1`, bin `k` at `k · rate / fft_len` Hz.
//! Units: not scaled, a full-scale sine at a bin's centre has the magnitude Σw / 2.
//! Samples beyond the signal's ends count as zero.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex32;
use tonearm_audio::{FrameGrid, Hertz};

use crate::{DspError, Window};

/// Below this share of the window's energy a sample counts as not covered by any frame: it can not be divided back.
const MIN_COVERAGE: f32 = 1e-6;

/// How many frames [`Stft::synthesize`] transforms at once: enough to feed every core, few enough to stay in cache and in memory that is kept.
const FRAMES_AT_ONCE: usize = 64;

/// A short-time Fourier transform of one frame grid and window; its tables are made once.
#[derive(Clone)]
pub struct Stft {
    grid: FrameGrid,
    window: Vec<f32>,
    fft_len: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

/// Complex spectra of consecutive frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrogram {
    /// `[frames, bins]`.
    pub values: Array2<Complex32>,
    /// The frame on the grid that row 0 belongs to.
    pub first_frame: usize,
}

impl Spectrogram {
    /// The squared magnitudes, `[frames, bins]`.
    pub fn power(&self) -> Array2<f32> {
        self.values.mapv(|value| value.norm_sqr())
    }
}

impl std::fmt::Debug for Stft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stft")
            .field("grid", &self.grid)
            .field("fft_len", &self.fft_len)
            .finish_non_exhaustive()
    }
}

impl Stft {
    /// A transform of the frames of `grid`; the transform is as long as the frame.
    ///
    /// # Errors
    /// [`DspError::Setting`] where the hop is longer than the frame, which would leave samples out.
    pub fn new(grid: FrameGrid, window: Window) -> Result<Self, DspError> {
        if grid.hop_len() > grid.frame_len() {
            return Err(DspError::Setting {
                setting: "hop_len",
                actual: grid.hop_len() as f64,
                min: 1.0,
                max: grid.frame_len() as f64,
                unit: "samples",
            });
        }
        let window = window.coefficients(grid.frame_len()).into_iter().map(|w| w as f32).collect();
        Ok(Self::planned(grid, window, grid.frame_len()))
    }

    /// The same transform with each frame padded by zeros to `fft_len` samples: more bins, no more resolution.
    ///
    /// # Errors
    /// [`DspError::Setting`] where `fft_len` is shorter than the frame.
    pub fn zero_padded(self, fft_len: usize) -> Result<Self, DspError> {
        if fft_len < self.grid.frame_len() {
            return Err(DspError::Setting {
                setting: "fft_len",
                actual: fft_len as f64,
                min: self.grid.frame_len() as f64,
                max: f64::INFINITY,
                unit: "samples",
            });
        }
        Ok(Self::planned(self.grid, self.window, fft_len))
    }

    fn planned(grid: FrameGrid, window: Vec<f32>, fft_len: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(fft_len), planner.plan_fft_inverse(fft_len));
        Self { grid, window, fft_len, forward, inverse }
    }

    /// The frame grid.
    pub fn grid(&self) -> FrameGrid {
        self.grid
    }

    /// Samples that each transform spans, padding included.
    pub fn fft_len(&self) -> usize {
        self.fft_len
    }

    /// Bins of a frame.
    pub fn bins(&self) -> usize {
        self.fft_len / 2 + 1
    }

    /// The frequency of bin `bin`.
    pub fn frequency_of(&self, bin: usize) -> Hertz {
        Hertz::new(bin as f64 * self.grid.sample_rate().as_f64() / self.fft_len as f64)
    }

    /// The bin nearest to `frequency`, at most the last.
    pub fn bin_at(&self, frequency: Hertz) -> usize {
        let bin = frequency.get() * self.fft_len as f64 / self.grid.sample_rate().as_f64();
        (bin.round().max(0.0) as usize).min(self.bins() - 1)
    }

    /// Σw²: the power of white noise of unit variance in one bin.
    pub fn window_energy(&self) -> f64 {
        self.window.iter().map(|w| f64::from(*w).powi(2)).sum()
    }

    /// The spectra of all frames of `samples`.
    pub fn analyze(&self, samples: &[f32]) -> Spectrogram {
        self.analyze_frames(samples, 0..self.grid.frame_count(samples.len()))
    }

    /// The spectra of the frames `frames` of `samples`: long recordings go through in blocks.
    pub fn analyze_frames(&self, samples: &[f32], frames: Range<usize>) -> Spectrogram {
        let mut values = Array2::zeros((frames.len(), self.bins()));
        values.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each_init(
            || (self.forward.make_input_vec(), self.forward.make_scratch_vec()),
            |(frame, scratch), (row, mut spectrum)| {
                let Some(spectrum) = spectrum.as_slice_mut() else { return };
                self.transform(samples, frames.start + row, frame, spectrum, scratch);
            },
        );
        Spectrogram { values, first_frame: frames.start }
    }

    /// The squared magnitudes of all frames of `samples`, `[frames, bins]`, without keeping the complex spectra.
    pub fn power(&self, samples: &[f32]) -> Array2<f32> {
        self.power_of_frames(samples, 0..self.grid.frame_count(samples.len()))
    }

    /// The squared magnitudes of the frames `frames` of `samples`.
    pub fn power_of_frames(&self, samples: &[f32], frames: Range<usize>) -> Array2<f32> {
        let mut values = Array2::zeros((frames.len(), self.bins()));
        values.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each_init(
            || {
                (
                    self.forward.make_input_vec(),
                    self.forward.make_scratch_vec(),
                    self.forward.make_output_vec(),
                )
            },
            |(frame, scratch, spectrum), (row, mut power)| {
                self.transform(samples, frames.start + row, frame, spectrum, scratch);
                for (power, value) in power.iter_mut().zip(spectrum.iter()) {
                    *power = value.norm_sqr();
                }
            },
        );
        values
    }

    /// The signal of `len` samples that has this spectrogram, which must begin at frame 0.
    ///
    /// # Panics
    /// Where the spectrogram's bins or frames are not those of a signal of `len` samples on this grid.
    pub fn synthesize(&self, spectrogram: &Spectrogram, len: usize) -> Vec<f32> {
        assert_eq!(
            (spectrogram.first_frame, spectrogram.values.nrows()),
            (0, self.grid.frame_count(len)),
            "the frames are not those of a signal of {len} samples"
        );
        let mut sum = OverlapAdd::new(self, len);
        sum.add(spectrogram.first_frame, spectrogram.values.view());
        sum.finish()
    }

    fn transform(
        &self,
        samples: &[f32],
        frame_index: usize,
        frame: &mut [f32],
        spectrum: &mut [Complex32],
        scratch: &mut [Complex32],
    ) {
        frame.fill(0.0);
        let (first, inside) = self.extent(frame_index, samples.len());
        for n in inside {
            frame[n] = samples[(first + n as isize) as usize] * self.window[n];
        }
        // The lengths are the plan's own, so the transform can not refuse them.
        let _ = self.forward.process_with_scratch(frame, spectrum, scratch);
    }

    /// The first sample of a frame, and which of the frame's points lie inside a signal of `len` samples.
    fn extent(&self, frame: usize, len: usize) -> (isize, Range<usize>) {
        let first = self.grid.first_sample(frame);
        let end = (len as isize - first).clamp(0, self.grid.frame_len() as isize) as usize;
        (first, ((-first).max(0) as usize).min(end)..end)
    }
}

/// The sum of overlapping frames on its way to a signal, for recordings that go through in blocks of frames.
pub struct OverlapAdd<'a> {
    stft: &'a Stft,
    sum: Vec<f32>,
    coverage: Vec<f32>,
}

impl<'a> OverlapAdd<'a> {
    /// An empty sum of `len` samples.
    pub fn new(stft: &'a Stft, len: usize) -> Self {
        Self { stft, sum: vec![0.0; len], coverage: vec![0.0; len] }
    }

    /// Adds spectra `[frames, bins]`, the first of them frame `first_frame` of the grid.
    ///
    /// # Panics
    /// Where the number of bins is not [`Stft::bins`].
    pub fn add(&mut self, first_frame: usize, spectra: ArrayView2<Complex32>) {
        assert_eq!(spectra.ncols(), self.stft.bins(), "the spectra have other bins than this transform");
        let stft = self.stft;
        for (block, spectra) in spectra.axis_chunks_iter(Axis(0), FRAMES_AT_ONCE).enumerate() {
            // Frames are transformed in parallel and added in their order, so that the rounding is always the same.
            let frames: Vec<Vec<f32>> = spectra
                .axis_iter(Axis(0))
                .into_par_iter()
                .map_init(
                    || (stft.inverse.make_input_vec(), stft.inverse.make_scratch_vec()),
                    |(input, scratch), spectrum| {
                        for (to, from) in input.iter_mut().zip(spectrum) {
                            *to = *from;
                        }
                        // A real signal has no imaginary part in the first bin and, for even lengths, the last.
                        input[0].im = 0.0;
                        if stft.fft_len.is_multiple_of(2) {
                            input[stft.fft_len / 2].im = 0.0;
                        }
                        let mut frame = stft.inverse.make_output_vec();
                        let _ = stft.inverse.process_with_scratch(input, &mut frame, scratch);
                        frame
                    },
                )
                .collect();
            for (row, frame) in frames.iter().enumerate() {
                self.add_frame(first_frame + block * FRAMES_AT_ONCE + row, frame);
            }
        }
    }

    fn add_frame(&mut self, index: usize, frame: &[f32]) {
        let stft = self.stft;
        let scale = 1.0 / stft.fft_len as f32;
        let (first, inside) = stft.extent(index, self.sum.len());
        let start = (first + inside.start as isize) as usize;
        let windowed = stft.window[inside.clone()].iter().zip(&frame[inside.clone()]);
        let sums = self.sum[start..].iter_mut().zip(&mut self.coverage[start..]);
        for ((sum, coverage), (window, sample)) in sums.zip(windowed) {
            *sum += sample * window * scale;
            *coverage += window * window;
        }
    }

    /// The signal; a sample that no frame covered is zero.
    pub fn finish(self) -> Vec<f32> {
        let mut samples = self.sum;
        for (sample, coverage) in samples.iter_mut().zip(self.coverage) {
            *sample = if coverage > MIN_COVERAGE { *sample / coverage } else { 0.0 };
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use tonearm_audio::{Centering, SampleRate};

    use super::*;

    /// f32 transforms of 2 048 points round at about −140 dB; the project's promise is −120 dB.
    const RECONSTRUCTION_DB: f64 = -120.0;

    fn grid(frame_len: usize, hop_len: usize) -> FrameGrid {
        FrameGrid::new(SampleRate::new(44_100).unwrap(), frame_len, hop_len, Centering::Centered)
    }

    fn noise(len: usize, seed: u64) -> Vec<f32> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        (0..len).map(|_| random.random_range(-0.5..0.5)).collect()
    }

    fn error_db(x: &[f32], y: &[f32]) -> f64 {
        let error: f64 = x.iter().zip(y).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        let energy: f64 = x.iter().map(|a| f64::from(*a).powi(2)).sum();
        10.0 * (error / energy).log10()
    }

    #[test]
    fn bins_are_those_of_the_naive_transform() {
        let stft = Stft::new(grid(12, 3), Window::Hann).unwrap().zero_padded(16).unwrap();
        let x = noise(40, 1);
        let spectrogram = stft.analyze(&x);
        assert_eq!(spectrogram.values.dim(), (40 / 3 + 1, 9));
        let w = Window::Hann.coefficients(12);
        for frame in 0..spectrogram.values.nrows() {
            for bin in 0..9 {
                let (mut re, mut im) = (0.0, 0.0);
                for (n, w) in w.iter().enumerate() {
                    let sample =
                        (frame * 3 + n).checked_sub(6).and_then(|i| x.get(i)).copied().unwrap_or(0.0);
                    let phase = -std::f64::consts::TAU * (bin * n) as f64 / 16.0;
                    re += f64::from(sample) * w * phase.cos();
                    im += f64::from(sample) * w * phase.sin();
                }
                let value = spectrogram.values[[frame, bin]];
                assert!((f64::from(value.re) - re).abs() < 1e-5 && (f64::from(value.im) - im).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn reconstruction_is_perfect_at_every_length() {
        for (frame_len, hop_len) in [(2048, 512), (2028, 507), (1024, 512), (37, 9)] {
            let stft = Stft::new(grid(frame_len, hop_len), Window::SqrtHann).unwrap();
            for len in [1, 2, hop_len, frame_len - 1, 5 * frame_len + 17] {
                let x = noise(len, len as u64);
                let y = stft.synthesize(&stft.analyze(&x), len);
                assert_eq!(y.len(), len);
                let error = error_db(&x, &y);
                assert!(error < RECONSTRUCTION_DB, "{frame_len}/{hop_len}, {len} samples: {error:.1} dB");
            }
        }
    }

    #[test]
    fn blocks_of_frames_give_the_same_signal() {
        let stft = Stft::new(grid(512, 128), Window::SqrtHann).unwrap();
        let x = noise(9_000, 3);
        let whole = stft.synthesize(&stft.analyze(&x), x.len());
        let mut sum = OverlapAdd::new(&stft, x.len());
        let count = stft.grid().frame_count(x.len());
        for start in (0..count).step_by(11) {
            let block = stft.analyze_frames(&x, start..(start + 11).min(count));
            sum.add(block.first_frame, block.values.view());
        }
        assert_eq!(sum.finish(), whole);
    }

    #[test]
    fn power_is_the_squared_magnitude() {
        let stft = Stft::new(grid(256, 64), Window::Hann).unwrap();
        let x = noise(2_000, 5);
        assert_eq!(stft.power(&x), stft.analyze(&x).power());
        assert_eq!(stft.power_of_frames(&x, 3..9), stft.analyze_frames(&x, 3..9).power());
    }

    #[test]
    fn white_noise_has_the_window_energy_in_every_bin() {
        let stft = Stft::new(grid(512, 512), Window::Hann).unwrap();
        let x = noise(512 * 400, 7);
        let power = stft.power(&x);
        let variance = 1.0 / 12.0;
        let mean = f64::from(power.mean().unwrap()) / (variance * stft.window_energy());
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn the_same_on_one_thread_and_many() {
        let stft = Stft::new(grid(512, 128), Window::SqrtHann).unwrap();
        let x = noise(50_000, 9);
        let round = || stft.synthesize(&stft.analyze(&x), x.len());
        let run =
            |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(round);
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn a_hop_that_leaves_samples_out_is_refused() {
        assert!(Stft::new(grid(100, 101), Window::Hann).is_err());
        assert!(Stft::new(grid(100, 50), Window::Hann).unwrap().zero_padded(99).is_err());
    }
}
