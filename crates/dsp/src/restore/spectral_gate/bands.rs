//! The frequency axis of the learned gain: single bins where harmonics lie apart, wider bands above.
//!
//! Below 2.8 kHz (at a frame of 46 ms) every bin is a band, so that partials and the noise between them get gains of their own;
//! above, 2, 4 and then 8 bins share one: there the ear resolves no more, and averaging leaves less to twitter.

use ndarray::{Array2, ArrayView2, Axis};

/// The first bin from which bands are this many bins wide.
const WIDTHS: [(usize, usize); 4] = [(0, 1), (128, 2), (256, 4), (512, 8)];

/// Which bins make up which band.
#[derive(Clone, Debug)]
pub(super) struct Bands {
    /// First bin of each band, and one past the last of the last.
    edges: Vec<usize>,
}

impl Bands {
    pub(super) fn new(bins: usize) -> Self {
        let mut edges = vec![0];
        let mut bin = 0;
        while bin < bins {
            let width = WIDTHS.iter().rev().find(|(from, _)| bin >= *from).map_or(1, |(_, width)| *width);
            bin = (bin + width).min(bins);
            edges.push(bin);
        }
        Self { edges }
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// The mean over the bins of each band.
    pub(super) fn mean(&self, bins: &[f32]) -> Vec<f32> {
        self.edges.windows(2).map(|e| bins[e[0]..e[1]].iter().sum::<f32>() / (e[1] - e[0]) as f32).collect()
    }

    /// The mean over the bins of each band in every frame, `[frames, bands]`.
    pub(super) fn mean_of_frames(&self, power: ArrayView2<f32>) -> Array2<f32> {
        let mut means = Array2::zeros((power.nrows(), self.len()));
        for (power, mut means) in power.axis_iter(Axis(0)).zip(means.axis_iter_mut(Axis(0))) {
            for (mean, edges) in means.iter_mut().zip(self.edges.windows(2)) {
                let sum: f32 = power.iter().skip(edges[0]).take(edges[1] - edges[0]).sum();
                *mean = sum / (edges[1] - edges[0]) as f32;
            }
        }
        means
    }

    /// Gives every bin the value of its band.
    pub(super) fn spread<'a>(&self, bands: impl IntoIterator<Item = &'a f32>, bins: &mut [f32]) {
        for (value, edges) in bands.into_iter().zip(self.edges.windows(2)) {
            bins[edges[0]..edges[1]].fill(*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_cover_every_bin_once() {
        for bins in [1, 5, 129, 385, 1025, 4097] {
            let bands = Bands::new(bins);
            let mut spread = vec![f32::NAN; bins];
            let numbers: Vec<f32> = (0..bands.len()).map(|b| b as f32).collect();
            bands.spread(&numbers, &mut spread);
            let spread: Vec<usize> = spread.iter().map(|number| *number as usize).collect();
            assert!(spread.windows(2).all(|pair| pair[1] - pair[0] <= 1), "{bins}");
            let values: Vec<f32> = spread.iter().map(|band| *band as f32).collect();
            assert_eq!(bands.mean(&values), numbers);
        }
    }
}
