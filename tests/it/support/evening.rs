//! Random evenings of two questions: posts that overtake each other, copies, edits and deletions, and
//! commands that lead from round to round.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hashtug::contest::{Contest, PALETTE, Reposts, Team, TeamId, Vote};
use hashtug::event::Message;
use hashtug::order::{Arm, Command};
use hashtug::picture::Dark;
use hashtug::post::{AuthorId, Deletion, Post, PostId, Side, TagId, Version};
use hashtug::questions::Questions;
use hashtug::snapshot::Phase;
use hashtug::timestamp::Timestamp;

/// By question, and then by team. They differ in length, as hashtags do.
pub(crate) const TAGS: [[&str; 2]; 2] = [["vim", "emacs"], ["tea", "coffee"]];

/// Both questions, whose first and second teams have these sizes.
pub(crate) fn questions(sizes: [f64; 2]) -> Questions {
    let question = |(tags, title): ([&str; 2], &str)| {
        let team = |(place, tag): (usize, &str)| Team {
            name: format!("Team {tag}"),
            hashtags: vec![tag.to_owned()],
            color: PALETTE[place],
            size: sizes[place],
        };
        let teams = tags.into_iter().enumerate().map(team).collect();
        let (vote, window) = (Vote::Latest, Duration::from_secs(3));
        let contest = Contest::new(title.to_owned(), window, vote, Reposts::Ignore, teams);
        Arc::new(contest.unwrap())
    };
    let all = TAGS.into_iter().zip(["Editors?", "Drinks?"]).map(question);
    Questions::new(all.collect()).unwrap()
}

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(Duration),
    Post { id: u64, author: u64, ago: Duration, question: usize, team: usize, is_edit: bool },
    Deletion(u64),
    Give(Command),
}

/// What may happen in that phase, after so many posts.
pub(crate) fn step(rng: &mut Rng, phase: Phase, posts: &mut u64) -> Step {
    match rng.u8(..20) {
        0..7 => Step::Wait(Duration::from_millis(rng.u64(..900))),
        7..15 => {
            // Old ids are copies, and edits of what was there.
            let is_new = rng.u8(..4) > 0 || *posts == 0;
            *posts += u64::from(is_new);
            Step::Post {
                id: if is_new { *posts } else { rng.u64(1..=*posts) },
                author: rng.u64(..40),
                ago: Duration::from_millis(if rng.bool() { 0 } else { rng.u64(..2500) }),
                question: usize::from(rng.u8(..6) == 0),
                // One leads clearly.
                team: usize::from(rng.u8(..4) == 0),
                is_edit: !is_new && rng.bool(),
            }
        }
        15 => Step::Deletion(rng.u64(..=*posts)),
        _ => Step::Give(match (phase, rng.u8(..10)) {
            (_, 0) => Command::Undo,
            (_, 1) => Command::Redo,
            (_, 2) => Command::Blackout(Dark::All),
            (_, 3) => Command::Light(Dark::All),
            (Phase::Sealed, 4..7) => Command::Arm(Arm::Next),
            (Phase::Open, 4) => Command::Pause,
            (Phase::Open, 5..7) => Command::Resume,
            (Phase::Armed | Phase::Open | Phase::Sealed, 7)
            | (Phase::Armed | Phase::Countdown, _) => Command::Next,
            (_, 8) => Command::AddTime(rng.i64(-4000..6000)),
            _ => Command::Source { name: "hall".to_owned(), paused: rng.u8(..3) == 0 },
        }),
    }
}

impl Step {
    /// The message of a step that happens `now`; where they are swapped each team gets the votes of the
    /// other.
    pub(crate) fn message(&self, now: Timestamp, is_swapped: bool) -> Option<Message> {
        match *self {
            Step::Post { id, author, ago, question, team, is_edit } => {
                let team = u16::from((team == 1) != is_swapped);
                let tag = TagId(u16::try_from(question).unwrap() * 2 + team);
                let of_first = Side::Team(TeamId(team));
                let ago = i64::try_from(ago.as_millis()).unwrap();
                Some(Message::Post(Post {
                    id: Some(PostId(id)),
                    alias: None,
                    author: Some(AuthorId(author)),
                    at: Timestamp::from_millis(now.millis() - ago).unwrap(),
                    side: if question == 0 { of_first } else { Side::None },
                    tags: std::iter::once(tag).collect(),
                    version: if is_edit { Version::Edit } else { Version::First },
                }))
            }
            Step::Deletion(id) => {
                let posts = vec![PostId(id)];
                // Not every network says when.
                let at = (id % 3 > 0).then_some(now);
                Some(Message::Deletion(Deletion { posts, author: None, at }))
            }
            Step::Wait(_) | Step::Give(_) => None,
        }
    }

    /// The length of its hashtag.
    pub(crate) fn length(&self, is_swapped: bool) -> u64 {
        match *self {
            Step::Post { question, team, .. } => {
                TAGS[question][usize::from((team == 1) != is_swapped)].len() as u64
            }
            _ => 0,
        }
    }
}
