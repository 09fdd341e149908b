//! What the user may say about an alignment, and texts that are not quite the recording's.

mod support;

use serde_json::Value;
use support::{Folder, testdata, tonearm};

const TEXT: &str = include_str!("../../../testdata/english-short.txt");

/// `tonearm align` of the short English reading with `text` and more arguments: exit code, timeline, standard error.
fn align(folder: &Folder, text: &str, more: &[&str]) -> (i32, Value, String) {
    let words = folder.write("words.txt", text.as_bytes());
    let result = tonearm()
        .arg("align")
        .arg(testdata("english-short.flac"))
        .arg(&words)
        .args(more)
        .output()
        .expect("the command starts");
    let stderr = String::from_utf8(result.stderr).expect("messages are UTF-8");
    let timeline = serde_json::from_slice(&result.stdout).unwrap_or(Value::Null);
    (result.status.code().expect("no signal ends it"), timeline, stderr)
}

fn sentences(timeline: &Value) -> Vec<&Value> {
    let paragraphs = timeline["paragraphs"].as_array().expect("paragraphs");
    paragraphs.iter().flat_map(|p| p["sentences"].as_array().expect("sentences")).collect()
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().expect("a time")
}

#[test]
fn sentences_too_many_and_too_few_are_reported() {
    let folder = Folder::new();
    let unheard = "Seven grey horses were sold at the market before the snow melted.";
    let cut = "The needle climbed over every scratch, and each turn of the disc\nbrought back the same small knock.";
    assert!(TEXT.contains(cut));
    let text = TEXT.replace(cut, "").replace("Still the words", &format!("{unheard} Still the words"));
    let (code, timeline, stderr) = align(&folder, &text, &[]);
    assert_eq!(code, 0, "{stderr}");
    let mut before = None;
    for sentence in sentences(&timeline) {
        let absent = sentence["text"] == unheard;
        for word in sentence["words"].as_array().expect("words") {
            assert_eq!(word["confidence"]["state"] == "absent", absent, "{word}");
        }
        if sentence["text"].as_str().is_some_and(|text| text.starts_with("Nobody")) {
            before = Some(seconds(&sentence["end"]));
        }
    }
    // The sentence that was cut out of the text stands in the recording after "Nobody knows …".
    let before = before.expect("a sentence of the text");
    let other = timeline["unaligned"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|stretch| stretch["kind"] == "other" && (seconds(&stretch["start"]) - before).abs() < 0.5);
    let other = other.expect("the sentence is reported");
    assert!(seconds(&other["end"]) - seconds(&other["start"]) > 3.0, "{other}");
}

#[test]
fn a_short_text_in_doubt_is_placed_with_a_warning() {
    let folder = Folder::new();
    let aged = tonearm_audio::decode::read(&testdata("english-short.aged.flac")).expect("a recording").signal;
    let rate_hz = aged.sample_rate().hz();
    let sample = |secs: f64| (secs * f64::from(rate_hz)) as usize;
    // "Back the same small knock … and you will hear", told as something else.
    let heard = aged.channel(0)[sample(18.78)..sample(26.13)].to_vec();
    let audio = folder.write("heard.wav", &support::wav_bytes(rate_hz, &[heard]));
    let other = "road to socialism that was discovered by the masses of the working people, and that is why it is the true";
    let words = folder.write("words.txt", other.as_bytes());
    let mut command = tonearm();
    command.arg("align").arg(&audio).arg(&words).args(["--pronounce", "builtin", "--language", "en"]);
    let result = command.output().expect("the command starts");
    let stderr = String::from_utf8(result.stderr).expect("messages are UTF-8");
    assert_eq!(result.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.contains("may not be what is spoken on"), "{stderr}");
    let timeline = serde_json::from_slice(&result.stdout).expect("a timeline");
    for sentence in sentences(&timeline) {
        for word in sentence["words"].as_array().expect("words") {
            assert_eq!(word["confidence"]["state"], "inferred", "{word}");
        }
    }
}

#[test]
fn the_text_of_another_recording_is_one_sentence() {
    let folder = Folder::new();
    let other = "My brother usually reads a paper while he eats his breakfast. We heard a loud noise behind the garage \
        and ran outside. Few people know how these bells were made, or by whom. Give the judge a clear answer and he may \
        let you go. There was nothing left in the kitchen but bread and cheese. Young children often ask why the sky is blue.";
    let (code, timeline, stderr) = align(&folder, other, &[]);
    assert_eq!((code, timeline), (1, Value::Null), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.contains("is it the text of this recording"), "{stderr}");
}

#[test]
fn a_recording_in_the_place_of_the_text_is_told() {
    let audio = testdata("english-short.flac");
    let result = tonearm().arg("align").arg(&audio).arg(&audio).output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&result.stderr).into_owned();
    assert_eq!(result.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("is a recording, not a text"), "{stderr}");
}

#[test]
fn anchors_hold_and_bad_ones_are_named() {
    let folder = Folder::new();
    let (_, free, _) = align(&folder, TEXT, &[]);
    let start = |timeline: &Value| seconds(&sentences(timeline)[2]["words"][0]["start"]);
    let moved = start(&free) + 0.08;
    let anchors = folder.write("anchors.txt", format!("# by ear\nNobody knows = {moved:.3}\n").as_bytes());
    let (code, held, stderr) = align(&folder, TEXT, &["--anchors", &anchors.to_string_lossy()]);
    assert_eq!(code, 0, "{stderr}");
    assert!((start(&held) - moved).abs() < 0.002, "{} {moved}", start(&held));
    for (line, said) in [("whale = 3", "does not occur"), ("w1 = 99", "outside the recording"), ("w1", "=")] {
        let anchors = folder.write("anchors.txt", line.as_bytes());
        let (code, _, stderr) = align(&folder, TEXT, &["--anchors", &anchors.to_string_lossy()]);
        assert_eq!((code, stderr.trim_end().lines().count()), (1, 1), "{stderr}");
        assert!(stderr.contains("line 1") && stderr.contains(said), "{stderr}");
    }
}

#[test]
fn pauses_alone_place_sentences_and_say_so() {
    let folder = Folder::new();
    let (_, heard, _) = align(&folder, TEXT, &[]);
    let (code, placed, stderr) = align(&folder, TEXT, &["--by-pauses"]);
    assert_eq!(code, 0, "{stderr}");
    for (heard, placed) in sentences(&heard).iter().zip(sentences(&placed)) {
        assert_eq!(placed["confidence"]["state"], "inferred");
        assert!((seconds(&heard["start"]) - seconds(&placed["start"])).abs() < 0.3, "{heard} {placed}");
    }
}

#[test]
fn signs_and_numbers_get_times_and_stay_as_written() {
    let folder = Folder::new();
    for (said, written) in
        [("nineteen hundred and nineteen", "1919"), ("nineteen hundred and", "nineteen hundred &")]
    {
        let (code, timeline, stderr) = align(&folder, &TEXT.replace(said, written), &[]);
        assert_eq!(code, 0, "{stderr}");
        let words: Vec<&Value> =
            sentences(&timeline).iter().flat_map(|s| s["words"].as_array().expect("words")).collect();
        let token = written.split(' ').next_back().expect("a token");
        let is_written = |word: &&&Value| word["text"].as_str().is_some_and(|text| text.starts_with(token));
        let word = words.iter().find(is_written).expect("shown as written");
        assert!(seconds(&word["end"]) > seconds(&word["start"]), "{word}");
        assert_eq!(word["confidence"]["state"], "measured", "{word}");
    }
}
