//! Roman numerals.

const DIGITS: [(u32, &str); 13] = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
];

/// The value of a numeral as it is properly written in capitals.
pub(super) fn value(text: &str) -> Option<u32> {
    let (mut rest, mut value) = (text, 0);
    for (digit, letters) in DIGITS {
        while let Some(after) = rest.strip_prefix(letters) {
            (rest, value) = (after, value + digit);
        }
    }
    (rest.is_empty() && value > 0 && written(value) == text).then_some(value)
}

fn written(mut value: u32) -> String {
    let mut text = String::new();
    for (digit, letters) in DIGITS {
        while value >= digit {
            text.push_str(letters);
            value -= digit;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_have_one_spelling() {
        assert_eq!(value("XIV"), Some(14));
        assert_eq!(value("MCMXIX"), Some(1919));
        for word in ["", "IIII", "IC", "VX", "LIVE"] {
            assert_eq!(value(word), None, "{word}");
        }
    }
}
