//! A small network for many cells: all of its layers for one tile of cells before the next tile, so that nothing between leaves the nearest
//! cache.
//!
//! Products of matrices by a library lay out both factors anew each time, which here, with few outputs to a look, costs a fifth of the product
//! itself. A [`Tile`] is gathered as it is needed: the cells of one look side by side.
//!
//! Sums are joined with their products in one rounding where the machine can, so their last bits differ from one kind of machine to
//! another. They do not depend on the place of a cell in its tile, nor on the other cells.

use pulp::{Simd, WithSimd};

use super::learned::Layer;
use crate::elementary;

/// Cells of a tile: two of the widest vectors that there are, of sixteen floats.
pub(super) const TILE: usize = 32;
/// One number of each cell of a tile.
pub(super) type Tile = [f32; TILE];
/// Outputs at a time: with two vectors of cells each, as many sums as a machine needs to be busy.
const OUTPUTS: usize = 4;

/// A layer laid out for tiles.
pub(super) struct Tiled {
    inputs: usize,
    /// For every [`OUTPUTS`] outputs, one after the other, their weights of each input.
    weights: Vec<[f32; OUTPUTS]>,
    /// Of each output, a multiple of [`OUTPUTS`].
    bias: Vec<f32>,
}

impl Tiled {
    pub(super) fn new(layer: &Layer) -> Self {
        let (inputs, outputs) = layer.kernel.dim();
        let groups = outputs.div_ceil(OUTPUTS);
        let weight = |input, output| layer.kernel.get([input, output]).copied().unwrap_or(0.0);
        let of_group = |group: usize| {
            (0..inputs)
                .map(move |input| std::array::from_fn(|output| weight(input, group * OUTPUTS + output)))
        };
        let bias = (0..groups * OUTPUTS).map(|output| layer.bias.get([output, 0]).copied().unwrap_or(0.0));
        Self { inputs, weights: (0..groups).flat_map(of_group).collect(), bias: bias.collect() }
    }

    /// Outputs, with those that fill up the last group.
    fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// The sums of `inputs`, of those that are `rectified` what is above zero.
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, inputs: &[Tile], sums: &mut [Tile], rectified: bool) {
        // The layer before may have more outputs than count.
        let inputs = &inputs[..self.inputs];
        let step = 2 * S::F32_LANES;
        let zero = simd.splat_f32s(0.0);
        let groups = self.weights.chunks_exact(inputs.len()).zip(self.bias.chunks_exact(OUTPUTS));
        for ((weights, bias), sums) in groups.zip(sums.chunks_exact_mut(OUTPUTS)) {
            for cells in (0..TILE).step_by(step) {
                let mut totals = [[zero; 2]; OUTPUTS];
                for (input, weights) in inputs.iter().zip(weights) {
                    let (input, _) = S::as_simd_f32s(&input[cells..cells + step]);
                    let (one, two) = (input[0], input[1]);
                    for (totals, weight) in totals.iter_mut().zip(weights) {
                        let weight = simd.splat_f32s(*weight);
                        totals[0] = simd.mul_add_e_f32s(weight, one, totals[0]);
                        totals[1] = simd.mul_add_e_f32s(weight, two, totals[1]);
                    }
                }
                for ((totals, bias), sums) in totals.iter().zip(bias).zip(sums.iter_mut()) {
                    let bias = simd.splat_f32s(*bias);
                    let (sums, _) = S::as_mut_simd_f32s(&mut sums[cells..cells + step]);
                    for (sum, total) in sums.iter_mut().zip(totals) {
                        let total = simd.add_f32s(*total, bias);
                        *sum = if rectified { simd.max_f32s(total, zero) } else { total };
                    }
                }
            }
        }
    }
}

/// Two layers of rectified sums and a logistic, and room for the sums of a tile.
pub(super) struct TiledNetwork<'a> {
    layers: &'a [Tiled; 3],
    sums: [Vec<Tile>; 3],
}

impl<'a> TiledNetwork<'a> {
    pub(super) fn new(layers: &'a [Tiled; 3]) -> Self {
        Self { layers, sums: [0, 1, 2].map(|layer: usize| vec![[0.0; TILE]; layers[layer].outputs()]) }
    }

    /// The one output of each cell, between 0 and 1.
    pub(super) fn apply(&mut self, looks: &[Tile]) -> Tile {
        pulp::Arch::new().dispatch(Pass { network: self, looks })
    }
}

/// A tile on its way.
struct Pass<'a, 'b> {
    network: &'a mut TiledNetwork<'b>,
    looks: &'a [Tile],
}

impl WithSimd for Pass<'_, '_> {
    type Output = Tile;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Tile {
        let ([one, two, three], [first, second, last]) = (self.network.layers, &mut self.network.sums);
        one.apply(simd, self.looks, first, true);
        two.apply(simd, first, second, true);
        three.apply(simd, second, last, false);
        let mut outputs = last[0];
        for output in &mut outputs {
            *output = 1.0 / (1.0 + elementary::exp(-*output));
        }
        outputs
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn layer(inputs: usize, outputs: usize) -> Layer {
        let number = |i: usize, o: usize| ((i * 31 + o * 17) % 23) as f32 / 23.0 - 0.45;
        Layer {
            kernel: Array2::from_shape_fn((inputs, outputs), |(i, o)| number(i, o)),
            bias: Array2::from_shape_fn((outputs, 1), |(o, _)| number(o, 5)),
        }
    }

    #[test]
    fn a_tile_goes_through_the_layers_as_one_cell_would() {
        let layers = [layer(11, 10), layer(10, 6), layer(6, 1)];
        let looks: Vec<Tile> = (0..11)
            .map(|look| std::array::from_fn(|cell| ((look * 7 + cell * 3) % 10) as f32 - 4.0))
            .collect();
        // The second layer has outputs that are no multiple of a group: those that fill it up are not looked at.
        let tiled = [&layers[0], &layers[1], &layers[2]].map(Tiled::new);
        let found = TiledNetwork::new(&tiled).apply(&looks);
        for (cell, found) in found.iter().enumerate() {
            let mut values: Vec<f32> = looks.iter().map(|look| look[cell]).collect();
            for (index, layer) in layers.iter().enumerate() {
                let sum = |output: usize| {
                    let products =
                        values.iter().enumerate().map(|(i, value)| value * layer.kernel[[i, output]]);
                    products.sum::<f32>() + layer.bias[[output, 0]]
                };
                values =
                    (0..layer.bias.len()).map(sum).map(|s| if index < 2 { s.max(0.0) } else { s }).collect();
            }
            let exact = 1.0 / (1.0 + (-values[0]).exp());
            assert!((found - exact).abs() < 1e-5, "cell {cell}: {found} for {exact}");
        }
    }
}
