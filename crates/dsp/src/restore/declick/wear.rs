//! Whether surface noise lies on the whole recording: what stands out of it is then damage, and elsewhere may be the programme's.
//!
//! On a worn disc the noise holds the scale of the prediction error within a factor of about 3, in a clean recording speech and pauses
//! differ by 10 and more (the *unrest*). The scale's logarithm is the mean of the spectrum's, over the whole band: where the
//! band is narrow the programme moves more of it, and more unrest means the same.
//!
//! Steady tones (organ, accordion) have no unrest either, nor has a voice between whose pulses the room's noise is all there is. But
//! the prediction error of tones is a row of lines, and that of a clean recording lies far below the programme.

use tonearm_audio::SampleRate;

use crate::restore::noise_share::{LEAST_NOISE, noise_share};
use crate::restore::whitened::Whitened;

/// The unrest of a worn disc at most, at the full band; the power of the band's share by which more is allowed, and the rate that
/// has the full band. Found with `declick_bench --only harm,clicks,edges`.
const UNREST_ALLOWED: f32 = 1.8;
const BAND_POWER: f64 = 0.7;
const FULL_BAND_HZ: f64 = 44_100.0;
/// How far the error may lie below the programme on a worn disc: 45 dB. Discs with 20 dB of noise have 22 dB, creaking voices 57 dB.
const LEAST_LEVEL: f32 = 0.005_6;
/// What is no worn disc counts as having this much unrest at least, in octaves above what is allowed.
const CLEAN_OCTAVES: f32 = 1.0;

/// What was heard of a recording's surface.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wear {
    octaves: f32,
}

impl Wear {
    /// Of a recording of `rate` whose programme has the level `programme`.
    pub(super) fn of(whitened: &Whitened, rate: SampleRate, programme: f32) -> Self {
        let band = (rate.as_f64() / FULL_BAND_HZ).min(1.0).powf(BAND_POWER) as f32;
        let octaves = band * whitened.unrest().log2() - UNREST_ALLOWED.log2();
        // The spectrum is looked at only where it can decide.
        let clean = || {
            whitened.usual_scale() < LEAST_LEVEL * programme
                || noise_share(whitened.forward(), rate) < LEAST_NOISE
        };
        Self { octaves: if octaves < CLEAN_OCTAVES && clean() { CLEAN_OCTAVES } else { octaves } }
    }

    /// Surface noise lies on it.
    pub(super) fn is_worn(self) -> bool {
        self.octaves <= 0.0
    }

    /// The unrest in octaves above what is allowed; below 0 for what is worn.
    pub(super) fn octaves(self) -> f32 {
        self.octaves
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::instrument::Instrument;
    use tonearm_testkit::random::Random;

    use super::*;

    fn wear(samples: &[f32], rate_hz: u32, programme: f32) -> Wear {
        let whitened = Whitened::of(samples, samples, f64::from(rate_hz), 0, 1e-6);
        Wear::of(&whitened, SampleRate::new(rate_hz).unwrap(), programme)
    }

    /// Noise whose level swings between 1 and `swing` every half second.
    fn swinging(swing: f64, rate_hz: u32) -> Vec<f32> {
        let mut random = Random::new(3);
        let level = |i: u32| if (i / (rate_hz / 2)).is_multiple_of(2) { 0.01 } else { 0.01 * swing };
        (0..4 * rate_hz).map(|i| (level(i) * random.normal()) as f32).collect()
    }

    #[test]
    fn noise_that_hardly_swings_is_wear_and_in_a_narrow_band_it_may_swing_more() {
        assert!(wear(&swinging(1.2, 44_100), 44_100, 0.1).is_worn());
        assert!(!wear(&swinging(3.0, 44_100), 44_100, 0.1).is_worn());
        assert!(wear(&swinging(3.0, 11_025), 11_025, 0.1).is_worn());
        assert!(!wear(&swinging(9.0, 11_025), 11_025, 0.1).is_worn());
    }

    #[test]
    fn noise_far_below_the_programme_is_a_clean_recording() {
        assert!(!wear(&swinging(1.2, 44_100), 44_100, 10.0).is_worn());
    }

    #[test]
    fn steady_pipes_are_no_wear() {
        for seed in [301, 303, 501] {
            let organ = Instrument::Organ.play(seed, 44_100, 6.0);
            assert!(!wear(&organ, 44_100, 0.1).is_worn(), "{seed}");
        }
    }
}
