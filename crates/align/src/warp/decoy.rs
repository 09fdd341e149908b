//! Texts that were surely not spoken, to hold the text against.
//!
//! A **decoy** has the text's sounds, words' lengths, pauses and inventory, and says something else. One is made by reversing each
//! sentence's sounds ([`Classes::backwards`]), which leaves the durations where they were. The
//! others have the text's words in a shuffled order, each word's sounds reversed: every sound keeps its duration and its neighbours.
//!
//! Why several: how well a text fits sound that it does not belong to is chance, and so it is for a decoy. The shorter the text, the wider that
//! chance; the mean over decoys is free of theirs, and leaves the text's own.

use super::rounds::Task;
use crate::expectation::{Classes, Expectation};
use crate::phones::PhoneSequence;

/// A text with shuffled words.
pub(crate) struct Decoy {
    phones: PhoneSequence,
    classes: Classes,
    expectation: Expectation,
}

impl Decoy {
    /// Of the text of `task`; `seed` chooses the order.
    pub(crate) fn shuffled(task: &Task<'_>, seed: u64) -> Self {
        let (phones, from) = shuffled_words(task.phones, seed);
        let (classes, expectation) = (task.classes.in_order(&from), task.expectation.in_order(&from));
        Self { phones, classes, expectation }
    }

    /// What `task` is with this text. Anchors are known of the text alone.
    pub(crate) fn task<'a>(&'a self, task: &Task<'a>) -> Task<'a> {
        let Self { phones, classes, expectation } = self;
        Task { phones, classes, expectation, anchors: &[], ..*task }
    }
}

/// The words that sound in a shuffled order, the sounds of each reversed, in sentences of as many words as before; and for each sound its
/// index in `text`.
fn shuffled_words(text: &PhoneSequence, seed: u64) -> (PhoneSequence, Vec<usize>) {
    let spoken: Vec<usize> = (0..text.words.len()).filter(|word| !text.words[*word].is_empty()).collect();
    let mut order =
        permutation(spoken.len(), seed).into_iter().map(|place| text.words[spoken[place]].clone());
    let (mut shuffled, mut from) = (PhoneSequence::default(), Vec::with_capacity(text.phones.len()));
    for sentence in &text.sentences {
        let first_sound = from.len();
        for word in sentence.clone() {
            let start = from.len();
            let taken = if text.words[word].is_empty() { None } else { order.next() };
            for sound in taken.into_iter().flat_map(Iterator::rev) {
                let mut moved = text.phones[sound].clone();
                moved.word = word;
                moved.begins_word = from.len() == start;
                moved.begins_sentence = from.len() == first_sound;
                shuffled.phones.push(moved);
                from.push(sound);
            }
            shuffled.words.push(start..from.len());
        }
        shuffled.sentences.push(sentence.clone());
    }
    (shuffled, from)
}

/// The numbers below `count` in an order that `seed` chooses (Fisher and Yates's shuffle).
fn permutation(count: usize, seed: u64) -> Vec<usize> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        // xorshift64: any spread will do.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(last, (state >> 11) as usize % (last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phones::TextPhone;

    /// Words of these lengths, 0 for one that makes no sound, in sentences of so many words.
    fn text(lengths: &[usize], sentences: &[usize]) -> PhoneSequence {
        let mut text = PhoneSequence::default();
        for (word, length) in lengths.iter().enumerate() {
            let start = text.phones.len();
            text.phones.extend((0..*length).map(|i| TextPhone {
                symbol: format!("{word}.{i}"),
                stressed: false,
                long: false,
                word,
                begins_word: i == 0,
                begins_sentence: false,
                hesitates: false,
            }));
            text.words.push(start..text.phones.len());
        }
        let mut first = 0;
        for count in sentences {
            text.sentences.push(first..first + count);
            text.phones[text.words[first].start].begins_sentence = true;
            first += count;
        }
        text
    }

    #[test]
    fn a_decoy_says_the_same_words_backwards_elsewhere() {
        let text = text(&[2, 3, 0, 1, 4, 2, 3], &[4, 3]);
        let (decoy, from) = shuffled_words(&text, 1);
        let mut sounds = from.clone();
        sounds.sort_unstable();
        assert_eq!(sounds, (0..text.phones.len()).collect::<Vec<_>>());
        for (sound, source) in decoy.phones.iter().zip(&from) {
            assert_eq!(sound.symbol, text.phones[*source].symbol);
        }
        assert_eq!((&decoy.sentences, decoy.words.len()), (&text.sentences, text.words.len()));
        assert!(decoy.words[2].is_empty());
        for (number, word) in decoy.words.iter().enumerate().filter(|(_, word)| !word.is_empty()) {
            let sounds = &from[word.clone()];
            assert!(sounds.windows(2).all(|pair| pair[0] == pair[1] + 1), "{sounds:?}");
            assert!(decoy.phones[word.clone()].iter().all(|sound| sound.word == number));
        }
        let begins = |of: fn(&TextPhone) -> bool| {
            (0..decoy.phones.len()).filter(|sound| of(&decoy.phones[*sound])).collect::<Vec<_>>()
        };
        let starts = |words: &[usize]| words.iter().map(|word| decoy.words[*word].start).collect::<Vec<_>>();
        assert_eq!(begins(|sound| sound.begins_word), starts(&[0, 1, 3, 4, 5, 6]));
        assert_eq!(begins(|sound| sound.begins_sentence), starts(&[0, 4]));
    }

    #[test]
    fn each_seed_gives_another_order_and_always_the_same() {
        let orders: Vec<Vec<usize>> = (1..9).map(|seed| permutation(20, seed)).collect();
        for (seed, order) in orders.iter().enumerate() {
            assert_eq!(order, &permutation(20, seed as u64 + 1));
            assert!(orders[..seed].iter().all(|other| other != order));
            let kept = order.iter().enumerate().filter(|(place, word)| place == *word).count();
            assert!(kept < 6, "{kept} words stay");
        }
    }
}
