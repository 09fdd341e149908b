//! Corrections made in another program, brought back into the timeline they were made from.
//!
//! The file that comes back is compared with what an export of the timeline would have said: only what differs was corrected.
//! So rounding, words drawn apart and cues that linger do not count as corrections, and all that is not corrected keeps its exact
//! time, its confidence, its translation and its place in the transcript.
//!
//! Labels are matched to words by their text, in order (as in scoring). Where a label holds several words (a sentence, a cue), its first word starts and
//! its last word ends where the label does, and the words between keep their share of the time; they then count as `inferred`. A start
//! that was corrected is `measured`, without an interval: somebody heard it.

use std::collections::HashMap;

use super::{Format, ImportSettings, import};
use crate::export::{self, ExportSettings, export};
use crate::score::token_alignment::{Token, align, tokens};
use crate::{Confidence, State, Timeline, TimelineError};

/// Differences below this are those of formats that count in milliseconds, in seconds.
const ROUNDING_SECS: f64 = 0.000_6;

/// What came of a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The timeline with corrections in it.
    pub timeline: Timeline,
    /// Words (or sentences without words) whose start or end moved.
    pub corrected: usize,
    /// Texts of labels that are not in the timeline.
    pub unmatched: Vec<String>,
}

/// Brings a text in a format back into the timeline that it was exported from.
///
/// # Errors
/// [`TimelineError::Import`] where the text cannot be read; the faults of [`Timeline::validate`] where corrections contradict each other,
/// as where a word is moved before the one in front of it.
pub fn revise(
    timeline: &Timeline,
    text: &str,
    format: Format,
    settings: &ImportSettings,
) -> Result<Revision, TimelineError> {
    let corrected = labels(&import(text, format, settings)?);
    let said =
        export(timeline, format.exported(), &ExportSettings { level: settings.level, ..Default::default() })?;
    let said = labels(&import(said.as_text().unwrap_or_default(), format, settings)?);
    let slots = Slots::of(timeline);
    let (before, _) = slots.placed(&said);
    let before: HashMap<Place, Span> = before.into_iter().collect();
    let (placed, unmatched) = slots.placed(&corrected);
    let mut revised = slots.clone();
    for ((first, last), label) in placed {
        revised.place((first, last), label, before.get(&(first, last)).copied(), format.lingers());
    }
    let count = revised.times.iter().zip(&slots.times).filter(|(now, then)| now != then).count();
    let timeline = revised.written_back(timeline, &slots);
    timeline.validate()?;
    Ok(Revision {
        timeline,
        corrected: count,
        unmatched: unmatched.into_iter().map(|index| corrected[index].text.clone()).collect(),
    })
}

/// A label of the file: words where it times them, else sentences.
struct Label {
    text: String,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    start: f64,
    end: f64,
}

fn labels(timeline: &Timeline) -> Vec<Label> {
    let mut labels = Vec::new();
    for sentence in timeline.sentences() {
        if sentence.words.is_empty() {
            let span = Span { start: sentence.start, end: sentence.end };
            labels.push(Label { text: sentence.text.clone(), span });
        }
        labels.extend(
            sentence.words.iter().map(|word| Label {
                text: word.text.clone(),
                span: Span { start: word.start, end: word.end },
            }),
        );
    }
    labels
}

/// First and last slot of a label.
type Place = (usize, usize);

/// What of a timeline has a time of its own, in order: words, and sentences without words.
#[derive(Clone)]
struct Slots {
    tokens: Vec<Token>,
    times: Vec<Span>,
    confidence: Vec<Confidence>,
}

impl Slots {
    fn of(timeline: &Timeline) -> Self {
        let mut slots = Self { tokens: Vec::new(), times: Vec::new(), confidence: Vec::new() };
        for sentence in timeline.sentences() {
            if sentence.words.is_empty() {
                slots.push(&sentence.text, (sentence.start, sentence.end), sentence.confidence);
            }
            for word in &sentence.words {
                slots.push(&word.text, (word.start, word.end), word.confidence);
            }
        }
        slots
    }

    fn push(&mut self, text: &str, (start, end): (f64, f64), confidence: Confidence) {
        self.tokens.extend(tokens(text, start, end, self.times.len()));
        self.times.push(Span { start, end });
        self.confidence.push(confidence);
    }

    /// Where each label belongs: its first and last slot. Labels that belong nowhere are returned apart, by index.
    fn placed(&self, labels: &[Label]) -> (Vec<(Place, Span)>, Vec<usize>) {
        let mut theirs = Vec::new();
        for (index, label) in labels.iter().enumerate() {
            theirs.extend(tokens(&label.text, label.span.start, label.span.end, index));
        }
        let mut firsts: Vec<Option<usize>> = vec![None; labels.len()];
        let mut lasts: Vec<Option<usize>> = vec![None; labels.len()];
        let mut known = vec![false; labels.len()];
        for token in &theirs {
            // A label of punctuation alone has no place of its own, and misses none.
            known[token.span] = true;
        }
        for link in align(&theirs, &self.tokens) {
            for (theirs, ours) in [
                (&theirs[link.reference.start], &self.tokens[link.timeline.start]),
                (&theirs[link.reference.end - 1], &self.tokens[link.timeline.end - 1]),
            ] {
                if theirs.start.is_some() && ours.start.is_some() && firsts[theirs.span].is_none() {
                    firsts[theirs.span] = Some(ours.span);
                }
                if theirs.end.is_some() && ours.end.is_some() {
                    lasts[theirs.span] = Some(ours.span);
                }
            }
        }
        let mut placed = Vec::new();
        let mut unmatched = Vec::new();
        for (index, label) in labels.iter().enumerate() {
            match (firsts[index], lasts[index]) {
                (Some(first), Some(last)) if first <= last => placed.push(((first, last), label.span)),
                _ if known[index] => unmatched.push(index),
                _ => {}
            }
        }
        (placed, unmatched)
    }

    /// Puts the slots of a label where it says, as far as it differs from what was `said` of them before.
    fn place(&mut self, (first, last): Place, label: Span, said: Option<Span>, lingers: bool) {
        let own = Span {
            start: self.times[first].start,
            end: self.times[first..=last].iter().map(|span| span.end).fold(0.0, f64::max),
        };
        let said_or_own = said.unwrap_or(own);
        let moved_start = label.start - said_or_own.start;
        let moved_end = label.end - said_or_own.end;
        let start_moves = moved_start.abs() > ROUNDING_SECS;
        let new_start = if start_moves { label.start } else { own.start };
        let new_end = if moved_end.abs() <= ROUNDING_SECS {
            own.end
        } else if lingers {
            // The end of a cue is no end of a word, unless the whole cue was shifted or the cue now ends sooner.
            let shifted = start_moves && (moved_end - moved_start).abs() <= 2.0 * ROUNDING_SECS;
            if shifted { own.end + moved_end } else { own.end.min(label.end) }
        } else {
            label.end
        };
        let to = Span { start: new_start, end: new_end.max(new_start) };
        for index in first..=last {
            let before = self.times[index];
            let mut after = Span { start: mapped(before.start, own, to), end: mapped(before.end, own, to) };
            if index == first {
                after.start = to.start;
            }
            after.end = after.end.max(after.start);
            let heard = index == first && start_moves;
            let spoken = self.confidence[index].state != State::Absent || heard;
            if heard {
                self.confidence[index] = Confidence { state: State::Measured, plus_minus_ms: None };
            } else if spoken && (after.start - before.start).abs() > ROUNDING_SECS {
                self.confidence[index] = Confidence { state: State::Inferred, plus_minus_ms: None };
            }
            self.times[index] = after;
        }
    }

    /// The timeline with these times, everything that holds a time drawn around what it holds.
    fn written_back(&self, timeline: &Timeline, before: &Self) -> Timeline {
        let mut revised = timeline.clone();
        let mut slots = self.times.iter().zip(&self.confidence).zip(&before.times);
        for paragraph in &mut revised.paragraphs {
            for sentence in &mut paragraph.sentences {
                if sentence.words.is_empty() {
                    if let Some(((span, confidence), _)) = slots.next() {
                        (sentence.start, sentence.end, sentence.confidence) =
                            (span.start, span.end, *confidence);
                    }
                    continue;
                }
                let mut earliest = 0.0;
                let first_before = sentence.words[0].confidence;
                for word in &mut sentence.words {
                    let Some(((span, confidence), old)) = slots.next() else { continue };
                    if span != old {
                        for phone in &mut word.phones {
                            phone.start = mapped(phone.start, *old, *span);
                            phone.end = mapped(phone.end, *old, *span);
                        }
                    }
                    (word.start, word.end, word.confidence) = (span.start, span.end, *confidence);
                    // A word that was not spoken marks a place only, and gives way.
                    if word.confidence.state == State::Absent && word.start < earliest {
                        (word.start, word.end) = (earliest, word.end.max(earliest));
                    }
                    earliest = word.start;
                }
                let first = sentence.words[0].confidence;
                if first != first_before {
                    sentence.confidence = first;
                }
                let spoken = || sentence.words.iter().filter(|word| word.confidence.state != State::Absent);
                if let Some(start) = spoken().map(|word| word.start).reduce(f64::min) {
                    sentence.end = spoken().map(|word| word.end).fold(start, f64::max);
                    sentence.start = start;
                }
            }
            if let Some(start) = paragraph.sentences.iter().map(|sentence| sentence.start).reduce(f64::min) {
                paragraph.end = paragraph.sentences.iter().map(|sentence| sentence.end).fold(start, f64::max);
                paragraph.start = start;
            }
        }
        // What begins where a word ended, and ends where one began, does so still.
        for stretch in &mut revised.unaligned {
            for (now, then) in self.times.iter().zip(&before.times) {
                if (stretch.start - then.end).abs() < ROUNDING_SECS {
                    stretch.start = now.end;
                }
                if (stretch.end - then.start).abs() < ROUNDING_SECS {
                    stretch.end = now.start;
                }
            }
        }
        revised.unaligned.retain(|stretch| stretch.start < stretch.end);
        let last =
            revised.paragraphs.iter().map(|paragraph| paragraph.end).fold(revised.audio.duration, f64::max);
        revised.audio.duration = last;
        revised
    }
}

/// An instant of one span at the same share of another. Beyond it, shifted with the nearer edge.
fn mapped(instant: f64, from: Span, to: Span) -> f64 {
    if from == to {
        instant
    } else if instant <= from.start {
        (instant + (to.start - from.start)).max(0.0)
    } else if instant >= from.end {
        instant + (to.end - from.end)
    } else {
        to.start + (instant - from.start) / (from.end - from.start) * (to.end - to.start)
    }
}

impl Format {
    /// The format that is exported under this name.
    fn exported(self) -> export::Format {
        match self {
            Self::Json => export::Format::Json,
            Self::TextGrid => export::Format::TextGrid,
            Self::Srt => export::Format::Srt,
            Self::WebVtt => export::Format::WebVtt,
            Self::Ctm => export::Format::Ctm,
            Self::Audacity => export::Format::Audacity,
            Self::Aeneas => export::Format::Aeneas,
        }
    }

    /// Whether a label of this format stays after its last word has been spoken.
    fn lingers(self) -> bool {
        matches!(self, Self::Srt | Self::WebVtt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;
    use crate::export::Level;

    fn exported(timeline: &Timeline, format: Format, level: Level) -> String {
        let settings = ExportSettings { level, ..Default::default() };
        export(timeline, format.exported(), &settings).unwrap().as_text().unwrap().to_owned()
    }

    /// A quarter of a millisecond in every time: rounding must not count as a correction.
    fn uneven() -> Timeline {
        let mut timeline = small();
        let moved = |instant: f64| ((instant + 0.000_25) * 1e5).round() / 1e5;
        timeline.map_times(|instant| if instant > 0.4 && instant < 1.9 { moved(instant) } else { instant });
        timeline
    }

    #[test]
    fn what_is_not_touched_stays_to_the_last_bit() {
        let timeline = uneven();
        for &format in Format::ALL {
            for &level in Level::ALL {
                let settings = ImportSettings { level, ..Default::default() };
                let revision =
                    revise(&timeline, &exported(&timeline, format, level), format, &settings).unwrap();
                assert_eq!((revision.corrected, revision.unmatched.len()), (0, 0), "{}", format.name());
                assert_eq!(revision.timeline, timeline, "{} {}", format.name(), level.name());
            }
        }
    }

    #[test]
    fn a_word_moved_in_praat_comes_back_and_all_else_stays() {
        let timeline = uneven();
        let moved = exported(&timeline, Format::TextGrid, Level::Sentence).replace("0.80025", "0.75");
        let revision = revise(&timeline, &moved, Format::TextGrid, &ImportSettings::default()).unwrap();
        assert_eq!(revision.corrected, 2, "the end of one word and the start of the next");
        let mut wanted = timeline;
        let words = &mut wanted.paragraphs[0].sentences[0].words;
        (words[0].end, words[1].start) = (0.75, 0.75);
        words[1].confidence = Confidence { state: State::Measured, plus_minus_ms: None };
        assert_eq!(revision.timeline, wanted);
    }

    #[test]
    fn a_sentence_moved_in_audacity_takes_its_words_along() {
        let timeline = small();
        let moved = exported(&timeline, Format::Audacity, Level::Sentence)
            .replace("0.500000\t1.200000", "0.400000\t1.300000");
        let revision = revise(&timeline, &moved, Format::Audacity, &ImportSettings::default()).unwrap();
        let sentence = &revision.timeline.paragraphs[0].sentences[0];
        assert!((sentence.start, sentence.end) == (0.4, 1.3), "{sentence:?}");
        assert!((sentence.words[1].start - (0.4 + 0.3 / 0.7 * 0.9)).abs() < 1e-9, "{sentence:?}");
        assert_eq!(sentence.words[1].confidence.state, State::Inferred);
        assert_eq!(sentence.confidence, Confidence { state: State::Measured, plus_minus_ms: None });
        assert_eq!(sentence.translation, timeline.paragraphs[0].sentences[0].translation);
        assert!(
            (revision.timeline.unaligned[0].end - 0.4).abs() < 1e-12,
            "the lead-in ends where the voice begins"
        );
    }

    #[test]
    fn a_shifted_cue_shifts_its_words_and_a_longer_stay_none() {
        let timeline = small();
        let srt = exported(&timeline, Format::Srt, Level::Sentence);
        let longer = srt.replace("00:00:02,233", "00:00:02,900");
        assert_ne!(longer, srt);
        let stays = revise(&timeline, &longer, Format::Srt, &ImportSettings::default()).unwrap();
        assert_eq!(stays.corrected, 0);
        let shifted = srt.replace("00:00:01,400 --> 00:00:02,233", "00:00:01,500 --> 00:00:02,333");
        assert_ne!(shifted, srt);
        let shifts = revise(&timeline, &shifted, Format::Srt, &ImportSettings::default()).unwrap();
        let word = &shifts.timeline.paragraphs[0].sentences[1].words[0];
        assert!((word.start - 1.5).abs() < 1e-9 && (word.end - 1.9).abs() < 1e-9, "{word:?}");
    }

    #[test]
    fn words_that_are_not_there_are_named_and_contradictions_refused() {
        let timeline = small();
        let labels = "0.5\t1.2\tHello, world.\n1.4\t1.8\tNever said.\n";
        let settings = ImportSettings::default();
        let revision = revise(&timeline, labels, Format::Audacity, &settings).unwrap();
        assert_eq!(revision.unmatched, ["Never said."]);
        let words = ImportSettings { level: Level::Word, ..Default::default() };
        let error = revise(&timeline, "0.2\t0.3\tworld.\n", Format::Audacity, &words).unwrap_err();
        assert!(error.to_string().contains("before the one in front of it"), "{error}");
    }
}
