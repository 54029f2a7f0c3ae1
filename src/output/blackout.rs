//! Black, and nothing else: what is left to do when a show could not do it.
//!
//! Each output is opened, told to be dark, and ended, on a thread of its own and within a bound. It is
//! what a service does after its program was killed, so that nothing here waits for what may never come.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use tokio::time::Instant;

use super::Settings;
use super::led::darken;

/// What takes longer has failed. A resolver without a network needs seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// An output that may be lit.
#[derive(Debug)]
pub struct Lit {
    /// As in the config.
    pub name: String,
    /// Why it could not be made dark.
    pub reason: String,
}

/// Makes all outputs dark, and says which may not be.
#[must_use]
pub fn blackout(outputs: Vec<Settings>) -> Vec<Lit> {
    let mut waiting: Vec<String> = outputs.iter().map(|settings| settings.name.clone()).collect();
    let mut lit = Vec::new();
    // There are as many messages as outputs, one each.
    let (done_tx, done_rx) = sync_channel(outputs.len());
    for settings in outputs {
        let done = done_tx.clone();
        let name = settings.name.clone();
        let thread = std::thread::Builder::new().name(format!("output {name}"));
        let started = thread.spawn(move || {
            let channels = settings.strip.calibration.channels();
            let black = vec![0; settings.strip.layout.pixels * channels];
            let result = darken(settings.kind.into_open(), &black, channels);
            let _nobody_waits = done.try_send((settings.name, result));
        });
        if let Err(error) = started {
            waiting.retain(|other| *other != name);
            lit.push(Lit { name, reason: error.to_string() });
        }
    }
    drop(done_tx);
    let mut left = PATIENCE;
    while !waiting.is_empty() {
        let start = Instant::now();
        match done_rx.recv_timeout(left) {
            Ok((name, result)) => {
                waiting.retain(|other| *other != name);
                if let Err(reason) = result {
                    lit.push(Lit { name, reason: reason.to_string() });
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
        left = left.saturating_sub(start.elapsed());
    }
    let late = waiting.into_iter().map(|name| {
        let reason = format!("it did not take a frame within {PATIENCE:?}");
        Lit { name, reason }
    });
    lit.extend(late);
    lit.sort_by(|one, other| one.name.cmp(&other.name));
    lit
}
