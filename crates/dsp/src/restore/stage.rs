//! What a restoration stage is, and what it tells of its work.

use serde::Serialize;
use tonearm_audio::Signal;

use crate::DspError;

/// One restoration stage: takes a signal, returns one of the same length, rate and channel count.
///
/// A stage finds before it mends: what it found goes into the [`StageReport`], in units. The same input gives the same
/// output bit for bit on any number of threads.
pub trait Stage: Send + Sync {
    /// The name in configuration files, on the command line and in reports, such as `declick`.
    fn name(&self) -> &'static str;

    /// Whether the input equals the output plus what [`Restored::removed`](super::Restored) holds. A gain or an equaliser
    /// changes the programme itself and is not additive.
    fn is_additive(&self) -> bool {
        true
    }

    /// Works on the whole signal.
    ///
    /// # Errors
    /// [`DspError`] where the signal cannot be worked on, for example where it has no sample.
    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError>;
}

/// The settings of one stage.
pub trait StageSettings: Clone + Default {
    /// The stage that they describe.
    type Stage: Stage + 'static;

    /// The stage with these settings, checked.
    ///
    /// # Errors
    /// [`DspError::Setting`] names the setting that lies outside its range.
    fn build(&self) -> Result<Self::Stage, DspError>;

    /// These settings at `strength`, above 0 and at most 1 (as they are). A stage that has no half-way stays as it is.
    #[must_use]
    fn at_strength(&self, _strength: f64) -> Self {
        self.clone()
    }
}

/// What one stage found and did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageReport {
    /// [`Stage::name`].
    pub name: &'static str,
    /// One sentence for a person, such as `1 204 clicks repaired (6.7 a second)`.
    pub summary: String,
    /// Findings in units, in the order they should be read.
    pub findings: Vec<Finding>,
    /// Spans of samples that were replaced, ascending by start.
    pub repairs: Vec<Repair>,
    /// What the listener should know, such as `the input has no band above 8 kHz to look for clicks in`.
    pub warnings: Vec<String>,
}

/// One figure with its unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// A stable key in snake case, such as `repairs_per_second`.
    pub key: &'static str,
    /// The figure.
    pub value: f64,
    /// Its unit, such as `1/s`, `Hz`, `dB`, `s`; empty for a count.
    pub unit: &'static str,
}

/// A span of samples that was replaced by an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Repair {
    /// The channel.
    pub channel: usize,
    /// First sample replaced.
    pub start: usize,
    /// One past the last sample replaced.
    pub end: usize,
    /// How far the evidence stood above the local scale, as a probability from 0 to 1 that the span is damage.
    pub confidence: f32,
}

impl StageReport {
    /// A report without findings yet.
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Adds a finding.
    pub fn find(&mut self, key: &'static str, value: f64, unit: &'static str) {
        self.findings.push(Finding { key, value, unit });
    }

    /// The value of the finding `key`.
    pub fn finding(&self, key: &str) -> Option<f64> {
        self.findings.iter().find(|finding| finding.key == key).map(|finding| finding.value)
    }
}
