//! The coarse path: the whole text against the whole recording at 20 ms.
//!
//! Dynamic time warping of the text's states (up to three a sound) onto frames, step sizes (1,0), (1,1) and, over a pause or
//! the middle of a short sound, (1,2); M. Müller, *Fundamentals of Music Processing*, 2015, section 3.2, with reference and
//! recording exchanged for a text that may be shorter than what was recorded: the path opens and closes in gaps, whose
//! frames may hold silence or sound that is not in the text (a filler). From one sentence's gap to the next the path may
//! jump: a sentence that was not spoken.
//!
//! Memory: two bits a cell inside a window of states around the best one. A text of up to [`FULL_STATES`] states is
//! searched whole; for longer ones the window doubles and the pass repeats where the path came near its edge.
//!
//! Costs are scores here (higher is better). Assumes that sentences come in order.

use ndarray::Array2;
use rayon::prelude::*;

use super::models::Scorer;
use crate::AlignError;

/// Frames of 5 ms in a coarse frame.
pub(crate) const COARSE: usize = 4;
/// Below this many states every cell is visited: a side of a disc.
const FULL_STATES: usize = 12_000;
/// Half the window of a longer text, in states: about a minute of speech.
const WINDOW_STATES: usize = 2_500;
/// The same around the path of an earlier round: half a minute.
const GUIDED_STATES: usize = 1_000;
/// Frames whose scores are computed at once.
const FRAMES_AT_ONCE: usize = 512;

/// A state of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    /// A part of a sound.
    Sound {
        /// Index of the sound.
        phone: usize,
        /// Class of the part.
        class: usize,
        /// Expected frames.
        frames: f32,
        /// Whether the state two before may be followed directly.
        skips_one: bool,
    },
    /// Between words: nothing, a pause, or a hesitation.
    WordGap,
    /// Between sentences and at both ends: anything.
    SentenceGap,
}

/// Scores of what is not a sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GapScores {
    /// For a pause between words.
    pub(crate) word_entry: f32,
    /// For a pause between sentences.
    pub(crate) sentence_entry: f32,
    /// Each frame of sound that is not in the text, below the filler's own score, at sentence ends.
    pub(crate) filler_frame: f32,
    /// The same between words.
    pub(crate) word_filler_frame: f32,
    /// For beginning such a stretch.
    pub(crate) filler_entry: f32,
    /// For each expected frame of a sentence that is passed over.
    pub(crate) skipped_frame: f32,
}

/// Where each sound lies: coarse frames `start..end`, or none where its sentence was passed over.
pub(crate) type CoarsePath = Vec<Option<(usize, usize)>>;

const STAY: u8 = 0;
const STEP: u8 = 1;
const SKIP: u8 = 2;
const JUMP: u8 = 3;

/// Everything that is fixed before the first frame.
struct Lattice<'a> {
    states: &'a [State],
    stay: Vec<f32>,
    step: Vec<f32>,
    /// For a sentence gap: the gap before it and the cost of passing over the sentence between.
    jump: Vec<Option<(usize, f32)>>,
}

/// Finds the best path of `states` over `features`, `[frames, dims]` at 20 ms.
///
/// # Errors
/// [`AlignError::NoMatch`] where no path reaches the end.
pub(crate) fn coarse_path(
    features: &Array2<f32>,
    states: &[State],
    phones: usize,
    scorer: &Scorer,
    gaps: GapScores,
    guide: Option<&CoarsePath>,
) -> Result<(CoarsePath, f64), AlignError> {
    let lattice = Lattice::new(states, gaps);
    let mut centres =
        guide.filter(|_| states.len() > FULL_STATES).map(|path| centres(path, states, features.nrows()));
    let mut half = match &centres {
        _ if states.len() <= FULL_STATES => states.len(),
        Some(_) => GUIDED_STATES,
        None => WINDOW_STATES,
    };
    loop {
        let search = lattice.search(features, scorer, gaps, half, centres.as_deref());
        let (path, edge) = search.backtrack(states);
        if edge && half < states.len() {
            half *= 2;
            // A guide that led to the edge leads no further.
            if half > WINDOW_STATES {
                centres = None;
            }
            continue;
        }
        let Some(path) = path else {
            return Err(AlignError::NoMatch { reason: "no path leads through the whole text".to_owned() });
        };
        return Ok((spans(&path, states, phones), search.score));
    }
}

/// The state of every frame on an earlier path, over the states of this one.
fn centres(path: &CoarsePath, states: &[State], frames: usize) -> Vec<usize> {
    let mut centres = vec![0; frames];
    let mut at = 0;
    for (s, state) in states.iter().enumerate() {
        let State::Sound { phone, .. } = state else { continue };
        let Some((start, end)) = path.get(*phone).copied().flatten() else { continue };
        // Frames of a gap before it belong to the state before.
        let last = s.saturating_sub(1);
        for centre in &mut centres[at.min(frames)..start.clamp(at.min(frames), frames)] {
            *centre = last;
        }
        for centre in &mut centres[start.min(frames)..end.min(frames)] {
            *centre = s;
        }
        at = end.min(frames);
    }
    centres[at..].fill(states.len() - 1);
    centres
}

/// First and last frame of every sound.
fn spans(path: &[usize], states: &[State], phones: usize) -> CoarsePath {
    let mut spans: CoarsePath = vec![None; phones];
    for (t, state) in path.iter().enumerate() {
        if let State::Sound { phone, .. } = states[*state] {
            let span = spans[phone].get_or_insert((t, t + 1));
            span.1 = t + 1;
        }
    }
    spans
}

impl<'a> Lattice<'a> {
    fn new(states: &'a [State], gaps: GapScores) -> Self {
        let (mut stay, mut step) = (Vec::with_capacity(states.len()), Vec::with_capacity(states.len()));
        let mut jump = Vec::with_capacity(states.len());
        let (mut last_gap, mut passed) = (None, 0f32);
        for (s, state) in states.iter().enumerate() {
            let mut from = None;
            match state {
                State::Sound { frames, .. } => {
                    let leave = (1.0 / frames.max(1.2)).clamp(0.03, 0.8);
                    stay.push((1.0 - leave).ln());
                    step.push(leave.ln());
                    passed += frames;
                }
                State::WordGap => {
                    stay.push(-0.05);
                    step.push(-1.0);
                }
                State::SentenceGap => {
                    stay.push(-0.02);
                    step.push(-1.0);
                    from = last_gap.map(|gap| (gap, gaps.filler_entry + gaps.skipped_frame * passed));
                    last_gap = Some(s);
                    passed = 0.0;
                }
            }
            jump.push(from);
        }
        Self { states, stay, step, jump }
    }

    fn search(
        &self,
        features: &Array2<f32>,
        scorer: &Scorer,
        gaps: GapScores,
        half: usize,
        centres: Option<&[usize]>,
    ) -> Search {
        let (total, frames) = (self.states.len(), features.nrows());
        let never = f32::NEG_INFINITY;
        let mut score = vec![never; total];
        let mut next = vec![never; total];
        let mut search = Search {
            windows: Vec::with_capacity(frames),
            moves: Vec::with_capacity(frames),
            score: 0.0,
            end: 0,
        };
        let mut codes = Vec::new();
        let (mut lowest, mut taken_off) = (0, 0f64);
        let (mut previous_lo, mut previous_hi) = (0, 0);
        for first in (0..frames).step_by(FRAMES_AT_ONCE) {
            let last = (first + FRAMES_AT_ONCE).min(frames);
            let scores: Vec<Vec<f32>> = (first..last)
                .into_par_iter()
                .map(|t| {
                    let frame = features.row(t);
                    let frame = frame.as_slice().unwrap_or(&[]);
                    let mut row: Vec<f32> =
                        (0..scorer.classes()).map(|class| scorer.score(class, frame)).collect();
                    row.push(scorer.filler(frame));
                    row
                })
                .collect();
            for (t, row) in (first..last).zip(&scores) {
                let centre = centres.map_or_else(
                    || {
                        (previous_lo..previous_hi)
                            .max_by(|a, b| score[*a].total_cmp(&score[*b]).then(b.cmp(a)))
                            .unwrap_or(0)
                    },
                    |centres| centres[t],
                );
                lowest = lowest.max(centre.saturating_sub(half));
                let (lo, hi) = (lowest, (centre + half).min(total).max(previous_hi.min(total)));
                let (pause, filler) = (row[scorer.pause()], row[scorer.classes()]);
                let word_gap = pause.max(filler + gaps.word_filler_frame);
                let sentence_gap = pause.max(filler + gaps.filler_frame);
                codes.clear();
                codes.resize(hi - lo, STAY);
                for s in lo..hi {
                    let (value, code) = if t == 0 {
                        let open = match s {
                            0 => 0.0,
                            1 => gaps.sentence_entry,
                            _ => never,
                        };
                        (open, STAY)
                    } else {
                        self.best_move(s, &score, gaps)
                    };
                    let emission = match self.states[s] {
                        State::Sound { class, .. } => row[class],
                        State::WordGap => word_gap,
                        State::SentenceGap => sentence_gap,
                    };
                    next[s] = value + emission;
                    codes[s - lo] = code;
                }
                score[previous_lo.min(lo)..lo].fill(never);
                // Relative to the best, so that hours keep their precision in `f32`.
                let best = next[lo..hi].iter().copied().fold(never, f32::max);
                let base = if best.is_finite() { best } else { 0.0 };
                taken_off += f64::from(base);
                score[lo..hi].iter_mut().zip(&next[lo..hi]).for_each(|(score, next)| *score = next - base);
                (previous_lo, previous_hi) = (lo, hi);
                search.windows.push((lo, hi));
                search.moves.push(packed(&codes));
            }
        }
        let ends = [total - 1, total.saturating_sub(2)];
        search.end = if score[ends[1]] > score[ends[0]] { ends[1] } else { ends[0] };
        search.score = f64::from(score[search.end]) + taken_off;
        search
    }

    fn best_move(&self, s: usize, score: &[f32], gaps: GapScores) -> (f32, u8) {
        let mut best = (score[s] + self.stay[s], STAY);
        let mut consider = |value: f32, code: u8| {
            if value > best.0 {
                best = (value, code);
            }
        };
        if s >= 1 {
            let entry = match self.states[s] {
                State::Sound { .. } => 0.0,
                State::WordGap => gaps.word_entry,
                State::SentenceGap => gaps.sentence_entry,
            };
            consider(score[s - 1] + self.step[s - 1] + entry, STEP);
        }
        if s >= 2 {
            if !matches!(self.states[s - 1], State::Sound { .. }) {
                consider(score[s - 2] + self.step[s - 2], SKIP);
            } else if matches!(self.states[s], State::Sound { skips_one: true, .. }) {
                consider(score[s - 2] + self.step[s - 2] - 1.0, SKIP);
            }
        }
        if let Some((from, cost)) = self.jump[s] {
            consider(score[from] + cost, JUMP);
        }
        best
    }
}

/// What a pass leaves behind.
struct Search {
    /// States `lo..hi` that were visited, a frame.
    windows: Vec<(usize, usize)>,
    /// Two bits a state.
    moves: Vec<Vec<u8>>,
    score: f64,
    end: usize,
}

fn packed(codes: &[u8]) -> Vec<u8> {
    codes
        .chunks(4)
        .map(|four| four.iter().enumerate().fold(0, |byte, (i, code)| byte | (code << (2 * i))))
        .collect()
}

impl Search {
    /// The state of every frame, and whether the path came within an eighth of its window's edge.
    fn backtrack(&self, states: &[State]) -> (Option<Vec<usize>>, bool) {
        if !self.score.is_finite() {
            return (None, true);
        }
        let gaps: Vec<usize> =
            states.iter().enumerate().filter(|(_, s)| **s == State::SentenceGap).map(|(i, _)| i).collect();
        let mut path = vec![0; self.windows.len()];
        let (mut s, mut edge) = (self.end, false);
        for t in (0..self.windows.len()).rev() {
            path[t] = s;
            let (lo, hi) = self.windows[t];
            let margin = (hi - lo) / 8;
            edge |= (lo > 0 && s < lo + margin) || (hi < states.len() && s + margin >= hi);
            if t == 0 || s < lo || s >= hi {
                edge |= t > 0;
                break;
            }
            let at = s - lo;
            s = match (self.moves[t][at / 4] >> (2 * (at % 4))) & 3 {
                STAY => s,
                STEP => s.saturating_sub(1),
                SKIP => s.saturating_sub(2),
                _ => {
                    let here = gaps.partition_point(|gap| *gap < s);
                    gaps[here.saturating_sub(1)]
                }
            };
        }
        (Some(path), edge)
    }
}
