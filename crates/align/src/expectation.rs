//! What the references expect of each sound, in the recording's own conditions.

use std::collections::BTreeMap;

use ndarray::Array2;

use crate::AlignError;
use crate::features::FeatureSequence;
use crate::phones::PhoneSequence;
use crate::recording::Recording;
use crate::reference::{ReferenceVoice, THIRDS};
use crate::warp::models::Statistics;

/// The sounds of a text, numbered.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    /// Number of each phone's symbol.
    symbol_of: Vec<usize>,
    symbols: usize,
}

impl Classes {
    pub(crate) fn of(phones: &PhoneSequence) -> Self {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for phone in &phones.phones {
            numbers.entry(&phone.symbol).or_insert(0);
        }
        for (number, value) in numbers.values_mut().enumerate() {
            *value = number;
        }
        let symbol_of = phones.phones.iter().map(|phone| numbers[phone.symbol.as_str()]).collect();
        Self { symbol_of, symbols: numbers.len() }
    }

    /// The class of a third of a phone.
    pub(crate) fn class(&self, phone: usize, third: usize) -> usize {
        THIRDS * self.symbol_of[phone] + third
    }

    /// The class of pauses; the number of classes is one more.
    pub(crate) fn pause(&self) -> usize {
        THIRDS * self.symbols
    }
}

/// One voice's rendering, measured.
#[derive(Debug)]
pub(crate) struct Voice {
    pub(crate) name: String,
    /// Whether its formants are where they were measured.
    pub(crate) natural: bool,
    pub(crate) features: FeatureSequence,
    pub(crate) spans: Vec<std::ops::Range<usize>>,
    /// Mean of each class, `[classes, dims]`.
    pub(crate) mean: Array2<f32>,
}

/// All voices.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) voices: Vec<Voice>,
    /// Expected frames of each phone, the geometric mean over voices.
    pub(crate) frames: Vec<f32>,
    /// Mean of pauses on this recording.
    pause_mean: Vec<f32>,
}

impl Expectation {
    pub(crate) fn of(
        recording: &Recording,
        phones: &PhoneSequence,
        classes: &Classes,
        references: &[Box<dyn ReferenceVoice>],
        stretches: &[f64],
    ) -> Result<Self, AlignError> {
        let mut voices = Vec::new();
        let mut log_frames = vec![0f32; phones.phones.len()];
        for (v, reference) in references.iter().enumerate() {
            let rendered = reference.render(phones)?;
            for (sum, span) in log_frames.iter_mut().zip(&rendered.spans) {
                *sum += (span.len().max(THIRDS) as f32).ln();
            }
            for stretch in stretches {
                let features = recording.features_of(&rendered.power, *stretch, v as u64 + 1);
                let mean = class_means(&features, &rendered.spans, classes);
                let name = format!("{} {stretch:.2}", rendered.voice);
                let natural = (stretch - 1.0).abs() < 1e-6;
                voices.push(Voice { name, natural, features, spans: rendered.spans.clone(), mean });
            }
        }
        let frames = log_frames.iter().map(|sum| (sum / references.len().max(1) as f32).exp()).collect();
        let mut pause = Statistics::new(1, recording.features.ncols());
        for t in &recording.activity.noise_frames {
            pause.add(0, &recording.features, *t, t + 1);
        }
        let pause_mean = (0..recording.features.ncols()).map(|d| pause.mean(0, d) as f32).collect();
        Ok(Self { voices, frames, pause_mean })
    }

    /// Means over the voices, weighted; the last row is the pause.
    pub(crate) fn mean(&self, weights: &[f64]) -> Array2<f32> {
        let mut mean = Array2::<f32>::zeros(self.voices[0].mean.dim());
        for (voice, weight) in self.voices.iter().zip(weights) {
            mean.scaled_add(*weight as f32, &voice.mean);
        }
        let last = mean.nrows() - 1;
        mean.row_mut(last).iter_mut().zip(&self.pause_mean).for_each(|(m, p)| *m = *p);
        mean
    }
}

/// Frames of each third of a span.
pub(crate) fn thirds(span: &std::ops::Range<usize>) -> [(usize, usize); THIRDS] {
    let cut = |third: usize| span.start + span.len() * third / THIRDS;
    std::array::from_fn(|third| (cut(third), cut(third + 1).max(cut(third) + 1)))
}

fn class_means(
    features: &FeatureSequence,
    spans: &[std::ops::Range<usize>],
    classes: &Classes,
) -> Array2<f32> {
    let mut statistics = Statistics::new(classes.pause() + 1, features.ncols());
    for (phone, span) in spans.iter().enumerate() {
        for (third, (from, to)) in thirds(span).into_iter().enumerate() {
            statistics.add(classes.class(phone, third), features, from, to);
        }
    }
    Array2::from_shape_fn(statistics.sum.dim(), |(class, d)| statistics.mean(class, d) as f32)
}
