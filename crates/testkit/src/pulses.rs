//! Pulses at a pitch in noise: lips, reeds and the glottis of which the noise lets some through and drowns others.
//!
//! No instrument sounds like this; it is the programme of a worn disc as a detector of clicks sees it once all that can be foretold is
//! taken away.

use crate::random::Random;

/// Period of a note in seconds: 60 to 500 Hz.
const PERIOD_SECS: (f64, f64) = (0.002, 0.0165);
/// How far a pulse is drawn on each side, in samples.
const REACH: isize = 24;
/// Share of the notes that are rests.
const RESTS: f64 = 0.15;

/// A pulse a period for notes of 0.3 to 2 s, under noise of `noise_rms` that is white or falls to the treble; all else (pitch, drift,
/// jitter, form, heights from one to twelve times the noise) is drawn from the seed.
pub fn row_in_noise(seed: u64, rate_hz: u32, secs: f64, noise_rms: f64) -> Vec<f32> {
    let mut random = Random::new(seed);
    let rate = f64::from(rate_hz);
    let mut samples = coloured(&mut random, (secs * rate).round() as usize, noise_rms);
    let (drift, jitter) = (random.between(0.0, 0.008), random.between(0.0, 1.0));
    let mut place = random.between(0.0, 0.05) * rate;
    while place < samples.len() as f64 {
        let end = place + random.log_between(0.3, 2.0) * rate;
        let period = random.log_between(PERIOD_SECS.0, PERIOD_SECS.1) * rate;
        let least = random.between(1.0, 6.0);
        let heights = (least, least + random.between(0.0, 6.0));
        let form = Form::draw(&mut random);
        #[expect(clippy::approx_constant, reason = "what `declick` learned was learned from these rows")]
        let (turn, wobble) = (random.between(0.0, 6.28), random.between(4.0, 7.0) / rate);
        let rests = random.uniform() < RESTS;
        while place < end {
            let height = noise_rms * random.between(heights.0, heights.1);
            if !rests {
                form.add(&mut samples, place + jitter * random.normal(), height);
            }
            place += period * (1.0 + drift * (std::f64::consts::TAU * wobble * place + turn).sin());
        }
    }
    samples
}

/// Noise through at most a gentle low-pass of one pole.
fn coloured(random: &mut Random, len: usize, rms: f64) -> Vec<f32> {
    let pole = if random.uniform() < 0.5 { 0.0 } else { random.between(0.0, 0.8) };
    let scale = rms * (1.0 - pole * pole).sqrt();
    let mut last = 0.0;
    let mut next = || {
        last = pole * last + scale * random.normal();
        last as f32
    };
    (0..len).map(|_| next()).collect()
}

/// A bell that rises and falls at different paces, under a swing: lengths in samples, turns a sample.
struct Form {
    rise: f64,
    fall: f64,
    swing: f64,
    phase: f64,
    sign: f64,
}

impl Form {
    fn draw(random: &mut Random) -> Self {
        Self {
            rise: random.log_between(0.5, 3.0),
            fall: random.log_between(0.5, 8.0),
            swing: random.between(0.0, 0.2),
            phase: random.between(-0.6, 0.6),
            sign: random.sign(),
        }
    }

    fn at(&self, t: f64) -> f64 {
        let width = if t < 0.0 { self.rise } else { self.fall };
        (-0.5 * (t / width).powi(2)).exp() * (std::f64::consts::TAU * self.swing * t + self.phase).cos()
    }

    fn add(&self, samples: &mut [f32], centre: f64, height: f64) {
        let nearest = centre.round() as isize;
        for n in nearest - REACH..=nearest + REACH {
            if let Some(x) = usize::try_from(n).ok().and_then(|n| samples.get_mut(n)) {
                *x += (self.sign * height * self.at(n as f64 - centre)) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_repeats_and_is_the_same_for_the_same_seed() {
        let row = row_in_noise(5, 44_100, 3.0, 0.01);
        assert_eq!(row, row_in_noise(5, 44_100, 3.0, 0.01));
        assert_ne!(row, row_in_noise(6, 44_100, 3.0, 0.01));
        assert_eq!(row.len(), 132_300);
        // Some notes are louder than noise alone, and none is so loud that every pulse would be plain.
        let loudest = row.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        assert!((0.04..0.2).contains(&loudest), "{loudest}");
    }
}
