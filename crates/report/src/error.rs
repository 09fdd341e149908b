//! Why a page or a picture could not be made.

/// Why a page or a picture could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The three signals of a page do not belong together.
    #[error(
        "the signal '{name}' has {actual_samples} samples at {actual_hz} Hz where 'before' has \
         {expected_samples} at {expected_hz} Hz; a page needs three signals of one rate and length"
    )]
    Mismatch {
        /// The signal that differs.
        name: &'static str,
        /// Samples of the first signal.
        expected_samples: usize,
        /// Rate of the first signal.
        expected_hz: u32,
        /// Samples of the signal that differs.
        actual_samples: usize,
        /// Rate of the signal that differs.
        actual_hz: u32,
    },
    /// There is nothing to show.
    #[error("the recording holds no sample, so there is nothing to show")]
    Empty,
    /// The audio could not be compressed.
    #[error("the audio at {sample_rate_hz} Hz could not be compressed as Ogg Vorbis")]
    Audio {
        /// Rate that was asked for.
        sample_rate_hz: u32,
        /// What the encoder said.
        source: vorbis_rs::VorbisError,
    },
    /// The audio could not be compressed.
    #[error("the audio could not be compressed as Ogg Opus: {problem}")]
    Opus {
        /// What the encoder or the writer said.
        problem: String,
    },
    /// The loudness could not be measured.
    #[error("the loudness at {sample_rate_hz} Hz could not be measured")]
    Loudness {
        /// Rate of the signal.
        sample_rate_hz: u32,
        /// What the meter said.
        source: ebur128::Error,
    },
    /// A picture could not be written.
    #[error("the picture of {width} × {height} pixels could not be encoded as PNG")]
    Picture {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// What the encoder said.
        source: png::EncodingError,
    },
    /// The page's data could not be written as JSON.
    #[error("the page's data could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The signal could not be analysed.
    #[error(transparent)]
    Dsp(#[from] tonearm_dsp::DspError),
    /// The signal is not valid.
    #[error(transparent)]
    Signal(#[from] tonearm_audio::AudioError),
}
