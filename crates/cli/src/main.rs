//! The `tonearm` command: restores recordings of 78 rpm records and finds when each word of a transcript is spoken.
//!
//! [`args`] is what was typed, [`plan`] what was validated, [`commands`] do the work in the order of the flow.

mod alignment;
mod args;
mod commands;
mod failure;
mod output;
mod plan;
mod progress;
mod restoration;
mod settings_file;
mod sides;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::failure::exit_code;

fn main() -> ExitCode {
    let args = Args::parse();
    start_logging(&args);
    output::clean_up_on_interrupt();
    if let Some(threads) = args.threads {
        // Fails only where a pool is running already, which nothing has started yet.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    match commands::dispatch(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !failure::is_broken_pipe(&error) {
                eprintln!("tonearm: {}", failure::sentence(&error));
            }
            exit_code(&error)
        }
    }
}

fn start_logging(args: &Args) {
    let default_level = match (args.quiet, args.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("TONEARM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default_level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        .init();
}
