//! Sources and a tally, without lights and pages.

use std::sync::Arc;
use std::time::Duration;

use hashtug::clock::Clock;
use hashtug::event::SourceId;
use hashtug::post::Hasher;
use hashtug::questions::Questions;
use hashtug::recorder::Recorder;
use hashtug::show::task::Beside;
use hashtug::show::{self, Now};
use hashtug::snapshot::Snapshot;
use hashtug::source::link::Times;
use hashtug::source::link::backoff::{Backoff, Jitter};
use hashtug::source::{self, Before, Kind, Legacy, SourceContext};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::patience::PATIENCE;
use crate::support;

/// A source that is in a hurry, so that tests are.
pub(crate) fn quick() -> Times {
    Times {
        ping: Duration::from_millis(50),
        stale: Duration::from_millis(150),
        silence: Duration::from_millis(500),
        poll: Duration::from_millis(20),
        heartbeat: None,
        backoff: Some(Backoff {
            base: Duration::from_millis(4),
            cap: Duration::from_millis(40),
            server_base: Duration::from_millis(4),
            server_cap: Duration::from_millis(40),
            limited_base: Duration::from_millis(40),
            limited_cap: Duration::from_secs(3),
            refused: Duration::from_millis(400),
            settled: Duration::from_millis(240),
            jitter: Jitter::Full,
        }),
    }
}

/// The same, where each connection in which anything comes is as good as one that lives long: for
/// tests that cut it a thousand times.
pub(crate) fn forgiving() -> Times {
    let mut times = quick();
    times.backoff = times.backoff.map(|backoff| Backoff { settled: Duration::ZERO, ..backoff });
    times
}

/// What runs.
pub(crate) struct Rig {
    pub(crate) clock: Clock,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Rig {
    pub(crate) fn start(questions: impl Into<Questions>, kinds: Vec<Kind>, times: Times) -> Rig {
        Rig::starting_at(Clock::from_wall(), questions, kinds, times)
    }

    pub(crate) fn starting_at(
        clock: Clock,
        questions: impl Into<Questions>,
        kinds: Vec<Kind>,
        times: Times,
    ) -> Rig {
        Rig::recorded(clock, questions, kinds, times, None)
    }

    /// The same, written down.
    pub(crate) fn recorded(
        clock: Clock,
        questions: impl Into<Questions>,
        kinds: Vec<Kind>,
        times: Times,
        recorder: Option<&Recorder>,
    ) -> Rig {
        Rig::run(clock, questions, kinds, times, (recorder, Legacy::default))
    }

    /// A show that goes on after one that has ended unexpectedly.
    pub(crate) fn going_on(
        before: Before,
        clock: Clock,
        questions: impl Into<Questions>,
        kinds: Vec<Kind>,
    ) -> Rig {
        let legacy = || Legacy::of_a_show(before);
        Rig::run(clock, questions, kinds, quick(), (None, legacy))
    }

    fn run(
        clock: Clock,
        questions: impl Into<Questions>,
        kinds: Vec<Kind>,
        times: Times,
        (recorder, legacy): (Option<&Recorder>, impl Fn() -> Legacy),
    ) -> Rig {
        let settings: Vec<source::Settings> = kinds
            .into_iter()
            .enumerate()
            .map(|(index, kind)| source::Settings { name: format!("source {index}"), kind })
            .collect();
        let statuses = settings.iter().map(source::Settings::status).collect();
        let questions = Arc::new(questions.into());
        let mut show = support::show(Questions::clone(&questions), statuses);
        let (_orders, news, doors) = show::task::doors();
        let (snapshot_tx, snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let beside = Beside { recorder: recorder.cloned(), ..Beside::default() };
        tasks.spawn(show::task::run(show, Some(clock), beside, doors, snapshot_tx.into()));
        let hasher = Hasher::default();
        for (index, settings) in settings.into_iter().enumerate() {
            let source_context = SourceContext {
                id: SourceId(index),
                questions: Arc::clone(&questions),
                hasher: hasher.clone(),
                news: news.clone(),
                clock: Some(clock),
                times,
                reach: questions.window(),
                recorder: recorder.cloned(),
                stop: stop.clone(),
                legacy: legacy(),
            };
            tasks.spawn(source::run(settings, source_context));
        }
        Rig { clock, snapshots, stop, tasks }
    }

    /// Waits for a snapshot that is as wanted.
    #[track_caller]
    pub(crate) fn until(
        &mut self,
        what: &str,
        wanted: impl FnMut(&Snapshot) -> bool,
    ) -> impl Future<Output = Arc<Snapshot>> {
        let what = what.to_owned();
        let caller = std::panic::Location::caller();
        let mut wanted = wanted;
        async move {
            let waiting = self.snapshots.wait_for(|snapshot| wanted(snapshot));
            let found = timeout(PATIENCE, waiting)
                .await
                .map(|snapshot| Arc::clone(&snapshot.expect("the tally runs")));
            found.unwrap_or_else(|_| {
                panic!("{caller}: never {what}: {:#?}", *self.snapshots.borrow())
            })
        }
    }

    /// The newest snapshot.
    pub(crate) fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// Stops all, and gives the last snapshot.
    pub(crate) async fn end(mut self) -> Arc<Snapshot> {
        self.stop.cancel();
        let ended = timeout(PATIENCE, async {
            while let Some(ended) = self.tasks.join_next().await {
                ended.expect("no part panics");
            }
        });
        ended.await.expect("all parts end");
        Arc::clone(&self.snapshots.borrow())
    }
}
