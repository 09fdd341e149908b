//! What the programs that measure alignment share: truth files, and the hard old disc.

#![allow(dead_code, reason = "each program uses a part of it")]

use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tonearm_align::text::{Paragraph, Sentence, Transcript, Word};
use tonearm_audio::{Hertz, SampleRate, Signal};
use tonearm_dsp::filter::Butterworth;

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Samples a second of what is measured.
pub(crate) const RATE_HZ: u32 = 16_000;

/// `{"audio", "language", "words": [{"word", "start", "end"}]}`, in seconds.
#[derive(Clone, serde::Deserialize)]
pub(crate) struct Truth {
    pub audio: PathBuf,
    pub language: String,
    pub words: Vec<TrueWord>,
}

#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct TrueWord {
    pub word: String,
    pub start: f64,
    pub end: f64,
}

pub(crate) fn truth(file: &Path) -> Result<Truth, Failure> {
    Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?)
}

/// A recording as one channel at [`RATE_HZ`].
pub(crate) fn mono(file: &Path) -> Result<Vec<f32>, Failure> {
    downmixed(&tonearm_audio::decode::read(file)?.signal)
}

/// The same of a signal.
pub(crate) fn downmixed(signal: &Signal) -> Result<Vec<f32>, Failure> {
    let mono = Signal::mono(signal.sample_rate(), signal.downmix())?;
    Ok(tonearm_dsp::resample(&mono, SampleRate::new(RATE_HZ)?)?.into_channels().swap_remove(0))
}

/// Sentences end where a word ends in a full stop.
pub(crate) fn sentences(words: &[TrueWord]) -> Vec<Vec<TrueWord>> {
    words.split_inclusive(|word| word.word.ends_with(['.', '!', '?'])).map(<[TrueWord]>::to_vec).collect()
}

pub(crate) fn transcript<'a>(sentences: impl IntoIterator<Item = &'a Vec<TrueWord>>) -> Transcript {
    let sentences = sentences
        .into_iter()
        .map(|words| Sentence {
            text: String::new(),
            words: words.iter().map(|w| Word { text: w.word.clone(), source: 0..0 }).collect(),
        })
        .collect();
    Transcript { paragraphs: vec![Paragraph { sentences }], ..Transcript::default() }
}

/// A hard old disc: the horn's band, white noise 10 dB below the speech, 12 clicks a second.
pub(crate) fn age(clean: &Signal) -> Result<Signal, Failure> {
    let rate = clean.sample_rate();
    let band = Butterworth::band_pass(4, Hertz::new(300.0), Hertz::new(3_500.0), rate)?;
    let mut aged = band.zero_phase(clean.channel(0));
    let power = aged.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / aged.len() as f64;
    let mut random = ChaCha8Rng::seed_from_u64(aged.len() as u64);
    let amplitude = (3.0 * power / 10.0).sqrt() as f32;
    for x in &mut aged {
        *x += amplitude * random.random_range(-1.0f32..1.0);
    }
    let peak = aged.iter().fold(0f32, |peak, x| peak.max(x.abs()));
    for _ in 0..(aged.len() * 12 / RATE_HZ as usize) {
        let (at, len) = (random.random_range(0..aged.len()), random.random_range(2..16));
        let height = peak * random.random_range(0.3f32..1.0);
        for (k, x) in aged[at..].iter_mut().take(len).enumerate() {
            *x += height * (1.0 - k as f32 / len as f32) * if k % 2 == 0 { 1.0 } else { -0.7 };
        }
    }
    Ok(Signal::mono(rate, aged)?)
}
