//! The pages and the public API: a router and a listener.
//!
//! The state is tiny and only the newest matters: each snapshot is serialised once for all viewers,
//! and a viewer that does not keep up skips. Peers get little time and little memory: whole headers
//! within seconds, a write that moves, a bounded number of connections.

mod access;
mod assets;
mod history;
mod live;
mod metrics;
mod strips;
pub mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;
use tracing::{info, warn};

use crate::output::status::Monitor;
use crate::snapshot::Snapshot;

use history::History;
use strips::Strips;

/// The `[web]` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the pages are served; port 0 takes any that is free.
    pub listen: SocketAddr,
}

/// Connections at one time. Further ones are closed at once, and the log says so.
const CONNECTIONS: usize = 8192;

/// More for this machine itself, which nobody else can take.
const RESERVE: usize = 64;

/// Connections that the system may hold before they are accepted.
const BACKLOG: u32 = 1024;

/// Bytes that the system may hold for a viewer, who is so many snapshots behind; it takes twice that.
const SEND_BUFFER: u32 = 8 << 10;

/// For the whole head of a request, and for the pause before the next on the same connection.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// A peer that takes nothing for so long is let go.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// Connections get so long to finish what they are at when the show ends.
const GRACE: Duration = Duration::from_millis(500);

/// After a failed accept, such as too many open files: without it the loop would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A snapshot older than this means that the tally has stopped.
const DEAD: Duration = Duration::from_secs(5);

/// The newest snapshot, in the forms in which it is asked for.
struct Latest {
    snapshot: Arc<Snapshot>,
    json: axum::extract::ws::Utf8Bytes,
    since: Instant,
}

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    latest: watch::Receiver<Arc<Latest>>,
    history: watch::Receiver<String>,
    strips: Strips,
    outputs: Arc<[Monitor]>,
    stop: CancellationToken,
}

/// Serves until `stop`, or until the tally ends.
pub async fn run(
    listener: TcpListener,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    outputs: Vec<Monitor>,
    stop: CancellationToken,
) {
    let first = snapshots.borrow_and_update().clone();
    let mut history = History::default();
    history.push(&first);
    let (latest_tx, latest_rx) = watch::channel(Arc::new(latest(first)));
    let (history_tx, history_rx) = watch::channel(history.json());
    let strips = Strips::new();
    let shared = Shared {
        latest: latest_rx,
        history: history_rx,
        strips: strips.clone(),
        outputs: outputs.clone().into(),
        stop: stop.clone(),
    };
    let serve = serve(listener, router(shared), stop.clone());
    let publish = async {
        while snapshots.changed().await.is_ok() {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            if history.push(&snapshot) {
                history_tx.send_replace(history.json());
            }
            latest_tx.send_replace(Arc::new(latest(snapshot)));
        }
    };
    let until_end = async {
        // The listener ends when told to; the tally ends after that, and viewers have its last word.
        tokio::join!(serve, publish);
    };
    tokio::select! {
        () = until_end => {}
        () = strips.publish(outputs.clone()) => {}
    }
}

fn latest(snapshot: Arc<Snapshot>) -> Latest {
    let json = wire::snapshot(&snapshot).into();
    Latest { json, snapshot, since: Instant::now() }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(|| async { assets::page("index.html") }))
        .route("/stage", get(|| async { assets::page("stage.html") }))
        .route("/assets/{hash}/{name}", get(assets::asset))
        .route("/api/v1/snapshot", get(snapshot))
        .route("/api/v1/live", get(live::socket))
        .route("/api/v1/events", get(live::events))
        .route("/api/v1/history", get(past))
        .route("/api/v1/split.txt", get(split))
        .route("/api/v1/strips", get(strips::strips))
        .route("/api/v1/strips/live", get(strips::socket))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics::metrics))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not found\n") })
        .layer(middleware::from_fn(access::check_host))
        .layer(middleware::map_response(access::headers))
        .with_state(shared)
}

async fn snapshot(State(shared): State<Shared>) -> Response {
    let json = shared.latest.borrow().json.to_string();
    fresh(([(header::CONTENT_TYPE, "application/json")], json))
}

async fn past(State(shared): State<Shared>) -> Response {
    let json = shared.history.borrow().clone();
    fresh(([(header::CONTENT_TYPE, "application/json")], json))
}

async fn split(State(shared): State<Shared>) -> Response {
    let share = shared.latest.borrow().snapshot.teams[0].share;
    fresh(format!("{:.1}\n", share * 100.0))
}

async fn health(State(shared): State<Shared>) -> Response {
    if shared.latest.borrow().since.elapsed() > DEAD {
        return (StatusCode::SERVICE_UNAVAILABLE, "the tally is silent\n").into_response();
    }
    fresh("ok\n")
}

/// An answer that is old at once.
fn fresh(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Begins to listen.
///
/// # Errors
/// If the address is taken, or is none of this machine's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the connections of the last run to be forgotten.
    socket.set_reuseaddr(true)?;
    // Connections inherit it. What waits in the system's buffer is old: a viewer that does not keep
    // up is to skip, and one that takes nothing is to be noticed.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A connection's place among all. Whoever goes on with the connection keeps it.
type Place = Arc<OwnedSemaphorePermit>;

/// Accepts connections until `stop`, then lets them finish for a moment.
async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    match listener.local_addr() {
        Ok(address) => info!("pages on http://{address}/"),
        Err(error) => warn!(%error, "the listener has no address"),
    }
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let reserve = Arc::new(Semaphore::new(RESERVE));
    let mut connections = JoinSet::new();
    // Said once a spell, not for every viewer.
    let mut troubled = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let trouble = match accepted {
            Ok((stream, peer)) => {
                let place = Arc::clone(&places).try_acquire_owned();
                // A full house does not shut out the projector beside the machine.
                let place = match place {
                    Err(_) if peer.ip().is_loopback() => Arc::clone(&reserve).try_acquire_owned(),
                    place => place,
                };
                if let Ok(place) = place {
                    let connection =
                        connection(stream, router.clone(), Arc::new(place), stop.clone());
                    connections.spawn(connection);
                    None
                } else {
                    Some("all places are taken".to_owned())
                }
            }
            Err(error) => {
                sleep(ACCEPT_PAUSE).await;
                Some(error.to_string())
            }
        };
        match (&trouble, troubled) {
            (Some(reason), false) => warn!("viewers are turned away: {reason}"),
            (None, true) => info!("viewers are let in again"),
            _ => {}
        }
        troubled = trouble.is_some();
    }
    drop(listener);
    // Every place is back when the last viewer has gone.
    let all = u32::try_from(CONNECTIONS).expect("it is a small number");
    let _unfinished = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
        let _closed = places.acquire_many(all).await;
    })
    .await;
}

/// One connection, to its end. What goes wrong on it is the peer's affair.
async fn connection(stream: TcpStream, router: Router, place: Place, stop: CancellationToken) {
    // Snapshots are small and urgent.
    let _slower = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIME));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&place));
        router.clone().call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    tokio::pin!(connection);
    let stopping = tokio::select! {
        _ = &mut connection => false,
        () = stop.cancelled() => true,
    };
    if stopping {
        connection.as_mut().graceful_shutdown();
        let _broken = connection.await;
    }
}
