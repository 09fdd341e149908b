//! How good a restoration is: a restored signal against the clean one, and against the truth of a simulated disc.

mod active_level;

pub use active_level::active_level;
