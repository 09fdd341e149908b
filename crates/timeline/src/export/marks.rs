//! Labelled points of the recording, for formats of sound that hold them: cue points of WAV, chapters of FLAC.

use super::units::{one_line, units};
use super::{ExportSettings, TextChoice};
use crate::{Timeline, TimelineError};

/// A labelled point of the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where it lies, in seconds.
    pub instant_secs: f64,
    /// What is said from there on, on one line.
    pub label: String,
}

/// The start of each word, sentence or paragraph, ascending.
///
/// # Errors
/// [`TimelineError`] where the timeline is unsound, or where a translation is asked for that there is not.
pub fn marks(timeline: &Timeline, settings: &ExportSettings) -> Result<Vec<Mark>, TimelineError> {
    timeline.validate()?;
    if settings.text != TextChoice::Spoken && !timeline.sentences().any(|s| s.translation.is_some()) {
        return Err(TimelineError::NoTranslation);
    }
    let marks = units(timeline, settings, "a recording")?.into_iter().map(|unit| {
        let shown = unit.shown(&timeline.language, settings.text);
        let label = shown.iter().map(|(_, text)| one_line(text)).collect::<Vec<_>>().join(" / ");
        Mark { instant_secs: unit.start_secs, label }
    });
    Ok(marks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;

    #[test]
    fn sentences_are_marked_where_they_start() {
        let settings = ExportSettings { text: TextChoice::Bilingual, ..Default::default() };
        let marks = marks(&small(), &settings).unwrap();
        let labels: Vec<&str> = marks.iter().map(|mark| mark.label.as_str()).collect();
        assert_eq!(labels, ["Hello, world. / Hallo, Welt.", "Yes."]);
        assert!((marks[1].instant_secs - 1.4).abs() < 1e-12);
    }
}
