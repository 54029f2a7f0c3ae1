//! What viewers get: the newest snapshot in the forms in which it is asked for, and what is made of it.
//!
//! A [`View`] is what the handlers read; its [`Publisher`] keeps it up to date. Viewers change nothing.

mod history;
mod join;
pub(super) mod live;
pub(super) mod metrics;
pub(super) mod results;
pub(super) mod strips;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::Utf8Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::output::status::Monitor;
use crate::panics::Counts;
use crate::server::lost::Lost;
use crate::snapshot::Snapshot;

use history::History;
use results::Results;
use strips::Strips;

/// A snapshot older than this means that the tally has stopped.
const DEAD: Duration = Duration::from_secs(5);

/// What the handlers share.
#[derive(Clone)]
pub(super) struct View {
    latest: watch::Receiver<Arc<Latest>>,
    history: watch::Receiver<String>,
    strips: Strips,
    outputs: Arc<[Monitor]>,
    bugs: Bugs,
    stop: CancellationToken,
}

/// What panics have cost so far.
#[derive(Clone)]
pub(super) struct Bugs {
    /// How often each part of the show has panicked.
    pub(super) parts: watch::Receiver<Counts>,
    /// The visitors that were lost.
    pub(super) lost: Lost,
}

/// The newest snapshot, serialised once.
struct Latest {
    snapshot: Arc<Snapshot>,
    json: Utf8Bytes,
    results: Arc<Results>,
    since: Instant,
}

impl Latest {
    fn new(snapshot: Arc<Snapshot>, before: &Arc<Results>) -> Arc<Latest> {
        let json = wire::snapshot(&snapshot).into();
        let results = Results::new(&snapshot, before);
        Arc::new(Latest { json, snapshot, results, since: Instant::now() })
    }
}

/// What brings a [`View`] up to date.
pub(super) struct Publisher {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    /// How it stands, of which the history keeps what viewers may see later.
    truth: watch::Receiver<Arc<Snapshot>>,
    past: History,
    latest: watch::Sender<Arc<Latest>>,
    history: watch::Sender<String>,
    strips: Strips,
    outputs: Vec<Monitor>,
}

/// A view of these snapshots and outputs, whose sockets close at `stop`. `truth` is at least as new as
/// the snapshots.
pub(super) fn new(
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    truth: watch::Receiver<Arc<Snapshot>>,
    outputs: Vec<Monitor>,
    bugs: Bugs,
    stop: CancellationToken,
) -> (View, Publisher) {
    let first = Arc::clone(&snapshots.borrow_and_update());
    let mut past = History::default();
    past.push(&first, &truth.borrow());
    let (latest, latest_rx) = watch::channel(Latest::new(first, &Arc::default()));
    let (history, history_rx) = watch::channel(past.json());
    let strips = Strips::new();
    let view = View {
        latest: latest_rx,
        history: history_rx,
        strips: strips.clone(),
        outputs: outputs.clone().into(),
        bugs,
        stop,
    };
    (view, Publisher { snapshots, truth, past, latest, history, strips, outputs })
}

impl Publisher {
    /// Publishes until the tally has ended and `serve` with it.
    pub(super) async fn run(&mut self, serve: impl Future<Output = ()>) {
        let Publisher { snapshots, truth, past, latest, history, strips, outputs } = self;
        let publish = async {
            while snapshots.changed().await.is_ok() {
                let snapshot = Arc::clone(&snapshots.borrow_and_update());
                let is_other = past.push(&snapshot, &truth.borrow());
                if is_other {
                    history.send_replace(past.json());
                }
                let results = Arc::clone(&latest.borrow().results);
                latest.send_replace(Latest::new(snapshot, &results));
            }
        };
        let until_end = async { tokio::join!(serve, publish) };
        tokio::select! {
            _ = until_end => {}
            () = strips.publish(outputs) => {}
        }
    }
}

pub(super) async fn snapshot(State(view): State<View>) -> String {
    view.latest.borrow().json.to_string()
}

pub(super) async fn history(State(view): State<View>) -> String {
    view.history.borrow().clone()
}

/// The share of the first team in percent.
pub(super) async fn split(State(view): State<View>) -> String {
    let share = view.latest.borrow().snapshot.teams[0].share;
    format!("{:.1}\n", share * 100.0)
}

/// The address by which phones take part, as a code for their cameras.
pub(super) async fn join(State(view): State<View>) -> Response {
    let address = view.latest.borrow().snapshot.join.clone();
    match address.and_then(|address| join::svg(&address)) {
        Some(picture) => picture.into_response(),
        None => (StatusCode::NOT_FOUND, "phones have no address\n").into_response(),
    }
}

/// Whether the tally is alive.
pub(super) async fn health(State(view): State<View>) -> Response {
    if view.latest.borrow().since.elapsed() > DEAD {
        return (StatusCode::SERVICE_UNAVAILABLE, "the tally is silent\n").into_response();
    }
    "ok\n".into_response()
}
