//! The `fmt ` chunk: WAVEFORMAT, WAVEFORMATEX and WAVEFORMATEXTENSIBLE.

use super::RiffError;
use crate::SampleFormat;

/// Wave format tags (Microsoft's `mmreg.h`).
const TAG_PCM: u16 = 0x0001;
const TAG_IEEE_FLOAT: u16 = 0x0003;
const TAG_A_LAW: u16 = 0x0006;
const TAG_MU_LAW: u16 = 0x0007;
const TAG_EXTENSIBLE: u16 = 0xFFFE;

/// The last 14 bytes of every GUID that stands for a wave format tag (`KSDATAFORMAT_SUBTYPE_WAVEFORMATEX`).
pub(crate) const SUBTYPE_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

/// How one stored number is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Two's complement, offset binary where one byte wide; the value stands in the most significant bits.
    Integer,
    /// IEEE 754.
    Float,
    /// ITU-T G.711 A-law.
    ALaw,
    /// ITU-T G.711 µ-law.
    MuLaw,
}

/// How the samples of a WAV file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WavFormat {
    /// How one stored number is to be understood.
    pub(crate) encoding: Encoding,
    /// Channels.
    pub(crate) channels: u16,
    /// Samples per second of one channel.
    pub(crate) sample_rate_hz: u32,
    /// Bytes that one sample takes in the file.
    pub(crate) sample_bytes: u16,
    /// Bits of these that carry the value.
    pub(crate) valid_bits: u16,
}

impl WavFormat {
    /// Bytes of one sample of every channel.
    pub(crate) fn frame_bytes(self) -> u32 {
        u32::from(self.channels) * u32::from(self.sample_bytes)
    }

    /// The depth as the rest of the crate names it.
    pub(crate) fn sample_format(self) -> SampleFormat {
        match self.encoding {
            Encoding::Integer => SampleFormat::of_integer_bits(u32::from(self.valid_bits)),
            Encoding::Float if self.sample_bytes == 8 => SampleFormat::Float64,
            Encoding::Float => SampleFormat::Float32,
            // Thirteen and fourteen bits of linear range.
            Encoding::ALaw | Encoding::MuLaw => SampleFormat::Int16,
        }
    }

    /// Reads the chunk's body.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, RiffError> {
        let u16_at = |at: usize| bytes.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
        if bytes.len() < 16 {
            return Err(RiffError::Damaged(format!("holds {} bytes where 16 are the least", bytes.len())));
        }
        let mut tag = u16_at(0);
        let channels = u16_at(2);
        let sample_rate_hz = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        let block_align = u16_at(12);
        let mut bits = u16_at(14);
        let mut valid_bits = bits;
        if tag == TAG_EXTENSIBLE {
            if bytes.len() < 40 {
                return Err(RiffError::Damaged(format!(
                    "is of the extensible kind and holds {} bytes where 40 are the least",
                    bytes.len()
                )));
            }
            if bytes[26..40] != SUBTYPE_TAIL {
                return Err(RiffError::Unsupported("WAV samples of a vendor's own kind".into()));
            }
            tag = u16_at(24);
            if (1..=bits).contains(&u16_at(18)) {
                valid_bits = u16_at(18);
            }
        }
        if channels == 0 {
            return Err(RiffError::Damaged("says that there are no channels".into()));
        }
        let encoding = match tag {
            TAG_PCM => Encoding::Integer,
            TAG_IEEE_FLOAT => Encoding::Float,
            TAG_A_LAW => Encoding::ALaw,
            TAG_MU_LAW => Encoding::MuLaw,
            other => {
                return Err(RiffError::Unsupported(match name_of_tag(other) {
                    Some(name) => format!("{name} inside WAV"),
                    None => format!("WAV samples of format tag {other:#06x}"),
                }));
            }
        };
        // The block alignment is what counts (24 bits may stand in 4 bytes), unless it contradicts all else.
        let from_bits = bits.div_ceil(8);
        let sample_bytes = match block_align / channels {
            per_sample if block_align % channels == 0 && per_sample >= from_bits.max(1) => per_sample,
            _ => from_bits,
        };
        if bits == 0 {
            bits = sample_bytes.saturating_mul(8);
            valid_bits = bits;
        }
        let fits = match encoding {
            Encoding::Integer => (1..=4).contains(&sample_bytes) && bits <= 32,
            Encoding::Float => matches!((sample_bytes, bits), (4, 32) | (8, 64)),
            Encoding::ALaw | Encoding::MuLaw => sample_bytes == 1,
        };
        if !fits {
            return Err(RiffError::Unsupported(format!(
                "WAV samples of {bits} bits in {sample_bytes} bytes each"
            )));
        }
        Ok(Self { encoding, channels, sample_rate_hz, sample_bytes, valid_bits })
    }

    /// The chunk's body for writing: the plain form for one and two channels, which every program reads, the
    /// extensible form beyond, as the standard asks. The speaker mask stays 0: tracks are not speakers.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let tag = if self.encoding == Encoding::Float { TAG_IEEE_FLOAT } else { TAG_PCM };
        let extensible = self.channels > 2;
        let mut out = Vec::with_capacity(40);
        out.extend_from_slice(&(if extensible { TAG_EXTENSIBLE } else { tag }).to_le_bytes());
        out.extend_from_slice(&self.channels.to_le_bytes());
        out.extend_from_slice(&self.sample_rate_hz.to_le_bytes());
        out.extend_from_slice(&self.sample_rate_hz.saturating_mul(self.frame_bytes()).to_le_bytes());
        out.extend_from_slice(&(self.frame_bytes() as u16).to_le_bytes());
        out.extend_from_slice(&(self.sample_bytes * 8).to_le_bytes());
        if extensible {
            out.extend_from_slice(&22u16.to_le_bytes());
            out.extend_from_slice(&self.valid_bits.to_le_bytes());
            out.extend_from_slice(&0u32.to_le_bytes());
            out.extend_from_slice(&tag.to_le_bytes());
            out.extend_from_slice(&SUBTYPE_TAIL);
        } else if tag == TAG_IEEE_FLOAT {
            // Formats other than PCM carry the size of their extension, here none.
            out.extend_from_slice(&0u16.to_le_bytes());
        }
        out
    }
}

/// The codecs that turn up inside WAV files.
fn name_of_tag(tag: u16) -> Option<&'static str> {
    Some(match tag {
        0x0002 => "Microsoft ADPCM",
        0x0011 => "IMA ADPCM",
        0x0031 => "GSM 6.10",
        0x0050 => "MPEG audio",
        0x0055 => "MP3",
        0x0160..=0x0163 => "Windows Media audio",
        0x00FF | 0x1610 => "AAC",
        0x2000 => "Dolby AC-3",
        0xF1AC => "FLAC",
        _ => return None,
    })
}
