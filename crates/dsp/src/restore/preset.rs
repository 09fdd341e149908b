//! Settings that suit a kind of recording.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    DeclickSettings, DecrackleSettings, DehumSettings, GrooveWallsSettings, RestoreSettings, RumbleSettings,
    SpectralGateSettings, ThumpSettings,
};
use crate::DspError;

/// A kind of recording, and the settings to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// A 78 rpm record cut through a horn, to about 1925. Every stage is additive: what was removed can be heard.
    #[default]
    #[serde(rename = "acoustic-78")]
    Acoustic78,
    /// A 78 rpm record cut electrically, from about 1925.
    #[serde(rename = "electric-78")]
    Electric78,
    /// A wax or celluloid cylinder.
    Cylinder,
    /// A microgroove long-playing record.
    Lp,
    /// Speech on any disc: more noise taken.
    Speech,
    /// As little as possible: only what surely is damage.
    Gentle,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 6] =
        [Self::Acoustic78, Self::Electric78, Self::Cylinder, Self::Lp, Self::Speech, Self::Gentle];

    /// The name on the command line, such as `acoustic-78`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acoustic78 => "acoustic-78",
            Self::Electric78 => "electric-78",
            Self::Cylinder => "cylinder",
            Self::Lp => "lp",
            Self::Speech => "speech",
            Self::Gentle => "gentle",
        }
    }

    /// Its settings.
    pub fn settings(self) -> RestoreSettings {
        let gate = |floor_db: f64| Some(SpectralGateSettings { floor_db, ..Default::default() });
        let clicks = RestoreSettings {
            thump: Some(ThumpSettings::default()),
            declick: Some(DeclickSettings::default()),
            ..Default::default()
        };
        // Shellac and wax crackle densely; vinyl ticks singly, and there a dense pass could only harm.
        let crackle = RestoreSettings { decrackle: Some(DecrackleSettings::default()), ..clicks.clone() };
        let rumble = |cutoff_hz: f64| Some(RumbleSettings { cutoff_hz, ..Default::default() });
        let (rumble, spectral_gate, base) = match self {
            // A horn passes next to nothing below 150 Hz.
            Self::Acoustic78 => (rumble(80.0), gate(-34.0), crackle),
            Self::Electric78 => (rumble(30.0), gate(-34.0), crackle),
            // Cylinders hum and hiss more and hold less above 4 kHz.
            Self::Cylinder => (rumble(100.0), gate(-34.0), crackle),
            Self::Lp => (rumble(20.0), gate(-15.0), clicks),
            Self::Speech => (rumble(80.0), gate(-40.0), crackle),
            // A breath against the microphone looks like a thump, and what lies below a voice is the recording's own.
            // Noise 32 dB below the programme is hidden by it.
            Self::Gentle => {
                let gate =
                    SpectralGateSettings { floor_db: -4.0, clean_above_db: 32.0, ..Default::default() };
                (None, Some(gate), RestoreSettings { thump: None, ..clicks })
            }
        };
        let dehum = Some(DehumSettings::default());
        // Every one of these grooves is mono, and a signal of one channel or of true stereo stays as it is.
        let mono_groove = !matches!(self, Self::Lp | Self::Gentle);
        let groove_walls = mono_groove.then(GrooveWallsSettings::default);
        RestoreSettings { groove_walls, rumble, dehum, spectral_gate, ..base }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = DspError;

    fn from_str(text: &str) -> Result<Self, DspError> {
        Self::ALL.into_iter().find(|preset| preset.name() == text.trim()).ok_or_else(|| {
            DspError::UnknownPreset { name: text.to_owned(), known: Self::ALL.map(Self::name).join(", ") }
        })
    }
}
