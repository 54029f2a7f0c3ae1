//! Votes by size, compared exactly: sizes are the decimal numbers that people write, and a tie is a tie.

use std::cmp::Ordering;

use crate::contest::{Contest, TeamId};

/// The sizes of all teams in a unit of which each is a whole multiple.
#[derive(Clone, Debug)]
pub struct Weights(Vec<u128>);

impl Weights {
    /// The sizes of a contest's teams.
    #[must_use]
    pub fn new(contest: &Contest) -> Weights {
        let decimals: Vec<(u128, usize)> =
            contest.teams().iter().map(|team| decimal(team.size)).collect();
        let places = decimals.iter().map(|(_, places)| *places).max().unwrap_or(0);
        let scale = |&(digits, own): &(u128, usize)| {
            let factor = 10_u128.checked_pow(u32::try_from(places - own).ok()?)?;
            digits.checked_mul(factor)
        };
        let weights: Option<Vec<u128>> = decimals.iter().map(scale).collect();
        Weights(weights.unwrap_or_else(|| rounded(contest)))
    }

    /// Which of two teams, with their votes, is ahead.
    #[must_use]
    pub fn compare(&self, (a, votes_a): (usize, u64), (b, votes_b): (usize, u64)) -> Ordering {
        let pull = |votes: u64, other: usize| u128::from(votes).checked_mul(self.0[other]);
        if let (Some(a), Some(b)) = (pull(votes_a, b), pull(votes_b, a)) {
            return a.cmp(&b);
        }
        // Sizes with so many digits are not those of any room.
        let pull = |votes: u64, other: usize| votes as f64 * self.0[other] as f64;
        pull(votes_a, b).total_cmp(&pull(votes_b, a))
    }

    /// The team that is ahead of every other; `None` on a tie.
    ///
    /// # Panics
    /// Never: a contest has at most 64 teams.
    #[must_use]
    pub fn leader(&self, votes: &[u64]) -> Option<TeamId> {
        let teams = 0..votes.len();
        let first = teams.clone().reduce(|first, team| {
            let is_ahead = self.compare((team, votes[team]), (first, votes[first])).is_gt();
            if is_ahead { team } else { first }
        })?;
        let is_ahead =
            |team: usize| self.compare((first, votes[first]), (team, votes[team])).is_gt();
        let leads = teams.filter(|&team| team != first).all(is_ahead);
        leads.then(|| TeamId(u16::try_from(first).expect("a contest has at most 64 teams")))
    }

    /// The fewest further votes with which team `second` would be level with team `first`, or ahead.
    #[must_use]
    pub fn missing(&self, (first, votes): (usize, u64), (second, has): (usize, u64)) -> u64 {
        let pull = u128::from(votes).checked_mul(self.0[second]);
        let needed = pull.map(|pull| pull.div_ceil(self.0[first]));
        needed.and_then(|needed| u64::try_from(needed).ok()).unwrap_or(u64::MAX).saturating_sub(has)
    }
}

/// The digits of a size as it is written, and how many of them stand behind the point.
fn decimal(size: f64) -> (u128, usize) {
    let written = size.to_string();
    let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
    let digits = format!("{whole}{part}").parse().unwrap_or(1);
    (digits, part.len())
}

/// Sizes that are too far apart for whole numbers, in millionths.
fn rounded(contest: &Contest) -> Vec<u128> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is 0.000001 to 1000000000"
    )]
    let millionths = |size: f64| ((size * 1e6).round() as u128).max(1);
    contest.teams().iter().map(|team| millionths(team.size)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contest::{Reposts, Team, Vote};
    use crate::rgb::Rgb;

    fn weights(sizes: &[f64]) -> Weights {
        let team = |(place, &size): (usize, &f64)| Team {
            name: format!("team {place}"),
            hashtags: vec![format!("tag{place}")],
            color: Rgb::BLACK,
            size,
        };
        let teams = sizes.iter().enumerate().map(team).collect();
        let minute = Duration::from_mins(1);
        let contest = Contest::new(String::new(), minute, Vote::Latest, Reposts::Ignore, teams);
        Weights::new(&contest.unwrap())
    }

    #[test]
    fn a_tie_by_size_is_a_tie() {
        // In binary fractions 3 / 0.1 is less than 21 / 0.7.
        assert_eq!(weights(&[0.1, 0.7]).leader(&[3, 21]), None);
        assert_eq!(weights(&[0.1, 0.7]).leader(&[3, 22]), Some(TeamId(1)));
        assert_eq!(weights(&[1.0, 1.0, 1.0]).leader(&[0, 0, 0]), None);
        assert_eq!(weights(&[1.0, 2.0, 4.0]).leader(&[2, 3, 8]), None);
        assert_eq!(weights(&[1.0, 2.0, 4.0]).leader(&[2, 3, 9]), Some(TeamId(2)));
    }

    #[test]
    fn what_the_second_is_missing_is_the_fewest_votes_that_reach_the_first() {
        let even = weights(&[1.0, 1.0]);
        assert_eq!(even.missing((0, 40), (1, 24)), 16);
        assert_eq!(even.missing((0, 7), (1, 7)), 0);
        let uneven = weights(&[3.0, 2.0]);
        assert_eq!(uneven.missing((0, 10), (1, 6)), 1, "6.67 would be level");
        assert_eq!(weights(&[0.1, 0.7]).missing((0, 3), (1, 20)), 1);
    }

    #[test]
    fn sizes_that_are_far_apart_are_compared_all_the_same() {
        let weights = weights(&[0.000_001, 1e9, 123_456_789.123_456_78]);
        assert_eq!(weights.leader(&[1, 1_000_000_000_000_000, 5]), None);
        assert_eq!(weights.leader(&[2, 1_000_000_000_000_000, 5]), Some(TeamId(0)));
    }
}
