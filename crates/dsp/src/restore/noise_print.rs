//! Which noise the spectral gate is to take away: found, a span of the recording, or a recording of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tonearm_audio::{Seconds, Signal, TimeRange};

use crate::DspError;

/// Where the noise profile comes from.
///
/// As text (in configuration and on the command line): `auto`, or `START..END` in seconds such as `0.2..1.5`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NoisePrint {
    /// Found in the quiet moments of the signal.
    #[default]
    Auto,
    /// The mean over this span, which should hold noise alone.
    Range(TimeRange),
    /// The mean over another recording of noise alone; brought to the signal's rate first.
    Signal(Signal),
}

impl FromStr for NoisePrint {
    type Err = DspError;

    fn from_str(text: &str) -> Result<Self, DspError> {
        let not_a_print = || DspError::NoisePrint { text: text.to_owned() };
        if text.trim() == "auto" {
            return Ok(Self::Auto);
        }
        let (start, end) = text.split_once("..").ok_or_else(not_a_print)?;
        let seconds = |part: &str| part.trim().trim_end_matches('s').trim().parse::<f64>().map(Seconds::new);
        let (Ok(start), Ok(end)) = (seconds(start), seconds(end)) else { return Err(not_a_print()) };
        if start.get() < 0.0 || start >= end {
            return Err(not_a_print());
        }
        Ok(Self::Range(TimeRange::new(start, end)?))
    }
}

impl TryFrom<String> for NoisePrint {
    type Error = DspError;
    fn try_from(text: String) -> Result<Self, DspError> {
        text.parse()
    }
}

impl fmt::Display for NoisePrint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Range(range) => write!(f, "{}..{}", range.start().get(), range.end().get()),
            Self::Signal(signal) => write!(f, "a recording of {}", signal.duration()),
        }
    }
}

impl From<NoisePrint> for String {
    fn from(print: NoisePrint) -> Self {
        print.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_are_read_from_text() {
        assert_eq!("auto".parse::<NoisePrint>().unwrap(), NoisePrint::Auto);
        let print: NoisePrint = "0.5..1.25".parse().unwrap();
        assert_eq!(print.to_string(), "0.5..1.25");
        for bad in ["", "0.5", "2..1", "a..b", "-1..2", "1..1"] {
            assert!(bad.parse::<NoisePrint>().is_err(), "{bad}");
        }
    }
}
