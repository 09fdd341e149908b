//! What is being done, on standard error, where that is a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows the step that is under way. Silent where standard error is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A display of `steps` steps.
    pub(crate) fn new(steps: usize, quiet: bool) -> Self {
        let bar = ProgressBar::new(steps as u64);
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            let style = ProgressStyle::with_template("{spinner} [{bar:24}] {pos}/{len} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar }
    }

    /// The next step begins.
    pub(crate) fn step(&self, what: impl Into<String>) {
        let what = what.into();
        tracing::debug!("{what}");
        self.bar.inc(1);
        self.bar.set_message(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
