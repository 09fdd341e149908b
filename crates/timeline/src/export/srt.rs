//! SubRip subtitles (`.srt`).
//!
//! The format has no standard; this follows what its author's program wrote and what ffmpeg and VLC read: a counter from 1,
//! `hh:mm:ss,mmm --> hh:mm:ss,mmm`, the text, an empty line; UTF-8. There is no way to escape `<` or `{`, so texts stand
//! as they are.

use super::clock::hours_millis;
use super::cues::cues;
use super::passages::passages;
use super::units::one_line;
use super::{ExportSettings, Exported};
use crate::{Timeline, TimelineError};

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let mut text = String::new();
    for (number, cue) in (1..).zip(cues(passages(timeline, settings, "SubRip")?, &settings.layout)) {
        let (start, end) = (hours_millis(cue.start_ms, ','), hours_millis(cue.end_ms, ','));
        let lines = cue.text_lines(one_line).join("\n");
        text.push_str(&format!("{number}\n{start} --> {end}\n{lines}\n\n"));
    }
    Ok(Exported::Text(text))
}
