//! `tonearm man`: a manual page for the command and one for each subcommand.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::CommandFactory;

use crate::args::Args;
use crate::output::{Existing, StagedFiles};

pub(crate) fn man(dir: &Path) -> Result<()> {
    let mut command = Args::command();
    command.build();
    let mut files = StagedFiles::new(Existing::Replace);
    for page in std::iter::once(&command).chain(command.get_subcommands()) {
        let name = page.get_display_name().unwrap_or_else(|| page.get_name()).to_owned();
        let mut text = Vec::new();
        clap_mangen::Man::new(page.clone()).title(name.as_str()).render(&mut text)?;
        files.write(&dir.join(format!("{name}.1")), |writer| Ok(writer.write_all(&text)?))?;
    }
    files.commit()
}
