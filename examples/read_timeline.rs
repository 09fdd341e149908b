//! Reads a timeline as a player would: which word is spoken now, and what does its sentence mean?
//!
//! `cargo run --example read_timeline -- out/timeline.json 12.5` (without arguments it makes a small timeline of its own)

use tonearm_timeline::Timeline;

const SMALL: &str = r#"{
  "tonearm_timeline": 1,
  "audio": {"path": "side.flac", "duration": 3.0, "sample_rate": 44100},
  "language": "ru",
  "transcript": {"path": "side.txt"},
  "paragraphs": [{"start": 0.5, "end": 1.9, "sentences": [{
    "id": "s1", "start": 0.5, "end": 1.9, "text": "Вот почему.", "confidence": {"state": "measured", "plus_minus_ms": 20.0},
    "translation": {"language": "en", "text": "That is why."},
    "words": [
      {"id": "w1", "start": 0.5, "end": 0.9, "text": "Вот", "confidence": {"state": "measured", "plus_minus_ms": 20.0},
       "source": {"start": 0, "end": 6}},
      {"id": "w2", "start": 0.9, "end": 1.9, "text": "почему.", "confidence": {"state": "measured", "plus_minus_ms": 30.0},
       "source": {"start": 7, "end": 20}}
    ]}]}],
  "unaligned": [{"start": 0.0, "end": 0.5, "kind": "lead-in"}]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let json = args.next().map_or(Ok(SMALL.to_owned()), std::fs::read_to_string)?;
    let now: f64 = args.next().map_or(Ok(1.0), |text| text.parse())?;

    let timeline = Timeline::from_json(&json)?;
    println!("{}: {} words in {}", timeline.audio.path, timeline.words().count(), timeline.language);
    let Some(word) = timeline.word_at(now) else {
        println!("nothing is spoken at {now} s");
        return Ok(());
    };
    println!(
        "at {now} s: {} ({:.3} to {:.3} s, {:?})",
        word.text, word.start, word.end, word.confidence.state
    );
    if let Some(sentence) = timeline.sentences().find(|sentence| sentence.words.contains(word)) {
        println!("in: {}", sentence.text);
        if let Some(translation) = &sentence.translation {
            println!("{}: {}", translation.language, translation.text);
        }
    }
    Ok(())
}
