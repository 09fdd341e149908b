//! `tonearm restore`: which settings run, what is said of them, and which files are left alone.

mod support;

use serde_json::Value;
use support::{Folder, tonearm};

/// Runs the command; exit code, what it printed, what it said.
fn run(args: &[&str]) -> (i32, String, String) {
    let result = tonearm().args(args).output().expect("the command starts");
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (result.status.code().expect("no signal ends it"), said(result.stdout), said(result.stderr))
}

fn in_folder(folder: &Folder, name: &str, bytes: &[u8]) -> String {
    folder.write(name, bytes).to_string_lossy().into_owned()
}

/// Two seconds of a voice.
fn voice(folder: &Folder) -> String {
    in_folder(folder, "voice.wav", &support::float_wav_bytes(22_050, &support::speech(22_050, 2.0)))
}

#[test]
fn what_exists_is_skipped_and_what_is_missing_is_written() {
    let folder = Folder::new();
    let voice = voice(&folder);
    let kept = in_folder(&folder, "kept.wav", b"mine");
    let report = folder.path("report.json");
    let report = report.to_string_lossy();
    let args = ["restore", &voice, "-o", &kept, "--report", &report, "--skip-existing", "--only", "rumble"];
    let (code, _, stderr) = run(&args);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(std::fs::read(&kept).expect("still there"), b"mine");
    assert!(std::fs::metadata(&*report).is_ok());
}

#[test]
fn a_configuration_lies_over_the_preset_that_listening_chooses() {
    let folder = Folder::new();
    let voice = voice(&folder);
    let config = in_folder(&folder, "mine.toml", b"[rumble]\ncutoff_hz = 42.0\n");
    let wrong = in_folder(&folder, "wrong.toml", b"[rumble]\ncut = 42.0\n");
    let out = folder.path("out.wav");
    let restore = |config: &str| {
        run(&[
            "restore",
            &voice,
            "-o",
            &out.to_string_lossy(),
            "--preset",
            "auto",
            "--config",
            config,
            "--json",
            "--force",
        ])
    };
    let (code, stdout, stderr) = restore(&config);
    assert_eq!(code, 0, "{stderr}");
    let report: Value = serde_json::from_str(&stdout).expect("a report");
    assert_eq!(report["settings"]["rumble"]["cutoff_hz"], 42.0);
    // The name is one that `--preset` takes.
    let preset = report["preset"].as_str().expect("a preset was chosen");
    let (code, _, stderr) = run(&["restore", &voice, "--preset", preset, "--print-config"]);
    assert_eq!(code, 0, "{stderr}");
    for config in [&wrong, "no-such.toml"] {
        let (code, _, stderr) = restore(config);
        assert!(code != 0 && stderr.contains(config.rsplit('/').next().expect("a name")), "{code} {stderr}");
    }
}

#[test]
fn settings_are_printed_without_a_recording() {
    for command in [&["restore", "--strength", "0.7", "--print-config"][..], &["simulate", "--print-config"]]
    {
        let (code, stdout, stderr) = run(command);
        assert_eq!(code, 0, "{stderr}");
        // As one would write them: no −23.799999999999997.
        assert!(stdout.contains(" = ") && !stdout.contains("99999"), "{stdout}");
    }
    let (code, _, stderr) = run(&["simulate"]);
    assert!(code == 2 && stderr.contains("--output"), "{code} {stderr}");
}

#[test]
fn a_configuration_is_not_printed_where_it_could_not_be_read_again() {
    let folder = Folder::new();
    let voice = voice(&folder);
    let (code, stdout, stderr) = run(&["restore", &voice, "--noise-print", &voice, "--print-config"]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("--noise-print"), "{stderr}");
}

#[test]
fn a_strength_out_of_range_is_answered_with_the_range() {
    let folder = Folder::new();
    let voice = voice(&folder);
    for strength in ["-1", "1.5"] {
        let (code, _, stderr) = run(&["restore", &voice, "--strength", strength, "--print-config"]);
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains(&format!("strength is {strength}; it must lie between 0 and 1")), "{stderr}");
    }
}
