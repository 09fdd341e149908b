//! Which frames hold speech and which only the recording's own noise, from energy alone.
//!
//! The mean log power over the bands, smoothed over 45 ms by a median; speech above 35 % of the way from the 5th to the
//! 97th percentile, noise below the 12th. Only for levels and first models: the path decides for itself.

use ndarray::Array2;

/// Median over this many frames (45 ms).
const MEDIAN_SPAN: usize = 9;

/// Frames by what they hold.
#[derive(Clone, Debug)]
pub struct SpeechActivity {
    /// Frames that surely hold speech (or another loud sound).
    pub is_speech: Vec<bool>,
    /// The quietest frames, ascending by time: the recording's own noise.
    pub noise_frames: Vec<usize>,
    /// Energy of speech over energy of noise, in dB.
    pub snr_db: f64,
}

impl SpeechActivity {
    /// Judges the frames of `power`, `[frames, bands]`.
    pub fn measure(power: &Array2<f32>) -> Self {
        let bands = power.ncols().max(1) as f32;
        let energy: Vec<f32> = power
            .outer_iter()
            .map(|row| row.iter().map(|p| p.max(1e-20).ln()).sum::<f32>() / bands)
            .collect();
        let smooth = running_median(&energy);
        let mut sorted = smooth.clone();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f64| {
            sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(0.0)
        };
        let (low, high, quiet) = (at(0.05), at(0.97), at(0.12));
        let threshold = low + 0.35 * (high - low);
        let is_speech: Vec<bool> = smooth.iter().map(|e| *e > threshold).collect();
        let noise_frames: Vec<usize> = (0..smooth.len()).filter(|t| smooth[*t] <= quiet).collect();
        let mean = |frames: &mut dyn Iterator<Item = usize>| {
            let (mut sum, mut count) = (0f64, 0usize);
            for t in frames {
                sum += power.row(t).iter().map(|p| f64::from(*p)).sum::<f64>();
                count += 1;
            }
            sum / count.max(1) as f64
        };
        let speech = mean(&mut (0..is_speech.len()).filter(|t| is_speech[*t]));
        let noise = mean(&mut noise_frames.iter().copied());
        let snr_db = 10.0 * ((speech - noise).max(1e-12) / noise.max(1e-12)).log10();
        Self { is_speech, noise_frames, snr_db }
    }
}

fn running_median(values: &[f32]) -> Vec<f32> {
    let half = MEDIAN_SPAN / 2;
    (0..values.len())
        .map(|i| {
            let mut window: Vec<f32> =
                values[i.saturating_sub(half)..(i + half + 1).min(values.len())].to_vec();
            window.sort_by(f32::total_cmp);
            window[window.len() / 2]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_is_speech_and_quiet_is_noise() {
        let power = Array2::from_shape_fn((1_000, 4), |(t, _)| if t % 200 < 120 { 1.0 } else { 0.01 });
        let activity = SpeechActivity::measure(&power);
        assert!(activity.is_speech[60] && !activity.is_speech[160]);
        assert!(activity.noise_frames.iter().all(|t| t % 200 >= 118));
        assert!((activity.snr_db - 20.0).abs() < 0.5, "{}", activity.snr_db);
    }
}
