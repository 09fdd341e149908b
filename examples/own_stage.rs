//! A restoration stage of one's own in a chain: here one that turns the polarity of the wave and says so.
//!
//! `cargo run --example own_stage`

use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::DspError;
use tonearm_dsp::restore::{Chain, Rumble, RumbleSettings, Stage, StageReport};

/// Turns the wave upside down: some pick-ups were wired the other way round.
struct InvertPolarity;

impl Stage for InvertPolarity {
    fn name(&self) -> &'static str {
        "invert-polarity"
    }

    /// It changes the programme itself; nothing was removed from it.
    fn is_additive(&self) -> bool {
        false
    }

    fn process(&self, signal: &Signal) -> Result<(Signal, StageReport), DspError> {
        let channels = signal.channels().iter().map(|c| c.iter().map(|x| -x).collect()).collect();
        let mut report = StageReport::new(self.name());
        report.summary = "polarity inverted".to_owned();
        report.find("inverted_channels", signal.channel_count() as f64, "");
        Ok((Signal::new(signal.sample_rate(), channels)?, report))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rate = SampleRate::new(44_100)?;
    let tone: Vec<f32> = (0..44_100).map(|i| (i as f32 * 0.05).sin() * 0.5 + 0.1).collect();
    let input = Signal::mono(rate, tone)?;

    let chain = Chain::new(vec![Box::new(Rumble::new(RumbleSettings::default())?), Box::new(InvertPolarity)]);
    let restored = chain.process(&input, |_, name| println!("running {name}"))?;
    for report in &restored.reports {
        println!("{}: {}", report.name, report.summary);
    }
    println!("mean level removed: {:.3}", restored.removed.channel(0).iter().sum::<f32>() / 44_100.0);
    Ok(())
}
