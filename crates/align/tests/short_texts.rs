//! Seven seconds of a worn disc are enough to know their text by, and little enough that others come near.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its data fails")]

use std::path::PathBuf;

use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignError, AlignSettings, Aligner, Alignment, Anchor, Method, Recording};
use tonearm_audio::Signal;
use tonearm_timeline::State;

/// Words of the reading that are heard, and where they lie in its aged copy, in seconds.
const WORDS: std::ops::Range<usize> = 54..75;
const SECS: std::ops::Range<f64> = 18.78..26.13;

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata")).join(name)
}

fn words_of(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(testdata(name)).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

fn worn() -> Signal {
    let signal = tonearm_audio::decode::read(&testdata("english-short.aged.flac")).unwrap().signal;
    let sample = |secs: f64| (secs * f64::from(signal.sample_rate().hz())) as usize;
    let heard = signal.channel(0)[sample(SECS.start)..sample(SECS.end)].to_vec();
    Signal::mono(signal.sample_rate(), heard).unwrap()
}

fn aligned(aligner: &Aligner, recording: &Recording, words: &[String]) -> Result<Alignment, AlignError> {
    let transcript = read_transcript(words.join(" ").as_bytes(), Some("words.txt")).unwrap();
    let pronouncer = pronounce::builtin("en").unwrap();
    aligner.align_heard(recording, &transcript, pronouncer.as_ref(), &mut |_| {})
}

#[test]
fn a_short_worn_text_is_known_from_others() {
    let aligner = Aligner::new(AlignSettings::default()).unwrap();
    let recording = aligner.listened(&worn()).unwrap();
    let found = aligned(&aligner, &recording, &words_of("english-short.txt")[WORDS]).unwrap();
    assert!(!found.is_doubtful, "{}", found.text_fit);
    assert!(found.words.iter().all(|word| word.state == State::Measured));
    // Behind the title page.
    let others = words_of("soviet-power.en.txt");
    let others: Vec<&[String]> = others[120..].windows(WORDS.len()).step_by(WORDS.len() / 2).collect();
    let taken: Vec<Alignment> =
        others.iter().filter_map(|words| aligned(&aligner, &recording, words).ok()).collect();
    let fits: Vec<f64> = taken.iter().map(|found| found.text_fit).collect();
    assert!(others.len() > 30 && 3 * fits.len() < others.len(), "{fits:?} of {}", others.len());
    // Held against one decoy two of them stand further above it.
    assert!(taken.iter().all(|found| found.is_doubtful), "{fits:?}");
}

#[test]
fn no_word_of_a_doubtful_text_counts_as_heard_but_for_anchors() {
    let method = Method { sure_text_fit: 100.0, ..Method::default() };
    let aligner = Aligner::new(AlignSettings { method, ..AlignSettings::default() }).unwrap();
    let recording = aligner.listened(&worn()).unwrap();
    let words = &words_of("english-short.txt")[WORDS];
    let doubtful = aligned(&aligner, &recording, words).unwrap();
    assert!(doubtful.is_doubtful && doubtful.words.iter().all(|word| word.state == State::Inferred));
    let sure = Aligner::new(AlignSettings::default()).unwrap();
    let sure = aligned(&sure, &recording, words).unwrap();
    assert!(!sure.is_doubtful);
    let starts = |of: &Alignment| of.words.iter().map(|word| word.start_secs).collect::<Vec<_>>();
    assert_eq!(starts(&doubtful), starts(&sure));
    // Who knows where a word starts knows the text.
    let method = Method { sure_text_fit: 100.0, ..Method::default() };
    let anchors = vec![Anchor { word: 9, start_secs: sure.words[9].start_secs, line: 1 }];
    let held = Aligner::new(AlignSettings { method, anchors }).unwrap();
    assert!(!aligned(&held, &recording, words).unwrap().is_doubtful);
}
