//! Channels that a stage works on each by itself.

use rayon::prelude::*;
use tonearm_audio::Signal;

use crate::DspError;

/// So many samples of all channels are worked on side by side, some 95 s in stereo at 44.1 kHz. A stage may need ten times the memory of what it
/// works on: of longer recordings one channel has to wait for the other, which divides its own work among the threads.
const SIDE_BY_SIDE: usize = 1 << 23;

/// What `work` makes of each channel, in their order.
pub(super) fn each_channel<T: Send>(
    signal: &Signal,
    work: impl Fn(&[f32]) -> Result<T, DspError> + Sync,
) -> Result<Vec<T>, DspError> {
    if signal.len() * signal.channel_count() <= SIDE_BY_SIDE {
        signal.channels().par_iter().map(|samples| work(samples)).collect()
    } else {
        signal.channels().iter().map(|samples| work(samples)).collect()
    }
}
