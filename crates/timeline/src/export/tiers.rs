//! Tiers of intervals, as annotation tools keep them: on one tier, intervals have a length and do not overlap.
//!
//! Words of a timeline may overlap and may have no length. On a tier, a word ends where the next one starts, and a word
//! that would be left without length gets [`SHORTEST_SECS`], for which the words after it yield. Everything else keeps
//! its exact time.

use super::units::{beads, is_spoken, one_line, spoken_words};
use crate::{Timeline, UnalignedKind, UnalignedSound};

/// The least length of an interval, in seconds: a millisecond, the unit in which ELAN counts.
const SHORTEST_SECS: f64 = 0.001;

/// A labelled stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) start_secs: f64,
    pub(super) end_secs: f64,
    pub(super) label: String,
}

/// A named row of intervals, ascending and apart.
pub(super) struct Tier {
    pub(super) name: &'static str,
    pub(super) intervals: Vec<Interval>,
}

/// The end of all tiers: that of the recording, or of the last interval where the document's own is earlier.
pub(super) fn end_of(timeline: &Timeline) -> f64 {
    let last = timeline.words().map(|word| word.end).chain(timeline.sentences().map(|sentence| sentence.end));
    last.fold(timeline.audio.duration, f64::max).max(SHORTEST_SECS)
}

/// The label of sound that is not in the text and cannot be told.
const UNTOLD: &str = "other";

/// The tiers of a timeline: `sentence` and `word`, and `phone`, `translation` and `unaligned` where there are any.
pub(super) fn tiers(timeline: &Timeline) -> Vec<Tier> {
    let end = end_of(timeline);
    let spoken = || timeline.sentences().filter(|sentence| is_spoken(sentence));
    let sentences = spoken().map(|sentence| (sentence.start, sentence.end, sentence.text.as_str()));
    let words = spoken().flat_map(spoken_words).map(|word| (word.start, word.end, word.text.as_str()));
    let phones = spoken().flat_map(spoken_words).flat_map(|word| &word.phones);
    let phones = phones.map(|phone| (phone.start, phone.end, phone.symbol.as_str()));
    let beads: Vec<_> =
        timeline.paragraphs.iter().flat_map(|paragraph| beads(&paragraph.sentences)).collect();
    let translations = beads.iter().filter_map(|bead| {
        let start = bead.sentences.iter().map(|sentence| sentence.start).reduce(f64::min)?;
        let stop = bead.sentences.iter().map(|sentence| sentence.end).fold(start, f64::max);
        Some((start, stop, bead.translation?.text.as_str()))
    });
    let unaligned = timeline.unaligned.iter().filter(|stretch| stretch.kind == UnalignedKind::Other);
    let unaligned = unaligned
        .map(|stretch| (stretch.start, stretch.end, stretch.sound.map_or(UNTOLD, UnalignedSound::name)));
    let mut tiers = vec![
        Tier { name: "sentence", intervals: apart(sentences, end) },
        Tier { name: "word", intervals: apart(words, end) },
    ];
    let extra = [
        ("phone", apart(phones, end)),
        ("translation", apart(translations, end)),
        ("unaligned", apart(unaligned, end)),
    ];
    tiers.extend(
        extra
            .into_iter()
            .filter(|(_, found)| !found.is_empty())
            .map(|(name, intervals)| Tier { name, intervals }),
    );
    tiers
}

/// Draws spans apart: ascending, none shorter than [`SHORTEST_SECS`], none over another, all before `limit_secs`. Spans
/// without a label are left out.
fn apart<'t>(spans: impl Iterator<Item = (f64, f64, &'t str)>, limit_secs: f64) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = spans
        .map(|(start_secs, end_secs, label)| Interval { start_secs, end_secs, label: one_line(label) })
        .filter(|interval| !interval.label.is_empty())
        .collect();
    intervals.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
    // A recording too short for its words is divided evenly between them.
    let shortest = SHORTEST_SECS.min(limit_secs / intervals.len().max(1) as f64);
    // What is exactly as long as it must be may lack the last bit of it, and stays as it is.
    let slack = shortest * 1e-6;
    let mut earliest = 0.0;
    for interval in &mut intervals {
        if interval.start_secs < earliest - slack {
            interval.start_secs = earliest;
        }
        earliest = interval.start_secs + shortest;
    }
    let mut latest = limit_secs;
    for interval in intervals.iter_mut().rev() {
        if interval.start_secs > latest - shortest + slack {
            interval.start_secs = (latest - shortest).max(0.0);
        }
        if interval.end_secs < interval.start_secs + shortest - slack {
            interval.end_secs = interval.start_secs + shortest;
        }
        interval.end_secs = interval.end_secs.min(latest);
        latest = interval.start_secs;
    }
    intervals
}

/// The intervals of a tier with empty ones in between, so that they cover the time from 0 to the end without a hole.
pub(super) fn tiled(intervals: &[Interval], end_secs: f64) -> Vec<Interval> {
    let mut tiles: Vec<Interval> = Vec::new();
    let mut reached = 0.0;
    for interval in intervals {
        if interval.start_secs > reached {
            tiles.push(Interval { start_secs: reached, end_secs: interval.start_secs, label: String::new() });
        }
        reached = interval.end_secs;
        tiles.push(interval.clone());
    }
    if reached < end_secs {
        tiles.push(Interval { start_secs: reached, end_secs, label: String::new() });
    }
    tiles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_spans_are_drawn_apart_and_tile(
            mut spans in prop::collection::vec((0u32..3_000, 0u32..500), 0..40),
        ) {
            spans.sort_unstable();
            let spans = spans.iter().map(|&(start, length)| (f64::from(start) / 1e3, f64::from(start + length) / 1e3, "x"));
            let intervals = apart(spans.clone(), 3.5);
            prop_assert_eq!(intervals.len(), spans.len());
            let tiles = tiled(&intervals, 3.5);
            let mut reached = 0.0;
            for tile in &tiles {
                prop_assert!(tile.start_secs.total_cmp(&reached).is_eq() && tile.end_secs > tile.start_secs, "{:?}", tile);
                reached = tile.end_secs;
            }
            prop_assert!(reached.total_cmp(&3.5).is_eq());
        }

        #[test]
        fn spans_that_are_apart_stay_untouched(lengths in prop::collection::vec((0u32..50, 2u32..500), 1..30)) {
            let mut clock = 0.0;
            let spans: Vec<(f64, f64, &str)> = lengths.iter().map(|&(pause, length)| {
                let start = clock + f64::from(pause) / 997.0;
                clock = start + f64::from(length) / 997.0;
                (start, clock, "x")
            }).collect();
            let kept: Vec<(f64, f64)> =
                apart(spans.iter().copied(), clock).iter().map(|i| (i.start_secs, i.end_secs)).collect();
            prop_assert_eq!(kept, spans.iter().map(|span| (span.0, span.1)).collect::<Vec<_>>());
        }
    }

    /// 4.002 + 0.001 is 4.003000000000001.
    #[test]
    fn a_millisecond_keeps_its_last_bit() {
        let spans = [(4.001, 4.002, "a"), (4.002, 4.003, "b"), (4.003, 4.004, "c")];
        let kept: Vec<_> =
            apart(spans.iter().copied(), 5.0).iter().map(|i| (i.start_secs, i.end_secs)).collect();
        assert_eq!(kept, spans.map(|(start, end, _)| (start, end)));
    }

    #[test]
    fn a_recording_too_short_for_its_words_is_divided() {
        let intervals = apart([(0.0, 0.0, "a"), (0.0, 0.0, "b"), (0.0, 0.0, "c")].into_iter(), 0.0015);
        assert_eq!(intervals.len(), 3);
        assert!(intervals.iter().all(|interval| interval.end_secs > interval.start_secs));
    }
}
