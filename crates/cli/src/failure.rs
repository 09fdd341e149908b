//! From an error to one sentence and an exit code.

use std::fmt;
use std::process::ExitCode;

/// Something failed.
const FAILED: u8 = 1;
/// What was typed cannot be carried out, whatever the files hold.
const USAGE: u8 = 2;
/// Some of several inputs failed; the rest are done.
const SOME_FAILED: u8 = 3;
/// Exit code after an interrupt (128 + SIGINT).
pub(crate) const INTERRUPTED: i32 = 130;

/// What was typed cannot be carried out.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Several inputs were given and some of them failed.
#[derive(Debug)]
pub(crate) struct SomeFailed {
    pub(crate) failed: usize,
    pub(crate) total: usize,
}

impl fmt::Display for SomeFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} inputs failed; the others are done", self.failed, self.total)
    }
}

impl std::error::Error for SomeFailed {}

/// An error that says the command line is at fault.
pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}

/// The whole chain of causes on one line, without a cause that its effect has already quoted.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if line.contains(text.trim_end_matches('.')) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    line
}

/// Whether whoever read our standard output has gone, as `head` does: no failure of ours.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The code that the process ends with.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(|cause| cause.is::<UsageError>()) {
        USAGE.into()
    } else if let Some(some) = error.downcast_ref::<SomeFailed>() {
        if some.failed < some.total { SOME_FAILED.into() } else { FAILED.into() }
    } else {
        FAILED.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_quoted_by_its_effect_is_said_once() {
        let error = anyhow::anyhow!("no such file").context("side.wav: no such file").context("reading");
        assert_eq!(sentence(&error), "reading: side.wav: no such file");
    }
}
