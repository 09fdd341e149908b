//! Clicks alone in surface noise: how many are found, how many repairs touch none, what is left of their error.

use tonearm_dsp::restore::{Stage, StageReport};
use tonearm_dsp::simulate::{ClickKind, Disc, PlantedClick, simulate};

use crate::material::{Material, noise_alone};
use crate::measures::{db, energy_of_difference, mean};
use crate::{Outcome, stages};

/// Sums over files.
#[derive(Default)]
pub(crate) struct Tally {
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

/// A disc with clicks and noise, and the same one without the clicks.
pub(crate) fn discs(material: &Material, snr_db: f64, seed: u64) -> Outcome<(Disc, Disc)> {
    // Under one noise for all, chance would look the same in every excerpt.
    let seed = seed + material.number * 1_000;
    let mut disc = noise_alone(seed, snr_db);
    let noisy = simulate(&material.signal, &disc)?;
    disc.clicks.per_second = 6.0;
    Ok((simulate(&material.signal, &disc)?, noisy))
}

pub(crate) fn clicks(
    clean: &[&Material],
    snr_db: f64,
    seeds: std::ops::Range<u64>,
    verbose: bool,
) -> Outcome<()> {
    let (declick, _) = stages()?;
    let mut all = Tally::default();
    for material in clean {
        for seed in seeds.clone() {
            let (aged, noisy) = discs(material, snr_db, seed)?;
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
                one.print_one(&format!("{:<18} seed {seed} {snr_db} dB", material.name));
            }
            all.add(one);
        }
    }
    all.print(&format!("clicks at {snr_db} dB"));
    Ok(())
}

impl Tally {
    pub(crate) fn add(&mut self, one: Self) {
        self.planted += one.planted;
        self.recalled += one.recalled;
        self.repairs += one.repairs;
        self.right += one.right;
        self.against_noisy.extend(one.against_noisy);
        self.against_clean.extend(one.against_clean);
        self.gain.extend(one.gain);
        let classes = self.sizes.iter_mut().chain(&mut self.lengths);
        for (sum, part) in classes.zip(one.sizes.iter().chain(&one.lengths)) {
            *sum = (sum.0 + part.0, sum.1 + part.1);
        }
    }

    /// One line for one disc.
    pub(crate) fn print_one(&self, what: &str) {
        println!(
            "  clicks {what}: recall {:.3} precision {:.3} inside {:6.1} dB (clean {:6.1}) gain {:5.1} dB  {} repairs, {} planted",
            self.recalled as f64 / self.planted.max(1) as f64,
            self.right as f64 / self.repairs.max(1) as f64,
            mean(&self.against_noisy),
            mean(&self.against_clean),
            mean(&self.gain),
            self.repairs,
            self.planted,
        );
    }

    /// The sums of many.
    pub(crate) fn print(&self, what: &str) {
        println!(
            "{what}: recall {:.3}, precision {:.3}, inside clicks {:.1} dB against the noisy original, {:.1} dB against the clean one; gain {:.1} dB",
            self.recalled as f64 / self.planted.max(1) as f64,
            self.right as f64 / self.repairs.max(1) as f64,
            mean(&self.against_noisy),
            mean(&self.against_clean),
            mean(&self.gain),
        );
        println!("  by peak: {}", rates(&self.sizes, &SIZES, "sigma", 1.0));
        println!("  by length: {}\n", rates(&self.lengths, &LENGTHS_SECS, "ms", 1e3));
    }
}

pub(crate) fn tally(
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
