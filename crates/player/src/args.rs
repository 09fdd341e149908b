//! What was typed.

use std::path::PathBuf;

use clap::Parser;

/// Hears, reads and corrects a timeline: spectrogram, waveform, and each word lit as it is spoken.
#[derive(Debug, Default, Parser)]
#[command(name = "tonearm-player", version)]
pub(crate) struct Args {
    /// A timeline, a folder that `tonearm run` wrote, or a recording.
    pub(crate) path: Option<PathBuf>,
    /// The recording that the timeline speaks of, where it is not found by itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) audio: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        let args = Args::parse_from(["tonearm-player", "out", "--audio", "side.flac"]);
        assert_eq!((args.path, args.audio), (Some("out".into()), Some("side.flac".into())));
    }
}
