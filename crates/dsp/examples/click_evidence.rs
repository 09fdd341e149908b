//! Writes what the learned decision of `declick` sees of candidates, and whether each is damage: `crates/dsp/click/fit.py` reads it.
//!
//! `cargo run --release -p tonearm-dsp --example click_evidence -- OUT FIRST_SEED COUNT [AUDIO...]` ages every file and every instrument of the testkit
//! COUNT times, on discs drawn from seeds, looks at each instrument clean as well, and at as many rows of pulses at a pitch in noise, every
//! second of them with clicks. OUT begins with a line of names; then come rows of little-endian f32: number of the disc (0 for clean),
//! 1 for damage or 0, noise in dB (100 for clean, -1 for pulses at a pitch), looks.

use std::io::Write;
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;
use tonearm_audio::{SampleRate, Seconds, Signal, TimeRange, decode};
use tonearm_dsp::restore::{Declick, DeclickSettings, look_names};
use tonearm_dsp::simulate::{ClickKind, DiscSettings, SurfaceSpectrum, simulate};
use tonearm_testkit::click::{ClickPlan, plant};
use tonearm_testkit::instrument::Instrument;
use tonearm_testkit::pulses::row_in_noise;
use tonearm_testkit::random::Random;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Of each file, so much is aged.
const EXCERPT_SECS: f64 = 14.0;
const PLAYED_SECS: f64 = 6.0;
const RATE_HZ: u32 = 44_100;
/// What stands for the noise where it is not told in decibels.
const CLEAN_DB: f64 = 100.0;
const PITCHED_DB: f64 = -1.0;

/// What is looked at.
enum Job<'a> {
    Clean(&'a Signal),
    Aged(&'a Signal, u64),
    Pitched(u64),
}

/// A recording whose damage is known.
struct Known {
    number: u64,
    noise_db: f64,
    samples: Vec<f32>,
    rate: SampleRate,
    damage: Vec<Range<usize>>,
}

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
            clean.push(Signal::mono(SampleRate::new(RATE_HZ)?, kind.play(seed, RATE_HZ, PLAYED_SECS))?);
        }
    }
    let mut jobs: Vec<Job> = clean.iter().map(Job::Clean).collect();
    for (number, signal) in (0..).zip(&clean) {
        jobs.push(Job::Aged(signal, 1_000 * first + number));
        jobs.push(Job::Pitched(1_000 * first + 300_000 + number));
    }
    for (number, signal) in (0..).zip(&programme) {
        jobs.extend(
            (0..count).map(|turn| Job::Aged(signal, 1_000 * first + 500_000 + number * count + turn)),
        );
    }
    let rows: Vec<Vec<f32>> = jobs.par_iter().map(|job| rows(&job.made()?)).collect::<Outcome<_>>()?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    writeln!(file, "disc damage noise_db {}", look_names().join(" "))?;
    for value in rows.iter().flatten() {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}

/// The rows of one recording.
fn rows(known: &Known) -> Outcome<Vec<f32>> {
    let declick = Declick::new(DeclickSettings::default())?;
    let mut rows = Vec::new();
    for (span, looks) in declick.evidence(&known.samples, known.rate)? {
        let hit = known.damage.iter().any(|damage| span.start < damage.end && span.end > damage.start);
        rows.extend([known.number as f32, f32::from(u8::from(hit)), known.noise_db as f32]);
        rows.extend(looks);
    }
    Ok(rows)
}

impl Job<'_> {
    fn made(&self) -> Outcome<Known> {
        let (number, noise_db, signal, damage) = match self {
            Self::Clean(signal) => (0, CLEAN_DB, (*signal).clone(), Vec::new()),
            Self::Pitched(seed) => {
                let (signal, damage) = pitched(*seed)?;
                (*seed, PITCHED_DB, signal, damage)
            }
            Self::Aged(signal, seed) => {
                let disc = simulate(signal, &drawn(*seed))?;
                // The swing of a thump is no click; its crack is listed apart.
                let sharp = disc.truth.clicks.iter().filter(|click| click.kind != ClickKind::Thump);
                let damage = sharp.map(|click| click.start..click.end).collect();
                (*seed, disc.truth.settings.surface.snr_db, disc.aged, damage)
            }
        };
        let (samples, rate) = (signal.channel(0).to_vec(), signal.sample_rate());
        Ok(Known { number, noise_db, samples, rate, damage })
    }
}

/// Pulses at a pitch, with clicks among them where the seed is odd.
fn pitched(seed: u64) -> Outcome<(Signal, Vec<Range<usize>>)> {
    let mut random = Random::new(seed);
    let noise_rms = 0.01;
    let mut samples = row_in_noise(seed, RATE_HZ, PLAYED_SECS, noise_rms);
    let mut damage = Vec::new();
    if seed % 2 == 1 {
        let plan = ClickPlan {
            per_second: random.log_between(1.5, 10.0),
            least_peak: random.between(2.0, 4.0) * noise_rms,
            greatest_peak: random.between(10.0, 40.0) * noise_rms,
            ..ClickPlan::default()
        };
        damage = plant(seed, &mut samples, &plan).iter().map(|click| click.start..click.end).collect();
    }
    Ok((Signal::mono(SampleRate::new(RATE_HZ)?, samples)?, damage))
}

/// A disc from hardly worn to worn out, in one of many bands.
fn drawn(seed: u64) -> DiscSettings {
    let mut random = Random::new(seed);
    let mut disc = DiscSettings { seed, lead_in_secs: 1.0, run_out_secs: 0.5, ..DiscSettings::default() };
    let mut one_of = |share: f64| random.uniform() < share;
    let (other_rate, crackles, scratched, thumps, bare, hums) =
        (one_of(0.25), one_of(0.2), one_of(0.2), one_of(0.2), one_of(0.3), one_of(0.3));
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
    disc
}
