//! Matches two lists of words in order: the least number of words left over (Wagner and Fischer 1974), equal words at no
//! cost, a word left over on either side at one, two that differ at one and a half, and a compound at no cost where one side writes in
//! two or three words what the other writes in one. Of alignments that cost the same, the one whose times lie closer:
//! which of two "the" was left out is told by nothing else.
//!
//! Only words of equal text are linked. Text is compared in lower case without accents, apostrophes and punctuation
//! (compatibility decomposition of Unicode Standard Annex 15, letters and digits kept), and dashes part words.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | D(i, j) | `cost` | two rows of the band |
//! | the step that led to it | `steps` | a byte a cell, `(reference + 1) × band` |
//!
//! Time and memory grow with the product of the lengths up to [`FULL_CELLS`], beyond it with the length: then words
//! outside a band of ± [`BAND_TOKENS`] around the diagonal are not compared.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// A word in comparable form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// As compared.
    pub(crate) text: String,
    /// Its start, where the span it is of starts with it.
    pub(crate) start: Option<f64>,
    /// Its end, where the span it is of ends with it.
    pub(crate) end: Option<f64>,
    /// Index of the span it is of.
    pub(crate) span: usize,
}

/// Words of the reference and of the timeline that are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) reference: Range<usize>,
    pub(crate) timeline: Range<usize>,
}

/// The words of a span in comparable form; none where it is punctuation alone.
pub(crate) fn tokens(text: &str, start: f64, end: f64, span: usize) -> Vec<Token> {
    let parted = |c: char| c.is_whitespace() || matches!(c, '—' | '–' | '…' | '/');
    let mut tokens: Vec<Token> = text
        .split(parted)
        .map(|word| {
            word.nfkd().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
        })
        .filter(|word| !word.is_empty())
        .map(|text| Token { text, start: None, end: None, span })
        .collect();
    if let Some(first) = tokens.first_mut() {
        first.start = Some(start);
    }
    if let Some(last) = tokens.last_mut() {
        last.end = Some(end);
    }
    tokens
}

const FULL_CELLS: usize = 16_000_000;
const BAND_TOKENS: usize = 1_000;
/// Two words that differ: less than leaving both over, so that a misspelt word stays in its place, but more than half, so
/// that two of them never hide an equal pair beside them.
const COST_OF_DIFFERING: f64 = 1.5;
/// How many words a compound may have on the side that parts it.
const LONGEST_COMPOUND: usize = 3;
/// The cost of a second between linked starts: so little that no number of words outweighs one left over.
const COST_PER_SEC: f64 = 1e-8;
/// Seconds beyond which being further away costs no more.
const FARTHEST_SECS: f64 = 10.0;

/// Steps: left over in the reference, left over in the timeline, differing; from 3 on, links.
const SKIP_REFERENCE: u8 = 0;
const SKIP_TIMELINE: u8 = 1;
const DIFFER: u8 = 2;
const LINKS: [(u8, usize, usize); 5] = [(3, 1, 1), (4, 1, 2), (5, 1, 3), (6, 2, 1), (7, 3, 1)];

pub(crate) fn align(reference: &[Token], timeline: &[Token]) -> Vec<Link> {
    let (rows, columns) = (reference.len(), timeline.len());
    let half = if rows.saturating_mul(columns) <= FULL_CELLS {
        rows.max(columns)
    } else {
        rows.abs_diff(columns) + BAND_TOKENS
    };
    let first_column = |row: usize| row.saturating_sub(half);
    let past_column = |row: usize| (row + half).min(columns) + 1;
    let mut steps: Vec<Vec<u8>> = Vec::with_capacity(rows + 1);
    // The rows that the longest compound reaches back to, each with the column that it begins at.
    let mut costs: Vec<(usize, Vec<f64>)> = Vec::new();
    for row in 0..=rows {
        let columns_here = first_column(row)..past_column(row);
        let mut cost: Vec<f64> = Vec::with_capacity(columns_here.len());
        let mut step: Vec<u8> = Vec::with_capacity(columns_here.len());
        for column in columns_here.clone() {
            let before = |back: usize, left: usize| -> f64 {
                let Some(column) = column.checked_sub(left) else { return f64::INFINITY };
                if back == 0 {
                    return column.checked_sub(columns_here.start).map_or(f64::INFINITY, |at| cost[at]);
                }
                let above =
                    costs.len().checked_sub(back).filter(|_| back <= row).and_then(|at| costs.get(at));
                above
                    .and_then(|(start, costs)| costs.get(column.checked_sub(*start)?))
                    .copied()
                    .unwrap_or(f64::INFINITY)
            };
            let mut best = if row == 0 && column == 0 { (0.0, DIFFER) } else { (f64::INFINITY, DIFFER) };
            let mut offer = |cost: f64, step: u8| {
                if cost < best.0 {
                    best = (cost, step);
                }
            };
            for (step, back, left) in LINKS {
                if back <= row && left <= column && before(back, left).is_finite() {
                    let (from, to) = (&reference[row - back..row], &timeline[column - left..column]);
                    if same(from, to) {
                        offer(before(back, left) + distance(from, to), step);
                    }
                }
            }
            if column > 0 {
                offer(before(0, 1) + 1.0, SKIP_TIMELINE);
            }
            if row > 0 {
                offer(before(1, 0) + 1.0, SKIP_REFERENCE);
                if column > 0 {
                    offer(before(1, 1) + COST_OF_DIFFERING, DIFFER);
                }
            }
            cost.push(best.0);
            step.push(best.1);
        }
        costs.push((columns_here.start, cost));
        if costs.len() > LONGEST_COMPOUND {
            costs.remove(0);
        }
        steps.push(step);
    }
    let mut links = Vec::new();
    let (mut row, mut column) = (rows, columns);
    while row > 0 || column > 0 {
        match steps[row][column - first_column(row)] {
            SKIP_REFERENCE => row -= 1,
            SKIP_TIMELINE => column -= 1,
            DIFFER => {
                row -= 1;
                column -= 1;
            }
            link => {
                let (_, back, left) = LINKS[usize::from(link - LINKS[0].0)];
                links.push(Link { reference: row - back..row, timeline: column - left..column });
                row -= back;
                column -= left;
            }
        }
    }
    links.reverse();
    links
}

/// Whether two runs of words are written with the same letters.
fn same(from: &[Token], to: &[Token]) -> bool {
    match (from, to) {
        ([from], [to]) => from.text == to.text,
        _ => from
            .iter()
            .flat_map(|token| token.text.bytes())
            .eq(to.iter().flat_map(|token| token.text.bytes())),
    }
}

fn distance(from: &[Token], to: &[Token]) -> f64 {
    match (from.first().and_then(|token| token.start), to.first().and_then(|token| token.start)) {
        (Some(from), Some(to)) => COST_PER_SEC * (from - to).abs().min(FARTHEST_SECS),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(words: &str) -> Vec<Token> {
        words
            .split_whitespace()
            .enumerate()
            .flat_map(|(index, word)| tokens(word, index as f64, index as f64 + 1.0, index))
            .collect()
    }

    fn shown(links: &[Link]) -> Vec<(usize, usize)> {
        links.iter().map(|link| (link.reference.start, link.timeline.start)).collect()
    }

    #[test]
    fn spelling_is_forgiven() {
        let text =
            |word: &str| tokens(word, 0.0, 1.0, 0).into_iter().map(|token| token.text).collect::<Vec<_>>();
        assert_eq!(text("«Don’t!»"), ["dont"]);
        assert_eq!(text("ЁЛКА"), ["елка"]);
        assert_eq!(text("ago—never"), ["ago", "never"]);
        assert!(text("—").is_empty());
    }

    #[test]
    fn left_over_words_do_not_derail() {
        assert_eq!(shown(&align(&list("a b c d e"), &list("a c x d e f"))), [(0, 0), (2, 1), (3, 3), (4, 4)]);
        assert!(align(&list("a"), &[]).is_empty());
        assert!(align(&[], &list("a")).is_empty());
    }

    #[test]
    fn time_tells_which_of_two_equal_words_was_left_out() {
        let reference = list("so the the end");
        let mut timeline = list("so the end");
        timeline[1].start = Some(2.05);
        assert_eq!(shown(&align(&reference, &timeline)), [(0, 0), (2, 1), (3, 2)]);
        timeline[1].start = Some(1.05);
        assert_eq!(shown(&align(&reference, &timeline)), [(0, 0), (1, 1), (3, 2)]);
    }

    #[test]
    fn beyond_the_full_table_the_band_finds_the_same() {
        let words: Vec<String> = (0..5_000).map(|index| format!("w{}", index * 7919 % 613)).collect();
        let reference = list(&words.join(" "));
        let mut fewer = words.clone();
        fewer.drain(2_000..2_300);
        fewer.insert(4_000, "new".to_owned());
        let links = align(&reference, &list(&fewer.join(" ")));
        assert_eq!(links.len(), 4_700);
        assert_eq!(links.last().unwrap().reference, 4_999..5_000);
    }

    /// The longest common subsequence, by the textbook.
    fn common(a: &[Token], b: &[Token]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 1..=a.len() {
            for j in 1..=b.len() {
                table[i][j] = if a[i - 1].text == b[j - 1].text {
                    table[i - 1][j - 1] + 1
                } else {
                    usize::max(table[i - 1][j], table[i][j - 1])
                };
            }
        }
        table[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn links_ascend_and_deletions_alone_keep_all_common_words(
            words in prop::collection::vec("[a-e]{3}", 0..30),
            keep in prop::collection::vec(any::<bool>(), 30),
        ) {
            let reference = list(&words.join(" "));
            let kept: Vec<&str> =
                words.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(word, _)| word.as_str()).collect();
            let timeline = list(&kept.join(" "));
            let links = align(&reference, &timeline);
            prop_assert_eq!(links.len(), common(&reference, &timeline));
            for pair in links.windows(2) {
                prop_assert!(pair[0].reference.end <= pair[1].reference.start);
                prop_assert!(pair[0].timeline.end <= pair[1].timeline.start);
            }
        }
    }
}
