//! What is done to clean recordings, which should stay as they are.

use tonearm_audio::Signal;
use tonearm_dsp::restore::{Preset, Stage};

use crate::material::Material;
use crate::measures::{db, energy, energy_of_difference};
use crate::{Outcome, stages};

/// Harm of `declick` alone (presets lp and gentle), of `declick` and `decrackle` (all others), and of the whole chain of `gentle`.
pub(crate) fn harm(clean: &[Material], verbose: bool) -> Outcome<()> {
    let (declick, decrackle) = stages()?;
    let gentle = Preset::Gentle.settings().build()?;
    let (mut alone, mut both, mut chain) = (Harm::new(65.0), Harm::new(65.0), Harm::new(40.0));
    for Material { name, signal, .. } in clean {
        let (declicked, clicks) = declick.process(signal)?;
        let (output, pulses) = decrackle.process(&declicked)?;
        let first = alone.take(signal, &declicked, clicks.repairs.len());
        let snr = both.take(signal, &output, clicks.repairs.len() + pulses.repairs.len());
        let whole = gentle.process(signal, |_, _| ())?.signal;
        let whole_snr = chain.take(signal, &whole, usize::from(whole != *signal));
        if verbose && (snr.is_finite() || whole_snr.is_finite()) {
            let places: Vec<String> =
                clicks.repairs.iter().take(6).map(|r| format!("{}+{}", r.start, r.end - r.start)).collect();
            println!(
                "  harm {name:<18} {:>6} Hz  {first:6.1} dB {snr:6.1} dB, whole {whole_snr:6.1} dB  clicks {:4}  pulses {:5}  {}",
                signal.sample_rate().hz(),
                clicks.repairs.len(),
                pulses.repairs.len(),
                places.join(" ")
            );
        }
    }
    alone.print("declick");
    both.print("declick and decrackle");
    chain.print("the whole chain of gentle");
    println!();
    Ok(())
}

/// What was done to clean files.
struct Harm {
    /// Below this ratio of signal to change a file counts as harmed, dB.
    bar_db: f64,
    files: usize,
    untouched: usize,
    failing: usize,
    least_db: f64,
}

impl Harm {
    fn new(bar_db: f64) -> Self {
        Self { bar_db, files: 0, untouched: 0, failing: 0, least_db: f64::INFINITY }
    }

    /// Counts a file and returns its ratio of signal to change in dB.
    fn take(&mut self, clean: &Signal, output: &Signal, repairs: usize) -> f64 {
        let x = clean.channel(0);
        let snr = db(energy(x) / energy_of_difference(x, output.channel(0)));
        self.files += 1;
        self.untouched += usize::from(repairs == 0);
        self.failing += usize::from(snr < self.bar_db);
        self.least_db = self.least_db.min(snr);
        snr
    }

    fn print(&self, what: &str) {
        println!(
            "harm of {what} to clean input: {} of {} files untouched ({:.1} %), {} below {} dB, least {:.1} dB",
            self.untouched,
            self.files,
            100.0 * self.untouched as f64 / self.files.max(1) as f64,
            self.failing,
            self.bar_db,
            self.least_db,
        );
    }
}
