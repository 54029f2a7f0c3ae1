//! The pages and the public API, for visitors in classes.
//!
//! [`routes`] is the table of what is served to whom, `listener` the bounds within which, [`access`]
//! who may ask, and `view` what viewers get. The state is tiny and only the newest matters: each
//! snapshot is serialised once for all viewers, and a viewer that does not keep up skips.

pub mod access;
mod assets;
mod authority;
mod listener;
mod lost;
pub mod operate;
pub mod routes;
pub mod tls;
mod view;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;

use crate::output::status::Monitor;
use crate::snapshot::Snapshot;

use access::Class;
use listener::{Accepting, Ask};
use lost::Lost;
use operate::{Desk, Operators, Reach};
use routes::Served;
pub use view::wire;
use view::{Bugs, Publisher};

/// The `[web]` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the pages are served; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Where operators may be.
    pub operate: Reach,
    /// What the pages are served with by `https`.
    pub tls: Option<tls::Files>,
}

/// The `[stage]` section: the page for the projector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// It ticks with the countdown and rings the bell.
    pub sounds: bool,
}

/// Viewers at one time, if the system lets the program open as many connections.
pub const PLACES: u32 = listener::VIEWERS.connections + listener::VIEWERS.local_connections;

/// Begins to listen for viewers.
///
/// # Errors
/// If the address is taken, or is none of this machine's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    listener::bind(address, &listener::VIEWERS)
}

/// What serves viewers. It outlives a panic of what it does: the listener stays open, and those who
/// listen on a socket stay connected.
pub struct Server {
    accepting: Accepting,
    router: Router,
    publisher: Publisher,
    asks: mpsc::Sender<Ask>,
    stop: CancellationToken,
}

impl Server {
    /// Viewers of these snapshots and outputs get `places` at most, unless there are fewer anyway.
    /// Operators are served beside them.
    #[must_use]
    pub fn new(
        listener: TcpListener,
        places: u32,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        outputs: Vec<Monitor>,
        panics: watch::Receiver<BTreeMap<String, u64>>,
        operators: Operators,
        stop: CancellationToken,
    ) -> Server {
        let (asks, asks_rx) = mpsc::channel(1);
        let lost = Lost::default();
        let bugs = Bugs { parts: panics, lost: lost.clone() };
        let (view, publisher) =
            view::new(snapshots, operators.truth.clone(), outputs, bugs, stop.clone());
        let tls = operators.tls.as_ref().map(tls::Tls::acceptor);
        let desk = Desk::new(operators, lost.clone(), stop.clone());
        let router = routes::router(&[Class::Viewer, Class::Operator], Served { view, desk });
        let bounds = listener::VIEWERS.within(places);
        let accepting = Accepting::new(listener, Class::Viewer, bounds, tls, asks_rx, lost);
        Server { accepting, router, publisher, asks, stop }
    }

    /// With another stage than the usual one.
    #[must_use]
    pub fn with_stage(mut self, stage: Stage) -> Server {
        self.router = self.router.layer(Extension(stage));
        self
    }

    /// What feels whether it lives.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        Pulse { router: self.router.clone(), asks: self.asks.clone() }
    }

    /// Serves viewers until `stop`, and until the tally ends.
    pub async fn run(&mut self) {
        let Server { accepting, router, publisher, stop, .. } = self;
        // The listener ends at `stop`; the tally ends after that, and viewers have its last snapshot.
        publisher.run(accepting.serve(router.clone(), stop.clone())).await;
    }
}

/// Feels from within the program whether the pages live. It takes no socket, which there may be none of.
#[derive(Clone)]
pub struct Pulse {
    router: Router,
    asks: mpsc::Sender<Ask>,
}

impl Pulse {
    /// Whether connections are accepted and `/healthz` says that all is well. It waits for the loop that
    /// accepts, which may hang.
    pub async fn beats(&mut self) -> bool {
        let (ask, turned) = oneshot::channel();
        if self.asks.send(ask).await.is_err() || turned.await.is_err() {
            return false;
        }
        let request =
            Request::get("/healthz").header(header::HOST, "localhost").body(Body::empty());
        let Ok(request) = request else { return false };
        self.router.call(request).await.is_ok_and(|answer| answer.status().is_success())
    }
}
