//! Writes what the learned decision of `declick` sees of candidates, and whether each is damage: `crates/dsp/click/fit.py` reads it.
//!
//! `cargo run --release -p tonearm-dsp --example click_evidence -- OUT FIRST_SEED COUNT [AUDIO...]` ages every file and every instrument of the testkit
//! COUNT times, on discs drawn from seeds, and looks at each instrument clean as well. OUT holds rows of little-endian f32: number of the
//! disc (0 for clean), 1 for damage or 0, noise in dB, looks.

use std::io::Write;
use std::path::Path;

use rayon::prelude::*;
use tonearm_audio::{Hertz, SampleRate, Seconds, Signal, TimeRange, decode};
use tonearm_dsp::filter::Butterworth;
use tonearm_dsp::restore::{Declick, DeclickSettings};
use tonearm_dsp::simulate::{Disc, DiscSettings, SurfaceSpectrum, simulate};
use tonearm_testkit::instrument::Instrument;
use tonearm_testkit::random::Random;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Of each file, so much is aged.
const EXCERPT_SECS: f64 = 14.0;
const PLAYED_SECS: f64 = 6.0;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [out, first, count, files @ ..] = &words[..] else {
        return Err("OUT FIRST_SEED COUNT [AUDIO...]".into());
    };
    let (first, count): (u64, u64) = (first.parse()?, count.parse()?);
    let mut programme = Vec::new();
    for file in files {
        let all = decode::read(Path::new(file))?.signal;
        let cut = all.cut(TimeRange::new(Seconds::new(0.0), Seconds::new(EXCERPT_SECS))?);
        programme.push(Signal::mono(cut.sample_rate(), cut.downmix())?);
    }
    let mut clean = Vec::new();
    for kind in Instrument::ALL {
        for seed in first..first + count {
            clean.push(Signal::mono(SampleRate::new(44_100)?, kind.play(seed, 44_100, PLAYED_SECS))?);
        }
    }
    let mut jobs: Vec<(Signal, u64)> = clean.iter().map(|signal| (signal.clone(), 0)).collect();
    for (number, signal) in clean.into_iter().enumerate() {
        jobs.push((signal, 1_000 * first + number as u64));
    }
    for (number, signal) in programme.iter().enumerate() {
        jobs.extend(
            (0..count).map(|turn| (signal.clone(), 1_000 * first + 500_000 + number as u64 * count + turn)),
        );
    }
    let rows: Vec<Vec<f32>> =
        jobs.par_iter().map(|(signal, seed)| rows(signal, *seed)).collect::<Outcome<_>>()?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    for value in rows.iter().flatten() {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}

/// The rows of one disc; of the clean signal for seed 0.
fn rows(signal: &Signal, seed: u64) -> Outcome<Vec<f32>> {
    let declick = Declick::new(DeclickSettings::default())?;
    let (aged, disc) = if seed == 0 {
        (signal.clone(), None)
    } else {
        let (aged, disc) = drawn(signal, seed)?;
        (aged, Some(disc))
    };
    let planted = disc.as_ref().map_or(&[][..], |disc| &disc.truth.clicks);
    let snr_db = disc.as_ref().map_or(100.0, |disc| disc.truth.settings.surface.snr_db);
    let mut rows = Vec::new();
    for row in declick.evidence(aged.channel(0), aged.sample_rate())? {
        let (start, end) = (row[0] as usize, row[1] as usize);
        let hit = planted.iter().any(|c| start < c.end && end > c.start);
        rows.extend([seed as f32, f32::from(u8::from(hit)), snr_db as f32]);
        rows.extend(&row[2..]);
    }
    Ok(rows)
}

/// A disc of `signal`, from hardly worn to worn out, in one of many bands; what is heard of it, and the disc.
fn drawn(signal: &Signal, seed: u64) -> Outcome<(Signal, Disc)> {
    let mut random = Random::new(seed);
    let mut disc = DiscSettings { seed, lead_in_secs: 1.0, run_out_secs: 0.5, ..DiscSettings::default() };
    let mut one_of = |share: f64| random.uniform() < share;
    let (other_rate, crackles, scratched, thumps, edged, bare, hums) =
        (one_of(0.25), one_of(0.2), one_of(0.2), one_of(0.2), one_of(0.12), one_of(0.3), one_of(0.3));
    if other_rate {
        disc.transfer_rate_hz = [22_050, 32_000, 48_000, 96_000][random.below(4)];
    }
    disc.horn.enabled = !bare;
    disc.surface.snr_db = random.between(0.0, 26.0);
    disc.surface.swish_db = random.between(0.0, 6.0);
    disc.surface.spectrum =
        [SurfaceSpectrum::Shellac, SurfaceSpectrum::Shellac, SurfaceSpectrum::Vinyl, SurfaceSpectrum::White]
            [random.below(4)];
    disc.surface.roll_off_hz = [14_000.0, 14_000.0, 1e6, 7_000.0, 10_000.0][random.below(5)];
    disc.clicks.per_second = random.log_between(1.5, 14.0);
    disc.clicks.least_peak_db = random.between(-9.0, 3.0);
    disc.clicks.tail_exponent = random.between(1.3, 2.2);
    disc.crackle.listed = true;
    disc.crackle.per_second = if crackles { random.log_between(20.0, 200.0) } else { 0.0 };
    disc.crackle.peak_db = random.between(-16.0, -6.0);
    disc.ticks.scratches = u32::from(scratched);
    disc.thumps.per_minute = if thumps { 6.0 } else { 0.0 };
    disc.hum.level_db = if hums { random.between(-40.0, -20.0) } else { -100.0 };
    let made = simulate(signal, &disc)?;
    let aged = if edged {
        let rate = made.aged.sample_rate();
        let edge_hz = Hertz::new(rate.as_f64() * random.between(0.12, 0.3));
        let edge = Butterworth::low_pass(4 + 4 * random.below(2), edge_hz, rate)?;
        Signal::mono(rate, edge.zero_phase(made.aged.channel(0)))?
    } else {
        made.aged.clone()
    };
    Ok((aged, made))
}
