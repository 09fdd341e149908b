//! The broadcast extension chunk, EBU Tech 3285 version 2 (2011), §2.3.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 256 | description |
//! | 256 | 32 | originator |
//! | 288 | 32 | originator reference |
//! | 320 | 10 | origination date |
//! | 330 | 8 | origination time |
//! | 338 | 8 | time reference, samples since midnight |
//! | 346 | 2 | version |
//! | 348 | 64 | UMID |
//! | 412 | 10 | loudness: value, range, true peak, momentary, short-term |
//! | 422 | 180 | reserved |
//! | 602 | … | coding history |

use super::list::text;
use crate::{BroadcastExtension, BroadcastLoudness};

/// Bytes before the coding history.
const FIXED_BYTES: usize = 602;

/// The stored value that means "not given" (Tech 3285 §2.4).
const LOUDNESS_NOT_GIVEN: i16 = 0x7FFF;

/// Reads the chunk's body; none where it is too short to hold even its fixed part up to the version.
pub(super) fn parse(bytes: &[u8]) -> Option<BroadcastExtension> {
    let field = |at: usize, len: usize| bytes.get(at..at + len).map_or_else(String::new, text);
    let time_reference = u64::from_le_bytes(bytes.get(338..346)?.try_into().ok()?);
    let version = u16::from_le_bytes(bytes.get(346..348)?.try_into().ok()?);
    let mut umid = [0; 64];
    if version >= 1 {
        umid.copy_from_slice(bytes.get(348..412)?);
    }
    let loudness = (version >= 2).then(|| {
        let value = |at: usize| {
            let stored = bytes.get(at..at + 2).map(|b| i16::from_le_bytes([b[0], b[1]]));
            stored.filter(|value| *value != LOUDNESS_NOT_GIVEN)
        };
        BroadcastLoudness {
            integrated: value(412),
            range: value(414),
            max_true_peak: value(416),
            max_momentary: value(418),
            max_short_term: value(420),
        }
    });
    Some(BroadcastExtension {
        description: field(0, 256),
        originator: field(256, 32),
        originator_reference: field(288, 32),
        origination_date: field(320, 10),
        origination_time: field(330, 8),
        time_reference,
        umid,
        loudness: loudness.filter(|l| *l != BroadcastLoudness::default()),
        coding_history: bytes.get(FIXED_BYTES..).map_or_else(String::new, text),
    })
}

/// The chunk's body for writing: version 2 where loudness is given, version 1 where not.
pub(crate) fn write_bext(extension: &BroadcastExtension) -> Vec<u8> {
    let mut out = Vec::with_capacity(FIXED_BYTES + extension.coding_history.len() + 1);
    push_field(&mut out, &extension.description, 256);
    push_field(&mut out, &extension.originator, 32);
    push_field(&mut out, &extension.originator_reference, 32);
    push_field(&mut out, &extension.origination_date, 10);
    push_field(&mut out, &extension.origination_time, 8);
    out.extend_from_slice(&extension.time_reference.to_le_bytes());
    out.extend_from_slice(&(if extension.loudness.is_some() { 2u16 } else { 1 }).to_le_bytes());
    out.extend_from_slice(&extension.umid);
    match extension.loudness {
        Some(loudness) => {
            let values = [
                loudness.integrated,
                loudness.range,
                loudness.max_true_peak,
                loudness.max_momentary,
                loudness.max_short_term,
            ];
            for value in values {
                out.extend_from_slice(&value.unwrap_or(LOUDNESS_NOT_GIVEN).to_le_bytes());
            }
        }
        None => out.extend_from_slice(&[0; 10]),
    }
    out.resize(FIXED_BYTES, 0);
    out.extend_from_slice(extension.coding_history.as_bytes());
    out
}

/// Appends `value` in a field of `len` bytes, cut at the boundary of a character and filled with zeros.
fn push_field(out: &mut Vec<u8>, value: &str, len: usize) {
    let end = (0..=len.min(value.len())).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    out.extend_from_slice(&value.as_bytes()[..end]);
    out.resize(out.len() + len - end, 0);
}
