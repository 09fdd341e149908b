//! Finds when each word of a text is spoken.
//!
//! `cargo run --release --example align_words -- SPEECH.wav TEXT.txt LANGUAGE` (without arguments: the English reading of `testdata`)

use std::path::PathBuf;

use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignSettings, Aligner};
use tonearm_audio::decode;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let testdata = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata"));
    let audio = args.next().map_or_else(|| testdata.join("english-short.flac"), PathBuf::from);
    let text = args.next().map_or_else(|| testdata.join("english-short.txt"), PathBuf::from);
    let language = args.next().unwrap_or_else(|| "en".to_owned());

    let signal = decode::read(&audio)?.signal;
    let transcript = read_transcript(&std::fs::read(&text)?, text.to_str())?;
    let pronouncer = pronounce::builtin(&language)?;
    let aligner = Aligner::new(AlignSettings::default())?;

    let alignment = aligner.align(&signal, &transcript, pronouncer.as_ref())?;
    let timeline = alignment.into_timeline(&audio.to_string_lossy(), &text.to_string_lossy());
    for word in timeline.words() {
        println!("{:7.3} {:7.3}  {}", word.start, word.end, word.text);
    }
    Ok(())
}
