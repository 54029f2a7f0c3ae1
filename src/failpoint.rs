//! Panics that a test wants, to see what the program makes of them.
//!
//! `HASHTUG_TEST_PANIC` names a part, which panics at each SIGUSR1. `HASHTUG_TEST_PANIC_AT` names a place
//! in the code that panics whenever it is reached, or with `PLACE*3` the first three times. Where data is
//! read, `panic-at-PLACE` panics over data that has this very word in it.
//! In debug builds on Unix alone; in others a part is run as it is, and a place is nothing.

/// How often SIGUSR1 has come, and how often of those a part has panicked.
#[cfg(all(unix, debug_assertions))]
static SIGNALS: std::sync::LazyLock<tokio::sync::watch::Sender<(u64, u64)>> =
    std::sync::LazyLock::new(tokio::sync::watch::Sender::default);

/// From now on no SIGUSR1 is missed, whether or not the part that it is for has begun.
#[cfg(all(unix, debug_assertions))]
pub(crate) fn arm() {
    use tokio::signal::unix::{SignalKind, signal};
    if std::env::var_os("HASHTUG_TEST_PANIC").is_some_and(|wanted| !wanted.is_empty())
        && let Ok(mut signals) = signal(SignalKind::user_defined1())
    {
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                SIGNALS.send_modify(|(come, _)| *come += 1);
            }
        });
    }
}

/// From now on no SIGUSR1 is missed: there is nobody who heeds it.
#[cfg(not(all(unix, debug_assertions)))]
pub(crate) fn arm() {}

/// Runs a part.
#[cfg(all(unix, debug_assertions))]
pub(crate) async fn run(name: &str, part: impl Future<Output = ()>) {
    if std::env::var_os("HASHTUG_TEST_PANIC").is_none_or(|wanted| *wanted != *name) {
        return part.await;
    }
    let mut signals = SIGNALS.subscribe();
    let signal = async {
        drop(signals.wait_for(|(come, panics)| come > panics).await);
    };
    tokio::select! {
        () = part => {}
        () = signal => {
            SIGNALS.send_modify(|(come, panics)| *panics = *come);
            panic!("a test wants it");
        }
    }
}

/// Runs a part.
#[cfg(not(all(unix, debug_assertions)))]
pub(crate) async fn run(_name: &str, part: impl Future<Output = ()>) {
    part.await;
}

/// A place in the code that may panic.
#[cfg(all(unix, debug_assertions))]
pub(crate) fn reach(place: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static WANTED: LazyLock<Option<(String, AtomicU64)>> = LazyLock::new(|| {
        let wanted = std::env::var("HASHTUG_TEST_PANIC_AT").ok()?;
        let (place, times) = wanted.split_once('*').unwrap_or((&wanted, "1000000"));
        Some((place.to_owned(), AtomicU64::new(times.parse().ok()?)))
    });
    if let Some((wanted, times)) = &*WANTED
        && wanted == place
        && times
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok()
    {
        panic!("a test wants it");
    }
}

/// A place in the code that may panic.
#[cfg(not(all(unix, debug_assertions)))]
pub(crate) fn reach(_place: &str) {}

/// A place in the code that reads `data`, and may panic over it.
#[cfg(all(unix, debug_assertions))]
pub(crate) fn meet(place: &str, data: &[u8]) {
    let word = format!("panic-at-{place}");
    if std::env::var_os("HASHTUG_TEST_PANIC_AT").is_some_and(|wanted| *wanted == *word)
        && memchr::memmem::find(data, word.as_bytes()).is_some()
    {
        panic!("a test wants it");
    }
}

/// A place in the code that reads `data`, and may panic over it.
#[cfg(not(all(unix, debug_assertions)))]
pub(crate) fn meet(_place: &str, _data: &[u8]) {}
