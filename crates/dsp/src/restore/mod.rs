//! Restoration: whole-file stages and the chain that runs them. Primitives of this crate never import this module.

mod between_notes;
mod chain;
mod crackle_pitch;
mod declick;
mod decrackle;
mod dehum;
mod each_channel;
mod groove_extent;
mod groove_walls;
mod heard;
mod loudness;
mod mean_power;
mod narrow_band;
mod noise_apart;
mod noise_bands;
mod noise_course;
mod noise_floor;
mod noise_parts;
mod noise_print;
mod noise_profile;
mod noise_share;
mod noise_steps;
mod offset;
mod playback_curve;
mod preset;
mod pulse_bank;
mod pulse_fit;
mod pulse_form;
mod rumble;
mod settings;
mod spectral_gate;
mod stage;
mod swish;
mod thump;
mod ticks;
mod whitened;

pub use chain::{Chain, Restored};
pub use declick::{Declick, DeclickSettings, Detection, Evidence, detect, look_names};
pub use decrackle::{Decrackle, DecrackleSettings};
pub use dehum::{Dehum, DehumSettings, Hum, find_hum};
pub use groove_walls::{GrooveCut, GrooveWalls, GrooveWallsSettings, WallMatch, compare_walls};
pub use loudness::{Loudness, LoudnessMeasurement, LoudnessSettings};
pub use noise_print::NoisePrint;
pub use noise_profile::NoiseProfile;
pub use playback_curve::{CURVES, Curve, NO_SHELF_HZ, NamedCurve, PlaybackCurve, PlaybackCurveSettings};
pub use preset::Preset;
pub use rumble::{Rumble, RumbleSettings};
pub use settings::RestoreSettings;
pub use spectral_gate::{GateMode, SpectralGate, SpectralGateSettings};
pub use stage::{Finding, Repair, Stage, StageReport, StageSettings};
pub use thump::{Thump, ThumpSettings};
pub use ticks::{TickPeriod, find_period};

/// Checks that a setting lies in `min..=max` (which NaN never does).
pub(crate) fn in_range(
    setting: &'static str,
    actual: f64,
    min: f64,
    max: f64,
    unit: &'static str,
) -> Result<(), crate::DspError> {
    if (min..=max).contains(&actual) {
        Ok(())
    } else {
        Err(crate::DspError::Setting { setting, actual, min, max, unit })
    }
}

/// A setting times `factor`, to a millionth: settings are printed and read again.
pub(crate) fn scaled(setting: f64, factor: f64) -> f64 {
    (1e6 * setting * factor).round() / 1e6
}
