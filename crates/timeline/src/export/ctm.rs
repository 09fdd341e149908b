//! CTM, time-marked words (`.ctm`).
//!
//! NIST, *SCTK: sclite* documentation, "ctm": file, channel, start, duration, word, with spaces between, ascending by start. The
//! file is the recording's name without its ending. No confidence is written: CTM wants a probability, and the timeline
//! knows a width in milliseconds.

use super::clock::millis;
use super::units::spoken_words;
use super::{ExportSettings, Exported, TextChoice, audio_stem};
use crate::{Timeline, TimelineError};

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    if settings.text != TextChoice::Spoken {
        return Err(TimelineError::Unsupported {
            format: "CTM",
            what: "translations, because it lists single words",
            instead: "export what is spoken, or ask for another format",
        });
    }
    let mut words: Vec<_> = timeline.sentences().flat_map(spoken_words).collect();
    words.sort_by(|a, b| a.start.total_cmp(&b.start));
    let file = file_name(timeline);
    let mut text = String::new();
    for word in words.into_iter().filter(|word| !word.text.trim().is_empty()) {
        let (start, length) = thousandths(word.start, word.end);
        text.push_str(&format!("{file} 1 {start} {length} {}\n", without_spaces(&word.text)));
    }
    Ok(Exported::Text(text))
}

/// The recording's name as a field.
pub(super) fn file_name(timeline: &Timeline) -> String {
    let name = without_spaces(audio_stem(timeline));
    if name.is_empty() { "audio".to_owned() } else { name }
}

/// Start and duration in seconds with three decimals. Start and end are rounded, and the duration is what lies between: so
/// it leads to the rounded end.
pub(super) fn thousandths(start_secs: f64, end_secs: f64) -> (String, String) {
    let (start, end) = (millis(start_secs), millis(end_secs));
    let secs = |millis: u64| format!("{}.{:03}", millis / 1000, millis % 1000);
    (secs(start), secs(end - start))
}

/// Fields are parted by white space, so that inside a field becomes a low line.
pub(super) fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("_")
}
