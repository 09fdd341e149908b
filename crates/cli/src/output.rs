//! Files out: complete or not at all.
//!
//! Every file is written under a temporary name beside its target, flushed to disk, and renamed when all files of the job
//! are complete. An interrupt removes what is still temporary.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use tempfile::TempPath;

use crate::failure::{INTERRUPTED, usage};

/// What to do where a file of the same name stands already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// Refuse the job.
    Refuse,
    /// Replace the file.
    Replace,
    /// Leave the file; do the job where another of its files is missing.
    Skip,
}

/// Temporary files and folders that an interrupt must remove.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// On Ctrl-C or a termination signal: removes temporary files and ends with exit code 130.
pub(crate) fn clean_up_on_interrupt() {
    let installed = ctrlc::set_handler(|| {
        // The lock stays held until the process is gone, so that no rename can come in between.
        let unfinished = unfinished();
        for path in unfinished.iter().rev() {
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
        }
        eprintln!("tonearm: interrupted; nothing unfinished was left behind");
        std::process::exit(INTERRUPTED);
    });
    if let Err(error) = installed {
        tracing::debug!("no interrupt handler: {error}");
    }
}

/// Files of one job: written beside their targets, put in place together.
pub(crate) struct StagedFiles {
    existing: Existing,
    files: Vec<(TempPath, PathBuf)>,
    made_dirs: Vec<PathBuf>,
}

impl StagedFiles {
    pub(crate) fn new(existing: Existing) -> Self {
        Self { existing, files: Vec::new(), made_dirs: Vec::new() }
    }

    /// Writes a file that [`commit`](Self::commit) will put at `target`.
    pub(crate) fn write(
        &mut self,
        target: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
    ) -> Result<()> {
        self.write_inner(target, write).with_context(|| format!("cannot write {}", target.display()))
    }

    fn write_inner(
        &mut self,
        target: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
    ) -> Result<()> {
        if self.is_left(target) {
            return Ok(());
        }
        if target.is_dir() {
            bail!("a folder of that name stands there");
        }
        let dir = folder_of(target);
        self.make_dir(dir)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tonearm-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The permissions that an ordinary file gets; the process's umask is taken off.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let (file, path) = builder.tempfile_in(dir)?.into_parts();
        unfinished().insert(path.to_path_buf());
        let mut writer = BufWriter::with_capacity(1 << 20, file);
        // Pushed first, so that a failed write is removed with the rest.
        self.files.push((path, target.to_path_buf()));
        write(&mut writer)?;
        writer.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        Ok(())
    }

    fn make_dir(&mut self, dir: &Path) -> Result<()> {
        let mut missing: Vec<&Path> =
            dir.ancestors().take_while(|d| !d.as_os_str().is_empty() && !d.exists()).collect();
        while let Some(next) = missing.pop() {
            fs::create_dir(next).or_else(|error| if next.is_dir() { Ok(()) } else { Err(error) })?;
            unfinished().insert(next.to_path_buf());
            self.made_dirs.push(next.to_path_buf());
        }
        Ok(())
    }

    /// Whether a file stands at `target` that is to stay.
    fn is_left(&self, target: &Path) -> bool {
        let stays = self.existing == Existing::Skip && target.is_file();
        if stays {
            tracing::info!("{} exists; left as it is", target.display());
        }
        stays
    }

    /// Puts every file in place.
    pub(crate) fn commit(mut self) -> Result<()> {
        if self.existing == Existing::Refuse {
            // A file may have appeared since the plan was made.
            for (_, target) in &self.files {
                refuse_existing(target)?;
            }
        }
        let mut unfinished = unfinished();
        for (temporary, target) in std::mem::take(&mut self.files) {
            unfinished.remove(&temporary.to_path_buf());
            if self.is_left(&target) {
                continue;
            }
            temporary.persist(&target).with_context(|| format!("cannot write {}", target.display()))?;
        }
        for dir in self.made_dirs.drain(..) {
            unfinished.remove(&dir);
        }
        Ok(())
    }
}

impl Drop for StagedFiles {
    fn drop(&mut self) {
        let mut unfinished = unfinished();
        for (temporary, _) in self.files.drain(..) {
            unfinished.remove(&temporary.to_path_buf());
            drop(temporary);
        }
        for dir in self.made_dirs.drain(..).rev() {
            unfinished.remove(&dir);
            let _ = fs::remove_dir(dir);
        }
    }
}

/// Writes bytes to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).context("cannot write to standard output")
}

/// Writes a value as JSON to standard output, a line break at its end.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    print(&json_bytes(value)?)
}

/// A value as indented JSON with a line break at its end.
pub(crate) fn json_bytes(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Whether a path stands for standard output.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses an output that stands already.
pub(crate) fn refuse_existing(target: &Path) -> Result<()> {
    if target.exists() && !is_stdout(target) {
        bail!("{} exists already; --force replaces it, --skip-existing leaves it", target.display());
    }
    Ok(())
}

/// Refuses an output that is one of the inputs: it would be lost.
pub(crate) fn refuse_input_as_output(inputs: &[PathBuf], outputs: &[PathBuf]) -> Result<()> {
    for output in outputs {
        let Ok(canonical) = output.canonicalize() else { continue };
        if inputs.iter().any(|input| input.canonicalize().is_ok_and(|input| input == canonical)) {
            return Err(usage(format!("{} is an input; give the output another name", output.display())));
        }
    }
    Ok(())
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_job_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("new/deeper");
        let mut files = StagedFiles::new(Existing::Refuse);
        files.write(&out.join("a"), |w| Ok(w.write_all(b"a")?)).unwrap();
        assert!(files.write(&out.join("b"), |_| bail!("no")).is_err());
        drop(files);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn files_appear_together() {
        let dir = tempfile::tempdir().unwrap();
        let mut files = StagedFiles::new(Existing::Refuse);
        for name in ["a", "b"] {
            files.write(&dir.path().join(name), |w| Ok(w.write_all(name.as_bytes())?)).unwrap();
            assert!(!dir.path().join(name).exists());
        }
        files.commit().unwrap();
        assert_eq!(fs::read(dir.path().join("b")).unwrap(), b"b");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_standing_file_is_replaced_only_when_told() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a");
        fs::write(&target, b"old").unwrap();
        let write = |existing| {
            let mut files = StagedFiles::new(existing);
            files.write(&target, |w| Ok(w.write_all(b"new")?))?;
            files.commit()
        };
        assert!(write(Existing::Refuse).is_err());
        assert_eq!(fs::read(&target).unwrap(), b"old");
        write(Existing::Skip).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        write(Existing::Replace).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn what_stands_is_left_and_what_is_missing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&old, b"old").unwrap();
        let mut files = StagedFiles::new(Existing::Skip);
        for target in [&old, &new] {
            files.write(target, |w| Ok(w.write_all(b"new")?)).unwrap();
        }
        files.commit().unwrap();
        assert_eq!((fs::read(&old).unwrap(), fs::read(&new).unwrap()), (b"old".to_vec(), b"new".to_vec()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
