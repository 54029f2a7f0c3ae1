//! What the world looked like at one instant: votes, shares, leader, losses, state of the sources.
//!
//! Made whole by the show (`show::Show::snapshot`), never changed afterwards. The leaves of it are public as
//! they serialise here: keys may be added, and none is renamed. `server::wire` puts them together with what
//! the contest says.

mod round;

use std::ops::Add;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::contest::{Contest, TeamId};
use crate::picture::{Dark, Pattern, Scene};
use crate::timer::TimerStatus;
use crate::timestamp::Timestamp;

pub use round::{
    CoursePoint, MAX_RESULTS, Phase, QuestionStatus, RedoStatus, RoundResult, RoundStatus,
    TeamResult, UndoStatus, Voices,
};

/// The state at one beat.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Counts the snapshots of this run, from 1.
    pub seq: u64,
    /// The time it shows; `None` until a post has named a team.
    pub at: Option<Timestamp>,
    /// The question that is on: what is counted, and by which rule.
    pub contest: Arc<Contest>,
    /// Where the round stands; always open in a show without rounds.
    pub phase: Phase,
    /// Which question it is; `None` without rounds.
    pub question: Option<QuestionStatus>,
    /// What `arm` would make ready, while no round is on: for operators alone, since a question is news.
    pub following: Option<QuestionStatus>,
    /// The round that is on; `None` without rounds.
    pub round: Option<RoundStatus>,
    /// The newest results, at most [`MAX_RESULTS`], the oldest first.
    pub results: Vec<Arc<RoundResult>>,
    /// Rounds whose result is sealed, by number: the newest, at most [`MAX_RESULTS`], the oldest first.
    pub sealed: Vec<u32>,
    /// Who has a vote; `None` where nobody keeps count of it.
    pub voices: Option<Voices>,
    /// What can be taken back; `None` without rounds.
    pub undo: Option<UndoStatus>,
    /// One for each team of the contest, in the same order.
    pub teams: Vec<Standing>,
    /// The team with the largest share; `None` on a tie.
    pub leader: Option<TeamId>,
    /// What became of all messages so far.
    pub posts: Posts,
    /// What the bounds of memory have cost so far.
    pub evicted: Evicted,
    /// Where the posts come from.
    pub sources: Vec<SourceStatus>,
    /// How the recording is doing, if the show is recorded.
    pub recording: Option<RecordingStatus>,
    /// How the journal is doing, if the show keeps one.
    pub journal: Option<RecordingStatus>,
    /// What the projector shows, and what strips follow.
    pub scene: Scene,
    /// The test pattern that strips show instead, if any.
    pub pattern: Option<Pattern>,
    /// What is dark.
    pub blackout: Vec<Dark>,
    /// The address by which phones take part, if there is one.
    pub join: Option<Arc<str>>,
    /// The speaker's timer, if there is one.
    pub timer: Option<TimerStatus>,
    /// How the outputs are doing, in the order of the config; `None` where nothing can have any, such
    /// as in an offline count.
    pub outputs: Option<Vec<OutputStatus>>,
}

/// What the tally makes of all messages so far: its part of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// As [`Snapshot::at`].
    pub at: Option<Timestamp>,
    /// As [`Snapshot::teams`].
    pub teams: Vec<Standing>,
    /// As [`Snapshot::leader`].
    pub leader: Option<TeamId>,
    /// As [`Snapshot::posts`].
    pub posts: Posts,
    /// As [`Snapshot::evicted`].
    pub evicted: Evicted,
}

/// How one team stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Standing {
    /// Votes in the window.
    pub votes: u64,
    /// Votes by size over the sum of all teams', 0..=1; equal shares if nobody has voted.
    pub share: f64,
    /// Matching posts a second over the last ten seconds.
    pub rate: f64,
    /// Posts that counted since the run began, less those taken back.
    pub total: u64,
}

/// What became of every message; `received` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posts {
    /// Counted for a team.
    pub matched: u64,
    /// Concerned no team.
    pub unmatched: u64,
    /// Are by authors that the config ignores.
    pub ignored: u64,
    /// Named two teams or more.
    pub both: u64,
    /// Repeated a post that was counted already.
    pub duplicate: u64,
    /// Came when their time had left the window, or after the grace of their round.
    pub late: u64,
    /// Name a team and lie outside of the round.
    pub closed: u64,
    /// Took a counted post back or changed it, or were taken back before they came.
    pub revised: u64,
    /// Named a team and could not be read.
    pub malformed: u64,
    /// Were lost because nobody had time for them.
    pub dropped: u64,
}

impl Posts {
    /// What can become of a message, by its public name, and how often it did.
    #[must_use]
    pub fn fates(&self) -> [(&'static str, u64); 10] {
        [
            ("matched", self.matched),
            ("unmatched", self.unmatched),
            ("ignored", self.ignored),
            ("both", self.both),
            ("duplicate", self.duplicate),
            ("late", self.late),
            ("closed", self.closed),
            ("revised", self.revised),
            ("malformed", self.malformed),
            ("dropped", self.dropped),
        ]
    }

    /// All messages.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.fates().iter().map(|(_, count)| count).sum()
    }
}

impl Add for Posts {
    type Output = Posts;

    fn add(self, other: Posts) -> Posts {
        Posts {
            matched: self.matched + other.matched,
            unmatched: self.unmatched + other.unmatched,
            ignored: self.ignored + other.ignored,
            both: self.both + other.both,
            duplicate: self.duplicate + other.duplicate,
            late: self.late + other.late,
            closed: self.closed + other.closed,
            revised: self.revised + other.revised,
            malformed: self.malformed + other.malformed,
            dropped: self.dropped + other.dropped,
        }
    }
}

impl Serialize for Posts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fates = self.fates();
        let mut map = serializer.serialize_map(Some(1 + fates.len()))?;
        map.serialize_entry("received", &self.received())?;
        for (fate, count) in fates {
            map.serialize_entry(fate, &count)?;
        }
        map.end()
    }
}

/// What was forgotten early because memory is bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evicted {
    /// Counted posts that left the window before their time.
    pub posts: u64,
    /// Deletions that were no longer remembered.
    pub deletions: u64,
}

/// How one source is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceStatus {
    /// As in the config.
    pub name: String,
    /// The kind of source, as in the config.
    pub kind: &'static str,
    /// What it is doing.
    pub state: SourceState,
    /// How long ago it last said something.
    #[serde(rename = "stale_ms", serialize_with = "millis")]
    pub stale: Duration,
    /// By how much its posts arrive later than they were made: the median of the newest, once there are
    /// some.
    #[serde(rename = "delay_ms", serialize_with = "millis_or_null")]
    pub delay: Option<Duration>,
    /// What keeps it from being live, and what to mend; `None` while nothing does.
    #[serde(serialize_with = "text_or_null")]
    pub problem: Option<Arc<str>>,
    /// The newest spans of time whose posts may be missing, at most [`MAX_GAPS`], in order.
    pub gaps: Vec<Gap>,
    /// How many there were in all.
    pub gap_count: u64,
    /// How long they were together.
    #[serde(rename = "gap_ms", serialize_with = "millis")]
    pub gap_time: Duration,
    /// How often a panic has ended it; it begins anew each time.
    pub panics: u64,
}

/// More gaps of a source than this are counted, and not listed.
pub const MAX_GAPS: usize = 8;

/// A span of time whose posts may be missing, because the source was not connected and its network
/// does not send again what was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The last sign of life before it, on the show's clock.
    #[serde(rename = "at")]
    pub from: Timestamp,
    /// From then until posts came again.
    #[serde(rename = "ms", serialize_with = "millis")]
    pub length: Duration,
}

impl SourceStatus {
    /// A source that was not started yet.
    #[must_use]
    pub fn new(name: String, kind: &'static str) -> SourceStatus {
        SourceStatus {
            name,
            kind,
            state: SourceState::Connecting,
            stale: Duration::ZERO,
            delay: None,
            problem: None,
            gaps: Vec::new(),
            gap_count: 0,
            gap_time: Duration::ZERO,
            panics: 0,
        }
    }

    /// Notes a gap; of too many the oldest is no longer listed.
    pub fn note_gap(&mut self, gap: Gap) {
        if self.gaps.len() == MAX_GAPS {
            self.gaps.remove(0);
        }
        self.gaps.push(gap);
        self.gap_count += 1;
        self.gap_time += gap.length;
    }
}

/// How a recording is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordingStatus {
    /// The name of the file, without its folder, which concerns no viewer.
    #[serde(serialize_with = "text")]
    pub path: Arc<str>,
    /// How many lines are safely written.
    pub lines: u64,
    /// How many bytes those take in the file.
    pub bytes: u64,
    /// How many messages are missing in it.
    pub lost: u64,
    /// Whether it goes on.
    pub state: RecordingState,
    /// Why it does not.
    #[serde(serialize_with = "text_or_null")]
    pub error: Option<Arc<str>>,
}

/// Whether a recording goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordingState {
    /// Lines are written.
    #[default]
    On,
    /// It has stopped, since the disk has no room.
    Full,
    /// It has stopped for another reason.
    Failed,
}

impl RecordingState {
    /// As in JSON and on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RecordingState::On => "on",
            RecordingState::Full => "full",
            RecordingState::Failed => "failed",
        }
    }
}

impl Serialize for RecordingState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a source is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// Not there yet, or not again.
    Connecting,
    /// Posts arrive, or would.
    Live,
    /// Connected, and silent for too long.
    Stale,
    /// Held by the operator.
    Paused,
    /// There is no more.
    Ended,
}

impl SourceState {
    /// As in JSON and on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SourceState::Connecting => "connecting",
            SourceState::Live => "live",
            SourceState::Stale => "stale",
            SourceState::Paused => "paused",
            SourceState::Ended => "ended",
        }
    }
}

impl Serialize for SourceState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How an output is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputStatus {
    /// As in the config.
    pub name: String,
    /// The kind of output, as in the config.
    pub kind: &'static str,
    /// What it is doing.
    pub state: OutputState,
    /// Why it is failing.
    pub error: Option<String>,
    /// Of the strip.
    pub pixels: usize,
    /// What the last frame draws, in mA; `None` on a screen.
    pub milliamps: Option<u32>,
    /// What it may draw; `None` on a screen.
    pub max_milliamps: Option<u32>,
    /// The last frame is darker than it should be, to stay within that.
    pub limited: bool,
    /// Some light of the last frame changes later than it should, so as not to flash.
    pub flash_limited: bool,
    /// Frames that the device took, repeated ones not counted.
    pub frames: u64,
    /// Frames that were due while the device was busy or failing.
    pub skipped: u64,
    /// Unchanged frames that the device took again.
    pub repeated: u64,
    /// Writes and openings that failed.
    pub errors: u64,
    /// How often a panic has ended the frame loop; it begins anew each time.
    pub panics: u64,
}

/// What an output is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputState {
    /// No frame has arrived yet.
    Opening,
    /// Frames arrive.
    Live,
    /// The device does not take them, and is tried again.
    Failing,
    /// There will be no more.
    Ended,
}

impl OutputState {
    /// As in JSON and on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OutputState::Opening => "opening",
            OutputState::Live => "live",
            OutputState::Failing => "failing",
            OutputState::Ended => "ended",
        }
    }
}

impl Serialize for OutputState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Whole milliseconds.
fn millis<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn millis_or_null<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => millis(time, serializer),
        None => serializer.serialize_none(),
    }
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn text_or_null<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}
