//! Measures the embedded templates from speech whose sounds are timed: `measure_templates SPOKEN_DIR OUT.bin`.
//!
//! SPOKEN_DIR is what `templates/speak.py` writes. The spectra come from the crate's own features, so that templates and
//! recordings are measured alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tonearm_align::features::{FINE_BANDS, HOP_SECS, MelPower, RATE_HZ, mel_power};
use tonearm_align::reference::{THIRDS, Template, TemplateVoice, Templates};
use tonearm_audio::{SampleRate, Signal};

type Failure = Box<dyn std::error::Error>;

/// A sound as `speak.py` wrote it down.
struct Sound {
    start: f64,
    end: f64,
    symbol: String,
    stressed: bool,
}

#[derive(Default)]
struct Sums {
    /// Natural logs of durations, unstressed and stressed.
    log_durations: [Vec<f64>; 2],
    /// Sums of log powers and frames of each third.
    thirds: Vec<(Vec<f64>, f64)>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [spoken, out] = arguments.as_slice() else {
        return Err("usage: measure_templates SPOKEN_DIR OUT.bin".into());
    };
    let mut templates = Templates::default();
    for language in folders(spoken)? {
        for voice in folders(&language)? {
            let measured = measure_voice(&voice)?;
            println!("{}: {} sounds", voice.display(), measured.sounds.len());
            templates.voices.push(measured);
        }
    }
    std::fs::write(out, templates.to_bytes())?;
    Ok(())
}

fn folders(of: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(of)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    found.sort();
    Ok(found)
}

fn name(path: Option<&Path>) -> String {
    path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn measure_voice(folder: &Path) -> Result<TemplateVoice, Failure> {
    let mut spoken: Vec<(MelPower, Vec<Sound>)> = Vec::new();
    for path in folders(folder)?.iter().filter(|path| path.extension().is_some_and(|e| e == "wav")) {
        spoken.push((fine_power(path)?, sounds(&path.with_extension("phones"))?));
    }
    let (mut power, mut frames) = (0f64, 0f64);
    for (mel, sounds) in &spoken {
        for sound in sounds.iter().filter(|sound| sound.symbol != "_") {
            for frame in frame_of(sound.start)..frame_of(sound.end).min(mel.nrows()) {
                power += mel.row(frame).iter().map(|p| f64::from(*p)).sum::<f64>() / FINE_BANDS as f64;
                frames += 1.0;
            }
        }
    }
    let log_level = (power / frames).ln();
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for (mel, sounds) in &spoken {
        for sound in sounds.iter().filter(|sound| sound.symbol != "_") {
            add(sums.entry(sound.symbol.clone()).or_default(), sound, mel, log_level);
        }
    }
    let sounds = sums.into_iter().map(|(symbol, sums)| (symbol, sums.template())).collect();
    Ok(TemplateVoice { name: name(Some(folder)), language: name(folder.parent()), sounds })
}

fn frame_of(seconds: f64) -> usize {
    // Frame i stands for the time around i hops: it belongs to the sound that holds its centre.
    (seconds / HOP_SECS).ceil() as usize
}

fn add(sums: &mut Sums, sound: &Sound, mel: &MelPower, log_level: f64) {
    sums.log_durations[usize::from(sound.stressed)].push((sound.end - sound.start).ln());
    sums.thirds.resize_with(THIRDS, || (vec![0.0; FINE_BANDS], 0.0));
    let (first, end) = (frame_of(sound.start), frame_of(sound.end).max(frame_of(sound.start) + 1));
    for (third, (sum, count)) in sums.thirds.iter_mut().enumerate() {
        let from = first + (end - first) * third / THIRDS;
        let to = (first + (end - first) * (third + 1) / THIRDS).max(from + 1);
        for frame in (from..to).filter(|frame| *frame < mel.nrows()) {
            for (sum, power) in sum.iter_mut().zip(mel.row(frame)) {
                // −90 dB below the voice: digital silence inside closures must not rule the mean.
                *sum += (f64::from(*power).ln() - log_level).max(-20.0);
            }
            *count += 1.0;
        }
    }
}

impl Sums {
    fn template(self) -> Template {
        let all: Vec<f64> = self.log_durations.iter().flatten().copied().collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let overall = mean(&all);
        // Few tokens lean on the mean over both kinds, as if three more had been seen.
        let shrunk =
            |values: &[f64]| (values.iter().sum::<f64>() + 3.0 * overall) / (values.len() as f64 + 3.0);
        let log_duration = [shrunk(&self.log_durations[0]) as f32, shrunk(&self.log_durations[1]) as f32];
        let spread = mean(&all.iter().map(|d| (d - overall).powi(2)).collect::<Vec<_>>()).sqrt();
        let thirds = self
            .thirds
            .iter()
            .map(|(sum, count)| std::array::from_fn(|band| (sum[band] / count.max(1.0)) as f32))
            .collect();
        Template {
            tokens: all.len().min(usize::from(u16::MAX)) as u16,
            log_duration,
            spread: spread as f32,
            thirds,
        }
    }
}

fn sounds(path: &Path) -> Result<Vec<Sound>, Failure> {
    std::fs::read_to_string(path)?
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            let [start, end, symbol, stress] = fields.as_slice() else {
                return Err(format!("{}: `{line}` has not four fields", path.display()).into());
            };
            Ok(Sound {
                start: start.parse()?,
                end: end.parse()?,
                symbol: (*symbol).to_owned(),
                stressed: *stress != "0",
            })
        })
        .collect()
}

fn fine_power(path: &Path) -> Result<MelPower, Failure> {
    let mut reader = hound::WavReader::open(path)?;
    let rate = SampleRate::new(reader.spec().sample_rate)?;
    let samples: Vec<f32> =
        reader.samples::<i16>().map(|s| s.map(|s| f32::from(s) / 32_768.0)).collect::<Result<_, _>>()?;
    let at_rate = tonearm_dsp::resample(&Signal::mono(rate, samples)?, SampleRate::new(RATE_HZ)?)?;
    // A floor of one step of 16 bits keeps the log of digital silence finite.
    Ok(mel_power(at_rate.channel(0))?.mapv(|p| p + 1e-7))
}
