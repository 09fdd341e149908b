//! A small side for the crate's own tests: two sentences, four words, three seconds of seeded speech-like sound.

use std::path::Path;

use tonearm_audio::encode::{self, EncodeSettings};
use tonearm_audio::{Container, SampleFormat, SampleRate, Signal};
use tonearm_timeline::Timeline;

/// Words at 0.5–0.8–1.2 s and 1.4–1.8 s, 1.9–2.2 s of a recording of three seconds.
pub(crate) fn timeline() -> Timeline {
    Timeline::from_json(
        r#"{"tonearm_timeline": 1,
        "audio": {"path": "side.wav", "duration": 3.0, "sample_rate": 16000},
        "language": "ru", "transcript": {"path": "side.txt"},
        "paragraphs": [{"start": 0.5, "end": 2.2, "sentences": [
            {"id": "s1", "start": 0.5, "end": 1.2, "text": "Советская власть.",
             "confidence": {"state": "measured", "plus_minus_ms": 20.0},
             "translation": {"language": "en", "text": "Soviet power."},
             "words": [
                {"id": "w1", "start": 0.5, "end": 0.8, "text": "Советская", "source": {"start": 0, "end": 18},
                 "confidence": {"state": "measured", "plus_minus_ms": 20.0}},
                {"id": "w2", "start": 0.8, "end": 1.2, "text": "власть.", "source": {"start": 19, "end": 32},
                 "confidence": {"state": "measured", "plus_minus_ms": 30.0}}]},
            {"id": "s2", "start": 1.4, "end": 2.2, "text": "Hello there.",
             "confidence": {"state": "measured"},
             "words": [
                {"id": "w3", "start": 1.4, "end": 1.8, "text": "Hello", "source": {"start": 33, "end": 38},
                 "confidence": {"state": "measured"}},
                {"id": "w4", "start": 1.9, "end": 2.2, "text": "there.", "source": {"start": 39, "end": 45},
                 "confidence": {"state": "inferred"}}]}]}],
        "unaligned": []}"#,
    )
    .unwrap()
}

/// Writes a tone of three seconds at 16 kHz and of the given level as a WAV file.
pub(crate) fn write_wav(path: &Path, amplitude: f32) {
    let rate = SampleRate::new(16_000).unwrap();
    let samples = (0..48_000).map(|n| amplitude * (n as f32 * 0.2).sin()).collect();
    let signal = Signal::mono(rate, samples).unwrap();
    let settings = EncodeSettings::new(Container::Wav, SampleFormat::Int16);
    encode::write(std::fs::File::create(path).unwrap(), &signal, &settings).unwrap();
}

/// A folder as `tonearm run` leaves it: the timeline, the input, `restored.wav` and `removed.wav`.
pub(crate) fn out_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("timeline.json"), timeline().to_json_pretty().unwrap()).unwrap();
    write_wav(&dir.path().join("side.wav"), 0.5);
    write_wav(&dir.path().join("restored.wav"), 0.4);
    write_wav(&dir.path().join("removed.wav"), 0.1);
    dir
}
