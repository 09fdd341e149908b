//! Turns of transcribed talk: who speaks and when, at the beginnings of lines, is not said.
//!
//! | at the beginning of a line | convention |
//! |---|---|
//! | `A:`, `B1:`, `ALINA:`, `Speaker 2:`, `[SPEAKER A:]` | Fisher, CALLHOME, Santa Barbara and many more |
//! | `0.00 3.21 A:`, `fe_03_1-a-0001 0.97 3.20`, `[00:01:02]` | times before them: LDC, Mississippi State University, Santa Barbara |
//! | `B.12 utt3:`, `qy  A.1 utt1:` | Switchboard (LDC; Jurafsky, Shriberg and Biasca 1997) |
//! | `*CHI:`; lines of `@Header:` and `%mor:` | CHAT (MacWhinney, *The CHILDES Project*, 2000) |
//!
//! One such line may be anything (`Note: …`, `B. Traven wrote`). Times and utterance numbers with a label, `*CHI:` and labels in brackets are
//! believed at once; bare times and bare labels where they begin a good part of the lines, and capitals where several names take turns. Each turn
//! ends the one before it, whatever stands at its end.
//!
//! **Known failures.** A play of one speaker only, and names in small letters (`Alina:`), are read as text.

use std::collections::BTreeSet;

use super::markup::{Line, set_aside};
use super::spoken::has_mark_of_talk;
use super::transcript::{Reason, SetAside};

/// Bare times begin at least this share of the lines, labels this one.
const TIMED_SHARE: f64 = 0.5;
const LABELLED_SHARE: f64 = 1.0 / 3.0;
/// A speaker's name has no more letters and words than this.
const LONGEST_NAME: usize = 24;
const NAME_WORDS: usize = 3;
/// Times stand among the first tokens of a line, behind names of files, channels and talkers.
const TOKENS_BEFORE_TIMES: usize = 3;
/// Around the time at the end of a CHAT line.
const BULLET: char = '\u{15}';

/// How far what begins a line can be believed.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Certain,
    Timed,
    /// `A:`, `Speaker 2:`.
    Letter,
    /// `ALINA:`.
    Name(String),
}

/// What begins a line and is not said.
struct Label {
    /// Letters of the line that it takes.
    len: usize,
    kind: Kind,
}

/// What is known of talk in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Talk {
    /// Whether it is a transcript of talk.
    pub(super) is_talk: bool,
    /// Lines that begin a turn, by their place among the lines.
    pub(super) turns: BTreeSet<usize>,
}

/// Takes labels, times, headers and comments off `lines` where they are those of talk.
pub(super) fn take(lines: &mut [Line], aside: &mut Vec<SetAside>) -> Talk {
    let texts: Vec<String> = lines.iter().map(Line::text).collect();
    let labels: Vec<Option<Label>> = texts.iter().map(|text| label(text)).collect();
    if !are_turns(&texts, &labels) {
        let marked = texts.iter().flat_map(|text| text.split_whitespace()).any(has_mark_of_talk);
        return Talk { is_talk: marked, ..Talk::default() };
    }
    let is_chat = texts.iter().any(|text| is_chat_speaker(text));
    let certain =
        labels.iter().position(|label| label.as_ref().is_some_and(|label| label.kind == Kind::Certain));
    let first = certain.or_else(|| labels.iter().position(Option::is_some)).unwrap_or(0);
    let mut talk = Talk { is_talk: true, ..Talk::default() };
    for (i, (line, label)) in lines.iter_mut().zip(labels).enumerate() {
        let text = texts[i].trim_start();
        if let Some(label) = label.filter(|label| i >= first || !matches!(label.kind, Kind::Name(_))) {
            aside.extend(set_aside(&line.glyphs[..label.len], line.number, Reason::Markup));
            line.glyphs.drain(..label.len);
            talk.turns.insert(i);
        } else if is_comment(text) || is_chat && text.starts_with(['@', '%']) {
            aside.extend(line.set_aside(Reason::Markup));
            line.glyphs.clear();
        } else if i < first && is_header(text) {
            aside.extend(line.set_aside(Reason::Publication));
            line.glyphs.clear();
        }
        take_bullets(line, aside);
    }
    talk
}

/// Whether the labels are those of turns.
fn are_turns(texts: &[String], labels: &[Option<Label>]) -> bool {
    let lines = texts.iter().filter(|text| !text.trim().is_empty() && !is_comment(text)).count();
    let count =
        |wanted: fn(&Kind) -> bool| labels.iter().flatten().filter(|label| wanted(&label.kind)).count();
    let timed = count(|kind| *kind == Kind::Timed);
    let letters = count(|kind| *kind == Kind::Letter);
    let named = count(|kind| matches!(kind, Kind::Name(_)));
    let distinct: BTreeSet<&str> = labels
        .iter()
        .flatten()
        .filter_map(|label| if let Kind::Name(name) = &label.kind { Some(name.as_str()) } else { None })
        .collect();
    let share = |count: usize| count as f64 / lines.max(1) as f64;
    count(|kind| *kind == Kind::Certain) > 0
        || timed > 1 && share(timed) >= TIMED_SHARE
        || letters > 0 && (letters > 1 || lines == 1) && share(letters + named) >= LABELLED_SHARE
        || distinct.len() > 1 && named > distinct.len() && share(named) >= LABELLED_SHARE
}

/// What begins `text` and is not said, with the white space around it.
fn label(text: &str) -> Option<Label> {
    let rest = text.trim_start();
    let (after, kind) = if is_chat_speaker(rest) {
        (&rest[rest.find(':')? + 1..], Kind::Certain)
    } else if let Some(after) = utterance_number(rest) {
        (after, Kind::Certain)
    } else if let Some((name, after)) =
        bracketed(rest).and_then(|(inside, after)| Some((inside.strip_suffix(':')?, after)))
    {
        name_kind(name.trim())?;
        (after, Kind::Certain)
    } else if let Some(after) = times(rest) {
        let after = after.trim_start();
        match speaker(after) {
            Some((_, after)) => (after, Kind::Certain),
            None => (after, Kind::Timed),
        }
    } else {
        let (kind, after) = speaker(rest)?;
        (after, kind)
    };
    let taken = text.len() - after.trim_start().len();
    Some(Label { len: text[..taken].chars().count(), kind })
}

/// `*CHI:`
fn is_chat_speaker(text: &str) -> bool {
    text.strip_prefix('*').and_then(|rest| rest.split_once(':')).is_some_and(|(name, _)| {
        (1..=7).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

/// `B.12 utt3:`, with a tag of a dialogue act before it; what comes after.
fn utterance_number(text: &str) -> Option<&str> {
    let (head, after) = text.split_once(':')?;
    let tokens: Vec<&str> = head.split_whitespace().collect();
    let [.., turn, number] = tokens.as_slice() else { return None };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let is_turn = turn
        .split_once('.')
        .or_else(|| turn.strip_prefix('@').and_then(|turn| turn.split_once('.')))
        .is_some_and(|(talker, turn)| matches!(talker, "A" | "B" | "@A" | "@B") && digits(turn));
    (tokens.len() <= 3 && is_turn && number.strip_prefix("utt").is_some_and(digits)).then_some(after)
}

/// What stands in brackets at the beginning of `text`, and what comes after.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('[').and_then(|rest| rest.split_once(']'))
}

/// What comes after `0.00 3.21`, with names before and a label of the condition (`<o,f0,male>`) behind; or after a clock's time.
fn times(text: &str) -> Option<&str> {
    let is_clock = |token: &str| {
        let parts: Vec<&str> = token.split(':').collect();
        let digits = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '.');
        (2..=3).contains(&parts.len()) && parts.iter().all(digits) && parts[parts.len() - 1].len() >= 2
    };
    let first = text.split_whitespace().next()?;
    if is_clock(first.trim_matches(['[', ']', '(', ')'])) {
        return Some(&text[first.len()..]);
    }
    let decimal = |token: &str| {
        token.split_once('.').and_then(|_| token.parse::<f64>().ok()).filter(|secs| *secs >= 0.0)
    };
    let tokens: Vec<&str> = text.split_whitespace().take(TOKENS_BEFORE_TIMES + 3).collect();
    let at = tokens.windows(2).take(TOKENS_BEFORE_TIMES + 1).position(
        |pair| matches!((decimal(pair[0]), decimal(pair[1])), (Some(start), Some(end)) if start <= end),
    )?;
    let is_id = |token: &&str| token.chars().any(|c| c.is_ascii_digit()) || token.chars().count() == 1;
    if !tokens[..at].iter().all(is_id) {
        return None;
    }
    let behind = |token: &str| token.as_ptr() as usize - text.as_ptr() as usize + token.len();
    let condition = tokens
        .get(at + 2)
        .filter(|token| token.starts_with('<') && token.contains(',') && token.ends_with('>'));
    Some(&text[behind(condition.unwrap_or(&tokens[at + 1]))..])
}

/// The speaker that a line begins with, and what comes after the colon.
fn speaker(text: &str) -> Option<(Kind, &str)> {
    let (name, after) = text.split_once(':')?;
    if !(after.is_empty() || after.starts_with(char::is_whitespace)) {
        return None;
    }
    name_kind(name.trim_end()).map(|kind| (kind, after))
}

fn name_kind(name: &str) -> Option<Kind> {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let words: Vec<&str> = name.split_whitespace().collect();
    if letters == 0 || name.chars().count() > LONGEST_NAME || words.len() > NAME_WORDS {
        return None;
    }
    let begins_big = name.starts_with(char::is_uppercase);
    let is_numbered = |word: &str| {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        bare.chars().count() <= 1 && bare.chars().all(char::is_uppercase)
    };
    if begins_big && words.len() == 1 && letters == 1 && is_numbered(name)
        || words.len() == 2 && words[0].eq_ignore_ascii_case("speaker") && is_numbered(words[1])
    {
        return Some(Kind::Letter);
    }
    let is_shouted = name
        .chars()
        .all(|c| c.is_uppercase() || c.is_numeric() || matches!(c, ' ' | '.' | '_' | '-' | '\'' | '#'));
    (begins_big && is_shouted && letters > 1).then(|| Kind::Name(name.to_owned()))
}

/// `# Transcribed at …`, `;; comment`.
fn is_comment(text: &str) -> bool {
    text.trim_start().starts_with("# ") || text.trim_start().starts_with(";;")
}

/// `TOPIC#: 314`, `@Begin`, `**** …`.
fn is_header(text: &str) -> bool {
    let shouted = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_uppercase() || c.is_numeric() || matches!(c, '_' | '#' | ' '))
    };
    text.starts_with(['@', '#', '*', '=', ';']) || text.split_once(':').is_some_and(|(name, _)| shouted(name))
}

/// Takes times between CHAT's bullets out of a line.
fn take_bullets(line: &mut Line, aside: &mut Vec<SetAside>) {
    let bullets = |line: &Line| {
        let mut places = line.glyphs.iter().enumerate().filter(|(_, glyph)| glyph.letter == BULLET);
        places.next().zip(places.next()).map(|((open, _), (close, _))| open..close + 1)
    };
    while let Some(range) = bullets(line) {
        aside.extend(set_aside(&line.glyphs[range.clone()], line.number, Reason::Markup));
        line.glyphs.drain(range);
    }
}

#[cfg(test)]
mod tests {
    use crate::text::{Reason, read_transcript};

    /// Sentences and what was set aside.
    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let transcript = read_transcript(text.as_bytes(), Some("a.txt")).unwrap();
        for word in transcript.words() {
            assert_eq!(&text[word.source.clone()], word.text);
        }
        let sentences = transcript
            .sentences()
            .map(|s| s.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
            .collect();
        (sentences, transcript.set_aside.into_iter().map(|aside| aside.text).collect())
    }

    #[test]
    fn speakers_and_times_are_set_aside_and_turns_are_sentences() {
        for (text, sentences, aside) in [
            ("A: so we went\nB: mm\nA: home\n", vec!["so we went", "mm", "home"], vec!["A:", "B:", "A:"]),
            (
                "# fe_03_1.sph\n# Transcribed at the LDC\n\n0.00 3.21 A: hello\n\n3.50 4.00 B: (( hi )) i- [laughter]\n",
                vec!["hello", "hi i-"],
                vec![
                    "# fe_03_1.sph",
                    "# Transcribed at the LDC",
                    "0.00 3.21 A:",
                    "3.50 4.00 B:",
                    "[laughter]",
                ],
            ),
            (
                "FILENAME: 2001_1\nTOPIC#: 314\n=====\n\nsd  A.1 utt1: {F Uh, } I + I think so. /\n\nB.2 utt1: no\n",
                vec!["Uh, I I think so.", "no"],
                vec!["FILENAME: 2001_1", "TOPIC#: 314", "=====", "sd  A.1 utt1:", "{F", "+", "B.2 utt1:"],
            ),
            (
                "sw2001A-ms98-a-0001 0.000000 0.977 [silence]\nsw2001A-ms98-a-0002 0.977 9.5 hi um w[ould]-\n",
                vec!["hi um w[ould]-"],
                vec!["sw2001A-ms98-a-0001 0.000000 0.977", "[silence]", "sw2001A-ms98-a-0002 0.977 9.5"],
            ),
            (
                "@Begin\n*MOT:\tdo &-uh you <want it> [//] want that ? \u{15}10_900\u{15}\n%mor:\tpro|you\n*CHI:\tyes +...\n@End\n",
                vec!["do &-uh you <want it> want that", "yes"],
                vec![
                    "@Begin",
                    "*MOT:",
                    "[//]",
                    "\u{15}10_900\u{15}",
                    "%mor:\tpro|you",
                    "*CHI:",
                    "+...",
                    "@End",
                ],
            ),
            (
                "0.00 1.52\tALINA: \t(H) So= .. [2you2] --\n1.52 2.5\t        \tknow,\n2.5 3.0 \tDON:  \tXX",
                vec!["So= [2you2]", "know,"],
                vec!["0.00 1.52\tALINA:", "(H)", "1.52 2.5", "2.5 3.0 \tDON:", "XX"],
            ),
            ("[SPEAKER A:] yes\n[SPEAKER B:] no", vec!["yes", "no"], vec!["[SPEAKER A:]", "[SPEAKER B:]"]),
            ("[00:01] yes\n[00:02] no", vec!["yes", "no"], vec!["[00:01]", "[00:02]"]),
        ] {
            let found = read(text);
            assert_eq!(found.0, sentences, "{text}");
            assert_eq!(found.1, aside, "{text}");
        }
    }

    #[test]
    fn prose_keeps_its_lines() {
        for text in [
            "B. Traven wrote\nit. V. I. Lenin did not.",
            "NOTE: this is said.\nIt was late.\nWe went home.",
            "At 10:30 he came.\n10:45 was too late.\nAnd so on.",
            "He paid\n3.50 4.50 and 5.50\nto them.",
            "He said: no.\nShe said: yes.\nA man: what?",
            "One thing: a.\nTwo + two = 4 (1.5) and X.",
        ] {
            let (sentences, aside) = read(text);
            assert!(aside.is_empty(), "{text}: {aside:?}");
            let kept: usize = sentences.iter().map(|sentence| sentence.split(' ').count()).sum();
            assert_eq!(kept, text.split_whitespace().count(), "{text}: {sentences:?}");
        }
    }

    #[test]
    fn a_word_broken_off_at_a_lines_end_is_not_joined_with_the_next_turn() {
        let (sentences, _) = read("A: he wa-\nB: so\nA: she %uh th-\nthought");
        assert_eq!(sentences, ["he wa-", "so", "she %uh th- thought"]);
        let transcript = read_transcript("A: x y\nB: y".as_bytes(), None).unwrap();
        assert!(transcript.set_aside.iter().all(|aside| aside.reason == Reason::Markup));
    }
}
