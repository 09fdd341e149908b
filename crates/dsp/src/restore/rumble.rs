//! DC and rumble: everything below the programme, taken away without touching the phase of what stays.
//!
//! A Butterworth high-pass run forwards and backwards ([`crate::filter`]): no frequency is delayed, so the waveform of the
//! programme is not smeared, and an impulse stays symmetrical. The magnitude response is squared: −6 dB at the cutoff,
//! and at order 2 the slope is 24 dB an octave.
//!
//! **Assumptions.** The programme has nothing below the cutoff: an acoustic recording has little below 150 Hz, a man's
//! speech nothing below 75 Hz. **Known failures.** The thump after a crack reaches above the cutoff, and its upper part stays.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Decibels, Hertz, Signal};

use super::{Stage, StageReport, StageSettings};
use crate::DspError;
use crate::filter::{Butterworth, MAX_ORDER};

/// What [`Rumble`] takes away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RumbleSettings {
    /// Below this frequency the signal goes (−6 dB there), in hertz. 5 to 400, default 45.
    pub cutoff_hz: f64,
    /// Order of the filter in each of its two directions, 1 to 24, default 3.
    pub order: usize,
}

impl Default for RumbleSettings {
    fn default() -> Self {
        Self { cutoff_hz: 45.0, order: 3 }
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
        let filter = Butterworth::high_pass(
            self.settings.order,
            Hertz::new(self.settings.cutoff_hz),
            signal.sample_rate(),
        )?;
        let channels: Vec<Vec<f32>> =
            signal.channels().par_iter().map(|samples| filter.zero_phase(samples)).collect();
        let output = Signal::new(signal.sample_rate(), channels)?;
        let mut report = StageReport::new(self.name());
        let offset = signal
            .channels()
            .iter()
            .map(|c| mean(c))
            .fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        let removed = Decibels::from_power(mean_square(&signal.minus(&output)).max(1e-20)).get();
        report.find("cutoff", self.settings.cutoff_hz, "Hz");
        report.find("dc_offset", offset, "full scale");
        report.find("removed_level", removed, "dBFS");
        report.summary = format!(
            "{removed:.1} dBFS below {} Hz taken away, DC offset {offset:+.5}",
            self.settings.cutoff_hz
        );
        Ok((output, report))
    }
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

    #[test]
    fn settings_are_checked() {
        assert!(Rumble::new(RumbleSettings { cutoff_hz: 1.0, order: 2 }).is_err());
        assert!(Rumble::new(RumbleSettings { cutoff_hz: f64::NAN, order: 2 }).is_err());
        assert!(Rumble::new(RumbleSettings { cutoff_hz: 30.0, order: 0 }).is_err());
    }

    #[test]
    fn an_empty_signal_and_one_sample_pass() {
        assert!(run(RumbleSettings::default(), vec![]).0.is_empty());
        assert_eq!(run(RumbleSettings::default(), vec![0.5]).0.len(), 1);
    }
}
