//! Words whose start is known: a file of anchors, one a line, `text or id = time`.
//!
//! The left side is an identifier as timelines have it (`w12` the twelfth word, `s3` the first word of the third sentence)
//! or words of the transcript that stand together in one place alone. The right side is seconds (`75.5`) or a clock
//! (`1:15.5`, `1:01:15.5`). Blank lines and lines that begin with `#` are passed over. Case and punctuation do not count.

use crate::AlignError;
use crate::phones::PhoneSequence;
use crate::text::Transcript;

/// A sound cannot be shorter than this, in seconds: three frames.
const SHORTEST_SOUND_SECS: f64 = 0.015;

/// A word that starts at a known time.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Anchor {
    /// Index of the word in the transcript.
    pub word: usize,
    /// Where it starts, in seconds.
    pub start_secs: f64,
    /// Line of the file that says so, from 1.
    pub line: usize,
}

impl Anchor {
    /// Reads a file of anchors for `transcript`; they come back in the order of the text.
    ///
    /// # Errors
    /// [`AlignError::Anchor`] names the line that cannot be used: no such words, words that occur more than once, no time,
    /// an order that contradicts the text's.
    pub fn read(text: &str, transcript: &Transcript) -> Result<Vec<Self>, AlignError> {
        let words: Vec<String> = transcript.words().map(|word| key(&word.text)).collect();
        let mut firsts = Vec::new();
        let mut count = 0;
        for sentence in transcript.sentences() {
            firsts.push(count);
            count += sentence.words.len();
        }
        let mut anchors = Vec::new();
        for (index, content) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = index + 1;
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let wrong = |reason: String| AlignError::Anchor { line, reason };
            let (place, time) = content
                .rsplit_once('=')
                .ok_or_else(|| wrong(format!("`{content}` is not `text or id = time`")))?;
            let start_secs = seconds(time.trim()).ok_or_else(|| {
                wrong(format!("`{}` is no time; write seconds (75.5) or a clock (1:15.5)", time.trim()))
            })?;
            let word = find(place.trim(), &words, &firsts).map_err(wrong)?;
            anchors.push(Self { word, start_secs, line });
        }
        anchors.sort_by_key(|anchor| anchor.word);
        for pair in anchors.windows(2) {
            if pair[1].start_secs <= pair[0].start_secs || pair[1].word == pair[0].word {
                return Err(AlignError::Anchor {
                    line: pair[1].line,
                    reason: format!(
                        "{} s contradicts line {} ({} s), which stands before it in the text or is the same word",
                        pair[1].start_secs, pair[0].line, pair[0].start_secs
                    ),
                });
            }
        }
        Ok(anchors)
    }

    /// First sound and second of each anchor.
    pub(crate) fn sounds(
        anchors: &[Self],
        phones: &PhoneSequence,
        duration_secs: f64,
    ) -> Result<Vec<(usize, f64)>, AlignError> {
        let mut sounds: Vec<(usize, f64)> = Vec::new();
        for anchor in anchors {
            let wrong = |reason: String| AlignError::Anchor { line: anchor.line, reason };
            if !(0.0..duration_secs).contains(&anchor.start_secs) {
                return Err(wrong(format!(
                    "{} s lies outside the recording, which has {duration_secs:.2} s",
                    anchor.start_secs
                )));
            }
            let range = phones.words.get(anchor.word).filter(|range| !range.is_empty());
            let first =
                range.ok_or_else(|| wrong("the word makes no sound; anchor one beside it".to_owned()))?.start;
            let (before, from) = sounds.last().copied().unwrap_or((0, 0.0));
            let needed = SHORTEST_SOUND_SECS * (first - before) as f64;
            // Before the first anchor sentences may have been left out; between two words they must fit.
            if !sounds.is_empty() && anchor.start_secs - from < needed {
                return Err(wrong(format!(
                    "{:.2} s are too short for the {} words since the anchor before",
                    anchor.start_secs - from,
                    phones.phones[first].word - phones.phones[before].word
                )));
            }
            sounds.push((first, anchor.start_secs));
        }
        Ok(sounds)
    }
}

/// Letters and digits alone, small.
fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn seconds(time: &str) -> Option<f64> {
    let parts: Vec<&str> = time.trim_end_matches('s').trim_end().split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    let mut total = 0.0;
    for (i, part) in parts.iter().enumerate() {
        let last = i + 1 == parts.len();
        let well_formed = part.chars().all(|c| c.is_ascii_digit() || (last && matches!(c, '.' | ',')));
        let value: f64 = part.replace(',', ".").parse().ok().filter(|_| well_formed)?;
        if i > 0 && value >= 60.0 {
            return None;
        }
        total = 60.0 * total + value;
    }
    Some(total)
}

/// The word that `place` names.
fn find(place: &str, words: &[String], firsts: &[usize]) -> Result<usize, String> {
    let number = |prefix: char| place.strip_prefix(prefix)?.parse::<usize>().ok()?.checked_sub(1);
    if let Some(word) = number('w') {
        return if word < words.len() {
            Ok(word)
        } else {
            Err(format!("there is no word `{place}`; the text has {} words", words.len()))
        };
    }
    if let Some(sentence) = number('s') {
        return firsts.get(sentence).copied().ok_or_else(|| {
            format!("there is no sentence `{place}`; the text has {} sentences", firsts.len())
        });
    }
    let wanted: Vec<String> = place.split_whitespace().map(key).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return Err("no words stand before the `=`".to_owned());
    }
    let mut places = (0..words.len().saturating_sub(wanted.len() - 1))
        .filter(|at| words[*at..*at + wanted.len()] == wanted[..]);
    match (places.next(), places.count()) {
        (None, _) => Err(format!("`{place}` does not occur in the transcript")),
        (Some(at), 0) => Ok(at),
        (Some(_), more) => Err(format!(
            "`{place}` occurs {} times in the transcript; give more words or an identifier such as w12",
            more + 1
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_transcript;

    fn read(anchors: &str) -> Result<Vec<(usize, f64)>, String> {
        let transcript = read_transcript(b"Call me Ishmael. Some years ago, call it two.", None).unwrap();
        Anchor::read(anchors, &transcript)
            .map(|anchors| anchors.iter().map(|a| (a.word, a.start_secs)).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn words_and_identifiers_name_places() {
        assert_eq!(
            read("# by ear\nsome YEARS = 1:02.5\n\nw1 = 0.25\nit = 01:00:00\n").unwrap(),
            [(0, 0.25), (3, 62.5), (7, 3600.0)]
        );
        assert_eq!(read("s2 = 3,5").unwrap(), [(3, 3.5)]);
    }

    #[test]
    fn each_fault_names_its_line() {
        for (anchors, said) in [
            ("w1 = 1\ncall = 2", "line 2 of the anchors: `call` occurs 2 times"),
            ("whale = 2", "`whale` does not occur"),
            ("w99 = 2", "no word `w99`"),
            ("s9 = 2", "no sentence `s9`"),
            ("Ishmael", "is not `text or id = time`"),
            ("Ishmael = soon", "`soon` is no time"),
            ("Ishmael = 1:75", "`1:75` is no time"),
            ("Ishmael = 5\nSome years = 4", "line 2 of the anchors: 4 s contradicts line 1"),
        ] {
            let error = read(anchors).unwrap_err();
            assert!(error.contains(said), "{anchors}: {error}");
        }
    }
}
