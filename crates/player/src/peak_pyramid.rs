//! The waveform's outline at every zoom: the least and the greatest sample of each stretch, so that no click hides between
//! two pixels. Stretches are answered from blocks that were summed up once, or from the samples where they are shorter.

use std::ops::Range;

/// Samples in a block: a side of three minutes has 30,000 blocks, which a window sums up within a frame.
const BLOCK_LEN: usize = 256;

/// Extremes of a signal's blocks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PeakPyramid {
    blocks: Vec<(f32, f32)>,
    peak: f32,
}

impl PeakPyramid {
    /// Sums up a signal.
    pub(crate) fn of(samples: &[f32]) -> Self {
        let blocks: Vec<_> = samples.chunks(BLOCK_LEN).map(extremes).collect();
        let peak = blocks.iter().fold(0.0f32, |peak, (low, high)| peak.max(high.max(-low)));
        Self { blocks, peak }
    }

    /// The largest magnitude.
    pub(crate) fn peak(&self) -> f32 {
        self.peak
    }

    /// The least and the greatest sample of a stretch of the signal that this was made of; none where it is empty.
    ///
    /// A stretch of many blocks is widened to whole ones, by less than a block at each end.
    pub(crate) fn extremes(&self, samples: &[f32], stretch: Range<usize>) -> Option<(f32, f32)> {
        let stretch = stretch.start.min(samples.len())..stretch.end.min(samples.len());
        if stretch.is_empty() {
            return None;
        }
        if stretch.len() < 2 * BLOCK_LEN {
            return Some(extremes(&samples[stretch]));
        }
        let blocks = stretch.start / BLOCK_LEN..stretch.end.div_ceil(BLOCK_LEN);
        self.blocks[blocks].iter().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

fn extremes(samples: &[f32]) -> (f32, f32) {
    samples.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_sample_shows_at_every_zoom() {
        for place in [0, 255, 256, 4_999, 9_999] {
            let mut samples = vec![0.0; 10_000];
            samples[place] = -0.75;
            let pyramid = PeakPyramid::of(&samples);
            assert!((pyramid.peak() - 0.75).abs() < 1e-6);
            for width in [1, 7, 100, 10_000] {
                let seen = (0..width)
                    .filter_map(|x| pyramid.extremes(&samples, x * 10_000 / width..(x + 1) * 10_000 / width))
                    .any(|(low, _)| low < -0.7);
                assert!(seen, "sample {place} at {width} pixels");
            }
        }
    }

    #[test]
    fn stretches_outside_the_signal_are_empty() {
        let samples = vec![0.5; 300];
        let pyramid = PeakPyramid::of(&samples);
        assert_eq!(pyramid.extremes(&samples, 300..900), None);
        assert_eq!(pyramid.extremes(&samples, 100..900), Some((0.5, 0.5)));
        assert_eq!(PeakPyramid::of(&[]).extremes(&[], 0..10), None);
    }
}
