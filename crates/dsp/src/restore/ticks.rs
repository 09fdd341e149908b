//! The period at which a radial scratch ticks: once per turn, every 60/78 s.
//!
//! The detections become an impulse train weighted by their scores (compressed, so that one thunderclap does not
//! outweigh a hundred ticks). For every period from 33 to 160 turns a minute the train is folded: ticks of one scratch fall
//! on one angle, chance clicks on all. The figure of merit is the folded energy over what chance would give (the "epoch
//! folding" of pulsar searches: Leahy et al., "On searches for pulsed emission", Astrophys. J. 266 (1983), §II). The best
//! period is refined by a straight line through the ticks' times over their turn numbers.
//!
//! **Assumptions.** At least eight turns. **Known failures.** A tick on every second turn, or two scratches exactly
//! opposite, are found at twice or half the period.

use tonearm_audio::SampleRate;

use super::Detection;

/// Periods searched, in seconds: 160 to 33 turns a minute.
const PERIOD_SECS: (f64, f64) = (0.375, 1.82);
/// Bins a turn: a scratch leans a little from groove to groove.
const BINS: usize = 120;
/// Turns that must lie in the recording.
const LEAST_TURNS: f64 = 8.0;
/// The fold must exceed chance by this many standard deviations: the largest among some ten thousand periods of chance
/// clicks stays below 6.
const LEAST_SIGMAS: f64 = 9.0;
/// Share of the turns on which the strongest angle must tick.
const LEAST_SHARE: f64 = 0.3;

/// A period found by [`find_period`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TickPeriod {
    /// Seconds a turn.
    pub period_secs: f64,
    /// The time of the tick nearest to the beginning, in seconds.
    pub phase_secs: f64,
    /// Ticks that keep the period.
    pub ticks: usize,
    /// How far the fold stands above chance, in standard deviations.
    pub sigmas: f64,
}

/// The period at which `detections` recur once per turn, or none where they come by chance alone.
pub fn find_period(detections: &[Detection], rate: SampleRate) -> Option<TickPeriod> {
    let events: Vec<(f64, f64)> = detections
        .iter()
        .map(|d| (0.5 * (d.start + d.end) as f64 / rate.as_f64(), f64::from(d.score.max(1.0)).ln() + 1.0))
        .collect();
    let (first, last) = (events.first()?.0, events.last()?.0);
    let secs = last - first;
    let longest = PERIOD_SECS.1.min(secs / LEAST_TURNS);
    let (mut best, mut best_merit) = (0.0, 0.0);
    let mut period = PERIOD_SECS.0;
    while period < longest {
        let merit = fold(&events, period, first);
        if merit > best_merit {
            (best, best_merit) = (period, merit);
        }
        // Half a bin of drift over the whole recording.
        period += 0.7 * period * period / (BINS as f64 * secs);
    }
    if best_merit < LEAST_SIGMAS {
        return None;
    }
    // Half and a third of the period fold as well as the period itself; twice the period spreads the ticks over two angles.
    let fundamental = best;
    for multiple in 2..=4 {
        // Within the search's step around the multiple, finer by as much as it is longer.
        let centre = fundamental * f64::from(multiple);
        for step in -8..=8 {
            let candidate = centre * (1.0 + f64::from(step) * 0.1 * centre / (BINS as f64 * secs));
            if candidate < longest && fold(&events, candidate, first) > 0.8 * best_merit {
                best = candidate;
            }
        }
    }
    refine(&events, best, first)
        .map(|(period_secs, phase_secs, ticks)| TickPeriod {
            period_secs,
            phase_secs,
            ticks,
            sigmas: best_merit,
        })
        .filter(|found| found.ticks as f64 >= LEAST_SHARE * secs / found.period_secs)
}

/// The weight in each angle, adjacent bins taken together.
fn angles(events: &[(f64, f64)], period: f64, origin: f64) -> [f64; BINS] {
    let mut bins = [0.0; BINS];
    let per_second = 1.0 / period;
    for (time, weight) in events {
        let turns = (time - origin) * per_second;
        bins[((turns - turns.floor()) * BINS as f64) as usize % BINS] += weight;
    }
    let mut pairs = [0.0; BINS];
    for (i, pair) in pairs.iter_mut().enumerate() {
        *pair = bins[i] + bins[(i + 1) % BINS];
    }
    pairs
}

/// How far the heaviest angle stands above chance, in standard deviations of a compound Poisson count.
fn fold(events: &[(f64, f64)], period: f64, origin: f64) -> f64 {
    let heaviest = angles(events, period, origin).into_iter().fold(0.0, f64::max);
    let share = 2.0 / BINS as f64;
    let mean = share * events.iter().map(|(_, w)| w).sum::<f64>();
    let variance = share * events.iter().map(|(_, w)| w * w).sum::<f64>();
    (heaviest - mean) / variance.max(f64::MIN_POSITIVE).sqrt()
}

/// Period, phase and count by least squares over the ticks of the heaviest angle.
fn refine(events: &[(f64, f64)], period: f64, origin: f64) -> Option<(f64, f64, usize)> {
    let pairs = angles(events, period, origin);
    let heaviest = (0..BINS).max_by(|&a, &b| pairs[a].total_cmp(&pairs[b]))?;
    let centre = origin + (heaviest as f64 + 1.0) / BINS as f64 * period;
    let (mut slope, mut offset, mut count) = (period, centre, 0);
    let mut width = 1.5 / BINS as f64;
    for _round in 0..4 {
        let ticks: Vec<(f64, f64)> = events
            .iter()
            .map(|(time, _)| (((time - offset) / slope).round(), *time))
            .filter(|(turn, time)| ((time - offset) / slope - turn).abs() < width)
            .collect();
        count = ticks.len();
        let mean_turn = ticks.iter().map(|t| t.0).sum::<f64>() / count as f64;
        let mean_time = ticks.iter().map(|t| t.1).sum::<f64>() / count as f64;
        let spread: f64 = ticks.iter().map(|t| (t.0 - mean_turn).powi(2)).sum();
        if count < 4 || spread <= 0.0 {
            return None;
        }
        slope = ticks.iter().map(|t| (t.0 - mean_turn) * (t.1 - mean_time)).sum::<f64>() / spread;
        offset = mean_time - slope * mean_turn;
        width = (0.6 * width).max(0.4 / BINS as f64);
    }
    Some((slope, offset.rem_euclid(slope), count))
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    fn clicks(seed: u64, secs: f64, per_second: f64, period: Option<f64>) -> Vec<Detection> {
        let mut random = Random::new(seed);
        let mut times = Vec::new();
        let mut time = random.exponential() / per_second;
        while time < secs {
            times.push(time);
            time += random.exponential() / per_second;
        }
        if let Some(period) = period {
            let mut tick = random.uniform() * period;
            while tick < secs {
                // One tick in five is missed, and each comes within a millisecond.
                if random.uniform() < 0.8 {
                    times.push(tick + 0.001 * random.normal());
                }
                tick += period;
            }
        }
        times.retain(|t| *t >= 0.0);
        times.sort_by(f64::total_cmp);
        times
            .into_iter()
            .map(|time| {
                let start = (time * 44_100.0) as usize;
                Detection { start, end: start + 8, score: random.between(5.0, 30.0) as f32, confidence: 0.9 }
            })
            .collect()
    }

    #[test]
    fn a_scratch_is_found_among_chance_clicks() {
        for (seed, rpm) in [(1, 78.26), (2, 80.0), (3, 76.5), (4, 45.0), (5, 33.4)] {
            let period = 60.0 / rpm;
            let found = find_period(&clicks(seed, 80.0, 5.0, Some(period)), rate()).unwrap();
            assert!((found.period_secs / period - 1.0).abs() < 1e-3, "{found:?} for {period}");
        }
    }

    #[test]
    fn chance_has_no_period() {
        for seed in 10..14 {
            assert_eq!(find_period(&clicks(seed, 60.0, 6.0, None), rate()), None);
        }
        assert_eq!(find_period(&[], rate()), None);
        assert_eq!(find_period(&clicks(1, 1.0, 3.0, None), rate()), None);
    }
}
