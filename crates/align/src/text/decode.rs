//! From bytes to letters that know where they stand in the file.
//!
//! UTF-8 and UTF-16 are told by their byte order mark or by being valid; what is neither is one of the one-byte
//! encodings that old text files come in. Among those the text decides: each candidate is read, and the one whose letters
//! look most like words wins. Looking like words means lower case after lower case, the most frequent letters of the
//! script, and no control signs or box-drawing in between.
//!
//! Known failures: East Asian multi-byte encodings are not recognised; very short texts with few non-ASCII letters can be
//! taken for a neighbouring code page.

use crate::AlignError;
use encoding_rs::{Encoding, IBM866, ISO_8859_5, KOI8_R, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252};

/// One letter and the bytes of the file that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) letter: char,
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

/// Share of bytes that may be broken in a file that still is taken for UTF-8.
const BROKEN_UTF8_SHARE: f64 = 0.01;

/// Least share of frequent letters among those beyond ASCII, below which a guessed code page is not believed: running text
/// has about two thirds, chance a tenth.
const LEAST_FREQUENT_SHARE: f64 = 0.4;

/// All letters of a file.
///
/// # Errors
/// [`AlignError::Encoding`] where the bytes are no text.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Glyph>, AlignError> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => return Ok(utf8(bytes, 3)),
        [0xff, 0xfe, ..] => return Ok(utf16(bytes, 2, u16::from_le_bytes)),
        [0xfe, 0xff, ..] => return Ok(utf16(bytes, 2, u16::from_be_bytes)),
        _ => {}
    }
    if let Some(order) = utf16_order(bytes) {
        return Ok(utf16(bytes, 0, order));
    }
    // 0x15 stands around times in CHAT.
    if let Some(byte) =
        bytes.iter().position(|byte| matches!(byte, 0..=8 | 0xe..=0x14 | 0x16..=0x19 | 0x1c..=0x1f))
    {
        return Err(AlignError::Encoding { byte });
    }
    if is_utf8(bytes) {
        return Ok(utf8(bytes, 0));
    }
    let broken = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    guess_code_page(bytes).map(|page| one_byte(bytes, page)).ok_or(AlignError::Encoding { byte: broken })
}

/// UTF-16 without a mark: in alphabetic text every other byte is nearly always the same (0, or 4 in Cyrillic).
fn utf16_order(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let pairs = bytes.len() / 2;
    if pairs < 8 || bytes.len() % 2 == 1 {
        return None;
    }
    let share = |offset: usize| {
        let few = bytes.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0 || byte == 4).count();
        few as f64 / pairs as f64
    };
    if !bytes.contains(&0) {
        return None;
    }
    match (share(0), share(1)) {
        (even, odd) if odd > 0.9 && even < 0.5 => Some(u16::from_le_bytes),
        (even, odd) if even > 0.9 && odd < 0.5 => Some(u16::from_be_bytes),
        _ => None,
    }
}

fn is_utf8(bytes: &[u8]) -> bool {
    let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let broken: usize = bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    broken as f64 <= BROKEN_UTF8_SHARE * high as f64
}

fn utf8(bytes: &[u8], from: usize) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(bytes.len());
    let mut at = from;
    for chunk in bytes[from..].utf8_chunks() {
        for (offset, letter) in chunk.valid().char_indices() {
            glyphs.push(Glyph { letter, start: at + offset, end: at + offset + letter.len_utf8() });
        }
        at += chunk.valid().len() + chunk.invalid().len();
    }
    glyphs
}

fn utf16(bytes: &[u8], from: usize, order: fn([u8; 2]) -> u16) -> Vec<Glyph> {
    let units = bytes[from..].chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
    let mut at = from;
    char::decode_utf16(units)
        .map(|read| {
            let start = at;
            at += 2 * read.as_ref().map_or(1, |letter| letter.len_utf16());
            let letter = read.unwrap_or(char::REPLACEMENT_CHARACTER);
            Glyph { letter, start, end: at }
        })
        .filter(|glyph| glyph.letter != char::REPLACEMENT_CHARACTER)
        .collect()
}

fn one_byte(bytes: &[u8], code_page: &'static Encoding) -> Vec<Glyph> {
    bytes
        .iter()
        .enumerate()
        .filter_map(|(at, byte)| {
            let (text, _, _) = code_page.decode(std::slice::from_ref(byte));
            text.chars().next().map(|letter| Glyph { letter, start: at, end: at + 1 })
        })
        .collect()
}

fn guess_code_page(bytes: &[u8]) -> Option<&'static Encoding> {
    let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let ascii = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    // Cyrillic text is mostly high bytes; accented Latin text has a few among many ASCII letters.
    let candidates: &[&'static Encoding] = if high > ascii {
        &[WINDOWS_1251, KOI8_R, IBM866, ISO_8859_5]
    } else {
        &[WINDOWS_1252, WINDOWS_1250]
    };
    let sample: Vec<u8> = bytes.iter().copied().take(64 * 1024).collect();
    let mut best = (i64::MIN, candidates[0]);
    for &candidate in candidates {
        let (text, _, _) = candidate.decode(&sample);
        let score = looks_like_words(&text);
        if score > best.0 {
            best = (score, candidate);
        }
    }
    let (text, _, _) = best.1.decode(&sample);
    let beyond = text.chars().filter(|letter| !letter.is_ascii() && letter.is_alphabetic()).count();
    let frequent =
        text.to_lowercase().chars().filter(|&letter| !letter.is_ascii() && FREQUENT.contains(letter)).count();
    (frequent as f64 >= LEAST_FREQUENT_SHARE * beyond as f64).then_some(best.1)
}

/// Frequent letters: of Russian and its neighbours; of western and of central European languages beyond ASCII.
const FREQUENT: &str = "оеаинтсрвлäöüßéèàçñêùôâîûěščřžýáíůąęłńśźżćő";

fn looks_like_words(text: &str) -> i64 {
    let mut score = 0;
    let mut before = ' ';
    for letter in
        text.chars().filter(|letter| !letter.is_ascii() || letter.is_ascii_alphabetic() || *letter == ' ')
    {
        if !letter.is_ascii() {
            score += match letter {
                letter if FREQUENT.contains(letter) => 3,
                letter if letter.is_alphabetic() => 1,
                '«' | '»' | '—' | '–' | '„' | '“' | '”' | '’' | '…' | '№' | '\u{a0}' => 0,
                _ => -4,
            };
        }
        if before.is_lowercase() && letter.is_uppercase() {
            score -= 6;
        }
        before = letter;
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes).unwrap().into_iter().map(|glyph| glyph.letter).collect()
    }

    const RUSSIAN: &str = "Что такое Советская власть? Сущность её, привлекающая к себе рабочих.";

    #[test]
    fn reads_the_encodings_that_russian_files_come_in() {
        for page in [WINDOWS_1251, KOI8_R, IBM866, ISO_8859_5] {
            let (bytes, _, _) = page.encode(RUSSIAN);
            assert_eq!(text(&bytes), RUSSIAN, "{}", page.name());
        }
    }

    #[test]
    fn reads_western_and_central_european_files() {
        let german = "Über den Straßen schläft das schöne München, natürlich auch am Ende.";
        assert_eq!(text(&WINDOWS_1252.encode(german).0), german);
        let czech = "Příliš žluťoučký kůň úpěl ďábelské ódy, řekl žebrák a šel dál.";
        assert_eq!(text(&WINDOWS_1250.encode(czech).0), czech);
    }

    #[test]
    fn reads_utf16_with_and_without_a_mark() {
        for (mark, little) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut bytes = Vec::new();
            for unit in mark.then_some(0xfeff).into_iter().chain(RUSSIAN.encode_utf16()) {
                bytes.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
            assert_eq!(text(&bytes), RUSSIAN, "mark {mark}, little {little}");
        }
    }

    #[test]
    fn letters_know_their_bytes() {
        let marked = [&[0xef, 0xbb, 0xbf], RUSSIAN.as_bytes()].concat();
        for glyph in decode(&marked).unwrap() {
            assert_eq!(
                std::str::from_utf8(&marked[glyph.start..glyph.end]).unwrap(),
                glyph.letter.to_string()
            );
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b"A\xff\xfe"[..], b"PK\x03\x04\x14\x00", b"%PDF-1.4\n\xe2\xe3\xcf\xd3\n\x00\x01"] {
            assert!(matches!(decode(bytes), Err(AlignError::Encoding { .. })), "{bytes:?}");
        }
    }

    #[test]
    fn a_broken_byte_does_not_turn_utf8_into_something_else() {
        let mut bytes = RUSSIAN.repeat(4).into_bytes();
        bytes.insert(20, 0xff);
        assert!(text(&bytes).contains("Советская власть"));
    }
}
