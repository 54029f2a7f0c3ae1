//! Unix: SIGINT (Ctrl-C), SIGTERM, and SIGHUP of a terminal that closes, to end; SIGTSTP (Ctrl-Z), to stand
//! still, and what a terminal sends a program in its background that reads or writes there.
//!
//! SIGSTOP cannot be caught. It is how the program stops itself when it has done what it had to.

use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use rustix::process::{Signal as Name, getpid, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, timeout};
use tracing::info;

use super::Wish;

/// Whoever has stopped goes on when it is let; where the system does not stop it, as the first process of
/// a container, it goes on after this.
const NOT_STOPPED: Duration = Duration::from_millis(200);

/// Signals that come within this may be told of in another order than they came in.
const SHUFFLED: Duration = Duration::from_millis(2);

/// How late the program may be told that it was let go on, on a busy machine. To stop after that would be
/// for ever.
const LATE: Duration = Duration::from_millis(50);

/// The signals that the program obeys.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    stop: Signal,
    reads_behind: Signal,
    writes_behind: Signal,
    go_on: Signal,
    /// When the program was told last to go on, though it had not stopped by itself.
    went_on: Option<Instant>,
}

impl Signals {
    /// Begins to catch them.
    ///
    /// # Errors
    /// If the system does not let signals be caught.
    pub fn catch() -> io::Result<Signals> {
        let named = |name: Name| signal(SignalKind::from_raw(name.as_raw()));
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            stop: named(Name::TSTP)?,
            reads_behind: named(Name::TTIN)?,
            writes_behind: named(Name::TTOU)?,
            go_on: named(Name::CONT)?,
            went_on: None,
        })
    }

    /// Waits for a wish.
    pub async fn recv(&mut self) -> Wish {
        loop {
            tokio::select! {
                biased;
                _ = self.interrupt.recv() => return Wish::End,
                _ = self.terminate.recv() => return Wish::End,
                _ = self.hangup.recv() => return Wish::End,
                _ = self.stop.recv() => {}
                _ = self.reads_behind.recv() => {}
                _ = self.writes_behind.recv() => {}
                // After a stop that nobody could catch. It is no answer to the next one.
                _ = self.go_on.recv() => {
                    self.went_on = Some(Instant::now());
                    info!("going on after a stop that no program can catch");
                    continue;
                }
            }
            if self.went_on.take().is_none_or(|at| at.elapsed() > SHUFFLED) {
                return Wish::StandStill;
            }
        }
    }

    /// Waits for the wish to end.
    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }

    /// Stops the whole program, and comes back when it is let go on. Where that has happened since the
    /// wish to stand still, it does not stop.
    pub async fn stand_still(&mut self) {
        // Whoever pressed the key twice means once.
        for again in [&mut self.stop, &mut self.reads_behind, &mut self.writes_behind] {
            while again.recv().now_or_never().flatten().is_some() {}
        }
        if timeout(LATE, self.go_on.recv()).await.is_ok() {
            return;
        }
        if kill_process(getpid(), Name::STOP).is_ok() {
            // Other threads may run for a moment after that call.
            let _not_stopped = timeout(NOT_STOPPED, self.go_on.recv()).await;
        }
    }
}
