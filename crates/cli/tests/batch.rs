//! `tonearm batch`: what is done, what is skipped, what fails, and what is said of each.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Folder, tonearm};

/// Runs a batch; exit code, one JSON value a line, standard error.
fn batch(source: &Path, out: &Path, more: &[&str]) -> (i32, Vec<Value>, String) {
    let result =
        tonearm().arg("batch").arg(source).arg("--out-dir").arg(out).args(more).output().expect("it starts");
    let stdout = String::from_utf8(result.stdout).expect("JSON is UTF-8");
    let lines = stdout.lines().map(|line| serde_json::from_str(line).expect("one value a line")).collect();
    let stderr = String::from_utf8_lossy(&result.stderr).into_owned();
    (result.status.code().expect("no signal ends it"), lines, stderr)
}

fn statuses(lines: &[Value]) -> Vec<(&str, &str)> {
    fn text(value: &Value) -> &str {
        value.as_str().expect("a string")
    }
    lines.iter().map(|line| (text(&line["side"]), text(&line["status"]))).collect()
}

#[test]
fn a_failing_side_does_not_stop_the_others_and_a_second_run_goes_on() {
    let folder = Folder::new();
    let side = support::wav_bytes(16_000, &[support::speech(16_000, 1.0)]);
    folder.write("good.wav", &side);
    folder.write("bad.wav", b"no recording at all");
    folder.write("late.wav", b"");
    let manifest = folder
        .write("sides.csv", b"audio,preset\ngood.wav,gentle\nbad.wav,\nlate.wav,speech\nmissing.wav,\n");
    let out = folder.path("out");
    let (code, lines, stderr) = batch(&manifest, &out, &[]);
    assert_eq!(code, 3, "{stderr}");
    let wanted = [("good", "done"), ("bad", "failed"), ("late", "failed"), ("missing", "failed")];
    assert_eq!(statuses(&lines), wanted);
    assert!(lines[1]["error"].as_str().unwrap().contains("bad.wav"), "{}", lines[1]);
    assert!(!out.join("bad").exists(), "a failed side leaves nothing");
    for file in ["restored.wav", "removed.wav", "report.json"] {
        assert!(out.join("good").join(file).is_file(), "{file}");
    }

    let index = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(
        index.contains("good") && index.contains("missing.wav"),
        "the index lists what was done and what failed"
    );

    folder.write("late.wav", &side);
    let before = fs::read(out.join("good/restored.wav")).unwrap();
    let (code, lines, _) = batch(&manifest, &out, &[]);
    assert_eq!(code, 3);
    assert_eq!(statuses(&lines)[..3], [("good", "skipped"), ("bad", "failed"), ("late", "done")]);
    assert_eq!(fs::read(out.join("good/restored.wav")).unwrap(), before);
    let (_, lines, _) = batch(&manifest, &out, &["--force"]);
    assert_eq!(statuses(&lines)[0], ("good", "done"));
}

#[test]
fn a_folder_is_a_batch_and_a_dry_run_writes_nothing() {
    let folder = Folder::new();
    fs::create_dir(folder.path("in")).unwrap();
    folder.write("in/one.wav", &support::wav_bytes(8_000, &[support::speech(8_000, 1.0)]));
    let (code, lines, stderr) = batch(&folder.path("in"), &folder.path("out"), &["--dry-run"]);
    assert_eq!((code, lines.len()), (0, 0), "{stderr}");
    assert!(stderr.contains("restored.wav") && !folder.path("out").exists(), "{stderr}");
    let (code, lines, _) = batch(&folder.path("in"), &folder.path("out"), &["--preset", "gentle"]);
    assert_eq!((code, statuses(&lines)), (0, vec![("one", "done")]));
}

#[test]
fn wrong_options_and_manifests_are_usage_errors_or_failures_before_any_work() {
    let folder = Folder::new();
    let manifest = folder.write("sides.csv", b"audio\nmissing.wav\n");
    for (source, more, code) in [
        (manifest.clone(), vec!["--preset", "loud"], 2),
        (manifest.clone(), vec!["--speed", "fast"], 2),
        (folder.path("nothing.csv"), vec![], 1),
        (folder.write("text.txt", b"x"), vec![], 2),
        (manifest, vec![], 1),
    ] {
        let (actual, _, stderr) = batch(&source, &folder.path("out"), &more);
        assert_eq!(actual, code, "{} {more:?}: {stderr}", source.display());
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    }
}

#[test]
fn a_side_that_was_cut_short_is_done_with_a_warning() {
    let folder = Folder::new();
    let side = support::wav_bytes(16_000, &[support::speech(16_000, 1.0)]);
    folder.write("whole.wav", &side);
    folder.write("cut.wav", &side[..side.len() / 2]);
    let manifest = folder.write("sides.csv", b"audio\nwhole.wav\ncut.wav\n");
    let (code, lines, stderr) = batch(&manifest, &folder.path("out"), &["--preset", "gentle"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(statuses(&lines), [("whole", "done"), ("cut", "done")]);
    assert!(lines[0]["warnings"].is_null(), "{}", lines[0]);
    let warnings = lines[1]["warnings"].as_array().expect("a list");
    assert!(
        warnings.iter().any(|warning| warning.as_str().is_some_and(|text| text.contains("cut short"))),
        "{warnings:?}"
    );
}
