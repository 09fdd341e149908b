//! Clicks in transfers that end at a steep edge: low-passed by a filter, or once kept at a lower rate, as telephones and lossy
//! formats do. What is planted is heard through the edge like everything else.

use tonearm_audio::{Hertz, SampleRate, Signal};
use tonearm_dsp::filter::Butterworth;
use tonearm_dsp::resample;
use tonearm_dsp::restore::Stage;
use tonearm_dsp::simulate::{ClickKind, PlantedClick};

use crate::clicks::{Tally, discs, tally};
use crate::material::Material;
use crate::{Outcome, stages};

/// What ends the band.
#[derive(Clone, Copy, Debug)]
enum Edge {
    /// A Butterworth low-pass in both directions of time.
    Filter { order: usize, hz: f64 },
    /// Kept at this rate, and rounded to 16 bits at the transfer's.
    Rate { hz: u32 },
}

const EDGES: [Edge; 6] = [
    Edge::Filter { order: 8, hz: 6_000.0 },
    Edge::Filter { order: 8, hz: 8_000.0 },
    Edge::Filter { order: 4, hz: 6_000.0 },
    Edge::Rate { hz: 8_000 },
    Edge::Rate { hz: 16_000 },
    Edge::Rate { hz: 32_000 },
];

impl Edge {
    fn pass(self, signal: &Signal) -> Outcome<Signal> {
        match self {
            Self::Filter { order, hz } => {
                let filter = Butterworth::low_pass(order, Hertz::new(hz), signal.sample_rate())?;
                let samples = signal.channel(0);
                Ok(Signal::mono(signal.sample_rate(), filter.zero_phase(samples))?)
            }
            Self::Rate { hz } => {
                let back = resample(&resample(signal, SampleRate::new(hz)?)?, signal.sample_rate())?;
                let mut samples = back.channel(0).to_vec();
                samples.resize(signal.len(), 0.0);
                samples.iter_mut().for_each(|x| *x = (*x * 32_768.0).round() / 32_768.0);
                Ok(Signal::mono(signal.sample_rate(), samples)?)
            }
        }
    }
}

pub(crate) fn edges(
    clean: &[&Material],
    snr_db: f64,
    seeds: std::ops::Range<u64>,
    verbose: bool,
) -> Outcome<()> {
    let (declick, _) = stages()?;
    for edge in EDGES {
        let mut all = Tally::default();
        for material in clean {
            for seed in seeds.clone() {
                let (disc, without) = discs(material, snr_db, seed)?;
                let (aged, noisy) = (edge.pass(&disc.aged)?, edge.pass(&without.aged)?);
                let clean = edge.pass(&disc.reference)?;
                let (aged, noisy) = (aged.channel(0), noisy.channel(0));
                let planted: Vec<PlantedClick> = disc
                    .truth
                    .clicks
                    .iter()
                    .filter(|click| click.kind == ClickKind::Click)
                    .map(|click| {
                        let heard = aged[click.start..click.end].iter().zip(&noisy[click.start..]);
                        let peak = heard.fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
                        PlantedClick { peak, ..*click }
                    })
                    .collect();
                let (output, report) =
                    declick.process(&Signal::mono(disc.aged.sample_rate(), aged.to_vec())?)?;
                let one = tally(&planted, &report, clean.channel(0), noisy, aged, output.channel(0));
                if verbose {
                    one.print_one(&format!("{edge:?} {} seed {seed} {snr_db} dB", material.name));
                }
                all.add(one);
            }
        }
        all.print(&format!("clicks at {snr_db} dB behind {edge:?}"));
    }
    Ok(())
}
