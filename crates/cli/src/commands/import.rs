//! `tonearm import`: the formats of others as a timeline; corrections made in other programs back into the timeline they came from.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tonearm_align::text::Transcript;
use tonearm_timeline::Timeline;
use tonearm_timeline::export::{ExportSettings, Format};
use tonearm_timeline::import::{self, ImportSettings, Place, text_of};

use super::export::{format_by_extension, level_of, read_timeline, write_export};
use crate::args::ImportArgs;
use crate::failure::usage;
use crate::output::{StagedFiles, is_stdout};
use crate::plan::{self, Due, Job};

pub(crate) fn import(args: ImportArgs, quiet: bool) -> Result<()> {
    let target = args.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let written = if is_stdout(&target) { Format::Json } else { format_by_extension(&target)? };
    let named = args.format.as_deref().map(import::Format::from_name).transpose();
    let named = named.map_err(|error| usage(error.to_string()))?;
    let mut inputs = vec![args.file.clone()];
    inputs.extend([&args.into, &args.transcript, &args.audio].into_iter().flatten().cloned());
    let job = Job::new(inputs, vec![target.clone()], args.existing)?;
    if job.begin("import")? == Due::Nothing {
        return Ok(());
    }
    let text = text_of(&plan::read_bytes(&args.file)?);
    let format = named.or_else(|| import::Format::detect(&text)).ok_or_else(|| {
        usage(format!(
            "{}: it looks like no format that is read; say which with -f FORMAT",
            args.file.display()
        ))
    })?;
    let settings = settings(&args)?;
    let name = || args.file.display().to_string();
    let timeline = match &args.into {
        Some(path) => {
            let revision =
                import::revise(&read_timeline(path)?, &text, format, &settings).with_context(name)?;
            for text in &revision.unmatched {
                tracing::warn!("{}: {text:?} is not in the timeline and was passed over", name());
            }
            if !quiet {
                eprintln!("import: {} corrected", counted(revision.corrected));
            }
            revision.timeline
        }
        None => {
            let mut timeline = import::import(&text, format, &settings).with_context(name)?;
            if let Some(path) = &args.transcript {
                let found = locate(&mut timeline, &plan::read_transcript(path)?);
                timeline.transcript.path = plan::document_path(path);
                if !quiet {
                    eprintln!("import: {} found in {}", counted(found), path.display());
                }
            }
            timeline
        }
    };
    let mut files = StagedFiles::new(job.existing);
    write_export(&mut files, &target, &timeline, written, &ExportSettings::default())?;
    files.commit()
}

fn settings(args: &ImportArgs) -> Result<ImportSettings> {
    let mut settings =
        ImportSettings { language: args.language.clone().unwrap_or_default(), ..Default::default() };
    if let Some(level) = args.level {
        settings.level = level_of(level);
    }
    if let Some(path) = &args.audio {
        let signal = plan::read_recording(path)?.signal;
        settings.audio_path = plan::document_path(path);
        settings.duration_secs = signal.duration().get();
        settings.sample_rate = signal.sample_rate().hz();
    }
    Ok(settings)
}

/// Gives the words of a timeline their places in the transcript, as far as they are found there; says how many were.
fn locate(timeline: &mut Timeline, transcript: &Transcript) -> usize {
    let places: Vec<Place> = transcript
        .words()
        .map(|word| Place { text: word.text.clone(), start: word.source.start, end: word.source.end })
        .collect();
    import::locate(timeline, &places)
}

fn counted(words: usize) -> String {
    if words == 1 { "1 word".to_owned() } else { format!("{words} words") }
}
