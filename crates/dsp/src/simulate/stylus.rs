//! Tracing distortion: a round stylus does not follow a groove that a sharp one cut.
//!
//! The centre of a stylus of radius `r` runs along the parallel curve of each groove wall. With small slopes the parallel
//! curve of `y(s)` at distance `±r`, expanded to the second order in `r`, is `y ± (r/2)·y'² + (r²/2)·y'²·y''`: the first term
//! has opposite signs on the two walls, so it moves the stylus up and down (second harmonic, heard in one wall alone);
//! the second is common to both (third harmonic, heard in the lateral signal too). As a velocity `u = ẏ` on a groove that runs
//! at speed `V`, with `y' = u/V` and `y'²·y'' = (y'³)'/3`:
//!
//! `u_out = u ± r/(2V²)·d(u²)/dt + r²/(6V⁴)·d²(u³)/dt²`
//!
//! Source of the effect: J. A. Pierce and F. V. Hunt, "On distortion in sound reproduction from phonograph records",
//! J. Acoust. Soc. Am. 10, 1938. The expansion holds while `r·y''` stays well below 1; beyond, the real stylus loses contact
//! and this model only grows. The samples are taken to be velocity, as a magnetic pick-up gives.
//!
//! | here | meaning |
//! |---|---|
//! | `radius` | `r`, metres |
//! | `speed` | `V`, metres a second, falling from the outer to the inner groove |
//! | `velocity_per_unit` | metres a second for a sample of 1.0 |

use super::settings::{DiscSettings, Tracing};

/// What the stylus hears of `programme` on wall `wall` (0 left, 1 right), or in mono (`None`), where the walls' opposite
/// terms cancel.
pub(super) fn trace(
    settings: &DiscSettings,
    programme: &[f32],
    rate_hz: f64,
    wall: Option<usize>,
) -> Vec<f32> {
    let Tracing { stylus_radius_um, peak_velocity_cm_s, outer_radius_mm, inner_radius_mm } = settings.tracing;
    let peak = f64::from(crate::level::peak(programme));
    let radius = stylus_radius_um * 1e-6;
    if radius <= 0.0 || peak <= 0.0 {
        return programme.to_vec();
    }
    let velocity_per_unit = peak_velocity_cm_s * 1e-2 / peak;
    let angular_speed = std::f64::consts::TAU * settings.turns_per_minute / 60.0;
    let len = programme.len();
    let u = |i: usize| f64::from(programme[i]) * velocity_per_unit;
    let wall_sign = match wall {
        None => 0.0,
        Some(0) => 1.0,
        Some(_) => -1.0,
    };
    let mut traced = programme.to_vec();
    for i in 1..len.saturating_sub(1) {
        let place = i as f64 / len as f64;
        let speed = angular_speed * (outer_radius_mm + (inner_radius_mm - outer_radius_mm) * place) * 1e-3;
        let squares = (u(i + 1).powi(2) - u(i - 1).powi(2)) * rate_hz / 2.0;
        let cubes = (u(i + 1).powi(3) - 2.0 * u(i).powi(3) + u(i - 1).powi(3)) * rate_hz * rate_hz;
        let change = wall_sign * radius / (2.0 * speed * speed) * squares
            + radius * radius / (6.0 * speed.powi(4)) * cubes;
        traced[i] = (f64::from(programme[i]) + change / velocity_per_unit) as f32;
    }
    traced
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::{level, tone};

    use super::*;

    const RATE_HZ: u32 = 96_000;
    const FREQUENCY_HZ: f64 = 2_000.0;
    /// The expansion's next order, and differences instead of derivatives, at this slope and rate.
    const TOLERANCE: f64 = 0.02;

    fn settings() -> DiscSettings {
        let mut settings = DiscSettings::default();
        settings.tracing.inner_radius_mm = settings.tracing.outer_radius_mm;
        settings
    }

    /// Sines have closed forms: u²'s second harmonic is u₀²/2 and u³'s third u₀³/4.
    #[test]
    fn harmonics_are_those_of_the_theory() {
        let settings = settings();
        let sine = tone::sine(RATE_HZ, FREQUENCY_HZ, 0.5, RATE_HZ as usize);
        let speed: f64 = std::f64::consts::TAU * 78.0 / 60.0 * 0.12;
        let omega = std::f64::consts::TAU * FREQUENCY_HZ;
        let (u, r) = (0.1, 65e-6);
        let second = r / (2.0 * speed * speed) * (u * u / 2.0) * (2.0 * omega) / u * 0.5;
        let third = r * r / (6.0 * speed.powi(4)) * (u * u * u / 4.0) * (3.0 * omega).powi(2) / u * 0.5;

        let mono = trace(&settings, &sine, f64::from(RATE_HZ), None);
        assert!(level::amplitude_at(&mono, RATE_HZ, 2.0 * FREQUENCY_HZ) < 1e-5);
        let measured = level::amplitude_at(&mono, RATE_HZ, 3.0 * FREQUENCY_HZ);
        assert!((measured / third - 1.0).abs() < TOLERANCE, "{measured} {third}");

        let left = trace(&settings, &sine, f64::from(RATE_HZ), Some(0));
        let measured = level::amplitude_at(&left, RATE_HZ, 2.0 * FREQUENCY_HZ);
        assert!((measured / second - 1.0).abs() < TOLERANCE, "{measured} {second}");
        let right = trace(&settings, &sine, f64::from(RATE_HZ), Some(1));
        for i in 0..sine.len() {
            assert!((0.5 * (left[i] + right[i]) - mono[i]).abs() < 1e-6);
        }
    }

    /// The parallel curve itself, point by point, against the expansion.
    #[test]
    fn the_expansion_agrees_with_the_geometry() {
        let settings = settings();
        let rate = f64::from(RATE_HZ);
        let speed = std::f64::consts::TAU * 78.0 / 60.0 * 0.12;
        let (u, r) = (0.1, 65e-6);
        let k = std::f64::consts::TAU * FREQUENCY_HZ / speed;
        let amplitude = u / (speed * k);
        // Lateral displacement of the stylus at s: the mean of both walls' parallel curves, each solved for its point.
        let parallel = |s: f64, r: f64| {
            let mut at = s;
            for _ in 0..50 {
                let slope = amplitude * k * (k * at).cos();
                at = s + r * slope / (1.0 + slope * slope).sqrt();
            }
            let slope = amplitude * k * (k * at).cos();
            amplitude * (k * at).sin() + r / (1.0 + slope * slope).sqrt()
        };
        let lateral = |s: f64| 0.5 * (parallel(s, r) + parallel(s, -r));
        let step = speed / rate;
        let exact: Vec<f32> = (0..RATE_HZ as usize)
            .map(|i| {
                let s = i as f64 * step;
                ((lateral(s + 0.01 * step) - lateral(s - 0.01 * step)) / (0.02 * step) * speed * 5.0) as f32
            })
            .collect();
        let cosine: Vec<f32> = (0..RATE_HZ as usize)
            .map(|i| (0.5 * (std::f64::consts::TAU * FREQUENCY_HZ * i as f64 / rate).cos()) as f32)
            .collect();
        let model = trace(&settings, &cosine, rate, None);
        let exact_third = level::amplitude_at(&exact, RATE_HZ, 3.0 * FREQUENCY_HZ);
        let model_third = level::amplitude_at(&model, RATE_HZ, 3.0 * FREQUENCY_HZ);
        assert!((model_third / exact_third - 1.0).abs() < 0.1, "{model_third} {exact_third}");
    }
}
