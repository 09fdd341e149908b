//! Spectrogram pictures: power per frequency over time as a palette PNG.
//!
//! The short-time spectra of Hann-windowed frames are averaged in power over the time of each pixel column and over the
//! band of each pixel row. Rows are even on the mel scale, which gives speech room without hiding what lies above it.
//! Levels are densities (dB below full scale squared per hertz), so that surface noise has the same colour whatever the
//! frame length, and pictures that share a [`Scale`] can be laid over each other.
//!
//! | symbol | here |
//! |---|---|
//! | \|X\|² | a row of [`Stft::analyze_frames`], squared |
//! | Σw² · rate / 2 | `density_scale`: power of a bin → power per hertz, one-sided |
//!
//! Shapes: [`Picture::pixels`] is row-major, top row (highest frequency) first. Assumes a mono signal.
//! Known limit: below about 100 Hz the rows are narrower than a bin, and neighbouring rows share what they show.

use rayon::prelude::*;
use tonearm_audio::{Centering, FrameGrid, Hertz, SampleRate};
use tonearm_dsp::mel::MelAxis;
use tonearm_dsp::{Stft, Window};

use crate::ReportError;
use crate::colour_map::colour_map;

/// Frame in seconds: 21.5 Hz between bins at 44.1 kHz, two and more bins in a harmonic's spacing of a low voice.
const FRAME_SECS: f64 = 0.046;
/// The highest frequency shown: above it nothing of a 78 survives but noise.
const MAX_SHOWN_HZ: f64 = 16_000.0;
/// Levels in the picture; one step is [`Scale::SPAN_DB`] / 47 = 1.3 dB, below what the eye tells apart here.
pub(crate) const LEVELS: usize = 48;
/// The pictures' height in pixels, and how many columns a second is given at most.
const HEIGHT: usize = 288;
const COLUMNS_PER_SECOND: f64 = 12.0;
const WIDTH_RANGE: (usize, usize) = (400, 1_600);
/// Pixel columns whose spectra are held at once: memory stays bounded however long the side.
const COLUMNS_AT_ONCE: usize = 64;
/// At most so many frames are averaged for one column; more would not show.
const MAX_FRAMES_PER_COLUMN: usize = 16;

/// The levels that the colour map spans, in dB below full scale squared per hertz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Level of the lightest colour.
    pub top_db: f64,
    /// Level of the darkest colour.
    pub floor_db: f64,
}

impl Scale {
    /// From the loudest to the darkest colour: the range of a shellac side and of the noise under a restored one.
    pub const SPAN_DB: f64 = 60.0;
}

/// Power densities in dB of one signal, before they become colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    width: usize,
    /// Row-major, top row first.
    levels_db: Vec<f32>,
    axis: MelAxis,
}

/// A picture: palette indices and their colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Row-major indices into `palette`.
    pub pixels: Vec<u8>,
    /// Red, green, blue.
    pub palette: Vec<[u8; 3]>,
}

/// The frequencies that a picture of a signal at `rate` shows: all that it can hold, at most 16 kHz.
pub(crate) fn axis_of(rate: SampleRate) -> MelAxis {
    MelAxis::up_to(Hertz::new(rate.nyquist().get().min(MAX_SHOWN_HZ)))
}

impl Spectrum {
    /// The power densities of `samples`, `[HEIGHT, width]`.
    ///
    /// # Errors
    /// [`ReportError::Empty`] where there is no sample.
    pub fn of(samples: &[f32], rate: SampleRate) -> Result<Self, ReportError> {
        if samples.is_empty() {
            return Err(ReportError::Empty);
        }
        let duration_secs = rate.instant_of(samples.len()).get();
        let width = ((duration_secs * COLUMNS_PER_SECOND) as usize).clamp(WIDTH_RANGE.0, WIDTH_RANGE.1);
        let axis = axis_of(rate);
        let frame_len = rate.samples_in(FRAME_SECS).next_power_of_two().max(64);
        let samples_per_column = samples.len() as f64 / width as f64;
        let frames_per_column =
            (samples_per_column / (frame_len / 2) as f64).ceil().clamp(1.0, MAX_FRAMES_PER_COLUMN as f64);
        let hop_len = ((samples_per_column / frames_per_column).floor() as usize).clamp(1, frame_len);
        let stft = Stft::new(FrameGrid::new(rate, frame_len, hop_len, Centering::Centered), Window::Hann)?;
        let rows = axis.rows(&stft, HEIGHT);
        let density_scale = 2.0 / (stft.window_energy() * rate.as_f64());

        let column_db = |column: usize| -> Vec<f32> {
            let centre = (column as f64 + 0.5) * samples_per_column;
            let middle = centre / hop_len as f64;
            let half = frames_per_column / 2.0;
            let first = (middle - half + 0.5).floor().max(0.0) as usize;
            let last = stft.grid().frame_count(samples.len()) - 1;
            let frames = first.min(last)..(first + frames_per_column as usize).min(last + 1);
            let spectra = stft.analyze_frames(samples, frames.clone());
            let mut mean = vec![0.0f64; stft.bins()];
            for spectrum in spectra.values.rows() {
                for (mean, value) in mean.iter_mut().zip(spectrum) {
                    *mean += f64::from(value.norm_sqr());
                }
            }
            let scale = density_scale / frames.len() as f64;
            rows.iter().map(|row| (10.0 * (row.power(&mean) * scale).max(1e-30).log10()) as f32).collect()
        };
        let mut levels_db = vec![0.0; width * HEIGHT];
        for block in (0..width).step_by(COLUMNS_AT_ONCE) {
            let columns: Vec<Vec<f32>> =
                (block..(block + COLUMNS_AT_ONCE).min(width)).into_par_iter().map(column_db).collect();
            for (offset, column) in columns.iter().enumerate() {
                for (row, level) in column.iter().enumerate() {
                    levels_db[row * width + block + offset] = *level;
                }
            }
        }
        Ok(Self { width, levels_db, axis })
    }

    /// The frequency axis.
    pub fn axis(&self) -> MelAxis {
        self.axis
    }

    /// A scale that shows this spectrum well: its lightest colour is passed by one pixel in a thousand.
    pub fn scale(&self) -> Scale {
        let mut sorted = self.levels_db.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let top_db = f64::from(sorted[(sorted.len() - 1) / 1000 * 999]).max(-140.0);
        Scale { top_db, floor_db: top_db - Scale::SPAN_DB }
    }

    /// The picture under a scale.
    pub fn picture(&self, scale: Scale) -> Picture {
        let steps = (LEVELS - 1) as f64;
        let per_db = steps / (scale.top_db - scale.floor_db);
        let pixels = self
            .levels_db
            .iter()
            .map(|level| ((f64::from(*level) - scale.floor_db) * per_db).round().clamp(0.0, steps) as u8)
            .collect();
        Picture { width: self.width, height: HEIGHT, pixels, palette: colour_map(LEVELS) }
    }
}

impl Picture {
    /// The picture as a PNG file: palette colours, no time stamp, the same bytes for the same pixels.
    ///
    /// # Errors
    /// [`ReportError::Picture`].
    pub fn to_png(&self) -> Result<Vec<u8>, ReportError> {
        let (width, height) = (self.width as u32, self.height as u32);
        let failed = |source| ReportError::Picture { width, height, source };
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(self.palette.concat());
        // Palette indices of neighbouring rows differ by noise: prediction makes them longer, not shorter.
        encoder.set_filter(png::Filter::NoFilter);
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    fn brightest_row(spectrum: &Spectrum, column: usize) -> usize {
        let level = |row: usize| spectrum.levels_db[row * spectrum.width + column];
        (0..HEIGHT).max_by(|a, b| level(*a).total_cmp(&level(*b))).unwrap()
    }

    #[test]
    fn a_tone_lies_at_its_frequency_and_its_time() {
        for hz in [200.0, 1_000.0, 9_000.0] {
            let samples: Vec<f32> = (0..88_200)
                .map(|n| {
                    if n < 44_100 {
                        0.0
                    } else {
                        0.5 * (n as f32 * hz / 44_100.0 * std::f32::consts::TAU).sin()
                    }
                })
                .collect();
            let spectrum = Spectrum::of(&samples, rate()).unwrap();
            let row = brightest_row(&spectrum, spectrum.width * 3 / 4);
            let expected = (1.0 - spectrum.axis.position_of(f64::from(hz))) * HEIGHT as f64;
            assert!((row as f64 + 0.5 - expected).abs() < 2.5, "{hz} Hz: row {row}, expected {expected:.1}");
            assert!(spectrum.levels_db[row * spectrum.width + spectrum.width / 4] < -200.0);
        }
    }

    #[test]
    fn white_noise_has_its_density_in_every_row() {
        let samples = tonearm_testkit::noise::white(1, 44_100 * 40, 0.1);
        let spectrum = Spectrum::of(&samples, rate()).unwrap();
        // A variance of 0.01 spread over 22 050 Hz.
        let expected = 10.0 * (0.01f64 / 22_050.0).log10();
        for row in [2, HEIGHT / 2, HEIGHT - 10] {
            let levels = &spectrum.levels_db[row * spectrum.width..(row + 1) * spectrum.width];
            let mean =
                levels.iter().map(|db| 10f64.powf(f64::from(*db) / 10.0)).sum::<f64>() / levels.len() as f64;
            assert!((10.0 * mean.log10() - expected).abs() < 0.6, "row {row}: {:.2}", 10.0 * mean.log10());
        }
    }

    #[test]
    fn a_noisy_side_of_three_minutes_stays_small_and_the_same_on_any_number_of_threads() {
        let samples = tonearm_testkit::noise::surface(2, 44_100, 44_100 * 180, 0.05);
        let png = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let spectrum = Spectrum::of(&samples, rate()).unwrap();
                spectrum.picture(spectrum.scale()).to_png().unwrap()
            })
        };
        let one = png(1);
        assert!(one.len() < 300_000, "{} bytes", one.len());
        assert_eq!(one, png(3));
    }

    #[test]
    fn one_sample_and_silence_have_a_picture() {
        for samples in [vec![0.5; 1], vec![0.0; 5_000]] {
            let spectrum = Spectrum::of(&samples, rate()).unwrap();
            let picture = spectrum.picture(spectrum.scale());
            assert_eq!(picture.pixels.len(), picture.width * picture.height);
            assert!(picture.to_png().is_ok());
        }
        assert!(matches!(Spectrum::of(&[], rate()), Err(ReportError::Empty)));
    }
}
