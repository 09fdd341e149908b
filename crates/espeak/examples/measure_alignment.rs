//! How far the aligner's word starts lie from the truth:
//! `measure_alignment [--aged] [--method JSON] [--words] [--dump FILE.jsonl] TRUTH.json…`.
//!
//! A truth file is `{"audio", "language", "words": [{"word", "start", "end"}]}`, as `held_out.py` and `hand_labelled.py` in
//! `crates/align/templates` write. `--aged`
//! gives the speech the band of an acoustic horn (300–3500 Hz), noise at 10 dB and 12 clicks a second before aligning.
//! Prints a row a file and one for all: mean, median, share within 20, 50, 100 and 200 ms, bias, coverage of the intervals.
//! `--dump` writes what was found, a line of JSON a file: the words with their sounds, for an analysis of the errors.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tonearm_align::{AlignSettings, Aligner};
use tonearm_audio::{SampleRate, Signal};
use tonearm_espeak::{DataDir, EspeakPronouncer};

mod support;
use support::{Failure, RATE_HZ, Truth, age, downmixed, sentences, transcript};

/// Start errors in seconds, found minus true, and the intervals given.
#[derive(Default)]
struct Errors {
    seconds: Vec<f64>,
    covered: usize,
    intervals: Vec<f64>,
}

fn main() -> Result<(), Failure> {
    let mut settings = AlignSettings::default();
    let (mut aged, mut words, mut files, mut dump) = (false, false, Vec::new(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--aged" => aged = true,
            "--words" => words = true,
            "--dump" => dump = Some(std::fs::File::create(arguments.next().unwrap_or_default())?),
            "--method" => settings.method = serde_json::from_str(&arguments.next().unwrap_or_default())?,
            path => files.push(PathBuf::from(path)),
        }
    }
    let aligner = Aligner::new(settings)?;
    let data = DataDir::install()?;
    let mut all = Errors::default();
    println!(
        "{:28} words   mean median   <20   <50  <100  <200   bias cover  ± ms  × real time  SNR dB",
        "file"
    );
    for file in &files {
        let truth = support::truth(file)?;
        let mut signal = tonearm_audio::decode::read(&truth.audio)?.signal;
        if aged {
            signal = age(&Signal::mono(SampleRate::new(RATE_HZ)?, downmixed(&signal)?)?)?;
        }
        let pronouncer = EspeakPronouncer::new(&truth.language, &data)?;
        let began = Instant::now();
        let alignment = match aligner.align(&signal, &transcript(&sentences(&truth.words)), &pronouncer) {
            Ok(alignment) => alignment,
            Err(error) => {
                println!("{:28} {error}", name(file));
                continue;
            }
        };
        let speed = signal.duration().get() / began.elapsed().as_secs_f64();
        let mut errors = Errors::default();
        for (found, word) in alignment.words.iter().zip(&truth.words) {
            let error = found.start_secs - word.start;
            if words {
                let plus_minus = found.plus_minus_ms.unwrap_or(f64::NAN);
                println!(
                    "  {:20} {:8.3} {:8.3} {:+7.0} ms ± {plus_minus:.0}",
                    word.word,
                    word.start,
                    found.start_secs,
                    1e3 * error
                );
            }
            errors.add(error, found.plus_minus_ms);
        }
        println!("{} {speed:8.1} {:6.1}", errors.row(&name(file)), alignment.snr_db);
        if let Some(dump) = &mut dump {
            writeln!(dump, "{}", found_json(file, &truth, &alignment))?;
        }
        for (error, interval) in errors.seconds.iter().zip(errors.intervals) {
            all.add(*error, Some(interval));
        }
    }
    println!("{}", all.row("all"));
    Ok(())
}

fn found_json(file: &Path, truth: &Truth, alignment: &tonearm_align::Alignment) -> serde_json::Value {
    let words: Vec<serde_json::Value> = alignment
        .words
        .iter()
        .zip(&truth.words)
        .map(|(found, word)| {
            let sounds: Vec<(&str, f64, f64)> =
                found.phones.iter().map(|p| (p.symbol.as_str(), p.start_secs, p.end_secs)).collect();
            serde_json::json!({
                "word": word.word, "true": word.start, "start": found.start_secs, "end": found.end_secs,
                "plus_minus_ms": found.plus_minus_ms, "sounds": sounds,
            })
        })
        .collect();
    serde_json::json!({ "file": file, "audio": truth.audio, "snr_db": alignment.snr_db, "text_fit": alignment.text_fit, "words": words })
}

fn name(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    format!("{folder}/{}", file.file_stem().unwrap_or_default().to_string_lossy())
}

impl Errors {
    fn add(&mut self, seconds: f64, plus_minus_ms: Option<f64>) {
        let interval = plus_minus_ms.unwrap_or(0.0);
        self.seconds.push(seconds);
        self.intervals.push(interval);
        self.covered += usize::from(seconds.abs() * 1e3 <= interval);
    }

    fn row(&self, name: &str) -> String {
        let count = self.seconds.len().max(1) as f64;
        let mut sizes: Vec<f64> = self.seconds.iter().map(|e| 1e3 * e.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let share = |ms: f64| 100.0 * sizes.iter().filter(|e| **e <= ms).count() as f64 / count;
        format!(
            "{name:28} {:5} {:6.1} {:6.1} {:5.1} {:5.1} {:5.1} {:5.1} {:+6.1} {:5.1} {:5.0}",
            sizes.len(),
            sizes.iter().sum::<f64>() / count,
            sizes.get(sizes.len() / 2).copied().unwrap_or(0.0),
            share(20.0),
            share(50.0),
            share(100.0),
            share(200.0),
            1e3 * self.seconds.iter().sum::<f64>() / count,
            100.0 * self.covered as f64 / count,
            self.intervals.iter().sum::<f64>() / count,
        )
    }
}
