//! Where the result goes: lights. An output shows the newest snapshot, keeps its own errors to
//! itself, and never holds up another.

pub mod led;

use std::sync::Arc;

use tokio::sync::watch;

use crate::snapshot::Snapshot;

/// One `[[output]]` of the config.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What logs call it.
    pub name: String,
    /// What it is, with the keys of that kind.
    pub kind: Kind,
}

/// The kinds of output.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A strip drawn in the terminal.
    Terminal(led::terminal::Settings),
}

/// Runs an output until the tally ends.
pub async fn run(settings: Settings, snapshots: watch::Receiver<Arc<Snapshot>>) {
    match settings.kind {
        Kind::Terminal(terminal) => {
            let Some(device) = led::terminal::Terminal::open() else { return };
            led::run(&settings.name, terminal.strip(), device, snapshots).await;
        }
    }
}
