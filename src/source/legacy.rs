//! What a life of a source leaves to the next one, where a panic or a crash ends it.
//!
//! A session forgets where it was, so that the posts of the time between are a gap; a recording goes on
//! where it was. Both are left behind while the panic unwinds: to keep them costs nothing before. Of a
//! crash of the whole program only the time is left, which the journal knows.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::timestamp::Timestamp;

/// Shared by the lives of a source, and by all connections that it has at once.
#[derive(Clone, Default)]
pub struct Legacy(Arc<Mutex<Left>>);

/// Held for a moment, and never while anybody waits.
#[derive(Default)]
struct Left {
    /// The last sign of life of a connection that was there, on the show's clock.
    alive_at: Option<Timestamp>,
    /// What the kind of source keeps: where a recording was, what posts have cost.
    kept: Option<Box<dyn Any + Send>>,
}

impl Legacy {
    /// What a show leaves that ended at `last`, with all of its connections.
    #[must_use]
    pub fn of_a_show(last: Timestamp) -> Legacy {
        let legacy = Legacy::default();
        legacy.leave_alive(last);
        legacy
    }

    /// A connection ends that gave its last sign of life then.
    pub(super) fn leave_alive(&self, at: Timestamp) {
        self.with(|left| left.alive_at = left.alive_at.max(Some(at)));
    }

    /// The last sign of life of the life before, once.
    pub(super) fn take_alive(&self) -> Option<Timestamp> {
        self.with(|left| left.alive_at.take())
    }

    /// The kind of source keeps this.
    pub(super) fn leave(&self, kept: impl Any + Send) {
        self.with(|left| left.kept = Some(Box::new(kept)));
    }

    /// What the life before has kept, once.
    pub(super) fn take<T: Any>(&self) -> Option<T> {
        let kept = self.with(|left| left.kept.take())?;
        kept.downcast().ok().map(|kept| *kept)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Left) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Legacy")
    }
}
