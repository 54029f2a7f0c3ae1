//! How rounds go, as the config says: how long they are, what counts, and who sees it when.
//!
//! A round is one question, opened and closed. What happens in one is decided in `show::rounds`.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// How long a round can be.
pub const LENGTHS: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_hours(24);

/// The longest countdown, grace and rest.
pub const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The longest grace that is chosen by itself, from the cycles of the sources.
pub const LONGEST_DEFAULT_GRACE: Duration = Duration::from_secs(15);

/// Beside the cycle of the slowest source: what a network and a connection take.
pub const GRACE_MARGIN: Duration = Duration::from_secs(3);

/// The most rounds that a best-of can have.
pub const MAX_BEST_OF: u32 = 99;

/// The grace after rounds whose slowest source has a cycle of this length.
#[must_use]
pub fn default_grace(cycle: Duration) -> Duration {
    (cycle + GRACE_MARGIN).min(LONGEST_DEFAULT_GRACE)
}

/// When the bell falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So long after the round has opened.
    After(Duration),
    /// When the operator locks the round.
    Open,
}

/// Which of a round's posts are its votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// All since it opened.
    #[default]
    Round,
    /// Those in the sliding window of the contest, so that the end decides.
    Window,
}

impl Counts {
    /// As in the config and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Counts::Round => "round",
            Counts::Window => "window",
        }
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The rules of all rounds of an evening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// When the bell falls, unless the command that starts a round says otherwise.
    pub length: Length,
    /// Which posts are votes.
    pub counts: Counts,
    /// Between the start of a round and its opening.
    pub countdown: Duration,
    /// How long after the bell posts made before it may still arrive.
    pub grace: Duration,
    /// Nobody sees how a round stands until it is revealed.
    pub secret: bool,
    /// A question is won by whoever wins most of this many rounds; at least 1.
    pub best_of: u32,
    /// Rounds open, close, reveal and follow each other by themselves; a result stands this long.
    pub auto: Option<Duration>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            length: Length::After(Duration::from_mins(2)),
            counts: Counts::Round,
            countdown: Duration::from_secs(3),
            grace: GRACE_MARGIN,
            secret: false,
            best_of: 1,
            auto: None,
        }
    }
}
