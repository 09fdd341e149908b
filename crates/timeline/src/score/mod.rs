//! How far a timeline's times lie from a reference's.
//!
//! Words are matched in order by their normalised text, so that a word that one side lacks or writes otherwise is counted
//! and does not derail the rest. Errors are the timeline's time less the reference's: positive means late. Words that the
//! timeline calls absent are not timed; whether it is right to call them so is counted apart.

mod reference;
mod statistics;
pub(crate) mod token_alignment;

pub use reference::{Reference, ReferenceSettings, ReferenceSpan};
use serde::Serialize;
pub use statistics::ErrorStatistics;
use token_alignment::{Link, Token, align, tokens};

use crate::{Confidence, State, Timeline};

/// How far a timeline lies from a reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// Words of the reference.
    pub reference_words: usize,
    /// Words of the timeline, absent ones included.
    pub timeline_words: usize,
    /// Words of the reference that were found in the timeline.
    pub matched: usize,
    /// Words of the reference that the timeline lacks or writes otherwise.
    pub missing: usize,
    /// Words of the timeline, not called absent, that the reference lacks or writes otherwise.
    pub extra: usize,
    /// Words that the timeline calls absent and the reference lacks.
    pub absent_rightly: usize,
    /// Words that the timeline calls absent and the reference has.
    pub absent_wrongly: usize,
    /// Errors of the matched words' starts.
    pub word_starts: Option<ErrorStatistics>,
    /// Errors of the matched words' ends.
    pub word_ends: Option<ErrorStatistics>,
    /// Errors of the sentences' starts: those that the reference lists as such, or else the starts of the timeline's
    /// sentences.
    pub sentence_starts: Option<ErrorStatistics>,
    /// Errors of the sentences' ends.
    pub sentence_ends: Option<ErrorStatistics>,
    /// Whether the confidence intervals hold what they promise.
    pub calibration: Option<Calibration>,
    /// Every matched word.
    pub words: Vec<WordRow>,
    /// Errors of the sentences' starts and ends in milliseconds, one by one.
    #[serde(skip)]
    sentence_errors_ms: (Vec<f64>, Vec<f64>),
}

/// Whether the confidence intervals, stated to hold the truth nine times in ten, do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Words that state an interval and whose true start is known.
    pub intervals: usize,
    /// The share of them whose true start lies inside, from 0 to 1. It should be 0.9.
    pub covered: f64,
    /// The mean half-width in milliseconds: of two that cover, the narrower is better.
    pub mean_plus_minus_ms: f64,
    /// The same for the narrowest quarter of the intervals up to the widest: a confidence that means something covers alike in all.
    pub quarters: Vec<Quarter>,
}

/// A quarter of the intervals, by their width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quarter {
    /// The widest half-width among them, in milliseconds.
    pub up_to_ms: f64,
    /// How many there are.
    pub intervals: usize,
    /// The share of them whose true start lies inside.
    pub covered: f64,
    /// The error that nine in ten of them do not exceed, in milliseconds: the half-width that would have been right.
    pub p90_error_ms: f64,
}

/// A word of the timeline beside its counterpart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordRow {
    /// Identifier of the word, or of the sentence where the timeline has no words.
    pub id: String,
    /// As the timeline writes it.
    pub text: String,
    /// As the reference writes it.
    pub reference_text: String,
    /// The timeline's start in seconds, where it has one.
    pub start: Option<f64>,
    /// The reference's start in seconds, where it has one.
    pub reference_start: Option<f64>,
    /// The timeline's start less the reference's, in milliseconds.
    pub start_error_ms: Option<f64>,
    /// The timeline's end in seconds, where it has one.
    pub end: Option<f64>,
    /// The reference's end in seconds, where it has one.
    pub reference_end: Option<f64>,
    /// The timeline's end less the reference's, in milliseconds.
    pub end_error_ms: Option<f64>,
    /// How the timeline came to its time.
    pub confidence: Confidence,
}

/// Compares a timeline with a reference.
pub fn score(timeline: &Timeline, reference: &Reference) -> Score {
    let spans = spans(timeline);
    let ours: Vec<Token> =
        spans.iter().enumerate().flat_map(|(i, span)| tokens(&span.text, span.start, span.end, i)).collect();
    let truth: Vec<Token> = reference
        .spans
        .iter()
        .enumerate()
        .flat_map(|(i, span)| tokens(&span.text, span.start_secs, span.end_secs, i))
        .collect();
    let links = align(&truth, &ours);
    let absent = |token: &Token| spans[token.span].confidence.state == State::Absent;
    let mut linked_truth = vec![false; truth.len()];
    let mut linked_ours = vec![false; ours.len()];
    let mut absent_wrongly = 0;
    let mut words = Vec::new();
    for Link { reference: from, timeline: to } in &links {
        linked_truth[from.clone()].fill(true);
        linked_ours[to.clone()].fill(true);
        if ours[to.clone()].iter().any(absent) {
            absent_wrongly += from.len();
        } else {
            words.push(row(&truth[from.clone()], &ours[to.clone()], &spans, reference));
        }
    }
    let unlinked = || ours.iter().zip(&linked_ours).filter(|(_, linked)| !**linked).map(|(token, _)| token);
    let matched = linked_truth.iter().filter(|linked| **linked).count();
    Score {
        reference_words: truth.len(),
        timeline_words: ours.len(),
        matched,
        missing: truth.len() - matched,
        extra: unlinked().filter(|token| !absent(token)).count(),
        absent_rightly: unlinked().filter(|token| absent(token)).count(),
        absent_wrongly,
        sentence_errors_ms: sentence_errors(timeline, reference, &words),
        words,
        ..Score::default()
    }
    .summed_up()
}

impl Score {
    /// The score of several pairs taken as one; none of none.
    pub fn pooled<'a>(scores: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut scores = scores.into_iter();
        let mut all = scores.next()?.clone();
        for score in scores {
            all.reference_words += score.reference_words;
            all.timeline_words += score.timeline_words;
            all.matched += score.matched;
            all.missing += score.missing;
            all.extra += score.extra;
            all.absent_rightly += score.absent_rightly;
            all.absent_wrongly += score.absent_wrongly;
            all.words.extend(score.words.iter().cloned());
            all.sentence_errors_ms.0.extend(&score.sentence_errors_ms.0);
            all.sentence_errors_ms.1.extend(&score.sentence_errors_ms.1);
        }
        Some(all.summed_up())
    }

    /// With the figures of its words and sentences.
    fn summed_up(self) -> Self {
        let words = &self.words;
        Self {
            word_starts: ErrorStatistics::of(words.iter().filter_map(|row| row.start_error_ms)),
            word_ends: ErrorStatistics::of(words.iter().filter_map(|row| row.end_error_ms)),
            sentence_starts: ErrorStatistics::of(self.sentence_errors_ms.0.iter().copied()),
            sentence_ends: ErrorStatistics::of(self.sentence_errors_ms.1.iter().copied()),
            calibration: calibration(words),
            ..self
        }
    }
}

/// A word of the timeline, or a whole sentence where it lists no words.
struct Span {
    id: String,
    text: String,
    start: f64,
    end: f64,
    confidence: Confidence,
}

fn spans(timeline: &Timeline) -> Vec<Span> {
    let mut spans = Vec::new();
    for sentence in timeline.sentences() {
        if sentence.words.is_empty() {
            spans.push(Span {
                id: sentence.id.clone(),
                text: sentence.text.clone(),
                start: sentence.start,
                end: sentence.end,
                confidence: sentence.confidence,
            });
        }
        spans.extend(sentence.words.iter().map(|word| Span {
            id: word.id.clone(),
            text: word.text.clone(),
            start: word.start,
            end: word.end,
            confidence: word.confidence,
        }));
    }
    spans
}

fn row(truth: &[Token], ours: &[Token], spans: &[Span], reference: &Reference) -> WordRow {
    let ends = |tokens: &[Token]| {
        (tokens.first().and_then(|token| token.start), tokens.last().and_then(|token| token.end))
    };
    let ((reference_start, reference_end), (start, end)) = (ends(truth), ends(ours));
    let error = |ours: Option<f64>, truth: Option<f64>| Some((ours? - truth?) * 1000.0);
    let first = ours.first().map_or(0, |token| token.span);
    let written = |tokens: &[Token], whole: &dyn Fn(usize) -> String| match tokens {
        // The word as it is written, where the token is one.
        [only] if only.start.is_some() && only.end.is_some() => whole(only.span),
        _ => tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" "),
    };
    WordRow {
        id: spans[first].id.clone(),
        text: written(ours, &|span| spans[span].text.clone()),
        reference_text: written(truth, &|span| reference.spans[span].text.clone()),
        start,
        reference_start,
        start_error_ms: error(start, reference_start),
        end,
        reference_end,
        end_error_ms: error(end, reference_end),
        confidence: spans[first].confidence,
    }
}

/// Errors of sentence starts and ends.
fn sentence_errors(timeline: &Timeline, reference: &Reference, rows: &[WordRow]) -> (Vec<f64>, Vec<f64>) {
    if reference.spans.iter().any(ReferenceSpan::is_sentence) {
        // Only the words at the edges of a sentence have a time in the reference: a row that knows one side alone stands
        // at such an edge.
        let starts =
            rows.iter().filter(|row| row.reference_end.is_none()).filter_map(|row| row.start_error_ms);
        let ends = rows.iter().filter(|row| row.reference_start.is_none()).filter_map(|row| row.end_error_ms);
        return (starts.collect(), ends.collect());
    }
    let by_id: std::collections::HashMap<&str, &WordRow> =
        rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let spoken = |sentence: &'_ crate::Sentence, last: bool| {
        let mut words = sentence.words.iter().filter(|word| word.confidence.state != State::Absent);
        let word = if last { words.next_back() } else { words.next() };
        word.and_then(|word| by_id.get(word.id.as_str()).copied())
    };
    (
        timeline.sentences().filter_map(|s| spoken(s, false)?.start_error_ms).collect(),
        timeline.sentences().filter_map(|s| spoken(s, true)?.end_error_ms).collect(),
    )
}

fn calibration(rows: &[WordRow]) -> Option<Calibration> {
    let mut stated: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| Some((row.start_error_ms?.abs(), row.confidence.plus_minus_ms?)))
        .collect();
    stated.sort_by(|a, b| a.1.total_cmp(&b.1));
    let share = |part: &[(f64, f64)]| {
        part.iter().filter(|(error, plus_minus)| error <= plus_minus).count() as f64 / part.len() as f64
    };
    let quarters = (0..4)
        .map(|q| &stated[stated.len() * q / 4..stated.len() * (q + 1) / 4])
        .filter_map(|part| {
            Some(Quarter {
                up_to_ms: part.last()?.1,
                intervals: part.len(),
                covered: share(part),
                p90_error_ms: ErrorStatistics::of(part.iter().map(|(error, _)| *error))?.p90_ms,
            })
        })
        .collect();
    (!stated.is_empty()).then(|| Calibration {
        intervals: stated.len(),
        covered: share(&stated),
        mean_plus_minus_ms: stated.iter().map(|(_, plus_minus)| plus_minus).sum::<f64>()
            / stated.len() as f64,
        quarters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn a_timeline_against_itself_has_no_error() {
        let score = score(&small(), &Reference::from_timeline(&small()));
        assert_eq!((score.matched, score.missing, score.extra), (3, 0, 0));
        let starts = score.word_starts.unwrap();
        assert!(close(starts.max_ms, 0.0) && close(starts.within_20_ms, 1.0));
        assert_eq!(score.sentence_starts.unwrap().count, 2);
        assert!(close(score.calibration.unwrap().covered, 1.0));
    }

    #[test]
    fn planted_errors_are_found_where_they_are() {
        let mut moved = small();
        moved.paragraphs[0].sentences[0].words[1].start += 0.030;
        moved.paragraphs[0].sentences[1].words[0].start -= 0.060;
        let score = score(&moved, &Reference::from_timeline(&small()));
        let starts = score.word_starts.unwrap();
        assert!(close(starts.mean_ms, 30.0) && close(starts.bias_ms, -10.0) && close(starts.max_ms, 60.0));
        assert!(close(starts.median_ms, 30.0) && close(starts.within_50_ms, 2.0 / 3.0));
        assert!(close(score.word_ends.unwrap().max_ms, 0.0));
        assert!(close(score.sentence_starts.unwrap().max_ms, 60.0));
        assert!(close(score.calibration.unwrap().covered, 1.0 / 3.0));
        assert!(close(score.words[1].start_error_ms.unwrap(), 30.0));
    }

    #[test]
    fn missing_extra_and_differing_words_do_not_derail() {
        let reference = Reference::read(
            r#"{"words": [
                {"text": "er", "start": 0.1, "end": 0.3},
                {"text": "HELLO", "start": 0.5, "end": 0.8},
                {"text": "word", "start": 0.8, "end": 1.2},
                {"text": "yes!", "start": 1.41, "end": 1.8}
            ]}"#,
            &ReferenceSettings::default(),
        )
        .unwrap();
        let score = score(&small(), &reference);
        assert_eq!((score.matched, score.missing, score.extra), (2, 2, 1));
        assert!(close(score.word_starts.unwrap().max_ms, 10.0));
    }

    #[test]
    fn several_pairs_count_as_one() {
        let mut moved = small();
        moved.paragraphs[0].sentences[0].words[0].start -= 0.030;
        let reference = Reference::from_timeline(&small());
        let (one, other) = (score(&small(), &reference), score(&moved, &reference));
        let all = Score::pooled([&one, &other]).unwrap();
        assert_eq!((all.matched, all.words.len(), all.sentence_starts.unwrap().count), (6, 6, 4));
        assert!(close(all.word_starts.unwrap().mean_ms, 5.0));
        assert!(Score::pooled([]).is_none());
    }

    #[test]
    fn coverage_is_told_by_width() {
        let rows = |errors: &[(f64, f64)]| -> Vec<WordRow> {
            let base = score(&small(), &Reference::from_timeline(&small())).words[0].clone();
            errors
                .iter()
                .map(|(error, stated)| WordRow {
                    start_error_ms: Some(*error),
                    confidence: Confidence { state: State::Measured, plus_minus_ms: Some(*stated) },
                    ..base.clone()
                })
                .collect()
        };
        let found = calibration(&rows(&[(90.0, 80.0), (-5.0, 10.0), (30.0, 40.0), (1.0, 20.0)])).unwrap();
        assert!(close(found.covered, 0.75));
        let covered: Vec<f64> = found.quarters.iter().map(|q| q.covered).collect();
        assert_eq!(covered, [1.0, 1.0, 1.0, 0.0]);
        assert!(close(found.quarters[3].up_to_ms, 80.0) && close(found.quarters[3].p90_error_ms, 90.0));
    }

    #[test]
    fn absent_words_are_counted_apart() {
        let mut timeline = small();
        timeline.paragraphs[0].sentences[0].words[0].confidence.state = State::Absent;
        timeline.paragraphs[0].sentences[1].words[0].confidence.state = State::Absent;
        let reference =
            Reference::read("x 1 0.5 0.3 hello\nx 1 0.8 0.4 world\n", &ReferenceSettings::default()).unwrap();
        let score = score(&timeline, &reference);
        assert_eq!(
            (score.absent_wrongly, score.absent_rightly, score.extra, score.words.len()),
            (1, 1, 0, 1)
        );
    }

    #[test]
    fn a_word_written_in_two_matches_one() {
        let reference = Reference::read(
            r#"[{"word": "helloworld", "start": 0.4, "end": 1.3}, {"word": "y", "start": 1.4, "end": 1.5},
                {"word": "es", "start": 1.5, "end": 1.9}]"#,
            &ReferenceSettings::default(),
        )
        .unwrap();
        let score = score(&small(), &reference);
        assert_eq!((score.matched, score.missing, score.extra), (3, 0, 0));
        assert!(close(score.words[0].start_error_ms.unwrap(), 100.0));
        assert!(close(score.words[0].end_error_ms.unwrap(), -100.0));
        assert!(close(score.words[1].end_error_ms.unwrap(), -100.0));
    }

    #[test]
    fn sentences_of_a_reference_are_timed_at_their_edges() {
        let reference = Reference::read(
            r#"[{"audio": "other.mp3", "text": "Hello, world.", "start": 9.0, "end": 9.5},
                {"audio": "side.mp3", "text": "Hello, world.", "start": 0.52, "end": 1.25}]"#,
            &ReferenceSettings { audio: Some("restored/side.wav".to_owned()), ..Default::default() },
        )
        .unwrap();
        let score = score(&small(), &reference);
        assert_eq!((score.matched, score.extra), (2, 1));
        assert!(close(score.sentence_starts.unwrap().bias_ms, -20.0));
        assert!(close(score.sentence_ends.unwrap().bias_ms, -50.0));
    }

    #[test]
    fn shared_references_are_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/speech");
        if !folder.is_dir() {
            println!("skipped: {} is not there", folder.display());
            return;
        }
        let read = |name: &str, audio: Option<&str>| {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            let settings = ReferenceSettings { audio: audio.map(str::to_owned), ..Default::default() };
            Reference::read(&text, &settings).unwrap()
        };
        assert_eq!(read("bobby.words.json", None).spans.len(), 4);
        assert_eq!(read("czech.words.json", None).spans.len(), 11);
        assert!(read("acoustic_corpus.TextGrid", None).spans.len() > 30);
        let moby = read("moby-dick.sentences.json", Some("moby-dick-1.mp3"));
        assert!(moby.spans.iter().any(ReferenceSpan::is_sentence));
        assert!(moby.spans.len() < read("moby-dick.sentences.json", None).spans.len());
    }
}
