//! TTML subtitles (`.ttml`) in the profile that broadcasters exchange, IMSC 1.1 Text.
//!
//! W3C, *Timed Text Markup Language 2* (2nd edition, 2021) and *TTML Profiles for Internet Media Subtitles and Captions 1.1*
//! (2018), section 8 (Text profile): media time base, one region at the foot of the picture, a `p` a cue with `br` between its lines,
//! text of another language in a `span` with `xml:lang`. Times are `hh:mm:ss.mmm`. A `span` with times of its own would be shown in
//! them alone, so words carry none; `--level word` gives a cue a word.

use super::clock::hours_millis;
use super::cues::{Cue, cues};
use super::passages::passages;
use super::units::one_line;
use super::xml::Xml;
use super::{ExportSettings, Exported, TextChoice, title};
use crate::{Timeline, TimelineError};

const ROOT: [(&str, &str); 6] = [
    ("xmlns", "http://www.w3.org/ns/ttml"),
    ("xmlns:ttm", "http://www.w3.org/ns/ttml#metadata"),
    ("xmlns:ttp", "http://www.w3.org/ns/ttml#parameter"),
    ("xmlns:tts", "http://www.w3.org/ns/ttml#styling"),
    ("ttp:contentProfiles", "http://www.w3.org/ns/ttml/profile/imsc1.1/text"),
    ("ttp:timeBase", "media"),
];

/// The lower fifth of the picture, a tenth of it free on every side, as EBU-TT-D's examples place subtitles.
const REGION: [(&str, &str); 6] = [
    ("xml:id", "foot"),
    ("tts:origin", "10% 70%"),
    ("tts:extent", "80% 20%"),
    ("tts:displayAlign", "after"),
    ("tts:textAlign", "center"),
    ("tts:overflow", "visible"),
];

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    let cues = cues(passages(timeline, settings, "TTML")?, &settings.layout);
    let translated = timeline
        .sentences()
        .find_map(|sentence| sentence.translation.as_ref())
        .map(|found| found.language.as_str());
    let language = match settings.text {
        TextChoice::Translation => translated.unwrap_or_default(),
        _ => timeline.language.as_str(),
    };
    let mut xml = Xml::new();
    let mut root = ROOT.to_vec();
    root.push(("xml:lang", language));
    xml.line().open("tt", &root);
    xml.line().open("head", &[]);
    xml.line()
        .open("metadata", &[])
        .leaf("ttm:title", &[], &one_line(title(timeline, settings)))
        .close_block();
    xml.line().open("styling", &[]).line();
    xml.empty(
        "style",
        &[
            ("xml:id", "shown"),
            ("tts:color", "#ffffff"),
            ("tts:backgroundColor", "#000000c2"),
            ("tts:fontFamily", "proportionalSansSerif"),
        ],
    );
    xml.close_block();
    xml.line().open("layout", &[]).line().empty("region", &REGION).close_block();
    xml.close_block();
    xml.line().open("body", &[]).line().open("div", &[("region", "foot")]);
    for (number, cue) in (1..).zip(&cues) {
        paragraph(&mut xml, number, cue, translated.unwrap_or_default());
    }
    Ok(Exported::Text(xml.finish()))
}

fn paragraph(xml: &mut Xml, number: usize, cue: &Cue, translated: &str) {
    let (id, begin, end) =
        (format!("c{number}"), hours_millis(cue.start_ms, '.'), hours_millis(cue.end_ms, '.'));
    let lines = cue.text_lines(one_line);
    let mut attributes = vec![("xml:id", id.as_str()), ("begin", &begin), ("end", &end)];
    if lines.first().is_some_and(|line| runs_right_to_left(line)) {
        attributes.push(("tts:direction", "rtl"));
    }
    xml.line().open("p", &attributes);
    let first_below = lines.len() - cue.below.len();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            xml.empty("br", &[]);
        }
        // A style belongs to the text: on the paragraph it would paint the empty line ends too.
        let mut attributes = vec![("style", "shown")];
        if index >= first_below {
            attributes.push(("xml:lang", translated));
        }
        xml.open("span", &attributes).text(line).close();
    }
    xml.close();
}

/// Whether the first letter belongs to a script that is written from right to left (blocks of Hebrew, Arabic, Syriac, Thaana,
/// N'Ko and their presentation forms): rule P2 of Unicode Standard Annex 9, digits and signs being passed over.
fn runs_right_to_left(text: &str) -> bool {
    let first = text.chars().find(|c| c.is_alphabetic()).map_or(0, u32::from);
    matches!(first, 0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_says_the_direction() {
        for (text, right_to_left) in
            [("5 «שלום» abc", true), ("abc שלום", false), ("سلام", true), ("…", false)]
        {
            assert_eq!(runs_right_to_left(text), right_to_left, "{text}");
        }
    }
}
