//! FLAC out, and what else than sound goes into its Vorbis comments.
//!
//! The broadcast extension is kept under the names that ffmpeg gives its fields (`originator`, `time_reference`,
//! `coding_history`, …), labelled points as chapters after Xiph's chapter extension (`CHAPTER001=00:00:01.500`,
//! `CHAPTER001NAME=…`). A chapter's time is in milliseconds, so a third field, `CHAPTER001SAMPLE`, keeps the sample.

use std::io::{Seek, Write};

use flac_codec::encode::{FlacChannelWriter, Options};
use flac_codec::metadata::VorbisComment;

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
    let options = Options::default().comment(comment(metadata, rate));
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
        let milliseconds = (u128::from(marker.sample) * 1_000 / u128::from(rate.hz())) as u64;
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

/// Takes the broadcast extension and the points out of `tags`, where [`write`] and others have put them.
pub(crate) fn lift(tags: Vec<(String, String)>, rate: SampleRate) -> Metadata {
    let mut metadata = Metadata::default();
    let mut extension = BroadcastExtension::default();
    let mut is_broadcast = false;
    let mut chapters: Vec<Chapter> = Vec::new();
    for (name, value) in tags {
        if let Some((number, field)) = chapter_field(&name) {
            let index = chapters.iter().position(|chapter| chapter.number == number).unwrap_or_else(|| {
                chapters.push(Chapter { number, ..Chapter::default() });
                chapters.len() - 1
            });
            match field {
                ChapterField::Time => chapters[index].start_secs = clock_seconds(&value),
                ChapterField::Name => chapters[index].label = value,
                ChapterField::Sample => chapters[index].sample = value.parse().ok(),
            }
            continue;
        }
        let field = match name.as_str() {
            "BEXT_DESCRIPTION" => &mut extension.description,
            "ORIGINATOR" => &mut extension.originator,
            "ORIGINATOR_REFERENCE" => &mut extension.originator_reference,
            "ORIGINATION_DATE" => &mut extension.origination_date,
            "ORIGINATION_TIME" => &mut extension.origination_time,
            "CODING_HISTORY" => &mut extension.coding_history,
            "TIME_REFERENCE" if value.parse::<u64>().is_ok() => {
                extension.time_reference = value.parse().unwrap_or(0);
                is_broadcast = true;
                continue;
            }
            "UMID" if umid_of(&value).is_some() => {
                extension.umid = umid_of(&value).unwrap_or([0; 64]);
                is_broadcast = true;
                continue;
            }
            _ => {
                metadata.tags.push((name, value));
                continue;
            }
        };
        *field = value;
        is_broadcast = true;
    }
    metadata.broadcast = is_broadcast.then_some(extension);
    metadata.markers = chapters.into_iter().filter_map(|chapter| chapter.marker(rate)).collect();
    metadata.markers.sort_by_key(|marker| marker.sample);
    metadata
}

#[derive(Debug, Default)]
struct Chapter {
    number: u32,
    start_secs: Option<f64>,
    label: String,
    sample: Option<u64>,
}

impl Chapter {
    fn marker(self, rate: SampleRate) -> Option<Marker> {
        let by_clock = self.start_secs.map(|secs| (secs * rate.as_f64()).round());
        // An editor that moved the chapter's time knows nothing of our field: the time counts, where the two disagree.
        let agrees = |sample: &u64| {
            by_clock.is_none_or(|clock| (*sample as f64 - clock).abs() <= rate.as_f64() / 1_000.0 + 1.0)
        };
        let sample = self.sample.filter(agrees).or(by_clock.map(|clock| clock as u64))?;
        Some(Marker { sample, label: self.label })
    }
}

enum ChapterField {
    Time,
    Name,
    Sample,
}

/// The number and field of `CHAPTERnnn`, `CHAPTERnnnNAME` and `CHAPTERnnnSAMPLE`.
fn chapter_field(name: &str) -> Option<(u32, ChapterField)> {
    let rest = name.strip_prefix("CHAPTER")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let field = match &rest[digits..] {
        "" => ChapterField::Time,
        "NAME" => ChapterField::Name,
        "SAMPLE" => ChapterField::Sample,
        _ => return None,
    };
    Some((rest[..digits].parse().ok()?, field))
}

/// Seconds of `hh:mm:ss.mmm`.
fn clock_seconds(value: &str) -> Option<f64> {
    let mut parts = value.trim().splitn(3, ':');
    let mut next = || parts.next()?.parse::<f64>().ok().filter(|part| part.is_finite() && *part >= 0.0);
    Some(next()? * 3_600.0 + next()? * 60.0 + next()?)
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
