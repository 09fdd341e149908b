//! What the aligner makes of sounds that are not in the text, and of words beside them:
//! `measure_insertions [--aged] [--method JSON] [--seeds A..B] [--kinds LIST] [--talker AUDIO] [--music AUDIO] [--list] TRUTH.json…`.
//!
//! Truth files are those of `measure_alignment`. All files of a folder (a voice) become one recording of some minutes. For each
//! kind of sound and each seed one stretch of 3 to 15 s is put after the end of a sentence, with some quiet before it: the
//! sentence again, applause, melodies, drums, and parts of the recordings that `--talker` and `--music` name. Prints for each kind in how many
//! trials a word of the sentences beside it was moved by more than 300 ms, in how many another word was, in how many
//! half of the stretch was reported, as which kinds, and what else was called something that is not in the text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use tonearm_align::{AlignSettings, Aligner, Alignment};
use tonearm_audio::{SampleRate, Signal};
use tonearm_espeak::{DataDir, EspeakPronouncer};
use tonearm_testkit::interlude::{Instrument, applause, drums, melody};
use tonearm_timeline::State;

mod support;
use support::{Failure, RATE_HZ, TrueWord, Truth, age, mono, sentences, transcript};

/// Seconds between two passages.
const PAUSE_SECS: f64 = 0.6;
/// Longest recording that a voice's passages are joined to, in seconds.
const MOST_SECS: f64 = 80.0;
/// A word moved by more than this counts, in seconds.
const MOVED_SECS: f64 = 0.3;

/// A voice's recording.
struct Voice {
    name: String,
    language: String,
    samples: Vec<f32>,
    sentences: Vec<Vec<TrueWord>>,
}

#[derive(Default)]
struct Tally {
    trials: usize,
    failed: usize,
    beside_moved: usize,
    others_moved: usize,
    absent_words: usize,
    reported: usize,
    false_secs: f64,
    kinds: BTreeMap<String, usize>,
}

struct Options {
    aged: bool,
    list: bool,
    seeds: std::ops::Range<u64>,
    kinds: Vec<String>,
    talker: Option<Vec<f32>>,
    music: Option<Vec<f32>>,
}

fn main() -> Result<(), Failure> {
    let mut settings = AlignSettings::default();
    let mut options =
        Options { aged: false, list: false, seeds: 0..4, kinds: Vec::new(), talker: None, music: None };
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--aged" => options.aged = true,
            "--list" => options.list = true,
            "--method" => settings.method = serde_json::from_str(&value())?,
            "--seeds" => {
                let range = value();
                let (from, to) = range.split_once("..").ok_or("--seeds A..B")?;
                options.seeds = from.parse()?..to.parse()?;
            }
            "--kinds" => options.kinds = value().split(',').map(str::to_owned).collect(),
            "--talker" => options.talker = Some(mono(value().as_ref())?),
            "--music" => options.music = Some(mono(value().as_ref())?),
            path => {
                let path = PathBuf::from(path);
                folders.entry(path.parent().map(PathBuf::from).unwrap_or_default()).or_default().push(path);
            }
        }
    }
    if options.kinds.is_empty() {
        options.kinds = [
            "none",
            "again",
            "talker",
            "applause",
            "few-hands",
            "strings",
            "piano",
            "organ",
            "drums",
            "music",
        ]
        .map(str::to_owned)
        .to_vec();
    }
    let aligner = Aligner::new(settings)?;
    let data = DataDir::install()?;
    let voices: Vec<Voice> = folders.values().map(|files| voice(files)).collect::<Result<_, Failure>>()?;
    println!(
        "kind       trials failed  beside > 300 ms  others > 300 ms  called absent  reported  false s  as"
    );
    let mut all = Tally::default();
    for kind in &options.kinds {
        let mut tally = Tally::default();
        for voice in &voices {
            let pronouncer = EspeakPronouncer::new(&voice.language, &data)?;
            for seed in options.seeds.clone() {
                trial(kind, seed, voice, &options, &aligner, &pronouncer, &mut tally)?;
            }
        }
        println!("{kind:10} {}", tally.row());
        if kind != "none" {
            all.add(&tally);
        }
    }
    println!("{:10} {}", "all", all.row());
    Ok(())
}

fn voice(files: &[PathBuf]) -> Result<Voice, Failure> {
    let (mut samples, mut heard, mut language) = (Vec::new(), Vec::new(), String::new());
    for file in files {
        let Truth { audio, language: spoken, words } = support::truth(file)?;
        let offset = samples.len() as f64 / f64::from(RATE_HZ);
        let more = mono(&audio)?;
        if !heard.is_empty() && offset + more.len() as f64 / f64::from(RATE_HZ) > MOST_SECS {
            break;
        }
        let moved: Vec<TrueWord> = words
            .into_iter()
            .map(|w| TrueWord { word: w.word, start: w.start + offset, end: w.end + offset })
            .collect();
        heard.extend(sentences(&moved));
        samples.extend(more);
        samples.resize(samples.len() + (PAUSE_SECS * f64::from(RATE_HZ)) as usize, 0.0);
        language = spoken;
    }
    let name =
        files[0].parent().and_then(|p| p.file_name()).unwrap_or_default().to_string_lossy().into_owned();
    Ok(Voice { name, language, samples, sentences: heard })
}

/// Sound of a kind at the level of speech; none where nothing of the kind is at hand.
fn stretch(kind: &str, random: &mut ChaCha8Rng, options: &Options, sentence: &[f32]) -> Option<Vec<f32>> {
    let (secs, seed) = (random.random_range(3.0..15.0f64), random.random_range(0..u64::MAX));
    let hands = random.random_range(40..200usize);
    let few = random.random_range(6..20usize);
    let mut part = |whole: &Option<Vec<f32>>| {
        let whole = whole.as_ref()?;
        let len = ((secs * f64::from(RATE_HZ)) as usize).min(whole.len());
        let from = random.random_range(0..=whole.len() - len);
        Some(whole[from..from + len].to_vec())
    };
    Some(match kind {
        "again" => sentence.to_vec(),
        "talker" => part(&options.talker)?,
        "music" => part(&options.music)?,
        "applause" => applause(seed, RATE_HZ, secs, hands),
        "few-hands" => applause(seed, RATE_HZ, secs, few),
        "strings" => melody(seed, RATE_HZ, secs, Instrument::Strings),
        "piano" => melody(seed, RATE_HZ, secs, Instrument::Piano),
        "organ" => melody(seed, RATE_HZ, secs, Instrument::Organ),
        "drums" => drums(seed, RATE_HZ, secs),
        _ => Vec::new(),
    })
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

fn trial(
    kind: &str,
    seed: u64,
    voice: &Voice,
    options: &Options,
    aligner: &Aligner,
    pronouncer: &EspeakPronouncer,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5EED);
    let count = voice.sentences.len();
    if count < 2 {
        return Ok(());
    }
    let after = random.random_range(0..count - 1);
    let at = |secs: f64| ((secs * f64::from(RATE_HZ)) as usize).min(voice.samples.len());
    let before = &voice.sentences[after];
    let (Some(first), Some(last)) = (before.first(), before.last()) else { return Ok(()) };
    let next = voice.sentences[after + 1].first().map_or(last.end, |w| w.start);
    let cut = at(0.5 * (last.end + next));
    let Some(mut sound) = stretch(kind, &mut random, options, &voice.samples[at(first.start)..at(last.end)])
    else {
        return Ok(());
    };
    let level_db: f32 = if kind == "again" { 0.0 } else { random.random_range(-6.0..6.0) };
    let gain = rms(&voice.samples) / rms(&sound).max(1e-9) * 10f32.powf(level_db / 20.0);
    sound.iter_mut().for_each(|x| *x *= gain);
    let quiet = |random: &mut ChaCha8Rng| (random.random_range(0.05..0.6) * f64::from(RATE_HZ)) as usize;
    let (lead, tail) = (quiet(&mut random), quiet(&mut random));
    let mut samples = voice.samples[..cut].to_vec();
    let (mut from, mut to) = (0.0, 0.0);
    if !sound.is_empty() {
        samples.resize(cut + lead, 0.0);
        from = samples.len() as f64 / f64::from(RATE_HZ);
        samples.extend(&sound);
        to = samples.len() as f64 / f64::from(RATE_HZ);
        samples.resize(samples.len() + tail, 0.0);
    }
    let moved = (samples.len() - cut) as f64 / f64::from(RATE_HZ);
    samples.extend(&voice.samples[cut..]);
    let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
    samples.iter_mut().for_each(|x| *x *= 0.9 / peak);
    let clean = Signal::mono(SampleRate::new(RATE_HZ)?, samples)?;
    let signal = if options.aged { age(&clean)? } else { clean };
    tally.trials += 1;
    let alignment = match aligner.align(&signal, &transcript(&voice.sentences), pronouncer) {
        Ok(alignment) => alignment,
        Err(error) => {
            tally.failed += 1;
            if options.list {
                println!("  {kind} {seed} {}: {error}", voice.name);
            }
            return Ok(());
        }
    };
    // Of a sentence that is spoken twice either time is right.
    let second = (kind == "again").then_some(from - first.start);
    let trial = Trial { after, second, moved, from, to };
    trial.judge(&format!("{kind} {seed} {}", voice.name), voice, options, &alignment, tally);
    Ok(())
}

/// What was put where.
struct Trial {
    /// After this sentence.
    after: usize,
    /// Seconds from the first to the second time that sentence is spoken.
    second: Option<f64>,
    /// Seconds by which what comes later was moved.
    moved: f64,
    from: f64,
    to: f64,
}

impl Trial {
    fn judge(&self, name: &str, voice: &Voice, options: &Options, alignment: &Alignment, tally: &mut Tally) {
        let first_word: usize = voice.sentences[..self.after].iter().map(Vec::len).sum();
        let (mut beside, mut others) = (false, false);
        let mut at = 0;
        for (number, sentence) in voice.sentences.iter().enumerate() {
            let shift = if number > self.after { self.moved } else { 0.0 };
            let found = &alignment.words[at..at + sentence.len()];
            at += sentence.len();
            let second = self.second.filter(|second| {
                number == self.after && (found[0].start_secs - sentence[0].start).abs() > 0.5 * second
            });
            let shift = second.unwrap_or(shift);
            for (found, truth) in found.iter().zip(sentence) {
                tally.absent_words += usize::from(found.state == State::Absent);
                let error = found.start_secs - truth.start - shift;
                // The end of the last word before it may be drawn into it too.
                let late = (found.end_secs - truth.end - shift).max(0.0);
                let near = number == self.after || number == self.after + 1;
                let worse = error.abs().max(if near { late } else { 0.0 });
                if worse > MOVED_SECS {
                    (beside, others) = (beside || near, others || !near);
                    if options.list {
                        println!(
                            "  {name}: {:+.2} s start, {late:+.2} s end at {:.2}: {} (stretch {:.2}..{:.2})",
                            error,
                            truth.start + shift,
                            truth.word,
                            self.from,
                            self.to
                        );
                    }
                }
            }
        }
        tally.beside_moved += usize::from(beside);
        tally.others_moved += usize::from(others);
        let mut covered: BTreeMap<String, f64> = BTreeMap::new();
        let (from, to) = match (self.second, alignment.words.get(first_word)) {
            (Some(second), Some(word)) if word.start_secs > self.from - 1.0 => {
                (self.from - second, self.to - second)
            }
            _ => (self.from, self.to),
        };
        for stretch in &alignment.unaligned {
            let name = stretch.sound.map_or_else(|| json!(stretch.kind), |sound| json!(sound));
            let kind = name.as_str().unwrap_or_default().to_owned();
            let inside = (stretch.end.min(to) - stretch.start.max(from)).max(0.0);
            if !["lead-in", "run-out", "pause"].contains(&kind.as_str()) {
                tally.false_secs += (stretch.end - stretch.start - inside - 1.0).max(0.0);
            }
            *covered.entry(kind).or_default() += inside;
        }
        let quiet: f64 = ["lead-in", "run-out", "pause"].iter().filter_map(|kind| covered.get(*kind)).sum();
        let length = self.to - self.from;
        tally.reported += usize::from(covered.values().sum::<f64>() - quiet > 0.5 * length);
        if let Some((kind, _)) = covered.iter().max_by(|a, b| a.1.total_cmp(b.1)).filter(|_| length > 0.0) {
            *tally.kinds.entry(kind.clone()).or_default() += 1;
        }
    }
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.trials += other.trials;
        self.failed += other.failed;
        self.beside_moved += other.beside_moved;
        self.others_moved += other.others_moved;
        self.absent_words += other.absent_words;
        self.reported += other.reported;
        self.false_secs += other.false_secs;
        for (kind, count) in &other.kinds {
            *self.kinds.entry(kind.clone()).or_default() += count;
        }
    }

    fn row(&self) -> String {
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        format!(
            "{:6} {:6} {:16} {:16} {:14} {:9} {:8.1}  {}",
            self.trials,
            self.failed,
            self.beside_moved,
            self.others_moved,
            self.absent_words,
            self.reported,
            self.false_secs,
            kinds.join(", ")
        )
    }
}
