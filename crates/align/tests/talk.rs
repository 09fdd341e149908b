//! Long silences within sentences, and what nobody wrote down in them, keep no word from its place.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its data fails")]

use std::path::PathBuf;

use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignSettings, Aligner};
use tonearm_audio::Signal;
use tonearm_testkit::noise;
use tonearm_timeline::State;

/// No word may be further from its place: the built-in rules for English, half a minute to learn from.
const MOST_MOVED_SECS: f64 = 0.3;
/// Words that may be, of three times 88.
const MOST_MOVED: usize = 1;
/// Silences after every so many words, and their length.
const WORDS_BETWEEN: usize = 9;
const SILENCE_SECS: f64 = 5.0;

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata")).join(name)
}

#[test]
fn words_beside_silences_with_stray_speech_stay_where_they_are() {
    let signal = tonearm_audio::decode::read(&testdata("english-short.flac")).unwrap().signal;
    let truth = std::fs::read_to_string(testdata("english-short.truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let times: Vec<(f64, f64)> = truth["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| (word["start"].as_f64().unwrap(), word["end"].as_f64().unwrap()))
        .collect();
    let text = std::fs::read(testdata("english-short.txt")).unwrap();
    let transcript = read_transcript(&text, Some("english-short.txt")).unwrap();
    let pronouncer = pronounce::builtin("en").unwrap();
    let aligner = Aligner::new(AlignSettings::default()).unwrap();
    let speech = signal.downmix();
    let rate = signal.sample_rate().as_f64();
    let at = |secs: f64| (secs * rate) as usize;
    let mut moved = Vec::new();
    // Of a word said backwards, near the beginning of each silence, in its middle, and near its end.
    for stray_at in [0.6, 2.5, 3.9] {
        let (mut samples, mut starts, mut from) = (Vec::new(), Vec::new(), 0);
        for (i, (start, end)) in times.iter().enumerate() {
            starts.push(samples.len() as f64 / rate + (at(*start) - from) as f64 / rate);
            if i % WORDS_BETWEEN == WORDS_BETWEEN - 1 && i + 1 < times.len() {
                let cut = at(0.5 * (end + times[i + 1].0));
                samples.extend_from_slice(&speech[from..cut]);
                let mut silence = vec![0f32; at(SILENCE_SECS)];
                let word = times[(7 * i + 3) % times.len()];
                let stray = speech[at(word.0)..at(word.1)].iter().rev();
                silence[at(stray_at)..].iter_mut().zip(stray).for_each(|(x, s)| *x = *s);
                samples.extend(silence);
                from = cut;
            }
        }
        samples.extend_from_slice(&speech[from..]);
        let hiss = noise::white(5, samples.len(), 1e-4);
        noise::add(&mut samples, &hiss);
        let signal = Signal::mono(signal.sample_rate(), samples).unwrap();
        let found = aligner.align(&signal, &transcript, pronouncer.as_ref()).unwrap();
        moved.extend(found.words.iter().zip(&starts).enumerate().filter_map(|(i, (word, start))| {
            let off = word.start_secs - start;
            let is_there = word.state == State::Measured && off.abs() < MOST_MOVED_SECS;
            (!is_there).then(|| format!("stray at {stray_at} s, word {i}: {off:.2} s"))
        }));
    }
    assert!(moved.len() <= MOST_MOVED, "{moved:#?}");
}
