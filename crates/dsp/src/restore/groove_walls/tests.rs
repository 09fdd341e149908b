use tonearm_audio::{Hertz, SampleRate};
use tonearm_testkit::instrument::Instrument;
use tonearm_testkit::{click, level, noise, speech, tone};

use super::matching::{GREATEST_STANDING_OUT, LEAST_CORRELATION};
use super::*;
use crate::filter::Butterworth;

const RATE_HZ: u32 = 44_100;

fn rate() -> SampleRate {
    SampleRate::new(RATE_HZ).unwrap()
}

fn run(signal: &Signal) -> (Signal, StageReport) {
    run_with(signal, GrooveWallsSettings::default().floor_db)
}

fn run_with(signal: &Signal, floor_db: f64) -> (Signal, StageReport) {
    let settings = GrooveWallsSettings { floor_db, ..Default::default() };
    GrooveWalls::new(settings).unwrap().process(signal).unwrap()
}

/// Two walls with independent noise and clicks; the right one late by `delay` samples and scaled by `gain`.
fn walls(seed: u64, noise_rms: [f64; 2], clicks: bool, delay: f64, gain: f64) -> (Vec<f32>, Signal) {
    let programme = speech::speech_like(seed, RATE_HZ, 5.0).samples;
    let sinc = WindowedSinc::new(HALF_LENGTH, KAISER_BETA, 1.0);
    let channels = [0u64, 1]
        .map(|wall| {
            let late = if wall == 0 { 0.0 } else { delay };
            let mut samples: Vec<f32> =
                (0..programme.len()).map(|n| sinc.at(&programme, n as f64 - late) as f32).collect();
            let surface =
                noise::surface(seed + 7 * wall + 100, RATE_HZ, samples.len(), noise_rms[wall as usize]);
            noise::add(&mut samples, &surface);
            if clicks {
                let plan = click::ClickPlan { rate_hz: RATE_HZ, ..Default::default() };
                click::plant(seed + 13 * wall + 200, &mut samples, &plan);
            }
            let scale = if wall == 0 { 1.0 } else { gain as f32 };
            samples.iter().map(|x| scale * x).collect()
        })
        .to_vec();
    (programme, Signal::new(rate(), channels).unwrap())
}

/// The better wall's SNR, and that of the combination.
fn snrs(programme: &[f32], walls: &Signal, output: &Signal, delay: f64, gain: f64) -> (f64, f64) {
    let found = WallMatch {
        correlation: 1.0,
        delay_samples: delay,
        gain: 1.0 / gain,
        difference_db: -99.0,
        difference_follows: None,
        difference_stands_out: 0.0,
    };
    let right = matched(walls.channel(1), &found, gain < 0.0);
    let right: Vec<f32> = if gain < 0.0 { right.iter().map(|x| -x).collect() } else { right };
    let better = level::snr_db(programme, walls.channel(0)).max(level::snr_db(programme, &right));
    (better, level::snr_db(programme, output.channel(0)))
}

/// What independent damage must gain over the better wall, in dB.
const GAIN_DB: f64 = 3.0;
/// 0.03 samples are −35 dB at 3 kHz, below the noise of any disc.
const DELAY_SAMPLES: f64 = 0.03;

/// With clicks, over several voices.
#[test]
fn independent_damage_leaves_the_better_wall_far_behind() {
    for seed in [1, 2, 3] {
        let (programme, input) = walls(seed, [0.01, 0.01], true, 0.37, 0.9);
        let (output, _) = run(&input);
        let (better, combined) = snrs(&programme, &input, &output, 0.37, 0.9);
        assert!(combined > better + GAIN_DB, "{combined:.1} dB, better wall {better:.1} dB");
        assert_eq!(output.channel(0), output.channel(1));
    }
}

#[test]
fn equal_noise_loses_three_decibels_and_a_bad_wall_does_no_harm() {
    let run = |input: &Signal| run_with(input, 0.0);
    let (programme, input) = walls(4, [0.01, 0.01], false, 0.0, 1.0);
    let (better, combined) = snrs(&programme, &input, &run(&input).0, 0.0, 1.0);
    assert!(combined > better + 2.8, "{combined:.2} dB, better wall {better:.2} dB");
    // A wall 12 dB noisier adds 10·log₁₀(1 + 1/16) = 0.26 dB at best.
    let (programme, input) = walls(5, [0.01, 0.04], false, 0.0, 1.0);
    let (better, combined) = snrs(&programme, &input, &run(&input).0, 0.0, 1.0);
    assert!(combined > better + 0.1, "{combined:.2} dB, better wall {better:.2} dB");
}

/// Rumble of each wall's own, as strong as the programme: above it, nothing of it is left, neither where one wall was taken for the other nor by the
/// weights. The plain mean, which cannot spread it, is beaten.
#[test]
fn rumble_that_differs_does_not_reach_the_programme() {
    for seed in [51, 52, 53] {
        let (programme, walls) = walls(seed, [0.01, 0.01], true, 0.0, 1.0);
        let (mean, combined) = above_rumble(&programme, &rumbling(&programme, &walls, seed, [1.0, 1.0]));
        assert!(combined > mean + 2.0, "{combined:.1} dB, mean {mean:.1} dB");
    }
}

/// The wall with less noise rumbles more: the bass is the one wall's and all above the other's, and the rumble stays in the bass.
#[test]
fn the_quieter_wall_may_rumble_more() {
    let losses = [54, 55, 56].map(|seed| {
        let (programme, walls) = walls(seed, [0.004, 0.001], false, 0.0, 1.0);
        let (_, still) = above_rumble(&programme, &walls);
        let (_, rumbling) = above_rumble(&programme, &rumbling(&programme, &walls, seed, [0.3, 3.0]));
        still - rumbling
    });
    // Frames a quarter as long lose 2.5 dB.
    assert!(losses.iter().sum::<f64>() < 1.5 * losses.len() as f64, "{losses:.1?} dB");
}

/// Both walls with rumble of their own below 25 Hz, so many times as strong as the programme.
fn rumbling(programme: &[f32], walls: &Signal, seed: u64, times: [f64; 2]) -> Signal {
    let low_pass = Butterworth::low_pass(4, Hertz::new(25.0), rate()).unwrap();
    let channels = walls.channels().iter().zip(1..).zip(times).map(|((wall, number), times)| {
        let mut rumble = low_pass.zero_phase(&noise::white(10 * seed + number, wall.len(), 1.0));
        let scale = (times * level::rms(programme) / level::rms(&rumble)) as f32;
        rumble.iter_mut().zip(wall).for_each(|(x, wall)| *x = scale * *x + wall);
        rumble
    });
    Signal::new(rate(), channels.collect()).unwrap()
}

/// The SNR above the rumble, in dB, of the mean of the walls and of the stage's output.
fn above_rumble(programme: &[f32], walls: &Signal) -> (f64, f64) {
    let high_pass = Butterworth::high_pass(4, Hertz::new(100.0), rate()).unwrap();
    let above =
        |samples: &[f32]| level::snr_db(&high_pass.zero_phase(programme), &high_pass.zero_phase(samples));
    let (output, _) = run_with(walls, 0.0);
    (above(&walls.downmix()), above(output.channel(0)))
}

/// Below what a speech of the whole band leaves uncovered: discs, which end at 4 kHz, gain 1.5 dB and more.
const LOWERED_DB: f64 = 0.4;

#[test]
fn noise_that_no_programme_covers_is_lowered() {
    for seed in [41, 42, 43] {
        let (programme, input) = walls(seed, [0.01, 0.012], false, 0.0, 1.0);
        let (_, summed) = snrs(&programme, &input, &run_with(&input, 0.0).0, 0.0, 1.0);
        let (_, lowered) = snrs(&programme, &input, &run(&input).0, 0.0, 1.0);
        assert!(lowered > summed + LOWERED_DB, "{lowered:.2} dB, summed alone {summed:.2} dB");
    }
}

/// Speech some decibels below the noise is still the same speech on both walls; two voices in as much noise are not.
#[test]
fn walls_are_known_in_noise_louder_than_the_programme() {
    for seed in [31, 32, 33] {
        let (programme, _) = walls(seed, [0.0, 0.0], false, 0.0, 1.0);
        let noise_rms = 3.0 * level::rms(&programme);
        let (_, input) = walls(seed, [noise_rms, noise_rms], false, 0.2, 1.0);
        let (output, report) = run(&input);
        assert!(report.finding("correlation").unwrap() < LEAST_CORRELATION, "{}", report.summary);
        let (better, combined) = snrs(&programme, &input, &output, 0.2, 1.0);
        assert!(combined > better + 2.5, "{combined:.2} dB, better wall {better:.2} dB: {}", report.summary);
        let (_, other) = walls(seed + 10, [noise_rms, noise_rms], false, 0.0, 1.0);
        let unrelated =
            Signal::new(rate(), vec![input.channel(0).to_vec(), other.channel(1).to_vec()]).unwrap();
        assert_eq!(run(&unrelated).0, unrelated);
    }
}

#[test]
fn delay_and_gain_are_found() {
    for (delay, gain) in [(0.0, 1.0), (0.31, 0.8), (-2.6, 1.3), (7.25, 1.0)] {
        let (_, input) = walls(6, [0.01, 0.013], true, delay, gain);
        let found = compare_walls(input.channel(0), input.channel(1), rate()).unwrap().unwrap();
        assert!((found.delay_samples - delay).abs() < DELAY_SAMPLES, "{found:?} for {delay}");
        assert!((found.gain * gain - 1.0).abs() < 0.02, "{found:?} for {gain}");
    }
}

#[test]
fn a_vertical_cut_is_turned_over() {
    let (programme, input) = walls(7, [0.01, 0.01], true, 0.2, -1.0);
    let (output, report) = run(&input);
    let (better, combined) = snrs(&programme, &input, &output, 0.2, -1.0);
    assert!(combined > better + GAIN_DB, "{combined:.1} dB, better wall {better:.1} dB");
    assert!(report.finding("vertical_cut").unwrap() > 0.5);
    let lateral =
        GrooveWalls::new(GrooveWallsSettings { cut: GrooveCut::Lateral, ..Default::default() }).unwrap();
    let (left_alone, report) = lateral.process(&input).unwrap();
    assert_eq!(left_alone, input);
    assert_eq!(report.warnings.len(), 1);
}

#[test]
fn what_is_not_two_walls_stays_bit_for_bit() {
    let speech = speech::speech_like(8, RATE_HZ, 2.0).samples;
    let other = speech::speech_like(9, RATE_HZ, 2.0).samples;
    let mono = Signal::mono(rate(), speech.clone()).unwrap();
    let twice = Signal::new(rate(), vec![speech.clone(); 2]).unwrap();
    let unrelated = Signal::new(rate(), vec![speech.clone(), other.clone()]).unwrap();
    // Stereo: a voice in the middle, another on the left, a tone on the right.
    let side = tone::sine(RATE_HZ, 700.0, 0.1, speech.len());
    let stereo = vec![
        speech.iter().zip(&other).map(|(a, b)| 0.5 * a + b).collect(),
        speech.iter().zip(&side).map(|(a, b)| 0.5 * a + b).collect(),
    ];
    let stereo = Signal::new(rate(), stereo).unwrap();
    for input in [mono, twice, unrelated, stereo] {
        let (output, report) = run(&input);
        assert_eq!(output, input, "{}", report.summary);
        assert!(report.summary.starts_with("left as it is"));
    }
}

#[test]
fn clean_walls_stay_clean() {
    let (programme, input) = walls(10, [0.0, 0.0], false, 0.0, 0.8);
    let (output, _) = run(&input);
    let snr = level::snr_db(&programme, output.channel(0));
    assert!(snr > 60.0, "{snr:.1} dB");
}

#[test]
fn silence_and_nothing_pass() {
    for len in [0, 1, 50_000] {
        let silence = Signal::new(rate(), vec![vec![0.0; len], vec![0.0; len]]).unwrap();
        assert_eq!(run(&silence).0, silence);
        let half = Signal::new(rate(), vec![vec![0.1; len], vec![0.0; len]]).unwrap();
        assert_eq!(run(&half).0, half);
    }
}

#[test]
fn a_stereo_programme_stays_though_its_channels_correlate() {
    let (a, b) =
        (speech::speech_like(21, RATE_HZ, 5.0).samples, speech::speech_like(22, RATE_HZ, 5.0).samples);
    let side = |near: &[f32], far: &[f32]| near.iter().zip(far).map(|(x, y)| x + 0.5 * y).collect();
    let stereo = Signal::new(rate(), vec![side(&a, &b), side(&b, &a)]).unwrap();
    let (output, report) = run(&stereo);
    assert!(report.finding("correlation").unwrap() > LEAST_CORRELATION, "{}", report.summary);
    assert_eq!(output, stereo, "{}", report.summary);
}

/// Voice in the middle and an instrument, both of one level.
fn voice_and(instrument: Instrument, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let voice = speech::speech_like(seed, RATE_HZ, 6.0).samples;
    let mut played = instrument.play(seed + 1, RATE_HZ, 6.0);
    played.resize(voice.len(), 0.0);
    let scale = (level::rms(&voice) / level::rms(&played)) as f32;
    played.iter_mut().for_each(|x| *x *= scale);
    (voice, played)
}

/// The voice in both channels, the instrument as loud as `pan` says in each, and noise of its own `noise_db` below the voice.
fn staged(
    (voice, played): &(Vec<f32>, Vec<f32>),
    pan: [f32; 2],
    noise_db: f64,
    noise: fn(u64, usize, f64) -> Vec<f32>,
) -> Signal {
    let rms = level::rms(voice) * 10f64.powf(-noise_db / 20.0);
    let channel = |wall: usize| {
        let mut samples: Vec<f32> = voice.iter().zip(played).map(|(v, p)| v + pan[wall] * p).collect();
        noise::add(&mut samples, &noise(wall as u64 + 70, voice.len(), rms));
        samples
    };
    Signal::new(rate(), vec![channel(0), channel(1)]).unwrap()
}

const STAGED: [Instrument; 5] =
    [Instrument::Piano, Instrument::Violin, Instrument::Plucked, Instrument::BrassVibrato, Instrument::Song];

/// Instruments at the sides of a voice in the middle, though the difference is far below the sum while the voice sounds, and
/// though they do not sound when it does.
#[test]
fn instruments_at_the_sides_stay_there() {
    for (seed, instrument) in (51u64..).step_by(2).zip(STAGED) {
        let programme = voice_and(instrument, seed);
        for (pan, noise_db) in [([0.5, -0.5], 18.0), ([0.8, 0.2], 18.0), ([0.5, 0.2], 35.0)] {
            let input = staged(&programme, pan, noise_db, noise::white);
            let (output, report) = run(&input);
            assert_eq!(output, input, "{instrument:?} {pan:?}: {}", report.summary);
        }
    }
}

/// As loud in both channels, the same instruments are one groove's, in noise that hides them and in noise that does not.
#[test]
fn instruments_in_the_middle_are_one_groove() {
    let surface = |seed, len, rms| noise::surface(seed, RATE_HZ, len, rms);
    for (seed, instrument) in (71u64..).step_by(2).zip(STAGED) {
        let programme = voice_and(instrument, seed);
        for noise_db in [3.0, 12.0, 20.0, 40.0] {
            let (_, report) = run(&staged(&programme, [0.7, 0.7], noise_db, surface));
            assert!(report.summary.starts_with("lateral cut"), "{instrument:?}: {}", report.summary);
        }
    }
}

/// Clicks strike all bands, silence has no noise, and noise grows towards the middle of the disc: none of it is played.
#[test]
fn what_is_not_played_does_not_stand_out() {
    let (_, input) = walls(91, [0.001, 0.001], true, 0.0, 1.0);
    let turns = |wall: usize| {
        let mut samples = input.channel(wall).to_vec();
        let mut hiss = noise::surface(92 + wall as u64, RATE_HZ, samples.len(), 0.02);
        let last = hiss.len() as f32;
        hiss.iter_mut().enumerate().for_each(|(n, x)| *x *= n as f32 / last);
        noise::add(&mut samples, &hiss);
        [vec![0.0; 80_000], samples, vec![0.0; 40_000]].concat()
    };
    for signal in [input.clone(), Signal::new(rate(), vec![turns(0), turns(1)]).unwrap()] {
        let (_, report) = run(&signal);
        let stands_out = report.finding("difference_stands_out").unwrap();
        assert!(stands_out < 0.5 * GREATEST_STANDING_OUT, "{stands_out}: {}", report.summary);
    }
}
