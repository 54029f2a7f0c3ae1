//! `hashtug record`: the show, written down.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::app::Options;
use crate::clock::Clock;
use crate::config::Config;
use crate::output::suspend::{self, Suspender};
use crate::recorder::{self, Form, Out, Recorded, Recorder, Writer};
use crate::shutdown::Signals;
use crate::snapshot::{RecordingState, RecordingStatus};
use crate::{app, cli, server};

use super::doors::{self, Doors};
use super::journal::{self, Evening};
use super::{Failure, check, run::block_on, signals, take};

pub(super) fn run(
    arguments: &cli::Record,
    mut config: Config,
    lights: cli::Lights,
) -> Result<(), Failure> {
    check::inputs(&config)?;
    let is_stdout = recorder::is_stdout(&arguments.out);
    if is_stdout {
        // Two cannot write there at once.
        config.outputs.retain(|output| !output.is_terminal());
    }
    let _lights = take(&config.outputs, lights)?;
    let (evening, journal_writer) = Evening::open(&config, arguments.journal)?;
    let doors = doors::open(&config, evening.operator.clone())?;
    // Last, so that a mistake elsewhere leaves no empty file behind.
    let out = Out::create(&arguments.out).map_err(Failure::input)?;
    let written = block_on(show(config, doors, out, evening, arguments));
    if let Some(writer) = journal_writer {
        journal::report(&writer.finish());
    }
    written.map_err(Failure::Running)?.map_or(Ok(()), |status| report(&status))
}

/// Runs the show until a signal, the end of its time, or the end of whoever reads the recording;
/// in the last case there is nothing to be said.
async fn show(
    config: Config,
    doors: Doors,
    out: Out,
    evening: Evening,
    arguments: &cli::Record,
) -> anyhow::Result<Option<RecordingStatus>> {
    let mut signals = Signals::catch().context("cannot catch signals")?;
    recorder::file_limit::outlive().context("cannot catch signals")?;
    let address = config.web.listen;
    let listener = match server::listen(address) {
        Ok(listener) => Some(listener),
        Err(error) => {
            warn!("no pages: cannot serve them on {address}: {error}");
            None
        }
    };
    let announced = listener.as_ref().and_then(|listener| doors.announce(&config, listener));
    if let Some(listener) = &listener {
        doors.invite(&config, listener, announced.as_ref());
    }
    let Doors { keyring, tls } = doors;
    let clock = Clock::from_wall();
    let (recorder, writer) = start(&config, out, arguments, clock)?;
    let stop = CancellationToken::new();
    let (mut lights, suspended) = suspend::channel();
    let recorder = Some(recorder);
    let Evening { journal, past, key, .. } = evening;
    let options = Options {
        listener,
        keyring,
        tls,
        recorder,
        journal,
        past,
        key,
        suspended,
        ..Options::default()
    };
    let app = app::run(config, clock, options, stop.clone());
    tokio::pin!(app);
    let result = tokio::select! {
        result = &mut app => result,
        () = ending(&mut signals, &mut lights, arguments.span, &writer) => {
            stop.cancel();
            app.await
        }
    };
    let reader_has_gone = writer.has_no_reader();
    let status = tokio::task::spawn_blocking(|| writer.finish()).await;
    let status = status.context("the recorder failed")?;
    result.map(|()| Some(status).filter(|_| !reader_has_gone))
}

fn start(
    config: &Config,
    out: Out,
    arguments: &cli::Record,
    clock: Clock,
) -> anyhow::Result<(Recorder, Writer)> {
    let sources = config.sources.iter().map(|source| {
        // Without one a reader needs the config.
        let has_shape = source.kind.feed().is_some();
        let form = if arguments.raw && has_shape { Form::Raw } else { Form::Posts };
        if arguments.raw && form == Form::Posts {
            info!("source `{}` is recorded as posts: only the config tells its shape", source.name);
        }
        Recorded { name: source.name.clone(), kind: source.kind.name(), form }
    });
    let has_rounds = config.rounds.is_some();
    Recorder::start(out, &config.questions, sources.collect(), has_rounds, clock.now())
        .context("cannot start the recorder")
}

/// Waits for the first thing that ends the show.
async fn ending(
    signals: &mut Signals,
    lights: &mut Suspender,
    span: Option<Duration>,
    writer: &Writer,
) {
    let time = async {
        match span {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = signals::until_end(signals, lights, None) => info!("stopping"),
        () = time => info!("the time is over"),
        () = writer.reader_has_gone() => {}
    }
}

/// Says what there is now. A recording that has stopped early is a failure, though the show was none.
fn report(status: &RecordingStatus) -> Result<(), Failure> {
    let RecordingStatus { path, lines, bytes, lost, .. } = status;
    let lost = match lost {
        0 => "nothing was lost".to_owned(),
        1 => "1 message was lost".to_owned(),
        lost => format!("{lost} messages were lost"),
    };
    let summary = format!("recorded {lines} lines, {bytes} bytes in {path}; {lost}\n");
    let _unread = io::stderr().write_all(summary.as_bytes());
    if status.state == RecordingState::On {
        return Ok(());
    }
    let error = status.error.as_deref().unwrap_or("for no known reason");
    Err(Failure::Running(anyhow!("the recording stopped before the show: {error}")))
}
