//! Recordings: what they hold, what they do not, and what they survive.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hashtug::clock::Clock;
use hashtug::event::{Fate, Message, SourceId};
use hashtug::recorder::{Form, Out, Recorded, Recorder, Writer};
use hashtug::snapshot::{RecordingState, Snapshot, SourceState};
use hashtug::source::{Kind, jetstream, mastodon, nostr};
use hashtug::timestamp::Timestamp;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::fake::jetstream::Jetstream;
use crate::support::fake::mastodon::{Ids, Mastodon, TOKEN_ENV, Way};
use crate::support::fake::nostr::{Author, Relay};
use crate::support::patience::{Finish, ended, found, joined, until};
use crate::support::program::{Show, hashtug, last, lines, tally, unpacked};
use crate::support::rig::{Rig, quick};
use crate::support::{contest, has, http, left_out};

const FORMS: [&str; 3] = ["friday.jsonl", "friday.jsonl.gz", "friday.jsonl.zst"];

fn recorder(path: &Path, form: Form, clock: Clock) -> (Recorder, Writer) {
    let source = Recorded { name: "source 0".to_owned(), kind: "bluesky", form };
    let out = Out::create(path).unwrap();
    Recorder::start(out, &contest().into(), vec![source], false, clock.now()).unwrap()
}

fn commit(operation: &str, author: &str, rkey: &str, hashtags: &[&str]) -> Value {
    let features =
        hashtags.iter().map(|tag| json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag}));
    json!({"did": format!("did:plc:{author}"), "operation": operation,
        "collection": "app.bsky.feed.post", "rkey": rkey,
        "record": {"$type": "app.bsky.feed.post", "text": "secretwords of a room",
            "facets": [{"features": features.collect::<Vec<_>>()}]}})
}

/// A show with everything in it that can become of a message, and its last snapshot.
async fn show(path: &Path, form: Form) -> Snapshot {
    let clock = Clock::from_wall();
    let (recorder, writer) = recorder(path, form, clock);
    let server = Jetstream::start().await;
    let endpoints = vec![Jetstream::url(server.address)];
    let kinds = vec![Kind::Bluesky(jetstream::Settings { endpoints })];
    let mut rig = Rig::recorded(clock, contest(), kinds, quick(), Some(&recorder));
    rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    let now = clock.now().millis() * 1000;
    let minute = 60_000_000;
    // The clock of the network is known, and only then it is known what is late.
    server.publish(now, commit("create", "nobody", "rkeya", &["tea"]));
    rig.until("a message", |s| s.posts.received() == 1).await;
    let events = [
        (-2 * minute, commit("create", "cypher", "rkeyb", &["tabs"])),
        (0, commit("create", "adalove", "rkeyc", &["tabs"])),
        (0, commit("create", "bobolink", "rkeyd", &["Spaces"])),
        (0, commit("create", "bobolink", "rkeyd", &["Spaces"])),
        (0, commit("create", "dianthus", "rkeye", &["spaces"])),
        (0, commit("create", "egbertus", "rkeyf", &["tabs", "spaces"])),
        (0, commit("delete", "dianthus", "rkeye", &[])),
        (0, commit("create", "fergusson", "rkeyg", &["teamtabs"])),
        // Changes sides, and is changed once more.
        (0, commit("update", "fergusson", "rkeyg", &["spaces"])),
        (0, commit("update", "adalove", "rkeyc", &["spaces"])),
        (0, commit("update", "adalove", "rkeyc", &["teamtabs"])),
        // A deletion that comes before its post.
        (0, commit("delete", "geraldine", "rkeyh", &[])),
        (0, commit("create", "geraldine", "rkeyh", &["tabs"])),
        (-2 * minute, commit("create", "cypher", "rkeyi", &["tabs"])),
        // One author's newest counts.
        (0, commit("create", "hyacinth", "rkeyj", &["tabs"])),
        (500, commit("create", "hyacinth", "rkeyk", &["spaces"])),
        (0, commit("create", "nobody", "rkeyl", &["tea"])),
    ];
    let count = 1 + events.len() as u64;
    for (after, event) in events {
        server.publish(now + after, event);
    }
    rig.until("all", |s| s.posts.received() == count).await;
    let last = rig.end().await;
    let status = writer.finish();
    assert_eq!((status.state, status.lost), (RecordingState::On, 0), "{status:?}");
    assert_eq!(status.bytes, path.metadata().unwrap().len());
    assert_eq!(status.lines, String::from_utf8(unpacked(path)).unwrap().lines().count() as u64);
    (*last).clone()
}

#[track_caller]
fn same_teams(show: &Snapshot, counted: &Value) {
    for (team, counted) in show.teams.iter().zip(counted["teams"].as_array().unwrap()) {
        assert_eq!(counted["votes"], team.votes);
        assert_eq!(counted["total"], team.total);
        assert_eq!(counted["share"], team.share);
    }
}

#[tokio::test]
async fn the_recording_of_a_show_counts_as_the_show_did() {
    let folder = tempdir().unwrap();
    for name in FORMS {
        let path = folder.path().join(name);
        let live = show(&path, Form::Posts).await;
        assert_eq!((live.teams[0].votes, live.teams[1].votes), (1, 3));
        let counted = last(&tally(&path, &[]));
        same_teams(&live, &counted);
        // Two lines for each of three edits; a late post before any other cannot be told as such.
        let (posts, counted) = (live.posts, &counted["posts"]);
        assert_eq!((posts.received(), posts.late, posts.revised), (18, 2, 5));
        assert_eq!(counted["received"], posts.received() + 3);
        assert_eq!(counted["matched"], posts.matched + 3);
        assert_eq!(counted["revised"], posts.revised);
        assert_eq!(counted["both"], posts.both);
        assert_eq!(counted["duplicate"], posts.duplicate);
        assert_eq!(
            counted["late"].as_u64().unwrap() + counted["unmatched"].as_u64().unwrap(),
            posts.late + posts.unmatched
        );
    }
}

#[tokio::test]
async fn a_recording_names_nobody() {
    let folder = tempdir().unwrap();
    let path = folder.path().join(FORMS[0]);
    show(&path, Form::Posts).await;
    let text = String::from_utf8(unpacked(&path)).unwrap().to_lowercase();
    for secret in [
        "did:",
        "plc",
        "rkey",
        "secretwords",
        "room",
        "nobody",
        "cypher",
        "adalove",
        "bobolink",
        "dianthus",
        "egbertus",
        "fergusson",
        "geraldine",
        "hyacinth",
        "tea\"",
    ] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // But whose vote is whose is in it.
    let mut authors: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("\"author\":\"")?.1.split('"').next())
        .collect();
    authors.sort_unstable();
    authors.dedup();
    assert_eq!(authors.len(), 8, "{text}");
}

#[tokio::test]
async fn a_raw_recording_holds_the_messages_and_counts_as_the_show_did() {
    let folder = tempdir().unwrap();
    for name in FORMS {
        let path = folder.path().join(name);
        let live = show(&path, Form::Raw).await;
        let counted = last(&tally(&path, &[]));
        same_teams(&live, &counted);
        let text = String::from_utf8(unpacked(&path)).unwrap();
        let raw: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line.get("raw").is_some())
            .collect();
        assert_eq!(raw.len(), 18);
        assert_eq!((&raw[2]["source"], &raw[2]["kind"]), (&json!("source 0"), &json!("bluesky")));
        assert_eq!(raw[2]["raw"]["did"], "did:plc:adalove");
        let (posts, counted) = (live.posts, &counted["posts"]);
        // The first late one is a remark.
        assert_eq!(counted["received"], posts.received() - 1);
        assert_eq!(counted["late"], posts.late - 1);
        for (what, count) in [
            ("matched", posts.matched),
            ("unmatched", posts.unmatched),
            ("both", posts.both),
            ("duplicate", posts.duplicate),
            ("revised", posts.revised),
        ] {
            assert_eq!(counted[what], count, "{what}");
        }
    }
}

#[tokio::test]
async fn several_networks_in_one_recording_count_as_they_did() {
    let folder = tempdir().unwrap();
    for form in [Form::Posts, Form::Raw] {
        let path = folder.path().join(format!("{form:?}.jsonl.gz"));
        let clock = Clock::from_wall();
        let source = |kind| Recorded { name: format!("my {kind}"), kind, form };
        let sources = vec![source("mastodon"), source("nostr")];
        let out = Out::create(&path).unwrap();
        let (recorder, writer) =
            Recorder::start(out, &contest().into(), sources, false, clock.now()).unwrap();
        let server = Mastodon::start(Ids::Timed).await;
        let relays = [Relay::start().await, Relay::start().await];
        let token = Some(TOKEN_ENV.parse().unwrap());
        let mastodon = mastodon::Settings {
            server: Mastodon::url(server.address),
            token,
            mode: mastodon::Mode::Auto,
        };
        let relay_urls = relays.iter().map(|relay| Relay::url(relay.address)).collect();
        let nostr = nostr::Settings { relays: relay_urls };
        let kinds = vec![Kind::Mastodon(mastodon), Kind::Nostr(nostr)];
        let mut rig = Rig::recorded(clock, contest(), kinds, quick(), Some(&recorder));
        rig.until("live", |s| s.sources.iter().all(|s| s.state == SourceState::Live)).await;
        rig.until("subscribed", |_| server.streams() == 1).await;
        rig.until("subscribed", |_| server.streams() > 0).await;
        let now = || clock.now();
        server.post(Way::Both, now(), "adalove", &["tabs"]);
        let second = server.post(Way::Both, now(), "bobolink", &["spaces"]);
        let third = server.post(Way::Both, now(), "cypher", &["spaces"]);
        server.post_and_delete_out_of_order(now(), "dianthus", &["tabs"]);
        rig.until("five messages", |s| s.posts.received() >= 5).await;
        server.edit(Way::Both, &second, now(), &["tabs"]);
        server.delete(Way::Both, &third);
        rig.until("an edit and deletions", |s| s.posts.revised == 3).await;
        let (author, other) = (Author::new(1), Author::new(2));
        let seconds = clock.now().millis() / 1000;
        let taken_back = other.post(seconds, "tabs", "secretwords");
        let mut forged = author.post(seconds, "tabs", "secretwords");
        forged["content"] = "secretwords of somebody else".into();
        for relay in &relays {
            relay.publish(&author.post(seconds, "spaces", "secretwords"));
            relay.publish(&taken_back);
            relay.push(&forged);
        }
        rig.until("posts of relays", |s| s.posts.matched == 5).await;
        relays[0].publish(&other.deletion(seconds, &taken_back));
        rig.until("a deletion", |s| s.posts.revised == 4 && s.posts.malformed >= 1).await;
        let live = rig.end().await;
        let status = writer.finish();
        assert_eq!((status.state, status.lost), (RecordingState::On, 0), "{status:?}");
        assert_eq!((live.teams[0].votes, live.teams[1].votes), (2, 1));
        let text = String::from_utf8(unpacked(&path)).unwrap();
        let counted = last(&tally(&path, &[]));
        same_teams(&live, &counted);
        assert_eq!(text.contains("secretwords"), form == Form::Raw);
        assert_eq!(
            text.contains("\"note\":\"refused\",\"source\":\"my nostr\""),
            form == Form::Raw
        );
    }
}

#[tokio::test]
async fn a_recording_tells_of_connections_and_gaps() {
    let folder = tempdir().unwrap();
    let path = folder.path().join(FORMS[0]);
    let clock = Clock::from_wall();
    let (recorder, writer) = recorder(&path, Form::Posts, clock);
    let server = Jetstream::start().await;
    let proxy = crate::support::proxy::Proxy::start(server.address).await;
    let endpoints = vec![Jetstream::url(proxy.address)];
    let kinds = vec![Kind::Bluesky(jetstream::Settings { endpoints })];
    let mut rig = Rig::recorded(clock, contest(), kinds, quick(), Some(&recorder));
    rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    // There is nothing to resume from yet, so that the cut leaves a gap.
    proxy.cut();
    rig.until("a gap", |s| s.sources[0].gap_count == 1).await;
    rig.end().await;
    let _status = writer.finish();
    let text = String::from_utf8(unpacked(&path)).unwrap();
    let notes: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<&str> = notes.iter().map(|note| note["note"].as_str().unwrap()).collect();
    assert_eq!(&words[..4], ["start", "connected", "disconnected", "gap"], "{text}");
    assert!(notes[3]["ms"].is_u64() && notes[3]["source"] == "source 0", "{text}");
    assert_eq!(last(&tally(&path, &[]))["posts"]["received"], 0);
}

#[test]
fn a_disk_that_stands_still_holds_up_nobody_and_what_is_lost_is_said() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let mut pipe = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    let (recorder, writer) = recorder(&path, Form::Posts, Clock::from_wall());
    let told = 100_000;
    for ms in 0..told {
        let now = Timestamp::from_millis(ms);
        recorder.news(now, SourceId(0), Message::Unmatched(1).into(), Fate::Other);
    }
    let lost = recorder.status().lost;
    assert!(lost > 10_000, "{lost}");
    // Somebody takes the bytes again.
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        while !text.ends_with(b"\"end\"}\n") {
            let mut bytes = [0; 4096];
            let count = pipe.read(&mut bytes).unwrap();
            text.extend_from_slice(&bytes[..count]);
        }
        String::from_utf8(text).unwrap()
    });
    let before_lost = recorder.status().lost;
    let status = writer.finish();
    assert_eq!((status.state, status.lost), (RecordingState::On, before_lost));
    std::fs::File::options().write(true).open(&path).unwrap().write_all(b"\"end\"}\n").unwrap();
    let text = joined("the end of the recording", reader);
    let written = text.lines().filter(|line| line.contains("\"hashtags\":[]")).count() as u64;
    assert_eq!(written + lost, told.cast_unsigned());
    let said = text.lines().filter_map(|line| {
        let (_, count) = line.split_once("\"note\":\"lost\",\"count\":")?;
        count.trim_end_matches('}').parse::<u64>().ok()
    });
    assert_eq!(said.sum::<u64>(), lost);
}

/// The keynote at some hundred times its pace, again and again, and nothing else.
fn config(folder: &Path, listen: &str) -> PathBuf {
    let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
    let path = folder.join("config.toml");
    let text = format!(
        "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\", \"teamtabs\"]\n\
         [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n\
         [[source]]\nname = \"rehearsal\"\nkind = \"replay\"\npath = \"{}\"\nrepeat = true\n\
         speed = 200.0\n[web]\nlisten = \"{listen}\"\n",
        keynote.display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn record(out: &Path, config: &Path) -> Command {
    hashtug(&["record", out.to_str().unwrap(), "-c", config.to_str().unwrap()])
}

fn recording(show: &Show) -> Value {
    http::get(&show.address, "/api/v1/snapshot").json()["recording"].clone()
}

#[test]
fn what_was_written_survives_being_killed() {
    let folder = tempdir().unwrap();
    let config = config(folder.path(), "127.0.0.1:0");
    for name in FORMS {
        let out = folder.path().join(name);
        let mut show = Show::start(record(&out, &config));
        let safe = found("what is written", || {
            let recording = recording(&show);
            assert_eq!((&recording["state"], &recording["path"]), (&json!("on"), &json!(name)));
            recording["lines"].as_u64().filter(|&lines| lines >= 500)
        });
        show.signal("-KILL");
        show.end();
        let text = String::from_utf8(unpacked(&out)).unwrap();
        assert!(text.lines().count() as u64 >= safe, "{name}");
        let counted = last(&tally(&out, &[]));
        assert!(counted["posts"]["received"].as_u64().unwrap() >= safe / 2, "{name}: {counted}");
        assert!(counted["posts"]["malformed"].as_u64().unwrap() <= 1, "{name}: {counted}");
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_show() {
    let folder = tempdir().unwrap();
    let config = config(folder.path(), "127.0.0.1:0");
    for name in FORMS {
        let out = folder.path().join(name);
        std::os::unix::fs::symlink("/dev/full", &out).unwrap();
        let mut show = Show::start(record(&out, &config));
        until("the end of the recording", || recording(&show)["state"] != "on");
        stopped(&mut show, "No space left on device");
    }
}

#[test]
fn a_limit_of_file_sizes_ends_the_recording_and_leaves_it_readable() {
    if !has("prlimit") {
        return left_out("`prlimit` is not installed");
    }
    let folder = tempdir().unwrap();
    let config = config(folder.path(), "127.0.0.1:0");
    for name in FORMS {
        let out = folder.path().join(name);
        let mut command = Command::new("prlimit");
        command.args(["--fsize=30000", "--", env!("CARGO_BIN_EXE_hashtug"), "record"]);
        command.arg(&out).arg("-c").arg(&config).stdin(Stdio::null());
        let mut show = Show::start(command);
        until("the end of the recording", || recording(&show)["state"] != "on");
        stopped(&mut show, "File too large");
        let counted = last(&tally(&out, &[]));
        assert!(counted["posts"]["received"].as_u64().unwrap() > 10, "{name}: {counted}");
        if name == FORMS[0] {
            assert_eq!(counted["posts"]["malformed"], 0);
            assert!(unpacked(&out).ends_with(b"\n"));
        }
    }
}

/// The recording has stopped, and the show has not.
#[track_caller]
fn stopped(show: &mut Show, why: &str) {
    let first = recording(show);
    assert_eq!(first["state"], "full", "{first}");
    assert!(first["error"].as_str().unwrap().contains(why), "{first}");
    // Posts go on, and are counted as lost to the recording.
    let lost = first["lost"].as_u64().unwrap();
    until("more losses", || recording(show)["lost"].as_u64() >= Some(lost + 100));
    show.signal("-INT");
    let (code, said, _) = show.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the recording stopped before the show") && said.contains(why), "{said}");
    assert!(said.contains("messages were lost"), "{said}");
}

#[test]
fn a_recording_ends_after_its_time_and_nothing_is_overwritten() {
    let folder = tempdir().unwrap();
    // Another show has the port of the pages.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = config(folder.path(), &taken.local_addr().unwrap().to_string());
    let out = folder.path().join(FORMS[2]);
    let output = record(&out, &config).args(["--for", "300ms"]).finish();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("no pages") && said.contains("the time is over"), "{said}");
    assert!(output.stdout.is_empty());
    let before = std::fs::read(&out).unwrap();
    // However far the show came.
    let lines = unpacked(&out).split_inclusive(|&byte| byte == b'\n').count();
    let summary =
        format!("recorded {lines} lines, {} bytes in {}; nothing", before.len(), FORMS[2]);
    assert!(said.contains(&summary), "{summary}: {said}");
    assert_eq!(last(&tally(&out, &[]))["posts"]["malformed"], 0);
    let output = record(&out, &config).finish();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("not overwritten") && said.contains("hint: choose"), "{said}");
    assert_eq!(std::fs::read(&out).unwrap(), before);
}

#[test]
fn a_recording_goes_to_standard_output_and_ends_with_its_reader() {
    let folder = tempdir().unwrap();
    let config = config(folder.path(), "127.0.0.1:0");
    let mut command = record(Path::new("-"), &config);
    let output = command.args(["--for", "300ms"]).finish();
    let first = lines(&output).into_iter().next().unwrap();
    assert_eq!(first["note"], "start");
    let mut command = record(Path::new("-"), &config);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = ended(child);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("error") && !said.contains("ERROR"), "{said}");
}
