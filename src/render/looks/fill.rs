//! Light that comes in from both ends and meets in the middle: a countdown, and a result's sweep.

use std::time::Duration;

use crate::render::colour::Linear;
use crate::render::layout::Run;

/// How much of its light a team has where a countdown has not come to; so too while a round is armed.
pub const ARMED: f32 = 0.12;

/// The length of a countdown of which nobody knows how long it has run.
const COUNTDOWN: Duration = Duration::from_secs(3);

/// How much of a countdown is over, 0..=1, by how long it has run and what is left.
#[must_use]
pub fn way(since: Option<Duration>, left: Duration) -> f64 {
    let whole = since.map_or(COUNTDOWN, |since| since.saturating_add(left));
    if whole.is_zero() {
        return 1.0;
    }
    (1.0 - left.as_secs_f64() / whole.as_secs_f64()).max(0.0)
}

/// Dims what a countdown has not come to.
pub fn countdown(run: &Run, way: f64, cells: &mut [Linear]) {
    for (index, cell) in cells.iter_mut().enumerate() {
        *cell = *cell * (ARMED + (1.0 - ARMED) * reached(run, index, way));
    }
}

/// Leaves what is drawn where a sweep has come to, and puts other light elsewhere.
pub fn sweep(run: &Run, way: f64, cells: &mut [Linear], other: impl Fn(usize) -> Linear) {
    for (index, cell) in cells.iter_mut().enumerate() {
        let part = reached(run, index, way);
        *cell = *cell * part + other(index) * (1.0 - part);
    }
}

/// How much of a cell is reached when the light has come so far towards the middle.
fn reached(run: &Run, cell: usize, way: f64) -> f32 {
    let (near, far) = (run.from, run.from + run.length);
    let (from, to) = ((cell as f64).max(near), (cell as f64 + 1.0).min(far));
    let reach = way * run.length / 2.0;
    let lit = (to.min(near + reach) - from).max(0.0) + (to - from.max(far - reach)).max(0.0);
    narrow((lit / (to - from)).clamp(0.0, 1.0))
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a pixel in 24 bits")]
fn narrow(part: f64) -> f32 {
    part as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(run: Run, way: f64, expected: &[f32]) {
        let parts: Vec<f32> = (0..run.cells).map(|cell| reached(&run, cell, way)).collect();
        assert_eq!(parts, expected);
    }

    #[test]
    fn light_comes_in_from_both_ends_to_a_part_of_a_cell() {
        let five = Run { start: 0, cells: 5, from: 0.0, length: 5.0 };
        check(five, 0.0, &[0.0; 5]);
        check(five, 0.2, &[0.5, 0.0, 0.0, 0.0, 0.5]);
        check(five, 0.5, &[1.0, 0.25, 0.0, 0.25, 1.0]);
        check(five, 0.9, &[1.0, 1.0, 0.5, 1.0, 1.0]);
        check(five, 1.0, &[1.0; 5]);
        // The half of a mirrored strip, whose cell in the middle is covered by half.
        let half = Run { start: 0, cells: 3, from: 0.5, length: 2.5 };
        check(half, 0.4, &[1.0, 0.0, 0.5]);
        let half = Run { start: 0, cells: 3, from: 0.0, length: 2.5 };
        check(half, 0.4, &[0.5, 0.0, 1.0]);
        check(Run { start: 0, cells: 1, from: 0.0, length: 0.5 }, 0.5, &[0.5]);
    }

    #[test]
    fn a_countdown_is_in_step_with_what_is_left_of_it() {
        let way = |since: Option<u64>, left| {
            let percent =
                100.0 * way(since.map(Duration::from_millis), Duration::from_millis(left));
            percent.round().to_string()
        };
        let ways = [(0, 4000), (1000, 3000), (4000, 0)].map(|(since, left)| way(Some(since), left));
        assert_eq!(ways, ["0", "25", "100"]);
        assert_eq!(way(Some(0), 0), "100");
        // Not told how long it has run.
        assert_eq!([3000, 1500, 9000].map(|left| way(None, left)), ["0", "50", "0"]);
    }
}
