//! The text of a file without its encoding and markup, and where each of its letters stands in the file.

use std::ops::Range;

use super::decode::{Glyph, decode};
use super::markup::{Format, format_of, lines_of};
use super::transcript::SetAside;
use super::turns::{self, Talk};
use crate::AlignError;

/// What a file says, line by line.
pub(super) struct PlainText {
    /// Lines parted by `\n`.
    pub(super) text: String,
    /// What was markup, in the order of the file.
    pub(super) set_aside: Vec<SetAside>,
    /// What is known of talk in it.
    pub(super) talk: Talk,
    /// Each letter of the text: where it begins there, and its bytes in the file.
    letters: Vec<(usize, Glyph)>,
    /// Where the lines of the file begin, in bytes.
    line_starts: Vec<usize>,
}

impl PlainText {
    /// Takes the text out of a file; `file_name` tells the format where the text does not.
    ///
    /// # Errors
    /// [`AlignError::Encoding`] where the bytes are no text.
    pub(super) fn read(bytes: &[u8], file_name: Option<&str>) -> Result<Self, AlignError> {
        let glyphs = decode(bytes)?;
        let mut line_starts = vec![0];
        line_starts.extend(glyphs.iter().filter(|glyph| glyph.letter == '\n').map(|glyph| glyph.end));
        let format = format_of(&glyphs, file_name);
        let (mut lines, mut set_aside) = lines_of(&glyphs, format);
        let talk =
            if format == Format::Plain { turns::take(&mut lines, &mut set_aside) } else { Talk::default() };
        let mut text = String::with_capacity(bytes.len());
        let mut letters = Vec::with_capacity(glyphs.len());
        for line in &lines {
            for &glyph in &line.glyphs {
                letters.push((text.len(), glyph));
                text.push(glyph.letter);
            }
            text.push('\n');
        }
        Ok(Self { text, set_aside, talk, letters, line_starts })
    }

    /// Bytes of the file that a stretch of the text stands for.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.letters.partition_point(|(at, _)| *at < range.start);
        let after = self.letters.partition_point(|(at, _)| *at < range.end);
        match (self.letters.get(first), after.checked_sub(1).and_then(|last| self.letters.get(last))) {
            (Some((_, from)), Some((_, to))) if first < after => from.start..to.end,
            (Some((_, from)), _) => from.start..from.start,
            _ => 0..0,
        }
    }

    /// Line of the file that a byte of it stands on, from 1.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Reason;

    fn read(text: &str, name: &str) -> PlainText {
        PlainText::read(text.as_bytes(), Some(name)).unwrap()
    }

    fn spoken(text: &str, name: &str) -> String {
        read(text, name).text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn plain_text_is_left_as_it_is() {
        let text = "One — two.\r\n\r\nТри * #4 <b>";
        assert_eq!(spoken(text, "a.txt"), text.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(read(text, "a.txt").set_aside.is_empty());
    }

    #[test]
    fn subtitles_keep_their_text_alone() {
        let srt = "1\n00:00:01,000 --> 00:00:02,500\n<i>Call me</i> Ishmael.\n\n2\n00:00:03,000 --> 00:00:04,000\nYes,\n5 years ago.\n";
        assert_eq!(spoken(srt, "a.srt"), "Call me Ishmael. Yes, 5 years ago.");
        let vtt =
            "WEBVTT\n\nNOTE made by hand\n\nintro\n00:01.000 --> 00:02.000\n<v Bob>Call <00:01.500>me.\n";
        assert_eq!(spoken(vtt, "a.vtt"), "Call me.");
        assert!(read(vtt, "a.vtt").set_aside.iter().all(|aside| aside.reason == Reason::Markup));
    }

    #[test]
    fn markdown_loses_its_signs() {
        let text =
            "# The *Title*\n\nSome **bold** words, a [link](https://a.b) and snake_case.\n\n- one\n- two\n";
        assert_eq!(spoken(text, "a.md"), "The Title Some bold words, a link and snake_case. one two");
    }

    #[test]
    fn html_loses_tags_scripts_and_entities() {
        let text = "<!DOCTYPE html><html><head><title>T</title><style>p{}</style></head>\n<body><p>Fish &amp; chips&nbsp;are\n\
                    g<b>oo</b>d&#33;</p><!-- no --><script>1<2</script><p>Caf&eacute;.<br>Yes</body></html>";
        let plain = read(text, "a.html");
        assert_eq!(
            plain.text.split_whitespace().collect::<Vec<_>>().join(" "),
            "Fish & chips are good! Café. Yes"
        );
        assert!(plain.text.contains("good!\n"));
        assert!(plain.set_aside.iter().any(|aside| aside.reason == Reason::Title && aside.text == "T"));
    }

    #[test]
    fn tei_speakers_and_stage_directions_are_not_spoken() {
        let text = "<?xml version=\"1.0\"?><TEI><teiHeader><p>About</p></teiHeader><text><sp><speaker>HAM.</speaker><l>To be,</l>\
                    <l>or not.</l><stage>Exit.</stage></sp></text></TEI>";
        assert_eq!(spoken(text, "a.xml"), "To be, or not.");
    }

    #[test]
    fn places_are_those_of_the_file() {
        let text = "<p>A caf&eacute;\nthere</p>";
        let plain = read(text, "a.html");
        let at = plain.text.find("café").unwrap();
        assert_eq!(&text[plain.source(&(at..at + "café".len()))], "caf&eacute;");
        let at = plain.text.find("there").unwrap();
        let there = plain.source(&(at..at + 5));
        assert_eq!((&text[there.clone()], plain.line_of(there.start)), ("there", 2));
    }
}
