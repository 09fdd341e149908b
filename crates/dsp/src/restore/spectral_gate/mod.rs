//! Spectral gate: lowers steady noise bin by bin, frame by frame.
//!
//! The side is analysed in overlapping frames (√Hann, 46 ms, 75 % overlap); each bin gets a gain between a spectral floor
//! and one, from how far it stands above the noise there. The floor keeps some of the noise, evenly: gating to silence
//! is heard as holes. [`GateMode::Learned`] weighs evidence around each cell of time and frequency, before and after it;
//! [`GateMode::Omlsa`] is the statistical rule of the literature, [`GateMode::SoftThreshold`] is plain.
//!
//! All channels share one gain, so that the noise does not wander between the loudspeakers. Length and timing are the
//! input's. Long recordings go through in segments with a lead-in of their own, so memory does not grow with the power
//! spectrogram, and the same bits come out on any number of threads.

mod bands;
mod context;
mod evidence;
mod learned;
mod omlsa;

use std::ops::Range;

use ndarray::{Array2, Array3, Axis, Slice};
use rayon::prelude::*;
use rustfft::num_complex::Complex32;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Centering, Decibels, FrameGrid, Hertz, SampleRate, Signal};

use self::bands::Bands;
use self::evidence::{Evidence, MAPS};
pub(super) use self::learned::Layer;
use self::learned::LearnedGain;
use self::omlsa::Omlsa;
use super::mean_power::{channel_mean_power, mean_over_channels};
use super::noise_print::NoisePrint;
use super::noise_profile::NoiseProfile;
use super::{Stage, StageReport, StageSettings, in_range};
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
/// Frames before and after a segment over which the recursions settle: 1.5 s, twenty times their memory.
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
        let profile = NoiseProfile::measure(signal, &self.settings.noise_print, &stft)?;
        let noise = self.noise(&profile, &stft);
        let mut power = channel_mean_power(signal, &stft, 0..stft.grid().frame_count(signal.len()));
        profile.make_steady(&mut power, 0, &stft);
        let evidence = noise.evidence(&power);
        let kept = LearnedGain::new().kept(&evidence);
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
        Self { floor_db: self.floor_db * strength, ..self.clone() }
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
        let profile = NoiseProfile::measure(signal, &self.settings.noise_print, &stft)?;
        let noise = self.noise(&profile, &stft);
        let frames = stft.grid().frame_count(signal.len());
        let starts: Vec<usize> = (0..frames).step_by(SEGMENT_FRAMES).collect();
        let mut sums: Vec<OverlapAdd> =
            signal.channels().iter().map(|_| OverlapAdd::new(&stft, signal.len())).collect();
        // As many segments at once as there are threads, added in their order.
        for batch in starts.chunks(rayon::current_num_threads().max(1)) {
            let gated: Vec<(usize, Vec<Array2<Complex32>>)> = batch
                .par_iter()
                .map(|start| {
                    let settling = start.saturating_sub(SETTLING_FRAMES);
                    let end = (start + SEGMENT_FRAMES).min(frames);
                    let settled = settling..(end + SETTLING_FRAMES).min(frames);
                    let analyzed = |samples: &Vec<f32>| stft.analyze_frames(samples, settled.clone());
                    let spectra: Vec<Spectrogram> = signal.channels().iter().map(analyzed).collect();
                    let mut power = mean_over_channels(&spectra);
                    profile.make_steady(&mut power, settling, &stft);
                    let own = start - settling..end - settling;
                    let kept = self.gains(&power, own.clone(), &noise);
                    let apply = |Spectrogram { mut values, .. }| {
                        values.slice_axis_inplace(Axis(0), Slice::from(own.clone()));
                        values.zip_mut_with(&kept, |value, gain| *value *= *gain);
                        values
                    };
                    (*start, spectra.into_iter().map(apply).collect())
                })
                .collect();
            for (first_frame, segment) in &gated {
                for (sum, spectra) in sums.iter_mut().zip(segment) {
                    sum.add(*first_frame, spectra.view());
                }
            }
        }
        let output = Signal::new(signal.sample_rate(), sums.into_iter().map(OverlapAdd::finish).collect())?;
        let before = crate::level::rms(&signal.downmix());
        let removed = crate::level::rms(&signal.minus(&output).downmix());
        report.summary = if noise.floor_db < 0.0 {
            format!("noise of {:.1} dBFS lowered by up to {:.0} dB", profile.level().get(), -noise.floor_db)
        } else {
            "no noise worth taking: left as it is".into()
        };
        report.find("noise_level", profile.level().get(), "dBFS");
        if let Some((period, depth)) = profile.swish() {
            report.summary += &format!(", which swells by {:.1} dB each turn", depth.get());
            report.find("swish_depth", depth.get(), "dB");
            report.find("turns_per_minute", 60.0 / period.get(), "1/min");
        }
        if let Some(span) = profile.course_span() {
            report.find("noise_course_span", span.get(), "dB");
        }
        report.find("noise_measured", profile.measured.get(), "s");
        for (key, hz) in
            [("noise_density_100_hz", 100.0), ("noise_density_1_khz", 1e3), ("noise_density_4_khz", 4e3)]
        {
            report.find(key, profile.density_db(Hertz::new(hz)).get(), "dBFS/Hz");
        }
        report.find("removed_level", crate::level::dbfs(removed).get(), "dBFS");
        report.find("removed_share", 20.0 * (removed / before.max(1e-12)).max(1e-12).log10(), "dB");
        Ok((output, report))
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::{noise, speech};

    use super::*;

    const RATE_HZ: u32 = 16_000;

    fn signal(samples: Vec<f32>) -> Signal {
        Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap()
    }

    /// Speech of `secs` with white noise at `snr_db`.
    fn noisy_speech(seed: u64, secs: f64, snr_db: f64) -> (Vec<f32>, Signal) {
        let clean = speech::speech_like(seed, RATE_HZ, secs).samples;
        let noise = noise::white(seed + 100, clean.len(), 0.1);
        let scale = crate::level::rms(&clean) / crate::level::rms(&noise) * 10f64.powf(-snr_db / 20.0);
        let mixed = clean.iter().zip(&noise).map(|(s, n)| s + n * scale as f32).collect();
        (clean, signal(mixed))
    }

    fn snr_db(clean: &[f32], other: &[f32]) -> f64 {
        let error: f64 = clean.iter().zip(other).map(|(c, o)| f64::from(c - o).powi(2)).sum();
        let energy: f64 = clean.iter().map(|c| f64::from(*c).powi(2)).sum();
        10.0 * (energy / error).log10()
    }

    #[test]
    fn noise_falls_and_speech_stays() {
        // Gains at 5 and at 10 dB. What the modes reach on real material stands in docs/comparison.md.
        for (mode, floor_db, least) in [
            (GateMode::Learned, -30.0, 4.0),
            (GateMode::Omlsa, -12.0, 2.5),
            (GateMode::SoftThreshold, -12.0, 2.0),
        ] {
            let gate =
                SpectralGate::new(SpectralGateSettings { mode, floor_db, ..Default::default() }).unwrap();
            for (seed, before_db) in [(1, 5.0), (2, 10.0)] {
                let (clean, noisy) = noisy_speech(seed, 8.0, before_db);
                let (output, _) = gate.process(&noisy).unwrap();
                let gain = snr_db(&clean, output.channel(0)) - before_db;
                println!("{mode:?} at {before_db} dB: {gain:.2} dB");
                assert!(gain > least, "{mode:?} at {before_db} dB: {gain:.2} dB");
            }
        }
    }

    #[test]
    fn clean_speech_passes() {
        let settings = crate::restore::Preset::Gentle.settings().spectral_gate.expect("gentle gates");
        let gate = SpectralGate::new(settings).unwrap();
        for seed in 0..8 {
            let clean = speech::speech_like(seed, RATE_HZ, 8.0).samples;
            let (output, _) = gate.process(&signal(clean.clone())).unwrap();
            let kept = snr_db(&clean, output.channel(0));
            println!("seed {seed}: {kept:.1} dB");
            assert!(kept > 40.0, "seed {seed}: {kept:.1} dB");
        }
    }

    #[test]
    fn the_clearer_the_programme_the_less_is_taken() {
        let taken = |snr_db| {
            let settings = SpectralGateSettings { clean_above_db: 30.0, ..Default::default() };
            let (_, noisy) = noisy_speech(1, 8.0, snr_db);
            SpectralGate::new(settings).unwrap().process(&noisy).unwrap().0.minus(&noisy)
        };
        let levels = [10.0, 24.0, 36.0].map(|snr_db| crate::level::rms(taken(snr_db).channel(0)));
        assert!(levels[0] > 4.0 * levels[1] && levels[1] > 0.0, "{levels:?}");
        assert!(levels[2] < 1e-6, "{levels:?}");
    }

    #[test]
    fn the_noise_that_stays_does_not_twitter() {
        // Kurtosis of the power in a bin: 2 for noise. Single peaks that come and go raise it. A context that has not learned what a
        // narrow band looks like makes it 4 to 8.
        let gate = SpectralGate::new(SpectralGateSettings { floor_db: -40.0, ..Default::default() }).unwrap();
        for rate_hz in [8_000, RATE_HZ, 22_050, 44_100] {
            let rate = SampleRate::new(rate_hz).unwrap();
            let noise = Signal::mono(rate, noise::white(9, rate_hz as usize * 8, 0.1)).unwrap();
            let (output, _) = gate.process(&noise).unwrap();
            let stft = gate.stft(rate).unwrap();
            let kurtosis = |samples: &[f32]| {
                let power = stft.power(samples);
                let columns = power.columns().into_iter().skip(10).take(160);
                let of_bins: Vec<f64> = columns
                    .map(|bin| {
                        let mean = f64::from(bin.sum()) / bin.len() as f64;
                        let square =
                            bin.iter().map(|p| f64::from(*p).powi(2)).sum::<f64>() / bin.len() as f64;
                        square / (mean * mean)
                    })
                    .collect();
                crate::level::median(&of_bins).unwrap()
            };
            let (before, after) = (kurtosis(noise.channel(0)), kurtosis(output.channel(0)));
            assert!(after < 1.5 * before, "{rate_hz} Hz: {before:.2} became {after:.2}");
        }
    }

    #[test]
    fn no_line_stays_in_a_pause() {
        // What P.862 makes of pauses tempts a gain to leave one loud band in them, which then hums.
        let clean = speech::speech_like(3, 44_100, 8.0).samples;
        let mut samples = noise::white(7, 44_100 * 2 + clean.len(), 0.1);
        let scale = crate::level::rms(&clean) / crate::level::rms(&samples) * 10f64.powf(-5.0 / 20.0);
        samples.iter_mut().for_each(|x| *x *= scale as f32);
        samples[44_100 * 2..].iter_mut().zip(&clean).for_each(|(x, s)| *x += s);
        let gate = SpectralGate::new(SpectralGateSettings { floor_db: -40.0, ..Default::default() }).unwrap();
        let noisy = Signal::mono(SampleRate::new(44_100).unwrap(), samples).unwrap();
        let (output, _) = gate.process(&noisy).unwrap();
        let stft = gate.stft(noisy.sample_rate()).unwrap();
        let in_threes = |signal: &Signal| {
            let power = stft.power(&signal.channel(0)[8_820..70_560]);
            let bins: Vec<f32> = power.columns().into_iter().take(160).map(|bin| bin.sum()).collect();
            bins[9..].chunks(3).map(|bins| f64::from(bins.iter().sum::<f32>())).collect::<Vec<f64>>()
        };
        let kept: Vec<f64> =
            in_threes(&output).iter().zip(in_threes(&noisy)).map(|(y, x)| 10.0 * (y / x).log10()).collect();
        let median = crate::level::median(&kept).unwrap();
        let highest = kept.iter().copied().fold(f64::MIN, f64::max);
        assert!(highest < median + 12.0, "median {median:.1} dB, highest {highest:.1} dB");
    }

    #[test]
    fn noise_alone_falls_to_the_floor() {
        let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
        let noise = signal(noise::white(4, RATE_HZ as usize * 6, 0.1));
        let (output, _) = gate.process(&noise).unwrap();
        let fall =
            20.0 * (crate::level::rms(output.channel(0)) / crate::level::rms(noise.channel(0))).log10();
        assert!((-12.1..-10.5).contains(&fall), "{fall:.2} dB");
    }

    #[test]
    fn a_click_is_not_moved() {
        let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
        let mut samples = noise::white(6, RATE_HZ as usize * 3, 0.1);
        samples.iter_mut().for_each(|x| *x *= 0.001);
        samples[20_001] = 1.0;
        let (output, _) = gate.process(&signal(samples)).unwrap();
        let x = output.channel(0);
        assert_eq!(x.len(), RATE_HZ as usize * 3);
        assert_eq!((0..x.len()).max_by(|a, b| x[*a].total_cmp(&x[*b])), Some(20_001));
    }

    #[test]
    fn silence_stays_silent_and_short_signals_pass() {
        let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
        for len in [0, 1, 100, 40_000] {
            let silence = signal(vec![0.0; len]);
            assert_eq!(gate.process(&silence).unwrap().0, silence);
        }
        let (output, _) = gate.process(&signal(vec![0.5; 10])).unwrap();
        assert_eq!(output.len(), 10);
    }

    #[test]
    fn channels_share_one_gain() {
        let (_, noisy) = noisy_speech(3, 4.0, 10.0);
        let left = noisy.channel(0).to_vec();
        let right = left.iter().map(|x| 0.5 * x).collect();
        let stereo = Signal::new(noisy.sample_rate(), vec![left, right]).unwrap();
        let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
        let (output, _) = gate.process(&stereo).unwrap();
        for (l, r) in output.channel(0).iter().zip(output.channel(1)) {
            assert!((0.5 * l - r).abs() < 1e-6);
        }
    }

    #[test]
    fn the_same_on_one_thread_and_many_and_across_segments() {
        // Longer than one segment at this rate.
        let (_, noisy) = noisy_speech(5, 40.0, 10.0);
        let gate = SpectralGate::new(SpectralGateSettings::default()).unwrap();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| gate.process(&noisy).unwrap().0)
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let settings = SpectralGateSettings { floor_db: -50.0, ..Default::default() };
        assert!(matches!(SpectralGate::new(settings), Err(DspError::Setting { .. })));
    }
}
