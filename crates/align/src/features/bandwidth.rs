//! The band that holds speech on this recording: a disc cut through a horn has none above 3 or 4 kHz, and bands that hold
//! only noise would drown the rest.
//!
//! A fine mel band counts where the loud frames stand above the quiet ones. Long-term: loud is the mean over the frames
//! between the 70th and the 97th percentile of energy, quiet the mean over the lowest 12 %.

use tonearm_dsp::mel::{hz_of_mel, mel_of_hz};

use super::mel::{FINE_BANDS, MelPower};

/// A band counts as carrying speech where loud frames exceed quiet ones by this ratio of power (4 dB).
const MIN_RATIO: f64 = 2.5;

/// From where to where the speech of a recording reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bandwidth {
    /// Lowest frequency, in hertz.
    pub low_hz: f64,
    /// Highest frequency, in hertz.
    pub high_hz: f64,
}

/// Finds the band in which speech stands above the noise of the recording; `source_nyquist_hz` bounds it.
pub fn measure_bandwidth(fine: &MelPower, source_nyquist_hz: f64) -> Bandwidth {
    let energy: Vec<f32> = fine.outer_iter().map(|row| row.iter().map(|p| (p + 1e-10).ln()).sum()).collect();
    let mut order: Vec<usize> = (0..energy.len()).collect();
    order.sort_by(|a, b| energy[*a].total_cmp(&energy[*b]).then(a.cmp(b)));
    let mean = |from: f64, to: f64| -> Vec<f64> {
        let range = (order.len() as f64 * from) as usize..((order.len() as f64 * to) as usize).max(1);
        let rows = order.get(range).unwrap_or(&[]);
        (0..FINE_BANDS)
            .map(|band| {
                rows.iter().map(|r| f64::from(fine[[*r, band]])).sum::<f64>() / rows.len().max(1) as f64
            })
            .collect()
    };
    let (loud, quiet) = (mean(0.70, 0.97), mean(0.0, 0.12));
    let peak = loud.iter().copied().fold(0.0, f64::max);
    let carries = |band: usize| loud[band] > MIN_RATIO * quiet[band] && loud[band] > 1e-7 * peak;
    let centre = |band: usize| {
        let (low, high) = (mel_of_hz(60.0), mel_of_hz(8_000.0));
        hz_of_mel(low + (high - low) * (band + 1) as f64 / (FINE_BANDS + 1) as f64)
    };
    let loudest = (0..FINE_BANDS).max_by(|a, b| loud[*a].total_cmp(&loud[*b])).unwrap_or(0);
    // From the loudest band outwards; single bands that fail in between do not end the run.
    let reach = |bands: &mut dyn Iterator<Item = usize>| {
        let (mut last, mut misses) = (loudest, 0);
        for band in bands {
            if carries(band) {
                last = band;
                misses = 0;
            } else {
                misses += 1;
                if misses > 3 {
                    break;
                }
            }
        }
        last
    };
    let low = reach(&mut (0..loudest).rev());
    let high = reach(&mut (loudest..FINE_BANDS));
    let high_hz = centre(high).min(0.96 * source_nyquist_hz).clamp(2_500.0, 7_600.0);
    Bandwidth { low_hz: centre(low).clamp(80.0, 400.0), high_hz }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_without_speech_are_left_out() {
        let mut fine = MelPower::from_elem((400, FINE_BANDS), 1e-4);
        for frame in (0..400).filter(|f| f % 4 != 0) {
            for band in 8..40 {
                fine[[frame, band]] = 1.0 + 0.01 * frame as f32;
            }
        }
        let band = measure_bandwidth(&fine, 22_050.0);
        assert!((2_500.0..3_600.0).contains(&band.high_hz), "{band:?}");
        assert!(band.low_hz >= 200.0, "{band:?}");
    }
}
