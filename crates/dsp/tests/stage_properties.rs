//! What every restoration stage promises, whatever it does: the list of stages is [`RestoreSettings::STAGES`], so a new
//! stage is tested without being named here.

use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::restore::{Chain, RestoreSettings, Restored};
use tonearm_testkit::{click, level, noise, speech};

/// Clean input passes at least this well, in dB: the spectral gate takes the reading's own soft breath for noise.
const CLEAN_SNR_DB: f64 = 30.0;
const CLEAN_SNR_OF_GATE_DB: f64 = 15.0;

fn chain(stage: &str) -> Chain {
    RestoreSettings::default().only(&[stage]).expect("a stage").build().expect("default settings")
}

fn run(stage: &str, signal: &Signal) -> Restored {
    chain(stage).process(signal, |_, _| ()).expect("every signal passes every stage")
}

fn signal(rate_hz: u32, channels: Vec<Vec<f32>>) -> Signal {
    Signal::new(SampleRate::new(rate_hz).expect("a rate"), channels).expect("a signal")
}

/// Speech under surface noise and clicks.
fn damaged(seed: u64, rate_hz: u32, secs: f64) -> Vec<f32> {
    let mut samples = speech::speech_like(seed, rate_hz, secs).samples;
    let surface = noise::surface(seed + 1, rate_hz, samples.len(), 0.01);
    noise::add(&mut samples, &surface);
    click::plant(seed + 2, &mut samples, &click::ClickPlan { rate_hz, ..Default::default() });
    samples
}

/// Two walls of one groove, each with damage of its own.
fn damaged_walls(seed: u64, rate_hz: u32, secs: f64) -> Vec<Vec<f32>> {
    let programme = speech::speech_like(seed, rate_hz, secs).samples;
    (1..3)
        .map(|wall| {
            let mut samples = programme.clone();
            noise::add(&mut samples, &noise::surface(seed + 10 * wall, rate_hz, programme.len(), 0.01));
            let plan = click::ClickPlan { rate_hz, ..Default::default() };
            click::plant(seed + 20 * wall, &mut samples, &plan);
            samples
        })
        .collect()
}

fn bits(signal: &Signal) -> Vec<u32> {
    signal.channels().iter().flatten().map(|x| x.to_bits()).collect()
}

#[test]
fn length_rate_and_channels_stay_and_everything_is_finite() {
    let full_scale: Vec<f32> = (0..3_001).map(|i| if i % 97 < 40 { 1.0 } else { -1.0 }).collect();
    let mut impulse = vec![0.0; 5_000];
    impulse[2_500] = 1.0;
    for stage in RestoreSettings::STAGES {
        for rate_hz in [8_000, 44_100] {
            for samples in [
                vec![],
                vec![0.5],
                vec![0.25; 100],
                full_scale.clone(),
                impulse.clone(),
                damaged(1, rate_hz, 1.0),
            ] {
                let other: Vec<f32> = samples.iter().map(|x| 0.9 * x).collect();
                for channels in [vec![samples.clone()], vec![samples, other.clone()], vec![other; 3]] {
                    let input = signal(rate_hz, channels);
                    let restored = run(stage, &input);
                    for output in [&restored.signal, &restored.removed] {
                        assert_eq!(output.len(), input.len(), "{stage}");
                        assert_eq!(output.sample_rate(), input.sample_rate(), "{stage}");
                        assert_eq!(output.channel_count(), input.channel_count(), "{stage}");
                        assert!(output.channels().iter().flatten().all(|x| x.is_finite()), "{stage}");
                    }
                    for repair in restored.reports.iter().flat_map(|report| &report.repairs) {
                        assert!(
                            repair.start < repair.end && repair.end <= input.len(),
                            "{stage}: {repair:?}"
                        );
                        assert!(repair.channel < input.channel_count(), "{stage}: {repair:?}");
                    }
                }
            }
        }
    }
}

/// The lag, in samples, at which `output` is most like `input`.
fn lag(input: &[f32], output: &[f32]) -> isize {
    const REACH: isize = 2_000;
    let likeness = |lag: isize| -> f64 {
        let late = output.iter().skip(lag.max(0) as usize);
        let early = input.iter().skip((-lag).max(0) as usize);
        early.zip(late).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    (-REACH..=REACH).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap_or(0)
}

#[test]
fn nothing_comes_late() {
    let input = signal(44_100, damaged_walls(13, 44_100, 1.0));
    for stage in RestoreSettings::STAGES {
        assert_eq!(lag(input.channel(0), run(stage, &input).signal.channel(0)), 0, "{stage}");
    }
}

#[test]
fn silence_stays_silence() {
    for stage in RestoreSettings::STAGES {
        for channels in [1, 2] {
            let silence = signal(44_100, vec![vec![0.0; 50_000]; channels]);
            assert!(run(stage, &silence).signal.peak() < 1e-9, "{stage}");
        }
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let inputs =
        [signal(44_100, vec![damaged(5, 44_100, 3.0)]), signal(44_100, damaged_walls(6, 44_100, 3.0))];
    for stage in RestoreSettings::STAGES {
        for input in &inputs {
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| run(stage, input))
            };
            let (one, two) = (on(1), on(2));
            assert_eq!(bits(&one.signal), bits(&two.signal), "{stage}");
            assert_eq!(one.reports, two.reports, "{stage}");
        }
    }
}

#[test]
fn clean_input_is_nearly_untouched_by_additive_stages() {
    let left = speech::speech_like(9, 44_100, 4.0).samples;
    let inputs = [
        signal(44_100, vec![left.clone()]),
        signal(44_100, vec![left.clone(), left.iter().map(|x| 0.8 * x).collect()]),
    ];
    for stage in RestoreSettings::STAGES {
        if !chain(stage).stages()[0].is_additive() {
            continue;
        }
        for input in &inputs {
            let restored = run(stage, input);
            let least = if *stage == "spectral-gate" { CLEAN_SNR_OF_GATE_DB } else { CLEAN_SNR_DB };
            // A wall transferred at another level is brought to the first one's: that is no harm.
            let snr_db = level::snr_db(input.channel(0), restored.signal.channel(0));
            assert!(snr_db >= least, "{stage}: {snr_db:.1} dB");
        }
    }
}

#[test]
fn what_additive_stages_leave_and_take_is_the_input() {
    let input = signal(44_100, damaged_walls(11, 44_100, 2.0));
    for stage in RestoreSettings::STAGES {
        if chain(stage).stages()[0].is_additive() {
            let restored = run(stage, &input);
            let error = restored.signal.plus(&restored.removed).minus(&input).peak();
            assert!(error < 1e-6, "{stage}: {error}");
        }
    }
}
