//! When damage strikes: clicks, crackle, ticks, thumps. Each kind draws from its own stream of chance.

use super::pulse::PulseForm;
use super::random::{Random, Stream};
use super::settings::DiscSettings;
use super::truth::{ClickKind, PlantedClick};

/// Lengths of clicks in seconds: log-normal around the median, cut to these ends. The median and the spread follow the lengths
/// that `fit_surface_noise` finds on a real disc (quartiles 23, 90 and 180 µs).
const CLICK_SECS: (f64, f64) = (5e-6, 2.5e-3);
const CLICK_MEDIAN_SECS: f64 = 90e-6;
const CLICK_SPREAD: f64 = 1.1;
/// Lengths of crackle's pulses in seconds, log-uniform: one to four samples at 44.1 kHz.
const CRACKLE_SECS: (f64, f64) = (5e-6, 80e-6);
/// Lengths of a scratch's ticks in seconds, log-uniform: the groove runs at 0.4 to 1 m/s, scratches are 50 to 400 µm wide.
const TICK_SECS: (f64, f64) = (50e-6, 800e-6);
/// How far the level of a scratch's ticks varies from turn to turn, standard deviation in dB.
const TICK_SPREAD_DB: f64 = 2.0;
/// How far a scratch leans: change of its angle in turns for each turn.
const TICK_LEAN: f64 = 2e-4;
/// Resonance of pick-up arm and disc in hertz, and the time constant of its decay in seconds.
const THUMP_HZ: (f64, f64) = (20.0, 80.0);
const THUMP_DECAY_SECS: (f64, f64) = (0.004, 0.012);
/// The crack over the swing that follows it.
const CRACK_OVER_THUMP_DB: f64 = 6.0;
/// A thump is followed until it has fallen to this share.
const THUMP_SHARE: f64 = 0.01;
/// No planted pulse goes beyond this multiple of full scale: the converter would have cut it off.
const GREATEST_PEAK: f64 = 1.0;
/// Upper edge of a transfer that does not roll off, as a share of the rate.
const CONVERTER_EDGE: f64 = 0.45;

/// Plants damage into one channel.
pub(super) struct Planter<'a> {
    settings: &'a DiscSettings,
    rate_hz: f64,
    /// Amplitude of the speech-active level.
    reference: f64,
    wall: usize,
    cutoff: f64,
    /// What was planted so far.
    pub(super) planted: Vec<PlantedClick>,
    /// Pulses of crackle so far.
    pub(super) crackle_pulses: usize,
}

impl<'a> Planter<'a> {
    /// A planter for wall `wall`; peaks are counted from the amplitude `reference`.
    pub(super) fn new(settings: &'a DiscSettings, rate_hz: f64, reference: f64, wall: usize) -> Self {
        let cutoff = (settings.surface.roll_off_hz / rate_hz).min(CONVERTER_EDGE);
        Self { settings, rate_hz, reference, wall, cutoff, planted: Vec::new(), crackle_pulses: 0 }
    }

    fn amplitude(&self, level_db: f64) -> f64 {
        self.reference * 10f64.powf(level_db / 20.0)
    }

    /// Adds a pulse of `peak` and `secs` at `time_secs`; `None` where it would leave the signal.
    fn strike(
        &self,
        samples: &mut [f32],
        random: &mut Random,
        time_secs: f64,
        secs: f64,
        peak: f64,
        kind: ClickKind,
    ) -> Option<PlantedClick> {
        let place = time_secs * self.rate_hz;
        let form = PulseForm {
            duration_samples: secs * self.rate_hz,
            turns: random.between(0.1, 1.2),
            fraction: place.fract(),
            cutoff: self.cutoff,
        };
        let pulse = form.render();
        let start = usize::try_from(place as isize + pulse.offset).ok()?;
        let end = start + pulse.samples.len();
        let peak = peak.clamp(-GREATEST_PEAK, GREATEST_PEAK);
        for (sample, value) in samples.get_mut(start..end)?.iter_mut().zip(&pulse.samples) {
            *sample += (peak * value) as f32;
        }
        // A pulse is normalised by magnitude; its largest value may be negative.
        let largest = pulse.samples.iter().fold(0.0, |m: f64, x| if x.abs() > m.abs() { *x } else { m });
        Some(PlantedClick { start, end, peak: (peak * largest) as f32, kind, channel: self.wall })
    }

    /// Single clicks: a Poisson process, peaks with a Pareto tail.
    pub(super) fn plant_clicks(&mut self, samples: &mut [f32]) {
        let clicks = self.settings.clicks;
        let mut random = Random::new(self.settings.seed, Stream::Clicks, self.wall);
        let least = self.amplitude(clicks.least_peak_db);
        for time in poisson(&mut random, clicks.per_second, samples.len() as f64 / self.rate_hz) {
            let secs = (CLICK_MEDIAN_SECS * (CLICK_SPREAD * random.normal()).exp())
                .clamp(CLICK_SECS.0, CLICK_SECS.1);
            let peak = random.sign() * least * random.pareto(clicks.tail_exponent);
            let click = self.strike(samples, &mut random, time, secs, peak, ClickKind::Click);
            self.planted.extend(click);
        }
    }

    /// Dense small pulses: a Poisson process, normal peaks.
    pub(super) fn plant_crackle(&mut self, samples: &mut [f32]) {
        let crackle = self.settings.crackle;
        let mut random = Random::new(self.settings.seed, Stream::Crackle, self.wall);
        let scale = self.amplitude(crackle.peak_db);
        for time in poisson(&mut random, crackle.per_second, samples.len() as f64 / self.rate_hz) {
            let secs = random.log_between(CRACKLE_SECS.0, CRACKLE_SECS.1);
            let peak = scale * random.normal();
            if let Some(pulse) = self.strike(samples, &mut random, time, secs, peak, ClickKind::Crackle) {
                self.crackle_pulses += 1;
                if crackle.listed {
                    self.planted.push(pulse);
                }
            }
        }
    }

    /// Radial scratches: a tick each turn, over part of the side, at an angle that leans a little. Both walls are cut at the
    /// same place, each to its own depth.
    pub(super) fn plant_ticks(&mut self, samples: &mut [f32]) {
        let ticks = self.settings.ticks;
        let turn_secs = 60.0 / self.settings.turns_per_minute;
        let turns = samples.len() as f64 / self.rate_hz / turn_secs;
        let mut places = Random::new(self.settings.seed, Stream::Ticks, 0);
        let mut depths = Random::new(self.settings.seed, Stream::Ticks, 1 + self.wall);
        for _ in 0..ticks.scratches {
            let angle = places.uniform();
            let lean = places.between(-TICK_LEAN, TICK_LEAN);
            let reach = places.between(0.34, 1.0) * turns;
            let first = places.between(0.0, 1.0) * (turns - reach);
            let secs = places.log_between(TICK_SECS.0, TICK_SECS.1);
            let sign = places.sign();
            let mut turn = first.ceil();
            while turn < first + reach {
                let time = (turn + angle + lean * turn) * turn_secs;
                let peak = sign * self.amplitude(ticks.peak_db + TICK_SPREAD_DB * depths.normal());
                let tick = self.strike(samples, &mut depths, time, secs, peak, ClickKind::Tick);
                self.planted.extend(tick);
                turn += 1.0;
            }
        }
    }

    /// Deep cracks: a crack and the slow swing of the arm after it. Both walls swing together.
    pub(super) fn plant_thumps(&mut self, samples: &mut [f32]) {
        let thumps = self.settings.thumps;
        let mut random = Random::new(self.settings.seed, Stream::Thumps, 0);
        for time in poisson(&mut random, thumps.per_minute / 60.0, samples.len() as f64 / self.rate_hz) {
            let frequency_hz = random.log_between(THUMP_HZ.0, THUMP_HZ.1);
            let decay_secs = random.log_between(THUMP_DECAY_SECS.0, THUMP_DECAY_SECS.1);
            let peak = random.sign() * self.amplitude(thumps.peak_db + 3.0 * random.normal());
            let crack = -peak * 10f64.powf(CRACK_OVER_THUMP_DB / 20.0);
            let crack_secs = random.log_between(200e-6, CLICK_SECS.1);
            let crack = self.strike(samples, &mut random, time, crack_secs, crack, ClickKind::Click);
            self.planted.extend(crack);

            let start = (time * self.rate_hz) as usize;
            let len = (decay_secs * -THUMP_SHARE.ln() * self.rate_hz) as usize;
            let swing: Vec<f64> = (0..len)
                .map(|i| {
                    let t = i as f64 / self.rate_hz;
                    (-t / decay_secs).exp() * (std::f64::consts::TAU * frequency_hz * t).sin()
                })
                .collect();
            let largest = swing.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            if start + len > samples.len() || largest <= 0.0 {
                continue;
            }
            for (sample, value) in samples[start..].iter_mut().zip(&swing) {
                *sample += (peak * value / largest) as f32;
            }
            let end = start + len;
            self.planted.push(PlantedClick {
                start,
                end,
                peak: peak as f32,
                kind: ClickKind::Thump,
                channel: self.wall,
            });
        }
    }
}

/// Instants of a Poisson process of `per_second` over `secs`.
fn poisson(random: &mut Random, per_second: f64, secs: f64) -> Vec<f64> {
    let mut instants = Vec::new();
    if per_second <= 0.0 {
        return instants;
    }
    let mut time = random.exponential() / per_second;
    while time < secs {
        instants.push(time);
        time += random.exponential() / per_second;
    }
    instants
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 44_100.0;

    fn plant(
        settings: &DiscSettings,
        secs: usize,
        how: impl Fn(&mut Planter, &mut [f32]),
    ) -> (Vec<f32>, Vec<PlantedClick>) {
        let mut samples = vec![0.0; secs * 44_100];
        let mut planter = Planter::new(settings, RATE_HZ, 0.05, 0);
        how(&mut planter, &mut samples);
        (samples, planter.planted)
    }

    #[test]
    fn the_truth_covers_every_changed_sample() {
        let mut settings = DiscSettings::preset("hard").unwrap();
        settings.crackle.listed = true;
        let (samples, planted) = plant(&settings, 10, |planter, samples| {
            planter.plant_clicks(samples);
            planter.plant_crackle(samples);
            planter.plant_ticks(samples);
            planter.plant_thumps(samples);
        });
        let mut covered = vec![false; samples.len()];
        planted.iter().for_each(|click| covered[click.start..click.end].fill(true));
        assert!(samples.iter().zip(&covered).all(|(x, inside)| *inside || x.abs() < f32::EPSILON));
        assert!(covered.iter().filter(|x| **x).count() > 1_000);
    }

    #[test]
    fn clicks_come_at_the_rate_asked_for_with_a_heavy_tail() {
        let settings = DiscSettings::preset("hard").unwrap();
        let (_, planted) = plant(&settings, 100, |planter, samples| planter.plant_clicks(samples));
        // 1 200 expected, standard error 35.
        assert!((1_060..=1_340).contains(&planted.len()), "{}", planted.len());
        let least = 0.05f32 * 0.999;
        assert!(
            planted
                .iter()
                .all(|click| click.peak.abs() >= least && f64::from(click.peak.abs()) <= GREATEST_PEAK)
        );
        let ten_times = planted.iter().filter(|click| click.peak.abs() > 0.5).count();
        // 2 % of 1 200 are 24, standard error 5.
        assert!((6..=46).contains(&ten_times), "{ten_times}");
    }

    #[test]
    fn the_peak_in_the_truth_is_the_peak_in_the_signal() {
        let mut settings = DiscSettings::preset("fair").unwrap();
        settings.clicks.per_second = 1.0;
        let (samples, planted) = plant(&settings, 20, |planter, samples| planter.plant_clicks(samples));
        for click in &planted {
            let largest = samples[click.start..click.end]
                .iter()
                .fold(0f32, |m, x| if x.abs() > m.abs() { *x } else { m });
            assert!((largest - click.peak).abs() < 1e-6, "{click:?} {largest}");
        }
    }

    #[test]
    fn ticks_come_once_a_turn() {
        let mut settings = DiscSettings::preset("hard").unwrap();
        settings.ticks.scratches = 1;
        let (_, planted) = plant(&settings, 60, |planter, samples| planter.plant_ticks(samples));
        assert!(planted.len() >= 20, "{}", planted.len());
        let turn = 60.0 / 78.0 * RATE_HZ;
        for pair in planted.windows(2) {
            let distance = (pair[1].start - pair[0].start) as f64;
            assert!((distance / turn - 1.0).abs() < 1e-3, "{distance} samples for {turn}");
        }
    }

    #[test]
    fn changing_one_damage_leaves_the_others() {
        let few = DiscSettings::preset("hard").unwrap();
        let mut many = few.clone();
        many.crackle.per_second *= 2.0;
        let both = |planter: &mut Planter, samples: &mut [f32]| {
            planter.plant_crackle(samples);
            planter.plant_clicks(samples);
        };
        assert_eq!(plant(&few, 5, both).1, plant(&many, 5, both).1);
    }
}
