//! SubRip subtitles. Lenient as players are: counters may be missing or wrong, the mark may be a point, lines may end in
//! any way; formatting tags are taken out.

use super::{Label, clock};
use crate::TimelineError;

pub(super) fn read(text: &str) -> Result<Vec<Label>, TimelineError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let mut labels: Vec<Label> = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        let Some((start, end)) = lines[index].split_once("-->") else {
            index += 1;
            continue;
        };
        let number = index + 1;
        let (Some(start_secs), Some(end_secs)) = (instant(start), instant(end)) else {
            // A text may hold an arrow; a line with an arrow and a clock before it is a broken cue.
            if instant(start).is_some() {
                return Err(fault(number, format!("{:?} is no pair of times", lines[index])));
            }
            index += 1;
            continue;
        };
        if end_secs < start_secs {
            return Err(fault(
                number,
                format!("the cue ends at {end_secs} s, before its start at {start_secs} s"),
            ));
        }
        let body: Vec<&str> =
            lines[index + 1..].iter().take_while(|line| !line.trim().is_empty()).copied().collect();
        index += 1 + body.len();
        let text = body.iter().map(|line| without_tags(line.trim())).collect::<Vec<_>>().join(" ");
        labels.push(Label { start_secs, end_secs, text });
    }
    if labels.is_empty() && !text.trim().is_empty() {
        return Err(fault(1, "no line has the form 00:00:01,000 --> 00:00:02,000".to_owned()));
    }
    labels.retain(|label| !label.text.is_empty());
    Ok(labels)
}

/// The first word of a text as an instant: positions may follow the end.
fn instant(text: &str) -> Option<f64> {
    clock::seconds(text.split_whitespace().next()?)
}

/// Takes out `<i>`, `</b>`, `<font …>`: a tag of those that players know, and nothing else between angle brackets.
fn without_tags(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('<') {
        let (before, from) = rest.split_at(open);
        plain.push_str(before);
        let name: String =
            from[1..].trim_start_matches('/').chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        let known = ["b", "i", "u", "s", "font"].contains(&name.to_ascii_lowercase().as_str());
        match from.find('>') {
            Some(close) if known => rest = &from[close + 1..],
            _ => {
                plain.push('<');
                rest = &from[1..];
            }
        }
    }
    plain + rest
}

fn fault(line: usize, problem: String) -> TimelineError {
    TimelineError::Import { format: "SubRip", line, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lenient_where_players_are() {
        let labels = read("1\r\n00:00:01,000 --> 00:00:02,500 X1:0\r\n<i>Hello</i>\r\n5 < 6 --> ok\r\n\r\n\r\n00:03.0 --> 00:04.0\nBye").unwrap();
        assert_eq!(labels.len(), 2);
        assert_eq!(labels[0].text, "Hello 5 < 6 --> ok");
        assert!((labels[1].end_secs - 4.0).abs() < 1e-12);
    }

    #[test]
    fn faults_name_their_line() {
        assert!(read("1\n00:00:05,000 --> 00:00:02,000\nx\n").unwrap_err().to_string().contains("line 2"));
        assert!(read("1\n00:00:05,000 --> soon\nx\n").unwrap_err().to_string().contains("no pair of times"));
        assert!(read("a story").is_err());
        assert!(read("").unwrap().is_empty());
    }
}
