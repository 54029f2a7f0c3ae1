//! How soon a timeline may be asked for again, by the server's limit of requests. Pure: times come in
//! as arguments.
//!
//! A Mastodon server allows 300 requests with a cursor in 15 minutes, to an account or, without one,
//! to an address, and says in each answer what is left of that. We keep a budget of our own, which
//! stays below it (180 requests in 15 minutes and [`BURST`] more after a break), and slow down
//! further as the server's figures ask: others may share the address.
//! Source: the Mastodon documentation, "Rate limits"; `config/initializers/rack_attack.rb`.

use std::time::Duration;

use tokio::time::Instant;

/// Requests that may follow each other at once, to catch up.
const BURST: u32 = 60;

/// Requests that are left to whoever shares the address: from there on the rest is spread over the
/// time until there are more.
const RESERVE: u32 = 20;

/// The server's figures are believed up to here.
const LONGEST: Duration = Duration::from_mins(15);

#[derive(Debug)]
pub(super) struct RateLimit {
    /// The time in which one more request becomes possible.
    every: Duration,
    /// How many are possible now.
    budget: f64,
    /// When that was so.
    counted: Instant,
    last: Option<Instant>,
    /// What the server has left, and until when.
    left: Option<(u32, Instant)>,
    /// The server asked for a pause.
    paused: Option<Instant>,
}

impl RateLimit {
    pub(super) fn new(every: Duration, now: Instant) -> RateLimit {
        let budget = f64::from(BURST);
        RateLimit { every, budget, counted: now, last: None, left: None, paused: None }
    }

    /// When the next request may be made.
    pub(super) fn next_request(&self, now: Instant) -> Instant {
        let budget = self.budget(now);
        let mut next = now;
        if budget < 1.0 {
            next = now + self.every.mul_f64(1.0 - budget);
        }
        if let Some((left, until)) = self.left.filter(|&(left, _)| left <= RESERVE) {
            let last = self.last.unwrap_or(now);
            // The last of them is never taken.
            next = next.max(if left <= 1 {
                until
            } else {
                last + until.saturating_duration_since(last) / left
            });
        }
        next.max(self.paused.unwrap_or(now))
    }

    /// The time to leave between two requests where nothing is to be caught up with.
    pub(super) fn spacing(&self, now: Instant) -> Duration {
        let spread = self.left.map_or(Duration::ZERO, |(left, until)| {
            until.saturating_duration_since(now) / left.max(1)
        });
        self.every.max(spread)
    }

    /// A request is made.
    pub(super) fn count_request(&mut self, now: Instant) {
        self.budget = self.budget(now) - 1.0;
        self.counted = now;
        self.last = Some(now);
    }

    /// The server says how many requests are left, and in what time there will be more.
    pub(super) fn observe(&mut self, left: u32, more_in: Duration, now: Instant) {
        self.left = Some((left, now + more_in.min(LONGEST)));
    }

    /// No request before this is over.
    pub(super) fn pause(&mut self, pause: Duration, now: Instant) {
        self.paused = Some(now + pause.min(LONGEST));
    }

    fn budget(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        let every = self.every.as_secs_f64().max(f64::MIN_POSITIVE);
        (self.budget + passed / every).min(f64::from(BURST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(5);
    const QUARTER: Duration = Duration::from_mins(15);

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        Instant::from_std(std::time::Instant::now())
    }

    #[test]
    fn whoever_asks_as_often_as_possible_stays_below_the_limit() {
        let start = start();
        let mut limit = RateLimit::new(EVERY, start);
        let mut asked = Vec::new();
        let mut now = start;
        while now < start + QUARTER * 4 {
            now = limit.next_request(now);
            limit.count_request(now);
            asked.push(now);
        }
        for (index, &first) in asked.iter().enumerate() {
            let within = asked[index..].iter().take_while(|&&at| at < first + QUARTER).count();
            assert!(within <= 241, "{within} in 15 minutes");
        }
        assert!(asked.len() > 700);
    }

    #[test]
    fn the_servers_figures_slow_it_down_before_they_bite() {
        let start = start();
        let mut limit = RateLimit::new(EVERY, start);
        assert_eq!(limit.spacing(start), EVERY);
        // Somebody else has used up most of it.
        let mut now = start;
        let mut left = 30;
        let mut made = 0;
        loop {
            limit.observe(left, (start + QUARTER).saturating_duration_since(now), now);
            now = limit.next_request(now);
            if now >= start + QUARTER {
                break;
            }
            limit.count_request(now);
            made += 1;
            left -= 1;
        }
        assert_eq!(made, 29);
        limit.observe(0, Duration::from_secs(40), now);
        assert_eq!(limit.next_request(now), now + Duration::from_secs(40));
        limit.observe(100, Duration::from_secs(800), now);
        assert_eq!(limit.spacing(now), Duration::from_secs(8));
        assert_eq!(limit.next_request(now), now);
    }

    #[test]
    fn a_pause_is_kept_and_no_figure_is_believed_beyond_measure() {
        let start = start();
        let mut limit = RateLimit::new(EVERY, start);
        limit.pause(Duration::from_secs(70), start);
        assert_eq!(limit.next_request(start), start + Duration::from_secs(70));
        limit.observe(0, Duration::from_hours(1000), start);
        assert_eq!(limit.next_request(start), start + LONGEST);
    }
}
