//! Accepts connections and serves a router on them, within bounds of memory and time.
//!
//! Peers get little of both: whole headers within seconds, a write that moves, a bounded number of
//! connections. The bounds are a value, so that listeners for other visitors run beside this one with
//! bounds of their own, and one that is full shuts nobody out of another. What is served is not known here.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;
use tracing::{info, warn};

use super::access::Class;

/// What a listener spends on its peers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Connections at one time. Further ones are closed at once, and the log says so.
    pub(super) connections: u32,
    /// Connections more for this machine itself, which nobody else can take.
    pub(super) local_connections: u32,
    /// Connections that the system may hold before they are accepted.
    pub(super) backlog: u32,
    /// Bytes that the system may hold for a peer that does not read; it takes twice that. A viewer
    /// is as many snapshots behind as fit in them.
    pub(super) send_buffer: u32,
    /// Bytes of a request's head, and of what is read at once.
    pub(super) read_buffer: usize,
    /// Time for the whole head of a request, and for the pause before the next on a connection.
    pub(super) head: Duration,
    /// Time in which a write has to move; a peer that takes nothing for longer is let go.
    pub(super) write: Duration,
    /// Time for connections to finish what they are at when the show ends.
    pub(super) grace: Duration,
}

/// Those of the viewers: a hall full of phones, and the projectors beside the machine.
pub(super) const VIEWERS: Bounds = Bounds {
    connections: 8192,
    local_connections: 64,
    backlog: 1024,
    send_buffer: 8 << 10,
    read_buffer: 16 << 10,
    head: Duration::from_secs(5),
    write: Duration::from_secs(10),
    grace: Duration::from_millis(500),
};

/// After a failed accept, such as too many open files: without it the loop would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection's permit to be one of those that are served. Whoever goes on with the connection after
/// an upgrade keeps it.
pub(super) type Permit = Arc<OwnedSemaphorePermit>;

/// Begins to listen.
pub(super) fn bind(address: SocketAddr, bounds: &Bounds) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the connections of the last run to be forgotten. On Windows none
    // does, and the option would let two programs listen on one port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    // Connections inherit it. What waits in the system's buffer is old: a viewer that does not keep
    // up is to skip, and one that takes nothing is to be noticed.
    socket.set_send_buffer_size(bounds.send_buffer)?;
    socket.bind(address)?;
    socket.listen(bounds.backlog)
}

/// Accepts connections of visitors of a class until `stop`, then lets them finish for a moment.
pub(super) async fn serve(
    listener: TcpListener,
    class: Class,
    bounds: Bounds,
    router: Router,
    stop: CancellationToken,
) {
    match listener.local_addr() {
        Ok(address) => info!("{} on http://{address}/", class.pages()),
        Err(error) => warn!(%error, "the listener has no address"),
    }
    let permits = Permits::new(&bounds);
    let mut connections = JoinSet::new();
    // Logged once a spell, not for every visitor.
    let mut in_trouble = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let trouble = match accepted {
            Ok((stream, peer)) => {
                if let Some(permit) = permits.take(peer) {
                    let stop = stop.clone();
                    connections.spawn(connection(stream, bounds, router.clone(), permit, stop));
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
        match (&trouble, in_trouble) {
            (Some(reason), false) => warn!("{} are turned away: {reason}", class.visitors()),
            (None, true) => info!("{} are let in again", class.visitors()),
            _ => {}
        }
        in_trouble = trouble.is_some();
    }
    drop(listener);
    let _unfinished = timeout(bounds.grace, async {
        while connections.join_next().await.is_some() {}
        permits.all_back().await;
    })
    .await;
}

/// The permits of a listener.
struct Permits {
    all: Arc<Semaphore>,
    local: Arc<Semaphore>,
    connections: u32,
}

impl Permits {
    fn new(bounds: &Bounds) -> Permits {
        let semaphore = |permits: u32| {
            let permits = usize::try_from(permits).expect("an address space holds more");
            Arc::new(Semaphore::new(permits))
        };
        Permits {
            all: semaphore(bounds.connections),
            local: semaphore(bounds.local_connections),
            connections: bounds.connections,
        }
    }

    /// A permit for a peer, if there is one. A full house does not shut out the projector beside the
    /// machine.
    fn take(&self, peer: SocketAddr) -> Option<Permit> {
        let permit = Arc::clone(&self.all).try_acquire_owned();
        let permit = match permit {
            Err(_) if peer.ip().is_loopback() => Arc::clone(&self.local).try_acquire_owned(),
            permit => permit,
        };
        permit.ok().map(Arc::new)
    }

    /// Waits until the last visitor has gone, on upgraded connections too.
    async fn all_back(&self) {
        let _closed = self.all.acquire_many(self.connections).await;
    }
}

/// One connection, to its end. What goes wrong on it is the peer's affair.
async fn connection(
    stream: TcpStream,
    bounds: Bounds,
    router: Router,
    permit: Permit,
    stop: CancellationToken,
) {
    // Snapshots are small and urgent.
    let _slower = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&permit));
        router.clone().call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(bounds.read_buffer)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_house_has_room_for_this_machine_alone() {
        let permits = Permits::new(&Bounds { connections: 1, local_connections: 1, ..VIEWERS });
        let (phone, projector) =
            (SocketAddr::from(([192, 168, 1, 7], 1)), SocketAddr::from(([127, 0, 0, 1], 1)));
        let first = permits.take(phone).unwrap();
        assert!(permits.take(phone).is_none());
        let second = permits.take(projector).unwrap();
        assert!(permits.take(projector).is_none());
        drop(second);
        assert!(permits.take(phone).is_none());
        drop(first);
        assert!(permits.take(phone).is_some());
    }
}
