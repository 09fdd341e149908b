//! What a file says about itself: tags, broadcast extension, labelled points.
//!
//! Tags carry the names of Vorbis comments (`TITLE`, `ARTIST`, `DATE`, …), in capitals, whatever the container; the LIST
//! INFO chunk of WAV and the frames of ID3 and MP4 are mapped to them.

use crate::{SampleFormat, Signal};

/// What a file says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Tags in the order of the file: Vorbis comment name in capitals, value.
    pub tags: Vec<(String, String)>,
    /// The Broadcast Wave extension, where there is one.
    pub broadcast: Option<BroadcastExtension>,
    /// The iXML document of a WAV file, as it stands.
    pub ixml: Option<String>,
    /// Labelled points, in order of time.
    pub markers: Vec<Marker>,
}

/// A labelled point in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Index of the sample it points at.
    pub sample: u64,
    /// Its label; may be empty.
    pub label: String,
}

impl Metadata {
    /// The value of the first tag called `name`, in capitals.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Sets the tag `name` (in capitals) to `value`, in place of all earlier ones of that name.
    pub fn set_tag(&mut self, name: &str, value: impl Into<String>) {
        self.tags.retain(|(key, _)| key != name);
        self.tags.push((name.to_owned(), value.into()));
    }

    /// Adds a line to the coding history, after EBU R98: what `signal` is stored as from now on, and by whose hand.
    /// `text` names program and process, as in `tonearm 0.1.0; restore`. Makes the extension where there is none.
    pub fn add_coding_history(&mut self, signal: &Signal, sample_format: SampleFormat, text: &str) {
        let extension = self.broadcast.get_or_insert_default();
        let history = &mut extension.coding_history;
        if !history.is_empty() && !history.ends_with('\n') {
            history.push_str("\r\n");
        }
        history.push_str(&coding_history_line(signal, sample_format, text));
    }
}

/// One line of coding history (EBU R98-1999): `A` algorithm, `F` sample rate in hertz, `W` word length in bits, `M` mode,
/// `T` free text. The modes that it knows are mono and stereo: with more channels `M` is left out.
fn coding_history_line(signal: &Signal, sample_format: SampleFormat, text: &str) -> String {
    let mut line = format!("A=PCM,F={}", signal.sample_rate().hz());
    if let Some(bits) = sample_format.bits() {
        line.push_str(&format!(",W={bits}"));
    }
    match signal.channel_count() {
        1 => line.push_str(",M=mono"),
        2 => line.push_str(",M=stereo"),
        _ => {}
    }
    // A comma would begin the next field and a line break the next line.
    let text: String = text.chars().map(|c| if c == ',' || c.is_control() { ';' } else { c }).collect();
    line.push_str(&format!(",T={text}\r\n"));
    line
}

/// The broadcast extension (`bext`) chunk of EBU Tech 3285, version 2.
#[derive(Clone, Debug, PartialEq)]
pub struct BroadcastExtension {
    /// What the sound is, at most 256 bytes.
    pub description: String,
    /// Who made the file, at most 32 bytes.
    pub originator: String,
    /// The maker's own reference, at most 32 bytes.
    pub originator_reference: String,
    /// Date of making, `yyyy-mm-dd`.
    pub origination_date: String,
    /// Time of making, `hh:mm:ss`.
    pub origination_time: String,
    /// First sample, counted in samples since midnight.
    pub time_reference: u64,
    /// The SMPTE 330M identifier, all zero where there is none.
    pub umid: [u8; 64],
    /// Loudness as measured; whoever changes the sound must measure it anew or set this to none.
    pub loudness: Option<BroadcastLoudness>,
    /// Each step of the sound's way, one line each ending in CR LF (EBU R98).
    pub coding_history: String,
}

impl Default for BroadcastExtension {
    fn default() -> Self {
        Self {
            description: String::new(),
            originator: String::new(),
            originator_reference: String::new(),
            origination_date: String::new(),
            origination_time: String::new(),
            time_reference: 0,
            umid: [0; 64],
            loudness: None,
            coding_history: String::new(),
        }
    }
}

/// The loudness fields of `bext` version 2, in hundredths as they are stored; `None` where a value is not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BroadcastLoudness {
    /// Integrated loudness, 0.01 LUFS.
    pub integrated: Option<i16>,
    /// Loudness range, 0.01 LU.
    pub range: Option<i16>,
    /// Highest true peak, 0.01 dBTP.
    pub max_true_peak: Option<i16>,
    /// Highest momentary loudness, 0.01 LUFS.
    pub max_momentary: Option<i16>,
    /// Highest short-term loudness, 0.01 LUFS.
    pub max_short_term: Option<i16>,
}

/// LIST INFO identifiers and the Vorbis comment each stands for (RIFF MCI 1991, with the later ITRK and IAS1–IPRT left
/// out); of two identifiers with one name the first is written.
const INFO_NAMES: &[([u8; 4], &str)] = &[
    (*b"INAM", "TITLE"),
    (*b"IART", "ARTIST"),
    (*b"IPRD", "ALBUM"),
    (*b"ICRD", "DATE"),
    (*b"IGNR", "GENRE"),
    (*b"ICMT", "COMMENT"),
    (*b"ICOP", "COPYRIGHT"),
    (*b"ITRK", "TRACKNUMBER"),
    (*b"IPRT", "TRACKNUMBER"),
    (*b"ISBJ", "DESCRIPTION"),
    (*b"IKEY", "KEYWORDS"),
    (*b"IENG", "ENGINEER"),
    (*b"ITCH", "ENCODED_BY"),
    (*b"ISFT", "ENCODER"),
    (*b"ISRC", "SOURCE"),
    (*b"ISRF", "SOURCEMEDIA"),
    (*b"IMED", "MEDIA"),
    (*b"IARL", "ARCHIVAL_LOCATION"),
    (*b"ICMS", "COMMISSIONED"),
    (*b"ILNG", "LANGUAGE"),
    (*b"IMUS", "COMPOSER"),
    (*b"IWRI", "LYRICIST"),
];

/// The tag name of a LIST INFO identifier: itself where it is not of the known ones.
pub(crate) fn tag_of_info(id: [u8; 4]) -> String {
    match INFO_NAMES.iter().find(|(known, _)| *known == id) {
        Some((_, name)) => (*name).to_owned(),
        None => String::from_utf8_lossy(&id).trim_end().to_uppercase(),
    }
}

/// The LIST INFO identifier of a tag, where there is one.
pub(crate) fn info_of_tag(name: &str) -> Option<[u8; 4]> {
    if let Some((id, _)) = INFO_NAMES.iter().find(|(_, known)| *known == name) {
        return Some(*id);
    }
    let bytes: [u8; 4] = name.as_bytes().try_into().ok()?;
    (bytes[0] == b'I' && bytes.iter().all(u8::is_ascii_alphanumeric)).then_some(bytes)
}
