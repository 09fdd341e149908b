//! The two groove walls of a stereo transfer.

use serde::Serialize;
use tonearm_audio::Signal;

use crate::level;

/// How the two channels of a stereo transfer of a mono groove compare.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Walls {
    /// Level of the left channel over the right.
    pub balance_db: f64,
    /// Correlation of the two, −1 to 1.
    pub correlation: f64,
    /// The walls move against one another: the groove was cut up and down, as on Pathé discs and cylinders.
    pub likely_vertical_cut: bool,
    /// Both channels are the same samples: mono in two channels.
    pub identical: bool,
}

/// Below this correlation the groove was cut vertically; surface noise alone gives values near 0.
const VERTICAL_CORRELATION: f64 = -0.3;

pub(super) fn walls(signal: &Signal) -> Option<Walls> {
    let [left, right] = signal.channels() else { return None };
    let (left_rms, right_rms) = (level::rms(left), level::rms(right));
    if left_rms <= 0.0 || right_rms <= 0.0 {
        return None;
    }
    let product: f64 = left.iter().zip(right).map(|(l, r)| f64::from(*l) * f64::from(*r)).sum();
    let correlation = product / left.len() as f64 / (left_rms * right_rms);
    Some(Walls {
        balance_db: 20.0 * (left_rms / right_rms).log10(),
        correlation,
        likely_vertical_cut: correlation < VERTICAL_CORRELATION,
        identical: left == right,
    })
}
