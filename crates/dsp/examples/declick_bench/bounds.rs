//! What could be reached: a detector and a repairer that know each click's place and form, and the noise without it.
//!
//! Under a block's autoregressive model (fitted to the disc *without* clicks) a pulse h shows by d = |A·h|/σ standard
//! deviations of the best linear statistic (its matched filter). Told the form, but not the place, that filter is set to a
//! threshold T; a click is found with probability Φ(d − T), and noise alone exceeds T at 2·Q(T) of the places. T is chosen so that
//! one find in twenty is false. No detector that has to guess the form as well finds more at the same precision.
//!
//! Inside a click of known place and form whose height is uncertain by as much as the click is large, |h|²/(1 + d²) of its
//! energy remains at least; of known place and envelope only, what interpolation and the observed samples say together.

use tonearm_dsp::autoregression::ArModel;
use tonearm_dsp::restore::{Repair, Stage};
use tonearm_dsp::simulate::{ClickKind, PlantedClick};

use crate::clicks::discs;
use crate::material::Material;
use crate::measures::{db, energy_of_difference, mean};
use crate::{Outcome, stages};

/// The order of the models, and how much is fitted on each side of a click, at 44.1 kHz.
const ORDER: usize = 31;
const CONTEXT: usize = 1_014;
/// Lower edges of the classes of d.
const EDGES: [f64; 9] = [0.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0];
/// Finds of which one may be false.
const FINDS_PER_FALSE: f64 = 20.0;
/// A planted click is to be found if its peak exceeds the noise's root mean square so many times.
const CLEAR_SIGMAS: f64 = 4.0;

/// A click and what the oracle knows of it.
struct Known {
    index: f64,
    clear: bool,
    found: bool,
    /// Energy of the click, and what is left of it.
    had: f64,
    left: f64,
}

/// Energies inside one disc's clicks.
#[derive(Default)]
struct Inside {
    had: f64,
    left: f64,
    left_in_missed: f64,
    interpolated: f64,
    weighed: f64,
    formed: f64,
    /// d and energy of each click.
    clicks: Vec<(f64, f64)>,
}

pub(crate) fn bounds(
    clean: &[&Material],
    snr_db: f64,
    seeds: std::ops::Range<u64>,
    verbose: bool,
) -> Outcome<()> {
    let (declick, _) = stages()?;
    let (mut known, mut insides, mut samples) = (Vec::new(), Vec::new(), 0);
    let mut strays: Vec<Stray> = Vec::new();
    for material in clean {
        for seed in seeds.clone() {
            let (aged, noisy) = discs(material, snr_db, seed)?;
            let (output, report) = declick.process(&aged.aged)?;
            let (x, without) = (aged.aged.channel(0), noisy.aged.channel(0));
            let reference = aged.reference.channel(0);
            let noise = (energy_of_difference(without, reference) / without.len() as f64).sqrt();
            samples += x.len();
            let planted = || aged.truth.clicks.iter().filter(|c| c.kind == ClickKind::Click);
            let mut inside = Inside::default();
            for click in planted() {
                let oracle = Oracle::of(click, x, without);
                let clear = f64::from(click.peak.abs()) > CLEAR_SIGMAS * noise;
                let found = report.repairs.iter().any(|r| r.start < click.end && r.end > click.start);
                let left = inside.add(click, &oracle, output.channel(0), without, found);
                if verbose && clear && !found {
                    println!(
                        "  missed {:<18} seed {seed} at {:7} d {:5.1} peak {:5.1} sigma, {} samples",
                        material.name,
                        click.start,
                        oracle.index,
                        f64::from(click.peak.abs()) / noise,
                        click.end - click.start
                    );
                }
                known.push(Known { index: oracle.index, clear, found, had: oracle.energy(), left });
            }
            insides.push(inside);
            for repair in &report.repairs {
                if planted().all(|c| repair.start >= c.end || repair.end <= c.start) {
                    let stray = Stray::of(repair, &aged.truth.clicks, reference, noise);
                    if verbose {
                        println!("  false {:<18} seed {seed} {repair:?} {stray:?}", material.name);
                    }
                    strays.push(stray);
                }
            }
        }
    }
    print(snr_db, &known, &insides, samples);
    let count = |wanted: &dyn Fn(&Stray) -> bool| strays.iter().filter(|s| wanted(s)).count();
    println!(
        "  false repairs {}: {} within 2 ms of a planted click, {} others where the programme exceeds the noise, {} elsewhere\n",
        strays.len(),
        count(&|s| s.near),
        count(&|s| !s.near && s.voiced),
        count(&|s| !s.near && !s.voiced),
    );
    Ok(())
}

/// A repair where nothing was planted.
#[derive(Debug)]
struct Stray {
    near: bool,
    voiced: bool,
}

impl Stray {
    fn of(repair: &Repair, planted: &[PlantedClick], clean: &[f32], noise: f64) -> Self {
        let near = planted.iter().any(|c| c.start < repair.end + 88 && c.end + 88 > repair.start);
        let around = &clean[repair.start.saturating_sub(220)..(repair.end + 220).min(clean.len())];
        let level = (around.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / around.len() as f64).sqrt();
        Self { near, voiced: level > noise }
    }
}

struct Oracle {
    /// d, in standard deviations of the best linear statistic.
    index: f64,
    pulse: Vec<f64>,
    /// The samples around, without clicks; the click begins at `lead`.
    near: Vec<f64>,
    lead: usize,
    model: ArModel,
    variance: f64,
}

impl Oracle {
    fn of(click: &PlantedClick, aged: &[f32], without: &[f32]) -> Self {
        let first = click.start.saturating_sub(CONTEXT);
        let last = (click.end + CONTEXT).min(aged.len());
        let near: Vec<f64> = without[first..last].iter().map(|&x| f64::from(x)).collect();
        let pulse: Vec<f64> =
            (click.start..click.end).map(|n| f64::from(aged[n]) - f64::from(without[n])).collect();
        let model = ArModel::fit(&near, ORDER);
        let mut errors = Vec::new();
        model.forward_error(&near, &mut errors);
        let variance = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
        let mut padded = vec![0.0; ORDER];
        padded.extend(&pulse);
        padded.extend([0.0; ORDER]);
        model.forward_error(&padded, &mut errors);
        let index = (errors.iter().map(|e| e * e).sum::<f64>() / variance).sqrt();
        Self { index, pulse, near, lead: click.start - first, model, variance }
    }

    /// What is left where the click's samples are estimated with `trust` in what was observed.
    fn left(&self, trust: &[f64]) -> f64 {
        let mut samples = self.near.clone();
        let places: Vec<usize> = (self.lead..self.lead + self.pulse.len()).collect();
        for (&n, pulse) in places.iter().zip(&self.pulse) {
            samples[n] += pulse;
        }
        self.model.estimate(&mut samples, &places, trust);
        places.iter().map(|&n| (samples[n] - self.near[n]).powi(2)).sum()
    }

    fn energy(&self) -> f64 {
        self.pulse.iter().map(|x| x * x).sum()
    }
}

impl Inside {
    /// What is left where the form of a click is known and its place has to be found at `threshold`.
    fn reachable(&self, threshold: f64) -> f64 {
        let left = |(index, energy): &(f64, f64)| {
            let found = upper_tail(threshold - index);
            energy * (1.0 - found + found / (1.0 + index.powi(2)))
        };
        self.clicks.iter().map(left).sum()
    }

    fn add(
        &mut self,
        click: &PlantedClick,
        oracle: &Oracle,
        output: &[f32],
        without: &[f32],
        found: bool,
    ) -> f64 {
        let span = click.start..click.end;
        let left = energy_of_difference(&output[span.clone()], &without[span]);
        self.had += oracle.energy();
        self.left += left;
        self.left_in_missed += if found { 0.0 } else { left };
        self.interpolated += oracle.left(&vec![1e-6; oracle.pulse.len()]);
        let trust: Vec<f64> =
            oracle.pulse.iter().map(|x| oracle.variance / x.powi(2).max(oracle.variance * 1e-3)).collect();
        self.weighed += oracle.left(&trust);
        self.formed += oracle.energy() / (1.0 + oracle.index.powi(2));
        self.clicks.push((oracle.index, oracle.energy()));
        left
    }
}

/// Q, the upper tail of the standard normal distribution: Abramowitz and Stegun, *Handbook of Mathematical Functions*, 26.2.14 (a
/// continued fraction) beyond 3, 26.2.11 (a series) below.
fn upper_tail(x: f64) -> f64 {
    let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    if x < 0.0 {
        return 1.0 - upper_tail(-x);
    }
    if x > 3.0 {
        return density / (1..40).rev().fold(x, |rest, k| x + f64::from(k) / rest);
    }
    let (mut term, mut sum) = (x, x);
    for k in 1..60 {
        term *= x * x / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 - density * sum
}

fn print(snr_db: f64, known: &[Known], insides: &[Inside], samples: usize) {
    let finds = |threshold: f64| known.iter().map(|k| upper_tail(threshold - k.index)).sum::<f64>();
    let strays = |threshold: f64| 2.0 * upper_tail(threshold) * samples as f64;
    let mut threshold = 3.0;
    while FINDS_PER_FALSE * strays(threshold) > finds(threshold) + strays(threshold) && threshold < 10.0 {
        threshold += 0.01;
    }
    let clear: Vec<&Known> = known.iter().filter(|k| k.clear).collect();
    let reachable: f64 = clear.iter().map(|k| upper_tail(threshold - k.index)).sum();
    let found = clear.iter().filter(|k| k.found).count();
    println!(
        "bounds at {snr_db} dB: with known forms {:.3} of {} clear clicks at precision 0.95 (threshold {threshold:.2}); found {:.3}",
        reachable / clear.len() as f64,
        clear.len(),
        found as f64 / clear.len() as f64,
    );
    let class = |k: &Known| EDGES.iter().rposition(|edge| *edge <= k.index).unwrap_or(0);
    for (at, edge) in EDGES.iter().enumerate() {
        let members: Vec<&Known> = clear.iter().filter(|k| class(k) == at).copied().collect();
        let reachable: f64 = members.iter().map(|k| upper_tail(threshold - k.index)).sum();
        let found = members.iter().filter(|k| k.found).count();
        let energy = |part: fn(&Known) -> f64| {
            known.iter().filter(|k| k.found && class(k) == at).map(part).sum::<f64>()
        };
        println!(
            "  d from {edge:4.1}: {:4} clear clicks, {reachable:6.1} reachable, {found:4} found, {:.1} dB left in found ones ({:.0} % of all)",
            members.len(),
            db(energy(|k| k.left) / energy(|k| k.had)),
            100.0 * energy(|k| k.left) / known.iter().map(|k| k.left).sum::<f64>(),
        );
    }
    let over = |part: &dyn Fn(&Inside) -> f64| {
        mean(&insides.iter().filter(|i| i.had > 0.0).map(|i| db(part(i) / i.had)).collect::<Vec<_>>())
    };
    println!(
        "  inside: {:.1} dB ({:.1} % of it in missed clicks); places known: interpolated {:.1}, weighed by envelope {:.1}, form known {:.1} dB; forms known and places found as above {:.1} dB",
        over(&|i| i.left),
        100.0 * insides.iter().map(|i| i.left_in_missed).sum::<f64>()
            / insides.iter().map(|i| i.left).sum::<f64>(),
        over(&|i| i.interpolated),
        over(&|i| i.weighed),
        over(&|i| i.formed),
        over(&|i| i.reachable(threshold)),
    );
}
