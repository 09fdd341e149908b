//! How good a restoration is: a restored signal against the clean one, and against the truth of a simulated disc.
//!
//! ```
//! use tonearm_audio::{SampleRate, Signal};
//! use tonearm_dsp::score::{ScoreInputs, score};
//!
//! let rate = SampleRate::new(16_000)?;
//! let clean = Signal::mono(rate, (0..16_000).map(|i| (i as f32 * 0.1).sin()).collect())?;
//! let dull = Signal::mono(rate, clean.channel(0).iter().map(|x| x * 0.5).collect())?;
//! let score = score(&ScoreInputs::new(&dull, &clean))?;
//! assert!(score.restored.si_sdr_db > 100.0, "a gain is no distortion");
//! assert!((score.restored.gain_db + 6.02).abs() < 0.01);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod active_level;
mod clicks;
mod distortion;
mod estoi;
mod lag;
mod log_spectral;

use serde::Serialize;
use tonearm_audio::Signal;

pub use self::active_level::active_level;
pub use self::clicks::{
    CLEAR_SIGMAS, ClickScore, DetectionScore, SizeClass, detection_score, error_inside_clicks_db,
};
pub use self::distortion::{segmental_snr_db, si_sdr_db};
pub use self::estoi::estoi;
pub use self::lag::find_lag;
pub use self::log_spectral::log_spectral_distance_db;
use crate::DspError;
use crate::restore::Repair;
use crate::simulate::DiscTruth;

/// A delay up to this many seconds is looked for, and compensated before anything is measured.
const GREATEST_LAG_SECS: f64 = 0.25;

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub struct ScoreInputs<'a> {
    /// The restored signal.
    pub restored: &'a Signal,
    /// The clean one; for a simulated disc its reference, which has the horn's colour.
    pub clean: &'a Signal,
    /// What the restoration was given: the gains are counted from it.
    pub input: Option<&'a Signal>,
    /// The truth of a simulated disc; its places are samples of `clean`.
    pub truth: Option<&'a DiscTruth>,
    /// What the restoration says it repaired.
    pub repairs: Option<&'a [Repair]>,
}

impl<'a> ScoreInputs<'a> {
    /// A comparison of `restored` with `clean` alone.
    pub fn new(restored: &'a Signal, clean: &'a Signal) -> Self {
        Self { restored, clean, input: None, truth: None, repairs: None }
    }
}

/// How good a restoration is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RestorationScore {
    /// The restored signal against the clean one.
    pub restored: Quality,
    /// The input against the clean one, where there is an input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Quality>,
    /// Inside the planted clicks, where there is an input and a truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicks: Option<ClickScore>,
    /// Repairs against planted clicks, where there are repairs and a truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detection: Option<DetectionScore>,
}

/// One signal against the clean one, mixed down, lag and gain compensated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// Samples by which it comes later than the clean one.
    pub lag_samples: isize,
    /// Its gain over the clean one, by least squares.
    pub gain_db: f64,
    /// Scale-invariant signal-to-distortion ratio. On input that was clean it is the harm done.
    pub si_sdr_db: f64,
    /// Segmental signal-to-noise ratio.
    pub segmental_snr_db: f64,
    /// Log-spectral distance between 200 and 4 000 Hz.
    pub log_spectral_distance_db: f64,
    /// Extended short-time objective intelligibility, near 0 to 1; none where less than 0.4 s is spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estoi: Option<f64>,
    /// Of several channels the scale-invariant signal-to-distortion ratio of each, against its own channel of the clean one if that has as many,
    /// else against the clean one mixed down. Of two groove walls they tell which was the better.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels_si_sdr_db: Vec<f64>,
}

/// A ratio of no distortion at all is given this figure, so that it can be written as a number.
pub const NO_DISTORTION_DB: f64 = 200.0;

/// Measures a restoration.
///
/// # Errors
/// [`DspError::Comparison`] where the rates differ or nothing is left to compare.
pub fn score(inputs: &ScoreInputs) -> Result<RestorationScore, DspError> {
    let clean = inputs.clean.downmix();
    let (restored, quality) = against_clean(inputs.restored, inputs.clean, &clean, "the restored signal")?;
    let mut result = RestorationScore { restored: quality, input: None, clicks: None, detection: None };
    if let Some(input) = inputs.input {
        let (input, quality) = against_clean(input, inputs.clean, &clean, "the input")?;
        result.input = Some(quality);
        if let Some(truth) = inputs.truth {
            result.clicks = error_inside_clicks_db(&restored, &input, &clean, truth);
        }
    }
    if let (Some(repairs), Some(truth)) = (inputs.repairs, inputs.truth) {
        result.detection = Some(detection_score(repairs, truth, result.restored.lag_samples));
    }
    Ok(result)
}

/// `signal` mixed down, moved and scaled on `clean`, as long as it, and how good it is.
fn against_clean(
    signal: &Signal,
    clean_signal: &Signal,
    clean: &[f32],
    what: &'static str,
) -> Result<(Vec<f32>, Quality), DspError> {
    let rate = clean_signal.sample_rate();
    let failed = |reason: String| DspError::Comparison { what, reason };
    if signal.sample_rate() != rate {
        return Err(failed(format!(
            "it has {}, the clean one {rate}; resample one of them",
            signal.sample_rate()
        )));
    }
    let samples = signal.downmix();
    if samples.is_empty() || clean.is_empty() {
        return Err(failed("there are no samples".to_owned()));
    }
    let lag_samples = find_lag(&samples, clean, rate.samples_in(GREATEST_LAG_SECS));
    let mut moved = moved_by(&samples, lag_samples, clean.len());
    let gain = distortion::gain(&moved, clean);
    if gain.abs() < 1e-6 {
        return Err(failed("it has nothing in common with the clean one".to_owned()));
    }
    let si_sdr_db = si_sdr_db(&moved, clean);
    moved.iter_mut().for_each(|x| *x = (f64::from(*x) / gain) as f32);
    let quality = Quality {
        lag_samples,
        gain_db: 20.0 * gain.abs().log10(),
        si_sdr_db,
        segmental_snr_db: segmental_snr_db(&moved, clean, rate),
        log_spectral_distance_db: log_spectral_distance_db(&moved, clean, rate)?,
        estoi: estoi(&moved, clean, rate)?,
        channels_si_sdr_db: channels_si_sdr_db(signal, clean_signal, clean, lag_samples),
    };
    Ok((moved, quality))
}

/// The first `len` of `samples` that come `lag` late, with silence where there are none.
fn moved_by(samples: &[f32], lag: isize, len: usize) -> Vec<f32> {
    (0..len).map(|i| i.checked_add_signed(lag).and_then(|i| samples.get(i)).copied().unwrap_or(0.0)).collect()
}

/// As [`Quality::channels_si_sdr_db`]; nothing of a single channel.
fn channels_si_sdr_db(signal: &Signal, clean_signal: &Signal, clean: &[f32], lag: isize) -> Vec<f64> {
    let count = signal.channel_count();
    if count < 2 {
        return Vec::new();
    }
    let own = clean_signal.channel_count() == count;
    (0..count)
        .map(|channel| {
            let clean = if own { clean_signal.channel(channel) } else { clean };
            si_sdr_db(&moved_by(signal.channel(channel), lag, clean.len()), clean)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;
    use tonearm_testkit::{noise, speech};

    use super::*;
    use crate::simulate::{DiscSettings, simulate};

    fn rate() -> SampleRate {
        SampleRate::new(16_000).unwrap()
    }

    fn mono(samples: Vec<f32>) -> Signal {
        Signal::mono(rate(), samples).unwrap()
    }

    #[test]
    fn delay_and_gain_are_reported_and_not_punished() {
        let clean = speech::speech_like(1, 16_000, 4.0).samples;
        let mut late = vec![0.0; 37];
        late.extend(clean.iter().take(clean.len() - 37).map(|x| x * 0.5));
        let score = score(&ScoreInputs::new(&mono(late), &mono(clean))).unwrap();
        assert_eq!(score.restored.lag_samples, 37);
        assert!((score.restored.gain_db + 6.02).abs() < 0.01);
        assert!(score.restored.si_sdr_db > 60.0, "{}", score.restored.si_sdr_db);
        assert!(score.restored.log_spectral_distance_db < 0.1);
    }

    #[test]
    fn more_noise_is_worse_by_every_measure() {
        let clean = speech::speech_like(2, 16_000, 4.0).samples;
        let noisy = |rms| {
            let mut samples = clean.clone();
            noise::add(&mut samples, &noise::white(5, clean.len(), rms));
            score(&ScoreInputs::new(&mono(samples), &mono(clean.clone()))).unwrap().restored
        };
        let (little, much) = (noisy(0.002), noisy(0.02));
        assert!((little.si_sdr_db - much.si_sdr_db - 20.0).abs() < 0.5);
        assert!(little.segmental_snr_db > much.segmental_snr_db);
        assert!(little.log_spectral_distance_db < much.log_spectral_distance_db);
        assert!(little.estoi > much.estoi);
    }

    #[test]
    fn a_perfect_restoration_of_a_simulated_disc() {
        let clean = mono(speech::speech_like(3, 16_000, 3.0).samples);
        let disc = simulate(&clean, &DiscSettings::preset("hard").unwrap()).unwrap();
        let repairs: Vec<Repair> = disc
            .truth
            .damaged_spans(0, |_| true)
            .into_iter()
            .map(|(start, end)| Repair { channel: 0, start, end, confidence: 1.0 })
            .collect();
        let inputs = ScoreInputs {
            input: Some(&disc.aged),
            truth: Some(&disc.truth),
            repairs: Some(&repairs),
            ..ScoreInputs::new(&disc.reference, &disc.reference)
        };
        let score = score(&inputs).unwrap();
        assert!(score.restored.si_sdr_db >= NO_DISTORTION_DB - 1e-9);
        assert!(score.input.unwrap().si_sdr_db < 15.0);
        assert!(score.clicks.unwrap().error_change_db < -100.0);
        let detection = score.detection.unwrap();
        assert!((detection.recall - 1.0).abs() < 1e-12 && (detection.precision - 1.0).abs() < 1e-12);
    }

    #[test]
    fn channels_are_measured_one_by_one() {
        let clean = speech::speech_like(4, 16_000, 3.0).samples;
        let noisy = |seed, rms| {
            let mut samples = clean.clone();
            noise::add(&mut samples, &noise::white(seed, clean.len(), rms));
            samples
        };
        let walls = Signal::new(rate(), vec![noisy(1, 0.002), noisy(2, 0.02)]).unwrap();
        let clean = mono(clean.clone());
        let of_mix = score(&ScoreInputs::new(&walls, &clean)).unwrap().restored;
        let [better, worse] = of_mix.channels_si_sdr_db[..] else { panic!("{of_mix:?}") };
        assert!((better - worse - 20.0).abs() < 0.5, "{better} and {worse}");
        assert!((worse..better).contains(&of_mix.si_sdr_db), "{} of {better} and {worse}", of_mix.si_sdr_db);
        assert!(score(&ScoreInputs::new(&clean, &clean)).unwrap().restored.channels_si_sdr_db.is_empty());
    }

    #[test]
    fn other_rates_are_refused() {
        let other = Signal::mono(SampleRate::new(8_000).unwrap(), vec![0.1; 100]).unwrap();
        assert!(matches!(
            score(&ScoreInputs::new(&other, &mono(vec![0.1; 100]))),
            Err(DspError::Comparison { .. })
        ));
    }
}
