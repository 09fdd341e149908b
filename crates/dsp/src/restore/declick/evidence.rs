//! What a candidate looks like to the learned decision ([`super::learned`]): ratios of scores, none of them a threshold.
//!
//! Scores are in standard deviations of noise and divided by the trigger's share of its default, so that a higher trigger makes every
//! candidate look weaker. Lengths are in seconds: the same pulse looks the same at another rate.

use std::ops::{Index, IndexMut, Range};

use super::kinship::Kinship;
use super::search::{Search, Standing};
use crate::restore::whitened::Whitened;

/// Names the looks once: their order is that of the network's inputs and of the rows that `crates/dsp/click/fit.py` reads.
macro_rules! looks {
    ($($(#[doc = $told:literal])+ $look:ident,)+) => {
        /// One thing that is looked at. What a candidate has not (no form, no neighbour) is 0; "own" is its own score.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Look {
            $($(#[doc = $told])+ $look,)+
        }

        impl Look {
            /// All of them in order.
            pub(super) const ALL: &[Self] = &[$(Self::$look,)+];
        }
    };
}

looks! {
    /// The logarithm of the score over the usual trigger.
    Score,
    /// A tenth of the score, at most 2.
    Height,
    /// What all forms show together, over own.
    Together,
    /// The best form of each class of [`CLASS_SECS`], over own.
    Tiny,
    /// From 4 samples at 44.1 kHz.
    Short,
    /// From 9.
    Middling,
    /// From 16.
    Long,
    /// From 30.
    Longer,
    /// From 80.
    Longest,
    /// Doublings of 140 µs that the form lasts, a quarter of them.
    Length,
    /// What stands in the span once the form is taken away, over own.
    Unexplained,
    /// The same over the usual trigger, at most 4.
    Remainder,
    /// How plain the form is under the model.
    Plainness,
    /// What stands one and two periods away, over own ([`super::kinship`]).
    Kin,
    /// The same where no period would put it.
    KinByChance,
    /// 1 where a form matched.
    Matched,
    /// The level before, over own ([`super::candidate::Surroundings`]).
    Before,
    /// The level after.
    After,
    /// How strongly any pulse recurs at a period, whatever its form.
    Recurrence,
    /// The logarithm of the local scale over the usual one.
    Scale,
    /// The logarithm of its change over two blocks.
    ScaleChange,
    /// The energy in short windows, over own.
    Sharp,
    /// The energy in all windows, over own.
    Energy,
    /// The forward prediction error, over own.
    Forward,
    /// The backward one.
    Backward,
    /// The logarithm of the model's gain.
    Gain,
    /// Octaves of unrest ([`super::wear`]).
    Unrest,
    /// The logarithm of how many candidates a second no noise reaches.
    StrongRate,
    /// The same of all candidates.
    Rate,
    /// The strongest other candidate nearby, over own.
    Neighbour,
    /// Tenths of the other candidates around.
    Crowd,
    /// The logarithm of the rate over 44.1 kHz.
    SampleRate,
}

/// Looks at one candidate.
pub(super) const LOOKS: usize = Look::ALL.len();

/// What is known of one candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Looks([f32; LOOKS]);

impl Looks {
    /// Nothing is known.
    pub(super) const NONE: Self = Self([0.0; LOOKS]);

    /// In the order of [`Look::ALL`].
    pub(super) fn values(&self) -> &[f32; LOOKS] {
        &self.0
    }
}

impl Index<Look> for Looks {
    type Output = f32;

    fn index(&self, look: Look) -> &f32 {
        &self.0[look as usize]
    }
}

impl IndexMut<Look> for Looks {
    fn index_mut(&mut self, look: Look) -> &mut f32 {
        &mut self.0[look as usize]
    }
}

/// Lower edges of the classes of length in seconds: 1, 4, 9, 16, 30 and 80 samples at 44.1 kHz.
const CLASS_SECS: [f64; 6] = [0.0, 90e-6, 200e-6, 360e-6, 680e-6, 1_800e-6];
const CLASSES: [Look; 6] = [Look::Tiny, Look::Short, Look::Middling, Look::Long, Look::Longer, Look::Longest];
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
        let mut looks = Looks::NONE;
        let score = own / self.unit;
        looks[Look::Score] = (score / 5.0).ln();
        looks[Look::Height] = (score / 10.0).min(2.0);
        if let Some(matched) = &standing.matched {
            let profile = search.bank.profile(whitened, peak, &CLASS_SECS.map(|secs| secs * rate_hz));
            looks[Look::Together] = profile.together / own;
            for (look, class) in CLASSES.into_iter().zip(profile.classes) {
                looks[look] = class / own;
            }
            let length_secs = search.bank.form(matched).length / rate_hz;
            looks[Look::Length] = (length_secs / 140e-6).log2() as f32 / 4.0;
            let unexplained = search.bank.unexplained(whitened, matched, peak);
            looks[Look::Unexplained] = unexplained / own;
            looks[Look::Remainder] = (unexplained / self.unit / 5.0).min(4.0);
            looks[Look::Plainness] = search.bank.plainness(whitened, matched, peak).ln() / 4.0;
            let kinship = search.kinship(standing, self.scores.len(), whitened);
            [looks[Look::Kin], looks[Look::KinByChance]] = kinship.map_or([0.0; 2], Kinship::shares);
            looks[Look::Matched] = 1.0;
        }
        let [before, after] = search.surroundings.sides(self.scores, candidate);
        looks[Look::Before] = before / own;
        looks[Look::After] = after / own;
        looks[Look::Recurrence] = search.surroundings.recurrence(self.scores, candidate);
        looks[Look::Scale] = (whitened.scale(peak) / self.usual_scale.max(f32::MIN_POSITIVE)).ln() / 2.0;
        let hop = whitened.hop();
        let later = (peak + hop).min(self.scores.len() - 1);
        looks[Look::ScaleChange] =
            (whitened.scale(later) / whitened.scale(peak.saturating_sub(hop))).ln() / 2.0;
        let largest = |values: &[f32]| values.iter().fold(0.0, |most: f32, value| most.max(value.abs()));
        let span = candidate.span.clone();
        looks[Look::Sharp] = largest(&self.sharp[span.clone()]) / own;
        looks[Look::Energy] = largest(&self.energies[span.clone()]) / own;
        looks[Look::Forward] = largest(&whitened.forward()[span.clone()]) / own;
        looks[Look::Backward] = largest(&whitened.backward()[span]) / own;
        let kernel = whitened.kernel(whitened.block_of(peak)).first().copied().unwrap_or(1.0);
        looks[Look::Gain] = kernel.max(1e-3).ln() / 4.0;
        looks[Look::Unrest] = search.wear.octaves().clamp(-2.0, 2.0);
        looks[Look::StrongRate] = (self.strong_per_second + 0.2).ln() / 2.0;
        looks[Look::Rate] = (self.per_second + 0.2).ln() / 2.0;
        let near = self.others(peak, (NEAR_SECS * rate_hz) as usize);
        looks[Look::Neighbour] = largest(&near.map(|(_, score)| score / own).collect::<Vec<_>>()).min(4.0);
        looks[Look::Crowd] = self.others(peak, (AROUND_SECS * rate_hz) as usize).count() as f32 / 10.0;
        looks[Look::SampleRate] = (rate_hz / 44_100.0).ln() as f32;
        looks
    }

    /// Other candidates within `reach` samples.
    fn others(&self, peak: usize, reach: usize) -> impl Iterator<Item = &(usize, f32)> {
        let first = self.all.partition_point(|(other, _)| *other + reach < peak);
        let near = self.all[first..].iter().take_while(move |(other, _)| *other <= peak + reach);
        near.filter(move |(other, _)| *other != peak)
    }
}

/// A candidate's span with its looks, for who learns from them.
pub(super) type Looked = (Range<usize>, Looks);
