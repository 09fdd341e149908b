//! Where one wall is damaged, the other one is taken, sample by sample.
//!
//! The programme cancels in the difference of the matched walls, so that damage stands out there as it never does in the
//! sum: prediction errors of the difference over their robust scale ([`Whitened`]), thresholds far below those of a click
//! detector that has to spare the programme. A false alarm costs little: for its few samples one wall serves alone.
//!
//! Which wall is damaged is told by an arbiter: the sum, its damaged span filled by autoregressive interpolation from both
//! sides ([`Repairer`]). The wall that lies farther from it is the damaged one; where both lie far, both are, and they share
//! the weight by the inverse of their distances.
//!
//! Walls differ in their rumble, which is many times as strong as the noise above it: one wall put in the other's place would begin and end with a
//! step. The difference, its damaged spans filled likewise, is what one wall has more than the other there, and a wall takes over the other's samples
//! with it.

use std::ops::Range;

use tonearm_audio::SampleRate;

use crate::restore::declick::candidate::candidates;
use crate::restore::declick::damage::{Damage, Known};
use crate::restore::declick::repair::Repairer;
use crate::restore::whitened::{Whitened, trust_at};

/// Trigger and extension, in standard deviations of the difference's prediction error.
const TRIGGER: f32 = 4.0;
const EXTEND: f32 = 2.0;
/// The windows in which energy is weighed, in seconds, as in the stage `declick`.
const WINDOW_SECS: [f64; 4] = [0.000_02, 0.000_09, 0.000_3, 0.000_9];
/// The least scale of the error: rounding of 16-bit sources.
const FLOOR: f32 = 6e-6;
/// Samples added on each side of a span at 44.1 kHz.
const GUARD_SECS: f64 = 45e-6;
/// Longer spans are no clicks.
const LONGEST_SECS: f64 = 0.005;
/// From this ratio of squared distances on, one wall alone is taken.
const CLEAR: f64 = 3.0;
/// What the arbiter believes of a damaged span: next to nothing.
const NO_TRUST: f64 = 1e-6;
/// Rounds of search: large damage bends the models that are to reveal the small.
const ROUNDS: usize = 2;

/// A span in which a wall is damaged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DamagedWall {
    /// The samples.
    pub(super) span: Range<usize>,
    /// 0 for the left wall, 1 for the right.
    pub(super) wall: usize,
    /// The share of the left wall that is taken inside the span.
    pub(super) left_share: f64,
    /// What the undamaged left wall would have more than the right one, sample by sample.
    pub(super) difference: Vec<f32>,
    /// How far the difference stands out.
    pub(super) score: f32,
}

/// The spans in which one of two matched walls is damaged, ascending and apart.
pub(super) fn find(left: &[f32], right: &[f32], rate: SampleRate) -> Vec<DamagedWall> {
    let difference: Vec<f32> = left.iter().zip(right).map(|(l, r)| l - r).collect();
    let repairer = Repairer::new(rate.as_f64(), 1);
    let lengths = WINDOW_SECS.map(|secs| rate.samples_in(secs).max(1));
    let guard = rate.samples_in(GUARD_SECS).max(1);
    let longest = rate.samples_in(LONGEST_SECS);
    let mut found: Vec<(Range<usize>, f32)> = Vec::new();
    for _round in 0..ROUNDS {
        let mended = repairer.repair(&difference, &damage(&found, true));
        let whitened = Whitened::of(&difference, &mended, rate.as_f64(), 0, FLOOR);
        let scores = whitened.scores(&lengths);
        found = Vec::new();
        for candidate in candidates(&scores, TRIGGER, EXTEND, guard) {
            let span =
                candidate.span.start.saturating_sub(guard)..(candidate.span.end + guard).min(left.len());
            match found.last_mut() {
                Some((last, score)) if span.start <= last.end => {
                    last.end = span.end;
                    *score = score.max(candidate.score);
                }
                _ => found.push((span, candidate.score)),
            }
        }
        found.retain(|(span, _)| span.len() <= longest);
    }
    let sum: Vec<f32> = left.iter().zip(right).map(|(l, r)| 0.5 * (l + r)).collect();
    let arbiter = repairer.repair(&sum, &damage(&found, false));
    let undamaged = repairer.repair(&difference, &damage(&found, false));
    found
        .into_iter()
        .map(|(span, score)| {
            let difference = undamaged[span.clone()].to_vec();
            let left_share = left_share(
                [left, right].map(|wall| &wall[span.clone()]),
                &arbiter[span.clone()],
                &difference,
            );
            DamagedWall { span, wall: usize::from(left_share > 0.5), left_share, difference, score }
        })
        .collect()
}

fn damage(found: &[(Range<usize>, f32)], trusting: bool) -> Vec<Damage> {
    found
        .iter()
        .map(|(span, score)| {
            let trust = if trusting { trust_at(*score) } else { NO_TRUST };
            Damage { span: span.clone(), known: Known::Trust(trust) }
        })
        .collect()
}

/// How far the left wall of a span is to be believed, where the undamaged sum would be `arbiter` and the undamaged `difference` of the walls lies half
/// on each side of it.
fn left_share([left, right]: [&[f32]; 2], arbiter: &[f32], difference: &[f32]) -> f64 {
    let distance = |wall: &[f32], side: f32| -> f64 {
        let expected = arbiter.iter().zip(difference).map(|(sum, difference)| sum + side * difference);
        wall.iter().zip(expected).map(|(x, y)| f64::from(x - y).powi(2)).sum()
    };
    let (l, r) = (distance(left, 0.5), distance(right, -0.5));
    if l > CLEAR * r {
        0.0
    } else if r > CLEAR * l {
        1.0
    } else if l + r > 0.0 {
        r / (l + r)
    } else {
        0.5
    }
}

/// Both walls with what was found taken from the better one: inside each span the two differ as undamaged ones would.
pub(super) fn apply(left: &mut [f32], right: &mut [f32], found: &[DamagedWall]) {
    for DamagedWall { span, left_share, difference, .. } in found {
        let walls = left[span.clone()].iter_mut().zip(&mut right[span.clone()]);
        for ((left, right), difference) in walls.zip(difference) {
            let (l, r, more) = (f64::from(*left), f64::from(*right), f64::from(*difference));
            let chosen = left_share * l + (1.0 - left_share) * (r + more);
            (*left, *right) = (chosen as f32, (chosen - more) as f32);
        }
    }
}
