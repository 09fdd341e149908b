//! The words, sentences or paragraphs of a timeline, each with its time: what label, table and annotation formats list.
//!
//! What was not spoken is left out: a word in state `absent`, a sentence all of whose words are absent.

use super::text_width::needs_space;
use super::{ExportSettings, Level, TextChoice};
use crate::{Confidence, Sentence, State, Timeline, TimelineError, Translation, Word};

/// A word, sentence or paragraph with its time.
pub(super) struct Unit<'a> {
    /// The identifier of the word or sentence; `p1`, `p2`, … for paragraphs.
    pub(super) id: String,
    pub(super) start_secs: f64,
    pub(super) end_secs: f64,
    /// What is spoken.
    pub(super) text: String,
    /// Its translation, as language and text.
    pub(super) translation: Option<(&'a str, String)>,
    /// How sure the start is.
    pub(super) confidence: Confidence,
}

/// Whether any of a sentence was spoken.
pub(super) fn is_spoken(sentence: &Sentence) -> bool {
    if sentence.words.is_empty() {
        sentence.confidence.state != State::Absent
    } else {
        spoken_words(sentence).next().is_some()
    }
}

/// The words of a sentence that were spoken.
pub(super) fn spoken_words(sentence: &Sentence) -> impl Iterator<Item = &Word> {
    sentence.words.iter().filter(|word| word.confidence.state != State::Absent)
}

/// Consecutive sentences that one translation renders together, or a single sentence.
pub(super) struct Bead<'a> {
    pub(super) sentences: Vec<&'a Sentence>,
    pub(super) translation: Option<&'a Translation>,
}

/// The spoken sentences of a paragraph, grouped by the translation they share.
pub(super) fn beads(sentences: &[Sentence]) -> Vec<Bead<'_>> {
    let mut beads: Vec<Bead<'_>> = Vec::new();
    for sentence in sentences.iter().filter(|sentence| is_spoken(sentence)) {
        let translation = sentence.translation.as_ref();
        match beads.last_mut() {
            Some(bead)
                if translation.is_some_and(|translation| !translation.shared_by.is_empty())
                    && bead.translation == translation =>
            {
                bead.sentences.push(sentence);
            }
            _ => beads.push(Bead { sentences: vec![sentence], translation }),
        }
    }
    beads
}

/// The units of a timeline at the level that the settings ask for, ascending.
///
/// Where the text is to be the translation, the units are what one translated text covers, its `text` is still what is
/// spoken, and units without a translation are left out.
pub(super) fn units<'a>(
    timeline: &'a Timeline,
    settings: &ExportSettings,
    format: &'static str,
) -> Result<Vec<Unit<'a>>, TimelineError> {
    if settings.level == Level::Word && settings.text != TextChoice::Spoken {
        return Err(TimelineError::Unsupported {
            format,
            what: "translated words, because only whole sentences are translated",
            instead: "ask for the level sentence or paragraph",
        });
    }
    let mut units: Vec<Unit<'a>> = Vec::new();
    for (number, paragraph) in (1..).zip(&timeline.paragraphs) {
        let beads = beads(&paragraph.sentences);
        match settings.level {
            Level::Word => units.extend(paragraph.sentences.iter().flat_map(spoken_words).map(|word| Unit {
                id: word.id.clone(),
                start_secs: word.start,
                end_secs: word.end,
                text: word.text.clone(),
                translation: None,
                confidence: word.confidence,
            })),
            Level::Sentence if settings.text == TextChoice::Spoken => {
                units.extend(beads.iter().flat_map(|bead| &bead.sentences).map(|sentence| {
                    let translation = sentence.translation.as_ref();
                    unit(sentence.id.clone(), &[sentence], translation.as_slice())
                }));
            }
            Level::Sentence => units.extend(beads.iter().map(|bead| {
                unit(bead.sentences[0].id.clone(), &bead.sentences, bead.translation.as_slice())
            })),
            Level::Paragraph => {
                let sentences: Vec<&Sentence> =
                    beads.iter().flat_map(|bead| bead.sentences.iter().copied()).collect();
                let translations: Vec<&Translation> =
                    beads.iter().filter_map(|bead| bead.translation).collect();
                if !sentences.is_empty() {
                    units.push(unit(paragraph_id(number), &sentences, &translations));
                }
            }
        }
    }
    units.retain(|unit| !unit.text.is_empty());
    if settings.text == TextChoice::Translation {
        units.retain(|unit| unit.translation.is_some());
    }
    units.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
    Ok(units)
}

/// The identifier of a paragraph, counted from 1: the document gives it none.
pub(super) fn paragraph_id(number: usize) -> String {
    format!("p{number}")
}

fn unit<'a>(id: String, sentences: &[&'a Sentence], translations: &[&'a Translation]) -> Unit<'a> {
    let translated = joined(translations.iter().map(|translation| translation.text.as_str()));
    Unit {
        id,
        start_secs: sentences.iter().map(|sentence| sentence.start).fold(f64::INFINITY, f64::min),
        end_secs: sentences.iter().map(|sentence| sentence.end).fold(0.0, f64::max),
        text: joined(sentences.iter().map(|sentence| sentence.text.as_str())),
        translation: translations.first().map(|first| (first.language.as_str(), translated)),
        confidence: sentences
            .first()
            .map_or(Confidence { state: State::Inferred, plus_minus_ms: None }, |first| first.confidence),
    }
}

/// Texts one after the other, with a space between where the script has spaces.
pub(super) fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut all = String::new();
    for text in texts.map(str::trim) {
        if needs_space(&all, text) {
            all.push(' ');
        }
        all.push_str(text);
    }
    all
}

impl Unit<'_> {
    /// The texts to show, one or two, each with its language.
    pub(super) fn shown<'u>(&'u self, language: &'u str, choice: TextChoice) -> Vec<(&'u str, &'u str)> {
        let spoken = (language, self.text.as_str());
        let translated = self.translation.as_ref().map(|(language, text)| (*language, text.as_str()));
        match choice {
            TextChoice::Spoken => vec![spoken],
            TextChoice::Translation => translated.into_iter().collect(),
            TextChoice::Bilingual => [spoken].into_iter().chain(translated).collect(),
        }
    }
}

/// A text on one line: every run of white space and control characters as one space.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
