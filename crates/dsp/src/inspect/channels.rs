//! The two groove walls of a stereo transfer.

use serde::Serialize;
use tonearm_audio::Signal;

use crate::restore::compare_walls;
use crate::{DspError, level};

/// How the two channels of a stereo transfer compare.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Walls {
    /// Level of the left channel over the right.
    pub balance_db: f64,
    /// Correlation of the two where programme is, 300 to 3 500 Hz, −1 to 1.
    pub correlation: f64,
    /// How much later the right channel is.
    pub right_late_us: f64,
    /// The channels are two views of one mono groove.
    pub mono_groove: bool,
    /// The walls move against one another: the groove was cut up and down, as on Pathé discs and cylinders.
    pub likely_vertical_cut: bool,
    /// Both channels are the same samples: mono in two channels.
    pub identical: bool,
}

pub(super) fn walls(signal: &Signal) -> Result<Option<Walls>, DspError> {
    let [left, right] = signal.channels() else { return Ok(None) };
    let rate = signal.sample_rate();
    let (left_rms, right_rms) = (level::rms(left), level::rms(right));
    if left_rms <= 0.0 || right_rms <= 0.0 {
        return Ok(None);
    }
    let identical = left == right;
    Ok(compare_walls(left, right, rate)?.map(|found| Walls {
        balance_db: if identical { 0.0 } else { level::dbfs(found.gain).get() },
        correlation: found.correlation,
        right_late_us: found.delay_samples / rate.as_f64() * 1e6,
        mono_groove: found.is_mono_groove(),
        likely_vertical_cut: found.is_vertical_cut(),
        identical,
    }))
}

/// One channel that holds the programme: the mean, or half the difference where the walls move against one another.
pub(super) fn programme(signal: &Signal, walls: Option<Walls>) -> Vec<f32> {
    match signal.channels() {
        [left, right] if walls.is_some_and(|walls| walls.likely_vertical_cut) => {
            left.iter().zip(right).map(|(l, r)| 0.5 * (l - r)).collect()
        }
        _ => signal.downmix(),
    }
}
