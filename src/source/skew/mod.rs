//! Where a post of a network belongs on the show's clock.
//!
//! Nobody's clock is trusted to be right, only to run: the difference between
//! what the network says of its own time and when that arrived is how far the two clocks are apart.
//! News takes time to arrive, so that the smallest difference of the last minutes is the truest; the
//! second smallest is taken, since one stamp alone may be wrong by anything. Until a stamp has
//! arrived the machine's clock is believed: a difference of nothing.
//!
//! A difference that is far from the one believed moves no clock by itself: a page of somebody in
//! between, one server of many whose clock is off, an event with an absurd time. Only when several
//! agree, over some time and without one that agrees with what was believed, are they right
//! ([`Candidate`]). A network that seems to be *behind* may just be late, as when it sends what was
//! missed, so that this takes longer once its clock is known.
//! Pure: times come in as arguments.
//!
//! Only what the network itself stamps is taken as news of its clock (the `Date` of answers that
//! carry posts, Jetstream's `time_us`), never what authors claim.

use std::cmp::Reverse;
use std::time::Duration;

use crate::timestamp::Timestamp;

/// A difference is trusted for this long at least, and twice as long at the most.
const TRUSTED: Duration = Duration::from_mins(5);

/// Differences agree if they are no further apart than this: dates are cut to seconds, and a line
/// may be slow. In milliseconds.
const TOLERANCE: i64 = 2000;

/// The precision of a date, in milliseconds.
const DATES_ARE_CUT_TO: i64 = 1000;

/// Observations that have to agree before a clock is believed to be another than it was.
const AGREEING: u32 = 3;

/// The time over which they have to do so, and the same where they may be nothing but late: what is
/// sent after a break comes closer to the present while it is sent, and so does not agree with itself
/// for long.
const AGREED: Duration = Duration::from_secs(1);
const AGREED_BEHIND: Duration = Duration::from_secs(20);

/// How far the show's clock is ahead of a network's, in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Skew {
    /// The difference that is believed.
    ahead: i64,
    /// When something agreed with it last; `None` before anything has.
    agreed: Option<Timestamp>,
    /// The smallest differences of this period, and when the period began.
    current: Option<(Smallest, Timestamp)>,
    /// The smallest of the period before.
    last: Option<Smallest>,
    /// What contradicts.
    candidate: Option<Candidate>,
    /// In milliseconds: what is older than this counts no more, so that a clock by which posts that
    /// have just come are all older is not likely to be right.
    window: i64,
    /// The network's clock is the one that stamps its messages, whatever its answers are dated.
    is_by_stamps: bool,
}

/// The two smallest of some differences.
#[derive(Clone, Copy, Debug)]
struct Smallest {
    first: i64,
    second: Option<i64>,
}

impl Smallest {
    fn of(difference: i64) -> Smallest {
        Smallest { first: difference, second: None }
    }

    fn insert(&mut self, difference: i64) {
        if difference < self.first {
            self.second = Some(self.first);
            self.first = difference;
        } else if self.second.is_none_or(|second| difference < second) {
            self.second = Some(difference);
        }
    }

    /// Not further down than one of them, which may be wrong; the only one if there are no two.
    fn robust(self) -> i64 {
        self.second.unwrap_or(self.first)
    }
}

/// Differences that contradict the one that is believed, while it is not known who is right.
#[derive(Clone, Debug)]
struct Candidate {
    smallest: Smallest,
    /// What those that agree agree with.
    anchor: i64,
    agreeing: u32,
    since: Timestamp,
}

impl Candidate {
    fn new(difference: i64, arrival: Timestamp) -> Candidate {
        let smallest = Smallest::of(difference);
        Candidate { smallest, anchor: difference, agreeing: 1, since: arrival }
    }

    fn observe(&mut self, difference: i64, arrival: Timestamp) {
        if arrival.saturating_since(self.since) >= TRUSTED * 2 {
            *self = Candidate::new(difference, arrival);
            return;
        }
        self.smallest.insert(difference);
        let robust = self.smallest.robust();
        if !agree(robust, self.anchor) {
            self.anchor = robust;
            self.agreeing = 1 + u32::from(agree(self.smallest.first, robust));
            self.since = arrival;
        } else if agree(difference, self.anchor) {
            self.agreeing += 1;
        }
    }
}

fn agree(a: i64, b: i64) -> bool {
    a.abs_diff(b) <= TOLERANCE.unsigned_abs()
}

impl Skew {
    /// Nothing known yet; what is older than `window` counts no more.
    pub(super) fn new(window: Duration) -> Skew {
        Skew {
            ahead: 0,
            agreed: None,
            current: None,
            last: None,
            candidate: None,
            window: i64::try_from(window.as_millis()).unwrap_or(i64::MAX),
            is_by_stamps: false,
        }
    }

    /// The same, and nothing is to be learned from the dates of answers.
    pub(super) fn by_stamps(window: Duration) -> Skew {
        Skew { is_by_stamps: true, ..Skew::new(window) }
    }

    /// An answer that came at `arrival` is dated `date`, which is cut to the second.
    pub(super) fn observe_date(&mut self, date: Timestamp, arrival: Timestamp) {
        if self.is_by_stamps {
            return;
        }
        let most = arrival.millis() - date.millis();
        if self.current.is_none() && (most - DATES_ARE_CUT_TO..=most).contains(&self.ahead) {
            // The clock that is believed may be right to the millisecond, and the date is not.
            self.agreed = Some(arrival);
            self.candidate = None;
            return;
        }
        self.observe(date, arrival);
    }

    /// The network said that, when its message came at `arrival` on the show's clock, its own clock shows `network`.
    pub(super) fn observe(&mut self, network: Timestamp, arrival: Timestamp) {
        let ahead = arrival.millis() - network.millis();
        if agree(ahead, self.ahead) {
            self.believe(Smallest::of(ahead), arrival);
            return;
        }
        match &mut self.candidate {
            Some(candidate) => candidate.observe(ahead, arrival),
            none => *none = Some(Candidate::new(ahead, arrival)),
        }
        let is_firm = self.is_firm(arrival);
        let Some(candidate) = &self.candidate else { return };
        let may_be_late = is_firm && candidate.anchor > self.ahead;
        let long_enough = if may_be_late { AGREED_BEHIND } else { AGREED };
        if candidate.agreeing >= AGREEING
            && arrival.saturating_since(candidate.since) >= long_enough
        {
            let mut smallest = candidate.smallest;
            if !agree(smallest.first, smallest.robust()) {
                smallest = Smallest::of(smallest.robust());
            }
            (self.current, self.last) = (None, None);
            self.believe(smallest, arrival);
        }
    }

    /// These differences are of the clock that is believed.
    fn believe(&mut self, smallest: Smallest, arrival: Timestamp) {
        self.candidate = None;
        self.agreed = Some(arrival);
        match &mut self.current {
            Some((current, since)) if arrival.saturating_since(*since) < TRUSTED => {
                if smallest.first >= current.robust() && current.second.is_some() {
                    return;
                }
                current.insert(smallest.first);
            }
            current => {
                self.last = current.take().map(|(smallest, _)| smallest);
                *current = Some((smallest, arrival));
            }
        }
        let both = self.current.map(|(current, _)| current).into_iter().chain(self.last);
        let all = both.flat_map(|Smallest { first, second }| [Some(first), second]);
        let smallest = all.flatten().fold(None, |smallest: Option<Smallest>, difference| {
            let Some(mut smallest) = smallest else { return Some(Smallest::of(difference)) };
            smallest.insert(difference);
            Some(smallest)
        });
        self.ahead = smallest.map_or(self.ahead, Smallest::robust);
    }

    /// Whether the network itself has confirmed the difference that is believed, not long before
    /// `arrival`.
    fn is_firm(&self, arrival: Timestamp) -> bool {
        self.agreed.is_some_and(|agreed| arrival.saturating_since(agreed) < TRUSTED * 2)
    }

    /// Whether it is not known at `local` which of two clocks is right, that of the network as it was
    /// known until then (at first, that of the machine) or another.
    pub(super) fn is_undecided(&self, local: Timestamp) -> bool {
        self.candidate.is_some() && !self.is_firm(local)
    }

    /// The difference, as well as it is known at `local`.
    pub(super) fn ahead(&self, local: Timestamp) -> i64 {
        match &self.candidate {
            Some(candidate) if !self.is_firm(local) => candidate.smallest.robust(),
            _ => self.ahead,
        }
    }

    /// The same, once the network has said anything of its clock.
    pub(super) fn observed(&self, local: Timestamp) -> Option<i64> {
        (self.agreed.is_some() || self.candidate.is_some()).then(|| self.ahead(local))
    }

    /// When a post that the network dates `network`, and that has come at `arrival`, was posted on
    /// the show's clock. Nothing was posted after it came.
    pub(super) fn place(&self, network: Timestamp, arrival: Timestamp) -> Timestamp {
        let placed = match &self.candidate {
            None => network.millis().saturating_add(self.ahead),
            Some(candidate) => self.place_beside(candidate, network, arrival),
        };
        Timestamp::from_millis(placed).map_or(arrival, |placed| placed.min(arrival))
    }

    /// The same while something contradicts.
    fn place_beside(&self, candidate: &Candidate, network: Timestamp, arrival: Timestamp) -> i64 {
        let by = |ahead: i64| network.millis().saturating_add(ahead);
        let (now, known) = (arrival.millis(), by(self.ahead));
        if self.is_firm(arrival) {
            // A post of the future, unless it is the show's clock that has stood still.
            let is_future = known > now + TOLERANCE;
            return if is_future { by(candidate.smallest.robust()).min(known) } else { known };
        }
        // Each may be right. A clock that makes the post one of the future, or one that is too old to
        // count, is less likely to be, the more so the further; and most posts have just been posted.
        let Smallest { first, second } = candidate.smallest;
        let places = [Some(known), Some(by(first)), second.map(by)];
        let (oldest, newest) = (now.saturating_sub(self.window), now + TOLERANCE);
        let unlikely = |place: i64| place.abs_diff(place.clamp(oldest, newest));
        let likeliest =
            places.into_iter().flatten().min_by_key(|&place| (unlikely(place), Reverse(place)));
        likeliest.unwrap_or(known)
    }

    /// What the network's clock shows when the show's clock shows `local`.
    pub(super) fn network(&self, local: Timestamp) -> Timestamp {
        let network = local.millis().saturating_sub(self.ahead(local));
        Timestamp::from_millis(network).unwrap_or(local)
    }
}

#[cfg(test)]
mod tests;
