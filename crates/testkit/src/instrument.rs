//! Clean programme that looks like damage: instruments and voices whose waveform has pulses, fronts and bursts of its own.
//!
//! What a detector of clicks and crackle must leave alone. Each kind draws its pitch, brightness, ornament and noise from a
//! seed, so that a trial can have as many players as it wants. Nothing here sounds beautiful; what matters is the form of
//! the wave: lips and reeds that open once a period, strings that slip, hammers, sticks, stops, sibilants, a creaking glottis.

use std::f64::consts::TAU;

use crate::random::Random;
use crate::speech::Resonator;

/// A kind of player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Instrument {
    /// Trumpet to tuba, notes held without vibrato: all partials in phase, a pulse each period.
    Brass,
    /// The same with vibrato, crescendo and a pulse that is not quite even.
    BrassVibrato,
    /// Odd partials and some breath.
    Clarinet,
    /// A saw-tooth through a body, vibrato, bow noise.
    Violin,
    /// Inharmonic partials that die away, each note with the knock of its hammer.
    Piano,
    /// Plucked strings: a front of half a millisecond, bright partials.
    Plucked,
    /// Chords of steady pipes with chiff.
    Organ,
    /// Two reeds a little apart, rich in partials.
    Accordion,
    /// Kick, snare, hi-hat.
    Drums,
    /// Wood on wood: a castanet's click is a millisecond and a half of two resonances.
    Castanets,
    /// A vowel sung at 200 to 700 Hz with vibrato.
    Song,
    /// A voice of 50 to 110 Hz: long closed phases, sharp closures.
    LowVoice,
    /// A creaking voice: 25 to 60 closures a second at uneven distances and heights.
    Creak,
    /// Hiss between 4 and 11 kHz in syllables.
    Sibilants,
    /// Bursts after silence, each with a vowel's onset.
    Plosives,
}

impl Instrument {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Brass,
        Self::BrassVibrato,
        Self::Clarinet,
        Self::Violin,
        Self::Piano,
        Self::Plucked,
        Self::Organ,
        Self::Accordion,
        Self::Drums,
        Self::Castanets,
        Self::Song,
        Self::LowVoice,
        Self::Creak,
        Self::Sibilants,
        Self::Plosives,
    ];

    /// `secs` seconds of this kind, peak 0.5, with a room's noise 70 to 90 dB below.
    pub fn play(self, seed: u64, rate_hz: u32, secs: f64) -> Vec<f32> {
        let mut random = Random::new(seed.wrapping_mul(31).wrapping_add(self as u64));
        let rate = f64::from(rate_hz);
        let mut out = vec![0.0; (secs * rate).round() as usize];
        match self {
            Self::Brass => brass(&mut random, &mut out, rate, false),
            Self::BrassVibrato => brass(&mut random, &mut out, rate, true),
            Self::Clarinet => clarinet(&mut random, &mut out, rate),
            Self::Violin => violin(&mut random, &mut out, rate),
            Self::Piano => struck(&mut random, &mut out, rate, &PIANO),
            Self::Plucked => struck(&mut random, &mut out, rate, &PLUCKED),
            Self::Organ => organ(&mut random, &mut out, rate),
            Self::Accordion => accordion(&mut random, &mut out, rate),
            Self::Drums => drums(&mut random, &mut out, rate),
            Self::Castanets => castanets(&mut random, &mut out, rate),
            Self::Song => glottal(&mut random, &mut out, rate, &SONG),
            Self::LowVoice => glottal(&mut random, &mut out, rate, &LOW_VOICE),
            Self::Creak => glottal(&mut random, &mut out, rate, &CREAK),
            Self::Sibilants => sibilants(&mut random, &mut out, rate),
            Self::Plosives => plosives(&mut random, &mut out, rate),
        }
        finish(&mut random, &out)
    }
}

/// Peak 0.5 and a room.
fn finish(random: &mut Random, out: &[f64]) -> Vec<f32> {
    let largest = out.iter().fold(0.0, |m: f64, x| m.max(x.abs())).max(f64::MIN_POSITIVE);
    let room = 10f64.powf(random.between(-90.0, -70.0) / 20.0);
    out.iter().map(|x| (0.5 * x / largest + 0.5 * room * random.normal()) as f32).collect()
}

/// Starts and lengths in samples of notes that follow one another, with rests between some.
fn notes(random: &mut Random, len: usize, rate: f64, secs: (f64, f64)) -> Vec<(usize, usize)> {
    let mut notes = Vec::new();
    let mut at = (0.1 * rate) as usize;
    while at < len {
        let long = ((random.log_between(secs.0, secs.1) * rate) as usize).min(len - at);
        notes.push((at, long));
        at += long;
        if random.uniform() < 0.3 {
            at += (random.between(0.05, 0.3) * rate) as usize;
        }
    }
    notes
}

/// A semitone of the tempered scale over `lowest`.
fn pitch(random: &mut Random, lowest: f64, semitones: usize) -> f64 {
    lowest * 2f64.powf(random.below(semitones + 1) as f64 / 12.0)
}

/// Attack and release as raised cosines of these lengths.
fn swell(i: usize, len: usize, attack: f64, release: f64) -> f64 {
    let rise = (i as f64 / attack).min(1.0);
    let fall = ((len - i) as f64 / release).min(1.0);
    let half_cosine = |x: f64| 0.5 - 0.5 * (std::f64::consts::PI * x).cos();
    half_cosine(rise) * half_cosine(fall)
}

/// Σ over h of `amplitudes[h − 1]`·cos(h·phase + `angles[h − 1]`).
fn partials(phase: f64, amplitudes: &[f64], angles: &[(f64, f64)]) -> f64 {
    let (sin, cos) = phase.sin_cos();
    let (mut re, mut im) = (1.0, 0.0);
    let mut sum = 0.0;
    for (amplitude, (c, s)) in amplitudes.iter().zip(angles) {
        (re, im) = (re * cos - im * sin, re * sin + im * cos);
        sum += amplitude * (re * c - im * s);
    }
    sum
}

/// Unit vectors of angles that are 0 but for a share of chance.
fn angles(random: &mut Random, count: usize, chance: f64) -> Vec<(f64, f64)> {
    (0..count).map(|_| (TAU * chance * (random.uniform() - 0.5)).sin_cos()).map(|(s, c)| (c, s)).collect()
}

fn brass(random: &mut Random, out: &mut [f64], rate: f64, vibrato: bool) {
    let lowest = random.log_between(60.0, 400.0);
    let brightness = random.between(0.65, 0.95);
    let uneven = if vibrato { random.between(0.0, 0.002) } else { 0.0 };
    let longest = if vibrato { 1.5 } else { 3.0 };
    for (start, len) in notes(random, out.len(), rate, (0.3, longest)) {
        let fundamental = pitch(random, lowest, 12);
        let count = (0.43 * rate / fundamental) as usize;
        let angles = angles(random, count, 0.1);
        let (depth, speed) =
            if vibrato { (random.between(0.002, 0.012), random.between(4.0, 6.5)) } else { (0.0, 5.0) };
        let loud = random.between(0.4, 1.0);
        let mut phase = 0.0;
        let (mut amplitudes, mut period_factor) = (Vec::new(), 1.0);
        for i in 0..len {
            let time = i as f64 / rate;
            let level = swell(i, len, 0.04 * rate, 0.06 * rate);
            if i % 64 == 0 {
                // The louder the brighter.
                let bright = brightness * (0.75 + 0.25 * level * loud);
                amplitudes =
                    (1..=count).map(|h| bright.powf(h as f64 * fundamental / 700.0)).collect::<Vec<f64>>();
            }
            let bend = if vibrato { 1.0 + depth * (TAU * speed * time).sin() } else { 1.0 };
            phase += TAU * fundamental * bend * period_factor / rate;
            if phase > TAU {
                phase -= TAU;
                period_factor = 1.0 + uneven * random.normal();
            }
            out[start + i] += loud * level * partials(phase, &amplitudes, &angles) / (count as f64).sqrt();
        }
    }
}

fn clarinet(random: &mut Random, out: &mut [f64], rate: f64) {
    let lowest = random.log_between(140.0, 400.0);
    let (slope, breath) = (random.between(0.8, 1.6), random.log_between(0.000_3, 0.01));
    for (start, len) in notes(random, out.len(), rate, (0.15, 1.5)) {
        let fundamental = pitch(random, lowest, 19);
        let count = (0.4 * rate / fundamental) as usize;
        let amplitudes: Vec<f64> =
            (1..=count).map(|h| if h % 2 == 1 { 1.0 } else { 0.08 } / (h as f64).powf(slope)).collect();
        let angles = angles(random, count, 0.05);
        for i in 0..len {
            let wave = partials(TAU * fundamental * i as f64 / rate, &amplitudes, &angles);
            out[start + i] += swell(i, len, 0.03 * rate, 0.03 * rate) * (wave + breath * random.normal());
        }
    }
}

fn violin(random: &mut Random, out: &mut [f64], rate: f64) {
    let lowest = random.log_between(65.0, 300.0);
    let bow = random.log_between(0.001, 0.02);
    let mut body: Vec<Resonator> = (0..5)
        .map(|_| {
            let (hz, quality) = (random.log_between(250.0, 4_000.0), random.between(2.0, 8.0));
            Resonator::new(hz, hz / quality, rate)
        })
        .collect();
    for (start, len) in notes(random, out.len(), rate, (0.2, 1.5)) {
        let fundamental = pitch(random, lowest, 24);
        let count = (0.4 * rate / fundamental) as usize;
        let amplitudes: Vec<f64> = (1..=count).map(|h| 1.0 / h as f64).collect();
        // A saw-tooth: all sines.
        let angles = vec![(0.0, 1.0); count];
        let (depth, speed) = (random.between(0.0, 0.01), random.between(4.5, 6.5));
        let mut phase = 0.0;
        for i in 0..len {
            phase += TAU * fundamental * (1.0 + depth * (TAU * speed * i as f64 / rate).sin()) / rate;
            let wave = partials(phase, &amplitudes, &angles) + bow * random.normal();
            let string = swell(i, len, 0.05 * rate, 0.05 * rate) * wave;
            out[start + i] += string + 0.2 * body.iter_mut().map(|r| r.step(string)).sum::<f64>();
        }
    }
}

/// What is struck or plucked.
struct Strings {
    lowest_hz: (f64, f64),
    note_secs: (f64, f64),
    attack_secs: f64,
    /// Fall of the partials, as a power of their number.
    slope: (f64, f64),
    stiffness: (f64, f64),
    knock: f64,
}

const PIANO: Strings = Strings {
    lowest_hz: (55.0, 400.0),
    note_secs: (0.1, 0.8),
    attack_secs: 0.002,
    slope: (1.0, 2.0),
    stiffness: (1e-4, 6e-4),
    knock: 0.1,
};
const PLUCKED: Strings = Strings {
    lowest_hz: (80.0, 350.0),
    note_secs: (0.08, 0.5),
    attack_secs: 0.000_5,
    slope: (0.6, 1.2),
    stiffness: (1e-5, 1e-4),
    knock: 0.02,
};

fn struck(random: &mut Random, out: &mut [f64], rate: f64, strings: &Strings) {
    let lowest = random.log_between(strings.lowest_hz.0, strings.lowest_hz.1);
    let slope = random.between(strings.slope.0, strings.slope.1);
    let stiffness = random.log_between(strings.stiffness.0, strings.stiffness.1);
    for (start, _) in notes(random, out.len(), rate, strings.note_secs) {
        let fundamental = pitch(random, lowest, 24);
        let place = random.between(0.05, 0.3);
        let loud = random.log_between(0.2, 1.0);
        for h in 1..(0.45 * rate / fundamental) as usize {
            let h = h as f64;
            let frequency = h * fundamental * (1.0 + stiffness * h * h).sqrt();
            let amplitude = loud * (std::f64::consts::PI * h * place).sin() / h.powf(slope);
            if frequency > 0.42 * rate || amplitude.abs() < 1e-4 {
                continue;
            }
            let decay = (-(1.5 + 0.002 * frequency) / rate).exp();
            let (turn_sin, turn_cos) = (TAU * frequency / rate).sin_cos();
            let (mut re, mut im, mut level) = (0.0, 1.0, amplitude);
            for (i, value) in out[start..].iter_mut().enumerate() {
                (re, im) = (re * turn_cos - im * turn_sin, re * turn_sin + im * turn_cos);
                level *= decay;
                if level.abs() < 1e-5 {
                    break;
                }
                *value += level * im * (i as f64 / (strings.attack_secs * rate)).min(1.0);
            }
        }
        let mut knock = Resonator::new(random.between(200.0, 1_500.0), 300.0, rate);
        for (i, value) in out[start..].iter_mut().take((0.02 * rate) as usize).enumerate() {
            let envelope = (-(i as f64) / (0.003 * rate)).exp();
            *value += loud * strings.knock * knock.step(3.0 * envelope * random.normal());
        }
    }
}

fn organ(random: &mut Random, out: &mut [f64], rate: f64) {
    let lowest = random.log_between(65.0, 260.0);
    let slope = random.between(0.7, 1.8);
    for voice in 0..4 {
        for (start, len) in notes(random, out.len(), rate, (0.4, 2.5)) {
            let fundamental = pitch(random, lowest * f64::from(1 << (voice % 3)), 12);
            let count = (0.4 * rate / fundamental) as usize;
            let amplitudes: Vec<f64> = (1..=count).map(|h| (h as f64).powf(-slope)).collect();
            let angles = angles(random, count, 1.0);
            for i in 0..len {
                let chiff = 0.2 * (-(i as f64) / (0.01 * rate)).exp() * random.normal();
                let wave = partials(TAU * fundamental * i as f64 / rate, &amplitudes, &angles);
                out[start + i] += swell(i, len, 0.02 * rate, 0.05 * rate) * (wave + chiff);
            }
        }
    }
}

fn accordion(random: &mut Random, out: &mut [f64], rate: f64) {
    let lowest = random.log_between(90.0, 300.0);
    let slope = random.between(0.5, 1.2);
    for _voice in 0..2 {
        for (start, len) in notes(random, out.len(), rate, (0.2, 1.2)) {
            let fundamental = pitch(random, lowest, 19);
            let count = (0.4 * rate / fundamental) as usize;
            let amplitudes: Vec<f64> = (1..=count).map(|h| (h as f64).powf(-slope)).collect();
            let angles = angles(random, count, 0.1);
            let apart = random.between(0.0, 2.5);
            for i in 0..len {
                let time = i as f64 / rate;
                let wave = partials(TAU * fundamental * time, &amplitudes, &angles)
                    + partials(TAU * (fundamental + apart) * time, &amplitudes, &angles);
                out[start + i] += swell(i, len, 0.03 * rate, 0.04 * rate) * wave;
            }
        }
    }
}

fn drums(random: &mut Random, out: &mut [f64], rate: f64) {
    let beat = (random.between(0.1, 0.25) * rate) as usize;
    for (index, start) in (beat..out.len()).step_by(beat).enumerate() {
        let loud = random.between(0.5, 1.0);
        // Kick, hat, snare, hat.
        let (tone_hz, tone, noise, decay_secs, tilt) = match index % 4 {
            0 => (random.between(50.0, 70.0), 1.0, 0.05, 0.12, 0.0),
            2 => (random.between(160.0, 220.0), 0.4, 0.4, 0.08, 0.0),
            _ => (0.0, 0.0, 0.15, 0.03, 1.0),
        };
        let mut before = 0.0;
        for (i, value) in out[start..].iter_mut().take((0.4 * rate) as usize).enumerate() {
            let time = i as f64 / rate;
            let white = random.normal();
            let hiss = white - tilt * before;
            before = white;
            let front = (time / 0.001).min(1.0);
            *value += loud
                * front
                * (-time / decay_secs).exp()
                * (tone * (TAU * tone_hz * time).sin() + noise * hiss);
        }
    }
}

fn castanets(random: &mut Random, out: &mut [f64], rate: f64) {
    let mut at = (0.2 * rate) as usize;
    let wood = (random.between(1_200.0, 1_800.0), random.between(2_500.0, 3_500.0));
    while at < out.len() {
        let (loud, decay) = (random.between(0.3, 1.0), random.between(0.001, 0.003) * rate);
        for (i, value) in out[at..].iter_mut().take((12.0 * decay) as usize).enumerate() {
            let time = i as f64 / rate;
            let front = (i as f64 / (0.000_2 * rate)).min(1.0);
            let wave = (TAU * wood.0 * time).sin() + 0.5 * (TAU * wood.1 * time).sin();
            *value += loud * front * (-(i as f64) / decay).exp() * (wave + 0.1 * random.normal());
        }
        at += (random.between(0.08, 0.4) * rate) as usize;
    }
}

/// How a glottis closes.
struct Glottis {
    pitch_hz: (f64, f64),
    /// Deviation of periods and of heights, as a share.
    uneven: (f64, f64),
    vibrato: (f64, f64),
    breath: (f64, f64),
    syllable_secs: (f64, f64),
}

const SONG: Glottis = Glottis {
    pitch_hz: (200.0, 700.0),
    uneven: (0.0, 0.003),
    vibrato: (0.005, 0.02),
    breath: (1e-4, 1e-2),
    syllable_secs: (0.3, 1.5),
};
const LOW_VOICE: Glottis = Glottis {
    pitch_hz: (50.0, 110.0),
    uneven: (0.005, 0.02),
    vibrato: (0.0, 0.0),
    breath: (1e-4, 1e-2),
    syllable_secs: (0.12, 0.6),
};
const CREAK: Glottis = Glottis {
    pitch_hz: (25.0, 60.0),
    uneven: (0.05, 0.3),
    vibrato: (0.0, 0.0),
    breath: (1e-5, 3e-3),
    syllable_secs: (0.12, 0.6),
};

fn glottal(random: &mut Random, out: &mut [f64], rate: f64, glottis: &Glottis) {
    let between = |random: &mut Random, (low, high): (f64, f64)| random.between(low, high);
    let voice_hz = random.log_between(glottis.pitch_hz.0, glottis.pitch_hz.1);
    let (uneven, depth) = (between(random, glottis.uneven), between(random, glottis.vibrato));
    let breath = random.log_between(glottis.breath.0, glottis.breath.1);
    // The sharper the closure, the more of it lies in the highs.
    let closing = random.between(0.05, 0.3);
    for (start, len) in notes(random, out.len(), rate, glottis.syllable_secs) {
        let mut formants: Vec<Resonator> = [
            (random.between(280.0, 750.0), 70.0),
            (random.between(900.0, 2_200.0), 100.0),
            (random.between(2_300.0, 2_900.0), 140.0),
            (random.between(3_300.0, 3_900.0), 220.0),
            (4_500.0, 400.0),
        ]
        .iter()
        .map(|(hz, width)| Resonator::new(*hz, *width, rate))
        .collect();
        let (from, to) = (voice_hz * random.between(0.8, 1.25), voice_hz * random.between(0.8, 1.25));
        let (mut phase, mut period_factor, mut height) = (0.0, 1.0, 1.0);
        let mut before = 0.0;
        for i in 0..len {
            let place = i as f64 / len as f64;
            let bend = 1.0 + depth * (TAU * 5.5 * i as f64 / rate).sin();
            phase += (from + (to - from) * place) * bend * period_factor / rate;
            if phase >= 1.0 {
                phase -= 1.0;
                period_factor = 1.0 / (1.0 + uneven * random.normal()).max(0.4);
                height = (1.0 + uneven * random.normal()).max(0.2);
            }
            // Rosenberg's flow: opens over 0.4 of the period, closes over `closing` of it, stays closed.
            let flow = height * rosenberg(phase, 0.4, closing);
            let mut x = flow - before + breath * flow * random.normal();
            before = flow;
            for formant in &mut formants {
                x = formant.step(x);
            }
            out[start + i] += swell(i, len, 0.02 * rate, 0.03 * rate) * x;
        }
    }
}

/// Rosenberg (1971), form C: the flow through the glottis at `phase` of the period.
fn rosenberg(phase: f64, opening: f64, closing: f64) -> f64 {
    if phase < opening {
        0.5 - 0.5 * (std::f64::consts::PI * phase / opening).cos()
    } else if phase < opening + closing {
        (0.5 * std::f64::consts::PI * (phase - opening) / closing).cos()
    } else {
        0.0
    }
}

fn sibilants(random: &mut Random, out: &mut [f64], rate: f64) {
    for (start, len) in notes(random, out.len(), rate, (0.06, 0.35)) {
        let centre = random.between(4_000.0, 9_000.0).min(0.4 * rate);
        let mut mouth = Resonator::new(centre, random.between(800.0, 3_000.0), rate);
        let loud = random.log_between(0.1, 1.0);
        for i in 0..len {
            let hiss = mouth.step(random.normal());
            out[start + i] += loud * swell(i, len, 0.01 * rate, 0.02 * rate) * hiss;
        }
    }
}

fn plosives(random: &mut Random, out: &mut [f64], rate: f64) {
    let mut at = (0.1 * rate) as usize;
    while at < out.len() {
        let (loud, decay) = (random.log_between(0.05, 1.0), random.log_between(0.001, 0.01) * rate);
        let mut mouth = Resonator::new(random.between(800.0, 4_500.0), random.between(500.0, 3_000.0), rate);
        for (i, value) in out[at..].iter_mut().take((8.0 * decay) as usize).enumerate() {
            let front = (i as f64 / (0.000_5 * rate)).min(1.0);
            *value += loud * front * (-(i as f64) / decay).exp() * mouth.step(random.normal());
        }
        let vowel = at + (random.between(0.01, 0.07) * rate) as usize;
        let (hz, swing) = (random.between(90.0, 180.0), random.between(300.0, 800.0));
        for (i, value) in out.iter_mut().skip(vowel).take((0.1 * rate) as usize).enumerate() {
            let time = i as f64 / rate;
            let envelope = (time * 60.0).min(1.0) * (1.0 - time / 0.1);
            let wave = (TAU * hz * time).sin() * (1.0 + 0.5 * (TAU * swing * time).sin());
            *value += 0.6 * envelope * wave;
        }
        at = vowel + (random.between(0.1, 0.25) * rate) as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_plays_and_each_seed_is_another_player() {
        for kind in Instrument::ALL {
            let one = kind.play(1, 44_100, 1.0);
            assert_eq!(one.len(), 44_100);
            let peak = one.iter().fold(0f32, |m, x| m.max(x.abs()));
            assert!((0.45..0.55).contains(&peak), "{kind:?}: {peak}");
            assert_eq!(one, kind.play(1, 44_100, 1.0));
            assert_ne!(one, kind.play(2, 44_100, 1.0));
        }
    }
}
