//! Stages of the restoration over ten seconds of damaged speech.

mod real_time;

use criterion::{Criterion, criterion_group, criterion_main};
use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::restore::{Preset, RestoreSettings};
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

criterion_group!(name = benches; config = real_time::criterion(); targets = stages);
criterion_main!(benches);
