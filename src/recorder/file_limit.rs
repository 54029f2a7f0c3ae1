//! The limit that a system puts on the length of a file (`ulimit -f`).
//!
//! On Unix a write past it is answered by SIGXFSZ, which ends a program that does not catch it. Caught,
//! it lets the write fail, as a full disk does. Windows has no such signal: there a write just fails.

use std::io;

/// From now on a write past the limit fails, and the program goes on.
///
/// # Errors
/// If the system does not let the signal be caught.
#[cfg(unix)]
pub fn outlive() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let past_limit = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    // Nobody waits for it. Once caught it stays so, whether or not somebody does.
    drop(signal(past_limit)?);
    Ok(())
}

/// From now on a write past the limit fails, and the program goes on: here it always does.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn outlive() -> io::Result<()> {
    Ok(())
}
