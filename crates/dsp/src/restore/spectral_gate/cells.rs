//! Cells of time and frequency on their way through a network: gathered from wherever they lie, [`BLOCK`] bands of a frame together, until a
//! tile is full, and each answered in its place.

use std::ops::Range;

use ndarray::Array2;

use super::context::Said;
use super::evidence::{Evidence, FrameLooks};
use super::learned::Network;
use super::tiles::{TILE, Tile, TiledNetwork};

/// Bands that are asked together; of the last block of a frame there may be fewer.
pub(super) const BLOCK: usize = 8;

/// Gathers cells for a network.
pub(super) struct Cells<'a> {
    network: TiledNetwork<'a>,
    evidence: &'a [&'a Evidence],
    said: Option<&'a Said>,
    /// Of the tile that is being filled, `[looks]`.
    looks: Vec<Tile>,
    /// The blocks in it: row of the gains, first band.
    places: Vec<(usize, usize)>,
    /// The first frame of the gains.
    first_frame: usize,
    /// `[frames, bands]`, zero where nothing was asked.
    gains: Array2<f32>,
}

impl<'a> Cells<'a> {
    /// For gains of `frames`: the network looks at each evidence in turn and at what the context says.
    pub(super) fn new(
        network: &'a Network,
        evidence: &'a [&'a Evidence],
        said: Option<&'a Said>,
        frames: Range<usize>,
    ) -> Self {
        let (_, bands) = evidence[0].shape();
        Self {
            network: network.tiled(),
            evidence,
            said,
            looks: vec![[0.0; TILE]; network.looks()],
            places: Vec::with_capacity(TILE / BLOCK),
            first_frame: frames.start,
            gains: Array2::zeros((frames.len(), bands)),
        }
    }

    /// Asks for the gains of some blocks of a frame, each given by its first band.
    pub(super) fn ask(&mut self, frame: usize, blocks: impl Iterator<Item = usize>) {
        let looks: Vec<FrameLooks> = self.evidence.iter().map(|evidence| evidence.looks(frame)).collect();
        for first_band in blocks {
            let part = self.places.len();
            let mut columns = self.looks.iter_mut().map(|tile| &mut tile.as_chunks_mut::<BLOCK>().0[part]);
            looks.iter().for_each(|looks| looks.write(first_band, &mut columns));
            if let Some(said) = self.said {
                said.write(frame, first_band, &mut columns);
            }
            self.places.push((frame - self.first_frame, first_band));
            if self.places.len() * BLOCK == TILE {
                self.answer();
            }
        }
    }

    /// Asks for all gains of a frame.
    pub(super) fn ask_all(&mut self, frame: usize) {
        let bands = self.gains.ncols();
        self.ask(frame, (0..bands).step_by(BLOCK));
    }

    /// Answers all that was asked for.
    pub(super) fn answer(&mut self) {
        if self.places.is_empty() {
            return;
        }
        let found = self.network.apply(&self.looks);
        for ((row, first_band), found) in self.places.drain(..).zip(found.chunks_exact(BLOCK)) {
            let own = self.gains.row_mut(row);
            own.into_iter().skip(first_band).zip(found).for_each(|(gain, found)| *gain = *found);
        }
    }

    /// The gains of a frame, as far as they are answered.
    pub(super) fn of_frame(&self, frame: usize) -> &[f32] {
        self.gains.row(frame - self.first_frame).to_slice().unwrap_or_default()
    }

    /// The same, to be written to.
    pub(super) fn of_frame_mut(&mut self, frame: usize) -> &mut [f32] {
        self.gains.row_mut(frame - self.first_frame).into_slice().unwrap_or_default()
    }

    /// Answers what is still open and returns the gains, `[frames, bands]`.
    pub(super) fn finish(mut self) -> Array2<f32> {
        self.answer();
        self.gains
    }
}
