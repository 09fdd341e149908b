//! `tonearm restore`: repairs recordings.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use crate::args::RestoreArgs;
use crate::failure::{SomeFailed, sentence, usage};
use crate::output::{self, StagedFiles};
use crate::plan::{self, Due, Job};
use crate::progress::Progress;
use crate::restoration::{RestorationPlan, report_json, stage_audio};

pub(crate) fn restore(args: RestoreArgs, quiet: bool) -> Result<()> {
    let plan = RestorationPlan::new(&args.chain)?;
    if args.print_config {
        return output::print(plan.to_toml()?.as_bytes());
    }
    let jobs = jobs(&args)?;
    let mut reports = Vec::new();
    let mut failed = 0;
    for (job, target) in &jobs {
        match restore_one(&args, &plan, job, target, quiet) {
            Ok(Some(report)) => reports.push(report),
            Ok(None) => {}
            Err(error) if jobs.len() == 1 => return Err(error),
            Err(error) => {
                eprintln!("tonearm: {}", sentence(&error));
                failed += 1;
            }
        }
    }
    if args.json {
        match reports.as_slice() {
            [only] if jobs.len() == 1 => output::print_json(only)?,
            all => output::print_json(&all)?,
        }
    }
    if failed > 0 { Err(SomeFailed { failed, total: jobs.len() }.into()) } else { Ok(()) }
}

/// Every input with its output, checked against one another.
pub(crate) fn jobs(args: &RestoreArgs) -> Result<Vec<(Job, PathBuf)>> {
    let several = args.inputs.len() > 1;
    if several && (args.output.is_some() || args.removed.is_some() || args.report.is_some()) {
        return Err(usage("-o, --removed and --report name one file; with several inputs use --out-dir"));
    }
    let mut targets: Vec<PathBuf> = Vec::new();
    let mut jobs = Vec::new();
    for input in &args.inputs {
        let target = match (&args.output, &args.out_dir) {
            (Some(output), _) => output.clone(),
            (None, Some(dir)) => dir.join(restored_name(input)),
            (None, None) => return Err(usage("say where the result goes: -o FILE or --out-dir DIR")),
        };
        plan::container_for(&target)?;
        if targets.contains(&target) {
            return Err(usage(format!("two inputs would both become {}", target.display())));
        }
        let mut outputs = vec![target.clone()];
        outputs.extend([&args.removed, &args.report].into_iter().flatten().cloned());
        if let Some(removed) = &args.removed {
            plan::container_for(removed)?;
        }
        jobs.push((Job::new(args.inputs.clone(), outputs, args.existing)?.for_input(input), target.clone()));
        targets.push(target);
    }
    Ok(jobs)
}

/// The input's own name, as WAV where its format is not one we write.
fn restored_name(input: &Path) -> PathBuf {
    let name = PathBuf::from(input.file_name().unwrap_or_default());
    if tonearm_audio::encode::container_for(&name).is_ok() { name } else { name.with_extension("wav") }
}

pub(crate) fn restore_one(
    args: &RestoreArgs,
    plan: &RestorationPlan,
    job: &Job,
    target: &Path,
    quiet: bool,
) -> Result<Option<Value>> {
    if job.begin("restore")? == Due::Nothing {
        return Ok(None);
    }
    let input = &job.inputs[0];
    let progress = Progress::new(1 + tonearm_dsp::restore::RestoreSettings::STAGES.len(), quiet);
    progress.step(format!("reading {}", input.display()));
    let recording = plan::read_recording(input)?;
    let container = plan::container_for(target)?;
    let restoration = plan.restore(&recording, container, false, |stage| progress.step(stage))?;
    let report = report_json(input, &recording, &restoration)?;

    progress.step("writing");
    let mut files = StagedFiles::new(job.existing);
    stage_audio(&mut files, target, &restoration.restored, restoration.sample_format, &recording, "restore")?;
    if let Some(path) = &args.removed {
        stage_audio(
            &mut files,
            path,
            &restoration.removed,
            restoration.sample_format,
            &recording,
            "removed",
        )?;
    }
    if let Some(path) = &args.report {
        let bytes = output::json_bytes(&report)?;
        files.write(path, |writer| Ok(std::io::Write::write_all(writer, &bytes)?))?;
    }
    files.commit()?;
    drop(progress);
    if !quiet && !args.json {
        eprintln!("{}", target.display());
        restoration.tell_proposal();
        for stage in &restoration.reports {
            eprintln!("  {}: {}", stage.name, stage.summary);
        }
    }
    Ok(Some(report))
}
