//! `tonearm score`: a timeline or a restored recording against the truth.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use tonearm_dsp::restore::Repair;
use tonearm_dsp::score as restoration;
use tonearm_dsp::simulate::DiscTruth;
use tonearm_timeline::score::{self as alignment, ErrorStatistics, Reference, ReferenceSettings};

use super::export::read_timeline;
use crate::args::ScoreArgs;
use crate::failure::usage;
use crate::{output, plan};

pub(crate) fn score(args: ScoreArgs) -> Result<()> {
    let is_timeline =
        args.candidate.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_timeline {
        if args.input.is_some() || args.truth.is_some() || args.report.is_some() {
            return Err(usage("--input, --truth and --report go with a recording, not with a timeline"));
        }
        score_timeline(&args)
    } else {
        score_recording(&args)
    }
}

fn score_timeline(args: &ScoreArgs) -> Result<()> {
    let timeline = read_timeline(&args.candidate)?;
    let stem = Path::new(&timeline.audio.path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let settings = ReferenceSettings { audio: stem, ..ReferenceSettings::default() };
    let reference = Reference::read(&plan::read_text(&args.reference)?, &settings)
        .with_context(|| args.reference.display().to_string())?;
    let score = alignment::score(&timeline, &reference);
    if args.json {
        return output::print_json(&score);
    }
    let mut text = format!(
        "{} of {} words matched, {} missing, {} extra\n",
        score.matched, score.reference_words, score.missing, score.extra
    );
    for (what, errors) in [
        ("word starts", &score.word_starts),
        ("word ends", &score.word_ends),
        ("sentence starts", &score.sentence_starts),
    ] {
        if let Some(errors) = errors {
            let _ = writeln!(text, "{what:<16} {}", as_text(errors));
        }
    }
    if let Some(calibration) = &score.calibration {
        let _ = writeln!(
            text,
            "intervals        {:.1} % hold the true start (stated: 90 %), mean ± {:.0} ms",
            100.0 * calibration.covered,
            calibration.mean_plus_minus_ms
        );
    }
    output::print(text.as_bytes())
}

fn as_text(errors: &ErrorStatistics) -> String {
    format!(
        "mean {:.1} ms, median {:.1}, 95 % {:.1}, bias {:+.1}; within 20/50/100/200 ms: {:.1}/{:.1}/{:.1}/{:.1} %",
        errors.mean_ms,
        errors.median_ms,
        errors.p95_ms,
        errors.bias_ms,
        100.0 * errors.within_20_ms,
        100.0 * errors.within_50_ms,
        100.0 * errors.within_100_ms,
        100.0 * errors.within_200_ms
    )
}

/// The part of a report that holds the repairs.
#[derive(Deserialize)]
struct Report {
    stages: Vec<StageRepairs>,
}

#[derive(Deserialize)]
struct StageRepairs {
    repairs: Vec<SpanOfSamples>,
}

#[derive(Deserialize)]
struct SpanOfSamples {
    channel: usize,
    start: usize,
    end: usize,
    confidence: f32,
}

fn score_recording(args: &ScoreArgs) -> Result<()> {
    let restored = plan::read_recording(&args.candidate)?.signal;
    let clean = plan::read_recording(&args.reference)?.signal;
    let input = args.input.as_deref().map(plan::read_recording).transpose()?;
    let truth: Option<DiscTruth> = args.truth.as_deref().map(read_json).transpose()?;
    let report: Option<Report> = args.report.as_deref().map(read_json).transpose()?;
    let repairs: Option<Vec<Repair>> = report.map(|report| {
        let spans = report.stages.into_iter().flat_map(|stage| stage.repairs);
        spans
            .map(|s| Repair { channel: s.channel, start: s.start, end: s.end, confidence: s.confidence })
            .collect()
    });
    let score = restoration::score(&restoration::ScoreInputs {
        restored: &restored,
        clean: &clean,
        input: input.as_ref().map(|recording| &recording.signal),
        truth: truth.as_ref(),
        repairs: repairs.as_deref(),
    })?;
    if args.json {
        return output::print_json(&score);
    }
    let mut text = String::new();
    for (what, quality) in [("restored", Some(&score.restored)), ("input", score.input.as_ref())] {
        let Some(quality) = quality else { continue };
        let _ = writeln!(
            text,
            "{what:<10} SI-SDR {:6.2} dB, segmental SNR {:6.2} dB, log-spectral distance {:5.2} dB, ESTOI {}, lag {} samples",
            quality.si_sdr_db,
            quality.segmental_snr_db,
            quality.log_spectral_distance_db,
            quality.estoi.map_or_else(|| "none".to_owned(), |estoi| format!("{estoi:.3}")),
            quality.lag_samples
        );
    }
    for value in [serde_json::to_value(score.clicks)?, serde_json::to_value(&score.detection)?] {
        if !value.is_null() {
            let _ = writeln!(text, "{value}");
        }
    }
    output::print(text.as_bytes())
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&plan::read_text(path)?).with_context(|| path.display().to_string())
}
