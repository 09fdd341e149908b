//! Anchors (`.anchors.txt`): a line a sentence, its words and when they start, as `tonearm align --anchors` reads them.
//!
//! `text = seconds`. A line must name its place in the text unmistakably, so a sentence whose words stand in the timeline a second time
//! is left out; so is one that was not spoken. With `--level word` each word that occurs once is an anchor.

use std::collections::HashMap;

use super::units::{one_line, units};
use super::{ExportSettings, Exported, TextChoice};
use crate::{Timeline, TimelineError};

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    if settings.text != TextChoice::Spoken {
        return Err(TimelineError::Unsupported {
            format: "a list of anchors",
            what: "translations, because it names the words that are spoken",
            instead: "export what is spoken, or ask for another format",
        });
    }
    let spoken: Vec<String> = timeline.sentences().flat_map(|sentence| keys(&sentence.text)).collect();
    let mut first_places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, word) in spoken.iter().enumerate() {
        first_places.entry(word).or_default().push(place);
    }
    let mut text = String::new();
    let mut last = None;
    for unit in units(timeline, settings, "a list of anchors")? {
        let words = keys(&unit.text);
        let places = words.first().and_then(|first| first_places.get(first.as_str()));
        let stands = places
            .map_or(0, |places| places.iter().filter(|&&place| spoken[place..].starts_with(&words)).count());
        // Two anchors at one instant contradict each other.
        if stands == 1 && last.is_none_or(|last| unit.start_secs > last) {
            text.push_str(&format!("{} = {}\n", one_line(&unit.text), unit.start_secs));
            last = Some(unit.start_secs);
        }
    }
    Ok(Exported::Text(text))
}

/// The words of a text, letters and digits alone, small.
fn keys(text: &str) -> Vec<String> {
    let key = |word: &str| {
        word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    text.split_whitespace().map(key).filter(|key| !key.is_empty()).collect()
}
