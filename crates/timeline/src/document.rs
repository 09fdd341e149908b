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
    /// Placed from its neighbours, a pause or a translation; not heard by itself.
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

impl Timeline {
    /// All sentences in order.
    pub fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.paragraphs.iter().flat_map(|paragraph| &paragraph.sentences)
    }

    /// All words in order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.sentences().flat_map(|sentence| &sentence.words)
    }

    /// The word that is spoken at `instant_secs`, by binary search over the starts.
    pub fn word_at(&self, instant_secs: f64) -> Option<&Word> {
        let words: Vec<&Word> = self.words().collect();
        let after = words.partition_point(|word| word.start <= instant_secs);
        words[..after].iter().rev().find(|word| instant_secs < word.end).copied()
    }
}
