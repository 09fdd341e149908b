//! Levels and differences, as tests ask for them. Plain and slow on purpose: the oracle of faster measures.

/// Root mean square; 0 for no samples.
pub fn rms(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

/// The largest magnitude.
pub fn peak(samples: &[f32]) -> f64 {
    samples.iter().fold(0.0, |peak, x| f64::max(peak, f64::from(x.abs())))
}

/// 10·log₁₀ of the power of `reference` over the power of `test − reference`; infinite where they are equal.
///
/// # Panics
/// Where the lengths differ.
pub fn snr_db(reference: &[f32], test: &[f32]) -> f64 {
    assert_eq!(reference.len(), test.len(), "only signals of one length can be compared");
    let (mut signal, mut error) = (0.0, 0.0);
    for (&r, &t) in reference.iter().zip(test) {
        signal += f64::from(r).powi(2);
        error += (f64::from(t) - f64::from(r)).powi(2);
    }
    10.0 * (signal / error).log10()
}

/// Power at `frequency_hz` as the peak amplitude of a sine there: the Fourier sum at that one frequency.
pub fn amplitude_at(samples: &[f32], rate_hz: u32, frequency_hz: f64) -> f64 {
    let step = std::f64::consts::TAU * frequency_hz / f64::from(rate_hz);
    let (mut re, mut im) = (0.0, 0.0);
    for (i, &x) in samples.iter().enumerate() {
        let (sin, cos) = (step * i as f64).sin_cos();
        re += f64::from(x) * cos;
        im += f64::from(x) * sin;
    }
    2.0 * re.hypot(im) / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::sine;

    #[test]
    fn a_tenth_of_the_amplitude_is_twenty_decibels() {
        let reference = sine(8_000, 440.0, 1.0, 4_000);
        let test: Vec<f32> = reference.iter().map(|x| x * 1.1).collect();
        assert!((snr_db(&reference, &test) - 20.0).abs() < 0.001);
        assert!(snr_db(&reference, &reference).is_infinite());
    }

    #[test]
    fn the_fourier_sum_reads_the_amplitude() {
        let samples = sine(8_000, 440.0, 0.25, 8_000);
        assert!((amplitude_at(&samples, 8_000, 440.0) - 0.25).abs() < 1e-6);
        assert!(amplitude_at(&samples, 8_000, 1_000.0) < 1e-6);
    }
}
