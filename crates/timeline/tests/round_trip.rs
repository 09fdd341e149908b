//! Timeline → format → timeline: all that a format can hold comes back, for any sound timeline.
//!
//! What each format holds is said here once, as a function from a timeline to what must be equal.

use proptest::prelude::*;
use tonearm_timeline::export::{self, ExportSettings, Level, export};
use tonearm_timeline::import::{Format, ImportSettings, import};
use tonearm_timeline::{
    AudioSource, Confidence, Paragraph, Phone, Sentence, SourceRange, State, Timeline, TranscriptSource,
    Unaligned, UnalignedKind, UnalignedSound, VERSION, Word,
};

/// Letters of several scripts, and all that some format treats as its own.
const WORDS: &str = "[a-zäßשи東🎻\"'<>&{}\\\\=;:!#/|,%-]{0,6}[a-zшא]";
/// What ends a sentence, so that formats without sentences find it again.
const LAST_WORD: &str = "[a-zäש\"<&]{1,6}[.!?]";

/// Words that neither overlap nor lack length, pauses between, times on a grid of milliseconds: what tiers keep exactly.
fn timelines() -> impl Strategy<Value = Timeline> {
    let word = (WORDS, 0u32..400, 1u32..900, prop::bool::weighted(0.3));
    let sentence = (prop::collection::vec(word, 0..6), LAST_WORD, 0u32..3000, 1u32..900);
    let paragraph = prop::collection::vec(sentence, 1..4);
    let sound = prop::sample::select(vec![
        None,
        Some(UnalignedSound::Speech),
        Some(UnalignedSound::Music),
        Some(UnalignedSound::Applause),
        Some(UnalignedSound::Noise),
    ]);
    (prop::collection::vec(paragraph, 1..4), sound).prop_map(|(paragraphs, sound)| {
        let (mut clock, mut words, mut sentences) = (0u32, 0, 0);
        let secs = |millis: u32| f64::from(millis) / 1000.0;
        let measured = Confidence { state: State::Measured, plus_minus_ms: None };
        let paragraphs: Vec<Paragraph> = paragraphs
            .into_iter()
            .map(|paragraph| {
                let sentences: Vec<Sentence> = paragraph
                    .into_iter()
                    .map(|(inner, last, pause, length)| {
                        sentences += 1;
                        clock += pause;
                        let all = inner.into_iter().chain([(last, 0, length, false)]);
                        let words: Vec<Word> = all
                            .map(|(text, pause, length, has_phones)| {
                                words += 1;
                                let start = clock + pause;
                                clock = start + length;
                                let middle = secs(start + length / 2);
                                let phones = match has_phones && length > 1 {
                                    true => vec![
                                        Phone { symbol: "a".to_owned(), start: secs(start), end: middle },
                                        Phone { symbol: "ʃː".to_owned(), start: middle, end: secs(clock) },
                                    ],
                                    false => Vec::new(),
                                };
                                Word {
                                    id: format!("w{words}"),
                                    start: secs(start),
                                    end: secs(clock),
                                    text,
                                    confidence: measured,
                                    source: SourceRange::default(),
                                    phones,
                                }
                            })
                            .collect();
                        Sentence {
                            id: format!("s{sentences}"),
                            start: words[0].start,
                            end: secs(clock),
                            text: words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
                            confidence: measured,
                            translation: None,
                            words,
                        }
                    })
                    .collect();
                Paragraph { start: sentences[0].start, end: secs(clock), sentences }
            })
            .collect();
        Timeline {
            tonearm_timeline: VERSION,
            audio: AudioSource {
                path: "side.wav".to_owned(),
                duration: secs(clock + 500),
                sample_rate: 44_100,
            },
            language: "en".to_owned(),
            transcript: TranscriptSource { path: String::new() },
            paragraphs,
            unaligned: vec![Unaligned {
                start: secs(clock),
                end: secs(clock + 500),
                kind: UnalignedKind::Other,
                sound,
            }],
        }
    })
}

/// The timeline after a journey through a format.
fn journey(timeline: &Timeline, to: export::Format, from: Format, level: Level) -> Timeline {
    let layout = export::CueLayout::verbatim();
    let exported = export(timeline, to, &ExportSettings { level, layout, ..Default::default() })
        .expect("sound timelines can be written");
    let settings = ImportSettings {
        level,
        language: timeline.language.clone(),
        audio_path: timeline.audio.path.clone(),
        duration_secs: timeline.audio.duration,
        sample_rate: timeline.audio.sample_rate,
    };
    let text = exported.as_text().expect("a format of text");
    assert_eq!(Format::detect(text), Some(from), "{}", &text[..text.len().min(200)]);
    import(text, from, &settings).unwrap_or_else(|error| panic!("{}: {error}\n{text}", from.name()))
}

/// Words with times, to the microsecond.
fn words(timeline: &Timeline) -> Vec<(String, i64, i64)> {
    timeline.words().map(|word| (word.text.clone(), micros(word.start), micros(word.end))).collect()
}

/// Sentences with times, to the microsecond.
fn sentences(timeline: &Timeline) -> Vec<(String, i64, i64)> {
    timeline
        .sentences()
        .map(|sentence| (sentence.text.clone(), micros(sentence.start), micros(sentence.end)))
        .collect()
}

fn micros(secs: f64) -> i64 {
    (secs * 1e6).round() as i64
}

fn in_one_paragraph(timeline: &Timeline) -> Timeline {
    let mut joined = timeline.clone();
    let sentences = joined.paragraphs.drain(..).flat_map(|paragraph| paragraph.sentences).collect::<Vec<_>>();
    let (start, end) = (sentences[0].start, sentences[sentences.len() - 1].end);
    joined.paragraphs = vec![Paragraph { start, end, sentences }];
    joined
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..Default::default() })]

    #[test]
    fn json_keeps_everything(timeline in timelines()) {
        prop_assert_eq!(&journey(&timeline, export::Format::Json, Format::Json, Level::Sentence), &timeline);
    }

    /// Sentences, words, phones and what is not in the text, to the last bit; paragraphs it does not know.
    #[test]
    fn text_grids_keep_all_tiers(timeline in timelines()) {
        for format in [export::Format::TextGrid, export::Format::TextGridShort] {
            let back = journey(&timeline, format, Format::TextGrid, Level::Sentence);
            prop_assert_eq!(&back, &in_one_paragraph(&timeline));
        }
    }

    /// Words.
    #[test]
    fn ctm_keeps_words(timeline in timelines()) {
        let back = journey(&timeline, export::Format::Ctm, Format::Ctm, Level::Word);
        prop_assert_eq!(words(&back), words(&timeline));
    }

    /// Sentences, or words, whatever the level says.
    #[test]
    fn labels_and_cues_keep_their_level(timeline in timelines()) {
        // SubRip cannot escape: `<b>` is a tag there, whoever wrote it.
        let tagged = timeline.words().any(|word| word.text.contains('<'));
        let unless_tagged = |to: export::Format| !(tagged && to == export::Format::Srt);
        for (to, from) in [
            (export::Format::Audacity, Format::Audacity),
            (export::Format::Srt, Format::Srt),
            (export::Format::WebVtt, Format::WebVtt),
            (export::Format::Aeneas, Format::Aeneas),
        ].into_iter().filter(|(to, _)| unless_tagged(*to)) {
            let back = journey(&timeline, to, from, Level::Sentence);
            prop_assert_eq!(sentences(&back), sentences(&timeline), "{}", to.name());
        }
        for (to, from) in [
            (export::Format::Audacity, Format::Audacity),
            (export::Format::Srt, Format::Srt),
        ].into_iter().filter(|(to, _)| unless_tagged(*to)) {
            let back = journey(&timeline, to, from, Level::Word);
            prop_assert_eq!(words(&back), words(&timeline), "{}", to.name());
        }
    }

    /// The tree: paragraphs, sentences and words.
    #[test]
    fn aeneas_trees_keep_paragraphs_sentences_and_words(timeline in timelines()) {
        let back = journey(&timeline, export::Format::Aeneas, Format::Aeneas, Level::Word);
        let shape = |timeline: &Timeline| timeline.paragraphs.iter().map(|p| p.sentences.len()).collect::<Vec<_>>();
        prop_assert_eq!(shape(&back), shape(&timeline));
        prop_assert_eq!(sentences(&back), sentences(&timeline));
        prop_assert_eq!(words(&back), words(&timeline));
    }

    /// Words start where they start; they end where the next one starts, or with the cue.
    #[test]
    fn web_vtt_keeps_the_starts_of_words(timeline in timelines()) {
        let back = journey(&timeline, export::Format::WebVtt, Format::WebVtt, Level::Sentence);
        let starts = |timeline: &Timeline| -> Vec<(String, i64)> {
            timeline.sentences().filter(|s| s.words.len() > 1).flat_map(|s| &s.words)
                .map(|word| (word.text.clone(), micros(word.start))).collect()
        };
        prop_assert_eq!(starts(&back), starts(&timeline));
    }
}
