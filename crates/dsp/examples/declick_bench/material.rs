//! What is damaged: excerpts of files, players of the testkit, and programme that looks most like damage.

use std::path::{Path, PathBuf};

use tonearm_audio::{SampleRate, Seconds, Signal, TimeRange};
use tonearm_dsp::simulate::DiscSettings;
use tonearm_testkit::instrument::Instrument;
use tonearm_testkit::random::Random;

use crate::Outcome;

/// Longest excerpt taken from a file, in seconds.
const EXCERPT_SECS: f64 = 12.0;

/// Length of what instruments play, in seconds.
const PLAYED_SECS: f64 = 6.0;

/// A clean recording.
pub(crate) struct Material {
    /// The file's or the player's.
    pub(crate) name: String,
    /// Its place among those that were read or made: it has noise and clicks of its own.
    pub(crate) number: u64,
    /// One channel.
    pub(crate) signal: Signal,
}

/// A disc with nothing but surface noise.
pub(crate) fn noise_alone(seed: u64, snr_db: f64) -> DiscSettings {
    let mut disc = DiscSettings { seed, lead_in_secs: 1.0, run_out_secs: 0.5, ..DiscSettings::default() };
    disc.surface.snr_db = snr_db;
    disc.clicks.per_second = 0.0;
    disc.crackle.per_second = 0.0;
    disc.ticks.scratches = 0;
    disc.thumps.per_minute = 0.0;
    disc.hum.level_db = -100.0;
    disc
}

/// Adds up to `excerpts` of each file.
pub(crate) fn read_all(path: &Path, excerpts: usize, clean: &mut Vec<Material>) -> Outcome<()> {
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
        clean.push(Material { name: name.clone(), number: clean.len() as u64, signal });
    }
    Ok(())
}

/// Every kind of instrument, played once for each seed.
pub(crate) fn played(seeds: std::ops::Range<u64>) -> Outcome<Vec<Material>> {
    let rate = SampleRate::new(44_100)?;
    let all = Instrument::ALL.iter().flat_map(|kind| seeds.clone().map(move |seed| (kind, seed)));
    all.map(|(kind, seed)| {
        let signal = Signal::mono(rate, kind.play(seed, 44_100, PLAYED_SECS))?;
        Ok(Material { name: format!("{kind:?}-{seed}"), number: seed, signal })
    })
    .collect()
}

/// Brass, plosives and castanets made from formulas: the programme that looks most like damage.
pub(crate) fn synthetic() -> Vec<Material> {
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
        let number = made.len() as u64;
        made.extend(Signal::mono(rate, samples).map(|signal| Material { name: name.into(), number, signal }));
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
    let number = made.len() as u64;
    made.extend(Signal::mono(rate, samples).map(|signal| Material {
        name: "plosives".into(),
        number,
        signal,
    }));
    made
}
