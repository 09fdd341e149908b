//! How much room a text takes on a screen, in characters of a Latin line.
//!
//! A character is an extended grapheme cluster (Unicode Standard Annex 29): a letter with its marks, or a whole emoji
//! family, is one. East Asian wide characters and emoji count as two, as in Unicode Standard Annex 11: so a line of 42
//! holds 21 of them.

use unicode_segmentation::UnicodeSegmentation;

/// The blocks whose characters are wide nearly throughout, by first and last code point.
const WIDE: [(u32, u32); 10] = [
    (0x1100, 0x115F),   // Hangul Jamo
    (0x2E80, 0x303E),   // CJK radicals and punctuation
    (0x3041, 0x33FF),   // kana, CJK compatibility
    (0x3400, 0x4DBF),   // CJK extension A
    (0x4E00, 0xA4CF),   // CJK unified, Yi
    (0xAC00, 0xD7A3),   // Hangul syllables
    (0xF900, 0xFAFF),   // CJK compatibility ideographs
    (0xFF00, 0xFF60),   // full-width forms
    (0x1F300, 0x1FAFF), // pictographs, emoji
    (0x20000, 0x3FFFD), // CJK extensions B and on
];

pub(super) fn is_wide(character: char) -> bool {
    WIDE.iter().any(|&(first, last)| (first..=last).contains(&u32::from(character)))
}

/// The width of a text, the white space at its ends not counted.
pub(super) fn width(text: &str) -> usize {
    text.trim().graphemes(true).map(|cluster| 1 + usize::from(cluster.chars().any(is_wide))).sum()
}

/// Whether a space belongs between two texts that follow each other.
pub(super) fn needs_space(before: &str, after: &str) -> bool {
    match (before.chars().next_back(), after.chars().next()) {
        (Some(last), Some(first)) => {
            !(last.is_whitespace() || first.is_whitespace() || is_wide(last) && is_wide(first))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_count_once_and_wide_ones_twice() {
        assert_eq!(width(" Ünde. "), 5);
        assert_eq!(width("u\u{308}"), 1);
        assert_eq!(width("東京"), 4);
        assert_eq!(width("👩‍👩‍👧"), 2);
        assert_eq!(width("שלום"), 4);
    }
}
