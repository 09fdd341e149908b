//! What speaks for a text having been spoken: frames that sound, the text against a decoy.
//!
//! A likelihood alone says nothing: it moves with the noise and with what was learned. So each is a ratio. A frame sounds
//! where sounds in general explain it better than the pause does. A text is on a recording where it explains the sound better
//! than a **decoy** does: the same sounds, each sentence's in reversed order, laid over the recording by the same
//! procedure with the same learning. The decoy has the text's pauses, lengths and inventory, and not its words.

use ndarray::Array2;

use super::coarse::{COARSE, FULL_STATES};
use super::models::Scorer;
use super::rounds::{Coarse, Task};
use crate::AlignError;
use crate::features::FeatureSequence;

/// Frames over which the ratio of filler to pause is averaged, on either side (60 ms): a closure is no pause.
const SOUND_REACH: usize = 12;

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

    /// How much better the whole text explains the recording than its decoy, both from their first round on, in nats a coarse
    /// frame of speech.
    ///
    /// # Errors
    /// As [`Task::coarse`].
    pub(crate) fn text_fit(&self, whole: &Coarse, prior: &Array2<f32>) -> Result<f64, AlignError> {
        let backwards = self.classes.backwards(self.phones);
        let decoy = Task { classes: &backwards, ..*self };
        // Over hours the decoy need not be looked for: its sentences lie where the text's do.
        let known = (self.phones.phones.len() > FULL_STATES).then_some(whole);
        let decoy = decoy.coarse(prior, known, false)?;
        let speech = self.recording.activity.is_speech.iter().filter(|s| **s).count() as f64 / COARSE as f64;
        Ok((whole.score - decoy.score) / speech.max(1.0))
    }
}
