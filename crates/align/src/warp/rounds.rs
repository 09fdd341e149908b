//! The rounds: align, learn from what was found, align again; coarse first, then fine.

use std::ops::Range;

use ndarray::Array2;

use super::coarse::{
    COARSE, CoarsePath, FULL_STATES, Field, Found, GUIDED_STATES, Pins, ROUGH_STATES, WINDOW_STATES,
    coarse_path,
};
use super::guide::Guide;
use super::lattice::{GapScores, State};
use super::models::{Scorer, SoundModels};
use super::segmentation::Segmentation;
use super::steady::Steadiness;
use crate::AlignError;
use crate::acoustic::{Occupancies, TokenLikelihoods};
use crate::expectation::{Classes, Expectation};
use crate::features::{FeatureSequence, HOP_SECS, averaged};
use crate::method::Method;
use crate::phones::PhoneSequence;
use crate::recording::Recording;

/// A sound this short in coarse frames gets one state, two states below twice that.
const FRAMES_A_STATE: f32 = 1.6;
/// Coarse frames in a frame of the rough pass (60 ms), and how often that pass is made.
const ROUGH: usize = 3;
const ROUGH_ROUNDS: usize = 2;
/// Where more of the text than this seems absent, what was learned is at fault before the text is.
const MOST_ABSENT: f64 = 0.4;

/// What is aligned with what.
pub(crate) struct Task<'a> {
    pub(crate) recording: &'a Recording,
    pub(crate) phones: &'a PhoneSequence,
    pub(crate) classes: &'a Classes,
    pub(crate) expectation: &'a Expectation,
    pub(crate) method: &'a Method,
    /// Sounds whose start is known, with the second they start at; ascending in both.
    pub(crate) anchors: &'a [(usize, f64)],
    /// What an acoustic model heard: for coarse paths, and, once there is one, for fine ones.
    pub(crate) heard: Option<&'a TokenLikelihoods>,
    pub(crate) occupancies: Option<&'a Occupancies>,
    /// Frames in which a gap explains nearly as much as the best sound does.
    pub(crate) doubt: &'a [Range<usize>],
}

/// What the coarse rounds found.
pub(crate) struct Coarse {
    pub(crate) found: Segmentation,
    pub(crate) path: CoarsePath,
    /// Of the whole path, in nats.
    pub(crate) score: f64,
}

/// Where a path is looked for: so many states to either side of another one.
struct Near {
    path: CoarsePath,
    half: usize,
}

impl Task<'_> {
    /// The score of a pause between words in this noise.
    pub(super) fn pause_entry(&self) -> f32 {
        let missing_db = (20.0 - self.recording.activity.snr_db).clamp(0.0, 20.0) as f32;
        self.method.pause_entry + self.method.pause_entry_per_db * missing_db
    }

    /// Rounds of coarse path and learning, from `known` on. With `skips`, sentences may be passed over.
    pub(crate) fn coarse(
        &self,
        prior: &Array2<f32>,
        known: Option<&Coarse>,
        skips: bool,
    ) -> Result<Coarse, AlignError> {
        let features = averaged(&self.recording.features, COARSE);
        let learned = |found: &Segmentation| {
            let statistics = self.statistics(found, &self.recording.features);
            self.learned(prior, &statistics, 1)
        };
        let speech = self.recording.activity.is_speech.iter().filter(|s| **s).count() as f32;
        let expected: f32 = self.expectation.frames.iter().sum();
        let mut rate = (speech / expected.max(1.0)).clamp(0.5, 1.6);
        let mut models = self.first_models(prior);
        let mut near = None;
        if let Some(known) = known {
            rate = self.rate(&known.found).clamp(0.4, 2.5);
            models = learned(&known.found);
            near = Some(Near { path: known.path.clone(), half: GUIDED_STATES });
        } else if self.coarse_states(rate / COARSE as f32).len() > FULL_STATES {
            for _ in 0..ROUGH_ROUNDS {
                let rough = self.rough(&models, rate, skips, near.as_ref())?;
                rate = self.rate(&rough.found).clamp(0.4, 2.5);
                models = learned(&rough.found);
                near = Some(Near { path: rough.path, half: ROUGH_STATES });
            }
            near = near.map(|near| Near { half: GUIDED_STATES, ..near });
        }
        let mut coarse = None;
        for round in 0..self.method.coarse_rounds.max(1) {
            let scorer = Scorer::new(&models, self.method.coarse_scale);
            let gaps = self.gap_scores(1, skips);
            let Found { path, score, half } =
                self.path(&features, &scorer, COARSE, rate, gaps, near.as_ref())?;
            tracing::debug!(round, score, rate, "coarse path");
            let found = Segmentation::from_coarse(&path, self.recording.features.nrows());
            // From a text that was passed over nothing can be learned.
            if found.absent_share() <= MOST_ABSENT {
                rate = self.rate(&found).clamp(0.4, 2.5);
                models = learned(&found);
            }
            near = Some(Near { path: path.clone(), half });
            coarse = Some(Coarse { found, path, score });
        }
        coarse.ok_or_else(|| AlignError::NoMatch { reason: "no round was asked for".to_owned() })
    }

    /// A path in frames three times as long, to be followed by finer ones: what hours need to begin with.
    fn rough(
        &self,
        models: &SoundModels,
        rate: f32,
        skips: bool,
        near: Option<&Near>,
    ) -> Result<Coarse, AlignError> {
        let features = averaged(&self.recording.features, ROUGH * COARSE);
        let scorer = Scorer::new(models, self.method.coarse_scale);
        let gaps = self.gap_scores(ROUGH, skips);
        let Found { path, score, .. } = self.path(&features, &scorer, ROUGH * COARSE, rate, gaps, near)?;
        tracing::debug!(score, rate, "rough path");
        let path: CoarsePath =
            path.into_iter().map(|span| span.map(|(start, end)| (ROUGH * start, ROUGH * end))).collect();
        let found = Segmentation::from_coarse(&path, self.recording.features.nrows());
        Ok(Coarse { found, path, score })
    }

    /// The best path in frames of `count` fine ones.
    fn path(
        &self,
        features: &FeatureSequence,
        scorer: &Scorer,
        count: usize,
        rate: f32,
        gaps: GapScores,
        near: Option<&Near>,
    ) -> Result<Found, AlignError> {
        let states = self.coarse_states(rate / count as f32);
        let pins = self.pins(&states, count, features.nrows());
        let pooled = self.heard.filter(|_| count > COARSE).map(|heard| heard.pooled(count / COARSE));
        let heard = self.heard.map(|heard| heard.scores(pooled.as_ref()));
        let activity = &self.recording.activity;
        // Whether the text is the recording's is judged without them.
        let lulls: &[bool] = if gaps.filler_entry.is_finite() { &activity.lulls } else { &[] };
        let steady =
            &Steadiness::of(features, scorer, count).doubting(self.doubt, count).with_lulls(lulls, count);
        let guide = (states.len() > FULL_STATES).then(|| match near {
            Some(Near { path, half }) => Guide::along(path, count / COARSE, &states, features.nrows(), *half),
            None => {
                let speech = &activity.is_speech;
                Guide::by_speech(speech, count, states.len(), features.nrows(), WINDOW_STATES)
            }
        });
        let field = Field { features, states: &states, scorer, steady, gaps, pins: &pins, heard };
        coarse_path(&field, self.phones.phones.len(), guide)
    }

    /// Scores of gaps in frames `length` times as long as the coarse ones.
    fn gap_scores(&self, length: usize, skips: bool) -> GapScores {
        let method = self.method;
        let length = length as f32;
        GapScores {
            word_entry: self.pause_entry(),
            sentence_entry: method.sentence_pause_entry,
            filler_frame: length * method.filler_frame,
            word_filler_frame: length * method.word_filler_frame,
            filler_entry: if skips { method.skipped_entry } else { f32::NEG_INFINITY },
            skipped_frame: length * method.skipped_frame,
            steady_margin: method.steady_margin,
            word_pause_frame: length * method.word_pause_frame,
        }
    }

    /// The anchors as states and frames of `count` fine ones.
    fn pins(&self, states: &[State], count: usize, frames: usize) -> Pins {
        let mut pins = Pins::new();
        let mut anchors = self.anchors.iter().peekable();
        for (s, state) in states.iter().enumerate() {
            let State::Sound { phone, .. } = state else { continue };
            let Some(&&(anchored, secs)) = anchors.peek() else { break };
            if *phone == anchored {
                anchors.next();
                let frame = (secs / (HOP_SECS * count as f64)).round() as usize;
                // Two anchors in one frame: the first holds.
                let after = pins.last().map_or(1, |(last, _): &(usize, usize)| last + 1);
                if frame >= after && frame < frames {
                    pins.push((frame, s));
                }
            }
        }
        pins
    }

    fn coarse_states(&self, rate: f32) -> Vec<State> {
        let mut states = vec![State::SentenceGap];
        for (phone, sound) in self.phones.phones.iter().enumerate() {
            if sound.begins_word && phone > 0 {
                states.push(if sound.begins_sentence { State::SentenceGap } else { State::WordGap });
            }
            let frames = self.expectation.frames[phone] * rate;
            let parts: &[usize] = match frames {
                f if f < FRAMES_A_STATE => &[1],
                f if f < 2.0 * FRAMES_A_STATE => &[0, 2],
                _ => &[0, 1, 2],
            };
            for (i, part) in parts.iter().enumerate() {
                states.push(State::Sound {
                    phone,
                    class: self.classes.class(phone, *part),
                    unit: self.classes.unit(phone),
                    frames: frames / parts.len() as f32,
                    skips_one: i == 2,
                });
            }
        }
        states.push(State::SentenceGap);
        states
    }
}
