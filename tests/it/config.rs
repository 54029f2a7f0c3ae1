//! What the config reader accepts, and how it reports the rest.
//!
//! Single mistakes are data, in `fixtures/config/mistakes`.

mod mistakes;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hashtug::config::{Config, Error};
use hashtug::contest::{Reposts, Vote};
use hashtug::decode::Shape;
use hashtug::decode::mapped::Map;
use hashtug::decode::numbers::{Field, Fields};
use hashtug::decode::pointer::Pointer;
use hashtug::output;
use hashtug::output::strip::Strip;
use hashtug::output::{artnet, ddp, e131, holiday, spi, terminal, wled};
use hashtug::render::colour::{Calibration, Order};
use hashtug::render::layout::{Layout, Matrix, Segment};
use hashtug::render::power::Budget;
use hashtug::rgb::Rgb;
use hashtug::round::{Counts, Length, Rules};
use hashtug::source::{self, http, jetstream, mastodon, nostr, replay, websocket, x};
use proptest::prelude::*;

use crate::support::program::TEAMS;

#[test]
fn the_example_is_the_demonstration() {
    let example = load("config.toml").expect("the example is sound");
    let demonstration = Config::demonstration();
    assert_eq!(demonstration.questions, example.questions);
    assert_eq!(demonstration.outputs, example.outputs);
    assert_eq!(demonstration.web, example.web);

    assert_eq!(example.questions.first().title(), "Tabs or spaces?");
    let [source::Settings { name, kind: source::Kind::Replay(replay) }] = &*demonstration.sources
    else {
        panic!("{:?}", demonstration.sources)
    };
    assert_eq!((name.as_str(), replay.repeat), ("rehearsal", true));
    assert_eq!(replay.input, replay::Input::Embedded);
}

#[test]
fn the_example_states_the_defaults() {
    let short = r#"
        [contest]
        title = "Tabs or spaces?"
        [[team]]
        name = "Tabs"
        hashtags = ["tabs", "teamtabs"]
        [[team]]
        name = "Spaces"
        hashtags = ["spaces"]
        [[source]]
        name = "rehearsal"
        kind = "replay"
        path = "fixtures/posts/keynote.jsonl"
        repeat = true
        [[output]]
        name = "preview"
        kind = "terminal"
    "#;
    let path = root().join("config.toml");
    assert_eq!(parse(short, &path), load("config.toml").expect("the example is sound"));
}

#[test]
fn two_teams_are_enough() {
    let config = parse(TEAMS, Path::new("config.toml"));
    assert_eq!(config.questions.first().title(), "Tabs or Spaces?");
    assert_eq!(config.questions.first().window(), Duration::from_mins(1));
    assert_eq!(config.questions.first().vote(), Vote::Latest);
    assert_eq!(config.questions.first().reposts(), Reposts::Ignore);
    assert_eq!(config.sources, []);
    assert_eq!(config.outputs, []);
    assert_eq!(config.web.listen, SocketAddr::from(([127, 0, 0, 1], 8080)));
}

#[test]
fn everything_can_be_set() {
    let text = r##"
        [contest]
        title = "A or B?"
        window = "1m30s"
        vote = "every"
        reposts = "count"
        [[team]]
        name = "A"
        hashtags = ["#a", "Aa"]
        color = "#010203"
        size = 3
        [[team]]
        name = "a"
        hashtags = ["b"]
        size = 0.5
        [[source]]
        kind = "replay"
        path = "../posts.jsonl"
        speed = "max"
        feed = "nostr"
        [round]
        length = "90s"
        counts = "window"
        countdown = "0s"
        grace = "1h"
        secret = true
        best_of = 3
        auto = true
        rest = "5s"
        [show]
        journal = "../friday.jsonl"
        [[source]]
        name = "second"
        kind = "replay"
        commands = false
        path = "/tmp/posts.jsonl"
        speed = 1000
        feed = "auto"
        [[output]]
        kind = "terminal"
        pixels = 0x10
        fps = 1
        brightness = 0
        reverse = true
        mirror = true
        offset = 3
        [web]
        listen = "localhost:0"
    "##;
    let config = parse(text, Path::new("/show/tonight/config.toml"));
    let contest = config.questions.first();
    assert_eq!(contest.title(), "A or B?");
    assert_eq!(contest.window(), Duration::from_secs(90));
    assert_eq!((contest.vote(), contest.reposts()), (Vote::Every, Reposts::Count));
    let teams = contest.teams();
    assert_eq!(teams[0].hashtags, ["a", "aa"]);
    assert_eq!((teams[0].color, teams[0].size), (Rgb::new(1, 2, 3), 3.0));
    assert_eq!((teams[1].name.as_str(), teams[1].size), ("a", 0.5));
    let rules = Rules {
        length: Length::After(Duration::from_secs(90)),
        counts: Counts::Window,
        countdown: Duration::ZERO,
        grace: Duration::from_hours(1),
        secret: true,
        best_of: 3,
        auto: Some(Duration::from_secs(5)),
    };
    assert_eq!(config.rounds, Some(rules));
    assert_eq!(config.journal, Some(PathBuf::from("/show/tonight/../friday.jsonl")));
    let replay = |path: &str, speed, commands, feed| {
        let input = replay::Input::File(PathBuf::from(path));
        source::Kind::Replay(replay::Settings { input, speed, repeat: false, commands, feed })
    };
    let nostr = Some(hashtug::decode::Feed::Nostr);
    let first = replay("/show/tonight/../posts.jsonl", replay::Speed::Max, true, nostr);
    let second = replay("/tmp/posts.jsonl", replay::Speed::Times(1000.0), false, None);
    assert_eq!(
        config.sources,
        [
            source::Settings { name: "replay".to_owned(), kind: first },
            source::Settings { name: "second".to_owned(), kind: second },
        ]
    );
    let kind = kind(terminal::Settings { fps: 1 });
    let strip = Strip {
        layout: Layout { reverse: true, mirror: true, offset: 3, ..Layout::plain(16) },
        calibration: Calibration { brightness: 0.0, ..Calibration::default() },
        budget: Budget { max_milliamps: u32::MAX },
    };
    assert_eq!(config.outputs, [output::Settings { name: "terminal".to_owned(), kind, strip }]);
    assert_eq!(config.web.listen, SocketAddr::from(([127, 0, 0, 1], 0)));
}

#[test]
fn a_team_without_a_colour_gets_one_that_nobody_has() {
    let text = r##"
        team = [
            { name = "A", hashtags = ["a"] },
            { name = "B", hashtags = ["b"], color = "#ffb000" },
            { name = "C", hashtags = ["c"] },
        ]
    "##;
    let config = parse(text, Path::new("config.toml"));
    let mut colors: Vec<_> =
        config.questions.first().teams().iter().map(|team| team.color.to_string()).collect();
    assert_eq!(colors[..2], ["#0050b0", "#ffb000"]);
    colors.sort();
    colors.dedup();
    assert_eq!(colors.len(), 3);
}

/// Two questions, in which a team and a hashtag stand twice.
const QUESTIONS: &str = r##"
[contest]
window = "90s"
vote = "every"
[[question]]
title = "Which?"
[[question.team]]
name = "Vim"
hashtags = ["Vim", "vi"]
color = "#ffb000"
[[question.team]]
name = "Emacs"
hashtags = ["emacs"]
[[question]]
[[question.team]]
name = "Vim"
hashtags = ["vim"]
[[question.team]]
name = "Nano"
hashtags = ["nano"]
size = 2
"##;

#[test]
fn questions_have_teams_of_their_own_and_what_the_contest_says_is_for_all() {
    let config = parse(QUESTIONS, Path::new("config.toml"));
    let questions: Vec<_> = config.questions.iter().collect();
    let titles: Vec<_> = questions.iter().map(|question| question.title()).collect();
    assert_eq!(titles, ["Which?", "Vim or Nano?"]);
    for question in &questions {
        assert_eq!((question.window(), question.vote()), (Duration::from_secs(90), Vote::Every));
    }
    assert_eq!(config.questions.hashtags(), ["vim", "vi", "emacs", "nano"]);
    let colors = |question: usize| {
        questions[question].teams().iter().map(|team| team.color.to_string()).collect::<Vec<_>>()
    };
    // Each question begins the palette anew.
    assert_eq!(colors(0), ["#ffb000", "#0050b0"]);
    assert_eq!(colors(1), ["#ffb000", "#0050b0"]);
    assert!((questions[1].teams()[1].size - 2.0).abs() < f64::EPSILON);
}

#[test]
fn without_a_section_there_are_no_rounds_and_an_empty_one_has_the_defaults() {
    assert_eq!(parse(TEAMS, Path::new("config.toml")).rounds, None);
    let empty = format!("{TEAMS}[round]\n");
    assert_eq!(parse(&empty, Path::new("config.toml")).rounds, Some(Rules::default()));
    let open = format!("{TEAMS}[round]\nlength = \"open\"\n");
    let rounds = parse(&open, Path::new("config.toml")).rounds;
    assert_eq!(rounds, Some(Rules { length: Length::Open, ..Rules::default() }));
    let auto = format!("{TEAMS}[round]\nauto = true\n");
    let rounds = parse(&auto, Path::new("config.toml")).rounds;
    assert_eq!(rounds, Some(Rules { auto: Some(Duration::from_secs(20)), ..Rules::default() }));
    for length in ["5s", "24h"] {
        let text = format!("{TEAMS}[round]\nlength = \"{length}\"\n");
        assert!(parse(&text, Path::new("config.toml")).rounds.is_some(), "{length}");
    }
}

#[test]
fn the_grace_is_the_cycle_of_the_slowest_source_and_three_seconds_and_at_most_fifteen() {
    let mastodon = |keys: &str| {
        format!("[[source]]\nkind = \"mastodon\"\nserver = \"https://m.example\"\n{keys}")
    };
    let http = |keys: &str| {
        format!("[[source]]\nname = \"h\"\nkind = \"http\"\nurl = \"https://h.example\"\n{keys}")
    };
    let polled = |every: &str| http(&format!("mode = \"poll\"\nevery = \"{every}\"\n"));
    let token = "token_env = \"TOKEN\"\n";
    let many: String = (0..5).map(|n| format!("\"t{n}\",")).collect::<Vec<_>>().concat();
    let teams = |first: &str| TEAMS.replace("\"tabs\"", first);
    for (teams, sources, seconds) in [
        (teams("\"tabs\""), String::new(), 3),
        (teams("\"tabs\""), "[[source]]\nkind = \"bluesky\"\n".to_owned(), 3),
        (teams("\"tabs\""), http(""), 3),
        (teams("\"tabs\""), polled("2s"), 5),
        (teams("\"tabs\""), polled("1h"), 15),
        (teams("\"tabs\""), mastodon(""), 8),
        // Six hashtags, four in a request.
        (teams(&many), mastodon(""), 13),
        (teams(&many), mastodon("") + &polled("2s"), 13),
        (teams(&many), mastodon("") + &polled("11s"), 14),
        (teams(&many), mastodon(token), 3),
        (teams(&many), mastodon(&format!("{token}mode = \"poll\"\n")), 13),
        // A stream does not bring such a one.
        (teams("\"テスト・タグ\""), mastodon(token), 8),
    ] {
        let config = format!("{teams}{sources}[round]\n");
        let rounds = parse(&config, Path::new("config.toml")).rounds;
        let grace = Duration::from_secs(seconds);
        assert_eq!(rounds, Some(Rules { grace, ..Rules::default() }), "{config}");
    }
    // The hashtags of all questions are asked for.
    let config =
        format!("{}{}[round]\n", QUESTIONS.replace("\"vi\"", "\"vi\", \"gvim\""), mastodon(""));
    let rounds = parse(&config, Path::new("config.toml")).rounds.unwrap();
    assert_eq!(rounds.grace, Duration::from_secs(13));
}

#[test]
fn a_file_saved_on_windows_is_read() {
    let config = load("fixtures/config/windows.toml").expect("the file is sound");
    assert_eq!(config.questions.first().teams()[0].name, "Tea");
}

#[test]
fn a_report_shows_all_that_is_wrong() {
    insta::assert_snapshot!(report("fixtures/config/typos.toml"), @r###"
    typos.toml:3:1: unknown key `titel` in `[contest]`
      |
    3 | titel = "Tea or coffee?"
      | ^^^^^
    hint: did you mean `title`?

    typos.toml:4:10: `90` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`
      |
    4 | window = "90"
      |          ^^^^

    typos.toml:5:8: `vote` cannot be `loudest`
      |
    5 | vote = 'loudest'
      |        ^^^^^^^^^
    hint: it is one of `latest`, `every`

    typos.toml:9:20: `team tea` of team `Tea` cannot be a hashtag: it contains a space
      |
    9 | hashtags = ["tea", "team tea"]
      |                    ^^^^^^^^^^

    typos.toml:10:1: unknown key `colour` in `[[team]]`
       |
    10 | colour = "#00a040"
       | ^^^^^^
    hint: did you mean `color`?

    typos.toml:14:23: hashtag `tea` belongs to both team `Tea` and team `Coffee`
       |
    14 | hashtags = ["coffee", "#Tea"]
       |                       ^^^^^^
    hint: a post counts for one team; leave the hashtag to one of them

    typos.toml:15:9: `brown` is not a colour; write it as `#rrggbb`, for example `#ffb000`
       |
    15 | color = "brown"
       |         ^^^^^^^

    typos.toml:16:8: `size` must be from 0.000001 to 1000000000, not 0
       |
    16 | size = 0
       |        ^

    typos.toml:19:8: unknown kind `blueski`
       |
    19 | kind = "blueski"
       |        ^^^^^^^^^
    hint: did you mean `bluesky`?

    typos.toml:21:1: this `[[source]]` needs a `path`
       |
    21 | [[source]]
       | ^^^^^^^^^^
    hint: add the recording: `path = "posts.jsonl"`

    typos.toml:24:10: `repeat` must be `true` or `false`, not text
       |
    24 | repeat = "yes"
       |          ^^^^^

    typos.toml:25:1: `api_token` looks like a secret, and secrets never stand in this file
       |
    25 | api_token = …
       | ^^^^^^^^^
    hint: keep it in an environment variable, or in a file that only you can read

    typos.toml:29:10: `pixels` must be from 1 to 1000, not 1000000000000
       |
    29 | pixels = 1_000_000_000_000
       |          ^^^^^^^^^^^^^^^^^

    typos.toml:32:10: `localhost` has no port
       |
    32 | listen = "localhost"
       |          ^^^^^^^^^^^
    hint: add one, for example `localhost:8080`

    14 problems in typos.toml
    "###);
}

#[test]
fn an_error_of_syntax_hides_no_other_problem() {
    insta::assert_snapshot!(report("fixtures/config/syntax.toml"), @r###"
    syntax.toml:2:24: the text has no closing quote
      |
    2 | title = "Tea or coffee?
      |                        ^
    hint: add `"` at its end

    syntax.toml:3:10: `60s` is neither a number nor text in quotes
      |
    3 | window = 60s
      |          ^^^
    hint: put quotes around it: `"60s"`

    syntax.toml:4:8: `vote` cannot be `lates`
      |
    4 | vote = "lates"
      |        ^^^^^^^
    hint: did you mean `latest`?

    syntax.toml:8:19: a comma is missing here
      |
    8 | hashtags = ["tea" "chai"]
      |                   ^

    syntax.toml:9:9: `color` has no value
      |
    9 | color = #00a040
      |         ^
    hint: `#` begins a comment; a colour stands in quotes: `"#00a040"`

    syntax.toml:13:12: this `[` is never closed by `]`
       |
    13 | hashtags = ["coffee",
       |            ^

    6 problems in syntax.toml
    "###);
}

#[test]
fn a_long_line_is_clipped_and_nothing_reaches_the_terminal_raw() {
    insta::assert_snapshot!(report("fixtures/config/long_line.toml"), @r###"
    long_line.toml:3:543: a hashtag must be text in quotes, not a whole number
      |
    3 | …5", "tea56", "tea57", "tea58", "tea59", 5, "tea0", "tea1", "tea2", "tea3", "tea4", "tea5",…
      |                                          ^

    long_line.toml:8:10: invalid basic string, expected non-double-quote visible characters, `\`
      |
    8 | color = "\u{1b}[31mred"
      |          ^^^^^^

    2 problems in long_line.toml
    "###);
}

#[test]
fn other_encodings_are_named() {
    insta::assert_snapshot!(report("fixtures/config/latin1.toml"), @r###"
    latin1.toml:2:20: the byte 0xe9 is not UTF-8 text
      |
    2 | title = "Tea or caf�?"
      |                    ^
    hint: save the file as UTF-8
    "###);
    insta::assert_snapshot!(report("fixtures/config/utf16.toml"), @r###"
    utf16.toml:1:1: the byte 0xff is not UTF-8 text
      |
    1 | ��[\u{0}c\u{0}o\u{0}n\u{0}t\u{0}e\u{0}s\u{0}t\u{0}]\u{0}\r\u{0}
      | ^
    hint: it looks like UTF-16; save the file as UTF-8
    "###);
}

#[test]
fn characters_that_cannot_be_seen_are_shown_by_their_numbers() {
    let report = |text: &str| {
        let text = format!("{text}{TEAMS}");
        Config::parse(&text, Path::new("config.toml")).expect_err("it is broken").to_string()
    };
    insta::assert_snapshot!(report("[contest]\rtitle = \"x\"\n"), @r###"
    config.toml:1:11: carriage return must be followed by newline, expected newline
      |
    1 | [contest]\rtitle = "x"
      |            ^
    "###);
    insta::assert_snapshot!(report("# bell \x07\n"), @r###"
    config.toml:1:8: invalid comment character, expected printable characters
      |
    1 | # bell \u{7}
      |        ^
    "###);
    insta::assert_snapshot!(report("\0\x01\x02\n"), @r###"
    config.toml:1:1: invalid unquoted key, expected letters, numbers, `-`, `_`
      |
    1 | \u{0}\u{1}\u{2}
      | ^^^^^^^^^^^^^^^
    "###);
}

#[test]
fn line_ends_alone_are_no_contest() {
    let error = Config::parse("\r\n\r\n", Path::new("config.toml")).expect_err("it is empty");
    insta::assert_snapshot!(error, @r###"
    config.toml:3:1: a contest needs two teams or more, and there is none
    hint: each begins with `[[team]]`, and has a `name` and `hashtags`
    "###);
}

#[test]
fn a_secret_is_never_repeated() {
    for text in [
        "[web]\ntoken = \"hunter2\"",
        "[web]\ntoken = hunter2",
        "[web]\ntoken = #hunter2",
        "[web]\ntoken = \"hunter2",
        "[web]\ntoken \"hunter2\"",
        "[web]\ntoken: hunter2",
        "token = [\"hunter2\", 3",
        "web = { password = \"hunter2\" }",
        "[web]\nlisten = 3\nlisten = { secret = \"hunter2\" }",
        "[web]\ntoken = \"x\"\ntoken = \"hunter2\"",
    ] {
        let error =
            Config::parse(text, Path::new("config.toml")).expect_err("it is broken").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn escapes_in_texts_do_not_reach_the_terminal() {
    let teams = "[[team]]\nname = \"A\"\nhashtags = [\"\\u001b[2J\"]\n".repeat(2);
    let long = teams.replace("[2J", &"x".repeat(100_000));
    for text in [
        &*teams,
        &long,
        "[contest]\nvote = \"\\u0007\"\n\"\\u0007\" = 1\nwindow = \"\\u0007\"\n",
        "[web]\nlisten = \"\\u0007\"\n[[team]]\nhashtags = \"\\u0007\"\ncolor = \"\\u0007\"\n",
    ] {
        assert!(Config::parse(text, Path::new("config.toml")).is_err(), "{text}");
        answered(text);
    }
}

#[test]
fn a_report_has_an_end() {
    let unknown: Vec<String> = (0..200).map(|n| format!("k{n} = 3\n")).collect();
    let text = unknown.concat() + &"[[team]]\nnme = 3\n".repeat(30);
    let error =
        Config::parse(&text, Path::new("config.toml")).expect_err("it is broken").to_string();
    assert_eq!(error.lines().last(), Some("260 problems in config.toml, the first 100 shown"));
}

#[test]
fn what_cannot_be_read_is_named() {
    let missing = load("fixtures/config/missing.toml").expect_err("there is no such file");
    assert!(missing.to_string().ends_with("missing.toml"), "{missing}");
    assert!(missing.to_string().starts_with("cannot read "), "{missing}");
    assert!(std::error::Error::source(&missing).is_some());

    let directory = load("fixtures/config").expect_err("it is a directory");
    assert!(matches!(directory, Error::Directory { .. }), "{directory}");
}

#[test]
#[cfg(unix)]
fn a_file_without_end_is_refused() {
    let error = Config::load(Path::new("/dev/zero")).expect_err("it is no config");
    assert_eq!(error.to_string(), "/dev/zero is longer than 1 MiB, which is no config file");
}

#[test]
fn the_examples_are_sound() {
    let mut examples = 0;
    for entry in root().join("examples").read_dir().expect("there are examples") {
        let path = entry.expect("an example").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let config = Config::load(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(!config.sources.is_empty(), "{}", path.display());
        examples += 1;
    }
    assert!(examples >= 7);
}

#[test]
fn live_sources_have_their_defaults() {
    let text = r#"
        [[source]]
        kind = "bluesky"
        [[source]]
        kind = "mastodon"
        server = "https://mastodon.example"
        [[source]]
        kind = "x"
        token_env = "X_TOKEN"
        [[source]]
        kind = "nostr"
        relays = "ws://localhost:7000"
        [[source]]
        kind = "http"
        url = "https://chat.example/posts#top"
        [[source]]
        kind = "websocket"
        url = "ws://[::1]:9/live"
    "#;
    let config = parse(&(TEAMS.to_owned() + text), Path::new("config.toml"));
    let kinds: Vec<_> = config.sources.into_iter().map(|source| source.kind).collect();
    let url = |text: &str| text.parse().expect("a URL");
    assert_eq!(
        kinds,
        [
            source::Kind::Bluesky(jetstream::Settings {
                endpoints: jetstream::ENDPOINTS.map(url).to_vec()
            }),
            source::Kind::Mastodon(mastodon::Settings {
                server: url("https://mastodon.example/"),
                token: None,
                mode: mastodon::Mode::Auto,
            }),
            source::Kind::X(x::Settings {
                endpoint: url("https://api.x.com"),
                token: "X_TOKEN".parse().unwrap(),
                max_posts: 10_000,
                backfill: false,
            }),
            source::Kind::Nostr(nostr::Settings { relays: vec![url("ws://localhost:7000")] }),
            source::Kind::Http(http::Settings {
                url: url("https://chat.example/posts"),
                headers: vec![],
                mode: http::Mode::Stream,
                shape: Shape::Posts(Map::default()),
            }),
            source::Kind::Websocket(websocket::Settings {
                url: url("ws://[::1]:9/live"),
                headers: vec![],
                send: vec![],
                shape: Shape::Posts(Map::default()),
            }),
        ]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "every key of every network")]
fn everything_can_be_set_of_live_sources() {
    let text = r#"
        [[source]]
        kind = "bluesky"
        endpoint = ["ws://127.0.0.2:1/subscribe", "wss://b.example/xrpc/network.bsky.jetstream.subscribeEvents"]
        [[source]]
        kind = "mastodon"
        server = "http://127.0.0.1:3000"
        token_env = "MASTODON_TOKEN"
        mode = "poll"
        [[source]]
        kind = "x"
        endpoint = "http://localhost:5"
        token_env = "X_TOKEN"
        max_posts = 7
        backfill = true
        [[source]]
        kind = "nostr"
        relays = ["wss://a.example", "wss://b.example/path?x=1"]
        [[source]]
        kind = "http"
        url = "https://chat.example/posts"
        mode = "poll"
        every = "1m"
        [source.headers]
        Authorization = "Bearer ${CHAT_TOKEN}"
        Accept = "application/json"
        [source.map]
        text = "/a~1b/0/~0"
        id = "/id"
        [[source]]
        kind = "websocket"
        url = "wss://chat.example"
        headers = { Cookie = "session=${SESSION}" }
        origin = "https://Chat.Example:443/"
        send = ['{"join":1}', "token ${CHAT_TOKEN}"]
        map = { numbers = { Spaces = "/right", Tabs = "" }, per_vote = 0.5 }
    "#;
    let config = parse(&(TEAMS.to_owned() + text), Path::new("config.toml"));
    let kinds: Vec<_> = config.sources.into_iter().map(|source| source.kind).collect();
    let url = |text: &str| text.parse().expect("a URL");
    let pointer = |text: &str| Pointer::parse(text).expect("a pointer");
    let header = |name: &str, value: &str| http::Header {
        name: name.to_owned(),
        value: value.parse().expect("a template"),
    };
    let number = |team: &str, place: &str| {
        Field::new(&config.questions, team, pointer(place)).expect("a team")
    };
    let nowhere = Map {
        items: None,
        text: None,
        hashtags: None,
        id: None,
        author: None,
        at: None,
        delete: None,
    };
    assert_eq!(
        kinds,
        [
            source::Kind::Bluesky(jetstream::Settings {
                endpoints: vec![
                    url("ws://127.0.0.2:1/subscribe"),
                    url("wss://b.example/xrpc/network.bsky.jetstream.subscribeEvents"),
                ]
            }),
            source::Kind::Mastodon(mastodon::Settings {
                server: url("http://127.0.0.1:3000"),
                token: Some("MASTODON_TOKEN".parse().unwrap()),
                mode: mastodon::Mode::Poll,
            }),
            source::Kind::X(x::Settings {
                endpoint: url("http://localhost:5"),
                token: "X_TOKEN".parse().unwrap(),
                max_posts: 7,
                backfill: true,
            }),
            source::Kind::Nostr(nostr::Settings {
                relays: vec![url("wss://a.example"), url("wss://b.example/path?x=1")]
            }),
            source::Kind::Http(http::Settings {
                url: url("https://chat.example/posts"),
                headers: vec![
                    header("Accept", "application/json"),
                    header("Authorization", "Bearer ${CHAT_TOKEN}"),
                ],
                mode: http::Mode::Poll(Duration::from_mins(1)),
                shape: Shape::Posts(Map {
                    text: Some(pointer("/a~1b/0/~0")),
                    id: Some(pointer("/id")),
                    ..nowhere
                }),
            }),
            source::Kind::Websocket(websocket::Settings {
                url: url("wss://chat.example"),
                headers: vec![
                    header("Cookie", "session=${SESSION}"),
                    header("Origin", "https://chat.example"),
                ],
                send: vec![
                    r#"{"join":1}"#.parse().unwrap(),
                    "token ${CHAT_TOKEN}".parse().unwrap()
                ],
                shape: Shape::Numbers(Fields {
                    teams: vec![number("Tabs", ""), number("Spaces", "/right")],
                    per_vote: 0.5,
                }),
            }),
        ]
    );
}

#[test]
fn what_may_be_a_secret_is_not_shown() {
    for line in [
        "url = \"https://me:hunter2@h.example\"",
        "url = \"https://me:hunter2@h.example:x\"",
        "url = \"ftp://me:hunter2@h.example\"",
        "url = \"https://h.example/?key=1&token=hunter2\"",
        "headers = { Cookie = \"hunter2\" }",
        "headers = { Authorization = \"Bearer hunter2\" }",
        "headers = { X = \"${hunter2\" }",
        "headers = { X = \"${hunter-2 hunter2}\" }",
    ] {
        let text = format!("{TEAMS}[[source]]\nkind = \"http\"\n{line}\n");
        let error = Config::parse(&text, Path::new("config.toml")).expect_err("a secret");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let text = format!("{TEAMS}[[source]]\nkind = \"x\"\ntoken_env = \"hunter2%3D\"\n");
    let error = Config::parse(&text, Path::new("config.toml")).expect_err("a secret");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn outputs_that_share_a_protocol_may_have_receivers_of_their_own() {
    let text = r#"
[[output]]
name = "a"
kind = "e131"
host = "10.0.0.5"
pixels = 340
[[output]]
name = "b"
kind = "e131"
host = "10.0.0.5"
universe = 3
[[output]]
name = "c"
kind = "e131"
host = "10.0.0.6"
"#;
    assert_eq!(parse(&format!("{text}{TEAMS}"), Path::new("config.toml")).outputs.len(), 3);
}

/// Each kind with as little as it can do with.
#[test]
fn every_kind_of_output_has_its_defaults() {
    let text = r#"
[[output]]
kind = "spi"
[[output]]
kind = "ddp"
host = "wled.local"
[[output]]
kind = "e131"
host = "[::1]"
pixels = 300
[[output]]
name = "rig"
kind = "e131"
host = "multicast"
[[output]]
kind = "artnet"
host = "10.0.0.6"
[[output]]
kind = "wled"
host = "10.0.0.7"
[[output]]
kind = "holiday"
host = "10.0.0.8"
"#;
    let config = parse(&format!("{text}{TEAMS}"), Path::new("config.toml"));
    let strip = |pixels, order, max_milliamps| Strip {
        layout: Layout::plain(pixels),
        calibration: Calibration { order, ..Calibration::default() },
        budget: Budget { max_milliamps },
    };
    let plain = strip(50, Order::RGB, 2100);
    let output = |name: &str, kind, strip: &Strip| output::Settings {
        name: name.to_owned(),
        kind,
        strip: strip.clone(),
    };
    let e131 = |to| {
        kind(e131::Settings {
            to,
            port: 5568,
            universe: 1,
            priority: 100,
            source_name: "hashtug".into(),
            fps: 40,
        })
    };
    let spi = kind(spi::Settings {
        device: spi::Address { bus: 0, slave: 0 },
        chip: spi::Chip::Ws2812,
        hz: 3_000_000,
        pixels: 50,
        fps: 60,
    });
    let host = || "wled.local".to_owned();
    let ddp = kind(ddp::Settings { host: host(), port: 4048, fps: 40 });
    let host = |host: &str| e131::To::Host(host.to_owned());
    let all = e131::To::Multicast { interface: None };
    let artnet = artnet::Settings { host: "10.0.0.6".into(), port: 6454, universe: 0, fps: 40 };
    let wled = wled::Settings { host: "10.0.0.7".into(), port: 21324, timeout: 2, fps: 40 };
    let holiday = holiday::Settings { host: "10.0.0.8".into(), port: 9988, fps: 25 };
    assert_eq!(
        config.outputs,
        [
            output("spi", spi, &strip(50, Order::GRB, 2100)),
            output("ddp", ddp, &plain),
            output("e131", e131(host("::1")), &strip(300, Order::RGB, 12_600)),
            output("rig", e131(all), &plain),
            output("artnet", kind(artnet), &plain),
            output("wled", kind(wled), &plain),
            output("holiday", kind(holiday), &plain),
        ]
    );
}

#[test]
fn everything_about_a_strip_can_be_set() {
    let text = r##"
[[output]]
name = "rope"
kind = "spi"
chip = "sk6812w"
device = "/dev/spidev3.1"
hz = 2400000
pixels = 61
order = "bgrw"
brightness = 0.5
gamma = 1
white_balance = "#ff8000"
max_milliamps = 900
reverse = true
mirror = true
offset = 7
skip_first = 1
segments = [{ pixels = 20 }, { pixels = 40, reverse = true }]
fps = 30
[[output]]
kind = "ddp"
host = "10.0.0.5"
port = 4049
pixels = 129
skip_first = 1
white = true
matrix = { width = 16, height = 8, serpentine = true }
[[output]]
kind = "e131"
host = "multicast"
interface = "192.168.1.20"
universe = 63999
priority = 200
source_name = "left wall"
[[output]]
kind = "spi"
name = "second"
chip = "apa102"
hz = 8000000
[[output]]
kind = "wled"
host = "10.0.0.5"
timeout = "1m"
"##;
    let config = parse(&format!("{text}{TEAMS}"), Path::new("config.toml"));
    let [rope, ddp, e131, apa102, wled] = &*config.outputs else { panic!("{:?}", config.outputs) };
    let Strip { layout, calibration, budget } = &rope.strip;
    let segment = |pixels, reverse| Segment { pixels, reverse };
    let expected = Layout {
        pixels: 61,
        reverse: true,
        mirror: true,
        offset: 7,
        skip_first: 1,
        matrix: None,
        segments: vec![segment(20, false), segment(40, true)],
    };
    assert_eq!(*layout, expected);
    let expected = Calibration {
        order: Order::BGR,
        white: true,
        brightness: 0.5,
        gamma: 1.0,
        white_balance: [1.0, 128.0 / 255.0, 0.0],
    };
    assert_eq!((calibration, budget.max_milliamps), (&expected, 900));
    let settings = spi::Settings {
        device: spi::Address { bus: 3, slave: 1 },
        chip: spi::Chip::Sk6812w,
        hz: 2_400_000,
        pixels: 61,
        fps: 30,
    };
    assert_eq!(*rope.kind, *kind(settings));

    let matrix = Matrix { width: 16, height: 8, serpentine: true };
    assert_eq!(ddp.strip.layout.matrix, Some(matrix));
    assert!(ddp.strip.calibration.white);
    let settings = ddp::Settings { host: "10.0.0.5".into(), port: 4049, fps: 40 };
    assert_eq!(*ddp.kind, *kind(settings));

    let settings = e131::Settings {
        to: e131::To::Multicast { interface: Some([192, 168, 1, 20].into()) },
        port: 5568,
        universe: 63_999,
        priority: 200,
        source_name: "left wall".into(),
        fps: 40,
    };
    assert_eq!(*e131.kind, *kind(settings));
    assert_eq!(apa102.strip.calibration.order, Order::BGR);
    let settings = wled::Settings { host: "10.0.0.5".into(), port: 21324, timeout: 60, fps: 40 };
    assert_eq!(*wled.kind, *kind(settings));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text);
    }

    #[test]
    fn any_words_of_the_language_are_answered(words in prop::collection::vec(word(), 0..40)) {
        answered(&words.concat());
    }

    #[test]
    fn any_change_to_the_example_is_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..30_usize, word()), 1..6),
    ) {
        let mut text: Vec<char> = include_str!("../../config.toml").chars().collect();
        for (place, length, word) in changes {
            let start = place.index(text.len());
            let end = (start + length).min(text.len());
            text.splice(start..end, word.chars());
        }
        answered(&text.into_iter().collect::<String>());
    }
}

/// Pieces of which config files and their mistakes are made.
fn word() -> impl Strategy<Value = String> {
    let words = [
        "",
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "=",
        " = ",
        ".",
        ",",
        "#",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "\"",
        "\"\"\"",
        "'",
        "'''",
        "\\",
        "\\u12",
        "\n[contest]\n",
        "\n[[team]]\n",
        "\n[team]\n",
        "\n[[source]]\n",
        "\n[source]\n",
        "\n[[output]]\n",
        "\n[web]\n",
        "\n[web.listen]\n",
        "\n[[web.x]]\n",
        "[a.b]\n",
        "team",
        "contest.",
        "web.",
        "title",
        "window",
        "windw",
        "name = \"x\"\n",
        "hashtags",
        "[\"a\", \"b\"]",
        "color",
        "\"#ffb000\"",
        "size",
        "kind = \"replay\"\n",
        "kind = \"terminal\"\n",
        "kind = \"spi\"\n",
        "kind = \"e131\"\n",
        "host = \"10.0.0.5\"\n",
        "pixels",
        "matrix = {",
        "segments = [{",
        "kind = \"x\"\n",
        "path",
        "speed",
        "token",
        "0",
        "-1",
        "1e9",
        "nan",
        "inf",
        "1_0",
        "0x",
        "1979-05-27",
        "true",
        "fals",
        "\u{feff}",
        "\u{202e}",
        "\u{0}",
        "\u{1b}[2J",
        "界",
        "e\u{301}",
        "🏳\u{fe0f}\u{200d}🌈",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// Whatever the text is, there is a config or a report that a terminal can show.
#[track_caller]
fn answered(text: &str) {
    let Err(error) = Config::parse(text, Path::new("config.toml")) else { return };
    let error = error.to_string();
    let places: Vec<(usize, usize)> = error.lines().filter_map(place).collect();
    let lines = text.matches('\n').count() + 1;
    assert!(!places.is_empty(), "{error}");
    assert!(places.is_sorted(), "{error}");
    assert!(places.iter().all(|(line, _)| *line <= lines), "{error}");
    assert!(error.chars().all(|c| c == '\n' || !c.is_control()), "{error:?}");
    assert!(error.lines().all(|line| line.chars().count() < 400), "{error}");
    let mut problems: Vec<&str> = error.lines().filter(|line| place(line).is_some()).collect();
    let count = problems.len();
    problems.dedup();
    assert_eq!(problems.len(), count, "{error}");
}

/// The line and the column that a line of a report names.
fn place(line: &str) -> Option<(usize, usize)> {
    let mut parts = line.strip_prefix("config.toml:")?.split(':');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn load(path: &str) -> Result<Config, Error> {
    Config::load(&root().join(path))
}

/// The report on a broken file, as if the file lay in the current directory.
#[track_caller]
fn report(path: &str) -> String {
    let error = load(path).expect_err("the file is broken").to_string();
    error.replace(&root().join("fixtures/config/").display().to_string(), "")
}

#[track_caller]
fn parse(text: &str, origin: &Path) -> Config {
    Config::parse(text, origin).unwrap_or_else(|error| panic!("{error}"))
}

/// The keys of an output, as the config has them.
fn kind(kind: impl output::Kind) -> Arc<dyn output::Kind> {
    Arc::new(kind)
}
