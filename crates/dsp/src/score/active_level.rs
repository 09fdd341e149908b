//! The level of speech while somebody speaks.
//!
//! After the idea of ITU-T P.56 (pauses must not count), in its plain form: root mean square over the blocks of 20 ms that lie at
//! most 25 dB below the loud ones (the 95th percentile of block levels). Assumes that at least a twentieth of the signal is
//! speech and that the noise lies more than 25 dB below it; with louder noise it tends to the plain root mean square.

use tonearm_audio::SampleRate;

use crate::level::percentile;

/// Block in seconds: a pitch period of the deepest voice fits in.
const BLOCK_SECS: f64 = 0.02;
/// Blocks this far below the loud ones still count as speech.
const RANGE_DB: f64 = 25.0;
/// The loud ones.
const LOUD_SHARE: f64 = 0.95;

/// The root mean square of the active blocks; 0 for silence.
pub fn active_level(samples: &[f32], rate: SampleRate) -> f64 {
    let block_len = rate.samples_in(BLOCK_SECS).max(1);
    let powers: Vec<f64> = samples
        .chunks(block_len)
        .map(|block| block.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / block.len() as f64)
        .collect();
    let loud = percentile(&powers, LOUD_SHARE).unwrap_or(0.0);
    let least = (loud * 10f64.powf(-RANGE_DB / 10.0)).max(f64::MIN_POSITIVE);
    let (sum, count) = powers
        .iter()
        .filter(|power| **power >= least)
        .fold((0.0, 0usize), |(s, n), power| (s + power, n + 1));
    if count == 0 { 0.0 } else { (sum / count as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::tone;

    use super::*;

    #[test]
    fn pauses_do_not_count() {
        let rate = SampleRate::new(8_000).unwrap();
        let tone = tone::sine(8_000, 500.0, 0.2, 8_000);
        let alone = active_level(&tone, rate);
        let mut with_pauses = vec![0.0; 16_000];
        with_pauses.extend(&tone);
        assert!((alone - 0.2 / 2f64.sqrt()).abs() < 1e-4);
        assert!((active_level(&with_pauses, rate) - alone).abs() < 1e-9);
        assert!(active_level(&[0.0; 100], rate).abs() < f64::EPSILON);
    }
}
