//! Signs and numbers that are spoken get a time, and stay as they are written.

#![allow(clippy::unwrap_used, reason = "a test that cannot speak fails")]

use tonearm_align::text::read_transcript;
use tonearm_align::{AlignSettings, Aligner};
use tonearm_audio::{SampleRate, Signal};
use tonearm_espeak::{DataDir, EspeakPronouncer};
use tonearm_timeline::State;

const SPOKEN: &str = "The letter came to house number seventeen on a cold morning. Of all the people in the town, forty two per cent \
                      had read it before noon, father and mother among them. Section nine says that this was in nineteen nineteen, \
                      when bread was dear and coal was dearer.";
const WRITTEN: &str = "The letter came to house № 17 on a cold morning. Of all the people in the town, 42 % \
                       had read it before noon, father & mother among them. § 9 says that this was in 1919, \
                       when bread was dear and coal was dearer.";

#[test]
fn what_is_said_for_a_sign_is_found_at_the_sign() {
    let data = DataDir::install().unwrap();
    let (samples, rate_hz) = espeak_ng::EspeakNg::builder()
        .voice("en")
        .data_dir(data.path())
        .build()
        .unwrap()
        .synth(SPOKEN)
        .unwrap();
    let samples = samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
    let signal = Signal::mono(SampleRate::new(rate_hz).unwrap(), samples).unwrap();
    let transcript = read_transcript(WRITTEN.as_bytes(), Some("a.txt")).unwrap();
    let pronouncer = EspeakPronouncer::new("en", &data).unwrap();
    let aligner = Aligner::new(AlignSettings::default()).unwrap();
    let recording = aligner.listened(&signal).unwrap();
    let found = aligner.align_heard(&recording, &transcript, &pronouncer, &mut |_| {}).unwrap();
    let tokens: Vec<&str> = WRITTEN.split_whitespace().collect();
    assert_eq!(tokens.len(), found.words.len());
    for sign in ["№", "17", "42", "%", "&", "§", "9", "1919,"] {
        let word = &found.words[tokens.iter().position(|token| *token == sign).unwrap()];
        assert_eq!(word.state, State::Measured, "{sign}");
        assert!(word.end_secs > word.start_secs, "{sign}");
    }
}
