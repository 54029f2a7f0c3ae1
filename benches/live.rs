//! A flood through a live source, and posts that come alone: the program itself, fed by a server that
//! sends Jetstream's events at a set rate, of which one in a hundred names a team, or one at a time.
//!
//! Prints for each rate what a core was busy with the program, what it held in memory, what was
//! dropped, and how old the newest count was when a viewer got it: the time since the oldest post
//! was sent that it does not hold. Then for single posts, each after a quiet second or as many as
//! `HASHTUG_QUIET` says: how many were in the first snapshot that a viewer got after they were sent, and
//! how long after; half of them within 2 ms. Both ends run on one machine, so that figures mean something only
//! beside each other. `HASHTUG_SECONDS` is how long each rate lasts, 10 unless it says otherwise.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says so by failing")]
#![expect(clippy::print_stdout, reason = "this is what it is for")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;

/// Messages a second.
const RATES: [u64; 3] = [500, 5_000, 50_000];

/// One in so many names a team.
const MATCHING: u64 = 100;

/// The server sends what is due so often.
const BEAT: Duration = Duration::from_millis(2);

/// When each matching post was sent, as far as no viewer has seen it counted.
type Sent = Arc<Mutex<VecDeque<(u64, Instant)>>>;

fn main() {
    // `cargo test` runs benches as well, and wants none of this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let seconds = std::env::var("HASHTUG_SECONDS").ok().and_then(|text| text.parse().ok());
    let span = Duration::from_secs(seconds.unwrap_or(10));
    println!("rate/s   received/s  matched  dropped  core %   MB  age ms: median  99 %   max");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for rate in RATES {
        runtime.block_on(measure(rate, span));
    }
    let quiet = std::env::var("HASHTUG_QUIET").ok().and_then(|text| text.parse().ok());
    runtime.block_on(measure_lone_posts(Duration::from_secs(quiet.unwrap_or(1))));
}

/// Single posts that are sent.
const LONE_POSTS: u64 = 50;

/// A post that comes alone is on its way to viewers after this, in the median.
const LONE_BUDGET: Duration = Duration::from_millis(2);

/// The program, with a source that connects to `listener`.
fn start(folder: &tempfile::TempDir, listener: &TcpListener) -> Program {
    let port = listener.local_addr().unwrap().port();
    let config = folder.path().join("config.toml");
    std::fs::write(
        &config,
        format!(
            "[contest]\nvote = \"every\"\n[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
             [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n[[source]]\nkind = \"bluesky\"\n\
             endpoint = \"ws://127.0.0.1:{port}/subscribe\"\n[web]\nlisten = \"127.0.0.1:0\"\n"
        ),
    )
    .unwrap();
    Program::start(&config)
}

async fn measure_lone_posts(quiet: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = start(&folder, &listener);
    let (stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut server = tokio_tungstenite::accept_async(stream).await.unwrap();
    let url = format!("ws://{}/api/v1/live", program.address);
    let (mut viewer, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut ages = Vec::new();
    let mut in_first = 0;
    for number in 1..=LONE_POSTS {
        // Not in step with anything that the program does each second.
        let pause = quiet + Duration::from_millis(number * 37 % 1000);
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                // Both are read meanwhile: pings are answered, and no snapshot waits.
                _ = server.next() => {}
                _ = viewer.next() => {}
                () = &mut over => break,
            }
        }
        let sent = Instant::now();
        server.send(Message::text(event(number, true))).await.unwrap();
        let mut snapshots = 0;
        loop {
            let message = tokio::select! {
                _ = server.next() => continue,
                message = viewer.next() => message.unwrap().unwrap(),
            };
            let Message::Text(text) = message else { continue };
            let age = sent.elapsed();
            let snapshot: serde_json::Value = serde_json::from_str(&text).unwrap();
            snapshots += 1;
            if snapshot["posts"]["matched"].as_u64().unwrap() == number {
                ages.push(age);
                in_first += u64::from(snapshots == 1);
                break;
            }
        }
    }
    ages.sort_unstable();
    let age = |percent: usize| ages[(ages.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    let verdict = if ages[ages.len() / 2] <= LONE_BUDGET { "" } else { ", which is too late" };
    println!(
        "lone posts after {quiet:?}: {in_first} of {LONE_POSTS} in the first snapshot, age ms: \
         median {:.2}{verdict}, 90 % {:.2}, max {:.2}",
        age(50),
        age(90),
        age(100),
    );
}

async fn measure(rate: u64, span: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sent: Sent = Arc::default();
    let (done_tx, done_rx) = oneshot::channel();
    let folder = tempfile::tempdir().unwrap();
    let program = start(&folder, &listener);
    let flood = tokio::spawn(flood(listener, rate, span, Arc::clone(&sent), done_tx));
    let url = format!("ws://{}/api/v1/live", program.address);
    let (mut viewer, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut ages = Vec::new();
    let (start, busy) = (Instant::now(), program.busy());
    let mut done = done_rx;
    let mut over = false;
    // A moment more than the flood, for what is on its way.
    let last = loop {
        let message = tokio::select! {
            message = viewer.next() => message.unwrap().unwrap(),
            _ = &mut done, if !over => { over = true; continue }
        };
        let Message::Text(text) = message else { continue };
        let last: serde_json::Value = serde_json::from_str(&text).unwrap();
        let counted = last["posts"]["matched"].as_u64().unwrap();
        let mut sent = sent.lock().unwrap();
        while sent.front().is_some_and(|&(number, _)| number <= counted) {
            sent.pop_front();
        }
        ages.push(sent.front().map_or(Duration::ZERO, |(_, at)| at.elapsed()));
        if over && sent.is_empty() {
            break last;
        }
    };
    let core = program.busy().saturating_sub(busy).as_secs_f64() / start.elapsed().as_secs_f64();
    let received = last["posts"]["received"].as_u64().unwrap();
    ages.sort_unstable();
    let age = |percent: usize| ages[(ages.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!(
        "{rate:6}  {:10.0} {:8} {:8} {:7.2} {:4} {:15.1} {:5.1} {:5.1}",
        received as f64 / span.as_secs_f64(),
        last["posts"]["matched"],
        last["posts"]["dropped"],
        core * 100.0,
        program.resident() >> 20,
        age(50),
        age(99),
        age(100),
    );
    // The flood ends when nobody reads it any more.
    drop(program);
    flood.await.unwrap();
}

/// Sends events to the first who subscribes.
async fn flood(
    listener: TcpListener,
    rate: u64,
    span: Duration,
    sent: Sent,
    done: oneshot::Sender<()>,
) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let start = Instant::now();
    let (mut number, mut matching) = (0, 0);
    let mut beat = tokio::time::interval(BEAT);
    while start.elapsed() < span {
        tokio::select! {
            _ = beat.tick() => {}
            // Reading is what answers pings.
            _ = socket.next() => continue,
        }
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap();
        let due = micros * rate / 1_000_000;
        while number < due {
            number += 1;
            let names_team = number % MATCHING == 0;
            if names_team {
                matching += 1;
                sent.lock().unwrap().push_back((matching, Instant::now()));
            }
            socket.feed(Message::text(event(number, names_team))).await.unwrap();
        }
        socket.flush().await.unwrap();
    }
    let _nobody_waits = done.send(());
    // Until the viewer has seen the last post counted, and the program is stopped.
    while let Some(Ok(_)) = socket.next().await {}
}

/// A post of about seven hundred bytes.
fn event(number: u64, names_team: bool) -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let tag = match (names_team, number % 2) {
        (false, _) => "weather",
        (true, 0) => "tabs",
        (true, _) => "spaces",
    };
    format!(
        "{{\"did\":\"did:plc:{author:024}\",\"time_us\":{time},\"kind\":\"commit\",\"commit\":{{\"rev\":\"3n2ts56j3vl3v\",\
         \"operation\":\"create\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\"{number:013}\",\"record\":{{\
         \"$type\":\"app.bsky.feed.post\",\"createdAt\":\"2026-11-21T19:04:04.645Z\",\"facets\":[{{\"$type\":\
         \"app.bsky.richtext.facet\",\"features\":[{{\"$type\":\"app.bsky.richtext.facet#tag\",\"tag\":\"{tag}\"}}],\
         \"index\":{{\"byteStart\":35,\"byteEnd\":40}}}}],\"langs\":[\"en\"],\"text\":\"Waiting for the lift, and \
         thinking of the rope that hangs in the hall, and of who will pull it when the doors open: #{tag}\"}},\
         \"cid\":\"bafyrei5ovwq3o5hit567u35esfk72qdwgix7o4r27hgqbtz2rtx6m4gdza\"}}}}",
        author = number % 100_000,
        time = since.as_micros(),
    )
}

/// The running program.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start(config: &std::path::Path) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hashtug"))
            .args(["run", "-c"])
            .arg(config)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "the program ended");
            if let Some((_, address)) = line.trim_end().split_once("pages on http://") {
                break address.trim_end_matches('/').to_owned();
            }
        };
        // What it says is of use to whoever measures.
        std::thread::spawn(move || {
            let _closed = std::io::copy(&mut stderr, &mut std::io::stderr());
        });
        Program { child, address }
    }

    /// The time that a core was busy with it.
    fn busy(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit_once(") ").unwrap().1;
        let fields: Vec<&str> = after_name.split(' ').collect();
        // User and system time in hundredths of a second (proc(5), fields 14 and 15).
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Bytes in memory.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
        let _closed = std::io::stdout().flush();
    }
}
