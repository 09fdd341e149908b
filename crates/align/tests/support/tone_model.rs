//! A tiny acoustic model, and speech that it understands: every letter is a tone, every tone a token.
//!
//! The model is what an ONNX file holds, written out field by field (onnx.proto3, ONNX 1.14): samples `[1, samples]` are
//! correlated with a cosine and a sine of every letter's tone every 20 ms (`Conv`), squared (`Mul`), and added up (`Conv`); the
//! blank has a score of its own. No learning, no download.

use std::f32::consts::TAU;

/// Letters that have a tone, in the order of the tokens after the blank and the border.
pub(crate) const LETTERS: &str = "abcdefghilmnopqrstuvx";
/// Samples per second of models and recordings.
pub(crate) const RATE: u32 = 16_000;
/// Samples that a frame of the model looks at, and from one to the next (as wav2vec 2.0).
const KERNEL: usize = 400;
const STRIDE: usize = 320;
/// Amplitude of a tone.
const LEVEL: f32 = 0.2;
/// Logit of the blank; a letter's is its power, which is 25 for a tone that fills its frame at the level of the recordings below.
const BLANK_LOGIT: f32 = 8.0;

/// The tokens file: blank, border, letters.
pub(crate) fn tokens() -> String {
    LETTERS.chars().fold("<pad>\n|\n".to_owned(), |file, letter| format!("{file}{letter}\n"))
}

/// The tone of a letter.
fn tone_hz(letter: usize) -> f32 {
    400.0 + 150.0 * letter as f32
}

/// Words said in tones, 70 to 110 ms a letter, with pauses, in noise of `noise_db` against the tones: samples, and the second that each
/// word begins at.
pub(crate) fn said_in_tones(text: &str, seed: u32, noise_db: f32) -> (Vec<f32>, Vec<f64>) {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 16_777_216.0
    };
    let (mut samples, mut starts) = (vec![0f32; (0.6 * RATE as f32) as usize], Vec::new());
    for word in text.split_whitespace() {
        starts.push(samples.len() as f64 / f64::from(RATE));
        let letters = word.chars().flat_map(char::to_lowercase).filter_map(|c| LETTERS.find(c));
        for letter in letters {
            let count = ((0.07 + 0.04 * random()) * RATE as f32) as usize;
            samples.extend((0..count).map(|i| {
                let edge = (i.min(count - 1 - i) as f32 / 80.0).min(1.0);
                LEVEL * edge * (TAU * tone_hz(letter) * i as f32 / RATE as f32).sin()
            }));
        }
        // Not every border is a pause.
        let pause = if word.ends_with('.') { 0.4 + 0.5 * random() } else { (0.3 * random() - 0.1).max(0.0) };
        samples.resize(samples.len() + (pause * RATE as f32) as usize, 0.0);
    }
    samples.resize(samples.len() + (0.8 * RATE as f32) as usize, 0.0);
    // Three uniform numbers are nearly normal, with a variance of a quarter.
    let noise = 2.0 * (LEVEL / 2f32.sqrt()) * 10f32.powf(noise_db / 20.0);
    samples.iter_mut().for_each(|x| *x += noise * (random() + random() + random() - 1.5));
    (samples, starts)
}

/// The model's file. Its input has `rank` dimensions, of which only two is right; and the number of its tokens is that of
/// [`tokens`] and `more`.
pub(crate) fn tone_model(rank: usize, more: usize) -> Vec<u8> {
    let count = LETTERS.chars().count();
    let mut filters = Vec::with_capacity(2 * count * KERNEL);
    for letter in 0..count {
        for phase in [0.0, 0.25] {
            filters.extend((0..KERNEL).map(|i| {
                let window = 0.5 - 0.5 * (TAU * (i as f32 + 0.5) / KERNEL as f32).cos();
                window * (TAU * (tone_hz(letter) * i as f32 / RATE as f32 + phase)).cos()
            }));
        }
    }
    // A tone of amplitude 0.2 gives (0.2 · 200 / 2)² = 400.
    let mut sums = vec![0f32; (count + 2 + more) * 2 * count];
    for letter in 0..count {
        let row = (letter + 2) * 2 * count;
        sums[row + 2 * letter..row + 2 * letter + 2].fill(25.0 / 400.0);
    }
    let mut bias = vec![0f32; count + 2 + more];
    bias[0] = BLANK_LOGIT;

    let shape: Vec<Field> = (0..rank)
        .map(|i| match i {
            0 => message(1, &[varint(1, 1)]),
            _ => message(1, &[text(2, "samples")]),
        })
        .collect();
    let floats = |name: &str, dims: &[usize], values: &[f32]| {
        let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let mut fields: Vec<Field> = dims.iter().map(|dim| varint(1, *dim as u64)).collect();
        fields.extend([varint(2, 1), text(8, name), bytes(9, &raw)]);
        message(5, &fields)
    };
    let conv = |stride| [ints("strides", &[stride]), ints("pads", &[0, 0]), ints("dilations", &[1])];
    let graph = message(
        7,
        &[
            node("Unsqueeze", &["samples", "channel"], "mono", &[]),
            node("Conv", &["mono", "filters"], "parts", &conv(STRIDE as u64)),
            node("Mul", &["parts", "parts"], "powers", &[]),
            node("Conv", &["powers", "sums", "bias"], "scores", &conv(1)),
            node("Transpose", &["scores"], "logits", &[ints("perm", &[0, 2, 1])]),
            text(2, "tones"),
            message(5, &[varint(1, 1), varint(2, 7), text(8, "channel"), bytes(9, &1u64.to_le_bytes())]),
            floats("filters", &[2 * count, 1, KERNEL], &filters),
            floats("sums", &[count + 2 + more, 2 * count, 1], &sums),
            floats("bias", &[count + 2 + more], &bias),
            message(
                11,
                &[text(1, "samples"), message(2, &[message(1, &[varint(1, 1), message(2, &shape)])])],
            ),
            message(12, &[text(1, "logits"), message(2, &[message(1, &[varint(1, 1)])])]),
        ],
    );
    [varint(1, 8), graph, message(8, &[text(1, ""), varint(2, 13)])].concat()
}

/// An encoded field of a protocol buffer.
type Field = Vec<u8>;

fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn varint(field: u64, value: u64) -> Field {
    [number(field << 3), number(value)].concat()
}

fn bytes(field: u64, value: &[u8]) -> Field {
    [number(field << 3 | 2), number(value.len() as u64), value.to_vec()].concat()
}

fn text(field: u64, value: &str) -> Field {
    bytes(field, value.as_bytes())
}

fn message(field: u64, fields: &[Field]) -> Field {
    bytes(field, &fields.concat())
}

fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Field]) -> Field {
    let mut fields: Vec<Field> = inputs.iter().map(|input| text(1, input)).collect();
    fields.extend([text(2, output), text(3, output), text(4, operator)]);
    fields.extend_from_slice(attributes);
    message(1, &fields)
}

fn ints(name: &str, values: &[u64]) -> Field {
    let mut fields = vec![text(1, name), varint(20, 7)];
    fields.extend(values.iter().map(|value| varint(8, *value)));
    message(5, &fields)
}
