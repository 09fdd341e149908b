//! Loudness: one gain for the whole side, so that it plays at a stated loudness without clipping.
//!
//! Measures integrated loudness and true peak as EBU R 128 and ITU-R BS.1770-4 say (crate `ebur128`: K weighting, 400 ms
//! blocks, gates at −70 LUFS and −10 LU; four-times oversampled peak). The gain takes the loudness to the target unless
//! the true peak would then exceed its ceiling: then the ceiling decides and the report says so. Nothing is compressed
//! or limited. A gain changes the programme, so the stage is not additive.
//!
//! Known failures: under 400 ms, or silence, has no loudness; the signal then stays as it is.

use ebur128::{EbuR128, Mode};
use serde::{Deserialize, Serialize};
use tonearm_audio::{Decibels, Signal};

use super::{Stage, StageReport, StageSettings, in_range};
use crate::DspError;

/// What [`Loudness`] aims at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoudnessSettings {
    /// Integrated loudness to reach, LUFS, −70 to 0. EBU R 128 broadcasts at −23; −18 suits listening on its own.
    pub target_lufs: f64,
    /// The true peak never to exceed, dBTP, −20 to 0. EBU R 128 allows −1.
    pub peak_ceiling_dbtp: f64,
}

impl Default for LoudnessSettings {
    fn default() -> Self {
        Self { target_lufs: -18.0, peak_ceiling_dbtp: -1.0 }
    }
}

/// One gain to a stated loudness.
#[derive(Clone, Debug)]
pub struct Loudness {
    settings: LoudnessSettings,
}

/// Loudness and true peak of a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoudnessMeasurement {
    /// Integrated loudness in LUFS; `None` where everything lies below the gate.
    pub integrated_lufs: Option<f64>,
    /// Loudness range in LU (EBU Tech 3342).
    pub range_lu: f64,
    /// True peak over all channels in dBTP; `None` for silence.
    pub true_peak_dbtp: Option<f64>,
}

impl LoudnessMeasurement {
    /// Measures `signal`.
    ///
    /// # Errors
    /// [`DspError::Loudness`] where the meter does not take the rate or the number of channels.
    pub fn of(signal: &Signal) -> Result<Self, DspError> {
        let failed = |error: ebur128::Error| DspError::Loudness {
            channels: signal.channel_count(),
            rate_hz: signal.sample_rate().hz(),
            reason: error.to_string(),
        };
        let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK;
        let channels = signal.channel_count() as u32;
        let mut meter = EbuR128::new(channels, signal.sample_rate().hz(), mode).map_err(failed)?;
        let planes: Vec<&[f32]> = signal.channels().iter().map(Vec::as_slice).collect();
        meter.add_frames_planar_f32(&planes).map_err(failed)?;
        let integrated = meter.loudness_global().map_err(failed)?;
        let mut peak = 0.0f64;
        for channel in 0..channels {
            peak = peak.max(meter.true_peak(channel).map_err(failed)?);
        }
        Ok(Self {
            integrated_lufs: integrated.is_finite().then_some(integrated),
            range_lu: meter.loudness_range().map_err(failed)?,
            true_peak_dbtp: (peak > 0.0).then(|| Decibels::from_amplitude(peak).get()),
        })
    }
}

impl Loudness {
    /// A stage with these settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] where a setting lies outside its range.
    pub fn new(settings: LoudnessSettings) -> Result<Self, DspError> {
        in_range("loudness.target_lufs", settings.target_lufs, -70.0, 0.0, "LUFS")?;
        in_range("loudness.peak_ceiling_dbtp", settings.peak_ceiling_dbtp, -20.0, 0.0, "dBTP")?;
        Ok(Self { settings })
    }
}

impl StageSettings for LoudnessSettings {
    type Stage = Loudness;

    fn build(&self) -> Result<Loudness, DspError> {
        Loudness::new(self.clone())
    }
}

impl Stage for Loudness {
    fn name(&self) -> &'static str {
        "loudness"
    }

    fn is_additive(&self) -> bool {
        false
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let mut report = StageReport::new(self.name());
        let measured = LoudnessMeasurement::of(signal)?;
        let (Some(loudness), Some(peak)) = (measured.integrated_lufs, measured.true_peak_dbtp) else {
            report.summary = "too short or too quiet to have a loudness: left as it is".into();
            return Ok((signal.clone(), report));
        };
        let wanted_db = self.settings.target_lufs - loudness;
        let allowed_db = self.settings.peak_ceiling_dbtp - peak;
        let gain_db = wanted_db.min(allowed_db);
        let gain = Decibels::new(gain_db).to_amplitude();
        let channels = signal
            .channels()
            .iter()
            .map(|samples| samples.iter().map(|x| (f64::from(*x) * gain) as f32).collect())
            .collect();
        report.summary =
            format!("{gain_db:+.1} dB: {loudness:.1} LUFS became {:.1} LUFS", loudness + gain_db);
        report.find("loudness_before", loudness, "LUFS");
        report.find("loudness_after", loudness + gain_db, "LUFS");
        report.find("loudness_range", measured.range_lu, "LU");
        report.find("true_peak_before", peak, "dBTP");
        report.find("true_peak_after", peak + gain_db, "dBTP");
        report.find("gain", gain_db, "dB");
        if allowed_db < wanted_db {
            report.warnings.push(format!(
                "the peaks allow {:.1} LUFS instead of {:.1} LUFS",
                loudness + gain_db,
                self.settings.target_lufs
            ));
        }
        Ok((Signal::new(signal.sample_rate(), channels)?, report))
    }
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;

    use super::*;

    fn sine(amplitude: f64, f_hz: f64) -> Signal {
        let rate = SampleRate::new(48_000).unwrap();
        let samples = (0..48_000 * 5)
            .map(|n| (amplitude * (std::f64::consts::TAU * f_hz * f64::from(n) / 48_000.0).sin()) as f32)
            .collect();
        Signal::mono(rate, samples).unwrap()
    }

    /// EBU Tech 3341, case 1 in one channel: a 1 kHz sine at −23 dBFS peak in *both* channels reads −23 LUFS, so in one
    /// channel −26.01 LUFS.
    #[test]
    fn the_sine_of_tech_3341_reads_as_it_should() {
        let measured = LoudnessMeasurement::of(&sine(10f64.powf(-23.0 / 20.0), 1_000.0)).unwrap();
        assert!((measured.integrated_lufs.unwrap() + 26.01).abs() < 0.1, "{measured:?}");
        assert!((measured.true_peak_dbtp.unwrap() + 23.0).abs() < 0.1, "{measured:?}");
    }

    #[test]
    fn the_target_is_reached() {
        let stage = Loudness::new(LoudnessSettings { target_lufs: -20.0, ..Default::default() }).unwrap();
        let (louder, report) = stage.process(&sine(0.02, 997.0)).unwrap();
        let after = LoudnessMeasurement::of(&louder).unwrap().integrated_lufs.unwrap();
        assert!((after + 20.0).abs() < 0.05, "{after}");
        assert!(report.warnings.is_empty());
    }

    #[test]
    fn the_ceiling_wins_over_the_target() {
        let stage = Loudness::new(LoudnessSettings { target_lufs: 0.0, ..Default::default() }).unwrap();
        let (louder, report) = stage.process(&sine(0.1, 997.0)).unwrap();
        let peak = LoudnessMeasurement::of(&louder).unwrap().true_peak_dbtp.unwrap();
        assert!((peak + 1.0).abs() < 0.1, "{peak}");
        assert_eq!(report.warnings.len(), 1);
    }

    #[test]
    fn silence_and_nothing_stay_as_they_are() {
        let stage = Loudness::new(LoudnessSettings::default()).unwrap();
        for len in [0, 10, 48_000] {
            let silence = Signal::mono(SampleRate::new(48_000).unwrap(), vec![0.0; len]).unwrap();
            assert_eq!(stage.process(&silence).unwrap().0, silence);
        }
    }
}
