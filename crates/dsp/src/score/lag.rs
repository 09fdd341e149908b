//! The lag between two signals: the peak of their cross-correlation, by FFT, over the loudest stretch.

use realfft::RealFftPlanner;

/// Samples that are correlated: 24 s at 44.1 kHz, more than enough to be unambiguous.
const STRETCH_SAMPLES: usize = 1 << 20;

/// By how many samples `samples` comes later than `clean` (negative: earlier), at most `greatest`. The sign of the
/// correlation does not count, for some transfers turn the polarity.
pub fn find_lag(samples: &[f32], clean: &[f32], greatest: usize) -> isize {
    let len = samples.len().min(clean.len());
    let stretch = len.min(STRETCH_SAMPLES);
    let start = loudest_stretch(&clean[..len], stretch);
    let fft_len = (stretch + greatest).next_power_of_two().max(2);
    let mut planner = RealFftPlanner::<f64>::new();
    let forward = planner.plan_fft_forward(fft_len);
    let transform = |from: &[f32]| {
        let mut padded = vec![0.0; fft_len];
        for (to, x) in padded.iter_mut().zip(&from[start..start + stretch]) {
            *to = f64::from(*x);
        }
        let mut spectrum = forward.make_output_vec();
        // The lengths are those the plan was made for.
        let _ = forward.process(&mut padded, &mut spectrum);
        spectrum
    };
    let mut product = transform(samples);
    for (x, c) in product.iter_mut().zip(transform(clean)) {
        *x *= c.conj();
    }
    product[0].im = 0.0;
    product[fft_len / 2].im = 0.0;
    let mut correlation = vec![0.0; fft_len];
    let _ = planner.plan_fft_inverse(fft_len).process(&mut product, &mut correlation);
    let reach = greatest.min(fft_len / 2 - 1) as isize;
    let at = |lag: isize| correlation[lag.rem_euclid(fft_len as isize) as usize].abs();
    // Among equals the smallest lag: silence has none.
    let mut best = 0;
    for lag in 1..=reach {
        for lag in [lag, -lag] {
            if at(lag) > at(best) * (1.0 + 1e-9) + f64::MIN_POSITIVE {
                best = lag;
            }
        }
    }
    best
}

/// Where the `stretch` samples with the most energy begin, to an eighth of the stretch.
fn loudest_stretch(samples: &[f32], stretch: usize) -> usize {
    let step = (stretch / 8).max(1);
    let energy =
        |start: usize| samples[start..start + stretch].iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
    let mut best = (0, f64::MIN);
    for start in (0..=samples.len() - stretch).step_by(step) {
        let energy = energy(start);
        if energy > best.1 {
            best = (start, energy);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::noise;

    use super::*;

    #[test]
    fn both_directions_and_both_polarities() {
        let clean = noise::white(1, 20_000, 0.1);
        let mut late = vec![0.0; 123];
        late.extend(clean.iter().map(|x| -x));
        assert_eq!(find_lag(&late, &clean, 500), 123);
        assert_eq!(find_lag(&clean[40..], &clean, 500), -40);
        assert_eq!(find_lag(&clean, &clean, 500), 0);
        assert_eq!(find_lag(&[0.0; 10], &[0.0; 10], 500), 0);
    }
}
