//! When a round is open: its countdown, its pauses, its bell and its grace.
//!
//! A round's posts are those made after it opens, up to its bell and outside its pauses, as far as they
//! arrive before its grace is over. Commands and the clock move these times; what a post is worth
//! follows from them alone, so that a command that comes later, or is taken back, is a count by another
//! timeline. Pure: every time is an argument, in milliseconds of the show's clock.

/// How long sources are waited for before a grace begins anew after a crash, in milliseconds.
pub(super) const LONGEST_RETURN: i64 = 15_000;

/// How far a round has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is not started.
    #[default]
    Armed,
    /// It opens soon.
    Countdown,
    /// Posts count.
    Open,
    /// The bell has fallen, and the grace runs.
    Locked,
    /// The grace is over: the result stands.
    Over,
}

/// The end of a grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Over {
    /// When.
    pub(super) at: i64,
    /// The number of the first message that came after it.
    pub(super) entry: u64,
}

/// The times of one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    stage: Stage,
    /// The instant after which posts count; of no meaning before the start.
    opens: i64,
    /// The last instant whose posts count: planned, or fallen. `None`: until it is locked.
    bell: Option<i64>,
    /// The pauses that have ended since it opened: after the first instant, up to the second.
    pauses: Vec<(i64, i64)>,
    /// Since when it is held.
    held: Option<i64>,
    /// When the grace ends or ended, once the bell has fallen.
    grace_ends: i64,
    over: Option<Over>,
}

impl Timeline {
    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// Since when it is held.
    pub(super) fn held(&self) -> Option<i64> {
        self.held
    }

    /// When it opens, or opened; while the countdown is held, as if it went on at `now`.
    pub(super) fn opens(&self, now: i64) -> Option<i64> {
        match self.stage {
            Stage::Armed => None,
            Stage::Countdown => Some(self.opens + self.held.map_or(0, |held| now - held)),
            _ => Some(self.opens),
        }
    }

    /// When the bell falls or fell; while it is held, as if it went on at `now`.
    pub(super) fn bell(&self, now: i64) -> Option<i64> {
        let held = self.held.map_or(0, |held| now - held);
        self.bell.filter(|_| self.stage != Stage::Armed).map(|bell| bell + held)
    }

    /// What is left until the bell: all of it before the opening, nothing after the bell.
    pub(super) fn left(&self, now: i64) -> Option<i64> {
        let reached = self.held.unwrap_or(now).max(self.opens);
        self.bell(now).and(self.bell).map(|bell| (bell - reached).max(0))
    }

    /// From the opening to the bell, pauses left out.
    pub(super) fn length(&self) -> Option<i64> {
        let paused: i64 = self.pauses.iter().map(|(from, to)| to - from).sum();
        self.bell.filter(|_| self.stage != Stage::Armed).map(|bell| bell - self.opens - paused)
    }

    pub(super) fn grace_ends(&self) -> i64 {
        self.grace_ends
    }

    /// Starts the countdown; without one the round opens.
    pub(super) fn start(&mut self, now: i64, countdown: i64, length: Option<i64>) {
        let opens = now + countdown;
        *self = Timeline {
            stage: if countdown > 0 { Stage::Countdown } else { Stage::Open },
            opens,
            bell: length.map(|length| opens + length),
            ..Timeline::default()
        };
    }

    /// The countdown is over, at `at`, which need not be when it was to be.
    pub(super) fn open(&mut self, at: i64) {
        self.bell = self.bell.map(|bell| bell + at - self.opens);
        (self.opens, self.held, self.stage) = (at, None, Stage::Open);
    }

    /// Holds the countdown, or the round.
    pub(super) fn pause(&mut self, now: i64) {
        self.held = self.held.or(Some(now));
    }

    /// Goes on: what is still to come is moved by the length of the pause.
    pub(super) fn resume(&mut self, now: i64) {
        let Some(held) = self.held.take() else { return };
        if self.stage == Stage::Countdown {
            self.opens += now - held;
        } else if now > held {
            self.pauses.push((held, now));
        }
        self.bell = self.bell.map(|bell| bell + now - held);
    }

    /// Leaves the time from `last` to `now` out, if it is running then and nobody holds it. Whether it is.
    pub(super) fn leave_out(&mut self, last: i64, now: i64) -> bool {
        let is_running = match self.stage {
            Stage::Countdown => true,
            Stage::Open => self.bell.is_none_or(|bell| bell >= last),
            Stage::Armed | Stage::Locked | Stage::Over => false,
        };
        if is_running && self.held.is_none() {
            self.pause(last);
            self.resume(now);
            return true;
        }
        false
    }

    /// Moves the bell of an open round by `more`, never to before `now`; in a pause time stands still.
    pub(super) fn move_bell(&mut self, now: i64, more: i64) {
        let now = self.held.unwrap_or(now);
        self.bell = self.bell.map(|bell| (bell + more).max(now));
    }

    /// Opens the round again after its bell, which falls anew at `bell`.
    pub(super) fn reopen(&mut self, bell: i64) {
        (self.stage, self.bell, self.over) = (Stage::Open, Some(bell), None);
    }

    /// The bell falls at `at`, or where the pause began that it falls in.
    pub(super) fn lock(&mut self, at: i64, grace: i64) {
        let bell = match self.held.take() {
            Some(held) => {
                // What was made in that pause stays outside, even if the round is opened again.
                self.pauses.extend((at > held).then_some((held, at)));
                held
            }
            None => at,
        };
        (self.stage, self.bell, self.grace_ends) = (Stage::Locked, Some(bell), bell + grace);
    }

    /// The grace runs from `now` on.
    pub(super) fn begin_grace_anew(&mut self, now: i64, grace: i64) {
        self.grace_ends = now + grace;
    }

    /// The same, unless it ends before that.
    pub(super) fn shorten_grace(&mut self, now: i64, grace: i64) {
        self.grace_ends = self.grace_ends.min(now + grace);
    }

    /// The grace is over.
    pub(super) fn close(&mut self, over: Over) {
        (self.stage, self.grace_ends, self.over) = (Stage::Over, over.at, Some(over));
    }

    /// What time does next by itself, and when: a change at or before `now` is due. A bell falls, and a
    /// grace ends, when time is past it.
    pub(super) fn next_change(&self) -> Option<i64> {
        match self.stage {
            _ if self.held.is_some() => None,
            Stage::Countdown => Some(self.opens),
            Stage::Open => self.bell.map(|bell| bell + 1),
            Stage::Locked => Some(self.grace_ends + 1),
            Stage::Armed | Stage::Over => None,
        }
    }

    /// Whether a post made at `at` is one of the round's.
    pub(super) fn is_inside(&self, at: i64) -> bool {
        !matches!(self.stage, Stage::Armed | Stage::Countdown)
            && self.opens < at
            && self.bell.is_none_or(|bell| at <= bell)
            && self.held.is_none_or(|held| at <= held)
            && !self.pauses.iter().any(|&(from, to)| from < at && at <= to)
    }

    /// Whether something made at `at` comes too late to change what counts, whenever it arrived.
    pub(super) fn is_past_bell(&self, at: i64) -> bool {
        self.stage != Stage::Armed && self.held.is_none() && self.bell.is_some_and(|bell| at > bell)
    }

    /// Whether the message of that number, which arrived at `arrival`, came before the grace was over.
    pub(super) fn is_in_time(&self, arrival: i64, entry: u64) -> bool {
        self.over.is_none_or(|over| entry < over.entry && arrival <= over.at)
    }

    /// The time by which the round's window moves: it stands still in pauses, and at the bell.
    pub(super) fn running(&self, at: i64) -> i64 {
        let at = at.min(self.held.unwrap_or(i64::MAX));
        let still: i64 = self.pauses.iter().map(|&(from, to)| at.clamp(from, to) - from).sum();
        at - still
    }

    /// The same of the time that it is: after the bell it is that of the bell.
    pub(super) fn running_now(&self, now: i64) -> i64 {
        let bell = if matches!(self.stage, Stage::Locked | Stage::Over) { self.bell } else { None };
        self.running(now.min(bell.unwrap_or(i64::MAX)))
    }

    /// What of it decides about messages made up to `made`, all of which arrived up to `arrived`: two
    /// timelines that agree in that count them alike.
    pub(super) fn verdict_until(&self, made: i64, arrived: i64) -> impl PartialEq + use<> {
        let is_open = !matches!(self.stage, Stage::Armed | Stage::Countdown);
        let opens = if is_open { self.opens.min(made) } else { made };
        let end = self.bell.map_or(made, |bell| bell.min(made));
        let bars = !matches!(self.stage, Stage::Armed) && self.held.is_none();
        let bell = self.bell.filter(|_| bars).map_or(made, |bell| bell.min(made));
        let held = self.held.map(|held| (held, made));
        let clip = |(from, to): (i64, i64)| (from, to.min(made));
        let pauses = self.pauses.iter().copied().chain(held).map(clip);
        let pauses: Vec<(i64, i64)> = pauses.filter(|(from, to)| from < to).collect();
        let over = self.over.filter(|over| over.at < arrived);
        (opens, end, bell, pauses, over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started() -> Timeline {
        let mut timeline = Timeline::default();
        timeline.start(1_000, 3_000, Some(60_000));
        timeline.open(4_000);
        timeline
    }

    #[test]
    fn its_posts_are_made_after_the_opening_and_up_to_the_bell() {
        let mut timeline = started();
        for (at, is_inside) in [(4_000, false), (4_001, true), (64_000, true), (64_001, false)] {
            assert_eq!(timeline.is_inside(at), is_inside, "{at}");
        }
        timeline.lock(30_000, 5_000);
        assert!(timeline.is_inside(30_000) && !timeline.is_inside(30_001));
        assert_eq!(timeline.next_change(), Some(35_001));
        timeline.close(Over { at: 35_000, entry: 7 });
        assert!(timeline.is_in_time(35_000, 6));
        assert!(!timeline.is_in_time(35_000, 7) && !timeline.is_in_time(35_001, 6));
    }

    #[test]
    fn a_pause_moves_the_bell_by_its_length_and_its_posts_are_outside() {
        let mut timeline = started();
        timeline.pause(10_000);
        assert_eq!((timeline.left(12_000), timeline.bell(12_000)), (Some(54_000), Some(66_000)));
        assert_eq!(timeline.next_change(), None);
        assert!(timeline.is_inside(10_000) && !timeline.is_inside(10_001));
        timeline.resume(15_000);
        assert_eq!((timeline.bell(15_000), timeline.length()), (Some(69_000), Some(60_000)));
        assert!(!timeline.is_inside(15_000) && timeline.is_inside(15_001));
        let running = [10_000, 12_000, 15_000, 16_000].map(|at| timeline.running(at));
        assert_eq!(running, [10_000, 10_000, 10_000, 11_000]);
    }

    #[test]
    fn a_countdown_can_be_held() {
        let mut timeline = Timeline::default();
        timeline.start(1_000, 3_000, Some(60_000));
        timeline.pause(2_000);
        assert_eq!((timeline.opens(50_000), timeline.left(50_000)), (Some(52_000), Some(60_000)));
        timeline.resume(12_000);
        assert_eq!(timeline.next_change(), Some(14_000));
        timeline.open(14_000);
        assert_eq!(timeline.bell(14_000), Some(74_000));
    }

    #[test]
    fn the_bell_can_be_moved_but_not_to_before_now_and_falls_anew_after_it_fell() {
        let mut timeline = started();
        timeline.move_bell(10_000, 30_000);
        assert_eq!(timeline.bell(10_000), Some(94_000));
        timeline.move_bell(20_000, -900_000);
        assert_eq!(timeline.bell(20_000), Some(20_000));
        timeline.lock(20_000, 5_000);
        timeline.close(Over { at: 25_000, entry: 0 });
        timeline.reopen(50_000);
        assert_eq!((timeline.stage(), timeline.left(40_000)), (Stage::Open, Some(10_000)));
        assert!(timeline.is_inside(30_000), "what was held counts");
    }

    #[test]
    fn who_locks_in_a_pause_locks_at_its_beginning() {
        let mut timeline = started();
        timeline.pause(10_000);
        timeline.lock(13_000, 1_000);
        assert_eq!((timeline.bell(13_000), timeline.next_change()), (Some(10_000), Some(11_001)));
        timeline.reopen(20_000);
        assert!(!timeline.is_inside(12_000) && timeline.is_inside(14_000));
    }

    #[test]
    fn timelines_that_differ_only_in_what_is_to_come_agree_so_far() {
        let open = started();
        let agree = |other: &Timeline, made, arrived| {
            open.verdict_until(made, arrived) == other.verdict_until(made, arrived)
        };
        let mut locked = open.clone();
        locked.lock(30_000, 5_000);
        assert!(agree(&locked, 30_000, 30_000));
        assert!(!agree(&locked, 30_001, 30_001));
        let mut paused = open.clone();
        paused.pause(30_000);
        assert!(agree(&paused, 30_000, 30_000) && !agree(&paused, 30_001, 30_001));
        let mut resumed = paused.clone();
        resumed.resume(40_000);
        let verdict = |timeline: &Timeline| timeline.verdict_until(35_000, 35_000);
        assert!(verdict(&paused) == verdict(&resumed), "what came in the pause is outside of both");
        paused.lock(40_000, 1_000);
        paused.close(Over { at: 31_000, entry: 9 });
        assert!(!agree(&paused, 30_000, 40_000), "what came after the grace is late now");
        assert!(!agree(&Timeline::default(), 5_000, 5_000));
        assert!(agree(&Timeline::default(), 4_000, 4_000));
    }
}
