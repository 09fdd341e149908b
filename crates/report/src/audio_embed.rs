//! Audio for the page: mono Ogg Vorbis in independent segments.
//!
//! A side is cut into segments that are encoded in parallel and decoded by the browser one by one as they are needed, so a
//! page opens at once however long the side. A transform codec rings at the ends of what it is given; each segment
//! therefore carries [`CONTEXT_SAMPLES`] of its neighbours at both ends, which the page drops, and segments meet without a
//! seam. Every segment starts at a known sample: the three signals of a page stay together to the sample.
//!
//! Vorbis keeps the number of samples exactly and adds no delay (Vorbis I specification, A.2: the granule position of the
//! last page). Chromium and Firefox decode it; Safari before 18.4 does not, and the page says so there.
//!
//! The stream serial is fixed by the segment's index, so that the same signal gives the same bytes.

use std::num::{NonZeroU8, NonZeroU32};

use rayon::prelude::*;
use tonearm_audio::SampleRate;
use vorbis_rs::{VorbisBitrateManagementStrategy, VorbisEncoderBuilder, VorbisError};

use crate::ReportError;

/// Seconds of a segment: short enough that the first is decoded in an instant, long enough that headers weigh little.
const SEGMENT_SECS: f64 = 20.0;
/// Samples of the neighbours at each end of a segment: Vorbis' longest block at these rates.
pub(crate) const CONTEXT_SAMPLES: usize = 2_048;
/// Samples handed to the encoder at once; libvorbis slows down greatly on long blocks.
const BLOCK_SAMPLES: usize = 4_096;

/// One signal, compressed.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedAudio {
    /// Ogg Vorbis files, in order.
    pub segments: Vec<Vec<u8>>,
    /// Samples from the start of one segment to the start of the next.
    pub segment_len: usize,
}

/// How well the audio of a page is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quality {
    /// Vorbis' quality from −0.2 to 1.0; 0.4 is about 64 kbit/s for a mono voice at 44.1 kHz.
    Fixed(f32),
    /// The best that keeps a page of three signals near `max_bytes`.
    Budget {
        /// Size of the three signals together, in bytes, before base64.
        max_bytes: usize,
    },
}

impl Quality {
    /// Vorbis' quality for three signals of `duration_secs`.
    pub(crate) fn resolve(self, duration_secs: f64) -> f32 {
        match self {
            Self::Fixed(quality) => quality.clamp(-0.2, 1.0),
            Self::Budget { max_bytes } => {
                let bits_per_second = max_bytes as f64 * 8.0 / (3.0 * duration_secs.max(1.0));
                RATES_OF_NOISE
                    .iter()
                    .find(|(_, rate)| *rate <= bits_per_second)
                    .map_or(-0.2, |(quality, _)| *quality)
            }
        }
    }
}

/// Quality and bits a second that one mono channel of shellac noise at 44.1 kHz costs, the dearest material there is;
/// measured with this encoder on the noise of `tonearm_testkit::noise::surface` (the test below keeps it true).
const RATES_OF_NOISE: [(f32, f64); 5] =
    [(0.5, 96_000.0), (0.4, 82_000.0), (0.2, 62_000.0), (0.0, 44_000.0), (-0.2, 0.0)];

/// Compresses a mono signal.
///
/// # Errors
/// [`ReportError::Audio`] where the encoder refuses the rate.
pub fn embed_audio(samples: &[f32], rate: SampleRate, quality: f32) -> Result<EmbeddedAudio, ReportError> {
    let segment_len = rate.samples_in(SEGMENT_SECS);
    let count = samples.len().div_ceil(segment_len).max(1);
    let segments = (0..count)
        .into_par_iter()
        .map(|index| {
            let start = (index * segment_len).saturating_sub(CONTEXT_SAMPLES).min(samples.len());
            let end = ((index + 1) * segment_len + CONTEXT_SAMPLES).min(samples.len());
            encode(&samples[start..end], rate, quality, index as i32)
                .map_err(|source| ReportError::Audio { sample_rate_hz: rate.hz(), source })
        })
        .collect::<Result<_, _>>()?;
    Ok(EmbeddedAudio { segments, segment_len })
}

fn encode(samples: &[f32], rate: SampleRate, quality: f32, serial: i32) -> Result<Vec<u8>, VorbisError> {
    let hz = NonZeroU32::new(rate.hz()).unwrap_or(NonZeroU32::MIN);
    let mut bytes = Vec::new();
    let mut encoder = VorbisEncoderBuilder::new_with_serial(hz, NonZeroU8::MIN, &mut bytes, serial)
        .bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr { target_quality: quality })
        .build()?;
    for block in samples.chunks(BLOCK_SAMPLES) {
        encoder.encode_audio_block([block])?;
    }
    encoder.finish()?;
    Ok(bytes)
}
