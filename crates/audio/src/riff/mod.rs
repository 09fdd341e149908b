//! The RIFF layer: where in a WAV file things lie, whatever state its header is in.
//!
//! Reads RIFF, RF64 and BW64 by walking all chunks once. Sources: Multimedia Programming Interface and Data
//! Specifications 1.0 (IBM and Microsoft 1991, chunks, pad bytes, LIST INFO, cue); EBU Tech 3306 (RF64, `ds64`);
//! ITU-R BS.2088 (BW64); EBU Tech 3285 (`bext`); iXML 2.0.
//!
//! | header says | taken as |
//! |---|---|
//! | data size 0xFFFFFFFF, or just below 2³¹ or 2³² and beyond the end | streamed: to the end of the file |
//! | data size 0 and no chain of chunks after it | streamed: to the end of the file |
//! | data size beyond the end | clamped to the end, with a warning |
//! | data size wrapped at 4 GiB | unwrapped, with a warning |
//! | data size no multiple of a frame | rounded down, with a warning |
//! | odd chunk | followed by a pad byte, unless a chunk starts at once |
//!
//! The size of the outer RIFF chunk is not relied on: many writers leave it wrong.

mod bext;
mod fmt;
mod list;

use std::io::{Read, Seek, SeekFrom};

pub(crate) use bext::write_bext;
pub(crate) use fmt::{Encoding, WavFormat};
pub(crate) use list::{write_adtl, write_cue, write_info};

use crate::{Marker, Metadata};

/// The size that means "see ds64" in RF64 and "not known" in a stream.
pub(crate) const SIZE_ELSEWHERE: u32 = u32::MAX;

/// A data size this near below 2³¹ or 2³² that lies beyond the end of the file is a writer's "as long as it may be":
/// programs that write to a pipe subtract the length of their own header from one of the two.
const STREAMED_SLACK: u64 = 64 * 1024;

/// Chunks other than `data` beyond this are not read into memory.
const MAX_TEXT_CHUNK_BYTES: u64 = 64 * 1024 * 1024;

/// Where the samples of a WAV file lie, and everything that it says beside them.
#[derive(Clone, Debug)]
pub(crate) struct WavLayout {
    /// How the samples are stored.
    pub(crate) format: WavFormat,
    /// Byte offset of the first sample.
    pub(crate) data_start: u64,
    /// Bytes of sample data that are truly there: a multiple of the frame size.
    pub(crate) data_len: u64,
    /// Tags, extension, points.
    pub(crate) metadata: Metadata,
    /// What was found wrong and how it was taken.
    pub(crate) warnings: Vec<String>,
}

/// Why no layout could be made of a file.
#[derive(Debug)]
pub(crate) enum RiffError {
    /// The system refused to read.
    Io(std::io::Error),
    /// The header contradicts itself or ends too soon.
    Damaged(String),
    /// A kind of RIFF or a codec that is not read.
    Unsupported(String),
}

impl From<std::io::Error> for RiffError {
    fn from(source: std::io::Error) -> Self {
        Self::Io(source)
    }
}

/// A chunk header as it stands in the file.
#[derive(Clone, Copy, Debug)]
struct ChunkHeader {
    id: [u8; 4],
    size: u32,
}

/// Sizes from the `ds64` chunk.
#[derive(Debug, Default)]
struct LongSizes {
    data: Option<u64>,
    table: Vec<([u8; 4], u64)>,
}

/// Walks the chunks of a WAV file.
pub(crate) fn read_layout(source: &mut (impl Read + Seek)) -> Result<WavLayout, RiffError> {
    let file_len = source.seek(SeekFrom::End(0))?;
    let long_form = read_form(source, file_len)?;
    let mut walk = Walk { source, file_len, long_form, sizes: LongSizes::default(), warnings: Vec::new() };
    let mut format = None;
    let mut data = None;
    let mut metadata = Metadata::default();
    let mut points: Vec<list::CuePoint> = Vec::new();
    let mut labels: Vec<(u32, String)> = Vec::new();
    let mut position = 12;
    while let Some(header) = walk.header_at(position)? {
        let start = position + 8;
        let available = file_len - start;
        if header.id == *b"data" {
            let len = walk.data_len(header, start)?;
            // A second data chunk is outside the standard; the first one is the sound.
            data.get_or_insert((start, len));
            position = walk.next_position(start, len)?;
            continue;
        }
        let size = walk.size_of(header);
        if size > available && !header.id.iter().all(|b| (0x20..0x7f).contains(b)) {
            // Whatever stands here is no chunk: leftovers behind the last one.
            break;
        }
        if size > available && header.id == *b"fmt " {
            return Err(RiffError::Damaged(format!(
                "the file ends within its fmt chunk, {available} bytes into it"
            )));
        }
        if size > available {
            walk.warnings.push(format!(
                "the chunk '{}' at byte {position} promises {size} bytes, the file holds {available} of them",
                printable(header.id)
            ));
        }
        let size = size.min(available);
        match &header.id {
            b"ds64" => walk.sizes = read_long_sizes(&walk.bytes(start, size)?),
            b"fmt " => {
                format = Some(WavFormat::parse(&walk.bytes(start, size)?).map_err(|error| match error {
                    RiffError::Damaged(problem) => {
                        RiffError::Damaged(format!("its fmt chunk at byte {position} {problem}"))
                    }
                    other => other,
                })?);
            }
            b"bext" => metadata.broadcast = bext::parse(&walk.bytes(start, size)?),
            b"iXML" => metadata.ixml = Some(list::text(&walk.bytes(start, size)?)),
            b"cue " => points = list::parse_cue(&walk.bytes(start, size)?),
            b"LIST" => {
                let bytes = walk.bytes(start, size)?;
                match bytes.get(..4) {
                    Some(b"INFO") => metadata.tags.extend(list::parse_info(&bytes[4..])),
                    Some(b"adtl") => labels.extend(list::parse_labels(&bytes[4..])),
                    _ => {}
                }
            }
            _ => {}
        }
        position = walk.next_position(start, size)?;
    }
    let mut warnings = walk.warnings;
    let format = format.ok_or_else(|| {
        RiffError::Damaged("it has no fmt chunk, so its samples cannot be understood".into())
    })?;
    let (data_start, promised) = data
        .ok_or_else(|| RiffError::Damaged("it has no data chunk: the file ends within its header".into()))?;
    let frame_bytes = u64::from(format.frame_bytes());
    let data_len = promised - promised % frame_bytes;
    if data_len != promised {
        warnings.push(format!(
            "the sound ends inside a sample: the last {} of {promised} bytes are left out",
            promised - data_len
        ));
    }
    metadata.markers = points
        .into_iter()
        .map(|point| Marker {
            sample: u64::from(point.sample),
            label: labels
                .iter()
                .find(|(id, _)| *id == point.id)
                .map_or_else(String::new, |(_, label)| label.clone()),
        })
        .collect();
    metadata.markers.sort_by_key(|marker| marker.sample);
    Ok(WavLayout { format, data_start, data_len, metadata, warnings })
}

/// Checks the outer header; true for the 64-bit forms.
fn read_form(source: &mut (impl Read + Seek), file_len: u64) -> Result<bool, RiffError> {
    if file_len < 12 {
        return Err(RiffError::Damaged(format!("the file ends within its header, after {file_len} bytes")));
    }
    source.seek(SeekFrom::Start(0))?;
    let mut head = [0; 12];
    source.read_exact(&mut head)?;
    let long_form = match &head[..4] {
        b"RIFF" => false,
        b"RF64" | b"BW64" => true,
        _ => return Err(RiffError::Damaged("it does not start with RIFF, RF64 or BW64".into())),
    };
    if head[8..] != *b"WAVE" {
        let form = [head[8], head[9], head[10], head[11]];
        return Err(RiffError::Unsupported(format!(
            "a RIFF file of the kind '{}', not WAVE",
            printable(form)
        )));
    }
    Ok(long_form)
}

/// Four bytes of a chunk's name, fit to be shown.
fn printable(id: [u8; 4]) -> String {
    id.iter().map(|b| if (0x20..0x7f).contains(b) { char::from(*b) } else { '?' }).collect()
}

struct Walk<'a, R> {
    source: &'a mut R,
    file_len: u64,
    long_form: bool,
    sizes: LongSizes,
    warnings: Vec<String>,
}

impl<R: Read + Seek> Walk<'_, R> {
    /// The chunk header at `position`, none where fewer than eight bytes are left.
    fn header_at(&mut self, position: u64) -> Result<Option<ChunkHeader>, RiffError> {
        if position.saturating_add(8) > self.file_len {
            return Ok(None);
        }
        self.source.seek(SeekFrom::Start(position))?;
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes)?;
        let [a, b, c, d, size @ ..] = bytes;
        Ok(Some(ChunkHeader { id: [a, b, c, d], size: u32::from_le_bytes(size) }))
    }

    /// The size of a chunk other than `data`.
    fn size_of(&self, header: ChunkHeader) -> u64 {
        if self.long_form
            && header.size == SIZE_ELSEWHERE
            && let Some((_, size)) = self.sizes.table.iter().find(|(id, _)| *id == header.id)
        {
            return *size;
        }
        u64::from(header.size)
    }

    fn bytes(&mut self, start: u64, size: u64) -> Result<Vec<u8>, RiffError> {
        self.source.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        self.source.by_ref().take(size.min(MAX_TEXT_CHUNK_BYTES)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// How many bytes of sound there are, whatever the header says.
    fn data_len(&mut self, header: ChunkHeader, start: u64) -> Result<u64, RiffError> {
        let available = self.file_len - start;
        let stated = u64::from(header.size);
        if self.long_form
            && header.size == SIZE_ELSEWHERE
            && let Some(long) = self.sizes.data
        {
            if long > available {
                self.warnings.push(cut_short(long, available));
            }
            return Ok(long.min(available));
        }
        if header.size == SIZE_ELSEWHERE {
            return Ok(available);
        }
        if stated > available {
            let below = |limit: u64| stated < limit && limit - stated <= STREAMED_SLACK;
            if !below(1 << 31) && !below(1 << 32) {
                self.warnings.push(cut_short(stated, available));
            }
            return Ok(available);
        }
        if available > stated && !self.chain_from(start + stated)? && !self.chain_from(start + stated + 1)? {
            if stated == 0 {
                self.warnings.push(format!(
                    "the header says that there is no sound; the {available} bytes after it are taken for sound"
                ));
                return Ok(available);
            }
            let wraps = (available - stated) >> 32;
            if wraps > 0 {
                let len = stated + (wraps << 32);
                self.warnings.push(format!(
                    "the length in the header, {stated} bytes, has wrapped at 4 GiB; taken as {len} bytes"
                ));
                return Ok(len);
            }
        }
        Ok(stated)
    }

    /// Whether nothing but whole chunks follow from `position` on (at least one, or the end itself).
    fn chain_from(&mut self, mut position: u64) -> Result<bool, RiffError> {
        // Enough to tell a chain from noise: four plausible headers in a row do not happen by chance.
        for _ in 0..4 {
            if position >= self.file_len {
                return Ok(position <= self.file_len + 1);
            }
            let Some(header) = self.header_at(position)? else { return Ok(false) };
            let end = position + 8 + self.size_of(header);
            if !is_chunk_id(header.id) || end > self.file_len {
                return Ok(false);
            }
            position = self.next_position(position + 8, self.size_of(header))?;
        }
        Ok(true)
    }

    /// Where the chunk after one of `size` bytes at `start` begins: past the pad byte where there is one.
    fn next_position(&mut self, start: u64, size: u64) -> Result<u64, RiffError> {
        let end = start.saturating_add(size);
        if size.is_multiple_of(2) {
            return Ok(end);
        }
        // Writers that forget the pad byte put the next chunk's name where it should be.
        let unpadded = self.header_at(end)?.is_some_and(|header| {
            is_chunk_id(header.id) && (end + 8).saturating_add(self.size_of(header)) <= self.file_len
        });
        Ok(if unpadded { end } else { end.saturating_add(1) })
    }
}

fn cut_short(promised: u64, available: u64) -> String {
    format!("the file is cut short: its header promises {promised} bytes of sound and {available} are there")
}

/// A name as chunks have them: letters, digits, spaces and a few signs, the first of them no space.
fn is_chunk_id(id: [u8; 4]) -> bool {
    id[0] != b' ' && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'-' | b'.'))
}

/// The `ds64` chunk (EBU Tech 3306 §3): RIFF size, data size, sample count, table of other long chunks.
fn read_long_sizes(bytes: &[u8]) -> LongSizes {
    let u64_at = |at: usize| {
        let eight: Option<[u8; 8]> = bytes.get(at..at + 8).and_then(|b| b.try_into().ok());
        eight.map(u64::from_le_bytes)
    };
    let data = u64_at(8);
    let table = bytes
        .get(28..)
        .unwrap_or_default()
        .chunks_exact(12)
        .map(|row| {
            let (id, size) = row.split_at(4);
            let mut name = [0; 4];
            name.copy_from_slice(id);
            let mut eight = [0; 8];
            eight.copy_from_slice(size);
            (name, u64::from_le_bytes(eight))
        })
        .collect();
    LongSizes { data, table }
}

/// Appends a chunk of fewer than 4 GiB with its pad byte.
pub(crate) fn push_chunk(out: &mut Vec<u8>, id: [u8; 4], body: &[u8]) {
    out.extend_from_slice(&id);
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A file of any length that is its first bytes, zeros, and its last bytes.
    struct Vast {
        head: Vec<u8>,
        tail: Vec<u8>,
        len: u64,
        position: u64,
    }

    impl Read for Vast {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = out.len().min(self.len.saturating_sub(self.position) as usize);
            for slot in &mut out[..count] {
                let tail_start = self.len - self.tail.len() as u64;
                *slot = match self.position.checked_sub(tail_start) {
                    Some(at) => self.tail[at as usize],
                    None => self.head.get(self.position as usize).copied().unwrap_or(0),
                };
                self.position += 1;
            }
            Ok(count)
        }
    }

    impl Seek for Vast {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.position = match to {
                SeekFrom::Start(at) => at,
                SeekFrom::End(offset) => self.len.saturating_add_signed(offset),
                SeekFrom::Current(offset) => self.position.saturating_add_signed(offset),
            };
            Ok(self.position)
        }
    }

    const FIVE_GIB: u64 = 5 << 30;

    fn vast(form: &[u8; 4], ds64: Option<u64>, data_size: u32) -> Vast {
        let mut head = [form.as_slice(), &[0xFF; 4], b"WAVE"].concat();
        if let Some(size) = ds64 {
            let sizes = [0, size, 0].map(u64::to_le_bytes).concat();
            push_chunk(&mut head, *b"ds64", &[sizes.as_slice(), &[0; 4]].concat());
        }
        let format = WavFormat {
            encoding: Encoding::Integer,
            channels: 2,
            sample_rate_hz: 96_000,
            sample_bytes: 2,
            valid_bits: 16,
        };
        push_chunk(&mut head, *b"fmt ", &format.to_bytes());
        head.extend_from_slice(b"data");
        head.extend_from_slice(&data_size.to_le_bytes());
        let mut metadata = Metadata::default();
        metadata.set_tag("TITLE", "Side A");
        let tail = write_info(&metadata);
        let len = head.len() as u64 + FIVE_GIB + tail.len() as u64;
        Vast { head, tail, len, position: 0 }
    }

    #[test]
    fn more_than_four_gibibytes() {
        for form in [b"RF64", b"BW64"] {
            let layout = read_layout(&mut vast(form, Some(FIVE_GIB), u32::MAX)).unwrap();
            assert_eq!(layout.data_len, FIVE_GIB);
            assert_eq!(layout.metadata.tag("TITLE"), Some("Side A"));
            assert_eq!(layout.warnings, [""; 0]);
        }
    }

    #[test]
    fn a_length_that_has_wrapped_is_unwrapped() {
        let layout = read_layout(&mut vast(b"RIFF", None, FIVE_GIB as u32)).unwrap();
        assert_eq!(layout.data_len, FIVE_GIB);
        assert!(layout.warnings[0].contains("wrapped at 4 GiB"), "{:?}", layout.warnings);
    }

    #[test]
    fn a_promise_beyond_the_end_is_clamped() {
        let mut file = vast(b"RF64", Some(u64::MAX), u32::MAX);
        let layout = read_layout(&mut file).unwrap();
        assert_eq!(layout.data_len, (file.len - layout.data_start) / 4 * 4);
        assert!(layout.warnings[0].contains("cut short"), "{:?}", layout.warnings);
    }

    #[test]
    fn leftovers_behind_the_last_chunk_are_no_chunk() {
        let mut file = vast(b"RF64", Some(FIVE_GIB), u32::MAX);
        file.tail.extend_from_slice(&[0xEE; 100]);
        file.len += 100;
        assert_eq!(read_layout(&mut file).unwrap().warnings, [""; 0]);
    }
}
