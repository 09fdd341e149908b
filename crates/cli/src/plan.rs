//! What was typed, validated: every question that can be answered before the work begins is answered here.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tonearm_align::text::Transcript;
use tonearm_audio::decode::{self, Recording};
use tonearm_audio::{Container, Signal, encode};

use crate::args::ExistingArgs;
use crate::failure::usage;
use crate::output::{Existing, is_stdout, refuse_existing, refuse_input_as_output};

/// Reads a recording; what was odd about the file is said on standard error.
pub(crate) fn read_recording(path: &Path) -> Result<Recording> {
    let recording = decode::read(path)?;
    for warning in &recording.warnings {
        tracing::warn!("{}: {warning}", path.display());
    }
    Ok(recording)
}

/// Reads a recording in blocks, as they are decoded; what was odd about the file is said on standard error.
pub(crate) fn read_in_blocks(path: &Path, block_frames: usize, take: &mut dyn FnMut(Signal)) -> Result<()> {
    let described = decode::read_in_blocks(path, block_frames, take)?;
    for warning in &described.warnings {
        tracing::warn!("{}: {warning}", path.display());
    }
    Ok(())
}

/// How files of sound begin: RIFF, RF64, FLAC, Ogg, AIFF, MP3 with a tag.
const RECORDINGS: [&[u8]; 6] = [b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM", b"ID3"];

/// Reads a transcript; the error names the file.
pub(crate) fn read_transcript(path: &Path) -> Result<Transcript> {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let bytes = read_bytes(path)?;
    if RECORDINGS.iter().any(|mark| bytes.starts_with(mark)) {
        bail!("{} is a recording, not a text: name the recording first, then its transcript", path.display());
    }
    tonearm_align::text::read_transcript(&bytes, name.as_deref()).with_context(|| path.display().to_string())
}

/// Reads a text file; the error names the file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read_bytes(path)?).with_context(|| format!("{} is not UTF-8 text", path.display()))
}

/// Reads a file; the error names it.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    if path.is_dir() {
        bail!("{} is a folder, not a file", path.display());
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The container that an output's name asks for.
pub(crate) fn container_for(path: &Path) -> Result<Container> {
    encode::container_for(path).map_err(|error| usage(error.to_string()))
}

/// A path as it stands in documents: with forward slashes, so that the same job gives the same bytes everywhere.
pub(crate) fn document_path(path: &Path) -> String {
    let text: Cow<str> = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// The files that a job reads and writes.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) inputs: Vec<PathBuf>,
    pub(crate) outputs: Vec<PathBuf>,
    pub(crate) existing: Existing,
    pub(crate) dry_run: bool,
}

/// What is left to do of a job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// All of it.
    Work,
    /// Nothing.
    Nothing,
}

impl Job {
    /// A job with its files checked against one another.
    pub(crate) fn new(inputs: Vec<PathBuf>, outputs: Vec<PathBuf>, args: ExistingArgs) -> Result<Self> {
        let existing = match args {
            ExistingArgs { force: true, .. } => Existing::Replace,
            ExistingArgs { skip_existing: true, .. } => Existing::Skip,
            _ => Existing::Refuse,
        };
        refuse_input_as_output(&inputs, &outputs)?;
        for (index, output) in outputs.iter().enumerate() {
            if !is_stdout(output) && outputs[..index].contains(output) {
                return Err(usage(format!("{} would be written twice", output.display())));
            }
        }
        Ok(Self { inputs, outputs, existing, dry_run: args.dry_run })
    }

    /// The same job for one of its inputs.
    pub(crate) fn for_input(self, input: &Path) -> Self {
        Self { inputs: vec![input.to_path_buf()], ..self }
    }

    /// Whether to begin: refuses inputs that are missing and outputs that stand, says what a dry run would do.
    pub(crate) fn begin(&self, what: &str) -> Result<Due> {
        for input in &self.inputs {
            if !input.exists() {
                bail!("{}: no such file", input.display());
            }
        }
        match self.existing {
            Existing::Skip if !self.outputs.is_empty() && self.outputs.iter().all(|path| path.exists()) => {
                tracing::info!("{} exists; skipped", self.outputs[0].display());
                return Ok(Due::Nothing);
            }
            Existing::Skip | Existing::Replace => {}
            Existing::Refuse => self.outputs.iter().try_for_each(|output| refuse_existing(output))?,
        }
        if self.dry_run {
            let inputs: Vec<_> = self.inputs.iter().map(|path| path.display().to_string()).collect();
            eprintln!("would {what} {}", inputs.join(" "));
            let is_left = |output: &&PathBuf| self.existing == Existing::Skip && output.exists();
            for output in self.outputs.iter().filter(|output| !is_left(output)) {
                eprintln!("would write {}", output.display());
            }
            return Ok(Due::Nothing);
        }
        Ok(Due::Work)
    }
}
