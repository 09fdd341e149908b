//! Out into the formats of others and back: corrections, recordings with marks, e-books, and what is refused.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Folder, speech, tonearm, wav_bytes};

/// The timeline with everything that breaks writers, kept by the timeline's own tests.
fn nasty() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../timeline/tests/golden/nasty.json")
}

/// Runs the command and returns exit code, standard output and standard error.
fn run(args: &[&Path]) -> (i32, String, String) {
    let result = tonearm().args(args).output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (result.status.code().expect("no signal ends it"), text(result.stdout), text(result.stderr))
}

fn words(timeline: &Path) -> Vec<Value> {
    let document: Value = serde_json::from_slice(&fs::read(timeline).expect("the timeline")).expect("JSON");
    let sentences = document["paragraphs"]
        .as_array()
        .expect("paragraphs")
        .iter()
        .flat_map(|p| p["sentences"].as_array().expect("sentences").clone());
    sentences.flat_map(|s| s["words"].as_array().expect("words").clone()).collect()
}

#[test]
fn a_correction_made_in_praat_comes_back_alone() {
    let folder = Folder::new();
    let (grid, corrected) = (folder.path("nasty.TextGrid"), folder.path("corrected.json"));
    let (code, _, said) = run(&["export".as_ref(), nasty().as_ref(), "-o".as_ref(), &grid]);
    assert_eq!(code, 0, "{said}");
    let text = fs::read_to_string(&grid).expect("the TextGrid");
    // "he" starts a tenth of a second later than it was found.
    assert!(text.contains("xmin = 1.5 "));
    fs::write(&grid, text.replace("= 1.5 ", "= 1.55 ")).expect("written");
    let (code, _, said) =
        run(&["import".as_ref(), &grid, "--into".as_ref(), nasty().as_ref(), "-o".as_ref(), &corrected]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(said, "import: 1 word corrected\n");
    let (before, after) = (words(&nasty()), words(&corrected));
    let changed: Vec<&Value> =
        before.iter().zip(&after).filter(|(before, after)| before != after).map(|pair| pair.1).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!((changed[0]["text"].as_str(), changed[0]["start"].as_f64()), (Some("he"), Some(1.55)));
    assert_eq!(changed[0]["confidence"], serde_json::json!({"state": "measured"}));
}

#[test]
fn imported_words_find_their_place_in_the_transcript() {
    let folder = Folder::new();
    let labels = folder.write("a.txt", "0.5\t0.9\tHello,\n0.9\t1.4\tworld.\n".as_bytes());
    let transcript = folder.write("text.txt", "Hello, world. More is not labelled.".as_bytes());
    let out = folder.path("timeline.json");
    let (code, _, said) = run(&[
        "import".as_ref(),
        &labels,
        "--level".as_ref(),
        "word".as_ref(),
        "--language".as_ref(),
        "en".as_ref(),
        "--transcript".as_ref(),
        &transcript,
        "-o".as_ref(),
        &out,
    ]);
    assert_eq!(code, 0, "{said}");
    let places: Vec<_> = words(&out)
        .iter()
        .map(|word| (word["source"]["start"].as_u64(), word["source"]["end"].as_u64()))
        .collect();
    assert_eq!(places, [(Some(0), Some(6)), (Some(7), Some(13))]);
    // And as anchors for a new alignment.
    let anchors = folder.path("side.anchors.txt");
    let (code, _, said) =
        run(&["import".as_ref(), &labels, "--level".as_ref(), "word".as_ref(), "-o".as_ref(), &anchors]);
    assert_eq!(
        (code, fs::read_to_string(&anchors).expect("anchors")),
        (0, "Hello, world. = 0.5\n".to_owned()),
        "{said}"
    );
}

#[test]
fn a_recording_is_marked_and_nothing_else_of_it_changes() {
    let folder = Folder::new();
    let audio = folder.write("side.wav", &wav_bytes(16_000, &[speech(16_000, 3.0)]));
    for name in ["marked.wav", "marked.flac"] {
        let marked = folder.path(name);
        let (code, _, said) =
            run(&["export".as_ref(), nasty().as_ref(), "--audio".as_ref(), &audio, "-o".as_ref(), &marked]);
        assert_eq!(code, 0, "{said}");
        let read = |path: &Path| tonearm_audio::decode::read(path).expect("a recording");
        let recording = read(&marked);
        assert!(recording.signal.minus(&read(&audio).signal).peak() <= 0.0, "{name}");
        let first = &recording.metadata.markers[0];
        assert_eq!(
            (first.sample, first.label.as_str()),
            (16_000, "\"Don't\" — he said, 'R&D < 5% > 3%'; \\N{x} --> done.")
        );
        assert_eq!(recording.metadata.markers.len(), 7, "a mark a sentence that is spoken");
    }
}

#[test]
fn an_e_book_holds_the_recording() {
    let folder = Folder::new();
    let audio = folder.write("side.wav", &wav_bytes(16_000, &[speech(16_000, 2.0)]));
    let (one, two) = (folder.path("one.epub"), folder.path("two.epub"));
    for book in [&one, &two] {
        let (code, _, said) =
            run(&["export".as_ref(), nasty().as_ref(), "--audio".as_ref(), &audio, "-o".as_ref(), book]);
        assert_eq!(code, 0, "{said}");
    }
    let bytes = fs::read(&one).expect("the book");
    // A book says what it is at a fixed place (EPUB 3.3, section 4.2.6.2).
    assert_eq!(&bytes[30..58], b"mimetypeapplication/epub+zip");
    assert!(bytes.windows(8).any(|window| window == b"OpusHead"));
    assert!(bytes == fs::read(&two).expect("the other"), "the same timeline gives the same bytes");
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    let folder = Folder::new();
    let story = folder.write("story.txt", b"Once upon a time.");
    let labels = folder.write("labels.txt", b"1.0\t0.5\tbackwards\n");
    let book = folder.path("book.epub");
    let nasty = nasty();
    for (args, code, said) in [
        (vec!["import".as_ref(), story.as_path()], 2, "say which with -f FORMAT"),
        (vec!["import".as_ref(), labels.as_path(), "-f".as_ref(), "audacity".as_ref()], 1, "line 1"),
        (vec!["import".as_ref(), labels.as_path(), "-f".as_ref(), "docx".as_ref()], 2, "known are json"),
        (vec!["export".as_ref(), nasty.as_path(), "-o".as_ref(), book.as_path()], 1, "--audio FILE"),
        (vec!["export".as_ref(), nasty.as_path(), "-f".as_ref(), "wav".as_ref()], 2, "ends in .wav or .flac"),
        (
            vec![
                "export".as_ref(),
                nasty.as_path(),
                "-f".as_ref(),
                "srt".as_ref(),
                "--audio".as_ref(),
                story.as_path(),
            ],
            2,
            "leave --audio out",
        ),
        (
            vec![
                "export".as_ref(),
                nasty.as_path(),
                "-f".as_ref(),
                "gentle".as_ref(),
                "--bilingual".as_ref(),
            ],
            1,
            "cannot hold translations",
        ),
    ] {
        let (found, _, stderr) = run(&args);
        assert_eq!(found, code, "{args:?}: {stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
        assert!(stderr.contains(said) && !stderr.contains("panicked"), "{stderr}");
    }
    assert!(!book.exists());
}
