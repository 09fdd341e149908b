//! The flow of an alignment.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use tonearm_audio::Signal;

use crate::acoustic::{Acoustics, Occupancies, Spelling, TokenLikelihoods};
use crate::alignment::{AlignedWord, Alignment, unaligned};
use crate::confidence::Interval;
use crate::expectation::{Classes, Expectation};
use crate::features::HOP_SECS;
use crate::method::Method;
use crate::phones::PhoneSequence;
use crate::recording::Recording;
use crate::reference::{ReferenceVoice, TemplateReference, Templates};
use crate::sound_kind::named;
use crate::text::{Pronouncer, Transcript};
use crate::warp::boundary_model::BoundaryModel;
use crate::warp::coarse::COARSE;
use crate::warp::fine::Around;
use crate::warp::models::Scorer;
use crate::warp::rounds::Task;
use crate::words::words_of;
use crate::{AlignError, Anchor};

/// A text read twice as fast as the templates' voices would take this share of their time.
const FASTEST: f64 = 0.33;

/// An acoustic model with more weight than this would leave the sound itself no say.
const MOST_ACOUSTIC_WEIGHT: f32 = 10.0;

/// How often words that were not spoken are looked for.
const OMISSION_ROUNDS: usize = 3;
/// From this fine round on words may lie on the other side of a long gap beside them.
const CROSSING_ROUND: usize = 2;

/// Words of the beginning of a text that is tried with its heading, about a minute of speech.
const HEADING_TRIAL_WORDS: usize = 120;

/// The beginning of the recording that it is tried on holds this many times its share of the speech.
const HEADING_TRIAL_ROOM: f64 = 1.15;

/// What the user may choose.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct AlignSettings {
    /// The numbers of the method.
    pub method: Method,
    /// Words whose start is known, in the order of the text; they are held to the millisecond.
    pub anchors: Vec<Anchor>,
}

/// How far an alignment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The recording is analysed.
    Listening,
    /// The text is pronounced and its references are made.
    Reading,
    /// The whole text is laid over the whole recording.
    CoarsePath,
    /// Boundaries are found, models learned, in this many rounds.
    FinePath {
        /// From 1.
        round: usize,
        /// How many in all.
        rounds: usize,
    },
}

/// Finds when each word of a transcript is spoken.
#[derive(Debug)]
pub struct Aligner {
    settings: AlignSettings,
    templates: Templates,
    boundaries: BoundaryModel,
    acoustics: Option<Acoustics>,
}

impl Aligner {
    /// An aligner with these settings.
    ///
    /// # Errors
    /// [`AlignError::Setting`] for a setting outside its range.
    pub fn new(settings: AlignSettings) -> Result<Self, AlignError> {
        if !(0.0..=MOST_ACOUSTIC_WEIGHT).contains(&settings.method.acoustic_weight) {
            return Err(AlignError::Setting {
                setting: "acoustic_weight",
                actual: f64::from(settings.method.acoustic_weight),
                min: 0.0,
                max: f64::from(MOST_ACOUSTIC_WEIGHT),
            });
        }
        let (templates, boundaries) = (Templates::embedded()?, BoundaryModel::embedded()?);
        Ok(Self { settings, templates, boundaries, acoustics: None })
    }

    /// Lets an acoustic model of the user's have its say too.
    #[must_use]
    pub fn with_acoustics(self, acoustics: Acoustics) -> Self {
        Self { acoustics: Some(acoustics), ..self }
    }

    /// Aligns `transcript` with `signal`, spoken in the pronouncer's language.
    ///
    /// # Errors
    /// [`AlignError`] where the recording is silent or too short, or the text cannot be pronounced or found.
    pub fn align(
        &self,
        signal: &Signal,
        transcript: &Transcript,
        pronouncer: &dyn Pronouncer,
    ) -> Result<Alignment, AlignError> {
        self.align_with_progress(signal, transcript, pronouncer, &mut |_| {})
    }

    /// [`align`](Self::align), telling how far it is.
    ///
    /// # Errors
    /// As [`align`](Self::align).
    pub fn align_with_progress(
        &self,
        signal: &Signal,
        transcript: &Transcript,
        pronouncer: &dyn Pronouncer,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Alignment, AlignError> {
        progress(Progress::Listening);
        self.align_heard(&self.listened(signal)?, transcript, pronouncer, progress)
    }

    /// Listens to a recording; so does the acoustic model, where there is one.
    ///
    /// # Errors
    /// As [`align`](Self::align).
    pub fn listened(&self, signal: &Signal) -> Result<Recording, AlignError> {
        let mut recording = Recording::analysed(signal)?;
        if let Some(acoustics) = &self.acoustics {
            recording.emissions = Some(Arc::new(acoustics.heard(signal)?));
        }
        Ok(recording)
    }

    /// Whether the samples are needed as a whole: an acoustic model hears them too.
    pub fn hears_whole(&self) -> bool {
        self.acoustics.is_some()
    }

    /// [`align_with_progress`](Self::align_with_progress) of a recording that was [listened](Self::listened) to: its samples may be let go of
    /// before, which matters over hours.
    ///
    /// # Errors
    /// As [`align`](Self::align).
    pub fn align_heard(
        &self,
        recording: &Recording,
        transcript: &Transcript,
        pronouncer: &dyn Pronouncer,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Alignment, AlignError> {
        progress(Progress::Reading);
        // Whether the reader read the heading aloud only the recording can tell. Anchors count the words without it.
        let read = transcript
            .with_heading()
            .filter(|_| self.settings.anchors.is_empty())
            .filter(|read| self.heading_is_heard(recording, read, pronouncer).unwrap_or(false));
        self.lay(recording, read.as_ref().unwrap_or(transcript), pronouncer, progress)
    }

    /// Whether both the heading that `read` begins with and the sentence that repeats it are heard: the beginning of the text
    /// is laid over the beginning of the recording. One reading of two is the text's, not the heading's.
    fn heading_is_heard(
        &self,
        recording: &Recording,
        read: &Transcript,
        pronouncer: &dyn Pronouncer,
    ) -> Result<bool, AlignError> {
        let method = &self.settings.method;
        let (text, share) = read.beginning(HEADING_TRIAL_WORDS);
        let beginning = recording.beginning((HEADING_TRIAL_ROOM * share).min(1.0));
        let recording = if share < 1.0 { &beginning } else { recording };
        let reference = self.reference(recording, &text, pronouncer)?;
        let task = reference.task(recording, method, &[]);
        let prior = reference.expectation.mean(&reference.expectation.equal_weights());
        let whole = task.coarse(&prior, None, false)?;
        let prior = reference.expectation.mean(&task.voice_weights(&whole.found));
        let found = task.coarse(&prior, Some(&whole), true)?.found;
        let twice = &reference.phones.sentences[..reference.phones.sentences.len().min(2)];
        let mut words = twice.iter().flat_map(|sentence| &reference.phones.words[sentence.clone()]);
        Ok(words.all(|word| found.sounds[word.clone()].iter().all(Option::is_some)))
    }

    /// The sounds of `transcript` as `recording` would have caught them.
    fn reference(
        &self,
        recording: &Recording,
        transcript: &Transcript,
        pronouncer: &dyn Pronouncer,
    ) -> Result<Reference, AlignError> {
        let voices = self.templates.voices_for(pronouncer.language());
        let inventory: BTreeSet<String> =
            voices.iter().take(1).flat_map(|voice| voice.sounds.keys().cloned()).collect();
        let phones = PhoneSequence::of(transcript, pronouncer, &inventory)?;
        let voices: Vec<Box<dyn ReferenceVoice>> = voices
            .into_iter()
            .map(|voice| Box::new(TemplateReference::new(voice)) as Box<dyn ReferenceVoice>)
            .collect();
        let mut classes = Classes::of(&phones);
        let Method { stretches, acoustic_weight, .. } = &self.settings.method;
        let spelling = self
            .acoustics
            .as_ref()
            .map(|acoustics| Spelling::of(transcript, &phones, acoustics.tokens(), pronouncer.language()))
            .transpose()?;
        let heard = recording.emissions.as_ref().zip(spelling.as_ref()).map(|(emissions, spelling)| {
            let frames = recording.features.nrows().div_ceil(COARSE);
            TokenLikelihoods::of(emissions, spelling, phones.phones.len(), frames, *acoustic_weight)
        });
        if let Some(heard) = &heard {
            classes = classes.with_units(heard.units().to_vec());
        }
        let expectation = Expectation::of(recording, &phones, &classes, &voices, stretches)?;
        Ok(Reference { phones, classes, expectation, spelling, heard })
    }

    /// What the acoustic model says of the text being at each of its sounds, near where its words were found.
    fn occupancies(
        &self,
        recording: &Recording,
        reference: &Reference,
        words: &[Option<(Range<usize>, bool)>],
    ) -> Option<Occupancies> {
        let (emissions, spelling) = (recording.emissions.as_ref()?, reference.spelling.as_ref()?);
        let tokens = self.acoustics.as_ref()?.tokens();
        let (sounds, frames) = (reference.phones.phones.len(), recording.features.nrows());
        let weight = self.settings.method.acoustic_weight;
        Some(Occupancies::of(emissions, spelling, tokens, words, sounds, frames, weight))
    }

    /// Lays `transcript` over a recording that was analysed.
    fn lay(
        &self,
        recording: &Recording,
        transcript: &Transcript,
        pronouncer: &dyn Pronouncer,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Alignment, AlignError> {
        let method = &self.settings.method;
        let reference = self.reference(recording, transcript, pronouncer)?;
        let Reference { phones, expectation, .. } = &reference;
        let expected_secs = f64::from(expectation.frames.iter().sum::<f32>()) * HOP_SECS;
        if recording.duration_secs < FASTEST * expected_secs {
            return Err(AlignError::TooShort {
                words: phones.words.len(),
                expected_secs,
                duration_secs: recording.duration_secs,
            });
        }

        progress(Progress::CoarsePath);
        let anchors = Anchor::sounds(&self.settings.anchors, phones, recording.duration_secs)?;
        let task = reference.task(recording, method, &anchors);
        let first_prior = expectation.mean(&expectation.equal_weights());
        let whole = task.whole(&first_prior)?;
        let prior = expectation.mean(&task.voice_weights(&whole.found));
        let (text_fit, coarse) =
            rayon::join(|| task.text_fit(&whole, &first_prior), || task.coarse(&prior, Some(&whole), true));
        let (text_fit, coarse) = (text_fit?, coarse?);
        tracing::debug!(text_fit, absent = coarse.found.absent_share(), "the text against its decoy");
        if text_fit < task.least_text_fit() || coarse.found.absent_share() >= 1.0 {
            return Err(AlignError::NoMatch {
                reason: "its words fit the sound no better than the same sounds in a false order would; \
                         is it the text of this recording, in the language that was said?"
                    .to_owned(),
            });
        }
        let mut found = coarse.found;
        // Over hours every copy counts.
        drop(whole);
        let occupancies = self.occupancies(recording, &reference, &task.words_in(&found));
        let task = Task { occupancies: occupancies.as_ref(), ..task };

        for round in 0..method.fine_rounds {
            progress(Progress::FinePath { round: round + 1, rounds: method.fine_rounds });
            let statistics = task.statistics(&found, &recording.features);
            let models = task.learned(&prior, &statistics, 1);
            let scorer = Scorer::new(&models, method.fine_scale);
            let reach = if round == 0 { method.first_reach } else { method.later_reach };
            // Once the sounds are learned, words may cross gaps.
            let around = if round + 1 >= CROSSING_ROUND { Around::Doubtful } else { Around::Path };
            found = task.refined(&found, &recording.features, &scorer, reach, around)?;
        }

        let mut projected = None;
        let mut scale = method.fine_scale;
        let mut prior = prior;
        if method.discriminant_rounds > 0 {
            let references = task.reference_scatter();
            for _ in 0..method.discriminant_rounds {
                let Some((features, expected)) = task.discriminant(&found, &references) else { break };
                (prior, scale) = (expected, method.discriminant_scale);
                for _ in 0..method.discriminant_steps {
                    let models = task.learned(&prior, &task.statistics(&found, &features), 1);
                    let scorer = Scorer::new(&models, scale);
                    found = task.refined(&found, &features, &scorer, method.later_reach, Around::Doubtful)?;
                }
                projected = Some(features);
            }
        }
        let features = projected.as_ref().unwrap_or(&recording.features);

        let models = task.learned(&prior, &task.statistics(&found, features), 1);
        let scorer = Scorer::new(&models, scale);
        // Neighbours that got their time back tell the next ones.
        for _ in 0..OMISSION_ROUNDS {
            if task.left_out(&mut found, features, &scorer) == 0 {
                break;
            }
            found = task.refined(&found, features, &scorer, method.first_reach, Around::LeftOut)?;
        }
        let weighed = task.weighed(&found, features, &scorer);
        let mut starts = task.word_starts(&found, &weighed, &self.boundaries);
        for (phone, secs) in &anchors {
            starts[*phone] = Some(Interval::known(*secs));
        }
        let has_recorded_voice = self.templates.has_recorded(pronouncer.language());
        let mut words = words_of(phones, &found, &starts, method, recording, has_recorded_voice);
        let sounds = task.sounding(features, &scorer);
        let unaligned = named(unaligned(&words, recording.duration_secs, &sounds, HOP_SECS), recording);
        // Who knows where words start knows that they were spoken.
        let is_doubtful = anchors.is_empty() && text_fit < method.sure_text_fit;
        if is_doubtful {
            words.iter_mut().for_each(AlignedWord::doubt);
        }
        Ok(Alignment {
            duration_secs: recording.duration_secs,
            sample_rate_hz: recording.sample_rate_hz,
            language: pronouncer.language().to_owned(),
            transcript: transcript.clone(),
            words,
            unaligned,
            snr_db: recording.activity.snr_db,
            text_fit,
            is_doubtful,
        })
    }
}

/// A text made ready to be laid over a recording.
struct Reference {
    phones: PhoneSequence,
    classes: Classes,
    expectation: Expectation,
    /// In the acoustic model's tokens, and what it heard of them.
    spelling: Option<Spelling>,
    heard: Option<TokenLikelihoods>,
}

impl Reference {
    fn task<'a>(
        &'a self,
        recording: &'a Recording,
        method: &'a Method,
        anchors: &'a [(usize, f64)],
    ) -> Task<'a> {
        let Self { phones, classes, expectation, heard, .. } = self;
        let heard = heard.as_ref();
        Task {
            recording,
            phones,
            classes,
            expectation,
            method,
            anchors,
            heard,
            occupancies: None,
            doubt: &[],
        }
    }
}
