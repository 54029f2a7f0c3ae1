//! Secret rounds from outside: of two shows that differ only in who got which vote nobody can tell which
//! is which, until the reveal.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hashtug::event::{News, SourceId};
use hashtug::round::{Counts, Length, Rules};
use hashtug::server::operate::{Keyring, Operators, Reach};
use hashtug::server::{PLACES, wire};
use hashtug::show::{self, Event, Now, Parts, Setup, Show};
use hashtug::snapshot::{Phase, RecordingState, RecordingStatus, Snapshot, SourceStatus};
use hashtug::tally::Limits;
use hashtug::timer::Marks;
use hashtug::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::support::evening::{Step, TAGS, questions, step};
use crate::support::http;
use crate::support::patience::{Patience, found};
use crate::support::program::{self, hashtug};

/// All that anybody may ask a show for.
const PATHS: [&str; 8] = [
    "/api/v1/snapshot",
    "/api/v1/history",
    "/api/v1/results",
    "/api/v1/results.csv",
    "/api/v1/results/1.svg",
    "/api/v1/results/2.svg",
    "/api/v1/split.txt",
    "/metrics",
];

/// A show by simulated time, and its pages.
struct Stage {
    show: Show,
    is_swapped: bool,
    elapsed: Duration,
    /// What a journal of it would take.
    written: u64,
    viewers: watch::Sender<Arc<Snapshot>>,
    truth: watch::Sender<Arc<Snapshot>>,
    address: String,
    stop: CancellationToken,
}

impl Stage {
    fn start(is_swapped: bool, seed: u64) -> Stage {
        // Sizes may decide who leads, and then not when a question is decided.
        let is_sized = seed.is_multiple_of(2);
        let mut show = Show::new(Setup {
            questions: Arc::new(questions(if is_sized { [1.0, 3.0] } else { [1.0, 1.0] })),
            rounds: Some(Rules {
                length: Length::After(Duration::from_secs(6)),
                counts: if seed.is_multiple_of(3) { Counts::Window } else { Counts::Round },
                countdown: Duration::from_secs(seed % 2),
                grace: Duration::from_secs(1),
                secret: true,
                best_of: if is_sized { 1 } else { 3 },
                auto: None,
            }),
            is_recorded: false,
            sources: vec![SourceStatus::new("hall".to_owned(), "nostr")],
            limits: Limits::default(),
            marks: Marks::default(),
        });
        let (all, hidden) = show.snapshots(Now::default());
        let viewers = watch::Sender::new(Arc::new(hidden.unwrap()));
        let truth = watch::Sender::new(Arc::new(all));
        let listener = hashtug::server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let operators = Operators {
            keyring: Keyring::default(),
            reach: Reach::Loopback,
            tls: None,
            orders: show::task::doors().0,
            truth: truth.subscribe(),
        };
        let (stop, panics) = (CancellationToken::new(), watch::Sender::default().subscribe());
        let mut server = hashtug::server::Server::new(
            listener,
            PLACES,
            viewers.subscribe(),
            Vec::new(),
            panics,
            operators,
            stop.clone(),
        );
        tokio::spawn(async move { server.run().await });
        Stage {
            show,
            is_swapped,
            elapsed: Duration::ZERO,
            written: 0,
            viewers,
            truth,
            address,
            stop,
        }
    }

    fn now(&self) -> Now {
        let start = Timestamp::from_millis(1_795_288_500_000).unwrap();
        Now { elapsed: self.elapsed, clock: Some(start.saturating_add(self.elapsed)) }
    }

    fn take(&mut self, step: &Step) {
        let now = self.now();
        if let Some(message) = step.message(now.clock.unwrap(), self.is_swapped) {
            self.written += 100 + step.length(self.is_swapped);
            self.show.apply(Event::News(SourceId(0), News::Message(message)), now);
        }
        match *step {
            Step::Wait(time) => self.elapsed += time,
            Step::Post { .. } | Step::Deletion(_) => {}
            Step::Give(ref command) => {
                self.show.apply(Event::Order(command.clone().into()), now);
            }
        }
    }

    /// Publishes how it stands, and gives what viewers may see of it.
    fn publish(&mut self) -> Arc<Snapshot> {
        let journal = RecordingStatus {
            path: "friday.jsonl".into(),
            lines: 7,
            bytes: self.written,
            lost: 0,
            state: RecordingState::On,
            error: None,
        };
        let parts = Parts { journal: Some(journal), ..Parts::default() };
        self.show.apply(Event::Parts(parts), self.now());
        let (all, seen) = self.show.snapshots(self.now());
        let all = Arc::new(all);
        let seen = seen.map_or_else(|| Arc::clone(&all), Arc::new);
        self.truth.send_replace(all);
        self.viewers.send_replace(Arc::clone(&seen));
        seen
    }

    /// What the pages answer, once they know of that snapshot.
    async fn pages(&self, seq: u64) -> Vec<(String, u16, String)> {
        let address = self.address.clone();
        let ask = move || {
            let patience = Patience::new();
            while http::get(&address, "/api/v1/snapshot").json()["seq"] != seq {
                patience.wait("the newest snapshot on the pages");
            }
            let answers = PATHS.iter().map(|path| {
                let answer = http::get(&address, path);
                ((*path).to_owned(), answer.status, answer.text().to_owned())
            });
            answers.collect()
        };
        spawn_blocking(ask).await.unwrap()
    }
}

#[tokio::test]
async fn nobody_can_tell_who_leads_a_secret_round_until_it_is_revealed() {
    let (mut asked, mut sealed, mut told) = (0, 0, 0);
    for seed in 0..12_u64 {
        let mut stages = [false, true].map(|is_swapped| Stage::start(is_swapped, seed));
        let mut rng = Rng::with_seed(seed);
        let (mut phase, mut posts) = (Phase::Armed, 0);
        for number in 0..260 {
            let step = step(&mut rng, phase, &mut posts);
            let [one, other] = stages.each_mut().map(|stage| {
                stage.take(&step);
                stage.publish()
            });
            phase = one.phase;
            let is_told = phase == Phase::Revealed || !one.results.is_empty();
            sealed += u32::from(phase == Phase::Sealed);
            if is_told || number % 20 == 0 {
                let seq = one.seq;
                let (pages, others) = (stages[0].pages(seq).await, stages[1].pages(seq).await);
                if is_told {
                    // Where one side got something the pages say now which: the history among them.
                    told += pages.iter().zip(&others).filter(|(this, that)| this != that).count();
                    break;
                }
                assert_eq!(pages, others, "seed {seed}, step {number}, {step:?}");
                asked += 1;
            }
            let (this, that) = (wire::snapshot(&one), wire::snapshot(&other));
            assert_eq!(this, that, "seed {seed}, step {number}, {step:?}");
        }
        for stage in stages {
            stage.stop.cancel();
        }
    }
    assert!(asked > 60 && sealed > 40 && told > 12, "{asked} {sealed} {told}");
}

/// A program with a secret round, in which the first team gets as many votes as that, and the second as
/// many as that.
struct Program {
    _folder: tempfile::TempDir,
    show: program::Show,
    key: String,
}

impl Program {
    fn start(votes: [usize; 2]) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let of = |team: usize| std::iter::repeat_n(TAGS[0][team], votes[team]);
        let posts = of(0).chain(of(1)).enumerate().map(|(number, tag)| {
            let at = format!("2026-11-21T19:00:00.{number:03}Z");
            let line = json!({ "at": at, "author": format!("a{number}"), "hashtags": [tag] });
            format!("{line}\n")
        });
        fs::write(folder.path().join("posts.jsonl"), posts.collect::<String>()).unwrap();
        let config = folder.path().join("config.toml");
        let text = "[round]\nsecret = true\nlength = \"open\"\ncountdown = \"0s\"\ngrace = \"0s\"\n\
                    [web]\nlisten = \"127.0.0.1:0\"\n\
                    [[team]]\nname = \"Vim\"\nhashtags = [\"vim\"]\n\
                    [[team]]\nname = \"Emacs\"\nhashtags = [\"emacs\"]\n\
                    [[source]]\nname = \"hall\"\nkind = \"replay\"\npath = \"posts.jsonl\"\nrepeat = true\n";
        fs::write(&config, text).unwrap();
        let mut command = hashtug(&["run", "-c", config.to_str().unwrap()]);
        command.env("XDG_RUNTIME_DIR", folder.path()).current_dir(folder.path());
        let show = program::Show::start(command);
        let port = show.address.rsplit_once(':').unwrap().1;
        let running = folder.path().join("hashtug").join(format!("{port}.json"));
        let running: Value = serde_json::from_slice(&fs::read(running).unwrap()).unwrap();
        let key = running["key"].as_str().unwrap().to_owned();
        Program { _folder: folder, show, key }
    }

    fn give(&self, command: &str) -> Value {
        let address = &self.show.address;
        let body = json!({ "command": command }).to_string();
        let request = format!(
            "POST /api/v1/operate HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.key,
            body.len(),
        );
        http::request(address, &request).json()
    }

    fn get(&self, path: &str) -> http::Answer {
        http::get(&self.show.address, path)
    }

    fn snapshot(&self) -> Value {
        self.get("/api/v1/snapshot").json()
    }
}

/// What a program says of how it stands, without times and without how often its recording has come by.
fn timeless(program: &Program) -> Vec<String> {
    let mut snapshot = program.snapshot();
    for key in ["seq", "at", "posts", "sources"] {
        snapshot.as_object_mut().unwrap().remove(key);
    }
    for team in snapshot["teams"].as_array_mut().unwrap() {
        let rate = team.as_object_mut().unwrap().remove("rate");
        assert!(rate.is_some_and(|rate| rate.is_number()));
    }
    for (key, value) in snapshot["round"].as_object_mut().unwrap() {
        if ["opened_at", "ends_at", "phase_ms", "length_ms", "held"].contains(&key.as_str()) {
            *value = Value::Null;
        }
    }
    let metrics = program.get("/metrics");
    let metrics = metrics.text().lines().filter(|line| !line.starts_with("hashtug_messages_total"));
    let history = program.get("/api/v1/history").json();
    let points = history["points"].as_array().unwrap().iter();
    let mut shares: Vec<String> = points.map(|point| point["shares"].to_string()).collect();
    shares.dedup();
    let mut said = vec![snapshot.to_string(), shares.concat()];
    said.extend(metrics.map(str::to_owned));
    for path in ["/api/v1/results", "/api/v1/results.csv", "/api/v1/results/1.svg"] {
        let answer = program.get(path);
        said.push(format!("{} {}", answer.status, answer.text()));
    }
    said.push(program.get("/api/v1/split.txt").text().to_owned());
    said
}

#[test]
fn two_programs_say_the_same_of_a_secret_round_until_the_reveal() {
    let mut programs = [Program::start([9, 3]), Program::start([3, 9])];
    for program in &programs {
        assert_eq!(program.give("start")["changed"], true);
        found("all votes", || {
            let snapshot = program.snapshot();
            (snapshot["voices"]["authors"] == 12).then_some(())
        });
        // A point of history while both have votes.
        let points = || program.get("/api/v1/history").json()["points"].as_array().unwrap().len();
        let before = points();
        found("a later point of the history", || (points() > before + 1).then_some(()));
    }
    let [one, other] = programs.each_ref().map(timeless);
    assert_eq!(one, other);
    assert_eq!(one[1], "[0.5,0.5]", "the history is flat");
    for program in &programs {
        assert_eq!(program.give("lock")["changed"], true);
        found("the seal", || (program.snapshot()["phase"] == "sealed").then_some(()));
    }
    let [one, other] = programs.each_ref().map(timeless);
    assert_eq!(one, other);
    let hidden = one.iter().filter(|said| said.starts_with("409 ")).count();
    assert_eq!(hidden, 1, "the picture of the course: {one:?}");
    for (program, (winner, first)) in programs.iter().zip([("Vim", 0.75), ("Emacs", 0.25)]) {
        assert_eq!(program.give("reveal")["changed"], true);
        let snapshot = program.snapshot();
        assert_eq!(snapshot["results"][0]["winner"], winner);
        let history = program.get("/api/v1/history").json();
        let points = history["points"].as_array().unwrap();
        assert!(points.iter().any(|point| point["shares"][0] == first), "{history}");
        assert_eq!(program.get("/api/v1/results/1.svg").status, 200);
    }
    // What stands on the terminal is not much, and the same.
    let said = programs.each_mut().map(|program| {
        program.show.signal("-INT");
        let (code, said, _) = program.show.end();
        assert_eq!(code, Some(0), "{said}");
        let words = said.replace(&program.show.address, "ADDRESS");
        let timeless = |line: &str| line.split_once("Z ").map_or(line, |(_, rest)| rest).to_owned();
        words.lines().map(timeless).collect::<Vec<String>>()
    });
    assert_eq!(said[0], said[1]);
}
