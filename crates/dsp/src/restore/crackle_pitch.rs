//! Which pulses come at a pitch: those of lips, reeds, strings and the glottis, which are no crackle.
//!
//! Two looks. Each pulse is compared with those one and two periods from it. And all pulses of a quarter of a second together
//! keep a beat or not: the autocorrelation of where they lie, weighted by their scores but neither by sign nor form, because
//! where a bright trumpet ends near half the rate, the same pulse falls between two samples in another way each time and matches another form.
//!
//! **Known failures.** Where the pitch moves by more than a tenth of itself in a quarter of a second, there is no beat.

use rayon::prelude::*;
use tonearm_audio::SampleRate;

use super::decrackle::Pulse;
use crate::autoregression::autocorrelation;

/// Periods of a pitch, in seconds: a higher pitch recurs at a multiple of its own.
const PERIOD_SECS: (f64, f64) = (0.001, 0.02);
/// How far a pulse may come before or after its period: a sample at 44.1 kHz.
const PERIOD_SLACK_SECS: f64 = 23e-6;
/// Where a pulse recurs, in periods from it, beside one period away; and as far away where it does not, by no simple ratio.
const PERIODS: [f64; 3] = [-1.0, 2.0, -2.0];
const NO_PERIODS: [f64; 3] = [-0.814, 1.706, -2.294];
/// Pulses within this factor of one another's height are alike.
const LIKENESS: f32 = 1.5;
/// Neighbours on each side whose distance is tried as a period.
const NEIGHBOURS: usize = 40;
/// Share of pulses that recur, beyond chance, from which a cell has a pitch, and from which it has nothing else.
const PITCHED_SHARE: f64 = 0.13;
const ALL_PITCHED_SHARE: f64 = 0.22;
/// The autocorrelation at a period, of 1 for pulses that all recur, above which a cell has nothing but a pitch: on simulated
/// crackle of 1,500 pulses a second it stays below 0.52 in 3,000 cells of speech, music and brass, but passes 0.55 in some other voices; in a trumpet's
/// vibrato it exceeds 0.7 in 19 of 24 cells.
const GREATEST_BEAT: f64 = 0.7;
/// The step in which places are told, in seconds (4 samples at 44.1 kHz), and the score from which a pulse counts no more.
const BEAT_STEP_SECS: f64 = 91e-6;
const BEAT_SCORE: f32 = 12.0;

/// Leaves out what recurs at a pitch: lips, reeds and the glottis give a pulse each period, and the next is like the last.
///
/// Pulses of crackle resemble one another by chance as well, the more the denser they are, so that recurrence counts only in
/// cells where it exceeds that. Where many pulses recur, the others are what the first ones leave between them. Where all of them
/// together keep a beat, none is crackle, whatever each of them looks like.
pub(super) fn without_pitch(found: Vec<Pulse>, cell_secs: f64, rate: SampleRate) -> Vec<Pulse> {
    let recurring = recurring(&found, &PERIODS, rate);
    let by_chance = recurring_by_chance(&found, rate);
    let cell = rate.samples_in(cell_secs).max(1);
    let mut kept = Vec::with_capacity(found.len());
    let mut first = 0;
    for group in found.chunk_by(|a, b| a.span.start / cell == b.span.start / cell) {
        let members = first..first + group.len();
        first = members.end;
        let share = |marks: &[bool]| marks.iter().filter(|mark| **mark).count() as f64 / group.len() as f64;
        let chance = share(&by_chance[members.clone()]);
        let excess = (share(&recurring[members.clone()]) - chance) / (1.0 - chance).max(f64::MIN_POSITIVE);
        if beat(group, cell, rate) > GREATEST_BEAT {
            continue;
        }
        if excess < PITCHED_SHARE {
            kept.extend_from_slice(group);
        } else if excess < ALL_PITCHED_SHARE {
            let lone = group.iter().zip(&recurring[members]).filter(|(_, recurs)| !**recurs);
            kept.extend(lone.map(|(pulse, _)| pulse.clone()));
        }
    }
    kept
}

/// What [`recurring`] finds at places where no period would put a pulse.
fn recurring_by_chance(found: &[Pulse], rate: SampleRate) -> Vec<bool> {
    recurring(found, &NO_PERIODS, rate)
}

/// For each pulse whether, for the distance to any of its neighbours, ones like it stand at two of the three `places`, in
/// multiples of that distance.
fn recurring(found: &[Pulse], places: &[f64; 3], rate: SampleRate) -> Vec<bool> {
    let (shortest, longest) = (rate.samples_in(PERIOD_SECS.0), rate.samples_in(PERIOD_SECS.1));
    let slack = rate.samples_in(PERIOD_SLACK_SECS).max(1) as isize;
    let like = |a: &Pulse, b: &Pulse| {
        a.positive == b.positive && a.height < LIKENESS * b.height && b.height < LIKENESS * a.height
    };
    let stands = |pulse: &Pulse, offset: isize, slack: isize| {
        let place = pulse.peak as isize + offset;
        let first = found.partition_point(|other| (other.peak as isize) < place - slack);
        found[first..]
            .iter()
            .take_while(|other| other.peak as isize <= place + slack)
            .any(|other| like(pulse, other))
    };
    (0..found.len())
        .into_par_iter()
        .map(|i| {
            let pulse = &found[i];
            let recurs_with = |other: &Pulse| {
                let period = other.peak as isize - pulse.peak as isize;
                if period.unsigned_abs() > longest || period.unsigned_abs() < shortest || !like(pulse, other)
                {
                    return false;
                }
                // Two periods away a pulse may be off by twice as much.
                let widths = [slack, 2 * slack, 2 * slack];
                let offsets = places.map(|multiple| (multiple * period as f64).round() as isize);
                let places = offsets.into_iter().zip(widths);
                places.filter(|(offset, slack)| stands(pulse, *offset, *slack)).count() >= 2
            };
            let before = found[i.saturating_sub(NEIGHBOURS)..i].iter().rev();
            let after = found[i + 1..(i + 1 + NEIGHBOURS).min(found.len())].iter();
            before.chain(after).any(recurs_with)
        })
        .collect()
}

/// How much the pulses of one cell of so many samples keep a beat: the highest autocorrelation at a period.
fn beat(group: &[Pulse], cell: usize, rate: SampleRate) -> f64 {
    let Some(first) = group.first() else { return 0.0 };
    let step = rate.samples_in(BEAT_STEP_SECS).max(1);
    let start = first.span.start / cell * cell;
    // A pulse may reach beyond its cell.
    let mut weights = vec![0.0; cell / step + 3];
    for pulse in group {
        // Half of it at its place and a quarter on either side: a period is no whole number of steps.
        let place = (pulse.peak.saturating_sub(start) / step + 1).min(weights.len() - 2);
        let weight = f64::from(pulse.score.min(BEAT_SCORE));
        for (near, share) in weights[place - 1..=place + 1].iter_mut().zip([0.25, 0.5, 0.25]) {
            *near += share * weight;
        }
    }
    let count = weights.len() as f64;
    let mean = weights.iter().sum::<f64>() / count;
    weights.iter_mut().for_each(|weight| *weight -= mean);
    let lags = rate.samples_in(PERIOD_SECS.0) / step..=rate.samples_in(PERIOD_SECS.1) / step;
    let products = autocorrelation(&weights, (*lags.end()).min(weights.len() - 1));
    let power = products[0].max(f64::MIN_POSITIVE);
    lags.filter_map(|lag| Some(products.get(lag)? / power * count / (count - lag as f64))).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use tonearm_audio::Signal;
    use tonearm_testkit::instrument::Instrument;
    use tonearm_testkit::random::Random;

    use super::*;
    use crate::restore::decrackle::Damage;
    use crate::restore::{Decrackle, DecrackleSettings, Stage};

    const CELL: usize = 11_025;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    /// Pulses of any sign and height at these places.
    fn pulses(random: &mut Random, places: impl Iterator<Item = f64>) -> Vec<Pulse> {
        let mut pulse = |place: f64| {
            let peak = place as usize;
            let score = random.between(6.0, 12.0) as f32;
            let height = random.between(0.001, 0.01) as f32;
            Pulse {
                span: peak..peak + 3,
                peak,
                positive: random.uniform() < 0.5,
                score,
                height,
                damage: Damage::default(),
            }
        };
        places.map(&mut pulse).collect()
    }

    #[test]
    fn a_beat_is_heard_whatever_form_its_pulses_take_and_chance_keeps_none() {
        for seed in 0..20 {
            let mut random = Random::new(seed);
            let period = random.between(90.0, 400.0);
            // One of twenty is not found, and the pitch moves by a fifth of a per cent.
            let mut place = 0.0;
            let mut places = Vec::new();
            while place < CELL as f64 {
                place += period * (1.0 + 0.002 * (place / 1_300.0).sin());
                if random.uniform() < 0.95 && place < CELL as f64 {
                    places.push(place);
                }
            }
            let row = pulses(&mut random, places.into_iter());
            assert!(beat(&row, CELL, rate()) > GREATEST_BEAT, "seed {seed}");
            assert!(without_pitch(row, 0.25, rate()).is_empty());
            let mut chance: Vec<f64> = (0..300).map(|_| random.uniform() * CELL as f64).collect();
            chance.sort_unstable_by(f64::total_cmp);
            let chance = pulses(&mut random, chance.into_iter());
            assert!(beat(&chance, CELL, rate()) < 0.3, "seed {seed}: {}", beat(&chance, CELL, rate()));
        }
    }

    #[test]
    fn a_trumpets_vibrato_is_no_crackle() {
        // 1,534 pulses, pulse by pulse.
        let played = Instrument::BrassVibrato.play(2004, 44_100, 6.0);
        let signal = Signal::mono(rate(), played).unwrap();
        let (output, _) = Decrackle::new(DecrackleSettings::default()).unwrap().process(&signal).unwrap();
        assert_eq!(output, signal);
    }
}
