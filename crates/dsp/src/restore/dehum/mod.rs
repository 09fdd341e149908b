//! Hum: the harmonics of the mains and of motors, followed in frequency, amplitude and phase, and subtracted.
//!
//! [`find_hum`] says whether there is hum at all and which harmonics stand out; without hum the signal stays bit for bit. The
//! fundamental is then tracked: each harmonic is turned down to 0 Hz by the phase of the track so far, and what still turns
//! is the track's error, which the strongest harmonics correct (a phase-locked loop over the whole side, run off line).
//! The amplitudes that are left are smooth over seconds. They are estimated by weighted means in which each moment counts
//! with the inverse of the power beside the line, so the pauses of the programme tell of the hum, and a vowel that
//! happens to sit on a harmonic does not. Where the estimate's own variance reaches the hum's power, less is subtracted
//! (Wiener's rule). A line that falls far below its own median for a tenth of the time is a note and no hum, and stays: of a constant heard in
//! noise, even of noise alone, that tenth begins at 0.39 of the median or above (Rice's and Rayleigh's distributions). So does a row at multiples
//! of the third harmonic alone, or of a higher one: that is a note there. Where there is a row, lines belong to it too that last while there is
//! little beside them: a voice at their pitch raises the median and hides them. The sum of the
//! harmonics goes from the signal: a notch about 0.3 Hz wide, without ringing.
//!
//! Source of the heterodyne estimate: S. M. Kay, *Fundamentals of Statistical Signal Processing: Estimation Theory* (1993),
//! example 7.16 (amplitude, frequency and phase of a sinusoid).
//!
//! | symbol | here |
//! |---|---|
//! | φ(t), phase of the fundamental | `Track::phase_at`, in turns |
//! | Â_h(t), complex amplitude of harmonic h | `Line::amplitude` |
//! | σ²_h(t), power beside the line | `Line::beside` |
//!
//! **Assumptions.** The hum is of the transfer, so its frequency wanders slowly. **Known failures.** Hum that was cut into the disc swings
//! with the disc's wow once a turn: its higher harmonics then smear over more than the notch and stay in part. Buzz above 900 Hz stays. Hum that
//! is switched on or off within the side, for a tenth of it, stays. A drone at a mains frequency is taken for hum, and
//! notes near one that stand out further than the hum hide it.

mod comb;
mod track;

use std::f64::consts::TAU;

use rayon::prelude::*;
use rustfft::num_complex::Complex64;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Decibels, SampleRate, Signal};

pub use self::comb::Hum;
use self::comb::{FEWEST, stands_out};
use self::track::{HOP_SECS, Line, Track};
use super::{Stage, StageReport, StageSettings, in_range, scaled};
use crate::{DspError, level, resample};

/// How [`Dehum`] works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DehumSettings {
    /// Share of the hum that is taken away, 0 to 1.
    pub depth: f64,
}

impl Default for DehumSettings {
    fn default() -> Self {
        Self { depth: 1.0 }
    }
}

/// Follows hum and subtracts it.
#[derive(Clone, Debug)]
pub struct Dehum {
    settings: DehumSettings,
}

/// Harmonics of hum lie this far apart at the most: a rectifier hums at the even ones alone.
const MOST_STEP: usize = 2;
/// Hum is measured at this rate.
const LOW_RATE_HZ: u32 = 2_000;
impl Dehum {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] for a depth outside 0 to 1.
    pub fn new(settings: DehumSettings) -> Result<Self, DspError> {
        in_range("dehum.depth", settings.depth, 0.0, 1.0, "")?;
        Ok(Self { settings })
    }
}

impl StageSettings for DehumSettings {
    type Stage = Dehum;

    fn build(&self) -> Result<Dehum, DspError> {
        Dehum::new(self.clone())
    }

    fn at_strength(&self, strength: f64) -> Self {
        Self { depth: scaled(self.depth, strength) }
    }
}

impl Stage for Dehum {
    fn name(&self) -> &'static str {
        "dehum"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let mut report = StageReport::new(self.name());
        let rate = signal.sample_rate();
        let low_rate = low_rate(rate)?;
        let low = resample(signal, low_rate)?;
        // One mains for all channels, so one track; each channel has its own amplitudes.
        let per_channel: Vec<Option<Hum>> =
            low.channels().iter().map(|low| stands_out(low, low_rate)).collect::<Result<_, _>>()?;
        let strongest = per_channel
            .iter()
            .enumerate()
            .filter_map(|(channel, hum)| hum.as_ref().map(|hum| (channel, hum)))
            .max_by(|(_, a), (_, b)| a.prominence_db.total_cmp(&b.prominence_db));
        let Some((reference, hum)) = strongest else {
            report.summary = "no hum stands out: left as it is".to_owned();
            return Ok((signal.clone(), report));
        };
        let track = Track::follow(low.channel(reference), low_rate, hum);
        let mut taken = Vec::with_capacity(signal.channel_count());
        let mut lines_taken: Vec<usize> = Vec::new();
        let mut channels = Vec::with_capacity(signal.channel_count());
        for (samples, low) in signal.channels().iter().zip(low.channels()) {
            let lines = lasting_lines(low, low_rate, &track, hum);
            let hum = synthesize(&lines, &track, samples.len(), rate, self.settings.depth);
            lines_taken.extend(lines.iter().map(|line| line.harmonic));
            channels.push(samples.iter().zip(&hum).map(|(x, h)| x - h).collect());
            taken.push(level::rms(&hum));
        }
        lines_taken.sort_unstable();
        lines_taken.dedup();
        if lines_taken.is_empty() {
            report.summary =
                format!("a tone near {:.2} Hz is too unsteady to be hum: left as it is", track.mean_hz());
            return Ok((signal.clone(), report));
        }
        let loudest = taken.iter().fold(0.0f64, |a, b| a.max(*b));
        let mean_hz = track.mean_hz();
        report.find("fundamental", mean_hz, "Hz");
        report.find("fundamental_wanders", track.spread_hz(), "Hz");
        report.find("prominence", hum.prominence_db, "dB");
        report.find("harmonics", lines_taken.len() as f64, "");
        report.find("removed_level", level::dbfs(loudest).get(), "dBFS");
        let list: Vec<String> = lines_taken.iter().map(ToString::to_string).collect();
        report.summary = format!(
            "{} harmonics of {mean_hz:.2} Hz ({}) taken away, {:.1} dBFS",
            list.len(),
            list.join(", "),
            Decibels::from_amplitude(loudest.max(1e-10)).get()
        );
        Ok((Signal::new(rate, channels)?, report))
    }
}

/// The hum of a channel, where it stands out and lasts; its frequency is the mean of its track.
///
/// # Errors
/// [`DspError::Resample`] where the rate cannot be changed.
pub fn find_hum(samples: &[f32], rate: SampleRate) -> Result<Option<Hum>, DspError> {
    let low_rate = low_rate(rate)?;
    let low = resample(&Signal::mono(rate, samples.to_vec())?, low_rate)?;
    let Some(hum) = stands_out(low.channel(0), low_rate)? else { return Ok(None) };
    let track = Track::follow(low.channel(0), low_rate, &hum);
    let harmonics: Vec<usize> =
        lasting_lines(low.channel(0), low_rate, &track, &hum).iter().map(|line| line.harmonic).collect();
    Ok((!harmonics.is_empty()).then(|| Hum { fundamental_hz: track.mean_hz(), harmonics, ..hum }))
}

/// The rate at which hum is measured in a recording of this one.
fn low_rate(rate: SampleRate) -> Result<SampleRate, DspError> {
    Ok(SampleRate::new(LOW_RATE_HZ.min(rate.hz()))?)
}

/// Those harmonics of `hum`, and those between them, that are more than chance in a channel, and no notes; none where what stands out is no row.
fn lasting_lines(low: &[f32], rate: SampleRate, track: &Track, hum: &Hum) -> Vec<Line> {
    let highest = hum.harmonics.iter().copied().max().unwrap_or(0);
    let measured = track.lines(low, rate, &(1..=highest).collect::<Vec<usize>>());
    let certain: Vec<Line> = measured.into_iter().filter(Line::is_certain).collect();
    let stands_out = |line: &&Line| hum.harmonics.contains(&line.harmonic);
    let lasting: Vec<usize> =
        certain.iter().filter(stands_out).filter(|line| line.lasts()).map(|line| line.harmonic).collect();
    // What stands at multiples of the third harmonic and at no other is a note at the third.
    let step = lasting.iter().fold(0, |step, harmonic| greatest_common_divisor(step, *harmonic));
    if lasting.len() < FEWEST || step > MOST_STEP {
        return Vec::new();
    }
    certain.into_iter().filter(|line| lasting.contains(&line.harmonic) || line.lasts_in_quiet()).collect()
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// The sum of all lines at the signal's own rate.
fn synthesize(lines: &[Line], track: &Track, len: usize, rate: SampleRate, depth: f64) -> Vec<f32> {
    const CHUNK: usize = 1 << 14;
    let mut hum = vec![0.0f32; len];
    if lines.is_empty() {
        return hum;
    }
    hum.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, hum)| {
        for (i, sample) in hum.iter_mut().enumerate() {
            let secs = (chunk * CHUNK + i) as f64 / rate.as_f64();
            let place = secs / HOP_SECS;
            let (hop, share) = (place as usize, place.fract());
            let fundamental = Complex64::cis(TAU * track.turns_at(secs).fract());
            let mut sum = 0.0;
            for line in lines {
                let Some(pair) = line.amplitude.get(hop..hop + 2) else { continue };
                let amplitude = pair[0] * (1.0 - share) + pair[1] * share;
                sum += (amplitude * fundamental.powu(line.harmonic as u32)).re;
            }
            *sample = (2.0 * depth * sum) as f32;
        }
    });
    hum
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::{level, noise, speech, tone};

    use super::*;

    const RATE_HZ: u32 = 44_100;

    fn run(samples: Vec<f32>) -> (Vec<f32>, StageReport) {
        let signal = Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap();
        let (output, report) = Dehum::new(DehumSettings::default()).unwrap().process(&signal).unwrap();
        (output.into_channels().remove(0), report)
    }

    fn reading(seed: u64) -> Vec<f32> {
        let mut samples = speech::speech_like(seed, RATE_HZ, 12.0).samples;
        let surface = noise::surface(seed + 50, RATE_HZ, samples.len(), 0.003);
        noise::add(&mut samples, &surface);
        samples
    }

    /// Harmonics of a fundamental whose frequency runs from one value to another.
    fn drifting(from_hz: f64, to_hz: f64, amplitudes: &[f64], len: usize) -> Vec<f32> {
        let secs = len as f64 / f64::from(RATE_HZ);
        (0..len)
            .map(|n| {
                let t = n as f64 / f64::from(RATE_HZ);
                let turns = from_hz * t + 0.5 * (to_hz - from_hz) * t * t / secs;
                let harmonics = amplitudes.iter().enumerate();
                harmonics.map(|(h, a)| a * (TAU * (h + 1) as f64 * turns + h as f64).sin()).sum::<f64>()
                    as f32
            })
            .collect()
    }

    /// Energy of hum before over what the output still differs by, in dB.
    fn gain_db(clean: &[f32], hum: &[f32], output: &[f32]) -> f64 {
        let left: Vec<f32> = output.iter().zip(clean).map(|(y, x)| y - x).collect();
        20.0 * (level::rms(hum) / level::rms(&left)).log10()
    }

    #[test]
    fn hum_goes_by_twenty_decibels_whatever_its_frequency() {
        for (seed, from_hz, to_hz) in [(1, 50.0, 50.0), (2, 60.0, 60.0), (3, 49.93, 50.08), (4, 51.3, 51.3)] {
            let clean = reading(seed);
            let hum = drifting(from_hz, to_hz, &[0.02, 0.005, 0.01, 0.0, 0.005], clean.len());
            let (output, report) = run(clean.iter().zip(&hum).map(|(x, h)| x + h).collect());
            let gain = gain_db(&clean, &hum, &output);
            assert!(gain > 20.0, "{from_hz} to {to_hz} Hz: {gain:.1} dB; {}", report.summary);
            let found = report.finding("fundamental").unwrap();
            assert!((found - 0.5 * (from_hz + to_hz)).abs() < 0.02, "{found} Hz");
        }
    }

    /// A voice that speaks at the pitch of a harmonic, louder than it, in syllables of its own.
    #[test]
    fn hum_under_a_voice_at_its_pitch_goes_too() {
        for seed in [11, 12, 13] {
            let mut clean = reading(seed);
            let voice = drifting(147.0, 153.0, &[0.2, 0.03, 0.02], clean.len());
            for (n, (sample, voice)) in clean.iter_mut().zip(voice).enumerate() {
                let syllable = ((TAU * 0.4 * n as f64 / f64::from(RATE_HZ)).sin() + 0.3).max(0.0) as f32;
                *sample += syllable * voice;
            }
            let hum = drifting(50.0, 50.0, &[0.02, 0.01, 0.012, 0.004, 0.006], clean.len());
            let (output, report) = run(clean.iter().zip(&hum).map(|(x, h)| x + h).collect());
            let gain = gain_db(&clean, &hum, &output);
            // With the harmonic under the voice left, 7 dB at most.
            assert!(gain > 9.0, "{gain:.1} dB; {}", report.summary);
        }
    }

    #[test]
    fn without_hum_nothing_changes() {
        for seed in [5, 6] {
            let clean = reading(seed);
            assert_eq!(run(clean.clone()).0, clean);
        }
        let music = tone::harmonics(RATE_HZ, 50.0, &[0.1, 0.1, 0.1], 8 * RATE_HZ as usize);
        // A held note of 50 Hz that sounds for two seconds of eight is music.
        let played: Vec<f32> = music
            .iter()
            .enumerate()
            .map(|(n, x)| if (88_200..176_400).contains(&n) { *x } else { 0.0 })
            .zip(noise::white(7, music.len(), 0.001))
            .map(|(x, n)| x + n)
            .collect();
        assert_eq!(run(played.clone()).0, played);
    }

    /// A bass that walks between two notes, `note_secs` each, plucked.
    fn walking_bass(notes_hz: [f64; 2], note_secs: f64, secs: f64) -> Vec<f32> {
        let rate = f64::from(RATE_HZ);
        (0..(secs * rate) as usize)
            .map(|n| {
                let t = n as f64 / rate;
                let (note, within) = ((t / note_secs) as usize, t % note_secs);
                let phase = TAU * notes_hz[note % 2] * within;
                let partials = (1..=6).map(|h| (f64::from(h) * phase).sin() / f64::from(h));
                (0.1 * (-within / 0.6).exp() * partials.sum::<f64>()) as f32
            })
            .collect()
    }

    #[test]
    fn notes_near_the_mains_are_no_hum() {
        for (notes_hz, note_secs) in
            [([49.0, 58.27], 0.8), ([51.91, 61.74], 0.5), ([58.27, 69.3], 0.7), ([174.6, 174.6], 1.0)]
        {
            let played = walking_bass(notes_hz, note_secs, 12.0);
            assert!(run(played.clone()).0 == played, "{notes_hz:?} Hz");
            let rate = SampleRate::new(RATE_HZ).unwrap();
            assert_eq!(find_hum(&played, rate).unwrap(), None, "{notes_hz:?} Hz");
        }
    }

    #[test]
    fn a_motor_is_found_below_the_mains() {
        let clean = reading(8);
        let hum = drifting(28.8, 28.8, &[0.02, 0.02, 0.01], clean.len());
        let (output, report) = run(clean.iter().zip(&hum).map(|(x, h)| x + h).collect());
        assert!((report.finding("fundamental").unwrap() - 28.8).abs() < 0.05, "{}", report.summary);
        assert!(gain_db(&clean, &hum, &output) > 15.0);
    }

    #[test]
    fn depth_is_checked_and_scales() {
        assert!(Dehum::new(DehumSettings { depth: 1.5 }).is_err());
        assert!((DehumSettings::default().at_strength(0.25).depth - 0.25).abs() < 1e-12);
    }

    #[test]
    fn silence_and_nothing_pass() {
        for len in [0, 1, 200_000] {
            assert_eq!(run(vec![0.0; len]).0, vec![0.0; len]);
        }
    }
}
