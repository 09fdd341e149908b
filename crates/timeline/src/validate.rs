//! What makes a timeline sound, beyond the shape that its schema describes.

use std::collections::HashSet;

use crate::{Confidence, Sentence, State, Timeline, TimelineError, VERSION, Word};

/// How far a part may reach out of what holds it, in seconds: half a millisecond on either side, for documents whose
/// writers round each time by itself.
const ROUNDING_SECS: f64 = 0.001;

impl Timeline {
    /// Whether the document is sound: its version; times finite, from 0, `start ≤ end`; paragraphs, the sentences of a
    /// paragraph, the words of a sentence and the phones of a word ascending by start; each part inside what holds it
    /// (words that were not spoken excepted) and all inside the recording; identifiers present and unique.
    ///
    /// Words may overlap, may have no length, and a sentence may have no words.
    ///
    /// # Errors
    /// [`TimelineError`] for the first fault, in document order.
    pub fn validate(&self) -> Result<(), TimelineError> {
        if self.tonearm_timeline != VERSION {
            return Err(TimelineError::Version {
                expected: VERSION,
                actual: u64::from(self.tonearm_timeline),
            });
        }
        let audio = Span { element: "the recording".to_owned(), start: 0.0, end: self.audio.duration };
        audio.check_times()?;
        let mut ids = HashSet::new();
        let sentence_ids: HashSet<&str> = self.sentences().map(|sentence| sentence.id.as_str()).collect();
        let mut previous = 0.0;
        for (number, paragraph) in (1..).zip(&self.paragraphs) {
            let span =
                Span { element: format!("paragraph {number}"), start: paragraph.start, end: paragraph.end };
            span.check(&mut previous, Some(&audio))?;
            let mut previous = 0.0;
            for sentence in &paragraph.sentences {
                validate_sentence(sentence, &span, &mut previous, &mut ids, &sentence_ids)?;
            }
        }
        let mut previous = 0.0;
        for (number, stretch) in (1..).zip(&self.unaligned) {
            let element = format!("unaligned stretch {number}");
            Span { element, start: stretch.start, end: stretch.end }.check(&mut previous, Some(&audio))?;
        }
        Ok(())
    }
}

fn validate_sentence<'a>(
    sentence: &'a Sentence,
    paragraph: &Span,
    previous: &mut f64,
    ids: &mut HashSet<&'a str>,
    sentence_ids: &HashSet<&str>,
) -> Result<(), TimelineError> {
    let element = format!("sentence {:?}", sentence.id);
    check_id(&element, &sentence.id, ids)?;
    check_confidence(&element, sentence.confidence)?;
    for id in sentence.translation.iter().flat_map(|translation| &translation.shared_by) {
        if !sentence_ids.contains(id.as_str()) {
            return Err(TimelineError::UnknownSentence { element, id: id.clone() });
        }
    }
    let span = Span { element, start: sentence.start, end: sentence.end };
    span.check(previous, Some(paragraph))?;
    let mut previous = 0.0;
    for word in &sentence.words {
        validate_word(word, &span, &mut previous, ids)?;
    }
    Ok(())
}

fn validate_word<'a>(
    word: &'a Word,
    sentence: &Span,
    previous: &mut f64,
    ids: &mut HashSet<&'a str>,
) -> Result<(), TimelineError> {
    let element = format!("word {:?} ({:?})", word.id, word.text);
    check_id(&element, &word.id, ids)?;
    check_confidence(&element, word.confidence)?;
    if word.source.end < word.source.start {
        return Err(TimelineError::Source { element, start: word.source.start, end: word.source.end });
    }
    let span = Span { element, start: word.start, end: word.end };
    // A word that was not spoken marks a place only: it may lie in the pause beside its sentence.
    span.check(previous, (word.confidence.state != State::Absent).then_some(sentence))?;
    let mut previous = 0.0;
    for phone in &word.phones {
        let element = format!("phone {:?} of word {:?}", phone.symbol, word.id);
        Span { element, start: phone.start, end: phone.end }.check(&mut previous, Some(&span))?;
    }
    Ok(())
}

fn check_id<'a>(element: &str, id: &'a str, ids: &mut HashSet<&'a str>) -> Result<(), TimelineError> {
    if id.is_empty() || !ids.insert(id) {
        return Err(TimelineError::Identifier { element: element.to_owned(), id: id.to_owned() });
    }
    Ok(())
}

fn check_confidence(element: &str, confidence: Confidence) -> Result<(), TimelineError> {
    match confidence.plus_minus_ms {
        Some(plus_minus_ms) if !(plus_minus_ms.is_finite() && plus_minus_ms >= 0.0) => {
            Err(TimelineError::Confidence { element: element.to_owned(), plus_minus_ms })
        }
        _ => Ok(()),
    }
}

/// Any part of the document that has times.
struct Span {
    element: String,
    start: f64,
    end: f64,
}

impl Span {
    fn check_times(&self) -> Result<(), TimelineError> {
        for (field, value) in [("start", self.start), ("end", self.end)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(TimelineError::NotATime { element: self.element.clone(), field, value });
            }
        }
        if self.end < self.start {
            return Err(TimelineError::Reversed {
                element: self.element.clone(),
                start_secs: self.start,
                end_secs: self.end,
            });
        }
        Ok(())
    }

    fn check(&self, previous: &mut f64, container: Option<&Self>) -> Result<(), TimelineError> {
        self.check_times()?;
        if self.start < *previous {
            return Err(TimelineError::Descending {
                element: self.element.clone(),
                start_secs: self.start,
                previous_secs: *previous,
            });
        }
        *previous = self.start;
        match container {
            Some(holder)
                if self.start < holder.start - ROUNDING_SECS || self.end > holder.end + ROUNDING_SECS =>
            {
                Err(TimelineError::Outside {
                    element: self.element.clone(),
                    start_secs: self.start,
                    end_secs: self.end,
                    container: holder.element.clone(),
                    container_start_secs: holder.start,
                    container_end_secs: holder.end,
                })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;
    use crate::{Unaligned, UnalignedKind};

    fn fault(change: impl FnOnce(&mut Timeline)) -> String {
        let mut timeline = small();
        change(&mut timeline);
        timeline.validate().unwrap_err().to_string()
    }

    fn word(timeline: &mut Timeline, index: usize) -> &mut Word {
        &mut timeline.paragraphs[0].sentences[0].words[index]
    }

    #[test]
    fn a_sound_document_passes() {
        small().validate().unwrap();
    }

    #[test]
    fn each_fault_is_named() {
        assert!(fault(|t| t.tonearm_timeline = 7).contains("version 7"));
        assert!(fault(|t| word(t, 0).start = f64::NAN).contains("the start is NaN"));
        assert!(fault(|t| word(t, 0).end = f64::INFINITY).contains("the end is inf"));
        assert!(fault(|t| word(t, 0).start = -1.0).contains("the start is -1"));
        assert!(fault(|t| word(t, 0).end = 0.1).contains("before its start"));
        assert!(fault(|t| word(t, 1).start = 0.2).contains("in front of it"));
        assert!(fault(|t| word(t, 1).end = 1.9).contains("reaches out of sentence \"s1\""));
        assert!(fault(|t| t.audio.duration = 1.0).contains("reaches out of the recording"));
        assert!(fault(|t| word(t, 1).id = "w1".to_owned()).contains("already taken"));
        assert!(fault(|t| word(t, 1).id = "s1".to_owned()).contains("already taken"));
        assert!(fault(|t| word(t, 1).id.clear()).contains("is empty"));
        assert!(fault(|t| word(t, 1).source.start = 99).contains("first byte 99"));
        assert!(fault(|t| word(t, 1).confidence.plus_minus_ms = Some(-3.0)).contains("± -3 ms"));
        assert!(fault(|t| t.paragraphs[0].end = 0.6).contains("reaches out of paragraph 1"));
        assert!(
            fault(|t| {
                let translation = t.paragraphs[0].sentences[0].translation.as_mut().unwrap();
                translation.shared_by.push("s9".to_owned());
            })
            .contains("no such sentence")
        );
        assert!(
            fault(|t| t.unaligned.push(Unaligned {
                start: 1.0,
                end: 9.0,
                kind: UnalignedKind::Pause,
                sound: None
            }))
            .contains("unaligned stretch 2")
        );
    }

    #[test]
    fn overlaps_empty_sentences_and_zero_lengths_are_sound() {
        let mut timeline = small();
        word(&mut timeline, 0).end = 1.1;
        word(&mut timeline, 1).start = word(&mut timeline, 1).end;
        timeline.paragraphs[0].sentences[1].words.clear();
        timeline.validate().unwrap();
    }

    #[test]
    fn an_absent_word_may_lie_beside_its_sentence() {
        let mut timeline = small();
        word(&mut timeline, 1).end = 1.35;
        assert!(timeline.validate().is_err());
        word(&mut timeline, 1).confidence.state = State::Absent;
        timeline.validate().unwrap();
    }
}
