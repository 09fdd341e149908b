//! Shared by the tests of the command: a folder of its own, seeded recordings, the command itself.
#![allow(dead_code, reason = "each test file uses its own share of this module")]

use std::fs;
use std::path::{Path, PathBuf};

/// The command under test, with its cache inside the build folder.
pub(crate) fn tonearm() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_tonearm"));
    command.env("TONEARM_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

/// The project's folder of recordings and texts.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

/// A temporary folder.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file in a temporary folder");
        path
    }
}

/// Seeded sound that has the rhythm and bands of speech.
pub(crate) fn speech(rate_hz: u32, secs: f64) -> Vec<f32> {
    tonearm_testkit::speech::speech_like(7, rate_hz, secs).samples
}

/// A 16-bit WAV file.
pub(crate) fn wav_bytes(rate_hz: u32, channels: &[Vec<f32>]) -> Vec<u8> {
    let mut data = Vec::new();
    for frame in 0..channels[0].len() {
        for channel in channels {
            data.extend(((channel[frame] * 32_767.0).round() as i16).to_le_bytes());
        }
    }
    wav_with(1, 16, rate_hz, channels.len() as u16, &data)
}

/// A 32-bit floating-point WAV file of one channel, whatever its samples are.
pub(crate) fn float_wav_bytes(rate_hz: u32, samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
    wav_with(3, 32, rate_hz, 1, &data)
}

fn wav_with(format: u16, bits: u16, rate_hz: u32, channels: u16, data: &[u8]) -> Vec<u8> {
    let block = channels * bits / 8;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(format.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend((rate_hz * u32::from(block)).to_le_bytes());
    bytes.extend(block.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}
