//! The continuous noise of a disc's surface: its spectrum, its swish.
//!
//! Noise is made frame by frame: complex normal deviates in each bin, weighted by the wanted density at the frame's angle on
//! the disc, back to time and overlapped. So the spectrum is exact and may change with the angle.
//!
//! **Where the spectrum comes from.** `fit_surface_noise` (the crate's examples) measured a real disc, `vinyl_hiss.flac` (CC0,
//! 8 s, 44.1 kHz, mean of both channels, median over frames so that clicks do not count). The playback equalisation that such
//! transfers carry (RIAA: 3 180, 318 and 75 µs; IEC 60098) taken off again leaves a density that is level to ±0.5 dB from 150 Hz to
//! 1.2 kHz and then falls by 3 dB an octave, as published accounts of granular surface noise through a velocity pick-up have
//! it. A 78 is transferred flat, so [`SurfaceSpectrum::Shellac`] is that table; [`SurfaceSpectrum::Vinyl`] is the same with
//! RIAA put back.

use std::f64::consts::TAU;

use ndarray::Array2;
use rustfft::num_complex::Complex32;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Centering, FrameGrid, SampleRate};

use super::random::{Random, Stream};
use super::settings::{DiscSettings, Surface};
use crate::{DspError, OverlapAdd, Stft, Window};

/// Shape of the noise's spectrum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SurfaceSpectrum {
    /// A flat transfer of a granular surface.
    Shellac,
    /// The same through RIAA playback equalisation.
    Vinyl,
    /// Equal density everywhere, for comparisons with the literature.
    White,
}

/// Frequency in hertz (third octaves), power density in dB against 1 kHz. Fitted by `fit_surface_noise`.
const FLAT_TRANSFER_DB: [(f64, f64); 30] = [
    (24.8, 5.8),
    (31.2, 3.2),
    (39.4, -1.7),
    (49.6, -4.6),
    (62.5, -3.4),
    (78.7, -2.7),
    (99.2, -1.5),
    (125.0, -1.0),
    (157.5, -0.3),
    (198.4, 0.0),
    (250.0, -0.5),
    (315.0, 0.0),
    (396.9, 0.3),
    (500.0, 0.2),
    (630.0, 0.1),
    (793.7, -0.1),
    (1_000.0, 0.0),
    (1_259.9, -0.5),
    (1_587.4, -1.3),
    (2_000.0, -2.4),
    (2_519.8, -3.7),
    (3_174.8, -4.7),
    (4_000.0, -5.7),
    (5_039.7, -6.6),
    (6_349.6, -7.7),
    (8_000.0, -8.2),
    (10_079.4, -9.1),
    (12_699.2, -10.4),
    (16_000.0, -10.5),
    (20_158.7, -11.4),
];

/// Below this the transfer lets nothing through, in hertz: pick-up arms and preamplifiers end near it.
const LOWEST_HZ: f64 = 15.0;

/// Frame of the synthesis in seconds: 21 Hz of resolution, and a turn has 33 of them.
const FRAME_SECS: f64 = 0.046;

/// Frames made at once, to bound memory.
const FRAMES_AT_ONCE: usize = 256;

impl SurfaceSpectrum {
    /// Power density at `frequency_hz` in dB against 1 kHz.
    pub fn density_db(self, frequency_hz: f64) -> f64 {
        match self {
            Self::White => 0.0,
            Self::Shellac => interpolate(&FLAT_TRANSFER_DB, frequency_hz),
            Self::Vinyl => interpolate(&FLAT_TRANSFER_DB, frequency_hz) + riaa_db(frequency_hz),
        }
    }
}

/// Linear over log frequency; the ends go on level.
fn interpolate(table: &[(f64, f64)], frequency_hz: f64) -> f64 {
    let above = table.partition_point(|(f, _)| *f <= frequency_hz);
    match (above.checked_sub(1).and_then(|i| table.get(i)), table.get(above)) {
        (Some((f0, d0)), Some((f1, d1))) => d0 + (d1 - d0) * (frequency_hz / f0).ln() / (f1 / f0).ln(),
        (Some((_, d)), None) | (None, Some((_, d))) => *d,
        (None, None) => 0.0,
    }
}

/// RIAA playback equalisation (3 180, 318 and 75 µs), 0 dB at 1 kHz.
fn riaa_db(frequency_hz: f64) -> f64 {
    let response = |f: f64| {
        let corner = |secs: f64| 10.0 * (1.0 + (TAU * f * secs).powi(2)).log10();
        corner(318e-6) - corner(3_180e-6) - corner(75e-6)
    };
    response(frequency_hz) - response(1_000.0)
}

/// How the noise swells with the angle of the disc.
struct Swish {
    half_depth_db: f64,
    phases: [f64; 2],
    turn_secs: f64,
}

impl Swish {
    /// Gain at `time_secs` for frequencies that swish fully: one swell a turn and a weaker second.
    fn gain_db(&self, time_secs: f64) -> f64 {
        let angle = TAU * time_secs / self.turn_secs;
        self.half_depth_db
            * (0.8 * (angle + self.phases[0]).cos() + 0.2 * (2.0 * angle + self.phases[1]).cos())
    }
}

/// How much a frequency takes part in the swish: little below 250 Hz, fully from 4 kHz (the pick-up's angle to the groove
/// and the disc's warp change what grains of that size do, not the rumble).
fn swish_share(frequency_hz: f64) -> f64 {
    ((frequency_hz.max(1.0) / 250.0).log2() / 4.0).clamp(0.2, 1.0)
}

/// `len` samples of surface noise of wall `wall`. The level is arbitrary: the caller scales it.
pub(super) fn noise(
    settings: &DiscSettings,
    rate: SampleRate,
    len: usize,
    wall: usize,
) -> Result<Vec<f32>, DspError> {
    let Surface { spectrum, roll_off_hz, swish_db, .. } = settings.surface;
    let frame_len = rate.samples_in(FRAME_SECS).next_power_of_two();
    let stft =
        Stft::new(FrameGrid::new(rate, frame_len, frame_len / 2, Centering::Centered), Window::SqrtHann)?;
    let mut random = Random::new(settings.seed, Stream::Surface, wall);
    // The walls swish together: it is one disc.
    let mut angles = Random::new(settings.seed, Stream::Swish, 0);
    let swish = Swish {
        half_depth_db: swish_db / 2.0,
        phases: [angles.between(0.0, TAU), angles.between(0.0, TAU)],
        turn_secs: 60.0 / settings.turns_per_minute,
    };
    let nyquist = rate.nyquist().get();
    let bins: Vec<(f64, f64)> = (0..stft.bins())
        .map(|bin| {
            let frequency_hz = stft.frequency_of(bin).get();
            let lets_through = if frequency_hz < LOWEST_HZ { 0.0 } else { 1.0 };
            let rolled_off = if roll_off_hz < nyquist {
                (1.0 + (frequency_hz / roll_off_hz).powi(4)).sqrt().recip()
            } else {
                1.0
            };
            let amplitude = 10f64.powf(spectrum.density_db(frequency_hz) / 20.0) * lets_through * rolled_off;
            (amplitude * (frame_len as f64).sqrt(), swish_share(frequency_hz))
        })
        .collect();
    let mut sum = OverlapAdd::new(&stft, len);
    let frame_count = stft.grid().frame_count(len);
    for first in (0..frame_count).step_by(FRAMES_AT_ONCE) {
        let frames = FRAMES_AT_ONCE.min(frame_count - first);
        let mut spectra = Array2::<Complex32>::zeros((frames, stft.bins()));
        for (row, mut frame) in spectra.outer_iter_mut().enumerate() {
            let gain_db = swish.gain_db(stft.grid().instant_of(first + row).get());
            for (value, (amplitude, share)) in frame.iter_mut().zip(&bins) {
                let [re, im] = random.normal_pair();
                let amplitude = amplitude * 10f64.powf(gain_db * share / 20.0);
                *value = Complex32::new((amplitude * re) as f32, (amplitude * im) as f32);
            }
        }
        sum.add(first, spectra.view());
    }
    Ok(sum.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    fn band_level_db(
        power: &Array2<f32>,
        stft: &Stft,
        rows: impl Fn(f64) -> bool,
        low_hz: f64,
        high_hz: f64,
    ) -> f64 {
        let mut sum = 0.0;
        let mut count = 0.0;
        for (row, frame) in power.outer_iter().enumerate() {
            if rows(stft.grid().instant_of(row).get()) {
                for (bin, p) in frame.iter().enumerate() {
                    if (low_hz..high_hz).contains(&stft.frequency_of(bin).get()) {
                        sum += f64::from(*p);
                        count += 1.0;
                    }
                }
            }
        }
        10.0 * (sum / f64::max(count, 1.0)).log10()
    }

    fn analysis() -> Stft {
        Stft::new(FrameGrid::new(rate(), 2_048, 1_024, Centering::Centered), Window::Hann).unwrap()
    }

    #[test]
    fn the_noise_has_the_spectrum_of_the_table() {
        let mut settings = DiscSettings::default();
        settings.surface.roll_off_hz = 1e6;
        settings.surface.swish_db = 0.0;
        let samples = noise(&settings, rate(), 30 * 44_100, 0).unwrap();
        let stft = analysis();
        let power = stft.power(&samples);
        let reference_db = band_level_db(&power, &stft, |_| true, 890.0, 1_120.0);
        for centre_hz in [250.0, 500.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0] {
            let measured =
                band_level_db(&power, &stft, |_| true, centre_hz / 1.122, centre_hz * 1.122) - reference_db;
            let wanted = SurfaceSpectrum::Shellac.density_db(centre_hz);
            // 30 s of a third octave at 250 Hz: 3 000 independent cells, 0.1 dB; five of it.
            assert!((measured - wanted).abs() < 0.5, "{centre_hz} Hz: {measured} dB for {wanted} dB");
        }
    }

    #[test]
    fn the_noise_reaches_the_nyquist_frequency() {
        let samples = noise(&DiscSettings::default(), rate(), 5 * 44_100, 0).unwrap();
        let stft = analysis();
        let power = stft.power(&samples);
        let middle = band_level_db(&power, &stft, |_| true, 900.0, 1_100.0);
        let top = band_level_db(&power, &stft, |_| true, 20_000.0, 22_000.0);
        assert!((-25.0..-10.0).contains(&(top - middle)), "{}", top - middle);
    }

    #[test]
    fn the_noise_swishes_once_a_turn() {
        let settings =
            DiscSettings { surface: Surface { swish_db: 6.0, ..Default::default() }, ..Default::default() };
        let samples = noise(&settings, rate(), 60 * 44_100, 0).unwrap();
        let stft = analysis();
        let power = stft.power(&samples);
        let turn = 60.0 / 78.0;
        let by_angle: Vec<f64> = (0..16)
            .map(|slice| {
                let inside = |t: f64| ((t / turn).fract() * 16.0) as usize == slice;
                band_level_db(&power, &stft, inside, 5_000.0, 15_000.0)
            })
            .collect();
        let depth = by_angle.iter().fold(f64::MIN, |m, x| m.max(*x))
            - by_angle.iter().fold(f64::MAX, |m, x| m.min(*x));
        assert!((4.0..7.0).contains(&depth), "{depth} dB");
    }

    #[test]
    fn walls_have_noise_of_their_own() {
        let settings = DiscSettings::default();
        let left = noise(&settings, rate(), 44_100, 0).unwrap();
        let right = noise(&settings, rate(), 44_100, 1).unwrap();
        let product: f64 = left.iter().zip(&right).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let correlation = product / (level::rms(&left) * level::rms(&right) * left.len() as f64);
        assert!(correlation.abs() < 0.05, "{correlation}");
    }
}
