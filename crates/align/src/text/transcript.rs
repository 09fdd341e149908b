//! The words that will be aligned, and what was set aside.

use std::fmt;
use std::ops::Range;

/// A transcript as read: body text in paragraphs and sentences, and everything that is not spoken, kept aside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// The text in order.
    pub paragraphs: Vec<Paragraph>,
    /// What will not be aligned, ascending by place in the file.
    pub set_aside: Vec<SetAside>,
    /// A heading that the text begins with again, set aside too: some readers read it aloud ([`with_heading`](Self::with_heading)).
    pub heading: Option<Paragraph>,
}

/// Sentences that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paragraph {
    /// In order; never empty.
    pub sentences: Vec<Sentence>,
}

/// Words up to a full stop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence {
    /// The sentence on one line: line breaks and page furniture taken out, hyphenation undone.
    pub text: String,
    /// Its words in order; never empty.
    pub words: Vec<Word>,
}

/// A word as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word {
    /// With the punctuation that clings to it, hyphenation undone.
    pub text: String,
    /// Byte range in the file (from its first to its last byte, across a line break where it was hyphenated).
    pub source: Range<usize>,
}

/// A stretch of the file that is not spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAside {
    /// The text, without the line break at its end.
    pub text: String,
    /// First line it stands on, from 1.
    pub line: usize,
    /// Byte range in the file.
    pub source: Range<usize>,
    /// Why.
    pub reason: Reason,
}

/// Why a stretch of a transcript is not spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Title page: title, author, series.
    Title,
    /// Publication details: `Recorded:`, `Source:`, licence.
    Publication,
    /// A page number, even when misread.
    PageNumber,
    /// A heading repeated before the text that repeats it.
    Heading,
    /// Markup, timestamps, cue numbers.
    Markup,
    /// A row of asterisks or dashes.
    Ornament,
    /// A sound that is no word: `[laughter]`, `<sil>`, `(Applause.)`.
    Sound,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Publication => "publication",
            Self::PageNumber => "page number",
            Self::Heading => "heading",
            Self::Markup => "markup",
            Self::Ornament => "ornament",
            Self::Sound => "sound",
        })
    }
}

impl Transcript {
    /// The transcript of a reader who reads the heading aloud; none where there is no such heading.
    pub fn with_heading(&self) -> Option<Self> {
        let heading = self.heading.clone()?;
        let set_aside =
            self.set_aside.iter().filter(|aside| aside.reason != Reason::Heading).cloned().collect();
        let paragraphs = std::iter::once(heading).chain(self.paragraphs.iter().cloned()).collect();
        Some(Self { paragraphs, set_aside, heading: None })
    }

    /// The first sentences up to about `words` words, and their share of all words.
    pub(crate) fn beginning(&self, words: usize) -> (Self, f64) {
        let total = self.words().count();
        let mut count = 0;
        let mut paragraphs = Vec::new();
        for paragraph in &self.paragraphs {
            let fitting = paragraph.sentences.iter().take_while(|sentence| {
                let fits = count < words;
                count += if fits { sentence.words.len() } else { 0 };
                fits
            });
            paragraphs.push(Paragraph { sentences: fitting.cloned().collect() });
            if count >= words {
                break;
            }
        }
        let taken = Self { paragraphs, ..Self::default() };
        (taken, count as f64 / total.max(1) as f64)
    }

    /// All sentences in order.
    pub fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.paragraphs.iter().flat_map(|paragraph| &paragraph.sentences)
    }

    /// All words in order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.sentences().flat_map(|sentence| &sentence.words)
    }
}
