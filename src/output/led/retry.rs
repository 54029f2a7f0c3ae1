//! When a device that failed is tried again: soon, then less often, never at the same time as others.

use std::time::Duration;

use tokio::time::Instant;

/// The longest wait after the first failure; it doubles with each.
const FIRST: Duration = Duration::from_millis(250);

/// The longest wait of all: somebody stands beside the strip and wonders.
const LONGEST: Duration = Duration::from_secs(3);

/// A spell of failures.
#[derive(Debug, Default)]
pub(super) struct Retry {
    failures: u32,
    at: Option<Instant>,
}

impl Retry {
    /// When to try again; `None` while all is well.
    pub(super) fn at(&self) -> Option<Instant> {
        self.at
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.at = Some(now + delay(self.failures, fastrand::f64()));
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) fn succeeded(&mut self) {
        *self = Retry::default();
    }
}

/// Any wait up to a bound that grows; `chance` is 0..1.
fn delay(failures: u32, chance: f64) -> Duration {
    let bound = FIRST.saturating_mul(1 << failures.min(16)).min(LONGEST);
    // Never none at all: a device that fails at once would be tried without a pause.
    (bound.mul_f64(chance)).max(Duration::from_millis(20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        assert_eq!(delay(0, 1.0), FIRST);
        assert_eq!(delay(1, 1.0), FIRST * 2);
        assert_eq!(delay(u32::MAX, 1.0), LONGEST);
        assert_eq!(delay(9, 0.5), LONGEST / 2);
        assert_eq!(delay(9, 0.0), Duration::from_millis(20));
    }
}
