//! Where a translation is all there is: its sentences over the recording by their lengths and the recording's pauses.
//!
//! Nothing is heard here but speech and silence, and everything is flagged [`State::Inferred`]. A sentence ends in a pause, most
//! likely a long one, and takes speech in proportion to its letters; W. Gale and K. Church, "A program for aligning sentences
//! in bilingual corpora", Computational Linguistics 19(1), 1993, section 3.1, give the variance of the proportion. Words
//! share their sentence's speech by their letters.
//!
//! **Known failures.** An announcement or music counts as speech and shifts what follows until the pauses pull it back;
//! a speaker who pauses inside sentences as long as between them.

use tonearm_audio::Signal;
use tonearm_timeline::State;

use crate::AlignError;
use crate::aligner::Aligner;
use crate::alignment::{AlignedWord, Alignment, unaligned};
use crate::features::HOP_SECS;
use crate::recording::Recording;
use crate::sound_kind::named;
use crate::text::{Sentence, Transcript};

/// A shorter silence is a closure inside a word.
const SHORTEST_PAUSE_SECS: f64 = 0.18;
/// Variance of a sentence's speech about its share, in seconds a second: the paper's 6.8 letters a letter at 15 letters a second.
const VARIANCE_SECS: f64 = 0.45;
/// Nats for each time that a pause is e times as long as the shortest, at a sentence's end and at a paragraph's.
const SENTENCE_PAUSE: f64 = 1.0;
const PARAGRAPH_PAUSE: f64 = 2.0;

/// A silence between two stretches of speech, and how much speech lies before it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pause {
    start_secs: f64,
    end_secs: f64,
    spoken_secs: f64,
}

impl Aligner {
    /// Places the sentences of a text in another language than is spoken (`language`) by length and pause alone.
    ///
    /// # Errors
    /// [`AlignError`] where the recording is silent, or has fewer pauses than the text has sentences.
    pub fn align_by_pauses(
        &self,
        signal: &Signal,
        transcript: &Transcript,
        language: &str,
    ) -> Result<Alignment, AlignError> {
        self.place_by_pauses(&Recording::analysed(signal)?, transcript, language)
    }

    /// The same in a recording that was listened to.
    ///
    /// # Errors
    /// As [`align_by_pauses`](Self::align_by_pauses).
    pub fn place_by_pauses(
        &self,
        recording: &Recording,
        transcript: &Transcript,
        language: &str,
    ) -> Result<Alignment, AlignError> {
        let pauses = pauses(&recording.activity.is_speech);
        let sentences: Vec<&Sentence> = transcript.sentences().collect();
        let mut ends_paragraph = Vec::new();
        for paragraph in &transcript.paragraphs {
            ends_paragraph.extend((1..=paragraph.sentences.len()).map(|i| i == paragraph.sentences.len()));
        }
        let lengths: Vec<f64> = sentences.iter().map(|sentence| letters(&sentence.text)).collect();
        let chosen = choose(&pauses, &lengths, &ends_paragraph).ok_or_else(|| AlignError::NoMatch {
            reason: format!(
                "its {} sentences cannot be told apart by the {} pauses of the recording",
                sentences.len(),
                pauses.len().saturating_sub(2)
            ),
        })?;
        let words: Vec<AlignedWord> = sentences
            .iter()
            .zip(chosen.windows(2))
            .flat_map(|(sentence, ends)| words(sentence, &pauses[ends[0]..=ends[1]]))
            .collect();
        let unaligned = named(
            unaligned(&words, recording.duration_secs, &recording.activity.is_speech, HOP_SECS),
            recording,
        );
        Ok(Alignment {
            duration_secs: recording.duration_secs,
            sample_rate_hz: recording.sample_rate_hz,
            language: language.to_owned(),
            transcript: transcript.clone(),
            words,
            unaligned,
            snr_db: recording.activity.snr_db,
            text_fit: 0.0,
            is_doubtful: false,
        })
    }
}

fn letters(text: &str) -> f64 {
    text.chars().filter(|c| c.is_alphanumeric()).count().max(1) as f64
}

/// The silence before the first speech, all pauses, the silence after the last speech.
fn pauses(is_speech: &[bool]) -> Vec<Pause> {
    let shortest = (SHORTEST_PAUSE_SECS / HOP_SECS) as usize;
    let mut pauses: Vec<Pause> = Vec::new();
    let (mut spoken, mut at) = (0usize, 0usize);
    for run in is_speech.chunk_by(|a, b| a == b) {
        let end = at + run.len();
        let edge = at == 0 || end == is_speech.len();
        if !run[0] && (edge || run.len() >= shortest) {
            let secs = |frames: usize| frames as f64 * HOP_SECS;
            pauses.push(Pause { start_secs: secs(at), end_secs: secs(end), spoken_secs: secs(spoken) });
        } else {
            spoken += run.len();
        }
        at = end;
    }
    let edge = |secs: f64, spoken_secs: f64| Pause { start_secs: secs, end_secs: secs, spoken_secs };
    let total = is_speech.len() as f64 * HOP_SECS;
    if pauses.first().is_none_or(|pause| pause.start_secs > 0.0) {
        pauses.insert(0, edge(0.0, 0.0));
    }
    if pauses.last().is_none_or(|pause| pause.end_secs < total) {
        pauses.push(edge(total, spoken as f64 * HOP_SECS));
    }
    pauses
}

/// The pause before each sentence, and the last one; none where there are too few.
fn choose(pauses: &[Pause], lengths: &[f64], ends_paragraph: &[bool]) -> Option<Vec<usize>> {
    let spoken = pauses.last()?.spoken_secs;
    let total: f64 = lengths.iter().sum();
    let count = pauses.len();
    let mut cost = vec![f64::INFINITY; count];
    cost[0] = 0.0;
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(lengths.len());
    for (i, length) in lengths.iter().enumerate() {
        let expected = (spoken * length / total).max(HOP_SECS);
        let weight = if ends_paragraph[i] { PARAGRAPH_PAUSE } else { SENTENCE_PAUSE };
        let mut next = vec![f64::INFINITY; count];
        let mut from = vec![0; count];
        for end in i + 1..count {
            let pause = pauses[end];
            let long = ((pause.end_secs - pause.start_secs) / SHORTEST_PAUSE_SECS).max(1.0).ln();
            // Speech of more than six times its share plus six seconds is no candidate: keeps hours linear.
            let earliest =
                pauses.partition_point(|p| p.spoken_secs < pause.spoken_secs - 6.0 * (expected + 1.0));
            for start in earliest.max(i)..end {
                let off = pause.spoken_secs - pauses[start].spoken_secs - expected;
                let value = cost[start] + off * off / (2.0 * VARIANCE_SECS * expected) - weight * long;
                if value < next[end] {
                    (next[end], from[end]) = (value, start);
                }
            }
        }
        cost = next;
        came_from.push(from);
    }
    let mut at = count - 1;
    if !cost[at].is_finite() {
        return None;
    }
    let mut chosen = vec![at];
    for from in came_from.iter().rev() {
        at = from[at];
        chosen.push(at);
    }
    chosen.reverse();
    Some(chosen)
}

/// The words of a sentence over the speech between the first and the last of `pauses`.
fn words(sentence: &Sentence, pauses: &[Pause]) -> Vec<AlignedWord> {
    let (Some(first), Some(last)) = (pauses.first(), pauses.last()) else { return Vec::new() };
    // The instant at which so much speech has passed; at a pause, after it for a start and before it for an end.
    let instant = |spoken: f64, starts: bool| {
        let after = pauses.partition_point(|p| {
            if starts { p.spoken_secs <= spoken + 1e-9 } else { p.spoken_secs < spoken - 1e-9 }
        });
        let before = &pauses[after.max(1) - 1];
        before.end_secs + (spoken - before.spoken_secs).max(0.0)
    };
    let total: f64 = sentence.words.iter().map(|word| letters(&word.text)).sum();
    let spoken = last.spoken_secs - first.spoken_secs;
    let mut passed = 0.0;
    sentence
        .words
        .iter()
        .map(|word| {
            let from = first.spoken_secs + spoken * passed / total;
            passed += letters(&word.text);
            let to = first.spoken_secs + spoken * passed / total;
            let start_secs = instant(from, true);
            AlignedWord {
                start_secs,
                end_secs: instant(to, false).max(start_secs),
                plus_minus_ms: None,
                state: State::Inferred,
                phones: Vec::new(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speech (true) and silence (false) of so many frames each.
    fn mask(runs: &[(bool, usize)]) -> Vec<bool> {
        runs.iter().flat_map(|(speech, count)| vec![*speech; *count]).collect()
    }

    #[test]
    fn sentences_end_in_the_long_pauses_near_their_share() {
        // 1 s of lead-in; 4 s with a short pause inside; 0.6 s of pause; 2 s; 0.6 s; 6 s; run-out.
        let is_speech = mask(&[
            (false, 200),
            (true, 420),
            (false, 40),
            (true, 380),
            (false, 120),
            (true, 400),
            (false, 120),
            (true, 1_200),
            (false, 100),
        ]);
        let pauses = pauses(&is_speech);
        assert_eq!(pauses.len(), 5);
        let chosen = choose(&pauses, &[44.0, 20.0, 58.0], &[false, false, true]).unwrap();
        assert_eq!(chosen, [0, 2, 3, 4]);
        assert!(choose(&pauses, &[1.0; 6], &[false; 6]).is_none());
    }

    #[test]
    fn words_step_over_pauses() {
        let is_speech = mask(&[(false, 100), (true, 200), (false, 100), (true, 200)]);
        let pauses = pauses(&is_speech);
        let word = |text: &str| crate::text::Word { text: text.to_owned(), source: 0..0 };
        let sentence = Sentence { text: String::new(), words: vec![word("four"), word("more")] };
        let times: Vec<(f64, f64)> =
            words(&sentence, &pauses).iter().map(|w| (w.start_secs, w.end_secs)).collect();
        let expected = [(0.5, 1.5), (2.0, 3.0)];
        for ((start, end), (s, e)) in times.iter().zip(expected) {
            assert!((start - s).abs() < 1e-9 && (end - e).abs() < 1e-9, "{times:?}");
        }
    }
}
