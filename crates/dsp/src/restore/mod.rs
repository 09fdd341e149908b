//! Restoration: whole-file stages and the chain that runs them. Primitives of this crate never import this module.

mod chain;
mod stage;

pub use chain::{Chain, Restored};
pub use stage::{Finding, Repair, Stage, StageReport};
