//! The JSON shapes; the only place where a snapshot is serialised.
//!
//! Public: programs outside read them. Keys may be added, and none is renamed.

use std::fmt::Write;

use serde::Serialize;

use crate::contest::{Reposts, Vote};
use crate::output::status::Monitor;
use crate::render;
use crate::rgb::Rgb;
use crate::snapshot::{OutputStatus, Phase, Snapshot};
use crate::timer;
use crate::timestamp::Timestamp;

/// A snapshot as one line of JSON, without a line feed.
///
/// # Panics
/// Never: every shape here has a JSON form.
#[must_use]
pub fn snapshot(snapshot: &Snapshot) -> String {
    serde_json::to_string(&Wire::from(snapshot)).expect("the shape has only text keys")
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
    phase: &'static str,
    window_ms: u64,
    teams: Vec<Team<'a>>,
    leader: Option<&'a str>,
    posts: Posts,
    sources: Vec<Source<'a>>,
    recording: Option<Recording<'a>>,
    vote: &'static str,
    reposts: &'static str,
    evicted: Evicted,
    timer: Option<Timer>,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<Vec<Output>>,
}

#[derive(Serialize)]
struct Output {
    name: String,
    kind: &'static str,
    state: &'static str,
    error: Option<String>,
    pixels: usize,
    /// `null` where there is none to be counted: a screen.
    milliamps: Option<u32>,
    max_milliamps: Option<u32>,
    limited: bool,
    flash_limited: bool,
    frames: u64,
    skipped: u64,
    repeated: u64,
    errors: u64,
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
    votes: u64,
    share: f64,
    rate: f64,
    total: u64,
}

#[derive(Serialize)]
struct Posts {
    received: u64,
    matched: u64,
    unmatched: u64,
    both: u64,
    duplicate: u64,
    late: u64,
    revised: u64,
    malformed: u64,
    dropped: u64,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    kind: &'static str,
    state: &'static str,
    stale_ms: u64,
    problem: Option<&'a str>,
    gaps: Vec<Gap>,
    gap_count: u64,
    gap_ms: u64,
}

#[derive(Serialize)]
struct Gap {
    at: Timestamp,
    ms: u64,
}

#[derive(Serialize)]
struct Recording<'a> {
    path: &'a str,
    lines: u64,
    bytes: u64,
    lost: u64,
    state: &'static str,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Evicted {
    posts: u64,
    deletions: u64,
}

#[derive(Serialize)]
struct Timer {
    remaining_ms: u64,
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
            votes: standing.votes,
            share: standing.share,
            rate: standing.rate,
            total: standing.total,
        });
        let sources = snapshot.sources.iter().map(|source| Source {
            name: &source.name,
            kind: source.kind,
            state: source.state.name(),
            stale_ms: millis(source.stale),
            problem: source.problem.as_deref(),
            gaps: source
                .gaps
                .iter()
                .map(|gap| Gap { at: gap.from, ms: millis(gap.length) })
                .collect(),
            gap_count: source.gap_count,
            gap_ms: millis(source.gap_time),
        });
        let posts = &snapshot.posts;
        Wire {
            seq: snapshot.seq,
            at: snapshot.at,
            title: contest.title(),
            phase: phase_name(snapshot.phase),
            window_ms: millis(contest.window()),
            teams: teams.collect(),
            leader: snapshot.leader.map(|team| &*contest.teams()[team.index()].name),
            posts: Posts {
                received: posts.received(),
                matched: posts.matched,
                unmatched: posts.unmatched,
                both: posts.both,
                duplicate: posts.duplicate,
                late: posts.late,
                revised: posts.revised,
                malformed: posts.malformed,
                dropped: posts.dropped,
            },
            sources: sources.collect(),
            recording: snapshot.recording.as_ref().map(|recording| Recording {
                path: &recording.path,
                lines: recording.lines,
                bytes: recording.bytes,
                lost: recording.lost,
                state: recording.state.name(),
                error: recording.error.as_deref(),
            }),
            vote: match contest.vote() {
                Vote::Latest => "latest",
                Vote::Every => "every",
            },
            reposts: match contest.reposts() {
                Reposts::Ignore => "ignore",
                Reposts::Count => "count",
            },
            evicted: Evicted {
                posts: snapshot.evicted.posts,
                deletions: snapshot.evicted.deletions,
            },
            timer: snapshot.timer.as_ref().map(Timer::from),
            version: env!("CARGO_PKG_VERSION"),
            outputs: snapshot
                .outputs
                .as_ref()
                .map(|outputs| outputs.iter().map(Output::from).collect()),
        }
    }
}

impl From<&OutputStatus> for Output {
    fn from(status: &OutputStatus) -> Output {
        Output {
            name: status.name.clone(),
            kind: status.kind,
            state: status.state.name(),
            error: status.error.clone(),
            pixels: status.pixels,
            milliamps: status.milliamps,
            max_milliamps: status.max_milliamps,
            limited: status.limited,
            flash_limited: status.flash_limited,
            frames: status.frames,
            skipped: status.skipped,
            repeated: status.repeated,
            errors: status.errors,
        }
    }
}

impl From<&timer::Standing> for Timer {
    fn from(standing: &timer::Standing) -> Timer {
        Timer {
            remaining_ms: millis(standing.left),
            total_ms: millis(standing.total),
            paused: !standing.running,
            phase: standing.phase().name(),
            color: render::timer::steady(standing.left, &standing.marks).encode(),
        }
    }
}

/// The name of a phase, in JSON and wherever else programs read it.
#[must_use]
pub fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Open => "open",
    }
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
