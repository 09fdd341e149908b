//! WAV files that hound refuses or misreads, each of which must be read right. Every test first shows what hound does, so
//! that a hound that has learned it is noticed.
#![cfg(feature = "codecs")]
#![allow(clippy::unwrap_used, reason = "test code, which clippy knows only inside functions marked as tests")]

mod support;

use std::io::Cursor;

use support::{
    assert_bits_equal, chunk, chunk_of_size, fmt, fmt_extensible, long_riff, pcm_16, read_bytes, riff,
    written,
};
use tonearm_audio::encode::EncodeSettings;
use tonearm_audio::{Container, SampleFormat, SampleRate, Signal};

const SAMPLES: [i16; 6] = [0, 1, -1, 12_345, i16::MIN, i16::MAX];

fn expected() -> Vec<f32> {
    SAMPLES.iter().map(|x| f32::from(*x) / 32_768.0).collect()
}

fn hound_samples(bytes: &[u8]) -> Result<Vec<i32>, hound::Error> {
    hound::WavReader::new(Cursor::new(bytes))?.into_samples::<i32>().collect()
}

/// Reads a file of `SAMPLES` and returns its warnings.
fn assert_reads_right(bytes: &[u8]) -> Vec<String> {
    let recording = read_bytes("side.wav", bytes).unwrap();
    assert_bits_equal(recording.signal.channel(0), &expected());
    recording.warnings
}

#[test]
fn rf64_and_bw64() {
    for form in [b"RF64", b"BW64"] {
        let data = chunk_of_size(b"data", u32::MAX, &pcm_16(&SAMPLES));
        // What follows the data is found by the size in ds64 alone.
        let list = chunk(b"LIST", &[b"INFO".to_vec(), chunk(b"INAM", b"Side A\0")].concat());
        let bytes = long_riff(form, 12, &[chunk(b"fmt ", &fmt(1, 1, 16, 2)), data, list]);
        assert!(hound_samples(&bytes).is_err());
        assert_eq!(assert_reads_right(&bytes), [""; 0]);
        assert_eq!(read_bytes("side.wav", &bytes).unwrap().metadata.tag("TITLE"), Some("Side A"));
    }
}

#[test]
fn odd_chunks_before_the_data() {
    let data = chunk(b"data", &pcm_16(&SAMPLES));
    let padded = riff(&[chunk(b"fmt ", &fmt(1, 1, 16, 2)), chunk(b"note", b"odd"), data.clone()]);
    assert!(hound_samples(&padded).is_err());
    assert_eq!(assert_reads_right(&padded), [""; 0]);
    // The same by a writer that forgot the pad byte: hound's own way, which happens to read it.
    let unpadded = riff(&[chunk(b"fmt ", &fmt(1, 1, 16, 2)), chunk_of_size(b"note", 3, b"odd"), data]);
    assert!(hound_samples(&unpadded).is_ok());
    assert_eq!(assert_reads_right(&unpadded), [""; 0]);
}

#[test]
fn twenty_four_bits_in_four_bytes() {
    // Left-justified, as the extensible form has it; hound takes the low three bytes.
    let values = [0, 1, -1, 4_000_000, -8_388_608, 8_388_607];
    let data: Vec<u8> = values.iter().flat_map(|x: &i32| (x << 8).to_le_bytes()).collect();
    let bytes = riff(&[chunk(b"fmt ", &fmt_extensible(1, 1, 32, 4, 24)), chunk(b"data", &data)]);
    assert_ne!(hound_samples(&bytes).unwrap(), values);
    let recording = read_bytes("side.wav", &bytes).unwrap();
    assert_eq!(recording.format.sample_format, SampleFormat::Int24);
    let expected: Vec<f32> = values.iter().map(|x| *x as f32 / 8_388_608.0).collect();
    assert_bits_equal(recording.signal.channel(0), &expected);
}

#[test]
fn sixty_four_bit_float() {
    let values = [0.0, 0.5, -1.0, 1.0 / 3.0];
    let data: Vec<u8> = values.iter().flat_map(|x: &f64| x.to_le_bytes()).collect();
    let bytes = riff(&[chunk(b"fmt ", &fmt(3, 1, 64, 8)), chunk(b"data", &data)]);
    assert!(hound_samples(&bytes).is_err());
    let recording = read_bytes("side.wav", &bytes).unwrap();
    assert_eq!(recording.format.sample_format, SampleFormat::Float64);
    assert_bits_equal(recording.signal.channel(0), &values.map(|x| x as f32));
}

#[test]
fn thirty_two_bits_behind_eighteen_bytes_of_format() {
    let data: Vec<u8> = SAMPLES.iter().flat_map(|x| (i32::from(*x) << 16).to_le_bytes()).collect();
    let format = [fmt(1, 1, 32, 4), vec![0, 0]].concat();
    let bytes = riff(&[chunk(b"fmt ", &format), chunk(b"data", &data)]);
    assert!(hound_samples(&bytes).is_err());
    assert_eq!(assert_reads_right(&bytes), [""; 0]);
}

#[test]
fn streamed_sizes() {
    // From pipes: ffmpeg writes all ones, sox just below 2³¹, others zero.
    for size in [u32::MAX, 0x7FFF_FFFF - 36, u32::MAX - 36] {
        let data = chunk_of_size(b"data", size, &pcm_16(&SAMPLES));
        let bytes = riff(&[chunk(b"fmt ", &fmt(1, 1, 16, 2)), data]);
        assert!(hound_samples(&bytes).is_err(), "{size:#x}");
        assert_eq!(assert_reads_right(&bytes), [""; 0], "{size:#x}");
    }
    let bytes = riff(&[chunk(b"fmt ", &fmt(1, 1, 16, 2)), chunk_of_size(b"data", 0, &pcm_16(&SAMPLES))]);
    assert_eq!(hound_samples(&bytes).unwrap(), [0; 0]);
    let warnings = assert_reads_right(&bytes);
    assert!(warnings[0].contains("no sound") && warnings[0].contains("12 bytes"), "{warnings:?}");
}

#[test]
fn a_data_size_of_zero_before_other_chunks_is_no_stream() {
    let list = chunk(b"LIST", &[b"INFO".to_vec(), chunk(b"INAM", b"Side A\0")].concat());
    let bytes = riff(&[chunk(b"fmt ", &fmt(1, 1, 16, 2)), chunk(b"data", &[]), list]);
    let message = read_bytes("side.wav", &bytes).unwrap_err().to_string();
    assert!(message.contains("holds no samples"), "{message}");
}

#[test]
fn files_that_are_cut_short() {
    let data = chunk_of_size(b"data", 4_000, &pcm_16(&SAMPLES));
    let bytes = riff(&[chunk(b"fmt ", &fmt(1, 1, 16, 2)), data.clone()]);
    assert!(hound_samples(&bytes).is_err());
    let warnings = assert_reads_right(&bytes);
    assert!(warnings[0].contains("4000 bytes") && warnings[0].contains("12 are there"), "{warnings:?}");
    // One more byte is half a sample.
    let warnings = assert_reads_right(&[bytes, vec![7]].concat());
    assert!(warnings[1].contains("inside a sample"), "{warnings:?}");
}

#[test]
fn companding_laws() {
    // ITU-T G.711 tables 1 and 2: the ends of the range, the steps beside zero, and the idle codes.
    let a_law = [(0xD5, 8), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256), (0x80, 5_504)];
    let mu_law = [(0xFF, 0), (0x7F, 0), (0x80, 32_124), (0x00, -32_124), (0xFE, 8), (0xEF, 132)];
    for (tag, table) in [(6, a_law.as_slice()), (7, mu_law.as_slice())] {
        let data: Vec<u8> = table.iter().map(|(code, _)| *code).collect();
        let bytes = riff(&[chunk(b"fmt ", &fmt(tag, 1, 8, 1)), chunk(b"data", &data)]);
        assert!(hound_samples(&bytes).is_err());
        let expected: Vec<f32> = table.iter().map(|(_, value)| *value as f32 / 32_768.0).collect();
        assert_bits_equal(read_bytes("side.wav", &bytes).unwrap().signal.channel(0), &expected);
    }
}

#[test]
fn what_hound_can_read_comes_out_the_same() {
    for (bits, sample_bytes) in [(8u16, 1usize), (16, 2), (24, 3), (32, 4)] {
        let data: Vec<u8> = (0..60_u32).map(|i| (i * 37 + 11) as u8).take(sample_bytes * 12).collect();
        let bytes = riff(&[chunk(b"fmt ", &fmt(1, 2, bits, sample_bytes as u16)), chunk(b"data", &data)]);
        let full_scale = f64::from(1u32 << (bits - 1));
        let oracle: Vec<f32> =
            hound_samples(&bytes).unwrap().iter().map(|x| (f64::from(*x) / full_scale) as f32).collect();
        let signal = read_bytes("side.wav", &bytes).unwrap().signal;
        for c in 0..2 {
            let expected: Vec<f32> = oracle.iter().skip(c).step_by(2).copied().collect();
            assert_bits_equal(signal.channel(c), &expected);
        }
    }
}

#[test]
fn odd_data_is_written_with_its_pad_byte() {
    let signal = Signal::mono(SampleRate::new(8_000).unwrap(), vec![0.25, -0.5, 0.125]).unwrap();
    let mut settings = EncodeSettings::new(Container::Wav, SampleFormat::Int24);
    settings.metadata.set_tag("TITLE", "Side A");
    let bytes = written(&signal, &settings);
    assert_eq!(bytes.len() % 2, 0);
    assert_eq!(u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize, bytes.len() - 8);
    let data = bytes.windows(4).position(|w| w == b"data").unwrap();
    assert_eq!(bytes[data + 8 + 9..][..5], *b"\0LIST");
    // hound's writer leaves it out, which is why it does not write here.
    let mut by_hound = Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut by_hound, spec).unwrap();
    for sample in [1, 2, 3] {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    assert_eq!(by_hound.into_inner().len() % 2, 1);
    let read = read_bytes("side.wav", &bytes).unwrap();
    assert_bits_equal(read.signal.channel(0), signal.channel(0));
    assert_eq!(read.metadata.tag("TITLE"), Some("Side A"));
}

#[test]
fn high_rates_and_many_channels() {
    let signal = support::tones(192_000, 8, 1_000);
    for format in [SampleFormat::Int16, SampleFormat::Int24, SampleFormat::Float32] {
        let bytes = written(&signal, &EncodeSettings::new(Container::Wav, format));
        let read = read_bytes("side.wav", &bytes).unwrap();
        assert_eq!(read.signal.sample_rate().hz(), 192_000);
        assert_eq!(read.signal.channel_count(), 8);
        assert_eq!(read.format.sample_format, format);
    }
}
