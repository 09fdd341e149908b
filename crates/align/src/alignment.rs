//! Times of words, as found.

use std::ops::Range;

use tonearm_timeline::{
    AudioSource, Confidence, Paragraph, Phone, Sentence, SourceRange, State, Timeline, TranscriptSource,
    Unaligned, UnalignedKind, VERSION, Word,
};

use crate::text::Transcript;

/// A sound of a word in time, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedPhone {
    /// IPA.
    pub symbol: String,
    /// Seconds.
    pub start_secs: f64,
    /// Seconds.
    pub end_secs: f64,
}

/// A word of the transcript in time.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedWord {
    /// Seconds.
    pub start_secs: f64,
    /// Seconds.
    pub end_secs: f64,
    /// Half-width of the interval that holds the true start nine times in ten, in milliseconds; none where not measured.
    pub plus_minus_ms: Option<f64>,
    /// How the time came about.
    pub state: State,
    /// Its sounds.
    pub phones: Vec<AlignedPhone>,
}

/// A transcript aligned with a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Length of the recording in seconds.
    pub duration_secs: f64,
    /// Samples a second of the recording.
    pub sample_rate_hz: u32,
    /// The language that was spoken, as a BCP 47 tag.
    pub language: String,
    /// The text.
    pub transcript: Transcript,
    /// One for each word of the transcript, ascending.
    pub words: Vec<AlignedWord>,
    /// Stretches that no word covers.
    pub unaligned: Vec<Unaligned>,
    /// Speech over noise of the recording, in dB.
    pub snr_db: f64,
}

impl Alignment {
    /// The timeline document; the paths are written as given.
    pub fn into_timeline(self, audio_path: &str, transcript_path: &str) -> Timeline {
        let mut paragraphs = Vec::with_capacity(self.transcript.paragraphs.len());
        let (mut at, mut sentence_number) = (0, 0);
        for paragraph in &self.transcript.paragraphs {
            let mut sentences = Vec::with_capacity(paragraph.sentences.len());
            for sentence in &paragraph.sentences {
                let range = at..at + sentence.words.len();
                at = range.end;
                sentence_number += 1;
                sentences.push(self.sentence(sentence, range, sentence_number));
            }
            let start = sentences.first().map_or(0.0, |s| s.start);
            let end = sentences.last().map_or(start, |s| s.end);
            paragraphs.push(Paragraph { start, end, sentences });
        }
        Timeline {
            tonearm_timeline: VERSION,
            audio: AudioSource {
                path: audio_path.to_owned(),
                duration: self.duration_secs,
                sample_rate: self.sample_rate_hz,
            },
            language: self.language,
            transcript: TranscriptSource { path: transcript_path.to_owned() },
            paragraphs,
            unaligned: self.unaligned,
        }
    }

    fn sentence(&self, sentence: &crate::text::Sentence, range: Range<usize>, number: usize) -> Sentence {
        let words: Vec<Word> = sentence
            .words
            .iter()
            .zip(&self.words[range.clone()])
            .zip(range.clone())
            .map(|((word, aligned), index)| Word {
                id: format!("w{}", index + 1),
                start: milliseconds(aligned.start_secs),
                end: milliseconds(aligned.end_secs),
                text: word.text.clone(),
                confidence: Confidence {
                    state: aligned.state,
                    plus_minus_ms: aligned.plus_minus_ms.map(tenths),
                },
                source: SourceRange { start: word.source.start, end: word.source.end },
                phones: aligned
                    .phones
                    .iter()
                    .map(|phone| Phone {
                        symbol: phone.symbol.clone(),
                        start: milliseconds(phone.start_secs),
                        end: milliseconds(phone.end_secs),
                    })
                    .collect(),
            })
            .collect();
        let spoken: Vec<&Word> = words.iter().filter(|w| w.confidence.state != State::Absent).collect();
        let first = spoken.first().copied().or(words.first());
        let last = spoken.last().copied().or(words.last());
        Sentence {
            id: format!("s{number}"),
            start: first.map_or(0.0, |w| w.start),
            end: last.map_or(0.0, |w| w.end),
            text: sentence.text.clone(),
            confidence: first
                .map_or(Confidence { state: State::Absent, plus_minus_ms: None }, |word| word.confidence),
            translation: None,
            words,
        }
    }
}

/// Times are written to the millisecond: the method does not know them better.
fn milliseconds(secs: f64) -> f64 {
    (secs * 1e3).round() / 1e3
}

fn tenths(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}

/// Stretches longer than this that no word covers are named, in seconds.
const MIN_UNALIGNED_SECS: f64 = 1.0;
/// Share of loud frames above which such a stretch holds something.
const OTHER_SHARE: f64 = 0.35;

/// Names what lies before, between and after the words that were spoken.
pub(crate) fn unaligned(
    words: &[AlignedWord],
    duration_secs: f64,
    is_loud: &[bool],
    hop_secs: f64,
) -> Vec<Unaligned> {
    let mut stretches = Vec::new();
    let mut end = 0.0;
    let mut name = |start: f64, stop: f64, quiet: UnalignedKind| {
        if stop - start < MIN_UNALIGNED_SECS {
            return;
        }
        let frames = &is_loud[((start / hop_secs) as usize).min(is_loud.len())
            ..((stop / hop_secs) as usize).min(is_loud.len())];
        let loud = frames.iter().filter(|loud| **loud).count() as f64 / frames.len().max(1) as f64;
        let kind = if loud > OTHER_SHARE { UnalignedKind::Other } else { quiet };
        stretches.push(Unaligned { start: milliseconds(start), end: milliseconds(stop), kind });
    };
    for (i, word) in words.iter().filter(|word| word.state != State::Absent).enumerate() {
        name(end, word.start_secs, if i == 0 { UnalignedKind::LeadIn } else { UnalignedKind::Pause });
        end = word.end_secs.max(end);
    }
    name(end, duration_secs, UnalignedKind::RunOut);
    stretches
}
