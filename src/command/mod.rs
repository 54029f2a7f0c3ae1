//! One subcommand each, short; and how a command fails.

mod check;
mod complete;
mod doctor;
mod doors;
mod forget;
mod journal;
mod leds;
mod operate;
mod record;
mod report;
mod run;
mod signals;
pub mod tally;
mod timer;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;

use crate::cli::{Cli, Command, Lights};
use crate::config::Config;
use crate::display_text;
use crate::hint::{self, Hint, Hinted};
use crate::output::Settings;
use crate::output::lock::{self, Locks, Sharing};

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
        let text = format!("error: {error:#}");
        let _unread = writeln!(stderr, "{}", display_text::escaped_lines(&text));
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
    let command = cli.command.unwrap_or(Command::Run { journal: cli.journal, lights: cli.lights });
    // `hashtug --force timer 5m` is `hashtug timer 5m --force`.
    let either = |lights: Lights| Lights { force: lights.force || cli.lights.force };
    match command {
        Command::Run { journal, lights } => run::run(load(config)?, either(lights), journal),
        Command::Record(record) => record::run(&record, load(config)?, either(record.lights)),
        Command::Timer { length, lights } => timer::run(load(config)?, length, either(lights)),
        Command::Leds { pattern, lights } => leds::run(load(config)?, pattern, either(lights)),
        _ if cli.lights.force => {
            Err(Failure::Input(anyhow!("`--force` is for lights: run, record, timer, leds")))
        }
        Command::Operate(arguments) => operate::run(&arguments, config),
        Command::Tally(tally) => tally::run(&tally, config),
        Command::Report(arguments) => report::report(&arguments, config),
        Command::Verify { file } => report::verify(&file, config),
        Command::Forget { file } => forget::run(&file),
        Command::Check => check::run(config),
        Command::Doctor => doctor::run(&load(config)?),
        Command::Completions { shell } => complete::completions(shell),
        Command::Man => complete::man(),
        Command::Schema => complete::schema(),
    }
}

/// Takes the lights, which other programs are kept from while this one holds on to them.
fn take(outputs: &[Settings], lights: Lights) -> Result<Locks, Failure> {
    let taken = lock::take(outputs, sharing(lights));
    taken.map_err(|driven| Failure::Running(Hinted::new(driven).into()))
}

fn sharing(lights: Lights) -> Sharing {
    if lights.force { Sharing::Forced } else { Sharing::Refused }
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
