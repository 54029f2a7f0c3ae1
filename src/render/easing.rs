//! Motion: what is shown moves towards the truth, by time and not by frame.

use std::time::Duration;

/// After so long half of the way is done.
const HALF_LIFE: Duration = Duration::from_millis(120);

/// Longer gaps between frames count as this, so that a stall is no leap.
const LONGEST_STEP: Duration = Duration::from_millis(100);

/// Closer than this to the truth is there: a tenth of what one pixel of a thousand can show.
const CLOSE: f64 = 1e-6;

/// Shares on their way.
#[derive(Clone, Debug, Default)]
pub struct Easing {
    shown: Vec<f64>,
}

impl Easing {
    /// What is shown `elapsed` after the last step. The first step is there at once.
    pub fn step(&mut self, target: impl Iterator<Item = f64>, elapsed: Duration) -> &[f64] {
        let way = 1.0 - (-elapsed.min(LONGEST_STEP).as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2();
        let mut count = 0;
        for (index, target) in target.enumerate() {
            count += 1;
            match self.shown.get_mut(index) {
                None => self.shown.push(target),
                Some(shown) if (target - *shown).abs() < CLOSE => *shown = target,
                Some(shown) => *shown += (target - *shown) * way,
            }
        }
        self.shown.truncate(count);
        &self.shown
    }

    /// Is there at once.
    pub fn jump(&mut self, target: impl Iterator<Item = f64>) -> &[f64] {
        self.shown.clear();
        self.shown.extend(target);
        &self.shown
    }

    /// Where it keeps what is shown.
    #[cfg(test)]
    pub(super) fn place(&self) -> *const f64 {
        self.shown.as_ptr()
    }

    /// Whether nothing would change any more.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "what has arrived was set to the target")]
    pub fn is_settled(&self, target: impl Iterator<Item = f64>) -> bool {
        target.zip(&self.shown).all(|(target, &shown)| target == shown)
    }
}

/// In and out, 0 to 1 and back within a turn.
#[must_use]
pub fn breath(turn: f32) -> f32 {
    0.5 - 0.5 * (turn * std::f32::consts::TAU).cos()
}

/// From 0 to 1, beginning and ending gently.
#[must_use]
pub fn smooth(way: f32) -> f32 {
    let way = way.clamp(0.0, 1.0);
    way * way * (3.0 - 2.0 * way)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_does_not_depend_on_the_frame_rate() {
        let run = |step_ms: u64| {
            let mut easing = Easing::default();
            easing.step([0.0, 1.0].into_iter(), Duration::ZERO);
            for _ in 0..240 / step_ms {
                easing.step([1.0, 0.0].into_iter(), Duration::from_millis(step_ms));
            }
            easing.shown[0]
        };
        assert!((run(10) - 0.75).abs() < 1e-9);
        assert!((run(60) - 0.75).abs() < 1e-9);
    }

    #[test]
    fn it_arrives() {
        let mut easing = Easing::default();
        easing.step([0.2, 0.8].into_iter(), Duration::ZERO);
        let target = || [0.7, 0.3].into_iter();
        assert!(!easing.is_settled(target()));
        for _ in 0..100 {
            easing.step(target(), Duration::from_millis(50));
        }
        assert!(easing.is_settled(target()));
    }
}
