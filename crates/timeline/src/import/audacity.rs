//! Audacity label tracks: start, end and label with tabs between; lines that begin with a backslash carry the frequency
//! range of the label before them and are passed over.

use super::Label;
use crate::TimelineError;

pub(super) fn read(text: &str) -> Result<Vec<Label>, TimelineError> {
    let mut labels = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('\\') {
            continue;
        }
        let mut fields = line.splitn(3, '\t');
        // Where the locale has a decimal comma, Audacity writes one.
        let mut seconds = || {
            let text = fields.next()?.trim().replace(',', ".");
            text.parse().ok().filter(|secs: &f64| secs.is_finite() && *secs >= 0.0)
        };
        match (seconds(), seconds()) {
            (Some(start_secs), Some(end_secs)) if start_secs <= end_secs => {
                let text = fields.next().unwrap_or_default().trim().to_owned();
                labels.push(Label { start_secs, end_secs, text });
            }
            _ => {
                let problem = "start, end and label with tabs between are expected".to_owned();
                return Err(TimelineError::Import { format: "Audacity label track", line: number, problem });
            }
        }
    }
    labels.retain(|label| !label.text.is_empty());
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read() {
        let labels = read("0.5\t1,25\tHello, world\r\n\\\t100\t200\n2\t2\tpoint\n3\t4\t\n").unwrap();
        assert_eq!(labels.len(), 2);
        assert_eq!((labels[0].text.as_str(), labels[0].end_secs), ("Hello, world", 1.25));
        for broken in ["x\t1\ta", "1\ta", "2\t1\ta", "-1\t1\ta", "1 2 a"] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
