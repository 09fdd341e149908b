//! Whether a sound's tokens were heard near a frame, against how often they are heard at all: what the coarse path adds to its
//! local cost.
//!
//! A model of connectionist temporal classification puts a short spike somewhere inside a sound, so each frame takes the largest
//! probability within [`REACH_SECS`]; the ratio of that to its mean over the recording is bounded on both sides. Pauses and
//! what is not in the text take nothing, that is, the ratio of one: neither is favoured by having a model.
//!
//! Shapes: `[frames of 20 ms, tokens that the text uses]`.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::{Emissions, Spelling};
use crate::features::HOP_SECS;
use crate::warp::coarse::COARSE;

/// How far from its spike a sound may lie.
const REACH_SECS: f64 = 0.06;
/// Added to both sides of the ratio: what a model gives to tokens that it does not hear.
const FLOOR: f32 = 0.02;
/// The most that a frame says for or against a sound, in nats.
const BOUND: f32 = 3.0;

/// Log ratios of a recording's tokens in coarse frames.
#[derive(Debug)]
pub(crate) struct TokenLikelihoods {
    /// For each sound of the text which of `sets` it is heard by.
    units: Vec<usize>,
    /// Columns of the table; the first set is empty, that of sounds that no token stands for.
    sets: Vec<Vec<usize>>,
    table: Array2<f32>,
}

/// Scores of sets of tokens, in frames of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnitScores<'a> {
    sets: &'a [Vec<usize>],
    table: &'a Array2<f32>,
}

impl TokenLikelihoods {
    /// For the sounds that `spelling` spells, weighed with `weight`, over `frames` coarse frames.
    pub(crate) fn of(
        emissions: &Emissions,
        spelling: &Spelling,
        phones: usize,
        frames: usize,
        weight: f32,
    ) -> Self {
        let mut columns: BTreeMap<usize, usize> = BTreeMap::new();
        let mut numbers: BTreeMap<Vec<usize>, usize> = BTreeMap::from([(Vec::new(), 0)]);
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        let mut units = Vec::with_capacity(phones);
        for tokens in spelling.tokens_of_phones(phones) {
            let set: Vec<usize> = tokens
                .iter()
                .map(|token| {
                    let next = columns.len();
                    *columns.entry(*token).or_insert(next)
                })
                .collect();
            units.push(*numbers.entry(tokens).or_insert_with(|| {
                sets.push(set);
                sets.len() - 1
            }));
        }

        let reach = (REACH_SECS / emissions.hop_secs).round() as usize;
        let last = emissions.logs.nrows();
        let mut table = Array2::zeros((frames, columns.len()));
        for (token, column) in columns {
            for t in 0..frames {
                // The middle of the fine frames that it holds.
                let secs = ((COARSE * t) as f64 + 0.5 * (COARSE - 1) as f64) * HOP_SECS;
                let at = emissions.frame_at(secs);
                let largest = (at.saturating_sub(reach)..(at + reach + 1).min(last))
                    .map(|frame| emissions.logs[[frame, token]])
                    .fold(f32::NEG_INFINITY, f32::max);
                table[[t, column]] = largest.exp();
            }
            let mut column = table.column_mut(column);
            let prior = column.iter().map(|p| f64::from(*p)).sum::<f64>() / frames.max(1) as f64;
            column.iter_mut().for_each(|p| {
                *p = weight * ((*p + FLOOR) / (prior as f32 + FLOOR)).ln().clamp(-BOUND, BOUND);
            });
        }
        Self { units, sets, table }
    }

    /// For each sound its number in [`UnitScores::score`].
    pub(crate) fn units(&self) -> &[usize] {
        &self.units
    }

    /// The table in frames `count` times as long: the best of each.
    pub(crate) fn pooled(&self, count: usize) -> Array2<f32> {
        let frames = self.table.nrows().div_ceil(count);
        Array2::from_shape_fn((frames, self.table.ncols()), |(t, column)| {
            let end = ((t + 1) * count).min(self.table.nrows());
            (t * count..end).map(|i| self.table[[i, column]]).fold(f32::NEG_INFINITY, f32::max)
        })
    }

    /// The scores with another table of theirs, or their own.
    pub(crate) fn scores<'a>(&'a self, pooled: Option<&'a Array2<f32>>) -> UnitScores<'a> {
        UnitScores { sets: &self.sets, table: pooled.unwrap_or(&self.table) }
    }
}

impl UnitScores<'_> {
    /// What frame `t` says for the sounds of `unit`.
    pub(crate) fn score(&self, unit: usize, t: usize) -> f32 {
        let set = &self.sets[unit];
        let best = set.iter().map(|column| self.table[[t, *column]]).fold(f32::NEG_INFINITY, f32::max);
        if set.is_empty() { 0.0 } else { best }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acoustic::spelling::SpelledToken;

    #[test]
    fn a_spike_speaks_for_the_frames_around_it_and_for_its_own_sounds() {
        // Three tokens, a spike of the second at 0.5 s in two seconds of blank.
        let mut logs = Array2::from_elem((100, 3), 0.001f32.ln());
        logs.column_mut(0).fill(0.998f32.ln());
        logs[[25, 0]] = 0.001f32.ln();
        logs[[25, 1]] = 0.998f32.ln();
        let emissions = Emissions { logs, first_secs: 0.0, hop_secs: 0.02 };
        let word = vec![SpelledToken { token: 1, phones: 0..1 }, SpelledToken { token: 2, phones: 1..2 }];
        let spelling = Spelling { words: vec![word], by_letters: true };
        let heard = TokenLikelihoods::of(&emissions, &spelling, 3, 100, 1.0);
        let score = |phone: usize, t: usize| heard.scores(None).score(heard.units()[phone], t);
        assert!(score(0, 25) > 2.0 && score(0, 23) > 2.0);
        assert!(score(0, 40) < -1.0);
        // The other token is as likely as ever, and a sound without tokens is not judged.
        assert!(score(1, 25).abs() < 0.1);
        assert_eq!(score(2, 25).to_bits(), 0f32.to_bits());
        assert!(heard.scores(Some(&heard.pooled(3))).score(heard.units()[0], 8) > 2.0);
    }
}
