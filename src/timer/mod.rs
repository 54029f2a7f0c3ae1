//! The speaker's timer: how much is left, and what that means. Pure: time is told.
//!
//! [`Countdown`] is what the keys act on; [`TimerStatus`] is how it stands at an instant, which travels
//! in snapshots. The light that belongs to it is made in `render::timer`; the show keeps it, and
//! `control::timer` steers it.

use std::time::Duration;

/// No talk is longer, however often a minute is added.
pub const LONGEST: Duration = Duration::from_hours(24);

/// With how much time left the light changes; each is no longer than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Green begins to fade to yellow, which it is at the next mark.
    pub yellow: Duration,
    /// Yellow begins to fade to red, which it is at the next mark.
    pub red: Duration,
    /// Red begins to flash, once a second.
    pub flash: Duration,
}

impl Default for Marks {
    /// Those of a talk of five minutes.
    fn default() -> Marks {
        Marks {
            yellow: Duration::from_mins(2),
            red: Duration::from_mins(1),
            flash: Duration::from_secs(30),
        }
    }
}

impl Marks {
    /// The marks of a talk of this length: the same, unless it would never be green. Then all three
    /// shrink as much, so that it is green for three fifths of it, as five minutes are.
    #[must_use]
    pub fn of(self, talk: Duration) -> Marks {
        if talk > self.yellow {
            return self;
        }
        let times = talk.as_secs_f64() * 2.0 / 5.0 / self.yellow.as_secs_f64().max(0.001);
        Marks {
            yellow: self.yellow.mul_f64(times),
            red: self.red.mul_f64(times),
            flash: self.flash.mul_f64(times),
        }
    }
}

/// What the time left means to the speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// There is time.
    Green,
    /// It goes to the end.
    Yellow,
    /// The last sentence.
    Red,
    /// Now.
    Flash,
    /// There is none left.
    Over,
}

impl Signal {
    /// As in JSON and on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Signal::Green => "green",
            Signal::Yellow => "yellow",
            Signal::Red => "red",
            Signal::Flash => "flash",
            Signal::Over => "over",
        }
    }
}

/// How a timer stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerStatus {
    /// What is left.
    pub left: Duration,
    /// What there was, and what was added.
    pub total: Duration,
    /// Whether time goes on.
    pub running: bool,
    /// When the light changes.
    pub marks: Marks,
}

impl TimerStatus {
    /// What that means.
    #[must_use]
    pub fn signal(&self) -> Signal {
        let Marks { yellow, red, flash } = self.marks;
        if self.left.is_zero() {
            Signal::Over
        } else if self.left > yellow {
            Signal::Green
        } else if self.left > red {
            Signal::Yellow
        } else if self.left > flash {
            Signal::Red
        } else {
            Signal::Flash
        }
    }

    /// What is left as people read it: seconds that have begun, `4:59` or `1:02:03`.
    #[must_use]
    pub fn clock(&self) -> String {
        clock(self.left)
    }
}

/// A length of time as on a clock.
#[must_use]
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A timer that is running or held. `now` is a time that only grows.
#[derive(Clone, Copy, Debug)]
pub struct Countdown {
    total: Duration,
    /// What was left at `since`.
    left: Duration,
    since: Duration,
    running: bool,
    marks: Marks,
}

impl Countdown {
    /// Starts one. The marks are those of a talk of this length: [`Marks::of`].
    #[must_use]
    pub fn start(total: Duration, marks: Marks, now: Duration) -> Countdown {
        let total = total.min(LONGEST);
        Countdown { total, left: total, since: now, running: true, marks: marks.of(total) }
    }

    /// Gives the speaker more, also when time is over; or less, and no less than nothing.
    pub fn add(&mut self, more_ms: i64, now: Duration) {
        let ms = Duration::from_millis(more_ms.unsigned_abs());
        let left = self.left(now);
        self.since = now;
        if more_ms < 0 {
            let less = ms.min(left);
            self.left = left.saturating_sub(less);
            self.total = self.total.saturating_sub(less);
        } else {
            let more = ms.min(LONGEST.saturating_sub(self.total));
            self.left = left + more;
            self.total += more;
        }
    }

    /// Holds it, or lets it go on. When time is over there is nothing to hold.
    pub fn hold_or_go_on(&mut self, now: Duration) {
        self.left = self.left(now);
        self.since = now;
        self.running = !self.running || self.left.is_zero();
    }

    /// What is left.
    #[must_use]
    pub fn left(&self, now: Duration) -> Duration {
        if self.running {
            self.left.saturating_sub(now.saturating_sub(self.since))
        } else {
            self.left
        }
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self, now: Duration) -> TimerStatus {
        let left = self.left(now);
        TimerStatus { left, total: self.total, running: self.running, marks: self.marks }
    }

    /// When another second will stand on the clock; `None` while none will.
    #[must_use]
    pub fn next_second(&self, now: Duration) -> Option<Duration> {
        let left = self.left(now);
        if !self.running || left.is_zero() {
            return None;
        }
        let rest = Duration::from_nanos(u64::from(left.subsec_nanos()));
        Some(now + if rest.is_zero() { Duration::from_secs(1) } else { rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_countdown_runs_is_held_and_goes_on() {
        let mut countdown = Countdown::start(5 * MINUTE, Marks::default(), at(100.0));
        assert_eq!(countdown.left(at(100.0)), 5 * MINUTE);
        assert_eq!(countdown.left(at(130.5)), at(269.5));
        countdown.hold_or_go_on(at(130.5));
        assert_eq!(countdown.left(at(900.0)), at(269.5));
        assert!(!countdown.status(at(900.0)).running);
        assert_eq!(countdown.next_second(at(900.0)), None);
        countdown.hold_or_go_on(at(900.0));
        assert_eq!(countdown.left(at(901.0)), at(268.5));
        assert_eq!(countdown.left(at(5000.0)), Duration::ZERO);
    }

    #[test]
    fn a_minute_can_be_added_at_any_time() {
        let mut countdown = Countdown::start(MINUTE, Marks::default(), Duration::ZERO);
        countdown.add(60_000, at(10.0));
        assert_eq!(countdown.status(at(20.0)).left, at(100.0));
        assert_eq!(countdown.status(at(20.0)).total, 2 * MINUTE);
        countdown.hold_or_go_on(at(20.0));
        countdown.add(60_000, at(30.0));
        assert_eq!(countdown.status(at(99.0)).left, at(160.0));
        countdown.hold_or_go_on(at(100.0));
        assert_eq!(countdown.status(at(300.0)).signal(), Signal::Over);
        countdown.hold_or_go_on(at(300.0));
        countdown.add(60_000, at(301.0));
        assert_eq!(countdown.status(at(302.0)).left, at(59.0), "it runs on");
    }

    #[test]
    fn no_number_of_minutes_is_too_many() {
        let mut countdown = Countdown::start(Duration::MAX, Marks::default(), Duration::ZERO);
        for _ in 0..10 {
            countdown.add(60_000, Duration::ZERO);
        }
        assert_eq!(countdown.status(Duration::ZERO).total, LONGEST);
        assert_eq!(countdown.left(Duration::MAX), Duration::ZERO);
    }

    #[test]
    fn the_next_second_is_when_the_clock_changes() {
        let countdown = Countdown::start(2 * MINUTE, Marks::default(), at(7.0));
        for now in [7.0, 7.25, 8.0, 8.75, 126.5] {
            let next = countdown.next_second(at(now)).expect("it runs");
            let before = countdown.status(next.saturating_sub(Duration::from_nanos(1))).clock();
            assert_eq!(countdown.status(at(now)).clock(), before, "{now}");
            assert!(next <= at(now + 1.0));
            assert_ne!(countdown.status(next + Duration::from_nanos(1)).clock(), before, "{now}");
        }
        assert_eq!(countdown.next_second(at(127.0)), None);
    }

    #[test]
    fn signals_begin_at_the_marks() {
        let signal = |left| {
            let marks = Marks::default();
            TimerStatus { left: at(left), total: 5 * MINUTE, running: true, marks }.signal()
        };
        assert_eq!(signal(300.0), Signal::Green);
        assert_eq!(signal(120.001), Signal::Green);
        assert_eq!(signal(120.0), Signal::Yellow);
        assert_eq!(signal(60.0), Signal::Red);
        assert_eq!(signal(30.0), Signal::Flash);
        assert_eq!(signal(0.001), Signal::Flash);
        assert_eq!(signal(0.0), Signal::Over);
    }

    #[test]
    fn a_short_talk_is_green_for_as_much_of_it_as_five_minutes_are() {
        let marks = Marks::default();
        assert_eq!(marks.of(5 * MINUTE), marks);
        assert_eq!(marks.of(at(121.0)), marks, "what was set is kept where it can be");
        let short = marks.of(MINUTE);
        assert_eq!(short, Marks { yellow: at(24.0), red: at(12.0), flash: at(6.0) });
        let never = Marks { yellow: at(0.0), red: at(0.0), flash: at(0.0) };
        assert_eq!(never.of(MINUTE), never);
        assert_eq!(never.of(Duration::ZERO), never);
    }

    #[test]
    fn clocks_show_seconds_that_have_begun() {
        for (seconds, expected) in [
            (300.0, "5:00"),
            (299.999, "5:00"),
            (299.0, "4:59"),
            (0.001, "0:01"),
            (0.0, "0:00"),
            (3599.5, "1:00:00"),
            (3723.0, "1:02:03"),
        ] {
            assert_eq!(clock(at(seconds)), expected, "{seconds}");
        }
    }
}
