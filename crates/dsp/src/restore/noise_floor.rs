//! Where a recording shows a floor of noise, and what noise the bands that show none can have.
//!
//! Noise that never pauses is a floor: whenever the programme of a band falls, its level falls to the same value and stays there. In music without
//! rests some bands never fall that far, and their quietest moments are programme. Such a band is taken to have no more noise than lies between the
//! floors of the bands about it: noise of discs and rooms has a smooth spectrum. A recording in which next to no band shows a floor holds no noise
//! that anyone could tell from its programme.
//!
//! Shapes: one share a band, at most 1, of what was taken for its noise. **Assumes** a noise without narrow humps where the programme never rests.

use std::array;

use ndarray::{Array2, ArrayView1};
use tonearm_audio::Decibels;

use super::noise_bands::BANDS;

/// A floor is heard for this share of the time, or for this many seconds.
const LEAST_SHARE: f64 = 0.08;
const LEAST_SECS: f64 = 1.0;
/// The tenth of a floor's moments that are quietest lie above this share of its mean: 0.6 in a narrow band of steady noise, less where it swells.
/// Quiet programme reaches from anywhere: its tenth lies 10 dB and more below.
const QUIETEST: f64 = 0.1;
const LEAST_OF_MEAN: f64 = 0.25;
/// Floors of which at least this share lies between notes prove that there is noise, where there are so many.
const PROVEN_SHARE: f32 = 0.8;
const LEAST_PROVEN: usize = 3;
/// Below all floors noise may rise: rumble does in the two lowest bands, to 170 Hz, by 6 to 9 dB each in real surface noise.
const RUMBLE_BANDS: usize = 2;
const RUMBLE_DB: f64 = 8.0;

/// How much of what was taken for noise can be noise, in each band. `levels`, power `[frames, BANDS]`; `kept`, which of them were taken for noise,
/// same shape; `noise`, what was found by that in each band, and `between`, the share of it that lies between notes.
pub(super) fn share_over_floors(
    levels: &Array2<f64>,
    kept: &Array2<bool>,
    hop_secs: f64,
    noise: &[f32; BANDS],
    between: &[f32; BANDS],
) -> [f32; BANDS] {
    let floors: [bool; BANDS] =
        array::from_fn(|band| is_floor(levels.column(band), kept.column(band), hop_secs));
    let proven = floors.iter().zip(between).filter(|(floor, share)| **floor && **share >= PROVEN_SHARE);
    if proven.count() < LEAST_PROVEN {
        return [0.0; BANDS];
    }
    let found: [f64; BANDS] =
        array::from_fn(|band| f64::from(noise[band] * between[band]).max(f64::MIN_POSITIVE).ln());
    array::from_fn(|band| {
        if floors[band] {
            return between[band];
        }
        let over_neighbours = found[band] - between_floors(band, &floors, &found);
        between[band] * (-over_neighbours).exp().min(1.0) as f32
    })
}

/// Whether the `kept` of the `levels` of a band are a floor.
pub(super) fn is_floor(levels: ArrayView1<f64>, kept: ArrayView1<bool>, hop_secs: f64) -> bool {
    let sounding = levels.iter().filter(|level| level.is_finite()).count();
    let mut floor: Vec<f64> =
        levels.iter().zip(kept).filter(|(_, kept)| **kept).map(|(level, _)| *level).collect();
    let least = (LEAST_SHARE * sounding as f64).min(LEAST_SECS / hop_secs);
    if floor.is_empty() || (floor.len() as f64) < least {
        return false;
    }
    let mean = floor.iter().sum::<f64>() / floor.len() as f64;
    let place = (QUIETEST * floor.len() as f64) as usize;
    *floor.select_nth_unstable_by(place, f64::total_cmp).1 > LEAST_OF_MEAN * mean
}

/// How far rumble may stand over the noise above it, as a logarithm of power.
fn rumble(band: usize) -> f64 {
    RUMBLE_BANDS.saturating_sub(band) as f64 * Decibels::new(RUMBLE_DB).to_power().ln()
}

/// What lies at `band` on the straight line between the nearest `floors` about it, level above the highest, and below the lowest but for rumble.
fn between_floors(band: usize, floors: &[bool; BANDS], found: &[f64; BANDS]) -> f64 {
    let below = (0..band).rev().find(|below| floors[*below]);
    let above = (band + 1..BANDS).find(|above| floors[*above]);
    match (below, above) {
        (Some(below), Some(above)) => {
            let share = (band - below) as f64 / (above - below) as f64;
            found[below] * (1.0 - share) + found[above] * share
        }
        (Some(below), None) => found[below],
        (None, Some(above)) => found[above] + rumble(band) - rumble(above),
        (None, None) => found[band],
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    const HOP_SECS: f64 = 0.01;
    const FRAMES: usize = 2_000;

    /// Levels about `mean` that scatter by a quarter.
    fn steady(random: &mut Random, mean: f64) -> Vec<f64> {
        (0..FRAMES).map(|_| mean * (1.0 + 0.25 * random.normal()).max(0.1)).collect()
    }

    /// The shares where each band has these levels and those below `limit` were kept.
    fn shares(bands: &[(Vec<f64>, f64); BANDS]) -> [f32; BANDS] {
        let levels = Array2::from_shape_fn((FRAMES, BANDS), |(frame, band)| bands[band].0[frame]);
        let kept =
            Array2::from_shape_fn((FRAMES, BANDS), |(frame, band)| levels[[frame, band]] <= bands[band].1);
        let noise = array::from_fn(|band| {
            let quiet: Vec<f64> =
                bands[band].0.iter().copied().filter(|level| *level <= bands[band].1).collect();
            (quiet.iter().sum::<f64>() / quiet.len() as f64) as f32
        });
        share_over_floors(&levels, &kept, HOP_SECS, &noise, &[1.0; BANDS])
    }

    #[test]
    fn a_band_without_rests_has_the_noise_of_its_neighbours() {
        let mut random = Random::new(4);
        // Noise of 1; in the middle bands a programme of 1,000 that falls to 100 for a fiftieth of the time.
        let shares = shares(&array::from_fn(|band| {
            if (8..12).contains(&band) {
                let mut levels = steady(&mut random, 1_000.0);
                levels[..FRAMES / 50].fill(100.0);
                (levels, 160.0)
            } else {
                (steady(&mut random, 1.0), 1.6)
            }
        }));
        for (band, share) in shares.into_iter().enumerate() {
            let expected = if (8..12).contains(&band) { 0.01 } else { 1.0 };
            assert!((share / expected - 1.0).abs() < 0.1, "band {band}: {share}");
        }
    }

    #[test]
    fn rumble_may_lie_below_all_floors() {
        let mut random = Random::new(6);
        let shares = shares(&array::from_fn(|band| {
            if band > 2 {
                return (steady(&mut random, 1.0), 1.6);
            }
            let mut levels = steady(&mut random, 1_000.0);
            levels[..FRAMES / 50].fill(30.0);
            (levels, 50.0)
        }));
        assert!((shares[0] - 1.0).abs() < 1e-3 && (0.1..0.4).contains(&shares[1]), "{shares:?}");
        assert!((shares[2] * 30.0 - 1.0).abs() < 0.2, "{shares:?}");
    }

    #[test]
    fn programme_that_swells_from_nothing_is_no_floor() {
        // Five decades of levels, as many of each.
        let swelling: Vec<f64> =
            (0..FRAMES).map(|frame| 10f64.powf(5.0 * frame as f64 / FRAMES as f64)).collect();
        let shares = shares(&array::from_fn(|_| (swelling.clone(), 100.0)));
        assert!(shares.iter().all(|share| *share <= 0.0), "{shares:?}");
    }

    #[test]
    fn a_lead_in_of_a_second_is_a_floor() {
        let mut random = Random::new(5);
        let shares = shares(&array::from_fn(|_| {
            let mut levels = steady(&mut random, 1_000.0);
            let lead_in = (1.1 * LEAST_SECS / HOP_SECS) as usize;
            levels[..lead_in].copy_from_slice(&steady(&mut random, 1.0)[..lead_in]);
            (levels, 10.0)
        }));
        assert!(shares.iter().all(|share| *share >= 1.0), "{shares:?}");
    }
}
