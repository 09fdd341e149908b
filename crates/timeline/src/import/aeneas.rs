//! Fragments as aeneas writes them in JSON. Fragments without children are what the settings say (sentences by default);
//! fragments with children are sentences of words, or paragraphs of sentences of words.

use serde::Deserialize;

use super::Label;
use super::assemble::{Draft, DraftSentence, DraftWord};
use crate::TimelineError;
use crate::export::Level;
use crate::json::json_error;

#[derive(Deserialize)]
struct SyncMap {
    fragments: Vec<Fragment>,
}

#[derive(Deserialize)]
struct Fragment {
    begin: String,
    end: String,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    lines: Vec<String>,
    #[serde(default)]
    children: Vec<Fragment>,
}

pub(super) fn draft(text: &str, level: Level) -> Result<Draft, TimelineError> {
    let map: SyncMap = serde_json::from_str(text).map_err(json_error)?;
    let language =
        map.fragments.iter().find_map(|fragment| fragment.language.clone()).filter(|tag| !tag.is_empty());
    let depth = map.fragments.iter().map(Fragment::depth).max().unwrap_or(1);
    let draft = match depth {
        1 => Draft::of_labels(labels(&map.fragments)?, level),
        2 => Draft { paragraphs: vec![sentences(&map.fragments)?], ..Draft::default() },
        _ => Draft {
            paragraphs: map
                .fragments
                .iter()
                .map(|paragraph| sentences(&paragraph.children))
                .collect::<Result<_, _>>()?,
            ..Draft::default()
        },
    };
    Ok(Draft { language, ..draft })
}

impl Fragment {
    fn depth(&self) -> usize {
        1 + self.children.iter().map(Self::depth).max().unwrap_or(0)
    }

    fn label(&self) -> Result<Label, TimelineError> {
        let seconds = |text: &str| text.parse().ok().filter(|secs: &f64| secs.is_finite() && *secs >= 0.0);
        match (seconds(&self.begin), seconds(&self.end)) {
            (Some(start_secs), Some(end_secs)) if start_secs <= end_secs => {
                Ok(Label { start_secs, end_secs, text: self.lines.join(" ") })
            }
            _ => Err(TimelineError::Import {
                format: "aeneas JSON",
                line: 1,
                problem: format!("a fragment runs from {:?} to {:?}", self.begin, self.end),
            }),
        }
    }
}

fn labels(fragments: &[Fragment]) -> Result<Vec<Label>, TimelineError> {
    let mut labels = fragments.iter().map(Fragment::label).collect::<Result<Vec<_>, _>>()?;
    // Head and tail of the recording are fragments without text.
    labels.retain(|label| !label.text.trim().is_empty());
    Ok(labels)
}

fn sentences(fragments: &[Fragment]) -> Result<Vec<DraftSentence>, TimelineError> {
    let mut sentences = Vec::new();
    for fragment in fragments {
        let words = labels(&fragment.children)?.into_iter().map(DraftWord::measured).collect();
        sentences.push(DraftSentence { label: fragment.label()?, words, translation: None });
    }
    sentences.retain(|sentence| !sentence.label.text.trim().is_empty());
    Ok(sentences)
}
