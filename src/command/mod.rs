//! One subcommand each, short; and how a command fails.

mod check;
mod complete;
mod doctor;
mod leds;
mod record;
mod run;
pub mod tally;
mod timer;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::config::Config;
use crate::hint::{self, Hint, Hinted};

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    /// The user's to mend before anything runs: bad config, a file that cannot be read. Exit code 2.
    Input(anyhow::Error),
    /// It went wrong while running. Exit code 1.
    Running(anyhow::Error),
}

impl Failure {
    /// The user's to mend, with the error's hint.
    pub fn input(error: impl std::error::Error + Hint + Send + Sync + 'static) -> Failure {
        Failure::Input(Hinted::new(error).into())
    }

    /// Says on standard error what is wrong. Nothing is lost if nobody reads that.
    pub fn print(&self) {
        let (Failure::Input(error) | Failure::Running(error)) = self;
        let mut stderr = io::stderr().lock();
        // The causes follow the error, each saying its own level only.
        let _unread = writeln!(stderr, "error: {error:#}");
        if let Some(hint) = hint::of(error.chain()) {
            let _unread = writeln!(stderr, "hint: {hint}");
        }
    }

    /// As the contract with scripts has it.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Input(_) => ExitCode::from(2),
            Failure::Running(_) => ExitCode::from(1),
        }
    }
}

/// Does what the command line asks for.
///
/// # Errors
/// What went wrong, and whose it is to mend.
pub fn run(cli: Cli) -> Result<(), Failure> {
    let config = cli.config.as_deref();
    match cli.command.unwrap_or(Command::Run) {
        Command::Run => run::run(load(config)?),
        Command::Record(record) => record::run(&record, load(config)?),
        Command::Tally(tally) => tally::run(&tally, config),
        Command::Timer { length } => timer::run(load(config)?, length),
        Command::Leds { pattern } => leds::run(load(config)?, pattern),
        Command::Check => check::run(config),
        Command::Doctor => doctor::run(&load(config)?),
        Command::Completions { shell } => complete::completions(shell),
        Command::Man => complete::man(),
        Command::Schema => complete::schema(),
    }
}

/// Where there is no `-c`, the file that is looked for.
const DEFAULT_PATH: &str = "config.toml";

/// The config named, or ./config.toml, or the demonstration.
fn load(path: Option<&Path>) -> Result<Config, Failure> {
    match path.or_else(|| Some(Path::new(DEFAULT_PATH)).filter(|path| path.exists())) {
        Some(path) => Config::load(path).map_err(Failure::input),
        None => Ok(Config::demonstration()),
    }
}

/// Whether standard output is gone because its reader has seen enough.
fn is_closed_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Prints a result; a reader who leaves early is no failure.
fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if !is_closed_pipe(&error) => Err(cannot_write(error)),
        _ => Ok(()),
    }
}

fn cannot_write(error: io::Error) -> Failure {
    Failure::Running(anyhow::Error::new(error).context("cannot write to standard output"))
}
