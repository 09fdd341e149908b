//! The readers printed in `docs/timeline.md` find the words that the crate finds.

mod nasty;

use std::process::Command;

/// The first block of a language in the page.
fn block(language: &str) -> &'static str {
    let page = include_str!("../../../docs/timeline.md");
    let (_, after) = page.split_once(&format!("```{language}\n")).expect("the page shows such a reader");
    after.split_once("```").expect("the block ends").0
}

fn check(program: &str, script: &str) {
    if Command::new(program).arg("--version").output().is_err() {
        println!("skipped: {program} is not installed");
        return;
    }
    let timeline = nasty::timeline();
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(program);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let (code, document) = (folder.join("reader.js"), folder.join("timeline.json"));
    std::fs::write(&code, script).expect("the reader is written");
    std::fs::write(&document, timeline.to_json_pretty().expect("sound")).expect("the timeline is written");
    for instant in [0.5, 1.2, 5.8, 6.05, 6.27, 8.7, 3600.6, 3614.0, 3701.9] {
        let output = Command::new(program)
            .env("PYTHONIOENCODING", "utf-8")
            .args([&code, &document])
            .arg(instant.to_string())
            .output()
            .expect("the reader runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected = timeline.word_at(instant).map_or("", |word| word.text.as_str());
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{program} at {instant} s");
    }
}

#[test]
fn the_python_reader_finds_the_words() {
    check("python3", block("python"));
}

#[test]
fn the_javascript_reader_finds_the_words() {
    check("node", block("javascript"));
}
