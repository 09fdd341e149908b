//! Whether a pulse has kin at a pitch: others of its form and sign, one and two periods before and after it.
//!
//! Lips, reeds and the glottis give a pulse each period. In surface noise each of them may drown, and a click with it; four
//! places taken together show a pulse half as high as one alone. The least likely place does not count against, nor a
//! strong neighbour for: of four places the three lowest are averaged, none with more than the pulse itself. Periods are
//! many, and the best of them shows something in mere noise; so does a best one among places where no period
//! would put a pulse, in crackle as well, and only what exceeds that is kin.

use crate::wide_vectors::in_wide_vectors;

/// The unit of places: integers are rounded faster than floats, and the same on every machine.
const THOUSAND: u32 = 1_000;
/// Where kin stands, in thousandths of a period, and as many places with no simple ratio among them.
const PLACES: [i32; 4] = [-1_000, 1_000, -2_000, 2_000];
const NO_PLACES: [i32; 4] = [-814, 1_231, -1_706, 2_294];
/// How far the places reach, in periods.
pub(super) const REACH_PERIODS: usize = 3;
/// How far kin may lie from its place for each period that it is away, in samples.
const SLACK: usize = 2;
/// The places of a longer row, as many with no simple ratio among them, and how far they reach.
const ROW: [i32; 8] = [-1_000, 1_000, -2_000, 2_000, -3_000, 3_000, -4_000, 4_000];
const NO_ROW: [i32; 8] = [-814, 1_231, -1_706, 2_294, -2_721, 3_337, -3_643, 4_262];
pub(super) const ROW_REACH_PERIODS: usize = 5;
/// So many of the places of a row, the lowest, are averaged.
const ROW_COUNTED: usize = 6;
/// Periods compared side by side.
const LANES: usize = 8;
/// Which pair to put in order after which, so that eight are in order: K. E. Batcher, "Sorting networks and their applications" (1968). Pairs
/// that do not depend on what stands where are compared in vectors, one period beside the other.
const SORTING: [(usize, usize); 19] = [
    (0, 1),
    (2, 3),
    (4, 5),
    (6, 7),
    (0, 2),
    (1, 3),
    (4, 6),
    (5, 7),
    (1, 2),
    (5, 6),
    (0, 4),
    (1, 5),
    (2, 6),
    (3, 7),
    (2, 4),
    (3, 5),
    (1, 2),
    (3, 4),
    (5, 6),
];
/// A row has this share of the pulse's own score at least, and exceeds what stands where no period would put it by this factor. Chosen on the rows
/// of `crates/dsp/click/fit.py` that are checked: of pulses at a pitch in noise half are known by it, of clicks on discs 2 in 1,000 are lost.
const ROW_SHARE: f32 = 0.3;
const ROW_OVER_CHANCE: f32 = 1.2;
/// What the best period in noise reaches but for one in a hundred, in standard deviations.
const IN_NOISE: f32 = 2.6;
/// Kin has this share of the pulse's own score at least.
const SHARE: f32 = 0.4;
/// By this factor it exceeds what stands where no period would put it.
const OVER_CHANCE: f32 = 1.2;

/// What stands at the places of a pulse's best period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kinship {
    own: f32,
    at_a_period: f32,
    by_chance: f32,
}

impl Kinship {
    /// For the pulse at `centre` of `statistics`, which are positive for the pulse's own sign; `periods` are the shortest and the
    /// longest in samples.
    pub(super) fn of(statistics: &[f32], centre: usize, own: f32, periods: (usize, usize)) -> Self {
        let near: [Vec<f32>; 2] = nearby(statistics);
        let best = |places| best_of_four(&standing(&near, centre, own, periods, places));
        Self { own, at_a_period: best(&PLACES), by_chance: best(&NO_PLACES) }
    }

    /// What stands at the best period, and what stands where no period would put it, as shares of the pulse's own score.
    pub(super) fn shares(self) -> [f32; 2] {
        [self.at_a_period / self.own, self.by_chance / self.own]
    }

    /// The pulse is one of a row.
    pub(super) fn is_plain(self) -> bool {
        self.at_a_period > IN_NOISE.max(SHARE * self.own) && self.at_a_period > OVER_CHANCE * self.by_chance
    }

    /// At no period stands more than noise would show.
    pub(super) fn is_absent(self) -> bool {
        self.at_a_period <= IN_NOISE
    }
}

/// Whether the pulse at `centre` of `statistics` is one of a row that lasts four periods to both sides; as for [`Kinship::of`].
///
/// Eight places show a row twice as plainly as four where it lasts; where it does not, [`Kinship`] knows more.
pub(super) fn is_row(statistics: &[f32], centre: usize, own: f32, periods: (usize, usize)) -> bool {
    let near: [Vec<f32>; 4] = nearby(statistics);
    let best = |places| best_of_eight(&standing(&near, centre, own, periods, places));
    let row = best(&ROW);
    row > ROW_SHARE * own && row > ROW_OVER_CHANCE * best(&NO_ROW)
}

/// What stands at each of some places for every period, none of it above `own`; `near` holds the largest values around each sample, wider for
/// each period more.
fn standing<const N: usize>(
    near: &[Vec<f32>],
    centre: usize,
    own: f32,
    periods: (usize, usize),
    places: &[i32; N],
) -> [Vec<f32>; N] {
    let mut distances = vec![0; periods.1 + 1 - periods.0];
    places.map(|place| {
        let near = &near[to_whole(place.unsigned_abs()).clamp(1, near.len()) - 1];
        rounded_multiples(place.unsigned_abs(), periods.0 as u32, &mut distances);
        let after = |distance: &u32| near.get(centre + *distance as usize);
        let before = |distance: &u32| near.get(centre.wrapping_sub(*distance as usize));
        let bounded =
            |stands: Option<&f32>| stands.map_or(0.0, |stands| if *stands < own { *stands } else { own });
        let mut stands = Vec::with_capacity(distances.len().next_multiple_of(LANES));
        if place < 0 {
            stands.extend(distances.iter().map(before).map(bounded));
        } else {
            stands.extend(distances.iter().map(after).map(bounded));
        }
        // Nothing stands where there is no period.
        stands.resize(stands.len().next_multiple_of(LANES), 0.0);
        stands
    })
}

in_wide_vectors! {
    /// How far so many thousandths of each period are away, periods from `first` on, to the nearest sample.
    fn rounded_multiples(thousandths: u32, first: u32, distances: &mut [u32]) {
        for (period, distance) in (first..).zip(distances) {
            *distance = (thousandths * period + THOUSAND / 2) / THOUSAND;
        }
    }
}

/// The whole number nearest to so many thousandths, none of them negative.
fn to_whole(thousandths: u32) -> usize {
    ((thousandths + THOUSAND / 2) / THOUSAND) as usize
}

in_wide_vectors! {
    /// The mean of the three lowest of what stands at four places, for the best period.
    fn best_of_four(at: &[Vec<f32>; 4]) -> f32 {
        let [a, b, c, d] = at;
        let mut best = 0.0f32;
        for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
            let highest = larger(larger(*a, *b), larger(*c, *d));
            best = larger((a + b + c + d - highest) / 3.0, best);
        }
        best
    }

    /// The mean of the [`ROW_COUNTED`] lowest of what stands at eight places, for the best period.
    fn best_of_eight(at: &[Vec<f32>; 8]) -> f32 {
        let periods = at[0].len();
        let at = at.each_ref().map(|at| &at[..periods]);
        let mut best = [0.0f32; LANES];
        for first in (0..periods / LANES * LANES).step_by(LANES) {
            let mut stands = [[0.0f32; LANES]; 8];
            for (stands, at) in stands.iter_mut().zip(at) {
                stands.copy_from_slice(&at[first..first + LANES]);
            }
            for (first, second) in SORTING {
                let (mut lower, mut higher) = (stands[first], stands[second]);
                for (low, high) in lower.iter_mut().zip(&mut higher) {
                    let (a, b) = (*low, *high);
                    (*low, *high) = (if a < b { a } else { b }, larger(a, b));
                }
                (stands[first], stands[second]) = (lower, higher);
            }
            for (lane, best) in best.iter_mut().enumerate() {
                let mut sum = 0.0;
                for stands in &stands[..ROW_COUNTED] {
                    sum += stands[lane];
                }
                *best = larger(sum / ROW_COUNTED as f32, *best);
            }
        }
        best.into_iter().fold(0.0, larger)
    }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The largest of the values near each, and not below 0: near is [`SLACK`] at one period, and so much more at each further one up to `N`.
fn nearby<const N: usize>(values: &[f32]) -> [Vec<f32>; N] {
    let margin = N * SLACK;
    let mut wide = vec![0.0f32; values.len() + 2 * margin];
    wide[margin..margin + values.len()]
        .iter_mut()
        .zip(values)
        .for_each(|(wide, value)| *wide = value.max(0.0));
    std::array::from_fn(|_| {
        // The largest of what is the largest nearby already.
        let mut wider = vec![0.0; wide.len()];
        widen(&wide, &mut wider[SLACK..]);
        wide = wider;
        wide[margin..margin + values.len()].to_vec()
    })
}

in_wide_vectors! {
    /// The largest of every five values in a row.
    fn widen(values: &[f32], wider: &mut [f32]) {
        for (wider, near) in wider.iter_mut().zip(values.windows(2 * SLACK + 1)) {
            *wider = larger(larger(larger(near[0], near[1]), larger(near[3], near[4])), near[2]);
        }
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    fn noise(seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed);
        (0..4_000).map(|_| random.normal() as f32).collect()
    }

    #[test]
    fn the_widened_are_the_largest_nearby() {
        for len in [0, 1, 3, 40, 41] {
            let values = &noise(1)[..len];
            for (slack, widened) in [2, 4, 6, 8].into_iter().zip(nearby::<4>(values)) {
                assert_eq!(widened.len(), len);
                for (n, most) in widened.into_iter().enumerate() {
                    let near = &values[n.saturating_sub(slack)..(n + slack + 1).min(len)];
                    assert_eq!(most.to_bits(), near.iter().copied().fold(0.0, f32::max).to_bits());
                }
            }
        }
    }

    #[test]
    fn the_lowest_are_averaged_at_the_best_period() {
        let values = noise(4);
        let own = 2.5;
        for periods in [(80, 700), (90, 90), (80, 1_500)] {
            let near: [Vec<f32>; 4] = nearby(&values);
            let shown = |places: &[i32], counted: usize, period: usize| {
                let stands = |place: &i32| {
                    let offset = (f64::from(*place) / 1e3 * period as f64).round() as isize;
                    let wide = (f64::from(place.abs()) / 1e3).round() as usize - 1;
                    2_000usize
                        .checked_add_signed(offset)
                        .and_then(|n| near[wide].get(n))
                        .map_or(0.0, |x| x.min(own))
                };
                let mut at: Vec<f32> = places.iter().map(stands).collect();
                at.sort_unstable_by(f32::total_cmp);
                at[..counted].iter().sum::<f32>() / counted as f32
            };
            let best = |places: &[i32], counted| {
                (periods.0..=periods.1).map(|period| shown(places, counted, period)).fold(0.0, f32::max)
            };
            for (found, plain) in [
                (best_of_four(&standing(&near, 2_000, own, periods, &PLACES)), best(&PLACES, 3)),
                (best_of_eight(&standing(&near, 2_000, own, periods, &ROW)), best(&ROW, ROW_COUNTED)),
            ] {
                assert!((found - plain).abs() < 1e-6 && found > 0.0, "{found} for {plain}");
            }
        }
    }

    #[test]
    fn a_row_in_noise_is_kin_and_a_lone_pulse_is_not() {
        for seed in 0..20 {
            let mut lone = noise(seed);
            lone[2_000] = 6.0;
            let kinship = |values: &[f32]| Kinship::of(values, 2_000, 6.0, (80, 700));
            assert!(!kinship(&lone).is_plain(), "seed {seed}");
            let mut row = lone;
            // Jitter of a sample, and one of four drowned.
            for (place, height) in [(1_499, 4.5), (2_501, 4.5), (3_000, 4.5), (1_000, 0.0)] {
                row[place] = height;
            }
            assert!(kinship(&row).is_plain(), "seed {seed}");
        }
    }

    #[test]
    fn a_long_row_is_known_where_some_of_it_is_drowned() {
        let (mut rows, mut lone) = (0, 0);
        for seed in 0..40 {
            let mut values = noise(seed);
            values[2_000] = 5.5;
            lone += usize::from(is_row(&values, 2_000, 5.5, (80, 400)));
            // Jitter, and two of eight drowned.
            let row = [(1_699, 3.5), (2_301, 5.0), (2_602, 4.0), (1_098, 3.5), (2_899, 4.5), (3_203, 3.5)];
            row.iter().for_each(|(place, height)| values[*place] = *height);
            rows += usize::from(is_row(&values, 2_000, 5.5, (80, 400)));
        }
        assert!(rows >= 36 && lone <= 2, "{rows} rows, {lone} lone ones of 40");
    }

    #[test]
    fn a_strong_neighbour_is_no_kin() {
        let mut values = noise(1);
        values[2_000] = 6.0;
        values[2_300] = 60.0;
        assert!(!Kinship::of(&values, 2_000, 6.0, (80, 700)).is_plain());
    }
}
