//! Audio files out: WAV (RF64 above 4 GiB) and FLAC.
//!
//! ```
//! use std::io::Cursor;
//! use tonearm_audio::encode::{EncodeSettings, write};
//! use tonearm_audio::{Container, SampleFormat, SampleRate, Signal};
//!
//! let signal = Signal::mono(SampleRate::new(44_100)?, vec![0.0; 441])?;
//! let mut file = Cursor::new(Vec::new());
//! write(&mut file, &signal, &EncodeSettings::new(Container::Flac, SampleFormat::Int16))?;
//! assert!(file.into_inner().starts_with(b"fLaC"));
//! # Ok::<(), tonearm_audio::AudioError>(())
//! ```

use std::io::{BufWriter, Seek, Write};
use std::path::Path;

pub use crate::quantize::{Dither, clipped_samples, quantized};
use crate::{AudioError, Container, Metadata, SampleFormat, Signal, flac, wav};

/// How a file is to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodeSettings {
    /// The file format; one that [`Container::is_writable`].
    pub container: Container,
    /// The stored samples: 16 bits, 24 bits, or in WAV 32-bit float.
    pub sample_format: SampleFormat,
    /// What is added where depth is reduced.
    pub dither: Dither,
    /// Tags, broadcast extension and points; what the container cannot hold is left out.
    pub metadata: Metadata,
}

impl EncodeSettings {
    /// Settings with the default dither and no metadata.
    pub fn new(container: Container, sample_format: SampleFormat) -> Self {
        Self { container, sample_format, dither: Dither::default(), metadata: Metadata::default() }
    }
}

/// Writes `signal` as a whole file: what [`quantized`] returns for the same format and dither is what will be read back.
///
/// # Errors
/// [`AudioError::NotWritable`] where the container cannot hold what is asked, [`AudioError::Write`] where the writer
/// refuses. What was written by then is no whole file.
pub fn write(
    writer: impl Write + Seek,
    signal: &Signal,
    settings: &EncodeSettings,
) -> Result<(), AudioError> {
    let container = settings.container;
    let sample_format = settings.sample_format;
    let not_writable = |problem: String| AudioError::NotWritable { container: container.name(), problem };
    if !container.is_writable() {
        return Err(not_writable("choose WAV or FLAC".to_owned()));
    }
    if !matches!(sample_format, SampleFormat::Int16 | SampleFormat::Int24 | SampleFormat::Float32) {
        return Err(not_writable(format!(
            "{sample_format} samples are not written: choose 16 bits, 24 bits or 32-bit float"
        )));
    }
    let samples = quantized(signal, sample_format, settings.dither);
    let mut writer = BufWriter::with_capacity(1 << 16, writer);
    if container == Container::Flac {
        flac::write(&mut writer, &samples, sample_format, &settings.metadata)?;
    } else {
        wav::write(&mut writer, &samples, sample_format, &settings.metadata)
            .map_err(|source| AudioError::Write { source })?;
    }
    writer.flush().map_err(|source| AudioError::Write { source })
}

/// The container that a file name asks for by its ending.
///
/// # Errors
/// [`AudioError::UnknownEnding`] for endings of formats that are not written; it lists those that are.
pub fn container_for(path: &Path) -> Result<Container, AudioError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("wav" | "wave" | "bwf" | "rf64") => Ok(Container::Wav),
        Some("flac") => Ok(Container::Flac),
        other => Err(AudioError::UnknownEnding {
            path: path.to_owned(),
            found: other.map_or_else(|| "(none)".to_owned(), |ending| format!(".{ending}")),
            writable: ".wav or .flac",
        }),
    }
}
