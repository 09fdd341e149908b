//! Words as the forced aligner Gentle writes them in JSON (`.gentle.json`).
//!
//! R. Ochshorn and M. Hawkins, *Gentle* (`gentle/transcription.py`): the whole `transcript`, and `words` with their place in it,
//! counted in characters (Unicode scalar values, as Python counts), `case` `success` or `not-found-in-audio`, `alignedWord` as its
//! dictionary would have it, start and end in seconds, and phones where there are any, as symbol and duration. A word that was not
//! spoken is `not-found-in-audio`. Symbols are IPA and not Gentle's ARPAbet.

use serde::Serialize;

use super::written_words::text_with_words;
use super::{ExportSettings, Exported, TextChoice, json_text};
use crate::{State, Timeline, TimelineError, Word};

#[derive(Serialize)]
struct Transcription<'a> {
    transcript: String,
    words: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    aligned_word: Option<String>,
    case: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<f64>,
    end_offset: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    phones: Option<Vec<Sound<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<f64>,
    start_offset: usize,
    word: &'a str,
}

#[derive(Serialize)]
struct Sound<'a> {
    duration: f64,
    phone: &'a str,
}

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    if settings.text != TextChoice::Spoken {
        return Err(TimelineError::Unsupported {
            format: "Gentle's JSON",
            what: "translations, because it lists single words",
            instead: "export what is spoken, or ask for another format",
        });
    }
    let mut transcript = String::new();
    let mut words = Vec::new();
    for paragraph in &timeline.paragraphs {
        if !transcript.is_empty() {
            transcript.push_str("\n\n");
        }
        let mut between = "";
        for sentence in &paragraph.sentences {
            let (text, ranges) = text_with_words(sentence);
            transcript.push_str(if text.is_empty() { "" } else { std::mem::replace(&mut between, " ") });
            let before = transcript.chars().count();
            let offset = |byte: usize| before + text[..byte].chars().count();
            words.extend(
                sentence
                    .words
                    .iter()
                    .zip(&ranges)
                    .map(|(word, range)| entry(word, (offset(range.start), offset(range.end)))),
            );
            transcript.push_str(&text);
        }
    }
    json_text(&Transcription { transcript, words })
}

fn entry(word: &Word, (start_offset, end_offset): (usize, usize)) -> Entry<'_> {
    let found = word.confidence.state != State::Absent;
    let phones = word
        .phones
        .iter()
        .map(|phone| Sound { duration: rounded(phone.end - phone.start), phone: &phone.symbol });
    let bare = word.text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    Entry {
        aligned_word: found.then_some(bare),
        case: if found { "success" } else { "not-found-in-audio" },
        end: found.then_some(word.end),
        end_offset,
        phones: found.then(|| phones.collect()),
        start: found.then_some(word.start),
        start_offset,
        word: &word.text,
    }
}

/// A length to a microsecond: the difference of two decimal times is none itself.
fn rounded(secs: f64) -> f64 {
    (secs * 1e6).round() / 1e6
}
