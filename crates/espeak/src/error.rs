//! What can go wrong between eSpeak NG's data and its sounds.

use std::path::PathBuf;

/// Why eSpeak NG cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EspeakError {
    /// The operating system names no folder for caches.
    #[error(
        "the user has no cache folder to keep the pronunciation data in: set TONEARM_CACHE_DIR to a folder that \
         can be written to"
    )]
    NoCacheDir,
    /// The data could not be written into the cache.
    #[error(
        "the pronunciation data could not be installed in {}: set TONEARM_CACHE_DIR to a folder that can be \
         written to, with {needed_mib} MiB free",
        path.display()
    )]
    Install {
        /// Where it was to go.
        path: PathBuf,
        /// How much room it takes, in MiB.
        needed_mib: u64,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// eSpeak NG has no such language.
    #[error("eSpeak NG does not speak the language `{language}`")]
    UnknownLanguage {
        /// The tag that was asked for.
        language: String,
    },
    /// eSpeak NG failed on its own data.
    #[error("eSpeak NG failed on the language `{language}`")]
    Engine {
        /// The language it was speaking.
        language: String,
        /// What it said.
        source: espeak_ng::Error,
    },
}
