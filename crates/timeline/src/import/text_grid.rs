//! Praat TextGrid, long and short form, read by Praat's own rule: of the text, only free-standing numbers, quoted strings
//! and flags in `<>` count; `xmin =`, `intervals [3]:` and comments after `!` are there for people. So both forms are one.
//!
//! P. Boersma and D. Weenink, *Praat*, manual page "TextGrid file formats".

use super::Label;
use super::assemble::{Draft, DraftWord, sentences_of, words_into_sentences};
use crate::{TimelineError, Unaligned, UnalignedKind, UnalignedSound};

/// A TextGrid.
#[derive(Debug, Default)]
pub(crate) struct TextGrid {
    pub(crate) end_secs: f64,
    pub(crate) tiers: Vec<Tier>,
}

/// An interval tier, or a tier of points, whose start and end agree. Empty intervals are left out.
#[derive(Debug)]
pub(crate) struct Tier {
    pub(crate) name: String,
    pub(crate) labels: Vec<Label>,
}

impl TextGrid {
    /// The tier of one of these names, in any case; the plural counts as the same.
    pub(crate) fn tier(&self, names: &[&str]) -> Option<&Tier> {
        self.tiers.iter().find(|tier| {
            let name = tier.name.trim().to_lowercase();
            names.iter().any(|&wanted| name.strip_suffix('s').unwrap_or(&name) == wanted)
        })
    }
}

/// Reads a TextGrid.
pub(crate) fn read(text: &str) -> Result<TextGrid, TimelineError> {
    let mut tokens = Tokens { text, line: 1 };
    for expected in ["ooTextFile", "TextGrid"] {
        if tokens.string()? != expected {
            return Err(tokens.fault(format!("the file does not say {expected:?}")));
        }
    }
    tokens.number()?;
    let mut grid = TextGrid { end_secs: tokens.number()?, tiers: Vec::new() };
    if tokens.flag()? != "exists" {
        return Ok(grid);
    }
    for _ in 0..tokens.count()? {
        let class = tokens.string()?;
        let name = tokens.string()?;
        tokens.number()?;
        tokens.number()?;
        let mut labels = Vec::new();
        for _ in 0..tokens.count()? {
            let start_secs = tokens.number()?;
            let end_secs = if class == "IntervalTier" { tokens.number()? } else { start_secs };
            let text = tokens.string()?;
            if end_secs < start_secs || start_secs < 0.0 {
                return Err(tokens.fault(format!("an interval runs from {start_secs} s to {end_secs} s")));
            }
            if !text.trim().is_empty() {
                labels.push(Label { start_secs, end_secs, text: text.trim().to_owned() });
            }
        }
        grid.tiers.push(Tier { name, labels });
    }
    Ok(grid)
}

/// The tiers named sentence, word, phone, translation and unaligned (in any case, singular or plural) as a timeline; where none is
/// so named, the tier with the most labels is taken for words.
pub(super) fn draft(grid: &TextGrid) -> Draft {
    let labels = |names: &[&str]| grid.tier(names).map(|tier| tier.labels.clone());
    let sentences = labels(&["sentence", "utterance", "phrase"]);
    let words = labels(&["word", "token"]).or_else(|| {
        let fullest = grid.tiers.iter().max_by_key(|tier| tier.labels.len());
        fullest.filter(|_| sentences.is_none()).map(|tier| tier.labels.clone())
    });
    let mut words: Vec<DraftWord> = words.unwrap_or_default().into_iter().map(DraftWord::measured).collect();
    for phone in labels(&["phone", "phoneme", "segment"]).unwrap_or_default() {
        let middle = (phone.start_secs + phone.end_secs) / 2.0;
        let after = words.partition_point(|word| word.label.start_secs <= middle);
        if let Some(word) = words[..after].last_mut().filter(|word| middle <= word.label.end_secs) {
            word.phones.push(Label {
                start_secs: phone.start_secs.max(word.label.start_secs),
                end_secs: phone.end_secs.min(word.label.end_secs),
                text: phone.text,
            });
        }
    }
    let mut sentences = match sentences {
        Some(sentences) => words_into_sentences(sentences, words),
        None => sentences_of(words),
    };
    for translation in labels(&["translation"]).unwrap_or_default() {
        for sentence in &mut sentences {
            let middle = (sentence.label.start_secs + sentence.label.end_secs) / 2.0;
            if (translation.start_secs..=translation.end_secs).contains(&middle) {
                sentence.translation = Some(translation.text.clone());
            }
        }
    }
    let unaligned = labels(&["unaligned"]).unwrap_or_default();
    let unaligned = unaligned.into_iter().map(|label| Unaligned {
        start: label.start_secs,
        end: label.end_secs,
        kind: UnalignedKind::Other,
        sound: UnalignedSound::named(&label.text),
    });
    Draft {
        paragraphs: vec![sentences],
        language: None,
        end_secs: grid.end_secs,
        unaligned: unaligned.collect(),
    }
}

/// The tokens that count, one after the other.
struct Tokens<'a> {
    text: &'a str,
    line: usize,
}

enum Token {
    Number(f64),
    String(String),
    Flag(String),
}

impl Tokens<'_> {
    fn fault(&self, problem: String) -> TimelineError {
        TimelineError::Import { format: "TextGrid", line: self.line, problem }
    }

    fn advance(&mut self, bytes: usize) {
        self.line += self.text[..bytes].matches('\n').count();
        self.text = &self.text[bytes..];
    }

    fn next(&mut self) -> Result<Token, TimelineError> {
        loop {
            let blank = self.text.len() - self.text.trim_start().len();
            self.advance(blank);
            match self.text.chars().next() {
                None => return Err(self.fault("the file ends too early".to_owned())),
                Some('"') => return self.quoted(),
                Some('!') => self.advance(self.text.find('\n').unwrap_or(self.text.len())),
                Some(_) => {
                    let end = self.text.find(char::is_whitespace).unwrap_or(self.text.len());
                    let word = self.text[..end].to_owned();
                    self.advance(end);
                    if let Some(flag) = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
                        return Ok(Token::Flag(flag.to_owned()));
                    }
                    // "inf" and "nan" would parse too, and are words here.
                    let begins_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.');
                    let number = word.parse().ok().filter(|number: &f64| number.is_finite());
                    if let Some(number) = number.filter(|_| word.starts_with(begins_number)) {
                        return Ok(Token::Number(number));
                    }
                }
            }
        }
    }

    /// A quoted string, in which a doubled quote is one.
    fn quoted(&mut self) -> Result<Token, TimelineError> {
        let mut end = 1;
        while let Some(quote) = self.text[end..].find('"') {
            end += quote + 1;
            if !self.text[end..].starts_with('"') {
                let string = self.text[1..end - 1].replace("\"\"", "\"");
                self.advance(end);
                return Ok(Token::String(string));
            }
            end += 1;
        }
        Err(self.fault("a quote is never closed".to_owned()))
    }

    fn string(&mut self) -> Result<String, TimelineError> {
        match self.next()? {
            Token::String(string) => Ok(string),
            _ => Err(self.fault("a text in quotes is expected".to_owned())),
        }
    }

    fn number(&mut self) -> Result<f64, TimelineError> {
        match self.next()? {
            Token::Number(number) => Ok(number),
            _ => Err(self.fault("a number is expected".to_owned())),
        }
    }

    fn count(&mut self) -> Result<u64, TimelineError> {
        let number = self.number()?;
        if number >= 0.0 && number.fract().abs() < f64::EPSILON {
            Ok(number as u64)
        } else {
            Err(self.fault(format!("{number} is no count")))
        }
    }

    fn flag(&mut self) -> Result<String, TimelineError> {
        match self.next()? {
            Token::Flag(flag) => Ok(flag),
            _ => Err(self.fault("<exists> is expected".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = r#"File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0 ! comment with "quotes" and 9
xmax = 2.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "Words"
        xmin = 0
        xmax = 2.5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 1
            text = ""
        intervals [2]:
            xmin = 1
            xmax = 1.5
            text = "a ""b"" 3"
        intervals [3]:
            xmin = 1.5
            xmax = 2.5
            text = "two
lines"
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 0.25
            mark = "tick"
"#;

    #[test]
    fn the_long_form_is_read() {
        let grid = read(LONG).unwrap();
        assert!((grid.end_secs - 2.5).abs() < 1e-12);
        let words = &grid.tier(&["word"]).unwrap().labels;
        assert_eq!(
            words.iter().map(|label| label.text.as_str()).collect::<Vec<_>>(),
            ["a \"b\" 3", "two\nlines"]
        );
        let tick = &grid.tiers[1].labels[0];
        assert_eq!((tick.text.as_str(), tick.start_secs, tick.end_secs), ("tick", 0.25, 0.25));
    }

    #[test]
    fn faults_name_their_line() {
        let broken = LONG.replace("xmax = 1.5", "xmax = no");
        let error = read(&broken).unwrap_err().to_string();
        assert!(error.contains("line 22") && error.contains("a number is expected"), "{error}");
        for cut in (0..LONG.len() - 2).filter(|&at| LONG.is_char_boundary(at)) {
            assert!(read(&LONG[..cut]).is_err(), "cut at {cut}");
        }
    }
}
