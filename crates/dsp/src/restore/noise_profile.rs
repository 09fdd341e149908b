//! The spectrum of the noise that lies under a whole side, found where nothing else sounds.
//!
//! Given a range or a signal of noise alone, the profile is its mean power spectrum. Found automatically, it comes from
//! whatever moments are quiet, band by band: a pause in the treble under a sustained low note counts for the treble.
//!
//! 1. Band powers (24 bands, equal on the mel scale) of each frame, averaged over 7 frames.
//! 2. In each band a first guess: the 10 % quantile over time of the frames that hold anything at all.
//! 3. Repeat: the mean over the frames below [`KEEP_BELOW`] times the guess becomes the next guess. A band of
//!    averaged noise alone stays below that; speech and music do not. What the cut takes off a stationary noise is the
//!    same for every noise and is given back (`TRUNCATION_GAIN`).
//! 4. Bin by bin, the mean power over the frames that were kept in the bin's bands, smoothed over frequency.
//! 5. Held notes are as steady as noise, so what lies between the notes says how much of it is noise (`between_notes`).
//! 6. A band that never falls to a floor has no more noise than its neighbours tell (`noise_floor`).
//!
//! A recording whose pauses are digital silence (synthetic speech, a studio's gate) has no noise at all; such silence at its ends is padding.
//!
//! Shapes: one power per bin of the gate's own transform, mean over channels, same scale as [`Stft::power`].
//! Assumes: noise that is nearly stationary over the side and, in some bands at least, a twelfth of the side or a second of it without programme, or
//! gaps between its notes. Dense music without any pause can give too high a profile in its own bands; give a range of the lead-in instead.

use std::ops::Range;

use ndarray::{Array2, ArrayView1};
use tonearm_audio::{Decibels, Hertz, Seconds, Signal, TimeRange};

use super::between_notes::share_between_notes;
use super::heard::Heard;
use super::mean_power::weighted_mean_power;
use super::noise_bands::{ALONE_BANDS, BANDS, Bands, KEEP_BELOW, mean_of_quiet};
use super::noise_course::NoiseCourse;
use super::noise_floor::share_over_floors;
use super::noise_print::NoisePrint;
use super::offset::without_offset;
use super::swish::Swish;
use crate::{DspError, Stft, resample};

/// The mean power spectrum of the noise.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseProfile {
    /// Noise power of each bin, on the scale of [`Stft::power`].
    pub power: Vec<f32>,
    /// How much sound it was measured on; for an automatic profile the mean over the bands.
    pub measured: Seconds,
    /// For how long nothing else was heard, in nearly all bands at once. Where that is never so, the profile may hold programme.
    pub heard_alone: Seconds,
    /// How it swells with the angle of the disc.
    swish: Option<Swish>,
    /// How it moves from the first groove to the last.
    course: Option<NoiseCourse>,
    /// From where the needle is set down to where it is lifted: all else is neither noise of the disc nor programme.
    pub(crate) groove_secs: Range<f64>,
    /// The mean power over the groove, of each bin.
    pub(super) side: Vec<f32>,
    bands: Bands,
    fft_len: usize,
    window_energy: f64,
    rate_hz: f64,
}

/// Noise that is heard alone for less than this may not have been heard at all, seconds: the bands of music fall together by chance.
const LEAST_ALONE_SECS: f64 = 0.3;
/// A shorter recording need not have a pause, seconds.
const LEAST_GROOVE_SECS: f64 = 3.0;

/// A bin is averaged with its neighbours within this share of its own frequency, 1/24.
const SMOOTHING_SHARE: usize = 24;

impl NoiseProfile {
    /// The profile of `signal` under the transform `stft`; the offset of a channel is no part of it.
    ///
    /// # Errors
    /// [`DspError::NoiseTooShort`] where a given range or recording is shorter than one frame.
    pub fn measure(signal: &Signal, print: &NoisePrint, stft: &Stft) -> Result<Self, DspError> {
        let (signal, _) = without_offset(signal)?;
        Self::of(&Heard::in_whole(&signal, stft), &signal, print, stft)
    }

    /// The same from what was `heard` in the signal.
    pub(super) fn of(
        heard: &Heard,
        signal: &Signal,
        print: &NoisePrint,
        stft: &Stft,
    ) -> Result<Self, DspError> {
        let Heard { levels, groove, side } = heard;
        let mut profile = match print {
            NoisePrint::Auto => Self::found(signal, heard, stft)?,
            NoisePrint::Range(range) => Self::mean_of(&signal.cut(*range), stft)?,
            NoisePrint::Signal(noise) => {
                let (noise, _) = without_offset(noise)?;
                Self::mean_of(&resample(&noise, signal.sample_rate())?, stft)?
            }
        };
        // What lies outside of the groove adds next to nothing to the sum.
        let share_in_groove = groove.len().max(1) as f32 / levels.nrows().max(1) as f32;
        profile.side = side.iter().map(|power| power / share_in_groove).collect();
        profile.groove_secs =
            stft.grid().instant_of(groove.start).get()..stft.grid().instant_of(groove.end).get();
        if profile.power.iter().any(|power| *power > 0.0) {
            profile.follow(levels, groove, stft.grid().hop_duration().get());
        }
        Ok(profile)
    }

    /// Whether nothing was heard that could be noise: the recording's pauses are digital silence.
    pub(crate) fn pauses_are_silent(&self) -> bool {
        self.measured.get() <= 0.0
    }

    /// Whether the profile was found though its noise was never heard alone in a recording of some seconds: it may hold programme then.
    pub fn may_hold_programme(&self) -> bool {
        self.groove_secs.end - self.groove_secs.start >= LEAST_GROOVE_SECS
            && self.heard_alone.get() < LEAST_ALONE_SECS
            && self.power.iter().any(|power| *power > 0.0)
    }

    /// How the noise swells once a turn: seconds a turn, and from trough to crest in dB; none where none stands out.
    pub fn swish(&self) -> Option<(Seconds, Decibels)> {
        self.swish.as_ref().map(|swish| (Seconds::new(swish.period_secs), Decibels::new(swish.depth_db())))
    }

    /// From the quietest to the loudest noise in the course of the side; none where it is steady.
    pub fn course_span(&self) -> Option<Decibels> {
        self.course.as_ref().map(|course| Decibels::new(course.span_db()))
    }

    /// Takes swish and course out of `power`, `[frames, bins]` from `first_frame` on: what stands over the noise of its moment now stands as
    /// far over the profile.
    pub(super) fn make_steady(&self, power: &mut Array2<f32>, first_frame: usize, stft: &Stft) {
        for (frame, mut power) in power.rows_mut().into_iter().enumerate() {
            let secs = stft.grid().instant_of(first_frame + frame).get();
            if let Some(course) = &self.course {
                power /= course.gain(secs);
            }
            let Some(swish) = &self.swish else { continue };
            let gains = swish.gains(secs);
            for (bin, power) in power.iter_mut().enumerate() {
                *power /= self.bands.share(bin, |band| gains[band]);
            }
        }
    }

    /// Finds how the noise moves in `levels`, smoothed power `[frames, BANDS]`.
    fn follow(&mut self, levels: &Array2<f64>, groove: &Range<usize>, hop_secs: f64) {
        let noise = self.bands.means(ArrayView1::from(&self.power));
        self.course = NoiseCourse::find(levels, groove, &noise, hop_secs);
        self.swish = Swish::find(levels, &noise, hop_secs);
    }

    /// The noise level in dBFS per hertz at `frequency`.
    pub fn density_db(&self, frequency: Hertz) -> Decibels {
        let bin = (frequency.get() * self.fft_len as f64 / self.rate_hz).round().max(0.0) as usize;
        let power = f64::from(self.power[bin.min(self.power.len() - 1)]);
        Decibels::from_power((2.0 * power / (self.window_energy * self.rate_hz)).max(1e-20))
    }

    /// The level of all the noise together in dBFS.
    pub fn level(&self) -> Decibels {
        let sum: f64 = self.power.iter().map(|p| f64::from(*p)).sum();
        Decibels::from_power((2.0 * sum / (self.window_energy * self.fft_len as f64)).max(1e-20))
    }

    fn new(power: Vec<f32>, measured: f64, stft: &Stft) -> Self {
        Self {
            power: smoothed_over_frequency(&power),
            measured: Seconds::new(measured),
            heard_alone: Seconds::new(measured),
            swish: None,
            course: None,
            groove_secs: 0.0..f64::INFINITY,
            side: Vec::new(),
            bands: Bands::of(stft),
            fft_len: stft.fft_len(),
            window_energy: stft.window_energy(),
            rate_hz: stft.grid().sample_rate().as_f64(),
        }
    }

    fn mean_of(noise: &Signal, stft: &Stft) -> Result<Self, DspError> {
        let grid = stft.grid();
        let half = grid.frame_len() / 2;
        if noise.len() < grid.frame_len() {
            return Err(DspError::NoiseTooShort {
                actual_secs: noise.duration().get(),
                min_secs: grid.frame_len() as f64 / grid.sample_rate().as_f64(),
            });
        }
        // Frames that reach past the ends are half empty and would read too low.
        let first = half.div_ceil(grid.hop_len());
        let last = (noise.len() - half) / grid.hop_len();
        let frames: Vec<usize> = (first..=last.max(first)).collect();
        let weights = vec![1.0; frames.len()];
        let power = weighted_mean_power(noise, stft, &frames, |_, row| weights[row]);
        Ok(Self::new(power, noise.duration().get(), stft))
    }

    fn found(signal: &Signal, heard: &Heard, stft: &Stft) -> Result<Self, DspError> {
        let Heard { levels, groove, .. } = heard;
        let bands = Bands::of(stft);
        let frames = levels.nrows();
        if heard.pauses_are_silent() {
            return Ok(Self::new(vec![0.0; stft.bins()], 0.0, stft));
        }
        let mut kept = Array2::from_elem((frames, BANDS), false);
        for (levels, mut kept) in levels.columns().into_iter().zip(kept.columns_mut()) {
            let present: Vec<f64> = levels.iter().copied().filter(|p| p.is_finite()).collect();
            let Some(noise) = mean_of_quiet(&present) else { continue };
            kept.zip_mut_with(&levels, |kept, p| *kept = *p <= KEEP_BELOW * noise);
        }
        let rows: Vec<usize> = (0..frames).collect();
        let weights = kept.mapv(|kept| if kept { 1.0f32 } else { 0.0 });
        let power = weighted_mean_power(signal, stft, &rows, |bin, row| {
            bands.share(bin, |band| weights[[row, band]])
        });
        let hop_secs = stft.grid().hop_duration().get();
        let frames_kept = weights.sum() / BANDS as f32;
        let mut profile = Self::new(power, f64::from(frames_kept) * hop_secs, stft);
        let is_alone = |bands: &ArrayView1<bool>| bands.iter().filter(|kept| **kept).count() >= ALONE_BANDS;
        let alone = kept.rows().into_iter().filter(is_alone).count();
        profile.heard_alone = Seconds::new(alone as f64 * hop_secs);
        let secs = |frame| stft.grid().instant_of(frame);
        let in_groove = signal.cut(TimeRange::new(secs(groove.start), secs(groove.end))?);
        let between = share_between_notes(&in_groove, &profile.power, stft);
        let noise = bands.means(ArrayView1::from(&profile.power));
        let shares = share_over_floors(levels, &kept, hop_secs, &noise, &between);
        for (bin, power) in profile.power.iter_mut().enumerate() {
            *power *= bands.share(bin, |band| shares[band]);
        }
        Ok(profile)
    }
}

/// The geometric mean over neighbouring bins, wider towards the treble: the ear and the statistics allow about a twelfth
/// of an octave, and a profile with less scatter makes less musical noise.
fn smoothed_over_frequency(power: &[f32]) -> Vec<f32> {
    let logs: Vec<f64> = power.iter().map(|p| f64::from(p.max(f32::MIN_POSITIVE)).ln()).collect();
    (0..power.len())
        .map(|bin| {
            let reach = (bin / SMOOTHING_SHARE).clamp(1, 24).min(bin).min(power.len() - 1 - bin);
            let about = &logs[bin - reach..=bin + reach];
            let mean = about.iter().sum::<f64>() / about.len() as f64;
            mean.exp() as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use tonearm_audio::{Centering, FrameGrid, SampleRate};
    use tonearm_testkit::{noise, speech, tone};

    use super::super::mean_power::channel_mean_power;
    use super::*;
    use crate::Window;

    const RATE_HZ: u32 = 16_000;

    fn stft() -> Stft {
        let rate = SampleRate::new(RATE_HZ).unwrap();
        Stft::new(FrameGrid::new(rate, 768, 192, Centering::Centered), Window::SqrtHann).unwrap()
    }

    fn signal(samples: Vec<f32>) -> Signal {
        Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap()
    }

    /// The mean over 200 Hz to 6 kHz of how far the profile lies above white noise of unit variance, dB.
    fn bias_db(profile: &NoiseProfile, variance: f64, stft: &Stft) -> f64 {
        let bins = stft.bin_at(Hertz::new(200.0))..stft.bin_at(Hertz::new(6_000.0));
        let count = bins.len() as f64;
        bins.map(|bin| 10.0 * (f64::from(profile.power[bin]) / (variance * stft.window_energy())).log10())
            .sum::<f64>()
            / count
    }

    #[test]
    fn white_noise_is_found_without_bias() {
        for seed in 0..4 {
            let noise = noise::white(seed, RATE_HZ as usize * 10, 0.1);
            let variance = crate::level::rms(&noise).powi(2);
            let profile = NoiseProfile::measure(&signal(noise), &NoisePrint::Auto, &stft()).unwrap();
            let bias = bias_db(&profile, variance, &stft());
            assert!(bias.abs() < 0.4, "seed {seed}: {bias:.2} dB");
            assert!((profile.level().get() - 10.0 * variance.log10()).abs() < 0.5);
        }
    }

    #[test]
    fn a_range_is_its_mean() {
        let noise = noise::white(7, RATE_HZ as usize * 2, 0.1);
        let variance = crate::level::rms(&noise).powi(2);
        let loud = noise.iter().map(|x| 30.0 * x);
        let both = signal(noise.iter().copied().chain(loud).collect());
        let profile = NoiseProfile::measure(&both, &"0..2".parse().unwrap(), &stft()).unwrap();
        assert!(bias_db(&profile, variance, &stft()).abs() < 0.4);
        let short = NoiseProfile::measure(&both, &"0..0.01".parse().unwrap(), &stft());
        assert!(matches!(short, Err(DspError::NoiseTooShort { .. })));
    }

    #[test]
    fn noise_under_speech_is_found() {
        let speech = speech::speech_like(3, RATE_HZ, 12.0).samples;
        for snr_db in [20.0, 5.0] {
            let noise = noise::white(5, speech.len(), 0.1);
            let scale = crate::level::rms(&speech) / crate::level::rms(&noise) * 10f64.powf(-snr_db / 20.0);
            let scaled: Vec<f32> = noise.iter().map(|x| (f64::from(*x) * scale) as f32).collect();
            let variance = crate::level::rms(&scaled).powi(2);
            let mixed = signal(speech.iter().zip(&scaled).map(|(s, n)| s + n).collect());
            let profile = NoiseProfile::measure(&mixed, &NoisePrint::Auto, &stft()).unwrap();
            let bias = bias_db(&profile, variance, &stft());
            assert!(bias.abs() < 1.5, "{snr_db} dB: {bias:.2} dB");
        }
    }

    #[test]
    fn notes_that_never_pause_are_no_noise() {
        // Chords of three steady tones with six partials each, a new one every second.
        let chords: Vec<f32> = (0..10u32)
            .flat_map(|chord| {
                let root = 110.0 * 2f64.powf(f64::from(chord * 5 % 12) / 12.0);
                let note = |ratio| {
                    tone::harmonics(RATE_HZ, root * ratio, &[0.1, 0.07, 0.05, 0.03, 0.02, 0.01], 16_000)
                };
                let notes = [note(1.0), note(1.26), note(1.498)];
                (0..16_000).map(move |n| notes.iter().map(|note| note[n]).sum::<f32>())
            })
            .collect();
        for (snr_db, most_db) in [(30.0, 4.0), (15.0, 1.5)] {
            let rms = crate::level::rms(&chords) * 10f64.powf(-snr_db / 20.0);
            let mut mixed = chords.clone();
            noise::add(&mut mixed, &noise::white(9, chords.len(), rms));
            let profile = NoiseProfile::measure(&signal(mixed), &NoisePrint::Auto, &stft()).unwrap();
            let bias = bias_db(&profile, rms * rms, &stft());
            assert!((-1.0..most_db).contains(&bias), "{snr_db} dB: {bias:.2} dB");
        }
    }

    #[test]
    fn noise_that_swells_each_turn_is_levelled() {
        let turn_secs = 60.0 / 78.26;
        let swell = |n: usize| {
            (0.2 * (std::f64::consts::TAU * n as f64 / f64::from(RATE_HZ) / turn_secs).cos()).exp()
        };
        let noise = noise::white(11, RATE_HZ as usize * 20, 0.1).into_iter().enumerate();
        let swishing = signal(noise.map(|(n, x)| (f64::from(x) * swell(n)) as f32).collect());
        let stft = stft();
        let profile = NoiseProfile::measure(&swishing, &NoisePrint::Auto, &stft).unwrap();
        let (period, depth) = profile.swish().expect("a swish");
        assert!((period.get() / turn_secs - 1.0).abs() < 2e-3, "{period:?}");
        // The power swells by ±0.4 nepers, which is 3.5 dB from trough to crest.
        assert!((depth.get() - 3.5).abs() < 0.5, "{depth:?}");
        let frames = stft.grid().frame_count(swishing.len());
        let mut power = channel_mean_power(&swishing, &stft, 0..frames);
        let crest_over_trough_db = |power: &Array2<f32>| {
            let mut sums = [0.0f64; 2];
            for (frame, row) in power.rows().into_iter().enumerate() {
                let turns = stft.grid().instant_of(frame).get() / turn_secs;
                sums[usize::from((turns - 0.25).rem_euclid(1.0) < 0.5)] += f64::from(row.sum());
            }
            10.0 * (sums[0] / sums[1]).log10()
        };
        let before = crest_over_trough_db(&power);
        profile.make_steady(&mut power, 0, &stft);
        let after = crest_over_trough_db(&power);
        assert!(before > 1.8 && after.abs() < 0.2, "{before:.2} dB became {after:.2} dB");
    }

    #[test]
    fn noise_that_rises_along_the_side_is_levelled() {
        let noise = noise::white(12, RATE_HZ as usize * 120, 0.1).into_iter().enumerate();
        let rising = signal(noise.map(|(n, x)| x * (1.0 + n as f32 / (120 * RATE_HZ) as f32)).collect());
        let stft = stft();
        let profile = NoiseProfile::measure(&rising, &NoisePrint::Auto, &stft).unwrap();
        assert!(
            (profile.course_span().expect("a course").get() - 5.0).abs() < 1.0,
            "{:?}",
            profile.course_span()
        );
        let frames = stft.grid().frame_count(rising.len());
        let mut power = channel_mean_power(&rising, &stft, 0..frames);
        profile.make_steady(&mut power, 0, &stft);
        let wanted: f32 = profile.power.iter().sum();
        for first in [frames / 8, frames / 2, frames * 7 / 8] {
            let mean = (first..first + 200).map(|frame| power.row(frame).sum()).sum::<f32>() / 200.0;
            let over_db = 10.0 * (mean / wanted).log10();
            assert!(over_db.abs() < 0.7, "{over_db:.2} dB at frame {first}");
        }
    }

    #[test]
    fn silence_has_no_noise() {
        let profile = NoiseProfile::measure(&signal(vec![0.0; 32_000]), &NoisePrint::Auto, &stft()).unwrap();
        assert!(profile.power.iter().all(|p| *p < 1e-20));
    }

    #[test]
    fn digital_silence_in_the_pauses_is_no_noise() {
        let burst = |seed| noise::white(seed, RATE_HZ as usize / 2, 0.1);
        let pause = vec![0.0; RATE_HZ as usize / 5];
        let speech: Vec<f32> = (0..5).flat_map(|seed| [burst(seed), pause.clone()].concat()).collect();
        let measured = |samples| NoiseProfile::measure(&signal(samples), &NoisePrint::Auto, &stft()).unwrap();
        assert!(measured(speech).level().get() < -150.0);
        // One gap joins two sides, and the ends are padding: there the noise is what sounds.
        let joined = [vec![0.0; 32_000], burst(7), vec![0.0; 32_000], burst(8), vec![0.0; 32_000]].concat();
        assert!(measured(joined).level().get() > -40.0);
    }
}
