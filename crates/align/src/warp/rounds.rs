//! The rounds: align, learn from what was found, align again; coarse first, then fine.

use std::ops::Range;

use ndarray::Array2;

use super::coarse::{COARSE, CoarsePath, FULL_STATES, Field, Pins, coarse_path};
use super::discriminant::{Projection, Scatter};
use super::lattice::{GapScores, State};
use super::models::{Learning, Scorer, SoundModels, Statistics};
use super::segmental::{Chain, Durations, Gaps, Node};
use super::steady::{FrameScores, Steadiness};
use super::windows::{
    let_gaps_take, let_neighbours_take, let_words_close_up, let_words_cross, windows_around,
};
use crate::AlignError;
use crate::acoustic::{Occupancies, TokenLikelihoods};
use crate::expectation::{Classes, Expectation, thirds};
use crate::features::{FeatureSequence, HOP_SECS};
use crate::method::Method;
use crate::phones::PhoneSequence;
use crate::recording::Recording;
use crate::reference::THIRDS;

/// Variance of every dimension before anything was learned, as a share of that of speech.
const FIRST_VARIANCE: f32 = 0.9;
/// A sound this short in coarse frames gets one state, two states below twice that.
const FRAMES_A_STATE: f32 = 1.6;
/// The span over which the speaking rate is smoothed, in sounds.
const RATE_SPAN: usize = 25;
/// A gap of this many frames between two sounds is a pause.
pub(crate) const PAUSE_FRAMES: usize = 4;
/// Coarse frames in a frame of the rough pass (60 ms), and how often that pass is made.
const ROUGH: usize = 3;
const ROUGH_ROUNDS: usize = 2;
/// Where more of the text than this seems absent, what was learned is at fault before the text is.
const MOST_ABSENT: f64 = 0.4;
/// Applause and music begin and end within this time, which is not steady.
const NEAR_STEADY_SECS: f64 = 3.0;
/// Hesitations last this many times longer than their sounds do in words.
const DRAWL: f32 = 2.0;
const WORD_GAP: usize = 0;
const SENTENCE_GAP: usize = 1;

/// Where each sound lies.
#[derive(Clone, Debug)]
pub(crate) struct Segmentation {
    /// Boundaries of the three thirds of each sound in frames (four numbers); none where it was not spoken.
    pub(crate) sounds: Vec<Option<[usize; THIRDS + 1]>>,
}

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
    fn learning(&self, frame_len: usize) -> Learning {
        Learning {
            prior_frames: self.method.prior_frames / frame_len as f64,
            variance_frames: self.method.variance_frames / frame_len as f64,
            variance_floor: self.method.variance_floor,
        }
    }

    /// Models before anything was found.
    pub(crate) fn first_models(&self, prior: &Array2<f32>) -> SoundModels {
        let mut variance = Array2::from_elem(prior.dim(), FIRST_VARIANCE);
        let pause = self.classes.pause();
        let mut found = Statistics::new(1, prior.ncols());
        for t in &self.recording.activity.noise_frames {
            found.add(0, &self.recording.features, *t, t + 1);
        }
        for d in 0..prior.ncols() {
            let mean = found.mean(0, d);
            let spread = found.squares[[0, d]] / found.count[0].max(1.0) - mean * mean;
            variance[[pause, d]] = (spread.max(0.0) + 0.15) as f32;
        }
        SoundModels { mean: prior.clone(), variance }
    }

    /// Models of this recording after `found`.
    pub(crate) fn learned(&self, prior: &Array2<f32>, found: &Statistics, frame_len: usize) -> SoundModels {
        SoundModels::learned(prior, found, self.learning(frame_len))
    }

    /// The score of a pause between words in this noise.
    fn pause_entry(&self) -> f32 {
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
        let mut models = known.map_or_else(|| self.first_models(prior), |known| learned(&known.found));
        let speech = self.recording.activity.is_speech.iter().filter(|s| **s).count() as f32;
        let expected: f32 = self.expectation.frames.iter().sum();
        let mut rate = (speech / expected.max(1.0)).clamp(0.5, 1.6);
        let (mut coarse, mut guide) = (None, known.map(|known| known.path.clone()));
        if let Some(known) = known {
            rate = self.rate(&known.found).clamp(0.4, 2.5);
        }
        if guide.is_none() && self.coarse_states(rate / COARSE as f32).len() > FULL_STATES {
            for _ in 0..ROUGH_ROUNDS {
                let rough = self.rough(&models, rate, skips)?;
                rate = self.rate(&rough.found).clamp(0.4, 2.5);
                models = learned(&rough.found);
                guide = Some(rough.path);
            }
        }
        for round in 0..self.method.coarse_rounds.max(1) {
            let scorer = Scorer::new(&models, self.method.coarse_scale);
            let gaps = self.gap_scores(1, skips);
            let (path, score) = self.path(&features, &scorer, COARSE, rate, gaps, guide.as_ref())?;
            tracing::debug!(round, score, rate, "coarse path");
            let found = Segmentation::from_coarse(&path, self.recording.features.nrows());
            // From a text that was passed over nothing can be learned.
            if found.absent_share() <= MOST_ABSENT {
                rate = self.rate(&found).clamp(0.4, 2.5);
                models = learned(&found);
            }
            guide = Some(path.clone());
            coarse = Some(Coarse { found, path, score });
        }
        coarse.ok_or_else(|| AlignError::NoMatch { reason: "no round was asked for".to_owned() })
    }

    /// A path in frames three times as long, to be followed by finer ones: what hours need to begin with.
    fn rough(&self, models: &SoundModels, rate: f32, skips: bool) -> Result<Coarse, AlignError> {
        let features = averaged(&self.recording.features, ROUGH * COARSE);
        let scorer = Scorer::new(models, self.method.coarse_scale);
        let gaps = self.gap_scores(ROUGH, skips);
        let (path, score) = self.path(&features, &scorer, ROUGH * COARSE, rate, gaps, None)?;
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
        guide: Option<&CoarsePath>,
    ) -> Result<(CoarsePath, f64), AlignError> {
        let states = self.coarse_states(rate / count as f32);
        let pins = self.pins(&states, count, features.nrows());
        let pooled = self.heard.filter(|_| count > COARSE).map(|heard| heard.pooled(count / COARSE));
        let heard = self.heard.map(|heard| heard.scores(pooled.as_ref()));
        // Whether the text is the recording's is judged without them.
        let lulls: &[bool] = if gaps.filler_entry.is_finite() { &self.recording.activity.lulls } else { &[] };
        let steady =
            &Steadiness::of(features, scorer, count).doubting(self.doubt, count).with_lulls(lulls, count);
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

    /// The class of each frame; none where neither a sound nor a pause is certain.
    fn labels(&self, found: &Segmentation) -> Vec<Option<usize>> {
        let speech = &self.recording.activity.is_speech;
        let mut labels: Vec<Option<usize>> =
            speech.iter().map(|speech| (!speech).then_some(self.classes.pause())).collect();
        for (phone, sound) in found.sounds.iter().enumerate() {
            let Some(bounds) = sound else { continue };
            for third in 0..THIRDS {
                let end = bounds[third + 1].min(labels.len());
                labels[bounds[third]..end].fill(Some(self.classes.class(phone, third)));
            }
        }
        labels
    }

    /// The references' scatter, which does not change from round to round.
    pub(crate) fn reference_scatter(&self) -> Scatter {
        let mut scatter = Scatter::new(self.classes.pause() + 1, self.recording.features.ncols());
        for (features, labels) in self.expectation.voices.iter().filter_map(|voice| voice.labelled.as_ref()) {
            scatter.add(features, labels);
        }
        scatter
    }

    /// Features in which the sounds of this recording differ most, and the references' means in them; none where too
    /// little was found to tell.
    pub(crate) fn discriminant(
        &self,
        found: &Segmentation,
        references: &Scatter,
    ) -> Option<(FeatureSequence, Array2<f32>)> {
        let features = &self.recording.features;
        let mut scatter = Scatter::new(self.classes.pause() + 1, features.ncols());
        scatter.add(features, &self.labels(found));
        let (share, kept) = (self.method.discriminant_reference_share, self.method.discriminant_dims);
        let projection = Projection::of(&scatter, references, share, kept)?;
        let mut prior = references.projected_means(&projection);
        // What the references never say (the pause) is taken from the recording.
        let heard = scatter.projected_means(&projection);
        for class in (0..prior.nrows()).filter(|class| references.counts()[*class] < 1.0) {
            prior.row_mut(class).assign(&heard.row(class));
        }
        Some((projection.apply(features), prior))
    }

    /// How much each voice counts: those that fit what was found better count more.
    pub(crate) fn voice_weights(&self, found: &Segmentation) -> Vec<f64> {
        let statistics = self.statistics(found, &self.recording.features);
        let sounds = self.classes.pause();
        let total: f64 = (0..sounds).map(|class| statistics.count[class]).sum::<f64>().max(1.0);
        // Mean squared distance of the frames from each voice's means, all dimensions alike.
        let distances: Vec<f64> = self
            .expectation
            .voices
            .iter()
            .map(|voice| {
                (0..sounds)
                    .flat_map(|class| (0..voice.mean.ncols()).map(move |d| (class, d)))
                    .map(|(class, d)| {
                        let m = f64::from(voice.mean[[class, d]]);
                        statistics.squares[[class, d]] - 2.0 * m * statistics.sum[[class, d]]
                            + m * m * statistics.count[class]
                    })
                    .sum::<f64>()
                    / total
            })
            .collect();
        let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let raw: Vec<f64> =
            distances.iter().map(|d| (-0.5 * self.method.voice_sharpness * (d - nearest)).exp()).collect();
        let sum: f64 = raw.iter().sum();
        for (voice, weight) in self.expectation.voices.iter().zip(&raw) {
            tracing::debug!(voice = voice.name, weight = weight / sum, "voice");
        }
        raw.into_iter().map(|weight| weight / sum).collect()
    }

    /// Found over expected duration, the median of the ratio.
    pub(crate) fn rate(&self, found: &Segmentation) -> f32 {
        let mut ratios: Vec<f32> = found
            .sounds
            .iter()
            .zip(&self.expectation.frames)
            .filter_map(|(sound, expected)| sound.map(|s| (s[THIRDS] - s[0]) as f32 / expected))
            .collect();
        ratios.sort_by(f32::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
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

    /// Sums over the frames of each class; what lies between sounds and is quiet counts as pause.
    pub(crate) fn statistics(&self, found: &Segmentation, features: &FeatureSequence) -> Statistics {
        let mut statistics = Statistics::new(self.classes.pause() + 1, features.ncols());
        let mut free = vec![true; features.nrows()];
        for (phone, sound) in found.sounds.iter().enumerate() {
            let Some(bounds) = sound else { continue };
            for third in 0..THIRDS {
                statistics.add(self.classes.class(phone, third), features, bounds[third], bounds[third + 1]);
            }
            let end = bounds[THIRDS].min(free.len());
            free[bounds[0]..end].fill(false);
        }
        for t in (0..free.len()).filter(|t| free[*t] && !self.recording.activity.is_speech[*t]) {
            statistics.add(self.classes.pause(), features, t, t + 1);
        }
        statistics
    }

    /// Expected frames of every sound at the local speaking rate of `found`.
    fn paced(&self, found: &Segmentation) -> Vec<f32> {
        let overall = self.rate(found).ln();
        let ratios: Vec<f32> = found
            .sounds
            .iter()
            .zip(&self.expectation.frames)
            .map(|(sound, expected)| {
                sound.map_or(overall, |s| ((s[THIRDS] - s[0]).max(1) as f32 / expected).ln().clamp(-1.5, 1.5))
            })
            .collect();
        let half = RATE_SPAN / 2;
        (0..ratios.len())
            .map(|i| {
                let near = &ratios[i.saturating_sub(half)..(i + half + 1).min(ratios.len())];
                // The overall rate counts as ten sounds.
                let local = (near.iter().sum::<f32>() + 10.0 * overall) / (near.len() as f32 + 10.0);
                let drawl = if self.phones.phones[i].hesitates { DRAWL } else { 1.0 };
                drawl * self.expectation.frames[i] * local.exp()
            })
            .collect()
    }

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

impl Segmentation {
    /// Share of the sounds that were passed over.
    pub(crate) fn absent_share(&self) -> f64 {
        self.sounds.iter().filter(|sound| sound.is_none()).count() as f64 / self.sounds.len().max(1) as f64
    }

    /// How many frames the sounds take.
    pub(crate) fn frames(&self) -> usize {
        self.sounds.iter().flatten().map(|bounds| bounds[THIRDS] - bounds[0]).sum()
    }

    fn from_coarse(path: &[Option<(usize, usize)>], frames: usize) -> Self {
        let cut = |span: Range<usize>| {
            let parts = thirds(&span);
            [parts[0].0, parts[1].0, parts[2].0, span.end]
        };
        Self {
            sounds: path
                .iter()
                .map(|span| span.map(|(start, end)| cut(start * COARSE..(end * COARSE).min(frames))))
                .collect(),
        }
    }
}

/// Means over `count` frames; a last group of fewer frames is averaged over what there is.
pub(crate) fn averaged(features: &FeatureSequence, count: usize) -> Array2<f32> {
    let groups = features.nrows().div_ceil(count);
    let mut out = Array2::zeros((groups, features.ncols()));
    for (g, mut row) in out.outer_iter_mut().enumerate() {
        let end = ((g + 1) * count).min(features.nrows());
        for t in g * count..end {
            row += &features.row(t);
        }
        row /= (end - g * count) as f32;
    }
    out
}
