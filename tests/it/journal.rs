//! A journal outside of a show: what `tally` makes of it, and what `forget` leaves.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hashtug::contest::{Contest, PALETTE, Reposts, Team, TeamId, Vote};
use hashtug::event::{ClockEvent, Message, SourceId};
use hashtug::journal::{Begin, Entry, Error, Journal, Opened, Rules, Setup, open};
use hashtug::order::Command;
use hashtug::post::{AuthorId, Deletion, Post, PostId, Side, TagId, Version};
use hashtug::questions::Questions;
use hashtug::snapshot::RecordingState;
use hashtug::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::support::patience::Finish;
use crate::support::program::{hashtug, last, tally};
use crate::support::results::result;

#[test]
fn tally_counts_a_journal_as_any_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("friday.jsonl");
    for life in 0..2 {
        let opened = begin(&path);
        tell(&opened.journal, life);
        assert_eq!(opened.writer.finish().state, RecordingState::On);
    }
    let snapshot = last(&tally(&path, &["--vote", "every"]));
    let posts = &snapshot["posts"];
    // In each life three posts, of which one was deleted; and two numbers of messages.
    let expected = json!({
        "received": 2 * (3 + 1 + 7 + 2 + 5), "matched": 2 * 3, "unmatched": 2 * 7, "revised": 2,
        "malformed": 2 * 2, "dropped": 2 * 5,
    });
    for (fate, count) in expected.as_object().unwrap() {
        assert_eq!(&posts[fate], count, "{fate}: {posts}");
    }
}

#[test]
fn tally_counts_a_journal_by_what_it_says_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("friday.jsonl");
    let questions = questions_of(["Cats", "Dogs"]);
    let rules = hashtug::evening::counting(&questions, None);
    let opened = open(&Setup { rules, ..setup(&path, &questions) }).unwrap();
    let post = Post {
        id: Some(PostId(7)),
        alias: None,
        author: Some(AuthorId(7)),
        at: at(1000),
        side: Side::Team(TeamId(1)),
        tags: std::iter::once(TagId(1)).collect(),
        version: Version::First,
    };
    let message = Message::Post(post);
    opened.journal.note(Entry::Message { arrival: at(1000), source: SourceId(0), message });
    assert_eq!(opened.writer.finish().state, RecordingState::On);
    let snapshot = last(&hashtug(&["tally", path.to_str().unwrap()]).finish());
    assert_eq!(
        (&snapshot["teams"][1]["name"], &snapshot["teams"][1]["votes"]),
        (&json!("Dogs"), &json!(1))
    );
}

#[test]
fn forget_deletes_the_keys_and_says_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("friday.jsonl");
    let opened = begin(&path);
    tell(&opened.journal, 0);
    let forget = || hashtug(&["forget", path.to_str().unwrap()]).finish();
    let said = |output: &std::process::Output| {
        let text = [&output.stdout[..], &output.stderr].concat();
        let folder = format!("{}/", folder.path().display());
        String::from_utf8(text).unwrap().replace(&folder, "").replace('\\', "/")
    };
    let during = forget();
    assert_eq!(during.status.code(), Some(2));
    let process = std::process::id();
    assert!(said(&during).contains(&format!("is written by process {process}")), "{during:?}");
    let _status = opened.writer.finish();
    drop(opened.journal);
    let after = forget();
    assert_eq!(after.status.code(), Some(0));
    insta::assert_snapshot!(said(&after), @r"
    friday.jsonl: its keys are deleted
    friday-kept.jsonl: 9 lines to keep, with times rounded to the minute
    friday.jsonl still has the exact times; delete it when you do not need it
    ");
    assert!(!folder.path().join("friday.jsonl.key").exists());
    let copy = fs::read_to_string(folder.path().join("friday-kept.jsonl")).unwrap();
    for line in copy.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for key in ["at", "seen"] {
            let time = line[key].as_str().unwrap_or(":00.000Z");
            assert!(time.ends_with(":00.000Z"), "{line}");
        }
    }
    let missing = hashtug(&["forget", "/nowhere/friday.jsonl"]).finish();
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("cannot read the journal"), "{missing:?}");
}

#[test]
fn a_second_show_is_refused_and_told_who_holds_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("friday.jsonl");
    let questions = questions();
    let setup = setup(&path, &questions);
    let _first = open(&setup).unwrap();
    let refused = open(&setup).unwrap_err();
    let holder = Some(std::process::id());
    assert!(matches!(refused, Error::Held { process, .. } if process == holder), "{refused}");
}

/// A short evening: its ids are other ones in each life.
fn tell(journal: &Journal, life: u64) {
    let message =
        |ms: i64, message| Entry::Message { arrival: at(ms + 50), source: SourceId(0), message };
    for number in 1..=3 {
        let post = Post {
            id: Some(PostId(10 * life + number)),
            alias: None,
            author: Some(AuthorId(number)),
            at: at(1000),
            side: Side::Team(TeamId(0)),
            tags: std::iter::once(TagId(0)).collect(),
            version: Version::First,
        };
        journal.note(message(1000, Message::Post(post)));
    }
    let posts = vec![PostId(10 * life + 1)];
    let deletion = Deletion { posts, author: None, at: Some(at(1001)) };
    journal.note(message(1001, Message::Deletion(deletion)));
    journal.note(message(1001, Message::Unmatched(7)));
    journal.note(message(1001, Message::Malformed("a test")));
    journal.note(message(1001, Message::Malformed("a test")));
    journal.note(message(1001, Message::Dropped(5)));
    journal.note(Entry::Clock(at(1002), ClockEvent::Open));
    journal.note(Entry::State(at(1003), Box::new(json!({"tabs": "#tabs"}))));
    journal.note(Entry::Source(at(1003), SourceId(0), Some(at(1003))));
    journal.note(Entry::Presses(at(1003), Box::new(json!(["#tabs"]))));
    journal.note(Entry::Result(Arc::new(result(1, "#tabs?", ["#tabs", "#spaces"], [3, 1]))));
    journal.note_time(at(1003));
    journal.note(Entry::Command { at: at(1004), request: Command::Lock.into() });
}

fn begin(path: &Path) -> Opened {
    let questions = questions();
    open(&setup(path, &questions)).unwrap()
}

fn setup<'a>(path: &'a Path, questions: &'a Questions) -> Setup<'a> {
    Setup {
        path,
        rules: Rules::new(questions, []),
        questions,
        sources: vec!["hall".to_owned()],
        begin: Begin::Auto,
        now: at(0),
    }
}

fn questions() -> Questions {
    questions_of(["Tabs", "Spaces"])
}

fn questions_of(names: [&str; 2]) -> Questions {
    let team = |(place, name): (usize, &str)| Team {
        name: name.to_owned(),
        hashtags: vec![name.to_lowercase()],
        color: PALETTE[place],
        size: 1.0,
    };
    let teams = names.into_iter().enumerate().map(team).collect();
    let window = Duration::from_mins(1);
    let contest = Contest::new(String::new(), window, Vote::Every, Reposts::Ignore, teams);
    Arc::new(contest.unwrap()).into()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).unwrap()
}
