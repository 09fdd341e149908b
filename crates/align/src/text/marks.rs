//! Marks of what is heard and not said: `[laughter]`, `<sil>`, `{breath}`, `(Applause.)`.
//!
//! Transcripts of talk and of speeches write them between the words, in brackets of any kind. Angle and curly brackets hold
//! nothing else in running text. Square and round ones hold words that were said as well (`the [old] house`), so that what
//! they hold is looked up.
//!
//! **Known failures.** A mark in words that are not in the list is said; a word of the list in brackets that was said after all is not.

use super::Word;

/// How words of marks begin, in English and Russian.
const STEMS: [&str; 27] = [
    "applau",
    "breath",
    "cheer",
    "cough",
    "crosstalk",
    "inaudible",
    "inhal",
    "laugh",
    "lipsmack",
    "music",
    "noise",
    "sigh",
    "silence",
    "sneez",
    "sniff",
    "throat",
    "unintelligible",
    "аплодисмент",
    "вздох",
    "кашель",
    "музыка",
    "неразборчиво",
    "овац",
    "пауза",
    "смех",
    "смеёт",
    "шум",
];
/// What such words come with.
const COMPANIONS: [&str; 20] = [
    "a",
    "and",
    "background",
    "clears",
    "in",
    "long",
    "loud",
    "of",
    "prolonged",
    "stormy",
    "the",
    "vocalized",
    "бурные",
    "в",
    "долгие",
    "и",
    "продолжительные",
    "общие",
    "общий",
    "зале",
];
/// A mark has no more words than this.
const LONGEST: usize = 5;

/// Takes the marks out of `tokens`; their words are joined with spaces.
pub(super) fn take(tokens: &mut Vec<Word>) -> Vec<Word> {
    let (mut said, mut marks) = (Vec::with_capacity(tokens.len()), Vec::new());
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match mark_len(rest) {
            Some(len) => {
                let text = rest[..len].iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
                let source = first.source.start..rest[len - 1].source.end;
                marks.push(Word { text, source });
                rest = &rest[len..];
            }
            None => {
                said.push(first.clone());
                rest = after;
            }
        }
    }
    *tokens = said;
    marks
}

/// How many tokens the mark that `tokens` begin with has; none where they begin with none.
fn mark_len(tokens: &[Word]) -> Option<usize> {
    let open = tokens.first()?.text.chars().next()?;
    let close = match open {
        '[' => ']',
        '(' => ')',
        '<' => '>',
        '{' => '}',
        _ => return None,
    };
    let stripped = |token: &'_ str| token.trim_end_matches(['.', ',', ';', ':', '!', '?']).len();
    let len = 1 + tokens
        .iter()
        .take(LONGEST)
        .position(|token| token.text[..stripped(&token.text)].ends_with(close))?;
    let held: Vec<String> = tokens[..len]
        .iter()
        .map(|token| token.text.to_lowercase())
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| !word.is_empty())
        .collect();
    let inner = tokens[0].text.chars().nth(1)?;
    let is_mark = match open {
        '<' | '{' => len == 1 && inner.is_alphanumeric() && held.len() <= 2,
        _ => {
            let is_known = |word: &str| STEMS.iter().any(|stem| word.starts_with(stem));
            held.iter().any(|word| is_known(word))
                && held.iter().all(|word| is_known(word) || COMPANIONS.contains(&word.as_str()))
        }
    };
    is_mark.then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(text: &str) -> (String, Vec<String>) {
        let mut tokens = text.split(' ').map(|text| Word { text: text.to_owned(), source: 0..0 }).collect();
        let marks = take(&mut tokens).into_iter().map(|mark| mark.text).collect();
        (tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" "), marks)
    }

    #[test]
    fn sounds_that_are_written_are_not_said() {
        let (said, marks) =
            parted("so <sil> it [laughter] was {breath} done. (Loud applause.) [vocalized-noise], Yes");
        assert_eq!(said, "so it was done. Yes");
        assert_eq!(marks, ["<sil>", "[laughter]", "{breath}", "(Loud applause.)", "[vocalized-noise],"]);
        assert_eq!(parted("власть! (Бурные, продолжительные аплодисменты.) Да").0, "власть! Да");
    }

    #[test]
    fn words_in_brackets_are_said() {
        for text in
            ["the [old] house (of music and song)", "(uh) I th- think", "<<Да>> (и шум", "a < b > c", "[sic]"]
        {
            assert_eq!(parted(text), (text.to_owned(), Vec::new()));
        }
    }
}
