//! The command line as people and scripts use it.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Output, Stdio};

use tempfile::tempdir;

use crate::support::path;
use crate::support::patience::{Finish, Limit, ended};
use crate::support::program::{hashtug, last, lines, tally, tally_of};

const KEYNOTE: &str = "fixtures/posts/keynote.jsonl";

fn post(second: u32, author: &str, text: &str) -> String {
    format!(
        "{{\"at\":\"2026-11-21T19:04:{second:02}Z\",\"author\":\"{author}\",\"text\":\"{text}\"}}\n"
    )
}

#[track_caller]
fn fails(output: &Output, code: i32, says: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for what in says {
        assert!(stderr.contains(what), "`{what}` is missing in:\n{stderr}");
    }
}

#[test]
fn a_recording_is_counted() {
    let posts = post(0, "ada", "#tabs") + &post(1, "bo", "#Spaces!") + &post(2, "cy", "#ＴＡＢＳ");
    let snapshot = last(&tally_of(posts.as_bytes(), &[]));
    assert_eq!(snapshot["at"], "2026-11-21T19:04:02.000Z");
    assert_eq!(snapshot["title"], "Tabs or Spaces?");
    assert_eq!(snapshot["phase"], "open");
    assert_eq!(snapshot["window_ms"], 60_000);
    assert_eq!(snapshot["leader"], "Tabs");
    assert_eq!(snapshot["teams"][0]["hashtags"], serde_json::json!(["tabs", "teamtabs"]));
    assert_eq!(snapshot["teams"][0]["color"], "#ffb000");
    assert_eq!(snapshot["teams"][0]["votes"], 2);
    assert_eq!(snapshot["teams"][0]["rate"], 0.2);
    assert_eq!(snapshot["teams"][1]["total"], 1);
    assert_eq!(snapshot["posts"]["received"], 3);
    assert_eq!(snapshot["sources"][0]["state"], "ended");
}

#[test]
fn snapshots_come_at_multiples_of_the_step() {
    let posts = post(3, "ada", "#tabs") + &post(5, "bo", "nothing") + &post(31, "cy", "#spaces");
    let snapshots = lines(&tally_of(posts.as_bytes(), &["--every", "10s"]));
    let times: Vec<&str> = snapshots.iter().map(|s| &s["at"].as_str().unwrap()[17..19]).collect();
    assert_eq!(times, ["10", "20", "30", "31"]);
    assert_eq!(snapshots[2]["posts"]["received"], 2);
}

#[test]
fn two_runs_print_the_same_bytes() {
    let run = || tally(&path(KEYNOTE), &["--every", "1s"]).stdout;
    let bytes = run();
    assert!(bytes.len() > 100_000);
    assert_eq!(bytes, run());
}

#[test]
fn every_line_adds_up() {
    for snapshot in lines(&tally(&path(KEYNOTE), &["--every", "1s", "--vote", "every"])) {
        let posts = snapshot["posts"].as_object().unwrap();
        let sum: u64 = posts.values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(sum, 2 * posts["received"].as_u64().unwrap());
        let shares: f64 = snapshot["teams"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["share"].as_f64().unwrap())
            .sum();
        assert!((shares - 1.0).abs() < 1e-9);
    }
}

#[test]
fn compressed_recordings_read_as_they_are() {
    let folder = tempdir().unwrap();
    let plain = std::fs::read(path(KEYNOTE)).unwrap();
    let expected = last(&tally(&path(KEYNOTE), &[]));
    // Two members in one file, as a recorder that was restarted leaves it.
    let (first, second) = plain.split_at(plain.len() / 2);
    let gz = folder.path().join("keynote.jsonl.gz");
    let mut file = File::create(&gz).unwrap();
    let mut zst_bytes = Vec::new();
    for half in [first, second] {
        let mut encoder = flate2::write::GzEncoder::new(&mut file, flate2::Compression::fast());
        encoder.write_all(half).unwrap();
        encoder.finish().unwrap();
        zst_bytes.extend(zstd::encode_all(half, 1).unwrap());
    }
    let zst = folder.path().join("keynote.jsonl.zst");
    std::fs::write(&zst, &zst_bytes).unwrap();
    for file in [&gz, &zst] {
        let counted = last(&tally(file, &[]));
        assert_eq!(counted["teams"], expected["teams"]);
        assert_eq!(counted["posts"], expected["posts"]);
    }
    // A killed recorder leaves half a member.
    let torn = folder.path().join("torn.jsonl.zst");
    std::fs::write(&torn, &zst_bytes[..zst_bytes.len() - 100]).unwrap();
    let output = tally(&torn, &[]);
    assert!(last(&output)["posts"]["received"].as_u64().unwrap() > 200);
    assert!(String::from_utf8_lossy(&output.stderr).contains("breaks off"));
}

#[test]
fn files_are_counted_as_if_they_were_one() {
    let folder = tempdir().unwrap();
    let (a, b) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    std::fs::write(&a, post(0, "ada", "#tabs")).unwrap();
    std::fs::write(&b, post(1, "ada", "#spaces")).unwrap();
    let output = hashtug(&["tally", a.to_str().unwrap(), b.to_str().unwrap()]).finish();
    let snapshot = last(&output);
    assert_eq!(snapshot["teams"][0]["votes"], 0);
    assert_eq!(snapshot["teams"][1]["votes"], 1);
    assert_eq!(snapshot["sources"].as_array().unwrap().len(), 2);
}

#[test]
fn csv_and_table_say_the_same() {
    let posts = post(0, "ada", "#tabs") + &post(1, "bo", "#tabs") + &post(2, "cy", "#spaces");
    let csv = tally_of(posts.as_bytes(), &["--format", "csv"]);
    let csv = String::from_utf8(csv.stdout).unwrap();
    let (head, row) = csv.trim_end().split_once('\n').unwrap();
    assert!(head.starts_with("at,leader,Tabs votes,Tabs share,Tabs rate,Tabs total,Spaces votes"));
    assert!(row.starts_with("2026-11-21T19:04:02.000Z,Tabs,2,0.6666666666666666,0.2,2,1,"));
    let table = tally_of(posts.as_bytes(), &["--format", "table"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("66.7 %") && table.contains("leader"), "{table}");
}

#[test]
fn an_empty_recording_has_one_snapshot_without_a_time() {
    let snapshot = last(&tally_of(b"", &["--every", "1s"]));
    assert_eq!(snapshot["at"], serde_json::Value::Null);
    assert_eq!(snapshot["posts"]["received"], 0);
    assert_eq!(snapshot["teams"][0]["share"], 0.5);
}

/// Received, matched, unmatched, both, duplicate and revised, as counted by hand and by the recount.
#[test]
fn the_dumps_of_every_network_are_counted() {
    for (dump, expected) in [
        ("jetstream/v1", [28, 14, 10, 1, 1, 2]),
        ("jetstream/v2", [31, 14, 13, 1, 1, 2]),
        ("mastodon/statuses", [23, 16, 5, 1, 1, 0]),
        ("mastodon/stream", [28, 13, 8, 2, 2, 3]),
        ("x/stream", [22, 15, 4, 1, 1, 1]),
        ("x/pages", [42, 17, 20, 4, 1, 0]),
        ("x/v1.1", [23, 15, 6, 1, 1, 0]),
        ("nostr/frames", [32, 15, 12, 1, 1, 3]),
        ("nostr/events", [29, 17, 7, 1, 1, 3]),
    ] {
        let posts =
            last(&tally(&path(&format!("fixtures/wire/{dump}.jsonl")), &[]))["posts"].clone();
        let keys = ["received", "matched", "unmatched", "both", "duplicate", "revised"];
        assert_eq!(keys.map(|key| posts[key].as_u64().unwrap()), expected, "{dump}");
    }
}

#[test]
fn files_of_other_systems_read_the_same() {
    let posts = post(0, "ada", "#tabs") + "\n" + &post(1, "bo", "#spaces");
    let expected = last(&tally_of(posts.as_bytes(), &[]));
    let windows = format!("\u{feff}{}", posts.replace('\n', "\r\n"));
    assert_eq!(last(&tally_of(windows.as_bytes(), &[])), expected);
    assert_eq!(expected["posts"]["received"], 2);
}

#[test]
fn bad_lines_are_counted_and_named() {
    let posts = post(0, "ada", "#tabs")
        + "{\"at\":\"2026-11-21T19:04:01Z\",\"text\":\"#tabs\n"
        + "no JSON and no team\n"
        + &post(2, "bo", "#tabs");
    let output = tally_of(posts.as_bytes(), &[]);
    let counted = &last(&output)["posts"];
    assert_eq!(
        (&counted["matched"], &counted["malformed"], &counted["unmatched"]),
        (&2.into(), &1.into(), &1.into())
    );
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("standard input:2: post skipped: "), "{stderr}");
}

#[test]
fn a_line_of_ten_megabytes_is_one_message() {
    let long = post(1, "bo", &format!("{} #tabs", "x".repeat(10 << 20)));
    let snapshot = last(&tally_of((post(0, "ada", "#spaces") + &long).as_bytes(), &[]));
    assert_eq!(snapshot["posts"]["matched"], 2);
}

#[test]
fn a_line_without_end_is_never_held() {
    // Longer than any message, with the hashtag where two pieces meet.
    let mut endless = vec![b'x'; (32 << 20) - 8];
    endless.extend_from_slice(b" \"#tabs\" ");
    endless.resize(70 << 20, b'y');
    endless.extend_from_slice(b"\n");
    endless.extend_from_slice(&vec![b'z'; 40 << 20]);
    endless.extend_from_slice(b"\n");
    endless.extend_from_slice(post(0, "ada", "#spaces").as_bytes());
    let counted = &last(&tally_of(&endless, &["--feed", "post"]))["posts"];
    assert_eq!(
        (&counted["malformed"], &counted["unmatched"], &counted["matched"]),
        (&1.into(), &1.into(), &1.into())
    );
}

#[test]
fn what_follows_a_line_without_end_is_counted() {
    let long = vec![b'x'; (33 << 20) + 1];
    let posts = |count: u32| {
        (0..count).map(|id| post(id % 60, &format!("a{id}"), "#tabs")).collect::<String>()
    };
    let recording = [
        posts(1).as_bytes(),
        &long,
        b"\n",
        posts(1000).as_bytes(),
        &long,
        b"\n",
        posts(10).as_bytes(),
    ]
    .concat();
    let output = tally_of(&recording, &["--vote", "every"]);
    let counted = &last(&output)["posts"];
    assert_eq!((&counted["received"], &counted["matched"]), (&1013.into(), &1011.into()));
}

#[test]
fn a_word_a_hundred_thousand_times_takes_no_longer_than_it_is_long() {
    // Quadratic work on these lines would take minutes.
    for (feed, word) in [
        ("nostr", "\"kind\":1"),
        ("x", "\"edit_history_tweet_ids\":[x"),
        ("x", "\"data\"   "),
        ("jetstream", "\"delete\""),
        ("post", "#tab"),
        ("post", "\\u0074"),
    ] {
        let output = tally_of(word.repeat(100_000).as_bytes(), &["--feed", feed]);
        assert_eq!(last(&output)["posts"]["received"], 1, "{word}");
    }
}

#[test]
fn a_hundred_thousand_brackets_are_one_bad_line() {
    let nested =
        |text: &str| format!("{{\"at\":0,\"text\":\"{text}\",\"x\":{}\n", "[".repeat(100_000));
    let posts = post(0, "ada", "#tabs") + &nested("#tabs") + &nested("") + &"[".repeat(100_000);
    let counted = &last(&tally_of(posts.as_bytes(), &[]))["posts"];
    assert_eq!((&counted["malformed"], &counted["unmatched"]), (&1.into(), &2.into()));
}

#[test]
fn files_that_cannot_be_read_are_errors_of_the_command_line() {
    let folder = tempdir().unwrap();
    fails(
        &tally(&folder.path().join("none.jsonl"), &[]),
        2,
        &["cannot open `", "none.jsonl", "No such file"],
    );
    fails(&tally(folder.path(), &[]), 2, &["is a directory"]);
    let binary = folder.path().join("lights.png");
    std::fs::write(&binary, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap_or_default();
    std::fs::write(&binary, [&[0u8; 100][..], b"\n"].concat()).unwrap();
    fails(&tally(&binary, &[]), 2, &["is not a recording", "hint: "]);
    let fake = folder.path().join("fake.gz");
    std::fs::write(&fake, "no gzip").unwrap();
    fails(&tally(&fake, &[]), 2, &["cannot read `", "fake.gz"]);
}

#[test]
fn wrong_options_say_what_to_write() {
    let with = |more: &[&str]| tally_of(b"", more);
    fails(&with(&["--window", "60"]), 2, &["--window"]);
    fails(&with(&["--every", "0s"]), 2, &["--every"]);
    fails(&with(&["--feed", "twiter"]), 2, &["jetstream"]);
    fails(&with(&["--team", "Nobody"]), 2, &["NAME=TAG"]);
    fails(
        &with(&["--team", "More=tabs"]),
        2,
        &["`tabs` belongs to both team `Tabs` and team `More`"],
    );
    fails(&with(&["--team", "Tabs=other"]), 2, &["two teams are named `Tabs`"]);
    fails(&hashtug(&["tally", "-", "--team", "Only=one"]).finish(), 2, &["needs two teams"]);
    fails(&hashtug(&["tally"]).finish(), 2, &["FILE"]);
    fails(&hashtug(&["dance"]).finish(), 2, &["dance"]);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    for format in ["jsonl", "csv", "table"] {
        let arguments =
            ["tally", path(KEYNOTE).to_str().unwrap(), "--every", "1ms", "--format", format]
                .map(str::to_owned);
        let mut command = hashtug(&arguments.each_ref().map(|argument| &**argument));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _limit = Limit::of(&child);
        let mut first = [0; 100];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = ended(child);
        assert_eq!(output.status.code(), Some(0), "{format}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("error"), "{format}: {stderr}");
    }
}

#[test]
fn rows_come_as_soon_as_they_are_known() {
    let mut command = hashtug(&["tally", "-", "--every", "1s", "--format", "csv"]);
    command.args(["--team", "Tabs=tabs", "--team", "Spaces=spaces"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let _limit = Limit::of(&child);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all((post(0, "ada", "#tabs") + &post(9, "bo", "#tabs")).as_bytes()).unwrap();
    // Standard input stays open: what is read here was not held back until its end.
    let mut rows = String::new();
    let mut stdout = child.stdout.take().unwrap();
    while rows.lines().count() < 10 {
        let mut buffer = [0; 1024];
        let count = stdout.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "it ended early: {rows}");
        rows += std::str::from_utf8(&buffer[..count]).unwrap();
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_full_disk_is_a_failure() {
    for arguments in [&["tally", "-"][..], &["tally", "-", "--format", "csv"], &["check"], &["man"]]
    {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = hashtug(arguments);
        let output = ended(command.stdout(full).stderr(Stdio::piped()).spawn().unwrap());
        fails(&output, 1, &["cannot write to standard output", "No space left on device"]);
    }
}

#[test]
fn every_help_has_an_example() {
    for command in [&[][..], &["run"], &["tally"], &["check"], &["completions"], &["man"]] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let output = hashtug(&arguments).finish();
        let help = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(help.contains("Example") && help.contains("hashtug "), "{help}");
    }
}

#[test]
fn completions_and_manual_come_from_the_same_definitions() {
    let print = |arguments: &[&str]| String::from_utf8(hashtug(arguments).finish().stdout).unwrap();
    assert!(print(&["completions", "bash"]).contains("--every"));
    assert!(print(&["man"]).contains("hashtug"));
}

#[test]
fn check_says_what_would_run() {
    let output = hashtug(&["check", "-c", path("config.toml").to_str().unwrap()]).finish();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for what in [
        "Tabs or spaces?",
        "#teamtabs",
        "replay of",
        "terminal, 50 pixels",
        "http://127.0.0.1:8080/",
    ] {
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn check_lists_questions_and_rounds_and_says_what_makes_the_grace_long() {
    const QUESTIONS: &str = "[contest]\nwindow = \"60s\"\n\
        [[question]]\ntitle = \"Which?\"\n\
        [[question.team]]\nname = \"Vim\"\nhashtags = [\"vim\", \"vi\"]\n\
        [[question.team]]\nname = \"Emacs\"\nhashtags = [\"emacs\"]\n\
        [[question]]\n\
        [[question.team]]\nname = \"Vim\"\nhashtags = [\"vim\"]\n\
        [[question.team]]\nname = \"Nano\"\nhashtags = [\"nano\", \"pico\"]\nsize = 2\n\
        [[source]]\nname = \"fediverse\"\nkind = \"mastodon\"\nserver = \"https://m.example\"\n";
    let folder = tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let check = |more: &str| {
        std::fs::write(&config, format!("{QUESTIONS}{more}")).unwrap();
        let output = hashtug(&["check", "-c", config.to_str().unwrap()]).finish();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let [stdout, stderr] = [output.stdout, output.stderr].map(String::from_utf8);
        (stdout.unwrap(), stderr.unwrap())
    };
    let (said, warned) =
        check("[round]\nbest_of = 3\nsecret = true\n[show]\njournal = \"a.jsonl\"\n");
    let beginning = "\
contest  2 questions
         window 60s, one vote an author, the newest counts, reposts are ignored
question 1: Which?
team     Vim: #vim #vi in #ffb000
team     Emacs: #emacs in #0050b0
question 2: Vim or Nano?
team     Vim: #vim in #ffb000
team     Nano: #nano #pico in #0050b0, size 2
round    120s long, all votes since it opened count, countdown 3s, best of 3, secret until it is revealed
         grace 13s, for source `fediverse` is asked through in 10s
journal  ";
    assert!(said.starts_with(beginning), "{said}");
    assert!(!warned.contains("[round]"), "{warned}");
    let polled = "[[source]]\nkind = \"http\"\nmode = \"poll\"\nevery = \"30s\"\nurl = \"https://h.example\"\n";
    for (more, words) in [
        (
            format!("[round]\nlength = \"open\"\ncounts = \"window\"\n{polled}"),
            "round    open until it is locked, the votes in the window at its end count, countdown 3s
         grace 15s, the longest that is chosen by itself; source `http` is asked through in 30s, so that \
its last posts may come too late: `grace` can be longer\n",
        ),
        (
            "[round]\nauto = true\ngrace = \"3s\"\n".to_owned(),
            "countdown 3s, the next by itself after 20s
         grace 3s; source `fediverse` is asked through in 10s, so that its last posts may come too late: \
`grace` can be longer\n",
        ),
        (
            "[round]\ngrace = \"20s\"\n".to_owned(),
            "grace 20s; the slowest source, `fediverse`, is asked through in 10s\n",
        ),
    ] {
        let (said, _) = check(&more);
        assert!(said.contains(words), "{words}\nis not in\n{said}");
    }
    let (said, warned) = check("");
    assert!(!said.contains("grace"), "{said}");
    assert!(
        warned.contains("there are 2 questions and no `[round]`: only the first is asked"),
        "{warned}"
    );
}

#[test]
fn check_says_what_live_sources_would_do() {
    let folder = tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, LIVE).unwrap();
    let mut check = hashtug(&["check", "-c", config.to_str().unwrap()]);
    check.env("HASHTUG_TEST_TOKEN", "hunter2");
    let output = check.finish();
    let stdout = String::from_utf8(output.stdout).unwrap();
    for line in [
        "source   bluesky: bluesky at jetstream1.us-east.bsky.network, and 3 more in turn\n",
        "source   mastodon: mastodon at m.example, its timeline, without a token\n",
        "source   x: x at api.x.com, with the token in HASHTUG_TEST_TOKEN, at most 10000 posts\n",
        "source   nostr: nostr at r.example, localhost:7000\n",
        "source   http: http at h.example, asked for every 5s, numbers: Tabs by /left\n",
        "source   websocket: websocket at h.example, posts by a map\n",
    ] {
        assert!(stdout.contains(line), "{line:?} is missing in:\n{stdout}");
    }
    assert!(!stdout.contains("hunter2"));
}

#[test]
fn check_finds_a_variable_that_is_not_set() {
    let folder = tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, LIVE).unwrap();
    for value in [None, Some(""), Some(" \n")] {
        let mut check = hashtug(&["check", "-c", config.to_str().unwrap()]);
        check.env_remove("HASHTUG_TEST_TOKEN");
        check.envs(value.map(|value| ("HASHTUG_TEST_TOKEN", value)));
        let says = "source `x`: the environment variable `HASHTUG_TEST_TOKEN` is not set";
        fails(&check.finish(), 2, &[says, "hint: set it before the start"]);
    }
}

/// One of each kind that needs a network.
const LIVE: &str = r#"
[[team]]
name = "Tabs"
hashtags = ["tabs"]
[[team]]
name = "Spaces"
hashtags = ["spaces"]
[[source]]
kind = "bluesky"
[[source]]
kind = "mastodon"
server = "https://m.example"
[[source]]
kind = "x"
token_env = "HASHTUG_TEST_TOKEN"
[[source]]
kind = "nostr"
relays = ["wss://r.example", "ws://localhost:7000"]
[[source]]
kind = "http"
url = "https://h.example/totals"
mode = "poll"
map = { numbers = { Tabs = "/left" } }
[[source]]
kind = "websocket"
url = "wss://h.example/live"
headers = { Authorization = "Bearer ${HASHTUG_TEST_TOKEN}" }
map = { text = "/text" }
"#;

#[test]
fn check_finds_a_recording_that_is_not_there() {
    let folder = tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let text = std::fs::read_to_string(path("config.toml")).unwrap();
    std::fs::write(&config, text).unwrap();
    let output = hashtug(&["check", "-c", config.to_str().unwrap()]).finish();
    fails(&output, 2, &["source `rehearsal`: cannot open `", "keynote.jsonl"]);
}

#[test]
fn a_broken_config_stops_every_command_before_it_starts() {
    let config = path("fixtures/config/typos.toml");
    let config = config.to_str().unwrap();
    for command in [&["check"][..], &["run"], &["tally", "-"]] {
        let mut arguments = command.to_vec();
        arguments.extend(["-c", config]);
        fails(&hashtug(&arguments).finish(), 2, &["typos.toml:", "hint: "]);
    }
    fails(&hashtug(&["check", "-c", "/nowhere.toml"]).finish(), 2, &["/nowhere.toml"]);
}
