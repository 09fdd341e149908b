//! The timeline's JSON, which `docs/timeline.schema.json` describes.
//!
//! Numbers survive exactly: what is written is the shortest text that reads back as the same `f64`. Fields that a reader
//! does not know are ignored, so that a later version 1.x may add some.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::{Timeline, TimelineError, VERSION};

impl Timeline {
    /// Reads a timeline and validates it.
    ///
    /// # Errors
    /// [`TimelineError`] where the text is no JSON, no timeline, of another version, or inconsistent.
    pub fn from_json(text: &str) -> Result<Self, TimelineError> {
        // Some editors put a byte order mark in front, which JSON does not allow.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        check_version(text)?;
        let timeline: Self = serde_json::from_str(text).map_err(json_error)?;
        timeline.validate()?;
        Ok(timeline)
    }

    /// The timeline's JSON, indented, with every word on a line of its own and a line break at the end.
    ///
    /// # Errors
    /// [`TimelineError`] where the timeline is inconsistent: what is written can be read.
    pub fn to_json_pretty(&self) -> Result<String, TimelineError> {
        self.validate()?;
        let mut bytes = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut bytes, WordPerLine::default());
        self.serialize(&mut serializer).map_err(json_error)?;
        bytes.push(b'\n');
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

pub(crate) fn json_error(source: serde_json::Error) -> TimelineError {
    TimelineError::Json { line: source.line(), column: source.column(), source }
}

/// Looks at the version before anything else, so that a later document is refused for its version and not for a field.
fn check_version(text: &str) -> Result<(), TimelineError> {
    #[derive(serde::Deserialize)]
    struct Head {
        tonearm_timeline: Option<serde_json::Value>,
    }
    let value: serde_json::Value = serde_json::from_str(text).map_err(json_error)?;
    let head = serde_json::from_value::<Head>(value).map_err(|_| TimelineError::NotATimeline)?;
    match head.tonearm_timeline.as_ref().and_then(serde_json::Value::as_u64) {
        None => Err(TimelineError::NotATimeline),
        Some(version) if version == u64::from(VERSION) => Ok(()),
        Some(actual) => Err(TimelineError::Version { expected: VERSION, actual }),
    }
}

/// Breaks lines down to the level of words and keeps what lies deeper on one line: the document of a side stays a few
/// hundred lines that a person can read and a version control system can compare.
#[derive(Default)]
struct WordPerLine {
    depth: usize,
    pretty: PrettyFormatter<'static>,
}

impl WordPerLine {
    /// Depths: 1 document, 2 its parts and lists, 3 paragraph, 4 sentences, 5 sentence, 6 its parts and words, 7 word.
    const WORDS: usize = 6;

    fn array_breaks(&self) -> bool {
        self.depth <= Self::WORDS
    }

    fn object_breaks(&self) -> bool {
        self.depth < Self::WORDS && self.depth % 2 == 1
    }
}

impl Formatter for WordPerLine {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        if self.array_breaks() { self.pretty.begin_array(writer) } else { writer.write_all(b"[") }
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let breaks = self.array_breaks();
        self.depth -= 1;
        if breaks { self.pretty.end_array(writer) } else { writer.write_all(b"]") }
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.array_breaks() {
            self.pretty.begin_array_value(writer, first)
        } else {
            writer.write_all(if first { b"" } else { b", " })
        }
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.array_breaks() { self.pretty.end_array_value(writer) } else { Ok(()) }
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        if self.object_breaks() { self.pretty.begin_object(writer) } else { writer.write_all(b"{") }
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let breaks = self.object_breaks();
        self.depth -= 1;
        if breaks { self.pretty.end_object(writer) } else { writer.write_all(b"}") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.object_breaks() {
            self.pretty.begin_object_key(writer, first)
        } else {
            writer.write_all(if first { b"" } else { b", " })
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.object_breaks() { self.pretty.end_object_value(writer) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let mut timeline = small();
        // A value whose shortest decimal needs all 17 digits, which a sloppy parser gets wrong in the last place.
        timeline.paragraphs[0].sentences[0].words[0].end = 0.763_112_345_678_901_2;
        let text = timeline.to_json_pretty().unwrap();
        assert_eq!(Timeline::from_json(&text).unwrap(), timeline);
        assert_eq!(text.matches("\n            {\"id\": \"w").count(), timeline.words().count(), "{text}");
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let text = format!("\u{feff}{}", small().to_json_pretty().unwrap());
        assert_eq!(Timeline::from_json(&text).unwrap(), small());
    }

    #[test]
    fn a_later_version_is_refused_for_its_version() {
        let error = Timeline::from_json(r#"{"tonearm_timeline": 2, "tracks": []}"#).unwrap_err();
        assert_eq!(error.to_string(), "the timeline is of version 2, and this tonearm reads version 1");
    }

    #[test]
    fn other_json_is_no_timeline() {
        for text in ["{}", "[]", "3", r#"{"tonearm_timeline": "1"}"#, r#"{"fragments": []}"#] {
            assert!(matches!(Timeline::from_json(text), Err(TimelineError::NotATimeline)), "{text}");
        }
        assert!(matches!(Timeline::from_json("{"), Err(TimelineError::Json { line: 1, .. })));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let text = small().to_json_pretty().unwrap().replacen("{", r#"{"made_by": "a later tonearm","#, 1);
        assert_eq!(Timeline::from_json(&text).unwrap(), small());
    }
}
