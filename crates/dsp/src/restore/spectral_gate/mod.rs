//! Spectral gate: lowers steady noise bin by bin, frame by frame.
//!
//! The side is analysed in overlapping frames (√Hann, 46 ms, 75 % overlap); each bin gets a gain between a spectral floor
//! and one, from how far it stands above the noise there. The floor keeps some of the noise, evenly: gating to silence
//! is heard as holes. [`GateMode::Omlsa`] weighs evidence over time and frequency, [`GateMode::SoftThreshold`] is plain.
//!
//! All channels share one gain, so that the noise does not wander between the loudspeakers. Length and timing are the
//! input's. Long recordings go through in segments with a lead-in of their own, so memory does not grow with the power
//! spectrogram, and the same bits come out on any number of threads.

mod omlsa;

use ndarray::{Array2, Axis, Slice};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Centering, Decibels, FrameGrid, Hertz, SampleRate, Signal};

use self::omlsa::Omlsa;
use super::noise_profile::{NoisePrint, NoiseProfile, channel_mean_power};
use super::{Stage, StageReport, in_range};
use crate::{DspError, OverlapAdd, Spectrogram, Stft, Window};

/// How [`SpectralGate`] works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpectralGateSettings {
    /// The rule for the gains.
    pub mode: GateMode,
    /// Where the noise profile comes from: `auto`, or `START..END` in seconds.
    pub noise_print: NoisePrint,
    /// The gain in noise alone, dB, −18 to 0: how much of the noise stays.
    pub floor_db: f64,
    /// Length of a frame, seconds, 0.01 to 0.2. Speech takes 0.023 to 0.046, sustained music more.
    pub frame_secs: f64,
    /// Added to the noise profile, dB, −6 to 6: above 0 removes more and harms more.
    pub profile_offset_db: f64,
}

impl Default for SpectralGateSettings {
    fn default() -> Self {
        Self {
            mode: GateMode::Omlsa,
            noise_print: NoisePrint::Auto,
            floor_db: -12.0,
            frame_secs: 0.046,
            profile_offset_db: 0.0,
        }
    }
}

/// The rule by which a bin's gain follows from its power and the noise's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateMode {
    /// Optimally modified log-spectral amplitude.
    #[default]
    Omlsa,
    /// One minus the noise's amplitude over the bin's, smoothed over frequency: simple and predictable.
    SoftThreshold,
}

/// Lowers steady noise.
#[derive(Clone, Debug)]
pub struct SpectralGate {
    settings: SpectralGateSettings,
}

/// Frames of a segment. 2 048 quarter frames of 46 ms are 24 s.
const SEGMENT_FRAMES: usize = 2048;
/// Frames before a segment over which the recursions settle: 1.5 s, twenty times their memory.
const SETTLING_FRAMES: usize = 128;

impl SpectralGate {
    /// A gate with these settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] where a setting lies outside its range.
    pub fn new(settings: SpectralGateSettings) -> Result<Self, DspError> {
        in_range("spectral-gate.floor_db", settings.floor_db, -18.0, 0.0, "dB")?;
        in_range("spectral-gate.frame_secs", settings.frame_secs, 0.01, 0.2, "s")?;
        in_range("spectral-gate.profile_offset_db", settings.profile_offset_db, -6.0, 6.0, "dB")?;
        Ok(Self { settings })
    }

    /// The noise profile that would be used on `signal`.
    ///
    /// # Errors
    /// [`DspError::NoiseTooShort`] where the noise print is shorter than a frame.
    pub fn noise_profile(&self, signal: &Signal) -> Result<NoiseProfile, DspError> {
        NoiseProfile::measure(signal, &self.settings.noise_print, &self.stft(signal.sample_rate())?)
    }

    fn stft(&self, rate: SampleRate) -> Result<Stft, DspError> {
        let frame_len = fast_frame_len(self.settings.frame_secs * rate.as_f64());
        Stft::new(FrameGrid::new(rate, frame_len, frame_len / 4, Centering::Centered), Window::SqrtHann)
    }

    fn gains(&self, power: &Array2<f32>, noise: &[f32]) -> Array2<f32> {
        let floor = Decibels::new(self.settings.floor_db).to_amplitude() as f32;
        let mut gains = Array2::zeros(power.dim());
        let mut omlsa = Omlsa::new(power.ncols(), floor);
        for (power, mut gains) in power.axis_iter(Axis(0)).zip(gains.axis_iter_mut(Axis(0))) {
            let (Some(power), Some(gains)) = (power.as_slice(), gains.as_slice_mut()) else { continue };
            match self.settings.mode {
                GateMode::Omlsa => omlsa.step(power, noise, gains),
                GateMode::SoftThreshold => soft_threshold(power, noise, floor, gains),
            }
        }
        gains
    }
}

/// 1 − √(N/P), at least the floor, from powers averaged over five bins.
fn soft_threshold(power: &[f32], noise: &[f32], floor: f32, gains: &mut [f32]) {
    for (bin, gain) in gains.iter_mut().enumerate() {
        let about = bin.saturating_sub(2)..(bin + 3).min(power.len());
        let (p, n) = (power[about.clone()].iter().sum::<f32>(), noise[about].iter().sum::<f32>());
        *gain = if p > 0.0 { (1.0 - SOFT_THRESHOLD * (n / p).sqrt()).max(floor) } else { 1.0 };
    }
}

/// The soft threshold as a multiple of the noise's amplitude: five averaged bins of noise exceed 1.3 in 5 % of cases.
const SOFT_THRESHOLD: f32 = 1.3;

/// The length nearest to `samples` that is a multiple of four and whose transform is fast: 2ᵃ·3ᵇ, b ≤ 1.
fn fast_frame_len(samples: f64) -> usize {
    let candidates = (4..24).flat_map(|power| [1usize << power, 3 << (power - 1)]);
    candidates
        .min_by(|a, b| (*a as f64 / samples).ln().abs().total_cmp(&(*b as f64 / samples).ln().abs()))
        .unwrap_or(2048)
}

impl Stage for SpectralGate {
    fn name(&self) -> &'static str {
        "spectral-gate"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let mut report = StageReport::new(self.name());
        if signal.is_empty() {
            report.summary = "nothing to do".into();
            return Ok((signal.clone(), report));
        }
        let stft = self.stft(signal.sample_rate())?;
        let profile = NoiseProfile::measure(signal, &self.settings.noise_print, &stft)?;
        let offset = Decibels::new(self.settings.profile_offset_db).to_power() as f32;
        let noise: Vec<f32> = profile.power.iter().map(|p| p * offset).collect();
        let frames = stft.grid().frame_count(signal.len());
        let starts: Vec<usize> = (0..frames).step_by(SEGMENT_FRAMES).collect();
        let mut sums: Vec<OverlapAdd> = signal.channels().iter().map(|_| OverlapAdd::new(&stft, signal.len())).collect();
        // As many segments at once as there are threads, added in their order.
        for batch in starts.chunks(rayon::current_num_threads().max(1)) {
            let gated: Vec<Vec<Spectrogram>> = batch
                .par_iter()
                .map(|start| {
                    let settling = start.saturating_sub(SETTLING_FRAMES);
                    let end = (start + SEGMENT_FRAMES).min(frames);
                    let gains = self.gains(&channel_mean_power(signal, &stft, settling..end), &noise);
                    let kept = gains.slice_axis(Axis(0), Slice::from(start - settling..));
                    let apply = |samples: &Vec<f32>| {
                        let mut spectra = stft.analyze_frames(samples, *start..end);
                        spectra.values.zip_mut_with(&kept, |value, gain| *value *= *gain);
                        spectra
                    };
                    signal.channels().iter().map(apply).collect()
                })
                .collect();
            for segment in &gated {
                for (sum, spectra) in sums.iter_mut().zip(segment) {
                    sum.add(spectra.first_frame, spectra.values.view());
                }
            }
        }
        let output = Signal::new(signal.sample_rate(), sums.into_iter().map(OverlapAdd::finish).collect())?;
        let before = crate::level::rms(&signal.downmix());
        let removed = crate::level::rms(&signal.minus(&output).downmix());
        report.summary = format!(
            "noise of {:.1} dBFS lowered by up to {:.0} dB",
            profile.level().get(),
            -self.settings.floor_db
        );
        report.find("noise_level", profile.level().get(), "dBFS");
        report.find("noise_measured", profile.measured.get(), "s");
        for (key, hz) in [("noise_density_100_hz", 100.0), ("noise_density_1_khz", 1e3), ("noise_density_4_khz", 4e3)] {
            report.find(key, profile.density_db(Hertz::new(hz)).get(), "dBFS/Hz");
        }
        report.find("removed_level", crate::level::dbfs(removed).get(), "dBFS");
        report.find("removed_share", 20.0 * (removed / before.max(1e-12)).max(1e-12).log10(), "dB");
        Ok((output, report))
    }
}
