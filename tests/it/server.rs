//! The pages and the API over real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hashtug::contest::TeamId;
use hashtug::event::{self, SourceId};
use hashtug::order::Order;
use hashtug::output::led;
use hashtug::output::led::device::Refresh;
use hashtug::output::led::memory::Memory;
use hashtug::output::status::Monitor;
use hashtug::output::strip::Strip;
use hashtug::output::suspend::Suspended;
use hashtug::picture::Pattern;
use hashtug::post::{AuthorId, Post, PostId, Side, Tags, Version};
use hashtug::render::bytes::Encoding;
use hashtug::render::colour::{self, Calibration};
use hashtug::render::layout::Layout;
use hashtug::render::power::Budget;
use hashtug::round::Counts;
use hashtug::server::PLACES;
use hashtug::server::access::Class;
use hashtug::server::operate::{Keyring, Operators, Reach};
use hashtug::server::routes::{Content, ROUTES, Route};
use hashtug::show::task::Beside;
use hashtug::show::{self, Now, Show};
use hashtug::snapshot::{
    MAX_RESULTS, Phase, RecordingState, RecordingStatus, RoundResult, RoundStatus, Snapshot,
};
use hashtug::timestamp::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_util::sync::CancellationToken;

use crate::snapshot::{check_documented, table};
use crate::support::http::{self, Answer};
use crate::support::patience::Patience;
use crate::support::results::result;
use crate::support::{self, contest};

/// A server and a show whose loop is the test.
struct Server {
    address: String,
    show: Show,
    beside: Beside,
    /// Those that viewers may see.
    results: Vec<Arc<RoundResult>>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    fn start() -> Server {
        Server::with(Vec::new())
    }

    fn with(outputs: Vec<Monitor>) -> Server {
        let mut show = support::show(contest(), Vec::new());
        let statuses = outputs.iter().map(|output| output.status.clone());
        let beside = Beside { outputs: statuses.collect(), ..Beside::default() };
        show.apply(show::Event::Parts(beside.parts()), Now::default());
        let results = Vec::new();
        let (snapshots, snapshots_rx) = watch::channel(Arc::new(show.snapshot(Now::default())));
        let listener = hashtug::server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = CancellationToken::new();
        let panics = watch::Sender::default().subscribe();
        // Nobody takes orders; what operators are answered is for `operate` to test.
        let operators = Operators {
            keyring: Keyring::default(),
            reach: Reach::Loopback,
            tls: None,
            orders: show::task::doors().0,
            truth: snapshots_rx.clone(),
        };
        let mut server = hashtug::server::Server::new(
            listener,
            PLACES,
            snapshots_rx,
            outputs,
            panics,
            operators,
            stop.clone(),
        );
        let task = tokio::spawn(async move { server.run().await });
        Server { address, show, beside, results, snapshots, stop, task }
    }

    /// Counts a post and publishes what follows.
    fn post(&mut self, id: u64, team: u16) {
        let message = event::Message::Post(Post {
            id: Some(PostId(id)),
            alias: None,
            author: Some(AuthorId(id)),
            at: Timestamp::from_millis(1_000_000 + i64::try_from(id).unwrap()).unwrap(),
            side: Side::Team(TeamId(team)),
            tags: Tags::default(),
            version: Version::First,
        });
        // Which source it is from shows nowhere: there are none.
        self.show.apply(show::Event::Parts(self.beside.parts()), Now::default());
        self.show.apply(show::Event::News(SourceId(0), message.into()), Now::default());
        self.publish(|_| ());
    }

    /// Publishes a snapshot, and what a test makes of it.
    fn publish(&mut self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = self.show.snapshot(Now::default());
        snapshot.results.clone_from(&self.results);
        change(&mut snapshot);
        self.snapshots.send_replace(Arc::new(snapshot));
    }

    /// Publishes an address for phones, and waits until viewers get it.
    async fn publish_join(&mut self, address: &str) {
        self.publish(|snapshot| snapshot.join = Some(address.into()));
        self.get_until("/api/v1/snapshot", |answer| answer.json()["join"] == address).await;
    }

    /// Publishes the results of rounds with these numbers, and waits until viewers get them.
    async fn publish_results(&mut self, numbers: impl IntoIterator<Item = u32>) {
        let result = |number| result(number, "Vim or Emacs?", ["Vim", "Emacs"], [40, 24]);
        self.results = numbers.into_iter().map(|number| Arc::new(result(number))).collect();
        self.publish(|_| ());
        let count = self.results.len();
        let is_there = |answer: &Answer| answer.json().as_array().unwrap().len() == count;
        self.get_until("/api/v1/results", is_there).await;
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_with(path, "").await
    }

    async fn get_with(&self, path: &str, headers: &str) -> Answer {
        let (address, path, headers) = (self.address.clone(), path.to_owned(), headers.to_owned());
        spawn_blocking(move || http::get_with(&address, &path, &headers)).await.unwrap()
    }

    /// Asks until the answer is as expected; the publishing task has its own refresh.
    async fn get_until(&self, path: &str, good: impl Fn(&Answer) -> bool) -> Answer {
        let patience = Patience::new();
        loop {
            let answer = self.get(path).await;
            if good(&answer) {
                return answer;
            }
            patience.wait(path);
        }
    }

    /// The head of an answer. Its body, which may have no end, is not waited for.
    async fn head(&self, method: &str, path: &str, host: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let mut stream = tokio::net::TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(within(stream.read_u8(), path).await.unwrap());
        }
        let head = String::from_utf8(answer).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: Vec::new() }
    }
}

/// Waits for what should have happened by then.
async fn within<T>(future: impl Future<Output = T>, what: &str) -> T {
    let found = tokio::time::timeout(Duration::from_secs(40), future).await;
    found.unwrap_or_else(|_| panic!("{what} does not come"))
}

async fn listen(server: &Server) -> impl StreamExt<Item = serde_json::Value> + Unpin + use<> {
    let url = format!("ws://{}/api/v1/live", server.address);
    let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    Box::pin(socket.filter_map(|message| async {
        let Ok(Message::Text(text)) = message else { return None };
        Some(serde_json::from_str(&text).unwrap())
    }))
}

#[tokio::test]
async fn the_snapshot_has_the_public_shape() {
    let mut server = Server::start();
    server.post(1, 0);
    let answer =
        server.get_until("/api/v1/snapshot", |answer| !answer.json()["at"].is_null()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let expected = serde_json::json!({
        "seq": 2, "at": "1970-01-01T00:16:40.001Z", "title": "Tabs or spaces?", "phase": "open",
        "window_ms": 60000,
        "teams": [
            {"name": "Tabs", "hashtags": ["tabs", "teamtabs"], "color": "#ffb000",
             "votes": 1, "share": 1.0, "rate": 0.1, "total": 1},
            {"name": "Spaces", "hashtags": ["spaces"], "color": "#0050b0",
             "votes": 0, "share": 0.0, "rate": 0.0, "total": 0}],
        "leader": "Tabs",
        "posts": {"received": 1, "matched": 1, "unmatched": 0, "ignored": 0, "both": 0,
                  "duplicate": 0, "late": 0, "closed": 0, "revised": 0, "malformed": 0,
                  "dropped": 0},
        "sources": [], "recording": null, "journal": null,
        "vote": "latest", "reposts": "ignore", "evicted": {"posts": 0, "deletions": 0},
        "question": null, "round": null, "results": [], "sealed": [],
        "voices": {"phones": 0, "authors": 1}, "undo": null,
        "timer": null, "scene": "contest", "blackout": [], "join": null,
        "version": env!("CARGO_PKG_VERSION"), "outputs": [],
    });
    assert_eq!(answer.json(), expected);
}

/// A snapshot of a show that shows a pattern.
fn showing(pattern: Pattern) -> Arc<Snapshot> {
    let mut show = support::show(contest(), Vec::new());
    show.apply(show::Event::Order(Order::Pattern(pattern)), Now::default());
    Arc::new(show.snapshot(Now::default()))
}

/// An output whose device keeps up, with what it is shown.
fn output(pattern: Pattern) -> (Monitor, watch::Sender<Arc<Snapshot>>, JoinHandle<()>) {
    let strip = Strip {
        layout: Layout::plain(3),
        calibration: Calibration { order: colour::Order::GRB, ..Calibration::default() },
        budget: Budget { max_milliamps: 100 },
    };
    let (status, monitor) =
        hashtug::output::status::channel("strip", "memory", &strip, Encoding::Duty);
    let (snapshots_tx, snapshots) = watch::channel(showing(pattern));
    let refresh = Refresh { fps: 200, repeats: 0, keep_alive: None };
    let (told_tx, told) = std::sync::mpsc::sync_channel(100_000);
    let task = tokio::spawn(async move {
        let memory = Box::new(Memory::new(told_tx, refresh));
        led::run("strip", &strip, Encoding::Duty, memory, snapshots, status, Suspended::default())
            .await;
        drop(told);
    });
    (monitor, snapshots_tx, task)
}

#[tokio::test]
async fn outputs_say_how_they_are_doing() {
    let (monitor, snapshots, task) = output(Pattern::White);
    let mut server = Server::with(vec![monitor.clone()]);
    // 97 mA are left for 180 of channels at full: the limiter holds the light at half of it.
    let full = |milliamps: Option<u32>| milliamps.is_some_and(|milliamps| milliamps >= 99);
    let mut status = monitor.status.clone();
    status.wait_for(|status| full(status.milliamps) && status.limited).await.unwrap();
    server.post(1, 0);
    let answer =
        server.get_until("/api/v1/snapshot", |answer| answer.json()["seq"] == 2).await.json();
    let output = &answer["outputs"][0];
    assert_eq!(output["name"], "strip");
    assert_eq!((&output["kind"], &output["state"]), (&"memory".into(), &"live".into()));
    assert_eq!((&output["pixels"], &output["max_milliamps"]), (&3.into(), &100.into()));
    assert!((99..=100).contains(&output["milliamps"].as_u64().unwrap()), "{output}");
    assert_eq!((&output["limited"], &output["errors"]), (&true.into(), &0.into()));
    assert!(output["frames"].as_u64().unwrap() > 10, "{output}");
    let metrics = server.get("/metrics").await;
    for line in [
        "hashtug_output_state{output=\"strip\",state=\"live\"} 1",
        "hashtug_output_errors_total{output=\"strip\"} 0",
        "hashtug_output_frames_total{output=\"strip\",fate=\"sent\"} ",
    ] {
        assert!(metrics.text().contains(line), "{}", metrics.text());
    }
    drop(snapshots);
    task.await.unwrap();
    server.post(2, 0);
    let ended = |answer: &Answer| answer.json()["outputs"][0]["state"] == "ended";
    server.get_until("/api/v1/snapshot", ended).await;
}

#[tokio::test]
async fn what_an_output_sent_last_is_served_as_it_looks() {
    let (monitor, snapshots, task) = output(Pattern::Split);
    let server = Server::with(vec![monitor]);
    // Amber, both, blue as they look, though green comes first on the wire and each is rounded.
    let looks = |json: &serde_json::Value| {
        let rgb = json["strips"][0]["rgb"].as_str().unwrap().to_owned();
        rgb.starts_with("ffb000") && rgb.ends_with("004fb0")
    };
    let answer = server.get_until("/api/v1/strips", |answer| looks(&answer.json())).await;
    let json = answer.json();
    assert_eq!(json["strips"][0]["name"], "strip");
    assert_eq!(json["strips"][0]["rgb"].as_str().unwrap().len(), 18);
    // Who watches gets it at once, and then what is new.
    let url = format!("ws://{}/api/v1/strips/live", server.address);
    let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut strips = Box::pin(socket.filter_map(|message| async {
        let Ok(Message::Text(text)) = message else { return None };
        Some(serde_json::from_str::<serde_json::Value>(&text).unwrap())
    }));
    assert!(looks(&strips.next().await.unwrap()));
    snapshots.send_replace(showing(Pattern::Off));
    let dark = |json: &serde_json::Value| json["strips"][0]["rgb"] == "0".repeat(18);
    while !dark(&strips.next().await.unwrap()) {}
    drop(snapshots);
    task.await.unwrap();
    assert!(server.get_until("/api/v1/strips", |answer| dark(&answer.json())).await.status == 200);
}

#[tokio::test]
async fn a_new_viewer_gets_the_newest_snapshot_at_once_and_then_each_newer_one() {
    let mut server = Server::start();
    server.post(1, 0);
    server.get_until("/api/v1/snapshot", |answer| answer.json()["seq"] == 2).await;
    let mut viewer = listen(&server).await;
    assert_eq!(viewer.next().await.unwrap()["seq"], 2);
    server.post(2, 1);
    let newer = viewer.next().await.unwrap();
    assert_eq!((&newer["seq"], &newer["teams"][1]["votes"]), (&3.into(), &1.into()));
}

#[tokio::test]
async fn a_viewer_that_does_not_read_skips_and_holds_up_nobody() {
    let mut server = Server::start();
    // A peer with a small buffer, as a phone in a bag is.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.address.parse().unwrap()).await.unwrap();
    let url = format!("ws://{}/api/v1/live", server.address);
    let (mut slow, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    let mut quick = listen(&server).await;
    let last = 2000;
    for id in 1..=last {
        server.post(id, 0);
        // Each one reaches the quick viewer before the next is there.
        while quick.next().await.unwrap()["teams"][0]["votes"] != id {}
    }
    let mut seen = Vec::new();
    while seen.last() != Some(&last) {
        let message = slow.next().await.unwrap().unwrap();
        let snapshot: serde_json::Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        seen.push(snapshot["teams"][0]["votes"].as_u64().unwrap());
    }
    // What the system's buffers held, and then the newest.
    assert!(seen.len() < 200, "{} of {last}", seen.len());
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_takes_nothing_is_let_go() {
    let mut server = Server::start();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address.parse().unwrap()).await.unwrap();
    let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    // The clock is paused, and jumps on when everybody waits.
    for id in 1..1000 {
        server.post(id, 0);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // It was cut off in the middle, long before the last snapshot.
    let mut taken = Vec::new();
    let _reset = stream.read_to_end(&mut taken).await;
    let taken = String::from_utf8_lossy(&taken);
    assert!(taken.contains("\"votes\":1,") && !taken.contains("\"votes\":900,"), "{}", taken.len());
}

#[tokio::test]
async fn the_event_stream_carries_the_same_snapshots() {
    let mut server = Server::start();
    let mut stream = tokio::net::TcpStream::connect(&server.address).await.unwrap();
    let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    let mut buffer = vec![0; 4096];
    while said.matches("data: ").count() < 2 {
        let count = stream.read(&mut buffer).await.unwrap();
        assert_ne!(count, 0, "{said}");
        said += std::str::from_utf8(&buffer[..count]).unwrap();
        if said.matches("data: ").count() == 1 && server.show.now().is_none() {
            server.post(1, 0);
        }
    }
    assert!(said.contains("content-type: text/event-stream"));
    assert!(said.contains("\"seq\":1,") && said.contains("\"seq\":2,"), "{said}");
}

#[tokio::test]
async fn the_small_answers_are_right() {
    let mut server = Server::start();
    for (id, team) in [(1, 0), (2, 0), (3, 1)] {
        server.post(id, team);
    }
    let split = server.get_until("/api/v1/split.txt", |answer| answer.text() != "50.0\n").await;
    assert!(["100.0\n", "66.7\n"].contains(&split.text()));
    server.get_until("/api/v1/split.txt", |answer| answer.text() == "66.7\n").await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    let history = server.get("/api/v1/history").await.json();
    assert_eq!(history["step_ms"], 1000);
    assert_eq!(history["points"][0]["shares"].as_array().unwrap().len(), 2);
    let metrics = server.get("/metrics").await;
    assert!(metrics.text().contains("hashtug_messages_total{fate=\"matched\"} 3\n"));
    assert!(metrics.text().contains("hashtug_votes{team=\"Tabs\"} 2\n"));
    assert_eq!(server.get("/nothing").await.status, 404);
}

#[tokio::test]
async fn results_are_a_list_as_in_the_snapshot_and_rows_and_pictures() {
    let mut server = Server::start();
    assert_eq!(server.get("/api/v1/results").await.text(), "[]");
    server.publish_results([1, 2]).await;
    let list = server.get("/api/v1/results").await.json();
    assert_eq!(list, server.get("/api/v1/snapshot").await.json()["results"]);
    assert_eq!(list[1]["teams"][0]["share"], 0.625);
    let rows = server.get("/api/v1/results.csv").await;
    assert_eq!(rows.text().lines().count(), 1 + 2 * 2);
    let disposition = rows.header("content-disposition");
    assert_eq!(disposition, Some("attachment; filename=\"results.csv\""));
    for number in [1, 2] {
        let picture = server.get(&format!("/api/v1/results/{number}.svg")).await;
        assert_eq!(picture.status, 200);
        assert!(picture.text().contains(&format!(">The course of round {number}: Vim or Emacs?<")));
    }
    for path in ["/api/v1/results", "/api/v1/results.csv", "/api/v1/results/2.svg"] {
        let (full, head) =
            (server.get(path).await, server.head("HEAD", path, &server.address).await);
        assert_eq!(head.status, 200, "{path}");
        for name in ["content-type", "content-length", "cache-control", "content-disposition"] {
            assert_eq!(head.header(name), full.header(name), "{name} of {path}");
        }
        check_security(&head, path);
    }
}

#[tokio::test]
async fn a_picture_is_not_found_where_no_result_is_and_refused_while_it_is_sealed() {
    let mut server = Server::start();
    // Round 2 was left sealed, and round 4 is the one that is on.
    server.publish_results([1, 3]).await;
    let standing = async |server: &mut Server, phase| {
        let round = RoundStatus { number: 4, ..round() };
        server.publish(|snapshot| {
            snapshot.seq = 1000 + phase as u64;
            (snapshot.phase, snapshot.round) = (phase, Some(round));
        });
        let seq = 1000 + phase as u64;
        server.get_until("/api/v1/snapshot", |answer| answer.json()["seq"] == seq).await;
        let mut statuses = Vec::new();
        for number in 0..6 {
            statuses.push(server.get(&format!("/api/v1/results/{number}.svg")).await.status);
        }
        statuses
    };
    for phase in [Phase::Armed, Phase::Countdown, Phase::Open, Phase::Locked, Phase::Revealed] {
        let expected = [404, 200, 409, 200, 404, 404];
        assert_eq!(standing(&mut server, phase).await, expected, "{phase:?}");
    }
    assert_eq!(standing(&mut server, Phase::Sealed).await, [404, 200, 409, 200, 409, 404]);
    for name in
        ["", "1", ".svg", "01.svg", "+1.svg", "1.svg.svg", "1.png", "a.svg", "-1.svg", "1.SVG"]
    {
        let answer = server.get(&format!("/api/v1/results/{name}")).await;
        assert_eq!(answer.status, 404, "{name}");
    }
    let huge = server.get("/api/v1/results/99999999999999999999.svg").await;
    assert_eq!(huge.status, 404);
}

#[tokio::test]
async fn a_result_that_too_many_came_after_is_gone_and_not_sealed() {
    let mut server = Server::start();
    let most = u32::try_from(MAX_RESULTS).unwrap();
    // The third is sealed.
    server.publish_results((2..most + 3).filter(|number| *number != 3)).await;
    server.publish(|snapshot| {
        snapshot.seq = 1000;
        snapshot.round = Some(RoundStatus { number: most + 3, ..round() });
    });
    server.get_until("/api/v1/snapshot", |answer| answer.json()["seq"] == 1000).await;
    for (number, expected) in [(1, 404), (2, 200), (3, 409), (4, 200), (most + 3, 404)] {
        let answer = server.get(&format!("/api/v1/results/{number}.svg")).await;
        assert_eq!(answer.status, expected, "{number}");
    }
}

#[tokio::test]
async fn the_address_for_phones_is_a_code_where_there_is_one() {
    let mut server = Server::start();
    assert_eq!(server.get("/api/v1/join.svg").await.status, 404);
    server.publish_join("http://192.0.2.20:8081/").await;
    let one = server.get("/api/v1/join.svg").await;
    assert!(one.text().starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{}", one.text());
    server.publish_join("http://192.0.2.21:8081/").await;
    assert_ne!(server.get("/api/v1/join.svg").await.text(), one.text());
}

/// A round of which nothing is known.
fn round() -> RoundStatus {
    RoundStatus {
        number: 1,
        best_of: 1,
        wins: vec![0, 0],
        opened_at: None,
        ends_at: None,
        opens_in: None,
        left: None,
        length: None,
        since: None,
        counts: Counts::Round,
        paused: false,
        secret: true,
        hidden: true,
        grace: Duration::ZERO,
        held: 0,
        result: None,
    }
}

#[tokio::test]
async fn every_route_answers_as_the_table_says_under_a_policy_that_forbids_the_rest() {
    let mut server = Server::start();
    server.publish_results([1]).await;
    server.publish_join("http://192.0.2.20:8081/").await;
    for route in &ROUTES {
        let path = example(route);
        let answer = server.head(route.method.as_str(), &path, &server.address).await;
        check_security(&answer, &path);
        if route.class == Class::Operator {
            continue;
        }
        let Some((kind, kept)) = route.content.headers() else { continue };
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert_eq!(answer.header("cache-control"), Some(kept), "{path}");
    }
    let none = ["/nothing", "/stage/", "/assets/x/none.js", "/assets/x/index.html", "/api/v1"];
    let outside =
        ["/assets/x/../../Cargo.toml", "/assets/x/%2e%2e/Cargo.toml", "/assets/x//etc/a.js"];
    for path in none.into_iter().chain(outside) {
        let answer = server.head("GET", path, &server.address).await;
        check_security(&answer, path);
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn every_route_refuses_foreign_names_and_other_methods() {
    let server = Server::start();
    for route in &ROUTES {
        let path = example(route);
        // What a page of another site would send whose name points here.
        for host in ["evil.example", "127.0.0.1.evil.example:8080"] {
            let answer = server.head(route.method.as_str(), &path, host).await;
            check_security(&answer, &path);
            let status = if route.class == Class::Operator { 403 } else { 421 };
            assert_eq!(answer.status, status, "{path} for {host}");
        }
        for method in ["GET", "POST", "PUT", "DELETE"] {
            if method != route.method.as_str() {
                let answer = server.head(method, &path, &server.address).await;
                check_security(&answer, &path);
                assert_eq!(answer.status, 405, "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn every_socket_opens_for_own_pages_and_not_for_those_of_other_hosts() {
    let server = Server::start();
    let sockets = ROUTES.iter().filter(|route| route.content == Content::Socket);
    assert_eq!(sockets.clone().count(), 3);
    for route in sockets {
        let open = async |origin: &str| {
            let url = format!("ws://{}{}", server.address, route.path);
            let mut request = url.into_client_request().unwrap();
            request.headers_mut().insert("origin", origin.parse().unwrap());
            tokio_tungstenite::connect_async(request).await
        };
        assert!(open(&format!("http://{}", server.address)).await.is_ok(), "{}", route.path);
        for origin in ["https://evil.example", "null"] {
            let refused = open(origin).await.unwrap_err();
            assert!(refused.to_string().contains("403"), "{}: {refused}", route.path);
        }
    }
}

#[tokio::test]
async fn the_page_for_users_has_a_line_for_each_route_key_and_metric_and_for_no_other() {
    let routes: Vec<String> =
        ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(first_cells("Addresses"), routes);
    let (monitor, snapshots, task) = output(Pattern::White);
    let mut server = Server::with(vec![monitor.clone()]);
    let mut status = monitor.status.clone();
    status.wait_for(|status| status.milliamps.is_some()).await.unwrap();
    server.post(1, 0);
    server.get_until("/api/v1/snapshot", |answer| answer.json()["seq"] == 2).await;
    check_documented(&server.get("/api/v1/history").await.json(), "History");
    check_documented(&server.get("/api/v1/strips").await.json(), "Strips");
    // And what there is in a show with rounds and a journal.
    server.publish(|snapshot| {
        snapshot.round = Some(RoundStatus { number: 3, ..round() });
        snapshot.journal = Some(RecordingStatus {
            path: "friday.jsonl".into(),
            lines: 7,
            bytes: 0,
            lost: 0,
            state: RecordingState::On,
            error: None,
        });
    });
    let metrics =
        server.get_until("/metrics", |answer| answer.text().contains("hashtug_round 3\n")).await;
    assert!(metrics.text().contains("hashtug_phase{phase=\"open\"} 1\n"));
    assert!(metrics.text().contains("hashtug_journal_lines_total 7\n"));
    let names = metrics.text().lines().filter_map(|line| line.strip_prefix("# HELP "));
    let names: Vec<&str> = names.map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(first_cells("Metrics"), names);
    drop(snapshots);
    task.await.unwrap();
}

/// The first column of a table of `docs/api.md`.
fn first_cells(section: &str) -> Vec<String> {
    table(section).into_iter().map(|row| row[0].clone()).collect()
}

/// A path of a route, with something in the place of what varies.
fn example(route: &Route) -> String {
    route
        .path
        .replace("{version}", "x")
        .replace("{*name}", "shell/shell.css")
        .replace("{picture}", "1.svg")
}

#[track_caller]
fn check_security(answer: &Answer, path: &str) {
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
    assert!(!policy.contains("unsafe"), "{path}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
}

#[tokio::test]
async fn pages_name_files_that_are_there_and_kept_for_ever() {
    let server = Server::start();
    for page in ROUTES.iter().filter(|route| route.content == Content::Page) {
        if page.path == "/operate" && !support::path("web/operate.html").exists() {
            continue;
        }
        let html = server.get(page.path).await;
        let files: Vec<&str> =
            html.text().split('"').filter(|text| text.starts_with("/assets/")).collect();
        assert!(files.len() >= 2, "{files:?}");
        for file in files {
            let plain = server.get(file).await;
            assert_eq!(plain.status, 200, "{file}");
            assert!(plain.header("cache-control").unwrap().contains("immutable"), "{file}");
            let small = server.get_with(file, "Accept-Encoding: gzip\r\n").await;
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&*small.body).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, plain.body, "{file}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_sends_half_a_head_is_let_go() {
    let server = Server::start();
    for head in ["", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut stream = tokio::net::TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        // The clock is paused: it jumps to the next deadline when nobody has anything to do.
        let closed = tokio::time::timeout(Duration::from_secs(6), stream.read_to_end(&mut said));
        assert!(closed.await.is_ok(), "still open after 6 s: {head:?}");
    }
}

#[tokio::test]
async fn a_viewer_who_says_too_much_is_let_go() {
    /// Bytes of a message that is still read.
    const READ: usize = 4096;
    let mut server = Server::start();
    let url = format!("ws://{}/api/v1/live", server.address);
    let (mut viewer, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    assert!(viewer.next().await.unwrap().unwrap().is_text());
    // It may say something, which nobody listens to.
    viewer.send(Message::Text("x".repeat(READ).into())).await.unwrap();
    viewer.send(Message::Ping("still there?".into())).await.unwrap();
    let answer = within(viewer.next(), "the answer to a ping").await.unwrap().unwrap();
    assert_eq!(answer, Message::Pong("still there?".into()));
    server.post(1, 0);
    let newer = within(viewer.next(), "the next snapshot").await.unwrap().unwrap();
    assert!(newer.to_text().unwrap().starts_with("{\"seq\":2,"), "{newer}");
    // Nothing but its own message ends the connection: the show goes on, and so does the server.
    viewer.send(Message::Text("x".repeat(READ + 1).into())).await.unwrap();
    let gone = async { while let Some(Ok(_)) = viewer.next().await {} };
    within(gone, "the end of the connection").await;
    server.post(2, 0);
    assert_eq!(within(listen(&server).await.next(), "a snapshot").await.unwrap()["seq"], 3);
}

#[tokio::test]
async fn stopping_says_goodbye_and_ends_soon() {
    let server = Server::start();
    let url = format!("ws://{}/api/v1/live", server.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut idle = TcpStream::connect(&server.address).unwrap();
    idle.write_all(b"GET / HT").unwrap();
    server.stop.cancel();
    drop(server.snapshots);
    tokio::time::timeout(Duration::from_secs(2), server.task).await.expect("it ends").unwrap();
    let mut closed = false;
    while let Some(Ok(message)) = socket.next().await {
        closed |= matches!(message, Message::Close(_));
    }
    assert!(closed);
}
