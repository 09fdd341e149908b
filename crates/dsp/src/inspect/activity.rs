//! Where the programme is, told from surface noise by its level in the band that every disc carries.

use std::ops::Range;

use tonearm_audio::{Hertz, SampleRate};

use crate::filter::Butterworth;
use crate::level::{block_levels_db, percentile};
use crate::{DspError, level};

/// The band of the telephone, which any horn passes and rumble does not reach.
const BAND_HZ: (f64, f64) = (300.0, 3_400.0);
/// One level every 50 ms.
const BLOCK_SECS: f64 = 0.05;
/// A click fills one block; the median over this many passes over it.
const MEDIAN_BLOCKS: usize = 5;
/// A block that holds so long a stretch of digital silence holds no surface noise.
const SILENT_SECS: f64 = 0.01;
/// Programme stands at least this far over the noise, or nothing is said of it.
const LEAST_CONTRAST_DB: f64 = 4.0;
/// Share of the way from noise to programme above which a block counts as active.
const ACTIVE_SHARE: f64 = 0.4;

/// Where the programme is.
pub(super) struct Activity {
    pub(super) lead_in_secs: f64,
    pub(super) run_out_secs: f64,
    pub(super) programme_over_noise_db: Option<f64>,
    /// Whether each block of [`BLOCK_SECS`] holds programme.
    active: Vec<bool>,
    /// Whether each block is programme or noise of the disc.
    counted: Vec<bool>,
}

impl Activity {
    /// Whether there is programme at an instant or noise of the disc, and not a lifted needle or digital silence.
    pub(super) fn is_counted(&self, instant_secs: f64) -> bool {
        self.counted.get((instant_secs / BLOCK_SECS) as usize).copied().unwrap_or(true)
    }

    /// Whether there is programme at an instant.
    pub(super) fn is_active(&self, instant_secs: f64) -> bool {
        self.active.get((instant_secs / BLOCK_SECS) as usize).copied().unwrap_or(false)
    }
}

/// The activity of `mono` while the needle lies in the groove; with `silent_pauses` digital silence counts as what the programme stands over.
pub(super) fn find(
    mono: &[f32],
    rate: SampleRate,
    groove_secs: &Range<f64>,
    silent_pauses: bool,
) -> Result<Activity, DspError> {
    let high = Hertz::new(BAND_HZ.1.min(0.45 * rate.as_f64()));
    let band =
        Butterworth::band_pass(4, Hertz::new(BAND_HZ.0.min(high.get() / 2.0)), high, rate)?.zero_phase(mono);
    let raw = block_levels_db(&band, rate.samples_in(BLOCK_SECS).max(1));
    let levels: Vec<f64> = (0..raw.len())
        .map(|i| {
            let from = i.saturating_sub(MEDIAN_BLOCKS / 2);
            level::median(&raw[from..(i + MEDIAN_BLOCKS / 2 + 1).min(raw.len())])
                .unwrap_or(level::SILENCE_DBFS)
        })
        .collect();
    let in_groove = in_groove(levels.len(), groove_secs);
    let of_disc: Vec<bool> = in_groove
        .iter()
        .zip(sounding(mono, rate))
        .map(|(in_groove, sounds)| *in_groove && (sounds || silent_pauses))
        .collect();
    let counted = away_from_others(&of_disc);
    let judged: Vec<f64> =
        levels.iter().zip(&counted).filter(|(_, counted)| **counted).map(|(level, _)| *level).collect();
    let quiet = percentile(&judged, 0.05).unwrap_or(level::SILENCE_DBFS);
    let loud = percentile(&judged, 0.95).unwrap_or(level::SILENCE_DBFS);
    let contrast = loud - quiet;
    if contrast < LEAST_CONTRAST_DB {
        return Ok(Activity {
            lead_in_secs: 0.0,
            run_out_secs: 0.0,
            programme_over_noise_db: None,
            active: vec![false; levels.len()],
            counted,
        });
    }
    // Digital silence in the pauses would put the threshold far below the programme.
    let threshold = (quiet + ACTIVE_SHARE * contrast).max(loud - 30.0);
    let active: Vec<bool> =
        levels.iter().zip(&in_groove).map(|(level, in_groove)| *in_groove && *level > threshold).collect();
    let first = active.iter().position(|active| *active).unwrap_or(0);
    let last = active.iter().rposition(|active| *active).map_or(0, |last| last + 1);
    let total_secs = mono.len() as f64 / rate.as_f64();
    Ok(Activity {
        lead_in_secs: first as f64 * BLOCK_SECS,
        run_out_secs: (total_secs - last as f64 * BLOCK_SECS).max(0.0),
        programme_over_noise_db: Some(contrast),
        active,
        counted,
    })
}

/// Whether each of `blocks` lies in the groove.
fn in_groove(blocks: usize, groove_secs: &Range<f64>) -> Vec<bool> {
    (0..blocks).map(|block| groove_secs.contains(&((block as f64 + 0.5) * BLOCK_SECS))).collect()
}

/// Whether no part of each block is digital silence.
fn sounding(mono: &[f32], rate: SampleRate) -> impl Iterator<Item = bool> {
    let part = rate.samples_in(SILENT_SECS).max(1);
    let sounds = move |part: &[f32]| part.iter().any(|x| x.abs() > level::SILENT_PEAK);
    mono.chunks_exact(rate.samples_in(BLOCK_SECS).max(1)).map(move |block| block.chunks(part).all(sounds))
}

/// Those of the blocks for which all within reach of the median count.
fn away_from_others(counted: &[bool]) -> Vec<bool> {
    let reach = MEDIAN_BLOCKS / 2;
    let about = |block: usize| block.saturating_sub(reach)..(block + reach + 1).min(counted.len());
    (0..counted.len()).map(|block| counted[about(block)].iter().all(|counted| *counted)).collect()
}

/// Runs of at least three samples held at the largest magnitude, where that lies near full scale.
pub(super) fn clipped_runs(samples: &[f32]) -> usize {
    const SHORTEST_RUN: usize = 3;
    const NEAR_FULL_SCALE: f32 = 0.5;
    let peak = level::peak(samples);
    if peak < NEAR_FULL_SCALE {
        return 0;
    }
    let at_peak = |x: &f32| x.abs() >= 0.9999 * peak;
    samples
        .chunk_by(|a, b| at_peak(a) && at_peak(b) && a.signum() == b.signum())
        .filter(|run| run.len() >= SHORTEST_RUN)
        .count()
}
