//! Mastodon servers that say odd things of themselves, or nothing: a show reads them all the same, and
//! the doctor finds what the show comes to.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use axum::body::Bytes;
use hashtug::clock::Clock;
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::Kind;
use hashtug::source::link::Times;
use hashtug::source::mastodon::{self, Mode};
use serde_json::json;
use tempfile::tempdir;
use tokio::task::spawn_blocking;

use crate::support::contest;
use crate::support::fake::mastodon::{Ids, Mastodon, NEVER, Part, Refusal, TOKEN_ENV, Way};
use crate::support::patience::Finish;
use crate::support::program::hashtug;
use crate::support::rig::{Rig, quick};

/// Servers that are read at the same time.
const AT_ONCE: usize = 9;

/// Less busy than the others, since they are many.
fn times() -> Times {
    Times { poll: Duration::from_millis(100), ..quick() }
}

fn answer(status: u16, kind: &str, body: impl Into<Bytes>) -> Refusal {
    let headers = vec![("content-type", kind.to_owned())];
    Refusal { status, headers, body: body.into() }
}

fn document(body: impl Into<Bytes>) -> Refusal {
    answer(200, "application/json", body)
}

fn headed(status: u16, name: &'static str, value: &str) -> Refusal {
    Refusal { status, headers: vec![(name, value.to_owned())], body: Bytes::new() }
}

/// What a server may say of itself that is not as it should be.
fn oddities() -> Vec<(&'static str, Refusal)> {
    let deep = "[".repeat(100_000);
    let long = format!(r#"{{"version":"4.7.0","x":"{}"}}"#, "x".repeat(1 << 20));
    let mut all = vec![
        ("never", headed(NEVER, "x-none", "")),
        ("empty", document("")),
        ("null", document("null")),
        ("number", document("7")),
        ("text", document(r#""4.7.0""#)),
        ("list", document("[]")),
        ("hollow", document("{}")),
        ("error", document(r#"{"error":"not today"}"#)),
        ("cut off", document(r#"{"version""#)),
        ("deep", document(format!(r#"{{"version":{deep}"#))),
        ("long", document(long)),
        ("latin", document(&b"{\"version\":\"\xe9\"}"[..])),
        ("utf-16", document(&b"\xff\xfe{\0}\0"[..])),
        ("page", answer(200, "text/html; charset=utf-8", "<!doctype html><title>hi</title>")),
        ("unnamed page", document("<html>")),
        ("picture", answer(200, "image/png", &b"\x89PNG\r\n"[..])),
        ("redirect", headed(302, "location", "https://elsewhere.example/login")),
        ("limit", headed(429, "retry-after", "3600")),
        ("down", headed(503, "retry-after", "3600")),
        ("numbers", document(r#"{"version":4.7,"urls":7,"configuration":3}"#)),
        ("nulls", document(r#"{"version":null,"urls":null,"configuration":null,"title":null}"#)),
        (
            "objects",
            document(r#"{"version":{"a":1},"urls":{"streaming_api":{}},"configuration":[]}"#),
        ),
    ];
    let members = |members: &str| {
        document(format!(r#"{{"title":"x","version":"4.7.0","configuration":{{{members}}}}}"#))
    };
    for (name, odd) in [
        ("no address", members(r#""urls":{"streaming":"not an address"}"#)),
        ("plain address", members(r#""urls":{"streaming":"ws://garden.example"}"#)),
        ("other address", members(r#""urls":{"streaming":"wss://nowhere.invalid"}"#)),
        ("null feeds", members(r#""timelines_access":{"hashtag_feeds":null}"#)),
        (
            "numbered feeds",
            members(r#""timelines_access":{"hashtag_feeds":{"local":0,"remote":[]}}"#),
        ),
        ("unknown feeds", members(r#""timelines_access":{"hashtag_feeds":{"local":"friends"}}"#)),
        ("junk", document(format!(r#"{{"x":{deep}{},"version":"4.7.0"}}"#, "]".repeat(100_000)))),
    ] {
        all.push((name, odd));
    }
    for status in [400, 401, 403, 404, 405, 406, 410, 418, 422, 451, 500, 501, 502, 504] {
        let name: &'static str = format!("status {status}").leak();
        all.push((name, answer(status, "application/json", r#"{"error":"no"}"#)));
    }
    all
}

/// A server, and what is read of it.
struct Case {
    name: String,
    server: Mastodon,
    mode: Mode,
    has_token: bool,
}

impl Case {
    async fn new(name: &str, ids: Ids, has_token: bool) -> Case {
        let server = Mastodon::start(ids).await;
        Case { name: name.to_owned(), server, mode: Mode::Auto, has_token }
    }

    fn answering(self, part: Part, refusal: Refusal) -> Case {
        self.server.refuse(part, Some(refusal));
        self
    }

    fn kind(&self) -> Kind {
        let server = Mastodon::url(self.server.address);
        let token = self.has_token.then(|| TOKEN_ENV.parse().unwrap());
        Kind::Mastodon(mastodon::Settings { server, token, mode: self.mode })
    }

    fn config(&self) -> String {
        let mut text = format!(
            "[[source]]\nname = \"{}\"\nkind = \"mastodon\"\nserver = \"http://{}\"\n",
            self.name, self.server.address
        );
        if self.has_token {
            writeln!(text, "token_env = \"{TOKEN_ENV}\"").unwrap();
        }
        if self.mode == Mode::Stream {
            text += "mode = \"stream\"\n";
        }
        text
    }
}

fn is_live(snapshot: &Snapshot) -> bool {
    snapshot.sources.iter().all(|source| source.state == SourceState::Live)
}

/// What the doctor says of each, by their names.
async fn examined(cases: &[Case]) -> BTreeMap<String, Vec<String>> {
    let folder = tempdir().unwrap();
    let mut config = "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\", \"teamtabs\"]\n\
        [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n[web]\nlisten = \"127.0.0.1:0\"\n"
        .to_owned();
    for case in cases {
        config += &case.config();
    }
    let path = folder.path().join("config.toml");
    std::fs::write(&path, config).unwrap();
    let mut command = hashtug(&["doctor", "-c", path.to_str().unwrap()]);
    command.env(TOKEN_ENV, env!("CARGO_PKG_NAME"));
    let output = spawn_blocking(move || command.finish()).await.unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in table.lines() {
        if let Some(title) = line.strip_prefix("source `") {
            name = title.trim_end_matches('`').into();
        } else if !line.starts_with(' ') {
            name.clear();
        } else {
            parts.entry(name.clone()).or_default().push(line.trim().to_owned());
        }
    }
    parts
}

/// The line about a step.
fn step<'a>(lines: &'a [String], what: &str) -> Option<&'a str> {
    lines.iter().map(String::as_str).find(|line| line.split_whitespace().nth(1) == Some(what))
}

#[track_caller]
fn check_hints(name: &str, lines: &[String]) {
    let mut hints: Vec<&String> = lines.iter().filter(|line| line.starts_with("hint: ")).collect();
    let all = hints.len();
    hints.sort();
    hints.dedup();
    assert_eq!(hints.len(), all, "{name}: {lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn timelines_are_read_whatever_a_server_says_of_itself() {
    let mut cases = Vec::new();
    for (index, (name, odd)) in oddities().into_iter().enumerate() {
        let ids = if index % 3 == 1 { Ids::Opaque } else { Ids::Timed };
        let both = Case::new(&format!("{name}, twice"), ids, false).await;
        let both = both.answering(Part::Instance, odd.clone());
        cases.push(both.answering(Part::OldInstance, odd.clone()));
        let one = Case::new(&format!("{name}, once"), ids, index % 4 == 2).await;
        cases.push(one.answering(Part::Instance, odd));
    }
    while !cases.is_empty() {
        let cases: Vec<Case> = cases.drain(..cases.len().min(AT_ONCE)).collect();
        let kinds = cases.iter().map(Case::kind).collect();
        let mut rig = Rig::start(contest(), kinds, times());
        rig.until("live", is_live).await;
        for (index, case) in cases.iter().enumerate() {
            for (tag, way) in [("tabs", Way::Both), ("spaces", Way::Timelines)] {
                case.server.post(way, rig.clock.now(), &format!("{tag}{index}"), &[tag]);
            }
        }
        let all = u64::try_from(cases.len()).unwrap();
        let done = |s: &Snapshot| (s.teams[0].votes, s.teams[1].votes) == (all, all);
        rig.until("all posts", done).await;
        let last = rig.end().await;
        let examined = examined(&cases).await;
        for (case, source) in cases.iter().zip(&last.sources) {
            let name = &case.name;
            let problem = source.problem.as_deref().unwrap_or_default();
            let is_streamed = case.has_token && problem.contains("the stream is connected");
            assert!(problem.is_empty() || is_streamed, "{name}: {problem}");
            let lines = &examined[name];
            assert!(!lines.iter().any(|line| line.starts_with("FAIL")), "{name}: {lines:#?}");
            let timeline = step(lines, "timeline").unwrap_or_default();
            assert!(timeline.starts_with("ok"), "{name}: {lines:#?}");
            let instance = step(lines, "instance").unwrap_or_default();
            let is_old = ["status 404, once", "status 410, once"].contains(&&**name);
            let is_fine = is_old
                || name.contains("null feeds")
                || name.contains("unknown feeds")
                || name.contains("junk")
                || name.contains("other address");
            assert_eq!(instance.starts_with("ok"), is_fine, "{name}: {lines:#?}");
            check_hints(name, lines);
        }
    }
}

/// A server that does not work, or not as it should.
#[derive(Clone)]
struct Trouble {
    /// What is answered otherwise.
    answers: Vec<(Part, Refusal)>,
    has_token: bool,
    /// What a show and the doctor say.
    said: &'static str,
    /// What is to be done about it, if anything is.
    hint: &'static str,
    /// Posts come all the same.
    goes_on: bool,
}

impl Trouble {
    /// Of the timelines of a server that wants nothing more.
    fn fatal(timeline: Refusal, said: &'static str, hint: &'static str) -> Trouble {
        let answers = vec![(Part::Timeline, timeline)];
        Trouble { answers, has_token: false, said, hint, goes_on: false }
    }

    /// Of something else of a server whose timelines can be read.
    fn slight(
        answers: Vec<(Part, Refusal)>,
        has_token: bool,
        said: &'static str,
        hint: &'static str,
    ) -> Trouble {
        Trouble { answers, has_token, said, hint, goes_on: true }
    }
}

const NO_USER: &str = r#"{"error":"This method requires an authenticated user"}"#;

fn no(status: u16) -> Refusal {
    answer(status, "application/json", r#"{"error":"no"}"#)
}

fn slight_troubles() -> Vec<Trouble> {
    let feeds = |local: &str, remote: &str| {
        let access = json!({"hashtag_feeds": {"local": local, "remote": remote}});
        let configuration = json!({"timelines_access": access});
        let body = json!({"version": "4.7.0", "configuration": configuration}).to_string();
        vec![(Part::Instance, document(body))]
    };
    let app =
        |credentials: Refusal| vec![(Part::Credentials, credentials), (Part::Socket, no(401))];
    let (off, closed, other) = ("disabled", "authenticated", "another server");
    let of_app = "the token is an application's";
    let refused = "the server does not stream (the server answers 401: no)";
    vec![
        Trouble::slight(feeds(off, off), true, "any posts with a hashtag", other),
        Trouble::slight(feeds(closed, closed), false, "to its users alone", "`token_env`"),
        Trouble::slight(feeds("public", off), true, "the posts of other servers", other),
        Trouble::slight(app(answer(422, "application/json", NO_USER)), true, refused, of_app),
        Trouble::slight(app(no(403)), true, refused, of_app),
        Trouble::slight(
            vec![(Part::Socket, no(403))],
            true,
            "the server does not stream (the server answers 403: no)",
            "make a new one with the scope `read:statuses`",
        ),
        Trouble::slight(
            vec![(Part::Socket, no(404)), (Part::Events, no(404))],
            true,
            "the server does not stream (the server answers 404: no)",
            "",
        ),
    ]
}

fn fatal_troubles() -> Vec<Trouble> {
    let wanted = "`token_env = ";
    let user = "the server answers 422: This method requires an authenticated user";
    let to = |status, location: &str| headed(status, "location", location);
    let mut all = vec![
        Trouble::fatal(no(401), "the server answers 401: no", wanted),
        Trouble::fatal(no(403), "the server answers 403: no", wanted),
        Trouble::fatal(answer(422, "application/json", NO_USER), user, wanted),
        Trouble::fatal(no(429), "the server answers 429: no", "too many requests"),
        Trouble::fatal(no(503), "the server answers 503: no", "tried again"),
        Trouble::fatal(document("{}"), "no list of posts", ""),
        Trouble::fatal(document(""), "no list of posts", ""),
        Trouble::fatal(document("<p>"), "there is a web page", "captive portal"),
        Trouble::fatal(
            to(302, "http://10.0.0.1/login"),
            "sends us to `http://10.0.0.1/login`",
            "a captive portal may be in between",
        ),
        Trouble::fatal(
            to(301, "https://new.example/"),
            "sends us to `https://new.example/`",
            "the server may have moved",
        ),
    ];
    for status in [301, 308] {
        all.push(Trouble::fatal(
            to(status, "https://new.example/api/v1/timelines/tag/tabs?limit=40"),
            r#"`server = "https://new.example"`"#,
            "its new address",
        ));
    }
    for status in [400, 404, 405, 410, 500, 501] {
        let timeline = no(if status == 500 { 404 } else { status });
        let mut trouble = Trouble::fatal(timeline, "this is no Mastodon server", "check `server`");
        trouble.answers.extend([Part::Instance, Part::OldInstance].map(|part| (part, no(status))));
        all.push(trouble);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_a_show_comes_to() {
    let troubles = [slight_troubles(), fatal_troubles()].concat();
    for rows in troubles.chunks(AT_ONCE) {
        let mut cases = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let mut case = Case::new(&format!("case {index}"), Ids::Timed, row.has_token).await;
            for (part, refusal) in &row.answers {
                case = case.answering(*part, refusal.clone());
            }
            cases.push(case);
        }
        let examined = examined(&cases).await;
        let mut rig = Rig::start(contest(), cases.iter().map(Case::kind).collect(), times());
        let problem = |s: &Snapshot, index: usize| {
            s.sources[index].problem.as_deref().unwrap_or_default().to_owned()
        };
        let is_told = |s: &Snapshot| {
            rows.iter().enumerate().all(|(index, Trouble { said, hint, goes_on, .. })| {
                let problem = problem(s, index);
                problem.contains(said)
                    && (hint.is_empty() || problem.matches(hint).count() == 1)
                    && (s.sources[index].state == SourceState::Live) == *goes_on
            })
        };
        let told = rig.until("told", is_told).await;
        for (index, Trouble { said, hint, goes_on, .. }) in rows.iter().enumerate() {
            let lines = &examined[&format!("case {index}")];
            let line = lines.iter().find(|line| line.contains(said));
            let line = line.unwrap_or_else(|| panic!("{said}: {lines:#?}"));
            // What both say is the same, up to what is to be done.
            let words = line.split_once("  ").unwrap().1.split_once("  ").unwrap().1.trim();
            assert!(problem(&told, index).contains(words), "{lines:#?}: {}", problem(&told, index));
            assert!(lines.iter().any(|line| line.contains(hint)), "{lines:#?}");
            let is_hidden = line.contains("any posts with a hashtag");
            assert_eq!(line.starts_with("FAIL"), !goes_on || is_hidden, "{lines:#?}");
            check_hints(said, lines);
        }
        rig.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_streams_is_none_that_is_refused() {
    let fine = Case::new("fine", Ids::Timed, true).await.answering(Part::Credentials, no(401));
    let mut app = Case::new("app", Ids::Timed, true).await.answering(Part::Credentials, no(403));
    app.mode = Mode::Stream;
    let app = app.answering(Part::Socket, no(401));
    let cases = [fine, app];
    let mut rig = Rig::start(contest(), cases.iter().map(Case::kind).collect(), times());
    let hint = "the token is an application's, and streams are for accounts";
    let is_told = |s: &Snapshot| {
        let problem = s.sources[1].problem.as_deref().unwrap_or_default();
        problem.starts_with("the server answers 401: no (") && problem.contains(hint)
    };
    rig.until("told", is_told).await;
    let is_fine =
        |s: &Snapshot| s.sources[0].state == SourceState::Live && s.sources[0].problem.is_none();
    rig.until("fine", is_fine).await;
    cases[0].server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1 && is_fine(s)).await;
    rig.end().await;
    let examined = examined(&cases).await;
    let fine = &examined["fine"];
    assert!(step(fine, "token").unwrap().starts_with("WARN"), "{fine:#?}");
    assert!(step(fine, "stream").unwrap().starts_with("ok"), "{fine:#?}");
    assert!(!fine.iter().any(|line| line.starts_with("FAIL")), "{fine:#?}");
    let app = &examined["app"];
    assert!(step(app, "stream").unwrap().starts_with("FAIL"), "{app:#?}");
    assert_eq!(app.iter().filter(|line| line.contains(hint)).count(), 1, "{app:#?}");
}

#[tokio::test]
async fn what_is_odd_on_a_timeline_loses_only_itself() {
    let case = Case::new("odd", Ids::Timed, false).await;
    let kinds = vec![case.kind()];
    let mut rig = Rig::start(contest(), kinds, times());
    rig.until("live", is_live).await;
    let now = Clock::from_wall().now();
    let status = |number: i64, tag: &str| {
        json!({"id": ((now.millis() << 16) + number).to_string(), "created_at": now.to_string(),
            "uri": format!("https://garden.example/{number}"), "account": {"acct": format!("a{number}")},
            "content": "", "tags": [{"name": tag}]})
    };
    let without = |mut status: serde_json::Value, member: &str| {
        status[member] = json!({"odd": [null]});
        status.to_string()
    };
    let deep =
        format!(r##"{{"id":"5","x":"#tabs","y":{}{}}}"##, "[".repeat(4000), "]".repeat(4000));
    let statuses = [
        "null".to_owned(),
        status(1, "tabs").to_string(),
        "[[]]".to_owned(),
        "7".to_owned(),
        "\"#tabs\"".to_owned(),
        deep,
        r#"{"id":null,"tags":[{"name":"tabs"}]}"#.to_owned(),
        r#"{"id":"no number","created_at":null}"#.to_owned(),
        without(status(2, "tabs"), "uri"),
        without(status(3, "tabs"), "account"),
        without(status(4, "spaces"), "created_at"),
        without(status(5, "spaces"), "edited_at"),
        status(6, "tabs").to_string(),
        status(7, "spaces").to_string(),
    ];
    let page = [format!("[{},", statuses.join(",")).as_bytes(), b"{\"x\":\"#tabs \xe9\"}, {\"cut"]
        .concat();
    case.server.refuse(Part::Timeline, Some(document(page)));
    let asked = case.server.requests(Part::Timeline).len();
    rig.until("counted", |s| (s.teams[0].votes, s.teams[1].votes) == (2, 2)).await;
    rig.until("asked", |_| case.server.requests(Part::Timeline).len() > asked + 5).await;
    let last = rig.end().await;
    assert_eq!((last.posts.matched, last.posts.duplicate, last.posts.revised), (4, 0, 0));
    // Each is judged once, however often the page comes.
    assert!(last.posts.received() <= 16, "{:?}", last.posts);
    assert!(last.posts.malformed >= 4, "{:?}", last.posts);
    assert_eq!(last.sources[0].problem, None);
}

#[tokio::test]
async fn odd_numbers_in_headers_stop_nothing() {
    let case = Case::new("numbers", Ids::Timed, true).await;
    let mut rig = Rig::start(contest(), vec![case.kind()], times());
    rig.until("live", is_live).await;
    for (left, reset) in [
        ("-1", "tomorrow"),
        ("4294967296", "99999999999999999999"),
        ("1e9", "-1"),
        ("", ""),
        ("250", "0"),
    ] {
        let mut page = document("[]");
        page.headers.push(("x-ratelimit-remaining", left.to_owned()));
        page.headers.push(("x-ratelimit-reset", reset.to_owned()));
        case.server.refuse(Part::Timeline, Some(page));
        let asked = case.server.requests(Part::Timeline).len();
        rig.until("asked", |_| case.server.requests(Part::Timeline).len() > asked).await;
    }
    // Beside a stream that goes on, for an absurd time.
    for after in ["18446744073709551615", "-7", "soon"] {
        let mut down = headed(503, "retry-after", after);
        down.headers.push(("content-type", "application/json".to_owned()));
        case.server.refuse(Part::Timeline, Some(down));
        let asked = case.server.requests(Part::Socket).len();
        case.server.close();
        let is_back = || case.server.requests(Part::Socket).len() > asked;
        rig.until("streams", |_| is_back() && case.server.streams() == 1).await;
    }
    case.server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1 && is_live(s)).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_out_of_what_people_put_around_it() {
    const TOKEN: &str = "s3cr3t-of_the.account";
    let server = Mastodon::start_for(Ids::Timed, TOKEN).await;
    let folder = tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let config = format!(
        "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n[[team]]\nname = \"Spaces\"\n\
         hashtags = [\"spaces\"]\n[web]\nlisten = \"127.0.0.1:0\"\n[[source]]\nname = \"garden\"\n\
         kind = \"mastodon\"\nserver = \"http://{}\"\ntoken_env = \"GARDEN_TOKEN\"\n",
        server.address
    );
    std::fs::write(&path, config).unwrap();
    for (value, code, said) in [
        (format!("{TOKEN}\n"), 0, "the server knows it"),
        (format!("\"{TOKEN}\""), 0, "the server knows it"),
        (format!("Bearer {TOKEN}"), 0, "the server knows it"),
        (format!("Authorization: Bearer {TOKEN}\r\n"), 0, "the server knows it"),
        (format!("GARDEN_TOKEN='{TOKEN}'"), 0, "the server knows it"),
        (
            format!("my token is {TOKEN}"),
            2,
            "`GARDEN_TOKEN` holds more than one word, and no access",
        ),
        (
            format!("Basic {TOKEN}"),
            2,
            "`GARDEN_TOKEN` holds a login of another kind, and no access",
        ),
        (format!("https://x.example/{TOKEN}"), 2, "`GARDEN_TOKEN` holds an address, and no access"),
    ] {
        for command in ["doctor", "check"] {
            let mut command = hashtug(&[command, "-c", path.to_str().unwrap()]);
            command.env("GARDEN_TOKEN", &value);
            let output = spawn_blocking(move || command.finish()).await.unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            let (shown, logged) = (text(output.stdout), text(output.stderr));
            assert_eq!(output.status.code(), Some(code), "{said}: {shown}{logged}");
            if code == 2 {
                assert!(logged.contains(said) && logged.contains("hint: set it to"), "{logged}");
            }
            assert!(!(shown + &logged).contains(TOKEN), "{said}");
        }
    }
    assert_eq!(server.requests(Part::Credentials).len(), 5);
}
