//! The gain on dense crackle: the simulator's, and pulses of forms that nothing was drawn or fitted to.

use std::ops::Range;

use tonearm_audio::Signal;
use tonearm_dsp::restore::Stage;
use tonearm_dsp::simulate::simulate;
use tonearm_testkit::click::{CrackleForm, plant_crackle_of};

use crate::material::{Material, noise_alone};
use crate::measures::{db, energy, energy_of_difference, mean};
use crate::{Outcome, stages};

/// Pulses a second.
const PER_SECOND: f64 = 1_500.0;

pub(crate) fn crackle(clean: &[&Material], seeds: Range<u64>, verbose: bool) -> Outcome<()> {
    let (_, decrackle) = stages()?;
    for (snr_db, peak_db) in [(100.0, -6.0), (100.0, -14.0), (30.0, -6.0), (20.0, -6.0)] {
        let (mut gains, mut least) = (Vec::new(), f64::INFINITY);
        for material in clean {
            for seed in seeds.clone() {
                let mut disc = noise_alone(seed, snr_db);
                let noisy = simulate(&material.signal, &disc)?;
                disc.crackle.per_second = PER_SECOND;
                disc.crackle.peak_db = peak_db;
                let aged = simulate(&material.signal, &disc)?;
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

/// Crackle of every other form, half as high as the programme: alone, and in 30 dB of noise.
pub(crate) fn crackle_of_other_forms(clean: &[&Material], seeds: Range<u64>, verbose: bool) -> Outcome<()> {
    let (_, decrackle) = stages()?;
    for (form, snr_db) in CrackleForm::ALL.into_iter().flat_map(|form| [(form, 100.0), (form, 30.0)]) {
        let mut gains = Vec::new();
        for material in clean {
            for seed in seeds.clone() {
                let noisy = simulate(&material.signal, &noise_alone(seed, snr_db))?.aged;
                let x = noisy.channel(0);
                let level = (energy(x) / x.len() as f64).sqrt();
                let mut aged = x.to_vec();
                let rate = noisy.sample_rate();
                plant_crackle_of(form, seed + material.number, &mut aged, rate.hz(), PER_SECOND, 0.5 * level);
                let (output, _) = decrackle.process(&Signal::mono(rate, aged.clone())?)?;
                gains.push(db(energy_of_difference(&aged, x) / energy_of_difference(output.channel(0), x)));
                if verbose {
                    println!(
                        "  crackle {form:?} {:<18} seed {seed} {snr_db} dB: gain {:.1} dB",
                        material.name,
                        gains[gains.len() - 1]
                    );
                }
            }
        }
        println!(
            "crackle 1500/s, form {form:?}, noise {snr_db} dB: gain {:.1} dB, least {:.1} dB",
            mean(&gains),
            gains.iter().fold(f64::INFINITY, |least, gain| least.min(*gain))
        );
    }
    println!();
    Ok(())
}
