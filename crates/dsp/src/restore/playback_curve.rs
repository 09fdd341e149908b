//! Playback curves: what the cutter's electronics did to bass and treble is undone.
//!
//! Electrical cutters held the groove's width in check by cutting the bass at constant amplitude below the *turnover*, and
//! many lifted the treble against surface noise. Playback raises the one and lowers the other:
//!
//! `H(s) = (1 + s·τ₂) / (s·τ₂) · 1 / (1 + s·τ₃)`, with an optional shelf below which the bass is level again, 0 dB at 1 kHz.
//!
//! The treble is stated as its *roll-off* in decibels at 10 kHz, `−10·log₁₀(1 + (10⁴/f₃)²)`. Both parts are first-order sections
//! ([`crate::matched_section`]), minimum-phase as the circuits were, so phases come right too, and the inverse is exact.
//!
//! Turnovers and roll-offs after R. Graumann (1958) as tabulated in Audacity's manual, "Playback equalization for 78 rpm shellac
//! records". **Sources differ by 2 to 3 dB**, labels changed their practice without telling, and transfers may have been made through
//! a preamplifier with a curve of its own (undo that first: `inverse`). Acoustic recordings, before 1925, have no curve: flat.
//!
//! | symbol | here |
//! |---|---|
//! | 1/(2π·τ₂), turnover | [`Curve::turnover_hz`] |
//! | 1/(2π·τ₃) = f₃ | `pole_hz` of [`Curve::roll_off_db`] |
//! | shelf | [`Curve::shelf_hz`], [`NO_SHELF_HZ`] where there is none |
//!
//! From 22.05 kHz of sample rate on the response lies within 0.06 dB of the formula up to 95 % of the band, or 20 kHz; at 8 kHz within 0.15 dB.
//!
//! **Known failures.** Rumble that was not taken away before is raised with the bass.

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tonearm_audio::{Decibels, Hertz, SampleRate, Signal};

use super::{Stage, StageReport, StageSettings, in_range};
use crate::DspError;
use crate::matched_section::MatchedSection;

/// Without a shelf the bass would rise without bound; below this frequency, which no disc holds, it levels off.
pub const NO_SHELF_HZ: f64 = 20.0;
/// Where the roll-off is stated, and where the curve passes 0 dB.
const ROLL_OFF_AT_HZ: f64 = 10_000.0;
const REFERENCE_HZ: f64 = 1_000.0;

/// A playback curve with a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NamedCurve {
    /// The name in settings and on the command line.
    pub name: &'static str,
    /// Labels and years.
    pub what: &'static str,
    /// The curve.
    pub curve: Curve,
}

/// Every curve with a name.
pub const CURVES: &[NamedCurve] = &[
    named("flat", "acoustic recordings, before 1925", 0.0, 0.0, 0.0),
    named("european-78", "EMI, HMV and most European 78s, 1926 to 1946", 250.0, 0.0, 0.0),
    named("blumlein", "Columbia and HMV with Blumlein's cutter, 1927 to 1947", 300.0, 0.0, 0.0),
    named("hmv-1931", "HMV, Parlophone, MGM, 1931 to 1953", 500.0, 0.0, 0.0),
    named("brunswick-1925", "Brunswick US, 1925 to 1930", 500.0, 0.0, 0.0),
    named("telefunken", "Telefunken, Ultraphon, Supraphon", 400.0, 0.0, 0.0),
    named("american-78", "American 78s, 1926 to 1951, with little treble lift", 250.0, -6.0, 0.0),
    named("american-78-bright", "American 78s, 1926 to 1951, with more treble lift", 250.0, -8.0, 0.0),
    named("brunswick-1929", "Brunswick US, 1929 to 1935", 500.0, -5.0, 0.0),
    named("arc", "American Record Company, 1930 to 1939", 500.0, -8.5, 0.0),
    named("columbia-1938", "Columbia US, 1938 to 1948", 300.0, -16.0, 0.0),
    named("rca-1941", "RCA Victor, 1941 to 1947", 800.0, -8.0, 0.0),
    named("decca-ffrr", "Decca ffrr 78s, 1944 to 1956", 300.0, -5.7, 0.0),
    named("capitol-1942", "Capitol, 1942 to 1953", 400.0, -12.7, 0.0),
    named("autograph", "Autograph (Marsh), 1924 to 1926", 1_000.0, 0.0, 0.0),
    named("ccir-78", "CCIR, 78 rpm", 354.0, -10.5, 0.0),
    named("aes-1951", "AES, 1951", 400.0, -12.3, 0.0),
    named("nab-1942", "NAB transcriptions, 1942", 500.0, -16.0, 0.0),
    named("riaa", "RIAA, from 1954", 500.5, -13.66, 50.05),
];

const fn named(
    name: &'static str,
    what: &'static str,
    turnover_hz: f64,
    roll_off_db: f64,
    shelf_hz: f64,
) -> NamedCurve {
    NamedCurve { name, what, curve: Curve { turnover_hz, roll_off_db, shelf_hz } }
}

/// Turnover, roll-off and shelf.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Curve {
    /// Below it playback raises the bass, in hertz, 50 to 2 000; 0 for none.
    pub turnover_hz: f64,
    /// Treble at 10 kHz in dB, −24 to 0.
    pub roll_off_db: f64,
    /// Below it the bass is level again, in hertz, less than the turnover; 0 for none.
    pub shelf_hz: f64,
}

impl Curve {
    fn check(self) -> Result<(), DspError> {
        if self.turnover_hz != 0.0 {
            in_range("playback-curve: turnover", self.turnover_hz, 50.0, 2_000.0, "Hz")?;
        }
        in_range("playback-curve: roll-off at 10 kHz", self.roll_off_db, -24.0, 0.0, "dB")?;
        if self.shelf_hz != 0.0 {
            in_range("playback-curve: shelf", self.shelf_hz, 10.0, self.turnover_hz, "Hz")?;
        }
        Ok(())
    }

    /// Whether it changes nothing.
    pub fn is_flat(self) -> bool {
        self.turnover_hz <= 0.0 && self.roll_off_db >= 0.0
    }

    /// The analogue response in dB, 0 at 1 kHz.
    pub fn response_at(self, frequency: Hertz) -> Decibels {
        let power = |f: f64| self.bass_power(f) * self.treble_power(f);
        Decibels::from_power(power(frequency.get()) / power(REFERENCE_HZ))
    }

    fn shelf(self) -> f64 {
        if self.shelf_hz > 0.0 { self.shelf_hz } else { NO_SHELF_HZ }
    }

    fn bass_power(self, f: f64) -> f64 {
        if self.turnover_hz <= 0.0 {
            return 1.0;
        }
        (f * f + self.turnover_hz * self.turnover_hz) / (f * f + self.shelf() * self.shelf())
    }

    /// The frequency at which the treble has fallen by 3 dB; none without roll-off.
    fn pole_hz(self) -> Option<f64> {
        let power = Decibels::new(-self.roll_off_db).to_power() - 1.0;
        (power > 0.0).then(|| ROLL_OFF_AT_HZ / power.sqrt())
    }

    fn treble_power(self, f: f64) -> f64 {
        self.pole_hz().map_or(1.0, |pole| 1.0 / (1.0 + (f / pole).powi(2)))
    }

    fn sections(self, rate: SampleRate) -> Vec<MatchedSection> {
        let mut sections = Vec::new();
        if self.turnover_hz > 0.0 {
            sections.extend(MatchedSection::fit(|f| self.bass_power(f), Hertz::new(self.turnover_hz), rate));
        }
        if self.pole_hz().is_some() {
            sections.extend(MatchedSection::fit_pair(|f| self.treble_power(f), rate).into_iter().flatten());
        }
        let reference = Hertz::new(REFERENCE_HZ.min(0.4 * rate.as_f64()));
        let gain: f64 = sections.iter().map(|section| section.magnitude_at(reference, rate)).product();
        if let Some(first) = sections.first_mut() {
            *first = first.scaled(1.0 / gain);
        }
        sections
    }
}

impl fmt::Display for Curve {
    /// The name where it has one, else the numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match CURVES.iter().find(|known| known.curve == *self) {
            Some(known) => f.write_str(known.name),
            None if self.shelf_hz > 0.0 => {
                write!(f, "{},{},{}", self.turnover_hz, self.roll_off_db, self.shelf_hz)
            }
            None => write!(f, "{},{}", self.turnover_hz, self.roll_off_db),
        }
    }
}

impl FromStr for Curve {
    type Err = DspError;

    /// A name of [`CURVES`], or `TURNOVER,ROLLOFF` or `TURNOVER,ROLLOFF,SHELF` in hertz and decibels, such as `500,-13.7,50`.
    fn from_str(text: &str) -> Result<Self, DspError> {
        let text = text.trim();
        if let Some(known) = CURVES.iter().find(|known| known.name == text) {
            return Ok(known.curve);
        }
        let numbers: Option<Vec<f64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
        let curve = match numbers.as_deref() {
            Some([turnover_hz, roll_off_db]) => {
                Self { turnover_hz: *turnover_hz, roll_off_db: *roll_off_db, shelf_hz: 0.0 }
            }
            Some([turnover_hz, roll_off_db, shelf_hz]) => {
                Self { turnover_hz: *turnover_hz, roll_off_db: *roll_off_db, shelf_hz: *shelf_hz }
            }
            _ => {
                let known: Vec<&str> = CURVES.iter().map(|known| known.name).collect();
                return Err(DspError::UnknownCurve { name: text.to_owned(), known: known.join(", ") });
            }
        };
        curve.check()?;
        Ok(curve)
    }
}

impl Serialize for Curve {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Curve {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which curve [`PlaybackCurve`] applies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlaybackCurveSettings {
    /// A name, or `TURNOVER,ROLLOFF[,SHELF]`. Default `flat`.
    pub curve: Curve,
    /// Applies the curve of recording instead, which undoes a playback curve.
    pub inverse: bool,
}

/// Applies a playback curve.
#[derive(Clone, Debug)]
pub struct PlaybackCurve {
    settings: PlaybackCurveSettings,
}

impl PlaybackCurve {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] where a number lies outside its range.
    pub fn new(settings: PlaybackCurveSettings) -> Result<Self, DspError> {
        settings.curve.check()?;
        Ok(Self { settings })
    }
}

impl StageSettings for PlaybackCurveSettings {
    type Stage = PlaybackCurve;

    fn build(&self) -> Result<PlaybackCurve, DspError> {
        PlaybackCurve::new(self.clone())
    }
}

impl Stage for PlaybackCurve {
    fn name(&self) -> &'static str {
        "playback-curve"
    }

    fn is_additive(&self) -> bool {
        false
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let mut report = StageReport::new(self.name());
        let PlaybackCurveSettings { curve, inverse } = self.settings;
        if curve.is_flat() {
            report.summary = "flat: left as it is".to_owned();
            return Ok((signal.clone(), report));
        }
        let rate = signal.sample_rate();
        let sections: Vec<MatchedSection> = curve
            .sections(rate)
            .into_iter()
            .map(|section| if inverse { section.inverse() } else { section })
            .collect();
        let channels = signal
            .channels()
            .par_iter()
            .map(|samples| {
                let mut work: Vec<f64> = samples.iter().map(|x| f64::from(*x)).collect();
                sections.iter().for_each(|section| section.run(&mut work));
                work.into_iter().map(|x| x as f32).collect()
            })
            .collect();
        report.find("turnover", curve.turnover_hz, "Hz");
        report.find("roll_off_at_10_khz", curve.roll_off_db, "dB");
        report.summary = format!(
            "{}{curve}: turnover {} Hz, {} dB at 10 kHz",
            if inverse { "the inverse of " } else { "" },
            curve.turnover_hz,
            curve.roll_off_db
        );
        Ok((Signal::new(rate, channels)?, report))
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::{level, speech, tone};

    use super::*;

    const RATE_HZ: u32 = 44_100;

    fn run(curve: Curve, inverse: bool, samples: Vec<f32>) -> Vec<f32> {
        let signal = Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap();
        let stage = PlaybackCurve::new(PlaybackCurveSettings { curve, inverse }).unwrap();
        stage.process(&signal).unwrap().0.into_channels().remove(0)
    }

    fn gain_db(curve: Curve, frequency_hz: f64) -> f64 {
        let output = run(curve, false, tone::sine(RATE_HZ, frequency_hz, 0.1, RATE_HZ as usize));
        20.0 * (level::amplitude_at(&output[4_410..39_690], RATE_HZ, frequency_hz) / 0.1).log10()
    }

    /// IEC 60098 (RIAA) in dB over 1 kHz.
    #[test]
    fn riaa_is_that_of_the_standard() {
        let riaa: Curve = "riaa".parse().unwrap();
        for (frequency_hz, wanted) in [
            (100.0, 13.09),
            (200.0, 8.22),
            (500.0, 2.65),
            (2_000.0, -2.59),
            (5_000.0, -8.21),
            (10_000.0, -13.73),
        ] {
            let gain = gain_db(riaa, frequency_hz);
            assert!((gain - wanted).abs() < 0.05, "{gain:.2} dB for {wanted} dB at {frequency_hz} Hz");
        }
    }

    #[test]
    fn every_curve_meets_its_formula() {
        for known in CURVES {
            for frequency_hz in [100.0, 300.0, 1_000.0, 3_000.0, 8_000.0, 10_000.0, 14_000.0, 18_000.0] {
                let wanted = known.curve.response_at(Hertz::new(frequency_hz)).get();
                let gain = gain_db(known.curve, frequency_hz);
                assert!(
                    (gain - wanted).abs() < 0.05,
                    "{}: {gain:.3} for {wanted:.2} dB at {frequency_hz} Hz",
                    known.name
                );
            }
        }
    }

    #[test]
    fn the_inverse_is_exact() {
        let speech = speech::speech_like(1, RATE_HZ, 2.0).samples;
        for known in CURVES {
            let back = run(known.curve, true, run(known.curve, false, speech.clone()));
            let snr = level::snr_db(&speech, &back);
            assert!(snr > 100.0, "{}: {snr:.0} dB", known.name);
        }
    }

    #[test]
    fn names_and_numbers_are_read_and_written() {
        for known in CURVES {
            assert_eq!(known.name.parse::<Curve>().unwrap(), known.curve);
        }
        let own: Curve = "500, -10".parse().unwrap();
        assert_eq!(own, Curve { turnover_hz: 500.0, roll_off_db: -10.0, shelf_hz: 0.0 });
        assert_eq!(own.to_string().parse::<Curve>().unwrap(), own);
        for wrong in ["", "colombia", "500", "9000,-3", "500,3", "500,-3,900", "NaN,-3"] {
            assert!(wrong.parse::<Curve>().is_err(), "{wrong}");
        }
        let json = serde_json::to_string(&PlaybackCurveSettings { curve: own, inverse: true }).unwrap();
        assert_eq!(json, r#"{"curve":"500,-10","inverse":true}"#);
        assert_eq!(serde_json::from_str::<PlaybackCurveSettings>(&json).unwrap().curve, own);
    }
}
