//! Instants as subtitles write them.

/// Seconds of `hh:mm:ss,mmm`, `mm:ss.mmm` and the like: hours may be missing, the mark may be a comma or a point.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(|part| digits(part)) || !digits(fraction) {
        return None;
    }
    let whole =
        parts.iter().try_fold(0_u64, |sum, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?))?;
    // Parsed as one number, so that 1.234 is the same as everywhere else and not 1 + 0.234.
    format!("{whole}.{fraction}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_read() {
        assert_eq!(seconds("01:00:12,345"), Some(3612.345));
        assert_eq!(seconds("00:01.5"), Some(1.5));
        assert_eq!(seconds("100:00:00.000"), Some(360_000.0));
        for text in ["", "1", "a:b", "1:2:3:4", "00:00:-1", "00:01.", "99999999999999999999:00"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
