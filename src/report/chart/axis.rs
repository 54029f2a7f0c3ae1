//! The course of a round as lines: seconds since the opening, and where the axis has its ticks.

use std::time::Duration;

use crate::snapshot::RoundResult;

/// Between two ticks, in seconds: what people count time by.
const STEPS: [u32; 18] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/// From the opening to the bell.
pub(super) fn length(result: &RoundResult) -> Duration {
    result.closed_at.saturating_since(result.opened_at)
}

/// The seconds that the axis has: those of the round, and something to draw on where it had none.
pub(super) fn span(result: &RoundResult) -> f64 {
    length(result).as_secs_f64().max(0.1)
}

/// Whole seconds at which ticks stand, this many after the first at the most.
pub(super) fn ticks(span: f64, most: f64) -> Vec<f64> {
    let step = STEPS.into_iter().map(f64::from).find(|step| span / step <= most);
    let step = step.unwrap_or_else(|| (span / most / 86_400.0).ceil() * 86_400.0);
    std::iter::successors(Some(0.0), |at| Some(at + step)).take_while(|at| *at <= span).collect()
}

/// The way of each team's share, each from the opening to the bell, in no more than `columns` points and a
/// few; empty if the course is not known.
pub(super) fn lines(result: &RoundResult, columns: f64) -> Vec<Vec<(f64, f64)>> {
    if result.course.is_empty() {
        return vec![Vec::new(); result.teams.len()];
    }
    let span = span(result);
    let bell = length(result).as_secs_f64();
    let equal = 1.0 / result.teams.len() as f64;
    let line = |(place, end): (usize, f64)| {
        // Nobody has a vote when a round opens.
        let mut line = vec![(0.0, equal)];
        for point in &result.course {
            let share = point.shares.get(place).copied().filter(|share| share.is_finite());
            let (at, Some(share)) = (point.at.saturating_since(result.opened_at), share) else {
                continue;
            };
            let next = (at.as_secs_f64().min(bell), share.clamp(0.0, 1.0));
            // Of what stands in one column of the picture the newest is seen.
            let column = |(at, _): (f64, f64)| (at / span * columns).floor();
            if let Some(last) = line.last_mut()
                && (column(*last) >= column(next))
            {
                *last = (last.0.max(next.0), next.1);
            } else {
                line.push(next);
            }
        }
        // What arrived in the grace is in the end, and only there.
        let held = line.last().map_or(equal, |last| last.1);
        line.extend([(bell, held), (bell, end)]);
        line.dedup();
        line
    };
    result.teams.iter().map(|team| team.share).enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_where_people_count_time() {
        let check = |span: f64, step: f64| {
            let ticks = ticks(span, 9.0);
            assert_eq!(ticks[..1], [0.0], "{span}");
            assert!(ticks.len() <= 10, "{span}: {ticks:?}");
            assert_eq!(ticks.get(1).copied(), (step <= span).then_some(step), "{span}");
        };
        check(0.1, 1.0);
        check(5.0, 1.0);
        check(120.0, 15.0);
        check(600.0, 120.0);
        check(86_400.0, 10_800.0);
        check(30.0 * 86_400.0, 4.0 * 86_400.0);
    }
}
