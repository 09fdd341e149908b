//! Files made on the fly, byte by byte, so that each test says what is wrong with its file.
#![allow(dead_code, reason = "each test binary uses some of these")]

use std::path::{Path, PathBuf};

use tonearm_audio::decode::{self, Recording};
use tonearm_audio::encode::{self, EncodeSettings};
use tonearm_audio::{AudioError, SampleRate, Signal};

/// A chunk with the pad byte that odd ones need.
pub(crate) fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = chunk_of_size(id, body.len() as u32, body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
    out
}

/// A chunk that says it has `size` bytes, whatever follows, without a pad byte.
pub(crate) fn chunk_of_size(id: &[u8; 4], size: u32, body: &[u8]) -> Vec<u8> {
    [id.as_slice(), &size.to_le_bytes(), body].concat()
}

/// A RIFF file of the given chunks.
pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    [b"RIFF".as_slice(), &(body.len() as u32 + 4).to_le_bytes(), b"WAVE", &body].concat()
}

/// An RF64 or BW64 file whose `ds64` gives the data size.
pub(crate) fn long_riff(form: &[u8; 4], data_size: u64, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut ds64 = Vec::new();
    for size in [0, data_size, 0] {
        ds64.extend_from_slice(&u64::to_le_bytes(size));
    }
    ds64.extend_from_slice(&0u32.to_le_bytes());
    let body = [chunk(b"ds64", &ds64), chunks.concat()].concat();
    [form.as_slice(), &u32::MAX.to_le_bytes(), b"WAVE", &body].concat()
}

/// The 16 bytes of a plain `fmt ` chunk at 8 kHz.
pub(crate) fn fmt(tag: u16, channels: u16, bits: u16, sample_bytes: u16) -> Vec<u8> {
    let frame = channels * sample_bytes;
    let mut out = Vec::new();
    out.extend_from_slice(&tag.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&8_000u32.to_le_bytes());
    out.extend_from_slice(&(8_000 * u32::from(frame)).to_le_bytes());
    out.extend_from_slice(&frame.to_le_bytes());
    out.extend_from_slice(&bits.to_le_bytes());
    out
}

/// The 40 bytes of an extensible `fmt ` chunk at 8 kHz.
pub(crate) fn fmt_extensible(
    tag: u16,
    channels: u16,
    bits: u16,
    sample_bytes: u16,
    valid_bits: u16,
) -> Vec<u8> {
    let mut out = fmt(0xFFFE, channels, bits, sample_bytes);
    out.extend_from_slice(&22u16.to_le_bytes());
    out.extend_from_slice(&valid_bits.to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    out.extend_from_slice(&tag.to_le_bytes());
    out.extend_from_slice(&[0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    out
}

/// 16-bit samples as bytes.
pub(crate) fn pcm_16(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Reads `bytes` as a file called `name`.
pub(crate) fn read_bytes(name: &str, bytes: &[u8]) -> Result<Recording, AudioError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    decode::read(&path)
}

/// Writes `signal` and returns the bytes.
pub(crate) fn written(signal: &Signal, settings: &EncodeSettings) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    encode::write(&mut file, signal, settings).unwrap();
    file.into_inner()
}

/// Some channels of decaying tones, different in each, at `rate_hz`.
pub(crate) fn tones(rate_hz: u32, channels: usize, len: usize) -> Signal {
    let channel = |c: usize| {
        let hz = 300.0 + 170.0 * c as f64;
        let sample = |i: usize| {
            let t = i as f64 / f64::from(rate_hz);
            (0.7 * (std::f64::consts::TAU * hz * t).sin() * (-t).exp()) as f32
        };
        (0..len).map(sample).collect()
    };
    Signal::new(SampleRate::new(rate_hz).unwrap(), (0..channels).map(channel).collect()).unwrap()
}

/// A small coded file that comes with the crate.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Where samples are compared that no arithmetic has touched.
pub(crate) fn assert_bits_equal(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let differing = found.iter().zip(expected).position(|(a, b)| a.to_bits() != b.to_bits());
    assert_eq!(differing, None, "first difference");
}
