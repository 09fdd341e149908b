//! `tonearm align`: when each word is spoken.

use std::path::PathBuf;

use anyhow::Result;
use tonearm_audio::Container;
use tonearm_timeline::export::Format;

use super::export::{export_settings, format_by_extension, format_by_name, write_export};
use crate::alignment::{AlignmentPlan, in_transfer_time};
use crate::args::{AlignArgs, ChainArgs};
use crate::failure::usage;
use crate::output::{StagedFiles, is_stdout};
use crate::plan::{self, Due, Job};
use crate::progress::Progress;
use crate::restoration::{self, RestorationPlan};

/// What is mended before words are looked for: clicks would count as onsets, and the walls of a vertical cut would cancel
/// one another in a mix.
const MENDED: [&str; 3] = ["groove-walls", "declick", "decrackle"];

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
    let mended = if args.no_declick {
        recording.signal.clone()
    } else {
        progress.step("mending clicks");
        let only = MENDED.map(str::to_owned).to_vec();
        let mending = RestorationPlan::new(&ChainArgs { only, ..ChainArgs::default() })?;
        mending.restore(&recording, Container::Wav, |_| ())?.for_aligning
    };
    progress.step("aligning");
    let (signal, time_map) = restoration::at_speed(&mended, speed)?;
    let timeline = alignment.align(&signal, &args.audio)?;
    let timeline = in_transfer_time(&timeline, time_map, &recording.signal);
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
