//! The whole text laid anew where it was drawn out over a sound that it knows nothing of.
//!
//! In noise, claps and soft notes may look more like speech than like anything else. Then the first path spreads a few words over
//! them, the models learn claps for vowels, and later rounds only confirm it. What gives it away is the **rate**: nobody
//! speaks some words so much slower than all others. So the sounds are looked through for runs that last far longer than their expectations
//! at the rate of the side; where there are such, the text is laid once more with a gap that explains them nearly as well as the best sound
//! does, and the models learn from that; from these models it is laid freely again. Of the two paths the likelier counts, with the
//! log-normal prior of durations that a coarse path itself does not have. Slow speech stays: without it nothing fits better.
//!
//! Runs are maximal scoring subsequences: W. L. Ruzzo and M. Tompa, "A linear time algorithm for finding all maximal scoring
//! subsequences", ISMB 1999, here one after the other, ended where the sum falls back.

use std::ops::Range;

use ndarray::Array2;

use super::coarse::COARSE;
use super::rounds::{Coarse, Task};
use super::segmentation::Segmentation;
use crate::AlignError;
use crate::features::HOP_SECS;
use crate::reference::THIRDS;

/// A sound may take this many times what is expected of it at the side's rate before it counts as drawn out.
const SLOW: f32 = 1.8;
/// A run is doubtful where its sounds together take this much longer still.
const LEAST_EXCESS_SECS: f64 = 0.4;
/// Between sentences a pause longer than this ends a run; within one, what is longer counts as drawn out too.
const LONGEST_PAUSE_SECS: f64 = 0.5;
/// How often runs are looked for.
const ROUNDS: usize = 2;
/// Standard deviation of the log duration of a whole sound, with what coarse frames round away.
const DURATION_SIGMA: f64 = 0.5;

impl Task<'_> {
    /// The whole text over the whole recording, nothing left out.
    ///
    /// # Errors
    /// As [`Task::coarse`].
    pub(crate) fn whole(&self, prior: &Array2<f32>) -> Result<Coarse, AlignError> {
        let mut best = self.coarse(prior, None, false)?;
        let mut doubt: Vec<Range<usize>> = Vec::new();
        for _ in 0..ROUNDS {
            let rate = self.rate(&best.found);
            let begins = |sound: usize| self.phones.phones[sound].begins_sentence;
            let runs = drawn_out(&best.found, &self.expectation.frames, rate, begins);
            // Doubting them once more would find the same.
            let is_known = |run: &Range<usize>| {
                doubt.iter().any(|known| known.start <= run.start && run.end <= known.end)
            };
            if runs.iter().all(is_known) {
                break;
            }
            doubt.extend(runs);
            let doubting = Task { doubt: &doubt, ..*self }.coarse(prior, None, false)?;
            let anew = self.coarse(prior, Some(&doubting), false)?;
            let gain = self.likelihood(&anew) - self.likelihood(&best);
            tracing::debug!(?doubt, gain, "words drawn out");
            if gain <= 0.0 {
                break;
            }
            best = anew;
        }
        Ok(best)
    }

    /// The score of a path with what its durations are worth, in nats.
    fn likelihood(&self, coarse: &Coarse) -> f64 {
        coarse.score + duration_prior(&coarse.found, &self.expectation.frames, self.rate(&coarse.found))
    }
}

/// Frames of runs of sounds that take far longer than `expected` at `rate`.
fn drawn_out(
    found: &Segmentation,
    expected: &[f32],
    rate: f32,
    begins_sentence: impl Fn(usize) -> bool,
) -> Vec<Range<usize>> {
    let (least, longest_pause) = (LEAST_EXCESS_SECS / HOP_SECS, LONGEST_PAUSE_SECS / HOP_SECS);
    let mut runs = Vec::new();
    let mut run = Run::default();
    let mut end_before = 0;
    for (sound, bounds) in found.sounds.iter().enumerate() {
        let Some(bounds) = bounds else { continue };
        let (start, end) = (bounds[0], bounds[THIRDS]);
        let pause = start.saturating_sub(end_before) as f64;
        if pause > longest_pause {
            if begins_sentence(sound) {
                runs.extend(run.ended(least));
            } else {
                run.add(pause - longest_pause, end_before..start);
            }
        }
        run.add((end - start) as f64 - f64::from(SLOW * expected[sound] * rate), start..end);
        if run.sum <= 0.0 || run.sum < run.best - least {
            runs.extend(run.ended(least));
        }
        end_before = end;
    }
    runs.extend(run.ended(least));
    runs
}

/// Sounds one after the other whose excess is summed.
#[derive(Default)]
struct Run {
    sum: f64,
    /// The greatest sum so far, and the frames up to there.
    best: f64,
    frames: Range<usize>,
}

impl Run {
    fn add(&mut self, excess: f64, frames: Range<usize>) {
        if self.sum <= 0.0 {
            *self = Self { sum: 0.0, best: 0.0, frames: frames.start..frames.start };
        }
        self.sum += excess;
        if self.sum > self.best {
            self.best = self.sum;
            self.frames.end = frames.end;
        }
    }

    /// Its frames where they took more than `least` too long; another may begin.
    fn ended(&mut self, least: f64) -> Option<Range<usize>> {
        let run = std::mem::take(self);
        (run.best >= least).then_some(run.frames)
    }
}

/// Log prior of the durations of `found`, without the constant that all paths over a text share.
fn duration_prior(found: &Segmentation, expected: &[f32], rate: f32) -> f64 {
    let spoken = found.sounds.iter().zip(expected).filter_map(|(sound, expected)| sound.zip(Some(*expected)));
    let score = |(bounds, expected): ([usize; THIRDS + 1], f32)| {
        let frames = (bounds[THIRDS] - bounds[0]).max(COARSE) as f64;
        let z = (frames.ln() - f64::from(expected * rate).ln()) / DURATION_SIGMA;
        -0.5 * z * z
    };
    spoken.map(score).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sounds of these frames, with a pause of as many frames before each.
    fn found(sounds: &[(usize, usize)]) -> Segmentation {
        let mut at = 0;
        let sounds = sounds.iter().map(|(pause, frames)| {
            let start = at + pause;
            at = start + frames;
            Some([start, start + frames / 3, start + 2 * frames / 3, at])
        });
        Segmentation { sounds: sounds.collect() }
    }

    #[test]
    fn words_drawn_out_over_seconds_are_doubted_and_slow_ones_are_not() {
        let runs = |found: &Segmentation, begins: fn(usize) -> bool| -> Vec<(usize, usize)> {
            drawn_out(found, &[16.0; 10], 1.25, begins).into_iter().map(|run| (run.start, run.end)).collect()
        };
        let even = found(&[(0, 20); 10]);
        assert!(runs(&even, |_| false).is_empty());
        // Twice as slow as the others, as in a stressed word; then four of them over three seconds.
        let mut sounds = [(0, 20); 10];
        sounds[2..4].fill((0, 40));
        assert!(runs(&found(&sounds), |_| false).is_empty());
        sounds[6..9].fill((0, 200));
        let start = 6 * 20 + 2 * 20;
        assert_eq!(runs(&found(&sounds), |_| false), [(start, start + 600)]);
        // A long pause is a sentence's, and not a word's.
        let mut sounds = [(0, 20); 10];
        sounds[5].0 = 300;
        assert!(runs(&found(&sounds), |sound| sound == 5).is_empty());
        assert_eq!(runs(&found(&sounds), |_| false), [(100, 400)]);
    }

    #[test]
    fn even_durations_are_likelier_than_one_sound_for_all() {
        let expected = [20.0; 4];
        let even = duration_prior(&found(&[(0, 20); 4]), &expected, 1.0);
        let odd = duration_prior(&found(&[(0, 8), (0, 8), (0, 8), (0, 500)]), &expected, 1.0);
        assert!(even > odd + 10.0, "{even} {odd}");
    }
}
