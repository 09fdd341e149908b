//! What a file is, by its first bytes alone: names lie.

use crate::Container;

/// Bytes that are looked at.
pub(crate) const SNIFF_BYTES: usize = 4_096;

/// What the first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Audio of a kind that can be read.
    Audio(Container),
    /// Audio, or something that holds audio, of a kind that is not read.
    Unread(&'static str),
    /// Nothing that is known.
    Unknown,
}

/// Judges by the first bytes of a file.
pub(crate) fn kind_of(head: &[u8]) -> Kind {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64") {
        return Kind::Audio(Container::Wav);
    }
    if at(0, b"fLaC") {
        return Kind::Audio(Container::Flac);
    }
    if at(0, b"OggS") {
        return Kind::Audio(Container::Ogg);
    }
    if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) {
        return Kind::Audio(Container::Aiff);
    }
    if at(4, b"ftyp") {
        return Kind::Audio(Container::Mp4);
    }
    if at(0, b"ID3") {
        return behind_id3(head);
    }
    if let Some(name) = unread(&at) {
        return Kind::Unread(name);
    }
    mpeg_stream(head)
}

fn unread(at: &impl Fn(usize, &[u8]) -> bool) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"RIFX", "a big-endian RIFX file"),
        (b"riff\x2E\x91\xCF\x11", "a Sony Wave64 file"),
        (b"caff", "a Core Audio file"),
        (b"wvpk", "WavPack audio"),
        (b"MAC ", "Monkey's Audio"),
        (b"\x1A\x45\xDF\xA3", "a Matroska or WebM file"),
        (b"#!AMR", "AMR audio"),
        (b".snd", "a Sun audio file"),
        (b"MThd", "a MIDI file"),
        (b"DSD ", "DSD audio"),
        (b"FRM8", "DSD audio"),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "a Windows Media file"),
        (b"FORM", "an IFF file other than AIFF"),
    ];
    MAGIC.iter().find(|(magic, _)| at(0, magic)).map(|(_, name)| *name)
}

/// Behind an ID3 tag mostly stands MP3, but FLAC and AAC occur.
fn behind_id3(head: &[u8]) -> Kind {
    // The length is four times seven bits (ID3v2.4 §3.1).
    let Some(size) = head.get(6..10) else { return Kind::Unknown };
    let size = size.iter().fold(0usize, |size, byte| size << 7 | usize::from(byte & 0x7F));
    match head.get(10 + size..) {
        Some(rest) if rest.starts_with(b"fLaC") => Kind::Audio(Container::Flac),
        Some(rest) if mpeg_stream(rest) == Kind::Audio(Container::Adts) => Kind::Audio(Container::Adts),
        _ => Kind::Audio(Container::Mp3),
    }
}

/// Looks for a frame header that leads to a second one: one alone occurs by chance in any file.
fn mpeg_stream(head: &[u8]) -> Kind {
    for start in 0..head.len().saturating_sub(4) {
        if head[start] != 0xFF {
            continue;
        }
        let rest = &head[start..];
        let first = mpeg_frame(rest).map(|frame| (frame, Container::Mp3));
        let Some(((len, signature), container)) =
            first.or_else(|| adts_frame(rest).map(|f| (f, Container::Adts)))
        else {
            continue;
        };
        let next = rest
            .get(len..)
            .and_then(|rest| if container == Container::Mp3 { mpeg_frame(rest) } else { adts_frame(rest) });
        if next.is_some_and(|(_, next)| next == signature) {
            return Kind::Audio(container);
        }
    }
    Kind::Unknown
}

/// Length of an MPEG audio frame and the header bits that all frames of a stream share (ISO 11172-3 §2.4.1.3, 13818-3).
fn mpeg_frame(bytes: &[u8]) -> Option<(usize, u32)> {
    let header = u32::from_be_bytes(*bytes.first_chunk::<4>()?);
    let (version, layer) = (header >> 19 & 3, header >> 17 & 3);
    let (bitrate, rate) = ((header >> 12 & 15) as usize, (header >> 10 & 3) as usize);
    if header >> 21 != 0x7FF || version == 1 || layer == 0 || !(1..15).contains(&bitrate) || rate == 3 {
        return None;
    }
    const KBPS: [[u32; 14]; 5] = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let is_version_1 = version == 3;
    let row = match (is_version_1, layer) {
        (true, 3) => 0,
        (true, 2) => 1,
        (true, _) => 2,
        (false, 3) => 3,
        (false, _) => 4,
    };
    let bits_per_sec = KBPS[row][bitrate - 1] * 1_000;
    let hz = [44_100, 48_000, 32_000][rate] >> [2, 0, 1, 0][version as usize];
    let padding = header >> 9 & 1;
    let len = match (layer, is_version_1) {
        (3, _) => (12 * bits_per_sec / hz + padding) * 4,
        (1, false) => 72 * bits_per_sec / hz + padding,
        _ => 144 * bits_per_sec / hz + padding,
    };
    // Sync, version, layer and sample rate.
    Some((len as usize, header & 0xFFFE_0C00))
}

/// The same for an ADTS frame (ISO 13818-7 §6.2).
fn adts_frame(bytes: &[u8]) -> Option<(usize, u32)> {
    let header = u32::from_be_bytes(*bytes.first_chunk::<4>()?);
    let rest = bytes.get(3..6)?;
    if header >> 20 != 0xFFF || header >> 17 & 3 != 0 || header >> 10 & 15 > 12 {
        return None;
    }
    let len = usize::from(rest[0] & 3) << 11 | usize::from(rest[1]) << 3 | usize::from(rest[2] >> 5);
    (len >= 7).then_some((len, header & 0xFFF6_3C00))
}

/// The first bytes of a file in words, for a message: as text where they are text, in hexadecimal where not.
pub(crate) fn beginning_of(head: &[u8]) -> String {
    const TEXT_CHARS: usize = 24;
    const HEX_BYTES: usize = 8;
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character torn by the end of what was read is no reason to call it binary.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => "",
    };
    let text = valid.trim_start_matches('\u{FEFF}');
    let beginning: String = text.chars().take(TEXT_CHARS).collect();
    if !beginning.is_empty() && beginning.chars().all(|c| !c.is_control() || c.is_whitespace()) {
        let line = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
        let more = if text.chars().nth(TEXT_CHARS).is_some() { "…" } else { "" };
        return format!("the text \"{line}{more}\"");
    }
    let bytes: Vec<String> = head.iter().take(HEX_BYTES).map(|b| format!("{b:02X}")).collect();
    format!("the bytes {}", bytes.join(" "))
}
