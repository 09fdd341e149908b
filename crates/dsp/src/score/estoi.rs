//! Extended short-time objective intelligibility.
//!
//! Source: J. Jensen and C. H. Taal, "An algorithm for predicting the intelligibility of speech masked by modulated noise maskers",
//! IEEE/ACM Trans. ASLP 24(11), 2016. At 10 kHz: frames 40 dB below the loudest of the clean signal are cut out; third-octave bands of
//! a 512-point transform every 12.8 ms; in stretches of 30 frames (384 ms) the 15 × 30 envelopes of both signals are made zero-mean and
//! of unit norm along time, then along frequency, and correlated.
//!
//! | paper | here |
//! |---|---|
//! | `N` = 30 | [`SEGMENT_FRAMES`] |
//! | `J` = 15 | [`BANDS`] |
//! | `S`, `X` | envelopes of clean and test, `[frames][bands]` |
//!
//! Differs in a trifle: frames use a periodic Hann window. Known failure: signals of less than 30 active frames have no figure.

use tonearm_audio::{Centering, FrameGrid, SampleRate, Signal};

use crate::{DspError, Stft, Window, resample};

const RATE_HZ: u32 = 10_000;
const FRAME_LEN: usize = 256;
const HOP_LEN: usize = 128;
const FFT_LEN: usize = 512;
const BANDS: usize = 15;
const LOWEST_BAND_HZ: f64 = 150.0;
const SEGMENT_FRAMES: usize = 30;
const SILENCE_DB: f64 = 40.0;

type Envelopes = Vec<[f64; BANDS]>;

/// ESTOI of `samples` against `clean`, of one length; `None` where fewer than 30 frames are active.
///
/// # Errors
/// [`DspError::Resample`] where the rate cannot be changed to 10 kHz.
pub fn estoi(samples: &[f32], clean: &[f32], rate: SampleRate) -> Result<Option<f64>, DspError> {
    let low_rate = SampleRate::new(RATE_HZ)?;
    let lowered = |samples: &[f32]| -> Result<Vec<f32>, DspError> {
        Ok(resample(&Signal::mono(rate, samples.to_vec())?, low_rate)?.into_channels().swap_remove(0))
    };
    let (clean, test) = without_silence(&lowered(clean)?, &lowered(samples)?);
    let grid = FrameGrid::new(low_rate, FRAME_LEN, HOP_LEN, Centering::Leading);
    let stft = Stft::new(grid, Window::Hann)?.zero_padded(FFT_LEN)?;
    let (clean, test) = (envelopes(&stft, &clean), envelopes(&stft, &test));
    if clean.len() < SEGMENT_FRAMES {
        return Ok(None);
    }
    let segments = clean.len() - SEGMENT_FRAMES + 1;
    let sum: f64 = (0..segments)
        .map(|first| {
            let span = first..first + SEGMENT_FRAMES;
            let (clean, test) = (normalised(&clean[span.clone()]), normalised(&test[span]));
            clean.iter().zip(&test).map(|(c, t)| dot(c, t)).sum::<f64>() / SEGMENT_FRAMES as f64
        })
        .sum();
    Ok(Some(sum / segments as f64))
}

/// Both signals without the frames in which the clean one is silent, overlap-added again.
fn without_silence(clean: &[f32], test: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let window = Window::Hann.coefficients(FRAME_LEN);
    let len = clean.len().min(test.len());
    let starts: Vec<usize> = (0..(len + 1).saturating_sub(FRAME_LEN)).step_by(HOP_LEN).collect();
    let energy = |start: &usize| -> f64 {
        window.iter().zip(&clean[*start..]).map(|(w, x)| (w * f64::from(*x)).powi(2)).sum()
    };
    let energies: Vec<f64> = starts.iter().map(energy).collect();
    let loudest = energies.iter().fold(0.0, |m: f64, x| m.max(*x));
    let least = loudest * 10f64.powf(-SILENCE_DB / 10.0);
    let kept: Vec<usize> =
        starts.iter().zip(&energies).filter(|(_, e)| **e > least).map(|(start, _)| *start).collect();
    let joined = |from: &[f32]| {
        let mut to = vec![0.0; if kept.is_empty() { 0 } else { (kept.len() - 1) * HOP_LEN + FRAME_LEN }];
        for (i, start) in kept.iter().enumerate() {
            for (j, w) in window.iter().enumerate() {
                to[i * HOP_LEN + j] += (w * f64::from(from[start + j])) as f32;
            }
        }
        to
    };
    (joined(clean), joined(test))
}

/// Root of the power in each third-octave band.
fn envelopes(stft: &Stft, samples: &[f32]) -> Envelopes {
    let bin_hz = f64::from(RATE_HZ) / FFT_LEN as f64;
    let edge = |band: f64| (LOWEST_BAND_HZ * 2f64.powf((2.0 * band - 1.0) / 6.0) / bin_hz).round() as usize;
    let edges: Vec<(usize, usize)> =
        (0..BANDS).map(|band| (edge(band as f64), edge(band as f64 + 1.0))).collect();
    stft.power(samples)
        .outer_iter()
        .map(|frame| {
            let mut bands = [0.0; BANDS];
            for (value, (from, to)) in bands.iter_mut().zip(&edges) {
                *value =
                    (*from..*to).filter_map(|bin| frame.get(bin)).map(|p| f64::from(*p)).sum::<f64>().sqrt();
            }
            bands
        })
        .collect()
}

/// Each band zero-mean and of unit norm along time, then each frame along frequency.
fn normalised(segment: &[[f64; BANDS]]) -> Envelopes {
    let mut segment = segment.to_vec();
    for band in 0..BANDS {
        let mean = segment.iter().map(|frame| frame[band]).sum::<f64>() / segment.len() as f64;
        segment.iter_mut().for_each(|frame| frame[band] -= mean);
        let norm = segment.iter().map(|frame| frame[band].powi(2)).sum::<f64>().sqrt() + f64::EPSILON;
        segment.iter_mut().for_each(|frame| frame[band] /= norm);
    }
    for frame in &mut segment {
        let mean = frame.iter().sum::<f64>() / BANDS as f64;
        frame.iter_mut().for_each(|x| *x -= mean);
        let norm = dot(frame, frame).sqrt() + f64::EPSILON;
        frame.iter_mut().for_each(|x| *x /= norm);
    }
    segment
}

fn dot(a: &[f64; BANDS], b: &[f64; BANDS]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::{noise, speech};

    use super::*;

    #[test]
    fn the_same_is_one_and_noise_is_near_nought() {
        let rate = SampleRate::new(16_000).unwrap();
        let clean = speech::speech_like(4, 16_000, 5.0).samples;
        let same = estoi(&clean, &clean, rate).unwrap().unwrap();
        assert!((same - 1.0).abs() < 1e-6, "{same}");
        let other = estoi(&noise::white(9, clean.len(), 0.1), &clean, rate).unwrap().unwrap();
        assert!(other.abs() < 0.15, "{other}");
    }

    #[test]
    fn too_short_has_no_figure() {
        let rate = SampleRate::new(10_000).unwrap();
        assert_eq!(estoi(&[0.1; 1_000], &[0.1; 1_000], rate).unwrap(), None);
    }
}
