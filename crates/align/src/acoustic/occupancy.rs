//! How likely the text is at a sound in a frame, from all of the text at once: what the fine path adds to its local cost.
//!
//! Source: A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification", ICML 2006, section 4.1
//! (forward and backward variables over the labelling with blanks), with these changes: the state between two words may
//! hold the border token, the blank, or anything else at a price (speech that is not in the text); and states are visited
//! only within [`REACH_SECS`] of where their word was found on the coarse path, so that memory grows with the recording alone.
//!
//! | paper | here |
//! |---|---|
//! | l′, labelling with blanks | states: gap, token, blank, token, …, token, gap, … |
//! | y_k^t | probability of token k in frame t, never below [`LEAST`] |
//! | α_t(s), β_t(s) | rows of forward and backward weights, scaled to a largest of one |
//! | α_t(s)·β_t(s) / Σ | γ, the occupancy of state s in frame t |
//!
//! Between two spikes a model does not say where one sound ends: in such a frame the text may be at either. So a sound is
//! **compatible** with the states of its own tokens and with the blanks beside them, and with the gap beside its word as far
//! as a spike of it is near; its score is the log of what γ gives to them together, bounded below. It is flat where the model
//! knows nothing, and the sound itself decides there.

use std::ops::Range;

use ndarray::ArrayView1;

use super::{Emissions, Spelling, Tokens};
use crate::features::HOP_SECS;
use crate::warp::coarse::COARSE;

/// How far from the coarse path a word may lie: twice the reach of the first fine round.
const REACH_SECS: f64 = 1.0;
/// Lowest probability of a token: a model's certainty that a word was not said must not outweigh all others.
const LEAST: f32 = 1e-4;
/// Price of a frame that holds what is not in the text, between words and between sentences.
const STRANGE_WORD: f32 = 0.02;
const STRANGE_SENTENCE: f32 = 0.3;
/// A sound begins and ends at most this far from its spike.
const SPIKE_SECS: f64 = 0.06;
/// The lowest score in nats a coarse frame (20 ms).
const LOWEST: f32 = -3.0;

/// Scores of the sounds of a text over a recording, in nats a fine frame.
#[derive(Debug)]
pub(crate) struct Occupancies {
    /// For each sound the frame of the model that its scores begin at; none where no token of its word is known.
    phones: Vec<Option<(usize, Vec<f32>)>>,
    gaps: Vec<f32>,
    lowest: f32,
    /// The model's frame for each fine frame.
    frame_of: Vec<u32>,
}

/// A place of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// Between words; the price of what is not in the text.
    Gap(f32),
    Token(usize),
    Blank,
}

/// The states of the text that was found.
struct States {
    places: Vec<Place>,
    /// Frames of the model in which each may be visited.
    windows: Vec<Range<usize>>,
    /// For each sound the states that it is compatible with.
    compatible: Vec<Option<Range<usize>>>,
}

/// From a frame on: what γ gives to a sound's own states, and to the gaps beside them.
type Shares = (usize, Vec<(f32, f32)>);

/// A row of weights of the states from `first` on.
#[derive(Clone, Debug, Default)]
struct Row {
    first: usize,
    weights: Vec<f32>,
}

impl Row {
    fn at(&self, state: usize) -> f32 {
        state.checked_sub(self.first).and_then(|i| self.weights.get(i)).copied().unwrap_or(0.0)
    }

    /// Scaled to a largest weight of one; a row that nothing reaches is open everywhere.
    fn scaled(mut self) -> Self {
        let largest = self.weights.iter().copied().fold(0f32, f32::max);
        if largest > 0.0 {
            self.weights.iter_mut().for_each(|w| *w /= largest);
        } else {
            self.weights.fill(1.0);
        }
        self
    }
}

impl Occupancies {
    /// From where words were found: `found` has first and last frame (5 ms) of each word that was spoken, and whether it begins a
    /// sentence; `frames` is how many fine frames there are.
    pub(crate) fn of(
        emissions: &Emissions,
        spelling: &Spelling,
        tokens: &Tokens,
        found: &[Option<(Range<usize>, bool)>],
        phones: usize,
        frames: usize,
        weight: f32,
    ) -> Self {
        let states = States::of(emissions, spelling, found, phones);
        let count = emissions.logs.nrows();
        let mut visited = states.visited(count);
        let forward = states.forward(emissions, tokens, &visited);
        let mut backward = Row::default();
        let lowest = weight * LOWEST / COARSE as f32;
        let score = |share: f32| (weight * share.max(f32::MIN_POSITIVE).ln() / COARSE as f32).max(lowest);
        let mut gaps = vec![0f32; count];
        // What γ gives to a sound's own states and to the gaps beside them, from the last frame back.
        let mut shares: Vec<Option<Shares>> = vec![None; phones];
        // Sounds by the states they are compatible with, both ascending.
        let ordered: Vec<(usize, Range<usize>)> = states
            .compatible
            .iter()
            .enumerate()
            .filter_map(|(phone, range)| range.clone().map(|range| (phone, range)))
            .collect();
        for t in (0..count).rev() {
            let window = visited.pop().unwrap_or(0..0);
            backward = states.backward(emissions, tokens, t, window.clone(), &backward);
            let occupancy: Vec<f32> =
                window.clone().map(|state| forward[t].at(state) * backward.at(state)).collect();
            let total: f32 = occupancy.iter().sum();
            let mut sums = vec![0f32];
            sums.extend(occupancy.iter().scan(0f32, |sum, x| {
                *sum += if total > 0.0 { x / total } else { 1.0 / occupancy.len() as f32 };
                Some(*sum)
            }));
            let between = |from: usize, to: usize| {
                let (from, to) = (from.clamp(window.start, window.end), to.clamp(window.start, window.end));
                sums[to - window.start] - sums[from - window.start]
            };
            let gap: f32 = window
                .clone()
                .filter(|state| matches!(states.places[*state], Place::Gap(_)))
                .map(|state| between(state, state + 1))
                .sum();
            gaps[t] = score(gap);
            let first = ordered.partition_point(|(_, range)| range.end <= window.start);
            for (phone, range) in ordered[first..].iter().take_while(|(_, range)| range.start < window.end) {
                let entry = shares[*phone].get_or_insert_with(|| (t, Vec::new()));
                // Windows ascend: frames of a sound follow each other.
                entry.0 = t;
                let beside: f32 = [range.start, range.end - 1]
                    .into_iter()
                    .filter(|state| matches!(states.places[*state], Place::Gap(_)))
                    .map(|state| between(state, state + 1))
                    .sum();
                entry.1.push((between(range.start, range.end) - beside, beside));
            }
        }
        let reach = (SPIKE_SECS / emissions.hop_secs).round() as usize;
        let phones = shares
            .into_iter()
            .map(|entry| {
                let (first, mut shares) = entry?;
                shares.reverse();
                let scores = (0..shares.len()).map(|i| {
                    let near = &shares[i.saturating_sub(reach)..(i + reach + 1).min(shares.len())];
                    let spike = near.iter().fold(0f32, |most, (own, _)| most.max(*own));
                    score(shares[i].0 + shares[i].1 * spike)
                });
                Some((first, scores.collect()))
            })
            .collect();
        let frame_of = (0..frames).map(|t| emissions.frame_at(t as f64 * HOP_SECS) as u32).collect();
        Self { phones, gaps, lowest, frame_of }
    }

    /// What fine frame `t` says for the text being at `phone`.
    pub(crate) fn sound(&self, phone: usize, t: usize) -> f32 {
        let Some((first, scores)) = &self.phones[phone] else { return 0.0 };
        let frame = self.frame_of[t] as usize;
        frame.checked_sub(*first).and_then(|i| scores.get(i)).copied().unwrap_or(self.lowest)
    }

    /// What fine frame `t` says for the text being between two words.
    pub(crate) fn gap(&self, t: usize) -> f32 {
        self.gaps[self.frame_of[t] as usize]
    }
}

impl States {
    fn of(
        emissions: &Emissions,
        spelling: &Spelling,
        found: &[Option<(Range<usize>, bool)>],
        phones: usize,
    ) -> Self {
        let last = emissions.logs.nrows();
        let at = |frame: usize, secs: f64| emissions.frame_at((frame as f64 * HOP_SECS + secs).max(0.0));
        let mut states = Self {
            places: vec![Place::Gap(STRANGE_SENTENCE)],
            windows: std::iter::once(0..last).collect(),
            compatible: vec![None; phones],
        };
        for (tokens, found) in spelling.words.iter().zip(found) {
            let Some((span, begins_sentence)) = found else { continue };
            if tokens.is_empty() {
                continue;
            }
            if *begins_sentence && let Some(gap) = states.places.last_mut() {
                *gap = Place::Gap(STRANGE_SENTENCE);
            }
            let window = at(span.start, -REACH_SECS)..at(span.end, REACH_SECS) + 1;
            let base = states.places.len();
            for (j, spelled) in tokens.iter().enumerate() {
                if j > 0 {
                    states.places.push(Place::Blank);
                }
                states.places.push(Place::Token(spelled.token));
            }
            states.places.push(Place::Gap(STRANGE_WORD));
            states.windows.resize(states.places.len(), window);

            // Letters are laid over sounds in proportion: one to either side may be meant.
            let slack = usize::from(spelling.by_letters);
            for (j, spelled) in tokens.iter().enumerate() {
                let (from, to) = (j.saturating_sub(slack), (j + slack).min(tokens.len() - 1));
                let range = base + 2 * from - 1..base + 2 * to + 2;
                for phone in spelled.phones.clone() {
                    let known = states.compatible[phone].get_or_insert_with(|| range.clone());
                    *known = known.start.min(range.start)..known.end.max(range.end);
                }
            }
        }
        if let Some(gap) = states.places.last_mut() {
            *gap = Place::Gap(STRANGE_SENTENCE);
        }
        states
    }

    /// The states that are visited in each frame; both ends ascend, and none is empty.
    fn visited(&self, frames: usize) -> Vec<Range<usize>> {
        let count = self.places.len();
        // Until when any state up to each is open, and from when any state after each is.
        let mut open_until = vec![0];
        for window in &self.windows[1..] {
            open_until.push(window.end.max(open_until[open_until.len() - 1]));
        }
        let mut open_from = vec![frames];
        for window in self.windows[1..].iter().rev() {
            open_from.push(window.start.min(open_from[open_from.len() - 1]));
        }
        open_from.reverse();
        let (mut lo, mut hi) = (0, 1);
        (0..frames)
            .map(|t| {
                while hi < count && open_from[hi - 1] <= t {
                    hi += 1;
                }
                // From a gap on, so that a path may rest where no word is.
                while lo + 1 < count && open_until[lo + 1] <= t {
                    lo += 1;
                }
                let rest = (0..=lo).rev().find(|s| matches!(self.places[*s], Place::Gap(_))).unwrap_or(0);
                rest.min(hi - 1)..hi
            })
            .collect()
    }

    /// The probability of frame `t` in `state`; `strange` is that of the likeliest token.
    fn emission(&self, row: &ArrayView1<f32>, tokens: &Tokens, strange: f32, state: usize) -> f32 {
        let probability = |token: usize| row[token].exp();
        let p = match self.places[state] {
            Place::Token(token) => probability(token),
            Place::Blank => probability(tokens.blank()),
            Place::Gap(price) => {
                probability(tokens.blank()) + tokens.separator().map_or(0.0, probability) + price * strange
            }
        };
        p.max(LEAST)
    }

    /// Emissions of the states `window` in frame `t`.
    fn emissions(&self, emissions: &Emissions, tokens: &Tokens, t: usize, window: &Range<usize>) -> Vec<f32> {
        let row = emissions.logs.row(t);
        let strange = row
            .iter()
            .enumerate()
            .filter(|(token, _)| *token != tokens.blank() && Some(*token) != tokens.separator())
            .map(|(_, log)| log.exp())
            .fold(0f32, f32::max);
        window.clone().map(|state| self.emission(&row, tokens, strange, state)).collect()
    }

    /// Whether the state two before `state` may be followed by it directly: two different tokens without a blank between.
    fn skips(&self, state: usize) -> bool {
        match (state.checked_sub(2).map(|two| self.places[two]), self.places[state]) {
            (Some(Place::Token(before)), Place::Token(token)) => before != token,
            _ => false,
        }
    }

    /// Forward weights of every frame, its own emission within.
    fn forward(&self, emissions: &Emissions, tokens: &Tokens, visited: &[Range<usize>]) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::with_capacity(visited.len());
        for (t, window) in visited.iter().enumerate() {
            let emitted = self.emissions(emissions, tokens, t, window);
            let weights = window
                .clone()
                .zip(emitted)
                .map(|(state, emission)| {
                    let arriving = match rows.last() {
                        None => f32::from(u8::from(state < 2)),
                        Some(before) => {
                            let one = state.checked_sub(1).map_or(0.0, |one| before.at(one));
                            let two = if self.skips(state) { before.at(state - 2) } else { 0.0 };
                            before.at(state) + one + two
                        }
                    };
                    arriving * emission
                })
                .collect();
            rows.push(Row { first: window.start, weights }.scaled());
        }
        rows
    }

    /// Backward weights of frame `t` from those of the frame after it, without the frame's own emission.
    fn backward(
        &self,
        emissions: &Emissions,
        tokens: &Tokens,
        t: usize,
        window: Range<usize>,
        after: &Row,
    ) -> Row {
        let count = self.places.len();
        if t + 1 == emissions.logs.nrows() {
            let weights = window.clone().map(|state| f32::from(u8::from(state + 2 >= count))).collect();
            return Row { first: window.start, weights }.scaled();
        }
        let next = after.first..after.first + after.weights.len();
        let emitted = self.emissions(emissions, tokens, t + 1, &next);
        let leaving = Row {
            first: next.start,
            weights: after.weights.iter().zip(emitted).map(|(weight, emission)| weight * emission).collect(),
        };
        let weights = window
            .clone()
            .map(|state| {
                let two =
                    if state + 2 < count && self.skips(state + 2) { leaving.at(state + 2) } else { 0.0 };
                leaving.at(state) + leaving.at(state + 1) + two
            })
            .collect();
        Row { first: window.start, weights }.scaled()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::acoustic::spelling::SpelledToken;

    /// Blank, border, a, b.
    const NAMES: &str = "<pad>\n|\na\nb\n";

    fn emissions(spikes: &[(usize, usize)], frames: usize) -> Emissions {
        let mut logs = Array2::from_elem((frames, 4), 0.001f32.ln());
        logs.column_mut(0).fill(0.997f32.ln());
        for (t, token) in spikes {
            logs[[*t, 0]] = 0.001f32.ln();
            logs[[*t, *token]] = 0.997f32.ln();
        }
        Emissions { logs, first_secs: 0.0, hop_secs: 0.02 }
    }

    fn word(first: usize, tokens: &[usize]) -> Vec<SpelledToken> {
        tokens
            .iter()
            .enumerate()
            .map(|(j, token)| SpelledToken { token: *token, phones: first + j..first + j + 1 })
            .collect()
    }

    /// All paths of a short text written out, against the recursion.
    #[test]
    fn occupancies_are_sums_over_all_paths() {
        let emissions = emissions(&[(1, 2), (3, 3), (4, 1), (6, 3)], 8);
        let tokens = Tokens::read(NAMES, None).unwrap();
        let spelling = Spelling { words: vec![word(0, &[2, 3]), word(2, &[3])], by_letters: false };
        let found = vec![Some((4..16, true)), Some((20..28, false))];
        let states = States::of(&emissions, &spelling, &found, 3);
        let count = states.places.len();
        assert_eq!(count, 7);
        let mut paths: Vec<Vec<usize>> = vec![vec![0], vec![1]];
        for _ in 1..8 {
            paths = paths
                .into_iter()
                .flat_map(|path| {
                    let last = path[path.len() - 1];
                    let to = (last..(last + 3).min(count)).filter(|s| *s < last + 2 || states.skips(*s));
                    to.map(|s| [&path[..], &[s]].concat()).collect::<Vec<_>>()
                })
                .collect();
        }
        let mut occupancy = Array2::<f64>::zeros((8, count));
        for path in paths.iter().filter(|path| path[7] + 2 >= count) {
            let weight: f64 = path
                .iter()
                .enumerate()
                .map(|(t, s)| f64::from(states.emissions(&emissions, &tokens, t, &(*s..*s + 1))[0]))
                .product();
            path.iter().enumerate().for_each(|(t, s)| occupancy[[t, *s]] += weight);
        }
        let heard = Occupancies::of(&emissions, &spelling, &tokens, &found, 3, 32, 1.0);
        for t in 0..8 {
            let total = occupancy.row(t).sum();
            let gap: f64 = [0, 4, 6].iter().map(|s| occupancy[[t, *s]]).sum::<f64>() / total;
            let expected = (gap.ln() / COARSE as f64).max(f64::from(heard.lowest));
            assert!((f64::from(heard.gap(4 * t)) - expected).abs() < 1e-3, "frame {t}: {expected}");
            for (phone, range) in states.compatible.iter().enumerate() {
                let share = |t: usize, gaps: bool| -> f64 {
                    let states = range.clone().unwrap().filter(|s| [0, 4, 6].contains(s) == gaps);
                    states.map(|s| occupancy[[t, s]]).sum::<f64>() / occupancy.row(t).sum()
                };
                let spike =
                    (t.saturating_sub(3)..(t + 4).min(8)).map(|t| share(t, false)).fold(0.0, f64::max);
                let share = share(t, false) + share(t, true) * spike;
                let expected = (share.ln() / COARSE as f64).max(f64::from(heard.lowest));
                let actual = f64::from(heard.sound(phone, 4 * t));
                assert!((actual - expected).abs() < 1e-3, "phone {phone} in frame {t}: {actual} {expected}");
            }
        }
    }

    #[test]
    fn a_long_text_is_followed_in_its_windows_and_speech_that_is_not_in_it_is_passed_over() {
        // "ab" twenty times a second and a half apart, and between two of them "aaa", which is no word of the text.
        let tokens = Tokens::read(NAMES, None).unwrap();
        let begin = |w: usize| 75 * w + if w < 10 { 20 } else { 120 };
        let mut spikes: Vec<(usize, usize)> =
            (0..20).flat_map(|w| [(begin(w), 2), (begin(w) + 8, 3)]).collect();
        spikes.extend([(780, 2), (790, 2), (800, 2)]);
        let emissions = emissions(&spikes, 1_700);
        let words = (0..20).map(|w| word(2 * w, &[2, 3])).collect();
        let spelling = Spelling { words, by_letters: false };
        // Found half a second late.
        let found: Vec<_> = (0..20)
            .map(|w| {
                let start = 4 * begin(w) + 100;
                Some((start..start + 40, w % 5 == 0))
            })
            .collect();
        let heard = Occupancies::of(&emissions, &spelling, &tokens, &found, 40, 4 * 1_700, 1.0);
        for w in 0..20 {
            assert!(heard.sound(2 * w, 4 * begin(w)) > 0.5 * heard.lowest, "word {w}");
            assert!(heard.sound(2 * w + 1, 4 * (begin(w) + 8)) > 0.5 * heard.lowest, "word {w}");
            assert!(heard.sound(2 * w + 1, 4 * begin(w)) < 0.9 * heard.lowest, "word {w}");
            assert!(heard.gap(4 * (begin(w) + 4)) < 0.9 * heard.lowest, "word {w}");
        }
        assert!(heard.gap(4 * 790) > 0.2 * heard.lowest);
    }
}
