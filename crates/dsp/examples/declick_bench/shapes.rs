//! Clicks of shapes that nothing was drawn or fitted to: single samples, bursts of noise, fronts that decay, ringing. They are planted after the
//! surface noise, in its full band.

use tonearm_audio::Signal;
use tonearm_dsp::restore::Stage;
use tonearm_dsp::simulate::{ClickKind, PlantedClick};
use tonearm_testkit::click::{ClickPlan, Shape, plant};

use crate::clicks::{Tally, discs, tally};
use crate::material::Material;
use crate::measures::energy_of_difference;
use crate::{Outcome, stages};

/// Peaks in multiples of the noise's root mean square, and lengths in seconds.
const PEAKS: (f64, f64) = (4.0, 60.0);
const LENGTHS_SECS: (f64, f64) = (5e-6, 2e-3);

pub(crate) fn shapes(
    clean: &[&Material],
    snr_db: f64,
    seeds: std::ops::Range<u64>,
    verbose: bool,
) -> Outcome<()> {
    let (declick, _) = stages()?;
    for shape in Shape::ALL {
        let mut all = Tally::default();
        for material in clean {
            for seed in seeds.clone() {
                let (_, disc) = discs(material, snr_db, seed)?;
                let (noisy, clean) = (disc.aged.channel(0), disc.reference.channel(0));
                let noise = (energy_of_difference(noisy, clean) / noisy.len() as f64).sqrt();
                let plan = ClickPlan {
                    shape,
                    rate_hz: disc.aged.sample_rate().hz(),
                    per_second: 6.0,
                    least_peak: PEAKS.0 * noise,
                    greatest_peak: PEAKS.1 * noise,
                    least_secs: LENGTHS_SECS.0,
                    greatest_secs: LENGTHS_SECS.1,
                    ..ClickPlan::default()
                };
                let mut aged = noisy.to_vec();
                let planted: Vec<PlantedClick> = plant(seed + material.number, &mut aged, &plan)
                    .iter()
                    .map(|c| PlantedClick {
                        start: c.start,
                        end: c.end,
                        peak: c.peak,
                        kind: ClickKind::Click,
                        channel: 0,
                    })
                    .collect();
                let (output, report) =
                    declick.process(&Signal::mono(disc.aged.sample_rate(), aged.clone())?)?;
                let one = tally(&planted, &report, clean, noisy, &aged, output.channel(0));
                if verbose {
                    one.print_one(&format!("{shape:?} {} seed {seed} {snr_db} dB", material.name));
                }
                all.add(one);
            }
        }
        all.print(&format!("{shape:?} at {snr_db} dB"));
    }
    Ok(())
}
