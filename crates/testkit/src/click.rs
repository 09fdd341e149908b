//! Clicks and crackle at known places.

use crate::random::Random;

/// A click that was planted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlantedClick {
    /// First sample touched.
    pub start: usize,
    /// One past the last sample touched.
    pub end: usize,
    /// Largest magnitude that was added, with its sign.
    pub peak: f32,
}

/// How clicks are planted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClickPlan {
    /// Samples per second.
    pub rate_hz: u32,
    /// Mean clicks a second; their places follow a Poisson process.
    pub per_second: f64,
    /// The least peak; peaks are log-uniform between both.
    pub least_peak: f64,
    /// The greatest peak.
    pub greatest_peak: f64,
    /// The least length in seconds; lengths are log-uniform between both.
    pub least_secs: f64,
    /// The greatest length in seconds.
    pub greatest_secs: f64,
    /// Least distance between the end of a click and the start of the next, in samples.
    pub apart_samples: usize,
}

impl Default for ClickPlan {
    /// Twelve a second, 0.05–0.8 of full scale, 20 µs–2 ms, at least 200 samples apart, at 44.1 kHz.
    fn default() -> Self {
        Self {
            rate_hz: 44_100,
            per_second: 12.0,
            least_peak: 0.05,
            greatest_peak: 0.8,
            least_secs: 20e-6,
            greatest_secs: 2e-3,
            apart_samples: 200,
        }
    }
}

/// Adds clicks to `samples` and tells where, ascending and apart.
///
/// A click is a damped oscillation under a raised-cosine envelope with a steep front: broadband, as a crack in a groove is.
pub fn plant(seed: u64, samples: &mut [f32], plan: &ClickPlan) -> Vec<PlantedClick> {
    let mut random = Random::new(seed);
    let rate = f64::from(plan.rate_hz);
    let mut planted = Vec::new();
    let mut free_from = 0;
    let mut time = 0.0;
    loop {
        time += random.exponential() / plan.per_second;
        let len = ((random.log_between(plan.least_secs, plan.greatest_secs) * rate).round() as usize).max(1);
        let peak = random.sign() * random.log_between(plan.least_peak, plan.greatest_peak);
        let turns = random.between(0.4, 2.0);
        let start = (time * rate) as usize;
        if start + len > samples.len() {
            return planted;
        }
        if start < free_from {
            continue;
        }
        let pulse = pulse(len, turns);
        for (x, p) in samples[start..].iter_mut().zip(&pulse) {
            *x += (peak * p) as f32;
        }
        planted.push(PlantedClick { start, end: start + len, peak: peak as f32 });
        free_from = start + len + plan.apart_samples;
    }
}

/// `len` samples whose largest magnitude is 1: a steep front, then `turns` of an oscillation that dies away.
fn pulse(len: usize, turns: f64) -> Vec<f64> {
    if len == 1 {
        return vec![1.0];
    }
    let mut pulse: Vec<f64> = (0..len)
        .map(|i| {
            let place = (i as f64 + 0.5) / len as f64;
            (-3.0 * place).exp() * (std::f64::consts::TAU * turns * place).cos()
        })
        .collect();
    let largest = pulse.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    pulse.iter_mut().for_each(|x| *x /= largest);
    pulse
}

/// Adds dense small pulses of 1 to 4 samples, `per_second` of them, peaks normal with the given root mean square, and tells
/// where: ascending, and they may touch.
pub fn plant_crackle(
    seed: u64,
    samples: &mut [f32],
    rate_hz: u32,
    per_second: f64,
    rms_peak: f64,
) -> Vec<PlantedClick> {
    let mut random = Random::new(seed);
    let mut planted = Vec::new();
    let mut time = 0.0;
    loop {
        time += random.exponential() / per_second;
        let start = (time * f64::from(rate_hz)) as usize;
        let len = 1 + random.below(4);
        let peak = rms_peak * random.normal();
        if start + len > samples.len() {
            return planted;
        }
        for (x, p) in samples[start..].iter_mut().zip(&pulse(len, 0.5)) {
            *x += (peak * p) as f32;
        }
        planted.push(PlantedClick { start, end: start + len, peak: peak as f32 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_covers_every_changed_sample() {
        let mut samples = vec![0.0; 441_000];
        let clicks = plant(5, &mut samples, &ClickPlan::default());
        // 120 expected, fewer by the few that fell into their neighbour's guard.
        assert!((85..=150).contains(&clicks.len()), "{} clicks", clicks.len());
        let mut covered = vec![false; samples.len()];
        for click in &clicks {
            covered[click.start..click.end].fill(true);
            let largest = samples[click.start..click.end].iter().fold(0f32, |m, x| m.max(x.abs()));
            assert!((largest - click.peak.abs()).abs() < 1e-6);
        }
        assert!(samples.iter().zip(&covered).all(|(x, inside)| *inside || x.abs() < f32::EPSILON));
        assert!(clicks.windows(2).all(|pair| pair[1].start >= pair[0].end + 200));
    }

    #[test]
    fn crackle_is_as_dense_as_asked() {
        let mut samples = vec![0.0; 44_100 * 4];
        let planted = plant_crackle(6, &mut samples, 44_100, 1_500.0, 0.02);
        assert!((5_600..=6_400).contains(&planted.len()), "{}", planted.len());
    }
}
