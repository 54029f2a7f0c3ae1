//! Tickets: each is good for the operators' key, once, for a while.
//!
//! They stand in addresses that people open, and addresses are kept in places that nobody thinks of;
//! so what stands there is worth nothing once the page has it. Pure: the time comes in as an argument.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::key::{Digest, random};

/// How long one is good.
pub(super) const GOOD_FOR: Duration = Duration::from_mins(10);

/// Tickets that are good at one time. With a further one the oldest goes.
pub(super) const MOST: usize = 16;

/// The tickets that are out, the oldest first.
#[derive(Default)]
pub(super) struct Tickets(VecDeque<(Digest, Instant)>);

impl Tickets {
    /// A new one.
    pub(super) fn issue(&mut self, now: Instant) -> String {
        let ticket = random();
        while self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((Digest::of(&ticket), now + GOOD_FOR));
        ticket
    }

    /// Whether this is a good one. It was.
    pub(super) fn redeem(&mut self, ticket: &str, now: Instant) -> bool {
        self.0.retain(|&(_, until)| now < until);
        let found = self.0.iter().position(|(digest, _)| digest.is_of(ticket));
        found.is_some_and(|found| self.0.remove(found).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once() {
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        let (one, other) = (tickets.issue(now), tickets.issue(now));
        assert_ne!(one, other);
        assert!(tickets.redeem(&one, now));
        assert!(!tickets.redeem(&one, now));
        assert!(tickets.redeem(&other, now));
        assert!(!tickets.redeem("", now));
    }

    #[test]
    fn a_ticket_is_good_for_ten_minutes() {
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        let tickets_of_now = [tickets.issue(now), tickets.issue(now)];
        let last = now + GOOD_FOR - Duration::from_millis(1);
        assert!(tickets.redeem(&tickets_of_now[0], last));
        assert!(!tickets.redeem(&tickets_of_now[1], now + GOOD_FOR));
    }

    #[test]
    fn of_too_many_tickets_the_oldest_goes() {
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        let all: Vec<String> = (0..=MOST).map(|_| tickets.issue(now)).collect();
        assert!(!tickets.redeem(&all[0], now));
        for ticket in &all[1..] {
            assert!(tickets.redeem(ticket, now));
        }
    }
}
