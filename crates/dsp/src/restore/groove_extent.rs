//! Where the needle lies in the groove: from where it is set down to where it is lifted.
//!
//! Before and after that a transfer holds the noise of the pre-amplifier or digital silence, far below the surface noise, and what is learned there
//! is not the disc's. Such an end of the file lies clearly below the floor of the rest, in most bands. A lead-in does not: its groove
//! makes the noise of the side. Nor does silence before music that never rests, since the rest has no floor of noise then; and where music rests,
//! the rest comes down to the same level.
//!
//! Shapes: levels, power `[frames, BANDS]`, infinite where nothing sounds; the extent in frames. **Known failures.** A needle-up of less than
//! half a second stays, and so does any where music without a rest begins and ends within the groove's first and last moments.

use std::ops::Range;

use ndarray::{Array2, Axis, Slice};
use tonearm_audio::Decibels;

use super::noise_bands::{ALONE_BANDS, BANDS, KEEP_BELOW, SMOOTHING_FRAMES, mean_of_quiet};
use super::noise_floor::is_floor;
use crate::level::percentile;

/// What is no groove lies this far below the quietest of the rest; a lead-in is a few dB quieter than the side at most.
const BELOW_DB: f64 = 8.0;
/// In at least so many of the bands: hum of the pre-amplifier may fill the lowest, and what a file leaves out is the same everywhere.
const LEAST_BANDS: usize = BANDS / 2;
/// Next to the end of the groove its noise is heard alone for so long within so many seconds.
const ALONE_SECS: f64 = 0.3;
const NEAR_SECS: f64 = 3.0;
/// The share of the rest that may be quieter than its quietest.
const QUIETEST: f64 = 0.03;
/// The level of an end is exceeded for the remaining share of it, by a bump or a click.
const OF_END: f64 = 0.8;
/// The rest is first guessed from the quietest moments of so many parts of the file: those of the median part, then those of a quiet one.
const PARTS: usize = 16;
const GUESSES: [f64; 2] = [0.5, 0.1];
/// A bump of the needle shorter than this does not end what lies before it, seconds.
const BUMP_SECS: f64 = 0.5;

/// The frames in which the needle lies in the groove: all that sound, where none stand clearly below the rest.
pub(super) fn groove_extent(levels: &Array2<f64>, hop_secs: f64) -> Range<usize> {
    let sounding = sounding_extent(levels);
    for guess in GUESSES {
        let Some(quietest) = quietest_of_parts(levels, &sounding, guess) else { break };
        let set_down = needle_up(sounding.clone(), levels, &quietest, hop_secs);
        let lifted = needle_up(sounding.clone().rev(), levels, &quietest, hop_secs);
        let (start, end) = (sounding.start + set_down, sounding.end.saturating_sub(lifted));
        let groove = [start..end, start..sounding.end, sounding.start..end]
            .into_iter()
            .find(|groove| *groove != sounding && stands_over_ends(levels, &sounding, groove, hop_secs));
        if let Some(groove) = groove {
            return groove;
        }
    }
    sounding
}

/// `levels` with nothing that sounds outside of `groove`.
pub(super) fn within(mut levels: Array2<f64>, groove: &Range<usize>) -> Array2<f64> {
    for outside in [0..groove.start, groove.end..levels.nrows()] {
        levels.slice_axis_mut(Axis(0), Slice::from(outside)).fill(f64::INFINITY);
    }
    levels
}

/// From the first frame that sounds to the last; all where none does.
fn sounding_extent(levels: &Array2<f64>) -> Range<usize> {
    let sounds = |frame: &usize| levels[[*frame, 0]].is_finite();
    let frames = 0..levels.nrows();
    match (frames.clone().find(sounds), frames.clone().rfind(sounds)) {
        (Some(first), Some(last)) => first..last + 1,
        _ => frames,
    }
}

/// In each band the quietest moments of that one of the parts which has `share` of them below it.
fn quietest_of_parts(levels: &Array2<f64>, sounding: &Range<usize>, share: f64) -> Option<[f64; BANDS]> {
    let part_len = sounding.len().div_ceil(PARTS).max(1);
    let mut quietest = [0.0; BANDS];
    for (band, quietest) in quietest.iter_mut().enumerate() {
        let band: Vec<f64> = sounding.clone().map(|frame| levels[[frame, band]]).collect();
        let of_parts: Vec<f64> =
            band.chunks(part_len).filter_map(|part| percentile(&finite(part.iter()), QUIETEST)).collect();
        *quietest = percentile(&of_parts, share)?;
    }
    Some(quietest)
}

/// How many of `frames`, from their first on, lie below `quietest` but for bumps; and the few over which the needle is set down or lifted.
fn needle_up(
    frames: impl Iterator<Item = usize>,
    levels: &Array2<f64>,
    quietest: &[f64; BANDS],
    hop_secs: f64,
) -> usize {
    let bump = (BUMP_SECS / hop_secs) as usize;
    let below = Decibels::new(-BELOW_DB).to_power();
    let (mut up, mut run) = (0, 0);
    for (count, frame) in frames.enumerate() {
        let bands = levels.row(frame);
        let quiet = bands.iter().zip(quietest).filter(|(level, quietest)| **level < below * **quietest);
        let is_quiet = quiet.count() >= LEAST_BANDS || bands[0].is_infinite();
        run = if is_quiet { run + 1 } else { 0 };
        // As long a run as a bump bridges it.
        if run >= bump {
            up = count + 1;
        } else if count >= up + 2 * bump {
            break;
        }
    }
    if up > 0 { up + SMOOTHING_FRAMES } else { 0 }
}

/// Whether the floor of `groove` stands clearly over what lies before and after it in `sounding`, and is noise.
fn stands_over_ends(
    levels: &Array2<f64>,
    sounding: &Range<usize>,
    groove: &Range<usize>,
    hop_secs: f64,
) -> bool {
    if groove.is_empty() {
        return false;
    }
    let ends = [sounding.start..groove.start, groove.end..sounding.end];
    let over = Decibels::new(BELOW_DB).to_power();
    let mut standing = [0; 2];
    let mut noise = [0.0; BANDS];
    for (band, noise) in noise.iter_mut().enumerate() {
        let level = levels.column(band);
        let of = |frames: &Range<usize>| level.slice_axis(Axis(0), Slice::from(frames.clone()));
        let present = finite(of(groove).iter());
        *noise = mean_of_quiet(&present).unwrap_or(0.0);
        let kept = of(groove).mapv(|power| power <= KEEP_BELOW * *noise);
        if !is_floor(of(groove), kept.view(), hop_secs) {
            continue;
        }
        let quietest = percentile(&present, QUIETEST).unwrap_or(0.0);
        for (standing, end) in standing.iter_mut().zip(&ends) {
            let end = percentile(&finite(of(end).iter()), OF_END).unwrap_or(0.0);
            *standing += usize::from(quietest > over * end);
        }
    }
    standing.iter().all(|bands| *bands >= LEAST_BANDS) && noise_is_alone(levels, groove, &noise, hop_secs)
}

/// Whether the `noise` of all bands together is heard alone soon after the start of `groove` or soon before its end. Music has no moment without
/// a sound in some bands.
fn noise_is_alone(levels: &Array2<f64>, groove: &Range<usize>, noise: &[f64; BANDS], hop_secs: f64) -> bool {
    let near = ((NEAR_SECS / hop_secs) as usize).min(groove.len());
    [groove.start..groove.start + near, groove.end - near..groove.end].into_iter().any(|frames| {
        let alone = frames.filter(|frame| {
            let bands = levels.row(*frame);
            bands.iter().zip(noise).filter(|(level, noise)| **level <= KEEP_BELOW * **noise).count()
                >= ALONE_BANDS
        });
        alone.count() as f64 * hop_secs >= ALONE_SECS
    })
}

fn finite<'a>(levels: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    levels.copied().filter(|level| level.is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    const HOP_SECS: f64 = 0.01;

    /// Levels at `mean(secs)` over `secs` that scatter by a tenth.
    fn levels(secs: usize, mean: impl Fn(f64, usize) -> f64) -> Array2<f64> {
        let mut random = Random::new(3);
        Array2::from_shape_fn((secs * 100, BANDS), |(frame, band)| {
            mean(frame as f64 * HOP_SECS, band) * (1.0 + 0.1 * random.normal())
        })
    }

    /// Speech that pauses for two fifths of each second, over `noise`.
    fn speech(secs: f64, noise: f64) -> f64 {
        noise + if secs.fract() < 0.6 { 1_000.0 } else { 0.0 }
    }

    /// The extent in seconds.
    fn extent(levels: &Array2<f64>) -> (f64, f64) {
        let Range { start, end } = groove_extent(levels, HOP_SECS);
        (start as f64 * HOP_SECS, end as f64 * HOP_SECS)
    }

    #[test]
    fn a_needle_up_at_either_end_is_no_groove() {
        for (before, after) in [(2.0, 2.0), (0.0, 6.0), (10.0, 0.0), (1.5, 12.0)] {
            let side = levels(60, |secs, _| {
                let up = secs < before || secs >= 60.0 - after;
                // A bump while the needle is up, and one where it is set down.
                let bump = (secs - 0.6).abs() < 0.1 || (secs - before).abs() < 0.1;
                if bump { 5_000.0 } else { if up { 0.01 } else { speech(secs, 1.0) } }
            });
            let (start, end) = extent(&side);
            assert!((start - before).abs() < 0.3 && (60.0 - after - end).abs() < 0.3, "{start} {end}");
        }
    }

    #[test]
    fn digital_silence_at_the_ends_is_no_groove() {
        let side =
            levels(30, |secs, _| if (3.0..25.0).contains(&secs) { speech(secs, 1.0) } else { f64::INFINITY });
        assert_eq!(groove_extent(&side, HOP_SECS), 300..2_500);
        let silent = Array2::from_elem((50, BANDS), f64::INFINITY);
        assert_eq!(groove_extent(&silent, HOP_SECS), 0..50);
        assert_eq!(groove_extent(&Array2::zeros((0, BANDS)), HOP_SECS), 0..0);
    }

    #[test]
    fn a_quiet_lead_in_and_rests_are_groove() {
        let lead_in = levels(60, |secs, _| if secs < 5.0 { 0.25 } else { speech(secs, 1.0) });
        assert_eq!(extent(&lead_in), (0.0, 60.0));
        // A clean recording: as quiet in the pauses of the speech as at its ends.
        let clean = levels(60, |secs, _| if secs < 5.0 { 1e-4 } else { speech(secs, 1e-4) });
        assert_eq!(extent(&clean), (0.0, 60.0));
    }

    #[test]
    fn a_lead_in_before_music_that_never_rests_is_groove() {
        let music =
            levels(
                60,
                |secs, band| {
                    if secs < 2.0 { 1.0 } else { 10f64.powf(3.0 + (3.0 * secs + band as f64).sin()) }
                },
            );
        assert_eq!(extent(&music), (0.0, 60.0));
    }
}
