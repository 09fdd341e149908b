//! Timelines read from the formats of others, so that corrections made in Praat, Audacity or a subtitle editor come back.
//!
//! Each reader turns its file into labelled stretches of time, and `assemble` makes the document of them: identifiers in
//! order, sentences cut where the format has none, containers drawn around what they hold. What a format does not hold
//! (confidence, the place in the transcript) is not invented: words that the file times are `measured` without an interval,
//! words whose time had to be shared out are `inferred`.

mod aeneas;
mod assemble;
mod audacity;
mod clock;
pub(crate) mod ctm;
mod encoding;
mod locate;
mod revise;
mod srt;
pub(crate) mod text_grid;
mod webvtt;

pub use encoding::text_of;
pub use locate::{Place, locate};
pub use revise::{Revision, revise};

use crate::export::Level;
use crate::{Timeline, TimelineError};

/// A format that timelines can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The timeline document itself.
    Json,
    /// Praat TextGrid, long or short form.
    TextGrid,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles, with or without the times of words.
    WebVtt,
    /// Words as NIST's scoring tools list them.
    Ctm,
    /// Audacity labels.
    Audacity,
    /// Fragments as aeneas writes them in JSON.
    Aeneas,
}

impl Format {
    /// All formats.
    pub const ALL: &[Self] =
        &[Self::Json, Self::TextGrid, Self::Srt, Self::WebVtt, Self::Ctm, Self::Audacity, Self::Aeneas];

    /// Its name in commands and messages, the same as of the export.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::TextGrid => "textgrid",
            Self::Srt => "srt",
            Self::WebVtt => "vtt",
            Self::Ctm => "ctm",
            Self::Audacity => "audacity",
            Self::Aeneas => "aeneas",
        }
    }

    /// The format of that name, in any case.
    ///
    /// # Errors
    /// [`TimelineError::UnknownFormat`], which lists the names.
    pub fn from_name(name: &str) -> Result<Self, TimelineError> {
        Self::ALL.iter().copied().find(|format| format.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            TimelineError::UnknownFormat {
                name: name.to_owned(),
                known: Self::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().join(", "),
            }
        })
    }

    /// The format that a text looks like, by its first words.
    pub fn detect(text: &str) -> Option<Self> {
        let head = text.trim_start_matches('\u{feff}').trim_start();
        if head.starts_with("WEBVTT") {
            Some(Self::WebVtt)
        } else if head.starts_with("File type") || head.starts_with("\"ooTextFile\"") {
            Some(Self::TextGrid)
        } else if head.starts_with('{') {
            let value: serde_json::Value = serde_json::from_str(head).ok()?;
            if value.get("tonearm_timeline").is_some() {
                Some(Self::Json)
            } else {
                value.get("fragments").map(|_| Self::Aeneas)
            }
        } else if head.lines().take(2).any(|line| line.contains("-->")) {
            Some(Self::Srt)
        } else if audacity::read(head).is_ok_and(|labels| !labels.is_empty()) {
            Some(Self::Audacity)
        } else {
            ctm::read(head).ok().filter(|words| !words.is_empty()).map(|_| Self::Ctm)
        }
    }
}

/// What the file itself does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportSettings {
    /// What a label or a cue of Audacity and of subtitles is; by default a sentence.
    pub level: Level,
    /// The language spoken; `und` where it is empty and the file names none.
    pub language: String,
    /// Path of the recording.
    pub audio_path: String,
    /// Length of the recording in seconds; where it is less than the last end, that end.
    pub duration_secs: f64,
    /// Sample rate of the recording in hertz, 0 where it is not known.
    pub sample_rate: u32,
}

/// Reads a timeline from a text in a format.
///
/// # Errors
/// [`TimelineError::Import`] with the line at fault.
pub fn import(text: &str, format: Format, settings: &ImportSettings) -> Result<Timeline, TimelineError> {
    let text = text.trim_start_matches('\u{feff}');
    let draft = match format {
        Format::Json => return Timeline::from_json(text),
        Format::TextGrid => text_grid::draft(&text_grid::read(text)?),
        Format::Srt => assemble::Draft::of_labels(srt::read(text)?, settings.level),
        Format::WebVtt => webvtt::draft(text, settings.level)?,
        Format::Ctm => assemble::Draft::of_labels(ctm::read(text)?, Level::Word),
        Format::Audacity => assemble::Draft::of_labels(audacity::read(text)?, settings.level),
        Format::Aeneas => aeneas::draft(text, settings.level)?,
    };
    let timeline = draft.into_timeline(settings);
    timeline.validate()?;
    Ok(timeline)
}

/// A labelled stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) start_secs: f64,
    pub(crate) end_secs: f64,
    pub(crate) text: String,
}
