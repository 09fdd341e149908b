//! Reducing the depth of samples: to the grid of an integer format, with or without dither.
//!
//! TPDF dither after Lipshitz, Wannamaker and Vanderkooy, "Quantization and dither: a theoretical survey", JAES 40(5),
//! 1992, §6: the sum of two independent uniform values of one step each makes mean and variance of the total error
//! independent of the sound, at 4.8 dB more noise.
//!
//! The scale is `2^(bits − 1)` steps to full scale 1.0, both ways, so that integer → sample → integer is exact and so are
//! differences and sums of samples on one grid. The highest sample is thus one step below 1.0: what lies above it is
//! clipped, and [`clipped_samples`] counts it.
//!
//! Samples that lie on the grid already pass as they are, dither or not: what no stage touched comes out bit for bit, and
//! writing twice is writing once. (A step that is not taken has no error to decorrelate.)

use std::borrow::Cow;

use crate::{SampleFormat, Signal};

/// What is added before rounding to a coarser grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dither {
    /// Nothing: plain rounding to the nearest step.
    None,
    /// Triangular noise of two steps peak to peak, the same for the same seed, channel and sample index.
    Tpdf {
        /// Chooses the noise.
        seed: u64,
    },
}

impl Default for Dither {
    /// Triangular, of a fixed seed: the same input gives the same file.
    fn default() -> Self {
        Self::Tpdf { seed: 78 }
    }
}

/// The signal exactly as it will be read back from a file of `sample_format`: rounded to its grid and clipped to its range.
///
/// With both on one grid, `removed = input − quantized(restored)` is on that grid too, and `removed + restored = input`
/// holds bit for bit in the files, as long as `removed` itself does not clip. Formats as fine as `f32`, and signals that lie on the grid already,
/// pass as they are, without a copy.
///
/// ```
/// use tonearm_audio::{SampleFormat, SampleRate, Signal, encode::{Dither, quantized}};
///
/// let signal = Signal::mono(SampleRate::new(44_100)?, vec![0.3, 1.5, -0.25])?;
/// let stored = quantized(&signal, SampleFormat::Int16, Dither::None);
/// assert_eq!(stored.channel(0), [9_830.0 / 32_768.0, 32_767.0 / 32_768.0, -0.25]);
/// # Ok::<(), tonearm_audio::AudioError>(())
/// ```
pub fn quantized(signal: &Signal, sample_format: SampleFormat, dither: Dither) -> Cow<'_, Signal> {
    let Some(steps) = sample_format.steps() else { return Cow::Borrowed(signal) };
    let stays = |x: &f32| on_grid(*x, steps, || 0.0).to_bits() == x.to_bits();
    if signal.channels().iter().all(|channel| channel.iter().all(stays)) {
        return Cow::Borrowed(signal);
    }
    let channels = signal
        .channels()
        .iter()
        .enumerate()
        .map(|(c, channel)| {
            let noise = Noise::new(dither, c as u64);
            channel.iter().enumerate().map(|(i, x)| on_grid(*x, steps, || noise.at(i as u64))).collect()
        })
        .collect();
    Cow::Owned(signal.with_channels(channels))
}

/// How many samples, over all channels, lie outside the range of `sample_format` and will be clipped.
pub fn clipped_samples(signal: &Signal, sample_format: SampleFormat) -> usize {
    let Some(steps) = sample_format.steps() else { return 0 };
    let steps = f64::from(steps);
    let outside = |x: &&f32| {
        let value = rounded(f64::from(**x) * steps);
        value < -steps || value > steps - 1.0
    };
    signal.channels().iter().flatten().filter(outside).count()
}

/// `sample` moved to the nearest of `steps` per unit, after adding `noise` (in steps) where it is not there already.
fn on_grid(sample: f32, steps: f32, noise: impl FnOnce() -> f64) -> f32 {
    // Exact: a power of two times a float.
    let value = f64::from(sample) * f64::from(steps);
    let is_there = (value - rounded(value)).abs() == 0.0;
    let step = if is_there { value } else { rounded(value + noise()) };
    // Exact as well: at most 25 bits. No file of integers holds a negative zero, so it is made a positive one.
    (step.clamp(-f64::from(steps), f64::from(steps) - 1.0) / f64::from(steps)) as f32 + 0.0
}

/// `value` rounded to the nearest whole number, halves away from zero. Without the instructions of newer processors `round` is a call, and
/// this is a conversion.
fn rounded(value: f64) -> f64 {
    // What has no fraction in 53 bits, or is no number, stays.
    if value.abs() < 4_503_599_627_370_496.0 {
        let whole = value as i64 as f64;
        let rest = value - whole;
        whole + if rest >= 0.5 { 1.0 } else { 0.0 } - if rest <= -0.5 { 1.0 } else { 0.0 }
    } else {
        value
    }
}

/// Triangular noise by sample index, so that no order of computation can change it.
struct Noise {
    key: Option<u64>,
}

impl Noise {
    fn new(dither: Dither, channel: u64) -> Self {
        let key = match dither {
            Dither::None => None,
            Dither::Tpdf { seed } => Some(mixed(seed ^ mixed(channel.wrapping_add(1)))),
        };
        Self { key }
    }

    /// The noise of sample `index` in steps, between −1 and 1.
    fn at(&self, index: u64) -> f64 {
        let Some(key) = self.key else { return 0.0 };
        let bits = mixed(key.wrapping_add(index.wrapping_mul(GOLDEN_GAMMA)));
        let uniform = |half: u64| (half as f64 + 0.5) / 2f64.powi(32) - 0.5;
        uniform(bits >> 32) + uniform(bits & u64::from(u32::MAX))
    }
}

/// 2⁶⁴ over the golden ratio, odd: the increment of SplitMix64.
const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), Stafford's variant 13: a bijection in which
/// every input bit moves every output bit.
fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleRate;
    use proptest::prelude::*;

    fn mono(samples: Vec<f32>) -> Signal {
        Signal::mono(SampleRate::new(44_100).unwrap(), samples).unwrap()
    }

    #[test]
    fn every_16_bit_integer_survives_both_ways() {
        let samples: Vec<f32> = (i16::MIN..=i16::MAX).map(|n| f32::from(n) / 32_768.0).collect();
        for dither in [Dither::None, Dither::default()] {
            assert_eq!(quantized(&mono(samples.clone()), SampleFormat::Int16, dither).channel(0), samples);
        }
        for (n, x) in (i16::MIN..=i16::MAX).zip(&samples) {
            assert_eq!((x * 32_768.0) as i32, i32::from(n));
        }
    }

    #[test]
    fn rounding_is_that_of_the_library() {
        // Of both zeros one.
        let bits = |value: f64| (value + 0.0).to_bits();
        for whole in [0.0, 1.0, 2.0, 32_767.0, 8_388_607.0, 2f64.powi(51), 2f64.powi(53), f64::INFINITY] {
            for rest in [0.0, 0.25, 0.5f64.next_down(), 0.5, 0.75, 0.999] {
                for value in [whole + rest, -whole - rest] {
                    assert_eq!(bits(rounded(value)), bits(value.round()), "{value}");
                }
            }
        }
    }

    #[test]
    fn dither_makes_the_error_white_and_unbiased() {
        // A constant a third of a step up: without dither every error is the same, with it the mean comes back.
        let level = 0.333 / 32_768.0;
        let signal = mono(vec![level; 100_000]);
        let plain = quantized(&signal, SampleFormat::Int16, Dither::None);
        assert_eq!(plain.peak().to_bits(), 0f32.to_bits());
        let stored = quantized(&signal, SampleFormat::Int16, Dither::default());
        let errors: Vec<f64> =
            stored.channel(0).iter().map(|x| (f64::from(*x) - f64::from(level)) * 32_768.0).collect();
        let count = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / count;
        let variance = errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / count;
        // Three standard errors of the mean and of the variance over 100,000 values.
        assert!(mean.abs() < 3.0 * (0.25f64 / count).sqrt(), "mean {mean}");
        // A quarter of a step squared: 1/12 of rounding and 2/12 of the two uniform values.
        assert!((variance - 0.25).abs() < 0.01, "variance {variance}");
        let lag_one = errors.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / count;
        assert!(lag_one.abs() < 3.0 * 0.25 / count.sqrt(), "neighbours correlate: {lag_one}");
    }

    #[test]
    fn dither_differs_by_channel_and_seed_alone() {
        let rate = SampleRate::new(8_000).unwrap();
        let signal = Signal::new(rate, vec![vec![0.1; 64]; 2]).unwrap();
        let once = quantized(&signal, SampleFormat::Int16, Dither::Tpdf { seed: 1 });
        assert_eq!(once, quantized(&signal, SampleFormat::Int16, Dither::Tpdf { seed: 1 }));
        assert_ne!(once.channel(0), once.channel(1));
        assert_ne!(once, quantized(&signal, SampleFormat::Int16, Dither::Tpdf { seed: 2 }));
    }

    #[test]
    fn clipping_is_counted_where_it_happens() {
        let top = 32_767.0 / 32_768.0;
        let signal = mono(vec![top, 1.0, -1.0, -1.1, 0.5, 32_767.4 / 32_768.0]);
        assert_eq!(clipped_samples(&signal, SampleFormat::Int16), 2);
        assert_eq!(clipped_samples(&signal, SampleFormat::Float32), 0);
        assert_eq!(
            quantized(&signal, SampleFormat::Int16, Dither::None).channel(0)[..4],
            [top, top, -1.0, -1.0]
        );
    }

    proptest! {
        #[test]
        fn removed_and_restored_make_the_input_bit_for_bit(
            input in proptest::collection::vec(-8_388_608i32..8_388_608, 1..200),
            change in proptest::collection::vec(-0.4f32..0.4, 200),
            seed in any::<u64>(),
            wide in any::<bool>(),
        ) {
            let (format, steps) =
                if wide { (SampleFormat::Int24, 8_388_608.0) } else { (SampleFormat::Int16, 32_768.0) };
            let input = mono(input.iter().map(|n| ((*n as f32 / 8_388_608.0 * steps).floor()) / steps).collect());
            let restored = mono(input.channel(0).iter().zip(&change).map(|(x, d)| x * (1.0 + d) + d).collect());
            for dither in [Dither::None, Dither::Tpdf { seed }] {
                let restored = quantized(&restored, format, dither);
                let removed = input.minus(&restored);
                prop_assert_eq!(&removed.plus(&restored), &input);
                prop_assert_eq!(quantized(&restored, format, dither), restored.clone());
                if clipped_samples(&removed, format) == 0 {
                    prop_assert_eq!(&*quantized(&removed, format, dither), &removed);
                }
            }
        }
    }
}
