//! The wait before the next attempt. Pure: what went wrong, how often, and a random number are
//! arguments.
//!
//! Usually with full jitter: any time up to a ceiling that doubles. A thousand programs that lost
//! the same server do not come back to it in the same moment. Where a network publishes how long
//! its clients have to wait at the least, that is data too: see [`Backoff::x`].

use std::time::Duration;

use super::failure::Class;

/// What the next delay depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The first ceiling.
    pub base: Duration,
    /// The highest ceiling.
    pub cap: Duration,
    /// The first ceiling after the server said that it is overloaded or broken.
    pub server_base: Duration,
    /// The highest of those.
    pub server_cap: Duration,
    /// The first ceiling after too many requests, if the server does not say how long to wait.
    pub limited_base: Duration,
    /// The highest of those; what a server asks for is obeyed up to here.
    pub limited_cap: Duration,
    /// The wait after a refusal of the credentials: somebody has to mend them first.
    pub refused: Duration,
    /// How long a connection lives before the failures that came before it are forgotten: a server
    /// that says one thing and closes, again and again, is asked more and more rarely.
    pub settled: Duration,
    /// What a ceiling means.
    pub jitter: Jitter,
}

/// What the ceilings of a [`Backoff`] mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Any time up to the ceiling, which doubles.
    Full,
    /// The ceiling is the least that the network asks for, and a little more is waited. It doubles,
    /// but after failures of the network it grows by the first one each time.
    Above,
}

/// A connection that lives for this long has worked.
const SETTLED: Duration = Duration::from_secs(30);

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff {
            base: Duration::from_millis(500),
            cap: Duration::from_secs(10),
            server_base: Duration::from_secs(1),
            server_cap: Duration::from_secs(30),
            limited_base: Duration::from_secs(15),
            limited_cap: Duration::from_mins(5),
            refused: Duration::from_mins(1),
            settled: SETTLED,
            jitter: Jitter::Full,
        }
    }
}

impl Backoff {
    /// What X asks of those who read its stream. Its limits are for 15 minutes.
    /// Source: X API v2, "Consuming streaming data", "Reconnection best practices".
    #[must_use]
    pub fn x() -> Backoff {
        Backoff {
            base: Duration::from_millis(250),
            cap: Duration::from_secs(16),
            server_base: Duration::from_secs(5),
            server_cap: Duration::from_secs(320),
            limited_base: Duration::from_mins(1),
            limited_cap: Duration::from_mins(15),
            refused: Duration::from_mins(1),
            settled: SETTLED,
            jitter: Jitter::Above,
        }
    }

    /// The wait before the next attempt. `failures` counts those since a connection lived for
    /// [`Backoff::settled`], this one included, so it is 1 for the first; `random` is in `0..1`.
    ///
    /// A connection that worked and broke is made again at once, the first time.
    #[must_use]
    pub fn delay(&self, class: Class, failures: u32, random: f64) -> Duration {
        let more = failures.saturating_sub(1);
        let doubled =
            |base: Duration, cap: Duration| base.saturating_mul(2u32.saturating_pow(more)).min(cap);
        let paced = |ceiling: Duration| match self.jitter {
            Jitter::Full => ceiling.mul_f64(random),
            Jitter::Above => ceiling + self.base.mul_f64(random),
        };
        match class {
            Class::Broken if failures <= 1 => Duration::ZERO,
            Class::Broken | Class::Network => paced(match self.jitter {
                Jitter::Full => doubled(self.base, self.cap),
                Jitter::Above => self.base.saturating_mul(failures.max(1)).min(self.cap),
            }),
            Class::Server(None) => paced(doubled(self.server_base, self.server_cap)),
            // Never earlier than asked, nor in a loop where that is at once; and not all at the same
            // moment.
            Class::Server(Some(asked)) | Class::RateLimit(Some(asked)) => {
                let ceiling = doubled(self.server_base, self.server_cap);
                let least = match self.jitter {
                    Jitter::Full => ceiling / 2,
                    Jitter::Above => ceiling,
                };
                asked.min(self.limited_cap).max(least) + self.base.mul_f64(random)
            }
            Class::RateLimit(None) => {
                let ceiling = doubled(self.limited_base, self.limited_cap);
                match self.jitter {
                    Jitter::Full => ceiling / 2 + (ceiling / 2).mul_f64(random),
                    Jitter::Above => paced(ceiling),
                }
            }
            Class::Refused => self.refused + self.refused.mul_f64(random / 4.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALMOST: f64 = 0.999_999;

    #[test]
    fn a_connection_that_worked_is_made_again_at_once() {
        assert_eq!(Backoff::default().delay(Class::Broken, 1, ALMOST), Duration::ZERO);
    }

    #[test]
    fn the_ceiling_doubles_from_half_a_second_to_ten() {
        let ceilings: Vec<f64> = (1..=8)
            .map(|n| Backoff::default().delay(Class::Network, n, ALMOST).as_secs_f64().round())
            .collect();
        assert_eq!(ceilings, [0.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]);
        assert_eq!(Backoff::default().delay(Class::Network, 1, ALMOST).as_millis(), 499);
        assert_eq!(Backoff::default().delay(Class::Network, u32::MAX, 0.0), Duration::ZERO);
    }

    #[test]
    fn what_a_server_asks_for_is_obeyed_up_to_five_minutes() {
        let asked = |secs| Class::RateLimit(Some(Duration::from_secs(secs)));
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(asked(20), 1, 0.0), Duration::from_secs(20));
        assert!(backoff.delay(asked(20), 9, ALMOST) < Duration::from_secs(21));
        assert_eq!(backoff.delay(asked(86_400), 1, 0.0), Duration::from_mins(5));
    }

    #[test]
    fn a_server_that_asks_for_no_wait_is_asked_more_and_more_rarely_all_the_same() {
        for asked in [Duration::ZERO, Duration::from_secs(1)] {
            for class in [Class::Server(Some(asked)), Class::RateLimit(Some(asked))] {
                let delays: Vec<u64> = (1..=8)
                    .map(|n| Backoff::default().delay(class, n, 0.0).max(asked).as_secs())
                    .collect();
                let least = asked.as_secs();
                assert_eq!(delays, [least, 1, 2, 4, 8, 15, 15, 15], "{class:?}");
            }
        }
        assert_eq!(of_x(Class::RateLimit(Some(Duration::ZERO)), 1..=3), [5000, 10_000, 20_000]);
    }

    #[test]
    fn refused_credentials_are_not_tried_again_and_again() {
        let delay = Backoff::default().delay(Class::Refused, 1, 0.0);
        assert!(delay >= Duration::from_mins(1));
    }

    /// The delays of X in milliseconds, by the number of failures.
    fn of_x(class: Class, failures: std::ops::RangeInclusive<u32>) -> Vec<u128> {
        failures.map(|n| Backoff::x().delay(class, n, 0.0).as_millis()).collect()
    }

    #[test]
    fn x_is_asked_again_as_it_wishes() {
        assert_eq!(of_x(Class::Broken, 1..=3), [0, 500, 750]);
        assert_eq!(of_x(Class::Network, 1..=4), [250, 500, 750, 1000]);
        assert_eq!(of_x(Class::Network, 63..=66), [15_750, 16_000, 16_000, 16_000]);
        let server = [5, 10, 20, 40, 80, 160, 320, 320].map(|seconds| seconds * 1000);
        assert_eq!(of_x(Class::Server(None), 1..=8), server);
        let limited = [60, 120, 240, 480, 900, 900].map(|seconds| seconds * 1000);
        assert_eq!(of_x(Class::RateLimit(None), 1..=6), limited);
        assert_eq!(of_x(Class::Network, u32::MAX..=u32::MAX), [16_000]);
    }

    #[test]
    fn x_is_never_asked_earlier_than_it_wishes_and_hardly_later() {
        for class in [Class::Network, Class::Server(None), Class::RateLimit(None)] {
            for failures in 1..20 {
                let least = Backoff::x().delay(class, failures, 0.0);
                let most = Backoff::x().delay(class, failures, ALMOST);
                assert!(most > least && most < least + Duration::from_millis(250), "{class:?}");
            }
        }
    }

    #[test]
    fn the_reset_of_a_limit_of_x_is_waited_for() {
        let asked = |minutes| Class::RateLimit(Some(Duration::from_mins(minutes)));
        assert_eq!(of_x(asked(14), 1..=1), [14 * 60_000]);
        assert_eq!(of_x(asked(90), 3..=3), [15 * 60_000]);
    }
}
