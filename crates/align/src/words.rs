//! Times of words from boundaries in frames, and how wide their intervals are.

use tonearm_timeline::State;

use crate::alignment::{AlignedPhone, AlignedWord};
use crate::confidence::{Certainty, Interval};
use crate::features::HOP_SECS;
use crate::method::Method;
use crate::phones::PhoneSequence;
use crate::recording::Recording;
use crate::reference::THIRDS;
use crate::warp::fine::PAUSE_FRAMES;
use crate::warp::segmentation::Segmentation;

/// A pause this long lets a voice die away; shorter ones are closures.
const TAIL_PAUSE_SECS: f64 = 0.05;

/// The words of a text with their times: boundaries that were found, starts where the posterior has its middle.
pub(crate) fn words_of(
    phones: &PhoneSequence,
    found: &Segmentation,
    starts: &[Option<Interval>],
    method: &Method,
    recording: &Recording,
    has_recorded_voice: bool,
) -> Vec<AlignedWord> {
    let duration_secs = recording.duration_secs;
    // Noise hides the weak beginnings of sounds.
    let hidden_db = (method.lateness_below_db - recording.activity.snr_db).clamp(0.0, 12.0);
    let lateness_secs = 1e-3 * method.lateness_ms_per_db * hidden_db;
    let certainty = Certainty::of(method, hidden_db, found.frames() as f64 * HOP_SECS, has_recorded_voice);
    let mut words: Vec<AlignedWord> = Vec::with_capacity(phones.words.len());
    let mut before = 0.0;
    for range in &phones.words {
        let sounds: Vec<AlignedPhone> = range
            .clone()
            .filter_map(|phone| {
                found.sounds[phone].map(|bounds| AlignedPhone {
                    symbol: phones.phones[phone].symbol.clone(),
                    start_secs: seconds(bounds[0], duration_secs),
                    end_secs: seconds(bounds[THIRDS], duration_secs),
                })
            })
            .collect();
        let state = match (range.is_empty(), sounds.is_empty()) {
            (true, _) => State::Inferred,
            (false, true) => State::Absent,
            _ => State::Measured,
        };
        let interval = sounds.first().and_then(|_| starts[range.start]);
        let mut sounds = sounds;
        if let Some(interval) = interval {
            let late_secs = if interval.is_known() { 0.0 } else { lateness_secs };
            let middle = (interval.median * HOP_SECS - late_secs).clamp(0.0, duration_secs);
            // Words that make no sound lie where the one before them ends.
            let spoken = words.iter().rposition(|word| !word.phones.is_empty()).unwrap_or(words.len());
            move_start(words.get_mut(spoken).map_or(&mut [], |word| &mut word.phones), &mut sounds, middle);
            if let Some(end) = words.get(spoken).and_then(|word| word.phones.last()).map(|last| last.end_secs)
            {
                words[spoken].end_secs = end;
                for word in &mut words[spoken + 1..] {
                    (word.start_secs, word.end_secs) = (end, end);
                }
                before = end;
            }
        }
        let start_secs = sounds.first().map_or(before, |p| p.start_secs);
        let end_secs = sounds.last().map_or(start_secs, |p| p.end_secs);
        let after_pause = start_secs - before >= TAIL_PAUSE_SECS || before <= 0.0;
        let plus_minus_ms = interval.map(|interval| certainty.half_width_ms(interval, after_pause));
        before = end_secs;
        words.push(AlignedWord { start_secs, end_secs, plus_minus_ms, state, phones: sounds });
    }
    let tail_secs = 1e-3 * method.hidden_tail_ms_per_db * hidden_db;
    lengthen_tails(&mut words, tail_secs, duration_secs);
    words
}

/// A boundary before frame `frame`, in seconds: half a hop before the frame's centre.
fn seconds(frame: usize, duration_secs: f64) -> f64 {
    ((frame as f64 - 0.5) * HOP_SECS).clamp(0.0, duration_secs)
}

/// Begins `sounds`, a word, at `start`, as far as the word and the one before it, `previous`, keep a hop for each sound; where
/// no pause lies between them the word before ends there.
fn move_start(previous: &mut [AlignedPhone], sounds: &mut [AlignedPhone], start: f64) {
    let (Some(first), Some(last)) = (sounds.first(), sounds.last()) else { return };
    let (old, latest) = (first.start_secs, last.end_secs - HOP_SECS * sounds.len() as f64);
    let earliest = previous.first().map_or(0.0, |p| p.start_secs + HOP_SECS * previous.len() as f64);
    let start = start.min(latest).max(earliest);
    let mut least = start;
    for (i, sound) in sounds.iter_mut().enumerate() {
        sound.start_secs = if i == 0 { start } else { sound.start_secs.max(least) };
        least += HOP_SECS;
        sound.end_secs = sound.end_secs.max(least);
    }
    let joined = previous.last().is_some_and(|p| old - p.end_secs < PAUSE_FRAMES as f64 * HOP_SECS);
    let mut most = start;
    for (i, sound) in previous.iter_mut().rev().enumerate() {
        sound.end_secs = if i == 0 && joined { start } else { sound.end_secs.min(most) };
        most -= HOP_SECS;
        sound.start_secs = sound.start_secs.min(most);
    }
}

/// Ends the words before pauses up to `tail_secs` later, and no later than the middle of the pause: the noise hides how a voice
/// dies away.
fn lengthen_tails(words: &mut [AlignedWord], tail_secs: f64, duration_secs: f64) {
    let mut next_start = duration_secs;
    for word in words.iter_mut().rev().filter(|word| word.state != State::Absent) {
        let pause_secs = next_start - word.end_secs;
        if let Some(last) = word.phones.last_mut().filter(|_| pause_secs >= TAIL_PAUSE_SECS) {
            last.end_secs += tail_secs.min(0.5 * pause_secs);
            word.end_secs = last.end_secs;
        }
        next_start = word.start_secs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_grow_into_pauses_alone() {
        let word = |bounds: &[f64], state| AlignedWord {
            start_secs: bounds[0],
            end_secs: bounds[bounds.len() - 1],
            plus_minus_ms: None,
            state,
            phones: sounds(bounds),
        };
        let mut words = vec![
            word(&[0.0, 0.2, 0.4], State::Measured),
            word(&[0.42, 0.6], State::Measured),
            word(&[0.6], State::Absent),
            word(&[0.7, 0.9], State::Measured),
            word(&[1.5, 1.98], State::Measured),
        ];
        lengthen_tails(&mut words, 0.08, 2.0);
        let ends: Vec<i64> = words.iter().map(|w| (1e3 * w.end_secs).round() as i64).collect();
        // Joined; half of a short pause; absent; a long pause; the end of the recording.
        assert_eq!(ends, [400, 650, 600, 980, 1_980]);
        assert_eq!(bounds(&words[3].phones), [700, 980]);
    }

    fn sounds(bounds: &[f64]) -> Vec<AlignedPhone> {
        let sound = |w: &[f64]| AlignedPhone { symbol: "a".to_owned(), start_secs: w[0], end_secs: w[1] };
        bounds.windows(2).map(sound).collect()
    }

    fn bounds(sounds: &[AlignedPhone]) -> Vec<i64> {
        let ms = |secs: f64| (1e3 * secs).round() as i64;
        sounds.iter().map(|s| ms(s.start_secs)).chain(sounds.last().map(|s| ms(s.end_secs))).collect()
    }

    #[test]
    fn a_word_that_begins_elsewhere_takes_time_from_its_neighbour_and_no_sound_vanishes() {
        let (mut before, mut word) = (sounds(&[0.0, 0.1, 0.2]), sounds(&[0.2, 0.3, 0.4]));
        move_start(&mut before, &mut word, 0.06);
        assert_eq!((bounds(&before), bounds(&word)), (vec![0, 55, 60], vec![60, 300, 400]));
        move_start(&mut before, &mut word, 0.9);
        assert_eq!((bounds(&before), bounds(&word)), (vec![0, 55, 390], vec![390, 395, 400]));
        // A pause stays.
        let (mut before, mut word) = (sounds(&[0.0, 0.1]), sounds(&[0.2, 0.4]));
        move_start(&mut before, &mut word, 0.15);
        assert_eq!((bounds(&before), bounds(&word)), (vec![0, 100], vec![150, 400]));
    }
}
