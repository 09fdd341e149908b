//! `tonearm score`: a timeline or a restored recording against the truth.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use tonearm_dsp::restore::Repair;
use tonearm_dsp::score as restoration;
use tonearm_dsp::simulate::DiscTruth;
use tonearm_timeline::score::{
    self as alignment, Calibration, ErrorStatistics, Reference, ReferenceSettings, Score,
};
use tonearm_timeline::{Timeline, import};

use crate::args::ScoreArgs;
use crate::failure::usage;
use crate::{output, plan};

/// Endings of what holds words in time.
const TIMELINES: [&str; 5] = ["json", "textgrid", "ctm", "srt", "vtt"];

pub(crate) fn score(args: ScoreArgs) -> Result<()> {
    let is_timeline = args
        .candidate
        .extension()
        .is_some_and(|extension| TIMELINES.iter().any(|known| extension.eq_ignore_ascii_case(known)));
    if is_timeline {
        if args.input.is_some() || args.truth.is_some() || args.report.is_some() {
            return Err(usage("--input, --truth and --report go with a recording, not with a timeline"));
        }
        score_timelines(&args)
    } else if args.more.is_empty() {
        score_recording(&args)
    } else {
        Err(usage("several pairs are scored for timelines only; recordings go one by one"))
    }
}

fn score_timelines(args: &ScoreArgs) -> Result<()> {
    if !args.more.len().is_multiple_of(2) {
        return Err(usage("give each timeline its truth: CANDIDATE REFERENCE CANDIDATE REFERENCE …"));
    }
    let first = (args.candidate.as_path(), args.reference.as_path());
    let rest = args.more.chunks_exact(2).map(|pair| (pair[0].as_path(), pair[1].as_path()));
    let scores = std::iter::once(first)
        .chain(rest)
        .map(|(candidate, reference)| Ok((candidate, score_timeline(candidate, reference)?)))
        .collect::<Result<Vec<_>>>()?;
    let Some(all) = Score::pooled(scores.iter().map(|(_, score)| score)) else { return Ok(()) };
    if args.json {
        let files: Vec<_> = scores
            .iter()
            .map(|(path, score)| serde_json::json!({"path": plan::document_path(path), "score": score}))
            .collect();
        return if files.len() == 1 {
            output::print_json(&all)
        } else {
            output::print_json(&serde_json::json!({"files": files, "all": all}))
        };
    }
    let mut text = String::new();
    if scores.len() > 1 {
        for (path, score) in &scores {
            write_pair(&mut text, path, score);
        }
        text.push('\n');
    }
    write_timelines(&mut text, &all);
    output::print(text.as_bytes())
}

/// One of several timelines.
fn write_pair(text: &mut String, path: &Path, score: &Score) {
    let starts = score.word_starts.as_ref().map_or_else(|| "no words matched".to_owned(), as_text);
    let _ =
        writeln!(text, "{}: {} of {} words; {starts}", path.display(), score.matched, score.reference_words);
}

/// What one timeline, or all of them together, come to.
fn write_timelines(text: &mut String, all: &Score) {
    let _ = writeln!(
        text,
        "{} of {} words matched, {} missing, {} extra",
        all.matched, all.reference_words, all.missing, all.extra
    );
    if all.absent_rightly + all.absent_wrongly > 0 {
        let _ = writeln!(
            text,
            "called absent: {} words rightly, {} wrongly",
            all.absent_rightly, all.absent_wrongly
        );
    }
    for (what, errors) in [
        ("word starts", &all.word_starts),
        ("word ends", &all.word_ends),
        ("sentence starts", &all.sentence_starts),
        ("sentence ends", &all.sentence_ends),
    ] {
        if let Some(errors) = errors {
            let _ = writeln!(text, "{what:<16} {}", as_text(errors));
        }
    }
    if let Some(calibration) = &all.calibration {
        write_calibration(text, calibration);
    }
}

/// How many intervals hold the true start, all of them and quarter by quarter of their widths.
fn write_calibration(text: &mut String, calibration: &Calibration) {
    let _ = writeln!(
        text,
        "intervals        {:.1} % hold the true start (stated: 90 %), mean ± {:.0} ms",
        100.0 * calibration.covered,
        calibration.mean_plus_minus_ms
    );
    for quarter in &calibration.quarters {
        let _ = writeln!(
            text,
            "  up to ± {:4.0} ms  {:5.1} % of {}; ± {:.0} ms would hold 90 %",
            quarter.up_to_ms,
            100.0 * quarter.covered,
            quarter.intervals,
            quarter.p90_error_ms
        );
    }
}

fn score_timeline(candidate: &Path, reference: &Path) -> Result<Score> {
    let text = plan::read_text(candidate)?;
    let in_file = || candidate.display().to_string();
    let timeline = match import::Format::detect(&text) {
        Some(format) => {
            import::import(&text, format, &import::ImportSettings::default()).with_context(in_file)?
        }
        None => Timeline::from_json(&text).with_context(in_file)?,
    };
    let stem = Path::new(&timeline.audio.path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let settings = ReferenceSettings { audio: stem, ..ReferenceSettings::default() };
    let reference = Reference::read(&plan::read_text(reference)?, &settings)
        .with_context(|| reference.display().to_string())?;
    Ok(alignment::score(&timeline, &reference))
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
    write_quality(&mut text, "restored", &score.restored);
    if let Some(input) = &score.input {
        write_quality(&mut text, "input", input);
    }
    write_clicks(&mut text, &score);
    output::print(text.as_bytes())
}

/// One recording against the clean one, as a whole and channel by channel.
fn write_quality(text: &mut String, what: &str, quality: &restoration::Quality) {
    let _ = writeln!(
        text,
        "{what:<10} SI-SDR {:6.2} dB, segmental SNR {:6.2} dB, log-spectral distance {:5.2} dB, ESTOI {}, lag {} samples",
        quality.si_sdr_db,
        quality.segmental_snr_db,
        quality.log_spectral_distance_db,
        quality.estoi.map_or_else(|| "none".to_owned(), |estoi| format!("{estoi:.3}")),
        quality.lag_samples
    );
    if !quality.channels_si_sdr_db.is_empty() {
        let channels: Vec<String> = quality.channels_si_sdr_db.iter().map(|db| format!("{db:.2}")).collect();
        let _ = writeln!(text, "  channels SI-SDR {} dB", channels.join(", "));
    }
}

/// What became of planted clicks, and how many of them repairs found.
fn write_clicks(text: &mut String, score: &restoration::RestorationScore) {
    if let Some(clicks) = score.clicks {
        let _ = writeln!(
            text,
            "clicks     error inside {:+.1} dB, outside {:+.1} dB, {} samples planted",
            clicks.error_change_db, clicks.outside_change_db, clicks.samples
        );
    }
    let Some(detection) = &score.detection else { return };
    let _ = writeln!(
        text,
        "repairs    recall {:.3} of clicks from {} sigma of the noise on, precision {:.3}; {} repairs, {} of them false",
        detection.recall,
        restoration::CLEAR_SIGMAS,
        detection.precision,
        detection.repairs,
        detection.false_repairs
    );
    for class in &detection.classes {
        let upper = class.to_sigmas.map_or_else(String::new, |to| format!(" to {to}"));
        let _ = writeln!(
            text,
            "  from {:2}{upper:6} sigma {:6} of {} found",
            class.from_sigmas, class.found, class.planted
        );
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&plan::read_text(path)?).with_context(|| path.display().to_string())
}
