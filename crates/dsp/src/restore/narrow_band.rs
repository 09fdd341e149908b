//! Transfers whose band ends far below half the rate: the rate at which they have no empty band.
//!
//! Behind a steep edge (a telephone, a lossy format, a filter of the studio) there is next to nothing, and an autoregressive
//! model looks hardest there: whoever seeks a pulse by its prediction error looks for what the edge did not let
//! through. At the lowest rate that holds all of the band the model sees nothing but what was recorded. What is mended there differs
//! from what was heard by pulses of that band, and these are brought back to the recording's own rate.
//!
//! **An edge** is where the loudest that is heard beyond stays far below the half of the time that is heard within: surface noise
//! must lie on one side of it and not on the other. Programme that merely fades towards the treble has none.
//!
//! **Assumptions.** Damage has the transfer's band too. A splice or a fault of the converter has not, and is mended at the recording's own
//! rate first; where more than a frame in two hundred holds such a thing, the transfer has no edge.

use std::ops::Range;

use rayon::prelude::*;
use tonearm_audio::{Centering, FrameGrid, SampleRate, Signal};

use crate::{DspError, Stft, Window, WindowedSinc, resample};

/// Rates as shares of the recording's own: numerators and denominators, the lowest first.
const SHARES: [(u32, u32); 10] =
    [(1, 8), (1, 6), (1, 5), (1, 4), (1, 3), (2, 5), (1, 2), (3, 5), (2, 3), (3, 4)];
/// Frames in which the band is judged, in seconds.
const FRAME_SECS: f64 = 0.012;
/// Bands of equal width up to half the rate.
const BANDS: usize = 64;
/// Frames that must be there before a band is judged.
const LEAST_FRAMES: usize = 50;
/// Share of frames that may have more beyond the edge.
const LOUD_FRAMES: f64 = 0.005;
/// Where the band is still whole, as shares of the lower rate's half.
const WHOLE: (f64, f64) = (0.35, 0.6);
/// What is beyond the lower rate's half lies below that by this factor, and what is beyond it by a third of it by that one.
const LOWER: f32 = 1e-2;
const FAR: f64 = 1.3;
const FAR_LOWER: f32 = 1e-3;
/// The interpolator on the way back: samples on each side, and its window.
const HALF_LENGTH: usize = 8;
const KAISER_BETA: f64 = 6.0;

/// The lower rate of a transfer with an edge.
#[derive(Clone, Debug)]
pub(super) struct NarrowBand {
    rate: SampleRate,
    low: SampleRate,
    /// Samples of the recording for one of the lower rate.
    ratio: f64,
    pulses_beyond: bool,
    sinc: WindowedSinc,
}

/// The power in one band over all frames.
struct Levels {
    /// What half of the frames exceed.
    usual: f32,
    /// What all but the loudest frames stay below.
    loud: f32,
    loudest: f32,
}

impl NarrowBand {
    /// The lowest rate that holds the band of `samples`; none where that is not far below the recording's own.
    pub(super) fn of(samples: &[f32], rate: SampleRate) -> Option<Self> {
        let levels = levels(samples, rate)?;
        let band = |share: f64| ((share * BANDS as f64).ceil() as usize).min(BANDS - 1);
        let most =
            |share: f64, of: fn(&Levels) -> f32| levels[band(share)..].iter().map(of).fold(0.0, f32::max);
        let whole = |share: f64| {
            let whole = &levels[band(WHOLE.0 * share)..=band(WHOLE.1 * share)];
            whole.iter().map(|band| band.usual).sum::<f32>() / whole.len() as f32
        };
        let fits = |&(numerator, denominator): &(u32, u32)| {
            let share = f64::from(numerator) / f64::from(denominator);
            (rate.hz() * numerator).is_multiple_of(denominator)
                && whole(share) > 0.0
                && most(share, |band| band.loud) <= LOWER * whole(share)
                && most(FAR * share, |band| band.loud) <= FAR_LOWER * whole(share)
        };
        let (numerator, denominator) = *SHARES.iter().find(|share| fits(share))?;
        let low = SampleRate::new(rate.hz() * numerator / denominator).ok()?;
        let ratio = f64::from(denominator) / f64::from(numerator);
        let pulses_beyond = most(1.0 / ratio, |band| band.loudest) > LOWER * whole(1.0 / ratio);
        Some(Self { rate, low, ratio, pulses_beyond, sinc: WindowedSinc::new(HALF_LENGTH, KAISER_BETA, 1.0) })
    }

    /// The lower rate.
    pub(super) fn low_rate(&self) -> SampleRate {
        self.low
    }

    /// Some pulse goes beyond the edge.
    pub(super) fn has_pulses_beyond(&self) -> bool {
        self.pulses_beyond
    }

    /// `samples` at the lower rate.
    ///
    /// # Errors
    /// Those of [`resample()`].
    pub(super) fn lowered(&self, samples: &[f32]) -> Result<Vec<f32>, DspError> {
        let lowered = resample(&Signal::mono(self.rate, samples.to_vec())?, self.low)?;
        Ok(lowered.into_channels().swap_remove(0))
    }

    /// A span of the lower rate at the recording's own.
    pub(super) fn span(&self, low: &Range<usize>, len: usize) -> Range<usize> {
        let start = ((low.start as f64 * self.ratio) as usize).min(len);
        let end = ((low.end as f64 * self.ratio).ceil() as usize).min(len);
        start.min(end.saturating_sub(1))..end
    }

    /// Adds to `samples` what was changed from `before` to `after` in the `spans` of the lower rate.
    pub(super) fn change(
        &self,
        samples: &mut [f32],
        before: &[f32],
        after: &[f32],
        spans: impl Iterator<Item = Range<usize>>,
    ) {
        for span in spans {
            let change: Vec<f32> =
                after[span.clone()].iter().zip(&before[span.clone()]).map(|(a, b)| a - b).collect();
            let first = (span.start.saturating_sub(HALF_LENGTH) as f64 * self.ratio).ceil() as usize;
            let last = ((span.end + HALF_LENGTH) as f64 * self.ratio) as usize;
            for n in first..last.min(samples.len()) {
                samples[n] += self.sinc.at(&change, n as f64 / self.ratio - span.start as f64) as f32;
            }
        }
    }
}

/// The levels of each band; none for a recording too short to judge.
fn levels(samples: &[f32], rate: SampleRate) -> Option<Vec<Levels>> {
    let frame = rate.samples_in(FRAME_SECS).next_multiple_of(2 * BANDS);
    let grid = FrameGrid::new(rate, frame, frame / 2, Centering::Leading);
    let power = Stft::new(grid, Window::Hann).ok()?.power(samples);
    // What the end of the recording cuts off would look like a pulse without an edge.
    let frames = (samples.len() / (frame / 2)).saturating_sub(1);
    if frames < LEAST_FRAMES {
        return None;
    }
    let width = frame / 2 / BANDS;
    let of_band = |band: usize| {
        let sum = |row: ndarray::ArrayView1<'_, f32>| -> f32 {
            (1 + band * width..1 + (band + 1) * width).map(|bin| row[bin]).sum()
        };
        let mut powers: Vec<f32> = power.outer_iter().take(frames).map(sum).collect();
        let most = ((1.0 - LOUD_FRAMES) * (frames - 1) as f64).ceil() as usize;
        let (below, loud, above) = powers.select_nth_unstable_by(most, f32::total_cmp);
        let (loud, loudest) = (*loud, above.iter().fold(*loud, |most, x| most.max(*x)));
        let usual = *below.select_nth_unstable_by(frames / 2, f32::total_cmp).1;
        Levels { usual, loud, loudest }
    };
    Some((0..BANDS).into_par_iter().map(of_band).collect())
}

#[cfg(test)]
mod tests {
    use tonearm_audio::Hertz;
    use tonearm_testkit::random::Random;

    use super::*;
    use crate::filter::Butterworth;

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    fn noise() -> Vec<f32> {
        let mut random = Random::new(5);
        (0..88_200).map(|_| (0.01 * random.normal()) as f32).collect()
    }

    fn through(order: usize, edge_hz: f64) -> Vec<f32> {
        Butterworth::low_pass(order, Hertz::new(edge_hz), rate()).unwrap().zero_phase(&noise())
    }

    #[test]
    fn the_rate_holds_the_band_and_what_merely_fades_has_none() {
        let low = |samples: &[f32]| NarrowBand::of(samples, rate()).map(|band| band.low_rate().hz());
        assert_eq!(low(&noise()), None);
        let mut fading = noise();
        (1..fading.len()).for_each(|n| fading[n] += 0.8 * fading[n - 1]);
        assert_eq!(low(&fading), None);
        assert_eq!(low(&through(8, 4_000.0)), Some(11_025));
        assert_eq!(low(&through(8, 8_000.0)), Some(22_050));
        assert_eq!(low(&[]), None);
    }

    #[test]
    fn a_change_comes_back_where_it_was_made() {
        let samples = through(8, 4_000.0);
        let band = NarrowBand::of(&samples, rate()).unwrap();
        let low = band.lowered(&samples).unwrap();
        let mut silent = low.clone();
        silent[5_000..5_400].fill(0.0);
        let mut output = samples.clone();
        band.change(&mut output, &low, &silent, std::iter::once(5_000..5_400));
        let span = band.span(&(5_000..5_400), samples.len());
        let energy = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let inside = span.start + 100..span.end - 100;
        assert!(energy(&output[inside.clone()]) < 1e-4 * energy(&samples[inside]));
        let untouched = span.start - 40;
        assert_eq!(output[..untouched], samples[..untouched]);
        assert_eq!(output[span.end + 40..], samples[span.end + 40..]);
    }
}
