//! Wow: the disc's hole is not in its centre, so the pitch swings once a turn.
//!
//! Output at `t` is the input at `t − D(t)`, with `D` from [`Wow::displacement`], by a windowed-sinc interpolation (Kaiser, β 8,
//! 16 samples to each side: errors below −80 dB up to 0.8 of the Nyquist frequency).

use std::f64::consts::TAU;

use super::random::{Random, Stream};
use super::settings::DiscSettings;
use super::truth::Wow;
use crate::WindowedSinc;

const HALF_LENGTH: usize = 16;
const KAISER_BETA: f64 = 8.0;
/// The wow of a disc.
pub(super) fn of(settings: &DiscSettings) -> Wow {
    let period_secs = 60.0 / settings.turns_per_minute;
    Wow {
        depth_secs: settings.wow_percent / 100.0 * period_secs / TAU,
        period_secs,
        phase: Random::new(settings.seed, Stream::Wow, 0).between(0.0, TAU),
    }
}

/// `samples` with the wow; `programme_start` is the sample of the transfer that sample 0 will be.
pub(super) fn bend(wow: &Wow, samples: Vec<f32>, rate_hz: f64, programme_start: usize) -> Vec<f32> {
    if wow.depth_secs <= 0.0 {
        return samples;
    }
    let sinc = WindowedSinc::new(HALF_LENGTH, KAISER_BETA, 1.0);
    let place = |n: usize| n as f64 - wow.displacement((n + programme_start) as f64 / rate_hz) * rate_hz;
    (0..samples.len()).map(|n| sinc.at(&samples, place(n)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::level;

    use super::*;

    /// The bent sine has a closed form: the sine at the displaced instant.
    #[test]
    fn a_sine_is_bent_as_the_formula_says() {
        let wow = Wow { depth_secs: 0.001, period_secs: 0.77, phase: 1.0 };
        let sine = |t: f64| (TAU * 3_000.0 * t).sin() as f32 * 0.5;
        let straight: Vec<f32> = (0..44_100).map(|n| sine(n as f64 / 44_100.0)).collect();
        let bent = bend(&wow, straight, 44_100.0, 4_410);
        let wanted: Vec<f32> = (0..44_100)
            .map(|n| {
                let t = n as f64 / 44_100.0;
                sine(t - wow.displacement(t + 0.1))
            })
            .collect();
        let middle = 1_000..43_000;
        let snr = level::snr_db(&wanted[middle.clone()], &bent[middle]);
        assert!(snr > 80.0, "{snr} dB");
    }

    #[test]
    fn without_wow_nothing_changes() {
        let wow = Wow { depth_secs: 0.0, period_secs: 0.77, phase: 1.0 };
        assert_eq!(bend(&wow, vec![0.1, 0.2], 8_000.0, 0), [0.1, 0.2]);
    }
}
