//! Segments and words as WhisperX writes them in JSON (`.whisperx.json`).
//!
//! M. Bain and others, *WhisperX* (`whisperx/types.py`, `AlignedTranscriptionResult`): `segments` of `start`, `end`, `text` and
//! `words`, all words again as `word_segments`, and the `language`. A word that could not be aligned has no times there; so has one
//! that was not spoken here. `score` is a probability, which a timeline does not know, and is left out. A translation stands where
//! whisper's own `translate` task puts it: in the segment's text, without words.

use std::collections::HashMap;

use serde::Serialize;

use super::units::{paragraph_id, units};
use super::{ExportSettings, Exported, Level, TextChoice, json_text};
use crate::{State, Timeline, TimelineError, Word};

#[derive(Serialize)]
struct Transcription<'a> {
    segments: Vec<Segment<'a>>,
    word_segments: Vec<Entry<'a>>,
    language: &'a str,
}

#[derive(Serialize)]
struct Segment<'a> {
    start: f64,
    end: f64,
    text: String,
    words: Vec<Entry<'a>>,
}

#[derive(Clone, Serialize)]
struct Entry<'a> {
    word: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<f64>,
}

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    // Words are listed in any case, so that they need no segments of their own.
    let level = if settings.level == Level::Word { Level::Sentence } else { settings.level };
    let units = units(timeline, &ExportSettings { level, ..settings.clone() }, "WhisperX' JSON")?;
    let mut words: HashMap<String, Vec<Entry<'_>>> = HashMap::new();
    if settings.text == TextChoice::Spoken {
        for (number, paragraph) in (1..).zip(&timeline.paragraphs) {
            for sentence in &paragraph.sentences {
                let entries: Vec<Entry<'_>> = sentence.words.iter().map(entry).collect();
                words.entry(paragraph_id(number)).or_default().extend(entries.iter().cloned());
                words.insert(sentence.id.clone(), entries);
            }
        }
    }
    let segments: Vec<Segment<'_>> = units
        .into_iter()
        .map(|unit| {
            let shown = unit.shown(&timeline.language, settings.text);
            Segment {
                start: unit.start_secs,
                end: unit.end_secs,
                text: shown.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(" / "),
                words: words.remove(&unit.id).unwrap_or_default(),
            }
        })
        .collect();
    let word_segments = segments.iter().flat_map(|segment| segment.words.clone()).collect();
    let translation = timeline.sentences().find_map(|sentence| sentence.translation.as_ref());
    let language = match translation.filter(|_| settings.text == TextChoice::Translation) {
        Some(translation) => translation.language.as_str(),
        None => timeline.language.as_str(),
    };
    json_text(&Transcription { segments, word_segments, language })
}

fn entry(word: &Word) -> Entry<'_> {
    let found = word.confidence.state != State::Absent;
    Entry { word: &word.text, start: found.then_some(word.start), end: found.then_some(word.end) }
}
