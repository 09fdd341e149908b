//! What the spectrogram lane shows: power densities over the whole side, on rows even in mel, as half decibels.
//!
//! Frames of 46 ms (Hann) tell the harmonics of a low voice apart; they are taken every 6 ms, so that words can be edited
//! to the edge, and further apart in recordings of hours, so that memory stays bounded. A picture of any stretch is then a
//! matter of looking levels up.
//!
//! Shapes: `levels` is `[columns, rows]`, row 0 at the top (highest frequency). Units: half decibels above
//! [`LOWEST_DB`], densities in dB below full scale squared per hertz, one-sided.

use egui::{Color32, ColorImage};
use tonearm_audio::{Centering, Decibels, FrameGrid, Hertz, SampleRate};
use tonearm_dsp::mel::MelAxis;
use tonearm_dsp::{Stft, Window};

/// Frame in seconds: 21.5 Hz between bins at 44.1 kHz.
const FRAME_SECS: f64 = 0.046;
/// From one column to the next, where the recording is not too long for that.
const HOP_SECS: f64 = 0.006;
/// At most so many columns are kept: 31 MB a version.
const MOST_COLUMNS: usize = 120_000;
/// Frames transformed at once: enough to feed every core, and memory stays bounded.
const COLUMNS_AT_ONCE: usize = 512;
/// Rows of a column.
pub(crate) const ROWS: usize = 256;
/// The highest frequency shown: above it nothing of a 78 survives but noise.
const HIGHEST_HZ: f64 = 16_000.0;
/// The level that a byte of 0 stands for.
const LOWEST_DB: f32 = -140.0;
/// Bytes per decibel.
const STEPS_PER_DB: f32 = 2.0;
/// From the darkest to the lightest colour: the range of a shellac side and of the noise under a restored one.
const SPAN_DB: f32 = 60.0;
/// The share of levels that are lighter than the lightest colour.
const CLIPPED_SHARE: f64 = 0.001;

/// Power densities of one version of a side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SpectralLevels {
    levels: Vec<u8>,
    hop_secs: f64,
    axis: MelAxis,
}

/// The levels that the colours span; pictures that share one can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    top_db: f32,
}

impl Scale {
    /// The level of the lightest colour.
    pub(crate) fn top_db(self) -> f32 {
        self.top_db
    }

    /// The level of the darkest colour.
    pub(crate) fn floor_db(self) -> f32 {
        self.top_db - SPAN_DB
    }
}

impl SpectralLevels {
    /// Analyses a signal.
    ///
    /// # Errors
    /// Where the transform cannot be made for this rate.
    pub(crate) fn of(samples: &[f32], rate: SampleRate) -> Result<Self, tonearm_dsp::DspError> {
        let frame_len = rate.samples_in(FRAME_SECS).next_power_of_two();
        let least_hop = samples.len().div_ceil(MOST_COLUMNS);
        let hop_len = rate.samples_in(HOP_SECS).max(least_hop).clamp(1, frame_len.max(least_hop));
        let frame_len = frame_len.max(hop_len);
        let stft = Stft::new(FrameGrid::new(rate, frame_len, hop_len, Centering::Centered), Window::Hann)?;
        let axis = MelAxis::up_to(Hertz::new(rate.nyquist().get().min(HIGHEST_HZ)));
        let rows = axis.rows(&stft, ROWS);
        let density_scale = 2.0 / (stft.window_energy() * rate.as_f64());
        let count = stft.grid().frame_count(samples.len());
        let mut levels = Vec::with_capacity(count * ROWS);
        for first in (0..count).step_by(COLUMNS_AT_ONCE) {
            let power = stft.analyze_frames(samples, first..(first + COLUMNS_AT_ONCE).min(count)).power();
            for spectrum in power.rows() {
                let Some(spectrum) = spectrum.as_slice() else { continue };
                levels.extend(rows.iter().map(|row| byte_of(row.power(spectrum) * density_scale)));
            }
        }
        Ok(Self { levels, hop_secs: stft.grid().hop_duration().get(), axis })
    }

    /// The frequency axis.
    pub(crate) fn axis(&self) -> MelAxis {
        self.axis
    }

    /// A scale that shows these levels well.
    pub(crate) fn scale(&self) -> Scale {
        let mut histogram = [0usize; 256];
        for level in &self.levels {
            histogram[usize::from(*level)] += 1;
        }
        let clipped = (self.levels.len() as f64 * CLIPPED_SHARE) as usize;
        let mut above = 0;
        let top = (0..256).rev().find(|level| {
            above += histogram[*level];
            above > clipped
        });
        Scale { top_db: db_of(top.unwrap_or(0) as u8).max(LOWEST_DB + SPAN_DB) }
    }

    /// The level at an instant and a share of the height, 0 at the top.
    pub(crate) fn level_db(&self, secs: f64, share: f64) -> Option<f32> {
        let row = (share * ROWS as f64) as usize;
        self.column(secs).and_then(|column| column.get(row)).map(|level| db_of(*level))
    }

    /// A picture of the stretch from `start_secs`, `width` pixels of `secs_per_pixel` each; each pixel shows the loudest
    /// column in it, so that no click is lost.
    pub(crate) fn picture(
        &self,
        start_secs: f64,
        secs_per_pixel: f64,
        width: usize,
        scale: Scale,
    ) -> ColorImage {
        let colours = colours(scale);
        let columns = self.levels.len() / ROWS;
        let mut loudest = vec![0u8; width * ROWS];
        for x in 0..width {
            let from = ((start_secs + x as f64 * secs_per_pixel) / self.hop_secs).round().max(0.0) as usize;
            let to =
                ((start_secs + (x + 1) as f64 * secs_per_pixel) / self.hop_secs).round().max(0.0) as usize;
            for column in from.min(columns)..to.max(from + 1).min(columns) {
                for (row, level) in self.levels[column * ROWS..(column + 1) * ROWS].iter().enumerate() {
                    let pixel = &mut loudest[row * width + x];
                    *pixel = (*pixel).max(*level);
                }
            }
        }
        let pixels = loudest.into_iter().map(|level| colours[usize::from(level)]).collect();
        ColorImage::new([width, ROWS], pixels)
    }

    fn column(&self, secs: f64) -> Option<&[u8]> {
        let column = (secs / self.hop_secs).round().max(0.0) as usize;
        self.levels.chunks_exact(ROWS).nth(column)
    }
}

/// The colour of every level.
fn colours(scale: Scale) -> Vec<Color32> {
    (0..=u8::MAX)
        .map(|level| {
            let share = ((db_of(level) - scale.floor_db()) / SPAN_DB).clamp(0.0, 1.0);
            let colorous::Color { r, g, b } = colorous::INFERNO.eval_continuous(f64::from(share));
            Color32::from_rgb(r, g, b)
        })
        .collect()
}

fn byte_of(density: f64) -> u8 {
    let db = Decibels::from_power(density.max(f64::MIN_POSITIVE)).get() as f32;
    ((db - LOWEST_DB) * STEPS_PER_DB).round().clamp(0.0, 255.0) as u8
}

fn db_of(level: u8) -> f32 {
    LOWEST_DB + f32::from(level) / STEPS_PER_DB
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, secs: f64) -> (Vec<f32>, SampleRate) {
        let rate = SampleRate::new(16_000).unwrap();
        let step = std::f64::consts::TAU * hz / rate.as_f64();
        ((0..rate.samples_in(secs)).map(|n| (0.5 * (n as f64 * step).sin()) as f32).collect(), rate)
    }

    #[test]
    fn a_tone_shows_at_its_frequency() {
        for hz in [300.0, 1_000.0, 5_000.0] {
            let (samples, rate) = tone(hz, 1.0);
            let levels = SpectralLevels::of(&samples, rate).unwrap();
            let column = levels.column(0.5).unwrap();
            let loudest = column.iter().enumerate().max_by_key(|(_, level)| **level).unwrap().0;
            let shown = levels.axis().frequency_at(1.0 - (loudest as f64 + 0.5) / ROWS as f64);
            assert!((shown / hz - 1.0).abs() < 0.05, "{hz} Hz shows at {shown:.0} Hz");
        }
    }

    #[test]
    fn a_burst_is_seen_however_far_the_picture_is_zoomed_out() {
        let (mut samples, rate) = tone(1_000.0, 4.0);
        samples
            .iter_mut()
            .enumerate()
            .for_each(|(n, x)| *x *= if (32_000..32_400).contains(&n) { 1.0 } else { 1e-4 });
        let levels = SpectralLevels::of(&samples, rate).unwrap();
        let scale = levels.scale();
        for width in [4, 37, 800] {
            let picture = levels.picture(0.0, 4.0 / width as f64, width, scale);
            assert_eq!(picture.size, [width, ROWS]);
            let brightest =
                |x: usize| (0..ROWS).map(|y| u32::from(picture.pixels[y * width + x].g())).max().unwrap();
            let at = (0..width).max_by_key(|x| brightest(*x)).unwrap() as f64 / width as f64;
            assert!((0.45..0.55).contains(&at), "{width} pixels: the burst shows at {at}");
        }
    }

    #[test]
    fn silence_and_next_to_nothing_have_pictures_too() {
        let rate = SampleRate::new(8_000).unwrap();
        for len in [1, 10, 8_000] {
            let levels = SpectralLevels::of(&vec![0.0; len], rate).unwrap();
            assert_eq!(levels.picture(0.0, 0.01, 50, levels.scale()).pixels.len(), 50 * ROWS);
            assert_eq!(levels.level_db(0.0, 0.5), Some(LOWEST_DB));
            assert_eq!(levels.level_db(99.0, 0.5), None);
        }
    }
}
