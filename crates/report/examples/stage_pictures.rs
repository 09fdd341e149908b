//! The pictures of `docs/restoration.md`: for each stage a seeded side before, after, and what was removed, side by side.
//! `cargo run --release -p tonearm-report --example stage_pictures -- docs/restoration`

use std::error::Error;
use std::path::Path;

use tonearm_audio::{SampleRate, Signal};
use tonearm_dsp::restore::{Curve, PlaybackCurveSettings, RestoreSettings, Stage};
use tonearm_dsp::simulate::{DiscSettings, Playback, simulate};
use tonearm_report::spectrogram::{Picture, Spectrum};
use tonearm_testkit::speech;

const SECS: f64 = 12.0;
/// White columns between two pictures.
const GAP: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).ok_or("say the folder for the pictures")?;
    std::fs::create_dir_all(&dir)?;
    let rate = SampleRate::new(44_100)?;
    let clean = Signal::mono(rate, speech::speech_like(4, rate.hz(), SECS).samples)?;
    for (stage, disc) in cases() {
        let input = simulate(&clean, &disc)?.aged;
        let chosen = RestoreSettings {
            playback_curve: Some(PlaybackCurveSettings {
                curve: "columbia-1938".parse::<Curve>()?,
                inverse: false,
            }),
            ..RestoreSettings::default()
        };
        let chain = chosen.only(&[stage])?.build()?;
        let restored = chain.process(&input, |_, _| ())?;
        println!("{stage}: {}", restored.reports[0].summary);
        let removed = if chain.stages().iter().all(|stage| Stage::is_additive(stage.as_ref())) {
            restored.removed
        } else {
            input.minus(&restored.signal)
        };
        let picture = beside(&[&input, &restored.signal, &removed])?;
        std::fs::write(Path::new(&dir).join(format!("{stage}.png")), picture.to_png()?)?;
    }
    Ok(())
}

/// Each stage with a disc that suffers from what it mends.
fn cases() -> Vec<(&'static str, DiscSettings)> {
    let mut kind = DiscSettings::preset("clean").unwrap_or_default();
    kind.lead_in_secs = 1.0;
    kind.surface.snr_db = 30.0;
    let worn = DiscSettings::preset("hard").unwrap_or_default();
    let mut walls = DiscSettings { lead_in_secs: 1.0, run_out_secs: 0.0, ..worn.clone() };
    walls.playback = Playback::Walls;
    let mut clicks = kind.clone();
    clicks.clicks = worn.clicks;
    let mut crackle = kind.clone();
    crackle.crackle = worn.crackle;
    crackle.crackle.per_second = 1_500.0;
    let mut thumps = kind.clone();
    thumps.thumps.per_minute = 40.0;
    thumps.thumps.peak_db = 12.0;
    let mut hum = kind.clone();
    hum.hum.level_db = -6.0;
    let mut noisy = kind.clone();
    noisy.surface = worn.surface;
    let mut rumbling = kind.clone();
    rumbling.hum.frequency_hz = 14.0;
    rumbling.hum.level_db = 6.0;
    vec![
        ("groove-walls", walls),
        ("thump", thumps),
        ("rumble", rumbling),
        ("declick", clicks),
        ("decrackle", crackle),
        ("dehum", hum),
        ("spectral-gate", noisy),
        ("playback-curve", kind),
    ]
}

/// The left channels' spectrograms on one scale, that of the first.
fn beside(signals: &[&Signal]) -> Result<Picture, Box<dyn Error>> {
    let scale = Spectrum::of(signals[0].channel(0), signals[0].sample_rate())?.scale();
    let mut pictures = Vec::new();
    for signal in signals {
        pictures.push(Spectrum::of(signal.channel(0), signal.sample_rate())?.picture(scale));
    }
    let mut palette = pictures[0].palette.clone();
    let white = palette.len() as u8;
    palette.push([255; 3]);
    let height = pictures[0].height;
    let mut pixels = Vec::new();
    for row in 0..height {
        for (index, picture) in pictures.iter().enumerate() {
            if index > 0 {
                pixels.extend([white; GAP]);
            }
            pixels.extend(&picture.pixels[row * picture.width..(row + 1) * picture.width]);
        }
    }
    Ok(Picture { width: pixels.len() / height, height, pixels, palette })
}
