//! What speaks for a text having been spoken: frames that sound, the text against a decoy.
//!
//! A likelihood alone says nothing: it moves with the noise and with what was learned. So each is a ratio. A frame sounds
//! where sounds in general explain it better than the pause does. A text is on a recording where it explains the sound better
//! than a **decoy** does: the same sounds, each sentence's in reversed order, laid over the recording by the same
//! procedure with the same learning. The decoy has the text's pauses, lengths and inventory, and not its words. Where little was said
//! there are [several decoys](super::decoy), and their mean counts.

use ndarray::Array2;
use rayon::prelude::*;

use super::coarse::{COARSE, FULL_STATES};
use super::decoy::Decoy;
use super::models::Scorer;
use super::rounds::{Coarse, Task};
use crate::AlignError;
use crate::features::{FeatureSequence, HOP_SECS};

/// Frames over which the ratio of filler to pause is averaged, on either side (60 ms): a closure is no pause.
const SOUND_REACH: usize = 12;
/// With less speech than this one decoy's chance matters.
const FEW_SECS: f64 = 60.0;
/// Decoys with shuffled words: with 4 the fits of wrong texts of five to ten seconds spread by up to a tenth more, with 16 hardly less.
const SHUFFLED_DECOYS: u64 = 8;

impl Task<'_> {
    /// Whether something sounds in each frame, speech or not.
    pub(crate) fn sounding(&self, features: &FeatureSequence, scorer: &Scorer) -> Vec<bool> {
        let scores = scorer.frame_scores(features);
        let steady = self.steady(features, scorer, &scores);
        let loud = &self.recording.activity.is_speech;
        let ratios: Vec<f32> = scores
            .iter()
            .enumerate()
            // A single frame that is like nothing at all decides nothing. Applause may look like loud noise, and a pause holds noise.
            .map(|(t, scores)| match steady[t].filter(|_| loud[t]) {
                Some(_) => 4.0,
                None => (scores.filler - scores.pause).clamp(-4.0, 4.0),
            })
            .collect();
        let mut sums = vec![0f64];
        for ratio in &ratios {
            sums.push(sums[sums.len() - 1] + f64::from(*ratio));
        }
        (0..ratios.len())
            .map(|t| {
                let (from, to) = (t.saturating_sub(SOUND_REACH), (t + SOUND_REACH + 1).min(ratios.len()));
                sums[to] - sums[from] > 0.0
            })
            .collect()
    }

    /// Coarse frames of speech in the recording.
    fn speech_frames(&self) -> f64 {
        self.recording.activity.is_speech.iter().filter(|s| **s).count() as f64 / COARSE as f64
    }

    /// Whether so little was said that the text is held against several decoys. With anchors it is not: they are its own.
    fn needs_several_decoys(&self) -> bool {
        self.anchors.is_empty() && self.speech_frames() * COARSE as f64 * HOP_SECS < FEW_SECS
    }

    /// The text fit below which the text is another recording's.
    pub(crate) fn least_text_fit(&self) -> f64 {
        if self.needs_several_decoys() {
            self.method.least_text_fit_of_few
        } else {
            self.method.least_text_fit
        }
    }

    /// How much better the whole text explains the recording than its decoys do in the mean, all from their first round on, in nats a
    /// coarse frame of speech.
    ///
    /// # Errors
    /// As [`Task::coarse`].
    pub(crate) fn text_fit(&self, whole: &Coarse, prior: &Array2<f32>) -> Result<f64, AlignError> {
        let backwards = self.classes.backwards(self.phones);
        let decoy = Task { classes: &backwards, ..*self };
        // Over hours the decoy need not be looked for: its sentences lie where the text's do.
        let known = (self.phones.phones.len() > FULL_STATES).then_some(whole);
        let reversed = decoy.coarse(prior, known, false)?.score;
        let count = if self.needs_several_decoys() { SHUFFLED_DECOYS } else { 0 };
        let shuffled: Vec<f64> = (1..=count)
            .into_par_iter()
            .map(|seed| Ok(Decoy::shuffled(self, seed).task(self).coarse(prior, None, false)?.score))
            .collect::<Result<_, AlignError>>()?;
        let decoys = (reversed + shuffled.iter().sum::<f64>()) / (1 + shuffled.len()) as f64;
        Ok((whole.score - decoys) / self.speech_frames().max(1.0))
    }
}
