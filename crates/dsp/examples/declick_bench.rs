//! Measures thump, declick and decrackle over seeds: recall by size and length, precision, the error left inside planted
//! clicks and thumps, the period of ticks, the gain on dense crackle, the harm to clean input, and speed.
//!
//! `cargo run --release -p tonearm-dsp --example declick_bench -- [--seeds N] [--players N] [--verbose] [--only PART,...] [AUDIO OR
//! FOLDER ...]`
//! Parts: harm, clicks, thumps, crackle, speed. For harm each kind of instrument of the testkit plays `--players` times (seeds
//! from `--first-player`), and files are heard whole, excerpt by excerpt.
//! Without files it reads `../shared/data` where there is such a folder; brass and plosives are always synthesised.

use std::path::{Path, PathBuf};
use std::time::Instant;

use tonearm_audio::{SampleRate, Seconds, Signal, TimeRange};
use tonearm_dsp::restore::{
    Declick, DeclickSettings, Decrackle, DecrackleSettings, Stage, StageReport, Thump, ThumpSettings,
};
use tonearm_dsp::simulate::{ClickKind, DiscSettings, PlantedClick, simulate};
use tonearm_testkit::instrument::Instrument;
use tonearm_testkit::random::Random;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Longest excerpt taken from a file, in seconds.
const EXCERPT_SECS: f64 = 12.0;

/// Length of what instruments play, in seconds.
const PLAYED_SECS: f64 = 6.0;

struct Material {
    name: String,
    signal: Signal,
}

fn main() -> Outcome<()> {
    let (mut seeds, mut verbose, mut paths, mut only) = (2u64, false, Vec::new(), String::new());
    let (mut players, mut first_player) = (4u64, 1u64);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seeds" => seeds = words.next().ok_or("--seeds needs a number")?.parse()?,
            "--players" => players = words.next().ok_or("--players needs a number")?.parse()?,
            "--first-player" => {
                first_player = words.next().ok_or("--first-player needs a number")?.parse()?;
            }
            "--verbose" => verbose = true,
            "--only" => only = words.next().ok_or("--only needs parts")?,
            _ => paths.push(PathBuf::from(word)),
        }
    }
    if paths.is_empty() {
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        paths = ["speech", "speech/ae", "music"].map(|folder| shared.join(folder)).to_vec();
    }
    let mut clean = synthetic();
    for path in &paths {
        read_all(path, 1, &mut clean)?;
    }
    println!("{} clean excerpts, {seeds} seeds\n", clean.len());
    let asked = |part: &str| only.is_empty() || only.split(',').any(|name| name == part);
    if asked("harm") {
        let mut all = played(first_player..first_player + players)?;
        for path in &paths {
            read_all(path, usize::MAX, &mut all)?;
        }
        all.extend(synthetic());
        harm(&all, verbose)?;
    }
    let programme: Vec<&Material> = clean.iter().filter(|m| m.signal.duration().get() >= 2.0).collect();
    for snr_db in [20.0, 10.0, 5.0].into_iter().filter(|_| asked("clicks")) {
        clicks(&programme, snr_db, seeds, verbose)?;
    }
    if asked("thumps") {
        thumps_and_ticks(&programme, seeds, verbose)?;
    }
    if asked("crackle") {
        crackle(&programme, seeds, verbose)?;
    }
    if asked("speed") {
        speed(&programme)?;
    }
    Ok(())
}

/// Adds up to `excerpts` of each file.
fn read_all(path: &Path, excerpts: usize, clean: &mut Vec<Material>) -> Outcome<()> {
    if path.is_dir() {
        let mut inside: Vec<PathBuf> =
            std::fs::read_dir(path)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
        inside.sort();
        for file in inside.iter().filter(|p| p.is_file()) {
            read_all(file, excerpts, clean)?;
        }
        return Ok(());
    }
    let known = ["wav", "flac", "mp3", "ogg"];
    if !path.extension().and_then(|e| e.to_str()).is_some_and(|e| known.contains(&e)) {
        if !path.exists() {
            println!("skipped: {} is not there", path.display());
        }
        return Ok(());
    }
    let recording = tonearm_audio::decode::read(path)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let count = (recording.signal.duration().get() / EXCERPT_SECS).max(1.0) as usize;
    for excerpt in 0..count.min(excerpts) {
        let start = EXCERPT_SECS * excerpt as f64;
        let range = TimeRange::new(Seconds::new(start), Seconds::new(start + EXCERPT_SECS))?;
        let cut = recording.signal.cut(range);
        let signal = Signal::mono(cut.sample_rate(), cut.downmix())?;
        clean.push(Material { name: name.clone(), signal });
    }
    Ok(())
}

/// Every kind of instrument, played once for each seed.
fn played(seeds: std::ops::Range<u64>) -> Outcome<Vec<Material>> {
    let rate = SampleRate::new(44_100)?;
    let all = Instrument::ALL.iter().flat_map(|kind| seeds.clone().map(move |seed| (kind, seed)));
    all.map(|(kind, seed)| {
        let signal = Signal::mono(rate, kind.play(seed, 44_100, PLAYED_SECS))?;
        Ok(Material { name: format!("{kind:?}-{seed}"), signal })
    })
    .collect()
}

/// Brass, plosives and castanets made from formulas: the programme that looks most like damage.
fn synthetic() -> Vec<Material> {
    let Ok(rate) = SampleRate::new(44_100) else { return Vec::new() };
    let mut made = Vec::new();
    for (name, fundamental) in [("brass-87", 87.3), ("brass-233", 233.1), ("brass-466", 466.2)] {
        let mut phase = 0.0f64;
        let samples = (0..6 * 44_100)
            .map(|i| {
                let t = f64::from(i) / 44_100.0;
                let note = t % 1.0;
                // The brighter the louder, as lips and bell do; a vibrato of 5 Hz.
                let level = (note * 12.0).min(1.0) * ((1.0 - note) * 8.0).min(1.0);
                phase += fundamental * (1.0 + 0.004 * (31.4 * t).sin()) / 44_100.0;
                let harmonics = (18_000.0 / fundamental) as i32;
                let bright = 0.6 + 0.3 * level;
                let sum: f64 = (1..=harmonics)
                    .map(|h| {
                        let h = f64::from(h);
                        bright.powf(h * fundamental / 700.0) * (std::f64::consts::TAU * h * phase).cos()
                    })
                    .sum();
                (0.05 * level * sum) as f32
            })
            .collect();
        made.extend(Signal::mono(rate, samples).map(|signal| Material { name: name.into(), signal }));
    }
    let mut random = Random::new(77);
    let mut samples = vec![0.0f32; 6 * 44_100];
    for burst in 0..24 {
        let start = 5_000 + burst * 10_500;
        let (len, level) = (random.between(200.0, 1_400.0) as usize, random.between(0.02, 0.3));
        for i in 0..len {
            let envelope = (-(i as f64) / (0.3 * len as f64)).exp() * (i as f64 / 20.0).min(1.0);
            samples[start + i] += (level * envelope * random.normal()) as f32;
        }
        for i in 0..4_000 {
            let t = i as f64 / 44_100.0;
            let envelope = (t * 60.0).min(1.0) * (-t * 18.0).exp() * (1.0 - i as f64 / 4_000.0);
            samples[start + len + 500 + i] +=
                (0.2 * envelope * (754.0 * t).sin() * (1.0 + 0.5 * (4_400.0 * t).sin())) as f32;
        }
    }
    for x in &mut samples {
        *x += (1e-4 * random.normal()) as f32;
    }
    made.extend(Signal::mono(rate, samples).map(|signal| Material { name: "plosives".into(), signal }));
    made
}

fn energy_of_difference(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum()
}

fn energy(a: &[f32]) -> f64 {
    a.iter().map(|x| f64::from(*x).powi(2)).sum()
}

fn db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn stages() -> Outcome<(Declick, Decrackle)> {
    Ok((Declick::new(DeclickSettings::default())?, Decrackle::new(DecrackleSettings::default())?))
}

/// Harm of `declick` alone (presets lp and gentle), and of `declick` and `decrackle` (all others).
fn harm(clean: &[Material], verbose: bool) -> Outcome<()> {
    let (declick, decrackle) = stages()?;
    let (mut alone, mut both) = (Harm::default(), Harm::default());
    for Material { name, signal } in clean {
        let (declicked, clicks) = declick.process(signal)?;
        let (output, pulses) = decrackle.process(&declicked)?;
        let first = alone.take(signal, &declicked, clicks.repairs.len());
        let snr = both.take(signal, &output, clicks.repairs.len() + pulses.repairs.len());
        if verbose && snr.is_finite() {
            let places: Vec<String> =
                clicks.repairs.iter().take(6).map(|r| format!("{}+{}", r.start, r.end - r.start)).collect();
            println!(
                "  harm {name:<18} {:>6} Hz  {first:6.1} dB {snr:6.1} dB  clicks {:4}  pulses {:5}  {}",
                signal.sample_rate().hz(),
                clicks.repairs.len(),
                pulses.repairs.len(),
                places.join(" ")
            );
        }
    }
    alone.print("declick");
    both.print("declick and decrackle");
    println!();
    Ok(())
}

/// What was done to clean files.
#[derive(Default)]
struct Harm {
    files: usize,
    untouched: usize,
    failing: usize,
    least_db: Option<f64>,
}

impl Harm {
    /// Counts a file and returns its ratio of signal to change in dB.
    fn take(&mut self, clean: &Signal, output: &Signal, repairs: usize) -> f64 {
        let x = clean.channel(0);
        let snr = db(energy(x) / energy_of_difference(x, output.channel(0)));
        self.files += 1;
        self.untouched += usize::from(repairs == 0);
        self.failing += usize::from(snr < 65.0);
        self.least_db = Some(self.least_db.map_or(snr, |least| least.min(snr)));
        snr
    }

    fn print(&self, what: &str) {
        println!(
            "harm of {what} to clean input: {} of {} files without a repair ({:.1} %), {} below 65 dB, least {:.1} dB",
            self.untouched,
            self.files,
            100.0 * self.untouched as f64 / self.files.max(1) as f64,
            self.failing,
            self.least_db.unwrap_or(f64::INFINITY),
        );
    }
}

/// Sums over files.
#[derive(Default)]
struct Tally {
    planted: usize,
    recalled: usize,
    repairs: usize,
    right: usize,
    against_noisy: Vec<f64>,
    against_clean: Vec<f64>,
    gain: Vec<f64>,
    /// Planted and recalled by size and by length.
    sizes: [(usize, usize); SIZES.len()],
    lengths: [(usize, usize); LENGTHS_SECS.len()],
}

/// Lower edges of the classes: peaks in multiples of the noise's root mean square, lengths in seconds.
const SIZES: [f64; 5] = [0.0, 4.0, 6.0, 10.0, 20.0];
const LENGTHS_SECS: [f64; 4] = [0.0, 0.000_35, 0.000_8, 0.001_6];

fn rates(classes: &[(usize, usize)], edges: &[f64], unit: &str, factor: f64) -> String {
    let one = |(&(planted, found), edge): (&(usize, usize), &f64)| {
        format!("from {:.1} {unit}: {found} of {planted}", edge * factor)
    };
    classes.iter().zip(edges).map(one).collect::<Vec<_>>().join(", ")
}

fn clicks(clean: &[&Material], snr_db: f64, seeds: u64, verbose: bool) -> Outcome<()> {
    let (declick, _) = stages()?;
    let mut all = Tally::default();
    for material in clean {
        for seed in 1..=seeds {
            let mut disc =
                DiscSettings { seed, lead_in_secs: 1.0, run_out_secs: 0.5, ..DiscSettings::default() };
            disc.surface.snr_db = snr_db;
            disc.clicks.per_second = 6.0;
            disc.crackle.per_second = 0.0;
            disc.ticks.scratches = 0;
            disc.thumps.per_minute = 0.0;
            disc.hum.level_db = -100.0;
            let aged = simulate(&material.signal, &disc)?;
            disc.clicks.per_second = 0.0;
            let noisy = simulate(&material.signal, &disc)?;
            let (output, report) = declick.process(&aged.aged)?;
            let one = tally(
                &aged.truth.clicks,
                &report,
                aged.reference.channel(0),
                noisy.aged.channel(0),
                aged.aged.channel(0),
                output.channel(0),
            );
            if verbose {
                println!(
                    "  clicks {:<18} seed {seed} {snr_db} dB: recall {:.3} precision {:.3} inside {:6.1} dB (clean {:6.1}) gain {:5.1} dB  {} repairs, {} planted",
                    material.name,
                    one.recalled as f64 / one.planted.max(1) as f64,
                    one.right as f64 / one.repairs.max(1) as f64,
                    mean(&one.against_noisy),
                    mean(&one.against_clean),
                    mean(&one.gain),
                    one.repairs,
                    one.planted,
                );
            }
            all.planted += one.planted;
            all.recalled += one.recalled;
            all.repairs += one.repairs;
            all.right += one.right;
            all.against_noisy.extend(one.against_noisy);
            all.against_clean.extend(one.against_clean);
            all.gain.extend(one.gain);
            for (sum, part) in
                all.sizes.iter_mut().chain(&mut all.lengths).zip(one.sizes.iter().chain(&one.lengths))
            {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
        }
    }
    println!(
        "clicks at {snr_db} dB: recall {:.3}, precision {:.3}, inside clicks {:.1} dB against the noisy original, {:.1} dB against the clean one; gain {:.1} dB",
        all.recalled as f64 / all.planted.max(1) as f64,
        all.right as f64 / all.repairs.max(1) as f64,
        mean(&all.against_noisy),
        mean(&all.against_clean),
        mean(&all.gain),
    );
    println!("  by peak: {}", rates(&all.sizes, &SIZES, "sigma", 1.0));
    println!("  by length: {}\n", rates(&all.lengths, &LENGTHS_SECS, "ms", 1e3));
    Ok(())
}

fn tally(
    planted: &[PlantedClick],
    report: &StageReport,
    clean: &[f32],
    noisy: &[f32],
    aged: &[f32],
    output: &[f32],
) -> Tally {
    let noise = (energy_of_difference(noisy, clean) / noisy.len() as f64).sqrt();
    let mut tally = Tally { repairs: report.repairs.len(), ..Tally::default() };
    let (mut left, mut had, mut left_clean, mut had_clean) = (0.0, 0.0, 0.0, 0.0);
    for click in planted.iter().filter(|c| c.kind == ClickKind::Click) {
        let span = click.start..click.end;
        left += energy_of_difference(&output[span.clone()], &noisy[span.clone()]);
        had += energy_of_difference(&aged[span.clone()], &noisy[span.clone()]);
        left_clean += energy_of_difference(&output[span.clone()], &clean[span.clone()]);
        had_clean += energy_of_difference(&aged[span.clone()], &clean[span]);
        let hit = report.repairs.iter().any(|r| r.start < click.end && r.end > click.start);
        let sigmas = f64::from(click.peak.abs()) / noise;
        let secs = (click.end - click.start) as f64 / 44_100.0;
        let class = |edges: &[f64], value: f64| edges.iter().rposition(|edge| *edge <= value).unwrap_or(0);
        let count = |(planted, found): &mut (usize, usize)| {
            *planted += 1;
            *found += usize::from(hit);
        };
        count(&mut tally.sizes[class(&SIZES, sigmas)]);
        if sigmas > 4.0 {
            tally.planted += 1;
            tally.recalled += usize::from(hit);
            count(&mut tally.lengths[class(&LENGTHS_SECS, secs)]);
        }
    }
    tally.right =
        report.repairs.iter().filter(|r| planted.iter().any(|c| r.start < c.end && r.end > c.start)).count();
    tally.against_noisy.push(db(left / had));
    tally.against_clean.push(db(left_clean / had_clean));
    tally.gain.push(db(energy_of_difference(aged, noisy) / energy_of_difference(output, noisy)));
    tally
}

/// What is left of thumps outside of their cracks, and how often the period of a scratch is found.
fn thumps_and_ticks(clean: &[&Material], seeds: u64, verbose: bool) -> Outcome<()> {
    let thump = Thump::new(ThumpSettings::default())?;
    let (declick, _) = stages()?;
    let (mut changes, mut sides, mut periods, mut unscratched, mut false_periods) = (Vec::new(), 0, 0, 0, 0);
    for material in clean {
        for seed in 1..=seeds {
            let mut disc =
                DiscSettings { seed, lead_in_secs: 4.0, run_out_secs: 4.0, ..DiscSettings::default() };
            disc.thumps.per_minute = 30.0;
            disc.crackle.per_second = 20.0;
            let aged = simulate(&material.signal, &disc)?;
            let (output, _) = thump.process(&aged.aged)?;
            disc.thumps.per_minute = 0.0;
            let without = simulate(&material.signal, &disc)?;
            let mut swings = vec![false; aged.aged.len()];
            let clicks = |kind: fn(ClickKind) -> bool| aged.truth.clicks.iter().filter(move |c| kind(c.kind));
            clicks(|kind| kind == ClickKind::Thump).for_each(|c| swings[c.start..c.end].fill(true));
            clicks(|kind| kind != ClickKind::Thump).for_each(|c| swings[c.start..c.end].fill(false));
            let at = |x: &[f32]| -> Vec<f32> {
                x.iter().zip(&swings).filter(|(_, swing)| **swing).map(|(x, _)| *x).collect()
            };
            let wanted = at(without.aged.channel(0));
            if !wanted.is_empty() {
                let had = energy_of_difference(&at(aged.aged.channel(0)), &wanted);
                changes.push(db(energy_of_difference(&at(output.channel(0)), &wanted) / had));
                if verbose {
                    println!(
                        "  thumps {:<18} seed {seed}: {:.1} dB",
                        material.name,
                        changes[changes.len() - 1]
                    );
                }
            }
            disc.ticks.scratches = 0;
            let (_, report) = declick.process(&simulate(&material.signal, &disc)?.aged)?;
            unscratched += 1;
            false_periods += usize::from(report.finding("tick_period").is_some());
            let ticks = aged.truth.clicks.iter().filter(|c| c.kind == ClickKind::Tick).count();
            if ticks >= 8 {
                sides += 1;
                let (_, report) = declick.process(&output)?;
                let found = report.finding("tick_period");
                let right = found.is_some_and(|secs| (secs / aged.truth.turn_secs - 1.0).abs() < 1e-3);
                periods += usize::from(right);
                if verbose && !right {
                    println!("  ticks {:<18} seed {seed}: {found:?} with {ticks} ticks", material.name);
                }
            }
        }
    }
    println!(
        "thumps: error {:.1} dB (worst {:.1}); tick period within 0.1 % on {periods} of {sides} sides with 8 ticks and more, a false one on {false_periods} of {unscratched} without a scratch\n",
        mean(&changes),
        changes.iter().fold(f64::NEG_INFINITY, |m: f64, x| m.max(*x)),
    );
    Ok(())
}

fn crackle(clean: &[&Material], seeds: u64, verbose: bool) -> Outcome<()> {
    let (_, decrackle) = stages()?;
    for (snr_db, peak_db) in [(100.0, -6.0), (100.0, -14.0), (30.0, -6.0), (20.0, -6.0)] {
        let (mut gains, mut least) = (Vec::new(), f64::INFINITY);
        for material in clean {
            for seed in 1..=seeds {
                let mut disc =
                    DiscSettings { seed, lead_in_secs: 1.0, run_out_secs: 0.5, ..DiscSettings::default() };
                disc.surface.snr_db = snr_db;
                disc.clicks.per_second = 0.0;
                disc.crackle.per_second = 1_500.0;
                disc.crackle.peak_db = peak_db;
                disc.ticks.scratches = 0;
                disc.thumps.per_minute = 0.0;
                disc.hum.level_db = -100.0;
                let aged = simulate(&material.signal, &disc)?;
                disc.crackle.per_second = 0.0;
                let noisy = simulate(&material.signal, &disc)?;
                let (output, report) = decrackle.process(&aged.aged)?;
                let x = noisy.aged.channel(0);
                let gain = db(energy_of_difference(aged.aged.channel(0), x)
                    / energy_of_difference(output.channel(0), x));
                if verbose {
                    println!(
                        "  crackle {:<18} seed {seed} {snr_db} dB {peak_db} dB: gain {gain:5.1} dB, {}",
                        material.name, report.summary
                    );
                }
                least = least.min(gain);
                gains.push(gain);
            }
        }
        println!(
            "crackle 1500/s, peaks {peak_db} dB on speech, noise {snr_db} dB: gain {:.1} dB, least {least:.1} dB",
            mean(&gains)
        );
    }
    println!();
    Ok(())
}

fn speed(clean: &[&Material]) -> Outcome<()> {
    let (declick, decrackle) = stages()?;
    let mut disc = DiscSettings::preset("hard").unwrap_or_default();
    disc.lead_in_secs = 2.0;
    let (mut secs, mut declicking, mut decrackling) = (0.0, 0.0, 0.0);
    for material in clean.iter().take(8) {
        let aged = simulate(&material.signal, &disc)?.aged;
        secs += aged.duration().get();
        let begin = Instant::now();
        let (output, _) = declick.process(&aged)?;
        declicking += begin.elapsed().as_secs_f64();
        let begin = Instant::now();
        decrackle.process(&output)?;
        decrackling += begin.elapsed().as_secs_f64();
    }
    println!(
        "speed on hard discs at 44.1 kHz: declick {:.0}x, decrackle {:.0}x, both {:.0}x real time",
        secs / declicking,
        secs / decrackling,
        secs / (declicking + decrackling)
    );
    Ok(())
}
