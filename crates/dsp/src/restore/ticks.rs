//! The period at which a radial scratch ticks: once per turn, every 60/78 s.
//!
//! The detections become an impulse train weighted by their scores (compressed, so that one thunderclap does not
//! outweigh a hundred ticks). For every period from 33 to 160 turns a minute the train is folded: ticks of one scratch fall
//! on one angle, chance clicks on all (the "epoch folding" of pulsar searches: Leahy et al., "On searches for pulsed
//! emission", Astrophys. J. 266 (1983), §II). The figure of merit is how unlikely the heaviest window of a turn is by
//! chance: the weight in a window is a compound Poisson sum, here taken for a scaled Poisson count k of mean μ, whose tail
//! beyond k is at most exp(−(k·ln(k/μ) − k + μ)) (Chernoff, Ann. Math. Statist. 23 (1952)). Divided among all windows of all
//! periods that were tried, that is the chance of a false find; half the period, which gathers the same ticks in windows
//! that are twice as wide a share of the turn, is less surprising by itself unless chance adds a few, and is then known by their lightness, for discs; twice the
//! period is less surprising too.
//!
//! A wide window catches the scratch that leans and a narrow one the few ticks of a short side, so several widths are tried, wide before narrow:
//! what falls into a narrow window at one period falls into a wide one at the nearest period that was tried with wide bins, and where that
//! window's weight would be no surprise in the narrow one either, there is nothing to fold.
//! The best period is refined by a straight line through the ticks' times over their turn numbers, ticks far from the line
//! counting less (Cauchy's weights: Huber, *Robust Statistics*, §4.8).
//!
//! **Assumptions.** At least eight turns. **Known failures.** A tick on every second turn, or two scratches exactly
//! opposite, are found at twice or half the period.

use rayon::prelude::*;
use tonearm_audio::SampleRate;

use super::Detection;
use crate::wide_vectors::in_wide_vectors;

/// Periods searched, in seconds: 160 to 33 turns a minute.
const PERIOD_SECS: (f64, f64) = (0.375, 1.82);
/// Bins of a turn, in seconds; two neighbours are a window. A scratch leans a little from groove to groove.
const BIN_SECS: [f64; 3] = [0.006_4, 0.002, 0.000_6];
/// Narrow windows need many periods; they are tried while periods times events stay below this.
const GREATEST_WORK: f64 = 3e7;
/// Periods that one thread folds at a time.
const PERIODS_A_CHUNK: usize = 2_048;
/// The step from period to period, in bins of drift over the whole recording.
const STEP_BINS: f64 = 0.7;
/// Turns that must lie in the recording.
const LEAST_TURNS: f64 = 8.0;
/// Detections closer than this are one event: a torn click is not two ticks.
const APART_SECS: f64 = 0.005;
/// The bound on the chance of a false find, as −ln: 1 in 90. The bound is wide: of 60 recordings of 8 s with two chance clicks a second, one would
/// have 4.1 nats if it were tight, and none has 2.5 (`chance_keeps_below_the_bound`).
const LEAST_NATS: f64 = 4.5;
/// Discs turn no faster than this; cylinders do.
const SHORTEST_OF_DISCS_SECS: f64 = 0.5;
/// What strikes half a turn after a scratch by chance, of the weight of the scratch at most.
const OTHER_HALF_SHARE: f64 = 0.35;
/// Share of the turns from the first to the last tick that must tick.
const LEAST_SHARE: f64 = 0.3;
/// Rounds of the straight line, the first width of Cauchy's weight in bins, and its fall from round to round.
const LINE_ROUNDS: usize = 8;
const LINE_WIDTH_BINS: f64 = 0.5;
const LINE_FALL: f64 = 0.7;

/// A period found by [`find_period`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TickPeriod {
    /// Seconds a turn.
    pub period_secs: f64,
    /// The time of the tick nearest to the beginning, in seconds.
    pub phase_secs: f64,
    /// Ticks that keep the period.
    pub ticks: usize,
    /// How far the find stands above chance: in standard deviations of a normal variable whose tail is as small.
    pub sigmas: f64,
}

/// A detection as the fold sees it.
#[derive(Clone, Copy, Debug)]
struct Event {
    secs: f64,
    /// Twice its middle, in samples.
    halves: u64,
    weight: f64,
}

/// A period, a window of the turn, and how surprising its weight is.
#[derive(Clone, Copy, Debug)]
struct Fold {
    period_secs: f64,
    /// The middle of the window, in seconds from the origin.
    centre_secs: f64,
    bin_secs: f64,
    /// −ln of the probability that chance does this anywhere.
    nats: f64,
}

/// The period at which `detections` recur once per turn, or none where they come by chance alone.
pub fn find_period(detections: &[Detection], rate: SampleRate) -> Option<TickPeriod> {
    let events = events(detections, rate);
    let searches: Vec<FoldSearch> =
        BIN_SECS.iter().map_while(|bin_secs| FoldSearch::new(&events, *bin_secs, rate)).collect();
    let mut bounds = Bounds::none(&events);
    let mut best: Option<Fold> = None;
    let mut later = searches.as_slice();
    while let Some((search, narrower)) = later.split_first() {
        let (fold, found) = search.best(&bounds, best.map_or(LEAST_NATS, |best| best.nats), narrower);
        best = fold.filter(|fold| best.is_none_or(|best| fold.nats >= best.nats)).or(best);
        (bounds, later) = (found, narrower);
    }
    let best = best.filter(|best| best.nats >= LEAST_NATS)?;
    refine(&events, &whole_turn(&events, best))
}

/// A fold at the turn of a disc, where the one found is at half of it, faster than any disc: then chance alone strikes every second time. A cylinder's
/// scratch strikes as often at odd turns as at even ones.
fn whole_turn(events: &[Event], fold: Fold) -> Fold {
    if fold.period_secs >= SHORTEST_OF_DISCS_SECS {
        return fold;
    }
    let mut weights = [0.0; 2];
    for event in events {
        let turns = (event.secs - fold.centre_secs) / fold.period_secs;
        if (turns - turns.round()).abs() * fold.period_secs <= fold.bin_secs {
            weights[turns.round().rem_euclid(2.0) as usize] += event.weight;
        }
    }
    let [even, odd] = weights;
    if even.min(odd) > OTHER_HALF_SHARE * even.max(odd) {
        return fold;
    }
    let centre_secs = fold.centre_secs + if odd > even { fold.period_secs } else { 0.0 };
    Fold { period_secs: 2.0 * fold.period_secs, centre_secs, ..fold }
}

/// Detections that stand apart, the strongest for its neighbours.
fn events(detections: &[Detection], rate: SampleRate) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::with_capacity(detections.len());
    for detection in detections {
        let event = Event {
            secs: 0.5 * (detection.start + detection.end) as f64 / rate.as_f64(),
            halves: (detection.start + detection.end) as u64,
            weight: f64::from(detection.score.max(1.0)).ln() + 1.0,
        };
        match events.last_mut() {
            Some(last) if event.secs < last.secs + APART_SECS => {
                if event.weight > last.weight {
                    *last = event;
                }
            }
            _ => events.push(event),
        }
    }
    events
}

/// Events as they are folded.
struct Places {
    /// How long after the first one each is.
    places: Vec<u32>,
    weights: Vec<f64>,
    /// Half samples; coarser where hours of them would not fit.
    units_per_sec: f64,
}

impl Places {
    fn new(events: &[Event], rate: SampleRate) -> Self {
        let after = |event: &Event| event.halves - events.first().map_or(0, |first| first.halves);
        let bits = u64::BITS - events.last().map_or(0, after).leading_zeros();
        let coarser = bits.saturating_sub(u32::BITS);
        Self {
            places: events.iter().map(|event| (after(event) >> coarser) as u32).collect(),
            weights: events.iter().map(|event| event.weight).collect(),
            units_per_sec: 2.0 * rate.as_f64() / (1u64 << coarser) as f64,
        }
    }
}

/// A bound on the weight of the heaviest window at every period.
struct Bounds {
    /// The ratio of a period to the one before it; the first is the shortest of [`PERIOD_SECS`].
    ratio: f64,
    /// Of each period that was tried.
    weights: Vec<f64>,
}

impl Bounds {
    /// What is known before anything was folded.
    fn none(events: &[Event]) -> Self {
        Self { ratio: f64::INFINITY, weights: vec![events.iter().map(|event| event.weight).sum()] }
    }

    /// At `period_secs`, where bins are less than a third as wide: two of them, and the drift over the recording from here to the nearest
    /// period that was tried, are no longer than one bin of what was tried, which lies in two whichever way they are cut.
    fn at(&self, period_secs: f64) -> f64 {
        let below = ((period_secs / PERIOD_SECS.0).ln() / self.ratio.ln()) as usize;
        let near = below.min(self.weights.len() - 1)..(below + 2).min(self.weights.len());
        self.weights[near].iter().fold(0.0, |heaviest, weight| weight.max(heaviest))
    }
}

/// The search for the most surprising fold with bins of one width.
struct FoldSearch<'a> {
    events: &'a [Event],
    places: Places,
    bin_secs: f64,
    /// From the first event to the last.
    secs: f64,
    longest_secs: f64,
    /// How many periods there are to try.
    periods: f64,
    /// The weight of all events, and what counts as one event.
    sum: f64,
    unit: f64,
}

impl<'a> FoldSearch<'a> {
    /// None where there is too little to fold or too much to try.
    fn new(events: &'a [Event], bin_secs: f64, rate: SampleRate) -> Option<Self> {
        let secs = events.last()?.secs - events.first()?.secs;
        let longest_secs = PERIOD_SECS.1.min(secs / LEAST_TURNS);
        let periods = secs / (STEP_BINS * bin_secs) * (longest_secs / PERIOD_SECS.0).ln();
        let widest = bin_secs >= BIN_SECS[0];
        if longest_secs <= PERIOD_SECS.0 || (!widest && periods * events.len() as f64 > GREATEST_WORK) {
            return None;
        }
        let (sum, squares) =
            events.iter().fold((0.0, 0.0), |(sum, squares), e| (sum + e.weight, squares + e.weight.powi(2)));
        let places = Places::new(events, rate);
        Some(Self { events, places, bin_secs, secs, longest_secs, periods, sum, unit: squares / sum })
    }

    /// The most surprising fold of more than `least` nats, if there is one within the `bounds`, and bounds for bins less than a third as wide.
    ///
    /// Where it is not within them, but may be for a `narrower` search, a period is folded all the same: that search tries several near each of
    /// this one, and its bound here is closer.
    fn best(&self, bounds: &Bounds, least: f64, narrower: &[Self]) -> (Option<Fold>, Bounds) {
        let ratio = 1.0 + STEP_BINS * self.bin_secs / self.secs;
        let next = |period: &f64| Some(period * ratio);
        let tried: Vec<f64> = std::iter::successors(Some(PERIOD_SECS.0), next)
            .take_while(|period| *period < self.longest_secs)
            .collect();
        let found: Vec<(Option<Fold>, Vec<f64>)> = tried
            .par_chunks(PERIODS_A_CHUNK)
            .map(|periods| self.best_of(periods, bounds, least, narrower))
            .collect();
        let (mut best, mut weights): (Option<Fold>, Vec<f64>) = (None, Vec::with_capacity(tried.len()));
        for (fold, of_chunk) in found {
            best = fold.filter(|fold| best.is_none_or(|best| fold.nats > best.nats)).or(best);
            weights.extend(of_chunk);
        }
        (best, Bounds { ratio, weights })
    }

    /// As [`best`](Self::best) among these periods; gives the bound of each.
    fn best_of(
        &self,
        periods: &[f64],
        bounds: &Bounds,
        least: f64,
        narrower: &[Self],
    ) -> (Option<Fold>, Vec<f64>) {
        let mut turn = Turn::new((self.longest_secs / self.bin_secs).round() as usize + 3);
        let mut best: Option<Fold> = None;
        let weights = periods.iter().map(|&period_secs| {
            let bound = bounds.at(period_secs);
            let count = self.bins(period_secs);
            let within = |search: &Self| search.nats(bound, search.bins(period_secs)) >= least;
            if !within(self) && !narrower.iter().any(within) {
                return bound;
            }
            let heaviest = turn.fold(&self.places, period_secs * self.places.units_per_sec, count);
            let nats = self.nats(heaviest, count);
            if best.is_none_or(|best| nats > best.nats) {
                let middle = turn.place(count, heaviest) as f64 + 1.0;
                let centre_secs = self.events[0].secs + middle / count as f64 * period_secs;
                best = Some(Fold { period_secs, centre_secs, bin_secs: self.bin_secs, nats });
            }
            heaviest
        });
        let weights = weights.collect();
        (best, weights)
    }

    /// Bins of a turn.
    fn bins(&self, period_secs: f64) -> usize {
        ((period_secs / self.bin_secs).round() as usize).max(3)
    }

    /// How surprising a window of that weight is in a turn of `count` bins.
    fn nats(&self, weight: f64, count: usize) -> f64 {
        let mean = 2.0 / count as f64 * self.sum / self.unit;
        let (weight, windows) = (weight / self.unit, self.periods * count as f64);
        if weight > mean {
            weight * (weight / mean).ln() - weight + mean - windows.ln()
        } else {
            -windows.ln()
        }
    }
}

/// 2⁶⁴, a turn in the arithmetic of [`bins_of`].
const TURN: f64 = 18_446_744_073_709_551_616.0;
/// Where a turn has more bins than so many times the events, what they filled is emptied one by one.
const SPARSE: usize = 4;

/// The bins of a turn, two neighbours at a time.
struct Turn {
    /// The weight of each bin and the one before it; of the first alone and, behind the others, of the last alone.
    pairs: Vec<f64>,
    /// So many of these, from the first on, may hold something.
    filled: usize,
    /// The bin of each event.
    bins: Vec<u32>,
}

impl Turn {
    /// For turns of up to `bins`.
    fn new(bins: usize) -> Self {
        Self { pairs: vec![0.0; bins + 1], filled: 0, bins: Vec::new() }
    }

    /// Folds the events into `count` bins a period of so many units of place, from the first event on, and gives the weight of the heaviest
    /// window of two bins.
    fn fold(&mut self, events: &Places, period: f64, count: usize) -> f64 {
        if self.filled > SPARSE * self.bins.len() {
            for bin in &self.bins {
                self.pairs[*bin as usize] = 0.0;
                self.pairs[*bin as usize + 1] = 0.0;
            }
        } else {
            self.pairs[..self.filled].fill(0.0);
        }
        self.filled = count + 1;
        self.bins.resize(events.places.len(), 0);
        bins_of(&events.places, (TURN / period) as u64, count as u32, &mut self.bins);
        let pairs = &mut self.pairs[..=count];
        let mut heaviest = 0.0;
        for (bin, weight) in self.bins.iter().zip(&events.weights) {
            // Of both windows that it lies in. What is added to is never again as light as it was.
            let bin = *bin as usize;
            let Some([before, after]) = pairs.get_mut(bin..bin + 2) else { continue };
            *before += weight;
            *after += weight;
            let heavier = if *before > *after { *before } else { *after };
            heaviest = if heavier > heaviest { heavier } else { heaviest };
        }
        heaviest.max(pairs[0] + pairs[count])
    }

    /// Of the turn of `count` bins that was folded last: the first bin of the first window of that weight.
    fn place(&self, count: usize, weight: f64) -> usize {
        self.pairs[1..count].iter().position(|pair| *pair >= weight).unwrap_or(count - 1)
    }
}

in_wide_vectors! {
    /// The bin of each place, of `count` a turn; one unit of place is so much of a turn of 2⁶⁴, so that whole turns fall away by themselves.
    fn bins_of(places: &[u32], turn: u64, count: u32, bins: &mut [u32]) {
        // Products of 32 bits, which lie in vectors.
        let (high, low) = ((turn >> 32) as u32, turn as u32);
        for (bin, place) in bins.iter_mut().zip(places) {
            let carried = ((u64::from(*place) * u64::from(low)) >> 32) as u32;
            let share = place.wrapping_mul(high).wrapping_add(carried);
            *bin = ((u64::from(share) * u64::from(count)) >> 32) as u32;
        }
    }
}

/// Period, phase and count by a robust straight line through the ticks of the window.
fn refine(events: &[Event], fold: &Fold) -> Option<TickPeriod> {
    let (mut slope, mut offset) = (fold.period_secs, fold.centre_secs);
    let mut width = LINE_WIDTH_BINS * fold.bin_secs;
    let reach = 1.5 * fold.bin_secs;
    let off = |event: &Event, slope: f64, offset: f64| {
        let turn = ((event.secs - offset) / slope).round();
        (turn, event.secs - offset - slope * turn)
    };
    for _round in 0..LINE_ROUNDS {
        // Sums of weight, turns and times against the line so far.
        let (mut w, mut wt, mut wtt, mut wr, mut wtr) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for event in events {
            let (turn, rest) = off(event, slope, offset);
            if rest.abs() > reach {
                continue;
            }
            let weight = event.weight / (1.0 + (rest / width).powi(2));
            w += weight;
            wt += weight * turn;
            wtt += weight * turn * turn;
            wr += weight * rest;
            wtr += weight * turn * rest;
        }
        let spread = w * wtt - wt * wt;
        if spread <= 1e-9 * w * w {
            return None;
        }
        let change = (w * wtr - wt * wr) / spread;
        slope += change;
        offset += (wr - change * wt) / w;
        width = (LINE_FALL * width).max(0.2 * fold.bin_secs);
    }
    let turns: Vec<f64> = events
        .iter()
        .map(|event| off(event, slope, offset))
        .filter(|(_, rest)| rest.abs() <= reach)
        .map(|(turn, _)| turn)
        .collect();
    let extent = turns.last()? - turns.first()? + 1.0;
    (turns.len() as f64 >= LEAST_SHARE * extent).then(|| TickPeriod {
        period_secs: slope,
        phase_secs: offset.rem_euclid(slope),
        ticks: turns.len(),
        sigmas: (2.0 * fold.nats).sqrt(),
    })
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

    /// A few turns among many clicks: some that fall half a turn after the scratch make half the turn look likelier. A cylinder turns twice as fast.
    #[test]
    fn half_a_turn_is_known_from_a_whole_one() {
        let mut found = [[0; 2]; 2];
        for (period, found) in [60.0 / 78.26, 60.0 / 150.0].into_iter().zip(&mut found) {
            for (seed, per_second) in (1..=75).flat_map(|seed| [(seed, 3.0), (seed, 8.0)]) {
                let clicks = clicks(seed, 9.0, per_second, Some(period));
                let ratio = find_period(&clicks, rate()).map_or(0.0, |found| found.period_secs / period);
                found[0] += usize::from((ratio - 1.0).abs() < 1e-3);
                found[1] += usize::from((ratio - 0.5).abs() < 1e-2 || (ratio - 2.0).abs() < 1e-2);
            }
        }
        let [[disc, half], [cylinder, double]] = found;
        assert!(disc > 90 && cylinder > 140, "{disc} discs, {cylinder} cylinders");
        assert!(half <= 1 && double == 0, "{half} discs at half a turn, {double} cylinders at two");
    }

    #[test]
    fn the_heaviest_window_is_that_of_all_bins() {
        let events = events(&clicks(1, 40.0, 6.0, None), rate());
        let places = Places::new(&events, rate());
        let mut turn = Turn::new(300);
        for count in [3, 7, 40, 299] {
            let period = 0.5 + count as f64 / 310.0;
            let mut bins = vec![0.0; count];
            for event in &events {
                bins[(((event.secs - events[0].secs) / period).fract() * count as f64) as usize] +=
                    event.weight;
            }
            let pairs: Vec<f64> = (0..count).map(|bin| bins[bin] + bins[(bin + 1) % count]).collect();
            let heaviest = pairs.iter().copied().fold(0.0, f64::max);
            let first = pairs.iter().position(|pair| *pair >= heaviest).unwrap();
            let found = turn.fold(&places, period * places.units_per_sec, count);
            assert!((found - heaviest).abs() < 1e-12, "{count} bins");
            assert_eq!(turn.place(count, found), first, "{count} bins");
        }
    }

    #[test]
    fn hours_are_folded_in_coarser_units() {
        let event = |halves| Event { secs: halves as f64 / 384_000.0, halves, weight: 1.0 };
        let events = [event(1_000), event(1_000 + (1 << 34))];
        let places = Places::new(&events, SampleRate::new(192_000).unwrap());
        assert_eq!(places.places, [0, 1 << 31]);
        let secs = f64::from(places.places[1]) / places.units_per_sec;
        assert!((secs - (events[1].secs - events[0].secs)).abs() < 1e-9, "{secs} s");
    }

    /// The most surprising fold of all periods with bins of one width.
    fn of_all_periods(events: &[Event], bin_secs: f64) -> Option<Fold> {
        FoldSearch::new(events, bin_secs, rate())?.best(&Bounds::none(events), f64::MIN, &[]).0
    }

    #[test]
    fn what_is_not_folded_would_not_have_won() {
        for seed in 20..44 {
            let period = (seed % 4 > 0).then_some(0.4 + 0.05 * seed as f64);
            let detections = clicks(seed, 14.0, 1.0 + (seed % 5) as f64, period);
            let events = events(&detections, rate());
            let best = BIN_SECS
                .iter()
                .filter_map(|bin_secs| of_all_periods(&events, *bin_secs))
                .max_by(|a, b| a.nats.total_cmp(&b.nats))
                .filter(|best| best.nats >= LEAST_NATS);
            assert_eq!(
                find_period(&detections, rate()),
                best.and_then(|best| refine(&events, &best)),
                "{seed}"
            );
        }
    }

    /// What [`LEAST_NATS`] rests on: chance stays some nats below what the bound allows it.
    #[test]
    fn chance_keeps_below_the_bound() {
        for seed in 0..60 {
            let events = events(&clicks(seed, 8.0, 2.0, None), rate());
            let nats = BIN_SECS.iter().filter_map(|bin| of_all_periods(&events, *bin)).map(|fold| fold.nats);
            let most = nats.fold(-99.0, f64::max);
            assert!(most < LEAST_NATS - 2.0, "seed {seed}: {most}");
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
