//! The simulator's chance: one seed, one independent stream for each kind of damage, so that changing the click rate leaves
//! the noise as it was. ChaCha with 8 rounds: its stream is fixed by its definition and not by a library's version.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The streams, one for each use. The numbers are part of the simulator's output: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Surface = 1,
    Swish = 2,
    Clicks = 3,
    Crackle = 4,
    Ticks = 5,
    Thumps = 6,
    Hum = 7,
    Wow = 8,
}

/// Seeded random numbers of one stream and one groove wall.
pub(super) struct Random {
    generator: ChaCha8Rng,
}

impl Random {
    /// Stream `stream` of `seed` for groove wall `wall`.
    pub(super) fn new(seed: u64, stream: Stream, wall: usize) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream as u64 + ((wall as u64) << 32));
        Self { generator }
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Log-uniform in `[low, high)`, both positive.
    pub(super) fn log_between(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.uniform())
    }

    /// Two independent standard normal deviates (Box and Muller 1958).
    pub(super) fn normal_pair(&mut self) -> [f64; 2] {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        [radius * cos, radius * sin]
    }

    /// A standard normal deviate.
    pub(super) fn normal(&mut self) -> f64 {
        self.normal_pair()[0]
    }

    /// Exponential of mean 1: the waiting time of a Poisson process of rate 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// Pareto: at least 1, P(X > x) = x^−exponent.
    pub(super) fn pareto(&mut self, exponent: f64) -> f64 {
        (1.0 - self.uniform()).powf(-1.0 / exponent)
    }

    /// +1 or −1.
    pub(super) fn sign(&mut self) -> f64 {
        if self.uniform() < 0.5 { -1.0 } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_walls_are_independent() {
        let draw = |stream, wall| Random::new(7, stream, wall).uniform();
        assert!((draw(Stream::Clicks, 0) - draw(Stream::Clicks, 0)).abs() < f64::EPSILON);
        assert!((draw(Stream::Clicks, 0) - draw(Stream::Clicks, 1)).abs() > f64::EPSILON);
        assert!((draw(Stream::Clicks, 0) - draw(Stream::Ticks, 0)).abs() > f64::EPSILON);
    }

    #[test]
    fn the_tail_is_as_heavy_as_asked() {
        let mut random = Random::new(1, Stream::Clicks, 0);
        let above_ten = (0..100_000).filter(|_| random.pareto(1.7) > 10.0).count();
        // 10^−1.7 = 2 %: 1 995 expected, standard error 44.
        assert!((1_775..=2_215).contains(&above_ten), "{above_ten}");
    }
}
