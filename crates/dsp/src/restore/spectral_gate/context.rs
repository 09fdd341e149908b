//! What the second gain is told of whole frames: who sounds now, and what has sounded in the last second and will in the next.
//!
//! A look at a cell and its neighbours cannot tell a weak consonant from a swell of the noise. Whole frames can: speech has envelopes, and
//! goes on as speech does. So each frame is gathered into [`GROUPS`] groups of bands, and a small network over frames, future ones as well as
//! past, says [`SAYS`] numbers of every group, which stand among the second gain's looks. What the numbers mean was learned together with
//! the gain (`crates/dsp/gain/context.py`).
//!
//! The network is one of dilated convolutions (S. Bai, J. Z. Kolter and V. Koltun, "An empirical evaluation of generic convolutional and
//! recurrent networks for sequence modeling", 2018, section 3; channels apart from taps as in A. G. Howard et al., "MobileNets", 2017,
//! section 3.1), without recursion: it needs nothing but the frames around, so that segments of a side give the same bits as the
//! whole.
//!
//! Shapes: [`FRAME_LOOKS`] numbers of a frame → [`WIDTH`] sums → a block for each of [`DILATIONS`] → [`GROUPS`] × [`SAYS`]. Beyond the ends
//! stands the frame at the end. About 54 000 products a frame, a fiftieth of what the second gain takes.

use ndarray::{Array2, ArrayView1, Axis, Slice};

use super::evidence::Evidence;
use super::learned::Layer;

/// First bands of the groups, never fewer than three bins each, and one past the last: up to 8 kHz, so that nearly every sample rate has them
/// all. Beyond stands what is said of the last group.
const GROUP_EDGES: [usize; GROUPS + 1] = [
    0, 3, 6, 9, 12, 15, 18, 21, 25, 29, 34, 39, 45, 52, 60, 69, 79, 90, 102, 116, 132, 141, 151, 162, 174,
    187, 200, 213, 225,
];
const GROUPS: usize = 28;
/// Of each group the mean in noise, in what the first gain keeps, and of `Ever`; and of both the frame's `Pitch`.
const FRAME_LOOKS: usize = 3 * GROUPS + 2;
/// Sums of a frame.
const WIDTH: usize = 80;
/// Frames between the taps of each block, and the taps: 62 frames each way, 0.7 s.
const DILATIONS: [usize; 5] = [1, 2, 4, 8, 16];
const TAPS: usize = 5;
const REACH: usize = (TAPS / 2) * 31;
/// Numbers said of each group.
pub(super) const SAYS: usize = 6;

/// The network over frames.
pub(super) struct Context {
    first: Layer,
    blocks: Vec<Block>,
    last: Layer,
}

/// Looks along the frames in each sum by itself, then mixes the sums.
struct Block {
    dilation: usize,
    /// `taps: [TAPS, WIDTH]`.
    along: Layer,
    mix: Layer,
}

/// What the context says of a stretch of frames.
pub(super) struct Said {
    /// `[frames, GROUPS × SAYS]`.
    of_groups: Array2<f32>,
    /// Of every band the group whose middle lies at or below its own, and how far it is to the next one's.
    places: Vec<(usize, f32)>,
}

impl Block {
    /// From sums `[WIDTH, frames]` those without the frames at the ends, whose neighbours are not there.
    fn apply(&self, sums: &Array2<f32>) -> Array2<f32> {
        let frames = sums.ncols() - (TAPS - 1) * self.dilation;
        let mut seen = Array2::zeros((WIDTH, frames));
        seen += &self.along.bias;
        for (tap, weights) in self.along.kernel.rows().into_iter().enumerate() {
            let from =
                sums.slice_axis(Axis(1), Slice::from(tap * self.dilation..tap * self.dilation + frames));
            for ((mut seen, from), weight) in seen.rows_mut().into_iter().zip(from.rows()).zip(weights) {
                seen.scaled_add(*weight, &from);
            }
        }
        seen.mapv_inplace(|sum| sum.max(0.0));
        let middle = (TAPS / 2) * self.dilation;
        self.mix.apply(seen.view()) + sums.slice_axis(Axis(1), Slice::from(middle..middle + frames))
    }
}

impl Context {
    pub(super) fn read(values: &mut impl Iterator<Item = f32>) -> Self {
        let first = Layer::read(values, FRAME_LOOKS, WIDTH);
        let mut block = |dilation| Block {
            dilation,
            along: Layer::read(values, TAPS, WIDTH),
            mix: Layer::read(values, WIDTH, WIDTH),
        };
        let blocks = DILATIONS.map(&mut block).into();
        Self { first, blocks, last: Layer::read(values, WIDTH, GROUPS * SAYS) }
    }

    /// What is said of the frames of this evidence, in noise and in what the first gain keeps.
    pub(super) fn said(&self, in_noise: &Evidence, in_kept: &Evidence) -> Said {
        let looks = frame_looks(in_noise, in_kept);
        let mut sums = self.first.rectified(looks.view());
        for block in &self.blocks {
            sums = block.apply(&sums);
        }
        sums.mapv_inplace(|sum| sum.max(0.0));
        let of_groups = self.last.apply(sums.view()).t().as_standard_layout().into_owned();
        Said { of_groups, places: places(in_noise.shape().1) }
    }
}

impl Said {
    /// Writes each number said of `N` bands of a frame, the first of them `first_band`; beyond the last band stands what is said of it.
    pub(super) fn write<'a, const N: usize>(
        &self,
        frame: usize,
        first_band: usize,
        looks: &mut impl Iterator<Item = &'a mut [f32; N]>,
    ) {
        let said = self.of_groups.row(frame);
        let last = self.places.len() - 1;
        for (number, look) in looks.take(SAYS).enumerate() {
            for (index, value) in look.iter_mut().enumerate() {
                let (group, part) = self.places[(first_band + index).min(last)];
                let (below, above) = (said[group * SAYS + number], said[(group + 1) * SAYS + number]);
                *value = below + part * (above - below);
            }
        }
    }
}

/// Where every band lies between the middles of the groups.
fn places(bands: usize) -> Vec<(usize, f32)> {
    let middle = |group: usize| 0.5 * (GROUP_EDGES[group] + GROUP_EDGES[group + 1] - 1) as f32;
    let place = |band: usize| {
        let group = (1..GROUPS - 1).rev().find(|group| middle(*group) <= band as f32).unwrap_or(0);
        let part = (band as f32 - middle(group)) / (middle(group + 1) - middle(group));
        (group, part.clamp(0.0, 1.0))
    };
    (0..bands).map(place).collect()
}

/// The numbers of whole frames, `[FRAME_LOOKS, REACH + frames + REACH]`.
fn frame_looks(in_noise: &Evidence, in_kept: &Evidence) -> Array2<f32> {
    let frames = in_noise.shape().0;
    let mut looks = Array2::zeros((FRAME_LOOKS, frames + 2 * REACH));
    for (at, mut looks) in looks.columns_mut().into_iter().enumerate() {
        let frame = at.saturating_sub(REACH).min(frames - 1);
        let here = [in_noise, in_kept].map(|evidence| evidence.here().row(frame));
        let rows = here.into_iter().chain([ArrayView1::from(in_noise.ever())]);
        for (row, mut looks) in rows.zip(looks.axis_chunks_iter_mut(Axis(0), GROUPS)) {
            group_means(row, looks.iter_mut());
        }
        looks[FRAME_LOOKS - 2] = in_noise.pitch()[frame];
        looks[FRAME_LOOKS - 1] = in_kept.pitch()[frame];
    }
    looks
}

/// The mean over the bands of each group in one frame; the last band stands for those beyond it.
fn group_means<'a>(row: ArrayView1<f32>, means: impl Iterator<Item = &'a mut f32>) {
    for (mean, edges) in means.zip(GROUP_EDGES.windows(2)) {
        let sum: f32 = (edges[0]..edges[1]).map(|band| row[band.min(row.len() - 1)]).sum();
        *mean = sum / (edges[1] - edges[0]) as f32;
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn evidence(frames: usize, bands: usize) -> Evidence {
        let power = Array2::from_shape_fn((frames, bands), |(f, b)| ((f * 31 + b * 17) % 23) as f32 + 0.5);
        Evidence::new(&power, &vec![2.0; bands], &vec![3.0; bands])
    }

    #[test]
    fn a_block_sees_taps_as_far_apart_as_its_dilation() {
        let mut kernel = Array2::zeros((TAPS, WIDTH));
        kernel.row_mut(0).fill(1.0);
        kernel.row_mut(TAPS - 1).fill(10.0);
        let along = Layer { kernel, bias: Array2::from_elem((WIDTH, 1), 0.25) };
        let mix = Layer { kernel: Array2::eye(WIDTH), bias: Array2::zeros((WIDTH, 1)) };
        let block = Block { dilation: 2, along, mix };
        let sums = Array2::from_shape_fn((WIDTH, 11), |(_, frame)| frame as f32);
        // 0.25 + sums[f] + 10 sums[f + 8], and sums[f + 4] which goes past.
        assert_eq!(block.apply(&sums).row(7), array![84.25, 96.25, 108.25]);
    }

    #[test]
    fn bands_between_two_groups_hear_both() {
        let mut of_groups = Array2::zeros((1, GROUPS * SAYS));
        for group in 0..GROUPS {
            of_groups[[0, group * SAYS + 1]] = group as f32;
        }
        let said = Said { of_groups, places: places(400) };
        let mut looks = [[f32::NAN; 400]; SAYS];
        said.write(0, 0, &mut looks.iter_mut());
        // Middles: bands 1, 4 and so on; the last 218.5.
        assert_eq!(looks[1][..5], [0.0, 0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
        assert!((looks[1][399] - 27.0).abs() < 1e-6 && looks[0].iter().all(|said| said.abs() < 1e-9));
    }

    #[test]
    fn a_frame_is_looked_at_as_a_whole_and_the_ends_stand_for_what_is_beyond() {
        for bands in [150, 321, 400] {
            let (noise, kept) =
                (evidence(9, bands), evidence(9, bands).after(&Array2::from_elem((9, bands), 0.5)));
            let looks = frame_looks(&noise, &kept);
            assert_eq!(looks.dim(), (FRAME_LOOKS, 9 + 2 * REACH));
            let three = |frame: usize| (12..15).map(|band| kept.here()[[frame, band]]).sum::<f32>() / 3.0;
            for (at, frame) in [(0, 0), (REACH, 0), (REACH + 5, 5), (REACH + 8, 8), (2 * REACH + 8, 8)] {
                assert!((looks[[GROUPS + 4, at]] - three(frame)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn frames_farther_away_than_the_reach_change_nothing() {
        let mut seed = 1u32;
        let mut weights = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 25) as f32 - 0.2
        });
        let context = Context::read(&mut weights);
        let power = |other: usize| {
            Array2::from_shape_fn((200, 321), |(f, b)| {
                ((f * 31 + b * 17) % 23) as f32 + if f == other { 50.0 } else { 0.5 }
            })
        };
        let said = |other| {
            let evidence = Evidence::new(&power(other), &[2.0; 321], &[3.0; 321]);
            context.said(&evidence, &evidence.after(&Array2::ones((200, 321)))).of_groups
        };
        let (one, two) = (said(10), said(999));
        let differs = |frame: usize| one.row(frame) != two.row(frame);
        assert!(differs(10) && differs(10 + REACH) && !differs(12 + REACH));
    }
}
