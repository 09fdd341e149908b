//! Writes what the learned gain of the spectral gate judges recordings by: the programs in `crates/dsp/gain/` read it.
//!
//! `cargo run --release -p tonearm-dsp --example gate_evidence -- cells COUNT IN.wav...` writes `IN.evidence` beside each: COUNT cells of
//! time and frequency drawn at random, bins below 8 kHz five times as often as those above. With `runs` it writes `IN.runs`: COUNT runs of
//! [`RUN_FRAMES`] frames begun at random, in each frame one bin of every band of the gain, above 8 kHz one in 26 bins. Of every cell come
//! little-endian u32 frame and bin, then the looks as f32.

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
/// Every second frame of a third of a second, over which PESQ gathers its disturbances.
const RUN_FRAMES: usize = 14;
const STRIDE: usize = 2;
/// The first bins from which the cells of a frame lie this many bins apart: below 8 kHz as wide as the gain's bands.
const WIDTHS: [(usize, usize); 4] = [(0, 1), (128, 2), (256, 4), (TREBLE_BIN, 26)];

/// Draws cells `(frame, bin)`: so many, from so many frames.
type Draw = fn(&mut ChaCha8Rng, usize, usize) -> Vec<(usize, usize)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gate = SpectralGate::new(SpectralGateSettings::default())?;
    let mut arguments = std::env::args().skip(1);
    let (draw, extension): (Draw, _) = match arguments.next().as_deref() {
        Some("cells") => (cells, "evidence"),
        Some("runs") => (runs, "runs"),
        _ => return Err("cells or runs?".into()),
    };
    let count: usize = arguments.next().ok_or("how many?")?.parse()?;
    for path in arguments {
        let signal = decode::read(Path::new(&path))?.signal;
        let mut random = ChaCha8Rng::seed_from_u64(signal.len() as u64);
        let cells = draw(&mut random, count, signal.len() / HOP);
        let evidence = gate.evidence(&signal, &cells)?;
        let mut bytes = Vec::new();
        for ((frame, bin), looks) in cells.iter().zip(evidence.rows()) {
            bytes.extend((*frame as u32).to_le_bytes());
            bytes.extend((*bin as u32).to_le_bytes());
            looks.iter().for_each(|look| bytes.extend(look.to_le_bytes()));
        }
        std::fs::write(Path::new(&path).with_extension(extension), bytes)?;
    }
    Ok(())
}

/// Cells `(frame, bin)`, each drawn by itself.
fn cells(random: &mut ChaCha8Rng, count: usize, frames: usize) -> Vec<(usize, usize)> {
    let mut cell = || {
        let below = random.random_bool(BELOW_SHARE);
        let bins = if below { 0..TREBLE_BIN } else { TREBLE_BIN..BINS };
        (random.random_range(0..frames), random.random_range(bins))
    };
    (0..count).map(|_| cell()).collect()
}

/// The cells of whole frames, run by run; none where the recording is shorter than a run.
fn runs(random: &mut ChaCha8Rng, count: usize, frames: usize) -> Vec<(usize, usize)> {
    let Some(last_start) = frames.checked_sub(RUN_FRAMES * STRIDE) else { return Vec::new() };
    let mut cells = Vec::new();
    for _ in 0..count {
        let start = random.random_range(0..=last_start);
        for frame in (start..).step_by(STRIDE).take(RUN_FRAMES) {
            let mut bin = 0;
            while bin < BINS {
                let width = WIDTHS.iter().rev().find(|(from, _)| bin >= *from).map_or(1, |(_, width)| *width);
                let next = (bin + width).min(BINS);
                cells.push((frame, random.random_range(bin..next)));
                bin = next;
            }
        }
    }
    cells
}
