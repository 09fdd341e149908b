//! Changing the sample rate.
//!
//! Band-limited interpolation by FFT, from rubato's synchronous resampler: a linear-phase filter (squared
//! Blackman–Harris window) in blocks of at least [`MIN_BLOCK_FRAMES`] input samples, flat to about 95 % of the lower of
//! both Nyquist frequencies. The delay of the filter is taken off, so an instant keeps its place: sample `n` of the
//! output lies at `n / to` seconds, as sample `m` of the input lies at `m / from`.

use rubato::audioadapter::Adapter;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};
use tonearm_audio::{SampleRate, Signal};

use crate::DspError;

/// The shortest block. The filter is as long as a block: longer blocks make its edge steeper and cost little.
const MIN_BLOCK_FRAMES: usize = 2048;

/// The signal at another rate; its length is `len · to / from`, rounded to the nearest sample.
///
/// # Errors
/// [`DspError::Resample`] where the resampler cannot be built.
pub fn resample(signal: &Signal, to: SampleRate) -> Result<Signal, DspError> {
    let from = signal.sample_rate();
    if from == to {
        return Ok(signal.clone());
    }
    let len = resampled_len(signal.len(), from, to);
    let failed = |reason: String| DspError::Resample { from_hz: from.hz(), to_hz: to.hz(), reason };
    let mut resampler = Fft::<f32>::new_custom(
        from.hz() as usize,
        to.hz() as usize,
        block_frames(from, to),
        1,
        signal.channel_count(),
        WindowFunction::BlackmanHarris2,
        FixedSync::Both,
    )
    .map_err(|error| failed(error.to_string()))?;
    let input = SequentialSliceOfVecs::new(signal.channels(), signal.channel_count(), signal.len())
        .map_err(|error| failed(error.to_string()))?;
    let output =
        resampler.process_all(&input, signal.len(), None).map_err(|error| failed(error.to_string()))?;
    let channels = (0..signal.channel_count())
        .map(|channel| (0..len).map(|n| output.read_sample(channel, n).unwrap_or(0.0)).collect())
        .collect();
    Ok(Signal::new(to, channels)?)
}

/// How many samples [`resample`] makes of `len`.
pub fn resampled_len(len: usize, from: SampleRate, to: SampleRate) -> usize {
    let scaled = len as u128 * u128::from(to.hz());
    ((scaled + u128::from(from.hz()) / 2) / u128::from(from.hz())) as usize
}

/// A block of a whole and *even* number of periods of the two rates: the delay, half a block, is then a whole number of
/// samples on both sides and can be taken off exactly.
fn block_frames(from: SampleRate, to: SampleRate) -> usize {
    let period = (from.hz() / greatest_common_divisor(from.hz(), to.hz())) as usize;
    let even_period = 2 * period;
    MIN_BLOCK_FRAMES.div_ceil(even_period) * even_period
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    const PAIRS: [(u32, u32); 7] = [
        (44_100, 16_000),
        (16_000, 44_100),
        (48_000, 44_100),
        (8_000, 48_000),
        (96_000, 44_100),
        (44_100, 22_050),
        (11_025, 16_000),
    ];

    #[test]
    fn a_sine_keeps_its_frequency_phase_and_level() {
        let f_hz = 440.0;
        for (from, to) in PAIRS {
            let sine = |hz: u32, len: usize| -> Vec<f32> {
                (0..len)
                    .map(|n| (0.5 * (std::f64::consts::TAU * f_hz * n as f64 / f64::from(hz)).sin()) as f32)
                    .collect()
            };
            let input = Signal::mono(rate(from), sine(from, from as usize)).unwrap();
            let output = resample(&input, rate(to)).unwrap();
            assert_eq!(output.len(), to as usize);
            let expected = sine(to, to as usize);
            // The ends ring where the sine is cut off; within them the two agree to −90 dB.
            let inside = to as usize / 4..to as usize * 3 / 4;
            let worst = output.channel(0)[inside.clone()]
                .iter()
                .zip(&expected[inside])
                .fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst < 3e-5, "{from} to {to}: off by {worst}");
        }
    }

    #[test]
    fn an_impulse_stays_where_it_was() {
        for (from, to) in PAIRS {
            let at = from as usize * 2 / 5;
            let mut samples = vec![0.0; from as usize];
            samples[at] = 1.0;
            let output = resample(&Signal::mono(rate(from), samples).unwrap(), rate(to)).unwrap();
            let x = output.channel(0);
            let largest = (0..x.len()).max_by(|a, b| x[*a].abs().total_cmp(&x[*b].abs())).unwrap();
            assert_eq!(largest, to as usize * 2 / 5, "{from} to {to}");
            for n in 1..40 {
                assert!(
                    (x[largest - n] - x[largest + n]).abs() < 1e-4,
                    "{from} to {to}: not symmetric at {n}"
                );
            }
        }
    }

    #[test]
    fn lengths_are_rounded_and_short_signals_work() {
        assert_eq!(resampled_len(441, rate(44_100), rate(16_000)), 160);
        assert_eq!(resampled_len(2, rate(44_100), rate(16_000)), 1);
        for len in [0, 1, 5, 3_000] {
            let input = Signal::new(rate(44_100), vec![vec![0.25; len], vec![0.0; len]]).unwrap();
            let output = resample(&input, rate(48_000)).unwrap();
            assert_eq!(output.len(), resampled_len(len, rate(44_100), rate(48_000)));
            assert_eq!(output.channel_count(), 2);
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_gone() {
        let tone: Vec<f32> = (0..44_100)
            .map(|n| (std::f64::consts::TAU * 12_000.0 * f64::from(n) / 44_100.0).sin() as f32)
            .collect();
        let output = resample(&Signal::mono(rate(44_100), tone).unwrap(), rate(16_000)).unwrap();
        let inside = &output.channel(0)[4_000..12_000];
        assert!(crate::level::peak(inside) < 1e-4, "{}", crate::level::peak(inside));
    }
}
