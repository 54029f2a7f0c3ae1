//! Events that were asked for by the machine's clock alone, after a crash: they come late because they
//! were missed, and not because the network's clock is another. Pure.
//!
//! That clock is not learned from them. Whether they are still such is told by how fast they come: time
//! goes faster in them than it passes, until the present is reached.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use crate::timestamp::Timestamp;

/// How often it is looked at how fast time goes in the events.
const LOOK: Duration = Duration::from_secs(1);

/// What was missed, while it comes.
#[derive(Debug)]
pub(super) struct CatchUp {
    /// From the cursor to the present, by the machine's clock.
    missed: Range<Timestamp>,
    /// An event, and when it came.
    look: Option<(Timestamp, Instant)>,
    is_over: bool,
}

impl CatchUp {
    pub(super) fn new(missed: Range<Timestamp>) -> CatchUp {
        CatchUp { missed, look: None, is_over: false }
    }

    /// Whether an event of that time, which came `now`, is one that was missed.
    pub(super) fn has(&mut self, at: Timestamp, now: Instant) -> bool {
        if self.is_over || !self.missed.contains(&at) {
            return false;
        }
        let (before, since) = *self.look.get_or_insert((at, now));
        let passed = now.saturating_duration_since(since);
        if passed >= LOOK {
            self.look = Some((at, now));
            self.is_over = at.saturating_since(before) < passed * 2;
        }
        !self.is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_missed_comes_faster_than_time_passes_and_what_happens_does_not() {
        let at = |seconds: i64| Timestamp::from_secs(1_795_287_841 + seconds).unwrap();
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        let start = Instant::from_std(std::time::Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        // The machine's clock is half a minute ahead: the present comes before it should.
        let mut catch_up = CatchUp::new(at(0)..at(600));
        assert!(catch_up.has(at(0), start));
        assert!(!catch_up.has(at(-9), after(1)) && !catch_up.has(at(600), after(2)));
        assert!(catch_up.has(at(300), after(1000)) && catch_up.has(at(570), after(2000)));
        assert!(catch_up.has(at(571), after(2900)));
        assert!(!catch_up.has(at(571), after(3000)) && !catch_up.has(at(572), after(3001)));
    }
}
