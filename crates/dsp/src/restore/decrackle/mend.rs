//! The most probable samples under what pulses may have added, all of a block together.
//!
//! Damage that overlaps adds up, and so do its covariances. Their inverse, times the variance of the prediction error, is the trust of
//! [`ArModel::estimate_correlated`].

use std::ops::Range;

use rayon::prelude::*;
use tonearm_audio::SampleRate;

use super::{Damage, Pulse};
use crate::autoregression::{ArModel, Damaged, inverse_of};

/// The order of the models in seconds: 31 at 44.1 kHz.
const ORDER_SECS: f64 = 0.0007;

/// Mends all samples that the pulses `found` may have touched, block by block, under models of what was `mended` before; each block reads its
/// context from the input alone.
pub(super) fn mend(
    samples: &[f32],
    mended: &[f32],
    found: &[Pulse],
    block: usize,
    rate: SampleRate,
) -> Vec<f32> {
    let order = rate.samples_in(ORDER_SECS).max(8);
    let stretches: Vec<Damaged> = touched(found)
        .into_par_iter()
        .filter_map(|group| {
            let (span, covariance) = sum_of(group);
            inverse_of(&covariance, span.len()).map(|trust| Damaged { span, trust })
        })
        .collect();
    let mut output = samples.to_vec();
    output.par_chunks_mut(block).enumerate().for_each(|(index, output)| {
        let start = index * block;
        let own = start..start + output.len();
        let from = stretches.partition_point(|stretch| stretch.span.end + block <= start);
        let until = stretches.partition_point(|stretch| stretch.span.start < own.end + block);
        let near = &stretches[from..until];
        if near.iter().all(|stretch| stretch.span.start >= own.end || stretch.span.end <= start) {
            return;
        }
        // No stretch is cut.
        let first =
            near.iter().map(|stretch| stretch.span.start).fold(start.saturating_sub(block), usize::min);
        let last = near.iter().map(|stretch| stretch.span.end).fold(own.end + block, usize::max);
        let last = last.min(samples.len());
        let doubles = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let mut segment = doubles(&samples[first..last]);
        let bound = segment.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let model = ArModel::fit(&doubles(&mended[first..last]), order.min(segment.len() / 6));
        let variance = model.variance();
        let damaged: Vec<Damaged> = near
            .iter()
            .map(|Damaged { span, trust }| Damaged {
                span: span.start - first..span.end - first,
                trust: trust.iter().map(|value| variance * value).collect(),
            })
            .collect();
        if !model.estimate_correlated(&mut segment, &damaged) {
            return;
        }
        for n in damaged.iter().flat_map(|stretch| stretch.span.clone()) {
            if own.contains(&(n + first)) {
                output[n + first - start] = segment[n].clamp(-bound, bound) as f32;
            }
        }
    });
    output
}

/// The pulses in groups that touch the same samples, ascending.
pub(super) fn touched(found: &[Pulse]) -> Vec<Vec<&Pulse>> {
    let mut ascending: Vec<&Pulse> = found.iter().filter(|pulse| !pulse.damage.span.is_empty()).collect();
    ascending.sort_by_key(|pulse| (pulse.damage.span.start, pulse.damage.span.end));
    let mut groups: Vec<Vec<&Pulse>> = Vec::new();
    let mut end = 0;
    for pulse in ascending {
        let span = &pulse.damage.span;
        match groups.last_mut() {
            Some(group) if span.start < end => group.push(pulse),
            _ => groups.push(vec![pulse]),
        }
        end = end.max(span.end);
    }
    groups
}

/// The samples a group touches.
pub(super) fn span_of(group: &[&Pulse]) -> Range<usize> {
    let start = group.iter().map(|pulse| pulse.damage.span.start).min().unwrap_or(0);
    let end = group.iter().map(|pulse| pulse.damage.span.end).max().unwrap_or(start);
    start..end
}

/// The covariance of all damage of a group, `[sample, sample]`.
fn sum_of(group: Vec<&Pulse>) -> (Range<usize>, Vec<f64>) {
    let span = span_of(&group);
    let count = span.len();
    let mut sum = vec![0.0; count * count];
    for Pulse { damage: Damage { span: own, covariance }, .. } in group {
        let first = own.start - span.start;
        let rows = covariance.chunks_exact(own.len());
        for (sum, row) in sum.chunks_exact_mut(count).skip(first).zip(rows) {
            sum[first..].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
    (span, sum)
}
