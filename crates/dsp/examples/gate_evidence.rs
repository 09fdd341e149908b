//! Writes what the learned gain of the spectral gate judges recordings by: the programs in `crates/dsp/gain/` read it.
//!
//! `cargo run --release -p tonearm-dsp --example gate_evidence -- IN.wav...` writes `IN.maps` beside each: the number of maps, of frames and of
//! bands, little-endian u32, then all maps `[maps, frames, bands]` as little-endian i16, [`TO_ONE`] to one.

use std::path::Path;

use tonearm_audio::decode;
use tonearm_dsp::restore::{SpectralGate, SpectralGateSettings};

/// The maps are logarithms between −4 and 4 and a few ratios: a step of a four-thousandth is far below what noise does to them.
const TO_ONE: f32 = 4_096.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gate = SpectralGate::new(SpectralGateSettings::default())?;
    for path in std::env::args().skip(1) {
        let maps = gate.evidence(&decode::read(Path::new(&path))?.signal)?;
        let mut bytes = Vec::with_capacity(12 + 2 * maps.len());
        maps.shape().iter().for_each(|count| bytes.extend((*count as u32).to_le_bytes()));
        maps.iter().for_each(|value| bytes.extend(((value * TO_ONE).round() as i16).to_le_bytes()));
        std::fs::write(Path::new(&path).with_extension("maps"), bytes)?;
    }
    Ok(())
}
