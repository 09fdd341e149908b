//! Files that other programs have coded: length, alignment to the sample, depth and tags.
#![cfg(feature = "codecs")]
#![allow(clippy::unwrap_used, reason = "test code, which clippy knows only inside functions marked as tests")]

mod support;

use std::f64::consts::TAU;

use support::{assert_bits_equal, fixture};
use tonearm_audio::encode::EncodeSettings;
use tonearm_audio::{Container, SampleFormat, decode};

const RATE_HZ: f64 = 22_050.0;
const LEN: usize = 11_111;

/// What `tests/data/make.sh` coded.
fn truth(index: usize) -> f64 {
    let t = index as f64 / RATE_HZ;
    0.4 * (TAU * 440.0 * t).sin() + 0.2 * (TAU * 1_000.0 * t).sin()
}

/// Signal-to-noise ratio in dB of `samples` against the truth delayed by `delay` samples, without the edges, where lossy
/// coders smear the onset.
fn snr_db(samples: &[f32], delay: usize) -> f64 {
    const EDGE: usize = 600;
    let (mut signal, mut noise) = (0.0, 0.0);
    for i in EDGE..LEN - EDGE {
        signal += truth(i).powi(2);
        noise += (f64::from(samples[i + delay]) - truth(i)).powi(2);
    }
    10.0 * (signal / noise).log10()
}

/// Lossy files at their settings reach 20 dB and more; one sample of misalignment alone leaves about 15 dB.
const LOSSY_SNR_DB: f64 = 20.0;

#[test]
fn one_sample_of_misalignment_would_be_noticed() {
    let late: Vec<f32> = (0..LEN + 1).map(|i| truth(i.saturating_sub(1)) as f32).collect();
    let early: Vec<f32> = (0..LEN).map(|i| truth(i + 1) as f32).collect();
    assert!(snr_db(&late, 0) < LOSSY_SNR_DB - 2.0);
    assert!(snr_db(&early, 0) < LOSSY_SNR_DB - 2.0);
    assert!(snr_db(&late, 1) > 100.0);
}

#[test]
fn lossy_files_are_trimmed_to_the_sample() {
    for (name, container) in
        [("tones.mp3", Container::Mp3), ("tones.ogg", Container::Ogg), ("tones.m4a", Container::Mp4)]
    {
        let recording = decode::read(&fixture(name)).unwrap();
        assert_eq!(recording.warnings, [""; 0], "{name}");
        assert_eq!(
            (recording.format.container, recording.format.sample_format),
            (container, SampleFormat::Lossy)
        );
        assert_eq!(recording.signal.len(), LEN, "{name}");
        let snr = snr_db(recording.signal.channel(0), 0);
        assert!(snr > LOSSY_SNR_DB, "{name}: {snr:.1} dB");
        let tags = &recording.metadata;
        assert_eq!(
            (tags.tag("TITLE"), tags.tag("ARTIST"), tags.tag("DATE")),
            (Some("Side A"), Some("Somebody"), Some("1919"))
        );
    }
}

#[test]
fn streams_that_do_not_state_their_delay_keep_it() {
    // MPEG layer III without LAME's tag: ffmpeg's encoder delay 576 + 528 + 1 samples; layer II: 481; bare AAC: 1024.
    for (name, container, delay) in [
        ("tones-untagged.mp3", Container::Mp3, 1_105),
        ("tones.mp2", Container::Mp3, 481),
        ("tones.aac", Container::Adts, 1_024),
    ] {
        let recording = decode::read(&fixture(name)).unwrap();
        assert_eq!(recording.format.container, container, "{name}");
        assert!(recording.signal.len() >= LEN, "{name}");
        let snr = snr_db(recording.signal.channel(0), delay);
        assert!(snr > LOSSY_SNR_DB, "{name}: {snr:.1} dB");
    }
}

#[test]
fn lossless_files_keep_their_depth() {
    // ffmpeg's Apple Lossless and AIFF are made of 24-bit samples, its FLAC of 16-bit ones.
    for (name, container, sample_format, least_snr_db) in [
        ("tones-alac.m4a", Container::Mp4, SampleFormat::Int24, 130.0),
        ("tones.aiff", Container::Aiff, SampleFormat::Int24, 130.0),
        ("tones.flac", Container::Flac, SampleFormat::Int16, 85.0),
    ] {
        let recording = decode::read(&fixture(name)).unwrap();
        assert_eq!(recording.warnings, [""; 0], "{name}");
        assert_eq!(
            (recording.format.container, recording.format.sample_format),
            (container, sample_format),
            "{name}"
        );
        assert_eq!(recording.signal.len(), LEN, "{name}");
        let snr = snr_db(recording.signal.channel(0), 0);
        assert!(snr > least_snr_db, "{name}: {snr:.1} dB");
        assert_eq!(recording.metadata.tag("TITLE"), Some("Side A"), "{name}");
    }
}

#[test]
fn content_counts_and_not_the_name() {
    let bytes = std::fs::read(fixture("tones.flac")).unwrap();
    let recording = support::read_bytes("really.wav", &bytes).unwrap();
    assert_eq!(recording.format.container, Container::Flac);
    let bytes = std::fs::read(fixture("tones.aac")).unwrap();
    assert_eq!(support::read_bytes("no-ending", &bytes).unwrap().format.container, Container::Adts);
}

#[test]
fn cut_short_files_are_read_as_far_as_they_go() {
    for name in ["tones.flac", "tones.aiff", "tones.mp3"] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let recording = support::read_bytes(name, &bytes[..bytes.len() * 9 / 10]).unwrap();
        let len = recording.signal.len();
        assert!((LEN / 5..LEN).contains(&len), "{name}: {len}");
        assert!(
            recording.warnings.iter().any(|w| w.contains("cut short")),
            "{name}: {:?}",
            recording.warnings
        );
        assert!(
            recording.signal.channel(0)[700..len - 700]
                .iter()
                .enumerate()
                .all(|(i, x)| { (f64::from(*x) - truth(i + 700)).abs() < 0.1 }),
            "{name}"
        );
    }
}

#[test]
fn a_damaged_frame_moves_nothing_behind_it() {
    let signal = support::tones(44_100, 2, 40_000);
    let mut bytes = support::written(&signal, &EncodeSettings::new(Container::Flac, SampleFormat::Int16));
    let whole = support::read_bytes("side.flac", &bytes).unwrap().signal;
    let place = bytes.len() * 3 / 4;
    bytes[place] ^= 0x55;
    let damaged = support::read_bytes("side.flac", &bytes).unwrap();
    assert!(damaged.warnings[0].contains("silence"), "{:?}", damaged.warnings);
    assert_eq!(damaged.signal.len(), whole.len());
    let differs = |i: &usize| damaged.signal.channel(0)[*i].to_bits() != whole.channel(0)[*i].to_bits();
    let first = (0..whole.len()).find(differs).unwrap();
    let last = (0..whole.len()).rev().find(differs).unwrap();
    // One block of FLAC.
    assert!(first > 20_000 && last - first < 4_096, "{first} to {last}");
}

#[test]
fn a_changed_sample_is_found_by_the_checksum() {
    // The stream's MD5 stands at the end of STREAMINFO, bytes 26 to 41 of the file.
    let mut bytes = std::fs::read(fixture("tones.flac")).unwrap();
    bytes[30] ^= 1;
    let recording = support::read_bytes("side.flac", &bytes).unwrap();
    assert!(recording.warnings[0].contains("checksum"), "{:?}", recording.warnings);
}

#[test]
fn a_real_transfer_is_read_whole() {
    let folder = fixture("../../../../../shared/data");
    // Seconds that the material's own description states.
    for (name, secs) in [
        ("speech/moby-dick-1.mp3", 88.0),
        ("speech/jfk.flac", 11.0),
        ("noise/vinyl_hiss.flac", 8.0),
        ("music/hungarian-dance-5.ogg", 45.8),
        ("speech/acoustic_corpus.wav", 26.7),
    ] {
        let path = folder.join(name);
        if !path.is_file() {
            println!("skipped: there is no {name} here");
            continue;
        }
        let recording = decode::read(&path).unwrap();
        assert!(
            (recording.signal.duration().get() - secs).abs() < 0.06,
            "{name}: {}",
            recording.signal.duration()
        );
        assert_eq!(recording.warnings, [""; 0], "{name}");
    }
}

#[test]
fn blocks_together_are_the_whole_recording() {
    let names =
        ["tones.mp3", "tones.ogg", "tones.m4a", "tones.flac", "tones.aiff", "tones-alac.m4a", "tones.mp2"];
    for name in names {
        let whole = decode::read(&fixture(name)).unwrap();
        let mut blocks = Vec::new();
        let described = decode::read_in_blocks(&fixture(name), 700, &mut |block| blocks.push(block)).unwrap();
        assert_eq!(described.metadata, whole.metadata, "{name}");
        assert_eq!((described.format, &described.warnings), (whole.format, &whole.warnings), "{name}");
        let (_, full) = blocks.split_last().unwrap();
        assert!(full.iter().all(|block| block.len() >= 700), "{name}");
        assert!(!full.is_empty() || name.ends_with("m4a"), "{name}");
        for channel in 0..whole.signal.channel_count() {
            let joined: Vec<f32> = blocks.iter().flat_map(|block| block.channel(channel).to_vec()).collect();
            assert_bits_equal(&joined, whole.signal.channel(channel));
        }
    }
}
