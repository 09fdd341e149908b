//! Stages of the restoration over ten seconds of damaged speech. At 44 100 samples a second of sound, 4.41 Melem/s is
//! 100 × real time.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::restore::{Preset, RestoreSettings};
use tonearm_testkit::{noise, speech};

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

fn stages(criterion: &mut Criterion) {
    let side = side();
    let preset = Preset::Acoustic78.settings();
    let mut group = criterion.benchmark_group("restoration");
    group.throughput(Throughput::Elements(side.len() as u64)).sample_size(10);
    for stage in RestoreSettings::STAGES {
        let chain =
            preset.only(&[stage]).and_then(|settings| settings.build()).expect("default settings are valid");
        group.bench_function(stage, |bencher| {
            bencher.iter(|| chain.process(&side, |_, _| ()).expect("it runs"))
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
