//! An acoustic model of the user's own, as one more stream of the local cost.
//!
//! ```text
//! Signal -> 16 kHz mono -> AcousticModel (CTC) -> Emissions: log probabilities of tokens, frame by frame
//! words  -> Tokens -> Spelling: the tokens of every word, and which sounds each of them stands for
//!
//! coarse path: TokenLikelihoods, was a token of this sound heard near this frame?     (needs no path)
//! fine path:   Occupancies, is the text at this sound in this frame?                 (needs the coarse path)
//! ```
//!
//! Models of connectionist temporal classification put a short spike somewhere inside a sound and the blank everywhere else. A
//! frame's own probabilities therefore say little about the sounds between the spikes; both streams carry what the
//! spikes say to the frames around them, and both are bounded, so that a model that errs can be outvoted by the sound itself.

mod emissions;
mod likelihoods;
mod occupancy;
#[cfg(feature = "onnx")]
mod onnx;
mod spelling;
mod tokens;

pub use emissions::{AcousticModel, Acoustics, InputLevel};
#[cfg(feature = "onnx")]
pub use onnx::OnnxModel;
pub use tokens::Tokens;

pub(crate) use emissions::Emissions;
pub(crate) use likelihoods::{TokenLikelihoods, UnitScores};
pub(crate) use occupancy::Occupancies;
pub(crate) use spelling::Spelling;
