//! Stages in order.

use tonearm_audio::Signal;

use super::{Stage, StageReport};
use crate::DspError;

/// Stages that run one after the other.
#[derive(Default)]
pub struct Chain {
    stages: Vec<Box<dyn Stage>>,
}

/// What a [`Chain`] returns.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The restored signal: length, rate and channels of the input.
    pub signal: Signal,
    /// What the additive stages took away: the input minus what they left, before any stage that is not additive.
    pub removed: Signal,
    /// One report a stage, in order.
    pub reports: Vec<StageReport>,
}

impl Chain {
    /// A chain of `stages`.
    pub fn new(stages: Vec<Box<dyn Stage>>) -> Self {
        Self { stages }
    }

    /// The stages in order.
    pub fn stages(&self) -> &[Box<dyn Stage>] {
        &self.stages
    }

    /// Runs every stage; `on_stage(index, name)` is called before each.
    ///
    /// # Errors
    /// [`DspError::Stage`] names the stage that failed.
    pub fn process(
        &self,
        input: &Signal,
        mut on_stage: impl FnMut(usize, &'static str),
    ) -> Result<Restored, DspError> {
        let mut signal = input.clone();
        let mut removed = input.minus(input);
        let mut reports = Vec::with_capacity(self.stages.len());
        for (index, stage) in self.stages.iter().enumerate() {
            on_stage(index, stage.name());
            let (output, report) = stage
                .process(&signal)
                .map_err(|source| DspError::Stage { stage: stage.name(), source: Box::new(source) })?;
            if stage.is_additive() {
                removed = removed.plus(&signal.minus(&output));
            }
            signal = output;
            reports.push(report);
        }
        Ok(Restored { signal, removed, reports })
    }
}
