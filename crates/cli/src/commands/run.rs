//! `tonearm run`: the main job. Restore a side, find its words, make the listening page.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tonearm_audio::Container;
use tonearm_audio::decode::Recording;
use tonearm_dsp::restore::RestoreSettings;
use tonearm_report::{Figure, PageInputs};
use tonearm_timeline::export::{ExportSettings, Format};
use tonearm_timeline::{State, Timeline, UnalignedKind};

use super::export::{mark, write_export};
use crate::alignment::{self, AlignmentPlan};
use crate::args::RunArgs;
use crate::output::{self, StagedFiles};
use crate::plan::{self, Due, Job};
use crate::progress::Progress;
use crate::restoration::{Restoration, RestorationPlan, report_json, stage_audio};

/// The timeline's formats that the main job writes.
const FORMATS: [Format; 4] = [Format::Json, Format::Srt, Format::WebVtt, Format::TextGrid];

/// The restored recording's name.
const RESTORED: &str = "restored.wav";

/// What the main job makes of a side.
pub(crate) struct SidePaths {
    pub(crate) restored: PathBuf,
    pub(crate) removed: PathBuf,
    pub(crate) report: PathBuf,
    pub(crate) page: PathBuf,
    /// Timelines in seconds of the recording that was read.
    timelines: Vec<(PathBuf, Format)>,
    /// Timelines in seconds of the restored file, where its speed is another.
    timelines_at_speed: Vec<(PathBuf, Format)>,
}

impl SidePaths {
    pub(crate) fn in_dir(dir: &Path, at_speed: bool) -> Self {
        let timelines = |name: &str| -> Vec<(PathBuf, Format)> {
            let file = |format: &Format| dir.join(format!("{name}.{}", format.extension()));
            FORMATS.iter().map(|format| (file(format), *format)).collect()
        };
        Self {
            restored: dir.join(RESTORED),
            removed: dir.join("removed.wav"),
            report: dir.join("report.json"),
            page: dir.join("index.html"),
            timelines: timelines("timeline"),
            timelines_at_speed: if at_speed { timelines("restored") } else { Vec::new() },
        }
    }

    pub(crate) fn all(&self) -> Vec<PathBuf> {
        let audio = [&self.restored, &self.removed, &self.report, &self.page].into_iter().cloned();
        let timelines = self.timelines.iter().chain(&self.timelines_at_speed);
        audio.chain(timelines.map(|(path, _)| path.clone())).collect()
    }
}

pub(crate) fn run(args: RunArgs, quiet: bool) -> Result<()> {
    let report = run_side(&args, quiet)?;
    match report {
        Some(report) if args.json => output::print_json(&report),
        _ => Ok(()),
    }
}

/// Does the whole job for one side; none where there was nothing to do.
pub(crate) fn run_side(args: &RunArgs, quiet: bool) -> Result<Option<Value>> {
    let restoration_plan = RestorationPlan::new(&args.chain)?;
    let paths = SidePaths::in_dir(&args.out_dir, args.chain.speed.is_some());
    let mut inputs = vec![args.audio.clone(), args.transcript.clone()];
    inputs.extend(args.alignment.files());
    let job = Job::new(inputs, paths.all(), args.existing)?;
    if job.begin("restore and align")? == Due::Nothing {
        return Ok(None);
    }

    let progress = Progress::new(RestoreSettings::STAGES.len() + 5, quiet);
    progress.step("reading the transcript");
    let alignment_plan = AlignmentPlan::new(&args.transcript, &args.alignment)?;
    progress.step("reading the recording");
    let mut recording = plan::read_recording(&args.audio)?;
    let restoration =
        restoration_plan.restore(&recording, Container::Wav, true, |stage| progress.step(stage))?;
    progress.step("aligning");
    let timeline = alignment_plan
        .align(restoration.for_aligning.as_ref().unwrap_or(&restoration.restored), &args.audio)?;

    let mut report = report_json(&args.audio, &recording, &restoration)?;
    report["alignment"] = alignment_json(&timeline, &alignment_plan);
    progress.step("drawing the page");
    let page = page(args, &recording, &restoration, &timeline)?;

    progress.step("writing");
    let mut files = StagedFiles::new(job.existing);
    let depth = restoration.sample_format;
    stage_audio(&mut files, &paths.removed, &restoration.removed, depth, &recording, "removed")?;
    // Any program that shows cue points then shows where each sentence starts.
    mark(&mut recording, &timeline, &ExportSettings::default())?;
    stage_audio(&mut files, &paths.restored, &restoration.restored, depth, &recording, "restore")?;
    let in_transfer =
        alignment::in_transfer_time(&timeline, restoration.time_map, recording.signal.duration());
    let mut beside_restored = timeline.clone();
    beside_restored.audio.path = RESTORED.to_owned();
    for (timeline, paths) in [(&in_transfer, &paths.timelines), (&beside_restored, &paths.timelines_at_speed)]
    {
        for (path, format) in paths {
            write_export(&mut files, path, timeline, *format, &ExportSettings::default())?;
        }
    }
    let report_bytes = output::json_bytes(&report)?;
    files.write(&paths.report, |writer| Ok(writer.write_all(&report_bytes)?))?;
    files.write(&paths.page, |writer| Ok(writer.write_all(page.as_bytes())?))?;
    files.commit()?;
    drop(progress);

    if !quiet && !args.json {
        say(&restoration, &timeline, &paths);
    }
    Ok(Some(report))
}

/// What a person wants to know at the end.
fn say(restoration: &Restoration, timeline: &Timeline, paths: &SidePaths) {
    restoration.tell_proposal();
    for stage in &restoration.reports {
        eprintln!("{}: {}", stage.name, stage.summary);
    }
    let (heard, all) = heard(timeline);
    eprintln!("align: {heard} of {all} words heard in {}", timeline.language);
    eprintln!("open {}", paths.page.display());
}

fn heard(timeline: &Timeline) -> (usize, usize) {
    let heard = timeline.words().filter(|word| word.confidence.state == State::Measured).count();
    (heard, timeline.words().count())
}

/// The median half-width of the words' intervals, in milliseconds.
fn median_plus_minus_ms(timeline: &Timeline) -> Option<f64> {
    let mut widths: Vec<f64> = timeline.words().filter_map(|word| word.confidence.plus_minus_ms).collect();
    widths.sort_by(f64::total_cmp);
    widths.get(widths.len() / 2).copied()
}

fn alignment_json(timeline: &Timeline, plan: &AlignmentPlan) -> Value {
    let (heard, all) = heard(timeline);
    json!({
        "language": timeline.language,
        "pronouncer": plan.pronouncer.name(),
        "sentences": timeline.sentences().count(),
        "sentences_translated": timeline.sentences().filter(|sentence| sentence.translation.is_some()).count(),
        "words": all,
        "words_heard": heard,
        "median_plus_minus_ms": median_plus_minus_ms(timeline),
        "lines_set_aside": plan.transcript.set_aside.len(),
    })
}

fn page(
    args: &RunArgs,
    recording: &Recording,
    restoration: &Restoration,
    timeline: &Timeline,
) -> Result<String> {
    let title = match &args.title {
        Some(title) => title.clone(),
        None => recording.metadata.tag("TITLE").map_or_else(|| first_words(timeline), str::to_owned),
    };
    let figures = figures(timeline);
    let before = restoration.input_at_speed.as_ref().unwrap_or(&recording.signal);
    let mut inputs = PageInputs::new(&title, before, &restoration.restored, &restoration.removed);
    inputs.timeline = Some(timeline);
    inputs.stage_reports = &restoration.reports;
    inputs.figures = &figures;
    tonearm_report::render(&inputs).context("the listening page cannot be made")
}

/// The first sentence, which on most sides is announced or is the title.
fn first_words(timeline: &Timeline) -> String {
    const WORDS: usize = 8;
    let Some(sentence) = timeline.sentences().next() else { return "A side".to_owned() };
    let words: Vec<&str> = sentence.text.split_whitespace().collect();
    if words.len() <= WORDS { words.join(" ") } else { format!("{} …", words[..WORDS].join(" ")) }
}

fn figures(timeline: &Timeline) -> Vec<Figure> {
    let (heard, all) = heard(timeline);
    let figure = |label: &str, value: String, explanation: &str| Figure {
        label: label.to_owned(),
        value,
        explanation: explanation.to_owned(),
    };
    let mut figures = vec![figure(
        "Words heard",
        format!("{heard} of {all}"),
        "Words whose sound was found where the timeline puts them; the others are placed from their neighbours.",
    )];
    if let Some(width) = median_plus_minus_ms(timeline) {
        figures.push(figure(
            "Word starts",
            format!("± {width:.0} ms"),
            "Half of the words carry a narrower interval than this; the interval holds the true start nine times in ten.",
        ));
    }
    let outside: f64 = timeline
        .unaligned
        .iter()
        .filter(|stretch| stretch.kind == UnalignedKind::Other)
        .map(|stretch| stretch.end - stretch.start)
        .sum();
    if outside > 0.0 {
        figures.push(figure(
            "Not in the text",
            format!("{outside:.1} s"),
            "Sound that no word of the transcript accounts for: an announcement, applause, music.",
        ));
    }
    figures
}
