//! Shares a sentence's phones out among its words.
//!
//! eSpeak NG speaks a sentence as a whole and joins words that lean on each other (`of the`), so its spaces are not
//! always those of the text. Where they differ in number, the sentence's phones are aligned with those of the words
//! spoken alone by the least edit distance (Wagner and Fischer 1974), and each phone goes to the word that it is
//! aligned with. A word that starts at a space costs nothing, one that starts inside a group a little, so that
//! ties fall on spaces.
//!
//! Shapes: the sentence holds N phones, the words alone M; the table is `[M + 1, N + 1]`.

use tonearm_align::text::Phone;

use crate::phones::is_vowel_letter;

/// Cost of leaving a phone out or adding one.
const GAP: u32 = 10;
/// Cost of a vowel against a consonant: more than one gap, less than two.
const OTHER: u32 = 14;
/// Cost of two different phones of one kind.
const AKIN: u32 = 7;
/// Cost of a word that starts inside a group.
const TORN: u32 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A phone of the word alone is a phone of the sentence.
    Match,
    /// A phone of the word alone is not spoken in the sentence.
    SkipAlone,
    /// A phone of the sentence is not in the word alone.
    SkipSentence,
}

/// Phones of each word, in order; a word may come out empty.
pub(crate) fn divide(groups: &[Vec<Phone>], alone: &[Vec<Phone>]) -> Vec<Vec<Phone>> {
    let sentence: Vec<&Phone> = groups.iter().flatten().collect();
    let mut space_before = vec![false; sentence.len() + 1];
    let mut end = 0;
    space_before[0] = true;
    for group in groups {
        end += group.len();
        space_before[end] = true;
    }
    let phones: Vec<&Phone> = alone.iter().flatten().collect();
    let word_of: Vec<usize> =
        alone.iter().enumerate().flat_map(|(word, sounds)| vec![word; sounds.len()]).collect();
    let starts_word = |row: usize| row > 0 && row < phones.len() && word_of[row] != word_of[row - 1];

    let columns = sentence.len() + 1;
    let mut cost = vec![0_u32; (phones.len() + 1) * columns];
    let mut steps = vec![Step::Match; cost.len()];
    for row in 0..=phones.len() {
        for column in 0..columns {
            let at = row * columns + column;
            if at == 0 {
                continue;
            }
            let torn = if starts_word(row) && !space_before[column] { TORN } else { 0 };
            let mut best = (u32::MAX, Step::Match);
            let mut offer = |total: u32, step: Step| {
                if total < best.0 {
                    best = (total, step);
                }
            };
            if row > 0 && column > 0 {
                let price = difference(phones[row - 1], sentence[column - 1]) + torn;
                offer(cost[at - columns - 1] + price, Step::Match);
            }
            if row > 0 {
                offer(cost[at - columns] + GAP + torn, Step::SkipAlone);
            }
            if column > 0 {
                offer(cost[at - 1] + GAP, Step::SkipSentence);
            }
            (cost[at], steps[at]) = best;
        }
    }

    let mut shared = vec![Vec::new(); alone.len()];
    let (mut row, mut column) = (phones.len(), sentence.len());
    while row > 0 || column > 0 {
        let owner = match steps[row * columns + column] {
            Step::SkipAlone => {
                row -= 1;
                continue;
            }
            Step::Match => {
                (row, column) = (row - 1, column - 1);
                row
            }
            // A phone that is nobody's goes to the word before it, unless a space parts it from that word.
            Step::SkipSentence => {
                column -= 1;
                if row == 0 || starts_word(row) && space_before[column] { row } else { row - 1 }
            }
        };
        if let Some(&word) = word_of.get(owner) {
            shared[word].push(sentence[column].clone());
        }
    }
    for word in &mut shared {
        word.reverse();
    }
    shared
}

fn difference(one: &Phone, other: &Phone) -> u32 {
    if one.symbol == other.symbol {
        0
    } else if is_vowel(one) == is_vowel(other) {
        AKIN
    } else {
        OTHER
    }
}

/// By the first letter of the symbol, which is enough to tell alike from unlike here.
fn is_vowel(phone: &Phone) -> bool {
    phone.symbol.starts_with(is_vowel_letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonearm_align::text::Stress;

    fn sounds(text: &str) -> Vec<Phone> {
        text.chars()
            .map(|letter| Phone { symbol: letter.to_string(), stress: Stress::None, long: false })
            .collect()
    }

    fn divided(groups: &[&str], alone: &[&str]) -> Vec<String> {
        let groups: Vec<_> = groups.iter().map(|group| sounds(group)).collect();
        let alone: Vec<_> = alone.iter().map(|word| sounds(word)).collect();
        divide(&groups, &alone)
            .iter()
            .map(|word| word.iter().map(|phone| phone.symbol.as_str()).collect())
            .collect()
    }

    #[test]
    fn joined_words_come_apart() {
        assert_eq!(divided(&["ɒvðə", "hæt"], &["ɒv", "ðiː", "hæt"]), ["ɒv", "ðə", "hæt"]);
        assert_eq!(divided(&["vrɐsʲ", "iju"], &["v", "rasʲiju"]), ["v", "rɐsʲiju"]);
    }

    #[test]
    fn a_phone_in_between_stays_on_its_side_of_the_space() {
        assert_eq!(divided(&["fɔːr", "apl"], &["fɔː", "apl"]), ["fɔːr", "apl"]);
        assert_eq!(divided(&["fɔː", "rapl"], &["fɔː", "apl"]), ["fɔː", "rapl"]);
    }

    #[test]
    fn nothing_is_lost() {
        assert_eq!(divided(&["abc"], &["x"]).concat(), "abc");
        assert_eq!(divided(&["abc", "d"], &["", "b", ""]).concat(), "abcd");
    }
}
