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
//! Sources stand in the five files. **Assumptions.** Delay and gain hold for the whole side. **Known failures.** A stylus
//! whose azimuth wanders more than some hundredths of a sample within the side loses the highest octave of the match; damage that strikes both walls
//! at once, as a radial scratch does, is left to the stages that follow.

mod difference;
mod matching;
mod postfilter;
mod selection;
mod weights;

use serde::{Deserialize, Serialize};
use tonearm_audio::Signal;

pub use self::matching::{WallMatch, compare_walls};
use super::{Repair, Stage, StageReport, StageSettings, in_range, scaled};
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
                "the channels differ as stereo does (difference {:+.1} dB of the sum, {:.0} % of it following the programme, in {:.0} % of moments and bands standing out by itself)",
                found.difference_db,
                100.0 * found.difference_follows.unwrap_or(0.0).clamp(0.0, 1.0),
                100.0 * found.difference_stands_out
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
        Self { floor_db: scaled(self.floor_db, strength), ..self.clone() }
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
        report.find("difference_stands_out", found.difference_stands_out, "");
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
mod tests;
