//! The recording horn: a band with resonances, minimum phase as the real thing.
//!
//! Source: P. Copeland, *Manual of Analogue Sound Restoration Techniques* (British Library 2008), chapter 12. The edges are
//! Butterworth filters, the resonances second-order peaks (R. Bristow-Johnson's cookbook, from the `biquad` crate).
//! Assumes a linear horn: the blasting of loud notes is not simulated.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, ToHertz, Type};
use tonearm_audio::{Hertz, SampleRate};

use super::settings::Horn;
use crate::DspError;
use crate::filter::Butterworth;

/// Order of the lower edge: a horn below its cut-off falls by about 12 dB an octave.
const LOW_EDGE_ORDER: usize = 2;
/// Order of the upper edge: mass-controlled diaphragm and finite stylus in the wax, about 24 dB an octave.
const HIGH_EDGE_ORDER: usize = 4;

/// `samples` as the horn would have recorded them.
pub(super) fn record(horn: &Horn, rate: SampleRate, samples: Vec<f32>) -> Result<Vec<f32>, DspError> {
    if !horn.enabled {
        return Ok(samples);
    }
    let low = Butterworth::high_pass(LOW_EDGE_ORDER, Hertz::new(horn.low_hz), rate)?;
    let high = Butterworth::low_pass(HIGH_EDGE_ORDER, Hertz::new(horn.high_hz), rate)?;
    let mut recorded = high.causal(&low.causal(&samples));
    for resonance in &horn.resonances {
        let coefficients = Coefficients::<f64>::from_params(
            Type::PeakingEQ(resonance.gain_db),
            rate.as_f64().hz(),
            resonance.frequency_hz.hz(),
            resonance.quality,
        );
        // Refused only outside the ranges that the settings were checked against.
        if let Ok(coefficients) = coefficients {
            let mut filter = DirectForm2Transposed::<f64>::new(coefficients);
            for sample in &mut recorded {
                *sample = filter.run(f64::from(*sample)) as f32;
            }
        }
    }
    Ok(recorded)
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::{level, tone};

    use super::*;

    fn gain_db(frequency_hz: f64) -> f64 {
        let rate = SampleRate::new(44_100).unwrap();
        let input = tone::sine(44_100, frequency_hz, 0.1, 44_100);
        let output = record(&Horn::default(), rate, input.clone()).unwrap();
        20.0 * (level::rms(&output[22_050..]) / level::rms(&input[22_050..])).log10()
    }

    #[test]
    fn the_band_ends_where_it_should() {
        let middle = gain_db(550.0);
        assert!(gain_db(60.0) < middle - 20.0, "{}", gain_db(60.0));
        assert!(gain_db(10_000.0) < middle - 30.0, "{}", gain_db(10_000.0));
    }

    #[test]
    fn the_horn_resonates() {
        assert!(gain_db(370.0) - gain_db(550.0) > 2.0);
        assert!(gain_db(2_300.0) - gain_db(1_600.0) > 2.0);
    }
}
