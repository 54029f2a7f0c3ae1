//! A journal on a disk that does what disks do.

use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::Instant;

use super::disk::RealDisk;
use super::forget::forget_on;
use super::open::{KEYS_LIVE, Prepared, prepare};
use super::simulated::{After, Fault, SimulatedDisk};
use super::writer::{OpenFile, Write};
use super::*;
use crate::contest::{Contest, PALETTE, Reposts, TeamId, Vote};
use crate::decode::{Decoder, Feed};
use crate::hint::Hint as _;
use crate::order::Command;
use crate::post::{AuthorId, Deletion, Hasher, Post, PostId, Side, TagId, Tags, Version};
use crate::questions::Questions;
use crate::snapshot::Phase;

const SECOND: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_hours(1);

// ---------------------------------------------------------------- what is read is what was written

/// It takes its time to be made.
static DECODER: LazyLock<Mutex<Decoder>> = LazyLock::new(|| {
    let decoder = Decoder::new(&questions(), Some(Feed::Post), Hasher::default());
    Mutex::new(decoder.of_its_own_journal())
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_entry_reads_back_as_it_was(entries in prop::collection::vec(entry(), 1..12)) {
        let lines = Lines::new(&questions(), ["hall \"A\"".to_owned()]);
        let mut made = Vec::new();
        let mut expected = Vec::new();
        for entry in entries {
            match entry {
                Told::Message(arrival, message) => {
                    lines.message(arrival, Some(0), &message, &mut made);
                    let at = match &message {
                        Message::Post(post) => Some(post.at),
                        Message::Deletion(deletion) => deletion.at,
                        _ => unreachable!(),
                    };
                    let seen = (at != Some(arrival)).then_some(arrival);
                    let source = Some("hall \"A\"".to_owned());
                    let recorded = crate::event::Recorded { seen, source, message };
                    expected.push(Message::Recorded(Box::new(recorded)));
                }
                Told::Counted(counted) => {
                    lines::counted(counted, &mut made);
                    if counted.unmatched > 0 {
                        expected.push(Message::Unmatched(counted.unmatched));
                    }
                    for _ in 0..counted.malformed {
                        expected.push(Message::Malformed("malformed when it was recorded"));
                    }
                    if counted.dropped > 0 {
                        expected.push(Message::Dropped(counted.dropped));
                    }
                }
                Told::Command(at, request) => {
                    made.push(lines::command(at, &request));
                    expected.push(Message::Command(Box::new(crate::event::Given { at, request })));
                }
                Told::Clock(at, event) => {
                    made.push(lines::clock(at, event));
                    expected.push(Message::Clock(at, event));
                }
                Told::Nothing(line) => made.push(line),
            }
        }
        let mut chain = seal::Chain::default();
        let mut sealed = Vec::new();
        for line in &made {
            chain.seal(line, &mut sealed);
        }
        // Runs of messages that name nobody are one message.
        let text = String::from_utf8(sealed.clone()).unwrap();
        let mut read = Vec::new();
        let mut decoder = DECODER.lock().unwrap();
        for line in text.split_inclusive('\n') {
            let mut of_line = Vec::new();
            decoder.block(line.as_bytes(), |_, message| of_line.push(message));
            // What a line counts has no order.
            of_line.sort_by_key(|message| match message {
                Message::Unmatched(_) => 0,
                Message::Malformed(_) => 1,
                _ => 2,
            });
            read.extend(of_line);
        }
        prop_assert_eq!(&read, &expected, "{}", text);
        let survey = survey(&*sealed).unwrap();
        prop_assert_eq!(survey.damage, None);
        prop_assert_eq!(survey.end.lines(), made.len() as u64);
    }
}

#[test]
fn a_line_says_what_it_is() {
    let lines = Lines::new(&questions(), ["hall".to_owned()]);
    let gap = Gap { from: at(1), length: SECOND };
    let mut counted = Vec::new();
    lines::counted(Counted { unmatched: 2, ..Counted::default() }, &mut counted);
    let mut messages = Vec::new();
    lines.message(at(1), Some(0), &Message::Post(post(1)), &mut messages);
    let deletion = Deletion { posts: vec![PostId(1)], author: None, at: None };
    lines.message(at(1), Some(0), &Message::Deletion(deletion), &mut messages);
    for (kind, line) in [
        (Kind::Head, Head::new(at(0), Rules::default()).line()),
        (Kind::State, lines::state(at(1), &json!({"phase": "open"}))),
        (Kind::Message, messages[0].clone()),
        (Kind::Message, messages[1].clone()),
        (Kind::Counted, counted[0].clone()),
        (Kind::Command, lines::command(at(1), &Command::Lock.into())),
        (Kind::Clock, lines::clock(at(1), ClockEvent::Locked)),
        (Kind::Result, lines::result(&result("Tabs?"))),
        (Kind::Presses, lines::presses(at(1), &json!(["p"]))),
        (Kind::Gap, lines.gap(Some(0), &gap)),
        (Kind::Source, lines.source(at(1), 0, Some(at(0)))),
        (Kind::Lost, lines::lost(Some(at(1)), 3)),
        (Kind::Resumed, lines::resumed(at(1), None)),
        (Kind::Time, lines::time(at(1))),
    ] {
        let sealed = seal_all(std::slice::from_ref(&line));
        let read = Reader::new(&*sealed).read().unwrap().unwrap();
        assert_eq!(read.kind, kind, "{line}");
        assert_eq!(read.unsealed().as_deref(), Some(&*line));
        let has_no_time = matches!(kind, Kind::Counted | Kind::Result);
        assert_eq!(read.time().is_none(), has_no_time, "{line}");
        assert!(serde_json::from_str::<Value>(&read.text).is_ok(), "{line}");
    }
}

#[test]
fn a_journal_tells_until_when_each_source_was_connected() {
    let names = ["hall", "sky", "sea", "new"].map(str::to_owned);
    let lines = Lines::new(&questions(), names);
    let mut made = vec![Head::new(at(0), Rules::default()).line()];
    made.extend((0..3).map(|source| lines.source(at(1), source, None)));
    made.push(lines.source(at(5), 1, Some(at(3))));
    made.push(lines::clock(at(6), ClockEvent::Open));
    let survey_of = |made: &[String]| survey(&*seal_all(made)).unwrap();
    let sources = |made: &[String]| survey_of(made).sources.into_iter().collect::<Vec<_>>();
    let of = |hall, sky, sea| {
        let all = [("hall", hall), ("sea", sea), ("sky", sky)];
        all.map(|(name, heard): (&str, Option<Timestamp>)| (name.to_owned(), heard)).to_vec()
    };
    assert_eq!(sources(&made), of(None, Some(at(3)), None));
    // With the show all of them ended; those that were not back in the next one are still missing.
    made.push(lines::resumed(at(60), None));
    made.push(lines.source(at(61), 0, None));
    made.push(lines::clock(at(70), ClockEvent::Open));
    assert_eq!(sources(&made), of(None, Some(at(3)), Some(at(6))));
    assert_eq!(survey_of(&made).last, Some(at(70)));
}

#[test]
fn a_journal_names_nobody_and_has_no_text() {
    let lines = Lines::new(&questions(), ["hall".to_owned()]);
    let mut made = Vec::new();
    lines.message(at(7000), Some(0), &Message::Post(post(1)), &mut made);
    insta::assert_snapshot!(made[0], @r#"{"at":"1970-01-01T00:00:00.001Z","seen":"1970-01-01T00:00:07.000Z","source":"hall","id":"0000000000000001","author":"0000000000000001","hashtags":["cats"]}"#);
}

// ---------------------------------------------------------------- damage

#[test]
fn a_last_line_that_is_cut_at_any_byte_is_dropped_and_told_of() {
    let lines: Vec<String> = (0..5).map(line).collect();
    let whole = seal_all(&lines);
    let last = seal_all(&lines[..4]).len();
    for length in last..whole.len() {
        let read = read_all(&whole[..length]);
        assert_eq!(read.0, lines[..4], "{length}");
        let bytes = (length - last) as u64;
        let torn = (bytes > 0).then_some(Damage::Torn { line: 5, bytes });
        assert_eq!(read.1, torn, "{length}");
    }
}

#[test]
fn whatever_is_changed_in_the_middle_is_told_with_its_line() {
    let lines: Vec<String> = (0..6).map(line).collect();
    let whole = seal_all(&lines);
    let parts: Vec<&[u8]> = whole.split_inclusive(|&byte| byte == b'\n').collect();
    let expect = |what: &str, bytes: &[u8], line: u64| {
        let (read, damage) = read_all(bytes);
        assert_eq!(damage, Some(Damage::Changed { line }), "{what}");
        assert_eq!(read, lines[..usize::try_from(line).unwrap() - 1], "{what}");
    };
    for index in 0..5 {
        let number = index as u64 + 1;
        let mut left_out = parts.clone();
        left_out.remove(index);
        expect("left out", &left_out.concat(), number);
        let mut doubled = parts.clone();
        doubled.insert(index, parts[index]);
        expect("doubled", &doubled.concat(), number + 1);
        let mut swapped = parts.clone();
        swapped.swap(index, index + 1);
        expect("swapped", &swapped.concat(), number);
        let mut blank = parts.clone();
        blank.insert(index, b"\n");
        expect("a blank line", &blank.concat(), number);
        let mut unsealed = parts.clone();
        let bare = format!("{}\n", lines[index]);
        unsealed[index] = bare.as_bytes();
        expect("unsealed", &unsealed.concat(), number);
    }
    // Every bit of every byte; a line feed more or less moves the damage to where lines then end.
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << bit;
            let line = memchr::memchr_iter(b'\n', &whole[..place]).count() as u64 + 1;
            let (read, damage) = read_all(&bytes);
            let is_end = place == whole.len() - 1;
            match damage {
                Some(Damage::Changed { line: told }) if !is_end => assert_eq!(told, line),
                Some(Damage::Torn { line: told, .. }) if is_end => assert_eq!(told, line),
                damage => panic!("byte {place}, bit {bit}: {damage:?}"),
            }
            assert_eq!(read, lines[..usize::try_from(line).unwrap() - 1]);
        }
    }
}

#[test]
fn reading_goes_on_after_damage_and_says_which_lines_are_whole() {
    let lines: Vec<String> = (0..6).map(line).collect();
    let whole = seal_all(&lines);
    let parts: Vec<&[u8]> = whole.split_inclusive(|&byte| byte == b'\n').collect();
    // `changed`: numbers of lines; `missing`: which of the six are not there as they were.
    let check = |what: &str, bytes: &[u8], changed: &[u64], missing: &[usize]| {
        let read = read_any(bytes);
        let wrong = read.iter().filter(|line| line.condition == Condition::Changed);
        assert_eq!(wrong.map(|line| line.number).collect::<Vec<_>>(), changed, "{what}");
        let told = read.iter().map(|line| line.number);
        assert!(told.eq(1..=read.len() as u64), "{what}");
        for (index, line) in lines.iter().enumerate() {
            let is_there = read.iter().any(|read| read.unsealed().as_ref() == Some(line));
            assert_eq!(is_there, !missing.contains(&index), "{what}: {index}");
        }
    };
    check("whole", &whole, &[], &[]);
    for index in 0..5 {
        let number = index as u64 + 1;
        let mut left_out = parts.clone();
        left_out.remove(index);
        check("left out", &left_out.concat(), &[number], &[index]);
        let mut doubled = parts.clone();
        doubled.insert(index, parts[index]);
        check("doubled", &doubled.concat(), &[number + 1], &[]);
        let mut put_in = parts.clone();
        put_in.insert(index, b"{\"at\":\"2026\",\"crc\":\"00000000\"}\n");
        check("put in", &put_in.concat(), &[number], &[]);
        let mut blank = parts.clone();
        blank.insert(index, b"\r\n");
        check("a blank line", &blank.concat(), &[number], &[]);
        let mut unsealed = parts.clone();
        let bare = format!("{}\n", lines[index]);
        unsealed[index] = bare.as_bytes();
        check("unsealed", &unsealed.concat(), &[number], &[index]);
        let mut unreadable = parts.clone();
        let bytes = [b"\xff", parts[index]].concat();
        unreadable[index] = &bytes;
        check("not a text", &unreadable.concat(), &[number], &[index]);
        let mut twice = parts.clone();
        let [mut first, mut last] = [parts[index], parts[5]].map(<[u8]>::to_vec);
        (first[8], last[8]) = (b'x', b'x');
        (twice[index], twice[5]) = (&first, &last);
        check("in two places", &twice.concat(), &[number, 6], &[index, 5]);
    }
    // Every bit of every byte: no line before the damage, and of those after it one at the most.
    for place in 0..whole.len() - 1 {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << bit;
            let line = memchr::memchr_iter(b'\n', &whole[..place]).count() as u64 + 1;
            let read = read_any(&bytes);
            let wrong = read.iter().filter(|line| line.condition != Condition::Whole);
            let wrong: Vec<u64> = wrong.map(|line| line.number).collect();
            assert!(wrong == [line] || wrong == [line, line + 1], "byte {place}, {bit}: {wrong:?}");
        }
    }
    let torn = [&whole[..], b"{\"at\":"].concat();
    let last = read_any(&torn).pop().unwrap();
    assert_eq!((last.number, last.condition, &*last.text), (7, Condition::Torn, "{\"at\":"));
}

#[test]
fn a_line_that_is_longer_than_any_is_one_line() {
    let lines: Vec<String> = (0..2).map(line).collect();
    let whole = seal_all(&lines);
    let mut bytes = vec![b' '; usize::try_from(reader::MAX_LINE).unwrap() + 7];
    bytes.push(b'\n');
    bytes.extend(&whole);
    let read = read_any(&bytes);
    let conditions: Vec<Condition> = read.iter().map(|line| line.condition).collect();
    assert_eq!(conditions, [Condition::Changed, Condition::Whole, Condition::Whole]);
    assert_eq!(read[2].number, 3);
}

// ---------------------------------------------------------------- with which file a show begins

#[test]
fn a_show_goes_on_where_it_was() {
    let disk = SimulatedDisk::default();
    let prepared = prepare(disk.clone(), &setup(Begin::Auto, at(0))).ok().unwrap();
    let keys = prepared.keys.clone();
    assert!(prepared.past.is_none());
    let mut writer = Writing::new(prepared);
    writer.tell(Entry::State(at(1), Box::new(json!({"posts": 0}))));
    writer.post(2);
    writer.tell(Entry::State(at(3), Box::new(json!({"posts": 1}))));
    writer.post(4);
    writer.0.sync();
    drop(writer);
    let prepared = prepare(disk.clone(), &setup(Begin::Auto, at(5000))).ok().unwrap();
    assert_eq!(prepared.keys, keys);
    let past = prepared.past.clone().unwrap();
    assert_eq!((past.last, past.torn, past.lost), (at(4), None, false));
    assert_eq!(past.head.rules, rules());
    let state = past.state.unwrap();
    assert_eq!((state.lines(), past.end.lines()), (3, 5));
    // It goes on in the same chain.
    let mut writer = Writing::new(prepared);
    writer.post(6);
    writer.0.sync();
    drop(writer);
    let (lines, damage) = read_all(&disk.files()[&path()]);
    assert_eq!((lines.len(), damage), (7, None));
}

#[test]
fn a_journal_of_another_evening_is_kept_under_its_date() {
    let day = Timestamp::parse_rfc3339("2026-11-21T19:00:00Z").unwrap();
    let later = |hours: u32| day.saturating_add(hours * HOUR + SECOND);
    for (begin, now, is_kept) in [
        (Begin::Auto, later(5), false),
        (Begin::Auto, later(6), true),
        (Begin::Fresh, later(0), true),
        (Begin::Resume, later(48), false),
        // The machine's clock was set back.
        (Begin::Auto, at(0), false),
    ] {
        let disk = SimulatedDisk::default();
        drop(prepare(disk.clone(), &setup(Begin::Auto, day)).ok().unwrap());
        let before = disk.files();
        let prepared = prepare(disk.clone(), &setup(begin, now)).ok().unwrap();
        assert_eq!(prepared.past.is_none(), is_kept, "{begin:?}");
        let kept = is_kept.then(|| PathBuf::from("show/friday-2026-11-21.jsonl"));
        assert_eq!(prepared.kept, kept);
        drop(prepared);
        if let Some(kept) = kept {
            let after = disk.files();
            assert_eq!(after[&kept], before[&path()]);
            let keys = |path: &Path| super::keys::path(path);
            assert_eq!(after[&keys(&kept)], before[&keys(&path())]);
            assert_ne!(after[&keys(&path())], before[&keys(&path())], "nobody is known again");
            // A second one of that day gets a number.
            let again = prepare(disk.clone(), &setup(Begin::Fresh, day)).ok().unwrap();
            let expected = if begin == Begin::Fresh { "-2" } else { "" };
            let name = again.kept.unwrap().to_string_lossy().into_owned();
            assert!(name.ends_with(&format!("{expected}.jsonl")), "{name}");
        }
    }
}

#[test]
fn keys_are_deleted_a_week_after_the_last_line() {
    let day = Timestamp::parse_rfc3339("2026-11-21T19:00:00Z").unwrap();
    let keys = |name: &str| super::keys::path(&Path::new("show").join(name));
    let disk = SimulatedDisk::default();
    drop(prepare(disk.clone(), &setup(Begin::Auto, day)).ok().unwrap());
    drop(prepare(disk.clone(), &setup(Begin::Fresh, day)).ok().unwrap());
    disk.put(&keys("friday-notes.jsonl"), b"somebody's");
    let kept = keys("friday-2026-11-21.jsonl");
    assert!(disk.files().contains_key(&kept));
    let late = day.saturating_add(KEYS_LIVE + 25 * HOUR);
    drop(prepare(disk.clone(), &setup(Begin::Auto, late)).ok().unwrap());
    let files = disk.files();
    assert!(!files.contains_key(&kept));
    assert!(!files.contains_key(&keys("friday-2026-11-21-2.jsonl")));
    assert!(files.contains_key(Path::new("show/friday-2026-11-21-2.jsonl")));
    assert!(files.contains_key(&keys("friday-notes.jsonl")));
    assert!(files.contains_key(&keys("friday.jsonl")));
}

#[test]
fn what_cannot_be_gone_on_with_is_said_with_the_ways_out() {
    let begun = || {
        let disk = SimulatedDisk::default();
        drop(prepare(disk.clone(), &setup(Begin::Auto, at(0))).ok().unwrap());
        disk
    };
    let said = |disk: &SimulatedDisk, setup: &Setup<'_>| {
        let error = prepare(disk.clone(), setup).err().unwrap();
        format!("{error}\n{}", error.hint().unwrap())
    };
    let put = |disk: &SimulatedDisk, change: &dyn Fn(&str) -> String| {
        let text = String::from_utf8(disk.files()[&path()].clone()).unwrap();
        disk.put(&path(), change(&text).as_bytes());
    };
    let auto = || setup(Begin::Auto, at(0));
    let disk = begun();
    let _held = prepare(disk.clone(), &auto()).ok().unwrap();
    insta::assert_snapshot!(said(&disk, &auto()), @r#"
    the journal `show/friday.jsonl` is written by process 7
    end that show first, or give this one a journal of its own
    "#);

    let disk = SimulatedDisk::default();
    disk.put(&path(), b"Dear diary,\n");
    insta::assert_snapshot!(said(&disk, &setup(Begin::Fresh, at(0))), @r#"
    `show/friday.jsonl` is not a journal
    choose another name: nothing that exists is overwritten
    "#);
    disk.put(&path(), b"Dear diary");
    assert!(said(&disk, &auto()).contains("is not a journal"));

    let disk = begun();
    put(&disk, &|text| text.replace("\"format\":1", "\"format\":2"));
    insta::assert_snapshot!(said(&disk, &auto()), @r#"
    the journal `show/friday.jsonl` is of a newer version, 0.1.0
    go on with that version, or begin a new one with `--fresh`: this is kept under its date
    "#);

    let disk = begun();
    put(&disk, &|text| text.replace("Dogs", "Cows"));
    insta::assert_snapshot!(said(&disk, &auto()), @r#"
    the journal `show/friday.jsonl` was changed: line 1 is not what was written there
    `hashtug verify` tells more of it; `--fresh` begins a new one and keeps this
    "#);

    let disk = begun();
    let mut other = auto();
    other.rules.questions[0].teams[1].name = "Cows".to_owned();
    insta::assert_snapshot!(said(&disk, &other), @r#"
    the journal `show/friday.jsonl` is of another contest: team `Dogs` is `Cows` in the config
    mend the config, or begin a new one with `--fresh`: this is kept under its date
    "#);

    disk.remove(&super::keys::path(&path())).unwrap();
    insta::assert_snapshot!(said(&disk, &auto()), @r#"
    cannot read the keys of the journal `show/friday.jsonl`
    begin a new one with `--fresh`: this is kept under its date
    "#);
    assert!(prepare(disk, &setup(Begin::Fresh, at(0))).is_ok());
}

#[test]
fn the_first_difference_of_two_contests_is_named() {
    let old = rules();
    let check = |change: &dyn Fn(&mut Rules), expected: Option<&str>| {
        let mut new = old.clone();
        change(&mut new);
        let told = old.difference(&new).map(|difference| difference.to_string());
        assert_eq!(told.as_deref(), expected);
    };
    check(&|_| {}, None);
    check(&|new| new.questions[0].title = "Pets?".to_owned(), None);
    check(&|new| new.questions.push(new.questions[0].clone()), None);
    check(&|new| new.questions[0].teams[0].hashtags.reverse(), None);
    check(&|new| new.questions.clear(), Some("there it has 1 questions, and in the config 0"));
    check(
        &|new| new.questions[0].teams.truncate(1),
        Some("there it has 2 teams, and in the config 1"),
    );
    check(&|new| new.questions[0].teams.reverse(), Some("team `Cats` is `Dogs` in the config"));
    check(
        &|new| drop(new.questions[0].teams[0].hashtags.pop()),
        Some("team `Cats` has no hashtag `meow` in the config"),
    );
    check(
        &|new| new.questions[0].teams[1].hashtags.push("woof".to_owned()),
        Some("team `Dogs` has the hashtag `woof` in the config alone"),
    );
    check(
        &|new| new.questions[0].teams[1].size = 2.5,
        Some("team `Dogs` had the size 1, and in the config 2.5"),
    );
    check(
        &|new| drop(new.counting.insert("vote".to_owned(), json!("every"))),
        Some("`vote` was \"latest\", and in the config it is \"every\""),
    );
    check(
        &|new| drop(new.counting.insert("counts".to_owned(), json!("window"))),
        Some("`counts` was not set, and in the config it is \"window\""),
    );
    let two =
        Rules { questions: [old.questions.clone(), old.questions.clone()].concat(), ..old.clone() };
    let mut new = two.clone();
    new.questions[1].teams[0].name = "Cows".to_owned();
    let told = two.difference(&new).unwrap().to_string();
    assert_eq!(told, "team `Cats` of question 2 is `Cows` in the config");
}

#[test]
fn a_head_reads_back_as_it_was() {
    let head = Head::new(at(7), rules());
    assert_eq!(Head::read(head.line().as_bytes()), Some(head));
}

// ---------------------------------------------------------------- what disks do

/// What a scripted evening is sure of.
#[derive(Default)]
struct Sure {
    /// Posts that were told.
    told: u64,
    /// Posts that are in the file, for all the writer knows.
    flushed: u64,
    /// Posts that are safe.
    synced: u64,
}

/// An evening of 12 posts and a command, until the power goes.
fn script(disk: &SimulatedDisk) -> (Sure, RecordingStatus) {
    let mut sure = Sure::default();
    let status = RecordingStatus {
        path: "".into(),
        lines: 0,
        bytes: 0,
        lost: 0,
        state: RecordingState::Failed,
        error: None,
    };
    let Ok(prepared) = prepare(disk.clone(), &setup(Begin::Auto, at(0))) else {
        return (sure, status);
    };
    let mut writing = Writing::new(prepared);
    for number in 1..=12 {
        if disk.is_down() {
            break;
        }
        if !writing.0.is_writing() {
            writing.0.try_again();
        }
        writing.post(number);
        sure.told += 1;
        match number % 4 {
            0 => {
                writing.0.sync();
                if writing.0.is_writing() {
                    (sure.flushed, sure.synced) = (sure.told, sure.told);
                }
            }
            2 => {
                writing.0.flush();
                if writing.0.is_writing() {
                    sure.flushed = sure.told;
                }
            }
            _ => {}
        }
    }
    while !disk.is_down() {
        if !writing.0.is_writing() {
            writing.0.try_again();
        }
        writing.0.sync();
        if writing.0.is_writing() {
            (sure.flushed, sure.synced) = (sure.told, sure.told);
            break;
        }
    }
    (sure, writing.status())
}

/// The posts of a journal, which must be whole but for a torn last line.
#[track_caller]
fn posts_of(disk: &SimulatedDisk) -> Vec<u64> {
    let files = disk.files();
    let Some(bytes) = files.get(&path()) else { return Vec::new() };
    let (lines, damage) = read_all(bytes);
    assert!(matches!(damage, None | Some(Damage::Torn { .. })), "{damage:?}");
    let id = |line: &String| {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_ne!(value.get("note"), Some(&json!("lost")), "{line}");
        u64::from_str_radix(value.get("id")?.as_str()?, 16).ok()
    };
    lines.iter().filter_map(id).collect()
}

fn operations_of_the_script() -> u64 {
    let disk = SimulatedDisk::default();
    let (sure, status) = script(&disk);
    assert_eq!((sure.synced, status.state), (12, RecordingState::On));
    assert_eq!(posts_of(&disk), numbers(12));
    disk.operations()
}

#[test]
fn a_crash_at_every_operation_loses_no_more_than_what_was_not_safe_yet() {
    let operations = operations_of_the_script();
    for at_operation in 0..operations {
        for fault in [Fault::Crash, Fault::CrashWithin] {
            for after in [After::Program, After::Nothing, After::Some, After::Content, After::Names]
            {
                let what = format!("{fault:?} at {at_operation}, {after:?}");
                let disk = SimulatedDisk::default();
                disk.plan(at_operation, fault);
                let (sure, _) = script(&disk);
                let disk = disk.after(after);
                let found = posts_of(&disk);
                let safe = if after == After::Program { sure.flushed } else { sure.synced };
                let count = found.len() as u64;
                assert!((safe..=sure.told).contains(&count), "{what}: {count} of {safe}");
                assert_eq!(found, numbers(count), "{what}");
                // The show goes on with it, and nothing of it is lost then.
                let prepared = prepare(disk.clone(), &setup(Begin::Auto, at(100)));
                let prepared = prepared.unwrap_or_else(|error| panic!("{what}: {error}"));
                let mut writing = Writing::new(prepared);
                writing.post(count + 1);
                writing.0.sync();
                drop(writing);
                assert_eq!(posts_of(&disk), numbers(count + 1), "{what}");
            }
        }
    }
}

#[test]
fn a_failure_at_every_operation_loses_nothing_once_the_disk_is_back() {
    let operations = operations_of_the_script();
    for at_operation in 0..operations {
        for fault in [
            Fault::Fail(1, io::ErrorKind::StorageFull),
            Fault::Fail(3, io::ErrorKind::Other),
            Fault::Fail(20, io::ErrorKind::StorageFull),
            Fault::Short(0),
            Fault::Short(4),
            Fault::Forgets,
        ] {
            let what = format!("{fault:?} at {at_operation}");
            let disk = SimulatedDisk::default();
            disk.plan(at_operation, fault);
            let (sure, status) = script(&disk);
            if sure.told == 0 {
                // Before the show a failure is said, and the next try finds no nonsense.
                let again = SimulatedDisk::after(&disk, After::Program);
                assert_eq!(script(&again).0.synced, 12, "{what}");
                continue;
            }
            assert_eq!(sure.synced, 12, "{what}");
            assert_eq!((status.state, status.lost), (RecordingState::On, 0), "{what}");
            assert_eq!(posts_of(&disk), numbers(12), "{what}");
            assert_eq!(posts_of(&disk.after(After::Nothing)), numbers(12), "{what}");
        }
    }
}

#[test]
fn a_crash_while_a_journal_is_kept_under_its_date_loses_neither_it_nor_its_keys() {
    let day = Timestamp::parse_rfc3339("2026-11-21T19:00:00Z").unwrap();
    let next_day = day.saturating_add(20 * HOUR);
    let begun = || {
        let disk = SimulatedDisk::default();
        drop(prepare(disk.clone(), &setup(Begin::Auto, day)).ok().unwrap());
        disk.after(After::Program)
    };
    let operations = {
        let disk = begun();
        drop(prepare(disk.clone(), &setup(Begin::Auto, next_day)).ok().unwrap());
        disk.operations()
    };
    assert!(operations > 5);
    let old = begun().files();
    let keys = super::keys::path(&path());
    let dated = PathBuf::from("show/friday-2026-11-21.jsonl");
    for at_operation in 0..operations {
        for after in [After::Program, After::Nothing, After::Content, After::Names] {
            let disk = begun();
            let before = disk.files();
            disk.plan(at_operation, Fault::Crash);
            let crashed = prepare(disk.clone(), &setup(Begin::Auto, next_day));
            assert!(crashed.is_err());
            let disk = disk.after(after);
            let what = format!("{after:?} at {at_operation}");
            let prepared = prepare(disk.clone(), &setup(Begin::Auto, next_day));
            let prepared = prepared.unwrap_or_else(|error| panic!("{what}: {error}"));
            drop(prepared);
            let files = disk.files();
            assert_eq!(files[&dated], before[&path()], "{what}");
            assert_eq!(files[&super::keys::path(&dated)], before[&keys], "{what}");
            let lines = survey(&*files[&path()]).unwrap().end.lines();
            assert!((1..=2).contains(&lines), "{what}: {lines}");
            assert_ne!(files[&keys], before[&keys], "{what}");
        }
    }
    assert!(old.contains_key(&keys));
}

#[test]
fn a_disk_that_fails_is_told_of_and_forgiven() {
    let disk = SimulatedDisk::default();
    let prepared = prepare(disk.clone(), &setup(Begin::Auto, at(0))).ok().unwrap();
    let mut writing = Writing::new(prepared);
    writing.post(1);
    disk.plan(disk.operations(), Fault::Fail(4, io::ErrorKind::StorageFull));
    writing.0.flush();
    assert_eq!(writing.status().state, RecordingState::Full);
    assert!(writing.status().error.is_some());
    writing.post(2);
    writing.0.try_again();
    assert_eq!(writing.status().state, RecordingState::Full);
    for _ in 0..4 {
        writing.0.try_again();
    }
    let status = writing.status();
    assert_eq!((status.state, status.error, status.lost), (RecordingState::On, None, 0));
    assert_eq!(status.lines, 3);
    assert_eq!(posts_of(&disk), [1, 2]);
}

#[test]
fn what_finds_no_room_is_said_where_it_is_missing() {
    let disk = SimulatedDisk::default();
    let prepared = prepare(disk.clone(), &setup(Begin::Auto, at(0))).ok().unwrap();
    let lines = Lines::new(&questions(), ["hall".to_owned()]);
    disk.hold(true);
    let (journal, writer) = start(prepared.file, lines, "friday.jsonl".into()).unwrap();
    let began = Instant::now();
    let told = 2 * QUEUE as u64 + 5000;
    for number in 1..=told {
        journal.note(message(number));
        journal.note(Entry::Message {
            arrival: at(1),
            source: SourceId(0),
            message: Message::Unmatched(1),
        });
    }
    assert!(began.elapsed() < 20 * SECOND, "whoever tells does not wait for the disk");
    let lost = journal.status().lost;
    assert!(lost > 0 && lost < told, "{lost}");
    disk.hold(false);
    let status = writer.finish();
    assert_eq!((status.state, status.lost), (RecordingState::On, lost));
    let survey = survey(&*disk.files()[&path()]).unwrap();
    assert!(survey.lost && survey.damage.is_none());
    let (lines, _) = read_all(&disk.files()[&path()]);
    let values = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (mut posts, mut said, mut unmatched) = (0, 0, 0);
    for value in values {
        posts += u64::from(value.get("id").is_some());
        said += value.get("count").and_then(Value::as_u64).unwrap_or(0);
        unmatched += value.get("unmatched").and_then(Value::as_u64).unwrap_or(0);
    }
    assert_eq!((posts + said, said), (told, lost));
    assert_eq!(unmatched, told, "what has no line of its own is never lost");
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_instant_loses_a_quarter_of_a_second_at_most() {
    /// Milliseconds, less what a thread may need to wake up.
    const LOST: i64 = 250 - 25;
    // In milliseconds, how often posts come, and snapshots.
    for (posts, beat) in [(0, 200), (700, 200), (311, 200), (100, 33), (40, 33), (3, 33)] {
        let disk = SimulatedDisk::default();
        let mut writing = Writing::new(prepare(disk.clone(), &setup(Begin::Auto, at(0))).unwrap());
        let (mut snapshot, mut length) = (-beat, 0);
        let (mut newest, mut kept) = (0, 0);
        let is_post = |now: i64| posts > 0 && now % posts == 0;
        for now in 1..2000 {
            tokio::time::advance(Duration::from_millis(1)).await;
            if is_post(now) {
                writing.post(u64::try_from(now).unwrap());
            }
            if now - snapshot >= if is_post(now) { beat.min(33) } else { beat } {
                snapshot = now;
                writing.0.take(Item::Time(at(now)));
            }
            writing.0.look_after_the_disk();
            let file = &disk.files()[&path()];
            if file.len() > length {
                length = file.len();
                newest = survey(&**file).unwrap().last.unwrap().millis();
                kept = posts_of(&disk).last().map_or(0, |&post| i64::try_from(post).unwrap());
            }
            let what = format!("at {now}, posts every {posts} ms");
            assert!(newest >= now - LOST, "{what}: it was running at {newest}");
            let old = (1..now - LOST).rev().find(|&then| is_post(then)).unwrap_or(0);
            assert!(kept >= old, "{what}: post {old} is not there");
        }
        let text = String::from_utf8(disk.files()[&path()].clone()).unwrap();
        let times = text.lines().filter(|line| line.contains("\"note\":\"time\"")).count();
        // Before the first post nothing else does.
        let most = if posts == 3 { 1 } else { 2000 / 150 };
        assert!(times <= most, "posts every {posts} ms: {times} lines tell the time alone");
    }
}

// ---------------------------------------------------------------- real files

#[test]
fn a_journal_and_its_keys_are_for_the_eyes_of_their_owner() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("friday.jsonl");
    let questions = questions();
    let setup = Setup { path: &path, questions: &questions, ..setup(Begin::Auto, at(0)) };
    let opened = open(&setup).unwrap();
    #[cfg(unix)]
    for name in ["friday.jsonl", "friday.jsonl.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = folder.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let held = open(&setup).unwrap_err();
    let process = std::process::id();
    assert!(matches!(held, Error::Held { process: Some(holder), .. } if holder == process));
    opened.journal.note(message(1));
    opened.journal.note(Entry::Command { at: at(2), request: Command::Lock.into() });
    assert_eq!(opened.writer.finish().state, RecordingState::On);
    drop(opened.journal);
    let mut names: Vec<_> =
        folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["friday.jsonl", "friday.jsonl.key"], "the lock has gone with the show");
    let again = open(&setup).unwrap();
    assert_eq!(again.keys, opened.keys);
    let mut reader = again.past.unwrap().lines().unwrap();
    let mut kinds = Vec::new();
    while let Some(line) = reader.read().unwrap() {
        kinds.push(line.kind);
    }
    assert_eq!(kinds, [Kind::Head, Kind::Message, Kind::Command]);
}

#[test]
fn a_command_is_safe_at_once_and_all_else_soon() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("friday.jsonl");
    let questions = questions();
    let setup = Setup { path: &path, questions: &questions, ..setup(Begin::Auto, at(0)) };
    let opened = open(&setup).unwrap();
    let lines = || survey(std::fs::File::open(&path).unwrap()).unwrap().end.lines();
    let until = |expected: u64| {
        let began = Instant::now();
        while lines() < expected && began.elapsed() < 20 * SECOND {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        assert_eq!(lines(), expected);
    };
    opened.journal.note(Entry::Command { at: at(2), request: Command::Lock.into() });
    until(2);
    opened.journal.note(message(1));
    until(3);
    let began = Instant::now();
    while opened.journal.status().lines < 3 && began.elapsed() < 20 * SECOND {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    assert_eq!(opened.journal.status().lines, 3, "it is safe without more to say");
    let _status = opened.writer.finish();
}

#[cfg(unix)]
#[test]
fn a_journal_that_somebody_moves_away_is_told_of_until_it_is_back() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("friday.jsonl");
    let questions = questions();
    let setup = Setup { path: &path, questions: &questions, ..setup(Begin::Auto, at(0)) };
    let opened = open(&setup).unwrap();
    let lock = || opened.journal.note(Entry::Command { at: at(2), request: Command::Lock.into() });
    let until = |expected: RecordingState| {
        let began = Instant::now();
        while opened.journal.status().state != expected && began.elapsed() < 20 * SECOND {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        assert_eq!(opened.journal.status().state, expected);
    };
    let elsewhere = folder.path().join("elsewhere");
    std::fs::rename(&path, &elsewhere).unwrap();
    lock();
    until(RecordingState::Failed);
    let error = opened.journal.status().error.unwrap();
    assert_eq!(&*error, "the file was moved, deleted or replaced while the show was running");
    std::fs::rename(&elsewhere, &path).unwrap();
    lock();
    until(RecordingState::On);
    assert_eq!(survey(std::fs::File::open(&path).unwrap()).unwrap().end.lines(), 3);
    std::fs::File::options().write(true).open(&path).unwrap().set_len(10).unwrap();
    lock();
    until(RecordingState::Failed);
    assert_eq!(std::fs::read(&path).unwrap().len(), 10, "nothing stands behind a hole");
    let _status = opened.writer.finish();
}

/// Names the folder for the process that is killed.
const CHILD: &str = "HASHTUG_TEST_JOURNAL";

/// Tells posts until it is killed, and says which it has told, and how many lines are safe.
#[test]
fn a_process_that_is_killed() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let path = Path::new(&folder).join("friday.jsonl");
    let questions = questions();
    let setup = Setup { path: &path, questions: &questions, ..setup(Begin::Auto, at(0)) };
    let opened = open(&setup).unwrap();
    let first = opened.past.map_or(1, |past| {
        let mut reader = past.all_lines().unwrap();
        let mut posts = 0;
        while let Some(line) = reader.read().unwrap() {
            posts += u64::from(line.kind == Kind::Message);
        }
        posts + 1
    });
    for number in first.. {
        opened.journal.note(message(number));
        if number % 16 == 0 {
            opened.journal.note(Entry::State(at(1), Box::new(json!({"posts": number}))));
        }
        let mut stdout = io::stdout().lock();
        let safe = opened.journal.status().lines;
        io::Write::write_all(&mut stdout, format!("\ntold {number} {safe}\n").as_bytes()).unwrap();
        io::Write::flush(&mut stdout).unwrap();
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

#[test]
fn a_process_that_is_killed_at_any_instant_has_kept_what_it_has_told() {
    /// On a machine that has little time for the writer: it aims at a fifth of that.
    const AGES_AGO: Duration = Duration::from_secs(1);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("friday.jsonl");
    for kill in 0..30 {
        let longest = if kill % 2 == 0 { 1400 } else { 300 };
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::tests::a_process_that_is_killed", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = io::BufReader::new(child.stdout.take().unwrap());
        let span = Duration::from_millis(fastrand::u64(1..longest));
        let mut told: Vec<(Instant, u64, u64)> = Vec::new();
        let mut first = None;
        for line in stdout.lines() {
            let line = line.unwrap();
            let mut words = line.split(' ');
            if words.next() != Some("told") {
                continue;
            }
            let said: Vec<u64> = words.map(|number| number.parse().unwrap()).collect();
            let now = Instant::now();
            told.push((now, said[0], said[1]));
            if now.duration_since(*first.get_or_insert(now)) >= span {
                break;
            }
        }
        let killed = Instant::now();
        child.kill().unwrap();
        child.wait().unwrap();
        let (_, last, _) = *told.last().expect("it lives until it is killed");
        let mut reader = Reader::open(&path).unwrap();
        let (mut posts, mut lines) = (Vec::new(), 0);
        while let Some(line) = reader.read().unwrap() {
            lines += 1;
            if line.kind == Kind::Message {
                let value: Value = serde_json::from_str(&line.text).unwrap();
                let id = value["id"].as_str().unwrap();
                posts.push(u64::from_str_radix(id, 16).unwrap());
            }
        }
        assert!(matches!(reader.damage(), None | Some(Damage::Torn { .. })));
        assert_eq!(posts, numbers(posts.len() as u64), "in order, and each once");
        assert!(posts.len() as u64 <= last + 50, "nothing that was not told");
        for (at, number, safe) in told {
            assert!(lines >= safe, "{safe} lines were safe, and {lines} are there");
            let is_old = killed.duration_since(at) >= AGES_AGO;
            assert!(!is_old || posts.len() as u64 >= number, "post {number} of {}", posts.len());
        }
    }
}

// ---------------------------------------------------------------- to forget

#[test]
fn to_forget_deletes_the_keys_and_keeps_a_copy_with_the_times_of_the_minute() {
    let disk = SimulatedDisk::default();
    let prepared = prepare(disk.clone(), &setup(Begin::Auto, at(61_001))).ok().unwrap();
    let mut writing = Writing::new(prepared);
    writing.post(119_999);
    writing.tell(Entry::State(at(120_001), Box::new(json!({"secret": "state"}))));
    writing.tell(Entry::Source(at(120_001), SourceId(0), Some(at(119_999))));
    writing.tell(Entry::Presses(at(120_001), Box::new(json!(["press"]))));
    writing.tell(Entry::Command { at: at(125_500), request: Command::Lock.into() });
    writing.tell(Entry::Result(Arc::new(result("a \"b\" 1970-01-01T00:00:01Z?"))));
    writing.0.take(Item::Time(at(126_500)));
    writing.0.sync();
    assert_eq!(survey(&*disk.files()[&path()]).unwrap().last, Some(at(126_500)));
    drop(writing);
    let original = disk.files()[&path()].clone();
    let copy = PathBuf::from("show/friday-kept.jsonl");
    let forgotten = forget_on(&disk, &path()).unwrap();
    let expected = Forgotten { had_keys: true, copy: copy.clone(), lines: 4, damage: None };
    assert_eq!(forgotten, expected);
    let files = disk.files();
    assert!(!files.contains_key(&super::keys::path(&path())));
    assert_eq!(files[&path()], original);
    let (lines, damage) = read_all(&files[&copy]);
    assert_eq!(damage, None);
    insta::assert_snapshot!(lines[1..].join("\n"), @r#"
    {"at":"1970-01-01T00:01:00.000Z","seen":"1970-01-01T00:01:00.000Z","source":"hall","id":"000000000001d4bf","author":"000000000001d4bf","hashtags":["cats"]}
    {"at":"1970-01-01T00:02:00.000Z","command":"lock"}
    {"result":{"number":1,"question":1,"title":"a \"b\" 1970-01-01T00:00:01Z?","opened_at":"1970-01-01T00:01:00.000Z","closed_at":"1970-01-01T00:02:00.000Z","teams":[{"name":"Cats","votes":3,"share":0.75,"total":3,"voices":3},{"name":"Dogs","votes":1,"share":0.25,"total":1,"voices":1}],"voices":4,"winner":"Cats","margin":2,"photo_finish":false,"partial":false}}
    "#);
    // A second time there are no keys left, and nothing is overwritten.
    let again = forget_on(&disk, &path()).unwrap();
    assert!(!again.had_keys);
    assert_eq!(again.copy, Path::new("show/friday-kept-2.jsonl"));
}

#[test]
fn the_keys_are_gone_even_if_the_copy_fails_and_the_journal_stays_in_any_case() {
    let begun = || {
        let disk = SimulatedDisk::default();
        drop(prepare(disk.clone(), &setup(Begin::Auto, at(0))).ok().unwrap());
        disk.after(After::Program)
    };
    let operations = {
        let disk = begun();
        forget_on(&disk, &path()).unwrap();
        disk.operations()
    };
    for at_operation in 0..operations {
        for after in [After::Program, After::Nothing, After::Names] {
            let disk = begun();
            let original = disk.files()[&path()].clone();
            disk.plan(at_operation, Fault::Crash);
            assert!(forget_on(&disk, &path()).is_err());
            let disk = disk.after(after);
            assert_eq!(disk.files()[&path()], original);
            let forgotten = forget_on(&disk, &path()).unwrap();
            let files = disk.files();
            assert!(!files.contains_key(&super::keys::path(&path())));
            assert_eq!(read_all(&files[&forgotten.copy]).1, None);
        }
    }
    let disk = begun();
    let _show = prepare(disk.clone(), &setup(Begin::Auto, at(0))).ok().unwrap();
    assert!(matches!(forget_on(&disk, &path()), Err(Error::Held { .. })));
    assert!(matches!(forget(Path::new("/nowhere/friday.jsonl")), Err(Error::Disk { .. })));
}

#[test]
fn of_a_damaged_journal_the_copy_has_what_comes_before() {
    let disk = SimulatedDisk::default();
    drop(prepare(disk.clone(), &setup(Begin::Auto, at(0))).ok().unwrap());
    let mut bytes = disk.files()[&path()].clone();
    bytes.extend_from_slice(b"{}\n");
    disk.put(&path(), &bytes);
    let forgotten = forget_on(&disk, &path()).unwrap();
    assert_eq!(forgotten.damage, Some(Damage::Changed { line: 2 }));
    assert_eq!((forgotten.had_keys, forgotten.lines), (true, 1));
}

#[test]
fn keys_are_not_printed() {
    assert_eq!(format!("{:?}", Keys::default()), "Keys(..)");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.key");
    let keys = Keys::default();
    keys.write(&RealDisk, &path).unwrap();
    assert_eq!(Keys::read(&RealDisk, &path).unwrap(), keys);
    for bad in ["", "{}", "{\"hashes\":\"7\",\"operator\":\"8\"}", "\u{fffd}"] {
        std::fs::write(&path, bad).unwrap();
        assert!(Keys::read(&RealDisk, &path).is_err(), "{bad}");
    }
}

// ---------------------------------------------------------------- helpers

/// A writer without its thread.
struct Writing(Write<SimulatedDisk>, watch::Receiver<RecordingStatus>, Arc<Counts>);

impl Writing {
    fn new(prepared: Prepared<SimulatedDisk>) -> Writing {
        let counts: Arc<Counts> = Arc::default();
        let OpenFile { lines, synced, .. } = prepared.file;
        let (progress_tx, progress) = watch::channel(RecordingStatus {
            path: "friday.jsonl".into(),
            lines,
            bytes: synced,
            lost: 0,
            state: RecordingState::On,
            error: None,
        });
        let lines = Lines::new(&questions(), ["hall".to_owned()]);
        let write = Write::new(prepared.file, lines, Arc::clone(&counts), progress_tx);
        Writing(write, progress, counts)
    }

    fn tell(&mut self, entry: Entry) {
        let bytes = weight(&entry);
        self.2.waiting.fetch_add(bytes, Ordering::Relaxed);
        self.0.take(Item::Entry(entry, bytes));
    }

    fn post(&mut self, number: u64) {
        self.tell(message(number));
    }

    fn status(&self) -> RecordingStatus {
        let lost = self.2.lost.load(Ordering::Relaxed);
        RecordingStatus { lost, ..self.1.borrow().clone() }
    }
}

fn message(number: u64) -> Entry {
    let arrival = at(i64::try_from(number).unwrap());
    Entry::Message { arrival, source: SourceId(0), message: Message::Post(post(number)) }
}

fn post(number: u64) -> Post {
    Post {
        id: Some(PostId(number)),
        alias: None,
        author: Some(AuthorId(number)),
        at: at(i64::try_from(number).unwrap()),
        side: Side::Team(TeamId(0)),
        tags: tags(&[0]),
        version: Version::First,
    }
}

/// The result of a round of a minute.
fn result(title: &str) -> RoundResult {
    let team = |name: &str, votes: u64, share| TeamResult {
        name: name.to_owned(),
        votes,
        share,
        total: votes,
        voices: votes,
        color: PALETTE[0],
    };
    RoundResult {
        number: 1,
        question: 1,
        title: title.to_owned(),
        opened_at: at(62_500),
        closed_at: at(122_500),
        teams: vec![team("Cats", 3, 0.75), team("Dogs", 1, 0.25)],
        voices: 4,
        winner: Some("Cats".to_owned()),
        margin: 2,
        photo_finish: false,
        partial: false,
        course: Vec::new(),
    }
}

/// All numbers from 1 to this.
fn numbers(last: u64) -> Vec<u64> {
    (1..=last).collect()
}

fn tags(tags: &[u16]) -> Tags {
    tags.iter().copied().map(TagId).collect()
}

fn line(number: u64) -> String {
    let mut made = Vec::new();
    let lines = Lines::new(&questions(), ["hall".to_owned()]);
    let Entry::Message { arrival, message, .. } = message(number) else { unreachable!() };
    lines.message(arrival, Some(0), &message, &mut made);
    made.remove(0)
}

fn seal_all(lines: &[String]) -> Vec<u8> {
    let mut chain = seal::Chain::default();
    let mut sealed = Vec::new();
    for line in lines {
        chain.seal(line, &mut sealed);
    }
    sealed
}

/// The lines without their checksums, and what kept the reading from going on.
fn read_all(bytes: &[u8]) -> (Vec<String>, Option<Damage>) {
    let mut reader = Reader::new(bytes);
    let mut lines = Vec::new();
    while let Some(line) = reader.read().unwrap() {
        lines.push(line.unsealed().unwrap());
    }
    (lines, reader.damage())
}

/// All lines, whatever was done to them.
fn read_any(bytes: &[u8]) -> Vec<Line> {
    let mut reader = Reader::new(bytes);
    std::iter::from_fn(|| reader.read_any().unwrap()).collect()
}

fn path() -> PathBuf {
    PathBuf::from("show/friday.jsonl")
}

fn setup(begin: Begin, now: Timestamp) -> Setup<'static> {
    static QUESTIONS: LazyLock<Questions> = LazyLock::new(questions);
    Setup {
        path: Path::new("show/friday.jsonl"),
        rules: rules(),
        questions: &QUESTIONS,
        sources: vec!["hall".to_owned()],
        begin,
        now,
    }
}

fn rules() -> Rules {
    let Rules { mut questions, counting } = Rules::new(&questions(), []);
    questions.truncate(1);
    Rules { questions, counting }
}

fn questions() -> Questions {
    let team = |place: usize, name: &str, hashtags: &[&str]| crate::contest::Team {
        name: name.to_owned(),
        hashtags: hashtags.iter().map(|&tag| tag.to_owned()).collect(),
        color: PALETTE[place],
        size: 1.0,
    };
    let contest = |teams| {
        let window = Duration::from_mins(1);
        let (vote, reposts) = (Vote::Latest, Reposts::Ignore);
        Arc::new(Contest::new(String::new(), window, vote, reposts, teams).unwrap())
    };
    let pets = contest(vec![team(0, "Cats", &["cats", "meow"]), team(1, "Dogs", &["dogs"])]);
    let drinks = contest(vec![team(0, "Tea", &["tea"]), team(1, "Coffee", &["coffee", "meow"])]);
    Questions::new(vec![pets, drinks]).unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).unwrap()
}

/// Something that a journal is told.
#[derive(Clone, Debug)]
enum Told {
    Message(Timestamp, Message),
    Counted(Counted),
    Command(Timestamp, Request),
    Clock(Timestamp, ClockEvent),
    Nothing(String),
}

fn entry() -> impl Strategy<Value = Told> {
    let time = || (0..2_000_000_000_000i64).prop_map(at);
    let id = || any::<u64>().prop_map(PostId);
    let author = || prop::option::of(any::<u64>().prop_map(AuthorId));
    let side = prop_oneof![
        (0..2u16).prop_map(move |index| (Side::Team(TeamId(0)), tags(&[index]))),
        Just((Side::Team(TeamId(1)), tags(&[2]))),
        Just((Side::Both, tags(&[1, 2]))),
        // They name teams of the other question.
        Just((Side::None, tags(&[3]))),
        Just((Side::Team(TeamId(0)), tags(&[1, 3]))),
        Just((Side::None, Tags::default())),
    ];
    let post =
        (time(), prop::option::of(id()), prop::option::of(id()), author(), side, any::<bool>())
            .prop_map(|(at, id, alias, author, (side, tags), is_edit)| {
                let is_edit = is_edit || tags.is_empty();
                Post {
                    id: id.or(is_edit.then_some(PostId(7))),
                    alias,
                    author,
                    at,
                    side,
                    tags,
                    version: if is_edit { Version::Edit } else { Version::First },
                }
            });
    let deletion = (prop::collection::vec(id(), 1..4), author(), prop::option::of(time()))
        .prop_map(|(posts, author, at)| Deletion { posts, author, at });
    let counted = (0..9u64, 0..3u64, 0..9u64).prop_map(|(unmatched, malformed, dropped)| Counted {
        unmatched,
        malformed,
        dropped,
    });
    let request = (
        prop::sample::select(vec![
            Command::Next,
            Command::AddTime(-1500),
            Command::Source { name: "the \"hall\"".to_owned(), paused: true },
            Command::Approve("a1".to_owned()),
        ]),
        prop::option::of(prop::sample::select(Phase::ALL.to_vec())),
        any::<bool>(),
    )
        .prop_map(|(command, from, soft)| Request { command, from, soft });
    let event = prop::sample::select(ClockEvent::ALL.to_vec());
    let nothing = prop::sample::select(vec![
        lines::result(&result("#cats or #dogs?")),
        lines::state(at(1), &json!({"phase": "open", "delete": "x"})),
        Lines::new(&questions(), ["#cats".to_owned()]).source(at(1), 0, Some(at(0))),
        lines::presses(at(1), &json!(["p"])),
        lines::lost(None, 7),
        lines::resumed(at(1), None),
        lines::time(at(1)),
        Head::new(at(1), rules()).line(),
    ]);
    prop_oneof![
        4 => (time(), post).prop_map(|(arrival, post)| Told::Message(arrival, Message::Post(post))),
        2 => (time(), deletion)
            .prop_map(|(arrival, deletion)| Told::Message(arrival, Message::Deletion(deletion))),
        1 => counted.prop_map(Told::Counted),
        1 => (time(), request).prop_map(|(at, request)| Told::Command(at, request)),
        1 => (time(), event).prop_map(|(at, event)| Told::Clock(at, event)),
        1 => nothing.prop_map(Told::Nothing),
    ]
}
