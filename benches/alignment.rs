//! The short English reading of `testdata`: its features, and the whole alignment from signal to word times.

mod real_time;

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignSettings, Aligner, features};
use tonearm_audio::decode;

use real_time::RealTime;

fn short_features(criterion: &mut Criterion<RealTime>) {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let signal = decode::read(&testdata.join("english-short.aged.flac")).expect("testdata").signal;
    let samples = features::analysis_signal(&signal).expect("it resamples");
    let power = features::mel_power(&samples).expect("it is long enough");
    let bands = features::Bands::new(100.0, 7_000.0, 24, 1.0);
    let mut group = criterion.benchmark_group("features");
    group.throughput(real_time::sound(signal.len(), signal.sample_rate().hz()));
    group.bench_function("resampled and declicked", |bencher| {
        bencher.iter(|| features::analysis_signal(&signal))
    });
    group.bench_function("mel power", |bencher| bencher.iter(|| features::mel_power(&samples)));
    group.bench_function("cepstra, slopes, onset strength", |bencher| {
        bencher.iter(|| features::raw_features(&bands.pool(&power)));
    });
    group.finish();
}

fn short_reading(criterion: &mut Criterion<RealTime>) {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let signal = decode::read(&testdata.join("english-short.flac")).expect("testdata").signal;
    let text = std::fs::read(testdata.join("english-short.txt")).expect("testdata");
    let transcript = read_transcript(&text, None).expect("words");
    let pronouncer = pronounce::builtin("en").expect("rules");
    let aligner = Aligner::new(AlignSettings::default()).expect("templates");
    let mut group = criterion.benchmark_group("alignment");
    group.throughput(real_time::sound(signal.len(), signal.sample_rate().hz())).sample_size(10);
    group.bench_function("short reading", |bencher| {
        bencher.iter(|| aligner.align(&signal, &transcript, pronouncer.as_ref()).expect("it aligns"));
    });
    group.finish();
}

criterion_group!(name = benches; config = real_time::criterion(); targets = short_features, short_reading);
criterion_main!(benches);
