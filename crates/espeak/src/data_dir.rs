//! The languages' data on disk.
//!
//! eSpeak NG reads its dictionaries and sounds from a folder; the crate carries them inside. They are written once
//! into the user's cache, under a name that holds the version, so that a newer build never reads older data:
//!
//! 1. all files go into a fresh folder beside the final one, a manifest (`size path` of every file) last;
//! 2. that folder is renamed to its final name. A rename is atomic, so a reader sees all of the data or none;
//! 3. where another process was faster, its folder is used and ours is dropped.
//!
//! A folder whose files no longer match its manifest (a disk that was full, a cleaner that removed old files) is
//! set aside and written again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::EspeakError;

/// Names the folder that the cache should be in, instead of the user's own.
const CACHE_VARIABLE: &str = "TONEARM_CACHE_DIR";

/// File in the folder that lists all others.
const MANIFEST: &str = "MANIFEST";

/// Room that the data takes, rounded up, for the error's sentence.
const NEEDED_MIB: u64 = 40;

/// A folder that holds the complete data of eSpeak NG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Finds the data in the user's cache (or in `TONEARM_CACHE_DIR`), installing it where it is not there yet.
    ///
    /// # Errors
    /// [`EspeakError::NoCacheDir`] and [`EspeakError::Install`].
    pub fn install() -> Result<Self, EspeakError> {
        let cache = match std::env::var_os(CACHE_VARIABLE) {
            Some(folder) if !folder.is_empty() => PathBuf::from(folder),
            _ => directories::ProjectDirs::from("", "", "tonearm")
                .ok_or(EspeakError::NoCacheDir)?
                .cache_dir()
                .to_path_buf(),
        };
        Self::install_in(&cache)
    }

    /// As [`DataDir::install`], in a folder of the caller's choice, which is made if need be.
    ///
    /// # Errors
    /// [`EspeakError::Install`].
    pub fn install_in(cache: &Path) -> Result<Self, EspeakError> {
        let path = cache.join(format!("espeak-ng-data-{}", espeak_ng::EspeakNg::version()));
        if is_complete(&path) {
            return Ok(Self { path });
        }
        tracing::info!(path = %path.display(), "installing pronunciation data");
        install_at(cache, &path).map_err(|source| EspeakError::Install {
            path: path.clone(),
            needed_mib: NEEDED_MIB,
            source,
        })?;
        Ok(Self { path })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn install_at(cache: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(cache)?;
    let fresh = tempfile::Builder::new().prefix(".espeak-ng-data-").tempdir_in(cache)?;
    let data = fresh.path().join("data");
    fs::create_dir(&data)?;
    espeak_ng::install_bundled_data(&data)?;
    let mut manifest = String::new();
    list_files(&data, &data, &mut manifest)?;
    fs::write(data.join(MANIFEST), manifest)?;

    // A folder that is there but not complete cannot be renamed over; it leaves with the temporary folder.
    for attempt in 0..2 {
        match fs::rename(&data, path) {
            Ok(()) => return Ok(()),
            Err(_) if is_complete(path) => return Ok(()),
            Err(error) if attempt == 1 || !path.exists() => return Err(error),
            Err(_) => match fs::rename(path, fresh.path().join("incomplete")) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            },
        }
    }
    Ok(())
}

/// Appends `size path` for each file under `folder`, in the order of their names.
fn list_files(root: &Path, folder: &Path, manifest: &mut String) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            list_files(root, &path, manifest)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            manifest.push_str(&format!("{} {}\n", entry.metadata()?.len(), relative.display()));
        }
    }
    Ok(())
}

fn is_complete(path: &Path) -> bool {
    let Ok(manifest) = fs::read_to_string(path.join(MANIFEST)) else {
        return false;
    };
    !manifest.is_empty()
        && manifest.lines().all(|line| {
            line.split_once(' ').is_some_and(|(size, relative)| {
                fs::metadata(path.join(relative)).is_ok_and(|file| Ok(file.len()) == size.parse())
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_once_and_mends_what_was_damaged() {
        let cache = tempfile::tempdir().unwrap();
        let installed = DataDir::install_in(cache.path()).unwrap();
        assert!(installed.path().join("ru_dict").exists());
        let manifest = installed.path().join(MANIFEST);
        let written = fs::metadata(&manifest).unwrap().modified().unwrap();

        assert_eq!(DataDir::install_in(cache.path()).unwrap(), installed);
        assert_eq!(fs::metadata(&manifest).unwrap().modified().unwrap(), written, "written twice");

        fs::write(installed.path().join("ru_dict"), b"torn").unwrap();
        DataDir::install_in(cache.path()).unwrap();
        assert!(is_complete(installed.path()));
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1, "leftovers in the cache");
    }

    #[test]
    fn several_processes_at_once_agree() {
        let cache = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| DataDir::install_in(cache.path()))).collect();
            for run in runs {
                assert!(is_complete(run.join().unwrap().unwrap().path()));
            }
        });
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1, "leftovers in the cache");
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = DataDir::install_in(&file).unwrap_err();
        assert!(error.to_string().contains("TONEARM_CACHE_DIR"), "{error}");
    }
}
