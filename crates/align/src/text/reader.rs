//! Reading a transcript: which lines are spoken, and what the others are.
//!
//! A scan's text carries a title page, publication details, page numbers (often misread) and hard line breaks. The reader
//! looks at lines, not at words of one book: what stands before the body is set aside as a block when it shows the marks of a title page;
//! a short line without a letter case of its own that tears a sentence apart is a page number. Nothing is thrown away: every line
//! that is not spoken is in [`Transcript::set_aside`] with its reason.
//!
//! **Known failures.** A body that begins with a line such as `Source: …` loses that line; a title page without any
//! publication detail is told from the body by its lack of sentence ends alone.

use std::ops::Range;

use super::plain::PlainText;
use super::sentences::sentences;
use super::{Paragraph, Reason, SetAside, Transcript, Word};
use crate::AlignError;

/// Labels that begin a publication detail.
const PUBLICATION_LABELS: [&str; 18] = [
    "recorded",
    "first published",
    "published",
    "source",
    "translated",
    "translation",
    "transcription",
    "transcribed",
    "copyleft",
    "copyright",
    "html markup",
    "isbn",
    "printed",
    "publisher",
    "proofread",
    "запись",
    "источник",
    "перевод",
];
/// A line with more characters than this is no page number, even misread.
const LONGEST_PAGE_NUMBER: usize = 4;
/// A line of a title page is short.
const LONGEST_TITLE_LINE: usize = 60;

/// A line of the file.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    start: usize,
    number: usize,
    begins_turn: bool,
}

impl Line<'_> {
    fn source(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Reads a transcript. `file_name` tells its format by its ending; plain text where it does not.
///
/// # Errors
/// [`AlignError::Encoding`] where the bytes are no text, [`AlignError::EmptyTranscript`] where no word is left.
pub fn read_transcript(bytes: &[u8], file_name: Option<&str>) -> Result<Transcript, AlignError> {
    let plain = PlainText::read(bytes, file_name)?;
    let text = plain.text.as_str();
    let mut lines = lines(text);
    for turn in &plain.talk.turns {
        lines[*turn].begins_turn = true;
    }
    let is_talk = plain.talk.is_talk;
    let mut set_aside = Vec::new();
    let body_start = front_matter(&lines, &mut set_aside);
    let mut paragraphs = Vec::new();
    let mut open: Vec<Line> = Vec::new();
    let body = &lines[body_start..];
    for (index, line) in body.iter().enumerate() {
        if line.begins_turn {
            close(&mut open, is_talk, &mut paragraphs, &mut set_aside);
        }
        if line.is_blank() {
            if !continues(&open, &body[index..]) {
                close(&mut open, is_talk, &mut paragraphs, &mut set_aside);
            }
        } else if let Some(reason) =
            furniture(line.text).filter(|reason| !is_talk || *reason == Reason::Ornament)
        {
            // Talk has short lines (`mm`) and no pages.
            set_aside.push(aside(line, reason));
            // A page ends inside a sentence or with one; only the latter may end a paragraph.
            if reason != Reason::PageNumber || open.last().is_some_and(|line| ends_sentence(line.text)) {
                close(&mut open, is_talk, &mut paragraphs, &mut set_aside);
            }
        } else {
            open.push(*line);
        }
    }
    close(&mut open, is_talk, &mut paragraphs, &mut set_aside);
    // In talk the same is said twice.
    let heading =
        if is_talk { None } else { take_repeated_heading(&mut paragraphs, &mut set_aside, text, &lines) };
    for word in paragraphs.iter_mut().flat_map(|p| &mut p.sentences).flat_map(|s| &mut s.words) {
        word.source = plain.source(&word.source);
    }
    for aside in &mut set_aside {
        aside.source = plain.source(&aside.source);
        aside.line = plain.line_of(aside.source.start);
    }
    set_aside.extend(plain.set_aside);
    set_aside.sort_by_key(|aside: &SetAside| aside.source.start);
    let transcript = Transcript { paragraphs, set_aside, heading };
    if transcript.words().next().is_none() { Err(AlignError::EmptyTranscript) } else { Ok(transcript) }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let line = raw.trim_end_matches(['\n', '\r']);
        lines.push(Line { text: line, start, number: index + 1, begins_turn: false });
        start += raw.len();
    }
    lines
}

fn aside(line: &Line, reason: Reason) -> SetAside {
    SetAside { text: line.text.to_owned(), line: line.number, source: line.source(), reason }
}

/// Sets the title page and publication details aside; returns the first line of the body.
///
/// Blocks are runs of lines without a blank one. The last block that holds a publication detail ends the front matter; all
/// before it belongs to it. Without any such block the body begins at once.
fn front_matter(lines: &[Line], set_aside: &mut Vec<SetAside>) -> usize {
    let mut last_publication = None;
    let mut index = 0;
    while index < lines.len() {
        let end = (index..lines.len()).find(|i| lines[*i].is_blank()).unwrap_or(lines.len());
        let block = &lines[index..end];
        if block.iter().any(|line| is_publication(line.text)) {
            // A detail may run on over blank lines up to the next full stop; the text ends sentences, details do too.
            last_publication = Some(end);
        } else if let Some(from) = last_publication
            && index > from
            && is_continuation(lines, from, block)
        {
            last_publication = Some(end);
        } else if last_publication.is_some() || looks_like_prose(block) {
            break;
        }
        index = end.max(index) + 1;
    }
    let Some(end) = last_publication else { return 0 };
    let mut in_publication = false;
    for line in &lines[..end] {
        if line.is_blank() {
            continue;
        }
        in_publication |= is_publication(line.text);
        let reason = if is_ornament(line.text) {
            Reason::Ornament
        } else if in_publication {
            Reason::Publication
        } else {
            Reason::Title
        };
        set_aside.push(aside(line, reason));
    }
    end
}

/// A block that goes on where a publication detail was torn: it begins small, or the line before ended without a stop.
fn is_continuation(lines: &[Line], from: usize, block: &[Line]) -> bool {
    let before = lines[..from].iter().rev().find(|line| !line.is_blank());
    let torn = before.is_some_and(|line| !ends_sentence(line.text));
    let begins_small =
        block.first().is_some_and(|line| line.text.trim_start().starts_with(char::is_lowercase));
    // "by Tsentropechat …": a detail torn across a page goes on in small letters.
    torn && begins_small
}

fn is_publication(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    PUBLICATION_LABELS.iter().any(|label| {
        lower.strip_prefix(label).is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.starts_with(':') || (rest.starts_with('/') && rest.contains(':'))
        })
    })
}

/// Long lines, or a sentence that ends.
fn looks_like_prose(block: &[Line]) -> bool {
    let long = block.iter().any(|line| line.text.trim().chars().count() > LONGEST_TITLE_LINE);
    let words: usize = block.iter().map(|line| line.text.split_whitespace().count()).sum();
    long || (words > 12 && block.iter().any(|line| ends_sentence(line.text)))
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end().trim_end_matches(['"', '”', '»', ')', '’']).ends_with(['.', '!', '?', '…'])
}

fn is_ornament(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.chars().any(char::is_alphanumeric)
}

/// What a line of the body is where it is not spoken.
fn furniture(text: &str) -> Option<Reason> {
    let trimmed = text.trim();
    if is_ornament(trimmed) {
        return Some(Reason::Ornament);
    }
    is_page_number(trimmed).then_some(Reason::PageNumber)
}

/// Digits alone, roman numerals, or a few characters that are neither a word nor the end of one: `Yy`, `A4`.
fn is_page_number(text: &str) -> bool {
    let bare = text.trim_matches(['-', '–', '—', '[', ']', '(', ')', ' ', '.']);
    let count = bare.chars().count();
    if count == 0 || count > LONGEST_PAGE_NUMBER || bare.contains(char::is_whitespace) || ends_sentence(text)
    {
        return false;
    }
    let digits = bare.chars().any(|c| c.is_numeric());
    let roman = bare.chars().all(|c| "ivxlcIVXLC".contains(c)) && bare != "I";
    // A word has a vowel in most scripts; a misread number of two signs has none, or mixes cases.
    let vowels = "aeiouаеёиоуыэюяαεηιουω";
    let unspeakable = bare.is_ascii() && !bare.to_lowercase().chars().any(|c| vowels.contains(c));
    digits || roman || (unspeakable && count <= 3 && bare.chars().all(char::is_alphabetic))
}

/// Whether a sentence is torn: the open lines end without a stop and the next spoken line goes on in small letters.
fn continues(open: &[Line], ahead: &[Line]) -> bool {
    let Some(last) = open.last() else { return false };
    if ends_sentence(last.text) {
        return false;
    }
    ahead
        .iter()
        .find(|line| !line.is_blank() && furniture(line.text).is_none())
        .is_some_and(|line| line.text.trim_start().starts_with(char::is_lowercase))
}

/// Makes a paragraph of the open lines. The lines of what is set aside are counted later, in the file.
fn close(
    open: &mut Vec<Line>,
    is_talk: bool,
    paragraphs: &mut Vec<Paragraph>,
    set_aside: &mut Vec<SetAside>,
) {
    let lines: Vec<(&str, usize)> = open.drain(..).map(|line| (line.text, line.start)).collect();
    let (sentences, marks) = sentences(&lines, is_talk);
    let aside =
        |mark: Word| SetAside { text: mark.text, line: 0, source: mark.source, reason: Reason::Sound };
    set_aside.extend(marks.into_iter().map(aside));
    if !sentences.is_empty() {
        paragraphs.push(Paragraph { sentences });
    }
}

/// A one-sentence paragraph that the text itself begins with again is the record's label, which few readers read aloud.
fn take_repeated_heading(
    paragraphs: &mut Vec<Paragraph>,
    set_aside: &mut Vec<SetAside>,
    text: &str,
    lines: &[Line],
) -> Option<Paragraph> {
    let [first, second, ..] = paragraphs.as_slice() else { return None };
    let [heading] = first.sentences.as_slice() else { return None };
    if heading.text != second.sentences[0].text {
        return None;
    }
    let (from, to) = (heading.words.first()?, heading.words.last()?);
    let source = from.source.start..to.source.end;
    let line = lines.iter().find(|line| line.source().contains(&source.start)).map_or(1, |line| line.number);
    set_aside.push(SetAside { text: text[source.clone()].to_owned(), line, source, reason: Reason::Heading });
    Some(paragraphs.remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: &str = include_str!("../../../../testdata/soviet-power.en.txt");

    fn aside_lines(transcript: &Transcript) -> Vec<(usize, Reason, &str)> {
        transcript.set_aside.iter().map(|a| (a.line, a.reason, a.text.trim())).collect()
    }

    #[test]
    fn the_scan_is_read_from_its_first_sentence_to_its_last() {
        let transcript = read_transcript(SCAN.as_bytes(), Some("soviet-power.en.txt")).unwrap();
        let sentences: Vec<&str> = transcript.sentences().map(|s| s.text.as_str()).collect();
        assert_eq!(sentences[0], "What is Soviet power?");
        assert!(sentences[sentences.len() - 1].ends_with("that is why it is invincible."));
        assert!(sentences.iter().any(|s| s.contains("the country Is being governed by the classes")));
        assert!(sentences.iter().any(|s| s.ends_with("the aftermath of predatory capitalism.")));
        assert!(
            sentences
                .iter()
                .any(|s| s.ends_with("nine-tenths of which consist of capitalists, or rich men."))
        );
        assert_eq!((transcript.paragraphs.len(), sentences.len(), transcript.words().count()), (4, 13, 394));
        for word in transcript.words() {
            assert_eq!(&SCAN[word.source.clone()], word.text);
        }
    }

    #[test]
    fn every_line_of_the_scan_is_spoken_or_set_aside() {
        let transcript = read_transcript(SCAN.as_bytes(), None).unwrap();
        let aside = aside_lines(&transcript);
        assert_eq!(aside[0], (1, Reason::Title, "SPEECHES ON GRAMOPHONE"));
        assert!(aside.contains(&(6, Reason::Ornament, "*")));
        assert!(aside.iter().any(|a| a.1 == Reason::PageNumber && a.2 == "Yy"));
        assert!(aside.iter().any(|a| a.1 == Reason::PageNumber && a.2 == "A4"));
        let kept: usize = transcript.words().map(|w| w.text.split_whitespace().count()).sum();
        let set_aside: usize = transcript.set_aside.iter().map(|a| a.text.split_whitespace().count()).sum();
        assert_eq!(kept + set_aside, SCAN.split_whitespace().count());
    }

    #[test]
    fn plain_text_loses_nothing() {
        let text = "Mr. Smith paid 3.50 on 5 May. I saw him.\n\nOld MacDonald had a farm.";
        let transcript = read_transcript(text.as_bytes(), None).unwrap();
        assert_eq!(transcript.set_aside, []);
        assert_eq!(transcript.words().count(), text.split_whitespace().count());
        assert_eq!(transcript.sentences().count(), 3);
    }

    #[test]
    fn a_label_repeated_by_the_text_is_set_aside() {
        let text = "Что такое власть?\n\nЧто такое власть? В чём её сущность?";
        let transcript = read_transcript(text.as_bytes(), None).unwrap();
        assert_eq!(transcript.sentences().count(), 2);
        assert_eq!(aside_lines(&transcript), [(1, Reason::Heading, "Что такое власть?")]);
        let read = transcript.with_heading().unwrap();
        assert_eq!((read.sentences().count(), read.set_aside.len()), (3, 0));
        assert_eq!(read.words().next().unwrap().source, 0.."Что".len());
        assert_eq!(read.with_heading(), None);
    }

    #[test]
    fn old_encodings_and_markup_keep_their_places() {
        let (bytes, _, _) =
            encoding_rs::WINDOWS_1251.encode("Что такое власть?\r\n\r\nВ чём её сущность?\r\n");
        let transcript = read_transcript(&bytes, Some("a.txt")).unwrap();
        let last = transcript.words().last().unwrap();
        assert_eq!((last.text.as_str(), last.source.clone()), ("сущность?", 30..39));
        let srt = "1\n00:00:01,000 --> 00:00:02,000\nOne was\n\n2\n00:00:03,000 --> 00:00:04,000\nenough.\n";
        let transcript = read_transcript(srt.as_bytes(), Some("a.srt")).unwrap();
        assert_eq!(transcript.sentences().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["One was enough."]);
        assert_eq!(transcript.set_aside.iter().map(|a| a.line).collect::<Vec<_>>(), [1, 2, 5, 6]);
    }

    #[test]
    fn sounds_are_set_aside_in_their_line() {
        let text = "We won\n(prolonged\napplause) again. [Laughter]";
        let transcript = read_transcript(text.as_bytes(), None).unwrap();
        assert_eq!(transcript.sentences().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["We won again."]);
        let aside = aside_lines(&transcript);
        assert_eq!(aside, [(2, Reason::Sound, "(prolonged applause)"), (3, Reason::Sound, "[Laughter]")]);
    }

    #[test]
    fn nothing_to_say_is_an_error() {
        for text in ["", "  \n\n", "— … ***\n", "12\n\n13\n"] {
            assert!(
                matches!(read_transcript(text.as_bytes(), None), Err(AlignError::EmptyTranscript)),
                "{text:?}"
            );
        }
        assert!(matches!(read_transcript(&[0x41, 0xff, 0xfe], None), Err(AlignError::Encoding { byte: 1 })));
    }
}
