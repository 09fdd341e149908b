//! Planar samples with their rate.

use crate::{AudioError, SampleRate, Seconds, TimeRange};

/// A recording in memory: planar `f32` samples, full scale ±1.0, at least one channel, all of equal length and finite.
///
/// Values beyond ±1.0 are allowed between stages (head-room); writing to a fixed-point file clips them.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    rate: SampleRate,
    channels: Vec<Vec<f32>>,
}

impl Signal {
    /// A signal of the given channels.
    ///
    /// # Errors
    /// [`AudioError::NoChannels`], [`AudioError::ChannelLength`], [`AudioError::NotFinite`].
    pub fn new(rate: SampleRate, channels: Vec<Vec<f32>>) -> Result<Self, AudioError> {
        let expected_samples = channels.first().ok_or(AudioError::NoChannels)?.len();
        for (channel, samples) in channels.iter().enumerate() {
            if samples.len() != expected_samples {
                return Err(AudioError::ChannelLength {
                    channel,
                    expected_samples,
                    actual_samples: samples.len(),
                });
            }
            if let Some(sample) = samples.iter().position(|x| !x.is_finite()) {
                return Err(AudioError::NotFinite { channel, sample });
            }
        }
        Ok(Self { rate, channels })
    }

    /// A signal of one channel.
    ///
    /// # Errors
    /// [`AudioError::NotFinite`].
    pub fn mono(rate: SampleRate, samples: Vec<f32>) -> Result<Self, AudioError> {
        Self::new(rate, vec![samples])
    }

    /// Samples per second.
    pub fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    /// All channels, each a slice of [`len`](Self::len) samples.
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// The samples of one channel.
    ///
    /// # Panics
    /// Where `index` is not below [`channel_count`](Self::channel_count).
    pub fn channel(&self, index: usize) -> &[f32] {
        &self.channels[index]
    }

    /// The same rate with other channels, which the crate itself has made: of equal length and finite.
    #[cfg(feature = "codecs")]
    pub(crate) fn with_channels(&self, channels: Vec<Vec<f32>>) -> Self {
        debug_assert!(Self::new(self.rate, channels.clone()).is_ok());
        Self { rate: self.rate, channels }
    }

    /// How many channels.
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }

    /// Samples in each channel.
    pub fn len(&self) -> usize {
        self.channels[0].len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its length in time.
    pub fn duration(&self) -> Seconds {
        self.rate.instant_of(self.len())
    }

    /// The channels, given up.
    pub fn into_channels(self) -> Vec<Vec<f32>> {
        self.channels
    }

    /// The mean over channels, which for a mono groove played in stereo is the lateral signal.
    pub fn downmix(&self) -> Vec<f32> {
        if let [only] = self.channels.as_slice() {
            return only.clone();
        }
        let scale = 1.0 / self.channels.len() as f64;
        (0..self.len())
            .map(|i| (self.channels.iter().map(|c| f64::from(c[i])).sum::<f64>() * scale) as f32)
            .collect()
    }

    /// The same signal cut to `range` (and to its own length).
    pub fn cut(&self, range: TimeRange) -> Self {
        let samples = range.samples(self.rate, self.len());
        Self {
            rate: self.rate,
            channels: self.channels.iter().map(|c| c[samples.clone()].to_vec()).collect(),
        }
    }

    /// `self − other`, sample by sample: what a stage removed.
    ///
    /// # Panics
    /// Where rate, channel count or length differ; that is the caller's bug.
    pub fn minus(&self, other: &Self) -> Self {
        self.combined(other, |x, y| x - y)
    }

    /// `self + other`, sample by sample.
    ///
    /// # Panics
    /// Where rate, channel count or length differ; that is the caller's bug.
    pub fn plus(&self, other: &Self) -> Self {
        self.combined(other, |x, y| x + y)
    }

    fn combined(&self, other: &Self, combine: impl Fn(f32, f32) -> f32) -> Self {
        assert_eq!(
            (self.rate, self.channel_count(), self.len()),
            (other.rate, other.channel_count(), other.len()),
            "only signals of one shape can be combined"
        );
        let channels = self
            .channels
            .iter()
            .zip(&other.channels)
            .map(|(a, b)| a.iter().zip(b).map(|(x, y)| combine(*x, *y)).collect())
            .collect();
        Self { rate: self.rate, channels }
    }

    /// The largest magnitude in any channel.
    pub fn peak(&self) -> f32 {
        self.channels.iter().flatten().fold(0.0, |peak, x| peak.max(x.abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seconds;

    fn rate() -> SampleRate {
        SampleRate::new(8_000).unwrap()
    }

    #[test]
    fn invariants_are_checked() {
        assert!(matches!(Signal::new(rate(), vec![]), Err(AudioError::NoChannels)));
        assert!(matches!(
            Signal::new(rate(), vec![vec![0.0; 3], vec![0.0; 2]]),
            Err(AudioError::ChannelLength { channel: 1, expected_samples: 3, actual_samples: 2 })
        ));
        assert!(matches!(
            Signal::mono(rate(), vec![0.0, f32::NAN]),
            Err(AudioError::NotFinite { channel: 0, sample: 1 })
        ));
    }

    #[test]
    fn downmix_is_the_mean() {
        let signal = Signal::new(rate(), vec![vec![1.0, 0.5], vec![0.0, -0.5]]).unwrap();
        assert_eq!(signal.downmix(), vec![0.5, 0.0]);
    }

    #[test]
    fn removed_plus_kept_is_the_input() {
        let input = Signal::mono(rate(), vec![0.5, -0.25, 0.125]).unwrap();
        let kept = Signal::mono(rate(), vec![0.25, -0.25, 0.0]).unwrap();
        assert_eq!(input.minus(&kept).channel(0), [0.25, 0.0, 0.125]);
    }

    #[test]
    fn cut_is_bounded_by_the_signal() {
        let signal = Signal::mono(rate(), vec![1.0; 800]).unwrap();
        let range = TimeRange::new(Seconds::new(0.05), Seconds::new(9.0)).unwrap();
        assert_eq!(signal.cut(range).len(), 400);
    }
}
