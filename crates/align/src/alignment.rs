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

impl AlignedWord {
    /// Takes it for placed, not for heard.
    pub(crate) fn doubt(&mut self) {
        if self.state == State::Measured {
            self.state = State::Inferred;
        }
    }
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
    /// How much better the text explains the recording than its sounds in a false order do, in nats a frame of speech (20 ms);
    /// near zero for the text of another recording.
    pub text_fit: f64,
    /// Whether the text fits so little better that it may be another recording's; none of its words counts as measured then.
    pub is_doubtful: bool,
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
/// Sounds that lie closer together than this are one.
const MAX_HOLE_SECS: f64 = 1.0;
/// Shorter sounds than this are none: a click, a breath.
const MIN_SOUND_SECS: f64 = 0.4;

/// Names what lies before, between and after the words that were spoken: sound that is not in the text, and what is quiet.
pub(crate) fn unaligned(
    words: &[AlignedWord],
    duration_secs: f64,
    sounds: &[bool],
    hop_secs: f64,
) -> Vec<Unaligned> {
    let mut stretches = Vec::new();
    let mut end = 0.0;
    let mut name = |start: f64, stop: f64, quiet: UnalignedKind| {
        if stop - start < MIN_UNALIGNED_SECS {
            return;
        }
        let mut at = start;
        let mut push = |from: f64, to: f64, kind: UnalignedKind| {
            if to - from > 1e-3 {
                stretches.push(Unaligned {
                    start: milliseconds(from),
                    end: milliseconds(to),
                    kind,
                    sound: None,
                });
            }
        };
        for (from, to) in sound_runs(start, stop, sounds, hop_secs) {
            // What is left over of a quiet stretch is too short to be named: it goes with the sound beside it.
            let from = if from - at < MIN_UNALIGNED_SECS { at } else { from };
            let to = if stop - to < MIN_UNALIGNED_SECS { stop } else { to };
            // Only what is quiet at the very edge of the recording is a lead-in or a run-out.
            push(at, from, if at <= 0.0 { quiet } else { UnalignedKind::Pause });
            push(from, to, UnalignedKind::Other);
            at = to;
        }
        if at <= start || stop - at >= MIN_UNALIGNED_SECS {
            let quiet = if at <= 0.0 || stop >= duration_secs { quiet } else { UnalignedKind::Pause };
            push(at, stop, quiet);
        }
    };
    for (i, word) in words.iter().filter(|word| word.state != State::Absent).enumerate() {
        name(end, word.start_secs, if i == 0 { UnalignedKind::LeadIn } else { UnalignedKind::Pause });
        end = word.end_secs.max(end);
    }
    name(end, duration_secs, UnalignedKind::RunOut);
    stretches
}

/// Where something sounds between two instants, short holes closed and short sounds dropped.
fn sound_runs(start: f64, stop: f64, sounds: &[bool], hop_secs: f64) -> Vec<(f64, f64)> {
    let frame = |secs: f64| ((secs / hop_secs).round() as usize).min(sounds.len());
    let mut runs: Vec<(f64, f64, usize)> = Vec::new();
    for t in (frame(start)..frame(stop)).filter(|t| sounds[*t]) {
        let (from, to) = (t as f64 * hop_secs, (t + 1) as f64 * hop_secs);
        match runs.last_mut() {
            Some((_, end, count)) if from - *end < MAX_HOLE_SECS => (*end, *count) = (to, *count + 1),
            _ => runs.push((from, to, 1)),
        }
    }
    // A word's own beginning and end, cut off by the boundary, are no other sound.
    runs.retain(|(_, _, count)| *count as f64 * hop_secs >= MIN_SOUND_SECS);
    runs.into_iter().map(|(from, to, _)| (from.max(start), to.min(stop))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOP: f64 = 0.01;

    fn word(start_secs: f64, end_secs: f64, state: State) -> AlignedWord {
        AlignedWord { start_secs, end_secs, plus_minus_ms: None, state, phones: Vec::new() }
    }

    #[test]
    fn sound_without_words_is_parted_from_silence() {
        let mut sounds = vec![false; 3_000];
        // An announcement with a hole, a click, the words, another talker that ends with the last word's neighbour.
        for range in [200..400, 450..600, 900..905, 1_000..1_300, 2_000..2_500] {
            sounds[range].fill(true);
        }
        let words = [
            word(10.0, 13.0, State::Measured),
            word(13.0, 13.0, State::Absent),
            word(25.0, 26.0, State::Measured),
        ];
        let found: Vec<(f64, f64, UnalignedKind)> =
            unaligned(&words, 30.0, &sounds, HOP).iter().map(|u| (u.start, u.end, u.kind)).collect();
        assert_eq!(
            found,
            [
                (0.0, 2.0, UnalignedKind::LeadIn),
                (2.0, 6.0, UnalignedKind::Other),
                (6.0, 10.0, UnalignedKind::Pause),
                (13.0, 20.0, UnalignedKind::Pause),
                (20.0, 25.0, UnalignedKind::Other),
                (26.0, 30.0, UnalignedKind::RunOut),
            ]
        );
    }
}
