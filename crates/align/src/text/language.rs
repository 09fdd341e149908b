//! Which language a transcript seems to be in: by its script, then by its commonest short words.

use std::collections::HashSet;

use super::Transcript;

/// The commonest short words of each language; what several of them have speaks for each of these the less.
const COMMON_WORDS: [(&str, &str); 12] = [
    (
        "en",
        "the and of is that it was to in have a i you for not on with he as do at this but his by from they we her she \
         or an will my one all would there their what so up out if about who your which me when can no him know be are \
         were been had has ask let",
    ),
    (
        "de",
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat \
         dass sie nach wird bei einer um am sind noch wie einem über so zum war haben nur oder aber vor zur bis mehr \
         durch man sein wurde ich wir was",
    ),
    (
        "fr",
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se il ce sont avec son mais je \
         nous vous comme ou si leur on elle y aux cette ses être fait c'est",
    ),
    (
        "es",
        "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin \
         sobre este ya entre cuando todo esta ser son también fue había era muy",
    ),
    (
        "it",
        "di e il la che in a è per un del non con una i da le si dei nel al come della gli più ma anche sono alla lo o \
         ha delle nella se io mi ho questo era suo sua suoi mio mia lui lei noi ed ad \
         negli sui dai nello tutto quando perché così essere fu",
    ),
    (
        "pt",
        "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua \
         ou ser quando muito há nos já está eu também só pelo pela até isso ela",
    ),
    (
        "pl",
        "w i na z nie się do to że jest o jak za od po ale a co tak go przez dla czy był są tego już ich która tylko",
    ),
    (
        "cs",
        "a se v na je že o s z do i to k ve pro by za od jsem ale po jako být které si byl jeho jsou není až také co \
         tak",
    ),
    (
        "nl",
        "de van het een en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog door naar heeft \
         hij ik over wat zo je was",
    ),
    (
        "sv",
        "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när man \
         hade",
    ),
    (
        "ru",
        "и в не на я что он с как это но по все она так его к а у из за бы же от о ты мы ещё только меня когда",
    ),
    ("uk", "і в не на я що він з як це але по все вона так його до а у із за би же від о ти ми ще та й"),
];

/// The language of a transcript, or none where nothing speaks for one.
pub fn guess_language(transcript: &Transcript) -> Option<&'static str> {
    let words: Vec<String> = transcript
        .words()
        .map(|word| word.text.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let letters: String = words.concat();
    let share = |belongs: fn(char) -> bool| {
        letters.chars().filter(|c| belongs(*c)).count() * 2 > letters.chars().count()
    };
    if share(|c| matches!(c, 'α'..='ω' | 'ά'..='ώ')) {
        return Some("el");
    }
    let cyrillic = share(|c| matches!(c, 'а'..='я' | 'ё' | 'і' | 'ї' | 'є' | 'ґ'));
    let languages: Vec<(&str, HashSet<&str>)> = COMMON_WORDS
        .iter()
        .filter(|(code, _)| matches!(*code, "ru" | "uk") == cyrillic)
        .map(|(code, common)| (*code, common.split(' ').collect()))
        .collect();
    let mut evidence = vec![0.0; languages.len()];
    for word in &words {
        let speaks_for = |(_, common): &(&str, HashSet<&str>)| common.contains(word.as_str());
        let spoken_for = languages.iter().filter(|language| speaks_for(language)).count().max(1);
        for (evidence, _) in evidence.iter_mut().zip(&languages).filter(|(_, language)| speaks_for(language))
        {
            *evidence += 1.0 / spoken_for as f64;
        }
    }
    // The first of equals, so that the order of the table decides.
    let (most, (code, _)) = evidence.into_iter().zip(&languages).rev().max_by(|a, b| a.0.total_cmp(&b.0))?;
    if most > 0.0 { Some(code) } else { cyrillic.then_some("ru") }
}

#[cfg(test)]
mod tests {
    use super::super::read_transcript;
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (text, code) in [
            ("What is the essence of this new power?", Some("en")),
            ("В чём заключается сущность этой новой власти?", Some("ru")),
            ("Das ist nicht der Weg und die Wahrheit.", Some("de")),
            ("Τι είναι η σοβιετική εξουσία;", Some("el")),
            ("Xyzzy plugh.", None),
            ("Ask not what your country can do for you, ask what you can do for your country.", Some("en")),
            (
                "Call me Ishmael. Some years ago, having little money, I thought I would sail about.",
                Some("en"),
            ),
            ("Una furtiva lagrima negli occhi suoi spuntò", Some("it")),
            ("O homem não sabia o que fazer com a carta.", Some("pt")),
            ("Nie wiem, co to jest.", Some("pl")),
            ("Je to jenom hra, ale není to snadné.", Some("cs")),
            ("Les hommes sont entrés dans la maison.", Some("fr")),
            ("El hombre no sabe lo que hace.", Some("es")),
            ("Ik weet niet wat het is.", Some("nl")),
            ("Jag vet inte vad det är.", Some("sv")),
            ("Це не те, що він сказав.", Some("uk")),
        ] {
            assert_eq!(guess_language(&read_transcript(text.as_bytes(), None).unwrap()), code, "{text}");
        }
    }
}
