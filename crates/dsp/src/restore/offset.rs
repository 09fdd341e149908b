//! The offset of a converter: a constant in a channel, which is neither programme nor noise, and by its power may exceed both.

use std::borrow::Cow;

use tonearm_audio::Signal;

use crate::DspError;

/// Less than this is none: −100 dBFS.
const LEAST: f64 = 1e-5;
/// What keeps so near to 0 for so many seconds is digital silence: there is no offset then, and what mean the rest has is its own.
const SILENT_PEAK: f32 = 3e-6;
const SILENT_SECS: f64 = 0.005;

/// `signal` without its offsets, and the offset of each channel.
pub(super) fn without_offset(signal: &Signal) -> Result<(Cow<'_, Signal>, Vec<f32>), DspError> {
    let silent = signal.sample_rate().samples_in(SILENT_SECS).max(1);
    let offsets: Vec<f32> = signal.channels().iter().map(|samples| offset(samples, silent)).collect();
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

fn offset(samples: &[f32], silent: usize) -> f32 {
    let mean = samples.iter().map(|x| f64::from(*x)).sum::<f64>() / samples.len().max(1) as f64;
    if mean.abs() < LEAST {
        return 0.0;
    }
    let is_near_zero = |x: &f32| x.abs() <= SILENT_PEAK;
    let is_silent = samples
        .chunk_by(|a, b| is_near_zero(a) == is_near_zero(b))
        .any(|run| run.len() >= silent && is_near_zero(&run[0]));
    if is_silent { 0.0 } else { mean as f32 }
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;
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
        let back = with_offset(centred.into_owned(), &offsets).unwrap();
        assert!(back.minus(&signal).peak() < 1e-7);

        let mut paused = shifted;
        paused[8_000..8_100].fill(0.0);
        let paused = Signal::mono(rate, paused).unwrap();
        assert_eq!(without_offset(&paused).unwrap(), (Cow::Borrowed(&paused), vec![0.0]));
    }
}
