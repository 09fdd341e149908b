//! How the right wall's signal becomes the left's: polarity, delay to a fraction of a sample, gain.
//!
//! The cross-spectrum of both walls, summed over the whole side, holds the programme alone: what is independent averages
//! out. Its inverse transform peaks at the delay; the slope of its phase over frequency gives the fraction (Knapp and Carter,
//! "The generalized correlation method for estimation of time delay", IEEE Trans. ASSP 24 (1976), §II, the weights of Hannan
//! and Thomson). No frame counts more than a loud one of the programme, so that one thunderclap does not decide.
//!
//! The gain is the median over the loudest frames of the ratio of the walls' powers, each less its own power in quiet frames.
//! Whether what is left between the matched walls is noise or programme is asked twice: whether the whole band's difference
//! rises and falls with the sum, and whether it stands out by itself, band by band (`difference`).

use std::f64::consts::TAU;
use std::ops::Range;

use rustfft::num_complex::{Complex32, Complex64};
use tonearm_audio::{Centering, FrameGrid, Hertz, SampleRate};

use super::difference::{Cells, stands_out};
use crate::level::{median, percentile};
use crate::{DspError, Stft, Window};

/// Where every disc has programme, and where rumble, which moves the walls against one another, has ended.
const BAND_HZ: (f64, f64) = (300.0, 3_500.0);
const FRAME_SECS: f64 = 0.046;
/// Walls lie at most this far apart, in seconds: a stylus 0.5 mm askew on the innermost groove.
const GREATEST_DELAY_SECS: f64 = 0.001;
/// The share of frames above whose power no frame counts for more.
const GREATEST_SCALE: f64 = 0.8;
/// Walls never agree better than this: 60 dB.
const LEAST_INCOHERENCE: f64 = 1e-6;
/// Rounds of fitting the phase's slope; each starts from the delay of the last.
const ROUNDS: usize = 4;
/// Below this rise of the sum from quiet to loud, in dB, nothing is said of what follows it.
const LEAST_RISE_DB: f64 = 3.0;
/// Shares of frames that count as loud and as quiet.
const LOUD: f64 = 0.7;
const QUIET: f64 = 0.2;

/// Frames that are transformed at a time.
const FRAMES_AT_ONCE: usize = 512;

/// How two walls compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallMatch {
    /// Correlation of the walls in the band, at the delay found; negative where they move against one another.
    pub correlation: f64,
    /// Samples by which the right wall comes later.
    pub delay_samples: f64,
    /// What the right wall is to be multiplied by, without its polarity.
    pub gain: f64,
    /// Power of the walls' difference, matched, over that of their sum, in the loud frames, in dB.
    pub difference_db: f64,
    /// How far that difference follows the programme: its rise from quiet frames to loud ones over the rise of the sum, both in
    /// dB. Noise does not follow (0); the sides of a stereo programme do (1). None where the sum rises too little to tell.
    pub difference_follows: Option<f64>,
    /// The share of moments and bands in which that difference stands out of its own noise as an instrument does, not as a click.
    pub difference_stands_out: f64,
}

/// Walls of one groove correlate at least this far: programme 3 dB below the noise still does.
pub(super) const LEAST_CORRELATION: f64 = 0.3;
/// Where the difference is heard to be noise, this much is enough: programme 8 dB below the noise. Two recordings that have nothing
/// in common reach it by chance within a second or two, but their difference follows what is played.
pub(super) const LEAST_CORRELATION_IN_NOISE: f64 = 0.12;
/// The difference is noise where it follows the programme no further than this.
const NOISE_FOLLOWING: f64 = 0.2;
/// Matched walls differ at most this much where the programme is loud, in dB of difference over sum; in stereo more does.
/// Noise as loud as the programme gives −5 dB.
pub(super) const GREATEST_DIFFERENCE_DB: f64 = -3.0;
/// A difference that follows the programme further than this, and is more than what tracing leaves between two walls, is stereo's.
pub(super) const GREATEST_FOLLOWING: f64 = 0.5;
pub(super) const TRACING_DIFFERENCE_DB: f64 = -20.0;
/// The difference of two walls stands out at most this often. Simulated walls, real surface noise and dense clicks stay below a third of
/// that, even harmonics 26 dB below the programme too; most stereo programmes 20 dB above the noise reach twice as much and more.
pub(super) const GREATEST_STANDING_OUT: f64 = 0.012;

impl WallMatch {
    /// Whether the channels are the two walls of a mono groove, and not stereo or two recordings.
    pub fn is_mono_groove(&self) -> bool {
        self.have_enough_in_common(self.correlation.abs()) && !self.is_stereo()
    }

    /// Whether a correlation of these channels is that of two walls.
    pub(super) fn have_enough_in_common(&self, correlation: f64) -> bool {
        let differ_in_noise = self.difference_follows.is_some_and(|follows| follows < NOISE_FOLLOWING);
        correlation >= if differ_in_noise { LEAST_CORRELATION_IN_NOISE } else { LEAST_CORRELATION }
    }

    /// Whether the channels differ in what they play, not in noise alone.
    pub(super) fn is_stereo(&self) -> bool {
        self.difference_db > GREATEST_DIFFERENCE_DB
            || self.difference_stands_out > GREATEST_STANDING_OUT
            || (self.difference_follows.is_some_and(|follows| follows > GREATEST_FOLLOWING)
                && self.difference_db > TRACING_DIFFERENCE_DB)
    }

    /// Whether a mono groove was cut up and down, as on cylinders and Pathé discs.
    pub fn is_vertical_cut(&self) -> bool {
        self.is_mono_groove() && self.correlation < 0.0
    }
}

/// The spectra of one frame in the band.
struct Frame {
    cross: Vec<Complex64>,
    lefts: Vec<f64>,
    rights: Vec<f64>,
    left: f64,
    right: f64,
}

/// Compares two walls; none where one of them is silent or there is too little to compare.
///
/// # Errors
/// [`DspError::Setting`] never for a rate that [`SampleRate`] accepts; the transform's signature leaves room for it.
pub fn compare_walls(left: &[f32], right: &[f32], rate: SampleRate) -> Result<Option<WallMatch>, DspError> {
    let frame_len = rate.samples_in(FRAME_SECS).next_power_of_two();
    let stft = Stft::new(FrameGrid::new(rate, frame_len, frame_len / 2, Centering::Leading), Window::Hann)?;
    let top = Hertz::new(BAND_HZ.1.min(0.45 * rate.as_f64()));
    let bins = stft.bin_at(Hertz::new(BAND_HZ.0))..stft.bin_at(top);
    let frames = frames(&stft, left, right, bins.clone());
    if frames.len() < 4 {
        return Ok(None);
    }
    let angles: Vec<f64> = bins.clone().map(|bin| TAU * bin as f64 / stft.fft_len() as f64).collect();
    let Some(aligned) = Aligned::of(&frames, &angles, rate) else { return Ok(None) };
    let shared: Vec<f64> = frames.iter().map(|frame| aligned.shared(frame).sum()).collect();
    let levels = Levels::of(&frames, &shared);
    let gain = levels.gain();
    let (difference_db, difference_follows) = levels.difference(gain);
    let cells = frames.iter().map(|frame| aligned.difference_and_sum(frame, gain));
    Ok(Some(WallMatch {
        correlation: aligned.correlation,
        delay_samples: aligned.delay_samples,
        gain,
        difference_db,
        difference_follows,
        difference_stands_out: stands_out(&Cells::gather(cells, bins), stft.grid().hop_duration().get()),
    }))
}

/// The time and polarity at which the walls agree.
struct Aligned {
    /// Of the right wall against the left: 1 or −1.
    sign: f64,
    delay_samples: f64,
    correlation: f64,
    /// What the cross-spectrum is turned by at that delay, a bin.
    turns: Vec<Complex64>,
}

impl Aligned {
    /// Of frames whose bins turn by so many `angles` a sample; none for silence.
    fn of(frames: &[Frame], angles: &[f64], rate: SampleRate) -> Option<Self> {
        let Total { cross, powers, own } = Total::of(frames, angles.len())?;
        // Hannan and Thomson's weights: what the phase of a bin is worth, by the coherence there.
        let worth: Vec<f64> = cross
            .iter()
            .zip(&powers)
            .map(|(cross, (left, right))| {
                let coherence = cross.norm_sqr() / (left * right).max(1e-40);
                coherence / (1.0 - coherence).max(LEAST_INCOHERENCE)
            })
            .collect();
        let at = |delay: f64| -> f64 {
            let turned = cross.iter().zip(angles).map(|(c, angle)| (c * Complex64::cis(-angle * delay)).re);
            turned.sum::<f64>() / own
        };
        // The cross-spectrum is left times the conjugate of right, so a right wall that is late turns it forwards.
        let reach = (GREATEST_DELAY_SECS * rate.as_f64()).ceil() as isize;
        let whole = (-reach..=reach)
            .max_by(|a, b| at(*a as f64).abs().total_cmp(&at(*b as f64).abs()))
            .unwrap_or(0) as f64;
        let sign = at(whole).signum();
        let delay_samples = refine(&cross, &worth, angles, sign, whole);
        let turns = angles.iter().map(|angle| Complex64::cis(-angle * delay_samples)).collect();
        Some(Self { sign, delay_samples, correlation: at(delay_samples), turns })
    }

    /// The energy that the aligned walls share, a bin.
    fn shared<'a>(&'a self, frame: &'a Frame) -> impl Iterator<Item = f64> + 'a {
        frame.cross.iter().zip(&self.turns).map(|(cross, turn)| self.sign * (cross * turn).re)
    }

    /// The energies of the walls' difference and of their sum, the right one times `gain`, a bin.
    fn difference_and_sum<'a>(
        &'a self,
        frame: &'a Frame,
        gain: f64,
    ) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.shared(frame)
            .zip(frame.lefts.iter().zip(&frame.rights))
            .map(move |(shared, (left, right))| difference_and_sum(*left, *right, shared, gain))
    }
}

/// The energies of the difference and of the sum of two signals of which the right one counts `gain` times.
fn difference_and_sum(left: f64, right: f64, shared: f64, gain: f64) -> (f64, f64) {
    let (own, shared) = (left + gain * gain * right, 2.0 * gain * shared);
    ((own - shared).max(0.0), (own + shared).max(0.0))
}

/// What all frames together say of each bin, none of them counting for more than a loud one.
struct Total {
    cross: Vec<Complex64>,
    powers: Vec<(f64, f64)>,
    own: f64,
}

impl Total {
    /// Of frames of so many bins; none for silence.
    fn of(frames: &[Frame], bins: usize) -> Option<Self> {
        let scales: Vec<f64> = frames.iter().map(|frame| (frame.left * frame.right).sqrt()).collect();
        let greatest = percentile(&scales, GREATEST_SCALE).unwrap_or(0.0);
        let mut total =
            Self { cross: vec![Complex64::default(); bins], powers: vec![(0.0, 0.0); bins], own: 0.0 };
        for (frame, scale) in frames.iter().zip(&scales).filter(|(_, scale)| **scale > 0.0) {
            let weight = scale.min(greatest) / scale;
            for (bin, (sum, powers)) in total.cross.iter_mut().zip(&mut total.powers).enumerate() {
                *sum += weight * frame.cross[bin];
                powers.0 += weight * frame.lefts[bin];
                powers.1 += weight * frame.rights[bin];
            }
            total.own += scale.min(greatest);
        }
        (total.own > 0.0).then_some(total)
    }
}

/// Frames in which the walls share most, and least, with what they share.
struct Levels<'a> {
    loud: Vec<(&'a Frame, f64)>,
    quiet: Vec<(&'a Frame, f64)>,
}

impl<'a> Levels<'a> {
    fn of(frames: &'a [Frame], shared: &[f64]) -> Self {
        let (low, high) = (percentile(shared, QUIET).unwrap_or(0.0), percentile(shared, LOUD).unwrap_or(0.0));
        let with = |wanted: &dyn Fn(f64) -> bool| {
            frames.iter().zip(shared.iter().copied()).filter(|(_, shared)| wanted(*shared)).collect()
        };
        Self { loud: with(&|shared| shared >= high), quiet: with(&|shared| shared <= low) }
    }

    /// What the right wall is to be multiplied by.
    fn gain(&self) -> f64 {
        let noise_of = |power: fn(&Frame) -> f64| {
            median(&self.quiet.iter().map(|(frame, _)| power(frame)).collect::<Vec<_>>()).unwrap_or(0.0)
        };
        let (noise_left, noise_right) = (noise_of(|f| f.left), noise_of(|f| f.right));
        let loud = || self.loud.iter().map(|(frame, _)| frame);
        let ratios: Vec<f64> = loud()
            .filter(|f| f.left > 2.0 * noise_left && f.right > 2.0 * noise_right)
            .map(|f| (f.left - noise_left) / (f.right - noise_right))
            .collect();
        let all: Vec<f64> = loud().filter(|f| f.right > 0.0).map(|f| f.left / f.right).collect();
        median(&ratios).or_else(|| median(&all)).unwrap_or(1.0).sqrt()
    }

    /// The level of the difference below the sum in loud frames, and how far it follows.
    fn difference(&self, gain: f64) -> (f64, Option<f64>) {
        let (loud, quiet) = (Medians::of(&self.loud, gain), Medians::of(&self.quiet, gain));
        let rise_db = loud.sum_db - quiet.sum_db;
        let follows = (rise_db > LEAST_RISE_DB).then(|| (loud.difference_db - quiet.difference_db) / rise_db);
        (loud.ratio_db, follows)
    }
}

/// Medians over frames of difference, sum and their ratio.
struct Medians {
    difference_db: f64,
    sum_db: f64,
    ratio_db: f64,
}

impl Medians {
    fn of(frames: &[(&Frame, f64)], gain: f64) -> Self {
        let db = |power: f64| 10.0 * power.max(1e-20).log10();
        let both: Vec<(f64, f64)> = frames
            .iter()
            .map(|(frame, shared)| {
                let (difference, sum) = difference_and_sum(frame.left, frame.right, *shared, gain);
                (db(difference), db(sum))
            })
            .collect();
        let middle =
            |of: fn(&(f64, f64)) -> f64| median(&both.iter().map(of).collect::<Vec<_>>()).unwrap_or(0.0);
        Self { difference_db: middle(|x| x.0), sum_db: middle(|x| x.1), ratio_db: middle(|x| x.0 - x.1) }
    }
}

fn frames(stft: &Stft, left: &[f32], right: &[f32], bins: Range<usize>) -> Vec<Frame> {
    let count =
        left.len().checked_sub(stft.grid().frame_len()).map_or(0, |rest| rest / stft.grid().hop_len() + 1);
    let mut frames = Vec::with_capacity(count);
    for first in (0..count).step_by(FRAMES_AT_ONCE) {
        let block = first..(first + FRAMES_AT_ONCE).min(count);
        let (left, right) =
            (stft.analyze_frames(left, block.clone()), stft.analyze_frames(right, block.clone()));
        for row in 0..block.len() {
            let wide = |value: Complex32| Complex64::new(value.re.into(), value.im.into());
            let mut frame =
                Frame { cross: Vec::new(), lefts: Vec::new(), rights: Vec::new(), left: 0.0, right: 0.0 };
            for bin in bins.clone() {
                let (l, r) = (wide(left.values[[row, bin]]), wide(right.values[[row, bin]]));
                frame.cross.push(l * r.conj());
                frame.lefts.push(l.norm_sqr());
                frame.rights.push(r.norm_sqr());
                frame.left += l.norm_sqr();
                frame.right += r.norm_sqr();
            }
            frames.push(frame);
        }
    }
    frames
}

/// The slope of the cross-spectrum's phase, by least squares weighted with what each bin is worth.
fn refine(cross: &[Complex64], worth: &[f64], angles: &[f64], sign: f64, start: f64) -> f64 {
    let mut delay = start;
    for _round in 0..ROUNDS {
        let (mut phases, mut slopes) = (0.0, 0.0);
        for ((value, worth), angle) in cross.iter().zip(worth).zip(angles) {
            let phase = (sign * value * Complex64::cis(-angle * delay)).arg();
            phases += worth * angle * phase;
            slopes += worth * angle * angle;
        }
        if slopes > 0.0 {
            delay += phases / slopes;
        }
    }
    delay
}
