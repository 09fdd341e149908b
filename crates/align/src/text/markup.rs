//! Takes the text out of subtitles, Markdown, HTML and TEI, line by line.
//!
//! A [`Line`] is what the eye sees as one: a line of a plain text file, a block of HTML, a cue's text. An empty line
//! parts blocks. What was markup is set aside by the stretch.

use super::decode::Glyph;
use super::transcript::{Reason, SetAside};

/// A line of text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    /// Line of the file it starts on, from 1.
    pub(super) number: usize,
    pub(super) glyphs: Vec<Glyph>,
}

impl Line {
    pub(super) fn text(&self) -> String {
        self.glyphs.iter().map(|glyph| glyph.letter).collect()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.glyphs.iter().all(|glyph| glyph.letter.is_whitespace())
    }

    /// Sets the whole line aside.
    pub(super) fn set_aside(&self, reason: Reason) -> Option<SetAside> {
        set_aside(&self.glyphs, self.number, reason)
    }
}

/// Sets a run of letters aside; none where it is blank.
pub(super) fn set_aside(glyphs: &[Glyph], line: usize, reason: Reason) -> Option<SetAside> {
    let text: String = glyphs.iter().map(|glyph| glyph.letter).collect();
    let first = glyphs.iter().find(|glyph| !glyph.letter.is_whitespace())?;
    let last = glyphs.iter().rfind(|glyph| !glyph.letter.is_whitespace())?;
    Some(SetAside { text: text.trim().to_string(), line, source: first.start..last.end, reason })
}

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Markdown,
    /// HTML, TEI and other XML.
    Tagged,
    SubRip,
    WebVtt,
}

/// By what the text looks like, then by the file's name.
pub(super) fn format_of(glyphs: &[Glyph], file_name: Option<&str>) -> Format {
    let head: String = glyphs.iter().take(4096).map(|glyph| glyph.letter).collect::<String>().to_lowercase();
    let head = head.trim_start();
    let extension = file_name
        .and_then(|name| std::path::Path::new(name).extension())
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    if head.starts_with("webvtt") {
        Format::WebVtt
    } else if ["<!doctype", "<html", "<?xml", "<tei", "<body", "<head"]
        .iter()
        .any(|tag| head.starts_with(tag))
        || matches!(extension.as_str(), "html" | "htm" | "xhtml" | "xml" | "tei")
    {
        Format::Tagged
    } else if head.lines().filter(|line| !line.trim().is_empty()).take(2).any(is_cue_time) {
        Format::SubRip
    } else if matches!(extension.as_str(), "md" | "markdown") {
        Format::Markdown
    } else {
        Format::Plain
    }
}

fn is_cue_time(line: &str) -> bool {
    let mut times = line.split("-->").map(str::trim_start);
    let is_time = |text: Option<&str>| {
        text.is_some_and(|text| {
            text.starts_with(|letter: char| letter.is_ascii_digit()) && text.contains(':')
        })
    };
    is_time(times.next()) && is_time(times.next())
}

/// Lines of the text itself, and what was markup.
pub(super) fn lines_of(glyphs: &[Glyph], format: Format) -> (Vec<Line>, Vec<SetAside>) {
    let mut aside = Vec::new();
    let lines = match format {
        Format::Plain => split_lines(glyphs),
        Format::Markdown => markdown(split_lines(glyphs), &mut aside),
        Format::Tagged => tagged(glyphs, &mut aside),
        Format::SubRip | Format::WebVtt => subtitles(split_lines(glyphs), &mut aside),
    };
    (lines, aside)
}

/// Lines end at `\n`, `\r\n`, `\r`, at Unicode's separators and at a form feed.
fn split_lines(glyphs: &[Glyph]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line { number: 1, ..Line::default() };
    let mut number = 1;
    let mut before = ' ';
    for &glyph in glyphs {
        let ends = matches!(glyph.letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{c}');
        if ends && !(glyph.letter == '\n' && before == '\r') {
            number += usize::from(glyph.letter != '\u{c}');
            let next = Line { number, ..Line::default() };
            lines.push(std::mem::replace(&mut line, next));
        } else if !ends {
            line.glyphs.push(glyph);
        }
        before = glyph.letter;
    }
    lines.push(line);
    lines
}

fn subtitles(lines: Vec<Line>, aside: &mut Vec<SetAside>) -> Vec<Line> {
    let mut kept = Vec::new();
    let mut in_cue = false;
    for line in lines {
        if line.is_blank() {
            in_cue = false;
        } else if is_cue_time(&line.text()) {
            in_cue = true;
            aside.extend(line.set_aside(Reason::Markup));
        } else if in_cue {
            kept.push(without_tags(line, aside));
        } else {
            // Cue numbers and names, `WEBVTT`, notes, styles.
            aside.extend(line.set_aside(Reason::Markup));
        }
    }
    kept
}

/// Takes `<i>`, `<00:01.000>` and `{\an8}` out of a cue.
fn without_tags(mut line: Line, aside: &mut Vec<SetAside>) -> Line {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < line.glyphs.len() {
        let close = match line.glyphs[at].letter {
            '<' => Some('>'),
            '{' if line.glyphs.get(at + 1).is_some_and(|glyph| glyph.letter == '\\') => Some('}'),
            _ => None,
        };
        let end = close.and_then(|close| line.glyphs[at..].iter().position(|glyph| glyph.letter == close));
        if let Some(length) = end {
            aside.extend(set_aside(&line.glyphs[at..=at + length], line.number, Reason::Markup));
            at += length + 1;
        } else {
            kept.push(line.glyphs[at]);
            at += 1;
        }
    }
    line.glyphs = kept;
    line
}

fn markdown(lines: Vec<Line>, aside: &mut Vec<SetAside>) -> Vec<Line> {
    let mut kept = Vec::new();
    let mut fence: Option<&str> = None;
    let mut front_matter = false;
    for (index, mut line) in lines.into_iter().enumerate() {
        let text = line.text();
        let trimmed = text.trim();
        if index == 0 && trimmed == "---" || front_matter {
            front_matter = index == 0 || trimmed != "---";
            aside.extend(line.set_aside(Reason::Publication));
            continue;
        }
        let opens = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        if fence.is_some() || opens.is_some() {
            fence = match fence {
                Some(open) if opens == Some(open) => None,
                None => opens,
                open => open,
            };
            aside.extend(line.set_aside(Reason::Markup));
            continue;
        }
        let is_heading = trimmed.starts_with('#') && trimmed.trim_start_matches('#').starts_with(' ');
        let lead = text.len() - text.trim_start().len();
        let mark = match trimmed {
            heading if is_heading => heading.chars().take_while(|&letter| letter == '#').count(),
            quote if quote.starts_with("> ") => 1,
            item if ["- ", "* ", "+ "].iter().any(|mark| item.starts_with(mark)) => 1,
            _ => 0,
        };
        let skipped = text[..lead].chars().count() + mark;
        if mark > 0 {
            aside.extend(set_aside(&line.glyphs[..skipped], line.number, Reason::Markup));
            line.glyphs.drain(..skipped);
        }
        let blank = |number| Line { number, ..Line::default() };
        let breaks = is_heading || mark > 0 && !trimmed.starts_with('>');
        if breaks {
            kept.push(blank(line.number));
        }
        let number = line.number;
        kept.push(without_emphasis(line, aside));
        if is_heading {
            kept.push(blank(number));
        }
    }
    kept
}

/// Takes `*`, `_`, `` ` `` around words and the targets of links out of a line.
fn without_emphasis(mut line: Line, aside: &mut Vec<SetAside>) -> Line {
    let glyphs = std::mem::take(&mut line.glyphs);
    let letter = |at: usize| glyphs.get(at).map_or(' ', |glyph| glyph.letter);
    let words = glyphs.iter().any(|glyph| glyph.letter.is_alphanumeric());
    let mut at = 0;
    while at < glyphs.len() {
        let here = letter(at);
        let inside_word = at > 0 && letter(at - 1).is_alphanumeric() && letter(at + 1).is_alphanumeric();
        if words && (matches!(here, '*' | '`') || here == '_' && !inside_word) {
            aside.extend(set_aside(&glyphs[at..=at], line.number, Reason::Markup));
        } else if here == '[' || here == '!' && letter(at + 1) == '[' {
            let close = (at..glyphs.len()).find(|&place| letter(place) == ']' && letter(place + 1) == '(');
            let end = close.and_then(|close| (close..glyphs.len()).find(|&place| letter(place) == ')'));
            if let (Some(close), Some(end)) = (close, end) {
                if here == '[' {
                    line.glyphs.extend_from_slice(&glyphs[at + 1..close]);
                    aside.extend(set_aside(&glyphs[close..=end], line.number, Reason::Markup));
                } else {
                    aside.extend(set_aside(&glyphs[at..=end], line.number, Reason::Markup));
                }
                at = end;
            } else {
                line.glyphs.push(glyphs[at]);
            }
        } else {
            line.glyphs.push(glyphs[at]);
        }
        at += 1;
    }
    line
}

/// Elements that stand in the flow of a sentence; all others part blocks.
const INLINE: &[&str] = &[
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "cite",
    "code",
    "data",
    "dfn",
    "em",
    "font",
    "i",
    "kbd",
    "mark",
    "q",
    "rb",
    "ruby",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "time",
    "tt",
    "u",
    "var",
    "wbr",
    "hi",
    "w",
    "pc",
    "c",
    "emph",
    "foreign",
    "name",
    "persname",
    "placename",
    "ref",
    "rs",
    "seg",
    "term",
    "choice",
    "corr",
    "reg",
    "date",
    "num",
    "ins",
    "big",
    "acronym",
];

/// Elements whose text nobody speaks, and why it is set aside.
fn unspoken(element: &str) -> Option<Reason> {
    match element {
        "script" | "style" | "noscript" | "template" | "svg" | "nav" | "sic" | "orig" | "rt" => {
            Some(Reason::Markup)
        }
        "teiheader" | "footer" => Some(Reason::Publication),
        "title" => Some(Reason::Title),
        "stage" | "speaker" | "note" | "sup" => Some(Reason::Markup),
        "fw" => Some(Reason::PageNumber),
        _ => None,
    }
}

fn tagged(glyphs: &[Glyph], aside: &mut Vec<SetAside>) -> Vec<Line> {
    let letter = |at: usize| glyphs.get(at).map_or('\0', |glyph| glyph.letter);
    let starts_with = |at: usize, text: &str| {
        text.chars().enumerate().all(|(offset, wanted)| letter(at + offset) == wanted)
    };
    let find = |from: usize, text: &str| (from..glyphs.len()).find(|&at| starts_with(at, text));
    let mut lines: Vec<Line> = Vec::new();
    let mut line = Line { number: 1, ..Line::default() };
    let mut number = 1;
    // The element whose text is being set aside: its name, how deep inside it, where it began.
    let mut skipping: Option<(String, usize, usize, usize, Reason)> = None;
    let mut at = 0;
    while at < glyphs.len() {
        let here = letter(at);
        let raw =
            skipping.as_ref().is_some_and(|(element, ..)| matches!(element.as_str(), "script" | "style"));
        // Inside a script only its own end tag is a tag.
        if here == '<' && !(raw && letter(at + 1) != '/') {
            let end = if starts_with(at, "<!--") {
                find(at + 4, "-->").map(|end| end + 3)
            } else {
                find(at, ">").map(|end| end + 1)
            }
            .unwrap_or(glyphs.len());
            let tag: String = glyphs[at + 1..end].iter().map(|glyph| glyph.letter).collect();
            let closes = tag.starts_with('/');
            let empty = tag.trim_end_matches('>').ends_with('/');
            let name: String = tag
                .trim_start_matches('/')
                .chars()
                .take_while(|letter| letter.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect();
            if let Some((element, depth, from, from_line, reason)) = &mut skipping {
                if *element == name && !empty {
                    *depth = if closes { *depth - 1 } else { *depth + 1 };
                }
                if *depth == 0 {
                    aside.extend(set_aside(&glyphs[*from..at], *from_line, *reason));
                    skipping = None;
                }
            } else if let Some(reason) = unspoken(&name).filter(|_| !closes && !empty) {
                skipping = Some((name.clone(), 1, end, number, reason));
            }
            if !INLINE.contains(&name.as_str())
                && !tag.starts_with('!')
                && !matches!(name.as_str(), "sup" | "note")
            {
                let next = Line { number, ..Line::default() };
                lines.push(std::mem::replace(&mut line, next));
                if !matches!(name.as_str(), "br" | "lb" | "l") {
                    lines.push(Line { number, ..Line::default() });
                }
            }
            number += glyphs[at..end].iter().filter(|glyph| glyph.letter == '\n').count();
            at = end;
            continue;
        }
        number += usize::from(here == '\n');
        if skipping.is_some() {
            at += 1;
            continue;
        }
        let (mut glyph, next) = entity(glyphs, at);
        if glyph.letter.is_whitespace() {
            glyph.letter = ' ';
        }
        if line.is_blank() {
            line.number = number;
        }
        line.glyphs.push(glyph);
        at = next;
    }
    lines.push(line);
    lines
}

/// The letter at a place, a character reference read as one letter, and where the next one starts.
fn entity(glyphs: &[Glyph], at: usize) -> (Glyph, usize) {
    let plain = (glyphs[at], at + 1);
    if glyphs[at].letter != '&' {
        return plain;
    }
    let Some(length) = glyphs[at..].iter().take(12).position(|glyph| glyph.letter == ';') else {
        return plain;
    };
    let name: String = glyphs[at + 1..at + length].iter().map(|glyph| glyph.letter).collect();
    let number = |text: &str, radix| u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
    let letter = match name.as_str() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" | "ensp" | "emsp" | "thinsp" => Some(' '),
        "shy" => Some('\u{ad}'),
        "mdash" => Some('—'),
        "ndash" => Some('–'),
        "hellip" => Some('…'),
        "laquo" => Some('«'),
        "raquo" => Some('»'),
        "ldquo" => Some('“'),
        "rdquo" => Some('”'),
        "bdquo" => Some('„'),
        "lsquo" => Some('‘'),
        "rsquo" => Some('’'),
        name => match name.strip_prefix('#') {
            Some(code) => {
                code.strip_prefix(['x', 'X']).map_or_else(|| number(code, 10), |code| number(code, 16))
            }
            None => accented(name),
        },
    };
    match letter {
        Some(letter) => {
            (Glyph { letter, start: glyphs[at].start, end: glyphs[at + length].end }, at + length + 1)
        }
        None => plain,
    }
}

/// `eacute` and its like: a letter and the name of its accent.
fn accented(name: &str) -> Option<char> {
    let base = name.chars().next()?;
    let mark = match &name[base.len_utf8()..] {
        "acute" => '\u{301}',
        "grave" => '\u{300}',
        "circ" => '\u{302}',
        "uml" => '\u{308}',
        "tilde" => '\u{303}',
        "ring" => '\u{30a}',
        "cedil" => '\u{327}',
        "caron" => '\u{30c}',
        "zlig" => return Some('ß'),
        "Elig" | "elig" => return Some(if base == 'A' { 'Æ' } else { 'æ' }),
        "slash" => return Some(if base == 'O' { 'Ø' } else { 'ø' }),
        _ => return None,
    };
    unicode_normalization::char::compose(base, mark)
}
