//! An evening, and what is read out of its journal: the same.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hashtug::clock::Clock;
use hashtug::evening::{self, Reading};
use hashtug::event::{News, SourceId};
use hashtug::journal::{Begin, Opened, Reader, open};
use hashtug::order::{Answer, Command};
use hashtug::post::Hasher;
use hashtug::questions::Questions;
use hashtug::round::{Counts, Length, Rules};
use hashtug::show::task::{Beside, Published, doors, run};
use hashtug::show::{Now, Setup, Show};
use hashtug::snapshot::{Phase, Snapshot, SourceStatus};
use hashtug::tally::Limits;
use hashtug::timer::Marks;
use hashtug::timestamp::Timestamp;
use tokio::sync::watch;

use crate::support::evening::{Step, questions, step};

fn rules(seed: u64) -> Rules {
    Rules {
        length: Length::After(Duration::from_secs(6)),
        counts: if seed % 3 == 2 { Counts::Window } else { Counts::Round },
        countdown: Duration::from_secs(seed % 2),
        grace: Duration::from_secs(1),
        secret: seed % 4 == 1,
        best_of: if seed.is_multiple_of(2) { 3 } else { 1 },
        auto: (seed % 5 == 4).then_some(Duration::from_secs(2)),
    }
}

fn show(questions: &Arc<Questions>, rules: Rules, is_recorded: bool) -> Show {
    Show::new(Setup {
        questions: Arc::clone(questions),
        rounds: Some(rules),
        is_recorded,
        sources: vec![SourceStatus::new("hall".to_owned(), "nostr")],
        limits: Limits::default(),
        marks: Marks::default(),
    })
}

/// An evening of a real show in simulated time, written by a real journal; how it stands at its end.
async fn live(
    questions: &Arc<Questions>,
    seed: u64,
    opened: Opened,
    start: Timestamp,
) -> Arc<Snapshot> {
    let mut show = show(questions, rules(seed), false);
    let clock = Clock::starting_at(start);
    let first = Arc::new(show.snapshot(Now { clock: Some(start), ..Now::default() }));
    let truth = watch::Sender::new(Arc::clone(&first));
    let truth_rx = truth.subscribe();
    let published = Published { seen: watch::Sender::new(first), truth };
    let (orders, news, doors) = doors();
    let beside = Beside { journal: Some(opened.journal), ..Beside::default() };
    let task = tokio::spawn(run(show, Some(clock), beside, doors, published));
    let (mut rng, mut phase, mut posts) = (Rng::with_seed(seed), Phase::Armed, 0);
    for _ in 0..240 {
        let step = step(&mut rng, phase, &mut posts);
        if let Some(message) = step.message(clock.now(), false) {
            news.send((SourceId(0), News::Message(message))).await.unwrap();
        }
        match step {
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::Give(command) => drop(orders.give(command.into()).await.unwrap()),
            Step::Post { .. } | Step::Deletion(_) => {}
        }
        phase = truth_rx.borrow().phase;
    }
    // Orders go before news that waits.
    tokio::time::sleep(Duration::from_millis(50)).await;
    // A last line, by which a reader knows until when it went.
    let is_held = |paused| Command::Source { name: "hall".to_owned(), paused };
    for paused in [true, false] {
        let reply = orders.give(is_held(paused).into()).await.unwrap();
        if reply.answer == Answer::Done {
            break;
        }
    }
    let end = Arc::clone(&truth_rx.borrow());
    drop((news, orders));
    task.await.unwrap();
    assert_eq!(opened.writer.finish().lost, 0);
    end
}

/// What must not depend on who looks.
#[track_caller]
fn check(found: &Snapshot, expected: &Snapshot, of: &str) {
    let parts = |snapshot: &Snapshot| {
        let round = snapshot.round.clone().unwrap();
        (
            (snapshot.at, snapshot.phase, snapshot.question.clone(), round),
            (snapshot.teams.clone(), snapshot.leader, snapshot.posts, snapshot.voices),
            (snapshot.results.clone(), snapshot.undo),
        )
    };
    assert_eq!(parts(found), parts(expected), "{of}");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_is_read_stands_where_the_evening_stood() {
    let start = Timestamp::parse_rfc3339("2026-11-27T19:00:00Z").unwrap();
    let (mut results, mut phases) = (0, Vec::new());
    let evenings: u64 =
        std::env::var("HASHTUG_EVENINGS").map_or(20, |count| count.parse().unwrap());
    for seed in 0..evenings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("friday.jsonl");
        let questions =
            Arc::new(questions(if seed.is_multiple_of(2) { [1.0, 1.0] } else { [1.0, 3.0] }));
        let setup = hashtug::journal::Setup {
            path: &path,
            rules: evening::counting(&questions, Some(&rules(seed))),
            questions: &questions,
            sources: vec!["hall".to_owned()],
            begin: Begin::Resume,
            now: start,
        };
        let expected = live(&questions, seed, open(&setup).unwrap(), start).await;
        results += expected.results.len();
        phases.push(expected.phase);

        let mut read = show(&questions, rules(seed), true);
        let mut reading = Reading::of_any(&questions);
        let mut lines = Reader::open(&path).unwrap();
        while let Some(line) = lines.read().unwrap() {
            reading.line(&mut read, &line);
        }
        check(&read.snapshot(Now::default()), &expected, &format!("seed {seed}, read"));

        let recount = evening::recount(&path, None).unwrap();
        assert_eq!(recount.faults, [], "seed {seed}");

        let again = open(&setup).unwrap();
        let (past, hasher) = (again.past.unwrap(), Hasher::new(again.keys.hashes));
        let mut resumed = show(&questions, rules(seed), true);
        let mut reading = Reading::of_its_own(&questions, hasher);
        evening::resume(&mut resumed, &past, &mut reading, past.last).unwrap();
        let now = Now { clock: Some(past.last), ..Now::default() };
        check(&resumed.snapshot(now), &expected, &format!("seed {seed}, resumed"));
    }
    assert!(results > 20, "{results} results, and at the end {phases:?}");
}
