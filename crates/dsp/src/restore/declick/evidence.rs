//! What a candidate looks like to the learned decision ([`super::learned`]): ratios of scores, none of them a threshold.
//!
//! Scores are in standard deviations of noise and divided by the trigger's share of its default, so that a higher trigger makes every
//! candidate look weaker. Lengths are in seconds: the same pulse looks the same at another rate.

use std::ops::Range;

use super::kinship::Kinship;
use super::search::{Search, Standing};
use crate::restore::whitened::Whitened;

/// Looks at one candidate.
pub(super) const LOOKS: usize = 32;
/// What is known of one candidate.
pub(super) type Looks = [f32; LOOKS];

/// Lower edges of the classes of length in seconds: 1, 4, 9, 16, 30 and 80 samples at 44.1 kHz.
const CLASS_SECS: [f64; 6] = [0.0, 90e-6, 200e-6, 360e-6, 680e-6, 1_800e-6];
/// A neighbour this near tells that something goes on, in seconds; others are counted within the second.
const NEAR_SECS: f64 = 0.03;
const AROUND_SECS: f64 = 0.2;

/// What all candidates of a channel are seen against.
pub(super) struct Scenery<'a> {
    pub(super) whitened: &'a Whitened,
    /// The best match of every sample.
    pub(super) scores: &'a [f32],
    /// Energy in short windows and in all.
    pub(super) sharp: &'a [f32],
    pub(super) energies: &'a [f32],
    /// What scores are divided by.
    pub(super) unit: f32,
    /// Candidates that no noise reaches, and all candidates, a second.
    pub(super) strong_per_second: f32,
    pub(super) per_second: f32,
    pub(super) usual_scale: f32,
    /// Peaks and scores of all candidates, ascending.
    pub(super) all: &'a [(usize, f32)],
}

impl Scenery<'_> {
    /// All looks at one candidate.
    pub(super) fn looks(&self, search: &Search, standing: &Standing) -> Looks {
        let (candidate, rate_hz) = (&standing.candidate, search.rate.as_f64());
        let (peak, own) = (candidate.peak, candidate.score);
        let whitened = self.whitened;
        let mut looks = [0.0; LOOKS];
        let score = own / self.unit;
        looks[0] = (score / 5.0).ln();
        looks[1] = (score / 10.0).min(2.0);
        if let Some(matched) = &standing.matched {
            let profile = search.bank.profile(whitened, peak, &CLASS_SECS.map(|secs| secs * rate_hz));
            looks[2] = profile.together / own;
            for (look, class) in looks[3..9].iter_mut().zip(profile.classes) {
                *look = class / own;
            }
            let length_secs = search.bank.form(matched).length / rate_hz;
            looks[9] = (length_secs / 140e-6).log2() as f32 / 4.0;
            let unexplained = search.bank.unexplained(whitened, matched, peak);
            looks[10] = unexplained / own;
            looks[11] = (unexplained / self.unit / 5.0).min(4.0);
            looks[12] = search.bank.plainness(whitened, matched, peak).ln() / 4.0;
            [looks[13], looks[14]] = self.kinship(search, standing).map_or([0.0; 2], Kinship::shares);
            looks[15] = 1.0;
        }
        let [before, after] = search.surroundings.sides(self.scores, candidate);
        looks[16] = before / own;
        looks[17] = after / own;
        looks[18] = search.surroundings.recurrence(self.scores, candidate);
        looks[19] = (whitened.scale(peak) / self.usual_scale.max(f32::MIN_POSITIVE)).ln() / 2.0;
        let hop = whitened.hop();
        let later = (peak + hop).min(self.scores.len() - 1);
        looks[20] = (whitened.scale(later) / whitened.scale(peak.saturating_sub(hop))).ln() / 2.0;
        let largest = |values: &[f32]| values.iter().fold(0.0, |most: f32, value| most.max(value.abs()));
        let span = candidate.span.clone();
        looks[21] = largest(&self.sharp[span.clone()]) / own;
        looks[22] = largest(&self.energies[span.clone()]) / own;
        looks[23] = largest(&whitened.forward()[span.clone()]) / own;
        looks[24] = largest(&whitened.backward()[span]) / own;
        let kernel = whitened.kernel(whitened.block_of(peak)).first().copied().unwrap_or(1.0);
        looks[25] = kernel.max(1e-3).ln() / 4.0;
        looks[26] = search.wear.octaves().clamp(-2.0, 2.0);
        looks[27] = (self.strong_per_second + 0.2).ln() / 2.0;
        looks[28] = (self.per_second + 0.2).ln() / 2.0;
        let near = self.others(peak, (NEAR_SECS * rate_hz) as usize);
        looks[29] = largest(&near.map(|(_, score)| score / own).collect::<Vec<_>>()).min(4.0);
        looks[30] = self.others(peak, (AROUND_SECS * rate_hz) as usize).count() as f32 / 10.0;
        looks[31] = (rate_hz / 44_100.0).ln() as f32;
        looks
    }

    /// Other candidates within `reach` samples.
    fn others(&self, peak: usize, reach: usize) -> impl Iterator<Item = &(usize, f32)> {
        let first = self.all.partition_point(|(other, _)| *other + reach < peak);
        let near = self.all[first..].iter().take_while(move |(other, _)| *other <= peak + reach);
        near.filter(move |(other, _)| *other != peak)
    }

    fn kinship(&self, search: &Search, standing: &Standing) -> Option<Kinship> {
        search.kinship(standing, self.scores.len(), self.whitened)
    }
}

/// A candidate's span with its looks, for who learns from them.
pub(super) type Looked = (Range<usize>, Looks);
