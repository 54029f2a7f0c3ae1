//! An evening counted anew: what `verify` says of a journal that somebody has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hashtug::contest::{Contest, PALETTE, Team, TeamId};
use hashtug::evening::{self, Error, Fault, Recount, recount};
use hashtug::event::{ClockEvent, Message, SourceId};
use hashtug::journal::{Begin, Entry, Setup, open};
use hashtug::order::{Arm, Command};
use hashtug::post::{AuthorId, Post, PostId, Side, TagId, Version};
use hashtug::questions::Questions;
use hashtug::round::{Length, Rules};
use hashtug::snapshot::{RecordingState, RoundResult};
use hashtug::timestamp::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::evening::questions;
use crate::support::patience::Finish;
use crate::support::program::hashtug;

/// A journal of two rounds, which is whole.
struct Journal {
    folder: TempDir,
    lines: Vec<String>,
}

impl Journal {
    fn new() -> Journal {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("friday.jsonl");
        // First without results, to know which they are.
        write(&path, &[]);
        let recounted = recount(&path, None).unwrap();
        let results: Vec<_> =
            recounted.evening.rounds.iter().map(|round| Arc::clone(&round.result)).collect();
        assert_eq!(results.len(), 2);
        fs::remove_file(&path).unwrap();
        write(&path, &results);
        let text = fs::read_to_string(&path).unwrap();
        Journal { folder, lines: text.lines().map(str::to_owned).collect() }
    }

    /// The number of the line that is the `nth` after the head to have this in it.
    #[track_caller]
    fn number(&self, what: &str, nth: usize) -> usize {
        let mut lines = (1..).zip(&self.lines).skip(1).filter(|(_, line)| line.contains(what));
        lines.nth(nth - 1).map(|(number, _)| number).unwrap()
    }

    /// A file of these lines.
    fn file(&self, lines: &[String]) -> PathBuf {
        self.file_of((lines.join("\n") + "\n").as_bytes())
    }

    fn file_of(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("changed.jsonl");
        fs::write(&path, bytes).unwrap();
        path
    }

    /// What is said after something in lines of these numbers was put in the place of something else.
    fn changed(&self, changes: &[(usize, &str, &str)]) -> Recount {
        let mut lines = self.lines.clone();
        for (number, from, to) in changes {
            let line = &mut lines[number - 1];
            assert!(line.contains(from), "{from}: {line}");
            *line = line.replacen(from, to, 1);
        }
        recount(&self.file(&lines), None).unwrap()
    }
}

fn write(path: &Path, results: &[Arc<RoundResult>]) {
    let (questions, rules) = asked();
    let opened = open(&setup(path, &questions, rules)).unwrap();
    let journal = &opened.journal;
    let note_all = |entries: Vec<Entry>| entries.into_iter().for_each(|entry| journal.note(entry));
    for round in 0..2 {
        let begin = 100 * round;
        let clock = |second, event| Entry::Clock(at(begin + second), event);
        let command = |second, command: Command| Entry::Command {
            at: at(begin + second),
            request: command.into(),
        };
        note_all(vec![
            command(1, Command::Start(None)),
            post(begin + 2, 0),
            post(begin + 3, 0),
            post(begin + 4, 0),
            post(begin + 5, 1),
            clock(11, ClockEvent::Locked),
            clock(12, ClockEvent::Revealed),
        ]);
        if let Some(result) = results.get(usize::try_from(round).unwrap()) {
            journal.note(Entry::Result(Arc::clone(result)));
        }
        if round == 0 {
            note_all(vec![command(20, Command::Arm(Arm::Question(1)))]);
        }
    }
    assert_eq!(opened.writer.finish().state, RecordingState::On);
}

fn setup<'a>(path: &'a Path, questions: &'a Questions, rules: Rules) -> Setup<'a> {
    Setup {
        path,
        rules: evening::counting(questions, Some(&rules)),
        questions,
        sources: vec!["hall".to_owned()],
        begin: Begin::Auto,
        now: at(0),
    }
}

fn asked() -> (Questions, Rules) {
    let rules = Rules {
        length: Length::After(Duration::from_secs(10)),
        countdown: Duration::ZERO,
        grace: Duration::from_secs(1),
        ..Rules::default()
    };
    (questions([1.0, 1.0]), rules)
}

/// A post of an author of its own for a team of the first question.
fn post(second: i64, team: u16) -> Entry {
    post_with(second, team)
}

/// The same with the hashtag of that number.
fn post_with(second: i64, tag: u16) -> Entry {
    let team = tag % 2;
    let id = u64::try_from(second).unwrap();
    let post = Post {
        id: Some(PostId(id)),
        alias: None,
        author: Some(AuthorId(id)),
        at: at(second),
        side: Side::Team(TeamId(team)),
        tags: std::iter::once(TagId(tag)).collect(),
        version: Version::First,
    };
    Entry::Message { arrival: at(second), source: SourceId(0), message: Message::Post(post) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1000 * second).unwrap()
}

fn changed(line: usize, round: u32) -> Fault {
    Fault::Changed { line: line as u64, round: Some(round) }
}

fn other_result(round: u32, difference: &str) -> Fault {
    Fault::Result { round, difference: difference.to_owned() }
}

/// What a command says, and with which code it ends.
fn said(arguments: &[&str], path: &Path) -> (String, Option<i32>) {
    let output = hashtug(arguments).arg(path).finish();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap().replace(&path.display().to_string(), "FILE");
    (said, output.status.code())
}

#[test]
fn of_a_whole_journal_every_result_follows() {
    let journal = Journal::new();
    let (said, code) = said(&["verify"], &journal.folder.path().join("friday.jsonl"));
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(said, @"
    round 1, Editors? Team vim 3, Team emacs 1. Team vim has won with 75.0 %, 50.0 points ahead of Team emacs. 2 more votes would have brought Team emacs level.
    round 2, Editors? Team vim 3, Team emacs 1. Team vim has won with 75.0 %, 50.0 points ahead of Team emacs. 2 more votes would have brought Team emacs level.
    every result follows from the posts; that the posts are true nobody can tell from here
    ");
}

#[test]
fn every_line_and_every_round_that_was_changed_is_named() {
    let journal = Journal::new();
    let (first, second) = (journal.number("\"vim\"]", 1), journal.number("\"vim\"]", 4));
    let vim_to_emacs = |number| (number, "\"vim\"]", "\"emacs\"]");
    let recounted = journal.changed(&[vim_to_emacs(first), vim_to_emacs(second)]);
    let difference = "`margin` is written as 2, and is 0";
    let expected = [
        changed(first, 1),
        other_result(1, difference),
        changed(second, 2),
        other_result(2, difference),
    ];
    assert_eq!(recounted.faults, expected);
    // The votes are those of the posts that stand there.
    let votes = recounted.evening.rounds.iter().map(|round| round.result.teams[0].votes);
    assert_eq!(votes.collect::<Vec<_>>(), [2, 2]);
    let (said, code) = said(&["verify"], &journal.folder.path().join("changed.jsonl"));
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(said, @"
    round 1, Editors? Team vim 2, Team emacs 2. A tie: Team vim and Team emacs have 50.0 % each.
    round 2, Editors? Team vim 2, Team emacs 2. A tie: Team vim and Team emacs have 50.0 % each.
    round 1: line 3 is not what was written there
    round 1: the result does not follow from the posts: `margin` is written as 2, and is 0
    round 2: line 12 is not what was written there
    round 2: the result does not follow from the posts: `margin` is written as 2, and is 0
    error: results do not follow from the posts
    ");
}

#[test]
fn a_result_that_was_changed_is_named_with_what_differs() {
    let journal = Journal::new();
    let number = journal.number("{\"result\":", 2);
    let recounted = journal.changed(&[(number, "\"votes\":1", "\"votes\":7")]);
    let difference = "`teams[1].votes` is written as 7, and is 1";
    assert_eq!(recounted.faults, [changed(number, 2), other_result(2, difference)]);
    let recounted = journal.changed(&[(number, "\"number\":2", "\"number\":3")]);
    assert_eq!(recounted.faults, [changed(number, 2), Fault::NoRound { round: 3 }]);
}

#[test]
fn a_line_that_was_left_out_or_put_in_is_named_where_it_was() {
    let journal = Journal::new();
    let number = journal.number("\"emacs\"]", 2);
    let mut lines = journal.lines.clone();
    let left_out = lines.remove(number - 1);
    let recounted = recount(&journal.file(&lines), None).unwrap();
    let one_less = "`margin` is written as 2, and is 3";
    assert_eq!(recounted.faults, [changed(number, 2), other_result(2, one_less)]);
    lines.insert(number - 1, left_out.clone());
    lines.insert(number, left_out.replace("0069", "0070"));
    let recounted = recount(&journal.file(&lines), None).unwrap();
    let one_more = "`margin` is written as 2, and is 1";
    assert_eq!(recounted.faults[0], changed(number + 1, 2));
    assert_eq!(recounted.faults[1..], [other_result(2, one_more)]);
}

#[test]
fn an_incomplete_last_line_is_told_of_and_is_no_fault_of_anybody() {
    let journal = Journal::new();
    let text = journal.lines.join("\n") + "\n{\"at\":\"2026";
    let torn = Fault::Torn { line: journal.lines.len() as u64 + 1 };
    let path = journal.file_of(text.as_bytes());
    assert_eq!(recount(&path, None).unwrap().faults, std::slice::from_ref(&torn));
    let (said, code) = said(&["verify"], &path);
    assert!(said.contains("the last, is incomplete, as after a crash"), "{said}");
    assert_eq!(code, Some(0));
    // Damage before it is another thing.
    let path = journal
        .file_of(text.replacen("\"command\":\"start\"", "\"command\":\"lock\"", 1).as_bytes());
    let faults = recount(&path, None).unwrap().faults;
    assert_eq!((&faults[0], faults.last()), (&changed(2, 1), Some(&torn)));
}

#[test]
fn what_is_missing_in_a_journal_is_said_by_its_number() {
    let journal = Journal::new();
    let lost = "{\"at\":\"1970-01-01T00:00:01.000Z\",\"note\":\"lost\",\"count\":7}".to_owned();
    let mut lines = journal.lines.clone();
    lines.insert(1, lost);
    let recounted = recount(&journal.file(&lines), None).unwrap();
    assert_eq!(recounted.evening.partial.as_deref(), Some("7 things are missing in the journal"));
    assert_eq!(recounted.faults, [changed(2, 1)]);
}

#[test]
fn the_head_of_a_newer_version_or_of_another_evening_does_not_pass() {
    let journal = Journal::new();
    let mut lines = journal.lines.clone();
    lines[0] = json!({
        "at": "2026-11-27T19:00:00.000Z", "note": "head",
        "head": {"format": 2, "version": "9.9.9", "questions": "all"},
    })
    .to_string();
    let path = journal.file(&lines);
    assert!(matches!(recount(&path, None), Err(Error::Head { .. })));
    let (said, code) = said(&["verify"], &path);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(said, @"
    error: `FILE` cannot be counted: it was written by a newer version, 9.9.9
    hint: count it with that version
    ");
    let others = journal.changed(&[(1, "\"vim\"", "\"nano\"")]);
    assert_eq!(others.faults[0], changed(1, 1));
    assert!(matches!(others.faults[1], Fault::Result { round: 1, .. }), "{:?}", others.faults);
}

#[test]
fn a_plain_recording_is_counted_by_the_config_to_its_last_line() {
    let journal = Journal::new();
    let bare = |line: &String| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("crc");
        line.to_string()
    };
    // The last line has no end, and is a line all the same.
    let recording = journal.lines[1..].iter().map(bare).collect::<Vec<_>>().join("\r\n");
    let path = journal.file_of(recording.as_bytes());
    let (questions, rules) = asked();
    let recounted = recount(&path, Some((Arc::new(questions), Some(rules)))).unwrap();
    assert!(!recounted.is_journal);
    assert_eq!(recounted.faults, []);
    let votes = |recount: &Recount| {
        let rounds = recount.evening.rounds.iter();
        rounds.map(|round| round.result.teams[0].votes).collect::<Vec<_>>()
    };
    assert_eq!(votes(&recounted), [3, 3]);
    let (said, code) = said(&["report"], &path);
    assert_eq!(code, Some(2));
    assert!(said.contains("no config says what is counted in it"), "{said}");
}

#[test]
fn titles_that_were_mended_and_questions_that_were_added_in_the_evening_are_counted_too() {
    let Journal { folder, .. } = Journal::new();
    let path = folder.path().join("friday.jsonl");
    let (asked, rules) = asked();
    let more = more_questions(&asked);
    // First without the result, to know which it is; then the same with it.
    let before = fs::read(&path).unwrap();
    go_on(&path, &more, rules, None);
    let recounted = recount(&path, None).unwrap();
    assert_eq!(recounted.evening.rounds.len(), 3);
    let result = Arc::clone(&recounted.evening.rounds[2].result);
    assert_eq!((&*result.title, result.winner.as_deref()), ("Pets?", Some("Cats")));
    fs::write(&path, before).unwrap();
    go_on(&path, &more, rules, Some(result));
    let recounted = recount(&path, None).unwrap();
    assert_eq!(recounted.faults, []);
    // A show that knows nothing of the question that was added would tell another evening.
    let refused = open(&setup(&path, &asked, rules)).unwrap_err().to_string();
    assert!(refused.ends_with("there it has 3 questions, and in the config 2"), "{refused}");
}

/// Those, the first with another title, and one more.
fn more_questions(asked: &Questions) -> Questions {
    let question = |title: &str, like: &Contest, teams: Vec<Team>| {
        let (vote, reposts) = (like.vote(), like.reposts());
        Arc::new(Contest::new(title.to_owned(), like.window(), vote, reposts, teams).unwrap())
    };
    let first = asked.iter().next().unwrap();
    let pets = ["Cats", "Dogs"].into_iter().zip(PALETTE).map(|(name, color)| Team {
        name: name.to_owned(),
        hashtags: vec![name.to_lowercase()],
        color,
        size: 1.0,
    });
    let mended = question("Which editor?", first, first.teams().to_vec());
    let pets = question("Pets?", first, pets.collect());
    let others = asked.iter().skip(1).cloned();
    let all = std::iter::once(mended).chain(others).chain(std::iter::once(pets));
    Questions::new(all.collect()).unwrap()
}

/// A third round, in a show that goes on with the journal: of the third question.
fn go_on(path: &Path, questions: &Questions, rules: Rules, result: Option<Arc<RoundResult>>) {
    let opened = open(&setup(path, questions, rules)).unwrap();
    assert!(opened.past.is_some());
    let command =
        |second, command: Command| Entry::Command { at: at(second), request: command.into() };
    let entries = [
        command(201, Command::Arm(Arm::Question(3))),
        command(202, Command::Start(None)),
        post_with(203, 4),
        Entry::Clock(at(212), ClockEvent::Locked),
        Entry::Clock(at(213), ClockEvent::Revealed),
    ];
    for entry in entries.into_iter().chain(result.map(Entry::Result)) {
        opened.journal.note(entry);
    }
    assert_eq!(opened.writer.finish().state, RecordingState::On);
}
