//! Aligning one recording: who says how the words sound, which translation goes beside them.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context, Result};
use tonearm_align::text::{Pronouncer, Transcript, guess_language, pronounce};
use tonearm_align::{AlignError, AlignSettings, Aligner, Anchor, Method, Recording, translation};
use tonearm_audio::{Seconds, Signal};
use tonearm_dsp::speed::TimeMap;
use tonearm_timeline::Timeline;

use crate::args::{AcousticArgs, AlignmentArgs, PronounceBy};
use crate::failure::usage;
use crate::plan;

/// Everything that an alignment needs beside the sound, read and checked.
pub(crate) struct AlignmentPlan {
    pub(crate) transcript: Transcript,
    transcript_path: String,
    pub(crate) pronouncer: Box<dyn Pronouncer>,
    aligner: Aligner,
    by_pauses: bool,
    translation: Option<(Transcript, String)>,
}

impl AlignmentPlan {
    pub(crate) fn new(transcript_path: &Path, args: &AlignmentArgs) -> Result<Self> {
        let transcript = plan::read_transcript(transcript_path)?;
        if args.by_pauses {
            // What is spoken is in no way pronounced.
            let spoken = if args.language == "auto" { "und" } else { &args.language };
            return Ok(Self {
                transcript,
                transcript_path: plan::document_path(transcript_path),
                pronouncer: pronounce::builtin(spoken)?,
                aligner: Aligner::new(AlignSettings::default())?,
                by_pauses: true,
                translation: None,
            });
        }
        let language = language(&args.language, &transcript, "--language")?;
        let translation = match &args.translation {
            Some(path) => {
                let translated = plan::read_transcript(path)?;
                let wanted = args.translation_language.as_deref().unwrap_or("auto");
                let language = self::language(wanted, &translated, "--translation-language")?;
                Some((translated, language))
            }
            None => None,
        };
        let mut pronouncer = pronouncer(&language, args.pronounce)?;
        if let Some(path) = &args.dictionary {
            let text = plan::read_text(path)?;
            pronouncer =
                pronounce::with_dictionary(pronouncer, &text).with_context(|| path.display().to_string())?;
        }
        let anchors = match &args.anchors {
            Some(path) => Anchor::read(&plan::read_text(path)?, &transcript)
                .with_context(|| path.display().to_string())?,
            None => Vec::new(),
        };
        let mut settings = AlignSettings { anchors, ..AlignSettings::default() };
        if let Some(weight) = args.acoustics.acoustic_weight {
            settings.method.acoustic_weight = weight;
        }
        let aligner = Aligner::new(settings).map_err(|error| usage(error.to_string()))?;
        let aligner = with_acoustics(aligner, &args.acoustics)?;
        Ok(Self {
            transcript,
            transcript_path: plan::document_path(transcript_path),
            pronouncer,
            aligner,
            by_pauses: false,
            translation,
        })
    }

    /// Finds the words. `audio_path` is what the timeline will say.
    pub(crate) fn align(&self, signal: &Signal, audio_path: &Path) -> Result<Timeline> {
        self.align_owned(Cow::Borrowed(signal), audio_path)
    }

    /// [`align`](Self::align), which lets go of the samples as soon as they were listened to.
    pub(crate) fn align_owned(&self, signal: Cow<'_, Signal>, audio_path: &Path) -> Result<Timeline> {
        let recording =
            if self.by_pauses { Recording::analysed(&signal) } else { self.aligner.listened(&signal) };
        drop(signal);
        self.align_heard(recording, audio_path)
    }

    /// Whether the recording is needed as a whole.
    pub(crate) fn hears_whole(&self) -> bool {
        self.aligner.hears_whole()
    }

    /// [`align`](Self::align) of a recording that was listened to.
    pub(crate) fn align_heard(
        &self,
        recording: Result<Recording, AlignError>,
        audio_path: &Path,
    ) -> Result<Timeline> {
        let alignment = recording.and_then(|recording| {
            if self.by_pauses {
                let language = self.pronouncer.language();
                return self.aligner.place_by_pauses(&recording, &self.transcript, language);
            }
            self.aligner.align_heard(&recording, &self.transcript, self.pronouncer.as_ref(), &mut |_| ())
        });
        let alignment = alignment.with_context(|| {
            format!("{} cannot be aligned with {}", audio_path.display(), self.transcript_path)
        })?;
        if alignment.is_doubtful {
            tracing::warn!(
                "{} may not be what is spoken on {}: it fits the sound little better than other words would ({:.1}, where texts of their own \
                 recordings are above {:.1}); no word is marked as heard",
                self.transcript_path,
                audio_path.display(),
                alignment.text_fit,
                Method::default().sure_text_fit,
            );
        }
        let mut timeline = alignment.into_timeline(&plan::document_path(audio_path), &self.transcript_path);
        if let Some((translated, language)) = &self.translation {
            translation::attach(&mut timeline, translated, language);
        }
        Ok(timeline)
    }
}

/// A timeline of a signal whose speed was changed, in seconds of the recording it was made from.
/// `duration` is that recording's.
pub(crate) fn in_transfer_time(timeline: &Timeline, map: TimeMap, duration: Seconds) -> Timeline {
    let mut timeline = timeline.clone();
    if map != TimeMap::IDENTITY {
        let end = duration.get();
        timeline.map_times(|secs| map.to_transfer(Seconds::new(secs)).get().min(end));
        timeline.round_times();
        timeline.audio.duration = end;
    }
    timeline
}

impl AlignmentArgs {
    /// Every file that the options name.
    pub(crate) fn files(&self) -> impl Iterator<Item = std::path::PathBuf> {
        let acoustics = &self.acoustics;
        [
            &self.translation,
            &self.dictionary,
            &self.anchors,
            &acoustics.acoustic_model,
            &acoustics.acoustic_tokens,
        ]
        .into_iter()
        .flatten()
        .cloned()
    }
}

/// The language that was named, or that the text seems to be in.
fn language(wanted: &str, transcript: &Transcript, option: &str) -> Result<String> {
    if wanted != "auto" {
        return Ok(wanted.to_owned());
    }
    let guessed = guess_language(transcript).ok_or_else(|| {
        usage(format!("the language of the text cannot be guessed; say {option} CODE, such as en or ru"))
    })?;
    tracing::info!("the text seems to be in the language {guessed}; {option} CODE names another");
    Ok(guessed.to_owned())
}

#[cfg(feature = "espeak")]
fn pronouncer(language: &str, wanted: Option<PronounceBy>) -> Result<Box<dyn Pronouncer>> {
    if wanted == Some(PronounceBy::Builtin) {
        return Ok(pronounce::builtin(language)?);
    }
    let data = tonearm_espeak::DataDir::install()?;
    Ok(pronounce::speaking(Box::new(tonearm_espeak::EspeakPronouncer::new(language, &data)?))?)
}

#[cfg(not(feature = "espeak"))]
fn pronouncer(language: &str, wanted: Option<PronounceBy>) -> Result<Box<dyn Pronouncer>> {
    if wanted == Some(PronounceBy::Espeak) {
        return Err(usage("this tonearm was built without eSpeak NG; --pronounce builtin is what it has"));
    }
    Ok(pronounce::builtin(language)?)
}

#[cfg(feature = "onnx")]
fn with_acoustics(aligner: Aligner, args: &AcousticArgs) -> Result<Aligner> {
    use tonearm_align::acoustic::{Acoustics, InputLevel, OnnxModel, Tokens};

    use crate::args::AcousticInput;

    let (Some(model_path), Some(tokens_path)) = (&args.acoustic_model, &args.acoustic_tokens) else {
        return Ok(aligner);
    };
    let tokens = Tokens::read(&plan::read_text(tokens_path)?, args.acoustic_blank.as_deref())
        .with_context(|| tokens_path.display().to_string())?;
    if !model_path.is_file() {
        anyhow::bail!("cannot read {}: there is no such file", model_path.display());
    }
    let model = OnnxModel::open(model_path).with_context(|| model_path.display().to_string())?;
    let level = match args.acoustic_input {
        Some(AcousticInput::Raw) => InputLevel::Raw,
        Some(AcousticInput::Normalised) | None => InputLevel::Normalised,
    };
    Ok(aligner.with_acoustics(Acoustics::new(Box::new(model), tokens, level)))
}

#[cfg(not(feature = "onnx"))]
fn with_acoustics(aligner: Aligner, args: &AcousticArgs) -> Result<Aligner> {
    if args.acoustic_model.is_some() {
        return Err(usage(
            "this tonearm was built without acoustic models; build one that has them with \
             `cargo build --release --features onnx`",
        ));
    }
    Ok(aligner)
}
