//! Writes what the learned gain of the spectral gate judges recordings by, at cells drawn at random: `crates/dsp/gain/train.py` reads
//! it.
//!
//! `cargo run --release -p tonearm-dsp --example gate_evidence -- CELLS IN.wav...` writes `IN.evidence` beside each: for every cell
//! little-endian u32 frame and bin, then the looks as f32. Bins below 8 kHz are drawn five times as often as those above.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tonearm_audio::decode;
use tonearm_dsp::restore::{SpectralGate, SpectralGateSettings};

/// Of the 1 025 bins of a frame at 44.1 kHz the first above 8 kHz.
const TREBLE_BIN: usize = 372;
const BINS: usize = 1_025;
const HOP: usize = 512;
/// 372 bins against 653 that count a fifth.
const BELOW_SHARE: f64 = 0.74;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gate = SpectralGate::new(SpectralGateSettings::default())?;
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().ok_or("how many cells?")?.parse()?;
    for path in arguments {
        let signal = decode::read(Path::new(&path))?.signal;
        let mut random = ChaCha8Rng::seed_from_u64(signal.len() as u64);
        let cells: Vec<(usize, usize)> = (0..count)
            .map(|_| {
                let below = random.random_bool(BELOW_SHARE);
                let bins = if below { 0..TREBLE_BIN } else { TREBLE_BIN..BINS };
                (random.random_range(0..signal.len() / HOP), random.random_range(bins))
            })
            .collect();
        let evidence = gate.evidence(&signal, &cells)?;
        let mut bytes = Vec::new();
        for ((frame, bin), looks) in cells.iter().zip(evidence.rows()) {
            bytes.extend((*frame as u32).to_le_bytes());
            bytes.extend((*bin as u32).to_le_bytes());
            looks.iter().for_each(|look| bytes.extend(look.to_le_bytes()));
        }
        std::fs::write(Path::new(&path).with_extension("evidence"), bytes)?;
    }
    Ok(())
}
