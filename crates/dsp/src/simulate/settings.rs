//! What kind of disc is simulated. Every level is in decibels over the speech-active level of the programme.

use serde::{Deserialize, Serialize};
use tonearm_audio::SampleRate;

use super::surface::SurfaceSpectrum;
use crate::DspError;

/// Names accepted by [`DiscSettings::preset`], from kindest to hardest.
pub const PRESETS: [&str; 4] = ["clean", "fair", "worn", "hard"];

/// A simulated disc and its transfer.
///
/// ```
/// use tonearm_dsp::simulate::DiscSettings;
/// let worn = DiscSettings { seed: 3, ..DiscSettings::preset("worn").unwrap() };
/// assert!(worn.clicks.per_second > 0.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiscSettings {
    /// The same seed, settings and programme give the same disc.
    pub seed: u64,
    /// Sample rate of the transfer in hertz, 8 000 to 192 000.
    pub transfer_rate_hz: u32,
    /// Whether the transfer is mono or keeps the two groove walls apart.
    pub playback: Playback,
    /// Which way the groove was cut.
    pub cut: Cut,
    /// How the right wall differs from the left, where both are kept.
    pub right_wall: RightWall,
    /// Turns a minute, 16 to 160.
    pub turns_per_minute: f64,
    /// Seconds of surface noise before the programme, 0 to 60.
    pub lead_in_secs: f64,
    /// Seconds of surface noise after the programme, 0 to 60.
    pub run_out_secs: f64,
    /// Where the programme's speech-active level is put, in dBFS, −60 to −6.
    pub speech_level_dbfs: f64,
    /// Peak deviation of the speed once a turn, in percent, 0 to 3: the hole is not in the centre.
    pub wow_percent: f64,
    /// The recording horn.
    pub horn: Horn,
    /// How the stylus follows the groove.
    pub tracing: Tracing,
    /// The continuous noise of the surface.
    pub surface: Surface,
    /// Single clicks: dirt, pits, cracks of the filler.
    pub clicks: Clicks,
    /// Dense small pulses.
    pub crackle: Crackle,
    /// Radial scratches, which tick once a turn.
    pub ticks: Ticks,
    /// Deep cracks, which set the pick-up arm swinging.
    pub thumps: Thumps,
    /// Mains hum of the transfer.
    pub hum: Hum,
}

/// Whether the transfer keeps the two groove walls apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Playback {
    /// One channel.
    Mono,
    /// Two channels, one a wall: the programme in both, the damage of each its own.
    Walls,
}

/// Which way the groove was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// Side to side: the walls carry the programme in phase.
    Lateral,
    /// Up and down, as on cylinders and Pathé discs: the walls carry it in opposite phase.
    Vertical,
}

/// How the right wall's channel differs from the left one's: a pick-up askew, a preamplifier out of balance, a worn wall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RightWall {
    /// How much later it is, in microseconds, −1 000 to 1 000.
    pub late_us: f64,
    /// Its level over the left wall's, programme and damage alike, in decibels, −20 to 20.
    pub gain_db: f64,
    /// Its surface noise over the left wall's, in decibels, −20 to 20.
    pub noise_db: f64,
}

/// The recording horn and diaphragm: a band with resonances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Horn {
    /// Whether the programme is recorded through a horn at all.
    pub enabled: bool,
    /// Lower edge in hertz (12 dB an octave below it: a horn under its cut-off).
    pub low_hz: f64,
    /// Upper edge in hertz (24 dB an octave above it: the diaphragm's mass and the wax).
    pub high_hz: f64,
    /// Resonances of horn and diaphragm.
    pub resonances: Vec<Resonance>,
}

/// A resonance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resonance {
    /// Its frequency in hertz.
    pub frequency_hz: f64,
    /// Its height in decibels over what lies around it.
    pub gain_db: f64,
    /// Its quality: frequency over bandwidth.
    pub quality: f64,
}

/// How a round stylus follows the groove.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tracing {
    /// Radius of the stylus in micrometres, 0 (traces exactly) to 100.
    pub stylus_radius_um: f64,
    /// Groove velocity at the programme's peak in centimetres a second, 1 to 50.
    pub peak_velocity_cm_s: f64,
    /// Distance of the first groove from the centre in millimetres, 40 to 200.
    pub outer_radius_mm: f64,
    /// Distance of the last groove from the centre in millimetres, 40 to 200.
    pub inner_radius_mm: f64,
}

/// The continuous noise of the surface.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Surface {
    /// Speech-active level over the noise, both between 200 and 4 000 Hz, in decibels, −20 to 100.
    pub snr_db: f64,
    /// Shape of its spectrum.
    pub spectrum: SurfaceSpectrum,
    /// Where the transfer begins to roll off (12 dB an octave) in hertz; at or above half the rate it does not.
    pub roll_off_hz: f64,
    /// How far the noise swells and fades once a turn, top to bottom, in decibels, 0 to 20.
    pub swish_db: f64,
}

/// Single clicks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clicks {
    /// Mean clicks a second (on each wall), 0 to 1 000.
    pub per_second: f64,
    /// The least peak, over the speech-active level.
    pub least_peak_db: f64,
    /// Share of clicks above a peak: (peak / least)^−exponent; 0.5 to 10. Small is heavy-tailed.
    pub tail_exponent: f64,
}

/// Dense small pulses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Crackle {
    /// Mean pulses a second (on each wall), 0 to 20 000.
    pub per_second: f64,
    /// Root mean square of their peaks, over the speech-active level.
    pub peak_db: f64,
    /// Whether the truth lists every pulse; by default it only counts them.
    pub listed: bool,
}

/// Radial scratches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ticks {
    /// How many scratches, 0 to 20. Each reaches over at least a third of the side.
    pub scratches: u32,
    /// Their mean peak, over the speech-active level.
    pub peak_db: f64,
}

/// Deep cracks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thumps {
    /// Mean thumps a minute, 0 to 600.
    pub per_minute: f64,
    /// Mean peak of the slow swing, over the speech-active level; the crack that sets it off stands 6 dB higher.
    pub peak_db: f64,
}

/// Mains hum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hum {
    /// Its fundamental in hertz, 10 to 500.
    pub frequency_hz: f64,
    /// Level of the fundamental, over the speech-active level; harmonics fall by 6 dB an octave. Silent at −100 and below.
    pub level_db: f64,
}

impl Default for DiscSettings {
    /// The preset `worn`.
    fn default() -> Self {
        Self {
            seed: 1,
            transfer_rate_hz: 44_100,
            playback: Playback::Mono,
            cut: Cut::Lateral,
            right_wall: RightWall::default(),
            turns_per_minute: 78.0,
            lead_in_secs: 2.0,
            run_out_secs: 2.0,
            speech_level_dbfs: -26.0,
            wow_percent: 0.1,
            horn: Horn::default(),
            tracing: Tracing::default(),
            surface: Surface::default(),
            clicks: Clicks::default(),
            crackle: Crackle::default(),
            ticks: Ticks::default(),
            thumps: Thumps::default(),
            hum: Hum::default(),
        }
    }
}

impl Default for RightWall {
    /// 4 µs are a stylus 2 µm askew on a groove that runs at half a metre a second; the inner wall, which the arm leans on, is
    /// worn a little more.
    fn default() -> Self {
        Self { late_us: 4.0, gain_db: -0.4, noise_db: 1.5 }
    }
}

impl Default for Horn {
    /// 250 to 3 500 Hz. A conical horn resonates near multiples of its fundamental, each less than the one before; the
    /// diaphragm adds a hump near the upper end. Frequencies and heights lie inside the spread that P. Copeland, *Manual of
    /// Analogue Sound Restoration Techniques* (British Library 2008, chapter 12), reports for acoustic recordings.
    fn default() -> Self {
        let resonance = |frequency_hz, gain_db, quality| Resonance { frequency_hz, gain_db, quality };
        Self {
            enabled: true,
            low_hz: 250.0,
            high_hz: 3_500.0,
            resonances: vec![
                resonance(370.0, 6.0, 3.0),
                resonance(740.0, 3.0, 4.0),
                resonance(1_150.0, 2.0, 5.0),
                resonance(2_300.0, 6.0, 3.0),
            ],
        }
    }
}

impl Default for Tracing {
    /// A 65 µm stylus on a 10-inch side: 120 mm at the start, 50 mm at the end.
    fn default() -> Self {
        Self {
            stylus_radius_um: 65.0,
            peak_velocity_cm_s: 10.0,
            outer_radius_mm: 120.0,
            inner_radius_mm: 50.0,
        }
    }
}

impl Default for Surface {
    fn default() -> Self {
        Self { snr_db: 14.0, spectrum: SurfaceSpectrum::Shellac, roll_off_hz: 14_000.0, swish_db: 3.0 }
    }
}

impl Default for Clicks {
    /// The exponent was fitted to a real disc's noise (`fit_surface_noise` in the crate's examples): 35, 23, 17, 5.4 and
    /// 1.4 clicks a second above 6, 8, 10, 20 and 40 times the scale of the noise above 4 kHz.
    fn default() -> Self {
        Self { per_second: 8.0, least_peak_db: -3.0, tail_exponent: 1.7 }
    }
}

impl Default for Crackle {
    fn default() -> Self {
        Self { per_second: 200.0, peak_db: -8.0, listed: false }
    }
}

impl Default for Ticks {
    fn default() -> Self {
        Self { scratches: 1, peak_db: 8.0 }
    }
}

impl Default for Thumps {
    fn default() -> Self {
        Self { per_minute: 2.0, peak_db: 4.0 }
    }
}

impl Default for Hum {
    fn default() -> Self {
        Self { frequency_hz: 50.0, level_db: -30.0 }
    }
}

impl DiscSettings {
    /// A disc by name, one of [`PRESETS`].
    ///
    /// `clean` has the horn alone; `fair` 20 dB of signal over noise and 3 clicks a second; `worn` 14 dB and 8; `hard` 10 dB
    /// and 12 with dense crackle and a deep swish.
    pub fn preset(name: &str) -> Option<Self> {
        let worn = Self::default();
        match name {
            "clean" => Some(Self {
                lead_in_secs: 0.0,
                run_out_secs: 0.0,
                wow_percent: 0.0,
                tracing: Tracing { stylus_radius_um: 0.0, ..worn.tracing },
                surface: Surface { snr_db: 100.0, swish_db: 0.0, ..worn.surface },
                clicks: Clicks { per_second: 0.0, ..worn.clicks },
                crackle: Crackle { per_second: 0.0, ..worn.crackle },
                ticks: Ticks { scratches: 0, ..worn.ticks },
                thumps: Thumps { per_minute: 0.0, ..worn.thumps },
                hum: Hum { level_db: -100.0, ..worn.hum },
                right_wall: RightWall { late_us: 0.0, gain_db: 0.0, noise_db: 0.0 },
                ..worn
            }),
            "fair" => Some(Self {
                surface: Surface { snr_db: 20.0, swish_db: 2.0, ..worn.surface },
                clicks: Clicks { per_second: 3.0, least_peak_db: -8.0, ..worn.clicks },
                crackle: Crackle { per_second: 50.0, peak_db: -14.0, ..worn.crackle },
                ticks: Ticks { peak_db: 4.0, ..worn.ticks },
                thumps: Thumps { per_minute: 0.5, ..worn.thumps },
                hum: Hum { level_db: -40.0, ..worn.hum },
                ..worn
            }),
            "worn" => Some(worn),
            "hard" => Some(Self {
                wow_percent: 0.15,
                surface: Surface { snr_db: 10.0, swish_db: 4.0, ..worn.surface },
                clicks: Clicks { per_second: 12.0, least_peak_db: 0.0, ..worn.clicks },
                crackle: Crackle { per_second: 400.0, peak_db: -4.0, ..worn.crackle },
                ticks: Ticks { scratches: 2, peak_db: 10.0 },
                thumps: Thumps { per_minute: 4.0, peak_db: 6.0 },
                ..worn
            }),
            _ => None,
        }
    }

    /// The transfer's rate.
    ///
    /// # Errors
    /// [`DspError::Setting`] where any setting lies outside its range.
    pub(super) fn validated_rate(&self) -> Result<SampleRate, DspError> {
        let check = |setting, actual: f64, min: f64, max: f64, unit| {
            if (min..=max).contains(&actual) {
                Ok(())
            } else {
                Err(DspError::Setting { setting, actual, min, max, unit })
            }
        };
        check("transfer_rate_hz", f64::from(self.transfer_rate_hz), 8_000.0, 192_000.0, "Hz")?;
        check("turns_per_minute", self.turns_per_minute, 16.0, 160.0, "1/min")?;
        check("lead_in_secs", self.lead_in_secs, 0.0, 60.0, "s")?;
        check("run_out_secs", self.run_out_secs, 0.0, 60.0, "s")?;
        check("speech_level_dbfs", self.speech_level_dbfs, -60.0, -6.0, "dBFS")?;
        check("wow_percent", self.wow_percent, 0.0, 3.0, "%")?;
        let nyquist = f64::from(self.transfer_rate_hz) / 2.0;
        if self.horn.enabled {
            check("horn.low_hz", self.horn.low_hz, 20.0, 0.4 * nyquist, "Hz")?;
            check("horn.high_hz", self.horn.high_hz, self.horn.low_hz, 0.95 * nyquist, "Hz")?;
            for resonance in &self.horn.resonances {
                check("horn.resonances.frequency_hz", resonance.frequency_hz, 20.0, 0.95 * nyquist, "Hz")?;
                check("horn.resonances.gain_db", resonance.gain_db, -30.0, 30.0, "dB")?;
                check("horn.resonances.quality", resonance.quality, 0.1, 100.0, "")?;
            }
        }
        check("tracing.stylus_radius_um", self.tracing.stylus_radius_um, 0.0, 100.0, "µm")?;
        check("tracing.peak_velocity_cm_s", self.tracing.peak_velocity_cm_s, 1.0, 50.0, "cm/s")?;
        check("tracing.outer_radius_mm", self.tracing.outer_radius_mm, 40.0, 200.0, "mm")?;
        check("tracing.inner_radius_mm", self.tracing.inner_radius_mm, 40.0, 200.0, "mm")?;
        check("surface.snr_db", self.surface.snr_db, -20.0, 100.0, "dB")?;
        check("surface.roll_off_hz", self.surface.roll_off_hz, 1_000.0, 1e6, "Hz")?;
        check("surface.swish_db", self.surface.swish_db, 0.0, 20.0, "dB")?;
        check("right_wall.late_us", self.right_wall.late_us, -1_000.0, 1_000.0, "µs")?;
        check("right_wall.gain_db", self.right_wall.gain_db, -20.0, 20.0, "dB")?;
        check("right_wall.noise_db", self.right_wall.noise_db, -20.0, 20.0, "dB")?;
        check("clicks.per_second", self.clicks.per_second, 0.0, 1_000.0, "1/s")?;
        check("clicks.least_peak_db", self.clicks.least_peak_db, -60.0, 40.0, "dB")?;
        check("clicks.tail_exponent", self.clicks.tail_exponent, 0.5, 10.0, "")?;
        check("crackle.per_second", self.crackle.per_second, 0.0, 20_000.0, "1/s")?;
        check("crackle.peak_db", self.crackle.peak_db, -60.0, 40.0, "dB")?;
        check("ticks.scratches", f64::from(self.ticks.scratches), 0.0, 20.0, "")?;
        check("ticks.peak_db", self.ticks.peak_db, -60.0, 40.0, "dB")?;
        check("thumps.per_minute", self.thumps.per_minute, 0.0, 600.0, "1/min")?;
        check("thumps.peak_db", self.thumps.peak_db, -60.0, 40.0, "dB")?;
        check("hum.frequency_hz", self.hum.frequency_hz, 10.0, 500.0, "Hz")?;
        check("hum.level_db", self.hum.level_db, -200.0, 40.0, "dB")?;
        Ok(SampleRate::new(self.transfer_rate_hz)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid() {
        for name in PRESETS {
            assert!(DiscSettings::preset(name).unwrap().validated_rate().is_ok(), "{name}");
        }
        assert!(DiscSettings::preset("new").is_none());
    }

    #[test]
    fn settings_outside_their_range_are_named() {
        let settings = DiscSettings { wow_percent: f64::NAN, ..Default::default() };
        assert!(matches!(settings.validated_rate(), Err(DspError::Setting { setting: "wow_percent", .. })));
    }

    #[test]
    fn what_is_not_written_takes_its_default() {
        let settings: DiscSettings =
            serde_json::from_str(r#"{"seed": 5, "clicks": {"per_second": 1.0}}"#).unwrap();
        assert_eq!(
            settings,
            DiscSettings {
                seed: 5,
                clicks: Clicks { per_second: 1.0, ..Default::default() },
                ..Default::default()
            }
        );
        assert!(serde_json::from_str::<DiscSettings>(r#"{"sede": 5}"#).is_err());
    }
}
