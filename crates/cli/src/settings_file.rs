//! Settings from a TOML file, laid over those that hold without it.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::plan;

/// What the file at `path` says, and `base` where it says nothing; what neither says has its default.
pub(crate) fn read_over<T: Serialize + DeserializeOwned>(base: Option<&T>, path: &Path) -> Result<T> {
    let named = || path.display().to_string();
    let own: toml::Table = toml::from_str(&plan::read_text(path)?).with_context(named)?;
    let mut table = base.map(toml::Table::try_from).transpose()?.unwrap_or_default();
    merge(&mut table, own);
    table.try_into().with_context(named)
}

/// Lays `over` over `base`, table by table.
fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(value)) => merge(inner, value),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tonearm_dsp::simulate::DiscSettings;

    use super::*;

    #[test]
    fn a_file_changes_what_it_names_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("electric.toml");
        std::fs::write(&path, "[horn]\nenabled = false\n").unwrap();
        let hard = DiscSettings::preset("hard").unwrap();
        let read = read_over(Some(&hard), &path).unwrap();
        assert!(hard.horn.enabled && !read.horn.enabled);
        let mut back = read;
        back.horn.enabled = true;
        assert_eq!(back, hard);
    }
}
