//! `tonearm align`: when each word is spoken.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::Result;
use tonearm_audio::{Container, decode::Recording};
use tonearm_timeline::export::Format;

use super::export::{export_settings, format_by_extension, format_by_name, write_export};
use crate::alignment::{AlignmentPlan, in_transfer_time};
use crate::args::{AlignArgs, ChainArgs};
use crate::failure::usage;
use crate::output::{StagedFiles, is_stdout};
use crate::plan::{self, Due, Job};
use crate::progress::Progress;
use crate::restoration::{self, RestorationPlan};

/// What is mended before words are looked for: the walls of a vertical cut would cancel one another in a mix.
const WALLS: [&str; 1] = ["groove-walls"];
/// With `--declick` these too. On worn discs they did not move the words: what the aligner does about clicks in its own
/// analysis is enough, and twice as fast as the whole alignment.
const CLICKS: [&str; 2] = ["declick", "decrackle"];

pub(crate) fn align(args: AlignArgs, quiet: bool) -> Result<()> {
    let targets = targets(&args)?;
    let mut inputs = vec![args.audio.clone(), args.transcript.clone()];
    inputs.extend(args.alignment.files());
    let speed = args.speed.as_deref().map(restoration::speed).transpose()?;
    let job = Job::new(inputs, targets.iter().map(|(path, _)| path.clone()).collect(), args.existing)?;
    if job.begin("align")? == Due::Nothing {
        return Ok(());
    }
    let progress = Progress::new(4, quiet);
    progress.step("reading the transcript");
    let alignment = AlignmentPlan::new(&args.transcript, &args.alignment)?;
    progress.step("reading the recording");
    let recording = plan::read_recording(&args.audio)?;
    let mut only: Vec<String> = Vec::new();
    if recording.signal.channel_count() > 1 {
        only.extend(WALLS.map(str::to_owned));
    }
    if args.declick {
        only.extend(CLICKS.map(str::to_owned));
    }
    let duration = recording.signal.duration();
    let mut signal = recording.signal;
    if !only.is_empty() {
        progress.step("mending");
        let mending = RestorationPlan::new(&ChainArgs { only, ..ChainArgs::default() })?;
        signal = mending.restore(&Recording { signal, ..recording }, Container::Wav, |_| ())?.for_aligning;
    }
    progress.step("aligning");
    let (changed, time_map) = restoration::at_speed(&signal, speed)?;
    let changed = matches!(changed, Cow::Owned(_)).then(|| changed.into_owned());
    let timeline = alignment.align_owned(Cow::Owned(changed.unwrap_or(signal)), &args.audio)?;
    let timeline = in_transfer_time(&timeline, time_map, duration);
    drop(progress);

    let settings = export_settings(args.export);
    let mut files = StagedFiles::new(job.when_writing());
    for (path, format) in &targets {
        write_export(&mut files, path, &timeline, *format, &settings)?;
    }
    files.commit()
}

/// Every file to write with its format.
fn targets(args: &AlignArgs) -> Result<Vec<(PathBuf, Format)>> {
    let formats = args.formats.iter().map(|name| format_by_name(name)).collect::<Result<Vec<_>>>()?;
    match (&args.output, formats.as_slice()) {
        (None, []) => Ok(vec![("-".into(), Format::Json)]),
        (None, [only]) => Ok(vec![("-".into(), *only)]),
        (None, _) => Err(usage("with several formats say where they go: -o OUT")),
        (Some(output), []) if is_stdout(output) => Ok(vec![(output.clone(), Format::Json)]),
        (Some(output), []) => Ok(vec![(output.clone(), format_by_extension(output)?)]),
        (Some(output), [only]) => Ok(vec![(output.clone(), *only)]),
        (Some(output), several) => {
            Ok(several.iter().map(|format| (output.with_extension(format.extension()), *format)).collect())
        }
    }
}
