//! `tonearm batch`: many sides, one after the other, so that memory is that of one side; each is worked on by all cores.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};
use tonearm_report::SideEntry;

use super::{restore, run};
use crate::args::{AlignmentArgs, BatchArgs, ChainArgs, ExistingArgs, RestoreArgs, RunArgs};
use crate::failure::{SomeFailed, sentence};
use crate::output::{Existing, StagedFiles};
use crate::restoration::RestorationPlan;
use crate::sides::{self, Side};
use crate::{output, plan};

pub(crate) fn batch(args: BatchArgs) -> Result<()> {
    let sides = sides::read(&args.source)?;
    // What is wrong with the options is wrong for every side: say it once.
    RestorationPlan::new(&args.chain)?;
    let mut failed = 0;
    let mut entries = Vec::with_capacity(sides.len());
    for side in &sides {
        let outcome = do_side(&args, side);
        if outcome.is_err() {
            failed += 1;
        }
        if args.dry_run && outcome.is_ok() {
            continue;
        }
        entries.push(entry(&args, side, &outcome));
        let mut line = serde_json::to_vec(&line(&args, side, outcome))?;
        line.push(b'\n');
        output::print(&line)?;
    }
    if !args.dry_run && failed < sides.len() {
        write_index(&args, &entries)?;
    }
    if failed > 0 { Err(SomeFailed { failed, total: sides.len() }.into()) } else { Ok(()) }
}

/// Does one side; none where it was done before. A panic on one side is a defect, and no reason to lose the others.
fn do_side(args: &BatchArgs, side: &Side) -> Result<Option<Value>> {
    let work = || if side.transcript.is_some() { align_side(args, side) } else { restore_side(args, side) };
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow!("an internal error; please report it")))
}

fn existing(args: &BatchArgs) -> ExistingArgs {
    ExistingArgs { force: args.force, skip_existing: !args.force, dry_run: args.dry_run }
}

/// The batch's own options, under what the side says of itself.
fn chain(args: &BatchArgs, side: &Side) -> ChainArgs {
    let or = |own: &Option<String>, all: &Option<String>| own.clone().or_else(|| all.clone());
    ChainArgs {
        preset: or(&side.preset, &args.chain.preset),
        curve: or(&side.curve, &args.chain.curve),
        speed: or(&side.speed, &args.chain.speed),
        ..args.chain.clone()
    }
}

fn align_side(args: &BatchArgs, side: &Side) -> Result<Option<Value>> {
    let alignment = AlignmentArgs {
        language: side.language.clone().unwrap_or_else(|| args.alignment.language.clone()),
        translation: side.translation.clone().or_else(|| args.alignment.translation.clone()),
        translation_language: side
            .translation_language
            .clone()
            .or_else(|| args.alignment.translation_language.clone()),
        ..args.alignment.clone()
    };
    let run_args = RunArgs {
        audio: side.audio.clone(),
        transcript: side.transcript.clone().unwrap_or_default(),
        out_dir: args.out_dir.join(side.name()),
        title: side.title.clone(),
        chain: chain(args, side),
        alignment,
        existing: existing(args),
        json: false,
    };
    run::run_side(&run_args, true)
}

fn restore_side(args: &BatchArgs, side: &Side) -> Result<Option<Value>> {
    let dir = args.out_dir.join(side.name());
    let restore_args = RestoreArgs {
        inputs: vec![side.audio.clone()],
        output: Some(dir.join("restored.wav")),
        out_dir: None,
        removed: Some(dir.join("removed.wav")),
        report: Some(dir.join("report.json")),
        chain: chain(args, side),
        print_config: false,
        existing: existing(args),
        json: false,
    };
    let plan = RestorationPlan::new(&restore_args.chain)?;
    let mut report = None;
    for (job, target) in restore::jobs(&restore_args)? {
        report = restore::restore_one(&restore_args, &plan, &job, &target, true)?;
    }
    Ok(report)
}

/// What is said of a side: one line.
fn line(args: &BatchArgs, side: &Side, outcome: Result<Option<Value>>) -> Value {
    let mut line = Map::new();
    let mut say = |key: &str, value: Value| line.insert(key.to_owned(), value);
    say("side", side.name().into());
    say("audio", path_json(&side.audio));
    say("out", path_json(&args.out_dir.join(side.name())));
    match outcome {
        Err(error) => {
            say("status", "failed".into());
            say("error", sentence(&error).into());
        }
        Ok(None) => {
            say("status", "skipped".into());
        }
        Ok(Some(report)) => {
            say("status", "done".into());
            say("duration", report["input"]["duration"].clone());
            say("stages", summaries(&report));
            let warnings = warnings(&report);
            if !warnings.is_empty() {
                say("warnings", warnings.into());
            }
            if !report["alignment"].is_null() {
                say("alignment", report["alignment"].clone());
            }
        }
    }
    Value::Object(line)
}

/// The side in the page that leads to all sides.
fn entry(args: &BatchArgs, side: &Side, outcome: &Result<Option<Value>>) -> SideEntry {
    let dir = args.out_dir.join(side.name());
    let read = || serde_json::from_str::<Value>(&plan::read_text(&dir.join("report.json")).ok()?).ok();
    let (report, summary) = match outcome {
        Ok(Some(report)) => (Some(report.clone()), None),
        // Done before: what was said then.
        Ok(None) => (read(), None),
        Err(error) => (None, Some(sentence(error))),
    };
    let report = report.unwrap_or_default();
    let summary = summary.unwrap_or_else(|| figures(&report));
    // A side without a transcript has no page: its restored recording is what there is to hear.
    let shown = ["index.html", "restored.wav"].into_iter().find(|file| dir.join(file).is_file());
    SideEntry {
        title: side.title.clone().unwrap_or_else(|| side.name()),
        href: shown.map(|file| format!("{}/{file}", side.name())).unwrap_or_default(),
        duration_secs: report["input"]["duration"].as_f64().unwrap_or(0.0),
        summary,
        done: outcome.is_ok(),
    }
}

/// What is most asked of a side, in one line: the words that were heard, the clicks, the noise.
fn figures(report: &Value) -> String {
    let heard = &report["alignment"];
    let words = match (heard["words_heard"].as_u64(), heard["words"].as_u64()) {
        (Some(heard), Some(words)) => format!("{heard} of {words} words heard"),
        _ => "restored recording, without a text".to_owned(),
    };
    let stages = report["stages"].as_array().into_iter().flatten();
    let told = stages
        .filter(|stage| FIGURE_STAGES.iter().any(|name| stage["name"] == *name))
        .filter_map(|stage| stage["summary"].as_str().map(str::to_owned));
    std::iter::once(words).chain(told).collect::<Vec<_>>().join(" · ")
}

/// The stages whose sentence stands in the page of all sides; the side's own page tells of the others.
const FIGURE_STAGES: [&str; 2] = ["declick", "spectral-gate"];

fn write_index(args: &BatchArgs, entries: &[SideEntry]) -> Result<()> {
    let title = args
        .source
        .file_stem()
        .map_or_else(|| "Sides".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let page = tonearm_report::render_index(&title, entries);
    let mut files = StagedFiles::new(Existing::Replace);
    files.write(&args.out_dir.join("index.html"), |writer| Ok(writer.write_all(page.as_bytes())?))?;
    files.commit()
}

fn path_json(path: &Path) -> Value {
    plan::document_path(path).into()
}

/// What was wrong with the input, and what the stages warn of.
fn warnings(report: &Value) -> Vec<String> {
    let sentences = |of: &Value| -> Vec<String> {
        let all = of["warnings"].as_array().into_iter().flatten();
        all.filter_map(|warning| warning.as_str().map(str::to_owned)).collect()
    };
    let mut warnings = sentences(&report["input"]);
    for stage in report["stages"].as_array().into_iter().flatten() {
        let name = stage["name"].as_str().unwrap_or_default();
        warnings.extend(sentences(stage).iter().map(|warning| format!("{name}: {warning}")));
    }
    warnings
}

/// Each stage's one sentence.
fn summaries(report: &Value) -> Value {
    let stages = report["stages"].as_array().into_iter().flatten();
    let pairs =
        stages.filter_map(|stage| Some((stage["name"].as_str()?.to_owned(), stage["summary"].clone())));
    json!(pairs.collect::<Map<String, Value>>())
}
