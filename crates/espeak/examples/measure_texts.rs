//! Whether the aligner knows a short recording's text from others: `measure_texts [--aged] [--secs SECONDS] [--method JSON] TRUTH.json…`.
//!
//! Truth files are those of `measure_alignment`. Each is cut into pieces of about ten seconds; each piece is aligned with its own text, with
//! three texts of other pieces in its language (no two of which share half of their words), and with two in other languages. Prints how many of
//! each were taken without a word, taken in doubt, and refused.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tonearm_align::{AlignSettings, Aligner, Recording};
use tonearm_audio::{SampleRate, Signal};
use tonearm_espeak::{DataDir, EspeakPronouncer};

mod support;
use support::{Failure, RATE_HZ, TrueWord, age, mono, transcript, truth};

/// Texts of the language, and of others, that each piece is tried with.
const SAME_LANGUAGE: usize = 3;
const OTHER_LANGUAGES: usize = 2;
/// What a piece keeps of what lies before and behind its words, in seconds.
const MARGIN_SECS: f64 = 0.2;

/// A stretch of a recording, with its text.
struct Piece {
    samples: Vec<f32>,
    language: String,
    words: Vec<TrueWord>,
}

/// Texts taken without a word, taken in doubt, refused.
#[derive(Clone, Copy, Default)]
struct Tally([usize; 3]);

fn main() -> Result<(), Failure> {
    let (mut settings, mut aged, mut secs) = (AlignSettings::default(), false, 10.0);
    let mut pieces = Vec::new();
    let mut arguments = std::env::args().skip(1);
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--aged" => aged = true,
            "--secs" => secs = value().parse()?,
            "--method" => settings.method = serde_json::from_str(&value())?,
            path => files.push(path.into()),
        }
    }
    for file in &files {
        pieces.extend(cut(file, secs)?);
    }
    let (aligner, data) = (Aligner::new(settings)?, DataDir::install()?);
    let mut tallies = [Tally::default(); 3];
    for (index, piece) in pieces.iter().enumerate() {
        let clean = Signal::mono(SampleRate::new(RATE_HZ)?, piece.samples.clone())?;
        let recording = aligner.listened(&if aged { age(&clean)? } else { clean })?;
        for (kind, text) in texts(&pieces, index) {
            let outcome = outcome(&aligner, &recording, text, &data)?;
            tallies[kind].0[outcome] += 1;
        }
    }
    println!("text                      taken   in doubt   refused");
    for (name, Tally(counts)) in
        ["the recording's", "another of its language", "in another language"].iter().zip(tallies)
    {
        println!("{name:24} {:6} {:10} {:9}", counts[0], counts[1], counts[2]);
    }
    Ok(())
}

/// The pieces of a truth file that are at least four fifths of `secs` long.
fn cut(file: &std::path::Path, secs: f64) -> Result<Vec<Piece>, Failure> {
    let truth = truth(file)?;
    let samples = mono(&truth.audio)?;
    let (mut pieces, mut rest) = (Vec::new(), &truth.words[..]);
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|word| word.end - first.start <= secs).count().max(1);
        let (words, behind) = rest.split_at(count);
        let end_secs = words[count - 1].end;
        let sample = |secs: f64| ((secs.max(0.0) * f64::from(RATE_HZ)) as usize).min(samples.len());
        let range = sample(first.start - MARGIN_SECS)..sample(end_secs + MARGIN_SECS);
        if end_secs - first.start >= 0.8 * secs {
            let (samples, language) = (samples[range].to_vec(), truth.language.clone());
            pieces.push(Piece { samples, language, words: words.to_vec() });
        }
        rest = behind;
    }
    Ok(pieces)
}

/// The texts that piece `index` is tried with, by kind: its own, others of its language, others.
fn texts(pieces: &[Piece], index: usize) -> Vec<(usize, &Piece)> {
    let piece = &pieces[index];
    let others = || (1..pieces.len()).map(|step| &pieces[(index + step * 7) % pieces.len()]);
    let language = |piece: &Piece| piece.language[..2].to_owned();
    let same = others()
        .filter(|other| language(other) == language(piece) && !share_words(&other.words, &piece.words))
        .take(SAME_LANGUAGE);
    let foreign = others().filter(|other| language(other) != language(piece)).take(OTHER_LANGUAGES);
    std::iter::once((0, piece))
        .chain(same.map(|other| (1, other)))
        .chain(foreign.map(|other| (2, other)))
        .collect()
}

/// Whether half of the words of the one text that has fewer are words of the other.
fn share_words(a: &[TrueWord], b: &[TrueWord]) -> bool {
    let set = |words: &[TrueWord]| words.iter().map(|word| word.word.to_lowercase()).collect::<BTreeSet<_>>();
    let (a, b) = (set(a), set(b));
    2 * a.intersection(&b).count() >= a.len().min(b.len())
}

/// 0 where the text is taken, 1 where it is in doubt, 2 where it is refused.
fn outcome(aligner: &Aligner, recording: &Recording, text: &Piece, data: &DataDir) -> Result<usize, Failure> {
    let pronouncer = EspeakPronouncer::new(&text.language, data)?;
    let found = aligner.align_heard(recording, &transcript([&text.words]), &pronouncer, &mut |_| {});
    Ok(found.map_or(2, |found| usize::from(found.is_doubtful)))
}
