//! What recordings of rounds say, and that nobody else can say it.

use std::time::Duration;

use proptest::prelude::*;

use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};
use crate::decode::documents::{Documents, Shape};
use crate::decode::{Decoder, Feed};
use crate::event::{ClockEvent, Given, Message, Recorded};
use crate::order::{Command, Request};
use crate::post::{AuthorId, Deletion, Hasher, Key, Post, PostId, Side, Version};
use crate::questions::Questions;
use crate::snapshot::Phase;
use crate::timestamp::Timestamp;

#[test]
fn a_command_in_a_file_is_given_with_its_arguments_and_conditions() {
    let given = |at, request| Message::Command(Box::new(Given { at, request }));
    let lock = || Request::from(Command::Lock);
    check(r#"{"at":1000,"command":"lock"}"#, &[given(ms(1000), lock())]);
    check(
        r#"{"command":"lock","at":"1970-01-01T00:00:01Z","from":"open","soft":true,"who":"ada"}"#,
        &[given(ms(1000), Request { command: Command::Lock, from: Some(Phase::Open), soft: true })],
    );
    check(
        r#"{"at":7,"seen":9,"n":3,"command":"add_time","seconds":-1.5,"crc":"0123abcd"}"#,
        &[given(ms(7), Command::AddTime(-1500).into())],
    );
    check(
        r#"{"at":7,"command":"source","name":"hall","paused":true}"#,
        &[given(ms(7), Command::Source { name: "hall".to_owned(), paused: true }.into())],
    );
    check(
        r#"{"at":7,"command":"approve","id":"a1"}"#,
        &[given(ms(7), Command::Approve("a1".to_owned()).into())],
    );
}

#[test]
fn a_command_that_cannot_be_read_is_malformed_once() {
    for line in [
        r#"{"command":"lock"}"#,
        r#"{"at":1,"command":"lokc"}"#,
        r#"{"at":1,"command":7}"#,
        r#"{"at":1,"command":{}}"#,
        r#"{"at":"soon","command":"lock"}"#,
        r#"{"at":1,"command":"lock","from":"closed"}"#,
        r#"{"at":1,"command":"lock","soft":1}"#,
        r#"{"at":1,"command":"add_time"}"#,
        r#"{"at":1,"command":"lock"}}"#,
        r#"{"at":1,"command":"lock""#,
        r#"{"phase":"open"}"#,
        r#"{"at":1,"phase":"ajar"}"#,
    ] {
        let messages = read(Feed::Post, true, line);
        assert!(matches!(&messages[..], [Message::Malformed(_)]), "{line}: {messages:?}");
    }
    // A member that is nothing says nothing, and what is no text is no phase.
    check(r#"{"at":1,"command":null,"text":"no"}"#, &[Message::Unmatched(1)]);
    check(r#"{"at":1,"phase":7}"#, &[Message::Unmatched(1)]);
}

#[test]
fn what_the_clock_did_is_read_by_its_name() {
    for event in ClockEvent::ALL {
        let line = format!(r#"{{"at":"1970-01-01T00:00:02Z","phase":"{}"}}"#, event.name());
        check(&line, &[Message::Clock(ms(2000), event)]);
    }
    // A post may have a phase of its own.
    check(r##"{"at":1,"text":"#tabs","phase":"moon"}"##, &[Message::Post(post(1))]);
}

#[test]
fn a_message_says_when_and_from_where_it_came() {
    let recorded = |seen: Option<i64>, source: Option<&str>, message| {
        let (seen, source) = (seen.map(ms), source.map(str::to_owned));
        Message::Recorded(Box::new(Recorded { seen, source, message }))
    };
    let tabs = || Message::Post(post(1000));
    for (more, seen, source) in [
        (r#""seen":"1970-01-01T00:00:01.250Z""#, Some(1250), None),
        (r#""seen":1250,"source":"hall""#, Some(1250), Some("hall")),
        (r#""seen":null,"source":"hall""#, None, Some("hall")),
    ] {
        let line = format!(r##"{{"at":1000,"text":"#tabs",{more}}}"##);
        check(&line, &[recorded(seen, source, tabs())]);
        // Whoever is no file is taken at its word only so far.
        assert_eq!(read(Feed::Post, false, &line), [tabs()]);
    }
    let deletion = Deletion { posts: vec![id("7")], author: None, at: Some(ms(1000)) };
    check(
        r#"{"at":1000,"seen":2000,"delete":"7"}"#,
        &[recorded(Some(2000), None, Message::Deletion(deletion))],
    );
    check(r#"{"at":1000,"seen":2000,"source":"s","text":"no"}"#, &[Message::Unmatched(1)]);
    let malformed = Message::Malformed("`at` is neither a time in RFC 3339 nor Unix milliseconds");
    check(r##"{"at":1000,"seen":"soon","text":"#tabs"}"##, &[malformed]);
}

#[test]
fn a_journal_tells_more_of_its_messages_than_a_recording() {
    let edit = Post { id: Some(id("7")), version: Version::Edit, ..post(1000) };
    check(r#"{"at":1000,"id":"7","edit":true,"hashtags":["tabs"]}"#, &[Message::Post(edit)]);
    let nothing = Post {
        id: Some(id("7")),
        side: Side::None,
        tags: crate::post::Tags::default(),
        version: Version::Edit,
        ..post(1000)
    };
    check(r#"{"at":1000,"delete":"7","edit":true}"#, &[Message::Post(nothing)]);
    // Without the word for a deletion the scan would pass over it.
    check(r#"{"at":1000,"id":"7","edit":true,"hashtags":[]}"#, &[Message::Unmatched(1)]);
    let named = Post { id: Some(id("7")), alias: Some(id("8")), ..post(1000) };
    check(r#"{"at":1000,"id":"7","alias":"8","hashtags":["tabs"]}"#, &[Message::Post(named)]);
    let author = hasher().author("post", "ada");
    let deletion =
        Deletion { posts: vec![id("7"), id("8")], author: Some(author), at: Some(ms(1000)) };
    check(r#"{"at":1000,"delete":["7",8],"by":"ada"}"#, &[Message::Deletion(deletion)]);
}

#[test]
fn names_in_its_own_journal_are_what_they_were() {
    let line =
        r#"{"at":1,"id":"00000000000000ff","author":"0123456789abcdef","hashtags":["tabs"]}"#;
    let mut read = Vec::new();
    let decoder = Decoder::new(&contest(), Some(Feed::Post), hasher());
    decoder.of_its_own_journal().block(line.as_bytes(), |_, message| read.push(message));
    let (id, author) = (Some(PostId(255)), Some(AuthorId(0x0123_4567_89ab_cdef)));
    assert_eq!(read, [Message::Post(Post { id, author, ..post(1) })]);
}

#[test]
fn numbers_of_messages_are_counted_and_results_are_none() {
    check(r#"{"unmatched":12}"#, &[Message::Unmatched(12)]);
    check(r#"{"at":1,"unmatched":0}"#, &[]);
    let counted = read(Feed::Post, true, r#"{"unmatched":2,"malformed":2,"dropped":5}"#);
    assert!(
        matches!(
            &counted[..],
            [
                Message::Malformed(_),
                Message::Malformed(_),
                Message::Unmatched(2),
                Message::Dropped(5)
            ] | [
                Message::Unmatched(2),
                Message::Malformed(_),
                Message::Malformed(_),
                Message::Dropped(5)
            ]
        ),
        "{counted:?}"
    );
    for line in [
        r##"{"result":{"number":1,"title":"#tabs"}}"##,
        r##"{"at":1,"note":"head","teams":["#tabs"]}"##,
    ] {
        check(line, &[]);
    }
    for line in [r#"{"unmatched":-1}"#, r#"{"unmatched":1e99}"#, r#"{"unmatched":"7"}"#] {
        check(line, &[Message::Unmatched(1)]);
    }
}

#[test]
fn a_file_that_begins_with_any_line_of_a_journal_is_a_recording() {
    for line in [
        r#"{"at":"2026-11-21T19:00:00Z","command":"start"}"#,
        r#"{"at":"2026-11-21T19:00:00Z","phase":"open"}"#,
        r#"{"result":{"number":1}}"#,
        r#"{"unmatched":7}"#,
        r#"{"at":"2026-11-21T19:00:00Z","note":"head","format":1}"#,
        r#"{"at":"2026-11-21T19:00:00Z","note":"state","state":{}}"#,
    ] {
        assert_eq!(Feed::sniff(line), Some(Feed::Post), "{line}");
    }
}

#[test]
fn nobody_steers_a_show_through_a_network() {
    for line in [
        r#"{"at":"2026-11-21T19:00:00Z","command":"lock"}"#,
        r#"{"at":1,"command":"lokc"}"#,
        r#"{"at":"2026-11-21T19:00:00Z","phase":"locked"}"#,
        r##"{"at":1,"command":"arm","title":"#tabs","teams":["a","b"]}"##,
    ] {
        for feed in Feed::ALL {
            let messages = read(feed, false, line);
            assert!(
                matches!(&messages[..], [Message::Malformed(_)]),
                "{feed} {line}: {messages:?}"
            );
        }
        let mut documents = Documents::new(&contest(), &Shape::default(), hasher(), "hook");
        let mut messages = Vec::new();
        for document in [line.to_owned(), format!("[{line}]")] {
            documents.document(document.as_bytes(), ms(7), |message| messages.push(message));
        }
        let malformed = |message: &Message| matches!(message, Message::Malformed(_));
        assert!(messages.len() == 2 && messages.iter().all(malformed), "{line}: {messages:?}");
        // Nor by a message that somebody has recorded as it came.
        let raw = format!(r#"{{"at":1,"source":"s","kind":"post","raw":{line}}}"#);
        let messages = read(Feed::Post, true, &raw);
        assert!(matches!(&messages[..], [Message::Malformed(_)]), "{raw}: {messages:?}");
    }
    // The words alone do no harm.
    for (feed, line) in [
        (Feed::Post, r##"{"at":1,"text":"#tabs","said":"\"command\":\"lock\""}"##),
        (
            Feed::Mastodon,
            r#"{"id":"7","uri":"u","created_at":"1970-01-01T00:00:01Z","account":{"acct":"a"},"phase":"open","tags":[{"name":"tabs"}]}"#,
        ),
    ] {
        let messages = read(feed, false, line);
        assert!(matches!(&messages[..], [Message::Post(_)]), "{line}: {messages:?}");
    }
    let calm = r#"{"did":"d","time_us":7,"kind":"identity","identity":{"phase":"open"}}"#;
    assert_eq!(read(Feed::Jetstream, false, calm), [Message::Unmatched(1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_member_may_be_anything(
        members in prop::collection::vec((name(), value()), 0..6),
        is_file in any::<bool>(),
    ) {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let line = format!("{{{}}}", members.join(","));
        let scanned = read(Feed::Post, is_file, &line);
        // A line that begins with a space is not passed over by the scan.
        let decoded = read(Feed::Post, is_file, &format!(" {line}"));
        prop_assert_eq!(&scanned, &decoded, "{}", line);
        let steers =
            |message: &Message| matches!(message, Message::Command(_) | Message::Clock(..));
        prop_assert!(is_file || !scanned.iter().any(steers), "{}: {:?}", line, scanned);
    }
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "at",
        "command",
        "phase",
        "hashtags",
        "text",
        "delete",
        "edit",
        "unmatched",
        "malformed",
        "dropped",
        "result",
        "note",
        "raw",
        "seen",
        "source",
        "id",
    ])
}

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "1",
        "\"1970-01-01T00:00:01Z\"",
        "\"lock\"",
        "\"open\"",
        "[\"tabs\"]",
        "[]",
        "\"#tabs\"",
        "true",
        "null",
        "{}",
        "-1",
        "\"\"",
    ])
}

/// What a file says with a line.
#[track_caller]
fn check(line: &str, expected: &[Message]) {
    assert_eq!(read(Feed::Post, true, line), expected, "{line}");
}

fn read(feed: Feed, is_file: bool, line: &str) -> Vec<Message> {
    let decoder = Decoder::new(&contest(), Some(feed), hasher());
    let mut decoder = if is_file { decoder.of_a_file() } else { decoder };
    let mut messages = Vec::new();
    decoder.block(line.as_bytes(), |_, message| messages.push(message));
    messages
}

fn hasher() -> Hasher {
    Hasher::new(Key([7; 16]))
}

fn contest() -> Questions {
    let team = |name: &str| Team {
        name: name.to_owned(),
        hashtags: vec![name.to_owned()],
        color: PALETTE[0],
        size: 1.0,
    };
    let teams = ["tabs", "spaces"].map(team).into();
    let window = Duration::from_mins(1);
    Contest::new(String::new(), window, Vote::Every, Reposts::Ignore, teams).unwrap().into()
}

/// A post for Tabs as it is read.
fn post(at: i64) -> Post {
    let line = format!(r##"{{"at":{at},"text":"#tabs"}}"##);
    let [Message::Post(post)] = &read(Feed::Post, false, &line)[..] else { panic!("{line}") };
    post.clone()
}

fn id(name: &str) -> PostId {
    hasher().post("post", name)
}

fn ms(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).unwrap()
}
