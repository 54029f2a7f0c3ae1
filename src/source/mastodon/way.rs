//! The choice of the way to the posts. Pure: failures and times come in as arguments.
//!
//! There are three: a WebSocket, server-sent events, and asking for the timelines again and again.
//! Where one is refused the next is taken, and the first is tried again after a while. A failure that
//! other ways would share (the network, the limit of requests, the config) changes nothing.

use std::time::Duration;

use tokio::time::Instant;

use super::super::link::failure::Failure;
use super::Mode;

/// Attempts in a row after which the next way is taken, if a way does not open for a reason that may
/// pass and the server itself is there.
pub(super) const ATTEMPTS: u32 = 3;

/// The time after which the first way is tried again.
const DETOUR: Duration = Duration::from_mins(5);

/// How posts come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Over a WebSocket, which needs a token.
    Socket,
    /// As server-sent events, likewise.
    Events,
    /// From the timelines alone.
    Timeline,
}

/// What to do about a way that did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// To fail: the same way is tried again by and by.
    Fail,
    /// To take this one.
    Take(Way),
    /// To take this one if the server answers at all: the whole of it may be down.
    TakeIfServerAnswers(Way),
}

/// The way that is taken.
#[derive(Debug)]
pub(super) struct Choice {
    mode: Mode,
    first: Way,
    way: Way,
    /// Attempts in a row at which it did not open, for reasons that may pass.
    failures: u32,
    /// When to try the first way again.
    detour_until: Option<Instant>,
}

impl Choice {
    pub(super) fn new(mode: Mode, has_token: bool) -> Choice {
        let is_streamed = has_token && mode != Mode::Poll;
        let first = if is_streamed { Way::Socket } else { Way::Timeline };
        Choice { mode, first, way: first, failures: 0, detour_until: None }
    }

    pub(super) fn way(&self) -> Way {
        self.way
    }

    /// Whether it is time to try the first way again.
    pub(super) fn is_detour_over(&self, now: Instant) -> bool {
        self.detour_until.is_some_and(|until| until <= now)
    }

    /// Takes the first way again.
    pub(super) fn take_first(&mut self) {
        self.way = self.first;
        self.detour_until = None;
    }

    /// The way has opened.
    pub(super) fn opened(&mut self) {
        self.failures = 0;
    }

    /// Judges why the way did not open.
    pub(super) fn judge(&mut self, failure: &Failure) -> Verdict {
        let is_refusal = matches!(failure, Failure::Status { status: 401 | 403, .. });
        let next = match (self.way, self.mode) {
            (Way::Socket, Mode::Auto) if is_refusal => Way::Timeline,
            (Way::Socket, _) => Way::Events,
            (Way::Events, Mode::Auto) => Way::Timeline,
            (Way::Events, _) => {
                self.take_first();
                return Verdict::Fail;
            }
            (Way::Timeline, _) => return Verdict::Fail,
        };
        match failure {
            Failure::Over
            | Failure::Ended
            | Failure::Setup(_)
            | Failure::Resolve { .. }
            | Failure::Status { status: 429, .. } => Verdict::Fail,
            _ if is_refusal && self.mode == Mode::Stream => Verdict::Fail,
            // Refused for good, or by something in between that does not know it.
            Failure::Status { status: ..=499 | 501, .. }
            | Failure::Protocol(_)
            | Failure::Page
            | Failure::Unreadable(_)
            | Failure::Redirect { .. }
            | Failure::ContentType { .. }
            | Failure::Said { .. } => Verdict::Take(next),
            _ => {
                self.failures += 1;
                if self.failures < ATTEMPTS {
                    Verdict::Fail
                } else {
                    Verdict::TakeIfServerAnswers(next)
                }
            }
        }
    }

    /// Takes another way, for a while.
    pub(super) fn take(&mut self, way: Way, now: Instant) {
        self.failures = 0;
        self.way = way;
        self.detour_until = Some(now + DETOUR);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::link::failure::Tls;
    use super::Verdict::{Fail, Take, TakeIfServerAnswers};
    use super::Way::{Events, Socket, Timeline};
    use super::*;

    fn now() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        Instant::from_std(std::time::Instant::now())
    }

    fn status(status: u16) -> Failure {
        Failure::Status { status, said: String::new(), retry_after: None }
    }

    /// A choice that has come to `way`.
    fn at(way: Way, mode: Mode) -> Choice {
        let mut choice = Choice::new(mode, true);
        choice.take(way, now());
        choice
    }

    #[track_caller]
    fn check(way: Way, mode: Mode, failure: &Failure, expected: Verdict) {
        assert_eq!(at(way, mode).judge(failure), expected, "{way:?} {mode:?} {failure}");
    }

    #[test]
    fn streams_are_for_those_who_have_a_token_and_want_them() {
        for (mode, has_token, first) in [
            (Mode::Auto, true, Socket),
            (Mode::Stream, true, Socket),
            (Mode::Poll, true, Timeline),
            (Mode::Auto, false, Timeline),
            (Mode::Poll, false, Timeline),
        ] {
            assert_eq!(Choice::new(mode, has_token).way(), first, "{mode:?} {has_token}");
        }
    }

    #[test]
    fn a_way_that_is_not_there_is_left_for_the_next() {
        for failure in [status(404), status(400), status(501), Failure::Page] {
            check(Socket, Mode::Auto, &failure, Take(Events));
            check(Socket, Mode::Stream, &failure, Take(Events));
            check(Events, Mode::Auto, &failure, Take(Timeline));
            // There is no way left: it begins again with the first.
            check(Events, Mode::Stream, &failure, Fail);
            check(Timeline, Mode::Auto, &failure, Fail);
        }
        let mut choice = at(Events, Mode::Stream);
        choice.judge(&Failure::Page);
        assert_eq!((choice.way(), choice.detour_until), (Socket, None));
    }

    #[test]
    fn a_refused_token_streams_nowhere() {
        for failure in [status(401), status(403)] {
            check(Socket, Mode::Auto, &failure, Take(Timeline));
            check(Events, Mode::Auto, &failure, Take(Timeline));
            check(Socket, Mode::Stream, &failure, Fail);
            check(Events, Mode::Stream, &failure, Fail);
        }
    }

    #[test]
    fn what_other_ways_would_share_changes_nothing() {
        let host = || "garden.example".to_owned();
        for failure in [
            Failure::Over,
            Failure::Ended,
            Failure::Setup(String::new()),
            Failure::Resolve { host: host() },
            status(429),
        ] {
            for _ in 0..10 {
                check(Socket, Mode::Auto, &failure, Fail);
                check(Events, Mode::Auto, &failure, Fail);
            }
        }
    }

    #[test]
    fn what_may_pass_is_waited_for_a_few_times() {
        for failure in [status(503), Failure::Tls(Tls::Expired), Failure::Closed(String::new())] {
            let mut choice = at(Socket, Mode::Auto);
            let verdicts = [(); 4].map(|()| choice.judge(&failure));
            let other = TakeIfServerAnswers(Events);
            assert_eq!(verdicts, [Fail, Fail, other, other], "{failure}");
            choice.opened();
            assert_eq!(choice.judge(&failure), Fail);
        }
    }

    #[test]
    fn the_first_way_is_tried_again_after_a_while() {
        let start = now();
        let mut choice = Choice::new(Mode::Auto, true);
        assert!(!choice.is_detour_over(start + DETOUR));
        choice.take(Timeline, start);
        assert!(!choice.is_detour_over(start + DETOUR / 2));
        assert!(choice.is_detour_over(start + DETOUR));
        choice.take_first();
        assert_eq!(choice.way(), Socket);
        assert!(!choice.is_detour_over(start + DETOUR * 2));
    }
}
