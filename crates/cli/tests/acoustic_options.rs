//! `--acoustic-model`: what a command says that has no acoustic models, and what one does that has.

mod support;
#[cfg(feature = "onnx")]
#[path = "../../align/tests/support/tone_model.rs"]
mod tone_model;

use support::{Folder, tonearm};

/// Aligns `audio` with `text`, which has one sound a letter; exit code, what it printed, what it said.
fn align(folder: &Folder, audio: &[u8], text: &str, more: &[&str]) -> (i32, String, String) {
    let (audio, text) = (folder.write("tones.wav", audio), folder.write("tones.txt", text.as_bytes()));
    let result = tonearm()
        .args(["align", "--language", "la", "--pronounce", "builtin"])
        .args([&audio, &text])
        .args(more)
        .output()
        .expect("the command starts");
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (result.status.code().expect("no signal ends it"), said(result.stdout), said(result.stderr))
}

fn option<'a>(model: &'a str, tokens: &'a str) -> [&'a str; 4] {
    ["--acoustic-model", model, "--acoustic-tokens", tokens]
}

#[test]
fn a_model_without_its_tokens_is_a_wrong_use() {
    let (code, _, stderr) = align(&Folder::new(), b"", "Arma", &["--acoustic-model", "model.onnx"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("--acoustic-tokens"), "{stderr}");
}

#[cfg(not(feature = "onnx"))]
#[test]
fn a_command_without_acoustic_models_says_how_to_build_one_with_them() {
    let folder = Folder::new();
    let audio = support::float_wav_bytes(16_000, &support::speech(16_000, 3.0));
    let path = |name: &str| folder.write(name, b"<pad>\na\n").to_string_lossy().into_owned();
    let (model, tokens) = (path("model.onnx"), path("tokens.txt"));
    let (code, stdout, stderr) = align(&folder, &audio, "Arma uirumque cano.", &option(&model, &tokens));
    assert_eq!((code, stdout.as_str(), stderr.trim_end().lines().count()), (2, "", 1), "{stderr}");
    assert!(stderr.contains("cargo build --release --features onnx"), "{stderr}");
}

#[cfg(feature = "onnx")]
#[test]
fn words_are_found_with_a_model_and_what_is_wrong_is_one_sentence() {
    use tone_model::{RATE, said_in_tones, tokens, tone_model};

    const TEXT: &str = "Arma uirumque cano Troiae qui primus ab oris. Italiam fato profugus Lauinaque uenit litora. \
                        Multum ille et terris iactatus et alto.";
    let folder = Folder::new();
    let (samples, starts) = said_in_tones(TEXT, 5, -15.0);
    let audio = support::float_wav_bytes(RATE, &samples);
    let path = |name: &str, bytes: &[u8]| folder.write(name, bytes).to_string_lossy().into_owned();
    let (model, names) = (path("tones.onnx", &tone_model(2, 0)), path("tokens.txt", tokens().as_bytes()));

    let raw = ["--acoustic-input", "raw"];
    let (code, stdout, stderr) = align(&folder, &audio, TEXT, &[&option(&model, &names)[..], &raw].concat());
    assert_eq!(code, 0, "{stderr}");
    let timeline: serde_json::Value = serde_json::from_str(&stdout).expect("a timeline");
    let sentences = timeline["paragraphs"][0]["sentences"].as_array().expect("sentences");
    let found: Vec<f64> = sentences
        .iter()
        .flat_map(|sentence| sentence["words"].as_array().expect("words"))
        .map(|word| word["start"].as_f64().expect("a time"))
        .collect();
    assert_eq!(found.len(), starts.len(), "{stdout}");
    for (found, start) in found.iter().zip(&starts) {
        assert!((found - start).abs() < 0.1, "{found} {start}");
    }

    let other = path("other.txt", b"<pad>\n|\nz\nw\n");
    let text = path("notes.onnx", b"no model");
    for (model, tokens, said) in [
        (model.as_str(), other.as_str(), "tells 23 tokens apart, and the tokens file names 4"),
        (text.as_str(), names.as_str(), "cannot be read as ONNX"),
        ("no-such.onnx", names.as_str(), "no-such.onnx"),
        (model.as_str(), "no-such.txt", "no-such.txt"),
        (model.as_str(), text.as_str(), "at least a blank"),
    ] {
        let (code, stdout, stderr) = align(&folder, &audio, TEXT, &option(model, tokens));
        assert_eq!((code, stdout.as_str(), stderr.trim_end().lines().count()), (1, "", 1), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}
