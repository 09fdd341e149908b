//! Why an alignment could not be made.

/// Why a transcript could not be read or a recording not aligned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlignError {
    /// No word was left to align.
    #[error("the transcript holds no words to align")]
    EmptyTranscript,
}
