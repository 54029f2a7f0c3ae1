//! Where the evening stands: its question, its round, its results.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::rgb::Rgb;
use crate::round::Counts;
use crate::timestamp::Timestamp;

use super::{millis, millis_or_null};

/// More results than this are not listed in a snapshot.
pub const MAX_RESULTS: usize = 20;

/// Where a round stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Its question is ready.
    Armed,
    /// It opens soon.
    Countdown,
    /// Posts count.
    #[default]
    Open,
    /// The bell has fallen, and posts made before it may still arrive.
    Locked,
    /// Its result is fixed and nobody has seen it.
    Sealed,
    /// Its result is shown.
    Revealed,
}

impl Phase {
    /// All of them, in the order of a round.
    pub const ALL: [Phase; 6] = [
        Phase::Armed,
        Phase::Countdown,
        Phase::Open,
        Phase::Locked,
        Phase::Sealed,
        Phase::Revealed,
    ];

    /// As in JSON and on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::Armed => "armed",
            Phase::Countdown => "countdown",
            Phase::Open => "open",
            Phase::Locked => "locked",
            Phase::Sealed => "sealed",
            Phase::Revealed => "revealed",
        }
    }

    /// The phase of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The question that is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuestionStatus {
    /// Its place in the evening, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
    /// What is asked.
    pub title: String,
}

/// The round that is on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoundStatus {
    /// Counts the rounds of the evening, from 1.
    pub number: u32,
    /// Most of this many rounds decide the question.
    pub best_of: u32,
    /// Rounds of this question that each team has won.
    pub wins: Vec<u32>,
    /// When it opened; `None` before.
    pub opened_at: Option<Timestamp>,
    /// When the bell falls or fell; `None` before the start, and where the operator locks.
    pub ends_at: Option<Timestamp>,
    /// How long the phase has stood, pauses left out; in `revealed` since the result was shown last.
    /// `None` where nobody knows.
    #[serde(rename = "phase_ms", serialize_with = "millis_or_null")]
    pub since: Option<Duration>,
    /// Until the countdown ends; `None` outside of it.
    #[serde(rename = "opens_in_ms", serialize_with = "millis_or_null")]
    pub opens_in: Option<Duration>,
    /// Until the bell; `None` where the operator locks.
    #[serde(rename = "left_ms", serialize_with = "millis_or_null")]
    pub left: Option<Duration>,
    /// Between the opening and the bell, pauses left out; `None` where the operator locks.
    #[serde(rename = "length_ms", serialize_with = "millis_or_null")]
    pub length: Option<Duration>,
    /// Which posts are its votes.
    pub counts: Counts,
    /// The operator holds it.
    pub paused: bool,
    /// Nobody is to see how it stands until it is revealed.
    pub secret: bool,
    /// How it stands is kept from whoever reads this.
    pub hidden: bool,
    /// How long after the bell posts made before it may still arrive.
    #[serde(rename = "grace_ms", serialize_with = "millis")]
    pub grace: Duration,
    /// Posts that came after the bell and would count if the round were opened again.
    pub held: u64,
    /// The result, once the grace is over.
    #[serde(serialize_with = "shared_or_null")]
    pub result: Option<Arc<RoundResult>>,
}

/// How a round has ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoundResult {
    /// Counts the rounds of the evening, from 1.
    pub number: u32,
    /// The place of its question, from 1.
    pub question: u32,
    /// What was asked.
    pub title: String,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When the bell fell.
    pub closed_at: Timestamp,
    /// One for each team of the question, in the same order.
    pub teams: Vec<TeamResult>,
    /// Who had a vote, in all.
    pub voices: u64,
    /// The team with the largest share; `None` on a tie.
    pub winner: Option<String>,
    /// The fewest further votes that would have brought the second level.
    pub margin: u64,
    /// It was that close.
    pub photo_finish: bool,
    /// Posts were lost to the bound of memory.
    pub partial: bool,
    /// How the shares went, from the opening to the bell.
    #[serde(skip)]
    pub course: Vec<CoursePoint>,
}

impl RoundResult {
    /// Whether it is the same result as `other`, whichever way it came about.
    #[must_use]
    pub fn says_as(&self, other: &RoundResult) -> bool {
        let without_course =
            |result: &RoundResult| RoundResult { course: Vec::new(), ..result.clone() };
        self.number == other.number && without_course(self) == without_course(other)
    }
}

/// How one team has fared in a round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TeamResult {
    /// As in the question.
    pub name: String,
    /// Its votes.
    pub votes: u64,
    /// Votes by size over the sum of all teams', 0..=1; equal shares if nobody has voted.
    pub share: f64,
    /// Its posts, less those taken back.
    pub total: u64,
    /// Who voted for it.
    pub voices: u64,
    /// Its colour on strip and page.
    #[serde(skip)]
    pub color: Rgb,
}

/// The shares at an instant of a round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoursePoint {
    /// When.
    pub at: Timestamp,
    /// One for each team.
    pub shares: Vec<f64>,
}

/// Who has a vote at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Voices {
    /// Phones.
    pub phones: u64,
    /// Authors of posts. A post without an author is one.
    pub authors: u64,
}

/// What can be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UndoStatus {
    /// How many commands.
    pub steps: u32,
    /// The first of them: the newest.
    pub next: Option<&'static str>,
    /// What was taken back since the newest command, and can be brought back.
    pub redo: RedoStatus,
}

/// What can be brought back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RedoStatus {
    /// How many commands.
    pub steps: u32,
    /// The first of them: the one that was taken back last.
    pub next: Option<&'static str>,
}

#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn shared_or_null<S: Serializer>(
    result: &Option<Arc<RoundResult>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    result.as_deref().serialize(serializer)
}
