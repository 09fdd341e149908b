//! Where the boundaries of the fine path may lie: around where they were found before, and further where something is wrong there.

use std::ops::Range;

use super::segmental::{Durations, Node};
use crate::features::HOP_SECS;

/// Words beside a gap as long as this may lie on its other side (half a second: windows reach over less),
const LONG_GAP: usize = (0.5 / HOP_SECS) as usize;
/// or within a minute of where they were found, where it is longer;
const MOST_CROSSED: usize = (60.0 / HOP_SECS) as usize;
/// so many words. As many on either side of what may not have been spoken are let over it.
const MOST_WORDS: usize = 4;

/// Windows of ± `reach` frames around `boundaries`, within `0..=frames`; the ends are open over the whole signal.
pub(crate) fn windows_around(boundaries: &[usize], reach: usize, frames: usize) -> Vec<Range<usize>> {
    boundaries.iter().map(|b| b.saturating_sub(reach)..(b + reach).min(frames) + 1).collect()
}

/// Lets whole words move where a sound was found longer than any sound is: something that the text knows nothing of sounds there, and only a
/// gap can take it. From gap to gap around the sound, `windows` of ± `reach` frames reach over all of it.
pub(crate) fn let_gaps_take(
    windows: &mut [Range<usize>],
    nodes: &[Node],
    boundaries: &[usize],
    durations: Durations,
    reach: usize,
) {
    let is_gap = |node: &Node| matches!(node, Node::Gap { .. });
    for (n, node) in nodes.iter().enumerate() {
        let Node::Sound { log_frames, .. } = *node else { continue };
        let (start, end) = (boundaries[n], boundaries[n + 1]);
        if end - start <= durations.longest(log_frames) {
            continue;
        }
        let after_gap = nodes[..n].iter().rposition(is_gap).map_or(0, |gap| gap + 1);
        let before_gap = nodes[n..].iter().position(is_gap).map_or(nodes.len(), |gap| n + gap);
        let last = windows.last().map_or(end, |window| window.end);
        for window in &mut windows[after_gap..=n] {
            window.end = window.end.max((end + reach + 1).min(last));
        }
        for window in &mut windows[n + 1..=before_gap] {
            window.start = window.start.min(start.saturating_sub(reach));
        }
    }
}

/// Lets the few words on either side of a long gap lie on its other side, where they are in doubt: a coarse path, which knows little of durations,
/// may have drawn or squeezed them to the far end of a silence, to a cough or a hesitation within it. `doubtful` says of the word behind each
/// gap whether it is.
pub(crate) fn let_words_cross(
    windows: &mut [Range<usize>],
    nodes: &[Node],
    boundaries: &[usize],
    doubtful: &[bool],
    reach: usize,
) {
    let frames = boundaries[boundaries.len() - 1];
    let gaps = gaps_of(nodes);
    for (g, &gap) in gaps.iter().enumerate() {
        let (start, end) = (boundaries[gap], boundaries[gap + 1]);
        if end - start < LONG_GAP {
            continue;
        }
        let behind = doubtful[g..].iter().take(MOST_WORDS).take_while(|doubtful| **doubtful).count();
        let from = start.max(end.saturating_sub(MOST_CROSSED)).saturating_sub(reach);
        for window in windows[gap + 1..].iter_mut().take(gaps.get(g + behind).map_or(0, |last| last - gap)) {
            window.start = window.start.min(from);
        }
        let ahead = doubtful[..g].iter().rev().take(MOST_WORDS).take_while(|doubtful| **doubtful).count();
        let to = (end.min(start + MOST_CROSSED) + reach + 1).min(frames + 1);
        for window in &mut windows[gaps[g - ahead] + 1..gap + 1] {
            window.end = window.end.max(to);
        }
    }
}

/// A word whose thirds are shorter than expected by this many standard deviations in the mean may not have been spoken.
const SQUEEZED: f32 = 0.4;
/// Squeezed words with no more than so many others between them are one stretch.
const WORDS_BETWEEN: usize = 2;

/// Lets whole words move where some were found shorter than words are: one that was not spoken takes its time from its neighbours, and these
/// may have to take all of it back. `windows` of ± `reach` frames around them reach over all of such a stretch.
pub(crate) fn let_neighbours_take(
    windows: &mut [Range<usize>],
    nodes: &[Node],
    boundaries: &[usize],
    durations: Durations,
    reach: usize,
) {
    let gaps = gaps_of(nodes);
    let is_squeezed = |word: &[usize]| {
        let deviations = (word[0] + 1..word[1]).filter_map(|n| match nodes[n] {
            Node::Sound { log_frames, .. } => Some(
                (((boundaries[n + 1] - boundaries[n]).max(1) as f32).ln() - log_frames) / durations.sigma,
            ),
            Node::Gap { .. } => None,
        });
        deviations.sum::<f32>() < -SQUEEZED * (word[1] - word[0] - 1) as f32
    };
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for w in gaps.windows(2).enumerate().filter(|(_, word)| is_squeezed(word)).map(|(w, _)| w) {
        match stretches.last_mut() {
            Some(stretch) if w <= stretch.end + WORDS_BETWEEN => stretch.end = w + 1,
            _ => stretches.push(w..w + 1),
        }
    }
    for stretch in stretches {
        widen(windows, &gaps, boundaries, gaps[stretch.start] + 1..gaps[stretch.end], stretch, reach);
    }
}

/// What words leave that were not spoken is no longer than this, in frames (3 s).
const LONGEST_LEFT: usize = 600;

/// Lets the words beside a gap move over it, where it is no pause yet no longer than a phrase: words that were not spoken left it.
pub(crate) fn let_words_close_up(
    windows: &mut [Range<usize>],
    nodes: &[Node],
    boundaries: &[usize],
    reach: usize,
) {
    let gaps = gaps_of(nodes);
    for (g, gap) in gaps.iter().copied().enumerate() {
        if (reach..LONGEST_LEFT).contains(&(boundaries[gap + 1] - boundaries[gap])) {
            widen(windows, &gaps, boundaries, gap..gap + 1, g..g, reach);
        }
    }
}

/// Lets the windows from some words before `words` (numbers of `gaps` before and behind them) to some words after them reach over the boundaries
/// at both ends of `taken`.
fn widen(
    windows: &mut [Range<usize>],
    gaps: &[usize],
    boundaries: &[usize],
    taken: Range<usize>,
    words: Range<usize>,
    reach: usize,
) {
    let (start, end) = (boundaries[taken.start], boundaries[taken.end]);
    let last = windows.last().map_or(0, |window| window.end);
    let first = gaps[words.start.saturating_sub(MOST_WORDS)] + 1;
    for window in windows.iter_mut().take(taken.end + 1).skip(first) {
        window.end = window.end.max((end + reach + 1).min(last));
    }
    let to = gaps[(words.end + MOST_WORDS).min(gaps.len() - 1)];
    for window in windows.iter_mut().take(to + 1).skip(taken.start) {
        window.start = window.start.min(start.saturating_sub(reach));
    }
}

/// The nodes that are gaps; every word lies between two.
pub(super) fn gaps_of(nodes: &[Node]) -> Vec<usize> {
    (0..nodes.len()).filter(|n| matches!(nodes[*n], Node::Gap { .. })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beside_a_long_gap_may_cross_it() {
        let (gap, sound) = (Node::Gap { kind: 0 }, Node::Sound { phone: 0, class: 0, log_frames: 2.0 });
        // Three words of one sound each: a short pause, then two seconds of gap before the last one.
        let nodes = [gap, sound, gap, sound, gap, sound, gap];
        let boundaries = [0, 10, 40, 50, 80, 480, 510, 520];
        let plain = windows_around(&boundaries, 20, 520);
        let mut windows = plain.clone();
        let_words_cross(&mut windows, &nodes, &boundaries, &[false; 3], 20);
        assert_eq!(windows, plain);
        let_words_cross(&mut windows, &nodes, &boundaries, &[true; 3], 20);
        assert_eq!((windows[0].clone(), windows[7].clone()), (plain[0].clone(), plain[7].clone()));
        // The words before it up to its end, the word behind it down to its start.
        assert!((1..=4).all(|i| windows[i] == (plain[i].start..501)), "{windows:?}");
        assert!((5..=6).all(|i| windows[i] == (60..plain[i].end)), "{windows:?}");
        let short = [0, 10, 40, 50, 80, 100, 130, 140];
        let mut windows = windows_around(&short, 20, 140);
        let_words_cross(&mut windows, &nodes, &short, &[true; 3], 20);
        assert_eq!(windows, windows_around(&short, 20, 140));
    }
}
