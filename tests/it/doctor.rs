//! What `hashtug doctor` and a running show say of networks that do not work.

use std::fmt::Write;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::tempdir;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_tungstenite::tungstenite::Message;

use crate::support::fake::answers::{Answers, Authority, Validity, answer};
use crate::support::fake::jetstream::Jetstream;
use crate::support::fake::raw::{Bytes, Sockets};
use crate::support::http;
use crate::support::patience::{Finish, found, until};
use crate::support::program::{Show, hashtug};
use crate::support::receivers;
use crate::support::spidev::Spidev;

const TEAMS: &str = "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
    [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n[web]\nlisten = \"127.0.0.1:0\"\n";

/// One bluesky source for each of the ways in which a server fails, and what is said of it.
struct Ward {
    cases: Vec<(&'static str, String, &'static str)>,
    /// Kept, since they end when they are dropped.
    servers: Vec<Answers>,
}

impl Ward {
    /// Fills `folder` with the certificate that is to be trusted.
    async fn open(folder: &Path) -> Ward {
        let trusted = Authority::new("trusted");
        trusted.write(&folder.join("trusted.pem"));
        let stranger = Authority::new("stranger");
        // Pretends to be the one that is trusted.
        let impostor = Authority::new("trusted");
        let mut ward = Ward { cases: Vec::new(), servers: Vec::new() };
        ward.case("host", "wss://nowhere.invalid/subscribe".into(), "cannot find the host");
        // A port that was free a moment ago, and where nobody listens.
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        ward.case("refused", format!("ws://{nobody}/subscribe"), "refuses the connection");
        for (name, tls, said) in [
            ("expired", trusted.server("localhost", Validity::Past), "has expired"),
            ("early", trusted.server("localhost", Validity::Future), "is not valid yet"),
            ("name", trusted.server("other.example", Validity::Now), "is for another name"),
            (
                "impostor",
                impostor.server("localhost", Validity::Now),
                "signed by nobody known here",
            ),
            ("issuer", stranger.server("localhost", Validity::Now), "signed by nobody known here"),
        ] {
            let server = Answers::start(Some(tls), |_| answer("200 OK", "", "")).await;
            let port = server.address.port();
            ward.case(name, format!("wss://localhost:{port}/subscribe"), said);
            ward.servers.push(server);
        }
        let html = "Content-Type: text/html; charset=utf-8\r\n";
        for (name, status, headers, said) in [
            ("page", "200 OK", html, "there is a web page where posts should be"),
            ("portal", "302 Found", "Location: http://login.example/\r\n", "http://login.example/"),
            ("token", "401 Unauthorized", "", "the server answers 401"),
            ("rights", "403 Forbidden", "", "the server answers 403"),
            ("often", "429 Too Many Requests", "Retry-After: 60\r\n", "the server answers 429"),
            ("trouble", "503 Service Unavailable", html, "the server answers 503"),
        ] {
            let tls = trusted.server("localhost", Validity::Now);
            let server = Answers::start(Some(tls), move |_| answer(status, headers, "")).await;
            let port = server.address.port();
            ward.case(name, format!("wss://localhost:{port}/subscribe"), said);
            ward.servers.push(server);
        }
        ward
    }

    fn case(&mut self, name: &'static str, url: String, said: &'static str) {
        self.cases.push((name, url, said));
    }

    fn sources(&self) -> String {
        let mut text = String::new();
        for (name, url, _) in &self.cases {
            write!(
                text,
                "[[source]]\nname = \"{name}\"\nkind = \"bluesky\"\nendpoint = \"{url}\"\n"
            )
            .unwrap();
        }
        text
    }
}

fn command(arguments: &[&str], folder: &Path, config: &str) -> Command {
    let path = folder.join("config.toml");
    std::fs::write(&path, config).unwrap();
    let mut command = hashtug(arguments);
    command.arg("-c").arg(path).env("SSL_CERT_FILE", folder.join("trusted.pem"));
    command.env_remove("SSL_CERT_DIR");
    command
}

/// Exit code, table and the rest.
async fn doctor(mut command: Command) -> (Option<i32>, String, String) {
    let output = spawn_blocking(move || command.finish()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The lines of a table about one source.
fn part<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    lines_under(table, &format!("source `{name}`"))
}

fn lines_under<'a>(table: &'a str, title: &str) -> Vec<&'a str> {
    let lines = table.lines().skip_while(|line| *line != title).skip(1);
    lines.take_while(|line| line.starts_with(' ')).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_has_words_of_its_own_for_every_trouble() {
    let folder = tempdir().unwrap();
    let ward = Ward::open(folder.path()).await;
    let config = TEAMS.to_owned() + &ward.sources();
    let (code, table, said) = doctor(command(&["doctor"], folder.path(), &config)).await;
    assert_eq!(code, Some(1), "{table}{said}");
    assert!(said.contains("13 things do not work"), "{said}");
    for (name, _, expected) in &ward.cases {
        let part = part(&table, name);
        let failed: Vec<&&str> = part.iter().filter(|line| line.contains("FAIL")).collect();
        assert_eq!(failed.len(), 1, "{name}: {table}");
        assert!(failed[0].contains(expected), "{name}: {table}");
        assert!(part.iter().any(|line| line.trim_start().starts_with("hint: ")), "{name}: {table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trouble_of_a_source_stops_another() {
    let folder = tempdir().unwrap();
    let ward = Ward::open(folder.path()).await;
    let server = Jetstream::start().await;
    let healthy = Jetstream::url(server.address);
    let config = TEAMS.to_owned()
        + &ward.sources()
        + &format!(
            "[[source]]\nname = \"healthy\"\nkind = \"bluesky\"\nendpoint = \"{healthy}\"\n"
        );
    let command = command(&["run"], folder.path(), &config);
    let (show, snapshot) = spawn_blocking(move || {
        let show = Show::start(command);
        // All have failed, and one is live.
        let snapshot = found("the failures", || {
            let snapshot = http::get(&show.address, "/api/v1/snapshot").json();
            let sources = snapshot["sources"].as_array().unwrap();
            let failed = sources.iter().filter(|source| source["problem"].is_string()).count();
            let is_all = failed == sources.len() - 1 && sources[failed]["state"] == "live";
            is_all.then_some(snapshot)
        });
        (show, snapshot)
    })
    .await
    .unwrap();
    let mut problems: Vec<&str> = Vec::new();
    for ((name, _, expected), source) in
        ward.cases.iter().zip(snapshot["sources"].as_array().unwrap())
    {
        assert_eq!(
            (&source["name"], &source["state"]),
            (&Value::from(*name), &"connecting".into())
        );
        let problem = source["problem"].as_str().unwrap();
        assert!(problem.contains(expected) && problem.ends_with(')'), "{name}: {problem}");
        if *name != "impostor" {
            problems.push(problem);
        }
    }
    let all = problems.len();
    problems.sort_unstable();
    problems.dedup();
    assert_eq!(problems.len(), all, "{problems:#?}");
    for post in 0..50 {
        let now = hashtug::clock::Clock::from_wall().now().millis() * 1000;
        server.post(now, "ada", &post.to_string(), "tabs");
    }
    spawn_blocking(move || {
        until("all posts", || {
            http::get(&show.address, "/api/v1/snapshot").json()["teams"][0]["total"] == 50
        });
    })
    .await
    .unwrap();
}

/// A server of everything else, whose clock is ages ahead.
async fn networks() -> Answers {
    let json = "Content-Type: application/json\r\nDate: Tue, 21 Nov 2800 19:04:05 GMT\r\n";
    Answers::start(None, move |head| {
        let line = head.lines().next().unwrap();
        let bearer = |token: &str| head.to_lowercase().contains(&format!("bearer {token}\r"));
        let unauthorized =
            answer("401 Unauthorized", json, "{\"error\":\"The access token is invalid\"}");
        let rooms = "x-rate-limit-limit: 450\r\nx-rate-limit-remaining: 12\r\n";
        match line.split(' ').nth(1).unwrap() {
            "/api/v2/instance" => answer("200 OK", json, "{\"version\":\"4.5.0\"}"),
            "/api/v1/accounts/verify_credentials" if bearer("fine") => {
                answer("200 OK", json, "{\"acct\":\"somebody\"}")
            }
            "/api/v1/timelines/tag/tabs?limit=40&any%5B%5D=spaces" => answer("200 OK", json, "[]"),
            "/2/tweets/search/stream/rules" if bearer("fine") => {
                let headers = json.to_owned() + rooms;
                answer("200 OK", &headers, "{\"data\":[{\"id\":\"1\",\"value\":\"#tabs\"}]}")
            }
            "/messages" if head.contains("x-key: fine") => answer("200 OK", json, "[]"),
            _ => unauthorized,
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_tokens_rooms_and_clocks() {
    let folder = tempdir().unwrap();
    let authority = Authority::new("trusted");
    authority.write(&folder.path().join("trusted.pem"));
    let server = networks().await;
    let address = server.address;
    let jetstream = Jetstream::start().await;
    let endpoint = Jetstream::url(jetstream.address);
    // It opens any WebSocket.
    let relay = jetstream.address;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    std::fs::write(folder.path().join("a.jsonl"), "{\"at\":0,\"text\":\"#tabs\"}\n").unwrap();
    let config = format!(
        "{TEAMS}\
         [[source]]\nkind = \"bluesky\"\nendpoint = \"{endpoint}\"\n\
         [[source]]\nkind = \"mastodon\"\nserver = \"http://{address}\"\ntoken_env = \"M_TOKEN\"\n\
         [[source]]\nkind = \"x\"\nendpoint = \"http://{address}\"\ntoken_env = \"X_TOKEN\"\n\
         [[source]]\nkind = \"http\"\nurl = \"http://{address}/messages\"\n\
         headers = {{ x-key = \"${{H_KEY}}\" }}\n\
         [[source]]\nkind = \"nostr\"\nrelays = [\"ws://{nobody}\", \"ws://{relay}\"]\n\
         [[source]]\nkind = \"replay\"\npath = \"a.jsonl\"\n"
    );
    let with = |token: &str| {
        let mut command = command(&["doctor"], folder.path(), &config);
        command.env("M_TOKEN", token).env("X_TOKEN", token).env("H_KEY", token);
        command
    };
    let (code, table, said) = doctor(with("fine")).await;
    assert_eq!(code, Some(0), "{table}{said}");
    assert!(part(&table, "mastodon").iter().any(|line| line.contains("it runs version 4.5.0")));
    assert!(
        part(&table, "x").iter().any(|line| line.contains("the stream has 1 rule;")),
        "{table}"
    );
    let room = "12 of 450 requests are left";
    assert!(part(&table, "x").iter().any(|line| line.contains("WARN") && line.contains(room)));
    for source in ["mastodon", "x", "http"] {
        let clock = part(&table, source).into_iter().find(|line| line.contains(" clock "));
        assert!(clock.is_some_and(|line| line.contains("s behind")), "{source}: {table}");
    }
    assert!(table.contains("recording   `"), "{table}");
    // One relay is enough.
    let relays = part(&table, "nostr");
    assert!(relays[0].contains("WARN") && relays[0].contains("refuses"), "{table}");
    assert!(relays.iter().any(|line| line.contains("opens a WebSocket")), "{table}");
    let (code, table, said) = doctor(with("wrong-hunter2")).await;
    assert_eq!(code, Some(1), "{table}{said}");
    for source in ["mastodon", "x", "http"] {
        let failed = part(&table, source).into_iter().find(|line| line.contains("FAIL"));
        let failed = failed.unwrap_or_else(|| panic!("{source}: {table}"));
        assert!(failed.contains("401: The access token is invalid"), "{source}: {table}");
    }
    assert!(!(table + &said).contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_check_refuses_is_the_configs() {
    let folder = tempdir().unwrap();
    let source = "[[source]]\nkind = \"replay\"\npath = \"missing.jsonl\"\n";
    let config = TEAMS.to_owned() + source;
    let (code, table, said) = doctor(command(&["doctor"], folder.path(), &config)).await;
    assert_eq!(code, Some(2), "{table}{said}");
    assert!(table.contains("FAIL  recording  cannot open"), "{table}");
    assert!(said.contains("missing.jsonl"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_none_are_told_apart() {
    let folder = tempdir().unwrap();
    let html = "Content-Type: text/html\r\n";
    let json = "Content-Type: application/json\r\n";
    let limited = "Content-Type: application/json\r\nRetry-After: 60\r\n";
    let authenticated = "{\"configuration\":{\"timelines_access\":{\"hashtag_feeds\":\
        {\"local\":\"authenticated\",\"remote\":\"authenticated\"}}}}";
    let cases = [
        ("page", "200 OK", html, "<html>", "there is a web page where posts should be"),
        ("text", "200 OK", "Content-Type: text/plain\r\n", "hi", "sends `text/plain`, not JSON"),
        (
            "moved",
            "301 Gone",
            "Location: http://other.example/\r\n",
            "",
            "sends us to `http://other",
        ),
        ("limit", "429 Slow", limited, "{\"error\":\"Throttled\"}", "answers 429: Throttled"),
        ("down", "503 Down", html, "<html>", "answers 503"),
        ("closed", "200 OK", json, authenticated, "shows hashtag timelines to its users alone"),
        ("off", "200 OK", json, &authenticated.replace("authenticated", "disabled"), "switched"),
    ];
    let mut config = TEAMS.to_owned();
    let mut servers = Vec::new();
    for (name, status, headers, body, _) in cases {
        let whole = answer(status, headers, body);
        let server = Answers::start(None, move |_| whole.clone()).await;
        let address = server.address;
        writeln!(config, "[[source]]\nname = \"{name}\"\nkind = \"mastodon\"").unwrap();
        writeln!(config, "server = \"http://{address}\"").unwrap();
        servers.push(server);
    }
    let (code, table, said) = doctor(command(&["doctor"], folder.path(), &config)).await;
    assert_eq!(code, Some(1), "{table}{said}");
    for (name, _, _, _, expected) in cases {
        let failed = part(&table, name).into_iter().find(|line| line.contains("FAIL"));
        assert!(failed.is_some_and(|line| line.contains(expected)), "{name}: {table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_has_the_same_words_in_the_doctors_table_and_on_the_page() {
    let folder = tempdir().unwrap();
    let json = "Content-Type: application/json\r\n";
    let with = async |headers: &str, body: &[u8]| {
        let server = Bytes::start("").await;
        server.set_document(headers, body);
        server
    };
    let sockets = [Sockets::start().await, Sockets::start().await, Sockets::start().await];
    sockets[0].greet(Message::binary(&b"\xa2\x61t\x67#commit\x62op\x01\xa1\x63seq\x01"[..]));
    for _ in 0..3 {
        sockets[1].greet(Message::text("welcome"));
    }
    sockets[2].greet(Message::text("{\"did\":\"did:plc:a\",\"time_us\":7,\"kind\":\"identity\"}"));
    let lines = Bytes::start("Content-Type: application/x-ndjson\r\n").await;
    lines.say(b"\x1f\x8b\x08\0\0\0\0\0\n");
    let events = Bytes::start("Content-Type: text/event-stream\r\n").await;
    events.say("{\"text\":\"#tabs\"}\n{\"text\":\"#tabs\"}\n");
    let feed = with(json, b"<?xml version=\"1.0\"?><rss/>").await;
    let rows = with(json, b"{\"rows\":[{\"body\":\"#tabs\"}]}").await;
    let squeezed = with(&(json.to_owned() + "Content-Encoding: br\r\n"), b"\x0b\x02").await;
    let plain = answer("200 OK", json, "welcome");
    let mute = Answers::start(None, move |_| plain.clone()).await;
    let instance = answer("200 OK", json, "{\"version\":\"4.5.0\"}");
    let timeline = answer("200 OK", json, "{\"a\":1}\n{\"b\":2}\n");
    let mastodon = Answers::start(None, move |head| {
        if head.contains("/instance") { instance.clone() } else { timeline.clone() }
    })
    .await;
    let http = |name: &str, server: &Bytes, more: &str| {
        let url = server.url();
        format!("[[source]]\nname = \"{name}\"\nkind = \"http\"\nurl = \"{url}\"\n{more}")
    };
    let map = "[source.map]\nid = \"/id\"\ntext = \"/body\"\n";
    let config = format!(
        "{TEAMS}\
         [[source]]\nname = \"firehose\"\nkind = \"bluesky\"\nendpoint = \"{}\"\n\
         [[source]]\nname = \"chat\"\nkind = \"websocket\"\nurl = \"{}\"\n\
         [[source]]\nname = \"relay\"\nkind = \"nostr\"\nrelays = [\"{}\"]\n\
         [[source]]\nname = \"x\"\nkind = \"x\"\nendpoint = \"http://{}\"\n\
         token_env = \"X_TOKEN\"\n\
         [[source]]\nname = \"mastodon\"\nkind = \"mastodon\"\nserver = \"http://{}\"\n\
         {}{}{}{}{}",
        sockets[0].url("subscribe"),
        sockets[1].url("room"),
        sockets[2].url(""),
        mute.address,
        mastodon.address,
        http("lines", &lines, "mode = \"stream\"\n"),
        http("events", &events, "mode = \"sse\"\n"),
        http("feed", &feed, "mode = \"poll\"\n"),
        http("rows", &rows, &format!("mode = \"poll\"\n{map}items = \"/list\"\n")),
        http("squeezed", &squeezed, "mode = \"poll\"\n"),
    );
    let cases = [
        ("firehose", "it is CBOR"),
        ("chat", "it is plain words"),
        ("relay", "these are messages of Bluesky's Jetstream, which `kind = \"bluesky\"` reads"),
        ("x", "it is plain words"),
        ("mastodon", "it is a document a line"),
        ("lines", "it is compressed (`gzip`)"),
        ("events", "it is a document a line"),
        ("feed", "it is XML"),
        ("rows", "nothing is at `/list`, where `[source.map]` has `items`"),
        ("squeezed", "it is compressed (`br`)"),
    ];
    let mut probing = command(&["doctor"], folder.path(), &config);
    probing.env("X_TOKEN", "fine");
    let (code, table, said) = doctor(probing).await;
    assert_eq!(code, Some(1), "{table}{said}");
    let mut running = command(&["run"], folder.path(), &config);
    running.env("X_TOKEN", "fine");
    let problems = spawn_blocking(move || {
        let show = Show::start(running);
        found("all problems", || {
            let snapshot = http::get(&show.address, "/api/v1/snapshot").json();
            let sources = snapshot["sources"].as_array().unwrap();
            let problems =
                sources.iter().map(|source| source["problem"].as_str().map(str::to_owned));
            problems.collect::<Option<Vec<String>>>()
        })
    })
    .await
    .unwrap();
    for ((name, word), problem) in cases.into_iter().zip(problems) {
        let failed = part(&table, name).into_iter().find(|line| line.contains("FAIL"));
        let failed = failed.unwrap_or_else(|| panic!("{name}: {table}"));
        let said = failed.split_once("  FAIL  ").unwrap().1.split_once(' ').unwrap().1.trim();
        assert!(said.contains(word), "{name}: {said}");
        assert!(problem.contains(said), "{name}: the page says `{problem}`, the doctor `{said}`");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_reads_a_first_document_and_a_first_message() {
    let folder = tempdir().unwrap();
    let post = "{\"id\":1,\"text\":\"rope\"}";
    let page = Bytes::start("").await;
    page.set_document("Content-Type: application/json\r\n", format!("[{post},{post}]"));
    let lines = Bytes::start("Content-Type: application/x-ndjson\r\n").await;
    lines.say(format!("{post}\n"));
    let events = Bytes::start("Content-Type: text/event-stream\r\n").await;
    events.say(format!("data: {post}\n\n"));
    let (chat, quiet) = (Sockets::start().await, Sockets::start().await);
    chat.greet(Message::text(post));
    let source = |name: &str, kind: &str, url: &url::Url, more: &str| {
        format!("[[source]]\nname = \"{name}\"\nkind = \"{kind}\"\nurl = \"{url}\"\n{more}")
    };
    let config = TEAMS.to_owned()
        + &source("page", "http", &page.url(), "mode = \"poll\"\n")
        + &source("lines", "http", &lines.url(), "mode = \"stream\"\n")
        + &source("events", "http", &events.url(), "mode = \"sse\"\n")
        + &source("chat", "websocket", &chat.url("room"), "")
        + &source("quiet", "websocket", &quiet.url("room"), "");
    let (code, table, said) = doctor(command(&["doctor"], folder.path(), &config)).await;
    assert_eq!(code, Some(0), "{table}{said}");
    for (name, words) in [
        ("page", "the first document has 2 posts"),
        ("lines", "what comes can be read"),
        ("events", "what comes can be read"),
        ("chat", "what comes can be read"),
        ("quiet", "nothing came within 2 s"),
    ] {
        let line = part(&table, name).into_iter().find(|line| line.contains(" messages "));
        assert!(line.is_some_and(|line| line.contains(words)), "{name}: {table}");
    }
}

/// What comes at a socket that nothing has been sent to but a word of ours.
#[track_caller]
fn assert_silent(socket: &UdpSocket, what: &str) {
    let marker = UdpSocket::bind("127.0.0.1:0").unwrap();
    marker.send_to(b"marker", socket.local_addr().unwrap()).unwrap();
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).unwrap();
    assert_eq!(buffer[..length], *b"marker", "{what} got a packet");
}

#[test]
fn the_doctor_leaves_lights_as_they_are() {
    const HOSTS: [&str; 5] = ["ddp", "e131", "artnet", "wled", "holiday"];
    let folder = tempdir().unwrap();
    let mut config = TEAMS.to_owned();
    config += "[[source]]\nkind = \"replay\"\npath = \"a.jsonl\"\n";
    std::fs::write(folder.path().join("a.jsonl"), "{\"at\":0,\"text\":\"#tabs\"}\n").unwrap();
    let hosts = HOSTS.map(|kind| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let port = socket.local_addr().unwrap().port();
        write!(config, "[[output]]\nkind = \"{kind}\"\nhost = \"127.0.0.1\"\nport = {port}\n")
            .unwrap();
        socket
    });
    let (group, port) = receivers::multicast(&[[239, 255, 0, 9].into()]);
    write!(
        config,
        "[[output]]\nname = \"rig\"\nkind = \"e131\"\nhost = \"multicast\"\nport = {port}\n\
         interface = \"127.0.0.1\"\nuniverse = 9\n"
    )
    .unwrap();
    let spidev = Spidev::new();
    let mut command = {
        let spi = spidev.as_ref().map_or("", |_| "[[output]]\nkind = \"spi\"\n");
        command(&["doctor"], folder.path(), &(config + spi))
    };
    if let Some(spidev) = &spidev {
        spidev.attach(&mut command);
    }
    let output = command.output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    for (kind, socket) in HOSTS.iter().zip(&hosts) {
        assert_silent(socket, kind);
        let lines = lines_under(&table, &format!("output `{kind}`")).join("\n");
        let port = socket.local_addr().unwrap().port();
        let said = format!("packets to 127.0.0.1:{port} leave from 127.0.0.1");
        assert!(lines.contains(&said) && !lines.contains("FAIL"), "{kind}: {table}");
        assert!(lines.contains("skip  light"), "{kind}: {table}");
        assert!(lines.contains("hint: `hashtug leds walk` "), "{kind}: {table}");
    }
    let rig = lines_under(&table, "output `rig`").join("\n");
    assert!(rig.contains("packets to the group 239.255.0.9 leave from 127.0.0.1"), "{table}");
    let marker = UdpSocket::bind("127.0.0.1:0").unwrap();
    marker.send_to(b"marker", ("127.0.0.1", port)).unwrap();
    let mut buffer = [0; 2048];
    let length = group.recv(&mut buffer).unwrap();
    assert_eq!(buffer[..length], *b"marker", "the group got a packet");
    if let Some(spidev) = spidev {
        assert_eq!(spidev.transfers(), [], "the strip got a frame");
    }
}
