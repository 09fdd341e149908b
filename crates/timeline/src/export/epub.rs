//! An e-book that is read aloud (`.epub`): the text, the recording, and a media overlay that joins them.
//!
//! W3C, *EPUB 3.3* (Recommendation, 2023): the container (section 4.2: `mimetype` first, stored), the package document (section 5) with
//! `media:duration` and the active class (section 9.3.2), one content document (section 6.1) whose sentences, or words where that is the
//! level, have identifiers, a navigation document (section 7), and the overlay (section 9). Files are stored as they are: the
//! recording is compressed already. Dates are that of the Unix epoch and the identifier is drawn from the content, so that the same
//! timeline gives the same bytes.
//!
//! What was not spoken stays in the text and is not read. Where both languages are wanted, the translation stands below each
//! paragraph.

use std::io::{Cursor, Write};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::clock::hours_millis;
use super::smil::{self, Read};
use super::units::{beads, is_spoken, joined, one_line, paragraph_id};
use super::written_words::text_with_words;
use super::xml::Xml;
use super::{AudioResource, ExportSettings, Exported, Level, TextChoice, title};
use crate::{Paragraph, State, Timeline, TimelineError};

const CONTAINER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\">
  <rootfiles>
    <rootfile full-path=\"EPUB/package.opf\" media-type=\"application/oebps-package+xml\"/>
  </rootfiles>
</container>
";
const STYLE: &str = "body { margin: 5%; line-height: 1.5 }
.translation { font-style: italic; margin-top: -0.5em }
.-epub-media-overlay-active { background: #ffe08a; color: #1a1a1a }
";
const ACTIVE: &str = "-epub-media-overlay-active";
const PLAYING: &str = "-epub-media-overlay-playing";
const MODIFIED: &str = "1970-01-01T00:00:00Z";

pub(super) fn write(timeline: &Timeline, settings: &ExportSettings) -> Result<Exported, TimelineError> {
    if settings.level == Level::Word && settings.text == TextChoice::Translation {
        return Err(TimelineError::Unsupported {
            format: "EPUB",
            what: "translated words, because only whole sentences are translated",
            instead: "ask for the level sentence or paragraph",
        });
    }
    let Some(audio) = &settings.audio else {
        return Err(TimelineError::Unsupported {
            format: "EPUB",
            what: "a text that is read aloud without the recording",
            instead: "give the recording to put into it",
        });
    };
    let title = Some(one_line(title(timeline, settings))).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| "A recording".to_owned());
    let audio_file = format!("recording.{}", audio.extension);
    let mut text = TextDocument::new(timeline, settings, &title);
    for (number, paragraph) in (1..).zip(&timeline.paragraphs) {
        text.paragraph(number, paragraph);
    }
    let (overlay, length_ms) =
        smil::overlay("text.xhtml", &audio_file, &text.read, settings.layout.long_pause_secs);
    let language = text.language.to_owned();
    let text = text.xml.finish();
    let package =
        package(&title, &language, &identifier(&[text.as_bytes(), overlay.as_bytes()]), audio, length_ms);
    let navigation = navigation(&title, &language);
    let files: [(&str, &[u8]); 8] = [
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", CONTAINER.as_bytes()),
        ("EPUB/package.opf", package.as_bytes()),
        ("EPUB/nav.xhtml", navigation.as_bytes()),
        ("EPUB/text.xhtml", text.as_bytes()),
        ("EPUB/text.smil", overlay.as_bytes()),
        ("EPUB/style.css", STYLE.as_bytes()),
        (&format!("EPUB/{audio_file}"), &audio.bytes),
    ];
    stored(&files).map(Exported::Binary).map_err(|source| TimelineError::Package { format: "EPUB", source })
}

/// A ZIP archive of files that are stored as they are, without dates.
fn stored(files: &[(&str, &[u8])]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, bytes) in files {
        archive.start_file(*name, options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The text as it is built, and what of it is read when.
struct TextDocument<'a> {
    xml: Xml,
    settings: &'a ExportSettings,
    /// The language of the text.
    language: &'a str,
    /// Identifiers of paragraphs with what is read in each.
    read: Vec<(String, Vec<Read>)>,
    sentences: usize,
    words: usize,
}

impl<'a> TextDocument<'a> {
    fn new(timeline: &'a Timeline, settings: &'a ExportSettings, title: &str) -> Self {
        let translation = timeline.sentences().find_map(|sentence| sentence.translation.as_ref());
        let language = match translation.filter(|_| settings.text == TextChoice::Translation) {
            Some(translation) => translation.language.as_str(),
            None => timeline.language.as_str(),
        };
        let mut xml = page(title, language);
        xml.line().open("body", &[]).leaf("h1", &[], title);
        Self { xml, settings, language, read: Vec::new(), sentences: 0, words: 0 }
    }

    fn paragraph(&mut self, number: usize, paragraph: &Paragraph) {
        let id = paragraph_id(number);
        self.read.push((id.clone(), Vec::new()));
        let translations = beads(&paragraph.sentences)
            .into_iter()
            .filter_map(|bead| Some((bead.translation?, bead.sentences)));
        let attributes = [("id", id.as_str()), ("dir", "auto")];
        if self.settings.text == TextChoice::Translation {
            self.xml.line().open("p", &attributes);
            for (translation, sentences) in translations {
                let start = sentences.iter().map(|sentence| sentence.start).fold(f64::INFINITY, f64::min);
                let end = sentences.iter().map(|sentence| sentence.end).fold(start, f64::max);
                let id = self.sentence_id();
                self.xml.line().open("span", &[("id", &id)]).text(&one_line(&translation.text)).close();
                self.is_read(id, start, end);
            }
            self.xml.close();
            return;
        }
        self.xml.line().open("p", &attributes);
        for sentence in &paragraph.sentences {
            let id = self.sentence_id();
            let (text, ranges) = text_with_words(sentence);
            self.xml.line().open("span", &[("id", &id)]);
            let mut written = 0;
            for (word, range) in sentence.words.iter().zip(ranges) {
                self.words += 1;
                if self.settings.level != Level::Word || word.confidence.state == State::Absent {
                    continue;
                }
                let id = format!("w{}", self.words);
                self.xml
                    .text(&text[written..range.start])
                    .open("span", &[("id", &id)])
                    .text(&text[range.clone()])
                    .close();
                written = range.end;
                self.is_read(id, word.start, word.end);
            }
            self.xml.text(&text[written..]).close();
            let by_itself = self.settings.level != Level::Word || sentence.words.is_empty();
            if by_itself && is_spoken(sentence) && !text.trim().is_empty() {
                self.is_read(id, sentence.start, sentence.end);
            }
        }
        self.xml.close();
        if self.settings.text == TextChoice::Bilingual {
            let translations: Vec<_> = translations.map(|(translation, _)| translation).collect();
            if let Some(first) = translations.first() {
                let all = joined(translations.iter().map(|translation| translation.text.as_str()));
                let language = first.language.as_str();
                let attributes =
                    [("class", "translation"), ("dir", "auto"), ("lang", language), ("xml:lang", language)];
                self.xml.leaf("p", &attributes, &one_line(&all));
            }
        }
    }

    fn sentence_id(&mut self) -> String {
        self.sentences += 1;
        format!("s{}", self.sentences)
    }

    fn is_read(&mut self, id: String, start_secs: f64, end_secs: f64) {
        if let Some((_, read)) = self.read.last_mut() {
            read.push(Read { id, start_secs, end_secs });
        }
    }
}

/// An XHTML page up to its body.
fn page(title: &str, language: &str) -> Xml {
    let mut xml = Xml::new();
    xml.line().open(
        "html",
        &[
            ("xmlns", "http://www.w3.org/1999/xhtml"),
            ("xmlns:epub", "http://www.idpf.org/2007/ops"),
            ("lang", language),
            ("xml:lang", language),
        ],
    );
    xml.line().open("head", &[]).leaf("title", &[], title);
    xml.line().empty("link", &[("rel", "stylesheet"), ("type", "text/css"), ("href", "style.css")]);
    xml.close_block();
    xml
}

fn navigation(title: &str, language: &str) -> String {
    let mut xml = page(title, language);
    xml.line().open("body", &[]).line().open("nav", &[("epub:type", "toc")]);
    xml.line().open("ol", &[]).line().open("li", &[]).leaf("a", &[("href", "text.xhtml")], title);
    xml.finish()
}

fn package(title: &str, language: &str, identifier: &str, audio: &AudioResource, length_ms: u64) -> String {
    let length = hours_millis(length_ms, '.');
    let audio_file = format!("recording.{}", audio.extension);
    let mut xml = Xml::new();
    xml.line().open(
        "package",
        &[
            ("xmlns", "http://www.idpf.org/2007/opf"),
            ("version", "3.0"),
            ("unique-identifier", "id"),
            ("xml:lang", language),
        ],
    );
    xml.line().open("metadata", &[("xmlns:dc", "http://purl.org/dc/elements/1.1/")]);
    xml.leaf("dc:identifier", &[("id", "id")], identifier);
    xml.leaf("dc:title", &[], title);
    xml.leaf("dc:language", &[], language);
    for (property, value) in [
        ("dcterms:modified", MODIFIED),
        ("media:duration", &length),
        ("media:active-class", ACTIVE),
        ("media:playback-active-class", PLAYING),
        ("schema:accessMode", "textual"),
        ("schema:accessMode", "auditory"),
        ("schema:accessModeSufficient", "textual"),
        ("schema:accessModeSufficient", "auditory"),
        ("schema:accessibilityFeature", "synchronizedAudioText"),
        ("schema:accessibilityHazard", "none"),
        (
            "schema:accessibilitySummary",
            "The whole text is read aloud by the recording, sentence by sentence.",
        ),
    ] {
        xml.leaf("meta", &[("property", property)], value);
    }
    xml.leaf("meta", &[("property", "media:duration"), ("refines", "#overlay")], &length);
    xml.close_block();
    xml.line().open("manifest", &[]);
    let item = |xml: &mut Xml, id: &str, href: &str, media_type: &str, more: &[(&str, &str)]| {
        let mut attributes = vec![("id", id), ("href", href), ("media-type", media_type)];
        attributes.extend(more);
        xml.line().empty("item", &attributes);
    };
    item(&mut xml, "nav", "nav.xhtml", "application/xhtml+xml", &[("properties", "nav")]);
    item(&mut xml, "text", "text.xhtml", "application/xhtml+xml", &[("media-overlay", "overlay")]);
    item(&mut xml, "overlay", "text.smil", "application/smil+xml", &[]);
    item(&mut xml, "style", "style.css", "text/css", &[]);
    item(&mut xml, "recording", &audio_file, audio.media_type, &[]);
    xml.close_block();
    xml.line().open("spine", &[]).line().empty("itemref", &[("idref", "text")]);
    xml.finish()
}

/// A name that two books share only where they are the same.
fn identifier(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    let digits: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("urn:tonearm:{digits}")
}
