//! Evidence above the programme: a click is broadband, an old recording's programme is not.
//!
//! A zero-phase high-pass above the programme's edge leaves noise and clicks; what stands above the robust local scale of
//! that band is damage. Zero phase keeps the burst centred on the click, so that its span can be read off.

use tonearm_audio::{Hertz, SampleRate};

use crate::DspError;
use crate::filter::Butterworth;
use crate::restore::local_scale::LocalScale;

/// Order of the high-pass in each direction.
const ORDER: usize = 6;
/// The block in which the scale is measured, in seconds.
const BLOCK_SECS: f64 = 0.010;
/// Blocks on each side that the running median takes in: 90 ms in all.
const REACH_BLOCKS: usize = 4;
/// The band must keep at least this share of the frequencies below half the rate to be of use.
const LEAST_BAND: f64 = 0.2;

/// The cutoff used for a programme that ends at `edge_hz`; none where the rate leaves no band above it.
pub(super) fn cutoff(edge_hz: f64, rate: SampleRate) -> Option<Hertz> {
    let cutoff = edge_hz + 1_000.0;
    (cutoff <= (1.0 - LEAST_BAND) * rate.nyquist().get()).then_some(Hertz::new(cutoff))
}

/// How far each sample of the band above `cutoff` stands above the band's local scale, in multiples of that scale.
pub(super) fn scores(
    samples: &[f32],
    rate: SampleRate,
    cutoff: Hertz,
    floor: f32,
) -> Result<Vec<f32>, DspError> {
    let mut band = Butterworth::high_pass(ORDER, cutoff, rate)?.zero_phase(samples);
    let scale = LocalScale::measure(&band, rate.samples_in(BLOCK_SECS), REACH_BLOCKS);
    for (index, x) in band.iter_mut().enumerate() {
        *x = x.abs() / scale.at(index).max(floor);
    }
    Ok(band)
}
