//! How long to wait before the next attempt: pure, told what went wrong, how often, and a random
//! number.
//!
//! Full jitter: any time up to a ceiling that doubles. A thousand programs that lost the same
//! server do not come back to it in the same moment.

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
    /// The wait after a refusal of the credentials: somebody has to mend them first.
    pub refused: Duration,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff {
            base: Duration::from_millis(500),
            cap: Duration::from_secs(10),
            server_base: Duration::from_secs(1),
            server_cap: Duration::from_secs(30),
            refused: Duration::from_mins(1),
        }
    }
}

/// What a server asks for is obeyed up to here.
const LONGEST_ASKED: Duration = Duration::from_mins(5);

/// Without being asked, this is what a rate limit costs at first; it doubles.
const RATE_LIMITED: Duration = Duration::from_secs(15);

impl Backoff {
    /// The wait before the next attempt. `failures` counts those since the last message came, this
    /// one included, so it is 1 for the first; `random` is in `0..1`.
    ///
    /// A connection that worked and broke is made again at once, the first time.
    #[must_use]
    pub fn delay(&self, class: Class, failures: u32, random: f64) -> Duration {
        let jitter = |base: Duration, cap: Duration, doublings: u32| {
            base.saturating_mul(2u32.saturating_pow(doublings)).min(cap).mul_f64(random)
        };
        match class {
            Class::Broken if failures <= 1 => Duration::ZERO,
            Class::Broken | Class::Network => {
                jitter(self.base, self.cap, failures.saturating_sub(1))
            }
            Class::Server(None) => {
                jitter(self.server_base, self.server_cap, failures.saturating_sub(1))
            }
            // Never earlier than asked; and not all at the same moment.
            Class::Server(Some(asked)) | Class::RateLimit(Some(asked)) => {
                asked.min(LONGEST_ASKED) + self.base.mul_f64(random)
            }
            Class::RateLimit(None) => {
                let ceiling = RATE_LIMITED
                    .saturating_mul(2u32.saturating_pow(failures.saturating_sub(1)))
                    .min(LONGEST_ASKED);
                ceiling / 2 + (ceiling / 2).mul_f64(random)
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
    fn refused_credentials_are_not_tried_again_and_again() {
        let delay = Backoff::default().delay(Class::Refused, 1, 0.0);
        assert!(delay >= Duration::from_mins(1));
    }
}
