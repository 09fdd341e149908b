//! Instants as the formats write them. Each is rounded once, to whole milliseconds or centiseconds, before it is split
//! into hours, minutes and seconds: so 59.9996 s becomes 1:00, never 0:60.

/// An instant in whole milliseconds.
pub(super) fn millis(instant_secs: f64) -> u64 {
    (instant_secs * 1000.0).round() as u64
}

/// An instant in whole centiseconds.
pub(super) fn centis(instant_secs: f64) -> u64 {
    (instant_secs * 100.0).round() as u64
}

/// `hh:mm:ss.mmm`, with `mark` before the milliseconds.
pub(super) fn hours_millis(millis: u64, mark: char) -> String {
    let secs = millis / 1000;
    format!("{:02}:{:02}:{:02}{mark}{:03}", secs / 3600, secs / 60 % 60, secs % 60, millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_carries() {
        assert_eq!(hours_millis(millis(3_599.999_6), ','), "01:00:00,000");
        assert_eq!(hours_millis(millis(0.000_4), '.'), "00:00:00.000");
        assert_eq!(hours_millis(millis(360_000.25), '.'), "100:00:00.250");
        assert_eq!(centis(59.996), 6_000);
    }
}
