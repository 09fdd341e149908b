//! Marks of what is heard and not said: `[laughter]`, `<sil>`, `{breath}`, `(Applause.)`.
//!
//! Transcripts of talk and of speeches write them between the words, in brackets of any kind. Angle and curly brackets hold
//! nothing else in running text. Square and round ones hold words that were said as well (`the [old] house`), so that what
//! they hold is looked up. In what is known for talk (`turns.rs`) more is a mark: `+`, `(1.5)`, CHAT's codes in square brackets, Santa
//! Barbara's manners of speaking (`<@`, `X>`), the labels of edited speech (`{F`).
//!
//! **Known failures.** A mark in words that are not in the list is said; a word of the list in brackets that was said after all is not.

use super::Word;
use super::spoken::{is_hesitation, sounded};

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

/// Codes of CHAT in square brackets begin with one of these, and are no longer than so many words.
const CODES: [char; 11] = ['/', ':', '=', '*', '%', '+', '?', '!', '<', '>', '^'];
const LONGEST_CODE: usize = 12;

/// Takes the marks out of `tokens`; their words are joined with spaces.
pub(super) fn take(tokens: &mut Vec<Word>, is_talk: bool) -> Vec<Word> {
    let (mut said, mut marks) = (Vec::with_capacity(tokens.len()), Vec::new());
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match mark_len(rest).or_else(|| talk_mark_len(rest, is_talk)) {
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
    if len == 1 && held.len() > 1 && sounded(&tokens[0].text) != tokens[0].text {
        return None;
    }
    let inner = tokens[0].text.chars().nth(1)?;
    let is_mark = match open {
        '<' | '{' => {
            len == 1
                && inner.is_alphanumeric()
                && held.len() <= 2
                && !held.iter().any(|word| is_hesitation(word))
        }
        _ => {
            let is_known = |word: &str| STEMS.iter().any(|stem| word.starts_with(stem));
            held.iter().any(|word| is_known(word))
                && held.iter().all(|word| is_known(word) || COMPANIONS.contains(&word.as_str()))
        }
    };
    is_mark.then_some(len)
}

/// The same of marks that are none in other texts; of a lone word no more than one token.
fn talk_mark_len(tokens: &[Word], is_talk: bool) -> Option<usize> {
    let token = tokens.first()?.text.as_str();
    let bare = token.trim_end_matches(['.', ',', ';', '!', '?']);
    if matches!(bare, "xxx" | "yyy") || bare.starts_with("&=") {
        return Some(1);
    }
    if !is_talk {
        return None;
    }
    let capitals =
        |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, 'A'..='Z' | '0'..='9' | '@' | '%'));
    let is_time = |text: &str| text.contains('.') && text.parse::<f64>().is_ok();
    let in_parentheses =
        bare.trim_start_matches('.').strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let is_mark = bare == "www"
        || bare.len() > 1 && bare.chars().all(|c| c == 'X')
        || token.starts_with(['+', '=', '×', '°']) && !token.contains(char::is_alphanumeric)
        || in_parentheses.is_some_and(|inside| is_time(inside) || matches!(inside, "H" | "Hx" | "TSK"))
        || token.strip_prefix('<').is_some_and(capitals)
        || bare.strip_suffix('>').is_some_and(capitals)
        || token.strip_prefix('{').is_some_and(|rest| rest.len() == 1 && capitals(rest))
        || token.strip_prefix('0').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    if is_mark {
        return Some(1);
    }
    let ends = |token: &Word| token.text.trim_end_matches(['.', ',']).ends_with(']');
    let len = 1 + tokens.iter().take(LONGEST_CODE).position(ends)?;
    let inside = token.strip_prefix('[')?;
    // `[SPEAKER A:]` within a line.
    let is_label = tokens[len - 1].text.ends_with(":]") && inside.starts_with(char::is_uppercase);
    (inside.starts_with(CODES) || is_label || inside == "x" && len == 2).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(text: &str) -> (String, Vec<String>) {
        parted_as(text, false)
    }

    fn parted_as(text: &str, is_talk: bool) -> (String, Vec<String>) {
        let mut tokens = text.split(' ').map(|text| Word { text: text.to_owned(), source: 0..0 }).collect();
        let marks = take(&mut tokens, is_talk).into_iter().map(|mark| mark.text).collect();
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
        for text in [
            "the [old] house (of music and song)",
            "(uh) I th- think",
            "<<Да>> (и шум",
            "a < b > c",
            "[sic]",
            "in [laughter-the] end {um} <uh> <LAUGH-so>",
            "two + two = four (1.5) X [= not]",
        ] {
            assert_eq!(parted(text), (text.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn marks_of_talk_are_taken_where_there_is_talk() {
        let (said, marks) =
            parted_as("I + I <@ know @> (1.2) xxx [= to him] {F uh, } +... XX [x 3] go (H) &=laughs.", true);
        assert_eq!(said, "I I know uh, } go");
        assert_eq!(marks.len(), 12, "{marks:?}");
        let said = "it [was] (so) he J. Smith [B:] (see) I'd 50 % <the dog> A";
        assert_eq!(parted_as(said, true).0, said.replace(" [B:]", ""));
    }
}
