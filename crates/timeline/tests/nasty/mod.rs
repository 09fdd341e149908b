//! A timeline with all that breaks writers of formats: quotes, markup, backslashes and braces, emoji, right-to-left
//! text, an empty sentence, overlapping words, words at one instant, hours, a word without length, a word and a sentence
//! that were not spoken, translations of one and of two sentences, a sentence without.

use tonearm_timeline::{
    AudioSource, Confidence, Paragraph, Phone, Sentence, SourceRange, State, Timeline, TranscriptSource,
    Translation, Unaligned, UnalignedKind, UnalignedSound, VERSION, Word,
};

struct Writer {
    words: usize,
    sentences: usize,
    offset: usize,
}

impl Writer {
    fn word(&mut self, (text, start, end): (&str, f64, f64)) -> Word {
        self.words += 1;
        let source = SourceRange { start: self.offset, end: self.offset + text.len() };
        self.offset = source.end + 1;
        Word {
            id: format!("w{}", self.words),
            start,
            end,
            text: text.to_owned(),
            confidence: Confidence { state: State::Measured, plus_minus_ms: Some(25.0) },
            source,
            phones: Vec::new(),
        }
    }

    fn sentence(&mut self, text: &str, words: &[(&str, f64, f64)], translation: Option<&str>) -> Sentence {
        self.sentences += 1;
        let words: Vec<Word> = words.iter().map(|&word| self.word(word)).collect();
        Sentence {
            id: format!("s{}", self.sentences),
            start: words.first().map_or(0.0, |word| word.start),
            end: words.iter().map(|word| word.end).fold(0.0, f64::max),
            text: text.to_owned(),
            confidence: Confidence { state: State::Measured, plus_minus_ms: Some(25.0) },
            translation: translation.map(|text| Translation {
                language: "de".to_owned(),
                text: text.to_owned(),
                shared_by: Vec::new(),
            }),
            words,
        }
    }
}

/// The nasty timeline: an hour and two minutes, nine sentences in three paragraphs.
pub(crate) fn timeline() -> Timeline {
    let mut writer = Writer { words: 0, sentences: 0, offset: 0 };
    let quotes = writer.sentence(
        "\"Don't\" — he said, 'R&D < 5% > 3%'; \\N{x} --> done.",
        &[
            ("\"Don't\"", 1.0, 1.42),
            ("he", 1.5, 1.6),
            ("said,", 1.6, 2.0),
            ("'R&D", 2.1, 2.6),
            ("<", 2.6, 2.6),
            ("5%", 2.6, 3.2),
            (">", 3.2, 3.25),
            ("3%';", 3.25, 3.9),
            ("\\N{x}", 4.0, 4.333_333_333_333_333),
            ("-->", 4.4, 4.5),
            ("done.", 4.5, 4.987_654_321),
        ],
        Some("»Nicht«, sagte er, „F&E < 5 % > 3 %“; \\N{x} --> fertig."),
    );
    let mut overlap = writer.sentence(
        "Two 🎻🎺 talk👩‍👩‍👧 at once.",
        &[
            ("Two", 5.2, 6.0),
            ("🎻🎺", 5.5, 6.4),
            ("talk👩‍👩‍👧", 5.5, 6.1),
            ("at", 6.1, 6.3),
            ("once.", 6.25, 7.0),
        ],
        Some("Zwei reden zugleich."),
    );
    overlap.words[0].phones = vec![
        Phone { symbol: "t".to_owned(), start: 5.2, end: 5.32 },
        Phone { symbol: "uː".to_owned(), start: 5.32, end: 5.6 },
    ];
    let mut empty = writer.sentence("", &[], None);
    (empty.start, empty.end) = (7.0, 7.0);
    empty.confidence = Confidence { state: State::Inferred, plus_minus_ms: None };
    let hebrew = writer.sentence(
        "שלום, עולם (abc) שוב!",
        &[("שלום,", 8.0, 8.5), ("עולם", 8.5, 9.0), ("(abc)", 9.0, 9.4), ("שוב!", 9.4, 10.0)],
        Some("Hallo, Welt (abc) wieder!"),
    );
    let mut skipped = writer.sentence(
        "Never spoken.",
        &[("Never", 10.0, 10.0), ("spoken.", 10.0, 10.0)],
        Some("Nie gesagt."),
    );
    skipped.confidence = Confidence { state: State::Absent, plus_minus_ms: None };
    for word in &mut skipped.words {
        word.confidence = skipped.confidence;
    }
    let mut long = writer.sentence(
        "This sentence is a good deal longer than the forty-two characters of a line of subtitles, and it halts \
         for a long while, then goes on and says the incomprehensibilities of Donaudampfschifffahrtsgesellschaftskapitäne.",
        &[
            ("This", 3599.5, 3599.7),
            ("sentence", 3599.7, 3600.1),
            ("is", 3600.1, 3600.2),
            ("a", 3600.2, 3600.25),
            ("good", 3600.25, 3600.5),
            ("deal", 3600.5, 3600.8),
            ("longer", 3600.8, 3601.2),
            ("than", 3601.2, 3601.4),
            ("the", 3601.4, 3601.5),
            ("forty-two", 3601.5, 3602.0),
            ("characters", 3602.0, 3602.6),
            ("of", 3602.6, 3602.7),
            ("a", 3602.7, 3602.75),
            ("line", 3602.75, 3603.1),
            ("of", 3603.1, 3603.2),
            ("subtitles,", 3603.2, 3603.9),
            ("and", 3604.1, 3604.3),
            ("it", 3604.3, 3604.4),
            ("halts", 3604.4, 3604.9),
            ("for", 3605.0, 3605.2),
            ("a", 3605.2, 3605.3),
            ("long", 3605.3, 3605.7),
            ("while,", 3605.7, 3606.2),
            ("then", 3612.0, 3612.3),
            ("goes", 3612.3, 3612.6),
            ("on", 3612.6, 3612.9),
            ("and", 3612.9, 3613.0),
            ("says", 3613.0, 3613.4),
            ("the", 3613.4, 3613.5),
            ("incomprehensibilities", 3613.5, 3614.8),
            ("of", 3614.8, 3614.9),
            ("Donaudampfschifffahrtsgesellschaftskapitäne.", 3614.9, 3618.0),
        ],
        Some(
            "Dieser Satz ist um einiges länger als die zweiundvierzig Zeichen einer Untertitelzeile, hält lange inne, \
             geht dann weiter und sagt Unverständliches über Kapitäne.",
        ),
    );
    long.words[5].confidence = Confidence { state: State::Absent, plus_minus_ms: None };
    long.words[6].confidence = Confidence { state: State::Inferred, plus_minus_ms: None };
    let mut first_half =
        writer.sentence("One thing;", &[("One", 3700.0, 3700.4), ("thing;", 3700.4, 3701.0)], None);
    let mut second_half =
        writer.sentence("another one.", &[("another", 3701.2, 3701.7), ("one.", 3701.7, 3702.25)], None);
    let shared = Translation {
        language: "de".to_owned(),
        text: "Das eine und das andere.".to_owned(),
        shared_by: vec![first_half.id.clone(), second_half.id.clone()],
    };
    first_half.translation = Some(shared.clone());
    second_half.translation = Some(shared);
    let last = writer.sentence("Ünde.", &[("Ünde.", 3719.0, 3720.0)], None);
    Timeline {
        tonearm_timeline: VERSION,
        audio: AudioSource {
            path: "disc & <side> \"A\".flac".to_owned(),
            duration: 3725.5,
            sample_rate: 44_100,
        },
        language: "en".to_owned(),
        transcript: TranscriptSource { path: "side 'A'.txt".to_owned() },
        paragraphs: vec![
            Paragraph { start: 1.0, end: 7.0, sentences: vec![quotes, overlap, empty] },
            Paragraph { start: 8.0, end: 10.0, sentences: vec![hebrew, skipped] },
            Paragraph { start: 3599.5, end: 3720.0, sentences: vec![long, first_half, second_half, last] },
        ],
        unaligned: vec![
            Unaligned { start: 0.0, end: 1.0, kind: UnalignedKind::LeadIn, sound: None },
            Unaligned {
                start: 10.0,
                end: 3599.5,
                kind: UnalignedKind::Other,
                sound: Some(UnalignedSound::Applause),
            },
            Unaligned { start: 3606.2, end: 3612.0, kind: UnalignedKind::Pause, sound: None },
            Unaligned { start: 3720.0, end: 3725.5, kind: UnalignedKind::RunOut, sound: None },
        ],
    }
}
