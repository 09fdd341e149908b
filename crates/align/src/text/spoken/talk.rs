//! Marks within the words of transcribed talk: what was sounded of them. What is written stays what is shown.
//!
//! | written | sounded | convention |
//! |---|---|---|
//! | `%uh`, `&uh`, `&-uh`, `&+fr` | `uh`, `fr` | LDC and CHAT: hesitations and beginnings of words |
//! | `{um}`, `<um>`, `[um]` | `um` | a hesitation in the brackets of sounds is said |
//! | `w[ould]-`, `w(ould)-`, `-[su]re` | `w-`, `-re` | Switchboard (Mississippi State University), TRAINS: the rest of a partial word |
//! | `[splace/space]` | `splace` | Switchboard: what was said, and what was meant |
//! | `[laughter-so]`, `<LAUGH-so>`, `<EXT-so>`, `<HES-so>` | `so` | Switchboard, Buckeye: how it was said |
//! | `<CUTOFF-wh=what>` | `wh-` | Buckeye |
//! | `[2yeah2]`, `so=`, `no:` | `yeah`, `so`, `no` | Santa Barbara, CHAT: overlaps with their number, drawn-out sounds |
//! | `gonna@o` | `gonna` | CHAT: the kind of a word |
//! | `+word+`, `*word`, `~Name` | `word` | LDC, Santa Barbara: made-up words, changed names |
//!
//! `((guess))` needs nothing: brackets at the edges of a word are passed over.
//!
//! Sources: J. Hamaker, Y. Zeng and J. Picone, *Rules and guidelines for transcription and segmentation of the SWITCHBOARD large
//! vocabulary conversational speech recognition corpus*, Mississippi State University, 1998; LDC, *Fisher transcription guidelines*, 2004;
//! M. A. Pitt and others, *Buckeye corpus of conversational speech*, manual, 2007; J. W. Du Bois and others, "Outline of discourse
//! transcription", in *Talking data*, 1993; B. MacWhinney, *The CHILDES project: transcription format*, 2000.

use std::borrow::Cow;

/// How a word was said, before a hyphen in its bracket.
const MANNERS: [&str; 4] = ["laughter", "laugh", "ext", "hes"];
/// What speakers say while they think. In the brackets of sounds too they are said.
const HESITATIONS: [&str; 20] = [
    "uh", "um", "uhm", "er", "erm", "eh", "ah", "ahm", "oh", "hm", "hmm", "mm", "mhm", "huh", "uh-huh",
    "um-hum", "э", "эм", "мм", "ммм",
];

/// Whether `word`, without punctuation, is a hesitation.
pub(in crate::text) fn is_hesitation(word: &str) -> bool {
    HESITATIONS.contains(&word.to_lowercase().as_str())
}

/// Whether a token bears a mark that nothing but transcribed talk has.
pub(in crate::text) fn has_mark_of_talk(token: &str) -> bool {
    let bare = token.trim_end_matches(['.', ',', '?', '!']);
    matches!(
        bare,
        "xxx"
            | "(.)"
            | "{breath}"
            | "{laugh}"
            | "[laughter]"
            | "[noise]"
            | "[vocalized-noise]"
            | "<noise>"
            | "<sil>"
            | "<SIL>"
    ) || bare.starts_with("&=")
        || token.starts_with(['%', '{', '<', '&']) && hesitation(token).is_some()
        || manner(token).is_some()
        || partial(token).is_some()
}

/// What was sounded of `token`: the token itself where it bears no such mark.
pub(in crate::text) fn sounded(token: &str) -> Cow<'_, str> {
    if let Some(inner) = hesitation(token).or_else(|| prefixed(token)) {
        return Cow::Borrowed(inner);
    }
    if let Some(word) = manner(token) {
        return sounded(word);
    }
    if let Some(kept) = partial(token).or_else(|| cut_off(token)) {
        return Cow::Owned(kept);
    }
    Cow::Borrowed(
        said_for_meant(token).or_else(|| overlap(token)).or_else(|| drawn_out(token)).unwrap_or(token),
    )
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-' | '’'))
}

/// `%uh`, `&-um`, `{um}`, `<uh>,`.
fn hesitation(token: &str) -> Option<&str> {
    let bare = token.trim_end_matches(['.', ',', '?', '!', ';']);
    if bare.strip_prefix('%').is_some_and(is_word) {
        return Some(&token[1..]);
    }
    if let Some(rest) = bare.strip_prefix('&') {
        let rest = rest.trim_start_matches(['-', '+', '~']);
        // `&c.` is et cetera.
        return (is_word(rest) && rest != "c").then_some(rest);
    }
    let inner = [('{', '}'), ('<', '>'), ('[', ']')]
        .iter()
        .find_map(|(open, close)| bare.strip_prefix(*open)?.strip_suffix(*close))?;
    is_hesitation(inner).then_some(inner)
}

/// `+word+`, `*word`, `~Name`.
fn prefixed(token: &str) -> Option<&str> {
    let rest = token.strip_prefix(['+', '*', '~'])?;
    rest.starts_with(char::is_alphabetic).then(|| rest.trim_end_matches(['+', '*']))
}

/// The word of `[laughter-word]` and its like.
fn manner(token: &str) -> Option<&str> {
    let bare = token.trim_end_matches(['.', ',', '?', '!', ';']);
    let inner = bare
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .or_else(|| bare.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')))?;
    let (how, word) = inner.split_once('-')?;
    let known = MANNERS.contains(&how.to_lowercase().as_str());
    (known && word.contains(char::is_alphabetic)).then_some(word)
}

/// What was said of a word whose rest stands in brackets.
fn partial(token: &str) -> Option<String> {
    let (before, inside, after) = [('[', ']'), ('(', ')')].iter().find_map(|(open, close)| {
        let (before, rest) = token.split_once(*open)?;
        let (inside, after) = rest.split_once(*close)?;
        Some((before, inside, after))
    })?;
    let is_letters = !inside.is_empty() && inside.chars().all(|c| c.is_alphabetic() || c == '\'');
    let begun = before.ends_with(char::is_alphabetic)
        && after.strip_prefix('-').is_some_and(|rest| !rest.contains(char::is_alphanumeric));
    let ended = before == "-" && after.starts_with(char::is_alphabetic);
    (is_letters && (begun || ended)).then(|| format!("{before}{after}"))
}

/// `<CUTOFF-wh=what>`.
fn cut_off(token: &str) -> Option<String> {
    let inner = token.trim_end_matches(['.', ',', '?', '!']).strip_prefix('<')?.strip_suffix('>')?;
    let rest = inner.strip_prefix("CUTOFF-").or_else(|| inner.strip_prefix("cutoff-"))?;
    let said = rest.split_once('=').map_or(rest, |(said, _)| said);
    said.starts_with(char::is_alphabetic).then(|| format!("{}-", said.trim_end_matches('-')))
}

/// `[splace/space]`.
fn said_for_meant(token: &str) -> Option<&str> {
    let inner = token.trim_end_matches(['.', ',', '?', '!']).strip_prefix('[')?.strip_suffix(']')?;
    let (said, meant) = inner.split_once('/')?;
    (is_word(said) && is_word(meant)).then_some(said)
}

/// `[2yeah`, `yeah2]`, `[2yeah2]`; `[2nd]` is none.
fn overlap(token: &str) -> Option<&str> {
    let digit = |c: char| c.is_ascii_digit();
    let opened = token.strip_prefix('[').and_then(|rest| rest.strip_prefix(digit)).filter(|rest| {
        rest.starts_with(char::is_alphabetic)
            && !["st", "nd", "rd", "th"].iter().any(|end| rest.trim_end_matches(']') == *end)
    });
    let rest = opened.unwrap_or(token);
    let closed = rest
        .find(']')
        .map(|close| &rest[..close])
        .and_then(|word| word.strip_suffix(digit))
        .filter(|word| word.ends_with(|c: char| c.is_alphabetic() || matches!(c, '-' | '=' | '\'')));
    closed.or(opened)
}

/// `so=`, `no:`, `gonna@o`.
fn drawn_out(token: &str) -> Option<&str> {
    let bare = token.trim_end_matches(['=', ':']);
    if bare.len() < token.len() && bare.ends_with(char::is_alphabetic) {
        return Some(bare);
    }
    let (word, kind) = token.split_once('@')?;
    (is_word(word) && (1..=2).contains(&kind.len()) && kind.chars().all(|c| c.is_ascii_lowercase()))
        .then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_transcribers_add_to_words_is_not_sounded() {
        for (token, heard) in [
            ("%uh", "uh"),
            ("%um,", "um,"),
            ("{um}", "um"),
            ("<uh>,", "uh"),
            ("&uh", "uh"),
            ("&-um", "um"),
            ("&+fr", "fr"),
            ("w[ould]-", "w-"),
            ("w[ould]-,", "w-,"),
            ("oran(ge)-", "oran-"),
            ("-[su]re", "-re"),
            ("[splace/space]", "splace"),
            ("[laughter-so]", "so"),
            ("<LAUGH-so>", "so"),
            ("[laughter-w[ould]-]", "w-"),
            ("<CUTOFF-wh=what>", "wh-"),
            ("[2yeah2],", "yeah"),
            ("[2I", "I"),
            ("know2]", "know"),
            ("so=", "so"),
            ("woof@o", "woof"),
            ("+gonna+", "gonna"),
            ("~Alina", "Alina"),
        ] {
            assert_eq!(sounded(token), heard, "{token}");
        }
    }

    #[test]
    fn words_of_prose_are_sounded_as_they_are_written() {
        for token in [
            "50%",
            "%",
            "[old]",
            "((guess))",
            "w[1]-",
            "word(s)",
            "(un)known",
            "(so)-called",
            "well-",
            "and/or",
            "[sic]",
            "[2nd]",
            "&c.",
            "R&D",
            "a@b.org",
            "+5",
            "[his/her",
            "J.",
            "x=y",
            "10:30",
            "[1]",
            "<b>",
            "(f(x)-1)",
        ] {
            assert_eq!(sounded(token), token, "{token}");
            assert!(!has_mark_of_talk(token), "{token}");
        }
    }
}
