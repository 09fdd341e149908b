//! The desktop player: hears, reads and corrects a timeline.
//!
//! ```text
//! args ─ sources ─ session (timeline, corrections) ──────────┐
//!          └ loader ─ peaks, spectral levels ────────────────┼─ app ─ views
//!                └ deck (clock, versions) ─ tape head ─ sound ┘
//! ```
//!
//! What is left of `app` knows nothing of windows and is tested without one; `views` draw it.

mod actions;
mod app;
mod args;
mod commands;
#[cfg_attr(
    not(any(feature = "sound", not(target_os = "linux"))),
    allow(dead_code, reason = "built without sound, nobody pulls frames")
)]
mod deck;
mod edit_history;
#[cfg(test)]
mod fixture;
mod fonts;
mod loader;
mod peak_pyramid;
mod playback_clock;
mod session;
mod settings;
mod sound;
mod sources;
mod spectral_levels;
#[cfg_attr(
    not(any(feature = "sound", not(target_os = "linux"))),
    allow(dead_code, reason = "built without sound, nobody pulls frames")
)]
mod stretch;
#[cfg_attr(
    not(any(feature = "sound", not(target_os = "linux"))),
    allow(dead_code, reason = "built without sound, nobody pulls frames")
)]
mod tape_head;
mod theme;
mod time_view;
mod version;
mod views;
#[cfg(test)]
mod window_tests;
mod word_edges;

use std::process::ExitCode;

use clap::Parser;

use crate::app::PlayerApp;
use crate::args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id("tonearm-player")
            .with_title("tonearm player")
            .with_inner_size([1280.0, 860.0])
            .with_min_inner_size([640.0, 480.0])
            .with_drag_and_drop(true),
        ..Default::default()
    };
    let run = eframe::run_native(
        "tonearm-player",
        options,
        Box::new(|creation| Ok(Box::new(PlayerApp::start(&creation.egui_ctx, &args)))),
    );
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tonearm-player: no window can be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
