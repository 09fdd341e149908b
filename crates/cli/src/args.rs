//! What was typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Restores recordings of 78 rpm gramophone records and finds when each word of a known transcript is spoken.
#[derive(Debug, Parser)]
#[command(name = "tonearm", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 all done, 1 failed, 2 usage, 3 some inputs of several failed, 130 interrupted."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more (twice: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Threads to use [default: one a core]; results are the same for any number
    #[arg(long, global = true, value_name = "N", value_parser = parse_threads)]
    pub(crate) threads: Option<usize>,
}

fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("give a whole number from 1".to_owned()),
        Ok(count) => Ok(count),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Restore a side, find its words, and make the listening page
    Run(RunArgs),
    /// Restore recordings: clicks, crackle, rumble, hum, surface noise
    Restore(RestoreArgs),
    /// Find when each word of a transcript is spoken
    Align(AlignArgs),
    /// Turn a timeline into another format
    Export(ExportArgs),
    /// Turn subtitles, a TextGrid, labels or another aligner's output into a timeline, or bring corrections back into one
    Import(ImportArgs),
    /// Measure a recording: levels, noise, clicks, hum, bandwidth, lead-in
    Inspect(InspectArgs),
    /// Do many sides: restore each, and align those that have a transcript
    Batch(BatchArgs),
    /// Show the words that would be aligned and what was set aside
    Transcript(TranscriptArgs),
    /// Make an honest 78 of a clean recording, with the truth of all damage
    Simulate(SimulateArgs),
    /// Measure a timeline or a restored recording against the truth
    Score(ScoreArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages into a folder
    Man {
        /// The folder
        dir: PathBuf,
    },
}

/// What to do with outputs that stand already.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ExistingArgs {
    /// Replace outputs that exist
    #[arg(long, conflicts_with = "skip_existing")]
    pub(crate) force: bool,
    /// Leave outputs that exist as they are, and skip inputs whose outputs all exist
    #[arg(long)]
    pub(crate) skip_existing: bool,
    /// Say what would be done and written, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// How to restore.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Restoration")]
pub(crate) struct ChainArgs {
    /// Settings for a kind of recording: acoustic-78, electric-78, cylinder, lp, speech, gentle, or auto (as inspect proposes) [default: acoustic-78, or
    /// what --config says]
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Settings from a TOML file (as --print-config writes it): over those of --preset if it is named, else by themselves
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How strongly the whole chain works, from 0 (not at all) to 1 (as the preset says)
    #[arg(long, value_name = "0..1", allow_negative_numbers = true)]
    pub(crate) strength: Option<f64>,
    /// Run these stages alone
    #[arg(long, value_name = "STAGE,…", value_delimiter = ',', conflicts_with = "without")]
    pub(crate) only: Vec<String>,
    /// Leave these stages out
    #[arg(long, value_name = "STAGE,…", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Where the noise is heard alone: auto, START..END in seconds, or a recording of it
    #[arg(long, value_name = "auto|START..END|FILE")]
    pub(crate) noise_print: Option<String>,
    /// Playback curve of the label: a name (a wrong one lists them all), or turnover in Hz, treble in dB at 10 kHz, shelf in Hz
    #[arg(long, value_name = "NAME|HZ,DB[,HZ]", allow_hyphen_values = true)]
    pub(crate) curve: Option<String>,
    /// Turns a minute the disc was cut for, where it was not played at them [played at: 78.26]
    #[arg(long, value_name = "RPM[/PLAYED]")]
    pub(crate) speed: Option<String>,
    /// Integrated loudness to bring the result to; without it the level is left alone
    #[arg(long, value_name = "LUFS", allow_negative_numbers = true)]
    pub(crate) loudness: Option<f64>,
    /// Sample format of the audio written [default: the input's]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) depth: Option<Depth>,
}

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// 16-bit integers, dithered
    #[value(name = "16")]
    Int16,
    /// 24-bit integers, dithered
    #[value(name = "24")]
    Int24,
    /// 32-bit floating point (WAV alone)
    #[value(name = "float")]
    Float32,
}

/// How to align.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Alignment")]
pub(crate) struct AlignmentArgs {
    /// Language spoken, such as en, en-gb, ru; auto guesses from the transcript
    #[arg(long, value_name = "CODE|auto", default_value = "auto")]
    pub(crate) language: String,
    /// The text is a translation of what is spoken: place its sentences by length and pauses alone, all flagged as inferred
    #[arg(long, conflicts_with_all = ["translation", "anchors", "dictionary", "pronounce"])]
    pub(crate) by_pauses: bool,
    /// A translation to attach, sentence by sentence
    #[arg(long, value_name = "FILE")]
    pub(crate) translation: Option<PathBuf>,
    /// Language of the translation [default: guessed from its text]
    #[arg(long, value_name = "CODE", requires = "translation")]
    pub(crate) translation_language: Option<String>,
    /// Words whose start is known, one a line: text or id = time, such as `Some years ago = 1:02.5` or `s3 = 75`
    #[arg(long, value_name = "FILE")]
    pub(crate) anchors: Option<PathBuf>,
    /// Who says how words sound [default: espeak where it is built in]
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) pronounce: Option<PronounceBy>,
    /// Pronunciations that go before all others: a word, a tab, IPA
    #[arg(long, value_name = "FILE")]
    pub(crate) dictionary: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) acoustics: AcousticArgs,
}

/// An acoustic model of the user's own.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AcousticArgs {
    /// A CTC acoustic model of your own that has its say in where words lie: samples at 16 kHz in, tokens out (needs a tonearm
    /// built with --features onnx)
    #[arg(long, value_name = "FILE.onnx", requires = "acoustic_tokens", conflicts_with = "by_pauses")]
    pub(crate) acoustic_model: Option<PathBuf>,
    /// The model's tokens: letters or IPA, one a line, or a vocab.json
    #[arg(long, value_name = "FILE", requires = "acoustic_model")]
    pub(crate) acoustic_tokens: Option<PathBuf>,
    /// The token that stands for nothing; by default `<blank>`, `<pad>`, `-` and the like
    #[arg(long, value_name = "TOKEN", requires = "acoustic_model", allow_hyphen_values = true)]
    pub(crate) acoustic_blank: Option<String>,
    /// The level that the model was trained at [default: normalised]
    #[arg(long, value_enum, value_name = "LEVEL", requires = "acoustic_model")]
    pub(crate) acoustic_input: Option<AcousticInput>,
    /// How much the model counts against the sound itself, 0 to 10 [default: 1]
    #[arg(long, value_name = "N", requires = "acoustic_model")]
    pub(crate) acoustic_weight: Option<f32>,
}

/// The level that an acoustic model hears at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AcousticInput {
    /// Zero mean and unit variance over the recording, as wav2vec 2.0
    Normalised,
    /// As recorded, full scale 1
    Raw,
}

/// Who says how words sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PronounceBy {
    /// Rules built in, for English and Russian, and coarse ones for other alphabets
    Builtin,
    /// eSpeak NG, for more than a hundred languages
    Espeak,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The recording: WAV, FLAC, MP3, Ogg Vorbis, AIFF or M4A
    pub(crate) audio: PathBuf,
    /// What is spoken on it: text, Markdown, HTML, TEI, SRT or VTT
    pub(crate) transcript: PathBuf,
    /// Folder for everything that is made
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: PathBuf,
    /// Title of the page [default: the transcript's first words]
    #[arg(long)]
    pub(crate) title: Option<String>,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) alignment: AlignmentArgs,
    #[command(flatten)]
    pub(crate) existing: ExistingArgs,
    /// Print the report as JSON on standard output
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "One line of JSON a side goes to standard output, as sides are done. What was done before is skipped, so an \
interrupted batch goes on where it was.\n\nA manifest has the columns audio, name, transcript, translation, \
translation_language, language, preset, curve, speed, title; all but audio may be missing or empty, and paths are counted from the \
manifest's folder. In a folder each recording is a side, its transcript the text of the same name (side.wav, side.txt) and its \
translation side.translation.txt."
)]
pub(crate) struct BatchArgs {
    /// A manifest (.csv, .tsv or .jsonl), or a folder of recordings
    #[arg(value_name = "MANIFEST|DIR")]
    pub(crate) source: PathBuf,
    /// Folder for the results, one folder a side in it
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: PathBuf,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) alignment: AlignmentArgs,
    /// Do sides again that were done before
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
    /// Say what would be done and written, and do nothing
    #[arg(long, help_heading = "Output")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// Recordings
    #[arg(required_unless_present = "print_config", value_name = "IN")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The restored file (.wav or .flac), for one input
    #[arg(short, long, value_name = "OUT", conflicts_with = "out_dir", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Folder for restored files, each under its input's name
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(crate) out_dir: Option<PathBuf>,
    /// What was taken away, as a file of its own (one input)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) removed: Option<PathBuf>,
    /// What every stage found and did, as JSON (one input)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    /// Print the settings as TOML and do nothing
    #[arg(long, help_heading = "Restoration")]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) existing: ExistingArgs,
    /// Print the reports as JSON on standard output
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AlignArgs {
    /// The recording
    pub(crate) audio: PathBuf,
    /// What is spoken on it
    pub(crate) transcript: PathBuf,
    /// The file to write [default: standard output]; with several formats, its extension is replaced by each one's
    #[arg(short, long, value_name = "OUT", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Format to write (repeatable) [default: by the output's extension, else json]
    #[arg(short, long = "format", value_name = "FORMAT", help_heading = "Output")]
    pub(crate) formats: Vec<String>,
    #[command(flatten)]
    pub(crate) export: ExportLevelArgs,
    /// Mend clicks and crackle as `restore` does before aligning; the aligner passes over them in any case
    #[arg(long, help_heading = "Alignment")]
    pub(crate) declick: bool,
    /// Turns a minute the disc was cut for, where it was not played at them [played at: 78.26]
    #[arg(long, value_name = "RPM[/PLAYED]", help_heading = "Alignment")]
    pub(crate) speed: Option<String>,
    #[command(flatten)]
    pub(crate) alignment: AlignmentArgs,
    #[command(flatten)]
    pub(crate) existing: ExistingArgs,
}

/// What an export holds.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ExportLevelArgs {
    /// What becomes a cue or a label [default: as the format is mostly used]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) level: Option<Level>,
    /// Write the translation in place of the text
    #[arg(long, conflicts_with = "bilingual")]
    pub(crate) translation_only: bool,
    /// Write the translation below the text
    #[arg(long)]
    pub(crate) bilingual: bool,
}

/// What becomes a cue or a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Word,
    Sentence,
    Paragraph,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// A timeline (JSON)
    pub(crate) timeline: PathBuf,
    /// Format to write (a wrong name lists them all), or wav or flac: the recording with every sentence marked in it
    /// [default: by the output's extension]
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// The recording, for formats that hold it (epub, wav, flac) [default: the one that the timeline names]
    #[arg(long, value_name = "FILE")]
    pub(crate) audio: Option<PathBuf>,
    /// Title, for formats that name one [default: the recording's file name]
    #[arg(long)]
    pub(crate) title: Option<String>,
    #[command(flatten)]
    pub(crate) export: ExportLevelArgs,
    #[command(flatten)]
    pub(crate) existing: ExistingArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// A TextGrid, SRT, WebVTT, CTM, Audacity label track, aeneas JSON or timeline
    pub(crate) file: PathBuf,
    /// Format that it is in (a wrong name lists them all) [default: as it looks]
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// The file to write: a timeline, or any format that export writes, by its ending [default: a timeline on standard output]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// The timeline that the file was exported from: only what was corrected changes in it, all else is kept
    #[arg(long, value_name = "TIMELINE", conflicts_with_all = ["transcript", "audio", "language"])]
    pub(crate) into: Option<PathBuf>,
    /// What a label or a cue is [default: sentence]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) level: Option<Level>,
    /// The transcript, so that each word carries its place in it
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: Option<PathBuf>,
    /// The recording: its length and sample rate belong to the timeline
    #[arg(long, value_name = "FILE")]
    pub(crate) audio: Option<PathBuf>,
    /// Language spoken, such as en or ru [default: as the file says, else und]
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) existing: ExistingArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// Recordings
    #[arg(required = true)]
    pub(crate) audio: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TranscriptArgs {
    /// The transcript
    pub(crate) file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SimulateArgs {
    /// A clean recording
    #[arg(required_unless_present = "print_config")]
    pub(crate) clean: Option<PathBuf>,
    /// The aged recording (.wav or .flac)
    #[arg(short, long, value_name = "AGED", required_unless_present = "print_config")]
    pub(crate) output: Option<PathBuf>,
    /// Every planted click and all settings, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// The clean recording in the disc's band, before any damage: what a perfect restoration would return
    #[arg(long, value_name = "FILE")]
    pub(crate) reference: Option<PathBuf>,
    /// Condition of the disc (a wrong name lists them all)
    #[arg(long, value_name = "NAME", default_value = "worn")]
    pub(crate) condition: String,
    /// Settings from a TOML file over the condition's
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Seed of everything random [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Speech against surface noise, in decibels
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
    pub(crate) snr: Option<f64>,
    /// Clicks a second
    #[arg(long, value_name = "N")]
    pub(crate) clicks: Option<f64>,
    /// Lead-in before the first sound, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) lead_in: Option<f64>,
    /// Run-out after the last sound, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) run_out: Option<f64>,
    /// Both groove walls, damaged independently, as stereo
    #[arg(long)]
    pub(crate) stereo: bool,
    /// Print the settings as TOML and do nothing
    #[arg(long)]
    pub(crate) print_config: bool,
    /// Sample format [default: 16]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) depth: Option<Depth>,
    #[command(flatten)]
    pub(crate) existing: ExistingArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ScoreArgs {
    /// A timeline (or TextGrid, CTM), or a restored recording
    pub(crate) candidate: PathBuf,
    /// The truth: a TextGrid, CTM, JSON or timeline; for a recording, the clean one
    pub(crate) reference: PathBuf,
    /// More timelines, each followed by its truth
    #[arg(value_name = "CANDIDATE REFERENCE")]
    pub(crate) more: Vec<PathBuf>,
    /// For a recording: the input of the restoration, to measure the gain
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// For a recording: the truth file that simulate wrote, with every planted click
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// For a recording: the report of the restoration, with every repair
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Print JSON, word by word
    #[arg(long)]
    pub(crate) json: bool,
}
