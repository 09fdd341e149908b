//! WebVTT subtitles (`.vtt`) with the time of each word.
//!
//! W3C, *WebVTT: The Web Video Text Tracks Format* (Candidate Recommendation, 2019), sections 4.1 (file), 4.2.2 (cue text). A
//! timestamp inside the text must lie after the cue's start, after the timestamp before it, and before the cue's end:
//! words that start together, or within the same millisecond, share one.

use super::clock::{hours_millis, millis};
use super::cues::{Cue, cues};
use super::passages::passages;
use super::units::one_line;
use super::{ExportSettings, Exported};
use crate::{Timeline, TimelineError};

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let mut text = String::from("WEBVTT\n");
    for (number, cue) in (1..).zip(cues(passages(timeline, settings, "WebVTT")?, &settings.layout)) {
        let (start, end) = (hours_millis(cue.start_ms, '.'), hours_millis(cue.end_ms, '.'));
        text.push_str(&format!("\n{number}\n{start} --> {end}\n{}\n", cue_text(&cue)));
    }
    Ok(Exported::Text(text))
}

fn cue_text(cue: &Cue) -> String {
    if !cue.word_times {
        return cue.text_lines(escape).join("\n");
    }
    let mut last_ms = cue.start_ms;
    let mut lines: Vec<String> = Vec::new();
    for line in &cue.lines {
        let mut text = String::new();
        for piece in line {
            let start_ms = millis(piece.start_secs);
            if start_ms > last_ms && start_ms < cue.end_ms {
                text.push_str(&format!("<{}>", hours_millis(start_ms, '.')));
                last_ms = start_ms;
            }
            text.push_str(&escape(&piece.text));
            if piece.text.ends_with(char::is_whitespace) {
                text.push(' ');
            }
        }
        lines.push(text.trim_end().to_owned());
    }
    lines.extend(cue.below.iter().map(|line| escape(line)));
    lines.join("\n")
}

/// A text without line breaks in which nothing is markup. With `>` escaped no `-->` can arise, which would end the cue.
fn escape(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::with_words;

    #[test]
    fn timestamps_strictly_ascend_inside_the_cue() {
        let timeline =
            with_words(&[(1.0, 1.2), (1.0, 1.3), (1.0002, 1.3), (1.3, 1.4), (1.3, 2.0), (2.0, 2.0)]);
        let exported = write(&timeline, &ExportSettings::default()).unwrap();
        let text = exported.as_text().unwrap();
        assert!(text.contains("00:00:01.000 --> 00:00:02.000\nt1 t2 t3 <00:00:01.300>t4 t5 t6\n"), "{text}");
    }
}
