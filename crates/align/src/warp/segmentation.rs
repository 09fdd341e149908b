//! Where each sound lies.

use std::ops::Range;

use super::coarse::COARSE;
use crate::expectation::thirds;
use crate::reference::THIRDS;

/// Where each sound lies.
#[derive(Clone, Debug)]
pub(crate) struct Segmentation {
    /// Boundaries of the three thirds of each sound in frames (four numbers); none where it was not spoken.
    pub(crate) sounds: Vec<Option<[usize; THIRDS + 1]>>,
}

impl Segmentation {
    /// Share of the sounds that were passed over.
    pub(crate) fn absent_share(&self) -> f64 {
        self.sounds.iter().filter(|sound| sound.is_none()).count() as f64 / self.sounds.len().max(1) as f64
    }

    /// How many frames the sounds take.
    pub(crate) fn frames(&self) -> usize {
        self.sounds.iter().flatten().map(|bounds| bounds[THIRDS] - bounds[0]).sum()
    }

    pub(super) fn from_coarse(path: &[Option<(usize, usize)>], frames: usize) -> Self {
        let cut = |span: Range<usize>| {
            let parts = thirds(&span);
            [parts[0].0, parts[1].0, parts[2].0, span.end]
        };
        Self {
            sounds: path
                .iter()
                .map(|span| span.map(|(start, end)| cut(start * COARSE..(end * COARSE).min(frames))))
                .collect(),
        }
    }
}
