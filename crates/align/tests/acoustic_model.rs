//! A user's own acoustic model, from its ONNX file to word times. The model and the recording are made here: tones stand for
//! letters, and nothing but the model knows which.

#[path = "support/tone_model.rs"]
mod tone_model;

use std::path::PathBuf;

use tone_model::{RATE, said_in_tones, tokens, tone_model};
use tonearm_align::acoustic::{Acoustics, InputLevel, OnnxModel, Tokens};
use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignError, AlignSettings, Aligner, Alignment};
use tonearm_audio::{SampleRate, Signal};

/// Virgil, who has one sound a letter.
const TEXT: &str = "Arma uirumque cano Troiae qui primus ab oris. Italiam fato profugus Lauinaque uenit litora. \
                    Multum ille et terris iactatus et alto. Ui superum saeuae memorem iunonis ob iram. \
                    Multa quoque et bello passus dum conderet urbem.";
fn model_file(name: &str, content: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("a file in the build folder");
    path
}

fn aligned(samples: &[f32], text: &str, acoustics: Option<Acoustics>) -> Result<Alignment, AlignError> {
    let signal = Signal::mono(SampleRate::new(RATE).expect("a rate"), samples.to_vec()).expect("a signal");
    let transcript = read_transcript(text.as_bytes(), None).expect("a text");
    let pronouncer = pronounce::builtin("la").expect("a language");
    let mut aligner = Aligner::new(AlignSettings::default()).expect("defaults");
    if let Some(acoustics) = acoustics {
        aligner = aligner.with_acoustics(acoustics);
    }
    aligner.align(&signal, &transcript, pronouncer.as_ref())
}

fn acoustics(name: &str, content: &[u8]) -> Result<Acoustics, AlignError> {
    let model = OnnxModel::open(&model_file(name, content))?;
    let tokens = Tokens::read(&tokens(), None).expect("tokens");
    Ok(Acoustics::new(Box::new(model), tokens, InputLevel::Raw))
}

/// Share of words that begin within `ms` of where they were said; none of a text that was not found.
fn share_within(ms: f64, alignment: &Result<Alignment, AlignError>, starts: &[f64]) -> f64 {
    let alignment = match alignment {
        Ok(alignment) => alignment,
        Err(error) => {
            println!("not found: {error}");
            return 0.0;
        }
    };
    assert_eq!(alignment.words.len(), starts.len());
    let near =
        alignment.words.iter().zip(starts).filter(|(w, start)| 1e3 * (w.start_secs - **start).abs() <= ms);
    near.count() as f64 / starts.len() as f64
}

#[test]
fn words_lie_where_the_model_hears_them() {
    let file = tone_model(2, 0);
    // In little noise, and in so much that nothing but the model finds a tone.
    for (seed, noise_db, ms) in [(1, -15.0, 50.0), (2, -15.0, 50.0), (1, -6.0, 100.0), (2, -6.0, 100.0)] {
        let (samples, starts) = said_in_tones(TEXT, seed, noise_db);
        let without = aligned(&samples, TEXT, None);
        let with = aligned(&samples, TEXT, Some(acoustics("words.onnx", &file).unwrap()));
        let (without, with) = (share_within(ms, &without, &starts), share_within(ms, &with, &starts));
        println!("noise {noise_db} dB, within {ms} ms: {without:.2} without the model, {with:.2} with it");
        assert!(with >= 0.95, "{with}");
        assert!(noise_db < -10.0 || without < 0.5, "{without}");
    }
}

#[test]
fn a_text_of_several_pieces_is_the_same_on_one_thread_and_on_two() {
    let text = [TEXT; 3].join(" ");
    let (samples, starts) = said_in_tones(&text, 3, -15.0);
    assert!(samples.len() > 45 * RATE as usize);
    let file = tone_model(2, 0);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let acoustics = acoustics(&format!("pieces-{threads}.onnx"), &file).unwrap();
        pool.install(|| aligned(&samples, &text, Some(acoustics)))
    };
    let (one, two) = (on(1), on(2));
    // Nowhere, and so at no joint of two pieces, is a word misplaced.
    let found = share_within(100.0, &one, &starts);
    assert!(found > 0.999, "{found}");
    let times = |alignment: Result<Alignment, AlignError>| -> Vec<(u64, u64)> {
        alignment.unwrap().words.iter().map(|w| (w.start_secs.to_bits(), w.end_secs.to_bits())).collect()
    };
    assert_eq!(times(one), times(two));
}

#[test]
fn models_that_do_not_fit_are_refused_in_one_sentence() {
    let (samples, _) = said_in_tones(TEXT, 1, -15.0);
    let refused = |name: &str, content: &[u8]| {
        let result = acoustics(name, content).and_then(|acoustics| aligned(&samples, TEXT, Some(acoustics)));
        let message = result.expect_err("it is refused").to_string();
        assert!(!message.contains('\n'), "{message}");
        message
    };
    assert!(refused("text.onnx", b"this is no model").contains("cannot be read as ONNX"));
    assert!(refused("text.bin", b"this is no model").contains("cannot be read as ONNX"));
    let cut = tone_model(2, 0);
    assert!(refused("cut.onnx", &cut[..cut.len() / 2]).contains("cannot be read as ONNX"));
    let spectra = refused("spectra.onnx", &tone_model(3, 0));
    assert!(
        spectra.contains("`samples` is [1, samples, samples] and should be samples at 16 kHz"),
        "{spectra}"
    );
    let more = refused("more.onnx", &tone_model(2, 4));
    assert!(more.contains("tells 27 tokens apart, and the tokens file names 23"), "{more}");
    assert!(OnnxModel::open(&PathBuf::from("no-such.onnx")).is_err());
}
