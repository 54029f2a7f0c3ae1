//! Panics in the parts of a running show: each costs that part alone, for a moment, and is told and
//! counted. Who owns the count has no second life, which `dark` looks at.

use std::io::{BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use futures_util::StreamExt;
use hashtug::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::support::fake::jetstream::Jetstream;
use crate::support::fake::nostr::{Author, Relay};
use crate::support::fake::service::Service;
use crate::support::fake::x::{TOKEN, X};
use crate::support::http;
use crate::support::patience::{Finish, Limit, PATIENCE, found, until, within};
use crate::support::program::{Show, hashtug, kill};
use crate::support::receivers::Ddp;

const TEAMS: &str = "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\ncolor = \"#ff0000\"\n\
                     [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\ncolor = \"#0000ff\"\n\
                     [web]\nlisten = \"127.0.0.1:0\"\n";

/// A part that panics for the first time begins anew after this, as the log writes it.
const FIRST: &str = "it begins anew in 500.0ms";

/// A config in a folder of its own.
struct Rig {
    folder: TempDir,
}

impl Rig {
    fn new(parts: &str) -> Rig {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("config.toml"), format!("{TEAMS}{parts}")).unwrap();
        Rig { folder }
    }

    /// A show of a recording of these lines.
    fn replaying(lines: &str, keys: &str, parts: &str) -> Rig {
        let source = format!(
            "[[source]]\nname = \"rehearsal\"\nkind = \"replay\"\npath = \"posts.jsonl\"\n{keys}\n"
        );
        let rig = Rig::new(&format!("{source}{parts}"));
        std::fs::write(rig.folder.path().join("posts.jsonl"), lines).unwrap();
        rig
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = hashtug(arguments);
        command.current_dir(&self.folder).env("RUST_BACKTRACE", "0");
        command
    }

    /// Runs the show with a part that panics at SIGUSR1.
    fn run(&self, part: &str) -> Show {
        let mut command = self.command(&["run"]);
        command.env("HASHTUG_TEST_PANIC", part);
        Show::start(command)
    }

    /// Runs the show with a place in the code that panics.
    fn run_into(&self, place: &str) -> Show {
        let mut command = self.command(&["run"]);
        command.env("HASHTUG_TEST_PANIC_AT", place);
        Show::start(command)
    }
}

fn snapshot(show: &Show) -> Value {
    http::get(&show.address, "/api/v1/snapshot").json()
}

/// Waits for a snapshot that is as wanted.
#[track_caller]
fn shown(show: &Show, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    found(what, || Some(snapshot(show)).filter(|snapshot| wanted(snapshot)))
}

#[track_caller]
fn assert_metric(show: &Show, line: &str) {
    let metrics = http::get(&show.address, "/metrics");
    assert!(metrics.text().lines().any(|metric| metric == line), "{}", metrics.text());
}

/// Ends the show, and gives what it said.
#[track_caller]
fn end(mut show: Show) -> String {
    show.signal("-INT");
    let (code, said, _) = show.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("left behind"), "{said}");
    said
}

fn sky(server: &Jetstream) -> String {
    let endpoint = Jetstream::url(server.address);
    format!("[[source]]\nname = \"sky\"\nkind = \"bluesky\"\nendpoint = \"{endpoint}\"\n")
}

fn post(server: &Jetstream, name: &str) {
    server.post(Clock::from_wall().now().millis() * 1000, name, name, "tabs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_panics_is_told_and_counted_and_begins_anew_with_a_gap() {
    let server = Jetstream::start().await;
    block_in_place(|| {
        let rig = Rig::new(&sky(&server));
        let show = rig.run("source `sky`");
        shown(&show, "the source", |s| s["sources"][0]["state"] == "live");
        post(&server, "before");
        shown(&show, "the first post", |s| s["posts"]["matched"] == 1);
        show.signal("-USR1");
        let told = shown(&show, "the panic", |s| !s["sources"][0]["problem"].is_null());
        let problem = told["sources"][0]["problem"].as_str().unwrap();
        assert!(problem.starts_with("a bug has ended it") && problem.ends_with(FIRST), "{problem}");
        assert_eq!(told["sources"][0]["state"], "connecting");
        let back = shown(&show, "the source again", |s| s["sources"][0]["state"] == "live");
        let source = &back["sources"][0];
        assert_eq!((&source["panics"], &source["problem"]), (&1.into(), &Value::Null));
        assert_eq!(source["gap_count"], 1, "what came between is missing: {source}");
        assert!(source["gap_ms"].as_u64().unwrap() >= 500, "{source}");
        post(&server, "after");
        shown(&show, "the second post", |s| s["posts"]["matched"] == 2);
        assert_metric(&show, "hashtug_panics_total{part=\"source `sky`\"} 1");
        assert_metric(&show, "hashtug_panics_total{part=\"server\"} 0");
        let said = end(show);
        assert!(
            said.contains(&format!("source `sky` panicked: a test wants it; {FIRST}")),
            "{said}"
        );
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_makes_a_source_panic_is_counted_as_lost_and_no_other_is() {
    let server = Jetstream::start().await;
    block_in_place(|| {
        let rig = Rig::new(&sky(&server));
        let show = rig.run_into("message*1");
        shown(&show, "the source", |s| s["sources"][0]["state"] == "live");
        post(&server, "poison");
        let lives =
            |s: &Value| s["sources"][0]["state"] == "live" && s["sources"][0]["panics"] == 1;
        shown(&show, "the source again", lives);
        post(&server, "good");
        let posts = shown(&show, "the next", |s| s["posts"]["matched"] == 1)["posts"].clone();
        assert_eq!((&posts["dropped"], &posts["received"]), (&1.into(), &2.into()));
        end(show);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_panics_again_and_again_rests_and_the_show_goes_on() {
    let server = Jetstream::start().await;
    block_in_place(|| {
        let rig = Rig::replaying(
            "{\"at\":0,\"text\":\"#tabs\"}\n{\"at\":50,\"text\":\"#spaces\"}\n",
            "repeat = true",
            &sky(&server),
        );
        let show = rig.run("source `sky`");
        for panics in 1..=6 {
            shown(&show, "the source", |s| s["sources"][1]["state"] == "live");
            show.signal("-USR1");
            shown(&show, "the panic", |s| s["sources"][1]["panics"] == panics);
        }
        let rests = shown(&show, "the rest", |s| !s["sources"][1]["problem"].is_null());
        let problem = rests["sources"][1]["problem"].as_str().unwrap();
        // What is left of the minute.
        let (_, seconds) = problem.rsplit_once(" in ").unwrap();
        let seconds: f64 = seconds.trim_end_matches('s').parse().unwrap();
        assert!((2.0..60.0).contains(&seconds), "{problem}");
        let before = rests["posts"]["matched"].as_u64().unwrap();
        let more = |s: &Value| s["posts"]["matched"].as_u64().unwrap() > before + 2;
        let now = shown(&show, "more of the other source", more);
        assert_eq!(now["sources"][1]["state"], "connecting");
        assert_eq!(now["sources"][0]["panics"], 0);
        // Whatever waits for its turn can be stopped.
        end(show);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_one_relay_of_several_is_told_at_once() {
    let relays = [Relay::start().await, Relay::start().await];
    block_in_place(|| {
        let urls = relays.each_ref().map(|relay| Relay::url(relay.address));
        let source = format!(
            "[[source]]\nname = \"relays\"\nkind = \"nostr\"\nrelays = [\"{}\", \"{}\"]\n",
            urls[0], urls[1]
        );
        let rig = Rig::new(&source);
        let show = rig.run_into("message*1");
        shown(&show, "the source", |s| {
            s["sources"][0]["state"] == "live" && s["sources"][0]["problem"].is_null()
        });
        let at = Clock::from_wall().now().millis() / 1000;
        relays[0].publish(&Author::new(1).post(at, "tabs", "poison"));
        // One relay may say that it lives a moment before the other tells the gap of both.
        let lives = |s: &Value| {
            let source = &s["sources"][0];
            source["state"] == "live" && source["panics"] == 1 && source["gap_count"] != 0
        };
        let back = shown(&show, "the source again, and what it has missed", lives);
        assert_eq!(back["posts"]["dropped"], 1, "{back}");
        assert_eq!(back["sources"][0]["gap_count"], 1, "one gap for all relays: {back}");
        relays[1].publish(&Author::new(2).post(at, "tabs", "good"));
        shown(&show, "the next post", |s| s["posts"]["matched"].as_u64() > Some(0));
        end(show);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_go_on_from_where_they_were_when_their_source_panics() {
    let service = Service::start().await;
    block_in_place(|| {
        let source = format!(
            "[[source]]\nname = \"sums\"\nkind = \"websocket\"\nurl = \"ws://{}/socket\"\n\
             [source.map]\nnumbers = {{ Tabs = \"/left\", Spaces = \"/right\" }}\n",
            service.address
        );
        let rig = Rig::new(&source);
        let show = rig.run("source `sums`");
        shown(&show, "the source", |s| s["sources"][0]["state"] == "live");
        service.publish("{\"left\":1000,\"right\":0}".to_owned());
        service.publish("{\"left\":1003,\"right\":0}".to_owned());
        shown(&show, "three votes", |s| s["posts"]["matched"] == 3);
        show.signal("-USR1");
        let lives =
            |s: &Value| s["sources"][0]["state"] == "live" && s["sources"][0]["panics"] == 1;
        shown(&show, "the source again", lives);
        // What was given while it was not there counts too, and nothing twice.
        service.publish("{\"left\":1010,\"right\":1}".to_owned());
        let votes = shown(&show, "the next sums", |s| s["posts"]["received"].as_u64() > Some(10));
        assert_eq!(
            (&votes["teams"][0]["votes"], &votes["teams"][1]["votes"]),
            (&10.into(), &1.into())
        );
        end(show);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_posts_of_x_have_cost_is_not_given_back_by_a_panic() {
    let server = X::start().await;
    block_in_place(|| {
        let source = format!(
            "[[source]]\nname = \"x\"\nkind = \"x\"\nendpoint = \"{}\"\ntoken_env = \"TOKEN\"\n\
             max_posts = 3\n",
            X::url(server.address)
        );
        let rig = Rig::new(&source);
        let mut command = rig.command(&["run"]);
        command.env("HASHTUG_TEST_PANIC", "source `x`").env("TOKEN", TOKEN);
        let show = Show::start(command);
        shown(&show, "the source", |s| s["sources"][0]["state"] == "live");
        let post = |place: u64| {
            server.post(Clock::from_wall().now(), place, &place.to_string(), "tabs");
        };
        (0..2).for_each(post);
        shown(&show, "two posts", |s| s["posts"]["matched"] == 2);
        show.signal("-USR1");
        let lives =
            |s: &Value| s["sources"][0]["state"] == "live" && s["sources"][0]["panics"] == 1;
        shown(&show, "the source again", lives);
        post(2);
        let ended = shown(&show, "the end", |s| s["sources"][0]["state"] == "ended");
        assert_eq!(ended["posts"]["matched"], 3);
        let problem = ended["sources"][0]["problem"].as_str().unwrap();
        assert!(problem.contains("`max_posts`"), "{problem}");
        end(show);
    });
}

#[test]
fn a_recording_that_panics_goes_on_where_it_was_and_counts_each_post_once() {
    let posts = 60;
    // Without names: one that came again would count again.
    let line = |post: u32| format!("{{\"at\":{},\"text\":\"#tabs\"}}\n", post * 50);
    let lines: String = (0..posts).map(line).collect();
    let rig = Rig::replaying(&lines, "", "");
    let show = rig.run("source `rehearsal`");
    let total = |s: &Value| s["teams"][0]["total"].as_u64().unwrap();
    for panics in 1..=2 {
        shown(&show, "some posts", |s| total(s) >= 10 * panics);
        show.signal("-USR1");
        shown(&show, "the panic", |s| s["sources"][0]["panics"] == panics);
    }
    let last = shown(&show, "the end", |s| s["sources"][0]["state"] == "ended");
    assert_eq!((total(&last), &last["posts"]["received"]), (posts.into(), &posts.into()));
    assert_eq!(last["sources"][0]["problem"], Value::Null);
    end(show);
}

#[test]
fn a_line_that_a_recording_panics_over_is_lost_alone() {
    let line = |post: u32| {
        let word = if post == 7 { "panic-at-line" } else { "pull" };
        format!("{{\"at\":{},\"text\":\"{word} #tabs\"}}\n", post * 10)
    };
    let lines: String = (0..20).map(line).collect();
    for keys in ["", "speed = \"max\""] {
        let rig = Rig::replaying(&lines, keys, "");
        let show = rig.run_into("panic-at-line");
        let last = shown(&show, "the end", |s| s["sources"][0]["state"] == "ended");
        assert_eq!((&last["posts"]["matched"], &last["posts"]["dropped"]), (&19.into(), &1.into()));
        assert_eq!(last["sources"][0]["panics"], 1);
        end(show);
    }
}

/// A display on this machine, and its keys.
fn display(name: &str) -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = socket.local_addr().unwrap().port();
    let keys = format!(
        "[[output]]\nname = \"{name}\"\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         pixels = 20\n"
    );
    (socket, keys)
}

/// The next frame that a display shows. One that is sent anew counts its packets from the start.
fn frame(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).expect("a packet comes");
    let mut display = Ddp::default();
    display.take(&buffer[..length]);
    display.shown.pop().expect("a packet is a frame").1
}

fn is_dark(frame: &[u8]) -> bool {
    frame.iter().all(|&byte| byte == 0)
}

const PULL: &str = "{\"at\":0,\"text\":\"#tabs\"}\n{\"at\":40,\"text\":\"#spaces\"}\n";

#[test]
fn the_lights_of_an_output_that_panics_are_dark_until_it_begins_anew_and_others_shine_on() {
    let ((wall, wall_keys), (stage, stage_keys)) = (display("wall"), display("stage"));
    let rig = Rig::replaying(PULL, "repeat = true", &format!("{wall_keys}{stage_keys}"));
    let show = rig.run("output `wall`");
    until("light", || !is_dark(&frame(&wall)));
    until("light beside it", || !is_dark(&frame(&stage)));
    show.signal("-USR1");
    until("the dark", || is_dark(&frame(&wall)));
    let told = shown(&show, "the panic", |s| s["outputs"][0]["panics"] == 1);
    // It may be back by now; the log says what was shown.
    assert!(
        ["failing", "opening", "live"].contains(&told["outputs"][0]["state"].as_str().unwrap())
    );
    until("light again", || !is_dark(&frame(&wall)));
    let back = shown(&show, "the output again", |s| s["outputs"][0]["state"] == "live");
    assert_eq!(back["outputs"][0]["error"], Value::Null);
    assert_metric(&show, "hashtug_panics_total{part=\"output `wall`\"} 1");
    // What has come to the other one in all that time, up to now.
    stage.set_nonblocking(true).unwrap();
    let mut buffer = [0; 2048];
    while let Ok(length) = stage.recv(&mut buffer) {
        assert!(!is_dark(&buffer[10..length]), "the other one was dark too");
    }
    let said = end(show);
    assert!(said.contains(&format!("output `wall` panicked: a test wants it; {FIRST}")), "{said}");
}

#[test]
fn an_output_that_panics_over_each_frame_stays_dark_and_no_reason_to_start_the_show_anew() {
    let (wall, keys) = display("wall");
    let rig = Rig::replaying(PULL, "repeat = true", &keys);
    let address = rig.folder.path().join("notify");
    let manager = UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = rig.command(&["run"]);
    command.env("HASHTUG_TEST_PANIC_AT", "frame");
    command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "4000000");
    let show = Show::start(command);
    let rests = shown(&show, "the rest", |s| s["outputs"][0]["panics"] == 6);
    assert_eq!(rests["outputs"][0]["state"], "failing");
    let error = rests["outputs"][0]["error"].as_str().unwrap();
    assert!(error.starts_with("a bug has ended it"), "{error}");
    // Twice: it was not the last sign of a life that is over.
    let signs = || {
        let mut buffer = [0; 64];
        while manager.recv(&mut buffer).is_ok_and(|length| &buffer[..length] != b"WATCHDOG=1\n") {}
        buffer.starts_with(b"WATCHDOG=1")
    };
    while manager.set_nonblocking(true).is_ok() && manager.recv(&mut [0; 64]).is_ok() {}
    manager.set_nonblocking(false).unwrap();
    assert!(signs() && signs());
    let before = rests["posts"]["matched"].as_u64().unwrap();
    shown(&show, "more posts", |s| s["posts"]["matched"].as_u64().unwrap() > before);
    let said = end(show);
    assert!(!said.contains("no sign of life"), "{said}");
    assert_eq!(said.matches("output `wall` panicked").count(), 6, "{said}");
    wall.set_nonblocking(true).unwrap();
    let mut buffer = [0; 2048];
    while let Ok(length) = wall.recv(&mut buffer) {
        assert!(is_dark(&buffer[10..length]), "a light without a frame loop");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_back_after_a_panic_of_their_server_and_sockets_stay() {
    let rig = Rig::replaying(PULL, "repeat = true", "");
    let show = block_in_place(|| rig.run("server"));
    let url = format!("ws://{}/api/v1/live", show.address);
    let (mut viewer, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let first = within("a snapshot", viewer.next()).await.unwrap().unwrap();
    assert!(first.is_text());
    show.signal("-USR1");
    let count = |what| {
        found(what, || {
            let stream = std::net::TcpStream::connect(&show.address).ok()?;
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let host = &show.address;
            let request =
                format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            (&stream).write_all(request.as_bytes()).ok()?;
            let mut answer = String::new();
            // One that was accepted by the life before has no answer.
            std::io::Read::read_to_string(&mut &stream, &mut answer).ok()?;
            answer.contains("hashtug_panics_total{part=\"server\"} 1").then_some(())
        });
    };
    block_in_place(|| count("the pages"));
    let newer = within("a newer snapshot", viewer.next()).await.unwrap().unwrap();
    assert!(newer.is_text(), "{newer}");
    block_in_place(|| {
        let history = http::get(&show.address, "/api/v1/history").json();
        assert!(!history["points"].as_array().unwrap().is_empty(), "{history}");
        end(show);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_whose_task_panics_is_lost_alone_and_counted() {
    let rig = Rig::replaying(PULL, "repeat = true", "");
    let show = block_in_place(|| rig.run_into("viewer*3"));
    let url = format!("ws://{}/api/v1/live", show.address);
    for _ in 0..3 {
        let (mut lost, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        let message = within("the end", lost.next()).await;
        assert!(!matches!(message, Some(Ok(_))), "{message:?}");
    }
    let (mut viewer, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    for _ in 0..3 {
        assert!(within("a snapshot", viewer.next()).await.unwrap().unwrap().is_text());
    }
    block_in_place(|| {
        assert_metric(&show, "hashtug_viewers_lost_total 3");
        assert_metric(&show, "hashtug_panics_total{part=\"server\"} 0");
        let said = end(show);
        // The first, the second, the fourth and so on.
        assert_eq!(said.matches("a visitor was lost to a panic").count(), 2, "{said}");
    });
}

#[test]
fn a_watchdog_that_panics_begins_anew_before_the_manager_misses_it() {
    let rig = Rig::replaying(PULL, "repeat = true", "");
    let address = rig.folder.path().join("notify");
    let manager = UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = rig.command(&["run"]);
    command.env("HASHTUG_TEST_PANIC", "watchdog");
    command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "4000000");
    let show = Show::start(command);
    let heard = |wanted: &[u8]| {
        let mut buffer = [0; 64];
        found("a word to the manager", || {
            let length = manager.recv(&mut buffer).expect("the manager hears of it");
            (&buffer[..length] == wanted).then_some(())
        });
    };
    heard(b"WATCHDOG=1\n");
    show.signal("-USR1");
    // It says that it is there, as a program that was started anew does.
    heard(b"READY=1\n");
    heard(b"WATCHDOG=1\n");
    end(show);
}

#[test]
fn the_keys_of_a_timer_work_on_after_a_panic_of_their_reader() {
    let rig = Rig::new("");
    let mut command = rig.command(&["timer", "5m"]);
    command.env("HASHTUG_TEST_PANIC", "timer");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut timer = command.spawn().unwrap();
    let _limit = Limit::of(&timer);
    let mut keys = timer.stdin.take().unwrap();
    let mut stderr = BufReader::new(timer.stderr.take().unwrap());
    let mut wait_for = |what: &str| {
        let mut said = String::new();
        while !said.contains(what) {
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "`{what}` is missing in {said}");
        }
    };
    keys.write_all(b"+\n").unwrap();
    wait_for("of 6:00 left");
    kill("-USR1", timer.id());
    wait_for("timer panicked: a test wants it");
    keys.write_all(b"+\n").unwrap();
    wait_for("of 7:00 left");
    keys.write_all(b"q\n").unwrap();
    assert_eq!(timer.wait().unwrap().code(), Some(0));
}

#[test]
fn a_recorder_that_panics_says_that_the_recording_has_ended_and_the_show_goes_on() {
    let rig = Rig::replaying(PULL, "repeat = true", "");
    let mut command = rig.command(&["record", "out.jsonl"]);
    command.env("HASHTUG_TEST_PANIC_AT", "record");
    let mut show = Show::start(command);
    let ended = shown(&show, "the end of it", |s| s["recording"]["state"] == "failed");
    let error = ended["recording"]["error"].as_str().unwrap();
    assert!(error.starts_with("a bug has ended it"), "{error}");
    let before = ended["posts"]["matched"].as_u64().unwrap();
    shown(&show, "more posts", |s| s["posts"]["matched"].as_u64().unwrap() > before);
    show.signal("-INT");
    let (code, said, _) = show.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the recording stopped before the show"), "{said}");
    let broken = rig.command(&["tally", "out.jsonl"]).finish();
    assert!(broken.status.code().is_some(), "what there is can be read or is nothing");
}
