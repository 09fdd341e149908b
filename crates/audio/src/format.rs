//! What a file is made of: its container and how its samples are stored.

use std::fmt;

/// A file format that holds audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// RIFF WAVE, Broadcast Wave among it, and its 64-bit forms RF64 and BW64.
    Wav,
    /// Native FLAC.
    Flac,
    /// AIFF and AIFF-C.
    Aiff,
    /// MPEG audio, layers I to III.
    Mp3,
    /// Ogg: Vorbis, or FLAC within it.
    Ogg,
    /// MPEG-4: AAC or Apple Lossless.
    Mp4,
    /// A bare AAC stream (ADTS).
    Adts,
}

impl Container {
    /// The name by which engineers know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Aiff => "AIFF",
            Self::Mp3 => "MP3",
            Self::Ogg => "Ogg",
            Self::Mp4 => "MP4",
            Self::Adts => "AAC (ADTS)",
        }
    }

    /// Whether [`encode::write`](crate::encode::write) can make one.
    pub fn is_writable(self) -> bool {
        matches!(self, Self::Wav | Self::Flac)
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How one sample is stored.
///
/// A [`Signal`](crate::Signal) holds `f32`, which carries every 8-, 16- and 24-bit integer exactly. Of `Int32` and
/// `Float64` the 24 most significant bits of each sample are kept: an error 144 dB below the sample itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SampleFormat {
    /// Integers of at most 8 bits.
    Int8,
    /// Integers of 9 to 16 bits.
    Int16,
    /// Integers of 17 to 24 bits.
    Int24,
    /// Integers of 25 to 32 bits.
    Int32,
    /// 32-bit floating point.
    Float32,
    /// 64-bit floating point.
    Float64,
    /// Coded with loss (MP3, Vorbis, AAC): the samples lie on no grid.
    Lossy,
}

impl SampleFormat {
    /// The integer format that holds `bits` bits.
    pub fn of_integer_bits(bits: u32) -> Self {
        match bits {
            0..=8 => Self::Int8,
            9..=16 => Self::Int16,
            17..=24 => Self::Int24,
            _ => Self::Int32,
        }
    }

    /// Bits of one stored sample; none where the coding is lossy.
    pub fn bits(self) -> Option<u32> {
        match self {
            Self::Int8 => Some(8),
            Self::Int16 => Some(16),
            Self::Int24 => Some(24),
            Self::Int32 | Self::Float32 => Some(32),
            Self::Float64 => Some(64),
            Self::Lossy => None,
        }
    }

    /// Steps per unit of full scale on the grid of an integer format, `2^(bits − 1)`; none where there is no grid.
    ///
    /// `integer / steps` is the sample in a [`Signal`](crate::Signal) and `sample × steps` is the integer, both exact.
    pub(crate) fn steps(self) -> Option<f32> {
        match self {
            Self::Int8 => Some(128.0),
            Self::Int16 => Some(32_768.0),
            Self::Int24 => Some(8_388_608.0),
            // Finer than an `f32` of full scale: every `f32` passes as it is.
            Self::Int32 | Self::Float32 | Self::Float64 | Self::Lossy => None,
        }
    }
}

impl fmt::Display for SampleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int8 => "8-bit",
            Self::Int16 => "16-bit",
            Self::Int24 => "24-bit",
            Self::Int32 => "32-bit",
            Self::Float32 => "32-bit float",
            Self::Float64 => "64-bit float",
            Self::Lossy => "lossy",
        })
    }
}

/// The container and sample format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceFormat {
    /// The file format.
    pub container: Container,
    /// How the samples are stored in it.
    pub sample_format: SampleFormat,
}

impl SourceFormat {
    /// The sample format in which `container` best keeps what this source holds: the same depth where it can be
    /// written, the next larger where not, and 24 bits for a lossy source, whose decoder computes finer than 16.
    pub fn depth_in(self, container: Container) -> SampleFormat {
        match self.sample_format {
            SampleFormat::Int8 | SampleFormat::Int16 => SampleFormat::Int16,
            SampleFormat::Int24 | SampleFormat::Lossy => SampleFormat::Int24,
            SampleFormat::Int32 | SampleFormat::Float32 | SampleFormat::Float64 => {
                if container == Container::Flac { SampleFormat::Int24 } else { SampleFormat::Float32 }
            }
        }
    }
}

impl fmt::Display for SourceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sample_format, self.container)
    }
}
