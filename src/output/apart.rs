//! Does something with every output at once, each on a thread of its own, and within a bound.
//!
//! For what is done without a show: a device or a name server that hangs holds up no other output, and
//! nobody for long. A thread that is late is left behind.

use std::fmt;
use std::io;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use tokio::time::Instant;

use super::Settings;

/// What takes longer has failed. A resolver without a network needs seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// Why nothing came of an output.
#[derive(Debug)]
pub(super) enum Missed {
    /// The system has no thread for it.
    Thread(io::Error),
    /// It took too long, or panicked.
    Late,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missed::Thread(error) => error.fmt(f),
            Missed::Late => write!(f, "it took longer than {PATIENCE:?}"),
        }
    }
}

/// Gives what came of each output, in their order.
pub(super) fn each<T: Send + 'static>(
    outputs: Vec<Settings>,
    act: impl Fn(Settings) -> T + Clone + Send + 'static,
) -> Vec<Result<T, Missed>> {
    // There are as many messages as outputs, one each.
    let (done_tx, done_rx) = sync_channel(outputs.len());
    let mut results: Vec<Result<T, Missed>> = Vec::with_capacity(outputs.len());
    for (index, settings) in outputs.into_iter().enumerate() {
        let (done, act) = (done_tx.clone(), act.clone());
        let thread = std::thread::Builder::new().name(format!("output {}", settings.name));
        let started = thread.spawn(move || {
            let _nobody_waits = done.try_send((index, act(settings)));
        });
        results.push(Err(started.map_or_else(Missed::Thread, |_| Missed::Late)));
    }
    drop(done_tx);
    let deadline = Instant::now() + PATIENCE;
    while let Ok((index, result)) =
        done_rx.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    {
        results[index] = Ok(result);
    }
    results
}
