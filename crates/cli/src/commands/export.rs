//! `tonearm export`: a timeline in another format, or its recording with the sentences marked in it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tonearm_audio::decode::Recording;
use tonearm_audio::{Container, Marker, SampleRate};
use tonearm_report::ogg_opus::ogg_opus;
use tonearm_timeline::Timeline;
use tonearm_timeline::export::{self, AudioResource, ExportSettings, Format, TextChoice};

use crate::args::{ExportArgs, ExportLevelArgs, Level};
use crate::failure::usage;
use crate::output::{self, StagedFiles, is_stdout};
use crate::plan::{self, Due, Job};
use crate::restoration::stage_audio;

/// What a timeline becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// A format of text, or one that holds the recording.
    Format(Format),
    /// The recording itself, with marks.
    Recording,
}

pub(crate) fn export(args: ExportArgs) -> Result<()> {
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let target = target(args.format.as_deref(), &path)?;
    let needs_audio = matches!(target, Target::Recording | Target::Format(Format::Epub));
    if args.audio.is_some() && !needs_audio {
        return Err(usage("only epub, wav and flac hold the recording; leave --audio out"));
    }
    let mut inputs = vec![args.timeline.clone()];
    inputs.extend(args.audio.clone());
    let job = Job::new(inputs, vec![path.clone()], args.existing)?;
    if job.begin("export")? == Due::Nothing {
        return Ok(());
    }
    let timeline = read_timeline(&args.timeline)?;
    let mut settings = ExportSettings { title: args.title.clone(), ..export_settings(args.export) };
    let mut files = StagedFiles::new(job.existing);
    match target {
        Target::Format(format) => {
            if format == Format::Epub {
                settings.audio = Some(audio_resource(&recording_path(&args, &timeline)?)?);
            }
            write_export(&mut files, &path, &timeline, format, &settings)?;
        }
        Target::Recording => {
            let source = recording_path(&args, &timeline)?;
            output::refuse_input_as_output(std::slice::from_ref(&source), std::slice::from_ref(&path))?;
            let mut recording = plan::read_recording(&source)?;
            mark(&mut recording, &timeline, &settings)?;
            let depth = recording.format.depth_in(plan::container_for(&path)?);
            stage_audio(&mut files, &path, &recording.signal, depth, &recording, "marked")?;
        }
    }
    files.commit()
}

fn target(format: Option<&str>, path: &Path) -> Result<Target> {
    let container = tonearm_audio::encode::container_for(path).ok();
    let wanted = match format.map(str::to_lowercase).as_deref() {
        Some("wav") => Some(Container::Wav),
        Some("flac") => Some(Container::Flac),
        Some(name) => return Ok(Target::Format(format_by_name(name)?)),
        None if is_stdout(path) => return Err(usage("say which format: -f FORMAT")),
        None if container.is_some() => container,
        None => return Ok(Target::Format(format_by_extension(path)?)),
    };
    if wanted != container {
        return Err(usage("a recording goes into a file that ends in .wav or .flac: -o OUT"));
    }
    Ok(Target::Recording)
}

/// The recording that was named, or that the timeline names: as it stands there, or beside the timeline.
fn recording_path(args: &ExportArgs, timeline: &Timeline) -> Result<PathBuf> {
    if let Some(path) = &args.audio {
        return Ok(path.clone());
    }
    let named = PathBuf::from(&timeline.audio.path);
    let beside = args.timeline.parent().map(|dir| dir.join(&named));
    match [Some(named.clone()), beside].into_iter().flatten().find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => {
            bail!("the timeline's recording {} is not there; say where it is: --audio FILE", named.display())
        }
    }
}

/// Bits a second of a recording that is compressed for an e-book: transparent for one voice.
const EPUB_BITS_PER_SECOND: u32 = 64_000;

/// The recording as a file that an e-book may hold: MP3, AAC and Opus as they stand, anything else as Opus.
fn audio_resource(path: &Path) -> Result<AudioResource> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let as_it_stands = [("mp3", "audio/mpeg"), ("m4a", "audio/mp4"), ("opus", "audio/ogg; codecs=opus")];
    if let Some((extension, media_type)) =
        as_it_stands.into_iter().find(|(extension, _)| *extension == ending)
    {
        let bytes = plan::read_bytes(path)?;
        return Ok(AudioResource { media_type, extension, bytes: bytes.into() });
    }
    let recording = plan::read_recording(path)?;
    let bytes = ogg_opus(&recording.signal, EPUB_BITS_PER_SECOND)?;
    Ok(AudioResource { media_type: "audio/ogg; codecs=opus", extension: "opus", bytes: bytes.into() })
}

/// Marks the start of every sentence (or word, or paragraph) in a recording, in place of marks it came with at the same samples.
pub(crate) fn mark(recording: &mut Recording, timeline: &Timeline, settings: &ExportSettings) -> Result<()> {
    let rate: SampleRate = recording.signal.sample_rate();
    let sample = |secs: f64| (secs * f64::from(rate.hz())).round() as u64;
    let marks: Vec<Marker> = export::marks(timeline, settings)?
        .into_iter()
        .map(|mark| Marker { sample: sample(mark.instant_secs), label: mark.label })
        .collect();
    let markers = &mut recording.metadata.markers;
    markers.retain(|marker| !marks.iter().any(|mark| mark.sample == marker.sample));
    markers.extend(marks);
    markers.sort_by_key(|marker| marker.sample);
    Ok(())
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
        settings.level = level_of(level);
    }
    settings.text = match args {
        ExportLevelArgs { translation_only: true, .. } => TextChoice::Translation,
        ExportLevelArgs { bilingual: true, .. } => TextChoice::Bilingual,
        _ => TextChoice::Spoken,
    };
    settings
}

/// The level that was typed.
pub(crate) fn level_of(level: Level) -> export::Level {
    match level {
        Level::Word => export::Level::Word,
        Level::Sentence => export::Level::Sentence,
        Level::Paragraph => export::Level::Paragraph,
    }
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
