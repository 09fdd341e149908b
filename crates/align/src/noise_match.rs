//! Takes a reference to the recording's own conditions before anything is compared.
//!
//! Source: M. J. F. Gales and S. J. Young, "Robust continuous speech recognition using parallel model combination", IEEE
//! Trans. Speech and Audio Processing 4(5), 1996, section III: noise and speech add in the linear spectral domain. Here no
//! distributions are combined but frames: the reference's powers are scaled band by band until its speech is as loud as
//! the recording's, then frames of the recording's own pauses are added. Nothing is ever taken off the recording.
//!
//! Shapes: `[frames, bands]`, powers. Assumes noise whose level changes little over the side.

use ndarray::Array2;

use crate::features::SpeechActivity;

/// Consecutive noise frames that are taken together, so that the added noise keeps its slopes: 40 ms.
const NOISE_RUN: usize = 8;
/// Reference frames within this many nepers of power of the loudest (97th percentile) count as its speech.
const SPEECH_REACH: f32 = 6.0;

/// The conditions of a recording.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    /// Mean power of its speech without its noise, a band.
    speech: Vec<f32>,
    /// Runs of its noise.
    noise: Vec<Vec<f32>>,
}

impl Conditions {
    pub(crate) fn measured(power: &Array2<f32>, activity: &SpeechActivity) -> Self {
        let bands = power.ncols();
        let mean = |frames: &mut dyn Iterator<Item = usize>| {
            let (mut sum, mut count) = (vec![0f64; bands], 0f64);
            for t in frames {
                count += 1.0;
                sum.iter_mut().zip(power.row(t)).for_each(|(s, p)| *s += f64::from(*p));
            }
            sum.into_iter().map(|s| s / count.max(1.0)).collect::<Vec<f64>>()
        };
        let loud = mean(&mut (0..power.nrows()).filter(|t| activity.is_speech[*t]));
        let quiet = mean(&mut activity.noise_frames.iter().copied());
        // Speech below a twentieth of its band's noise cannot be told from it.
        let speech = loud.iter().zip(&quiet).map(|(l, q)| (l - q).max(0.05 * q).max(1e-12) as f32).collect();
        let noise = activity.noise_frames.iter().map(|t| power.row(*t).to_vec()).collect();
        Self { speech, noise }
    }

    /// `reference` as this recording would have caught it; `seed` chooses the noise.
    pub(crate) fn matched(&self, reference: &Array2<f32>, seed: u64) -> Array2<f32> {
        let (frames, bands) = reference.dim();
        let energy: Vec<f32> = reference
            .outer_iter()
            .map(|row| row.iter().map(|p| p.max(1e-20).ln()).sum::<f32>() / bands as f32)
            .collect();
        let mut sorted = energy.clone();
        sorted.sort_by(f32::total_cmp);
        let loud = sorted.get((sorted.len() as f64 * 0.97) as usize).copied().unwrap_or(0.0) - SPEECH_REACH;
        let mut level = vec![0f64; bands];
        let mut count = 0f64;
        for (row, _) in reference.outer_iter().zip(&energy).filter(|(_, e)| **e > loud) {
            count += 1.0;
            level.iter_mut().zip(row).for_each(|(l, p)| *l += f64::from(*p));
        }
        let gain: Vec<f32> = level
            .iter()
            .zip(&self.speech)
            .map(|(l, s)| (f64::from(*s) / (l / count.max(1.0)).max(1e-20)) as f32)
            .collect();
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut at = 0;
        Array2::from_shape_fn((frames, bands), |(t, band)| {
            if band == 0 && t % NOISE_RUN == 0 {
                // xorshift64: any spread will do.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                at = (state >> 11) as usize % self.noise.len().max(1);
            }
            let noise =
                self.noise.get((at + t % NOISE_RUN) % self.noise.len().max(1)).map_or(0.0, |n| n[band]);
            reference[[t, band]] * gain[band] + noise
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_meets_speech_and_noise_is_added() {
        let recording = Array2::from_shape_fn((400, 2), |(t, band)| match (t % 100 < 60, band) {
            (true, 0) => 8.0,
            (true, _) => 3.0,
            _ => 1.0,
        });
        let conditions = Conditions::measured(&recording, &SpeechActivity::measure(&recording));
        let reference = Array2::from_shape_fn((100, 2), |(t, _)| if t < 80 { 0.5 } else { 1e-9 });
        let matched = conditions.matched(&reference, 1);
        assert!((matched[[10, 0]] - 8.0).abs() < 0.2 && (matched[[10, 1]] - 3.0).abs() < 0.2, "{matched}");
        assert!((matched[[95, 0]] - 1.0).abs() < 0.01);
    }
}
