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
    [(0.5, 96_000.0), (0.4, 82_000.0), (0.2, 62_000.0), (0.0, 49_500.0), (-0.2, 0.0)];

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

#[cfg(test)]
mod tests {
    use vorbis_rs::VorbisDecoder;

    use super::*;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    /// What the page does: decodes each segment, drops the context, sets the rest after one another.
    fn joined(audio: &EmbeddedAudio, len: usize) -> Vec<f32> {
        let mut samples = Vec::new();
        for (index, segment) in audio.segments.iter().enumerate() {
            let mut decoder = VorbisDecoder::<&[u8]>::new(segment.as_slice()).unwrap();
            let mut decoded = Vec::new();
            while let Some(block) = decoder.decode_audio_block().unwrap() {
                decoded.extend_from_slice(block.samples()[0].as_ref());
            }
            let context = if index == 0 { 0 } else { CONTEXT_SAMPLES };
            let keep = audio.segment_len.min(len - index * audio.segment_len);
            samples.extend_from_slice(&decoded[context..context + keep]);
        }
        samples
    }

    #[test]
    fn segments_meet_at_the_sample_and_without_a_seam() {
        let len = 44_100 * 41 + 17;
        let tone: Vec<f32> =
            (0..len).map(|n| 0.4 * (n as f32 * 440.0 / 44_100.0 * std::f32::consts::TAU).sin()).collect();
        let audio = embed_audio(&tone, rate(), 0.4).unwrap();
        assert_eq!(audio.segments.len(), 3);
        let decoded = joined(&audio, len);
        assert_eq!(decoded.len(), len);
        // −40 dB of the tone: a seam or a slip of one sample (−24 dB at 440 Hz) stands far above it.
        for around in [0..2_000, audio.segment_len - 1_000..audio.segment_len + 1_000, len - 2_000..len] {
            let error: Vec<f32> = around.map(|n| decoded[n] - tone[n]).collect();
            assert!(tonearm_dsp::level::peak(&error) < 0.02, "{}", tonearm_dsp::level::peak(&error));
        }
    }

    #[test]
    fn the_table_of_rates_is_what_the_encoder_spends() {
        let secs = 20.0;
        let noise = tonearm_testkit::noise::surface(5, 44_100, 882_000, 0.05);
        for (quality, expected) in RATES_OF_NOISE {
            let audio = embed_audio(&noise, rate(), quality).unwrap();
            let bits = audio.segments.iter().map(Vec::len).sum::<usize>() as f64 * 8.0 / secs;
            assert!(
                quality < -0.1 || (bits / expected - 1.0).abs() < 0.12,
                "{quality}: {bits:.0}, not {expected}"
            );
        }
    }

    #[test]
    fn a_longer_side_gets_a_lower_quality() {
        let budget = Quality::Budget { max_bytes: 7_400_000 };
        let qualities: Vec<f32> = [60.0, 180.0, 300.0, 3_600.0].map(|secs| budget.resolve(secs)).to_vec();
        assert!(qualities.windows(2).all(|pair| pair[0] >= pair[1]), "{qualities:?}");
        assert!((Quality::Fixed(3.0).resolve(1.0) - 1.0).abs() < 1e-6);
    }
}
