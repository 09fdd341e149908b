//! LIST INFO (tags), `cue ` (points) and LIST adtl (their labels).

use super::push_chunk;
use crate::metadata::{info_of_tag, tag_of_info};
use crate::{Marker, Metadata};

/// One point of a `cue ` chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CuePoint {
    pub(super) id: u32,
    pub(super) sample: u32,
}

/// Text up to the first zero byte: UTF-8, or Latin-1 where it is not (the standard names no encoding).
pub(super) fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|b| *b == 0).next().unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// The chunks inside a LIST, each cut to what is there. Pads are skipped where they are zero bytes.
fn sub_chunks(mut bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut found = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<8>() {
        let [a, b, c, d, size @ ..] = *header;
        let size = (u32::from_le_bytes(size) as usize).min(rest.len());
        found.push(([a, b, c, d], &rest[..size]));
        bytes = &rest[size..];
        if size % 2 == 1 {
            // Some writers forget the pad: no name begins with a zero byte, and no pad is anything else.
            bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        }
    }
    found
}

/// The tags of a LIST INFO body, without empty ones.
pub(super) fn parse_info(bytes: &[u8]) -> Vec<(String, String)> {
    sub_chunks(bytes)
        .into_iter()
        .map(|(id, body)| (tag_of_info(id), text(body)))
        .filter(|(name, value)| !name.is_empty() && !value.trim().is_empty())
        .collect()
}

/// The points of a `cue ` body: a count, then 24 bytes each.
pub(super) fn parse_cue(bytes: &[u8]) -> Vec<CuePoint> {
    let u32_at = |row: &[u8], at: usize| u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
    let Some((count, rows)) = bytes.split_first_chunk::<4>() else { return Vec::new() };
    rows.chunks_exact(24)
        .take(u32::from_le_bytes(*count) as usize)
        .map(|row| CuePoint { id: u32_at(row, 0), sample: u32_at(row, 20) })
        .collect()
}

/// The `labl` texts of a LIST adtl body, by the point they belong to.
pub(super) fn parse_labels(bytes: &[u8]) -> Vec<(u32, String)> {
    sub_chunks(bytes)
        .into_iter()
        .filter(|(id, _)| id == b"labl")
        .filter_map(|(_, body)| {
            let (id, label) = body.split_first_chunk::<4>()?;
            Some((u32::from_le_bytes(*id), text(label)))
        })
        .collect()
}

/// A whole LIST INFO chunk of those tags that have an identifier; nothing where none has.
pub(crate) fn write_info(metadata: &Metadata) -> Vec<u8> {
    let mut body = b"INFO".to_vec();
    for (name, value) in &metadata.tags {
        if let Some(id) = info_of_tag(name) {
            push_chunk(&mut body, id, &terminated(value));
        }
    }
    whole_list(&body)
}

/// Points that a 32-bit sample offset reaches.
fn reachable(markers: &[Marker]) -> impl Iterator<Item = (u32, u32, &str)> {
    (1u32..)
        .zip(markers)
        .filter_map(|(id, marker)| Some((id, u32::try_from(marker.sample).ok()?, marker.label.as_str())))
}

/// A whole `cue ` chunk, nothing where there are no points. Points past sample 2³² cannot be held and are left out.
pub(crate) fn write_cue(markers: &[Marker]) -> Vec<u8> {
    let points: Vec<_> = reachable(markers).collect();
    let mut out = Vec::new();
    if points.is_empty() {
        return out;
    }
    let mut body = (points.len() as u32).to_le_bytes().to_vec();
    for (id, sample, _) in points {
        body.extend_from_slice(&id.to_le_bytes());
        body.extend_from_slice(&sample.to_le_bytes());
        body.extend_from_slice(b"data");
        // Chunk start and block start are for playlists and compressed sound.
        body.extend_from_slice(&[0; 8]);
        body.extend_from_slice(&sample.to_le_bytes());
    }
    push_chunk(&mut out, *b"cue ", &body);
    out
}

/// A whole LIST adtl chunk of the points' labels, nothing where none has one.
pub(crate) fn write_adtl(markers: &[Marker]) -> Vec<u8> {
    let mut body = b"adtl".to_vec();
    for (id, _, label) in reachable(markers).filter(|(_, _, label)| !label.is_empty()) {
        let mut labl = id.to_le_bytes().to_vec();
        labl.extend_from_slice(&terminated(label));
        push_chunk(&mut body, *b"labl", &labl);
    }
    whole_list(&body)
}

/// Text with the zero byte that ends it; inner zero bytes would cut it short and are left out.
fn terminated(value: &str) -> Vec<u8> {
    value.bytes().filter(|b| *b != 0).chain([0]).collect()
}

/// A LIST chunk of `body`, nothing where it holds its four-letter kind alone.
fn whole_list(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if body.len() > 4 {
        push_chunk(&mut out, *b"LIST", body);
    }
    out
}
