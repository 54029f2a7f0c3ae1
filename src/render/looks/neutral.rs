//! Light that tells nothing: no team's colour, the same from both ends, and by time alone.

use std::time::Duration;

use crate::render::colour::Linear;
use crate::render::easing::{breath, smooth};
use crate::render::layout::Run;

/// White at its brightest.
const BRIGHTEST: f32 = 0.4;

/// While a secret round is open waves run from both ends to the middle: so deep, so slowly.
const WAVE: f32 = 0.6;
const PERIOD: Duration = Duration::from_secs(4);

/// The ends of a strip whose result is sealed.
const SEALED_ENDS: f32 = 0.04;

/// A secret round is open: slow waves run to the middle.
#[must_use]
pub fn open(run: &Run, cell: usize, since: Duration) -> Linear {
    let turn = super::turn(since, PERIOD);
    Linear::WHITE * (BRIGHTEST * (1.0 - WAVE * breath(turn - depth(run, cell))))
}

/// The result is fixed and nobody has seen it: a light in the middle that stands still.
#[must_use]
pub fn sealed(run: &Run, cell: usize) -> Linear {
    Linear::WHITE * (SEALED_ENDS + (BRIGHTEST - SEALED_ENDS) * smooth(depth(run, cell)))
}

/// How far a cell is from the nearer end: 0 there, 1 in the middle. Exactly the same from both.
fn depth(run: &Run, cell: usize) -> f32 {
    let (near, far) = (run.from, run.from + run.length);
    let middle = (cell as f64).max(near).midpoint((cell as f64 + 1.0).min(far));
    narrow((middle - near).min(far - middle) / (run.length / 2.0))
}

#[expect(clippy::cast_possible_truncation, reason = "24 bits are enough to be looked at")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(cells: usize) -> Run {
        Run { start: 0, cells, from: 0.0, length: cells as f64 }
    }

    #[track_caller]
    fn check(lights: [Linear; 5], expected: [f32; 5]) {
        for (light, expected) in lights.into_iter().zip(expected) {
            assert!((light.r - expected).abs() < 1e-4, "{light:?} and not {expected}");
            assert_eq!(light, Linear::WHITE * light.r, "a colour");
        }
    }

    #[test]
    fn a_sealed_strip_is_lit_in_the_middle() {
        let lights = std::array::from_fn(|cell| sealed(&strip(5), cell));
        // Depths 0.2, 0.6 and 1: smooth makes 0.104, 0.648 and 1 of them.
        check(lights, [0.07744, 0.27328, 0.4, 0.27328, 0.07744]);
    }

    #[test]
    fn the_waves_of_a_secret_round_run_to_the_middle() {
        let at = |millis| {
            std::array::from_fn(|cell| open(&strip(5), cell, Duration::from_millis(millis)))
        };
        // cos(2 pi 0.2) and cos(2 pi 0.6): 0.3090 and -0.8090.
        let (outer, inner) = (0.4 - 0.24 * 0.34549, 0.4 - 0.24 * 0.90451);
        check(at(0), [outer, inner, 0.4, inner, outer]);
        // Its crest passes a cell when it is as far as the cell is deep.
        check(at(800), [0.4, inner, outer, inner, 0.4]);
        check(at(4000), [outer, inner, 0.4, inner, outer]);
        check(at(4_000_000_000), [outer, inner, 0.4, inner, outer]);
    }

    #[test]
    fn neutral_light_is_the_same_from_both_ends_to_the_bit() {
        for cells in 1..200 {
            let halves = [
                Run { start: 0, cells, from: 0.0, length: cells as f64 - 0.5 },
                Run { start: 0, cells, from: 0.5, length: cells as f64 - 0.5 },
            ];
            for cell in 0..cells {
                let other = cells - 1 - cell;
                let since = Duration::from_millis(1234);
                let run = strip(cells);
                assert_eq!(open(&run, cell, since), open(&run, other, since));
                assert_eq!(sealed(&run, cell), sealed(&run, other));
                assert_eq!(sealed(&halves[0], cell), sealed(&halves[1], other));
            }
        }
    }
}
