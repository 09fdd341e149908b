//! `tonearm simulate`: an honest 78 of a clean recording.

use std::io::Write;

use anyhow::Result;
use tonearm_audio::SampleFormat;
use tonearm_audio::encode::{self, Dither};
use tonearm_dsp::simulate::{self as disc, DiscSettings, Playback};

use crate::args::SimulateArgs;
use crate::failure::usage;
use crate::output::{self, StagedFiles};
use crate::plan::{self, Due, Job};
use crate::progress::Progress;
use crate::restoration::{check_depth, sample_format, stage_audio};
use crate::settings_file;

pub(crate) fn simulate(args: SimulateArgs, quiet: bool) -> Result<()> {
    let settings = settings(&args)?;
    if args.print_config {
        return output::print(toml::to_string_pretty(&settings)?.as_bytes());
    }
    let (Some(clean), Some(output)) = (&args.clean, &args.output) else {
        return Err(usage("name a clean recording, and with -o the aged one to write"));
    };
    let container = plan::container_for(output)?;
    let depth = args.depth.map_or(SampleFormat::Int16, sample_format);
    check_depth(depth, container)?;
    let mut outputs = vec![output.clone()];
    outputs.extend([&args.truth, &args.reference].into_iter().flatten().cloned());
    let job = Job::new(vec![clean.clone()], outputs, args.existing)?;
    if job.begin("age")? == Due::Nothing {
        return Ok(());
    }
    let progress = Progress::new(3, quiet);
    progress.step("reading");
    let mut recording = plan::read_recording(clean)?;
    // Where the speech came from is the truth file's business; the disc has a history of its own.
    recording.metadata.markers.clear();
    progress.step("ageing");
    let disc = disc::simulate(&recording.signal, &settings)?;
    progress.step("writing");
    let mut files = StagedFiles::new(job.existing);
    for (path, signal, process) in [
        (Some(output), &disc.aged, "simulate"),
        (args.reference.as_ref(), &disc.reference, "simulate; reference"),
    ] {
        let Some(path) = path else { continue };
        let quantized = encode::quantized(signal, depth, Dither::default());
        stage_audio(&mut files, path, &quantized, depth, &recording, process)?;
    }
    if let Some(path) = &args.truth {
        let bytes = output::json_bytes(&disc.truth)?;
        files.write(path, |writer| Ok(writer.write_all(&bytes)?))?;
    }
    files.commit()
}

fn settings(args: &SimulateArgs) -> Result<DiscSettings> {
    let mut settings = DiscSettings::preset(&args.condition).ok_or_else(|| {
        usage(format!("there is no condition `{}`; known are {}", args.condition, disc::PRESETS.join(", ")))
    })?;
    if let Some(path) = &args.config {
        settings = settings_file::read_over(Some(&settings), path)?;
    }
    settings.seed = args.seed.unwrap_or(settings.seed);
    settings.surface.snr_db = args.snr.unwrap_or(settings.surface.snr_db);
    settings.clicks.per_second = args.clicks.unwrap_or(settings.clicks.per_second);
    settings.lead_in_secs = args.lead_in.unwrap_or(settings.lead_in_secs);
    settings.run_out_secs = args.run_out.unwrap_or(settings.run_out_secs);
    if args.stereo {
        settings.playback = Playback::Walls;
    }
    Ok(settings)
}
