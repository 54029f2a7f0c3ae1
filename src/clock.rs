//! The time of a live show: a clock that cannot step.
//!
//! The wall clock is read once, at the start, and from there on only the time that has passed is
//! added. Whether the machine's clock was wrong then, or is set during the show, changes nothing:
//! posts are placed on this clock by `source::skew`, wherever it stands.
//! Recordings do not use it; they carry their own time.

use tokio::time::Instant;

use crate::timestamp::Timestamp;

/// Tells the time of the show. Copies tell the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    base: Timestamp,
}

impl Clock {
    /// A clock that shows `base` at this moment.
    #[must_use]
    pub fn starting_at(base: Timestamp) -> Clock {
        Clock { start: Instant::now(), base }
    }

    /// A clock that starts with what the machine takes for the time.
    #[must_use]
    pub fn from_wall() -> Clock {
        let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let ms = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
        Clock::starting_at(Timestamp::from_millis(ms).unwrap_or(Timestamp::MAX))
    }

    /// A clock that goes on after one that showed `last` before the program ended: with what the machine
    /// takes for the time if that is later, or else where that one stood.
    #[must_use]
    pub fn resumed(last: Timestamp) -> Clock {
        let wall = Clock::from_wall();
        Clock { base: wall.base.max(last), ..wall }
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.base.saturating_add(self.start.elapsed())
    }

    /// What it shows, or showed, at `instant`; its start for anything before that.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Timestamp {
        self.base.saturating_add(instant.saturating_duration_since(self.start))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_resumed_clock_never_shows_an_earlier_time() {
        let hour = Duration::from_hours(1);
        let wall = Clock::from_wall().now();
        let before = wall.checked_sub(hour).unwrap();
        assert!(Clock::resumed(before).now() >= wall, "the time off has passed");
        let ahead = wall.saturating_add(hour);
        let resumed = Clock::resumed(ahead);
        assert_eq!(resumed.now(), ahead, "the machine's clock was set back");
        tokio::time::advance(hour).await;
        assert_eq!(resumed.now(), ahead.saturating_add(hour));
    }
}
