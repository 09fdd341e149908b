//! FLAC out, and what else than sound goes into its Vorbis comments.
//!
//! The broadcast extension is kept under the names that ffmpeg gives its fields (`originator`, `time_reference`,
//! `coding_history`, …), labelled points as chapters after Xiph's chapter extension (`CHAPTER001=00:00:01.500`,
//! `CHAPTER001NAME=…`). A chapter's time is in milliseconds, so a third field, `CHAPTER001SAMPLE`, keeps the sample.
//!
//! There is no CUESHEET block beside them. It holds no names, and ffmpeg, and what is built on it, takes both for chapters of the same
//! numbers: with a sheet behind the comments, where the encoder's library puts it, every name is read as empty.

use std::collections::BTreeMap;
use std::io::{Read, Seek, Write};

use flac_codec::encode::{FlacChannelWriter, Options};
use flac_codec::metadata::{VorbisComment, read_block};

use crate::{AudioError, BroadcastExtension, Container, Marker, Metadata, SampleFormat, SampleRate, Signal};

/// FLAC's own bounds (RFC 9639 §9.1).
const MAX_CHANNELS: usize = 8;

/// Frames that are handed to the encoder at a time: sixteen of its own blocks.
const BLOCK_FRAMES: usize = 65_536;

/// Writes a whole FLAC file. `samples` must lie on the grid of `sample_format` already.
pub(crate) fn write(
    writer: impl Write + Seek,
    samples: &Signal,
    sample_format: SampleFormat,
    metadata: &Metadata,
) -> Result<(), AudioError> {
    let not_writable =
        |problem: String| AudioError::NotWritable { container: Container::Flac.name(), problem };
    let (Some(steps), Some(bits)) = (sample_format.steps(), sample_format.bits()) else {
        return Err(not_writable(format!(
            "it holds integers and no {sample_format} samples: choose 16 or 24 bits"
        )));
    };
    if samples.channel_count() > MAX_CHANNELS {
        return Err(not_writable(format!(
            "it holds {MAX_CHANNELS} channels and no {}: choose WAV",
            samples.channel_count()
        )));
    }
    let rate = samples.sample_rate();
    // Trying every way to correlate two channels takes half as long again and saves 0.4 %.
    let options = Options::default().fast_channel_correlation(true).comment(comment(metadata, rate));
    let total = Some(samples.len() as u64).filter(|total| *total > 0);
    let failed = |error: flac_codec::Error| match error {
        flac_codec::Error::Io(source) => AudioError::Write { source },
        other => not_writable(other.to_string()),
    };
    let mut encoder =
        FlacChannelWriter::new(writer, options, rate.hz(), bits, samples.channel_count() as u8, total)
            .map_err(failed)?;
    for start in (0..samples.len()).step_by(BLOCK_FRAMES) {
        let range = start..samples.len().min(start + BLOCK_FRAMES);
        let block: Vec<Vec<i32>> = samples
            .channels()
            .iter()
            .map(|channel| channel[range.clone()].iter().map(|x| (x * steps) as i32).collect())
            .collect();
        encoder.write(&block).map_err(failed)?;
    }
    encoder.finalize().map_err(failed)
}

/// The whole comment block.
fn comment(metadata: &Metadata, rate: SampleRate) -> VorbisComment {
    let mut fields: Vec<String> = Vec::new();
    let mut push = |name: &str, value: &str| {
        // A name holds printable ASCII without the equals sign (Vorbis I §5.2.3).
        if !name.is_empty() && name.bytes().all(|b| (0x20..0x7E).contains(&b) && b != b'=') {
            fields.push(format!("{name}={value}"));
        }
    };
    for (name, value) in &metadata.tags {
        push(name, value);
    }
    if let Some(extension) = &metadata.broadcast {
        for (name, value) in broadcast_fields(extension) {
            if !value.is_empty() {
                push(name, &value);
            }
        }
    }
    for (number, marker) in (1u32..).zip(&metadata.markers) {
        let milliseconds =
            ((u128::from(marker.sample) * 1_000 + u128::from(rate.hz() / 2)) / u128::from(rate.hz())) as u64;
        let (seconds, milliseconds) = (milliseconds / 1_000, milliseconds % 1_000);
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let chapter = format!("CHAPTER{number:03}");
        push(&chapter, &format!("{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"));
        push(&format!("{chapter}NAME"), &marker.label);
        push(&format!("{chapter}SAMPLE"), &marker.sample.to_string());
    }
    VorbisComment { vendor_string: concat!("tonearm ", env!("CARGO_PKG_VERSION")).to_owned(), fields }
}

fn broadcast_fields(extension: &BroadcastExtension) -> [(&'static str, String); 8] {
    let has_umid = extension.umid.iter().any(|byte| *byte != 0);
    let umid: String = extension.umid.iter().map(|byte| format!("{byte:02X}")).collect();
    [
        ("BEXT_DESCRIPTION", extension.description.clone()),
        ("ORIGINATOR", extension.originator.clone()),
        ("ORIGINATOR_REFERENCE", extension.originator_reference.clone()),
        ("ORIGINATION_DATE", extension.origination_date.clone()),
        ("ORIGINATION_TIME", extension.origination_time.clone()),
        ("TIME_REFERENCE", extension.time_reference.to_string()),
        ("UMID", if has_umid { umid } else { String::new() }),
        ("CODING_HISTORY", extension.coding_history.clone()),
    ]
}

/// Takes the broadcast extension out of `tags`, where [`write()`] and others have put it.
pub(crate) fn lift_broadcast(
    tags: Vec<(String, String)>,
) -> (Vec<(String, String)>, Option<BroadcastExtension>) {
    let mut extension = BroadcastExtension::default();
    let mut others = Vec::new();
    for (name, value) in tags {
        let text = match name.as_str() {
            "BEXT_DESCRIPTION" => Some(&mut extension.description),
            "ORIGINATOR" => Some(&mut extension.originator),
            "ORIGINATOR_REFERENCE" => Some(&mut extension.originator_reference),
            "ORIGINATION_DATE" => Some(&mut extension.origination_date),
            "ORIGINATION_TIME" => Some(&mut extension.origination_time),
            "CODING_HISTORY" => Some(&mut extension.coding_history),
            _ => None,
        };
        let time_reference = value.parse().ok().filter(|_| name == "TIME_REFERENCE");
        let umid = umid_of(&value).filter(|_| name == "UMID");
        match (text, time_reference, umid) {
            (Some(text), _, _) => *text = value,
            (_, Some(samples), _) => extension.time_reference = samples,
            (_, _, Some(umid)) => extension.umid = umid,
            _ => others.push((name, value)),
        }
    }
    let is_given = extension != BroadcastExtension::default();
    (others, is_given.then_some(extension))
}

/// The labelled points of a native FLAC file that stand in its comments, which symphonia passes over in this container.
pub(crate) fn read_markers(source: impl Read, rate_hz: u32) -> Vec<Marker> {
    // Whatever is wrong with the header has been said by the decoder.
    let Ok(Some(comment)) = read_block::<_, VorbisComment>(source) else { return Vec::new() };
    let mut chapters: BTreeMap<u32, Chapter> = BTreeMap::new();
    for field in &comment.fields {
        let Some((name, value)) = field.split_once('=') else { continue };
        let name = name.to_ascii_uppercase();
        let Some(rest) = name.strip_prefix("CHAPTER") else { continue };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(number) = rest[..digits].parse() else { continue };
        let chapter = chapters.entry(number).or_default();
        match &rest[digits..] {
            "" => chapter.start_secs = clock_seconds(value),
            "NAME" => chapter.label = value.to_owned(),
            "SAMPLE" => chapter.sample = value.parse().ok(),
            _ => {}
        }
    }
    let point = |chapter: Chapter| {
        Some(point_of_chapter(chapter.start_secs?, chapter.sample, chapter.label, rate_hz))
    };
    let mut markers: Vec<Marker> = chapters.into_values().filter_map(point).collect();
    markers.sort_by_key(|marker| marker.sample);
    markers
}

#[derive(Debug, Default)]
struct Chapter {
    start_secs: Option<f64>,
    label: String,
    sample: Option<u64>,
}

/// Seconds of `hh:mm:ss.mmm`.
fn clock_seconds(value: &str) -> Option<f64> {
    let mut parts = value.trim().splitn(3, ':');
    let mut next = || parts.next()?.parse::<f64>().ok().filter(|part| part.is_finite() && *part >= 0.0);
    Some(next()? * 3_600.0 + next()? * 60.0 + next()?)
}

/// The point that a chapter stands for: at the sample it states, unless its time has been moved since by an editor that
/// knows nothing of our field.
pub(crate) fn point_of_chapter(
    start_secs: f64,
    stated_sample: Option<u64>,
    label: String,
    rate_hz: u32,
) -> Marker {
    let by_clock = (start_secs * f64::from(rate_hz)).round();
    // The clock was rounded down to a millisecond.
    let tolerance_samples = f64::from(rate_hz) / 1_000.0 + 1.0;
    let sample = stated_sample.filter(|sample| (*sample as f64 - by_clock).abs() <= tolerance_samples);
    Marker { sample: sample.unwrap_or(by_clock.max(0.0) as u64), label }
}

/// Sixty-four bytes from twice as many hexadecimal digits; ffmpeg writes `0x` before them.
fn umid_of(value: &str) -> Option<[u8; 64]> {
    let digits = value.strip_prefix("0x").unwrap_or(value);
    if digits.len() < 64 || digits.len() > 128 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut umid = [0; 64];
    for (byte, pair) in umid.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(umid)
}
