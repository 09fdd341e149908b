//! Speed: a disc that was played at another speed than it was cut for is brought to its pitch.
//!
//! Early "78s" were cut at anything from 60 to 90 turns a minute; transfers run at 78.26 (60 Hz mains) or 77.92 (50 Hz). Reading
//! the samples `ratio` times as fast, by band-limited interpolation ([`WindowedSinc`]), restores pitch and tempo together, as
//! turning the record at its own speed would have. This bends time, so it is no restoration stage: it returns a signal of
//! another length and the [`TimeMap`] that leads back to the transfer.

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;
use serde::Serialize;
use tonearm_audio::{Seconds, Signal};

use crate::{DspError, WindowedSinc};

/// Turns a minute at which transfers of 78s are usually made: a stroboscope under 60 Hz mains.
pub const USUAL_RPM: f64 = 78.26;
/// Speeds that are accepted: from a transcription at half speed to a cylinder.
const RPM: (f64, f64) = (8.0, 240.0);
/// Samples to each side at the narrower of the two bands, and the window's shape: errors below −90 dB up to 0.85 of the
/// Nyquist frequency.
const HALF_LENGTH: f64 = 32.0;
const KAISER_BETA: f64 = 9.0;

/// The speed a disc was cut for and the one it was played at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// Turns a minute at which the disc should turn.
    pub cut_rpm: f64,
    /// Turns a minute at which it turned during the transfer.
    pub played_rpm: f64,
}

impl Speed {
    /// How many times as fast the transfer is to be read.
    pub fn ratio(self) -> f64 {
        self.cut_rpm / self.played_rpm
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rpm, played at {} rpm", self.cut_rpm, self.played_rpm)
    }
}

impl FromStr for Speed {
    type Err = DspError;

    /// `80` for a disc cut at 80 turns a minute and played at [`USUAL_RPM`], or `80/77.92` with both speeds.
    fn from_str(text: &str) -> Result<Self, DspError> {
        let failed = || DspError::Speed { text: text.to_owned() };
        let number =
            |text: &str| text.trim().trim_end_matches("rpm").trim_end().parse::<f64>().map_err(|_| failed());
        let (cut_rpm, played_rpm) = match text.split_once('/') {
            Some((cut, played)) => (number(cut)?, number(played)?),
            None => (number(text)?, USUAL_RPM),
        };
        for rpm in [cut_rpm, played_rpm] {
            if !(RPM.0..=RPM.1).contains(&rpm) {
                return Err(DspError::Setting {
                    setting: "speed",
                    actual: rpm,
                    min: RPM.0,
                    max: RPM.1,
                    unit: "rpm",
                });
            }
        }
        Ok(Self { cut_rpm, played_rpm })
    }
}

/// From instants of a signal whose speed was changed to instants of the transfer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimeMap {
    /// Seconds of the transfer for each second of the changed signal.
    pub ratio: f64,
}

impl TimeMap {
    /// The map of a signal that was not changed.
    pub const IDENTITY: Self = Self { ratio: 1.0 };

    /// The instant of the transfer.
    pub fn to_transfer(self, changed: Seconds) -> Seconds {
        Seconds::new(changed.get() * self.ratio)
    }

    /// The instant of the changed signal.
    pub fn from_transfer(self, transfer: Seconds) -> Seconds {
        Seconds::new(transfer.get() / self.ratio)
    }
}

/// `signal` at the disc's own speed, and the map back to the transfer. Rate and channels stay.
///
/// # Errors
/// [`DspError::Audio`] where the result is no signal, which does not happen with finite samples.
pub fn change_speed(signal: &Signal, speed: Speed) -> Result<(Signal, TimeMap), DspError> {
    const CHUNK: usize = 1 << 14;
    let ratio = speed.ratio();
    let map = TimeMap { ratio };
    if (ratio - 1.0).abs() < 1e-9 {
        return Ok((signal.clone(), TimeMap::IDENTITY));
    }
    let cutoff = (1.0 / ratio).min(1.0);
    let sinc = WindowedSinc::new((HALF_LENGTH / cutoff).ceil() as usize, KAISER_BETA, cutoff);
    let len = (signal.len() as f64 / ratio).round() as usize;
    let channels = signal
        .channels()
        .iter()
        .map(|samples| {
            let mut changed = vec![0.0f32; len];
            changed.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, changed)| {
                for (i, sample) in changed.iter_mut().enumerate() {
                    *sample = sinc.at(samples, (chunk * CHUNK + i) as f64 * ratio) as f32;
                }
            });
            changed
        })
        .collect();
    Ok((Signal::new(signal.sample_rate(), channels)?, map))
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;
    use tonearm_testkit::{level, tone};

    use super::*;

    const RATE_HZ: u32 = 44_100;

    fn changed(samples: Vec<f32>, speed: &str) -> (Vec<f32>, TimeMap) {
        let signal = Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap();
        let (signal, map) = change_speed(&signal, speed.parse().unwrap()).unwrap();
        (signal.into_channels().remove(0), map)
    }

    #[test]
    fn pitch_and_length_follow_the_speed() {
        for (speed, ratio) in [("80", 80.0 / 78.26), ("71.29/78.26", 71.29 / 78.26), ("156/78", 2.0)] {
            let input = tone::sine(RATE_HZ, 1_000.0, 0.5, 2 * RATE_HZ as usize);
            let (output, map) = changed(input.clone(), speed);
            assert_eq!(output.len(), (input.len() as f64 / ratio).round() as usize);
            let wanted = tone::sine(RATE_HZ, 1_000.0 * ratio, 0.5, output.len());
            let inside = 1_000..output.len() - 1_000;
            let snr = level::snr_db(&wanted[inside.clone()], &output[inside]);
            assert!(snr > 80.0, "{speed}: {snr:.0} dB");
            assert!((map.ratio - ratio).abs() < 1e-12);
        }
    }

    #[test]
    fn the_map_leads_back_to_the_transfer() {
        let mut click = vec![0.0; RATE_HZ as usize];
        click[30_000] = 1.0;
        let (output, map) = changed(click, "80/75");
        let at = (0..output.len()).max_by(|a, b| output[*a].total_cmp(&output[*b])).unwrap();
        let transfer = map.to_transfer(Seconds::new(at as f64 / f64::from(RATE_HZ))).get();
        assert!((transfer - 30_000.0 / f64::from(RATE_HZ)).abs() < 1.0 / f64::from(RATE_HZ));
        assert!((map.from_transfer(map.to_transfer(Seconds::new(3.0))).get() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_would_fold_back_is_gone() {
        let (output, _) = changed(tone::sine(RATE_HZ, 15_000.0, 0.5, RATE_HZ as usize), "156/78");
        assert!(level::peak(&output[1_000..output.len() - 1_000]) < 1e-3);
    }

    #[test]
    fn there_and_back_is_the_same() {
        // Within what both speeds can hold.
        let sweep = tone::sweep(RATE_HZ, 100.0, 16_000.0, 0.5, 2 * RATE_HZ as usize);
        let (slow, _) = changed(sweep.clone(), "75/78");
        let (back, _) = changed(slow, "78/75");
        let inside = 2_000..sweep.len() - 2_000;
        let snr = level::snr_db(&sweep[inside.clone()], &back[inside]);
        assert!(snr > 60.0, "{snr:.0} dB");
    }

    #[test]
    fn speeds_are_read() {
        assert_eq!("80".parse::<Speed>().unwrap(), Speed { cut_rpm: 80.0, played_rpm: USUAL_RPM });
        assert_eq!("80 rpm / 77.92rpm".parse::<Speed>().unwrap(), Speed { cut_rpm: 80.0, played_rpm: 77.92 });
        for wrong in ["", "fast", "0", "-78", "78/0", "NaN", "80/78/76"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
        let (same, map) = changed(vec![0.1, 0.2], "78.26");
        assert_eq!((same, map), (vec![0.1, 0.2], TimeMap::IDENTITY));
    }
}
