//! The main job of the README on the demo side: every output, its validity, its figures, its determinism.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Folder, testdata, tonearm};

/// Word starts: the median error that the README promises, in milliseconds.
const MEDIAN_START_ERROR_MS: f64 = 40.0;
/// Word starts: the share within 100 ms that the README promises.
const SHARE_WITHIN_100_MS: f64 = 0.80;
/// Every file of the main job.
const OUTPUTS: [&str; 8] = [
    "index.html",
    "removed.wav",
    "report.json",
    "restored.wav",
    "timeline.TextGrid",
    "timeline.json",
    "timeline.srt",
    "timeline.vtt",
];
/// The page holds the side three times and still opens at once.
const PAGE_BYTES_AT_MOST: usize = 12 << 20;

fn main_job(out: &Path, threads: usize) {
    tonearm()
        .arg("run")
        .arg(testdata("soviet-power.flac"))
        .arg(testdata("soviet-power.ru.txt"))
        .arg("--translation")
        .arg(testdata("soviet-power.en.txt"))
        .arg("--out-dir")
        .arg(out)
        .env("RAYON_NUM_THREADS", threads.to_string())
        .assert()
        .success();
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(dir)
        .expect("the output folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn the_main_job_on_the_demo_side() {
    let folder = Folder::new();
    let (one, two) = (folder.path("one"), folder.path("two"));
    main_job(&one, 1);
    main_job(&two, 2);
    let outputs = files(&one);
    assert_eq!(outputs.keys().map(String::as_str).collect::<Vec<_>>(), OUTPUTS);
    for (name, bytes) in files(&two) {
        assert!(outputs[&name] == bytes, "{name} differs between one thread and two");
    }
    assert!(outputs["index.html"].len() <= PAGE_BYTES_AT_MOST, "{} bytes", outputs["index.html"].len());

    timeline_is_valid(&json(&outputs["timeline.json"]));
    every_sentence_has_its_translation(&json(&outputs["timeline.json"]));
    words_are_where_they_are_spoken(&one);
    restored_and_removed_make_the_input(&one);
    restored_is_better_than_the_input(&one);
    clicks_are_counted_for_people(&one);
}

fn timeline_is_valid(timeline: &Value) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/timeline.schema.json");
    let schema = json(&fs::read(schema).expect("the schema"));
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = validator.iter_errors(timeline).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// First words of each Russian sentence and of the English one that says the same, checked by a reader of both.
const TRANSLATIONS: [(&str, &str); 13] = [
    ("Что такое Советская власть?", "What is Soviet power?"),
    ("В чём заключается", "What is the essence"),
    ("Сущность её", "The nature of this power"),
    ("Даже в самой", "Even in the most democratic"),
    ("Первый раз в мире", "In this country, in Russia"),
    ("Вот почему, как ни", "That is why, in spite"),
    ("И вот почему", "And that is why"),
    ("Мы хорошо знаем", "We know very well"),
    ("Советская власть не чудесный", "Soviet power is not a miracle-working"),
    ("Она не излечивает", "It does not, overnight"),
    ("Но зато она", "But it does pave"),
    ("Она даёт возможность подняться", "It gives those"),
    ("Советская власть есть путь", "Soviet power is the road"),
];

fn every_sentence_has_its_translation(timeline: &Value) {
    let sentences: Vec<&Value> = timeline["paragraphs"]
        .as_array()
        .expect("paragraphs")
        .iter()
        .flat_map(|paragraph| paragraph["sentences"].as_array().expect("sentences"))
        .collect();
    for (source, target) in TRANSLATIONS {
        let sentence = sentences
            .iter()
            .find(|sentence| sentence["text"].as_str().is_some_and(|text| text.starts_with(source)))
            .unwrap_or_else(|| panic!("no sentence begins with `{source}`"));
        let translation = sentence["translation"]["text"].as_str().unwrap_or_default();
        assert!(translation.starts_with(target), "`{source}` is translated as `{translation}`");
    }
}

fn words_are_where_they_are_spoken(out: &Path) {
    let score = tonearm()
        .arg("score")
        .arg(out.join("timeline.json"))
        .arg(testdata("soviet-power.truth.json"))
        .arg("--json")
        .output()
        .expect("the command starts");
    assert!(score.status.success(), "{}", String::from_utf8_lossy(&score.stderr));
    let score = json(&score.stdout);
    let start = &score["word_starts"];
    let median = start["median_ms"].as_f64().expect("a median");
    let within = start["within_100_ms"].as_f64().expect("a share");
    assert!(
        median <= MEDIAN_START_ERROR_MS && within >= SHARE_WITHIN_100_MS,
        "median {median} ms, {within} within 100 ms"
    );
}

/// Both files are on the input's own 16-bit grid, so the sum is exact.
fn restored_and_removed_make_the_input(out: &Path) {
    let read = |path: &Path| tonearm_audio::decode::read(path).expect("a recording").signal;
    let input = read(&testdata("soviet-power.flac"));
    let sum = read(&out.join("restored.wav")).plus(&read(&out.join("removed.wav")));
    assert!(sum.minus(&input).peak() <= 0.0, "the sum is off by {}", sum.minus(&input).peak());
}

fn restored_is_better_than_the_input(out: &Path) {
    let score = tonearm()
        .arg("score")
        .arg(out.join("restored.wav"))
        .arg(testdata("soviet-power.clean.flac"))
        .arg("--input")
        .arg(testdata("soviet-power.flac"))
        .arg("--json")
        .output()
        .expect("the command starts");
    assert!(score.status.success(), "{}", String::from_utf8_lossy(&score.stderr));
    let score = json(&score.stdout);
    let figure =
        |of: &str, key: &str| score[of][key].as_f64().unwrap_or_else(|| panic!("no {of}.{key} in {score}"));
    assert!(figure("restored", "si_sdr_db") > figure("input", "si_sdr_db"), "{score}");
    assert!(
        figure("restored", "log_spectral_distance_db") < figure("input", "log_spectral_distance_db"),
        "{score}"
    );
}

fn clicks_are_counted_for_people(out: &Path) {
    let score = tonearm()
        .arg("score")
        .args([out.join("restored.wav"), testdata("soviet-power.clean.flac")])
        .arg("--input")
        .arg(testdata("soviet-power.flac"))
        .arg("--truth")
        .arg(testdata("soviet-power.truth.json"))
        .arg("--report")
        .arg(out.join("report.json"))
        .output()
        .expect("the command starts");
    assert!(score.status.success(), "{}", String::from_utf8_lossy(&score.stderr));
    let text = String::from_utf8_lossy(&score.stdout).into_owned();
    for said in ["clicks     error inside -", "repairs    recall 0.", "sigma"] {
        assert!(text.contains(said), "`{said}` is not said in\n{text}");
    }
    assert!(!text.contains('{'), "{text}");
}
