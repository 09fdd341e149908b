//! Inner products, and those of a short sequence with a long one at each place: the innermost loops of restoration.
//!
//! Sums run in a fixed order, the same on every machine, laid out so that the compiler keeps several of them in vectors.

use std::iter::Sum;
use std::ops::{AddAssign, Mul};

/// Sums side by side.
const LANES: usize = 8;
/// Places that [`correlate`] sums side by side: an addition waits for the one before it in its own sum, so that eight sums in two vectors
/// leave the adders idle half of the time.
const PLACES: usize = 16;

/// What is multiplied: `f32` or `f64`.
pub(crate) trait Real: Copy + Default + AddAssign + Mul<Output = Self> + Sum {}

impl Real for f32 {}
impl Real for f64 {}

/// Σ a·b over the shorter of the two, in eight interleaved sums.
pub(crate) fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let len = a.len().min(b.len());
    let (a, b) = (a[..len].chunks_exact(LANES), b[..len].chunks_exact(LANES));
    let tail: T = a.remainder().iter().zip(b.remainder()).map(|(x, y)| *x * *y).sum();
    let mut sums = [T::default(); LANES];
    for (x, y) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let mut sum: T = sums.into_iter().sum();
    sum += tail;
    sum
}

/// `sums[n]` = Σₖ `taps[k]`·`x[n + k]` for every n, each in the order of k.
///
/// # Panics
/// Where `x` is shorter than the taps at the last place.
pub(crate) fn correlate<T: Real>(taps: &[T], x: &[T], sums: &mut [T]) {
    let wide = correlate_lanes::<T, PLACES>(taps, x, sums);
    let whole = wide + correlate_lanes::<T, LANES>(taps, &x[wide.min(x.len())..], &mut sums[wide..]);
    for (place, sum) in (whole..).zip(&mut sums[whole..]) {
        *sum = taps.iter().zip(&x[place..place + taps.len()]).map(|(tap, x)| *tap * *x).sum();
    }
}

/// As [`correlate`] for as many places as `N` divides; gives how many those are.
fn correlate_lanes<T: Real, const N: usize>(taps: &[T], x: &[T], sums: &mut [T]) -> usize {
    let whole = sums.len() / N * N;
    for (place, sums) in (0..whole).step_by(N).zip(sums.chunks_exact_mut(N)) {
        let mut lanes = [T::default(); N];
        for (tap, x) in taps.iter().zip(x[place..place + taps.len() + N - 1].windows(N)) {
            for (sum, x) in lanes.iter_mut().zip(x) {
                *sum += *tap * *x;
            }
        }
        sums.copy_from_slice(&lanes);
    }
    whole
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    #[test]
    fn both_are_the_plain_sums() {
        let mut random = Random::new(1);
        let x: Vec<f64> = (0..200).map(|_| random.normal()).collect();
        for len in [0, 1, 7, 8, 9, 31, 62] {
            let taps = &x[100..100 + len];
            let plain = |place: usize| taps.iter().zip(&x[place..]).map(|(h, x)| h * x).sum::<f64>();
            assert!((dot(taps, &x) - plain(0)).abs() < 1e-12);
            for places in [0, 1, 8, 30] {
                let mut sums = vec![f64::NAN; places];
                correlate(taps, &x[..(places + len).max(1) - 1], &mut sums);
                assert!(sums.iter().enumerate().all(|(place, sum)| (sum - plain(place)).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn a_correlation_does_not_depend_on_where_it_begins() {
        let mut random = Random::new(2);
        let x: Vec<f32> = (0..100).map(|_| random.normal() as f32).collect();
        let (mut all, mut later) = (vec![0.0; 60], vec![0.0; 47]);
        correlate(&x[..21], &x, &mut all);
        correlate(&x[..21], &x[13..], &mut later);
        assert_eq!(all[13..], later);
    }
}
