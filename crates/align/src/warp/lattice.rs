//! The states of a text and the moves between them: one row of accumulated scores from the row of the frame before.
//!
//! Dynamic time warping with step sizes (1,0), (1,1) and, over a pause or the middle of a sound, (1,2); M. Müller,
//! *Fundamentals of Music Processing*, 2015, section 3.2, with reference and recording exchanged for a text that may be shorter
//! than what was recorded. Beside these, from one sentence's gap to the next the path may jump: a sentence that was not
//! spoken. Costs are scores here (higher is better).

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::coarse::Field;
use super::steady::FrameScores;

/// A state of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    /// A part of a sound.
    Sound {
        /// Index of the sound.
        phone: usize,
        /// Class of the part.
        class: usize,
        /// The number of its tokens, 0 for none.
        unit: usize,
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
    /// Each frame of a pause between words.
    pub(crate) word_pause_frame: f32,
    /// Each frame of sound that is not in the text, below the filler's own score, at sentence ends.
    pub(crate) filler_frame: f32,
    /// The same between words.
    pub(crate) word_filler_frame: f32,
    /// For beginning to pass over a sentence.
    pub(crate) filler_entry: f32,
    /// For each expected frame of a sentence that is passed over.
    pub(crate) skipped_frame: f32,
    /// How much steadier than speech a sound must be to be none, in nats a frame.
    pub(crate) steady_margin: f32,
}

/// How a state was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Stay,
    Step,
    Skip,
    Jump,
}

/// `f32::max` for numbers: one instruction, four or more at a time.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The highest of `scores`.
pub(crate) fn highest(scores: &[f32]) -> f32 {
    const LANES: usize = 8;
    let (groups, rest) = scores.as_chunks::<LANES>();
    let mut lanes = [NEVER; LANES];
    for group in groups {
        for lane in 0..LANES {
            lanes[lane] = larger(group[lane], lanes[lane]);
        }
    }
    lanes.iter().chain(rest).copied().fold(NEVER, larger)
}

/// Looks each of `places` up in `table`, several at a time: they do not wait for one another.
fn gather(table: &[f32], places: &[u32], out: &mut [f32]) {
    const LANES: usize = 8;
    let (groups, rest) = places.as_chunks::<LANES>();
    let (out_groups, out_rest) = out.as_chunks_mut::<LANES>();
    for (out, places) in out_groups.iter_mut().zip(groups) {
        *out = places.map(|place| table[place as usize]);
    }
    for (out, place) in out_rest.iter_mut().zip(rest) {
        *out = table[*place as usize];
    }
}

/// From one sentence's gap to the next.
#[derive(Clone, Copy, Debug)]
struct Jump {
    to: usize,
    from: usize,
    score: f32,
}

/// Score of leaving out the middle of a sound.
const SKIPPED_MIDDLE: f32 = -1.0;
/// Rows of accumulated scores begin with this many places that are never reached, so that no move looks outside.
pub(crate) const PAD: usize = 2;
const NEVER: f32 = f32::NEG_INFINITY;
/// States that are scored at once: what is known of them stays in the nearest cache.
const TILE: usize = 1_024;

/// Everything that is fixed before the first frame.
pub(crate) struct Lattice {
    gaps: GapScores,
    /// Scores of the moves into each state.
    stay: Vec<f32>,
    step: Vec<f32>,
    skip: Vec<f32>,
    /// Place of each state's score in a row of emissions.
    emission: Vec<u32>,
    /// With an acoustic model, the class and the tokens of each place in a row; without one, places are classes.
    pairs: Vec<(usize, usize)>,
    /// Ascending.
    jumps: Vec<Jump>,
}

impl Lattice {
    pub(crate) fn new(states: &[State], classes: usize, gaps: GapScores) -> Self {
        let mut lattice = Self {
            gaps,
            stay: Vec::with_capacity(states.len()),
            step: Vec::with_capacity(states.len()),
            skip: Vec::with_capacity(states.len()),
            emission: Vec::with_capacity(states.len()),
            pairs: Vec::new(),
            jumps: Vec::new(),
        };
        let pairs = pairs(states);
        let sounds = if pairs.is_empty() { classes } else { pairs.len() };
        let mut leaving: Vec<f32> = Vec::with_capacity(states.len());
        let (mut last_gap, mut passed) = (None, 0f32);
        for (s, state) in states.iter().enumerate() {
            let (stay, leave, entry, emission) = match *state {
                State::Sound { frames, class, unit, .. } => {
                    passed += frames;
                    let leave = (1.0 / frames.max(1.2)).clamp(0.03, 0.8);
                    let place = pairs.get(&(class, unit)).copied().unwrap_or(class);
                    ((1.0 - leave).ln(), leave.ln(), 0.0, place)
                }
                State::WordGap => (-0.05, -1.0, gaps.word_entry, sounds),
                State::SentenceGap => {
                    if let Some(from) = last_gap {
                        let score = gaps.filler_entry + gaps.skipped_frame * passed;
                        lattice.jumps.push(Jump { to: s, from, score });
                    }
                    (last_gap, passed) = (Some(s), 0.0);
                    (-0.02, -1.0, gaps.sentence_entry, sounds + 1)
                }
            };
            let skip = match (s.checked_sub(2), state) {
                (Some(two), _) if !matches!(states[s - 1], State::Sound { .. }) => leaving[two],
                (Some(two), State::Sound { skips_one: true, .. }) => leaving[two] + SKIPPED_MIDDLE,
                _ => NEVER,
            };
            lattice.stay.push(stay);
            lattice.step.push(s.checked_sub(1).map_or(NEVER, |one| leaving[one] + entry));
            lattice.skip.push(skip);
            lattice.emission.push(emission as u32);
            leaving.push(leave);
        }
        lattice.pairs = pairs.into_keys().collect();
        lattice
    }

    /// Scores of frames `range` under every class, then in a gap between words and in one between sentences; with an acoustic
    /// model, under every class with every set of tokens that occurs with it. `gap_rows` are the scores in gaps of as many frames as are
    /// known; those of `range` come to them where they are the next ones.
    pub(crate) fn emissions(
        &self,
        field: &Field,
        range: Range<usize>,
        gap_rows: &mut Vec<[f32; 2]>,
    ) -> Vec<Vec<f32>> {
        let is_known = range.end <= gap_rows.len();
        let reach = if is_known { 0 } else { field.steady.reach() };
        let around = range.start.saturating_sub(reach)..(range.end + reach).min(field.features.nrows());
        let (rows, scores): (Vec<Vec<f32>>, Vec<Option<FrameScores>>) = around
            .clone()
            .into_par_iter()
            .map(|t| {
                let frame = field.features.row(t);
                let mut row = Vec::with_capacity(field.scorer.classes() + 2);
                field.scorer.score_all(frame.as_slice().unwrap_or(&[]), &mut row);
                let scores = (!is_known).then(|| field.scorer.summary(&row));
                if !range.contains(&t) {
                    return (Vec::new(), scores);
                }
                if !self.pairs.is_empty() {
                    let said = |unit: usize| field.heard.map_or(0.0, |heard| heard.score(unit, t));
                    row = self.pairs.iter().map(|(class, unit)| row[*class] + said(*unit)).collect();
                }
                (row, scores)
            })
            .unzip();
        let mut rows: Vec<Vec<f32>> =
            rows.into_iter().skip(range.start - around.start).take(range.len()).collect();
        if !is_known {
            let scores: Vec<FrameScores> = scores.into_iter().flatten().collect();
            gap_rows.extend(self.gap_rows(field, &scores, around.start, range.clone()));
        }
        for (row, gaps) in rows.iter_mut().zip(&gap_rows[range]) {
            row.extend(gaps);
        }
        rows
    }

    /// Scores of frames `range` in a gap between words and in one between sentences; `scores` holds those of the frames from `first` on.
    fn gap_rows(
        &self,
        field: &Field,
        scores: &[FrameScores],
        first: usize,
        range: Range<usize>,
    ) -> Vec<[f32; 2]> {
        let explained = field.steady.apply(scores, first, range.clone(), self.gaps.steady_margin);
        let scores = &scores[range.start - first..];
        scores
            .iter()
            .zip(explained)
            .zip(range)
            .map(|((scores, explained), t)| {
                let quiet = explained.map_or(scores.pause, |steady| larger(steady, scores.pause));
                let between_sentences = larger(quiet, scores.filler + self.gaps.filler_frame);
                let between_words =
                    larger(quiet + self.gaps.word_pause_frame, scores.filler + self.gaps.word_filler_frame);
                [if field.steady.is_lull(t) { between_sentences } else { between_words }, between_sentences]
            })
            .collect()
    }

    /// The row of the first frame: the path opens in the first gap or, without one, in the first sound.
    pub(crate) fn open(&self, window: Range<usize>, emissions: &[f32], next: &mut [f32]) {
        for s in window {
            let open = match s {
                0 => 0.0,
                1 => self.gaps.sentence_entry,
                _ => NEVER,
            };
            next[s + PAD] = open + emissions[self.emission[s] as usize];
        }
    }

    /// The states of `window` after a frame, from `score` less `base` before it (state `s` stands at `s + PAD`); returns the highest.
    pub(crate) fn advance(
        &self,
        window: Range<usize>,
        score: &[f32],
        base: f32,
        emissions: &[f32],
        next: &mut [f32],
    ) -> f32 {
        let mut best = NEVER;
        for lo in window.clone().step_by(TILE) {
            let hi = (lo + TILE).min(window.end);
            let here = &score[lo + 2..hi + 2];
            let (one, two) = (&score[lo + 1..hi + 1], &score[lo..hi]);
            let (stay, step, skip) = (&self.stay[lo..hi], &self.step[lo..hi], &self.skip[lo..hi]);
            let out = &mut next[lo + PAD..hi + PAD];
            // First what each state emits, which is scattered, then the sums, which are side by side.
            gather(emissions, &self.emission[lo..hi], out);
            let count = out.len();
            let (here, one, two) = (&here[..count], &one[..count], &two[..count]);
            let (stay, step, skip) = (&stay[..count], &step[..count], &skip[..count]);
            for i in 0..count {
                let moved = larger((here[i] - base) + stay[i], (one[i] - base) + step[i]);
                out[i] += larger(moved, (two[i] - base) + skip[i]);
            }
            for jump in self.jumps_into(&(lo..hi)) {
                let from = score[jump.from + PAD] - base;
                let value = from + jump.score + emissions[self.emission[jump.to] as usize];
                let place = &mut next[jump.to + PAD];
                *place = place.max(value);
            }
            best = larger(highest(&next[lo + PAD..hi + PAD]), best);
        }
        best
    }

    /// How each state of `window` is best reached from `score`, written to `moves`.
    pub(crate) fn moves(&self, window: Range<usize>, score: &[f32], moves: &mut [Move]) {
        for (s, reached) in window.clone().zip(moves.iter_mut()) {
            let mut best = (score[s + PAD] + self.stay[s], Move::Stay);
            for (value, by) in [
                (score[s + PAD - 1] + self.step[s], Move::Step),
                (score[s + PAD - 2] + self.skip[s], Move::Skip),
            ] {
                if value > best.0 {
                    best = (value, by);
                }
            }
            *reached = best.1;
        }
        for jump in self.jumps_into(&window) {
            let s = jump.to;
            let other = match moves[s - window.start] {
                Move::Step => score[s + PAD - 1] + self.step[s],
                Move::Skip => score[s + PAD - 2] + self.skip[s],
                _ => score[s + PAD] + self.stay[s],
            };
            if score[jump.from + PAD] + jump.score > other {
                moves[s - window.start] = Move::Jump;
            }
        }
    }

    /// The state before `state` on a path that reached it by `by`.
    pub(crate) fn before(&self, state: usize, by: Move) -> usize {
        match by {
            Move::Stay => state,
            Move::Step => state.saturating_sub(1),
            Move::Skip => state.saturating_sub(2),
            Move::Jump => {
                let jump = self.jumps.partition_point(|jump| jump.to < state);
                self.jumps.get(jump).map_or(state, |jump| jump.from)
            }
        }
    }

    fn jumps_into(&self, window: &Range<usize>) -> &[Jump] {
        let from = self.jumps.partition_point(|jump| jump.to < window.start);
        let to = self.jumps.partition_point(|jump| jump.to < window.end);
        &self.jumps[from..to.max(from)]
    }
}

/// The classes and tokens that occur together, numbered in order; none where no sound has tokens.
fn pairs(states: &[State]) -> BTreeMap<(usize, usize), usize> {
    let mut pairs: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for state in states {
        if let State::Sound { class, unit, .. } = *state {
            pairs.insert((class, unit), 0);
        }
    }
    if pairs.keys().all(|(_, unit)| *unit == 0) {
        return BTreeMap::new();
    }
    pairs.values_mut().enumerate().for_each(|(number, place)| *place = number);
    pairs
}
