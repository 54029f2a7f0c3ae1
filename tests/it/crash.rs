//! `kill -9` in the middle of an evening: it is started again, and everything is where it was.
//!
//! Instants and commands are drawn from a seed. One kill in two falls in the middle of posts: what is
//! there afterwards is no older than the journal promises, and none of it is made up. The other falls
//! when all is written: then all of it is there, and a command from before is taken back exactly.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::fake::service::Service;
use crate::support::http::{Answer, request};
use crate::support::patience::{Finish, PATIENCE, found, is_timed, joined, until};
use crate::support::program::{Show, TEAMS, hashtug};
use crate::support::{has, left_out};

/// What a killed show may lose, and what a busy machine may take longer for it.
const LOST: Duration = Duration::from_millis(250);
const LOST_WHEN_BUSY: Duration = Duration::from_secs(5);

/// By how much the time left may differ, also on a busy machine.
const NEAR: Duration = Duration::from_millis(500);

/// Is in each line of a post, and in no other.
const POST: &str = "\"author\":";

/// Commands that can be taken back.
const MAX_STEPS: u64 = 20;

/// People who post.
const AUTHORS: u64 = 97;

const ROUND: &str =
    "[round]\nlength = \"60s\"\ncountdown = \"1s\"\ngrace = \"1s\"\nsecret = true\n";

const QUESTIONS: &str = r#"
[[question]]
title = "Tabs or spaces?"
[[question.team]]
name = "Tabs"
hashtags = ["tabs"]
[[question.team]]
name = "Spaces"
hashtags = ["spaces"]
[[question]]
title = "Vim or Emacs?"
[[question.team]]
name = "Vim"
hashtags = ["vim", "tabs"]
[[question.team]]
name = "Emacs"
hashtags = ["emacs", "spaces"]
[[question]]
title = "Tea or coffee?"
[[question.team]]
name = "Tea"
hashtags = ["tea", "tabs"]
[[question.team]]
name = "Coffee"
hashtags = ["coffee", "spaces"]
"#;

/// A service that brings posts, and what the show of it leaves behind.
struct Hall {
    folder: TempDir,
    service: Arc<Service>,
    posts: Arc<AtomicU64>,
    _runtime: Runtime,
}

impl Hall {
    fn new(config: &str) -> Hall {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let service = Arc::new(runtime.block_on(Service::start()));
        let folder = TempDir::new().unwrap();
        let source = format!(
            "[[source]]\nname = \"hall\"\nkind = \"websocket\"\nurl = \"ws://{}/socket\"\n\
             [source.map]\ntext = \"/data/body\"\nid = \"/data/key\"\nauthor = \"/data/user/name\"\n",
            service.address
        );
        let text = format!(
            "[show]\njournal = \"friday.jsonl\"\n[web]\nlisten = \"127.0.0.1:0\"\n{config}{source}"
        );
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        Hall { folder, service, posts: Arc::default(), _runtime: runtime }
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("friday.jsonl")
    }

    /// How many lines of the journal have this in them.
    fn lines_with(&self, text: &str) -> usize {
        let journal = std::fs::read(self.journal()).unwrap_or_default();
        String::from_utf8_lossy(&journal).lines().filter(|line| line.contains(text)).count()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = hashtug(arguments);
        command.env("XDG_RUNTIME_DIR", self.folder.path()).stdout(Stdio::null());
        command
            .current_dir(self.folder.path())
            .arg("-c")
            .arg(self.folder.path().join("config.toml"));
        command
    }

    /// Starts the show, and waits until it hears posts.
    fn start(&self) -> Life {
        self.start_by(&["run"])
    }

    fn start_by(&self, arguments: &[&str]) -> Life {
        self.live(Show::start(self.command(arguments)))
    }

    /// A show that was started, once it hears posts.
    fn live(&self, show: Show) -> Life {
        let life = Life::of(&self.journal(), show);
        life.until("the source", |s| s["sources"][0]["state"] == "live");
        life
    }

    /// A post of an author who is of one team all evening.
    fn post(&self) {
        post(&self.service, &self.posts);
    }

    /// Posts from a thread, until it is told to stop.
    fn keep_posting(&self) -> (Arc<AtomicBool>, JoinHandle<()>) {
        let stop = Arc::new(AtomicBool::new(false));
        let (service, posts) = (Arc::clone(&self.service), Arc::clone(&self.posts));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                post(&service, &posts);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        (stop, thread)
    }
}

fn post(service: &Service, posts: &AtomicU64) {
    let number = posts.fetch_add(1, Ordering::Relaxed);
    publish(service, number, number * 7 % AUTHORS);
}

fn publish(service: &Service, number: u64, author: u64) {
    let hashtag = if author.is_multiple_of(3) { "#tabs" } else { "#spaces" };
    service.post(&format!("post {number}"), &format!("author {author}"), hashtag);
}

/// A show from one start to one kill.
pub(crate) struct Life {
    pub(crate) show: Show,
    key: String,
}

impl Life {
    /// That of a show with this journal.
    pub(crate) fn of(journal: &Path, show: Show) -> Life {
        let key = std::fs::read_to_string(journal.with_extension("jsonl.key")).unwrap();
        let key: Value = serde_json::from_str(&key).unwrap();
        Life { show, key: key["operator"].as_str().unwrap().to_owned() }
    }

    fn peek(&self) -> Option<Value> {
        peek(&self.show.address, &self.key)
    }

    pub(crate) fn now(&self) -> Value {
        self.peek().expect("the show answers")
    }

    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        found(what, || self.peek().filter(|snapshot| is_so(snapshot)))
    }

    fn order(&self, command: &Value) -> Answer {
        let (address, key, body) = (&self.show.address, &self.key, command.to_string());
        request(
            address,
            &format!(
                "POST /api/v1/operate HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            ),
        )
    }

    #[track_caller]
    pub(crate) fn done(&self, command: &Value) {
        let answer = self.order(command);
        assert_eq!(answer.status, 200, "{command}: {answer:?}");
    }

    pub(crate) fn kill(mut self) {
        self.show.child.kill().unwrap();
        self.show.child.wait().unwrap();
    }
}

/// What an operator is shown, if the show is there.
fn peek(address: &str, key: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!(
        "GET /api/v1/operate/snapshot HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "the old key works: {answer:?}");
    serde_json::from_slice(&answer[body..]).ok()
}

/// All that is kept, and does not depend on the time.
fn kept(snapshot: &Value) -> Value {
    let mut kept = json!({});
    for key in ["phase", "question", "results", "undo", "voices", "posts"] {
        kept[key] = snapshot[key].clone();
    }
    let teams = snapshot["teams"].as_array().unwrap();
    let votes = teams.iter().map(|team| json!([team["name"], team["votes"], team["total"]]));
    kept["teams"] = votes.collect();
    for key in ["number", "wins", "paused", "secret", "hidden", "held", "result"] {
        kept["round"][key] = snapshot["round"][key].clone();
    }
    kept
}

/// What commands and the clock have made of the evening, but for posts.
fn place(snapshot: &Value) -> Value {
    let round = &snapshot["round"];
    json!([
        snapshot["phase"],
        snapshot["question"]["number"],
        round["number"],
        round["paused"],
        snapshot["undo"],
        snapshot["results"].as_array().map(Vec::len)
    ])
}

fn received(snapshot: &Value) -> u64 {
    snapshot["posts"]["received"].as_u64().unwrap()
}

/// Numbers in an order that is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    /// A command that may be given in this phase.
    fn command(&mut self, snapshot: &Value) -> Value {
        let has_result = !snapshot["round"]["result"].is_null();
        match (snapshot["phase"].as_str().unwrap(), self.below(4)) {
            ("countdown" | "open", 0) if snapshot["round"]["paused"] == false => {
                json!({"command": "pause"})
            }
            ("open", 1) => json!({"command": "add_time", "seconds": 7}),
            ("sealed" | "revealed", 1) if has_result => json!({"command": "reset"}),
            (_, 2) if snapshot["undo"]["steps"].as_u64() > Some(0) => json!({"command": "undo"}),
            ("revealed", _) => {
                json!({"command": "arm", "question": 1 + self.below(3)})
            }
            _ => json!({"command": "next"}),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "processes have clocks of their own")]
fn instant() -> Instant {
    Instant::now()
}

fn wall() -> i64 {
    let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since_1970.as_millis()).unwrap()
}

/// How long the show that was killed at `killed` still had then.
fn left_at(snapshot: &Value, killed: i64) -> Option<i64> {
    let left = snapshot["round"]["left_ms"].as_i64()?;
    let at = snapshot["at"].as_str()?;
    let at = hashtug::timestamp::Timestamp::parse_rfc3339(at).unwrap().millis();
    let runs = snapshot["phase"] == "open" && snapshot["round"]["paused"] == false;
    Some(if runs { left - (killed - at) } else { left })
}

/// The time left goes on from where it was, at a restart that began at `started`.
#[track_caller]
fn check_time_left(last: &Value, killed: i64, started: i64, first: &Value, what: &str) {
    if (&last["phase"], &first["phase"]) != (&json!("open"), &json!("open"))
        || last["round"]["number"] != first["round"]["number"]
    {
        return;
    }
    let (Some(before), Some(after)) = (left_at(last, killed), first["round"]["left_ms"].as_i64())
    else {
        return;
    };
    let running = (wall() - started).max(0);
    let near = if is_timed() { LOST } else { NEAR };
    let near = i64::try_from(near.as_millis()).unwrap();
    assert!(
        after <= before + near && after >= before - near - running,
        "{what}: {before} ms were left, and {after} ms are after {running} ms"
    );
}

/// An evening with that many kills.
fn killed(kills: u64, seed: u64) {
    let hall = Hall::new(&format!("{ROUND}{QUESTIONS}"));
    let mut random = Random(seed);
    let mut life = hall.start();
    let key = life.key.clone();
    for kill in 0..kills {
        let what = format!("seed {seed}, kill {kill}");
        assert_eq!(life.key, key, "{what}");
        life = if kill % 2 == 0 {
            killed_among_posts(&hall, life, &mut random, &what)
        } else {
            killed_at_rest(&hall, life, &mut random, &what)
        };
    }
    let last = life.now();
    life.kill();
    let verified = hall.verify();
    assert!(verified.0, "{}\n{last}", verified.1);
}

impl Hall {
    /// The end of the journal, without posts.
    fn story(&self) -> String {
        let journal = std::fs::read_to_string(self.journal()).unwrap();
        let is_post = |line: &str| line.contains("\"id\":") || line.contains("\"note\":\"time\"");
        let lines: Vec<&str> = journal.lines().filter(|line| !is_post(line)).collect();
        lines[lines.len().saturating_sub(30)..].iter().flat_map(|line| ["\n", line]).collect()
    }

    fn verify(&self) -> (bool, String) {
        let path = self.journal();
        let output = hashtug(&["verify", path.to_str().unwrap()]).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

fn killed_among_posts(hall: &Hall, life: Life, random: &mut Random, what: &str) -> Life {
    let (address, key) = (life.show.address.clone(), life.key.clone());
    let watch = std::thread::spawn(move || {
        let mut seen: Vec<(Instant, Value)> = Vec::new();
        while let Some(snapshot) = peek(&address, &key) {
            seen.push((instant(), snapshot));
        }
        seen
    });
    let (stop, posting) = hall.keep_posting();
    let mut after = Vec::new();
    for _ in 0..=random.below(2) {
        std::thread::sleep(Duration::from_millis(random.below(400)));
        let _may_be_refused = life.order(&random.command(&life.now()));
        after.push((instant(), life.now()));
    }
    std::thread::sleep(Duration::from_millis(random.below(600)));
    let (at, killed) = (instant(), wall());
    life.kill();
    stop.store(true, Ordering::Relaxed);
    joined("the end of the posts", posting);
    let mut seen = joined("the end of the snapshots", watch);
    seen.extend(after);
    seen.sort_by_key(|(_, snapshot)| snapshot["seq"].as_u64());
    let started = wall();
    let life = hall.start();
    let first = life.now();
    let lost = if is_timed() { LOST } else { LOST_WHEN_BUSY };
    // The newest that is old enough, and all after it.
    let old = seen.iter().rposition(|(when, _)| *when + lost < at).unwrap_or(0);
    let window = &seen[old..];
    let mut places: Vec<Value> = window.iter().map(|(_, snapshot)| place(snapshot)).collect();
    places.dedup();
    let (_, oldest) = &window[0];
    let (_, newest) = &window[window.len() - 1];
    let now = place(&first);
    let by_the_clock = ["open", "sealed"].iter().any(|phase| first["phase"] == *phase);
    assert!(
        places.contains(&now) || by_the_clock && first["undo"] == newest["undo"],
        "{what}: {now} is none of {}, of{}",
        json!(places),
        hall.story()
    );
    if places.iter().all(|place| *place == now) {
        assert!(received(&first) >= received(oldest), "{what}: {oldest} {first}");
        for team in 0..2 {
            for number in ["votes", "total"] {
                let of = |snapshot: &Value| snapshot["teams"][team][number].as_u64().unwrap();
                assert!(of(&first) >= of(oldest), "{what}: {number} {oldest} {first}");
            }
        }
        assert_eq!(first["results"], newest["results"], "{what}");
    }
    assert!(received(&first) <= hall.posts.load(Ordering::Relaxed), "{what}");
    if now == place(newest) {
        check_time_left(newest, killed, started, &first, what);
    }
    life
}

fn killed_at_rest(hall: &Hall, life: Life, random: &mut Random, what: &str) -> Life {
    // What the clock does by itself would stand between the command and its undo.
    let life_is_quiet =
        |s: &Value| !["countdown", "locked"].contains(&s["phase"].as_str().unwrap());
    let quiet =
        life.until("a phase that lasts", |s| life_is_quiet(s) || s["round"]["paused"] == true);
    let lines = hall.lines_with(POST);
    let posts = 1 + random.below(40);
    for _ in 0..posts {
        hall.post();
    }
    let before = received(&quiet) + posts;
    let quiet = life.until("all posts", |s| received(s) == before);
    let command = match random.command(&quiet) {
        undo if undo["command"] == "undo" => json!({"command": "next"}),
        command => command,
    };
    let commands = hall.lines_with("\"command\":");
    let answer = life.order(&command);
    let is_changed = answer.status == 200 && answer.json()["changed"] == true;
    until("all of it in the journal", || {
        hall.lines_with(POST) == lines + usize::try_from(posts).unwrap()
            && (!is_changed || hall.lines_with("\"command\":") == commands + 1)
    });
    let last = life.now();
    let killed = wall();
    life.kill();
    let started = wall();
    let life = hall.start();
    let first = life.now();
    let lasts = life_is_quiet(&last) && place(&last)[0] == place(&first)[0];
    if lasts {
        assert_eq!(kept(&first), kept(&last), "{what}, after {command}, of{}", hall.story());
    }
    check_time_left(&last, killed, started, &first, what);
    if is_changed && lasts {
        life.done(&json!({"command": "undo"}));
        let (mut undone, mut before) = (kept(&life.now()), kept(&quiet));
        // That it can be brought back is all that is left of it.
        assert_eq!(undone["undo"]["redo"]["steps"], 1, "{what}, {command} taken back");
        before["undo"]["redo"] = undone["undo"]["redo"].clone();
        if quiet["undo"]["steps"] == MAX_STEPS {
            // The oldest has left the memory.
            (undone["undo"], before["undo"]) = (Value::Null, Value::Null);
        }
        assert_eq!(undone, before, "{what}, {command} taken back, of{}", hall.story());
        life.done(&json!({"command": "redo"}));
        assert_eq!(
            kept(&life.now()),
            kept(&last),
            "{what}, {command} brought back, of{}",
            hall.story()
        );
    }
    let is_running = |s: &Value| s["phase"] == "open" && s["round"]["paused"] == false;
    if [&quiet, &last, &life.now()].into_iter().all(is_running) {
        check_that_all_are_known(hall, &life, what);
    }
    life
}

/// Who voted before has one vote, and a post that comes again is one.
#[track_caller]
fn check_that_all_are_known(hall: &Hall, life: &Life, what: &str) {
    let before = life.now();
    let newest = hall.posts.load(Ordering::Relaxed) - 1;
    let author = newest * 7 % AUTHORS;
    publish(&hall.service, newest, author);
    publish(&hall.service, hall.posts.fetch_add(2, Ordering::Relaxed), author);
    let after = life.until("two posts", |s| received(s) == received(&before) + 2);
    let number = |snapshot: &Value, fate: &str| snapshot["posts"][fate].as_u64().unwrap();
    for fate in ["duplicate", "matched"] {
        assert_eq!(number(&after, fate), number(&before, fate) + 1, "{what}: {fate} {after}");
    }
    let votes =
        |snapshot: &Value| [0, 1].map(|team| snapshot["teams"][team]["votes"].as_u64().unwrap());
    assert_eq!(votes(&after), votes(&before), "{what}");
}

#[test]
fn a_show_without_rounds_comes_back_with_its_votes_and_says_what_it_has_missed() {
    let hall = Hall::new(&format!("[contest]\nwindow = \"10m\"\n{TEAMS}"));
    let life = hall.start();
    for _ in 0..50 {
        hall.post();
    }
    let last = life.until("all posts", |s| received(s) == 50);
    until("all of it in the journal", || hall.lines_with(POST) == 50);
    life.kill();
    hall.post();
    let life = hall.start();
    let first = life.until("the gap", |s| s["sources"][0]["gap_count"] == 1);
    assert_eq!(first["teams"], last["teams"]);
    assert_eq!(first["posts"], last["posts"], "what was missed is not counted");
    publish(&hall.service, 0, 0);
    let again = life.until("the first post again", |s| received(s) == 51);
    assert_eq!(again["posts"]["duplicate"], 1, "{again}");
    until("the gap in the journal", || hall.lines_with("\"note\":\"gap\"") == 1);
    // A kill that comes before anything else was written loses nothing either.
    life.kill();
    let life = hall.start();
    assert_eq!(life.now()["teams"], last["teams"]);
    life.kill();
    assert!(hall.verify().0, "{}", hall.verify().1);
}

#[test]
fn a_show_that_is_recorded_keeps_its_journal_too() {
    let hall = Hall::new(&format!("{ROUND}{QUESTIONS}"));
    let life = hall.start_by(&["record", "copy.jsonl", "--for", "1h"]);
    life.done(&json!({"command": "start"}));
    life.until("the opening", |s| s["phase"] == "open");
    hall.post();
    let last = life.until("a vote", |s| s["posts"]["matched"] == 1);
    until("the vote in the journal", || hall.lines_with(POST) == 1);
    life.kill();
    let life = hall.start_by(&["record", "more.jsonl", "--for", "1h"]);
    assert_eq!(kept(&life.now()), kept(&last));
}

#[test]
fn a_rest_between_rounds_that_open_by_themselves_is_as_long_as_before_the_crash() {
    let rounds = "[round]\nlength = \"5s\"\ncountdown = \"0s\"\ngrace = \"0s\"\nauto = true\n\
                  rest = \"1s\"\n";
    let hall = Hall::new(&format!("{rounds}{QUESTIONS}"));
    let life = hall.start();
    let last = life.until("a result", |s| s["phase"] == "revealed");
    until("the result in the journal", || hall.lines_with("{\"result\":") == 1);
    life.kill();
    // Longer than a rest and a round.
    let off = instant();
    until("the time off", || off.elapsed() > Duration::from_secs(7));
    let life = hall.start();
    let first = life.now();
    assert_eq!(first["results"], last["results"], "no round was played meanwhile");
    life.until("the next round", |s| s["phase"] == "open" && s["round"]["number"] == 2);
    assert_eq!(hall.lines_with("{\"result\":"), 1);
}

#[test]
fn what_cannot_be_gone_on_with_is_said_with_the_ways_out() {
    let hall = Hall::new(&format!("{ROUND}{QUESTIONS}"));
    let config = hall.folder.path().join("config.toml");
    let refused = |arguments: &[&str], why: &str| {
        let output = hall.command(arguments).finish();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{why}: {said}");
        assert!(said.contains("hint: "), "{said}");
    };
    let mut life = hall.start();
    refused(&["run"], &format!("is written by process {}", life.show.child.id()));
    life.done(&json!({"command": "start"}));
    life.until("the opening", |s| s["phase"] == "open");
    hall.post();
    life.until("a vote", |s| s["posts"]["matched"] == 1);
    life.show.signal("-INT");
    assert_eq!(life.show.end().0, Some(0));
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"emacs\"", "\"nano\"")).unwrap();
    refused(&["run"], "is of another contest");
    // Titles and whatever has nothing to do with the count may change.
    std::fs::write(&config, text.replace("Tea or coffee?", "Coffee or tea?")).unwrap();
    hall.start().kill();
    std::fs::write(&config, &text).unwrap();
    let journal = std::fs::read_to_string(hall.journal()).unwrap();
    std::fs::write(hall.journal(), journal.replacen("\"start\"", "\"pause\"", 1)).unwrap();
    refused(&["run"], "is not what was written there");
    std::fs::write(hall.journal(), journal.replacen("\"format\":", "\"format\":9", 1)).unwrap();
    refused(&["run"], "is of a newer version");
    let torn = format!("{journal}{{\"at\":\"20");
    std::fs::write(hall.journal(), torn).unwrap();
    let mut life = hall.start();
    assert_eq!(life.now()["posts"]["matched"], 1);
    life.show.signal("-INT");
    let (_, said, _) = life.show.end();
    assert!(said.contains("its last line was incomplete, 9 bytes"), "{said}");
    let kept = std::fs::read(hall.journal()).unwrap();
    let life = hall.start_by(&["run", "--fresh"]);
    assert_eq!(life.now()["posts"]["matched"], 0);
    life.kill();
    let files = std::fs::read_dir(hall.folder.path()).unwrap().flatten();
    let dated = files.map(|file| file.path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("friday-20") && path.extension().is_some_and(|ending| ending == "jsonl")
    });
    assert_eq!(std::fs::read(dated.unwrap()).unwrap(), kept);
    let nowhere = text.replace("\"friday.jsonl\"", "\"nowhere/friday.jsonl\"");
    std::fs::write(&config, nowhere).unwrap();
    refused(&["run"], "nowhere/friday.jsonl");
    let output = hall.command(&["check"]).finish();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("nowhere for the journal"), "{said}");
    let tried = hall.command(&["doctor"]).finish();
    let said = String::from_utf8_lossy(&tried.stdout).into_owned();
    assert!(said.contains("cannot write beside") && !tried.status.success(), "{said}");
}

#[test]
fn a_full_disk_is_a_badge_and_the_show_goes_on() {
    if !has("prlimit") {
        return left_out("`prlimit` is not installed");
    }
    let hall = Hall::new(&format!("{ROUND}{QUESTIONS}"));
    let mut command = Command::new("prlimit");
    command.args(["--fsize=30000", "--", env!("CARGO_BIN_EXE_hashtug"), "run", "-c"]);
    command.arg(hall.folder.path().join("config.toml")).stdin(Stdio::null());
    command.env("XDG_RUNTIME_DIR", hall.folder.path()).stdout(Stdio::null());
    let life = hall.live(Show::start(command));
    for _ in 0..500 {
        hall.post();
    }
    let full = life.until("the badge", |s| s["journal"]["state"] == "full");
    assert!(full["journal"]["error"].as_str().unwrap().contains("File too large"), "{full}");
    hall.post();
    life.until("all posts", |s| received(s) == 501);
    life.done(&json!({"command": "start"}));
}

#[test]
fn an_evening_goes_on_after_kills_at_any_instant() {
    let kills = std::env::var("HASHTUG_KILLS").map_or(30, |kills| kills.parse().unwrap());
    let seed = std::env::var("HASHTUG_SEED").map_or(20_261_121, |seed| seed.parse().unwrap());
    killed(kills, seed);
}
