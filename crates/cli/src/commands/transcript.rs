//! `tonearm transcript`: the words that would be aligned, and what was set aside and why.

use std::fmt::Write;

use anyhow::Result;
use serde_json::json;
use tonearm_align::text::Transcript;

use crate::args::TranscriptArgs;
use crate::output;
use crate::plan;

pub(crate) fn transcript(args: TranscriptArgs) -> Result<()> {
    let transcript = plan::read_transcript(&args.file)?;
    if args.json {
        output::print_json(&as_json(&transcript))
    } else {
        output::print(as_text(&transcript).as_bytes())
    }
}

fn as_json(transcript: &Transcript) -> serde_json::Value {
    let paragraphs: Vec<_> = transcript
        .paragraphs
        .iter()
        .map(|paragraph| {
            let sentences: Vec<_> = paragraph
                .sentences
                .iter()
                .map(|sentence| {
                    let words: Vec<_> = sentence
                        .words
                        .iter()
                        .map(|word| {
                            json!({
                                "text": word.text,
                                "source": {"start": word.source.start, "end": word.source.end},
                            })
                        })
                        .collect();
                    json!({"text": sentence.text, "words": words})
                })
                .collect();
            json!({"sentences": sentences})
        })
        .collect();
    let set_aside: Vec<_> = transcript
        .set_aside
        .iter()
        .map(|aside| {
            json!({
                "line": aside.line,
                "reason": aside.reason.to_string(),
                "text": aside.text,
                "source": {"start": aside.source.start, "end": aside.source.end},
            })
        })
        .collect();
    json!({"paragraphs": paragraphs, "set_aside": set_aside})
}

fn as_text(transcript: &Transcript) -> String {
    let mut text = String::new();
    for paragraph in &transcript.paragraphs {
        for sentence in &paragraph.sentences {
            let _ = writeln!(text, "{}", sentence.text);
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} words in {} sentences and {} paragraphs",
        transcript.words().count(),
        transcript.sentences().count(),
        transcript.paragraphs.len()
    );
    if !transcript.set_aside.is_empty() {
        let _ = writeln!(text, "\nset aside:");
        for aside in &transcript.set_aside {
            let _ = writeln!(
                text,
                "  line {:>4}  {:<14} {}",
                aside.line,
                aside.reason.to_string(),
                aside.text.trim()
            );
        }
    }
    text
}
