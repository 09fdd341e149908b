//! Praat TextGrid (`.TextGrid`), long and short form.
//!
//! P. Boersma and D. Weenink, *Praat*, manual page "TextGrid file formats". Interval tiers `sentence`, `word`, and `phone` and
//! `translation` where there are any; intervals tile the recording, empty ones are silence; quotes inside a label are
//! doubled; times are written to the last bit; UTF-8.

use super::tiers::{Interval, end_of, tiers, tiled};
use super::{ExportSettings, Exported};
use crate::{Timeline, TimelineError};

pub(super) fn write_long(timeline: &Timeline, _: &ExportSettings) -> Result<Exported, TimelineError> {
    let end = end_of(timeline);
    let tiers = tiers(timeline);
    let mut text = String::from("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
    text.push_str(&format!(
        "xmin = 0 \nxmax = {end} \ntiers? <exists> \nsize = {} \nitem []: \n",
        tiers.len()
    ));
    for (number, tier) in (1..).zip(&tiers) {
        let tiles = tiled(&tier.intervals, end);
        text.push_str(&format!(
            "    item [{number}]:\n        class = \"IntervalTier\" \n        name = {} \n        xmin = 0 \n        \
             xmax = {end} \n        intervals: size = {} \n",
            quoted(tier.name),
            tiles.len()
        ));
        for (number, Interval { start_secs, end_secs, label }) in (1..).zip(&tiles) {
            text.push_str(&format!(
                "        intervals [{number}]:\n            xmin = {start_secs} \n            xmax = {end_secs} \n            \
                 text = {} \n",
                quoted(label)
            ));
        }
    }
    Ok(Exported::Text(text))
}

pub(super) fn write_short(timeline: &Timeline, _: &ExportSettings) -> Result<Exported, TimelineError> {
    let end = end_of(timeline);
    let tiers = tiers(timeline);
    let mut text = String::from("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
    text.push_str(&format!("0\n{end}\n<exists>\n{}\n", tiers.len()));
    for tier in &tiers {
        let tiles = tiled(&tier.intervals, end);
        text.push_str(&format!("\"IntervalTier\"\n{}\n0\n{end}\n{}\n", quoted(tier.name), tiles.len()));
        for Interval { start_secs, end_secs, label } in &tiles {
            text.push_str(&format!("{start_secs}\n{end_secs}\n{}\n", quoted(label)));
        }
    }
    Ok(Exported::Text(text))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
