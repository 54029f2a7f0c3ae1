//! The JSON shapes that are more than a leaf of the snapshot; those serialise themselves
//! ([`crate::snapshot`]).
//!
//! Public: programs outside read them. Keys may be added, and none is renamed.

use std::fmt::Write;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::contest::{Reposts, Vote};
use crate::output::status::Monitor;
use crate::picture::{Dark, Scene};
use crate::render;
use crate::rgb::Rgb;
use crate::snapshot::{
    Evicted, OutputStatus, Phase, Posts, QuestionStatus, RecordingStatus, RoundResult, RoundStatus,
    Snapshot, SourceStatus, Standing, UndoStatus, Voices,
};
use crate::timer::TimerStatus;
use crate::timestamp::Timestamp;

/// A snapshot as one line of JSON, without a line feed.
///
/// # Panics
/// Never: every shape here has a JSON form.
#[must_use]
pub fn snapshot(snapshot: &Snapshot) -> String {
    serde_json::to_string(&Wire::from(snapshot)).expect("the shape has only text keys")
}

/// A snapshot for operators, with what is for them alone.
///
/// # Panics
/// Never: every shape here has a JSON form.
#[must_use]
pub(in crate::server) fn truth(snapshot: &Snapshot) -> String {
    let wire = Wire { following: snapshot.following.as_ref(), ..Wire::from(snapshot) };
    serde_json::to_string(&wire).expect("the shape has only text keys")
}

/// A result as one line of JSON, without a line feed.
///
/// # Panics
/// Never: every shape here has a JSON form.
#[must_use]
pub fn result(result: &RoundResult) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        result: &'a RoundResult,
    }
    serde_json::to_string(&Line { result }).expect("the shape has only text keys")
}

/// What each output sent last, as it looks.
///
/// # Panics
/// Never: every shape here has a JSON form.
#[must_use]
pub(super) fn strips(outputs: &[Monitor]) -> String {
    let strips = outputs.iter().map(|output| {
        let status = output.status.borrow();
        let mut rgb = String::new();
        for byte in output.sent.borrow().looks() {
            write!(rgb, "{byte:02x}").expect("a string takes everything");
        }
        Strip { name: status.name.clone(), kind: status.kind, state: status.state.name(), rgb }
    });
    let strips = Strips { strips: strips.collect() };
    serde_json::to_string(&strips).expect("the shape has only text keys")
}

/// The history of the shares as JSON.
///
/// # Panics
/// Never: every shape here has a JSON form.
#[must_use]
pub(super) fn history<'a>(
    step_ms: u64,
    points: impl Iterator<Item = (Timestamp, &'a [f64])>,
) -> String {
    let points = points.map(|(at, shares)| Point { at, shares }).collect();
    serde_json::to_string(&History { step_ms, points }).expect("the shape has only text keys")
}

#[derive(Serialize)]
struct Wire<'a> {
    seq: u64,
    at: Option<Timestamp>,
    title: &'a str,
    phase: Phase,
    window_ms: u64,
    teams: Vec<Team<'a>>,
    leader: Option<&'a str>,
    posts: &'a Posts,
    sources: &'a [SourceStatus],
    recording: Option<&'a RecordingStatus>,
    journal: Option<&'a RecordingStatus>,
    vote: &'static str,
    reposts: &'static str,
    evicted: &'a Evicted,
    question: Option<&'a QuestionStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    following: Option<&'a QuestionStatus>,
    round: Option<&'a RoundStatus>,
    results: Results<'a>,
    sealed: &'a [u32],
    voices: Option<&'a Voices>,
    undo: Option<&'a UndoStatus>,
    timer: Option<Timer>,
    scene: Scene,
    blackout: &'a [Dark],
    join: Option<&'a str>,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<&'a [OutputStatus]>,
}

#[derive(Serialize)]
struct Strips {
    strips: Vec<Strip>,
}

#[derive(Serialize)]
struct Strip {
    name: String,
    kind: &'static str,
    state: &'static str,
    /// Six hexadecimal digits of sRGB for each pixel, in the order of the wire.
    rgb: String,
}

#[derive(Serialize)]
struct Team<'a> {
    name: &'a str,
    hashtags: &'a [String],
    color: Rgb,
    #[serde(flatten)]
    standing: &'a Standing,
}

struct Results<'a>(&'a [Arc<RoundResult>]);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|result| &**result))
    }
}

#[derive(Serialize)]
struct Timer {
    left_ms: u64,
    length_ms: u64,
    /// The same as `left_ms`, by its name of before there were rounds.
    remaining_ms: u64,
    /// The same as `length_ms`, likewise.
    total_ms: u64,
    paused: bool,
    phase: &'static str,
    /// The light that belongs to it, without the flashes.
    color: Rgb,
}

#[derive(Serialize)]
struct History<'a> {
    step_ms: u64,
    points: Vec<Point<'a>>,
}

#[derive(Serialize)]
struct Point<'a> {
    at: Timestamp,
    shares: &'a [f64],
}

impl<'a> From<&'a Snapshot> for Wire<'a> {
    fn from(snapshot: &'a Snapshot) -> Wire<'a> {
        let contest = &*snapshot.contest;
        let teams = contest.teams().iter().zip(&snapshot.teams).map(|(team, standing)| Team {
            name: &team.name,
            hashtags: &team.hashtags,
            color: team.color,
            standing,
        });
        Wire {
            seq: snapshot.seq,
            at: snapshot.at,
            title: contest.title(),
            phase: snapshot.phase,
            window_ms: millis(contest.window()),
            teams: teams.collect(),
            leader: snapshot.leader.map(|team| &*contest.teams()[team.index()].name),
            posts: &snapshot.posts,
            sources: &snapshot.sources,
            recording: snapshot.recording.as_ref(),
            journal: snapshot.journal.as_ref(),
            vote: match contest.vote() {
                Vote::Latest => "latest",
                Vote::Every => "every",
            },
            reposts: match contest.reposts() {
                Reposts::Ignore => "ignore",
                Reposts::Count => "count",
            },
            evicted: &snapshot.evicted,
            question: snapshot.question.as_ref(),
            following: None,
            round: snapshot.round.as_ref(),
            results: Results(&snapshot.results),
            sealed: &snapshot.sealed,
            voices: snapshot.voices.as_ref(),
            undo: snapshot.undo.as_ref(),
            timer: snapshot.timer.as_ref().map(Timer::from),
            scene: snapshot.scene,
            blackout: &snapshot.blackout,
            join: snapshot.join.as_deref(),
            version: env!("CARGO_PKG_VERSION"),
            outputs: snapshot.outputs.as_deref(),
        }
    }
}

impl From<&TimerStatus> for Timer {
    fn from(status: &TimerStatus) -> Timer {
        Timer {
            left_ms: millis(status.left),
            length_ms: millis(status.total),
            remaining_ms: millis(status.left),
            total_ms: millis(status.total),
            paused: !status.running,
            phase: status.signal().name(),
            color: render::timer::steady(status.left, &status.marks).encode(),
        }
    }
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
