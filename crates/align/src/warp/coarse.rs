//! The coarse path: the whole text against the whole recording at 20 ms.
//!
//! The path opens and closes in gaps, whose frames may hold silence or sound that is not in the text (a filler); between
//! sentences it may jump over one that was not spoken ([`Lattice`]).
//!
//! **Memory** grows linearly with the recording: only every [`BLOCK`]th row of accumulated scores is kept, and the blocks
//! between are computed again, near the path alone, when it is traced back (as W. H. Press proposes for long Viterbi
//! recursions; J. A. Grice, R. Hughey and D. Speck, "Reduced space sequence alignment", CABIOS 13(1), 1997).
//! **Time** does too: where a path is known from a coarser pass, only a window of states around it is visited, and
//! where the new path comes near the window's edge the window is moved onto it and the pass repeats.
//!
//! Assumes that sentences come in order.

use std::ops::Range;

use super::lattice::{GapScores, Lattice, Move, PAD, State, highest};
use super::models::Scorer;
use super::steady::Steadiness;
use crate::AlignError;
use crate::acoustic::UnitScores;
use crate::features::FeatureSequence;

/// Frames of 5 ms in a coarse frame.
pub(crate) const COARSE: usize = 4;
/// Below this many states every cell is visited: five minutes of speech.
pub(crate) const FULL_STATES: usize = 6_000;
/// Half the window where no path is known, in states: the rough pass over hours follows its best state through
/// half an hour of speech on either side.
const WINDOW_STATES: usize = 25_000;
/// Half the window around a known path: half a minute.
const GUIDED_STATES: usize = 1_000;
/// How often a window is moved onto the path before it is widened.
const MOVES_OF_THE_WINDOW: usize = 3;
/// Frames between two rows that are kept.
const BLOCK: usize = 512;
/// States below the path that a block is computed again for: two a frame, and some jumps.
const TRACED_STATES: usize = 2 * BLOCK + 1_000;

/// Where each sound lies: coarse frames `start..end`, or none where its sentence was passed over.
pub(crate) type CoarsePath = Vec<Option<(usize, usize)>>;

/// Coarse frames at which a state must be entered, ascending in both: anchors.
pub(crate) type Pins = Vec<(usize, usize)>;

/// What a pass searches in.
pub(crate) struct Field<'a> {
    /// `[frames, dims]`.
    pub(crate) features: &'a FeatureSequence,
    pub(crate) states: &'a [State],
    pub(crate) scorer: &'a Scorer,
    /// What steady sounds score, in the same frames.
    pub(crate) steady: &'a Steadiness,
    pub(crate) gaps: GapScores,
    pub(crate) pins: &'a Pins,
    /// What an acoustic model heard, in the same frames.
    pub(crate) heard: Option<UnitScores<'a>>,
}

/// Finds the best path of the text's states over the recording, and its score; `phones` is the number of sounds.
///
/// # Errors
/// [`AlignError::NoMatch`] where no path reaches the end.
pub(crate) fn coarse_path(
    field: &Field,
    phones: usize,
    guide: Option<&CoarsePath>,
) -> Result<(CoarsePath, f64), AlignError> {
    let states = field.states;
    let lattice = Lattice::new(states, field.scorer.classes(), field.gaps);
    let whole = states.len() <= FULL_STATES;
    let mut centres = guide.filter(|_| !whole).map(|path| centres(path, states, field.features.nrows()));
    let mut half = match &centres {
        _ if whole => states.len(),
        Some(_) => GUIDED_STATES,
        None => WINDOW_STATES,
    };
    let mut moved = 0;
    loop {
        let search = Search::forward(field, &lattice, half, centres.as_deref());
        let trace = search.backtrack(field, &lattice);
        if half < states.len() {
            match &trace {
                Some(trace) if trace.near_edge && moved < MOVES_OF_THE_WINDOW => {
                    centres = Some(trace.path.clone());
                    moved += 1;
                    continue;
                }
                Some(trace) if !trace.near_edge => {}
                _ => {
                    (half, moved) = (4 * half, 0);
                    continue;
                }
            }
        }
        let Some(trace) = trace else {
            return Err(AlignError::NoMatch { reason: "no path leads through the whole text".to_owned() });
        };
        return Ok((spans(&trace.path, states, phones), search.score));
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
        at = at.max(end.min(frames));
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

/// What a pass over all frames leaves behind.
struct Search {
    /// States that were visited, a frame.
    windows: Vec<Range<usize>>,
    /// The row before each block but the first: where its window begins, and scores relative to the best.
    kept: Vec<Row>,
    /// What was taken off the scores of each frame.
    bases: Vec<f32>,
    last: Row,
    end: usize,
    score: f64,
}

/// Accumulated scores of the states from `first` on.
#[derive(Clone, Debug)]
struct Row {
    first: usize,
    scores: Vec<f32>,
}

impl Row {
    fn of(score: &[f32], window: &Range<usize>) -> Self {
        Self { first: window.start, scores: score[window.start + PAD..window.end + PAD].to_vec() }
    }

    fn at(&self, state: usize) -> f32 {
        state.checked_sub(self.first).and_then(|i| self.scores.get(i)).copied().unwrap_or(f32::NEG_INFINITY)
    }
}

/// A path, one state a frame.
struct Trace {
    path: Vec<usize>,
    /// Whether it came within an eighth of its window's edge.
    near_edge: bool,
}

impl Search {
    fn forward(field: &Field, lattice: &Lattice, half: usize, centres: Option<&[usize]>) -> Self {
        let (total, frames) = (field.states.len(), field.features.nrows());
        let never = f32::NEG_INFINITY;
        let mut score = vec![never; total + PAD];
        let mut next = vec![never; total + PAD];
        let mut search = Self {
            windows: Vec::with_capacity(frames),
            kept: Vec::new(),
            bases: Vec::with_capacity(frames),
            last: Row { first: 0, scores: Vec::new() },
            end: total - 1,
            score: f64::NEG_INFINITY,
        };
        let mut window = 0..0;
        let mut best_state = 0;
        let mut taken_off = 0f64;
        for first in (0..frames).step_by(BLOCK) {
            if first > 0 {
                search.kept.push(Row::of(&score, &window));
            }
            let range = first..(first + BLOCK).min(frames);
            let emissions =
                lattice.emissions(field.features, field.scorer, field.steady, field.heard, range.clone());
            for (t, row) in range.zip(&emissions) {
                let centre = centres.map_or(best_state, |centres| centres[t]);
                let before = window.clone();
                window = pinned(
                    before.start.max(centre.saturating_sub(half))..before.end.max((centre + half).min(total)),
                    t,
                    field.pins,
                );
                if t == 0 {
                    lattice.open(window.clone(), row, &mut next);
                } else {
                    lattice.advance(window.clone(), &score, row, &mut next);
                }
                score[before.start + PAD..window.start.clamp(before.start, before.end) + PAD].fill(never);
                // Relative to the best, so that hours keep their precision in `f32`.
                let (best, at) = highest(&next[window.start + PAD..window.end + PAD]);
                let base = if best.is_finite() { best } else { 0.0 };
                best_state = window.start + at;
                taken_off += f64::from(base);
                let places = window.start + PAD..window.end + PAD;
                score[places.clone()]
                    .iter_mut()
                    .zip(&next[places])
                    .for_each(|(score, next)| *score = next - base);
                search.windows.push(window.clone());
                search.bases.push(base);
            }
        }
        search.last = Row::of(&score, &window);
        let ends = [total - 1, total.saturating_sub(2)];
        search.end = if search.last.at(ends[1]) > search.last.at(ends[0]) { ends[1] } else { ends[0] };
        search.score = f64::from(search.last.at(search.end)) + taken_off;
        search
    }

    /// The best path; none where nothing reaches the end.
    fn backtrack(&self, field: &Field, lattice: &Lattice) -> Option<Trace> {
        if !self.score.is_finite() {
            return None;
        }
        let frames = self.windows.len();
        let mut path = vec![0; frames];
        let mut state = self.end;
        for block in (0..frames.div_ceil(BLOCK)).rev() {
            let range = block * BLOCK..((block + 1) * BLOCK).min(frames);
            let emissions =
                lattice.emissions(field.features, field.scorer, field.steady, field.heard, range.clone());
            let near = state.saturating_sub(TRACED_STATES);
            let before = self
                .trace(lattice, &emissions, range.clone(), near, state, &mut path)
                // A path that jumps far: all states of the block's window.
                .or_else(|| self.trace(lattice, &emissions, range, 0, state, &mut path))?;
            state = before;
        }
        let near_edge = path.iter().zip(&self.windows).enumerate().any(|(t, (s, window))| {
            let margin = window.len() / 8;
            let free = |edge: usize| edge > 0 && edge < field.states.len() && !is_pinned(t, edge, field.pins);
            (free(window.start) && *s < window.start + margin)
                || (free(window.end) && *s + margin >= window.end)
        });
        Some(Trace { path, near_edge })
    }

    /// Traces the path through the frames of one block back from `state` at its last frame, over states from `lowest` on;
    /// returns the state before the block. None where the path left those states.
    fn trace(
        &self,
        lattice: &Lattice,
        emissions: &[Vec<f32>],
        range: Range<usize>,
        lowest: usize,
        state: usize,
        path: &mut [usize],
    ) -> Option<usize> {
        let block = range.start / BLOCK;
        let never = f32::NEG_INFINITY;
        // A path never comes back from above `state`.
        let window = |t: usize| self.windows[t].start.max(lowest)..self.windows[t].end.min(state + 1);
        let places = state + 1 + PAD;
        let (mut score, mut next) = (vec![never; places], vec![never; places]);
        let mut before = 0..0;
        if block > 0 {
            before = window(range.start - 1);
            let row = &self.kept[block - 1];
            for s in before.clone() {
                score[s + PAD] = row.at(s);
            }
        }
        let mut moves: Vec<Vec<Move>> = Vec::with_capacity(range.len());
        for (t, row) in range.clone().zip(emissions) {
            let here = window(t);
            if here.is_empty() {
                return None;
            }
            let mut reached = vec![Move::Stay; here.len()];
            if t == 0 {
                lattice.open(here.clone(), row, &mut next);
            } else {
                lattice.moves(here.clone(), &score, &mut reached);
                lattice.advance(here.clone(), &score, row, &mut next);
            }
            if !before.is_empty() {
                score[before.start + PAD..here.start.clamp(before.start, before.end) + PAD].fill(never);
            }
            for s in here.clone() {
                score[s + PAD] = next[s + PAD] - self.bases[t];
            }
            moves.push(reached);
            before = here;
        }
        let known = if range.end == self.windows.len() { &self.last } else { &self.kept[block] };
        if score[state + PAD].to_bits() != known.at(state).to_bits() {
            return None;
        }
        let mut s = state;
        for (t, reached) in range.rev().zip(moves.iter().rev()) {
            path[t] = s;
            let here = window(t);
            if !here.contains(&s) {
                return None;
            }
            s = lattice.before(s, reached[s - here.start]);
        }
        Some(s)
    }
}

/// The part of `window` that the pins leave at frame `t`.
fn pinned(window: Range<usize>, t: usize, pins: &Pins) -> Range<usize> {
    let passed = pins.partition_point(|(frame, _)| *frame <= t);
    let last = passed.checked_sub(1).map(|i| pins[i]);
    let lowest = last.map_or(0, |(_, state)| state);
    let mut end = pins.get(passed).map_or(usize::MAX, |(_, state)| *state);
    if last.is_some_and(|(frame, _)| frame == t) {
        end = lowest + 1;
    }
    let start = window.start.max(lowest);
    start..window.end.min(end).max(start + 1)
}

/// Whether an edge of the window at frame `t` is set by a pin: nothing lies beyond it.
fn is_pinned(t: usize, edge: usize, pins: &Pins) -> bool {
    let passed = pins.partition_point(|(frame, _)| *frame <= t);
    pins[passed.saturating_sub(1)..(passed + 1).min(pins.len())]
        .iter()
        .any(|(_, state)| edge == *state || edge == *state + 1)
}

#[cfg(test)]
#[path = "coarse_tests.rs"]
mod tests;
