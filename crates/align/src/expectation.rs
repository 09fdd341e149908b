//! What the references expect of each sound, in the recording's own conditions.

use std::collections::BTreeMap;

use ndarray::Array2;
use rayon::prelude::*;

use crate::AlignError;
use crate::features::FeatureSequence;
use crate::phones::PhoneSequence;
use crate::recording::Recording;
use crate::reference::{ReferenceSequence, ReferenceVoice, THIRDS};
use crate::warp::models::Statistics;

/// Sounds of the text that references render: some three minutes, enough for the mean of every class.
const ENOUGH_PHONES: usize = 1_500;

/// The sounds of a text, numbered.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    /// Number of each phone's symbol.
    symbol_of: Vec<usize>,
    symbols: usize,
    /// Number of each phone's tokens, where there is an acoustic model; empty where not.
    units: Vec<usize>,
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
        Self { symbol_of, symbols: numbers.len(), units: Vec::new() }
    }

    /// The same classes, each phone with the number of its tokens.
    pub(crate) fn with_units(self, units: Vec<usize>) -> Self {
        Self { units, ..self }
    }

    /// The same numbers for the phones of a sample of the text.
    fn in_sample(&self, phones: &PhoneSequence, sample: &PhoneSequence) -> Self {
        let numbers: BTreeMap<&str, usize> = phones
            .phones
            .iter()
            .zip(&self.symbol_of)
            .map(|(phone, number)| (phone.symbol.as_str(), *number))
            .collect();
        let symbol_of = sample.phones.iter().map(|phone| numbers[phone.symbol.as_str()]).collect();
        Self { symbol_of, symbols: self.symbols, units: Vec::new() }
    }

    /// The sounds of each sentence in reversed order.
    pub(crate) fn backwards(&self, phones: &PhoneSequence) -> Self {
        let (mut symbol_of, mut units) = (self.symbol_of.clone(), self.units.clone());
        for sentence in &phones.sentences {
            let words = &phones.words[sentence.clone()];
            if let (Some(first), Some(last)) = (words.first(), words.last()) {
                symbol_of[first.start..last.end].reverse();
                if !units.is_empty() {
                    units[first.start..last.end].reverse();
                }
            }
        }
        Self { symbol_of, symbols: self.symbols, units }
    }

    /// Those of a text whose phones are `from` these.
    pub(crate) fn in_order(&self, from: &[usize]) -> Self {
        let symbol_of = from.iter().map(|phone| self.symbol_of[*phone]).collect();
        let units = if self.units.is_empty() {
            Vec::new()
        } else {
            from.iter().map(|phone| self.units[*phone]).collect()
        };
        Self { symbol_of, symbols: self.symbols, units }
    }

    /// The number of a phone's tokens; 0 for none.
    pub(crate) fn unit(&self, phone: usize) -> usize {
        self.units.get(phone).copied().unwrap_or(0)
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
    /// Its features with the class of each frame, where its formants are as they were measured.
    pub(crate) labelled: Option<(FeatureSequence, Vec<Option<usize>>)>,
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
        let sample = phones.sample(ENOUGH_PHONES);
        let sample_classes = classes.in_sample(phones, &sample);
        let rendered: Vec<ReferenceSequence> =
            references.par_iter().map(|reference| reference.render(&sample)).collect::<Result<_, _>>()?;
        let voices: Vec<Voice> = rendered
            .par_iter()
            .enumerate()
            .flat_map_iter(|(v, rendered)| {
                let sample_classes = &sample_classes;
                stretches.iter().map(move |stretch| {
                    let features = recording.features_of(&rendered.power, *stretch, v as u64 + 1);
                    let mean = class_means(&features, &rendered.spans, sample_classes);
                    let natural = (stretch - 1.0).abs() < 1e-6;
                    let labelled = natural.then(|| (features, labels(rendered, sample_classes)));
                    Voice { name: format!("{} {stretch:.2}", rendered.voice), labelled, mean }
                })
            })
            .collect();
        let frames = expected_frames(phones, &sample, &rendered);
        let mut pause = Statistics::new(1, recording.features.ncols());
        for t in &recording.activity.noise_frames {
            pause.add(0, &recording.features, *t, t + 1);
        }
        let pause_mean = (0..recording.features.ncols()).map(|d| pause.mean(0, d) as f32).collect();
        Ok(Self { voices, frames, pause_mean })
    }

    /// Those of a text whose phones are `from` these; without voices.
    pub(crate) fn in_order(&self, from: &[usize]) -> Self {
        Self {
            voices: Vec::new(),
            frames: from.iter().map(|phone| self.frames[*phone]).collect(),
            pause_mean: self.pause_mean.clone(),
        }
    }

    /// The same weight for every voice.
    pub(crate) fn equal_weights(&self) -> Vec<f64> {
        vec![1.0 / self.voices.len() as f64; self.voices.len()]
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

/// The class of every frame of a rendering.
fn labels(rendered: &ReferenceSequence, classes: &Classes) -> Vec<Option<usize>> {
    let mut labels = vec![None; rendered.power.nrows()];
    for (phone, span) in rendered.spans.iter().enumerate() {
        for (third, (from, to)) in thirds(span).into_iter().enumerate() {
            let end = to.min(labels.len());
            labels[from.min(end)..end].fill(Some(classes.class(phone, third)));
        }
    }
    labels
}

/// Geometric means over the renderings, for each sound by symbol and stress.
fn expected_frames(
    phones: &PhoneSequence,
    sample: &PhoneSequence,
    rendered: &[ReferenceSequence],
) -> Vec<f32> {
    let mut logs: BTreeMap<(&str, bool), (f32, f32)> = BTreeMap::new();
    for (i, phone) in sample.phones.iter().enumerate() {
        let sum = logs.entry((&phone.symbol, phone.stressed)).or_insert((0.0, 0.0));
        for rendering in rendered {
            sum.0 += (rendering.spans[i].len().max(THIRDS) as f32).ln();
            sum.1 += 1.0;
        }
    }
    phones
        .phones
        .iter()
        .map(|phone| {
            logs.get(&(phone.symbol.as_str(), phone.stressed))
                .map_or(12.0, |(sum, count)| (sum / count.max(1.0)).exp())
        })
        .collect()
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
