//! SMIL media overlays: which element of a text is read by which clip of the recording.
//!
//! W3C, *EPUB 3.3* (Recommendation, 2023), section 9.2 (media overlay documents): a `par` an element, with its `text` and its clip of the
//! `audio`; a `seq` a paragraph. Clips are full clock values (SMIL 3.0, section 5.4.3).
//!
//! A reading system plays clip after clip and nothing in between. So a clip lasts until the next begins, unless the pause is long:
//! then it ends where the voice does. A clip never begins before the one in front of it has ended, so that nothing is heard
//! twice, and is never empty.

use super::clock::{hours_millis, millis};
use super::xml::Xml;

/// An element of the text and when it is read.
pub(super) struct Read {
    /// Its identifier.
    pub(super) id: String,
    pub(super) start_secs: f64,
    pub(super) end_secs: f64,
}

/// A stretch of the recording in milliseconds, `start < end`.
pub(super) type Clip = (u64, u64);

/// The clips of elements that are read one after the other.
pub(super) fn clips(read: &[&Read], long_pause_secs: f64) -> Vec<Clip> {
    let long_pause = millis(long_pause_secs);
    let mut reached = 0;
    let next_starts = read.iter().skip(1).map(|next| Some(millis(next.start_secs))).chain([None]);
    read.iter()
        .zip(next_starts)
        .map(|(element, next_start)| {
            let start = millis(element.start_secs).max(reached);
            let own_end = millis(element.end_secs).max(start);
            let end = next_start.filter(|next| *next < own_end.saturating_add(long_pause)).unwrap_or(own_end);
            reached = end.max(start + 1);
            (start, reached)
        })
        .collect()
}

/// The media overlay of a text document, paragraph by paragraph, and the length of all its clips in milliseconds.
pub(super) fn overlay(
    text_file: &str,
    audio_file: &str,
    paragraphs: &[(String, Vec<Read>)],
    long_pause_secs: f64,
) -> (String, u64) {
    let all: Vec<&Read> = paragraphs.iter().flat_map(|(_, read)| read).collect();
    let clips = clips(&all, long_pause_secs);
    let total = clips.iter().map(|(start, end)| end - start).sum();
    let mut clips = clips.into_iter();
    let mut xml = Xml::new();
    xml.line().open(
        "smil",
        &[
            ("xmlns", "http://www.w3.org/ns/SMIL"),
            ("xmlns:epub", "http://www.idpf.org/2007/ops"),
            ("version", "3.0"),
        ],
    );
    xml.line().open("body", &[]);
    for (paragraph_id, read) in paragraphs.iter().filter(|(_, read)| !read.is_empty()) {
        let (id, reference) = (format!("seq-{paragraph_id}"), format!("{text_file}#{paragraph_id}"));
        xml.line().open("seq", &[("id", &id), ("epub:textref", &reference)]);
        for (element, (start, end)) in read.iter().zip(&mut clips) {
            let (id, source) = (format!("par-{}", element.id), format!("{text_file}#{}", element.id));
            xml.line().open("par", &[("id", &id)]);
            xml.line().empty("text", &[("src", &source)]);
            let (begin, end) = (hours_millis(start, '.'), hours_millis(end, '.'));
            xml.line().empty("audio", &[("src", audio_file), ("clipBegin", &begin), ("clipEnd", &end)]);
            xml.close_block();
        }
        xml.close_block();
    }
    (xml.finish(), total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_meet_but_leave_long_pauses_out() {
        let read: Vec<Read> = [(1.0, 1.5), (1.7, 2.0), (2.0, 2.0), (2.0, 2.4), (2.2, 3.0), (8.0, 9.0)]
            .iter()
            .map(|&(start_secs, end_secs)| Read { id: String::new(), start_secs, end_secs })
            .collect();
        assert_eq!(
            clips(&read.iter().collect::<Vec<_>>(), 1.5),
            [(1000, 1700), (1700, 2000), (2000, 2001), (2001, 2200), (2200, 3000), (8000, 9000)]
        );
    }
}
