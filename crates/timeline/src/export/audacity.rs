//! Audacity label tracks (`.txt`).
//!
//! Audacity manual, "Importing and Exporting Labels": start, end and label with tabs between, seconds with six decimals, one
//! label a line.

use super::units::{one_line, units};
use super::{ExportSettings, Exported};
use crate::{Timeline, TimelineError};

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let mut text = String::new();
    for unit in units(timeline, settings, "Audacity")? {
        let shown: Vec<String> =
            unit.shown(&timeline.language, settings.text).iter().map(|(_, text)| one_line(text)).collect();
        text.push_str(&format!("{:.6}\t{:.6}\t{}\n", unit.start_secs, unit.end_secs, shown.join(" / ")));
    }
    Ok(Exported::Text(text))
}
