//! How an evening goes on after the show has ended unexpectedly.

use crate::event::ClockEvent;
use crate::snapshot::Phase;
use crate::timestamp::Timestamp;

use super::Rounds;
use super::timeline::{LONGEST_RETURN, Stage};

impl Rounds {
    /// The show that the journal was read of goes on `now`, by its own clock, after it ended
    /// unexpectedly at `last`: the time between is none of a round's, and posts made before the bell may
    /// still arrive.
    pub(in crate::show) fn go_on(&mut self, last: Timestamp, now: Timestamp) {
        let (last, now) = (last.millis(), now.millis());
        (self.is_recorded, self.hears_clock, self.shown) = (false, false, None);
        self.log.leave_out(last, now);
        let timeline = &mut self.evening.round.timeline;
        // It ended once more before it was written that it goes on.
        if self.off.take().is_some_and(|off| timeline.held() == Some(off)) {
            timeline.resume(now);
            self.say_clock(now, ClockEvent::Open);
            return self.reach(now);
        }
        let goes_on = match timeline.stage() {
            _ if timeline.leave_out(last, now) => ClockEvent::Open,
            Stage::Locked => {
                timeline.begin_grace_anew(now, LONGEST_RETURN + self.times.grace);
                self.awaits_sources = true;
                ClockEvent::Locked
            }
            _ => {
                self.evening.rest_until_now(last, now, &self.times);
                match self.evening.round.phase() {
                    _ if self.evening.round.timeline.held().is_some() => ClockEvent::Paused,
                    Phase::Armed => ClockEvent::Armed,
                    Phase::Sealed => ClockEvent::Sealed,
                    Phase::Revealed => ClockEvent::Revealed,
                    // Its bell has fallen.
                    _ => return self.reach(now),
                }
            }
        };
        self.say_clock(last, ClockEvent::Paused);
        self.say_clock(now, goes_on);
        self.reach(now);
    }

    /// All sources are connected, the first time or again.
    pub(in crate::show) fn sources_are_back(&mut self) {
        let timeline = &mut self.evening.round.timeline;
        if std::mem::take(&mut self.awaits_sources)
            && let (Stage::Locked, Some(now)) = (timeline.stage(), self.now)
        {
            timeline.shorten_grace(now, self.times.grace);
        }
    }
}
