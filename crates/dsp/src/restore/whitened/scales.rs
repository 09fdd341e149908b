//! The local scales of a recording: how far they move, and where they are raised because programme makes them.

use std::ops::Range;

use super::blocks::{Block, median};

/// Reach of the floor on each side, in blocks: 4 s.
const FLOOR_REACH_BLOCKS: usize = 174;
/// Share of blocks below the floor.
const FLOOR_SHARE: f64 = 0.1;
/// The excess σ/σ₀ from which the scale is raised, and the power of what exceeds it. Found with `declick_bench`.
const EXCESS_ALLOWED: f32 = 2.0;
const PENALTY: f32 = 1.0;
/// Share of a louder neighbour's scale that a block takes over.
const ONSET_SHARE: f32 = 0.5;
/// Errors that exceed the block's scale by this factor strike it: glottal pulses and plosives do not.
const STRUCK: f32 = 40.0;
/// The upper tenth of levels over the lower one, at least, where there is programme and not noise alone.
const PROGRAMME_SPREAD: f32 = 2.5;
/// Where the needle is up, scales lie below this share of the usual one; the share of the groove that may be as quiet.
const LIFTED: f32 = 0.4;
const QUIETEST_SHARE: f64 = 0.03;
/// An error's scale below this is digital silence: a fiftieth of a 24-bit step.
const SILENCE: f32 = 2e-9;

/// Upper over lower tenth of the scales of a groove; blocks of digital silence do not count, nor do those that something violent struck, whose models it bends,
/// as long as half are left, and there is programme in these: castanets alone are struck and leave nothing but the noise.
pub(super) fn unrest(blocks: &[Block]) -> f32 {
    let is_struck = |block: &Block| block.largest > STRUCK * block.scale;
    // The stretch that a model is fitted to reaches into both neighbours.
    let near = |index: usize| index.saturating_sub(1)..(index + 2).min(blocks.len());
    let sounding = || blocks.iter().enumerate().filter(|(_, block)| block.scale > SILENCE);
    let all: Vec<&Block> = sounding().map(|(_, block)| block).collect();
    let spared: Vec<&Block> = sounding()
        .filter(|(index, _)| !blocks[near(*index)].iter().any(is_struck))
        .map(|(_, block)| block)
        .collect();
    let holds_programme = || spread(spared.iter().map(|block| block.level)) > PROGRAMME_SPREAD;
    let counted = if 2 * spared.len() >= all.len() && holds_programme() { spared } else { all };
    spread(counted.iter().map(|block| block.scale))
}

/// The blocks without those at either end whose scale is that of no groove: all far below the quietest of the rest. There the needle is up, or nothing
/// sounds; what comes down as far in between is a pause of a clean recording.
pub(super) fn in_groove(blocks: &[Block]) -> Range<usize> {
    let usual = median(&mut blocks.iter().map(|block| block.scale).collect::<Vec<f32>>());
    let is_low = |block: &&Block| block.scale < LIFTED * usual;
    let start = blocks.iter().take_while(is_low).count();
    let end = blocks.len() - blocks[start..].iter().rev().take_while(is_low).count();
    let mut rest: Vec<f32> = blocks[start..end].iter().map(|block| block.scale).collect();
    if rest.is_empty() {
        return 0..blocks.len();
    }
    rest.sort_unstable_by(f32::total_cmp);
    let quietest = rest[(QUIETEST_SHARE * rest.len() as f64) as usize];
    if quietest > LIFTED * usual { start..end } else { 0..blocks.len() }
}

/// Upper over lower tenth; 1 for none.
fn spread(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    if values.is_empty() {
        return 1.0;
    }
    values.sort_unstable_by(f32::total_cmp);
    let tenth = (FLOOR_SHARE * values.len() as f64) as usize;
    values[values.len() - 1 - tenth] / values[tenth]
}

/// Each block's scale, smoothed by a median of three, raised where it stands far above its surroundings' floor.
pub(super) fn raised_scales(scales: &[f32]) -> Vec<f32> {
    let last = scales.len().saturating_sub(1);
    (0..scales.len())
        .map(|i| {
            let mut three = [scales[i.saturating_sub(1)], scales[i], scales[(i + 1).min(last)]];
            three.sort_unstable_by(f32::total_cmp);
            // An onset belongs to the louder side.
            let own = scales[i].max(three[1]).max(ONSET_SHARE * three[2]);
            let mut near = scales
                [i.saturating_sub(FLOOR_REACH_BLOCKS)..(i + FLOOR_REACH_BLOCKS + 1).min(scales.len())]
                .to_vec();
            let place = (near.len() as f64 * FLOOR_SHARE) as usize;
            let floor = *near.select_nth_unstable_by(place, f32::total_cmp).1;
            let excess = own / floor.max(f32::MIN_POSITIVE);
            own * (excess / EXCESS_ALLOWED).max(1.0).powf(PENALTY)
        })
        .collect()
}
