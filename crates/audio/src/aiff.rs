//! A look at an AIFF header before symphonia reads it, whose arithmetic overflows at 16 384 channels and more.
//!
//! Chunks as in RIFF, big-endian (Apple, Audio Interchange File Format 1.3, 1989): `COMM` opens with the channel count.

use std::io::{Read, Seek, SeekFrom};

/// The channel count of the first `COMM` chunk; none where the file ends before it.
pub(crate) fn channel_count(source: &mut (impl Read + Seek)) -> Option<u16> {
    let mut position = 12u64;
    loop {
        source.seek(SeekFrom::Start(position)).ok()?;
        let mut head = [0; 10];
        source.read_exact(&mut head).ok()?;
        if head.starts_with(b"COMM") {
            return Some(u16::from_be_bytes([head[8], head[9]]));
        }
        let size = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        position += 8 + u64::from(size) + u64::from(size % 2);
    }
}
