//! What signals ask of a show: to end, and to stand still for a while and go on.

use std::time::Duration;

use tokio::time::timeout;
use tracing::{info, warn};

use crate::keyboard::Keyboard;
use crate::output::suspend::Suspender;
use crate::shutdown::{Signals, Wish};

/// A program that is asked to stop stops within this, whatever its lights do.
const PATIENCE: Duration = Duration::from_millis(500);

/// Waits for the wish to end. Until then the show may be stopped, dark and with the terminal as it was,
/// and continued.
pub(super) async fn until_end(
    signals: &mut Signals,
    lights: &mut Suspender,
    keyboard: Option<&Keyboard>,
) {
    while signals.recv().await == Wish::StandStill {
        let pid = std::process::id();
        info!("stopping for a while: dark until `fg`, or `kill -CONT {pid}`");
        if let Some(keyboard) = keyboard {
            keyboard.suspend();
        }
        let dark = tokio::select! {
            biased;
            () = signals.end() => return,
            dark = timeout(PATIENCE, lights.suspend()) => dark,
        };
        if dark.is_err() {
            warn!("a light takes no black frame, and may be left lit");
        }
        signals.stand_still().await;
        if let Some(keyboard) = keyboard {
            keyboard.resume();
        }
        lights.resume();
        info!("going on");
    }
}
