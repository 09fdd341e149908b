//! WAV samples in and out, within the layout that [`riff`](crate::riff) found or makes.
//!
//! hound reads the common kinds, from a clean header made for it. What it cannot read (24 bits in 4 bytes, 64-bit float,
//! G.711, more than 4 GiB) is decoded here. Writing is done here altogether, for hound writes no pad byte, no 64-bit
//! form and no other chunks, and its lengths wrap at 4 GiB.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use crate::riff::{
    Encoding, RiffError, SIZE_ELSEWHERE, WavFormat, WavLayout, push_chunk, write_adtl, write_bext, write_cue,
    write_info,
};
use crate::{Metadata, SampleFormat, Signal};

/// Frames that are decoded or encoded at a time.
const BLOCK_FRAMES: usize = 16_384;

/// Reads all samples of the layout and hands them on in blocks of `block_frames`, one vector a channel.
pub(crate) fn read_samples(
    source: &mut (impl Read + Seek),
    layout: &WavLayout,
    block_frames: usize,
    take: &mut dyn FnMut(Vec<Vec<f32>>),
) -> Result<(), RiffError> {
    source.seek(SeekFrom::Start(layout.data_start))?;
    let data = source.by_ref().take(layout.data_len);
    let mut planes = Planes::new(layout, block_frames, take);
    match hound_header(layout) {
        Some(header) => read_by_hound(Cursor::new(header).chain(data), layout, &mut planes)?,
        None => read_by_hand(data, layout, &mut planes)?,
    }
    planes.finish();
    Ok(())
}

/// Samples on their way into blocks.
struct Planes<'a> {
    channels: Vec<Vec<f32>>,
    /// The channel of the next sample.
    next: usize,
    block_frames: usize,
    /// Frames that are still to come, as far as the layout knows.
    left: usize,
    take: &'a mut dyn FnMut(Vec<Vec<f32>>),
}

impl<'a> Planes<'a> {
    fn new(layout: &WavLayout, block_frames: usize, take: &'a mut dyn FnMut(Vec<Vec<f32>>)) -> Self {
        let left = (layout.data_len / u64::from(layout.format.frame_bytes())) as usize;
        let channels = vec![Vec::new(); usize::from(layout.format.channels)];
        let mut planes = Self { channels, next: 0, block_frames: block_frames.max(1), left, take };
        planes.reserve();
        planes
    }

    /// Room for the next block (the layout's length is that of the file, not a promise).
    fn reserve(&mut self) {
        let frames = self.left.min(self.block_frames);
        self.channels.iter_mut().for_each(|channel| channel.reserve_exact(frames));
    }

    fn push(&mut self, sample: f32) {
        self.channels[self.next].push(sample);
        self.next += 1;
        if self.next == self.channels.len() {
            self.next = 0;
            if self.channels[0].len() == self.block_frames {
                self.hand_on();
                self.reserve();
            }
        }
    }

    fn hand_on(&mut self) {
        let empty = vec![Vec::new(); self.channels.len()];
        self.left = self.left.saturating_sub(self.channels[0].len());
        (self.take)(std::mem::replace(&mut self.channels, empty));
    }

    fn finish(mut self) {
        if self.channels.first().is_some_and(|channel| !channel.is_empty()) {
            self.hand_on();
        }
    }
}

/// A clean 44-byte header for hound; none where hound cannot read what follows it.
fn hound_header(layout: &WavLayout) -> Option<Vec<u8>> {
    let format = layout.format;
    let whole_bits = format.sample_bytes * 8;
    let readable = match format.encoding {
        Encoding::Integer => format.valid_bits == whole_bits,
        Encoding::Float => whole_bits == 32,
        Encoding::ALaw | Encoding::MuLaw => false,
    };
    let data_len = u32::try_from(layout.data_len).ok()?;
    let riff_len = data_len.checked_add(36)?;
    // hound checks this product without leaving room for it to wrap.
    format.sample_rate_hz.checked_mul(format.frame_bytes())?;
    u16::try_from(format.frame_bytes()).ok()?;
    if !readable {
        return None;
    }
    let tag: u16 = if format.encoding == Encoding::Float { 3 } else { 1 };
    let mut header = b"RIFF".to_vec();
    header.extend_from_slice(&riff_len.to_le_bytes());
    header.extend_from_slice(b"WAVEfmt \x10\0\0\0");
    header.extend_from_slice(&tag.to_le_bytes());
    header.extend_from_slice(&format.channels.to_le_bytes());
    header.extend_from_slice(&format.sample_rate_hz.to_le_bytes());
    header.extend_from_slice(&(format.sample_rate_hz * format.frame_bytes()).to_le_bytes());
    header.extend_from_slice(&(format.frame_bytes() as u16).to_le_bytes());
    header.extend_from_slice(&whole_bits.to_le_bytes());
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data_len.to_le_bytes());
    Some(header)
}

fn read_by_hound(source: impl Read, layout: &WavLayout, planes: &mut Planes<'_>) -> Result<(), RiffError> {
    let refused = |error| match error {
        hound::Error::IoError(error) => RiffError::Io(error),
        other => RiffError::Damaged(format!("its samples cannot be read: {other}")),
    };
    let reader = hound::WavReader::new(source).map_err(refused)?;
    if layout.format.encoding == Encoding::Float {
        for sample in reader.into_samples::<f32>() {
            planes.push(sample.map_err(refused)?);
        }
    } else {
        let scale = (-f64::from(layout.format.valid_bits - 1)).exp2();
        for sample in reader.into_samples::<i32>() {
            planes.push((f64::from(sample.map_err(refused)?) * scale) as f32);
        }
    }
    Ok(())
}

/// Decodes the bytes as they stand.
fn read_by_hand(mut source: impl Read, layout: &WavLayout, planes: &mut Planes<'_>) -> Result<(), RiffError> {
    let format = layout.format;
    let width = usize::from(format.sample_bytes);
    let mut block = vec![0; BLOCK_FRAMES.min(layout.data_len as usize) * format.frame_bytes() as usize];
    let mut left = layout.data_len;
    while left > 0 {
        let len = left.min(block.len() as u64) as usize;
        source.read_exact(&mut block[..len])?;
        for frame in block[..len].chunks_exact(format.frame_bytes() as usize) {
            for bytes in frame.chunks_exact(width) {
                planes.push(decode_sample(format, bytes));
            }
        }
        left -= len as u64;
    }
    Ok(())
}

/// One stored number as a sample.
fn decode_sample(format: WavFormat, bytes: &[u8]) -> f32 {
    match (format.encoding, bytes) {
        (Encoding::Integer, [byte]) => (f32::from(*byte) - 128.0) / 128.0,
        (Encoding::Integer, _) => {
            // Left-justified, so that the position of the sign does not depend on the width.
            let mut word = [0; 4];
            word[4 - bytes.len()..].copy_from_slice(bytes);
            (f64::from(i32::from_le_bytes(word)) * (-31f64).exp2()) as f32
        }
        (Encoding::Float, [a, b, c, d]) => f32::from_le_bytes([*a, *b, *c, *d]),
        (Encoding::Float, [a, b, c, d, e, f, g, h]) => {
            f64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as f32
        }
        (Encoding::ALaw, [byte]) => f32::from(a_law(*byte)) / 32_768.0,
        (Encoding::MuLaw, [byte]) => f32::from(mu_law(*byte)) / 32_768.0,
        // `WavFormat::parse` lets no other width pass.
        (Encoding::Float | Encoding::ALaw | Encoding::MuLaw, _) => 0.0,
    }
}

/// ITU-T G.711, table 1: thirteen bits, left-justified in sixteen.
fn a_law(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let mantissa = i16::from(code & 0x0F) << 4;
    let magnitude = match (code >> 4) & 7 {
        0 => mantissa + 8,
        segment => (mantissa + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

/// ITU-T G.711, table 2: fourteen bits, left-justified in sixteen.
fn mu_law(byte: u8) -> i16 {
    let code = !byte;
    let magnitude = (((i16::from(code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

/// Writes a whole WAV file. `samples` must lie on the grid of `sample_format` already.
///
/// Order: `ds64` (RF64 alone), `bext`, `fmt `, `fact` (float alone), `data`, `cue `, LIST adtl, LIST INFO, `iXML`.
pub(crate) fn write(
    mut writer: impl Write,
    samples: &Signal,
    sample_format: SampleFormat,
    metadata: &Metadata,
) -> io::Result<()> {
    write_with_limit(&mut writer, samples, sample_format, metadata, u64::from(u32::MAX))
}

/// As [`write()`], with RF64 for any file whose RIFF size would exceed `riff_limit`.
fn write_with_limit(
    writer: &mut impl Write,
    samples: &Signal,
    sample_format: SampleFormat,
    metadata: &Metadata,
    riff_limit: u64,
) -> io::Result<()> {
    let refuse = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let channels = u16::try_from(samples.channel_count()).map_err(|_| refuse("more than 65535 channels"))?;
    let (encoding, sample_bytes) = match sample_format {
        SampleFormat::Int16 => (Encoding::Integer, 2),
        SampleFormat::Int24 => (Encoding::Integer, 3),
        SampleFormat::Float32 => (Encoding::Float, 4),
        _ => return Err(refuse("only 16 bits, 24 bits and 32-bit float are written")),
    };
    let format = WavFormat {
        encoding,
        channels,
        sample_rate_hz: samples.sample_rate().hz(),
        sample_bytes,
        valid_bits: sample_bytes * 8,
    };
    u16::try_from(format.frame_bytes()).map_err(|_| refuse("too many channels for a WAV file"))?;
    let frames = samples.len() as u64;
    let data_len = frames * u64::from(format.frame_bytes());

    let mut before = Vec::new();
    if let Some(extension) = &metadata.broadcast {
        push_chunk(&mut before, *b"bext", &write_bext(extension));
    }
    push_chunk(&mut before, *b"fmt ", &format.to_bytes());
    if encoding == Encoding::Float {
        push_chunk(&mut before, *b"fact", &u32::try_from(frames).unwrap_or(SIZE_ELSEWHERE).to_le_bytes());
    }
    let mut after = write_cue(&metadata.markers);
    after.extend(write_adtl(&metadata.markers));
    after.extend(write_info(metadata));
    if let Some(document) = &metadata.ixml {
        push_chunk(&mut after, *b"iXML", document.as_bytes());
    }

    let pad = data_len % 2;
    let riff_len = 4 + before.len() as u64 + 8 + data_len + pad + after.len() as u64;
    let short = |len: u64| u32::try_from(len).unwrap_or(SIZE_ELSEWHERE);
    if riff_len > riff_limit {
        let mut long_sizes = Vec::with_capacity(28);
        for size in [riff_len + DS64_BYTES, data_len, frames] {
            long_sizes.extend_from_slice(&size.to_le_bytes());
        }
        // No other chunk is long: an empty table.
        long_sizes.extend_from_slice(&0u32.to_le_bytes());
        let mut head = b"RF64\xff\xff\xff\xffWAVE".to_vec();
        push_chunk(&mut head, *b"ds64", &long_sizes);
        writer.write_all(&head)?;
        writer.write_all(&before)?;
        writer.write_all(b"data\xff\xff\xff\xff")?;
    } else {
        writer.write_all(b"RIFF")?;
        writer.write_all(&short(riff_len).to_le_bytes())?;
        writer.write_all(b"WAVE")?;
        writer.write_all(&before)?;
        writer.write_all(b"data")?;
        writer.write_all(&short(data_len).to_le_bytes())?;
    }
    write_data(writer, samples, sample_format)?;
    writer.write_all(&[0][..pad as usize])?;
    writer.write_all(&after)
}

/// The whole `ds64` chunk: header, three sizes, length of an empty table.
const DS64_BYTES: u64 = 8 + 28;

fn write_data(writer: &mut impl Write, samples: &Signal, sample_format: SampleFormat) -> io::Result<()> {
    let mut block = Vec::new();
    for start in (0..samples.len()).step_by(BLOCK_FRAMES) {
        block.clear();
        for i in start..samples.len().min(start + BLOCK_FRAMES) {
            for channel in samples.channels() {
                let sample = channel[i];
                match sample_format.steps() {
                    None => block.extend_from_slice(&sample.to_le_bytes()),
                    Some(steps) => {
                        let bytes = ((sample * steps) as i32).to_le_bytes();
                        let width = if sample_format == SampleFormat::Int16 { 2 } else { 3 };
                        block.extend_from_slice(&bytes[..width]);
                    }
                }
            }
        }
        writer.write_all(&block)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleRate;
    use crate::riff::read_layout;

    fn layout(encoding: Encoding, sample_bytes: u16, valid_bits: u16, data_len: u64) -> WavLayout {
        let format = WavFormat { encoding, channels: 3, sample_rate_hz: 48_000, sample_bytes, valid_bits };
        WavLayout { format, data_start: 0, data_len, metadata: Metadata::default(), warnings: Vec::new() }
    }

    /// All blocks that `read` pushes.
    fn gathered(
        layout: &WavLayout,
        block_frames: usize,
        read: impl FnOnce(&mut Planes<'_>) -> Result<(), RiffError>,
    ) -> Vec<Vec<Vec<f32>>> {
        let mut blocks = Vec::new();
        let mut take = |block| blocks.push(block);
        let mut planes = Planes::new(layout, block_frames, &mut take);
        read(&mut planes).unwrap();
        planes.finish();
        blocks
    }

    #[test]
    fn decoding_by_hand_agrees_with_hound() {
        // More than one block, of every byte value.
        let data: Vec<u8> =
            (0..BLOCK_FRAMES as u32 * 36).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for (encoding, sample_bytes) in
            [1, 2, 3, 4].map(|n| (Encoding::Integer, n)).into_iter().chain([(Encoding::Float, 4)])
        {
            let layout = layout(encoding, sample_bytes, sample_bytes * 8, data.len() as u64);
            let header = hound_header(&layout).unwrap();
            let by_hound = gathered(&layout, usize::MAX, |planes| {
                read_by_hound(Cursor::new(header).chain(data.as_slice()), &layout, planes)
            });
            let by_hand =
                gathered(&layout, usize::MAX, |planes| read_by_hand(data.as_slice(), &layout, planes));
            let in_blocks = gathered(&layout, 1_000, |planes| read_by_hand(data.as_slice(), &layout, planes));
            assert!(in_blocks[..in_blocks.len() - 1].iter().all(|block| block[0].len() == 1_000));
            let bits = |blocks: &[Vec<Vec<f32>>], channel: usize| -> Vec<u32> {
                blocks.iter().flat_map(|block| &block[channel]).map(|x| x.to_bits()).collect()
            };
            for channel in 0..3 {
                let expected = bits(&by_hound, channel);
                assert!(!expected.is_empty());
                assert!(expected == bits(&by_hand, channel), "{encoding:?} of {sample_bytes} bytes");
                assert!(expected == bits(&in_blocks, channel), "{encoding:?} of {sample_bytes} bytes");
            }
        }
    }

    #[test]
    fn hound_is_not_asked_for_what_it_cannot_do() {
        assert!(hound_header(&layout(Encoding::Integer, 4, 24, 48)).is_none());
        assert!(hound_header(&layout(Encoding::Float, 8, 64, 48)).is_none());
        assert!(hound_header(&layout(Encoding::MuLaw, 1, 8, 48)).is_none());
        assert!(hound_header(&layout(Encoding::Integer, 2, 16, 5 << 30)).is_none());
        assert!(hound_header(&layout(Encoding::Integer, 2, 16, 48)).is_some());
    }

    #[test]
    fn beyond_the_limit_the_64_bit_form_is_written() {
        let rate = SampleRate::new(48_000).unwrap();
        let signal = Signal::new(rate, vec![vec![0.5, -0.25, 0.125], vec![0.0, 1.0 / 256.0, -1.0]]).unwrap();
        let mut metadata = Metadata::default();
        metadata.set_tag("TITLE", "Side A");
        for sample_format in [SampleFormat::Int16, SampleFormat::Int24, SampleFormat::Float32] {
            let written = |limit| {
                let mut bytes = Vec::new();
                write_with_limit(&mut bytes, &signal, sample_format, &metadata, limit).unwrap();
                bytes
            };
            let short = written(u64::from(u32::MAX));
            let riff_len = short.len() as u64 - 8;
            assert_eq!(written(riff_len), short);
            let long = written(riff_len - 1);
            assert_eq!(&long[..4], b"RF64");
            let size_at = |at: usize| u64::from_le_bytes(long[at..at + 8].try_into().unwrap());
            assert_eq!((size_at(20), size_at(36)), (long.len() as u64 - 8, 3));
            let mut source = Cursor::new(long);
            let layout = read_layout(&mut source).unwrap();
            assert_eq!(layout.warnings, [""; 0]);
            assert_eq!(layout.metadata, metadata);
            let mut blocks = Vec::new();
            read_samples(&mut source, &layout, usize::MAX, &mut |block| blocks.push(block)).unwrap();
            assert_eq!(blocks, [signal.channels()]);
        }
    }
}
