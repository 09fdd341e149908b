//! Inner products, and those of a short sequence with a long one at each place: the innermost loops of restoration.
//!
//! Sums run in a fixed order, the same on every machine, laid out so that the compiler keeps several of them in vectors, as wide as there are.

use std::iter::Sum;
use std::ops::{AddAssign, Mul};

use crate::wide_vectors::in_wide_vectors;

/// Sums side by side.
const LANES: usize = 8;
/// Places that [`correlate`] sums side by side: an addition waits for the one before it in its own sum, so that two vectors of sums
/// leave the adders idle half of the time.
const SINGLE_PLACES: usize = 32;
const DOUBLE_PLACES: usize = 16;
/// Places that [`dots`] sums side by side.
const DOTS: usize = 4;

/// What is multiplied: `f32` or `f64`.
pub(crate) trait Real: Copy + Default + AddAssign + Mul<Output = Self> + Sum {
    /// [`correlate`] of these.
    fn correlate(taps: &[Self], x: &[Self], sums: &mut [Self]);
}

impl Real for f32 {
    fn correlate(taps: &[Self], x: &[Self], sums: &mut [Self]) {
        correlate_singles(taps, x, sums);
    }
}

impl Real for f64 {
    fn correlate(taps: &[Self], x: &[Self], sums: &mut [Self]) {
        correlate_doubles(taps, x, sums);
    }
}

in_wide_vectors! {
    fn correlate_singles(taps: &[f32], x: &[f32], sums: &mut [f32]) {
        correlate_inline::<f32, SINGLE_PLACES>(taps, x, sums);
    }

    fn correlate_doubles(taps: &[f64], x: &[f64], sums: &mut [f64]) {
        correlate_inline::<f64, DOUBLE_PLACES>(taps, x, sums);
    }
}

/// Σ a·b over the shorter of the two, in eight interleaved sums.
#[inline(always)]
pub(crate) fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let len = a.len().min(b.len());
    let ((a, a_tail), (b, b_tail)) = (a[..len].as_chunks::<LANES>(), b[..len].as_chunks::<LANES>());
    let mut sums = [T::default(); LANES];
    a.iter().zip(b).for_each(|(x, y)| add_products(&mut sums, x, y));
    total(sums, a_tail, b_tail)
}

in_wide_vectors! {
    /// `sums[n]` = [`dot`] of the taps and `x[n..]` for every `step`th n, in the same order of its sums.
    ///
    /// # Panics
    /// Where `x` is shorter than the taps at the last place.
    pub(crate) fn correlate_in_steps(taps: &[f32], x: &[f32], step: usize, sums: &mut [f32]) {
        let places = sums.len().div_ceil(step);
        for first in (0..places / DOTS * DOTS).step_by(DOTS) {
            let found = dots(taps, std::array::from_fn(|k| &x[(first + k) * step..]));
            for (k, sum) in found.into_iter().enumerate() {
                sums[(first + k) * step] = sum;
            }
        }
        for place in places / DOTS * DOTS..places {
            sums[place * step] = dot(taps, &x[place * step..][..taps.len()]);
        }
    }
}

/// [`dot`] of `a` and each of several sequences as long as it or longer, side by side.
#[inline(always)]
fn dots(a: &[f32], b: [&[f32]; DOTS]) -> [f32; DOTS] {
    let (chunks, tail) = a.as_chunks::<LANES>();
    let [b0, b1, b2, b3] = b.map(|b| b[..a.len()].as_chunks::<LANES>());
    // Each by its own name: what is indexed by a variable does not stay in registers.
    let [mut s0, mut s1, mut s2, mut s3] = [[0.0f32; LANES]; DOTS];
    for ((((x, y0), y1), y2), y3) in chunks.iter().zip(b0.0).zip(b1.0).zip(b2.0).zip(b3.0) {
        add_products(&mut s0, x, y0);
        add_products(&mut s1, x, y1);
        add_products(&mut s2, x, y2);
        add_products(&mut s3, x, y3);
    }
    [total(s0, tail, b0.1), total(s1, tail, b1.1), total(s2, tail, b2.1), total(s3, tail, b3.1)]
}

/// Adds products lane by lane.
#[inline(always)]
fn add_products<T: Real>(sums: &mut [T; LANES], x: &[T; LANES], y: &[T; LANES]) {
    for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
        *sum += *x * *y;
    }
}

/// The lanes' sums, and after them those of what filled no lane.
#[inline(always)]
fn total<T: Real>(sums: [T; LANES], x: &[T], y: &[T]) -> T {
    let tail: T = x.iter().zip(y).map(|(x, y)| *x * *y).sum();
    let mut sum: T = sums.into_iter().sum();
    sum += tail;
    sum
}

/// `sums[n]` = Σₖ `taps[k]`·`x[n + k]` for every n, each in the order of k.
///
/// # Panics
/// Where `x` is shorter than the taps at the last place.
pub(crate) fn correlate<T: Real>(taps: &[T], x: &[T], sums: &mut [T]) {
    T::correlate(taps, x, sums);
}

#[inline(always)]
fn correlate_inline<T: Real, const PLACES: usize>(taps: &[T], x: &[T], sums: &mut [T]) {
    let wide = correlate_lanes::<T, PLACES>(taps, x, sums);
    let whole = wide + correlate_lanes::<T, LANES>(taps, &x[wide.min(x.len())..], &mut sums[wide..]);
    for (place, sum) in (whole..).zip(&mut sums[whole..]) {
        *sum = taps.iter().zip(&x[place..place + taps.len()]).map(|(tap, x)| *tap * *x).sum();
    }
}

/// As [`correlate`] for as many places as `N` divides; gives how many those are.
#[inline(always)]
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
    fn in_steps_the_sums_are_those_of_single_products() {
        let mut random = Random::new(3);
        let x: Vec<f32> = (0..400).map(|_| random.normal() as f32).collect();
        for (len, step, places) in [(61, 3, 200), (8, 5, 21), (17, 2, 8), (1, 4, 1), (9, 7, 0)] {
            let mut sums = vec![f32::NAN; places];
            correlate_in_steps(&x[..len], &x[100..], step, &mut sums);
            for (place, sum) in sums.iter().enumerate() {
                let single = dot(&x[..len], &x[100 + place..]);
                let expected = if place % step == 0 { single } else { f32::NAN };
                assert_eq!(sum.to_bits(), expected.to_bits(), "{place} of {len}");
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
