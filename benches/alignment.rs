//! Aligning the short English reading of `testdata`, features to timeline. Throughput is in samples of the recording.

use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignSettings, Aligner};
use tonearm_audio::decode;

fn short_reading(criterion: &mut Criterion) {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let signal = decode::read(&testdata.join("english-short.flac")).expect("testdata").signal;
    let text = std::fs::read(testdata.join("english-short.txt")).expect("testdata");
    let transcript = read_transcript(&text, None).expect("words");
    let pronouncer = pronounce::builtin("en").expect("rules");
    let aligner = Aligner::new(AlignSettings::default()).expect("templates");
    let mut group = criterion.benchmark_group("alignment");
    group.throughput(Throughput::Elements(signal.len() as u64)).sample_size(10);
    group.bench_function("short reading", |bencher| {
        bencher.iter(|| aligner.align(&signal, &transcript, pronouncer.as_ref()).expect("it aligns"));
    });
    group.finish();
}

criterion_group!(benches, short_reading);
criterion_main!(benches);
