//! A signal with what matters of speech: glottal pulses, formants that move, hiss, stops, pauses. No words, but known places.

use std::f64::consts::TAU;

use crate::random::Random;

/// What a stretch of [`SpeechLike`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundKind {
    /// Glottal pulses through four formants.
    Vowel,
    /// Noise between 3 and 8 kHz.
    Fricative,
    /// A short silence and a burst.
    Stop,
    /// Silence.
    Pause,
}

/// A stretch of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound {
    /// What it is.
    pub kind: SoundKind,
    /// First sample.
    pub start: usize,
    /// One past the last sample.
    pub end: usize,
}

/// A speech-like signal with its truth.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechLike {
    /// Samples, peak 0.5.
    pub samples: Vec<f32>,
    /// Its sounds: ascending, without gaps, from the first sample to the last.
    pub sounds: Vec<Sound>,
}

/// Peak of what [`speech_like`] returns: room for clicks on top.
const PEAK: f64 = 0.5;

/// `secs` seconds of a speech-like signal. Begins and ends with a pause.
pub fn speech_like(seed: u64, rate_hz: u32, secs: f64) -> SpeechLike {
    let len = (secs * f64::from(rate_hz)).round() as usize;
    let mut random = Random::new(seed);
    let sounds = plan_sounds(&mut random, f64::from(rate_hz), len);
    let mut samples = vec![0.0; len];
    let mut phase = 0.0;
    for sound in &sounds {
        let out = &mut samples[sound.start..sound.end];
        match sound.kind {
            SoundKind::Vowel => phase = add_vowel(&mut random, out, f64::from(rate_hz), phase),
            SoundKind::Fricative => add_hiss(&mut random, out, f64::from(rate_hz), 0.12),
            SoundKind::Stop => {
                let burst = out.len() * 2 / 3;
                add_hiss(&mut random, &mut out[burst..], f64::from(rate_hz), 0.25);
            }
            SoundKind::Pause => {}
        }
    }
    let largest = samples.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    let scale = if largest > 0.0 { PEAK / largest } else { 0.0 };
    SpeechLike { samples: samples.into_iter().map(|x| (x * scale) as f32).collect(), sounds }
}

/// Syllables of stop or fricative and vowel, 3 to 9 to a phrase, pauses between phrases.
fn plan_sounds(random: &mut Random, rate: f64, len: usize) -> Vec<Sound> {
    let mut sounds = Vec::new();
    let mut at = 0;
    let mut push = |kind, secs: f64, at: &mut usize| {
        let end = (*at + (secs * rate) as usize).min(len);
        if end > *at {
            sounds.push(Sound { kind, start: *at, end });
        }
        *at = end;
    };
    push(SoundKind::Pause, 0.3, &mut at);
    while at + (0.6 * rate) as usize <= len {
        for _ in 0..3 + random.below(7) {
            if at + (0.5 * rate) as usize > len {
                break;
            }
            match random.below(3) {
                0 => push(SoundKind::Stop, random.between(0.05, 0.09), &mut at),
                1 => push(SoundKind::Fricative, random.between(0.06, 0.12), &mut at),
                _ => {}
            }
            push(SoundKind::Vowel, random.between(0.07, 0.18), &mut at);
        }
        push(SoundKind::Pause, random.between(0.2, 0.5), &mut at);
    }
    push(SoundKind::Pause, len as f64 / rate, &mut at);
    sounds
}

/// Raised-cosine edges of 8 ms, as the mouth opens and closes.
fn edge(i: usize, len: usize, rate: f64) -> f64 {
    let from_edge = i.min(len - 1 - i) as f64 / (0.008 * rate);
    if from_edge >= 1.0 { 1.0 } else { 0.5 - 0.5 * (std::f64::consts::PI * from_edge).cos() }
}

/// Glottal pulses through four resonators in cascade; returns the phase for the next vowel.
fn add_vowel(random: &mut Random, out: &mut [f64], rate: f64, mut phase: f64) -> f64 {
    let len = out.len();
    let (pitch_from, pitch_to) = (random.between(95.0, 160.0), random.between(85.0, 140.0));
    let formants = [
        (random.between(280.0, 750.0), 70.0),
        (random.between(900.0, 2_200.0), 100.0),
        (random.between(2_300.0, 2_900.0), 140.0),
        (random.between(3_300.0, 3_900.0), 220.0),
    ];
    let mut resonators: Vec<Resonator> = formants
        .iter()
        .filter(|(f, _)| *f < 0.45 * rate)
        .map(|(f, b)| Resonator::new(*f, *b, rate))
        .collect();
    for (i, value) in out.iter_mut().enumerate() {
        let place = i as f64 / len as f64;
        phase += (pitch_from + (pitch_to - pitch_from) * place) / rate;
        // The closing of the glottis: a saw-tooth's steep edge, differentiated, with some breath.
        let mut x = if phase >= 1.0 { 1.0 } else { 0.0 } - 0.003 + 0.004 * random.normal();
        phase = phase.fract();
        for resonator in &mut resonators {
            x = resonator.step(x);
        }
        *value += x * edge(i, len, rate);
    }
    phase
}

/// Noise through two first differences and a resonance at 5 kHz (or below the Nyquist frequency).
fn add_hiss(random: &mut Random, out: &mut [f64], rate: f64, level: f64) {
    let len = out.len();
    let mut resonator = Resonator::new(f64::min(5_000.0, 0.35 * rate), 2_500.0, rate);
    let (mut before, mut before_that) = (0.0, 0.0);
    for (i, value) in out.iter_mut().enumerate() {
        let x = resonator.step(random.normal());
        *value += level * (x - 2.0 * before + before_that) / 4.0 * edge(i, len, rate);
        (before, before_that) = (x, before);
    }
}

/// A two-pole resonance with unit gain at 0 Hz (Klatt 1980).
pub(crate) struct Resonator {
    gain: f64,
    first: f64,
    second: f64,
    state: [f64; 2],
}

impl Resonator {
    pub(crate) fn new(frequency_hz: f64, bandwidth_hz: f64, rate: f64) -> Self {
        let radius = (-std::f64::consts::PI * bandwidth_hz / rate).exp();
        let first = 2.0 * radius * (TAU * frequency_hz / rate).cos();
        let second = -radius * radius;
        Self { gain: 1.0 - first - second, first, second, state: [0.0; 2] }
    }

    pub(crate) fn step(&mut self, x: f64) -> f64 {
        let y = self.gain * x + self.first * self.state[0] + self.second * self.state[1];
        self.state = [y, self.state[0]];
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::rms;

    #[test]
    fn sounds_tile_the_signal() {
        for rate_hz in [8_000, 16_000, 44_100] {
            let speech = speech_like(11, rate_hz, 5.0);
            assert_eq!(speech.samples.len(), 5 * rate_hz as usize);
            assert_eq!(speech.sounds[0].start, 0);
            assert_eq!(speech.sounds.last().unwrap().end, speech.samples.len());
            assert!(speech.sounds.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
    }

    #[test]
    fn pauses_are_silent_and_vowels_are_not() {
        let speech = speech_like(12, 16_000, 6.0);
        let vowels = speech.sounds.iter().filter(|s| s.kind == SoundKind::Vowel).count();
        assert!(vowels >= 10, "{vowels} vowels");
        for sound in &speech.sounds {
            let level = rms(&speech.samples[sound.start..sound.end]);
            match sound.kind {
                SoundKind::Pause => assert!(level < 1e-9),
                SoundKind::Vowel => assert!(level > 0.005, "{sound:?} {level}"),
                _ => {}
            }
        }
    }

    #[test]
    fn one_seed_is_one_signal() {
        assert_eq!(speech_like(1, 16_000, 1.0), speech_like(1, 16_000, 1.0));
        assert_ne!(speech_like(1, 16_000, 1.0), speech_like(2, 16_000, 1.0));
    }
}
