//! Units at the crate's borders. Inner loops use plain numbers with the suffixes `_hz _secs _db _samples _frames`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::AudioError;

/// Samples per second of one channel, from [`SampleRate::MIN`] to [`SampleRate::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct SampleRate(u32);

impl SampleRate {
    /// The lowest rate accepted, in hertz: below it no speech survives.
    pub const MIN: u32 = 1_000;
    /// The highest rate accepted, in hertz: above 384 kHz only DSD-derived material exists.
    pub const MAX: u32 = 768_000;

    /// A rate in hertz.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`] outside `MIN..=MAX`.
    pub fn new(hz: u32) -> Result<Self, AudioError> {
        if (Self::MIN..=Self::MAX).contains(&hz) {
            Ok(Self(hz))
        } else {
            Err(AudioError::SampleRate { actual_hz: hz })
        }
    }

    /// The rate in hertz.
    pub fn hz(self) -> u32 {
        self.0
    }

    /// The rate in hertz, for arithmetic.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0)
    }

    /// Half the rate: the highest frequency that the samples can carry.
    pub fn nyquist(self) -> Hertz {
        Hertz::new(self.as_f64() / 2.0)
    }

    /// How many whole samples lie nearest to a span of `seconds`; negative spans count as none.
    pub fn samples_in(self, seconds: f64) -> usize {
        (seconds * self.as_f64()).round().max(0.0) as usize
    }

    /// The instant of sample `index`.
    pub fn instant_of(self, index: usize) -> Seconds {
        Seconds::new(index as f64 / self.as_f64())
    }
}

impl TryFrom<u32> for SampleRate {
    type Error = AudioError;
    fn try_from(hz: u32) -> Result<Self, AudioError> {
        Self::new(hz)
    }
}

impl From<SampleRate> for u32 {
    fn from(rate: SampleRate) -> Self {
        rate.0
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

macro_rules! unit {
    ($(#[$meta:meta])* $name:ident, $suffix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// The value with its unit.
            pub const fn new(value: f64) -> Self {
                Self(value)
            }

            /// The plain number.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)?;
                f.write_str($suffix)
            }
        }
    };
}

unit!(
    /// A frequency in hertz.
    Hertz,
    " Hz"
);
unit!(
    /// An instant or a span in seconds.
    Seconds,
    " s"
);
unit!(
    /// A level or a ratio in decibels.
    Decibels,
    " dB"
);

impl Decibels {
    /// The level of an amplitude ratio: 20·log₁₀.
    pub fn from_amplitude(ratio: f64) -> Self {
        Self(20.0 * ratio.log10())
    }

    /// The amplitude ratio: 10^(dB/20).
    pub fn to_amplitude(self) -> f64 {
        10f64.powf(self.0 / 20.0)
    }

    /// The level of a power ratio: 10·log₁₀.
    pub fn from_power(ratio: f64) -> Self {
        Self(10.0 * ratio.log10())
    }

    /// The power ratio: 10^(dB/10).
    pub fn to_power(self) -> f64 {
        10f64.powf(self.0 / 10.0)
    }
}

/// A span of time with `start ≤ end`, both finite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimeRange {
    start: Seconds,
    end: Seconds,
}

impl TimeRange {
    /// The span from `start` to `end`.
    ///
    /// # Errors
    /// [`AudioError::TimeRange`] where either is not finite or `end < start`.
    pub fn new(start: Seconds, end: Seconds) -> Result<Self, AudioError> {
        if start.0.is_finite() && end.0.is_finite() && start.0 <= end.0 {
            Ok(Self { start, end })
        } else {
            Err(AudioError::TimeRange { start_secs: start.0, end_secs: end.0 })
        }
    }

    /// The instant it begins.
    pub fn start(self) -> Seconds {
        self.start
    }

    /// The instant it ends.
    pub fn end(self) -> Seconds {
        self.end
    }

    /// Its length.
    pub fn duration(self) -> Seconds {
        Seconds(self.end.0 - self.start.0)
    }

    /// The samples it covers at `rate`, cut to a signal of `len` samples.
    pub fn samples(self, rate: SampleRate, len: usize) -> std::ops::Range<usize> {
        let start = rate.samples_in(self.start.0).min(len);
        start..rate.samples_in(self.end.0).clamp(start, len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_outside_the_range_are_refused() {
        assert!(SampleRate::new(SampleRate::MIN).is_ok());
        assert!(SampleRate::new(SampleRate::MAX).is_ok());
        assert!(SampleRate::new(0).is_err());
        assert!(SampleRate::new(SampleRate::MAX + 1).is_err());
    }

    #[test]
    fn decibels_invert() {
        for db in [-96.0, -6.0, 0.0, 12.5] {
            assert!((Decibels::from_amplitude(Decibels::new(db).to_amplitude()).get() - db).abs() < 1e-9);
            assert!((Decibels::from_power(Decibels::new(db).to_power()).get() - db).abs() < 1e-9);
        }
    }

    #[test]
    fn a_range_is_cut_to_the_signal() {
        let rate = SampleRate::new(8_000).unwrap();
        let range = TimeRange::new(Seconds::new(0.5), Seconds::new(2.0)).unwrap();
        assert_eq!(range.samples(rate, 8_000), 4_000..8_000);
        assert_eq!(range.samples(rate, 100), 100..100);
        assert!(TimeRange::new(Seconds::new(1.0), Seconds::new(0.0)).is_err());
        assert!(TimeRange::new(Seconds::new(f64::NAN), Seconds::new(0.0)).is_err());
    }
}
