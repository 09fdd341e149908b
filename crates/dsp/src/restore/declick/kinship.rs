//! Whether a pulse has kin at a pitch: others of its form and sign, one and two periods before and after it.
//!
//! Lips, reeds and the glottis give a pulse each period. In surface noise each of them may drown, and a click with it; four
//! places taken together show a pulse half as high as one alone. The least likely place does not count against, nor a
//! strong neighbour for: of four places the three lowest are averaged, none with more than the pulse itself. Periods are
//! many, and the best of them shows something in mere noise; so does a best one among places where no period
//! would put a pulse, in crackle as well, and only what exceeds that is kin.

/// Where kin stands, in periods, and as many places with no simple ratio among them.
const PLACES: [f64; 4] = [-1.0, 1.0, -2.0, 2.0];
const NO_PLACES: [f64; 4] = [-0.814, 1.231, -1.706, 2.294];
/// How far the places reach, in periods.
pub(super) const REACH_PERIODS: usize = 3;
/// How far kin may lie from its place, in samples at one period and at two.
const SLACK: [usize; 2] = [2, 4];
/// The places of a longer row, as many with no simple ratio among them, how far they reach, and how far from them kin may lie.
const ROW: [f64; 8] = [-1.0, 1.0, -2.0, 2.0, -3.0, 3.0, -4.0, 4.0];
const NO_ROW: [f64; 8] = [-0.814, 1.231, -1.706, 2.294, -2.721, 3.337, -3.643, 4.262];
pub(super) const ROW_REACH_PERIODS: usize = 5;
const ROW_SLACK: [usize; 4] = [2, 4, 6, 8];
/// So many of the places of a row, the lowest, are averaged.
const ROW_COUNTED: usize = 6;
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
        let near = SLACK.map(|slack| widened(statistics, slack));
        let best = |places: &[f64; 4]| {
            let shown = |period: usize| {
                let at = places.map(|place| standing_at(&near, centre, place, period).min(own));
                let highest = at.iter().fold(0.0, |most: f32, value| most.max(*value));
                (at.iter().sum::<f32>() - highest) / 3.0
            };
            (periods.0..=periods.1).map(shown).fold(0.0, f32::max)
        };
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
pub(super) fn is_row(statistics: &[f32], centre: usize, own: f32, periods: (usize, usize)) -> bool {
    let [row, by_chance] = row_shares(statistics, centre, own, periods);
    row > ROW_SHARE && row > ROW_OVER_CHANCE * by_chance
}

/// What stands at the places of the best period of a row, and where no period would put it, as shares of the pulse's own score.
///
/// Eight places show a row twice as plainly as four where it lasts; where it does not, [`Kinship`] knows more.
fn row_shares(statistics: &[f32], centre: usize, own: f32, periods: (usize, usize)) -> [f32; 2] {
    let near = ROW_SLACK.map(|slack| widened(statistics, slack));
    [ROW, NO_ROW].map(|places| {
        let shown = |period: usize| {
            let mut at = places.map(|place| standing_at(&near, centre, place, period).min(own));
            at.sort_unstable_by(f32::total_cmp);
            at[..ROW_COUNTED].iter().sum::<f32>() / ROW_COUNTED as f32
        };
        (periods.0..=periods.1).map(shown).fold(0.0, f32::max) / own
    })
}

/// What stands `place` periods from `centre`; `near` holds the largest values around each sample, wider for each period more.
fn standing_at(near: &[Vec<f32>], centre: usize, place: f64, period: usize) -> f32 {
    let offset = (place * period as f64).round() as isize;
    let wide = (place.abs().round() as usize).clamp(1, near.len()) - 1;
    centre.checked_add_signed(offset).and_then(|n| near[wide].get(n)).copied().unwrap_or(0.0)
}

/// The largest of the values within `slack` of each, and not below 0.
fn widened(values: &[f32], slack: usize) -> Vec<f32> {
    let mut widened = vec![0.0f32; values.len()];
    // One distance after the other, so that places are compared in vectors.
    for by in 0..=slack.min(values.len()) {
        for (most, later) in widened.iter_mut().zip(&values[by..]) {
            *most = if *later > *most { *later } else { *most };
        }
        for (most, earlier) in widened[by..].iter_mut().zip(values) {
            *most = if *earlier > *most { *earlier } else { *most };
        }
    }
    widened
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
        for (len, slack) in [(0, 2), (1, 2), (3, 4), (40, 2), (41, 4)] {
            let values = &noise(1)[..len];
            for (n, most) in widened(values, slack).into_iter().enumerate() {
                let near = &values[n.saturating_sub(slack)..(n + slack + 1).min(len)];
                assert_eq!(most.to_bits(), near.iter().copied().fold(0.0, f32::max).to_bits());
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
