//! One clear sentence for everything that cannot be read, and no panic on any bytes.
#![cfg(feature = "codecs")]
#![allow(clippy::unwrap_used, reason = "test code, which clippy knows only inside functions marked as tests")]

mod support;

use proptest::prelude::*;
use support::{chunk, fixture, fmt, pcm_16, read_bytes, riff, tones, written};
use tonearm_audio::encode::EncodeSettings;
use tonearm_audio::{AudioError, Container, Marker, SampleFormat, decode};

fn message(name: &str, bytes: &[u8]) -> String {
    let message = read_bytes(name, bytes).unwrap_err().to_string();
    assert!(message.contains(name), "names the file: {message}");
    assert!(!message.contains('\n'), "one line: {message}");
    message
}

#[test]
fn what_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = decode::read(&folder.path().join("side.wav")).unwrap_err();
    assert!(
        matches!(error, AudioError::NoSuchFile { .. }) && error.to_string().contains("no such file"),
        "{error}"
    );
    let error = decode::read(folder.path()).unwrap_err();
    assert!(error.to_string().contains("is a directory"), "{error}");
}

#[test]
fn what_is_no_audio() {
    assert!(message("side.wav", b"").contains("is empty"));
    let text = message("side.wav", "Что такое Советская власть? Это новое\n".as_bytes());
    assert!(text.contains("starts with the text \"Что такое Советская влас…\""), "{text}");
    assert!(message("side.wav", &[0x80, 0, 1]).contains("the bytes 80 00 01"));
    assert!(message("side.mp3", &[0; 5_000]).contains("not an audio file"));
    // Text cut within a character by the end of what is looked at.
    assert!(message("side.flac", "я".repeat(5_000).split_at(8_190).0.as_bytes()).contains("the text \"яяя"));
    // Two letters that look like an MPEG header are no stream.
    assert!(
        message("side.mp3", &[&[0xFF, 0xFB, 0x90, 0], [7; 900].as_slice()].concat())
            .contains("not an audio file")
    );
}

#[test]
fn what_is_audio_of_an_unread_kind() {
    let opus = std::fs::read(fixture("tones.opus")).unwrap();
    assert!(message("side.opus", &opus).contains("holds Opus audio"));
    assert!(message("side.wv", b"wvpk0000").contains("WavPack"));
    assert!(message("side.wav", b"RIFX\0\0\0\0WAVE").contains("big-endian"));
    assert!(message("film.avi", b"RIFF\x04\0\0\0AVI ").contains("'AVI '"));
    let adpcm = riff(&[chunk(b"fmt ", &fmt(2, 1, 4, 1)), chunk(b"data", &[0; 64])]);
    assert!(message("side.wav", &adpcm).contains("Microsoft ADPCM inside WAV"));
    let strange = riff(&[chunk(b"fmt ", &fmt(1, 1, 40, 5)), chunk(b"data", &[0; 50])]);
    assert!(message("side.wav", &strange).contains("40 bits in 5 bytes"));
}

#[test]
fn headers_that_end_too_soon() {
    let whole = riff(&[chunk(b"fmt ", &fmt(1, 1, 16, 2)), chunk(b"data", &pcm_16(&[1, 2, 3]))]);
    assert!(message("side.wav", &whole[..10]).contains("after 10 bytes"));
    assert!(message("side.wav", &whole[..30]).contains("within its fmt chunk"));
    assert!(message("side.wav", &whole[..36]).contains("no data chunk"));
    assert!(message("side.wav", &whole[..44]).contains("holds no samples"));
    assert!(message("side.wav", &riff(&[chunk(b"data", &[0; 8])])).contains("no fmt chunk"));
    for name in ["tones.flac", "tones.ogg", "tones.m4a", "tones.aiff"] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        message(name, &bytes[..40]);
    }
    let unfinished = std::fs::read(fixture("tones.m4a")).unwrap();
    assert!(message("side.m4a", &unfinished[..unfinished.len() / 2]).contains("moov"));
}

#[test]
fn samples_that_are_no_numbers() {
    let samples = [0.0, 0.5, f32::NAN, f32::INFINITY, 0.0, 0.25];
    let data: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
    let found = message("side.wav", &riff(&[chunk(b"fmt ", &fmt(3, 2, 32, 4)), chunk(b"data", &data)]));
    assert!(
        found.contains("sample 1 of channel 0 (at 0.000125 s)") && found.contains("2 samples"),
        "{found}"
    );
}

#[test]
fn rates_beyond_reason() {
    let mut format = fmt(1, 1, 16, 2);
    format[4..8].copy_from_slice(&500u32.to_le_bytes());
    let found = message("side.wav", &riff(&[chunk(b"fmt ", &format), chunk(b"data", &[0; 8])]));
    assert!(found.contains("500 Hz"), "{found}");
}

#[test]
fn a_chapter_mark_that_breaks_the_decoder() {
    // symphonia 0.6.1 divides by a power of ten that has wrapped to zero. In Ogg and FLAC alike.
    let mut settings = EncodeSettings::new(Container::Flac, SampleFormat::Int16);
    settings.metadata.set_tag("CHAPTER001", format!("00:00:00.{}1", "0".repeat(70)));
    let found = message("side.flac", &written(&tones(8_000, 1, 100), &settings));
    assert!(found.contains("makes no sense"), "{found}");
}

/// Files of every kind, small enough to be broken thousands of times.
fn specimens() -> Vec<Vec<u8>> {
    let mut rich = EncodeSettings::new(Container::Wav, SampleFormat::Int24);
    rich.metadata.set_tag("TITLE", "Side A");
    rich.metadata.markers = vec![Marker { sample: 3, label: "here".into() }];
    rich.metadata.broadcast = Some(Default::default());
    let signal = tones(8_000, 2, 101);
    let mut found = vec![written(&signal, &rich)];
    rich.container = Container::Flac;
    found.push(written(&signal, &rich));
    found.push(written(&signal, &EncodeSettings::new(Container::Wav, SampleFormat::Float32)));
    found.push(support::long_riff(b"RF64", 8, &[chunk(b"fmt ", &fmt(1, 1, 16, 2)), chunk(b"data", &[1; 8])]));
    let coded =
        ["tones.mp3", "tones.ogg", "tones.m4a", "tones-alac.m4a", "tones.aiff", "tones.aac", "tones.mp2"];
    found.extend(coded.iter().map(|name| std::fs::read(fixture(name)).unwrap()));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_bytes_make_it_panic(
        specimen in 0usize..11,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..8),
        keep in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        thread_local!(static SPECIMENS: Vec<Vec<u8>> = specimens());
        let mut bytes = SPECIMENS.with(|all| all[specimen].clone());
        for (index, value, in_header) in changes {
            let range = if in_header { bytes.len().min(200) } else { bytes.len() };
            bytes[index.index(range)] = value;
        }
        if let Some(keep) = keep {
            bytes.truncate(keep.index(bytes.len()));
        }
        match read_bytes("side", &bytes) {
            Ok(recording) => prop_assert!(!recording.signal.is_empty()),
            Err(error) => prop_assert!(error.to_string().contains("side")),
        }
    }
}
