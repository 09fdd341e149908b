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

use super::guide::{Guide, is_pinned, pinned};
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
/// Half the window where no path is known, in states: half an hour of speech on either side of where the speech alone says that the text is.
pub(crate) const WINDOW_STATES: usize = 25_000;
/// Half the window around a path whose sounds were not yet learned: seven minutes.
pub(crate) const ROUGH_STATES: usize = 6_000;
/// Half the window around a known path: half a minute.
pub(crate) const GUIDED_STATES: usize = 1_000;
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

impl Field<'_> {
    /// The frames of a block; none behind the last.
    fn frames(&self, block: usize) -> Range<usize> {
        let frames = self.features.nrows();
        (block * BLOCK).min(frames)..((block + 1) * BLOCK).min(frames)
    }

    /// What the states of each frame of a block emit.
    fn emissions(&self, lattice: &Lattice, block: usize, gap_rows: &mut Vec<[f32; 2]>) -> Vec<Vec<f32>> {
        lattice.emissions(self, self.frames(block), gap_rows)
    }
}

/// The best path, its score, and half the window that it was found in.
pub(crate) struct Found {
    pub(crate) path: CoarsePath,
    pub(crate) score: f64,
    pub(crate) half: usize,
}

/// Finds the best path of the text's states over the recording, near the `guide` where there is one; `phones` is the number of sounds.
///
/// # Errors
/// [`AlignError::NoMatch`] where no path reaches the end.
pub(crate) fn coarse_path(field: &Field, phones: usize, guide: Option<Guide>) -> Result<Found, AlignError> {
    let states = field.states;
    let lattice = Lattice::new(states, field.scorer.classes(), field.gaps);
    let mut guide =
        guide.unwrap_or_else(|| Guide { centres: vec![0; field.features.nrows()], half: states.len() });
    let mut gap_rows = Vec::new();
    let mut moved = 0;
    loop {
        let search = Search::forward(field, &lattice, &guide, &mut gap_rows);
        let trace = search.backtrack(field, &lattice, &mut gap_rows);
        if guide.half < states.len() {
            tracing::trace!(half = guide.half, moved, found = trace.is_some(), "window");
            match trace {
                Some(trace) if trace.near_edge && moved < MOVES_OF_THE_WINDOW => {
                    guide.centres = trace.path;
                    moved += 1;
                    continue;
                }
                Some(Trace { near_edge: false, .. }) => {}
                _ => {
                    (guide.half, moved) = (4 * guide.half, 0);
                    continue;
                }
            }
        }
        let Some(trace) = trace else {
            return Err(AlignError::NoMatch { reason: "no path leads through the whole text".to_owned() });
        };
        return Ok(Found { path: spans(&trace.path, states, phones), score: search.score, half: guide.half });
    }
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
    /// Of `score`, less `base`.
    fn of(score: &[f32], base: f32, window: &Range<usize>) -> Self {
        let scores = &score[window.start + PAD..window.end + PAD];
        Self { first: window.start, scores: scores.iter().map(|score| score - base).collect() }
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

/// A pass on its way from the first frame to the last.
struct Pass<'a> {
    field: &'a Field<'a>,
    lattice: &'a Lattice,
    guide: &'a Guide,
    search: Search,
    /// The scores of the frame before, not yet relative to their best, `base`; and room for those of the next.
    score: Vec<f32>,
    next: Vec<f32>,
    base: f32,
    taken_off: f64,
    /// States of the frame before, and of the one before that, whose scores stand where the next ones come.
    window: Range<usize>,
    older: Range<usize>,
}

impl Pass<'_> {
    /// Goes through a block of frames.
    fn through(&mut self, range: Range<usize>, emissions: &[Vec<f32>]) {
        let never = f32::NEG_INFINITY;
        if range.start > 0 {
            self.search.kept.push(Row::of(&self.score, self.base, &self.window));
        }
        for (t, row) in range.zip(emissions) {
            let visited = self.guide.window(t, &self.window, self.field.states.len());
            let window = pinned(visited, t, self.field.pins);
            let best = if t == 0 {
                self.lattice.open(window.clone(), row, &mut self.next);
                highest(&self.next[window.start + PAD..window.end + PAD])
            } else {
                self.lattice.advance(window.clone(), &self.score, self.base, row, &mut self.next)
            };
            let older =
                std::mem::replace(&mut self.older, std::mem::replace(&mut self.window, window.clone()));
            self.next[older.start + PAD..window.start.clamp(older.start, older.end) + PAD].fill(never);
            self.next[window.end.clamp(older.start, older.end) + PAD..older.end + PAD].fill(never);
            std::mem::swap(&mut self.score, &mut self.next);
            // Relative to the best, so that hours keep their precision in `f32`.
            self.base = if best.is_finite() { best } else { 0.0 };
            self.taken_off += f64::from(self.base);
            self.search.windows.push(window);
            self.search.bases.push(self.base);
        }
    }

    fn ended(self) -> Search {
        let Self { mut search, score, base, taken_off, window, field, .. } = self;
        let total = field.states.len();
        search.last = Row::of(&score, base, &window);
        let ends = [total - 1, total.saturating_sub(2)];
        search.end = if search.last.at(ends[1]) > search.last.at(ends[0]) { ends[1] } else { ends[0] };
        search.score = f64::from(search.last.at(search.end)) + taken_off;
        search
    }
}

impl Search {
    /// `gap_rows` holds the scores of gaps in as many frames as an earlier pass came through.
    fn forward(field: &Field, lattice: &Lattice, guide: &Guide, gap_rows: &mut Vec<[f32; 2]>) -> Self {
        let (total, frames) = (field.states.len(), field.features.nrows());
        let search = Self {
            windows: Vec::with_capacity(frames),
            kept: Vec::new(),
            bases: Vec::with_capacity(frames),
            last: Row { first: 0, scores: Vec::new() },
            end: total - 1,
            score: f64::NEG_INFINITY,
        };
        let row = || vec![f32::NEG_INFINITY; total + PAD];
        let mut pass = Pass {
            field,
            lattice,
            guide,
            search,
            score: row(),
            next: row(),
            base: 0.0,
            taken_off: 0.0,
            window: 0..0,
            older: 0..0,
        };
        // While one block is passed through, the next one is scored.
        let mut emissions = field.emissions(lattice, 0, gap_rows);
        for block in 0..frames.div_ceil(BLOCK) {
            let (next, ()) = rayon::join(
                || field.emissions(lattice, block + 1, gap_rows),
                || pass.through(field.frames(block), &emissions),
            );
            emissions = next;
        }
        pass.ended()
    }

    /// The best path; none where nothing reaches the end.
    fn backtrack(&self, field: &Field, lattice: &Lattice, gap_rows: &mut Vec<[f32; 2]>) -> Option<Trace> {
        if !self.score.is_finite() {
            return None;
        }
        let frames = self.windows.len();
        let mut path = vec![0; frames];
        let mut state = self.end;
        let blocks = frames.div_ceil(BLOCK);
        let mut emissions = field.emissions(lattice, blocks.saturating_sub(1), gap_rows);
        for block in (0..blocks).rev() {
            let range = field.frames(block);
            let near = state.saturating_sub(TRACED_STATES);
            let (next, before) = rayon::join(
                || block.checked_sub(1).map(|before| field.emissions(lattice, before, gap_rows)),
                || {
                    self.trace(lattice, &emissions, range.clone(), near, state, &mut path)
                        // A path that jumps far: all states of the block's window.
                        .or_else(|| self.trace(lattice, &emissions, range, 0, state, &mut path))
                },
            );
            state = before?;
            emissions = next.unwrap_or_default();
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
                lattice.advance(here.clone(), &score, 0.0, row, &mut next);
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

#[cfg(test)]
#[path = "coarse_tests.rs"]
mod tests;
