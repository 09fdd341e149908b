//! Slower and faster with the pitch kept: waveform-similarity overlap-add.
//!
//! Frames are taken from the recording at the wanted speed and overlapped by half; each is moved by up to
//! [`TOLERANCE_SECS`] so that it goes on where the one before would have gone on by itself. At speed 1 every frame is
//! where the one before goes on, and the recording comes through as it is.
//!
//! Source: W. Verhelst and M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA)", ICASSP 1993,
//! sections 3 and 4.
//!
//! | paper | here |
//! |---|---|
//! | τ⁻¹(kL), where the frame should come from | `wanted` |
//! | Δₖ, how far it is moved | `chosen − wanted`, at most [`TOLERANCE_SECS`] |
//! | natural progression x(n + τ⁻¹((k−1)L) + Δₖ₋₁ + L) | `natural` |
//! | L, half a frame | `half` |
//!
//! Known limit: above one and a half times the speed short closures of plosives may be passed over.

use tonearm_audio::{SampleRate, Signal};

/// Half a frame: a period of the deepest voice twice over.
const HALF_SECS: f64 = 0.02;
/// How far a frame may be moved: a period of the deepest voice (100 Hz and below are matched by their harmonics).
const TOLERANCE_SECS: f64 = 0.01;
/// Candidates are compared on every so many samples first, then refined around the best.
const COARSE_STEP: usize = 4;

/// Reads a signal at a speed and at a device's rate, from an instant on.
pub(crate) struct Stretcher {
    half: usize,
    tolerance: isize,
    /// Where the next frame should come from, in samples of the recording.
    wanted: f64,
    /// Where the frame before began that is fading out.
    previous: isize,
    /// Stretched stereo frames in the recording's rate, and where between them the device reads.
    ready: Vec<[f32; 2]>,
    read_at: f64,
}

impl Stretcher {
    /// Begins at an instant of a recording of the given rate.
    pub(crate) fn new(rate: SampleRate, position_secs: f64) -> Self {
        let wanted = position_secs * rate.as_f64();
        let half = rate.samples_in(HALF_SECS).max(1);
        Self {
            half,
            tolerance: rate.samples_in(TOLERANCE_SECS) as isize,
            wanted,
            previous: wanted.round() as isize - half as isize,
            ready: vec![[0.0; 2]],
            // The one frame before the first lets the cubic reach back.
            read_at: 1.0,
        }
    }

    /// The next frame, left and right, for a device of `device_rate` hertz.
    pub(crate) fn next(&mut self, signal: &Signal, speed: f64, device_rate: f64) -> [f32; 2] {
        let first = self.read_at.floor() as usize;
        while first + 2 >= self.ready.len() {
            self.stretch(signal, speed);
        }
        let share = (self.read_at - first as f64) as f32;
        let [before, from, to, after] = [first - 1, first, first + 1, first + 2].map(|n| self.ready[n]);
        let frame = [0, 1].map(|side| catmull_rom([before[side], from[side], to[side], after[side]], share));
        self.read_at += signal.sample_rate().as_f64() / device_rate;
        if first > 4 * self.half {
            self.ready.drain(..first - 1);
            self.read_at -= (first - 1) as f64;
        }
        frame
    }

    /// Makes the next half frame.
    fn stretch(&mut self, signal: &Signal, speed: f64) {
        let natural = self.previous + self.half as isize;
        let wanted = self.wanted.round() as isize;
        let chosen =
            if (wanted - natural).abs() <= 1 { natural } else { self.most_similar(signal, natural, wanted) };
        for n in 0..self.half {
            let fade = 0.5 - 0.5 * (std::f32::consts::PI * (n as f32 + 0.5) / self.half as f32).cos();
            let (old, new) = (frame_at(signal, natural + n as isize), frame_at(signal, chosen + n as isize));
            self.ready.push([0, 1].map(|side| old[side] + (new[side] - old[side]) * fade));
        }
        self.previous = chosen;
        self.wanted += self.half as f64 * speed;
    }

    /// Where, within the tolerance of `wanted`, the sound is most like that at `natural`.
    fn most_similar(&self, signal: &Signal, natural: isize, wanted: isize) -> isize {
        let likeness = |place: isize, step: usize| -> f64 {
            let (mut dot, mut energy) = (0.0, f64::from(f32::MIN_POSITIVE));
            for n in (0..self.half as isize).step_by(step) {
                let (a, b) = (mono_at(signal, natural + n), mono_at(signal, place + n));
                dot += f64::from(a * b);
                energy += f64::from(b * b);
            }
            dot / energy.sqrt()
        };
        let best = |places: &mut dyn Iterator<Item = isize>, step: usize| {
            places.map(|place| (place, likeness(place, step))).fold(
                (wanted, f64::NEG_INFINITY),
                |best, candidate| {
                    if candidate.1 > best.1 { candidate } else { best }
                },
            )
        };
        let range = wanted - self.tolerance..=wanted + self.tolerance;
        let (rough, _) = best(&mut range.step_by(COARSE_STEP), COARSE_STEP);
        let around = COARSE_STEP as isize - 1;
        best(&mut (rough - around..=rough + around), 1).0
    }
}

/// The sample frame at an index, silence outside the recording; one channel is heard on both sides.
fn frame_at(signal: &Signal, index: isize) -> [f32; 2] {
    let sample = |channel: usize| {
        usize::try_from(index).ok().and_then(|n| signal.channel(channel).get(n)).copied().unwrap_or(0.0)
    };
    let left = sample(0);
    [left, if signal.channel_count() > 1 { sample(1) } else { left }]
}

fn mono_at(signal: &Signal, index: isize) -> f32 {
    let [left, right] = frame_at(signal, index);
    0.5 * (left + right)
}

/// The cubic through the two middle points with the slopes of their neighbours.
fn catmull_rom([before, from, to, after]: [f32; 4], share: f32) -> f32 {
    let slope = to - before;
    let bend = 2.0 * before - 5.0 * from + 4.0 * to - after;
    let twist = 3.0 * (from - to) + after - before;
    from + 0.5 * share * (slope + share * (bend + share * twist))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64) -> Signal {
        let rate = SampleRate::new(16_000).unwrap();
        let samples = (0..32_000).map(|n| (n as f64 * hz * std::f64::consts::TAU / 16_000.0).sin() as f32);
        Signal::mono(rate, samples.collect()).unwrap()
    }

    fn crossings_per_second(samples: &[f32], rate: f64) -> f64 {
        let count = samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        count as f64 * rate / samples.len() as f64
    }

    #[test]
    fn at_its_own_speed_and_rate_a_recording_comes_through_as_it_is() {
        let signal = tone(440.0);
        let mut stretcher = Stretcher::new(signal.sample_rate(), 0.5);
        for n in 0..8_000 {
            let [left, right] = stretcher.next(&signal, 1.0, 16_000.0);
            let expected = signal.channel(0)[8_000 + n];
            assert!((left - expected).abs() < 1e-6 && (right - expected).abs() < 1e-6, "sample {n}");
        }
    }

    #[test]
    fn the_pitch_stays_whatever_the_speed_and_the_device() {
        let signal = tone(400.0);
        for speed in [0.5, 0.8, 1.25, 1.9] {
            for device_rate in [16_000.0, 44_100.0, 48_000.0] {
                let mut stretcher = Stretcher::new(signal.sample_rate(), 0.1);
                let heard: Vec<f32> = (0..(device_rate * 0.8) as usize)
                    .map(|_| stretcher.next(&signal, speed, device_rate)[0])
                    .collect();
                let hz = crossings_per_second(&heard, device_rate);
                assert!((hz / 400.0 - 1.0).abs() < 0.02, "speed {speed}, {device_rate} Hz: {hz:.1} Hz");
                let energy = heard.iter().map(|x| x * x).sum::<f32>() / heard.len() as f32;
                assert!((0.4..0.55).contains(&energy), "frames that do not match cancel out: {energy}");
            }
        }
    }

    #[test]
    fn it_is_at_the_place_that_the_clock_says() {
        // A click at one second must be heard after half a second at twice the speed, within the tolerance.
        let rate = SampleRate::new(16_000).unwrap();
        let mut samples = vec![0.0; 32_000];
        samples[16_000] = 1.0;
        let signal = Signal::mono(rate, samples).unwrap();
        for speed in [0.5, 2.0] {
            let mut stretcher = Stretcher::new(rate, 0.0);
            let heard: Vec<f32> = (0..36_000).map(|_| stretcher.next(&signal, speed, 16_000.0)[0]).collect();
            let at =
                (0..heard.len()).max_by(|a, b| heard[*a].total_cmp(&heard[*b])).unwrap() as f64 / 16_000.0;
            assert!((at - 1.0 / speed).abs() < 0.05, "speed {speed}: heard at {at:.3} s");
        }
    }

    #[test]
    fn beyond_the_end_there_is_silence() {
        let signal = tone(400.0);
        let mut stretcher = Stretcher::new(signal.sample_rate(), 5.0);
        assert!((0..5_000).all(|_| stretcher.next(&signal, 1.5, 48_000.0)[0].abs() < 1e-9));
    }
}
