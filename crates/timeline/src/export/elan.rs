//! ELAN annotations (`.eaf`).
//!
//! Max Planck Institute for Psycholinguistics, *EAF: ELAN Annotation Format, Schema version 3.0* (2017): time slots in
//! milliseconds, tiers `sentence`, `word`, and `phone`, `translation` and `unaligned` where there are any. Words hang on the sentence tier and
//! phones on the word tier (constraint `Included_In`) where each lies inside one of its parents; where some do not, as
//! where sentences overlap, the tier stands by itself. The date is that of the Unix epoch, so that the same timeline gives the
//! same bytes.

use super::clock::millis;
use super::tiers::{Interval, Tier, tiers};
use super::web_annotation::relative_iri;
use super::xml::Xml;
use super::{ExportSettings, Exported, audio_name};
use crate::{Timeline, TimelineError};

const ROOT: [(&str, &str); 6] = [
    ("AUTHOR", "tonearm"),
    ("DATE", "1970-01-01T00:00:00+00:00"),
    ("FORMAT", "3.0"),
    ("VERSION", "3.0"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ("xsi:noNamespaceSchemaLocation", "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"),
];

/// The four constraints that ELAN knows; every file that it writes lists them all.
const CONSTRAINTS: [(&str, &str); 4] = [
    (
        "Time_Subdivision",
        "Time subdivision of parent annotation's time interval, no time gaps allowed within this interval",
    ),
    (
        "Symbolic_Subdivision",
        "Symbolic subdivision of a parent annotation. Annotations refering to the same parent are ordered",
    ),
    ("Symbolic_Association", "1-1 association with a parent annotation"),
    (
        "Included_In",
        "Time alignable annotations within the parent annotation's time interval, gaps are allowed",
    ),
];

/// Which tier hangs on which.
const PARENTS: [(&str, &str); 2] = [("word", "sentence"), ("phone", "word")];

pub(super) fn write(timeline: &Timeline, _: &ExportSettings) -> Result<Exported, TimelineError> {
    let tiers = tiers(timeline);
    let parent_of = |tier: &Tier| {
        let (_, wanted) = PARENTS.iter().find(|(name, _)| *name == tier.name)?;
        tiers.iter().find(|parent| parent.name == *wanted && holds(parent, tier)).map(|parent| parent.name)
    };
    let spans: Vec<Vec<(u64, u64)>> =
        tiers.iter().map(|tier| tier.intervals.iter().map(span).collect()).collect();
    let mut xml = Xml::new();
    xml.line().open("ANNOTATION_DOCUMENT", &ROOT);
    header(&mut xml, timeline, spans.iter().map(Vec::len).sum());
    xml.line().open("TIME_ORDER", &[]);
    let instants = spans.iter().flatten().flat_map(|&(start, end)| [start, end]);
    for (number, instant) in (1..).zip(instants) {
        let (id, value) = (format!("ts{number}"), instant.to_string());
        xml.line().empty("TIME_SLOT", &[("TIME_SLOT_ID", &id), ("TIME_VALUE", &value)]);
    }
    xml.close_block();
    let mut number = 0;
    for tier in &tiers {
        let mut attributes = vec![("LINGUISTIC_TYPE_REF", tier.name), ("TIER_ID", tier.name)];
        attributes.extend(parent_of(tier).map(|parent| ("PARENT_REF", parent)));
        xml.line().open("TIER", &attributes);
        for interval in &tier.intervals {
            number += 1;
            let (id, from, to) =
                (format!("a{number}"), format!("ts{}", 2 * number - 1), format!("ts{}", 2 * number));
            xml.line().open("ANNOTATION", &[]).line().open(
                "ALIGNABLE_ANNOTATION",
                &[("ANNOTATION_ID", &id), ("TIME_SLOT_REF1", &from), ("TIME_SLOT_REF2", &to)],
            );
            xml.leaf("ANNOTATION_VALUE", &[], &interval.label).close_block().close_block();
        }
        xml.close_block();
    }
    for tier in &tiers {
        let mut attributes = vec![
            ("GRAPHIC_REFERENCES", "false"),
            ("LINGUISTIC_TYPE_ID", tier.name),
            ("TIME_ALIGNABLE", "true"),
        ];
        if parent_of(tier).is_some() {
            attributes.push(("CONSTRAINTS", "Included_In"));
        }
        xml.line().empty("LINGUISTIC_TYPE", &attributes);
    }
    for (stereotype, description) in CONSTRAINTS {
        xml.line().empty("CONSTRAINT", &[("DESCRIPTION", description), ("STEREOTYPE", stereotype)]);
    }
    Ok(Exported::Text(xml.finish()))
}

fn header(xml: &mut Xml, timeline: &Timeline, annotations: usize) {
    let name = audio_name(timeline);
    let url = format!("./{}", relative_iri(name));
    let mime_type = match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        // The name that ELAN itself gives to WAV.
        "wav" => "audio/x-wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        _ => "audio/*",
    };
    xml.line().open("HEADER", &[("MEDIA_FILE", ""), ("TIME_UNITS", "milliseconds")]);
    xml.line().empty(
        "MEDIA_DESCRIPTOR",
        &[("MEDIA_URL", &url), ("MIME_TYPE", mime_type), ("RELATIVE_MEDIA_URL", &url)],
    );
    // ELAN counts on from here.
    xml.leaf("PROPERTY", &[("NAME", "lastUsedAnnotationId")], &annotations.to_string());
    xml.close_block();
}

/// An interval in milliseconds, none of no length.
fn span(interval: &Interval) -> (u64, u64) {
    let start = millis(interval.start_secs);
    (start, millis(interval.end_secs).max(start + 1))
}

/// Whether every interval of `inner` lies inside one of `outer`.
fn holds(outer: &Tier, inner: &Tier) -> bool {
    inner.intervals.iter().map(span).all(|(start, end)| {
        let after = outer.intervals.partition_point(|interval| span(interval).0 <= start);
        after.checked_sub(1).is_some_and(|holder| end <= span(&outer.intervals[holder]).1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;

    #[test]
    fn words_hang_on_sentences_unless_one_reaches_out() {
        let mut timeline = small();
        let parented = |timeline: &Timeline| {
            let exported = write(timeline, &ExportSettings::default()).unwrap();
            exported.as_text().unwrap().contains("PARENT_REF=\"sentence\"")
        };
        assert!(parented(&timeline));
        let paragraph = &mut timeline.paragraphs[0];
        paragraph.sentences[0].words[1].end = 1.6;
        paragraph.sentences[0].end = 1.6;
        paragraph.sentences[1].words[0].start = 1.45;
        assert!(!parented(&timeline), "the second sentence cuts the first one's last word off");
    }
}
