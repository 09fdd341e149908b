//! Features around the boundaries of sounds that are timed: `boundary_features SPOKEN_DIR OUT.bin`.
//!
//! SPOKEN_DIR is what `templates/speak_units.py` writes. Every voice is heard as it is and with its formants moved, clean and
//! on two kinds of disc; `templates/fit_boundaries.py` fits the boundary model to OUT.bin. Layout, little-endian, a block for
//! each passage: name (`u8` length and UTF-8), frames `u32`, dimensions `u32`, features `f32`, signal-to-noise ratio `f32`,
//! sounds `u32`, and for each the time of its start in frames `f32` and its group `u32`.

use std::io::Write;
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tonearm_align::features::{HOP_SECS, RATE_HZ};
use tonearm_align::{SoundGroup, recording_features};
use tonearm_audio::{Hertz, SampleRate, Signal};
use tonearm_dsp::filter::Butterworth;

type Failure = Box<dyn std::error::Error>;

/// Sentences that make a passage: a recording's levels are measured over it.
const SENTENCES: usize = 6;
/// Factors by which a voice is played faster: throats that are shorter and longer than its own.
const SPEEDS: [f64; 3] = [1.0, 0.87, 1.15];

/// What the voice is recorded with.
#[derive(Clone, Copy, Debug)]
struct Condition {
    name: &'static str,
    band_hz: Option<(f64, f64)>,
    snr_db: f64,
    clicks_a_second: usize,
}

const CONDITIONS: [Condition; 3] = [
    Condition { name: "clean", band_hz: None, snr_db: 50.0, clicks_a_second: 0 },
    Condition { name: "disc", band_hz: Some((300.0, 3_500.0)), snr_db: 10.0, clicks_a_second: 12 },
    Condition { name: "fair", band_hz: Some((150.0, 5_500.0)), snr_db: 20.0, clicks_a_second: 2 },
];

fn main() -> Result<(), Failure> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [spoken, out] = arguments.as_slice() else {
        return Err("usage: boundary_features SPOKEN_DIR OUT.bin".into());
    };
    let mut out = std::io::BufWriter::new(std::fs::File::create(out)?);
    for voice in entries(spoken)? {
        let name = voice.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let sentences: Vec<PathBuf> = entries(&voice)?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e == "phones"))
            .collect();
        for (number, passage) in sentences.chunks(SENTENCES).enumerate() {
            let passage = joined(passage)?;
            for speed in SPEEDS {
                for condition in CONDITIONS {
                    let at_speed = SampleRate::new((f64::from(passage.rate_hz) * speed) as u32)?;
                    let signal = Signal::mono(at_speed, passage.samples.clone())?;
                    let heard = recorded(&signal, condition, number as u64)?;
                    let (features, snr_db) = recording_features(&heard)?;
                    let name = format!("{name} {speed} {} {number}", condition.name);
                    out.write_all(&[name.len() as u8])?;
                    out.write_all(name.as_bytes())?;
                    out.write_all(&(features.nrows() as u32).to_le_bytes())?;
                    out.write_all(&(features.ncols() as u32).to_le_bytes())?;
                    for value in &features {
                        out.write_all(&value.to_le_bytes())?;
                    }
                    out.write_all(&(snr_db as f32).to_le_bytes())?;
                    out.write_all(&(passage.sounds.len() as u32).to_le_bytes())?;
                    for (start, symbol) in &passage.sounds {
                        out.write_all(&((start / speed / HOP_SECS) as f32).to_le_bytes())?;
                        let group = if symbol == "_" { SoundGroup::Pause } else { SoundGroup::of(symbol) };
                        out.write_all(&(group as u32).to_le_bytes())?;
                    }
                }
            }
        }
        println!("{name}: {} sentences", sentences.len());
    }
    Ok(())
}

fn entries(of: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(of)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    found.sort();
    Ok(found)
}

/// Sentences one after the other.
struct Passage {
    samples: Vec<f32>,
    rate_hz: u32,
    /// Start in seconds and symbol.
    sounds: Vec<(f64, String)>,
}

fn joined(sentences: &[PathBuf]) -> Result<Passage, Failure> {
    let (mut samples, mut sounds, mut rate_hz) = (Vec::new(), Vec::new(), 0);
    for path in sentences {
        let mut reader = hound::WavReader::open(path.with_extension("wav"))?;
        rate_hz = reader.spec().sample_rate;
        let began = samples.len() as f64 / f64::from(rate_hz);
        for line in std::fs::read_to_string(path)?.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            let [start, _, symbol, _] = fields.as_slice() else {
                return Err(format!("{}: `{line}` has not four fields", path.display()).into());
            };
            sounds.push((began + start.parse::<f64>()?, (*symbol).to_owned()));
        }
        for sample in reader.samples::<i16>() {
            samples.push(f32::from(sample?) / 32_768.0);
        }
    }
    Ok(Passage { samples, rate_hz, sounds })
}

/// `clean` as it would come off that kind of disc.
fn recorded(clean: &Signal, condition: Condition, seed: u64) -> Result<Signal, Failure> {
    let rate = SampleRate::new(RATE_HZ)?;
    let mut samples = tonearm_dsp::resample(clean, rate)?.into_channels().swap_remove(0);
    if let Some((low, high)) = condition.band_hz {
        samples = Butterworth::band_pass(4, Hertz::new(low), Hertz::new(high), rate)?.zero_phase(&samples);
    }
    let power = samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let amplitude = (3.0 * power / 10f64.powf(0.1 * condition.snr_db)).sqrt() as f32;
    samples.iter_mut().for_each(|x| *x += amplitude * random.random_range(-1.0f32..1.0));
    let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
    for _ in 0..samples.len() * condition.clicks_a_second / RATE_HZ as usize {
        let (at, len) = (random.random_range(0..samples.len()), random.random_range(2..16));
        let height = peak * random.random_range(0.3f32..1.0);
        for (k, x) in samples[at..].iter_mut().take(len).enumerate() {
            *x += height * (1.0 - k as f32 / len as f32) * if k % 2 == 0 { 1.0 } else { -0.7 };
        }
    }
    Ok(Signal::mono(rate, samples)?)
}
