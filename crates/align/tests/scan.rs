//! The scanned translation as it was received: every word that is kept and every line that is set aside, with its reason.

use std::fmt::Write;

use tonearm_align::text::read_transcript;

/// First: bytes of the file, paragraph, sentence, word. Then: line, reason, text.
const GOLDEN: &str = include_str!("golden/soviet-power.en.txt");
const SCAN: &str = include_str!("../../../testdata/soviet-power.en.txt");

#[test]
fn every_word_and_every_line_of_the_scan_has_its_place() {
    let transcript = read_transcript(SCAN.as_bytes(), Some("soviet-power.en.txt")).unwrap();
    let mut read = String::new();
    let mut sentences = 0;
    for (p, paragraph) in (1..).zip(&transcript.paragraphs) {
        for sentence in &paragraph.sentences {
            sentences += 1;
            for word in &sentence.words {
                let source = &word.source;
                writeln!(read, "{}..{} p{p} s{sentences} {}", source.start, source.end, word.text).unwrap();
            }
        }
    }
    for aside in &transcript.set_aside {
        writeln!(read, "line {} {}: {}", aside.line, aside.reason, aside.text.trim()).unwrap();
    }
    for (line, (found, expected)) in (1..).zip(read.lines().zip(GOLDEN.lines())) {
        assert_eq!(found, expected, "line {line} of the golden file");
    }
    assert_eq!(read.lines().count(), GOLDEN.lines().count());
}
