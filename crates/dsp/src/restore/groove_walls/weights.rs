//! Inverse-variance weights: how much of each wall, in every band at every moment.
//!
//! With the programme `s` in both walls and independent noise on each, `E|L|² − Re E[L·R*]` is the noise power of the left
//! wall and `E|R|² − Re E[L·R*]` that of the right; the weight of the left wall is the right one's share of both, which is
//! also the combination of least energy that leaves the programme as it is (Capon's minimum-variance beamformer with two
//! sensors: Van Trees, *Optimum Array Processing* (2002), §6.2). Noise that moves the walls against one another, as rumble
//! does, falls out of the same formula. Expectations are means over some seconds and a band, in which every cell counts
//! with the inverse square of its power: pauses tell of the noise, loud programme would only blur it. What is left of the noise is
//! known too, and lowered after the sum ([`super::postfilter`]).
//!
//! | symbol | here |
//! |---|---|
//! | L, R | spectra of both walls, the right one matched to the left |
//! | w | `weights`, the left wall's share; the right one has `1 − w` |

use ndarray::{Array2, ArrayView2, Axis, Zip};
use rustfft::num_complex::Complex32;
use tonearm_audio::{Centering, FrameGrid, SampleRate};

use super::postfilter::{Powers, gain};
use crate::{DspError, OverlapAdd, Stft, Window};

/// So long that rumble stays in bands of its own: it differs from wall to wall, and where weights differ from bin to bin a shorter frame's side lobes
/// carry it into the programme. The weights move over seconds.
const FRAME_SECS: f64 = 0.093;
/// Bands in which one weight holds, each a third of an octave or [`LEAST_BAND_BINS`] wide.
const LEAST_BAND_BINS: usize = 6;
const BAND_RATIO: f64 = 1.26;
/// The means fall off over this many seconds on each side.
const REACH_SECS: f64 = 1.5;
/// An even weight counts as much as this many seconds of evidence.
const PRIOR_SECS: f64 = 0.1;
/// Frames that are worked on at a time: memory stays flat on a long side.
const FRAMES_AT_ONCE: usize = 512;

/// What the statistics of one band of one frame are.
#[derive(Clone, Copy, Debug, Default)]
struct Evidence {
    /// Noise of the left wall, weighted.
    left: f64,
    /// Noise of the right wall, weighted.
    right: f64,
    /// The weights of both.
    weight: f64,
    /// Powers as they are.
    powers: Powers,
}

impl Evidence {
    /// Takes in what lies further on: what was known so far counts by `keep` of itself.
    fn absorb(&mut self, new: &Self, keep: f64) {
        self.left = keep * self.left + new.left;
        self.right = keep * self.right + new.right;
        self.weight = keep * self.weight + new.weight;
        self.powers = self.powers.times(keep).plus(new.powers);
    }
}

/// What is done with one band of one frame.
#[derive(Clone, Copy, Debug)]
struct Mix {
    /// The share of the left wall.
    weight: f32,
    /// What the sum is multiplied by.
    gain: f32,
}

/// Both walls combined, and the mean weight of the left one over time and bands. What the walls do not share is lowered to
/// `least_gain` at most.
pub(super) fn combine(
    left: &[f32],
    right: &[f32],
    rate: SampleRate,
    least_gain: f64,
) -> Result<(Vec<f32>, f64), DspError> {
    let frame_len = rate.samples_in(FRAME_SECS).next_power_of_two().max(64);
    let grid = FrameGrid::new(rate, frame_len, frame_len / 2, Centering::Centered);
    let stft = Stft::new(grid, Window::SqrtHann)?;
    let bands = bands(0..stft.bins());
    let count = grid.frame_count(left.len());
    let blocks = (0..count).step_by(FRAMES_AT_ONCE).map(|first| first..(first + FRAMES_AT_ONCE).min(count));

    let mut evidence = vec![vec![Evidence::default(); bands.len()]; count];
    for block in blocks.clone() {
        let (l, r) = (stft.analyze_frames(left, block.clone()), stft.analyze_frames(right, block.clone()));
        for (row, frame) in block.enumerate() {
            for (band, bins) in bands.iter().enumerate() {
                evidence[frame][band] = gather(l.values.view(), r.values.view(), row, bins.clone());
            }
        }
    }
    let hop_secs = grid.hop_duration().get();
    let mixes = mixes(&evidence, bands.len(), hop_secs, least_gain);

    let mut sum = OverlapAdd::new(&stft, left.len());
    for block in blocks {
        let mut l = stft.analyze_frames(left, block.clone());
        let r = stft.analyze_frames(right, block.clone());
        for (row, frame) in block.clone().enumerate() {
            let per_bin = spread(mixes.row(frame).as_slice().unwrap_or(&[]), &bands, stft.bins());
            Zip::from(l.values.row_mut(row)).and(r.values.row(row)).and(&per_bin).for_each(|l, r, mix| {
                *l = (*l * mix.weight + *r * (1.0 - mix.weight)) * mix.gain;
            });
        }
        sum.add(block.start, l.values.view());
    }
    let mean = mixes.iter().map(|mix| f64::from(mix.weight)).sum::<f64>() / mixes.len().max(1) as f64;
    Ok((sum.finish(), mean))
}

/// The bins in bands that widen with frequency.
pub(super) fn bands(bins: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
    let mut bands = Vec::new();
    let mut start = bins.start;
    while start < bins.end {
        let end = (start + LEAST_BAND_BINS).max((start as f64 * BAND_RATIO) as usize).min(bins.end);
        bands.push(start..end);
        start = end;
    }
    bands
}

fn gather(
    left: ArrayView2<Complex32>,
    right: ArrayView2<Complex32>,
    row: usize,
    bins: std::ops::Range<usize>,
) -> Evidence {
    let (mut l, mut r, mut cross) = (0.0, 0.0, 0.0);
    for bin in bins {
        let (a, b) = (left[[row, bin]], right[[row, bin]]);
        l += f64::from(a.norm_sqr());
        r += f64::from(b.norm_sqr());
        cross += f64::from((a * b.conj()).re);
    }
    let power = l + r;
    if power <= 0.0 {
        return Evidence::default();
    }
    let weight = 1.0 / (power * power);
    let powers = Powers { left: l, right: r, shared: cross };
    Evidence { left: weight * (l - cross), right: weight * (r - cross), weight, powers }
}

/// What is done in each band, `[frames, bands]`: evidence averaged in both directions of time.
fn mixes(evidence: &[Vec<Evidence>], bands: usize, hop_secs: f64, least_gain: f64) -> Array2<Mix> {
    let keep = (-hop_secs / REACH_SECS).exp();
    let mut mixes = Array2::from_elem((evidence.len(), bands), Mix { weight: 0.5, gain: 1.0 });
    for (band, mut column) in mixes.axis_iter_mut(Axis(1)).enumerate() {
        let mut sums = vec![Evidence::default(); evidence.len()];
        let mut memory = Evidence::default();
        for (sum, frame) in sums.iter_mut().zip(evidence) {
            memory.absorb(&frame[band], keep);
            *sum = memory;
        }
        memory = Evidence::default();
        for (sum, frame) in sums.iter_mut().zip(evidence).rev() {
            sum.absorb(&memory, 1.0);
            memory.absorb(&frame[band], keep);
        }
        for (mix, sum) in column.iter_mut().zip(&sums) {
            let weight = left_share(sum);
            *mix = Mix { weight: weight as f32, gain: gain(sum.powers, weight, least_gain) as f32 };
        }
    }
    mixes
}

/// The share of the left wall in which the noise of the sum is least.
fn left_share(sum: &Evidence) -> f64 {
    let noise = sum.left + sum.right;
    // Means of what the cells weigh; negative where the programme's own chance outweighs the noise.
    if noise <= 0.0 {
        return 0.5;
    }
    let prior = PRIOR_SECS / REACH_SECS * noise;
    ((sum.right + 0.5 * prior) / (noise + prior)).clamp(0.0, 1.0)
}

/// One mix a bin, in straight lines between the bands' centres.
fn spread(mixes: &[Mix], bands: &[std::ops::Range<usize>], bins: usize) -> ndarray::Array1<Mix> {
    let centre = |band: usize| 0.5 * (bands[band].start + bands[band].end) as f32;
    let mut band = 0;
    (0..bins)
        .map(|bin| {
            let place = bin as f32 + 0.5;
            while band + 1 < bands.len() && place > centre(band + 1) {
                band += 1;
            }
            if band + 1 >= bands.len() || place <= centre(band) {
                return mixes[band];
            }
            let share = (place - centre(band)) / (centre(band + 1) - centre(band));
            let (low, high) = (mixes[band], mixes[band + 1]);
            Mix {
                weight: low.weight + share * (high.weight - low.weight),
                gain: low.gain + share * (high.gain - low.gain),
            }
        })
        .collect()
}
