//! Restoration: whole-file stages and the chain that runs them. Primitives of this crate never import this module.

mod chain;
mod declick;
mod decrackle;
mod local_scale;
mod rumble;
mod stage;

pub use chain::{Chain, Restored};
pub use declick::{Declick, DeclickSettings, Detection, Evidence, detect};
pub use decrackle::{Decrackle, DecrackleSettings};
pub use rumble::{Rumble, RumbleSettings};
pub use stage::{Finding, Repair, Stage, StageReport};

/// Checks that a setting lies in `min..=max` (which NaN never does).
pub(crate) fn in_range(
    setting: &'static str,
    actual: f64,
    min: f64,
    max: f64,
    unit: &'static str,
) -> Result<(), crate::DspError> {
    if (min..=max).contains(&actual) { Ok(()) } else { Err(crate::DspError::Setting { setting, actual, min, max, unit }) }
}
