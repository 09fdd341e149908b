//! Running an acoustic model over a recording: log probabilities of tokens, frame by frame.
//!
//! The recording is heard in pieces of [`PIECE_SECS`], each with [`MARGIN_SECS`] of its neighbours on either side, so that memory
//! stays bounded and no frame lies at an edge. What a frame's centre is follows from how many frames a piece gives, to within half a
//! frame. Pieces are cut at places that do not depend on the number of threads.

use ndarray::Array2;
use rayon::prelude::*;
use tonearm_audio::Signal;

use super::Tokens;
use crate::AlignError;
use crate::features::{RATE_HZ, analysis_signal};

/// What a model hears at once: sentences are shorter, and attention over more costs memory with its square.
const PIECE_SECS: usize = 20;
/// What it hears of a piece's neighbours.
const MARGIN_SECS: usize = 2;
/// The shortest input: models refuse what is shorter than their first layers.
const SHORTEST_SECS: usize = 2;
/// A margin is at most this part of a piece, for models of short input.
const MARGIN_PART: usize = 8;
/// Samples of the neighbours that resampling needs, in seconds.
const GUARD_SECS: f64 = 0.1;
/// Strides of models are multiples of this many samples (5 ms), as a rule: what lies within [`STRIDE_TOLERANCE`] is taken for one.
const STRIDE_UNIT: usize = 80;
const STRIDE_TOLERANCE: f64 = 0.03;
/// Sums of probabilities of a frame lie this near to one.
const SUM_TOLERANCE: f32 = 0.02;
/// A token is never less likely than this, natural log: what a model says with more certainty it does not know.
const LEAST_LOG: f32 = -12.0;

/// A model that tells tokens apart by connectionist temporal classification.
pub trait AcousticModel: std::fmt::Debug + Send + Sync {
    /// The number of samples it must be given; none where it takes any.
    fn fixed_samples(&self) -> Option<usize> {
        None
    }

    /// For samples at 16 kHz the scores of every token in every frame, `[frames, tokens]`: logits, probabilities, or their
    /// natural logs. The same samples give the same scores, whichever thread asks.
    ///
    /// # Errors
    /// [`AlignError::AcousticModel`] where it cannot hear them.
    fn scores(&self, samples: &[f32]) -> Result<Array2<f32>, AlignError>;
}

/// At which level a model hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputLevel {
    /// Zero mean and unit variance over the recording, as wav2vec 2.0 and its kin are trained.
    #[default]
    Normalised,
    /// As recorded, full scale ±1.
    Raw,
}

/// A model with its tokens.
#[derive(Debug)]
pub struct Acoustics {
    model: Box<dyn AcousticModel>,
    tokens: Tokens,
    level: InputLevel,
}

/// Log probabilities of tokens over a recording.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Emissions {
    /// Natural logs, `[frames, tokens]`.
    pub(crate) logs: Array2<f32>,
    /// Centre of the first frame.
    pub(crate) first_secs: f64,
    /// From one frame to the next.
    pub(crate) hop_secs: f64,
}

/// What the numbers of a model are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Logits,
    Probabilities,
    Logs,
}

impl Acoustics {
    /// `model`, whose output is in the order of `tokens` and which hears at `level`.
    pub fn new(model: Box<dyn AcousticModel>, tokens: Tokens, level: InputLevel) -> Self {
        Self { model, tokens, level }
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Lets the model hear `signal`.
    pub(crate) fn heard(&self, signal: &Signal) -> Result<Emissions, AlignError> {
        let rate = RATE_HZ as usize;
        let total = (signal.duration().get() * f64::from(RATE_HZ)).ceil() as usize;
        let piece = self
            .model
            .fixed_samples()
            .unwrap_or_else(|| total.clamp(SHORTEST_SECS * rate, PIECE_SECS * rate));
        let level = Level::of(signal, self.level, piece)?;
        let first = self.checked(self.model.scores(&level.heard(signal, 0, piece)?)?)?;
        let frames = first.nrows();
        let stride = stride(piece, frames);
        let grid = Pieces::new(total, piece, stride);
        let scale = Scale::of(&first);
        tracing::debug!(frames, stride, pieces = grid.count, ?scale, "the acoustic model hears");

        let rest: Vec<Array2<f32>> = (1..grid.count)
            .into_par_iter()
            .map(|k| {
                let scores =
                    self.checked(self.model.scores(&level.heard(signal, grid.begin(k), piece)?)?)?;
                if scores.nrows() == frames { Ok(scores) } else { Err(other_frames(frames, scores.nrows())) }
            })
            .collect::<Result<_, _>>()?;
        let wanted = total.div_ceil(stride).max(1);
        let mut logs = Vec::with_capacity(wanted * self.tokens.len());
        for (k, scores) in std::iter::once(&first).chain(&rest).enumerate() {
            let from = (k * grid.step - grid.begin(k)) / stride;
            let to = if k + 1 == grid.count { frames } else { from + grid.step / stride };
            for row in scores.outer_iter().take(to).skip(from) {
                logs.extend(scale.logs(row.iter().copied()));
            }
        }
        let count = (logs.len() / self.tokens.len()).min(wanted);
        logs.truncate(count * self.tokens.len());
        let logs = Array2::from_shape_vec((count, self.tokens.len()), logs)
            .map_err(|error| wrong(format!("its output cannot be joined ({error})")))?;
        let spread = (piece as f64 - ((frames - 1) * stride) as f64).max(0.0);
        Ok(Emissions {
            logs,
            first_secs: 0.5 * spread.min(2.0 * stride as f64) / f64::from(RATE_HZ),
            hop_secs: stride as f64 / f64::from(RATE_HZ),
        })
    }

    /// Scores whose shape is as the tokens say.
    fn checked(&self, scores: Array2<f32>) -> Result<Array2<f32>, AlignError> {
        if scores.ncols() != self.tokens.len() {
            return Err(wrong(format!(
                "it tells {} tokens apart, and the tokens file names {}",
                scores.ncols(),
                self.tokens.len()
            )));
        }
        if scores.nrows() == 0 {
            return Err(wrong("it returns no frames".to_owned()));
        }
        if scores.iter().any(|score| score.is_nan() || *score == f32::INFINITY) {
            return Err(wrong("it returns numbers that are not finite".to_owned()));
        }
        Ok(scores)
    }
}

impl Emissions {
    /// The frame whose centre is nearest to `secs`.
    pub(crate) fn frame_at(&self, secs: f64) -> usize {
        let frame = ((secs - self.first_secs) / self.hop_secs).round().max(0.0) as usize;
        frame.min(self.logs.nrows().saturating_sub(1))
    }
}

fn wrong(reason: String) -> AlignError {
    AlignError::AcousticModel { reason }
}

fn other_frames(expected: usize, actual: usize) -> AlignError {
    wrong(format!("for as many samples it once returns {expected} frames and once {actual}"))
}

/// Samples from one frame to the next.
fn stride(samples: usize, frames: usize) -> usize {
    let exact = samples as f64 / frames as f64;
    let nearest = (exact / STRIDE_UNIT as f64).round() * STRIDE_UNIT as f64;
    let stride = if (exact - nearest).abs() <= STRIDE_TOLERANCE * exact { nearest } else { exact.round() };
    (stride as usize).max(1)
}

/// Where pieces lie, all in samples at 16 kHz and multiples of the stride, so that frames of all pieces are on one grid.
struct Pieces {
    count: usize,
    /// What each piece adds.
    step: usize,
    margin: usize,
}

impl Pieces {
    fn new(total: usize, piece: usize, stride: usize) -> Self {
        if total <= piece {
            return Self { count: 1, step: piece, margin: 0 };
        }
        let margin = (MARGIN_SECS * RATE_HZ as usize).min(piece / MARGIN_PART) / stride * stride;
        let step = ((piece - 2 * margin) / stride * stride).max(stride);
        Self { count: total.div_ceil(step), step, margin }
    }

    /// Where piece `k` begins to hear.
    fn begin(&self, k: usize) -> usize {
        (k * self.step).saturating_sub(self.margin)
    }
}

/// What is done to samples before a model hears them.
struct Level {
    mean: f32,
    gain: f32,
}

impl Level {
    fn of(signal: &Signal, wanted: InputLevel, piece: usize) -> Result<Self, AlignError> {
        if wanted == InputLevel::Raw {
            return Ok(Self { mean: 0.0, gain: 1.0 });
        }
        let total = (signal.duration().get() * f64::from(RATE_HZ)).ceil() as usize;
        // Clicks are taken out before, or they would say how loud speech is.
        let sums: Vec<(f64, f64)> = (0..total.div_ceil(piece))
            .into_par_iter()
            .map(|k| {
                let count = piece.min(total - k * piece);
                let samples = analysed(signal, k * piece, count)?;
                Ok(samples.iter().fold((0.0, 0.0), |(sum, squares), x| {
                    (sum + f64::from(*x), squares + f64::from(*x).powi(2))
                }))
            })
            .collect::<Result<_, AlignError>>()?;
        let (sum, squares) = sums.iter().fold((0.0, 0.0), |all, part| (all.0 + part.0, all.1 + part.1));
        let mean = sum / total.max(1) as f64;
        let variance = (squares / total.max(1) as f64 - mean * mean).max(0.0);
        Ok(Self { mean: mean as f32, gain: (1.0 / (variance + 1e-7).sqrt()) as f32 })
    }

    /// `count` samples from `start` on, silence after the end of the recording.
    fn heard(&self, signal: &Signal, start: usize, count: usize) -> Result<Vec<f32>, AlignError> {
        let mut samples = analysed(signal, start, count)?;
        samples.iter_mut().for_each(|x| *x = (*x - self.mean) * self.gain);
        samples.resize(count, 0.0);
        Ok(samples)
    }
}

/// At most `count` samples at 16 kHz from sample `start` on, one channel, clicks taken out, at the recording's own level.
fn analysed(signal: &Signal, start: usize, count: usize) -> Result<Vec<f32>, AlignError> {
    let own_rate = f64::from(signal.sample_rate().hz());
    let own = |secs: f64| ((secs * own_rate).round().max(0.0) as usize).min(signal.len());
    let secs = |samples: usize| samples as f64 / f64::from(RATE_HZ);
    let from = own(secs(start) - GUARD_SECS);
    let to = own(secs(start + count) + GUARD_SECS);
    if from >= to {
        return Ok(Vec::new());
    }
    let channels = signal.channels();
    let mono: Vec<f32> = (from..to)
        .map(|i| channels.iter().map(|channel| channel[i]).sum::<f32>() / channels.len() as f32)
        .collect();
    let piece = Signal::mono(signal.sample_rate(), mono)?;
    let peak = piece.peak();
    let mut samples = analysis_signal(&piece)?;
    let lead = ((secs(start) - from as f64 / own_rate) * f64::from(RATE_HZ)).round().max(0.0) as usize;
    samples.drain(..lead.min(samples.len()));
    samples.truncate(count);
    // The analysis scales to full scale.
    samples.iter_mut().for_each(|x| *x *= peak);
    Ok(samples)
}

impl Scale {
    fn of(scores: &Array2<f32>) -> Self {
        let near_one = |sum: f32| (sum - 1.0).abs() < SUM_TOLERANCE;
        if scores.outer_iter().all(|row| row.iter().all(|x| *x >= 0.0) && near_one(row.sum())) {
            Self::Probabilities
        } else if scores.outer_iter().all(|row| near_one(row.iter().map(|x| x.exp()).sum())) {
            Self::Logs
        } else {
            Self::Logits
        }
    }

    /// Natural logs of a frame's probabilities.
    fn logs(self, row: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut row: Vec<f32> = row.collect();
        match self {
            Self::Probabilities => row.iter_mut().for_each(|x| *x = x.ln()),
            Self::Logs => {}
            Self::Logits => {
                let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum = row.iter().map(|x| (x - largest).exp()).sum::<f32>().ln() + largest;
                row.iter_mut().for_each(|x| *x -= sum);
            }
        }
        row.iter_mut().for_each(|x| *x = x.max(LEAST_LOG));
        row
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::f32::consts::TAU;

    use tonearm_audio::SampleRate;

    use super::*;

    /// Hears how much power each 20 ms has: two tokens, the blank and the sound.
    #[derive(Debug)]
    struct Loudness {
        scale: Scale,
    }

    impl AcousticModel for Loudness {
        fn scores(&self, samples: &[f32]) -> Result<Array2<f32>, AlignError> {
            let frames = samples.len() / 320;
            Ok(Array2::from_shape_fn((frames, 2), |(t, token)| {
                let power = samples[320 * t..320 * (t + 1)].iter().map(|x| x * x).sum::<f32>() / 320.0;
                let sound = (0.1 * power).clamp(0.01, 0.99);
                let p = if token == 0 { 1.0 - sound } else { sound };
                match self.scale {
                    Scale::Probabilities => p,
                    Scale::Logs => p.ln(),
                    Scale::Logits => 7.0 + p.ln(),
                }
            }))
        }
    }

    fn acoustics(scale: Scale) -> Acoustics {
        let tokens = Tokens::read("<pad>\na\n", None).unwrap();
        Acoustics::new(Box::new(Loudness { scale }), tokens, InputLevel::Normalised)
    }

    /// A tone that swells every second, `secs` long.
    fn swelling(secs: f32, rate: u32) -> Signal {
        let samples = (0..(secs * rate as f32) as usize)
            .map(|i| {
                let t = i as f32 / rate as f32;
                0.1 * (1.0 + (TAU * t).sin()) * (TAU * 300.0 * t).sin()
            })
            .collect();
        Signal::mono(SampleRate::new(rate).unwrap(), samples).unwrap()
    }

    #[test]
    fn pieces_are_heard_as_one_at_their_times() {
        // Two and a half pieces, at a rate that must be converted.
        let emissions = acoustics(Scale::Logits).heard(&swelling(47.3, 22_050)).unwrap();
        assert_eq!(emissions.logs.dim(), (2_365, 2));
        assert!((emissions.hop_secs - 0.02).abs() < 1e-9 && emissions.first_secs < 0.011);
        for second in 0..46 {
            // Loudest a quarter of a second into each second.
            let loudest = (50 * second..50 * (second + 1))
                .max_by(|a, b| emissions.logs[[*a, 1]].total_cmp(&emissions.logs[[*b, 1]]))
                .unwrap();
            let secs = emissions.first_secs + loudest as f64 * emissions.hop_secs;
            assert!((secs - second as f64 - 0.25).abs() < 0.08, "second {second}: {secs}");
        }
    }

    #[test]
    fn logits_probabilities_and_their_logs_say_the_same() {
        let signal = swelling(1.0, 16_000);
        let [a, b, c] = [Scale::Logits, Scale::Probabilities, Scale::Logs]
            .map(|scale| acoustics(scale).heard(&signal).unwrap());
        for other in [b, c] {
            assert!(a.logs.iter().zip(&other.logs).all(|(x, y)| (x - y).abs() < 1e-4));
        }
        // A second is heard, not the two that the model was given.
        assert_eq!(a.logs.nrows(), 50);
    }

    #[test]
    fn strides_are_found_from_how_many_frames_come_back() {
        // wav2vec 2.0 gives 49 frames a second and 999 for twenty; others pad, or hop by 16 ms.
        assert_eq!([stride(16_000, 49), stride(320_000, 999)], [320, 320]);
        assert_eq!([stride(320_000, 1_000), stride(320_000, 1_250), stride(320_000, 500)], [320, 256, 640]);
    }

    #[test]
    fn a_model_of_other_tokens_is_refused() {
        let tokens = Tokens::read("<pad>\na\nb\n", None).unwrap();
        let model = Box::new(Loudness { scale: Scale::Logs });
        let error = Acoustics::new(model, tokens, InputLevel::Raw).heard(&swelling(1.0, 16_000)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the acoustic model cannot be used: it tells 2 tokens apart, and the tokens file names 3"
        );
    }
}
