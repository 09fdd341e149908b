//! Whether the aligner finds where a recording departs from its text:
//! `measure_departures [--aged] [--method JSON] [--rate SHARE] [--seed N] [--list] TRUTH.json…`.
//!
//! Truth files are those of `measure_alignment`. All files of a folder (a voice) become one recording, but for the last
//! fifth, whose sentences are never heard. From the text a share of the sentences is taken out (the recording says more
//! than the text) and as many that are not heard are put in (the text says more than the recording). Prints for each voice
//! which of both were reported, what was reported wrongly, and how far the words beside a departure were moved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tonearm_align::{AlignSettings, Aligner};
use tonearm_audio::{SampleRate, Signal};
use tonearm_espeak::{DataDir, EspeakPronouncer};
use tonearm_timeline::{State, UnalignedKind};

mod support;
use support::{Failure, RATE_HZ, TrueWord, Truth, age, mono, sentences, transcript};

/// Seconds between two passages.
const PAUSE_SECS: f64 = 0.6;

/// A sentence and what becomes of it.
#[derive(Clone)]
struct Edited {
    words: Vec<TrueWord>,
    heard: bool,
    written: bool,
}

#[derive(Default)]
struct Tally {
    extra: usize,
    extra_reported: usize,
    absent: usize,
    absent_reported: usize,
    absent_words: usize,
    absent_words_reported: usize,
    kept_words: usize,
    kept_called_absent: usize,
    false_stretches: usize,
    neighbours: usize,
    neighbours_moved: usize,
    errors_ms: Vec<f64>,
    text_fit: f64,
}

struct Options {
    settings: AlignSettings,
    aged: bool,
    list: bool,
    share: f64,
    seed: u64,
}

fn main() -> Result<(), Failure> {
    let mut options =
        Options { settings: AlignSettings::default(), aged: false, list: false, share: 0.1, seed: 1 };
    let mut voices: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--aged" => options.aged = true,
            "--list" => options.list = true,
            "--method" => options.settings.method = serde_json::from_str(&value())?,
            "--rate" => options.share = value().parse()?,
            "--seed" => options.seed = value().parse()?,
            path => {
                let path = PathBuf::from(path);
                voices.entry(path.parent().map(PathBuf::from).unwrap_or_default()).or_default().push(path);
            }
        }
    }
    let aligner = Aligner::new(options.settings.clone())?;
    let data = DataDir::install()?;
    println!(
        "voice          not in text  not heard (words)     kept called absent  false stretches  moved > 300 ms  median  <100 ms  text fit"
    );
    for (folder, files) in &voices {
        let mut tally = voice(files, &options, &aligner, &data)?;
        println!("{:14} {}", folder.file_name().unwrap_or_default().to_string_lossy(), tally.row());
    }
    Ok(())
}

fn voice(files: &[PathBuf], options: &Options, aligner: &Aligner, data: &DataDir) -> Result<Tally, Failure> {
    let truths: Vec<Truth> = files.iter().map(|file| support::truth(file)).collect::<Result<_, Failure>>()?;
    let spoken = truths.len() - (truths.len() / 5).max(usize::from(options.share > 0.0));
    let language = truths[0].language.clone();
    let (signal, heard) = recording(&truths[..spoken])?;
    let signal = if options.aged { age(&signal)? } else { signal };
    let unheard: Vec<Vec<TrueWord>> =
        truths[spoken..].iter().flat_map(|truth| sentences(&truth.words)).collect();
    let edited = edit(heard, &unheard, options);
    let written: Vec<&Edited> = edited.iter().filter(|sentence| sentence.written).collect();
    let transcript = transcript(written.iter().map(|sentence| &sentence.words));
    let alignment = aligner.align(&signal, &transcript, &EspeakPronouncer::new(&language, data)?)?;

    let mut tally = Tally { text_fit: alignment.text_fit, ..Tally::default() };
    let other: Vec<(f64, f64)> = alignment
        .unaligned
        .iter()
        .filter(|stretch| stretch.kind == UnalignedKind::Other)
        .map(|stretch| (stretch.start, stretch.end))
        .collect();
    let mut at = 0;
    for (index, sentence) in edited.iter().enumerate() {
        let (start, end) = (sentence.words[0].start, sentence.words[sentence.words.len() - 1].end);
        let text = || sentence.words.iter().map(|word| word.word.as_str()).collect::<Vec<_>>().join(" ");
        if !sentence.written {
            let covered: f64 = other.iter().map(|(a, b)| (b.min(end) - a.max(start)).max(0.0)).sum();
            tally.extra += 1;
            tally.extra_reported += usize::from(covered > 0.5 * (end - start));
            if options.list {
                println!(
                    "  not in text, {:.0} % of {start:.2}..{end:.2}: {}",
                    100.0 * covered / (end - start),
                    text()
                );
            }
            continue;
        }
        let found = &alignment.words[at..at + sentence.words.len()];
        at += sentence.words.len();
        let absent = found.iter().filter(|word| word.state == State::Absent).count();
        if !sentence.heard {
            tally.absent += 1;
            tally.absent_words += found.len();
            tally.absent_words_reported += absent;
            tally.absent_reported += usize::from(2 * absent > found.len());
            if options.list {
                println!("  not heard, {absent} of {}: {}", found.len(), text());
            }
            continue;
        }
        tally.kept_words += found.len();
        tally.kept_called_absent += absent;
        if options.list && absent > 0 {
            println!("  wrongly absent, {absent} of {} at {start:.2}: {}", found.len(), text());
        }
        let departs = |sentence: Option<&Edited>| sentence.is_some_and(|s| !s.heard || !s.written);
        let beside =
            departs(index.checked_sub(1).and_then(|i| edited.get(i))) || departs(edited.get(index + 1));
        for (word, truth) in found.iter().zip(&sentence.words).filter(|(w, _)| w.state != State::Absent) {
            let error_ms = 1e3 * (word.start_secs - truth.start);
            tally.errors_ms.push(error_ms.abs());
            tally.neighbours += usize::from(beside);
            tally.neighbours_moved += usize::from(beside && error_ms.abs() > 300.0);
            if options.list && error_ms.abs() > 300.0 {
                println!("  moved by {error_ms:+.0} ms at {:.2}: {}", truth.start, truth.word);
            }
        }
    }
    for (a, b) in &other {
        let wanted: f64 = edited
            .iter()
            .filter(|sentence| !sentence.written)
            .map(|s| (b.min(s.words[s.words.len() - 1].end) - a.max(s.words[0].start)).max(0.0))
            .sum();
        if wanted < 0.3 * (b - a) {
            tally.false_stretches += 1;
            if options.list {
                println!("  false stretch {a:.2}..{b:.2}");
            }
        }
    }
    Ok(tally)
}

impl Tally {
    fn row(&mut self) -> String {
        self.errors_ms.sort_by(f64::total_cmp);
        let count = self.errors_ms.len().max(1);
        format!(
            "{:4} of {:3}  {:4} of {:3} ({:4} of {:4})  {:4} of {:4}         {:4}             {:3} of {:4}     {:5.1}   {:5.1}   {:5.2}",
            self.extra_reported,
            self.extra,
            self.absent_reported,
            self.absent,
            self.absent_words_reported,
            self.absent_words,
            self.kept_called_absent,
            self.kept_words,
            self.false_stretches,
            self.neighbours_moved,
            self.neighbours,
            self.errors_ms.get(count / 2).copied().unwrap_or(f64::NAN),
            100.0 * self.errors_ms.iter().filter(|e| **e <= 100.0).count() as f64 / count as f64,
            self.text_fit,
        )
    }
}

/// All passages one after the other, and their sentences at their new times.
fn recording(truths: &[Truth]) -> Result<(Signal, Vec<Vec<TrueWord>>), Failure> {
    let rate = SampleRate::new(RATE_HZ)?;
    let (mut samples, mut heard) = (Vec::new(), Vec::new());
    for truth in truths {
        let offset = samples.len() as f64 / f64::from(RATE_HZ);
        let moved: Vec<TrueWord> = truth
            .words
            .iter()
            .map(|w| TrueWord { word: w.word.clone(), start: w.start + offset, end: w.end + offset })
            .collect();
        heard.extend(sentences(&moved));
        samples.extend(mono(&truth.audio)?);
        samples.resize(samples.len() + (PAUSE_SECS * f64::from(RATE_HZ)) as usize, 0.0);
    }
    Ok((Signal::mono(rate, samples)?, heard))
}

/// Takes sentences out of the text and puts unheard ones in.
fn edit(heard: Vec<Vec<TrueWord>>, unheard: &[Vec<TrueWord>], options: &Options) -> Vec<Edited> {
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let mut edited = Vec::new();
    let mut next = random.random_range(0..unheard.len().max(1));
    for words in heard {
        let chance: f64 = random.random_range(0.0..1.0);
        if chance < options.share && !unheard.is_empty() {
            edited.push(Edited { words: unheard[next % unheard.len()].clone(), heard: false, written: true });
            next += 1;
        }
        edited.push(Edited { words, heard: true, written: chance < 1.0 - options.share });
    }
    edited
}
