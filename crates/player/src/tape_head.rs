//! Reads the deck for a sound device, which pulls frames from here.
//!
//! The head reads the clock, and where the clock was moved, the version changed or playback stopped, the sound that was
//! going on fades out over a few milliseconds while the new one fades in: no seek and no switch clicks.

use std::sync::Arc;

use tonearm_audio::Signal;

use crate::deck::Deck;
use crate::stretch::Stretcher;
use crate::version::Version;

/// Frames that are made at once: 3 ms at 44.1 kHz, so that a switch is heard at once.
const BLOCK_FRAMES: usize = 128;
/// Fades between versions and at seeks: long enough that no edge is heard, too short to hear as a fade.
const FADE_SECS: f64 = 0.006;
/// How far the clock may be from where the head left it before that counts as a seek.
const SEEK_SECS: f64 = 1e-6;

/// One stretch of sound on its way in or out.
struct Voice {
    version: Version,
    signal: Arc<Signal>,
    stretcher: Stretcher,
    gain: f32,
}

/// Reads the deck for a sound device of a given rate: stereo frames, left and right in turn.
pub(crate) struct TapeHead {
    deck: Arc<Deck>,
    device_rate: u32,
    current: Option<Voice>,
    leaving: Vec<Voice>,
    left_at_secs: f64,
    block: Vec<f32>,
    next: usize,
}

impl TapeHead {
    /// A head for a device of `device_rate` hertz.
    pub(crate) fn new(deck: Arc<Deck>, device_rate: u32) -> Self {
        let (current, leaving) = (None, Vec::new());
        Self { deck, device_rate, current, leaving, left_at_secs: f64::NAN, block: Vec::new(), next: 0 }
    }

    /// The next sample: left and right in turn, without end.
    pub(crate) fn next_sample(&mut self) -> f32 {
        if self.next >= self.block.len() {
            self.fill_block();
            self.next = 0;
        }
        self.next += 1;
        self.block[self.next - 1]
    }

    fn fill_block(&mut self) {
        let block_secs = BLOCK_FRAMES as f64 / f64::from(self.device_rate);
        let mix = self.deck.mix();
        let (from, to) = self.deck.clock.advance(block_secs);
        self.deck.count_block();

        let wanted = if from.playing { mix.signals[mix.version.index()].clone() } else { None };
        let goes_on = (from.position_secs - self.left_at_secs).abs() < SEEK_SECS
            && self.current.as_ref().is_some_and(|voice| {
                voice.version == mix.version && wanted.as_ref().is_some_and(|w| Arc::ptr_eq(w, &voice.signal))
            });
        if !goes_on {
            self.leaving.extend(self.current.take());
            self.current = wanted.map(|signal| Voice {
                version: mix.version,
                stretcher: Stretcher::new(signal.sample_rate(), from.position_secs),
                signal,
                gain: 0.0,
            });
        }
        self.left_at_secs = to.position_secs;

        self.block.clear();
        self.block.resize(2 * BLOCK_FRAMES, 0.0);
        let fade_step = (1.0 / (FADE_SECS * f64::from(self.device_rate))) as f32;
        let device_rate = f64::from(self.device_rate);
        for (voice, step) in self
            .leaving
            .iter_mut()
            .map(|voice| (voice, -fade_step))
            .chain(self.current.iter_mut().map(|voice| (voice, fade_step)))
        {
            for frame in self.block.chunks_exact_mut(2) {
                let [left, right] = voice.stretcher.next(&voice.signal, from.speed, device_rate);
                frame[0] += left * voice.gain * mix.volume;
                frame[1] += right * voice.gain * mix.volume;
                voice.gain = (voice.gain + step).clamp(0.0, 1.0);
            }
        }
        self.leaving.retain(|voice| voice.gain > 0.0);
    }
}

#[cfg(test)]
mod tests {
    use tonearm_audio::SampleRate;

    use super::*;

    const RATE: u32 = 16_000;

    fn deck_with(levels: [Option<f32>; 3]) -> Arc<Deck> {
        let deck = Deck::new();
        let rate = SampleRate::new(RATE).unwrap();
        for (version, level) in Version::ALL.into_iter().zip(levels) {
            if let Some(level) = level {
                deck.put(version, Arc::new(Signal::mono(rate, vec![level; RATE as usize]).unwrap()));
            }
        }
        deck.clock.restart(1.0);
        Arc::new(deck)
    }

    fn take(head: &mut TapeHead, secs: f64) -> Vec<f32> {
        let frames = (secs * f64::from(head.device_rate)) as usize;
        (0..frames).map(|_| (head.next_sample(), head.next_sample()).0).collect()
    }

    #[test]
    fn switching_keeps_the_place_and_fades() {
        let deck = deck_with([Some(0.5), Some(-0.5), None]);
        let mut head = TapeHead::new(deck.clone(), 48_000);
        deck.clock.play();
        let after = take(&mut head, 0.1);
        assert!((after.last().unwrap() + 0.5).abs() < 1e-3);
        deck.select(Version::Before);
        let before = take(&mut head, 0.1);
        assert!((before.last().unwrap() - 0.5).abs() < 1e-3);
        let steepest = before.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.02, "a step of {steepest} would click");
        let position = deck.clock.state().position_secs;
        assert!((position - 0.2).abs() < 0.004, "{position}");
    }

    #[test]
    fn a_pause_and_a_seek_do_not_click() {
        let deck = deck_with([None, Some(0.8), None]);
        let mut head = TapeHead::new(deck.clone(), RATE);
        deck.clock.play();
        let mut heard = take(&mut head, 0.1);
        deck.clock.seek(0.7);
        heard.extend(take(&mut head, 0.1));
        deck.clock.pause();
        heard.extend(take(&mut head, 0.1));
        assert_eq!(heard.last().map(|x| x.to_bits()), Some(0));
        let steepest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.02, "a step of {steepest} would click");
    }

    #[test]
    fn a_version_that_is_not_there_is_silence_while_the_clock_runs() {
        let deck = deck_with([None, Some(0.8), None]);
        deck.select(Version::Removed);
        let mut head = TapeHead::new(deck.clone(), RATE);
        deck.clock.play();
        assert!(take(&mut head, 0.2).iter().all(|x| x.abs() < 1e-9));
        assert!(deck.clock.state().position_secs > 0.19);
        assert!(deck.blocks_taken() > 0);
    }

    #[test]
    fn volume_scales_what_is_heard() {
        let deck = deck_with([None, Some(0.8), None]);
        deck.set_volume(0.25);
        let mut head = TapeHead::new(deck.clone(), RATE);
        deck.clock.play();
        assert!((take(&mut head, 0.1).last().unwrap() - 0.2).abs() < 1e-3);
    }
}
