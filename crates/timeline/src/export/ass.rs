//! Advanced SubStation Alpha (`.ass`) with karaoke: each word fills when it is spoken.
//!
//! The format has no standard; this follows the SSA v4 specification as Aegisub and libass extend it ("ASS File Format
//! Specification", "ASS Override Tags" in Aegisub's manual). `\k` holds the length of what follows it in hundredths of a second,
//! counted from the end of the one before: each is the difference of two rounded instants, so rounding is carried and never adds
//! up. A pause is a `\k` with nothing after it. Braces begin overrides and cannot be escaped in all players: they are written
//! full-width; a backslash is followed by a word joiner, so that `\N` in a text breaks no line.

use super::clock::centis;
use super::cues::{Cue, cues};
use super::passages::passages;
use super::units::one_line;
use super::{ExportSettings, Exported, title};
use crate::{Timeline, TimelineError};

/// `PrimaryColour` is what has been spoken, `SecondaryColour` what is to come, as alpha, blue, green, red. 42 characters of
/// 48 units fit into 1280.
const HEAD: &str = "ScriptType: v4.00+
WrapStyle: 2
ScaledBorderAndShadow: yes
PlayResX: 1280
PlayResY: 720

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,48,&H0066D9FF,&H00FFFFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,2.5,0,2,40,40,40,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
";

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let mut text = format!("[Script Info]\nTitle: {}\n{HEAD}", one_line(title(timeline, settings)));
    for cue in cues(passages(timeline, settings, "ASS")?, &settings.layout) {
        let start = cue.start_ms.div_ceil(10);
        // What is shown for no time is dropped by players.
        let end = (cue.end_ms / 10).max(start + 1);
        text.push_str(&format!(
            "Dialogue: 0,{},{},Default,,0,0,0,,{}\n",
            clock(start),
            clock(end),
            cue_text(&cue, start, end)
        ));
    }
    Ok(Exported::Text(text))
}

fn cue_text(cue: &Cue, start: u64, end: u64) -> String {
    if !cue.word_times {
        return cue.text_lines(escape).join("\\N");
    }
    let mut reached = start;
    let mut lines: Vec<String> = Vec::new();
    for line in &cue.lines {
        let mut text = String::new();
        for piece in line {
            // Words that overlap follow one another here: the second begins where the first has ended.
            let from = centis(piece.start_secs).clamp(reached, end);
            let to = centis(piece.end_secs).clamp(from, end);
            if from > reached {
                text.push_str(&format!("{{\\k{}}}", from - reached));
            }
            text.push_str(&format!("{{\\k{}}}{}", to - from, escape(&piece.text)));
            if piece.text.ends_with(char::is_whitespace) {
                text.push(' ');
            }
            reached = to;
        }
        lines.push(text.trim_end().to_owned());
    }
    lines.extend(cue.below.iter().map(|line| escape(line)));
    lines.join("\\N")
}

fn escape(text: &str) -> String {
    one_line(text).replace('\\', "\\\u{2060}").replace('{', "｛").replace('}', "｝")
}

/// `h:mm:ss.cc`.
fn clock(centis: u64) -> String {
    let secs = centis / 100;
    format!("{}:{:02}:{:02}.{:02}", secs / 3600, secs / 60 % 60, secs % 60, centis % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::fixture::with_words;

    #[test]
    fn pauses_are_empty_syllables() {
        let timeline = with_words(&[(1.0, 1.25), (1.5, 2.0)]);
        let exported = write(&timeline, &ExportSettings::default()).unwrap();
        let text = exported.as_text().unwrap();
        assert!(
            text.ends_with("0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\k25}t1 {\\k25}{\\k50}t2\n"),
            "{text}"
        );
    }

    proptest! {
        /// The syllables up to a word add up to its rounded start, however many there are before it.
        #[test]
        fn rounding_is_carried(lengths in prop::collection::vec(20u32..400, 1..12)) {
            let mut clock = 0.0;
            let spans: Vec<(f64, f64)> = lengths.iter().map(|&length| {
                let start = clock;
                clock += f64::from(length) / 997.0;
                (start, clock)
            }).collect();
            let timeline = with_words(&spans);
            let layout = super::super::CueLayout::verbatim();
            let exported = write(&timeline, &ExportSettings { layout, ..Default::default() }).unwrap();
            let line = exported.as_text().unwrap().lines().last().unwrap().to_owned();
            let mut reached = 0;
            let mut words = spans.iter();
            for syllable in line.split("{\\k").skip(1) {
                let (length, text) = syllable.split_once('}').unwrap();
                if !text.is_empty() {
                    prop_assert_eq!(reached, centis(words.next().unwrap().0));
                }
                reached += length.parse::<u64>().unwrap();
            }
            prop_assert!(words.next().is_none());
            prop_assert!(reached.abs_diff(centis(clock)) <= 1);
        }
    }
}
