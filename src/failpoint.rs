//! A part that panics when a test says so: at SIGUSR1, if `HASHTUG_TEST_PANIC` is its name.
//!
//! In debug builds on Unix alone; in others a part is run as it is.

#[cfg(all(unix, debug_assertions))]
use tokio::signal::unix::{SignalKind, signal};

/// Runs a part.
#[cfg(all(unix, debug_assertions))]
pub(crate) async fn run(name: String, part: impl Future<Output = ()>) {
    if std::env::var_os("HASHTUG_TEST_PANIC").is_some_and(|wanted| *wanted == *name)
        && let Ok(mut now) = signal(SignalKind::user_defined1())
    {
        tokio::select! {
            () = part => {}
            _ = now.recv() => panic!("a test wants it"),
        }
        return;
    }
    part.await;
}

/// Runs a part.
#[cfg(not(all(unix, debug_assertions)))]
pub(crate) async fn run(_name: String, part: impl Future<Output = ()>) {
    part.await;
}
