//! How loud samples are: RMS, peak, percentiles of short-time level.
//!
//! Levels are in dBFS with a full-scale *square* wave at 0 dB: a full-scale sine reads −3.01 dB RMS. (EBU R 128 loudness
//! is another scale; [`restore::Loudness`](crate::restore) measures that.)

use tonearm_audio::Decibels;

/// The level given to silence, so that levels stay finite: below the least difference a 32-bit file can hold.
pub const SILENCE_DBFS: f64 = -200.0;

/// Samples that keep so near to 0 are digital silence: a tenth of a 16-bit step, 25 steps of 24 bits.
pub(crate) const SILENT_PEAK: f32 = 3e-6;

/// The root of the mean square; 0 for no samples.
pub fn rms(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

/// The largest magnitude; 0 for no samples.
pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

/// An amplitude (1.0 is full scale) as a level, at least [`SILENCE_DBFS`].
pub fn dbfs(amplitude: f64) -> Decibels {
    Decibels::new(Decibels::from_amplitude(amplitude.abs()).get().max(SILENCE_DBFS))
}

/// The RMS level of each whole block of `block_len` samples, in dBFS.
///
/// # Panics
/// Where `block_len` is zero.
pub fn block_levels_db(samples: &[f32], block_len: usize) -> Vec<f64> {
    samples.chunks_exact(block_len).map(|block| dbfs(rms(block)).get()).collect()
}

/// The value below which the share `share` (0 to 1) of `values` lies, interpolated between neighbours.
///
/// Not a number is sorted last. Returns `None` for no values.
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut values = values.to_vec();
    let last = values.len().checked_sub(1)?;
    let position = share.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let weight = position - below as f64;
    // Two places in order are enough: to sort all of them takes several times as long.
    let (_, &mut lower, greater) = values.select_nth_unstable_by(below, f64::total_cmp);
    let upper = greater.iter().copied().min_by(f64::total_cmp).unwrap_or(lower);
    Some(lower * (1.0 - weight) + upper * weight)
}

/// The middle value; `None` for no values.
pub fn median(values: &[f64]) -> Option<f64> {
    percentile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_is_three_decibels_below_its_peak() {
        let sine: Vec<f32> =
            (0..4_400).map(|n| (f64::from(n) * 0.01 * std::f64::consts::TAU).sin() as f32).collect();
        assert!((dbfs(rms(&sine)).get() + 3.0103).abs() < 1e-3);
        assert!((peak(&sine) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn silence_and_nothing_have_finite_levels() {
        assert!((dbfs(rms(&[0.0; 8])).get() - SILENCE_DBFS).abs() < 1e-12);
        assert!((dbfs(rms(&[])).get() - SILENCE_DBFS).abs() < 1e-12);
        assert!(percentile(&[], 0.5).is_none());
    }

    #[test]
    fn percentiles_interpolate() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert!((percentile(&values, 0.0).unwrap() - 1.0).abs() < 1e-12);
        assert!((median(&values).unwrap() - 2.5).abs() < 1e-12);
        assert!((percentile(&values, 1.0).unwrap() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn blocks_that_do_not_fill_are_left_out() {
        let mut samples = vec![1.0; 10];
        samples.extend([0.5; 10]);
        samples.extend([0.0; 3]);
        let levels = block_levels_db(&samples, 10);
        assert_eq!(levels.len(), 2);
        assert!(levels[0].abs() < 1e-9 && (levels[1] + 6.0206).abs() < 1e-3);
    }
}
