//! The transcript as HTML: readable without scripts, words and sentences marked for the page's script.

use tonearm_timeline::{Sentence, State, Timeline, Translation};

use crate::html::{clock, escape};

/// The transcript, one row for each sentence, or for the sentences that one translation renders together.
///
/// Words carry `data-w`, their index in the document's order; sentences carry `data-s`.
pub(crate) fn transcript_html(timeline: &Timeline) -> String {
    let mut out = String::new();
    let (mut word, mut index) = (0, 0);
    for paragraph in &timeline.paragraphs {
        out.push_str("<div class=\"paragraph\">\n");
        for row in rows(&paragraph.sentences) {
            out.push_str("<div class=\"row\"><div class=\"spoken\">\n");
            for sentence in row {
                push_sentence(&mut out, sentence, index, &mut word, &timeline.language);
                index += 1;
            }
            out.push_str("</div>\n");
            if let Some(translation) = row.first().and_then(|sentence| sentence.translation.as_ref()) {
                push_translation(&mut out, translation);
            }
            out.push_str("</div>\n");
        }
        out.push_str("</div>\n");
    }
    out
}

/// Whether any sentence has a translation.
pub(crate) fn has_translation(timeline: &Timeline) -> bool {
    timeline.sentences().any(|sentence| sentence.translation.is_some())
}

/// Neighbours that share one translation belong to one row.
fn rows(sentences: &[Sentence]) -> impl Iterator<Item = &[Sentence]> {
    sentences.chunk_by(|a, b| match (&a.translation, &b.translation) {
        (Some(first), Some(second)) => first.shared_by.contains(&b.id) && first == second,
        _ => false,
    })
}

fn push_sentence(out: &mut String, sentence: &Sentence, index: usize, word: &mut usize, language: &str) {
    out.push_str(&format!(
        "<div class=\"sentence{}\" data-s=\"{index}\"><button class=\"at\" type=\"button\" aria-label=\"Play from {}\">{}</button>\
         <p lang=\"{}\" dir=\"auto\">",
        state_class(sentence.confidence.state),
        clock(sentence.start),
        clock(sentence.start),
        escape(language),
    ));
    let mut rest = sentence.text.as_str();
    for spoken in &sentence.words {
        // What stands between the words (a dash, a space) is kept as written; a word that the sentence's text does not
        // hold is set after it, so that no word is ever missing from the page.
        match rest.find(&spoken.text).filter(|_| !spoken.text.is_empty()) {
            Some(at) => {
                out.push_str(&escape(&rest[..at]));
                rest = &rest[at + spoken.text.len()..];
            }
            None => out.push(' '),
        }
        out.push_str(&format!(
            "<span class=\"w{}\" data-w=\"{word}\">{}</span>",
            state_class(spoken.confidence.state),
            escape(&spoken.text)
        ));
        *word += 1;
    }
    out.push_str(&escape(rest));
    out.push_str("</p></div>\n");
}

fn push_translation(out: &mut String, translation: &Translation) {
    out.push_str(&format!(
        "<p class=\"translation\" lang=\"{}\" dir=\"auto\">{}</p>\n",
        escape(&translation.language),
        escape(&translation.text)
    ));
}

fn state_class(state: State) -> &'static str {
    match state {
        State::Measured => "",
        State::Inferred => " inferred",
        State::Absent => " absent",
    }
}

#[cfg(test)]
mod tests {
    use tonearm_timeline::{
        AudioSource, Confidence, Paragraph, SourceRange, TranscriptSource, VERSION, Word,
    };

    use super::*;

    fn sentence(id: &str, text: &str, words: &[&str], translation: Option<Translation>) -> Sentence {
        let confidence = Confidence { state: State::Measured, plus_minus_ms: None };
        let word = |(i, text): (usize, &&str)| Word {
            id: format!("{id}w{i}"),
            start: i as f64,
            end: i as f64 + 1.0,
            text: (*text).to_owned(),
            confidence,
            source: SourceRange::default(),
            phones: Vec::new(),
        };
        Sentence {
            id: id.to_owned(),
            start: 0.0,
            end: words.len() as f64,
            text: text.to_owned(),
            confidence,
            translation,
            words: words.iter().enumerate().map(word).collect(),
        }
    }

    fn timeline(sentences: Vec<Sentence>) -> Timeline {
        Timeline {
            tonearm_timeline: VERSION,
            audio: AudioSource { path: "a".into(), duration: 9.0, sample_rate: 44_100 },
            language: "en".into(),
            transcript: TranscriptSource { path: "t".into() },
            paragraphs: vec![Paragraph { start: 0.0, end: 9.0, sentences }],
            unaligned: Vec::new(),
        }
    }

    fn text_of(html: &str) -> String {
        let mut inside = false;
        html.chars()
            .filter(|c| {
                inside = (*c == '<') || (inside && *c != '>');
                !inside && *c != '>'
            })
            .collect()
    }

    #[test]
    fn the_text_is_kept_as_written_and_every_word_is_marked_once() {
        let html = transcript_html(&timeline(vec![sentence(
            "s1",
            "«Yes» — the <b> cat, the cat!",
            &["«Yes»", "the", "<b>", "cat,", "the", "cat!"],
            None,
        )]));
        assert!(text_of(&html).contains("«Yes» — the &lt;b&gt; cat, the cat!"));
        for word in 0..6 {
            assert_eq!(html.matches(&format!("data-w=\"{word}\"")).count(), 1);
        }
        assert!(!html.contains("<b>"));
    }

    #[test]
    fn a_word_that_the_text_lacks_is_not_lost() {
        let html =
            transcript_html(&timeline(vec![sentence("s1", "one three", &["one", "two", "three", ""], None)]));
        assert_eq!(html.matches("class=\"w\"").count(), 4);
    }

    #[test]
    fn sentences_that_share_a_translation_share_a_row() {
        let shared = |ids: &[&str]| {
            Some(Translation {
                language: "en".into(),
                text: "Both.".into(),
                shared_by: ids.iter().map(|id| (*id).to_owned()).collect(),
            })
        };
        let both = ["s1", "s2"];
        let html = transcript_html(&timeline(vec![
            sentence("s1", "a", &["a"], shared(&both)),
            sentence("s2", "b", &["b"], shared(&both)),
            sentence("s3", "c", &["c"], shared(&[])),
        ]));
        assert_eq!(html.matches("class=\"row\"").count(), 2);
        assert_eq!(html.matches("class=\"translation\"").count(), 2);
    }
}
