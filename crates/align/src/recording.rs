//! The recording as the aligner compares it.

use std::sync::Arc;

use ndarray::{Array2, Axis, Slice};
use tonearm_audio::Signal;

use crate::AlignError;
use crate::acoustic::Emissions;
use crate::features::{
    Bands, Bandwidth, FINE_BANDS, FeatureSequence, HOP_SECS, MelPower, Normalizer, SpeechActivity,
    analysis_signal, measure_bandwidth, mel_power, raw_features, scaled_analysis_signal,
};
use crate::noise_match::Conditions;

/// Bands between the edges of the recording's bandwidth.
const BANDS: usize = 24;
/// Power below speech at which differences stop to count (−60 dB): digital silence is no different from a quiet room.
const FLOOR: f32 = 1e-6;
/// A recording needs this much energy of speech over noise, in dB, to hold anything.
const MIN_SNR_DB: f64 = 0.5;

/// Longer recordings are analysed in pieces, so that no second copy of hours of samples is held.
const WHOLE_SECS: usize = 600;
/// Length of these pieces.
const PIECE_SECS: usize = 120;
/// What each piece hears of its neighbours, so that its edges are not edges.
const MARGIN_SECS: usize = 1;

/// A recording as it is compared: its features, and what is needed to take references to its conditions. A hundred bytes
/// for each frame of 5 ms: its samples are no longer needed.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(crate) duration_secs: f64,
    pub(crate) sample_rate_hz: u32,
    pub(crate) bandwidth: Bandwidth,
    pub(crate) features: FeatureSequence,
    pub(crate) activity: SpeechActivity,
    /// What an acoustic model heard.
    pub(crate) emissions: Option<Arc<Emissions>>,
    normalizer: Normalizer,
    conditions: Conditions,
}

/// The features of `signal` as the aligner compares them, and its signal-to-noise ratio in dB: for whoever fits models to
/// timed speech.
///
/// # Errors
/// As [`crate::Aligner::align`] for a recording that holds nothing.
pub fn recording_features(signal: &Signal) -> Result<(FeatureSequence, f64), AlignError> {
    let recording = Recording::analysed(signal)?;
    Ok((recording.features, recording.activity.snr_db))
}

impl Recording {
    /// Listens to `signal`.
    ///
    /// # Errors
    /// [`AlignError::Silent`] where nothing in it sounds; [`AlignError::Analysis`] where it cannot be resampled.
    pub fn analysed(signal: &Signal) -> Result<Self, AlignError> {
        let duration_secs = signal.duration().get();
        let silent = AlignError::Silent { duration_secs };
        if signal.peak() <= 0.0 || signal.is_empty() {
            return Err(silent);
        }
        let fine = fine_power(signal)?;
        let bandwidth = measure_bandwidth(&fine, signal.sample_rate().nyquist().get());
        let mut power = Bands::new(bandwidth.low_hz, bandwidth.high_hz, BANDS, 1.0).pool(&fine);
        drop(fine);
        let mean = power.iter().map(|p| f64::from(*p)).sum::<f64>() / power.len().max(1) as f64;
        power += mean as f32 * FLOOR;
        let activity = SpeechActivity::measure(&power);
        if activity.snr_db < MIN_SNR_DB || !activity.is_speech.iter().any(|s| *s) {
            return Err(silent);
        }
        let mut features = raw_features(&power);
        let normalizer = Normalizer::measured(&features, &activity.is_speech);
        normalizer.apply(&mut features);
        let conditions = Conditions::measured(&power, &activity);
        drop(power);
        let sample_rate_hz = signal.sample_rate().hz();
        Ok(Self {
            duration_secs,
            sample_rate_hz,
            bandwidth,
            features,
            activity,
            emissions: None,
            normalizer,
            conditions,
        })
    }

    /// The beginning of it, as long as it takes to hear `share` of the speech.
    pub(crate) fn beginning(&self, share: f64) -> Self {
        let speech = &self.activity.is_speech;
        let wanted = (share * speech.iter().filter(|s| **s).count() as f64).ceil() as usize;
        let mut heard = 0;
        let last = speech.iter().position(|speech| {
            heard += usize::from(*speech);
            heard >= wanted
        });
        let frames = last.map_or(speech.len(), |last| last + 1);
        let activity = SpeechActivity {
            is_speech: speech[..frames].to_vec(),
            noise_frames: self.activity.noise_frames.iter().copied().filter(|t| *t < frames).collect(),
            snr_db: self.activity.snr_db,
        };
        Self {
            duration_secs: (frames as f64 * HOP_SECS).min(self.duration_secs),
            features: self.features.slice_axis(Axis(0), Slice::from(..frames)).to_owned(),
            activity,
            emissions: self.emissions.clone(),
            normalizer: self.normalizer.clone(),
            conditions: self.conditions.clone(),
            ..*self
        }
    }

    /// Features of a reference as this recording would have caught it, its formants moved up by `stretch`.
    pub(crate) fn features_of(&self, reference: &Array2<f32>, stretch: f64, seed: u64) -> FeatureSequence {
        let pooled =
            Bands::new(self.bandwidth.low_hz, self.bandwidth.high_hz, BANDS, stretch).pool(reference);
        let mut features = raw_features(&self.conditions.matched(&pooled, seed));
        self.normalizer.apply(&mut features);
        features
    }
}

/// The fine mel powers of the analysed signal.
fn fine_power(signal: &Signal) -> Result<MelPower, AlignError> {
    let rate = signal.sample_rate().hz() as usize;
    if signal.len() <= WHOLE_SECS * rate {
        return mel_power(&analysis_signal(signal)?);
    }
    let hops = |secs: usize| (secs as f64 / HOP_SECS).round() as usize;
    let mut powers = Vec::with_capacity(FINE_BANDS * (hops(signal.len().div_ceil(rate)) + 1));
    let peak = signal.peak();
    for start in (0..signal.len()).step_by(PIECE_SECS * rate) {
        let margin = (MARGIN_SECS * rate).min(start);
        let end = (start + (PIECE_SECS + MARGIN_SECS) * rate).min(signal.len());
        let channels = signal.channels();
        let mono: Vec<f32> = (start - margin..end)
            .map(|i| channels.iter().map(|channel| channel[i]).sum::<f32>() / channels.len() as f32)
            .collect();
        let piece = Signal::mono(signal.sample_rate(), mono)?;
        // Pieces must keep their levels against each other.
        let power = mel_power(&scaled_analysis_signal(&piece, Some(peak))?)?;
        let first = if margin > 0 { hops(MARGIN_SECS) } else { 0 };
        let is_last = start + PIECE_SECS * rate >= signal.len();
        let last = if is_last { power.nrows() } else { first + hops(PIECE_SECS) };
        powers.extend(power.rows().into_iter().take(last).skip(first).flatten());
    }
    let frames = powers.len() / FINE_BANDS;
    Array2::from_shape_vec((frames, FINE_BANDS), powers)
        .map_err(|_| AlignError::NoMatch { reason: "its analysis is cut short".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonearm_audio::SampleRate;

    /// Tones of changing level over two pieces: frame for frame as in one, up to the common scale.
    #[test]
    fn pieces_are_heard_as_one() {
        let rate = 8_000;
        let count = (WHOLE_SECS + 20) * rate;
        let samples: Vec<f32> = (0..count)
            .map(|i| {
                let t = i as f32 / rate as f32;
                let level = if t < 610.0 { 0.2 } else { 0.6 };
                level * (std::f32::consts::TAU * (400.0 + 200.0 * (0.7 * t).sin()) * (t % 10.0)).sin()
            })
            .collect();
        let signal = Signal::mono(SampleRate::new(rate as u32).unwrap(), samples).unwrap();
        let pieces = fine_power(&signal).unwrap();
        let whole = mel_power(&analysis_signal(&signal).unwrap()).unwrap();
        assert_eq!(pieces.dim(), whole.dim());
        let total = |power: &MelPower, frame: usize| power.row(frame).sum();
        let scale = total(&pieces, 100) / total(&whole, 100);
        for frame in (119_000..121_500).step_by(7) {
            let ratio = total(&pieces, frame) / total(&whole, frame) / scale;
            assert!((0.9..1.1).contains(&ratio), "frame {frame}: {ratio}");
        }
    }
}
