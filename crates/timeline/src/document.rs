//! The timeline document: which words are spoken when. Times are seconds of the input file.

use serde::{Deserialize, Serialize};

/// The version of the document that this crate writes.
pub const VERSION: u32 = 1;

/// Words in time, for one recording. `docs/timeline.schema.json` describes its JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// [`VERSION`].
    pub tonearm_timeline: u32,
    /// The recording.
    pub audio: AudioSource,
    /// The language spoken, as a BCP 47 tag such as `ru` or `en-GB`.
    pub language: String,
    /// The transcript.
    pub transcript: TranscriptSource,
    /// The text in time, ascending.
    pub paragraphs: Vec<Paragraph>,
    /// Stretches of the recording that no word of the text covers, ascending: lead-in, announcements, music.
    pub unaligned: Vec<Unaligned>,
}

/// The recording that a timeline speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioSource {
    /// Path as it was given, or relative to the timeline.
    pub path: String,
    /// Seconds.
    pub duration: f64,
    /// Hertz.
    pub sample_rate: u32,
}

/// The transcript that a timeline speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TranscriptSource {
    /// Path as it was given, or relative to the timeline.
    pub path: String,
}

/// A paragraph of the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paragraph {
    /// Start of its first sentence, in seconds.
    pub start: f64,
    /// End of its last sentence, in seconds.
    pub end: f64,
    /// Its sentences, in order.
    pub sentences: Vec<Sentence>,
}

/// A sentence of the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// Unique in the document, such as `s3`.
    pub id: String,
    /// Start of its first word that is spoken, in seconds.
    pub start: f64,
    /// End of its last word that is spoken, in seconds.
    pub end: f64,
    /// The sentence as written, on one line.
    pub text: String,
    /// How sure the start is.
    pub confidence: Confidence,
    /// The same in another language, where one was attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<Translation>,
    /// Its words, in order.
    pub words: Vec<Word>,
}

/// A translated sentence (or the sentences that together translate one).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Translation {
    /// BCP 47 tag.
    pub language: String,
    /// The text.
    pub text: String,
    /// Identifiers of all sentences that this text translates together, where more than one does; they all carry it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_by: Vec<String>,
}

/// A word as written, with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Unique in the document, such as `w17`.
    pub id: String,
    /// Seconds.
    pub start: f64,
    /// Seconds, at least `start`.
    pub end: f64,
    /// The word as written, with the punctuation that clings to it.
    pub text: String,
    /// How sure the start is.
    pub confidence: Confidence,
    /// Byte range in the transcript's file.
    pub source: SourceRange,
    /// Speech sounds in time, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
}

/// A speech sound with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phone {
    /// IPA.
    pub symbol: String,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
}

/// A half-open range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRange {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// How a time came about and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// How it came about.
    pub state: State,
    /// Half-width of the interval around the start that holds the truth nine times in ten, in milliseconds; none where
    /// nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plus_minus_ms: Option<f64>,
}

/// How a time came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Heard: the sound at that place is the word's.
    Measured,
    /// Placed from its neighbours, a pause or a translation, not heard by itself; or of a text that may not be what is spoken.
    Inferred,
    /// Not spoken: the times mark where it would have been.
    Absent,
}

/// A stretch of the recording that no word covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unaligned {
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// What it seems to be.
    pub kind: UnalignedKind,
    /// What sounds there, where it is [`UnalignedKind::Other`] and that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<UnalignedSound>,
}

/// What a stretch without words seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnalignedKind {
    /// Before the first sound: surface noise alone.
    LeadIn,
    /// After the last sound: surface noise alone.
    RunOut,
    /// Sound that is not in the text: an announcement, applause, music, another talker.
    Other,
    /// A long pause.
    Pause,
}

/// What sounds where no word of the text does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnalignedSound {
    /// Someone talks.
    Speech,
    /// Notes or drums.
    Music,
    /// Hands clap.
    Applause,
    /// Steady noise: a crowd, a machine, surface noise louder than elsewhere.
    Noise,
}

impl UnalignedSound {
    const ALL: [Self; 4] = [Self::Speech, Self::Music, Self::Applause, Self::Noise];

    /// The name that the document gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Speech => "speech",
            Self::Music => "music",
            Self::Applause => "applause",
            Self::Noise => "noise",
        }
    }

    /// The sound of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sound| sound.name().eq_ignore_ascii_case(name))
    }
}

impl Timeline {
    /// All sentences in order.
    pub fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.paragraphs.iter().flat_map(|paragraph| &paragraph.sentences)
    }

    /// All words in order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.sentences().flat_map(|sentence| &sentence.words)
    }

    /// Passes every time through a map that keeps the order, such as the one from restored time to transfer time.
    pub fn map_times(&mut self, mut map: impl FnMut(f64) -> f64) {
        let mut span = |start: &mut f64, end: &mut f64| {
            *start = map(*start);
            *end = map(*end);
        };
        for paragraph in &mut self.paragraphs {
            span(&mut paragraph.start, &mut paragraph.end);
            for sentence in &mut paragraph.sentences {
                span(&mut sentence.start, &mut sentence.end);
                for word in &mut sentence.words {
                    span(&mut word.start, &mut word.end);
                    for phone in &mut word.phones {
                        span(&mut phone.start, &mut phone.end);
                    }
                }
            }
        }
        for stretch in &mut self.unaligned {
            span(&mut stretch.start, &mut stretch.end);
        }
    }

    /// Rounds every time to a tenth of a millisecond, far below what can be heard or measured: `0.305`, not
    /// `0.30500000000000005`.
    pub fn round_times(&mut self) {
        self.map_times(|instant| (instant * 1e4).round() / 1e4);
    }
}

/// Small timelines for the crate's own tests.
#[cfg(test)]
pub(crate) mod fixture {
    use super::*;

    pub(crate) const MEASURED: Confidence = Confidence { state: State::Measured, plus_minus_ms: Some(20.0) };

    fn word(id: &str, start: f64, end: f64, text: &str, source: (usize, usize)) -> Word {
        Word {
            id: id.to_owned(),
            start,
            end,
            text: text.to_owned(),
            confidence: MEASURED,
            source: SourceRange { start: source.0, end: source.1 },
            phones: Vec::new(),
        }
    }

    /// Two sentences in one paragraph, two seconds long.
    pub(crate) fn small() -> Timeline {
        let first = Sentence {
            id: "s1".to_owned(),
            start: 0.5,
            end: 1.2,
            text: "Hello, world.".to_owned(),
            confidence: MEASURED,
            translation: Some(Translation {
                language: "de".to_owned(),
                text: "Hallo, Welt.".to_owned(),
                shared_by: Vec::new(),
            }),
            words: vec![word("w1", 0.5, 0.8, "Hello,", (0, 6)), word("w2", 0.8, 1.2, "world.", (7, 13))],
        };
        let second = Sentence {
            id: "s2".to_owned(),
            start: 1.4,
            end: 1.8,
            text: "Yes.".to_owned(),
            confidence: MEASURED,
            translation: None,
            words: vec![word("w3", 1.4, 1.8, "Yes.", (14, 18))],
        };
        Timeline {
            tonearm_timeline: VERSION,
            audio: AudioSource { path: "side.flac".to_owned(), duration: 2.0, sample_rate: 44_100 },
            language: "en".to_owned(),
            transcript: TranscriptSource { path: "side.txt".to_owned() },
            paragraphs: vec![Paragraph { start: 0.5, end: 1.8, sentences: vec![first, second] }],
            unaligned: vec![Unaligned { start: 0.0, end: 0.5, kind: UnalignedKind::LeadIn, sound: None }],
        }
    }

    /// One sentence whose words have the given times.
    pub(crate) fn with_words(spans: &[(f64, f64)]) -> Timeline {
        let mut timeline = small();
        let end = spans.iter().map(|span| span.1).fold(0.0, f64::max);
        timeline.audio.duration = end;
        timeline.unaligned.clear();
        let paragraph = &mut timeline.paragraphs[0];
        paragraph.sentences.truncate(1);
        let start = spans.first().map_or(0.0, |span| span.0);
        (paragraph.start, paragraph.end) = (start, end.max(start));
        let sentence = &mut paragraph.sentences[0];
        (sentence.start, sentence.end) = (paragraph.start, paragraph.end);
        sentence.words = (1..)
            .zip(spans)
            .map(|(number, &(start, end))| {
                word(&format!("w{number}"), start, end, &format!("t{number}"), (0, 0))
            })
            .collect();
        sentence.text = sentence.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        timeline
    }
}
