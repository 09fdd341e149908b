//! What a timeline is compared with, from any of the forms in which truths are kept.

use serde_json::Value;

use crate::import::{ctm, text_grid};
use crate::json::json_error;
use crate::{State, Timeline, TimelineError};

/// Words (and sentences) with true times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    /// In the order of the text.
    pub spans: Vec<ReferenceSpan>,
}

/// A word with its true time, or several words of which only the first start and the last end are known.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceSpan {
    /// As the reference writes it.
    pub text: String,
    /// Seconds.
    pub start_secs: f64,
    /// Seconds.
    pub end_secs: f64,
}

impl ReferenceSpan {
    /// Whether it holds more than one word.
    pub fn is_sentence(&self) -> bool {
        super::tokens(&self.text, self.start_secs, self.end_secs, 0).len() > 1
    }
}

/// What to take of a file that holds more than one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferenceSettings {
    /// The tier of a TextGrid; by default the one named `word` or `words`, or else the one with the most labels.
    pub tier: Option<String>,
    /// The recording, by its file name without folders and ending, where a list names several.
    pub audio: Option<String>,
}

impl Reference {
    /// Reads a TextGrid (long or short), a tonearm timeline, JSON with a list `words` (or a bare list) of `text` or `word`,
    /// `start` and `end`, or a CTM; which of them, the text itself tells.
    ///
    /// # Errors
    /// [`TimelineError`] where it is none of these, or holds no words.
    pub fn read(text: &str, settings: &ReferenceSettings) -> Result<Self, TimelineError> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let reference = if text.starts_with(['{', '[']) {
            Self::from_json(text, settings)?
        } else if text.starts_with("File type") || text.starts_with("\"ooTextFile\"") {
            Self::from_text_grid(text, settings)?
        } else {
            Self::of_labels(ctm::read(text)?)
        };
        if reference.spans.is_empty() { Err(TimelineError::EmptyReference) } else { Ok(reference) }
    }

    /// The spoken words of another timeline.
    pub fn from_timeline(timeline: &Timeline) -> Self {
        let words = timeline.words().filter(|word| word.confidence.state != State::Absent);
        let spans = words.map(|word| ReferenceSpan {
            text: word.text.clone(),
            start_secs: word.start,
            end_secs: word.end,
        });
        Self { spans: spans.collect() }
    }

    fn of_labels(labels: Vec<crate::import::Label>) -> Self {
        let spans = labels.into_iter().map(|label| ReferenceSpan {
            text: label.text,
            start_secs: label.start_secs,
            end_secs: label.end_secs,
        });
        Self { spans: spans.collect() }
    }

    fn from_text_grid(text: &str, settings: &ReferenceSettings) -> Result<Self, TimelineError> {
        let grid = text_grid::read(text)?;
        let tier = match &settings.tier {
            Some(name) => grid.tiers.iter().find(|tier| tier.name == *name),
            None => grid.tier(&["word"]).or_else(|| grid.tiers.iter().max_by_key(|tier| tier.labels.len())),
        };
        Ok(Self::of_labels(tier.ok_or(TimelineError::EmptyReference)?.labels.clone()))
    }

    fn from_json(text: &str, settings: &ReferenceSettings) -> Result<Self, TimelineError> {
        let value: Value = serde_json::from_str(text).map_err(json_error)?;
        if value.get("tonearm_timeline").is_some() {
            return Ok(Self::from_timeline(&Timeline::from_json(text)?));
        }
        let items = value.as_array().or_else(|| value.get("words").and_then(Value::as_array));
        let items = items.ok_or(TimelineError::EmptyReference)?;
        let mut spans = Vec::new();
        for (number, item) in (1..).zip(items) {
            let named = item.get("audio").and_then(Value::as_str);
            if settings.audio.as_deref().zip(named).is_some_and(|(wanted, named)| stem(wanted) != stem(named))
            {
                continue;
            }
            let text = ["text", "word"].iter().find_map(|key| item.get(key)).and_then(Value::as_str);
            let seconds = |key: &str| item.get(key).and_then(Value::as_f64).filter(|secs| secs.is_finite());
            let (Some(text), Some(start_secs), Some(end_secs)) = (text, seconds("start"), seconds("end"))
            else {
                return Err(TimelineError::Import {
                    format: "list of words",
                    line: number,
                    problem:
                        "\"text\" (or \"word\"), \"start\" and \"end\" in seconds are expected in each entry"
                            .to_owned(),
                });
            };
            spans.push(ReferenceSpan { text: text.to_owned(), start_secs, end_secs });
        }
        Ok(Self { spans })
    }
}

fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
