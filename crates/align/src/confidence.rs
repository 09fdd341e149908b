//! How sure a boundary is: from the posterior probability of each place it may have.
//!
//! The median of the posterior is the place with the least expected error; the interval holds 90 % of it. The posterior knows
//! nothing of a path that went wrong, which noise makes likelier: the half-width that is reported is a line in this one and
//! in the signal-to-noise ratio, fitted so that nine in ten true starts fall inside (`Method::interval_floor_ms`,
//! `Method::interval_slope`, `Method::interval_ms_per_db`). A recording of less than ten seconds of speech teaches little, and in
//! noise less: there the interval is wider (`Method::interval_ms_when_short`, `Method::interval_ms_per_db_when_short`; fitted to single
//! sentences of synthetic voices, hand-labelled ones in view).

use crate::features::HOP_SECS;

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
}
