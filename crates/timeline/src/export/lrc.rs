//! LRC lyrics, a line's time in front of it, and enhanced LRC, a word's time in front of it too.
//!
//! The format has no standard; this follows what players read: `[mm:ss.xx]` before a line, `<mm:ss.xx>` before each word and
//! after the last, in hundredths of a second, minutes beyond 59 where it is long. Where the voice stops before a long pause
//! an empty line clears the display. Lines are at most as long as a line of subtitles.

use super::clock::{centis, millis};
use super::cues::{CueLayout, cues};
use super::passages::passages;
use super::units::one_line;
use super::{ExportSettings, Exported, title};
use crate::{Timeline, TimelineError};

pub(super) fn write_lines(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    write(timeline, settings, false)
}

pub(super) fn write_words(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    write(timeline, settings, true)
}

fn write(timeline: &Timeline, settings: &ExportSettings, words: bool) -> Result<Exported, TimelineError> {
    // A line of lyrics stays until the next one comes: nothing is held, and one line is all there is.
    let layout = CueLayout { max_lines: 1, linger_secs: 0.0, min_cue_secs: 0.0, ..settings.layout.clone() };
    let length = centis(timeline.audio.duration) / 100;
    let mut text = format!("[ti:{}]\n", one_line(title(timeline, settings)));
    text.push_str(&format!("[length:{:02}:{:02}]\n", length / 60, length % 60));
    let cues = cues(passages(timeline, settings, "LRC")?, &layout);
    for (index, cue) in cues.iter().enumerate() {
        let start = cue.start_ms.div_ceil(10);
        text.push_str(&format!("[{}]", clock(start)));
        if words && cue.word_times {
            let mut last = start;
            for piece in cue.lines.iter().flatten() {
                last = centis(piece.start_secs).max(last);
                text.push_str(&format!(" <{}> {}", clock(last), one_line(&piece.text)));
            }
            text.push_str(&format!(" <{}>", clock((cue.end_ms / 10).max(last))));
            text.push_str(&cue.below.iter().map(|line| format!(" / {}", one_line(line))).collect::<String>());
        } else {
            text.push_str(&cue.text_lines(one_line).join(" / "));
        }
        text.push('\n');
        let next = cues.get(index + 1).map_or(u64::MAX, |next| next.start_ms);
        if next - cue.end_ms.min(next) >= millis(settings.layout.long_pause_secs) {
            text.push_str(&format!("[{}]\n", clock(cue.end_ms / 10)));
        }
    }
    Ok(Exported::Text(text))
}

/// `mm:ss.xx`.
fn clock(centis: u64) -> String {
    format!("{:02}:{:02}.{:02}", centis / 6_000, centis / 100 % 60, centis % 100)
}
