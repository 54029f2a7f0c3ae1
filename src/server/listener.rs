//! Accepts connections and serves a router on them, within bounds of memory and time.
//!
//! Peers get little of both: whole headers within seconds, a write that moves, a bounded number of
//! connections. The bounds are a value, so that listeners for other visitors run beside this one with
//! bounds of their own, and one that is full shuts nobody out of another. What is served is not known here.
//! Visitors get no more places than the open files that the rest of the program can spare.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;
use tracing::{info, warn};

use crate::panics::caught;

use super::access::{Class, Ends};
use super::lost::Lost;

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

impl Bounds {
    /// The same with no more than so many connections in all, of which a part stays this machine's.
    pub(super) fn within(self, places: u32) -> Bounds {
        let places = places.max(2);
        let local_connections = self.local_connections.min((places / 4).max(1));
        let connections = self.connections.min(places - local_connections);
        Bounds { connections, local_connections, ..self }
    }
}

/// After a failed accept, such as too many open files: without it the loop would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Places that are given up when the system has no file left for one more visitor: sources, outputs and
/// the recorder open some too.
const GIVEN_UP: u32 = 8;

/// Fewer places than this are never left.
const FEWEST: u32 = 4;

/// How long they are given up for.
const GIVEN_UP_FOR: Duration = Duration::from_secs(10);

/// A question to the loop that accepts, which answers if it turns.
pub(super) type Ask = oneshot::Sender<()>;

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

/// A listener with its bounds and permits, which outlive a panic of the loop.
pub(super) struct Accepting {
    listener: Option<TcpListener>,
    class: Class,
    bounds: Bounds,
    permits: Permits,
    tls: Option<TlsAcceptor>,
    asks: mpsc::Receiver<Ask>,
    lost: Lost,
}

impl Accepting {
    /// With `tls` it speaks nothing else. `asks` are answered as long as the loop turns; `lost` counts the visitors that panics cost.
    pub(super) fn new(
        listener: TcpListener,
        class: Class,
        bounds: Bounds,
        tls: Option<TlsAcceptor>,
        asks: mpsc::Receiver<Ask>,
        lost: Lost,
    ) -> Accepting {
        let scheme = if tls.is_some() { "https" } else { "http" };
        match listener.local_addr() {
            Ok(address) => info!("{} on {scheme}://{address}/", class.pages()),
            Err(error) => warn!(%error, "the listener has no address"),
        }
        let permits = Permits::new(&bounds);
        Accepting { listener: Some(listener), class, bounds, permits, tls, asks, lost }
    }

    /// Accepts connections until `stop`, then lets them finish for a moment.
    pub(super) async fn serve(&mut self, router: Router, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        self.accept(&mut connections, &router, &stop).await;
        self.listener = None;
        let _unfinished = timeout(self.bounds.grace, async {
            while connections.join_next().await.is_some() {}
            self.permits.all_back().await;
        })
        .await;
    }

    async fn accept(
        &mut self,
        connections: &mut JoinSet<()>,
        router: &Router,
        stop: &CancellationToken,
    ) {
        let Some(listener) = &self.listener else { return };
        // Logged once a spell, not for every visitor.
        let mut in_trouble = false;
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                Some(ask) = self.asks.recv() => {
                    let _asks_no_more = ask.send(());
                    continue;
                }
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            let trouble = match accepted {
                Ok((stream, peer)) => {
                    if let Some(permit) = self.permits.take(peer, Instant::now()) {
                        let (router, stop) = (router.clone(), stop.clone());
                        let tls = self.tls.clone();
                        let visit =
                            connection(stream, peer, tls, self.bounds, router, permit, stop);
                        let lost = self.lost.clone();
                        connections.spawn(async move {
                            lost.note(caught(visit).await);
                        });
                        None
                    } else {
                        Some("all places are taken".to_owned())
                    }
                }
                Err(error) => {
                    if is_for_want_of_files(&error) {
                        self.permits.give_up(Instant::now());
                    }
                    sleep(ACCEPT_PAUSE).await;
                    Some(error.to_string())
                }
            };
            let class = self.class;
            match (&trouble, in_trouble) {
                (Some(reason), false) => warn!("{} are turned away: {reason}", class.visitors()),
                (None, true) => info!("{} are let in again", class.visitors()),
                _ => {}
            }
            in_trouble = trouble.is_some();
        }
    }
}

/// Whether a connection was not accepted because the program, or the system, may open no more files.
fn is_for_want_of_files(error: &io::Error) -> bool {
    #[cfg(unix)]
    let codes =
        [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE].map(rustix::io::Errno::raw_os_error);
    // WSAEMFILE.
    #[cfg(not(unix))]
    let codes = [10_024];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// The permits of a listener.
struct Permits {
    all: Arc<Semaphore>,
    local: Arc<Semaphore>,
    connections: u32,
    /// How many of those are given until then, where the system has run out of files.
    most: Option<(u32, Instant)>,
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
            most: None,
        }
    }

    /// A permit for a peer, if there is one. A full house does not shut out the projector beside the
    /// machine.
    fn take(&mut self, peer: SocketAddr, now: Instant) -> Option<Permit> {
        self.most = self.most.filter(|&(_, until)| now < until);
        let has_room = self.most.is_none_or(|(most, _)| self.taken() < most);
        let permit = has_room.then(|| Arc::clone(&self.all).try_acquire_owned().ok()).flatten();
        let permit = permit.or_else(|| {
            let is_here = peer.ip().is_loopback();
            is_here.then(|| Arc::clone(&self.local).try_acquire_owned().ok()).flatten()
        });
        permit.map(Arc::new)
    }

    fn taken(&self) -> u32 {
        let free = u32::try_from(self.all.available_permits()).unwrap_or(u32::MAX);
        self.connections.saturating_sub(free)
    }

    /// There is no file left for one more: some of the places are not given again for a while, so that
    /// what a visitor leaves is not taken by the next one before anybody else.
    fn give_up(&mut self, now: Instant) {
        let most = self.taken().saturating_sub(GIVEN_UP).max(FEWEST);
        let most = self.most.map_or(most, |(before, _)| most.min(before));
        self.most = Some((most, now + GIVEN_UP_FOR));
    }

    /// Waits until the last visitor has gone, on upgraded connections too.
    async fn all_back(&self) {
        let _closed = self.all.acquire_many(self.connections).await;
    }
}

/// One connection, to its end. What goes wrong on it is the peer's affair.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    bounds: Bounds,
    router: Router,
    permit: Permit,
    stop: CancellationToken,
) {
    // Snapshots are small and urgent.
    let _slower = stream.set_nodelay(true);
    let ends = stream.local_addr().ok().map(|local| Ends { peer, local });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write));
    let stream = Box::pin(stream);
    let Some(tls) = tls else { return serve(stream, bounds, router, permit, ends, stop).await };
    // On the heap, so that a visitor without TLS takes nothing for it.
    let secured = async move {
        let accepted = tokio::select! {
            accepted = timeout(bounds.head, tls.accept(stream)) => accepted,
            () = stop.cancelled() => return,
        };
        if let Ok(Ok(stream)) = accepted {
            serve(Box::pin(stream), bounds, router, permit, ends, stop).await;
        }
    };
    Box::pin(secured).await;
}

/// Serves HTTP on what a peer is connected by.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    bounds: Bounds,
    router: Router,
    permit: Permit,
    ends: Option<Ends>,
    stop: CancellationToken,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&permit));
        if let Some(ends) = ends {
            request.extensions_mut().insert(ends);
        }
        router.clone().call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(bounds.read_buffer)
        .serve_connection(TokioIo::new(stream), service)
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

    #[tokio::test]
    async fn a_full_house_has_room_for_this_machine_alone() {
        let mut permits = Permits::new(&Bounds { connections: 1, local_connections: 1, ..VIEWERS });
        let now = Instant::now();
        let (phone, projector) =
            (SocketAddr::from(([192, 168, 1, 7], 1)), SocketAddr::from(([127, 0, 0, 1], 1)));
        let first = permits.take(phone, now).unwrap();
        assert!(permits.take(phone, now).is_none());
        let second = permits.take(projector, now).unwrap();
        assert!(permits.take(projector, now).is_none());
        drop(second);
        assert!(permits.take(phone, now).is_none());
        drop(first);
        assert!(permits.take(phone, now).is_some());
    }

    #[test]
    fn where_files_are_few_there_are_fewer_places_and_some_for_this_machine() {
        let places = |most| {
            let bounds = VIEWERS.within(most);
            (bounds.connections, bounds.local_connections)
        };
        assert_eq!(places(u32::MAX), (8192, 64));
        assert_eq!(places(8256), (8192, 64));
        assert_eq!(places(1000), (936, 64));
        assert_eq!(places(40), (30, 10));
        assert_eq!(places(0), (1, 1));
    }

    #[tokio::test]
    async fn places_that_the_system_has_no_files_for_are_not_given_again_for_a_while() {
        let bounds = Bounds { connections: 100, local_connections: 1, ..VIEWERS };
        let mut permits = Permits::new(&bounds);
        let phone = SocketAddr::from(([192, 168, 1, 7], 1));
        let mut now = Instant::now();
        let mut visitors: Vec<_> = (0..50).map(|_| permits.take(phone, now).unwrap()).collect();
        permits.give_up(now);
        assert!(permits.take(phone, now).is_none(), "others need files");
        visitors.truncate(41);
        visitors.push(permits.take(phone, now).expect("42 of 50 may stay"));
        assert!(permits.take(phone, now).is_none());
        for _ in 0..20 {
            visitors.truncate(visitors.len() / 2);
            permits.give_up(now);
        }
        visitors.clear();
        visitors.extend((0..FEWEST).map(|_| permits.take(phone, now).expect("a few are left")));
        assert!(permits.take(phone, now).is_none());
        now += GIVEN_UP_FOR;
        visitors.extend((FEWEST..100).map(|_| permits.take(phone, now).expect("all are back")));
        assert!(permits.take(phone, now).is_none());
    }

    #[test]
    fn what_else_may_go_wrong_with_a_connection_costs_no_places() {
        // "Too many open files", of the program and of the system.
        #[cfg(unix)]
        for code in [24, 23] {
            assert!(is_for_want_of_files(&io::Error::from_raw_os_error(code)));
        }
        assert!(!is_for_want_of_files(&io::ErrorKind::ConnectionAborted.into()));
    }
}
