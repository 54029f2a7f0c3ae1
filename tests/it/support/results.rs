//! Invented results of rounds, with a course each.

use std::time::Duration;

use hashtug::contest::PALETTE;
use hashtug::snapshot::{CoursePoint, RoundResult, TeamResult};
use hashtug::timestamp::Timestamp;

/// The result of a round of two minutes that the first team of two wins, or that is a tie.
pub(crate) fn result(number: u32, title: &str, names: [&str; 2], votes: [u64; 2]) -> RoundResult {
    let evening = Timestamp::parse_rfc3339("2026-11-27T19:00:00Z").unwrap();
    let opened_at = evening.saturating_add(Duration::from_mins(5 * u64::from(number)));
    let sum = votes[0] + votes[1];
    let share = |votes: u64| votes as f64 / sum as f64;
    let course = (1..24_u32).map(|step| {
        // It swings less and less about where it ends.
        let swing = f64::from(step * 7 % 5) / 4.0 - 0.5;
        let first = share(votes[0]) + swing / f64::from(step);
        let at = opened_at.saturating_add(Duration::from_secs(5) * step);
        CoursePoint { at, shares: vec![first, 1.0 - first] }
    });
    let team = |place: usize| TeamResult {
        name: names[place].to_owned(),
        votes: votes[place],
        share: share(votes[place]),
        total: votes[place] + 3,
        voices: votes[place],
        color: PALETTE[place],
    };
    RoundResult {
        number,
        question: number,
        title: title.to_owned(),
        opened_at,
        closed_at: opened_at.saturating_add(Duration::from_mins(2)),
        teams: vec![team(0), team(1)],
        voices: sum,
        winner: (votes[0] > votes[1]).then(|| names[0].to_owned()),
        margin: votes[0] - votes[1],
        photo_finish: votes[0] > votes[1] && share(votes[0]) - share(votes[1]) < 0.02,
        partial: false,
        course: course.collect(),
    }
}
