//! Where the noise of a recording steps: two transfers that were joined, a stylus that was changed, the needle lifted between two sides.
//!
//! In blocks of half a second the quietest moments of each band are noted. Of eight seconds before a block and eight after it the quietest of those
//! are compared: noise steps in nearly all bands at once and stays where it is, on either side. Programme leaves some bands empty in every few seconds,
//! so what it does cannot move all of these quietest moments; noise that rises slowly has moved within each of the eight seconds as well.
//!
//! A step is believed where the quietest of the parts to both sides of it differs as much, where the noise of the louder part is heard alone in it, in
//! nearly all bands at once, and the quieter one never: the quietest moments of music that does not rest fall to this band and that.
//!
//! Shapes: levels, smoothed power `[frames, BANDS]`, infinite where nothing sounds; steps in frames. **Known failures.** Steps of less than 5 dB are left
//! to the course of the noise, louder parts shorter than six seconds to their neighbours; under music that never rests a step is not seen.

use std::ops::Range;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, Slice};
use tonearm_audio::Decibels;

use super::noise_bands::{ALONE_BANDS, BANDS, KEEP_BELOW, mean_of_quiet};
use super::noise_floor::is_floor;
use crate::level::percentile;

/// Length of a block, seconds, and which of its moments stand for it.
const BLOCK_SECS: f64 = 0.5;
const OF_BLOCK: f64 = 0.1;
/// Blocks that are looked at before and after a step, and how many there must be: 8 s and 6 s. Of them the quietest but for chance.
const REACH: usize = 16;
const LEAST_BLOCKS: usize = 12;
const OF_BLOCKS: f64 = 0.1;
/// The least step, dB: the course of the noise follows smaller ones.
const LEAST_STEP_DB: f64 = 5.0;
/// The share of the bands that may step less: those in which programme rests on neither side, that both transfers leave out, or in which a noise of
/// another colour is as loud.
const BANDS_BELOW: f64 = 0.4;
/// Within each of the two reaches the quietest moments move by this share of the step at most.
const FLAT: f64 = 0.35;
/// Blocks in a row belong to one step where no more than so many between them do not.
const GAP_BLOCKS: usize = 4;
/// The blocks that are searched before and after those at which a step shows: so far from a lifted needle of two seconds are reaches flat.
const SLACK_BLOCKS: usize = REACH / 2;
/// Over whole parts a step keeps this share of [`LEAST_STEP_DB`].
const OF_PARTS: f64 = 0.8;
/// The share of the louder part that may lie below the middle of the step: clicks leave dips where they were mended.
const QUIETEST: f64 = 0.02;
/// The louder noise is heard alone for so long.
const ALONE_SECS: f64 = 0.5;
/// A moment as loud as the louder noise, which may be programme, tells so much less than one as quiet as the quieter.
const LOUD_WEIGHT: f64 = 0.05;

/// The frames from which on the noise is another, ascending.
pub(super) fn noise_steps(levels: &Array2<f64>, groove: &Range<usize>, hop_secs: f64) -> Vec<usize> {
    let blocks = Blocks::of(levels, groove, hop_secs);
    let mut steps: Vec<usize> = blocks.steps().iter().map(|step| blocks.place(step, levels)).collect();
    steps.sort_unstable();
    // The least certain goes first, since the parts to both sides of it are one then.
    loop {
        let bounds = bounds(groove, &steps);
        let heights = bounds.windows(3).map(|b| height_of_parts(levels, b[0]..b[1], b[1]..b[2], hop_secs));
        let least = heights.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        match least {
            Some((index, height)) if height < OF_PARTS * ln_power(LEAST_STEP_DB) => steps.remove(index),
            _ => return steps,
        };
    }
}

/// Where each part of `whole` begins, and where the last ends.
pub(super) fn bounds(whole: &Range<usize>, steps: &[usize]) -> Vec<usize> {
    [&[whole.start], steps, &[whole.end]].concat()
}

/// Whether two noises, of which these are the powers in each band, are as far apart as a step is.
pub(super) fn are_a_step_apart(before: &[f32; BANDS], after: &[f32; BANDS]) -> bool {
    if before.iter().chain(after).any(|power| *power <= 0.0) {
        return false;
    }
    let changes: Vec<f64> = before.iter().zip(after).map(|(b, a)| f64::from(a / b).ln()).collect();
    typical(&changes) >= OF_PARTS * ln_power(LEAST_STEP_DB)
}

fn ln_power(db: f64) -> f64 {
    Decibels::new(db).to_power().ln()
}

/// What most bands change by, up or down.
fn typical(changes: &[f64]) -> f64 {
    let sizes: Vec<f64> = changes.iter().map(|change| change.abs()).collect();
    percentile(&sizes, BANDS_BELOW).unwrap_or(0.0)
}

/// How far the floors of two neighbouring parts lie apart, ln power; 0 where the louder noise is not heard alone, or the quieter in both.
fn height_of_parts(levels: &Array2<f64>, before: Range<usize>, after: Range<usize>, hop_secs: f64) -> f64 {
    let [before, after] = [before, after].map(|part| {
        let levels = levels.slice_axis(Axis(0), Slice::from(part));
        (Floor::of_bands(levels, hop_secs), levels)
    });
    let changes: Vec<f64> =
        before.0.iter().zip(&after.0).map(|(before, after)| change(before, after)).collect();
    let (floors, levels) = if changes.iter().sum::<f64>() > 0.0 { after } else { before };
    if are_heard_alone(&floors, levels, hop_secs) { typical(&changes) } else { 0.0 }
}

/// Whether the floors of nearly all bands are heard at once: noise is, the quietest moments of music fall to this band and that.
fn are_heard_alone(floors: &[Option<Floor>], levels: ArrayView2<f64>, hop_secs: f64) -> bool {
    let alone = levels.rows().into_iter().filter(|bands| {
        let quiet = |(level, floor): (&f64, &Option<Floor>)| {
            floor.as_ref().is_some_and(|floor| floor.is_floor && *level <= KEEP_BELOW * floor.mean.exp())
        };
        bands.iter().zip(floors).filter(|pair| quiet(*pair)).count() >= ALONE_BANDS
    });
    alone.count() as f64 * hop_secs >= ALONE_SECS
}

/// The quietest of a band in a part.
struct Floor {
    /// Logarithm of its mean power, and of the quietest moments of all.
    mean: f64,
    quietest: f64,
    /// Whether it is one, or the quietest that programme comes to.
    is_floor: bool,
}

impl Floor {
    fn of_bands(levels: ArrayView2<f64>, hop_secs: f64) -> Vec<Option<Self>> {
        levels.columns().into_iter().map(|levels| Self::of(levels, hop_secs)).collect()
    }

    fn of(levels: ArrayView1<f64>, hop_secs: f64) -> Option<Self> {
        let present: Vec<f64> = levels.iter().copied().filter(|level| level.is_finite()).collect();
        let noise = mean_of_quiet(&present).filter(|noise| *noise > 0.0)?;
        let kept = levels.mapv(|power| power <= KEEP_BELOW * noise);
        let quietest = percentile(&present, QUIETEST)?.max(f64::MIN_POSITIVE);
        let is_floor = is_floor(levels, kept.view(), hop_secs);
        Some(Self { mean: noise.ln(), quietest: quietest.ln(), is_floor })
    }
}

/// From one floor to the next; 0 where the louder is none or comes down to the quieter.
fn change(before: &Option<Floor>, after: &Option<Floor>) -> f64 {
    let (Some(before), Some(after)) = (before, after) else { return 0.0 };
    let (change, middle) = (after.mean - before.mean, 0.5 * (after.mean + before.mean));
    let louder = if change > 0.0 { after } else { before };
    if louder.is_floor && louder.quietest > middle { change } else { 0.0 }
}

/// The quietest moments of the blocks that sound.
struct Blocks {
    /// Logarithm of power, `[blocks, BANDS]`.
    quietest: Array2<f64>,
    /// The first frame of each.
    starts: Vec<usize>,
    frames: usize,
}

/// A step of the noise.
struct Step {
    /// The blocks at whose beginning it may be.
    blocks: Range<usize>,
    /// The floors before and after it, of each band, ln power.
    before: [f64; BANDS],
    after: [f64; BANDS],
}

impl Blocks {
    fn of(levels: &Array2<f64>, groove: &Range<usize>, hop_secs: f64) -> Self {
        let frames = ((BLOCK_SECS / hop_secs) as usize).max(1);
        let (mut quietest, mut starts) = (Vec::new(), Vec::new());
        for start in groove.clone().step_by(frames).filter(|start| start + frames <= groove.end) {
            let sounds = (start..start + frames).all(|frame| levels[[frame, 0]].is_finite());
            if !sounds {
                continue;
            }
            starts.push(start);
            for band in levels.columns() {
                let block: Vec<f64> = (start..start + frames).map(|frame| band[frame]).collect();
                let level = percentile(&block, OF_BLOCK).unwrap_or(0.0);
                quietest.push(level.max(f64::MIN_POSITIVE).ln());
            }
        }
        let quietest = Array2::from_shape_vec((starts.len(), BANDS), quietest);
        Self { quietest: quietest.unwrap_or_else(|_| Array2::zeros((0, BANDS))), starts, frames }
    }

    /// The quietest of some blocks, of each band.
    fn floors(&self, blocks: Range<usize>) -> Vec<f64> {
        let blocks = self.quietest.slice_axis(Axis(0), Slice::from(blocks));
        blocks
            .columns()
            .into_iter()
            .map(|band| percentile(&band.to_vec(), OF_BLOCKS).unwrap_or(0.0))
            .collect()
    }

    /// The blocks that are looked at before and after the beginning of `block`.
    fn reaches(&self, block: usize) -> [Range<usize>; 2] {
        [block.saturating_sub(REACH)..block, block..(block + REACH).min(self.starts.len())]
    }

    fn changes(&self, from: Range<usize>, to: Range<usize>) -> Vec<f64> {
        self.floors(from).iter().zip(self.floors(to)).map(|(from, to)| to - from).collect()
    }

    /// How far the noise steps at the beginning of `block`, ln power, and whether most of it rises; none where it does not step.
    fn height(&self, block: usize) -> Option<(f64, bool)> {
        let [before, after] = self.reaches(block);
        let changes = self.changes(before.clone(), after.clone());
        let height = typical(&changes);
        let is_flat = |reach: Range<usize>| {
            let middle = usize::midpoint(reach.start, reach.end);
            typical(&self.changes(reach.start..middle, middle..reach.end)) <= FLAT * height
        };
        let steps = height >= ln_power(LEAST_STEP_DB) && is_flat(before) && is_flat(after);
        steps.then(|| (height, changes.iter().sum::<f64>() > 0.0))
    }

    /// The steps, at least [`LEAST_BLOCKS`] apart and from the ends.
    fn steps(&self) -> Vec<Step> {
        let end = self.starts.len().saturating_sub(LEAST_BLOCKS - 1);
        let heights = (LEAST_BLOCKS..end).filter_map(|block| Some((block, self.height(block)?)));
        let heights: Vec<(usize, (f64, bool))> = heights.collect();
        let same =
            |a: &(usize, (f64, bool)), b: &(usize, (f64, bool))| b.0 - a.0 <= GAP_BLOCKS && a.1.1 == b.1.1;
        let step = |run: &[(usize, (f64, bool))]| {
            // Reaches that lie further from the step hold more programme.
            let (mut before, mut after) = ([f64::MAX; BANDS], [f64::MAX; BANDS]);
            for (block, _) in run {
                let reaches = self.reaches(*block);
                for (least, reach) in [&mut before, &mut after].into_iter().zip(reaches) {
                    least
                        .iter_mut()
                        .zip(self.floors(reach))
                        .for_each(|(least, floor)| *least = least.min(floor));
                }
            }
            Step { blocks: run[0].0..run[run.len() - 1].0 + 1, before, after }
        };
        heights.chunk_by(same).map(step).collect()
    }

    /// The frame of a step, which parts best what is below the middle of the step from what is not.
    fn place(&self, step: &Step, levels: &Array2<f64>) -> usize {
        let from = self.starts[step.blocks.start.saturating_sub(SLACK_BLOCKS)];
        let last = (step.blocks.end - 1 + SLACK_BLOCKS).min(self.starts.len() - 1);
        // Of each band the middle of the step and whether it rises.
        let middles: Vec<(f64, bool)> = step
            .before
            .iter()
            .zip(&step.after)
            .map(|(before, after)| ((0.5 * (before + after)).exp(), after > before))
            .collect();
        // What speaks for a frame's lying before the step. A moment of programme is as loud as the louder noise.
        let before = |frame: usize| -> f64 {
            let bands = levels.row(frame).into_iter().zip(&middles);
            let told = |(level, (middle, rises)): (&f64, &(f64, bool))| {
                let told = if level < middle { 1.0 } else { -LOUD_WEIGHT };
                if *rises { told } else { -told }
            };
            bands.map(told).sum()
        };
        let (mut sum, mut best) = (0.0, (0.0, from));
        for frame in from..self.starts[last] + self.frames {
            sum += before(frame);
            if sum > best.0 {
                best = (sum, frame + 1);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    const HOP_SECS: f64 = 0.01;
    /// How far a step may be found from its place, seconds: until the next pause of the programme.
    const PLACE_SECS: f64 = 0.65;

    /// Levels over `secs` of a noise at `noise_db(secs, band)` under `programme(secs, band)`.
    fn levels(
        secs: f64,
        noise_db: impl Fn(f64, usize) -> f64,
        programme: impl Fn(f64, usize) -> f64,
    ) -> Array2<f64> {
        let mut random = Random::new(8);
        Array2::from_shape_fn(((secs / HOP_SECS) as usize, BANDS), |(frame, band)| {
            let secs = frame as f64 * HOP_SECS;
            let noise = Decibels::new(noise_db(secs, band)).to_power();
            noise * (1.0 + 0.1 * random.normal()).max(0.1) + programme(secs, band)
        })
    }

    /// Speech that pauses for two fifths of each second, most of it in the lower bands.
    fn speech(secs: f64, band: usize) -> f64 {
        if secs.fract() < 0.6 { 3_000.0 / (1 + band) as f64 } else { 0.0 }
    }

    fn steps_secs(levels: &Array2<f64>) -> Vec<f64> {
        let steps = noise_steps(levels, &(0..levels.nrows()), HOP_SECS);
        steps.into_iter().map(|step| step as f64 * HOP_SECS).collect()
    }

    fn assert_steps(levels: &Array2<f64>, expected: &[f64]) {
        let found = steps_secs(levels);
        let near = |(found, expected): (&f64, &f64)| (found - expected).abs() < PLACE_SECS;
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(near),
            "{found:?} for {expected:?}"
        );
    }

    #[test]
    fn steps_up_and_down_are_found_in_their_places() {
        for step_db in [6.0, -6.0, 16.0, -16.0] {
            for place in [10.3, 30.0, 48.7] {
                let stepping = |secs, _| if secs < place { 0.0 } else { step_db };
                assert_steps(&levels(60.0, stepping, speech), &[place]);
            }
        }
        let three = |secs: f64, _| if (20.0..33.0).contains(&secs) { 12.0 } else { 0.0 };
        assert_steps(&levels(60.0, three, speech), &[20.0, 33.0]);
    }

    #[test]
    fn a_step_to_a_noise_of_another_colour_is_one() {
        let tilting = |secs, band| if secs < 25.0 { 0.0 } else { 1.5 * band as f64 - 8.0 };
        assert_steps(&levels(60.0, tilting, speech), &[25.0]);
    }

    #[test]
    fn a_lifted_needle_between_two_sides_is_a_part_and_digital_silence_is_none() {
        for end in [22.0, 25.0, 30.0, 40.0] {
            let lifted = |secs: f64, _| if (20.0..end).contains(&secs) { -30.0 } else { 0.0 };
            let two_sides =
                |secs: f64, band| if (20.0..end).contains(&secs) { 0.0 } else { speech(secs, band) };
            assert_steps(&levels(60.0, lifted, two_sides), &[20.0, end]);
        }
        let silent = |secs: f64, _| if (20.0..30.0).contains(&secs) { f64::INFINITY } else { 0.0 };
        assert_steps(&levels(60.0, |_, _| 0.0, |secs, band| speech(secs, band) + silent(secs, band)), &[]);
        let other = |secs: f64, _| if secs < 25.0 { 0.0 } else { 9.0 };
        let found = steps_secs(&levels(60.0, other, |secs, band| speech(secs, band) + silent(secs, band)));
        assert!(found.len() == 1 && (19.0..31.0).contains(&found[0]), "{found:?}");
    }

    #[test]
    fn noise_that_is_steady_or_rises_slowly_has_no_step() {
        assert_steps(&levels(90.0, |_, _| 0.0, speech), &[]);
        assert_steps(&levels(90.0, |secs, _| secs / 7.0, speech), &[]);
        // A swell of 8 dB once a turn, and a fade to nothing over twenty seconds.
        assert_steps(&levels(90.0, |secs, _| 4.0 * (8.2 * secs).sin(), speech), &[]);
        assert_steps(&levels(60.0, |secs, _| -3.0 * (secs - 40.0).max(0.0), speech), &[]);
    }

    #[test]
    fn music_that_grows_is_no_step() {
        // After twenty seconds of quiet speech each band sounds without a rest, falling to a fifth at times of its own.
        let growing = |secs: f64, band: usize| {
            if secs < 20.0 {
                return speech(secs, band);
            }
            100.0 * (1.0 + 0.8 * ((3.0 + 0.37 * band as f64) * secs).sin())
        };
        assert_steps(&levels(60.0, |_, _| 0.0, growing), &[]);
        // In the lower half a chord is held, the upper half goes on as it was.
        let held = |secs: f64, band: usize| {
            speech(secs, band) + if secs > 20.0 && band < BANDS / 2 { 100.0 } else { 0.0 }
        };
        assert_steps(&levels(60.0, |_, _| 0.0, held), &[]);
    }

    #[test]
    fn short_and_silent_recordings_have_none() {
        for frames in [0, 1, 600, 1_199] {
            assert_steps(&Array2::from_elem((frames, BANDS), 1.0), &[]);
            assert_steps(&Array2::from_elem((frames, BANDS), 0.0), &[]);
            assert_steps(&Array2::from_elem((frames, BANDS), f64::INFINITY), &[]);
        }
    }
}
