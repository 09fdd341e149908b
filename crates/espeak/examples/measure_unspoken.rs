//! Whether the aligner tells which words of a text were not spoken, where their sentence was:
//! `measure_unspoken [--aged] [--method JSON] [--seed N] [--list] TRUTH.json…`.
//!
//! Truth files are those of `measure_alignment`. Into each text phrases of 1, 2, 3 and 5 words from the other texts of its language are put,
//! about one after every twelve words, in one alignment for each length; length 0 is the text as it was said. Prints for each
//! length how many phrases and words were reported as absent, how many spoken words wrongly so, and how many of the two words
//! on either side of a phrase start more than 100 ms from where they do; then the share reported by the number of sounds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tonearm_align::text::Pronouncer;
use tonearm_align::{AlignSettings, AlignedWord, Aligner};
use tonearm_audio::{SampleRate, Signal};
use tonearm_espeak::{DataDir, EspeakPronouncer};
use tonearm_timeline::State;

mod support;
use support::{Failure, RATE_HZ, TrueWord, Truth, age, mono, sentences, transcript};

/// Words in a phrase that is put in; none for the text as it was said.
const LENGTHS: [usize; 5] = [0, 1, 2, 3, 5];
/// Words between two of them, in the mean.
const APART: usize = 12;
/// Words on either side that are looked at.
const BESIDE: usize = 2;
/// The most sounds of each row of the second table.
const SOUNDS: [usize; 6] = [1, 2, 4, 8, 16, usize::MAX];

#[derive(Default)]
struct Tally {
    phrases: usize,
    phrases_reported: usize,
    words: usize,
    words_reported: usize,
    spoken: usize,
    called_absent: usize,
    beside: usize,
    beside_moved: usize,
    errors_ms: Vec<f64>,
}

struct Options {
    settings: AlignSettings,
    aged: bool,
    list: bool,
    seed: u64,
}

/// A word of the text that is aligned; the phrase it belongs to where it was not spoken.
struct Written {
    word: TrueWord,
    phrase: Option<usize>,
}

fn main() -> Result<(), Failure> {
    let mut options = Options { settings: AlignSettings::default(), aged: false, list: false, seed: 1 };
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--aged" => options.aged = true,
            "--list" => options.list = true,
            "--method" => {
                options.settings.method = serde_json::from_str(&arguments.next().unwrap_or_default())?;
            }
            "--seed" => options.seed = arguments.next().unwrap_or_default().parse()?,
            path => files.push(PathBuf::from(path)),
        }
    }
    let aligner = Aligner::new(options.settings.clone())?;
    let data = DataDir::install()?;
    let truths: Vec<Truth> = files.iter().map(|file| support::truth(file)).collect::<Result<_, Failure>>()?;
    let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
    let mut by_sounds: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (at, truth) in truths.iter().enumerate() {
        let rate = SampleRate::new(RATE_HZ)?;
        let signal = Signal::mono(rate, mono(&truth.audio)?)?;
        let signal = if options.aged { age(&signal)? } else { signal };
        let recording = aligner.listened(&signal)?;
        let pronouncer = EspeakPronouncer::new(&truth.language, &data)?;
        let others: Vec<&str> = truths
            .iter()
            .enumerate()
            .filter(|(i, other)| *i != at && other.language == truth.language)
            .flat_map(|(_, other)| other.words.iter().map(|word| word.word.trim_matches(['.', '!', '?'])))
            .collect();
        for length in LENGTHS.into_iter().filter(|length| *length == 0 || others.len() > *length) {
            let seed = options.seed + (at * LENGTHS.len() + length) as u64;
            let written = written(&truth.words, &others, length, &mut ChaCha8Rng::seed_from_u64(seed));
            let words: Vec<TrueWord> = written.iter().map(|written| written.word.clone()).collect();
            let text = transcript(&sentences(&words));
            let found = match aligner.align_heard(&recording, &text, &pronouncer, &mut |_| {}) {
                Ok(alignment) => alignment.words,
                Err(error) => {
                    println!("{}: {error}", files[at].display());
                    continue;
                }
            };
            tallies.entry(length).or_default().add(&written, &found, options.list);
            for (range, reported) in phrases(&written, &found) {
                let text: Vec<&str> = words[range].iter().map(|word| word.word.as_str()).collect();
                let sounds: usize = pronouncer.pronounce(&text)?.iter().map(|p| p.phones.len()).sum();
                let row = SOUNDS.iter().position(|most| sounds <= *most).unwrap_or(0);
                let (count, told) = by_sounds.entry(row).or_default();
                *count += 1;
                *told += usize::from(reported);
            }
        }
    }
    println!(
        "words  phrases reported  their words         spoken called absent  beside moved > 100 ms  median ms"
    );
    for (length, tally) in &mut tallies {
        println!("{length:5}  {}", tally.row());
    }
    println!("sounds  reported");
    for (row, (count, told)) in by_sounds {
        let from = row.checked_sub(1).map_or(1, |before| SOUNDS[before] + 1);
        println!("{from:4} on  {told:4} of {count:4}");
    }
    Ok(())
}

/// The text with phrases of `length` of `others` put in; a sentence's last word keeps its place.
fn written(spoken: &[TrueWord], others: &[&str], length: usize, random: &mut ChaCha8Rng) -> Vec<Written> {
    let mut written = Vec::new();
    let mut phrase = 0;
    let mut next = random.random_range(1..APART);
    for (i, word) in spoken.iter().enumerate() {
        if length > 0 && i >= next {
            let from = random.random_range(0..others.len() - length);
            for other in &others[from..from + length] {
                let word = TrueWord { word: (*other).to_owned(), start: word.start, end: word.start };
                written.push(Written { word, phrase: Some(phrase) });
            }
            phrase += 1;
            next = i + random.random_range(APART / 2..=APART + APART / 2);
        }
        written.push(Written { word: word.clone(), phrase: None });
    }
    written
}

/// Where the phrases that were put in lie in the text, and whether most of each was reported.
fn phrases(written: &[Written], found: &[AlignedWord]) -> Vec<(std::ops::Range<usize>, bool)> {
    let mut phrases: Vec<(std::ops::Range<usize>, bool)> = Vec::new();
    for (i, word) in written.iter().enumerate().filter(|(_, word)| word.phrase.is_some()) {
        match phrases.last_mut() {
            Some((range, _)) if word.phrase == written[range.start].phrase => range.end = i + 1,
            _ => phrases.push((i..i + 1, false)),
        }
    }
    for (range, reported) in &mut phrases {
        let absent = found[range.clone()].iter().filter(|word| word.state == State::Absent).count();
        *reported = 2 * absent > range.len();
    }
    phrases
}

impl Tally {
    fn add(&mut self, written: &[Written], found: &[AlignedWord], list: bool) {
        let phrases = phrases(written, found);
        self.phrases += phrases.len();
        self.phrases_reported += phrases.iter().filter(|(_, reported)| *reported).count();
        for (i, (word, found)) in written.iter().zip(found).enumerate() {
            let absent = found.state == State::Absent;
            if word.phrase.is_some() {
                self.words += 1;
                self.words_reported += usize::from(absent);
                continue;
            }
            self.spoken += 1;
            self.called_absent += usize::from(absent);
            if list && absent {
                println!("  wrongly absent at {:.2}: {}", word.word.start, word.word.word);
            }
            let near = i.saturating_sub(BESIDE)..(i + BESIDE + 1).min(written.len());
            let beside = written[near].iter().any(|word| word.phrase.is_some());
            let error_ms = 1e3 * (found.start_secs - word.word.start).abs();
            self.errors_ms.push(error_ms);
            self.beside += usize::from(beside);
            self.beside_moved += usize::from(beside && error_ms > 100.0);
        }
    }

    fn row(&mut self) -> String {
        self.errors_ms.sort_by(f64::total_cmp);
        format!(
            "{:5} of {:5}    {:5} of {:5}      {:5} of {:6}         {:5} of {:5}     {:9.1}",
            self.phrases_reported,
            self.phrases,
            self.words_reported,
            self.words,
            self.called_absent,
            self.spoken,
            self.beside_moved,
            self.beside,
            self.errors_ms.get(self.errors_ms.len() / 2).copied().unwrap_or(f64::NAN),
        )
    }
}
