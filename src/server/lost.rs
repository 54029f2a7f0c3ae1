//! Visitors that a panic has cost: each is a bug that loses that visitor alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::error;

use crate::panics::{Panic, reason};

/// How many there were so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Lost(Arc<AtomicU64>);

impl Lost {
    /// What has become of a visitor's task. Logged less and less often: a hall of phones comes again at
    /// once, and may run into the same bug each time.
    pub(super) fn note(&self, ended: Result<(), Panic>) {
        let Err(panic) = ended else { return };
        let lost = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        if lost.is_power_of_two() {
            let reason = reason(&*panic);
            error!(lost, "a visitor was lost to a panic: {reason}");
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
