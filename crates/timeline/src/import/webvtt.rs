//! WebVTT subtitles. A cue with timestamps in its text is a sentence whose words have times: a word starts at the
//! timestamp before it and ends at the next. Words between two timestamps share their time out, and count as `inferred`
//! but for the first.
//!
//! W3C, *WebVTT: The Web Video Text Tracks Format* (2019), sections 6.1 (files) and 6.4 (cue text).

use super::assemble::{Draft, DraftSentence, DraftWord};
use super::{Label, clock};
use crate::export::Level;
use crate::{State, TimelineError};

pub(super) fn draft(text: &str, level: Level) -> Result<Draft, TimelineError> {
    let cues = read(text)?;
    if level != Level::Sentence {
        return Ok(Draft::of_labels(cues.into_iter().map(|cue| cue.label).collect(), level));
    }
    let sentences = cues
        .into_iter()
        .map(|cue| DraftSentence { label: cue.label, words: cue.words, translation: None })
        .collect();
    Ok(Draft { paragraphs: vec![sentences], ..Draft::default() })
}

struct Cue {
    label: Label,
    words: Vec<DraftWord>,
}

fn read(text: &str) -> Result<Vec<Cue>, TimelineError> {
    let fault = |line: usize, problem: String| TimelineError::Import { format: "WebVTT", line, problem };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    if !lines
        .first()
        .is_some_and(|line| *line == "WEBVTT" || line.starts_with("WEBVTT ") || line.starts_with("WEBVTT\t"))
    {
        return Err(fault(1, "the file does not begin with WEBVTT".to_owned()));
    }
    let mut cues = Vec::new();
    let mut index = 1;
    while index < lines.len() {
        let block_end =
            lines[index..].iter().position(|line| line.is_empty()).map_or(lines.len(), |gap| index + gap);
        let block = &lines[index..block_end];
        let timing = block.iter().take(2).position(|line| line.contains("-->"));
        let is_other = block.first().is_some_and(|line| {
            ["NOTE", "STYLE", "REGION"]
                .iter()
                .any(|word| *line == *word || line.starts_with(&format!("{word} ")))
        });
        if let Some(row) = timing.filter(|_| !is_other) {
            let number = index + row + 1;
            let (start, end) = block[row].split_once("-->").unwrap_or_default();
            let instant = |text: &str| clock::seconds(text.split_whitespace().next()?);
            let (Some(start_secs), Some(end_secs)) = (instant(start), instant(end)) else {
                return Err(fault(number, format!("{:?} is no pair of times", block[row])));
            };
            if end_secs < start_secs {
                return Err(fault(
                    number,
                    format!("the cue ends at {end_secs} s, before its start at {start_secs} s"),
                ));
            }
            cues.extend(cue(&block[row + 1..].join("\n"), start_secs, end_secs));
        }
        index = block_end + 1;
    }
    Ok(cues)
}

/// A cue, or none where it has no text.
fn cue(markup: &str, start_secs: f64, end_secs: f64) -> Option<Cue> {
    // Stretches of text, each with the timestamp before it.
    let mut stretches: Vec<(f64, String)> = vec![(start_secs, String::new())];
    let mut rest = markup;
    let push = |text: &str, stretches: &mut Vec<(f64, String)>| {
        if let Some(last) = stretches.last_mut() {
            last.1.push_str(&unescaped(text));
        }
    };
    while let Some(open) = rest.find('<') {
        push(&rest[..open], &mut stretches);
        let tag_end = rest[open..].find('>').map_or(rest.len(), |close| open + close);
        if let Some(instant) = clock::seconds(&rest[open + 1..tag_end]) {
            stretches.push((instant.clamp(start_secs, end_secs), String::new()));
        }
        rest = rest.get(tag_end + 1..).unwrap_or_default();
    }
    push(rest, &mut stretches);
    let text: String = stretches.iter().map(|(_, text)| text.as_str()).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return None;
    }
    let mut words = Vec::new();
    if stretches.len() > 1 {
        let mut from = start_secs;
        for (index, (instant, text)) in stretches.iter().enumerate() {
            from = instant.max(from);
            let until = stretches.get(index + 1).map_or(end_secs, |(next, _)| next.max(from));
            words.extend(share_out(text, from, until));
        }
    }
    Some(Cue { label: Label { start_secs, end_secs, text }, words })
}

fn share_out(text: &str, from: f64, until: f64) -> impl Iterator<Item = DraftWord> {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let share = (until - from) / texts.len().max(1) as f64;
    let count = texts.len();
    texts
        .into_iter()
        .enumerate()
        .map(move |(index, text)| DraftWord {
            label: Label {
                start_secs: from + share * index as f64,
                // The last share ends where the stretch ends, to the last bit.
                end_secs: if index + 1 == count { until } else { from + share * (index + 1) as f64 },
                text: text.to_owned(),
            },
            state: if index == 0 { State::Measured } else { State::Inferred },
            phones: Vec::new(),
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// Character references that cue text uses; `&amp;` last, so that `&amp;lt;` stays `&lt;`.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&lrm;", "\u{200e}")
        .replace("&rlm;", "\u{200f}")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_take_the_timestamps_around_them() {
        let text = "WEBVTT - made by hand\n\nNOTE a --> b\n\nSTYLE\n::cue{}\n\nid\n00:01.000 --> 00:04.000 align:start\n\
                    <c.yellow>Two words</c> <00:02.000>&lt;then&gt;\n<00:03.000>&amp;lt;\n\n\n00:05.000 --> 00:06.000\nplain";
        let cues = read(text).unwrap();
        assert_eq!(cues[0].label.text, "Two words <then> &lt;");
        let words: Vec<(&str, f64, f64)> = cues[0]
            .words
            .iter()
            .map(|word| (word.label.text.as_str(), word.label.start_secs, word.label.end_secs))
            .collect();
        assert_eq!(words, [("Two", 1.0, 1.5), ("words", 1.5, 2.0), ("<then>", 2.0, 3.0), ("&lt;", 3.0, 4.0)]);
        assert_eq!(cues[0].words[1].state, State::Inferred);
        assert!(cues[1].words.is_empty());
    }

    #[test]
    fn faults_name_their_line() {
        assert!(read("1\n00:01.000 --> 00:04.000\nx").is_err());
        let error = read("WEBVTT\n\n00:01.000 --> 4\nx").err().unwrap().to_string();
        assert!(error.contains("line 3"), "{error}");
    }
}
