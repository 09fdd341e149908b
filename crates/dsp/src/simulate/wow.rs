//! Wow: the disc's hole is not in its centre, so the pitch swings once a turn.
//!
//! Output at `t` is the input at `t − D(t)`, with `D` from [`Wow::displacement`], by a windowed-sinc interpolation (Kaiser, β 8,
//! 16 samples to each side: errors below −80 dB up to 0.8 of the Nyquist frequency).

use std::f64::consts::{PI, TAU};

use super::pulse::bessel_i0;
use super::random::{Random, Stream};
use super::settings::DiscSettings;
use super::truth::Wow;

const HALF_LENGTH: isize = 16;
const KAISER_BETA: f64 = 8.0;
/// Entries of the window's table for each sample of distance; read by linear interpolation.
const TABLE_STEPS: usize = 512;

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
    let window: Vec<f64> = (0..=HALF_LENGTH as usize * TABLE_STEPS + 1)
        .map(|i| {
            let place = (i as f64 / (HALF_LENGTH as usize * TABLE_STEPS) as f64).min(1.0);
            bessel_i0(KAISER_BETA * (1.0 - place * place).sqrt()) / bessel_i0(KAISER_BETA)
        })
        .collect();
    let window_at = |distance: f64| {
        let step = distance.abs() * TABLE_STEPS as f64;
        let below = step as usize;
        window.get(below).zip(window.get(below + 1)).map_or(0.0, |(a, b)| a + (b - a) * step.fract())
    };
    (0..samples.len())
        .map(|n| {
            let place = n as f64 - wow.displacement((n + programme_start) as f64 / rate_hz) * rate_hz;
            let nearest = place.floor() as isize;
            let fraction = place - nearest as f64;
            // sin(π(x − k)) = ±sin(πx): one sine for all taps.
            let sine = (PI * fraction).sin();
            let mut sum = 0.0;
            for k in 1 - HALF_LENGTH..=HALF_LENGTH {
                let Some(sample) = usize::try_from(nearest + k).ok().and_then(|i| samples.get(i)) else {
                    continue;
                };
                let distance = fraction - k as f64;
                let sinc = if distance.abs() < 1e-9 {
                    1.0
                } else {
                    let sign = if k.rem_euclid(2) == 0 { 1.0 } else { -1.0 };
                    sign * sine / (PI * distance)
                };
                sum += f64::from(*sample) * sinc * window_at(distance);
            }
            sum as f32
        })
        .collect()
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
