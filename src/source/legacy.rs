//! What a life of a source leaves to the next one, where a panic or a crash ends it.
//!
//! After a panic a session has forgotten where it was, and what made it panic is not to be fetched once
//! more, so that the posts of the time between are a gap; a recording goes on where it was. Both are left
//! behind while the panic unwinds: to keep them costs nothing before.
//! Of a crash of the whole program only times are left, which the journal knows ([`Before`]). With them a
//! session goes on as after any break: the network is asked for what was posted since.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::timestamp::Timestamp;

/// Shared by the lives of a source, and by all connections that it has at once.
#[derive(Clone, Default)]
pub struct Legacy(Arc<Mutex<Left>>);

/// A show that ended unexpectedly, as far as the sources of the one that goes on have to know it: on the
/// clock of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// When it began: what was posted earlier is not its own.
    pub began: Timestamp,
    /// Until then posts have come.
    pub until: Timestamp,
}

/// Held for a moment, and never while anybody waits.
#[derive(Default)]
struct Left {
    /// The show before, until a connection of this one has ended in a panic.
    before: Option<Before>,
    /// The last sign of life of a connection that was there, on the show's clock.
    alive_at: Option<Timestamp>,
    /// What the kind of source keeps: where a recording was, what posts have cost.
    kept: Option<Box<dyn Any + Send>>,
}

impl Legacy {
    /// What a show leaves that ended with all of its connections.
    #[must_use]
    pub fn of_a_show(before: Before) -> Legacy {
        let legacy = Legacy::default();
        legacy.with(|left| left.before = Some(before));
        legacy
    }

    /// The show before, if the source has to go on from there.
    pub(super) fn before(&self) -> Option<Before> {
        self.with(|left| left.before)
    }

    /// A connection ends in a panic that gave its last sign of life then.
    pub(super) fn leave_alive(&self, at: Timestamp) {
        self.with(|left| (left.alive_at, left.before) = (left.alive_at.max(Some(at)), None));
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
