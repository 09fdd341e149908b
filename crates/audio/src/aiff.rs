//! AIFF headers put right before symphonia reads them: it refuses a file that is cut short, and its arithmetic overflows
//! at 16 384 channels and more.
//!
//! Chunks as in RIFF, big-endian (Apple, Audio Interchange File Format 1.3, 1989). `COMM` opens with the channel count and
//! the number of sample frames, `SSND` holds eight bytes of its own before the sound.

use std::io::{self, Read, Seek, SeekFrom};

/// More than any multitrack machine has, and far below what symphonia can reckon with.
const MAX_CHANNELS: u16 = 1_024;

/// What the header of an AIFF file is good for.
pub(crate) enum Header {
    /// It can be read as it is.
    Sound,
    /// The file is cut short: its bytes with a header of what is there, and a sentence that says so.
    Mended(Vec<u8>, String),
    /// It cannot be right, and why.
    Impossible(String),
}

/// Judges the header of a whole file.
pub(crate) fn inspect(source: &mut (impl Read + Seek)) -> io::Result<Header> {
    let file_len = source.seek(SeekFrom::End(0))?;
    let mut position = 12u64;
    while position + 8 <= file_len {
        source.seek(SeekFrom::Start(position))?;
        let mut head = [0; 10];
        let head_len = if position + 10 <= file_len { 10 } else { 8 };
        source.read_exact(&mut head[..head_len])?;
        let size = u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]]));
        let channels = u16::from_be_bytes([head[8], head[9]]);
        if head.starts_with(b"COMM") && channels > MAX_CHANNELS {
            return Ok(Header::Impossible(format!("its COMM chunk says that there are {channels} channels")));
        }
        let body = position + 8;
        if head.starts_with(b"SSND") && body + size > file_len && file_len >= body + 8 {
            let available = file_len - body;
            let mut bytes = Vec::new();
            source.seek(SeekFrom::Start(0))?;
            source.read_to_end(&mut bytes)?;
            put_size(&mut bytes, 4, file_len - 8);
            put_size(&mut bytes, position as usize + 4, available);
            let warning = format!(
                "the file is cut short: its header promises {} bytes of sound and {} are there",
                size.saturating_sub(8),
                available - 8
            );
            return Ok(Header::Mended(bytes, warning));
        }
        position = body + size + size % 2;
    }
    Ok(Header::Sound)
}

fn put_size(bytes: &mut [u8], at: usize, size: u64) {
    // A file that could not say its size in 32 bits has no AIFF header.
    if let (Some(field), Ok(size)) = (bytes.get_mut(at..at + 4), u32::try_from(size)) {
        field.copy_from_slice(&size.to_be_bytes());
    }
}
