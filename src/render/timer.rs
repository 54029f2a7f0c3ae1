//! The speaker's light: green while there is time, through yellow to red, flashing at the end.

use std::time::Duration;

use crate::timer::TimerStatus;

pub use crate::timer::Marks;

use super::colour::Linear;

/// A timer as it was set at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// What was left at that instant.
    pub left: Duration,
    /// Whether time goes on.
    pub running: bool,
    /// When the light changes.
    pub marks: Marks,
}

const GREEN: Linear = Linear::new(0.0, 1.0, 0.0);
const YELLOW: Linear = Linear::new(1.0, 0.6, 0.0);
const RED: Linear = Linear::new(1.0, 0.0, 0.0);

impl From<TimerStatus> for Timer {
    fn from(status: TimerStatus) -> Timer {
        Timer { left: status.left, running: status.running, marks: status.marks }
    }
}

impl Timer {
    /// What is left `age` after it was set.
    #[must_use]
    pub fn left(&self, age: Duration) -> Duration {
        if self.running { self.left.saturating_sub(age) } else { self.left }
    }

    /// The light of the whole strip `age` after it was set.
    #[must_use]
    pub fn light(&self, age: Duration) -> Linear {
        let left = self.left(age);
        // One that is held does not flash, and is not dark by chance.
        if self.running { light(left, &self.marks) } else { steady(left, &self.marks) }
    }

    /// Whether the light changes by itself.
    #[must_use]
    pub fn is_moving(&self, age: Duration) -> bool {
        self.running && !self.left(age).is_zero()
    }
}

/// The light of so much time left.
#[must_use]
pub fn light(left: Duration, marks: &Marks) -> Linear {
    // A second begins lit and ends dark.
    let dark = left.subsec_nanos() != 0 && left.subsec_nanos() <= 500_000_000;
    if left <= marks.flash && dark { Linear::BLACK } else { steady(left, marks) }
}

/// The same without the flashes, which are up to whoever shows it.
#[must_use]
pub fn steady(left: Duration, marks: &Marks) -> Linear {
    if left.is_zero() {
        Linear::BLACK
    } else if left > marks.yellow {
        GREEN
    } else if left > marks.red {
        fade(GREEN, YELLOW, marks.yellow, marks.red, left)
    } else if left > marks.flash {
        fade(YELLOW, RED, marks.red, marks.flash, left)
    } else {
        RED
    }
}

fn fade(one: Linear, other: Linear, from: Duration, to: Duration, left: Duration) -> Linear {
    let way = from.saturating_sub(left).as_secs_f32() / from.saturating_sub(to).as_secs_f32();
    one * (1.0 - way) + other * way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(millis: u64, expected: Linear) {
        let light = light(Duration::from_millis(millis), &Marks::default());
        let far = |a: f32, b: f32| (a - b).abs() > 1e-4;
        assert!(
            !far(light.r, expected.r) && !far(light.g, expected.g) && !far(light.b, expected.b),
            "{light:?}"
        );
    }

    #[test]
    fn the_light_follows_the_marks() {
        check(300_000, GREEN);
        check(120_000, GREEN);
        check(90_000, Linear::new(0.5, 0.8, 0.0));
        check(60_000, YELLOW);
        check(45_000, Linear::new(1.0, 0.3, 0.0));
        check(30_001, RED);
        check(0, Linear::BLACK);
    }

    #[test]
    fn the_end_flashes_once_a_second() {
        let lit: String = (1..=3000u64)
            .rev()
            .step_by(250)
            .map(|left| light(Duration::from_millis(left), &Marks::default()))
            .map(|light| if light == RED { 'R' } else { '.' })
            .collect();
        assert_eq!(lit, "RR..RR..RR..");
    }

    #[test]
    fn marks_that_fall_together_leave_no_fade_between_them() {
        let minute = Duration::from_mins(1);
        let marks = Marks { yellow: minute, red: minute, flash: Duration::ZERO };
        assert_eq!(light(minute + Duration::from_millis(1), &marks), GREEN);
        assert_eq!(light(minute, &marks), YELLOW);
        assert_eq!(light(Duration::from_millis(0), &marks), Linear::BLACK);
    }

    #[test]
    fn a_timer_that_is_held_stands_still() {
        let timer =
            Timer { left: Duration::from_secs(90), running: false, marks: Marks::default() };
        let later = Duration::from_secs(80);
        assert_eq!(timer.left(later), timer.left);
        assert!(!timer.is_moving(later));
        let held = Timer { left: Duration::from_millis(20_200), ..timer };
        assert_eq!(held.light(later), RED, "it is not held in the dark");
        let timer = Timer { running: true, ..timer };
        assert_eq!(timer.left(later), Duration::from_secs(10));
        assert!(timer.is_moving(later));
        assert!(!timer.is_moving(Duration::from_secs(91)));
        assert_eq!(timer.light(Duration::from_secs(100)), Linear::BLACK);
    }
}
