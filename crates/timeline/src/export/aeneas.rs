//! Fragments as aeneas writes them in JSON (`.aeneas.json`).
//!
//! A. Pettarin, *aeneas* documentation, "Output file formats: JSON": a list `fragments` of `begin` and `end` in seconds with three
//! decimals, as strings, `id`, `language`, `lines`, `children`. Sentences or paragraphs make a flat list, `f000001` on; with
//! `--level word` the list is the tree of aeneas' multilevel (`mplain`) jobs: paragraphs hold sentences, which hold words. Languages
//! are BCP 47 tags.

use serde::Serialize;

use super::clock::millis;
use super::units::{is_spoken, one_line, spoken_words, units};
use super::{ExportSettings, Exported, Level, TextChoice, json_text};
use crate::{Timeline, TimelineError};

#[derive(Serialize)]
struct SyncMap<'a> {
    fragments: Vec<Fragment<'a>>,
}

/// In the order of the alphabet, as aeneas sorts its keys.
#[derive(Serialize)]
struct Fragment<'a> {
    begin: String,
    children: Vec<Fragment<'a>>,
    end: String,
    id: String,
    language: &'a str,
    lines: Vec<String>,
}

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let fragments = match settings.level {
        // Asked for even where it is a tree that follows: it refuses translated words.
        Level::Word => units(timeline, settings, "aeneas JSON").map(|_| tree(timeline))?,
        _ => (1..)
            .zip(units(timeline, settings, "aeneas JSON")?)
            .map(|(number, unit)| {
                let language = match (settings.text, &unit.translation) {
                    (TextChoice::Translation, Some((language, _))) => language,
                    _ => timeline.language.as_str(),
                };
                let lines =
                    unit.shown(language, settings.text).iter().map(|(_, text)| one_line(text)).collect();
                Fragment::new((unit.start_secs, unit.end_secs), format!("f{number:06}"), language, lines)
            })
            .collect(),
    };
    json_text(&SyncMap { fragments })
}

fn tree(timeline: &Timeline) -> Vec<Fragment<'_>> {
    let language = timeline.language.as_str();
    let paragraphs = timeline.paragraphs.iter().filter(|paragraph| paragraph.sentences.iter().any(is_spoken));
    let fragment = |start: f64, end: f64, id: String, text: &str| {
        Fragment::new((start, end), id, language, vec![one_line(text)])
    };
    (1..)
        .zip(paragraphs)
        .map(|(number, paragraph)| {
            let id = format!("p{number:06}");
            let sentences: Vec<_> = (1..)
                .zip(
                    paragraph
                        .sentences
                        .iter()
                        .filter(|sentence| is_spoken(sentence) && !sentence.text.is_empty()),
                )
                .map(|(number, sentence)| {
                    let id = format!("{id}s{number:06}");
                    let words = (1..).zip(spoken_words(sentence)).map(|(number, word)| {
                        fragment(word.start, word.end, format!("{id}w{number:06}"), &word.text)
                    });
                    let children = words.collect();
                    Fragment {
                        children,
                        ..fragment(sentence.start, sentence.end, id.clone(), &sentence.text)
                    }
                })
                .collect();
            let lines = sentences.iter().flat_map(|sentence| sentence.lines.clone()).collect();
            Fragment {
                children: sentences,
                ..Fragment::new((paragraph.start, paragraph.end), id, language, lines)
            }
        })
        .collect()
}

impl<'a> Fragment<'a> {
    fn new((start_secs, end_secs): (f64, f64), id: String, language: &'a str, lines: Vec<String>) -> Self {
        let secs = |instant: f64| format!("{}.{:03}", millis(instant) / 1000, millis(instant) % 1000);
        Self { begin: secs(start_secs), children: Vec::new(), end: secs(end_secs), id, language, lines }
    }
}
