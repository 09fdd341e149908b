//! What is written is what is read back: samples bit for bit, and what the file says about itself.
#![cfg(feature = "codecs")]
#![allow(clippy::unwrap_used, reason = "test code, which clippy knows only inside functions marked as tests")]

mod support;

use support::{assert_bits_equal, read_bytes, tones, written};
use tonearm_audio::encode::{Dither, EncodeSettings, clipped_samples, container_for, quantized};
use tonearm_audio::{
    AudioError, BroadcastExtension, BroadcastLoudness, Container, Marker, Metadata, SampleFormat, SampleRate,
    Signal,
};

const WRITABLE: [(Container, SampleFormat); 5] = [
    (Container::Wav, SampleFormat::Int16),
    (Container::Wav, SampleFormat::Int24),
    (Container::Wav, SampleFormat::Float32),
    (Container::Flac, SampleFormat::Int16),
    (Container::Flac, SampleFormat::Int24),
];

#[test]
fn samples_come_back_as_quantized_says() {
    for (container, sample_format) in WRITABLE {
        for dither in [Dither::None, Dither::default()] {
            for channels in [1, 2, 3] {
                // Longer than a block of the writer and of FLAC, and no multiple of either.
                let signal = tones(44_100, channels, 20_001);
                let settings = EncodeSettings { dither, ..EncodeSettings::new(container, sample_format) };
                let bytes = written(&signal, &settings);
                assert_eq!(bytes, written(&signal, &settings), "the same twice");
                let read = read_bytes("side", &bytes).unwrap();
                assert_eq!(read.warnings, [""; 0]);
                assert_eq!((read.format.container, read.format.sample_format), (container, sample_format));
                assert_eq!(read.signal.sample_rate(), signal.sample_rate());
                let expected = quantized(&signal, sample_format, dither);
                for c in 0..channels {
                    assert_bits_equal(read.signal.channel(c), expected.channel(c));
                }
                // Writing what was read changes nothing any more.
                assert_eq!(written(&read.signal, &settings), bytes);
            }
        }
    }
}

#[test]
fn removed_and_restored_files_make_the_input_bit_for_bit() {
    for (container, sample_format) in WRITABLE {
        if sample_format == SampleFormat::Float32 {
            continue;
        }
        let settings = EncodeSettings::new(container, sample_format);
        let store = |signal: &Signal| read_bytes("side", &written(signal, &settings)).unwrap().signal;
        let input = store(&tones(44_100, 2, 5_000));
        // A stage that touches some stretches and leaves the others alone.
        let channels = input.channels().iter().map(|channel| {
            let touched = |i: usize| (i / 500).is_multiple_of(2);
            channel.iter().enumerate().map(|(i, x)| if touched(i) { x * 0.77 + 0.001 } else { *x }).collect()
        });
        let restored = Signal::new(input.sample_rate(), channels.collect()).unwrap();
        let kept = quantized(&restored, sample_format, settings.dither);
        let removed = input.minus(&kept);
        assert_eq!(clipped_samples(&removed, sample_format), 0);
        let (restored_file, removed_file) = (store(&restored), store(&removed));
        assert_eq!(restored_file, *kept);
        assert_eq!(removed_file.plus(&restored_file), input);
        // Where nothing was done, nothing was changed: not even by dither.
        assert_bits_equal(&restored_file.channel(0)[500..1_000], &input.channel(0)[500..1_000]);
    }
}

#[test]
fn float_files_keep_what_lies_beyond_full_scale() {
    let signal = Signal::mono(SampleRate::new(44_100).unwrap(), vec![1.5, -2.0, 1e-30]).unwrap();
    let bytes = written(&signal, &EncodeSettings::new(Container::Wav, SampleFormat::Float32));
    assert_bits_equal(read_bytes("side", &bytes).unwrap().signal.channel(0), signal.channel(0));
}

fn rich_metadata() -> Metadata {
    Metadata {
        tags: vec![
            ("TITLE".into(), "Что такое Советская власть?".into()),
            ("ARTIST".into(), "Somebody".into()),
            ("DATE".into(), "1919".into()),
            ("COMMENT".into(), "odd".into()),
        ],
        broadcast: Some(BroadcastExtension {
            description: "A side, as transferred".into(),
            originator: "An archive".into(),
            originator_reference: "REF-1".into(),
            origination_date: "2020-01-31".into(),
            origination_time: "12:34:56".into(),
            time_reference: 5_000_000_000,
            umid: [7; 64],
            loudness: None,
            coding_history: "A=ANALOGUE,M=mono,T=78 rpm disc\r\n".into(),
        }),
        ixml: None,
        markers: vec![
            Marker { sample: 0, label: "lead-in".into() },
            Marker { sample: 777, label: "Слово".into() },
            Marker { sample: 12_345, label: String::new() },
        ],
    }
}

#[test]
fn metadata_comes_back_from_both_containers() {
    for (container, sample_format) in WRITABLE {
        let mut settings = EncodeSettings::new(container, sample_format);
        settings.metadata = rich_metadata();
        let read = read_bytes("side", &written(&tones(44_100, 1, 20_000), &settings)).unwrap();
        assert_eq!(read.metadata, settings.metadata, "{container} {sample_format}");
    }
}

#[test]
fn loudness_and_ixml_stay_in_wav() {
    let mut settings = EncodeSettings::new(Container::Wav, SampleFormat::Int24);
    settings.metadata = rich_metadata();
    settings.metadata.ixml = Some("<BWFXML><NOTE>ü</NOTE></BWFXML>".into());
    let loudness =
        BroadcastLoudness { integrated: Some(-2_300), max_true_peak: Some(-150), ..Default::default() };
    settings.metadata.broadcast.as_mut().unwrap().loudness = Some(loudness);
    let read = read_bytes("side", &written(&tones(44_100, 1, 20_000), &settings)).unwrap();
    assert_eq!(read.metadata, settings.metadata);
}

#[test]
fn coding_history_is_kept_and_extended() {
    let signal = tones(44_100, 1, 20_000);
    let mut metadata = rich_metadata();
    metadata.add_coding_history(&signal, SampleFormat::Int16, "tonearm 0.1.0; restore");
    let history = &metadata.broadcast.as_ref().unwrap().coding_history;
    assert_eq!(
        history,
        "A=ANALOGUE,M=mono,T=78 rpm disc\r\nA=PCM,F=44100,W=16,M=mono,T=tonearm 0.1.0; restore\r\n"
    );
    // And made where there was none.
    let mut metadata = Metadata::default();
    metadata.add_coding_history(&tones(48_000, 2, 8), SampleFormat::Int24, "one, two");
    assert_eq!(metadata.broadcast.unwrap().coding_history, "A=PCM,F=48000,W=24,M=stereo,T=one; two\r\n");
}

#[test]
fn long_text_is_cut_between_characters() {
    let mut settings = EncodeSettings::new(Container::Wav, SampleFormat::Int16);
    let originator = "ж".repeat(40);
    settings.metadata.broadcast = Some(BroadcastExtension { originator, ..Default::default() });
    let read = read_bytes("side", &written(&tones(44_100, 1, 10), &settings)).unwrap();
    assert_eq!(read.metadata.broadcast.unwrap().originator, "ж".repeat(16));
}

#[test]
fn what_a_container_cannot_hold_is_refused() {
    let refused = |signal: &Signal, container, sample_format| {
        let mut file = std::io::Cursor::new(Vec::new());
        let settings = EncodeSettings::new(container, sample_format);
        tonearm_audio::encode::write(&mut file, signal, &settings).unwrap_err().to_string()
    };
    let mono = tones(44_100, 1, 10);
    assert!(refused(&mono, Container::Flac, SampleFormat::Float32).contains("choose 16 or 24 bits"));
    assert!(refused(&mono, Container::Wav, SampleFormat::Lossy).contains("choose 16 bits"));
    assert!(refused(&mono, Container::Mp3, SampleFormat::Int16).contains("choose WAV or FLAC"));
    assert!(refused(&tones(44_100, 9, 10), Container::Flac, SampleFormat::Int16).contains("8 channels"));
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    struct Full(u64);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            if self.0 > 5_000 { Err(std::io::Error::other("no space left")) } else { Ok(bytes.len()) }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl std::io::Seek for Full {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(self.0)
        }
    }
    for (container, sample_format) in WRITABLE {
        let settings = EncodeSettings::new(container, sample_format);
        let error = tonearm_audio::encode::write(Full(0), &tones(44_100, 2, 200_000), &settings).unwrap_err();
        assert!(matches!(error, AudioError::Write { .. }), "{error}");
    }
}

#[test]
fn endings_choose_the_container() {
    for (name, container) in
        [("a.wav", Container::Wav), ("b/c.FLAC", Container::Flac), ("d.bwf", Container::Wav)]
    {
        assert_eq!(container_for(name.as_ref()).unwrap(), container);
    }
    for name in ["a.mp3", "a", "wav"] {
        let message = container_for(name.as_ref()).unwrap_err().to_string();
        assert!(message.contains(".wav or .flac"), "{message}");
    }
}
