//! Bad input gets one clear sentence and the right exit code, and leaves nothing behind.

mod support;

use std::fs;
use std::path::Path;

use support::{Folder, tonearm};

/// Runs `tonearm run` on a recording and a transcript and returns exit code and standard error.
fn run(folder: &Folder, audio: &Path, transcript: &Path) -> (i32, String) {
    let out = folder.path("out");
    let result = tonearm()
        .arg("run")
        .arg(audio)
        .arg(transcript)
        .arg("--out-dir")
        .arg(&out)
        .output()
        .expect("the command starts");
    let stderr = String::from_utf8(result.stderr).expect("messages are UTF-8");
    assert!(result.stdout.is_empty(), "standard output carries results only when asked");
    assert!(!out.exists(), "nothing may be left behind: {stderr}");
    (result.status.code().expect("no signal ends it"), stderr)
}

fn assert_one_sentence(stderr: &str, said: &[&str]) {
    assert_eq!(stderr.trim_end().lines().count(), 1, "one line, not: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    for word in said {
        assert!(stderr.contains(word), "`{word}` is missing from: {stderr}");
    }
}

#[test]
fn audio_that_is_no_audio() {
    let folder = Folder::new();
    let words = folder.write("words.txt", b"The words of the text that is spoken.");
    let text = folder.write("text.wav", b"This is a text and no recording at all, whatever its name says.");
    let empty = folder.write("empty.wav", b"");
    let clean = support::wav_bytes(16_000, &[support::speech(16_000, 1.0)]);
    let header_alone = folder.write("header.wav", &clean[..20]);
    let no_samples = folder.write("none.wav", &support::wav_bytes(16_000, &[vec![]]));
    let not_finite = folder.write("nan.wav", &support::float_wav_bytes(16_000, &[0.0, f32::NAN, 0.5]));
    for (path, said) in [
        (folder.path("missing.wav"), "missing.wav"),
        (folder.path(""), "directory"),
        (text, "text.wav"),
        (empty, "empty"),
        (header_alone, "header.wav"),
        (no_samples, "no sample"),
        (not_finite, "finite"),
    ] {
        let (code, stderr) = run(&folder, &path, &words);
        assert_eq!(code, 1, "{}: {stderr}", path.display());
        assert_one_sentence(&stderr, &[said]);
    }
}

#[test]
fn an_unknown_preset_is_answered_with_all_of_them() {
    let folder = Folder::new();
    let side = folder.write("side.wav", &support::wav_bytes(16_000, &[support::speech(16_000, 1.0)]));
    let result = tonearm().arg("restore").arg(&side).args(["--preset", "loud"]).output();
    let result = result.expect("the command starts");
    assert_eq!(result.status.code(), Some(2));
    assert_one_sentence(&String::from_utf8_lossy(&result.stderr), &["`loud`", "acoustic-78", "auto"]);
}

#[test]
fn silence_cannot_be_aligned() {
    let folder = Folder::new();
    let words = folder.write("words.txt", b"The words of the text that is spoken.");
    let silence = folder.write("silence.wav", &support::wav_bytes(16_000, &[vec![0.0; 48_000]]));
    let (code, stderr) = run(&folder, &silence, &words);
    assert_eq!(code, 1, "{stderr}");
    assert_one_sentence(&stderr, &["silen"]);
}

#[test]
fn transcripts_without_words() {
    let folder = Folder::new();
    let audio = folder.write("side.wav", &support::wav_bytes(16_000, &[support::speech(16_000, 3.0)]));
    for bytes in [&b""[..], b"\n\n  \n", "— … *** —\n".as_bytes()] {
        let words = folder.write("words.txt", bytes);
        let (code, stderr) = run(&folder, &audio, &words);
        assert_eq!(code, 1, "{stderr}");
        assert_one_sentence(&stderr, &["words.txt"]);
    }
    let (code, stderr) = run(&folder, &audio, &folder.path("missing.txt"));
    assert_eq!(code, 1, "{stderr}");
    assert_one_sentence(&stderr, &["missing.txt"]);
}

#[test]
fn audio_far_too_short_for_its_text() {
    let folder = Folder::new();
    let audio = folder.write("side.wav", &support::wav_bytes(16_000, &[support::speech(16_000, 2.0)]));
    let words = folder.write("words.txt", "and the words of it that follow ".repeat(40).as_bytes());
    let (code, stderr) = run(&folder, &audio, &words);
    assert_eq!(code, 1, "{stderr}");
    assert_one_sentence(&stderr, &["short"]);
}

#[test]
fn a_truncated_wav_is_restored_as_far_as_it_goes() {
    let folder = Folder::new();
    let whole = support::wav_bytes(16_000, &[support::speech(16_000, 2.0)]);
    let cut = folder.write("cut.wav", &whole[..whole.len() / 2]);
    let out = folder.path("restored.wav");
    let result = tonearm().arg("restore").arg(&cut).arg("-o").arg(&out).output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success(), "{stderr}");
    assert!(stderr.contains("cut.wav"), "a warning names the file: {stderr}");
    let samples = hound_len(&out);
    assert!((15_900..=16_000).contains(&samples), "{samples} samples");
}

fn hound_len(path: &Path) -> u32 {
    let recording = tonearm_audio::decode::read(path).expect("what we write we can read");
    recording.signal.len() as u32
}

#[test]
fn high_rates_and_many_channels_are_accepted() {
    let folder = Folder::new();
    let speech = support::speech(192_000, 1.0);
    for (name, bytes) in [
        ("fast.wav", support::wav_bytes(192_000, std::slice::from_ref(&speech))),
        ("wide.wav", support::wav_bytes(48_000, &vec![support::speech(48_000, 1.0); 8])),
    ] {
        let input = folder.write(name, &bytes);
        let out = folder.path(&format!("out-{name}"));
        let result =
            tonearm().arg("restore").arg(&input).arg("-o").arg(&out).output().expect("the command starts");
        assert!(result.status.success(), "{name}: {}", String::from_utf8_lossy(&result.stderr));
        let before = tonearm_audio::decode::read(&input).expect("input").signal;
        let after = tonearm_audio::decode::read(&out).expect("output").signal;
        assert_eq!(
            (before.sample_rate(), before.channel_count(), before.len()),
            (after.sample_rate(), after.channel_count(), after.len())
        );
    }
}

#[test]
fn outputs_that_cannot_be_written() {
    let folder = Folder::new();
    let audio = folder.write("side.wav", &support::wav_bytes(16_000, &[support::speech(16_000, 1.0)]));
    let standing = folder.write("standing.wav", b"mine");
    let restore = |out: &Path| {
        let result =
            tonearm().arg("restore").arg(&audio).arg("-o").arg(out).output().expect("the command starts");
        (result.status.code().expect("no signal"), String::from_utf8_lossy(&result.stderr).into_owned())
    };

    let (code, stderr) = restore(&standing);
    assert_eq!(code, 1);
    assert_one_sentence(&stderr, &["standing.wav", "--force"]);
    assert_eq!(fs::read(&standing).expect("it stands"), b"mine");

    let before = fs::read(&audio).expect("input");
    let (code, stderr) = restore(&audio);
    assert_eq!(code, 2);
    assert_one_sentence(&stderr, &["side.wav", "input"]);
    assert_eq!(fs::read(&audio).expect("input"), before);

    let (code, stderr) = restore(&folder.path("out.xyz"));
    assert_eq!(code, 2);
    assert_one_sentence(&stderr, &["xyz", "wav"]);

    let file_as_folder = folder.path("standing.wav/out.wav");
    let (code, stderr) = restore(&file_as_folder);
    assert_eq!(code, 1);
    assert_one_sentence(&stderr, &["out.wav"]);
}

/// A file system of 64 KiB holds no restored side. It needs a private mount; where that is not allowed the test says so.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_nothing_half_written() {
    let folder = Folder::new();
    let audio = folder.write("side.wav", &support::wav_bytes(16_000, &[support::speech(16_000, 4.0)]));
    let small = folder.path("small");
    fs::create_dir(&small).expect("a folder");
    let script = "mount -t tmpfs -o size=64k tmpfs \"$1\" || exit 77; \"$2\" restore \"$3\" -o \"$1/out.wav\"; code=$?; \
                  ls -A \"$1\" | sed 's/^/left: /' >&2; exit $code";
    let unshare = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(&small)
        .arg(env!("CARGO_BIN_EXE_tonearm"))
        .arg(&audio)
        .output();
    let Ok(result) = unshare else {
        println!("skipped: no `unshare` here to mount a small file system with");
        return;
    };
    let stderr = String::from_utf8_lossy(&result.stderr);
    if result.status.code() == Some(77) || stderr.contains("unshare") {
        println!("skipped: a small file system cannot be mounted here: {stderr}");
        return;
    }
    assert_eq!(result.status.code(), Some(1), "{stderr}");
    assert_one_sentence(&stderr, &["out.wav", "space"]);
}

#[test]
fn one_bad_input_of_several_does_not_stop_the_others() {
    let folder = Folder::new();
    let good = folder.write("good.wav", &support::wav_bytes(16_000, &[support::speech(16_000, 1.0)]));
    let bad = folder.write("bad.wav", b"no recording");
    let out = folder.path("out");
    let result = tonearm()
        .arg("restore")
        .arg(&bad)
        .arg(&good)
        .arg("--out-dir")
        .arg(&out)
        .output()
        .expect("the command starts");
    assert_eq!(result.status.code(), Some(3), "{}", String::from_utf8_lossy(&result.stderr));
    assert!(out.join("good.wav").exists());
    assert!(!out.join("bad.wav").exists());
}
