//! Spectral gate: lowers steady noise bin by bin, frame by frame.
//!
//! The side is analysed in overlapping frames (√Hann, 46 ms, 75 % overlap); each bin gets a gain between a spectral floor
//! and one, from how far it stands above the noise there. The floor keeps some of the noise, evenly: gating to silence
//! is heard as holes. [`GateMode::Learned`] weighs evidence around each cell of time and frequency, before and after it;
//! [`GateMode::Omlsa`] is the statistical rule of the literature, [`GateMode::SoftThreshold`] is plain.
//!
//! An offset of the converter stays as it is: it is no noise to be lowered.
//!
//! All channels share one gain, so that the noise does not wander between the loudspeakers, but for those whose noises lie far apart
//! (`noise_apart`). A recording whose noise steps is gated in parts (`noise_parts`). Length and timing are the
//! input's. Long recordings go through in segments with a lead-in of their own, so memory does not grow with the power
//! spectrogram, and the same bits come out on any number of threads.

mod bands;
mod cells;
mod context;
mod evidence;
mod halving;
mod learned;
mod omlsa;
mod report;
mod tiles;

use std::ops::Range;

use ndarray::{Array2, Array3, Axis, Slice};
use rayon::prelude::*;
use rustfft::num_complex::Complex32;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Centering, Decibels, FrameGrid, SampleRate, Signal};

use self::bands::Bands;
use self::evidence::{Evidence, MAPS};
pub(super) use self::learned::Layer;
use self::learned::LearnedGain;
use self::omlsa::Omlsa;
use super::mean_power::{channel_mean_power, mean_over_channels};
use super::noise_apart::noises_lie_apart;
use super::noise_parts::{NoisePart, noise_parts};
use super::noise_print::NoisePrint;
use super::noise_profile::NoiseProfile;
use super::offset::{with_offset, without_offset};
use super::{Stage, StageReport, StageSettings, in_range, scaled};
use crate::{DspError, OverlapAdd, Spectrogram, Stft, Window};

/// How [`SpectralGate`] works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpectralGateSettings {
    /// The rule for the gains.
    pub mode: GateMode,
    /// Where the noise profile comes from: `auto`, or `START..END` in seconds.
    pub noise_print: NoisePrint,
    /// The gain in noise alone, dB, −40 to 0: how much of the noise stays.
    pub floor_db: f64,
    /// A recording whose programme stands this far over its noise is clean and left alone, dB, 0 to 120. In the 15 dB below this the
    /// floor rises to meet it.
    pub clean_above_db: f64,
    /// Length of a frame, seconds, 0.01 to 0.2. The learned gain was taught at 0.046.
    pub frame_secs: f64,
    /// Added to the noise profile, dB, −6 to 6: above 0 removes more and harms more.
    pub profile_offset_db: f64,
}

impl Default for SpectralGateSettings {
    fn default() -> Self {
        Self {
            mode: GateMode::Learned,
            noise_print: NoisePrint::Auto,
            floor_db: -12.0,
            clean_above_db: 60.0,
            frame_secs: 0.046,
            profile_offset_db: 0.0,
        }
    }
}

/// The rule by which a bin's gain follows from its power and the noise's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateMode {
    /// A gain fitted to damaged recordings whose clean programme is known.
    #[default]
    Learned,
    /// Optimally modified log-spectral amplitude.
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
/// Frames before and after a segment, a multiple of those between whole ones ([`halving`]), over which the recursions settle: 1.5 s, twenty times their memory.
const SETTLING_FRAMES: usize = 128;

impl SpectralGate {
    /// A gate with these settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] where a setting lies outside its range.
    pub fn new(settings: SpectralGateSettings) -> Result<Self, DspError> {
        in_range("spectral-gate.floor_db", settings.floor_db, -40.0, 0.0, "dB")?;
        in_range("spectral-gate.clean_above_db", settings.clean_above_db, 0.0, 120.0, "dB")?;
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

    /// The maps that the learned gain looks at, `[maps, frames, bands]`: those in noise, then those in what its first function keeps. The
    /// programs that fit it read this.
    ///
    /// # Errors
    /// [`DspError::NoiseTooShort`] where the noise print is shorter than a frame.
    pub fn evidence(&self, signal: &Signal) -> Result<Array3<f32>, DspError> {
        let stft = self.stft(signal.sample_rate())?;
        let (signal, _) = &without_offset(signal)?;
        let profile = NoiseProfile::measure(signal, &self.settings.noise_print, &stft)?;
        let noise = self.noise(&profile, &stft);
        let mut power = channel_mean_power(signal, &stft, 0..stft.grid().frame_count(signal.len()));
        profile.make_steady(&mut power, 0, &stft);
        let evidence = noise.evidence(&power);
        let (_, kept) = LearnedGain::new().kept(&evidence);
        let (frames, bands) = evidence.shape();
        let mut found = Array3::zeros((2 * MAPS, frames, bands));
        let (in_noise, in_kept) = found.view_mut().split_at(Axis(0), MAPS);
        evidence.write_maps(in_noise);
        kept.write_maps(in_kept);
        Ok(found)
    }

    fn noise(&self, profile: &NoiseProfile, stft: &Stft) -> Noise {
        let offset = Decibels::new(self.settings.profile_offset_db).to_power() as f32;
        let power: Vec<f32> = profile.power.iter().map(|p| p * offset).collect();
        let bands = Bands::new(stft.bins());
        let in_bands = bands.mean(&power);
        let floor_db =
            self.settings.floor_db * self.share_taken(programme_over_noise_db(&profile.side, &power));
        let whole_side = bands.mean(&profile.side);
        Noise { power, bands, in_bands, whole_side, floor_db }
    }

    /// The parts of `signal` between which its noise steps, and what the rules for the gain need of each.
    fn parts(&self, signal: &Signal, stft: &Stft) -> Result<Vec<Part>, DspError> {
        let parts = noise_parts(signal, &self.settings.noise_print, stft)?;
        let known =
            |NoisePart { frames, profile }| Part { noise: self.noise(&profile, stft), frames, profile };
        Ok(parts.into_iter().map(known).collect())
    }

    /// Whether each channel needs gains of its own. A recording of the noise is that of all channels.
    fn channels_go_apart(&self, signal: &Signal, stft: &Stft) -> Result<bool, DspError> {
        Ok(!matches!(self.settings.noise_print, NoisePrint::Signal(_)) && noises_lie_apart(signal, stft)?)
    }

    /// Each channel by itself.
    fn process_channels(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let (mut channels, mut reports) = (Vec::new(), Vec::new());
        for samples in signal.channels() {
            let (output, report) = self.process(&Signal::mono(signal.sample_rate(), samples.clone())?)?;
            channels.extend(output.into_channels());
            reports.push(report);
        }
        let output = Signal::new(signal.sample_rate(), channels)?;
        Ok((output, report::of_channels(self.name(), reports)))
    }

    /// `signal` with its noise lowered.
    fn gated(&self, signal: &Signal, parts: &[Part], stft: &Stft) -> Result<Signal, DspError> {
        let segments: Vec<(&Part, Range<usize>)> = parts.iter().flat_map(Part::segments).collect();
        let mut sums: Vec<OverlapAdd> =
            signal.channels().iter().map(|_| OverlapAdd::new(stft, signal.len())).collect();
        // As many segments at once as there are threads, added in their order.
        for batch in segments.chunks(rayon::current_num_threads().max(1)) {
            let gated: Vec<Vec<Array2<Complex32>>> = batch
                .par_iter()
                .map(|(part, frames)| self.gated_segment(signal, part, frames.clone(), stft))
                .collect();
            for ((_, frames), spectra) in batch.iter().zip(&gated) {
                for (sum, spectra) in sums.iter_mut().zip(spectra) {
                    sum.add(frames.start, spectra.view());
                }
            }
        }
        Ok(Signal::new(signal.sample_rate(), sums.into_iter().map(OverlapAdd::finish).collect())?)
    }

    /// The spectra of some frames of a part, of each channel, times the gain that all share.
    fn gated_segment(
        &self,
        signal: &Signal,
        part: &Part,
        frames: Range<usize>,
        stft: &Stft,
    ) -> Vec<Array2<Complex32>> {
        let settling = frames.start.saturating_sub(SETTLING_FRAMES).max(part.frames.start);
        let settled = settling..(frames.end + SETTLING_FRAMES).min(part.frames.end);
        let analyzed = |samples: &Vec<f32>| stft.analyze_frames(samples, settled.clone());
        let spectra: Vec<Spectrogram> = signal.channels().iter().map(analyzed).collect();
        let mut power = mean_over_channels(&spectra);
        part.profile.make_steady(&mut power, settling - part.frames.start, stft);
        let own = frames.start - settling..frames.end - settling;
        let kept = self.gains(&power, own.clone(), &part.noise);
        let apply = |Spectrogram { mut values, .. }| {
            values.slice_axis_inplace(Axis(0), Slice::from(own.clone()));
            values.zip_mut_with(&kept, |value, gain| *value *= *gain);
            values
        };
        spectra.into_iter().map(apply).collect()
    }

    /// How much of the way to the floor is gone where the programme stands `over_noise_db` over the noise.
    fn share_taken(&self, over_noise_db: f64) -> f64 {
        ((self.settings.clean_above_db - over_noise_db) / SPARING_DB).clamp(0.0, 1.0)
    }

    /// The gains of `kept`, some of the frames of `power`; what lies around them is looked at.
    fn gains(&self, power: &Array2<f32>, kept: Range<usize>, noise: &Noise) -> Array2<f32> {
        let floor = Decibels::new(noise.floor_db).to_amplitude() as f32;
        match self.settings.mode {
            GateMode::Learned => learned_gains(power, kept, noise, floor),
            GateMode::Omlsa => {
                let mut omlsa = Omlsa::new(power.ncols(), floor);
                gains_in_turn(power, kept, |power, gains| omlsa.step(power, &noise.power, gains))
            }
            GateMode::SoftThreshold => {
                gains_in_turn(power, kept, |power, gains| soft_threshold(power, &noise.power, floor, gains))
            }
        }
    }
}

/// The learned gains of the frames that are kept.
fn learned_gains(power: &Array2<f32>, kept: Range<usize>, noise: &Noise, floor: f32) -> Array2<f32> {
    let of_bands = LearnedGain::new().gains(&noise.evidence(power), kept.clone());
    let mut gains = Array2::zeros((kept.len(), power.ncols()));
    let rows = of_bands.rows().into_iter().zip(power.rows().into_iter().skip(kept.start));
    for (mut gains, (of_bands, power)) in gains.rows_mut().into_iter().zip(rows) {
        let (Some(power), Some(gains)) = (power.as_slice(), gains.as_slice_mut()) else { continue };
        noise.bands.spread(of_bands, gains);
        for ((gain, power), noise) in gains.iter_mut().zip(power).zip(&noise.power) {
            *gain = gain.max(1.0 - CLEAR * noise / power.max(f32::MIN_POSITIVE)).max(floor);
        }
    }
    gains
}

/// The gains of the frames that are kept by a `rule` that is told of the power of each frame in turn, those before them as well.
fn gains_in_turn(
    power: &Array2<f32>,
    kept: Range<usize>,
    mut rule: impl FnMut(&[f32], &mut [f32]),
) -> Array2<f32> {
    let mut gains = Array2::zeros((kept.len(), power.ncols()));
    let mut settling = vec![0.0; power.ncols()];
    for (frame, power) in power.rows().into_iter().enumerate().take(kept.end) {
        let mut own = frame.checked_sub(kept.start).map(|frame| gains.row_mut(frame));
        let gains = own.as_mut().and_then(|own| own.as_slice_mut()).unwrap_or(&mut settling);
        rule(power.as_slice().unwrap_or_default(), gains);
    }
    gains
}

/// The learned gain saturates below one. What has this many times the amplitude of the noise loses no more than a
/// thirtieth, what stands higher less: clean recordings pass.
const CLEAR: f32 = 30.0;
/// From noise enough for the whole depth to a clean recording, dB.
const SPARING_DB: f64 = 15.0;

/// A stretch of the recording with a noise of its own.
struct Part {
    frames: Range<usize>,
    /// Its instants count from the start of the part.
    profile: NoiseProfile,
    noise: Noise,
}

impl Part {
    /// Its frames, some at a time.
    fn segments(&self) -> impl Iterator<Item = (&Self, Range<usize>)> {
        let end = self.frames.end;
        self.frames
            .clone()
            .step_by(SEGMENT_FRAMES)
            .map(move |start| (self, start..(start + SEGMENT_FRAMES).min(end)))
    }
}

/// The noise of a side as the rules for the gain need it.
struct Noise {
    /// Of each bin.
    power: Vec<f32>,
    bands: Bands,
    /// Of each band.
    in_bands: Vec<f32>,
    /// The mean power over the side of each band.
    whole_side: Vec<f32>,
    /// The gain in noise alone, dB: the setting, or less where the recording is nearly clean.
    floor_db: f64,
}

impl Noise {
    fn evidence(&self, power: &Array2<f32>) -> Evidence {
        Evidence::new(&self.bands.mean_of_frames(power.view()), &self.in_bands, &self.whole_side)
    }
}

/// How far the programme of a side stands over its noise, dB, from the mean power of their bins.
fn programme_over_noise_db(side: &[f32], noise: &[f32]) -> f64 {
    let sum = |powers: &[f32]| powers.iter().map(|p| f64::from(*p)).sum::<f64>();
    let noise = sum(noise);
    10.0 * ((sum(side) - noise).max(f64::MIN_POSITIVE) / noise.max(f64::MIN_POSITIVE)).log10()
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

impl StageSettings for SpectralGateSettings {
    type Stage = SpectralGate;

    fn build(&self) -> Result<SpectralGate, DspError> {
        SpectralGate::new(self.clone())
    }

    fn at_strength(&self, strength: f64) -> Self {
        Self { floor_db: scaled(self.floor_db, strength), ..self.clone() }
    }
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
        let (centred, offsets) = without_offset(signal)?;
        if self.channels_go_apart(&centred, &stft)? {
            return self.process_channels(signal);
        }
        let parts = self.parts(&centred, &stft)?;
        let output = with_offset(self.gated(&centred, &parts, &stft)?, &offsets)?;
        report::fill(&mut report, signal, &output, &parts, &stft);
        Ok((output, report))
    }
}

#[cfg(test)]
mod tests;
