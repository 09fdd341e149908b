//! How large a signal usually is around a place: the robust local scale that every detector of damage measures against.
//!
//! σ = median(|x|) / 0.6745 in short blocks, then a running median of the blocks, then linear interpolation between block
//! centres. The median ignores up to half of the samples, so clicks do not raise the scale that they are measured by
//! (Huber, *Robust Statistics*, 2nd ed., §5.1; 0.6745 is the upper quartile of the normal distribution).

/// The upper quartile of the standard normal distribution: median(|x|) of Gaussian noise of σ = 1.
pub(crate) const NORMAL_QUARTILE: f64 = 0.674_489_750_196_081_7;

/// The scale in every block of a signal.
#[derive(Clone, Debug)]
pub(crate) struct LocalScale {
    block_len: usize,
    blocks: Vec<f32>,
}

impl LocalScale {
    /// Measures `samples` in blocks of `block_len`, then takes the median over `2·reach + 1` blocks.
    pub(crate) fn measure(samples: &[f32], block_len: usize, reach: usize) -> Self {
        let block_len = block_len.max(1);
        let mut magnitudes = Vec::with_capacity(block_len);
        let raw: Vec<f32> = samples
            .chunks(block_len)
            .map(|block| {
                magnitudes.clear();
                magnitudes.extend(block.iter().map(|x| x.abs()));
                (f64::from(median(&mut magnitudes)) / NORMAL_QUARTILE) as f32
            })
            .collect();
        let blocks = (0..raw.len())
            .map(|i| {
                let mut near = raw[i.saturating_sub(reach)..(i + reach + 1).min(raw.len())].to_vec();
                median(&mut near)
            })
            .collect();
        Self { block_len, blocks }
    }

    /// The scale at sample `index`, interpolated between the centres of blocks.
    pub(crate) fn at(&self, index: usize) -> f32 {
        let Some(last) = self.blocks.len().checked_sub(1) else { return 0.0 };
        let place = ((index as f32 + 0.5) / self.block_len as f32 - 0.5).max(0.0);
        let left = (place as usize).min(last);
        let right = (left + 1).min(last);
        let share = (place - left as f32).clamp(0.0, 1.0);
        self.blocks[left] + share * (self.blocks[right] - self.blocks[left])
    }
}

/// The median (upper of the two middle values for an even count); 0 for none. Reorders `values`.
pub(crate) fn median(values: &mut [f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_noise_is_its_deviation_whatever_clicks_it_holds() {
        let mut random = tonearm_testkit::random::Random::new(3);
        let mut samples: Vec<f32> = (0..44_100).map(|_| (0.1 * random.normal()) as f32).collect();
        for click in samples.iter_mut().step_by(50) {
            *click = 0.9;
        }
        let scale = LocalScale::measure(&samples, 441, 4);
        for index in [0, 441, 20_000, 44_099] {
            assert!((scale.at(index) - 0.1).abs() < 0.015, "{}", scale.at(index));
        }
    }

    #[test]
    fn the_median_is_the_sorted_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]).to_bits(), 2f32.to_bits());
        assert_eq!(median(&mut []).to_bits(), 0f32.to_bits());
        assert_eq!(LocalScale::measure(&[], 10, 2).at(5).to_bits(), 0f32.to_bits());
    }
}
