//! Each format's rendering of the nasty timeline, kept under `tests/golden`. To accept a change:
//! `TONEARM_ACCEPT_GOLDENS=1 cargo test -p tonearm-timeline --test golden`, then read the difference.

mod nasty;

use std::path::PathBuf;

use tonearm_timeline::export::{AudioResource, ExportSettings, Exported, Format, Level, TextChoice, export};

/// A recording for formats that hold one: whether it sounds is for `tests/readback` to say.
fn recording() -> AudioResource {
    AudioResource { media_type: "audio/mpeg", extension: "mp3", bytes: (*b"no sound").into() }
}

fn golden(name: &str, exported: &Exported) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("TONEARM_ACCEPT_GOLDENS").is_some() {
        std::fs::write(&path, exported.as_bytes()).expect("the golden can be written");
    }
    let kept = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // The bytes do not depend on the machine: all that is written is decimal text of rounded or shortest numbers.
    if kept != exported.as_bytes() {
        let (kept, made) = (String::from_utf8_lossy(&kept), String::from_utf8_lossy(exported.as_bytes()));
        let line = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made);
        let line = line.unwrap_or_else(|| kept.lines().count().min(made.lines().count()));
        panic!(
            "{name} differs from line {}: kept {:?}, made {:?}",
            line + 1,
            kept.lines().nth(line),
            made.lines().nth(line)
        );
    }
}

#[test]
fn every_format_renders_the_nasty_timeline_as_kept() {
    for &format in Format::ALL {
        let settings = ExportSettings { audio: Some(recording()), ..Default::default() };
        let exported = export(&nasty::timeline(), format, &settings).unwrap();
        golden(&format!("nasty.{}", format.extension()), &exported);
    }
}

#[test]
fn levels_and_translations_render_as_kept() {
    let render = |format, level, text| {
        export(&nasty::timeline(), format, &ExportSettings { level, text, ..Default::default() }).unwrap()
    };
    golden("nasty.word.srt", &render(Format::Srt, Level::Word, TextChoice::Spoken));
    golden("nasty.paragraph.srt", &render(Format::Srt, Level::Paragraph, TextChoice::Spoken));
    golden("nasty.translation.srt", &render(Format::Srt, Level::Sentence, TextChoice::Translation));
    golden("nasty.bilingual.vtt", &render(Format::WebVtt, Level::Sentence, TextChoice::Bilingual));
    golden("nasty.bilingual.ass", &render(Format::Ass, Level::Sentence, TextChoice::Bilingual));
    golden("nasty.bilingual.ttml", &render(Format::Ttml, Level::Sentence, TextChoice::Bilingual));
    golden("nasty.word.rttm", &render(Format::Rttm, Level::Word, TextChoice::Spoken));
    golden("nasty.word.aeneas.json", &render(Format::Aeneas, Level::Word, TextChoice::Spoken));
    golden(
        "nasty.bilingual.annotations.json",
        &render(Format::WebAnnotation, Level::Sentence, TextChoice::Bilingual),
    );
    golden("nasty.bilingual.labels.txt", &render(Format::Audacity, Level::Sentence, TextChoice::Bilingual));
}
