//! Words in time: which word of a transcript is spoken when.
//!
//! [`Timeline`] is the one document that all of tonearm's consumers share: paragraphs of sentences of words, each with
//! its start and end in seconds of the recording. [`Timeline::from_json`] and [`Timeline::to_json_pretty`] read and write
//! it, [`Timeline::validate`] says what is wrong with one, and [`WordIndex`] finds the word that is spoken at an instant.
//!
//! ```text
//! timeline.json --+                          +--> export: SRT, WebVTT, TextGrid, EPUB, …
//!                 +--> Timeline --> validate +--> WordIndex: what is spoken now
//! import: SRT, …--+                          +--> score: how far from a reference
//! ```
//!
//! ```
//! use tonearm_timeline::{Timeline, WordIndex};
//!
//! let timeline = Timeline::from_json(
//!     r#"{
//!         "tonearm_timeline": 1,
//!         "audio": {"path": "side.flac", "duration": 2.0, "sample_rate": 44100},
//!         "language": "en",
//!         "transcript": {"path": "side.txt"},
//!         "paragraphs": [{"start": 0.5, "end": 1.2, "sentences": [{
//!             "id": "s1", "start": 0.5, "end": 1.2, "text": "Hello, world.",
//!             "confidence": {"state": "measured", "plus_minus_ms": 20.0},
//!             "words": [
//!                 {"id": "w1", "start": 0.5, "end": 0.8, "text": "Hello,", "source": {"start": 0, "end": 6},
//!                  "confidence": {"state": "measured"}},
//!                 {"id": "w2", "start": 0.8, "end": 1.2, "text": "world.", "source": {"start": 7, "end": 13},
//!                  "confidence": {"state": "measured"}}
//!             ]
//!         }]}],
//!         "unaligned": []
//!     }"#,
//! )?;
//! let index = WordIndex::new(&timeline);
//! let now = index.at(0.9).and_then(|position| timeline.word(position));
//! assert_eq!(now.map(|word| word.text.as_str()), Some("world."));
//! # Ok::<(), tonearm_timeline::TimelineError>(())
//! ```

mod document;
mod error;
pub mod export;
pub mod import;
mod json;
pub mod score;
mod validate;
mod word_index;

pub use document::*;
pub use error::TimelineError;
pub use word_index::{WordIndex, WordPosition};
