//! Restores a file and writes what was taken away beside it.
//!
//! `cargo run --release --example restore_file -- IN.wav OUT.wav REMOVED.wav` (without arguments: the English reading of
//! `testdata`, into a temporary folder)

use std::fs::File;
use std::path::PathBuf;

use tonearm_audio::encode::{self, Dither, EncodeSettings};
use tonearm_audio::{Container, decode};
use tonearm_dsp::restore::Preset;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = std::env::temp_dir();
    let input = args.next().unwrap_or_else(|| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/english-short.aged.flac").into()
    });
    let output = args.next().unwrap_or_else(|| folder.join("tonearm-restored.wav"));
    let removed = args.next().unwrap_or_else(|| folder.join("tonearm-removed.wav"));

    let recording = decode::read(&input)?;
    let chain = Preset::Acoustic78.settings().build()?;
    let restored = chain.process(&recording.signal, |_, name| println!("{name} …"))?;
    for report in &restored.reports {
        println!("{}: {}", report.name, report.summary);
    }

    let depth = recording.format.depth_in(Container::Wav);
    let settings = EncodeSettings {
        container: Container::Wav,
        sample_format: depth,
        dither: Dither::default(),
        metadata: recording.metadata,
    };
    // What is written first is rounded; the rest of the input is then the exact difference.
    let written = encode::quantized(&restored.signal, depth, settings.dither);
    let exact = EncodeSettings { dither: Dither::None, ..settings };
    encode::write(File::create(&output)?, &written, &exact)?;
    encode::write(File::create(&removed)?, &recording.signal.minus(&written), &exact)?;
    println!("{} and {}", output.display(), removed.display());
    Ok(())
}
