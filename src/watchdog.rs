//! Tells the service manager that the show is there, and again and again that it is alive.
//!
//! Alive means: the pages answer and the show behind them is not silent, which [`HEALTH`] tells, or where
//! there are no pages the show itself publishes snapshots; and the frame loop of each output has turned
//! since the last look. A device that hangs is no reason to start the others anew; its loop turns all the
//! same. Where no service manager listens, nothing is done.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::output::status::Monitor;
use crate::snapshot::Snapshot;

/// What is asked of the pages.
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

const HEALTHY: &[u8] = b"HTTP/1.1 200 ";

/// Pages that do not answer within this are not alive, nor is a show that publishes nothing for as long.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks before the show is there, and where the manager wants no sign of life.
const LOOK: Duration = Duration::from_millis(100);

/// Runs until `stop`. `pages` is their address, if there are pages.
pub(crate) async fn run(
    pages: Option<io::Result<SocketAddr>>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    mut outputs: Vec<Monitor>,
    stop: CancellationToken,
) {
    let Some(manager) = Manager::find() else { return stop.cancelled().await };
    let mut show = match pages {
        Some(Ok(address)) => Life::Pages(reachable(address)),
        Some(Err(_)) | None => Life::Snapshots(snapshots),
    };
    let watch = async {
        while !show.shows().await {
            sleep(LOOK).await;
        }
        manager.ready();
        let Some(within) = manager.within() else { return };
        loop {
            // A look may be missed.
            sleep(within / 4).await;
            match looks_alive(&mut show, &mut outputs).await {
                Ok(()) => manager.alive(),
                Err(silent) => warn!("no sign of life for the service manager: {silent}"),
            }
        }
    };
    tokio::select! {
        () = watch => stop.cancelled().await,
        () = stop.cancelled() => {}
    }
    manager.stopping();
}

/// What a show shows that it is alive by.
enum Life {
    /// Its pages, at this address.
    Pages(SocketAddr),
    /// Its snapshots, where it has no pages.
    Snapshots(watch::Receiver<Arc<Snapshot>>),
}

impl Life {
    /// Whether the show is alive at this moment.
    async fn shows(&mut self) -> bool {
        match self {
            Life::Pages(address) => answers(*address).await,
            Life::Snapshots(snapshots) => {
                snapshots.mark_unchanged();
                matches!(timeout(PATIENCE, snapshots.changed()).await, Ok(Ok(())))
            }
        }
    }

    /// What is wrong if it is not.
    fn silence(&self) -> &'static str {
        match self {
            Life::Pages(_) => "the pages do not answer, or the show is silent",
            Life::Snapshots(_) => "the show is silent",
        }
    }
}

async fn looks_alive(show: &mut Life, outputs: &mut [Monitor]) -> Result<(), String> {
    if !show.shows().await {
        return Err(show.silence().to_owned());
    }
    for Monitor { turns, status, .. } in outputs {
        if !turns.has_changed().unwrap_or(false) {
            return Err(format!("output `{}` does not turn", status.borrow().name));
        }
        turns.mark_unchanged();
    }
    Ok(())
}

/// Whether the pages say that all is well.
async fn answers(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(HEALTH).await?;
        let mut start = [0; HEALTHY.len()];
        stream.read_exact(&mut start).await?;
        io::Result::Ok(start == *HEALTHY)
    };
    matches!(timeout(PATIENCE, ask).await, Ok(Ok(true)))
}

/// An address of this machine for one that stands for all of them.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// The service manager of systemd.
#[cfg(target_os = "linux")]
struct Manager;

#[cfg(target_os = "linux")]
impl Manager {
    fn find() -> Option<Manager> {
        std::env::var_os("NOTIFY_SOCKET").map(|_| Manager)
    }

    /// Within what time it wants signs of life; `None` if it wants none.
    #[expect(clippy::unused_self, reason = "one that was found is asked")]
    fn within(&self) -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    fn ready(&self) {
        self.tell(&[sd_notify::NotifyState::Ready]);
    }

    fn alive(&self) {
        self.tell(&[sd_notify::NotifyState::Watchdog]);
    }

    fn stopping(&self) {
        self.tell(&[sd_notify::NotifyState::Stopping]);
    }

    #[expect(clippy::unused_self, reason = "one that was found is told")]
    fn tell(&self, state: &[sd_notify::NotifyState<'_>]) {
        if let Err(error) = sd_notify::notify(state) {
            warn!(%error, "the service manager does not listen");
        }
    }
}

/// There is none.
#[cfg(not(target_os = "linux"))]
enum Manager {}

#[cfg(not(target_os = "linux"))]
impl Manager {
    fn find() -> Option<Manager> {
        None
    }

    fn within(&self) -> Option<Duration> {
        match *self {}
    }

    fn ready(&self) {
        match *self {}
    }

    fn alive(&self) {
        match *self {}
    }

    fn stopping(&self) {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output;
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;

    /// Answers everybody so, from a port of its own.
    async fn pages(answer: &'static [u8]) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _gone = stream.write_all(answer).await;
                let _read = stream.read(&mut [0; 256]).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn a_show_is_alive_if_its_pages_say_so_and_its_loops_turn() {
        let mut show = Life::Pages(pages(b"HTTP/1.1 200 OK\r\n\r\n").await);
        let (status, monitor) = output::Settings::terminal().status_channel();
        let mut outputs = [monitor];
        let stands = Err("output `terminal` does not turn".to_owned());
        assert_eq!(looks_alive(&mut show, &mut outputs).await, stands);
        status.turns.send_modify(|turns| *turns += 1);
        assert_eq!(looks_alive(&mut show, &mut outputs).await, Ok(()));
        assert_eq!(looks_alive(&mut show, &mut outputs).await, stands, "it has turned since");
        status.turns.send_modify(|turns| *turns += 1);
        drop(status);
        assert_eq!(looks_alive(&mut show, &mut outputs).await, stands, "it has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn a_show_without_pages_is_alive_while_it_publishes() {
        let snapshot = Arc::new(snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]));
        let (snapshots_tx, snapshots) = watch::channel(Arc::clone(&snapshot));
        let mut show = Life::Snapshots(snapshots);
        let silent = Err("the show is silent".to_owned());
        assert_eq!(looks_alive(&mut show, &mut []).await, silent, "the first one proves nothing");
        let beat = tokio::spawn(async move {
            for _ in 0..8 {
                sleep(Duration::from_millis(500)).await;
                snapshots_tx.send_replace(Arc::clone(&snapshot));
            }
        });
        assert_eq!(looks_alive(&mut show, &mut []).await, Ok(()));
        beat.await.unwrap();
        assert_eq!(looks_alive(&mut show, &mut []).await, silent);
    }

    #[tokio::test]
    async fn a_silent_tally_is_no_sign_of_life() {
        assert!(!answers(pages(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await).await);
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!answers(closed).await);
    }

    #[test]
    fn an_address_for_all_is_asked_on_this_machine() {
        let reach = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(reach("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(reach("[::]:80"), "[::1]:80");
        assert_eq!(reach("10.0.0.5:80"), "10.0.0.5:80");
    }
}
