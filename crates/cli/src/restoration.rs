//! Restoring one recording: the settings that were asked for, the chain, the files it leaves.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use tonearm_audio::decode::Recording;
use tonearm_audio::encode::{self, Dither, EncodeSettings};
use tonearm_audio::{Container, SampleFormat, Signal};
use tonearm_dsp::DspError;
use tonearm_dsp::inspect::{self, Proposal};
use tonearm_dsp::restore::{
    Chain, LoudnessSettings, NoisePrint, PlaybackCurveSettings, Preset, RestoreSettings, Restored,
    StageReport,
};
use tonearm_dsp::speed::{Speed, TimeMap, change_speed};

use crate::args::{ChainArgs, Depth};
use crate::failure::usage;
use crate::output::StagedFiles;
use crate::{plan, settings_file};

/// Name and version that outputs carry.
pub(crate) const PROGRAM: &str = concat!("tonearm ", env!("CARGO_PKG_VERSION"));

/// The stages that take noise from the programme itself or change its colour and level. Words are aligned on what comes before them:
/// noise taken out of a recording takes speech with it.
const AFTER_ALIGNING: [&str; 3] = ["spectral-gate", "playback-curve", "loudness"];

/// What a restoration was asked to be.
pub(crate) struct RestorationPlan {
    settings: Settings,
    speed: Option<Speed>,
    depth: Option<Depth>,
    args: ChainArgs,
}

enum Settings {
    /// The same for every recording.
    Fixed(Box<RestoreSettings>),
    /// As `inspect` proposes for each.
    Proposed,
}

/// A recording after restoration.
pub(crate) struct Restoration {
    /// As it will be read back from the file written.
    pub(crate) restored: Signal,
    /// Restored but for the steady noise: what words are aligned on, where that was asked for.
    pub(crate) for_aligning: Option<Signal>,
    /// The input at the disc's speed, where that was changed.
    pub(crate) input_at_speed: Option<Signal>,
    /// What was taken away, at the input's level.
    pub(crate) removed: Signal,
    /// A report a stage.
    pub(crate) reports: Vec<StageReport>,
    /// The settings that ran.
    pub(crate) settings: RestoreSettings,
    /// The preset and why, where it was chosen by listening.
    pub(crate) proposal: Option<Proposal>,
    /// How samples are stored.
    pub(crate) sample_format: SampleFormat,
    /// The speed that was asked for.
    pub(crate) speed: Option<Speed>,
    /// From instants of every signal here back to the recording that was read.
    pub(crate) time_map: TimeMap,
}

impl RestorationPlan {
    pub(crate) fn new(args: &ChainArgs) -> Result<Self> {
        let settings = match args.preset.as_deref() {
            Some("auto") => Settings::Proposed,
            name => Settings::Fixed(Box::new(requested_settings(name, args)?)),
        };
        if matches!(settings, Settings::Proposed) {
            // Every proposal must take the other wishes; find out now what is wrong with them.
            settings_over(Some(Preset::default()), args)?;
        }
        let speed = args.speed.as_deref().map(speed).transpose()?;
        Ok(Self { settings, speed, depth: args.depth, args: args.clone() })
    }

    /// The settings as TOML, for `--print-config`.
    pub(crate) fn to_toml(&self) -> Result<String> {
        match &self.settings {
            Settings::Fixed(settings) => {
                let gate = settings.spectral_gate.as_ref();
                if gate.is_some_and(|gate| matches!(gate.noise_print, NoisePrint::Signal(_))) {
                    return Err(usage(
                        "a noise print from a file does not fit into a configuration: print it without --noise-print, and \
                         name the file again when you restore",
                    ));
                }
                Ok(toml::to_string_pretty(settings.as_ref())?)
            }
            Settings::Proposed => Err(usage(
                "--preset auto depends on the recording: run `tonearm inspect`, then name the preset it proposes",
            )),
        }
    }

    /// Restores one recording, for words to be aligned on it too or for itself; `on_stage` is told each stage's name.
    pub(crate) fn restore(
        &self,
        recording: &Recording,
        container: Container,
        is_aligned: bool,
        mut on_stage: impl FnMut(&'static str),
    ) -> Result<Restoration> {
        let (settings, proposal) = self.settings_for(recording)?;
        let before_aligning: Vec<&str> =
            RestoreSettings::STAGES.iter().copied().filter(|stage| !AFTER_ALIGNING.contains(stage)).collect();
        let before = settings.without(&AFTER_ALIGNING)?.build()?;
        let after = settings.without(&before_aligning)?.build()?;
        let all_additive = before.stages().iter().chain(after.stages()).all(|stage| stage.is_additive());
        let mut told = |_, name| on_stage(name);
        // What is not needed any more goes at once: of long recordings each signal is hundreds of megabytes.
        let (first, mut reports, removed) = if all_additive {
            let (signal, reports) = before.restored(Cow::Borrowed(&recording.signal), &mut told)?;
            (signal, reports, None)
        } else {
            let Restored { signal, removed, reports } = before.process(&recording.signal, &mut told)?;
            (Cow::Owned(signal), reports, Some(removed))
        };
        let for_aligning = match is_aligned {
            true => Some(at_speed(first.clone(), self.speed)?.0.into_owned()),
            false => None,
        };
        let (second, removed) = match removed {
            None => {
                let (signal, later) = after.restored(first, &mut told)?;
                reports.extend(later);
                (signal, None)
            }
            Some(removed) => {
                let Restored { signal, removed: more, reports: later } = after.process(&first, &mut told)?;
                reports.extend(later);
                (Cow::Owned(signal), Some(removed.plus(&more)))
            }
        };
        let (finished, time_map) = at_speed(second, self.speed)?;
        let input_at_speed = match self.speed {
            Some(_) => Some(at_speed(Cow::Borrowed(&recording.signal), self.speed)?.0.into_owned()),
            None => None,
        };

        let sample_format = self.sample_format(recording, container)?;
        let clipped = encode::clipped_samples(&finished, sample_format);
        let (restored, removed) = match removed {
            None => parts(input_at_speed.as_ref().unwrap_or(&recording.signal), finished, sample_format),
            Some(removed) => {
                let removed = at_speed(Cow::Owned(removed), self.speed)?.0;
                let removed = stored(removed, sample_format, Dither::default());
                (stored(finished, sample_format, Dither::default()), removed)
            }
        };
        reports.iter().for_each(pass_on_warnings);
        if clipped > 0 {
            tracing::warn!(
                "{clipped} restored samples lie above full scale and are clipped; --depth float keeps them"
            );
        }
        Ok(Restoration {
            restored,
            for_aligning,
            input_at_speed,
            removed,
            reports,
            settings,
            proposal,
            sample_format,
            speed: self.speed,
            time_map,
        })
    }

    /// The settings for one recording, and why the preset was chosen if it was chosen by listening.
    fn settings_for(&self, recording: &Recording) -> Result<(RestoreSettings, Option<Proposal>)> {
        match &self.settings {
            Settings::Fixed(settings) => Ok((settings.as_ref().clone(), None)),
            Settings::Proposed => {
                let proposal = inspect::inspect(&recording.signal)?.proposal;
                Ok((settings_over(Some(proposal.preset), &self.args)?, Some(proposal)))
            }
        }
    }

    fn sample_format(&self, recording: &Recording, container: Container) -> Result<SampleFormat> {
        let wanted = self.depth.map_or_else(|| recording.format.depth_in(container), sample_format);
        check_depth(wanted, container)?;
        Ok(wanted)
    }
}

impl Restoration {
    /// Says which preset listening chose, and why.
    pub(crate) fn tell_proposal(&self) {
        if let Some(Proposal { preset, reasons }) = &self.proposal {
            eprintln!("  preset {preset}: {}", reasons.join(" "));
        }
    }
}

/// A signal as it will be read back.
fn stored(signal: Cow<Signal>, sample_format: SampleFormat, dither: Dither) -> Signal {
    let moved = match encode::quantized(&signal, sample_format, dither) {
        Cow::Owned(moved) => Some(moved),
        Cow::Borrowed(_) => None,
    };
    moved.unwrap_or_else(|| signal.into_owned())
}

/// What is restored and what was removed, as they will be read back: from what is written, so that both files add up to the input exactly.
/// Where a click at full scale would need more than full scale to be taken away, the excess stays.
fn parts(input: &Signal, finished: Cow<Signal>, sample_format: SampleFormat) -> (Signal, Signal) {
    let restored = stored(finished, sample_format, Dither::default());
    let input = encode::quantized(input, sample_format, Dither::None);
    let removed = stored(Cow::Owned(input.minus(&restored)), sample_format, Dither::None);
    drop(restored);
    (input.minus(&removed), removed)
}

fn pass_on_warnings(report: &StageReport) {
    for warning in &report.warnings {
        tracing::warn!("{}: {warning}", report.name);
    }
}

/// Stages that a recording goes through before it is listened to; what they take away is not kept.
pub(crate) struct Mending {
    chain: Chain,
}

impl Mending {
    /// These stages of the default preset.
    pub(crate) fn new(stages: &[&str]) -> Result<Self> {
        Ok(Self { chain: Preset::default().settings().only(stages)?.build()? })
    }

    pub(crate) fn mended(&self, mut signal: Signal) -> Result<Signal, DspError> {
        for stage in self.chain.stages() {
            let (output, report) = stage.process(&signal)?;
            pass_on_warnings(&report);
            signal = output;
        }
        Ok(signal)
    }
}

/// The speed that `--speed` names.
pub(crate) fn speed(text: &str) -> Result<Speed> {
    text.parse().map_err(|error: tonearm_dsp::DspError| usage(error.to_string()))
}

/// A signal at the disc's own speed, and the way back.
pub(crate) fn at_speed(signal: Cow<'_, Signal>, speed: Option<Speed>) -> Result<(Cow<'_, Signal>, TimeMap)> {
    Ok(match speed {
        Some(speed) => {
            let (changed, map) = change_speed(&signal, speed)?;
            (Cow::Owned(changed), map)
        }
        None => (signal, TimeMap::IDENTITY),
    })
}

/// Refuses a depth that a container cannot hold.
pub(crate) fn check_depth(sample_format: SampleFormat, container: Container) -> Result<()> {
    if container == Container::Flac && sample_format == SampleFormat::Float32 {
        return Err(usage("FLAC holds no floating point; choose --depth 24 or a .wav output"));
    }
    Ok(())
}

/// The sample format that `--depth` names.
pub(crate) fn sample_format(depth: Depth) -> SampleFormat {
    match depth {
        Depth::Int16 => SampleFormat::Int16,
        Depth::Int24 => SampleFormat::Int24,
        Depth::Float32 => SampleFormat::Float32,
    }
}

fn requested_settings(preset: Option<&str>, args: &ChainArgs) -> Result<RestoreSettings> {
    // The library knows nothing of `auto`, the command does.
    let refuse = |error: tonearm_dsp::DspError| usage(format!("{error}; or auto, which listens and chooses"));
    settings_over(preset.map(|name| name.parse::<Preset>()).transpose().map_err(refuse)?, args)
}

/// The settings of a preset, or of the default where nothing else is named, with every wish of the command line laid over them.
fn settings_over(preset: Option<Preset>, args: &ChainArgs) -> Result<RestoreSettings> {
    let settings = match (&args.config, preset) {
        (None, preset) => preset.unwrap_or_default().settings(),
        (Some(path), preset) => {
            settings_file::read_over(preset.map(|preset| preset.settings()).as_ref(), path)?
        }
    };
    complete_settings(settings, args)
}

/// The settings with every other wish of the command line.
fn complete_settings(mut settings: RestoreSettings, args: &ChainArgs) -> Result<RestoreSettings> {
    let refuse = |error: tonearm_dsp::DspError| usage(error.to_string());
    if !args.only.is_empty() {
        settings = settings.only(&args.only).map_err(refuse)?;
    }
    settings = settings.without(&args.without).map_err(refuse)?;
    if let Some(text) = &args.noise_print {
        let noise_print = noise_print(text)?;
        match &mut settings.spectral_gate {
            Some(gate) => gate.noise_print = noise_print,
            None => return Err(usage("--noise-print needs the stage spectral-gate, which does not run")),
        }
    }
    if let Some(text) = &args.curve {
        let curve = text.parse().map_err(refuse)?;
        settings.playback_curve =
            Some(PlaybackCurveSettings { curve, ..settings.playback_curve.unwrap_or_default() });
    }
    if let Some(target_lufs) = args.loudness {
        settings.loudness = Some(LoudnessSettings { target_lufs, ..settings.loudness.unwrap_or_default() });
    }
    if let Some(strength) = args.strength {
        settings = settings.at_strength(strength).map_err(refuse)?;
    }
    settings.build().map_err(refuse)?;
    Ok(settings)
}

/// `auto`, `START..END`, or the name of a recording.
fn noise_print(text: &str) -> Result<NoisePrint> {
    match text.parse() {
        Ok(noise_print) => Ok(noise_print),
        Err(_) if Path::new(text).exists() => {
            Ok(NoisePrint::Signal(plan::read_recording(Path::new(text))?.signal))
        }
        Err(error) => Err(usage(format!("--noise-print: {error}, and no file has that name"))),
    }
}

/// Writes samples that are on the target's grid already, with the input's metadata.
pub(crate) fn stage_audio(
    files: &mut StagedFiles,
    path: &Path,
    signal: &Signal,
    sample_format: SampleFormat,
    recording: &Recording,
    process: &str,
) -> Result<()> {
    let container = plan::container_for(path)?;
    let mut metadata = recording.metadata.clone();
    metadata.set_tag("ENCODER", PROGRAM);
    metadata.add_coding_history(signal, sample_format, &format!("{PROGRAM}; {process}"));
    if let Some(broadcast) = &mut metadata.broadcast {
        // The sound is another; its old loudness would be a lie.
        broadcast.loudness = None;
    }
    let settings = EncodeSettings { container, sample_format, dither: Dither::None, metadata };
    files.write(path, |writer| Ok(encode::write(writer, signal, &settings)?))
}

/// The report of a restoration.
pub(crate) fn report_json(input: &Path, recording: &Recording, restoration: &Restoration) -> Result<Value> {
    let signal = &recording.signal;
    Ok(json!({
        "program": PROGRAM,
        "input": {
            "path": plan::document_path(input),
            "format": recording.format.to_string(),
            "sample_rate": signal.sample_rate().hz(),
            "channels": signal.channel_count(),
            "samples": signal.len(),
            "duration": signal.duration().get(),
            "warnings": recording.warnings,
        },
        "settings": serde_json::to_value(&restoration.settings)?,
        "preset": restoration.proposal.as_ref().map(|proposal| proposal.preset),
        "reasons": restoration.proposal.as_ref().map_or(&[][..], |proposal| &proposal.reasons),
        "speed": restoration.speed,
        "transfer_seconds_per_second": restoration.time_map.ratio,
        "stages": serde_json::to_value(&restoration.reports)?,
    }))
}
