//! Sounds that are not in the text leave the words beside them where they are, and are reported.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its data fails")]

use std::path::PathBuf;

use tonearm_align::text::{Transcript, pronounce, read_transcript};
use tonearm_align::{AlignSettings, Aligner, Alignment};
use tonearm_audio::{SampleRate, Signal};
use tonearm_testkit::interlude::{Instrument, applause, drums, melody};
use tonearm_testkit::level::rms;
use tonearm_testkit::noise;
use tonearm_timeline::{State, UnalignedKind, UnalignedSound};

const RATE_HZ: u32 = 16_000;
/// Quiet before the sound and after it, in seconds.
const QUIET_SECS: f64 = 0.4;
/// No word may be further from its place: the built-in rules for English, half a minute to learn from.
const MOST_MOVED_SECS: f64 = 0.3;

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata")).join(name)
}

/// The short English reading, and the true starts of its words.
fn reading() -> (Vec<f32>, Vec<(f64, f64)>, Transcript) {
    let signal = tonearm_audio::decode::read(&testdata("english-short.flac")).unwrap().signal;
    assert_eq!(signal.sample_rate().hz(), RATE_HZ);
    let truth = std::fs::read_to_string(testdata("english-short.truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let words = truth["words"].as_array().unwrap();
    let times = words.iter().map(|w| (w["start"].as_f64().unwrap(), w["end"].as_f64().unwrap())).collect();
    let text = std::fs::read(testdata("english-short.txt")).unwrap();
    (signal.downmix(), times, read_transcript(&text, Some("english-short.txt")).unwrap())
}

/// Aligns the reading with `sound` put, as loud as speech, after the word `last`; returns what was found, and where the sound begins and ends.
fn aligned_with(sound: &[f32], last: usize, noise_db: Option<f64>) -> (Alignment, f64, f64) {
    let (speech, times, transcript) = reading();
    let rate = f64::from(RATE_HZ);
    let cut = (0.5 * (times[last].1 + times[last + 1].0) * rate) as usize;
    let quiet = vec![0f32; (QUIET_SECS * rate) as usize];
    let level = rms(&speech) as f32;
    let mut samples = [&speech[..cut], &quiet].concat();
    let from = samples.len() as f64 / rate;
    samples.extend(sound.iter().map(|x| level * x));
    let to = samples.len() as f64 / rate;
    samples.extend(quiet.iter().chain(&speech[cut..]));
    if let Some(db) = noise_db {
        let hiss = noise::white(5, samples.len(), f64::from(level) * 10f64.powf(-db / 20.0));
        noise::add(&mut samples, &hiss);
    }
    let peak = samples.iter().fold(1f32, |peak, x| peak.max(x.abs()));
    samples.iter_mut().for_each(|x| *x /= peak);
    let signal = Signal::mono(SampleRate::new(RATE_HZ).unwrap(), samples).unwrap();
    let pronouncer = pronounce::builtin("en").unwrap();
    let aligner = Aligner::new(AlignSettings::default()).unwrap();
    let alignment = aligner.align(&signal, &transcript, pronouncer.as_ref()).unwrap();
    let moved = to - from + 2.0 * QUIET_SECS;
    assert_eq!(alignment.words.len(), times.len());
    for (i, (word, (start, _))) in alignment.words.iter().zip(&times).enumerate() {
        let start = if i > last { start + moved } else { *start };
        assert_eq!(word.state, State::Measured, "word {i}");
        assert!(
            (word.start_secs - start).abs() < MOST_MOVED_SECS,
            "word {i}: {} for {start}",
            word.start_secs
        );
    }
    assert!(alignment.words[last].end_secs < from + MOST_MOVED_SECS, "{}", alignment.words[last].end_secs);
    (alignment, from, to)
}

/// The share of `from..to` that is reported as a sound that is not in the text.
fn reported(alignment: &Alignment, from: f64, to: f64) -> f64 {
    let other = alignment.unaligned.iter().filter(|stretch| stretch.kind == UnalignedKind::Other);
    other.map(|stretch| (stretch.end.min(to) - stretch.start.max(from)).max(0.0)).sum::<f64>() / (to - from)
}

/// What the longest sound that is not in the text is called.
fn called(alignment: &Alignment) -> Option<UnalignedSound> {
    let other = alignment.unaligned.iter().filter(|stretch| stretch.kind == UnalignedKind::Other);
    other.max_by(|a, b| (a.end - a.start).total_cmp(&(b.end - b.start))).and_then(|stretch| stretch.sound)
}

/// The last word of the second sentence, and of the fourth.
const ENDS: [usize; 2] = [32, 58];

#[test]
fn applause_and_music_are_no_words() {
    let sounds = [
        (applause(11, RATE_HZ, 6.0, 90), UnalignedSound::Applause),
        (melody(12, RATE_HZ, 9.0, Instrument::Piano), UnalignedSound::Music),
        (melody(13, RATE_HZ, 5.0, Instrument::Strings), UnalignedSound::Music),
        (drums(14, RATE_HZ, 4.0), UnalignedSound::Music),
    ];
    for (i, (sound, kind)) in sounds.iter().enumerate() {
        let (alignment, from, to) = aligned_with(sound, ENDS[i % 2], None);
        let share = reported(&alignment, from, to);
        assert!(share > 0.8, "sound {i}: {share}, {:?}", alignment.unaligned);
        assert_eq!(called(&alignment), Some(*kind), "sound {i}: {:?}", alignment.unaligned);
    }
}

#[test]
fn talk_that_is_not_in_the_text_is_called_speech() {
    let (speech, times, _) = reading();
    let at = |secs: f64| (secs * f64::from(RATE_HZ)) as usize;
    let (from, to) = (times[ENDS[0] + 1].0, times[ENDS[1]].1);
    let level = rms(&speech) as f32;
    let mut talk: Vec<f32> = speech[at(from)..at(to)].iter().map(|x| x / level).collect();
    talk.reverse();
    let (alignment, ..) = aligned_with(&talk, ENDS[0], None);
    assert_eq!(called(&alignment), Some(UnalignedSound::Speech), "{:?}", alignment.unaligned);
}

#[test]
fn applause_in_noise_is_no_pause() {
    let (alignment, from, to) = aligned_with(&applause(15, RATE_HZ, 7.0, 90), ENDS[1], Some(15.0));
    let share = reported(&alignment, from, to);
    assert!(share > 0.8, "{share}, {:?}", alignment.unaligned);
}
