//! The one owner of every conversion between frames, samples and seconds.

use crate::{SampleRate, Seconds};

/// Where frame 0 lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centering {
    /// Frame `i` is centred on sample `i · hop`: the signal is padded by half a frame at each end (librosa `center=True`).
    Centered,
    /// Frame `i` begins at sample `i · hop`: no padding.
    Leading,
}

/// A regular grid of analysis frames over a signal.
///
/// ```
/// use tonearm_audio::{Centering, FrameGrid, SampleRate};
/// let grid = FrameGrid::new(SampleRate::new(16_000)?, 400, 80, Centering::Centered);
/// assert_eq!(grid.frame_count(16_000), 201);
/// assert_eq!(grid.instant_of(200).get(), 1.0);
/// # Ok::<(), tonearm_audio::AudioError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameGrid {
    sample_rate: SampleRate,
    frame_len: usize,
    hop_len: usize,
    centering: Centering,
}

impl FrameGrid {
    /// A grid of frames of `frame_len` samples, `hop_len` samples apart.
    ///
    /// # Panics
    /// Where either length is zero; that is the caller's bug.
    pub fn new(sample_rate: SampleRate, frame_len: usize, hop_len: usize, centering: Centering) -> Self {
        assert!(frame_len > 0 && hop_len > 0, "a frame and a hop hold at least one sample");
        Self { sample_rate, frame_len, hop_len, centering }
    }

    /// Samples per second of the signal.
    pub fn sample_rate(self) -> SampleRate {
        self.sample_rate
    }

    /// Samples in a frame.
    pub fn frame_len(self) -> usize {
        self.frame_len
    }

    /// Samples from one frame to the next.
    pub fn hop_len(self) -> usize {
        self.hop_len
    }

    /// Where frame 0 lies.
    pub fn centering(self) -> Centering {
        self.centering
    }

    /// Seconds from one frame to the next.
    pub fn hop_duration(self) -> Seconds {
        Seconds::new(self.hop_len as f64 / self.sample_rate.as_f64())
    }

    /// How many frames a signal of `len_samples` has.
    pub fn frame_count(self, len_samples: usize) -> usize {
        match self.centering {
            Centering::Centered => len_samples / self.hop_len + 1,
            Centering::Leading => (len_samples + self.hop_len).saturating_sub(self.frame_len) / self.hop_len,
        }
    }

    /// The first sample of frame `frame`; negative where it reaches into the padding.
    pub fn first_sample(self, frame: usize) -> isize {
        let start = (frame * self.hop_len) as isize;
        match self.centering {
            Centering::Centered => start - (self.frame_len / 2) as isize,
            Centering::Leading => start,
        }
    }

    /// The instant at the centre of frame `frame`.
    pub fn instant_of(self, frame: usize) -> Seconds {
        let centre = self.first_sample(frame) + (self.frame_len / 2) as isize;
        Seconds::new(centre as f64 / self.sample_rate.as_f64())
    }

    /// The frame whose centre lies nearest to `instant`, at least 0; it may lie past the last frame of a short signal.
    pub fn frame_at(self, instant: Seconds) -> usize {
        let offset = match self.centering {
            Centering::Centered => 0.0,
            Centering::Leading => (self.frame_len / 2) as f64,
        };
        ((instant.get() * self.sample_rate.as_f64() - offset) / self.hop_len as f64).round().max(0.0) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(centering: Centering) -> FrameGrid {
        FrameGrid::new(SampleRate::new(16_000).unwrap(), 400, 80, centering)
    }

    #[test]
    fn frames_and_instants_invert() {
        for centering in [Centering::Centered, Centering::Leading] {
            let grid = grid(centering);
            for frame in [0, 1, 17, 4_000] {
                assert_eq!(grid.frame_at(grid.instant_of(frame)), frame);
            }
        }
    }

    #[test]
    fn leading_frames_lie_inside_the_signal() {
        let grid = grid(Centering::Leading);
        for len in [0, 399, 400, 479, 480, 16_000] {
            let count = grid.frame_count(len);
            if count > 0 {
                assert!(grid.first_sample(count - 1) as usize + 400 <= len);
            }
            assert!(grid.first_sample(count) as usize + 400 > len);
        }
    }
}
