//! What the config reader accepts, and what it says about the rest.
//!
//! The tables hold the first line of each problem and its hint, both without the name of the file;
//! what stands between them is shown by the snapshots of whole reports.
#![expect(clippy::too_many_lines, reason = "tables of cases")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hashtug::config::{Config, Error};
use hashtug::contest::{Reposts, TeamId, Vote};
use hashtug::decode::Shape;
use hashtug::decode::mapped::Map;
use hashtug::decode::numbers::Fields;
use hashtug::decode::pointer::Pointer;
use hashtug::output;
use hashtug::output::led::Strip;
use hashtug::output::{artnet, ddp, e131, holiday, spi, terminal, wled};
use hashtug::render::colour::{Calibration, Order};
use hashtug::render::layout::{Layout, Matrix, Segment};
use hashtug::render::power::Budget;
use hashtug::rgb::Rgb;
use hashtug::source::{self, http, jetstream, mastodon, nostr, replay, websocket, x};
use proptest::prelude::*;

/// Two sound teams, to stand below what is tested.
const TEAMS: &str = r#"
[[team]]
name = "Tabs"
hashtags = ["tabs"]
[[team]]
name = "Spaces"
hashtags = ["spaces"]
"#;

#[test]
fn the_example_is_the_demonstration() {
    let example = load("config.toml").expect("the example is sound");
    let demonstration = Config::demonstration();
    assert_eq!(demonstration.contest, example.contest);
    assert_eq!(demonstration.outputs, example.outputs);
    assert_eq!(demonstration.web, example.web);

    assert_eq!(example.contest.title(), "Tabs or spaces?");
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
    assert_eq!(config.contest.title(), "Tabs or Spaces?");
    assert_eq!(config.contest.window(), Duration::from_mins(1));
    assert_eq!(config.contest.vote(), Vote::Latest);
    assert_eq!(config.contest.reposts(), Reposts::Ignore);
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
        [[source]]
        name = "second"
        kind = "replay"
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
    let contest = &config.contest;
    assert_eq!(contest.title(), "A or B?");
    assert_eq!(contest.window(), Duration::from_secs(90));
    assert_eq!((contest.vote(), contest.reposts()), (Vote::Every, Reposts::Count));
    let teams = contest.teams();
    assert_eq!(teams[0].hashtags, ["a", "aa"]);
    assert_eq!((teams[0].color, teams[0].size), (Rgb::new(1, 2, 3), 3.0));
    assert_eq!((teams[1].name.as_str(), teams[1].size), ("a", 0.5));
    let replay = |path: &str, speed, feed| {
        let input = replay::Input::File(PathBuf::from(path));
        source::Kind::Replay(replay::Settings { input, speed, repeat: false, feed })
    };
    let nostr = Some(hashtug::decode::Feed::Nostr);
    let first = replay("/show/tonight/../posts.jsonl", replay::Speed::Max, nostr);
    let second = replay("/tmp/posts.jsonl", replay::Speed::Times(1000.0), None);
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
        config.contest.teams().iter().map(|team| team.color.to_string()).collect();
    assert_eq!(colors[..2], ["#0050b0", "#ffb000"]);
    colors.sort();
    colors.dedup();
    assert_eq!(colors.len(), 3);
}

#[test]
fn a_file_saved_on_windows_is_read() {
    let config = load("fixtures/config/windows.toml").expect("the file is sound");
    assert_eq!(config.contest.teams()[0].name, "Tea");
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
    answered(&teams);
    answered(&teams.replace("[2J", &"x".repeat(100_000)));
    answered("[contest]\nvote = \"\\u0007\"\n\"\\u0007\" = 1\nwindow = \"\\u0007\"\n");
    answered(
        "[web]\nlisten = \"\\u0007\"\n[[team]]\nhashtags = \"\\u0007\"\ncolor = \"\\u0007\"\n",
    );
}

#[test]
fn a_report_has_an_end() {
    let text = "[[team]]\nnme = 3\n".repeat(30) + &"[[source]]\n".repeat(200);
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
fn problems_of_the_file_as_a_whole() {
    check(
        "nothing at all",
        "",
        &[
            "1:1: a contest needs two teams or more, and there is none",
            "hint: each begins with `[[team]]`, and has a `name` and `hashtags`",
        ],
    );
    check(
        "only a comment",
        "# later\n",
        &[
            "2:1: a contest needs two teams or more, and there is none",
            "hint: each begins with `[[team]]`, and has a `name` and `hashtags`",
        ],
    );
    check(
        "only line ends",
        "\r\n\r\n",
        &[
            "3:1: a contest needs two teams or more, and there is none",
            "hint: each begins with `[[team]]`, and has a `name` and `hashtags`",
        ],
    );
    check(
        "one team alone",
        r#"[[team]]
name = "A"
hashtags = ["a"]
"#,
        &[
            "4:1: a contest needs two teams or more, and there is only 1",
            "hint: each begins with `[[team]]`, and has a `name` and `hashtags`",
        ],
    );
    check_with_teams(
        "a section that is misspelt",
        r#"[contst]
title = "x"
"#,
        &["1:2: unknown section `contst`", "hint: did you mean `[contest]`?"],
    );
    check_with_teams(
        "a list of sections that is misspelt",
        r#"[[sources]]
kind = "replay"
"#,
        &["1:3: unknown section `sources`", "hint: did you mean `[[source]]`?"],
    );
    check(
        "misspelt teams are not missing",
        r#"[[teams]]
name = "A"
"#,
        &["1:3: unknown section `teams`", "hint: did you mean `[[team]]`?"],
    );
    check_with_teams(
        "an unknown section",
        "[lights]\non = true\n",
        &[
            "1:2: unknown section `lights`",
            "hint: the sections are `[[team]]`, `[contest]`, `[[source]]`, `[[output]]`, `[web]`, \
             `[timer]`",
        ],
    );
    check_with_teams(
        "a key before the first section",
        r#"title = "x"
"#,
        &["1:1: `title` stands in no section", "hint: `title` belongs to `[contest]`"],
    );
    check_with_teams(
        "a misspelt key before the first section",
        r#"windw = "60s"
"#,
        &["1:1: `windw` stands in no section", "hint: did you mean `window` in `[contest]`?"],
    );
    check_with_teams(
        "a key that is nowhere at home",
        "zzz = 1\n",
        &[
            "1:1: `zzz` stands in no section",
            "hint: the sections are `[[team]]`, `[contest]`, `[[source]]`, `[[output]]`, `[web]`, \
             `[timer]`",
        ],
    );
    check_with_teams(
        "a section that is a number",
        "contest = 5\n",
        &[
            "1:11: `contest` must be a section, not a whole number",
            "hint: write `[contest]` on a line of its own, and its keys below",
        ],
    );
    check(
        "teams that are a number",
        "team = 3\n",
        &[
            "1:8: `team` must be a section, not a whole number",
            "hint: write `[[team]]` on a line of its own, and its keys below",
        ],
    );
    check_with_teams(
        "a list with a number among the sections",
        "source = [1]\n",
        &[
            "1:11: `source` must be a section, not a whole number",
            "hint: write `[[source]]` on a line of its own, and its keys below",
        ],
    );
    check_with_teams(
        "double brackets for what there is once",
        r#"[[web]]
listen = "127.0.0.1:1"
"#,
        &["1:1: there is only one `web`", "hint: write `[web]`, and only once"],
    );
    check_with_teams(
        "single brackets for a list",
        r#"[source]
kind = "replay"
path = "x"
"#,
        &[
            "1:1: `source` is a list, and this is a single section",
            "hint: write `[[source]]` with double brackets, each time",
        ],
    );
    check(
        "single brackets for the teams",
        r#"[team]
name = "A"
hashtags = ["a"]
[team]
name = "B"
hashtags = ["b"]
"#,
        &[
            "4:2: the section `team` is there already",
            "hint: write `[[team]]` with double brackets, each time",
        ],
    );
    check(
        "single and double brackets mixed",
        r#"[team]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = ["b"]
"#,
        &[
            "1:1: `team` is a list, and this is a single section",
            "hint: write `[[team]]` with double brackets, each time",
            "4:3: the section `team` is there already",
            "hint: write `[[team]]` with double brackets, each time",
        ],
    );
    check_with_teams(
        "a section given twice",
        r#"[contest]
title = "x"
[web]
[contest]
window = "1s"
"#,
        &["4:2: the section `contest` is there already", "hint: put all its keys below one header"],
    );
    check_with_teams(
        "an empty key",
        r#""" = 1
"#,
        &[
            "1:1: `` stands in no section",
            "hint: the sections are `[[team]]`, `[contest]`, `[[source]]`, `[[output]]`, `[web]`, \
             `[timer]`",
        ],
    );
    check_with_teams(
        "a key with control characters",
        r#""\u001b[2J" = 1
"#,
        &[
            r"1:1: `\u{1b}[2J` stands in no section",
            "hint: the sections are `[[team]]`, `[contest]`, `[[source]]`, `[[output]]`, `[web]`, \
             `[timer]`",
        ],
    );
    check_with_teams(
        "a table inside a section",
        r#"[contest.rules]
vote = "every"
"#,
        &[
            "1:10: unknown key `rules` in `[contest]`",
            "hint: `[contest]` knows `title`, `window`, `vote`, `reposts`",
        ],
    );
}

#[test]
fn problems_of_syntax() {
    check_with_teams(
        "a length of time without quotes",
        "[contest]\nwindow = 60s\n",
        &[
            "2:10: `60s` is neither a number nor text in quotes",
            r#"hint: put quotes around it: `"60s"`"#,
        ],
    );
    check_with_teams(
        "a word without quotes",
        "[contest]\nvote = latest\n",
        &[
            "2:8: `latest` is neither a number nor text in quotes",
            r#"hint: put quotes around it: `"latest"`"#,
        ],
    );
    check_with_teams(
        "a word that begins like a number",
        "[contest]\ntitle = inform\n",
        &[
            "2:9: `inform` is neither a number nor text in quotes",
            r#"hint: put quotes around it: `"inform"`"#,
        ],
    );
    check_with_teams(
        "an address without quotes",
        "[web]\nlisten = 127.0.0.1:8080\n",
        &[
            "2:10: `127.0.0.1:8080` is neither a number nor text in quotes",
            r#"hint: put quotes around it: `"127.0.0.1:8080"`"#,
        ],
    );
    check_with_teams(
        "a colour without quotes",
        r#"[[team]]
name = "A"
hashtags = ["a"]
color = #ffb000
"#,
        &[
            "4:9: `color` has no value",
            r##"hint: `#` begins a comment; a colour stands in quotes: `"#ffb000"`"##,
        ],
    );
    check_with_teams(
        "hashtags without quotes",
        r#"[[team]]
name = "A"
hashtags = [#a]
"#,
        &[
            "3:12: this `[` is never closed by `]`",
            "hint: `#` begins a comment; hashtags and colours stand in quotes",
        ],
    );
    check_with_teams(
        "curly quotes",
        "[contest]\ntitle = “x”\n",
        &[
            "2:9: `“x”` is neither a number nor text in quotes",
            r#"hint: the quotes must be straight ones: `"`"#,
        ],
    );
    check_with_teams(
        "a capital boolean",
        r#"[[output]]
kind = "terminal"
reverse = True
"#,
        &["3:11: `True` is neither a number nor text in quotes", "hint: write `true`"],
    );
    check_with_teams(
        "a yes",
        r#"[[output]]
kind = "terminal"
reverse = yes
"#,
        &["3:11: `yes` is neither a number nor text in quotes", "hint: write `true`"],
    );
    check_with_teams("no value", "[contest]\ntitle =\n", &["2:8: `title` has no value"]);
    check_with_teams(
        "no closing quote",
        r#"[contest]
title = "x
window = "1s"
"#,
        &["2:11: the text has no closing quote", r#"hint: add `"` at its end"#],
    );
    check_with_teams(
        "no closing single quote",
        "[contest]\ntitle = 'x\n",
        &["2:11: the text has no closing quote", "hint: add `'` at its end"],
    );
    check_with_teams(
        "long text without an end",
        r#"[contest]
title = """x

vote = 3
"#,
        &[r#"2:9: this `"""` is never closed by `"""`"#],
    );
    check(
        "no closing bracket of a list",
        r#"[[team]]
name = "A"
hashtags = ["a", "b"
color = "red"
[[team]]
name = 3
"#,
        &["3:12: this `[` is never closed by `]`"],
    );
    check_with_teams(
        "no closing brace",
        r#"web = { listen = "x"
[contest]
vote = 3
"#,
        &["1:7: this `{` is never closed by `}`"],
    );
    check_with_teams(
        "no closing bracket of a header",
        "[contest\ntitle = 3\n",
        &["1:9: the header of this section has no closing `]`"],
    );
    check(
        "no closing bracket of a list header",
        "[[team]\nname = 3\n",
        &["1:1: this `[` is never closed by `]`"],
    );
    check_with_teams(
        "no comma between hashtags",
        r#"[[team]]
name = "A"
hashtags = ["a" "b"]
"#,
        &["3:17: a comma is missing here"],
    );
    check_with_teams(
        "a decimal comma",
        r#"[[source]]
kind = "replay"
path = "x"
speed = 1,5
"#,
        &["4:10: something follows the value", "hint: decimals are written with a point: `1.5`"],
    );
    check_with_teams(
        "half a number",
        r#"[[source]]
kind = "replay"
path = "x"
speed = .5
"#,
        &["4:9: a number has digits on both sides of its decimal point"],
    );
    check_with_teams(
        "a colon",
        r#"[contest]
title: "x"
"#,
        &["2:6: a key without `=` and a value", "hint: write `=` instead of `:`"],
    );
    check_with_teams(
        "two words for a key",
        r#"[contest]
the title = "x"
"#,
        &["2:5: a key without `=` and a value"],
    );
    check_with_teams(
        "two values",
        r#"[contest]
vote = "latest" "every"
"#,
        &["2:17: something follows the value"],
    );
    check_with_teams(
        "a Windows path in double quotes",
        r#"[[source]]
kind = "replay"
path = "C:\Users\x"
"#,
        &[
            r"3:13: `\` is special in double quotes",
            r"hint: put a path in single quotes, `'C:\posts'`, or write `\\`",
        ],
    );
    check_with_teams(
        "a key set twice",
        r#"[contest]
window = "1s"
window = "2s"
"#,
        &["3:1: `window` is set twice"],
    );
    check_with_teams(
        "a section reopened by a dotted key",
        r#"web.listen = "127.0.0.1:1"
[web]
"#,
        &["2:2: the section `web` is there already", "hint: put all its keys below one header"],
    );
    check_with_teams(
        "a carriage return alone",
        "[contest]\rtitle = \"x\"\n",
        &["1:11: carriage return must be followed by newline, expected newline"],
    );
    check_with_teams(
        "a control character in a comment",
        "# bell \x07\n",
        &["1:8: invalid comment character, expected printable characters"],
    );
    check_with_teams(
        "binary",
        "\0\x01\x02\n",
        &["1:1: invalid unquoted key, expected letters, numbers, `-`, `_`"],
    );
    check(
        "syntax and meaning together",
        r#"[contest]
vote = lates
reposts = "cont"
[web]
listen = 80
"#,
        &[
            "2:8: `lates` is neither a number nor text in quotes",
            r#"hint: put quotes around it: `"lates"`"#,
            "3:11: `reposts` cannot be `cont`",
            "hint: did you mean `count`?",
            "5:10: `listen` must be text in quotes, not a whole number",
            r#"hint: for example `listen = "127.0.0.1:8080"`"#,
        ],
    );
}

#[test]
fn problems_of_the_contest() {
    check_with_teams(
        "a misspelt key",
        r#"[contest]
windw = "60s"
"#,
        &["2:1: unknown key `windw` in `[contest]`", "hint: did you mean `window`?"],
    );
    check_with_teams(
        "a misspelt key next to the right one",
        r#"[contest]
windw = "60s"
window = "60s"
"#,
        &["2:1: unknown key `windw` in `[contest]`", "hint: did you mean `window`?"],
    );
    check_with_teams(
        "an unknown key",
        "[contest]\nreward = 3\n",
        &[
            "2:1: unknown key `reward` in `[contest]`",
            "hint: `[contest]` knows `title`, `window`, `vote`, `reposts`",
        ],
    );
    check_with_teams(
        "a key of another section",
        r#"[contest]
listen = "127.0.0.1:1"
"#,
        &["2:1: unknown key `listen` in `[contest]`", "hint: `listen` belongs to `[web]`"],
    );
    check_with_teams(
        "a title that is a number",
        "[contest]\ntitle = 3\n",
        &["2:9: `title` must be text in quotes, not a whole number", "hint: put quotes around it"],
    );
    check_with_teams(
        "a title that is a list",
        r#"[contest]
title = ["x"]
"#,
        &["2:9: `title` must be text in quotes, not a list"],
    );
    check_with_teams(
        "a title that is a date",
        "[contest]\ntitle = 2026-11-21\n",
        &["2:9: `title` must be text in quotes, not a date or time"],
    );
    check_with_teams(
        "a title of two lines",
        r#"[contest]
title = "a\nb"
"#,
        &[r"2:9: `title` holds the control character \u{a}"],
    );
    check_with_teams(
        "a title that would act on the terminal",
        r#"[contest]
title = "\u001b[31m"
"#,
        &[r"2:9: `title` holds the control character \u{1b}"],
    );
    check_with_teams(
        "a title without end",
        &format!("[contest]\ntitle = \"{}\"\n", "x".repeat(201)),
        &["2:9: `title` is longer than 200 characters"],
    );
    check_with_teams(
        "a window without unit",
        r#"[contest]
window = "60"
"#,
        &["2:10: `60` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`"],
    );
    check_with_teams(
        "a window that is a number",
        "[contest]\nwindow = 60\n",
        &[
            "2:10: `window` must be text in quotes, not a whole number",
            r#"hint: for example `window = "60s"`"#,
        ],
    );
    check_with_teams(
        "a window with a space",
        r#"[contest]
window = "60 s"
"#,
        &["2:10: `60 s` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`"],
    );
    check_with_teams(
        "an empty window",
        r#"[contest]
window = ""
"#,
        &["2:10: `` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`"],
    );
    check_with_teams(
        "a window of nothing",
        r#"[contest]
window = "0s"
"#,
        &["2:10: a window of 0ns is not between 100ms and 7 days"],
    );
    check_with_teams(
        "a window that is negative",
        r#"[contest]
window = "-5s"
"#,
        &["2:10: `-5s` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`"],
    );
    check_with_teams(
        "a window of a month",
        r#"[contest]
window = "30d"
"#,
        &["2:10: a window of 2592000s is not between 100ms and 7 days"],
    );
    check_with_teams(
        "a window past all counting",
        r#"[contest]
window = "99999999999999999h"
"#,
        &[
            "2:10: `99999999999999999h` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`",
        ],
    );
    check_with_teams(
        "a vote that is misspelt",
        r#"[contest]
vote = "lates"
"#,
        &["2:8: `vote` cannot be `lates`", "hint: did you mean `latest`?"],
    );
    check_with_teams(
        "a vote in capitals",
        r#"[contest]
vote = "Every"
"#,
        &["2:8: `vote` cannot be `Every`", "hint: did you mean `every`?"],
    );
    check_with_teams(
        "a vote that is unknown",
        r#"[contest]
vote = "loudest"
"#,
        &["2:8: `vote` cannot be `loudest`", "hint: it is one of `latest`, `every`"],
    );
    check_with_teams(
        "a vote that is a boolean",
        "[contest]\nvote = true\n",
        &[
            "2:8: `vote` must be text in quotes, not `true`",
            r#"hint: for example `vote = "latest"`"#,
        ],
    );
    check_with_teams(
        "reposts that are unknown",
        r#"[contest]
reposts = "yes"
"#,
        &["2:11: `reposts` cannot be `yes`", "hint: it is one of `ignore`, `count`"],
    );
}

#[test]
fn problems_of_teams() {
    check(
        "an empty team",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
"#,
        &[
            "4:1: a team needs a name",
            r#"hint: add one, for example `name = "Tabs"`"#,
            "4:1: team `number 2` has no hashtag",
            r#"hint: for example `hashtags = ["tabs"]`"#,
        ],
    );
    check(
        "a misspelt name",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
nmae = "B"
hashtags = ["b"]
"#,
        &["5:1: unknown key `nmae` in `[[team]]`", "hint: did you mean `name`?"],
    );
    check(
        "a blank name",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "  "
hashtags = ["b"]
"#,
        &["5:8: `name` is empty"],
    );
    check(
        "a name that is a number",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = 2
hashtags = ["b"]
"#,
        &["5:8: `name` must be text in quotes, not a whole number", "hint: put quotes around it"],
    );
    check(
        "two teams of one name",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "A"
hashtags = ["b"]
"#,
        &["5:8: two teams are named `A`"],
    );
    check(
        "no hashtags",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
"#,
        &["4:1: team `B` has no hashtag", r#"hint: for example `hashtags = ["tabs"]`"#],
    );
    check(
        "an empty list of hashtags",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = []
"#,
        &["6:12: team `B` has no hashtag", r#"hint: for example `hashtags = ["tabs"]`"#],
    );
    check(
        "hashtags misspelt",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtag = ["b"]
"#,
        &["6:1: unknown key `hashtag` in `[[team]]`", "hint: did you mean `hashtags`?"],
    );
    check(
        "tags for hashtags",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
tags = ["b"]
"#,
        &["6:1: unknown key `tags` in `[[team]]`", "hint: did you mean `hashtags`?"],
    );
    check(
        "one hashtag without a list",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = "b"
"#,
        &[
            "6:12: `hashtags` must be a list, not text",
            r#"hint: put brackets around it: `hashtags = ["b"]`"#,
        ],
    );
    check(
        "a number among the hashtags",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = ["b", 3]
"#,
        &["6:18: a hashtag must be text in quotes, not a whole number"],
    );
    check(
        "only numbers among the hashtags",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = [3]
"#,
        &["6:13: a hashtag must be text in quotes, not a whole number"],
    );
    check(
        "an empty hashtag",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = [""]
"#,
        &["6:13: `` of team `B` cannot be a hashtag: nothing is left of it"],
    );
    check(
        "a hashtag with a space",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = ["b c"]
"#,
        &["6:13: `b c` of team `B` cannot be a hashtag: it contains a space"],
    );
    check(
        "a hashtag of two teams",
        r##"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = ["b", "#A"]
"##,
        &[
            "6:18: hashtag `a` belongs to both team `A` and team `B`",
            "hint: a post counts for one team; leave the hashtag to one of them",
        ],
    );
    check(
        "a hashtag of a team without a name",
        r#"[[team]]
name = "A"
hashtags = ["a"]
[[team]]
hashtags = ["a"]
"#,
        &[
            "4:1: a team needs a name",
            r#"hint: add one, for example `name = "Tabs"`"#,
            "5:13: hashtag `a` belongs to both team `A` and team `number 2`",
            "hint: a post counts for one team; leave the hashtag to one of them",
        ],
    );
    check_with_teams(
        "a colour misspelt",
        r##"[[team]]
name = "C"
hashtags = ["c"]
colour = "#ffb000"
"##,
        &["4:1: unknown key `colour` in `[[team]]`", "hint: did you mean `color`?"],
    );
    check_with_teams(
        "a colour by name",
        r#"[[team]]
name = "C"
hashtags = ["c"]
color = "orange"
"#,
        &["4:9: `orange` is not a colour; write it as `#rrggbb`, for example `#ffb000`"],
    );
    check_with_teams(
        "a short colour",
        r##"[[team]]
name = "C"
hashtags = ["c"]
color = "#fb0"
"##,
        &["4:9: `#fb0` is not a colour; write it as `#rrggbb`, for example `#ffb000`"],
    );
    check_with_teams(
        "a colour that is a number",
        r#"[[team]]
name = "C"
hashtags = ["c"]
color = 0xffb000
"#,
        &[
            "4:9: `color` must be text in quotes, not a whole number",
            r##"hint: for example `color = "#ffb000"`"##,
        ],
    );
    check_with_teams(
        "a size: zero",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = 0
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not 0"],
    );
    check_with_teams(
        "a size: negative",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = -1.5
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not -1.5"],
    );
    check_with_teams(
        "a size: no number",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = nan
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not nan"],
    );
    check_with_teams(
        "a size: infinite",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = inf
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not inf"],
    );
    check_with_teams(
        "a size: negative infinity",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = -inf
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not -inf"],
    );
    check_with_teams(
        "a size: too big",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = 1_000_000_000_000
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not 1000000000000"],
    );
    check_with_teams(
        "a size: past all counting",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = 10000000000000000000000000000000000000000
"#,
        &[
            "4:8: `size` must be from 0.000001 to 1000000000, not 10000000000000000000000000000000000000000",
        ],
    );
    check_with_teams(
        "a size: in quotes",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = "2"
"#,
        &["4:8: `size` must be a number, not text", "hint: write it without quotes: `size = 2`"],
    );
    check_with_teams(
        "a size: a hexadecimal too big",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = 0xfffffffff
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not 0xfffffffff"],
    );
    check_with_teams(
        "a size: too small",
        r#"[[team]]
name = "C"
hashtags = ["c"]
size = 1e-300
"#,
        &["4:8: `size` must be from 0.000001 to 1000000000, not 1e-300"],
    );
    let team = |n| format!("[[team]]\nname = \"{n}\"\nhashtags = [\"t{n}\"]\n");
    let many = (0..65).map(team).collect::<Vec<_>>().concat();
    check(
        "more teams than can be told apart",
        &many,
        &["193:1: 65 teams are more than the 64 that can be told apart"],
    );
}

#[test]
fn problems_of_sources() {
    check_with_teams(
        "no kind",
        r#"[[source]]
path = "x"
"#,
        &[
            "1:1: this `[[source]]` needs a `kind`",
            r#"hint: add `kind = "replay"`; this version has `replay`, `bluesky`, `mastodon`, `x`, `nostr`, `http`, `websocket`"#,
        ],
    );
    check_with_teams(
        "a misspelt key for the kind",
        r#"[[source]]
kinds = "replay"
path = "x"
"#,
        &["2:1: unknown key `kinds` in `[[source]]`", "hint: did you mean `kind`?"],
    );
    check_with_teams(
        "a kind that is not there yet",
        r#"[[source]]
kind = "webhook"
endpoint = "wss://x"
"#,
        &[
            "2:8: kind `webhook` is not in this version; it has `replay`, `bluesky`, `mastodon`, `x`, `nostr`, `http`, `websocket`",
        ],
    );
    check_with_teams(
        "a kind misspelt",
        r#"[[source]]
kind = "replya"
file = "x"
"#,
        &["2:8: unknown kind `replya`", "hint: did you mean `replay`?"],
    );
    check_with_teams(
        "a kind not there yet and misspelt",
        r#"[[source]]
kind = "webhok"
"#,
        &[
            "2:8: unknown kind `webhok`",
            "hint: `webhook` is not in this version; it has `replay`, `bluesky`, `mastodon`, `x`, `nostr`, `http`, `websocket`",
        ],
    );
    check_with_teams(
        "a kind from nowhere",
        r#"[[source]]
kind = "telegraph"
"#,
        &[
            "2:8: unknown kind `telegraph`",
            "hint: this version has `replay`, `bluesky`, `mastodon`, `x`, `nostr`, `http`, `websocket`",
        ],
    );
    check_with_teams(
        "a kind that is a number",
        "[[source]]\nkind = 1\n",
        &[
            "2:8: `kind` must be text in quotes, not a whole number",
            r#"hint: for example `kind = "replay"`"#,
        ],
    );
    check_with_teams(
        "an empty kind",
        r#"[[source]]
kind = ""
"#,
        &[
            "2:8: unknown kind ``",
            "hint: this version has `replay`, `bluesky`, `mastodon`, `x`, `nostr`, `http`, `websocket`",
        ],
    );
    check_with_teams(
        "no path",
        r#"[[source]]
kind = "replay"
"#,
        &[
            "1:1: this `[[source]]` needs a `path`",
            r#"hint: add the recording: `path = "posts.jsonl"`"#,
        ],
    );
    check_with_teams(
        "a path misspelt",
        r#"[[source]]
kind = "replay"
pth = "x"
"#,
        &["3:1: unknown key `pth` in `[[source]]`", "hint: did you mean `path`?"],
    );
    check_with_teams(
        "an empty path",
        r#"[[source]]
kind = "replay"
path = ""
"#,
        &["3:8: `path` does not name a file"],
    );
    check_with_teams(
        "a path that is a number",
        r#"[[source]]
kind = "replay"
path = 3
"#,
        &["3:8: `path` must be text in quotes, not a whole number", "hint: put quotes around it"],
    );
    check_with_teams(
        "a speed: zero",
        r#"[[source]]
kind = "replay"
path = "x"
speed = 0
"#,
        &["4:9: `speed` must be from 0.001 to 1000, not 0"],
    );
    check_with_teams(
        "a speed: negative",
        r#"[[source]]
kind = "replay"
path = "x"
speed = -1
"#,
        &["4:9: `speed` must be from 0.001 to 1000, not -1"],
    );
    check_with_teams(
        "a speed: no number",
        r#"[[source]]
kind = "replay"
path = "x"
speed = nan
"#,
        &["4:9: `speed` must be from 0.001 to 1000, not nan"],
    );
    check_with_teams(
        "a speed: infinite",
        r#"[[source]]
kind = "replay"
path = "x"
speed = inf
"#,
        &["4:9: `speed` must be from 0.001 to 1000, not inf"],
    );
    check_with_teams(
        "a speed: too fast",
        r#"[[source]]
kind = "replay"
path = "x"
speed = 1000.5
"#,
        &["4:9: `speed` must be from 0.001 to 1000, not 1000.5"],
    );
    check_with_teams(
        "a speed: 10^12",
        r#"[[source]]
kind = "replay"
path = "x"
speed = 1000000000000
"#,
        &["4:9: `speed` must be from 0.001 to 1000, not 1000000000000"],
    );
    check_with_teams(
        "a speed: another word",
        r#"[[source]]
kind = "replay"
path = "x"
speed = "fast"
"#,
        &[
            r#"4:9: `speed` must be a number or "max", not text"#,
            r#"hint: `1.0` is as it was, `"max"` as fast as the machine can"#,
        ],
    );
    check_with_teams(
        "a speed: a number in quotes",
        r#"[[source]]
kind = "replay"
path = "x"
speed = "2.0"
"#,
        &[
            r#"4:9: `speed` must be a number or "max", not text"#,
            "hint: write it without quotes: `speed = 2.0`",
        ],
    );
    check_with_teams(
        "a speed: a boolean",
        r#"[[source]]
kind = "replay"
path = "x"
speed = true
"#,
        &[
            r#"4:9: `speed` must be a number or "max", not `true`"#,
            r#"hint: `1.0` is as it was, `"max"` as fast as the machine can"#,
        ],
    );
    check_with_teams(
        "repeat in quotes",
        r#"[[source]]
kind = "replay"
path = "x"
repeat = "true"
"#,
        &[
            "4:10: `repeat` must be `true` or `false`, not text",
            "hint: write it without quotes: `repeat = true`",
        ],
    );
    check_with_teams(
        "repeat by number",
        r#"[[source]]
kind = "replay"
path = "x"
repeat = 1
"#,
        &["4:10: `repeat` must be `true` or `false`, not a whole number"],
    );
    check_with_teams(
        "a feed misspelt",
        r#"[[source]]
kind = "replay"
path = "x"
feed = "mastadon"
"#,
        &["4:8: `feed` cannot be `mastadon`", "hint: did you mean `mastodon`?"],
    );
    check_with_teams(
        "a feed from nowhere",
        r#"[[source]]
kind = "replay"
path = "x"
feed = "rss"
"#,
        &[
            "4:8: `feed` cannot be `rss`",
            "hint: it is one of `auto`, `post`, `jetstream`, `mastodon`, `x`, `nostr`",
        ],
    );
    check_with_teams(
        "two sources without a name",
        r#"[[source]]
kind = "replay"
path = "x"
[[source]]
kind = "replay"
path = "x"
"#,
        &[
            "4:1: two sources are named `replay`",
            "hint: without a `name` of its own it has that of its kind, `replay`",
        ],
    );
    check_with_teams(
        "two sources of one name",
        r#"[[source]]
kind = "replay"
path = "x"
name = "stage"
[[source]]
kind = "replay"
path = "x"
name = "stage"
"#,
        &["8:8: two sources are named `stage`", "hint: give each a name of its own"],
    );
    check_with_teams(
        "two sources that differ in case",
        r#"[[source]]
kind = "replay"
path = "x"
name = "Stage"
[[source]]
kind = "replay"
path = "x"
name = "stage"
"#,
        &[
            "8:8: the sources `Stage` and `stage` differ only in case",
            "hint: give each a name of its own",
        ],
    );
    check_with_teams(
        "an empty name",
        r#"[[source]]
kind = "replay"
path = "x"
name = ""
"#,
        &["4:8: `name` is empty"],
    );
    check_with_teams(
        "a secret",
        r#"[[source]]
kind = "replay"
path = "x"
token = "hunter2"
"#,
        &[
            "4:1: `token` looks like a secret, and secrets never stand in this file",
            "hint: keep it in an environment variable, or in a file that only you can read",
        ],
    );
    check_with_teams(
        "a secret of a kind that is not there yet",
        r#"[[source]]
kind = "webhook"
bearer_token = "hunter2"
"#,
        &[
            "2:8: kind `webhook` is not in this version; it has `replay`, `bluesky`, `mastodon`, `x`, `nostr`, `http`, `websocket`",
            "3:1: `bearer_token` looks like a secret, and secrets never stand in this file",
            "hint: keep it in an environment variable, or in a file that only you can read",
        ],
    );
    check_with_teams(
        "a secret without quotes",
        r#"[[source]]
kind = "replay"
path = "x"
Api-Key = hunter2
"#,
        &[
            "4:1: `Api-Key` looks like a secret, and secrets never stand in this file",
            "hint: keep it in an environment variable, or in a file that only you can read",
        ],
    );
    check_with_teams(
        "the name of a variable is no secret",
        r#"[[source]]
kind = "replay"
path = "x"
token_env = "X_TOKEN"
"#,
        &[
            "4:1: unknown key `token_env` in `[[source]]`",
            "hint: `[[source]]` knows `kind`, `name`, `path`, `speed`, `repeat`, `feed`",
        ],
    );
    check_with_teams(
        "a key of an output",
        r#"[[source]]
kind = "replay"
path = "x"
[[output]]
kind = "terminal"
[[source]]
name = "b"
kind = "replay"
path = "x"
pixels = 3
"#,
        &["10:1: unknown key `pixels` in `[[source]]`", "hint: `pixels` belongs to `[[output]]`"],
    );
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
    assert!(examples >= 3);
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
                headers: vec![header("Cookie", "session=${SESSION}")],
                send: vec![
                    r#"{"join":1}"#.parse().unwrap(),
                    "token ${CHAT_TOKEN}".parse().unwrap()
                ],
                shape: Shape::Numbers(Fields {
                    teams: vec![(TeamId(0), pointer("")), (TeamId(1), pointer("/right"))],
                    per_vote: 0.5,
                }),
            }),
        ]
    );
}

/// What is said about one line of a source whose other keys are sound.
fn check_source(name: &str, kind: &str, line: &str, expected: &[&str]) {
    let sound = match kind {
        "mastodon" if !line.starts_with("server") => "server = \"https://m.example\"",
        "x" if !line.starts_with("token_env") => "token_env = \"X_TOKEN\"",
        "nostr" if !line.starts_with("relays") => "relays = \"wss://r.example\"",
        "http" if !line.starts_with("url") => "url = \"https://h.example\"",
        "websocket" if !line.starts_with("url") => "url = \"wss://h.example\"",
        _ => "",
    };
    // The line under test is the first, so that places do not depend on the rest.
    check_with_teams(name, &format!("[[source]]\n{line}\nkind = \"{kind}\"\n{sound}\n"), expected);
}

#[test]
fn problems_of_urls() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "not a URL",
            "http",
            "url = \"\"",
            &[
                "2:7: `url` is not a URL: relative URL without a base",
                r#"hint: for example `url = "https://example.org"`"#,
            ],
        ),
        (
            "a host alone",
            "mastodon",
            "server = \"mastodon.example\"",
            &[
                "2:10: `server` is not a URL: relative URL without a base",
                r#"hint: write `server = "https://mastodon.example"`"#,
            ],
        ),
        (
            "a host and a port alone",
            "nostr",
            "relays = [\"localhost:7000\"]",
            &["2:11: `relays` has no scheme", r#"hint: write `relays = "wss://localhost:7000"`"#],
        ),
        (
            "another scheme",
            "websocket",
            "url = \"https://h.example/live\"",
            &[
                "2:7: `url` must begin with `wss://`, not `https:`",
                r#"hint: write `url = "wss://h.example/live"`"#,
            ],
        ),
        (
            "no host",
            "http",
            "url = \"https://\"",
            &[
                "2:7: `url` is not a URL: empty host",
                r#"hint: for example `url = "https://example.org"`"#,
            ],
        ),
        (
            "plain over the network",
            "http",
            "url = \"http://192.168.0.7:80/x?y=1\"",
            &[
                "2:7: `http://` is for this machine only: anybody on the way could change the count",
                r#"hint: write `url = "https://192.168.0.7/x?y=1"`"#,
            ],
        ),
        (
            "plain to what only looks like this machine",
            "bluesky",
            "endpoint = \"ws://localhost.example/subscribe\"",
            &[
                "2:12: `ws://` is for this machine only: anybody on the way could change the count",
                r#"hint: write `endpoint = "wss://localhost.example/subscribe"`"#,
            ],
        ),
        (
            "a password",
            "http",
            "url = \"https://me:hunter2@h.example\"",
            &[
                "2:7: `url` holds a user or a password, and secrets never stand in this file",
                "hint: keep it in an environment variable, and name that in `headers` as `${NAME}`",
            ],
        ),
        (
            "a password in what is no URL",
            "http",
            "url = \"https://me:hunter2@h.example:x\"",
            &[
                "2:7: `url` is not a URL",
                "hint: keep it in an environment variable, and name that in `headers` as `${NAME}`",
            ],
        ),
        (
            "a secret as a parameter",
            "websocket",
            "url = \"wss://h.example/?a=1&access_token=hunter2\"",
            &[
                "2:7: `access_token` in `url` looks like a secret, and secrets never stand in this file",
                "hint: keep it in an environment variable, and name that in `headers` as `${NAME}`",
            ],
        ),
        (
            "a server with a path",
            "mastodon",
            "server = \"https://m.example/@me\"",
            &[
                "2:10: `server` is a server, without a path",
                r#"hint: write `server = "https://m.example"`"#,
            ],
        ),
        (
            "a Jetstream without its path",
            "bluesky",
            "endpoint = [\"wss://j.example/subscribe\", \"wss://j.example\"]",
            &[
                "2:42: `endpoint` does not end in `/subscribe`",
                r#"hint: for example `endpoint = "wss://jetstream1.us-east.bsky.network/subscribe"`"#,
            ],
        ),
        (
            "no relay",
            "nostr",
            "relays = []",
            &["2:10: `relays` is empty", r#"hint: for example `relays = ["wss://example.org"]`"#],
        ),
        (
            "a relay twice",
            "nostr",
            "relays = [\"wss://r.example\", \"wss://R.example/\"]",
            &["2:30: `relays` has `wss://r.example/` twice"],
        ),
        (
            "a number for a list",
            "nostr",
            "relays = 1",
            &[
                "2:10: `relays` must be a URL in quotes, or a list of them, not a whole number",
                "hint: put quotes around it",
            ],
        ),
    ];
    for (name, kind, line, expected) in cases {
        check_source(name, kind, line, expected);
    }
    let many: Vec<_> = (0..17).map(|n| format!("\"wss://r{n}.example\"")).collect();
    check_source(
        "too many relays",
        "nostr",
        &format!("relays = [{}]", many.join(",")),
        &["2:10: `relays` has 17 URLs, and 16 are the most"],
    );
}

#[test]
fn problems_of_live_sources() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "a token where its variable belongs",
            "x",
            "token_env = \"AAAAAAAAhunter2%3Dhunter2\"",
            &[
                "2:13: `token_env` is not the name of an environment variable: letters, digits and `_`, at most 40 of them",
                r#"hint: put the secret into an environment variable, and its name here: `token_env = "MY_TOKEN"`"#,
            ],
        ),
        (
            "no posts",
            "x",
            "max_posts = 0",
            &["2:13: `max_posts` must be from 1 to 10000000, not 0"],
        ),
        (
            "another mode",
            "mastodon",
            "mode = \"sse\"",
            &["2:8: `mode` cannot be `sse`", "hint: it is one of `auto`, `stream`, `poll`"],
        ),
        (
            "an interval without polling",
            "http",
            "every = \"5s\"",
            &["2:9: `every` has a meaning only for `mode = \"poll\"`"],
        ),
        (
            "too often",
            "http",
            "mode = \"poll\"\nevery = \"20ms\"",
            &["3:9: `every` must be from 1s to 3600s, not 20ms"],
        ),
        (
            "a secret in a header",
            "http",
            "headers = { authorization = \"Bearer hunter2\" }",
            &[
                "2:29: the header `authorization` is a secret, and secrets never stand in this file",
                r#"hint: name an environment variable: `authorization = "Bearer ${MY_TOKEN}"`"#,
            ],
        ),
        (
            "a session in a header",
            "websocket",
            "headers = { Cookie = \"a=hunter2\" }",
            &[
                "2:22: the header `Cookie` is a secret, and secrets never stand in this file",
                r#"hint: name an environment variable: `Cookie = "${MY_TOKEN}"`"#,
            ],
        ),
        (
            "a header of the protocol",
            "http",
            "headers = { Host = \"x\" }",
            &["2:20: the header `Host` is set by hashtug itself"],
        ),
        (
            "no name of a header",
            "http",
            "headers = { \"a b\" = \"x\" }",
            &["2:21: `a b` cannot be the name of a header"],
        ),
        (
            "a header of two lines",
            "http",
            "headers = { X = \"a\\r\\nB: c\" }",
            &[
                "2:17: the header `X` holds what no header can",
                "hint: ASCII characters on one line, at most 8000",
            ],
        ),
        (
            "a variable without an end",
            "http",
            "headers = { X = \"${A\" }",
            &["2:17: the header `X`: a `${` has no `}` after it"],
        ),
        (
            "headers as text",
            "http",
            "headers = \"X: y\"",
            &[
                "2:11: `headers` must be a table, not text",
                "hint: for example `headers = { Authorization = \"Bearer ${MY_TOKEN}\" }`",
            ],
        ),
        (
            "nothing to send",
            "websocket",
            "send = [\"a\", \"\"]",
            &["2:14: `send` must have 1 to 8000 bytes"],
        ),
        (
            "a map without a text",
            "http",
            "map = { id = \"/id\" }",
            &[
                "2:7: this `[source.map]` needs a `text`",
                r#"hint: say where the text of a post is: `text = "/text"`"#,
            ],
        ),
        (
            "posts without an id, asked for again and again",
            "http",
            "map = { text = \"/text\" }\nmode = \"poll\"",
            &[
                "2:7: `mode = \"poll\"` needs an `id` in `[source.map]`",
                r#"hint: a post is there at each request, and its id tells that it is the same: `id = "/id"`"#,
            ],
        ),
        (
            "a path of another language",
            "http",
            "map = { text = \"$.items[0].text\" }",
            &[
                "2:16: `text` is not a JSON Pointer: it does not begin with `/`",
                r#"hint: write `"/items/0/text"`"#,
            ],
        ),
        (
            "a tilde alone",
            "http",
            "map = { text = \"/~\" }",
            &[
                "2:16: `text` is not a JSON Pointer: after `~` there must be `0` (for `~`) or `1` (for `/`)",
            ],
        ),
        (
            "a misspelt key of the map",
            "http",
            "map = { text = \"/t\", hashtag = \"/h\" }",
            &["2:22: unknown key `hashtag` in `[source.map]`", "hint: did you mean `hashtags`?"],
        ),
        (
            "numbers of nobody",
            "http",
            "map = { numbers = { tabs = \"/a\", Spaces = \"/b\" } }",
            &["2:21: no team is named `tabs`", "hint: the teams are `Tabs`, `Spaces`"],
        ),
        (
            "no numbers",
            "http",
            "map = { numbers = {} }",
            &[
                "2:19: `numbers` is empty",
                r#"hint: give each team its number: `numbers = { Tabs = "/left", Spaces = "/right" }`"#,
            ],
        ),
        (
            "numbers and posts",
            "http",
            "map = { numbers = { Tabs = \"/a\" }, text = \"/t\" }",
            &[
                "2:43: `text` has no meaning beside `numbers`",
                "hint: a source has posts or numbers; leave one of them to another source",
            ],
        ),
        (
            "votes of no numbers",
            "http",
            "map = { text = \"/t\", per_vote = 2 }",
            &[
                "2:33: `per_vote` has no meaning without `numbers`",
                r#"hint: for example `numbers = { Tabs = "/left", Spaces = "/right" }`"#,
            ],
        ),
        (
            "a vote for nothing",
            "http",
            "map = { numbers = { Tabs = \"/a\" }, per_vote = 0 }",
            &["2:47: `per_vote` must be from 0.000001 to 1000000000000, not 0"],
        ),
    ];
    for (name, kind, line, expected) in cases {
        check_source(name, kind, line, expected);
    }
    for (kind, expected) in [
        ("mastodon", "1:1: this `[[source]]` needs a `server`"),
        ("x", "1:1: this `[[source]]` needs a `token_env`"),
        ("nostr", "1:1: this `[[source]]` needs a `relays`"),
        ("http", "1:1: this `[[source]]` needs a `url`"),
        ("websocket", "1:1: this `[[source]]` needs a `url`"),
    ] {
        let text = format!("[[source]]\nkind = \"{kind}\"\n{TEAMS}");
        let error = Config::parse(&text, Path::new("config.toml")).expect_err("a key is missing");
        let said = error.to_string();
        assert!(said.contains(expected) && said.contains("hint: "), "{said}");
    }
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
fn problems_of_outputs() {
    check_with_teams(
        "no kind",
        "[[output]]\npixels = 50\n",
        &[
            "1:1: this `[[output]]` needs a `kind`",
            "hint: add `kind = \"terminal\"`; this version has `terminal`, `spi`, `ddp`, `e131`, \
             `artnet`, `wled`, `holiday`",
        ],
    );
    check_with_teams(
        "a kind that nobody knows",
        r#"[[output]]
kind = "lamp"
device = "/dev/spidev0.0"
"#,
        &[
            "2:8: unknown kind `lamp`",
            "hint: this version has `terminal`, `spi`, `ddp`, `e131`, `artnet`, `wled`, `holiday`",
        ],
    );
    check_with_teams(
        "a kind misspelt",
        r#"[[output]]
kind = "Terminal"
"#,
        &["2:8: unknown kind `Terminal`", "hint: did you mean `terminal`?"],
    );
    check_with_teams(
        "pixels: zero",
        r#"[[output]]
kind = "terminal"
pixels = 0
"#,
        &["3:10: `pixels` must be from 1 to 1000, not 0"],
    );
    check_with_teams(
        "pixels: negative",
        r#"[[output]]
kind = "terminal"
pixels = -5
"#,
        &["3:10: `pixels` must be from 1 to 1000, not -5"],
    );
    check_with_teams(
        "pixels: too many",
        r#"[[output]]
kind = "terminal"
pixels = 1001
"#,
        &["3:10: `pixels` must be from 1 to 1000, not 1001"],
    );
    check_with_teams(
        "pixels: 10^12",
        r#"[[output]]
kind = "terminal"
pixels = 1_000_000_000_000
"#,
        &["3:10: `pixels` must be from 1 to 1000, not 1000000000000"],
    );
    check_with_teams(
        "pixels: in quotes",
        r#"[[output]]
kind = "terminal"
pixels = "50"
"#,
        &[
            "3:10: `pixels` must be a whole number, not text",
            "hint: write it without quotes: `pixels = 50`",
        ],
    );
    check_with_teams(
        "pixels: with a point",
        r#"[[output]]
kind = "terminal"
pixels = 50.0
"#,
        &["3:10: `pixels` must be a whole number, not 50.0"],
    );
    check_with_teams(
        "pixels: no number",
        r#"[[output]]
kind = "terminal"
pixels = nan
"#,
        &["3:10: `pixels` must be a whole number, not nan"],
    );
    check_with_teams(
        "pixels: a list",
        r#"[[output]]
kind = "terminal"
pixels = [50]
"#,
        &["3:10: `pixels` must be a whole number, not a list"],
    );
    check_with_teams(
        "too many frames",
        r#"[[output]]
kind = "terminal"
fps = 31
"#,
        &["3:7: `fps` must be from 1 to 30, not 31"],
    );
    check_with_teams(
        "no frames",
        r#"[[output]]
kind = "terminal"
fps = 0
"#,
        &["3:7: `fps` must be from 1 to 30, not 0"],
    );
    check_with_teams(
        "too bright",
        r#"[[output]]
kind = "terminal"
brightness = 1.1
"#,
        &["3:14: `brightness` must be from 0 to 1, not 1.1"],
    );
    check_with_teams(
        "darker than dark",
        r#"[[output]]
kind = "terminal"
brightness = -0.1
"#,
        &["3:14: `brightness` must be from 0 to 1, not -0.1"],
    );
    check_with_teams(
        "brightness in percent",
        r#"[[output]]
kind = "terminal"
brightness = "50%"
"#,
        &["3:14: `brightness` must be a number, not text"],
    );
    check_with_teams(
        "brightness that is no number",
        r#"[[output]]
kind = "terminal"
brightness = nan
"#,
        &["3:14: `brightness` must be from 0 to 1, not nan"],
    );
    check_with_teams(
        "reverse by word",
        r#"[[output]]
kind = "terminal"
reverse = "yes"
"#,
        &["3:11: `reverse` must be `true` or `false`, not text"],
    );
    check_with_teams(
        "a key misspelt",
        r#"[[output]]
kind = "terminal"
bright = 0.5
"#,
        &["3:1: unknown key `bright` in `[[output]]`", "hint: did you mean `brightness`?"],
    );
    check_with_teams(
        "two outputs without a name",
        r#"[[output]]
kind = "terminal"
[[output]]
kind = "terminal"
"#,
        &[
            "3:1: two outputs are named `terminal`",
            "hint: without a `name` of its own it has that of its kind, `terminal`",
            "4:8: the outputs `terminal` and `terminal` drive the same terminal",
            "hint: leave one of them out",
        ],
    );
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

#[test]
fn problems_of_hosts() {
    for (host, message, hint) in [
        (
            "10.0.0.5:4048",
            "`10.0.0.5:4048` holds a port",
            "a port has a key of its own: `host = \"10.0.0.5\"` and `port = 4048`",
        ),
        (
            "http://wled.local",
            "`http://wled.local` is a URL, not a host",
            "write the address or the name alone, for example `wled.local`",
        ),
        (
            "10.0.0.256",
            "`10.0.0.256` is not an address",
            "it has four numbers from 0 to 255, for example `10.0.0.5`",
        ),
        (
            "239.255.0.1",
            "`239.255.0.1` is not one host",
            "write the address of the device; an `e131` output has `host = \"multicast\"`",
        ),
    ] {
        let toml = format!("[[output]]\nkind = \"ddp\"\nhost = \"{host}\"\n");
        check_with_teams(host, &toml, &[&format!("3:8: {message}"), &format!("hint: {hint}")]);
    }
    for (kind, more) in [
        ("ddp", ""),
        ("artnet", ""),
        ("wled", ""),
        ("holiday", ""),
        ("e131", ", or `host = \"multicast\"` for all that listen"),
    ] {
        check_with_teams(
            kind,
            &format!("[[output]]\nkind = \"{kind}\"\n"),
            &[
                "1:1: this `[[output]]` needs a `host`",
                &format!("hint: add the address of the device: `host = \"10.0.0.5\"`{more}"),
            ],
        );
    }
    check_with_teams(
        "a host misspelt",
        "[[output]]\nkind = \"ddp\"\nhots = \"10.0.0.5\"\n",
        &["3:1: unknown key `hots` in `[[output]]`", "hint: did you mean `host`?"],
    );
}

#[test]
fn problems_of_strips() {
    let check = |name: &str, keys: &str, expected: &[&str]| {
        let toml = format!("[[output]]\nkind = \"ddp\"\nhost = \"10.0.0.5\"\n{keys}\n");
        check_with_teams(name, &toml, expected);
    };
    check(
        "two million pixels",
        "pixels = 2_000_000",
        &["4:10: `pixels` must be from 1 to 65536, not 2000000"],
    );
    check(
        "an order of no colours",
        "order = \"rgg\"",
        &["4:9: `rgg` is no order of colours; write `rgb`, `rbg`, `grb`, `gbr`, `brg` or `bgr`"],
    );
    check(
        "an order with white for a strip without",
        "order = \"grbw\"",
        &[
            "4:9: `order` has white, and the strip has not",
            "hint: leave the `w` out, or say that there is white: `white = true`",
        ],
    );
    check("too much gamma", "gamma = 22", &["4:9: `gamma` must be from 1 to 4, not 22"]);
    check(
        "a supply too small for the dark",
        "pixels = 300\nmax_milliamps = 300",
        &[
            "5:17: `max_milliamps` is 300, and 300 pixels draw 300 mA in the dark",
            "hint: write what the supply gives; without the key it is 12600 mA for this strip",
        ],
    );
    check(
        "all skipped",
        "pixels = 3\nskip_first = 3",
        &["5:14: `skip_first` is 3, which leaves none of 3 pixels"],
    );
    check(
        "a matrix that is no strip",
        "matrix = { width = 16, height = 16 }",
        &[
            "4:10: a matrix of 16 by 16 has 256 pixels, and `pixels` is 50",
            "hint: write `pixels = 256`, or mend the rest",
        ],
    );
    check(
        "a matrix and a pixel before it",
        "pixels = 256\nskip_first = 1\nmatrix = { width = 16, height = 16 }",
        &[
            "6:10: a matrix of 16 by 16 has 256 pixels, and `pixels` without `skip_first` is 255",
            "hint: write `pixels = 257`, or mend the rest",
        ],
    );
    check(
        "a matrix without a height",
        "matrix = { width = 16, heigth = 16 }",
        &["4:24: unknown key `heigth` in `matrix`", "hint: did you mean `height`?"],
    );
    check(
        "half a matrix",
        "matrix = { width = 16 }",
        &["4:10: this `matrix` needs a `height`", "hint: for example `width = 16, height = 16`"],
    );
    check(
        "a matrix by a number",
        "matrix = 16",
        &[
            "4:10: `matrix` must be a table in braces, not a whole number",
            "hint: for example `matrix = { width = 16, height = 16, serpentine = true }`",
        ],
    );
    check(
        "segments that do not add up",
        "pixels = 60\nsegments = [{ pixels = 30 }, { pixels = 29 }]",
        &[
            "5:12: the segments have 59 pixels, and `pixels` is 60",
            "hint: write `pixels = 59`, or mend the rest",
        ],
    );
    check(
        "segments by numbers",
        "segments = [30, 20]",
        &[
            "4:13: `segments` must be a list of tables, not a whole number",
            "hint: for example `segments = [{ pixels = 30 }, { pixels = 30 }]`",
        ],
    );
    check(
        "a segment without pixels",
        "segments = [{ reverse = true }]",
        &["4:13: this `segments` needs a `pixels`", "hint: for example `pixels = 30`"],
    );
    check(
        "a matrix and segments",
        "pixels = 4\nmatrix = { width = 2, height = 2 }\nsegments = [{ pixels = 4 }]",
        &[
            "6:12: a strip is a matrix or segments, not both",
            "hint: each row of a matrix shows the whole split; leave one of them",
        ],
    );
}

#[test]
fn problems_of_kinds_of_output() {
    let check = |name: &str, keys: &str, expected: &[&str]| {
        check_with_teams(name, &format!("[[output]]\n{keys}\n"), expected);
    };
    check(
        "universes past the last",
        "kind = \"e131\"\nhost = \"10.0.0.5\"\nuniverse = 63999\npixels = 171",
        &[
            "4:12: 171 pixels need 2 universes (170 pixels each), and from 63999 on there are 1",
            "hint: the last universe is 63999; begin at a lower one",
        ],
    );
    check(
        "port addresses past the last, with white",
        "kind = \"artnet\"\nhost = \"10.0.0.5\"\nuniverse = 32767\npixels = 129\nwhite = true",
        &[
            "4:12: 129 pixels need 2 universes (128 pixels each), and from 32767 on there are 1",
            "hint: the last universe is 32767; begin at a lower one",
        ],
    );
    check(
        "no universe 0",
        "kind = \"e131\"\nhost = \"10.0.0.5\"\nuniverse = 0",
        &["4:12: `universe` must be from 1 to 63999, not 0"],
    );
    check(
        "more frames than DMX has",
        "kind = \"artnet\"\nhost = \"10.0.0.5\"\nfps = 60",
        &["4:7: `fps` must be from 1 to 44, not 60"],
    );
    check(
        "an interface for one host",
        "kind = \"e131\"\nhost = \"10.0.0.5\"\ninterface = \"10.0.0.1\"",
        &[
            "4:13: `interface` is for `host = \"multicast\"` alone",
            "hint: the system knows the way to one host; leave the key out",
        ],
    );
    check(
        "an interface by name",
        "kind = \"e131\"\nhost = \"multicast\"\ninterface = \"eth0\"",
        &["4:13: `interface` is the IPv4 address of this machine on the network to send to"],
    );
    check(
        "a name that does not fit",
        &format!("kind = \"e131\"\nhost = \"10.0.0.5\"\nsource_name = \"{}\"", "ä".repeat(32)),
        &["4:15: `source_name` has 64 bytes, and 63 fit"],
    );
    check(
        "a key of another kind",
        "kind = \"ddp\"\nhost = \"10.0.0.5\"\npriority = 100",
        &[
            "4:1: unknown key `priority` in `[[output]]`",
            "hint: `[[output]]` knows `kind`, `name`, `host`, `port`, `fps`, `pixels`, `white`, \
             `order`, `brightness`, `gamma`, `white_balance`, `skip_first`, `matrix`, `segments`, \
             `reverse`, `mirror`, `offset`, `max_milliamps`",
        ],
    );
    check(
        "more white than a packet of WLED",
        "kind = \"wled\"\nhost = \"10.0.0.5\"\nwhite = true\npixels = 368",
        &[
            "5:10: 368 pixels with white do not fit one packet; 367 do",
            "hint: WLED takes more by another protocol: `kind = \"ddp\"`",
        ],
    );
    for timeout in ["1s", "255s", "2500ms"] {
        let toml = format!("kind = \"wled\"\nhost = \"10.0.0.5\"\ntimeout = \"{timeout}\"");
        let shown = hashtug::config::duration(timeout).unwrap();
        check(
            timeout,
            &toml,
            &[&format!("4:11: `timeout` must be from 2s to 254s in whole seconds, not {shown:?}")],
        );
    }
    check(
        "a Holiday of another length",
        "kind = \"holiday\"\nhost = \"10.0.0.5\"\npixels = 51",
        &["4:10: a Holiday has 50 pixels, not 51", "hint: leave the key out"],
    );
    check(
        "a bus with gaps",
        "kind = \"spi\"\ndevice = \"/dev/spidev1.0\"",
        &["3:10: SPI bus 1 has no DMA and leaves gaps in a frame; use `/dev/spidev0.0`"],
    );
    check(
        "a clock too slow",
        "kind = \"spi\"\nhz = 1_000_000",
        &["3:6: `hz` must be from 2100000 to 3800000, not 1000000"],
    );
    check(
        "a chip misspelt",
        "kind = \"spi\"\nchip = \"ws2812b\"",
        &["3:8: `chip` cannot be `ws2812b`", "hint: did you mean `ws2812`?"],
    );
    check(
        "white without white",
        "kind = \"spi\"\nwhite = true",
        &[
            "3:9: the chip `ws2812` has no white",
            "hint: leave the key out; with white it is `sk6812w`",
        ],
    );
    check(
        "more than a bus can do",
        "kind = \"spi\"\npixels = 5443",
        &[
            "3:10: 5443 pixels of ws2812 take 65542 bytes, and 65532 is the most",
            "hint: a frame is one transfer on the bus; use fewer pixels, or a network output",
        ],
    );
}

#[test]
fn problems_of_two_outputs_that_drive_the_same() {
    let check = |name: &str, first: &str, second: &str, expected: &[&str]| {
        let toml =
            format!("[[output]]\nname = \"a\"\n{first}\n[[output]]\nname = \"b\"\n{second}\n");
        check_with_teams(name, &toml, expected);
    };
    check(
        "one terminal",
        "kind = \"terminal\"",
        "kind = \"terminal\"",
        &["6:8: the outputs `a` and `b` drive the same terminal", "hint: leave one of them out"],
    );
    check(
        "one bus",
        "kind = \"spi\"",
        "kind = \"spi\"\ndevice = \"/dev/spidev0.1\"",
        &[
            "7:10: the outputs `a` and `b` drive the same SPI bus 0",
            "hint: one strip, or two in a row, is one output; `segments` splits it",
        ],
    );
    check(
        "one host",
        "kind = \"ddp\"\nhost = \"wled.local\"",
        "kind = \"wled\"\nhost = \"WLED.local\"\nport = 4048",
        &[
            "8:8: the outputs `a` and `b` drive the same port 4048 of `wled.local`",
            "hint: give each a `host` or a `port` of its own",
        ],
    );
    check(
        "one universe",
        "kind = \"e131\"\nhost = \"10.0.0.5\"\npixels = 340",
        "kind = \"e131\"\nhost = \"10.0.0.5\"\npixels = 340\nuniverse = 2",
        &[
            "11:12: the outputs `a` and `b` drive the same universe 2 of `10.0.0.5`",
            "hint: give each a `universe` that the other does not reach",
        ],
    );
    let apart = r#"
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
    assert_eq!(parse(&format!("{apart}{TEAMS}"), Path::new("config.toml")).outputs.len(), 3);
}

#[test]
fn problems_of_the_web() {
    check_with_teams(
        "a key misspelt",
        r#"[web]
liste = "127.0.0.1:8080"
"#,
        &["2:1: unknown key `liste` in `[web]`", "hint: did you mean `listen`?"],
    );
    check_with_teams(
        "an address: a port alone",
        r#"[web]
listen = "8080"
"#,
        &[
            "2:10: `8080` is a port without an address",
            "hint: write `127.0.0.1:8080` for this machine only, `0.0.0.0:8080` for the whole network",
        ],
    );
    check_with_teams(
        "an address: a number",
        "[web]\nlisten = 8080\n",
        &[
            "2:10: `listen` must be text in quotes, not a whole number",
            r#"hint: for example `listen = "127.0.0.1:8080"`"#,
        ],
    );
    check_with_teams(
        "an address: no port",
        r#"[web]
listen = "localhost"
"#,
        &["2:10: `localhost` has no port", "hint: add one, for example `localhost:8080`"],
    );
    check_with_teams(
        "an address: no address",
        r#"[web]
listen = ":8080"
"#,
        &[
            "2:10: `:8080` does not say on which address to listen",
            "hint: write `127.0.0.1:8080` for this machine only, `0.0.0.0:8080` for the whole network",
        ],
    );
    check_with_teams(
        "an address: a star",
        r#"[web]
listen = "*:8080"
"#,
        &[
            "2:10: `*:8080` does not say on which address to listen",
            "hint: write `127.0.0.1:8080` for this machine only, `0.0.0.0:8080` for the whole network",
        ],
    );
    check_with_teams(
        "an address: a port too big",
        r#"[web]
listen = "0.0.0.0:99999"
"#,
        &[
            "2:10: `99999` is not a port",
            "hint: a port is a number from 0 to 65535; 0 takes any that is free",
        ],
    );
    check_with_teams(
        "an address: a name",
        r#"[web]
listen = "example.org:80"
"#,
        &[
            "2:10: `example.org` is not an IP address, and names are not looked up",
            "hint: write the numbers, for example `127.0.0.1:8080` or `[::1]:8080`",
        ],
    );
    check_with_teams(
        "an address: a URL",
        r#"[web]
listen = "http://127.0.0.1:8080"
"#,
        &[
            "2:10: `http://127.0.0.1:8080` is a URL, not an address",
            "hint: write the address alone, for example `127.0.0.1:8080`",
        ],
    );
    check_with_teams(
        "an address: IPv6 without brackets",
        r#"[web]
listen = "::1"
"#,
        &[
            "2:10: `::1` has no port of its own",
            "hint: an IPv6 address stands in brackets, for example `[::1]:8080`",
        ],
    );
    check_with_teams(
        "an address: empty",
        r#"[web]
listen = ""
"#,
        &["2:10: `` has no port", "hint: add one, for example `127.0.0.1:8080`"],
    );
    check_with_teams(
        "an address: an address that is none",
        r#"[web]
listen = "127.0.0.256:80"
"#,
        &[
            "2:10: `127.0.0.256` is not an IP address, and names are not looked up",
            "hint: write the numbers, for example `127.0.0.1:8080` or `[::1]:8080`",
        ],
    );
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

#[track_caller]
fn check_with_teams(name: &str, toml: &str, expected: &[&str]) {
    check(name, &format!("{toml}{TEAMS}"), expected);
}

/// Parses a broken file and compares what is said about it.
#[track_caller]
fn check(name: &str, toml: &str, expected: &[&str]) {
    let error =
        Config::parse(toml, Path::new("config.toml")).map(|config| panic!("{name}: {config:?}"));
    let error = error.expect_err("a config panics above").to_string();
    let said: Vec<&str> = error
        .lines()
        .filter_map(|line| {
            line.strip_prefix("config.toml:").or(line.starts_with("hint: ").then_some(line))
        })
        .collect();
    assert_eq!(said, expected, "{name}");
}
