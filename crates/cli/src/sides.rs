//! The sides of a batch: from a manifest, or from a folder of recordings.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use walkdir::WalkDir;

use crate::failure::usage;

/// Names that recordings end in.
const AUDIO: [&str; 12] =
    ["wav", "wave", "bwf", "rf64", "w64", "flac", "mp3", "ogg", "oga", "aif", "aiff", "m4a"];
/// Names that transcripts end in.
const TRANSCRIPTS: [&str; 8] = ["txt", "md", "html", "htm", "xml", "tei", "srt", "vtt"];

/// One side: a row of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Side {
    pub(crate) audio: PathBuf,
    /// The folder of its results inside the output folder [default: the recording's name].
    pub(crate) name: Option<String>,
    pub(crate) transcript: Option<PathBuf>,
    pub(crate) translation: Option<PathBuf>,
    pub(crate) translation_language: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) preset: Option<String>,
    pub(crate) curve: Option<String>,
    pub(crate) speed: Option<String>,
    pub(crate) title: Option<String>,
}

impl Side {
    /// Its folder inside the output folder.
    pub(crate) fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            self.audio
                .file_stem()
                .map_or_else(|| "side".to_owned(), |stem| stem.to_string_lossy().into_owned())
        })
    }
}

/// The sides that `source` names, in order, their names checked: results of two sides never meet.
pub(crate) fn read(source: &Path) -> Result<Vec<Side>> {
    let sides = if source.is_dir() { in_folder(source)? } else { in_manifest(source)? };
    if sides.is_empty() {
        bail!("{} names no recording", source.display());
    }
    let mut names = HashSet::new();
    for side in &sides {
        let name = side.name();
        let inside = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || !inside {
            return Err(usage(format!(
                "`{name}` is no name for a side; give one without `..` and leading `/`"
            )));
        }
        if !names.insert(name.to_lowercase()) {
            return Err(usage(format!(
                "two sides are named {name}; give them names of their own in the column name"
            )));
        }
    }
    Ok(sides)
}

/// Every recording below a folder, by name, with the texts beside it.
fn in_folder(folder: &Path) -> Result<Vec<Side>> {
    let mut sides = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let path = entry.path();
        if !entry.file_type().is_file() || !has_extension(path, &AUDIO) {
            continue;
        }
        let beside = |suffix: &str| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            TRANSCRIPTS
                .iter()
                .map(|extension| path.with_file_name(format!("{stem}{suffix}.{extension}")))
                .find(|text| text.is_file())
        };
        let relative = path.strip_prefix(folder).unwrap_or(path).with_extension("");
        sides.push(Side {
            audio: path.to_path_buf(),
            name: Some(relative.to_string_lossy().into_owned()),
            transcript: beside(""),
            translation: beside(".translation"),
            ..Side::default()
        });
    }
    Ok(sides)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn in_manifest(manifest: &Path) -> Result<Vec<Side>> {
    let file = File::open(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let rows = if has_extension(manifest, &["jsonl", "ndjson"]) {
        json_lines(BufReader::new(file))
    } else if has_extension(manifest, &["csv"]) {
        table(file, b',')
    } else if has_extension(manifest, &["tsv", "tab"]) {
        table(file, b'\t')
    } else {
        return Err(usage(format!(
            "{} is no manifest: give a .csv, .tsv or .jsonl file, or a folder",
            manifest.display()
        )));
    }
    .with_context(|| manifest.display().to_string())?;
    let folder = manifest.parent().unwrap_or(Path::new(""));
    rows.into_iter()
        .enumerate()
        .map(|(row, side)| {
            if side.audio.as_os_str().is_empty() {
                bail!("{}: row {} names no audio", manifest.display(), row + 1);
            }
            let from_folder = |path: PathBuf| folder.join(path);
            Ok(Side {
                audio: from_folder(side.audio),
                transcript: side.transcript.map(from_folder),
                translation: side.translation.map(from_folder),
                ..side
            })
        })
        .collect()
}

fn json_lines(lines: impl BufRead) -> Result<Vec<Side>> {
    let mut sides = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        let line = line.with_context(|| format!("line {} is not UTF-8 text", number + 1))?;
        if !line.trim().is_empty() {
            sides.push(serde_json::from_str(&line).with_context(|| format!("line {}", number + 1))?);
        }
    }
    Ok(sides)
}

fn table(file: File, delimiter: u8) -> Result<Vec<Side>> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).flexible(true).from_reader(file);
    let headers = reader.headers()?;
    if !headers.iter().any(|header| header.trim_start_matches('\u{feff}') == "audio") {
        bail!("the first row must name the columns, one of them audio");
    }
    // A byte order mark, as spreadsheets write it, belongs to no column's name.
    let headers: csv::StringRecord =
        headers.iter().map(|header| header.trim_start_matches('\u{feff}')).collect();
    reader.set_headers(headers);
    reader.deserialize().map(|row| Ok(row?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> Result<Vec<Side>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn tables_and_json_lines_say_the_same() {
        let csv =
            written("m.csv", "\u{feff}audio, name ,language,title\n a.wav ,one,ru,\"A, b\"\nb.wav,two,,\n")
                .unwrap();
        let tsv =
            written("m.tsv", "audio\tname\tlanguage\ttitle\na.wav\tone\tru\tA, b\nb.wav\ttwo\n").unwrap();
        let json = written(
            "m.jsonl",
            "{\"audio\": \"a.wav\", \"name\": \"one\", \"language\": \"ru\", \"title\": \"A, b\"}\n\n{\"audio\": \"b.wav\", \"name\": \"two\"}\n",
        )
        .unwrap();
        for sides in [&csv, &tsv, &json] {
            assert_eq!(sides.len(), 2);
            assert!(sides[0].audio.ends_with("a.wav"));
            assert_eq!(sides[0].language.as_deref(), Some("ru"));
            assert_eq!(sides[0].title.as_deref(), Some("A, b"));
            assert_eq!((sides[1].name(), sides[1].language.as_deref()), ("two".to_owned(), None));
        }
    }

    #[test]
    fn what_is_wrong_with_a_manifest_is_said() {
        for (name, text, said) in [
            ("m.csv", "audio,langauge\na.wav,ru\n", "langauge"),
            ("m.csv", "a.wav,a.txt\n", "audio"),
            ("m.csv", "audio,name\n,x\n", "row 1"),
            ("m.csv", "audio\n", "no recording"),
            ("m.csv", "audio\na.wav\nother/a.flac\n", "two sides"),
            ("m.csv", "audio,name\na.wav,../x\n", "no name"),
            ("m.jsonl", "{\"audio\": \"a.wav\"}\n{\n", "line 2"),
            ("m.txt", "a.wav\n", ".csv"),
        ] {
            let error = crate::failure::sentence(&written(name, text).unwrap_err());
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_folder_pairs_recordings_with_their_texts() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("box")).unwrap();
        for name in ["b.WAV", "box/a.flac", "box/a.txt", "box/a.translation.md", "notes.txt"] {
            std::fs::write(dir.path().join(name), b"x").unwrap();
        }
        let sides = read(dir.path()).unwrap();
        assert_eq!(sides.iter().map(Side::name).collect::<Vec<_>>(), ["b", "box/a"]);
        assert_eq!(sides[0].transcript, None);
        assert_eq!(sides[1].transcript, Some(dir.path().join("box/a.txt")));
        assert_eq!(sides[1].translation, Some(dir.path().join("box/a.translation.md")));
    }
}
