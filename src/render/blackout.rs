//! The dark that an operator orders: the light of a whole strip goes within half a second, whatever
//! is shown on it, and comes back as gently.

use std::time::Duration;

use super::LONGEST_STEP;

/// From full light to none, and back.
const FADE: Duration = Duration::from_millis(500);

/// How dark a strip is by order.
#[derive(Clone, Copy, Debug)]
pub struct Blackout {
    ordered: bool,
    /// What was ordered at the last step; `None` before the first.
    obeyed: Option<bool>,
    /// How far it is from the dark; [`FADE`] is full light.
    lit: Duration,
}

impl Default for Blackout {
    fn default() -> Blackout {
        Blackout { ordered: false, obeyed: None, lit: FADE }
    }
}

impl Blackout {
    /// Orders the dark, or the light again.
    pub fn order(&mut self, dark: bool) {
        self.ordered = dark;
    }

    /// Time goes on. What was ordered before the first step is so at once; the step that hears of
    /// another order first begins its fade, however long ago the one before was.
    pub fn step(&mut self, elapsed: Duration) {
        let step = elapsed.min(LONGEST_STEP);
        match self.obeyed.replace(self.ordered) {
            None => self.lit = self.goal(),
            Some(obeyed) if obeyed != self.ordered => {}
            Some(true) => self.lit = self.lit.saturating_sub(step),
            Some(false) => self.lit = (self.lit + step).min(FADE),
        }
    }

    /// Whether it is on its way.
    #[must_use]
    pub fn is_moving(self) -> bool {
        self.lit != self.goal()
    }

    /// How much of the light is left: nothing at all at the end.
    #[must_use]
    pub fn level(self) -> f32 {
        let light = self.lit.as_secs_f32() / FADE.as_secs_f32();
        // Even steps to the eye.
        light * light
    }

    fn goal(self) -> Duration {
        if self.ordered { Duration::ZERO } else { FADE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(20);

    #[test]
    fn the_light_goes_within_half_a_second_and_comes_back_as_fast() {
        let mut blackout = Blackout::default();
        blackout.step(FRAME);
        assert!((blackout.level() - 1.0).abs() < 1e-6 && !blackout.is_moving());
        for (dark, expected) in [(true, 0.0), (false, 1.0)] {
            blackout.order(dark);
            // A quiet hour before the order is none of its time.
            blackout.step(Duration::from_hours(1));
            assert!((blackout.level() - (1.0 - expected)).abs() < 1e-6 && blackout.is_moving());
            for frame in 1..=25 {
                assert!(blackout.is_moving(), "{frame}");
                blackout.step(FRAME);
            }
            assert!((blackout.level() - expected).abs() < 1e-9 && !blackout.is_moving());
        }
    }

    #[test]
    fn a_strip_that_begins_in_the_dark_is_dark_at_once() {
        let mut blackout = Blackout::default();
        blackout.order(true);
        blackout.step(FRAME);
        assert!(blackout.level() <= 0.0 && !blackout.is_moving());
    }
}
