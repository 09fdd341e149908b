//! Pronunciations from eSpeak NG, in pure Rust: some 120 languages for the aligner.
//!
//! ```text
//! DataDir (the languages' data, in the user's cache) -> EspeakPronouncer: words -> IPA phones
//! ```
//!
//! ```no_run
//! use tonearm_align::text::Pronouncer;
//! use tonearm_espeak::{DataDir, EspeakPronouncer};
//!
//! let pronouncer = EspeakPronouncer::new("ru", &DataDir::install()?)?;
//! let sounds = pronouncer.pronounce(&["Советская", "власть."])?;
//! assert_eq!(sounds.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! eSpeak NG is licensed under the GPL, version 3 or later, and so are this crate and every binary built with it.

mod data_dir;
mod divide;
mod error;
mod phones;
mod pronouncer;

pub use data_dir::DataDir;
pub use error::EspeakError;
pub use pronouncer::EspeakPronouncer;
