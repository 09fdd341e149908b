//! Stages in order.

use std::borrow::Cow;

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
        on_stage: impl FnMut(usize, &'static str),
    ) -> Result<Restored, DspError> {
        let mut removed: Option<Signal> = None;
        // Where the run of additive stages began that has not been accounted for.
        let mut before: Option<Cow<Signal>> = None;
        let (signal, reports) = self.run(Cow::Borrowed(input), on_stage, |stage, given| {
            if stage.is_additive() {
                before = before.take().or(Some(given));
            } else if let Some(before) = before.take() {
                removed = Some(and(removed.take(), before.minus(&given)));
            }
        })?;
        if let Some(before) = before {
            removed = Some(and(removed, before.minus(&signal)));
        }
        let removed = removed.unwrap_or_else(|| input.minus(input));
        Ok(Restored { signal: signal.into_owned(), removed, reports })
    }

    /// As [`process`](Self::process) for who does not ask what was removed: no signal is kept but what a stage works on and what it makes of it,
    /// and an input that is given up goes as soon as the first stage is done.
    ///
    /// # Errors
    /// [`DspError::Stage`] names the stage that failed.
    pub fn restored<'a>(
        &self,
        input: Cow<'a, Signal>,
        on_stage: impl FnMut(usize, &'static str),
    ) -> Result<(Cow<'a, Signal>, Vec<StageReport>), DspError> {
        self.run(input, on_stage, |_, given| drop(given))
    }

    /// Runs every stage; `done(stage, given)` is told what each was given once it is done.
    fn run<'a>(
        &self,
        mut signal: Cow<'a, Signal>,
        mut on_stage: impl FnMut(usize, &'static str),
        mut done: impl FnMut(&dyn Stage, Cow<'a, Signal>),
    ) -> Result<(Cow<'a, Signal>, Vec<StageReport>), DspError> {
        let mut reports = Vec::with_capacity(self.stages.len());
        for (index, stage) in self.stages.iter().enumerate() {
            on_stage(index, stage.name());
            let (output, report) = stage
                .process(&signal)
                .map_err(|source| DspError::Stage { stage: stage.name(), source: Box::new(source) })?;
            done(stage.as_ref(), std::mem::replace(&mut signal, Cow::Owned(output)));
            reports.push(report);
        }
        Ok((signal, reports))
    }
}

fn and(removed: Option<Signal>, more: Signal) -> Signal {
    match removed {
        Some(removed) => removed.plus(&more),
        None => more,
    }
}
