//! What was done to the programme, complete: the file that restoration is scored against.

use serde::{Deserialize, Serialize};

use super::DiscSettings;

/// The version of the document that this crate writes.
pub const TRUTH_VERSION: u32 = 1;

/// The truth of a simulated disc. Positions are samples of the transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiscTruth {
    /// [`TRUTH_VERSION`].
    pub tonearm_truth: u32,
    /// Samples per second of the transfer.
    pub sample_rate: u32,
    /// Samples of the transfer, in each channel.
    pub samples: usize,
    /// Where the programme begins: what is heard at second 0 of the clean file is heard here, but for the wow.
    pub programme_start: usize,
    /// Where the programme ends.
    pub programme_end: usize,
    /// The wow.
    pub wow: Wow,
    /// Seconds of one turn of the disc: the period of ticks and swish.
    pub turn_secs: f64,
    /// Speech-active level of the programme between 200 and 4 000 Hz, in dBFS.
    pub speech_level_dbfs: f64,
    /// Level of the surface noise over the whole band, in dBFS, without clicks, crackle and hum.
    pub surface_level_dbfs: f64,
    /// Samples that left the range of a fixed-point file and were cut off there.
    pub clipped_samples: usize,
    /// Pulses of crackle, in all channels.
    pub crackle_pulses: usize,
    /// Everything planted, ascending by start; spans may overlap.
    pub clicks: Vec<PlantedClick>,
    /// What was asked for; with the clean file it makes the same disc again.
    pub settings: DiscSettings,
}

/// A span of samples that was damaged. Outside its span a planted pulse adds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlantedClick {
    /// First sample damaged.
    pub start: usize,
    /// One past the last sample damaged.
    pub end: usize,
    /// The largest value that was added, with its sign; 1.0 is full scale.
    pub peak: f32,
    /// What it is.
    pub kind: ClickKind,
    /// The channel, and so the groove wall.
    #[serde(default)]
    pub channel: usize,
}

/// What a planted pulse is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClickKind {
    /// A single click.
    Click,
    /// One crossing of a radial scratch.
    Tick,
    /// The slow swing after a deep crack; the crack itself is a [`ClickKind::Click`] at the same place.
    Thump,
    /// One of the dense small pulses.
    Crackle,
}

/// Speed that swings once a turn. Sound of second `s` of the programme is heard at `s + lead-in + depth·sin(2π·t/period + phase)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wow {
    /// How far an instant is displaced at most, in seconds.
    pub depth_secs: f64,
    /// Seconds of one swing.
    pub period_secs: f64,
    /// Phase at the start of the transfer, in radians.
    pub phase: f64,
}

impl Wow {
    /// The displacement at second `t` of the transfer.
    pub fn displacement(&self, t: f64) -> f64 {
        self.depth_secs * (std::f64::consts::TAU * t / self.period_secs + self.phase).sin()
    }
}

impl DiscTruth {
    /// Where in the transfer, in seconds, second `programme_secs` of the clean file is heard.
    pub fn transfer_time(&self, programme_secs: f64) -> f64 {
        let straight = programme_secs + self.programme_start as f64 / f64::from(self.sample_rate);
        // t = s + D(t): D changes by less than 0.03 of its argument, so three rounds leave less than a nanosecond.
        (0..3).fold(straight, |t, _| straight + self.wow.displacement(t))
    }

    /// The damaged spans of one channel, ascending, those that touch or overlap joined.
    pub fn damaged_spans(
        &self,
        channel: usize,
        mut counts: impl FnMut(&PlantedClick) -> bool,
    ) -> Vec<(usize, usize)> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for click in self.clicks.iter().filter(|click| click.channel == channel && counts(click)) {
            match spans.last_mut() {
                Some(last) if click.start <= last.1 => last.1 = last.1.max(click.end),
                _ => spans.push((click.start, click.end)),
            }
        }
        spans
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn truth_of(clicks: Vec<PlantedClick>, samples: usize) -> DiscTruth {
        DiscTruth {
            tonearm_truth: TRUTH_VERSION,
            sample_rate: 44_100,
            samples,
            programme_start: 0,
            programme_end: samples,
            wow: Wow { depth_secs: 0.0, period_secs: 1.0, phase: 0.0 },
            turn_secs: 60.0 / 78.0,
            speech_level_dbfs: -26.0,
            surface_level_dbfs: -40.0,
            clipped_samples: 0,
            crackle_pulses: 0,
            clicks,
            settings: DiscSettings::default(),
        }
    }

    #[test]
    fn touching_spans_are_joined() {
        let click = |start, end| PlantedClick { start, end, peak: 0.1, kind: ClickKind::Click, channel: 0 };
        let truth = truth_of(vec![click(1, 5), click(3, 4), click(5, 7), click(9, 10)], 20);
        assert_eq!(truth.damaged_spans(0, |_| true), [(1, 7), (9, 10)]);
        assert!(truth.damaged_spans(1, |_| true).is_empty());
    }

    #[test]
    fn the_time_map_inverts_the_wow() {
        let mut truth = truth_of(vec![], 44_100);
        truth.programme_start = 44_100;
        truth.wow = Wow { depth_secs: 0.002, period_secs: 0.77, phase: 0.3 };
        for s in [0.0, 0.4, 7.7] {
            let t = truth.transfer_time(s);
            assert!((t - truth.wow.displacement(t) - 1.0 - s).abs() < 1e-8);
        }
    }
}
