//! Throughput as engineers of audio read it: seconds of sound worked on in a second, `87.3 × real time`.
//!
//! A benchmark says with [`sound`] how much sound one iteration takes; criterion's own clock measures, and prints times as always.

use std::time::Instant;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput};

/// What a throughput counts.
const COUNTS_PER_SECOND: f64 = 1e6;

/// Wall time, with throughput in multiples of real time.
pub(crate) struct RealTime(WallTime);

/// Criterion with this measurement.
pub(crate) fn criterion() -> Criterion<RealTime> {
    Criterion::default().with_measurement(RealTime(WallTime))
}

/// The throughput of an iteration that takes `samples` of sound at `rate_hz`.
pub(crate) fn sound(samples: usize, rate_hz: u32) -> Throughput {
    Throughput::Elements((samples as f64 * COUNTS_PER_SECOND / f64::from(rate_hz)).round() as u64)
}

impl Measurement for RealTime {
    type Intermediate = Instant;
    type Value = std::time::Duration;

    fn start(&self) -> Self::Intermediate {
        self.0.start()
    }

    fn end(&self, started: Self::Intermediate) -> Self::Value {
        self.0.end(started)
    }

    fn add(&self, one: &Self::Value, other: &Self::Value) -> Self::Value {
        self.0.add(one, other)
    }

    fn zero(&self) -> Self::Value {
        self.0.zero()
    }

    fn to_f64(&self, value: &Self::Value) -> f64 {
        self.0.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Multiples
    }
}

/// Prints times as criterion does, and throughput as multiples of real time.
struct Multiples;

impl Multiples {
    /// Seconds of sound per second, of an iteration of so many nanoseconds; none where the throughput counts something else.
    fn of(throughput: &Throughput, nanoseconds: f64) -> Option<f64> {
        match throughput {
            Throughput::Elements(count) => Some(*count as f64 / COUNTS_PER_SECOND / (nanoseconds * 1e-9)),
            _ => None,
        }
    }
}

impl ValueFormatter for Multiples {
    fn format_throughput(&self, throughput: &Throughput, value: f64) -> String {
        match Self::of(throughput, value) {
            Some(multiple) => format!("{multiple:.1} × real time"),
            None => WallTime.formatter().format_throughput(throughput, value),
        }
    }

    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_values(typical, values)
    }

    fn scale_throughputs(&self, typical: f64, throughput: &Throughput, values: &mut [f64]) -> &'static str {
        if Self::of(throughput, typical).is_none() {
            return WallTime.formatter().scale_throughputs(typical, throughput, values);
        }
        for value in values {
            *value = Self::of(throughput, *value).unwrap_or(*value);
        }
        "× real time"
    }

    fn scale_for_machines(&self, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_for_machines(values)
    }
}
