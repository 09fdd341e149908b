//! Putting an estimate in the place of damaged spans: least-squares autoregressive interpolation.
//!
//! Janssen, Veldhuis and Vries (1986), §V: fit a model to the context with a first guess in the gaps, interpolate, fit
//! again. Spans closer than the model is long are solved together. Each group reads its context from the same snapshot,
//! so groups can run on any number of threads with the same result; a second pass over all groups then reads a context in
//! which the neighbours are already mended. How much of what was observed is kept, each span's likeliest account says ([`super::damage`]).
//!
//! | symbol | here |
//! |---|---|
//! | p, order | `0.7 ms + half the gap`, at most 2.1 ms |
//! | N, samples of context | `CONTEXT_SECS` on each side |
//! | iterations | `rounds` in each of two passes |

use rayon::prelude::*;

use super::damage::{Account, Damage};
use crate::autoregression::{WindowedFrame, hann};
use crate::wide_vectors::in_wide_vectors;

/// Context on each side of a group, in seconds: short enough for speech to be stationary.
const CONTEXT_SECS: f64 = 0.023;
/// The model's least order in seconds: 31 at 44.1 kHz, the formants of speech.
const ORDER_SECS: f64 = 0.0007;
/// The model's greatest order as a multiple of the least.
const ORDER_GROWTH: usize = 3;
/// The output may exceed the largest known neighbour by this factor.
const HEADROOM: f64 = 1.2;

/// How gaps are filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repairer {
    order: usize,
    context_len: usize,
    rounds: usize,
}

impl Repairer {
    /// For a signal of `rate_hz`, with Janssen's `rounds` per pass.
    pub(crate) fn new(rate_hz: f64, rounds: usize) -> Self {
        Self {
            order: ((ORDER_SECS * rate_hz).round() as usize).max(6),
            context_len: ((CONTEXT_SECS * rate_hz).round() as usize).max(64),
            rounds,
        }
    }

    /// `samples` with every span of `damage` (ascending, apart) replaced by an estimate from its context.
    pub(crate) fn repair(&self, samples: &[f32], damage: &[Damage]) -> Vec<f32> {
        let mut output = samples.to_vec();
        if damage.is_empty() {
            return output;
        }
        bridge(&mut output, damage);
        let groups = self.groups(damage);
        // Where groups stand apart by more than the context, the second pass would see what the first saw.
        let crowded =
            groups.windows(2).any(|pair| end_of(pair[0]) + self.context_len > pair[1][0].span.start);
        for _pass in 0..if crowded { 2 } else { 1 } {
            let estimates: Vec<Vec<f64>> =
                groups.par_iter().map(|group| self.estimate(samples, &output, group)).collect();
            for (group, estimate) in groups.iter().zip(estimates) {
                let mut values = estimate.into_iter();
                for damage in *group {
                    for (x, value) in output[damage.span.clone()].iter_mut().zip(values.by_ref()) {
                        *x = value as f32;
                    }
                }
            }
        }
        output
    }

    /// Runs of spans that lie closer together than the model is long.
    fn groups<'a>(&self, damage: &'a [Damage]) -> Vec<&'a [Damage]> {
        // A group longer than this is cut, so that the equations stay small in solid damage.
        let longest = 2 * self.context_len;
        let mut groups = Vec::new();
        let mut first = 0;
        for i in 1..=damage.len() {
            let ends = i == damage.len()
                || damage[i].span.start >= damage[i - 1].span.end + self.order
                || damage[i].span.end - damage[first].span.start > longest;
            if ends {
                groups.push(&damage[first..i]);
                first = i;
            }
        }
        groups
    }

    /// New values for all samples of a group, in order.
    fn estimate(&self, observed: &[f32], samples: &[f32], group: &[Damage]) -> Vec<f64> {
        let first = group[0].span.start.saturating_sub(self.context_len);
        let last = (end_of(group) + self.context_len).min(samples.len());
        let mut segment: Vec<f64> = samples[first..last].iter().map(|&x| f64::from(x)).collect();
        let mut missing = Vec::new();
        group.iter().for_each(|d| missing.extend(d.span.start - first..d.span.end - first));
        let longest = group.iter().map(|d| d.span.len()).max().unwrap_or(0);
        let order = (self.order + longest / 2).min(ORDER_GROWTH * self.order).min(segment.len() / 6);
        let known_from = std::iter::once(0).chain(group.iter().map(|d| d.span.end - first));
        let known_until = group.iter().map(|d| d.span.start - first).chain(std::iter::once(segment.len()));
        let known = known_from.zip(known_until).filter_map(|(from, until)| segment.get(from..until));
        let known_peak = known.map(largest_magnitude).fold(0.0, f64::max);
        let bound = HEADROOM * known_peak;
        let weights = hann(segment.len());
        let mut frame = WindowedFrame::new(&segment, &weights, order);
        for round in 0..self.rounds {
            if round > 0 {
                missing.iter().for_each(|&t| frame.replace(t, segment[t]));
            }
            let before = segment.clone();
            let model = frame.model();
            let observed = &observed[first..last];
            let accounts: Vec<Account> = group
                .iter()
                .map(|damage| damage.likeliest(&model, &mut segment, observed, damage.span.start - first))
                .collect();
            let mut trust = Vec::with_capacity(missing.len());
            for (damage, account) in group.iter().zip(&accounts) {
                trust.extend_from_slice(&account.trust);
                for (t, pulse) in (damage.span.start - first..).zip(&account.pulse) {
                    segment[t] = f64::from(observed[t]) - pulse;
                }
            }
            if model.estimate(&mut segment, &missing, &trust).is_none() {
                segment = before;
                break;
            }
            for &t in &missing {
                segment[t] = segment[t].clamp(-bound, bound);
            }
        }
        missing.iter().map(|&t| segment[t]).collect()
    }
}

/// Values compared side by side.
const LANES: usize = 8;

in_wide_vectors! {
    /// The largest magnitude; 0 for no values.
    fn largest_magnitude(values: &[f64]) -> f64 {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let mut largest = [0.0f64; LANES];
        for chunk in chunks {
            // One instruction; `max` minds NaN.
            largest = std::array::from_fn(|lane| {
                let magnitude = chunk[lane].abs();
                if magnitude > largest[lane] { magnitude } else { largest[lane] }
            });
        }
        rest.iter().map(|x| x.abs()).chain(largest).fold(0.0, f64::max)
    }
}

fn end_of(group: &[Damage]) -> usize {
    group.last().map_or(0, |damage| damage.span.end)
}

/// Straight lines over the spans: the first guess.
fn bridge(samples: &mut [f32], damage: &[Damage]) {
    for Damage { span, .. } in damage {
        let left = if span.start > 0 {
            samples[span.start - 1]
        } else {
            samples.get(span.end).copied().unwrap_or(0.0)
        };
        let right = samples.get(span.end).copied().unwrap_or(left);
        let steps = (span.len() + 1) as f32;
        for (i, x) in samples[span.clone()].iter_mut().enumerate() {
            *x = left + (right - left) * (i + 1) as f32 / steps;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use tonearm_testkit::level::snr_db;
    use tonearm_testkit::random::Random;

    use super::super::damage::Known;
    use super::*;

    fn voiced(len: usize) -> Vec<f32> {
        // Ten harmonics of 120 Hz that fall by 6 dB an octave, with a little noise.
        let mut random = tonearm_testkit::random::Random::new(11);
        (0..len)
            .map(|i| {
                let t = i as f64 / 44_100.0;
                let tone: f64 = (1..=10)
                    .map(|h| (std::f64::consts::TAU * 120.0 * f64::from(h) * t).sin() / f64::from(h))
                    .sum();
                (0.2 * tone + 0.0005 * random.normal()) as f32
            })
            .collect()
    }

    fn damage_at(spans: &[Range<usize>]) -> Vec<Damage> {
        spans.iter().map(|span| Damage { span: span.clone(), known: Known::Trust(1e-6) }).collect()
    }

    #[test]
    fn gaps_in_a_voice_come_back() {
        let clean = voiced(22_050);
        let spans: Vec<Range<usize>> = (1..40).map(|i| i * 500..i * 500 + 4 + i).collect();
        let mut damaged = clean.clone();
        for span in &spans {
            damaged[span.clone()].fill(0.7);
        }
        let repaired = Repairer::new(44_100.0, 3).repair(&damaged, &damage_at(&spans));
        let inside = |x: &[f32]| spans.iter().flat_map(|s| x[s.clone()].to_vec()).collect::<Vec<f32>>();
        let snr = snr_db(&inside(&clean), &inside(&repaired));
        assert!(snr > 25.0, "{snr} dB inside the gaps");
    }

    /// What repair leaves of a pulse at 2 000 in `clean` where `believed` was recognised, in dB of the pulse.
    fn left_of(pulse: &[f32], believed: &[f32], clean: &[f32]) -> f64 {
        let span = 2_000..2_000 + pulse.len();
        let mut damaged = clean.to_vec();
        damaged[span.clone()].iter_mut().zip(pulse).for_each(|(x, p)| *x += p);
        let damage = Damage { span: span.clone(), known: Known::Pulse(believed.to_vec()) };
        let repaired = Repairer::new(44_100.0, 3).repair(&damaged, &[damage]);
        let difference: f32 =
            repaired[span.clone()].iter().zip(&clean[span]).map(|(a, b)| (a - b).powi(2)).sum();
        10.0 * f64::from(difference / pulse.iter().map(|x| x * x).sum::<f32>()).log10()
    }

    #[test]
    fn a_pulse_is_taken_away_only_in_a_form_that_it_has() {
        let mut random = Random::new(3);
        let decay: Vec<f32> = (0..30).map(|i| 0.08 * (-(i as f32) / 12.0).exp()).collect();
        // White noise cannot be foretold: a form that is known is worth more than all samples around it.
        let white: Vec<f32> = (0..4_000).map(|_| (0.01 * random.normal()) as f32).collect();
        let (known, free) = (left_of(&decay, &decay, &white), left_of(&decay, &[0.0; 30], &white));
        assert!(known < -20.0 && known < free - 6.0, "known {known} dB, of no form {free} dB");
        // Noise that can be foretold tells that a burst is no decay.
        let mut dark = white.clone();
        for n in 2..dark.len() {
            dark[n] += 1.9 * dark[n - 1] - 0.92 * dark[n - 2];
        }
        let burst: Vec<f32> = (0..8).map(|_| (0.5 * random.normal()) as f32).collect();
        let (taken, free) = (left_of(&burst, &decay[..8], &dark), left_of(&burst, &[0.0; 8], &dark));
        assert!(taken < free + 1.0, "as a decay {taken} dB, of no form {free} dB");
        let single = [0.0, 0.0, 0.3, 0.0, 0.0];
        let rounded = [0.01, 0.06, 0.28, 0.06, 0.01];
        let taken = left_of(&single, &rounded, &dark);
        assert!(taken < -18.0, "{taken} dB");
    }

    #[test]
    fn of_a_span_that_is_too_long_only_the_damaged_core_is_replaced() {
        let half: Vec<f32> = (1..5).map(|i| 0.5 * (std::f32::consts::PI * i as f32 / 5.0).sin()).collect();
        let decay: Vec<f32> = (0..24).map(|i| 0.5 * (-(i as f32) / 6.0).exp()).collect();
        for seed in 1..4 {
            let mut random = Random::new(seed);
            let mut bright: Vec<f32> = (0..4_000).map(|_| (0.001 * random.normal()) as f32).collect();
            for n in 2..bright.len() {
                bright[n] += 1.2 * bright[n - 1] - 0.95 * bright[n - 2];
            }
            let mut long = vec![0.0; 24];
            long[2..6].copy_from_slice(&half);
            let (alone, within) = (left_of(&half, &[0.0; 4], &bright), left_of(&long, &decay, &bright));
            assert!(within < alone + 1.0, "{within} dB in a long span, {alone} dB in its own");
        }
    }

    #[test]
    fn spans_at_the_edges_and_whole_signals_are_bounded() {
        let clean = voiced(2_000);
        let several = [0..1, 3..9, 1_995..1_999];
        let alone = [0..30, 1_970..2_000, 0..2_000];
        for spans in alone.iter().map(std::slice::from_ref).chain([&several[..]]) {
            let repaired = Repairer::new(44_100.0, 3).repair(&clean, &damage_at(spans));
            assert!(repaired.iter().all(|x| x.abs() < 1.0), "{spans:?}");
        }
        assert_eq!(
            Repairer::new(44_100.0, 3).repair(&[0.5], &damage_at(std::slice::from_ref(&(0..1)))).len(),
            1
        );
    }
}
