//! Measures thump, declick and decrackle over seeds: recall by size and length, precision, the error left inside planted
//! clicks and thumps, the period of ticks, the gain on dense crackle, the harm to clean input, and speed.
//!
//! `cargo run --release -p tonearm-dsp --example declick_bench -- [--seeds N] [--first-seed N] [--players N] [--verbose] [--only PART,...] [AUDIO OR
//! FOLDER ...]`
//! Parts: harm, clicks, shapes (clicks of shapes that nothing was fitted to; crackle is always of some such forms too), edges (clicks in transfers that end at a steep edge), bounds (what a detector that knew every
//! click's form could reach), thumps, crackle, speed. For harm each kind of instrument of the testkit plays `--players`
//! times (seeds from `--first-player`), and files are heard whole, excerpt by excerpt.
//! Without files it reads `../shared/data` where there is such a folder; brass and plosives are always synthesised.

mod bounds;
mod clicks;
mod crackle;
mod edges;
mod harm;
mod material;
mod measures;
mod shapes;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tonearm_dsp::restore::{
    Declick, DeclickSettings, Decrackle, DecrackleSettings, Stage, Thump, ThumpSettings,
};
use tonearm_dsp::simulate::{ClickKind, DiscSettings, simulate};

use crate::bounds::bounds;
use crate::clicks::clicks;
use crate::crackle::{crackle, crackle_of_other_forms};
use crate::edges::edges;
use crate::harm::harm;
use crate::material::{Material, played, read_all, synthetic};
use crate::measures::{db, energy_of_difference, mean};
use crate::shapes::shapes;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let (mut seeds, mut verbose, mut paths, mut only) = (2u64, false, Vec::new(), String::new());
    let (mut players, mut first_player, mut first_seed) = (4u64, 1u64, 1u64);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seeds" => seeds = words.next().ok_or("--seeds needs a number")?.parse()?,
            "--first-seed" => first_seed = words.next().ok_or("--first-seed needs a number")?.parse()?,
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
    println!("{} clean excerpts, {seeds} seeds from {first_seed}\n", clean.len());
    let seeds = first_seed..first_seed + seeds;
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
        clicks(&programme, snr_db, seeds.clone(), verbose)?;
    }
    for snr_db in [20.0, 10.0].into_iter().filter(|_| asked("shapes")) {
        shapes(&programme, snr_db, seeds.clone(), verbose)?;
    }
    for snr_db in [20.0, 10.0].into_iter().filter(|_| asked("edges")) {
        edges(&programme, snr_db, seeds.clone(), verbose)?;
    }
    for snr_db in [20.0, 10.0, 5.0].into_iter().filter(|_| asked("bounds")) {
        bounds(&programme, snr_db, seeds.clone(), verbose)?;
    }
    if asked("thumps") {
        thumps_and_ticks(&programme, seeds.clone(), verbose)?;
    }
    if asked("crackle") {
        crackle(&programme, seeds.clone(), verbose)?;
        crackle_of_other_forms(&programme, seeds.clone(), verbose)?;
    }
    if asked("speed") {
        speed(&programme)?;
    }
    Ok(())
}

fn stages() -> Outcome<(Declick, Decrackle)> {
    Ok((Declick::new(DeclickSettings::default())?, Decrackle::new(DecrackleSettings::default())?))
}

/// What is left of thumps outside of their cracks, and how often the period of a scratch is found.
fn thumps_and_ticks(clean: &[&Material], seeds: Range<u64>, verbose: bool) -> Outcome<()> {
    let thump = Thump::new(ThumpSettings::default())?;
    let (declick, _) = stages()?;
    let (mut changes, mut sides, mut periods, mut unscratched, mut false_periods) = (Vec::new(), 0, 0, 0, 0);
    for material in clean {
        for seed in seeds.clone() {
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
