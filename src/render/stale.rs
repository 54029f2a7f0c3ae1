//! The mark of a lost feed: the whole strip is dimmed and breathes slowly, and the split is held.

use std::time::Duration;

use super::LONGEST_STEP;
use super::easing::breath;

/// It is dimmed by so much on the whole, and breathes by so much, so slowly.
const DIM: f32 = 0.45;
const BREATH: f32 = 0.2;
const PERIOD: Duration = Duration::from_secs(4);

/// The mark comes and goes within this.
const TIME: Duration = Duration::from_secs(1);

/// How much of the mark there is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stale {
    /// How much of it is there, 0..=1.
    amount: f32,
    /// Where in a breath it is, 0..1.
    turn: f32,
}

impl Stale {
    /// Time goes on, and the feed is lost or not.
    pub fn step(&mut self, stale: bool, elapsed: Duration) {
        let step = elapsed.min(LONGEST_STEP).as_secs_f32();
        let by = step / TIME.as_secs_f32();
        self.amount = (self.amount + if stale { by } else { -by }).clamp(0.0, 1.0);
        self.turn = (self.turn + step / PERIOD.as_secs_f32()) % 1.0;
        if self.amount <= 0.0 {
            self.turn = 0.0;
        }
    }

    /// Whether there is any of it.
    #[must_use]
    pub fn is_seen(self) -> bool {
        self.amount > 0.0
    }

    /// How much of the light is left.
    #[must_use]
    pub fn level(self) -> f32 {
        1.0 - self.amount * (DIM + BREATH * (2.0 * breath(self.turn) - 1.0))
    }
}
