//! The text to be shown, in pieces that have times: what subtitles are cut from.
//!
//! A passage is what no cue may reach across: a word, a sentence or a paragraph. A piece is a word with all that is
//! written up to the next word, so that the pieces of a sentence together are the sentence as written: dashes and brackets
//! that belong to no word are kept.
//!
//! A translation has no times of its own. Its words are spread over the time in which its sentences are spoken, in
//! proportion to their length, long pauses left out.

use super::text_width::{needs_space, width};
use super::units::{Bead, beads, spoken_words};
use super::written_words::written_words;
use super::{ExportSettings, Level, TextChoice};
use crate::{Sentence, State, Timeline, TimelineError};

/// A stretch of text after which a cue or a line may end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    /// A word with the white space and punctuation that follow it.
    pub(super) text: String,
    pub(super) start_secs: f64,
    pub(super) end_secs: f64,
    /// The share of the translation that is shown with it, in bilingual cues.
    pub(super) below: String,
}

/// Pieces that may share a cue.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Passage {
    pub(super) pieces: Vec<Piece>,
    /// Whether the pieces' times are those of words, and not spread.
    pub(super) word_times: bool,
}

/// The passages of a timeline, ascending by start.
pub(super) fn passages(
    timeline: &Timeline,
    settings: &ExportSettings,
    format: &'static str,
) -> Result<Vec<Passage>, TimelineError> {
    if settings.level == Level::Word && settings.text != TextChoice::Spoken {
        return Err(TimelineError::Unsupported {
            format,
            what: "translated words, because only whole sentences are translated",
            instead: "ask for the level sentence or paragraph",
        });
    }
    let mut all: Vec<Passage> = Vec::new();
    for paragraph in &timeline.paragraphs {
        let mut found: Vec<Passage> = Vec::new();
        for bead in beads(&paragraph.sentences) {
            match settings.text {
                TextChoice::Spoken => found.extend(bead.sentences.iter().map(|sentence| spoken(sentence))),
                TextChoice::Translation => found.extend(translated(&bead, settings.layout.long_pause_secs)),
                TextChoice::Bilingual => found.extend(both(&bead)),
            }
        }
        found.retain(|passage| !passage.pieces.is_empty());
        match settings.level {
            Level::Word => all.extend(found.into_iter().flat_map(Passage::into_words)),
            Level::Sentence => all.append(&mut found),
            Level::Paragraph => all.extend(found.into_iter().reduce(Passage::followed_by)),
        }
    }
    all.sort_by(|a, b| a.start_secs().total_cmp(&b.start_secs()));
    Ok(all)
}

impl Passage {
    fn start_secs(&self) -> f64 {
        self.pieces.first().map_or(0.0, |piece| piece.start_secs)
    }

    fn into_words(self) -> impl Iterator<Item = Self> {
        let word_times = self.word_times;
        self.pieces.into_iter().map(move |piece| Self { pieces: vec![piece], word_times })
    }

    fn followed_by(mut self, next: Self) -> Self {
        if let (Some(last), Some(first)) = (self.pieces.last_mut(), next.pieces.first()) {
            if needs_space(&last.text, &first.text) {
                last.text.push(' ');
            }
            if needs_space(&last.below, &first.below) {
                last.below.push(' ');
            }
        }
        self.pieces.extend(next.pieces);
        self.word_times &= next.word_times;
        self
    }
}

/// What is spoken of a sentence. A sentence without words (an import of subtitles) has its text spread over its time.
fn spoken(sentence: &Sentence) -> Passage {
    if sentence.words.is_empty() {
        let spans = [(sentence.start, sentence.end)];
        return Passage { pieces: spread(&tokens(&sentence.text), &spans), word_times: false };
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut unplaced = String::new();
    for (word, text) in sentence.words.iter().zip(written_pieces(sentence)) {
        // A word that was not spoken has no time: it is shown with the word in front of it, or with the first.
        if word.confidence.state != State::Absent {
            pieces.push(Piece {
                text: std::mem::take(&mut unplaced) + &text,
                start_secs: word.start,
                end_secs: word.end,
                below: String::new(),
            });
        } else if let Some(previous) = pieces.last_mut() {
            previous.text.push_str(&text);
        } else {
            unplaced.push_str(&text);
        }
    }
    Passage { pieces, word_times: true }
}

/// The sentence's text cut before each of its words but the first. Where the words cannot be found in the text one after
/// the other, the words themselves with spaces between.
fn written_pieces(sentence: &Sentence) -> Vec<String> {
    let Some(words) = written_words(sentence) else {
        return sentence.words.iter().map(|word| format!("{} ", word.text)).collect();
    };
    let mut starts: Vec<usize> = words.iter().map(|range| range.start).collect();
    if let Some(first) = starts.first_mut() {
        *first = 0;
    }
    let ends = starts.iter().skip(1).copied().chain([sentence.text.len()]);
    starts.iter().zip(ends).map(|(&start, end)| sentence.text[start..end].to_owned()).collect()
}

/// When something is spoken in a bead, long pauses left out: its words, or its sentences where they list none.
fn speech(bead: &Bead<'_>, long_pause_secs: f64) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for sentence in &bead.sentences {
        if sentence.words.is_empty() {
            spans.push((sentence.start, sentence.end));
        }
        spans.extend(spoken_words(sentence).map(|word| (word.start, word.end)));
    }
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged: Vec<(f64, f64)> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start - last.1 < long_pause_secs => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

fn translated(bead: &Bead<'_>, long_pause_secs: f64) -> Option<Passage> {
    let translation = bead.translation?;
    Some(Passage {
        pieces: spread(&tokens(&translation.text), &speech(bead, long_pause_secs)),
        word_times: false,
    })
}

fn both(bead: &Bead<'_>) -> Vec<Passage> {
    let mut passages: Vec<Passage> = bead.sentences.iter().map(|sentence| spoken(sentence)).collect();
    let Some(translation) = bead.translation else { return passages };
    let tokens = tokens(&translation.text);
    let total: usize = tokens.iter().map(|token| width(token)).sum();
    let spoken_total: usize = pieces(&passages).map(|piece| width(&piece.text)).sum();
    let mut above = passages.iter_mut().flat_map(|passage| &mut passage.pieces).peekable();
    let mut spoken_before = 0;
    let mut before = 0;
    for token in tokens {
        // The token belongs below the piece that its middle falls on, both texts being drawn to the same length.
        let middle = (2 * before + width(&token)) * spoken_total;
        before += width(&token);
        while let Some(piece) = above.peek() {
            let end = spoken_before + width(&piece.text);
            if 2 * end * total >= middle {
                break;
            }
            spoken_before = end;
            let last = above.next();
            if above.peek().is_none() {
                // Rounding may leave the last token beyond the last piece.
                if let Some(piece) = last {
                    piece.below.push_str(&token);
                }
            }
        }
        if let Some(piece) = above.peek_mut() {
            piece.below.push_str(&token);
        }
    }
    drop(above);
    passages
}

fn pieces(passages: &[Passage]) -> impl Iterator<Item = &Piece> {
    passages.iter().flat_map(|passage| &passage.pieces)
}

/// A text cut after its white space. A stretch without any that is longer than a line could be is a script without
/// spaces: it is cut at the word boundaries of Unicode Standard Annex 29.
fn tokens(text: &str) -> Vec<String> {
    use unicode_segmentation::UnicodeSegmentation;
    const LONGEST_WORD: usize = 30;
    let mut tokens: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if width(word) <= LONGEST_WORD || word.is_ascii() {
            tokens.push(word.to_owned());
        } else {
            for part in word.split_word_bounds() {
                match tokens.last_mut() {
                    // Closing punctuation stays with what it closes.
                    Some(last) if !part.contains(char::is_alphanumeric) && !last.ends_with(' ') => {
                        last.push_str(part)
                    }
                    _ => tokens.push(part.to_owned()),
                }
            }
        }
        if let Some(last) = tokens.last_mut() {
            last.push(' ');
        }
    }
    if let Some(last) = tokens.last_mut() {
        last.pop();
    }
    tokens
}

/// Gives tokens times within the spans, in proportion to their widths. A token that falls across two spans belongs to
/// the one that holds more of it, so that none reaches over a pause.
fn spread(tokens: &[String], spans: &[(f64, f64)]) -> Vec<Piece> {
    let total_width: usize = tokens.iter().map(|token| width(token)).sum();
    let total_secs: f64 = spans.iter().map(|(start, end)| end - start).sum();
    let spoken_secs = |width: usize| total_secs * width as f64 / total_width.max(1) as f64;
    let mut before = 0;
    let mut pieces = Vec::with_capacity(tokens.len());
    for token in tokens {
        let from = spoken_secs(before);
        before += width(token);
        let to = spoken_secs(before);
        let mut spoken_before = 0.0;
        let mut widest: Option<(f64, f64)> = None;
        for &(start, end) in spans {
            let inside = |spoken: f64| (start + spoken - spoken_before).clamp(start, end);
            let share = (inside(from), inside(to));
            if widest.is_none_or(|best| share.1 - share.0 > best.1 - best.0) {
                widest = Some(share);
            }
            spoken_before += end - start;
        }
        if let Some((start_secs, end_secs)) = widest {
            pieces.push(Piece { text: token.clone(), start_secs, end_secs, below: String::new() });
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fixture::small;

    fn texts(passage: &Passage) -> Vec<&str> {
        passage.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn pieces_are_the_sentence_as_written() {
        let mut timeline = small();
        let sentence = &mut timeline.paragraphs[0].sentences[0];
        sentence.text = "— Hello, «… world.»".to_owned();
        assert_eq!(texts(&spoken(sentence)), ["— Hello, «… ", "world.»"]);
        sentence.text = "Hello, my world.".to_owned();
        assert_eq!(texts(&spoken(sentence)), ["Hello, ", "world. "]);
    }

    #[test]
    fn an_absent_word_is_shown_with_its_neighbour() {
        let mut timeline = small();
        let sentence = &mut timeline.paragraphs[0].sentences[0];
        sentence.words[0].confidence.state = State::Absent;
        let passage = spoken(sentence);
        assert_eq!(texts(&passage), ["Hello, world."]);
        assert!((passage.pieces[0].start_secs - 0.8).abs() < 1e-9);
    }

    #[test]
    fn spread_text_keeps_out_of_pauses() {
        let pieces = spread(&tokens("aa bb cc dd"), &[(1.0, 2.0), (5.0, 6.0)]);
        let times: Vec<(f64, f64)> = pieces.iter().map(|piece| (piece.start_secs, piece.end_secs)).collect();
        assert_eq!(times, [(1.0, 1.5), (1.5, 2.0), (5.0, 5.5), (5.5, 6.0)]);
        let pieces = spread(&tokens("aa bbbb cc"), &[(1.0, 2.5), (5.0, 5.5)]);
        assert!((pieces[1].start_secs, pieces[1].end_secs) == (1.5, 2.5), "{pieces:?}");
    }

    #[test]
    fn no_word_of_a_translation_is_lost() {
        let timeline = small();
        let beads = beads(&timeline.paragraphs[0].sentences);
        let below: String = pieces(&both(&beads[0])).map(|piece| piece.below.as_str()).collect();
        assert_eq!(below, "Hallo, Welt.");
    }

    #[test]
    fn a_script_without_spaces_is_cut_between_words() {
        let text = "これは字幕の行に収まらないほど長い文であり、空白を一つも含んでいない。";
        let tokens = tokens(text);
        assert!(tokens.len() > 5);
        assert_eq!(tokens.concat(), text);
        assert!(tokens.last().unwrap().ends_with('。'));
    }
}
