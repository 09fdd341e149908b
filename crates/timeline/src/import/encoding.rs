//! The text of a file in whichever encoding: Praat writes UTF-16 where a label is not ASCII, older programs Latin-1.

/// The text of a file: UTF-8 or UTF-16 by its byte order mark, else UTF-8, else ISO 8859-1, in which no file is invalid.
pub fn text_of(bytes: &[u8]) -> String {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "schön 🎻";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text_of(text.as_bytes()), text);
        assert_eq!(text_of(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), text);
        assert_eq!(text_of(&[b"\xFF\xFE", little.as_slice()].concat()), text);
        assert_eq!(text_of(&[b"\xFE\xFF", big.as_slice()].concat()), text);
        assert_eq!(text_of(b"sch\xF6n"), "schön");
    }
}
