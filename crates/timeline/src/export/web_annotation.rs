//! Annotations of the recording as the W3C defines them (`.annotations.json`, JSON-LD).
//!
//! W3C, *Web Annotation Data Model* (Recommendation, 2017): an `AnnotationPage` (section 5.2) whose items each have a `TextualBody` with
//! its language (section 3.2.4), a second one for the translation, and as target the recording with a media fragment (section 4.2.1; *Media
//! Fragments URI 1.0*, section 4.2.1: `t=1.5,2.5`). The motivation is `describing`, the nearest to a transcript that the model has.
//! Identifiers are relative: `#s1` in the document that holds them. A fragment must end after it starts, so a word of no length
//! gets a millisecond.

use serde::Serialize;

use super::units::units;
use super::{ExportSettings, Exported, TextChoice, audio_name, json_text, title};
use crate::{Timeline, TimelineError};

#[derive(Serialize)]
struct Page<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    id: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "partOf")]
    part_of: Collection<'a>,
    items: Vec<Annotation<'a>>,
}

#[derive(Serialize)]
struct Collection<'a> {
    id: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    label: &'a str,
    total: usize,
}

#[derive(Serialize)]
struct Annotation<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    motivation: &'static str,
    body: Vec<Body<'a>>,
    target: Target,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
    format: &'static str,
    language: &'a str,
}

#[derive(Serialize)]
struct Target {
    source: String,
    selector: Selector,
}

#[derive(Serialize)]
struct Selector {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "conformsTo")]
    conforms_to: &'static str,
    value: String,
}

/// The shortest fragment, in seconds.
const SHORTEST_SECS: f64 = 0.001;

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let source = relative_iri(audio_name(timeline));
    let items: Vec<Annotation<'_>> = units(timeline, settings, "Web Annotation")?
        .into_iter()
        .map(|unit| {
            let mut body = Vec::new();
            if settings.text != TextChoice::Translation {
                body.push(textual(unit.text, &timeline.language));
            }
            if let Some((language, text)) = unit.translation.filter(|_| settings.text != TextChoice::Spoken) {
                body.push(textual(text, language));
            }
            let end = unit.end_secs.max(unit.start_secs + SHORTEST_SECS);
            Annotation {
                id: format!("#{}", relative_iri(&unit.id)),
                kind: "Annotation",
                motivation: "describing",
                body,
                target: Target {
                    source: source.clone(),
                    selector: Selector {
                        kind: "FragmentSelector",
                        conforms_to: "http://www.w3.org/TR/media-frags/",
                        value: format!("t={},{end}", unit.start_secs),
                    },
                },
            }
        })
        .collect();
    let label = title(timeline, settings);
    let part_of = Collection { id: "#timeline", kind: "AnnotationCollection", label, total: items.len() };
    json_text(&Page {
        context: "http://www.w3.org/ns/anno.jsonld",
        id: "#page",
        kind: "AnnotationPage",
        part_of,
        items,
    })
}

fn textual(value: String, language: &str) -> Body<'_> {
    Body { kind: "TextualBody", value, format: "text/plain", language }
}

/// A file name or an identifier as an IRI relative to where the document lies (RFC 3987, RFC 3986 section 4.2): bytes that would mean
/// something, or may not stand there, are written `%20`; letters of all alphabets may stand.
pub(super) fn relative_iri(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    name.chars()
        .map(|c| {
            if plain(c) {
                c.to_string()
            } else {
                c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_iris() {
        assert_eq!(relative_iri("Пластинка 1: \"A\".flac"), "Пластинка%201%3A%20%22A%22.flac");
        assert_eq!(relative_iri("a/b%"), "a%2Fb%25");
    }
}
