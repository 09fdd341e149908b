//! Acoustic models in ONNX files, run by `rten`.
//!
//! A model takes samples at 16 kHz as `[1, samples]` and returns `[1, frames, tokens]`, as wav2vec 2.0, HuBERT and WavLM with a
//! CTC head do when they are exported. An input `attention_mask` is filled with ones. Models that want spectra are refused.
//!
//! Every piece of a recording runs on one thread and pieces run side by side: the result is the same on any number of threads.

use std::path::Path;
use std::sync::Arc;

use ndarray::Array2;
use rten::{DataType, Dimension, Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView, ValueType};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

use super::AcousticModel;
use crate::AlignError;

/// How exporters call the input that says which samples count.
const MASK_NAME: &str = "attention_mask";

/// A CTC model from an ONNX file.
pub struct OnnxModel {
    model: Model,
    samples: NodeId,
    mask: Option<NodeId>,
    output: NodeId,
    fixed_samples: Option<usize>,
}

impl std::fmt::Debug for OnnxModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxModel").field("fixed_samples", &self.fixed_samples).finish_non_exhaustive()
    }
}

impl OnnxModel {
    /// Reads a model and checks that it takes what can be given.
    ///
    /// # Errors
    /// [`AlignError::AcousticModel`] where the file is no ONNX model, or one with other inputs.
    pub fn open(path: &Path) -> Result<Self, AlignError> {
        // Not by its ending: whatever the file is called, it is an ONNX model or refused. Weights that lie in files
        // beside it are found by its path.
        let named_onnx = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"));
        let model = if named_onnx {
            Model::load_file(path)
        } else {
            let bytes = std::fs::read(path).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
            Model::load(bytes)
        };
        let model =
            model.map_err(|error| wrong(format!("it cannot be read as ONNX: {}", in_one_line(&error))))?;
        Self::of(model)
    }

    fn of(model: Model) -> Result<Self, AlignError> {
        let name = |id: NodeId| {
            model.node_info(id).and_then(|info| info.name().map(str::to_owned)).unwrap_or_default()
        };
        let (masks, inputs): (Vec<NodeId>, Vec<NodeId>) =
            model.input_ids().iter().partition(|id| name(**id) == MASK_NAME);
        let [samples] = inputs[..] else {
            let names: Vec<String> = inputs.iter().map(|id| name(*id)).collect();
            return Err(wrong(format!(
                "it has {} inputs ({}) and should have one, samples at 16 kHz as [1, samples]",
                names.len(),
                names.join(", ")
            )));
        };
        let info = model.node_info(samples);
        let shape = info.as_ref().and_then(|info| info.shape());
        let is_float =
            info.and_then(|info| info.dtype()).is_none_or(|kind| kind == ValueType::Tensor(DataType::Float));
        let takes_one = |dimension: &Dimension| match dimension {
            Dimension::Fixed(count) => *count == 1,
            Dimension::Symbolic(_) => true,
        };
        let fits = is_float && shape.as_ref().is_none_or(|shape| shape.len() == 2 && takes_one(&shape[0]));
        if !fits {
            let shape = shape.map_or("a shape it does not tell".to_owned(), |shape| written(&shape));
            let kind = if is_float { "" } else { " of whole numbers" };
            return Err(wrong(format!(
                "its input `{}` is {shape}{kind} and should be samples at 16 kHz as [1, samples]",
                name(samples)
            )));
        }
        let fixed_samples = shape.and_then(|shape| match shape[1] {
            Dimension::Fixed(count) => Some(count),
            Dimension::Symbolic(_) => None,
        });
        let Some(output) = model.output_ids().first().copied() else {
            return Err(wrong("it has no output".to_owned()));
        };
        Ok(Self { samples, mask: masks.first().copied(), output, fixed_samples, model })
    }
}

impl AcousticModel for OnnxModel {
    fn fixed_samples(&self) -> Option<usize> {
        self.fixed_samples
    }

    fn scores(&self, samples: &[f32]) -> Result<Array2<f32>, AlignError> {
        let shape = [1, samples.len()];
        let mut inputs: Vec<(NodeId, ValueOrView)> =
            vec![(self.samples, NdTensor::from_data(shape, samples.to_vec()).into())];
        if let Some(mask) = self.mask {
            inputs.push((mask, NdTensor::<i32, 2>::full(shape, 1).into()));
        }
        let options = RunOptions::default().with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(1))));
        let output = self
            .model
            .run(inputs, &[self.output], Some(options))
            .map_err(|error| {
                wrong(format!("it fails on {} samples: {}", samples.len(), in_one_line(&error)))
            })?
            .into_iter()
            .next()
            .unwrap_or_else(|| Value::from(0f32));
        let scores: Tensor<f32> =
            output.try_into().map_err(|_| wrong("its output is no float tensor".to_owned()))?;
        match *scores.shape() {
            [1, frames, tokens] | [frames, tokens] => {
                Array2::from_shape_vec((frames, tokens), scores.to_vec())
                    .map_err(|error| wrong(format!("its output cannot be read ({error})")))
            }
            ref shape => Err(wrong(format!("its output is {shape:?} and should be [1, frames, tokens]"))),
        }
    }
}

fn wrong(reason: String) -> AlignError {
    AlignError::AcousticModel { reason }
}

/// A shape as people write it: `[batch, 80, frames]`.
fn written(shape: &[Dimension]) -> String {
    let sizes: Vec<String> = shape
        .iter()
        .map(|dimension| match dimension {
            Dimension::Fixed(count) => count.to_string(),
            Dimension::Symbolic(name) => name.clone(),
        })
        .collect();
    format!("[{}]", sizes.join(", "))
}

/// What another library says, on one line and without a full stop.
fn in_one_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}
