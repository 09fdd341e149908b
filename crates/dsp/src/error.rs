//! What can be wrong with settings or a signal.

/// Why a signal could not be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DspError {
    /// A setting outside its range.
    #[error("{setting} is {actual}{gap}{unit}; it must lie between {min} and {max}{gap}{unit}", gap = gap_before(.unit))]
    Setting {
        /// The setting's name as it is typed.
        setting: &'static str,
        /// The value that was given.
        actual: f64,
        /// The least value accepted.
        min: f64,
        /// The greatest value accepted.
        max: f64,
        /// The unit of all three; empty for a plain number.
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
    /// Loudness cannot be measured for such a signal.
    #[error("the loudness of {channels} channels at {rate_hz} Hz cannot be measured: {reason}")]
    Loudness {
        /// Channels of the signal.
        channels: usize,
        /// Its rate.
        rate_hz: u32,
        /// What the meter said.
        reason: String,
    },
    /// Text that names no noise print.
    #[error("`{text}` names no noise: give auto, or START..END in seconds such as 0.2..1.5")]
    NoisePrint {
        /// What was given.
        text: String,
    },
    /// A stretch of noise too short to measure.
    #[error("the noise print is {actual_secs:.3} s long; it takes at least {min_secs:.3} s to measure noise")]
    NoiseTooShort {
        /// Seconds that were given.
        actual_secs: f64,
        /// Seconds that are needed.
        min_secs: f64,
    },
    /// A preset that does not exist.
    #[error("there is no preset `{name}`; known are {known}")]
    UnknownPreset {
        /// What was given.
        name: String,
        /// Every preset.
        known: String,
    },
    /// A stage that does not exist.
    #[error("there is no stage `{name}`; known are {known}")]
    UnknownStage {
        /// What was given.
        name: String,
        /// Every stage.
        known: String,
    },
    /// A playback curve that does not exist.
    #[error(
        "there is no playback curve `{name}`; give TURNOVER,ROLLOFF in Hz and dB, such as 500,-13.7, or one of {known}"
    )]
    UnknownCurve {
        /// What was given.
        name: String,
        /// Every curve with a name.
        known: String,
    },
    /// Text that is no speed.
    #[error(
        "`{text}` is no speed; give the turns a minute the disc was cut for, such as 80, or both speeds, such as 80/78.26"
    )]
    Speed {
        /// What was given.
        text: String,
    },
    /// Two signals that cannot be compared.
    #[error("{what} cannot be scored: {reason}")]
    Comparison {
        /// Which signal.
        what: &'static str,
        /// Why, and what to do.
        reason: String,
    },
    /// The signal itself is not valid.
    #[error(transparent)]
    Audio(#[from] tonearm_audio::AudioError),
}

/// What stands between a number and its unit.
fn gap_before(unit: &str) -> &'static str {
    if unit.is_empty() { "" } else { " " }
}
