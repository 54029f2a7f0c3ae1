//! The show's clock and the server's, as far as they are known to be apart. Pure but for reading the
//! show's clock.

use crate::clock::Clock;
use crate::timestamp::Timestamp;

use super::super::link::Link;

/// Both clocks at one moment of the link.
#[derive(Clone, Copy)]
pub(super) struct Clocks {
    show: Clock,
    /// How far the show's clock is ahead of the server's.
    ahead_ms: i64,
}

impl Clocks {
    pub(super) fn of(link: &Link) -> Clocks {
        Clocks { show: link.clock(), ahead_ms: link.skew_ms().unwrap_or(0) }
    }

    /// What the show's clock shows.
    pub(super) fn now(self) -> Timestamp {
        self.show.now()
    }

    /// What the server's clock shows when the show's shows `time`.
    pub(super) fn to_server(self, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(time.millis() - self.ahead_ms).unwrap_or(time)
    }

    /// What the show's clock shows when the server's shows `time`.
    pub(super) fn to_show(self, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(time.millis() + self.ahead_ms).unwrap_or(time)
    }

    #[cfg(test)]
    pub(super) fn starting_at(time: Timestamp) -> Clocks {
        Clocks { show: Clock::starting_at(time), ahead_ms: 0 }
    }
}
