//! The edit of an MPEG-4 audio track: which of the decoded samples are the recording.
//!
//! AAC encoders put 1 024 to 2 112 samples of priming before the sound and fill the last packet behind it. Two places say
//! how much: the edit list (`moov/trak/edts/elst`, ISO 14496-12 §8.6.6) and Apple's `iTunSMPB` tag (four hexadecimal
//! numbers: zero, priming, remainder, length). symphonia applies neither.

use std::io::{Read, Seek, SeekFrom};

/// The part of a decoded track that is the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Samples of priming to leave out.
    pub(crate) skip: u64,
    /// Samples after these that are the recording; all where it is not said.
    pub(crate) len: Option<u64>,
}

/// The edit that an `iTunSMPB` tag describes.
pub(crate) fn edit_of_tag(value: &str) -> Option<Edit> {
    let mut numbers = value.split_whitespace().map(|word| u64::from_str_radix(word, 16));
    let (_, skip, _, len) = (numbers.next()?, numbers.next()?.ok()?, numbers.next()?, numbers.next()?.ok()?);
    Some(Edit { skip, len: (len > 0).then_some(len) })
}

/// The edit of the first audio track, in samples of `sample_rate_hz`; none where the file has none or cannot be understood.
pub(crate) fn read_edit(source: &mut (impl Read + Seek), sample_rate_hz: u32) -> Option<Edit> {
    let moov = movie(source)?;
    let movie_scale = time_scale(child(&moov, *b"mvhd")?)?;
    let track = children(&moov)
        .filter(|(kind, _)| kind == b"trak")
        .map(|(_, body)| body)
        .find(|track| handler(track).is_some_and(|kind| kind == *b"soun"))?;
    let media = child(track, *b"mdia")?;
    let media_scale = time_scale(child(media, *b"mdhd")?)?;
    let entries = entries(child(child(track, *b"edts")?, *b"elst")?)?;
    // A leading empty edit delays the track; the sound itself is in the first one that shows media.
    let &(duration, media_time) = entries.iter().find(|(_, media_time)| *media_time >= 0)?;
    let samples = |time: u64, scale: u32| {
        u64::try_from(u128::from(time) * u128::from(sample_rate_hz) / u128::from(scale.max(1))).ok()
    };
    let skip = samples(u64::try_from(media_time).ok()?, media_scale)?;
    // The duration is in ticks of the movie, often milliseconds: rounded up, lest the last of the sound go with it; the
    // track's own sum of packet durations is exact and bounds it.
    let shown = samples(duration.saturating_add(u64::from(movie_scale != sample_rate_hz)), movie_scale)?;
    let total = media_duration(media).and_then(|total| samples(total, media_scale));
    let behind = total.map(|total| total.saturating_sub(skip)).filter(|left| *left > 0);
    let len = match (duration, behind) {
        (0, _) => None,
        (_, Some(left)) => Some(shown.min(left)),
        (_, None) => Some(shown),
    };
    Some(Edit { skip, len })
}

/// Larger than the index of any recording of a day; a damaged size must not fill the memory.
const MAX_MOOV_BYTES: u64 = 256 * 1024 * 1024;

/// The body of the `moov` box.
fn movie(source: &mut (impl Read + Seek)) -> Option<Vec<u8>> {
    let file_len = source.seek(SeekFrom::End(0)).ok()?;
    let mut position = 0;
    while position + 8 <= file_len {
        source.seek(SeekFrom::Start(position)).ok()?;
        let mut head = [0; 16];
        let head_len = if position + 16 <= file_len { 16 } else { 8 };
        source.read_exact(&mut head[..head_len]).ok()?;
        let (len, kind) = (u32::from_be_bytes([head[0], head[1], head[2], head[3]]), &head[4..8]);
        let (body, size) = match len {
            0 => (8, file_len - position),
            1 => (16, u64::from_be_bytes(*head.last_chunk::<8>()?)),
            size => (8, u64::from(size)),
        };
        if size < body {
            return None;
        }
        if kind == b"moov" {
            source.seek(SeekFrom::Start(position + body)).ok()?;
            let mut bytes = Vec::new();
            source.take((size - body).min(MAX_MOOV_BYTES)).read_to_end(&mut bytes).ok()?;
            return Some(bytes);
        }
        position = position.checked_add(size)?;
    }
    None
}

/// The boxes inside a box.
fn children(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let [a, b, c, d, kind @ ..] = *head;
        let size = (u32::from_be_bytes([a, b, c, d]) as usize).checked_sub(8)?.min(rest.len());
        let (body, next) = rest.split_at(size);
        bytes = next;
        Some((kind, body))
    })
}

fn child(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    children(bytes).find(|(found, _)| *found == kind).map(|(_, body)| body)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|eight| u64::from_be_bytes(*eight))
}

/// Ticks per second, from `mvhd` or `mdhd`: behind two times of 32 or 64 bits.
fn time_scale(header: &[u8]) -> Option<u32> {
    u32_at(header, if *header.first()? == 1 { 20 } else { 12 })
}

/// What kind of track it is (`mdia/hdlr`).
fn handler(track: &[u8]) -> Option<[u8; 4]> {
    child(child(track, *b"mdia")?, *b"hdlr")?.get(8..)?.first_chunk().copied()
}

/// The sum of all packets' durations (`stts`), in ticks of the media.
fn media_duration(media: &[u8]) -> Option<u64> {
    let table = child(child(child(media, *b"minf")?, *b"stbl")?, *b"stts")?;
    let rows = table.get(8..)?.chunks_exact(8).take(u32_at(table, 4)? as usize);
    let mut total = 0u64;
    for row in rows {
        total = total.checked_add(u64::from(u32_at(row, 0)?) * u64::from(u32_at(row, 4)?))?;
    }
    Some(total)
}

/// The edit list: duration in ticks of the movie, start in ticks of the media (−1 for an empty edit).
fn entries(elst: &[u8]) -> Option<Vec<(u64, i64)>> {
    let count = u32_at(elst, 4)? as usize;
    let is_long = *elst.first()? == 1;
    let rows = elst.get(8..)?;
    let entry = |row: &[u8]| {
        if is_long {
            Some((u64_at(row, 0)?, u64_at(row, 8)? as i64))
        } else {
            Some((u64::from(u32_at(row, 0)?), i64::from(u32_at(row, 4)? as i32)))
        }
    };
    rows.chunks_exact(if is_long { 20 } else { 12 }).take(count).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), body].concat()
    }

    fn words(values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_be_bytes()).collect()
    }

    /// A file with one track at 44.1 kHz and a movie clock in milliseconds.
    fn file(handler: &[u8; 4], edits: &[[u32; 3]], packets: &[[u32; 2]]) -> Cursor<Vec<u8>> {
        let elst = [words(&[0, edits.len() as u32]), words(&edits.concat())].concat();
        let stts = [words(&[0, packets.len() as u32]), words(&packets.concat())].concat();
        let media = [
            atom(b"mdhd", &words(&[0, 0, 0, 44_100, 0])),
            atom(b"hdlr", &[words(&[0, 0]), handler.to_vec()].concat()),
            atom(b"minf", &atom(b"stbl", &atom(b"stts", &stts))),
        ];
        let track = [atom(b"edts", &atom(b"elst", &elst)), atom(b"mdia", &media.concat())].concat();
        let movie = [atom(b"mvhd", &words(&[0, 0, 0, 1_000, 0])), atom(b"trak", &track)].concat();
        Cursor::new([atom(b"ftyp", b"M4A "), atom(b"mdat", &[0; 99]), atom(b"moov", &movie)].concat())
    }

    #[test]
    fn the_edit_list_gives_priming_and_length() {
        // 44 packets, the last one short: 44 900 ticks behind which the movie clock shows 1 s and rounds.
        let edit =
            |edits: &[[u32; 3]]| read_edit(&mut file(b"soun", edits, &[[43, 1_024], [1, 868]]), 44_100);
        assert_eq!(edit(&[[1_000, 1_024, 0x10000]]), Some(Edit { skip: 1_024, len: Some(43_876) }));
        assert_eq!(edit(&[[500, 2_112, 0x10000]]), Some(Edit { skip: 2_112, len: Some(22_094) }));
        // An empty edit before it delays the track and is none of the sound.
        assert_eq!(
            edit(&[[20, u32::MAX, 0], [500, 1_024, 0]]),
            Some(Edit { skip: 1_024, len: Some(22_094) })
        );
        assert_eq!(edit(&[[0, 1_024, 0x10000]]), Some(Edit { skip: 1_024, len: None }));
        assert_eq!(edit(&[]), None);
        assert_eq!(read_edit(&mut file(b"vide", &[[1_000, 1_024, 0]], &[]), 44_100), None);
        assert_eq!(read_edit(&mut Cursor::new(b"\0\0\0\x01moov".to_vec()), 44_100), None);
    }

    #[test]
    fn itunes_writes_it_in_a_tag() {
        let value = " 00000000 00000840 000001C0 0000000000AC4400 00000000 00000000";
        assert_eq!(edit_of_tag(value), Some(Edit { skip: 2_112, len: Some(0xAC_4400) }));
        assert_eq!(edit_of_tag("00000000 nonsense"), None);
    }
}
