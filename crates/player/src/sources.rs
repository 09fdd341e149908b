//! Which files belong together: the timeline, the recording it speaks of, and what restoration made of it.
//!
//! `tonearm run` leaves `timeline.json`, `restored.wav` and `removed.wav` in one folder; the timeline names the input by
//! the path that was typed, relative to where the command ran. So the path is tried from the timeline's folder, from the
//! folders above it, and from here.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::version::Version;

/// The document in a folder made by `tonearm run`.
const TIMELINE_NAME: &str = "timeline.json";
/// How many folders above the timeline's are tried for the recording.
const FOLDERS_ABOVE: usize = 4;
/// Endings of recordings that may lie under the restored one's name.
const AUDIO_ENDINGS: [&str; 8] = ["wav", "flac", "mp3", "ogg", "aif", "aiff", "m4a", "wave"];

/// What a path that was typed, dropped or chosen stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// A timeline.
    Timeline(PathBuf),
    /// A recording.
    Audio(PathBuf),
}

/// Says what a path stands for: a file by its ending, a folder by the timeline in it.
///
/// # Errors
/// Where there is nothing of that name, or no timeline in the folder.
pub(crate) fn identify(path: &Path) -> Result<Opened> {
    if path.is_dir() {
        let timeline = path.join(TIMELINE_NAME);
        if timeline.is_file() {
            return Ok(Opened::Timeline(timeline));
        }
        bail!(
            "{} holds no {TIMELINE_NAME}: open a folder that `tonearm run` wrote, or a timeline's file",
            path.display()
        );
    }
    if !path.exists() {
        bail!("{}: there is no such file or folder", path.display());
    }
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    Ok(if is_json { Opened::Timeline(path.to_owned()) } else { Opened::Audio(path.to_owned()) })
}

/// The recordings that a timeline's file has beside it, by [`Version::index`].
pub(crate) fn beside(timeline: &Path, named: &str) -> [Option<PathBuf>; 3] {
    // Absolute, so that there are folders above it to try.
    let timeline = std::path::absolute(timeline).unwrap_or_else(|_| timeline.to_owned());
    let dir = timeline.parent().unwrap_or(Path::new("."));
    [input(dir, Path::new(named)), with_any_ending(dir, "restored"), with_any_ending(dir, "removed")]
}

/// Which version a recording that was dropped on the window is, by its name.
pub(crate) fn version_of(audio: &Path) -> Version {
    match audio.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).as_deref() {
        Some("restored") => Version::After,
        Some("removed") => Version::Removed,
        _ => Version::Before,
    }
}

fn input(dir: &Path, named: &Path) -> Option<PathBuf> {
    let above = dir.ancestors().take(FOLDERS_ABOVE + 1).map(|dir| dir.join(named));
    let beside = named.file_name().map(|name| dir.join(name));
    above.chain([named.to_owned()]).chain(beside).find(|path| path.is_file())
}

fn with_any_ending(dir: &Path, stem: &str) -> Option<PathBuf> {
    AUDIO_ENDINGS.iter().map(|ending| dir.join(format!("{stem}.{ending}"))).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_of_the_command_is_its_timeline_with_three_recordings() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        fs::create_dir_all(root.path().join("testdata")).unwrap();
        fs::create_dir_all(&out).unwrap();
        for name in ["testdata/side.flac", "out/restored.wav", "out/removed.flac", "out/timeline.json"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        let timeline = out.join("timeline.json");
        assert_eq!(identify(&out).unwrap(), Opened::Timeline(timeline.clone()));
        // The command ran in the folder above.
        assert_eq!(
            beside(&timeline, "testdata/side.flac"),
            [
                Some(root.path().join("testdata/side.flac")),
                Some(out.join("restored.wav")),
                Some(out.join("removed.flac"))
            ]
        );
    }

    #[test]
    fn a_recording_that_moved_beside_its_timeline_is_found_and_a_lost_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let timeline = dir.path().join("t.json");
        fs::write(&timeline, "").unwrap();
        fs::write(dir.path().join("side.flac"), "").unwrap();
        assert_eq!(beside(&timeline, "/elsewhere/side.flac")[0], Some(dir.path().join("side.flac")));
        assert_eq!(beside(&timeline, "lost.flac"), [None, None, None]);
    }

    #[test]
    fn names_say_what_a_recording_is() {
        assert_eq!(version_of(Path::new("a/Restored.WAV")), Version::After);
        assert_eq!(version_of(Path::new("removed.flac")), Version::Removed);
        assert_eq!(version_of(Path::new("side.flac")), Version::Before);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let dir = tempfile::tempdir().unwrap();
        assert!(identify(dir.path()).unwrap_err().to_string().contains("timeline.json"));
        assert!(identify(&dir.path().join("no")).unwrap_err().to_string().contains("no such"));
    }
}
