//! Waveform peaks: the least and the greatest sample of each stretch, so that no click hides between two pixels.

/// The least and the greatest sample of `bins` stretches of equal length, ascending in time.
///
/// A signal shorter than `bins` samples gives one pair a sample.
pub fn peaks(samples: &[f32], bins: usize) -> Vec<(f32, f32)> {
    let bins = bins.min(samples.len());
    (0..bins)
        .map(|bin| {
            let start = bin * samples.len() / bins;
            let end = (bin + 1) * samples.len() / bins;
            samples[start..end]
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)))
        })
        .collect()
}

/// Peaks as signed bytes, least and greatest in turn, ±127 for ±`full_scale`; rounded outwards, so that a click is never
/// drawn smaller than it is.
pub(crate) fn peak_bytes(samples: &[f32], bins: usize, full_scale: f32) -> Vec<u8> {
    let step = 127.0 / full_scale.max(f32::MIN_POSITIVE);
    let byte = |value: f32| (value.clamp(-127.0, 127.0) as i8).to_le_bytes()[0];
    peaks(samples, bins)
        .into_iter()
        .flat_map(|(low, high)| [byte((low * step).floor()), byte((high * step).ceil())])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_sample_is_never_lost() {
        for place in [0, 1, 499, 999] {
            let mut samples = vec![0.0; 1_000];
            samples[place] = 0.75;
            let peaks = peaks(&samples, 7);
            assert_eq!(peaks.iter().filter(|(_, high)| (*high - 0.75).abs() < 1e-6).count(), 1, "{place}");
        }
    }

    #[test]
    fn short_and_empty_signals_have_short_peaks() {
        assert_eq!(peaks(&[], 5), []);
        assert_eq!(peaks(&[0.5, -0.5], 5), [(0.5, 0.5), (-0.5, -0.5)]);
    }

    #[test]
    fn bytes_span_the_full_scale() {
        assert_eq!(peak_bytes(&[-0.5, 0.5, 0.25, 0.25], 2, 0.5), [129, 127, 63, 64]);
    }
}
