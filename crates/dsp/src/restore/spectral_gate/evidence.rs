//! What the learned gain judges by: how far each band stands above the noise, there and around, before and after.
//!
//! Everything is a ratio of power to the noise profile, so neither the level of a recording nor the spectrum of its noise matters. The
//! future is used as freely as the past: the whole side is there. [`LOOKS`] lists where the gain looks for its answer; each look is
//! one of these maps, at some frames and bands from the cell in question:
//!
//! | map | what it tells |
//! |---|---|
//! | `Here` | the ratio in the cell |
//! | `Near` | mean over ±2 frames and ±1 band |
//! | `Wide`, `Broad` | mean over ±4 and ±16 bands of the frame: something sounds, though not here |
//! | `Long`, `Longest` | mean over ±8 and ±24 frames of the band: a held note stands out, a chance peak does not |
//! | `Before`, `After` | a priori SNR by the decision-directed rule, run forwards and backwards (Ephraim and Malah 1984, equation 51) |
//! | `Comb` | mean of the two cells one pitch below and above, where the frame has a pitch: partials vouch for each other |
//! | `Pitch` | how well the frame correlates with itself one pitch higher |
//! | `Ever` | programme over noise in this band, mean over the whole side: whether there ever is any |
//! | `Place` | the band's number, since bands differ in width |
//!
//! All but `Pitch` and `Place` are base-ten logarithms, kept between −2 (−4 after a first gain) and 4.
//!
//! What a first gain keeps can be looked at in the same way ([`Evidence::after`]): in a spectrum that is already cleaner, the pitch is
//! surer, and whether a neighbourhood holds programme is plainer.

use ndarray::{Array2, ArrayView1, ArrayViewMut3, Axis};

use super::omlsa::HalfExponentialIntegral;
use crate::elementary;
use crate::wide_vectors::in_wide_vectors;

/// A map, see the head of this file.
#[derive(Clone, Copy, Debug)]
enum Map {
    Here,
    Near,
    Wide,
    Broad,
    Long,
    Longest,
    Before,
    After,
    Comb,
    Pitch,
    Ever,
    Place,
}

/// Number of maps.
pub(super) const MAPS: usize = 12;
/// As many of them, the first, differ from cell to cell.
const MAPS_OF_CELLS: usize = Map::Pitch as usize;

/// Where the gain looks: map, frames later, bands higher. The order is that of the weights.
const LOOKS: [(Map, isize, isize); 44] = [
    (Map::Here, 0, 0),
    (Map::Here, -4, 0),
    (Map::Here, -3, 0),
    (Map::Here, -2, 0),
    (Map::Here, -1, 0),
    (Map::Here, 1, 0),
    (Map::Here, 2, 0),
    (Map::Here, 3, 0),
    (Map::Here, 4, 0),
    (Map::Here, 0, -3),
    (Map::Here, 0, -2),
    (Map::Here, 0, -1),
    (Map::Here, 0, 1),
    (Map::Here, 0, 2),
    (Map::Here, 0, 3),
    (Map::Here, -2, -1),
    (Map::Here, -2, 1),
    (Map::Here, -1, -1),
    (Map::Here, -1, 1),
    (Map::Here, 1, -1),
    (Map::Here, 1, 1),
    (Map::Here, 2, -1),
    (Map::Here, 2, 1),
    (Map::Wide, 0, 0),
    (Map::Wide, -2, 0),
    (Map::Wide, 2, 0),
    (Map::Broad, 0, 0),
    (Map::Broad, -4, 0),
    (Map::Broad, 4, 0),
    (Map::Near, 0, 0),
    (Map::Near, -7, 0),
    (Map::Near, 7, 0),
    (Map::Long, 0, 0),
    (Map::Longest, 0, 0),
    (Map::Ever, 0, 0),
    (Map::Place, 0, 0),
    (Map::Before, 0, 0),
    (Map::After, 0, 0),
    (Map::Before, 0, -1),
    (Map::Before, 0, 1),
    (Map::After, 0, -1),
    (Map::After, 0, 1),
    (Map::Comb, 0, 0),
    (Map::Pitch, 0, 0),
];
/// How many looks there are.
pub(super) const FEATURES: usize = LOOKS.len();

/// Keeps the logarithms finite: −20 dB in noise, which seldom falls lower, −40 dB where a first gain went over it.
const LEAST: f32 = 0.01;
const LEAST_KEPT: f32 = 1e-4;
/// 40 dB over the noise is as certain as can be.
const GREATEST: f32 = 1e4;
/// Bands to one unit of `Place`.
const BANDS_A_UNIT: f32 = 256.0;
/// Weight of the previous frame's estimate in the a priori SNR, and the least of it (−25 dB).
const DECISION_WEIGHT: f32 = 0.98;
const MIN_PRIOR: f32 = 0.003_162_277_7;
/// Pitches that are looked for, in single-bin bands: 86 to 500 Hz at a frame of 46 ms.
const PITCHES: std::ops::Range<usize> = 4..24;
/// The bands in which a pitch is looked for: the first is above rumble, the last below the end of the single-bin bands.
const PITCH_FIRST: usize = 6;
const PITCH_CELLS: usize = 70;
const PITCH_BANDS: usize = 128;
const _: () = assert!(PITCH_FIRST + PITCH_CELLS + PITCHES.end <= PITCH_BANDS + 1);
/// Bands beyond which partials are no longer told apart.
const COMB_LAST: usize = 140;

#[inline(always)]
fn log_ratio(ratio: f32, least: f32) -> f32 {
    let ratio = if ratio > 0.0 { ratio + least } else { least };
    elementary::log10(if ratio < GREATEST { ratio } else { GREATEST })
}

in_wide_vectors! {
    /// Puts its logarithm in the place of every ratio.
    fn take_logs(ratios: &mut [f32], least: f32) {
        for ratio in ratios {
            *ratio = log_ratio(*ratio, least);
        }
    }

    /// `sums` plus the values of the `next` frame less those of the `last`.
    fn move_on(sums: &mut [f64], next: &[f32], last: &[f32]) {
        for ((sum, next), last) in sums.iter_mut().zip(next).zip(last) {
            *sum += f64::from(*next) - f64::from(*last);
        }
    }

    /// How well a frame correlates with itself each of [`PITCHES`] higher.
    fn pitch_scores(flat: &[f32], scores: &mut [f32]) {
        for band in PITCH_FIRST..PITCH_FIRST + PITCH_CELLS {
            let value = flat[band];
            for (score, higher) in scores.iter_mut().zip(&flat[band + PITCHES.start..]) {
                *score += value * higher;
            }
        }
        scores.iter_mut().for_each(|score| *score /= PITCH_CELLS as f32);
    }

    /// The sums times a share of each.
    fn shares(means: &mut [f32], sums: &[f64], share: f64) {
        for (mean, sum) in means.iter_mut().zip(sums) {
            *mean = (share * sum) as f32;
        }
    }

    /// One frame's a priori SNR, Wiener's amplitude, and the place of its gain in the table of [`HalfExponentialIntegral`].
    fn priors_of(
        posteriors: &[f32],
        kept: &[f32],
        priors: &mut [f32],
        amplitudes: &mut [f32],
        places: &mut [f32],
    ) {
        let cells = priors.iter_mut().zip(posteriors).zip(kept).zip(amplitudes.iter_mut().zip(places));
        for (((prior, posterior), kept), (wiener, place)) in cells {
            let over = if *posterior > 1.0 { posterior - 1.0 } else { 0.0 };
            let xi = DECISION_WEIGHT * kept + (1.0 - DECISION_WEIGHT) * over;
            *prior = if xi > MIN_PRIOR { xi } else { MIN_PRIOR };
            *wiener = *prior / (1.0 + *prior);
            let v = *wiener * posterior;
            *place = HalfExponentialIntegral::place(if v > 1e-6 { v } else { 1e-6 });
        }
    }

    /// What is kept of one frame's power, from its amplitudes and the table's values.
    fn kept_of(posteriors: &[f32], amplitudes: &[f32], half_e1: &[f32], kept: &mut [f32]) {
        let cells = kept.iter_mut().zip(posteriors).zip(amplitudes).zip(half_e1);
        for (((kept, posterior), wiener), half_e1) in cells {
            let gain = wiener * half_e1;
            let gain = if gain < 1.0 { gain } else { 1.0 };
            *kept = gain * gain * posterior;
        }
    }
}

/// All maps of a stretch of frames.
pub(super) struct Evidence {
    /// Power over noise, `[frames, bands]`.
    ratio: Array2<f32>,
    /// Those that differ from cell to cell, `[frames, bands]` each.
    of_cells: [Array2<f32>; MAPS_OF_CELLS],
    /// `Pitch`, of each frame.
    pitch: Vec<f32>,
    /// `Ever` and `Place`, of each band.
    ever: Vec<f32>,
    place: Vec<f32>,
}

impl Evidence {
    /// From band powers `[frames, bands]`, and of each band the noise and the mean power over the side.
    pub(super) fn new(power: &Array2<f32>, noise: &[f32], whole_side: &[f32]) -> Self {
        let mut ratio = power.clone();
        for mut frame in ratio.rows_mut() {
            for (r, noise) in frame.iter_mut().zip(noise) {
                // Where there is no noise there is nothing to take away.
                *r = if *noise > 0.0 { (*r / noise).min(GREATEST) } else { GREATEST };
            }
        }
        let ever = noise
            .iter()
            .zip(whole_side)
            .map(|(n, m)| log_ratio(if *n > 0.0 { m / n - 1.0 } else { GREATEST }, LEAST))
            .collect();
        Self::of_ratio(ratio, ever, LEAST)
    }

    /// The evidence that is left after a first gain `[frames, bands]`.
    pub(super) fn after(&self, gains: &Array2<f32>) -> Self {
        let mut kept = self.ratio.clone();
        kept.zip_mut_with(gains, |ratio, gain| *ratio *= gain * gain);
        Self::of_ratio(kept, self.ever.clone(), LEAST_KEPT)
    }

    fn of_ratio(ratio: Array2<f32>, ever: Vec<f32>, least: f32) -> Self {
        let (frames, bands) = ratio.dim();
        let logs = |mut map: Array2<f32>| {
            if let Some(ratios) = map.as_slice_mut() {
                take_logs(ratios, least);
            }
            map
        };
        let here = logs(ratio.clone());
        let (comb, pitch) = comb(&here);
        let before = decision_directed(&ratio, 0..frames);
        let after = decision_directed(&ratio, (0..frames).rev());
        let of_cells = [
            here,
            logs(over_frames(&over_bands(&ratio, 1), 2)),
            logs(over_bands(&ratio, 4)),
            logs(over_bands(&ratio, 16)),
            logs(over_frames(&ratio, 8)),
            logs(over_frames(&ratio, 24)),
            logs(before),
            logs(after),
            comb,
        ];
        let place = (0..bands).map(|band| band as f32 / BANDS_A_UNIT).collect();
        Self { ratio, of_cells, pitch, ever, place }
    }

    /// Frames and bands.
    pub(super) fn shape(&self) -> (usize, usize) {
        self.ratio.dim()
    }

    /// Writes all maps, `[maps, frames, bands]`, in the order of the head of this file.
    pub(super) fn write_maps(&self, mut maps: ArrayViewMut3<f32>) {
        for (mut map, of_cells) in maps.outer_iter_mut().zip(&self.of_cells) {
            map.assign(of_cells);
        }
        let mut of_frames = maps.index_axis_mut(Axis(0), Map::Pitch as usize);
        of_frames.rows_mut().into_iter().zip(&self.pitch).for_each(|(mut row, pitch)| row.fill(*pitch));
        for (map, values) in [(Map::Ever, &self.ever), (Map::Place, &self.place)] {
            let mut of_bands = maps.index_axis_mut(Axis(0), map as usize);
            of_bands.rows_mut().into_iter().for_each(|mut row| row.assign(&ArrayView1::from(values)));
        }
    }

    /// The map `Here`, `[frames, bands]`.
    pub(super) fn here(&self) -> &Array2<f32> {
        &self.of_cells[Map::Here as usize]
    }

    /// The map `Pitch`, of each frame.
    pub(super) fn pitch(&self) -> &[f32] {
        &self.pitch
    }

    /// The map `Ever`, of each band.
    pub(super) fn ever(&self) -> &[f32] {
        &self.ever
    }

    /// The looks from one frame; beyond the ends stands what stands at the ends.
    pub(super) fn looks(&self, frame: usize) -> FrameLooks<'_> {
        let last = self.shape().0 - 1;
        FrameLooks(LOOKS.map(|(map, later, higher)| {
            let at = frame.saturating_add_signed(later).min(last);
            let row = match map {
                Map::Pitch => return Look::OfFrame(self.pitch[at]),
                Map::Ever => Some(self.ever.as_slice()),
                Map::Place => Some(self.place.as_slice()),
                _ => self.of_cells[map as usize].row(at).to_slice(),
            };
            Look::OfBands(row.unwrap_or_default(), higher)
        }))
    }
}

/// All looks from one frame.
pub(super) struct FrameLooks<'a>([Look<'a>; FEATURES]);

/// What is seen of one map from a frame.
enum Look<'a> {
    /// The same from every band.
    OfFrame(f32),
    /// A row of the map, and how many bands higher to look.
    OfBands(&'a [f32], isize),
}

impl FrameLooks<'_> {
    /// Writes each look from `N` bands, the first of them `first_band`.
    pub(super) fn write<'b, const N: usize>(
        &self,
        first_band: usize,
        looks: &mut impl Iterator<Item = &'b mut [f32; N]>,
    ) {
        for (look, values) in self.0.iter().zip(looks) {
            match look {
                Look::OfFrame(value) => values.fill(*value),
                Look::OfBands(row, higher) => copy_from(row, first_band.cast_signed() + higher, values),
            }
        }
    }
}

/// Copies values of `row` from its index `first` on, which may lie beyond its ends.
#[inline]
fn copy_from<const N: usize>(row: &[f32], first: isize, values: &mut [f32; N]) {
    // The length is known: a copy of so few goes in registers.
    if let Some(inside) = usize::try_from(first).ok().and_then(|first| row.get(first..)?.first_chunk::<N>()) {
        *values = *inside;
        return;
    }
    for (index, value) in values.iter_mut().enumerate() {
        *value = row[(first + index.cast_signed()).clamp(0, row.len().cast_signed() - 1).cast_unsigned()];
    }
}

/// The mean over `reach` bands each side; the last band stands for those beyond it.
fn over_bands(values: &Array2<f32>, reach: usize) -> Array2<f32> {
    let (frames, bands) = values.dim();
    let mut means = Array2::zeros((frames, bands));
    let share = 1.0 / (2 * reach + 1) as f64;
    let mut padded = vec![0.0f64; bands + 2 * reach + 1];
    for (row, mean) in values.rows().into_iter().zip(means.rows_mut()) {
        let (Some(first), Some(last)) = (row.first(), row.last()) else { continue };
        padded[..reach].fill(f64::from(*first));
        padded[reach..].iter_mut().zip(&row).for_each(|(padded, value)| *padded = f64::from(*value));
        padded[reach + bands..].fill(f64::from(*last));
        let (window, later) = padded.split_at(2 * reach + 1);
        let mut sum: f64 = window.iter().sum();
        for (mean, (next, last)) in mean.into_iter().zip(later.iter().zip(&padded)) {
            *mean = (share * sum) as f32;
            sum += next - last;
        }
    }
    means
}

/// The mean over `reach` frames each side; the last frame stands for those beyond it.
fn over_frames(values: &Array2<f32>, reach: usize) -> Array2<f32> {
    let (frames, bands) = values.dim();
    let mut means = Array2::zeros((frames, bands));
    let share = 1.0 / (2 * reach + 1) as f64;
    let row = |frame: isize| {
        values.row(frame.clamp(0, frames as isize - 1) as usize).to_slice().unwrap_or_default()
    };
    let reach = reach as isize;
    let mut sums = vec![0.0f64; bands];
    for frame in -reach..=reach {
        sums.iter_mut().zip(row(frame)).for_each(|(sum, v)| *sum += f64::from(*v));
    }
    for (frame, means) in means.rows_mut().into_iter().enumerate() {
        shares(means.into_slice().unwrap_or_default(), &sums, share);
        move_on(&mut sums, row(frame as isize + reach + 1), row(frame as isize - reach));
    }
    means
}

/// The a priori SNR, each frame's from its own power and what was kept of the frame visited before it.
fn decision_directed(ratio: &Array2<f32>, frames: impl Iterator<Item = usize>) -> Array2<f32> {
    let mut priors = Array2::zeros(ratio.dim());
    let mut kept = vec![1.0f32; ratio.ncols()];
    let mut amplitudes = vec![0.0f32; ratio.ncols()];
    let mut places = vec![0.0f32; ratio.ncols()];
    let half_e1 = HalfExponentialIntegral::new();
    for frame in frames {
        let (Some(priors), Some(posteriors)) =
            (priors.row_mut(frame).into_slice(), ratio.row(frame).to_slice())
        else {
            continue;
        };
        // In three sweeps, so that all but the look into the table goes in vectors.
        priors_of(posteriors, &kept, priors, &mut amplitudes, &mut places);
        places.iter_mut().for_each(|place| *place = half_e1.at(*place));
        kept_of(posteriors, &amplitudes, &places, &mut kept);
    }
    priors
}

/// The maps `Comb`, `[frames, bands]`, and `Pitch`, of each frame, from the map `Here`.
fn comb(here: &Array2<f32>) -> (Array2<f32>, Vec<f32>) {
    let (frames, bands) = here.dim();
    if bands < PITCH_BANDS {
        return (here.clone(), vec![0.0; frames]);
    }
    // Flattened, so that neither the voice's colour nor the horn's looks like a pitch.
    let mut flat =
        Array2::from_shape_fn((frames, PITCH_BANDS), |(frame, band)| here[[frame, band]].clamp(-1.0, 2.5));
    flat -= &over_bands(&flat, 10);
    let mut scores = Array2::zeros((frames, PITCHES.len()));
    for (flat, mut scores) in flat.rows().into_iter().zip(scores.rows_mut()) {
        let (Some(flat), Some(scores)) = (flat.as_slice(), scores.as_slice_mut()) else { continue };
        pitch_scores(flat, scores);
    }
    let scores = over_frames(&scores, 1);
    let (mut comb, mut pitches) = (here.clone(), Vec::with_capacity(frames));
    for frame in 0..frames {
        let mut best = 0;
        for index in 1..PITCHES.len() {
            if scores[[frame, index]] > scores[[frame, best]] {
                best = index;
            }
        }
        let (first, last) = (PITCH_FIRST, 100);
        let energy =
            (first..last).map(|band| flat[[frame, band]].powi(2)).sum::<f32>() / (last - first) as f32;
        pitches.push(scores[[frame, best]] / (energy + 0.02));
        let pitch = PITCHES.start + best;
        for band in 0..COMB_LAST.min(bands) {
            let above = (band + pitch).min(bands - 1);
            let below = if band >= pitch + 2 { band - pitch } else { above };
            comb[[frame, band]] = 0.5 * (here[[frame, above]] + here[[frame, below]]);
        }
    }
    (comb, pitches)
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
