//! One file a command, in the order of the flow.

mod align;
mod batch;
mod completions;
mod export;
mod import;
mod inspect;
mod man;
mod restore;
mod run;
mod score;
mod simulate;
mod transcript;

use anyhow::Result;

use crate::args::{Args, Command};

/// Carries out what was typed.
pub(crate) fn dispatch(args: Args) -> Result<()> {
    let quiet = args.quiet;
    match args.command {
        Command::Run(args) => run::run(args, quiet),
        Command::Restore(args) => restore::restore(args, quiet),
        Command::Align(args) => align::align(args, quiet),
        Command::Export(args) => export::export(args),
        Command::Import(args) => import::import(args, quiet),
        Command::Inspect(args) => inspect::inspect(args),
        Command::Batch(args) => batch::batch(args),
        Command::Transcript(args) => transcript::transcript(args),
        Command::Simulate(args) => simulate::simulate(args, quiet),
        Command::Score(args) => score::score(args),
        Command::Completions { shell } => completions::completions(shell),
        Command::Man { dir } => man::man(&dir),
    }
}
