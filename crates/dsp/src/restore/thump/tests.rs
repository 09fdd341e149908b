use std::f64::consts::TAU;

use tonearm_testkit::random::Random;

use super::*;

const RATE_HZ: f64 = 44_100.0;

fn rate() -> SampleRate {
    SampleRate::new(44_100).unwrap()
}

/// Noise of that root mean square, 2 s.
fn hiss(seed: u64, rms: f64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..88_200).map(|_| (rms * random.normal()) as f32).collect()
}

/// A voice of 150 Hz with hiss, 2 s.
fn programme(seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..88_200)
        .map(|i| {
            let t = f64::from(i) / RATE_HZ;
            let tone: f64 = (1..=12).map(|h| (TAU * 150.0 * f64::from(h) * t).sin() / f64::from(h)).sum();
            (0.03 * tone + 0.003 * random.normal()) as f32
        })
        .collect()
}

fn run(samples: &[f32]) -> (Vec<f32>, StageReport) {
    let signal = Signal::mono(rate(), samples.to_vec()).unwrap();
    let (output, report) = Thump::new(ThumpSettings::default()).unwrap().process(&signal).unwrap();
    (output.into_channels().swap_remove(0), report)
}

/// Samples of a crack.
const CRACK: usize = 30;

/// A crack at `onset` and the swing after it.
fn struck(clean: &[f32], onset: usize, frequency_hz: f64, decay_secs: f64) -> Vec<f32> {
    struck_by(0.3, clean, onset, frequency_hz, decay_secs)
}

/// The same with a swing of any height.
fn struck_by(height: f64, clean: &[f32], onset: usize, frequency_hz: f64, decay_secs: f64) -> Vec<f32> {
    let mut damaged = clean.to_vec();
    for i in 0..CRACK {
        damaged[onset + i] += 0.5 * (-(i as f32) / 8.0).exp() * (i as f32 * 0.9).cos();
    }
    for (n, sample) in damaged.iter_mut().skip(onset).take(3_000).enumerate() {
        let t = n as f64 / RATE_HZ;
        *sample += (height * (-t / decay_secs).exp() * (TAU * frequency_hz * t).sin()) as f32;
    }
    damaged
}

/// How much of a swing after `onset` is left, in dB; the crack itself is declick's.
fn left_db(clean: &[f32], damaged: &[f32], onset: usize) -> f64 {
    let output = run(damaged).0;
    let after = onset + CRACK..onset + 3_000;
    let error = |x: &[f32]| -> f64 { after.clone().map(|n| f64::from(x[n] - clean[n]).powi(2)).sum() };
    10.0 * (error(&output) / error(damaged)).log10()
}

#[test]
fn a_swing_after_a_crack_goes_and_the_voice_stays() {
    let clean = programme(1);
    for (seed, (frequency_hz, decay_secs)) in
        [(25.0, 0.011), (40.0, 0.008), (75.0, 0.005)].into_iter().enumerate()
    {
        let onset = 40_000 + 777 * seed;
        let damaged = struck(&clean, onset, frequency_hz, decay_secs);
        let left = left_db(&clean, &damaged, onset);
        // Between the points of the grid: with these alone, −30 dB at best.
        assert!(left < -34.0, "{left:.1} dB at {frequency_hz} Hz");
    }
}

/// What stands no higher than the voice is known by how much it explains.
#[test]
fn a_swing_below_the_voice_goes_too() {
    for (seed, (frequency_hz, decay_secs)) in
        [(25.0, 0.015), (40.0, 0.012), (60.0, 0.01)].into_iter().enumerate()
    {
        let clean = programme(10 + seed as u64);
        let damaged = struck_by(0.06, &clean, 41_234, frequency_hz, decay_secs);
        let left = left_db(&clean, &damaged, 41_234);
        assert!(left < -12.0, "{left:.1} dB at {frequency_hz} Hz");
    }
}

/// A crack that hardly stands above the hiss, and the swing after it.
#[test]
fn a_swing_after_a_weak_crack_goes_too() {
    let clean = hiss(6, 0.01);
    for (onset, frequency_hz, decay_secs) in [(20_000, 25.0, 0.011), (50_000, 60.0, 0.007)] {
        let swing = struck_by(0.05, &vec![0.0; clean.len()], onset, frequency_hz, decay_secs);
        let damaged: Vec<f32> = (0..clean.len())
            .map(|n| clean[n] + if n < onset + CRACK { 0.1 * swing[n] } else { swing[n] })
            .collect();
        let left = left_db(&clean, &damaged, onset);
        assert!(left < -12.0, "{left:.1} dB at {frequency_hz} Hz");
    }
}

/// A little click shortly before a crack must not stand for both.
#[test]
fn a_click_before_the_crack_does_not_hide_it() {
    let clean = programme(4);
    for before in [150, 250, 400, 550, 700, 900] {
        let mut damaged = struck(&clean, 40_000, 30.0, 0.01);
        damaged[40_000 - before] += 0.1;
        let left = left_db(&clean, &damaged, 40_000);
        assert!(left < -15.0, "{left:.1} dB, {before} samples after a click");
    }
}

/// The foot of a crack: it sinks back within some milliseconds, and swings no more.
#[test]
fn the_foot_of_a_crack_is_no_swing() {
    let clean = hiss(7, 0.02);
    for decay_secs in [0.0015, 0.002] {
        let footed = struck_by(0.16, &clean, 40_000, 90.0, decay_secs);
        assert!(run(&footed).0 == footed, "{decay_secs} s");
    }
}

/// The stroke of a bass drum: it begins with a crack and falls from 140 Hz, faster than an arm swings.
#[test]
fn a_drum_is_no_swing() {
    let clean = programme(5);
    let drums = struck_by(0.3, &clean, 40_000, 140.0, 0.02);
    assert!(run(&drums).0 == drums);
}

#[test]
fn a_crack_alone_and_a_voice_alone_are_left() {
    let mut samples = programme(2);
    assert!(run(&samples).1.repairs.is_empty());
    for i in 0..40 {
        samples[50_000 + i] += 0.5 * (-(i as f32) / 8.0).exp() * (i as f32 * 1.3).cos();
    }
    assert!(run(&samples).1.repairs.is_empty());
}

#[test]
fn a_swing_may_outlast_the_signal() {
    let clean = programme(3);
    for len in 43_000..43_030 {
        let (output, report) = run(&struck(&clean[..len], 42_000, 25.0, 0.011));
        assert_eq!(output.len(), len);
        assert!(report.repairs.iter().all(|repair| repair.end <= len));
        assert!(!report.repairs.is_empty());
    }
}

#[test]
fn odd_inputs_pass() {
    for samples in [vec![], vec![0.3], vec![0.0; 5_000], vec![1.0; 100]] {
        assert_eq!(run(&samples).0, samples);
    }
}
