//! The recording as the aligner compares it.

use ndarray::Array2;
use tonearm_audio::Signal;

use crate::AlignError;
use crate::features::{
    Bands, Bandwidth, FeatureSequence, Normalizer, SpeechActivity, analysis_signal, measure_bandwidth,
    mel_power, raw_features,
};
use crate::noise_match::Conditions;

/// Bands between the edges of the recording's bandwidth.
const BANDS: usize = 24;
/// Power below speech at which differences stop to count (−60 dB): digital silence is no different from a quiet room.
const FLOOR: f32 = 1e-6;
/// A recording needs this much energy of speech over noise, in dB, to hold anything.
const MIN_SNR_DB: f64 = 0.5;

/// Features of a recording, and what is needed to take references to its conditions.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) duration_secs: f64,
    pub(crate) bandwidth: Bandwidth,
    pub(crate) features: FeatureSequence,
    pub(crate) activity: SpeechActivity,
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
    pub(crate) fn analysed(signal: &Signal) -> Result<Self, AlignError> {
        let duration_secs = signal.duration().get();
        let silent = AlignError::Silent { duration_secs };
        if signal.peak() <= 0.0 || signal.is_empty() {
            return Err(silent);
        }
        let samples = analysis_signal(signal)?;
        let fine = mel_power(&samples)?;
        let bandwidth = measure_bandwidth(&fine, signal.sample_rate().nyquist().get());
        let mut power = Bands::new(bandwidth.low_hz, bandwidth.high_hz, BANDS, 1.0).pool(&fine);
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
        Ok(Self { duration_secs, bandwidth, features, activity, normalizer, conditions })
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
