//! What is heard: the versions of a side on one transport, so that switching between them keeps the place.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tonearm_audio::Signal;

use crate::playback_clock::PlaybackClock;
use crate::version::Version;

/// What to play and how loud, shared by the window and the sound thread.
#[derive(Debug)]
pub(crate) struct Deck {
    pub(crate) clock: PlaybackClock,
    mix: Mutex<Mix>,
    blocks: AtomicU64,
}

/// The recordings and which of them is heard.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    pub(crate) signals: [Option<Arc<Signal>>; 3],
    pub(crate) version: Version,
    pub(crate) volume: f32,
}

impl Deck {
    /// An empty deck.
    pub(crate) fn new() -> Self {
        let mix = Mix { signals: [None, None, None], version: Version::After, volume: 1.0 };
        Self { clock: PlaybackClock::new(), mix: Mutex::new(mix), blocks: AtomicU64::new(0) }
    }

    /// The recordings and which of them is heard, as they are now.
    pub(crate) fn mix(&self) -> Mix {
        self.mix.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Mix)) {
        change(&mut self.mix.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes all recordings off.
    pub(crate) fn clear(&self) {
        self.change(|mix| mix.signals = [None, None, None]);
    }

    /// Puts a recording on.
    pub(crate) fn put(&self, version: Version, signal: Arc<Signal>) {
        self.change(|mix| mix.signals[version.index()] = Some(signal));
    }

    /// Says which recording is heard.
    pub(crate) fn select(&self, version: Version) {
        self.change(|mix| mix.version = version);
    }

    /// Sets the volume, 0 to 1.
    pub(crate) fn set_volume(&self, volume: f32) {
        self.change(|mix| mix.volume = volume.clamp(0.0, 1.0));
    }

    /// The sound device took another block.
    pub(crate) fn count_block(&self) {
        self.blocks.fetch_add(1, Ordering::Relaxed);
    }

    /// How many blocks the sound device has taken: a device that takes none is not there any more.
    pub(crate) fn blocks_taken(&self) -> u64 {
        self.blocks.load(Ordering::Relaxed)
    }
}
