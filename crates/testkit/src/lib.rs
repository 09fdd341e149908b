//! Signals with known truth, for tests and benches: seeded, so that every run and every machine sees the same samples.
//!
//! ```
//! use tonearm_testkit::{click, level, noise, speech};
//!
//! let clean = speech::speech_like(7, 44_100, 2.0);
//! let mut aged = clean.samples.clone();
//! noise::add(&mut aged, &noise::surface(8, 44_100, clean.samples.len(), 0.01));
//! let clicks = click::plant(9, &mut aged, &click::ClickPlan { rate_hz: 44_100, ..Default::default() });
//! assert!(!clicks.is_empty());
//! assert!(level::snr_db(&clean.samples, &aged) < 30.0);
//! ```
//!
//! It depends on no other crate of the workspace: samples are plain `Vec<f32>` (full scale ±1.0), rates plain hertz.

pub mod click;
pub mod instrument;
pub mod interlude;
pub mod level;
pub mod noise;
pub mod pulses;
pub mod random;
pub mod speech;
pub mod tone;
