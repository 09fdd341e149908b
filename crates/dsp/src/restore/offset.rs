//! The offset of a converter: a constant in a channel, which is neither programme nor noise, and by its power may exceed both.

use std::borrow::Cow;

use tonearm_audio::{SampleRate, Signal};

use crate::DspError;
use crate::level::{SILENT_PEAK, percentile};

/// Less than this is none: −100 dBFS.
const LEAST: f32 = 1e-5;
/// The means of blocks so long, in seconds, of which half lie nearer to their median than that is to 0, or it is chance.
const BLOCK_SECS: f64 = 0.1;
/// Where there is digital silence for so many seconds there is no offset, and what mean the rest has is its own.
const SILENT_SECS: f64 = 0.005;

/// `signal` without its offsets, and the offset of each channel.
pub(super) fn without_offset(signal: &Signal) -> Result<(Cow<'_, Signal>, Vec<f32>), DspError> {
    let rate = signal.sample_rate();
    let offsets: Vec<f32> = signal.channels().iter().map(|samples| offset(samples, rate)).collect();
    if offsets.iter().all(|offset| offset.abs() <= 0.0) {
        return Ok((Cow::Borrowed(signal), offsets));
    }
    let opposite: Vec<f32> = offsets.iter().map(|offset| -offset).collect();
    Ok((Cow::Owned(with_offset(signal.clone(), &opposite)?), offsets))
}

/// `signal` with these offsets.
pub(super) fn with_offset(signal: Signal, offsets: &[f32]) -> Result<Signal, DspError> {
    let rate = signal.sample_rate();
    let mut channels = signal.into_channels();
    for (samples, offset) in channels.iter_mut().zip(offsets) {
        if offset.abs() > 0.0 {
            samples.iter_mut().for_each(|x| *x += offset);
        }
    }
    Ok(Signal::new(rate, channels)?)
}

fn offset(samples: &[f32], rate: SampleRate) -> f32 {
    let block = rate.samples_in(BLOCK_SECS).max(1);
    let mean = |block: &[f32]| block.iter().map(|x| f64::from(*x)).sum::<f64>() / block.len() as f64;
    let means: Vec<f64> = samples.chunks_exact(block).map(mean).collect();
    let quarter = |share| percentile(&means, share).unwrap_or(0.0);
    let (low, middle, high) = (quarter(0.25), quarter(0.5), quarter(0.75));
    let offset = (means.iter().sum::<f64>() / means.len().max(1) as f64) as f32;
    if offset.abs() < LEAST || high - low > middle.abs() || is_silent_somewhere(samples, rate) {
        return 0.0;
    }
    offset
}

fn is_silent_somewhere(samples: &[f32], rate: SampleRate) -> bool {
    let silent = rate.samples_in(SILENT_SECS).max(1);
    let is_near_zero = |x: &f32| x.abs() <= SILENT_PEAK;
    samples
        .chunk_by(|a, b| is_near_zero(a) == is_near_zero(b))
        .any(|run| run.len() >= silent && is_near_zero(&run[0]))
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::noise;

    use super::*;

    #[test]
    fn an_offset_goes_and_comes_back_and_silence_has_none() {
        let rate = SampleRate::new(16_000).unwrap();
        let hiss = noise::white(1, 32_000, 0.01);
        let shifted: Vec<f32> = hiss.iter().map(|x| x + 0.02).collect();
        let signal = Signal::new(rate, vec![shifted.clone(), hiss.clone()]).unwrap();
        let (centred, offsets) = without_offset(&signal).unwrap();
        assert!((offsets[0] - 0.02).abs() < 5e-4, "{offsets:?}");
        assert!(crate::level::rms(centred.channel(0)) < 0.011);
        // Of mere noise, however low it reaches, the mean is chance.
        let low = crate::filter::Butterworth::low_pass(2, tonearm_audio::Hertz::new(3.0), rate).unwrap();
        let wandering = Signal::mono(rate, low.zero_phase(&noise::white(2, 160_000, 0.1))).unwrap();
        assert_eq!(without_offset(&wandering).unwrap().1, [0.0]);
        let back = with_offset(centred.into_owned(), &offsets).unwrap();
        assert!(back.minus(&signal).peak() < 1e-7);

        let mut paused = shifted;
        paused[8_000..8_100].fill(0.0);
        let paused = Signal::mono(rate, paused).unwrap();
        assert_eq!(without_offset(&paused).unwrap(), (Cow::Borrowed(&paused), vec![0.0]));
    }
}
