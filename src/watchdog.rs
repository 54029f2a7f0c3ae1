//! Tells the service manager that the show is there, and again and again that it is alive.
//!
//! Alive means: connections are accepted, the pages answer and the show behind them is not silent, which
//! is asked inside the program ([`Pulse`]), or where there are no pages the show itself publishes
//! snapshots; and the frame loop of each output has turned since the last look. A device that hangs is no
//! reason to start the others anew; its loop turns all the same. Where no service manager listens, nothing
//! is done. Nothing here opens a file once it runs: viewers may have taken the last one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::output::status::Monitor;
use crate::server::Pulse;
use crate::snapshot::Snapshot;

/// Pages that do not answer within this are not alive, nor is a show that publishes nothing for as long.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks before the show is there, and where the manager wants no sign of life.
const LOOK: Duration = Duration::from_millis(100);

/// Runs until `stop`. `pages` is what feels whether they live, if there are pages.
pub(crate) async fn run(
    pages: Option<Pulse>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    mut outputs: Vec<Monitor>,
    stop: CancellationToken,
) {
    let Some(manager) = Manager::find() else { return stop.cancelled().await };
    let mut show = match pages {
        Some(pulse) => Life::Pages(pulse),
        None => Life::Snapshots(snapshots),
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
    /// Its pages.
    Pages(Pulse),
    /// Its snapshots, where it has no pages.
    Snapshots(watch::Receiver<Arc<Snapshot>>),
}

impl Life {
    /// Whether the show is alive at this moment.
    async fn shows(&mut self) -> bool {
        match self {
            Life::Pages(pulse) => timeout(PATIENCE, pulse.beats()).await == Ok(true),
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

/// The service manager of systemd.
#[cfg(target_os = "linux")]
struct Manager {
    /// Where it listens; `None` if it is reached in another way than by a path.
    socket: Option<std::os::unix::net::UnixDatagram>,
}

#[cfg(target_os = "linux")]
impl Manager {
    fn find() -> Option<Manager> {
        let path = std::env::var_os("NOTIFY_SOCKET")?;
        let connected = std::os::unix::net::UnixDatagram::unbound().and_then(|socket| {
            socket.connect(path)?;
            // A manager that does not listen must not hold a thread of the show.
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        Some(Manager { socket: connected.ok() })
    }

    /// Within what time it wants signs of life; `None` if it wants none.
    #[expect(clippy::unused_self, reason = "one that was found is asked")]
    fn within(&self) -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    fn ready(&self) {
        self.tell(&sd_notify::NotifyState::Ready);
    }

    fn alive(&self) {
        self.tell(&sd_notify::NotifyState::Watchdog);
    }

    fn stopping(&self) {
        self.tell(&sd_notify::NotifyState::Stopping);
    }

    fn tell(&self, state: &sd_notify::NotifyState<'_>) {
        let told = match &self.socket {
            Some(socket) => socket.send(format!("{state}\n").as_bytes()).map(drop),
            None => sd_notify::notify(std::slice::from_ref(state)),
        };
        if let Err(error) = told {
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
    use crate::server::operate::{Keyring, Operators, Reach};
    use crate::server::{self, Server};
    use crate::show;

    /// Pages of a show that publishes nothing, and what feels their life.
    fn pages(stop: &CancellationToken) -> (Server, Pulse, watch::Sender<Arc<Snapshot>>) {
        let snapshot = snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]);
        let (snapshots_tx, snapshots) = watch::channel(Arc::new(snapshot));
        let listener = server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let panics = watch::Sender::default().subscribe();
        let operators = Operators {
            keyring: Keyring::default(),
            reach: Reach::Loopback,
            tls: None,
            orders: show::task::doors().0,
            truth: snapshots.clone(),
        };
        let server =
            Server::new(listener, 8, snapshots, Vec::new(), panics, operators, stop.clone());
        let pulse = server.pulse();
        (server, pulse, snapshots_tx)
    }

    #[tokio::test(start_paused = true)]
    async fn a_show_is_alive_if_its_pages_say_so_and_its_loops_turn() {
        let stop = CancellationToken::new();
        let (mut server, pulse, _snapshots) = pages(&stop);
        tokio::spawn(async move { server.run().await });
        let mut show = Life::Pages(pulse);
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
    async fn an_output_that_is_about_to_begin_anew_is_no_reason_to_start_the_others_anew() {
        let (status, monitor) = output::Settings::terminal().status_channel();
        let snapshot = Arc::new(snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]));
        let (snapshots_tx, snapshots) = watch::channel(Arc::clone(&snapshot));
        let mut show = Life::Snapshots(snapshots);
        tokio::spawn(async move {
            loop {
                sleep(Duration::from_millis(500)).await;
                snapshots_tx.send_replace(Arc::clone(&snapshot));
            }
        });
        tokio::spawn(async move { status.turn().await });
        let mut outputs = [monitor];
        for _ in 0..20 {
            sleep(Duration::from_millis(500)).await;
            assert_eq!(looks_alive(&mut show, &mut outputs).await, Ok(()));
        }
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

    #[tokio::test(start_paused = true)]
    async fn a_silent_show_is_no_sign_of_life_nor_is_a_listener_that_hangs() {
        let stop = CancellationToken::new();
        let (mut server, pulse, snapshots) = pages(&stop);
        let mut show = Life::Pages(pulse);
        assert!(!show.shows().await, "nobody accepts");
        let task = tokio::spawn(async move { server.run().await });
        snapshots.send_modify(|_| {});
        assert!(show.shows().await);
        sleep(Duration::from_secs(6)).await;
        assert!(!show.shows().await, "the show is silent");
        snapshots.send_modify(|_| {});
        sleep(LOOK).await;
        assert!(show.shows().await);
        task.abort();
        assert!(task.await.is_err());
        assert!(!show.shows().await, "nobody accepts any more");
    }
}
