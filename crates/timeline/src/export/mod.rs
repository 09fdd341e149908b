//! Timelines written in the formats of others, one file a format. `docs/formats.md` says what each holds.
//!
//! ```text
//! Timeline --+--> units: words, sentences or paragraphs with their times ------> labels, tables, JSON, annotations
//!            +--> passages --> cues: text cut and broken into lines to be read --> subtitles, karaoke, lyrics
//!            +--> tiers: intervals that do not overlap --------------------------> TextGrid, ELAN
//! ```

mod aeneas;
mod anchors;
mod ass;
mod audacity;
mod clock;
mod ctm;
mod cues;
mod delimited;
mod elan;
mod epub;
mod gentle;
mod lrc;
mod marks;
mod passages;
mod rttm;
mod smil;
mod srt;
mod text_grid;
mod text_width;
mod tiers;
mod ttml;
mod units;
mod web_annotation;
mod webvtt;
mod whisperx;
mod written_words;
mod xml;

use std::sync::Arc;

pub use cues::CueLayout;
pub use marks::{Mark, marks};

use crate::{Timeline, TimelineError};

/// What a timeline is written from: a plain function of the timeline and the settings.
type Writer = fn(&Timeline, &ExportSettings) -> Result<Exported, TimelineError>;

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $extension:literal, $writer:expr;)*) => {
        /// A format that timelines can be written in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[$doc])* $variant,)*
        }

        impl Format {
            /// All formats.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in commands and messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How its files end, without the dot. No two formats end the same way, so that all can be written side by
            /// side; some endings therefore have two parts, such as `gentle.json`.
            pub fn extension(self) -> &'static str {
                match self {
                    $(Self::$variant => $extension,)*
                }
            }

            fn writer(self) -> Writer {
                match self {
                    $(Self::$variant => $writer,)*
                }
            }
        }
    };
}

formats! {
    /// The timeline document itself.
    Json, "json", "json", |timeline, _| timeline.to_json_pretty().map(Exported::Text);
    /// SubRip subtitles.
    Srt, "srt", "srt", srt::write;
    /// WebVTT subtitles; each word carries its time.
    WebVtt, "vtt", "vtt", webvtt::write;
    /// TTML subtitles in the profile IMSC 1.1 Text.
    Ttml, "ttml", "ttml", ttml::write;
    /// Advanced SubStation Alpha subtitles with karaoke.
    Ass, "ass", "ass", ass::write;
    /// Praat TextGrid, long form.
    TextGrid, "textgrid", "TextGrid", text_grid::write_long;
    /// Praat TextGrid, short form.
    TextGridShort, "textgrid-short", "short.TextGrid", text_grid::write_short;
    /// Audacity labels.
    Audacity, "audacity", "labels.txt", audacity::write;
    /// Lyrics with the time of each line.
    Lrc, "lrc", "lrc", lrc::write_lines;
    /// Lyrics with the time of each word.
    LrcEnhanced, "lrc-enhanced", "enhanced.lrc", lrc::write_words;
    /// Words as NIST's scoring tools list them.
    Ctm, "ctm", "ctm", ctm::write;
    /// Who speaks when, as NIST's scoring tools list it.
    Rttm, "rttm", "rttm", rttm::write;
    /// ELAN annotations.
    Elan, "elan", "eaf", elan::write;
    /// An e-book that is read aloud: EPUB 3 with a media overlay. It holds the recording.
    Epub, "epub", "epub", epub::write;
    /// Fragments as aeneas writes them.
    Aeneas, "aeneas", "aeneas.json", aeneas::write;
    /// Words as Gentle writes them.
    Gentle, "gentle", "gentle.json", gentle::write;
    /// Segments and words as WhisperX writes them.
    WhisperX, "whisperx", "whisperx.json", whisperx::write;
    /// W3C Web Annotations of the recording.
    WebAnnotation, "web-annotation", "annotations.json", web_annotation::write;
    /// When each sentence starts, as the aligner takes it for given.
    Anchors, "anchors", "anchors.txt", anchors::write;
    /// A table with commas.
    Csv, "csv", "csv", delimited::write_csv;
    /// A table with tabs.
    Tsv, "tsv", "tsv", delimited::write_tsv;
}

impl Format {
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
}

/// What becomes one label, cue, row or annotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// Each word by itself.
    Word,
    /// Each sentence; in subtitles, as many cues as it takes, none of which holds words of two sentences.
    #[default]
    Sentence,
    /// Each paragraph; in subtitles, cues may run from one sentence into the next.
    Paragraph,
}

impl Level {
    /// All levels.
    pub const ALL: &[Self] = &[Self::Word, Self::Sentence, Self::Paragraph];

    /// Its name in commands and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Sentence => "sentence",
            Self::Paragraph => "paragraph",
        }
    }
}

/// Which text is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextChoice {
    /// What is spoken.
    #[default]
    Spoken,
    /// Its translation alone.
    Translation,
    /// What is spoken, and its translation below it.
    Bilingual,
}

/// How a timeline is written. What a format has no use for, it passes over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportSettings {
    /// What becomes one label, cue or row; by default the sentence.
    pub level: Level,
    /// Which text is shown; by default what is spoken.
    pub text: TextChoice,
    /// How subtitles are cut, broken into lines and held on the screen.
    pub layout: CueLayout,
    /// The title, for formats that name one; by default the recording's file name.
    pub title: Option<String>,
    /// The recording, for formats that hold it.
    pub audio: Option<AudioResource>,
}

/// A recording as a file inside another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioResource {
    /// Its media type, such as `audio/mpeg`.
    pub media_type: &'static str,
    /// How its file's name ends, without the dot.
    pub extension: &'static str,
    /// The file.
    pub bytes: Arc<[u8]>,
}

/// A timeline in another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    /// A text file, in UTF-8 with line feeds.
    Text(String),
    /// A binary file.
    Binary(Vec<u8>),
}

impl Exported {
    /// What belongs in the file.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }
}

/// Writes a timeline in a format.
///
/// # Errors
/// [`TimelineError`] where the timeline is unsound, where a translation is asked for and there is none, or where the
/// format cannot hold what the settings ask for.
pub fn export(
    timeline: &Timeline,
    format: Format,
    settings: &ExportSettings,
) -> Result<Exported, TimelineError> {
    timeline.validate()?;
    if settings.text != TextChoice::Spoken && !timeline.sentences().any(|s| s.translation.is_some()) {
        return Err(TimelineError::NoTranslation);
    }
    format.writer()(timeline, settings)
}

/// A value as indented JSON with a line break at its end.
fn json_text(value: &impl serde::Serialize) -> Result<Exported, TimelineError> {
    let mut text = serde_json::to_string_pretty(value).map_err(crate::json::json_error)?;
    text.push('\n');
    Ok(Exported::Text(text))
}

/// The recording's file name without its folders.
fn audio_name(timeline: &Timeline) -> &str {
    timeline.audio.path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// The recording's file name without its folders and its ending.
fn audio_stem(timeline: &Timeline) -> &str {
    let name = audio_name(timeline);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

fn title<'a>(timeline: &'a Timeline, settings: &'a ExportSettings) -> &'a str {
    settings.title.as_deref().unwrap_or_else(|| audio_stem(timeline))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::document::fixture::small;

    #[test]
    fn names_and_endings_are_unique_and_lead_back() {
        let names: HashSet<_> = Format::ALL.iter().map(|format| format.name()).collect();
        let endings: HashSet<_> = Format::ALL.iter().map(|format| format.extension()).collect();
        assert_eq!((names.len(), endings.len()), (Format::ALL.len(), Format::ALL.len()));
        for &format in Format::ALL {
            assert_eq!(Format::from_name(&format.name().to_uppercase()).unwrap(), format);
        }
        let error = Format::from_name("docx").unwrap_err().to_string();
        assert!(error.starts_with("there is no format \"docx\"; known are json, srt, "), "{error}");
    }

    #[test]
    fn a_translation_that_is_not_there_is_an_error() {
        let mut timeline = small();
        for sentence in &mut timeline.paragraphs[0].sentences {
            sentence.translation = None;
        }
        let settings = ExportSettings { text: TextChoice::Bilingual, ..Default::default() };
        assert!(matches!(export(&timeline, Format::Srt, &settings), Err(TimelineError::NoTranslation)));
    }

    #[test]
    fn the_stem_is_the_bare_name() {
        let mut timeline = small();
        for (path, stem) in [("a/b/side.1.flac", "side.1"), ("C:\\x\\y.wav", "y"), (".wav", ".wav"), ("", "")]
        {
            timeline.audio.path = path.to_owned();
            assert_eq!(audio_stem(&timeline), stem);
        }
    }
}
