//! Whether the difference of two matched walls is noise, or something that is played.
//!
//! What two walls of one groove do not share is surface noise, clicks, and the little that tracing and azimuth leave: noise lies
//! still in each band, a click strikes all bands at once and is over, distortion stays far below the programme. What is played
//! on one side of a stereo stage swells in some bands and not in others, for as long as a note lasts, whether or not the sum
//! swells with it. A cell, one band of one frame, *stands out* where the difference lies
//!
//! * well above its own floor there (the level that a fifth of the frames around stay below), by more than the middle band of that
//!   frame does, so that a click or the swish of a turn says nothing;
//! * not far below the sum of the walls, in that band and in the whole frame: so that distortion says nothing;
//! * for most of 0.16 seconds.
//!
//! Energies over frames and bands; no source. **Assumptions.** Instruments differ in place, and do not all sound in every band at all
//! times. **Known failures.** A side signal that hardly exceeds the noise (3 dB where it is the reverberation of drums, which fills
//! all bands at once), or stays more than 25 dB below the programme wherever it sounds, is taken for noise.

use std::ops::Range;

use ndarray::Array2;

use super::weights::bands;
use crate::level::{median, percentile};

/// How far the difference stands above its floor and the frame's middle band, in dB. Noise in six bins that overlap by half
/// spreads by 2 dB; four frames of seven agree on 5 dB in less than one cell of a hundred.
const LEAST_RISE_DB: f64 = 5.0;
/// How far below the sum of the walls it may lie, in the band and against the whole frame, in dB. Of even harmonics 26 dB below the
/// programme, next to nothing passes both.
const LEAST_IN_BAND_DB: f64 = -15.0;
const LEAST_IN_FRAME_DB: f64 = -25.0;
/// The share of frames that lies below a band's floor, and the seconds in which it is sought: over a side the noise changes colour.
const FLOOR_SHARE: f64 = 0.2;
const FLOOR_SECS: f64 = 20.0;
/// Frames this far below the loud ones, in dB, are no disc: silence that was cut in.
const LEAST_FRAME_DB: f64 = -50.0;
const LOUD_SHARE: f64 = 0.8;
/// Of so many frames in a row, so many must stand out: a click is in two.
const ROW: usize = 7;
const MOST_OF_ROW: usize = 4;

/// Levels in dB of the walls' difference and of their sum, `[frames, bands]`, and of the whole sum of each frame.
pub(super) struct Cells {
    difference_db: Array2<f64>,
    sum_db: Array2<f64>,
    frame_db: Vec<f64>,
}

impl Cells {
    /// From the energies of difference and sum in the bins of every frame; the first is `bins.start`.
    pub(super) fn gather<F>(frames: impl ExactSizeIterator<Item = F>, bins: Range<usize>) -> Self
    where
        F: Iterator<Item = (f64, f64)>,
    {
        let db = |power: f64| 10.0 * power.max(1e-20).log10();
        let bands = bands(bins);
        let shape = (frames.len(), bands.len());
        let (mut difference_db, mut sum_db) = (Array2::zeros(shape), Array2::zeros(shape));
        let mut frame_db = Vec::with_capacity(shape.0);
        for (row, mut energies) in frames.enumerate() {
            let mut whole = 0.0;
            for (band, bins) in bands.iter().enumerate() {
                let (difference, sum) =
                    energies.by_ref().take(bins.len()).fold((0.0, 0.0), |t, e| (t.0 + e.0, t.1 + e.1));
                difference_db[[row, band]] = db(difference);
                sum_db[[row, band]] = db(sum);
                whole += sum;
            }
            frame_db.push(db(whole));
        }
        Self { difference_db, sum_db, frame_db }
    }

    /// Which bands of each of these frames stand out, `[frames, bands]`.
    fn standing_out(&self, frames: &[usize]) -> Array2<bool> {
        let bands = self.difference_db.ncols();
        let floors: Vec<f64> = (0..bands)
            .map(|band| {
                let levels: Vec<f64> =
                    frames.iter().map(|frame| self.difference_db[[*frame, band]]).collect();
                percentile(&levels, FLOOR_SHARE).unwrap_or(0.0)
            })
            .collect();
        let mut stands_out = Array2::from_elem((frames.len(), bands), false);
        for (mut row, frame) in stands_out.rows_mut().into_iter().zip(frames) {
            let differences = self.difference_db.row(*frame);
            let rises: Vec<f64> =
                differences.iter().zip(&floors).map(|(level, floor)| level - floor).collect();
            let common = median(&rises).unwrap_or(0.0).max(0.0);
            for (band, stands_out) in row.iter_mut().enumerate() {
                let (level, sum) = (differences[band], self.sum_db[[*frame, band]]);
                *stands_out = rises[band] > common + LEAST_RISE_DB
                    && level > sum + LEAST_IN_BAND_DB
                    && level > self.frame_db[*frame] + LEAST_IN_FRAME_DB;
            }
        }
        stands_out
    }
}

/// The share of cells in which the difference stands out for a while; frames lie `hop_secs` apart.
pub(super) fn stands_out(cells: &Cells, hop_secs: f64) -> f64 {
    let loud = percentile(&cells.frame_db, LOUD_SHARE).unwrap_or(0.0);
    let heard: Vec<usize> =
        (0..cells.frame_db.len()).filter(|frame| cells.frame_db[*frame] > loud + LEAST_FRAME_DB).collect();
    let stretches = (heard.len() as f64 * hop_secs / FLOOR_SECS).round().max(1.0) as usize;
    let (mut standing, mut all) = (0, 0);
    for stretch in heard.chunks(heard.len().div_ceil(stretches).max(1)) {
        let stands_out = cells.standing_out(stretch);
        for band in stands_out.columns() {
            let lasting =
                band.windows(ROW).into_iter().filter(|row| row.iter().filter(|s| **s).count() >= MOST_OF_ROW);
            standing += lasting.count();
        }
        all += stands_out.len();
    }
    standing as f64 / all.max(1) as f64
}
