//! Reads and analyses recordings away from the window's thread: the window stays alive, and what is ready shows at once.
//!
//! Each recording arrives twice: its samples and outline as soon as it is decoded, so that it can be heard, and its
//! spectrogram when that is done.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tonearm_audio::{Signal, decode};

use crate::peak_pyramid::PeakPyramid;
use crate::spectral_levels::SpectralLevels;
use crate::version::Version;

/// A recording that can be heard and drawn.
#[derive(Debug)]
pub(crate) struct LoadedTrack {
    pub(crate) path: PathBuf,
    pub(crate) signal: Arc<Signal>,
    pub(crate) mono: Vec<f32>,
    pub(crate) peaks: PeakPyramid,
    pub(crate) warnings: Vec<String>,
}

/// What became of a part of the work.
pub(crate) enum Arrival {
    /// The samples of a version.
    Track(Version, LoadedTrack),
    /// The spectrogram of a version.
    Levels(Version, SpectralLevels),
    /// A version that cannot be read, and why.
    Failed(Version, String),
}

/// Work under way and its results. Dropping it forgets what is still to come.
pub(crate) struct Loader {
    sender: Sender<Arrival>,
    arrivals: Receiver<Arrival>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Loader {
    /// A loader that calls `wake` whenever something has arrived.
    pub(crate) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (sender, arrivals) = channel();
        Self { sender, arrivals, wake }
    }

    /// Begins to read recordings, in the order given.
    pub(crate) fn load(&self, wanted: Vec<(Version, PathBuf)>) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        thread::spawn(move || {
            let mut loaded: Vec<(Version, Arc<Signal>)> = Vec::new();
            for (version, path) in wanted {
                let arrival = match read(&path) {
                    Ok(track) => {
                        loaded.push((version, Arc::clone(&track.signal)));
                        Arrival::Track(version, track)
                    }
                    Err(reason) => Arrival::Failed(version, reason),
                };
                if sender.send(arrival).is_err() {
                    return;
                }
                wake();
            }
            for (version, signal) in loaded {
                let arrival = match SpectralLevels::of(&signal.downmix(), signal.sample_rate()) {
                    Ok(levels) => Arrival::Levels(version, levels),
                    Err(error) => Arrival::Failed(version, format!("no spectrogram: {error}")),
                };
                if sender.send(arrival).is_err() {
                    return;
                }
                wake();
            }
        });
    }

    /// What has arrived since the last time.
    pub(crate) fn arrivals(&self) -> impl Iterator<Item = Arrival> + '_ {
        self.arrivals.try_iter()
    }
}

fn read(path: &Path) -> Result<LoadedTrack, String> {
    let recording = decode::read(path).map_err(|error| error.to_string())?;
    let mono = recording.signal.downmix();
    let peaks = PeakPyramid::of(&mono);
    Ok(LoadedTrack {
        path: path.to_owned(),
        signal: Arc::new(recording.signal),
        mono,
        peaks,
        warnings: recording.warnings,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::fixture;

    #[test]
    fn sound_comes_first_then_the_picture_and_failures_have_a_reason() {
        let dir = fixture::out_dir();
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        let loader = Loader::new(Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        }));
        loader.load(vec![
            (Version::After, dir.path().join("restored.wav")),
            (Version::Before, dir.path().join("lost.wav")),
        ]);
        let mut seen = Vec::new();
        let patience = Instant::now() + Duration::from_secs(60);
        while seen.len() < 3 && Instant::now() < patience {
            seen.extend(loader.arrivals().map(|arrival| match arrival {
                Arrival::Track(Version::After, track) => format!("{} samples", track.signal.len()),
                Arrival::Levels(Version::After, _) => "levels".to_owned(),
                Arrival::Failed(Version::Before, reason) if reason.contains("lost.wav") => "lost".to_owned(),
                _ => "something else".to_owned(),
            }));
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(seen, ["48000 samples", "lost", "levels"]);
        assert_eq!(woken.load(Ordering::SeqCst), 3);
    }
}
