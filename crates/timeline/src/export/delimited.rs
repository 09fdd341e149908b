//! Tables: comma-separated values (`.csv`, RFC 4180) and tab-separated values (`.tsv`, the IANA's registration of
//! `text/tab-separated-values`, in which a field cannot hold a tab or a line break).
//!
//! One row for each word, sentence or paragraph, under a row of names. Times are exact.

use super::units::{one_line, units};
use super::{ExportSettings, Exported, Level, TextChoice};
use crate::{State, Timeline, TimelineError};

pub(super) fn write_csv(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let rows = rows(timeline, settings)?;
    let line =
        |row: &Vec<String>| row.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",") + "\r\n";
    Ok(Exported::Text(rows.iter().map(line).collect()))
}

pub(super) fn write_tsv(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let rows = rows(timeline, settings)?;
    let line =
        |row: &Vec<String>| row.iter().map(|field| one_line(field)).collect::<Vec<_>>().join("\t") + "\n";
    Ok(Exported::Text(rows.iter().map(line).collect()))
}

fn rows(timeline: &Timeline, settings: &ExportSettings) -> Result<Vec<Vec<String>>, TimelineError> {
    let names = ["id", "start", "end", "text", "translation", "state", "plus_minus_ms"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    // A table has a column for the translation in any case; only words have none.
    let text = if settings.level == Level::Word { settings.text } else { TextChoice::Spoken };
    for unit in units(timeline, &ExportSettings { text, ..settings.clone() }, "a table")? {
        let state = match unit.confidence.state {
            State::Measured => "measured",
            State::Inferred => "inferred",
            State::Absent => "absent",
        };
        rows.push(vec![
            unit.id,
            unit.start_secs.to_string(),
            unit.end_secs.to_string(),
            unit.text,
            unit.translation.map(|(_, text)| text).unwrap_or_default(),
            state.to_owned(),
            unit.confidence.plus_minus_ms.map(|width| width.to_string()).unwrap_or_default(),
        ]);
    }
    Ok(rows)
}

/// A field in quotes where it holds a comma, a quote or a line break.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
