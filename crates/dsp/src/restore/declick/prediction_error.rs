//! Evidence from the prediction error of an autoregressive model, in both directions of time.
//!
//! What a model of the last 0.7 ms cannot foresee and a model run backwards cannot explain either is damage, or noise.
//! One direction alone takes every glottal pulse for a click: the voice is excited anew at each, and only forwards
//! (Niedźwiecki and Ciołek, "Elimination of impulsive disturbances from archive audio signals using bidirectional
//! processing", IEEE Trans. ASLP 21 (2013); Godsill and Rayner, *Digital Audio Restoration*, 1998, ch. 5).
//!
//! | symbol | here |
//! |---|---|
//! | p | `ORDER_SECS`, 31 at 44.1 kHz |
//! | e_f, e_b | forward and backward error |
//! | d = min(\|e_f\|, \|e_b\|) / σ̂ | the score returned |
//!
//! **Known failures.** A pulse longer than the order is predicted by its own beginning, so only its ends show.

use rayon::prelude::*;

use crate::autoregression::ArModel;
use crate::restore::local_scale::{NORMAL_QUARTILE, median};

/// The model's order in seconds.
const ORDER_SECS: f64 = 0.0007;
/// The frame a model is fitted to, in seconds; it serves the middle half.
const FRAME_SECS: f64 = 0.046;

/// How far each sample stands above the local scale of the prediction error, in multiples of that scale.
pub(super) fn scores(samples: &[f32], rate_hz: f64, floor: f32) -> Vec<f32> {
    let order = ((ORDER_SECS * rate_hz).round() as usize).max(6);
    let hop = ((FRAME_SECS / 2.0 * rate_hz).round() as usize).max(2 * order);
    let mut scores = vec![0.0f32; samples.len()];
    scores.par_chunks_mut(hop).enumerate().for_each(|(block, scores)| {
        let start = block * hop;
        let end = start + scores.len();
        let first = start.saturating_sub(hop / 2 + order);
        let last = (end + hop / 2 + order).min(samples.len());
        let frame: Vec<f64> = samples[first..last].iter().map(|&x| f64::from(x)).collect();
        if frame.len() < 4 * order || frame.iter().all(|x| x.abs() < f64::from(floor)) {
            return;
        }
        let model = ArModel::fit(&frame, order);
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        model.forward_error(&frame, &mut forward);
        model.backward_error(&frame, &mut backward);
        let mut magnitudes: Vec<f32> = forward.iter().chain(&backward).map(|e| e.abs() as f32).collect();
        let scale = ((f64::from(median(&mut magnitudes)) / NORMAL_QUARTILE) as f32).max(floor);
        for (i, score) in scores.iter_mut().enumerate() {
            // Near an edge one direction is missing, and nothing is claimed.
            let place = start + i - first;
            let (Some(f), Some(b)) =
                (place.checked_sub(order).and_then(|k| forward.get(k)), backward.get(place))
            else {
                continue;
            };
            *score = f.abs().min(b.abs()) as f32 / scale;
        }
    });
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_stands_out_and_a_glottal_pulse_train_does_not() {
        // A pulse train through a resonance: the excitation is seen forwards alone.
        let mut random = tonearm_testkit::random::Random::new(2);
        let mut x = vec![0.0f64; 44_100];
        for i in 2..x.len() {
            let pulse = if i % 400 == 0 { 0.3 } else { 0.0 };
            x[i] = pulse + 0.001 * random.normal() + 1.9 * x[i - 1] - 0.93 * x[i - 2];
        }
        let mut samples: Vec<f32> = x.iter().map(|&v| 0.2 * v as f32).collect();
        let voiced = scores(&samples, 44_100.0, 1e-6);
        samples[20_123] += 0.1;
        let clicked = scores(&samples, 44_100.0, 1e-6);
        let other = voiced.iter().copied().fold(0.0, f32::max);
        assert!(clicked[20_123] > 20.0, "{}", clicked[20_123]);
        assert!(clicked[20_123] > 2.0 * other, "{} against {other}", clicked[20_123]);
    }

    #[test]
    fn silence_scores_nothing() {
        assert!(scores(&[0.0; 5_000], 44_100.0, 1e-6).iter().all(|s| s.to_bits() == 0));
        assert!(scores(&[], 44_100.0, 1e-6).is_empty());
    }
}
