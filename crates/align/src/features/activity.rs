//! Which frames hold speech and which only the recording's own noise, from energy alone.
//!
//! The mean log power over the bands, smoothed over 45 ms by a median; speech above 35 % of the way from the 5th to the
//! 97th percentile, noise below the 12th. Only for levels and first models: the path decides for itself.

use ndarray::Array2;

/// Median over this many frames (45 ms).
const MEDIAN_SPAN: usize = 9;
/// What lies this far below the loudest speech, in nepers of power (15 dB), is somebody else's or a sound of breath.
const FAR_BELOW_NEPERS: f32 = 3.5;
/// A lull is this long (1 s); the soft sounds of words at its ends (0.25 s) are none of it.
const LULL_FRAMES: usize = 200;
const LULL_EDGE: usize = 50;

/// Frames by what they hold.
#[derive(Clone, Debug)]
pub struct SpeechActivity {
    /// Frames that surely hold speech (or another loud sound).
    pub is_speech: Vec<bool>,
    /// Frames within a second and more in which nothing is nearly as loud as the speech: the talker is silent there, whoever else is heard.
    pub lulls: Vec<bool>,
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
        let near = threshold.max(high - FAR_BELOW_NEPERS);
        let lulls = lulls(&smooth.iter().map(|e| *e > near).collect::<Vec<bool>>());
        Self { is_speech, lulls, noise_frames, snr_db }
    }
}

/// Frames of stretches of [`LULL_FRAMES`] and more without `loud` ones, but for their first and last [`LULL_EDGE`].
fn lulls(loud: &[bool]) -> Vec<bool> {
    let mut lulls = vec![false; loud.len()];
    let mut start = 0;
    for stretch in loud.chunk_by(|a, b| a == b) {
        if !stretch[0] && stretch.len() >= LULL_FRAMES {
            lulls[start + LULL_EDGE..start + stretch.len() - LULL_EDGE].fill(true);
        }
        start += stretch.len();
    }
    lulls
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
    fn a_soft_talker_far_away_is_a_lull() {
        // Speech with short pauses, then three seconds of somebody 20 dB softer, then speech.
        let loud = |t: usize| t % 100 < 70;
        let power = Array2::from_shape_fn((2_000, 4), |(t, _)| match t {
            600..1_200 if loud(t) => 0.01,
            _ if loud(t) => 1.0,
            _ => 1e-5,
        });
        let lulls = SpeechActivity::measure(&power).lulls;
        let first = lulls.iter().position(|lull| *lull).unwrap();
        let last = lulls.iter().rposition(|lull| *lull).unwrap();
        assert!(
            first.abs_diff(570 + LULL_EDGE) < 10 && last.abs_diff(1_200 - LULL_EDGE) < 10,
            "{first} {last}"
        );
    }

    #[test]
    fn loud_is_speech_and_quiet_is_noise() {
        let power = Array2::from_shape_fn((1_000, 4), |(t, _)| if t % 200 < 120 { 1.0 } else { 0.01 });
        let activity = SpeechActivity::measure(&power);
        assert!(activity.is_speech[60] && !activity.is_speech[160]);
        assert!(activity.noise_frames.iter().all(|t| t % 200 >= 118));
        assert!((activity.snr_db - 20.0).abs() < 0.5, "{}", activity.snr_db);
    }
}
