//! `hashtug run`: the show.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::app::{self, Options};
use crate::cli::{Begin, Lights};
use crate::clock::Clock;
use crate::config::Config;
use crate::hint::{Hint, Hinted};
use crate::keyboard::Keyboard;
use crate::output::suspend::{self, Suspended};
use crate::recorder::file_limit;
use crate::server;
use crate::shutdown::Signals;

use super::doors::{self, Doors};
use super::journal::{self, Evening};
use super::{Failure, check, signals, take};

/// Threads that wait for a disk or a terminal get so long when all else has ended.
const LAST_GRACE: Duration = Duration::from_millis(200);

pub(super) fn run(config: Config, lights: Lights, begin: Begin) -> Result<(), Failure> {
    check::inputs(&config)?;
    check::warn_of_look_alikes(&config);
    let _lights = take(&config.outputs, lights)?;
    let (evening, writer) = Evening::open(&config, begin)?;
    let doors = doors::open(&config, evening.operator.clone())?;
    let ended = until_stopped(None, async |stop, suspended| {
        if writer.is_some() {
            file_limit::outlive().context("cannot catch signals")?;
        }
        let Evening { journal, past, key, .. } = evening;
        let listener = listen(&config)?;
        let announced = doors.announce(&config, &listener);
        doors.invite(&config, &listener, announced.as_ref());
        let Doors { keyring, tls } = doors;
        let listener = Some(listener);
        let options =
            Options { listener, keyring, tls, journal, past, key, suspended, ..Options::default() };
        app::run(config, Clock::from_wall(), options, stop).await
    });
    if let Some(writer) = writer {
        journal::report(&writer.finish());
    }
    ended
}

/// The pages cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve pages on {address}")]
struct NoPages {
    address: SocketAddr,
    source: io::Error,
}

impl Hint for NoPages {
    fn hint(&self) -> Option<&'static str> {
        (self.source.kind() == io::ErrorKind::AddrInUse).then_some(
            "another hashtug may be running; or choose another port: [web] listen = \"127.0.0.1:8081\"",
        )
    }
}

/// Begins to serve the pages.
pub(super) fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.web.listen;
    let listener = server::listen(address).map_err(|source| NoPages { address, source });
    listener.map_err(|error| Hinted::new(error).into())
}

/// Runs a show until it ends, or a signal ends it. Signals that stop it for a while leave the lights
/// dark, and the terminal of the keyboard as it was.
pub(super) fn until_stopped(
    keyboard: Option<&Keyboard>,
    show: impl AsyncFnOnce(CancellationToken, Suspended) -> anyhow::Result<()>,
) -> Result<(), Failure> {
    let stopped = async {
        let mut signals = Signals::catch().context("cannot catch signals")?;
        let stop = CancellationToken::new();
        let (mut lights, suspended) = suspend::channel();
        let show = show(stop.clone(), suspended);
        tokio::pin!(show);
        tokio::select! {
            result = &mut show => return result,
            () = signals::until_end(&mut signals, &mut lights, keyboard) => info!("stopping"),
        }
        stop.cancel();
        show.await
    };
    block_on(stopped).map_err(Failure::Running)
}

/// Runs a show on a runtime of its own.
pub(super) fn block_on<T>(show: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    // The work is small; more threads would only cost memory.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(show);
    runtime.shutdown_timeout(LAST_GRACE);
    result
}
