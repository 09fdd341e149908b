//! The schema describes what is written, and refuses what is broken, as the reader does.

mod nasty;

use serde_json::{Value, json};
use tonearm_timeline::Timeline;

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../docs/timeline.schema.json");
    let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("the schema is a schema");
    jsonschema::draft202012::new(&schema).expect("the schema compiles")
}

fn written() -> Value {
    serde_json::from_str(&nasty::timeline().to_json_pretty().expect("the timeline is sound")).expect("JSON")
}

#[test]
fn real_output_follows_the_schema() {
    let schema = schema();
    let faults: Vec<String> = schema.iter_errors(&written()).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

/// Every field that is always written is required: without it, the schema and the reader both refuse the document.
#[test]
fn a_missing_field_is_refused_by_schema_and_reader() {
    let schema = schema();
    let mut tried = 0;
    for (pointer, field) in fields(&written(), "") {
        if OPTIONAL.contains(&field.as_str()) {
            continue;
        }
        let mut damaged = written();
        damaged.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(&field);
        assert!(!schema.is_valid(&damaged), "schema takes the lack of {pointer}/{field}");
        assert!(
            Timeline::from_json(&damaged.to_string()).is_err(),
            "reader takes the lack of {pointer}/{field}"
        );
        tried += 1;
    }
    assert!(tried > 100, "only {tried} fields tried");
}

const OPTIONAL: [&str; 5] = ["translation", "shared_by", "plus_minus_ms", "phones", "sound"];

fn fields(value: &Value, pointer: &str) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, inner)| {
                let mut found = vec![(pointer.to_owned(), key.clone())];
                found.extend(fields(inner, &format!("{pointer}/{key}")));
                found
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, inner)| fields(inner, &format!("{pointer}/{index}")))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_field_of_the_wrong_kind_is_refused_by_schema_and_reader() {
    let schema = schema();
    let word = "/paragraphs/0/sentences/0/words/0";
    let damages = [
        ("/tonearm_timeline", json!(2)),
        ("/tonearm_timeline", json!("1")),
        ("/audio/duration", json!(-1.0)),
        ("/audio/duration", json!("12")),
        ("/audio/sample_rate", json!(44_100.5)),
        ("/audio/sample_rate", json!(-44_100)),
        ("/language", json!(null)),
        ("/paragraphs", json!({})),
        ("/unaligned/0/kind", json!("music")),
        ("/unaligned/1/sound", json!("a brass band")),
        ("/paragraphs/0/sentences/0/id", json!("")),
        ("/paragraphs/0/sentences/0/confidence/state", json!("Measured")),
        (&format!("{word}/start"), json!(null)),
        (&format!("{word}/start"), json!(-0.5)),
        (&format!("{word}/text"), json!(["a"])),
        (&format!("{word}/source/start"), json!(-1)),
        (&format!("{word}/confidence/plus_minus_ms"), json!(-20)),
    ];
    for (pointer, value) in damages {
        let mut damaged = written();
        *damaged.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value.clone();
        assert!(!schema.is_valid(&damaged), "schema takes {value} at {pointer}");
        assert!(Timeline::from_json(&damaged.to_string()).is_err(), "reader takes {value} at {pointer}");
    }
}
