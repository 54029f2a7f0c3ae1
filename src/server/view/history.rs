//! The shares of the last minutes, a point a second, for pages that come late.
//!
//! A point keeps how it was beside how viewers saw it. While its round is hidden the latter is given out,
//! and once they know the result the former. The history is of one question: it begins anew with the
//! next.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::contest::Contest;
use crate::snapshot::{MAX_RESULTS, Snapshot};
use crate::timestamp::Timestamp;

use super::wire;

/// A quarter of an hour. Older points are let go.
const POINTS: usize = 900;

const STEP_MS: u64 = 1000;

/// The shares at past times.
#[derive(Default)]
pub(super) struct History {
    /// Whose shares they are.
    contest: Option<Arc<Contest>>,
    points: VecDeque<Point>,
    /// Of each result that viewers know the number, and when its round opened; in order.
    told: Vec<(u32, Timestamp)>,
}

struct Point {
    at: Timestamp,
    /// As viewers saw them.
    seen: Vec<f64>,
    truth: Option<Hidden>,
}

/// What viewers did not see.
struct Hidden {
    /// The number of its round.
    round: u32,
    shares: Vec<f64>,
    /// They know the result of that round.
    is_told: bool,
}

impl History {
    /// Takes in a snapshot as viewers see it and how it stands in truth, which may be a moment newer,
    /// and says whether the history is another one thereby.
    pub(super) fn push(&mut self, seen: &Snapshot, truth: &Snapshot) -> bool {
        let is_of_it = |contest: &Arc<Contest>| {
            Arc::ptr_eq(contest, &seen.contest) || **contest == *seen.contest
        };
        let is_new = !self.contest.as_ref().is_some_and(is_of_it);
        if is_new {
            self.contest = Some(Arc::clone(&seen.contest));
            self.points.clear();
        }
        let is_told_more = self.hear(seen);
        self.add(seen, truth) || is_told_more || is_new
    }

    /// Whether there was a second to add.
    fn add(&mut self, seen: &Snapshot, truth: &Snapshot) -> bool {
        let Some(at) = seen.at else { return false };
        let newest = self.points.back().map(|newest| newest.at);
        if newest
            .is_some_and(|newest| at.saturating_since(newest).as_millis() < u128::from(STEP_MS))
        {
            return false;
        }
        if self.points.len() == POINTS {
            self.points.pop_front();
        }
        let shares = |snapshot: &Snapshot| snapshot.teams.iter().map(|team| team.share).collect();
        let number = |snapshot: &Snapshot| snapshot.round.as_ref().map(|round| round.number);
        let is_hidden = seen.round.as_ref().is_some_and(|round| round.hidden);
        let is_same = number(seen) == number(truth) && *seen.contest == *truth.contest;
        let truth = number(seen).filter(|_| is_hidden && is_same).map(|round| Hidden {
            round,
            shares: shares(truth),
            is_told: false,
        });
        self.points.push_back(Point { at, seen: shares(seen), truth });
        true
    }

    /// Whether viewers know other results than before.
    fn hear(&mut self, seen: &Snapshot) -> bool {
        let told = || seen.results.iter().map(|result| (result.number, result.opened_at));
        if self.told.iter().copied().eq(told()) {
            return false;
        }
        self.told = told().collect();
        // Of those that are no longer listed it is known what was known.
        let is_full = self.told.len() >= MAX_RESULTS;
        let oldest = self.told.first().filter(|_| is_full).map_or(0, |&(number, _)| number);
        for point in &mut self.points {
            let Some(hidden) = point.truth.as_mut().filter(|hidden| hidden.round >= oldest) else {
                continue;
            };
            // A round that was reset has its number again, and its first course stays hidden.
            let is_it =
                |&(number, opened): &(u32, Timestamp)| number == hidden.round && opened <= point.at;
            hidden.is_told = self.told.iter().any(is_it);
        }
        true
    }

    pub(super) fn json(&self) -> String {
        wire::history(STEP_MS, self.points.iter().map(|point| (point.at, point.shares())))
    }
}

impl Point {
    fn shares(&self) -> &[f64] {
        self.truth.as_ref().filter(|hidden| hidden.is_told).map_or(&self.seen, |it| &it.shares)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contest::{Reposts, Team, TeamId, Vote};
    use crate::event::{Message, News, SourceId};
    use crate::order::{Arm, Command};
    use crate::post::{AuthorId, Post, PostId, Side, Tags, Version};
    use crate::questions::Questions;
    use crate::rgb::Rgb;
    use crate::round::{Length, Rules};
    use crate::show::{Event, Now, Setup, Show};
    use crate::snapshot::SourceStatus;
    use crate::tally::Limits;
    use crate::timer::Marks;

    const EQUAL: f64 = 0.5;

    /// A show of secret rounds, and its history.
    struct Evening {
        show: Show,
        seconds: u64,
        posts: u64,
        history: History,
    }

    impl Evening {
        fn new() -> Evening {
            let contest = |title: &str, names: [&str; 2]| {
                let teams = names.map(|name| Team {
                    name: name.to_owned(),
                    hashtags: vec![name.to_lowercase()],
                    color: Rgb::BLACK,
                    size: 1.0,
                });
                let window = Duration::from_secs(10);
                let (vote, reposts) = (Vote::Latest, Reposts::Ignore);
                let contest = Contest::new(title.to_owned(), window, vote, reposts, teams.to_vec());
                Arc::new(contest.unwrap())
            };
            let all = vec![contest("Pets?", ["Cat", "Dog"]), contest("Drinks?", ["Tea", "Milk"])];
            let show = Show::new(Setup {
                questions: Arc::new(Questions::new(all).unwrap()),
                rounds: Some(Rules {
                    length: Length::Open,
                    countdown: Duration::ZERO,
                    grace: Duration::ZERO,
                    secret: true,
                    best_of: 3,
                    ..Rules::default()
                }),
                is_recorded: false,
                sources: vec![SourceStatus::new("hall".to_owned(), "nostr")],
                limits: Limits::default(),
                marks: Marks::default(),
            });
            Evening { show, seconds: 0, posts: 0, history: History::default() }
        }

        fn now(&self) -> Now {
            let elapsed = Duration::from_secs(self.seconds);
            let start = Timestamp::from_millis(1_000_000).unwrap();
            Now { elapsed, clock: Some(start.saturating_add(elapsed)) }
        }

        /// A second goes by, at the end of which there is a vote for each of these teams.
        fn second(&mut self, votes: &[u16]) -> &mut Evening {
            self.seconds += 1;
            let now = self.now();
            for &team in votes {
                self.posts += 1;
                let post = Post {
                    id: Some(PostId(self.posts)),
                    alias: None,
                    author: Some(AuthorId(self.posts)),
                    at: now.clock.unwrap(),
                    side: Side::Team(TeamId(team)),
                    tags: Tags::default(),
                    version: Version::First,
                };
                let news = News::Message(Message::Post(post));
                self.show.apply(Event::News(SourceId(0), news), now);
            }
            let (all, seen) = self.show.snapshots(now);
            self.history.push(seen.as_ref().unwrap_or(&all), &all);
            self
        }

        fn give(&mut self, command: Command) -> &mut Evening {
            self.show.apply(Event::Order(command.into()), self.now());
            self
        }

        /// The shares of the first team, as they are given out.
        fn shares(&self) -> Vec<f64> {
            self.history.points.iter().map(|point| point.shares()[0]).collect()
        }
    }

    #[test]
    fn a_hidden_round_is_level_until_it_is_revealed_and_has_its_course_then() {
        let mut evening = Evening::new();
        evening.give(Command::Start(None)).second(&[0]).second(&[1]).second(&[1, 1]);
        evening.give(Command::Lock).second(&[]);
        assert_eq!(evening.shares(), [EQUAL; 4]);
        let course = [1.0, 0.5, 0.25, 0.25, 0.25];
        assert_eq!(evening.give(Command::Reveal(None)).second(&[]).shares(), course);
        assert_eq!(
            evening.give(Command::Undo).second(&[]).shares(),
            [EQUAL, EQUAL, EQUAL, EQUAL, 0.25, EQUAL]
        );
    }

    #[test]
    fn a_round_that_was_left_sealed_is_level_until_its_own_result_is_revealed() {
        let mut evening = Evening::new();
        evening.give(Command::Start(None)).second(&[0]).give(Command::Lock).second(&[]);
        evening.give(Command::Arm(Arm::Next)).give(Command::Start(None)).second(&[1]);
        evening.give(Command::Lock).second(&[]).give(Command::Reveal(None)).second(&[]);
        assert_eq!(evening.shares(), [EQUAL, EQUAL, 0.0, 0.0, 0.0]);
        evening.give(Command::Reveal(Some(1))).second(&[]);
        assert_eq!(evening.shares(), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn what_was_hidden_before_a_reset_stays_so() {
        let mut evening = Evening::new();
        evening.give(Command::Start(None)).second(&[0]).second(&[]);
        evening.give(Command::Reset).second(&[]).give(Command::Start(None)).second(&[1]);
        evening.give(Command::Lock).second(&[]).give(Command::Reveal(None)).second(&[]);
        assert_eq!(evening.shares(), [EQUAL, EQUAL, EQUAL, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn the_next_question_begins_anew() {
        let mut evening = Evening::new();
        evening.give(Command::Start(None)).second(&[0]).give(Command::Lock).second(&[]);
        evening.give(Command::Arm(Arm::Question(2))).second(&[]);
        assert_eq!(evening.shares(), [EQUAL]);
    }
}
