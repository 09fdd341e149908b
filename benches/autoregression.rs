//! The autoregressive fit and the least-squares interpolation that repairs a click.

mod real_time;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tonearm_dsp::autoregression::ArModel;

use real_time::RealTime;

const RATE_HZ: u32 = 44_100;
/// 46 ms, the frame of the click detector.
const FRAME_LEN: usize = 2_048;
const ORDER: usize = 31;

fn frame() -> Vec<f64> {
    let speech = tonearm_testkit::speech::speech_like(2, RATE_HZ, 1.0).samples;
    speech[20_000..20_000 + FRAME_LEN].iter().map(|x| f64::from(*x)).collect()
}

fn fit_and_predict(criterion: &mut Criterion<RealTime>) {
    let frame = frame();
    let model = ArModel::fit(&frame, ORDER);
    let mut group = criterion.benchmark_group("autoregression");
    group.throughput(real_time::sound(FRAME_LEN, RATE_HZ));
    group.bench_function("fit, order 31", |bencher| bencher.iter(|| ArModel::fit(&frame, ORDER)));
    group.bench_function("prediction error, both ways", |bencher| {
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        bencher.iter(|| {
            model.forward_error(&frame, &mut forward);
            model.backward_error(&frame, &mut backward);
        });
    });
    for gap in [10, 40, 110] {
        let missing: Vec<usize> = (1_000..1_000 + gap).collect();
        group.bench_function(format!("interpolate {gap} samples"), |bencher| {
            bencher.iter_batched_ref(
                || frame.clone(),
                |frame| model.interpolate(frame, &missing, 1e-9),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = real_time::criterion(); targets = fit_and_predict);
criterion_main!(benches);
