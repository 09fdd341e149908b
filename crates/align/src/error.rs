//! Why an alignment could not be made.

/// Why a transcript could not be read or a recording not aligned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlignError {
    /// No word was left to align.
    #[error("the transcript holds no words to align")]
    EmptyTranscript,
    /// The transcript is not UTF-8.
    #[error("the transcript is not UTF-8 text: byte {byte} begins no character; save it as UTF-8")]
    Encoding {
        /// The first byte that is wrong.
        byte: usize,
    },
    /// A line of a dictionary that is no entry.
    #[error("line {line} of the dictionary is no word, a tab and its IPA")]
    Dictionary {
        /// Its number, from 1.
        line: usize,
    },
    /// Nobody knows how the words of this language sound, or the data that would say so cannot be used.
    #[error("no pronunciations for the language `{language}`: {reason}")]
    Pronunciation {
        /// The language that was asked for.
        language: String,
        /// What is wrong and what to do, in words.
        reason: String,
    },
    /// Hardly any word got a sound: another script than the pronouncer reads.
    #[error(
        "{silent} of {words} words cannot be spoken by the `{pronouncer}` pronouncer for `{language}`: \
         is the transcript in that language and its script?"
    )]
    Unpronounceable {
        /// Words without a sound.
        silent: usize,
        /// Words in all.
        words: usize,
        /// Who was asked.
        pronouncer: String,
        /// The language that was asked for.
        language: String,
    },
    /// The embedded templates cannot be read.
    #[error("the sound templates are damaged: {reason}")]
    Templates {
        /// What is wrong with them.
        reason: &'static str,
    },
    /// The recording holds nothing to hear.
    #[error("the recording is silent: in {duration_secs:.1} s no sound stands above its noise")]
    Silent {
        /// Length of the recording.
        duration_secs: f64,
    },
    /// The recording cannot hold the text.
    #[error(
        "the recording is too short for the text: {words} words need about {expected_secs:.0} s, it has {duration_secs:.1} s"
    )]
    TooShort {
        /// Words of the transcript.
        words: usize,
        /// What they take at an ordinary pace.
        expected_secs: f64,
        /// Length of the recording.
        duration_secs: f64,
    },
    /// The text was not found in the recording.
    #[error("the text could not be found in the recording: {reason}")]
    NoMatch {
        /// What was tried, in words.
        reason: String,
    },
    /// An anchor that cannot hold.
    #[error("line {line} of the anchors: {reason}")]
    Anchor {
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An acoustic model of the user's that cannot be used.
    #[error("the acoustic model cannot be used: {reason}")]
    AcousticModel {
        /// What is wrong with it, in words.
        reason: String,
    },
    /// Tokens of an acoustic model that cannot be used.
    #[error("the acoustic model's tokens cannot be used: {reason}")]
    AcousticTokens {
        /// What is wrong with them, in words.
        reason: String,
    },
    /// A setting outside its range.
    #[error("the setting `{setting}` is {actual}, which is outside {min} to {max}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What was given.
        actual: f64,
        /// Lowest accepted.
        min: f64,
        /// Highest accepted.
        max: f64,
    },
    /// The signal could not be prepared for analysis.
    #[error("the recording could not be analysed")]
    Analysis(#[from] tonearm_dsp::DspError),
    /// The signal could not be prepared for analysis.
    #[error("the recording could not be analysed")]
    Audio(#[from] tonearm_audio::AudioError),
}
