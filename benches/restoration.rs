//! Stages of the restoration over ten seconds of damaged speech, and the search for a scratch's period.

mod real_time;

use criterion::{Criterion, criterion_group, criterion_main};
use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::restore::{Detection, Preset, RestoreSettings, find_period};
use tonearm_testkit::random::Random;
use tonearm_testkit::{noise, speech};

use real_time::RealTime;

const RATE_HZ: u32 = 44_100;

fn side() -> Signal {
    let mut samples = speech::speech_like(3, RATE_HZ, 10.0).samples;
    let surface = noise::surface(4, RATE_HZ, samples.len(), 0.01);
    noise::add(&mut samples, &surface);
    for at in (2_000..samples.len() - 20).step_by(3_700) {
        samples[at] += 0.4;
        samples[at + 1] -= 0.3;
    }
    let rate = SampleRate::new(RATE_HZ).expect("44.1 kHz is a valid rate");
    Signal::mono(rate, samples).expect("finite samples")
}

fn stages(criterion: &mut Criterion<RealTime>) {
    let side = side();
    let preset = Preset::Acoustic78.settings();
    let mut group = criterion.benchmark_group("restoration");
    group.throughput(real_time::sound(side.len(), RATE_HZ)).sample_size(10);
    for stage in RestoreSettings::STAGES {
        let chain =
            preset.only(&[stage]).and_then(|settings| settings.build()).expect("default settings are valid");
        group.bench_function(*stage, |bencher| {
            bencher.iter(|| chain.process(&side, |_, _| ()).expect("it runs"))
        });
    }
    group.finish();
}

/// Chance clicks on `secs` of a disc, so many a second, and a tick each turn.
fn clicks(per_second: f64, secs: f64) -> Vec<Detection> {
    let mut random = Random::new(5);
    let mut times: Vec<f64> = (0..(per_second * secs) as usize).map(|_| random.uniform() * secs).collect();
    times.extend((0..(secs * 78.0 / 60.0) as usize).map(|turn| turn as f64 * 60.0 / 78.0));
    times.sort_by(f64::total_cmp);
    let detection = |time: f64| {
        let start = (time * f64::from(RATE_HZ)) as usize;
        Detection { start, end: start + 8, score: random.between(5.0, 30.0) as f32, confidence: 0.9 }
    };
    times.into_iter().map(detection).collect()
}

fn periods(criterion: &mut Criterion<RealTime>) {
    let rate = SampleRate::new(RATE_HZ).expect("44.1 kHz is a valid rate");
    let mut group = criterion.benchmark_group("period of a scratch");
    for (per_second, secs) in [(4.0, 10.0), (60.0, 10.0), (6.0, 180.0)] {
        let clicks = clicks(per_second, secs);
        group.throughput(real_time::sound((secs * f64::from(RATE_HZ)) as usize, RATE_HZ)).sample_size(20);
        group.bench_function(format!("{per_second} clicks a second, {secs} s"), |bencher| {
            bencher.iter(|| find_period(&clicks, rate))
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = real_time::criterion(); targets = stages, periods);
criterion_main!(benches);
