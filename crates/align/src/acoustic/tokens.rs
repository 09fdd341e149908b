//! The tokens that an acoustic model tells apart, as their file names them.
//!
//! Three kinds of file are read: one token a line, whose index is the line's; a token and its index a line (as k2 and sherpa
//! write them); and JSON that maps tokens to indices (`vocab.json`).

use std::collections::BTreeMap;

use crate::AlignError;

/// How blanks are called, surest names first: `-` may be a hyphen, and `<pad>` is a blank only where nothing else is.
const BLANKS: [&str; 12] = [
    "<blank>",
    "<blk>",
    "[blank]",
    "<ctc_blank>",
    "<ctc>",
    "<eps>",
    "ε",
    "<pad>",
    "[pad]",
    "<epsilon>",
    "_",
    "-",
];
/// How the border between words is called.
const SEPARATORS: [&str; 5] = ["|", "▁", " ", "<space>", "<sp>"];

/// The tokens of a model, in the order of its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    names: Vec<String>,
    blank: usize,
    separator: Option<usize>,
}

impl Tokens {
    /// Reads a tokens file. `blank` names the blank; without it the usual names are looked for.
    ///
    /// # Errors
    /// [`AlignError::AcousticTokens`] where the file is no list of tokens or has no blank.
    pub fn read(text: &str, blank: Option<&str>) -> Result<Self, AlignError> {
        let text = text.trim_start_matches('\u{feff}');
        let names = if text.trim_start().starts_with('{') { from_json(text)? } else { from_lines(text)? };
        if names.len() < 2 {
            return Err(wrong(format!(
                "they are {}; a model tells at least a blank and a letter apart",
                names.len()
            )));
        }
        let blank = match blank {
            Some(wanted) => names
                .iter()
                .position(|name| name == wanted)
                .ok_or_else(|| wrong(format!("`{wanted}`, which should be the blank, is none of them")))?,
            None => BLANKS
                .iter()
                .find_map(|blank| names.iter().position(|name| name.to_lowercase() == *blank))
                .ok_or_else(|| {
                    wrong("none of them is called <blank>, <pad>, [PAD] or -; name the blank".to_owned())
                })?,
        };
        let separator = SEPARATORS
            .iter()
            .find_map(|separator| names.iter().position(|name| name == separator))
            .filter(|separator| *separator != blank);
        Ok(Self { names, blank, separator })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none; never so for tokens that were read.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The index of the blank.
    pub fn blank(&self) -> usize {
        self.blank
    }

    /// The index of the border between words.
    pub fn separator(&self) -> Option<usize> {
        self.separator
    }

    /// Names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The index of every token that may stand for a sound or a letter.
    pub(crate) fn index(&self) -> BTreeMap<&str, usize> {
        self.names()
            .enumerate()
            .filter(|(i, name)| *i != self.blank && Some(*i) != self.separator && !name.is_empty())
            .map(|(i, name)| (name, i))
            .collect()
    }
}

fn wrong(reason: String) -> AlignError {
    AlignError::AcousticTokens { reason }
}

/// Names by index, each index from 0 taken once.
fn in_order(named: Vec<(String, u64)>) -> Result<Vec<String>, AlignError> {
    let mut names: Vec<Option<String>> = vec![None; named.len()];
    for (name, index) in named {
        let count = names.len();
        let place = usize::try_from(index).ok().and_then(|i| names.get_mut(i)).ok_or_else(|| {
            wrong(format!("`{name}` has the index {index}, but {count} tokens have indices below {count}"))
        })?;
        if let Some(other) = place {
            return Err(wrong(format!("`{other}` and `{name}` have the same index {index}")));
        }
        *place = Some(name);
    }
    Ok(names.into_iter().flatten().collect())
}

fn from_json(text: &str) -> Result<Vec<String>, AlignError> {
    let named: BTreeMap<String, u64> = serde_json::from_str(text)
        .map_err(|error| wrong(format!("the JSON maps no token to its index ({error})")))?;
    in_order(named.into_iter().collect())
}

fn from_lines(text: &str) -> Result<Vec<String>, AlignError> {
    // A line may be a single space, so only its end is cut.
    let lines: Vec<&str> =
        text.strip_suffix('\n').unwrap_or(text).split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let numbered: Option<Vec<(String, u64)>> = lines
        .iter()
        .map(|line| {
            let (name, index) = line.rsplit_once([' ', '\t'])?;
            Some((if name.is_empty() { " " } else { name }.to_owned(), index.parse().ok()?))
        })
        .collect();
    match numbered {
        Some(named) => in_order(named),
        None => Ok(lines.into_iter().map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_kinds_of_files_say_the_same() {
        let lines = Tokens::read("<pad>\n|\na\nb\n", None).unwrap();
        assert_eq!(lines, Tokens::read("|\t1\r\n<pad>\t0\r\nb\t3\r\na\t2\r\n", None).unwrap());
        assert_eq!(lines, Tokens::read(r#"{"a": 2, "b": 3, "|": 1, "<pad>": 0}"#, None).unwrap());
        assert_eq!((lines.len(), lines.blank(), lines.separator()), (4, 0, Some(1)));
        // A blank that has another name, and a separator that is a space.
        let named = Tokens::read("~\n \nа\n", Some("~")).unwrap();
        assert_eq!((named.blank(), named.separator()), (0, Some(1)));
        assert_eq!(Tokens::read("-\n'\na\n", None).unwrap().blank(), 0);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |text: &str, blank: Option<&str>| Tokens::read(text, blank).unwrap_err().to_string();
        assert!(said("a\nb\n", None).contains("name the blank"));
        assert!(said("a\nb\n", Some("<b>")).contains("`<b>`"));
        assert!(said(r#"{"a": 0, "b": 5}"#, None).contains("index 5"));
        assert!(said(r#"{"a": 0, "b": 0}"#, None).contains("same index 0"));
        assert!(said("{\"a\": \"x\"}", None).contains("maps no token"));
        assert!(said("", None).contains("at least"));
    }
}
