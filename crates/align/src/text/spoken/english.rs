//! English.

use num2words::Num2Words;

use super::{bare, is_shouted, roman};

/// Abbreviations that are said in full, without their full stop.
const ABBREVIATIONS: [(&str, &str); 36] = [
    ("mr", "mister"),
    ("mrs", "missis"),
    ("ms", "miz"),
    ("dr", "doctor"),
    ("prof", "professor"),
    ("st", "saint"),
    ("gen", "general"),
    ("col", "colonel"),
    ("capt", "captain"),
    ("lt", "lieutenant"),
    ("sgt", "sergeant"),
    ("rev", "reverend"),
    ("hon", "honourable"),
    ("gov", "governor"),
    ("pres", "president"),
    ("jr", "junior"),
    ("sr", "senior"),
    ("vs", "versus"),
    ("etc", "et cetera"),
    ("e.g", "for example"),
    ("i.e", "that is"),
    ("cf", "compare"),
    ("approx", "approximately"),
    ("vol", "volume"),
    ("pp", "pages"),
    ("fig", "figure"),
    ("ltd", "limited"),
    ("inc", "incorporated"),
    ("bros", "brothers"),
    ("dept", "department"),
    ("ave", "avenue"),
    ("jan", "january"),
    ("feb", "february"),
    ("sept", "september"),
    ("oct", "october"),
    ("dec", "december"),
];
/// Names of the letters, spelt so that any rule says them.
const LETTERS: [&str; 26] = [
    "ay",
    "bee",
    "see",
    "dee",
    "ee",
    "eff",
    "jee",
    "aitch",
    "eye",
    "jay",
    "kay",
    "ell",
    "em",
    "en",
    "oh",
    "pee",
    "cue",
    "are",
    "ess",
    "tee",
    "you",
    "vee",
    "double you",
    "ex",
    "why",
    "zee",
];
/// Words before a roman numeral that counts instead of ranking.
const COUNTED: [&str; 12] =
    ["chapter", "part", "book", "volume", "vol", "act", "scene", "war", "section", "article", "no", "type"];
/// Sign, one, many, hundredth.
const CURRENCIES: [(char, &str, &str, &str); 4] = [
    ('$', "dollar", "dollars", "cents"),
    ('£', "pound", "pounds", "pence"),
    ('€', "euro", "euros", "cents"),
    ('¥', "yen", "yen", "sen"),
];
const MAGNITUDES: [&str; 4] = ["hundred", "thousand", "million", "billion"];

pub(super) fn said(sentence: &[&str], at: usize) -> Option<String> {
    let token = sentence[at];
    let word = bare(token);
    let before = at.checked_sub(1).map_or("", |i| bare(sentence[i]));
    let after = sentence.get(at + 1).map_or("", |next| bare(next));
    if MAGNITUDES.contains(&word.to_lowercase().as_str())
        && let Some((_, _, many, _)) = CURRENCIES.iter().find(|c| before.starts_with(c.0))
    {
        return Some(format!("{word} {many}"));
    }
    if let Some(sign) = sign(word) {
        return Some(sign.to_owned());
    }
    if word.chars().any(|c| c.is_ascii_digit()) {
        return with_digits(word, MAGNITUDES.contains(&after.to_lowercase().as_str()));
    }
    if let Some(value) = roman::value(word).filter(|_| word.len() > 1 || is_name_numeral(word, before)) {
        let ranks =
            before.starts_with(char::is_uppercase) && !COUNTED.contains(&before.to_lowercase().as_str());
        return Some(if ranks {
            format!("the {}", ordinal(i64::from(value))?)
        } else {
            cardinal(value.into())?
        });
    }
    let abbreviated = token.contains('.');
    let lower = word.to_lowercase();
    if abbreviated && lower == "no" && after.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("number".to_owned());
    }
    if abbreviated && let Some((_, full)) = ABBREVIATIONS.iter().find(|(short, _)| *short == lower) {
        return Some((*full).to_owned());
    }
    if abbreviated && matches!(lower.as_str(), "a.m" | "p.m") {
        return Some(spelt(&lower));
    }
    letters(word, token, sentence, at + 1 == sentence.len())
}

/// `I`, `V` or `X` after a name, as in `George V`.
fn is_name_numeral(word: &str, before: &str) -> bool {
    matches!(word, "V" | "X") && before.chars().count() > 3 && before.starts_with(char::is_uppercase)
}

fn sign(word: &str) -> Option<&'static str> {
    Some(match word {
        "%" => "per cent",
        "‰" => "per mille",
        "№" => "number",
        "§" => "section",
        "&" => "and",
        "+" => "plus",
        "=" => "equals",
        "×" => "times",
        "÷" => "divided by",
        "°" => "degrees",
        "$" => "dollars",
        "€" => "euros",
        "£" => "pounds",
        "¥" => "yen",
        "½" => "one half",
        "¼" => "one quarter",
        "¾" => "three quarters",
        _ => return None,
    })
}

/// Letter by letter: initials, and capitals that cannot be said as a word.
fn letters(word: &str, token: &str, sentence: &[&str], last: bool) -> Option<String> {
    let capitals = word.chars().all(|c| c.is_ascii_uppercase() || c == '.');
    let count = word.chars().filter(char::is_ascii_uppercase).count();
    if !capitals || count == 0 {
        return None;
    }
    let initial = count == 1 && token.contains('.') && !last;
    let dotted = word.contains('.');
    // `NATO` is a word, `USSR` is not: three consonants in a row.
    let vowel = |c: char| "AEIOUY".contains(c);
    let longest_cluster = word.split(vowel).map(str::len).max().unwrap_or(0);
    let speakable = word.contains(vowel) && count > 3 && longest_cluster < 3;
    let spelt_out = dotted || !word.contains(vowel) || (!speakable && !is_shouted(sentence));
    (initial || (count > 1 && spelt_out)).then(|| spelt(word))
}

fn spelt(word: &str) -> String {
    let names: Vec<&str> = word
        .chars()
        .filter_map(|c| LETTERS.get((c.to_ascii_lowercase() as usize).checked_sub('a' as usize)?))
        .copied()
        .collect();
    names.join(" ")
}

fn cardinal(number: i64) -> Option<String> {
    Num2Words::new(number).to_words().ok().map(words)
}

fn ordinal(number: i64) -> Option<String> {
    Num2Words::new(number).ordinal().to_words().ok().map(words)
}

fn words(text: String) -> String {
    text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `nineteen nineteen`, `nineteen oh five`, `nineteen hundred`, `two thousand and five`.
fn year(number: i64) -> Option<String> {
    let (century, rest) = (number / 100, number % 100);
    match (century, rest) {
        (20, 0..10) => cardinal(number),
        (_, 0) => Some(format!("{} hundred", cardinal(century)?)),
        (_, 1..10) => Some(format!("{} oh {}", cardinal(century)?, cardinal(rest)?)),
        _ => Some(format!("{} {}", cardinal(century)?, cardinal(rest)?)),
    }
}

fn plural(words: &str) -> String {
    match words.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{words}s"),
    }
}

/// A token with digits, cut into its parts.
fn with_digits(word: &str, before_magnitude: bool) -> Option<String> {
    if let Some((sign, one, many, hundredths)) = CURRENCIES.iter().find(|c| word.contains(c.0)) {
        let amount = word.trim_matches(*sign);
        let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
        let whole = digits(whole)?;
        if before_magnitude {
            return number(amount);
        }
        let unit = if whole == 1 { one } else { many };
        let mut said = format!("{} {unit}", cardinal(whole)?);
        if part.len() == 2 && digits(part)? > 0 {
            said = format!("{said} {} {hundredths}", cardinal(digits(part)?)?);
        }
        return Some(said);
    }
    if let Some(amount) = word.strip_suffix('%') {
        return Some(format!("{} per cent", number(amount)?));
    }
    if let Some(rest) = word.strip_prefix(['№', '#']) {
        return Some(format!("number {}", number(rest)?));
    }
    if let Some(rest) = word.strip_prefix('§') {
        return Some(format!("section {}", number(rest)?));
    }
    if let Some((hours, minutes)) = word.split_once(':')
        && let (Some(hours), Some(minutes)) = (digits(hours), digits(minutes))
    {
        return Some(match minutes {
            0 => format!("{} o'clock", cardinal(hours)?),
            1..10 => format!("{} oh {}", cardinal(hours)?, cardinal(minutes)?),
            _ => format!("{} {}", cardinal(hours)?, cardinal(minutes)?),
        });
    }
    if let Some((above, below)) = word.split_once('/')
        && let (Some(above), Some(below)) = (digits(above), digits(below))
    {
        let part = match below {
            2 => "half".to_owned(),
            4 => "quarter".to_owned(),
            _ => ordinal(below)?,
        };
        return Some(format!("{} {}", cardinal(above)?, if above == 1 { part } else { plural(&part) }));
    }
    if let Some((from, to)) = word.split_once(['-', '–', '—'])
        && let (Some(from), Some(to)) = (number(from), number(to))
    {
        return Some(format!("{from} to {to}"));
    }
    for ending in ["st", "nd", "rd", "th"] {
        if let Some(number) = word.to_lowercase().strip_suffix(ending).and_then(digits) {
            return ordinal(number);
        }
    }
    if let Some(years) = word.strip_suffix('s').map(|w| w.trim_end_matches(['\'', '’'])).and_then(digits) {
        let said = if years > 999 { year(years)? } else { cardinal(years)? };
        return Some(plural(&said));
    }
    number(word).or_else(|| mixed(word))
}

/// Digits that may be grouped by commas.
fn digits(text: &str) -> Option<i64> {
    let plain: String = text.chars().filter(|c| *c != ',').collect();
    let grouped = !text.contains(',') || text.rsplit(',').next().is_some_and(|last| last.len() == 3);
    (grouped && !plain.is_empty() && plain.len() < 16 && plain.bytes().all(|b| b.is_ascii_digit()))
        .then(|| plain.parse().ok())?
}

fn number(text: &str) -> Option<String> {
    if let Some((whole, part)) = text.split_once('.')
        && part.bytes().all(|b| b.is_ascii_digit())
        && !part.is_empty()
    {
        let whole = if whole.is_empty() { "zero".to_owned() } else { cardinal(digits(whole)?)? };
        let part: Option<Vec<String>> = part.bytes().map(|b| cardinal(i64::from(b - b'0'))).collect();
        return Some(format!("{whole} point {}", part?.join(" ")));
    }
    let value = digits(text)?;
    let is_year = text.len() == 4 && (1100..2100).contains(&value);
    if is_year { year(value) } else { cardinal(value) }
}

/// `A4`, `U2`: letters and numbers one after the other.
fn mixed(word: &str) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    let characters: Vec<char> = word.chars().collect();
    for run in characters.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let run: String = run.iter().collect();
        match digits(&run) {
            Some(value) => said.push(cardinal(value)?),
            None => {
                let letters: String = run.chars().filter(|c| c.is_alphabetic()).collect();
                let capitals = letters.chars().all(|c| c.is_ascii_uppercase());
                said.push(if capitals && letters.len() < 4 { spelt(&letters) } else { letters });
            }
        }
    }
    Some(said.join(" "))
}

#[cfg(test)]
mod tests {
    fn said(sentence: &str) -> String {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        (0..words.len())
            .map(|at| super::said(&words, at).unwrap_or_else(|| words[at].to_owned()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn what_is_written_short_is_said_in_full() {
        for (written, spoken) in [
            ("In 1919, 50 % of", "In nineteen nineteen fifty per cent of"),
            ("by 12.5% in 1905", "by twelve point five per cent in nineteen oh five"),
            ("the 1920s", "the nineteen twenties"),
            ("$5.50 or $3 million", "five dollars fifty cents or three million dollars"),
            ("1,000,000 men", "one million men"),
            ("the 22nd of May", "the twenty second of May"),
            ("Mr. Smith, No. 5", "mister Smith, number five"),
            ("Nicholas II in Chapter IV", "Nicholas the second in Chapter four"),
            ("George V came", "George the fifth came"),
            ("the USSR and NATO", "the you ess ess are and NATO"),
            ("V. I. Lenin", "vee eye Lenin"),
            ("2/3 at 10:30", "two thirds at ten thirty"),
            ("1914-1918", "nineteen fourteen to nineteen eighteen"),
            ("I am A man", "I am A man"),
        ] {
            assert_eq!(said(written), spoken);
        }
    }
}
