//! Why a timeline could not be read, written or scored.

/// Why a timeline could not be read, written or scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// The text is no JSON, or a field is missing or of the wrong kind.
    #[error("the timeline's JSON cannot be read at line {line}, column {column}: {source}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// JSON, but no timeline.
    #[error(
        "this JSON is no timeline: it has no field \"tonearm_timeline\" with the version of the document"
    )]
    NotATimeline,
    /// A version that this crate does not read.
    #[error("the timeline is of version {actual}, and this tonearm reads version {expected}")]
    Version {
        /// The version that this crate reads.
        expected: u32,
        /// The document's.
        actual: u64,
    },
    /// A time that is not a number, infinite or negative.
    #[error("{element}: the {field} is {value}, and times are finite seconds from 0")]
    NotATime {
        /// Which part of the document.
        element: String,
        /// Which of its times.
        field: &'static str,
        /// What it holds.
        value: f64,
    },
    /// An end before its start.
    #[error("{element}: it ends at {end_secs} s, before its start at {start_secs} s")]
    Reversed {
        /// Which part of the document.
        element: String,
        /// Its start.
        start_secs: f64,
        /// Its end.
        end_secs: f64,
    },
    /// A start before that of the element in front of it.
    #[error(
        "{element}: it starts at {start_secs} s, before the one in front of it, which starts at {previous_secs} s"
    )]
    Descending {
        /// Which part of the document.
        element: String,
        /// Its start.
        start_secs: f64,
        /// The start of the one in front.
        previous_secs: f64,
    },
    /// A part that reaches out of what holds it.
    #[error(
        "{element}: {start_secs} s to {end_secs} s reaches out of {container}, \
         which is {container_start_secs} s to {container_end_secs} s"
    )]
    Outside {
        /// Which part of the document.
        element: String,
        /// Its start.
        start_secs: f64,
        /// Its end.
        end_secs: f64,
        /// What holds it.
        container: String,
        /// The holder's start.
        container_start_secs: f64,
        /// The holder's end.
        container_end_secs: f64,
    },
    /// An identifier that is empty or used twice.
    #[error(
        "{element}: the identifier {id:?} is empty or already taken; each sentence and word needs its own"
    )]
    Identifier {
        /// Which part of the document.
        element: String,
        /// The identifier.
        id: String,
    },
    /// A reference to a sentence that is not there.
    #[error("{element}: its translation is shared by {id:?}, and there is no such sentence")]
    UnknownSentence {
        /// Which part of the document.
        element: String,
        /// The identifier that leads nowhere.
        id: String,
    },
    /// A byte range that runs backwards.
    #[error("{element}: its source ends at byte {end}, before its first byte {start}")]
    Source {
        /// Which part of the document.
        element: String,
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
    /// A confidence that is no width.
    #[error("{element}: the confidence is ± {plus_minus_ms} ms, and it must be a finite number from 0")]
    Confidence {
        /// Which part of the document.
        element: String,
        /// The half-width given.
        plus_minus_ms: f64,
    },
    /// A format that is not known by that name.
    #[error("there is no format {name:?}; known are {known}")]
    UnknownFormat {
        /// The name given.
        name: String,
        /// All names, with commas between.
        known: String,
    },
    /// Something that a format has no place for.
    #[error("{format} cannot hold {what}; {instead}")]
    Unsupported {
        /// The format.
        format: &'static str,
        /// What it has no place for.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// The file that holds the others could not be made.
    #[error("the {format} file cannot be put together: {source}")]
    Package {
        /// The format.
        format: &'static str,
        /// What the archive's writer says.
        source: zip::result::ZipError,
    },
    /// A translation was asked for and there is none.
    #[error(
        "no sentence of the timeline has a translation; align with a translation first, or export what is spoken"
    )]
    NoTranslation,
    /// A file that is not in the format it is read as.
    #[error("this is no {format} that can be read: line {line}: {problem}")]
    Import {
        /// The format.
        format: &'static str,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A reference without times to compare with.
    #[error("the reference holds no words with times")]
    EmptyReference,
}
