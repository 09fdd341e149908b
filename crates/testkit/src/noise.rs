//! Noises.

use crate::random::Random;

/// Adds `other` to `samples`.
///
/// # Panics
/// Where the lengths differ.
pub fn add(samples: &mut [f32], other: &[f32]) {
    assert_eq!(samples.len(), other.len(), "only signals of one length can be added");
    for (x, y) in samples.iter_mut().zip(other) {
        *x += y;
    }
}

/// White Gaussian noise.
pub fn white(seed: u64, len: usize, rms: f64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..len).map(|_| (rms * random.normal()) as f32).collect()
}

/// Noise of a worn disc in the rough: white noise through a shelf that lifts the lows (corner 500 Hz, about 12 dB), down to
/// nothing below 30 Hz. The `simulate` module of the `dsp` crate owns the honest one.
pub fn surface(seed: u64, rate_hz: u32, len: usize, rms: f64) -> Vec<f32> {
    let mut random = Random::new(seed);
    let one_pole = |corner_hz: f64| (-std::f64::consts::TAU * corner_hz / f64::from(rate_hz)).exp();
    let (low_pole, dc_pole) = (one_pole(500.0), one_pole(30.0));
    let (mut low, mut dc) = (0.0, 0.0);
    let shaped: Vec<f64> = (0..len)
        .map(|_| {
            let white = random.normal();
            low = low_pole * low + (1.0 - low_pole) * white;
            let lifted = white + 3.0 * low;
            dc = dc_pole * dc + (1.0 - dc_pole) * lifted;
            lifted - dc
        })
        .collect();
    let power = shaped.iter().map(|x| x * x).sum::<f64>() / len.max(1) as f64;
    let scale = if power > 0.0 { rms / power.sqrt() } else { 0.0 };
    shaped.into_iter().map(|x| (x * scale) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level;

    #[test]
    fn noises_have_the_level_asked_for() {
        assert!((level::rms(&white(1, 100_000, 0.1)) - 0.1).abs() < 0.002);
        assert!((level::rms(&surface(1, 44_100, 100_000, 0.1)) - 0.1).abs() < 1e-6);
    }
}
