//! Reads and validates the config file into one [`Config`]; the only module that knows the file.
//!
//! All problems are reported at once, each with its place, and unknown keys are among them. A
//! derived deserialiser stops at the first problem it meets, so the parsed file is walked by hand:
//! one struct literal a table (`table::Table`), one list of problems a file (`log::Log`).
//!
//! Only the sections that belong to no one part are read here. The keys of the sources stand beside
//! their settings, and here is the order in which all are asked. Nothing outside the file is looked
//! at: whether a recording exists or a port is free shows when it is used.

mod contest;
mod round;
mod stage;
mod team;
mod timer;
mod web;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use crate::keys::{DurationError, Report, duration};

use crate::display_text;
use crate::hint::Hint;
use crate::keys::log::Log;
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::keys::{self, syntax};
use crate::questions::Questions;
use crate::recording;
use crate::round::Rules;
use crate::server::Stage;
use crate::source::replay::Input;
use crate::source::secret::Variable;
use crate::timer::Marks;
use crate::{output as out, server, source as posts};

/// A file longer than this is refused before it is parsed: a config is some lines.
const MAX_BYTES: u64 = 1024 * 1024;

/// The example that ships with the program; without a file of their own, people see this one run.
const DEMONSTRATION: &str = include_str!("../../config.toml");

/// Everything that the file says, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// What is asked: the teams of each question, and the rule of the game.
    pub questions: Arc<Questions>,
    /// How rounds go; `None`: there are none, and the first question is open from start to end.
    pub rounds: Option<Rules>,
    /// The file that the evening is kept in.
    pub journal: Option<PathBuf>,
    /// Where posts come from, in the order of the file; there may be none.
    pub sources: Vec<posts::Settings>,
    /// Where the light goes, in the order of the file; there may be none.
    pub outputs: Vec<out::Settings>,
    /// The pages.
    pub web: server::Settings,
    /// The page for the projector.
    pub stage: Stage,
    /// The environment variable that the operators' key is in; without one it is made at the start.
    pub operator_key: Option<Variable>,
    /// When the light of `hashtug timer` changes.
    pub timer: Marks,
}

/// Why there is no config.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened or read.
    #[error("cannot read {}", display_text::path(.path))]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is a directory of that name.
    #[error("{} is a directory, not a config file", display_text::path(.path))]
    Directory {
        /// Which.
        path: PathBuf,
    },
    /// The file is longer than a config can be.
    #[error("{} is longer than 1 MiB, which is no config file", display_text::path(.path))]
    TooLong {
        /// Which file.
        path: PathBuf,
    },
    /// The file was read, and this is wrong with it.
    #[error("{0}")]
    Invalid(Report),
}

impl Hint for Error {
    /// Each problem of the file has its own hint in the report.
    fn hint(&self) -> Option<&'static str> {
        None
    }
}

impl Config {
    /// Reads a file. Paths in it are relative to it.
    ///
    /// # Errors
    /// Everything that is wrong with the file, not only the first thing.
    pub fn load(path: &Path) -> Result<Config, Error> {
        let bytes = read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let Some(bytes) = bytes else { return Err(Error::Directory { path: path.to_owned() }) };
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Error::TooLong { path: path.to_owned() });
        }
        let error = match str::from_utf8(&bytes) {
            Ok(text) => return Config::parse(text, path),
            Err(error) => error,
        };
        let hint = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "it looks like UTF-16; save the file as UTF-8"
        } else {
            "save the file as UTF-8"
        };
        // Up to here the replacement characters change nothing, so the place is right.
        let at = error.valid_up_to();
        let problem =
            Problem::new(at..at + 1, format!("the byte {:#04x} is not UTF-8 text", bytes[at]));
        Err(invalid(path, &String::from_utf8_lossy(&bytes), vec![problem.hint(hint)]))
    }

    /// Reads a text as if it stood in the file `origin`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, origin: &Path) -> Result<Config, Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let log = Log::new(origin.parent().unwrap_or(Path::new("")));
        let parsed = syntax::parse(text);
        let config = Table::root(parsed.root.get_ref(), &log, gather);
        let problems = parsed.join(log.into_problems());
        config.filter(|_| problems.is_empty()).ok_or_else(|| invalid(origin, text, problems))
    }

    /// What runs when there is no file: the example that ships with the program, with the recording
    /// that is built into it.
    ///
    /// # Panics
    /// Never: the example is part of the program, and a test reads it.
    #[must_use]
    pub fn demonstration() -> Config {
        let config = Config::parse(DEMONSTRATION, Path::new("config.toml"));
        let mut config = config.expect("a test reads the embedded example");
        for source in &mut config.sources {
            if let posts::Kind::Replay(replay) = &mut source.kind {
                replay.input = Input::Embedded;
            }
        }
        config
    }
}

/// Reads the whole file. What is wrong is in the log, and has its default here.
fn gather(root: &Table<'_>) -> Option<Config> {
    let questions = contest::read(root);
    let sources = posts::read(root, questions.as_ref());
    let grace = questions.as_ref().map(|it| posts::grace(&sources, it)).unwrap_or_default();
    let rounds = round::read(root, grace);
    let journal = root.section("show", "[show]", journal);
    let outputs = out::read(root);
    let (web, operator_key) = web::read(root);
    let stage = stage::read(root);
    let timer = timer::read(root);
    let questions = Arc::new(questions?);
    Some(Config { questions, rounds, journal, sources, outputs, web, stage, operator_key, timer })
}

/// Where the journal lies.
fn journal(table: &Table<'_>) -> Option<PathBuf> {
    let path = table.path("journal")?;
    if recording::is_compressed(&path) {
        let problem =
            Problem::new(table.place("journal"), "a journal is not compressed".to_owned());
        table.report(problem.hint("choose a name that ends in `.jsonl`".to_owned()));
    }
    Some(path)
}

/// The content of the file, or of its beginning if it is too long; `None` if it is a directory.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn invalid(origin: &Path, text: &str, problems: Vec<Problem>) -> Error {
    Error::Invalid(Report::new(origin, text, problems))
}

/// A JSON Schema of the config, for editors: every key that is read, with what the example says of it.
#[must_use]
pub fn schema() -> serde_json::Value {
    keys::schema::of(&whole_example(), |root| drop(gather(root)))
}

/// The example with the lines that it shows without running them: those that begin with `#` and
/// no space.
fn whole_example() -> String {
    let lines = DEMONSTRATION.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Feed;

    #[test]
    fn every_known_key_stands_in_the_example() {
        let example = whole_example();
        let parsed = syntax::parse(&example);
        let log = Log::new(Path::new(""));
        Table::root(parsed.root.get_ref(), &log, gather);
        assert_eq!(log.unset(), std::collections::BTreeSet::new());
    }

    /// What the example shows, with the teams of one question or with several questions.
    fn examples() -> [Config; 2] {
        ["[[question", "[[team]]"].map(|left_out| {
            let (mut is_left_out, mut titled) = (false, false);
            let whole = whole_example();
            let lines = whole.lines().filter(|line| {
                if line.starts_with('[') {
                    is_left_out = line.starts_with(left_out);
                }
                // The title in `[contest]` comes first, and is that of one question.
                let is_title =
                    line.starts_with("title = ") && !std::mem::replace(&mut titled, true);
                !(is_left_out || is_title && left_out == "[[team]]")
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            let config = Config::parse(&text, Path::new("config.toml"));
            config.unwrap_or_else(|error| panic!("{error}"))
        })
    }

    #[test]
    fn what_the_example_shows_without_running_it_is_sound() {
        let [config, questions] = examples();
        assert_eq!((config.questions.len(), questions.questions.len()), (1, 2));
        assert_eq!(config.outputs, questions.outputs);
        let sources = config.sources.iter().map(|source| source.kind.name());
        let outputs = config.outputs.iter().map(|output| output.kind.name());
        let kinds: Vec<&str> = sources.chain(outputs).collect();
        for kind in posts::kind_names() {
            assert!(kinds.contains(&kind), "{kind}");
        }
        // Raw recordings are decoded by the names of the kinds: none is left out in either table.
        for source in &config.sources {
            let kind = source.kind.name();
            assert_eq!(source.kind.feed(), Feed::of_source(kind), "{kind}");
        }
        for kind in ["spi", "ddp", "e131", "artnet", "wled", "holiday"] {
            assert!(kinds.contains(&kind), "{kind}");
        }
    }

    #[test]
    fn what_a_source_records_raw_is_decoded_again_by_the_name_of_its_kind() {
        // Every kind is in the example.
        let [config, _] = examples();
        for source in config.sources {
            let kind = source.kind.name();
            assert_eq!(Feed::of_source(kind), source.kind.feed(), "{kind}");
        }
    }
}
