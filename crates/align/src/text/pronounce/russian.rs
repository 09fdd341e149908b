//! Russian letter to sound: softness, voicing, the endings -ого and -его. Stress is not written and not guessed, so vowels
//! keep a middle quality (а for unstressed о but at a word's beginning and end is left to the templates' spread).

/// A consonant letter: its sound, and the one of the other voicing.
const CONSONANTS: [(char, &str, &str); 20] = [
    ('б', "b", "p"),
    ('в', "v", "f"),
    ('г', "ɡ", "k"),
    ('д', "d", "t"),
    ('ж', "ʒ", "ʃ"),
    ('з', "z", "s"),
    ('к', "k", "ɡ"),
    ('л', "ɭ", "ɭ"),
    ('м', "m", "m"),
    ('н', "n", "n"),
    ('п', "p", "b"),
    ('р', "r", "r"),
    ('с', "s", "z"),
    ('т', "t", "d"),
    ('ф', "f", "v"),
    ('х', "x", "x"),
    ('ц', "ts", "ts"),
    ('ч', "tʃʲ", "tʃʲ"),
    ('ш', "ʃ", "ʒ"),
    ('щ', "ɕ", "ɕ"),
];
const VOICELESS: &str = "кпстфхцчшщ";
/// Voiced consonants that voice the one before them; в, р, л, м, н do not.
const VOICING: &str = "бгджз";
/// Never soft, always soft.
const HARD: &str = "жшц";
const SOFT: &str = "чщй";

pub(super) fn sounds(word: &str) -> Vec<String> {
    let word = respelt(word);
    let letters: Vec<char> = word.chars().collect();
    let mut sounds = Vec::new();
    for (i, &letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).map(|b| letters[b]);
        // After a vowel, a sign or nothing the letters я ё ю е begin with [j].
        let iotated = before.is_none_or(|b| "аеёиоуыэюяьъ".contains(b));
        let vowel = match letter {
            'а' => "a",
            'о' => "o",
            'у' => "u",
            'э' => "ɛ",
            'ы' => "y",
            'и' if before.is_some_and(|b| HARD.contains(b)) => "y",
            'и' => "i",
            'я' | 'е' | 'ё' | 'ю' => {
                if iotated {
                    sounds.push("j".to_owned());
                }
                match letter {
                    'я' => "a",
                    'е' => "e",
                    'ё' => "ɵ",
                    _ => "u",
                }
            }
            'й' => "j",
            _ => "",
        };
        if !vowel.is_empty() {
            sounds.push(vowel.to_owned());
            continue;
        }
        let Some((_, own, other)) = CONSONANTS.iter().find(|(c, ..)| *c == letter) else { continue };
        // A doubled letter is one long sound.
        if before == Some(letter) {
            continue;
        }
        let next = letters[i + 1..].iter().copied().find(|c| !"ьъ".contains(*c));
        let voiceless = VOICELESS.contains(letter);
        let assimilates = match next {
            None => !voiceless,
            Some(next) if voiceless => VOICING.contains(next),
            Some(next) => VOICELESS.contains(next),
        };
        let mut symbol = if assimilates { *other } else { *own }.to_owned();
        let soft = letters.get(i + 1).is_some_and(|c| "еёиюяь".contains(*c));
        if soft && !HARD.contains(letter) && !SOFT.contains(letter) {
            if symbol == "ɭ" {
                symbol = "l".to_owned();
            }
            symbol.push('ʲ');
        }
        sounds.push(symbol);
    }
    sounds
}

/// Spelling that is not sound: -ого, -его; что; -тся; silent letters.
fn respelt(word: &str) -> String {
    let mut word = word.replace('\u{301}', "");
    for (ending, spoken) in [("ого", "ово"), ("его", "ево")] {
        if let Some(stem) = word.strip_suffix(ending)
            && (!stem.is_empty() || ending == "его")
            && !matches!(stem, "мн" | "стр" | "д")
        {
            word = format!("{stem}{spoken}");
        }
    }
    for (written, spoken) in [
        ("что", "што"),
        ("конечно", "конешно"),
        ("ться", "ца"),
        ("тся", "ца"),
        ("здн", "зн"),
        ("стн", "сн"),
        ("солнц", "сонц"),
        ("сч", "щ"),
    ] {
        word = word.replace(written, spoken);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_sound_as_they_are_said() {
        for (word, said) in [
            ("власть", "v ɭ a s tʲ"),
            ("советская", "s o vʲ e t s k a j a"),
            ("его", "j e v o"),
            ("город", "ɡ o r o t"),
            ("сделать", "z dʲ e ɭ a tʲ"),
            ("что", "ʃ t o"),
            ("жизнь", "ʒ y z nʲ"),
            ("рабочих", "r a b o tʃʲ i x"),
        ] {
            assert_eq!(sounds(word).join(" "), said, "{word}");
        }
    }
}
