//! A timeline made of labelled stretches of time.

use super::{ImportSettings, Label};
use crate::export::Level;
use crate::{
    AudioSource, Confidence, Paragraph, Phone, Sentence, SourceRange, State, Timeline, TranscriptSource,
    Translation, Unaligned, VERSION, Word,
};

/// Words without sentences are cut where one ends in `.`, `!` or `?`, and at pauses from this length on, in seconds.
const SENTENCE_PAUSE_SECS: f64 = 1.0;

/// What a file says, before identifiers are given and containers drawn.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Draft {
    pub(super) paragraphs: Vec<Vec<DraftSentence>>,
    /// The language, where the file names it.
    pub(super) language: Option<String>,
    /// Where the recording ends, if the file says so.
    pub(super) end_secs: f64,
    /// Sound that is not in the text.
    pub(super) unaligned: Vec<Unaligned>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct DraftSentence {
    pub(super) label: Label,
    pub(super) words: Vec<DraftWord>,
    pub(super) translation: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct DraftWord {
    pub(super) label: Label,
    pub(super) state: State,
    pub(super) phones: Vec<Label>,
}

impl DraftWord {
    pub(super) fn measured(label: Label) -> Self {
        Self { label, state: State::Measured, phones: Vec::new() }
    }
}

impl DraftSentence {
    pub(super) fn without_words(label: Label) -> Self {
        Self { label, words: Vec::new(), translation: None }
    }

    fn of_words(words: Vec<DraftWord>) -> Option<Self> {
        let start_secs = words.first()?.label.start_secs;
        let end_secs = words.iter().map(|word| word.label.end_secs).fold(start_secs, f64::max);
        let text = words.iter().map(|word| word.label.text.as_str()).collect::<Vec<_>>().join(" ");
        Some(Self { label: Label { start_secs, end_secs, text }, words, translation: None })
    }
}

impl Draft {
    /// A timeline whose labels are words, sentences or paragraphs.
    pub(super) fn of_labels(mut labels: Vec<Label>, level: Level) -> Self {
        labels.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
        let paragraphs = match level {
            Level::Word => vec![sentences_of(labels.into_iter().map(DraftWord::measured).collect())],
            Level::Sentence => vec![labels.into_iter().map(DraftSentence::without_words).collect()],
            Level::Paragraph => {
                labels.into_iter().map(|label| vec![DraftSentence::without_words(label)]).collect()
            }
        };
        Self { paragraphs, ..Self::default() }
    }

    pub(super) fn into_timeline(self, settings: &ImportSettings) -> Timeline {
        let mut counter = Counter { sentences: 0, words: 0 };
        let language = Some(settings.language.clone()).filter(|tag| !tag.is_empty()).or(self.language);
        let mut paragraphs: Vec<Paragraph> = self
            .paragraphs
            .into_iter()
            .filter(|sentences| !sentences.is_empty())
            .map(|mut sentences| {
                sentences.sort_by(|a, b| a.label.start_secs.total_cmp(&b.label.start_secs));
                let sentences: Vec<Sentence> =
                    sentences.into_iter().map(|sentence| counter.sentence(sentence)).collect();
                Paragraph {
                    start: sentences.iter().map(|sentence| sentence.start).fold(f64::INFINITY, f64::min),
                    end: sentences.iter().map(|sentence| sentence.end).fold(0.0, f64::max),
                    sentences,
                }
            })
            .collect();
        paragraphs.sort_by(|a, b| a.start.total_cmp(&b.start));
        let last = paragraphs.iter().map(|paragraph| paragraph.end).fold(self.end_secs, f64::max);
        Timeline {
            tonearm_timeline: VERSION,
            audio: AudioSource {
                path: settings.audio_path.clone(),
                duration: last.max(settings.duration_secs),
                sample_rate: settings.sample_rate,
            },
            language: language.unwrap_or_else(|| "und".to_owned()),
            transcript: TranscriptSource { path: String::new() },
            paragraphs,
            unaligned: self.unaligned,
        }
    }
}

/// Cuts words, ascending by start, into sentences.
pub(super) fn sentences_of(words: Vec<DraftWord>) -> Vec<DraftSentence> {
    let mut sentences: Vec<Vec<DraftWord>> = Vec::new();
    for word in words {
        match sentences.last_mut() {
            Some(sentence)
                if sentence.last().is_some_and(|previous| {
                    !previous.label.text.ends_with(['.', '!', '?', '…'])
                        && word.label.start_secs - previous.label.end_secs < SENTENCE_PAUSE_SECS
                }) =>
            {
                sentence.push(word);
            }
            _ => sentences.push(vec![word]),
        }
    }
    sentences.into_iter().filter_map(DraftSentence::of_words).collect()
}

/// Gives each word to the sentence that its middle lies in; words that lie in none become sentences of their own.
pub(super) fn words_into_sentences(sentences: Vec<Label>, words: Vec<DraftWord>) -> Vec<DraftSentence> {
    let mut filled: Vec<DraftSentence> = sentences.into_iter().map(DraftSentence::without_words).collect();
    filled.sort_by(|a, b| a.label.start_secs.total_cmp(&b.label.start_secs));
    let mut strays = Vec::new();
    for word in words {
        let middle = (word.label.start_secs + word.label.end_secs) / 2.0;
        let after = filled.partition_point(|sentence| sentence.label.start_secs <= middle);
        match filled[..after].last_mut() {
            Some(sentence) if middle <= sentence.label.end_secs => sentence.words.push(word),
            _ => strays.push(word),
        }
    }
    filled.extend(sentences_of(strays));
    filled
}

struct Counter {
    sentences: usize,
    words: usize,
}

impl Counter {
    fn sentence(&mut self, draft: DraftSentence) -> Sentence {
        self.sentences += 1;
        let id = format!("s{}", self.sentences);
        let mut words: Vec<DraftWord> = draft.words;
        words.sort_by(|a, b| a.label.start_secs.total_cmp(&b.label.start_secs));
        let words: Vec<Word> = words.into_iter().map(|word| self.word(word)).collect();
        Sentence {
            id,
            start: words.iter().map(|word| word.start).fold(draft.label.start_secs, f64::min),
            end: words.iter().map(|word| word.end).fold(draft.label.end_secs, f64::max),
            text: draft.label.text,
            confidence: Confidence { state: State::Measured, plus_minus_ms: None },
            translation: draft.translation.map(|text| Translation {
                language: "und".to_owned(),
                text,
                shared_by: Vec::new(),
            }),
            words,
        }
    }

    fn word(&mut self, draft: DraftWord) -> Word {
        self.words += 1;
        let phone = |label: Label| Phone { symbol: label.text, start: label.start_secs, end: label.end_secs };
        Word {
            id: format!("w{}", self.words),
            start: draft.label.start_secs,
            end: draft.label.end_secs,
            text: draft.label.text,
            confidence: Confidence { state: draft.state, plus_minus_ms: None },
            source: SourceRange::default(),
            phones: draft.phones.into_iter().map(phone).collect(),
        }
    }
}
