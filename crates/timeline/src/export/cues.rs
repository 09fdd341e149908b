//! Subtitles cut and broken into lines by the rules that viewers expect.
//!
//! The usual broadcasters' rules: lines of at most 42 characters, at most two of them, a cue on the screen for at least
//! 5/6 s and at most 7 s, at most 17 characters a second, two frames between cues (Netflix, *Timed Text Style Guide:
//! General Requirements* and *English*; the BBC's *Subtitle Guidelines* agree but for line length). Beyond them: a cue never
//! spans a long pause, and prefers to end at punctuation and pauses.
//!
//! Where to cut is a shortest path over the pieces of a passage: each possible cue has a cost, and the cheapest sequence
//! wins. A word that is longer than a line stands on a line of its own, unbroken.

use super::clock::millis;
use super::passages::{Passage, Piece};
use super::text_width::width;

/// How subtitles are cut, broken into lines and held on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct CueLayout {
    /// The longest line, in characters; East Asian wide characters count twice. Starting value 42.
    pub max_line_chars: usize,
    /// Most lines in a cue; in bilingual cues, half of them for each language, at least one. Starting value 2.
    pub max_lines: usize,
    /// The reading speed, in characters a second, that cues are cut and held for. Starting value 17.
    pub max_chars_per_sec: f64,
    /// The shortest time on the screen, in seconds, where the next cue leaves room. Starting value 5/6.
    pub min_cue_secs: f64,
    /// The longest time that a cue's words may take, in seconds. Starting value 7.
    pub max_cue_secs: f64,
    /// A pause between words from this length on, in seconds, is never spanned. Starting value 1.5.
    pub long_pause_secs: f64,
    /// How long a cue may stay after its last word so that it can be read, in seconds. Starting value 1.
    pub linger_secs: f64,
    /// The gap kept before the next cue where a cue lingers, in seconds. Starting value 1/12, two frames of film.
    pub gap_secs: f64,
    /// One cue for each word, sentence or paragraph, on one line, with its exact times: none of the rules above.
    pub verbatim: bool,
}

impl Default for CueLayout {
    fn default() -> Self {
        Self {
            max_line_chars: 42,
            max_lines: 2,
            max_chars_per_sec: 17.0,
            min_cue_secs: 5.0 / 6.0,
            max_cue_secs: 7.0,
            long_pause_secs: 1.5,
            linger_secs: 1.0,
            gap_secs: 1.0 / 12.0,
            verbatim: false,
        }
    }
}

impl CueLayout {
    /// One cue for each word, sentence or paragraph, on one line, with its exact times.
    pub fn verbatim() -> Self {
        Self { verbatim: true, ..Self::default() }
    }
}

/// What is on the screen at once. Times are whole milliseconds; `end_ms` is above `start_ms`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cue {
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// What is spoken, or its translation: lines of pieces.
    pub(super) lines: Vec<Vec<Piece>>,
    /// The translation below it.
    pub(super) below: Vec<String>,
    /// Whether the pieces' times are those of words.
    pub(super) word_times: bool,
}

impl Cue {
    /// All lines as text, the translation last, each made fit by `escape`.
    pub(super) fn text_lines(&self, escape: impl Fn(&str) -> String) -> Vec<String> {
        let above =
            self.lines.iter().map(|line| line.iter().map(|piece| piece.text.as_str()).collect::<String>());
        above.chain(self.below.iter().cloned()).map(|line| escape(line.trim())).collect()
    }
}

/// Cuts passages into cues, ascending by start.
pub(super) fn cues(passages: Vec<Passage>, layout: &CueLayout) -> Vec<Cue> {
    let mut cues: Vec<(Cue, f64)> = Vec::new();
    for passage in passages {
        for pieces in cut(&passage.pieces, layout) {
            cues.extend(laid_out(pieces, passage.word_times, layout));
        }
    }
    cues.sort_by_key(|(cue, _)| cue.start_ms);
    hold(&mut cues, layout);
    cues.into_iter().map(|(cue, _)| cue).collect()
}

/// A cue of these pieces, from its first word to the end of its last, with the time that it takes to be read.
fn laid_out(pieces: &[Piece], word_times: bool, layout: &CueLayout) -> Option<(Cue, f64)> {
    let first = pieces.first()?;
    let end_secs = pieces.iter().map(|piece| piece.end_secs).fold(first.start_secs, f64::max);
    let start_ms = millis(first.start_secs);
    let below = tokens_below(pieces);
    let (lines, below) = if layout.verbatim {
        let below = below.concat();
        (
            vec![pieces.to_vec()],
            if below.trim().is_empty() { Vec::new() } else { vec![below.trim().to_owned()] },
        )
    } else {
        let widths: Vec<usize> = pieces.iter().map(|piece| width(&piece.text)).collect();
        let lines =
            break_lines(&pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>(), &widths, layout);
        let below_widths: Vec<usize> = below.iter().map(|token| width(token)).collect();
        let below_lines = break_lines(&below, &below_widths, layout);
        (
            lines.into_iter().map(|range| pieces[range].to_vec()).collect(),
            below_lines.into_iter().map(|range| below[range].concat().trim().to_owned()).collect(),
        )
    };
    let reading_secs = reading_width(pieces) as f64 / layout.max_chars_per_sec;
    let cue = Cue { start_ms, end_ms: millis(end_secs).max(start_ms), lines, below, word_times };
    Some((cue, reading_secs.max(layout.min_cue_secs)))
}

fn tokens_below(pieces: &[Piece]) -> Vec<&str> {
    pieces.iter().flat_map(|piece| piece.below.split_inclusive(' ')).collect()
}

/// A viewer reads one of the two languages.
fn reading_width(pieces: &[Piece]) -> usize {
    let above: usize = pieces.iter().map(|piece| spaced_width(&piece.text)).sum();
    let below: usize = pieces.iter().map(|piece| spaced_width(&piece.below)).sum();
    above.max(below)
}

/// The width of a text inside a line, the space after it counted.
fn spaced_width(text: &str) -> usize {
    width(text) + usize::from(text.ends_with(char::is_whitespace))
}

/// Holds cues on the screen until they can be read, and never two at once where that can be helped.
fn hold(cues: &mut [(Cue, f64)], layout: &CueLayout) {
    for index in 0..cues.len() {
        let next_start = cues.get(index + 1).map(|(next, _)| next.start_ms);
        let (cue, wanted_secs) = &mut cues[index];
        if !layout.verbatim {
            let wanted = (cue.start_ms + millis(*wanted_secs)).min(cue.end_ms + millis(layout.linger_secs));
            let room = next_start.map_or(u64::MAX, |next| next.saturating_sub(millis(layout.gap_secs)));
            cue.end_ms = cue.end_ms.max(wanted.min(room));
            if let Some(next) = next_start.filter(|&next| next > cue.start_ms) {
                cue.end_ms = cue.end_ms.min(next);
            }
        }
        // Formats ask for an end after the start, and players drop what is shown for no time.
        cue.end_ms = cue.end_ms.max(cue.start_ms + 1);
    }
}

/// What a cue costs to begin with: fewer cues are better.
const COST_OF_A_CUE: f64 = 1.0;
/// Ending a cue inside a clause, and at a comma or the like; at the end of a sentence nothing.
const COST_MID_CLAUSE: f64 = 0.8;
const COST_AT_COMMA: f64 = 0.25;
/// What a pause of at least [`BREATH_SECS`] after the cue takes off.
const GAIN_OF_A_BREATH: f64 = 0.3;
const BREATH_SECS: f64 = 0.25;
/// For reading twice as fast as wanted, and for a cue of no length.
const COST_OF_HASTE: f64 = 1.0;
/// A cue shorter than this looks torn off.
const SHORT_CUE_CHARS: usize = 14;
const COST_OF_A_SHORT_CUE: f64 = 0.5;

/// Cuts the pieces of a passage into those of cues: the cheapest of all sequences.
fn cut<'p>(pieces: &'p [Piece], layout: &CueLayout) -> Vec<&'p [Piece]> {
    if layout.verbatim || pieces.len() < 2 {
        return if pieces.is_empty() { Vec::new() } else { vec![pieces] };
    }
    // best[j]: the least cost of all cues up to piece j, and where the last of them begins.
    let mut best = vec![(f64::INFINITY, 0); pieces.len() + 1];
    best[0] = (0.0, 0);
    for start in 0..pieces.len() {
        for end in start + 1..=pieces.len() {
            let cue = &pieces[start..end];
            if cue.len() > 1 && !holds_together(cue, layout) {
                break;
            }
            let cost = best[start].0 + cost(cue, pieces.get(end), layout);
            if cost < best[end].0 {
                best[end] = (cost, start);
            }
        }
    }
    let mut cues = Vec::new();
    let mut end = pieces.len();
    while end > 0 {
        let start = best[end].1;
        cues.push(&pieces[start..end]);
        end = start;
    }
    cues.reverse();
    cues
}

/// Whether two or more pieces may share a cue. Growing a cue that may not makes no cue that may.
fn holds_together(pieces: &[Piece], layout: &CueLayout) -> bool {
    let [.., before, last] = pieces else { return true };
    let start_secs = pieces[0].start_secs;
    let end_secs = pieces.iter().map(|piece| piece.end_secs).fold(start_secs, f64::max);
    let lines = lines_per_language(pieces.iter().any(|piece| !piece.below.is_empty()), layout);
    last.start_secs - before.end_secs < layout.long_pause_secs
        && end_secs - start_secs <= layout.max_cue_secs
        && lines_needed(pieces.iter().map(|piece| piece.text.as_str()), layout) <= lines
        && lines_needed(tokens_below(pieces).into_iter(), layout) <= lines
}

fn lines_per_language(bilingual: bool, layout: &CueLayout) -> usize {
    if bilingual { (layout.max_lines / 2).max(1) } else { layout.max_lines.max(1) }
}

/// How many lines a text takes when each is filled before the next is begun.
fn lines_needed<'t>(texts: impl Iterator<Item = &'t str>, layout: &CueLayout) -> usize {
    let (mut lines, mut filled) = (0, 0);
    for text in texts {
        if lines == 0 || filled + width(text) > layout.max_line_chars {
            lines += 1;
            filled = 0;
        }
        filled += spaced_width(text);
    }
    lines
}

fn cost(cue: &[Piece], next: Option<&Piece>, layout: &CueLayout) -> f64 {
    let (Some(first), Some(last)) = (cue.first(), cue.last()) else { return 0.0 };
    let mut cost = COST_OF_A_CUE;
    let mut screen_secs = last.end_secs - first.start_secs + layout.linger_secs;
    if let Some(next) = next {
        screen_secs = screen_secs.min(next.start_secs - first.start_secs);
        cost += match ending(&last.text) {
            Ending::Sentence => 0.0,
            Ending::Clause => COST_AT_COMMA,
            Ending::Word => COST_MID_CLAUSE,
        };
        if next.start_secs - last.end_secs >= BREATH_SECS {
            cost -= GAIN_OF_A_BREATH;
        }
    }
    let chars = reading_width(cue);
    let needed_secs = (chars as f64 / layout.max_chars_per_sec).max(layout.min_cue_secs);
    cost += COST_OF_HASTE * ((needed_secs - screen_secs) / needed_secs).max(0.0);
    if chars < SHORT_CUE_CHARS {
        cost += COST_OF_A_SHORT_CUE;
    }
    cost
}

#[derive(PartialEq)]
enum Ending {
    Sentence,
    Clause,
    Word,
}

fn ending(text: &str) -> Ending {
    let bare = text.trim_end().trim_end_matches(['"', '\'', '”', '’', '»', ')', ']']);
    match bare.chars().next_back() {
        Some('.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।') => Ending::Sentence,
        Some(',' | ';' | ':' | '—' | '–' | '、' | '，' | '；' | '،' | '؛') => Ending::Clause,
        _ => Ending::Word,
    }
}

/// Breaks a cue into as few lines as hold it, of even length, rather after punctuation. Returns ranges of pieces.
fn break_lines(texts: &[&str], widths: &[usize], layout: &CueLayout) -> Vec<std::ops::Range<usize>> {
    let count = lines_needed(texts.iter().copied(), layout);
    let spaced: Vec<usize> = texts.iter().map(|text| spaced_width(text)).collect();
    let even = spaced.iter().sum::<usize>() as f64 / count.max(1) as f64;
    // best[lines][end]: the least cost of the first `end` pieces on that many lines, and where the last line begins.
    let mut best = vec![vec![(f64::INFINITY, 0); texts.len() + 1]; count + 1];
    best[0][0] = (0.0, 0);
    for lines in 1..=count {
        for end in 1..=texts.len() {
            for start in (0..end).rev() {
                let length: usize = spaced[start..end - 1].iter().sum::<usize>() + widths[end - 1];
                if length > layout.max_line_chars && end - start > 1 {
                    break;
                }
                let uneven = (length as f64 - even) / layout.max_line_chars as f64;
                let tear = if end < texts.len() && ending(texts[end - 1]) == Ending::Word {
                    COST_OF_A_TORN_LINE
                } else {
                    0.0
                };
                let cost = best[lines - 1][start].0 + uneven * uneven + tear;
                if cost < best[lines][end].0 {
                    best[lines][end] = (cost, start);
                }
            }
        }
    }
    let mut ranges = Vec::new();
    let mut end = texts.len();
    for lines in (1..=count).rev() {
        let start = best[lines][end].1;
        ranges.push(start..end);
        end = start;
    }
    ranges.reverse();
    ranges
}

/// Breaking a line inside a clause; in units of squared unevenness, so that a comma near the middle wins.
const COST_OF_A_TORN_LINE: f64 = 0.15;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passage(words: &[(&str, f64, f64)]) -> Passage {
        let pieces = words
            .iter()
            .map(|&(text, start_secs, end_secs)| Piece {
                text: format!("{text} "),
                start_secs,
                end_secs,
                below: String::new(),
            })
            .collect();
        Passage { pieces, word_times: true }
    }

    fn even(text: &str, secs_per_word: f64) -> Passage {
        let words: Vec<(&str, f64, f64)> = text
            .split(' ')
            .enumerate()
            .map(|(i, word)| (word, i as f64 * secs_per_word, (i + 1) as f64 * secs_per_word))
            .collect();
        passage(&words)
    }

    fn shown(cues: &[Cue]) -> Vec<String> {
        cues.iter().map(|cue| cue.text_lines(str::to_owned).join("|")).collect()
    }

    #[test]
    fn a_short_sentence_stays_on_one_line() {
        let cues = cues(vec![even("Call me Ishmael.", 0.4)], &CueLayout::default());
        assert_eq!(shown(&cues), ["Call me Ishmael."]);
    }

    #[test]
    fn two_lines_break_at_the_comma_near_the_middle() {
        let text = "Having little or no money in my purse, I thought I would sail.";
        assert_eq!(
            shown(&cues(vec![even(text, 0.35)], &CueLayout::default())),
            ["Having little or no money in my purse,|I thought I would sail."]
        );
    }

    #[test]
    fn a_long_pause_parts_cues() {
        let words = [("Wait", 0.0, 0.5), ("for", 0.6, 0.9), ("it.", 3.0, 3.5)];
        let cues = cues(vec![passage(&words)], &CueLayout::default());
        assert_eq!(shown(&cues), ["Wait for", "it."]);
        assert_eq!(cues[0].end_ms, 900, "read in time, so it does not linger");
    }

    #[test]
    fn a_hasty_cue_lingers_but_leaves_a_gap() {
        let words = [("Incomprehensibilities", 0.0, 0.4)];
        let next = [("next", 1.0, 1.5)];
        let cues = cues(vec![passage(&words), passage(&next)], &CueLayout::default());
        assert_eq!(cues[0].end_ms, 917);
        assert_eq!(cues[1].end_ms, 1_000 + 833);
    }

    #[test]
    fn overlapping_passages_take_turns() {
        let cues =
            cues(vec![passage(&[("one", 0.0, 2.0)]), passage(&[("two", 1.5, 2.5)])], &CueLayout::default());
        assert_eq!((cues[0].end_ms, cues[1].start_ms), (1_500, 1_500));
    }

    /// Every way of cutting, tried: the path must be the cheapest.
    fn cheapest(pieces: &[Piece], layout: &CueLayout) -> f64 {
        let mut least = f64::INFINITY;
        for cuts in 0..1_u32 << (pieces.len() - 1) {
            let mut start = 0;
            let mut total = 0.0;
            for end in 1..=pieces.len() {
                if end == pieces.len() || cuts >> (end - 1) & 1 == 1 {
                    let cue = &pieces[start..end];
                    let fits =
                        (1..=cue.len()).all(|length| length == 1 || holds_together(&cue[..length], layout));
                    total += if fits { cost(cue, pieces.get(end), layout) } else { f64::INFINITY };
                    start = end;
                }
            }
            least = least.min(total);
        }
        least
    }

    proptest! {
        #[test]
        fn rules_hold_and_the_cut_is_the_cheapest(
            words in prop::collection::vec(("[a-zäß]{1,14}[,.]?", 0u32..1200, 0u32..900), 1..10),
        ) {
            let layout = CueLayout { max_line_chars: 20, ..Default::default() };
            let mut clock = 0;
            let words: Vec<(&str, f64, f64)> = words
                .iter()
                .map(|(text, pause, length)| {
                    let start = clock + if *pause > 1000 { 2500 } else { pause / 4 };
                    clock = start + length;
                    (text.as_str(), f64::from(start) / 1e3, f64::from(clock) / 1e3)
                })
                .collect();
            let whole = passage(&words);
            let cut = cut(&whole.pieces, &layout);
            let total: f64 = {
                let mut end = 0;
                cut.iter().map(|cue| { end += cue.len(); cost(cue, whole.pieces.get(end), &layout) }).sum()
            };
            prop_assert!((total - cheapest(&whole.pieces, &layout)).abs() < 1e-9);
            let made = cues(vec![whole.clone()], &layout);
            let text: String = made.iter().flat_map(|cue| cue.lines.iter().flatten()).map(|piece| piece.text.as_str()).collect();
            prop_assert_eq!(text, whole.pieces.iter().map(|piece| piece.text.as_str()).collect::<String>());
            for cue in &made {
                prop_assert!(cue.lines.len() <= 2 && cue.start_ms < cue.end_ms);
                for line in cue.text_lines(str::to_owned) {
                    prop_assert!(width(&line) <= 20, "{}", line);
                }
            }
            for pair in made.windows(2) {
                prop_assert!(pair[0].end_ms <= pair[1].start_ms || pair[0].start_ms == pair[1].start_ms);
            }
        }
    }
}
