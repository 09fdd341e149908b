//! Summary figures of time errors.

use serde::Serialize;

/// Figures of a set of errors. All but the bias speak of absolute errors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ErrorStatistics {
    /// How many errors.
    pub count: usize,
    /// Mean of the absolute errors, in milliseconds.
    pub mean_ms: f64,
    /// Median of the absolute errors.
    pub median_ms: f64,
    /// 90th percentile of the absolute errors.
    pub p90_ms: f64,
    /// 95th percentile of the absolute errors.
    pub p95_ms: f64,
    /// The largest absolute error.
    pub max_ms: f64,
    /// Mean of the signed errors: positive means late.
    pub bias_ms: f64,
    /// Share of errors up to 20 ms, from 0 to 1.
    pub within_20_ms: f64,
    /// Share of errors up to 50 ms.
    pub within_50_ms: f64,
    /// Share of errors up to 100 ms.
    pub within_100_ms: f64,
    /// Share of errors up to 200 ms.
    pub within_200_ms: f64,
}

/// What binary fractions add to a decimal time, in milliseconds: an error of 20 ms must count as within 20 ms.
const REPRESENTATION_MS: f64 = 1e-6;

impl ErrorStatistics {
    /// The figures of signed errors in milliseconds; none where there are no errors.
    pub fn of(signed_ms: impl Iterator<Item = f64>) -> Option<Self> {
        let signed: Vec<f64> = signed_ms.collect();
        let mut absolute: Vec<f64> = signed.iter().map(|error| error.abs()).collect();
        absolute.sort_by(f64::total_cmp);
        let max_ms = absolute.last().copied()?;
        let count = absolute.len();
        let mean = |errors: &[f64]| errors.iter().sum::<f64>() / count as f64;
        let within = |limit_ms: f64| {
            absolute.partition_point(|&error| error <= limit_ms + REPRESENTATION_MS) as f64 / count as f64
        };
        Some(Self {
            count,
            mean_ms: mean(&absolute),
            median_ms: percentile(&absolute, 0.5),
            p90_ms: percentile(&absolute, 0.9),
            p95_ms: percentile(&absolute, 0.95),
            max_ms,
            bias_ms: mean(&signed),
            within_20_ms: within(20.0),
            within_50_ms: within(50.0),
            within_100_ms: within(100.0),
            within_200_ms: within(200.0),
        })
    }
}

/// The quantile of ascending values, between neighbours in proportion (definition 7 of Hyndman and Fan 1996).
fn percentile(ascending: &[f64], share: f64) -> f64 {
    let place = share * (ascending.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    ascending[below] + (ascending[above] - ascending[below]) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_known_errors() {
        let figures = ErrorStatistics::of([20.0, -50.0, 10.0, 120.0, -400.0].into_iter()).unwrap();
        let shown = [figures.mean_ms, figures.median_ms, figures.p90_ms, figures.max_ms, figures.bias_ms];
        for (shown, expected) in shown.into_iter().zip([120.0, 50.0, 288.0, 400.0, -60.0]) {
            assert!((shown - expected).abs() < 1e-9, "{shown} {expected}");
        }
        let shares =
            [figures.within_20_ms, figures.within_50_ms, figures.within_100_ms, figures.within_200_ms];
        assert_eq!(shares.map(|share| (share * 5.0).round() as u32), [2, 3, 3, 4]);
        assert!(ErrorStatistics::of(std::iter::empty()).is_none());
    }
}
