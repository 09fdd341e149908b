//! DC and rumble: everything below the programme, taken away without touching the phase of what stays.
//!
//! A Butterworth high-pass run forwards and backwards ([`crate::filter`]): no frequency is delayed, so the waveform of the
//! programme is not smeared, and an impulse stays symmetrical. The magnitude response is squared: −6 dB at the cutoff,
//! and at order 3, the default, the slope is 36 dB an octave.
//!
//! **What the programme has below the cutoff stays.** An acoustic recording has little below 150 Hz, but a double bass recorded electrically reaches
//! to 41 Hz, and a man's voice to 75. Rumble sounds whether anything is played or not; so where the band below the cutoff is louder
//! while the programme's own lows are loud, the cutoff gives way until it is not ([`RumbleSettings::spare_programme`]).
//!
//! **Known failures.** The thump after a crack reaches above the cutoff, and its upper part stays. A bass that never pauses cannot be told from
//! rumble.

use serde::{Deserialize, Serialize};
use tonearm_audio::{Decibels, Hertz, Signal};

use super::each_channel::each_channel;
use super::{Stage, StageReport, StageSettings};
use crate::DspError;
use crate::filter::{Butterworth, MAX_ORDER};
use crate::level::{median, percentile};

/// What [`Rumble`] takes away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RumbleSettings {
    /// Below this frequency the signal goes (−6 dB there), in hertz. 5 to 400, default 45.
    pub cutoff_hz: f64,
    /// Order of the filter in each of its two directions, 1 to 24, default 3.
    pub order: usize,
    /// Whether the cutoff gives way to a programme that reaches below it. Default true.
    pub spare_programme: bool,
}

impl Default for RumbleSettings {
    fn default() -> Self {
        Self { cutoff_hz: 45.0, order: 3, spare_programme: true }
    }
}

/// The stage that takes DC and rumble away.
///
/// ```
/// use tonearm_audio::{SampleRate, Signal};
/// use tonearm_dsp::restore::{Rumble, RumbleSettings, Stage};
///
/// let rate = SampleRate::new(44_100)?;
/// let input = Signal::mono(rate, vec![0.1; 4_410])?;
/// let (output, _report) = Rumble::new(RumbleSettings::default())?.process(&input)?;
/// assert!(output.peak() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rumble {
    settings: RumbleSettings,
}

/// The cutoff gives way in steps of a third of an octave, down to here.
const STEP: f64 = 0.8;
const LOWEST_HZ: f64 = 15.0;
/// Levels are compared over this long, in seconds.
const BLOCK_SECS: f64 = 0.2;
/// The programme's lows are what is left of means over this long: up to about 400 Hz.
const LOWS_SECS: f64 = 0.001;
/// What is compared of the loud half of the blocks and of the quiet half: notes that sound in a quarter of a half count, a thump does not.
const COMPARED: f64 = 0.75;
/// Programme below the cutoff that counts: as a share of the rumble there (what holds less of it is nearer to the programme without), and of the
/// whole programme.
const LEAST_OF_RUMBLE: f64 = 1.0;
const LEAST_OF_PROGRAMME: f64 = 1e-4;

impl Rumble {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] for a cutoff outside 5 to 400 Hz or an order outside 1 to 24.
    pub fn new(settings: RumbleSettings) -> Result<Self, DspError> {
        super::in_range("rumble.cutoff_hz", settings.cutoff_hz, 5.0, 400.0, "Hz")?;
        super::in_range("rumble.order", settings.order as f64, 1.0, MAX_ORDER as f64, "poles")?;
        Ok(Self { settings })
    }
}

impl StageSettings for RumbleSettings {
    type Stage = Rumble;

    fn build(&self) -> Result<Rumble, DspError> {
        Rumble::new(self.clone())
    }
}

impl Stage for Rumble {
    fn name(&self) -> &'static str {
        "rumble"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let (output, cutoff_hz) = self.filtered(signal)?;
        let mut report = StageReport::new(self.name());
        let offset = signal
            .channels()
            .iter()
            .map(|c| mean(c))
            .fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        let removed = Decibels::from_power(mean_square(&signal.minus(&output)).max(1e-20)).get();
        report.find("cutoff", cutoff_hz, "Hz");
        report.find("dc_offset", offset, "full scale");
        report.find("removed_level", removed, "dBFS");
        report.summary =
            format!("{removed:.1} dBFS below {cutoff_hz:.0} Hz taken away, DC offset {offset:+.5}");
        if cutoff_hz < self.settings.cutoff_hz {
            report.summary += &format!(": the programme reaches below {} Hz", self.settings.cutoff_hz);
        }
        Ok((output, report))
    }
}

impl Rumble {
    /// What stays of `signal`, and the cutoff above which it lies.
    fn filtered(&self, signal: &Signal) -> Result<(Signal, f64), DspError> {
        let above = |cutoff_hz: f64| -> Result<Signal, DspError> {
            let filter =
                Butterworth::high_pass(self.settings.order, Hertz::new(cutoff_hz), signal.sample_rate())?;
            let channels = each_channel(signal, |samples| Ok(filter.zero_phase(samples)))?;
            Ok(Signal::new(signal.sample_rate(), channels)?)
        };
        let mut cutoff_hz = self.settings.cutoff_hz;
        let mut output = above(cutoff_hz)?;
        while self.settings.spare_programme
            && cutoff_hz * STEP >= LOWEST_HZ
            && holds_programme(&signal.minus(&output), &output)
        {
            cutoff_hz *= STEP;
            output = above(cutoff_hz)?;
        }
        Ok((output, cutoff_hz))
    }
}

/// Whether what was `removed` sounds more where the lows of what is `left` do.
fn holds_programme(removed: &Signal, left: &Signal) -> bool {
    let rate = left.sample_rate();
    let (block, short) = (rate.samples_in(BLOCK_SECS).max(1), rate.samples_in(LOWS_SECS).max(1));
    // Means over less than `short` samples at a block's end weigh like the rest: no programme hangs on them.
    let lows = block_powers(left, block, |samples| samples.chunks(short).map(mean).map(|x| x * x).sum());
    let below =
        block_powers(removed, block, |samples| samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>());
    let Some(usual) = median(&lows) else { return false };
    let half = |loud: bool| -> Vec<f64> {
        lows.iter().zip(&below).filter(|(low, _)| (**low > usual) == loud).map(|(_, below)| *below).collect()
    };
    let [Some(loud), Some(quiet)] = [true, false].map(|loud| percentile(&half(loud), COMPARED)) else {
        return false;
    };
    let per_sample = (block * left.channel_count()) as f64;
    loud - quiet > LEAST_OF_RUMBLE * quiet
        && (loud - quiet) / per_sample > LEAST_OF_PROGRAMME * mean_square(left)
}

/// `power` of each block, the sum over channels.
fn block_powers(signal: &Signal, block: usize, power: impl Fn(&[f32]) -> f64 + Sync) -> Vec<f64> {
    let mut sums = vec![0.0; signal.len() / block];
    for samples in signal.channels() {
        sums.iter_mut().zip(samples.chunks_exact(block)).for_each(|(sum, samples)| *sum += power(samples));
    }
    sums
}

fn mean(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        0.0
    } else {
        samples.iter().map(|&x| f64::from(x)).sum::<f64>() / samples.len() as f64
    }
}

fn mean_square(signal: &Signal) -> f64 {
    let sum: f64 = signal.channels().iter().flatten().map(|&x| f64::from(x).powi(2)).sum();
    sum / (signal.len() * signal.channel_count()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;

    use super::*;

    fn run(settings: RumbleSettings, samples: Vec<f32>) -> (Vec<f32>, StageReport) {
        let signal = Signal::mono(SampleRate::new(44_100).unwrap(), samples).unwrap();
        let (output, report) = Rumble::new(settings).unwrap().process(&signal).unwrap();
        (output.into_channels().remove(0), report)
    }

    fn tone(frequency: f64) -> Vec<f32> {
        (0..44_100)
            .map(|i| (0.3 * (std::f64::consts::TAU * frequency * f64::from(i) / 44_100.0).sin()) as f32)
            .collect()
    }

    #[test]
    fn rumble_goes_and_the_programme_stays_in_place() {
        let (speech, rumble) = (tone(300.0), tone(12.0));
        let input: Vec<f32> = speech.iter().zip(&rumble).map(|(s, r)| s + r + 0.05).collect();
        let (output, report) = run(RumbleSettings::default(), input);
        // A second from either edge only the tone is left, at its own phase.
        let error = (11_025..33_075).map(|i| (output[i] - speech[i]).abs()).fold(0.0, f32::max);
        assert!(error < 0.003, "{error}");
        assert!((report.finding("dc_offset").unwrap() - 0.05).abs() < 0.01);
    }

    /// Twelve notes of half a second in turn with pauses, over rumble that never pauses.
    fn notes_over_rumble(frequency_hz: f64) -> Vec<f32> {
        let mut samples: Vec<f32> = tone(frequency_hz)
            .iter()
            .zip(tone(3.0 * frequency_hz))
            .map(|(low, high)| 0.5 * low + high)
            .cycle()
            .take(6 * 44_100)
            .enumerate()
            .map(|(n, x)| if n / 11_025 % 2 == 0 { x } else { 0.0 })
            .collect();
        let hiss = tonearm_testkit::noise::white(3, samples.len(), 0.1);
        let rate = SampleRate::new(44_100).unwrap();
        let rumble = Butterworth::low_pass(2, Hertz::new(40.0), rate).unwrap().zero_phase(&hiss);
        tonearm_testkit::noise::add(&mut samples, &rumble);
        samples
    }

    #[test]
    fn the_cutoff_gives_way_to_a_bass_and_to_nothing_else() {
        let at_80 = || RumbleSettings { cutoff_hz: 80.0, ..Default::default() };
        let cutoff = |settings, hz| run(settings, notes_over_rumble(hz)).1.finding("cutoff").unwrap();
        let spared = cutoff(at_80(), 60.0);
        assert!((20.0..55.0).contains(&spared), "{spared} Hz under notes of 60 Hz");
        assert!((cutoff(at_80(), 200.0) - 80.0).abs() < 1e-9, "notes of 200 Hz");
        let strict = RumbleSettings { spare_programme: false, ..at_80() };
        assert!((cutoff(strict, 60.0) - 80.0).abs() < 1e-9, "asked for 80 Hz whatever is played");
    }

    #[test]
    fn settings_are_checked() {
        assert!(Rumble::new(RumbleSettings { cutoff_hz: 1.0, ..Default::default() }).is_err());
        assert!(Rumble::new(RumbleSettings { cutoff_hz: f64::NAN, ..Default::default() }).is_err());
        assert!(Rumble::new(RumbleSettings { order: 0, ..Default::default() }).is_err());
    }

    #[test]
    fn an_empty_signal_and_one_sample_pass() {
        assert!(run(RumbleSettings::default(), vec![]).0.is_empty());
        assert_eq!(run(RumbleSettings::default(), vec![0.5]).0.len(), 1);
    }
}
