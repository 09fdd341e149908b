//! Words of the text that were not spoken, though their sentence was, are reported, and their neighbours stay where they are.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its data fails")]

use std::path::PathBuf;

use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignSettings, Aligner};
use tonearm_timeline::State;

/// No word may be further from its place: the built-in rules for English, half a minute to learn from.
const MOST_MOVED_SECS: f64 = 0.3;

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata")).join(name)
}

#[test]
fn words_that_were_not_spoken_are_absent_and_no_others() {
    let signal = tonearm_audio::decode::read(&testdata("english-short.flac")).unwrap().signal;
    let truth = std::fs::read_to_string(testdata("english-short.truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let starts: Vec<f64> =
        truth["words"].as_array().unwrap().iter().map(|word| word["start"].as_f64().unwrap()).collect();
    let text = std::fs::read_to_string(testdata("english-short.txt")).unwrap();
    let spoken: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(spoken.len(), starts.len());
    let aligner = Aligner::new(AlignSettings::default()).unwrap();
    let recording = aligner.listened(&signal).unwrap();
    // Put in before these words of the text.
    for put_in in [vec![(30, "yesterday evening")], vec![(50, "seven green bottles"), (70, "magnificent")]] {
        let (mut words, mut truth) = (Vec::new(), Vec::new());
        for (i, (word, start)) in spoken.iter().zip(&starts).enumerate() {
            let unspoken = put_in.iter().filter(|(at, _)| *at == i).flat_map(|(_, phrase)| phrase.split(' '));
            for word in unspoken {
                words.push(word);
                truth.push(None);
            }
            words.push(word);
            truth.push(Some(*start));
        }
        let transcript = read_transcript(words.join(" ").as_bytes(), Some("a.txt")).unwrap();
        let pronouncer = pronounce::builtin("en").unwrap();
        let found = aligner.align_heard(&recording, &transcript, pronouncer.as_ref(), &mut |_| {}).unwrap();
        assert_eq!(found.words.len(), truth.len());
        let mut end = 0.0;
        for ((found, truth), word) in found.words.iter().zip(truth).zip(words) {
            let expected = if truth.is_some() { State::Measured } else { State::Absent };
            assert_eq!(found.state, expected, "{word} {truth:?}");
            assert!(found.start_secs >= end - 1e-9 && found.end_secs >= found.start_secs, "{word}");
            match truth {
                Some(start) => assert!((found.start_secs - start).abs() < MOST_MOVED_SECS, "{word} {start}"),
                None => assert!(found.phones.is_empty() && found.end_secs <= found.start_secs, "{word}"),
            }
            end = found.start_secs;
        }
    }
}
