//! The sound device, where there is one.
//!
//! A player without sound still shows the words in time, so nothing here fails: what is wrong is kept as one sentence for
//! the person to read, and the window moves the clock instead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::deck::Deck;

/// A device that has taken nothing for so long while playing is gone.
const STALLED: Duration = Duration::from_millis(1_500);

/// An open sound device, or the reason why there is none.
pub(crate) struct SoundOutput {
    problem: Arc<Mutex<Option<String>>>,
    /// Held open: dropping it stops the sound.
    _device: Option<device::Device>,
    taken: (u64, Instant),
}

impl SoundOutput {
    /// Opens the default device and plays the deck on it.
    pub(crate) fn open(deck: &Arc<Deck>) -> Self {
        let problem = Arc::new(Mutex::new(None));
        let device = device::open(deck, &problem);
        let mut output = Self { problem, _device: None, taken: (0, Instant::now()) };
        match device {
            Ok(device) => output._device = Some(device),
            Err(reason) => output.fail(reason),
        }
        output
    }

    /// No device, for a stated reason.
    #[cfg(test)]
    pub(crate) fn none(reason: &str) -> Self {
        Self {
            problem: Arc::new(Mutex::new(Some(reason.to_owned()))),
            _device: None,
            taken: (0, Instant::now()),
        }
    }

    /// Why nothing can be heard; none where all is well.
    pub(crate) fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, reason: String) {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
    }

    /// Watches whether the device still takes sound; to be asked as often as the window is drawn.
    pub(crate) fn watch(&mut self, deck: &Deck, now: Instant) {
        let taken = deck.blocks_taken();
        if taken != self.taken.0 || !deck.clock.state().playing {
            self.taken = (taken, now);
        } else if now.duration_since(self.taken.1) > STALLED {
            self.fail("the sound device stopped taking sound".to_owned());
        }
    }
}

#[cfg(any(feature = "sound", not(target_os = "linux")))]
mod device {
    use std::num::NonZero;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::Duration;

    use rodio::{ChannelCount, DeviceSinkBuilder, MixerDeviceSink, SampleRate, Source};

    use crate::deck::Deck;
    use crate::tape_head::TapeHead;

    pub(super) type Device = MixerDeviceSink;

    const STEREO: ChannelCount = NonZero::<u16>::MIN.saturating_add(1);

    /// Plays a deck on the default device.
    pub(super) fn open(deck: &Arc<Deck>, problem: &Arc<Mutex<Option<String>>>) -> Result<Device, String> {
        let reason = |error: &dyn std::error::Error| match error.source() {
            Some(source) => format!("no sound device: {}", source.to_string().trim_end_matches('.')),
            None => format!("no sound device: {error}"),
        };
        let problem = Arc::clone(problem);
        let mut sink = DeviceSinkBuilder::from_default_device()
            .map_err(|error| reason(&error))?
            .with_error_callback(move |error| {
                problem
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert(format!("the sound device failed: {error}"));
            })
            .open_stream()
            .map_err(|error| reason(&error))?;
        sink.log_on_drop(false);
        let device_rate = sink.config().sample_rate();
        sink.mixer()
            .add(DeckSource { head: TapeHead::new(Arc::clone(deck), device_rate.get()), device_rate });
        Ok(sink)
    }

    struct DeckSource {
        head: TapeHead,
        device_rate: SampleRate,
    }

    impl Iterator for DeckSource {
        type Item = f32;

        fn next(&mut self) -> Option<f32> {
            Some(self.head.next_sample())
        }
    }

    impl Source for DeckSource {
        fn current_span_len(&self) -> Option<usize> {
            None
        }

        fn channels(&self) -> ChannelCount {
            STEREO
        }

        fn sample_rate(&self) -> SampleRate {
            self.device_rate
        }

        fn total_duration(&self) -> Option<Duration> {
            None
        }
    }
}

#[cfg(not(any(feature = "sound", not(target_os = "linux"))))]
mod device {
    use std::sync::{Arc, Mutex};

    use crate::deck::Deck;

    /// There is none.
    pub(super) type Device = std::convert::Infallible;

    /// Says how to get sound.
    pub(super) fn open(_: &Arc<Deck>, _: &Arc<Mutex<Option<String>>>) -> Result<Device, String> {
        Err("this player was built without sound: build it with `--features sound`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_takes_nothing_while_playing_is_reported() {
        let deck = Deck::new();
        deck.clock.restart(10.0);
        let start = Instant::now();
        let mut output = SoundOutput { problem: Arc::default(), _device: None, taken: (0, start) };
        output.watch(&deck, start + Duration::from_secs(60));
        assert_eq!(output.problem(), None, "a device that is not asked to play is not gone");
        deck.clock.play();
        output.watch(&deck, start + Duration::from_secs(61));
        assert_eq!(output.problem(), None);
        output.watch(&deck, start + Duration::from_secs(63));
        assert!(output.problem().unwrap().contains("stopped"));
    }
}
