//! `tonearm align`: when each word is spoken.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tonearm_align::Listener;
use tonearm_audio::Signal;
use tonearm_dsp::speed::Speed;
use tonearm_timeline::Timeline;
use tonearm_timeline::export::Format;

use super::export::{export_settings, format_by_extension, format_by_name, write_export};
use crate::alignment::{AlignmentPlan, in_transfer_time};
use crate::args::AlignArgs;
use crate::failure::usage;
use crate::output::{StagedFiles, is_stdout};
use crate::plan::{self, Due, Job};
use crate::progress::Progress;
use crate::restoration::{self, Mending};

/// What is mended before words are looked for: the walls of a vertical cut would cancel one another in a mix.
const WALLS: [&str; 1] = ["groove-walls"];
/// With `--declick` these too. On worn discs they did not move the words: what the aligner does about clicks in its own
/// analysis is enough, and twice as fast as the whole alignment.
const CLICKS: [&str; 2] = ["declick", "decrackle"];
/// Samples a channel that are read at a time, some seconds.
const BLOCK_FRAMES: usize = 1 << 18;

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
    let timeline = if args.declick || speed.is_some() || alignment.hears_whole() {
        align_whole(&args, &alignment, speed, &progress)?
    } else {
        align_as_read(&args.audio, &alignment, &progress)?
    };
    drop(progress);

    let settings = export_settings(args.export);
    let mut files = StagedFiles::new(job.existing);
    for (path, format) in &targets {
        write_export(&mut files, path, &timeline, *format, &settings)?;
    }
    files.commit()
}

/// Listens to the recording as it is read: of hours only minutes lie in memory.
fn align_as_read(audio: &Path, alignment: &AlignmentPlan, progress: &Progress) -> Result<Timeline> {
    let walls = Mending::new(&WALLS)?;
    let mut listener = Listener::new(|piece: Signal| match piece.channel_count() {
        1 => Ok(piece),
        _ => Ok(walls.mended(piece)?),
    });
    // What cannot be listened to ends the job once the file has had its say.
    let mut heard = Ok(());
    plan::read_in_blocks(audio, BLOCK_FRAMES, &mut |block| {
        if heard.is_ok() {
            heard = listener.hear(&block);
        }
    })?;
    let recording = heard.and_then(|()| listener.finish());
    progress.step("aligning");
    alignment.align_heard(recording, audio)
}

/// Aligns what needs the whole recording at once.
fn align_whole(
    args: &AlignArgs,
    alignment: &AlignmentPlan,
    speed: Option<Speed>,
    progress: &Progress,
) -> Result<Timeline> {
    let mut signal = plan::read_recording(&args.audio)?.signal;
    let duration = signal.duration();
    let mut stages: Vec<&str> = Vec::new();
    if signal.channel_count() > 1 {
        stages.extend(WALLS);
    }
    if args.declick {
        stages.extend(CLICKS);
    }
    if !stages.is_empty() {
        progress.step("mending");
        signal = Mending::new(&stages)?.mended(signal)?;
    }
    progress.step("aligning");
    let (signal, time_map) = restoration::at_speed(Cow::Owned(signal), speed)?;
    let timeline = alignment.align_owned(signal, &args.audio)?;
    Ok(in_transfer_time(&timeline, time_map, duration))
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
