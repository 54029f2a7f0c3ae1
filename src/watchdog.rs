//! Tells the service manager that the show is there, and again and again that it is alive.
//!
//! Alive means: the pages answer and the tally behind them is not silent, which [`HEALTH`] tells, and the
//! frame loop of each output has turned since the last look. A device that hangs is no reason to start
//! the others anew; its loop turns all the same. Where no service manager listens, nothing is done.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::output::status::Monitor;

/// What is asked of the pages.
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

const HEALTHY: &[u8] = b"HTTP/1.1 200 ";

/// Pages that do not answer within this are not alive.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks before the show is there, and where the manager wants no sign of life.
const LOOK: Duration = Duration::from_millis(100);

/// Runs until `stop`. `address` is that of the pages.
pub(crate) async fn run(
    address: io::Result<SocketAddr>,
    mut outputs: Vec<Monitor>,
    stop: CancellationToken,
) {
    let (Ok(address), Some(manager)) = (address, Manager::find()) else {
        return stop.cancelled().await;
    };
    let address = reachable(address);
    let watch = async {
        while !answers(address).await {
            sleep(LOOK).await;
        }
        manager.ready();
        let Some(within) = manager.within() else { return };
        loop {
            // A look may be missed.
            sleep(within / 4).await;
            match looks_alive(address, &mut outputs).await {
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

async fn looks_alive(address: SocketAddr, outputs: &mut [Monitor]) -> Result<(), String> {
    if !answers(address).await {
        return Err("the pages do not answer, or the tally is silent".to_owned());
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
