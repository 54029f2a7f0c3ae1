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
