//! How sure a boundary is: from the posterior probability of each place it may have.
//!
//! The median of the posterior is the place with the least expected error; the interval holds 90 % of it. The posterior knows
//! nothing of a path that went wrong, nor of references that speak otherwise: the half-width that is reported is a line in this one,
//! in the signal-to-noise ratio, in how badly the words that meet there fit, and in whether a pause lies before ([`Certainty`]). A recording of
//! less than ten seconds of speech teaches little, and in noise less: there the interval is wider. The numbers (`Method::interval_…`) are fitted by
//! quantile regression, so that nine in ten true starts fall inside, to synthetic voices, read and talking; hand-labelled ones were in view.

use crate::features::HOP_SECS;
use crate::method::Method;

/// Intervals widen over this many dB of noise, in which paths begin to go wrong; what more does shows in the posterior.
const WIDENING_DB: f64 = 5.0;
/// From so much speech on the sounds are learned well enough that more of it narrows no interval.
const ENOUGH_SPEECH_SECS: f64 = 10.0;
/// Doubt up to this one is usual: a word a little worse than the others, or hurried.
const USUAL_DOUBT: f64 = 1.0;

/// Share of the posterior outside the interval, at each end.
const TAIL: f32 = 0.05;

/// Where a boundary lies, in frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// Half the posterior lies before it.
    pub(crate) median: f64,
    /// Half the width of the central 90 %.
    pub(crate) half_width: f64,
    /// How much worse than usual the words that meet there fit; 0 for as usual.
    pub(crate) doubt: f64,
}

impl Interval {
    /// A boundary at `secs` that somebody knows.
    pub(crate) fn known(secs: f64) -> Self {
        Self { median: secs / HOP_SECS, half_width: 0.0, doubt: 0.0 }
    }

    /// Whether somebody knows it: what is measured is never wholly certain.
    pub(crate) fn is_known(self) -> bool {
        self.half_width <= 0.0
    }

    /// Of the probabilities of the places from `first` on; none where they are all zero.
    pub(crate) fn of(posterior: &[f32], first: f64) -> Option<Self> {
        let total: f32 = posterior.iter().sum();
        if total <= 0.0 || !total.is_finite() {
            return None;
        }
        let quantile = |share: f32| {
            let (mut sum, wanted) = (0f32, share * total);
            for (i, p) in posterior.iter().enumerate() {
                if sum + p >= wanted && *p > 0.0 {
                    // A place stands for the frame around it.
                    return first + i as f64 - 0.5 + f64::from((wanted - sum) / p);
                }
                sum += p;
            }
            first + posterior.len() as f64
        };
        let half_width = 0.5 * (quantile(1.0 - TAIL) - quantile(TAIL));
        Some(Self { median: quantile(0.5), half_width, doubt: 0.0 })
    }
}

/// What turns posteriors into intervals, the same for all of a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certainty<'a> {
    method: &'a Method,
    slope: f64,
    /// Of the decibels by which noise hides sounds, those that widen intervals.
    noise_db: f64,
    /// Share of the speech that is wanting for sounds to be learned well.
    missing: f64,
}

impl<'a> Certainty<'a> {
    /// Of `speech_secs` of speech, whose sounds noise hides by `hidden_db`.
    pub(crate) fn of(method: &'a Method, hidden_db: f64, speech_secs: f64, has_recorded_voice: bool) -> Self {
        let slope = if has_recorded_voice { method.interval_slope } else { method.interval_slope_by_rule };
        let missing = (1.0 - speech_secs / ENOUGH_SPEECH_SECS).max(0.0);
        Self { method, slope, noise_db: hidden_db.min(WIDENING_DB), missing }
    }

    /// Half the width of the interval around a start, in ms; nothing where somebody knows it.
    pub(crate) fn half_width_ms(&self, start: Interval, after_pause: bool) -> f64 {
        if start.is_known() {
            return 0.0;
        }
        let (method, doubt) = (self.method, (start.doubt - USUAL_DOUBT).max(0.0));
        let pause_ms = method.interval_ms_after_pause
            + method.interval_ms_per_db_after_pause * self.noise_db
            + method.interval_ms_per_doubt_after_pause * doubt;
        method.interval_floor_ms
            + self.slope * 1e3 * HOP_SECS * start.half_width
            + method.interval_ms_per_db * self.noise_db
            + self.missing
                * (method.interval_ms_when_short + method.interval_ms_per_db_when_short * self.noise_db)
            + method.interval_ms_per_doubt * doubt
            + if after_pause { pause_ms } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sharp_posterior_gives_a_narrow_interval() {
        let sharp = Interval::of(&[0.0, 0.0, 1.0, 0.0], 10.0).unwrap();
        assert!((sharp.median - 12.0).abs() < 1e-6 && sharp.half_width < 0.5);
        let flat = Interval::of(&[0.1; 10], 0.0).unwrap();
        assert!((flat.median - 4.5).abs() < 1e-4 && (flat.half_width - 4.5).abs() < 1e-3);
        assert!(Interval::of(&[0.0; 4], 0.0).is_none());
    }

    #[test]
    fn intervals_widen_with_noise_and_most_where_little_was_said() {
        let method = Method::default();
        let start = Interval { median: 10.0, half_width: 2.0, doubt: 0.0 };
        let wide =
            |hidden_db, secs| Certainty::of(&method, hidden_db, secs, true).half_width_ms(start, false);
        assert!((wide(0.0, 5.0) - wide(0.0, 60.0) - 0.5 * method.interval_ms_when_short).abs() < 1e-9);
        assert!(wide(3.0, 2.0) - wide(0.0, 2.0) > wide(3.0, 60.0) - wide(0.0, 60.0));
        // Paths that noise makes wrong show in the posterior: the line ends at five dB.
        assert!((wide(12.0, 60.0) - wide(WIDENING_DB, 60.0)).abs() < 1e-9);
    }

    #[test]
    fn intervals_widen_in_doubt_after_pauses_and_with_references_by_rule() {
        let method = Method::default();
        let of = |recorded, doubt, after_pause| {
            let start = Interval { median: 10.0, half_width: 2.0, doubt };
            Certainty::of(&method, 2.0, 60.0, recorded).half_width_ms(start, after_pause)
        };
        assert!(of(false, 0.0, false) > of(true, 0.0, false) + 5.0);
        assert!(of(true, 0.0, true) > of(true, 0.0, false) + 5.0);
        // A usual doubt widens nothing; a great one most after a pause, where the word may belong before it.
        assert!((of(true, 1.0, true) - of(true, 0.0, true)).abs() < 1e-9);
        assert!(of(true, 3.0, false) > of(true, 1.0, false) + 5.0);
        assert!(of(true, 3.0, true) - of(true, 1.0, true) > of(true, 3.0, false) - of(true, 1.0, false));
        let known = Certainty::of(&method, 5.0, 1.0, false).half_width_ms(Interval::known(1.0), true);
        assert!(known.abs() < 1e-9);
    }
}
