//! `tonearm completions`: completions for a shell on standard output.

use anyhow::Result;
use clap::CommandFactory;

use crate::args::Args;
use crate::output;

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<()> {
    // Into memory first: clap_complete panics where standard output is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "tonearm", &mut script);
    output::print(&script)
}
