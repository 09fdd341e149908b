//! `tonearm inspect`: what a recording is like.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tonearm_audio::decode::Recording;
use tonearm_dsp::inspect::{self, Inspection};

use crate::args::InspectArgs;
use crate::failure::{SomeFailed, sentence};
use crate::{output, plan};

pub(crate) fn inspect(args: InspectArgs) -> Result<()> {
    let several = args.audio.len() > 1;
    let mut failed = 0;
    let mut all = Vec::new();
    for path in &args.audio {
        match inspect_one(path) {
            Ok((recording, inspection)) if args.json => all.push(json!({
                "path": plan::document_path(path),
                "format": recording.format.to_string(),
                "inspection": inspection,
            })),
            Ok((recording, inspection)) => output::print(as_text(path, &recording, &inspection).as_bytes())?,
            Err(error) if !several => return Err(error),
            Err(error) => {
                eprintln!("tonearm: {}", sentence(&error));
                failed += 1;
            }
        }
    }
    if args.json {
        match all.as_slice() {
            [only] if !several => output::print_json(only)?,
            all => output::print_json(&all)?,
        }
    }
    if failed > 0 { Err(SomeFailed { failed, total: args.audio.len() }.into()) } else { Ok(()) }
}

fn inspect_one(path: &Path) -> Result<(Recording, Inspection)> {
    let recording = plan::read_recording(path)?;
    let inspection = inspect::inspect(&recording.signal)?;
    Ok((recording, inspection))
}

fn as_text(path: &Path, recording: &Recording, found: &Inspection) -> String {
    let mut text = format!("{}\n", path.display());
    let mut row = |label: &str, value: String| {
        let _ = writeln!(text, "  {label:<22} {value}");
    };
    let or_none = |value: Option<f64>, unit: &str, none: &str| {
        value.map_or_else(|| none.to_owned(), |value| format!("{value:.1} {unit}"))
    };
    row("format", recording.format.to_string());
    row("rate and channels", format!("{} Hz, {}", found.sample_rate_hz, found.channels));
    row("duration", format!("{:.2} s", found.duration_secs));
    row("level", format!("{:.1} dBFS RMS, peak {:.1} dBFS", found.rms_dbfs, found.peak_dbfs));
    row("loudness", or_none(found.loudness_lufs, "LUFS", "below the gate"));
    row("true peak", or_none(found.true_peak_dbtp, "dBTP", "none"));
    row("noise floor", format!("{:.1} dBFS", found.noise_floor_dbfs));
    row("programme over noise", or_none(found.programme_over_noise_db, "dB", "nothing stands out"));
    row("clicks", format!("{:.1} a second", found.clicks_per_second));
    row(
        "ticks",
        match (found.tick_period_secs, found.turns_per_minute) {
            (Some(period), Some(turns)) => format!("every {period:.4} s: {turns:.2} turns a minute"),
            _ => "no period found".to_owned(),
        },
    );
    row(
        "hum",
        found.hum.as_ref().map_or_else(
            || "none".to_owned(),
            |hum| {
                format!(
                    "{:.2} Hz and {} harmonics, {:.0} dB",
                    hum.fundamental_hz,
                    hum.harmonics.len(),
                    hum.prominence_db
                )
            },
        ),
    );
    row("programme reaches", or_none(found.bandwidth_hz, "Hz", "unknown"));
    row("clipped runs", found.clipped_runs.to_string());
    row("lead-in, run-out", format!("{:.2} s, {:.2} s", found.lead_in_secs, found.run_out_secs));
    if let Some(walls) = found.walls {
        row(
            "groove walls",
            if walls.identical {
                "both channels are the same".to_owned()
            } else {
                format!(
                    "{}; left over right {:+.1} dB, right late {:+.1} µs, correlation {:.2}",
                    match (walls.mono_groove, walls.likely_vertical_cut) {
                        (_, true) => "one groove, cut vertically",
                        (true, false) => "one groove, cut laterally",
                        (false, false) => "stereo or unrelated",
                    },
                    walls.balance_db,
                    walls.right_late_us,
                    walls.correlation
                )
            },
        );
    }
    row("proposed preset", found.proposal.preset.to_string());
    for reason in &found.proposal.reasons {
        row("", reason.clone());
    }
    text
}
