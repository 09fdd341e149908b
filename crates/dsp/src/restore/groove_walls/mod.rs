//! Groove walls: two views of one groove made into one signal that is better than either.
//!
//! A mono groove played with a stereo pick-up gives each of its walls in a channel. Both carry the programme; dirt, wear and
//! scratches are each wall's own. The walls are matched (polarity, delay to a fraction of a sample, gain: `matching`), damage
//! that the other wall does not have is passed over sample by sample (`selection`), and what is left is weighed by the noise
//! of each wall, band by band (`weights`); what noise the sum still has where the walls share nothing is lowered
//! (`postfilter`). A lateral cut moves the walls together, a vertical cut (cylinders, Pathé discs)
//! against one another; the right wall is then turned over.
//!
//! **What comes out.** Length, rate and channel count are the input's: both channels carry the combined signal, at the level
//! and time of the left wall. So the stage is additive: what was removed from each wall can be heard. In a vertical cut the
//! right wall's share of what was removed holds the programme twice, because the wall was turned over.
//!
//! **Left as it is** is whatever is not two walls of a mono groove: one channel, more than two, two that are the same, two that
//! have too little in common, and stereo, where the difference of the channels is programme.
//!
//! Sources stand in the four files. **Assumptions.** Delay and gain hold for the whole side. **Known failures.** A stylus
//! whose azimuth wanders more than some hundredths of a sample within the side loses the highest octave of the match; damage that strikes both walls
//! at once, as a radial scratch does, is left to the stages that follow.

mod matching;
mod postfilter;
mod selection;
mod weights;

use serde::{Deserialize, Serialize};
use tonearm_audio::Signal;

pub use self::matching::{WallMatch, compare_walls};
use super::{Repair, Stage, StageReport, StageSettings, in_range};
use crate::{DspError, WindowedSinc, level};

/// How [`GrooveWalls`] combines two walls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrooveWallsSettings {
    /// Which way the groove was cut: `auto`, `lateral` or `vertical`.
    pub cut: GrooveCut,
    /// How far what the walls do not share may be lowered after they are summed, in decibels: −40 to 0, default −6. At 0 the
    /// walls are summed alone. In a restoration with the spectral gate that stage does it, and this counts as 0: the gate must
    /// see the noise as it is.
    pub floor_db: f64,
}

impl Default for GrooveWallsSettings {
    /// At −6 dB the noise still sounds like the disc's, and simulated discs gain 3.8 dB and more over their better wall.
    fn default() -> Self {
        Self { cut: GrooveCut::default(), floor_db: -6.0 }
    }
}

/// Which way a groove was cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrooveCut {
    /// Told from how the walls move.
    #[default]
    Auto,
    /// Side to side: the walls move together.
    Lateral,
    /// Up and down: the walls move against one another.
    Vertical,
}

/// Combines the two walls of a mono groove.
#[derive(Clone, Debug)]
pub struct GrooveWalls {
    settings: GrooveWallsSettings,
}

/// A delay below this many samples is none: at −60 dB up to 8 kHz at 44.1 kHz, and interpolation would cost more.
const LEAST_DELAY_SAMPLES: f64 = 0.001;
/// The interpolator that moves the right wall: errors below −90 dB up to 0.85 of the Nyquist frequency.
const HALF_LENGTH: usize = 32;
const KAISER_BETA: f64 = 9.0;

impl GrooveWalls {
    /// The stage with checked settings.
    ///
    /// # Errors
    /// [`DspError::Setting`] where one lies outside its range.
    pub fn new(settings: GrooveWallsSettings) -> Result<Self, DspError> {
        in_range("groove-walls.floor_db", settings.floor_db, -40.0, 0.0, "dB")?;
        Ok(Self { settings })
    }

    /// Why two channels are not the walls of one groove; none where they are.
    fn objection(&self, found: &WallMatch) -> Option<String> {
        let correlation = match self.settings.cut {
            GrooveCut::Auto => found.correlation.abs(),
            GrooveCut::Lateral => found.correlation,
            GrooveCut::Vertical => -found.correlation,
        };
        if !found.have_enough_in_common(correlation) {
            return Some(format!(
                "the channels have too little in common to be the walls of one {}groove (correlation {:.2})",
                match self.settings.cut {
                    GrooveCut::Auto => "",
                    GrooveCut::Lateral => "lateral ",
                    GrooveCut::Vertical => "vertical ",
                },
                found.correlation
            ));
        }
        found.is_stereo().then(|| {
            format!(
                "the channels differ as stereo does (difference {:+.1} dB of the sum, {:.0} % of it following the programme)",
                found.difference_db,
                100.0 * found.difference_follows.unwrap_or(0.0).clamp(0.0, 1.0)
            )
        })
    }
}

impl StageSettings for GrooveWallsSettings {
    type Stage = GrooveWalls;

    fn build(&self) -> Result<GrooveWalls, DspError> {
        GrooveWalls::new(self.clone())
    }

    /// Less of the noise is lowered; the walls are summed all the same.
    fn at_strength(&self, strength: f64) -> Self {
        Self { floor_db: strength * self.floor_db, ..self.clone() }
    }
}

impl Stage for GrooveWalls {
    fn name(&self) -> &'static str {
        "groove-walls"
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let mut report = StageReport::new(self.name());
        let untouched = |mut report: StageReport, why: &str| {
            report.summary = format!("left as it is: {why}");
            Ok((signal.clone(), report))
        };
        let [left, right] = signal.channels() else {
            let count = signal.channel_count();
            let why = if count == 1 { "one channel, so one view of the groove" } else { "not two channels" };
            return untouched(report, why);
        };
        if left == right {
            return untouched(report, "both channels are the same");
        }
        let rate = signal.sample_rate();
        let Some(found) = compare_walls(left, right, rate)? else {
            return untouched(report, "too short or too quiet to compare the walls");
        };
        report.find("correlation", found.correlation, "");
        report.find("difference", found.difference_db, "dB");
        if let Some(follows) = found.difference_follows {
            report.find("difference_follows", follows, "");
        }
        if let Some(objection) = self.objection(&found) {
            report.warnings.push(format!("{objection}; they stay as they are"));
            return untouched(report, &objection);
        }
        let vertical = found.correlation < 0.0;
        let mut left = left.clone();
        let mut matched = matched(right, &found, vertical);
        let damaged = selection::find(&left, &matched, rate);
        selection::apply(&mut left, &mut matched, &damaged);
        let least_gain = 10f64.powf(self.settings.floor_db / 20.0);
        let (combined, left_share) = weights::combine(&left, &matched, rate, least_gain)?;

        report.repairs = damaged
            .iter()
            .map(|d| Repair {
                channel: d.wall,
                start: d.span.start,
                end: d.span.end,
                confidence: confidence(d.score),
            })
            .collect();
        report.find("right_wall_late", found.delay_samples / rate.as_f64() * 1e6, "µs");
        report.find("left_over_right", level::dbfs(found.gain).get(), "dB");
        report.find("vertical_cut", f64::from(u8::from(vertical)), "");
        report.find("damage_passed_over", damaged.len() as f64, "");
        report.find("left_wall_share", left_share, "");
        report.summary = format!(
            "{} cut; the right wall {:+.2} samples late and {:+.1} dB; {} damaged places taken from the other wall; the left wall has {:.0} % of the rest",
            if vertical { "vertical" } else { "lateral" },
            found.delay_samples,
            -level::dbfs(found.gain).get(),
            damaged.len(),
            100.0 * left_share
        );
        Ok((Signal::new(rate, vec![combined.clone(), combined])?, report))
    }
}

/// The right wall at the left one's polarity, time and level.
fn matched(right: &[f32], found: &WallMatch, vertical: bool) -> Vec<f32> {
    let gain = if vertical { -found.gain } else { found.gain };
    if found.delay_samples.abs() < LEAST_DELAY_SAMPLES {
        return right.iter().map(|x| (f64::from(*x) * gain) as f32).collect();
    }
    let sinc = WindowedSinc::new(HALF_LENGTH, KAISER_BETA, 1.0);
    (0..right.len()).map(|n| (sinc.at(right, n as f64 + found.delay_samples) * gain) as f32).collect()
}

/// A probability from a score: ½ at 4 standard deviations, 0.9 at 6.
fn confidence(score: f32) -> f32 {
    1.0 / (1.0 + (-1.1 * (score - 4.0)).exp())
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;
    use tonearm_testkit::{click, level, noise, speech, tone};

    use super::matching::LEAST_CORRELATION;
    use super::*;

    const RATE_HZ: u32 = 44_100;

    fn rate() -> SampleRate {
        SampleRate::new(RATE_HZ).unwrap()
    }

    fn run(signal: &Signal) -> (Signal, StageReport) {
        run_with(signal, GrooveWallsSettings::default().floor_db)
    }

    fn run_with(signal: &Signal, floor_db: f64) -> (Signal, StageReport) {
        let settings = GrooveWallsSettings { floor_db, ..Default::default() };
        GrooveWalls::new(settings).unwrap().process(signal).unwrap()
    }

    /// Two walls with independent noise and clicks; the right one late by `delay` samples and scaled by `gain`.
    fn walls(seed: u64, noise_rms: [f64; 2], clicks: bool, delay: f64, gain: f64) -> (Vec<f32>, Signal) {
        let programme = speech::speech_like(seed, RATE_HZ, 5.0).samples;
        let sinc = WindowedSinc::new(HALF_LENGTH, KAISER_BETA, 1.0);
        let channels = [0u64, 1]
            .map(|wall| {
                let late = if wall == 0 { 0.0 } else { delay };
                let mut samples: Vec<f32> =
                    (0..programme.len()).map(|n| sinc.at(&programme, n as f64 - late) as f32).collect();
                let surface =
                    noise::surface(seed + 7 * wall + 100, RATE_HZ, samples.len(), noise_rms[wall as usize]);
                noise::add(&mut samples, &surface);
                if clicks {
                    let plan = click::ClickPlan { rate_hz: RATE_HZ, ..Default::default() };
                    click::plant(seed + 13 * wall + 200, &mut samples, &plan);
                }
                let scale = if wall == 0 { 1.0 } else { gain as f32 };
                samples.iter().map(|x| scale * x).collect()
            })
            .to_vec();
        (programme, Signal::new(rate(), channels).unwrap())
    }

    /// The better wall's SNR, and that of the combination.
    fn snrs(programme: &[f32], walls: &Signal, output: &Signal, delay: f64, gain: f64) -> (f64, f64) {
        let found = WallMatch {
            correlation: 1.0,
            delay_samples: delay,
            gain: 1.0 / gain,
            difference_db: -99.0,
            difference_follows: None,
        };
        let right = matched(walls.channel(1), &found, gain < 0.0);
        let right: Vec<f32> = if gain < 0.0 { right.iter().map(|x| -x).collect() } else { right };
        let better = level::snr_db(programme, walls.channel(0)).max(level::snr_db(programme, &right));
        (better, level::snr_db(programme, output.channel(0)))
    }

    /// What independent damage must gain over the better wall, in dB.
    const GAIN_DB: f64 = 3.0;
    /// 0.03 samples are −35 dB at 3 kHz, below the noise of any disc.
    const DELAY_SAMPLES: f64 = 0.03;

    /// With clicks, over several voices.
    #[test]
    fn independent_damage_leaves_the_better_wall_far_behind() {
        for seed in [1, 2, 3] {
            let (programme, input) = walls(seed, [0.01, 0.01], true, 0.37, 0.9);
            let (output, _) = run(&input);
            let (better, combined) = snrs(&programme, &input, &output, 0.37, 0.9);
            assert!(combined > better + GAIN_DB, "{combined:.1} dB, better wall {better:.1} dB");
            assert_eq!(output.channel(0), output.channel(1));
        }
    }

    #[test]
    fn equal_noise_loses_three_decibels_and_a_bad_wall_does_no_harm() {
        let run = |input: &Signal| run_with(input, 0.0);
        let (programme, input) = walls(4, [0.01, 0.01], false, 0.0, 1.0);
        let (better, combined) = snrs(&programme, &input, &run(&input).0, 0.0, 1.0);
        assert!(combined > better + 2.8, "{combined:.2} dB, better wall {better:.2} dB");
        // A wall 12 dB noisier adds 10·log₁₀(1 + 1/16) = 0.26 dB at best.
        let (programme, input) = walls(5, [0.01, 0.04], false, 0.0, 1.0);
        let (better, combined) = snrs(&programme, &input, &run(&input).0, 0.0, 1.0);
        assert!(combined > better + 0.1, "{combined:.2} dB, better wall {better:.2} dB");
    }

    /// Below what a speech of the whole band leaves uncovered: discs, which end at 4 kHz, gain 1.5 dB and more.
    const LOWERED_DB: f64 = 0.4;

    #[test]
    fn noise_that_no_programme_covers_is_lowered() {
        for seed in [41, 42, 43] {
            let (programme, input) = walls(seed, [0.01, 0.012], false, 0.0, 1.0);
            let (_, summed) = snrs(&programme, &input, &run_with(&input, 0.0).0, 0.0, 1.0);
            let (_, lowered) = snrs(&programme, &input, &run(&input).0, 0.0, 1.0);
            assert!(lowered > summed + LOWERED_DB, "{lowered:.2} dB, summed alone {summed:.2} dB");
        }
    }

    /// Speech some decibels below the noise is still the same speech on both walls; two voices in as much noise are not.
    #[test]
    fn walls_are_known_in_noise_louder_than_the_programme() {
        for seed in [31, 32, 33] {
            let (programme, _) = walls(seed, [0.0, 0.0], false, 0.0, 1.0);
            let noise_rms = 3.0 * level::rms(&programme);
            let (_, input) = walls(seed, [noise_rms, noise_rms], false, 0.2, 1.0);
            let (output, report) = run(&input);
            assert!(report.finding("correlation").unwrap() < LEAST_CORRELATION, "{}", report.summary);
            let (better, combined) = snrs(&programme, &input, &output, 0.2, 1.0);
            assert!(
                combined > better + 2.5,
                "{combined:.2} dB, better wall {better:.2} dB: {}",
                report.summary
            );
            let (_, other) = walls(seed + 10, [noise_rms, noise_rms], false, 0.0, 1.0);
            let unrelated =
                Signal::new(rate(), vec![input.channel(0).to_vec(), other.channel(1).to_vec()]).unwrap();
            assert_eq!(run(&unrelated).0, unrelated);
        }
    }

    #[test]
    fn delay_and_gain_are_found() {
        for (delay, gain) in [(0.0, 1.0), (0.31, 0.8), (-2.6, 1.3), (7.25, 1.0)] {
            let (_, input) = walls(6, [0.01, 0.013], true, delay, gain);
            let found = compare_walls(input.channel(0), input.channel(1), rate()).unwrap().unwrap();
            assert!((found.delay_samples - delay).abs() < DELAY_SAMPLES, "{found:?} for {delay}");
            assert!((found.gain * gain - 1.0).abs() < 0.02, "{found:?} for {gain}");
        }
    }

    #[test]
    fn a_vertical_cut_is_turned_over() {
        let (programme, input) = walls(7, [0.01, 0.01], true, 0.2, -1.0);
        let (output, report) = run(&input);
        let (better, combined) = snrs(&programme, &input, &output, 0.2, -1.0);
        assert!(combined > better + GAIN_DB, "{combined:.1} dB, better wall {better:.1} dB");
        assert!(report.finding("vertical_cut").unwrap() > 0.5);
        let lateral =
            GrooveWalls::new(GrooveWallsSettings { cut: GrooveCut::Lateral, ..Default::default() }).unwrap();
        let (left_alone, report) = lateral.process(&input).unwrap();
        assert_eq!(left_alone, input);
        assert_eq!(report.warnings.len(), 1);
    }

    #[test]
    fn what_is_not_two_walls_stays_bit_for_bit() {
        let speech = speech::speech_like(8, RATE_HZ, 2.0).samples;
        let other = speech::speech_like(9, RATE_HZ, 2.0).samples;
        let mono = Signal::mono(rate(), speech.clone()).unwrap();
        let twice = Signal::new(rate(), vec![speech.clone(); 2]).unwrap();
        let unrelated = Signal::new(rate(), vec![speech.clone(), other.clone()]).unwrap();
        // Stereo: a voice in the middle, another on the left, a tone on the right.
        let side = tone::sine(RATE_HZ, 700.0, 0.1, speech.len());
        let stereo = vec![
            speech.iter().zip(&other).map(|(a, b)| 0.5 * a + b).collect(),
            speech.iter().zip(&side).map(|(a, b)| 0.5 * a + b).collect(),
        ];
        let stereo = Signal::new(rate(), stereo).unwrap();
        for input in [mono, twice, unrelated, stereo] {
            let (output, report) = run(&input);
            assert_eq!(output, input, "{}", report.summary);
            assert!(report.summary.starts_with("left as it is"));
        }
    }

    #[test]
    fn clean_walls_stay_clean() {
        let (programme, input) = walls(10, [0.0, 0.0], false, 0.0, 0.8);
        let (output, _) = run(&input);
        let snr = level::snr_db(&programme, output.channel(0));
        assert!(snr > 60.0, "{snr:.1} dB");
    }

    #[test]
    fn silence_and_nothing_pass() {
        for len in [0, 1, 50_000] {
            let silence = Signal::new(rate(), vec![vec![0.0; len], vec![0.0; len]]).unwrap();
            assert_eq!(run(&silence).0, silence);
            let half = Signal::new(rate(), vec![vec![0.1; len], vec![0.0; len]]).unwrap();
            assert_eq!(run(&half).0, half);
        }
    }

    #[test]
    fn a_stereo_programme_stays_though_its_channels_correlate() {
        let (a, b) =
            (speech::speech_like(21, RATE_HZ, 5.0).samples, speech::speech_like(22, RATE_HZ, 5.0).samples);
        let side = |near: &[f32], far: &[f32]| near.iter().zip(far).map(|(x, y)| x + 0.5 * y).collect();
        let stereo = Signal::new(rate(), vec![side(&a, &b), side(&b, &a)]).unwrap();
        let (output, report) = run(&stereo);
        assert!(report.finding("correlation").unwrap() > LEAST_CORRELATION, "{}", report.summary);
        assert_eq!(output, stereo, "{}", report.summary);
    }
}
