//! Which preset suits a recording, and why.

use serde::Serialize;

use super::Inspection;
use crate::restore::Preset;

/// A preset with the reasons for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Proposal {
    /// The preset.
    pub preset: Preset,
    /// One sentence a reason.
    pub reasons: Vec<String>,
}

/// Fewer clicks than this a second and less noise than [`QUIET_DB`]: no shellac disc.
const CLEAN_CLICKS_PER_SECOND: f64 = 0.2;
pub(super) const QUIET_DB: f64 = 40.0;
/// Acoustic recordings reach to about 4 kHz, electrical ones to 6 kHz and more.
const ACOUSTIC_BANDWIDTH_HZ: f64 = 4_500.0;
const SHELLAC_BANDWIDTH_HZ: f64 = 9_000.0;

const NO_PAUSE: &str = "The noise is heard alone at no moment, so programme may be taken for it: \
    if too much is lost, give a moment of noise with --noise-print START..END, or take --preset gentle.";

pub(super) fn propose(inspection: &Inspection) -> Proposal {
    let contrast = inspection.programme_over_noise_db;
    let mut reasons = Vec::new();
    if let Some(contrast) = contrast {
        reasons.push(format!("The programme stands {contrast:.0} dB over the noise."));
    } else {
        reasons.push("No programme stands out of the noise.".to_owned());
    }
    reasons.push(format!("{:.1} clicks a second were found.", inspection.clicks_per_second));
    if let Some(bandwidth) = inspection.bandwidth_hz {
        reasons.push(format!("The programme reaches up to about {:.1} kHz.", bandwidth / 1_000.0));
    }
    if let Some(turns) = inspection.turns_per_minute {
        reasons.push(format!("A scratch ticks once a turn, {turns:.1} times a minute."));
    }
    if let Some(hum) = &inspection.hum {
        reasons.push(format!("It hums at {:.1} Hz.", hum.fundamental_hz));
    }
    if inspection.walls.is_some_and(|walls| walls.mono_groove && !walls.identical) {
        reasons.push("Its channels are two views of one groove.".to_owned());
    }
    let stereo = inspection.walls.is_some_and(|walls| !walls.mono_groove);
    let bandwidth = inspection.bandwidth_hz.unwrap_or(ACOUSTIC_BANDWIDTH_HZ);
    let clean =
        inspection.clicks_per_second < CLEAN_CLICKS_PER_SECOND && contrast.is_some_and(|db| db > QUIET_DB);
    let vertical = inspection.walls.is_some_and(|walls| walls.likely_vertical_cut);
    let preset = if clean {
        reasons.push("It is nearly clean, so as little as possible should be done.".to_owned());
        Preset::Gentle
    } else if vertical {
        reasons.push("The walls move against one another: a vertical cut, as on cylinders.".to_owned());
        Preset::Cylinder
    } else if stereo {
        reasons.push("Its channels differ as stereo does, which no 78 is.".to_owned());
        Preset::Lp
    } else if bandwidth > SHELLAC_BANDWIDTH_HZ && contrast.is_some_and(|db| db > QUIET_DB - 10.0) {
        reasons.push("So wide a band over so little noise is a long-playing record's.".to_owned());
        Preset::Lp
    } else if bandwidth > ACOUSTIC_BANDWIDTH_HZ {
        reasons.push("A horn does not reach so high: an electrical recording.".to_owned());
        Preset::Electric78
    } else {
        reasons.push("The band is a horn's.".to_owned());
        Preset::Acoustic78
    };
    if inspection.noise_may_hold_programme && preset != Preset::Gentle {
        reasons.push(NO_PAUSE.to_owned());
    }
    Proposal { preset, reasons }
}
