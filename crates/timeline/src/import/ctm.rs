//! CTM, time-marked words as NIST's scoring toolkit (sclite) reads them: file, channel, start, duration, word, and a
//! confidence that is passed over; comments after `;;`.

use super::Label;
use crate::TimelineError;

/// The words of the first file and channel that the list names.
pub(crate) fn read(text: &str) -> Result<Vec<Label>, TimelineError> {
    let mut labels = Vec::new();
    let mut side: Option<(&str, &str)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.trim_start().starts_with(";;") {
            continue;
        }
        let fault = |problem: &str| TimelineError::Import {
            format: "CTM",
            line: number,
            problem: problem.to_owned(),
        };
        let fields: Vec<&str> = line.split_whitespace().collect();
        let &[file, channel, start, duration, word, ..] = fields.as_slice() else {
            return Err(fault("file, channel, start, duration and word are expected"));
        };
        let seconds = |text: &str| text.parse().ok().filter(|secs: &f64| secs.is_finite() && *secs >= 0.0);
        let (Some(start_secs), Some(duration_secs)) = (seconds(start), seconds(duration)) else {
            return Err(fault("start and duration must be seconds from 0"));
        };
        if *side.get_or_insert((file, channel)) == (file, channel) {
            let end_secs = sum(start, duration).unwrap_or(start_secs + duration_secs);
            labels.push(Label { start_secs, end_secs: end_secs.max(start_secs), text: word.to_owned() });
        }
    }
    Ok(labels)
}

/// The exact sum of two decimals of up to nine places: in floating point 0.1 + 0.2 would not be 0.3.
fn sum(a: &str, b: &str) -> Option<f64> {
    let nanos = |text: &str| -> Option<u64> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction: u64 = format!("{fraction:0<9}").parse().ok().filter(|_| fraction.len() <= 9)?;
        whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(fraction)
    };
    let total = nanos(a)?.checked_add(nanos(b)?)?;
    format!("{}.{:09}", total / 1_000_000_000, total % 1_000_000_000).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_side_are_read() {
        let words =
            read(";; made by hand\nside A 0.1 0.2 one\nside A 1 .5 two 0.93\nother A 0 1 three\n").unwrap();
        assert_eq!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!((words[0].end_secs, words[1].end_secs), (0.3, 1.5));
        assert!(read("side A 0.1 one").unwrap_err().to_string().contains("line 1"));
        assert!(read("side A -1 1 one").is_err());
        assert!(read("side A 1 nan one").is_err());
    }
}
