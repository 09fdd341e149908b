//! How well each word fits where the fine path found it, against what is usual in the recording: what tells a word that was laid over a
//! hesitation, a cough or another talker from one that was spoken there.

use rayon::prelude::*;

use super::fine::FineChain;
use super::models::Scorer;
use super::rounds::Task;
use super::segmental::Node;
use super::windows::gaps_of;
use crate::features::{FeatureSequence, HOP_SECS};

/// Words that take less or more of the time that is due to them than this are in doubt.
const SQUEEZED: f32 = 0.5;
const DRAWN_OUT: f32 = 2.0;
/// A word that fits this many times worse than usual may fit any worse.
const MOST_DOUBT: f64 = 3.0;

/// From so much speech on it shows what is usual.
const ENOUGH_SPEECH_SECS: f64 = 10.0;

impl FineChain {
    /// There is speech enough to tell a word that fits badly from one that fits as others do.
    pub(super) fn tells_what_is_usual(&self) -> bool {
        let lengths = self.boundaries.windows(2).map(|bounds| bounds[1] - bounds[0]);
        let sounds = self.nodes.iter().zip(lengths).filter(|(node, _)| matches!(node, Node::Sound { .. }));
        sounds.map(|(_, length)| length).sum::<usize>() as f64 * HOP_SECS >= ENOUGH_SPEECH_SECS
    }
}

/// How well a word fits where it was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WordFit {
    /// By how much its sounds are less likely than the likeliest ones, as a share of what is usual in the recording.
    misfit: f32,
    /// The time it takes, as a share of what is due to it.
    pace: f32,
}

impl WordFit {
    fn is_uneven(self) -> bool {
        !(SQUEEZED..DRAWN_OUT).contains(&self.pace)
    }

    /// From 0, where it fits as others do.
    pub(super) fn doubt(self) -> f64 {
        let misfit = f64::from(self.misfit - 1.0).clamp(0.0, MOST_DOUBT);
        misfit + f64::from(u8::from(self.is_uneven()))
    }
}

impl Task<'_> {
    /// How well the word behind each gap but the last fits where it was found, and by how much the sounds of a usual one are less likely
    /// than the likeliest ones (`best`), in scaled nats a frame.
    pub(super) fn word_fits(
        &self,
        fine: &FineChain,
        features: &FeatureSequence,
        scorer: &Scorer,
        best: &[f32],
    ) -> (Vec<WordFit>, f32) {
        let mut words: Vec<WordFit> = gaps_of(&fine.nodes)
            .par_windows(2)
            .map(|pair| {
                let (mut misfit, mut expected, mut frames) = (0f32, 0f32, 0usize);
                for n in pair[0] + 1..pair[1] {
                    let Node::Sound { class, log_frames, .. } = fine.nodes[n] else { continue };
                    let range = fine.boundaries[n]..fine.boundaries[n + 1];
                    expected += log_frames.exp();
                    frames += range.len();
                    for t in range {
                        let row = features.row(t);
                        misfit += best[t] - scorer.scores_of(class, [row.to_slice().unwrap_or(&[])])[0];
                    }
                }
                WordFit { misfit: misfit / frames.max(1) as f32, pace: frames as f32 / expected.max(1.0) }
            })
            .collect();
        let mut usual: Vec<f32> = words.iter().map(|word| word.misfit).collect();
        usual.sort_by(f32::total_cmp);
        let usual = usual.get(usual.len() / 2).copied().unwrap_or(0.0).max(f32::MIN_POSITIVE);
        words.iter_mut().for_each(|word| word.misfit /= usual);
        (words, usual)
    }

    /// Whether each word is in doubt: it fits badly, or takes too little or too much time.
    pub(super) fn doubtful_words(&self, fine: &FineChain, fits: &[WordFit]) -> Vec<bool> {
        let known = fine.tells_what_is_usual();
        let in_doubt = |fit: &WordFit| fit.misfit > self.method.doubtful_misfit || fit.is_uneven();
        fits.iter().map(|fit| known && in_doubt(fit)).collect()
    }
}
