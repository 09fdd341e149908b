//! What can be wrong with settings or a signal.

/// Why a signal could not be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DspError {
    /// A setting outside its range.
    #[error("{setting} is {actual} {unit}; it must lie between {min} and {max} {unit}")]
    Setting {
        /// The setting's name as it is typed.
        setting: &'static str,
        /// The value that was given.
        actual: f64,
        /// The least value accepted.
        min: f64,
        /// The greatest value accepted.
        max: f64,
        /// The unit of all three.
        unit: &'static str,
    },
    /// A stage failed.
    #[error("the stage {stage} failed")]
    Stage {
        /// [`Stage::name`](crate::restore::Stage::name).
        stage: &'static str,
        /// Why.
        source: Box<DspError>,
    },
    /// A rate that the resampler refuses.
    #[error("cannot resample from {from_hz} Hz to {to_hz} Hz: {reason}")]
    Resample {
        /// The rate of the signal.
        from_hz: u32,
        /// The rate that was asked for.
        to_hz: u32,
        /// What the resampler said.
        reason: String,
    },
    /// The signal itself is not valid.
    #[error(transparent)]
    Audio(#[from] tonearm_audio::AudioError),
}
