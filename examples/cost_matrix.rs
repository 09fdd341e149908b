//! Draws the local cost of a reference against a recording, and the path that the aligner found through it.
//!
//! `cargo run --release --example cost_matrix -- OUT.png [SECONDS]` (without arguments: target/cost_matrix.png): the aged English
//! reading of `testdata`. Time runs to the right, the reference upwards; dark is alike; orange is the path.

use std::path::PathBuf;

use tonearm_align::features::{
    Bands, Normalizer, SpeechActivity, analysis_signal, measure_bandwidth, mel_power, raw_features,
};
use tonearm_align::phones::PhoneSequence;
use tonearm_align::reference::{ReferenceVoice, TemplateReference, Templates};
use tonearm_align::text::{pronounce, read_transcript};
use tonearm_align::{AlignSettings, Aligner};

/// Frames of 5 ms a pixel.
const STEP: usize = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let target = args.next().map_or_else(|| root.join("target/cost_matrix.png"), PathBuf::from);
    let seconds: f64 = args.next().map_or(Ok(8.0), |text| text.parse())?;
    let signal = tonearm_audio::decode::read(&root.join("testdata/english-short.aged.flac"))?.signal;
    let text = std::fs::read(root.join("testdata/english-short.txt"))?;
    let transcript = read_transcript(&text, None)?;
    let pronouncer = pronounce::builtin("en")?;
    let alignment =
        Aligner::new(AlignSettings::default())?.align(&signal, &transcript, pronouncer.as_ref())?;

    // Both sides as the aligner compares them: bands, cepstra and slopes, normalised over the speech.
    let voice = Templates::embedded()?.voices_for("en").swap_remove(0);
    let known = voice.sounds.keys().cloned().collect();
    let phones = PhoneSequence::of(&transcript, pronouncer.as_ref(), &known)?;
    let reference = TemplateReference::new(voice).render(&phones)?;
    let fine = mel_power(&analysis_signal(&signal)?)?;
    let band = measure_bandwidth(&fine, signal.sample_rate().nyquist().get());
    let bands = Bands::new(band.low_hz, band.high_hz, 24, 1.0);
    let sides = [bands.pool(&fine), bands.pool(&reference.power)].map(|mut power| {
        let floor = 1e-4 * power.mean().unwrap_or(1.0);
        power += floor;
        let mut features = raw_features(&power);
        Normalizer::measured(&features, &SpeechActivity::measure(&power).is_speech).apply(&mut features);
        features
    });

    let first = alignment.words[0].start_secs - 0.5;
    let frame = |secs: f64| ((secs - first) / 0.005) as usize / STEP;
    let shown = |i: &usize| alignment.words[phones.phones[*i].word].start_secs < first + seconds;
    let last = (0..phones.phones.len()).take_while(shown).last().unwrap_or(0);
    let (width, height) = ((seconds / 0.005) as usize / STEP, reference.spans[last].end / STEP);
    let mut pixels = vec![255u8; 3 * width * height];
    let offset = (first / 0.005) as usize;
    for y in 0..height {
        for x in 0..width {
            let (a, b) =
                (sides[0].row((offset + x * STEP).min(sides[0].nrows() - 1)), sides[1].row(y * STEP));
            let cost = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
            pixels[3 * ((height - 1 - y) * width + x)..][..3].fill((255.0 * (cost / 14.0).min(1.0)) as u8);
        }
    }
    for (phone, span) in alignment.words.iter().flat_map(|word| &word.phones).zip(&reference.spans) {
        let (from, to) = (frame(phone.start_secs.max(first)), frame(phone.end_secs.max(first)));
        for x in from..to.min(width) {
            let y = (span.start + span.len() * (x - from) / (to - from)) / STEP;
            for (x, y) in
                [(x, y), (x + 1, y), (x, y + 1)].into_iter().filter(|(x, y)| *x < width && *y < height)
            {
                pixels[3 * ((height - 1 - y) * width + x)..][..3].copy_from_slice(&[255, 120, 0]);
            }
        }
    }
    let mut encoder = png::Encoder::new(std::fs::File::create(&target)?, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&pixels)?;
    println!("{}", target.display());
    Ok(())
}
