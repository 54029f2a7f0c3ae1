//! The shape of the snapshot, byte for byte: `fixtures/snapshot.json` is what the JavaScript of the
//! pages is tested against, and `docs/api.md` explains every key of it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use hashtug::contest::{Contest, Reposts, Team, TeamId, Vote};
use hashtug::picture::{Dark, Scene};
use hashtug::rgb::Rgb;
use hashtug::round::Counts;
use hashtug::server::wire;
use hashtug::snapshot::{
    Evicted, Gap, OutputState, OutputStatus, Phase, Posts, QuestionStatus, RecordingState,
    RecordingStatus, RedoStatus, RoundResult, RoundStatus, Snapshot, SourceState, SourceStatus,
    Standing, TeamResult, UndoStatus, Voices,
};
use hashtug::timer::{self, Marks};
use hashtug::timestamp::Timestamp;

use crate::support::path;

const GOLDEN: &str = "fixtures/snapshot.json";

const PAGE: &str = "docs/api.md";

/// With this variable set the golden file is written anew.
const UPDATE: &str = "HASHTUG_UPDATE";

#[test]
fn the_json_of_a_snapshot_is_the_golden_file_to_the_byte() {
    let json = broken_into_lines(&wire::snapshot(&snapshot()));
    let golden = path(GOLDEN);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&golden, &json).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        json == expected,
        "{GOLDEN} is not what a snapshot looks like:\n{json}\n\
         hint: if the change is meant, renew the file with {UPDATE}=1, read the difference, and \
         write new keys into {PAGE} and web/live/shapes.d.ts"
    );
}

#[test]
fn a_show_that_has_not_begun_says_so_with_nulls_and_has_no_outputs() {
    let snapshot = Snapshot {
        at: None,
        teams: vec![Standing { share: 0.5, ..Standing::default() }; 2],
        leader: None,
        posts: Posts::default(),
        evicted: Evicted::default(),
        sources: Vec::new(),
        recording: None,
        journal: None,
        question: None,
        following: None,
        round: None,
        results: Vec::new(),
        sealed: Vec::new(),
        voices: None,
        undo: None,
        timer: None,
        scene: Scene::Contest,
        blackout: Vec::new(),
        join: None,
        outputs: None,
        ..snapshot()
    };
    let expected = concat!(
        r#"{"seq":4217,"at":null,"title":"Tabs or spaces?","phase":"open","window_ms":90000,"#,
        r##""teams":[{"name":"Tabs","hashtags":["tabs","teamtabs"],"color":"#ffb000","##,
        r#""votes":0,"share":0.5,"rate":0.0,"total":0},"#,
        r##"{"name":"\"Spaces\" \\ Räume","hashtags":["spaces"],"color":"#0050b0","##,
        r#""votes":0,"share":0.5,"rate":0.0,"total":0}],"leader":null,"#,
        r#""posts":{"received":0,"matched":0,"unmatched":0,"ignored":0,"both":0,"duplicate":0,"#,
        r#""late":0,"closed":0,"revised":0,"malformed":0,"dropped":0},"sources":[],"#,
        r#""recording":null,"journal":null,"vote":"every","reposts":"count","evicted":{"posts":0,"deletions":0},"#,
        r#""question":null,"round":null,"results":[],"sealed":[],"voices":null,"undo":null,"timer":null,"#,
        r#""scene":"contest","blackout":[],"join":null,"version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""}"#,
    );
    assert_eq!(wire::snapshot(&snapshot), expected);
}

#[test]
fn the_page_for_users_has_a_line_for_each_key_of_a_snapshot_and_for_no_other() {
    let json = serde_json::from_str(&wire::snapshot(&snapshot())).unwrap();
    check_documented(&json, "Snapshot");
}

/// Checks that the section of the page lists the keys of an object, each in a line of its table, and
/// sections of their own those of the objects within.
#[track_caller]
pub(crate) fn check_documented(json: &serde_json::Value, section: &str) {
    let object = json.as_object().unwrap();
    let listed: Vec<String> = table(section).into_iter().map(|row| row[0].clone()).collect();
    let keys: Vec<&String> = object.keys().collect();
    let mut sorted: Vec<&String> = listed.iter().collect();
    sorted.sort();
    assert_eq!(keys, sorted, "the keys of {section} in {PAGE}");
    for (key, value) in object {
        if value.is_object() {
            let is_result = key == "result";
            let section = if is_result { "`results[]`".to_owned() } else { format!("`{key}`") };
            check_documented(value, &section);
        } else if let Some(first) = value.as_array().and_then(|list| list.first())
            && first.is_object()
        {
            let of = if section == "`results[]`" { "results[]." } else { "" };
            check_documented(first, &format!("`{of}{key}[]`"));
        }
    }
}

/// The rows of the first table of a section of the page, their cells without backquotes around.
#[track_caller]
pub(crate) fn table(section: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(path(PAGE)).unwrap();
    let is_heading =
        |line: &str| line.starts_with('#') && line.trim_start_matches('#') == format!(" {section}");
    let rows: Vec<Vec<String>> = page
        .lines()
        .skip_while(|line| !is_heading(line))
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect()
        })
        .collect();
    assert_ne!(rows.len(), 0, "{PAGE} has no table in a section {section}");
    rows
}

/// All that a snapshot can say at once, more than one show would ever have.
fn snapshot() -> Snapshot {
    Snapshot {
        seq: 4217,
        at: at(1_795_288_500_250),
        contest: contest(),
        phase: Phase::Open,
        question: Some(QuestionStatus { number: 2, of: 3, title: "Tabs or spaces?".to_owned() }),
        following: Some(QuestionStatus {
            number: 3,
            of: 3,
            title: "For operators alone".to_owned(),
        }),
        round: Some(round()),
        results: vec![Arc::new(result())],
        sealed: vec![1],
        voices: Some(Voices { phones: 31, authors: 30 }),
        undo: Some(UndoStatus {
            steps: 3,
            next: Some("lock"),
            redo: RedoStatus { steps: 1, next: Some("add_time") },
        }),
        teams: vec![
            Standing { votes: 1204, share: 0.625, rate: 12.3, total: 5120 },
            Standing { votes: 361, share: 0.375, rate: 0.1, total: 977 },
        ],
        leader: Some(TeamId(0)),
        posts: Posts {
            matched: 6097,
            unmatched: 81_233,
            ignored: 4,
            both: 14,
            duplicate: 210,
            late: 3,
            closed: 12,
            revised: 25,
            malformed: 2,
            dropped: 7,
        },
        evicted: Evicted { posts: 5, deletions: 1 },
        sources: sources(),
        recording: Some(RecordingStatus {
            path: "friday.jsonl.zst".into(),
            lines: 6332,
            bytes: 141_771,
            lost: 4,
            state: RecordingState::Full,
            error: Some("No space left on device (os error 28)".into()),
        }),
        journal: Some(RecordingStatus {
            path: "friday.jsonl".into(),
            lines: 6332,
            bytes: 141_771,
            lost: 4,
            state: RecordingState::Full,
            error: Some("No space left on device (os error 28)".into()),
        }),
        timer: Some(timer::TimerStatus {
            left: Duration::from_millis(83_400),
            total: Duration::from_mins(5),
            running: false,
            marks: Marks::default(),
        }),
        scene: Scene::Timer,
        pattern: None,
        blackout: vec![Dark::Screens, Dark::Output("strip".to_owned())],
        join: Some("http://192.0.2.20:8081/".into()),
        outputs: Some(outputs()),
    }
}

fn round() -> RoundStatus {
    RoundStatus {
        number: 3,
        best_of: 3,
        wins: vec![1, 0],
        opened_at: at(1_795_288_500_000),
        ends_at: at(1_795_288_620_000),
        since: Some(Duration::from_secs(78)),
        opens_in: None,
        left: Some(Duration::from_secs(42)),
        length: Some(Duration::from_mins(2)),
        counts: Counts::Round,
        paused: true,
        secret: false,
        hidden: false,
        grace: Duration::from_secs(8),
        held: 4,
        result: Some(Arc::new(result())),
    }
}

fn result() -> RoundResult {
    let team = |name: &str, votes, share, total, voices| TeamResult {
        name: name.to_owned(),
        votes,
        share,
        total,
        voices,
        color: Rgb::BLACK,
    };
    RoundResult {
        number: 2,
        question: 1,
        title: "Tea or coffee?".to_owned(),
        opened_at: at(1_795_288_100_000).unwrap(),
        closed_at: at(1_795_288_220_000).unwrap(),
        teams: vec![team("Tea", 40, 0.625, 52, 40), team("Coffee", 24, 0.375, 30, 24)],
        voices: 64,
        winner: Some("Tea".to_owned()),
        margin: 16,
        photo_finish: false,
        partial: false,
        course: Vec::new(),
    }
}

fn contest() -> Arc<Contest> {
    let team = |name: &str, hashtags: &[&str], color: Rgb, size: f64| Team {
        name: name.to_owned(),
        hashtags: hashtags.iter().map(|&hashtag| hashtag.to_owned()).collect(),
        color,
        size,
    };
    let teams = vec![
        team("Tabs", &["tabs", "teamtabs"], Rgb::new(0xff, 0xb0, 0x00), 2.0),
        team("\"Spaces\" \\ Räume", &["spaces"], Rgb::new(0x00, 0x50, 0xb0), 1.0),
    ];
    let window = Duration::from_secs(90);
    let title = "Tabs or spaces?".to_owned();
    Arc::new(Contest::new(title, window, Vote::Every, Reposts::Count, teams).unwrap())
}

/// One in each state.
fn sources() -> Vec<SourceStatus> {
    let source = |name: &str, kind, state, stale| SourceStatus {
        state,
        stale: Duration::from_millis(stale),
        ..SourceStatus::new(name.to_owned(), kind)
    };
    let mut returned = source("fediverse", "mastodon", SourceState::Live, 40);
    for (from, length) in [(1_795_288_380_000, 4200), (1_795_288_441_500, 650)] {
        let length = Duration::from_millis(length);
        returned.note_gap(Gap { from: at(from).unwrap(), length });
    }
    returned.panics = 2;
    returned.delay = Some(Duration::from_millis(1350));
    let mut refused = source("hall", "http", SourceState::Connecting, 9100);
    refused.problem = Some("hall.local refuses the connection; is the service up?".into());
    vec![
        returned,
        refused,
        source("sky", "bluesky", SourceState::Stale, 3000),
        source("relays", "nostr", SourceState::Paused, 60_000),
        source("rehearsal", "replay", SourceState::Ended, 0),
    ]
}

/// One in each state; a screen among them.
fn outputs() -> Vec<OutputStatus> {
    let strip = |name: &str, kind, state| OutputStatus {
        name: name.to_owned(),
        kind,
        state,
        error: None,
        pixels: 144,
        frames: 90_214,
        skipped: 12,
        repeated: 431,
        errors: 0,
        panics: 0,
        milliamps: Some(1987),
        max_milliamps: Some(2000),
        limited: false,
        flash_limited: false,
    };
    let rope = OutputStatus {
        limited: true,
        flash_limited: true,
        ..strip("rope", "spi", OutputState::Live)
    };
    let wall = OutputStatus {
        error: Some("cannot send: Network is unreachable (os error 101)".to_owned()),
        errors: 6,
        panics: 1,
        ..strip("wall", "ddp", OutputState::Failing)
    };
    let screen = |name, state| OutputStatus {
        milliamps: None,
        max_milliamps: None,
        ..strip(name, "terminal", state)
    };
    let all =
        [rope, wall, screen("terminal", OutputState::Opening), screen("ended", OutputState::Ended)];
    all.into()
}

fn at(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millis(ms)
}

/// The same JSON with a line for each value, so that differences can be read. Nothing but space is
/// added, and that outside of texts: without it the bytes are those on the wire.
fn broken_into_lines(json: &str) -> String {
    let mut lines = String::new();
    let mut depth = 0;
    let (mut in_text, mut escaped) = (false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek();
        let closes = matches!(character, '}' | ']') && !in_text;
        if closes && !lines.ends_with(['{', '[']) {
            depth -= 1;
            break_line(&mut lines, depth);
        }
        lines.push(character);
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_text = !in_text,
            '{' | '[' if !in_text && !matches!(next, Some('}' | ']')) => {
                depth += 1;
                break_line(&mut lines, depth);
            }
            ',' if !in_text => break_line(&mut lines, depth),
            ':' if !in_text => lines.push(' '),
            _ => {}
        }
    }
    lines.push('\n');
    lines
}

fn break_line(lines: &mut String, depth: usize) {
    lines.push('\n');
    lines.extend(std::iter::repeat_n("  ", depth));
}
