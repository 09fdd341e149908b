//! When words begin: all segmentations of the fine chain weighed, then the boundary model from the likely places.

use rayon::prelude::*;

use super::boundary_model::{BoundaryModel, REACH};
use super::fine::{Around, FineChain, PAUSE_FRAMES};
use super::models::Scorer;
use super::rounds::Task;
use super::segmentation::Segmentation;
use super::windows::gaps_of;
use super::word_fit::WordFit;
use crate::confidence::Interval;
use crate::features::FeatureSequence;
use crate::reference::{SoundGroup, THIRDS};

/// A fine chain with the posteriors of its boundaries.
pub(crate) struct Weighed {
    pub(crate) fine: FineChain,
    /// The first place of each boundary's posterior.
    firsts: Vec<usize>,
    posteriors: Vec<Vec<f32>>,
    fits: Vec<WordFit>,
}

impl Task<'_> {
    /// The fine chain around `found`, summed over all its segmentations.
    pub(crate) fn weighed(
        &self,
        found: &Segmentation,
        features: &FeatureSequence,
        scorer: &Scorer,
    ) -> Weighed {
        let fine = self.fine_chain(found);
        let gaps = self.gaps(&fine, features, scorer);
        let chain = self.chain(&fine, features, scorer, &gaps, self.method.later_reach, Around::Doubtful);
        let posteriors = chain.posteriors();
        let firsts = chain.windows.iter().map(|window| window.start).collect();
        Weighed { fine, firsts, posteriors, fits: gaps.fits }
    }

    /// For each sound that begins a word: where its start lies, with how much certainty, in hops from time zero. The path
    /// says about where, the boundary model exactly where.
    pub(crate) fn word_starts(
        &self,
        found: &Segmentation,
        weighed: &Weighed,
        model: &BoundaryModel,
    ) -> Vec<Option<Interval>> {
        let gaps = gaps_of(&weighed.fine.nodes);
        (0..found.sounds.len())
            .into_par_iter()
            .map(|phone| {
                let node =
                    weighed.fine.first_node[phone].filter(|_| self.phones.phones[phone].begins_word)?;
                let first = weighed.firsts[node];
                let (left, right) = (self.group_before(found, phone), SoundGroup::of(self.symbol(phone)));
                let refined = model.refined(
                    &self.recording.features,
                    &weighed.posteriors[node],
                    first,
                    left,
                    right,
                    self.method.boundary_flattening,
                );
                // The word and the one before it.
                let word = gaps.partition_point(|gap| *gap < node) - 1;
                let doubt = weighed.fits[word.saturating_sub(1)..=word].iter().map(|fit| fit.doubt());
                let doubt = doubt.fold(0.0, f64::max);
                Interval::of(&refined, first as f64 - REACH as f64)
                    .map(|interval| Interval { doubt, ..interval })
            })
            .collect()
    }

    fn symbol(&self, phone: usize) -> &str {
        &self.phones.phones[phone].symbol
    }

    /// What is heard right before a sound.
    fn group_before(&self, found: &Segmentation, phone: usize) -> SoundGroup {
        // Words between that were not spoken are looked through.
        let before = found.sounds[..phone].iter().rposition(Option::is_some);
        match (before.and_then(|before| Some((before, found.sounds[before]?))), found.sounds[phone]) {
            (Some((before, bounds)), Some(here)) if here[0] < bounds[THIRDS] + PAUSE_FRAMES => {
                SoundGroup::ending(self.symbol(before))
            }
            _ => SoundGroup::Pause,
        }
    }
}
