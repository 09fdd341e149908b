//! From eSpeak NG's phoneme codes to phones.
//!
//! One phoneme of eSpeak NG becomes one [`Phone`], so diphthongs (`aɪ`), affricates (`tɕ`) and sounds with a
//! diacritic (`tʲ`, `ɔ̃`) are one symbol each, as in the phoneme events of the C library. Going by codes rather than
//! by the printed IPA keeps Russian `a` + `ɪ` (two syllables) apart from English `aɪ` (one).
//!
//! Two things are put right: a mark that eSpeak NG keeps as a phoneme of its own (Russian softness, `n` + `ʲ`) joins the
//! consonant before it, and a consonant that it keeps in one phoneme with a vowel (`ja`, American `ɑːɹ`, `əl`) is
//! split from it.
//!
//! A symbol's IPA depends on its neighbours (Italian `r` and `ɾ` share a code), so every code is named in its place.
//! Marks of length and stress and ties leave the symbol; length and stress are fields of the phone.

use espeak_ng::phoneme::{
    PHON_END_WORD, PHON_STRESS_2, PHON_STRESS_3, PHON_STRESS_D, PHON_STRESS_P, PHON_STRESS_P2,
    PHON_STRESS_PREV, PHON_STRESS_TONIC, PHON_STRESS_U,
};
use espeak_ng::synthesize::bytecode::Neighbours;
use espeak_ng::translate::phoneme_ipa::write_ph_mnemonic_ipa;
use espeak_ng::translate::{CodeMarker, select_phoneme_table};
use espeak_ng::{PhonemeCode, PhonemeData};
use std::path::Path;
use tonearm_align::text::{Phone, Stress};

/// Types of a phoneme in eSpeak NG's table: a stress mark and a vowel.
const TYPE_STRESS: u8 = 1;
const TYPE_VOWEL: u8 = 2;

/// Codes up to this one are marks of stress, not sounds.
const LAST_STRESS_CODE: u8 = PHON_STRESS_PREV;

/// Phones of a text, split where eSpeak NG puts a space. A group may be several written words that are spoken as one
/// (English `of the`); a written word may be several groups.
pub(crate) fn groups(
    codes: &[PhonemeCode],
    own: &PhonemeData,
    data_dir: &Path,
    language: &str,
) -> Vec<Vec<Phone>> {
    let sounds: Vec<usize> = (0..codes.len()).filter(|&at| is_sound(&codes[at])).collect();
    let mut groups = vec![Vec::new()];
    let mut stress = Stress::None;
    let mut switched: Option<PhonemeData> = None;
    let mut rank = 0;
    for (at, code) in codes.iter().enumerate() {
        if let Some(CodeMarker::LangSwitch(target)) = &code.marker {
            switched = if target == language { None } else { table_of(target, data_dir) };
            continue;
        }
        if code.marker.is_some() {
            continue;
        }
        if is_separator(code) {
            groups.push(Vec::new());
            stress = Stress::None;
            continue;
        }
        let table = switched.as_ref().unwrap_or(own);
        if let Some(marked) = stress_of(code.code, table) {
            stress = marked;
            continue;
        }
        if !is_sound(code) {
            continue;
        }
        while sounds.get(rank).is_some_and(|&sound| sound < at) {
            rank += 1;
        }
        let name = write_ph_mnemonic_ipa(table, code.code, &neighbours(codes, &sounds, rank, table));
        let is_vowel = table.get(code.code).is_some_and(|entry| entry.typ == TYPE_VOWEL);
        // A vowel's own marks win over none before it; a consonant between mark and vowel does not use it up.
        let carried = if is_vowel { std::mem::take(&mut stress) } else { Stress::None };
        if let Some(group) = groups.last_mut() {
            append(group, &name, carried);
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Appends what one phoneme's IPA stands for: mostly one phone, none for a pause or a tone.
fn append(group: &mut Vec<Phone>, name: &str, stress: Stress) {
    let long = name.contains('ː');
    let symbol: String = name.chars().filter(|&letter| is_letter(letter) || is_diacritic(letter)).collect();
    if symbol.is_empty() {
        return;
    }
    if symbol.chars().all(is_diacritic) {
        if let Some(before) = group.last_mut()
            && !before.symbol.ends_with(&symbol)
        {
            before.symbol.push_str(&symbol);
        }
        return;
    }
    let symbol = symbol.trim_start_matches(is_diacritic);
    let consonant = |symbol: &str| Phone { symbol: symbol.to_string(), stress: Stress::None, long: false };
    let (vowel, before) = match symbol.strip_prefix('j') {
        Some(vowel) if vowel.starts_with(is_vowel_letter) => (vowel, true),
        _ => (symbol, false),
    };
    if before {
        group.push(consonant("j"));
    }
    match vowel.strip_suffix(['ɹ', 'l']).filter(|vowel| vowel.starts_with(is_vowel_letter)) {
        Some(open) => {
            group.push(Phone { symbol: open.to_string(), stress, long });
            group.push(consonant(&vowel[open.len()..]));
        }
        None => group.push(Phone { symbol: vowel.to_string(), stress, long }),
    }
}

/// Letters of sounds; `|` and `"` and the like in eSpeak NG's names tell its own variants apart.
fn is_letter(letter: char) -> bool {
    letter.is_alphabetic() && !is_diacritic(letter) && !matches!(letter, 'ː' | 'ˑ' | 'ˈ' | 'ˌ')
}

/// Marks that change a sound: soft, aspirated, labial, velar, nasal, syllabic, non-syllabic, voiceless, dental, breathy.
fn is_diacritic(mark: char) -> bool {
    matches!(
        mark,
        'ʲ' | 'ʰ'
            | 'ʷ'
            | 'ˠ'
            | 'ˤ'
            | 'ʼ'
            | 'ʱ'
            | '\u{303}'
            | '\u{329}'
            | '\u{32f}'
            | '\u{325}'
            | '\u{32a}'
            | '\u{324}'
    )
}

pub(crate) fn is_vowel_letter(letter: char) -> bool {
    "aeiouyæøœɐɑɒɔəɘɛɜɞɚɝɤɨɪɯɵɶʉʊʌʏᵻ".contains(letter)
}

/// A mark of stress: the code itself, or an entry of the table that stands for one and holds the level in its length.
fn stress_of(code: u8, table: &PhonemeData) -> Option<Stress> {
    match code {
        PHON_STRESS_P | PHON_STRESS_P2 | PHON_STRESS_TONIC => Some(Stress::Primary),
        PHON_STRESS_2 | PHON_STRESS_3 => Some(Stress::Secondary),
        PHON_STRESS_U | PHON_STRESS_D | PHON_STRESS_PREV => Some(Stress::None),
        _ => {
            let entry = table.get(code)?;
            (entry.typ == TYPE_STRESS && entry.program == 0).then_some(match entry.std_length {
                4.. => Stress::Primary,
                2 | 3 => Stress::Secondary,
                _ => Stress::None,
            })
        }
    }
}

/// Every symbol that the language's phonemes have, sorted, as named without neighbours.
pub(crate) fn inventory(table: &PhonemeData) -> Vec<String> {
    let mut symbols = Vec::new();
    for code in LAST_STRESS_CODE + 1..=u8::MAX {
        if code != PHON_END_WORD && table.get(code).is_some() {
            let mut named = Vec::new();
            append(&mut named, &write_ph_mnemonic_ipa(table, code, &Neighbours::default()), Stress::None);
            symbols.extend(named.into_iter().map(|phone| phone.symbol));
        }
    }
    symbols.sort();
    symbols.dedup();
    symbols
}

fn is_separator(code: &PhonemeCode) -> bool {
    code.marker.is_none() && (code.is_boundary || code.code == PHON_END_WORD)
}

fn is_sound(code: &PhonemeCode) -> bool {
    code.marker.is_none() && !is_separator(code) && code.code > LAST_STRESS_CODE
}

fn table_of(language: &str, data_dir: &Path) -> Option<PhonemeData> {
    let mut table = PhonemeData::load(data_dir).ok()?;
    select_phoneme_table(&mut table, data_dir, language).ok()?;
    Some(table)
}

/// What a phoneme's program looks at: the sounds around it, whether words start there, and its syllable's stress.
fn neighbours(codes: &[PhonemeCode], sounds: &[usize], rank: usize, table: &PhonemeData) -> Neighbours {
    let code_at =
        |rank: Option<usize>| rank.and_then(|rank| sounds.get(rank)).map_or(0, |&at| codes[at].code);
    let starts_word = |rank: usize| match rank.checked_sub(1) {
        None => true,
        Some(before) => {
            let from = sounds.get(before).map_or(0, |&at| at + 1);
            let to = sounds.get(rank).copied().unwrap_or(codes.len());
            codes[from..to].iter().any(is_separator)
        }
    };
    let at = sounds[rank];
    // eSpeak NG's levels: 4 primary, 3 secondary, 0 a vowel passed without a mark, 1 nothing found in the word.
    let stress = codes[..at]
        .iter()
        .rev()
        .take_while(|code| !code.is_boundary)
        .find_map(|code| match code.code {
            PHON_STRESS_P | PHON_STRESS_P2 | PHON_STRESS_TONIC => Some(4),
            PHON_STRESS_2 | PHON_STRESS_3 => Some(3),
            other => table.get(other).is_some_and(|entry| entry.typ == TYPE_VOWEL).then_some(0),
        })
        .unwrap_or(1);
    let next_starts = rank + 1 < sounds.len() && starts_word(rank + 1);
    Neighbours {
        prev: code_at(rank.checked_sub(1)),
        this: codes[at].code,
        next: code_at(Some(rank + 1)),
        next2: code_at(Some(rank + 2)),
        stress,
        this_wordstart: starts_word(rank),
        prev_wordstart: rank.checked_sub(1).is_some_and(starts_word),
        next_wordstart: next_starts,
        next2_wordstart: next_starts,
        ..Neighbours::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(names: &[&str]) -> Vec<String> {
        let mut group = Vec::new();
        for name in names {
            append(&mut group, name, Stress::None);
        }
        group.into_iter().map(|phone| phone.symbol).collect()
    }

    #[test]
    fn marks_leave_the_symbol() {
        assert_eq!(appended(&["t͡ɕ", "ə-", "ɔ̃", "", "u\""]), ["tɕ", "ə", "ɔ̃", "u"]);
        let mut group = Vec::new();
        append(&mut group, "ɑː", Stress::Primary);
        assert_eq!(group, [Phone { symbol: "ɑ".to_string(), stress: Stress::Primary, long: true }]);
    }

    #[test]
    fn softness_joins_its_consonant_and_glides_leave_their_vowel() {
        assert_eq!(appended(&["n", "ʲ", "ja"]), ["nʲ", "j", "a"]);
        assert_eq!(appended(&["ɑɹː", "əl", "ɹ", "l̩", "ʰə"]), ["ɑ", "ɹ", "ə", "l", "ɹ", "l̩", "ə"]);
        assert_eq!(appended(&["ʲ"]), [""; 0]);
    }
}
