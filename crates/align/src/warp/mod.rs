//! Warping the text onto the recording: a coarse path over everything, then segments with durations, learning from the
//! recording in between.

pub(crate) mod boundary_model;
pub(crate) mod coarse;
pub(crate) mod decoy;
pub(crate) mod discriminant;
pub(crate) mod doubt;
pub(crate) mod evidence;
pub(crate) mod fine;
pub(crate) mod guide;
pub(crate) mod lattice;
pub(crate) mod learning;
pub(crate) mod models;
pub(crate) mod omissions;
pub(crate) mod rounds;
pub(crate) mod segmental;
pub(crate) mod segmentation;
pub(crate) mod starts;
pub(crate) mod steady;
pub(crate) mod steps;
pub(crate) mod windows;
pub(crate) mod word_fit;
