//! Where the round stands.
//!
//! A show without questions of its own has one round, which is open from its start to its end.

use crate::snapshot::Phase;

/// The round that is on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    phase: Phase,
}

impl Round {
    pub(super) fn phase(self) -> Phase {
        self.phase
    }
}
