//! Which cells the second gain is asked about: those that the gains before and after leave open.
//!
//! Half of the cells of a worn side are noise that no floor lets through, and they lie together, in pauses and above the programme's band. So
//! every [`STRIDE`]th frame is asked whole. Then the frame halfway between two whose gains are known is asked where one of them holds
//! programme, or where the first gain sees some that is shorter; elsewhere it gets their mean. Then the frames halfway between those, until all
//! are known. Bands are asked in blocks: one open cell opens all of its block.
//!
//! What is lost is what rises and falls again between two frames and escapes the first gain too.

use std::ops::Range;

use ndarray::ArrayView2;

use super::cells::{BLOCK, Cells};

/// Frames from one that is asked whole to the next, 93 ms at frames of 46 ms. A power of two.
pub(super) const STRIDE: usize = 8;
/// A gain below which there is no programme, as the network has it: with the gate's mildness −34 dB.
const QUIET: f32 = 0.01;
/// A first gain that is reason enough to ask, whatever lies before and after: −10 dB.
const SEEN: f32 = 0.3;

/// The frames whose gains must be found for those of `frames`, which begin with one that is asked whole: up to the next such frame, if there
/// are `all` that many.
pub(super) fn reach(frames: &Range<usize>, all: usize) -> Range<usize> {
    let end = frames.start + frames.len().next_multiple_of(STRIDE) + 1;
    frames.start..end.min(all)
}

/// Finds the gains of all of `frames`, as [`reach`] gives them. `first_gains` are those of every frame, `[frames, bands]`.
pub(super) fn find(cells: &mut Cells, frames: Range<usize>, first_gains: ArrayView2<f32>) {
    let Some(last) = frames.clone().next_back() else { return };
    let mut whole: Vec<usize> = frames.step_by(STRIDE).collect();
    if whole.last() != Some(&last) {
        whole.push(last);
    }
    cells.ask_all(whole[0]);
    // One stretch after the other: the looks of neighbouring frames lie in the same rows.
    for ends in whole.windows(2) {
        cells.ask_all(ends[1]);
        let mut stretches = vec![[ends[0], ends[1]]];
        loop {
            stretches.retain(|[from, to]| to - from > 1);
            if stretches.is_empty() {
                break;
            }
            cells.answer();
            stretches = stretches.iter().flat_map(|ends| halve(cells, *ends, first_gains)).collect();
        }
    }
}

/// Finds the gains of the frame halfway between two whose gains are known, and returns the halves; the gains that are asked for wait for
/// their answer.
fn halve(cells: &mut Cells, [from, to]: [usize; 2], first_gains: ArrayView2<f32>) -> [[usize; 2]; 2] {
    let frame = from.midpoint(to);
    let around = || cells.of_frame(from).iter().zip(cells.of_frame(to));
    let open: Vec<bool> = around()
        .zip(first_gains.row(frame))
        .map(|((before, after), first)| *before >= QUIET || *after >= QUIET || *first > SEEN)
        .collect();
    let means: Vec<f32> = around().map(|(before, after)| 0.5 * (before + after)).collect();
    cells.of_frame_mut(frame).copy_from_slice(&means);
    let blocks = open.chunks(BLOCK).enumerate().filter(|(_, block)| block.contains(&true));
    cells.ask(frame, blocks.map(|(index, _)| index * BLOCK));
    [[from, frame], [frame, to]]
}
