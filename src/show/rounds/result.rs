//! The result of a round: who has won, by how much, and how it went.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::contest::{Contest, TeamId};
use crate::snapshot::{CoursePoint, RoundResult, TeamResult};
use crate::tally::Tally;
use crate::timestamp::Timestamp;

/// Shares nearer to each other than this are a photo finish. Exactly that apart is none, and shares
/// are rounded.
const PHOTO_FINISH: f64 = 0.02 - 1e-9;

/// The same in votes, where there are more than [`FEW_VOTES`].
const PHOTO_FINISH_MARGINS: std::ops::RangeInclusive<u64> = 1..=2;

const FEW_VOTES: u64 = 10;

/// What a result says of its round beside the count.
pub(super) struct Of<'a> {
    pub(super) number: u32,
    pub(super) question: usize,
    pub(super) contest: &'a Arc<Contest>,
    pub(super) opened: i64,
    pub(super) bell: i64,
    pub(super) course: Vec<CoursePoint>,
}

/// The result of a round whose votes `tally` has counted.
pub(super) fn result(tally: &mut Tally, of: Of<'_>) -> RoundResult {
    let Of { number, question, contest, opened, bell, course } = of;
    let count = tally.count(None);
    let voices = tally.team_voices();
    let votes: Vec<u64> = count.teams.iter().map(|team| team.votes).collect();
    let teams = contest.teams().iter().zip(&count.teams).zip(voices);
    let teams: Vec<TeamResult> = teams
        .map(|((team, standing), voices)| TeamResult {
            name: team.name.clone(),
            votes: standing.votes,
            share: standing.share,
            total: standing.total,
            voices,
            color: team.color,
        })
        .collect();
    let winner = count.leader.map(TeamId::index);
    let (margin, photo_finish) =
        winner.map_or((0, false), |winner| closeness(tally, winner, &votes, &teams));
    RoundResult {
        number,
        question: u32::try_from(question + 1).unwrap_or(u32::MAX),
        title: contest.title().to_owned(),
        opened_at: timestamp(opened),
        closed_at: timestamp(bell),
        voices: tally.voices().unwrap_or_default(),
        winner: winner.map(|winner| teams[winner].name.clone()),
        teams,
        margin,
        photo_finish,
        partial: tally.posts().dropped > 0 || count.evicted.deletions > 0,
        course,
    }
}

/// The margin of the winner before the second, and whether it is a photo finish.
fn closeness(tally: &Tally, winner: usize, votes: &[u64], teams: &[TeamResult]) -> (u64, bool) {
    let weights = tally.weights();
    let others = || (0..votes.len()).filter(|&team| team != winner);
    let second = others().reduce(|second, team| {
        match weights.compare((team, votes[team]), (second, votes[second])) {
            Ordering::Greater => team,
            _ => second,
        }
    });
    let Some(second) = second else { return (0, false) };
    // Several may share the second place; the one that needs the fewest votes decides.
    let is_second =
        |&team: &usize| weights.compare((team, votes[team]), (second, votes[second])).is_eq();
    let missing = |team| weights.missing((winner, votes[winner]), (team, votes[team]));
    let margin = others().filter(is_second).map(missing).min().unwrap_or(0);
    let all: u64 = votes.iter().sum();
    let is_near = teams[winner].share - teams[second].share < PHOTO_FINISH;
    (margin, is_near || PHOTO_FINISH_MARGINS.contains(&margin) && all > FEW_VOTES)
}

/// A time of the show. All of them are between the years 1 and 9999, or a little outside after a
/// command with a length.
pub(super) fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms.clamp(Timestamp::MIN.millis(), Timestamp::MAX.millis()))
        .expect("it is within the bounds")
}
