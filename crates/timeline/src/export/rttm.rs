//! RTTM, who speaks when (`.rttm`).
//!
//! NIST, *The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan*, appendix A: type, file, channel, start,
//! duration, orthography, subtype, speaker, confidence, lookahead, with `<NA>` where there is nothing to say. A timeline knows one
//! talker, so a `SPEAKER` line is a stretch of speech without a pause of [`TURN_PAUSE_SECS`]; `--level word` adds a `LEXEME` line
//! a word. Speech that is not in the text is that of the speaker `other`; music, applause and noise are `NON-SPEECH`; what could not be
//! told is left out.

use super::ctm::{file_name, thousandths, without_spaces};
use super::units::spoken_words;
use super::{ExportSettings, Exported, Level, TextChoice};
use crate::{Timeline, TimelineError, UnalignedSound};

/// Speech goes on over pauses shorter than this, in seconds: the smoothing of the evaluation plan, section 3.
const TURN_PAUSE_SECS: f64 = 0.3;

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    if settings.text != TextChoice::Spoken {
        return Err(TimelineError::Unsupported {
            format: "RTTM",
            what: "translations, because it says when somebody speaks",
            instead: "export what is spoken, or ask for another format",
        });
    }
    let file = file_name(timeline);
    let mut lines: Vec<(f64, String)> = Vec::new();
    for (start_secs, end_secs) in turns(timeline) {
        let (start, length) = thousandths(start_secs, end_secs);
        lines.push((start_secs, format!("SPEAKER {file} 1 {start} {length} <NA> <NA> speaker <NA> <NA>\n")));
    }
    for stretch in &timeline.unaligned {
        let Some(sound) = stretch.sound else { continue };
        let (start, length) = thousandths(stretch.start, stretch.end);
        let line = match sound {
            UnalignedSound::Speech => {
                format!("SPEAKER {file} 1 {start} {length} <NA> <NA> other <NA> <NA>\n")
            }
            UnalignedSound::Music => non_speech(&file, &start, &length, "music"),
            UnalignedSound::Noise => non_speech(&file, &start, &length, "noise"),
            UnalignedSound::Applause => non_speech(&file, &start, &length, "other"),
        };
        lines.push((stretch.start, line));
    }
    if settings.level == Level::Word {
        for word in timeline.sentences().flat_map(spoken_words).filter(|word| !word.text.trim().is_empty()) {
            let (start, length) = thousandths(word.start, word.end);
            let text = without_spaces(&word.text);
            lines.push((
                word.start,
                format!("LEXEME {file} 1 {start} {length} {text} lex speaker <NA> <NA>\n"),
            ));
        }
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Exported::Text(lines.into_iter().map(|(_, line)| line).collect()))
}

/// A line of sound that nobody speaks; the evaluation plan knows the subtypes `noise`, `music` and `other`.
fn non_speech(file: &str, start: &str, length: &str, subtype: &str) -> String {
    format!("NON-SPEECH {file} 1 {start} {length} <NA> {subtype} <NA> <NA> <NA>\n")
}

/// Stretches of speech, ascending and apart. A sentence without words speaks throughout.
fn turns(timeline: &Timeline) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for sentence in timeline.sentences() {
        if sentence.words.is_empty() && sentence.end > sentence.start {
            spans.push((sentence.start, sentence.end));
        }
        spans.extend(spoken_words(sentence).map(|word| (word.start, word.end)));
    }
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut turns: Vec<(f64, f64)> = Vec::new();
    for (start, end) in spans {
        match turns.last_mut() {
            Some(turn) if start - turn.1 < TURN_PAUSE_SECS => turn.1 = turn.1.max(end),
            _ => turns.push((start, end)),
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::with_words;
    use crate::{Unaligned, UnalignedKind};

    #[test]
    fn turns_end_at_pauses() {
        let timeline = with_words(&[(0.0, 1.0), (1.2, 2.0), (1.5, 1.8), (2.5, 3.0)]);
        assert_eq!(turns(&timeline), [(0.0, 2.0), (2.5, 3.0)]);
    }

    #[test]
    fn what_is_not_in_the_text_is_told_where_it_is_known() {
        let sounds = [
            (Some(UnalignedSound::Speech), "SPEAKER", "<NA> <NA> other"),
            (Some(UnalignedSound::Music), "NON-SPEECH", "<NA> music <NA>"),
            (Some(UnalignedSound::Applause), "NON-SPEECH", "<NA> other <NA>"),
            (Some(UnalignedSound::Noise), "NON-SPEECH", "<NA> noise <NA>"),
        ];
        for (sound, kind, told) in sounds {
            let mut timeline = with_words(&[(0.0, 1.0)]);
            timeline.unaligned = vec![Unaligned { start: 2.0, end: 4.5, kind: UnalignedKind::Other, sound }];
            let text =
                String::from_utf8(write(&timeline, &ExportSettings::default()).unwrap().as_bytes().to_vec())
                    .unwrap();
            let line = text.lines().nth(1).unwrap();
            assert!(line.starts_with(kind) && line.contains(&format!(" 1 2.000 2.500 {told}")), "{line}");
            timeline.unaligned[0].sound = None;
            assert_eq!(
                write(&timeline, &ExportSettings::default())
                    .unwrap()
                    .as_bytes()
                    .iter()
                    .filter(|&&b| b == b'\n')
                    .count(),
                1
            );
        }
    }
}
