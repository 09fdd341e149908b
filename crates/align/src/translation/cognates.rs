//! Words that two languages share, in whatever script: `Советы` and `Soviets`, `коммунизм` and `communism`.
//!
//! Source of the idea: M. Simard, G. Foster and P. Isabelle, "Using cognates to align sentences in bilingual corpora", TMI 1992,
//! who count words that begin with the same four letters. Here both sides are first taken to one plain Latin spelling, and
//! words are cognates where they begin alike and share most of their pairs of letters (the coefficient of L. R. Dice,
//! 1945). What occurs in many sentences says little about any, so a pair counts by its rarity.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// Shorter words are alike by chance.
const SHORTEST: usize = 4;
/// Letters that are compared: endings belong to a language's grammar.
const STEM: usize = 6;
/// Least share of common letter pairs: `soveti` and `soviet` have 0.6.
const LEAST_DICE: f64 = 0.6 - 1e-9;
/// What a cognate that occurs once counts for at most, in nats, and all of a pair of sentences together.
const MOST_OF_ONE: f64 = 1.5;
const MOST_OF_ALL: f64 = 5.0;

/// How much the cognates of two sentences speak for the pair.
pub(super) struct Cognates {
    weights: BTreeMap<(usize, usize), f64>,
}

/// The plain spellings of a text, each with its letter pairs and the sentences it occurs in.
type Vocabulary = BTreeMap<String, BTreeSet<usize>>;

impl Cognates {
    pub(super) fn of(ours: &[&str], theirs: &[&str]) -> Self {
        let (own, other) = (vocabulary(ours), vocabulary(theirs));
        let pairs: Vec<(&String, Vec<[char; 2]>)> =
            other.keys().map(|word| (word, letter_pairs(word))).collect();
        let mut weights = BTreeMap::new();
        for (word, places) in &own {
            let mine = letter_pairs(word);
            let first = word.chars().next();
            let alike: Vec<&String> = pairs
                .iter()
                .filter(|(candidate, _)| candidate.chars().next() == first)
                .filter(|(_, other)| dice(&mine, other) >= LEAST_DICE)
                .map(|(candidate, _)| *candidate)
                .collect();
            let there: BTreeSet<usize> = alike.iter().flat_map(|word| &other[*word]).copied().collect();
            if there.is_empty() {
                continue;
            }
            let rarity = |count: usize, all: usize| (all as f64 / count as f64).ln();
            let weight =
                rarity(there.len(), theirs.len()).min(rarity(places.len(), ours.len())).min(MOST_OF_ONE);
            for i in places {
                for j in &there {
                    *weights.entry((*i, *j)).or_insert(0.0) += weight;
                }
            }
        }
        Self { weights }
    }

    /// What speaks for these sentences saying the same.
    pub(super) fn between(&self, ours: Range<usize>, theirs: Range<usize>) -> f64 {
        let all: f64 = ours
            .flat_map(|i| theirs.clone().map(move |j| (i, j)))
            .filter_map(|pair| self.weights.get(&pair))
            .sum();
        all.min(MOST_OF_ALL)
    }
}

fn vocabulary(sentences: &[&str]) -> Vocabulary {
    let mut words = Vocabulary::new();
    for (index, sentence) in sentences.iter().enumerate() {
        for word in sentence.split(|c: char| !c.is_alphabetic()) {
            let plain = plain(word);
            if plain.chars().count() >= SHORTEST {
                words.entry(plain).or_default().insert(index);
            }
        }
    }
    words
}

/// A word in small Latin letters without marks, letters that languages write differently made one.
fn plain(word: &str) -> String {
    let mut spelt = String::new();
    for c in word.to_lowercase().nfd() {
        spelt.push_str(match c {
            'а' | 'α' => "a",
            'б' => "b",
            'в' | 'w' | 'β' => "v",
            'г' | 'ґ' | 'γ' => "g",
            'д' | 'δ' => "d",
            'е' | 'э' | 'є' | 'ё' | 'ε' => "e",
            'ж' | 'з' | 'ζ' => "z",
            'и' | 'й' | 'і' | 'ї' | 'ы' | 'y' | 'j' | 'ι' | 'η' | 'υ' => "i",
            'к' | 'c' | 'q' | 'κ' | 'χ' => "k",
            'л' | 'λ' => "l",
            'м' | 'μ' => "m",
            'н' | 'ν' => "n",
            'о' | 'ο' | 'ω' => "o",
            'п' | 'π' => "p",
            'р' | 'ρ' => "r",
            'с' | 'ш' | 'щ' | 'σ' | 'ς' => "s",
            'т' | 'τ' => "t",
            'θ' => "th",
            'у' => "u",
            'ф' | 'φ' => "f",
            'х' => "h",
            'ц' => "ts",
            'ч' => "ch",
            'ю' => "iu",
            'я' => "ia",
            'x' | 'ξ' => "ks",
            'ψ' => "ps",
            c if c.is_alphabetic() => {
                spelt.push(c);
                continue;
            }
            _ => continue,
        });
    }
    let spelt = spelt.replace("ph", "f").replace("th", "t").replace("kh", "h").replace("sh", "s");
    let mut plain = String::new();
    for c in spelt.chars() {
        if !plain.ends_with(c) {
            plain.push(c);
        }
    }
    plain
}

/// Pairs of neighbouring letters of the stem, sorted.
fn letter_pairs(word: &str) -> Vec<[char; 2]> {
    let letters: Vec<char> = word.chars().take(STEM).collect();
    let mut pairs: Vec<[char; 2]> = letters.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    pairs.sort_unstable();
    pairs
}

/// Twice the common pairs over all pairs.
fn dice(one: &[[char; 2]], other: &[[char; 2]]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < one.len() && j < other.len() {
        match one[i].cmp(&other[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    2.0 * f64::from(common) / (one.len() + other.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_do_not_part_what_sounds_alike() {
        for (one, other, alike) in [
            ("Советы", "Soviets", true),
            ("республике", "republic", true),
            ("коммунизма", "communism", true),
            ("капиталистов", "capitalists", true),
            ("φιλοσοφία", "philosophy", true),
            ("страна", "country", false),
            ("меньшинство", "minority", false),
            ("государство", "government", false),
        ] {
            let share = dice(&letter_pairs(&plain(one)), &letter_pairs(&plain(other)));
            assert_eq!(share >= LEAST_DICE, alike, "{one} {other}: {share}");
        }
    }
}
