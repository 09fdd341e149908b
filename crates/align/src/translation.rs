//! Which sentences of a translation say what which sentences of the text say.
//!
//! Source: W. Gale and K. Church, "A program for aligning sentences in bilingual corpora", Computational Linguistics 19(1),
//! 1993, sections 2 and 3. The lengths of sentences that translate each other go together: the length of one, given the
//! other's, is normal with a mean in proportion and a variance that grows with the length. Dynamic programming finds the
//! beads whose lengths agree best, weighed by how often each kind of bead occurs.
//!
//! | paper | here |
//! |---|---|
//! | l₁, l₂ | lengths in letters |
//! | c, expected letters a letter | the ratio of the two texts' lengths |
//! | s² = 6.8 | `VARIANCE` |
//! | match categories of table 5 | `KINDS` |
//!
//! Added to the paper: a mark at the end that differs (a question beside a statement), numbers that stand in only one, and
//! a paragraph's end that stands in only one, each cost `DISAGREEMENT`; names and cognates that stand in both, in whatever
//! script (`Советы`, `Soviets`), count for the pair by their rarity (see `cognates`).

mod cognates;

use std::ops::Range;

use tonearm_timeline::{Timeline, Translation};

use self::cognates::Cognates;

use crate::text::Transcript;

/// Variance of the length of a translation, in letters a letter (Gale and Church 1993, section 3.1).
const VARIANCE: f64 = 6.8;
/// Sentences of the text, sentences of the translation, probability (table 5; 1–0 and 0–1 share 0.0099, 2–1 and 1–2 share 0.089).
const KINDS: [(usize, usize, f64); 6] =
    [(1, 1, 0.89), (1, 0, 0.00495), (0, 1, 0.00495), (2, 1, 0.0445), (1, 2, 0.0445), (2, 2, 0.011)];
/// Cost, in nats, of one sign that the two sides do not share.
const DISAGREEMENT: f64 = 1.5;

/// Sentences that say the same: ranges of sentence numbers in the text and in the translation; one of them may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bead {
    /// Sentences of the text.
    pub text: Range<usize>,
    /// Sentences of the translation.
    pub translation: Range<usize>,
}

/// What the beads are judged by.
struct Sentence<'a> {
    text: &'a str,
    letters: f64,
    ends_paragraph: bool,
}

/// The beads of a text, given as the sentences of each paragraph, and its translation.
pub fn beads(text: &[Vec<&str>], translation: &[Vec<&str>]) -> Vec<Bead> {
    let (ours, theirs) = (flattened(text), flattened(translation));
    let total = |side: &[Sentence]| side.iter().map(|s| s.letters).sum::<f64>().max(1.0);
    let ratio = total(&theirs) / total(&ours);
    let cognates = Cognates::of(
        &ours.iter().map(|s| s.text).collect::<Vec<_>>(),
        &theirs.iter().map(|s| s.text).collect::<Vec<_>>(),
    );
    let width = theirs.len() + 1;
    let mut cost = vec![f64::INFINITY; (ours.len() + 1) * width];
    let mut step = vec![(0, 0); cost.len()];
    cost[0] = 0.0;
    for i in 0..=ours.len() {
        for j in 0..=theirs.len() {
            for (own, other, probability) in KINDS {
                if own > i || other > j {
                    continue;
                }
                let before = cost[(i - own) * width + j - other];
                let here = before - probability.ln()
                    + disagreement(&ours[i - own..i], &theirs[j - other..j], ratio)
                    - cognates.between(i - own..i, j - other..j);
                if here < cost[i * width + j] {
                    cost[i * width + j] = here;
                    step[i * width + j] = (own, other);
                }
            }
        }
    }
    let (mut i, mut j) = (ours.len(), theirs.len());
    let mut beads = Vec::new();
    while (i, j) != (0, 0) {
        let (own, other) = step[i * width + j];
        beads.push(Bead { text: i - own..i, translation: j - other..j });
        (i, j) = (i - own, j - other);
    }
    beads.reverse();
    beads
}

fn flattened<'a>(paragraphs: &[Vec<&'a str>]) -> Vec<Sentence<'a>> {
    paragraphs
        .iter()
        .flat_map(|sentences| {
            sentences.iter().enumerate().map(|(index, text)| Sentence {
                text,
                letters: text.chars().filter(|c| c.is_alphanumeric()).count() as f64,
                ends_paragraph: index + 1 == sentences.len(),
            })
        })
        .collect()
}

/// −ln of how well two groups of sentences go together (up to a constant).
fn disagreement(ours: &[Sentence], theirs: &[Sentence], ratio: f64) -> f64 {
    let letters = |side: &[Sentence]| side.iter().map(|s| s.letters).sum::<f64>();
    let (own, other) = (letters(ours), letters(theirs));
    let mean = (own + other / ratio) / 2.0;
    let delta = (other - own * ratio) / (mean.max(1.0) * VARIANCE * ratio).sqrt();
    // Twice the upper tail of the normal distribution, by its bound for large values, as the paper's table does.
    let tail = -(-0.5 * delta * delta).max(-700.0) + (1.0 + delta.abs()).ln();
    let (Some(a), Some(b)) = (ours.last(), theirs.last()) else { return tail };
    let mut signs = 0.0;
    let asks = |s: &Sentence| s.text.trim_end_matches(['"', '»', '”', ')']).ends_with('?');
    signs += f64::from(u8::from(asks(a) != asks(b)));
    signs += f64::from(u8::from(a.ends_paragraph != b.ends_paragraph));
    signs += f64::from(u8::from(numbers(ours) != numbers(theirs)));
    tail + signs * DISAGREEMENT
}

fn numbers(side: &[Sentence]) -> Vec<String> {
    let mut numbers: Vec<String> = side
        .iter()
        .flat_map(|s| s.text.split(|c: char| !c.is_ascii_digit()))
        .filter(|digits| !digits.is_empty())
        .map(str::to_owned)
        .collect();
    numbers.sort();
    numbers
}

/// Attaches a translation to the sentences of a timeline.
///
/// Where several sentences are translated together, each carries the whole and names the others.
pub fn attach(timeline: &mut Timeline, translation: &Transcript, language: &str) {
    let read_heading = takes_up_its_heading(timeline);
    let body = usize::from(read_heading);
    let ours: Vec<Vec<&str>> = timeline.paragraphs[body..]
        .iter()
        .map(|p| p.sentences.iter().map(|s| s.text.as_str()).collect())
        .collect();
    let theirs: Vec<Vec<&str>> = translation
        .paragraphs
        .iter()
        .map(|p| p.sentences.iter().map(|s| s.text.as_str()).collect())
        .collect();
    let beads = beads(&ours, &theirs);
    let texts: Vec<&str> = theirs.into_iter().flatten().collect();
    let ids: Vec<String> = timeline.sentences().skip(body).map(|s| s.id.clone()).collect();
    let mut sentences: Vec<_> =
        timeline.paragraphs[body..].iter_mut().flat_map(|p| &mut p.sentences).collect();
    for bead in beads.iter().filter(|bead| !bead.translation.is_empty()) {
        let shared_by = if bead.text.len() > 1 { ids[bead.text.clone()].to_vec() } else { Vec::new() };
        for sentence in &mut sentences[bead.text.clone()] {
            sentence.translation = Some(Translation {
                language: language.to_owned(),
                text: texts[bead.translation.clone()].join(" "),
                shared_by: shared_by.clone(),
            });
        }
    }
    if read_heading {
        let translated = timeline.paragraphs[1].sentences[0].translation.clone();
        timeline.paragraphs[0].sentences[0].translation = translated;
    }
}

/// Whether the timeline begins with a heading that was read aloud, which the text then repeats: what translates the one
/// translates the other, and a translation has it once.
fn takes_up_its_heading(timeline: &Timeline) -> bool {
    let [first, second, ..] = timeline.paragraphs.as_slice() else { return false };
    let [heading] = first.sentences.as_slice() else { return false };
    second.sentences.first().is_some_and(|sentence| sentence.text == heading.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_transcript;

    fn paragraphs(transcript: &Transcript) -> Vec<Vec<&str>> {
        transcript.paragraphs.iter().map(|p| p.sentences.iter().map(|s| s.text.as_str()).collect()).collect()
    }

    #[test]
    fn the_demo_side_is_translated_sentence_by_sentence() {
        let read = |bytes: &[u8]| read_transcript(bytes, None).unwrap();
        let russian = read(include_bytes!("../../../testdata/soviet-power.ru.txt"));
        let english = read(include_bytes!("../../../testdata/soviet-power.en.txt"));
        let beads = beads(&paragraphs(&russian), &paragraphs(&english));
        let expected: Vec<Bead> = (0..13).map(|i| Bead { text: i..i + 1, translation: i..i + 1 }).collect();
        assert_eq!(beads, expected);
    }

    #[test]
    fn a_sentence_cut_in_two_is_joined() {
        let text = [vec!["One two three four five six seven eight nine ten eleven twelve.", "Thirteen."]];
        let translation = [vec![
            "Eins zwei drei vier fünf sechs.",
            "Sieben acht neun zehn elf zwölf dreizehn.",
            "Dreizehn.",
        ]];
        assert_eq!(
            beads(&text, &translation),
            [Bead { text: 0..1, translation: 0..2 }, Bead { text: 1..2, translation: 2..3 }]
        );
    }

    /// By their lengths the middle sentence could go with either neighbour.
    #[test]
    fn names_and_cognates_decide_where_lengths_do_not() {
        let text = [vec![
            "Это сказано было давно и не нами.",
            "Ленин говорил в Москве о коммунизме.",
            "Так было и так будет всегда везде.",
        ]];
        let early = "It was said long ago, in Moscow Lenin spoke of communism.";
        let late = "So it was and so it will be for ever and in all places.";
        assert_eq!(
            beads(&text, &[vec![early, late]]),
            [Bead { text: 0..2, translation: 0..1 }, Bead { text: 2..3, translation: 1..2 }]
        );
        let early = "It was said a long time ago and it was not said by us.";
        let late = "In Moscow Lenin spoke of communism, and so it will be.";
        assert_eq!(
            beads(&text, &[vec![early, late]]),
            [Bead { text: 0..1, translation: 0..1 }, Bead { text: 1..3, translation: 1..2 }]
        );
    }

    #[test]
    fn nothing_to_attach_is_no_failure() {
        assert_eq!(beads(&[], &[]), []);
        assert_eq!(beads(&[vec!["One."]], &[]), [Bead { text: 0..1, translation: 0..0 }]);
    }
}
