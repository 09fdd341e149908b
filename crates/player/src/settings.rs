//! What the player remembers between runs: recent files, volume, colours. Losing it loses no work, so a file that cannot
//! be read or written is passed over.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::session::replace_file;

/// As many files as fit on the first page of the window.
const MOST_RECENT: usize = 10;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Colours {
    /// As the system says.
    #[default]
    System,
    Light,
    Dark,
}

/// The remembered settings and the file they live in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Newest first.
    pub(crate) recent: Vec<PathBuf>,
    pub(crate) volume: f32,
    pub(crate) colours: Colours,
    #[serde(skip)]
    file: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { recent: Vec::new(), volume: 1.0, colours: Colours::default(), file: None }
    }
}

impl Settings {
    /// The settings of this person, in the folder where the system keeps such files.
    pub(crate) fn of_user() -> Self {
        let dirs = directories::ProjectDirs::from("", "", "tonearm");
        dirs.map_or_else(Self::default, |dirs| Self::read(&dirs.config_dir().join("player.json")))
    }

    /// The settings in a file; the usual ones where it cannot be read.
    pub(crate) fn read(file: &Path) -> Self {
        let read: Option<Self> =
            fs::read_to_string(file).ok().and_then(|text| serde_json::from_str(&text).ok());
        let mut settings = read.unwrap_or_default();
        if !(0.0..=1.0).contains(&settings.volume) {
            settings.volume = 1.0;
        }
        settings.recent.truncate(MOST_RECENT);
        settings.file = Some(file.to_owned());
        settings
    }

    /// Puts a file at the head of the recent ones.
    pub(crate) fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(MOST_RECENT);
        self.write();
    }

    /// Writes the settings, where there is a place for them.
    pub(crate) fn write(&self) {
        let Some(file) = &self.file else { return };
        let Ok(text) = serde_json::to_string_pretty(self) else { return };
        if let Some(dir) = file.parent() {
            let _ = fs::create_dir_all(dir);
        }
        let _ = replace_file(file, text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_there_the_next_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deeper/player.json");
        let mut settings = Settings::read(&file);
        assert!(settings.recent.is_empty());
        settings.volume = 0.5;
        settings.colours = Colours::Dark;
        for number in 0..MOST_RECENT + 3 {
            settings.remember(&dir.path().join(format!("{number}.json")));
        }
        settings.remember(&dir.path().join("5.json"));
        let again = Settings::read(&file);
        assert_eq!(again, settings);
        assert_eq!(again.recent.len(), MOST_RECENT);
        assert_eq!(again.recent[0], dir.path().join("5.json"));
        assert_eq!(again.recent.iter().filter(|path| path.ends_with("5.json")).count(), 1);
    }

    #[test]
    fn a_damaged_file_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("player.json");
        for text in ["", "{\"volume\": 70}", "{\"recent\": 3}"] {
            fs::write(&file, text).unwrap();
            let settings = Settings::read(&file);
            assert!(settings.recent.is_empty() && (settings.volume - 1.0).abs() < 1e-6);
        }
    }
}
