//! The fine rounds: sounds with durations, gaps between words, near what was found before.

use std::ops::Range;

use super::coarse::COARSE;
use super::models::Scorer;
use super::rounds::Task;
use super::segmental::{Chain, Durations, Gaps, Node};
use super::segmentation::Segmentation;
use super::steady::{FrameScores, Steadiness};
use super::windows::{
    let_gaps_take, let_neighbours_take, let_words_close_up, let_words_cross, windows_around,
};
use crate::AlignError;
use crate::features::{FeatureSequence, HOP_SECS};
use crate::reference::THIRDS;

/// Applause and music begin and end within this time, which is not steady.
const NEAR_STEADY_SECS: f64 = 3.0;
const WORD_GAP: usize = 0;
const SENTENCE_GAP: usize = 1;
/// A gap of this many frames between two sounds is a pause.
pub(crate) const PAUSE_FRAMES: usize = 4;

/// The fine chain of a segmentation, and which node belongs to which sound.
pub(crate) struct FineChain {
    pub(crate) nodes: Vec<Node>,
    pub(crate) boundaries: Vec<usize>,
    /// First node of each sound, where it was spoken.
    pub(crate) first_node: Vec<Option<usize>>,
}

/// What else boundaries are looked for in than a window around the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    Path,
    /// Beyond long gaps, where words beside them are in doubt.
    Doubtful,
    /// Where words were found shorter than words are.
    Squeezed,
    /// Where words were left out.
    LeftOut,
}

impl Task<'_> {
    /// Nodes of the sounds that were spoken, with the boundaries they have now.
    pub(crate) fn fine_chain(&self, found: &Segmentation) -> FineChain {
        let frames = self.paced(found);
        let total = self.recording.features.nrows();
        let (mut nodes, mut boundaries) = (Vec::new(), Vec::new());
        let mut first_node = vec![None; found.sounds.len()];
        let (mut sentence_began, mut end) = (true, 0);
        for (phone, sound) in found.sounds.iter().enumerate() {
            sentence_began |= self.phones.phones[phone].begins_sentence;
            let Some(bounds) = sound else { continue };
            if self.phones.phones[phone].begins_word {
                nodes.push(Node::Gap { kind: if sentence_began { SENTENCE_GAP } else { WORD_GAP } });
                boundaries.push(end);
                sentence_began = false;
            }
            first_node[phone] = Some(nodes.len());
            for (third, start) in bounds.iter().take(THIRDS).enumerate() {
                let log_frames = (frames[phone] / THIRDS as f32).max(1.0).ln();
                let class = self.classes.class(phone, third);
                nodes.push(Node::Sound { phone, class, log_frames });
                boundaries.push(*start);
            }
            end = bounds[THIRDS];
        }
        nodes.push(Node::Gap { kind: SENTENCE_GAP });
        boundaries.push(end);
        boundaries.push(total);
        FineChain { nodes, boundaries, first_node }
    }

    /// What each frame of 5 ms scores as a steady sound; none where it is none.
    pub(crate) fn steady(
        &self,
        features: &FeatureSequence,
        scorer: &Scorer,
        scores: &[FrameScores],
    ) -> Vec<Option<f32>> {
        let steadiness = Steadiness::of(features, scorer, 1);
        steadiness.apply(scores, 0, 0..features.nrows(), self.method.steady_margin)
    }

    /// Sums of the frame scores of gaps.
    pub(crate) fn gaps(&self, fine: &FineChain, features: &FeatureSequence, scorer: &Scorer) -> Gaps {
        let scores = scorer.frame_scores(features);
        let best: Vec<f32> = scores.iter().map(|scores| scores.best).collect();
        let (fits, usual) = self.word_fits(fine, features, scorer, &best);
        let below_best = self.method.stray_misfit * usual;
        let steady = self.steady(features, scorer, &scores);
        // Only differences matter: what the likelier of pause and filler makes of a frame is taken off every score, so
        // that places in a window that lie frames apart stay comparable in linear scale.
        let quiet = |t: usize| steady[t].map_or(scores[t].pause, |steady: f32| steady.max(scores[t].pause));
        // Speech that is not in the text: as if a word fitted there, but worse than usual. Near steady sounds it is their beginning or end.
        let near_steady = near(&steady, (NEAR_STEADY_SECS / HOP_SECS) as usize);
        let is_usual_known = fine.tells_what_is_usual();
        let stray = |t: usize| match near_steady[t] || !is_usual_known {
            true => f32::NEG_INFINITY,
            false => best[t] - below_best,
        };
        let baseline: Vec<f32> =
            (0..scores.len()).map(|t| quiet(t).max(scores[t].filler).max(stray(t))).collect();
        let lulls = &self.recording.activity.lulls;
        let fine = 1.0 / COARSE as f32;
        let method = self.method;
        let cumulative = |score: &dyn Fn(usize) -> f32| {
            let mut sum = 0f64;
            let mut sums = vec![0f64];
            for (t, baseline) in baseline.iter().enumerate() {
                sum += f64::from(score(t) - baseline);
                sum += self.occupancies.map_or(0.0, |heard| f64::from(heard.gap(t)));
                sums.push(sum);
            }
            sums
        };
        let sentence = |t: usize| quiet(t).max(scores[t].filler + fine * method.filler_frame);
        let word = |t: usize| {
            let other = scores[t].filler + fine * method.word_filler_frame;
            if lulls[t] { sentence(t) } else { (quiet(t) + fine * method.word_pause_frame).max(other) }
        };
        let apart = fine * (method.filler_frame - method.word_filler_frame);
        let word_stray = |t: usize| word(t).max(stray(t) - if lulls[t] { 0.0 } else { apart });
        let sentence_stray = |t: usize| sentence(t).max(stray(t));
        Gaps {
            cumulative: vec![cumulative(&word), cumulative(&sentence)],
            entry: vec![self.pause_entry(), method.sentence_pause_entry],
            stray: is_usual_known
                .then(|| (vec![cumulative(&word_stray), cumulative(&sentence_stray)], method.stray_entry)),
            baseline,
            fits,
        }
    }

    /// The chain with windows of ± `reach` frames; its ends are bound to those of the recording.
    pub(crate) fn chain<'b>(
        &'b self,
        fine: &'b FineChain,
        features: &'b FeatureSequence,
        scorer: &'b Scorer,
        gaps: &'b Gaps,
        reach: usize,
        around: Around,
    ) -> Chain<'b> {
        let total = features.nrows();
        let durations = Durations { sigma: self.method.duration_sigma, weight: self.method.duration_weight };
        let mut windows = windows_around(&fine.boundaries, reach, total);
        let_gaps_take(&mut windows, &fine.nodes, &fine.boundaries, durations, reach);
        match around {
            Around::Path => {}
            Around::Doubtful => {
                let doubtful = self.doubtful_words(fine, &gaps.fits);
                let_words_cross(&mut windows, &fine.nodes, &fine.boundaries, &doubtful, reach);
            }
            Around::Squeezed => {
                let_neighbours_take(&mut windows, &fine.nodes, &fine.boundaries, durations, reach)
            }
            Around::LeftOut => let_words_close_up(&mut windows, &fine.nodes, &fine.boundaries, reach),
        }
        windows[0] = 0..1;
        if let Some(last) = windows.last_mut() {
            *last = total..total + 1;
        }
        for (phone, secs) in self.anchors {
            let Some(node) = fine.first_node[*phone] else { continue };
            let frame = ((secs / HOP_SECS + 0.5).round() as usize).min(total);
            windows[node] = frame..frame + 1;
        }
        Chain { features, nodes: &fine.nodes, windows, scorer, gaps, durations, heard: self.occupancies }
    }

    /// One fine round: the best segmentation near `found` under `models`.
    pub(crate) fn refined(
        &self,
        found: &Segmentation,
        features: &FeatureSequence,
        scorer: &Scorer,
        reach: usize,
        around: Around,
    ) -> Result<Segmentation, AlignError> {
        let fine = self.fine_chain(found);
        let gaps = self.gaps(&fine, features, scorer);
        let boundaries =
            self.chain(&fine, features, scorer, &gaps, reach, around).best_boundaries().ok_or_else(|| {
                AlignError::NoMatch { reason: "no segmentation fits around the coarse path".to_owned() }
            })?;
        Ok(Segmentation {
            sounds: fine
                .first_node
                .iter()
                .map(|node| node.map(|n| std::array::from_fn(|third| boundaries[n + third])))
                .collect(),
        })
    }

    /// First and last frame of every word that was spoken, and whether it begins a sentence.
    pub(crate) fn words_in(&self, found: &Segmentation) -> Vec<Option<(Range<usize>, bool)>> {
        self.phones
            .words
            .iter()
            .map(|range| {
                let mut spoken = range.clone().filter_map(|phone| found.sounds[phone]);
                let first = spoken.next()?;
                let last = spoken.next_back().unwrap_or(first);
                Some((first[0]..last[THIRDS], self.phones.phones[range.start].begins_sentence))
            })
            .collect()
    }
}

/// Which places lie within `reach` of one that holds something.
fn near<T>(held: &[Option<T>], reach: usize) -> Vec<bool> {
    let mut near = vec![false; held.len()];
    let mut filled = 0;
    for t in (0..held.len()).filter(|t| held[*t].is_some()) {
        let end = (t + reach + 1).min(held.len());
        near[t.saturating_sub(reach).max(filled)..end].fill(true);
        filled = end;
    }
    near
}
