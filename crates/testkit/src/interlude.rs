//! What sounds between sentences and is no speech: applause, melodies, drums.

use crate::random::Random;

/// Two claps of one pair of hands follow each other after 0.15 to 0.3 s.
const CLAPS_A_SECOND: (f64, f64) = (3.3, 6.0);
/// Equally tempered semitones of a major scale.
const MAJOR: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];

/// How the notes of a melody sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// Held notes with many harmonics and some vibrato.
    Strings,
    /// Notes that are struck and die away.
    Piano,
    /// Held notes of few harmonics, three at a time.
    Organ,
}

/// `hands` pairs of hands that clap, each at its own pace; it swells for half a second and dies away over the last second.
///
/// A clap is noise through the resonance of a hollow hand (0.7 to 2.5 kHz), gone after some milliseconds, and its echo in the hall.
pub fn applause(seed: u64, rate_hz: u32, secs: f64, hands: usize) -> Vec<f32> {
    let mut random = Random::new(seed);
    let rate = f64::from(rate_hz);
    let len = (secs * rate) as usize;
    let mut samples = vec![0f32; len];
    for _ in 0..hands {
        let pace = random.between(CLAPS_A_SECOND.0, CLAPS_A_SECOND.1);
        let (hz, width) = (random.log_between(700.0, 2_500.0), random.between(0.25, 0.8));
        let level = random.log_between(0.2, 1.0);
        let mut time = random.uniform() / pace;
        while time < secs {
            let loudness = level * random.log_between(0.6, 1.0);
            clap(&mut random, &mut samples[(time * rate) as usize..], rate, hz, width, loudness);
            time += random.between(0.85, 1.15) / pace;
        }
    }
    echo(&mut samples, rate);
    fade(&mut samples, rate, 0.5f64.min(0.2 * secs), 1f64.min(0.3 * secs));
    to_unit_rms(&mut samples);
    samples
}

/// A melody in a major key, two to five notes a second.
pub fn melody(seed: u64, rate_hz: u32, secs: f64, instrument: Instrument) -> Vec<f32> {
    let mut random = Random::new(seed);
    let rate = f64::from(rate_hz);
    let mut samples = vec![0f32; (secs * rate) as usize];
    let root_hz = random.log_between(110.0, 330.0);
    let note_secs = random.between(0.2, 0.5);
    let mut degree = random.below(8) as i32;
    let mut time = 0.0;
    while time < secs {
        let length = note_secs * [0.5, 1.0, 1.0, 2.0][random.below(4)];
        degree = (degree + random.below(5) as i32 - 2).clamp(-4, 11);
        let chord: &[i32] = if instrument == Instrument::Organ { &[0, 2, 4] } else { &[0] };
        for third in chord {
            let hz = root_hz * f64::from(semitones(degree + third)).exp2();
            note(&mut random, &mut samples[(time * rate) as usize..], rate, hz, length, instrument);
        }
        time += length;
    }
    echo(&mut samples, rate);
    fade(&mut samples, rate, 0.02, 0.2f64.min(0.3 * secs));
    to_unit_rms(&mut samples);
    samples
}

/// A bass drum, a snare and a cymbal in a bar of four.
pub fn drums(seed: u64, rate_hz: u32, secs: f64) -> Vec<f32> {
    let mut random = Random::new(seed);
    let rate = f64::from(rate_hz);
    let mut samples = vec![0f32; (secs * rate) as usize];
    let eighth_secs = random.between(0.18, 0.3);
    let mut beat = 0;
    while (beat as f64) * eighth_secs < secs {
        let from = ((beat as f64) * eighth_secs * rate) as usize;
        let part = &mut samples[from..];
        if beat % 4 == 0 {
            strike(part, rate, |t| {
                (-t / 0.08).exp() * (std::f64::consts::TAU * (60.0 * t - 0.8 * (-t / 0.02).exp())).sin()
            });
        }
        if beat % 4 == 2 {
            strike(part, rate, |t| 0.8 * (-t / 0.06).exp() * random.normal());
        }
        strike(part, rate, |t| 0.2 * (-t / 0.03).exp() * random.normal());
        beat += 1;
    }
    echo(&mut samples, rate);
    fade(&mut samples, rate, 0.01, 0.2f64.min(0.3 * secs));
    to_unit_rms(&mut samples);
    samples
}

/// Octaves of a degree of the scale above its root.
fn semitones(degree: i32) -> f32 {
    (12 * degree.div_euclid(7) + MAJOR[degree.rem_euclid(7) as usize]) as f32 / 12.0
}

fn strike(samples: &mut [f32], rate: f64, mut value: impl FnMut(f64) -> f64) {
    for (i, x) in samples.iter_mut().take((0.4 * rate) as usize).enumerate() {
        *x += value(i as f64 / rate) as f32;
    }
}

/// Noise through a resonator at `hz`, of `width` (bandwidth over frequency).
fn clap(random: &mut Random, samples: &mut [f32], rate: f64, hz: f64, width: f64, level: f64) {
    let radius = (-std::f64::consts::PI * hz * width / rate).exp();
    let turn = 2.0 * radius * (std::f64::consts::TAU * hz / rate).cos();
    let decay_secs = random.log_between(0.002, 0.008);
    let (mut one, mut two) = (0.0, 0.0);
    for (i, x) in samples.iter_mut().take((8.0 * decay_secs * rate) as usize).enumerate() {
        let drive = random.normal() * (-(i as f64) / (decay_secs * rate)).exp();
        let out = drive + turn * one - radius * radius * two;
        (two, one) = (one, out);
        *x += (level * (1.0 - radius) * out) as f32;
    }
}

fn note(random: &mut Random, samples: &mut [f32], rate: f64, hz: f64, secs: f64, instrument: Instrument) {
    let (harmonics, tilt, ring_secs) = match instrument {
        Instrument::Strings => (16, 1.0, 0.05),
        Instrument::Piano => (10, 1.3, 0.4),
        Instrument::Organ => (4, 0.7, 0.03),
    };
    let vibrato = if instrument == Instrument::Strings { 0.004 } else { 0.0 };
    let level = random.between(0.6, 1.0);
    let phases: Vec<f64> = (0..harmonics).map(|_| random.uniform()).collect();
    let count = ((secs + 2.0 * ring_secs) * rate) as usize;
    let mut turns = 0.0;
    for (i, x) in samples.iter_mut().take(count).enumerate() {
        let t = i as f64 / rate;
        turns += hz * (1.0 + vibrato * (std::f64::consts::TAU * 5.5 * t).sin()) / rate;
        let envelope = match instrument {
            Instrument::Piano => (t / 0.005).min(1.0) * (-t / 0.5).exp(),
            _ => (t / 0.05).min(1.0),
        } * (1.0 - (t - secs).max(0.0) / (2.0 * ring_secs)).max(0.0);
        let sum: f64 = phases
            .iter()
            .zip(1..)
            .filter(|(_, n)| f64::from(*n) * hz < 0.45 * rate)
            .map(|(phase, n)| {
                f64::from(n).powf(-tilt) * (std::f64::consts::TAU * (f64::from(n) * turns + phase)).sin()
            })
            .sum();
        *x += (level * envelope * sum) as f32;
    }
}

/// Three walls of a small hall.
fn echo(samples: &mut [f32], rate: f64) {
    for (secs, gain) in [(0.023, 0.3), (0.041, 0.2), (0.067, 0.15)] {
        let delay = (secs * rate) as usize;
        for i in delay..samples.len() {
            samples[i] += gain * samples[i - delay];
        }
    }
}

fn fade(samples: &mut [f32], rate: f64, in_secs: f64, out_secs: f64) {
    let (rise, fall, len) = (in_secs * rate, out_secs * rate, samples.len() as f64);
    for (i, x) in samples.iter_mut().enumerate() {
        let place = i as f64 + 0.5;
        *x *= (place / rise).min((len - place) / fall).clamp(0.0, 1.0) as f32;
    }
}

fn to_unit_rms(samples: &mut [f32]) {
    let rms = crate::level::rms(samples).max(1e-9) as f32;
    samples.iter_mut().for_each(|x| *x /= rms);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::rms;

    #[test]
    fn interludes_last_as_long_as_asked_and_are_alike_in_level() {
        let sounds = [
            applause(1, 16_000, 4.0, 60),
            melody(2, 16_000, 4.0, Instrument::Strings),
            melody(2, 16_000, 4.0, Instrument::Piano),
            melody(2, 16_000, 4.0, Instrument::Organ),
            drums(3, 16_000, 4.0),
        ];
        for sound in sounds {
            assert_eq!(sound.len(), 64_000);
            assert!((rms(&sound) - 1.0).abs() < 1e-3 && sound.iter().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn applause_is_steady_and_a_melody_is_not_noise() {
        let level = |samples: &[f32]| samples.chunks(1_600).map(rms).collect::<Vec<f64>>();
        let applause = level(&applause(4, 16_000, 4.0, 80)[16_000..40_000]);
        let mean = applause.iter().sum::<f64>() / applause.len() as f64;
        assert!(applause.iter().all(|x| (0.5..2.0).contains(&(x / mean))), "{applause:?}");
        // The octaves of a scale double.
        assert!((semitones(7) - 1.0).abs() < 1e-6 && (semitones(-7) + 1.0).abs() < 1e-6);
    }
}
