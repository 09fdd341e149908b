//! STFT round trip.

mod real_time;

use criterion::{Criterion, criterion_group, criterion_main};
use tonearm_audio::{Centering, FrameGrid, SampleRate};
use tonearm_dsp::{Stft, Window};

use real_time::RealTime;

const RATE_HZ: u32 = 44_100;

fn round_trip(criterion: &mut Criterion<RealTime>) {
    let samples = tonearm_testkit::speech::speech_like(1, RATE_HZ, 10.0).samples;
    let rate = SampleRate::new(RATE_HZ).expect("44.1 kHz is a valid rate");
    let mut group = criterion.benchmark_group("stft");
    group.throughput(real_time::sound(samples.len(), RATE_HZ));
    for frame_len in [1_024, 2_048] {
        let grid = FrameGrid::new(rate, frame_len, frame_len / 4, Centering::Centered);
        let stft = Stft::new(grid, Window::SqrtHann).expect("a quarter hop overlaps to one");
        group.bench_function(format!("round trip, frame {frame_len}"), |bencher| {
            bencher.iter(|| stft.synthesize(&stft.analyze(&samples), samples.len()));
        });
        group.bench_function(format!("power, frame {frame_len}"), |bencher| {
            bencher.iter(|| stft.power(&samples))
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = real_time::criterion(); targets = round_trip);
criterion_main!(benches);
