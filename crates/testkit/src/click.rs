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

/// What a click looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A steep front and a swing that dies away: a crack in a groove.
    Crack,
    /// One sample, or one and its rebound, whatever the length: an error of transmission.
    Impulse,
    /// Noise under a bell: dirt.
    Burst,
    /// Noise that sets in at once and dies away.
    Crunch,
    /// A front that decays without a swing: a discharge.
    Decay,
    /// A swing of any phase that dies away, up to four turns: a resonance of the pick-up.
    Ringing,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 6] =
        [Self::Crack, Self::Impulse, Self::Burst, Self::Crunch, Self::Decay, Self::Ringing];

    /// About `len` samples whose largest magnitude is 1.
    fn draw(self, random: &mut Random, len: usize) -> Vec<f64> {
        let place = |i: usize| (i as f64 + 0.5) / len as f64;
        let fall = |i: usize| (-3.0 * place(i)).exp();
        let mut values: Vec<f64> = match self {
            Self::Crack => return pulse(len, random.between(0.4, 2.0)),
            Self::Impulse => vec![1.0, -0.7][..1 + random.below(2)].to_vec(),
            Self::Burst => {
                (0..len).map(|i| random.normal() * (std::f64::consts::PI * place(i)).sin().powi(2)).collect()
            }
            Self::Crunch => (0..len).map(|i| random.normal() * fall(i)).collect(),
            Self::Decay => (0..len).map(fall).collect(),
            Self::Ringing => {
                let (turns, phase) = (random.between(0.5, 4.0), random.between(0.0, std::f64::consts::TAU));
                (0..len).map(|i| fall(i) * (std::f64::consts::TAU * turns * place(i) + phase).cos()).collect()
            }
        };
        let largest = values.iter().fold(f64::MIN_POSITIVE, |most, x| most.max(x.abs()));
        values.iter_mut().for_each(|x| *x /= largest);
        values
    }
}

/// How clicks are planted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClickPlan {
    /// What they look like.
    pub shape: Shape,
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
    /// Twelve cracks a second, 0.05–0.8 of full scale, 20 µs–2 ms, at least 200 samples apart, at 44.1 kHz.
    fn default() -> Self {
        Self {
            shape: Shape::Crack,
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
        let pulse = plan.shape.draw(&mut random, len);
        let len = pulse.len();
        let start = (time * rate) as usize;
        if start + len > samples.len() {
            return planted;
        }
        if start < free_from {
            continue;
        }
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

/// What a pulse of crackle looks like, where it is not [`plant_crackle`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrackleForm {
    /// Rises and falls exponentially: no front.
    TwoSided,
    /// A bell of three to eight samples.
    RaisedCosine,
    /// The swing of a resonance between a tenth and a quarter of the rate, of any phase.
    Resonance,
}

impl CrackleForm {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::TwoSided, Self::RaisedCosine, Self::Resonance];
    /// Samples drawn on each side of the centre.
    const REACH: usize = 16;

    /// A pulse whose centre lies in the first sample after [`REACH`](Self::REACH), its largest magnitude 1.
    fn draw(self, random: &mut Random) -> Vec<f64> {
        let centre = Self::REACH as f64 + random.uniform();
        let (width, turns, phase) = (random.uniform(), random.between(0.1, 0.25), random.between(0.0, 6.0));
        let value = |x: f64| match self {
            Self::TwoSided => (-x.abs() / (0.5 + 1.5 * width)).exp(),
            Self::RaisedCosine => {
                let half = 1.5 + 2.5 * width;
                if x.abs() < half { 0.5 + 0.5 * (std::f64::consts::PI * x / half).cos() } else { 0.0 }
            }
            Self::Resonance if x < 0.0 => 0.0,
            Self::Resonance => {
                (-x / (1.5 + 2.0 * width)).exp() * (std::f64::consts::TAU * turns * x + phase).sin()
            }
        };
        let mut values: Vec<f64> = (0..=2 * Self::REACH).map(|k| value(k as f64 - centre)).collect();
        let largest = values.iter().fold(f64::MIN_POSITIVE, |most, x| most.max(x.abs()));
        values.iter_mut().for_each(|x| *x /= largest);
        values
    }
}

/// As [`plant_crackle`], with pulses of another form between two samples; they are not told.
pub fn plant_crackle_of(
    form: CrackleForm,
    seed: u64,
    samples: &mut [f32],
    rate_hz: u32,
    per_second: f64,
    rms_peak: f64,
) {
    let mut random = Random::new(seed);
    let mut time = 0.0;
    loop {
        time += random.exponential() / per_second;
        let pulse = form.draw(&mut random);
        let peak = rms_peak * random.normal();
        let start = (time * f64::from(rate_hz)) as usize;
        let Some(span) = samples.get_mut(start..start + pulse.len()) else { return };
        span.iter_mut().zip(&pulse).for_each(|(x, p)| *x += (peak * p) as f32);
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
    fn every_shape_has_the_peak_that_was_asked_for() {
        for shape in Shape::ALL {
            let mut samples = vec![0.0; 441_000];
            let plan = ClickPlan { shape, least_peak: 0.1, greatest_peak: 0.2, ..ClickPlan::default() };
            for click in plant(7, &mut samples, &plan) {
                let largest = samples[click.start..click.end].iter().fold(0f32, |m, x| m.max(x.abs()));
                assert!((largest - click.peak.abs()).abs() < 1e-6, "{shape:?}");
                assert!((0.1..=0.2).contains(&largest), "{shape:?}");
            }
        }
    }

    #[test]
    fn crackle_is_as_dense_as_asked() {
        let mut samples = vec![0.0; 44_100 * 4];
        let planted = plant_crackle(6, &mut samples, 44_100, 1_500.0, 0.02);
        assert!((5_600..=6_400).contains(&planted.len()), "{}", planted.len());
    }

    #[test]
    fn crackle_of_other_forms_is_as_loud_as_asked() {
        for form in CrackleForm::ALL {
            let mut samples = vec![0.0; 441_000];
            plant_crackle_of(form, 8, &mut samples, 44_100, 20.0, 0.1);
            // 200 pulses, of which two thirds lie below the root mean square and one in 370 above three of it.
            let largest = samples.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            assert!((0.2..0.6).contains(&largest), "{form:?}: {largest}");
        }
    }
}
