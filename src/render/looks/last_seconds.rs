//! The last ten seconds of a round: the whole strip breathes, once a second.

use std::time::Duration;

use crate::render::easing::breath;

/// With so much time left it begins.
pub const BEGIN: Duration = Duration::from_secs(10);

/// It breathes by so much. A second begins and ends at full light, so that the first breath and the bell
/// are no jumps.
const DEPTH: f32 = 0.3;

/// How much of the light is left, with so much time left.
#[must_use]
pub fn level(left: Duration) -> f32 {
    if left >= BEGIN {
        return 1.0;
    }
    let turn = Duration::new(0, left.subsec_nanos()).as_secs_f32();
    1.0 - DEPTH * breath(turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> f32 {
        level(Duration::from_millis(millis))
    }

    #[test]
    fn the_light_breathes_once_a_second_in_the_last_ten() {
        for (millis, expected) in [
            (60_500, 1.0),
            (10_500, 1.0),
            (10_000, 1.0),
            (9_750, 0.85),
            (9_500, 0.7),
            (9_250, 0.85),
            (9_000, 1.0),
            (500, 0.7),
            (0, 1.0),
        ] {
            assert!((at(millis) - expected).abs() < 1e-5, "{millis}: {}", at(millis));
        }
        let levels: Vec<f32> = (0..=12_000).rev().map(at).collect();
        assert!(levels.iter().all(|level| (0.7 - 1e-6..=1.0).contains(level)));
        let lows = levels.windows(3).filter(|all| all[0] > all[1] && all[1] <= all[2]).count();
        assert_eq!(lows, 10, "a breath a second, and no more");
        assert!(levels.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.001), "no jump");
    }
}
