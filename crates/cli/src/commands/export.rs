//! `tonearm export`: a timeline in another format.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tonearm_timeline::Timeline;
use tonearm_timeline::export::{self, ExportSettings, Format, TextChoice};

use crate::args::{ExportArgs, ExportLevelArgs, Level};
use crate::failure::usage;
use crate::output::{self, StagedFiles, is_stdout};
use crate::plan::{self, Due, Job};

pub(crate) fn export(args: ExportArgs) -> Result<()> {
    let target = args.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let format = match &args.format {
        Some(name) => format_by_name(name)?,
        None if is_stdout(&target) => return Err(usage("say which format: -f FORMAT")),
        None => format_by_extension(&target)?,
    };
    let job = Job::new(vec![args.timeline.clone()], vec![target.clone()], args.existing)?;
    if job.begin("export")? == Due::Nothing {
        return Ok(());
    }
    let timeline = read_timeline(&args.timeline)?;
    let mut files = StagedFiles::new(job.when_writing());
    write_export(&mut files, &target, &timeline, format, &export_settings(args.export))?;
    files.commit()
}

/// Reads a timeline; the error names the file.
pub(crate) fn read_timeline(path: &Path) -> Result<Timeline> {
    Timeline::from_json(&plan::read_text(path)?).with_context(|| path.display().to_string())
}

/// The format of that name.
pub(crate) fn format_by_name(name: &str) -> Result<Format> {
    Format::from_name(name).map_err(|error| usage(error.to_string()))
}

/// The format that a file name's ending asks for; of several the longest ending, so that `x.labels.txt` is found.
pub(crate) fn format_by_extension(path: &Path) -> Result<Format> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    Format::ALL
        .iter()
        .copied()
        .filter(|format| name.ends_with(&format!(".{}", format.extension().to_lowercase())))
        .max_by_key(|format| format.extension().len())
        .ok_or_else(|| {
            usage(format!("{}: no format has that ending; say which with -f FORMAT", path.display()))
        })
}

/// What the options ask of an export.
pub(crate) fn export_settings(args: ExportLevelArgs) -> ExportSettings {
    let mut settings = ExportSettings::default();
    if let Some(level) = args.level {
        settings.level = match level {
            Level::Word => export::Level::Word,
            Level::Sentence => export::Level::Sentence,
            Level::Paragraph => export::Level::Paragraph,
        };
    }
    settings.text = match args {
        ExportLevelArgs { translation_only: true, .. } => TextChoice::Translation,
        ExportLevelArgs { bilingual: true, .. } => TextChoice::Bilingual,
        _ => TextChoice::Spoken,
    };
    settings
}

/// Writes a timeline in a format to a file of the job, or to standard output where the path is `-`.
pub(crate) fn write_export(
    files: &mut StagedFiles,
    path: &Path,
    timeline: &Timeline,
    format: Format,
    settings: &ExportSettings,
) -> Result<()> {
    let exported = export::export(timeline, format, settings)?;
    if is_stdout(path) {
        return output::print(exported.as_bytes());
    }
    files.write(path, |writer| Ok(writer.write_all(exported.as_bytes())?))
}
