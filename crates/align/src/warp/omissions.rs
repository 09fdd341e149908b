//! Words of the text that were not spoken, though their sentence was: each word, and each few neighbours, against being passed by.
//!
//! The fine chain's forward scores up to the gap before a word and backward scores from the gap after it, joined by one gap, are the
//! score of a text without the word. Less the score of the whole text that is a log likelihood ratio, from the same recursion
//! that gives the posteriors (S.-Z. Yu, "Hidden semi-Markov models", 2010, section 2.2).

use std::collections::VecDeque;

use super::fine::Around;
use super::models::Scorer;
use super::rounds::Task;
use super::segmental::{Chain, Gaps, Node, log_sum};
use super::segmentation::Segmentation;
use crate::features::FeatureSequence;
use crate::method::Method;

/// The most words that are passed by together.
const MOST_WORDS: usize = 8;

/// Words of a chain that may not have been spoken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Omission {
    /// The gap before them, a node.
    pub(crate) before: usize,
    /// The gap after them.
    pub(crate) after: usize,
    /// How many words.
    pub(crate) words: usize,
    /// By how many nats the text explains the recording better without them.
    pub(crate) gain: f32,
}

/// A gap that may end words that are passed by: its node and kind, the backward scores behind it and what was taken off them.
struct Behind {
    gap: usize,
    scores: Vec<f32>,
    level: f64,
}

/// Gathers [`Omission`]s while backward scores are computed.
pub(super) struct Omissions {
    /// The score of the whole text.
    whole: f64,
    behind: VecDeque<Behind>,
    found: Vec<Omission>,
}

impl Omissions {
    pub(super) fn new(whole: f64) -> Self {
        Self { whole, behind: VecDeque::new(), found: Vec::new() }
    }

    /// Remembers the backward `scores` behind node `gap`.
    pub(super) fn gap_after(&mut self, gap: usize, scores: &[f32], level: f64) {
        self.behind.push_front(Behind { gap, scores: scores.to_vec(), level });
        self.behind.truncate(MOST_WORDS);
    }

    /// Passes by what lies between node `gap`, with the forward `scores` before it, and each of the next gaps.
    pub(super) fn gap_before(&mut self, chain: &Chain, gap: usize, kind: usize, scores: &[f32], level: f64) {
        let mut kind = kind;
        for (words, behind) in self.behind.iter().enumerate().map(|(i, behind)| (i + 1, behind)) {
            kind = kind.max(chain.gap_kind(behind.gap));
            let (from, to) = (&chain.windows[gap], &chain.windows[behind.gap + 1]);
            let mut through = chain.gap_sum(from, to, scores, kind, false);
            through.iter_mut().zip(&behind.scores).for_each(|(through, after)| *through += after);
            let without = level + behind.level + f64::from(log_sum(&through));
            let gain = (without - self.whole) as f32;
            self.found.push(Omission { before: gap, after: behind.gap, words, gain });
        }
    }

    pub(super) fn found(self) -> Vec<Omission> {
        self.found
    }
}

/// Those of `omissions` that are taken together: none touches another, each gains more than `least` nats, and their sum is
/// the largest. `omissions` are in descending order of `before`.
pub(crate) fn chosen(omissions: &[Omission], least: impl Fn(&Omission) -> f32) -> Vec<Omission> {
    let mut nodes: Vec<usize> = omissions.iter().map(|o| o.before).collect();
    nodes.dedup();
    nodes.reverse();
    let place = |node: usize| nodes.partition_point(|known| *known < node);
    // The best sum of what ends before each gap, and by what.
    let mut best: Vec<(f32, Option<usize>)> = vec![(0.0, None); nodes.len() + 2];
    let mut ascending: Vec<usize> =
        (0..omissions.len()).filter(|o| omissions[*o].gain > least(&omissions[*o])).collect();
    ascending.sort_by_key(|o| (omissions[*o].after, omissions[*o].before));
    let mut next = ascending.into_iter().peekable();
    for at in 1..best.len() {
        best[at] = (best[at - 1].0, None);
        while let Some(o) = next.next_if(|o| place(omissions[*o].after) < at) {
            let omission = &omissions[o];
            // What was passed by before ends before this one's gap.
            let sum = best[place(omission.before)].0 + omission.gain - least(omission);
            if sum > best[at].0 {
                best[at] = (sum, Some(o));
            }
        }
    }
    let mut taken = Vec::new();
    let mut at = best.len() - 1;
    while at > 0 {
        match best[at].1 {
            Some(o) => {
                taken.push(omissions[o]);
                at = place(omissions[o].before);
            }
            None => at -= 1,
        }
    }
    taken.reverse();
    taken
}

impl Task<'_> {
    /// Leaves the words out of `found` that the text explains the recording better without; returns how many sounds they have.
    pub(crate) fn left_out(
        &self,
        found: &mut Segmentation,
        features: &FeatureSequence,
        scorer: &Scorer,
    ) -> usize {
        let fine = self.fine_chain(found);
        // Words that are said badly would pass for stray speech.
        let gaps = Gaps { stray: None, ..self.gaps(&fine, features, scorer) };
        let reach = self.method.later_reach;
        let omissions = self.chain(&fine, features, scorer, &gaps, reach, Around::Squeezed).omissions();
        let phones =
            |omission: &Omission| match (fine.nodes[omission.before + 1], fine.nodes[omission.after - 1]) {
                (Node::Sound { phone, .. }, Node::Sound { phone: last, .. }) => phone..last + 1,
                _ => 0..0,
            };
        let Method { omission_gain, omission_gain_per_word, .. } = self.method;
        let mut count = 0;
        for omission in chosen(&omissions, |o| omission_gain + omission_gain_per_word * o.words as f32) {
            let range = phones(&omission);
            if self.anchors.iter().any(|(phone, _)| range.contains(phone)) {
                continue;
            }
            count += range.len();
            found.sounds[range].fill(None);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn omission(before: usize, after: usize, gain: f32) -> Omission {
        Omission { before, after, words: (after - before) / 3, gain }
    }

    #[test]
    fn what_is_left_out_together_gains_most_and_does_not_touch() {
        // Words between gaps 0, 3, 6, 9 and 12, as they are found from the end.
        let omissions = [
            omission(9, 12, 30.0),
            omission(6, 9, 60.0),
            omission(6, 12, 80.0),
            omission(3, 6, -50.0),
            omission(3, 9, 70.0),
            omission(0, 3, 45.0),
            omission(0, 6, 10.0),
        ];
        let least = |omission: &Omission| 20.0 * omission.words as f32;
        let taken = chosen(&omissions, least);
        assert_eq!(taken, [omission(0, 3, 45.0), omission(6, 9, 60.0)]);
        assert_eq!(chosen(&omissions, |_| 55.0), [omission(6, 12, 80.0)]);
        assert_eq!(chosen(&[], least), []);
    }
}
