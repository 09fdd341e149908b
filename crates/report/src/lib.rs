//! Pictures of recordings, and the listening page.
//!
//! ```text
//! before, after, removed ─┬─ spectrogram ─ PNG ────────┐
//!                         ├─ waveform ─── peaks ───────┤
//!                         ├─ audio_embed ─ Ogg Vorbis ─┼─ page::render ─ one HTML file
//! StageReport ──────────── click_marks, glossary ──────┤
//! Timeline ─────────────── transcript_html ────────────┘
//! ```
//!
//! The page is one file that works from disk, without a network. Its style and scripts are the files in `src/web`.
//!
//! ```
//! use tonearm_audio::{SampleRate, Signal};
//! use tonearm_report::{PageInputs, render};
//!
//! let before = Signal::mono(SampleRate::new(16_000)?, vec![0.25; 16_000])?;
//! let after = before.clone();
//! let removed = before.minus(&after);
//! let html = render(&PageInputs::new("A side", &before, &after, &removed))?;
//! assert!(html.starts_with("<!doctype html>"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod audio_embed;
mod click_marks;
pub mod colour_map;
mod error;
mod glossary;
mod html;
mod index_page;
pub mod ogg_opus;
mod page;
mod page_data;
mod page_html;
pub mod spectrogram;
mod transcript_html;
pub mod waveform;

pub use error::ReportError;
pub use index_page::{SideEntry, render_index};
pub use page::{Figure, PageInputs, render};
