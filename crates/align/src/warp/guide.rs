//! Which states a coarse pass visits in each frame: those around another path or, where none is known, around where the speech alone
//! says that the text should be.

use std::ops::Range;

use super::coarse::{CoarsePath, Pins};
use super::lattice::State;

/// A state for each frame, and how far from it states are visited.
#[derive(Clone, Debug)]
pub(crate) struct Guide {
    pub(crate) centres: Vec<usize>,
    /// In states.
    pub(crate) half: usize,
}

impl Guide {
    /// Along an earlier path, over the states of this one; `length` of its frames make one here.
    pub(crate) fn along(
        path: &CoarsePath,
        length: usize,
        states: &[State],
        frames: usize,
        half: usize,
    ) -> Self {
        let mut centres = vec![0; frames];
        let mut at = 0;
        for (s, state) in states.iter().enumerate() {
            let State::Sound { phone, .. } = state else { continue };
            let Some((start, end)) = path.get(*phone).copied().flatten() else { continue };
            let (start, end) = (start / length, end.div_ceil(length));
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
        Self { centres, half }
    }

    /// As if every frame of speech held as much of the text as every other; `is_speech` is given for fine frames of which `count` make one
    /// here.
    pub(crate) fn by_speech(
        is_speech: &[bool],
        count: usize,
        states: usize,
        frames: usize,
        half: usize,
    ) -> Self {
        let speech = |frames: &[bool]| frames.iter().filter(|speech| **speech).count();
        let all = speech(is_speech).max(1);
        let mut passed = 0;
        let mut centres: Vec<usize> = is_speech
            .chunks(count)
            .map(|frame| {
                passed += speech(frame);
                (passed * states / all).min(states - 1)
            })
            .collect();
        centres.resize(frames, states - 1);
        Self { centres, half }
    }

    /// The states of frame `t`, of `states` in all, that are visited after those of `before`.
    pub(crate) fn window(&self, t: usize, before: &Range<usize>, states: usize) -> Range<usize> {
        let centre = self.centres[t];
        before.start.max(centre.saturating_sub(self.half))..before.end.max((centre + self.half).min(states))
    }
}

/// The part of `window` that the pins leave at frame `t`.
pub(crate) fn pinned(window: Range<usize>, t: usize, pins: &Pins) -> Range<usize> {
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
pub(crate) fn is_pinned(t: usize, edge: usize, pins: &Pins) -> bool {
    let passed = pins.partition_point(|(frame, _)| *frame <= t);
    pins[passed.saturating_sub(1)..(passed + 1).min(pins.len())]
        .iter()
        .any(|(_, state)| edge == *state || edge == *state + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_alone_says_how_far_the_text_is() {
        // Two frames of silence, four of speech, two of silence; each of four fine ones.
        let is_speech: Vec<bool> = (0..32).map(|t| (8..24).contains(&t)).collect();
        let guide = Guide::by_speech(&is_speech, 4, 40, 9, 5);
        assert_eq!(guide.centres, [0, 0, 10, 20, 30, 39, 39, 39, 39]);
        assert_eq!(guide.window(3, &(6..17), 40), 15..25);
        assert_eq!(guide.window(5, &(34..39), 40), 34..40);
    }
}
