//! Russian: cardinals in the nominative, ordinals in the case that the next word or the written ending shows.

use super::{bare, is_shouted, roman};

const SMALL: [&str; 20] = [
    "ноль",
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
];
const TENS: [&str; 10] = [
    "",
    "",
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const HUNDREDS: [&str; 10] =
    ["", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"];
/// Stems of ordinals up to nineteen, then of the tens from twenty, then of the hundreds.
const SMALL_RANKS: [&str; 20] = [
    "нулев",
    "перв",
    "втор",
    "трет",
    "четвёрт",
    "пят",
    "шест",
    "седьм",
    "восьм",
    "девят",
    "десят",
    "одиннадцат",
    "двенадцат",
    "тринадцат",
    "четырнадцат",
    "пятнадцат",
    "шестнадцат",
    "семнадцат",
    "восемнадцат",
    "девятнадцат",
];
const TEN_RANKS: [&str; 8] =
    ["двадцат", "тридцат", "сороков", "пятидесят", "шестидесят", "семидесят", "восьмидесят", "девяност"];
const HUNDRED_RANKS: [&str; 9] =
    ["сот", "двухсот", "трёхсот", "четырёхсот", "пятисот", "шестисот", "семисот", "восьмисот", "девятисот"];
/// Abbreviations, without their full stop.
const ABBREVIATIONS: [(&str, &str); 27] = [
    ("им", "имени"),
    ("тов", "товарищ"),
    ("гр", "гражданин"),
    ("г-н", "господин"),
    ("проф", "профессор"),
    ("ген", "генерал"),
    ("св", "святой"),
    ("ул", "улица"),
    ("стр", "страница"),
    ("см", "смотри"),
    ("ср", "сравни"),
    ("рис", "рисунок"),
    ("табл", "таблица"),
    ("гл", "глава"),
    ("тыс", "тысяч"),
    ("млн", "миллионов"),
    ("млрд", "миллиардов"),
    ("руб", "рублей"),
    ("коп", "копеек"),
    ("гг", "годов"),
    ("вв", "веков"),
    ("др", "другие"),
    ("пр", "прочее"),
    ("т.е", "то есть"),
    ("т.д", "так далее"),
    ("т.п", "тому подобное"),
    ("т.к", "так как"),
];
/// Names of the letters.
const LETTERS: [(char, &str); 33] = [
    ('а', "а"),
    ('б', "бэ"),
    ('в', "вэ"),
    ('г', "гэ"),
    ('д', "дэ"),
    ('е', "е"),
    ('ё', "ё"),
    ('ж', "жэ"),
    ('з', "зэ"),
    ('и', "и"),
    ('й', "и краткое"),
    ('к', "ка"),
    ('л', "эл"),
    ('м', "эм"),
    ('н', "эн"),
    ('о', "о"),
    ('п', "пэ"),
    ('р', "эр"),
    ('с', "эс"),
    ('т', "тэ"),
    ('у', "у"),
    ('ф', "эф"),
    ('х', "ха"),
    ('ц', "цэ"),
    ('ч', "че"),
    ('ш', "ша"),
    ('щ', "ща"),
    ('ъ', "твёрдый знак"),
    ('ы', "ы"),
    ('ь', "мягкий знак"),
    ('э', "э"),
    ('ю', "ю"),
    ('я', "я"),
];

pub(super) fn said(sentence: &[&str], at: usize) -> Option<String> {
    let token = sentence[at];
    let word = bare(token);
    let neighbour = |i: Option<usize>| i.and_then(|i| sentence.get(i)).map_or("", |next| bare(next));
    let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
    let number_before = digits(before);
    if let Some(unit) = unit(word) {
        return Some(counted(number_before.unwrap_or(5), unit).to_owned());
    }
    if let Some(said) = sign(word) {
        return Some(said.to_owned());
    }
    if word.chars().any(|c| c.is_ascii_digit()) {
        return with_digits(word, token, before, after);
    }
    if let Some(value) = roman::value(word).filter(|_| word.len() > 1 || after.starts_with("век")) {
        return Some(ordinal(value.into(), ending_beside(after)));
    }
    let lower = word.to_lowercase();
    if token.contains('.') {
        match (lower.as_str(), before.to_lowercase().as_str(), after.to_lowercase().as_str()) {
            ("т", _, "д") => return Some("так".to_owned()),
            ("д", "т", _) => return Some("далее".to_owned()),
            ("т", _, "п") => return Some("тому".to_owned()),
            ("п", "т", _) => return Some("подобное".to_owned()),
            ("т", _, "е") => return Some("то".to_owned()),
            ("е", "т", _) => return Some("есть".to_owned()),
            ("г", ..) if number_before.is_some() => {
                let locative = at > 1 && matches!(bare(sentence[at - 2]).to_lowercase().as_str(), "в" | "во");
                return Some(if locative { "году" } else { "года" }.to_owned());
            }
            ("в", b, _) if roman::value(&b.to_uppercase()).is_some() => return Some("века".to_owned()),
            _ => {}
        }
        if let Some((_, full)) = ABBREVIATIONS.iter().find(|(short, _)| *short == lower) {
            return Some((*full).to_owned());
        }
    }
    letters(word, token, sentence, at + 1 == sentence.len())
}

/// One, two to four, five and more.
type Unit = (&'static str, &'static str, &'static str);

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "%" => ("процент", "процента", "процентов"),
        "‰" => ("промилле", "промилле", "промилле"),
        "°" => ("градус", "градуса", "градусов"),
        "$" => ("доллар", "доллара", "долларов"),
        "€" => ("евро", "евро", "евро"),
        "£" => ("фунт", "фунта", "фунтов"),
        "¥" => ("иена", "иены", "иен"),
        _ => return None,
    })
}

fn counted(number: i64, unit: Unit) -> &'static str {
    match (number % 100, number % 10) {
        (11..15, _) => unit.2,
        (_, 1) => unit.0,
        (_, 2..5) => unit.1,
        _ => unit.2,
    }
}

fn sign(word: &str) -> Option<&'static str> {
    Some(match word {
        "№" => "номер",
        "§" => "параграф",
        "&" => "и",
        "+" => "плюс",
        "=" => "равно",
        "×" => "на",
        "÷" => "разделить на",
        "½" => "одна вторая",
        "¼" => "одна четвёртая",
        "¾" => "три четвёртых",
        _ => return None,
    })
}

/// Letter by letter: initials, and capitals without a vowel.
fn letters(word: &str, token: &str, sentence: &[&str], last: bool) -> Option<String> {
    let capitals = word.chars().all(|c| c.is_uppercase() || c == '.');
    let count = word.chars().filter(|c| c.is_uppercase()).count();
    if !capitals || count == 0 {
        return None;
    }
    let initial = count == 1 && token.contains('.') && !last;
    let has_vowel = word.chars().any(|c| "АЕЁИОУЫЭЮЯ".contains(c));
    let spelt = initial || (count > 1 && (!has_vowel || (word == "США" && !is_shouted(sentence))));
    spelt
        .then(|| {
            let names: Vec<&str> = word
                .chars()
                .filter_map(|c| {
                    let small = c.to_lowercase().next()?;
                    LETTERS.iter().find(|(letter, _)| *letter == small).map(|(_, name)| *name)
                })
                .collect();
            names.join(" ")
        })
        .filter(|said| !said.is_empty())
}

/// A cardinal, nominative masculine, up to a million less one; larger ones by millions, the largest digit by digit.
pub(in crate::text) fn cardinal(number: i64) -> String {
    let below_thousand = |n: usize, feminine: bool| {
        let one = |n: usize| match (n, feminine) {
            (1, true) => "одна",
            (2, true) => "две",
            _ => SMALL[n],
        };
        let mut words = vec![HUNDREDS[n / 100]];
        match n % 100 {
            0 => {}
            rest @ 1..20 => words.push(one(rest)),
            rest => words.extend([TENS[rest / 10], if rest % 10 == 0 { "" } else { one(rest % 10) }]),
        }
        words.retain(|word| !word.is_empty());
        words.join(" ")
    };
    let said = match usize::try_from(number) {
        Ok(0) => SMALL[0].to_owned(),
        Ok(n @ 1..1_000) => below_thousand(n, false),
        Ok(n @ 1_000..1_000_000) => {
            let thousands = n / 1_000;
            let unit = counted(thousands as i64, ("тысяча", "тысячи", "тысяч"));
            let count = if thousands == 1 { String::new() } else { below_thousand(thousands, true) };
            format!("{count} {unit} {}", below_thousand(n % 1_000, false))
        }
        Ok(n @ 1_000_000..1_000_000_000) => {
            let millions = n / 1_000_000;
            let unit = counted(millions as i64, ("миллион", "миллиона", "миллионов"));
            let rest = n % 1_000_000;
            let rest = if rest == 0 { String::new() } else { cardinal(rest as i64) };
            format!("{} {unit} {rest}", below_thousand(millions, false))
        }
        _ => {
            let digits = number.to_string();
            let names: Vec<&str> =
                digits.bytes().filter(u8::is_ascii_digit).map(|d| SMALL[usize::from(d - b'0')]).collect();
            names.join(" ")
        }
    };
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An ordinal with an adjective's ending such as `ый`, `ого`, `ом`, `ая`.
fn ordinal(number: i64, ending: &str) -> String {
    let Ok(n) = usize::try_from(number) else { return cardinal(number) };
    let (rest, stem) = match n {
        0..20 => (0, SMALL_RANKS[n].to_owned()),
        _ if n % 100 != 0 && n % 100 < 20 => (n - n % 100, SMALL_RANKS[n % 100].to_owned()),
        _ if n % 10 != 0 => (n - n % 10, SMALL_RANKS[n % 10].to_owned()),
        _ if n % 100 != 0 => (n - n % 100, TEN_RANKS[n % 100 / 10 - 2].to_owned()),
        _ if n % 1_000 != 0 => (n - n % 1_000, HUNDRED_RANKS[n % 1_000 / 100 - 1].to_owned()),
        1_000 => (0, "тысячн".to_owned()),
        2_000 => (0, "двухтысячн".to_owned()),
        _ => return cardinal(number),
    };
    let last = match (stem.as_str(), ending) {
        ("трет", "ый") => "третий".to_owned(),
        ("трет", ending) => format!("треть{}", soft(ending)),
        ("втор" | "шест" | "седьм" | "восьм" | "сороков", "ый") => {
            format!("{stem}ой")
        }
        _ => format!("{stem}{ending}"),
    };
    if rest == 0 { last } else { format!("{} {last}", cardinal(rest as i64)) }
}

/// The ending after a soft consonant.
fn soft(ending: &str) -> &str {
    match ending {
        "ого" => "его",
        "ому" => "ему",
        "ом" => "ем",
        "ым" => "им",
        "ая" => "я",
        "ой" => "ей",
        "ую" => "ю",
        "ое" => "е",
        "ые" => "и",
        "ых" => "их",
        other => other,
    }
}

/// The ending of a masculine adjective before this noun.
fn ending_beside(noun: &str) -> &'static str {
    match noun.to_lowercase().chars().last() {
        Some('е') if !noun.is_empty() => "ом",
        Some('а' | 'я') => "ого",
        Some('у' | 'ю') => {
            if noun.to_lowercase() == "году" {
                "ом"
            } else {
                "ому"
            }
        }
        _ if noun.to_lowercase().ends_with("ом") => "ым",
        _ => "ый",
    }
}

/// The ending that `5-го`, `20-х`, `3-я` show.
fn written_ending(text: &str) -> Option<&'static str> {
    Some(match text {
        "й" | "ый" | "ий" | "ой" => "ый",
        "го" | "ого" | "его" => "ого",
        "му" | "ому" => "ому",
        "м" | "ом" => "ом",
        "я" | "ая" => "ая",
        "ю" | "ую" => "ую",
        "е" | "ое" | "ые" => "ое",
        "х" | "ых" => "ых",
        _ => return None,
    })
}

fn with_digits(word: &str, token: &str, before: &str, after: &str) -> Option<String> {
    if let Some(amount) = word.strip_suffix('%') {
        let unit = unit("%")?;
        return match digits(amount) {
            Some(value) => Some(format!("{} {}", cardinal(value), counted(value, unit))),
            None => Some(format!("{} {}", number(amount)?, unit.1)),
        };
    }
    if let Some(rest) = word.strip_prefix('№') {
        return Some(format!("номер {}", number(rest)?));
    }
    if let Some(rest) = word.strip_prefix('§') {
        return Some(format!("параграф {}", number(rest)?));
    }
    for sign in ["$", "€", "£", "¥"] {
        if let Some(value) = word.strip_prefix(sign).or_else(|| word.strip_suffix(sign)).and_then(digits) {
            return Some(format!("{} {}", cardinal(value), counted(value, unit(sign)?)));
        }
    }
    if let Some((value, ending)) = word.split_once(['-', '–'])
        && let (Some(value), Some(ending)) = (digits(value), written_ending(&ending.to_lowercase()))
    {
        return Some(ordinal(value, ending));
    }
    if let Some((from, to)) = word.split_once(['-', '–', '—'])
        && let (Some(from), Some(to)) = (number(from), number(to))
    {
        return Some(format!("{from} {to}"));
    }
    if let Some((hours, minutes)) = word.split_once(':')
        && let (Some(hours), Some(minutes)) = (digits(hours), digits(minutes))
    {
        return Some(format!("{} {}", cardinal(hours), cardinal(minutes)));
    }
    let beside = after.to_lowercase();
    let is_year = digits(word).is_some_and(|value| (1_000..2_100).contains(&value));
    if is_year && matches!(beside.as_str(), "год" | "года" | "году" | "годом" | "г") {
        let ending = match beside.as_str() {
            "г" if matches!(before.to_lowercase().as_str(), "в" | "во") => "ом",
            "г" => "ого",
            noun => ending_beside(noun),
        };
        return Some(ordinal(digits(word)?, ending));
    }
    if token.contains('.') && !token.contains(',') && word.contains('.') {
        // 25.10.1917
        let parts: Option<Vec<i64>> = word.split('.').map(digits).collect();
        return Some(parts?.into_iter().map(cardinal).collect::<Vec<_>>().join(" "));
    }
    number(word).or_else(|| mixed(word))
}

fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() < 16 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// `3,5`: three wholes, five tenths.
fn number(text: &str) -> Option<String> {
    if let Some((whole, part)) = text.split_once(',')
        && let (Some(whole), Some(value)) = (digits(whole), digits(part))
    {
        let places = match part.len() {
            1 => ("десятая", "десятых", "десятых"),
            2 => ("сотая", "сотых", "сотых"),
            3 => ("тысячная", "тысячных", "тысячных"),
            _ => return Some(format!("{} {}", cardinal(whole), cardinal(value))),
        };
        let wholes = counted(whole, ("целая", "целых", "целых"));
        let feminine = |n: i64| match n {
            1 => "одна".to_owned(),
            2 => "две".to_owned(),
            n => cardinal(n),
        };
        return Some(format!("{} {wholes} {} {}", feminine(whole), feminine(value), counted(value, places)));
    }
    digits(text).map(cardinal)
}

/// Letters and numbers one after the other.
fn mixed(word: &str) -> Option<String> {
    let characters: Vec<char> = word.chars().collect();
    let said: Vec<String> = characters
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .map(|run| {
            let run: String = run.iter().collect();
            digits(&run).map_or_else(|| run.chars().filter(|c| c.is_alphabetic()).collect(), cardinal)
        })
        .collect();
    Some(said.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sentence: &str) -> String {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        (0..words.len())
            .map(|at| super::said(&words, at).unwrap_or_else(|| words[at].to_owned()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn numbers_are_spelt_out() {
        assert_eq!(cardinal(1919), "тысяча девятьсот девятнадцать");
        assert_eq!(cardinal(22_000), "двадцать две тысячи");
        assert_eq!(cardinal(2_000_001), "два миллиона один");
    }

    #[test]
    fn what_is_written_short_is_said_in_full() {
        for (written, spoken) in [
            ("в 1919 году", "в тысяча девятьсот девятнадцатом году"),
            ("1903 года", "тысяча девятьсот третьего года"),
            ("в 1920 г. было", "в тысяча девятьсот двадцатом году было"),
            ("5-й съезд, 20-х годов", "пятый съезд, двадцатых годов"),
            ("50 % и 1 % и 2%", "пятьдесят процентов и один процент и два процента"),
            ("№ 5", "номер пять"),
            ("№5", "номер пять"),
            ("XX век, в XX веке", "двадцатый век, в двадцатом веке"),
            ("Николай II", "Николай второй"),
            ("и т. д. и т. п.", "и так далее и тому подобное"),
            ("В. И. Ленин из РСФСР", "вэ и Ленин из эр эс эф эс эр"),
            ("3,5 тыс. руб.", "три целых пять десятых тысяч рублей"),
            ("Я сам", "Я сам"),
        ] {
            assert_eq!(said(written), spoken, "{written}");
        }
    }
}
