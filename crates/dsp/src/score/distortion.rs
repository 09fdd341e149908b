//! Distortion in the waveform.
//!
//! SI-SDR: J. Le Roux, S. Wisdom, H. Erdogan and J. R. Hershey, "SDR – half-baked or well done?", ICASSP 2019: the target is the
//! clean signal times the gain that fits best, the distortion all else. Segmental SNR: J. H. L. Hansen and B. L. Pellom, "An
//! effective quality evaluation protocol for speech enhancement algorithms", ICSLP 1998: the mean over frames of the SNR in dB,
//! each cut to −10 … 35 dB; here over the frames in which the clean signal is active.

use tonearm_audio::SampleRate;

use super::{NO_DISTORTION_DB, active_level};

/// Frame of the segmental SNR in seconds.
const FRAME_SECS: f64 = 0.032;
/// The least and the greatest SNR of one frame in dB.
const FRAME_RANGE_DB: (f64, f64) = (-10.0, 35.0);
/// A frame counts where the clean signal is at most this far below its active level.
const ACTIVE_RANGE_DB: f64 = 25.0;

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}

/// The gain that takes `clean` nearest to `samples`; 0 where `clean` is silent.
pub(super) fn gain(samples: &[f32], clean: &[f32]) -> f64 {
    let power = dot(clean, clean);
    if power > 0.0 { dot(samples, clean) / power } else { 0.0 }
}

/// Scale-invariant signal-to-distortion ratio of `samples` in dB, at most [`NO_DISTORTION_DB`].
pub fn si_sdr_db(samples: &[f32], clean: &[f32]) -> f64 {
    let gain = gain(samples, clean);
    let (mut target, mut distortion) = (0.0, 0.0);
    for (x, c) in samples.iter().zip(clean) {
        let wanted = gain * f64::from(*c);
        target += wanted * wanted;
        distortion += (f64::from(*x) - wanted).powi(2);
    }
    ratio_db(target, distortion)
}

/// Segmental signal-to-noise ratio of `samples` in dB; the level of `samples` counts.
pub fn segmental_snr_db(samples: &[f32], clean: &[f32], rate: SampleRate) -> f64 {
    let frame_len = rate.samples_in(FRAME_SECS).max(1);
    let least = active_level(clean, rate).powi(2) * 10f64.powf(-ACTIVE_RANGE_DB / 10.0);
    let (mut sum, mut count) = (0.0, 0usize);
    for (x, c) in samples.chunks_exact(frame_len).zip(clean.chunks_exact(frame_len)) {
        let power = dot(c, c);
        if power <= 0.0 || power / (frame_len as f64) < least {
            continue;
        }
        let error: f64 = x.iter().zip(c).map(|(x, c)| (f64::from(*x) - f64::from(*c)).powi(2)).sum();
        sum += ratio_db(power, error).clamp(FRAME_RANGE_DB.0, FRAME_RANGE_DB.1);
        count += 1;
    }
    if count == 0 { FRAME_RANGE_DB.0 } else { sum / count as f64 }
}

/// 10·log₁₀ of a ratio of powers, cut to ±[`NO_DISTORTION_DB`].
pub(super) fn ratio_db(signal: f64, distortion: f64) -> f64 {
    if distortion <= 0.0 {
        return NO_DISTORTION_DB;
    }
    (10.0 * (signal / distortion).log10()).clamp(-NO_DISTORTION_DB, NO_DISTORTION_DB)
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::tone;

    use super::*;

    #[test]
    fn an_orthogonal_tone_at_a_tenth_is_twenty_decibels() {
        let clean = tone::sine(8_000, 500.0, 0.5, 8_000);
        let test: Vec<f32> =
            clean.iter().zip(tone::sine(8_000, 1_000.0, 0.05, 8_000)).map(|(c, d)| 3.0 * (c + d)).collect();
        assert!((si_sdr_db(&test, &clean) - 20.0).abs() < 0.01);
        assert!((gain(&test, &clean) - 3.0).abs() < 1e-4);
    }

    #[test]
    fn segments_are_cut_to_their_range() {
        let rate = SampleRate::new(8_000).unwrap();
        let clean = tone::sine(8_000, 500.0, 0.5, 8_192);
        assert!((segmental_snr_db(&clean, &clean, rate) - 35.0).abs() < 1e-9);
        // Half of the frames perfect, half with the sign turned: SNR −6 dB there.
        let half: Vec<f32> = clean.iter().enumerate().map(|(i, x)| if i < 4_096 { *x } else { -x }).collect();
        let expected = 0.5 * 35.0 + 0.5 * -20.0 * 2f64.log10();
        assert!((segmental_snr_db(&half, &clean, rate) - expected).abs() < 0.01);
    }
}
